"""From the columns of an EC-Lab file to records: one a spectrum, one for everything else.

A file may hold many spectra (loops, cycles, a repeated sweep) and, between them, points without a frequency (the rest before
a sweep, the charging in a Modulo Bat run). A spectrum begins where a loop or a cycle begins, where points with a frequency follow
points without, and where the frequency returns to its start. Points without a frequency stay together in one record.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import attrs
import numpy as np
import numpy.typing as npt

from pelletry.core.record import Column, Hint, Record
from pelletry.formats.rawfile import RawFile

__all__ = ["Run", "acquisition_key", "acquisition_part", "records_of", "spectrum_starts"]

Rows = slice | npt.NDArray[np.intp]
_IMPEDANCE = (
    ("Re(Z)", "-Im(Z)"),
    ("Re(Z)", "Im(Z)"),
    ("|Z|", "Phase(Z)"),
    ("Re(Zce)", "-Im(Zce)"),
    ("Re(Zwe-ce)", "-Im(Zwe-ce)"),
)
_SERIES = frozenset({"Ewe", "<Ewe>", "I", "<I>", "Ece", "<Ece>", "Ewe-Ece", "control", "(Q-Qo)"})
_SAME_FREQUENCY = 0.02
_SPECTRA_AT_MOST = 20_000
_ABSOLUTE_ZERO_C = -273.15


@attrs.frozen(kw_only=True)
class Run:
    """A file's columns and what its header says, before it is cut into records.

    ``cut`` gives the columns of some of the points; where it is None they are taken from each column by itself.
    """

    columns: tuple[Column, ...]
    cut: Callable[[Rows], tuple[Column, ...]] | None = None
    technique: str = ""
    header: Mapping[str, str] = attrs.field(factory=dict)
    not_set: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    acquired_at: str | None = None
    loops: tuple[int, ...] = ()
    format: str
    first_line: int | None = None


def records_of(run: Run, raw: RawFile) -> tuple[Record, ...]:
    """The records of a file, spectra first in the order of time, then the points without a frequency."""
    frequency = _column(run.columns, "freq")
    points = len(run.columns[0].values) if run.columns else 0
    if frequency is None or not points or not _has_impedance(run.columns):
        return (_record(run, raw, 0, run.columns, technique=_without_spectrum(run, points)),)
    swept = (_doubles(frequency) > 0) & (_doubles(frequency) < np.inf)
    if not swept.any():
        return (_record(run, raw, 0, run.columns, technique=_without_spectrum(run, points)),)
    starts = spectrum_starts(frequency.values, loops=run.loops, cycle=_column(run.columns, "cycle number"))
    ends = np.append(starts[1:], points)
    pieces = [
        (int(a), int(a + np.count_nonzero(swept[a:b]))) for a, b in zip(starts.tolist(), ends.tolist(), strict=True)
    ]
    if len(pieces) > _SPECTRA_AT_MOST:
        raise raw.broken(
            f"the frequency returns to its start {len(pieces)} times",
            expected=f"at most {_SPECTRA_AT_MOST} spectra in a file",
            do="look at the frequency column; it does not hold sweeps",
        )
    made = [
        _record(run, raw, i, _cut(run, slice(a, b)), technique="impedance", place=(i, len(pieces), a))
        for i, (a, b) in enumerate(pieces)
    ]
    if not swept.all():
        rest = _cut(run, np.flatnonzero(~swept))
        made.append(_record(run, raw, len(made), rest, technique=_series(run.columns), place=(-1, 0, 0)))
    return tuple(made)


def spectrum_starts(
    frequency_Hz: npt.NDArray[np.floating], *, loops: Sequence[int] = (), cycle: Column | None = None
) -> npt.NDArray[np.intp]:
    """The first point of each spectrum among points of which some have no frequency (zero, NaN).

    Two runs over the same frequencies are two spectra: a point that comes back to the first frequency of its run, within 2 %,
    after the sweep has moved away, begins the next.
    """
    frequency = _doubles(frequency_Hz)
    swept = (frequency > 0) & (frequency < np.inf)
    marks = swept & ~np.concatenate([[False], swept[:-1]])
    inner = swept & np.concatenate([[False], swept[:-1]])
    for start in loops:
        if 0 <= start < len(marks) and swept[start]:
            marks[start] = True
    if cycle is not None:
        numbers = np.nan_to_num(_doubles(cycle))
        changed = np.concatenate([[False], numbers[1:] != numbers[:-1]])
        marks |= changed & inner
    starts = np.flatnonzero(marks)
    ends = np.append(starts[1:], len(frequency))
    found: list[int] = []
    for a, b in zip(starts.tolist(), ends.tolist(), strict=True):
        b = a + int(np.count_nonzero(swept[a:b]))
        found.extend(a + restart for restart in _restarts(frequency[a:b]))
    return np.asarray(found, dtype=np.intp)


def acquisition_key(header: Mapping[str, str], acquired_at: str | None) -> str:
    """Names the start of a run: equal for the binary file, its text exports and its split parts; empty when not known."""
    channel, serial = header.get("Run on channel", ""), header.get("Channel SN", "")
    if not (acquired_at and "T" in acquired_at and channel and serial):
        return ""
    return f"SN {serial}, channel {channel}, {acquired_at[:19]}"


def acquisition_part(columns: Sequence[Column]) -> str:
    """Which points of a run these are: how many, and from when to when."""
    points = len(columns[0].values) if columns else 0
    counted = f"{points} point" if points == 1 else f"{points} points"
    time = _column(columns, "time")
    if time is None or not points:
        return counted
    first, last = (float(time.values[i]) for i in (0, -1))
    return f"{counted}, {first:.3f} s to {last:.3f} s"


def _restarts(frequency: npt.NDArray[np.float64]) -> list[int]:
    """0 and every index where the sweep is back at its first frequency."""
    if len(frequency) < 3:
        return [0]
    first = frequency[0]
    with np.errstate(over="ignore"):
        near = np.abs(frequency / first - 1) < _SAME_FREQUENCY
    if near.all():
        return [0]
    jumped = near & np.concatenate([[False], ~near[:-1]])
    back = np.flatnonzero(jumped).tolist()
    # A sweep there and back again comes home step by step, not in one leap: that is one spectrum.
    leaps = [i for i in back if abs(np.log(frequency[i] / frequency[i - 1])) > 2 * _usual_step(frequency)]
    return [0, *leaps]


def _usual_step(frequency: npt.NDArray[np.float64]) -> float:
    steps = np.abs(np.diff(np.log(frequency)))
    return float(np.median(steps))


def _doubles(values: Column | npt.NDArray[np.floating]) -> npt.NDArray[np.float64]:
    """As float64. A damaged file may hold signalling NaNs, about which the conversion would warn."""
    with np.errstate(invalid="ignore"):
        return np.asarray(values.values if isinstance(values, Column) else values, dtype=np.float64)


def _column(columns: Sequence[Column], name: str) -> Column | None:
    return next((column for column in columns if column.name == name), None)


def _has_impedance(columns: Sequence[Column]) -> bool:
    names = {column.name for column in columns}
    return any(names.issuperset(pair) for pair in _IMPEDANCE)


def _series(columns: Sequence[Column]) -> str:
    names = {column.name for column in columns}
    return "cycling" if "time" in names and names & _SERIES else ""


def _without_spectrum(run: Run, points: int) -> str:
    """The verdict on points without a frequency: a spectrum whose export left the frequencies out is no time series."""
    if _has_impedance(run.columns) and _column(run.columns, "freq") is None:
        return ""
    return _series(run.columns) if points else ""


def _cut(run: Run, rows: Rows) -> tuple[Column, ...]:
    if run.cut is not None:
        return run.cut(rows)
    return tuple(attrs.evolve(column, values=column.values[rows]) for column in run.columns)


def _record(
    run: Run,
    raw: RawFile,
    number: int,
    columns: tuple[Column, ...],
    *,
    technique: str,
    place: tuple[int, int, int] | None = None,
) -> Record:
    header = dict(run.header)
    name = run.technique or raw.path.stem
    if place is not None and place[0] >= 0:
        header["First point"] = str(place[2])
        if place[1] > 1:
            name = f"{name} {place[0] + 1} of {place[1]}"
    elif place is not None:
        name = f"{name}, points without a frequency"
    return Record(
        name=name,
        technique=technique,
        columns=columns,
        origin=raw.origin(run.format, record=number, acquired_at=run.acquired_at, line=run.first_line),
        header=header,
        not_set=run.not_set,
        hints=_hints(columns),
        warnings=run.warnings + _warnings(run, columns, technique),
    )


def _warnings(run: Run, columns: Sequence[Column], technique: str) -> tuple[str, ...]:
    points = len(columns[0].values) if columns else 0
    if not points:
        return ("the run holds no points: it was stopped before the first one",)
    if technique == "" and _has_impedance(run.columns) and _column(run.columns, "freq") is None:
        return ("the file has impedances but no frequency column; export it again with 'freq/Hz'",)
    return _modulus_disagrees(columns)


def _modulus_disagrees(columns: Sequence[Column]) -> tuple[str, ...]:
    """Real part, imaginary part and modulus are stored apart; columns read at the wrong place would not fit together."""
    found = [_column(columns, name) for name in ("Re(Z)", "-Im(Z)", "|Z|")]
    parts = [_doubles(column) for column in found if column is not None]
    if len(parts) < 3:
        return ()
    with np.errstate(all="ignore"):
        wrong = int(np.count_nonzero(~(np.abs(np.hypot(parts[0], parts[1]) - parts[2]) <= 1e-3 * np.abs(parts[2]))))
    if not wrong:
        return ()
    return (f"|Z| differs from the root of Re(Z)^2 + Im(Z)^2 at {wrong} of {len(parts[0])} points",)


def _hints(columns: Sequence[Column]) -> tuple[Hint, ...]:
    """A temperature that the instrument recorded with the points, as its mean."""
    column = _column(columns, "Temperature")
    if column is None or column.unit != "°C" or not len(column.values):
        return ()
    with np.errstate(all="ignore"):
        mean = float(np.mean(_doubles(column)))
    if not np.isfinite(mean) or mean <= _ABSOLUTE_ZERO_C or mean == 0.0:
        return ()
    text = f"Temperature/°C, mean of {len(column.values)} points"
    return (Hint(name="temperature", value=mean - _ABSOLUTE_ZERO_C, unit="K", source="column", text=text),)
