"""Files that say the same: byte for byte, or the same numbers in another format (a binary and its text export).

Two runs never repeat each other to five digits at every point, so agreement within 2e-5 at all points means one measurement; the
largest difference found is told.
"""

from __future__ import annotations

from collections.abc import Sequence

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


@attrs.frozen(kw_only=True, eq=False)
class Twin:
    """What is needed to compare one file with others."""

    path: str
    raw: RawFile | None = None
    records: tuple[Record, ...] = ()
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
    kept = tuple(record for record in records if record.technique != "impedance" and record.points >= _FEWEST_POINTS)
    return Twin(path=raw.shown, raw=raw, records=kept[:4], spectra=tuple(spectra))


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
    """The largest difference of the columns that two runs share by name, when there are enough of them."""
    if not one.records or len(one.records) != len(two.records):
        return None
    worst = 0.0
    for a, b in zip(one.records, two.records, strict=True):
        shared = [column.name for column in a.columns if b.column(column.name) is not None]
        if a.points != b.points or len(shared) < 2 or a.technique != b.technique:
            return None
        moving = 0
        for name in dict.fromkeys(shared):
            x, y = a.values(name), b.values(name)
            usable = np.isfinite(x) & np.isfinite(y)
            if a.column(name) is None or not usable.any():
                continue
            if (a.column(name).unit, True) != (b.column(name).unit, True):  # type: ignore[union-attr]
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
        if twin.raw is None or not twin.raw.size_bytes:
            continue
        same_size = by_size.setdefault(twin.raw.size_bytes, [])
        same = next((j for j in same_size if _same_bytes(twins[j], twin)), None)
        same_size.append(i)
        if same is not None:
            found[i] = (twins[same].path, f"the same content as {twins[same].path}")
            continue
        for key in {(f.size,) for f, _ in twin.spectra} | {(-1, record.points) for record in twin.records}:
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


def _same_bytes(one: Twin, two: Twin) -> bool:
    from pelletry.core.errors import FormatError

    try:
        return one.raw is not None and two.raw is not None and one.raw.sha256 == two.raw.sha256
    except FormatError:
        return False  # a file that changed or vanished meanwhile
