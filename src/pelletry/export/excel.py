"""All tables of a study as one Excel workbook: numbers as numbers, texts as texts, never a formula; the same bytes every time.

One sheet a kind of table (the same table of several samples is stacked under a column with the sample's name), then the
findings, what was withheld and the data files. Units and methods stand beside each number as in the CSV tables.
"""

from __future__ import annotations

import datetime
import importlib
import io
import re
import zipfile
from collections.abc import Mapping, Sequence
from typing import Any

from pelletry.advice.tables import study_tables
from pelletry.core.table import Table
from pelletry.core.technique import Presentation
from pelletry.render.table import machine_rows
from pelletry.study.compare import quantity_table
from pelletry.study.result import StudyResult

__all__ = ["workbook_bytes"]

Row = Sequence[str | float | int | None]

_LONGEST_SHEET_NAME = 31
_LONGEST_TEXT = 32_000
_WIDEST = 48
_EPOCH = datetime.datetime(1980, 1, 1)  # the first moment a zip archive can hold
_FORBIDDEN = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")


def workbook_bytes(result: StudyResult, presentations: Mapping[tuple[str, str], Presentation]) -> bytes:
    """The workbook as the bytes of an ``.xlsx`` file."""
    book = _openpyxl().Workbook()
    book.remove(book.active)
    book.properties.creator = "pelletry"
    book.properties.created = _EPOCH
    book.properties.title = _clean(result.title)[:250]
    for name, rows in _sheets(result, presentations).items():
        _fill(book.create_sheet(name), rows)
    buffer = io.BytesIO()
    book.save(buffer)
    return _timeless(buffer.getvalue())


def _openpyxl(part: str = "") -> Any:
    """The library, imported when a workbook is wanted; it has no types."""
    return importlib.import_module(f"openpyxl.{part}" if part else "openpyxl")


def _sheets(result: StudyResult, presentations: Mapping[tuple[str, str], Presentation]) -> dict[str, list[Row]]:
    sheets: dict[str, list[Row]] = {}
    if result.is_simulated:
        about: list[Row] = [["simulated data"], [result.simulated_from or "raw files of a virtual instrument"]]
        sheets["simulated"] = about
    sheets["comparison"] = [*machine_rows(result.comparison)]
    sheets["quantities"] = [*machine_rows(quantity_table(result))]
    for table in study_tables(result):
        sheets[_sheet_name(table.key, sheets)] = [*machine_rows(table)]
    for rows in _stacked(presentations):
        sheets[_sheet_name(rows[0], sheets)] = rows[1]
    sheets["findings"] = [
        ["severity", "code", "sentence", "samples", "quantities"],
        *[_row(f.severity, f.code, f.sentence, "; ".join(f.samples), "; ".join(f.quantities)) for f in result.findings],
    ]
    sheets["withheld"] = [
        ["what", "missing", "do", "samples"],
        *[_row(w.what, w.missing, w.do, "; ".join(w.samples)) for w in result.withheld],
    ]
    sheets["data files"] = [
        ["path", "status", "reason", "format", "technique", "samples", "records", "points", "bytes", "sha256"],
        *[_row(f.path, f.status, f.reason, f.format, f.technique, "; ".join(f.samples), f.records, f.points, f.size_bytes, f.sha256)
          for f in result.files],
    ]  # fmt: skip
    return sheets


def _row(*cells: str | float | int | None) -> Row:
    return cells


def _stacked(presentations: Mapping[tuple[str, str], Presentation]) -> list[tuple[str, list[Row]]]:
    """Tables with the same key and columns under one another; (sheet name wanted, rows)."""
    groups: dict[tuple[str, str, tuple[str, ...]], list[tuple[str, Table]]] = {}
    for (sample, technique), shown in presentations.items():
        for table in shown.tables:
            head = tuple(str(cell) for cell in machine_rows(table)[0])
            groups.setdefault((technique, table.key, head), []).append((sample, table))
    found: list[tuple[str, list[Row]]] = []
    for (technique, key, head), members in groups.items():
        rows: list[Row] = [["of sample", *head]]
        for sample, table in members:
            rows += [[sample, *row] for row in machine_rows(table)[1:]]
        found.append((f"{technique} {key}", rows))
    return found


def _sheet_name(wanted: str, taken: Mapping[str, object]) -> str:
    """A name that Excel accepts: 31 characters, none of ``[]:*?/\\``, not one that differs by case only."""
    plain = re.sub(r"[\[\]:*?/\\]+", " ", _clean(wanted)).strip(" '") or "table"
    used = {name.casefold() for name in taken}
    name, number = plain[:_LONGEST_SHEET_NAME], 1
    while name.casefold() in used:
        number += 1
        tail = f" {number}"
        name = plain[: _LONGEST_SHEET_NAME - len(tail)] + tail
    return name


def _clean(text: str) -> str:
    return _FORBIDDEN.sub("\ufffd", text)


def _fill(sheet: Any, rows: Sequence[Row]) -> None:
    bold, letter_of = _openpyxl("styles").Font(bold=True), _openpyxl("utils").get_column_letter
    widths: dict[int, int] = {}
    for i, row in enumerate(rows, start=1):
        for j, value in enumerate(row, start=1):
            if value is None or value == "":
                continue
            cell = sheet.cell(row=i, column=j)
            if isinstance(value, str):
                # Set as text whatever it begins with: a sample called "=1+1" is a name, not a formula.
                cell.value = _clean(value)[:_LONGEST_TEXT]
                cell.data_type = "s"
            else:
                cell.value = value
            widths[j] = max(widths.get(j, 0), len(f"{value:.6g}") if isinstance(value, float) else len(str(value)))
    for j, width in widths.items():
        sheet.column_dimensions[letter_of(j)].width = min(width + 2, _WIDEST)
    for cell in sheet[1]:
        cell.font = bold
    sheet.freeze_panes = "A2"


def _timeless(content: bytes) -> bytes:
    """The same archive with the clock taken out: fixed times of members, and no moment of saving in the properties."""
    made = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as new:
        for name in sorted(old.namelist()):
            data = old.read(name)
            if name == "docProps/core.xml":
                stamp = _EPOCH.strftime("%Y-%m-%dT%H:%M:%SZ").encode()
                data = re.sub(rb"(<dcterms:modified[^>]*>)[^<]*", rb"\g<1>" + stamp, data)
            member = zipfile.ZipInfo(name, date_time=_EPOCH.timetuple()[:6])
            member.compress_type = zipfile.ZIP_DEFLATED
            member.external_attr = 0o644 << 16
            new.writestr(member, data)
    return made.getvalue()
