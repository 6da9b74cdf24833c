"""What a refinement gives: phases with their uncertainties, the curve, and reasons not to trust it."""

from __future__ import annotations

import attrs
import numpy as np
import numpy.typing as npt

from pelletry.core.arrays import Array, array_field
from pelletry.core.quantity import Estimate
from pelletry.techniques.diffraction.model.instrument import Instrument
from pelletry.techniques.diffraction.model.options import RefineOptions
from pelletry.techniques.diffraction.model.structure import Structure

__all__ = ["DirectionalWidth", "RefinedPhase", "Refinement", "Verdict"]


@attrs.frozen(kw_only=True)
class Verdict:
    """One stated reason not to trust a refinement; serious ones forbid quoting its numbers without a look."""

    code: str
    sentence: str
    is_serious: bool


@attrs.frozen(kw_only=True)
class DirectionalWidth:
    """A size [m] or an apparent strain [1] of a phase; ``direction`` in words, such as "along 0 0 1" (indices of the plane)."""

    kind: str
    direction: str
    value: Estimate


@attrs.frozen(kw_only=True)
class RefinedPhase:
    """One phase of a refinement.

    ``cell`` a, b, c [angstrom], alpha, beta, gamma [deg]; ``cell_covariance`` (7, 7) of these and the volume. Standard deviations
    are statistical, times the goodness of fit where that exceeds 1; multiply by ``Refinement.berar_lelann`` for the wider ones.
    ``mass_fraction`` is of the crystalline, modelled part; None for a phase without coordinates. ``size_m`` is the Scherrer size
    (K = 0.9) of the Lorentzian size width, ``strain`` the apparent strain HL/(4 tan theta); None: not refined or no broadening, or
    ``directional`` has those of single directions instead.
    ``tick_two_theta_deg`` (m,) are the Bragg angles of the first line as they lie in the pattern, ``tick_hkl`` (m, 3) their
    indices, ``tick_intensity`` (m,) integrated intensities; ``le_bail_intensity`` (k,) free intensities of all reflections ``le_bail_hkl`` (k, 3) (Le Bail only); ``contribution`` (n,) the phase's part of the calculated curve.
    ``detection_limit_fraction``: the mass fraction at three standard deviations of its scale.
    """

    name: str
    structure: Structure
    cell: tuple[Estimate, Estimate, Estimate, Estimate, Estimate, Estimate]
    volume_angstrom3: Estimate
    cell_covariance: Array = array_field()
    scale: Estimate
    mass_fraction: Estimate | None
    density_kg_per_m3: Estimate | None
    detection_limit_fraction: float | None
    size_m: Estimate | None
    strain: Estimate | None
    directional: tuple[DirectionalWidth, ...] = ()
    texture: Estimate | None
    texture_axis: tuple[int, int, int] | None
    B_shift_angstrom2: Estimate | None
    tick_two_theta_deg: Array = array_field(unit="deg")
    tick_hkl: npt.NDArray[np.int64] = array_field(dtype=np.int64)
    tick_intensity: Array = array_field()
    contribution: Array = array_field()
    le_bail_intensity: Array = array_field()
    le_bail_hkl: npt.NDArray[np.int64] = array_field(dtype=np.int64, default=np.zeros((0, 3)))
    r_bragg: float
    is_le_bail: bool

    @property
    def is_seen(self) -> bool:
        """Whether its scale is three standard deviations above nothing; free intensities say nothing of that."""
        return self.is_le_bail or (self.scale.std is not None and self.scale.value > 3.0 * self.scale.std)


@attrs.frozen(kw_only=True)
class Refinement:
    """A refined pattern. Curves have the length of the pattern; points with ``use`` False are calculated and not fitted.

    ``std`` are statistical errors times max(1, GoF); ``std_berar_lelann`` the same times the Bérar-Lelann factor of serially correlated
    residuals. ``covariance`` (k, k) belongs to ``std``. ``names`` of the refined parameters; those held are in ``held``.
    ``fraction_covariance`` is in the order of the phases (zero rows for phases without fraction).
    """

    phases: tuple[RefinedPhase, ...]
    instrument: Instrument
    options: RefineOptions
    names: tuple[str, ...]
    values: Array = array_field()
    std: Array = array_field()
    std_berar_lelann: Array = array_field()
    covariance: Array = array_field()
    held: tuple[tuple[str, float], ...] = ()
    rwp: float
    rexp: float
    gof: float
    rwp_background_corrected: float
    durbin_watson: float
    berar_lelann: float
    calculated: Array = array_field()
    background: Array = array_field()
    displacement_m: float
    zero_deg: float
    fraction_covariance: Array = array_field()
    points: int
    evaluations: int
    is_converged: bool
    started_cold: bool
    verdicts: tuple[Verdict, ...] = ()

    def phase(self, name: str) -> RefinedPhase:
        """The phase of that name; KeyError if there is none."""
        for phase in self.phases:
            if phase.name == name:
                return phase
        raise KeyError(name)

    @property
    def is_trusted(self) -> bool:
        """No serious verdict."""
        return not any(verdict.is_serious for verdict in self.verdicts)
