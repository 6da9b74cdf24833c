"""Maccor exports: text (MIMS, tabs) and the same in a workbook (.xlsx).

Formats: **no real file of ours**; built after public files of 2020 (tabs, ``Date of Test`` 11 December 2020) and 2023 (csv) and descriptions. Heads such as ``Rec#, Cyc#, Step, TestTime, StepTime, mAmp-hr, mWatt-hr,
mAmps, Volts, State, ES, DPt Time`` and ``Rec, Cycle P, Cycle C, Step, TestTime, StepTime, Cap. [Ah], Ener. [Wh], Current [A], Voltage [V], Md, ES,
DPT Time``, ``Rec, Cycle C, Step, Test Time (sec), Step Time (sec), Capacity, Energy, Current, Voltage, DPT Time, Temp 1`` (no units: none are given).

Schema: see ``cycler_table.py``. Heads that are units themselves keep their word and get the unit it stands for (``Volts`` V, ``Amps`` A,
``Amp-hr`` Ah, ``mAmps`` mA, ...). Times ``0d 00:01:00.00`` and ``0d 00:00:5.05000019073486`` in s. ``DPt Time`` is month first or day first by its own numbers, or by
``Date of Test`` where that names the month. ``Aux #1`` has the unit of the column ``Units`` behind it. ``State`` (R, C, D, P, S, ...) as codes. Currents have no sign in many exports: the
direction is in ``State``, and a warning says so when no current is negative.

Header kept: ``Today's Date``, ``Date of Test``, and other entries above the names.

Structure: tabs (commas in csv exports), decimal point or comma, cp1252; lines may close with a tab more.

Refused: Maccor's binary files (no public description; export them with MIMS).
"""

from __future__ import annotations

from collections.abc import Sequence

import attrs
import numpy as np

from pelletry.core.record import Record
from pelletry.formats.cycler_sheets import read_sheets, workbook_says
from pelletry.formats.cycler_table import cycler_head, find_heads, plain_head, read_cycler
from pelletry.formats.dates import iso_date
from pelletry.formats.rawfile import RawFile
from pelletry.formats.registry import Format

__all__ = ["FORMATS"]

NAME = "maccor-text"
_UNITS = {
    "volts": "V", "amps": "A", "mamps": "mA", "amphr": "Ah", "mamphr": "mAh", "watthr": "Wh", "mwatthr": "mWh", "watts": "W",
    "mwatts": "mW", "ohms": "ohm",
}  # fmt: skip


def _is_maccor(heads: frozenset[str]) -> bool:
    has_record = bool({"rec#", "rec", "recnum"} & heads)
    has_cycle = bool({"cyc#", "cycle", "cyclep", "cyclec", "cycp", "cycc"} & heads)
    has_time = any(head.startswith("testtime") for head in heads) and any(head.startswith("steptime") for head in heads)
    has_volts = any(head.startswith(("volt", "mvolt")) for head in heads)
    return has_record and has_cycle and has_time and has_volts and "step" in heads


def _units(names: Sequence[str]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Names and units: a head that is a unit keeps its word."""
    split = []
    for at, name in enumerate(names):
        if plain_head(name) == "units" and at:
            split.append((f"{names[at - 1]} Units", ""))  # each auxiliary channel has its unit in a column of its own
        else:
            split.append((name, _UNITS[plain_head(name)]) if plain_head(name) in _UNITS else cycler_head(name))
    return tuple(name for name, _ in split), tuple(unit for _, unit in split)


def _with_units(record: Record) -> Record:
    """A column ``Aux #1 Units`` of one and the same word becomes the unit of ``Aux #1``."""
    header, columns = dict(record.header), list(record.columns)
    for words in record.columns:
        told = header.get(f"codes of {words.name}", "")
        if not words.name.endswith(" Units") or not told or ";" in told:
            continue
        unit = told.removeprefix("0 = ").strip()
        columns = [c for c in columns if c is not words]
        columns = [attrs.evolve(c, unit=unit) if c.name == words.name.removesuffix(" Units") else c for c in columns]
        del header[f"codes of {words.name}"]
    return attrs.evolve(record, header=header, columns=tuple(columns))


def _entries(raw: RawFile, above: int, separator: str) -> dict[str, str]:
    """The lines above the names: pairs of a key and a value, several in a line (``Filename: <tab> x <tab> Tester Channel: <tab> 1``)."""
    header: dict[str, str] = {}
    for line in raw.head_text.split("\n")[:above]:
        cells = [cell.strip() for cell in line.split(separator)]
        for key, value in zip(cells[::2], cells[1::2], strict=False):
            if key.strip(": "):
                header.setdefault(key.strip(": "), value)
    return header


def _with_direction(record: Record) -> Record:
    current = next((c for c in record.columns if c.name.lower() in ("amps", "mamps", "current")), None)
    has_state = any(c.name.lower() in ("state", "md") for c in record.columns)
    if current is None or not has_state or not current.values.size:
        return record
    if np.fmin.reduce(current.values) < 0 or not np.fmax.reduce(current.values) > 0:
        return record
    note = f"the column '{current.name}' has no signs: whether it charges or discharges is in the column of the state"
    return attrs.evolve(record, warnings=(*record.warnings, note))


def read(raw: RawFile) -> Sequence[Record]:
    """One record with all rows; raises BrokenFileError with the line of a row that does not fit."""
    heads = find_heads(raw, _is_maccor)
    if heads is None:
        raise raw.broken("the line of names is missing", expected="Rec#, Cyc#, Step, TestTime, ...")
    index, separator, cells = heads
    names, units = _units(cells)
    header = _entries(raw, index, separator)
    began = iso_date(header.get("Date of Test", ""))
    record = read_cycler(raw, NAME, (index, separator, names), units=units, header=header, acquired_at=began)
    return [_with_direction(_with_units(record))]


FORMATS = (
    Format(
        name=NAME,
        title="Maccor table (text)",
        extensions=(".txt", ".csv"),
        can_read=lambda raw: find_heads(raw, _is_maccor) is not None,
        read=read,
    ),
    Format(
        name="maccor-xlsx",
        title="Maccor workbook (.xlsx)",
        extensions=(".xlsx",),
        can_read=lambda raw: workbook_says(raw, (b"Rec#", b"Cycle P", b"Cyc#"), (b"Volt",), (b"Step",)),
        read=lambda raw: read_sheets(raw, "maccor-xlsx", _is_maccor),
    ),
)
