"""The pixels behind the curves of a panel: coloured, thinned to what a page shows, and as a data address for the report."""

from __future__ import annotations

import base64
import io
from typing import Any

import numpy as np
import numpy.typing as npt

from pelletry.core.figure import Picture
from pelletry.render.style import sequence_colour
from pelletry.render.typography import unit_text

__all__ = ["colour_bar_label", "coloured", "picture_address", "value_limits"]

_MOST_PIXELS = 1100
_LEVELS = 256


def coloured(picture: Picture) -> npt.NDArray[np.uint8]:
    """The picture as (rows, columns, 3) bytes; values between the least and the largest, not-a-number white."""
    pixels = np.asarray(picture.pixels)
    if pixels.ndim == 3:
        return np.ascontiguousarray(pixels[..., :3], dtype=np.uint8)
    low, high = value_limits(picture)
    is_known = np.isfinite(pixels)
    share = np.clip((np.where(is_known, pixels, low).astype(float) - low) / ((high - low) or 1.0), 0.0, 1.0)
    level = np.rint(share * (_LEVELS - 1)).astype(np.uint8)
    made = np.repeat(level[..., None], 3, axis=2) if picture.colours == "grey" else _heat()[level]
    made[~is_known] = 255
    return np.ascontiguousarray(made)


def value_limits(picture: Picture) -> tuple[float, float]:
    """The values at both ends of the colours: the whole range of bytes, else the least and the largest value."""
    pixels = np.asarray(picture.pixels)
    if pixels.dtype == np.uint8:
        return 0.0, 255.0
    known = pixels[np.isfinite(pixels)]
    return (float(known.min()), float(known.max())) if known.size else (0.0, 1.0)


def colour_bar_label(picture: Picture) -> str:
    """``intensity (counts)``; empty when the colours need no explanation."""
    if not picture.value_label:
        return ""
    unit = unit_text(picture.value_unit)
    return f"{picture.value_label} ({unit})" if unit else picture.value_label


def picture_address(picture: Picture) -> str:
    """The picture as a ``data:`` address: PNG for maps of values, JPEG for micrographs, which are noise to PNG."""
    from PIL import Image

    pixels = _thinned(coloured(picture))
    is_map = picture.colours == "heat" and np.asarray(picture.pixels).ndim == 2
    buffer = io.BytesIO()
    image = Image.fromarray(pixels)
    if is_map:
        image.save(buffer, format="PNG", optimize=True)
    else:
        image.save(buffer, format="JPEG", quality=82, subsampling=0)
    kind = "png" if is_map else "jpeg"
    return f"data:image/{kind};base64,{base64.b64encode(buffer.getvalue()).decode()}"


def _thinned(pixels: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
    """Means of blocks of pixels, so that the longer side has at most as many as a page can show."""
    by_rows, by_columns = (-(-n // _MOST_PIXELS) for n in pixels.shape[:2])
    if max(by_rows, by_columns) == 1:
        return pixels
    rows, columns = pixels.shape[0] // by_rows * by_rows, pixels.shape[1] // by_columns * by_columns
    blocks = pixels[:rows, :columns].reshape(rows // by_rows, by_rows, columns // by_columns, by_columns, 3)
    return np.ascontiguousarray(np.rint(blocks.mean(axis=(1, 3))).astype(np.uint8))


def _heat() -> npt.NDArray[np.uint8]:
    colours: list[Any] = [sequence_colour(i / (_LEVELS - 1)) for i in range(_LEVELS)]
    return np.array([[int(c[k : k + 2], 16) for k in (1, 3, 5)] for c in colours], dtype=np.uint8)
