"""What the techniques with a furnace share: time and temperature of a run, its stages, and whether a blank run is its twin.

Units come from the heads of the columns. Two vendors' layouts print none but have them fixed; then the fixed ones are taken and a
warning says so. Of several temperatures that of the sample counts, and the furnace's only where there is no other.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Sequence

import attrs
import numpy as np
import numpy.typing as npt

from pelletry.core.arrays import Array, array_field
from pelletry.core.errors import MeasurementError, quoted
from pelletry.core.record import Column, Record
from pelletry.fitting.smoothing import savitzky_golay

__all__ = [
    "FIXED_UNITS",
    "Program",
    "Stage",
    "blank_at",
    "main_heating",
    "program_of_record",
    "ramp_difference",
    "rate_in_words",
    "role_of_record",
    "stages_of",
]

#: Layouts that print no units and whose program always writes these (time, temperature, mass).
FIXED_UNITS = {"perkinelmer-text": ("min", "°C", "mg"), "setaram-text": ("s", "°C", "mg")}
_TIME = re.compile(r"^(?:time\b.*|t|zeit|temps|tiempo|tempo|时间|время|(?:elapsed|test|run)[ _]time)$", re.IGNORECASE)
_TEMPERATURES = (
    re.compile(r"^(?:sample[ _]temp\w*|ts|sample|temp\.?|temperature|temp\.?\s*sample.*|t_?sample|probentemperatur|temperatur|température|température échantillon|temperatura|温度|样品温度|температура|t)$", re.IGNORECASE),
    re.compile(r"^(?:program temp(?:erature|\.)?|tr|furnace(?:[ _]temp\w*)?|température four|ofentemperatur)$", re.IGNORECASE),
)  # fmt: skip
_SECONDS = {
    "s": 1.0,
    "sec": 1.0,
    "sec.": 1.0,
    "seconds": 1.0,
    "min": 60.0,
    "minutes": 60.0,
    "h": 3600.0,
    "hr": 3600.0,
    "hours": 3600.0,
    "ms": 1e-3,
}
_ZERO_OF_UNIT = {
    "°C": 273.15,
    "C": 273.15,
    "degC": 273.15,
    "deg C": 273.15,
    "℃": 273.15,
    "ºC": 273.15,
    "Cel": 273.15,
    "K": 0.0,
}
_ROLES = {
    "": "sample",
    "sample": "sample",
    "correction": "blank",
    "blank": "blank",
    "baseline": "blank",
    "empty": "blank",
}
_HIGHEST_K = 3500.0

_SHORTEST_RAMP_K = 5.0
_SHORTEST_DWELL_S = 120.0
_RATES_AGREE = 0.05
_TOPS_AGREE_K = 10.0


@attrs.frozen(kw_only=True)
class Program:
    """Time and temperature of a run, shape (n,), time rising; ``kept`` are the rows of the record they stem from."""

    time_s: Array = array_field(unit="s")
    temperature_K: Array = array_field(unit="K")
    kept: npt.NDArray[np.intp]
    warnings: tuple[str, ...] = ()


@attrs.frozen(kw_only=True)
class Stage:
    """A part of a run: heating, dwell or cooling, rows ``start`` to ``stop`` (excluded); the mean rate, negative on cooling."""

    kind: str
    start: int
    stop: int
    rate_K_per_s: float


def role_of_record(record: Record) -> str:
    """``sample``, ``blank``, or what the study calls it: the hint ``role`` first, then the file's own ``run``."""
    told = next((str(h.value) for h in record.hints if h.name == "role"), "")
    word = (told or record.header.get("run", "")).strip().lower()
    return _ROLES.get(word, word)


def program_of_record(record: Record, where: str, signal: Array) -> Program:
    """Time and temperature beside a signal (n,); rows in which one of the three is missing are left out and counted.

    Raises
    ------
    MeasurementError
        When time or temperature is missing or has no unit, time falls, or hardly anything is left.
    """
    time, time_note = _time(record, where)
    temperature, notes = _temperature(record, where)
    usable = np.isfinite(time) & np.isfinite(temperature) & np.isfinite(signal)
    said = [*time_note, *notes]
    if not usable.all():
        said.append(f"{int((~usable).sum())} rows with missing numbers were left out")
    kept = np.flatnonzero(usable)
    falls = np.flatnonzero(np.diff(time[kept]) < 0)
    if falls.size:
        i = int(kept[falls[0] + 1])
        raise MeasurementError(
            f"the time falls in data row {i + 1}", where=where, expected="one run, in the order it was measured"
        )
    # Two rows of one instant are one reading.
    kept = kept[np.concatenate([[True], np.diff(time[kept]) > 0])] if kept.size else kept
    if kept.size < 20:
        raise MeasurementError(f"only {kept.size} usable rows", where=where, expected="a run of at least 20 rows")
    if temperature[kept].min() <= 0 or temperature[kept].max() > _HIGHEST_K:
        raise MeasurementError(
            f"temperatures from {temperature[kept].min():.0f} to {temperature[kept].max():.0f} K",
            where=where,
            expected=f"temperatures above 0 and below {_HIGHEST_K:.0f} K",
            do="look which column holds the temperature, and its unit",
        )
    return Program(time_s=time[kept], temperature_K=temperature[kept], kept=kept, warnings=tuple(said))


def _found(record: Record, pattern: re.Pattern[str]) -> list[Column]:
    return [column for column in record.columns if pattern.match(column.name.strip())]


def _time(record: Record, where: str) -> tuple[Array, list[str]]:
    columns = [column for column in _found(record, _TIME) if column.unit not in _ZERO_OF_UNIT]  # T is no t
    if not columns:
        there = ", ".join(quoted(c.name) for c in record.columns[:10])
        raise MeasurementError(f"no column of time; the columns are {there}", where=where, do="export it with the time")
    column = columns[0]
    unit, notes = _unit(record, column, 0, where)
    if unit not in _SECONDS:
        raise MeasurementError(f"the time is in {quoted(unit)}", where=where, expected="s, min or h")
    return np.asarray(column.values, dtype=np.float64) * _SECONDS[unit], notes


def _temperature(record: Record, where: str) -> tuple[Array, list[str]]:
    for rank, pattern in enumerate(_TEMPERATURES):
        columns = [column for column in _found(record, pattern) if column.unit not in _SECONDS]  # t is no T
        if not columns:
            continue
        # A sample's own thermocouple before a column that is only called a temperature.
        column = sorted(columns, key=lambda c: "sample" not in c.name.lower() and c.name.lower() != "ts")[0]
        unit, notes = _unit(record, column, 1, where)
        if unit not in _ZERO_OF_UNIT:
            raise MeasurementError(f"the temperature is in {quoted(unit)}", where=where, expected="°C or K")
        if rank:
            notes = [*notes, f"temperature of the furnace or program ({column.name}): the sample's is not in the file"]
        return np.asarray(column.values, dtype=np.float64) + _ZERO_OF_UNIT[unit], notes
    there = ", ".join(quoted(c.name) for c in record.columns[:10])
    raise MeasurementError(f"no column of temperature; the columns are {there}", where=where)


def _unit(record: Record, column: Column, which: int, where: str) -> tuple[str, list[str]]:
    if column.unit:
        return column.unit, []
    fixed = FIXED_UNITS.get(record.origin.format)
    if fixed is None:
        raise MeasurementError(
            f"the column {quoted(column.name)} has no unit", where=where, do="export the run with its units"
        )
    return fixed[which], [f"the file prints no unit for {column.name}: {fixed[which]}, which this layout always has"]


# -- stages ------------------------------------------------------------------------------------------------------------


def stages_of(time_s: Array, temperature_K: Array) -> tuple[Stage, ...]:
    """Heating, dwells and cooling of a run, in order; what is shorter than 5 K or two minutes counts to its neighbour."""
    count = len(time_s)
    grid = np.linspace(time_s[0], time_s[-1], min(max(count, 3), 2000))
    even = np.interp(grid, time_s, temperature_K)
    step = float(grid[1] - grid[0])
    rate = savitzky_golay(even, half_width=max(3, len(grid) // 250), step=step, derivative=1, order=1)
    usual = float(np.quantile(np.abs(rate), 0.75))
    limit = max(0.15 * usual, 0.1 / 60.0)
    sign = np.where(rate > limit, 1, np.where(rate < -limit, -1, 0))
    bounds = [0, *(np.flatnonzero(np.diff(sign)) + 1).tolist(), len(sign)]
    pieces = [[int(sign[a]), a, b] for a, b in itertools.pairwise(bounds)]
    pieces = _merged(pieces, even, step)
    index = np.searchsorted(time_s, grid)
    found = []
    for number, (way, a, b) in enumerate(pieces):
        start = 0 if number == 0 else int(index[a])
        stop = count if b == len(sign) else int(index[b])
        if stop - start < 2:
            continue
        # Without the corners, where the furnace is neither here nor there.
        first, last = start + (stop - start) // 10, stop - 1 - (stop - start) // 10
        if last <= first:
            first, last = start, stop - 1
        mean = float((temperature_K[last] - temperature_K[first]) / (time_s[last] - time_s[first]))
        found.append(
            Stage(kind={1: "heating", 0: "dwell", -1: "cooling"}[way], start=start, stop=stop, rate_K_per_s=mean)
        )
    return tuple(found)


def _merged(pieces: list[list[int]], even: Array, step: float) -> list[list[int]]:
    """Short pieces are taken into the longer neighbour until none is left."""
    while len(pieces) > 1:
        short = [i for i, piece in enumerate(pieces) if _is_short(piece, even, step)]
        if not short:
            break
        i = min(short, key=lambda k: pieces[k][2] - pieces[k][1])
        left = i - 1 if i and (i == len(pieces) - 1 or _length(pieces[i - 1]) >= _length(pieces[i + 1])) else i
        right = left + 1
        keeps = pieces[left] if left != i else pieces[right]
        pieces[left : right + 1] = [[keeps[0], pieces[left][1], pieces[right][2]]]
        if left and pieces[left - 1][0] == pieces[left][0]:
            pieces[left - 1 : left + 1] = [[pieces[left][0], pieces[left - 1][1], pieces[left][2]]]
            left -= 1
        if left + 1 < len(pieces) and pieces[left + 1][0] == pieces[left][0]:
            pieces[left : left + 2] = [[pieces[left][0], pieces[left][1], pieces[left + 1][2]]]
    return pieces


def _length(piece: Sequence[int]) -> int:
    return piece[2] - piece[1]


def _is_short(piece: Sequence[int], even: Array, step: float) -> bool:
    way, a, b = piece
    if way == 0:
        return (b - a) * step < _SHORTEST_DWELL_S
    return abs(float(even[min(b, len(even) - 1)] - even[a])) < _SHORTEST_RAMP_K


def main_heating(stages: Sequence[Stage], temperature_K: Array) -> Stage | None:
    """The heating over the widest range; None when the run never heats."""
    ramps = [stage for stage in stages if stage.kind == "heating"]
    return max(ramps, key=lambda s: float(temperature_K[s.stop - 1] - temperature_K[s.start]), default=None)


def rate_in_words(rate_K_per_s: float) -> str:
    """``2.5 K/min``."""
    return f"{60.0 * rate_K_per_s:.3g} K/min"


# -- blank runs --------------------------------------------------------------------------------------------------------


def ramp_difference(run: Program, blank: Program) -> str:
    """Why a blank run was not measured with the program of a run; empty when it was."""
    ours, theirs = (main_heating(stages_of(p.time_s, p.temperature_K), p.temperature_K) for p in (run, blank))
    if ours is None or theirs is None:
        return "one of them has no heating"
    if abs(theirs.rate_K_per_s / ours.rate_K_per_s - 1) > _RATES_AGREE:
        return f"it was heated at {rate_in_words(theirs.rate_K_per_s)} and the sample at {rate_in_words(ours.rate_K_per_s)}"
    top, top_of_blank = run.temperature_K.max(), blank.temperature_K.max()
    if top_of_blank < top - _TOPS_AGREE_K:
        return f"it ends at {top_of_blank - 273.15:.0f} °C and the sample was heated to {top - 273.15:.0f} °C"
    return ""


def blank_at(run: Program, blank: Program, signal: Array) -> tuple[Array, int]:
    """The signal of a blank run at the times of a run, shape of the run; and how many last rows the blank does not reach.

    On the main heating (and before it) it is taken at the same temperature, afterwards at the same time since its end.
    """
    ours, theirs = (main_heating(stages_of(p.time_s, p.temperature_K), p.temperature_K) for p in (run, blank))
    if ours is None or theirs is None:
        raise ValueError("only runs that heat have a blank; ask ramp_difference first")
    heated = slice(0, theirs.stop)
    rising = np.maximum.accumulate(blank.temperature_K[heated])
    first = np.concatenate([[True], np.diff(rising) > 0])
    made = np.empty(len(run.time_s))
    made[: ours.stop] = np.interp(run.temperature_K[: ours.stop], rising[first], signal[heated][first])
    rest = slice(ours.stop, None)
    end, end_of_blank = run.time_s[ours.stop - 1], blank.time_s[theirs.stop - 1]
    since = run.time_s[rest] - end
    after = blank.time_s[theirs.stop - 1 :] - end_of_blank
    made[rest] = np.interp(since, after, signal[theirs.stop - 1 :])
    slack = 3.0 * float(np.median(np.diff(blank.time_s))) + 0.01 * float(blank.time_s[-1] - blank.time_s[0])
    return made, int((since > after[-1] + slack).sum())
