"""Density after a firing that nobody has made yet, read from a master sintering curve; nothing beyond what was measured."""

from __future__ import annotations

import attrs
import numpy as np

from pelletry.core.arrays import Array, array_field
from pelletry.techniques.dilatometry.model.master_curve import MasterCurve, ln_work, spline_values

__all__ = ["FiringMap", "dwell_for_density_s", "fired_density", "firing_map"]

_ROOM_K = 298.15
_RAMP_POINTS = 300


@attrs.frozen(kw_only=True)
class FiringMap:
    """Density (temperatures, dwells) after heating at one rate; NaN where the work exceeds what was measured."""

    rate_K_per_s: float
    temperature_K: Array = array_field(unit="K")
    dwell_s: Array = array_field(unit="s")
    density_relative: Array = array_field()


def _ln_work_of_firing(curve: MasterCurve, temperature_K: float, dwell_s: Array, rate_K_per_s: float) -> Array:
    ramp_K = np.linspace(_ROOM_K, temperature_K, _RAMP_POINTS)
    ramp = ln_work((ramp_K - _ROOM_K) / rate_K_per_s, ramp_K, energy_J_per_mol=curve.energy_J_per_mol)[-1]
    held = ln_work(np.array([0.0, 1.0]), np.full(2, temperature_K), energy_J_per_mol=curve.energy_J_per_mol)[-1]
    with np.errstate(divide="ignore"):
        return np.asarray(np.logaddexp(ramp, held + np.log(dwell_s)))


def fired_density(curve: MasterCurve, *, temperature_K: float, dwell_s: Array, rate_K_per_s: float) -> Array:
    """Density after heating at a rate and a dwell, shape of ``dwell_s``; NaN beyond the measured work of sintering."""
    x = _ln_work_of_firing(curve, temperature_K, dwell_s, rate_K_per_s)
    density = spline_values(x, ends=curve.knots_ln_work, coefficients=curve.coefficients)
    return np.where(x > curve.knots_ln_work[1] + 1e-9, np.nan, density)


def firing_map(curve: MasterCurve, *, temperature_K: Array, dwell_s: Array, rate_K_per_s: float) -> FiringMap:
    """Densities over a grid of dwell temperatures and dwells."""
    rows = [
        fired_density(curve, temperature_K=float(T), dwell_s=dwell_s, rate_K_per_s=rate_K_per_s) for T in temperature_K
    ]
    return FiringMap(
        rate_K_per_s=rate_K_per_s, temperature_K=temperature_K, dwell_s=dwell_s, density_relative=np.array(rows)
    )


def dwell_for_density_s(
    curve: MasterCurve, *, temperature_K: float, rate_K_per_s: float, density: float, longest_s: float
) -> float | None:
    """The shortest dwell that gives a density, None when the measured curve does not reach it within ``longest_s``."""
    dwell_s = np.concatenate([[0.0], np.geomspace(30.0, longest_s, 300)])
    # Beyond the measured work the density is at least the last measured one.
    x = _ln_work_of_firing(curve, temperature_K, dwell_s, rate_K_per_s)
    reached = spline_values(x, ends=curve.knots_ln_work, coefficients=curve.coefficients)
    enough = np.flatnonzero(reached >= density)
    if not enough.size:
        return None
    i = int(enough[0])
    if i == 0:
        return 0.0
    part = (density - reached[i - 1]) / (reached[i] - reached[i - 1])
    return float(dwell_s[i - 1] + part * (dwell_s[i] - dwell_s[i - 1]))
