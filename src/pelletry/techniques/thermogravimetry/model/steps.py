r"""Steps of a mass curve between plateaus.

The rate dm/dt of the smoothed curve has a peak in each step. Peaks are told apart when the rate falls to less than half of the
smaller one between them, or to the level of the noise. The height of a step is the distance between the lines through the
plateaus before and after it, both taken at the peak; onset and end are where the tangent at the peak meets these lines
(as in ISO 11358-1). Where two steps have no plateau between them, the mass in the valley of the rate parts them.
"""

from __future__ import annotations

import itertools

import attrs
import numpy as np

from pelletry.core.arrays import Array

__all__ = ["Step", "quiet_from", "steps_of"]

_RATE_ABOVE_NOISE = 6.0
_QUARTER_OF_NORMAL = 0.3186
_SHARE_OF_HIGHEST = 0.01
_VALLEY = 0.5
_FOOT = 0.02
_FOOT_NOISE = 3.0
_FEWEST_ON_PLATEAU = 6
#: A piece beside a step that changes faster than this share of its highest rate is no plateau.
_FLAT = 0.1


@attrs.frozen(kw_only=True)
class Step:
    """Rows of start, peak and end; the change (negative: loss), with onset and end as (fractional) rows.

    ``has_before`` and ``has_after``: that side is a flat piece of its own and not the flank of another step.
    """

    start: int
    peak: int
    end: int
    change: float
    onset_row: float
    end_row: float
    has_before: bool
    has_after: bool

    @property
    def has_plateaus(self) -> bool:
        return self.has_before and self.has_after


def _scatter(rate: Array) -> float:
    """Standard deviation of the rate where it is small: the quarter quantile of its size, which is 0.3186 of it for a normal law."""
    return float(np.quantile(np.abs(rate - np.median(rate)), 0.25)) / _QUARTER_OF_NORMAL


def _peaks(rate: Array, least: float) -> list[int]:
    """Tops of a positive rate above ``least``, with valleys below half of the smaller neighbour."""
    padded = np.concatenate([[-np.inf], rate, [-np.inf]])
    tops: list[int] = np.flatnonzero(
        (padded[1:-1] > padded[:-2]) & (padded[1:-1] >= padded[2:]) & (rate > least)
    ).tolist()
    while len(tops) > 1:
        ratios = [
            (float(rate[a : b + 1].min()) - least / 4) / max(float(min(rate[a], rate[b])), 1e-300)
            for a, b in itertools.pairwise(tops)
        ]
        worst = int(np.argmax(ratios))
        if ratios[worst] < _VALLEY:
            break
        a, b = tops[worst], tops[worst + 1]
        tops.remove(a if rate[a] < rate[b] else b)
    return tops


def steps_of(mass: Array, rate: Array, *, smallest: float, noise: float) -> tuple[Step, ...]:
    """Steps of a smoothed curve (n,) on an even grid with its rate per row (n,), in order; losses and gains.

    ``smallest`` is the least height; ``noise`` the standard deviation of a point.
    """
    scatter = _scatter(rate)
    highest = float(np.abs(rate).max())
    least = max(_RATE_ABOVE_NOISE * scatter, _SHARE_OF_HIGHEST * highest)
    found: list[tuple[int, int]] = sorted((peak, sign) for sign in (-1, 1) for peak in _peaks(sign * rate, least))
    feet = [_feet(sign * rate, peak, scatter) for peak, sign in found]
    bounds: list[tuple[int, int]] = []
    for i, ((peak, _), (low, high)) in enumerate(zip(found, feet, strict=True)):
        if i and low <= bounds[i - 1][1]:
            valley = found[i - 1][0] + int(np.argmin(np.abs(rate[found[i - 1][0] : peak + 1])))
            bounds[i - 1] = (bounds[i - 1][0], valley)
            low = valley
        bounds.append((low, min(max(high, peak + 1), len(mass) - 1)))
    steps = []
    for i, ((peak, _), (low, high)) in enumerate(zip(found, bounds, strict=True)):
        before = (bounds[i - 1][1] if i else 0, low)
        after = (high, bounds[i + 1][0] if i + 1 < len(bounds) else len(mass) - 1)
        step = _measured(mass, rate, peak, before, after)
        if abs(step.change) > max(smallest, 5 * noise):
            steps.append(step)
    return tuple(steps)


def _feet(rate: Array, peak: int, scatter: float) -> tuple[int, int]:
    foot = max(_FOOT * float(rate[peak]), _FOOT_NOISE * scatter)
    below = rate <= foot
    left = np.flatnonzero(below[:peak])
    right = np.flatnonzero(below[peak:])
    return (int(left[-1]) if left.size else 0, peak + int(right[0]) if right.size else len(rate) - 1)


def _plateau(
    mass: Array, first: int, last: int, *, is_before: bool, reach: int, steepest: float
) -> tuple[float, float, bool]:
    """Line (level at row 0, slope) through a plateau, at most ``reach`` rows of it beside the step; a level when it is short."""
    if last - first + 1 < _FEWEST_ON_PLATEAU:
        return float(mass[last if is_before else first]), 0.0, False
    # The feet of the steps on both sides are no part of the plateau.
    foot = min((last - first) // 4, reach // 4)
    first, last = first + foot, last - foot
    rows = (
        np.arange(max(first, last - reach), last + 1) if is_before else np.arange(first, min(last, first + reach) + 1)
    )
    slope, level = np.polyfit(rows, mass[rows], 1)
    if abs(slope) > steepest:
        return float(mass[last if is_before else first]), 0.0, False
    return float(level), float(slope), True


def _measured(mass: Array, rate: Array, peak: int, before: tuple[int, int], after: tuple[int, int]) -> Step:
    reach = max(after[0] - before[1], 20)
    steepest = _FLAT * abs(float(rate[peak]))
    level_a, slope_a, flat_a = _plateau(mass, *before, is_before=True, reach=reach, steepest=steepest)
    level_b, slope_b, flat_b = _plateau(mass, *after, is_before=False, reach=reach, steepest=steepest)
    high, low = level_a + slope_a * peak, level_b + slope_b * peak
    tangent = float(rate[peak])
    at = float(mass[peak])

    def meets(level: float, slope: float, fallback: int) -> float:
        if tangent == slope:
            return float(fallback)
        row = (level - at + tangent * peak) / (tangent - slope)
        return float(np.clip(row, 0, len(mass) - 1))

    return Step(
        start=before[1],
        peak=peak,
        end=after[0],
        change=low - high,
        onset_row=min(meets(level_a, slope_a, before[1]), float(peak)),
        end_row=max(meets(level_b, slope_b, after[0]), float(peak)),
        has_before=flat_a,
        has_after=flat_b,
    )


def quiet_from(mass: Array, *, noise: float, multiple: float) -> int | None:
    """The first row from which on a smoothed curve (n,) stays within ``multiple * noise`` of its end; None when only its last does."""
    away = np.flatnonzero(np.abs(mass - float(np.mean(mass[-max(3, len(mass) // 50) :]))) > multiple * noise)
    first = int(away[-1]) + 1 if away.size else 0
    return first if first < 0.98 * len(mass) else None
