"""One size distribution of a Mastersizer export to a record; see :mod:`pelletry.formats.mastersizer` for the format."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence

import attrs
import numpy as np

from pelletry.core.arrays import Array
from pelletry.core.errors import quoted
from pelletry.core.record import Column, Record
from pelletry.formats.dates import iso_date
from pelletry.formats.hints import hints_from_name
from pelletry.formats.numbers import Convention
from pelletry.formats.rawfile import RawFile
from pelletry.formats.thermal_columns import first_number, sample_hint

__all__ = ["Distribution", "record_of_distribution", "records_of_long"]

#: What the export calls the facts, in its versions; the first pattern that a name matches counts.
_FACTS: tuple[tuple[str, re.Pattern[str]], ...] = tuple(
    (fact, re.compile(pattern, re.IGNORECASE))
    for fact, pattern in (
        ("instrument d10 [µm]", r"d\s*\(?0[.,]1\)?\b|dx?\s*\(10\)"),
        ("instrument d50 [µm]", r"d\s*\(?0[.,]5\)?\b|dx?\s*\(50\)"),
        ("instrument d90 [µm]", r"d\s*\(?0[.,]9\)?\b|dx?\s*\(90\)"),
        ("instrument D[4,3] [µm]", r"D\s*\[4[,;.]\s*3\]"),
        ("instrument D[3,2] [µm]", r"D\s*\[3[,;.]\s*2\]"),
        ("instrument span", r"span\b"),
        ("particle refractive index", r"particle (?:refractive index|RI)\b"),
        ("particle absorption index", r"(?:particle )?absorption(?: index)?\b"),
        ("dispersant", r"dispersant name\b"),
        ("dispersant refractive index", r"dispersant (?:refractive index|RI)\b"),
        ("obscuration [%]", r"(?:laser )?obscuration\b"),
        ("residual [%]", r"(?:weighted )?residual\b"),
        ("analysis model", r"analysis model\b|scattering model\b"),
        ("result basis", r"result transform type\b|result units\b"),
    )
)
_NUMBERS = re.compile(r"instrument |index|obscuration|residual")
_NAME = re.compile(r"sample name\b", re.IGNORECASE)
_DATE = re.compile(r"(?:measurement|analysis) date", re.IGNORECASE)
_MICROMETRES = {"um": 1.0, "µm": 1.0, "μm": 1.0, "micron": 1.0, "microns": 1.0, "mm": 1e3, "nm": 1e-3}
_SUM_WITHIN = 0.5
_EDGES_DECIDED_WITHIN = 0.03
_LONGEST = 400


@attrs.frozen(kw_only=True)
class Distribution:
    """Percentages of the classes between neighbouring ``edges``, in the file's unit; ``line`` is the record's, from 1.

    With ``edges_unknown``, a sentence why, there is one percentage a size instead of one a class.
    """

    line: int
    edges: tuple[float, ...]
    unit: str
    percent: tuple[float, ...]
    header: Mapping[str, str]
    from_cumulative: bool = False
    edges_unknown: str = ""

    @property
    def date(self) -> str:
        return next((text for name, text in self.header.items() if _DATE.match(name)), "")


def _facts(header: Mapping[str, str]) -> dict[str, str]:
    facts: dict[str, str] = {}
    for name, text in header.items():
        for fact, pattern in _FACTS:
            if fact not in facts and pattern.match(name):
                value = first_number(text) if _NUMBERS.search(fact) else text
                if value:
                    facts[fact] = value
                break
    return facts


def _is_month_first(dates: Sequence[str]) -> bool | None:
    """The order of day and month that the dates of one file agree on; None when none of them decides."""
    pairs = [match for date in dates if (match := re.match(r"\s*(\d{1,2})[/.-](\d{1,2})[/.-]\d{4}", date))]
    first, second = any(int(m[1]) > 12 for m in pairs), any(int(m[2]) > 12 for m in pairs)
    return None if first == second else second


def _sum_note(percent: Array, basis: str) -> tuple[str, ...]:
    total = float(percent.sum())
    if abs(total - 100.0) <= _SUM_WITHIN:
        return ()
    return (f"the classes hold {total:.2f} % of the {basis}, not 100 %",)


def record_of_distribution(
    raw: RawFile, format: str, one: Distribution, *, dates: Sequence[str] = (), warnings: tuple[str, ...] = ()
) -> Record:
    """The record of a distribution; ``dates`` of all records of the file decide whether the day stands first.

    Raises
    ------
    BrokenFileError
        When the unit of the sizes is not known.
    """
    factor = _MICROMETRES.get(one.unit.lower())
    if factor is None:
        raise raw.broken(f"the sizes are in {quoted(one.unit, longest=20)}", line=one.line, expected="um, mm or nm")
    edges = np.array(one.edges, dtype=np.float64) * factor
    facts = _facts(one.header)
    basis = facts.get("result basis", "Volume").split()[0].lower()
    names = [text for name, text in one.header.items() if _NAME.match(name)]
    if basis != "volume":
        warnings = (*warnings, f"the result is by {basis}, not by volume")
    if one.from_cumulative:
        warnings = (*warnings, "the classes are differences of the exported 'Result Below User Sizes'")
    if one.edges_unknown:
        sizes: tuple[Column, ...] = (Column(name="size", unit="µm", values=edges),)
        warnings = (*warnings, f"{one.edges_unknown}: only the sizes are given")
    else:
        sizes = (
            Column(name="size lower edge", unit="µm", values=edges[:-1]),
            Column(name="size upper edge", unit="µm", values=edges[1:]),
        )
    percent = np.array(one.percent, dtype=np.float64)
    acquired_at = iso_date(one.date, is_month_first=_is_month_first(dates))
    hints = sample_hint(names[0], "Sample Name") if names else ()
    taken = {hint.name for hint in hints}
    return Record(
        name=names[0] if names else raw.path.name,
        technique="granulometry",
        columns=(*sizes, Column(name=f"{basis} in", unit="%", values=percent)),
        origin=raw.origin(format, acquired_at=acquired_at, line=one.line),
        header={**{key: text[:_LONGEST] for key, text in one.header.items()}, **facts},
        hints=(*hints, *(hint for hint in hints_from_name(raw.shown) if hint.name not in taken)),
        warnings=(*warnings, *_sum_note(percent, basis)),
    )


def _median_by_log_size(edges: Array, percent: Array) -> float:
    below = np.concatenate([[0.0], np.cumsum(percent)])
    return float(np.exp(np.interp(50.0, below * 100.0 / below[-1], np.log(edges))))


def _share_of_long(
    sizes: Sequence[float], cells: Sequence[float | None], d50_um: float | None
) -> tuple[str, list[float | None]]:
    """The percentages between neighbouring sizes; when the edges are not known, why, and all percentages."""
    if cells[0] is None:
        return "", [*cells[1:]]
    if cells[-1] is None:
        return "", [*cells[:-1]]
    if d50_um is not None and None not in cells:
        edges, percent = np.array(sizes), np.array(cells, dtype=np.float64)
        halves = (percent[1:], percent[:-1])
        if all(half.sum() > 0 for half in halves):
            agrees = [abs(_median_by_log_size(edges, half) / d50_um - 1) < _EDGES_DECIDED_WITHIN for half in halves]
            if agrees == [True, False] and percent[0] == 0:
                return "", [*cells[1:]]
            if agrees == [False, True] and percent[-1] == 0:
                return "", [*cells[:-1]]
    return "it is not told whether a size is the lower or the upper edge of its class", [*cells]


def records_of_long(
    raw: RawFile, format: str, rows: Iterable[tuple[int, list[str]]], convention: Convention, *, sheet: str = ""
) -> list[Record]:
    """The records of a long layout: sizes in the first column, one distribution in each column beside it.

    Raises
    ------
    BrokenFileError
        When the table has no rows, a cell is no number or the sizes do not rise.
    """
    rows = list(rows)
    at = next(i for i, (_, cells) in enumerate(rows) if cells and cells[0].lower().startswith("size"))
    header = {cells[0].rstrip(":"): cells[1] for _, cells in rows[:at] if len(cells) > 1 and cells[0] and cells[1]}
    if sheet:
        header["sheet"] = sheet
    sizes: list[float] = []
    table: list[list[float | None]] = []
    heads = rows[at][1]
    for line, cells in rows[at + 1 :]:
        if not any(cells):
            break
        size = convention.number(cells[0])
        if size is None or (sizes and not size > sizes[-1]) or not size > 0:
            raise raw.broken(f"{quoted(cells[0], longest=20)} is not a size above the one before", line=line)
        numbers: list[float | None] = []
        for j in range(1, len(heads)):
            cell = cells[j] if j < len(cells) else ""
            number = convention.number(cell) if cell else None
            if cell and (number is None or number != number):
                raise raw.broken(f"{quoted(cell, longest=20)} is not a percentage", line=line)
            numbers.append(number)
        sizes.append(size)
        table.append(numbers)
    if len(sizes) < 3:
        raise raw.broken(
            "there are no size classes below their names", line=rows[at][0], expected="at least three rows"
        )
    stated = _facts(header).get("instrument d50 [µm]")
    d50_um = float(stated) if stated else None
    records = []
    for j, head in enumerate(heads[1:]):
        cells_of = [row[j] for row in table]
        if not head or all(cell is None for cell in cells_of):
            continue
        why, percent = _share_of_long(sizes, cells_of, d50_um)
        if None in percent:
            missing = rows[at][0] + 1 + cells_of.index(None, 1)
            raise raw.broken(f"a size class of {quoted(head, longest=30)} has no value", line=missing)
        basis = "Number" if head.lower().startswith("number") else "Volume"
        one = Distribution(
            line=rows[at][0] + 1,
            edges=tuple(sizes),
            unit="um",
            percent=tuple(cell for cell in percent if cell is not None),
            header={"Result transform type": basis, **header, "column": head},
            edges_unknown=why,
        )
        records.append(record_of_distribution(raw, format, one, dates=[one.date]))
    return records
