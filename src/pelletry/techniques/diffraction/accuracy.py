r"""How far a weight fraction may be from what was weighed in: more than its statistics say.

Microabsorption, grains that lie in one direction, extinction and imperfect structures move weight fractions and leave the fit as good as
it was. Their size was taken from weighed mixtures refined here without any tuning: differences of :math:`5\,\%\,\sqrt{w(1-w)}` (root mean square,
14 fractions of six oxide mixtures on a bench-top diffractometer with absorption contrasts up to 35), and of 2 % of it on the fine, weakly
absorbing powders of the round robin CPD-1 with an instrument profile that a standard gave. The 95 % interval holds this beside the statistical
standard deviation times the factor of Bérar and Lelann; the standard deviation itself stays statistical.
"""

from __future__ import annotations

import math

import attrs

from pelletry.core.quantity import Estimate
from pelletry.techniques.diffraction.model.result import Refinement

__all__ = ["WEIGHED_RMS_CALIBRATED", "WEIGHED_RMS_PLAIN", "with_accuracy"]

WEIGHED_RMS_PLAIN = 0.05
WEIGHED_RMS_CALIBRATED = 0.02


def with_accuracy(refinement: Refinement) -> Refinement:
    """The refinement with 95 % intervals of its weight fractions that admit what weighed mixtures show; a single phase stays as it is."""
    if sum(phase.mass_fraction is not None for phase in refinement.phases) < 2:
        return refinement
    share = WEIGHED_RMS_CALIBRATED if refinement.instrument.is_frozen else WEIGHED_RMS_PLAIN
    phases = tuple(
        phase
        if phase.mass_fraction is None
        else attrs.evolve(phase, mass_fraction=_widened(phase.mass_fraction, refinement.berar_lelann, share))
        for phase in refinement.phases
    )
    return attrs.evolve(refinement, phases=phases)


def _widened(fraction: Estimate, berar_lelann: float, share: float) -> Estimate:
    w = min(1.0, max(0.0, fraction.value))
    half = 1.96 * math.hypot((fraction.std or 0.0) * max(1.0, berar_lelann), share * math.sqrt(w * (1.0 - w)))
    words = f"; the 95 % interval admits {100 * share:.0f} % of √(w(1-w)), as weighed mixtures differ"
    return attrs.evolve(fraction, interval_95=(max(0.0, w - half), min(1.0, w + half)), method=fraction.method + words)
