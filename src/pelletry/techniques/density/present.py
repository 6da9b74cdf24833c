"""Density as tables and words."""

from __future__ import annotations

from pelletry.core.quantity import Unresolved, bracketed
from pelletry.core.table import Cell, Table, TableColumn
from pelletry.core.technique import Presentation
from pelletry.core.units import displayed
from pelletry.techniques.density.analyse import REFERENCES
from pelletry.techniques.density.archimedes import Archimedes
from pelletry.techniques.density.model import BudgetTerm
from pelletry.techniques.density.result import DensityResult

__all__ = ["present"]


def present(result: DensityResult, /) -> Presentation:
    """One table of the values, one of the budget of uncertainty, one after Archimedes, and the method in words."""
    tables = [_values(result), _budget(result)]
    if result.archimedes is not None:
        tables.append(_archimedes(result, result.archimedes))
    return Presentation(
        tables=tuple(tables),
        method_paragraph=_method(result),
        references=result.lineage.references or REFERENCES,
    )


def _values(result: DensityResult) -> Table:
    theoretical: Cell = Unresolved(reason="not stated", unit="kg/m3")
    source = ""
    if result.theoretical is not None:
        theoretical = result.theoretical.density_kg_per_m3
        source = f"{result.theoretical.source} ({result.theoretical.given_by})"
    pellet = {term.name: term.estimate for term in result.budget}
    row: tuple[Cell, ...] = (
        result.sample,
        pellet.get("mass", pellet.get("dry mass")),
        pellet.get("diameter"),
        pellet.get("thickness"),
        result.density_kg_per_m3,
        theoretical,
        result.relative_density,
    )
    columns = (
        TableColumn(key="sample", title="Sample"),
        TableColumn(key="mass", title="Mass", unit="kg"),
        TableColumn(key="diameter", title="Diameter", unit="m"),
        TableColumn(key="thickness", title="Thickness", unit="m"),
        TableColumn(key="density", title="Density", unit="kg/m3"),
        TableColumn(key="theoretical_density", title="Theoretical density", unit="kg/m3"),
        TableColumn(key="relative_density", title="Relative density", unit="1", kind="relative_density"),
    )
    notes: tuple[str, ...] = (f"Theoretical density: {source}.",) if source else ()
    if result.other_theoretical is not None:
        other = result.other_theoretical
        shown = displayed(other.density_kg_per_m3)
        value = f"{bracketed(shown.value, shown.std)} {shown.unit}"
        notes = (*notes, f"Not used: {value}, {other.source} ({other.given_by}).")
    if result.archimedes is not None:
        notes = (*notes, f"Density: {'geometric' if result.method == 'geometric' else 'after Archimedes'}.")
    readings = tuple(
        f"{name.replace('_', ' ')}: {len(values)} readings" for name, values in result.readings if len(values) > 1
    )
    trace = ("", "", "", "", f"{result.sample} density", "", f"{result.sample} relative_density")
    return Table(
        key="density",
        title=f"Density of {result.sample}",
        columns=columns,
        rows=(row,),
        notes=(*notes, *readings),
        traces=(trace,),
        is_simulated=result.is_simulated,
    )


def _archimedes(result: DensityResult, found: Archimedes) -> Table:
    columns = (
        TableColumn(key="dry", title="Dry mass", unit="kg"),
        TableColumn(key="suspended", title="Suspended mass", unit="kg"),
        TableColumn(key="saturated", title="Saturated mass", unit="kg"),
        TableColumn(key="liquid", title="Density of the liquid", unit="kg/m3"),
        TableColumn(key="bulk", title="Bulk density", unit="kg/m3"),
        TableColumn(key="geometric", title="Geometric density", unit="kg/m3"),
        TableColumn(key="apparent", title="Apparent density", unit="kg/m3"),
        TableColumn(key="open", title="Open porosity", unit="1", kind="percent"),
        TableColumn(key="closed", title="Closed porosity", unit="1", kind="percent"),
        TableColumn(key="total", title="Total porosity", unit="1", kind="percent"),
    )
    w = found.weighings
    row: tuple[Cell, ...] = (
        w.dry_kg,
        w.suspended_kg,
        w.saturated_kg,
        w.liquid_kg_per_m3,
        found.bulk_kg_per_m3,
        result.geometric_kg_per_m3,
        found.apparent_kg_per_m3,
        result.open_porosity,
        result.closed_porosity,
        result.total_porosity,
    )
    words = ("", "", "", "", "density_archimedes", "density_geometric", "density_apparent", "porosity_open",
             "porosity_closed", "porosity_total")  # fmt: skip
    return Table(
        key="density_archimedes",
        title=f"Density and porosity of {result.sample} after Archimedes",
        columns=columns,
        rows=(row,),
        notes=(f"Liquid: {w.liquid}.",) if w.liquid else (),
        traces=(tuple(f"{result.sample} {word}" if word else "" for word in words),),
        is_simulated=result.is_simulated,
    )


def _budget(result: DensityResult) -> Table:
    total = sum(term.contribution**2 for term in result.budget if term.contribution is not None)
    rows = tuple(_budget_row(term, total) for term in result.budget)
    columns = (
        TableColumn(key="source", title="Source"),
        TableColumn(key="value", title="Value"),
        TableColumn(key="how", title="How it is known"),
        TableColumn(key="contribution", title="Contribution to the relative density", unit="%"),
        TableColumn(key="share", title="Share of the variance", unit="%"),
    )
    notes: tuple[str, ...] = ()
    if result.method == "geometric":
        notes = ("The diameter enters squared: its contribution is twice its relative uncertainty.",)
    if any(term.is_common for term in result.budget):
        notes = (*notes, "The theoretical density is common to all pellets of one material: it moves them together.")
    return Table(
        key="density_budget",
        title=f"Budget of uncertainty of the density of {result.sample}",
        columns=columns,
        rows=rows,
        notes=notes,
        is_simulated=result.is_simulated,
    )


def _budget_row(term: BudgetTerm, total: float) -> tuple[Cell, ...]:
    shown = displayed(term.estimate)
    value = f"{bracketed(shown.value, shown.std)} {shown.unit}"
    if term.contribution is None:
        return (term.name, value, term.estimate.method, "not stated", "")
    share = f"{100 * term.contribution**2 / total:.0f}" if total > 0 else ""
    return (term.name, value, term.estimate.method, f"{100 * term.contribution:.2g}", share)


def _method(result: DensityResult) -> str:
    text = (
        "The density was computed from mass, diameter and thickness of the sintered pellet as that of a full cylinder, "
        "4 m/(pi d2 h); its uncertainty combines those of the three in quadrature, the diameter counting twice."
    )
    by_liquid = "from its dry mass, its mass hanging in a liquid and its mass soaked with it, after Archimedes"
    if result.method == "archimedes":
        text = f"The density of the sintered pellet was found {by_liquid}."
    elif result.archimedes is not None:
        text += f" A second density and the open porosity were found {by_liquid}."
    if result.theoretical is None:
        return text + " No relative density is given, since no theoretical density was stated."
    shown = displayed(result.theoretical.density_kg_per_m3)
    value = f"{bracketed(shown.value, shown.std)} {shown.unit}"
    return f"{text} Relative densities refer to a theoretical density of {value} ({result.theoretical.source})."
