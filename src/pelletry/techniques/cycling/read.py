"""Records of cyclers, and of the spectra between their steps, to measurements: which columns mean what, units, resets.

A set point (``control``) is no measurement and is never taken for a current. Where a file holds no current but a charge counter,
the current is the counter's slope, and says so. Nothing is taken for granted about area, mass or which electrode is which.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from pelletry.core.arrays import Array
from pelletry.core.errors import MeasurementError, Mistake
from pelletry.core.record import Hint, Record
from pelletry.techniques.cycling.columns import counters, cycle_column, find, find_time
from pelletry.techniques.cycling.direction import current_with_signs
from pelletry.techniques.cycling.measurement import CellSpectrum, CyclingRun

__all__ = ["read"]

FEWEST_POINTS = 2
#: A cell of more than this many volts, or with a current above so many amperes, is a slip of a unit.
_MOST_VOLT, _MOST_AMPERE = 50.0, 1000.0


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
    counter, resets = _counter(record)
    current, source, notes = _current(record, time.values, counter)
    _refuse_absurd(current, "current", _MOST_AMPERE, "A", where)
    temperature, is_confirmed = _temperature(record)
    cycle = cycle_column(record)
    return CyclingRun(
        name=record.name or record.origin.path.rpartition("/")[2],
        time_s=time.values,
        voltage_V=voltage,
        current_A=current,
        current_source=source,
        counter_C=counter,
        counter_resets=resets,
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
        warnings=(*record.warnings, *warnings, *notes),
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


def _current(record: Record, time_s: Array, counter: Array | None) -> tuple[Array, str, tuple[str, ...]]:
    found = find(record, "current")
    if found is not None:
        values, notes = current_with_signs(record, found.values)
        return values, "measured", notes
    if counter is not None and counter.size > 1:
        return (
            _slope(time_s, counter),
            "charge counter",
            ("the file holds no current; it is the slope of its charge counter",),
        )
    return np.full(time_s.size, math.nan), "", ("the file holds neither a current nor a charge counter",)


def _slope(time_s: Array, counter_C: Array) -> Array:
    """Charge over time to the next point; the last point keeps the current before it. [A]"""
    step_s = np.diff(time_s)
    with np.errstate(divide="ignore", invalid="ignore"):
        slope = np.diff(counter_C) / step_s
    slope[step_s <= 0] = 0.0
    return np.append(slope, slope[-1])


def _counter(record: Record) -> tuple[Array | None, int]:
    """A running charge [C]: the file's own, or charge minus discharge made continuous over their resets."""
    running, charge, discharge = counters(record)
    if running is not None:
        return running.values, 0
    if charge is None or discharge is None:
        return None, 0
    (up, resets_up), (down, resets_down) = (_without_resets(c.values) for c in (charge, discharge))
    return up - down, resets_up + resets_down


def _without_resets(values: Array) -> tuple[Array, int]:
    """A counter that falls back to zero goes on from where it was."""
    known = np.nan_to_num(values)
    falls = np.diff(known) < -1e-9 * max(1.0, float(np.max(np.abs(known), initial=0.0)))
    lost = np.where(falls, -np.diff(known) + np.append(known[1:], 0.0)[: falls.size], 0.0)
    return np.append(known[:1], known[1:] + np.cumsum(lost)), int(np.count_nonzero(falls))


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
