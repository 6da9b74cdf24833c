"""Quadstar (Pfeiffer, Inficon) mass spectrometer text (``.asc``), as recorded beside a thermobalance.

Formats seen
    Quadstar 32-bit export of a TGA-MS run (2022), ASCII, CRLF, tabs.
Schema
    One record a gas, named as in the file (``14``, ``Water``, ``Argon``): ``Time Relative`` s and ``Partial Pressure`` mbar. The gases are
    measured one after the other, so each has its own times; the clock times of the rows are left out (resolution 1 s).
    Temperature and mass are in the balance's file, not here; the technique is left open.
Uncertainties
    None in the file. Negative pressures are noise about the zero and are kept.
Header
    ``Sourcefile``, ``Exporttime``, ``Start Time``, ``End Time``; ``gas``.
File structure
    Key lines, a line with the names of the gases (each above the third of its columns), a line ``Time``, ``Time Relative [s]``,
    ``Partial Pressure [mbar]`` for each, then rows. A run that was stopped ends within a row: the gases at the end have a row less.
    Exponents have three digits (``1.083137e-011``). Dates have the day first (28/11/2022).
Refused
    Rows with a wrong number of cells in the middle.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from pelletry.core.errors import quoted
from pelletry.core.record import Column, Record
from pelletry.formats.columns import split_head
from pelletry.formats.dates import iso_date
from pelletry.formats.hints import hints_from_name
from pelletry.formats.numbers import Convention
from pelletry.formats.rawfile import RawFile
from pelletry.formats.registry import Format

__all__ = ["FORMAT"]

NAME = "quadstar-text"
_PER_GAS = 3
_MOST_GASES = 128


def can_read(raw: RawFile) -> bool:
    """Whether the first line names the source file."""
    return re.match(r"Sourcefile\t", raw.head_text) is not None and "Exporttime\t" in raw.head_text[:2000]


def _cells(line: str) -> list[str]:
    cells = [cell.strip() for cell in line.split("\t")]
    while cells and not cells[-1]:
        cells.pop()
    return cells


def _series(
    raw: RawFile, lines: Sequence[str], first: int, gases: int
) -> tuple[list[list[float]], list[list[float]], tuple[str, ...]]:
    """Times and pressures a gas, and a note when the last row is cut."""
    times: list[list[float]] = [[] for _ in range(gases)]
    pressures: list[list[float]] = [[] for _ in range(gases)]
    notes: tuple[str, ...] = ()
    convention = Convention("\t", ".")
    filled = [i for i in range(first, len(lines)) if lines[i].strip()]
    for i in filled:
        cells = _cells(lines[i])
        is_last = i == filled[-1]
        if len(cells) != _PER_GAS * gases and not (is_last and len(cells) < _PER_GAS * gases):
            raise raw.broken(f"the row has {len(cells)} cells", line=i + 1, expected=f"{_PER_GAS * gases}")
        for gas in range(len(cells) // _PER_GAS):
            pair = cells[_PER_GAS * gas + 1 : _PER_GAS * gas + 3]
            numbers = [convention.number(cell) for cell in pair]
            if numbers[0] is None or numbers[1] is None:
                raise raw.broken(f"{quoted(' '.join(pair), longest=40)} are not two numbers", line=i + 1)
            times[gas].append(numbers[0])
            pressures[gas].append(numbers[1])
        if len(cells) < _PER_GAS * gases:
            notes = (f"the run ends within a row: {gases - len(cells) // _PER_GAS} gas(es) have one point less",)
    return times, pressures, notes


def read(raw: RawFile) -> Sequence[Record]:
    """The records of a Quadstar text, one a gas; see the module's docstring.

    Raises
    ------
    BrokenFileError
        When the head line is missing or a row does not fit it.
    """
    import numpy as np

    lines = raw.text().lines
    at = next((i for i, line in enumerate(lines[:100]) if line.startswith("Time\tTime Relative")), None)
    if at is None or at == 0:
        raise raw.broken(
            "the line with the column heads is missing", expected="a line 'Time', 'Time Relative [s]', ..."
        )
    heads = _cells(lines[at])
    gases = len(heads) // _PER_GAS
    if len(heads) % _PER_GAS or gases > _MOST_GASES:
        raise raw.broken(f"{len(heads)} column heads", line=at + 1, expected="three a gas")
    names = [cell.strip() for cell in lines[at - 1].split("\t")]
    names = [next((n for n in names[_PER_GAS * g : _PER_GAS * (g + 1)] if n), f"gas {g + 1}") for g in range(gases)]
    pairs = [line.split("\t", 1) for line in lines[: at - 1] if "\t" in line]
    header = {key.strip(): value.strip() for key, value in pairs if key.strip()}
    times, pressures, notes = _series(raw, lines, at + 1, gases)
    started = iso_date(header.get("Start Time", ""), is_month_first=False)
    records = []
    for gas, name in enumerate(names):
        columns = []
        for head, values in zip(
            heads[_PER_GAS * gas + 1 : _PER_GAS * gas + 3], (times[gas], pressures[gas]), strict=True
        ):
            label, unit = split_head(head)
            columns.append(Column(name=label, unit=unit, values=np.array(values, dtype=np.float64)))
        records.append(
            Record(
                name=name,
                technique="",
                columns=tuple(columns),
                origin=raw.origin(NAME, record=gas, acquired_at=started, line=at + 2),
                header={**header, "gas": name, "method": "mass spectrometry"},
                hints=hints_from_name(raw.shown),
                warnings=notes,
            )
        )
    return records


FORMAT = Format(name=NAME, title="Quadstar mass spectrometer text", extensions=(".asc",), can_read=can_read, read=read)
