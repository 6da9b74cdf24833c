"""What is known of a sample before any instrument saw it: composition, powder, sintering and the pellet's size."""

from __future__ import annotations

import attrs

from pelletry.core.quantity import Estimate

__all__ = ["Pellet", "Sample", "Sintering"]


@attrs.frozen(kw_only=True)
class Sintering:
    """One firing. Fields that were not given are None and never guessed."""

    temperature_K: float | None = None
    dwell_s: float | None = None
    heating_rate_K_per_s: float | None = None
    atmosphere: str | None = None


@attrs.frozen(kw_only=True)
class Pellet:
    """Size and mass of a pellet; every number with its uncertainty where one was given.

    ``electrode_area_m2`` is the area under the electrode, which may be less than the pellet's face. None: not given.
    ``readings`` keeps the single calliper readings by quantity, in house units.
    """

    mass_kg: Estimate | None = None
    diameter_m: Estimate | None = None
    thickness_m: Estimate | None = None
    electrode_area_m2: Estimate | None = None
    electrode_area_source: str = ""
    readings: tuple[tuple[str, tuple[float, ...]], ...] = ()


@attrs.frozen(kw_only=True)
class Sample:
    """One pellet of a study. ``is_simulated`` marks samples whose raw files come from a virtual instrument."""

    name: str
    composition: str | None = None
    powder: str | None = None
    sintering: Sintering = Sintering()
    pellet: Pellet = Pellet()
    notes: str = ""
    is_simulated: bool = False
