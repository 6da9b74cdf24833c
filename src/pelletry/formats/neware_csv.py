"""Neware csv exports of BTSDA (csv, or text with tabs).

Formats seen: BTSDA csv with ``DataPoint, Cycle Index, Step Index, Step Type, Time, Cumulative Time, Current(A), Voltage(V), ...`` (2022);
built from public descriptions: the same in Chinese (``数据序号, 循环号, 工步号, 工步类型, 时间, 总时间, 电流(A), 电压(V), ...``) and ``Record ID, Step ID, ..., Current(mA), Voltage(V), CapaCity(mAh)``.

Schema: see ``cycler_table.py``. ``Time`` is that of the step, ``Cumulative Time`` that of the test, both in s; ``Date`` in s since 1970;
``Step Type`` as codes. Units as the file has them (A or mA: the heads differ between exports).

Uncertainties: none. Currents have 8 decimals in A; times are whole seconds in exports without milliseconds, so several rows may share one.

Header kept: nothing stands above the names. Structure: one table, comma, CRLF, UTF-8 or GBK (only words are affected).

Workbooks (.xlsx) have the same heads in a sheet ``record`` or in sheets ``Detail_...``; their sheets of cycles and steps are summaries and left out.

The layered report (cycles, steps and records one inside another) has a reader of its own, ``neware_layers.py``.

Knowledge from: ``full_cell_cycling/jepegit+cellpy/neware_uio.csv`` in the real data; public lists of column heads.
"""

from __future__ import annotations

from collections.abc import Sequence

from pelletry.core.record import Record
from pelletry.formats.cycler_sheets import read_sheets, workbook_says
from pelletry.formats.cycler_table import find_heads, read_cycler
from pelletry.formats.neware_layers import is_layered
from pelletry.formats.rawfile import RawFile
from pelletry.formats.registry import Format

__all__ = ["FORMATS"]

NAME = "neware-csv"
_CHINESE = ("数据序号".encode(), "记录序号".encode())


def _new(heads: frozenset[str]) -> bool:
    return {"datapoint", "cycleindex", "stepindex", "steptype"} <= heads and any(
        h.startswith("voltage(") for h in heads
    )


def _old(heads: frozenset[str]) -> bool:
    is_numbered = bool({"recordid", "recordindex", "recordnumber"} & heads)
    is_neware = any(h.startswith(("capacity(", "capacitychg(", "chg.cap.(", "capacitancechg(")) for h in heads)
    return is_numbered and is_neware and any(h.startswith(("current(", "cur(")) for h in heads)


def _chinese(heads: frozenset[str]) -> bool:
    is_numbered = bool({"数据序号", "记录序号", "记录编号", "数据编号"} & heads)
    return is_numbered and all(any(h.startswith(f"{word}(") for h in heads) for word in ("电压", "电流"))


def _can_read(raw: RawFile) -> bool:
    return find_heads(raw, _new, _old, _chinese) is not None and not is_layered(raw)


def read(raw: RawFile) -> Sequence[Record]:
    """One record with all rows; raises BrokenFileError with the line of a row that does not fit."""
    heads = find_heads(raw, _new, _old, _chinese)
    if heads is None:
        raise raw.broken("the line of names is missing", expected="DataPoint, Cycle Index, Step Index, Step Type, ...")
    return [read_cycler(raw, NAME, heads)]


FORMATS = (
    Format(name=NAME, title="Neware table (csv)", extensions=(".csv", ".txt"), can_read=_can_read, read=read),
    Format(
        name="neware-xlsx",
        title="Neware workbook (.xlsx)",
        extensions=(".xlsx",),
        can_read=lambda raw: workbook_says(
            raw,
            (b"DataPoint", b"Record number", b"Record Index", b"Record ID", b"Record Number", *_CHINESE),
            (b"Current(", b"Cur(", "电流(".encode()),
            (b"Voltage(", "电压(".encode()),
            (b"apacity(", b"apaCity(", b"Cap.(", "容量(".encode()),
        ),
        read=lambda raw: read_sheets(raw, "neware-xlsx", lambda heads: _new(heads) or _old(heads) or _chinese(heads)),
    ),
)
