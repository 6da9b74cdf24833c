"""BioLogic EC-Lab and BT-Lab text files: exports with a header (``.mpt``, ``.txt``) and bare tables (``.txt``).

Seen: EC-Lab 11.18 to 11.61 from 2018 to 2025; cp1252, UTF-8 (with or without byte order mark) and UTF-16; LF, CRLF; decimal
point and decimal comma; with and without loops; PEIS, GEIS, ZIR, GCPL, CP.

Schema
    One record a spectrum and one for the points without a frequency, as for ``.mpr``
    (:mod:`pelletry.formats.biologic_records`). Columns are float64 with the file's headings, split at the slash before the
    unit. A cell ``XXX`` or an empty one is NaN, with a warning. A heading that is empty becomes ``unnamed 5`` (its place);
    headings at the end that no line has cells for are left out, with a warning. Any other difference between the numbers of
    headings and cells is refused: it cannot be told which column lost its heading.
Uncertainties
    None in the file. EC-Lab prints single precision with 8 digits and double precision with 16.
Header
    All ``key : value`` lines and the settings (steps separated by semicolons), see :mod:`pelletry.formats.biologic_header`.
File structure
    Line 1 ``EC-Lab ASCII FILE``, line 2 ``Nb header lines : N``; line N holds the headings, each followed by a tab; then one line
    a point. N is not trusted: when line N holds no headings (blank lines were lost or added on the way), the headings are
    searched. With loops, ``Loop 0 from point number 0 to 20`` counts the points, and a file with fewer is cut.
    A bare table starts with the headings. Frequencies may be left out by whoever exported the file.
Source
    The files themselves; the values agree with the binary files of the same runs to 1e-6 and better.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

import attrs

from pelletry.core.record import Column, Record
from pelletry.formats.biologic_columns import NAMES, split_heading
from pelletry.formats.biologic_header import TextHeader, read_header
from pelletry.formats.biologic_records import Run, acquisition_key, acquisition_part, records_of
from pelletry.formats.biologic_table import cells_of_first_row, read_table
from pelletry.formats.rawfile import TEXT_LIMIT_BYTES, RawFile
from pelletry.formats.registry import Format
from pelletry.formats.text import decode

__all__ = ["FORMAT", "FORMATS"]

_NAME, _BARE_NAME = "biologic-mpt", "biologic-table"
_FIRST_LINE = re.compile(r"\s*(?:EC|BT)-?Lab ASCII FILE", re.IGNORECASE)
_HEADER_LINES = re.compile(r"Nb header lines\s*:\s*(\d{1,9})")
_HEADER_BYTES_AT_MOST = 4 << 20
_ENCODING_BYTES = 1 << 16
_NUMERIC = re.compile(r"[+-]?[\d.,]")


@attrs.frozen(kw_only=True)
class _Parts:
    """A file cut in two: the lines before the headings, the headings, and the bytes of the table."""

    before: tuple[str, ...]
    headings: tuple[str, ...]
    table: bytes

    @property
    def first_line(self) -> int:
        return len(self.before) + 2


def can_read(raw: RawFile) -> bool:
    """Whether the first line is that of an EC-Lab or BT-Lab text file."""
    return _FIRST_LINE.match(raw.head_text) is not None


def can_read_bare(raw: RawFile) -> bool:
    """Whether the first line consists of headings that EC-Lab writes, with tabs between them, and numbers follow."""
    head = raw.head_text[:8192]
    first, _, rest = head.lstrip("\ufeff").partition("\n")
    names = [split_heading(cell)[0] for cell in first.strip("\r").split("\t") if cell.strip()]
    if len(names) < 2 or "\t" not in first or not all(name in NAMES for name in names):
        return False
    return not rest.strip() or _NUMERIC.match(rest.lstrip()) is not None


def read(raw: RawFile) -> Sequence[Record]:
    """The records of an EC-Lab text file; see the module's docstring.

    Raises
    ------
    BrokenFileError
        When there are no headings, a line of the table is wrong, or points that the loops announce are missing; names the line.
    """
    content = _as_bytes(raw)
    parts = _parts(content, raw)
    header = read_header(parts.before)
    columns, warnings = _columns(parts, raw)
    points = len(columns[0].values)
    if header.points is not None and points < header.points:
        raise raw.broken(
            f"the header announces {header.points} points, the file has {points}",
            line=parts.first_line + points,
            expected="all points of all loops",
            do="export the run again; this file was cut",
        )
    return records_of(_run(parts, header, columns, warnings, _NAME), raw)


def read_bare(raw: RawFile) -> Sequence[Record]:
    """The records of a table with EC-Lab's headings and no header."""
    content = _as_bytes(raw)
    line, _, table = content.partition(b"\n")
    parts = _Parts(before=(), headings=_headings(decode(line).text), table=table)
    columns, warnings = _columns(parts, raw)
    return records_of(_run(parts, read_header(()), columns, warnings, _BARE_NAME), raw)


def _run(parts: _Parts, header: TextHeader, columns: tuple[Column, ...], warnings: tuple[str, ...], format: str) -> Run:
    entries = dict(header.entries)
    key = acquisition_key(entries, header.acquired_at)
    if key:
        entries["acquisition key"] = key
    entries["acquisition part"] = acquisition_part(columns)
    return Run(
        columns=columns,
        technique=header.technique,
        header=entries,
        not_set=header.not_set,
        warnings=warnings,
        acquired_at=header.acquired_at,
        loops=header.loops,
        format=format,
        first_line=parts.first_line,
    )


def _as_bytes(raw: RawFile) -> bytes:
    """The content with one byte a digit and LF at line ends, whatever it was stored in."""
    if not raw.is_text:
        raise raw.broken("the file is binary where text was expected", do="copy the file again")
    content = raw.bytes(limit_bytes=TEXT_LIMIT_BYTES)
    if decode(content[:4096]).encoding.startswith(("utf-16", "utf-32")):
        content = decode(content).text.encode("utf-8")
    content = content.removeprefix(b"\xef\xbb\xbf")
    return content if b"\n" in content else content.replace(b"\r", b"\n")


def _parts(content: bytes, raw: RawFile) -> _Parts:
    announced = _HEADER_LINES.search(content[:4096].decode("latin-1"))
    before: list[str] = []
    wanted = int(announced[1]) - 1 if announced else -1
    for line, end in _lines(content):
        if len(before) == wanted or (wanted < 0 and _are_headings(line)):
            if _are_headings(line):
                return _Parts(before=tuple(before), headings=_headings(line), table=content[end:])
            break
        before.append(line)
    return _searched(content, raw, wanted)


def _searched(content: bytes, raw: RawFile, wanted: int) -> _Parts:
    """The first line of headings, for a header whose announced length is wrong."""
    before: list[str] = []
    for line, end in _lines(content):
        if _are_headings(line):
            return _Parts(before=tuple(before), headings=_headings(line), table=content[end:])
        before.append(line)
    raise raw.broken(
        "there is no line of headings",
        line=len(before) or 1,
        expected=f"headings such as 'freq/Hz' in line {wanted + 1}" if wanted >= 0 else "headings such as 'freq/Hz'",
        do="export the run again with its columns; the file ends inside the header or holds settings only",
    )


def _lines(content: bytes) -> list[tuple[str, int]]:
    """The lines of the part that can hold a header: text and first byte of the next line."""
    found: list[tuple[str, int]] = []
    at = 0
    head = content[:_HEADER_BYTES_AT_MOST]
    encoding = decode(head[:_ENCODING_BYTES]).encoding
    codec = encoding if encoding in ("utf-8", "utf-8-sig") else "cp1252"
    while at < len(head):
        end = head.find(b"\n", at)
        end = len(head) if end < 0 else end
        line = head[at:end]
        found.append((line.decode(codec, errors="replace").rstrip("\r"), end + 1))
        at = end + 1
        if len(found) > 5 and line[:1].isdigit() and line.count(b"\t") > 0:
            break  # the table has begun
    return found


def _are_headings(line: str) -> bool:
    names = [split_heading(cell)[0] for cell in line.split("\t") if cell.strip()]
    known = sum(name in NAMES for name in names)
    return "\t" in line and known >= 1 and 2 * known >= len(names)


def _headings(line: str) -> tuple[str, ...]:
    cells = line.rstrip("\r\n").split("\t")
    while cells and not cells[-1].strip():
        cells.pop()
    return tuple(cell.strip() for cell in cells)


def _columns(parts: _Parts, raw: RawFile) -> tuple[tuple[Column, ...], tuple[str, ...]]:
    headings, surplus = _filled(parts, raw)
    table, warnings = read_table(parts.table, len(headings), raw, first_line=parts.first_line)
    columns = []
    for place, (heading, values) in enumerate(zip(headings, table, strict=True), start=1):
        name, unit = split_heading(heading)
        columns.append(Column(name=name or f"unnamed {place}", unit=unit, values=values))
    return tuple(columns), surplus + warnings


def _filled(parts: _Parts, raw: RawFile) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The headings that have cells. EC-Lab 11.61 writes headings behind an empty one to which it writes no cells."""
    headings = parts.headings
    cells = cells_of_first_row(parts.table)
    if not cells or cells == len(headings):
        return headings, ()
    if cells < len(headings) and not headings[cells]:
        left = ", ".join(f"'{heading}'" for heading in headings[cells:] if heading)
        return headings[:cells], (f"the heading {left} has no cells in any line and was left out",)
    raise raw.broken(
        f"the line has {cells} cells, but there are {len(headings)} headings; "
        "which column has lost its heading or its cells cannot be told",
        line=parts.first_line,
        expected="one cell under each heading",
        do="export the run again with all its columns",
    )


FORMAT = Format(
    name=_NAME,
    title="BioLogic EC-Lab text (.mpt)",
    extensions=(".mpt", ".txt"),
    can_read=can_read,
    read=read,
)
FORMATS = (
    FORMAT,
    Format(
        name=_BARE_NAME,
        title="table with BioLogic EC-Lab's headings (.txt)",
        extensions=(".txt",),
        can_read=can_read_bare,
        read=read_bare,
    ),
)
