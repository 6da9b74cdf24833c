"""A picture with its scale, as far as the file says one."""

from __future__ import annotations

from typing import Any

import attrs
import numpy.typing as npt

from pelletry.core.arrays import array_field
from pelletry.core.provenance import Origin

__all__ = ["Micrograph"]


@attrs.frozen(kw_only=True)
class Micrograph:
    """Grey levels as stored, shape (rows, columns), row 0 at the top; the databar may still be there.

    ``pixel_m`` None: the file does not say how large a pixel is; ``pixel_source`` says which entry did. ``tilt_deg`` None: not said.
    """

    name: str
    pixels: npt.NDArray[Any] = array_field(dtype=None)
    pixel_m: float | None = None
    pixel_source: str = ""
    tilt_deg: float | None = None
    warnings: tuple[str, ...] = ()
    origin: Origin
