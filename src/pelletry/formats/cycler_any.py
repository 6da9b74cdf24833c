"""Text tables of cyclers that have no reader of their own, and of people: time, voltage, current and steps under the words of many languages.

Formats: built after public descriptions and heads of PEC (``Total Time (Seconds), Voltage (mV), Current (mA)``), Digatron (``Zeitstempel; Schritt; Zustand; ...``,
units on a line of their own), LAND (``测试时间/Sec, 电压/V, 电流/mA``), Neware in Chinese (``数据序号, 循环号, 工步号, 工步类型, 总时间, 电流(A), 电压(V)``), Squidstat, Battery Archive; **no real file of ours**.

A voltammogram (the voltage swept at one rate, the current another at most points) comes back without a technique.

Claimed is a text with one line of names of which one is a voltage and one a current, each with its unit (or a word that is a unit, ``Volts``), one a time or a date,
and one a cycle, step, state or capacity; the names are those of :mod:`pelletry.core.cycling_headings`. Asked only when no other reader claims the file.

Schema: see ``cycler_table.py``: clock times and dates in s, words as codes. Header kept: ``key: value`` above the names, also several in a line.

Uncertainties: none. Structure: tab, semicolon or comma; decimal comma; a line of units (``;;Ah;V;A``) may follow the names.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

import attrs
import numpy as np

from pelletry.core.cycling_headings import quantity_of
from pelletry.core.record import Record
from pelletry.formats.columns import has_run, is_unit
from pelletry.formats.cycler_table import cycler_head, plain_head, read_cycler
from pelletry.formats.rawfile import RawFile
from pelletry.formats.registry import Format
from pelletry.formats.spectra import header_of
from pelletry.formats.voltammogram import is_swept

__all__ = ["FORMAT"]

NAME = "cycler-text"
_VOLTS = frozenset({"v", "mv", "volt", "volts", "µv", "uv"})
_AMPERES = frozenset({"a", "ma", "µa", "ua", "na", "amp", "amps"})
#: Heads that are units themselves.
_WORDS = {"volts": "V", "amps": "A", "mamps": "mA", "amphr": "Ah", "mamphr": "mAh", "watthr": "Wh", "mwatthr": "mWh"}
_SMALL = {"v": "V", "mv": "mV", "a": "A", "ma": "mA", "ua": "µA", "ah": "Ah", "mah": "mAh", "wh": "Wh", "mwh": "mWh"}
_HEAD, _LINES = 60_000, 200
_WORD = re.compile(r"[^\W\d_]{2}")
_ORDER = frozenset({"cycle", "step", "state", "charge", "discharge", "capacity", "counter", "step_time"})


def _is_run(cells: Sequence[str], units: Sequence[str]) -> bool:
    found: set[str] = set()
    for cell, below in zip(cells, units, strict=True):
        name, unit = _name_and_unit(cell, below)
        quantity = quantity_of(cell, below) or quantity_of(name, unit)
        plain = unit.replace("μ", "µ").strip().lower()
        if (quantity == "voltage" and plain not in _VOLTS) or (quantity == "current" and plain not in _AMPERES):
            continue
        found.add(quantity)
    return found >= {"voltage", "current"} and bool(found & {"time", "step_time"}) and bool(found & _ORDER)


def _name_and_unit(cell: str, below: str) -> tuple[str, str]:
    """Name and unit of a head; besides what every table has, ``Voltage#V`` and ``voltage_v`` in small letters.

    >>> _name_and_unit("Voltage#V", ""), _name_and_unit("current_ma", ""), _name_and_unit("Volts", ""), _name_and_unit("Strom", "A")
    (('Voltage', 'V'), ('current', 'mA'), ('Volts', 'V'), ('Strom', 'A'))
    """
    word = plain_head(cell)
    if word in _WORDS:
        return cell, _WORDS[word]
    if below:
        return cell, below
    name, mark, unit = cell.rpartition("#")
    if mark and name and is_unit(unit.strip()):
        return name.strip(), unit.strip()
    name, mark, unit = cell.rpartition("_")
    if name and unit in _SMALL:
        return name, _SMALL[unit]
    return cycler_head(cell)


def _units_below(line: str, separator: str, width: int) -> tuple[str, ...]:
    """The units of a line of their own, as many as names; () when the line is not one (or has units in another separator)."""
    cells = [cell.strip().strip('"').strip("[]() ") for cell in line.rstrip("\r").split(separator)]
    filled = [cell for cell in cells if cell]
    if len(cells) != width or len(filled) < 2 or not all(is_unit(cell) or cell == "Cnt" for cell in filled):
        return ()
    return tuple(cells)


def _is_of_units(line: str) -> bool:
    """Whether a line is nothing but units, whatever parts them."""
    words = re.split(r"[\t;, ]+", line.strip())
    return len(words) > 2 and all(is_unit(word.strip('[]()"')) for word in words)


def _table(raw: RawFile) -> tuple[int, str, tuple[str, ...], tuple[str, ...]] | None:
    """Line of the names, separator, names, and the units of a line of their own (empty: there is none)."""
    lines = raw.head_text[:_HEAD].split("\n")
    for index, line in enumerate(lines[:_LINES]):
        if len(line) < 8 or line[0] in "0123456789+-." or not _WORD.search(line):
            continue
        for separator in ("\t", ";", ","):
            if line.count(separator) < 2:
                continue
            cells = tuple(cell.strip().strip('"').strip() for cell in line.split(separator))
            below = _units_below(lines[index + 1], separator, len(cells)) if index + 1 < len(lines) else ()
            if _is_run(cells, below or ("",) * len(cells)):
                return index, separator, cells, below
    return None


def can_read(raw: RawFile) -> bool:
    """A line of names says that this is a run of a cell."""
    return bool(raw.head_text) and _table(raw) is not None


def read(raw: RawFile) -> Sequence[Record]:
    """One record with all rows; raises BrokenFileError with the line of a row that does not fit."""
    table = _table(raw)
    if table is None:
        raise raw.broken("the line of names is missing", expected="a time, a voltage, a current and a step")
    index, separator, cells, below = table
    split = [_name_and_unit(cell, unit) for cell, unit in zip(cells, below or ("",) * len(cells), strict=True)]
    names, units = tuple(name for name, _ in split), tuple(unit for _, unit in split)
    above = [line.strip(",;\t \r") for line in raw.head_text.split("\n")[:index]]
    following = raw.head_text.split("\n")[index + 1 : index + 2]
    has_line = bool(below) or any(_is_of_units(line) for line in following)
    heads = (index + has_line, separator, names)
    record = read_cycler(raw, NAME, heads, units=units, header=header_of(above))
    places = has_run(tuple((column.name, column.unit) for column in record.columns))
    if places is not None and is_swept(*(np.asarray(record.columns[at].values, dtype=np.float64) for at in places)):
        return [attrs.evolve(record, technique="")]
    return [record]


FORMAT = Format(
    name=NAME,
    title="table of a battery cycler (text)",
    extensions=(".csv", ".txt"),
    can_read=can_read,
    read=read,
    is_fallback=True,
)
