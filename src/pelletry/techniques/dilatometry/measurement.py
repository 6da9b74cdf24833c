"""One run of a dilatometer: time, temperature, and the change of length as the file gives it."""

from __future__ import annotations

import attrs

from pelletry.core.arrays import Array, array_field
from pelletry.core.provenance import Origin

__all__ = ["DilatometerRun"]


@attrs.frozen(kw_only=True)
class DilatometerRun:
    """Arrays of shape (n,), time rising. The change of length is positive on expansion.

    Exactly one of ``displacement_m`` and ``strain_fraction`` is there: as the file has it. ``role`` is sample, blank, or what the
    study calls it. ``expansion_standard`` names the body that a correction run was measured with, when the file says so.
    """

    name: str
    role: str
    time_s: Array = array_field(unit="s")
    temperature_K: Array = array_field(unit="K")
    displacement_m: Array | None = array_field(unit="m", default=None)
    strain_fraction: Array | None = array_field(unit="1", default=None)
    initial_length_m: float | None = None
    expansion_standard: str = ""
    run: str = ""
    origin: Origin
    warnings: tuple[str, ...] = ()
