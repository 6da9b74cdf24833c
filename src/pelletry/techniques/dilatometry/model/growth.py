r"""Grain growth from measured grain sizes, and the size above which cooling cracks the ceramic.

.. math:: G^n - G_0^n = k_0\, t \exp\left(-\frac{Q_g}{R T}\right)

with the exponent n stated as a range (2 to 4), since three grain sizes do not determine it: each n is fitted by a straight line
of :math:`\ln[(G^n - G_0^n)/t]` over 1/T.

A grain boundary cracks by itself when the strain energy of neighbouring grains pays for its surface (Cleveland and Bradt 1978):

.. math:: G_c = k \frac{\gamma_f}{E\,\Delta\alpha^2\,\Delta T^2}, \qquad k = 14.4

An estimate of order of magnitude: the fracture energy and the modulus are ranges, and so is the answer.
"""

from __future__ import annotations

from collections.abc import Sequence

import attrs
import numpy as np

from pelletry.core.arrays import Array
from pelletry.fitting.line import straight_line
from pelletry.techniques.dilatometry.model.master_curve import GAS_CONSTANT_J_PER_MOL_K

__all__ = ["CRITICAL_CONSTANT", "FiredGrain", "GrowthLaw", "critical_grain_size_m", "growth_law"]

CRITICAL_CONSTANT = 14.4


@attrs.frozen(kw_only=True)
class FiredGrain:
    """A grain size after a firing at one temperature."""

    temperature_K: float
    dwell_s: float
    grain_size_m: float


@attrs.frozen(kw_only=True)
class GrowthLaw:
    """Growth for one exponent: ln k0 in m^n/s, the energy with its standard deviation (None: two temperatures' points)."""

    growth_exponent: float
    initial_size_m: float
    log_constant: float
    energy_J_per_mol: float
    energy_std_J_per_mol: float | None

    def size_m(self, temperature_K: Array | float, dwell_s: Array | float) -> Array:
        """Grain size after a dwell. [m]"""
        grown = np.exp(
            self.log_constant - self.energy_J_per_mol / (GAS_CONSTANT_J_PER_MOL_K * np.asarray(temperature_K))
        )
        return np.asarray((self.initial_size_m**self.growth_exponent + grown * dwell_s) ** (1.0 / self.growth_exponent))

    def dwell_s(self, temperature_K: Array | float, grain_size_m: float) -> Array:
        """Dwell after which the grains have grown to a size; 0 when they were larger before. [s]"""
        n = self.growth_exponent
        rate = np.exp(
            self.log_constant - self.energy_J_per_mol / (GAS_CONSTANT_J_PER_MOL_K * np.asarray(temperature_K))
        )
        return np.asarray(np.maximum(grain_size_m**n - self.initial_size_m**n, 0.0) / rate)


def growth_law(grains: Sequence[FiredGrain], *, growth_exponent: float, initial_size_m: float) -> GrowthLaw | None:
    """Fit k0 and Q_g; None when fewer than three grain sizes are larger than the first one, or all are of one temperature."""
    used = [g for g in grains if g.grain_size_m > initial_size_m and g.dwell_s > 0]
    if len(used) < 3 or len({g.temperature_K for g in used}) < 2:
        return None
    x = np.array([1.0 / g.temperature_K for g in used])
    y = np.log([(g.grain_size_m**growth_exponent - initial_size_m**growth_exponent) / g.dwell_s for g in used])
    line = straight_line(x, y)
    return GrowthLaw(
        growth_exponent=growth_exponent,
        initial_size_m=initial_size_m,
        log_constant=line.intercept,
        energy_J_per_mol=-line.slope * GAS_CONSTANT_J_PER_MOL_K,
        energy_std_J_per_mol=line.slope_std * line.scatter_factor * GAS_CONSTANT_J_PER_MOL_K if len(used) > 2 else None,
    )


def critical_grain_size_m(
    *, fracture_energy_J_per_m2: float, modulus_Pa: float, anisotropy_per_K: float, cooling_K: float
) -> float:
    """Grain size above which cooling by ``cooling_K`` cracks boundaries. [m]

    LATP with 5 J/m2, 115 GPa, 30e-6/K and 775 K:

    >>> size_m = critical_grain_size_m(
    ...     fracture_energy_J_per_m2=5.0, modulus_Pa=115e9, anisotropy_per_K=30e-6, cooling_K=775.0
    ... )
    >>> round(1e6 * size_m, 2)
    1.16
    """
    return CRITICAL_CONSTANT * fracture_energy_J_per_m2 / (modulus_Pa * anisotropy_per_K**2 * cooling_K**2)
