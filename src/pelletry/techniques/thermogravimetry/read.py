"""Records to runs of a thermobalance: which column is the mass, in what, and of how much.

A balance that was set to zero at the start stores the change; the mass it was set to stands in the header and is added. Per cent
that begin near 100 are the mass, those that begin near 0 its change: both are said by no head, and which was taken is.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

import attrs
import numpy as np

from pelletry.core.arrays import Array
from pelletry.core.errors import MeasurementError, Mistake, quoted
from pelletry.core.record import Column, Record
from pelletry.techniques.thermal_program import FIXED_UNITS, program_of_record, role_of_record
from pelletry.techniques.thermogravimetry.measurement import ThermobalanceRun

__all__ = ["read"]

_KILOGRAMS = {"mg": 1e-6, "g": 1e-3, "µg": 1e-9, "ug": 1e-9, "μg": 1e-9, "kg": 1.0}
_OTHER_WEIGHTS = re.compile(r"baseline|initial|molar", re.IGNORECASE)
_TYPED_WITHIN = 0.2
_LEVEL = 20.0
_ZEROED = 0.2


def read(records: Sequence[Record], /) -> tuple[ThermobalanceRun, ...]:
    """Runs of the records, in their order; a record that makes none is refused by name, the others come out.

    Raises
    ------
    MeasurementError
        When no record makes a run: no column of mass, no unit, a balance that recorded nothing, no time or temperature.
    """
    made: list[ThermobalanceRun] = []
    refused: list[Mistake] = []
    for record in records:
        try:
            made.append(_run(record))
        except MeasurementError as error:
            refused.extend(error.mistakes)
    if refused and not made:
        raise MeasurementError(mistakes=refused)
    if refused:
        said = tuple(f"another record of this file was left out: {mistake}" for mistake in refused)
        made[0] = attrs.evolve(made[0], warnings=(*made[0].warnings, *said))
    return tuple(made)


def _run(record: Record) -> ThermobalanceRun:
    where = f"{record.origin.path}, record {record.origin.record + 1}" if record.origin.record else record.origin.path
    column, given_as = _mass_column(record, where)
    values = np.asarray(column.values, dtype=np.float64)
    program = program_of_record(record, where, values)
    values = values[program.kept]
    if np.ptp(values) == 0:
        raise MeasurementError(
            f"the column {quoted(column.name)} has one value in all rows: the balance recorded nothing", where=where
        )
    role = role_of_record(record)
    typed_kg = _initial_mass(record)
    mass, share, notes = _in_house_units(record, column, given_as, values, typed_kg, role, where)
    return ThermobalanceRun(
        name=record.name,
        role=role,
        time_s=program.time_s,
        temperature_K=program.temperature_K,
        mass_kg=mass,
        share_fraction=share,
        initial_mass_kg=typed_kg,
        corrected_by=record.header.get("correction file", "") if record.origin.format == "netzsch-text" else "",
        run=next((str(h.value) for h in record.hints if h.name == "run"), ""),
        origin=record.origin,
        warnings=(*record.warnings, *program.warnings, *notes),
    )


def _mass_column(record: Record, where: str) -> tuple[Column, str]:
    named = [(c, record.header.get(f"{c.name} given as", "")) for c in record.columns]
    known = [
        (c, word)
        for c, word in named
        if word in ("mass", "mass change", "percent", "fraction", "not stated") and not _OTHER_WEIGHTS.search(c.name)
        if c.unit in ("", "%", *_KILOGRAMS)
    ]
    if known:
        return known[0]
    there = ", ".join(quoted(c.name) for c in record.columns[:10])
    raise MeasurementError(
        f"no column of mass; the columns are {there}",
        where=where,
        expected="a mass in mg or in per cent",
        do="export the run with the signal of the balance",
    )


def _in_house_units(
    record: Record, column: Column, given_as: str, values: Array, typed_kg: float | None, role: str, where: str
) -> tuple[Array | None, Array | None, list[str]]:
    """Mass in kg or share of the initial mass, and what was assumed."""
    if given_as in ("percent", "fraction"):
        percent = values if given_as == "percent" else 100.0 * values
        first = float(np.median(percent[:5]))
        if abs(first - 100.0) < _LEVEL:
            return None, percent / 100.0, []
        if abs(first) < _LEVEL:
            return (
                None,
                1.0 + percent / 100.0,
                [f"{column.name} begins at {first:.3g} %: it is taken for the change of mass"],
            )
        raise MeasurementError(
            f"the mass begins at {first:.3g} %", where=where, expected="100 % (mass) or 0 % (change of mass)"
        )
    unit, notes = column.unit, list[str]()
    if given_as == "not stated":
        fixed = FIXED_UNITS.get(record.origin.format)
        if fixed is None or typed_kg is None or abs(values[0] * _KILOGRAMS[fixed[2]] / typed_kg - 1) > _TYPED_WITHIN:
            raise MeasurementError(
                f"the column {quoted(column.name)} has no unit, and its first value is not the mass in the header",
                where=where,
                do="export the run with its units",
            )
        unit = fixed[2]
        notes.append(
            f"the file prints no unit for {column.name}: {unit}, in which it begins with the mass of the header"
        )
    if given_as == "mass" and role != "blank" and _begins_at_zero(values):
        given_as = "mass change"
        notes.append(
            f"{column.name} begins at {float(np.median(values[:5])):.3g} {unit}: it is taken for the change of mass"
        )
    kilograms = values * _KILOGRAMS[unit]
    if given_as == "mass change" and role != "blank":
        if typed_kg is None:
            raise MeasurementError(
                "the balance was set to zero and the mass of the sample is not in the file",
                where=where,
                do="export the run with the sample's mass",
            )
        kilograms = kilograms + typed_kg
    return kilograms, None, notes


def _begins_at_zero(values: Array) -> bool:
    """Whether the balance was set to zero: a mass that begins below a fifth of what it changes by, or is negative, is none."""
    first = float(np.median(values[:5]))
    return abs(first) < _ZEROED * float(np.ptp(values)) or first < 0


def _initial_mass(record: Record) -> float | None:
    key = "initial mass [mg]"
    if key in record.not_set:
        return None
    try:
        value = float(record.header.get(key, ""))
    except ValueError:
        return None
    return value * 1e-6 if np.isfinite(value) and value > 0 else None
