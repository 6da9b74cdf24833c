"""Is a picture fit to be measured? Databar, levels, saturation, noise; masks told from micrographs."""

from __future__ import annotations

from typing import Any

import attrs
import numpy as np
import numpy.typing as npt

from pelletry.core.arrays import Array

__all__ = ["PictureTest", "databar_rows", "levels_of", "tested_picture"]

#: A row of a databar is mostly one grey; so many of its pixels.
_FLAT_SHARE = 0.5
_LARGEST_DATABAR = 0.25
_SMALLEST_DATABAR = 0.015


@attrs.frozen(kw_only=True)
class PictureTest:
    """``clipped_low_fraction`` and ``clipped_high_fraction`` lie on the lowest and highest grey; ``correlation`` is that of pixels two
    apart (0 for white noise); ``levels`` counts distinct greys up to 256, ``two_levels_fraction`` lies on the two most common of them.
    """

    clipped_low_fraction: float
    clipped_high_fraction: float
    correlation: float
    levels: int
    two_levels_fraction: float

    @property
    def is_mask(self) -> bool:
        return self.levels <= 2 or (self.levels <= 16 and self.two_levels_fraction > 0.98)


def levels_of(pixels: npt.NDArray[Any]) -> npt.NDArray[np.uint8]:
    """Greys in 256 steps: 8-bit pictures as they are, others between their lowest and highest finite value."""
    if pixels.dtype == np.uint8:
        return pixels
    values = np.asarray(pixels, dtype=np.float32)
    finite = np.isfinite(values)
    if not finite.any():
        return np.zeros(values.shape, dtype=np.uint8)
    low, high = float(values[finite].min()), float(values[finite].max())
    scaled = (np.where(finite, values, low) - low) * (255.0 / max(high - low, 1e-30))
    return np.round(scaled).astype(np.uint8)


def databar_rows(pixels: npt.NDArray[Any]) -> int:
    """How many rows at the bottom are a databar: a block of rows most of whose pixels have one and the same grey.

    0 when there is none, and for pictures that are flat all over (masks, saturated ones).
    """
    greys = levels_of(pixels)
    rows, columns = greys.shape
    start = max(0, rows - int(_LARGEST_DATABAR * rows) - 8)
    share = np.array([np.bincount(row, minlength=256).max() / columns for row in greys[start:]])
    is_flat = share >= _FLAT_SHARE
    if is_flat[:8].mean() > 0.25:
        return 0  # flat above the largest databar too
    # Rows with a lot of writing are not flat, so a few may be missing; the block ends where eight in a row are no longer flat.
    count = last = 0
    for index in range(1, len(is_flat) + 1):
        if is_flat[-index]:
            last = index
            count += 1
        elif index - last >= 8:
            break
    if last < max(8, _SMALLEST_DATABAR * rows) or count < 0.6 * last:
        return 0
    return last


def tested_picture(pixels: npt.NDArray[Any]) -> PictureTest:
    """The numbers by which a picture is refused."""
    greys = levels_of(pixels)
    counts = np.bincount(greys.ravel(), minlength=256)
    filled = np.flatnonzero(counts)
    two = np.sort(counts)[-2:].sum() / greys.size
    return PictureTest(
        clipped_low_fraction=float(counts[filled[0]] / greys.size),
        clipped_high_fraction=float(counts[filled[-1]] / greys.size),
        correlation=_correlation(greys),
        levels=len(filled),
        two_levels_fraction=float(two),
    )


def _correlation(greys: npt.NDArray[np.uint8]) -> float:
    """Correlation coefficient of pixels two apart, mean of both directions; 0 for a picture of one grey."""
    values: Array = greys.astype(np.float32)
    values -= values.mean()
    variance = float(np.mean(values**2))
    if variance <= 0:
        return 0.0
    across = float(np.mean(values[:, 2:] * values[:, :-2])) if greys.shape[1] > 2 else 0.0
    down = float(np.mean(values[2:] * values[:-2])) if greys.shape[0] > 2 else 0.0
    return 0.5 * (across + down) / variance
