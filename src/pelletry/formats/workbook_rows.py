"""The rows of Excel workbooks of both kinds (.xlsx and old .xls) as plain cells, within bounds; knows no vendor."""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Iterator
from typing import Any

from pelletry.core.errors import FormatError
from pelletry.formats.archive import is_zip
from pelletry.formats.rawfile import RawFile
from pelletry.formats.xlsx_cells import MOST_CELLS as _MOST_CELLS
from pelletry.formats.xlsx_cells import sheets_of_cells

__all__ = ["Cell", "sheets_of"]

Cell = str | float | None
_OLD_LIMIT_BYTES = 64 * 1024 * 1024


def sheets_of(raw: RawFile) -> list[tuple[str, list[tuple[Cell, ...]]]]:
    """Name and rows of each sheet; ``rows[0]`` is row 1. Formulas give their saved result, dates become text.

    Raises
    ------
    BrokenFileError
        When the workbook is damaged.
    RefusedFileError
        When it has more than 5 million cells.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of styles, pictures and extensions that hold no data
            return _new(raw) if is_zip(raw) else _old(raw)
    except FormatError:
        raise
    except Exception as error:  # on damaged files the libraries let errors of zip, zlib, XML and their own through
        raise raw.broken(f"the workbook is damaged ({type(error).__name__}: {error})"[:300]) from None


def _cell(value: Any) -> Cell:
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, int | float) and not isinstance(value, bool):
        return float(value)
    return str(value)


def _bounded(raw: RawFile, rows: Iterable[Iterable[Any]], seen: list[int]) -> Iterator[tuple[Cell, ...]]:
    for row in rows:
        cells = tuple(_cell(value) for value in row)
        seen[0] += len(cells) + 1  # a row without cells takes room as well
        if seen[0] > _MOST_CELLS:
            raise raw.refused(
                f"the workbook has more than {_MOST_CELLS // 1_000_000} million cells", do="export the sheet as csv"
            )
        yield cells


def _new(raw: RawFile) -> list[tuple[str, list[tuple[Cell, ...]]]]:
    return [(title, [tuple(_cell(value) for value in row) for row in rows]) for title, rows in sheets_of_cells(raw)]


def _old(raw: RawFile) -> list[tuple[str, list[tuple[Cell, ...]]]]:
    import io

    import xlrd

    # What the library finds odd in a file it prints; a log that nobody reads takes it.
    opener: Any = xlrd.open_workbook
    book = opener(file_contents=raw.bytes(limit_bytes=_OLD_LIMIT_BYTES), logfile=io.StringIO(), on_demand=True)
    seen = [0]
    sheets = []
    for index in range(book.nsheets):
        sheet = book.sheet_by_index(index)
        rows = (sheet.row(i) for i in range(sheet.nrows))
        plain = (tuple(_old_cell(cell) for cell in row) for row in rows)
        sheets.append((sheet.name, list(_bounded(raw, plain, seen))))
        book.unload_sheet(index)
    return sheets


def _old_cell(cell: Any) -> Cell:
    # Types of xlrd: 0 empty, 1 text, 2 number, 3 date, 4 truth, 5 error, 6 blank.
    if cell.ctype in (0, 5, 6):
        return None
    return float(cell.value) if cell.ctype == 2 else str(cell.value)
