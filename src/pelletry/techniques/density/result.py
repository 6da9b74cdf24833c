"""Density of one pellet, its budget, and the facts it gives to others."""

from __future__ import annotations

import attrs

from pelletry.core.facts import Fact, RelativeDensity, TheoreticalDensity
from pelletry.core.finding import Finding
from pelletry.core.provenance import Lineage
from pelletry.core.quantity import Estimate, Quantity, Reported
from pelletry.techniques.density.archimedes import Archimedes
from pelletry.techniques.density.model import BudgetTerm

__all__ = ["DensityResult"]


@attrs.frozen(kw_only=True)
class DensityResult:
    """``density_kg_per_m3`` is the one that ``method`` names, and the relative density is of it.

    ``relative_density`` is Unresolved, with its reason, when no theoretical density was stated. ``other_theoretical`` is the one
    that was not used, where there are two. ``geometric_kg_per_m3`` and ``volume_m3`` are None without mass and size.
    """

    sample: str
    method: str
    volume_m3: Estimate | None
    density_kg_per_m3: Estimate
    geometric_kg_per_m3: Estimate | None
    archimedes: Archimedes | None
    relative_density: Quantity
    open_porosity: Quantity
    closed_porosity: Quantity
    total_porosity: Quantity
    theoretical: TheoreticalDensity | None
    other_theoretical: TheoreticalDensity | None = None
    budget: tuple[BudgetTerm, ...]
    readings: tuple[tuple[str, tuple[float, ...]], ...] = ()
    findings: tuple[Finding, ...] = ()
    lineage: Lineage
    is_simulated: bool = False

    @property
    def quantities(self) -> tuple[Reported, ...]:
        flags = tuple(finding.code for finding in self.findings if finding.severity in ("warning", "error"))
        named: list[tuple[str, Quantity]] = [
            ("density", self.density_kg_per_m3),
            ("relative_density", self.relative_density),
        ]
        if self.archimedes is not None:
            named += [
                ("density_archimedes", self.archimedes.bulk_kg_per_m3),
                ("density_apparent", self.archimedes.apparent_kg_per_m3),
                ("porosity_open", self.open_porosity),
                ("porosity_closed", self.closed_porosity),
                ("porosity_total", self.total_porosity),
            ]
            if self.geometric_kg_per_m3 is not None:
                named.append(("density_geometric", self.geometric_kg_per_m3))
        return tuple(
            Reported(sample=self.sample, technique="density", name=name, quantity=quantity, flags=flags)
            for name, quantity in named
        )

    @property
    def facts(self) -> tuple[Fact, ...]:
        if not isinstance(self.relative_density, Estimate):
            return ()
        return (RelativeDensity(sample=self.sample, given_by="density", relative_density=self.relative_density),)
