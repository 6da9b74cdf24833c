"""TA Instruments text: Universal Analysis (``StartOfData``) and TRIOS (``[step]``).

Formats seen
    Universal Analysis: public files of a 2920 MDSC (2017) and the header of a DSC Q2000 (2026); TRIOS: public descriptions only. None of ours:
    both are read strictly, and what does not fit is refused.
Schema
    Universal Analysis: one record; columns ``Time`` min, ``Temperature`` °C, ``Weight`` mg, ``Heat Flow`` mW, ... as in the ``Sig1`` .. lines.
    TRIOS: one record a step; names on one line, units on the next.
Uncertainties
    None in the file.
Header
    Every ``Key<tab>value`` line; repeated keys (``OrgMethod``, ``InstCalFile``) joined by ``; ``. Besides: ``initial mass [mg]`` from ``Size``.
File structure
    Universal Analysis: UTF-16, cp1252 or code page 850; ``Nsig<tab>5``, ``Sig1<tab>Time (min)`` .., ``StartOfData``, then rows with tabs. Rows whose
    time is a negative whole number (``-1.000000<tab>69.19148<tab>0.0000000``) mark segments of the method and are no points: left out and counted. So
    are rows whose cells are all the same negative whole number (public descriptions; ???).
    TRIOS: ``[step]`` on a line, the name of the step, names, units, rows.
Refused
    Another number of ``Sig`` lines than ``Nsig`` says; rows with a wrong number of cells.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np

from pelletry.core.arrays import Array
from pelletry.core.record import Record
from pelletry.formats.dates import iso_date
from pelletry.formats.numbers import Convention
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

__all__ = ["FORMATS"]

NAME, TRIOS_NAME = "ta-universal-text", "ta-trios-text"
_START = re.compile(r"^StartOfData\s*$", re.MULTILINE)
_SIGNALS = re.compile(r"^Nsig\t\s*\d+\s*$", re.MULTILINE)
_TRIOS = re.compile(r"^(?:File ?name|Instrument (?:name|type)|Sample name)\t", re.MULTILINE | re.IGNORECASE)
_STEP = re.compile(r"^\[step\]\s*$", re.MULTILINE | re.IGNORECASE)
_NUMBER = re.compile(r"\s*[-+]?[\d.,]*\d")


def can_read(raw: RawFile) -> bool:
    """Whether the signals are announced (``Nsig``) and the data begin with ``StartOfData``."""
    return _SIGNALS.search(raw.head_text[:20_000]) is not None and _START.search(raw.head_text) is not None


def can_read_trios(raw: RawFile) -> bool:
    """Whether keys of TRIOS and a line ``[step]`` are there."""
    return _STEP.search(raw.head_text) is not None and _TRIOS.search(raw.head_text[:20_000]) is not None


def _header(lines: Sequence[str]) -> dict[str, str]:
    found: dict[str, list[str]] = {}
    for line in lines:
        key, tab, value = line.partition("\t")
        if key.strip() and tab:
            found.setdefault(key.strip(), []).append(clean_degrees(" ".join(value.split())))
    header = {key: "; ".join(values) for key, values in found.items()}
    for key in ("Size", "Sample Mass", "Sample mass"):
        if re.search(r"\bmg\b", header.get(key, "")) and first_number(header[key]):
            header["initial mass [mg]"] = first_number(header[key])
    return header


def _date(header: dict[str, str]) -> str | None:
    return iso_date(f"{header.get('Date', header.get('Run date', ''))} {header.get('Time', '')}")


def _decimal(lines: Sequence[str]) -> str:
    sample = "".join(lines)
    return "," if "," in sample and "." not in sample else "."


def _without_marks(values: Array, first_head: str) -> tuple[Array, tuple[str, ...]]:
    first = values[:, :1]
    marks = (first[:, 0] < 0) & (first[:, 0] == np.round(first[:, 0]))
    if not first_head.lower().startswith("time"):
        marks &= np.all(values == first, axis=1)
    if values.shape[1] < 2 or not marks.any():
        return values, ()
    return values[~marks], (f"{int(marks.sum())} row(s) that mark segments of the method were left out",)


def read(raw: RawFile) -> Sequence[Record]:
    """The record of a Universal Analysis text; see the module's docstring.

    Raises
    ------
    BrokenFileError
        When the signals are not those announced, or a row does not fit them.
    """
    lines = raw.text().lines
    start = next((i for i, line in enumerate(lines) if line.strip() == "StartOfData"), None)
    if start is None:
        raise raw.broken("the line 'StartOfData' is missing", do="export the run again")
    header = _header(lines[:start])
    heads = tuple(head_of(header[f"Sig{i}"]) for i in range(1, 100) if f"Sig{i}" in header)
    if str(len(heads)) != header.get("Nsig", "").strip():
        raise raw.broken(
            f"'Nsig' is {header.get('Nsig', 'missing')}, and {len(heads)} signals are named", line=start + 1
        )
    convention = Convention("\t", _decimal(lines[start + 1 : start + 20]))
    values, notes = read_rows(raw, lines, (start + 1, len(lines)), convention=convention, width=len(heads))
    values, marks = _without_marks(values, heads[0][0])
    sample = header.get("Sample", "")
    run = ThermalRun(
        name=sample or raw.path.name,
        heads=heads,
        values=values,
        header=header,
        line=start + 2,
        acquired_at=_date(header),
        warnings=(*notes, *marks),
        hints=sample_hint(sample, "Sample"),
    )
    return [record_of(raw, NAME, run)]


def _table_of_step(lines: Sequence[str], start: int, end: int) -> int | None:
    """Index of the names: the line with tabs that is followed by another one and then by numbers."""
    for i in range(start, end - 2):
        cells = lines[i].count("\t")
        if cells and cells == lines[i + 1].count("\t") and _NUMBER.match(lines[i + 2]) and not _NUMBER.match(lines[i]):
            return i
    return None


def read_trios(raw: RawFile) -> Sequence[Record]:
    """The records of a TRIOS text, one a step; see the module's docstring.

    Raises
    ------
    BrokenFileError
        When a step has no table, or a row does not fit its names.
    """
    lines = raw.text().lines
    steps = [i for i, line in enumerate(lines) if _STEP.match(line)]
    header = _header(lines[: steps[0]])
    sample = header.get("Sample name", header.get("Sample Name", ""))
    records = []
    for index, (start, end) in enumerate(zip(steps, [*steps[1:], len(lines)], strict=True)):
        end = next((i for i in range(start + 1, end) if lines[i].startswith("[")), end)
        at = _table_of_step(lines, start + 1, end)
        if at is None:
            raise raw.broken("the step has no names, units and rows", line=start + 1, do="export the run again")
        step = " ".join(line.strip() for line in lines[start + 1 : at] if line.strip())
        names, units = lines[at].split("\t"), lines[at + 1].split("\t")
        heads = tuple((name.strip(), clean_degrees(unit).strip()) for name, unit in zip(names, units, strict=True))
        convention = Convention("\t", _decimal(lines[at + 2 : at + 20]))
        values, notes = read_rows(raw, lines, (at + 2, end), convention=convention, width=len(heads))
        run = ThermalRun(
            name=", ".join(part for part in (sample, step) if part) or raw.path.name,
            heads=heads,
            values=values,
            header={**header, "step": step},
            line=at + 3,
            acquired_at=_date(header),
            warnings=notes,
            hints=sample_hint(sample, "Sample name"),
        )
        records.append(record_of(raw, TRIOS_NAME, run, index=index))
    return records


FORMATS = (
    Format(
        name=NAME,
        title="TA Instruments Universal Analysis text",
        extensions=(".txt",),
        can_read=can_read,
        read=read,
    ),
    Format(
        name=TRIOS_NAME,
        title="TA Instruments TRIOS text",
        extensions=(".txt",),
        can_read=can_read_trios,
        read=read_trios,
    ),
)
