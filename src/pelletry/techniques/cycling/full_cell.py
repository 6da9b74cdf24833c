"""Full and half cells as a whole: capacities per mass, efficiency, fade, the C-rate from current and mass, and the checks of them."""

from __future__ import annotations

import math
from collections.abc import Sequence

import attrs
import numpy as np

from pelletry.core.arrays import Array
from pelletry.core.finding import Finding
from pelletry.core.quantity import Estimate, Quantity, Reported, Unresolved
from pelletry.core.technique import Inputs
from pelletry.reference.elements import molar_mass_g_per_mol
from pelletry.techniques.cycling.full_cell_findings import cell_findings, left_out, not_closed, run_findings
from pelletry.techniques.cycling.measurement import CyclingRun
from pelletry.techniques.cycling.model.capacity import (
    Branch,
    Cycle,
    DifferentialCapacity,
    branches_of,
    cycles_of,
    differential_capacity,
    mean_voltage_V,
    theoretical_capacity_C_per_kg,
)
from pelletry.techniques.cycling.model.half_cycles import half_cycles
from pelletry.techniques.cycling.result import CellCycle, WithheldNumber
from pelletry.techniques.cycling.settings import CyclingSettings

__all__ = ["FullCell", "active_mass", "analyse_full", "theoretical_capacity"]

TECHNIQUE = "cycling"
_DQDV_CYCLES = 3
_FEWEST_FOR_FADE = 4


@attrs.frozen(kw_only=True)
class FullCell:
    """What a full or half cell adds to the result."""

    cycles: tuple[CellCycle, ...]
    quantities: tuple[Reported, ...]
    findings: tuple[Finding, ...]
    withheld: tuple[WithheldNumber, ...]
    differential: tuple[tuple[str, DifferentialCapacity], ...]
    active_mass: Quantity
    theoretical_C_per_kg: float | None
    convention: str


def active_mass(inputs: Inputs) -> Quantity:
    """The mass that stores charge: weighed, else thickness x density x area x (1 - porosity) of its layer [kg]."""
    sample = inputs.sample
    stated = sample.quantity("active_mass")
    if stated is not None:
        return attrs.evolve(stated, method="active mass as stated")
    parts = {
        "active_thickness": sample.quantity("active_thickness"),
        "active_density": sample.quantity("active_density"),
        "the electrode's area": sample.pellet.electrode_area_m2,
    }
    if parts["active_thickness"] is None and parts["active_density"] is None:
        return Unresolved(
            reason="neither the active mass nor thickness and density of the active layer are given", unit="kg"
        )
    missing = [name for name, value in parts.items() if value is None]
    if missing:
        return Unresolved(reason=f"{' and '.join(missing)} of the active layer is not given", unit="kg")
    porosity = sample.quantity("active_porosity")
    factors = [e for e in parts.values() if e is not None]
    solid = 1.0 - (0.0 if porosity is None else porosity.value)
    value = math.prod(e.value for e in factors) * solid
    relative = [None if e.std is None else e.std / e.value for e in factors]
    if porosity is not None:
        relative.append(None if porosity.std is None else porosity.std / solid)
    std = None if None in relative else value * math.hypot(*(r for r in relative if r is not None))
    words = "thickness x density x area" + ("" if porosity is None else " x (1 - porosity)")
    dense = "" if porosity is not None else ", the layer taken as dense"
    return Estimate(value=value, std=std, unit="kg", method=f"active mass from {words}{dense}")


def theoretical_capacity(inputs: Inputs) -> float | None:
    """n F/M of the active material [C/kg]; None when formula or electrons are not given."""
    formula, electrons = inputs.sample.text("active_material"), inputs.sample.quantity("electrons_per_formula")
    if not formula or electrons is None:
        return None
    return theoretical_capacity_C_per_kg(electrons.value, molar_mass_g_per_mol(formula))


def analyse_full(runs: Sequence[CyclingRun], inputs: Inputs, settings: CyclingSettings) -> FullCell:
    """All runs of one full or half cell, their cycles counted through."""
    sample = inputs.sample.name
    mass, theory = active_mass(inputs), theoretical_capacity(inputs)
    withheld: list[WithheldNumber] = []
    if isinstance(mass, Unresolved):
        withheld.append(
            WithheldNumber(
                what=f"capacities per mass of {sample}",
                missing=mass.reason,
                do="write active_mass, or active_thickness and active_density, in the samples table",
            )
        )
    if theory is None:
        withheld.append(
            WithheldNumber(
                what=f"C-rate and utilisation of {sample}",
                missing="formula and electrons of the active material",
                do="write active_material, as LiTi2(PO4)3, and electrons_per_formula in the samples table",
            )
        )
    cycles: list[CellCycle] = []
    differential: list[tuple[str, DifferentialCapacity]] = []
    findings: list[Finding] = []
    for number, run in enumerate(runs, start=1):
        if not run.current_source:
            withheld.append(
                WithheldNumber(
                    what=f"capacities of {run.origin.path}",
                    missing="a current or a charge counter",
                    do="export the file with its current",
                )
            )
            continue
        steps = half_cycles(
            run.time_s,
            run.voltage_V,
            run.current_A,
            rest_current_A=settings.rest_current_A,
            charge_C=run.charge_C,
            current_holds=run.current_holds,
        )
        branches = branches_of(steps, run.voltage_V, run.counter_C)
        counted = _from_first(branches, settings.cycle_begins_with)
        if len(counted) < len(branches):
            findings.append(left_out(sample, run, branches[0], settings.cycle_begins_with))
        mine = [_cycle(number, cycle, run, settings) for cycle in cycles_of(counted)]
        mine = [attrs.evolve(c, cycle=attrs.evolve(c.cycle, number=c.cycle.number + len(cycles))) for c in mine]
        counted_cycles = bool(mine) and all(c.is_counted for c in mine)
        curves = _differential(branches, run, settings, is_counted=counted_cycles)
        differential.extend(curves)
        findings.extend(not_closed(sample, run, curves))
        findings.extend(run_findings(sample, run, mine, branches, settings))
        cycles.extend(mine)
    convention = _convention(cycles)
    quantities = _quantities(sample, cycles, mass, theory, settings, inputs, convention)
    findings.extend(cell_findings(sample, cycles, mass, theory, inputs))
    return FullCell(
        cycles=tuple(cycles),
        quantities=tuple(quantities),
        findings=tuple(findings),
        withheld=tuple(dict.fromkeys(withheld)),
        differential=tuple(differential),
        active_mass=mass,
        theoretical_C_per_kg=theory,
        convention=convention,
    )


def _from_first(branches: Sequence[Branch], kind: str) -> Sequence[Branch]:
    """The branches from the first of a kind on."""
    if kind == "file":
        return branches
    first = next((n for n, branch in enumerate(branches) if branch.kind == kind), 0)
    return branches[first:]


def _cycle(number: int, cycle: Cycle, run: CyclingRun, settings: CyclingSettings) -> CellCycle:
    branches = [b for b in (cycle.first, cycle.second) if b is not None]
    apart = [b.charge_C / b.counter_C - 1.0 for b in branches if b.counter_C]
    is_counted = bool(apart) and _is_counter_better(run, branches, settings)
    if is_counted:
        cycle = attrs.evolve(
            cycle,
            first=_counted(cycle.first),
            second=None if cycle.second is None else _counted(cycle.second),
        )
    charge, discharge = cycle.of_kind("charge"), cycle.of_kind("discharge")
    along = _charge_along(run)
    charge_voltage_V, discharge_voltage_V = (
        None if b is None else mean_voltage_V(run.voltage_V[b.start : b.stop], along[b.start : b.stop])
        for b in (charge, discharge)
    )
    return CellCycle(
        run=number,
        cycle=cycle,
        charge_capacity_C=None if charge is None else abs(charge.charge_C),
        discharge_capacity_C=None if discharge is None else abs(discharge.charge_C),
        efficiency=cycle.efficiency,
        counter_fraction=max(apart, key=abs) if apart and run.current_source == "measured" else None,
        is_counted=is_counted,
        charge_voltage_V=charge_voltage_V,
        discharge_voltage_V=discharge_voltage_V,
    )


def _is_counter_better(run: CyclingRun, branches: Sequence[Branch], settings: CyclingSettings) -> bool:
    """Is the counter finer than the integral, and the disagreement one that the integral's own limits explain?"""
    for branch in branches:
        if not branch.counter_C or not branch.current_A:
            return False
        of_integral = _open_fraction(run, branch)
        of_counter = 0.5 * run.counter_step_C / abs(branch.counter_C)
        apart = abs(branch.charge_C / branch.counter_C - 1.0)
        if not (of_integral > settings.counter_tolerance_fraction and of_counter < 0.5 * of_integral):
            return False
        if apart > of_integral + of_counter:
            return False
    return True


def _open_fraction(run: CyclingRun, branch: Branch) -> float:
    """What the integral of a branch leaves open, over the charge of its counter: the digits of the current, and its course between points."""
    digits = 0.5 * run.current_step_A / abs(branch.current_A)
    between = 0.0
    if run.current_holds == "points" and branch.counter_C:
        rows = slice(branch.start, branch.stop)
        jumps = np.abs(np.diff(np.nan_to_num(run.current_A[rows])))
        between = 0.5 * float(jumps @ np.diff(run.time_s[rows])) / abs(branch.counter_C)
    return digits + between


def _counted(branch: Branch) -> Branch:
    assert branch.counter_C is not None
    return attrs.evolve(branch, charge_C=branch.counter_C)


def _convention(cycles: Sequence[CellCycle]) -> str:
    """Which branch is divided by which; the second of a cycle over the first."""
    first = next((c.cycle.first.kind for c in cycles if c.cycle.second is not None), "")
    if not first:
        return ""
    other = "charge" if first == "discharge" else "discharge"
    return f"{other} over the {first} before it"


def _charge_along(run: CyclingRun) -> Array:
    if run.charge_C is not None:
        return run.charge_C
    current = np.nan_to_num(run.current_A)
    return np.concatenate([[0.0], np.cumsum(np.diff(run.time_s) * 0.5 * (current[1:] + current[:-1]))])


def _differential(
    branches: Sequence[Branch], run: CyclingRun, settings: CyclingSettings, *, is_counted: bool
) -> list[tuple[str, DifferentialCapacity]]:
    """Of the first cycles and the last one. Where the capacities are the counter's, the curves are brought to its charge."""
    charge = _charge_along(run)
    chosen = [*branches[: 2 * _DQDV_CYCLES], *(branches[-2:] if len(branches) > 2 * _DQDV_CYCLES else ())]
    made = []
    for branch in chosen:
        if not branch.kind:
            continue
        rows = slice(branch.start, branch.stop)
        scale = branch.counter_C / branch.charge_C if is_counted and branch.counter_C and branch.charge_C else 1.0
        found = differential_capacity(
            run.voltage_V[rows], charge[rows] * scale, step_V=settings.dqdv_step_V, smooth_V=settings.dqdv_smooth_V
        )
        if found is not None:
            made.append((f"{branch.kind} {(branch.number + 1) // 2}", found))
    return made


# -- numbers -----------------------------------------------------------------------------------------------------------


def _quantities(
    sample: str,
    cycles: Sequence[CellCycle],
    mass: Quantity,
    theory: float | None,
    settings: CyclingSettings,
    inputs: Inputs,
    convention: str,
) -> list[Reported]:
    made: list[Reported] = []

    def report(name: str, quantity: Quantity, *conditions: tuple[str, float | str]) -> None:
        made.append(Reported(sample=sample, technique=TECHNIQUE, name=name, quantity=quantity, conditions=conditions))

    for cycle in cycles:
        number = ("cycle", float(cycle.cycle.number))
        for kind, charge in (("discharge", cycle.discharge_capacity_C), ("charge", cycle.charge_capacity_C)):
            if charge is None:
                continue
            method = "counter of the instrument" if cycle.is_counted else "integral of the current"
            report(f"capacity_{kind}", Estimate(value=charge, unit="C", method=method), number)
            if isinstance(mass, Estimate):
                report(f"specific_capacity_{kind}", _per(charge, mass, "C/kg"), number)
        for kind, voltage in (("discharge", cycle.discharge_voltage_V), ("charge", cycle.charge_voltage_V)):
            if voltage is not None:
                report(f"mean_voltage_{kind}", Estimate(value=voltage, unit="V", method="energy over charge"), number)
        if cycle.energy_efficiency is not None:
            of_energy = Estimate(
                value=cycle.energy_efficiency, unit="1", method="energies, discharge over charge of the cycle"
            )
            report("energy_efficiency", of_energy, number)
        if cycle.efficiency is not None:
            efficiency = Estimate(value=cycle.efficiency, unit="1", method=f"charges, {convention}")
            report("coulombic_efficiency", efficiency, number)
    highest = max(
        (c for c in cycles if c.discharge_capacity_C is not None),
        key=lambda c: c.discharge_capacity_C or 0.0,
        default=None,
    )
    if highest is not None and highest.discharge_capacity_C is not None and isinstance(mass, Estimate):
        best = _per(highest.discharge_capacity_C, mass, "C/kg")
        report("specific_capacity_best", attrs.evolve(best, method=f"cycle {highest.cycle.number}, {best.method}"))
        if theory is not None:
            report("utilisation", best.scaled(1 / theory, unit="1"), ("cycle", float(highest.cycle.number)))
    if isinstance(mass, Estimate) and theory is not None:
        for current in sorted({float(f"{abs(c.cycle.first.current_A):.2g}") for c in cycles}):
            rate = _per(current * 3600.0, mass, "C/kg").scaled(1 / theory, unit="1")
            report(
                "c_rate",
                attrs.evolve(rate, method="current over mass and theoretical capacity, an hour"),
                ("current_A", current),
            )
    area = inputs.sample.pellet.electrode_area_m2
    if area is not None and cycles:
        current = float(np.median([abs(c.cycle.first.current_A) for c in cycles]))
        report(
            "current_density_highest",
            Estimate(
                value=current / area.value, unit="A/m2", method="median current of the cycles over the electrode's area"
            ),
        )
    made.extend(_fade(sample, cycles, settings))
    return made


def _per(charge_C: float, mass: Estimate, unit: str) -> Estimate:
    value = charge_C / mass.value
    std = None if mass.std is None else value * mass.std / mass.value
    return Estimate(value=value, std=std, unit=unit, method=f"charge over the {mass.method}")


def _fade(sample: str, cycles: Sequence[CellCycle], settings: CyclingSettings) -> list[Reported]:
    """Share of the reference cycle's discharge that is left, and the loss a cycle by a line with its standard deviation."""
    points = [(c.cycle.number, c.discharge_capacity_C) for c in cycles if c.discharge_capacity_C]
    reference = dict(points).get(settings.reference_cycle)
    later = [(n, q) for n, q in points if n >= settings.reference_cycle]
    if reference is None or len(later) < 2:
        return []
    last_number, last = later[-1]
    made = [
        Reported(
            sample=sample,
            technique=TECHNIQUE,
            name="capacity_left",
            quantity=Estimate(
                value=last / reference, unit="1", method=f"discharge over that of cycle {settings.reference_cycle}"
            ),
            conditions=(("cycle", float(last_number)),),
        )
    ]
    if len(later) >= _FEWEST_FOR_FADE:
        x = np.array([n for n, _ in later], dtype=float)
        y = np.array([q / reference for _, q in later])
        x0 = x - x.mean()
        slope = float(x0 @ y / (x0 @ x0))
        rest = y - y.mean() - slope * x0
        std = math.sqrt(float(rest @ rest) / (x.size - 2) / float(x0 @ x0))
        freedom = float(x.size - 2)
        fade = Estimate(
            value=-slope, std=std, unit="1", method=f"line through {x.size} cycles", degrees_of_freedom=freedom
        )
        made.append(Reported(sample=sample, technique=TECHNIQUE, name="fade_per_cycle", quantity=fade))
    return made
