"""Mettler-Toledo STARe text exports: one block of keys and one table a curve.

Formats seen
    STARe 17.00 (TGA/DSC, 2024), UTF-8 whose degree signs an earlier conversion had replaced by U+FFFD; German dates. Other
    versions (``Curve Name:``, ``Performed``, ``Curve Values:``; German keys) are built from public descriptions, no real file seen.
Schema
    One record a curve: ``Index``, ``t`` s, ``Ts`` °C (sample), ``Tr`` °C (reference, program), ``Value`` in mg, mW, µm or %. What
    ``Value`` is follows from its unit; a per cent is told by the curve's name only, which is kept as ``curve``.
Uncertainties
    None in the file; six digits are printed.
Header
    The sections above the table (``FileName``, ``SampleID``, ``Method``, ``User``, ...), their lines joined by ``; ``. Besides: ``curve``
    (``Sample Weight``, ``Heat Flow``), ``initial mass [mg]`` from ``SampleID``, and ``crucible`` from the section ``LastKeyWD`` below the rows.
File structure
    ``Key:`` in the first column, its lines indented below. The names and the units of a table stand on two lines, the units in
    brackets and none below ``Index``. Rows of blanks-separated numbers; decimal point, or comma with a German Windows.
Refused
    A curve without rows, rows with a wrong number of cells.
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
    read_rows,
    record_of,
    sample_hint,
)

__all__ = ["FORMAT"]

NAME = "mettler-text"
_NAMES = re.compile(r"^[ \t]*Index[ \t]+t[ \t]+\S", re.MULTILINE)
_UNITS = re.compile(r"^[ \t]*(?:\[[^\]]*\][ \t]*)+$")
_KEY = re.compile(r"^(?P<key>[A-ZÄÖÜ][^:]{0,40}):\s*(?P<value>.*)$")
_PERFORMED = re.compile(r"^(?:Performed|Durchgeführt)\s+(.*)$")
_GERMAN_DATE = re.compile(r"(?<!\d)\d{1,2}\.\d{1,2}\.(?:19|20)\d\d")
_CRUCIBLE = "LastKeyWD"
_ROW = re.compile(r"[ \t]*\d")


def can_read(raw: RawFile) -> bool:
    """Whether a line with ``Index``, ``t`` and a line of bracketed units follow each other."""
    head = raw.head_text[:16_000]
    match = _NAMES.search(head)
    if match is None:
        return False
    below = head[match.start() :].split("\n", 2)
    return len(below) > 1 and _UNITS.match(below[1]) is not None


def _sections(lines: Sequence[str]) -> dict[str, str]:
    """Keys in the first column with the lines indented below them."""
    found: dict[str, list[str]] = {}
    key = ""
    for line in lines:
        match = _KEY.match(line)
        performed = _PERFORMED.match(line)
        if performed:
            found.setdefault("Performed", [performed[1]])
            key = ""
        elif match and not line[:1].isspace():
            key = match["key"]
            found.setdefault(key, [match["value"]] if match["value"] else [])
        elif key and line[:1].isspace() and line.strip():
            found[key].append(" ".join(line.split()))
    return {key: clean_degrees("; ".join(texts)) for key, texts in found.items() if texts}


def _heads(raw: RawFile, lines: Sequence[str], at: int) -> tuple[Head, ...]:
    names = lines[at].split()
    units = [clean_degrees(unit).strip() for unit in re.findall(r"\[([^\]]*)\]", lines[at + 1])]
    if len(units) == len(names) - 1:
        units = ["", *units]  # nothing stands below Index
    if len(units) != len(names):
        raise raw.broken(f"{len(units)} units stand below {len(names)} column names", line=at + 2)
    return tuple(zip(names, units, strict=True))


def _curve_name(header: dict[str, str]) -> str:
    lines = (header.get("FileName") or header.get("Dateiname") or "").split("; ")
    return header.get("Curve Name") or header.get("Kurvenname") or (lines[1] if len(lines) > 1 else "")


def _acquired_at(header: dict[str, str]) -> str | None:
    for key in ("Performed", "FileName", "Dateiname"):
        text = header.get(key, "")
        if _GERMAN_DATE.search(text):
            return iso_date(text, is_month_first=False)
        if text and (date := iso_date(text)):
            return date
    return None


def read(raw: RawFile) -> Sequence[Record]:
    """The records of a STARe text, one a curve; see the module's docstring.

    Raises
    ------
    BrokenFileError
        When a curve has no rows, or a row has too few numbers.
    """
    lines = raw.text().lines
    tables = [
        i
        for i in range(len(lines) - 1)
        if "Index" in lines[i] and _NAMES.match(lines[i]) and _UNITS.match(lines[i + 1])
    ]
    records: list[Record] = []
    end = 0
    for index, at in enumerate(tables):
        header = _sections(lines[end:at])
        header.pop(_CRUCIBLE, None)  # of the curve above
        end = next((i for i in range(at + 2, len(lines)) if not _ROW.match(lines[i])), len(lines))
        below = tables[index + 1] if index + 1 < len(tables) else len(lines)
        crucible = _sections(lines[end:below]).get(_CRUCIBLE)
        if crucible:
            header["crucible"] = crucible
        if end == at + 2:
            raise raw.broken("the curve has no rows", line=at + 1, do="export the curve again")
        heads = _heads(raw, lines, at)
        decimal = "," if "," in lines[at + 2] and "." not in lines[at + 2] else "."
        values, notes = read_rows(raw, lines, (at + 2, end), convention=Convention(" ", decimal), width=len(heads))
        sample, _, mass = header.get("SampleID", header.get("Sample", header.get("Probe", ""))).partition(", ")
        if mass.endswith("mg"):
            header["initial mass [mg]"] = first_number(mass)
        header["curve"] = _curve_name(header)
        if "\ufffd" in lines[at + 1]:
            notes = (*notes, "the degree signs were destroyed by a conversion; [?C] is read as °C")
        run = ThermalRun(
            name=", ".join(part for part in (sample, header["curve"]) if part) or raw.path.name,
            heads=heads,
            values=values,
            header=header,
            line=at + 3,
            acquired_at=_acquired_at(header),
            warnings=notes,
            hints=sample_hint(sample, "SampleID"),
        )
        records.append(record_of(raw, NAME, run, index=index))
    if not records:
        raise raw.broken("no curve was found", expected="a line 'Index  t  ...' and a line of units")
    return records


FORMAT = Format(name=NAME, title="Mettler-Toledo STARe text", extensions=(".txt",), can_read=can_read, read=read)
