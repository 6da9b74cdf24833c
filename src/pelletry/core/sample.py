"""What is known of a sample before any instrument saw it: composition, powder, sintering and the pellet's size."""

from __future__ import annotations

import math

import attrs

from pelletry.core.quantity import Estimate

__all__ = ["Pellet", "Sample", "SampleColumn", "Sintering"]


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
class SampleColumn:
    """A column that a technique adds to the samples table: ``green_density`` in kg/m3, ``active_mass`` in kg, a word (no unit).

    ``lowest`` and ``highest`` are the bounds, in the house unit, outside of which a slip is certain.
    """

    key: str
    meaning: str
    unit: str = ""
    lowest: float = -math.inf
    highest: float = math.inf
    example: str = ""


@attrs.frozen(kw_only=True)
class Sample:
    """One pellet, powder or cell of a study. ``is_simulated`` marks samples whose raw files come from a virtual instrument.

    ``made_of`` names other samples of the study whose facts this one inherits: the powder of a pellet, the pellet of a cell.
    ``given`` holds the columns that techniques added, by their key: an Estimate in the house unit, or a text.
    """

    name: str
    composition: str | None = None
    powder: str | None = None
    sintering: Sintering = Sintering()
    pellet: Pellet = Pellet()
    notes: str = ""
    is_simulated: bool = False
    made_of: tuple[str, ...] = ()
    given: tuple[tuple[str, Estimate | str], ...] = ()

    def quantity(self, key: str) -> Estimate | None:
        """What was given under a technique's own column as a number, or None."""
        found = dict(self.given).get(key)
        return found if isinstance(found, Estimate) else None

    def text(self, key: str) -> str:
        """What was given under a technique's own column as a text; empty when it was not."""
        found = dict(self.given).get(key)
        return found if isinstance(found, str) else ""
