"""Excel workbooks (.xlsx, .xlsm) with tables of numbers, one or more sheets.

Schema: powder patterns, photoelectron and EDX spectra and size distributions as in text tables of them (``known_tables.py``); else as for plain tables (``table.py``): each sheet is read as rows of cells; names, units, several spectra, temperatures are found
in the same way. Cell values are taken as stored (full double precision), formulas by their saved result; an unsaved formula is
empty. Dates become words. Records of a second sheet follow those of the first; the sheet's name is in the header.

Uncertainties: none. A number that the spreadsheet shows rounded is read unrounded.

Header kept: text cells above the table.

Refused: workbooks that unpack to more than 256 MB, or hold more than 5 million cells; password-protected ones (they are OLE2 files,
not zip). Old ``.xls`` is recognised and not read: save it as .xlsx.
"""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from typing import Any

import attrs

from pelletry.core.errors import FormatError, quoted
from pelletry.core.record import Record
from pelletry.formats.archive import is_zip, members
from pelletry.formats.known_tables import records_of_known_tables
from pelletry.formats.numbers import Convention
from pelletry.formats.rawfile import RawFile
from pelletry.formats.readings import readings_of, records_of_readings
from pelletry.formats.registry import Format
from pelletry.formats.spectra import records_from_blocks
from pelletry.formats.table_text import blocks_of_lines
from pelletry.formats.thermal_table import as_thermal_run
from pelletry.formats.xlsx_cells import MOST_CELLS, sheets_of_cells

__all__ = ["FORMAT", "sheets_of"]

NAME = "table-xlsx"
_MOST_COLUMNS = 4096


def can_read(raw: RawFile) -> bool:
    """A zip archive with a workbook in it."""
    return is_zip(raw) and "xl/workbook.xml" in members(raw)


def _text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value)
    if isinstance(value, int | float):
        return repr(value)
    if hasattr(value, "total_seconds"):  # a length of time: 30:15:00, and no "1 day, 6:15:00"
        seconds = float(value.total_seconds())
        return f"{int(seconds // 3600)}:{int(seconds // 60) % 60:02d}:{seconds % 60:09.6f}"
    return str(value).replace("\t", " ").replace("\n", " ").replace("\r", " ").strip()


def _trimmed(row: Sequence[Any]) -> list[str]:
    """The texts of a row up to its last cell with something in it."""
    last = next((i for i in range(len(row), 0, -1) if row[i - 1] is not None), 0)
    return [_text(value) for value in row[: min(last, _MOST_COLUMNS)]]


def sheets_of(raw: RawFile) -> list[tuple[str, list[str]]]:
    """The sheets of a workbook as (title, rows), each row a line of cells with tabs between them, within bounds.

    Raises
    ------
    BrokenFileError, RefusedFileError
        When the workbook is damaged or too large.
    """
    sheets: list[tuple[str, list[str]]] = []
    try:
        for title, cells in sheets_of_cells(raw):
            lines = ["\t".join(_trimmed(row)) for row in cells]
            widths = array("I", (line.count("\t") for line in lines))
            width = max(widths, default=0)
            if width * len(lines) > 4 * MOST_CELLS:
                raise raw.refused(
                    f"the workbook has more than {MOST_CELLS // 1_000_000} million cells", do="export the sheet as csv"
                )
            for i, own in enumerate(widths):
                if own < width:
                    lines[i] += "\t" * (width - own)
            sheets.append((title, lines))
    except FormatError:
        raise
    except Exception as error:  # on damaged files errors of zip, zlib, XML and of numbers come through
        raise raw.broken(f"the workbook is damaged ({type(error).__name__}: {error})"[:300]) from None
    return sheets


def read(raw: RawFile) -> Sequence[Record]:
    """The records of all sheets that hold a table.

    Raises
    ------
    BrokenFileError
        When the workbook is damaged or no sheet holds a table of numbers.
    RefusedFileError
        When it is out of bounds.
    """
    records: list[Record] = []
    sheets = sheets_of(raw)
    for title, lines in sheets:
        readings = readings_of(lines)
        if readings is not None:
            records.extend(records_of_readings(raw, NAME, readings, header={"sheet": title}))
            continue
        blocks = blocks_of_lines(raw, lines, convention=Convention("\t", "."))
        known = records_of_known_tables(raw, NAME, blocks, title=title, words="\n".join(lines[:60])[:4000])
        if known:
            records.extend(known)
        elif blocks:
            records.extend(
                records_from_blocks(raw, NAME, blocks, header={"sheet": title}, title=f"{raw.path.name}, {title}")
            )
    if not records:
        names = ", ".join(quoted(title, longest=30) for title, _ in sheets[:10])
        raise raw.broken(f"no sheet holds a table of numbers ({names})", expected="rows of two or more numbers")
    records = [as_thermal_run(record) for record in records]
    return [attrs.evolve(record, origin=attrs.evolve(record.origin, record=i)) for i, record in enumerate(records)]


FORMAT = Format(
    name=NAME,
    title="Excel workbook with a table (.xlsx)",
    extensions=(".xlsx", ".xlsm"),
    can_read=can_read,
    read=read,
    is_fallback=True,
)
