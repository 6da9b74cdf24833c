"""GSAS powder data with constant steps of angle: ``BANK`` lines of type STD, ESD, FXYE and FXY (``.gsas .gsa .gss .raw .fxye .xra``).

Seen: ``FAP.XRA`` (STD, 1986, fixed width); the other types from the published description of the format.

Schema: ``2Theta`` (deg) and ``intensity``, with ``esd`` (ESD, FXYE) and ``counters`` (STD with more than one); one record a bank. The file's angles are in
hundredths of a degree and are divided by 100, the one conversion made here. No unit of intensity is in the file.

Uncertainties: ``esd`` where the type has one. STD: the intensity is a mean over ``counters`` detectors, so its variance is intensity / counters.

Header kept: the title, the name of the instrument parameter file, comment lines. The wavelength is in that other file, except where a comment
states it (11-BM: ``# Calibrated wavelength = 0.413906``). Dioptas writes the words ``NUM_POINTS`` beside the numbers of its BANK line.

Structure: title; optional ``Instrument parameter file: ...`` and ``#`` lines; ``BANK number points records CONS|CONST start step 0 0 TYPE``.
STD: ten fields of 8 characters a line, 2 for the number of detectors (blank: one) and 6 for the intensity. ESD: five pairs of 8 characters.
FXYE, FXY: free columns. The last record is filled up with zeros, and the announced points may reach into them: a warning.

Refused: time-of-flight and other binnings (RALF, SLOG, TIME_MAP, ...), type ALT, fewer values than announced, numbers that are none.
"""

from __future__ import annotations

import re
from array import array
from collections.abc import Iterable, Sequence

import attrs
import numpy as np

from pelletry.core.arrays import Array
from pelletry.core.errors import quoted
from pelletry.core.record import Record
from pelletry.formats.powder_header import facts_of_lines
from pelletry.formats.rawfile import RawFile
from pelletry.formats.registry import Format
from pelletry.formats.scans import Scan, records_of_scans, steps_from

__all__ = ["FORMAT"]

NAME = "gsas-data"
_BANK = re.compile(r"^BANK\s+(\d{1,6})\s+(?:NUM_POINTS\s+)?(\d{1,9})\s+(\d{1,9}|NUM_POINTS/\d)\s+([A-Z_]\w*)(.*)$")
_TYPES = ("STD", "ESD", "FXYE", "FXY", "ALT")
_FIELDS = {"STD": 10, "ESD": 10, "FXYE": 3, "FXY": 2}


def can_read(raw: RawFile) -> bool:
    """Text with a ``BANK`` line among the first, after a title and comments."""
    return any(_BANK.match(line) for line in raw.head_text.split("\n", 60)[:60])


def read(raw: RawFile) -> Sequence[Record]:
    """One record a bank; errors as in the module docstring."""
    lines = raw.text().lines
    banks = [i for i, line in enumerate(lines) if line.startswith("BANK") and _BANK.match(line)]
    if not banks:
        raise raw.broken("there is no BANK line", expected="BANK number points records CONST start step")
    facts = facts_of_lines(lines[1 : banks[0]])
    header = {**({"title": lines[0].strip()[:200]} if banks[0] else {}), **facts.header}
    ends = [*banks[1:], len(lines)]
    scans = [_bank(raw, lines, begin, end, header) for begin, end in zip(banks, ends, strict=True)]
    return records_of_scans(raw, NAME, [attrs.evolve(one, temperature_K=facts.temperature_K) for one in scans])


def _bank(raw: RawFile, lines: Sequence[str], at: int, end: int, shared: dict[str, str]) -> Scan:
    match = _BANK.match(lines[at])
    words = match[5].split() if match else []
    if match is None or match[4] not in ("CONS", "CONST"):
        raise raw.refused(
            f"the binning {quoted(match[4] if match else '')} is not one of equal steps of angle (neutron time of flight?)",
            line=at + 1, expected="CONST",
        )  # fmt: skip
    kind = words[-1] if words and words[-1] in _TYPES else "STD"
    if kind not in _FIELDS:
        raise raw.refused(f"data of type {kind} are not read", line=at + 1, expected=", ".join(_FIELDS))
    points = int(match[2])
    try:
        start, step = float(words[0]) / 100.0, float(words[1]) / 100.0
        angles = steps_from(start, step, min(points, (end - at) * 80))
    except (ValueError, IndexError):
        raise raw.broken(
            "start and step of the bank are no numbers", line=at + 1, expected="CONST start step"
        ) from None
    if not (-200.0 <= start <= 200.0 and -200.0 <= start + step * points <= 400.0):
        raise raw.broken(
            f"the bank goes from {start:g} in {points} steps of {step:g} degrees",
            line=at + 1,
            expected="hundredths of a degree",
        )
    rows = ((i, lines[i]) for i in range(at + 1, end) if lines[i].strip() and not lines[i].startswith("#"))
    table = _free(raw, rows, _FIELDS[kind]) if kind.startswith("FXY") else _fixed(raw, rows, points, kind)
    if len(table) < points:
        raise raw.broken(
            f"the bank announces {points} points and holds {len(table)}",
            line=at + 1,
            do="copy the file again from its source",
        )
    return _scan(
        table[:points], angles, kind, {**shared, "bank": match[1], "type": kind, "step (deg)": f"{step:.10g}"}, at + 2
    )


def _fixed(raw: RawFile, rows: Iterable[tuple[int, str]], points: int, kind: str) -> Array:
    """Columns of STD (intensity, counters) or ESD (intensity, esd), shape (points, 2)."""
    values = array("d")
    is_std = kind == "STD"
    width = 8 if is_std else 16
    for i, line in rows:
        if len(values) >= 2 * points:
            break
        padded = line.rstrip()
        for k in range(0, min(len(padded), 80), width):
            cell = padded[k : k + width]
            try:
                if is_std:
                    values.extend((float(cell[2:]), float(cell[:2]) if cell[:2].strip() else 1.0))
                else:
                    values.extend((float(cell[:8]), float(cell[8:])))
            except ValueError:
                layout = "2 characters for the detectors and 6" if is_std else "intensity and esd, 8 characters each"
                raise raw.broken(
                    f"{quoted(cell)} is no value of type {kind}",
                    line=i + 1,
                    expected=layout + (" for the intensity" if is_std else ""),
                ) from None
    table = np.frombuffer(values, dtype=np.float64).reshape(-1, 2) if values else np.empty((0, 2))
    if not np.all(np.isfinite(table)):
        raise raw.broken("an intensity of the bank is not finite")
    return table


def _free(raw: RawFile, rows: Iterable[tuple[int, str]], width: int) -> Array:
    """Columns separated by blanks or commas, shape (points, width)."""
    values = array("d")
    for i, line in rows:
        cells = line.replace(",", " ").split()
        try:
            if len(cells) != width or "_" in line:
                raise ValueError
            values.extend(map(float, cells))
        except ValueError:
            shown = quoted(line.strip(), longest=40)
            raise raw.broken(f"the row {shown} is not made of {width} numbers", line=i + 1) from None
    table = np.frombuffer(values, dtype=np.float64).reshape(-1, width) if values else np.empty((0, width))
    if not np.all(np.isfinite(table)):
        raise raw.broken("a number of the bank is not finite")
    return table


def _scan(table: Array, angles: Array, kind: str, header: dict[str, str], line: int) -> Scan:
    warnings: list[str] = []
    if kind.startswith("FXY"):
        own = table[:, 0] / 100.0
        if own.size and float(np.max(np.abs(own - angles))) > max(1e-3, 0.51 * abs(float(header["step (deg)"]))):
            warnings.append(
                "the angles of the rows differ from start and step of the BANK line; those of the rows are given"
            )
        angles, table = own, table[:, 1:]
    intensity = np.ascontiguousarray(table[:, 0])
    zeros = intensity.size - int(np.flatnonzero(intensity)[-1]) - 1 if np.any(intensity) else 0
    if zeros:
        warnings.append(
            f"the last {zeros} point(s) are zero, as the filling of a record is: they may be no measurement"
        )
    columns = [("2Theta", "deg", angles), ("intensity", "", intensity)]
    if kind == "STD" and np.any(table[:, 1] != 1.0):
        columns.append(("counters", "", np.ascontiguousarray(table[:, 1])))
    elif kind in ("ESD", "FXYE"):
        columns.append(("esd", "", np.ascontiguousarray(table[:, 1])))
    header["intensity"] = "the file does not say" + (
        "; esd in a column" if columns[-1][0] == "esd" else "; STD means counts a detector"
    )
    return Scan(
        columns=tuple(columns),
        angle="2Theta",
        intensity="intensity",
        header=header,
        warnings=tuple(warnings),
        line=line,
    )


FORMAT = Format(
    name=NAME,
    title="GSAS powder data",
    extensions=(".gsas", ".gsa", ".gss", ".fxye", ".xra"),
    can_read=can_read,
    read=read,
)
