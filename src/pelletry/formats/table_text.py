"""Tables in text files: blocks of rows, their header lines, and the text between them. Knows no vendor.

A block is a run of lines with the same number of cells, of which at least two are numbers. Text or a repeated header between
rows begins a new block; a blank line does not (readers decide by the frequency). A file that is one block is read at the
speed of ``numpy.loadtxt``; only when that fails are the cells looked at one by one, so that a message can name the line.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

import attrs
import numpy as np

from pelletry.core.arrays import Array, array_field
from pelletry.core.errors import quoted
from pelletry.formats.columns import is_unit, role_of, split_head
from pelletry.formats.numbers import Convention, convention_of, is_destroyed
from pelletry.formats.rawfile import RawFile

__all__ = ["Block", "blocks_of_lines", "read_blocks", "split_names"]

_COMMENT = re.compile(r"^\s*(?:#+|%+|//|!|\*(?=\s)|;(?=\s*[A-Za-z]))\s?")
_LIMIT_COLUMNS = 4096


@attrs.frozen(kw_only=True)
class Block:
    """Rows of one width.

    ``names`` are the header cells above the rows (empty tuple: there is no header), ``units`` those of a second header line
    with units. ``before`` is the text since the block above, as (line number, text). ``lines`` are the line numbers of the
    rows, from 1. ``texts`` holds the columns (by position) whose cells are words, such as dates or step types.
    """

    names: tuple[str, ...]
    units: tuple[str, ...]
    before: tuple[tuple[int, str], ...]
    lines: tuple[int, ...] = attrs.field(repr=False)
    values: Array = array_field(doc="shape (rows, columns)")
    texts: tuple[tuple[int, tuple[str, ...]], ...] = attrs.field(default=(), repr=False)
    warnings: tuple[str, ...] = ()

    @property
    def first_line(self) -> int:
        return self.lines[0]


def read_blocks(raw: RawFile, *, convention: Convention | None = None) -> list[Block]:
    """All tables of a text file, in the order of the file; empty when it has none.

    Raises
    ------
    RefusedFileError
        When numbers have lost their decimal mark, or commas are separator and decimal mark at once.
    BrokenFileError
        When a row in the middle of a table has too many or too few cells; names the line.
    """
    return blocks_of_lines(raw, raw.text().lines, convention=convention)


def blocks_of_lines(raw: RawFile, lines: Sequence[str], *, convention: Convention | None = None) -> list[Block]:
    """The same for lines that do not come from a text file (the rows of a sheet); ``raw`` is named in the messages."""
    convention = convention or convention_of(lines)
    if convention is None:
        return []
    start = _first_row(lines, convention)
    if start is None:
        return []
    fast = _loaded(lines[start:], convention)
    if fast is not None:
        blocks = [_block(raw, convention, lines[:start], 1, range(start + 1, start + 1 + len(fast)), fast, (), ())]
    else:
        blocks = _classified(raw, lines, convention)
    return blocks


def _is_row(convention: Convention, line: str) -> int:
    """The number of cells of a row of data, 0 for any other line."""
    width, numbers, texts = convention.row(line)
    return width if numbers >= 2 and numbers >= texts else 0


def _first_row(lines: Sequence[str], convention: Convention) -> int | None:
    """Where the first run of rows begins that the next row continues; a lone row counts only when nothing better comes."""
    lone: int | None = None
    previous, previous_width = -1, 0
    for i, line in enumerate(lines):
        if not line.strip():
            continue
        width = _is_row(convention, line)
        if width and width == previous_width:
            return previous
        if width and lone is None:
            lone = i
        previous, previous_width = i, width
    return lone


def _loaded(lines: Sequence[str], convention: Convention) -> Array | None:
    """All lines as one table the fast way, or None when a cell or a line is not plain numbers."""
    rows = [line.rstrip("\t ;,") for line in lines]
    while rows and not rows[-1]:
        rows.pop()
    if not rows or len(rows[0]) > 1 << 20 or not all(rows):
        return None
    if convention.decimal == ",":
        joined = "\n".join(rows)
        if "." in joined:
            return None
        rows = joined.replace(",", ".").split("\n")
    try:
        values = np.loadtxt(
            rows, delimiter=None if convention.separator == " " else convention.separator, ndmin=2, comments=None
        )
    except (ValueError, OverflowError):
        return None
    return values if values.shape[1] >= 2 else None


def _runs(raw: RawFile, lines: Sequence[str], convention: Convention) -> list[tuple[int, list[int]]]:
    """Runs of rows of one width, as (width, indices); blank lines do not end a run, other text does."""
    runs: list[tuple[int, list[int]]] = []
    is_open = False
    for i, line in enumerate(lines):
        if not line.strip():
            continue
        if is_open and convention.separator != " " and _goes_on(convention, line, runs[-1][0]):
            runs[-1][1].append(i)
            continue
        width, numbers, texts = convention.row(line)
        if is_open and convention.separator != " " and width >= runs[-1][0] and not (numbers or texts):
            continue  # only separators
        is_like_above = is_open and convention.separator != " " and width == runs[-1][0] and numbers >= 1
        width = width if (numbers >= 2 and numbers >= texts) or is_like_above else 0
        if is_open and width > runs[-1][0] and not any(convention.cells(line)[runs[-1][0] :]):
            width = runs[-1][0]  # more empty cells at the end than the rows above
        if width > _LIMIT_COLUMNS:
            raise raw.broken(f"a row has {width} cells", line=i + 1, expected=f"at most {_LIMIT_COLUMNS}")
        if width and is_open and runs[-1][0] == width:
            runs[-1][1].append(i)
        elif width:
            runs.append((width, [i]))
            is_open = True
        else:
            is_open = False
    return runs


def _goes_on(convention: Convention, line: str, width: int) -> bool:
    """A row like the one above, seen without looking at each cell: it begins with a number and has as many separators."""
    return line.lstrip()[:1] in "+-.0123456789" and '"' not in line and line.count(convention.separator) == width - 1


def _classified(raw: RawFile, lines: Sequence[str], convention: Convention) -> list[Block]:
    runs = _runs(raw, lines, convention)
    longest = max((len(rows) for _, rows in runs), default=0)
    blocks: list[Block] = []
    end = 0
    for number, (width, rows) in enumerate(runs):
        is_short = len(rows) < min(3, longest)
        if is_short and number and rows[0] == runs[number - 1][1][-1] + 1 and len(runs[number - 1][1]) >= 3:
            if number == len(runs) - 1 and rows[-1] >= len(lines) - 1 and width < runs[number - 1][0]:
                note = f"line {rows[0] + 1} is cut short and was left out"
                blocks[-1] = attrs.evolve(blocks[-1], warnings=(*blocks[-1].warnings, note))
                continue
            raise raw.broken(
                f"the row has {width} cells",
                line=rows[0] + 1,
                expected=f"{runs[number - 1][0]} cells as in the rows above",
                do="repair the line, or export the file again",
            )
        if is_short:
            continue  # a lone pair of numbers in a header is not a table
        before, before_line = lines[end : rows[0]], end + 1
        fast = _loaded([lines[i] for i in rows], convention)
        if fast is not None and len(fast) == len(rows):
            blocks.append(_block(raw, convention, before, before_line, [i + 1 for i in rows], fast, (), ()))
        else:
            blocks.append(_cell_by_cell(raw, convention, before, before_line, lines, rows))
        end = rows[-1] + 1
    return blocks


def _cell_by_cell(
    raw: RawFile, convention: Convention, before: Sequence[str], before_line: int, lines: Sequence[str], rows: list[int]
) -> Block:
    table = [convention.cells(lines[i]) for i in rows]
    width = min(max(map(len, table)), _is_row(convention, lines[rows[0]]))
    while width > 2 and not any(row[width - 1] for row in table if len(row) >= width):
        width -= 1  # rows that close with a separator
    for i, one in zip(rows, table, strict=True):
        _refuse_destroyed(raw, one, i + 1)
    values = np.full((len(rows), width), np.nan)
    texts: list[tuple[int, tuple[str, ...]]] = []
    notes: list[str] = []
    for j in range(width):
        cells = tuple(row[j] if j < len(row) else "" for row in table)
        if convention.decimal == "." and (plain := _plain(cells)) is not None:
            values[:, j] = plain
            continue
        numbers = [convention.number(cell) for cell in cells]
        if convention.decimal == ",":
            _refuse_undecided(raw, cells, rows)
        strange = [i for i, number in enumerate(numbers) if number is None]
        if strange and len(strange) * 2 > sum(1 for cell in cells if cell):
            texts.append((j, cells))
            continue
        if strange:
            notes.append(
                f"{len(strange)} cell(s) of column {j + 1} are not numbers and became NaN, "
                f"first {quoted(cells[strange[0]], longest=20)} in line {rows[strange[0]] + 1}"
            )
        values[:, j] = [np.nan if number is None else number for number in numbers]
    numbered = tuple(i + 1 for i in rows)
    return _block(raw, convention, before, before_line, numbered, values, tuple(texts), tuple(notes))


def _plain(cells: Sequence[str]) -> Array | None:
    """A column of nothing but plain numbers, converted at once."""
    if not all(cells) or any("_" in cell for cell in cells):
        return None
    try:
        return np.array(cells).astype(np.float64)
    except ValueError:
        return None


def _refuse_destroyed(raw: RawFile, cells: Sequence[str], line: int) -> None:
    destroyed = is_destroyed(cells)
    if destroyed is not None:
        raise raw.refused(
            f"{quoted(destroyed)} has lost its decimal mark: a spreadsheet of another country took it for a whole number, "
            "and the value cannot be restored",
            line=line,
            do="use the file as the instrument wrote it, never saved by a spreadsheet",
        )


def _refuse_undecided(raw: RawFile, cells: Sequence[str], rows: Sequence[int]) -> None:
    """In a table with decimal commas ``1.234`` is 1234 or 1.234; only a neighbour such as ``1.234,5`` decides."""
    undecided = next((i for i, cell in enumerate(cells) if re.fullmatch(r"[+-]?\d{1,3}\.\d{3}", cell)), None)
    if undecided is not None and not any(re.search(r"\.\d{3},\d", cell) for cell in cells):
        raise raw.refused(
            f"{quoted(cells[undecided])} may be a decimal or a thousand, since the table has decimal commas elsewhere",
            line=rows[undecided] + 1,
            do="export again with one decimal mark and no thousands mark",
        )


def _block(
    raw: RawFile,
    convention: Convention,
    before: Sequence[str],
    before_line: int,
    numbered: Sequence[int],
    values: Array,
    texts: tuple[tuple[int, tuple[str, ...]], ...],
    notes: tuple[str, ...],
) -> Block:
    width = values.shape[1]
    names, units = _header(before, convention, width)
    if not names and convention.separator == ",":
        _refuse_comma_for_both(raw, before, values, numbered[0])
    return Block(
        names=names,
        units=units,
        before=tuple((before_line + i, line) for i, line in enumerate(before) if line.strip()),
        lines=tuple(numbered),
        values=values,
        texts=texts,
        warnings=notes,
    )


def _refuse_comma_for_both(raw: RawFile, before: Sequence[str], values: Array, line: int) -> None:
    """``10000,0,109,009``: twice as many whole numbers as the header has names are decimals cut at their comma."""
    header = next((text for text in reversed(before) if text.strip()), "")
    names = len(split_names(header, 0)) if header else 0
    whole = bool(np.all(np.isnan(values) | (values == np.round(values))))
    if whole and names >= 2 and names < values.shape[1] <= 2 * names:
        raise raw.refused(
            "the comma separates the columns and the decimals alike, so the numbers cannot be told apart",
            line=line,
            expected=f"{names} columns as in the header",
            do="export again with a semicolon or tab between the columns",
        )


def split_names(line: str, width: int) -> tuple[str, ...]:
    """The cells of a header line; with a ``width`` only a split into exactly that many cells counts, else ().

    Headers are often separated differently from the data below them (two tabs, padded blanks), so several ways are tried.
    """
    is_comment = _COMMENT.match(line) is not None
    line = _COMMENT.sub("", line).strip("\r\n")
    for separator in ("\t", ";", ",", r"\s{2,}", r"\s+"):
        if width and (is_comment or separator.startswith("\\s")) and not _names_a_quantity(line, separator):
            continue
        if separator in "\t;,":
            if separator not in line:
                continue
            cells = [cell.strip() for cell in Convention(separator, ".").cells(line)]
        else:
            cells = re.split(separator, line.strip())
        filled = [cell for cell in cells if cell]
        if not width and len(filled) >= 2:
            return tuple(filled)
        if len(cells) == width:
            return tuple(cells)
        if len(filled) == width:
            return tuple(filled)
        if len(cells) > width and not any(cells[width:]):
            return tuple(cells[:width])
    return ()


def _names_a_quantity(line: str, separator: str) -> bool:
    """Whether one of the cells is a known column or has a unit: words between blanks, and comments, are prose otherwise."""
    heads = [split_head(cell) for cell in re.split(separator, line)]
    return any(unit or role_of(name)[0] for name, unit in heads if len(name) < 60)


def _is_wordy(cells: Sequence[str]) -> bool:
    numbers = sum(1 for cell in cells if cell and re.fullmatch(r"[+-]?[\d.,]+(?:[eE][+-]?\d+)?", cell))
    return numbers * 2 < len([cell for cell in cells if cell])


def _header(before: Sequence[str], convention: Convention, width: int) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The names and the units (if on a line of their own) among the last lines before the rows."""
    found: list[tuple[str, ...]] = []
    looked = 0
    for line in reversed(before):
        text = line.strip()
        if not text or re.fullmatch(r"[-=_*#\s]+|\d+", text):  # rulers and a line with the number of points
            continue
        cells = split_names(line, width)
        if cells and _is_wordy(cells):
            found.append(cells)
        elif found:
            break
        looked += 1
        if looked == 4 or len(found) == 2:
            break
    if not found:
        return (), ()
    if len(found) == 2 and all(is_unit(cell.strip("()[] ")) or cell in ("", "#") for cell in found[0]):
        return found[1], tuple(cell.strip("()[] ") for cell in found[0])
    return found[0], ()
