"""Tables of readings: what a person typed from a calliper or a balance, one row a reading, units in the heads.

Schema: one record a sample, in the order of first appearance; rows of one sample are its repeated readings. Numeric columns with
the file's names and units (``diameter`` mm, ``mass`` g), float64, NaN for an empty cell. ``technique`` is "table". Without a column
of words there are no samples to tell apart, and the table is a plain one (:mod:`pelletry.formats.table`).

Header kept: words beside the sample (operator, notes), joined by ``; `` over its rows. Hint: the sample, source "column".

Uncertainties: none in the file; the spread of repeated readings is left to the analysis.

Structure: a line of heads, at least one with a unit of length, area, volume, mass or density; then at most 2000 rows. The sample is the
column that is called so, else the first column of words. A column of times or frequencies makes it a measurement, not readings.

Refused: a word in a column with such a unit, with its line; numbers a spreadsheet destroyed.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence

import attrs
import numpy as np

from pelletry.core.errors import quoted
from pelletry.core.record import Column, Hint, Record
from pelletry.formats.columns import role_of_column, split_head
from pelletry.formats.hints import hints_from_name
from pelletry.formats.numbers import Convention, is_destroyed
from pelletry.formats.rawfile import RawFile

__all__ = ["Readings", "readings_of", "records_of_readings"]

_QUANTITY = re.compile(
    r"(?:[kmµμu]?g|[mcµμu]?m|[mcµμu]?m(?:\^?[23]|²|³)|m?[lL]|g/(?:cm\^?3|cm³|ml|mL)|kg/m(?:\^?3|³))\Z"
)
_SAMPLE = re.compile(r"(?:sample|pellet|specimen|probe|name|id|échantillon)\b", re.IGNORECASE)
_SEPARATORS = ("\t", ";", ",")
_MOST_ROWS = 2000
_NUMBER = re.compile(r"[+-]?\d+(?:[.,]\d+)?(?:[eE][+-]?\d+)?\Z")


@attrs.frozen(kw_only=True)
class Readings:
    """Rows under heads; ``sample`` is the index of the column that names the sample, ``lines`` count from 1."""

    convention: Convention
    heads: tuple[tuple[str, str], ...]
    rows: tuple[tuple[str, ...], ...]
    lines: tuple[int, ...]
    sample: int
    numeric: tuple[int, ...]


def _is_numeric(cells: Sequence[str]) -> bool:
    filled = [cell for cell in cells if cell]
    return bool(filled) and 2 * sum(1 for cell in filled if _NUMBER.match(cell)) > len(filled)


#: An entry ``Sample mass: 31.5 mg`` above a table, or a number: no head.
_ENTRY = re.compile(r":\s*\Z|:\s+\S|^[-+]?\d+(?:[.,]\d+)?$")


def _decimal(rows: Sequence[Sequence[str]]) -> str:
    cells = [cell for row in rows for cell in row if _NUMBER.match(cell)]
    return "," if any("," in cell for cell in cells) and not any("." in cell for cell in cells) else "."


def readings_of(lines: Sequence[str]) -> Readings | None:
    """The readings of a table, or None when it is something else; cheap for files that are."""
    if len(lines) > 4 * _MOST_ROWS:
        return None
    filled = [(i + 1, line) for i, line in enumerate(lines) if line.strip(" \t;,")]
    if not 2 <= len(filled) <= _MOST_ROWS + 1 or len(filled[0][1]) > 4000:
        return None
    separator = max(_SEPARATORS, key=lambda mark: len(Convention(mark, ".").cells(filled[0][1])))
    cut = Convention(separator, ".")
    heads = tuple(split_head(cell) for cell in cut.cells(filled[0][1]))
    if not any(_QUANTITY.match(unit) for _, unit in heads):
        return None
    if any(role_of_column(name, unit)[0] in ("time", "frequency") or _ENTRY.search(name) for name, unit in heads):
        return None
    table = [cut.cells(line) for _, line in filled[1:]]
    if any(cell for cells in table for cell in cells[len(heads) :]):
        return None  # rows wider than the first line: that was none of heads
    rows = [tuple((cells + [""] * len(heads))[: len(heads)]) for cells in table]
    numeric = tuple(j for j in range(len(heads)) if _is_numeric([row[j] for row in rows]))
    words = [j for j in range(len(heads)) if j not in numeric and any(row[j] for row in rows)]
    named = [j for j, (name, _) in enumerate(heads) if _SAMPLE.match(name)]
    sample = next(iter((*named, *words)), None)
    quantities = [j for j in numeric if _QUANTITY.match(heads[j][1])]
    if sample is None or not quantities or not (words or named):
        return None
    return Readings(
        convention=Convention(separator, _decimal(rows)),
        heads=heads,
        rows=tuple(rows),
        lines=tuple(line for line, _ in filled[1:]),
        sample=sample,
        numeric=tuple(j for j in numeric if j != sample),
    )


def _numbers(raw: RawFile, readings: Readings, column: int, chosen: Sequence[int]) -> list[float]:
    numbers = []
    for i in chosen:
        cell = readings.rows[i][column]
        line = readings.lines[i]
        if is_destroyed([cell]):
            raise raw.refused(
                f"{quoted(cell)} has lost its decimal mark: a spreadsheet of another country took it for a whole number, "
                "and the value cannot be restored",
                line=line,
                do="type the reading again",
            )
        number = readings.convention.number(cell)
        if number is None:
            name = readings.heads[column][0]
            raise raw.broken(f"{quoted(cell, longest=30)} is not a number in column {quoted(name)}", line=line)
        numbers.append(number)
    return numbers


def records_of_readings(
    raw: RawFile, format: str, readings: Readings, *, header: dict[str, str] | None = None
) -> list[Record]:
    """One record a sample.

    Raises
    ------
    BrokenFileError, RefusedFileError
        When a cell of a numeric column is no number; names the line.
    """
    samples = Counter(row[readings.sample] for row in readings.rows)
    records = []
    for index, sample in enumerate(samples):
        chosen = [i for i, row in enumerate(readings.rows) if row[readings.sample] == sample]
        said = {
            name: "; ".join(dict.fromkeys(text for i in chosen if (text := readings.rows[i][j])))
            for j, (name, _) in enumerate(readings.heads)
            if j not in readings.numeric and name
        }
        columns = tuple(
            Column(name=name or f"column {j + 1}", unit=unit, values=np.array(_numbers(raw, readings, j, chosen)))
            for j, (name, unit) in enumerate(readings.heads)
            if j in readings.numeric
        )
        key = readings.heads[readings.sample][0]
        named = Hint(name="sample", value=sample, unit="", source="column", text=f"{key}: {sample}"[:80])
        hints = tuple(hint for hint in hints_from_name(raw.shown) if hint.name != "sample" or not sample)
        records.append(
            Record(
                name=sample or f"{raw.path.name}, row {chosen[0] + 1}",
                technique="table",
                columns=columns,
                origin=raw.origin(format, record=index, line=readings.lines[chosen[0]]),
                header={**(header or {}), **{key: text[:400] for key, text in said.items() if text}},
                hints=((named, *hints) if sample else hints),
            )
        )
    return records
