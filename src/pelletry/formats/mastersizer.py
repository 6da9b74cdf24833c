"""Malvern Mastersizer 2000 and 3000 exports of laser-diffraction size distributions: csv, text with tabs, xlsx; wide and long.

Formats seen
    Mastersizer 2000, wide layout, csv (2011) and xlsx (2012). Repeated header rows, blank records, semicolons and decimal commas are
    known from descriptions of such files. The long layout (``Size Classes (µm)`` ``Volume Density (%)`` of the Mastersizer 3000) is built
    from public descriptions, no real file seen.
Schema
    One record a measurement: ``size lower edge`` µm, ``size upper edge`` µm, ``volume in`` %, shape (classes,). The basis is the file's:
    with ``Result transform type`` Number the third column is ``number in``.
Uncertainties
    None in the file: percentages are printed with six decimals.
Header
    The instrument's own row, under its own names (``d (0.5)``, ``D [4, 3] - Volume weighted mean``, ...). Besides, whatever the export calls
    them: ``instrument d10``, ``d50``, ``d90``, ``D[4,3]``, ``D[3,2]`` (each ``instrument ... [µm]``), ``instrument span``, ``particle refractive index``,
    ``particle absorption index``, ``dispersant``, ``dispersant refractive index``, ``obscuration [%]``, ``residual [%]``, ``analysis model``,
    ``result basis``. A d50 below a micrometre depends on the optical model: report them together.
File structure, wide
    A row of names; one of them is ``Result Between User Sizes (Sizes in um)``. The next row holds the sizes, the first of them below
    that name. Then a row a measurement. **The value below size j is the volume between sizes j-1 and j** (the first cell is empty):
    taken for the volume above size j every percentile comes out 14.8 % too large. Held against the instrument's own d10, d50, d90.
    ``Result Below User Sizes`` is cumulative: its differences are the volumes. Rows of names and sizes may repeat and begin a new table
    with other sizes. Records without values (aborted runs, averages not computed) give no record; how many is said in a warning.
File structure, long
    Key lines, then rows of a size and a percentage. Whether a size is the lower or upper edge of its class is told by the empty cell
    (first: upper edges; last: lower edges), else by the instrument's d50 in the header; when neither tells, the columns are
    ``size`` and ``volume in`` and a warning says that the edges are not known.
Refused
    Sizes that do not rise, percentages that are no numbers, rows of another width, numbers a spreadsheet destroyed.
Source
    The files; the percentiles that the instrument prints beside each distribution.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator, Sequence

import attrs

from pelletry.core.errors import quoted
from pelletry.core.record import Record
from pelletry.formats.archive import is_zip, member_head, members
from pelletry.formats.mastersizer_record import Distribution, record_of_distribution, records_of_long
from pelletry.formats.numbers import Convention, is_destroyed
from pelletry.formats.rawfile import RawFile
from pelletry.formats.registry import Format

__all__ = ["FORMATS"]

NAME, XLSX_NAME = "mastersizer", "mastersizer-xlsx"
_SECTION = re.compile(r"^Result (Between|Below|Above) User Sizes(?:\s*\(Sizes in (\S+?)\))?\s*$", re.IGNORECASE)
_LONG = re.compile(r"^Size(?: Class(?:es)?| Classes)?\s*\(\s*(?:µm|μm|um)\s*\)$", re.IGNORECASE)
_CLAIM = re.compile(r"(?:^|[,;\t\"\n])Result (?:Between|Below) User Sizes", re.IGNORECASE)
_CLAIM_LONG = re.compile(
    r"^\"?Size Class(?:es)? ?\((?:µm|μm|um)\)\"?\s*[,;\t]\s*\"?(?:Volume|Number) (?:Density|In)\b", re.MULTILINE
)
_MOST_NAMED = 20

Row = tuple[int, list[str]]  # line number from 1, cells


@attrs.frozen(kw_only=True)
class _Layout:
    """Where a wide table has what: the names, and the columns of the classes with their sizes."""

    names: tuple[str, ...]
    kind: str
    unit: str
    first: int
    sizes: tuple[float, ...]


def can_read(raw: RawFile) -> bool:
    """Whether the text names classes between user sizes, or size classes with their volume density."""
    head = raw.head_text[:32_000]
    # Every file of a folder is asked: looking for words is ten times faster than for patterns.
    is_wide = "user sizes" in head.lower() and _CLAIM.search(head) is not None
    return is_wide or ("Size Class" in head and _CLAIM_LONG.search(head) is not None)


def can_read_xlsx(raw: RawFile) -> bool:
    """Whether the words of a workbook are those of a Mastersizer export."""
    if not is_zip(raw):
        return False
    names = members(raw)
    if "xl/workbook.xml" not in names:
        return False
    sheets = [name for name in names if name.startswith("xl/worksheets/sheet")][:3]
    words = b"".join(member_head(raw, name) for name in ("xl/sharedStrings.xml", *sheets))
    has_long = b"Size Classes" in words and any(unit in words for unit in (b"Volume Density", b"Number Density"))
    return b"Result Between User Sizes" in words or b"Result Below User Sizes" in words or has_long


def _convention(lines: Sequence[str]) -> Convention:
    """Separator and decimal mark of the table, from its names and the row of sizes below them."""
    for i, line in enumerate(lines):
        if not (_CLAIM.search(line) or _CLAIM_LONG.search(line)):
            continue
        separator = max("\t;,", key=lambda mark: len(Convention(mark, ".").cells(line)))
        below = [cell for text in lines[i + 1 : i + 6] for cell in Convention(separator, ".").cells(text)]
        has_comma = any(re.fullmatch(r"\d+,\d+", cell) for cell in below)
        has_point = any(re.fullmatch(r"\d+\.\d+", cell) for cell in below)
        return Convention(separator, "," if has_comma and not has_point else ".")
    return Convention("\t", ".")


class _Rows:
    """The rows of a table, cut into cells when they are asked for: all cells at once would be many times the file."""

    def __init__(self, lines: Sequence[str], convention: Convention) -> None:
        self.lines = lines
        self.convention = convention

    def __len__(self) -> int:
        return len(self.lines)

    def __getitem__(self, index: int) -> Row:
        return index + 1, self.convention.cells(self.lines[index])

    def __iter__(self) -> Iterator[Row]:
        return (self[i] for i in range(len(self)))


def _section_at(cells: Sequence[str]) -> tuple[int, str, str] | None:
    """Column, kind and unit of the classes; ``Between`` before ``Below``."""
    found = [(i, match[1].lower(), match[2] or "um") for i, cell in enumerate(cells) if (match := _SECTION.match(cell))]
    for wanted in ("between", "below"):
        for column, kind, unit in found:
            if kind == wanted:
                return column, kind, unit
    return None


def _layout(raw: RawFile, row: Row, below: Row | None, convention: Convention) -> _Layout:
    line, names = row
    section = _section_at(names)
    if section is None:
        raise raw.refused(
            "only the volume above each size is exported", line=line, do="export 'Result Between User Sizes'"
        )
    first, kind, unit = section
    end = next((i for i in range(first + 1, len(names)) if names[i]), None)
    cells = [] if below is None else below[1][first:end]
    while cells and not cells[-1]:
        cells.pop()
    sizes = [convention.number(cell) for cell in cells]
    if below is None or len(sizes) < 3 or any(size is None or not size > 0 for size in sizes):
        raise raw.broken(
            f"no row of sizes stands below {quoted(names[first])}",
            line=line + 1,
            expected="rising sizes, the first below that name",
            do="export the result again with its size classes",
        )
    edges = [size for size in sizes if size is not None]
    falls = next((i for i in range(1, len(edges)) if not edges[i] > edges[i - 1]), None)
    if falls is not None:
        raise raw.broken(f"the sizes do not rise: {edges[falls]:g} follows {edges[falls - 1]:g}", line=below[0])
    return _Layout(names=tuple(names), kind=kind, unit=unit, first=first, sizes=tuple(edges))


def _is_names(cells: Sequence[str]) -> bool:
    return any(_SECTION.match(cell) for cell in cells)


def _values(raw: RawFile, layout: _Layout, row: Row, convention: Convention) -> list[float] | None:
    """The percentages of a record, the first cell not among them unless cumulative; None when all are empty."""
    line, cells = row
    destroyed = is_destroyed(cells)
    if destroyed is not None:
        raise raw.refused(
            f"{quoted(destroyed)} has lost its decimal mark: a spreadsheet of another country took it for a whole number, "
            "and the value cannot be restored",
            line=line,
            do="use the export as the instrument's program wrote it, never saved by a spreadsheet",
        )
    count = len(layout.sizes)
    chosen = [*cells[layout.first : layout.first + count]]
    if not any(chosen):
        return None
    if len(chosen) < count or not all(chosen[1:]):
        missing = count - 1 - sum(1 for cell in chosen[1:] if cell)
        raise raw.broken(f"{missing} of {count - 1} classes have no value", line=line, do="export the record again")
    numbers: list[float] = []
    for cell in chosen[1:] if layout.kind == "between" else [chosen[0] or "0", *chosen[1:]]:
        number = convention.number(cell)
        if number is None or number != number:
            raise raw.broken(f"{quoted(cell, longest=30)} is not a percentage", line=line)
        numbers.append(number)
    if layout.kind == "below":
        return [b - a for a, b in itertools.pairwise(numbers)]
    if chosen[0] and convention.number(chosen[0]) not in (0.0, None):
        raise raw.refused(
            f"the cell below the first size holds {quoted(chosen[0], longest=20)}: it is not known which edges the classes have",
            line=line,
            expected="an empty cell, since the value below a size is the volume between it and the size before",
        )
    return numbers


def _wide(
    raw: RawFile, rows: _Rows, convention: Convention, *, sheet: str = ""
) -> tuple[list[Distribution], list[int]]:
    """The distributions of a wide export, and the lines of the blank records."""
    found: list[Distribution] = []
    blank: list[int] = []
    layout: _Layout | None = None
    skip = -1
    last = next((i for i in range(len(rows) - 1, -1, -1) if any(rows[i][1])), -1)
    for i in range(last + 1):
        row = rows[i]
        line, cells = row
        if _is_names(cells):
            below = rows[i + 1] if i + 1 < len(rows) else None
            layout, skip = _layout(raw, row, below, convention), i + 1
        elif layout is None or i == skip:
            continue
        else:
            values = _values(raw, layout, row, convention)
            if values is None:
                blank.append(line)
                continue
            header = {name: cell for name, cell in zip(layout.names, cells, strict=False) if name and cell}
            header = {name: cell for name, cell in header.items() if not _SECTION.match(name)}
            found.append(
                Distribution(
                    line=line,
                    edges=layout.sizes,
                    unit=layout.unit,
                    percent=tuple(values),
                    header={**({"sheet": sheet} if sheet else {}), **header},
                    from_cumulative=layout.kind == "below",
                )
            )
    return found, blank


def _note_of_blank(blank: Sequence[int], of: int) -> tuple[str, ...]:
    if not blank:
        return ()
    lines = ", ".join(map(str, blank[:_MOST_NAMED])) + (", ..." if len(blank) > _MOST_NAMED else "")
    return (f"{len(blank)} of {of + len(blank)} rows hold no distribution and give no record (line {lines})",)


def _records(raw: RawFile, format: str, sheets: Sequence[tuple[str, _Rows, Convention]]) -> list[Record]:
    found: list[Distribution] = []
    notes: list[str] = []
    records: list[Record] = []
    for title, rows, convention in sheets:
        if any(_is_names(cells) for _, cells in rows):
            of_sheet, blank = _wide(raw, rows, convention, sheet=title)
            found.extend(of_sheet)
            notes.extend(_note_of_blank(blank, len(of_sheet)))
        elif any(cells and _LONG.match(cells[0]) for _, cells in rows):
            records.extend(records_of_long(raw, format, rows, convention, sheet=title))
    dates = [one.date for one in found]
    wide = [record_of_distribution(raw, format, one, dates=dates, warnings=tuple(notes)) for one in found]
    if not wide and not records:
        what = notes[0] if notes else "no record stands below the names of the columns"
        raise raw.broken(what, expected="a row with the percentages of each size class", do="export the result again")
    every = [*wide, *records]
    return [attrs.evolve(one, origin=attrs.evolve(one.origin, record=i)) for i, one in enumerate(every)]


def read(raw: RawFile) -> Sequence[Record]:
    """The records of a Mastersizer text export; see the module's docstring.

    Raises
    ------
    BrokenFileError
        When the sizes are missing or do not rise, or a record lacks classes.
    RefusedFileError
        When numbers have lost their decimal mark or the classes' edges cannot be known.
    """
    lines = raw.text().lines
    convention = _convention(lines)
    return _records(raw, NAME, [("", _Rows(lines, convention), convention)])


def read_xlsx(raw: RawFile) -> Sequence[Record]:
    """The records of a Mastersizer workbook, all sheets in order; errors as in :func:`read`."""
    from pelletry.formats.spreadsheet import sheets_of

    convention = Convention("\t", ".")
    return _records(raw, XLSX_NAME, [(title, _Rows(lines, convention), convention) for title, lines in sheets_of(raw)])


FORMATS = (
    Format(
        name=NAME,
        title="Malvern Mastersizer export (csv, text)",
        extensions=(".csv", ".txt", ".tsv"),
        can_read=can_read,
        read=read,
    ),
    Format(
        name=XLSX_NAME,
        title="Malvern Mastersizer export in a workbook",
        extensions=(".xlsx",),
        can_read=can_read_xlsx,
        read=read_xlsx,
    ),
)
