"""Novonix csv files (HPC and UHPC coulometers).

Formats: **no real file of ours**; built after public files (UHPC 2.13, 2025, its protocol as one line of JSON) and descriptions. Heads ``Date and Time, Cycle Number, Step Type, Run Time (h), Step Time (h), Current (A),
Potential (V), Capacity (Ah), Temperature (°C), Circuit Temperature (°C), Energy (Wh), dVdt (I/h), dIdt (V/h), Step Number, Step position``.

Schema: see ``cycler_table.py``. Times in hours, as the file has them. ``Temperature`` is that of the cell's chamber, ``Circuit Temperature``
that of the electronics: never the temperature of a sample. ``Step Type`` is a number in older files and words in newer ones.

Header kept: the entries above the names, between ``[Summary]`` and ``[End Summary]`` and in the protocol (the first of each key).

Not set: a mass of 1.000 g and an area of 1.000 cm2 are what the program writes when nobody entered anything.

Structure: a protocol of up to a thousand lines, ``[Data]``, names, rows; comma; UTF-8 or cp1252. Older files have no ``[Data]``. Dates
``2023-06-14 5:22:45 PM``.
"""

from __future__ import annotations

from collections.abc import Sequence

import attrs

from pelletry.core.record import Record
from pelletry.formats.cycler_table import find_heads, first_bytes, read_cycler
from pelletry.formats.rawfile import RawFile
from pelletry.formats.registry import Format
from pelletry.formats.text import decode

__all__ = ["FORMAT"]

NAME = "novonix-csv"


def _is_novonix(heads: frozenset[str]) -> bool:
    return heads >= {"cyclenumber", "runtime(h)", "potential(v)", "current(a)"}


def read(raw: RawFile) -> Sequence[Record]:
    """One record with all rows; raises BrokenFileError with the line of a row that does not fit."""
    heads = find_heads(raw, _is_novonix)
    text: str | None = None
    if heads is None:
        # The protocol alone can be longer than the head of a file.
        text = "\n".join(decode(first_bytes(raw)).lines)
        heads = find_heads(raw, _is_novonix, text=text)
    if heads is None:
        raise raw.broken("the line of names is missing", expected="Date and Time, Cycle Number, Step Type, ...")
    record = read_cycler(raw, NAME, heads, text=text)
    defaults = [key for key in ("Mass (g)", "Area (cm2)") if record.header.get(key) == "1.000"]
    return [attrs.evolve(record, not_set=(*record.not_set, *defaults))]


def _can_read(raw: RawFile) -> bool:
    start = raw.head_text[:400]
    return find_heads(raw, _is_novonix) is not None or (start.startswith("[Summary]") and "ovonix" in start)


FORMAT = Format(
    name=NAME,
    title="Novonix table (csv)",
    extensions=(".csv",),
    can_read=_can_read,
    read=read,
)
