"""A background without peaks, for finding peaks and ranking candidates; refinements have their own.

Clipping of peaks (Ryan1988) on a logarithm of the square root: each point is lowered to the mean of its two neighbours at a distance
that shrinks from ``widest_deg`` to one step, so that whatever is narrower disappears.
"""

from __future__ import annotations

import numpy as np

from pelletry.core.arrays import Array

__all__ = ["SOURCES", "background_under_peaks", "smoothed"]

SOURCES = ("Ryan1988",)
_PASSES = 24
_LIFT_DEG = 3.0


def smoothed(values: Array, points: int) -> Array:
    """Running mean over ``points`` (made odd), ends repeated."""
    half = max(0, points // 2)
    if half == 0 or values.size < 2 * half + 1:
        same: Array = values.copy()
        return same
    padded = np.concatenate([np.full(half, values[0]), values, np.full(half, values[-1])])
    total = np.cumsum(np.concatenate([[0.0], padded]))
    mean: Array = (total[2 * half + 1 :] - total[: -2 * half - 1]) / (2 * half + 1)
    return mean


def background_under_peaks(two_theta_deg: Array, intensity: Array, *, widest_deg: float = 2.0) -> Array:
    """Background at every point, shape (n,), in the unit of ``intensity``.

    ``widest_deg`` is half the width of what counts as a peak; an amorphous hump, which is wider, stays in the background.
    """
    step = float(np.median(np.diff(two_theta_deg)))
    floor = min(0.0, float(intensity.min()))
    level = np.log(np.log(np.sqrt(smoothed(intensity - floor, round(0.12 / step)) + 1.0) + 1.0) + 1.0)
    widest = max(2, min(round(widest_deg / step), (intensity.size - 1) // 2))
    for half in np.unique(np.geomspace(widest, 1, _PASSES).astype(int))[::-1]:
        clipped = level.copy()
        clipped[half:-half] = np.minimum(level[half:-half], 0.5 * (level[: -2 * half] + level[2 * half :]))
        level = clipped
    lowest = smoothed((np.exp(np.exp(level) - 1.0) - 1.0) ** 2 - 1.0 + floor, round(0.5 / step))
    return lowest + _lift(intensity - lowest, round(_LIFT_DEG / step))


def _lift(net: Array, points: int) -> Array:
    """What clipping takes too much: the local mean of the net intensity where there is no peak."""
    noise = float(np.median(np.abs(np.diff(net)))) / 0.954
    near = np.abs(smoothed(net, 5)) < 3.0 * max(noise, 1e-12)
    share = smoothed(near.astype(float), points)
    lift: Array = smoothed(np.where(near, net, 0.0), points) / np.maximum(share, 1e-9)
    return np.where(share > 0.15, np.clip(lift, -noise, 2.0 * noise), 0.0)
