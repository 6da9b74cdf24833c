"""Neighbouring regions of a label image, and which of them are one grain after all.

A watershed draws a line wherever two basins meet. A line that is not there in the picture has to go: two regions are joined when

- the saddle between them is less than ``least_depth`` below the lower of their peaks (the h-maxima criterion; the dynamics of the lower
  peak, Soille2003), or
- less than ``least_support`` of the line between them lies on what the boundary filter found.

The weakest line goes first, and the lines of a joined region are counted anew before the next one is looked at.
"""

from __future__ import annotations

import heapq

import attrs
import numpy as np
import numpy.typing as npt

from pelletry.core.arrays import Array

__all__ = ["Borders", "borders_of_labels", "joined_labels"]

Labels = npt.NDArray[np.int32]


@attrs.frozen(kw_only=True, eq=False)
class Borders:
    """Pairs of labels that touch: ``first`` < ``second``, the length of their common line, its decorated length, the saddle."""

    first: npt.NDArray[np.int64]
    second: npt.NDArray[np.int64]
    length: Array
    decorated: Array
    saddle: Array


def borders_of_labels(
    labels: Labels,
    *,
    decorated: npt.NDArray[np.bool_],
    depth: Array | None = None,
    of: npt.NDArray[np.bool_] | None = None,
) -> Borders:
    """The lines between labels > 0, pixel edge by pixel edge.

    ``decorated`` marks pixels on a line of the picture; an edge counts as decorated when one of its two pixels is. ``depth`` gives the
    saddles: the highest value on a line of the lower of its two pixels. ``of[i]`` False leaves lines out that no label True has.
    """
    keys, decorations, saddles = [], [], []
    for axis in (0, 1):
        one: tuple[slice, ...] = (slice(None, -1), slice(None)) if axis == 0 else (slice(None), slice(None, -1))
        two: tuple[slice, ...] = (slice(1, None), slice(None)) if axis == 0 else (slice(None), slice(1, None))
        a, b = labels[one], labels[two]
        edge = (a != b) & (a > 0) & (b > 0)
        if of is not None:
            edge &= of[a] | of[b]
        low, high = np.minimum(a[edge], b[edge]), np.maximum(a[edge], b[edge])
        keys.append(low.astype(np.int64) << 32 | high)
        decorations.append((decorated[one] | decorated[two])[edge])
        if depth is not None:
            saddles.append(np.minimum(depth[one][edge], depth[two][edge]))
    key, inverse, count = np.unique(np.concatenate(keys), return_inverse=True, return_counts=True)
    inverse = inverse.ravel()
    saddle = np.full(len(key), -np.inf)
    if depth is not None:
        np.maximum.at(saddle, inverse, np.concatenate(saddles))
    return Borders(
        first=key >> 32,
        second=key & 0xFFFFFFFF,
        length=count.astype(np.float64),
        decorated=np.bincount(inverse, weights=np.concatenate(decorations), minlength=len(key)).astype(np.float64),
        saddle=saddle,
    )


def joined_labels(
    labels: Labels, borders: Borders, *, peaks: Array, least_depth: float, least_support: float
) -> Labels:
    """The labels with regions joined as the module says, numbered anew from 1; 0 stays 0. ``peaks[i]`` is the peak of label i."""
    count = int(labels.max())
    parent = list(range(count + 1))
    peak = [float(value) for value in peaks]
    lines: list[dict[int, tuple[float, float, float]]] = [{} for _ in range(count + 1)]
    rows = zip(
        *(getattr(borders, name).tolist() for name in ("first", "second", "length", "decorated", "saddle")), strict=True
    )
    heap: list[tuple[float, int, int, float]] = []

    def weakness(a: int, b: int) -> float | None:
        """Below 0 the line goes, the lowest first; None when it stays."""
        length, decorated, saddle = lines[a][b]
        support = decorated / length - least_support
        depth = min(peak[a], peak[b]) - saddle - least_depth
        worst = min(support, depth / max(least_depth, 1e-9) if least_depth > 0 else 0.0)
        return worst if worst < 0 else None

    def look_at(a: int, b: int) -> None:
        weak = weakness(a, b)
        if weak is not None:
            heapq.heappush(heap, (weak, a, b, lines[a][b][0]))

    for a, b, length, decorated, saddle in rows:
        lines[a][b] = lines[b][a] = (length, decorated, saddle)
    for a in range(1, count + 1):
        for b in lines[a]:
            if a < b:
                look_at(a, b)
    while heap:
        weak, a, b, length = heapq.heappop(heap)
        if parent[a] != a or parent[b] != b or b not in lines[a] or lines[a][b][0] != length or weakness(a, b) != weak:
            continue  # one of the two was joined to another since
        parent[b] = a
        peak[a] = max(peak[a], peak[b])
        del lines[a][b]
        for c, (l2, d2, s2) in lines[b].items():
            if c == a:
                continue
            del lines[c][b]
            l1, d1, s1 = lines[a].get(c, (0.0, 0.0, -np.inf))
            lines[a][c] = lines[c][a] = (l1 + l2, d1 + d2, max(s1, s2))
        lines[b] = {}
        for c in lines[a]:
            look_at(min(a, c), max(a, c))
    return _renumbered(labels, parent)


def _renumbered(labels: Labels, parent: list[int]) -> Labels:
    for i in range(1, len(parent)):
        root = i
        while parent[root] != root:
            root = parent[root]
        parent[i] = root
    roots = np.array(parent)
    kept = np.unique(roots[1:]) if len(roots) > 1 else np.empty(0, dtype=int)
    number = np.zeros(len(roots), dtype=np.int32)
    number[kept] = np.arange(1, len(kept) + 1)
    found: Labels = number[roots][labels]
    return found
