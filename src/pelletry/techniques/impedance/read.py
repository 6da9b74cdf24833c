"""Records to spectra: which columns mean what, signs and units to house units, rows put in order; nothing happens in silence.

The sign of Z'' is that of the column's own name. A spectrum whose sign is wrong all the same is found by the plausibility
test of the analysis and reported there; it is never turned here, only by a person's decision.
"""

from __future__ import annotations

from collections.abc import Sequence

import attrs
import numpy as np
import numpy.typing as npt

from pelletry.core.arrays import Array, ComplexArray
from pelletry.core.bare_spectrum import heads_of_bare_columns
from pelletry.core.errors import MeasurementError, Mistake, quoted
from pelletry.core.impedance_headings import HAS_SPECTRUM
from pelletry.core.record import Column, Hint, Record
from pelletry.techniques.impedance.columns import Meaning, meaning_of
from pelletry.techniques.impedance.lcr import EQUIVALENTS, impedance_from_equivalent
from pelletry.techniques.impedance.measurement import ImpedanceSpectrum
from pelletry.techniques.impedance.slope import phase_of_slope

__all__ = ["FEWEST_POINTS", "read"]

#: Fewer points than this cannot carry the five parameters of one arc and an electrode.
FEWEST_POINTS = 5
#: A name is only a hint until a person confirms it; column and header are measurements or the operator's own entry.
_SOURCE_ORDER = ("column", "header", "file name", "folder name")
_HIGHEST_TEMPERATURE_K = 3000.0
#: Two values at one frequency further apart than this share of |Z| (median) are two spectra, not one repeated point.
_REPEAT_TOLERANCE = 0.05
#: A phase divided by that of the slope of |Z|: 1 in degrees, 1/57 in radians; the limits lie halfway on a logarithmic scale.
_IN_DEGREES = (1 / 7.57, 7.57)
#: No instrument measures beyond these.
_SMALLEST_OHM, _LARGEST_OHM = 1e-9, 1e18
#: |Z| and phase that differ from Re and Im by more than this share say that columns were mistaken.
_COLUMN_TOLERANCE = 1e-3


def read(records: Sequence[Record], /) -> tuple[ImpedanceSpectrum, ...]:
    """Spectra of the records, in their order.

    When some records of a file make no spectrum and others do, the others come out and carry the reasons as warnings.

    Raises
    ------
    MeasurementError
        When no record makes a spectrum: columns missing, too few points, frequencies that are not positive; names each.
    """
    spectra: list[ImpedanceSpectrum] = []
    refused: list[Mistake] = []
    for record in records:
        try:
            spectra.append(_spectrum(record))
        except MeasurementError as error:
            refused.extend(error.mistakes)
    if refused and not spectra:
        raise MeasurementError(mistakes=refused)
    if refused:
        sentences = tuple(f"another record of this file was left out: {mistake}" for mistake in refused)
        spectra[0] = attrs.evolve(spectra[0], warnings=(*spectra[0].warnings, *sentences))
    return tuple(spectra)


@attrs.frozen(kw_only=True, eq=False)
class _Rows:
    frequency_Hz: Array
    impedance_ohm: ComplexArray
    file_row: npt.NDArray[np.int64]
    warnings: tuple[str, ...] = ()


def _in_file_order(frequency_Hz: Array, impedance_ohm: ComplexArray, warnings: tuple[str, ...]) -> _Rows:
    file_row = np.arange(frequency_Hz.size, dtype=np.int64)
    return _Rows(frequency_Hz=frequency_Hz, impedance_ohm=impedance_ohm, file_row=file_row, warnings=warnings)


def _spectrum(record: Record) -> ImpedanceSpectrum:
    where = _place(record)
    if record.points == 0:
        raise MeasurementError(
            "the record holds no points", where=where, expected="a spectrum", do="measure or export it again"
        )
    rows = _tidied(record, _converted(record, where), where)
    spectrum = ImpedanceSpectrum(
        name=_name(record),
        run=_run(record),
        role=str(next((h.value for h in record.hints if h.name == "role"), "")),
        time_s=_time(record),
        acquisition=record.header.get("acquisition key", ""),
        origin=record.origin,
        frequency_Hz=rows.frequency_Hz,
        impedance_ohm=rows.impedance_ohm,
        file_row=rows.file_row,
        warnings=(*record.warnings, *rows.warnings),
    )
    return _with_temperature(spectrum, record, where)


def _name(record: Record) -> str:
    """The record's own name, with the run that the study gives it where several spectra are alike."""
    name = record.name or record.origin.path.rpartition("/")[2]
    run = _run(record)
    return f"{name}, {run}" if run else name


def _run(record: Record) -> str:
    return str(next((h.value for h in record.hints if h.name == "run"), ""))


def _time(record: Record) -> float | None:
    """When the spectrum began, where the record has a clock in seconds."""
    time = record.column("time")
    if time is None or time.unit != "s" or not time.values.size or not np.isfinite(time.values[0]):
        return None
    return float(time.values[0])


def _place(record: Record) -> str:
    # People count the spectra of a file from 1.
    return f"{record.origin.path}, record {record.origin.record + 1}" if record.origin.record else record.origin.path


# -- columns -----------------------------------------------------------------------------------------------------------


def _converted(record: Record, where: str) -> _Rows:
    meanings, misfits = _meanings(record)
    frequency = _first(record, meanings, "frequency", 1.0) or _first(record, meanings, "angular_frequency", 0.5 / np.pi)
    pairs = (
        ("real", "imaginary", _from_parts),
        ("modulus", "phase", _from_polar),
        ("admittance_real", "admittance_imaginary", _from_admittance),
    )
    for one, two, combine in pairs:
        a, b = _first(record, meanings, one, 1.0), _first(record, meanings, two, 1.0)
        if frequency is not None and a is not None and b is not None:
            used = [f for f in (frequency, a, b) if f.is_unit_assumed]
            degrees, said = (b.values, ()) if one != "modulus" else _phase(frequency.values, a.values, b)
            impedance_ohm = combine(a.values, degrees)
            used = [f for f in used if not (said and f is b)]
            warnings = _assumed(record, used) + said + _disagreement(record, meanings, one, impedance_ohm)
            return _in_file_order(frequency.values, impedance_ohm, warnings)
    nameless = _equivalent(record, meanings, frequency) or _nameless(record)
    if nameless is not None:
        return nameless
    raise _missing_columns(record, where, set(m.role for m in meanings.values()), misfits)


def _equivalent(record: Record, meanings: dict[int, Meaning], frequency: _Found | None) -> _Rows | None:
    """What an LCR meter wrote as a capacitance and a loss."""
    for roles in EQUIVALENTS:
        a, b = _first(record, meanings, roles[0], 1.0), _first(record, meanings, roles[1], 1.0)
        if frequency is not None and a is not None and b is not None:
            impedance_ohm = impedance_from_equivalent(
                roles=roles, frequency_Hz=frequency.values, capacitance_F=a.values, loss=b.values
            )
            said = f"the impedance follows from {a.name} and {b.name} by their definition"
            return _in_file_order(
                frequency.values,
                impedance_ohm,
                (*_assumed(record, [frequency] if frequency.is_unit_assumed else []), said),
            )
    return None


@attrs.frozen(kw_only=True, eq=False)
class _Found:
    name: str
    values: Array
    role: str
    is_unit_assumed: bool


def _meanings(record: Record) -> tuple[dict[int, Meaning], list[str]]:
    meanings: dict[int, Meaning] = {}
    misfits: list[str] = []
    for i, column in enumerate(record.columns):
        meaning = meaning_of(column)
        if isinstance(meaning, str):
            misfits.append(meaning)
        elif meaning is not None:
            meanings[i] = meaning
    return meanings, misfits


def _first(record: Record, meanings: dict[int, Meaning], role: str, factor: float) -> _Found | None:
    for i, meaning in meanings.items():
        if meaning.role == role:
            column = record.columns[i]
            values = np.asarray(column.values, dtype=np.float64) * (meaning.factor * factor)
            return _Found(name=column.name, values=values, role=role, is_unit_assumed=meaning.is_unit_assumed)
    return None


def _from_parts(real: Array, imaginary: Array) -> ComplexArray:
    impedance = np.empty(real.size, dtype=np.complex128)
    # Not real + 1j * imaginary, which turns an infinite part into a missing other one.
    impedance.real, impedance.imag = real, imaginary
    return impedance


def _from_polar(modulus: Array, phase_deg: Array) -> ComplexArray:
    with np.errstate(invalid="ignore", over="ignore"):
        return np.asarray(modulus * np.exp(1j * np.deg2rad(phase_deg)))


def _from_admittance(real: Array, imaginary: Array) -> ComplexArray:
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray(1.0 / (real + 1j * imaginary))


def _phase(frequency: Array, modulus: Array, phase: _Found) -> tuple[Array, tuple[str, ...]]:
    """The phase in degrees, and what is to be said about its unit: the slope of |Z| knows it where the file does not say it."""
    size = phase_of_slope(frequency, modulus, phase.values)
    if size is None or _IN_DEGREES[0] < size < _IN_DEGREES[1]:
        return phase.values, ()
    name = quoted(phase.name)
    if phase.is_unit_assumed and size < _IN_DEGREES[0]:
        said = f"the file states no unit of {name}: read in radians, since in degrees it would be far too small for the slope of |Z|"
        return np.rad2deg(phase.values), (said,)
    times = f"{1 / size:.2g} times too small" if size < 1 else f"{size:.2g} times too large"
    return phase.values, (f"{name} is about {times} for the slope of |Z| over the frequency: check its unit",)


def _assumed(record: Record, open_: Sequence[_Found]) -> tuple[str, ...]:
    """A plain table without units is read in Hz, ohm and degrees, and says so; a vendor's format defines its units."""
    if not open_ or not record.origin.format.startswith("table"):
        return ()
    words = {"frequency": "Hz", "phase": "degrees", "angular_frequency": "rad/s"}
    shown = ", ".join(f"{f.name} in {words.get(f.role, 'S' if 'admittance' in f.role else 'ohm')}" for f in open_)
    return (f"the file states no unit: {shown} assumed",)


def _disagreement(
    record: Record, meanings: dict[int, Meaning], used: str, impedance_ohm: ComplexArray
) -> tuple[str, ...]:
    """Re and Im against |Z| of the same rows: a column that was mistaken for another shows here."""
    modulus = _first(record, meanings, "modulus", 1.0)
    if used != "real" or modulus is None:
        return ()
    size = np.abs(impedance_ohm)
    with np.errstate(divide="ignore", invalid="ignore"):
        off = np.abs(modulus.values / size - 1.0)
    usable = np.isfinite(off) & (size > 0) & (modulus.values > 0)
    if not usable.any() or float(np.median(off[usable])) <= _COLUMN_TOLERANCE:
        return ()
    return (
        f"column {modulus.name!r} differs from Re and Im by {100 * float(np.median(off[usable])):.2g} % (median); "
        "Re and Im are used",
    )


_NAMELESS = (
    "",
    "column 1",
    "column 2",
    "column 3",
    "col1",
    "col2",
    "col3",
    "column1",
    "column2",
    "column3",
    "1",
    "2",
    "3",
)


def _nameless(record: Record) -> _Rows | None:
    """Three columns without a header, as the slope of |Z| reads them; a fourth may not exist, since nothing says what it is."""
    if len(record.columns) != 3 or any(c.name.strip().lower() not in _NAMELESS for c in record.columns):
        return None
    f, second, third = (np.asarray(c.values, dtype=np.float64) for c in record.columns)
    usable = np.isfinite(f) & np.isfinite(second) & np.isfinite(third) & (f > 0)
    told = heads_of_bare_columns(f[usable], second[usable], third[usable])
    if told is None:
        return None
    heads, said = told
    signed = -third if heads[2][0].startswith("-") else third
    impedance_ohm = _from_polar(second, signed) if heads[1][0] == "|Z|" else _from_parts(second, signed)
    return _in_file_order(
        f, impedance_ohm, (f"the file has no column names: they are taken as frequency in Hz, {said}",)
    )


def _missing_columns(record: Record, where: str, roles: set[str], misfits: list[str]) -> MeasurementError:
    there = ", ".join(_head(c) for c in record.columns[:20]) or "none"
    missing = []
    if not roles & {"frequency", "angular_frequency"}:
        missing.append("frequency")
    if not any(set(pair) <= roles for pair in HAS_SPECTRUM):
        missing.append("impedance (Re and Im, or |Z| and phase)")
    what = f"no {' and no '.join(missing)} column" if missing else "no complete spectrum"
    if misfits:
        what += f"; {_said_once(misfits)}"
    return MeasurementError(
        f"{what}; the columns are {there}",
        where=where,
        expected="a frequency with Re(Z) and Im(Z), or with |Z| and the phase",
        do="export the spectrum with these columns",
    )


def _said_once(misfits: Sequence[str]) -> str:
    """``a is in V and b is in A, a unit that does not fit``: an ending that several share stands once."""
    by_ending: dict[str, list[str]] = {}
    for misfit in misfits:
        begin, comma, end = misfit.rpartition(", ")
        by_ending.setdefault(comma + end, []).append(begin)
    return "; ".join(" and ".join(begins) + ending for ending, begins in by_ending.items())


def _head(column: Column) -> str:
    return quoted(f"{column.name}/{column.unit}" if column.unit else column.name)


# -- rows --------------------------------------------------------------------------------------------------------------


def _tidied(record: Record, rows: _Rows, where: str) -> _Rows:
    f, z = rows.frequency_Hz, rows.impedance_ohm
    warnings = list(rows.warnings)
    keep = np.isfinite(f) & np.isfinite(z)
    is_idle = keep & (f == 0) & (z == 0)
    if is_idle.any():
        warnings.append(f"{_counted(int(is_idle.sum()))} of the dc part, without frequency and impedance, left out")
    is_zero = keep & ~is_idle & (z == 0)
    if is_zero.any():
        warnings.append(f"{_counted(int(is_zero.sum()))} with an impedance of exactly zero left out")
    if (~keep).any():
        warnings.append(f"{_counted(int((~keep).sum()))} with missing or non-finite numbers left out")
    usable = keep & ~is_idle & ~is_zero
    _refuse_frequencies_not_positive(record, f, usable, where)
    f, z, row = f[usable], z[usable], rows.file_row[usable]
    once = _written_once(f, z)
    if once.size < f.size:
        again = f.size - once.size
        warnings.append(
            f"{_counted(again)} {'repeats' if again == 1 else 'repeat'} another row exactly; each is used once"
        )
        f, z, row = f[once], z[once], row[once]
    _refuse_impossible_sizes(f, z, where)
    if f.size < FEWEST_POINTS:
        raise MeasurementError(
            f"only {f.size} usable point{'' if f.size == 1 else 's'}",
            where=where,
            expected=f"at least {FEWEST_POINTS}",
            do="measure or export the spectrum again",
        )
    order, said = _order(f)
    f, z, row = f[order], z[order], row[order]
    warnings.extend(said)
    warnings.extend(_repeated(f, z, where))
    return _Rows(frequency_Hz=f, impedance_ohm=z, file_row=row, warnings=tuple(warnings))


def _written_once(f: Array, z: ComplexArray) -> npt.NDArray[np.intp]:
    """Rows without those that repeat an earlier one to the last digit: one reading written twice is not two readings."""
    _, first = np.unique(np.stack([f, z.real, z.imag]), axis=1, return_index=True)
    return np.sort(first)


def _refuse_impossible_sizes(f: Array, z: ComplexArray, where: str) -> None:
    size = np.abs(z)
    wrong = np.flatnonzero((size < _SMALLEST_OHM) | (size > _LARGEST_OHM))
    if not wrong.size:
        return
    more = f", and at {wrong.size - 1} more points" if wrong.size > 1 else ""
    raise MeasurementError(
        f"|Z| is {size[wrong[0]]:.3g} ohm at {f[wrong[0]]:.6g} Hz{more}",
        where=where,
        expected=f"impedances between {_SMALLEST_OHM:g} and {_LARGEST_OHM:g} ohm",
        do="look which columns and units the file has; leave out points that were not measured",
    )


def _counted(count: int) -> str:
    return "1 row" if count == 1 else f"{count} rows"


def _refuse_frequencies_not_positive(record: Record, f: Array, usable: npt.NDArray[np.bool_], where: str) -> None:
    wrong = np.flatnonzero(usable & (f <= 0))
    if not wrong.size:
        return
    first = int(wrong[0])
    more = f", and {wrong.size - 1} more" if wrong.size > 1 else ""
    line = None if record.origin.line is None else record.origin.line + first
    raise MeasurementError(
        f"the frequency in data row {first + 1} is {f[first]:g} Hz{more}",
        where=where,
        line=line,
        expected="positive frequencies",
        do="check which column holds the frequency",
    )


def _order(f: Array) -> tuple[npt.NDArray[np.intp], list[str]]:
    """From high to low; a sweep from low to high is turned without a word, any other order is reported."""
    steps = np.diff(f)
    if (steps <= 0).all():
        return np.arange(f.size), []
    said = [] if (steps >= 0).all() else ["the frequencies were not in order; sorted from high to low"]
    return np.argsort(-f, kind="stable"), said


def _repeated(f: Array, z: ComplexArray, where: str) -> list[str]:
    """Repeated frequencies stay when the impedances agree; two different spectra in one record are refused."""
    again = np.flatnonzero(np.diff(f) == 0)
    if not again.size:
        return []
    apart = np.abs(z[again + 1] - z[again]) / np.maximum(np.abs(z[again]), np.finfo(float).tiny)
    if again.size >= FEWEST_POINTS and float(np.median(apart)) > _REPEAT_TOLERANCE:
        raise MeasurementError(
            f"{again.size} frequencies occur twice with impedances {100 * float(np.median(apart)):.0f} % apart (median): "
            "two spectra under one name",
            where=where,
            expected="one spectrum a record",
            do="separate the spectra, for instance into two files",
        )
    return [
        f"{again.size} {'frequency occurs' if again.size == 1 else 'frequencies occur'} more than once; all points kept"
    ]


# -- temperature -------------------------------------------------------------------------------------------------------


def _with_temperature(spectrum: ImpedanceSpectrum, record: Record, where: str) -> ImpedanceSpectrum:
    hints = [h for h in record.hints if h.name == "temperature" and isinstance(h.value, int | float)]
    if not hints:
        return spectrum
    best = min(hints, key=_rank)
    temperature_K = float(best.value) + (273.15 if best.unit in ("°C", "degC", "C") else 0.0)
    if not (np.isfinite(temperature_K) and 0 < temperature_K < _HIGHEST_TEMPERATURE_K):
        raise MeasurementError(
            f"a temperature of {best.value} {best.unit} ({best.source} {quoted(best.text)}) is not possible",
            where=where,
            expected=f"a temperature between 0 and {_HIGHEST_TEMPERATURE_K:g} K",
            do="state the temperature in files.csv",
        )
    return attrs.evolve(
        spectrum,
        temperature_K=temperature_K,
        temperature_source=best.source,
        temperature_text="" if best.text == "confirmed" else best.text,
        temperature_is_confirmed=best.source not in ("file name", "folder name") or best.text == "confirmed",
    )


def _rank(hint: Hint) -> int:
    """What the study says (any other source) goes before what the file says."""
    return _SOURCE_ORDER.index(hint.source) if hint.source in _SOURCE_ORDER else -1
