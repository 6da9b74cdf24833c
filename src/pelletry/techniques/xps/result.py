"""What the analysis of photoelectron spectra gives: regions with states and their fractions, shifts, differences, ratios, layers."""

from __future__ import annotations

import attrs

from pelletry.core.arrays import Array, array_field
from pelletry.core.facts import Fact
from pelletry.core.finding import Finding
from pelletry.core.provenance import Lineage, Origin
from pelletry.core.quantity import Quantity, Reported
from pelletry.techniques.xps.measurement import FileCalibration, FileComponent
from pelletry.techniques.xps.model.average import Variant
from pelletry.techniques.xps.reported import reported

#: Spreads of fractions below this are those of rounding.
SMALLEST_SPREAD = 1e-6
#: A state counts as seen when its area is this many standard deviations (fit and background) from zero.
SEEN = 3.0

__all__ = [
    "SEEN",
    "SMALLEST_SPREAD",
    "Assignment",
    "Composition",
    "Difference",
    "LayerResult",
    "LithiumRatio",
    "RegionResult",
    "State",
    "XpsResult",
]


@attrs.frozen(kw_only=True)
class Assignment:
    """How a state stands against the reference table. ``verdict`` is inside, outside, none (nothing to hold it against) or withheld.

    ``nearest`` are the entries whose range holds the state, as words; ``stated`` what the settings call it.
    """

    stated: str
    verdict: str
    nearest: tuple[str, ...] = ()
    references: tuple[str, ...] = ()
    sentence: str = ""


@attrs.frozen(kw_only=True)
class State:
    """One chemical state. Averages over backgrounds and windows; ``fraction`` is its share of its level in this region.

    ``fraction_fit_std`` is the error of the fits, ``fraction_background_std`` the spread between backgrounds and windows.
    ``corrected_eV`` is the binding energy on the scale of the charge reference. ``curve`` is drawn on the region's grid.
    ``partner_ratio`` is what the doublet gives when its ratio is free, None for single lines.
    """

    name: str
    level: str
    phase: str
    shape: str
    position_eV: Quantity
    corrected_eV: Quantity
    fwhm_eV: Quantity
    area: Quantity
    fraction: Quantity
    fraction_fit_std: float
    fraction_background_std: float
    significance_ratio: float
    stated_ratio: float | None
    partner_ratio: Quantity | None
    is_doublet: bool
    assignment: Assignment
    curve: Array = array_field(doc="shape (k,)")

    @property
    def is_seen(self) -> bool:
        return self.significance_ratio >= SEEN


@attrs.frozen(kw_only=True)
class RegionResult:
    """A region as fitted; ``background`` names the one that is drawn. ``noise`` says where the weights come from."""

    name: str
    level: str
    role: str
    origin: Origin
    unit: str
    window_eV: tuple[float, float]
    background_name: str
    is_proposed: bool
    noise: str
    chi2_reduced: float | None
    iterations: int
    end_points: int
    states: tuple[State, ...]
    variants: tuple[Variant, ...]
    file_components: tuple[FileComponent, ...] = ()
    file_calibration: FileCalibration | None = None
    energy_eV: Array = array_field()
    intensity: Array = array_field()
    background: Array = array_field()
    residual: Array = array_field(doc="in standard deviations of a point")
    area_per_s: Quantity
    transmission_relative: float | None = None
    kinetic_energy_eV: float | None = None
    pass_energy_eV: float | None = None

    @property
    def envelope(self) -> Array:
        total: Array = self.background + sum(state.curve for state in self.states)
        return total


@attrs.frozen(kw_only=True)
class Difference:
    """A difference of two lines, which charging does not change."""

    first: str
    second: str
    role: str
    difference_eV: Quantity


@attrs.frozen(kw_only=True)
class Composition:
    """Atomic fraction of one element from one level."""

    element: str
    level: str
    role: str
    fraction: Quantity


@attrs.frozen(kw_only=True)
class LithiumRatio:
    """Li atoms per Zr atom: with the pristine pellet as standard, and from Scofield's cross sections beside it."""

    role: str
    with_standard: Quantity
    with_scofield: Quantity


@attrs.frozen(kw_only=True)
class LayerResult:
    """A layer from two states of one line, and the coverage that islands would have instead."""

    region: str
    role: str
    layer: tuple[str, ...]
    substrate: tuple[str, ...]
    thickness_m: Quantity
    coverage_fraction: Quantity
    assumptions: str


@attrs.frozen(kw_only=True)
class XpsResult:
    """Everything about one sample. ``shifts`` are (role, what is added to the file's binding energies)."""

    sample: str
    regions: tuple[RegionResult, ...]
    surveys: tuple[str, ...]
    reference: str
    shifts: tuple[tuple[str, Quantity], ...]
    differences: tuple[Difference, ...]
    composition: tuple[Composition, ...]
    sensitivity: str
    lithium: tuple[LithiumRatio, ...]
    layers: tuple[LayerResult, ...]
    bond_lengths_angstrom: tuple[tuple[str, Quantity], ...]
    findings: tuple[Finding, ...]
    lineage: Lineage
    is_simulated: bool = False

    @property
    def facts(self) -> tuple[Fact, ...]:
        return ()

    @property
    def quantities(self) -> tuple[Reported, ...]:
        return reported(self)
