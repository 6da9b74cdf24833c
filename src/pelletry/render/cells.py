"""What stands in a cell of a table: the number in the unit people read, its uncertainty, or why there is none.

One place decides the rounding, the unit and the words; text, HTML, LaTeX, CSV and Excel only set them.
"""

from __future__ import annotations

import math

import attrs

from pelletry.core.quantity import Estimate, Unresolved, bracketed
from pelletry.core.table import Cell, Table, TableColumn
from pelletry.core.units import DISPLAY, displayed
from pelletry.render.typography import number_text, unit_text

__all__ = ["NOT_RESOLVED", "NO_VALUE", "Shown", "footnotes", "head_unit", "interval_sentence", "shown"]

NO_VALUE = "–"
NOT_RESOLVED = "not resolved"


@attrs.frozen(kw_only=True)
class Shown:
    """A cell as text. ``reason`` is set when a number was refused; ``hover`` is the longer story of a number, ``interval`` its begin."""

    text: str
    is_number: bool = False
    reason: str = ""
    hover: str = ""
    interval: str = ""


def head_unit(column: TableColumn) -> str:
    """The display unit of a column; empty for text and for pure numbers."""
    entry = DISPLAY.get((column.unit, column.kind)) or DISPLAY.get((column.unit, ""))
    unit = entry.unit if entry is not None else column.unit
    return "" if unit == "1" else unit


def shown(cell: Cell, column: TableColumn) -> Shown:
    """A cell in words and digits."""
    if cell is None or (isinstance(cell, float) and math.isnan(cell)):
        return Shown(text=NO_VALUE)
    if isinstance(cell, Unresolved):
        return Shown(text=NOT_RESOLVED, reason=cell.reason)
    if isinstance(cell, Estimate):
        return _shown_estimate(displayed(cell, column.kind), column)
    if isinstance(cell, bool):
        return Shown(text="yes" if cell else "no")
    if isinstance(cell, int):
        return Shown(text=str(cell), is_number=True)
    if isinstance(cell, float):
        return Shown(text=_plain(cell, column), is_number=True)
    return Shown(text=" ".join(cell.split()))


def _shown_estimate(estimate: Estimate, column: TableColumn) -> Shown:
    text = bracketed(estimate.value, estimate.std)
    if estimate.unit not in (head_unit(column), "1", ""):
        text += f" {unit_text(estimate.unit)}"  # a column of mixed units says each
    interval = interval_sentence(estimate)
    return Shown(text=text, is_number=True, hover=f"{interval} {estimate.method}".strip(), interval=interval)


def interval_sentence(estimate: Estimate) -> str:
    """``95 %: 0.351 to 0.368 eV.``, or that the uncertainty is not known."""
    interval = estimate.interval
    if interval is None:
        return "Uncertainty not known."
    low, high = (number_text(f"{x:.4g}") for x in interval)
    unit = unit_text(estimate.unit)
    return f"95 %: {low} to {high}{f' {unit}' if unit else ''}."


def _plain(value: float, column: TableColumn) -> str:
    """A float without uncertainty, moved to the display unit; at most six significant digits, no false zeros."""
    moved = (
        displayed(Estimate(value=value, unit=column.unit, method=""), column.kind).value
        if math.isfinite(value)
        else value
    )
    return f"{round(moved, 9):.6g}"


def footnotes(table: Table) -> dict[str, str]:
    """Reason -> letter (a, b, ..., z, aa, ...) in reading order, each reason once."""
    reasons = dict.fromkeys(c.reason for row in table.rows for c in row if isinstance(c, Unresolved))
    return {reason: _letter(i) for i, reason in enumerate(reasons)}


def _letter(i: int) -> str:
    return (_letter(i // 26 - 1) if i >= 26 else "") + "abcdefghijklmnopqrstuvwxyz"[i % 26]
