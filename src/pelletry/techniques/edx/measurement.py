"""What EDX measures: profiles along a line, maps, spectra."""

from __future__ import annotations

from typing import Any

import attrs
import numpy.typing as npt

from pelletry.core.arrays import Array, array_field
from pelletry.core.provenance import Origin

__all__ = ["EdxSpectrum", "ElementMap", "ElementProfile", "LineScan"]


@attrs.frozen(kw_only=True)
class ElementProfile:
    """One element along the line. ``unit`` is the file's own (empty, cps, wt%); ``looks_like_counts``: whole numbers, no other unit."""

    element: str
    name: str
    unit: str
    values: Array = array_field()
    looks_like_counts: bool = False


@attrs.frozen(kw_only=True)
class LineScan:
    """Profiles of several elements over one line; ``position_m`` increases."""

    name: str
    position_m: Array = array_field(unit="m")
    profiles: tuple[ElementProfile, ...]
    beam_keV: float | None = None
    warnings: tuple[str, ...] = ()
    origin: Origin


@attrs.frozen(kw_only=True)
class ElementMap:
    """One element over an area, shape (rows, columns). ``pixel_m`` None: not said; ``tilt_deg`` of the stage."""

    name: str
    element: str
    values: npt.NDArray[Any] = array_field(dtype=None)
    unit: str = ""
    looks_like_counts: bool = False
    pixel_m: float | None = None
    tilt_deg: float | None = None
    beam_keV: float | None = None
    warnings: tuple[str, ...] = ()
    origin: Origin


@attrs.frozen(kw_only=True)
class EdxSpectrum:
    """Counts over energy of one place or area."""

    name: str
    energy_keV: Array = array_field()
    counts: Array = array_field()
    beam_keV: float | None = None
    live_time_s: float | None = None
    warnings: tuple[str, ...] = ()
    origin: Origin
