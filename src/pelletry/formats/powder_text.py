"""Powder patterns in plain text without heads of columns: ``.xy``, ``.xye``, ``.prn``, ``.dat``.

Seen: ``.prn`` of the round robin on quantitative phase analysis (7251 points), ``.xy`` of a laboratory diffractometer, with two and three columns. Layouts of 11-BM,
I11, FullProf, D1A and DMC files checked on public files.

Rows (``powder-xy``)
    Two to four bare numbers a row below a title of free words, which names no other quantity, and comment lines (``#``, ``!``, ``/* */``, ``##KEY=``, ``XYDATA``, ``&SRS``...). Decimal commas are read when blanks, tabs
    or semicolons separate the columns. Nothing in such a file need say diffraction, so its numbers must: a first column that rises in equal
    steps between 0.0005 and 0.5 over 3 or more and ends below 180, at least 100 rows; and one of
    a third column whose square is proportional to the second (an esd of counting);
    a second column of whole numbers that are not all small (counts), from 2 on (an EDX spectrum in keV begins near 0 and is none), over 15 or
    in steps of 0.045 at most (a region of an XPS spectrum is shorter, in steps of 0.05 to 0.1 eV);
    positive numbers over 20 or more in 500 rows or more from 2 on, in steps of 0.1 at most (rates, normalised patterns);
    a wavelength in the lines above. A scan that jumps up to five times is as many ranges, a record each. Everything else stays a plain table.
Start, step, end (``powder-dat``)
    A line that begins with three numbers start, step and end (or start, end and step), and then only intensities, exactly as many as
    the range has room for: the free format of DBWS, FullProf and Riet7. As many again are their esds (D1A and D1B of the ILL, DMC and HRPT of PSI),
    what follows these is left out.

Schema: ``2Theta`` (deg), ``intensity`` (counts when whole numbers), ``esd`` when the third column is one. A third column that is not is ``column 3``: a
background or a smoothed curve was seen there. Wavelength and temperature only when the lines above state them (``powder_header.py``).

A warning says that angle and counts were told by the numbers alone.

Refused: a range (``powder-dat``) with another number of intensities than it has room for. A broken row of bare columns makes the file a plain table,
whose reader names the line.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Sequence

import attrs
import numpy as np

from pelletry.core.arrays import Array
from pelletry.core.record import Record
from pelletry.formats.long_rows import floats_of_lines
from pelletry.formats.powder_header import HeaderFacts, facts_of_lines
from pelletry.formats.powder_heads import intensity_unit, is_scan_axis
from pelletry.formats.powder_table import can_read as has_heads
from pelletry.formats.rawfile import RawFile
from pelletry.formats.registry import Format
from pelletry.formats.scans import Scan, records_of_scans, steps_from

__all__ = ["FORMATS"]

_COMMENT = re.compile(r"\s*(?:[#!;'/%*&]|XYDATA|INTER\b|TEMP\b|None\s*\Z|SRS[A-Z]+=|END\s*\Z)")
_ROW = re.compile(r"\s*[-+]?[\d.][\d.eE+-]*(?:(?:\s*[,;]\s*|\s+)[-+]?[\d.][\d.eE+-]*){1,3}[\s,;]*\Z")
_FEWEST = 100
_SMALLEST_STEP, _LARGEST_STEP, _SMALLEST_SPAN, _SMALLEST_ANGLE = 5e-4, 0.5, 3.0, 2.0
_WIDE, _WIDER = 15.0, 20.0
_LARGEST_STEP_OF_REGION, _LARGEST_STEP_OF_RATES, _FEWEST_RATES = 0.045, 0.1, 500
_MOST_COMMENTS = 60
_MOST_TITLES = 3
#: What stands in a title of free words and not in the keywords of a program, which is another reader's.
_TITLE = re.compile(r"\s*[^\W_][^=<>{}\[\]|\t]*\Z")
_MOST_BREAKS, _FEWEST_OF_RANGE = 5, 50
#: A head with one of these words above bare numbers says that they are no angles.
_OTHER_QUANTITIES = re.compile(
    r"time|zeit|temps|tiempo|volt|current|strom|freq|wave|raman|shift|energ|temperat|kev\b|ev\b|mass|distan|length|absor|transm|potential|strain|stress|force|"
    r"size|diam|pressure|signal|channel|chan\b|year|day|price|depth|radius|concent|flow|weight|count rate|\bq\b",
    re.IGNORECASE,
)
_ONLY_NUMBERS = re.compile(r"[\d.\s,+eE-]+")
_DECIMAL_COMMA = re.compile(
    r"\s*[-+]?\d+(?:,\d+)?(?:e[-+]?\d+)?(?:(?:\s+|\s*;\s*)[-+]?\d+(?:,\d+)?(?:e[-+]?\d+)?){1,3}\s*\Z", re.IGNORECASE
)


def _split(lines: Sequence[str]) -> tuple[int, Sequence[str]]:
    """How many comment lines there are above, and the lines below without comments and blank lines at their end."""
    begin, is_open = 0, False
    while begin < min(len(lines), _MOST_COMMENTS):
        line = lines[begin]
        if not (is_open or not line.strip() or _COMMENT.match(line)):
            break
        is_open = (is_open or line.lstrip().startswith("/*")) and "*/" not in line
        begin += 1
    end = len(lines)
    while end > begin and (not lines[end - 1].strip() or _COMMENT.match(lines[end - 1])):
        end -= 1
    return begin, lines[begin:end]


def _below_title(lines: Sequence[str]) -> tuple[int, Sequence[str]]:
    """The same below a title of free words, which says nothing of another quantity."""
    begin, rows = _split(lines)
    for _ in range(_MOST_TITLES):
        if not rows or _ROW.match(rows[0]) or _DECIMAL_COMMA.match(rows[0]):
            break
        if not _TITLE.match(rows[0]) or _OTHER_QUANTITIES.search(rows[0]) or _names_columns(rows[0], rows[1:2]):
            break
        more, rows = _split(rows[1:])
        begin += 1 + more
    return begin, rows


def _names_columns(line: str, below: Sequence[str]) -> bool:
    """Whether the cells of a line are the names of the columns right below it, which then are not angle and intensity."""
    row = below[0].strip() if below else ""
    if not _ROW.match(row) and not _DECIMAL_COMMA.match(row):
        return False
    mark = next((mark for mark in ("\t", ";", ", ", ",") if mark in row), None)
    names, cells = line.strip().split(mark), row.split(mark)
    return len(names) == len(cells) and (mark is not None or all(len(name) == 1 for name in names))


def _ranges(x: Array) -> list[slice]:
    """The ranges of a scan that jumps a few times; one when it does not, or jumps too often."""
    steps = np.diff(x)
    middle = float(np.median(steps)) if steps.size else 0.0
    at = np.flatnonzero(np.abs(steps - middle) > max(2.0 * abs(middle), 0.05)) + 1
    edges = [0, *map(int, at), x.size]
    pieces = [slice(a, b) for a, b in itertools.pairwise(edges)]
    is_split = 0 < at.size <= _MOST_BREAKS and all(p.stop - p.start >= _FEWEST_OF_RANGE for p in pieces)
    return pieces if is_split else [slice(0, x.size)]


def _table(rows: Sequence[str]) -> Array | None:
    if len(rows) < _FEWEST:
        return None
    first = rows[:50]
    if any("," in line for line in first) and all(map(_DECIMAL_COMMA.match, first)):
        if any("." in line for line in rows):
            return None
        rows = "\n".join(rows).replace(",", ".").split("\n")
    elif not all(map(_ROW.match, first)):
        return None
    width = len(rows[0].replace(",", " ").replace(";", " ").split())
    if not 2 <= width <= 4:
        return None
    try:
        values = floats_of_lines(rows, width=width, marks=",;")
    except ValueError:
        return None
    return values if len(values) == len(rows) else None


def _is_scan(x: Array, *, lowest: float, share: float = 1.0) -> bool:
    """Equal steps of a size and within a range that goniometers have; ``x`` is this share of the file."""
    if x.size < 2:
        return False
    middle = float(np.median(np.diff(x)))
    is_within = lowest <= x.min() and x.max() <= 180.0 and (x.max() - x.min()) / share >= _SMALLEST_SPAN
    return (
        _SMALLEST_STEP <= middle <= _LARGEST_STEP and is_within and all(is_scan_axis(x[piece]) for piece in _ranges(x))
    )


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
    is_near = np.abs(ratio / np.median(ratio) - 1.0) < 0.1
    strong = y[usable] >= np.quantile(y[usable], 0.98)  # a constant is near as well, but not at the peaks
    return bool(np.mean(is_near) > 0.9 and np.mean(is_near[strong]) > 0.5)


def _is_counts(y: Array) -> bool:
    return bool(np.all(y == np.round(y)) and np.all(y >= 0) and y.max() >= 20 and np.unique(y[:2000]).size >= 10)


def _is_pattern(table: Array | None, *, states_wavelength: bool = False, share: float = 1.0) -> bool:
    """Whether the numbers are those of a powder pattern; see the head of this module for the reasons."""
    if table is None or not _is_scan(table[:, 0], lowest=-20.0, share=share):
        return False
    x, y = table[:, 0], table[:, 1]
    if states_wavelength or (table.shape[1] > 2 and _is_esd(y, table[:, 2])):
        return True
    if x[0] < _SMALLEST_ANGLE:
        return False
    step, span = float(np.median(np.diff(x))), float(x.max() - x.min()) / share
    if _is_counts(y) and (span >= _WIDE or step <= _LARGEST_STEP_OF_REGION):
        return True
    is_long = x.size / share >= _FEWEST_RATES and span >= _WIDER and step <= _LARGEST_STEP_OF_RATES
    return is_long and bool(np.all(y >= 0)) and np.unique(y[:2000]).size >= 10


def _states_wavelength(lines: Sequence[str]) -> bool:
    return any(key.startswith("wavelength ") and key.endswith("(Angstrom)") for key in facts_of_lines(lines).header)


def can_read_rows(raw: RawFile) -> bool:
    """Whether the numbers at the beginning are those of a powder pattern."""
    text = raw.head_text
    if not text or not text.lstrip()[:1].isprintable() or text.lstrip().startswith(("'Id:", "*TYPE", "*RAS_")):
        return False  # the last are DIFFRAC.EVA's and Rigaku's
    lines = text.split("\n")
    lines = lines if raw.size_bytes == len(raw.head) else lines[:-1]
    begin, rows = _below_title(lines)
    table = _table(rows)
    share = min(1.0, len(raw.head) / max(len(raw.bytes()) if raw.packing and table is not None else raw.size_bytes, 1))
    if table is None or not _is_pattern(table, states_wavelength=_states_wavelength(lines[:begin]), share=share):
        return False
    return begin == 0 or not (_heads_of_others(lines[:begin]) or has_heads(raw))


def _heads_of_others(above: Sequence[str]) -> bool:
    """Whether the last words above the rows are the heads of other columns: ``# time (s)  voltage (mV)``."""
    if any(re.search(r"(?:kinetic|binding|pass) energy|energy axis", line, re.IGNORECASE) for line in above):
        return True  # a photoelectron spectrum
    last = next((line for line in reversed(above) if line.strip()), "")
    return bool(_OTHER_QUANTITIES.search(last)) and not re.search(
        r"\d|theta|angle|degree|intens|count", last, re.IGNORECASE
    )


def read_rows(raw: RawFile) -> Sequence[Record]:
    """The pattern, or what a plain table of the file gives when its rows do not go on as they began."""
    lines = raw.text().lines
    begin, rows = _below_title(lines)
    table = _table(rows)
    if table is None:
        from pelletry.formats.table import read

        return read(raw)
    above = [line.strip() for line in lines[:begin]]
    facts = facts_of_lines(above)
    header = {**facts.header, "comment": " ".join(above)[:500]}
    scans = [_scan(table[piece], dict(header), begin + 1 + piece.start, facts) for piece in _ranges(table[:, 0])]
    return records_of_scans(raw, "powder-xy", scans)


def _scan(table: Array, header: dict[str, str], line: int, facts: HeaderFacts) -> Scan:
    y = np.ascontiguousarray(table[:, 1])
    is_counts = bool(np.all(y == np.round(y)))
    said = intensity_unit("", facts.header.get("intensity unit in the header", ""))
    unit = said or ("counts" if is_counts else "")
    columns = [("2Theta", "deg", np.ascontiguousarray(table[:, 0])), ("intensity", unit, y)]
    warnings = [
        *facts.warnings,
        "the file does not say what it holds: 2theta in degrees and the intensity were told by the numbers alone",
    ]
    for k in range(2, table.shape[1]):
        column = np.ascontiguousarray(table[:, k])
        is_esd = k == 2 and _is_esd(y, column)
        columns.append(("esd" if is_esd else f"column {k + 1}", "", column))
        if not is_esd:
            warnings.append(f"the meaning of column {k + 1} is not known; it is no counting uncertainty")
    header["intensity"] = (
        f"in {said}, as the file says"
        if said
        else "whole numbers, taken as counts"
        if is_counts
        else "the file does not say"
    )
    steps = np.diff(columns[0][2])
    if not _is_scan(columns[0][2], lowest=-20.0):
        warnings.append(
            f"the steps of 2theta are not equal to the end of the file ({steps.min():g} to {steps.max():g} deg)"
        )
    warnings.extend(_scaled(header))
    return Scan(
        columns=tuple(columns),
        angle="2Theta",
        intensity="intensity",
        header=header,
        warnings=tuple(warnings),
        temperature_K=facts.temperature_K,
        line=line,
    )


def _scaled(header: dict[str, str]) -> tuple[str, ...]:
    """FullProf's ``INTER fac_x fac_y``: the factors are not applied, so they must be 1."""
    found = re.search(r"\bINTER\s+([\d.]+)\s+([\d.]+)", header.get("comment", ""))
    if found and any(float(factor) not in (0.0, 1.0) for factor in found.groups()):
        return (f"FullProf would multiply angles and intensities by {found[1]} and {found[2]}; they are as printed",)
    return ()


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


def _numbers_below(lines: Sequence[str]) -> tuple[Array, int]:
    """The numbers of the lines up to the first that holds something else, and how many lines they fill."""
    end = next((i for i, line in enumerate(lines) if line.strip() and not _ONLY_NUMBERS.fullmatch(line)), len(lines))
    return floats_of_lines(lines[:end], marks=","), end


def _intensities(values: Array, points: int, is_whole: bool) -> tuple[Array, Array | None] | None:
    """Intensities and esds of a range of ``points``, None when the numbers do not fit it; a file without esds ends with them."""
    if is_whole and abs(values.size - points) <= 1:
        return values, None
    if values.size >= 2 * points:
        y, esd = values[:points], values[points : 2 * points]
        ratio = esd[y > 0] ** 2 / y[y > 0]
        if ratio.size and np.all(esd >= 0) and np.median(ratio) > 0 and np.mean(ratio < 50 * np.median(ratio)) > 0.9:
            return y, esd
    return None


def can_read_range(raw: RawFile) -> bool:
    """A line with start, step and end, then only numbers in rows that begin otherwise than with an angle."""
    lines = raw.head_text.split("\n", 400)[:400]
    at = _range_line(lines)
    found = None if at is None else _range_of(lines[at])
    if at is None or found is None or len(lines) < at + 3 or raw.size_bytes >= 8_000_000:
        return False
    below = [line for line in lines[at + 1 : -1] if line.strip()][:3]
    if not below or not all(map(_ONLY_NUMBERS.fullmatch, below)):
        return False
    whole = raw.text().lines[at + 1 :]
    try:
        values, end = _numbers_below(whole)
    except ValueError:
        return False
    is_whole = not any(line.strip() for line in whole[end:])
    taken = _intensities(values, found[2], is_whole)
    return values.size >= _FEWEST and taken is not None and bool(np.all(taken[0] >= 0))


def read_range(raw: RawFile) -> Sequence[Record]:
    """The pattern of a file whose first lines give start, step and end."""
    lines = raw.text().lines
    at = _range_line(lines)
    found = None if at is None else _range_of(lines[at])
    if at is None or found is None:
        raise raw.broken("the line with start, step and end is missing", expected="three numbers")
    try:
        values, end = _numbers_below(lines[at + 1 :])
    except ValueError as error:
        raise raw.broken(f"an intensity is no number ({str(error)[:80]})", line=at + 2) from None
    start, step, points = found
    taken = _intensities(values, points, end == len(lines) - at - 1)
    if taken is None:
        raise raw.broken(f"the range announces {points} points and {values.size} intensities follow", line=at + 2)
    y, esd = taken
    facts = facts_of_lines(lines[: at + 1])
    header = {
        **facts.header,
        "title": " ".join((*lines[:at], *lines[at].split()[3:])).strip()[:500],
        "step (deg)": f"{step:.10g}",
    }
    table = np.empty((2 if esd is None else 3, y.size))
    table[0], table[1] = steps_from(start, step, y.size), y
    if esd is not None:
        table[2] = esd
    return records_of_scans(raw, "powder-dat", [_named_esd(_scan(table.T, header, at + 2, facts), esd is not None)])


def _named_esd(scan: Scan, has_esd: bool) -> Scan:
    """The second list of these files is the esd, though that of summed detectors is not the root of the counts."""
    if not has_esd:
        return scan
    columns = (*scan.columns[:2], ("esd", "", scan.columns[2][2]))
    warnings = tuple(text for text in scan.warnings if not text.startswith("the meaning of column 3"))
    return attrs.evolve(scan, columns=columns, warnings=warnings)


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
