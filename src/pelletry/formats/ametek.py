"""AMETEK (Princeton Applied Research, Solartron): VersaStudio .par files and the text exports of PowerSuite / Parstat.

Versions seen: VersaStudio 2.52; Parstat export with dc rows; PowerSuite export of three columns (read as a plain table).

VersaStudio .par
    Sections ``<Name>`` ... ``</Name>`` with ``key=value``; each ``<SegmentN>`` holds ``Definition=`` with the column names, separated
    by ``, ``, and then rows separated by bare commas. Schema: ``Segment #``, ``Point #``, ``E`` V, ``I`` A, ``Elapsed Time`` s, ...,
    ``Frequency`` Hz, ``Z Real``, ``Z Imag`` (ohm by definition; no unit in the file), ``AC Amplitude``, and a nameless last column ``0``.
    The definition may name more columns than a row holds. Kept of the header: the entries of ``<ActionN>`` and ``<Application>``.
    ``Z2 Real`` and ``Z2 Imag`` belong to a second electrometer (zero when unused) and never replace ``Z Real``.

Parstat text
    One line of names with units (``Frequency (Hz)``, ``Zre (ohms)``, ``Zim (ohms)``), rows with tabs. The dc part of the run stands in
    the same table with frequency 0 and impedance 0: those rows are no spectrum and become a record of their own.

Uncertainties: none in either. Decimal comma: read when consistent (not seen).

Knowledge from: ``eis_other/ECSHackWeek+impedance_py`` in the real data.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

import attrs
import numpy as np

from pelletry.core.record import Column, Record
from pelletry.formats.columns import split_head
from pelletry.formats.dates import iso_date
from pelletry.formats.rawfile import RawFile
from pelletry.formats.registry import Format
from pelletry.formats.spectra import header_of, records_from_blocks, records_from_columns, series_of
from pelletry.formats.table_text import read_blocks

__all__ = ["FORMATS"]

_SECTION = re.compile(r"^<(?P<name>[A-Za-z]+\d*)>\s*$")
_PARSTAT = re.compile(r"^Potential \(V\)\tCurrent \(A\)\tElapsed Time \(s\)\tFrequency \(Hz\)\t")


def _is_versastudio(raw: RawFile) -> bool:
    head = raw.head_text
    return head.lstrip().startswith("<Application>") and "VersaStudio" in head[:500]


def _is_parstat(raw: RawFile) -> bool:
    return _PARSTAT.match(raw.head_text) is not None


def _sections(lines: Sequence[str]) -> list[tuple[str, int, int]]:
    """(name, first line, line after the last) of each section, as indices."""
    found: list[tuple[str, int, int]] = []
    i = 0
    while i < len(lines):
        match = _SECTION.match(lines[i])
        if match:
            closing = f"</{match['name']}>"
            end = next((j for j in range(i + 1, len(lines)) if lines[j].strip() == closing), len(lines))
            found.append((match["name"], i + 1, end))
            i = end
        i += 1
    return found


def _read_versastudio(raw: RawFile) -> Sequence[Record]:
    lines = raw.text().lines
    sections = _sections(lines)
    header: dict[str, str] = {}
    for name, start, end in sections:
        if name.startswith(("Application", "Action", "Experiment", "Instrument")):
            header.update({k: v for k, v in header_of(lines[start:end]).items() if v})
    series = []
    for name, start, end in sections:
        if name.startswith("Segment"):
            columns, line = _segment(raw, name, lines, start, end)
            if columns:
                series.append(series_of(columns, line=line, header={"section": name}))
    if not series:
        raise raw.broken(
            "no segment holds data", expected="<Segment1> with 'Definition=' and rows", do="check that the run ended"
        )
    date = iso_date(f"{header.get('DateAcquired', '')} {header.get('TimeAcquired', '')}")
    return records_from_columns(raw, "versastudio-par", series, header=header, acquired_at=date)


def _segment(raw: RawFile, name: str, lines: Sequence[str], start: int, end: int) -> tuple[list[Column], int]:
    defined = next((i for i in range(start, end) if lines[i].startswith("Definition=")), None)
    if defined is None:
        raise raw.broken(f"<{name}> has no line 'Definition='", line=start, expected="the column names")
    names = [part.strip() for part in lines[defined].removeprefix("Definition=").split(",")]
    rows = [i for i in range(defined + 1, end) if lines[i].strip()]
    if not rows:
        return [], defined + 1
    values = np.full((len(rows), len(names)), np.nan)
    width = len(lines[rows[0]].split(","))
    for k, i in enumerate(rows):
        cells = lines[i].split(",")
        if len(cells) != width and i == rows[-1] and end == len(lines):
            values = values[:k]
            break  # a file cut off in its last row
        if len(cells) != width or width > len(names):
            raise raw.broken(f"the row has {len(cells)} cells", line=i + 1, expected=f"{min(width, len(names))} cells")
        try:
            values[k, :width] = [float(cell) if cell.strip() else np.nan for cell in cells]
        except ValueError as error:
            raise raw.broken(f"the row holds no number where one is due ({error})", line=i + 1) from None
    columns = []
    for j, head in enumerate(names[:width]):
        column, unit = split_head(head)
        columns.append(Column(name=column, unit=unit, values=np.ascontiguousarray(values[:, j])))
    return columns, rows[0] + 1


def _read_parstat(raw: RawFile) -> Sequence[Record]:
    blocks = read_blocks(raw)
    if len(blocks) != 1 or "Frequency (Hz)" not in blocks[0].names:
        raise raw.broken("the table is empty or interrupted", expected="one table below the names in line 1")
    block = blocks[0]
    with_ac = block.values[:, block.names.index("Frequency (Hz)")] != 0
    parts = []
    for mask in (with_ac, ~with_ac):
        rows = np.flatnonzero(mask)
        if rows.size:
            lines = tuple(block.lines[i] for i in rows)
            parts.append(attrs.evolve(block, values=block.values[rows], lines=lines))
    records: list[Record] = []
    for part, is_ac in zip(parts, [True, False] if with_ac.any() else [False], strict=False):
        found = records_from_blocks(raw, "parstat-text", [part])
        if not is_ac:
            name = f"{raw.path.name}, dc part"
            found = [attrs.evolve(r, technique="", name=name) for r in found[:1]]
        records.extend(found)
    return [attrs.evolve(r, origin=attrs.evolve(r.origin, record=i)) for i, r in enumerate(records)]


FORMATS = (
    Format(
        name="versastudio-par",
        title="AMETEK VersaStudio file (.par)",
        extensions=(".par",),
        can_read=_is_versastudio,
        read=_read_versastudio,
    ),
    Format(
        name="parstat-text",
        title="Parstat / PowerSuite text export",
        extensions=(".txt",),
        can_read=_is_parstat,
        read=_read_parstat,
    ),
)
