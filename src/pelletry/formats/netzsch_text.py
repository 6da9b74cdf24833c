"""NETZSCH Proteus text exports (``NETZSCH5``), of STA, TG, DSC and DIL instruments.

Formats seen
    ``#FORMAT:NETZSCH5`` of a TG 209F1 Libra (2021, ``#FTYPE:ANSI``: cp1252, CRLF). Of an STA 449F3 (2024, ``#FTYPE:ASCII``: the degree
    sign as ``›``) and of a DIL 402C public descriptions and headers only; their layout is followed, no such file was at hand.
Schema
    One record a ``##`` line. Columns as in that line, split at the slash before the unit: ``Temp.`` °C, ``Time`` min, ``Mass`` %,
    ``DSC`` mW/mg, ``Gas Flow(purge2)`` ml/min, ``dL/Lo`` (no unit: a plain fraction), ``Segment``. What mass and length are given
    as stands in the header, see :mod:`pelletry.formats.thermal_columns`.
Uncertainties
    None in the file; five decimals are printed.
Header
    Every ``#KEY:value`` line. Besides: ``initial mass [mg]``, ``initial length [mm]``, ``correction file``.
    As a table for spreadsheets (``DATA SINGLE``, DSC 214, 2022) keys are padded and a separator stands behind the colon (``#MTYPE:      ;DSC``).
File structure
    ``#KEY:value`` lines, an empty line, ``##`` and the column heads, then rows to the end or to the next ``##``. ``#DECIMAL`` (POINT,
    COMMA) and ``#SEPARATOR`` (SEMICOLON, TAB, COMMA, SPACE) hold for the rows only: numbers in the header have a comma in files
    whose rows have a point (``#RANGE:37°C/15,0(K/min)/1000°C``). Dates have the day first.
    ``#EXO:-1`` is the sign of heat flow. ??? what ``#CORR. CODE`` means bit by bit.
Refused
    Rows with a wrong number of cells, unknown separators, numbers that a spreadsheet destroyed.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from pelletry.core.errors import quoted
from pelletry.core.record import Record
from pelletry.formats.dates import iso_date
from pelletry.formats.numbers import Convention, convention_of
from pelletry.formats.rawfile import RawFile
from pelletry.formats.registry import Format
from pelletry.formats.thermal_columns import (
    ThermalRun,
    clean_degrees,
    first_number,
    head_of,
    read_rows,
    record_of,
    sample_hint,
)

__all__ = ["FORMAT"]

NAME = "netzsch-text"
_STARTS = re.compile(r"\s*#(?:EXPORTTYPE|FILE|FORMAT):", re.IGNORECASE)
_MARK = re.compile(r"^#FORMAT:[ \t;,]*NETZSCH", re.MULTILINE | re.IGNORECASE)
_SEPARATORS = {"SEMICOLON": ";", "TAB": "\t", "TABULATOR": "\t", "COMMA": ",", "SPACE": " ", "BLANK": " "}
_DECIMALS = {"POINT": ".", "COMMA": ","}


def can_read(raw: RawFile) -> bool:
    """Whether the text begins with ``#KEY:`` lines, one of them ``#FORMAT:NETZSCH...``."""
    head = raw.head_text[:8000]
    return _STARTS.match(head) is not None and _MARK.search(head) is not None


def _header(lines: Sequence[str]) -> dict[str, str]:
    header: dict[str, str] = {}
    for line in lines:
        match = re.match(r"^#(?!#)([^:]{1,60}):(.*)$", line)
        if match:
            header.setdefault(match[1].strip(), clean_degrees(match[2]).strip(" \t;").removeprefix(",").strip())
    return header


def _marks(raw: RawFile, header: dict[str, str], lines: Sequence[str]) -> tuple[str, str]:
    """Separator and decimal mark: as the header says, or, in exports of old programs that say neither, as the first row shows."""
    if "SEPARATOR" in header or "DECIMAL" in header:
        return _chosen(raw, header, "SEPARATOR", _SEPARATORS), _chosen(raw, header, "DECIMAL", _DECIMALS)
    found = convention_of(lines)
    if found is None:
        raise raw.broken(
            "neither '#SEPARATOR' nor the rows tell what parts the columns", do="export it from Proteus again"
        )
    return found.separator, found.decimal


def _chosen(raw: RawFile, header: dict[str, str], key: str, known: dict[str, str]) -> str:
    word = header.get(key, "")
    if word.upper() not in known:
        raise raw.broken(
            f"'#{key}' is {quoted(word)}" if word else f"the line '#{key}' is missing",
            expected=f"one of {', '.join(known)}",
            do="export the file again from Proteus",
        )
    return known[word.upper()]


def _facts(header: dict[str, str]) -> dict[str, str]:
    facts: dict[str, str] = {}
    for key, fact in (("SAMPLE MASS /mg", "initial mass [mg]"), ("SAMPLE LENGTH /mm", "initial length [mm]")):
        number = first_number(header.get(key, ""))
        if number:
            facts[fact] = number
    if "CORR. FILE" in header:
        facts["correction file"] = header["CORR. FILE"]
    return facts


def read(raw: RawFile) -> Sequence[Record]:
    """The records of a NETZSCH text export; see the module's docstring.

    Raises
    ------
    BrokenFileError
        When the ``##`` line is missing or a row does not fit it.
    RefusedFileError
        When numbers have lost their decimal mark.
    """
    lines = raw.text().lines
    starts = [i for i, line in enumerate(lines) if line.startswith("##")]
    if not starts:
        raise raw.broken("the line with the column heads is missing", expected="a line that begins with '##'")
    header = _header(lines[: starts[0]])
    separator, decimal = _marks(raw, header, lines[starts[0] + 1 : starts[0] + 40])
    if separator == decimal:
        raise raw.refused(
            "the comma separates the columns and the decimals alike, so the numbers cannot be told apart",
            do="export again with a semicolon between the columns",
        )
    records = []
    sample = header.get("SAMPLE") or header.get("IDENTITY", "")
    for index, (start, end) in enumerate(zip(starts, [*starts[1:], len(lines)], strict=True)):
        heads = tuple(head_of(cell) for cell in lines[start][2:].rstrip(separator + " ").split(separator))
        rows_end = next((i for i in range(start + 1, end) if lines[i].startswith("#")), end)
        values, notes = read_rows(
            raw, lines, (start + 1, rows_end), convention=Convention(separator, decimal), width=len(heads)
        )
        more = {**header, **_header(lines[starts[index - 1] : start])} if index else header
        run = ThermalRun(
            name=sample or raw.path.name,
            heads=heads,
            values=values,
            header={**more, **_facts(more)},
            line=start + 2,
            acquired_at=iso_date(header.get("DATE/TIME", ""), is_month_first=False),
            warnings=notes,
            hints=sample_hint(sample, "#SAMPLE"),
        )
        records.append(record_of(raw, NAME, run, index=index))
    return records


FORMAT = Format(
    name=NAME,
    title="NETZSCH text export (NETZSCH5)",
    extensions=(".txt", ".csv", ".asc"),
    can_read=can_read,
    read=read,
)
