"""Blocks of a text file to records: columns with names and units, one record a spectrum, and what the text around them says.

Several spectra in one file are told apart by what separates them: text or a repeated header between the rows, a temperature
column, columns that begin again with a frequency further right, or a frequency that jumps back to where the sweep began.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Mapping, Sequence
from pathlib import PurePosixPath

import attrs
import numpy as np
import numpy.typing as npt

from pelletry.core.arrays import Array
from pelletry.core.bare_spectrum import heads_of_bare_columns
from pelletry.core.record import Column, Hint, Record
from pelletry.formats.columns import has_impedance, has_run, role_of_column, split_head, technique_of, temperature_unit
from pelletry.formats.hints import ZERO_CELSIUS_K, hints_from_header, hints_from_name, temperatures_in
from pelletry.formats.rawfile import RawFile
from pelletry.formats.shared_frequency import labels_above, sharing_frequency, with_labels
from pelletry.formats.table_text import Block
from pelletry.formats.voltammogram import is_swept

__all__ = ["header_of", "not_set_keys", "records_from_blocks", "records_from_columns", "sweep_starts"]

_KEY_VALUE = re.compile(r"^\s*[#%*;]*\s*(?P<key>[^:=\t]{1,60}?)\s*(?::\s|=\s?|:$|\t+)\s*(?P<value>.*?)[\s;,]*$")
_GEOMETRY = re.compile(
    r"\b(?:area|surface|thickness|diameter|radius|mass|weight|density|length|dicke|fläche)\b", re.IGNORECASE
)
_TEMPERATURE_LINE = re.compile(r"\btemp|\bT\s*[=:(\[]|^\W*\d+(?:[.,]\d+)?\s*°\s?C\s*$", re.IGNORECASE)
_FITTED = re.compile(
    r"\b(?:fit(?:ted)?[ -]+(?:impedance[ -]+)?(?:data|values|spectrum|result|curve)|[Ss]imulat(?:ed|ion)|model(?:led)? (?:data|spectrum))\b",
    re.IGNORECASE,
)
_LONGEST_HEADER = 400
_Rows = npt.NDArray[np.intp]
#: With fewer steps in its direction than this, a column is no sequence of sweeps.
_SHARE_OF_A_SWEEP = 0.7


#: A table of time, voltage and current is one of a cell up to this; beyond it may be of the mains.
_MOST_VOLT = 50.0
_SMALLEST_RATIO = 0.0046  # of neighbouring frequencies, as a logarithm: 500 points a decade


@attrs.frozen(kw_only=True)
class _Series:
    """Columns of equal length on their way to one or more records."""

    columns: tuple[Column, ...]
    line: int | None
    header: Mapping[str, str]
    texts: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    tag: str = ""  # what its headings add to those of the other spectra of a table

    def roles(self) -> dict[str, Column]:
        found: dict[str, Column] = {}
        for column in self.columns:
            role, _ = role_of_column(column.name, column.unit)
            if role:
                found.setdefault(role, column)
        return found


def header_of(lines: Sequence[tuple[int, str]] | Sequence[str]) -> dict[str, str]:
    """The lines ``key: value``, ``key = value`` and ``key<tab>value`` of a header; the first entry of a key wins."""
    header: dict[str, str] = {}
    for line in lines:
        text = line if isinstance(line, str) else line[1]
        match = _KEY_VALUE.match(text[:1000])
        if (
            match
            and len(header) < _LONGEST_HEADER
            and match["key"].strip('" ')
            and not match["key"].strip()[0].isdigit()
        ):
            header.setdefault(match["key"].strip().strip('"'), match["value"].strip().strip('"')[:500])
    return header


def not_set_keys(header: Mapping[str, str]) -> tuple[str, ...]:
    """Header entries of a geometry or mass that hold nothing: 0, ``0,000``, or a program's 0.001."""
    found = []
    for key, text in header.items():
        match = re.match(r"\s*([-+]?[\d.,]+(?:[eE][+-]?\d+)?)", text)
        if _GEOMETRY.search(key.replace("_", " ")) and match:
            try:
                value = float(match[1].rstrip(".,").replace(",", "."))
            except ValueError:
                continue
            if value == 0.0 or value == 0.001:
                found.append(key)
    return tuple(found)


def _middle(values: Array) -> float:
    """The upper median; numpy's own loads its masked arrays for it, a tenth of the time a small file takes."""
    return float(np.sort(values)[len(values) // 2])


def sweep_starts(frequency: Array) -> list[int]:
    """Where a sweep begins again: a jump back against the direction of the sweep, of several steps, to near its first point.

    Points out of order or measured twice do not begin a new sweep; nor does turning round (up after down). Rows in no order
    at all are one spectrum.
    """
    usable = np.isfinite(frequency) & (frequency > 0)
    where = np.flatnonzero(usable)
    if where.size < 4:
        return [0]
    logs = np.log10(frequency[where])
    steps = np.diff(logs)
    moving = steps[steps != 0]
    if moving.size == 0:
        return [0]
    direction = np.sign(_middle(moving))
    if np.mean(np.sign(moving) == direction) < _SHARE_OF_A_SWEEP:
        return [0]
    typical = _middle(np.abs(moving))
    span = float(logs.max() - logs.min())
    starts = [0]
    first = logs[0]
    for i in np.flatnonzero(-direction * steps > max(2.5 * typical, 0.3)):
        lands = logs[i + 1]
        if abs(lands - first) < 0.3 or -direction * steps[i] > 0.5 * span:
            starts.append(int(where[i + 1]))
            first = lands
    return starts


def _columns(block: Block) -> tuple[tuple[Column, ...], tuple[str, ...], list[int]]:
    """The numeric columns of a block, the names of those that hold words, and the places of the former."""
    wordy = dict(block.texts)
    places: list[int] = []
    columns: list[Column] = []
    left_out: list[str] = []
    for j in range(block.values.shape[1]):
        head = block.names[j] if j < len(block.names) else ""
        name, unit = split_head(head)
        if not unit and j < len(block.units):
            unit = block.units[j] if block.units[j] != "#" else ""
        if j in wordy:
            left_out.append(name or f"column {j + 1}")
            continue
        values = block.values[:, j]
        if not name and bool(np.all(np.isnan(values))):
            continue
        columns.append(Column(name=name or f"column {j + 1}", unit=unit, values=np.ascontiguousarray(values)))
        places.append(j)
    return tuple(columns), tuple(left_out), places


def _looks_swept(block: Block) -> bool:
    """Three bare columns whose first is a frequency: positive, over at least one decade, in steps of equal ratio."""
    if block.names or block.texts or block.values.shape[1] != 3 or len(block.values) < 5:
        return False
    x = block.values[:, 0]
    if not np.all(np.isfinite(block.values)) or np.any(x <= 0) or x.max() / x.min() < 10:
        return False
    starts = sweep_starts(x)
    first = x[: starts[1]] if len(starts) > 1 else x
    if len(first) < 4:
        return False
    ratios, steps = np.diff(np.log(first)), np.diff(first)
    if not (np.all(ratios > 0) or np.all(ratios < 0)):
        return False
    if np.median(np.abs(ratios)) < _SMALLEST_RATIO:  # times of flight are binned so, in thousands of steps
        return False
    # Medians: points that somebody took out leave gaps, and the lists of some programs go 1, 1.5, 2, 3.
    return _scatter(ratios) < 0.5 * _scatter(steps)


def _scatter(values: npt.NDArray[np.float64]) -> float:
    middle = float(np.median(values))
    return float(np.median(np.abs(values - middle))) / abs(middle) if middle else 0.0


def _side_by_side(columns: tuple[Column, ...], labels: Sequence[str]) -> list[tuple[str, tuple[Column, ...]]]:
    """Spectra next to one another, each with its own frequency column or all with one; each with what its headings add.

    ``labels`` are the words on the line above the headings, one a column, empty where there is none.
    """
    heads = [i for i, column in enumerate(columns) if role_of_column(column.name, column.unit)[0] == "frequency"]
    if len(heads) < 2:
        labelled = sharing_frequency(with_labels(columns, labels))
        return labelled if len(labelled) > 1 else sharing_frequency(columns)
    groups = [columns[a:b] for a, b in zip(heads, [*heads[1:], len(columns)], strict=True)]
    for group in groups:
        if not has_impedance({role_of_column(c.name, c.unit)[0] for c in group}):
            return [("", columns)]
    tags = [set(labels[a:b]) for a, b in zip(heads, [*heads[1:], len(columns)], strict=True)]
    is_labelled = all(len(tag) == 1 for tag in tags) and len(set.union(*tags)) == len(tags)
    kept = []
    for words, group in zip(tags, groups, strict=True):
        rows = np.flatnonzero(np.isfinite(group[0].values))
        end = int(rows[-1]) + 1 if rows.size else 0
        kept.append(
            (
                min(words) if is_labelled else "",
                tuple(attrs.evolve(column, values=column.values[:end]) for column in group),
            )
        )
    return kept


def _series_of_block(block: Block, names: Block | None) -> list[_Series]:
    swept = _looks_swept(block)
    if names is not None and not block.names:
        block = attrs.evolve(block, names=names.names, units=names.units)
    columns, left_out, places = _columns(block)
    warnings = list(block.warnings)
    told = heads_of_bare_columns(*(block.values[:, j] for j in range(3))) if swept and names is None else None
    if told is not None:
        columns = tuple(
            attrs.evolve(column, name=name, unit=unit) for column, (name, unit) in zip(columns, told[0], strict=True)
        )
        warnings.append(f"the file has no header: the columns were taken as frequency in Hz, {told[1]}")
    header = header_of(block.before)
    if left_out:
        header["columns of words, left out"] = ", ".join(left_out)
    labels = labels_above(block)
    texts = tuple(text for _, text in block.before)
    return [
        _Series(
            columns=group,
            line=block.first_line,
            header={**header, "spectrum": tag} if tag else header,
            texts=(f"temperature {tag}",) if tag and temperatures_in(tag) else texts,
            warnings=tuple(warnings),
            tag=tag,
        )
        for tag, group in _side_by_side(columns, [labels[j] for j in places])
    ]


def _joined(blocks: Sequence[Block]) -> list[Block]:
    """Blocks with a page break between them put together: same header, nothing else between, and the sweep goes on."""
    kept: list[Block] = []
    for block in blocks:
        last = kept[-1] if kept else None
        same = last is not None and last.names == block.names and last.values.shape[1] == block.values.shape[1]
        if last is not None and same and block.names and len(block.before) <= 1 + bool(block.units):
            both = np.vstack([last.values, block.values])
            if (
                len(sweep_starts(both[:, 0])) == len(sweep_starts(last.values[:, 0]))
                and not last.texts
                and not block.texts
            ):
                kept[-1] = attrs.evolve(last, values=both, lines=last.lines + block.lines)
                continue
        kept.append(block)
    return kept


def _by_temperature(column: Column) -> list[_Rows] | None:
    """Row numbers of each temperature, when a column holds a few temperatures many times over."""
    values = column.values
    if not np.all(np.isfinite(values)) or values.size < 4:
        return None
    found, inverse = np.unique(values, return_inverse=True)
    if not 2 <= found.size <= values.size // 3:
        return None
    order = np.argsort([int(np.flatnonzero(inverse == k)[0]) for k in range(found.size)])
    return [np.flatnonzero(inverse == k) for k in order]


def _split(series: _Series) -> list[_Series]:
    roles = series.roles()
    groups: list[_Rows] = [np.arange(len(series.columns[0].values))]
    temperature = roles.get("temperature")
    if temperature is not None:
        groups = _by_temperature(temperature) or groups
    frequency = (roles.get("frequency") or roles["angular_frequency"]).values
    rows: list[_Rows] = []
    for group in groups:
        starts = [*sweep_starts(frequency[group]), len(group)]
        rows.extend(group[a:b] for a, b in itertools.pairwise(starts))
    if len(rows) == 1:
        return [series]
    return [
        attrs.evolve(
            series,
            columns=tuple(attrs.evolve(column, values=column.values[index]) for column in series.columns),
            line=None if series.line is None else series.line + int(index[0]),
        )
        for index in rows
    ]


def _column_temperature(series: _Series) -> tuple[list[Hint], list[str]]:
    column = series.roles().get("temperature")
    if column is None or not np.any(np.isfinite(column.values)):
        return [], []
    unit = temperature_unit(column.unit)
    if not unit:
        return [], [f"the column '{column.name}' has no unit, so its temperatures were not used"]
    kelvin = column.values[np.isfinite(column.values)] + (0.0 if unit == "K" else ZERO_CELSIUS_K)
    low, high = float(kelvin.min()), float(kelvin.max())
    if not 1.0 <= low <= high <= 2300.0:
        return [], [f"the column '{column.name}' holds {low:.1f} to {high:.1f} K, which is no sample temperature"]
    text = column.name if high - low < 1e-9 else f"{column.name}: {low:.2f} to {high:.2f} K"
    return [Hint(name="temperature", value=round(float(kelvin.mean()), 4), unit="K", source="column", text=text)], []


def _text_temperatures(texts: Sequence[str]) -> list[Hint]:
    """Temperatures in lines of text; only a line that speaks of a temperature is more than a title."""
    hints: list[Hint] = []
    for name, wanted in (("temperature", True), ("temperature_in_title", False)):
        found = {
            round(kelvin, 4): words
            for text in texts
            if bool(_TEMPERATURE_LINE.search(text[:300])) is wanted
            for kelvin, words, treated in temperatures_in(text[:300])
            if not treated
        }
        if len(found) == 1:
            ((kelvin, words),) = found.items()
            hints.append(Hint(name=name, value=kelvin, unit="K", source="header", text=words))
    return hints


def _kind(texts: Sequence[str], name: str) -> list[Hint]:
    """Fits and simulations are saved in the same layouts as measurements; their own words tell."""
    for source, pieces in (("header", texts), ("file name", (name,))):
        for piece in pieces:
            match = _FITTED.search(piece[:300].replace("_", " "))
            if match:
                return [Hint(name="kind", value="not a measurement", unit="", source=source, text=match[0])]
    return []


def records_from_blocks(
    raw: RawFile,
    format_name: str,
    blocks: Sequence[Block],
    *,
    header: Mapping[str, str] | None = None,
    title: str = "",
    acquired_at: str | None = None,
    not_set: Sequence[str] = (),
) -> list[Record]:
    """Records of all blocks, spectra split from one another; ``header`` adds entries that hold for the whole file."""
    series: list[_Series] = []
    named: Block | None = None
    for block in _joined(blocks):
        usable = named if named is not None and named.values.shape[1] == block.values.shape[1] else None
        series.extend(_series_of_block(block, usable))
        named = block if block.names else named
    shared = header_of(blocks[0].before) if blocks else {}
    shared.update(header or {})
    return records_from_columns(
        raw, format_name, series, header=shared, title=title, acquired_at=acquired_at, not_set=not_set
    )


def series_of(
    columns: Sequence[Column], *, line: int | None = None, header: Mapping[str, str] | None = None
) -> _Series:
    """Columns that a reader has made itself, for :func:`records_from_columns`."""
    return _Series(columns=tuple(columns), line=line, header=dict(header or {}))


def _run_of_cell(columns: tuple[Column, ...]) -> str:
    """ "cycling" for a time that never runs back, beside a voltage that a cell may have and a current, unless the voltage was swept."""
    places = has_run(tuple((column.name, column.unit) for column in columns))
    if places is None:
        return ""
    time, voltage, current = (np.asarray(columns[place].values, dtype=np.float64) for place in places)
    volts = np.abs(voltage[np.isfinite(voltage)]) * (1e-3 if columns[places[1]].unit.strip().lower() == "mv" else 1.0)
    rises = time.size > 1 and bool(np.all(np.diff(time) >= 0))
    is_cell = rises and volts.size > 0 and float(np.median(volts)) <= _MOST_VOLT
    return "cycling" if is_cell and not is_swept(time, voltage, current) else ""


def records_from_columns(
    raw: RawFile,
    format_name: str,
    series: Sequence[_Series],
    *,
    header: Mapping[str, str],
    title: str = "",
    acquired_at: str | None = None,
    not_set: Sequence[str] = (),
) -> list[Record]:
    """Split the series into spectra and make the records, with hints and warnings."""
    parts: list[tuple[_Series, str]] = []
    for one in series:
        technique = technique_of(tuple((column.name, column.unit) for column in one.columns)) or _run_of_cell(
            one.columns
        )
        if technique == "impedance":
            parts.extend((part, technique) for part in _split(one))
        elif one.columns:
            parts.append((one, technique))
    stem = title or PurePosixPath(raw.shown).name
    names = hints_from_name(raw.shown)
    records = []
    for number, (part, technique) in enumerate(parts):
        own, notes = _column_temperature(part) if technique == "impedance" else ([], [])
        merged = {**header, **part.header}
        said = _text_temperatures(part.texts)
        from_header = [*hints_from_header(part.header), *(h for h in said if h.name == "temperature")][:1]
        from_header = from_header or list(hints_from_header(header))
        from_header += [h for h in said if h.name != "temperature"]
        kind = (
            _kind((*part.texts, part.tag and f"{part.tag} data"), PurePosixPath(raw.shown).stem)
            if technique == "impedance"
            else []
        )
        if kind:
            notes.append(f"'{kind[0].text}' in the {kind[0].source} says that these values are not a measurement")
        records.append(
            Record(
                name=stem if len(parts) == 1 else f"{stem} [{part.tag or number + 1}]",
                technique=technique,
                columns=part.columns,
                origin=raw.origin(format_name, record=number, acquired_at=acquired_at, line=part.line),
                header=merged,
                not_set=tuple(dict.fromkeys((*not_set, *not_set_keys(merged)))),
                hints=(*own, *from_header, *kind, *names),
                warnings=(*part.warnings, *notes),
            )
        )
    return records
