"""What the diffraction readers share: a scan on its way to a record, and the header keys that all of them use.

Columns keep the words of the file. So that later rooms need not know every vendor's words, each record says in its header which
column is which, and gives the facts under these keys when, and only when, the file states them (never a default):

``angle column``, ``intensity column``
    Names of the columns with the scanned angle and the intensity. ``intensity`` says in words what was done to it.
``wavelength K-alpha1 (Angstrom)``, ``wavelength K-alpha2 (Angstrom)``, ``wavelength K-beta (Angstrom)``, ``ratio K-alpha2/K-alpha1``,
``wavelength K-alpha (Angstrom)`` (the weighted mean), ``wavelength (Angstrom)`` (the file states one and not which), ``anode``
    As printed in the file.
``time per step (s)``, ``beam attenuation factor``
    When they hold for all points; else they are columns.
``scan axis``, ``scan mode``, ``step (deg)``, ``speed``, ``position <axis> (<unit>)`` (axes at rest)
``divergence slit``, ``antiscatter slit``, ``receiving slit``, ``monochromator``, ``filter``, ``detector``, ``goniometer radius (mm)``
    As the file describes them.
``sample temperature (K)``
    Only from entries of the sample's own temperature; also a hint ``temperature``.
``scan``
    ``3 of 17``: place of a scan in a file of several.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import PurePosixPath

import attrs
import numpy as np

from pelletry.core.arrays import Array
from pelletry.core.record import Column, Hint, Record
from pelletry.formats.columns import temperature_unit
from pelletry.formats.hints import ZERO_CELSIUS_K, hints_from_name
from pelletry.formats.rawfile import RawFile

__all__ = ["Scan", "floats_of_text", "records_of_scans", "steps_from", "temperature_of"]

_PIECE = 1 << 16  # the words of a piece take ten times its size
_MOST_POINTS = 50_000_000


@attrs.frozen(kw_only=True, eq=False)
class Scan:
    """One scan: ``columns`` as (name, unit, values), the angle named ``angle`` and the intensity named ``intensity`` in them.

    ``temperature_K`` is (kelvin, source, words) of the sample, or None. ``title`` is added to the name of the record.
    """

    columns: tuple[tuple[str, str, Array], ...]
    angle: str = ""
    intensity: str = ""
    header: Mapping[str, str] = attrs.field(factory=dict)
    temperature_K: tuple[float, str, str] | None = None
    warnings: tuple[str, ...] = ()
    acquired_at: str | None = None
    line: int | None = None
    title: str = ""
    image: Array | None = None
    hints: tuple[Hint, ...] = ()


def records_of_scans(raw: RawFile, format_name: str, scans: Sequence[Scan]) -> list[Record]:
    """The records of the scans of one file, in its order."""
    names = hints_from_name(raw.shown)
    stem = PurePosixPath(raw.shown).name
    records = []
    for number, scan in enumerate(scans):
        header = {key: text for key, text in scan.header.items() if text}
        for key, column in (("angle column", scan.angle), ("intensity column", scan.intensity)):
            if column:
                header[key] = column
        hints = list(scan.hints)
        if scan.temperature_K is not None:
            kelvin, source, words = scan.temperature_K
            header["sample temperature (K)"] = f"{kelvin:.10g}"
            hints.append(Hint(name="temperature", value=round(kelvin, 4), unit="K", source=source, text=words[:80]))
        if len(scans) > 1:
            header["scan"] = f"{number + 1} of {len(scans)}"
        own = {hint.name for hint in hints}
        title = f"{stem} [{number + 1}]" if len(scans) > 1 else stem
        records.append(
            Record(
                name=f"{title} {scan.title}".rstrip(),
                technique="diffraction",
                columns=tuple(Column(name=name, unit=unit, values=values) for name, unit, values in scan.columns),
                origin=raw.origin(format_name, record=number, acquired_at=scan.acquired_at, line=scan.line),
                header=header,
                hints=(*hints, *(hint for hint in names if hint.name not in own)),
                warnings=scan.warnings,
                image=scan.image,
            )
        )
    return records


def floats_of_text(text: str) -> Array:
    """Numbers separated by blanks, in bounded memory; ValueError for anything else, NaN and infinity included."""
    if "_" in text:
        raise ValueError("'_' in a number")
    pieces = []
    begin = 0
    while begin < len(text):
        end = begin + _PIECE
        while end < len(text) and not text[end].isspace():
            end += 1
        pieces.append(np.fromiter(map(float, text[begin:end].split()), dtype=np.float64))
        begin = end
    values = np.concatenate(pieces) if pieces else np.empty(0)
    if not np.all(np.isfinite(values)):
        raise ValueError("a number is not finite")
    return values


def steps_from(start: float, step: float, points: int) -> Array:
    """``start``, ``start + step``, ... , shape (points,).

    Raises
    ------
    ValueError
        When start or step is not finite, the step is zero, or the points are absurdly many.
    """
    if not (np.isfinite(start) and np.isfinite(step)) or (step == 0.0 and points > 1):
        raise ValueError(f"a scan from {start:g} in steps of {step:g}")
    if not 0 <= points <= _MOST_POINTS:
        raise ValueError(f"a scan of {points} points")
    return start + step * np.arange(points, dtype=np.float64)


def temperature_of(value: float, unit: str, source: str, words: str) -> tuple[float, str, str] | None:
    """A sample temperature in kelvin for :attr:`Scan.temperature_K`; None when the unit or the value is none of a sample."""
    spelled = temperature_unit(unit)
    if not spelled or not np.isfinite(value):
        return None
    kelvin = value + (0.0 if spelled == "K" else ZERO_CELSIUS_K)
    return (kelvin, source, words) if 1.0 <= kelvin <= 3000.0 else None
