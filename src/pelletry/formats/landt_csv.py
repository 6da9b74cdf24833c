"""Landt csv exports.

Formats seen: csv of 17 heads ``channel_index, cycle_index, step_index, date_time_iso_string, test_time_s, ...`` below six lines of
entries (2024); built from public descriptions: ``Record, Cycle-Index, Step-Index, TestTime/Sec, StepTime/Sec, Current/mA, Voltage/V, Capacity/mAh``.

Schema: see ``cycler_table.py``. Names and units from heads such as ``test_time_s``, ``current_A``, ``voltage_V``. In the file seen the column
``channel_index`` counts the rows; it is given as it is. ``temperature_*_C`` and ``Pressure_Psi`` are 0 throughout where no sensor is connected: such
columns of nothing but zeros are named in a warning and must not be used as temperatures.

Uncertainties: none; four decimals in V and A.

Header kept: the entries above the names (``cell id``, ``Nominal capacity ...``); they are often empty.

Structure: comma; rows end with a comma more than the names do. Dates are month first (``04/30/2024 14:33:19``) in spite of their head.

Knowledge from: ``full_cell_cycling/battery-data-alliance+battery-data-format`` in the real data; public lists of column heads.
"""

from __future__ import annotations

from collections.abc import Sequence

import attrs
import numpy as np

from pelletry.core.record import Record
from pelletry.formats.cycler_sheets import read_sheets, workbook_says
from pelletry.formats.cycler_table import find_heads, read_cycler
from pelletry.formats.rawfile import RawFile
from pelletry.formats.registry import Format

__all__ = ["FORMATS"]

NAME = "landt-csv"


def _snake(heads: frozenset[str]) -> bool:
    return {"cycleindex", "stepindex", "testtimes", "currenta", "voltagev"} <= heads and "datetimeisostring" in heads


def _slash(heads: frozenset[str]) -> bool:
    has_time = any(head.startswith("testtime/") for head in heads)
    return has_time and {"cycleindex", "voltage/v"} <= heads and any(head.startswith("current/") for head in heads)


def _can_read(raw: RawFile) -> bool:
    return find_heads(raw, _snake, _slash) is not None


def read(raw: RawFile) -> Sequence[Record]:
    """One record with all rows; raises BrokenFileError with the line of a row that does not fit."""
    heads = find_heads(raw, _snake, _slash)
    if heads is None:
        raise raw.broken("the line of names is missing", expected="cycle_index, step_index, test_time_s, ...")
    record = read_cycler(raw, NAME, heads)
    sensors = [
        column.name
        for column in record.columns
        if column.name.lower().startswith(("temperature", "pressure")) and record.points and not np.any(column.values)
    ]
    if not sensors:
        return [record]
    note = f"nothing but zeros, so no sensor was connected: {', '.join(sensors)}"
    return [attrs.evolve(record, not_set=(*record.not_set, *sensors), warnings=(*record.warnings, note))]


FORMATS = (
    Format(name=NAME, title="Landt table (csv)", extensions=(".csv", ".txt"), can_read=_can_read, read=read),
    Format(
        name="landt-xlsx",
        title="Landt workbook (.xlsx)",
        extensions=(".xlsx",),
        can_read=lambda raw: workbook_says(
            raw, (b"TestTime/", b"test_time_s"), (b"Cycle-Index", b"cycle_index"), (b"Voltage/V", b"voltage_V")
        ),
        read=lambda raw: read_sheets(raw, "landt-xlsx", lambda heads: _snake(heads) or _slash(heads)),
    ),
)
