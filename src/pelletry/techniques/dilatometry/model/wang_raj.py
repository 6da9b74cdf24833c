r"""Energy of sintering at constant density (Wang and Raj 1990), a second opinion on the master curve.

At one density :math:`\ln(T\,d\rho/dt) = -Q/(R T) + c(\rho)` for all heating rates, if the grain size depends on density alone. The
slope over 1/T of the points of all runs at that density is the energy; over several densities it should be the same.
"""

from __future__ import annotations

from collections.abc import Sequence

import attrs
import numpy as np

from pelletry.core.arrays import Array, array_field
from pelletry.fitting.line import straight_line
from pelletry.techniques.dilatometry.model.master_curve import GAS_CONSTANT_J_PER_MOL_K, SinteringRun

__all__ = ["WangRaj", "wang_raj"]

_LEVELS = 9
_HALF_WINDOW = 0.06


@attrs.frozen(kw_only=True)
class WangRaj:
    """Energies (k,) at densities (k,) and their standard deviations from the scatter of the points about each line."""

    density_relative: Array = array_field()
    energy_J_per_mol: Array = array_field(unit="J/mol")
    std_J_per_mol: Array = array_field(unit="J/mol")


def _rate_at(run: SinteringRun, level: float, span: float, lag_s: float) -> tuple[float, float] | None:
    """Sample temperature and d(density)/dt where a run reaches a density, from a parabola through the rows around it."""
    top = int(np.argmax(run.density_relative)) + 1
    y, t, T = run.density_relative[:top], run.time_s[:top], run.temperature_K[:top]
    near = np.flatnonzero(np.abs(y - level) < _HALF_WINDOW * span)
    if len(near) < 6 or y[near[0]] > level or y[near[-1]] < level:
        return None
    middle = float(t[near].mean())
    scale = float(np.ptp(t[near])) or 1.0
    u = (t[near] - middle) / scale
    c = np.polynomial.polynomial.polyfit(u, y[near], 2)
    grid = np.linspace(u[0], u[-1], 400)
    at = float(grid[np.argmin(np.abs(np.polynomial.polynomial.polyval(grid, c) - level))])
    rate = float((c[1] + 2 * c[2] * at) / scale)
    ramp = float(np.polynomial.polynomial.polyfit(u, T[near], 1)[1] / scale)
    temperature = float(np.interp(middle + at * scale, t[near], T[near])) - lag_s * ramp
    return (temperature, rate) if rate > 0 else None


def wang_raj(runs: Sequence[SinteringRun], *, low: float, high: float, lag_s: float = 0.0) -> WangRaj:
    """Energies at densities between ``low`` and ``high`` that at least three runs reach."""
    levels, energies, stds = [], [], []
    span = high - low
    for level in np.linspace(low + 0.15 * span, high - 0.15 * span, _LEVELS):
        points = [found for run in runs if (found := _rate_at(run, float(level), span, lag_s)) is not None]
        if len(points) < 3:
            continue
        inverse = np.array([1.0 / T for T, _ in points])
        line = straight_line(inverse, np.log([T * rate for T, rate in points]))
        levels.append(float(level))
        energies.append(-line.slope * GAS_CONSTANT_J_PER_MOL_K)
        stds.append(line.slope_std * line.scatter_factor * GAS_CONSTANT_J_PER_MOL_K)
    return WangRaj(density_relative=np.array(levels), energy_J_per_mol=np.array(energies), std_J_per_mol=np.array(stds))
