"""Density of one pellet, its budget, and the facts it gives to others."""

from __future__ import annotations

import attrs

from pelletry.core.facts import Fact, RelativeDensity, TheoreticalDensity
from pelletry.core.finding import Finding
from pelletry.core.provenance import Lineage
from pelletry.core.quantity import Estimate, Quantity, Reported
from pelletry.techniques.density.model import BudgetTerm

__all__ = ["DensityResult"]


@attrs.frozen(kw_only=True)
class DensityResult:
    """``relative_density`` is Unresolved, with its reason, when no theoretical density was stated."""

    sample: str
    volume_m3: Estimate
    density_kg_per_m3: Estimate
    relative_density: Quantity
    theoretical: TheoreticalDensity | None
    budget: tuple[BudgetTerm, ...]
    readings: tuple[tuple[str, tuple[float, ...]], ...] = ()
    findings: tuple[Finding, ...] = ()
    lineage: Lineage
    is_simulated: bool = False

    @property
    def quantities(self) -> tuple[Reported, ...]:
        flags = tuple(finding.code for finding in self.findings if finding.severity in ("warning", "error"))
        named = (
            ("density", self.density_kg_per_m3),
            ("relative_density", self.relative_density),
        )
        return tuple(
            Reported(sample=self.sample, technique="density", name=name, quantity=quantity, flags=flags)
            for name, quantity in named
        )

    @property
    def facts(self) -> tuple[Fact, ...]:
        if not isinstance(self.relative_density, Estimate):
            return ()
        return (RelativeDensity(sample=self.sample, given_by="density", relative_density=self.relative_density),)
