"""Facts: the only way techniques learn from one another.

A technique's card says which facts it needs and gives; the study orders the techniques and hands the facts over.
Each fact says who gave it (``given_by``): ``"study.toml"``, ``"calliper"``, or a technique's name.
"""

from __future__ import annotations

import attrs

from pelletry.core.freedom import combined_degrees_of_freedom
from pelletry.core.quantity import Estimate

__all__ = [
    "ActivationEnergy",
    "AreaSpecificResistance",
    "CellResistance",
    "Fact",
    "GrainSize",
    "IonicConductivity",
    "LatticeParameters",
    "LayerThickness",
    "MassLoss",
    "ParticleSize",
    "PelletGeometry",
    "PhaseContent",
    "Porosity",
    "RelativeDensity",
    "Shrinkage",
    "TheoreticalDensity",
    "ThermalExpansion",
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

    @property
    def degrees_of_freedom(self) -> float | None:
        """Of :attr:`relative_std`, when thickness or area come from a few readings; None: known."""
        sizes = (self.thickness_m, self.electrode_area_m2)
        return combined_degrees_of_freedom(
            [(size.std / size.value, size.degrees_of_freedom) for size in sizes if size.std is not None]
        )


@attrs.frozen(kw_only=True)
class TheoreticalDensity(Fact):
    """Density of the pore-free material and where the number comes from."""

    density_kg_per_m3: Estimate
    source: str

    @property
    def is_computed(self) -> bool:
        """From refined cells, not stated by a person."""
        return self.given_by.startswith("diffraction")


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


@attrs.frozen(kw_only=True)
class LatticeParameters(Fact):
    """The refined cell of one phase; ``volume_angstrom3`` carries the e.s.d. that follows from the whole covariance.

    ``temperature_K`` None: room temperature was not stated. ``is_main``: the phase with the largest share.
    """

    phase: str
    a_angstrom: Estimate
    b_angstrom: Estimate
    c_angstrom: Estimate
    alpha_deg: Estimate
    beta_deg: Estimate
    gamma_deg: Estimate
    volume_angstrom3: Estimate
    temperature_K: float | None = None
    is_main: bool = False


@attrs.frozen(kw_only=True)
class PhaseContent(Fact):
    """Share of one phase in the crystalline, modelled part; ``density_kg_per_m3`` that of its refined cell."""

    phase: str
    formula: str
    mass_fraction: Estimate
    density_kg_per_m3: Estimate | None = None


@attrs.frozen(kw_only=True)
class ThermalExpansion(Fact):
    """Expansion of a phase between two temperatures; ``anisotropy_per_K`` is alpha_c - alpha_a (largest minus smallest axis)."""

    phase: str
    mean_per_K: Estimate
    anisotropy_per_K: Estimate
    temperature_low_K: float
    temperature_high_K: float


@attrs.frozen(kw_only=True)
class ParticleSize(Fact):
    """Percentiles of a powder's size distribution. ``basis`` is volume or number; ``optical_model`` as the file states it."""

    d10_m: Estimate
    d50_m: Estimate
    d90_m: Estimate
    basis: str
    optical_model: str = ""


@attrs.frozen(kw_only=True)
class Shrinkage(Fact):
    """Length change of a fired body, negative on shrinkage; ``relative_density`` is the density it ends at, if known."""

    strain_fraction: Estimate
    onset_temperature_K: Estimate | None = None
    expansion_temperature_K: Estimate | None = None
    relative_density: Estimate | None = None


@attrs.frozen(kw_only=True)
class MassLoss(Fact):
    """Loss of mass as a fraction of the dry mass, and the temperature above which nothing more was lost (None: none found)."""

    mass_loss_fraction: Estimate
    end_temperature_K: float | None = None


@attrs.frozen(kw_only=True)
class GrainSize(Fact):
    """Size of the grains; ``convention`` names what the number is (mean linear intercept, ECD, ...)."""

    convention: str
    grain_size_m: Estimate
    grains: int = 0


@attrs.frozen(kw_only=True)
class Porosity(Fact):
    """Areal share of pores on a micrograph with the band of the thresholds."""

    porosity_fraction: Estimate
    low_fraction: float
    high_fraction: float


@attrs.frozen(kw_only=True)
class LayerThickness(Fact):
    """Thickness of a layer seen by EDX; ``element`` whose profile gave it."""

    layer: str
    element: str
    thickness_m: Estimate


@attrs.frozen(kw_only=True)
class CellResistance(Fact):
    """Resistance of a whole cell from its impedance (low-frequency end); ``time_s`` since the first spectrum when it is known."""

    temperature_K: float | None
    resistance_ohm: Estimate
    time_s: float | None = None


@attrs.frozen(kw_only=True)
class AreaSpecificResistance(Fact):
    """Resistance times the area of one electrode; ``part`` is cell, pellet or interface, ``source`` dc or ac."""

    part: str
    source: str
    temperature_K: float | None
    resistance_ohm_m2: Estimate
