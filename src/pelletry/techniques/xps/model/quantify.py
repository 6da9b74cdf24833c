r"""Numbers made of areas and positions: atomic fractions, a ratio with an internal standard, layers, the phosphate check.

Atomic fractions: :math:`x_i = (A_i / (S_i\,T_i\,\lambda_i)) / \sum`, with :math:`\lambda \sim E_k^n`. Each factor enters once: a set of
sensitivity factors that already holds transmission or escape depth is not divided by them again.

Layer of thickness d on a substrate, one level in two states, so one kinetic energy and one escape depth (Strohmeier1990):
:math:`d = \lambda \cos\theta \ln(1 + (I_l/I_s)(N_s/N_l))`. It holds for a flat, continuous layer; islands of the same intensity would
cover :math:`c = (I_l/N_l) / (I_l/N_l + I_s/N_s)` of the surface if they were thick.

Phosphates: :math:`\Delta(O 1s - P 2p) = 375.54 + 0.146\,L` with L the mean P-O bond in pm (Atuchin2008); P 2p is the mean of its doublet.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import attrs
import numpy as np

from pelletry.core.quantity import Estimate
from pelletry.techniques.xps.model.average import Ratio, average_ratio

__all__ = [
    "OPEN_RATIO",
    "Signal",
    "atomic_fractions",
    "bond_length_from_difference",
    "coverage_of_islands",
    "difference_from_bond_length",
    "layer_thickness",
    "ratio_with_standard",
    "scaled_ratio",
]

_DELTA_EV, _DELTA_EV_PER_ANGSTROM = 375.54, 14.6
_DRAWS = 20_000
#: Where the interval of a ratio ends that has no upper end.
OPEN_RATIO = 1e6


@attrs.frozen(kw_only=True)
class Signal:
    """One level: ``strength`` is its area per second, then what it is divided by. ``escape_depth_relative`` is :math:`E_k^n` up to a common factor."""

    level: str
    strength: float
    strength_std: float
    sensitivity_factor: float
    transmission_relative: float = 1.0
    escape_depth_relative: float = 1.0


def atomic_fractions(signals: Sequence[Signal]) -> tuple[Estimate, ...]:
    """Atomic fractions [1] of the elements, one level each; their std is that of the areas alone, factors count as exact."""
    corrected = np.array(
        [s.strength / (s.sensitivity_factor * s.transmission_relative * s.escape_depth_relative) for s in signals]
    )
    relative = np.array([s.strength_std / s.strength if s.strength > 0.0 else 0.0 for s in signals])
    total = float(corrected.sum())
    if total <= 0.0:
        raise ValueError("no area is positive")
    fraction = corrected / total
    variance = (corrected * relative) ** 2
    jacobian = (np.eye(len(signals)) - fraction[:, None]) / total
    std = np.sqrt((jacobian**2) @ variance)
    method = "areas over sensitivity factors; the error is that of the areas alone"
    return tuple(
        Estimate(value=float(x), std=float(s), unit="1", method=method) for x, s in zip(fraction, std, strict=True)
    )


def scaled_ratio(ratio: tuple[float, float], *, factor: float, method: str) -> Estimate:
    """``factor`` x a ratio (value, std) [1], its 95 % interval never below zero."""
    value, std = factor * ratio[0], factor * ratio[1]
    interval = (max(value - 1.96 * std, 0.0), max(value + 1.96 * std, 0.0))
    return Estimate(value=value, std=std, unit="1", method=method, interval_95=interval)


def ratio_with_standard(sample: Sequence[Ratio], standard: Sequence[Ratio], *, known: float) -> Estimate:
    """Ratio of atoms in a sample, calibrated on a standard whose ratio is ``known`` [1].

    ``sample`` and ``standard`` are ratios of areas of the same two lines under the same backgrounds and windows in the same order:
    their sensitivities cancel, and so does what one background does to both spectra alike. Under each variant both ratios are drawn
    from their normal distributions; the quotients of all variants, in the numbers of their weights, give the median and the interval.
    The interval is open upwards (:data:`OPEN_RATIO`) when the first element is not resolved from zero in the standard.

    Raises
    ------
    ValueError
        When no variant fits both.
    """
    if len(sample) != len(standard):
        one, other = average_ratio(sample), average_ratio(standard)
        if one is None or other is None:
            raise ValueError("no background and window fits both spectra")
        sample = (Ratio(weight=1.0, ratio=one[0], ratio_std=one[1]),)
        standard = (Ratio(weight=1.0, ratio=other[0], ratio_std=other[1]),)
    weights = np.array([a.weight * b.weight for a, b in zip(sample, standard, strict=True)])
    if weights.sum() <= 0.0:
        raise ValueError("no background and window fits both spectra")
    rng = np.random.default_rng(1)
    drawn = []
    for share, a, b in zip(weights / weights.sum(), sample, standard, strict=True):
        count = round(share * _DRAWS)
        top = known * np.maximum(rng.normal(a.ratio, a.ratio_std, count), 0.0)
        bottom = rng.normal(b.ratio, b.ratio_std, count)
        with np.errstate(divide="ignore", invalid="ignore"):
            drawn.append(np.where(bottom > 0.0, top / bottom, np.inf))
    ratio = np.clip(np.concatenate(drawn), 0.0, OPEN_RATIO)
    levels = [0.025, 0.1587, 0.5, 0.8413, 0.975]
    low, below, middle, above, high = (float(q) for q in np.quantile(ratio, levels, method="nearest"))
    # The half width of the 68 % interval stands for a standard deviation; the 95 % interval is what counts.
    method = "areas of Li 1s and Zr 4s against those of the pristine pellet, median over backgrounds and windows"
    return Estimate(value=middle, std=0.5 * (above - below), unit="1", method=method, interval_95=(low, high))


def layer_thickness(
    *,
    ratio: tuple[float, float],
    escape_depth_m: float,
    escape_depth_std_m: float | None,
    emission_angle_deg: float,
    density_ratio: float,
) -> Estimate:
    """Thickness [m] of a flat, continuous layer from the area of its state over that of the substrate (value, std).

    Without a std of the escape depth it counts as exact.
    """
    cosine = math.cos(math.radians(emission_angle_deg))
    inside = 1.0 + ratio[0] * density_ratio
    thickness = escape_depth_m * cosine * math.log(inside)
    terms = [escape_depth_m * cosine * density_ratio / inside * ratio[1]]
    method = "flat continuous layer; escape depth taken as exact"
    if escape_depth_std_m is not None:
        terms.append(thickness * escape_depth_std_m / escape_depth_m)
        method = "flat continuous layer"
    return Estimate(value=thickness, std=math.hypot(*terms), unit="m", method=method)


def coverage_of_islands(*, ratio: tuple[float, float], density_ratio: float) -> Estimate:
    """Share of the surface [1] that thick islands of the layer would cover to give the same ratio of areas (value, std)."""
    inside = 1.0 + ratio[0] * density_ratio
    std = density_ratio * ratio[1] / inside**2
    return Estimate(
        value=ratio[0] * density_ratio / inside, std=std, unit="1", method="thick islands on a bare substrate"
    )


def difference_from_bond_length(bond_length_angstrom: float) -> float:
    """Expected O 1s - P 2p of a phosphate [eV].

    >>> round(difference_from_bond_length(1.53), 1)
    397.9
    """
    return _DELTA_EV + _DELTA_EV_PER_ANGSTROM * bond_length_angstrom


def bond_length_from_difference(difference_eV: float) -> float:
    """The mean P-O bond [angstrom] that a difference O 1s - P 2p stands for."""
    return (difference_eV - _DELTA_EV) / _DELTA_EV_PER_ANGSTROM
