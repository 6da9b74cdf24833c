"""Numbers as instruments and spreadsheets print them: which separator, which decimal mark, and what cannot be decided.

A :class:`Convention` is a pair of separator and decimal mark. Separators are the tab, the semicolon, the comma and runs of
blanks; decimal marks are the point and the comma. ``1.234,5`` and ``1,234.5`` are numbers with thousands marks. A cell with
two points and no comma (``50.026.184``) is what a spreadsheet of another country makes of 50.026184: the place of the decimal
mark is lost, and with it the number (:func:`is_destroyed`).
"""

from __future__ import annotations

import csv
import functools
import re
from collections import Counter
from collections.abc import Iterable, Sequence

import attrs

__all__ = ["MISSING", "Convention", "convention_of", "is_destroyed"]

_REMEMBERED = 500  # longer lines are not kept
_EXPONENT = r"(?:[eEdD][+-]?\d{1,4})?"
_POINT = re.compile(rf"[+-]?(?:\d+\.?\d*|\.\d+){_EXPONENT}\Z", re.ASCII)
_COMMA = re.compile(rf"[+-]?(?:\d+(?:,\d+)?|,\d+){_EXPONENT}\Z", re.ASCII)
_GROUPED_POINT = re.compile(r"[+-]?\d{1,3}(?:,\d{3})+\.\d+\Z", re.ASCII)
_GROUPED_COMMA = re.compile(r"[+-]?\d{1,3}(?:\.\d{3})+(?:,\d+)?\Z", re.ASCII)
_DESTROYED = re.compile(r"[+-]?\d{1,3}(?:\.\d{3}){2,}\Z", re.ASCII)
_INFINITY = re.compile(r"([+-]?)(?:inf(?:inity)?|1[.,]#INF0*)\Z", re.IGNORECASE)
#: Cells that say "no value": they become NaN and are counted, never taken for zero.
MISSING = re.compile(
    r"(?:|[+-]?nan(?:\(.*\))?|[+-]?1[.,]#(?:IND|QNAN|SNAN)0*|-+|n/?a|#n/a|null|none|ol|ovld|overload|over|\*+|#+|\?+)\Z",
    re.IGNORECASE,
)
_FIRST_LETTERS = "nNiIoO"  # of nan, null, none, n/a, inf, ol, overload
_CHARACTERS = str.maketrans({"−": "-", "\u00a0": " ", "\u202f": "", "\u2009": "", "\ufeff": ""})


@attrs.frozen
class Convention:
    """How the cells of a table are separated (a single blank stands for any run of blanks) and which mark divides decimals."""

    separator: str
    decimal: str

    def cells(self, line: str) -> list[str]:
        """The cells of a line, stripped; a separator at the end of the line closes with an empty cell."""
        if self.separator == " ":
            return line.split()
        if '"' in line and _quoted_cell(self.separator).search(line):
            try:
                cells = next(csv.reader([line], delimiter=self.separator, skipinitialspace=True), [])
            except csv.Error:
                cells = line.split(self.separator)
        else:
            cells = line.split(self.separator)
        return [cell.strip() for cell in cells]

    def number(self, cell: str) -> float | None:
        """The number in a cell; NaN for a cell that says "no value", None for any other text."""
        cell = cell.strip() if cell.isascii() else cell.translate(_CHARACTERS).strip()
        if cell[:1].isalpha() and cell[0] not in _FIRST_LETTERS:
            return None  # a word: most of what stands in headers
        if self.decimal == ".":
            if _POINT.match(cell):
                return float(cell.replace("D", "e").replace("d", "e"))
            if _GROUPED_POINT.match(cell):  # between commas only a cell in quotes holds one
                return float(cell.replace(",", ""))
        else:
            if _COMMA.match(cell):
                return float(cell.replace(",", ".").replace("D", "e").replace("d", "e"))
            if _GROUPED_COMMA.match(cell):
                return float(cell.replace(".", "").replace(",", "."))
        if MISSING.match(cell):
            return float("nan")
        infinite = _INFINITY.match(cell)
        return float(infinite[1] + "inf") if infinite else None

    def row(self, line: str) -> tuple[int, int, int]:
        """Of a line: the cells, how many of them are numbers, how many are other text (empty cells are neither)."""
        return _row(self.separator, self.decimal, line) if len(line) < _REMEMBERED else self._row(line)

    def _row(self, line: str) -> tuple[int, int, int]:
        cells = self.cells(line)
        numbers = texts = 0
        for cell in cells:
            value = self.number(cell)
            if value is None:
                texts += 1
            elif value == value:
                numbers += 1
        return len(cells), numbers, texts


# The same first lines are asked about by the sniffing of the convention, by the table's reader and by the blocks.
@functools.lru_cache(maxsize=4096)
def _row(separator: str, decimal: str, line: str) -> tuple[int, int, int]:
    return Convention(separator, decimal)._row(line)


@functools.cache
def _quoted_cell(separator: str) -> re.Pattern[str]:
    return re.compile(rf'(?:^|{re.escape(separator)})\s*"')


_CONVENTIONS = (
    Convention("\t", "."),
    Convention("\t", ","),
    Convention(";", "."),
    Convention(";", ","),
    Convention(",", "."),
    Convention(" ", "."),
    Convention(" ", ","),
)


def _sample(lines: Sequence[str]) -> list[str]:
    """Lines from the beginning and the end, where the data of a file with a long header are."""
    chosen = lines if len(lines) <= 150 else (*lines[:100], *lines[-51:-1])
    filled = (line for line in chosen if line.strip() and len(line) < 20_000)
    return [line if line.isascii() else line.translate(_CHARACTERS) for line in filled]


def convention_of(lines: Sequence[str]) -> Convention | None:
    """The convention under which most of the lines are rows of two or more numbers, or None when there are no such rows."""
    return _convention_of(tuple(_sample(lines)))


# Several readers ask about the same lines of the same file, one after the other.
@functools.lru_cache(maxsize=4)
def _convention_of(sample: tuple[str, ...]) -> Convention | None:
    best: tuple[int, Convention] | None = None
    has_commas = any("," in line for line in sample)
    for convention in _CONVENTIONS:
        if convention.decimal == "," and not has_commas:
            continue
        if convention.separator != " " and not any(convention.separator in line for line in sample):
            continue
        scores: Counter[int] = Counter()
        for line in sample:
            width, numbers, texts = convention.row(line)
            if numbers >= 2 and numbers >= texts:
                scores[width] += numbers - texts
        score = max(scores.values(), default=0)
        if score > 0 and (best is None or score > best[0]):
            best = (score, convention)
    return None if best is None else best[1]


def is_destroyed(cells: Iterable[str]) -> str | None:
    """The first cell such as ``50.026.184`` whose decimal mark a spreadsheet has lost, or None."""
    return next((cell for cell in cells if _DESTROYED.match(cell.strip())), None)
