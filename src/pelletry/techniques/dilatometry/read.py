"""Records to runs of a dilatometer. The head of the column decides what its numbers are, never their size.

A positive number is an expansion, as all these instruments write it; only a column whose name says shrinkage is turned, and says so.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

import attrs
import numpy as np

from pelletry.core.arrays import Array
from pelletry.core.errors import MeasurementError, Mistake, quoted
from pelletry.core.record import Column, Record
from pelletry.techniques.dilatometry.measurement import DilatometerRun
from pelletry.techniques.thermal_program import Program, program_of_record, role_of_record

__all__ = ["program_of", "read"]

_METRES = {"µm": 1e-6, "μm": 1e-6, "um": 1e-6, "mm": 1e-3, "nm": 1e-9, "m": 1.0}
_FRACTIONS = {"percent": 1e-2, "fraction": 1.0, "per mille": 1e-3, **{f"10^-{k}": 10.0**-k for k in range(1, 10)}}
_SHRINKAGE = re.compile(r"shrink|schwind|retrait", re.IGNORECASE)
#: No body is longer than twice or shorter than a third of itself after a firing.
_STRAINS = (-0.67, 1.0)


def read(records: Sequence[Record], /) -> tuple[DilatometerRun, ...]:
    """Runs of the records, in their order; a record that makes none is refused by name, the others come out.

    Raises
    ------
    MeasurementError
        When no record makes a run: no column of length, no unit, no time or temperature, too few rows.
    """
    made: list[DilatometerRun] = []
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


def _run(record: Record) -> DilatometerRun:
    where = f"{record.origin.path}, record {record.origin.record + 1}" if record.origin.record else record.origin.path
    column, given_as = _length_column(record, where)
    values = np.asarray(column.values, dtype=np.float64)
    program = program_of_record(record, where, values)
    values = values[program.kept]
    warnings = [*record.warnings, *program.warnings]
    if _SHRINKAGE.search(column.name):
        values = -values
        warnings.append(f"the column {column.name} holds shrinkage as a positive number; it was turned")
    displacement_m, strain = _in_house_units(values, column, given_as, where)
    return DilatometerRun(
        name=record.name,
        role=role_of_record(record),
        time_s=program.time_s,
        temperature_K=program.temperature_K,
        displacement_m=displacement_m,
        strain_fraction=strain,
        initial_length_m=_initial_length(record),
        expansion_standard=record.header.get("expansion standard", ""),
        run=next((str(h.value) for h in record.hints if h.name == "run"), ""),
        origin=record.origin,
        warnings=tuple(warnings),
    )


def _length_column(record: Record, where: str) -> tuple[Column, str]:
    """The column of the change of length, and what the reader says it is given as."""
    named = [(c, record.header.get(f"{c.name} given as", "")) for c in record.columns]
    known = [(c, word) for c, word in named if word in ("length", *_FRACTIONS)]
    if known:
        # A fraction or per cent needs no length of the sample, so it goes before micrometres.
        return next(((c, word) for c, word in known if word in _FRACTIONS), known[0])
    for column, word in named:
        if word == "not stated":
            raise MeasurementError(
                f"it is not stated what the column {quoted(column.name)} is given in",
                where=where,
                expected="µm, per cent or a fraction in the head of the column",
                do="export the run with its units",
            )
    there = ", ".join(quoted(c.name) for c in record.columns[:10])
    raise MeasurementError(
        f"no column of a change of length; the columns are {there}",
        where=where,
        expected="dL, dL/L0, a displacement or a change in length",
        do="export the run with the length signal",
    )


def _in_house_units(values: Array, column: Column, given_as: str, where: str) -> tuple[Array | None, Array | None]:
    if given_as == "length":
        factor = _METRES.get(column.unit)
        if factor is None:
            raise MeasurementError(f"the length is in {quoted(column.unit)}", where=where, expected="µm, mm or nm")
        return values * factor, None
    strain = values * _FRACTIONS[given_as]
    if strain.min() < _STRAINS[0] or strain.max() > _STRAINS[1]:
        raise MeasurementError(
            f"the column {quoted(column.name)}, given as {given_as}, reaches a strain of "
            f"{100 * float(strain[np.argmax(np.abs(strain))]):.0f} %",
            where=where,
            expected="between -67 and +100 %",
            do="look whether its head states the right unit",
        )
    return None, strain


def _initial_length(record: Record) -> float | None:
    key = "initial length [mm]"
    if key in record.not_set:
        return None
    try:
        value = float(record.header.get(key, ""))
    except ValueError:
        return None
    return value * 1e-3 if np.isfinite(value) and value > 0 else None


def program_of(run: DilatometerRun) -> Program:
    """Time and temperature of a run, for what the techniques with a furnace share."""
    return Program(time_s=run.time_s, temperature_K=run.temperature_K, kept=np.arange(len(run.time_s)))
