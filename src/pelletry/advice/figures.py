"""Figures of the whole study: the conductivity of every sample over temperature, density and sintering temperature."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import attrs
import numpy as np

from pelletry.advice.correlation import correlation, correlation_in_words
from pelletry.core.arrays import Array
from pelletry.core.figure import Axis, FigureSpec, Mark, Panel, Series
from pelletry.core.quantity import Estimate, Reported
from pelletry.core.sample import Sample
from pelletry.study.result import StudyResult

__all__ = ["arrhenius_of_all", "conductivity_against", "study_figures"]

_CM_PER_M = 1e-2
_FEWEST_PELLETS = 3
#: More kinds of pellets than this are not told apart by colour.
_MOST_KINDS = 7


def study_figures(result: StudyResult) -> tuple[FigureSpec, ...]:
    """Every figure of the whole study that its facts allow."""
    found = (arrhenius_of_all(result), *(conductivity_against(result, what) for what in CAUSES))
    return tuple(figure for figure in found if figure is not None)


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


# -- conductivity against what was done to the pellet -------------------------------------------------------------------


@attrs.frozen(kw_only=True)
class Cause:
    """What the conductivity is drawn against: a size of each sample as (value, half 95 % interval or None), or None."""

    key: str
    words: str
    axis: Axis
    of: Callable[[StudyResult, Sample], tuple[float, float | None] | None]


def _relative_density(result: StudyResult, sample: Sample) -> tuple[float, float | None] | None:
    found = _estimate(result, sample.name, "relative_density")
    if found is None:
        return None
    return 100 * found.value, None if found.interval is None else 100 * _half_width(found)


def _half_width(estimate: Estimate) -> float:
    low, high = estimate.interval or (math.nan, math.nan)
    return 0.5 * (high - low)


def _sintering_temperature(_: StudyResult, sample: Sample) -> tuple[float, float | None] | None:
    temperature_K = sample.sintering.temperature_K
    return None if temperature_K is None else (temperature_K - 273.15, None)


CAUSES: tuple[Cause, ...] = (
    Cause(key="relative_density", words="relative density", axis=Axis(label="relative density", unit="%"), of=_relative_density),
    Cause(
        key="sintering_temperature", words="sintering temperature", axis=Axis(label="sintering temperature", unit="°C"),
        of=_sintering_temperature,
    ),
)  # fmt: skip


@attrs.frozen(kw_only=True)
class _Pellet:
    """One point: x and the conductivity in S/cm, each with the half of its 95 % interval (NaN: not known)."""

    name: str
    kind: str
    x: float
    x_half: float
    y: float
    y_half: float


def conductivity_against(result: StudyResult, cause: Cause) -> FigureSpec | None:
    """Total conductivity at 25 °C of each pellet against one of :data:`CAUSES`; None for fewer than three pellets or one value.

    Error bars are 95 % intervals. The caption says whether the logarithm of the conductivity is correlated with the cause.
    """
    pellets = _pellets(result, cause)
    if len(pellets) < _FEWEST_PELLETS or len({p.x for p in pellets}) < 2:
        return None
    found = correlation([p.x for p in pellets], [float(np.log(p.y)) for p in pellets])
    kinds = list(dict.fromkeys(p.kind for p in pellets))
    series = tuple(_of_kind(kind, [p for p in pellets if p.kind == kind]) for kind in kinds)
    others = _what_else_differs(result, cause)
    return FigureSpec(
        key=f"overview_conductivity_{cause.key}",
        title=f"Conductivity at 25 °C and {cause.words}",
        caption=f"Total conductivity at 25 °C of {len(pellets)} pellets; error bars are 95 % intervals. "
        + correlation_in_words(found, f"ln σ with the {cause.words}")
        + (f" The pellets differ also in {others}." if others else ""),
        panels=(
            Panel(
                x=cause.axis,
                y=Axis(label="σ", unit="S/cm", scale="log"),
                series=series,
                marks=tuple(Mark(x=p.x, y=p.y, text=p.name, style="label") for p in pellets),
            ),
        ),
        width="double",
        is_simulated=result.is_simulated,
    )


def _pellets(result: StudyResult, cause: Cause) -> list[_Pellet]:
    kinds = _kinds(result.samples)
    found = []
    for sample in result.samples:
        x, sigma = cause.of(result, sample), _estimate(result, sample.name, "conductivity_total_25C")
        if x is None or sigma is None or sigma.value <= 0:
            continue
        half = np.nan if sigma.interval is None else _half_width(sigma) * _CM_PER_M
        found.append(
            _Pellet(
                name=sample.name, kind=kinds[sample.name], x=x[0], x_half=np.nan if x[1] is None else x[1],
                y=sigma.value * _CM_PER_M, y_half=half,
            )
        )  # fmt: skip
    return found


def _of_kind(kind: str, pellets: Sequence[_Pellet]) -> Series:
    return Series(
        label=kind,
        x=np.array([p.x for p in pellets]),
        y=np.array([p.y for p in pellets]),
        x_error=_known([p.x_half for p in pellets]),
        y_error=_known([p.y_half for p in pellets]),
        group=kind or "pellets",
        point_labels=tuple(p.name for p in pellets),
        is_in_legend=bool(kind),
    )


def _known(halves: Sequence[float]) -> Array | None:
    values = np.array(halves)
    return values if np.isfinite(values).any() else None


_DESCRIBED: tuple[tuple[str, Callable[[Sample], object]], ...] = (
    ("composition", lambda s: s.composition),
    ("powder", lambda s: s.powder),
    ("atmosphere", lambda s: s.sintering.atmosphere),
    ("sintering temperature", lambda s: s.sintering.temperature_K),
    ("dwell", lambda s: s.sintering.dwell_s),
    ("heating rate", lambda s: s.sintering.heating_rate_K_per_s),
)


def _kinds(samples: Sequence[Sample]) -> dict[str, str]:
    """What tells the pellets apart in words (composition, powder, atmosphere), where it differs; empty when it tells too little."""
    differing = [of for _, of in _DESCRIBED[:3] if len({of(s) for s in samples}) > 1]
    kinds = {s.name: "; ".join(str(of(s) or "not stated") for of in differing) for s in samples}
    count = len(set(kinds.values()))
    return kinds if 1 < count <= _MOST_KINDS and count < len(samples) else dict.fromkeys(kinds, "")


def _what_else_differs(result: StudyResult, cause: Cause) -> str:
    names = [n for n, of in _DESCRIBED if n != cause.words and len({of(s) for s in result.samples}) > 1]
    return names[0] if len(names) == 1 else " and ".join([", ".join(names[:-1]), names[-1]] if names else [])


def _estimate(result: StudyResult, sample: str, name: str) -> Estimate | None:
    return next(
        (
            q.quantity
            for q in result.quantities
            if q.sample == sample and q.name == name and isinstance(q.quantity, Estimate)
        ),
        None,
    )
