"""Mass, size, weighings and theoretical density of a pellet to its density and porosity, with flags."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pelletry
from pelletry.core.errors import MissingFactError
from pelletry.core.facts import TheoreticalDensity
from pelletry.core.provenance import FactUse, Lineage
from pelletry.core.quantity import Estimate, Quantity, Unresolved, bracketed
from pelletry.core.sample import Sample
from pelletry.core.technique import Inputs
from pelletry.core.units import displayed
from pelletry.techniques.density.archimedes import (
    Archimedes,
    Weighings,
    archimedes_of,
    closed_porosity,
    total_porosity,
)
from pelletry.techniques.density.findings import findings_of
from pelletry.techniques.density.measurement import SizedPellet, pellet_of_sample, weighings_of_sample
from pelletry.techniques.density.model import (
    BudgetTerm,
    budget_of_density,
    density_from_size,
    relative_density,
    volume_of_cylinder,
)
from pelletry.techniques.density.result import DensityResult
from pelletry.techniques.density.settings import DensitySettings

__all__ = ["REFERENCES", "analyse"]

REFERENCES = ("JCGM100",)
_NOT_WEIGHED = "the pellet was not weighed in a liquid (columns suspended_mass, saturated_mass, liquid_density)"


def analyse(measurements: Sequence[Any], inputs: Inputs, /) -> DensityResult:
    """Density of the sample in ``inputs``; ``measurements`` is empty, see :mod:`~pelletry.techniques.density.read`.

    Raises
    ------
    MissingFactError
        When mass, diameter or thickness is missing and the weighings after Archimedes do not replace them; every missing
        one is named.
    """
    sample = inputs.sample
    settings: DensitySettings = inputs.settings
    weighings = weighings_of_sample(sample)
    found = _archimedes(weighings, settings)
    pellet = _pellet(sample, found)
    geometric = None
    if pellet is not None:
        geometric = density_from_size(
            mass_kg=pellet.mass_kg, diameter_m=pellet.diameter_m, thickness_m=pellet.thickness_m
        )
    method, rho = _chosen(sample, geometric, found, settings)
    theoretical, other = _theoretical(inputs, settings)
    relative = _relative(sample.name, rho, theoretical, method)
    total, closed, open_ = _porosities(found, relative, theoretical, method)
    budget = _budget(method, pellet, weighings, theoretical)
    return DensityResult(
        sample=sample.name,
        method=method,
        volume_m3=None
        if pellet is None
        else volume_of_cylinder(diameter_m=pellet.diameter_m, thickness_m=pellet.thickness_m),
        density_kg_per_m3=rho,
        geometric_kg_per_m3=geometric,
        archimedes=found,
        relative_density=relative,
        open_porosity=open_,
        closed_porosity=closed,
        total_porosity=total,
        theoretical=theoretical,
        other_theoretical=other,
        budget=budget,
        readings=sample.pellet.readings,
        findings=findings_of(
            inputs,
            relative=relative,
            budget=budget,
            geometric=geometric,
            archimedes=found,
            weighings=weighings,
            closed=closed,
            theoretical=theoretical,
            other=other,
        ),
        lineage=_lineage(pellet, weighings, theoretical, settings),
        is_simulated=sample.is_simulated,
    )


def _archimedes(weighings: Weighings | None, settings: DensitySettings) -> Archimedes | None:
    if weighings is None or not weighings.is_possible:
        return None
    return archimedes_of(weighings, air_kg_per_m3=settings.air_density_kg_per_m3)


def _pellet(sample: Sample, archimedes: Archimedes | None) -> SizedPellet | None:
    """The sized pellet; None when a size is missing and Archimedes needs none."""
    try:
        return pellet_of_sample(sample)
    except MissingFactError:
        if archimedes is None or not isinstance(archimedes.bulk_kg_per_m3, Estimate):
            raise
        return None


def _chosen(
    sample: Sample, geometric: Estimate | None, archimedes: Archimedes | None, settings: DensitySettings
) -> tuple[str, Estimate]:
    """The density that the relative one is of.

    Raises
    ------
    MissingFactError
        When the method that the settings ask for lacks its numbers.
    """
    bulk = None if archimedes is None else archimedes.bulk_kg_per_m3
    if settings.method == "archimedes" or geometric is None:
        if isinstance(bulk, Estimate):
            return "archimedes", bulk
        raise MissingFactError(
            f"no density of {sample.name}: dry, suspended or saturated mass, or the liquid's density missing",
            where=sample.name,
            do="write them in the samples table, columns dry_mass, suspended_mass, saturated_mass, liquid_density",
        )
    return "geometric", geometric


def _theoretical(
    inputs: Inputs, settings: DensitySettings
) -> tuple[TheoreticalDensity | None, TheoreticalDensity | None]:
    """The theoretical density to use, and the other one where one is stated and one is computed."""
    every: tuple[TheoreticalDensity, ...] = inputs.all_facts(TheoreticalDensity)
    stated = next((fact for fact in every if not fact.is_computed), None)
    computed = next((fact for fact in every if fact.is_computed), None)
    if settings.theoretical == "diffraction" and computed is not None:
        return computed, stated
    return (stated, computed) if stated is not None else (computed, None)


def _relative(name: str, rho: Estimate, theoretical: TheoreticalDensity | None, method: str) -> Quantity:
    if theoretical is None:
        reason = f"no theoretical density was stated for {name}, with its source"
        return Unresolved(reason=reason, unit="1")
    return relative_density(
        density_kg_per_m3=rho,
        theoretical_kg_per_m3=theoretical.density_kg_per_m3,
        of="geometric" if method == "geometric" else "Archimedes",
    )


def _porosities(
    archimedes: Archimedes | None, relative: Quantity, theoretical: TheoreticalDensity | None, method: str
) -> tuple[Quantity, Quantity, Quantity]:
    """Total, closed and open porosity. Closed pores are told from Archimedes' own bulk density."""
    total = total_porosity(relative)
    if archimedes is None:
        none = Unresolved(reason=_NOT_WEIGHED, unit="1")
        return total, none, none
    own = total
    if method == "geometric" and theoretical is not None and isinstance(archimedes.bulk_kg_per_m3, Estimate):
        bulk = relative_density(
            density_kg_per_m3=archimedes.bulk_kg_per_m3,
            theoretical_kg_per_m3=theoretical.density_kg_per_m3,
            of="Archimedes",
        )
        own = total_porosity(bulk)
    return total, closed_porosity(own, archimedes.open_porosity), archimedes.open_porosity


def _budget(
    method: str, pellet: SizedPellet | None, weighings: Weighings | None, theoretical: TheoreticalDensity | None
) -> tuple[BudgetTerm, ...]:
    full = None if theoretical is None else theoretical.density_kg_per_m3
    if method == "geometric" and pellet is not None:
        return budget_of_density(
            mass_kg=pellet.mass_kg,
            diameter_m=pellet.diameter_m,
            thickness_m=pellet.thickness_m,
            theoretical_kg_per_m3=full,
        )
    if weighings is None or weighings.saturated_kg is None:
        return ()
    terms = [
        BudgetTerm(name="dry mass", estimate=weighings.dry_kg, exponent=1),
        BudgetTerm(name="displaced liquid", estimate=_displaced(weighings, weighings.saturated_kg), exponent=-1),
        BudgetTerm(name="density of the liquid", estimate=weighings.liquid_kg_per_m3, exponent=1, is_common=True),
    ]
    if full is not None:
        terms.append(BudgetTerm(name="theoretical density", estimate=full, exponent=-1, is_common=True))
    return tuple(terms)


def _displaced(weighings: Weighings, saturated: Estimate) -> Estimate:
    """W - S as one term of the budget."""
    a, b = saturated, weighings.suspended_kg
    std = (a.std**2 + b.std**2) ** 0.5 if a.std is not None and b.std is not None else None
    return Estimate(value=a.value - b.value, std=std, unit="kg", method="saturated minus suspended mass")


# -- lineage -----------------------------------------------------------------------------------------------------------


def _lineage(
    pellet: SizedPellet | None,
    weighings: Weighings | None,
    theoretical: TheoreticalDensity | None,
    settings: DensitySettings,
) -> Lineage:
    sizes: list[tuple[str, Estimate | None]] = []
    if pellet is not None:
        sizes += [("mass", pellet.mass_kg), ("diameter", pellet.diameter_m), ("thickness", pellet.thickness_m)]
    if weighings is not None:
        sizes += [
            ("dry mass", weighings.dry_kg),
            ("suspended mass", weighings.suspended_kg),
            ("saturated mass", weighings.saturated_kg),
            ("density of the liquid", weighings.liquid_kg_per_m3),
        ]
    facts = [
        FactUse(name=name, value=_in_words(size), given_by=f"samples table, {size.method}")
        for name, size in sizes
        if size is not None
    ]
    if theoretical is not None:
        value = _in_words(theoretical.density_kg_per_m3)
        given_by = f"{theoretical.given_by}: {theoretical.source}"
        facts.append(FactUse(name="theoretical density", value=value, given_by=given_by))
    return Lineage(
        settings=tuple((key, str(value)) for key, value in settings.model_dump().items()),
        facts=tuple(facts),
        references=REFERENCES if weighings is None else (*REFERENCES, "ASTMC20"),
        technique="density",
        version=pelletry.__version__,
    )


def _in_words(estimate: Estimate) -> str:
    shown = displayed(estimate)
    return f"{bracketed(shown.value, shown.std)} {shown.unit}"
