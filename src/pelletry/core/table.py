"""Tables as data; rendered elsewhere to text, HTML, CSV, LaTeX and Excel."""

from __future__ import annotations

import attrs

from pelletry.core.quantity import Estimate, Unresolved

__all__ = ["Cell", "Table", "TableColumn"]

Cell = Estimate | Unresolved | str | float | int | None


@attrs.frozen(kw_only=True)
class TableColumn:
    """``kind`` picks the display unit (see ``core.units.DISPLAY``); estimates are shown in that unit, with it in the head."""

    key: str
    title: str
    unit: str = ""
    kind: str = ""
    note: str = ""


@attrs.frozen(kw_only=True)
class Table:
    """``rows[i][j]`` is the cell of row i under ``columns[j]``; ``traces[i][j]`` names the quantity to trace, or is empty."""

    key: str
    title: str
    columns: tuple[TableColumn, ...]
    rows: tuple[tuple[Cell, ...], ...]
    notes: tuple[str, ...] = ()
    traces: tuple[tuple[str, ...], ...] = ()
    is_simulated: bool = False

    def __attrs_post_init__(self) -> None:
        wrong = [i for i, row in enumerate(self.rows) if len(row) != len(self.columns)]
        if wrong:
            raise ValueError(f"table {self.key!r}: rows {wrong} do not have {len(self.columns)} cells")
