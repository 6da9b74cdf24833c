"""The words of cyclers for time, voltage, current and charge, and the factors of their units."""

from __future__ import annotations

import re

import attrs
import numpy as np

from pelletry.core.arrays import Array
from pelletry.core.cycling_headings import NAMES, is_of_time, plain
from pelletry.core.record import Column, Record

__all__ = ["Found", "counters", "cycle_column", "find", "find_time", "plain", "step_capacity", "unitless"]

_UNITS: dict[str, dict[str, float]] = {
    "time": {
        **dict.fromkeys(("", "s", "sec", "sec.", "second", "seconds"), 1.0),
        "ms": 1e-3,
        **dict.fromkeys(("min", "min.", "minute", "minutes"), 60.0),
        **dict.fromkeys(("h", "hr", "hrs", "hour", "hours"), 3600.0),
        **dict.fromkeys(("d", "day", "days"), 86400.0),
    },
    "voltage": {"": 1.0, "v": 1.0, "volt": 1.0, "volts": 1.0, "vvs.ref.": 1.0, "mv": 1e-3, "µv": 1e-6, "uv": 1e-6},
    "current": {"a": 1.0, "amp": 1.0, "amps": 1.0, "ma": 1e-3, "µa": 1e-6, "ua": 1e-6, "na": 1e-9},
    "charge": {
        "c": 1.0,
        "a.h": 3600.0,
        "ah": 3600.0,
        "ma.h": 3.6,
        "mah": 3.6,
        "µah": 3.6e-3,
        "µa.h": 3.6e-3,
        "mc": 1e-3,
    },
}


@attrs.frozen(kw_only=True, eq=False)
class Found:
    """A column in house units; ``has_unit`` False: the file states none. ``note`` says how it was made, where it is not the column itself."""

    name: str
    values: Array
    has_unit: bool = True
    note: str = ""


def find(record: Record, quantity: str) -> Found | None:
    """The best column of a quantity (time, voltage, current), in s, V or A; None when there is none with a unit that is known."""
    for column in _candidates(record, quantity):
        factor = _factor(column, quantity)
        if factor is None:
            continue
        return Found(
            name=column.name,
            values=np.asarray(column.values, dtype=np.float64) * factor,
            has_unit=bool(column.unit.strip()),
        )
    return None


def find_time(record: Record) -> Found | None:
    """The first time that never runs backwards; a time that begins anew with every step is none. Counts from the file's own zero."""
    for column in _candidates(record, "time"):
        factor = _factor(column, "time")
        if factor is None:
            continue
        values = np.asarray(column.values, dtype=np.float64) * factor
        known = values[np.isfinite(values)]
        if known.size == values.size and known.size and (known.size == 1 or float(np.diff(known).min()) >= 0.0):
            return Found(name=column.name, values=values, has_unit=bool(_unit(column)))
    return _time_of_steps(record)


def _time_of_steps(record: Record) -> Found | None:
    """The time since the first row from a time that begins anew with every step; a pause between two steps is not in it."""
    for column in _candidates(record, "step_time"):
        factor = _factor(column, "time")
        values = np.asarray(column.values, dtype=np.float64) * (factor or 1.0)
        if factor is None or not _unit(column) or not values.size or not np.all(np.isfinite(values)):
            continue
        falls = np.diff(values) < 0
        ended = np.where(falls, values[:-1], 0.0)
        note = f"the file has no time of the whole run: the times of the steps ({column.name}) were added up, pauses between them are not known"
        return Found(name=column.name, values=np.append(values[:1], values[1:] + np.cumsum(ended)), note=note)
    return None


def unitless(record: Record, quantity: str) -> str:
    """The name of a column of this quantity that states no unit, empty if there is none."""
    return next((column.name for column in _candidates(record, quantity) if not _unit(column)), "")


def counters(record: Record) -> tuple[Found | None, Found | None, Found | None]:
    """(running charge, charge of the charging half cycle, of the discharging one) in coulomb, as far as the file has them."""
    found: list[Found | None] = []
    for quantity in ("counter", "charge", "discharge"):
        made = None
        for column in _candidates(record, quantity):
            factor = _UNITS["charge"].get(_unit(column))
            if factor is not None and not column.unit.lower().endswith("/g"):
                made = Found(name=column.name, values=np.asarray(column.values, dtype=np.float64) * factor)
                break
        found.append(made)
    return found[0], found[1], found[2]


def step_capacity(record: Record) -> Found | None:
    """A charge in coulomb that grows in both directions and begins anew with every step, whatever its first value of a step is."""
    for column in _candidates(record, "capacity"):
        factor = _UNITS["charge"].get(_unit(column))
        if factor is not None:
            return Found(name=column.name, values=np.asarray(column.values, dtype=np.float64) * factor)
    return None


def cycle_column(record: Record) -> Column | None:
    """The instrument's own number of the cycle."""
    return next(iter(_candidates(record, "cycle")), None)


def _candidates(record: Record, quantity: str) -> list[Column]:
    by_name: dict[str, Column] = {}
    for column in record.columns:
        by_name.setdefault(plain(column.name), column)
    found = [by_name[name] for name in NAMES[quantity] if name in by_name]
    if quantity == "time":  # ``t`` and ``Test`` name other things without a unit of time
        found = [c for c in found if plain(c.name) not in ("t", "test") or is_of_time(_unit(c))]
    return found


def _unit(column: Column) -> str:
    unit = column.unit.strip()
    if not unit:
        within = re.search(r"[\[(]([^\])]*)[\])]\s*$", column.name)
        unit = within[1] if within else ""
    return unit.replace("μ", "µ").replace(" ", "").lower()


def _factor(column: Column, quantity: str) -> float | None:
    return _UNITS[quantity].get(_unit(column))
