"""Figures of cells under direct voltage: the current in time with its steady end, and the steady currents against the voltage."""

from __future__ import annotations

import numpy as np

from pelletry.core.figure import Axis, FigureSpec, Panel, Series
from pelletry.techniques.cycling.result import CyclingResult, PolarisationLevel, RunTrace

__all__ = ["current_unit", "polarisation_figures"]

_HOUR = 3600.0
#: Factors and units of a current, by the exponent of the largest that is shown.
_UNITS = ((-3, 1e3, "mA"), (-6, 1e6, "µA"), (-9, 1e9, "nA"), (-30, 1e12, "pA"))
_MOST_SHOWN = 6
_DECADES = 20.0


def polarisation_figures(result: CyclingResult) -> tuple[FigureSpec, ...]:
    """What a polarised cell has to show."""
    if not result.levels:
        return ()
    made = [_in_time(result)]
    if result.hebb_wagner is not None:
        made.append(_against_voltage(result))
    return tuple(made)


def current_unit(largest_A: float) -> tuple[float, str]:
    """Factor and unit in which a current is a number of few digits."""
    exponent = np.floor(np.log10(largest_A)) if largest_A > 0 else 0
    return next((factor, unit) for least, factor, unit in _UNITS if exponent >= least)


def _in_time(result: CyclingResult) -> FigureSpec:
    shown = result.levels[:_MOST_SHOWN]
    held = [run for run in result.runs if run.current_source == "measured"]
    factor, unit = current_unit(max(abs(level.current_first_A) for level in shown))
    series = [one for level in shown for one in _level_series(held, level, factor, len(shown) > 1)]
    ends = [abs(current) for level in shown for current in (level.current_first_A, level.current_A) if current]
    spans_decades = bool(ends) and max(ends) > _DECADES * min(ends)
    panel = Panel(
        x=Axis(label="time since the voltage", unit="h"), y=Axis(label="current", unit=unit, scale="log" if spans_decades else "linear"), series=tuple(series)
    )  # fmt: skip
    more = f" The first {_MOST_SHOWN} of {len(result.levels)} voltages." if len(result.levels) > _MOST_SHOWN else ""
    caption = (
        "Current at constant voltage; the dashed lines are the means of the last fifth, which the numbers are made of."
        + more
    )
    return _spec(result, "polarisation", "Polarisation", caption, panel)


def _level_series(runs: list[RunTrace], level: PolarisationLevel, factor: float, has_many: bool) -> list[Series]:
    run = runs[level.run - 1] if level.run <= len(runs) else None
    if run is None:
        return []
    inside = (run.time_s >= level.time_start_s) & (run.time_s <= level.time_stop_s)
    t = (run.time_s[inside] - level.time_start_s) / _HOUR
    y = np.abs(run.current_A[inside]) * factor
    good = y > 0
    group = f"{level.voltage_V:.3g} V"
    end = (level.time_stop_s - level.time_start_s) / _HOUR
    return [
        Series(label=group, group=group, x=t[good], y=y[good], style="line", trace=run.path),
        Series(
            label="" if has_many else "steady current",
            group=group if has_many else "steady",
            x=np.array([0.0, end]),
            y=np.full(2, abs(level.current_A) * factor),
            style="dashed",
            is_in_legend=not has_many,
        ),
    ]


def _against_voltage(result: CyclingResult) -> FigureSpec:
    assert result.hebb_wagner is not None
    levels, fit = result.levels, result.hebb_wagner
    factor, unit = current_unit(max(abs(level.current_A) for level in levels))
    voltage = np.array([level.voltage_V for level in levels])
    along = np.linspace(float(voltage.min()), float(voltage.max()), 200)
    measured = np.array([level.current_A for level in levels]) * factor
    steady = np.array([level.is_steady for level in levels])
    series = [
        Series(label=label, group="measured", x=voltage[rows], y=measured[rows], style=style)
        for label, rows, style in (("steady", steady, "points"), ("still moving", ~steady, "open_points"))
        if rows.any()
    ]
    series.append(Series(label="electrons and holes", x=along, y=fit.current_A(along) * factor, style="line"))
    top = Panel(
        x=Axis(label="voltage against the reversible electrode", unit="V"),
        y=Axis(label="steady current", unit=unit, scale="log" if float(measured.min()) > 0 else "linear"),
        series=tuple(series),
    )
    below = Panel(
        x=Axis(label="voltage against the reversible electrode", unit="V"),
        y=Axis(label="σ electronic", unit="S/cm", scale="log"),
        series=(
            Series(label="", group="conductivity", x=along, y=fit.conductivity_S_per_m(along) * 1e-2, style="line", is_in_legend=False),
        ),
        height_share=0.7,
    )  # fmt: skip
    caption = "Steady currents against the voltage with the fit after Hebb and Wagner, and the electronic conductivity (l/A) dI/dE of that fit."
    return _spec(result, "hebb_wagner", "Hebb-Wagner polarisation", caption, top, below, shares_x=True)


def _spec(
    result: CyclingResult, key: str, title: str, caption: str, *panels: Panel, shares_x: bool = False
) -> FigureSpec:
    return FigureSpec(
        key=f"cycling_{key}",
        title=f"{title} of {result.sample}",
        caption=caption,
        panels=panels,
        sample=result.sample,
        technique="cycling",
        is_simulated=result.is_simulated,
        shares_x=shares_x,
    )
