r"""Where the picture shows grain boundaries: filters for dark lines, bright lines and steps of grey, and which of them to believe.

- ridge: the larger (dark lines) or the negative smaller (bright lines) eigenvalue of the Hessian of the picture smoothed with a
  Gaussian, times :math:`\sigma^2` (Lindeberg1998). It follows lines of any direction and averages along them.
- black-hat: closing minus picture (dark lines), picture minus opening (bright lines).
- contrast: the length of the gradient, for polished sections whose grains differ in grey and have no lines between them.

The threshold is Otsu's. How far it stands above the noise of the grains, in robust standard deviations of what lies below it, says whether
there are lines at all: a picture of noise gives about 2, lines that an eye sees give more than 4. The filter is widened until
they stand out. A picture of noise is as dark-lined as it is bright-lined, which is the second test.
"""

from __future__ import annotations

import attrs
import numpy as np
import numpy.typing as npt

from pelletry.core.arrays import Array
from pelletry.techniques.microscopy.model.squares import dilated
from pelletry.techniques.microscopy.model.thresholds import histogram, threshold_otsu

__all__ = [
    "CLEAR_LINES",
    "LEAST_LINES",
    "LineMap",
    "boundary_lines",
    "filled_pores",
    "proposed_polarity",
]

Mask = npt.NDArray[np.bool_]
#: Standing out by this much is clear; by less than the other there are no lines.
CLEAR_LINES = 4.5
LEAST_LINES = 2.9
_WIDTHS = (1.5, 2.0, 3.0, 4.0, 6.0)
_SPECK_WIDTHS = 8.0
_PREVAILS = 1.08
_ENOUGH_PIXELS = 700
_AROUND_PORES = 21
#: Pixels that reach this share of the threshold count when they hang on a line.
_WEAK_SHARE = 0.7


@attrs.frozen(kw_only=True, eq=False)
class LineMap:
    """Pixels on lines, the width the filter was made for [px], and how far the threshold stands above the noise."""

    lines: Mask
    width: float
    standout: float
    polarity: str


def filled_pores(picture: Array, pores: Mask) -> Array:
    """The picture with pores and their rims replaced by the greys around them, so that no filter answers to their edges."""
    from scipy import ndimage

    if not pores.any():
        return picture
    hole = dilated(pores, 5)
    weight = ndimage.uniform_filter((~hole).astype(np.float32), _AROUND_PORES)
    around = ndimage.uniform_filter(np.where(hole, np.float32(0), picture), _AROUND_PORES)
    mean = float(picture[~hole].mean()) if not hole.all() else 0.0
    filled: Array = np.where(hole, np.where(weight > 1e-3, around / np.maximum(weight, 1e-3), mean), picture)
    return filled.astype(np.float32)


def line_response(picture: Array, *, width: float, polarity: str, method: str) -> Array:
    """How much of a line each pixel is; at least 0. ``polarity`` is dark, bright or contrast; ``method`` ridge or black-hat."""
    from scipy import ndimage

    sigma = max(1.0, 0.75 * width)
    if polarity == "contrast":
        return np.asarray(ndimage.gaussian_gradient_magnitude(picture, sigma) * sigma, dtype=np.float32)
    sign = 1.0 if polarity == "dark" else -1.0
    if method == "black-hat":
        size = 2 * int(np.ceil(1.5 * width)) + 3
        smooth = ndimage.gaussian_filter(sign * picture, 1.0)
        return np.asarray(ndimage.grey_closing(smooth, size=(size, size)) - smooth, dtype=np.float32)
    xx = ndimage.gaussian_filter(picture, sigma, order=(0, 2))
    yy = ndimage.gaussian_filter(picture, sigma, order=(2, 0))
    xy = ndimage.gaussian_filter(picture, sigma, order=(1, 1))
    root = np.sqrt((0.5 * (xx - yy)) ** 2 + xy**2)
    return np.asarray(np.maximum(sign * 0.5 * (xx + yy) + root, 0.0) * sigma**2, dtype=np.float32)


def _stand_out(response: Array) -> tuple[float, float]:
    """Otsu's threshold and its distance from the noise of what lies below it."""
    counts, levels = histogram(response, bins=512)
    threshold = threshold_otsu(counts, levels)
    below = response[response <= threshold]
    middle = float(np.median(below))
    spread = 1.4826 * float(np.median(np.abs(below - middle)))
    floor = 1e-3 * (threshold - middle)
    return threshold, (threshold - middle) / max(spread, floor, 1e-30)


def boundary_lines(
    picture: Array, *, polarity: str, method: str = "ridge", width: float | None = None, threshold_factor: float = 1.0
) -> LineMap:
    """The lines of a picture. ``width`` None: the narrowest filter in which they stand out clearly in its middle, else the one in which most."""
    chosen = _width_of_lines(_middle(picture), polarity=polarity, method=method) if width is None else width
    response = line_response(picture, width=chosen, polarity=polarity, method=method)
    threshold, standout = _stand_out(response)
    threshold *= threshold_factor
    lines = without_specks(response > threshold, least_area=_SPECK_WIDTHS * chosen)
    lines = _with_weak_ends(lines, response > _WEAK_SHARE * threshold)
    return LineMap(lines=lines, width=chosen, standout=standout, polarity=polarity)


def _width_of_lines(picture: Array, *, polarity: str, method: str) -> float:
    best, found = -1.0, _WIDTHS[0]
    for width in _WIDTHS:
        _, standout = _stand_out(line_response(picture, width=width, polarity=polarity, method=method))
        if standout >= CLEAR_LINES:
            return width
        if standout > best:
            best, found = standout, width
    return found


def _with_weak_ends(lines: Mask, weak: Mask) -> Mask:
    """The lines and every connected piece of the weaker mask that holds a pixel of them."""
    from scipy import ndimage

    pieces, count = ndimage.label(weak, structure=np.ones((3, 3)))
    holds = np.zeros(count + 1, dtype=bool)
    holds[pieces[lines]] = True
    holds[0] = False
    kept: Mask = holds[pieces] | lines
    return kept


def without_specks(mask: Mask, *, least_area: float) -> Mask:
    """The mask without connected pieces (eight neighbours) of fewer pixels."""
    from scipy import ndimage

    pieces, _ = ndimage.label(mask, structure=np.ones((3, 3)))
    is_kept = np.bincount(pieces.ravel()) >= least_area
    is_kept[0] = False
    kept: Mask = is_kept[pieces]
    return kept


def _middle(picture: Array) -> Array:
    """At most a square of some hundred pixels from the middle: enough to tell dark lines from bright ones."""
    rows, columns = picture.shape
    down, across = max(0, (rows - _ENOUGH_PIXELS) // 2), max(0, (columns - _ENOUGH_PIXELS) // 2)
    return picture[down : rows - down, across : columns - across]


def proposed_polarity(picture: Array) -> tuple[str, str]:
    """Dark or bright lines or contrast, and the reason in words; an empty proposal when the picture does not say.

    The 99th percentiles of the two ridge filters are compared in the narrowest width that tells them apart.
    """
    ratio = 1.0
    picture = _middle(picture)
    for width in (2.0, 4.0):
        dark, bright = (
            float(np.percentile(line_response(picture, width=width, polarity=one, method="ridge"), 99.0))
            for one in ("dark", "bright")
        )
        ratio = dark / max(bright, 1e-30)
        if ratio > _PREVAILS:
            return "dark", f"dark lines are {ratio:.2f} times as strong as bright ones"
        if ratio < 1 / _PREVAILS:
            return "bright", f"bright lines are {1 / ratio:.2f} times as strong as dark ones"
    _, standout = _stand_out(line_response(picture, width=3.0, polarity="contrast", method="ridge"))
    if standout >= CLEAR_LINES:
        return (
            "contrast",
            f"neither dark nor bright lines prevail (ratio {ratio:.2f}), and grey steps stand out by {standout:.1f}",
        )
    return (
        "",
        f"neither dark nor bright lines prevail (ratio {ratio:.2f}) and no steps of grey stand out ({standout:.1f})",
    )
