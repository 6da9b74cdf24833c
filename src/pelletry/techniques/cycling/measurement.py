"""A run of a cycler understood: time, voltage, current and charge in house units, and where each comes from."""

from __future__ import annotations

import attrs
import numpy as np
import numpy.typing as npt

from pelletry.core.arrays import Array, array_field
from pelletry.core.provenance import Origin

__all__ = ["CellSpectrum", "CyclingRun"]


@attrs.frozen(kw_only=True)
class CyclingRun:
    """One run: arrays of shape (n,) in the order of time.

    ``time_s`` counts from the start of the experiment as the file has it. ``current_A`` is NaN where it is not known;
    ``current_source`` is measured, charge counter (its slope), stated (a set point that a person gave) or empty (not known).
    ``current_holds``: at the points, since the point before (a mean current), or until the one after (a slope). ``charge_C`` is its running
    integral, None where it is to be formed from the current. ``current_step_A`` and ``counter_step_C`` are the smallest differences that the
    file writes. ``counter_C`` is the instrument's own charge counter, made continuous over its resets, None when the file has none.
    ``loop_starts`` are the first points of the loops that the program wrote, ``cycle_number`` its own count (None: none).
    """

    name: str
    time_s: Array = array_field(unit="s")
    voltage_V: Array = array_field(unit="V")
    current_A: Array = array_field(unit="A")
    current_source: str
    current_holds: str = "points"
    charge_C: Array | None = array_field(unit="C", default=None)
    counter_C: Array | None = array_field(unit="C", default=None)
    current_step_A: float = 0.0
    counter_step_C: float = 0.0
    counter_resets: int = 0
    cycle_number: npt.NDArray[np.int64] | None = array_field(dtype=np.int64, default=None)
    loop_starts: tuple[int, ...] = ()
    temperature_K: float | None = None
    temperature_is_confirmed: bool = False
    role: str = ""
    run: str = ""
    acquisition: str = ""
    origin: Origin
    warnings: tuple[str, ...] = ()

    @property
    def points(self) -> int:
        return int(self.time_s.size)


@attrs.frozen(kw_only=True)
class CellSpectrum:
    """The ends of an impedance spectrum taken during a run: ``resistance_low_ohm`` is Re Z at ``frequency_low_Hz``.

    ``phase_low_deg`` at that end says how far the spectrum is from its intercept; ``time_s`` counts as in the run of the same
    ``acquisition``, None when the file has no time.
    """

    name: str
    time_s: float | None
    resistance_low_ohm: float
    frequency_low_Hz: float
    phase_low_deg: float
    resistance_high_ohm: float
    frequency_high_Hz: float
    temperature_K: float | None = None
    role: str = ""
    acquisition: str = ""
    origin: Origin
