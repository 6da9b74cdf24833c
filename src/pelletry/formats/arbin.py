"""Arbin exports: csv and workbooks (.xlsx) of MITS Pro; the database (.res) is in ``arbin_res.py``.

Formats: **no real file of ours**; built after public files of MITS Pro (2011) and MITS 10 (2024, dates in quotes behind a tab) and descriptions. Heads ``Data_Point, Test_Time(s), Date_Time, Step_Time(s), Step_Index, Cycle_Index,
Current(A), Voltage(V), Charge_Capacity(Ah), ...`` (MITS Pro 4 to 7) and ``Data Point, Date Time, Test Time (s), ...`` (MITS 8, 10). The
database's own names without units (``Data_Point, Test_Time, DateTime, Step_Time, ..., Current, Voltage``) get the units that MITS defines.

Schema: see ``cycler_table.py``. In workbooks each sheet ``Channel_...`` with such heads is a record (long runs go on in a second sheet);
``Statistics`` sheets are cycle summaries with the same heads for time and voltage and without a step: left out. ``Info`` sheets go
into the header. ``Internal_Resistance(Ohm)`` and ``dV/dt(V/s)`` are 0 where not measured.

Uncertainties: none; MITS prints float32 values with up to 15 digits, of which 7 mean something.

Structure: comma; a tab may stand before a date; dates month first in American exports.
"""

from __future__ import annotations

from collections.abc import Sequence

from pelletry.core.record import Record
from pelletry.formats.cycler_sheets import read_sheets, workbook_says
from pelletry.formats.cycler_table import find_heads, plain_head, read_cycler
from pelletry.formats.rawfile import RawFile
from pelletry.formats.registry import Format

__all__ = ["FORMATS"]

NAME = "arbin-csv"
_HEADS = frozenset({"testtime(s)", "stepindex", "cycleindex", "current(a)", "voltage(v)"})


_BARE = frozenset(
    {"datapoint", "testtime", "steptime", "stepindex", "cycleindex", "current", "voltage", "chargecapacity"}
)
#: The database names no units; these are the program's by definition.
UNITS = {
    "testtime": "s", "steptime": "s", "current": "A", "voltage": "V", "chargecapacity": "Ah", "dischargecapacity": "Ah", "chargeenergy": "Wh",
    "dischargeenergy": "Wh", "dv/dt": "V/s", "internalresistance": "ohm", "acimpedance": "ohm", "aciphaseangle": "deg",
}  # fmt: skip


def _is_arbin(heads: frozenset[str]) -> bool:
    return heads >= _HEADS


def _is_bare(heads: frozenset[str]) -> bool:
    return heads >= _BARE


def read(raw: RawFile) -> Sequence[Record]:
    """One record with all rows; raises BrokenFileError with the line of a row that does not fit."""
    heads = find_heads(raw, _is_arbin, _is_bare)
    if heads is None:
        raise raw.broken("the line of names is missing", expected="Data_Point, Test_Time(s), Step_Index, ...")
    if _is_bare(frozenset(plain_head(cell) for cell in heads[2])):
        return [read_cycler(raw, NAME, heads, units=[UNITS.get(plain_head(cell), "") for cell in heads[2]])]
    return [read_cycler(raw, NAME, heads)]


FORMATS = (
    Format(
        name=NAME,
        title="Arbin table (csv)",
        extensions=(".csv",),
        can_read=lambda raw: find_heads(raw, _is_arbin, _is_bare) is not None,
        read=read,
    ),
    Format(
        name="arbin-xlsx",
        title="Arbin workbook (.xlsx)",
        extensions=(".xlsx",),
        can_read=lambda raw: workbook_says(
            raw, (b"Test_Time(s)", b"Test Time (s)"), (b"Step_Index", b"Step Index"), (b"Voltage(V)", b"Voltage (V)")
        ),
        read=lambda raw: read_sheets(raw, "arbin-xlsx", _is_arbin),
    ),
)
