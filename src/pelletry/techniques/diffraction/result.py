"""What the analysis of a sample's powder scans gives: everything that tables, figures and ``trace`` show, as plain data."""

from __future__ import annotations

import attrs
import numpy as np
import numpy.typing as npt

from pelletry.core.arrays import Array, array_field
from pelletry.core.facts import Fact
from pelletry.core.finding import Finding
from pelletry.core.provenance import Lineage, Origin
from pelletry.core.quantity import Quantity, Reported
from pelletry.techniques.diffraction.expansion import BranchTest, Expansion
from pelletry.techniques.diffraction.identify.found import Identification
from pelletry.techniques.diffraction.microabsorption import Microabsorption
from pelletry.techniques.diffraction.model.instrument import Instrument
from pelletry.techniques.diffraction.model.result import Refinement
from pelletry.techniques.diffraction.transition import Transition

__all__ = [
    "ColdCheck",
    "DiffractionResult",
    "ExpansionOfPhase",
    "JointSummary",
    "PatternResult",
    "SeriesPicture",
    "SeriesResult",
    "StandardResult",
    "TemperatureCheck",
    "WithheldNumber",
]


@attrs.frozen(kw_only=True)
class WithheldNumber:
    """A number that cannot be had, what is missing for it, and what to do."""

    what: str
    missing: str
    do: str


@attrs.frozen(kw_only=True)
class PatternResult:
    """One scan with its refinement. Arrays run over all points of the scan; ``use`` marks the fitted ones.

    In a long series the curves of most patterns are dropped (``has_curves`` False) so that memory stays bounded.
    ``refinement`` None: the scan could not be refined, ``reason`` says why. ``amorphous_fraction`` needs a spike, ``amorphous_fraction_external`` a scan
    of a standard of known crystallinity.
    """

    label: str
    origin: Origin
    temperature_K: float | None
    temperature_is_confirmed: bool
    branch: str
    run: str
    noise: str
    intensity_unit: str
    two_theta_deg: Array = array_field(unit="deg")
    intensity: Array = array_field()
    std: Array = array_field()
    use: npt.NDArray[np.bool_] = array_field(dtype=bool)
    refinement: Refinement | None
    reason: str = ""
    amorphous_fraction: Quantity | None = None
    amorphous_fraction_external: Quantity | None = None
    density_kg_per_m3: Quantity | None = None
    microabsorption: tuple[Microabsorption, ...] = ()
    flags: tuple[str, ...] = ()

    @property
    def has_curves(self) -> bool:
        return self.two_theta_deg.size > 0


@attrs.frozen(kw_only=True)
class StandardResult:
    """A scan of a standard, and the instrument that it gave."""

    pattern: PatternResult
    phase: str
    instrument: Instrument


@attrs.frozen(kw_only=True)
class SeriesPicture:
    """All patterns of a series side by side, thinned to bins of 2theta: ``rows[i]`` is pattern i, square root of its intensity."""

    two_theta_deg: Array = array_field(unit="deg")
    rows: npt.NDArray[np.float32] = array_field(dtype=np.float32)


@attrs.frozen(kw_only=True)
class ColdCheck:
    """A pattern of a series refined again from a cold start; ``difference_std`` is its largest move of a cell in standard deviations."""

    pattern_index: int
    difference_std: float
    gof_warm: float
    gof_cold: float
    kept: str


@attrs.frozen(kw_only=True)
class ExpansionOfPhase:
    """Expansion of one phase along one branch (empty: all scans together): secant over the whole range and at both its ends.

    ``law_temperature_K`` (m,) and ``law_cell`` (m, 6) draw the fitted law.
    """

    phase: str
    branch: str
    degree: int
    chi2_reduced: float
    patterns: int
    secant: Expansion
    at_ends: tuple[Expansion, Expansion]
    law_temperature_K: Array = array_field(unit="K")
    law_cell: Array = array_field()


@attrs.frozen(kw_only=True)
class JointSummary:
    """How the joint fit of the cells of one branch ended; ``reason`` not empty: there is none, and the two-step laws stand.

    ``shift_std``: the largest change of a coefficient from the two-step law, in standard deviations of that. ``signal``: by phase, how far it stands above nothing in
    all scans together; ``too_weak`` are phases without a law for that.
    """

    branch: str
    phases: tuple[str, ...] = ()
    patterns: int = 0
    steps: int = 0
    is_converged: bool = False
    chi2_reduced: float = 0.0
    shift_std: float = 0.0
    signal: tuple[float, ...] = ()
    too_weak: tuple[str, ...] = ()
    reason: str = ""


@attrs.frozen(kw_only=True)
class TemperatureCheck:
    """Temperatures from the cell of a standard in the scans: stated, found with its standard deviation, shape (n,) each.

    ``places`` (n,) are those of the scans in the series: heating and cooling may state the same temperature and not have it.
    """

    phase: str
    places: tuple[int, ...]
    source: str
    stated_K: Array = array_field(unit="K")
    found_K: Array = array_field(unit="K")
    std_K: Array = array_field(unit="K")


@attrs.frozen(kw_only=True)
class SeriesResult:
    """Scans against temperature: what the cells do, whether cooling follows heating, and where a phase turns into another."""

    pattern_indices: tuple[int, ...]
    method: str
    expansions: tuple[ExpansionOfPhase, ...]
    branch_tests: tuple[tuple[str, BranchTest], ...]
    transitions: tuple[Transition, ...]
    cold_checks: tuple[ColdCheck, ...]
    temperature_check: TemperatureCheck | None
    picture: SeriesPicture | None
    joint: tuple[JointSummary, ...] = ()


@attrs.frozen(kw_only=True)
class DiffractionResult:
    """Everything found of one sample. ``identification`` (without its refinement) None: the phases were named. ``phases`` are the names in the order of the tables, the main phase first."""

    sample: str
    patterns: tuple[PatternResult, ...]
    phases: tuple[str, ...]
    standards: tuple[StandardResult, ...] = ()
    identification: Identification | None = None
    series: SeriesResult | None = None
    instrument_words: str = ""
    quantities: tuple[Reported, ...] = ()
    findings: tuple[Finding, ...] = ()
    facts: tuple[Fact, ...] = ()
    withheld: tuple[WithheldNumber, ...] = ()
    lineage: Lineage
    is_simulated: bool = False

    @property
    def reference_pattern(self) -> PatternResult | None:
        """The refined pattern that stands for the sample: the one nearest to 25 °C, else the first."""
        refined = [p for p in self.patterns if p.refinement is not None]
        if not refined:
            return None
        return min(refined, key=lambda p: abs((p.temperature_K or 298.15) - 298.15))
