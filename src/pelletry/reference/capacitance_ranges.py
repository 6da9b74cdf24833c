"""Capacitances of the processes in a ceramic's impedance, from ``data/capacitance_ranges.csv``."""

from __future__ import annotations

import csv
import functools
from importlib.resources import files

import attrs

__all__ = ["CapacitanceRange", "capacitance_ranges"]


@attrs.frozen(kw_only=True)
class CapacitanceRange:
    """Range of one process for a cell constant l/A = 1 cm^-1; ``low_F == high_F`` where one power of ten is printed."""

    process: str
    low_F: float = attrs.field(metadata={"unit": "F"})
    high_F: float = attrs.field(metadata={"unit": "F"})
    source: str
    licence: str


@functools.cache
def capacitance_ranges() -> tuple[CapacitanceRange, ...]:
    """The table, smallest capacitance first."""
    text = (files("pelletry.reference") / "data" / "capacitance_ranges.csv").read_text(encoding="utf-8")
    rows = csv.DictReader(line for line in text.splitlines() if not line.startswith("#"))
    return tuple(
        CapacitanceRange(
            process=row["process"],
            low_F=float(row["low_F"]),
            high_F=float(row["high_F"]),
            source=row["source"],
            licence=row["licence"],
        )
        for row in rows
    )
