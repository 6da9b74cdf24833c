r"""Thresholds of a grey-level histogram: Otsu, triangle, Li, Yen and the half level.

Each takes counts and the levels they belong to, and gives the level below which a pixel counts as dark. None of them is "the" threshold:
their spread is the honest uncertainty of an areal share.

- Otsu: the largest variance between the two classes (Otsu1979).
- triangle: the largest distance of the histogram from the line between its peak and its end (Zack1977).
- Li: minimum cross entropy, iterated (LiTam1998).
- Yen: maximum correlation (YenChangChang1995).
- half level: midway between the means of the two classes, iterated from the dark side (RidlerCalvard1978). With a blur this is where
  areas are not changed, and it finds a small dark class where Otsu cuts through the grains.
"""

from __future__ import annotations

import numpy as np

from pelletry.core.arrays import Array

__all__ = ["histogram", "threshold_half_level", "threshold_li", "threshold_otsu", "threshold_triangle", "threshold_yen"]


def histogram(values: Array, *, bins: int = 256) -> tuple[Array, Array]:
    """Counts and middles of equal bins between the lowest and the highest value."""
    counts, edges = np.histogram(values, bins=bins)
    return counts.astype(np.float64), 0.5 * (edges[:-1] + edges[1:]).astype(np.float64)


def threshold_otsu(counts: Array, levels: Array) -> float:
    below = np.cumsum(counts)
    above = below[-1] - below
    sums = np.cumsum(counts * levels)
    with np.errstate(divide="ignore", invalid="ignore"):
        between = below * above * (sums / below - (sums[-1] - sums) / above) ** 2
    return float(levels[np.nanargmax(between[:-1])]) if len(levels) > 1 else float(levels[0])


def threshold_triangle(counts: Array, levels: Array) -> float:
    """On the longer side of the peak; the line runs to the last level with counts."""
    filled = np.flatnonzero(counts)
    first, last, peak = int(filled[0]), int(filled[-1]), int(np.argmax(counts))
    if peak - first >= last - peak:
        index = np.arange(first, peak + 1)
        end = first
    else:
        index = np.arange(peak, last + 1)
        end = last
    if len(index) < 3:
        return float(levels[peak])
    # Distance from the line, both axes scaled to 1.
    x = np.abs(index - end) / abs(peak - end)
    gap = x - (counts[index] - counts[end]) / max(counts[peak] - counts[end], 1.0)
    return float(levels[index[int(np.argmax(gap))]])


def threshold_li(counts: Array, levels: Array) -> float:
    lowest = float(levels[0])
    shifted = levels - lowest + (levels[1] - levels[0] if len(levels) > 1 else 1.0)  # logarithms need positive levels
    threshold = float(np.average(shifted, weights=counts))
    for _ in range(200):
        is_dark = shifted <= threshold
        if not counts[is_dark].sum() or not counts[~is_dark].sum():
            break
        dark = float(np.average(shifted[is_dark], weights=counts[is_dark]))
        light = float(np.average(shifted[~is_dark], weights=counts[~is_dark]))
        moved = (light - dark) / (np.log(light) - np.log(dark))
        if abs(moved - threshold) < 1e-6 * (shifted[-1] - shifted[0]):
            break
        threshold = float(moved)
    return float(threshold + lowest - (levels[1] - levels[0] if len(levels) > 1 else 1.0))


def threshold_yen(counts: Array, levels: Array) -> float:
    share = counts / counts.sum()
    below = np.cumsum(share)
    square = np.cumsum(share**2)
    square_above = np.cumsum(share[::-1] ** 2)[::-1]
    with np.errstate(divide="ignore", invalid="ignore"):
        criterion = np.log(((square[:-1] * square_above[1:]) ** -1) * (below[:-1] * (1.0 - below[:-1])) ** 2)
    criterion[~np.isfinite(criterion)] = -np.inf
    return float(levels[int(np.argmax(criterion))])


def threshold_half_level(counts: Array, levels: Array) -> float:
    """From midway between the darkest thousandth and the peak of the histogram."""
    share = np.cumsum(counts) / counts.sum()
    darkest = float(levels[int(np.searchsorted(share, 0.001))])
    threshold = 0.5 * (darkest + float(levels[int(np.argmax(counts))]))
    for _ in range(200):
        is_dark = levels <= threshold
        if not counts[is_dark].sum() or not counts[~is_dark].sum():
            break
        dark = float(np.average(levels[is_dark], weights=counts[is_dark]))
        light = float(np.average(levels[~is_dark], weights=counts[~is_dark]))
        moved = 0.5 * (dark + light)
        if abs(moved - threshold) < 1e-6 * (levels[-1] - levels[0]):
            break
        threshold = moved
    return threshold
