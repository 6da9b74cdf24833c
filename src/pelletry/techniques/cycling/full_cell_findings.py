"""What is to be said about full and half cells: counters that disagree, charge above theory, branches and cycles that are odd."""

from __future__ import annotations

from collections.abc import Sequence

from pelletry.core.finding import Finding
from pelletry.core.quantity import Estimate, Quantity
from pelletry.core.technique import Inputs
from pelletry.techniques.cycling.measurement import CyclingRun
from pelletry.techniques.cycling.model.capacity import Branch, DifferentialCapacity
from pelletry.techniques.cycling.result import CellCycle
from pelletry.techniques.cycling.settings import CyclingSettings

__all__ = ["cell_findings", "left_out", "not_closed", "run_findings"]

_CLOSURE_FRACTION = 0.01


def left_out(sample: str, run: CyclingRun, branch: Branch, kind: str) -> Finding:
    """The branch that comes before the first one that begins a cycle."""
    sentence = f"{run.origin.path}: its first {branch.kind or 'branch'} ({abs(branch.charge_C) / 3.6:.4g} mAh) comes before the first {kind} and is in no cycle."
    return Finding(code="branch-before-cycles", severity="info", sentence=sentence, samples=(sample,))


def run_findings(
    sample: str, run: CyclingRun, cycles: Sequence[CellCycle], branches: Sequence[Branch], settings: CyclingSettings
) -> list[Finding]:
    """What is to be said about one run: counters, their beginnings, the sign of its current."""
    found = []
    apart = [
        c
        for c in cycles
        if c.counter_fraction is not None and abs(c.counter_fraction) > settings.counter_tolerance_fraction
    ]
    if apart:
        worst = max(apart, key=lambda c: abs(c.counter_fraction or 0.0))
        counted = all(c.is_counted for c in apart)
        reason = (
            f"The current, written in steps of {run.current_step_A * 1e3:.3g} mA and at these points, leaves as much open; the counter "
            f"({run.counter_step_C / 3.6:.3g} mAh) is used."
            if counted
            else "The integral is used; a counter with few digits or a gap in the record explains it."
        )
        sentence = (
            f"{run.origin.path}: the integral of the current and the instrument's own counter differ by "
            f"{100 * (worst.counter_fraction or 0):.2g} % in cycle {worst.cycle.number} (in {len(apart)} of {len(cycles)} cycles by more than "
            f"{100 * settings.counter_tolerance_fraction:g} %). {reason}"
        )
        found.append(Finding(code="counter-disagrees", severity="warning", sentence=sentence, samples=(sample,)))
    if run.counter_resets:
        sentence = f"{run.origin.path}: its charge counters fell back to zero {run.counter_resets} times; they are taken on from where they were."
        found.append(Finding(code="counter-reset", severity="info", sentence=sentence, samples=(sample,)))
    wrong = [b for b in branches if b.kind and (b.kind == "charge") != (b.charge_C > 0)]
    if wrong and len(wrong) * 2 > len(branches):
        sentence = (
            f"{run.origin.path}: the current is positive where the voltage falls. Charge and discharge are told by the voltage of the cell; "
            "look whether the electrodes were connected the other way round."
        )
        found.append(
            Finding(code="current-sign-against-voltage", severity="notice", sentence=sentence, samples=(sample,))
        )
    return found


def not_closed(sample: str, run: CyclingRun, curves: Sequence[tuple[str, DifferentialCapacity]]) -> list[Finding]:
    """Differential capacities whose integral is not the charge of their branch."""
    apart = [(name, curve.closure) for name, curve in curves if not abs(curve.closure - 1.0) <= _CLOSURE_FRACTION]
    if not apart:
        return []
    told = ", ".join(f"{name} {100 * closure:.3g} %" for name, closure in apart[:6])
    sentence = (
        f"{run.origin.path}: the integral of dQ/dV is not the whole charge of its branch ({told}). The rest passed at constant voltage, or while "
        "the voltage ran back, and has no place on an axis of voltage."
    )
    return [Finding(code="dqdv-not-whole", severity="info", sentence=sentence, samples=(sample,))]


def cell_findings(
    sample: str, cycles: Sequence[CellCycle], mass: Quantity, theory: float | None, inputs: Inputs
) -> list[Finding]:
    """What is to be said about the cell: more charge than theory or than went in, electrons that are not stated."""
    found = []
    best = max((c.discharge_capacity_C or 0.0 for c in cycles), default=0.0)
    if isinstance(mass, Estimate) and theory is not None and best / mass.value > theory * 1.02:
        sentence = (
            f"{sample}: the largest discharge, {best / mass.value / 3600:.4g} mAh/g, is above the theoretical {theory / 3600:.4g} mAh/g. "
            "The active mass is too small, or something else takes up charge."
        )
        found.append(
            Finding(
                code="capacity-above-theory",
                severity="warning",
                sentence=sentence,
                samples=(sample,),
                quantities=("specific_capacity_best",),
            )
        )
    high = [c for c in cycles if c.efficiency is not None and c.efficiency > 1.02]
    if high and len(high) * 2 > len([c for c in cycles if c.efficiency is not None]):
        sentence = (
            f"{sample}: more charge comes out than went in before, in {len(high)} cycles (efficiency up to "
            f"{100 * max(c.efficiency or 0 for c in high):.4g} %). A cycle here begins with the first branch of the file; a side reaction or a "
            "first branch that was cut short explains it; cycle_begins_with under [cycling] says where a cycle begins."
        )
        found.append(Finding(code="efficiency-above-100", severity="notice", sentence=sentence, samples=(sample,)))
    if inputs.sample.text("active_material") and inputs.sample.quantity("electrons_per_formula") is None:
        sentence = f"{sample}: how many electrons a formula unit of {inputs.sample.text('active_material')} takes up is not stated."
        found.append(Finding(code="electrons-not-stated", severity="info", sentence=sentence, samples=(sample,)))
    return found
