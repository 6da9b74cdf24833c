"""The cells of Excel workbooks (.xlsx, .xlsm), a row at a time; knows no vendor.

A workbook is a zip archive of XML: ``xl/workbook.xml`` names the sheets and ``xl/_rels/workbook.xml.rels`` their parts; ``xl/sharedStrings.xml`` holds
the words that cells point to, ``xl/styles.xml`` which styles show a number as a date. A cell ``<c r="B2" s="1" t="s"><v>0</v></c>`` has its place in ``r``
(the next one where it is left out), its style in ``s`` and its kind in ``t``: ``n`` number, ``s`` shared string, ``str`` result of a formula, ``inlineStr``, ``b``
truth, ``e`` error, ``d`` ISO date. Of formulas the saved result is taken. Dates are days since 1899-12-30 (1904-01-01 where ``date1904`` is set); those before March 1900
are one day later, since the program believes in a 29 February 1900.

Everything is parsed by expat as it is unpacked, within bounds: a document type (and with it every entity) is refused, and so are rows and columns beyond those of
Excel, more than 5 million cells and rows, and words that repeat to more than ten times what the file unpacks to.

Knowledge from: ECMA-376 part 1 (SpreadsheetML), sections 18.2 (workbook), 18.3 (sheet data), 18.4 (shared strings) and 18.8.30 (number formats).
"""

from __future__ import annotations

import datetime
import re
import zipfile
from collections.abc import Callable, Iterator
from typing import Any
from xml.parsers import expat

import attrs

from pelletry.formats.archive import opened_zip
from pelletry.formats.rawfile import RawFile

__all__ = ["MOST_CELLS", "Value", "sheets_of_cells"]

Value = str | float | bool | datetime.datetime | datetime.date | datetime.time | datetime.timedelta | None

MOST_CELLS = 5_000_000
_MOST_ROWS, _MOST_COLUMNS, _MOST_EMPTY = 1_048_576, 16_384, 20_000
_PIECE_BYTES = 1 << 16
_LEAST_TEXT = 4_000_000
_EPOCH, _EPOCH_1904 = datetime.datetime(1899, 12, 30), datetime.datetime(1904, 1, 1)
_PLACE = re.compile(r"([A-Za-z]{1,3})(\d{1,7})\Z")
# Formats of the program itself, those of East Asia included (27 to 36, 50 to 58).
_DATE_FORMATS = frozenset({*range(14, 23), *range(27, 37), *range(45, 48), *range(50, 59)})
_LENGTH_FORMATS = frozenset({46})
_LITERAL = re.compile(r'"[^"]*"|\\.|_.|\[(?!hh?\]|mm?\]|ss?\])[^\]]*\]', re.IGNORECASE)
_LENGTH = re.compile(r"\[(?:hh?|mm?|ss?)\]", re.IGNORECASE)

_Start = Callable[[str, dict[str, str]], None]


@attrs.frozen(kw_only=True)
class _Book:
    """What all sheets share. ``sheets`` are titles and names of parts, ``formats`` of each style: "" a number, "d" a date, "l" a length of time."""

    archive: zipfile.ZipFile
    sheets: tuple[tuple[str, str], ...]
    strings: list[str]
    formats: list[str]
    epoch: datetime.datetime


def sheets_of_cells(raw: RawFile) -> Iterator[tuple[str, Iterator[list[Value]]]]:
    """Title and rows of each sheet, one after the other; rows without cells are empty lists, the first is row 1; those at the end are left out.

    Raises
    ------
    BrokenFileError, RefusedFileError
        When the archive is damaged or out of bounds, or the sheets hold more than 5 million cells. Damage inside raises errors of zipfile, zlib, expat, and ValueError, KeyError and
        IndexError.
    """
    book = _opened(raw)
    seen = [0, 0]
    most_text = _LEAST_TEXT + 10 * sum(info.file_size for info in book.archive.infolist())
    for title, name in book.sheets:
        yield title, _bounded(raw, _rows(book, name), seen, most_text)


def _bounded(raw: RawFile, rows: Iterator[list[Value]], seen: list[int], most_text: int) -> Iterator[list[Value]]:
    for row in rows:
        seen[0] += len(row) + 1  # a row without cells takes room as well
        seen[1] += sum(len(value) for value in row if value.__class__ is str)  # type: ignore[arg-type]
        if seen[0] > MOST_CELLS or seen[1] > most_text:
            what = (
                f"{MOST_CELLS // 1_000_000} million cells"
                if seen[0] > MOST_CELLS
                else f"{most_text // 1_000_000} MB of text"
            )
            raise raw.refused(f"the workbook has more than {what}", do="export the sheet as csv")
        yield row


def _opened(raw: RawFile) -> _Book:
    archive = opened_zip(raw)
    known = set(archive.namelist())
    parts: dict[str, str] = {}
    kinds: dict[str, str] = {}

    def relation(name: str, given: dict[str, str]) -> None:
        if name == "Relationship" and given.get("TargetMode") != "External":
            target = given.get("Target", "")
            parts[given.get("Id", "")] = target[1:] if target.startswith("/") else f"xl/{target}"
            kinds[given.get("Id", "")] = given.get("Type", "").rpartition("/")[2]

    if "xl/_rels/workbook.xml.rels" in known:
        _parse(archive, "xl/_rels/workbook.xml.rels", relation)
    sheets: list[tuple[str, str]] = []
    epoch = [_EPOCH]

    def sheet(name: str, given: dict[str, str]) -> None:
        if name == "workbookPr" and given.get("date1904") in ("1", "true"):
            epoch[0] = _EPOCH_1904
        elif name == "sheet":
            of = next((value for key, value in given.items() if key.rpartition(":")[2] == "id" and ":" in key), "")
            if kinds.get(of) == "worksheet" and parts[of] in known:
                sheets.append((given.get("name", ""), parts[of]))

    _parse(archive, "xl/workbook.xml", sheet)
    named = {kind: parts[of] for of, kind in kinds.items()}
    words, styles = named.get("sharedStrings", "xl/sharedStrings.xml"), named.get("styles", "xl/styles.xml")
    return _Book(
        archive=archive,
        sheets=tuple(sheets),
        strings=_strings(archive, words) if words in known else [],
        formats=_formats(archive, styles) if styles in known else [],
        epoch=epoch[0],
    )


def _parser() -> Any:
    """An expat parser that refuses document types."""
    parser = expat.ParserCreate()
    parser.buffer_text = True

    def refuse(*_: Any) -> None:
        raise ValueError("it holds a document type")

    parser.StartDoctypeDeclHandler = refuse
    return parser


def _pieces(archive: zipfile.ZipFile, name: str) -> Iterator[bytes]:
    with archive.open(name) as stream:
        while piece := stream.read(_PIECE_BYTES):
            yield piece


def _parse(archive: zipfile.ZipFile, name: str, start: _Start) -> None:
    parser = _parser()
    parser.StartElementHandler = lambda tag, given: start(tag.rpartition(":")[2], given)
    for piece in _pieces(archive, name):
        parser.Parse(piece, False)
    parser.Parse(b"", True)


def _strings(archive: zipfile.ZipFile, part: str) -> list[str]:
    """The shared strings: pieces of one string are joined, and those that tell how it is spoken (``rPh``) left out."""
    found: list[str] = []
    held: list[str] = []
    taken = [False, False]  # inside <t>, inside <rPh>

    def start(tag: str, _: dict[str, str]) -> None:
        name = tag.rpartition(":")[2]
        if name == "t":
            taken[0] = not taken[1]
        elif name == "rPh":
            taken[1] = True
        elif name == "si":
            held.clear()

    def end(tag: str) -> None:
        name = tag.rpartition(":")[2]
        if name == "t":
            taken[0] = False
        elif name == "rPh":
            taken[1] = False
        elif name == "si":
            found.append("".join(held))
            if len(found) > MOST_CELLS:
                raise ValueError(f"it has more than {MOST_CELLS} strings")

    def text(data: str) -> None:
        if taken[0]:
            held.append(data)

    parser = _parser()
    parser.StartElementHandler, parser.EndElementHandler, parser.CharacterDataHandler = start, end, text
    for piece in _pieces(archive, part):
        parser.Parse(piece, False)
    parser.Parse(b"", True)
    return found


def _kind_of_format(code: str) -> str:
    """ "d" where a number format shows a date, "l" a length of time (``[h]:mm:ss``), "" otherwise."""
    code = code.split(";")[0]
    if _LENGTH.search(_LITERAL.sub("", code)):
        return "l"
    return "d" if re.search(r"[dmhys]", _LITERAL.sub("", code), re.IGNORECASE) else ""


def _formats(archive: zipfile.ZipFile, part: str) -> list[str]:
    own: dict[int, str] = {}
    found: list[str] = []
    is_inside = [False]

    def start(name: str, given: dict[str, str]) -> None:
        if name == "numFmt":
            own[int(given["numFmtId"])] = _kind_of_format(given.get("formatCode", ""))
        elif name in ("cellXfs", "cellStyles", "dxfs", "cellStyleXfs"):
            is_inside[0] = name == "cellXfs"
        elif name == "xf" and is_inside[0]:
            number = int(given.get("numFmtId", "0"))
            kind = "l" if number in _LENGTH_FORMATS else "d" if number in _DATE_FORMATS else ""
            found.append(own.get(number, kind))

    _parse(archive, part, start)
    return found


def _column(letters: str) -> int:
    """``A`` is 0."""
    at = 0
    for letter in letters.upper():
        at = at * 26 + ord(letter) - 64
    return at - 1


@attrs.define
class _Rows:
    """What the parser calls, and the rows that are complete."""

    book: _Book
    ready: list[list[Value]] = attrs.field(factory=list)
    row: list[Value] = attrs.field(factory=list)
    number: int = 0  # of the row, from 1
    empty: int = 0  # rows without cells above it, which count when one with cells follows
    kind: str = "n"
    style: int = 0
    text: list[str] = attrs.field(factory=list)
    is_value: bool = False
    columns: dict[str, int] = attrs.field(factory=dict)

    def start(self, tag: str, given: dict[str, str]) -> None:
        name = tag if ":" not in tag else tag.rpartition(":")[2]
        if name == "v" or name == "t":
            self.is_value = name == "v" or self.kind == "inlineStr"
        elif name == "c":
            self._place(given.get("r", ""))
            self.kind = given.get("t", "n")
            style = given.get("s")
            self.style = int(style) if style else 0
            self.text = []
        elif name == "row":
            stated = given.get("r")
            number = int(stated) if stated else self.number + 1
            if not self.number < number <= _MOST_ROWS:
                raise ValueError(f"row {number} behind row {self.number}")
            self.empty += number - self.number - 1
            self.number = number
            self.row = []

    def _place(self, place: str) -> None:
        """Fills the row up to the cell before."""
        match = _PLACE.match(place) if place else None
        if match is None:
            if place:
                raise ValueError(f"a cell at {place[:20]!r}")
            return
        letters = match[1]
        column = self.columns.get(letters)
        if column is None:
            column = self.columns[letters] = _column(letters)
        missing = column - len(self.row)
        if missing:
            if missing < 0 or column >= _MOST_COLUMNS:
                raise ValueError(f"a cell at {place}")
            self.row.extend([None] * missing)

    def end(self, tag: str) -> None:
        name = tag if ":" not in tag else tag.rpartition(":")[2]
        if name == "v" or name == "t":
            self.is_value = False
        elif name == "c":
            if len(self.row) >= _MOST_COLUMNS:
                raise ValueError(f"more than {_MOST_COLUMNS} cells in row {self.number}")
            self.row.append(self._value())
        elif name == "row":
            if not any(value is not None for value in self.row):
                self.empty += 1
                return
            if self.empty > _MOST_EMPTY:
                raise ValueError(f"{self.empty} rows without cells above row {self.number}")
            self.ready.extend([] for _ in range(self.empty))
            self.empty = 0
            self.ready.append(self.row)

    def add(self, data: str) -> None:
        if self.is_value:
            self.text.append(data)

    def _value(self) -> Value:
        if not self.text:
            return None
        text = self.text[0] if len(self.text) == 1 else "".join(self.text)
        kind = self.kind
        if kind == "n":
            if self.style:
                shown = self.book.formats[self.style] if self.style < len(self.book.formats) else ""
                if shown:
                    return _moment(float(text), shown, self.book.epoch)
            return int(text) if text.isdecimal() and len(text) < 16 else float(text)
        if kind == "s":
            index = int(text)
            if index < 0:
                raise IndexError(f"the shared string {index}")
            return self.book.strings[index]
        if kind == "b":
            return bool(int(text))
        return datetime.datetime.fromisoformat(text.removesuffix("Z")) if kind == "d" else text


def _moment(days: float, shown: str, epoch: datetime.datetime) -> Value:
    """A number that is shown as a date or a length of time, to the millisecond; below one day it is a time of day."""
    try:
        if shown == "l":
            return datetime.timedelta(milliseconds=round(days * 86_400_000))
        whole = days // 1
        rest = datetime.timedelta(milliseconds=round((days - whole) * 86_400_000))
        if 0 <= days < 1 and rest.days == 0:
            return (datetime.datetime.min + rest).time()
        if epoch is _EPOCH and 0 < days < 60:
            whole += 1
        return epoch + datetime.timedelta(days=whole) + rest
    except (OverflowError, ValueError):
        return "#VALUE!"


def _rows(book: _Book, part: str) -> Iterator[list[Value]]:
    rows = _Rows(book=book)
    parser = _parser()
    parser.StartElementHandler, parser.EndElementHandler, parser.CharacterDataHandler = rows.start, rows.end, rows.add
    for piece in _pieces(book.archive, part):
        parser.Parse(piece, False)
        yield from rows.ready
        rows.ready.clear()
    parser.Parse(b"", True)
    yield from rows.ready
