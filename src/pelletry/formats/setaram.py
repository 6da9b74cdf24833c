"""Setaram text exports: Calisto in two layouts, bare tables of either, and Setsys dilatometry read tolerantly.

Formats seen
    Calisto (2024, 2025), UTF-16 with byte order mark, CRLF: fixed-width columns, and ``;`` between the columns. Setsys dilatometry: no
    real file seen; the same container is expected, with a displacement column (``TMA (µm)``, ``Displacement (µm)``, ``dL/L0 (%)``).
Schema
    One record. Columns as in the head line: ``Index``, ``Time`` s, ``Furnace Temperature`` °C, ``Sample Temperature`` °C, ``TG`` mg,
    ``HeatFlow`` mW. The fixed-width layout prints no units (``Time Furnace Sample TG HeatFlow``): none are invented, and a warning
    says so. Furnace and sample temperature stay two columns.
Uncertainties
    None in the file; six decimals are printed.
Header
    Line 1 as ``title``; ``Creation Date``, ``User``; the entries of a signal's section under ``TG: Initial Mass``. Besides:
    ``initial mass [mg]`` (of TG, else HeatFlow), ``initial length [mm]``. A mass of 0 mg is the default, not a measurement.
File structure
    Title, ``Key : value`` lines, then sections (``TG :`` and indented ``Initial Mass : 34.04 mg``), the head line, rows to the end. ``Creation
    Date : 08/01/2025`` may be January or August: it dates the record only when a number above 12 decides.
    A table alone (csv made from such a file) is claimed by its heads, so that one destroyed by a spreadsheet is refused by name.
Refused
    ``50.026.184``: the decimal mark is lost (1.0 and 1000 times it cannot be told apart row by row).
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from pelletry.core.record import Record
from pelletry.formats.dates import iso_date
from pelletry.formats.numbers import Convention
from pelletry.formats.rawfile import RawFile
from pelletry.formats.registry import Format
from pelletry.formats.thermal_columns import (
    Head,
    ThermalRun,
    clean_degrees,
    first_number,
    head_of,
    read_rows,
    record_of,
    sample_hint,
)

__all__ = ["FORMAT"]

NAME = "setaram-text"
_DATE = re.compile(r"^Creation Date\s*:", re.MULTILINE)
_SECTION = re.compile(r"^ ?(?:Initial (?:Mass|Length)|Molar Mass)\s*:", re.MULTILINE)
_HEAD_LINE = re.compile(r"^\s*\"?(?:Index\b|Time\s*\()")
_FURNACE = re.compile(r"\bFurnace(?: Temperature)?\b")
_LIMIT_HEADER = 400


def _separator(line: str) -> str:
    return next((mark for mark in ";\t," if mark in line), " ")


def _is_head_line(line: str) -> bool:
    return _HEAD_LINE.match(line) is not None and _FURNACE.search(line) is not None


def can_read(raw: RawFile) -> bool:
    """Whether Calisto's date and section lines, or its table heads in the first line, are there."""
    head = raw.head_text[:8000]
    if _DATE.search(head) and _SECTION.search(head):
        return True
    first = head.partition("\n")[0]
    return _is_head_line(first) and re.search(r"\((?:°|.)?C\)", first) is not None


def _header(lines: Sequence[str]) -> dict[str, str]:
    header: dict[str, str] = {}
    section = ""
    for i, line in enumerate(lines):
        key, colon, value = (part.strip() for part in line.partition(":"))
        if not line.strip():
            continue
        if i == 0 and not re.match(r"Creation Date\b", line):
            header["title"] = line.strip()
        elif colon and not value and not line[:1].isspace():
            section = key
        elif colon and line[:1].isspace() and section:
            header.setdefault(f"{section}: {key}", value)
        elif colon:
            header.setdefault(key, value)
            section = ""
    return header


def _facts(header: dict[str, str]) -> dict[str, str]:
    facts: dict[str, str] = {}
    for name, unit, fact in (
        ("Initial Mass", "mg", "initial mass [mg]"),
        ("Initial Length", "mm", "initial length [mm]"),
    ):
        stated = [text for key, text in header.items() if key.endswith(f": {name}") and text.endswith(unit)]
        if stated and first_number(stated[0]):
            facts[fact] = first_number(stated[0])
    return facts


def _heads(raw: RawFile, lines: Sequence[str], at: int, separator: str) -> tuple[Head, ...]:
    """The heads; in the fixed-width layout each name stands above the left edge of its column."""
    line = clean_degrees(lines[at])
    if separator != " ":
        return tuple(head_of(cell) for cell in Convention(separator, ".").cells(line.rstrip(separator)))
    first = next((text for text in lines[at + 1 :] if text.strip()), "")
    starts = [match.start() for match in re.finditer(r"\S+", first)]
    if not starts:
        raise raw.broken("there are no rows below the column heads", line=at + 1, do="export the run again")
    words = line.split()
    if len(words) == len(starts):
        return tuple((word, "") for word in words)
    if any(start and line[start - 1 : start].strip() for start in starts):
        raise raw.broken(
            f"{len(words)} column names stand above {len(starts)} numbers",
            line=at + 1,
            do="export again with a semicolon between the columns",
        )
    names = [line[a:b].strip() for a, b in zip(starts, [*starts[1:], None], strict=True)]
    return tuple(head_of(name) for name in names)


def read(raw: RawFile) -> Sequence[Record]:
    """The record of a Setaram text; see the module's docstring.

    Raises
    ------
    BrokenFileError
        When the head line is missing or a row does not fit it.
    RefusedFileError
        When numbers have lost their decimal mark.
    """
    lines = raw.text().lines
    at = next((i for i, line in enumerate(lines[:_LIMIT_HEADER]) if _is_head_line(line)), None)
    if at is None:
        raise raw.broken(
            "the line with the column heads is missing",
            expected="a line such as 'Index;Time (s);Furnace Temperature (°C);...'",
        )
    separator = _separator(lines[at])
    heads = _heads(raw, lines, at, separator)
    sample = "".join(lines[at + 1 : at + 20])
    decimal = "," if separator != "," and "." not in sample and re.search(r"\d,\d", sample) else "."
    if "." in sample and "," in sample and separator != ",":
        decimal = ","  # rows such as 0,2;5.002.491: what the spreadsheet destroyed is named below
    values, notes = read_rows(
        raw, lines, (at + 1, len(lines)), convention=Convention(separator, decimal), width=len(heads)
    )
    if not any(unit for _, unit in heads):
        notes = (*notes, "this layout of Calisto prints no units: the columns have none")
    header = _header(lines[:at])
    run = ThermalRun(
        name=header.get("title") or raw.path.name,
        heads=heads,
        values=values,
        header={**header, **_facts(header)},
        line=at + 2,
        acquired_at=iso_date(header.get("Creation Date", "")),
        warnings=notes,
        hints=sample_hint(header.get("title", ""), "title"),
    )
    return [record_of(raw, NAME, run)]


FORMAT = Format(
    name=NAME, title="Setaram Calisto or Setsys text", extensions=(".txt", ".csv"), can_read=can_read, read=read
)
