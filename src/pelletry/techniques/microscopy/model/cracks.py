r"""Cracks and open boundaries as lengths: what can be compared from picture to picture.

The length of lines per area follows from counting how often straight test lines cross them, :math:`L_A = (\pi/2) N_L` (Underwood1970), the mean over
directions. The share of open boundaries is the part of all grain boundaries that is as dark as the pores.
"""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from pelletry.techniques.microscopy.model.regions import borders_of_labels
from pelletry.techniques.microscopy.model.squares import dilated

__all__ = ["line_length_per_area", "open_boundary_fraction"]

Mask = npt.NDArray[np.bool_]


def line_length_per_area(lines: Mask) -> float:
    """Length of lines per area [1/px] from crossings in four directions; the lines may be thick."""
    ends = []
    for step in ((0, 1), (1, 0), (1, 1), (1, -1)):
        one, two = _shifted(lines, step)
        crossings = 0.5 * np.count_nonzero(one != two)  # into the line and out again
        ends.append(crossings / (one.size * math.hypot(*step)))
    return 0.5 * math.pi * float(np.mean(ends))


def _shifted(lines: Mask, step: tuple[int, int]) -> tuple[Mask, Mask]:
    down, across = step
    one = lines[: lines.shape[0] - down, max(0, -across) : lines.shape[1] - max(0, across)]
    two = lines[down:, max(0, across) : lines.shape[1] - max(0, -across)]
    return one, two


def open_boundary_fraction(labels: npt.NDArray[np.int32], cracks: Mask) -> float | None:
    """Share of the boundary length between grains that lies on a crack; None when there are no boundaries."""
    borders = borders_of_labels(labels, decorated=dilated(cracks, 3))
    total = float(borders.length.sum())
    return float(borders.decorated.sum()) / total if total else None
