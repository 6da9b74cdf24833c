"""A cycled cell as figures, tables and words."""

from __future__ import annotations

from pelletry.core.quantity import Estimate, Unresolved, bracketed
from pelletry.core.table import Cell, Table, TableColumn
from pelletry.core.technique import Presentation
from pelletry.core.units import displayed
from pelletry.techniques.cycling.analyse import REFERENCES
from pelletry.techniques.cycling.figures import figures_of
from pelletry.techniques.cycling.result import CyclingResult

__all__ = ["present"]


def present(result: CyclingResult, /) -> Presentation:
    """Voltage, resistances or capacities, and how they were made."""
    tables = [t for t in (_summary(result), _steps(result), _cycles(result), _levels(result)) if t is not None]
    return Presentation(
        figures=figures_of(result), tables=tuple(tables), method_paragraph=_method(result), references=REFERENCES
    )


def _summary(result: CyclingResult) -> Table | None:
    """The numbers of the cell as a whole; those of single steps and cycles have tables of their own."""
    whole = [q for q in result.quantities if q.condition("cycle") is None or q.name in ("utilisation", "capacity_left")]
    if not whole:
        return None
    rows: list[tuple[Cell, ...]] = []
    for q in whole:
        at = ", ".join(_condition(key, value) for key, value in q.conditions)
        shown: Cell = q.quantity
        method = q.quantity.method if isinstance(q.quantity, Estimate) else ""
        rows.append((q.name.replace("_", " "), at, shown, method))
    columns = (
        TableColumn(key="quantity", title="Quantity"),
        TableColumn(key="at", title="at"),
        TableColumn(key="value", title="Value"),
        TableColumn(key="how", title="How"),
    )
    return Table(
        key="cell",
        title=f"Cell {result.sample}",
        columns=columns,
        rows=tuple(rows),
        traces=tuple(("", "", f"{result.sample} {q.name}", "") for q in whole),
        is_simulated=result.is_simulated,
    )


def _condition(key: str, value: float | str) -> str:
    if key == "temperature_K" and not isinstance(value, str):
        return f"{value - 273.15:.4g} °C"
    if key == "current_density_A_per_m2" and not isinstance(value, str):
        return f"{value * 0.1:.4g} mA/cm2"
    if key == "current_A" and not isinstance(value, str):
        return f"{value * 1e3:.4g} mA"
    if key == "electrode_area_m2" and not isinstance(value, str):
        return f"area {value * 1e4:.4g} cm2"
    if key == "pressure_Pa" and not isinstance(value, str):
        return f"{value * 1e-6:.4g} MPa"
    if key == "step_s" and not isinstance(value, str):
        return f"half cycles of {value / 3600:.4g} h"
    if key == "steps_per_level":
        return f"{value:g} a level"
    if key == "half_cycles_end_by":
        return f"ended by {value}"
    if key == "voltage_V":
        return f"{value} V"
    return f"{key} {value:g}" if not isinstance(value, str) else f"{key} {value}"


def _steps(result: CyclingResult) -> Table | None:
    if not result.steps:
        return None
    columns = (
        TableColumn(key="step", title="Step"),
        TableColumn(key="start", title="begins", unit="s", kind="dwell"),
        TableColumn(key="current", title="Current", unit="A"),
        TableColumn(key="first", title="first point", unit="V"),
        TableColumn(key="plateau", title="plateau", unit="V"),
        TableColumn(key="largest", title="largest", unit="V"),
        TableColumn(key="dc", title="R (dc)", unit="ohm"),
        TableColumn(key="way", title="by"),
        TableColumn(key="ac", title="R (ac) after", unit="ohm"),
        TableColumn(key="ratio", title="dc/ac"),
        TableColumn(key="signs", title="signs"),
    )
    rows: list[tuple[Cell, ...]] = [
        (
            row.step.number,
            row.step.time_start_s,
            row.step.current_A,
            row.step.voltage_first_V,
            row.step.voltage_plateau_V,
            row.step.voltage_largest_V,
            row.resistance_dc_ohm,
            row.way,
            row.resistance_ac_ohm,
            None if row.ratio is None else round(row.ratio, 3),
            ", ".join(row.flags),
        )
        for row in result.steps
    ]
    notes = (
        "By opposite: two half cycles of opposite sign; by rest: less the voltage at rest before; by voltage: nothing taken off.",
        "The whole voltage of the cell drops at the current; R = V/I.",
    )
    return Table(
        key="steps",
        title=f"Steps of {result.sample}",
        columns=columns,
        rows=tuple(rows),
        notes=notes,
        is_simulated=result.is_simulated,
    )


def _cycles(result: CyclingResult) -> Table | None:
    if not result.cycles:
        return None
    mass = result.active_mass
    per_mass = isinstance(mass, Estimate)
    unit, kind = ("C/kg", "") if per_mass else ("C", "charge")
    scale = 1 / mass.value if isinstance(mass, Estimate) else 1.0
    columns = (
        TableColumn(key="cycle", title="Cycle"),
        TableColumn(key="current", title="Current", unit="A"),
        TableColumn(key="discharge", title="Discharge", unit=unit, kind=kind),
        TableColumn(key="charge", title="Charge", unit=unit, kind=kind),
        TableColumn(key="efficiency", title="Efficiency", unit="%"),
        TableColumn(key="discharge_voltage", title="mean V of discharge", unit="V"),
        TableColumn(key="charge_voltage", title="mean V of charge", unit="V"),
        TableColumn(key="energy_efficiency", title="Efficiency of energy", unit="%"),
        TableColumn(key="counter", title="integral less counter", unit="%"),
    )
    rows: list[tuple[Cell, ...]] = []
    for one in result.cycles:
        charges = [None if q is None else q * scale for q in (one.discharge_capacity_C, one.charge_capacity_C)]
        shown = [None if q is None else Estimate(value=q, unit=unit, method="") for q in charges]
        efficiency = None if one.efficiency is None else round(100 * one.efficiency, 3)
        counter = None if one.counter_fraction is None else round(100 * one.counter_fraction, 3)
        voltages = [None if v is None else round(v, 4) for v in (one.discharge_voltage_V, one.charge_voltage_V)]
        of_energy = None if one.energy_efficiency is None else round(100 * one.energy_efficiency, 3)
        rows.append((one.cycle.number, one.cycle.first.current_A, *shown, efficiency, *voltages, of_energy, counter))
    notes = [f"Efficiency: {result.capacity_convention}."] if result.capacity_convention else []
    if isinstance(mass, Estimate):
        said = displayed(mass)
        notes.append(f"Active mass {bracketed(said.value, said.std)} {said.unit}: {mass.method}.")
    elif isinstance(mass, Unresolved):
        notes.append(f"No capacity per mass: {mass.reason}.")
    return Table(
        key="cycles",
        title=f"Cycles of {result.sample}",
        columns=columns,
        rows=tuple(rows),
        notes=tuple(notes),
        is_simulated=result.is_simulated,
    )


def _levels(result: CyclingResult) -> Table | None:
    if not result.levels:
        return None
    columns = (
        TableColumn(key="voltage", title="Voltage", unit="V"),
        TableColumn(key="begins", title="begins", unit="s", kind="dwell"),
        TableColumn(key="first", title="first current", unit="A"),
        TableColumn(key="steady", title="current at the end", unit="A"),
        TableColumn(key="drift", title="change an hour", unit="%"),
        TableColumn(key="is_steady", title="steady"),
    )
    rows: list[tuple[Cell, ...]] = [
        (
            round(level.voltage_V, 4),
            level.time_start_s,
            level.current_first_A,
            Estimate(value=level.current_A, std=level.std_A or None, unit="A", method=""),
            round(100 * level.drift_per_h, 3),
            "yes" if level.is_steady else "no",
        )
        for level in result.levels
    ]
    return Table(
        key="polarisation",
        title=f"Polarisation of {result.sample}",
        columns=columns,
        rows=tuple(rows),
        is_simulated=result.is_simulated,
    )


def _method(result: CyclingResult) -> str:
    if result.kind == "symmetric":
        text = (
            "Half cycles were told by the sign of the current; the overpotential of a half cycle is the median over time of its last fifth. "
            "The resistance of the cell under direct current was taken from two consecutive half cycles of opposite sign, which cancels an "
            "offset, or less the voltage at rest before the step; the whole voltage of the cell drops at the current. Resistances per area "
            "refer to the area of one electrode, those of an interface are (cell - pellet)/2 with the pellet at the same temperature."
        )
        stated = any(run.current_source == "stated" for run in result.runs)
        return text + (" The current was stated, not measured." if stated else "")
    if result.kind in ("full", "half"):
        return (
            "Charges are integrals of the measured current. Discharge is the branch in which the voltage of the cell falls. The coulombic "
            f"efficiency is the {result.capacity_convention or 'second branch over the first'}; rates follow from current, active mass and "
            "theoretical capacity n F/M. The differential capacity was formed on a uniform grid of voltages and its integral compared with the charge."
        )
    return _HELD_WORDS.get(result.kind, "")


_STEADY_WORDS = (
    "Steady currents are the mean of the last fifth of each voltage; a current is called steady when it changes by less than 1 % an hour, else what "
    "follows from it is called an upper limit."
)
_HELD_WORDS = {
    "": "The kind of the cell was not stated, so nothing was computed from its voltage.",
    "blocking": f"The electronic conductivity was taken from the steady current between electrodes that block ions. {_STEADY_WORDS}",
    "hebb-wagner": "Electrons and holes at the activity of the reversible electrode were fitted to the steady currents of several voltages after Hebb and "
    f"Wagner, both not negative; the electronic conductivity at a voltage is (l/A) dI/dE of the fit. {_STEADY_WORDS}",
    "polarised": "The transference number follows Bruce, Vincent and Evans from the first and the steady current and the resistance of the interfaces before "
    f"and after. {_STEADY_WORDS}",
}
