"""Powder scans of older programs in text: Rigaku ASCII (``.asc``, ``.dat``) and MDI Jade (``.mdi``, ``.txt``).

Layouts checked on public descriptions and readers; **no file of ours**.

Rigaku (``rigaku-text``)
    ``*TYPE = Raw``, ``*CLASS = Ascii``, then ``*KEY = value`` lines; each scan from ``*BEGIN`` with ``*START``, ``*STOP``, ``*STEP``, ``*COUNT`` and then intensities separated by commas or
    blanks up to ``*END``. ``*YUNIT`` says counts or cps, ``*TARGET`` is the atomic number of the anode. ``*SPEED`` is degrees a minute of a continuous scan, else
    seconds a step: it is kept under ``speed`` and no time is made of it.
Jade (``mdi-jade``)
    A title; a line start, step, time, anode, wavelength, end, points; then the intensities in rows of eight, or rows angle and intensity.

Schema: ``2Theta`` (deg; Rigaku: what ``*SCAN_AXIS`` names) and ``intensity``. One record a scan.

Uncertainties: none in the files; Poisson of counts.

Refused: another number of intensities than announced, words among them.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np

from pelletry.core.arrays import Array
from pelletry.core.record import Record
from pelletry.formats.dates import iso_date
from pelletry.formats.long_rows import floats_of_lines
from pelletry.formats.rawfile import RawFile
from pelletry.formats.registry import Format
from pelletry.formats.scans import Scan, records_of_scans, steps_from

__all__ = ["FORMATS"]

_ANODES = {"24": "Cr", "26": "Fe", "27": "Co", "29": "Cu", "42": "Mo", "47": "Ag", "74": "W"}
_KEYS = {
    "SAMPLE": "sample", "COMMENT": "comment", "GONIO": "goniometer", "SCAN_AXIS": "scan axis", "SCAN_MODE": "scan mode", "SPEED": "speed",
    "WAVE_LENGTH1": "wavelength K-alpha1 (Angstrom)", "WAVE_LENGTH2": "wavelength K-alpha2 (Angstrom)", "KV": "tube voltage (kV)", "MA": "tube current (mA)",
    "STEP": "step (deg)", "SLIT_NAME": "divergence slit",
}  # fmt: skip
_JADE = re.compile(
    r"\s*(-?[\d.]+)\s+([\d.]+)\s+([\d.]+)\s+([A-Za-z]{2})\s+([\d.]+)\s+(-?[\d.]+)\s+(\d+)\s*\Z",
)


def _is_rigaku(raw: RawFile) -> bool:
    return re.match(r"\*TYPE\s*=\s*\w+\s*\n\*CLASS\s*=", raw.head_text[:200]) is not None


def _read_rigaku(raw: RawFile) -> Sequence[Record]:
    shared: dict[str, str] = {}
    scans: list[Scan] = []
    own: dict[str, str] | None = None
    rows: list[str] = []
    first = 1
    for number, line in enumerate((*raw.text().lines, "*END"), start=1):
        if not line.startswith("*"):
            if own is not None and line.strip():
                first = first if rows else number
                rows.append(line)
            continue
        key, _, value = line[1:].partition("=")
        key = key.strip().upper()
        if key == "BEGIN":
            own = {}
        elif key in ("END", "EOF"):
            if own is not None:
                scans.append(_rigaku_scan(raw, {**shared, **own}, rows, first))
            own, rows = None, []
        else:
            (shared if own is None else own)[key] = value.strip()[:300]
    if not scans:
        raise raw.broken("there is no scan in it", expected="*BEGIN and intensities")
    return records_of_scans(raw, "rigaku-text", scans)


def _rigaku_scan(raw: RawFile, entries: dict[str, str], rows: Sequence[str], first: int) -> Scan:
    try:
        y = floats_of_lines(rows, marks=",")
        start, step, points = float(entries["START"]), float(entries["STEP"]), int(float(entries["COUNT"]))
    except (KeyError, ValueError) as error:
        raise raw.broken(f"the scan is not made of numbers ({str(error)[:60]})", line=first) from None
    if y.size != points:
        raise raw.broken(f"the scan announces {points} points and holds {y.size}", line=first)
    header = {**entries, **{own: entries[key] for key, own in _KEYS.items() if entries.get(key)}}
    if entries.get("TARGET") in _ANODES:
        header["anode"] = _ANODES[entries["TARGET"]]
    said = entries.get("YUNIT", "").lower()
    unit = "counts/s" if said in ("cps", "counts/s") else "counts" if said.startswith("count") else said
    header["intensity"] = f"in {entries['YUNIT']}, as the file says" if said else "the file does not say"
    axis = _axis(entries.get("SCAN_AXIS", "2theta"))
    columns = ((axis, "deg", steps_from(start, step, points)), ("intensity", unit, y))
    return Scan(
        columns=columns, angle=axis, intensity="intensity", header=header, acquired_at=iso_date(entries.get("DATE", "")), line=first
    )  # fmt: skip


def _axis(words: str) -> str:
    return "2Theta" if "2theta" in words.lower().replace(" ", "").replace("-", "") else words


def _jade_line(lines: Sequence[str]) -> re.Match[str] | None:
    return _JADE.match(lines[1]) if len(lines) > 2 and not _JADE.match(lines[0]) else None


def _is_jade(raw: RawFile) -> bool:
    lines = raw.head_text.split("\n", 3)
    return _jade_line(lines) is not None


def _read_jade(raw: RawFile) -> Sequence[Record]:
    lines = raw.text().lines
    match = _jade_line(lines)
    if match is None:
        raise raw.broken("the second line does not give start, step, time, anode, wavelength, end and points", line=2)
    try:
        start, step, points = float(match[1]), float(match[2]), int(match[7])
    except ValueError as error:
        raise raw.broken(str(error)[:120], line=2, expected="start, step and number of points") from None
    try:
        values = floats_of_lines(lines[2:], marks=",")
        x, y = _jade_columns(values, start, step, points)
    except ValueError as error:
        raise raw.broken(str(error)[:120], line=3, expected=f"{points} intensities, or as many pairs") from None
    header = {
        "title": lines[0].strip()[:200], "anode": match[4].capitalize(), "wavelength (Angstrom)": match[5], "time per step or speed": match[3],
        "step (deg)": match[2], "intensity": "whole numbers, taken as counts" if np.all(y == np.round(y)) else "the file does not say",
    }  # fmt: skip
    unit = "counts" if np.all(y == np.round(y)) else ""
    columns = (("2Theta", "deg", x), ("intensity", unit, y))
    return records_of_scans(
        raw, "mdi-jade", [Scan(columns=columns, angle="2Theta", intensity="intensity", header=header, line=3)]
    )


def _jade_columns(values: Array, start: float, step: float, points: int) -> tuple[Array, Array]:
    """Angles and intensities of a list of intensities, or of pairs."""
    if values.size == points:
        return steps_from(start, step, points), values
    pairs = values.reshape(-1, 2) if values.size == 2 * points else np.empty((0, 2))
    if len(pairs) == points and abs(pairs[0, 0] - start) <= step and np.all(np.diff(pairs[:, 0]) > 0):
        return np.ascontiguousarray(pairs[:, 0]), np.ascontiguousarray(pairs[:, 1])
    raise ValueError(f"{points} points are announced and {values.size} numbers follow")


FORMATS = (
    Format(
        name="rigaku-text",
        title="Rigaku scan in text (*TYPE, *CLASS)",
        extensions=(".asc", ".dat"),
        can_read=_is_rigaku,
        read=_read_rigaku,
    ),
    Format(
        name="mdi-jade", title="MDI Jade scan in text", extensions=(".mdi", ".txt"), can_read=_is_jade, read=_read_jade
    ),
)
