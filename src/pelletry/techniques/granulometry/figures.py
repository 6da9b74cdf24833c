"""Size distributions as data of figures: classes as bars with the cumulative curve, and all runs of a powder."""

from __future__ import annotations

import numpy as np

from pelletry.core.arrays import Array
from pelletry.core.figure import Axis, FigureSpec, Panel, Series
from pelletry.techniques.granulometry.model.sizes import middles, share_below
from pelletry.techniques.granulometry.result import GranulometryResult, RunSizes, StateSizes

__all__ = ["figures_of"]

_POINTS = 200
_MARGIN = 1.6


def figures_of(result: GranulometryResult) -> tuple[FigureSpec, ...]:
    """One figure of the distribution (all states), and one of the single runs where there are several."""
    made = [_distribution(result)]
    if any(len(state.used) > 1 for state in result.states):
        made.append(_runs(result))
    return tuple(made)


def _limits(states: tuple[StateSizes, ...]) -> tuple[float, float]:
    held = [np.flatnonzero(state.share_fraction > 0) for state in states]
    low = min(state.edges_m[index[0]] for state, index in zip(states, held, strict=True))
    high = max(state.edges_m[index[-1] + 1] for state, index in zip(states, held, strict=True))
    return float(low * 1e6 / _MARGIN), float(high * 1e6 * _MARGIN)


def _curve(edges_m: Array, share: Array, limits_um: tuple[float, float]) -> tuple[Array, Array]:
    size_um = np.geomspace(*limits_um, _POINTS)
    return size_um, 100.0 * share_below(edges_m=edges_m, share_fraction=share, size_m=size_um * 1e-6)


def _label(state: StateSizes) -> str:
    return state.state or "powder"


def _percentiles(state: StateSizes, group: str) -> Series:
    """d10, d50 and d90 as points on the cumulative curve."""
    sizes = [estimate.value * 1e6 for estimate in (state.d10_m, state.d50_m, state.d90_m)]
    return Series(
        label="d10, d50, d90",
        x=np.array(sizes),
        y=np.array([10.0, 50.0, 90.0]),
        style="open_points",
        group=group,
        point_labels=tuple(f"d{p} {d:.4g} µm" for p, d in zip((10, 50, 90), sizes, strict=True)),
        is_in_legend=False,
        is_on_right=True,
    )


def _distribution(result: GranulometryResult) -> FigureSpec:
    limits = _limits(result.states)
    series: list[Series] = []
    for state in result.states:
        has_states = len(result.states) > 1
        held = state.share_fraction > 0
        series.append(
            Series(
                label=_label(state) if has_states else "share of a class",
                x=middles(state.edges_m)[held] * 1e6,
                y=100.0 * state.share_fraction[held],
                style="line" if has_states else "bars",
                group=_label(state),
                trace=state.used[0].origin.path,
            )
        )
        x, y = _curve(state.edges_m, state.share_fraction, limits)
        series.append(
            Series(
                label="cumulative",
                x=x,
                y=y,
                style="dashed" if has_states else "line",
                group=_label(state) if has_states else "cumulative",
                is_in_legend=not has_states,
                is_on_right=True,
            )
        )
        series.append(_percentiles(state, _label(state) if has_states else "cumulative"))
    word = result.basis
    highest = max(float(state.share_fraction.max()) for state in result.states)
    return FigureSpec(
        key="size_distribution",
        title=f"Particle sizes of {result.sample}",
        caption=(
            f"Size distribution of {result.sample} by {word}: share of each class (left) and cumulative share (right). "
            + "; ".join(
                f"{_label(s) + ': ' if len(result.states) > 1 else ''}d10, d50, d90 = "
                f"{s.d10_m.value * 1e6:.3g}, {s.d50_m.value * 1e6:.3g}, {s.d90_m.value * 1e6:.3g} µm"
                for s in result.states
            )
            + f". Optical model: {result.states[-1].optical.in_words or 'not stated in the file'}."
        ),
        panels=(
            Panel(
                x=Axis(label="d", unit="µm", scale="log", limits=limits),
                y=Axis(label=f"{word} share of a class", unit="%", limits=(0.0, 108.0 * highest)),
                y_right=Axis(label=f"{word} below d", unit="%", limits=(0.0, 100.0)),
                series=tuple(series),
            ),
        ),
        sample=result.sample,
        technique="granulometry",
        is_simulated=result.is_simulated,
    )


def _one_run(run: RunSizes, number: int, limits: tuple[float, float], group: str) -> Series:
    x, y = _curve(run.edges_m, run.share_fraction, limits)
    return Series(label=f"run {number}", x=x, y=y, style="line", group=group, trace=run.origin.path)


def _runs(result: GranulometryResult) -> FigureSpec:
    limits = _limits(result.states)
    count = sum(len(state.used) for state in result.states)
    series = [
        _one_run(run, number, limits, f"{state.state} {number}")
        for state in result.states
        for number, run in enumerate(state.used, start=1)
    ]
    few = [s for i, s in enumerate(series) if count <= 6 or i % max(1, count // 6) == 0]
    return FigureSpec(
        key="size_runs",
        title=f"Single runs of {result.sample}",
        caption=f"Cumulative {result.basis} share of {len(few)} of {count} runs of {result.sample}.",
        panels=(
            Panel(
                x=Axis(label="d", unit="µm", scale="log", limits=limits),
                y=Axis(label=f"{result.basis} below d", unit="%", limits=(0.0, 100.0)),
                series=tuple(few),
            ),
        ),
        sample=result.sample,
        technique="granulometry",
        is_detail=True,
        is_simulated=result.is_simulated,
    )
