"""Weight fractions from scales, amorphous content, densities of mixtures, contrast of absorption.

Hill & Howard (1987): W_i = S_i (ZM)_i V_i / sum. The sum runs over the phases of the model: what was not modelled, or is not
crystalline, is missing from it.
"""

from __future__ import annotations

from collections.abc import Sequence

import attrs
import numpy as np

from pelletry.core.arrays import Array
from pelletry.core.quantity import Estimate

__all__ = [
    "Amorphous",
    "amorphous_from_spike",
    "brindley_factor",
    "fractions_from_scales",
    "mixture_density",
]


def fractions_from_scales(products: Array, covariance: Array) -> tuple[Array, Array]:
    """Fractions of products S (ZM) V, shape (p,), and their covariance from that of the products, shape (p, p)."""
    total = float(products.sum())
    if not total > 0:
        return np.zeros_like(products), np.zeros_like(covariance)
    fractions = products / total
    slopes = (np.eye(products.size) - fractions[:, None]) / total
    return fractions, slopes @ covariance @ slopes.T


@attrs.frozen(kw_only=True)
class Amorphous:
    """Content of what does not diffract: of the sample without the spike; ``crystalline`` the phases' true fractions."""

    amorphous_fraction: Estimate
    crystalline: tuple[tuple[str, Estimate], ...]


def amorphous_from_spike(
    names: Sequence[str], fractions: Array, covariance: Array, *, spike: str, weighed: Estimate
) -> Amorphous:
    """Amorphous part by an internal standard whose weighed fraction (of sample + spike) is known.

    With W_s the refined and w_s the weighed fraction: A = (1 - w_s / W_s) / (1 - w_s). A negative value means that the spike was
    weighed, mixed or modelled wrongly and is given as it is.
    """
    at = list(names).index(spike)
    others = [i for i in range(len(names)) if i != at]
    w = weighed.value
    refined = float(fractions[at])

    def value(f: Array, share: float) -> Array:
        true = f * share / f[at]
        return np.array([(1.0 - share / f[at]) / (1.0 - share), *(true[others] / (1.0 - share))])

    base = value(fractions, w)
    step = 1e-6
    slopes = np.array([(value(fractions + step * unit, w) - base) / step for unit in np.eye(len(names))])
    spread = slopes.T @ covariance @ slopes
    if weighed.std:
        by_weight = (value(fractions, w + step) - base) / step
        spread = spread + np.outer(by_weight, by_weight) * weighed.std**2
    std = np.sqrt(np.maximum(np.diag(spread), 0.0))
    method = f"internal standard {spike}, weighed {w:.4g}, refined {refined:.4g}"
    return Amorphous(
        amorphous_fraction=Estimate(value=float(base[0]), std=float(std[0]), unit="1", method=method),
        crystalline=tuple(
            (names[i], Estimate(value=float(base[k + 1]), std=float(std[k + 1]), unit="1", method=method))
            for k, i in enumerate(others)
        ),
    )


def mixture_density(fractions: Array, covariance: Array, densities: Array, densities_std: Array) -> Estimate:
    """Density of a mixture, 1 / sum(W_i / rho_i). [kg/m^3]"""
    volume = float(np.sum(fractions / densities))
    density = 1.0 / volume
    by_fraction = -(density**2) / densities
    by_density = density**2 * fractions / densities**2
    variance = float(by_fraction @ covariance @ by_fraction) + float(np.sum((by_density * densities_std) ** 2))
    return Estimate(
        value=density,
        std=float(np.sqrt(max(variance, 0.0))),
        unit="kg/m3",
        method="1 / sum(W / rho) of the modelled phases",
    )


def brindley_factor(*, absorption_per_m: float, mean_absorption_per_m: float, particle_radius_m: float) -> float:
    """Microabsorption factor tau of a spherical particle (Brindley 1945), mean over its volume of exp(-(mu - mean) path).

    Divide a phase's product S (ZM) V by its tau to correct it; shown beside the uncorrected result, never instead. Valid for
    |mu - mean| * 2 R below about 0.1 (fine) to 1 (coarse); above that no correction is trustworthy.
    The path is that of a ray scattered back at 2theta = 90 deg, in the mean over the sphere, by Gauss-Legendre quadrature.
    """
    nodes, weights = np.polynomial.legendre.leggauss(24)
    u, w = 0.5 * (nodes + 1.0), 0.5 * weights
    radius, cosine, angle = np.meshgrid(u, nodes, np.pi * u, indexing="ij")
    # Volume element r^2 dr d(cos) d(phi); entry along z, exit along x.
    volume = radius**2 * np.einsum("i,j,k->ijk", w, weights, w)
    z = radius * cosine
    x = radius * np.sqrt(1.0 - cosine**2) * np.cos(angle)
    path = np.sqrt(1.0 - radius**2 + z**2) + z + np.sqrt(1.0 - radius**2 + x**2) + x
    contrast = (absorption_per_m - mean_absorption_per_m) * particle_radius_m
    return float(np.sum(volume * np.exp(-contrast * path)) / np.sum(volume))
