"""ZPlot and ZView text files (.z) of Scribner Associates, for Solartron and other analysers: three dialects and a relative.

Dialects seen
-------------
``ZPLOT2 ASCII`` (ZPlot 2.6-3.2c)
    Lines ``key: value``; the line of column names is followed by ``End Comments`` and then by rows with tabs.
``"ZPlotW Data File: Version 2.6b"`` .. ``3.2c``
    Eleven lines, most of them quoted (the quotes may be missing or unbalanced): data kind, experiment, date, comments, title,
    ``"Frequency"``, six comma numbers, the number of points, the column names; then rows with ``, ``. One comment line may be
    absent, so the header is found by its column names and not by counting.
``"ZView Calculated Data File: Version 1.1"``
    The same layout as saved by ZView (measured data too, in spite of the name). Conversions by other programs may hold only the
    first line and the column names. Its date and title may be leftovers of ZView's own demo files ("9-14-1993",
    "demo.z"): they are kept in the header, but the date is not taken as the date of the measurement.
``"Z60W Data File: Version 1.1"`` (written by Autolab's software for ZView)
    The same layout; rows with bare commas.

Schema: ``Freq`` Hz, ``Ampl``, ``Bias``, ``Time`` Sec, ``Z'(a)``, ``Z''(b)`` (both ohm by definition of the program, no unit in the file),
``GD``, ``Err``, ``Range``; names as in the file.

Uncertainties: none; 5 to 7 digits are printed. ``Err`` is a status code of the analyser, not an uncertainty.

Header kept: every ``key: value`` line. ``Surface Area: 1``, ``Density: 0``, ``Weight: 0`` are the program's defaults: not set.

Structure: the number of points on line 10 may exceed the rows (aborted or edited): a warning. ``1.234500E+0004`` (four digits in
the exponent) occurs. What the six numbers mean: ??? , sweep type ?, ?, ?, highest and lowest frequency.

Knowledge from: the files of ``solartron_z`` and ``eis_other`` in the real data, and writers of this layout in public programs.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

import attrs

from pelletry.core.record import Record
from pelletry.formats.numbers import Convention, convention_of
from pelletry.formats.rawfile import RawFile
from pelletry.formats.registry import Format
from pelletry.formats.spectra import header_of, records_from_blocks
from pelletry.formats.table_text import Block, read_blocks

__all__ = ["FORMATS"]

_QUOTED = re.compile(r'^\s*"?(ZPlotW|ZView Calculated|Z60W) Data File', re.IGNORECASE)
_NAMES = re.compile(r'^\s*"?\s*Freq\s*\(Hz\)', re.IGNORECASE)
_DEMO = re.compile(r"demo\d*\.z\b|\b9-14-1993\b", re.IGNORECASE)
_DEFAULTS = (("Surface Area", "1"), ("Density", "0"), ("Weight", "0"))


def _is_ascii(raw: RawFile) -> bool:
    return raw.head_text[:64].lstrip().upper().startswith("ZPLOT2 ASCII")


def _is_quoted(raw: RawFile) -> bool:
    return _QUOTED.match(raw.head_text[:64]) is not None


#: Rows that tell separator and decimal mark.
_ROWS_TO_JUDGE = 16


def _names_line(raw: RawFile, lines: Sequence[str]) -> int:
    """Index of the line with the column names."""
    for i, line in enumerate(lines[:5000]):
        if _NAMES.match(line):
            return i
    raise raw.broken(
        "the line with the column names is missing",
        expected="a line that begins with 'Freq(Hz)'",
        do="export the file again from ZPlot or ZView",
    )


def _names(line: str) -> tuple[str, ...]:
    """The nine names; inside the quotes they are separated by blanks, in ZPLOT2 by tabs."""
    text = re.sub(r"\s+\(", "(", line.strip().strip('"'))
    return tuple(text.split())


def _data(raw: RawFile, lines: Sequence[str], names_at: int) -> list[Block]:
    # Below the names all lines are rows alike: the first ones tell the convention of all.
    convention = convention_of(lines[names_at + 1 : names_at + 1 + _ROWS_TO_JUDGE]) or Convention("\t", ".")
    blocks = read_blocks(raw, convention=convention)
    names = _names(lines[names_at])
    kept = [
        attrs.evolve(block, names=names[: block.values.shape[1]], units=())
        for block in blocks
        if block.first_line > names_at + 1
    ]
    if len(kept) > 1:
        raise raw.broken(
            "text stands between the rows", line=kept[1].first_line - 1, expected="rows of numbers to the end"
        )
    if kept and kept[0].values.shape[1] < 6:
        raise raw.broken(
            f"a row has {kept[0].values.shape[1]} numbers", line=kept[0].first_line, expected="9 columns, at least 6"
        )
    return kept


def _short(announced: int | None, blocks: Sequence[Block]) -> tuple[str, ...]:
    rows = len(blocks[0].values) if blocks else 0
    if announced is None or announced == rows:
        return ()
    return (f"the header announces {announced} points, the file holds {rows}: an aborted or edited measurement",)


def _records(
    raw: RawFile,
    name: str,
    blocks: list[Block],
    header: dict[str, str],
    notes: Sequence[str],
    *,
    acquired_at: str | None,
) -> list[Record]:
    if not blocks:
        if any(note.startswith("the header announces") for note in notes):
            raise raw.broken("; ".join(notes), expected="rows of numbers", do="copy the file again from its source")
        return [Record(name=raw.path.name, technique="impedance", columns=(), origin=raw.origin(name), header=header)]
    not_set = tuple(key for key, default in _DEFAULTS if header.get(key) == default)
    blocks[0] = attrs.evolve(blocks[0], before=(), warnings=(*blocks[0].warnings, *notes))
    return records_from_blocks(raw, name, blocks, header=header, acquired_at=acquired_at, not_set=not_set)


def _read_ascii(raw: RawFile) -> Sequence[Record]:
    lines = raw.text().lines
    names_at = _names_line(raw, lines)
    header = header_of(lines[1:names_at])
    points = header.get("Data Points", "")
    blocks = _data(raw, lines, names_at)
    acquired_at = iso_date(header.get("Date", ""), header.get("Time", ""))
    notes = _short(int(points) if points.isdigit() else None, blocks)
    return _records(raw, "zplot-ascii", blocks, header, notes, acquired_at=acquired_at)


def _read_quoted(raw: RawFile) -> Sequence[Record]:
    lines = raw.text().lines
    names_at = _names_line(raw, lines)
    above = [line.strip().strip('"').strip() for line in lines[:names_at]]
    header = {f"line {i + 1}": text for i, text in enumerate(above) if text}
    announced = next((int(text) for text in reversed(above) if re.fullmatch(r"\d{1,7}", text)), None)
    blocks = _data(raw, lines, names_at)
    notes = list(_short(announced, blocks))
    date = next((match for text in above if (match := re.search(r"Date:\s*(\S+)\s+\"?Time:\s*(\S+)", text))), None)
    is_stale = any(_DEMO.search(text) for text in above)
    if is_stale:
        notes.append("title or date in the header are leftovers of a ZView demo file and were not used")
    # ZView keeps whatever header it loaded first, so only files of the measuring program date the measurement.
    dated = date is not None and not is_stale and above[0].startswith("ZPlotW")
    acquired_at = iso_date(date[1], date[2]) if date is not None and dated else None
    return _records(raw, "zview-text", blocks, header, notes, acquired_at=acquired_at)


def iso_date(date: str, time: str) -> str | None:
    """``10-12-2018`` and ``12:32:21`` (month first, as the program writes it) in ISO 8601, or None."""
    match = re.fullmatch(r"(\d{1,2})[-/](\d{1,2})[-/](\d{4})", date.strip())
    clock = re.fullmatch(r"(\d{1,2}):(\d{1,2}):(\d{1,2})", time.strip())
    if not match or not 1 <= int(match[1]) <= 12 or not 1 <= int(match[2]) <= 31:
        return None
    day = f"{match[3]}-{int(match[1]):02d}-{int(match[2]):02d}"
    return f"{day}T{int(clock[1]):02d}:{int(clock[2]):02d}:{int(clock[3]):02d}" if clock else day


FORMATS = (
    Format(
        name="zplot-ascii",
        title="ZPlot text file (ZPLOT2 ASCII)",
        extensions=(".z",),
        can_read=_is_ascii,
        read=_read_ascii,
    ),
    Format(
        name="zview-text",
        title="ZPlot, ZView or Z60W text file with quoted header",
        extensions=(".z", ".txt"),
        can_read=_is_quoted,
        read=_read_quoted,
    ),
)
