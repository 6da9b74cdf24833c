"""What the thermal formats share: column heads, what a signal is, rows of numbers, records. Knows no vendor.

A dilatometer's or a balance's column holds micrometres, per cent or a plain fraction, and a balance's milligrams or per cent.
Which of them is read from the head of the column alone, never from the size of the numbers: 0.9 is a good value of each. Every
record says it in its header as ``<column> given as``: ``length``, ``mass``, ``percent``, ``per mille``, ``fraction`` (the head is
a quotient such as ``dL/Lo`` without a unit), ``not stated``, or the unit itself when it is none of these (``ppm``).

Facts that later rooms need have the same header keys in all thermal formats, beside the file's own words: ``initial mass [mg]``,
``initial length [mm]``, ``correction file`` (empty: the file has the entry and names none) and ``run`` (``sample`` or
``correction``). A zero is the program's "not typed in": it is kept and listed in ``Record.not_set``.
"""

from __future__ import annotations

import re
from array import array
from collections.abc import Mapping, Sequence

import attrs
import numpy as np

from pelletry.core.arrays import Array
from pelletry.core.errors import quoted
from pelletry.core.record import Column, Hint, Record
from pelletry.formats.columns import is_unit, split_head
from pelletry.formats.hints import hints_from_name
from pelletry.formats.numbers import Convention, is_destroyed
from pelletry.formats.rawfile import RawFile

__all__ = [
    "Head",
    "ThermalRun",
    "clean_degrees",
    "first_number",
    "given_as",
    "head_of",
    "is_zero",
    "read_rows",
    "record_of",
    "sample_hint",
    "signal_of",
    "technique_of_signals",
]

Head = tuple[str, str]

# The degree sign of code pages 437 and 850, read as something else, and the one that a conversion replaced.
_DEGREE = re.compile(r"(?:[›øØº˚\ufffd\x9b\xf8]|\bdeg\.? ?|\bGrd ?)(?=[CFK]\b)")
_POWER = re.compile(r"(?:‰|per ?mil(?:le)?|(?:10\^?|1?E)-0?(?P<power>[1-9]))\Z", re.IGNORECASE)
_TIMES_POWER = re.compile(r"^(?P<name>.*\S)\s*[*x×·]\s*(?P<unit>10\^?-[1-9])$")
_SIGNALS: tuple[tuple[str, re.Pattern[str]], ...] = (
    ("rate", re.compile(r"^(?:d\w*/d[tT]\b|DTG\b|DDTA\b|deriv|dif\.? )", re.IGNORECASE)),
    ("length", re.compile(r"^(?:d[lL]\b|Δ ?L|delta.?l\b|.*displacement|rel\.? change|(?:.*\b)?length|tma\b|.*dilat|.*shrink|.*expansion|.*[lL]änge)", re.IGNORECASE)),
    ("mass", re.compile(r"^(?:.*\bmass(?!\s*flow)\b|tga?\b|.*\bweight\b|masse\b|gewicht\b|m/m0|质量|重量|masse?\b)", re.IGNORECASE)),
    ("heat", re.compile(r"^(?:dsc|dta\b|.*heat ?flow|hf\b|wärmestrom)", re.IGNORECASE)),
)  # fmt: skip
_BY_UNIT = {"mass": ("mg", "g", "µg", "ug", "kg"), "length": ("µm", "um", "mm", "nm", "μm"), "heat": ("mW", "W", "W/g", "mW/mg", "µV/mg", "uV/mg")}  # fmt: skip
# L0 and m0 would pass for units.
_QUOTIENT = re.compile(r"^d?([LlMm])\s*/\s*\1[o0]?$")
_ANONYMOUS = re.compile(r"^(?:value|wert|signal|y)$", re.IGNORECASE)
_LONGEST_VALUE = 400
_SHORTEST_RUN = 20


def clean_degrees(text: str) -> str:
    """The text with one degree sign for all that code pages and conversions have made of it.

    >>> clean_degrees("Temp./›C"), clean_degrees("øC"), clean_degrees("\ufffdC")
    ('Temp./°C', '°C', '°C')
    """
    return _DEGREE.sub("°", text)


def head_of(text: str) -> Head:
    """Name and unit of a thermal column head; a slash inside a name (``dL/Lo``) is no separator.

    >>> head_of("Temp./°C"), head_of("Gas Flow(purge2)/(ml/min)"), head_of("dL/L0"), head_of("dL/Lo/%")
    (('Temp.', '°C'), ('Gas Flow(purge2)', 'ml/min'), ('dL/L0', ''), ('dL/Lo', '%'))
    """
    text = clean_degrees(text).strip()
    if _QUOTIENT.match(text):
        return text, ""
    power = _TIMES_POWER.match(text)
    if power:
        return power["name"], power["unit"]
    bracketed = re.match(r"^(?P<name>.*\S)\s*/\s*\((?P<unit>[^()]+)\)$", text)
    if bracketed:
        return bracketed["name"], bracketed["unit"].strip()
    name, slash, unit = text.rpartition("/")
    if slash and name and (is_unit(unit) or _POWER.match(unit.strip())):
        return name.strip(), unit.strip()
    return split_head(text)


def signal_of(head: Head) -> str:
    """``length``, ``mass``, ``heat`` or ``rate``, as the name (or, for ``Value``, the unit) says; empty for anything else."""
    name, unit = head
    found = next((kind for kind, pattern in _SIGNALS if pattern.match(name)), "")
    if not found and _ANONYMOUS.match(name):
        found = next((kind for kind, units in _BY_UNIT.items() if unit in units), "")
    return found


def given_as(head: Head) -> str:
    """What a signal's numbers are: see the module's docstring."""
    name, unit = head
    power = _POWER.match(unit)
    if unit == "%":
        return "percent"
    if power:
        return "per mille" if (power["power"] or "3") == "3" else f"10^-{power['power']}"
    if unit:
        kind = signal_of(head)
        return kind if unit in _BY_UNIT.get(kind, ()) else unit
    return "fraction" if re.search(r"\S\s*/\s*\S", name) else "not stated"


def technique_of_signals(heads: Sequence[Head]) -> str:
    """The technique of a run with these columns, "thermal" for several at once."""
    kinds = {signal_of(head) for head in heads} & {"length", "mass", "heat"}
    if len(kinds) > 1:
        return "thermal"
    return {"length": "dilatometry", "mass": "thermogravimetry", "heat": "dsc"}.get(next(iter(kinds), ""), "")


def first_number(text: str) -> str:
    """The first number in a header entry with a decimal point, empty when there is none; headers may have a comma."""
    match = re.search(r"[+-]?\d+(?:[.,]\d+)?(?:[eE][+-]?\d+)?", text[:_LONGEST_VALUE])
    return match[0].replace(",", ".") if match else ""


def is_zero(text: str) -> bool:
    return bool(text) and float(text) == 0.0


def sample_hint(name: str, key: str) -> tuple[Hint, ...]:
    """The sample's name from a header entry as a hint; none when the entry is empty."""
    name = name.strip()
    return (Hint(name="sample", value=name, unit="", source="header", text=f"{key}: {name}"[:80]),) if name else ()


def read_rows(
    raw: RawFile, lines: Sequence[str], span: tuple[int, int], *, convention: Convention, width: int
) -> tuple[Array, tuple[str, ...]]:
    """The rows of ``lines[span[0]:span[1]]`` as an array (rows, width), and notes on what was left out.

    A last line that is cut short is left out and noted; empty lines are skipped.

    Raises
    ------
    BrokenFileError
        When a line has another number of cells, or a cell is no number; names the line.
    RefusedFileError
        When a number has lost its decimal mark.
    """
    first, last = span
    while last > first and not lines[last - 1].strip(" \t;,"):
        last -= 1
    fast = _fast(lines[first:last], convention, width)
    if fast is not None:
        return fast, ()
    flat = array("d")
    notes: list[str] = []
    for i in range(first, last):
        if not lines[i].strip():
            continue
        cells = convention.cells(lines[i])
        while len(cells) > width and not cells[-1]:
            cells.pop()
        if len(cells) != width:
            if i == last - 1 and len(cells) < width and flat:
                notes.append(f"line {i + 1} is cut short and was left out")
                continue
            raise raw.broken(
                f"the row has {len(cells)} cells",
                line=i + 1,
                expected=f"{width} as in the header",
                do="export it again",
            )
        flat.extend(_numbers(raw, cells, i + 1, convention))
    return np.frombuffer(flat, dtype=np.float64).reshape(-1, width).copy(), tuple(notes)


def _fast(lines: Sequence[str], convention: Convention, width: int) -> Array | None:
    if not lines or not all(lines):
        return None
    if any(len(convention.cells(lines[i].rstrip("\t ;"))) != width for i in (0, len(lines) // 2, -1)):
        return None  # copies of all lines can be saved
    rows = [line.rstrip("\t ;") for line in lines]
    if convention.decimal == ",":
        joined = "\n".join(rows)
        if "." in joined:
            return None
        rows = joined.replace(",", ".").split("\n")
    separator = None if convention.separator == " " else convention.separator
    try:
        values = np.loadtxt(rows, delimiter=separator, ndmin=2, comments=None)
    except (ValueError, OverflowError):
        return None
    return values if values.shape == (len(rows), width) else None


def _numbers(raw: RawFile, cells: Sequence[str], line: int, convention: Convention) -> list[float]:
    destroyed = is_destroyed(cells)
    if destroyed is not None:
        raise raw.refused(
            f"{quoted(destroyed)} has lost its decimal mark: a spreadsheet of another country took it for a whole number, "
            "and the value cannot be restored",
            line=line,
            do="use the file as the instrument wrote it, never saved by a spreadsheet",
        )
    numbers: list[float] = []
    for cell in cells:
        if convention.decimal == "," and re.fullmatch(r"[+-]?\d{1,3}\.\d{3}", cell):
            raise raw.refused(
                f"{quoted(cell)} may be a decimal or a thousand, since the table has decimal commas", line=line
            )
        number = convention.number(cell)
        if number is None:
            raise raw.broken(f"{quoted(cell, longest=30)} is not a number", line=line, do="export the file again")
        numbers.append(number)
    return numbers


@attrs.frozen(kw_only=True)
class ThermalRun:
    """One run on its way to a record; ``values`` has the shape (rows, heads)."""

    name: str
    heads: tuple[Head, ...]
    values: Array
    header: Mapping[str, str]
    line: int | None = None
    acquired_at: str | None = None
    warnings: tuple[str, ...] = ()
    hints: tuple[Hint, ...] = ()
    technique: str = ""


def record_of(raw: RawFile, format: str, run: ThermalRun, *, index: int = 0) -> Record:
    """The record of a run: technique from its columns, what each signal is given as, and zeros that are not set."""
    header = {key: value[:_LONGEST_VALUE] for key, value in run.header.items()}
    for head in run.heads:
        if signal_of(head) in ("length", "mass"):
            header.setdefault(f"{head[0]} given as", given_as(head))
    not_set = tuple(
        key for key in ("initial mass [mg]", "initial length [mm]") if is_zero(first_number(header.get(key, "")))
    )
    warnings = (*run.warnings, *_flat(run))
    return Record(
        name=run.name,
        technique=run.technique or technique_of_signals(run.heads),
        columns=tuple(
            Column(name=name, unit=unit, values=np.ascontiguousarray(run.values[:, j]))
            for j, (name, unit) in enumerate(run.heads)
        ),
        origin=raw.origin(format, record=index, acquired_at=run.acquired_at, line=run.line),
        header=header,
        not_set=not_set,
        hints=(
            *run.hints,
            *(hint for hint in hints_from_name(raw.shown) if hint.name not in {h.name for h in run.hints}),
        ),
        warnings=warnings,
    )


def _flat(run: ThermalRun) -> list[str]:
    """A signal that never moves was not measured, whatever its column is called."""
    if len(run.values) < _SHORTEST_RUN:
        return []
    return [
        f"column {quoted(head[0], longest=30)} has the same value in all {len(run.values)} rows: nothing was recorded in it"
        for j, head in enumerate(run.heads)
        if signal_of(head) in ("length", "mass", "heat") and bool(np.all(run.values[:, j] == run.values[0, j]))
    ]
