"""Tables that people keep: CSV as Excel, LibreOffice or a text editor writes it, and xlsx. Cells come back as text.

CSV: UTF-8 (with or without byte order mark), UTF-16 or cp1252; separated by comma, semicolon or tab, whichever the head line
has most of; a first line ``sep=;`` is obeyed. A table separated by semicolons or tabs may have decimal commas. Xlsx: the
stored results of formulas; size is bounded before anything is unpacked.
"""

from __future__ import annotations

import csv
import datetime
import io
import zipfile
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import attrs

from pelletry.core.errors import Mistake, quoted

__all__ = ["Row", "TextTable", "read_table"]

_LIMIT_BYTES = 32 * 1024 * 1024
_LIMIT_UNPACKED_BYTES = 256 * 1024 * 1024
_LIMIT_ROWS, _LIMIT_COLUMNS = 20_000, 200
_EXCEL_ERRORS = ("#DIV/0!", "#N/A", "#NAME?", "#NULL!", "#NUM!", "#REF!", "#VALUE!")


@attrs.frozen(kw_only=True)
class Row:
    """One row. ``cells`` maps the head of a column to its text, without the empty cells; ``line`` counts from 1.

    ``dates`` and ``numbers`` are the heads of cells that the spreadsheet holds as a date or as a number, not as text.
    """

    line: int
    cells: Mapping[str, str]
    dates: frozenset[str] = frozenset()
    numbers: frozenset[str] = frozenset()


@attrs.frozen(kw_only=True)
class TextTable:
    """A table of texts. ``shown`` is its name in messages; ``has_decimal_comma`` says that ``0,46`` is a number here."""

    shown: str
    heads: tuple[str, ...]
    rows: tuple[Row, ...]
    has_decimal_comma: bool = False

    def where(self, row: Row, key: str = "") -> str:
        """``samples.csv:4: thickness``."""
        return f"{self.shown}:{row.line}: {key}" if key else f"{self.shown}:{row.line}"


def read_table(
    path: Path,
    *,
    shown: str,
    mistakes: list[Mistake],
    sheet: str | None = None,
    is_head: Callable[[Sequence[str]], bool] | None = None,
) -> TextTable | None:
    """The table, or None after noting in ``mistakes`` why it cannot be read.

    ``is_head`` knows the head line that is looked for: of a workbook the first sheet that begins with one is taken, when
    no ``sheet`` is named.
    """
    try:
        size = path.stat().st_size
        if size > _LIMIT_BYTES:
            mistakes.append(
                Mistake(what=f"the table is too large ({size / 1e6:.0f} MB)", where=shown, expected="at most 32 MB")
            )
            return None
        content = path.read_bytes()
    except FileNotFoundError:
        mistakes.append(Mistake(what="there is no such file", where=shown, do="write the table, or correct its name"))
        return None
    except OSError as error:
        mistakes.append(Mistake(what=f"the file cannot be read ({error.strerror})", where=shown))
        return None
    if content.startswith(b"PK\x03\x04"):
        return _read_xlsx(content, shown, sheet, mistakes, is_head)
    if content.startswith(b"\xd0\xcf\x11\xe0"):
        mistakes.append(Mistake(what="this is an old Excel file (.xls)", where=shown, do="save it as .xlsx or .csv"))
        return None
    if sheet is not None:
        mistakes.append(
            Mistake(what=f"a sheet {quoted(sheet)} is asked of a text file", where=shown, expected="an .xlsx file")
        )
    return _read_csv(content, shown, mistakes)


def _decoded(content: bytes) -> str | None:
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        return content.decode("utf-16", errors="replace")
    if b"\x00" in content:
        return None
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return content.decode("cp1252", errors="replace")


def _separator(head: str) -> str:
    outside = "".join(head.split('"')[::2])
    return max(",;\t", key=outside.count)


def _read_csv(content: bytes, shown: str, mistakes: list[Mistake]) -> TextTable | None:
    text = _decoded(content)
    if text is None:
        mistakes.append(Mistake(what="the file is binary", where=shown, expected="a CSV text or an .xlsx file"))
        return None
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    skipped = 0
    separator = ""
    if text[:4].lower() == "sep=" and len(text) > 4:
        first, _, text = text.partition("\n")
        separator, skipped = first[4], 1
    head_line = next((line for line in text.split("\n") if line.strip()), "")
    separator = separator or _separator(head_line)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=False)
    heads: tuple[str, ...] = ()
    rows: list[Row] = []
    begins = skipped + 1
    try:
        for cells in reader:
            line, begins = begins, skipped + reader.line_num + 1
            texts = [cell.strip() for cell in cells]
            if not any(texts):
                continue
            if not heads:
                heads = _heads(texts, f"{shown}:{line}", mistakes)
            elif (row := _csv_row(texts, heads, line, shown, separator, mistakes)) is not None:
                rows.append(row)
    except csv.Error as error:
        mistakes.append(Mistake(what=f"the table breaks off ({error})", where=f"{shown}:{begins}", expected="CSV"))
        return None
    return _bounded(shown, heads, rows, separator != ",", mistakes)


def _bounded(
    shown: str, heads: tuple[str, ...], rows: Sequence[Row], has_decimal_comma: bool, mistakes: list[Mistake]
) -> TextTable | None:
    if not heads:
        mistakes.append(
            Mistake(what="the table is empty", where=shown, expected="a line with the names of the columns")
        )
        return None
    if len(rows) > _LIMIT_ROWS:
        mistakes.append(Mistake(what=f"the table has {len(rows)} rows", where=shown, expected=f"at most {_LIMIT_ROWS}"))
        return None
    return TextTable(shown=shown, heads=heads, rows=tuple(rows), has_decimal_comma=has_decimal_comma)


def _heads(texts: Sequence[str], where: str, mistakes: list[Mistake]) -> tuple[str, ...]:
    named = [text for text in texts if text]
    for text in sorted({text for text in named if named.count(text) > 1}):
        mistakes.append(Mistake(what=f"two columns are named {quoted(text)}", where=where, do="rename or delete one"))
    return tuple(texts)


def _csv_row(
    texts: list[str], heads: Sequence[str], line: int, shown: str, separator: str, mistakes: list[Mistake]
) -> Row | None:
    if any(texts[len(heads) :]):
        comma = separator == ","
        mistakes.append(
            Mistake(
                what=f"the row has {len(texts)} cells, the head line {len(heads)}",
                where=f"{shown}:{line}",
                do="a decimal comma? Write a point, or put the cell in quotation marks"
                if comma
                else "delete the surplus",
            )
        )
        return None
    lost = [text for head, text in zip(heads, texts, strict=False) if text and not head]
    if lost:
        mistakes.append(Mistake(what=f"{quoted(lost[0])} stands in a column without a name", where=f"{shown}:{line}"))
    return Row(line=line, cells={head: text for head, text in zip(heads, texts, strict=False) if text and head})


def _head_of(rows: Iterable[Sequence[Any]]) -> list[str]:
    """The first line of a sheet that is not empty."""
    return next(([_cell_text(v).strip() for v in row] for row in rows if any(v is not None for v in row)), [])


def _sheet_of(workbook: Any, is_head: Callable[[Sequence[str]], bool] | None) -> str | None:
    """The sheet to read when none is named: the only one, the first with the head line, or None when no sheet has it."""
    names: list[str] = workbook.sheetnames
    if is_head is None or len(names) == 1:
        return names[0]
    limits = {"max_row": 50, "max_col": _LIMIT_COLUMNS, "values_only": True}
    # A chart sheet has no rows.
    sheets = [name for name in names if hasattr(workbook[name], "iter_rows")]
    return next((name for name in sheets if is_head(_head_of(workbook[name].iter_rows(**limits)))), None)


def _read_xlsx(
    content: bytes,
    shown: str,
    sheet: str | None,
    mistakes: list[Mistake],
    is_head: Callable[[Sequence[str]], bool] | None,
) -> TextTable | None:
    import warnings

    try:
        with zipfile.ZipFile(io.BytesIO(content)) as packed:
            if sum(entry.file_size for entry in packed.infolist()) > _LIMIT_UNPACKED_BYTES:
                mistakes.append(
                    Mistake(what="the workbook is too large when unpacked", where=shown, expected="at most 256 MB")
                )
                return None
        from openpyxl.reader import excel

        load_workbook: Any = excel.load_workbook

        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # openpyxl warns of styles and extensions that do not concern the cells
            values = load_workbook(io.BytesIO(content), read_only=True, data_only=True)
            formulas = load_workbook(io.BytesIO(content), read_only=True, data_only=False)
            name = _sheet_of(values, is_head) if sheet is None else sheet
            if name is None:
                mistakes.append(
                    Mistake(
                        what="no sheet begins with a head line that has a column sample",
                        where=shown,
                        expected=f"one of {', '.join(values.sheetnames)} with a head line like sample, thickness (mm), …",
                    )
                )
                return None
            if name not in values.sheetnames:
                known = ", ".join(values.sheetnames)
                mistakes.append(
                    Mistake(what=f"there is no sheet {quoted(name)}", where=shown, expected=f"one of {known}")
                )
                return None
            limits = {"max_row": _LIMIT_ROWS + 2, "max_col": _LIMIT_COLUMNS, "values_only": True}
            cells = [tuple(row) for row in values[name].iter_rows(**limits)]
            written = [tuple(row) for row in formulas[name].iter_rows(**limits)]
    except Exception as error:  # a damaged workbook can fail anywhere inside zip, XML or openpyxl
        mistakes.append(
            Mistake(
                what=f"the workbook cannot be read ({type(error).__name__})", where=shown, do="save it again as .xlsx"
            )
        )
        return None
    return _xlsx_table(cells, written, shown, mistakes)


def _xlsx_table(
    cells: Sequence[Sequence[Any]], written: Sequence[Sequence[Any]], shown: str, mistakes: list[Mistake]
) -> TextTable | None:
    heads: tuple[str, ...] = ()
    rows: list[Row] = []
    for line, (values, sources) in enumerate(zip(cells, written, strict=False), start=1):
        if all(value is None for value in sources):
            continue
        if not heads:
            heads = _heads([_cell_text(value).strip() for value in values], f"{shown}:{line}", mistakes)
            continue
        rows.append(_xlsx_row(values, sources, heads, line, shown, mistakes))
    return _bounded(shown, heads, [row for row in rows if row.cells], False, mistakes)


def _xlsx_row(
    values: Sequence[Any], sources: Sequence[Any], heads: Sequence[str], line: int, shown: str, mistakes: list[Mistake]
) -> Row:
    kept: dict[str, str] = {}
    dates, numbers = set(), set()
    for head, value, source in zip(heads, values, sources, strict=False):
        where = f"{shown}:{line}: {head}"
        if isinstance(source, str) and source.startswith("=") and value is None:
            mistakes.append(
                Mistake(
                    what="the cell holds a formula without a result", where=where, do="open and save the file in Excel"
                )
            )
        elif value in _EXCEL_ERRORS:
            mistakes.append(Mistake(what=f"the cell holds the error {value}", where=where, do="repair the formula"))
        elif value is not None and head and (text := _cell_text(value).strip()):
            kept[head] = text
            if isinstance(value, datetime.date | datetime.time):
                dates.add(head)
            elif isinstance(value, int | float) and not isinstance(value, bool):
                numbers.add(head)
    return Row(line=line, cells=kept, dates=frozenset(dates), numbers=frozenset(numbers))


def _cell_text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    if isinstance(value, datetime.datetime) and value.time() == datetime.time():
        return value.date().isoformat()
    return str(value)
