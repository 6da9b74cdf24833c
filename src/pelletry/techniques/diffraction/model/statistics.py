"""How well a curve describes a pattern: agreement factors and the serial correlation of what is left."""

from __future__ import annotations

import math

import attrs
import numpy as np

from pelletry.core.arrays import Array

__all__ = ["Agreement", "agreement", "berar_lelann_factor", "durbin_watson"]


@attrs.frozen(kw_only=True)
class Agreement:
    """Rwp, Rexp, GoF = sqrt(chi^2 / (N - P)) (Young 1993, Toby 2006), Rwp of the pattern less background, serial correlation."""

    rwp: float
    rexp: float
    gof: float
    rwp_background_corrected: float
    durbin_watson: float
    berar_lelann: float


def durbin_watson(residuals: Array) -> float:
    """Sum of squared differences of neighbours over the sum of squares: 2 for white noise, near 0 for a bad model (Hill & Flack 1987)."""
    total = float(residuals @ residuals)
    return float(np.sum(np.diff(residuals) ** 2) / total) if total > 0 else 2.0


def berar_lelann_factor(residuals: Array) -> float:
    """Factor on standard deviations for serially correlated residuals (Berar & Lelann 1991).

    The root of the sum over runs of one sign of (sum of residuals)^2, over the sum of squares; about 1.5 even for white noise.
    """
    total = float(residuals @ residuals)
    if total <= 0:
        return 1.0
    starts = np.flatnonzero(np.concatenate([[True], np.sign(residuals[1:]) != np.sign(residuals[:-1])]))
    return math.sqrt(float(np.sum(np.add.reduceat(residuals, starts) ** 2)) / total)


def agreement(*, observed: Array, calculated: Array, background: Array, std: Array, parameters: int) -> Agreement:
    """All measures of one fit on its fitted points, shapes (n,)."""
    residuals = (observed - calculated) / std
    chi2 = float(residuals @ residuals)
    whole = float(np.sum((observed / std) ** 2))
    net = float(np.sum(((observed - background) / std) ** 2))
    freedom = max(observed.size - parameters, 1)
    return Agreement(
        rwp=math.sqrt(chi2 / whole) if whole > 0 else 1.0,
        rexp=math.sqrt(freedom / whole) if whole > 0 else 1.0,
        gof=math.sqrt(chi2 / freedom),
        rwp_background_corrected=math.sqrt(chi2 / net) if net > 0 else 1.0,
        durbin_watson=durbin_watson(residuals),
        berar_lelann=berar_lelann_factor(residuals),
    )
