"""What the cycling of one cell gives: its steps, resistances, capacities, and the numbers made of them."""

from __future__ import annotations

import attrs

from pelletry.core.arrays import Array, array_field
from pelletry.core.facts import Fact
from pelletry.core.finding import Finding
from pelletry.core.provenance import Lineage
from pelletry.core.quantity import Quantity, Reported
from pelletry.techniques.cycling.measurement import CellSpectrum
from pelletry.techniques.cycling.model.capacity import Cycle, DifferentialCapacity
from pelletry.techniques.cycling.model.growth import GrowthComparison
from pelletry.techniques.cycling.model.half_cycles import HalfCycle
from pelletry.techniques.cycling.model.polarisation import HebbWagner

__all__ = ["CellCycle", "CyclingResult", "PolarisationLevel", "RunTrace", "ShortEvent", "StepRow", "WithheldNumber"]


@attrs.frozen(kw_only=True)
class WithheldNumber:
    """A number that was not given, what is missing for it, and what to do."""

    what: str
    missing: str
    do: str


@attrs.frozen(kw_only=True)
class RunTrace:
    """The course of a run, thinned to what a page can show: extremes are kept. ``points`` are those of the file."""

    name: str
    path: str
    points: int
    time_s: Array = array_field(unit="s")
    voltage_V: Array = array_field(unit="V")
    current_A: Array = array_field(unit="A")
    current_source: str


@attrs.frozen(kw_only=True)
class StepRow:
    """One step of a symmetric cell. ``flags`` are codes of what speaks for a short or a lost contact.

    ``resistance_ac_ohm`` is Re Z at the lowest frequency of the spectrum after the step, None without one. ``event`` is the step in
    which the event of its signs begins (0: no event), ``continued`` are signs of a fall that began in a step before and goes on.
    """

    run: int
    step: HalfCycle
    resistance_dc_ohm: float | None
    way: str
    resistance_ac_ohm: float | None
    resistance_ac_before_ohm: float | None
    ratio: float | None
    fall_V: float
    drop_V: float
    fade_fraction: float
    noise_V: float
    falls: int
    rises: int
    change_V: float
    flags: tuple[str, ...] = ()
    continued: tuple[str, ...] = ()
    event: int = 0


@attrs.frozen(kw_only=True)
class ShortEvent:
    """One event in a symmetric cell, from ``step`` to ``last_step``: its signs, of how many independent ``kinds`` they are. ``seen_by`` says in words
    when voltage and spectra see the same event.
    """

    step: int
    last_step: int
    signs: tuple[str, ...]
    kinds: int
    seen_by: str


@attrs.frozen(kw_only=True)
class PolarisationLevel:
    """One stretch of one voltage, rows ``start`` to ``stop`` of ``run`` (from 1). ``current_A`` is that of its last fifth with the standard
    deviation of the mean, ``current_first_A`` the one at its start; ``drift_per_h`` the relative change an hour at the end.
    """

    run: int
    start: int
    stop: int
    time_start_s: float
    time_stop_s: float
    voltage_V: float
    current_first_A: float
    current_A: float
    std_A: float
    drift_per_h: float
    is_steady: bool
    temperature_K: float | None = None


@attrs.frozen(kw_only=True)
class CellCycle:
    """One cycle of a full or half cell; capacities are sizes. ``counter_fraction``: integral over counter less one, None without one.
    ``is_counted``: the capacities are the counter's, since the current is written with too few digits. The mean voltages are energy over
    charge of each branch.
    """

    run: int
    cycle: Cycle
    charge_capacity_C: float | None
    discharge_capacity_C: float | None
    efficiency: float | None
    counter_fraction: float | None
    is_counted: bool = False
    charge_voltage_V: float | None = None
    discharge_voltage_V: float | None = None

    @property
    def energy_efficiency(self) -> float | None:
        """Energy of the discharge over that of the charge of this cycle, whichever came first; None without both."""
        parts = (self.discharge_voltage_V, self.discharge_capacity_C, self.charge_voltage_V, self.charge_capacity_C)
        if any(part is None for part in parts):
            return None
        discharge_J, charge_J = ((parts[k] or 0.0) * (parts[k + 1] or 0.0) for k in (0, 2))
        return discharge_J / charge_J if charge_J > 0 else None


@attrs.frozen(kw_only=True)
class CyclingResult:
    """``kind`` is symmetric, full, half, blocking, hebb-wagner, polarised or empty (not stated). ``close_ups`` are (number, course) of the
    steps with most signs.
    """

    sample: str
    kind: str
    quantities: tuple[Reported, ...]
    findings: tuple[Finding, ...]
    facts: tuple[Fact, ...]
    lineage: Lineage
    withheld: tuple[WithheldNumber, ...] = ()
    runs: tuple[RunTrace, ...] = ()
    spectra: tuple[CellSpectrum, ...] = ()
    steps: tuple[StepRow, ...] = ()
    close_ups: tuple[tuple[int, RunTrace], ...] = ()
    cycles: tuple[CellCycle, ...] = ()
    differential: tuple[tuple[str, DifferentialCapacity], ...] = ()
    growth: GrowthComparison | None = None
    growth_time_s: Array | None = array_field(unit="s", default=None)
    growth_resistance_ohm: Array | None = array_field(unit="ohm", default=None)
    levels: tuple[PolarisationLevel, ...] = ()
    hebb_wagner: HebbWagner | None = None
    electrode_area_m2: float | None = None
    active_mass: Quantity | None = None
    theoretical_capacity_C_per_kg: float | None = None
    capacity_convention: str = ""
    is_simulated: bool = False
