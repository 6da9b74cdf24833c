"""Differences below their uncertainty are said to be none; what is missing across samples is one sentence."""

from __future__ import annotations

import math

import attrs
import numpy as np
import pytest

from pelletry.advice.audit import audit, audited
from pelletry.core.facts import TheoreticalDensity
from pelletry.core.finding import Finding
from pelletry.core.provenance import Lineage, Origin
from pelletry.core.quantity import Estimate, Reported
from pelletry.core.sample import Pellet, Sample
from pelletry.core.table import Table
from pelletry.study.result import DataFile, SampleResult, StudyResult

_UNITS = {"relative_density": "1", "conductivity_total_25C": "S/m"}


@attrs.frozen(kw_only=True)
class _Result:
    sample: str
    quantities: tuple
    findings: tuple = ()
    facts: tuple = ()
    lineage: Lineage = Lineage()
    theoretical: TheoreticalDensity | None = None


def _study(values, *, samples=None, theoretical=None, conditions=(), files=()):
    """``values``: sample -> {quantity: (value, std)}."""
    results = tuple(
        SampleResult(
            sample=name,
            technique="density",
            result=_Result(
                sample=name,
                theoretical=theoretical,
                quantities=tuple(
                    Reported(
                        sample=name,
                        technique="density",
                        name=quantity,
                        quantity=Estimate(value=v, std=s, unit=_UNITS.get(quantity, "eV"), method="x"),
                        conditions=conditions,
                    )
                    for quantity, (v, s) in quantities.items()
                ),
            ),
        )
        for name, quantities in values.items()
    )
    return StudyResult(
        title="t",
        folder="f",
        samples=samples or tuple(Sample(name=name) for name in values),
        results=results,
        comparison=Table(key="c", title="c", columns=(), rows=()),
        files=files,
    )


def _sentence(result, code):
    found = [f.sentence for f in audit(result) if f.code == code]
    assert len(found) == 1, [f.code for f in audit(result)]
    return found[0]


def test_98_1_and_97_8_percent_at_one_percent_are_not_different():
    result = _study({"A": {"relative_density": (0.981, 0.01)}, "B": {"relative_density": (0.978, 0.01)}})
    assert "A (98.1(10) %) and B (97.8(10) %) are not different" in _sentence(result, "density-differences")


def test_an_error_of_the_theoretical_density_common_to_both_does_not_hide_a_difference():
    values = {"A": {"relative_density": (0.981, 0.0102)}, "B": {"relative_density": (0.961, 0.0100)}}
    assert "not different" in _sentence(_study(values), "density-differences")
    common = TheoreticalDensity(
        sample="A",
        given_by="study.toml",
        source="cell",
        density_kg_per_m3=Estimate(value=2931.0, std=29.31, unit="kg/m3", method="as stated"),
    )
    assert "A (98.1(10) %) is higher than B (96.1(10) %)" in _sentence(
        _study(values, theoretical=common), "density-differences"
    )


def test_the_best_conductor_is_named_with_those_that_are_not_different():
    result = _study(
        {
            "A": {"conductivity_total_25C": (5.0e-2, 2e-3)},
            "B": {"conductivity_total_25C": (5.2e-2, 2e-3)},
            "C": {"conductivity_total_25C": (1.0e-2, 1e-3)},
        }
    )
    sentence = _sentence(result, "best-conductor")
    assert sentence.startswith("B (5.2(2)e-4 S/cm) is the best conductor at 25 °C; A (5.0(2)e-4 S/cm) is not different")
    assert "C (1.00(10)e-4 S/cm) is lower by 18.8 standard deviations" in sentence


def test_an_unknown_uncertainty_decides_nothing():
    values = {n: {"conductivity_total_25C": (v, None)} for n, v in (("A", 1.0), ("B", 2.0), ("C", 3.0))}
    assert "whether B and A differ from it cannot be said" in _sentence(_study(values), "best-conductor")


@pytest.mark.parametrize(("third", "code"), [(0.352, "energies-not-different"), (0.42, "energies-different")])
def test_energies_are_different_only_where_the_clearest_pair_is(third, code):
    energies = {"A": 0.350, "B": 0.345, "C": third}
    result = _study({n: {"activation_energy_total": (v, 0.01)} for n, v in energies.items()})
    sentence = _sentence(result, code)
    if code == "energies-different":
        assert "C (0.420(10) eV) against B (0.345(10) eV), 5.3 standard deviations, out of 3 pairs" in sentence


def test_the_convention_is_always_said_with_the_size_of_the_other():
    values = {"activation_energy_total": (0.339, 0.01), "activation_energy_total_ln_sigma": (0.315, 0.01)}
    sentence = _sentence(_study({"A": values}), "energy-convention")
    assert "slopes of ln(σT)" in sentence
    assert "lower by 0.024 eV" in sentence


def _densities(*values):
    """Pellets of one composition, analysed by the density technique itself."""
    from pelletry.core.technique import Inputs
    from pelletry.techniques.density import CARD

    volume_m3 = math.pi / 4 * 8e-3**2 * 1e-3
    samples, results = [], []
    for name, (relative, std) in zip("ABC", values, strict=False):
        pellet = Pellet(
            mass_kg=Estimate(value=relative * 3000.0 * volume_m3, std=std * 3000.0 * volume_m3, unit="kg", method="x"),
            diameter_m=Estimate(value=8e-3, std=0.0, unit="m", method="x"),
            thickness_m=Estimate(value=1e-3, std=0.0, unit="m", method="x"),
        )
        sample = Sample(name=name, composition="LATP", pellet=pellet)
        theoretical = TheoreticalDensity(
            sample=name,
            given_by="study.toml",
            source="cell",
            density_kg_per_m3=Estimate(value=3000.0, std=0.0, unit="kg/m3", method="as stated"),
        )
        inputs = Inputs(sample=sample, facts=(theoretical,), settings=CARD.settings())
        samples.append(sample)
        results.append(SampleResult(sample=name, technique="density", result=CARD.analyse((), inputs)))
    return StudyResult(
        title="t",
        folder="f",
        samples=tuple(samples),
        results=tuple(results),
        comparison=Table(key="c", title="c", columns=(), rows=()),
        findings=tuple(f for r in results for f in r.result.findings),
    )


def test_several_pellets_above_100_percent_cast_doubt_on_the_theoretical_density():
    result = _densities((1.03, 0.01), (1.04, 0.01), (0.98, 0.01))
    assert "A and B of LATP are all denser" in _sentence(result, "theoretical-density-doubtful")


def test_pellets_above_100_percent_within_their_uncertainty_cast_no_doubt():
    result = _densities((1.006, 0.014), (1.003, 0.016))
    codes = [f.code for f in audited(result).findings]
    assert codes.count("density-above-100-within-uncertainty") == 2
    assert "theoretical-density-doubtful" not in codes


def test_a_temperature_from_a_name_is_named_until_it_is_confirmed():
    conditions = (("temperature_K", 413.15), ("temperature", "not confirmed"))
    result = _study({"A": {"resistance_R1": (1.0, 0.1)}}, conditions=conditions)
    assert "temperatures of A are only read from file or folder names" in _sentence(result, "temperature-not-confirmed")


def test_missing_geometry_is_one_sentence_for_all_pellets():
    size = Estimate(value=2e-3, unit="m", method="x")
    samples = (
        Sample(name="A", pellet=Pellet(thickness_m=size)),
        Sample(name="B"),
        Sample(name="C", pellet=Pellet(thickness_m=size, electrode_area_m2=Estimate(value=1.0, unit="m2", method="x"))),
    )
    files = tuple(DataFile(path=f"{n}.z", sha256="", size_bytes=1, technique="impedance", samples=(n,)) for n in "ABC")
    sentence = _sentence(_study({"A": {}, "B": {}, "C": {}}, samples=samples, files=files), "geometry-missing")
    assert "A: no electrode area; B: no thickness and electrode area" in sentence
    assert "C:" not in sentence


def test_a_study_of_one_pellet_has_nothing_to_compare():
    assert audit(_study({"A": {"relative_density": (0.98, 0.01)}})) == ()


def test_the_findings_stand_behind_those_of_the_techniques_and_only_once():
    result = _study({"A": {"activation_energy_total": (0.3, 0.01)}})
    own = attrs.evolve(result, findings=(Finding(code="x", severity="info", sentence="first"),))
    twice = audited(audited(own))
    assert [f.code for f in twice.findings] == ["x", "energy-convention"]


def test_what_is_missing_is_said_once_and_not_by_each_analysis_again():
    samples = (Sample(name="A"), Sample(name="B"))
    files = tuple(DataFile(path=f"{n}.z", sha256="", size_bytes=1, technique="impedance", samples=(n,)) for n in "AB")
    conditions = (("temperature_K", 413.15), ("temperature", "not confirmed"))
    values = {n: {"resistance_R1": (1.0, 0.1)} for n in "AB"}
    result = _study(values, samples=samples, files=files, conditions=conditions)
    own = tuple(
        Finding(code=code, severity="warning", sentence=f"{code} {n}", samples=(n,))
        for code in ("geometry-missing", "temperature-not-confirmed", "poor-fit")
        for n in "AB"
    )
    codes = [f.code for f in audited(attrs.evolve(result, findings=own)).findings]
    assert [codes.count(c) for c in ("geometry-missing", "temperature-not-confirmed", "poor-fit")] == [1, 1, 2]


@attrs.frozen(kw_only=True, eq=False)
class _Spectrum:
    frequency_Hz: np.ndarray
    impedance_ohm: np.ndarray
    origin: Origin
    label: str = "25 °C"


@attrs.frozen(kw_only=True)
class _Impedance(_Result):
    spectra: tuple = ()


def _measured(**spectra):
    """Sample -> impedances at three frequencies, each in a file of its own."""
    result = _study({name: {} for name in spectra})
    results = tuple(
        SampleResult(
            sample=name,
            technique="impedance",
            result=_Impedance(
                sample=name,
                quantities=(),
                spectra=(
                    _Spectrum(
                        frequency_Hz=np.array([1e6, 1e3, 1.0]),
                        impedance_ohm=np.array(z),
                        origin=Origin(path=f"{name}.z", sha256=name * 3, format="zplot"),
                    ),
                ),
            ),
        )
        for name, z in spectra.items()
    )
    return attrs.evolve(result, results=results)


def test_one_measurement_under_two_samples_is_said():
    z = np.array([100 - 1j, 200 - 50j, 300 - 900j])
    result = _measured(PA=z, PB=z * (1 + 1e-7), PC=z * (1 + 1e-3))
    sentence = _sentence(result, "same-data-twice")
    assert "PA at 25 °C (PA.z) and PB at 25 °C (PB.z) are the same numbers" in sentence


def test_cells_of_one_pellet_have_their_interfaces_compared() -> None:
    from pelletry.core.quantity import Estimate, Reported
    from pelletry.core.sample import Sample
    from pelletry.core.table import Table
    from pelletry.study.result import SampleResult, StudyResult

    class Cell:
        def __init__(self, sample: str, value: float) -> None:
            estimate = Estimate(value=value * 1e-4, std=20e-4, unit="ohm m2", method="")
            self.quantities = (
                Reported(sample=sample, technique="cycling", name="asr_interface_ac", quantity=estimate),
            )

    values = {"bare": 4000.0, "gold": 750.0, "other": 700.0}
    parents = {"bare": ("P",), "gold": ("P",), "other": ()}
    result = StudyResult(
        title="t",
        folder="t",
        samples=tuple(Sample(name=name, made_of=parents[name]) for name in values),
        results=tuple(SampleResult(sample=n, technique="cycling", result=Cell(n, v)) for n, v in values.items()),
        comparison=Table(key="c", title="", columns=(), rows=()),
    )
    from pelletry.advice.audit import _interfaces

    (found,) = _interfaces(result)
    assert found.samples == ("bare", "gold")
    assert "bare (4000(20) Ω cm2) is higher than gold (750(20) Ω cm2)" in found.sentence
