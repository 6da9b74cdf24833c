"""The table in EC-Lab's text files: tab-separated numbers, decimal point or comma, at the speed of numpy's own parser.

A table that numpy accepts and whose number of tabs fits is taken as it is. Otherwise the lines are read one by one, so that
a message can name the line that is wrong; by pieces, so that one wrong line does not slow down a long file.
"""

from __future__ import annotations

import io
import re

import numpy as np
import numpy.typing as npt

from pelletry.core.errors import quoted
from pelletry.formats.rawfile import RawFile

__all__ = ["cells_of_first_row", "read_table"]

_MISSING = re.compile(r"(?:|X+|nan|-nan|[+-]?1[.,]#(?:IND|QNAN)\d*|N/?A|-+)\Z", re.IGNORECASE)
_NUMBER = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d{1,4})?\Z")
_INFINITE = re.compile(r"[+-]?(?:inf(?:inity)?|1\.#INF\d*)\Z", re.IGNORECASE)
_WHOLE = re.compile(rb"E[+-]\d{3}\Z")
_COMMA_TO_POINT = bytes.maketrans(b",", b".")
_SAMPLE_BYTES = 1 << 16
_PIECE_BYTES = 1 << 18


def read_table(
    block: bytes, width: int, raw: RawFile, *, first_line: int
) -> tuple[npt.NDArray[np.float64], tuple[str, ...]]:
    """The numbers of the table, shape (columns, rows), and warnings.

    ``block`` is everything behind the headings, ``width`` their number, ``first_line`` the line number of its first line.

    Raises
    ------
    BrokenFileError
        When a line has too few or too many cells or a cell that is no number, or the last line is cut; names the line.
    """
    if not block.strip():
        return np.empty((width, 0)), ()
    if _has_decimal_comma(block):
        block = block.translate(_COMMA_TO_POINT)
    table = _at_once(block, width)
    if table is None:
        table, warnings = _in_pieces(block, width, raw, first_line)
    else:
        warnings = ()
    _refuse_cut_number(block, raw, line=first_line + block.count(b"\n"), rows=table.shape[1])
    return table, warnings


def cells_of_first_row(block: bytes) -> int:
    """How many cells the first line of the table has; 0 for an empty table."""
    first = block[:_SAMPLE_BYTES].lstrip().partition(b"\n")[0].rstrip()
    return first.count(b"\t") + 1 if first else 0


def _has_decimal_comma(block: bytes) -> bool:
    """Commas and no point in the first lines. A file that mixes them is left to the line-by-line reader, which names the line."""
    sample = block[:_SAMPLE_BYTES]
    return b"," in sample and b"." not in sample


def _at_once(block: bytes, width: int) -> npt.NDArray[np.float64] | None:
    try:
        table: npt.NDArray[np.float64] = np.loadtxt(
            io.BytesIO(block), delimiter="\t", comments=None, usecols=range(width), ndmin=2
        )
    except (ValueError, OverflowError, IndexError):
        return None
    rows = len(table)
    tabs = block.count(b"\t")
    closed = block.count(b"\t\n") + block.count(b"\t\r") + block.endswith(b"\t")
    closed = rows if closed == rows else 0
    # numpy overlooks surplus cells; the number of tabs does not.
    if tabs != rows * (width - 1) + closed:
        return None
    columns: npt.NDArray[np.float64] = table.T
    return columns


def _refuse_cut_number(block: bytes, raw: RawFile, *, line: int, rows: int) -> None:
    """EC-Lab writes no line end behind the last line, so a cut shows only in a number that is shorter than those above it."""
    if block.endswith((b"\n", b"\r", b"\t")) or rows < 2:
        return
    above, last = (row.rpartition(b"\t")[2].strip() for row in block[-_SAMPLE_BYTES:].rstrip().rsplit(b"\n", 2)[-2:])
    if _WHOLE.search(above) and not _WHOLE.search(last):
        raise raw.broken(
            f"the file ends inside the number {quoted(last.decode('latin-1'))}; {rows - 1} complete lines are before it",
            line=line,
            expected="an exponent of three digits",
            do="export the run again; this file was cut",
        )


def _in_pieces(
    block: bytes, width: int, raw: RawFile, first_line: int
) -> tuple[npt.NDArray[np.float64], tuple[str, ...]]:
    """Piece by piece at numpy's speed; only the pieces that numpy does not take are read line by line."""
    tables: list[npt.NDArray[np.float64]] = []
    missing: list[int] = []
    at, line, rows = 0, first_line, 0
    while at < len(block):
        end = block.find(b"\n", at + _PIECE_BYTES)
        end = len(block) if end < 0 else end + 1
        piece = block[at:end]
        table = _at_once(piece, width) if piece.strip() else np.empty((width, 0))
        if table is None:
            table = _line_by_line(piece, width, raw, line, rows, missing, is_last=end == len(block))
        tables.append(table)
        at, line, rows = end, line + piece.count(b"\n"), rows + table.shape[1]
    warnings = (f"{len(missing)} lines have cells without a value, the first is line {missing[0]}",) if missing else ()
    return np.concatenate(tables, axis=1), warnings


def _line_by_line(
    block: bytes, width: int, raw: RawFile, first_line: int, rows_before: int, missing: list[int], *, is_last: bool
) -> npt.NDArray[np.float64]:
    """Every line looked at; the numbers of lines with empty cells are added to ``missing``."""
    lines = block.decode("latin-1").split("\n")
    rows: list[list[float]] = []
    for number, line in enumerate(lines, start=first_line):
        if not line.strip():
            continue
        cells = [cell.strip() for cell in line.split("\t")]
        while len(cells) > width and not cells[-1]:
            cells.pop()
        if len(cells) != width:
            what = f"the line has {len(cells)} cells"
            if is_last and number == first_line + len(lines) - 1 and len(cells) < width:
                complete = rows_before + len(rows)
                what = f"the file ends inside this line, which has {len(cells)} cells; {complete} complete lines are before it"
            raise raw.broken(what, line=number, expected=f"{width} cells", do="export the run again")
        values = [_cell(cell) for cell in cells]
        wrong = next((cell for cell, value in zip(cells, values, strict=True) if value is None), None)
        if wrong is not None:
            raise raw.broken(
                f"{quoted(wrong)} is not a number", line=number, expected=f"{width} numbers", do="export the run again"
            )
        if any(value != value for value in values):
            missing.append(number)
        rows.append([float("nan") if value is None else value for value in values])
    columns: npt.NDArray[np.float64] = np.asarray(rows, dtype=np.float64).reshape(len(rows), width).T
    return columns


def _cell(cell: str) -> float | None:
    if _NUMBER.match(cell):
        return float(cell)
    if _MISSING.match(cell):
        return float("nan")
    if _INFINITE.match(cell):
        return float("-inf" if cell.startswith("-") else "inf")
    return None
