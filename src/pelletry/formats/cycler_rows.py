"""A piece of a cycler's table: whole lines to columns, a pure function of its bytes, so that pieces can be converted side by side.

The separators and line ends of the piece are found in one pass; where every line has as many as the first, the cells lie between them and no
line is cut out. numpy works on them without holding the interpreter, so two threads keep two cores busy.
"""

from __future__ import annotations

import csv
from collections.abc import Callable
from typing import Any

import attrs
import numpy as np
import numpy.typing as npt

from pelletry.formats.cell_floats import (
    PAD_BYTES,
    Cells,
    cells_as_bytes,
    clock_of_cells,
    fast_floats,
    padded,
    runs_of_cells,
    trimmed,
)
from pelletry.formats.cycler_cells import DATE, TIME, Dates, dates_of, numbers_of, seconds_of

__all__ = ["Layout", "Parsed", "WordRuns", "kind_of", "parsed"]

Array = npt.NDArray[np.float64]
_NEWLINE = 10
_LONG_WORDS = 128


@attrs.frozen(kw_only=True)
class Layout:
    """What all pieces share. ``kinds`` are n(umbers), t(imes), d(ates), w(ords), x (left out); ``width`` cells a row."""

    separator: str
    decimal: str
    width: int
    kinds: tuple[str, ...]


@attrs.frozen(kw_only=True, eq=False)
class WordRuns:
    """Words that stand in runs of rows: the word of each run, and how many rows it has."""

    words: npt.NDArray[np.bytes_]
    counts: npt.NDArray[np.int64]


@attrs.frozen(kw_only=True, eq=False)
class Parsed:
    """The columns of a piece: numbers, Dates, WordRuns, or None where a column did not convert.

    ``lines`` counts the lines of the piece. ``is_regular`` False: the lines differ in their cells, and nothing was converted. ``wrong`` gives of a
    column the cells that are no numbers and the first such row; ``failed`` why a column did not convert.
    """

    lines: int
    rows: int = 0
    is_regular: bool = True
    columns: tuple[Any, ...] = ()
    wrong: dict[int, tuple[int, int]] = attrs.field(factory=dict)
    failed: dict[int, str] = attrs.field(factory=dict)


def parsed(piece: bytes, layout: Layout) -> Parsed:
    """The columns of whole lines, each ended by a line feed (CR LF counts as one)."""
    if layout.decimal == ",":
        piece = piece.replace(b",", b".")
    if b'"' in piece:
        found = _cells(piece.replace(b'"', b""), layout)
        if not found.is_regular:
            found = _cells(_unquoted(piece, layout.separator), layout)
        return found
    return _cells(piece, layout)


def _unquoted(piece: bytes, separator: str) -> bytes:
    """Lines whose quoted cells hold separators, which become blanks; csv.Error where quotes do not close."""
    lines = piece.decode("latin-1").replace("\r\n", "\n").replace("\r", " ").split("\n")[:-1]
    rows = csv.reader(lines, delimiter=separator)
    try:
        text = "\n".join([*(separator.join(cell.replace(separator, " ") for cell in row) for row in rows), ""])
    except csv.Error:
        return piece
    return text.encode("latin-1")


def _cells(piece: bytes, layout: Layout) -> Parsed:
    text, words = padded(piece)
    is_end = text == _NEWLINE
    lines = int(np.count_nonzero(is_end))
    places = np.flatnonzero(is_end | (text == ord(layout.separator)))
    if (
        not lines
        or len(places) != lines * layout.width
        or not bool(np.all(is_end[places[layout.width - 1 :: layout.width]]))
    ):
        return Parsed(lines=lines, is_regular=False)
    ends = np.ascontiguousarray(places.reshape(lines, layout.width).T)
    starts = np.empty_like(ends)
    starts[1:] = ends[:-1] + 1
    starts[0, 0] = PAD_BYTES
    starts[0, 1:] = ends[-1, :-1] + 1
    ends[-1] -= (text[ends[-1] - 1] == 13) & (ends[-1] > starts[-1])
    columns: list[Any] = []
    wrong: dict[int, tuple[int, int]] = {}
    failed: dict[int, str] = {}
    for j, kind in enumerate(layout.kinds):
        cells = Cells(text=text, words=words, starts=starts[j], ends=ends[j])
        try:
            if kind == "n":
                values, count, first = _numbers(cells)
                if count:
                    wrong[j] = (count, first)
                columns.append(values)
            elif kind == "x":
                columns.append(None)
            else:
                columns.append(_CONVERTERS[kind](trimmed(cells)))
        except ValueError as error:
            failed[j] = str(error)
            columns.append(None)
    return Parsed(lines=lines, rows=lines, columns=tuple(columns), wrong=wrong, failed=failed)


def _numbers(cells: Cells) -> tuple[Array, int, int]:
    """Numbers, how many cells are none, and the first row of these."""
    values, strange = fast_floats(cells)
    if not strange.any():
        return values, 0, 0
    rows = np.flatnonzero(strange)
    found, count, first = numbers_of(cells_as_bytes(trimmed(cells.at(rows))))
    values[rows] = found
    return values, count, int(rows[first[0]]) if count else 0


def _times(cells: Cells) -> Array:
    clock = clock_of_cells(cells)
    if clock is not None and bool(np.all(clock[1] == cells.starts)):
        return clock[0]
    return seconds_of(cells_as_bytes(cells))


def _dates(cells: Cells) -> Dates:
    """Dates; those of the layout ``2022-05-18 16:27:52`` are looked at once a day and their clock as a column."""
    dates = Dates()
    clock = clock_of_cells(cells)
    if clock is not None and bool(np.all(clock[1] - cells.starts == 11)):
        days = Cells(text=cells.text, words=cells.words, starts=cells.starts, ends=cells.starts + 10)
        runs = runs_of_cells(days)
        first, second, year, _ = dates_of(cells_as_bytes(days.at(runs)), dates)
        dates.append(first, second, year, np.diff([*runs, len(cells.starts)]), clock[0])
    else:
        dates.add(cells_as_bytes(cells))
    return dates


def _words(cells: Cells) -> WordRuns:
    longest = int((cells.ends - cells.starts).max(initial=0))
    if longest > _LONG_WORDS:
        raise ValueError("its words are too long to be kinds of something")
    if longest <= 24:
        runs = runs_of_cells(cells)
        words = cells_as_bytes(cells.at(runs))
    else:
        whole = cells_as_bytes(cells)
        runs = np.concatenate([[0], np.flatnonzero(whole[1:] != whole[:-1]) + 1])
        words = whole[runs]
    return WordRuns(words=words, counts=np.diff([*runs, len(cells.starts)]))


_CONVERTERS: dict[str, Callable[[Cells], Any]] = {"t": _times, "d": _dates, "w": _words}


def kind_of(cells: list[bytes]) -> str:
    """What a column is, by its first cells."""
    filled = [cell.strip().strip(b'"').strip() for cell in cells if cell.strip()]
    if not filled:
        return "n"
    for kind, pattern in (("t", TIME), ("d", DATE)):
        if all(pattern.match(cell) for cell in filled):
            return kind
    numbers = sum(1 for cell in filled if _is_number(cell))
    return "n" if numbers * 2 > len(filled) else "w"


def _is_number(cell: bytes) -> bool:
    try:
        float(cell)
    except ValueError:
        return False
    return b"_" not in cell
