"""The critical current density, which is no number without its protocol: steps, their time, temperature, pressure and area."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from pelletry.core.quantity import Estimate, Reported, Unresolved
from pelletry.core.technique import Inputs
from pelletry.techniques.cycling.result import StepRow, WithheldNumber

__all__ = ["critical_current_density", "is_a_ladder"]

#: Signs that end the ladder. A fading overpotential or noise alone does not.
_ENDS = ("voltage-drop", "hard-short", "dc-below-neighbours", "impedance-drop")
_FEWEST_LEVELS = 3
_ALIKE_FRACTION = 0.05


def is_a_ladder(rows: Sequence[StepRow]) -> bool:
    """Does the current rise in three levels or more?"""
    levels = _levels(rows)
    return len(levels) >= _FEWEST_LEVELS and levels == sorted(levels)


def _levels(rows: Sequence[StepRow]) -> list[float]:
    """The sizes of the current in the order they were first used, to two digits."""
    return list(dict.fromkeys(float(f"{abs(row.step.current_A):.2g}") for row in rows))


def _ended_by(rows: Sequence[StepRow]) -> str:
    """Time when all half cycles last alike, charge when all pass alike: the same cell has another limit under each."""
    times = np.array([row.step.duration_s for row in rows])
    charges = np.array([abs(row.step.charge_C) for row in rows])
    for word, sizes in (("time", times), ("charge", charges)):
        if float(np.ptp(sizes)) < _ALIKE_FRACTION * float(np.median(sizes)):
            return word
    return "neither time nor charge"


def critical_current_density(
    rows: Sequence[StepRow], inputs: Inputs, temperature_K: float | None
) -> tuple[list[Reported], list[WithheldNumber]]:
    """The largest current per area whose steps carry no sign of a short, and the charge per area that passed until then."""
    sample, area = inputs.sample.name, inputs.sample.pellet.electrode_area_m2
    pressure = inputs.sample.quantity("pressure")
    missing = [
        words
        for words, there in (
            ("the area of one electrode", area),
            ("the temperature of the cell", temperature_K),
            ("the pressure on the cell", pressure),
        )
        if there is None
    ]
    if missing or area is None or temperature_K is None or pressure is None:
        do = "write electrode_area and pressure in the samples table, and the temperature in files.csv"
        return [], [WithheldNumber(what=f"critical current density of {sample}", missing=" and ".join(missing), do=do)]
    first_bad = next((row for row in rows if set(row.flags) & set(_ENDS)), None)
    good = [row for row in rows if first_bad is None or row.step.number < first_bad.step.number]
    bad_level = math.inf if first_bad is None else float(f"{abs(first_bad.step.current_A):.2g}")
    completed = [row for row in good if float(f"{abs(row.step.current_A):.2g}") < bad_level]
    step_s = float(np.median([row.step.duration_s for row in rows]))
    per_level = max(1, round(len(rows) / max(1, len(_levels(rows)))))
    conditions: tuple[tuple[str, float | str], ...] = (
        ("temperature_K", temperature_K),
        ("pressure_Pa", pressure.value),
        ("step_s", round(step_s, 3)),
        ("steps_per_level", float(per_level)),
        ("half_cycles_end_by", _ended_by(rows)),
        ("electrode_area_m2", area.value),
    )

    def reported(name: str, quantity: Estimate | Unresolved) -> Reported:
        return Reported(sample=sample, technique="cycling", name=name, quantity=quantity, conditions=conditions)

    passed = Estimate(
        value=math.fsum(abs(row.step.charge_C) for row in good) / area.value,
        unit="C/m2",
        method="sum of all steps before the first sign",
    )
    if not completed:
        reason = "a sign of a short is in the first level of the ladder already"
        return [reported("critical_current_density", Unresolved(reason=reason, unit="A/m2"))], []
    highest = max(abs(row.step.current_A) for row in completed) / area.value
    words = "largest level without a sign of a short" + (
        "" if first_bad is not None else "; none was met, so a lower limit"
    )
    std = None if area.std is None else highest * area.std / area.value
    density = Estimate(value=highest, std=std, unit="A/m2", method=words)
    return [reported("critical_current_density", density), reported("areal_charge_until_sign", passed)], []
