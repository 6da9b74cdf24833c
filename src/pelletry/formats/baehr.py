"""Baehr DIL805 dilatometer text (``.asc``) of the program WinTA.

Formats seen
    WinTa100 with a DIL805 quenching dilatometer (2025), cp1252, decimal comma, columns between blanks.
Schema
    One record: ``Index`` (a point number that need not begin at 1: the export may be a part of the run), ``Time`` s, ``Temperature`` °C,
    ``rel. Change in Length`` in the unit of the file (% here; µm and a fraction are told by the unit line alone),
    ``dif. Change in Length`` (no unit in the file; ??? presumably the derivative).
Uncertainties
    None in the file; eight decimals are printed, which is more than the instrument has.
Header
    ``source``: the line with the path of the measurement. The initial length is not in the file.
File structure
    An empty line, the path (``...PAR``), the column names between slashes and hyphens, the units below them (fewer than columns),
    then rows of five numbers to the end.
Refused
    Rows with a wrong number of cells, numbers that a spreadsheet destroyed.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from pelletry.core.record import Record
from pelletry.formats.numbers import Convention
from pelletry.formats.rawfile import RawFile
from pelletry.formats.registry import Format
from pelletry.formats.thermal_columns import Head, ThermalRun, clean_degrees, read_rows, record_of

__all__ = ["FORMAT"]

NAME = "baehr-text"
_NAMES = re.compile(r"^\s*Time\b.*\bTemperature\b.*Change in Length", re.IGNORECASE)


def can_read(raw: RawFile) -> bool:
    """Whether one of the first lines names time, temperature and a change in length."""
    return any(_NAMES.match(line) for line in raw.head_text[:4000].split("\n")[:8])


def _heads(raw: RawFile, names: str, units: str, width: int, line: int) -> tuple[Head, ...]:
    found = [name.strip() for name in re.split(r"\s+[-/]\s+", names.strip())]
    heads = [("Index", ""), *((name, "") for name in found)]
    if len(heads) != width:
        raise raw.broken(f"{len(found)} column names stand above {width} numbers", line=line, expected=f"{width - 1}")
    for i, unit in enumerate(clean_degrees(units).split()):
        if i + 1 < width:
            heads[i + 1] = (heads[i + 1][0], unit.strip("[]()"))
    return tuple(heads)


def read(raw: RawFile) -> Sequence[Record]:
    """The record of a DIL805 text; see the module's docstring.

    Raises
    ------
    BrokenFileError
        When there are no rows or a row has a wrong number of cells.
    """
    lines = raw.text().lines
    at = next(i for i, line in enumerate(lines) if _NAMES.match(line))
    first = next((i for i in range(at + 2, len(lines)) if lines[i].strip()), None)
    if first is None:
        raise raw.broken("there are no rows below the column names", line=at + 1, do="export the run again")
    width = len(lines[first].split())
    heads = _heads(raw, lines[at], lines[at + 1], width, at + 1)
    decimal = "," if "," in lines[first] else "."
    values, notes = read_rows(raw, lines, (first, len(lines)), convention=Convention(" ", decimal), width=width)
    if values[0, 0] > 1:
        notes = (*notes, f"the export begins with point {values[0, 0]:.0f}: the run before it is not in the file")
    source = " ".join(line.strip() for line in lines[:at] if line.strip())
    run = ThermalRun(
        name=re.split(r"[\\/]", source)[-1].removesuffix(".PAR") or raw.path.name,
        heads=heads,
        values=values,
        header={"source": source},
        line=first + 1,
        warnings=notes,
        technique="dilatometry",
    )
    return [record_of(raw, NAME, run)]


FORMAT = Format(name=NAME, title="Baehr DIL805 text", extensions=(".asc",), can_read=can_read, read=read)
