"""Powder patterns in tables whose heads say so: csv and text exports with a column ``2Theta`` or ``Angle``.

Formats: PANalytical csv (``[Measurement conditions]``, ``[Scan points]``, ``Angle,Intensity``), Fit2D ``.chi`` (four lines, then rows), and what programs and people
write (``2Theta,Intensity``; ``2-Theta<tab>Counts``; ``2theta (deg);Iobs``). **No real file of ours**: built from public descriptions.

Schema: the columns under their own names and units, the header keys of ``scans.py``. The first column is the angle in degrees, the intensity the first other column
called intensity, counts, cps, I, Iobs or yobs. Whole numbers without a unit are taken as counts.

Header kept: the entries ``key,value`` above the names; those of PANalytical also under the keys of ``scans.py``: wavelengths, anode, time per step, step, tube.

Uncertainties: none but a column that calls itself esd, sigma or error.

Told from lists of reflections by the angle, which must rise in equal steps.

Refused: broken rows, as plain tables (``table_text.py``), with their line.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

import numpy as np

from pelletry.core.arrays import Array
from pelletry.core.record import Record
from pelletry.formats.columns import split_head
from pelletry.formats.dates import iso_date
from pelletry.formats.rawfile import RawFile
from pelletry.formats.registry import Format
from pelletry.formats.scans import Scan, records_of_scans
from pelletry.formats.table_text import Block, blocks_of_lines, read_blocks

__all__ = ["FORMAT"]

NAME = "powder-table"
_WORDS = re.compile(r"(?:2|two)[\s\-_*]?theta|2\s?θ|°\s?2Th|^\[Scan points\]", re.IGNORECASE | re.MULTILINE)
_FIRST_WORDS = (
    "theta",
    "2th",
    "θ",
    "ϑ",
    "ϴ",
    "[scan points]",
)  # in small letters; one of them is in every hit of _WORDS
_ANGLE = re.compile(r"(?:2|two)[\s\-_*]?theta\b.*|2\s?θ.*|(?:pos\.? ?)?\[?°\s?2th.*", re.IGNORECASE)
_BARE_ANGLE = re.compile(r"(?:angle|pos(?:ition)?)\.?", re.IGNORECASE)
_INTENSITY = re.compile(
    r"(?:intensit(?:y|ies)|int|i|iobs|i_?obs|yobs|y_?obs|counts?|cps|count rate|psd)\b.*", re.IGNORECASE
)
_ESD = re.compile(r"(?:esd|e\.s\.d\.|sigma|error|err|sig(?:ma)?_?(?:i|y)?)\b.*", re.IGNORECASE)
_CHI = re.compile(r"\A[^\n]*\n\s*(2-?\s?Theta[^\n]*)\n\s*(\S[^\n]*)\n\s*(\d+)\s*\n", re.IGNORECASE)
_OTHERS = ("<", "*", "_", "'Id:")  # formats with readers of their own that speak of 2theta as well
_PANALYTICAL = {
    "Anode material": "anode", "K-Alpha1 wavelength": "wavelength K-alpha1 (Angstrom)", "K-Alpha2 wavelength": "wavelength K-alpha2 (Angstrom)",
    "Ratio K-Alpha2/K-Alpha1": "ratio K-alpha2/K-alpha1", "K-Beta wavelength": "wavelength K-beta (Angstrom)", "Scan axis": "scan axis",
    "Scan type": "scan mode", "Step size": "step (deg)", "Scan step size": "step (deg)", "Time per step": "time per step (s)",
    "Scan step time": "time per step (s)", "Generator voltage": "tube voltage (kV)", "Tube current": "tube current (mA)",
    "Goniometer radius": "goniometer radius (mm)", "Sample identification": "sample",
}  # fmt: skip
_LOOKED_LINES = 400
_FEWEST = 20


def _heads(block: Block) -> tuple[str, ...]:
    return tuple(name.strip().strip('"') for name in block.names)


def _is_pattern(block: Block, is_section: bool) -> bool:
    heads = _heads(block)
    if len(heads) < 2 or len(block.values) < _FEWEST:
        return False
    is_angle = _ANGLE.fullmatch(heads[0]) or (is_section and _BARE_ANGLE.fullmatch(split_head(heads[0])[0]))
    return bool(is_angle) and any(map(_INTENSITY.fullmatch, heads[1:])) and _rises(block.values[:, 0])


def _rises(x: Array) -> bool:
    """Angles of a goniometer in equal steps, to the last place printed."""
    steps = np.diff(x)
    middle = float(np.median(steps))
    is_angle = 1e-4 <= middle <= 5.0 and -10.0 <= float(x[0]) < float(x[-1]) <= 180.0
    return is_angle and bool(np.all(np.abs(steps - middle) <= max(0.05 * middle, 0.00105)))


def _has_words(text: str) -> bool:
    # Every text of a folder is asked: looking for words is ten times faster than for patterns.
    small = text.lower()
    return any(word in small for word in _FIRST_WORDS) and _WORDS.search(text) is not None


def can_read(raw: RawFile) -> bool:
    """A line of names with an angle and an intensity, and below it angles in equal steps."""
    text = raw.head_text
    if not text or text.lstrip().startswith(_OTHERS) or not _has_words(text[:20_000]):
        return False
    if _CHI.match(text):
        return True
    from pelletry.core.errors import FormatError

    lines = text.split("\n")[:_LOOKED_LINES]
    try:
        blocks = blocks_of_lines(raw, lines[:-1] if len(lines) == _LOOKED_LINES else lines)
    except FormatError:
        return False
    return any(_is_pattern(block, "[Scan points]" in text) for block in blocks)


def read(raw: RawFile) -> Sequence[Record]:
    """The pattern; a record a table when the file holds several."""
    found = _CHI.match(raw.head_text)
    blocks = read_blocks(raw)
    if found is not None and blocks:
        values = blocks[-1].values
        if values.shape != (int(found[3]), 2):
            raise raw.broken(f"{found[3]} points are announced, {len(values)} rows follow", line=4)
        names = (found[1].strip(), found[2].strip())
        return records_of_scans(raw, NAME, [_scan(names, values, {}, blocks[-1].first_line)])
    is_section = "[Scan points]" in raw.head_text
    scans = [
        _scan(_heads(block), block.values, _entries(block), block.first_line)
        for block in blocks
        if _is_pattern(block, is_section)
    ]
    if not scans:
        raise raw.broken("the angles do not rise in equal steps to the end", do="export the scan again")
    return records_of_scans(raw, NAME, scans)


def _entries(block: Block) -> dict[str, str]:
    """The lines ``key,value``, ``key: value`` or ``key = value`` above the names."""
    header: dict[str, str] = {}
    for _, line in block.before[:-1]:
        match = re.match(r"\s*[#;']*\s*\"?([^,;:=\t]{2,60}?)\"?\s*[,;:=\t]\s*\"?(.*?)\"?[\s,;]*$", line)
        if match and match[2]:
            header.setdefault(match[1].strip(), match[2].strip()[:500])
    return header


def _scan(heads: Sequence[str], values: Array, entries: Mapping[str, str], line: int) -> Scan:
    names, units = zip(*(split_head(head) for head in heads), strict=True)
    which = next((k for k, head in enumerate(heads) if k and _INTENSITY.fullmatch(head)), 1)
    y = values[:, which]
    is_counts = bool(np.all(y == np.round(y)))
    unit = units[which] or ("counts" if is_counts else "")
    header = {**entries, **{key: entries[name] for name, key in _PANALYTICAL.items() if entries.get(name)}}
    header["intensity"] = (
        f"in {units[which]}, as the file says"
        if units[which]
        else "whole numbers, taken as counts"
        if is_counts
        else "the file does not say"
    )
    columns = []
    for k, name in enumerate(names):
        column = np.ascontiguousarray(values[:, k])
        own = "deg" if k == 0 else unit if k == which else units[k]
        columns.append(("esd" if k and _ESD.fullmatch(name) else name, own, column))
    began = entries.get("Measurement date and time", entries.get("Date", ""))
    return Scan(
        columns=tuple(columns),
        angle=columns[0][0],
        intensity=columns[which][0],
        header=header,
        acquired_at=iso_date(began),
        line=line,
    )


FORMAT = Format(
    name=NAME,
    title="powder pattern in a table with heads",
    extensions=(".csv", ".txt", ".chi", ".xy"),
    can_read=can_read,
    read=read,
)
