"""A trace speaks of the number it was asked for, and of no other temperature, part or convention."""

from __future__ import annotations

import re

import attrs
import pytest

from pelletry import api
from pelletry.core.finding import Finding


@pytest.fixture
def result(study):
    settings = study / "study.toml"
    settings.write_text(settings.read_text(encoding="utf-8").replace("std_K = 0.2", "std_K = 1.0"), encoding="utf-8")
    return api.run(study)


def _steps(result, asked):
    (found,) = api.trace(result, asked)
    return found.reported, {step.head: step.lines for step in found.steps}


@pytest.mark.parametrize(
    "words",
    [
        "conductivity_total at -20 °C",
        "conductivity_total at 20 °C",
        "conductivity_total at 60 °C",
        "conductivity_total_25C",
    ],
)
def test_the_budget_is_that_of_the_number(result, words):
    reported, steps = _steps(result, f"P1 {words}")
    (sentence,) = steps["budget of the uncertainty"]
    together = float(re.search(r"together ([\d.]+) %", sentence)[1])
    assert together == pytest.approx(100 * reported.quantity.std / reported.quantity.value, abs=0.06)


def test_the_share_of_one_kelvin_is_that_of_the_temperature(result):
    shares = [
        float(
            re.search(
                r"temperature ([\d.]+) %",
                _steps(result, f"P1 conductivity_total at {t} °C")[1]["budget of the uncertainty"][0],
            )[1]
        )
        for t in (-20, 60)
    ]
    assert shares[0] > 1.2 * shares[1]


@pytest.mark.parametrize("name", ["activation_energy_total", "resistance_total at 20 °C"])
def test_what_is_no_conductivity_has_no_budget_of_one(result, name):
    assert "budget of the uncertainty" not in _steps(result, f"P1 {name}")[1]


def test_the_convention_of_a_line_is_named_once_each(result):
    _, steps = _steps(result, "P1 activation_energy_total_ln_sigma")
    number = steps["P1 activation_energy_total_ln_sigma"]
    assert "slope of ln σ" in number
    lines = steps["Arrhenius line, total"]
    assert [line.partition(":")[0] for line in lines if line.startswith("line of")] == [
        "line of ln(σT)",
        "line of ln σ",
    ]


def _flagged(result, findings, **flags):
    """The result with flags on numbers and findings that speak of them."""
    owner = result.of("P1", "impedance")
    spectra = tuple(attrs.evolve(s, flags=(*s.flags, *flags.get(s.label, ()))) for s in owner.spectra)
    quantities = tuple(
        attrs.evolve(
            q,
            flags=(
                *q.flags,
                *flags.get(f"{(q.condition('temperature_K') or 0) - 273.15:.4g} °C", ()),
                *flags.get(q.name, ()),
            ),
        )
        for q in owner.quantities
    )
    changed = attrs.evolve(owner, spectra=spectra, quantities=quantities)
    results = tuple(attrs.evolve(r, result=changed) if r.result is owner else r for r in result.results)
    return attrs.evolve(result, results=results, findings=(*result.findings, *findings))


def test_a_flag_is_told_without_the_other_temperatures(result):
    both = Finding(code="one-start", severity="info", sentence="20 °C, 60 °C: only one of them.", samples=("P1",))
    poor = [
        Finding(code="poor-fit", severity="warning", sentence=f"{t}: bad.", samples=("P1",)) for t in ("20 °C", "60 °C")
    ]
    flags = {t: ("one-start", "poor-fit") for t in ("20 °C", "60 °C")}
    changed = _flagged(result, (both, *poor), **flags)
    lines = _steps(changed, "P1 conductivity_total at 20 °C")[1]["P1 conductivity_total"]
    told = [line for line in lines if line.startswith("flag")]
    assert told == [
        "flag one-start: 20 °C: only one of the starting points found the best minimum.",
        "flag poor-fit: 20 °C: bad.",
    ]


def test_a_flag_is_told_without_the_other_parts(result):
    said = [
        Finding(
            code="energy-depends-on-model",
            severity="warning",
            sentence=f"{part} depends",
            samples=("P1",),
            quantities=(f"activation_energy_{part}",),
        )
        for part in ("bulk", "total")
    ]
    changed = _flagged(result, said, activation_energy_total_ln_sigma=("energy-depends-on-model",))
    lines = _steps(changed, "P1 activation_energy_total_ln_sigma")[1]["P1 activation_energy_total_ln_sigma"]
    assert [line for line in lines if line.startswith("flag")] == ["flag energy-depends-on-model: total depends"]


def test_runs_at_one_temperature_are_told_apart_and_records_count_from_one(study):
    second = (study / "raw" / "P1_20C.z").read_text(encoding="latin-1")
    (study / "raw" / "P1_20C_down.z").write_text(second.replace("simulated", "Simulated"), encoding="latin-1")
    result = api.run(study)
    owner = result.of("P1", "impedance")
    spectrum = owner.spectra[1]
    again = attrs.evolve(spectrum, run="cooling", origin=attrs.evolve(spectrum.origin, record=1))
    assert again.label.startswith("20 °C, cooling")
    quantity = next(
        q for q in owner.quantities if q.name == "conductivity_total" and q.conditions == spectrum.conditions
    )
    extra = attrs.evolve(quantity, conditions=again.conditions)
    changed = attrs.evolve(owner, quantities=(*owner.quantities, extra))
    results = tuple(attrs.evolve(r, result=changed) if r.result is owner else r for r in result.results)
    whole = attrs.evolve(result, results=results)
    assert len(api.trace(whole, "P1 conductivity_total at 20 °C")) == 2
    for words in ("cooling", "record 2"):
        (found,) = api.trace(whole, f"P1 conductivity_total at 20 °C, {words}")
        assert "at 20 °C, record 2, cooling" in found.steps[0].lines
