r"""Sizes of whole grains, corrected for those that the edge of the picture cut.

Grains that touch the edge are left out, and a large grain touches it more often than a small one. A grain whose box is :math:`w \times h` lies inside a
picture of :math:`W \times H` with the probability :math:`(1 - w/W)(1 - h/H)`; its inverse is the grain's weight (Lantuejoul1980). With it
:math:`N_A = \sum_i 1/p_i / (W H)` counts grains per area without bias.
"""

from __future__ import annotations

import attrs
import numpy as np
import numpy.typing as npt

from pelletry.core.arrays import Array

__all__ = ["WholeGrains", "equivalent_diameters", "weighted_mean", "weighted_quantile", "whole_grains"]


@attrs.frozen(kw_only=True, eq=False)
class WholeGrains:
    """Whole grains: ``squares`` are their areas in square pixels, ``weights`` >= 1; ``cut_count`` touched the edge."""

    squares: Array
    weights: Array
    cut_count: int
    picture_squares: float

    @property
    def density(self) -> float:
        """Grains per square pixel of the picture."""
        return float(self.weights.sum() / self.picture_squares)


def whole_grains(labels: npt.NDArray[np.int32]) -> WholeGrains:
    """The whole grains of a label image (labels > 0)."""
    from scipy import ndimage

    rows, columns = labels.shape
    areas = np.bincount(labels.ravel())
    squares, weights, cut = [], [], 0
    for label, box in enumerate(ndimage.find_objects(labels), start=1):
        if box is None:
            continue
        down, across = box
        if down.start == 0 or across.start == 0 or down.stop == rows or across.stop == columns:
            cut += 1
            continue
        # One pixel more than the box: a grain that just touches the edge does not count as whole.
        inside = (1 - (across.stop - across.start + 1) / columns) * (1 - (down.stop - down.start + 1) / rows)
        squares.append(areas[label])
        weights.append(1.0 / max(inside, 1.0 / labels.size))
    return WholeGrains(
        squares=np.array(squares, dtype=np.float64),
        weights=np.array(weights, dtype=np.float64),
        cut_count=cut,
        picture_squares=float(labels.size),
    )


def equivalent_diameters(squares: Array) -> Array:
    """Diameters of the circles of these areas, :math:`\\sqrt{4A/\\pi}`."""
    return np.sqrt(4.0 * np.asarray(squares) / np.pi)


def weighted_mean(values: Array, weights: Array) -> tuple[float, float]:
    """Mean and the standard deviation of that mean."""
    total = weights.sum()
    mean = float((weights * values).sum() / total)
    return mean, float(np.sqrt(np.sum(weights**2 * (values - mean) ** 2)) / total)


def weighted_quantile(values: Array, weights: Array, share: float) -> float:
    """The value below which this share of the weight lies, interpolated between the middles of the steps.

    >>> weighted_quantile(np.array([1.0, 2.0, 3.0]), np.ones(3), 0.5)
    2.0
    """
    order = np.argsort(values)
    weight = weights[order]
    middle = (np.cumsum(weight) - 0.5 * weight) / weight.sum()
    return float(np.interp(share, middle, values[order]))
