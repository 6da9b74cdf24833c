"""Tables of battery cyclers: one line of names, then up to many millions of rows. Knows no vendor.

Schema: every column of the file with the name and unit of its head (``columns.split_head``):

* numbers as float64, empty cells NaN;
* clock times (``123:00:05.2``, ``0d 00:00:01.00``) in seconds, unit ``s``, said in the header entry of the column's name;
* dates in seconds since 1970-01-01 00:00 of the instrument's own clock (no time zone is in these files), unit ``s``; when day and month
  cannot be told apart in the whole file the column is left out and a warning says so;
* words (``Rest``, ``CC Chg``) as integer codes, with ``codes of <name>`` in the header (``0 = Rest; 1 = CC Chg``); a column of more than 200
  different words is left out and named.

Technique: "cycling". Signs, resets and the numbers of cycles are the file's own.

Speed and memory: rows are read in pieces of 4 MB, so that beside the columns only a few pieces are held.

Broken: a row with too few or too many cells (names the line). A last row that is cut short is left out with a warning, since the cycler may
have been writing.
"""

from __future__ import annotations

import collections
import csv
import functools
import os
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

import attrs
import numpy as np
import numpy.typing as npt

from pelletry.core.errors import quoted
from pelletry.core.record import Column, Record
from pelletry.formats.columns import is_unit, split_head
from pelletry.formats.cycler_cells import Dates, Words
from pelletry.formats.cycler_rows import Layout, Parsed, Spare, can_compile, kind_of, parsed
from pelletry.formats.dates import iso_date
from pelletry.formats.hints import hints_from_name
from pelletry.formats.rawfile import RawFile
from pelletry.formats.spectra import header_of, not_set_keys
from pelletry.formats.text import decode

__all__ = [
    "cycler_head",
    "find_heads",
    "first_bytes",
    "lines_of_pieces",
    "plain_head",
    "read_cycler",
    "read_cycler_lines",
    "read_cycler_pieces",
]

Array = npt.NDArray[np.float64]
_MOST_COLUMNS = 2000
_HEADER_LINES = 2000
_SAMPLE_ROWS = 200
_SAMPLE_BYTES = 1 << 18
_THREADS, _AHEAD = 2, 4  # pieces wait, so that no thread does
_PIECE_BYTES, _LEAST_PIECE_BYTES = 1 << 22, 1 << 16
_PARALLEL_BYTES = 1 << 25
_COMPILED_BYTES = 1 << 27  # numba takes half a second to load
_LONGEST_LINE = 1 << 22
_LEFT_OUT = str.maketrans("", "", " _-~")
_OF_CYCLERS = ("volt", "cap", "potential", "u[", "电压")  # every line of names that a reader here knows has one of them
_LETTERS = re.compile(r"[^\W\d_]{2}")


def find_heads(
    raw: RawFile, *wanted: Callable[[frozenset[str]], bool], text: str | None = None
) -> tuple[int, str, tuple[str, ...]] | None:
    """The line of names in the head of a text: (index of the line, separator, cells), or None.

    ``wanted`` are questions to the set of the cells in small letters without blanks and underscores; one of them must say yes. ``text`` is a
    longer beginning of the file than the 64 KiB of ``raw.head``.
    """
    for index, separator, cells, plain in _lines_of_words(raw.head_text if text is None else text):
        if any(question(plain) for question in wanted):
            return index, separator, cells
    return None


# Every cycler's reader asks about the same few lines of the same file, one after the other.
@functools.lru_cache(maxsize=2)
def _lines_of_words(text: str) -> tuple[tuple[int, str, tuple[str, ...], frozenset[str]], ...]:
    """The lines that could be names: three cells and more, and somewhere two letters in a row, which numbers never have."""
    small = text.lower()
    if not any(word in small for word in _OF_CYCLERS):
        return ()
    found = []
    for index, line in enumerate(text.split("\n")[:_HEADER_LINES]):
        if len(line) < 8 or len(line) > 60_000 or line[0] in "0123456789+-." or not _LETTERS.search(line):
            continue
        for separator in ("\t", ";", ","):
            if line.count(separator) >= 2:
                cells = tuple(cell.strip().strip('"').strip() for cell in line.split(separator))
                found.append((index, separator, cells, frozenset(plain_head(cell) for cell in cells)))
    return tuple(found)


def plain_head(head: str) -> str:
    """A head in small letters without blanks, underscores and hyphens."""
    return head.lower().translate(_LEFT_OUT)


def cycler_head(head: str) -> tuple[str, str]:
    """Name and unit of a head. ``mAh/g`` is no ``mAh`` in grams, and the C of ``Cycle C`` no coulomb: a blank parts no unit here.

    >>> cycler_head("Current(A)"), cycler_head("test_time_s"), cycler_head("Cycle C"), cycler_head("mAh/g")
    (('Current', 'A'), ('test_time', 's'), ('Cycle C', ''), ('mAh/g', ''))
    """
    name, unit = split_head(head)
    if unit and (head.strip() == f"{name} {unit}" or (is_unit(name) and head.strip() == f"{name}/{unit}")):
        return head.strip(), ""
    return name, unit


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
    text: str | None = None,
) -> Record:
    """The record of a text whose line of names is known.

    ``decimal`` None: seen in the first rows. ``units`` stand for those of the heads, where a format has them elsewhere. ``header`` stands for
    what is above the names, else that is read as entries ``key: value``. ``text`` as in :func:`find_heads`.
    """
    index, separator, names = heads
    lines = (raw.head_text if text is None else text).split("\n")
    if decimal is None:
        decimal = "," if separator != "," and _has_decimal_commas(lines[index + 1 : index + 50], separator) else "."
    table = _Table(raw=raw, names=names, separator=separator, decimal=decimal, line=index + 2)
    table.fill(_pieces(raw, index + 1, raw.head if text is None else first_bytes(raw)))
    entries = header_of([line.strip(",;\t ") for line in lines[:index]]) if header is None else dict(header)
    return _record(raw, format_name, table, units, entries, acquired_at, not_set)


def _has_decimal_commas(lines: Sequence[str], separator: str) -> bool:
    cells = [cell.strip() for line in lines for cell in line.split(separator)]
    commas = sum(1 for cell in cells if re.fullmatch(r"[-+]?\d+,\d+(?:[eE][-+]?\d+)?", cell))
    points = sum(1 for cell in cells if re.fullmatch(r"[-+]?\d+\.\d+(?:[eE][-+]?\d+)?", cell))
    return commas > points


def read_cycler_pieces(
    raw: RawFile,
    format_name: str,
    names: tuple[str, ...],
    pieces: Iterable[bytes],
    *,
    header: Mapping[str, str],
    line: int = 2,
) -> Record:
    """The record of comma-separated lines that another program prints; each piece is whole lines."""
    table = _Table(raw=raw, names=names, separator=",", decimal=".", line=line)
    table.fill(pieces)
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
    parts = (rows[at : at + 20_000] for at in range(0, len(rows), 20_000))
    table.fill("\n".join([*part, ""]).encode("utf-8") for part in parts)
    return attrs.evolve(_record(raw, format_name, table, (), header, None, (), number), name=name)


def first_bytes(raw: RawFile) -> bytes:
    """The first 4 MB of a file that has more above its table than ``raw.head`` holds."""
    return next(iter(raw.pieces(size=_PIECE_BYTES)), b"")


def _pieces(raw: RawFile, first: int, head: bytes) -> Iterator[bytes]:
    """Whole lines from the line ``first`` (from 0) on, ended by line feeds; ``head`` holds the lines before."""
    is_plain = head.count(b"\0") == 0 and (b"\r" not in head or b"\r\n" in head)
    if is_plain:
        at = 0
        for _ in range(first):
            at = head.find(b"\n", at) + 1
            if at == 0:
                return
        size = min(_PIECE_BYTES, max(_LEAST_PIECE_BYTES, raw.size_bytes // 8))
        is_long = raw.size_bytes >= _PARALLEL_BYTES
        source = (raw.hashed_pieces if is_long else raw.pieces)(start=at, size=size)
    else:  # UTF-16, or lines that end with a carriage return alone
        lines = raw.text().lines[first:]
        source = iter(["\n".join([*lines, ""]).encode("utf-8")])
    yield from lines_of_pieces(raw, source)


def lines_of_pieces(raw: RawFile, source: Iterable[bytes]) -> Iterator[bytes]:
    """Pieces of a text as pieces of whole lines, ended by line feeds."""
    rest = b""
    for piece in source:
        cut = piece.rfind(b"\n") + 1
        if not cut:
            rest += piece
        else:
            yield b"".join((rest, memoryview(piece)[:cut]))
            rest = piece[cut:]
        if len(rest) > _LONGEST_LINE:
            raise raw.broken("a line is longer than 4 MB", expected="rows of numbers")
    if rest.strip():
        yield rest.rstrip(b"\r") + b"\n"


@attrs.define
class _Growing:
    """A column in one piece of memory from the beginning, so that nothing is held twice while it grows."""

    held: npt.NDArray[Any] = attrs.field(factory=lambda: np.empty(0))
    used: int = 0

    def append(self, values: npt.NDArray[Any], expected: int) -> None:
        """More values; ``expected`` is how many there may be in all (untouched memory costs nothing)."""
        needed = self.used + len(values)
        if needed > len(self.held):
            size = max(needed, expected, int(1.3 * needed) if self.used else 0)
            grown = np.empty(size, dtype=self.held.dtype)
            grown[: self.used] = self.held[: self.used]
            self.held = grown
        self.held[self.used : needed] = values
        self.used = needed

    def all(self) -> npt.NDArray[Any]:
        """The values."""
        return self.held[: self.used]


@attrs.define(kw_only=True)
class _Table:
    """The columns while they grow."""

    raw: RawFile
    names: tuple[str, ...]
    separator: str
    decimal: str
    line: int  # of the next row, from 1
    first_line: int = 0
    layout: Layout | None = None
    numbers: dict[int, _Growing] = attrs.field(
        factory=dict
    )  # of dates the seconds since midnight, of words their codes
    dates: dict[int, Dates] = attrs.field(factory=dict)
    words: dict[int, Words] = attrs.field(factory=dict)
    left_out: set[int] = attrs.field(factory=set)
    wrong: dict[int, tuple[int, int]] = attrs.field(factory=dict)  # column -> (cells that are no numbers, first line)
    expected: int = 0  # rows, by the size of the file
    rows: int = 0
    notes: list[str] = attrs.field(factory=list)
    spare: Spare = attrs.field(factory=collections.deque)

    def fill(self, pieces: Iterable[bytes]) -> None:
        """All pieces of whole lines; those of a long file are converted two at a time."""
        pieces = iter(pieces)
        for piece in pieces:
            if self.layout is None and not self._begin(piece):
                continue
            self._add(piece, None)
            break
        if self.layout is None:
            return
        if self.raw.size_bytes < _PARALLEL_BYTES or (os.cpu_count() or 1) < 2:
            for piece in pieces:
                self._add(piece, None)
            return
        with ThreadPoolExecutor(_THREADS) as pool:
            waiting: collections.deque[tuple[bytes, Future[Parsed]]] = collections.deque()
            for piece in pieces:
                waiting.append((piece, pool.submit(parsed, piece, self.layout, self.spare)))
                if len(waiting) > _AHEAD:
                    self._add(*waiting.popleft())
            while waiting:
                self._add(*waiting.popleft())

    def _begin(self, piece: bytes) -> bool:
        """Width and kinds of the columns by the first lines; False when the piece has no row."""
        lines = piece[:_SAMPLE_BYTES].decode("latin-1").replace("\r\n", "\n").split("\n")
        lines = lines[:-1] if len(piece) <= _SAMPLE_BYTES else lines[:-1] or lines
        filled = [line for line in lines if line.strip()][: _SAMPLE_ROWS + 1]
        if not filled:
            self.line += piece.count(b"\n")
            return False
        if any('"' in line for line in filled):
            expected = len(self.names)
            bare = [line.replace('"', "") for line in filled]
            if any(line.count(self.separator) + 1 != expected for line in bare):
                bare = [self.separator.join(row) for row in self._split_quoted(filled)]
            filled = bare
        first = filled[0]
        width = first.count(self.separator) + 1
        line = self.line + next(i for i, one in enumerate(lines) if one.strip())
        if width > _MOST_COLUMNS:
            raise self.raw.refused(f"a row has {width} cells", line=line, expected=f"at most {_MOST_COLUMNS}")
        surplus = first.split(self.separator)[len(self.names) :]
        if width < len([name for name in self.names if name]) or any(cell.strip() for cell in surplus):
            raise self.raw.broken(
                f"the row has {width} cells", line=line, expected=f"{len(self.names)} cells, as many as names"
            )
        if self.decimal == ",":
            filled = [one.replace(",", ".") for one in filled]
        sample = [one.encode("latin-1").split(self.separator.encode()) for one in filled]
        sample = [row for row in sample if len(row) == width]
        kinds = tuple(kind_of([row[j] for row in sample]) for j in range(width))
        is_compiled = self.raw.size_bytes >= _COMPILED_BYTES and can_compile()
        self.layout = Layout(
            separator=self.separator, decimal=self.decimal, width=width, kinds=kinds, is_compiled=is_compiled
        )
        self.first_line = line
        for j, kind in enumerate(kinds):
            if kind in "nt":
                self.numbers[j] = _Growing()
            elif kind == "d":
                self.dates[j], self.numbers[j] = Dates(), _Growing()
            elif kind == "w":
                self.words[j], self.numbers[j] = Words(), _Growing(held=np.empty(0, dtype=np.int16))
        return True

    def _split_quoted(self, lines: Sequence[str]) -> list[list[str]]:
        try:
            rows = list(csv.reader(lines, delimiter=self.separator))
        except csv.Error as error:
            raise self.raw.broken(f"the quotes do not close ({error})", line=self.line) from None
        return [[cell.replace(self.separator, " ") for cell in row] for row in rows]

    def _add(self, piece: bytes, waiting: Future[Parsed] | None) -> None:
        """The next piece, converted here or already on its way."""
        layout = self.layout
        if layout is None:
            return
        part = parsed(piece, layout) if waiting is None else waiting.result()
        start, self.line = self.line, self.line + part.lines
        if not part.is_regular:
            kept = self._checked(piece, start, layout)
            if not kept:
                return
            part = parsed(kept, layout)
            if not part.is_regular:
                raise self.raw.broken("the rows differ in their cells", line=start, do="export the file again")
        if not self.rows and not self.raw.packing:
            self.expected = 1000 + int(1.01 * self.raw.size_bytes * part.rows / max(len(piece), 1))
        for j, found in enumerate(part.columns):
            self._append(j, found, part, start)
        self.rows += part.rows
        if part.room is not None:
            self.spare.append(part.room)  # its columns are copied

    def _append(self, j: int, found: Any, part: Parsed, start: int) -> None:
        if j in self.left_out:
            return
        if j in part.wrong:
            count, row = part.wrong[j]
            seen, line = self.wrong.get(j, (0, 0))
            self.wrong[j] = (seen + count, line or start + row)
        problem = part.failed.get(j, "")
        if not problem and j in self.dates:
            for clock in found.clock:
                self.numbers[j].append(clock, self.expected)
            found.clock = []
            self.dates[j].extend(found)
        elif not problem and j in self.words:
            if not self.words[j].extend(found.words, found.counts):
                problem = "more words than kinds"
            for codes in self.words[j].codes:
                self.numbers[j].append(codes, self.expected)
            self.words[j].codes.clear()
        elif not problem and j in self.numbers:
            self.numbers[j].append(found, self.expected)
        if problem:
            self.left_out.add(j)
            name = self.names[j] if j < len(self.names) else f"column {j + 1}"
            self.notes.append(f"the column '{name}' was left out: {problem} (rows from line {start})")

    def _checked(self, piece: bytes, start: int, layout: Layout) -> bytes:
        """The lines without blank ones; each has as many cells as the first."""
        separator, wanted = self.separator, layout.width - 1
        text = piece.decode("latin-1").replace("\r\n", "\n").replace("\r", " ")
        if self.decimal == ",":
            text = text.replace(",", ".")
        lines = text.split("\n")[:-1]
        if '"' in text:
            lines = [separator.join(row) for row in self._split_quoted(lines)]
        kept = []
        for i, line in enumerate(lines):
            count = line.count(separator)
            if count == wanted:
                kept.append(line)
            elif not line.strip(separator + " \t\x1a"):
                continue
            elif count > wanted and not line.split(separator, layout.width)[-1].strip(separator + " "):
                kept.append(line.rsplit(separator, count - wanted)[0])
            elif i == len(lines) - 1 and count < wanted and self.rows + len(kept) > 0:
                self.notes.append(f"line {start + i} is cut short and was left out")
            else:
                raise self.raw.broken(
                    f"the row has {count + 1} cells: {quoted(line, longest=40)}",
                    line=start + i,
                    expected=f"{layout.width} cells as in the rows above",
                    do="repair the line, or export the file again",
                )
        return "\n".join([*kept, ""]).encode("latin-1") if kept else b""

    def values(self, j: int) -> npt.NDArray[np.float64 | np.int16]:
        """The numbers of a column of numbers, times or words."""
        return self.numbers[j].all() if j in self.numbers else np.empty(0)


def _known_days(header: Mapping[str, str]) -> frozenset[tuple[int, int, int]]:
    """Dates (year, month, day) of the header that can be read in one way only."""
    found = (iso_date(text) for text in header.values())
    return frozenset((int(d[:4]), int(d[5:7]), int(d[8:10])) for d in found if d)


def _told(raw: RawFile, words: Words) -> str:
    """The codes of words, in the encoding of the file (GB 18030 of Chinese programs, cp1252 of German ones)."""
    if all(word.isascii() for word in words.known):
        return words.told()
    encoding = decode(raw.head).encoding
    encoding = "utf-8" if encoding.startswith("utf-16") else encoding  # its pieces were encoded anew
    return "; ".join(f"{code} = {word.decode(encoding, 'replace')}" for word, code in words.known.items())[:4000]


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
    kinds = table.layout.kinds if table.layout else "n" * len(table.names)
    for j, kind in enumerate(kinds):
        head = table.names[j] if j < len(table.names) else ""
        name, unit = cycler_head(head)
        if units:
            name, unit = head, units[j] if j < len(units) else ""
        values: npt.NDArray[np.float64 | np.int16] | None
        if j in table.left_out:
            continue
        if kind == "d":
            values = table.dates[j].seconds(_known_days(entries), table.numbers[j].all())
            unit = "s"
            if values is None:
                notes.append(f"the column '{name}' was left out: its dates may have the day or the month first")
                continue
            entries[f"dates of {name}"] = "in s since 1970-01-01 00:00 of the instrument's clock"
            began = float(values[0]) if began is None and len(values) else began
        else:
            values = table.values(j)
            if kind == "w":
                entries[f"codes of {name}"] = _told(raw, table.words[j])
            if kind == "t":
                name, unit = head.partition("(")[0].strip() or name, "s"
                entries[f"times of {name}"] = f"clock times ({head}) in s"
        if not name and (not len(values) or bool(np.all(np.isnan(values)))):
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
