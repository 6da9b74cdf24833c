r"""Humps of a size distribution, and how much lies in each.

The density :math:`q^* = v / \ln(d_{hi}/d_{lo})` is looked at class by class: a class higher than its neighbours is a mode
when it rises above the higher of the two valleys beside it (down to the next higher mode) by a stated share of the highest
class. Valleys divide the whole among the modes. The size of a mode is the top of the parabola through three classes.
"""

from __future__ import annotations

import itertools

import attrs
import numpy as np

from pelletry.core.arrays import Array
from pelletry.techniques.granulometry.model.sizes import middles

__all__ = ["Mode", "coarse_share", "density_per_log", "modes_of"]


@attrs.frozen(kw_only=True)
class Mode:
    """One hump: where it is highest, between which valleys it lies, and its share of the whole."""

    size_m: float
    low_m: float
    high_m: float
    share_fraction: float


def density_per_log(*, edges_m: Array, share_fraction: Array) -> Array:
    """Share per unit of ln d, shape (n,): what a histogram on a logarithmic axis shows. [1]"""
    return np.asarray(share_fraction / np.diff(np.log(edges_m)))


def _prominence(height: Array, top: int) -> float:
    """How far a top stands above the higher of the valleys that part it from higher ground (an end is a valley of 0)."""
    valleys = []
    for side in (height[:top][::-1], height[top + 1 :]):
        higher = np.flatnonzero(side > height[top])
        if len(higher):
            valleys.append(float(side[: higher[0]].min(initial=height[top])))
        else:
            valleys.append(0.0)
    return float(height[top]) - max(valleys)


def _top_m(edges_m: Array, height: Array, top: int) -> float:
    x = np.log(middles(edges_m))
    if 0 < top < len(height) - 1:
        a, b, c = height[top - 1 : top + 2]
        bend = a - 2 * b + c
        if bend < 0:
            return float(np.exp(x[top] + 0.5 * (a - c) / bend * 0.5 * (x[top + 1] - x[top - 1])))
    return float(np.exp(x[top]))


def modes_of(*, edges_m: Array, share_fraction: Array, prominence: float) -> tuple[Mode, ...]:
    """The modes from fine to coarse; ``prominence`` is a share of the highest class. At least one."""
    height = density_per_log(edges_m=edges_m, share_fraction=share_fraction)
    padded = np.concatenate([[-1.0], height, [-1.0]])
    # Of equal neighbours the first is the top.
    tops = np.flatnonzero((padded[1:-1] > padded[:-2]) & (padded[1:-1] >= padded[2:]))
    kept = [int(t) for t in tops if _prominence(height, int(t)) >= prominence * height.max()]
    if not kept:
        kept = [int(np.argmax(height))]
    bounds = [0, *(a + int(np.argmin(height[a:b])) for a, b in itertools.pairwise(kept)), len(height)]
    found = []
    for i, top in enumerate(kept):
        low, high = bounds[i], bounds[i + 1]
        share = float(share_fraction[low:high].sum() / share_fraction.sum())
        held = np.flatnonzero(share_fraction[low:high] > 0) + low
        found.append(
            Mode(
                size_m=_top_m(edges_m, height, top),
                low_m=float(edges_m[held[0]]),
                high_m=float(edges_m[held[-1] + 1]),
                share_fraction=share,
            )
        )
    return tuple(found)


def coarse_share(modes: tuple[Mode, ...]) -> float:
    """Share in modes coarser than the one that holds most: agglomerates, or grains that were not milled."""
    main = max(range(len(modes)), key=lambda i: modes[i].share_fraction)
    return sum(mode.share_fraction for mode in modes[main + 1 :])
