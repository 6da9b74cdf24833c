"""Novonix csv files (HPC and UHPC coulometers).

Formats: built from public descriptions; **no real file seen**. Heads ``Date and Time, Cycle Number, Step Type, Run Time (h), Step Time (h), Current (A),
Potential (V), Capacity (Ah), Temperature (°C), Circuit Temperature (°C), Energy (Wh), dVdt (I/h), dIdt (V/h), Step Number, Step position``.

Schema: see ``cycler_table.py``. Times in hours, as the file has them. ``Temperature`` is that of the cell's chamber, ``Circuit Temperature``
that of the electronics: never the temperature of a sample. ``Step Type`` is a number in older files and words in newer ones.

Header kept: the entries above the names, between ``[Summary]`` and ``[End Summary]`` and in the protocol (the first of each key).

Structure: a protocol of up to a thousand lines, ``[Data]``, names, rows; comma; UTF-8 or cp1252. Older files have no ``[Data]``. Dates
``2023-06-14 5:22:45 PM``.
"""

from __future__ import annotations

from collections.abc import Sequence

from pelletry.core.record import Record
from pelletry.formats.cycler_table import find_heads, read_cycler
from pelletry.formats.rawfile import RawFile
from pelletry.formats.registry import Format

__all__ = ["FORMAT"]

NAME = "novonix-csv"


def _is_novonix(heads: frozenset[str]) -> bool:
    return heads >= {"cyclenumber", "runtime(h)", "potential(v)", "current(a)"}


def read(raw: RawFile) -> Sequence[Record]:
    """One record with all rows; raises BrokenFileError with the line of a row that does not fit."""
    heads = find_heads(raw, _is_novonix)
    if heads is None:
        raise raw.broken("the line of names is missing", expected="Date and Time, Cycle Number, Step Type, ...")
    return [read_cycler(raw, NAME, heads)]


FORMAT = Format(
    name=NAME,
    title="Novonix table (csv)",
    extensions=(".csv",),
    can_read=lambda raw: find_heads(raw, _is_novonix) is not None,
    read=read,
)
