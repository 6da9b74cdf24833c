"""The grid of points and far-field nodes that peaks are summed on."""

from __future__ import annotations

import itertools

import attrs
import numpy as np
import numpy.typing as npt

from pelletry.core.arrays import Array

__all__ = ["LOCAL_ROWS", "Grid", "grid_of"]

LOCAL_ROWS = 6  # rows per peak: profile; its slopes by shift, Bragg angle, HG^2, HL, S/L

_SMALL, _LARGE = 16, 8  # points per small cell, small cells per large cell
_CHEBYSHEV = np.array([-np.sqrt(0.75), 0.0, np.sqrt(0.75)])


@attrs.frozen(kw_only=True, eq=False)
class Grid:
    """Points ``x[:points]`` and behind them the nodes of small, then of large cells; cells never reach over a gap.

    ``first1`` (c1 + 1,) first point of each small cell, ``first2`` (c2 + 1,) first small cell of each large one; ``left``/``right``
    their ends [deg]; ``span`` the widest small and large cell [deg]; ``small``, ``large`` interpolation weights.
    """

    x: Array
    points: int
    left1: Array
    right1: Array
    first1: npt.NDArray[np.int64]
    left2: Array
    right2: Array
    first2: npt.NDArray[np.int64]
    span: Array
    small: Array
    large: Array


def grid_of(two_theta_deg: Array) -> Grid:
    """The grid of ascending angles, shape (n,), n >= 2."""
    x = np.ascontiguousarray(two_theta_deg, dtype=float)
    step = np.diff(x)
    ends = np.concatenate([[0], np.flatnonzero(step > 5.0 * np.median(step)) + 1, [x.size]])
    first1: list[int] = []
    first2: list[int] = []
    for begin, end in itertools.pairwise(ends):
        starts = list(range(int(begin), int(end), _SMALL))
        first2.extend(range(len(first1), len(first1) + len(starts), _LARGE))
        first1.extend(starts)
    cells, large_cells = len(first1), len(first2)
    edges1, edges2 = np.array([*first1, x.size]), np.array([*first2, cells])
    left1, right1 = x[edges1[:-1]], x[edges1[1:] - 1]
    left2, right2 = left1[edges2[:-1]], right1[edges2[1:] - 1]
    nodes1, nodes2 = _nodes(left1, right1), _nodes(left2, right2)
    return Grid(
        x=np.concatenate([x, nodes1.ravel(), nodes2.ravel()]),
        points=x.size,
        left1=left1,
        right1=right1,
        first1=edges1,
        left2=left2,
        right2=right2,
        first2=edges2,
        span=np.array([np.max(right1 - left1), np.max(right2 - left2)]),
        small=_weights(x, nodes1[np.repeat(np.arange(cells), np.diff(edges1))]),
        large=_weights(nodes1.ravel(), nodes2[np.repeat(np.arange(large_cells), 3 * np.diff(edges2))]),
    )


def _nodes(left: Array, right: Array) -> Array:
    half = np.maximum(0.5 * (right - left), 1e-6)
    nodes: Array = (0.5 * (left + right))[:, None] + half[:, None] * _CHEBYSHEV
    return nodes


def _weights(x: Array, nodes: Array) -> Array:
    """Quadratic interpolation weights at ``x`` from three nodes each, shape (len(x), 3)."""
    weights = np.empty((x.size, 3))
    for k in range(3):
        i, j = (k + 1) % 3, (k + 2) % 3
        top = (x - nodes[:, i]) * (x - nodes[:, j])
        weights[:, k] = top / ((nodes[:, k] - nodes[:, i]) * (nodes[:, k] - nodes[:, j]))
    return weights
