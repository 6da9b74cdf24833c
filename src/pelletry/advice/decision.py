"""Which powder, atmosphere, heating rate and temperature? The table that decides; its sentences are in ``decision_words``.

A condition is called better only where the difference exceeds its uncertainty (95 %); a factor is judged only by pairs of
conditions that differ in nothing else.
"""

from __future__ import annotations

from collections.abc import Sequence

import attrs

from pelletry.advice.firing import FACTORS, Condition, conditions_of, varied
from pelletry.advice.relatives import common_density_std
from pelletry.core.compare import Difference, difference
from pelletry.core.quantity import Estimate
from pelletry.core.table import Cell, Table, TableColumn
from pelletry.study.result import StudyResult

__all__ = ["DENSITY", "ENERGY", "SIGMA", "Ranking", "decision_table", "difference_of", "ranking_of"]

DENSITY, SIGMA, ENERGY, PHASE = (
    "relative_density",
    "conductivity_total_25C",
    "activation_energy_total",
    "mass_fraction",
)
_FACTOR_COLUMNS = {
    "composition": TableColumn(key="composition", title="composition"),
    "powder": TableColumn(key="powder", title="powder"),
    "atmosphere": TableColumn(key="atmosphere", title="atmosphere"),
    "heating_rate": TableColumn(key="heating_rate", title="heating rate", unit="K/s"),
    "temperature": TableColumn(key="sintering_temperature", title="sintered at", unit="K"),
    "dwell": TableColumn(key="dwell", title="dwell", unit="s", kind="dwell"),
}
_BEST, _ALIKE, _UNKNOWN = "best", "not different", "uncertainty not known"


@attrs.frozen(kw_only=True)
class Ranking:
    """Conditions by one quantity: the best, those not different from it, and those that cannot be told."""

    name: str
    best: Condition
    alike: tuple[Condition, ...]
    unknown: tuple[Condition, ...]
    lower: tuple[tuple[Condition, Difference], ...]


def decision_table(result: StudyResult) -> Table | None:
    """One row a firing condition with the marks of its numbers; None with fewer than two conditions."""
    conditions = conditions_of(result)
    factors = varied(conditions)
    if len(conditions) < 2:
        return None
    names = [name for name in (DENSITY, SIGMA) if any(c.mean(name) for c in conditions)]
    columns = [*(_FACTOR_COLUMNS[factor] for factor in factors), TableColumn(key="pellets", title="pellets")]
    for name in names:
        columns += [_value_column(name), TableColumn(key=f"{name}_mark", title="against the best")]
    more = [name for name in (ENERGY, PHASE) if any(c.mean(name) for c in conditions)]
    columns += [_value_column(name) for name in more]
    rankings = {name: ranking_of(result, conditions, name) for name in names}
    rows, traces = [], []
    for condition in conditions:
        row: list[Cell] = [*(condition.level(factor) for factor in factors), ", ".join(condition.pellets)]
        trace = ["" for _ in row]
        for name in (*names, *more):
            row.append(condition.mean(name))
            trace.append(
                f"{condition.pellets[0]} {name}" if len(condition.pellets) == 1 and condition.mean(name) else ""
            )
            if name in names:
                row.append(_mark(rankings[name], condition))
                trace.append("")
        rows.append(tuple(row))
        traces.append(tuple(trace))
    return Table(
        key="decision",
        title="Which powder, atmosphere, heating rate and temperature",
        columns=tuple(columns),
        rows=tuple(rows),
        traces=tuple(traces),
        notes=_notes(conditions, factors),
        is_simulated=result.is_simulated,
    )


def _value_column(name: str) -> TableColumn:
    return {
        DENSITY: TableColumn(key=DENSITY, title="relative density", unit="1", kind="relative_density"),
        SIGMA: TableColumn(key=SIGMA, title="σ total (25 °C)", unit="S/m"),
        ENERGY: TableColumn(key=ENERGY, title="Eₐ of ln(σT)", unit="eV", note="slope of ln(σT) against 1/T"),
        PHASE: TableColumn(
            key=PHASE, title="main phase", unit="1", kind="weight", note="of the crystalline, modelled part"
        ),
    }[name]


def _notes(conditions: Sequence[Condition], factors: Sequence[str]) -> tuple[str, ...]:
    first = conditions[0]
    same = [f for f in FACTORS if f not in factors and first.level(f) is not None]
    notes = [
        "“Not different”: the difference to the best is below its uncertainty (95 %); else it is given in standard deviations."
    ]
    if same:
        notes.append(f"The same for all: {first.words(same)}.")
    if any(len(c.pellets) > 1 for c in conditions):
        notes.append("Several pellets of one condition: their mean, with the larger of scatter and own errors.")
    if all(len(c.pellets) == 1 for c in conditions):
        notes.append("One pellet a condition: how well a second one would repeat it is not in these uncertainties.")
    return tuple(notes)


def _mark(ranking: Ranking | None, condition: Condition) -> str:
    if ranking is None or condition.mean(ranking.name) is None:
        return ""
    if condition is ranking.best:
        return _BEST
    if condition in ranking.alike:
        return _ALIKE
    lower = next((found for other, found in ranking.lower if other is condition), None)
    return _UNKNOWN if lower is None else f"lower by {abs(lower.z):.1f} std"


def ranking_of(result: StudyResult, conditions: Sequence[Condition], name: str) -> Ranking | None:
    having = [(c, e) for c in conditions if (e := c.mean(name)) is not None]
    if not having:
        return None
    best, top = max(having, key=lambda pair: pair[1].value)
    alike, unknown, lower = [], [], []
    for condition, value in having:
        if condition is best:
            continue
        found = difference_of(result, name, (best, top), (condition, value))
        if found is None:
            unknown.append(condition)
        elif found.is_significant:
            lower.append((condition, found))
        else:
            alike.append(condition)
    lower.sort(key=lambda pair: abs(pair[1].value))
    return Ranking(name=name, best=best, alike=tuple(alike), unknown=tuple(unknown), lower=tuple(lower))


def difference_of(
    result: StudyResult, name: str, a: tuple[Condition, Estimate], b: tuple[Condition, Estimate]
) -> Difference | None:
    """Without the part that both share, where each is one pellet of one theoretical density."""
    is_single = len(a[0].pellets) == len(b[0].pellets) == 1
    common = common_density_std(result, a[0].pellets[0], b[0].pellets[0]) if name == DENSITY and is_single else 0.0
    return difference(a[1], b[1], common_relative_std=common)
