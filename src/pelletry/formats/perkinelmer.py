"""PerkinElmer Pyris text exports of a TGA or DSC run.

Formats seen
    Pyris, TGA 8000-type file (``.tg8d``, 2023): the beginning of one public file (header, first step, change to the second) was
    seen, not a whole file; DSC runs are expected in the same layout.
Schema
    One record for the run: the columns of the two name lines joined (``Time``, ``Unsubtracted Weight``, ``Baseline Weight``, ``Program
    Temperature``, ``Sample Temperature``, ``Sample Purge Flow``, ...) and ``step``, the number of the method step a row belongs to.
    Units are not printed beside the columns: none are invented, and a warning says so.
Uncertainties
    None in the file; six decimals are printed.
Header
    The ``Key:<tab>value`` lines (the path of the calibration stands under ``Calibration Filename``), ``method`` with the numbered
    lines of the temperature program, ``step 1`` .. with the name of a step. Besides: ``initial mass [mg]`` from ``Sample Weight``.
File structure
    Key lines, ``Method Steps:``, then ``1) TGA Isothermal`` at the first column, two lines of names with tabs, rows that begin with a
    tab; later steps have the line ``2) ...`` only. ``Total Points in Run`` counts the rows: fewer mean a file cut short.
    ``Data Collected: 10/04/2023`` may be April or October; it dates the record only when a number above 12 decides.
Refused
    Rows with a wrong number of cells.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np

from pelletry.core.record import Record
from pelletry.formats.dates import iso_date
from pelletry.formats.numbers import Convention
from pelletry.formats.rawfile import RawFile
from pelletry.formats.registry import Format
from pelletry.formats.thermal_columns import ThermalRun, clean_degrees, first_number, read_rows, record_of, sample_hint

__all__ = ["FORMAT"]

NAME = "perkinelmer-text"
_FIRST = re.compile(r"\s*Filename:\t", re.IGNORECASE)
_OTHER = re.compile(r"^(?:Operator ID|Display Weight|Total Points in Run|Serial Number):\t", re.MULTILINE)
_KEY = re.compile(r"^(?P<key>[A-Z][^:\t]{1,40}):\s*(?P<value>.*)$")
_STEP = re.compile(r"^(?P<number>\d+)\)\s*(?P<name>\S.*?)\s*$")
_ROW = re.compile(r"\t\s*-?\d")


def can_read(raw: RawFile) -> bool:
    """Whether the text begins with the Pyris keys."""
    head = raw.head_text[:8000]
    return _FIRST.match(head) is not None and _OTHER.search(head) is not None


def _header(lines: Sequence[str]) -> dict[str, str]:
    header: dict[str, str] = {}
    method: list[str] = []
    section = ""
    for line in lines:
        text = clean_degrees(" ".join(line.split()))
        match = _KEY.match(line)
        if text in ("Calibration Information", "Validation"):
            section = text.split()[0]
        elif _STEP.match(text):
            method.append(text)
        elif match:
            key = match["key"].strip()
            if key in header or (section == "Validation" and key in ("By", "Date")):
                key = f"{section} {key}".strip()
            header.setdefault(key, clean_degrees(" ".join(match["value"].split())))
    if method:
        header["method"] = "; ".join(method)
    if re.search(r"\bmg\b", header.get("Sample Weight", "")):
        header["initial mass [mg]"] = first_number(header["Sample Weight"])
    return header


def _names(raw: RawFile, lines: Sequence[str], first_row: int, width: int) -> list[str]:
    """The cells of the two lines above the first row, joined column by column."""
    pair = [[cell.strip() for cell in line.rstrip().split("\t")][1:] for line in lines[first_row - 2 : first_row]]
    if any(len(cells) > width for cells in pair) or not any(len(cells) == width for cells in pair):
        raise raw.broken(
            f"{max(map(len, pair), default=0)} column names stand above {width} numbers",
            line=first_row,
            expected=f"{width}",
        )
    padded = [cells + [""] * (width - len(cells)) for cells in pair]
    return [" ".join(part for part in parts if part) for parts in zip(*padded, strict=True)]


def read(raw: RawFile) -> Sequence[Record]:
    """The record of a Pyris text; see the module's docstring.

    Raises
    ------
    BrokenFileError
        When there are no rows, or a row does not fit the names.
    """
    lines = raw.text().lines
    first = next((i for i, line in enumerate(lines) if _ROW.match(line)), None)
    if first is None or first < 2:
        raise raw.broken("there are no rows below the method", expected="rows that begin with a tab and a number")
    width = len(lines[first].rstrip().split("\t")) - 1
    names = _names(raw, lines, first, width)
    header = _header(lines[:first])
    at = [i for i in range(first) if (match := _STEP.match(lines[i])) and i >= first - 3]
    at += [i for i in range(first, len(lines)) if _STEP.match(lines[i])]
    marks = {i: _STEP.match(lines[i]) for i in at}
    kept = list(lines)
    steps: list[int] = []
    number = 0
    for i in range(len(kept)):
        match = marks.get(i)
        if match:
            number = int(match["number"])
            header[f"step {number}"] = match["name"]
            kept[i] = ""
        elif i >= first and kept[i].strip():
            kept[i] = kept[i].strip()
            steps.append(number)
    decimal = "," if "," in kept[first] and "." not in kept[first] else "."
    values, notes = read_rows(raw, kept, (first, len(kept)), convention=Convention("\t", decimal), width=width)
    notes = (*notes, "this export prints no units: the columns have none")
    announced = first_number(header.get("Total Points in Run", ""))
    if announced and int(float(announced)) != len(values):
        notes = (*notes, f"the header announces {announced} points, the file holds {len(values)}")
    sample = header.get("Sample ID", "")
    run = ThermalRun(
        name=sample or raw.path.name,
        heads=(*((name, "") for name in names), ("step", "")),
        values=np.column_stack([values, steps[: len(values)]]),
        header=header,
        line=first + 1,
        acquired_at=iso_date(header.get("Data Collected", "")),
        warnings=notes,
        hints=sample_hint(sample, "Sample ID"),
    )
    return [record_of(raw, NAME, run)]


FORMAT = Format(name=NAME, title="PerkinElmer Pyris text", extensions=(".txt",), can_read=can_read, read=read)
