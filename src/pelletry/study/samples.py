"""The samples of a study: rows of samples.csv|xlsx, or ``[[sample]]`` tables of study.toml, into :class:`Sample`.

Every column is a :class:`Column` of :data:`COLUMNS` or one that a technique adds (:func:`all_columns`); the reference page
lists them. Names of samples stay text. A sample is a pellet, a powder or a cell; ``made_of`` says what it was made of.
"""

from __future__ import annotations

import functools
import math
import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence

import attrs

from pelletry.core.errors import Mistake, PelletryError, quoted
from pelletry.core.facts import TheoreticalDensity
from pelletry.core.quantity import Estimate
from pelletry.core.sample import Pellet, Sample, Sintering
from pelletry.core.units import DISPLAY, displayed
from pelletry.study.cells import NOT_KNOWN, CellValue, Instrument, read_cell, split_head
from pelletry.study.tables import Row, TextTable
from pelletry.study.toml_file import did_you_mean

__all__ = [
    "ALIASES",
    "COLUMNS",
    "Column",
    "SampleRow",
    "all_columns",
    "folded",
    "is_samples_head",
    "samples_of_table",
    "table_of_tables",
]


@attrs.frozen(kw_only=True)
class Column:
    """A column of the samples table. Sizes have a house ``unit`` and the bounds outside of which a slip is certain."""

    key: str
    meaning: str
    unit: str = ""
    lowest: float = -math.inf
    highest: float = math.inf
    instrument: str = ""
    example: str = ""


COLUMNS: tuple[Column, ...] = (
    Column(key="sample", meaning="name of the pellet; unique, upper and lower case alike", example="LATP-800"),
    Column(key="composition", meaning="formula of the material", example="Li1.4Al0.4Ti1.6(PO4)3"),
    Column(key="powder", meaning="powder and its treatment, free text", example="ball-milled 2 h"),
    Column(key="sintering_temperature", meaning="temperature of the dwell", unit="K", lowest=250, highest=3300, example="800 °C"),
    Column(key="dwell", meaning="time at the sintering temperature", unit="s", lowest=0, highest=1e7, example="2 h"),
    Column(key="heating_rate", meaning="heating rate", unit="K/s", lowest=1e-6, highest=1e4, example="2.5 K/min"),
    Column(key="atmosphere", meaning="atmosphere of sintering, free text", example="argon"),
    Column(key="mass", meaning="mass of the sintered pellet", unit="kg", lowest=1e-7, highest=1.0, instrument="balance", example="0.0812(1) g"),
    Column(key="diameter", meaning="diameter of the pellet's face", unit="m", lowest=0.5e-3, highest=0.15, instrument="calliper", example="8.70 mm"),
    Column(key="thickness", meaning="thickness of the pellet", unit="m", lowest=1e-6, highest=0.05, instrument="calliper", example="0.461; 0.466; 0.463 mm"),
    Column(key="electrode_diameter", meaning="diameter of the electrode, or the word face", unit="m", lowest=0.05e-3, highest=0.15, instrument="calliper", example="8.0 mm"),
    Column(key="electrode_area", meaning="area of one electrode, instead of its diameter", unit="m2", lowest=1e-9, highest=0.02, example="0.503 cm2"),
    Column(key="theoretical_density", meaning="density without pores", unit="kg/m3", lowest=300, highest=25000, example="2.94 g/cm3"),
    Column(key="theoretical_density_source", meaning="where that density comes from", example="ICSD 427619"),
    Column(key="made_of", meaning="samples whose numbers it inherits, separated by ;: the powder of a pellet, the pellet of a cell", example="LATP-powder"),
    Column(key="files", meaning="raw files of the sample: paths or patterns, separated by ;", example="raw/LATP-800_*.mpt"),
    Column(key="notes", meaning="free text"),
)  # fmt: skip

#: Other heads that are understood.
ALIASES = {
    "name": "sample", "id": "sample", "sample_name": "sample", "sample_id": "sample", "pellet": "sample",
    "formula": "composition", "weight": "mass", "height": "thickness", "dwell_time": "dwell", "file": "files", "note": "notes",
    "sintering_temp": "sintering_temperature", "parent": "made_of", "theoretical_density_reference": "theoretical_density_source",
}  # fmt: skip
_ABBREVIATIONS = {"d": "diameter", "l": "thickness", "h": "thickness", "t": "thickness or sintering_temperature", "m": "mass",
                  "a": "electrode_area", "area": "electrode_area", "temperature": "sintering_temperature", "rate": "heating_rate",
                  "density": "theoretical_density"}  # fmt: skip
_DATE_LIKE = re.compile(
    r"^(\d{1,2}[-. ]+(jan|feb|mar|mär|apr|may|mai|jun|jul|aug|sep|oct|okt|nov|dec|dez)[a-z.]*|"
    r"(jan|feb|mar|mär|apr|may|mai|jun|jul|aug|sep|oct|okt|nov|dec|dez)[a-z.]*[-. ]+\d{2,4})$",
    re.IGNORECASE,
)


@functools.cache
def all_columns() -> Mapping[str, Column]:
    """Every column by its key: those of :data:`COLUMNS` and those that the installed techniques add.

    Raises
    ------
    PelletryError
        When two techniques mean different things by one key.
    """
    from pelletry.techniques import techniques

    found = {column.key: column for column in COLUMNS}
    for card in techniques():
        for own in card.sample_columns:
            other = found.get(own.key)
            if other is not None and other.unit != own.unit:
                raise PelletryError(
                    f"the technique {card.name} means {own.unit or 'text'} by the column {own.key}, another "
                    f"{other.unit or 'text'}",
                    do="rename one of the columns",
                )
            if other is None:
                found[own.key] = Column(
                    key=own.key,
                    meaning=own.meaning,
                    unit=own.unit,
                    lowest=own.lowest,
                    highest=own.highest,
                    example=own.example,
                )
    return found


@functools.cache
def _added() -> tuple[Column, ...]:
    own = {column.key for column in COLUMNS}
    return tuple(column for key, column in all_columns().items() if key not in own)


@attrs.frozen(kw_only=True)
class SampleRow:
    """A sample, the place it was written, its file patterns, and the theoretical density stated in its row."""

    sample: Sample
    where: str
    patterns: tuple[str, ...] = ()
    theoretical_density: TheoreticalDensity | None = None


def folded(name: str) -> str:
    """The form in which two names are compared: NFC, without differences of case and of spaces."""
    return " ".join(unicodedata.normalize("NFC", name).casefold().split())


@attrs.frozen(kw_only=True)
class _Reading:
    """One table being read: its columns, and the lists that take what is wrong or worth a remark."""

    table: TextTable
    columns: Mapping[str, tuple[str, str]]  # key -> (head, unit in the head)
    instruments: Mapping[str, Instrument]
    is_simulated: bool
    mistakes: list[Mistake]
    warnings: list[str]

    def text(self, row: Row, key: str) -> str:
        head = self.columns.get(key, ("", ""))[0]
        cell = row.cells.get(head, "") if head else ""
        return "" if cell.strip().lower() in NOT_KNOWN else cell

    def wrong(self, row: Row, key: str, what: str, *, expected: str = "", do: str = "") -> None:
        head = self.columns.get(key, (key, ""))[0]
        where = self.table.where(row, head)
        self.mistakes.append(Mistake(what=what, where=where, expected=expected, do=do))


def samples_of_table(
    table: TextTable,
    *,
    mistakes: list[Mistake],
    warnings: list[str],
    instruments: Mapping[str, Instrument] | None = None,
    is_simulated: bool = False,
) -> tuple[SampleRow, ...]:
    """All samples of a table. What is wrong goes to ``mistakes``, what is only odd to ``warnings``."""
    reading = _Reading(
        table=table,
        columns=_columns(table, mistakes, warnings),
        instruments=instruments or {},
        is_simulated=is_simulated,
        mistakes=mistakes,
        warnings=warnings,
    )
    if "sample" not in reading.columns:
        mistakes.append(
            Mistake(
                what="there is no column sample",
                where=table.shown,
                expected="a head line with sample, thickness (mm), …",
            )
        )
        return ()
    if not table.rows and not any(m.where.startswith(f"{table.shown}:") for m in mistakes):
        mistakes.append(Mistake(what="the table has no sample", where=table.shown, expected="one row for each pellet"))
    found: list[SampleRow] = []
    seen: dict[str, str] = {}
    for row in table.rows:
        name = _name(reading, row)
        if not name:
            continue
        if folded(name) in seen:
            reading.wrong(
                row,
                "sample",
                f"the name {quoted(name)} is taken by {seen[folded(name)]}",
                do="give each pellet its own name",
            )
            continue
        seen[folded(name)] = table.where(row)
        found.append(_sample_row(reading, row, name))
    return _with_parents(reading, found)


def _with_parents(reading: _Reading, rows: Sequence[SampleRow]) -> tuple[SampleRow, ...]:
    """Names under ``made_of`` as the samples are spelled; a powder that is a sample of the study is a parent too."""
    names = {folded(row.sample.name): row.sample.name for row in rows}
    made = []
    for row in rows:
        parents = []
        for text in row.sample.made_of:
            name = names.get(folded(text))
            if name is None:
                do = did_you_mean(text, list(names.values())) or "add it to the samples table"
                what = f"{quoted(row.sample.name)} is made of {quoted(text)}, which is no sample of the study"
                reading.mistakes.append(Mistake(what=what, where=f"{row.where}: made_of", do=do))
            else:
                parents.append(name)
        powder = names.get(folded(row.sample.powder or ""))
        parents += [powder] if powder not in (None, row.sample.name) else []
        made.append(attrs.evolve(row, sample=attrs.evolve(row.sample, made_of=tuple(dict.fromkeys(parents)))))
    by_name = {row.sample.name: row.sample.made_of for row in made}
    for row in made:
        if row.sample.name in _ancestors(row.sample.name, by_name):
            what = f"{quoted(row.sample.name)} is, in the end, made of itself"
            reading.mistakes.append(Mistake(what=what, where=f"{row.where}: made_of", do="take one of the names out"))
    return tuple(made)


def _ancestors(name: str, made_of: Mapping[str, tuple[str, ...]]) -> set[str]:
    found: set[str] = set()
    waiting = list(made_of.get(name, ()))
    while waiting:
        one = waiting.pop()
        if one not in found:
            found.add(one)
            waiting.extend(made_of.get(one, ()))
    return found


def is_samples_head(heads: Sequence[str]) -> bool:
    """Has the head line of a table a column with the names of samples? What tells its sheet of a workbook from the others."""
    return any(split_head(head, [c.key for c in COLUMNS], ALIASES)[0] == "sample" for head in heads if head)


def _columns(table: TextTable, mistakes: list[Mistake], warnings: list[str]) -> dict[str, tuple[str, str]]:
    columns: dict[str, tuple[str, str]] = {}
    known = all_columns()
    for head in table.heads:
        if not head:
            continue
        key, unit = split_head(head, list(known), ALIASES)
        where = f"{table.shown}: {head}"
        if key is None:
            guess = did_you_mean(re.sub(r"[\s_\[(/].*$", "", head), known) or did_you_mean(head, known)
            short = _ABBREVIATIONS.get(re.sub(r"\s*[\[(/_].*$", "", head.lower()).strip())
            if short or guess:
                do = f"did you mean {short}?" if short else guess
                mistakes.append(Mistake(what="unknown column", where=where, expected=", ".join(known), do=do))
            else:
                warnings.append(f"{table.shown}: the column {quoted(head)} is not used")
        elif key in columns:
            mistakes.append(
                Mistake(what=f"this column and {quoted(columns[key][0])} both mean {key}", where=where, do="keep one")
            )
        else:
            columns[key] = (head, unit if known[key].unit else "")
    return columns


def _name(reading: _Reading, row: Row) -> str:
    head = reading.columns["sample"][0]
    name = row.cells.get(head, "")
    if not name.strip():
        reading.wrong(row, "sample", "the sample has no name", do="write its name, or empty the row")
        return ""
    if head in row.dates:
        reading.wrong(
            row,
            "sample",
            f"the spreadsheet turned the name into the date {name}",
            expected="text",
            do="format the column as text and write the name again",
        )
        return ""
    if head in row.numbers and "." in name:
        reading.warnings.append(
            f"{reading.table.where(row, head)}: the name {name} is stored as a number; a closing zero would be lost"
        )
    if _DATE_LIKE.match(name):
        reading.warnings.append(
            f"{reading.table.where(row, head)}: {quoted(name)} looks like a name that a spreadsheet turned into a date"
        )
    return name


def _size(reading: _Reading, row: Row, column: Column) -> CellValue | None:
    text = reading.text(row, column.key)
    if not text:
        return None
    head, head_unit = reading.columns[column.key]
    if head in row.dates:
        reading.wrong(
            row, column.key, f"the spreadsheet turned the number into the date {text}", do="format the column as text"
        )
        return None
    try:
        value = read_cell(
            text,
            unit=column.unit,
            head_unit=head_unit,
            where=reading.table.where(row, head),
            has_decimal_comma=reading.table.has_decimal_comma,
            instrument=reading.instruments.get(column.instrument),
        )
    except PelletryError as error:
        reading.mistakes.extend(error.mistakes)
        return None
    return value if _is_plausible(reading, row, column, value) else None


def _is_plausible(reading: _Reading, row: Row, column: Column, value: CellValue) -> bool:
    wrong = [one for one in value.readings if not column.lowest <= one <= column.highest]
    if not wrong:
        return True
    low, high, this = (_shown(one, column) for one in (column.lowest, column.highest, wrong[0]))
    do = ""
    if wrong[0] > 0 and column.unit in ("m", "kg", "m2"):
        for factor in (1e-3, 1e3, 1e-6, 1e6, 1e-2, 1e2, 1e-4, 1e4):
            if column.lowest * 3 <= wrong[0] * factor <= column.highest / 3:
                do = f"did you mean {_shown(wrong[0] * factor, column)}?"
                break
    what = f"{column.key} is {this}" + ("" if wrong[0] > 0 or column.unit == "K" else ", which is not a size")
    reading.wrong(row, column.key, what, expected=f"between {low} and {high}", do=do)
    return False


def _shown(value: float, column: Column) -> str:
    kind = "dwell" if column.key == "dwell" else ""
    unit = DISPLAY.get((column.unit, kind), DISPLAY.get((column.unit, "")))
    shown = displayed(Estimate(value=value, unit=column.unit, method=""), kind)
    if column.unit == "m" and abs(value) >= 0.5:
        return f"{value:g} m"
    return f"{shown.value:.6g} {unit.unit if unit else column.unit}"


def _sample_row(reading: _Reading, row: Row, name: str) -> SampleRow:
    electrode = reading.text(row, "electrode_diameter")
    is_face = electrode.strip().lower() == "face"
    sizes = {
        column.key: _size(reading, row, column)
        for column in COLUMNS
        if column.unit and not (column.key == "electrode_diameter" and is_face)
    }
    pellet = _pellet(reading, row, sizes, is_face)
    sintering = Sintering(
        temperature_K=_value(sizes["sintering_temperature"]),
        dwell_s=_value(sizes["dwell"]),
        heating_rate_K_per_s=_value(sizes["heating_rate"]),
        atmosphere=reading.text(row, "atmosphere") or None,
    )
    sample = Sample(
        name=name,
        composition=reading.text(row, "composition") or None,
        powder=reading.text(row, "powder") or None,
        sintering=sintering,
        pellet=pellet,
        notes=reading.text(row, "notes"),
        is_simulated=reading.is_simulated,
        made_of=tuple(p for part in reading.text(row, "made_of").split(";") if (p := part.strip())),
        given=tuple(_given(reading, row)),
    )
    patterns = tuple(p for part in reading.text(row, "files").split(";") if (p := part.strip()))
    return SampleRow(
        sample=sample,
        where=reading.table.where(row),
        patterns=patterns,
        theoretical_density=_theoretical(reading, row, name, sizes["theoretical_density"]),
    )


def _given(reading: _Reading, row: Row) -> Iterator[tuple[str, Estimate | str]]:
    """What stands in the columns that techniques added."""
    for column in _added():
        if not column.unit:
            text = reading.text(row, column.key)
            if text:
                yield column.key, text
            continue
        cell = _size(reading, row, column)
        if cell is not None:
            yield column.key, cell.estimate


def _value(cell: CellValue | None) -> float | None:
    return None if cell is None else cell.estimate.value


def _estimate(cell: CellValue | None) -> Estimate | None:
    return None if cell is None else cell.estimate


def _pellet(reading: _Reading, row: Row, sizes: Mapping[str, CellValue | None], is_face: bool) -> Pellet:
    diameter, thickness, mass = sizes["diameter"], sizes["thickness"], sizes["mass"]
    area, source = _electrode(reading, row, sizes, is_face)
    _check_density(reading, row, diameter, thickness, mass)
    kept = ("mass", "diameter", "thickness", "electrode_diameter", "electrode_area")
    return Pellet(
        mass_kg=_estimate(mass),
        diameter_m=_estimate(diameter),
        thickness_m=_estimate(thickness),
        electrode_area_m2=area,
        electrode_area_source=source,
        readings=tuple((key, cell.readings) for key in kept if (cell := sizes.get(key)) is not None),
    )


def _circle(diameter: Estimate, method: str) -> Estimate:
    area = math.pi / 4 * diameter.value**2
    std = None if diameter.std is None else 2 * area * diameter.std / diameter.value
    freedom = diameter.degrees_of_freedom
    return Estimate(value=area, std=std, unit="m2", method=method, degrees_of_freedom=freedom)


def _electrode(
    reading: _Reading, row: Row, sizes: Mapping[str, CellValue | None], is_face: bool
) -> tuple[Estimate | None, str]:
    face, across, area = sizes["diameter"], sizes.get("electrode_diameter"), sizes["electrode_area"]
    given = [key for key, there in (("electrode_diameter", across or is_face), ("electrode_area", area)) if there]
    if len(given) == 2:
        reading.wrong(
            row, "electrode_area", "both electrode_diameter and electrode_area are given", do="keep one of them"
        )
        return None, ""
    if is_face:
        if face is None:
            reading.wrong(
                row,
                "electrode_diameter",
                "the electrode is said to cover the face, but the diameter is missing",
                do="write the column diameter",
            )
            return None, ""
        return _circle(face.estimate, "from the pellet's diameter"), "covers the whole face, as stated"
    if across is not None:
        found, source = _circle(across.estimate, "from the electrode's diameter"), "electrode_diameter"
    elif area is not None:
        found, source = area.estimate, "electrode_area"
    else:
        return None, ""
    if face is not None:
        whole = _circle(face.estimate, "")
        slack = 3 * math.hypot(found.std or 0.0, whole.std or 0.0) + 0.01 * whole.value
        if found.value > whole.value + slack:
            reading.wrong(
                row,
                source,
                f"the electrode ({found.value * 1e4:.4g} cm2) is larger than the pellet's face ({whole.value * 1e4:.4g} cm2)",
                do="check both sizes and their units",
            )
            return None, ""
    return found, source


def _check_density(
    reading: _Reading, row: Row, diameter: CellValue | None, thickness: CellValue | None, mass: CellValue | None
) -> None:
    """A density that no ceramic has shows a slip of a power of ten in one of three numbers."""
    if diameter is None or thickness is None or mass is None:
        return
    volume_m3 = math.pi / 4 * diameter.estimate.value**2 * thickness.estimate.value
    density_kg_per_m3 = mass.estimate.value / volume_m3
    if not 200 <= density_kg_per_m3 <= 25000:
        reading.wrong(
            row,
            "mass",
            f"mass, diameter and thickness make a density of {density_kg_per_m3 * 1e-3:.3g} g/cm3",
            expected="between 0.2 and 25 g/cm3",
            do="check the three units",
        )


def _theoretical(reading: _Reading, row: Row, name: str, cell: CellValue | None) -> TheoreticalDensity | None:
    source = reading.text(row, "theoretical_density_source")
    if cell is None:
        return None
    if not source:
        reading.wrong(
            row,
            "theoretical_density",
            "the theoretical density has no source",
            do="write where it comes from in the column theoretical_density_source",
        )
        return None
    return TheoreticalDensity(sample=name, given_by=reading.table.shown, density_kg_per_m3=cell.estimate, source=source)


def table_of_tables(tables: Sequence[Mapping[str, object]], lines: Sequence[int | None], *, shown: str) -> TextTable:
    """The ``[[sample]]`` tables of study.toml as a table of texts, so that both are read by the same rules."""
    heads = tuple(dict.fromkeys(key for table in tables for key in table))
    rows = [
        Row(line=line or 1, cells={key: _plain(value) for key, value in table.items() if _plain(value)})
        for table, line in zip(tables, lines, strict=True)
    ]
    return TextTable(shown=shown, heads=heads, rows=tuple(rows))


def _plain(value: object) -> str:
    return "; ".join(str(one) for one in value) if isinstance(value, list) else str(value).strip()
