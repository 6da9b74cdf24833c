"""The words of cyclers for time, voltage, current and charge, and the factors of their units."""

from __future__ import annotations

import re

import attrs
import numpy as np

from pelletry.core.arrays import Array
from pelletry.core.record import Column, Record

__all__ = ["Found", "counters", "cycle_column", "find", "find_time", "plain"]

#: Quantity -> names in order of preference, as :func:`plain` makes them.
_NAMES: dict[str, tuple[str, ...]] = {
    "time": (
        "time", "testtime", "totaltime", "cumulativetime", "runtime", "runtimeh", "elapsedtime", "recordtime", "testtimes",
        "unixtime", "systemtime", "datetime", "datetimeisostring", "absolutetime", "realtime", "date", "timestamp",
    ),
    "voltage": (
        "ewe-ece", "<ewe-ece>", "voltage", "cellvoltage", "potential", "potentialv", "volts", "ewe", "<ewe>", "u", "ecell", "<ecell>", "v",
        "vf", "e",
    ),
    "current": ("i", "<i>", "current", "currenta", "amps", "im", "icell"),
    "cycle": ("cyclenumber", "cycleindex", "cyclecount", "cycle", "cycleid", "cyclec", "cyc#", "cyclenum"),
    "step": ("stepcount", "stepindex", "stepnumber", "step", "stepid", "ns", "stepnum"),
    "counter": ("(q-qo)", "q-qo"),
    "charge": ("chargecapacity", "chgcap", "chargecapacitya", "qcharge", "chargingcapacity", "capacitancechg", "chgcapacity"),
    "discharge": ("dischargecapacity", "dchgcap", "qdischarge", "dischargingcapacity", "capacitancedchg", "dchgcapacity"),
}  # fmt: skip

_UNITS: dict[str, dict[str, float]] = {
    "time": {"": 1.0, "s": 1.0, "sec": 1.0, "ms": 1e-3, "min": 60.0, "h": 3600.0, "hr": 3600.0, "hours": 3600.0},
    "voltage": {"": 1.0, "v": 1.0, "mv": 1e-3, "µv": 1e-6, "uv": 1e-6},
    "current": {"a": 1.0, "ma": 1e-3, "µa": 1e-6, "ua": 1e-6, "na": 1e-9},
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
    """A column in house units; ``has_unit`` False: the file states none."""

    name: str
    values: Array
    has_unit: bool = True


def plain(name: str) -> str:
    """A head in small letters without blanks, underscores and units in brackets.

    >>> plain("Test_Time(s)"), plain("Cycle Index"), plain("(Q-Qo)"), plain("<Ewe>")
    ('testtime', 'cycleindex', '(q-qo)', '<ewe>')
    """
    text = re.sub(r"(?<=\w)[\s_]*[\[(][^\])]*[\])]\s*$", "", name.strip())
    return re.sub(r"[\s_.]+", "", text).lower()


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
    return None


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


def cycle_column(record: Record) -> Column | None:
    """The instrument's own number of the cycle."""
    return next(iter(_candidates(record, "cycle")), None)


def _candidates(record: Record, quantity: str) -> list[Column]:
    by_name: dict[str, Column] = {}
    for column in record.columns:
        by_name.setdefault(plain(column.name), column)
    return [by_name[name] for name in _NAMES[quantity] if name in by_name]


def _unit(column: Column) -> str:
    unit = column.unit.strip()
    if not unit:
        within = re.search(r"[\[(]([^\])]*)[\])]\s*$", column.name)
        unit = within[1] if within else ""
    return unit.replace("μ", "µ").replace(" ", "").lower()


def _factor(column: Column, quantity: str) -> float | None:
    return _UNITS[quantity].get(_unit(column))
