"""Files that say the same: byte for byte, or the same numbers in another format (a binary and its text export).

Two runs never repeat each other to five digits, so agreement within 2e-5 at all points means one measurement; the largest difference
found is told. Spectra are compared at every point, long runs at 256 points spread over their length, so that a folder of any size fits into the memory.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import attrs
import numpy as np

from pelletry.core.arrays import Array
from pelletry.core.record import Record
from pelletry.formats.columns import role_of_column
from pelletry.formats.rawfile import RawFile

__all__ = ["AGREEMENT", "Twin", "find_twins", "spectrum_of", "twin_of"]

#: Largest relative difference of two files that hold one measurement (a text export with six digits differs by 5e-6).
AGREEMENT = 2e-5
_FEWEST_POINTS = 5
_COMPARED_POINTS, _COMPARED_COLUMNS, _MOST_SPECTRA = 256, 32, 500
_CHUNK_BYTES = 1 << 20
_WHOLE_BYTES = 256 << 20  # larger files are compared in parts


@attrs.frozen(kw_only=True, eq=False)
class Sampled:
    """One run for comparison: some of its points, at the same places in every run of as many points."""

    technique: str
    points: int
    columns: Mapping[tuple[str, str], Array]


@attrs.frozen(kw_only=True, eq=False)
class Twin:
    """What is needed to compare one file with others: little of it, since it is kept for every file of a folder.

    ``sha256`` is empty where nobody has read the whole file yet: it is then compared byte by byte, and only with files of its size.
    """

    path: str
    file: Path | None = None
    size_bytes: int = 0
    sha256: str = ""
    runs: tuple[Sampled, ...] = ()
    spectra: tuple[tuple[Array, Array], ...] = ()


def spectrum_of(record: Record) -> tuple[Array, Array] | None:
    """Frequency and complex impedance of a record in the units of the file, ordered by frequency; None when it has none."""
    columns: dict[str, Array] = {}
    for column in record.columns:
        role, sign = role_of_column(column.name, column.unit)
        if role and role not in columns:
            columns[role] = sign * np.asarray(column.values, dtype=np.float64)
    frequency = columns.get("frequency")
    if frequency is None:
        return None
    if "real" in columns and "imaginary" in columns:
        with np.errstate(invalid="ignore"):
            z = columns["real"] + 1j * columns["imaginary"]
    elif "modulus" in columns and "phase" in columns:
        z = columns["modulus"] * np.exp(1j * np.deg2rad(columns["phase"]))
    else:
        return None
    order = np.argsort(-frequency, kind="stable")
    return frequency[order], z[order]


def twin_of(raw: RawFile, records: Sequence[Record] = ()) -> Twin:
    """What a file is compared by; the arrays of long runs are not kept."""
    spectra = []
    for record in records:
        if record.technique == "impedance" and record.points >= _FEWEST_POINTS:
            found = spectrum_of(record)
            if found is not None and np.all(np.isfinite(found[1])):
                spectra.append(found)
    runs = tuple(
        _sampled(record) for record in records if record.technique != "impedance" and record.points >= _FEWEST_POINTS
    )
    return Twin(
        path=raw.shown,
        file=raw.path,
        size_bytes=raw.size_bytes,
        sha256=records[0].origin.sha256 if records else "",
        runs=runs[:4],
        spectra=tuple(spectra[:_MOST_SPECTRA]),
    )


def _sampled(record: Record) -> Sampled:
    count = min(record.points, _COMPARED_POINTS)
    at = np.arange(count, dtype=np.int64) * (record.points - 1) // (count - 1)
    columns: dict[tuple[str, str], Array] = {}
    for column in record.columns[:_COMPARED_COLUMNS]:
        columns.setdefault((column.name, column.unit), np.asarray(column.values[at], dtype=np.float64))
    return Sampled(technique=record.technique, points=record.points, columns=columns)


def _difference(a: Array, b: Array) -> float:
    size = np.maximum(np.abs(a), np.abs(b))
    with np.errstate(invalid="ignore", divide="ignore"):
        off = np.abs(a - b) / size
    off[size == 0] = 0.0
    return float(np.max(off)) if off.size else 0.0


def _spectra_differ(one: Twin, two: Twin) -> float | None:
    """The largest difference when all spectra of the smaller file are in the other, else None."""
    small, large = sorted((one.spectra, two.spectra), key=len)
    if not small:
        return None
    worst = 0.0
    for f, z in small:
        best = min(
            (max(_difference(f, g), _difference(z, y)) for g, y in large if g.size == f.size),
            default=np.inf,
        )
        worst = max(worst, best)
        if worst > AGREEMENT:
            return None
    return worst


def _tables_differ(one: Twin, two: Twin) -> float | None:
    """The largest difference of the columns that two runs share by name and unit, when there are enough of them."""
    if not one.runs or len(one.runs) != len(two.runs):
        return None
    worst = 0.0
    for a, b in zip(one.runs, two.runs, strict=True):
        if a.points != b.points or a.technique != b.technique:
            return None
        moving = 0
        for head in [head for head in a.columns if head in b.columns]:
            x, y = a.columns[head], b.columns[head]
            usable = np.isfinite(x) & np.isfinite(y)
            if not usable.any():
                continue
            moving += bool(np.ptp(x[usable]) > 0)
            worst = max(worst, _difference(x[usable], y[usable]))
            if worst > AGREEMENT:
                return None
        if moving < 2:
            return None
    return worst


def find_twins(twins: Sequence[Twin]) -> dict[int, tuple[str, str]]:
    """For each file that repeats an earlier one: the earlier path, and a sentence."""
    found: dict[int, tuple[str, str]] = {}
    by_size: dict[int, list[int]] = {}
    by_points: dict[tuple[int, ...], list[int]] = {}
    for i, twin in enumerate(twins):
        if twin.file is None or not twin.size_bytes:
            continue
        same_size = by_size.setdefault(twin.size_bytes, [])
        same = next(((j, words) for j in same_size if (words := _sameness(twins[j], twin))), None)
        same_size.append(i)
        if same is not None:
            found[i] = (twins[same[0]].path, f"{same[1]} {twins[same[0]].path}")
            continue
        for key in {(f.size,) for f, _ in twin.spectra} | {(-1, run.points) for run in twin.runs}:
            for j in by_points.setdefault(key, []):
                if i in found or j in found:
                    continue
                differ = _spectra_differ(twins[j], twin) if key[0] >= 0 else _tables_differ(twins[j], twin)
                if differ is not None:
                    found[i] = (
                        twins[j].path,
                        f"the same data as {twins[j].path} (largest relative difference {differ:.1g})",
                    )
            by_points[key].append(i)
    return found


def _sameness(one: Twin, two: Twin) -> str:
    """What two files of one size have in common, empty when they differ; of huge files that nobody has read only parts are compared."""
    if one.sha256 and two.sha256:
        return "the same content as" if one.sha256 == two.sha256 else ""
    if one.file is None or two.file is None:
        return ""
    size = one.size_bytes
    is_huge = size > _WHOLE_BYTES
    places = [k * (size - _CHUNK_BYTES) // 31 for k in range(32)] if is_huge else range(0, size, _CHUNK_BYTES)
    try:
        with one.file.open("rb") as a, two.file.open("rb") as b:
            for place in places:
                a.seek(place)
                b.seek(place)
                if a.read(_CHUNK_BYTES) != b.read(_CHUNK_BYTES):
                    return ""
    except OSError:
        return ""  # a file that vanished meanwhile
    return (
        "the same size, and the same content in the 32 parts of 1 MB compared, as" if is_huge else "the same content as"
    )
