"""Novocontrol WinDETA text exports: impedance (and other dielectric quantities) over frequency, often many temperatures a file.

Seen: exports of an Alpha analyser, 40-50 points; columns chosen by the operator.

Schema: ``Freq.`` Hz; ``Temp.`` °C or K when temperature is a column; ``Zs'``, ``Zs''`` ohm (series impedance; Zs'' is negative for a
capacitance); also ``Eps'``, ``Eps''``, ``Sig'`` S/cm, ``Zp'``, ``Cp'`` and others, kept under their names.

Uncertainties: none. Six digits are printed.

Header kept: line 1 is the sample's title, free text (it may repeat the file name, so a temperature in it is only a hint of
the title). ``Fixed value(s) :  Temp. [°C]=25.00 , AC Volt [Vrms]=1.0`` gives what was held: a temperature there is the set
value of the run, hint of source "header". Several temperatures come as a ``Temp.`` column, as repeated blocks each with its
own ``Fixed value(s)`` line, or with the temperature varying fastest; each becomes its own record.

Structure: title, ``Fixed value(s)``, names as ``Name[unit]`` between tabs and blanks, rows; a repeated header begins a new block.

Knowledge from: ``eis_temperature_series`` in the real data (temperature in the file name only). Blocks of several temperatures follow
the program's documented export; no public sample was found.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

import attrs

from pelletry.core.record import Hint, Record
from pelletry.formats.columns import temperature_unit
from pelletry.formats.hints import ZERO_CELSIUS_K
from pelletry.formats.rawfile import RawFile
from pelletry.formats.registry import Format
from pelletry.formats.spectra import records_from_blocks
from pelletry.formats.table_text import Block, read_blocks

__all__ = ["FORMAT"]

NAME = "novocontrol-text"
_FIXED = re.compile(r"^\s*Fixed value\(s\)\s*:\s*(?P<values>.*)$", re.MULTILINE)
_HEAD = re.compile(r"^\s*Freq\.\s*\[\s*[kM]?Hz\s*\]", re.MULTILINE)
_FIXED_TEMPERATURE = re.compile(r"Temp\.\s*\[(?P<unit>[^\]]*)\]\s*=\s*(?P<value>[-+]?\d+(?:[.,]\d+)?(?:[eE][-+]?\d+)?)")


def can_read(raw: RawFile) -> bool:
    """A line ``Fixed value(s) :`` above a line of names that begins with ``Freq.[Hz]``."""
    return _FIXED.search(raw.head_text) is not None and _HEAD.search(raw.head_text) is not None


def _fixed_temperature(block: Block) -> list[Hint]:
    for _, line in reversed(block.before):
        match = _FIXED_TEMPERATURE.search(line)
        unit = temperature_unit(match["unit"]) if match else ""
        if match and unit:
            kelvin = float(match["value"].replace(",", ".")) + (0.0 if unit == "K" else ZERO_CELSIUS_K)
            return [Hint(name="temperature", value=round(kelvin, 4), unit="K", source="header", text=match[0])]
    return []


def read(raw: RawFile) -> Sequence[Record]:
    """One record a temperature.

    Raises
    ------
    BrokenFileError
        When no rows follow the header.
    """
    blocks = read_blocks(raw)
    lines = raw.text().lines
    if not blocks:
        raise raw.broken("no rows follow the header", line=len(lines), expected="rows of frequency and impedance")
    records: list[Record] = []
    named = blocks[0]
    for block in blocks:
        if not block.names and block.values.shape[1] == named.values.shape[1]:
            block = attrs.evolve(block, names=named.names, units=named.units)
        fixed = _fixed_temperature(block)
        for record in records_from_blocks(raw, NAME, [block], title=lines[0].strip()):
            hints = (
                *fixed,
                *(h for h in record.hints if not (fixed and h.source == "header" and h.name == "temperature")),
            )
            records.append(attrs.evolve(record, hints=hints))
    if len(records) > 1:
        records = [
            attrs.evolve(record, name=f"{lines[0].strip()} [{i + 1}]", origin=attrs.evolve(record.origin, record=i))
            for i, record in enumerate(records)
        ]
    return records


FORMAT = Format(
    name=NAME, title="Novocontrol WinDETA text export", extensions=(".txt", ".dat"), can_read=can_read, read=read
)
