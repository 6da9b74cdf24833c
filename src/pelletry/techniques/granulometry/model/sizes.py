r"""Percentiles and means of a size distribution given in classes.

The cumulative share :math:`Q` at the edges of the classes is joined by monotone cubic pieces over :math:`\ln d` (Fritsch and
Carlson); :math:`d_{10}, d_{50}, d_{90}` are where it reaches 10, 50 and 90 %. Means take each class at
:math:`d = \sqrt{d_{lo} d_{hi}}`:

.. math:: D[4,3] = \sum v d, \qquad D[3,2] = \Big(\sum v/d\Big)^{-1}, \qquad S_m = \frac{6}{\rho D[3,2]}

with volume shares v (ISO 9276-2). From number shares n of spheres :math:`v \propto n d^3`.

Sources: FritschCarlson1980, ISO9276, ISO13320 (keys in reference/data/sources.bib).
"""

from __future__ import annotations

import attrs
import numpy as np
import numpy.typing as npt

from pelletry.core.arrays import Array

__all__ = [
    "Sizes",
    "converted",
    "cumulative",
    "middles",
    "monotone_slopes",
    "percentile_m",
    "share_below",
    "sizes_of",
    "specific_surface_m2_per_kg",
]

_HALVINGS = 60


@attrs.frozen(kw_only=True)
class Sizes:
    """Sizes of one distribution on one basis. ``volume_mean_m`` is D[4,3], ``surface_mean_m`` D[3,2]; span (d90-d10)/d50."""

    d10_m: float
    d50_m: float
    d90_m: float
    volume_mean_m: float
    surface_mean_m: float

    @property
    def span(self) -> float:
        return (self.d90_m - self.d10_m) / self.d50_m


def middles(edges_m: Array) -> Array:
    """The size :math:`\\sqrt{d_{lo} d_{hi}}` at which a class counts, shape (n,). [m]"""
    return np.asarray(np.sqrt(edges_m[:-1] * edges_m[1:]))


def cumulative(share_fraction: Array) -> Array:
    """Share below each edge, shape (n + 1,), from exactly 0 to exactly 1."""
    below = np.concatenate([[0.0], np.cumsum(share_fraction)])
    return np.asarray(below / below[-1])


def converted(*, edges_m: Array, share_fraction: Array, basis: str, to: str) -> Array:
    """Shares on another basis, for spheres; adds up to 1.

    >>> edges = np.array([1.0, 1.0, 8.0]) * 1e-6  # classes at 1 and 2.83 um
    >>> number = converted(edges_m=edges, share_fraction=np.array([0.5, 0.5]), basis="volume", to="number")
    >>> round(float(number[0] / number[1]), 6)  # as many times more as the cube of the sizes
    22.627417
    """
    if basis == to:
        return share_fraction
    power = 3.0 if to == "volume" else -3.0
    sizes = middles(edges_m)
    weighted = share_fraction * (sizes / sizes.max()) ** power
    return np.asarray(weighted / weighted.sum())


def monotone_slopes(x: Array, y: Array) -> Array:
    """Slopes at the knots of the monotone cubic: weighted harmonic means inside, three-point formula at the ends, (n,)."""
    width, rise = np.diff(x), np.diff(y) / np.diff(x)
    slope = np.zeros_like(y)
    if len(x) == 2:
        return np.asarray(slope + rise[0])
    w1, w2 = 2 * width[1:] + width[:-1], width[1:] + 2 * width[:-1]
    same = rise[1:] * rise[:-1] > 0
    with np.errstate(divide="ignore", invalid="ignore"):
        inside = (w1 + w2) / (w1 / rise[:-1] + w2 / rise[1:])
    slope[1:-1] = np.where(same, inside, 0.0)
    slope[0] = _end_slope(width[0], width[1], rise[0], rise[1])
    slope[-1] = _end_slope(width[-1], width[-2], rise[-1], rise[-2])
    return slope


def _end_slope(near: float, next_: float, rise: float, rise_next: float) -> float:
    slope = ((2 * near + next_) * rise - near * rise_next) / (near + next_)
    if slope * rise <= 0:
        return 0.0
    if rise * rise_next <= 0 and abs(slope) > 3 * abs(rise):
        return float(3 * rise)
    return float(slope)


def _curve(edges_m: Array, below: Array) -> tuple[Array, Array, Array]:
    """Knots ln d, values and slopes of the monotone cubic; classes without content at both ends are left out."""
    first = int(np.flatnonzero(below <= 0.0)[-1])
    last = int(np.flatnonzero(below >= below[-1])[0])
    x, y = np.log(edges_m[first : last + 1]), below[first : last + 1]
    return x, y, monotone_slopes(x, y)


def _cubic(curve: tuple[Array, Array, Array], piece: npt.NDArray[np.intp], t: Array) -> Array:
    """The cubic at the part ``t`` (0 to 1) of each numbered piece."""
    x, y, slope = curve
    width = x[piece + 1] - x[piece]
    rest = 1 - t
    return np.asarray(
        (1 + 2 * t) * rest**2 * y[piece]
        + t * rest**2 * width * slope[piece]
        + t * t * (3 - 2 * t) * y[piece + 1]
        - t * t * rest * width * slope[piece + 1]
    )


def percentile_m(*, edges_m: Array, share_fraction: Array, fraction: float) -> float:
    """The size below which ``fraction`` of the whole lies. [m]

    Raises
    ------
    ValueError
        If the fraction is not between 0 and 1.
    """
    if not 0.0 < fraction < 1.0:
        raise ValueError(f"a fraction of {fraction} has no size")
    curve = _curve(edges_m, cumulative(share_fraction))
    x, y, _ = curve
    piece = np.array(np.clip(np.searchsorted(y, fraction) - 1, 0, len(y) - 2))
    low, high = 0.0, 1.0
    for _halving in range(_HALVINGS):
        middle = 0.5 * (low + high)
        is_below = float(_cubic(curve, piece, np.array(middle))) < fraction
        low, high = (middle, high) if is_below else (low, middle)
    return float(np.exp(x[piece] + 0.5 * (low + high) * (x[piece + 1] - x[piece])))


def share_below(*, edges_m: Array, share_fraction: Array, size_m: Array) -> Array:
    """Cumulative share at sizes of one's own, shape of ``size_m``; 0 and 1 outside the distribution."""
    curve = _curve(edges_m, cumulative(share_fraction))
    x = curve[0]
    inside = np.clip(np.log(size_m), x[0], x[-1])
    piece = np.clip(np.searchsorted(x, inside) - 1, 0, len(x) - 2)
    return _cubic(curve, piece, (inside - x[piece]) / (x[piece + 1] - x[piece]))


def sizes_of(*, edges_m: Array, volume_fraction: Array, percentiles_of: Array | None = None) -> Sizes:
    """Percentiles of ``percentiles_of`` (the volume shares when not given) and the means, which need volume shares."""
    counted = volume_fraction if percentiles_of is None else percentiles_of
    d10, d50, d90 = (percentile_m(edges_m=edges_m, share_fraction=counted, fraction=f) for f in (0.1, 0.5, 0.9))
    sizes, v = middles(edges_m), volume_fraction / volume_fraction.sum()
    return Sizes(
        d10_m=d10,
        d50_m=d50,
        d90_m=d90,
        volume_mean_m=float(np.sum(v * sizes)),
        surface_mean_m=float(1.0 / np.sum(v / sizes)),
    )


def specific_surface_m2_per_kg(*, surface_mean_m: float, density_kg_per_m3: float) -> float:
    """Outer surface of smooth spheres, 6/(rho D[3,2]). [m^2/kg]

    >>> specific_surface_m2_per_kg(surface_mean_m=6e-6, density_kg_per_m3=1000.0)  # 1 m2/g
    1000.0
    """
    return round(6.0 / (density_kg_per_m3 * surface_mean_m), 9)
