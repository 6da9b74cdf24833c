r"""A flat section through a polycrystal whose every grain, pore and crack is known: what the virtual microscope looks at.

Grains are the cells of a power diagram (Laguerre tessellation; a Voronoi tessellation when all weights are equal): a pixel at
:math:`p` belongs to the site with the smallest :math:`|p - s_i|^2 - w_i`. The distance of a pixel from the nearest boundary is
:math:`(q_2 - q_1) / (2 |s_1 - s_2|)` with the two smallest of these values, exact but near corners.
"""

from __future__ import annotations

from typing import Any

import attrs
import numpy as np
import numpy.typing as npt

from pelletry.core.arrays import Array, array_field

__all__ = ["Polycrystal", "PolycrystalTruth", "polycrystal"]


@attrs.frozen(kw_only=True)
class PolycrystalTruth:
    """What the section is to be; lengths in pixels.

    ``size_spread`` widens the distribution of grain sizes (0: Voronoi, no weights). ``pores_fraction`` is the area of round pores, most
    of them at triple junctions. ``open_boundaries_fraction`` of the boundaries have come apart, ``crack_width`` wide.
    ``large_grains_count`` sites grow to ``large_grain_factor`` times the common size (abnormal growth).
    """

    rows: int = 600
    columns: int = 800
    grains: int = 400
    size_spread: float = 0.0
    pores_fraction: float = 0.0
    pore_size: float = 12.0
    open_boundaries_fraction: float = 0.0
    crack_width: float = 3.0
    large_grains_count: int = 0
    large_grain_factor: float = 5.0
    stretch_factor: float = 1.0


@attrs.frozen(kw_only=True)
class Polycrystal:
    """``labels`` number the grains from 1, pores and cracks included; ``boundary_distance`` is in pixels."""

    truth: PolycrystalTruth
    labels: npt.NDArray[np.int32] = array_field(dtype=np.int32)
    boundary_distance: Array = array_field(dtype=np.float32)
    pores: npt.NDArray[np.bool_] = array_field(dtype=np.bool_)
    cracks: npt.NDArray[np.bool_] = array_field(dtype=np.bool_)

    @property
    def porosity_fraction(self) -> float:
        return float(self.pores.mean())


def polycrystal(truth: PolycrystalTruth, *, random: np.random.Generator) -> Polycrystal:
    """A random section of that description."""
    sites, weights = _sites(truth, random)
    labels, other, distance = _cells(truth, sites, weights)
    pores = _pores(truth, distance, random)
    cracks = _open_boundaries(truth, labels, other, distance, random) & ~pores
    return Polycrystal(truth=truth, labels=labels + 1, boundary_distance=distance, pores=pores, cracks=cracks)


def _sites(truth: PolycrystalTruth, random: np.random.Generator) -> tuple[Array, Array]:
    """Sites (x, y) that keep some distance, beyond the edges of the picture too, and their weights."""
    spacing = float(np.sqrt(truth.rows * truth.columns / truth.grains))
    margin = 3 * spacing
    low = np.array([-margin, -margin])
    high = np.array([truth.columns + margin, truth.rows / truth.stretch_factor + margin])
    count = round(float(np.prod(high - low)) / spacing**2 * truth.stretch_factor)
    sites = low + random.random((count, 2)) * (high - low)
    sites = _without_close_pairs(sites, low, high, 0.55 * spacing / np.sqrt(truth.stretch_factor), random)
    radii = spacing / 2 * np.exp(truth.size_spread * random.standard_normal(len(sites)))
    if truth.large_grains_count:
        middle = np.flatnonzero(np.all((sites > spacing) & (sites < high - margin - spacing), axis=1))
        large = random.choice(middle, truth.large_grains_count, replace=False)
        radii[large] = truth.large_grain_factor * spacing / 2
    return sites, radii**2


def _without_close_pairs(sites: Array, low: Array, high: Array, least: float, random: np.random.Generator) -> Array:
    from scipy.spatial import KDTree

    for _ in range(30):
        pairs = KDTree(sites).query_pairs(least, output_type="ndarray")  # type: ignore[no-untyped-call]
        if not len(pairs):
            break
        moved = np.unique(pairs[:, 1])
        sites[moved] = low + random.random((len(moved), 2)) * (high - low)
    return sites


def _cells(
    truth: PolycrystalTruth, sites: Array, weights: Array
) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.int32], Array]:
    """Nearest site, second nearest, and the distance from the boundary between them, each (rows, columns).

    A power diagram in the plane is a Voronoi diagram in space: the third coordinate of a site is sqrt(w_max - w).
    """
    from scipy.spatial import KDTree

    lifted = np.column_stack([sites, np.sqrt(weights.max() - weights)])
    tree: Any = KDTree(lifted)  # type: ignore[no-untyped-call]
    nearest = np.empty((truth.rows, truth.columns), dtype=np.int32)
    second = np.empty_like(nearest)
    distance: Array = np.empty(nearest.shape)
    x = np.arange(truth.columns) + 0.5
    for start in range(0, truth.rows, 64):
        y = (np.arange(start, min(start + 64, truth.rows)) + 0.5) / truth.stretch_factor
        points = np.stack([*np.meshgrid(x, y), np.zeros((len(y), len(x)))], axis=-1)
        found, index = tree.query(points.reshape(-1, 3), k=2)
        apart = np.linalg.norm(sites[index[:, 0]] - sites[index[:, 1]], axis=1)
        rows = slice(start, start + len(y))
        nearest[rows] = index[:, 0].reshape(len(y), -1)
        second[rows] = index[:, 1].reshape(len(y), -1)
        distance[rows] = ((found[:, 1] ** 2 - found[:, 0] ** 2) / (2 * apart)).reshape(len(y), -1)
    return nearest, second, distance


def _pores(truth: PolycrystalTruth, distance: Array, random: np.random.Generator) -> npt.NDArray[np.bool_]:
    """Discs, nine of ten on boundaries, until their area is what was asked for."""
    pores = np.zeros((truth.rows, truth.columns), dtype=bool)
    on_boundary = np.flatnonzero(distance.ravel() < 1.0)
    y, x = np.mgrid[0 : truth.rows, 0 : truth.columns]
    for _ in range(100_000):
        if pores.mean() >= truth.pores_fraction or not len(on_boundary):
            break
        place = random.choice(on_boundary) if random.random() < 0.9 else random.integers(distance.size)
        row, column = divmod(int(place), truth.columns)
        radius = 0.5 * truth.pore_size * float(np.exp(0.3 * random.standard_normal()))
        reach = int(np.ceil(radius))
        window = (slice(max(0, row - reach), row + reach + 1), slice(max(0, column - reach), column + reach + 1))
        pores[window] |= (y[window] - row) ** 2 + (x[window] - column) ** 2 <= radius**2
    return pores


def _open_boundaries(
    truth: PolycrystalTruth,
    labels: npt.NDArray[np.int32],
    other: npt.NDArray[np.int32],
    distance: Array,
    random: np.random.Generator,
) -> npt.NDArray[np.bool_]:
    if truth.open_boundaries_fraction <= 0:
        return np.zeros(labels.shape, dtype=bool)
    pair = np.minimum(labels, other).astype(np.int64) << 32 | np.maximum(labels, other)
    is_near = distance < truth.crack_width / 2
    pairs = np.unique(pair[is_near])
    opened = pairs[random.random(len(pairs)) < truth.open_boundaries_fraction]
    found: npt.NDArray[np.bool_] = is_near & np.isin(pair, opened)
    return found
