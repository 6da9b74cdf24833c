r"""Density of a body from its green density, its strain and its loss of mass.

With the linear strain :math:`e = (L - L_0)/L_0`, negative on shrinkage, and the lost fraction of mass w

.. math:: \rho = \rho_g \frac{1 - w}{(1 + e)^3}, \qquad \rho = \rho_g \frac{1 - w}{(1 + e_z)(1 + e_r)^2}

where the body shrinks differently along (z) and across (r) the pressing direction. A hot body is also expanded; brought back to
room temperature its strain is :math:`(1 + e)/(1 + \alpha \Delta T) - 1`. Nothing is clipped at full density: above it the green
density, the strain or the loss of mass is wrong.
"""

from __future__ import annotations

import math

import numpy as np

from pelletry.core.arrays import Array
from pelletry.core.quantity import Estimate

__all__ = [
    "cold_strain",
    "density_estimate",
    "green_density_that_fits",
    "relative_density_from_strain",
]


def relative_density_from_strain(
    *, green: float, strain: Array, mass_loss: float = 0.0, radial_per_axial: float = 1.0
) -> Array:
    """Relative density at strains of any shape. ``radial_per_axial`` is e_r/e_z, 1 for a body that shrinks alike. [1]

    The four shrinkages of Raj 2023 from 64 %:

    >>> strain = np.array([-0.132, -0.130, -0.135, -0.085])
    >>> [round(100 * r, 1) for r in relative_density_from_strain(green=0.64, strain=strain).tolist()]
    [97.9, 97.2, 98.9, 83.5]
    """
    return np.asarray(green * (1.0 - mass_loss) / ((1.0 + strain) * (1.0 + radial_per_axial * strain) ** 2))


def cold_strain(*, strain: Array, temperature_K: Array, expansion_per_K: float, reference_K: float) -> Array:
    """The strain without thermal expansion since ``reference_K``, shape of ``strain``. [1]"""
    return np.asarray((1.0 + strain) / (1.0 + expansion_per_K * (temperature_K - reference_K)) - 1.0)


def density_estimate(
    *, green: Estimate, strain: Estimate, mass_loss: Estimate | None, radial_per_axial: float = 1.0
) -> Estimate:
    """The density at one strain with the uncertainties that are stated; None when that of the green density is not."""
    loss = 0.0 if mass_loss is None else mass_loss.value
    value = float(
        relative_density_from_strain(
            green=green.value, strain=np.array(strain.value), mass_loss=loss, radial_per_axial=radial_per_axial
        )
    )
    std = None
    if green.std is not None:
        slope = 1.0 / (1.0 + strain.value) + 2.0 * radial_per_axial / (1.0 + radial_per_axial * strain.value)
        parts = [green.std / green.value]
        parts += [slope * strain.std] if strain.std is not None else []
        parts += [mass_loss.std / (1.0 - loss)] if mass_loss is not None and mass_loss.std is not None else []
        std = value * math.hypot(*parts)
    return Estimate(
        value=value,
        std=std,
        unit=green.unit,
        method="green density (1 - w)/(1 + e)^3"
        if radial_per_axial == 1.0
        else "green density (1 - w)/((1 + ez)(1 + er)^2)",
    )


def green_density_that_fits(
    *, density: float, strain: float, mass_loss: float = 0.0, radial_per_axial: float = 1.0
) -> float:
    """The green density from which a strain leads to a density; the inverse of the formula above."""
    return density * (1.0 + strain) * (1.0 + radial_per_axial * strain) ** 2 / (1.0 - mass_loss)
