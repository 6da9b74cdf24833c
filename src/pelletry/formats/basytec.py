"""BaSyTec text files (Battery Test Software).

Formats: **no real file of ours**; built after a public file of 2023 (``~Time[s]``, no column of dates) and descriptions. Heads ``~Time[h], DataSet, DateTime, t-Step[h], t-Set[h], t-Cyc[h], Line, Command, U[V], I[A],
Ah[Ah], ..., T1[°C], R-DC, Cyc-Count, Count, State``.

Schema: see ``cycler_table.py``; the ``~`` before the first name is left out. Times in hours or seconds, as the head says. ``Command`` (Pause, Charge, Discharge)
as codes. ``T1[°C]`` is whatever sensor the channel has.

Header kept: the lines ``~key: value`` above the names (``Name of Test``, ``Battery``, ``Start of Test``).

Structure: tabs; decimal point or comma by the country; latin-1; dates ``05.05.2025 14:36:06``, the day first. Exports with blanks instead of
tabs cannot be told apart at the date and are read as plain tables.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from pelletry.core.record import Record
from pelletry.formats.cycler_table import find_heads, read_cycler
from pelletry.formats.dates import iso_date
from pelletry.formats.rawfile import RawFile
from pelletry.formats.registry import Format
from pelletry.formats.spectra import header_of

__all__ = ["FORMAT"]

NAME = "basytec-text"


def _is_basytec(heads: frozenset[str]) -> bool:
    has_time = any(head.startswith("time[") for head in heads)
    return has_time and any(head.startswith("u[") for head in heads) and any(head.startswith("i[") for head in heads)


def _can_read(raw: RawFile) -> bool:
    return "~Time[" in raw.head_text and find_heads(raw, _is_basytec) is not None


def read(raw: RawFile) -> Sequence[Record]:
    """One record with all rows; raises BrokenFileError with the line of a row that does not fit."""
    heads = find_heads(raw, _is_basytec)
    if heads is None:
        raise raw.broken("the line of names is missing", expected="~Time[h], DataSet, DateTime, ...")
    index, separator, names = heads
    above = [re.sub(r"^~", "", line) for line in raw.head_text.split("\n")[:index]]
    header = header_of(above)
    began = iso_date(header.get("Start of Test", ""), is_month_first=False)
    plain = tuple(name.lstrip("~") for name in names)
    record = read_cycler(raw, NAME, (index, separator, plain), header=header, acquired_at=began)
    return [record]


FORMAT = Format(name=NAME, title="BaSyTec table (text)", extensions=(".txt", ".csv"), can_read=_can_read, read=read)
