"""Powder patterns in tables whose heads say so: csv and text exports with a column of 2theta, Q or d and an intensity.

Formats: PANalytical csv (``[Measurement conditions]``, ``[Scan points]``, ``Angle,Intensity``), DIFFRAC.EVA and ``;RAW4.00`` text (``[Data]``, ``Angle, PSD``), pyFAI
and Dioptas (``# 2th_deg  I``, ``# q_A^-1  I  sigma``), Fit2D ``.chi`` (four lines, then rows), Rigaku text with ``*KEY "value"`` above, FullProf ``.prf``, GSAS-II and TOPAS
exports (``x,y_obs,weight,...``), Diamond ``&SRS``, and what programs and people write (``2Theta,Intensity``; ``2θ(°),强度``; ``Ángulo 2θ (°);Intensidad``). Layouts
checked on public files; the spellings are in ``powder_heads.py``.

Schema: the columns under their own names and units, the header keys of ``scans.py``. An angle whose own head does not contain ``2Theta`` is named ``2Theta`` and
its head kept in ``angle head``. Whole numbers without a unit are taken as counts. Without a head of an intensity each other column is a pattern of its own: a record
each, with the temperature or the sample that its head says (``25 °C``).

Q and d: when the lines above state the wavelength, a column ``2Theta`` is computed from it and a warning says so; else the axis stays what it is and the wavelength is missing.

Header kept: the entries ``key,value`` above the names, and the common keys (``powder_header.py``).

Uncertainties: none but a column that calls itself esd, sigma or error.

Told from lists of reflections by the angle, most of which must rise in equal steps.

Refused: broken rows, as plain tables (``table_text.py``), with their line.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

import attrs
import numpy as np

from pelletry.core.arrays import Array
from pelletry.core.record import Hint, Record
from pelletry.formats.columns import split_head, temperature_unit
from pelletry.formats.dates import iso_date
from pelletry.formats.head_blocks import head_blocks
from pelletry.formats.powder_header import HeaderFacts, facts_of_lines
from pelletry.formats.powder_heads import (
    axis_of,
    intensity_unit,
    is_esd,
    is_intensity,
    is_scan_axis,
    is_side_column,
    is_weak_angle,
)
from pelletry.formats.rawfile import RawFile
from pelletry.formats.registry import Format
from pelletry.formats.scans import Scan, records_of_scans, temperature_of
from pelletry.formats.table_text import Block, read_blocks

__all__ = ["FORMAT", "records_of_blocks"]

NAME = "powder-table"
_FIRST_WORDS = (
    "theta", "2th", "tth", "twoth", "θ", "ϑ", "ϴ", "ɵ", "th\xeata", "teta", "[scan points]", "[data]", "angle", "angulo", "ángulo", "y_obs", "yobs", "q_a", "q_nm",
    "q (", "q,", "q\t", "(inverse", "d (", "d-spacing", "d spacing", "衍射角", "角度",
)  # fmt: skip
_CHI = re.compile(r"\A[^\n]*\n\s*((?:2-?\s?Theta|Q)\b[^\n]*)\n\s*(\S[^\n]*)\n\s*(\d+)\s*\n", re.IGNORECASE)
_OTHERS = ("<", "_", "'Id:", "data_")  # formats with readers of their own that speak of 2theta as well
_SPEAKS_OF_DIFFRACTION = re.compile(
    r"\[Scan points\]|;RAW4|anode|wave ?length|k-?alpha|xrd|diffract|xrdml|gonio|2-?theta", re.IGNORECASE
)
_OTHER_AXES = {"omega": "Omega", "phi": "Phi", "chi": "Chi", "psi": "Psi"}
_FEWEST = 20
_SURELY_COUNTED = re.compile(r"counts?|cps|psd|cts|y_?obs|i_?obs", re.IGNORECASE)


@attrs.frozen(kw_only=True)
class _Axis:
    """Which column is the axis and what it is: ``2Theta``, ``Q`` or ``d``; weak when its head alone does not say."""

    column: int
    kind: str
    is_weak: bool = False


def _heads(block: Block) -> tuple[str, ...]:
    """The heads of the block's columns, also of a line with more heads than the rows have cells."""
    width = block.values.shape[1]
    if block.names and any(axis_of(name) or is_weak_angle(name) for name in block.names[:2]):
        return tuple(name.strip().strip('"').lstrip("#").strip() for name in block.names)
    for _, line in reversed(block.before[-4:]):
        for separator in ("\t", ";", ",", r"\s{2,}", r"\s+"):
            cells = [cell.strip().strip('"').strip() for cell in re.split(separator, line.strip().lstrip("#!;/* "))]
            cells = cells[: len(cells) if cells[-1] else -1]
            if len(cells) >= width and (axis_of(cells[0]) or cells[0] in ("x", "X")):
                return tuple(cells[:width])
    return tuple(name.strip().strip('"') for name in block.names)


def _axis(heads: Sequence[str], values: Array, words: str) -> _Axis | None:
    """The axis of a pattern, None when the table is none."""
    if len(heads) < 2 or len(values) < _FEWEST:
        return None
    for k, head in enumerate(heads[:2]):
        others = [other for j, other in enumerate(heads) if j != k]
        kind = axis_of(head)
        if kind == "2Theta":
            is_there = any(not is_side_column(other) for other in others)
            return _Axis(column=k, kind=kind) if is_there and is_scan_axis(values[:, k]) else None
        if kind and any(_is_measured(other) for other in others) and len(values) >= 100:
            steps = np.diff(values[:, k])
            is_one_way = bool(np.all(steps > 0) or np.all(steps < 0)) and values[:, k].min() > 0
            return _Axis(column=k, kind=kind) if is_one_way else None
        if k == 0 and is_weak_angle(split_head(head)[0]) and _is_angle_after_all(head, others, values[:, 0], words):
            return _Axis(column=0, kind="2Theta", is_weak=True)
    return None


def _is_measured(head: str) -> bool:
    return is_intensity(head) or is_intensity(split_head(head)[0])


def _is_angle_after_all(head: str, others: Sequence[str], x: Array, words: str) -> bool:
    """``Angle, PSD`` below a header of a diffractometer, ``x, y_obs``, or ``Angle, Counts`` in steps of a goniometer."""
    if not (is_scan_axis(x) and any(map(_is_measured, others)) and x[0] >= -20.0 and x[-1] <= 180.0):
        return False
    if head.strip().lower() == "x":
        return any(re.match(r"y_?obs", other.strip(), re.IGNORECASE) for other in others)
    is_counted = any(_SURELY_COUNTED.match(other.strip()) for other in others) and x.size >= 100 and np.ptp(x) >= 3.0
    return bool(is_counted) or _SPEAKS_OF_DIFFRACTION.search(words) is not None


def _has_words(text: str) -> bool:
    # Every text of a folder is asked: looking for words is ten times faster than for patterns.
    small = text.lower()
    return any(word in small for word in _FIRST_WORDS)


def can_read(raw: RawFile) -> bool:
    """A line of names with an angle and an intensity, and below it angles in equal steps."""
    text = raw.head_text
    if not text or text.lstrip().startswith(_OTHERS) or not _has_words(text[:20_000]):
        return False
    if text.startswith("*TYPE") or "\nBANK" in text[:4000]:
        return False
    if _CHI.match(text):
        return True
    return any(_axis(_heads(block), block.values, text[:4000]) is not None for block in head_blocks(raw))


def read(raw: RawFile) -> Sequence[Record]:
    """The patterns; a record a table, or a column when several patterns share one axis."""
    found = _CHI.match(raw.head_text)
    blocks = read_blocks(raw)
    if found is not None and blocks:
        values = blocks[-1].values
        if values.shape[0] != int(found[3]) or values.shape[1] not in (2, 3):
            raise raw.broken(f"{found[3]} points are announced, {len(values)} rows follow", line=4)
        heads = (found[1].strip(), found[2].strip(), "sigma")[: values.shape[1]]
        kind = "2Theta" if found[1].strip()[0] == "2" else "Q"
        facts = facts_of_lines([])
        return records_of_scans(
            raw, NAME, _scans(heads, values, _Axis(column=0, kind=kind), facts, blocks[-1].first_line)
        )
    records = records_of_blocks(raw, blocks, raw.head_text[:4000])
    if not records:
        raise raw.broken("the angles do not rise in equal steps to the end", do="export the scan again")
    return records


def records_of_blocks(raw: RawFile, blocks: Sequence[Block], words: str) -> list[Record]:
    """The patterns among the tables of a text or a sheet, none when none is one; ``words`` stand above them."""
    scans: list[Scan] = []
    for block in blocks:
        heads = _heads(block)
        axis = _axis(heads, block.values, words)
        if axis is not None:
            facts = facts_of_lines(line for _, line in block.before)
            scans.extend(_scans(heads, block.values, axis, facts, block.first_line))
    return records_of_scans(raw, NAME, scans)


def _scans(heads: Sequence[str], values: Array, axis: _Axis, facts: HeaderFacts, line: int) -> list[Scan]:
    """One scan, or one for each column when no head is that of an intensity."""
    measured = [k for k, head in enumerate(heads) if k != axis.column and _is_measured(head)]
    if measured:
        return [_scan(heads, values, axis, measured[0], facts, line)]
    alone = [k for k, head in enumerate(heads) if k != axis.column and not is_side_column(head)]
    scans = []
    for k in alone:
        pair = (heads[axis.column], heads[k])
        one = np.ascontiguousarray(values[:, [axis.column, k]])
        one = one[np.isfinite(one).all(axis=1)]
        scan = _scan(pair, one, attrs.evolve(axis, column=0), 1, facts, line)
        scans.append(_named_by_head(scan, heads[k]) if len(alone) > 1 else scan)
    return scans


def _named_by_head(scan: Scan, head: str) -> Scan:
    """A pattern of a table of many: its head is a temperature or the name of a sample."""
    match = re.fullmatch(r"\s*(?:T\s*=\s*)?(-?\d+(?:[.,]\d+)?)\s*[(\[]?\s*(°?\s?C|℃|K|degC)\s*[)\]]?\s*", head)
    temperature = None
    if match:
        temperature = temperature_of(float(match[1].replace(",", ".")), temperature_unit(match[2]), "column", head)
    hints = () if temperature else (Hint(name="sample", value=head, unit="", source="column", text=head),)
    y = scan.columns[-1][2]
    is_counts = bool(np.all(y == np.round(y)))
    header = {**scan.header, "intensity": "whole numbers, taken as counts" if is_counts else "the file does not say"}
    return attrs.evolve(
        scan, title=head, temperature_K=temperature or scan.temperature_K, hints=hints, header=header,
        intensity=head, columns=(*scan.columns[:-1], (head, "counts" if is_counts else "", y)),
    )  # fmt: skip


def _scan(heads: Sequence[str], values: Array, axis: _Axis, which: int, facts: HeaderFacts, line: int) -> Scan:
    split = [split_head(head) for head in heads]
    y = values[:, which]
    is_counts = bool(np.all(y == np.round(y)))
    said = intensity_unit(heads[which], split[which][1] or facts.header.get("intensity unit in the header", ""))
    unit = said or ("counts" if is_counts else "")
    header = dict(facts.header)
    header["intensity"] = (
        f"in {said}, as the file says"
        if said
        else "whole numbers, taken as counts"
        if is_counts
        else "the file does not say"
    )
    columns: list[tuple[str, str, Array]] = []
    for k, (name, own_unit) in enumerate(split):
        column = np.ascontiguousarray(values[:, k])
        shown = "esd" if k != axis.column and is_esd(name) else name or f"column {k + 1}"
        columns.append((shown, unit if k == which else own_unit, column))
    warnings = list(facts.warnings)
    intensity = columns[which][0]
    angle = _with_angle(columns, axis, heads[axis.column], header, warnings)
    began = next((header[k] for k in ("Measurement date and time", "Measurement date/time", "Date") if k in header), "")
    return Scan(
        columns=tuple(columns),
        angle=angle,
        intensity=intensity,
        header=header,
        acquired_at=iso_date(began),
        line=line,
        warnings=tuple(warnings),
        temperature_K=facts.temperature_K,
    )


def _with_angle(
    columns: list[tuple[str, str, Array]], axis: _Axis, head: str, header: dict[str, str], warnings: list[str]
) -> str:
    """The name of the angle column; changes it, or adds one that is computed from Q or d, in ``columns``."""
    name, unit, x = columns[axis.column]
    if axis.kind == "2Theta":
        stepped = next((own for word, own in _OTHER_AXES.items() if header.get("scan axis", "").lower() == word), "")
        plain = re.sub(r"[\s_-]", "", name.lower())
        own = stepped or (name if "2theta" in plain or "twotheta" in plain else "2Theta")
        if own != name:
            header["angle head"] = head
        if axis.is_weak and not stepped and "scan axis" not in header and "K-Alpha1 wavelength" not in header:
            warnings.append(f"the head {head!r} does not say which angle: it was taken as 2theta")
        if unit.lower().startswith("rad"):
            x = np.rad2deg(x)
            warnings.append("2theta was in radians and was converted to degrees")
        columns[axis.column] = (own, "deg", x)
        return own
    columns[axis.column] = (axis.kind, unit or _unit_of(head), x)
    lam = next((header[k] for k in ("wavelength (Angstrom)", "wavelength K-alpha1 (Angstrom)") if k in header), "")
    per_angstrom = 0.1 if "nm" in head.lower() else 1.0
    if not lam:
        warnings.append(f"the axis is {axis.kind}, and the file states no wavelength: 2theta cannot be had from it")
        return axis.kind
    value = x * per_angstrom if axis.kind == "Q" else 2 * np.pi / (x / per_angstrom)
    sine = float(lam) * value / (4 * np.pi)
    is_there = np.abs(sine) <= 1.0
    if not np.all(is_there):
        warnings.append(f"{int(np.sum(~is_there))} points have no 2theta at this wavelength and were left out")
    columns[:] = [(name, unit, np.ascontiguousarray(column[is_there])) for name, unit, column in columns]
    columns.insert(0, ("2Theta", "deg", np.degrees(2 * np.arcsin(sine[is_there]))))
    warnings.append(f"2theta was computed from {axis.kind} with the wavelength {lam} Å of the file")
    return "2Theta"


def _unit_of(head: str) -> str:
    match = re.search(r"\((.*?)\)|_(\S+)$|\[(.*?)\]", head)
    return next((group for group in match.groups() if group), "") if match else ""


FORMAT = Format(
    name=NAME,
    title="powder pattern in a table with heads",
    extensions=(".csv", ".txt", ".chi", ".xy", ".dat"),
    can_read=can_read,
    read=read,
)
