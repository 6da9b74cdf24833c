"""One run of a thermobalance: time, temperature and mass."""

from __future__ import annotations

import attrs

from pelletry.core.arrays import Array, array_field
from pelletry.core.provenance import Origin

__all__ = ["ThermobalanceRun"]


@attrs.frozen(kw_only=True)
class ThermobalanceRun:
    """Arrays of shape (n,), time rising.

    ``mass_kg`` is the mass in the crucible (of a blank run its change); None when the file holds a share only, which is
    ``share_fraction``, of the initial mass. ``corrected_by`` names the blank that the instrument's program has taken off already.
    """

    name: str
    role: str
    time_s: Array = array_field(unit="s")
    temperature_K: Array = array_field(unit="K")
    mass_kg: Array | None = array_field(unit="kg", default=None)
    share_fraction: Array | None = array_field(unit="1", default=None)
    initial_mass_kg: float | None = None
    corrected_by: str = ""
    run: str = ""
    origin: Origin
    warnings: tuple[str, ...] = ()
