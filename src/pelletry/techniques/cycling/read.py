"""Records of cyclers, and of the spectra between their steps, to measurements: which columns mean what, units, resets.

A set point (``control``) is no measurement and is never taken for a current. Where a file holds no current but a charge counter,
the current is the counter's slope, and says so. Nothing is taken for granted about area, mass or which electrode is which.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from pelletry.core.arrays import Array
from pelletry.core.errors import MeasurementError, Mistake
from pelletry.core.record import Hint, Record
from pelletry.techniques.cycling.charge import charge_of_record
from pelletry.techniques.cycling.columns import cycle_column, find, find_time
from pelletry.techniques.cycling.measurement import CellSpectrum, CyclingRun

__all__ = ["read"]

FEWEST_POINTS = 2
#: A cell of more than this many volts, or with a current above so many amperes, is a slip of a unit.
_MOST_VOLT, _MOST_AMPERE = 50.0, 1000.0


#: Spectra of the holder without a cell; the impedance takes them off, here they would count as spectra of the cell.
_OF_THE_HOLDER = ("short", "open")


def read(records: Sequence[Record], /) -> tuple[CyclingRun | CellSpectrum, ...]:
    """Runs and spectra of the records, in their order.

    Raises
    ------
    MeasurementError
        When no record makes a measurement: no time that runs forward, no voltage; names each.
    """
    made: list[CyclingRun | CellSpectrum] = []
    refused: list[Mistake] = []
    for record in records:
        if record.technique == "impedance" and _hint(record, "role") in _OF_THE_HOLDER:
            continue
        try:
            made.append(_spectrum(record) if record.technique == "impedance" else _run(record))
        except MeasurementError as error:
            refused.extend(error.mistakes)
    if refused and not made:
        raise MeasurementError(mistakes=refused)
    return tuple(made)


def _where(record: Record) -> str:
    return f"{record.origin.path}, record {record.origin.record + 1}" if record.origin.record else record.origin.path


def _run(record: Record) -> CyclingRun:
    where = _where(record)
    time, voltage, warnings = find_time(record), *_voltage(record)
    mistakes = []
    if record.points < FEWEST_POINTS:
        mistakes.append(Mistake(what=f"the run has {record.points} points", where=where, expected="two or more"))
    if time is None:
        names = ", ".join(column.name for column in record.columns[:8]) or "none"
        mistakes.append(
            Mistake(
                what=f"no column is a time that only runs forward ({names})",
                where=where,
                do="export the time of the test",
            )
        )
    if voltage is None:
        names = ", ".join(f"{c.name} ({c.unit})" if c.unit else c.name for c in record.columns[:8]) or "none"
        mistakes.append(
            Mistake(what=f"no column is a voltage ({names})", where=where, do="export the voltage with its unit")
        )
    if mistakes:
        raise MeasurementError(mistakes=mistakes)
    assert time is not None
    assert voltage is not None
    _refuse_absurd(voltage, "voltage", _MOST_VOLT, "V", where)
    charge = charge_of_record(record, time.values)
    _refuse_absurd(charge.current_A, "current", _MOST_AMPERE, "A", where)
    temperature, is_confirmed = _temperature(record)
    cycle = cycle_column(record)
    return CyclingRun(
        name=record.name or record.origin.path.rpartition("/")[2],
        time_s=time.values,
        voltage_V=voltage,
        current_A=charge.current_A,
        current_source=charge.source,
        current_holds=charge.holds,
        charge_C=charge.charge_C if charge.source else None,
        counter_C=charge.counter_C,
        current_step_A=charge.current_step_A,
        counter_step_C=charge.counter_step_C,
        counter_resets=charge.resets,
        cycle_number=None
        if cycle is None
        else np.nan_to_num(np.asarray(cycle.values, dtype=np.float64)).astype(np.int64),
        loop_starts=_loops(record),
        temperature_K=temperature,
        temperature_is_confirmed=is_confirmed,
        role=_hint(record, "role"),
        run=_hint(record, "run"),
        acquisition=record.header.get("acquisition key", ""),
        origin=record.origin,
        warnings=(*record.warnings, *((time.note,) if time.note else ()), *warnings, *charge.notes),
    )


def _refuse_absurd(values: Array, what: str, most: float, unit: str, where: str) -> None:
    known = np.abs(values[np.isfinite(values)])
    if known.size and float(np.median(known)) > most:
        raise MeasurementError(
            f"the {what} is about {float(np.median(known)):.3g} {unit}, which no cell has",
            where=where,
            do="check the unit in the head",
        )


def _voltage(record: Record) -> tuple[Array | None, tuple[str, ...]]:
    """The voltage of the cell. With a reference electrode it is the difference of both electrodes."""
    found = find(record, "voltage")
    if found is None:
        return None, ()
    counter = record.column("Ece", "<Ece>")
    if counter is None or counter.unit != "V" or "ece" in found.name.lower():
        return found.values, ()
    values = found.values - np.asarray(counter.values, dtype=np.float64)
    return values, (f"the voltage of the cell is {found.name} minus {counter.name}",)


def _loops(record: Record) -> tuple[int, ...]:
    """The first points of loops as the header has them; those that cannot be places of points are left out."""
    words = record.header.get("Loop starts", "").split()
    return tuple(n for n in (int(w) for w in words if w.isdigit()) if 0 < n < record.points)


def _hint(record: Record, name: str) -> str:
    return str(next((hint.value for hint in record.hints if hint.name == name), ""))


def _temperature(record: Record) -> tuple[float | None, bool]:
    order = ("column", "header", "file name", "folder name")
    found = [h for h in record.hints if h.name == "temperature" and h.unit == "K" and not isinstance(h.value, str)]
    if not found:
        return None, False
    best: Hint = min(found, key=lambda h: order.index(h.source) if h.source in order else -1)
    return float(best.value), best.source not in ("file name", "folder name") or best.text == "confirmed"


def _spectrum(record: Record) -> CellSpectrum:
    where = _where(record)
    frequency, real = record.column("freq", "Frequency", "frequency", "f"), record.column("Re(Z)", "Z'", "Zre")
    imaginary = record.column("-Im(Z)", "Im(Z)", "Z''", "Zim")
    if frequency is None or real is None or imaginary is None or record.points < FEWEST_POINTS:
        raise MeasurementError(
            "the spectrum has no frequency, real and imaginary part by their usual names", where=where
        )
    f = np.asarray(frequency.values, dtype=np.float64)
    z = np.asarray(real.values, dtype=np.float64) - 1j * np.asarray(imaginary.values, dtype=np.float64)
    if not imaginary.name.startswith("-"):
        z = np.conj(z)
    good = np.isfinite(f) & np.isfinite(z) & (f > 0)
    if np.count_nonzero(good) < FEWEST_POINTS:
        raise MeasurementError("the spectrum has no points", where=where)
    f, z = f[good], z[good]
    low, high = int(np.argmin(f)), int(np.argmax(f))
    time = record.column("time")
    temperature, _ = _temperature(record)
    return CellSpectrum(
        name=record.name,
        time_s=None if time is None or time.unit != "s" else float(np.asarray(time.values, dtype=np.float64)[0]),
        resistance_low_ohm=float(z[low].real),
        frequency_low_Hz=float(f[low]),
        phase_low_deg=float(np.degrees(np.angle(z[low]))),
        resistance_high_ohm=float(z[high].real),
        frequency_high_Hz=float(f[high]),
        temperature_K=temperature,
        role=_hint(record, "role"),
        acquisition=record.header.get("acquisition key", ""),
        origin=record.origin,
    )
