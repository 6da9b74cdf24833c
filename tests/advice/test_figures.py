"""Figures of the whole study hold what the study holds, and are left out where its facts do not carry them."""

from __future__ import annotations

import attrs
import numpy as np
import pytest

from pelletry.advice.figures import study_figures
from pelletry.core.provenance import Lineage
from pelletry.core.quantity import Estimate, Reported
from pelletry.core.sample import Sample, Sintering
from pelletry.core.table import Table
from pelletry.study.result import SampleResult, StudyResult


@attrs.frozen(kw_only=True)
class _Result:
    sample: str
    quantities: tuple[Reported, ...]
    findings: tuple[()] = ()
    facts: tuple[()] = ()
    lineage: Lineage = Lineage()


def study(
    densities: list[float | None], sigmas: list[float], temperatures_degC: list[float | None], std: float | None = 0.01
) -> StudyResult:
    samples, results = [], []
    for i, (density, sigma, degC) in enumerate(zip(densities, sigmas, temperatures_degC, strict=True)):
        name = f"P{i}"
        values = {"conductivity_total_25C": (sigma, "S/m")} | (
            {} if density is None else {"relative_density": (density, "1")}
        )
        quantities = tuple(
            Reported(
                sample=name, technique="t", name=key,
                quantity=Estimate(value=v, std=None if std is None else std * v, unit=unit, method="m"),
            )
            for key, (v, unit) in values.items()
        )  # fmt: skip
        results.append(SampleResult(sample=name, technique="t", result=_Result(sample=name, quantities=quantities)))
        kelvin = None if degC is None else degC + 273.15
        samples.append(
            Sample(name=name, powder="milled" if i % 2 else "as made", sintering=Sintering(temperature_K=kelvin))
        )
    table = Table(key="comparison", title="", columns=(), rows=())
    return StudyResult(title="", folder="", samples=tuple(samples), results=tuple(results), comparison=table)


DENSE = [0.70, 0.78, 0.84, 0.91, 0.97]
SIGMA = [1e-3, 2.5e-3, 4e-3, 1.2e-2, 2e-2]
FIRED: list[float | None] = [700.0, 800.0, 900.0, 800.0, 700.0]


def test_points_error_bars_and_names_are_those_of_the_pellets() -> None:
    spec = next(
        f for f in study_figures(study(DENSE, SIGMA, FIRED)) if f.key == "overview_conductivity_relative_density"
    )
    panel = spec.panels[0]
    made = next(s for s in panel.series if s.label == "as made")
    assert made.x == pytest.approx([70, 84, 97])
    assert made.y == pytest.approx([1e-5, 4e-5, 2e-4])
    assert made.x_error == pytest.approx(1.96 * 0.01 * made.x, rel=1e-4)
    assert made.y_error == pytest.approx(1.96 * 0.01 * made.y, rel=1e-4)
    assert [m.text for m in panel.marks] == [f"P{i}" for i in range(5)]
    r = np.corrcoef(DENSE, np.log(SIGMA))[0, 1]
    assert f"r = {r:.2f}" in spec.caption
    assert "n = 5" in spec.caption
    assert "differ also in powder and sintering temperature" in spec.caption


def test_a_correlation_that_is_not_there_is_called_not_resolved() -> None:
    specs = {f.key: f for f in study_figures(study(DENSE, SIGMA, FIRED))}
    caption = specs["overview_conductivity_sintering_temperature"].caption
    assert "not resolved" in caption
    assert "n = 5" in caption


def test_two_pellets_or_one_value_make_no_figure() -> None:
    keys = [f.key for f in study_figures(study([0.7, 0.8, None], [1e-3, 2e-3, 3e-3], [800.0, 800.0, 800.0]))]
    assert keys == []


def test_an_uncertainty_that_is_not_known_has_no_bar() -> None:
    (density, _) = study_figures(study(DENSE, SIGMA, FIRED, std=None))
    assert all(s.x_error is None and s.y_error is None for s in density.panels[0].series)
