"""Workbooks that Thermo Avantage exports (.xlsx, .xls): spectra with Avantage's own fit, and its peak table.

Versions seen: one workbook of 2018 with a survey and seven levels (.xlsx), described as well: .xls and sheets with Chinese names. A depth
profile in one sheet was not at hand.

Schema: one record a sheet with a spectrum: ``Binding Energy (E)`` eV, ``Counts`` [Counts / s], then as far as they were fitted one column a
component by its name, ``Backgnd.``, ``Envelope``, ``Residuals``, all in Counts / s. Then the records ``Peak Table`` and ``Quantifications`` with their numeric
columns. Header keys as in ``xps.py``.

* Components are drawn ON the background: envelope = background + sum of (component - background), and the area of the peak table is that of
  component - background. Outside the fitted window Avantage writes 0 or repeats the counts; the window is ``Start BE`` to ``End BE`` there.
* ``Residuals`` are counts - envelope. The number behind ``Residuals x`` in the heads is that of the plot: the column is not multiplied
  (measured on all seven levels).
* Energies and areas of the peak table are Avantage's, charge shift included if the spectrum was shifted: compare only with these columns.

Uncertainties: none in the file. Neither dwell nor sweeps are in the workbook: counts, and so their statistics, cannot be had from it.

Header kept: ``sheet``, ``original path`` (of the .vgd); ``peak table``: JSON list of the rows of the peak table that name this spectrum, by their heads;
``rows``: the same, all rows, on the two tables; ``titles``: JSON list of the rows of the sheet ``Titles`` (date, notes of the operator).

Notes on structure: a sheet with a spectrum has a row ``Axis | Energy | Elements= | n``, further down ``Binding Energy (E)`` with the names of the
columns, below it their units, then n rows; n is checked. Sheets are told by these cells, not by their names.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence

import numpy as np

from pelletry.core.arrays import Array
from pelletry.core.record import Column, Record
from pelletry.formats.archive import is_zip, member_head, members
from pelletry.formats.dates import iso_date
from pelletry.formats.hints import hints_from_name
from pelletry.formats.ole_properties import OLE2_MAGIC
from pelletry.formats.rawfile import RawFile
from pelletry.formats.registry import Format
from pelletry.formats.workbook_rows import Cell, sheets_of
from pelletry.formats.xps import Spectrum, number_text, record_of_spectrum

__all__ = ["FORMAT"]

NAME = "avantage"
Rows = Sequence[Sequence[Cell]]
_SIGNS = ("Elements=", "Binding Energy")
_FACTOR = re.compile(r"\s*\(Residuals\s*[×x*]\s*([\d.]+)\)")
_UNITS = ("CPS.eV", "eV", "CPS", "%")
_SEARCHED_BYTES = 64 * 1024 * 1024


def can_read(raw: RawFile) -> bool:
    """A workbook with the cells ``Elements=`` and ``Binding Energy ...``."""
    if raw.head.startswith(OLE2_MAGIC):
        if raw.size_bytes > _SEARCHED_BYTES:
            return False
        content = raw.bytes()
        return all(sign.encode() in content or sign.encode("utf-16-le") in content for sign in _SIGNS)
    if not is_zip(raw):
        return False
    names = members(raw)
    if "xl/workbook.xml" not in names:
        return False
    sheets = [name for name in names if name.startswith("xl/worksheets/sheet")][:3]
    shown = b"".join(member_head(raw, name, 2_000_000) for name in ("xl/sharedStrings.xml", *sheets))
    return all(sign.encode() in shown for sign in _SIGNS)


def read(raw: RawFile) -> Sequence[Record]:
    """One record a spectrum, then one a table.

    Raises
    ------
    BrokenFileError
        When the workbook is damaged or a sheet has other than the announced number of rows.
    """
    sheets = sheets_of(raw)
    tables = [(name, *_table(rows)) for name, rows in sheets if _header_row(rows) is None and _is_table(rows)]
    peaks = next((entries for name, _, entries in tables if entries and "Title" in entries[0]), [])
    titles = next((rows for name, rows in sheets if _is_titles(rows)), [])
    shared = {"titles": _json([[c for c in row if c is not None] for row in titles])} if titles else {}
    acquired_at = iso_date(_written_date(titles))
    records: list[Record] = []
    for name, rows in sheets:
        if (at := _header_row(rows)) is not None:
            spectrum = _spectrum(raw, name, rows, at, peaks, shared)
            records.append(record_of_spectrum(raw, NAME, spectrum, index=len(records)))
    if not records:
        raise raw.broken("no sheet holds a spectrum", expected="a row 'Axis', 'Energy', 'Elements=' and a number")
    for name, columns, entries in tables:
        records.append(
            Record(
                name=name,
                technique="",
                columns=columns,
                origin=raw.origin(NAME, record=len(records), acquired_at=acquired_at),
                header={"sheet": name, "rows": _json(entries), **shared},
                hints=hints_from_name(raw.shown),
            )
        )
    return records


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)


def _text(cell: Cell) -> str:
    return number_text(cell) if isinstance(cell, float) else (cell or "").replace("\ufeff", "").strip()


def _row_text(rows: Rows, at: int, column: int) -> str:
    return _text(rows[at][column]) if 0 <= at < len(rows) and column < len(rows[at]) else ""


def _header_row(rows: Rows) -> int | None:
    """The row of names of a spectrum: energies in the first column, below a row ``Axis``."""
    for at in range(min(len(rows), 200)):
        first = _row_text(rows, at, 0)
        if re.match(r"(Binding|Kinetic) Energy", first) and any(_row_text(rows, i, 0) == "Axis" for i in range(at)):
            return at
    return None


def _is_titles(rows: Rows) -> bool:
    return any(_row_text(rows, at, 0).startswith("Data Files") for at in range(min(len(rows), 100)))


def _written_date(titles: Rows) -> str:
    """``10:16:08  Monday, July 23, 2018``: the month's name is wanted before the day."""
    return re.sub(r"\b\w+day,\s*", "", _row_text(titles, 0, 0))


def _spectrum(
    raw: RawFile, sheet: str, rows: Rows, at: int, peaks: Sequence[Mapping[str, Cell]], shared: Mapping[str, str]
) -> Spectrum:
    values = _values(raw, sheet, rows, at + 2)
    announced = next(
        (row[3] for row in rows[:at] if len(row) > 3 and _text(row[0]) == "Axis" and _text(row[1]) == "Energy"), None
    )
    if isinstance(announced, float) and announced != len(values):
        raise raw.broken(
            f"the sheet '{sheet[:40]}' announces {number_text(announced)} points and holds {len(values)}",
            line=at + 3,
            do="export the spectrum again; rows were removed or added",
        )
    names = [_row_text(rows, at, i) for i in range(values.shape[1])]
    units = [_row_text(rows, at + 1, i) for i in range(values.shape[1])]
    units = [_FACTOR.sub("", unit).strip() for unit in units]
    kept = [i for i in range(1, len(names)) if not np.all(np.isnan(values[:, i]))]
    columns = [Column(name=names[i] or "Counts", unit=units[i], values=values[:, i]) for i in kept]
    if not columns:
        raise raw.broken(f"the sheet '{sheet[:40]}' holds energies and no counts", line=at + 3)
    path = next((_text(row[0]) for row in rows[:at] if row and re.search(r"\.vgd$", _text(row[0]), re.I)), "")
    own = [row for row in peaks if _text(row.get("Title")) == sheet or (path and _text(row.get("File Name")) == path)]
    header = {"sheet": sheet, "original path": path, **shared}
    if own:
        header["peak table"] = _json(own)
    rate = columns[0].unit.replace(" ", "").lower()
    return Spectrum(
        name=sheet,
        energy=Column(name=names[0], unit=units[0], values=values[:, 0]),
        intensity=columns[0],
        others=tuple(columns[1:]),
        scale="kinetic" if names[0].startswith("Kinetic") else "binding",
        intensity_unit="counts/s" if rate == "counts/s" else "counts" if rate == "counts" else "",
        facts={"region": sheet.removesuffix(" Scan")},
        header={key: value for key, value in header.items() if value},
    )


def _values(raw: RawFile, sheet: str, rows: Rows, begin: int) -> Array:
    """The numbers from row ``begin`` on until the first cell is none; cells without a number are NaN."""
    end = begin
    while end < len(rows) and rows[end] and isinstance(rows[end][0], float):
        end += 1
    width = max((len(row) for row in rows[begin:end]), default=0)
    if end == begin or width < 2:
        raise raw.broken(f"the sheet '{sheet[:40]}' holds no numbers below its heads", line=begin + 1)
    values = np.full((end - begin, width), np.nan)
    for i, row in enumerate(rows[begin:end]):
        for k, cell in enumerate(row):
            if isinstance(cell, float):
                values[i, k] = cell
    if not np.all(np.isfinite(values[:, 0])):
        raise raw.broken(f"an energy in the sheet '{sheet[:40]}' is not finite", line=begin + 1)
    return values


def _is_table(rows: Rows) -> bool:
    return _table_row(rows) is not None


def _table_row(rows: Rows) -> int | None:
    """The row of heads of a peak table or a quantification."""
    for at in range(min(len(rows), 20)):
        heads = {_text(cell) for cell in rows[at]}
        if {"Name", "Peak BE"} <= heads:
            return at
    return None


def _table(rows: Rows) -> tuple[tuple[Column, ...], list[dict[str, Cell]]]:
    """Numeric columns of a table, and all its rows by their heads."""
    at = _table_row(rows) or 0
    heads = [_text(cell) for cell in rows[at]]
    entries: list[dict[str, Cell]] = []
    for row in rows[at + 1 :]:
        entry: dict[str, Cell] = {
            head: cell for head, cell in zip(heads, row, strict=False) if head and cell is not None
        }
        if _text(entry.get("Name")):
            entries.append(entry)
    columns = []
    for head in heads:
        values = [entry.get(head) for entry in entries]
        if head and any(isinstance(value, float) for value in values):
            name, unit = _head(head)
            numbers = np.array([value if isinstance(value, float) else np.nan for value in values])
            columns.append(Column(name=name, unit=unit, values=numbers))
    return tuple(columns), entries


def _head(head: str) -> tuple[str, str]:
    """``FWHM eV`` -> ``FWHM``, ``eV``; binding energies are eV without saying so."""
    unit = next((unit for unit in _UNITS if head.endswith(f" {unit}")), "")
    if unit:
        return head.removesuffix(unit).strip(), unit
    return head, "eV" if head.endswith(" BE") else ""


FORMAT = Format(name=NAME, title="Thermo Avantage workbook", extensions=(".xlsx", ".xls"), can_read=can_read, read=read)
