"""Texts whose table needs one extra word: Elins .i2b, CH Instruments, curve files (.crv) and LCR-meter exports.

Elins ``.i2b`` (potentiostats of Elins, FRA software)
    Free lines of notes, a line with the number of points, then exactly that many rows ``f Z' Z''`` separated by blanks, to the end of
    the file. There are no names: the columns become ``frequency`` Hz, ``Z'`` ohm, ``Z''`` ohm by the format's definition.

CH Instruments text (seen: CHI660E)
    Line 1 a date ``Feb. 20, 2020   15:55:08``, line 2 ``A.C. Impedance``, entries ``key = value`` and ``key: value``, names
    ``Freq/Hz, Z'/ohm, Z"/ohm, Z/ohm, Phase/deg`` (the double quote is Z''), rows with ``, ``. Four digits are printed. The sign of
    ``Z"`` is that of the imaginary part.

Curve file ``.crv`` (built after one public file; the program is ???)
    Two marks (``Z11``, ``FZPTEIYXC``), a line ``Pot. Dynamic EIS (Impedance)``, settings between bars, ``/2026/8/6/2/21/32/15/153`` (year, month, day, ???, hour,
    minute, second, ms), the number of points, rows of nine numbers with tabs: frequency Hz, modulus ohm, phase degrees, three that are 0 (???), Z' ohm,
    -Z'' ohm, one that is 0 (???). Modulus and phase of the public file agree with Z' and -Z'' to their six digits; this is checked on reading.

LCR-meter text
    ``F[Hz] Z[Ohm] Theta`` with entries such as ``Sample Area`` and ``Thickness`` above, whose 0,000 means "not set". Theta is in
    degrees. The temperature is in the file name only.

Uncertainties: none in the files. Decimal commas are read.

Knowledge from: ``eis_other/vyrjana+pyimpspec/data.i2b`` in the real data; public CHI660E exports; a described LCR export (no public
sample, so its exact header is ???).
"""

from __future__ import annotations

import re
from collections.abc import Sequence

import attrs
import numpy as np

from pelletry.core.bare_spectrum import heads_of_bare_columns
from pelletry.core.record import Record
from pelletry.formats.dates import iso_date
from pelletry.formats.numbers import Convention
from pelletry.formats.rawfile import RawFile
from pelletry.formats.registry import Format
from pelletry.formats.spectra import header_of, records_from_blocks
from pelletry.formats.table_text import Block, read_blocks

__all__ = ["FORMATS"]

_CHI = re.compile(r"\A[^\n]{0,80}\n\s*A\.C\. Impedance\b")
_CHI_NAMES = re.compile(r"^\s*Freq/Hz\s*,", re.MULTILINE)
_LCR = re.compile(r"^[ \t]*F(?:req)?\s*\[k?Hz\][ \t;,]+Z\s*\[[kM]?Ohm\][ \t;,]+Theta\b", re.MULTILINE | re.IGNORECASE)
_THREE = re.compile(
    r"^\s*(?:[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?\s+){2}[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?\s*$"
)


def _is_chi(raw: RawFile) -> bool:
    text = raw.head_text.replace("\r\n", "\n")
    return _CHI.match(text) is not None and _CHI_NAMES.search(text) is not None


def _read_chi(raw: RawFile) -> Sequence[Record]:
    lines = raw.text().lines
    blocks = _one_table(raw, Convention(",", "."))
    header = header_of(lines[2 : blocks[0].first_line - 1])
    return records_from_blocks(raw, "chi-text", blocks, header=header, acquired_at=iso_date(lines[0]))


def _one_table(raw: RawFile, convention: Convention | None = None) -> list[Block]:
    blocks = read_blocks(raw, convention=convention)
    if not blocks:
        raise raw.broken("no rows follow the names", line=len(raw.text().lines), expected="rows of numbers")
    return blocks


def _is_lcr(raw: RawFile) -> bool:
    # Every text of a folder is asked: looking for a word is ten times faster than for a pattern.
    return "theta" in raw.head_text.lower() and _LCR.search(raw.head_text) is not None


def _read_lcr(raw: RawFile) -> Sequence[Record]:
    blocks = [block for block in _one_table(raw) if block.values.shape[1] >= 3]
    return records_from_blocks(raw, "lcr-text", blocks or _one_table(raw))


def _count_line(lines: Sequence[str]) -> int | None:
    """The line with the number of points of an .i2b file, when exactly that many rows follow to the end."""
    for i, line in enumerate(lines[:200]):
        if re.fullmatch(r"\s*\d{1,6}\s*", line):
            rows = [row for row in lines[i + 1 :] if row.strip()]
            if len(rows) == int(line) >= 1 and all(_THREE.match(row) for row in rows):
                return i if _begin_with_frequencies(rows) else None
    return None


def _begin_with_frequencies(rows: Sequence[str]) -> bool:
    """Whether the first of three columns may be the frequency: other programs print it last below the same line."""
    columns = np.array([[float(cell) for cell in row.split()] for row in rows]).T
    if not np.all(np.isfinite(columns)) or np.any(columns[0] <= 0):
        return False
    return len(rows) < 5 or heads_of_bare_columns(*columns) is not None


def _is_i2b(raw: RawFile) -> bool:
    if raw.size_bytes > len(raw.head) or not raw.head_text:
        return False
    lines = raw.head_text.rstrip().split("\n")
    return _THREE.match(lines[-1]) is not None and _count_line(lines) is not None


def _read_i2b(raw: RawFile) -> Sequence[Record]:
    lines = raw.text().lines
    at = _count_line(lines)
    blocks = [
        block for block in read_blocks(raw, convention=Convention(" ", ".")) if at is None or block.first_line > at
    ]
    if at is None or not blocks:
        raise raw.broken("the number of points and the rows do not agree", expected="as many rows as announced")
    named = attrs.evolve(blocks[0], names=("frequency", "Z'", "Z''"), units=("Hz", "ohm", "ohm"), before=())
    notes = " | ".join(line.strip() for line in lines[:at] if line.strip())
    return records_from_blocks(raw, "elins-i2b", [named], header={"notes": notes[:500]} if notes else {})


def _is_curve(raw: RawFile) -> bool:
    lines = raw.head_text[:400].split("\n")[:3]
    return len(lines) == 3 and lines[0].rstrip().endswith("Z11") and "EIS (Impedance)" in lines[2]


def _read_curve(raw: RawFile) -> Sequence[Record]:
    lines = raw.text().lines
    at = next((i for i, line in enumerate(lines[:40]) if re.fullmatch(r"\s*\d{1,6}\s*", line) and i > 3), None)
    blocks = read_blocks(raw, convention=Convention("\t", "."))
    if at is None or not blocks or blocks[-1].values.shape != (int(lines[at]), 9):
        raise raw.broken("the number of points and the rows do not agree", expected="as many rows of nine numbers")
    values = blocks[-1].values
    with np.errstate(over="ignore", invalid="ignore"):  # numbers beyond all floats do not agree
        z = values[:, 6] - 1j * values[:, 7]
        is_same = np.allclose(z, values[:, 1] * np.exp(1j * np.deg2rad(values[:, 2])), rtol=1e-3, atol=0)
    if not is_same:
        raise raw.refused("modulus and phase do not agree with Z' and Z'', so the columns are not what they should be")
    names = ("frequency", "|Z|", "Phase", "column 4", "column 5", "column 6", "Z'", "-Z''", "column 9")
    units = ("Hz", "ohm", "deg", "", "", "", "ohm", "ohm", "")
    date = next((line for line in lines[:at] if re.fullmatch(r"/\d{4}(?:/\d+){7}\s*", line)), "").strip("/ ").split("/")
    began = f"{date[0]}-{date[1]:0>2}-{date[2]:0>2} {date[4]:0>2}:{date[5]:0>2}:{date[6]:0>2}" if len(date) == 8 else ""
    named = attrs.evolve(blocks[-1], names=names, units=units, before=())
    header = {"method": lines[2].strip(), "settings": lines[3].strip()[:500]}
    return records_from_blocks(raw, "curve-text", [named], header=header, acquired_at=iso_date(began))


FORMATS = (
    Format(
        name="curve-text",
        title="impedance curve file (.crv)",
        extensions=(".crv",),
        can_read=_is_curve,
        read=_read_curve,
    ),
    Format(name="chi-text", title="CH Instruments text", extensions=(".txt", ".csv"), can_read=_is_chi, read=_read_chi),
    Format(name="lcr-text", title="LCR-meter text export", extensions=(".txt",), can_read=_is_lcr, read=_read_lcr),
    Format(
        name="elins-i2b", title="Elins impedance file (.i2b)", extensions=(".i2b",), can_read=_is_i2b, read=_read_i2b
    ),
)
