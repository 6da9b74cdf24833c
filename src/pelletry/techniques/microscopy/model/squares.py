"""Erosion and dilation of masks with squares, by doubling: much faster on large pictures than a general filter."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

__all__ = ["dilated", "eroded"]

Mask = npt.NDArray[np.bool_]


def eroded(mask: Mask, width: int) -> Mask:
    """Pixels around which a square of ``width`` (odd: centred) lies in the mask; outside of the picture counts as mask."""
    found = mask
    for axis in (0, 1):
        found = _run_and(found, width, axis)
    return found


def dilated(mask: Mask, width: int) -> Mask:
    """Pixels whose square of ``width`` (odd: centred) holds a pixel of the mask."""
    return ~eroded(~mask, width)


def _run_and(mask: Mask, width: int, axis: int) -> Mask:
    """The logical and of ``width`` pixels in a row, placed at their middle."""
    before = width // 2
    padding = [(0, 0), (0, 0)]
    padding[axis] = (before, width - 1 - before)
    run = np.pad(mask, padding, constant_values=True)
    length = 1
    while length < width:
        step = min(length, width - length)
        if axis == 0:
            run = run[:-step] & run[step:]
        else:
            run = run[:, :-step] & run[:, step:]
        length += step
    return run
