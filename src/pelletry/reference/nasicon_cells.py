"""Cells of LATP and LAGP against their aluminium content, from ``data/nasicon_cells.csv`` (OBELiX, CC BY 4.0)."""

from __future__ import annotations

import csv
import functools
from importlib.resources import files

import attrs

__all__ = ["AONO_A0_ANGSTROM", "AONO_SLOPE_ANGSTROM", "AONO_STD_X", "NasiconCell", "nasicon_cells"]

#: a = a0 - slope x through the five powders of one laboratory (Aono1990), scatter of x about the line.
AONO_A0_ANGSTROM = 8.5118
AONO_SLOPE_ANGSTROM = 0.0382
AONO_STD_X = 0.015


@attrs.frozen(kw_only=True)
class NasiconCell:
    """One published powder."""

    series: str
    x: float
    a_angstrom: float = attrs.field(metadata={"unit": "angstrom"})
    c_angstrom: float = attrs.field(metadata={"unit": "angstrom"})
    doi: str
    licence: str = "CC BY 4.0 (OBELiX)"


@functools.cache
def nasicon_cells(series: str = "LATP") -> tuple[NasiconCell, ...]:
    """The powders of a series, LATP or LAGP, by rising x."""
    text = (files("pelletry.reference") / "data" / "nasicon_cells.csv").read_text(encoding="utf-8")
    rows = csv.DictReader(line for line in text.splitlines() if not line.startswith("#"))
    found = [
        NasiconCell(
            series=row["series"],
            x=float(row["x_Al"]),
            a_angstrom=float(row["a_A"]),
            c_angstrom=float(row["c_A"]),
            doi=row["doi"],
        )
        for row in rows
        if row["series"] == series
    ]
    return tuple(sorted(found, key=lambda cell: (cell.x, cell.a_angstrom)))
