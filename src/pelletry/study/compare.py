"""The comparison table: one row a pellet, one column a fact; every number can be traced."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import attrs

from pelletry.core.quantity import Estimate, Quantity, Reported
from pelletry.core.sample import Sample
from pelletry.core.table import Cell, Table, TableColumn
from pelletry.core.technique import ComparedQuantity
from pelletry.core.units import displayed
from pelletry.study.result import SampleResult, StudyResult

__all__ = [
    "brief",
    "compared_columns",
    "comparison_parts",
    "comparison_table",
    "conditions_in_words",
    "quantity_of",
    "quantity_table",
]

#: What is asked of every pellet, whether it has it or not.
_ALWAYS = ("relative_density", "conductivity_total_25C", "activation_energy_total", "activation_energy_total_ln_sigma")


def compared_columns() -> tuple[ComparedQuantity, ...]:
    """The columns that the installed techniques give to the comparison, in the order of the techniques."""
    from pelletry.techniques import techniques

    return tuple(column for card in techniques() for column in card.compared)


@attrs.frozen(kw_only=True)
class _Described:
    """A column of what was said of the sample, shown only when at least one sample has it."""

    column: TableColumn
    cell: Callable[[Sample], Cell]


_DESCRIBED: tuple[_Described, ...] = (
    _Described(column=TableColumn(key="composition", title="composition"), cell=lambda s: s.composition),
    _Described(column=TableColumn(key="powder", title="powder"), cell=lambda s: s.powder),
    _Described(column=TableColumn(key="atmosphere", title="atmosphere"), cell=lambda s: s.sintering.atmosphere),
    _Described(
        column=TableColumn(key="sintering_temperature", title="sintered at", unit="K"),
        cell=lambda s: s.sintering.temperature_K,
    ),
    _Described(
        column=TableColumn(key="dwell", title="dwell", unit="s", kind="dwell"),
        cell=lambda s: s.sintering.dwell_s,
    ),
    _Described(
        column=TableColumn(key="heating_rate", title="heating rate", unit="K/s"),
        cell=lambda s: s.sintering.heating_rate_K_per_s,
    ),
)


def quantity_of(results: Sequence[SampleResult], sample: str, name: str) -> Reported | None:
    """The one quantity of that name of a sample, or None when it has none."""
    for result in results:
        if result.sample == sample:
            for quantity in result.result.quantities:
                if quantity.name == name and quantity.sample == sample:
                    return quantity  # type: ignore[no-any-return]
    return None


def _own_or_inherited(
    results: Sequence[SampleResult], sample: str, column: ComparedQuantity, parents: Mapping[str, Sequence[str]]
) -> Reported | None:
    own = quantity_of(results, sample, column.name)
    if own is not None or not column.is_inherited:
        return own
    for parent in parents.get(sample, ()):
        found = _own_or_inherited(results, parent, column, parents)
        if found is not None:
            return found
    return None


def comparison_table(
    samples: Sequence[Sample], results: Sequence[SampleResult], *, is_simulated: bool = False
) -> Table:
    """One row a sample in the study's order. ``traces`` holds ``"SAMPLE QUANTITY"`` for each cell that can be traced.

    What was said of the samples (composition, powder, firing) comes first, only where it was said; then the compared
    quantities, the circuit and the flags of the numbers shown.
    """
    described = [d for d in _DESCRIBED if any(d.cell(sample) not in (None, "") for sample in samples)]
    asked = compared_columns()
    parents = {sample.name: sample.made_of for sample in samples}
    given = {c.name for c in asked for s in samples if quantity_of(results, s.name, c.name) is not None}
    compared = [c for c in asked if c.name in given] or [c for c in asked if c.name in _ALWAYS]
    columns = (
        TableColumn(key="sample", title="sample"),
        *(d.column for d in described),
        *(TableColumn(key=c.name, title=c.title, unit=c.unit, kind=c.kind, note=c.note) for c in compared),
        TableColumn(key="circuit", title="circuit"),
        TableColumn(key="flags", title="flags"),
    )
    rows, traces = [], []
    for sample in samples:
        found = [_own_or_inherited(results, sample.name, column, parents) for column in compared]
        rows.append(
            (
                sample.name,
                *(d.cell(sample) for d in described),
                *(None if q is None else q.quantity for q in found),
                _circuit(results, sample.name),
                ", ".join(sorted({flag for q in found if q is not None for flag in q.flags})),
            )
        )
        names = [f"{q.sample} {q.name}" if q is not None else "" for q in found]
        traces.append(("", *("" for _ in described), *names, "", ""))
    return Table(
        key="comparison",
        title="Comparison of the pellets",
        columns=columns,
        rows=tuple(rows),
        traces=tuple(traces),
        notes=("Energies: the convention stands in the column head; the two differ by about kT.",)
        if any(c.name.startswith("activation_energy") for c in compared)
        else (),
        is_simulated=is_simulated,
    )


def brief(table: Table) -> Table:
    """A comparison without the columns that say the same of every sample; they become a note. For narrow places."""
    if len(table.rows) < 2:
        return table
    described = {d.column.key for d in _DESCRIBED} | {"circuit"}
    same = [j for j, c in enumerate(table.columns) if c.key in described and len({row[j] for row in table.rows}) == 1]
    empty = [j for j, c in enumerate(table.columns) if c.key == "flags" and not any(row[j] for row in table.rows)]
    kept = [j for j in range(len(table.columns)) if j not in same and j not in empty]
    flagged: tuple[str, ...] = ()
    if len(kept) > _FEW_COLUMNS:
        # Beside that many columns the flags would be a word a line; a list below says the same.
        flagged = _flag_notes(table)
        kept = [j for j in kept if table.columns[j].key != "flags"]
    said = [j for j in same if table.rows[0][j] is not None]
    words = ", ".join(f"{table.columns[j].title} {_in_words(table.rows[0][j], table.columns[j])}" for j in said)
    return attrs.evolve(
        table,
        columns=tuple(table.columns[j] for j in kept),
        rows=tuple(tuple(row[j] for j in kept) for row in table.rows),
        traces=tuple(tuple(row[j] for j in kept) for row in table.traces),
        notes=(*table.notes, *([f"The same for all: {words}."] if words else []), *flagged),
    )


def _flag_notes(table: Table) -> tuple[str, ...]:
    """One line a flag with the samples that carry it."""
    column = next((j for j, c in enumerate(table.columns) if c.key == "flags"), None)
    if column is None:
        return ()
    carried: dict[str, list[str]] = {}
    for row in table.rows:
        for flag in str(row[column] or "").split(", "):
            if flag:
                carried.setdefault(flag, []).append(str(row[0]))
    every = len(table.rows)
    return tuple(
        f"Flag {flag}: {'all' if len(names) == every else ', '.join(names)}." for flag, names in sorted(carried.items())
    )


def comparison_parts(table: Table) -> tuple[Table, ...]:
    """A comparison in tables that a page holds: of the pellets first, then of each further technique, of those that have it.

    One table when few columns are compared. What all samples share is said in a note.
    """
    titles = _technique_titles()
    compared = [j for j, column in enumerate(table.columns) if column.key in titles]
    if len(compared) <= _FEW_COLUMNS:
        return (brief(table),)
    described = [j for j, column in enumerate(table.columns) if column.key in {d.column.key for d in _DESCRIBED}]
    last = [j for j, column in enumerate(table.columns) if column.key in ("circuit", "flags")]
    made = []
    for title in dict.fromkeys(titles.values()):
        own = [j for j in compared if titles[table.columns[j].key] == title]
        if not own:
            continue
        is_first = title == _OF_PELLETS
        columns = [0, *(described if is_first else ()), *own, *(last if is_first else ())]
        # What a pellet has from its powder stands in the line of the powder.
        rows = [i for i, row in enumerate(table.rows) if any(table.traces[i][j].startswith(f"{row[0]} ") for j in own)]
        made.append(brief(_cut(table, rows, columns, title)))
    return tuple(sorted(made, key=lambda one: not one.title.endswith(_OF_PELLETS)))


#: So many compared columns stand beside one another on a page.
_FEW_COLUMNS = 8
_OF_PELLETS = "pellets"


def _technique_titles() -> dict[str, str]:
    """Name of a compared quantity -> the table it stands in: density and impedance together, the others by technique."""
    from pelletry.techniques import techniques

    of_pellets = ("density", "impedance")
    return {
        column.name: _OF_PELLETS
        if card.name in of_pellets
        else card.title.lower()
        if card.name not in ("edx", "xps")
        else card.title
        for card in techniques()
        for column in card.compared
    }


def _cut(table: Table, rows: Sequence[int], columns: Sequence[int], title: str) -> Table:
    key = "comparison" if title == _OF_PELLETS else f"comparison_{title.lower().replace(' ', '_')}"
    return attrs.evolve(
        table,
        key=key,
        title=f"Comparison: {title}",
        columns=tuple(table.columns[j] for j in columns),
        rows=tuple(tuple(table.rows[i][j] for j in columns) for i in rows),
        traces=tuple(tuple(table.traces[i][j] for j in columns) for i in rows),
        notes=table.notes if title == _OF_PELLETS else (),
    )


def _in_words(cell: Cell, column: TableColumn) -> str:
    if not isinstance(cell, float):
        return str(cell)
    shown = displayed(Estimate(value=cell, unit=column.unit, method=""), column.kind)
    return f"{round(shown.value, 9):.6g} {shown.unit}"


def quantity_table(result: StudyResult) -> Table:
    """All numbers of a result, one row each, with its unit, conditions and flags; what ``analyse`` shows."""
    columns = (
        TableColumn(key="sample", title="sample"),
        TableColumn(key="quantity", title="quantity"),
        TableColumn(key="at", title="at"),
        TableColumn(key="value", title="value"),
        TableColumn(key="flags", title="flags"),
    )
    rows = tuple(
        (q.sample, q.name, conditions_in_words(q), _as_people_read(q), ", ".join(q.flags)) for q in result.quantities
    )
    traces = tuple(("", f"{q.sample} {q.name}", "", f"{q.sample} {q.name}", "") for q in result.quantities)
    return Table(
        key="quantities",
        title="Quantities",
        columns=columns,
        rows=rows,
        traces=traces,
        is_simulated=result.is_simulated,
    )


def _as_people_read(reported: Reported) -> Quantity:
    """In the unit of its own name (a share in percent, a particle in micrometres): the column holds quantities of all kinds."""
    if isinstance(reported.quantity, Estimate):
        return displayed(reported.quantity, reported.name)
    return reported.quantity


def conditions_in_words(reported: Reported) -> str:
    """``140 °C`` or ``140 °C (not confirmed)``; other conditions as ``key value``; the file only where nothing else tells.

    >>> from pelletry.core.quantity import Unresolved
    >>> conditions_in_words(
    ...     Reported(sample="A", technique="t", name="x", quantity=Unresolved(reason=""), conditions=(("temperature_K", 413.15),))
    ... )
    '140 °C'
    """
    known = dict(reported.conditions)
    file = known.pop("file", "")
    temperature_K = known.pop("temperature_K", None)
    confirmation = known.pop("temperature", "")
    words = []
    if isinstance(temperature_K, int | float):
        words.append(f"{temperature_K - 273.15:.5g} °C" + (f" ({confirmation})" if confirmation else ""))
    words.extend(_condition(key, value) for key, value in known.items())
    return ", ".join(words) or str(file)


def _condition(key: str, value: float | str) -> str:
    if key == "record" and isinstance(value, float):
        return f"record {value + 1:g}"  # people count from 1
    if key == "run":
        return f"run {value}" if str(value).isdigit() else str(value)  # as the label of the spectrum
    if key == "convention":
        return f"slope of {'ln(σT)' if value == 'ln(sigma T)' else 'ln σ'}"
    return f"{key} {value:g}" if isinstance(value, float) else f"{key} {value}"


def _circuit(results: Sequence[SampleResult], sample: str) -> str | None:
    """The circuits a sample's spectra were read with, as its own lineage says."""
    for result in results:
        if result.sample == sample:
            circuit = dict(result.result.lineage.settings).get("circuit")
            if circuit:
                return str(circuit)
    return None
