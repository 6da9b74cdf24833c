"""Texts whose table needs one extra word: Elins .i2b, CH Instruments, and LCR-meter exports.

Elins ``.i2b`` (potentiostats of Elins, FRA software)
    Free lines of notes, a line with the number of points, then exactly that many rows ``f Z' Z''`` separated by blanks, to the end of
    the file. There are no names: the columns become ``frequency`` Hz, ``Z'`` ohm, ``Z''`` ohm by the format's definition.

CH Instruments text (seen: CHI660E)
    Line 1 a date ``Feb. 20, 2020   15:55:08``, line 2 ``A.C. Impedance``, entries ``key = value`` and ``key: value``, names
    ``Freq/Hz, Z'/ohm, Z"/ohm, Z/ohm, Phase/deg`` (the double quote is Z''), rows with ``, ``. Four digits are printed. The sign of
    ``Z"`` is that of the imaginary part.

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
    return _LCR.search(raw.head_text) is not None


def _read_lcr(raw: RawFile) -> Sequence[Record]:
    blocks = [block for block in _one_table(raw) if block.values.shape[1] >= 3]
    return records_from_blocks(raw, "lcr-text", blocks or _one_table(raw))


def _count_line(lines: Sequence[str]) -> int | None:
    """The line with the number of points of an .i2b file, when exactly that many rows follow to the end."""
    for i, line in enumerate(lines[:200]):
        if re.fullmatch(r"\s*\d{1,6}\s*", line):
            rows = [row for row in lines[i + 1 :] if row.strip()]
            if len(rows) == int(line) >= 1 and all(_THREE.match(row) for row in rows):
                return i
    return None


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


FORMATS = (
    Format(name="chi-text", title="CH Instruments text", extensions=(".txt", ".csv"), can_read=_is_chi, read=_read_chi),
    Format(name="lcr-text", title="LCR-meter text export", extensions=(".txt",), can_read=_is_lcr, read=_read_lcr),
    Format(
        name="elins-i2b", title="Elins impedance file (.i2b)", extensions=(".i2b",), can_read=_is_i2b, read=_read_i2b
    ),
)
