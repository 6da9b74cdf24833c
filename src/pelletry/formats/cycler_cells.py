"""Cells of cycler tables that are no plain numbers, a column at a time: clock times, dates, words.

Columns are arrays of bytes of fixed width (numpy ``S``). Cells with their digits at the same places are converted together, as one
product of a matrix of digits with the weights of their places, so that ten million cells take a second and not a minute.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any

import attrs
import numpy as np
import numpy.typing as npt

__all__ = ["DATE", "TIME", "Dates", "Words", "dates_of", "numbers_of", "seconds_of"]

Cells = npt.NDArray[np.bytes_]
Array = npt.NDArray[np.float64]

#: ``00:01:00``, ``123:04:05.250``, ``0d 00:00:01.00``, ``12:30``
TIME = re.compile(rb"\s*(?:\d+\s?d\s*)?\d+:\d{1,2}(?::\d{1,2}(?:[.,]\d+)?)?\s*\Z")
#: ``2022-05-18 16:27:52``, ``04/30/2024 14:33:19.5``, ``8/3/2021 6:04:18 PM``, ``05.05.2025 14:36:06``
DATE = re.compile(
    rb"\s*(?:\d{4}[-/.]\d{1,2}[-/.]\d{1,2}|\d{1,2}[-/.]\d{1,2}[-/.]\d{4}|\d{1,2}-[A-Za-z]{3}-(?:\d\d)?\d\d)(?:[ T]\d{1,2}:\d{2}(?::\d{2}(?:[.,]\d+)?)?(?:\s?[AP]M)?)?\s*\Z"
)
_MOST_WORDS = 200


def _matrix(cells: Cells) -> npt.NDArray[np.uint8]:
    """The bytes of the cells, shape (n, width), blanks around them removed."""
    matrix = _bytes(cells)
    if matrix.size:
        last = np.maximum(np.count_nonzero(matrix, axis=1) - 1, 0)
        edges = np.concatenate([matrix[:, 0], matrix[np.arange(len(matrix)), last]])
        if np.any((edges == 32) | (edges == 9)):
            matrix = _bytes(np.char.strip(cells))
    used = np.flatnonzero(matrix.any(axis=0))
    return matrix[:, : int(used[-1]) + 1 if used.size else 0]


def _bytes(cells: Cells) -> npt.NDArray[np.uint8]:
    packed = np.ascontiguousarray(cells)
    return packed.view(np.uint8).reshape(len(packed), packed.dtype.itemsize)


def _fields(matrix: npt.NDArray[np.uint8]) -> Iterator[tuple[npt.NDArray[np.intp], str, Array, list[int]]]:
    """Groups of rows of one layout: (rows, what is not digits, the numbers (n, fields), the digits of each).

    Raises
    ------
    ValueError
        When cells of one layout have other characters between their digits.
    """
    digits = matrix - np.uint8(48)
    is_digit = digits < 10
    if matrix.shape[1] > 50:
        raise ValueError("cells are too long")
    keys = is_digit @ (np.uint64(1) << np.arange(matrix.shape[1], dtype=np.uint64))
    layouts = keys[:1] if keys.size and bool(np.all(keys == keys[0])) else np.unique(keys)
    if len(layouts) > 2000:
        raise ValueError("cells have too many layouts")
    for layout in layouts:
        rows = np.arange(len(matrix)) if len(layouts) == 1 else np.flatnonzero(keys == layout)
        first = matrix[rows[0]]
        others = np.flatnonzero(~is_digit[rows[0]])
        if not bool(np.all(matrix[np.ix_(rows, others)] == first[others])):
            raise ValueError("cells differ in the characters between their digits")
        text = bytes(first).rstrip(b"\0")
        if b"\0" in text:
            raise ValueError("a cell holds a byte of zero")
        runs = list(re.finditer(rb"\d+", text))
        weights = np.zeros((matrix.shape[1], len(runs)))
        for j, run in enumerate(runs):
            if run.end() - run.start() > (20 if text[run.start() - 1 : run.start()] in (b".", b",") else 15):
                raise ValueError("a number has more digits than a double holds")
            weights[run.start() : run.end(), j] = 10.0 ** np.arange(run.end() - run.start() - 1, -1, -1)
        block = np.where(is_digit[rows], digits[rows], 0).astype(np.float64) @ weights
        yield rows, re.sub(rb"\d+", b"#", text).decode("latin-1"), block, [run.end() - run.start() for run in runs]


def seconds_of(cells: Cells) -> Array:
    """Clock times in seconds; NaN for empty cells.

    >>> seconds_of(np.array([b"00:01:00", b"123:00:00.25", b"1d 00:00:01", b""])).tolist()
    [60.0, 442800.25, 86401.0, nan]
    """
    matrix = _matrix(cells)
    found = np.full(len(matrix), np.nan)
    for rows, layout, numbers, widths in _fields(matrix):
        plain = layout.replace(" ", "").replace(",", ".")
        if not plain.strip("."):
            continue
        days = np.zeros(len(rows))
        if plain.startswith("#d"):
            days, numbers, widths, plain = numbers[:, 0], numbers[:, 1:], widths[1:], plain[2:]
        if plain not in ("#:#:#.#", "#:#:#", "#:#"):
            raise ValueError(f"{layout!r} is no time")
        seconds = numbers[:, 2] if plain != "#:#" else 0.0
        whole = days * 86400.0 + numbers[:, 0] * 3600.0 + numbers[:, 1] * 60.0 + seconds
        found[rows] = _with_decimals(whole, numbers[:, 3], widths[3]) if plain == "#:#:#.#" else whole
    return found


def _with_decimals(whole: Array, digits: Array, count: int) -> Array:
    """``whole.digits``, rounded once as long as all of its digits are an exact number."""
    ten = 10.0**count
    together = whole * ten + digits
    return np.where(together < 2.0**53, together / ten, whole + digits / ten)


@attrs.define(kw_only=True)
class Dates:
    """A column of dates whose order of day and month may only show later in the file.

    ``first`` and ``second`` are what stands first and second when the year stands last; of dates with the year first they are month
    and day and ``order`` is known. ``counts`` says for how many rows each of them stands: a run has few days. ``clock`` are the seconds
    since midnight of every row.
    """

    first: list[npt.NDArray[np.int16]] = attrs.field(factory=list)
    second: list[npt.NDArray[np.int16]] = attrs.field(factory=list)
    year: list[npt.NDArray[np.int16]] = attrs.field(factory=list)
    counts: list[npt.NDArray[np.int32]] = attrs.field(factory=list)
    clock: list[Array] = attrs.field(factory=list)
    is_year_first: bool = False
    has_dots: bool = False

    def add(self, cells: Cells) -> None:
        """More cells of the column; ValueError when one is no date."""
        first, second, year, clock = dates_of(cells, self)
        is_new = (np.diff(first) != 0) | (np.diff(second) != 0) | (np.diff(year) != 0)
        runs = np.concatenate([[0], np.flatnonzero(is_new) + 1])[: len(first)]
        self.append(first[runs], second[runs], year[runs], np.diff([*runs, len(first)]), clock)

    def append(self, first: Any, second: Any, year: Any, counts: npt.NDArray[np.int64], clock: Array) -> None:
        """More dates, already taken apart: runs of days and how many rows each has, and the clock of every row."""
        self.first.append(first)
        self.second.append(second)
        self.year.append(year)
        self.counts.append(counts.astype(np.int32))
        self.clock.append(clock)

    def extend(self, more: Dates) -> None:
        """The dates of the rows that follow."""
        self.first += more.first
        self.second += more.second
        self.year += more.year
        self.counts += more.counts
        self.clock += more.clock
        self.is_year_first = self.is_year_first or more.is_year_first
        self.has_dots = self.has_dots or more.has_dots

    def _is_month_first(self, known: frozenset[tuple[int, int, int]]) -> bool | None:
        """What a date of the header that is the first of the column in one order only says of the order."""
        a, b, year = (int(part[0][0]) for part in (self.first, self.second, self.year))
        orders = {is_first for is_first, day in ((True, (year, a, b)), (False, (year, b, a))) if day in known}
        return orders.pop() if len(orders) == 1 else None

    def seconds(self, known: frozenset[tuple[int, int, int]] = frozenset(), clock: Array | None = None) -> Array | None:
        """Seconds since 1970-01-01 of the instrument's own clock; None when day and month cannot be told apart.

        ``known`` are dates (year, month, day) that the file tells elsewhere without doubt. ``clock`` are the seconds since midnight of all rows where they are
        kept elsewhere; the days are added to them in place.
        """
        if not self.first or not sum(map(len, self.first)):
            return np.empty(0)
        first, second, year = (np.concatenate(part) for part in (self.first, self.second, self.year))
        if self.is_year_first:
            month, day = first, second
        elif self.has_dots or int(first.max(initial=0)) > 12:
            day, month = first, second
        elif int(second.max(initial=0)) > 12 or bool(np.all(first == second)):
            month, day = first, second
        elif (is_month_first := self._is_month_first(known)) is not None:
            month, day = (first, second) if is_month_first else (second, first)
        else:
            return None
        if int(month.max(initial=0)) > 12 or int(day.max(initial=0)) > 31:
            return None
        days = _days(year.astype(np.int64), month.astype(np.int64), day.astype(np.int64)) * 86400.0
        found = np.concatenate(self.clock) if clock is None else clock
        at = run = 0
        for counts in self.counts:  # a piece at a time: no second column is held
            rows = int(counts.sum())
            found[at : at + rows] += np.repeat(days[run : run + len(counts)], counts)
            at, run = at + rows, run + len(counts)
        return found


def _days(year: npt.NDArray[np.int64], month: npt.NDArray[np.int64], day: npt.NDArray[np.int64]) -> Array:
    """Days since 1970-01-01 of the Gregorian calendar, by counting months from March."""
    march = np.where(month > 2, month - 3, month + 9)
    y = year - (month <= 2)
    days = 365 * y + y // 4 - y // 100 + y // 400 + (153 * march + 2) // 5 + day - 1
    return np.asarray(days - 719_468, dtype=np.float64)


_MONTHS = (b"Jan", b"Feb", b"Mar", b"Apr", b"May", b"Jun", b"Jul", b"Aug", b"Sep", b"Oct", b"Nov", b"Dec")
_NAMED = re.compile(rb"\s*\d{1,2}-[A-Za-z]{3}-((?:\d\d)?\d\d)(?!\d)")


def _numbered_months(cells: Cells) -> Cells:
    """``23-Nov-23 3:56:11 PM`` as ``23.11.2023 3:56:11 PM``; other dates as they are."""
    match = _NAMED.match(bytes(cells[0])) if len(cells) else None
    if match is None:
        return cells
    century = b"20" if len(match[1]) == 2 else b""
    for number, name in enumerate(_MONTHS, start=1):
        for spelled in (name, name.upper()):
            if bool(np.any(np.char.find(cells, b"-" + spelled + b"-") >= 0)):
                cells = np.char.replace(cells, b"-" + spelled + b"-", b".%02d." % number + century)
    return cells


_LAST_YEAR = 9999


def dates_of(cells: Cells, dates: Dates) -> tuple[Any, Any, Any, Array]:
    """First and second number, year and seconds since midnight of the cells; notes in ``dates`` what the layouts tell."""
    matrix = _matrix(_numbered_months(cells)).copy()
    is_afternoon = np.any(matrix == ord("P"), axis=1)
    matrix[matrix == ord("P")] = ord("A")
    n = len(matrix)
    first, second, year = (np.zeros(n, dtype=np.int16) for _ in range(3))
    clock = np.zeros(n)
    for rows, layout, numbers, widths in _fields(matrix):
        match = re.fullmatch(r"#([-/.])#\1#(?:[ T]#:#(:#(?:[.,]#)?)?( ?AM)?)?", layout)
        if match is None:
            raise ValueError(f"{layout!r} is no date")
        if not np.all(np.abs(numbers[:, :3]) <= _LAST_YEAR):
            raise ValueError(f"{layout!r} with numbers beyond {_LAST_YEAR} is no date")
        order = (0, 1, 2) if widths[0] == 4 else (2, 0, 1)
        dates.is_year_first = dates.is_year_first or widths[0] == 4
        dates.has_dots = dates.has_dots or (match[1] == "." and widths[0] != 4)
        year[rows], first[rows], second[rows] = (numbers[:, k].astype(np.int16) for k in order)
        if numbers.shape[1] >= 5:
            hour = numbers[:, 3]
            if match[3]:
                hour = hour % 12 + 12 * is_afternoon[rows]
            clock[rows] = hour * 3600 + numbers[:, 4] * 60
        if numbers.shape[1] >= 6:
            clock[rows] += numbers[:, 5]
        if numbers.shape[1] == 7:
            clock[rows] = _with_decimals(clock[rows], numbers[:, 6], widths[6])
    return first, second, year, clock


@attrs.define(kw_only=True)
class Words:
    """A column of a few words (Rest, CC Chg, ...) as codes in the order of their appearance."""

    codes: list[npt.NDArray[np.int16]] = attrs.field(factory=list)
    known: dict[bytes, int] = attrs.field(factory=dict)

    def extend(self, words: Cells, counts: npt.NDArray[np.int64]) -> bool:
        """More rows as runs of words; False when the words are too many to be kinds of something."""
        kinds, first, inverse = np.unique(words, return_index=True, return_inverse=True)
        if len(kinds) > _MOST_WORDS:
            return False
        for k in np.argsort(first):
            self.known.setdefault(bytes(kinds[k]).strip(), len(self.known))
        if len(self.known) > _MOST_WORDS:
            return False
        codes = np.array([self.known[bytes(kind).strip()] for kind in kinds], dtype=np.int16)[inverse]
        self.codes.append(np.repeat(codes, counts))
        return True

    def told(self) -> str:
        """``0 = Rest; 1 = CC Chg``."""
        return "; ".join(f"{code} = {word.decode('utf-8', 'replace')}" for word, code in self.known.items())[:4000]


_NOTHING = (b"", b"-", b"--", b"nan", b"NaN", b"NAN", b"N/A", b"n/a", b"NULL", b"null", b"None", b"#N/A")


def numbers_of(cells: Cells) -> tuple[Array, int, Sequence[int]]:
    """Numbers of cells some of which say "no value"; how many are other words, and the first such rows."""
    is_empty = np.isin(cells, np.array(_NOTHING, dtype=cells.dtype.type))
    usable = np.where(is_empty, np.bytes_(b"nan"), cells)
    if not bool(np.any(np.char.find(usable, b"_") >= 0)):
        try:
            return usable.astype(np.float64), 0, ()
        except ValueError:
            pass
    found = np.full(len(cells), np.nan)
    wrong: list[int] = []
    count = 0
    for i, cell in enumerate(usable.tolist()):
        if not cell.strip():
            continue
        try:
            found[i] = float(cell.replace(b"_", b"?"))  # Python's digits may have underscores, an instrument's never
        except ValueError:
            count += 1
            if len(wrong) < 3:
                wrong.append(i)
    return found, count, wrong
