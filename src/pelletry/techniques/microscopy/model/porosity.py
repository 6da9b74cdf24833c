"""The areal share of pores, with the band that different thresholds span, and pores told from cracks.

The picture is smoothed with a Gaussian of one pixel. A threshold that lies inside the peak of the grains (less than 2.5 of its widths from
its top) cuts through the grains and not between pores and grains: it is left out of the band, and the half level or Otsu's must be in it. When both do so and three are at least one width
away with less than four tenths of the picture below them, those are used, and the result is said to overlap; when fewer do, there is no dark class. What is thinner than
``least_width`` is a line and no pore; larger pieces that are long and thin (length over thickness above 5, thickness below a fifth of the
mean intercept) are cracks.

The band runs over the thresholds in use and half a pixel along the edges of the pores, which no threshold can place: of small pores that
is the larger part.
"""

from __future__ import annotations

import attrs
import numpy as np
import numpy.typing as npt

from pelletry.core.arrays import Array
from pelletry.techniques.microscopy.model.boundaries import without_specks
from pelletry.techniques.microscopy.model.squares import dilated, eroded
from pelletry.techniques.microscopy.model.thresholds import (
    histogram,
    threshold_half_level,
    threshold_li,
    threshold_otsu,
    threshold_triangle,
    threshold_yen,
)

__all__ = ["METHODS", "DarkParts", "Threshold", "dark_parts", "edge_fraction", "opened", "thresholds_of"]

Mask = npt.NDArray[np.bool_]
METHODS = {
    "half level": threshold_half_level,
    "Otsu": threshold_otsu,
    "triangle": threshold_triangle,
    "Li": threshold_li,
    "Yen": threshold_yen,
}
_PEAK_WIDTHS = 2.5
_LEAST_WIDTHS = 1.0
_LARGEST_SHARE = 0.4
_LEAST_AGREEING = 3
_ELONGATED = 5.0
_SPECK_SQUARES = 6


@attrs.frozen(kw_only=True)
class Threshold:
    """One method's level (grey of the picture) and the share of pores below it.

    ``peak_widths`` says how many widths of the grains' peak it lies below its top. ``is_used`` False: it cuts through the grains.
    """

    method: str
    level: float
    porosity_fraction: float
    peak_widths: float
    is_used: bool


@attrs.frozen(kw_only=True, eq=False)
class DarkParts:
    """What is dark: ``pores`` are blobs, ``cracks`` long thin pieces."""

    pores: Mask
    cracks: Mask


def thresholds_of(levels_from: Array, smooth: Array, *, least_width: int) -> tuple[tuple[Threshold, ...], bool]:
    """The thresholds of ``levels_from`` with the shares they give in ``smooth``, and whether pores and grains overlap.

    ``levels_from`` is the smoothed picture with thin dark lines closed, so that grooves are not taken for the dark class.
    """
    counts, levels = histogram(levels_from)
    peak, width = _peak_of_grains(levels_from, counts, levels)
    found = []
    for method, threshold in METHODS.items():
        level = float(threshold(counts, levels))
        share = float(opened(smooth <= level, least_width).mean())
        below = (peak - level) / max(width, 1e-9)
        found.append(
            Threshold(
                method=method,
                level=level,
                porosity_fraction=share,
                peak_widths=below,
                is_used=below >= _PEAK_WIDTHS and share < _LARGEST_SHARE,
            )
        )
    # The half level and Otsu's lie midway between the means of two classes; the others also cut into the tail of one.
    if any(one.is_used and one.method in ("half level", "Otsu") for one in found):
        return tuple(found), False
    found = [attrs.evolve(one, is_used=False) for one in found]
    near = [one.peak_widths >= _LEAST_WIDTHS and one.porosity_fraction < _LARGEST_SHARE for one in found]
    if sum(near) < _LEAST_AGREEING:
        return tuple(found), False
    return tuple(attrs.evolve(one, is_used=is_near) for one, is_near in zip(found, near, strict=True)), True


def _peak_of_grains(values: Array, counts: Array, levels: Array) -> tuple[float, float]:
    """Top of the peak of the grains and its width, the latter from the upper side, where no pores are."""
    kernel = np.ones(9) / 9
    peak = float(levels[int(np.argmax(np.convolve(counts, kernel, mode="same")))])
    above = values[values > peak]
    return peak, float(np.median(above - peak)) / 0.6744897501960817 if above.size else 0.0


def opened(mask: Mask, width: int) -> Mask:
    """The mask without what is thinner than ``width`` pixels; rounded corners grow back by one pixel."""
    if width <= 1:
        return mask
    return dilated(eroded(mask, width), width + 2 + (width % 2 == 0)) & mask


def edge_fraction(mask: Mask) -> float:
    """The share of a picture that half a pixel along the edges of a mask makes up: what no threshold can place."""
    return 0.5 * float((mask & ~eroded(mask, 3)).mean())


def dark_parts(dark: Mask, *, least_width: int, intercept: float | None) -> DarkParts:
    """Pores and cracks of a dark mask; ``intercept`` [px] bounds how thick a crack can be (None: only by ``least_width``)."""
    from scipy import ndimage

    dark = without_specks(dark, least_area=_SPECK_SQUARES)
    blobs = opened(dark, least_width)
    thin = dark & ~blobs
    pores, cracks = blobs.copy(), np.zeros_like(dark)
    thickest = max(float(least_width), 0.2 * intercept if intercept else 0.0)
    for part, is_thin in ((thin, True), (blobs, False)):
        pieces, count = ndimage.label(part, structure=np.ones((3, 3)))
        if not count:
            continue
        squares = np.bincount(pieces.ravel())
        thickness = _thickness(part, pieces, count)
        length = squares / np.maximum(thickness, 1.0)
        is_long = (length > _ELONGATED * thickness) & (thickness < thickest + 1e-9)
        is_long[0] = False
        if is_thin:
            # Slivers around the rims of pores are neither: only pieces away from any blob become small pores.
            alone = np.bincount(pieces.ravel(), weights=dilated(blobs, 3).ravel()) == 0
            is_pore = ~is_long & alone & (squares >= _SPECK_SQUARES)
            is_pore[0] = False
            pores |= is_pore[pieces]
            cracks |= (is_long & (squares >= 2 * _SPECK_SQUARES))[pieces]
        else:
            pores &= ~is_long[pieces]
            cracks |= is_long[pieces]
    return DarkParts(pores=pores, cracks=cracks)


def _thickness(part: Mask, pieces: npt.NDArray[np.int32], count: int) -> Array:
    """Greatest thickness of each piece [px]: the odd squares that fit in; index 0 is the background."""
    thickness = np.ones(count + 1)
    for width in (3, 5, 7, 9, 13, 17, 25):
        fits = np.unique(pieces[eroded(part, width)])
        if not len(fits):
            break
        thickness[fits] = width
    return thickness
