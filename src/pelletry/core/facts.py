"""Facts: the only way techniques learn from one another.

A technique's card says which facts it needs and gives; the study orders the techniques and hands the facts over.
Each fact says who gave it (``given_by``): ``"study.toml"``, ``"calliper"``, or a technique's name.
"""

from __future__ import annotations

import attrs

from pelletry.core.quantity import Estimate

__all__ = [
    "ActivationEnergy",
    "Fact",
    "IonicConductivity",
    "PelletGeometry",
    "RelativeDensity",
    "TheoreticalDensity",
]


@attrs.frozen(kw_only=True)
class Fact:
    """Base of all facts: which sample, and who says so."""

    sample: str
    given_by: str


@attrs.frozen(kw_only=True)
class PelletGeometry(Fact):
    """The pellet's thickness and electrode area, for sigma = l/(R A). Errors are common to all points of the pellet."""

    thickness_m: Estimate
    electrode_area_m2: Estimate

    @property
    def cell_constant_per_m(self) -> float:
        """k = l/A [1/m]."""
        return self.thickness_m.value / self.electrode_area_m2.value

    @property
    def relative_std(self) -> float | None:
        """Relative standard deviation of l/A; None when either uncertainty is not known."""
        if self.thickness_m.std is None or self.electrode_area_m2.std is None:
            return None
        t = self.thickness_m.std / self.thickness_m.value
        a = self.electrode_area_m2.std / self.electrode_area_m2.value
        return float((t * t + a * a) ** 0.5)


@attrs.frozen(kw_only=True)
class TheoreticalDensity(Fact):
    """Density of the pore-free material and where the number comes from."""

    density_kg_per_m3: Estimate
    source: str


@attrs.frozen(kw_only=True)
class RelativeDensity(Fact):
    """Geometric (or Archimedes) density over theoretical density."""

    relative_density: Estimate


@attrs.frozen(kw_only=True)
class IonicConductivity(Fact):
    """Conductivity at one temperature; ``part`` is bulk, grain_boundary or total."""

    part: str
    temperature_K: float
    conductivity_S_per_m: Estimate


@attrs.frozen(kw_only=True)
class ActivationEnergy(Fact):
    """Arrhenius energy; ``convention`` is ``"ln(sigma T)"`` or ``"ln(sigma)"``."""

    part: str
    convention: str
    energy_eV: Estimate
