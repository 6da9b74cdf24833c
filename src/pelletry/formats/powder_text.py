"""Powder patterns in plain text without a vendor's header: ``.xy``, ``.xye``, ``.prn``, ``.dat``.

Seen: ``.prn`` of the round robin on quantitative phase analysis (7251 points), ``.xy`` of a laboratory diffractometer, with two and three columns.

Rows (``powder-xy``)
    Two to four bare numbers a row and no header but comment lines. Nothing in such a file says diffraction, so its numbers must: a first column that
    rises in equal steps between 0.0005 and 0.5 between 2 and 180, over 3 or more, at least 100 rows
    (an EDX spectrum in keV begins near 0 and is none); and a second column of whole numbers that are
    not all small (counts), or a third column whose square is proportional to the second (an esd of counting). Everything else stays a plain table.
Start, step, end (``powder-dat``)
    A first line that begins with three numbers start, step and end (or start, end and step), and then only intensities, exactly as many as
    the range has room for: the free format of DBWS, FullProf and Riet7.

Schema: ``2Theta`` (deg), ``intensity`` (counts when whole numbers), ``esd`` when the third column is one. A third column that is not is ``column 3``: a
background or a smoothed curve was seen there. No wavelength, no time.

A warning says that angle and counts were told by the numbers alone.

Refused: a range (``powder-dat``) with another number of intensities than it has room for. A broken row of bare columns makes the file a plain table,
whose reader names the line.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np

from pelletry.core.arrays import Array
from pelletry.core.record import Record
from pelletry.formats.long_rows import floats_of_lines
from pelletry.formats.rawfile import RawFile
from pelletry.formats.registry import Format
from pelletry.formats.scans import Scan, records_of_scans, steps_from

__all__ = ["FORMATS"]

_COMMENT = re.compile(r"\s*(?:[#!;'/%]|XYDATA)")
_ROW = re.compile(r"\s*[-+]?[\d.][\d.eE+-]*(?:(?:\s*[,;]\s*|\s+)[-+]?[\d.][\d.eE+-]*){1,3}\s*\Z")
_FEWEST = 100
_SMALLEST_STEP, _LARGEST_STEP, _SMALLEST_SPAN, _SMALLEST_ANGLE = 5e-4, 0.5, 3.0, 2.0
_MOST_COMMENTS = 60


def _split(lines: Sequence[str]) -> tuple[int, Sequence[str]]:
    """How many comment lines there are above, and the lines below without trailing blank ones."""
    begin = 0
    while begin < min(len(lines), _MOST_COMMENTS) and (not lines[begin].strip() or _COMMENT.match(lines[begin])):
        begin += 1
    end = len(lines)
    while end > begin and not lines[end - 1].strip():
        end -= 1
    return begin, lines[begin:end]


def _table(rows: Sequence[str]) -> Array | None:
    if len(rows) < _FEWEST or not all(_ROW.match(line) for line in rows[:50]):
        return None
    width = len(rows[0].replace(",", " ").replace(";", " ").split())
    if not 2 <= width <= 4:
        return None
    try:
        values = floats_of_lines(rows, width=width, marks=",;")
    except ValueError:
        return None
    return values if len(values) == len(rows) else None


def _is_scan(x: Array) -> bool:
    """Equal steps of a size and within a range that goniometers have."""
    if x.size < 2:
        return False
    steps = np.diff(x)
    middle = float(np.median(steps))
    if not (
        _SMALLEST_STEP <= middle <= _LARGEST_STEP
        and x[0] >= _SMALLEST_ANGLE
        and x[-1] <= 180.0
        and x[-1] - x[0] >= _SMALLEST_SPAN
    ):
        return False
    # Printed to two or three decimals, the steps of 0.0143 differ by a unit of the last place.
    printed = max(0.02 * middle, 0.00105) if middle > 0.004 else 0.6 * middle
    return bool(np.all(np.abs(steps - middle) <= printed))


def _is_esd(y: Array, third: Array) -> bool:
    """Whether the square of the third column is proportional to the second, as for counts."""
    usable = (y > 0) & (third > 0)
    if usable.sum() < 0.9 * y.size:
        return False
    ratio = third[usable] ** 2 / y[usable]
    if (
        y[usable].max() < 2.0 * y[usable].min()
    ):  # a flat curve is proportional to everything; the very root of it is not
        return bool(np.ptp(y[usable]) > 0 and np.all(np.abs(ratio - 1.0) < 0.005))
    return bool(np.mean(np.abs(ratio / np.median(ratio) - 1.0) < 0.1) > 0.9)


def _is_counts(y: Array) -> bool:
    return bool(np.all(y == np.round(y)) and np.all(y >= 0) and y.max() >= 20 and np.unique(y[:2000]).size >= 10)


def _is_pattern(table: Array | None) -> bool:
    if table is None or not _is_scan(table[:, 0]):
        return False
    return _is_counts(table[:, 1]) or (table.shape[1] > 2 and _is_esd(table[:, 1], table[:, 2]))


def _head_rows(raw: RawFile) -> Sequence[str]:
    lines = raw.head_text.split("\n")
    return _split(lines if len(raw.head) < 65536 else lines[:-1])[1]


def can_read_rows(raw: RawFile) -> bool:
    """Whether the numbers at the beginning are those of a powder pattern."""
    if not raw.head_text or not raw.head_text.lstrip()[:1].isprintable() or raw.head_text.lstrip().startswith("'Id:"):
        return False  # the last are DIFFRAC.EVA's
    return _is_pattern(_table(_head_rows(raw)))


def read_rows(raw: RawFile) -> Sequence[Record]:
    """The pattern, or what a plain table of the file gives when its rows do not go on as they began."""
    lines = raw.text().lines
    begin, rows = _split(lines)
    table = _table(rows)
    if table is None:
        from pelletry.formats.table import read

        return read(raw)
    header = {"comment": " ".join(line.strip() for line in lines[:begin])[:500]}
    return records_of_scans(raw, "powder-xy", [_scan(table, header, begin + 1)])


def _scan(table: Array, header: dict[str, str], line: int) -> Scan:
    y = np.ascontiguousarray(table[:, 1])
    is_counts = bool(np.all(y == np.round(y)))
    columns = [("2Theta", "deg", np.ascontiguousarray(table[:, 0])), ("intensity", "counts" if is_counts else "", y)]
    warnings = [
        "the file does not say what it holds: 2theta in degrees and the intensity were told by the numbers alone"
    ]
    for k in range(2, table.shape[1]):
        column = np.ascontiguousarray(table[:, k])
        is_esd = k == 2 and _is_esd(y, column)
        columns.append(("esd" if is_esd else f"column {k + 1}", "", column))
        if not is_esd:
            warnings.append(f"the meaning of column {k + 1} is not known; it is no counting uncertainty")
    header["intensity"] = "whole numbers, taken as counts" if is_counts else "the file does not say"
    steps = np.diff(columns[0][2])
    if not _is_scan(columns[0][2]):
        warnings.append(
            f"the steps of 2theta are not equal to the end of the file ({steps.min():g} to {steps.max():g} deg)"
        )
    return Scan(
        columns=tuple(columns),
        angle="2Theta",
        intensity="intensity",
        header=header,
        warnings=tuple(warnings),
        line=line,
    )


def _range_of(line: str) -> tuple[float, float, int] | None:
    """Start, step and number of points of a line that begins with start, step, end or start, end, step."""
    words = line.split()
    try:
        first, second, third = (float(word) for word in words[:3])
    except ValueError:
        return None
    for step, end in ((second, third), (third, second)):
        if _SMALLEST_STEP <= step <= _LARGEST_STEP and -10.0 <= first < end <= 180.0 and end - first >= _SMALLEST_SPAN:
            return first, step, round((end - first) / step) + 1
    return None


def _range_line(lines: Sequence[str]) -> int | None:
    return next((i for i, line in enumerate(lines[:20]) if _range_of(line) is not None), None)


def can_read_range(raw: RawFile) -> bool:
    """A line with start, step and end, then only numbers in rows that begin otherwise than with an angle."""
    lines = raw.head_text.split("\n", 400)[:400]
    at = _range_line(lines)
    if at is None or len(lines) < at + 3:
        return False
    below = [line for line in lines[at + 1 : -1] if line.strip()]
    found = _range_of(lines[at])
    if found is None or not below or not all(re.fullmatch(r"[\d.\s,+eE-]+", line) for line in below):
        return False
    try:
        whole = raw.text().lines if raw.size_bytes < 8_000_000 else ()
        values = floats_of_lines(whole[at + 1 :], marks=",")
    except ValueError:
        return False
    return values.size >= _FEWEST and abs(values.size - found[2]) <= 1 and bool(np.all(values >= 0))


def read_range(raw: RawFile) -> Sequence[Record]:
    """The pattern of a file whose first line gives start, step and end."""
    lines = raw.text().lines
    at = _range_line(lines)
    found = None if at is None else _range_of(lines[at])
    if at is None or found is None:
        raise raw.broken("the line with start, step and end is missing", expected="three numbers")
    try:
        values = floats_of_lines(lines[at + 1 :], marks=",")
    except ValueError as error:
        raise raw.broken(f"an intensity is no number ({str(error)[:80]})", line=at + 2) from None
    start, step, points = found
    if abs(values.size - points) > 1:
        raise raw.broken(f"the range announces {points} points and {values.size} intensities follow", line=at + 2)
    header = {"title": " ".join((*lines[:at], *lines[at].split()[3:])).strip()[:500], "step (deg)": f"{step:.10g}"}
    table = np.empty((2, values.size))
    table[0], table[1] = steps_from(start, step, values.size), values
    return records_of_scans(raw, "powder-dat", [_scan(table.T, header, at + 2)])


FORMATS = (
    Format(
        name="powder-xy",
        title="powder pattern in plain text",
        extensions=(".xy", ".xye", ".prn"),
        can_read=can_read_rows,
        read=read_rows,
    ),
    Format(
        name="powder-dat",
        title="powder pattern with start, step and end",
        extensions=(".dat",),
        can_read=can_read_range,
        read=read_range,
    ),
)
