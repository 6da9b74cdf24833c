"""Tables of battery cyclers: one line of names, then up to many millions of rows. Knows no vendor.

Schema: every column of the file with the name and unit of its head (``columns.split_head``):

* numbers as float64, empty cells NaN;
* clock times (``123:00:05.2``, ``0d 00:00:01.00``) in seconds, unit ``s``, said in the header entry of the column's name;
* dates in seconds since 1970-01-01 00:00 of the instrument's own clock (no time zone is in these files), unit ``s``; when day and month
  cannot be told apart in the whole file the column is left out and a warning says so;
* words (``Rest``, ``CC Chg``) as integer codes, with ``codes of <name>`` in the header (``0 = Rest; 1 = CC Chg``); a column of more than 200
  different words is left out and named.

Technique: "cycling". Signs, resets and the numbers of cycles are the file's own.

Speed and memory: rows are read in pieces of 4 MB, so that beside the columns only one piece is held.

Broken: a row with too few or too many cells (names the line). A last row that is cut short is left out with a warning, since the cycler may
have been writing.
"""

from __future__ import annotations

import csv
import functools
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

import attrs
import numpy as np
import numpy.typing as npt

from pelletry.core.errors import quoted
from pelletry.core.record import Column, Record
from pelletry.formats.columns import split_head
from pelletry.formats.cycler_cells import DATE, TIME, Dates, Words, numbers_of, seconds_of
from pelletry.formats.hints import hints_from_name
from pelletry.formats.rawfile import RawFile
from pelletry.formats.spectra import header_of, not_set_keys

__all__ = ["find_heads", "lines_of_pieces", "plain_head", "read_cycler", "read_cycler_lines", "read_cycler_pieces"]

Array = npt.NDArray[np.float64]
_WIDTH = 48
_MOST_COLUMNS = 2000
_HEADER_LINES = 2000
_SAMPLE_ROWS = 200
_LONGEST_LINE = 1 << 22
_LETTERS = re.compile(r"[^\W\d_]{2}")


def find_heads(raw: RawFile, *wanted: Callable[[frozenset[str]], bool]) -> tuple[int, str, tuple[str, ...]] | None:
    """The line of names in the head of a text: (index of the line, separator, cells), or None.

    ``wanted`` are questions to the set of the cells in small letters without blanks and underscores; one of them must say yes.
    """
    for index, separator, cells, plain in _lines_of_words(raw.head_text):
        if any(question(plain) for question in wanted):
            return index, separator, cells
    return None


# Every cycler's reader asks about the same few lines of the same file, one after the other.
@functools.lru_cache(maxsize=2)
def _lines_of_words(text: str) -> tuple[tuple[int, str, tuple[str, ...], frozenset[str]], ...]:
    """The lines that could be names: three cells and more, and somewhere two letters in a row, which numbers never have."""
    found = []
    for index, line in enumerate(text.split("\n")[:_HEADER_LINES]):
        if len(line) < 8 or len(line) > 60_000 or not _LETTERS.search(line):
            continue
        for separator in ("\t", ";", ","):
            if line.count(separator) >= 2:
                cells = tuple(cell.strip().strip('"').strip() for cell in line.split(separator))
                found.append((index, separator, cells, frozenset(plain_head(cell) for cell in cells)))
    return tuple(found)


def plain_head(head: str) -> str:
    """A head in small letters without blanks, underscores and hyphens."""
    return "".join(c for c in head.lower() if c not in " _-~")


def read_cycler(
    raw: RawFile,
    format_name: str,
    heads: tuple[int, str, tuple[str, ...]],
    *,
    decimal: str | None = None,
    units: Sequence[str] = (),
    header: Mapping[str, str] | None = None,
    acquired_at: str | None = None,
    not_set: Sequence[str] = (),
) -> Record:
    """The record of a text whose line of names is known.

    ``decimal`` None: seen in the first rows. ``units`` stand for those of the heads, where a format has them elsewhere.
    """
    index, separator, names = heads
    lines = raw.head_text.split("\n")
    if decimal is None:
        decimal = "," if separator != "," and _has_decimal_commas(lines[index + 1 : index + 50], separator) else "."
    table = _Table(raw=raw, names=names, separator=separator, decimal=decimal, line=index + 2)
    for piece in _pieces(raw, index + 1):
        table.add(piece)
    entries = {**header_of([line.strip(",;\t ") for line in lines[:index]]), **(header or {})}
    return _record(raw, format_name, table, units, entries, acquired_at, not_set)


def _has_decimal_commas(lines: Sequence[str], separator: str) -> bool:
    cells = [cell.strip() for line in lines for cell in line.split(separator)]
    commas = sum(1 for cell in cells if re.fullmatch(r"[-+]?\d+,\d+(?:[eE][-+]?\d+)?", cell))
    points = sum(1 for cell in cells if re.fullmatch(r"[-+]?\d+\.\d+(?:[eE][-+]?\d+)?", cell))
    return commas > points


def read_cycler_pieces(
    raw: RawFile, format_name: str, names: tuple[str, ...], pieces: Iterable[bytes], *, header: Mapping[str, str]
) -> Record:
    """The record of comma-separated lines that another program prints; each piece is whole lines."""
    table = _Table(raw=raw, names=names, separator=",", decimal=".", line=2)
    for piece in pieces:
        table.add(piece)
    return _record(raw, format_name, table, (), header, None, ())


def read_cycler_lines(
    raw: RawFile,
    format_name: str,
    names: tuple[str, ...],
    rows: Sequence[str],
    *,
    line: int,
    header: Mapping[str, str],
    name: str,
    number: int,
) -> Record:
    """The record of rows that do not lie in a text file (the rows of a sheet), cells between tabs."""
    table = _Table(raw=raw, names=names, separator="\t", decimal=".", line=line)
    for at in range(0, len(rows), 20_000):
        table.add("\n".join([*rows[at : at + 20_000], ""]).encode("utf-8"))
    return attrs.evolve(_record(raw, format_name, table, (), header, None, (), number), name=name)


def _pieces(raw: RawFile, first: int) -> Iterator[bytes]:
    """Whole lines from the line ``first`` (from 0) on, ended by line feeds."""
    head = raw.head
    is_plain = head.count(b"\0") == 0 and (b"\r" not in head or b"\r\n" in head)
    if is_plain:
        at = 0
        for _ in range(first):
            at = head.find(b"\n", at) + 1
            if at == 0:
                return
        source = raw.pieces(start=at)
    else:  # UTF-16, or lines that end with a carriage return alone
        lines = raw.text().lines[first:]
        source = iter(["\n".join([*lines, ""]).encode("utf-8")])
    yield from lines_of_pieces(raw, source)


def lines_of_pieces(raw: RawFile, source: Iterable[bytes]) -> Iterator[bytes]:
    """Pieces of a text as pieces of whole lines, ended by line feeds."""
    rest = b""
    for piece in source:
        whole = rest + piece
        cut = whole.rfind(b"\n") + 1
        rest = whole[cut:]
        if len(rest) > _LONGEST_LINE:
            raise raw.broken("a line is longer than 4 MB", expected="rows of numbers")
        if cut:
            yield whole[:cut].replace(b"\r\n", b"\n")
    if rest.strip():
        yield rest.rstrip(b"\r") + b"\n"


@attrs.define
class _Growing:
    """A column in one piece of memory from the beginning, so that nothing is held twice while it grows."""

    held: Array = attrs.field(factory=lambda: np.empty(0))
    used: int = 0

    def append(self, values: Array, expected: int) -> None:
        """More values; ``expected`` is how many there may be in all (untouched memory costs nothing)."""
        needed = self.used + len(values)
        if needed > len(self.held):
            grown = np.empty(max(needed, expected, int(1.3 * needed)) if self.used else max(needed, expected))
            grown[: self.used] = self.held[: self.used]
            self.held = grown
        self.held[self.used : needed] = values
        self.used = needed

    def all(self) -> Array:
        """The values."""
        return self.held[: self.used]


def _is_full(cells: npt.NDArray[np.bytes_], width: int) -> bool:
    """Whether a cell may have been cut at the width."""
    packed = np.ascontiguousarray(cells)
    return bool(np.any(packed.view(np.uint8).reshape(len(packed), width)[:, -1]))


@attrs.define(kw_only=True)
class _Table:
    """The columns while they grow. ``kinds`` are n(umbers), l(oose: with empty cells), t(imes), d(ates), w(ords), x (left out)."""

    raw: RawFile
    names: tuple[str, ...]
    separator: str
    decimal: str
    line: int  # of the next row, from 1
    first_line: int = 0
    width: int = 0
    kinds: list[str] = attrs.field(factory=list)
    numbers: list[_Growing] = attrs.field(factory=list)
    text_width: int = _WIDTH
    expected: int = 0  # rows, by the size of the file
    dates: dict[int, Dates] = attrs.field(factory=dict)
    words: dict[int, Words] = attrs.field(factory=dict)
    wrong: dict[int, tuple[int, int]] = attrs.field(factory=dict)  # column -> (cells that are no numbers, first line)
    rows: int = 0
    notes: list[str] = attrs.field(factory=list)

    def add(self, piece: bytes) -> None:
        """More whole lines."""
        text = self._text(piece)
        lines = text.split("\n")[:-1]
        if not lines:
            return
        if not self.kinds:
            self._begin(lines)
        start = self.line
        self.line += len(lines)
        # The sum is fast and the conversion, which counts the cells of each row, does the rest.
        if text.count(self.separator) != (self.width - 1) * len(lines):
            lines = self._checked(lines, start)
        if lines:
            if not self.rows and not self.raw.packing:
                self.expected = 1000 + int(1.01 * self.raw.size_bytes * len(lines) / max(len(piece), 1))
            self._convert(lines, start)
            self.rows += len(lines)

    def _text(self, piece: bytes) -> str:
        if self.decimal == ",":
            piece = piece.replace(b",", b".")
        text = piece.decode("latin-1")  # a character a byte; words are decoded later
        if "\r" in text:
            text = text.replace("\r", " ")  # alone inside a line: damage that must not shift the rows
        if '"' in text:
            text = self._unquoted(text)
        return text

    def _unquoted(self, text: str) -> str:
        bare = text.replace('"', "")
        expected = (self.width or len(self.names)) - 1
        lines = bare.split("\n")[:-1]
        if all(line.count(self.separator) == expected for line in lines[:1000]):
            return bare
        rows = csv.reader(text.split("\n")[:-1], delimiter=self.separator)
        try:
            return "\n".join([*(self.separator.join(c.replace(self.separator, " ") for c in row) for row in rows), ""])
        except csv.Error as error:
            raise self.raw.broken(f"the quotes do not close ({error})", line=self.line) from None

    def _begin(self, lines: list[str]) -> None:
        first = next((line for line in lines if line.strip()), "")
        self.width = first.count(self.separator) + 1
        if self.width > _MOST_COLUMNS:
            raise self.raw.refused(f"a row has {self.width} cells", line=self.line, expected=f"at most {_MOST_COLUMNS}")
        surplus = first.split(self.separator)[len(self.names) :]
        if self.width < len([name for name in self.names if name]) or any(cell.strip() for cell in surplus):
            raise self.raw.broken(
                f"the row has {self.width} cells", line=self.line, expected=f"{len(self.names)} cells, as many as names"
            )
        sample = [line.encode("latin-1").split(self.separator.encode()) for line in lines[:_SAMPLE_ROWS]]
        sample = [row for row in sample if len(row) == self.width]
        self.kinds = [_kind([row[j] for row in sample]) for j in range(self.width)]
        self.numbers = [_Growing() for _ in range(self.width)]
        longest = max((len(cell) for row in sample for cell in row), default=0)
        self.text_width = min(_WIDTH, longest + 4)
        self.first_line = self.line
        for j, kind in enumerate(self.kinds):
            if kind == "d":
                self.dates[j] = Dates()
            elif kind == "w":
                self.words[j] = Words()

    def _checked(self, lines: list[str], start: int) -> list[str]:
        """The lines without blank ones; each has as many cells as the first."""
        wanted = self.width - 1
        kept = []
        for i, line in enumerate(lines):
            count = line.count(self.separator)
            if count == wanted:
                kept.append(line)
            elif not line.strip(self.separator + " \t\x1a"):
                continue
            elif count > wanted and not line.split(self.separator, self.width)[-1].strip(self.separator + " "):
                kept.append(line.rsplit(self.separator, count - wanted)[0])
            elif i == len(lines) - 1 and count < wanted and self.rows + len(kept) > 0:
                self.notes.append(f"line {start + i} is cut short and was left out")
            else:
                raise self.raw.broken(
                    f"the row has {count + 1} cells: {quoted(line, longest=40)}",
                    line=start + i,
                    expected=f"{self.width} cells as in the rows above",
                    do="repair the line, or export the file again",
                )
        return kept

    def _convert(self, lines: list[str], start: int) -> None:
        plain = [j for j, kind in enumerate(self.kinds) if kind == "n"]
        try:
            table = self._loaded(lines, plain)
        except (ValueError, OverflowError):
            self._checked(lines, start)
            table = self._loaded(lines, [])
            self._loosen(table, plain)
            plain = []
        for j, kind in enumerate(self.kinds):
            cells = table[f"c{j}"]
            if kind == "n" and j in plain:
                self.numbers[j].append(cells, self.expected)
            elif kind != "x":
                self._add_cells(j, np.ascontiguousarray(cells))

    def _loaded(self, lines: list[str], plain: Sequence[int]) -> npt.NDArray[np.void]:
        known = frozenset(plain)
        texts = [f"c{j}" for j in range(self.width) if j not in known]
        for width in (self.text_width, _WIDTH):
            layout = [(f"c{j}", "f8" if j in known else f"S{width}") for j in range(self.width)]
            table = np.loadtxt(lines, dtype=layout, delimiter=self.separator, comments=None, ndmin=1)
            if width == _WIDTH or not any(_is_full(table[name], width) for name in texts):
                break
        self.text_width = width
        return table

    def _loosen(self, table: npt.NDArray[np.void], plain: Sequence[int]) -> None:
        for j in plain:
            try:
                table[f"c{j}"].astype(np.float64)
            except ValueError:
                self.kinds[j] = "l"

    def _add_cells(self, j: int, cells: npt.NDArray[np.bytes_]) -> None:
        kind = self.kinds[j]
        if kind in ("n", "l"):
            values, count, first = numbers_of(cells)
            if count:
                seen, line = self.wrong.get(j, (0, 0))
                self.wrong[j] = (seen + count, line or self.first_line + self.rows + int(first[0]))
            self.numbers[j].append(values, self.expected)
            return
        try:
            if kind == "t":
                self.numbers[j].append(seconds_of(cells), self.expected)
            elif kind == "d":
                self.dates[j].add(cells)
            elif not self.words[j].add(cells):
                raise ValueError("more words than kinds")
        except ValueError as error:
            self.kinds[j] = "x"
            name = self.names[j] if j < len(self.names) else f"column {j + 1}"
            self.notes.append(
                f"the column '{name}' was left out: {error} (rows from line {self.first_line + self.rows})"
            )


def _kind(cells: Sequence[bytes]) -> str:
    """What a column is, by its first cells."""
    filled = [cell.strip().strip(b'"') for cell in cells if cell.strip()]
    if not filled:
        return "l"
    for kind, pattern in (("t", TIME), ("d", DATE)):
        if all(pattern.match(cell) for cell in filled):
            return kind
    numbers = sum(1 for cell in filled if _is_number(cell))
    if numbers == len(filled):
        return "n" if len(filled) == len(cells) else "l"
    return "l" if numbers * 2 > len(filled) else "w"


def _is_number(cell: bytes) -> bool:
    try:
        float(cell)
    except ValueError:
        return False
    return b"_" not in cell


def _record(
    raw: RawFile,
    format_name: str,
    table: _Table,
    units: Sequence[str],
    header: Mapping[str, str],
    acquired_at: str | None,
    not_set: Sequence[str],
    number: int = 0,
) -> Record:
    entries = dict(header)
    notes = list(table.notes)
    columns: list[Column] = []
    began: float | None = None
    for j in range(table.width or len(table.names)):
        head = table.names[j] if j < len(table.names) else ""
        name, unit = split_head(head)
        if units:
            name, unit = head, units[j] if j < len(units) else ""
        kind = table.kinds[j] if table.kinds else "n"
        values: npt.NDArray[np.float64 | np.int16] | None
        if kind == "x":
            continue
        if kind == "d":
            values = table.dates[j].seconds()
            unit = "s"
            if values is None:
                notes.append(f"the column '{name}' was left out: its dates may have the day or the month first")
                continue
            entries[f"dates of {name}"] = "in s since 1970-01-01 00:00 of the instrument's clock"
            began = float(values[0]) if began is None and len(values) else began
        elif kind == "w":
            values = np.concatenate(table.words[j].codes) if table.words[j].codes else np.empty(0)
            entries[f"codes of {name}"] = table.words[j].told()
        else:
            values = table.numbers[j].all() if table.numbers else np.empty(0)
            if kind == "t":
                name, unit = head.partition("(")[0].strip() or name, "s"
                entries[f"times of {name}"] = f"clock times ({head}) in s"
        if not name and (kind == "l" or not len(values)):
            continue
        columns.append(Column(name=name or f"column {j + 1}", unit=unit, values=values))
        if j in table.wrong:
            count, line = table.wrong[j]
            notes.append(f"{count} cell(s) of the column '{name}' are not numbers and became NaN, first in line {line}")
    if not table.rows:
        notes.append("the table has names and no rows")
    if acquired_at is None and began is not None and np.isfinite(began):
        acquired_at = str(np.datetime64(int(began), "s"))
    return Record(
        name=raw.path.name,
        technique="cycling",
        columns=tuple(columns),
        origin=raw.origin(format_name, record=number, acquired_at=acquired_at, line=table.first_line or table.line),
        header=entries,
        not_set=tuple(dict.fromkeys((*not_set, *not_set_keys(entries)))),
        hints=hints_from_name(raw.shown),
        warnings=tuple(notes),
    )
