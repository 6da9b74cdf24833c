"""One figure for the whole study: the conductivity of every sample over temperature."""

from __future__ import annotations

import numpy as np

from pelletry.core.figure import Axis, FigureSpec, Panel, Series
from pelletry.core.quantity import Estimate, Reported
from pelletry.study.result import StudyResult

__all__ = ["arrhenius_of_all"]

_CM_PER_M = 1e-2


def arrhenius_of_all(result: StudyResult) -> FigureSpec | None:
    """Total conductivities against 1000/T, all samples in one frame; None when fewer than two samples have them."""
    series, temperatures = [], set()
    for sample in result.samples:
        points = _points(result, sample.name)
        if len(points) < 2:
            continue
        t_k = np.array([t for t, _ in points])
        temperatures |= {round(t - 273.15) for t, _ in points}
        values = np.array([e.value * _CM_PER_M for _, e in points])
        hover = tuple(f"{sample.name} · {t - 273.15:.4g} °C" for t, _ in points)
        series.append(Series(label=sample.name, x=1000 / t_k, y=values, group=sample.name, point_labels=hover))
        series.append(Series(label="", x=1000 / t_k, y=values, style="line", group=sample.name, is_in_legend=False))
    if len(series) < 4:
        return None
    return FigureSpec(
        key="overview_arrhenius", title="Total conductivity of all samples", width="double",
        caption="Total conductivity at each measured temperature; the lines join the points and are no fit.",
        panels=(
            Panel(
                x=Axis(label="1000/T", unit="1/K"), y=Axis(label="σ", unit="S/cm", scale="log"), series=tuple(series),
                x_top=Axis(label="T", unit="°C", top_of=tuple((1000 / (c + 273.15), f"{c}") for c in sorted(temperatures))),
            ),
        ),
        is_simulated=result.is_simulated,
    )  # fmt: skip


def _temperature_K(reported: Reported, sample: str) -> float | None:
    if reported.sample != sample or reported.name != "conductivity_total":
        return None
    found = reported.condition("temperature_K")
    return float(found) if isinstance(found, int | float) and found > 0 else None


def _points(result: StudyResult, sample: str) -> list[tuple[float, Estimate]]:
    found = []
    for reported in result.quantities:
        temperature_K = _temperature_K(reported, sample)
        if temperature_K is not None and isinstance(reported.quantity, Estimate) and reported.quantity.value > 0:
            found.append((temperature_K, reported.quantity))
    return sorted(found, key=lambda pair: pair[0])
