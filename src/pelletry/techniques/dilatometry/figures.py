"""Shrinkage curves as data of figures: strain and rate over temperature with their tangents, over time, and the density."""

from __future__ import annotations

import numpy as np

from pelletry.core.arrays import Array
from pelletry.core.figure import Axis, FigureSpec, Mark, Panel, Series
from pelletry.core.quantity import Estimate
from pelletry.techniques.dilatometry.master_figures import firing_figure, master_figure
from pelletry.techniques.dilatometry.model.tangents import Line
from pelletry.techniques.dilatometry.result import DilatometryResult, RunResult
from pelletry.techniques.thermal_program import rate_in_words

__all__ = ["figures_of"]

_MOST_POINTS = 600
_TANGENT_BEYOND_K = 60.0


def figures_of(result: DilatometryResult) -> tuple[FigureSpec, ...]:
    """Shrinkage with rate, density, each run over time, the master curve and the firing map; those that there is something for."""
    made: list[FigureSpec] = []
    heated = [run for run in result.runs if len(run.grid_K)]
    if heated:
        made.append(_shrinkage(result, heated))
    if any(run.density_cold_relative is not None or run.density_hot_relative is not None for run in heated):
        made.append(_density(result, heated))
    if result.master is not None and result.master.curve is not None:
        made.append(master_figure(result))
        if result.master.firing is not None:
            made.append(firing_figure(result))
    made += [_over_time(result, run, number) for number, run in enumerate(result.runs, start=1)]
    return tuple(made)


def _thin(*columns: Array) -> tuple[Array, ...]:
    step = max(1, -(-len(columns[0]) // _MOST_POINTS))
    return tuple(column[::step] for column in columns)


def _label(run: RunResult, count: int) -> str:
    return rate_in_words(run.rate_K_per_s) if run.rate_K_per_s is not None and count > 1 else "shrinkage"


def _straight(line: Line, group: str, low_K: float, high_K: float) -> Series:
    ends = np.array([low_K, high_K])
    return Series(
        label="tangents",
        x=ends - 273.15,
        y=100.0 * np.asarray(line.at(ends)),
        style="dashed",
        group=group,
        is_in_legend=False,
    )


def _tangent_lines(run: RunResult) -> list[Series]:
    t = run.tangents
    if t.baseline is None or t.tangent is None or not isinstance(t.onset_K, Estimate):
        return []
    end = t.end_K.value if isinstance(t.end_K, Estimate) else t.tangent.high_K
    lines = [_straight(t.baseline, "tangents", t.baseline.low_K, t.onset_K.value + _TANGENT_BEYOND_K)]
    lines.append(_straight(t.tangent, "tangents", t.onset_K.value, end))
    if t.after is not None:
        lines.append(_straight(t.after, "tangents", end - 0.5 * _TANGENT_BEYOND_K, t.after.high_K))
    return lines


def _marks(run: RunResult) -> list[Mark]:
    """Onset and end on their curve, and where swelling begins."""
    found = []
    t = run.tangents
    for quantity, line, word in ((t.onset_K, t.baseline, "onset"), (t.end_K, t.after, "end")):
        if isinstance(quantity, Estimate) and line is not None:
            y = 100.0 * float(line.at(quantity.value))
            found.append(Mark(x=quantity.value - 273.15, y=y, text=f"{word} {quantity.value - 273.15:.0f} °C"))
    if isinstance(run.swelling_K, Estimate):
        text = f"swells from {run.swelling_K.value - 273.15:.0f} °C"
        found.append(Mark(x=run.swelling_K.value - 273.15, y=0.0, text=text, style="vertical"))
    return found


def _shrinkage(result: DilatometryResult, heated: list[RunResult]) -> FigureSpec:
    series: list[Series] = []
    marks: list[Mark] = []
    for run in heated:
        group = _label(run, len(heated))
        x, y, rate = _thin(run.grid_K, run.grid_strain, run.grid_rate_per_K)
        series.append(Series(label=group, x=x - 273.15, y=100 * y, style="line", group=group, trace=run.origin.path))
        series.append(
            Series(
                label="rate",
                x=x - 273.15,
                y=100 * rate,
                style="line" if len(heated) == 1 else "dashed",
                group="rate" if len(heated) == 1 else group,
                is_in_legend=len(heated) == 1,
                is_on_right=True,
            )
        )
    if len(heated) == 1:
        series += _tangent_lines(heated[0])
        marks += _marks(heated[0])
    blank = "blank taken off" if all(run.blank for run in heated) else "no blank taken off"
    return FigureSpec(
        key="shrinkage",
        title=f"Shrinkage of {result.sample}",
        caption=(
            f"Length change of {result.sample} on heating (left, {blank}, thermal expansion inside) and its rate over temperature (right)"
            + (", with the tangents that give onset and end." if len(heated) == 1 else "; the rates are broken lines.")
        ),
        panels=(
            Panel(
                x=Axis(label="T", unit="°C"),
                y=Axis(label="ΔL/L0", unit="%"),
                y_right=Axis(label="d(ΔL/L0)/dT", unit="%/K"),
                series=tuple(series),
                marks=tuple(marks),
                legend_title="heating rate" if len(heated) > 1 else "",
            ),
        ),
        sample=result.sample,
        technique="dilatometry",
        is_simulated=result.is_simulated,
    )


def _density(result: DilatometryResult, heated: list[RunResult]) -> FigureSpec:
    series: list[Series] = []
    for run in heated:
        density = run.density_cold_relative if run.density_cold_relative is not None else run.density_hot_relative
        if density is None:
            continue
        rows = slice(0, run.end_index + 1)
        x, y = _thin(run.temperature_K[rows], density[rows])
        group = _label(run, len(heated)) if len(heated) > 1 else "by shrinkage"
        series.append(Series(label=group, x=x - 273.15, y=100 * y, style="line", group=group, trace=run.origin.path))
    if result.pellet_density is not None:
        top = max(run.top_K for run in heated)
        error = result.pellet_density.std
        series.append(
            Series(
                label="pellet",
                x=np.array([top - 273.15]),
                y=np.array([100 * result.pellet_density.value]),
                y_error=None if error is None else np.array([100 * error]),
                group="pellet",
            )
        )
    marks = (Mark(x=0.0, y=100.0, style="horizontal"),) if max(s.y.max() for s in series) > 97 else ()
    is_cold = all(run.density_cold_relative is not None for run in heated)
    return FigureSpec(
        key="density_by_shrinkage",
        title=f"Density of {result.sample} during firing",
        caption=(
            f"Relative density of {result.sample} from its green density and shrinkage "
            f"({'thermal expansion taken off' if is_cold else 'hot'}), up to the end of the dwell"
            + ("; the point is the fired pellet." if result.pellet_density is not None else ".")
        ),
        panels=(
            Panel(
                x=Axis(label="T", unit="°C"),
                y=Axis(label="relative density", unit="%"),
                series=tuple(series),
                marks=marks,
                legend_title="heating rate" if len(heated) > 1 else "",
            ),
        ),
        sample=result.sample,
        technique="dilatometry",
        is_simulated=result.is_simulated,
    )


def _over_time(result: DilatometryResult, run: RunResult, number: int) -> FigureSpec:
    t, T, e, rate = _thin(run.time_s, run.temperature_K, run.strain_fraction, run.sintering_rate_per_s)
    hours = t / 3600.0
    above = Panel(
        x=Axis(label="t", unit="h"),
        y=Axis(label="ΔL/L0", unit="%"),
        y_right=Axis(label="T", unit="°C"),
        series=(
            Series(label="ΔL/L0", x=hours, y=100 * e, style="line", group="strain", trace=run.origin.path),
            Series(label="T", x=hours, y=T - 273.15, style="dashed", group="temperature", is_on_right=True),
        ),
        height_share=2.0,
    )
    below = Panel(
        x=Axis(label="t", unit="h"),
        y=Axis(label="rate", unit="%/min"),
        series=(Series(label="rate", x=hours, y=6000 * rate, style="line", group="rate", is_in_legend=False),),
    )
    word = "without thermal expansion" if run.cold_fraction is not None else "thermal expansion inside"
    return FigureSpec(
        key=f"shrinkage_over_time_{number}",
        title=f"Run {number} of {result.sample} over time",
        caption=f"Length, temperature and rate of the length ({word}) over time, {run.origin.path}.",
        panels=(above, below),
        sample=result.sample,
        technique="dilatometry",
        shares_x=True,
        is_detail=True,
        is_simulated=result.is_simulated,
    )
