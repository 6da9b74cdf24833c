"""Cycler tables in workbooks (.xlsx): which sheets hold one, and their rows."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import attrs

from pelletry.core.record import Record
from pelletry.formats.archive import is_zip, member_head, members
from pelletry.formats.cycler_table import plain_head, read_cycler_lines
from pelletry.formats.rawfile import RawFile
from pelletry.formats.spectra import header_of
from pelletry.formats.spreadsheet import sheets_of

__all__ = ["read_sheets", "workbook_says"]

_HEADER_ROWS = 100


def workbook_says(raw: RawFile, *words: Sequence[bytes]) -> bool:
    """Whether a workbook's strings hold at least one of each group of words."""
    if not is_zip(raw):
        return False
    names = members(raw)
    if "xl/workbook.xml" not in names:
        return False
    # Words are shared strings in Excel's own files and stand in the sheets in those of other programs.
    sheets = [name for name in names if name.startswith("xl/worksheets/sheet")][:6]
    shown = b"".join(member_head(raw, name) for name in ("xl/sharedStrings.xml", *sheets))
    return all(any(word in shown for word in group) for group in words)


def read_sheets(raw: RawFile, format_name: str, is_table: Callable[[frozenset[str]], bool]) -> Sequence[Record]:
    """One record a sheet whose line of names ``is_table`` recognises; the sheets without one go into the header.

    Raises
    ------
    BrokenFileError
        When no sheet holds such a table, or a row does not fit.
    """
    records: list[Record] = []
    shared: dict[str, str] = {}
    sheets = sheets_of(raw)
    for title, rows in sheets:
        found = next((i for i, row in enumerate(rows[:_HEADER_ROWS]) if is_table(_plain(row))), None)
        if found is None:
            shared.update(header_of([row.rstrip("\t") for row in rows[:_HEADER_ROWS]]))
            continue
        names = tuple(cell.strip() for cell in rows[found].rstrip("\t").split("\t"))
        data = [row for row in rows[found + 1 :] if row.strip()]
        records.append(
            read_cycler_lines(
                raw,
                format_name,
                names,
                data,
                line=found + 2,
                header={"sheet": title, **header_of(rows[:found])},
                name=f"{raw.path.name}, {title}",
                number=len(records),
            )
        )
    if not records:
        raise raw.broken("no sheet holds a table of a cycler", expected="a line of names and rows of numbers")
    return [attrs.evolve(record, header={**shared, **record.header}) for record in records]


def _plain(row: str) -> frozenset[str]:
    return frozenset(plain_head(cell) for cell in row.split("\t"))
