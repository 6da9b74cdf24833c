"""Neware's layered csv report: rows of cycles, below each its steps, below each of them its records.

Formats: **no real file of ours**; built after public files of two generations: BTSDA of 2026 (``Cycle Index, ...`` / ``, Step Index, Step Number, Step Type,
...`` / ``,, DataPoint, Time, Total Time, Current(A), Voltage(V), ...``) and BTS of before 2020 (``Cycle ID`` / ``, Step ID`` / ``,, Record ID, Time(h:min:s.ms),
Voltage(V), Current(mA), ...``).

Schema: the records, as in ``cycler_table.py``, with the number of their cycle and the number, index and type of their step as further columns under the names of
these layers. What the rows of cycles and steps sum up (capacities, end voltages) is left out: it follows from the records.

Uncertainties: none. Header kept: nothing stands above the names.

Structure: three lines of names, the second behind one empty cell, the third behind two; commas or tabs. A row of a cycle may go on with its first step.
Rows may be filled with empty cells up to one width.

Broken: a record with more cells than names (names the line); records before the first cycle or step have no number of one.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from pelletry.core.errors import quoted
from pelletry.core.record import Record
from pelletry.formats.cycler_table import lines_of_pieces, plain_head, read_cycler_pieces
from pelletry.formats.rawfile import RawFile
from pelletry.formats.registry import Format

__all__ = ["FORMAT", "is_layered"]

NAME = "neware-layers"
_CYCLE = ("cycleindex", "cycleid")
_STEP = ("stepindex", "stepid")
_RECORD = ("datapoint", "recordid", "recordnumber", "recordindex")
_TOLD = ("stepindex", "stepid", "stepnumber", "steptype", "stepname")


def _layers(raw: RawFile) -> tuple[str, list[str], list[str], list[str]] | None:
    """The separator and the names of cycles, steps and records."""
    lines = [line for line in raw.head_text[:20_000].split("\n")[:4] if line.strip()]
    if len(lines) < 3:
        return None
    for separator in (",", "\t"):
        heads = [[cell.strip().strip('"').strip() for cell in line.split(separator)] for line in lines[:3]]
        for cells in heads:
            while cells and not cells[-1]:
                cells.pop()
        cycle, step, record = heads
        if (
            cycle
            and len(step) > 1
            and len(record) > 3
            and plain_head(cycle[0]) in _CYCLE
            and (not step[0] and plain_head(step[1]) in _STEP)
            and (not any(record[:2]) and plain_head(record[2]) in _RECORD)
        ):
            return separator, cycle, step[1:], record[2:]
    return None


def is_layered(raw: RawFile) -> bool:
    """Whether the first three lines are the names of cycles, steps and records."""
    return _layers(raw) is not None


def read(raw: RawFile) -> Sequence[Record]:
    """One record with all rows of the third layer; raises BrokenFileError with the line of a row that does not fit."""
    layers = _layers(raw)
    if layers is None:
        raise raw.broken("the three lines of names are missing", expected="Cycle ..., , Step ..., ,, DataPoint ...")
    separator, cycle, step, record = layers
    told = [i for i, head in enumerate(step) if plain_head(head) in _TOLD]
    names = (*record, cycle[0], *(step[i] for i in told))
    rows = _rows(raw, separator, len(cycle), told, len(record))
    return [read_cycler_pieces(raw, NAME, names, rows, header={}, line=4)]


def _rows(raw: RawFile, separator: str, cycle_width: int, told: Sequence[int], width: int) -> Iterator[bytes]:
    """The records with their cycle and step at the end, comma-separated."""
    number = 0
    cycle, step = b"", [b""] * len(told)
    mark = separator.encode()
    for piece in lines_of_pieces(raw, raw.pieces()):
        found: list[bytes] = []
        for line in piece.replace(b"\r\n", b"\n").split(b"\n")[:-1]:
            number += 1
            if number <= 3 or not line.strip(mark + b" \t"):
                continue
            cells = line.split(mark)
            if cells[0].strip():
                cycle = cells[0].strip()
                if any(cell.strip() for cell in cells[cycle_width:]):
                    step = _step(cells[cycle_width:], told)
            elif len(cells) > 1 and cells[1].strip():
                step = _step(cells[1:], told)
            else:
                found.append(b",".join((*_record(raw, cells, width, number), cycle, *step)))
        if found:
            yield b"\n".join((*found, b""))


def _step(cells: Sequence[bytes], told: Sequence[int]) -> list[bytes]:
    return [cells[i].strip() if i < len(cells) else b"" for i in told]


def _record(raw: RawFile, cells: Sequence[bytes], width: int, number: int) -> list[bytes]:
    found = [cell.strip(b' "') for cell in cells[2 : 2 + width]]
    if any(cell.strip() for cell in cells[2 + width :]):
        text = b",".join(cells).decode("utf-8", "replace")
        raise raw.broken(
            f"the record has {len(cells) - 2} cells: {quoted(text, longest=40)}",
            line=number,
            expected=f"{width} cells, as many as names",
            do="repair the line, or export the file again",
        )
    return found + [b""] * (width - len(found))


FORMAT = Format(name=NAME, title="Neware layered report (csv)", extensions=(".csv",), can_read=is_layered, read=read)
