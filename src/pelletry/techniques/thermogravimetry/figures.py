"""Mass curves as data of figures: mass and rate over temperature with the steps, and over time."""

from __future__ import annotations

import numpy as np

from pelletry.core.arrays import Array
from pelletry.core.figure import Axis, FigureSpec, Mark, Panel, Series
from pelletry.core.quantity import Estimate
from pelletry.techniques.thermogravimetry.result import LossRun, ThermogravimetryResult

__all__ = ["figures_of"]

_MOST_POINTS = 700


def figures_of(result: ThermogravimetryResult) -> tuple[FigureSpec, ...]:
    """For each run mass and rate over temperature, and both over time."""
    made = []
    for number, run in enumerate(result.runs, start=1):
        made += [_over_temperature(result, run, number), _over_time(result, run, number)]
    return tuple(made)


def _thin(*columns: Array) -> tuple[Array, ...]:
    step = max(1, -(-len(columns[0]) // _MOST_POINTS))
    return tuple(column[::step] for column in columns)


def _marks(run: LossRun) -> tuple[Mark, ...]:
    found = []
    for step in run.steps:
        words = f"{100 * step.change.value:.3g} %"
        onset = step.onset_K
        x = onset.value if isinstance(onset, Estimate) else step.peak_K.value
        row = int(np.argmin(np.abs(run.temperature_K[: run.end_index + 1] - step.peak_K.value)))
        y = 100 * float(run.share_fraction[row]) / run.dry_share
        if isinstance(onset, Estimate):
            words += f" from {x - 273.15:.0f} °C"
        found.append(Mark(x=step.peak_K.value - 273.15, y=y, text=words))
    return tuple(found)


def _over_temperature(result: ThermogravimetryResult, run: LossRun, number: int) -> FigureSpec:
    rows = slice(0, run.end_index + 1)
    T, m, rate = _thin(run.temperature_K[rows], run.share_fraction[rows], run.loss_rate_per_s[rows])
    return FigureSpec(
        key="mass" if len(result.runs) == 1 else f"mass_{number}",
        title=f"Mass of {result.sample} on heating",
        caption=(
            f"Mass of {result.sample} as a share of its dry mass ({run.dry_source}) and its rate, "
            f"{'blank taken off' if run.blank else 'no blank taken off'}; changes of the steps with their onsets."
        ),
        panels=(
            Panel(
                x=Axis(label="T", unit="°C"),
                y=Axis(label="mass", unit="%"),
                y_right=Axis(label="dm/dt", unit="%/min"),
                series=(
                    Series(label="mass", x=T - 273.15, y=100 * m / run.dry_share, style="line", group="mass", trace=run.origin.path),
                    Series(
                        label="rate", x=T - 273.15, y=6000 * rate / run.dry_share, style="line", group="rate", is_on_right=True
                    ),
                ),
                marks=_marks(run),
            ),
        ),
        sample=result.sample,
        technique="thermogravimetry",
        is_simulated=result.is_simulated,
    )  # fmt: skip


def _over_time(result: ThermogravimetryResult, run: LossRun, number: int) -> FigureSpec:
    t, T, m = _thin(run.time_s, run.temperature_K, run.share_fraction)
    return FigureSpec(
        key=f"mass_over_time_{number}",
        title=f"Run {number} of {result.sample} over time",
        caption=f"Mass as a share of the initial mass, and temperature, over time; {run.origin.path}.",
        panels=(
            Panel(
                x=Axis(label="t", unit="h"),
                y=Axis(label="mass", unit="%"),
                y_right=Axis(label="T", unit="°C"),
                series=(
                    Series(label="mass", x=t / 3600, y=100 * m, style="line", group="mass", trace=run.origin.path),
                    Series(label="T", x=t / 3600, y=T - 273.15, style="dashed", group="temperature", is_on_right=True),
                ),
            ),
        ),
        sample=result.sample,
        technique="thermogravimetry",
        is_detail=True,
        is_simulated=result.is_simulated,
    )
