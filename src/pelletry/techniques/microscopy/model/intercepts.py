r"""Mean linear intercepts: straight lines over a picture of labelled grains, and the pieces that single grains cut out of them.

A piece counts when both of its ends are boundaries of the grain (another grain, or a pore); the two end pieces of a line, cut by the picture's
edge, are left out, and what lies in pores is no grain. Long pieces are cut by the edge more often than short ones; a piece of
:math:`k` pixels in a window of :math:`W` fits in :math:`W - k - 1` places, and it is weighted with the inverse of that share (the one-dimensional
form of the correction of Lantuejoul1980). Without the weights the mean is that of a person with a ruler; both are given.

Lines run in four directions, one a pixel. Neighbouring lines see the same grains, so uncertainties come from resampling whole strips of
lines (per direction) or square tiles (all directions together) as wide as two or three grains.
"""

from __future__ import annotations

from collections.abc import Sequence

import attrs
import numpy as np
import numpy.typing as npt

from pelletry.core.arrays import Array

__all__ = ["DIRECTIONS", "Chords", "Intercept", "chords_of_labels", "mean_intercept", "pooled_intercept", "tile_sums"]

#: Angle of the lines from the rows, counter-clockwise. [deg]
DIRECTIONS = (0, 45, 90, 135)
_DRAWS = 1000
_SEED = 20260101
_OUTSIDE = -1


@attrs.frozen(kw_only=True, eq=False)
class Chords:
    """Complete pieces in one direction: ``length`` and the middle (``row``, ``column``) in pixels, the ``line`` they lie on, ``weight`` >= 1."""

    direction: int
    length: Array
    weight: Array
    line: npt.NDArray[np.int64]
    row: Array
    column: Array


@attrs.frozen(kw_only=True)
class Intercept:
    """A mean and its standard deviation (None: too few strips), in pixels; ``plain`` is the mean without weights."""

    direction: int
    mean: float
    std: float | None
    plain: float
    count: int


def chords_of_labels(labels: npt.NDArray[np.int32], direction: int) -> Chords:
    """The complete pieces of labels > 0 along a direction of :data:`DIRECTIONS`."""
    rows, columns = labels.shape
    if direction in (0, 90):
        lines = labels if direction == 0 else np.ascontiguousarray(labels.T)
    else:
        lines = _sheared(labels if direction == 135 else labels[::-1])
    line, start, count = _complete_runs(lines)
    middle = start + 0.5 * (count - 1)
    if direction == 0:
        row, column, step = line.astype(np.float64), middle, 1.0
        places = (columns - count - 1) / columns
    elif direction == 90:
        row, column, step = middle, line.astype(np.float64), 1.0
        places = (rows - count - 1) / rows
    else:
        column = line - (rows - 1) + middle
        row = middle if direction == 135 else rows - 1 - middle
        step = float(np.sqrt(2.0))
        places = (columns - count - 1) * (rows - count - 1) / (rows * columns)
    weight = 1.0 / np.maximum(places, 1.0 / max(rows, columns))
    return Chords(
        direction=direction,
        length=np.asarray(count * step, dtype=np.float64),
        weight=weight,
        line=line,
        row=row,
        column=column,
    )


def _sheared(labels: npt.NDArray[np.int32]) -> npt.NDArray[np.int32]:
    """Diagonals that run down and to the right as rows: [d, i] is pixel (i, i + d - (rows - 1)); outside is marked."""
    rows, columns = labels.shape
    wide = np.full((rows, columns + rows), _OUTSIDE, dtype=np.int32)
    wide[:, :columns] = labels[::-1]
    # Reading rows one shorter than they were written moves row i by i to the right.
    moved = wide.ravel()[: rows * (columns + rows - 1)].reshape(rows, columns + rows - 1)
    return np.ascontiguousarray(moved.T[:, ::-1])


def _complete_runs(
    lines: npt.NDArray[np.int32],
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Line, start and length of runs of one label > 0 with something of the picture on both sides."""
    rows, columns = lines.shape
    flat = np.full((rows, columns + 1), _OUTSIDE, dtype=np.int32)
    flat[:, 1:] = lines
    values = flat.ravel()
    starts = np.concatenate([[0], np.flatnonzero(values[1:] != values[:-1]) + 1])
    counts = np.diff(np.append(starts, values.size))
    label = values[starts]
    before = np.concatenate([[_OUTSIDE], label[:-1]])
    after = np.append(label[1:], _OUTSIDE)
    inner = (label > 0) & (before != _OUTSIDE) & (after != _OUTSIDE)
    line, column = np.divmod(starts[inner], columns + 1)
    return line.astype(np.int64), (column - 1).astype(np.int64), counts[inner].astype(np.int64)


def mean_intercept(chords: Chords) -> Intercept:
    """The mean of one direction; its uncertainty from strips of lines, two mean pieces wide."""
    if not len(chords.length):
        return Intercept(direction=chords.direction, mean=float("nan"), std=None, plain=float("nan"), count=0)
    weighted = chords.weight * chords.length
    mean = float(weighted.sum() / chords.weight.sum())
    strip = (chords.line // max(1, round(2 * mean))).astype(np.int64)
    sums = np.asarray(
        np.column_stack([np.bincount(strip, weights=chords.weight), np.bincount(strip, weights=weighted)]),
        dtype=np.float64,
    )
    std = _std_of_ratio(sums[sums[:, 0] > 0])
    return Intercept(
        direction=chords.direction, mean=mean, std=std, plain=float(chords.length.mean()), count=len(chords.length)
    )


def tile_sums(chords: Sequence[Chords], *, shape: tuple[int, int], side: float) -> Array:
    """Sums of weights and weighted lengths per tile and direction, shape (tiles, directions, 2)."""
    rows, columns = shape
    side = max(1.0, min(side, min(rows, columns) / 3))
    down, across = int(rows // side) + 1, int(columns // side) + 1
    found = np.zeros((down * across, len(chords), 2))
    for k, one in enumerate(chords):
        tile = (one.row // side).astype(np.int64) * across + (one.column // side).astype(np.int64)
        found[:, k, 0] = np.bincount(tile, weights=one.weight, minlength=down * across)
        found[:, k, 1] = np.bincount(tile, weights=one.weight * one.length, minlength=down * across)
    kept: Array = found[found[:, :, 0].sum(axis=1) > 0]
    return kept


def pooled_intercept(sums: Array) -> tuple[float, float | None]:
    """Mean over the directions of the means over all tiles, and its standard deviation from resampled tiles.

    ``sums`` has the shape (tiles, directions, 2); tiles of several pictures stand one behind the other, in one unit of length.
    """
    total = sums.sum(axis=0)
    mean = float(np.mean(total[:, 1] / total[:, 0]))
    tiles = len(sums)
    if tiles < 4:
        return mean, None
    random = np.random.default_rng(_SEED)
    counts = random.multinomial(tiles, np.full(tiles, 1.0 / tiles), size=_DRAWS).astype(np.float64)
    drawn = np.tensordot(counts, sums, axes=(1, 0))
    with np.errstate(invalid="ignore", divide="ignore"):
        means = np.mean(drawn[:, :, 1] / drawn[:, :, 0], axis=1)
    return mean, float(np.nanstd(means) * np.sqrt(tiles / (tiles - 1)))


def _std_of_ratio(sums: Array) -> float | None:
    groups = len(sums)
    if groups < 3:
        return None
    random = np.random.default_rng(_SEED)
    counts = random.multinomial(groups, np.full(groups, 1.0 / groups), size=_DRAWS).astype(np.float64)
    drawn = counts @ sums
    with np.errstate(invalid="ignore", divide="ignore"):
        return float(np.nanstd(drawn[:, 1] / drawn[:, 0]) * np.sqrt(groups / (groups - 1)))


def chords_between_lines(lines: npt.NDArray[np.bool_], pores: npt.NDArray[np.bool_], direction: int) -> Chords:
    """The pieces between two lines, from the middle of one line to the middle of the next, without a segmentation.

    A pore ends a piece where it begins. For grains too small to be parted, and where no watershed is at hand.
    """
    kinds = np.where(pores, 3, np.where(lines, 2, 1)).astype(np.int32)
    gaps = chords_of_labels(np.where(kinds == 1, 1, 0).astype(np.int32), direction)
    walls = chords_of_labels(np.where(kinds == 2, 1, 0).astype(np.int32), direction)
    thickness = float(np.median(walls.length)) if len(walls.length) else 0.0
    # Each line has one piece on either side, so half a line belongs to each end; at a pore there is none.
    ends_at_pore = chords_of_labels(np.where(kinds == 3, 1, 0).astype(np.int32), direction)
    share = 1.0 - len(ends_at_pore.length) / max(1, len(gaps.length))
    return attrs.evolve(gaps, length=gaps.length + thickness * max(0.0, share))
