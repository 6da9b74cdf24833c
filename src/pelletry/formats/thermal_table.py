"""Plain tables of a thermobalance or dilatometer: a temperature beside a mass or a change of length, under whatever program wrote them.

Instruments whose text has no reader of its own (Linseis, Shimadzu, Hitachi, exports of TRIOS and STARe for spreadsheets) and tables of people come as such. Claimed are
tables with at least twenty rows, a column of temperature with its unit that goes through its range in small steps, and a signal that
:mod:`pelletry.formats.thermal_columns` knows by name with a unit of mass, length or share (or a quotient such as ``dL/L0``): a list of pellets with
their sintering temperatures and masses is none.

The header gets what all thermal readers give: ``<column> given as``, and ``initial mass [mg]`` or ``initial length [mm]`` where an entry above the table states it
with its unit (``Sample mass: 20.1 mg``).
"""

from __future__ import annotations

import re

import attrs
import numpy as np

from pelletry.core.record import Column, Record
from pelletry.formats.columns import temperature_unit
from pelletry.formats.thermal_columns import given_as, signal_of, technique_of_signals

__all__ = ["as_thermal_run"]

_TEMPERATURE = re.compile(
    r"(?:t|t[sr]|temp\.?|temperatures?|temperatur|température|temperatura|温度|температура|(?:sample|furnace|program|proben|ofen).*temp.*|temp.*(?:sample|four|échantillon|echantillon|furnace).*)",
    re.IGNORECASE,
)
_FEWEST_ROWS = 20
#: The median step of a temperature program is a small part of its range; a list of treatments jumps.
_LARGEST_STEP = 0.1
_LEAST_RANGE = 20.0
_NUMBER = r"(?P<value>\d+(?:[.,]\d+)?)\s*"
_INITIAL = (
    ("initial mass [mg]", re.compile(r"(?:sample|initial|start|proben?).{0,12}(?:mass|weight|size|masse|gewicht|einwaage)", re.IGNORECASE), {"mg": 1.0, "g": 1e3}),
    ("initial length [mm]", re.compile(r"(?:sample|initial|start|proben?).{0,12}(?:length|länge|l0)|^l_?[0o]\b", re.IGNORECASE), {"mm": 1.0, "cm": 10.0, "µm": 1e-3, "um": 1e-3}),
)  # fmt: skip


def as_thermal_run(record: Record) -> Record:
    """The record with the technique and the header entries of a thermal run, where its columns say that it is one; else as it is."""
    if record.technique or record.points < _FEWEST_ROWS or not any(map(_is_program, record.columns)):
        return record
    signals = [
        (c, given_as((c.name, c.unit))) for c in record.columns if signal_of((c.name, c.unit)) in ("mass", "length")
    ]
    signals = [
        (c, word)
        for c, word in signals
        if c.unit != "kg" and word in ("mass", "length", "percent", "fraction", "per mille")
    ]
    technique = technique_of_signals([(c.name, c.unit) for c in record.columns])
    if not signals or not technique:
        return record
    header = dict(record.header)
    for column, word in signals:
        header.setdefault(f"{column.name} given as", word)
    return attrs.evolve(record, technique=technique, header={**header, **_initial(header)})


def _is_program(column: Column) -> bool:
    """Whether a column is a temperature that goes through its range in small steps."""
    if not temperature_unit(column.unit) or not _TEMPERATURE.fullmatch(column.name.strip()):
        return False
    values = np.asarray(column.values, dtype=np.float64)
    values = values[np.isfinite(values)]
    if values.size < _FEWEST_ROWS or float(np.ptp(values)) < _LEAST_RANGE:
        return False
    return float(np.median(np.abs(np.diff(values)))) <= _LARGEST_STEP * float(np.ptp(values))


def _initial(header: dict[str, str]) -> dict[str, str]:
    found: dict[str, str] = {}
    for fact, words, units in _INITIAL:
        for key, text in header.items():
            if fact in header or not words.search(key):
                continue
            match = re.match(rf"\s*{_NUMBER}(?P<unit>[a-zµ]*)\s*\Z", text) or re.match(rf"\s*{_NUMBER}\Z", text)
            unit = (match.groupdict().get("unit") if match else "") or (
                re.findall(r"[\[(]\s*([a-zµ]+)\s*[\])]", key) or [""]
            )[0]
            if match and unit in units:
                found.setdefault(fact, f"{float(match['value'].replace(',', '.')) * units[unit]:.10g}")
    return found
