"""The direction of a current that a cycler writes without a sign, by the words of its steps."""

from __future__ import annotations

import re

import numpy as np

from pelletry.core.arrays import Array
from pelletry.core.cycling_headings import quantity_of
from pelletry.core.errors import quoted
from pelletry.core.record import Record

__all__ = ["current_with_signs"]

#: ``D``, ``DCH``, ``CC DChg``, ``Discharge``, ``恒流放电``, ``Entladen``, ``décharge``
_DISCHARGE = re.compile(r"d\Z|.*(?:dis|dch|d_?chg|d-chg|放电|放電|entlad|décharge|decharge|scarica)", re.IGNORECASE)
_CHARGE = re.compile(r"c\Z|.*(?:cha|chg|充电|充電|lade|carica)", re.IGNORECASE)


def current_with_signs(record: Record, current_A: Array) -> tuple[Array, tuple[str, ...]]:
    """The current, negative where the state of the step is a discharge, and what is said about it.

    Only where no value is negative, some are positive, and a column of words names charges and discharges; else as it is.

    Parameters
    ----------
    record:
        The table; columns of words are codes with ``codes of <name>`` in the header.
    current_A:
        Its current, shape (n,). [A]
    """
    if np.any(current_A < 0) or not np.any(current_A > 0):
        return current_A, ()
    for column in record.columns:
        told = record.header.get(f"codes of {column.name}", "")
        if not told or quantity_of(column.name) != "state":
            continue
        words = dict(entry.split(" = ", 1) for entry in told.split("; ") if " = " in entry)
        down = [float(code) for code, word in words.items() if _is_discharge(word)]
        up = [float(code) for code, word in words.items() if not _is_discharge(word) and _CHARGE.match(word.strip())]
        is_down = np.isin(column.values, down)
        if not np.any(is_down & (current_A > 0)):
            continue
        kinds = ", ".join(word for code, word in words.items() if float(code) in down)
        said = f"the current has no signs: taken as negative where {quoted(column.name)} is {kinds}"
        if not up:
            said += "; no state is a charge"
        return np.where(is_down, -current_A, current_A), (said,)
    return current_A, ()


def _is_discharge(word: str) -> bool:
    return _DISCHARGE.match(word.strip()) is not None
