"""A piece of a cycler's table: whole lines to columns, a pure function of its bytes, so that pieces can be converted side by side.

The separators and line ends of the piece are found in one pass; where every line has as many as the first, the cells lie between them and no
line is cut out. numpy works on them without holding the interpreter, so two threads keep two cores busy. Where numba is installed the same is
done in one compiled pass over the bytes (:mod:`pelletry.formats.cycler_compiled`), which takes a third of the time; both give the same columns.
"""

from __future__ import annotations

import collections
import csv
import functools
import importlib.util
import re
import sys
import threading
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

__all__ = ["Layout", "Parsed", "Spare", "WordRuns", "can_compile", "kind_of", "parsed"]

Array = npt.NDArray[np.float64]
_NEWLINE = 10
_LONG_WORDS = 128
_DAY = re.compile(rb"[ \t]*([^ ]*?)(?: |(?<=\d)T\d|\Z)")
_NO_WORDS = np.empty(0, dtype=np.uint64)


@attrs.frozen(kw_only=True)
class Layout:
    """What all pieces share. ``kinds`` are n(umbers), t(imes), d(ates), w(ords), x (left out); ``width`` cells a row.

    ``is_compiled``: one pass of :mod:`pelletry.formats.cycler_compiled`, see :func:`can_compile`.
    """

    separator: str
    decimal: str
    width: int
    kinds: tuple[str, ...]
    is_compiled: bool = False


@attrs.frozen(kw_only=True, eq=False)
class WordRuns:
    """Words that stand in runs of rows: the word of each run, and how many rows it has."""

    words: npt.NDArray[np.bytes_]
    counts: npt.NDArray[np.int64]


@attrs.frozen(kw_only=True, eq=False)
class Parsed:
    """The columns of a piece: numbers, Dates, WordRuns, or None where a column did not convert.

    ``lines`` counts the lines of the piece. ``is_regular`` False: the lines differ in their cells, and nothing was converted. ``wrong`` gives of a
    column the cells that are no numbers and the first such row; ``failed`` why a column did not convert. ``room`` is the memory of the columns,
    for the ``spare`` of a later piece once they are copied.
    """

    lines: int
    rows: int = 0
    is_regular: bool = True
    columns: tuple[Any, ...] = ()
    wrong: dict[int, tuple[int, int]] = attrs.field(factory=dict)
    failed: dict[int, str] = attrs.field(factory=dict)
    room: Array | None = None


Spare = collections.deque[Array]


@functools.cache
def can_compile() -> bool:
    """Is numba installed, and does it work here?"""
    if importlib.util.find_spec("numba") is None or sys.byteorder != "little":
        return False
    try:
        importlib.import_module("pelletry.formats.cycler_compiled")
    except Exception:  # numba and numpy that do not fit together raise errors of many kinds; numpy alone is enough
        return False
    return True


def parsed(piece: bytes, layout: Layout, spare: Spare | None = None) -> Parsed:
    """The columns of whole lines, each ended by a line feed (CR LF counts as one); ``spare`` is memory that may be used again."""
    if layout.decimal == ",":
        piece = piece.replace(b",", b".")
    if b'"' in piece:
        found = _cells(piece.replace(b'"', b""), layout, spare)
        if not found.is_regular:
            found = _cells(_unquoted(piece, layout.separator), layout, spare)
        return found
    return _cells(piece, layout, spare)


def _unquoted(piece: bytes, separator: str) -> bytes:
    """Lines whose quoted cells hold separators, which become blanks; csv.Error where quotes do not close."""
    lines = piece.decode("latin-1").replace("\r\n", "\n").replace("\r", " ").split("\n")[:-1]
    rows = csv.reader(lines, delimiter=separator)
    try:
        text = "\n".join([*(separator.join(cell.replace(separator, " ") for cell in row) for row in rows), ""])
    except csv.Error:
        return piece
    return text.encode("latin-1")


def _cells(piece: bytes, layout: Layout, spare: Spare | None) -> Parsed:
    return _in_one_pass(piece, layout, spare) if layout.is_compiled else _column_by_column(piece, layout)


def _in_one_pass(piece: bytes, layout: Layout, spare: Spare | None) -> Parsed:
    from pelletry.formats import cycler_compiled as compiled

    text = np.frombuffer(piece, dtype=np.uint8)
    lines = int(np.count_nonzero(text == _NEWLINE))
    if not lines or len(piece) < 8:  # shorter than a word
        return _column_by_column(piece, layout)
    words = np.ndarray(shape=(len(piece) - 7,), dtype="<u8", buffer=piece, strides=(1,))
    shape = (layout.width, lines)
    codes = {"n": compiled.NUMBER, "t": compiled.TIME, "d": compiled.DATE, "w": compiled.WORD, "x": compiled.OTHER}
    kinds = np.array([codes[kind] for kind in layout.kinds], dtype=np.int64)
    room = _taken(spare, shape[0] * shape[1])
    values = room[: shape[0] * shape[1]].reshape(shape)
    starts, ends, marks = _room_of_thread(shape)
    marked, is_left = np.zeros(layout.width, dtype=np.int64), np.zeros(layout.width, dtype=np.bool_)
    separator = ord(layout.separator)
    if not compiled.scan_lines(text, words, separator, kinds, values, starts, ends, marks, marked, is_left):
        return Parsed(lines=lines, is_regular=False)

    columns: list[Any] = []
    wrong: dict[int, tuple[int, int]] = {}
    failed: dict[int, str] = {}
    for j, kind in enumerate(layout.kinds):

        def cells(rows: npt.NDArray[np.int32], j: int = j) -> Cells:
            return Cells(text=text, words=_NO_WORDS, starts=starts[j, rows], ends=ends[j, rows])

        try:
            if kind == "x":
                columns.append(None)
            elif is_left[j]:
                columns.append(_CONVERTERS[kind](trimmed(_with_room(piece, starts[j], ends[j]))))
            elif kind == "t":
                columns.append(values[j])
            elif kind == "n":
                rows = marks[j, : marked[j]]
                if rows.size:
                    values[j, rows], wrong_count, first = _left_over(cells(rows))
                    if wrong_count:
                        wrong[j] = (wrong_count, int(rows[first]))
                columns.append(values[j])
            else:
                runs = marks[j, : marked[j]]
                counts = np.diff([*runs, lines])
                if kind == "w":
                    columns.append(_worded(cells(runs), counts))
                else:
                    try:
                        columns.append(_dated(cells(runs), counts, values[j]))
                    except ValueError:  # numpy says what is wrong with the whole cells
                        columns.append(_dates(trimmed(_with_room(piece, starts[j], ends[j]))))
        except ValueError as error:
            failed[j] = str(error)
            columns.append(None)
    return Parsed(lines=lines, rows=lines, columns=tuple(columns), wrong=wrong, failed=failed, room=room)


def _taken(spare: Spare | None, size: int) -> Array:
    """Spare memory, or new where there is none that is large enough."""
    try:
        room = spare.pop() if spare is not None else None
    except IndexError:
        room = None
    return room if room is not None and room.size >= size else np.empty(size)


_of_thread = threading.local()


def _room_of_thread(
    shape: tuple[int, int],
) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.int32], npt.NDArray[np.int32]]:
    """Three arrays with nothing in them, of memory that a thread keeps from piece to piece: taking it anew costs more than filling it."""
    needed = 3 * shape[0] * shape[1]
    held = getattr(_of_thread, "held", None)
    if held is None or held.size < needed:
        held = _of_thread.held = np.empty(needed, dtype=np.int32)
    one, two, three = held[:needed].reshape(3, *shape)
    return one, two, three


def _with_room(piece: bytes, starts: Any, ends: Any) -> Cells:
    text, words = padded(piece)
    return Cells(
        text=text, words=words, starts=starts.astype(np.int64) + PAD_BYTES, ends=ends.astype(np.int64) + PAD_BYTES
    )


def _column_by_column(piece: bytes, layout: Layout) -> Parsed:
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
    values[rows], count, first = _left_over(cells.at(rows))
    return values, count, int(rows[first]) if count else 0


def _left_over(cells: Cells) -> tuple[Array, int, int]:
    """Numbers of cells that are no short plain ones, how many are none at all, and the first of these."""
    found, count, first = numbers_of(cells_as_bytes(trimmed(cells)))
    return found, count, first[0] if count else 0


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
        return _dated(cells.at(runs), np.diff([*runs, len(cells.starts)]), clock[0])
    dates.add(cells_as_bytes(cells))
    return dates


def _dated(cells: Cells, counts: npt.NDArray[np.int64], clock: Array) -> Dates:
    """Dates of runs of rows by the day of a cell of each, which stands before its clock."""
    dates = Dates()
    days = [_day(cell) for cell in cells_as_bytes(cells).tolist()]
    first, second, year, _ = dates_of(np.array(days, dtype=np.bytes_), dates)
    dates.append(first, second, year, counts, clock)
    return dates


def _day(cell: bytes) -> bytes:
    """What stands before the clock.

    >>> _day(b"05/11/2021 12:22:12"), _day(b"1-OCT-23"), _day(b"2024-04-30T14:33:19")
    (b'05/11/2021', b'1-OCT-23', b'2024-04-30')
    """
    match = _DAY.match(cell)
    return match[1] if match else cell


def _words(cells: Cells) -> WordRuns:
    longest = int((cells.ends - cells.starts).max(initial=0))
    if longest > _LONG_WORDS:
        raise ValueError("its words are too long to be kinds of something")
    if longest <= 24:
        runs = runs_of_cells(cells)
    else:
        whole = cells_as_bytes(cells)
        runs = np.concatenate([[0], np.flatnonzero(whole[1:] != whole[:-1]) + 1])
    return _worded(cells.at(runs), np.diff([*runs, len(cells.starts)]))


def _worded(cells: Cells, counts: npt.NDArray[np.int64]) -> WordRuns:
    if int((cells.ends - cells.starts).max(initial=0)) > _LONG_WORDS:
        raise ValueError("its words are too long to be kinds of something")
    return WordRuns(words=cells_as_bytes(cells), counts=counts)


_CONVERTERS: dict[str, Callable[[Cells], Any]] = {"t": _times, "d": _dates, "w": _words}


def kind_of(cells: list[bytes]) -> str:
    """What a column is, by its first cells."""
    filled = [bare for cell in cells if (bare := cell.strip(b' \t\r"'))]
    if not filled:
        return "n"
    for kind, pattern in (("t", TIME), ("d", DATE)):
        if all(pattern.match(cell) for cell in filled):
            return kind
    numbers = sum(map(_is_number, filled))
    return "n" if numbers * 2 > len(filled) else "w"


def _is_number(cell: bytes) -> bool:
    try:
        float(cell)
    except ValueError:
        return False
    return b"_" not in cell
