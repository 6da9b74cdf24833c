r"""Characteristic temperatures of a shrinkage curve by tangents, and how much they depend on the windows.

The onset is where a straight line through the curve before sintering meets the tangent where it shrinks fastest; the end where
that tangent meets a line through the curve afterwards. The tangent is fitted where the rate is at least a stated share of the
highest; the first line through a stated window or one that ends where the rate leaves its earlier level. Windows are shifted and
widened; the spread of the results is the uncertainty that is given, since that of a fit alone is far too small.
"""

from __future__ import annotations

import attrs
import numpy as np

from pelletry.core.arrays import Array
from pelletry.core.quantity import Estimate, Quantity, Unresolved

__all__ = ["Line", "Tangents", "strain_crossing_K", "tangents_of"]

#: The rate has left its level before sintering when it exceeds it by this share of its extreme, and by this many scatters.
_LEFT = 0.005
_LEFT_SCATTERS = 4.0
#: Shrinkage has ended when the rate is back within this share of its extreme.
_ENDED = 0.05
_WINDOW_SHARE = 0.15
_NARROWEST_K = 40.0
_SHORTEST_END_K = 10.0
#: An extreme of the rate below this many times its scatter before sintering is no shrinkage.
_RATE_ABOVE_NOISE = 6.0


@attrs.frozen(kw_only=True)
class Line:
    """A straight line of strain over temperature and the window it was laid through."""

    intercept: float
    slope_per_K: float
    low_K: float
    high_K: float

    def at(self, temperature_K: Array | float) -> Array | float:
        return self.intercept + self.slope_per_K * temperature_K


@attrs.frozen(kw_only=True)
class Tangents:
    """What the tangents gave. Lines that could not be laid are None, and the temperature that needs them says why."""

    onset_K: Quantity
    max_rate_K: Quantity
    end_K: Quantity
    max_rate_per_K: Quantity
    baseline: Line | None = None
    tangent: Line | None = None
    after: Line | None = None


def _line(temperature_K: Array, strain: Array, low_K: float, high_K: float) -> Line | None:
    inside = (temperature_K >= low_K) & (temperature_K <= high_K)
    if inside.sum() < 4:
        return None
    x, y = temperature_K[inside], strain[inside]
    slope = float(np.sum((x - x.mean()) * (y - y.mean())) / np.sum((x - x.mean()) ** 2))
    return Line(intercept=float(y.mean() - slope * x.mean()), slope_per_K=slope, low_K=float(x[0]), high_K=float(x[-1]))


def _meet_K(a: Line, b: Line) -> float:
    return (b.intercept - a.intercept) / (a.slope_per_K - b.slope_per_K)


def _nothing(reason: str) -> Tangents:
    none = Unresolved(reason=reason, unit="K")
    return Tangents(onset_K=none, max_rate_K=none, end_K=none, max_rate_per_K=Unresolved(reason=reason, unit="1/K"))


def tangents_of(
    temperature_K: Array,
    strain: Array,
    rate_per_K: Array,
    *,
    tangent_share: float,
    baseline_K: tuple[float, float] | None = None,
) -> Tangents:
    """Onset, fastest shrinkage and end of a curve on an even, rising grid of temperatures.

    Parameters
    ----------
    temperature_K, strain, rate_per_K:
        Shape (n,); the rate smoothed. [K, 1, 1/K]
    tangent_share:
        The tangent is fitted where the rate is at least this share of its extreme.
    baseline_K:
        Window of the line before sintering; found when not given.
    """
    fastest = int(np.argmin(rate_per_K))
    half = max(4, fastest // 2)
    level = float(np.median(rate_per_K[:half]))
    scatter = 1.4826 * float(np.median(np.abs(rate_per_K[:half] - level)))
    depth = level - float(rate_per_K[fastest])
    if depth <= _RATE_ABOVE_NOISE * scatter or depth <= 0 or fastest < 8:
        return _nothing("the body does not shrink on heating, or does so from the first point on")
    baseline = _baseline(temperature_K, strain, rate_per_K, fastest, (level, scatter), depth, baseline_K)
    tangent = _tangent(temperature_K, strain, rate_per_K, fastest, level, depth, tangent_share)
    if baseline is None or tangent is None:
        return _nothing("too few points before sintering or around the fastest shrinkage for a straight line")
    after, end = _end(temperature_K, strain, rate_per_K, fastest, depth, tangent)
    others = [
        _meet_K(line, slope)
        for line in _shifted(temperature_K, strain, baseline)
        for share in (tangent_share - 0.1, tangent_share, 0.5 * (1 + tangent_share))
        if (slope := _tangent(temperature_K, strain, rate_per_K, fastest, level, depth, share)) is not None
    ]
    onset_K = _meet_K(baseline, tangent)
    spread = float(np.std([onset_K, *others])) if others else None
    return Tangents(
        onset_K=Estimate(value=onset_K, std=spread, unit="K", method="tangents; uncertainty from other windows"),
        max_rate_K=_top(temperature_K, rate_per_K, fastest),
        end_K=end,
        max_rate_per_K=Estimate(
            value=float(rate_per_K[fastest]), unit="1/K", method="smoothed derivative over temperature"
        ),
        baseline=baseline,
        tangent=tangent,
        after=after,
    )


def _baseline(
    temperature_K: Array, strain: Array, rate_per_K: Array, fastest: int, usual: tuple[float, float], depth: float,
    window_K: tuple[float, float] | None,
) -> Line | None:  # fmt: skip
    if window_K is not None:
        return _line(temperature_K, strain, *window_K)
    level, scatter = usual
    slow = np.flatnonzero(rate_per_K[:fastest] >= level - max(_LEFT * depth, _LEFT_SCATTERS * scatter))
    last = int(slow[-1]) if slow.size else 0
    width = max(_NARROWEST_K, _WINDOW_SHARE * float(temperature_K[fastest] - temperature_K[0]))
    high = float(temperature_K[last])
    return _line(temperature_K, strain, max(high - width, float(temperature_K[0])), high)


def _shifted(temperature_K: Array, strain: Array, baseline: Line) -> list[Line]:
    width = baseline.high_K - baseline.low_K
    windows = ((-0.5, -0.5), (-0.5, 0.0), (0.25, 0.0), (0.0, -0.25))
    lines = [_line(temperature_K, strain, baseline.low_K + a * width, baseline.high_K + b * width) for a, b in windows]
    return [baseline, *(line for line in lines if line is not None)]


def _tangent(
    temperature_K: Array, strain: Array, rate_per_K: Array, fastest: int, level: float, depth: float, share: float
) -> Line | None:
    fast = rate_per_K <= level - share * depth
    low = fastest - int(np.argmin(fast[fastest::-1])) if not fast[: fastest + 1].all() else -1
    slow_after = np.flatnonzero(~fast[fastest:])
    high = fastest + int(slow_after[0]) if slow_after.size else len(fast)
    # At least two points on each side, whatever the share.
    low, high = min(low + 1, fastest - 2), max(high - 1, fastest + 2)
    return _line(
        temperature_K, strain, float(temperature_K[max(low, 0)]), float(temperature_K[min(high, len(fast) - 1)])
    )


def _top(temperature_K: Array, rate_per_K: Array, fastest: int) -> Quantity:
    if fastest >= len(rate_per_K) - 2:
        return Unresolved(reason="the body still shrinks faster and faster at the highest temperature", unit="K")
    near = rate_per_K <= 0.98 * rate_per_K[fastest]
    width = float(np.ptp(temperature_K[near])) if near.any() else 0.0
    return Estimate(
        value=float(temperature_K[fastest]),
        std=max(width / 4, float(temperature_K[1] - temperature_K[0])),
        unit="K",
        method="extreme of the smoothed rate; uncertainty a quarter of the width within 2 % of it",
    )


def _end(
    temperature_K: Array, strain: Array, rate_per_K: Array, fastest: int, depth: float, tangent: Line
) -> tuple[Line | None, Quantity]:
    back = np.flatnonzero(rate_per_K[fastest:] >= -_ENDED * depth)
    if not back.size or temperature_K[-1] - temperature_K[fastest + back[0]] < _SHORTEST_END_K:
        left = 100 * max(0.0, -float(rate_per_K[-1]) / depth)
        reason = f"at the end of heating the body still shrinks with {left:.0f} % of its highest rate"
        return None, Unresolved(reason=reason, unit="K")
    first = float(temperature_K[fastest + back[0]])
    width = min(max(_NARROWEST_K, 0.5 * (first - float(temperature_K[fastest]))), float(temperature_K[-1]) - first)
    line = _line(temperature_K, strain, first, first + width)
    if line is None:
        return None, Unresolved(reason="too few points after the end of shrinkage", unit="K")
    return line, Estimate(
        value=_meet_K(line, tangent), std=width / 8, unit="K", method="tangents; uncertainty an eighth of the window"
    )


def strain_crossing_K(
    temperature_K: Array, strain: Array, baseline: Line | None, *, strain_fraction: float
) -> Quantity:
    """The temperature at which the curve lies ``strain_fraction`` below the line before sintering (below zero without one)."""
    below = strain - (np.asarray(baseline.at(temperature_K)) if baseline is not None else 0.0)
    crossed = np.flatnonzero(below <= -strain_fraction)
    if not crossed.size or crossed[0] == 0:
        reason = f"the strain does not reach -{100 * strain_fraction:g} % on heating"
        return Unresolved(reason=reason, unit="K")
    i = int(crossed[0])
    part = (below[i - 1] + strain_fraction) / (below[i - 1] - below[i])
    value = float(temperature_K[i - 1] + part * (temperature_K[i] - temperature_K[i - 1]))
    return Estimate(
        value=value, unit="K", method=f"strain {-100 * strain_fraction:g} % below the line before sintering"
    )
