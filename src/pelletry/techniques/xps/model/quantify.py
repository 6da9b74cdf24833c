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

from pelletry.core.arrays import Array
from pelletry.core.quantity import Estimate

__all__ = [
    "Signal",
    "atomic_fractions",
    "bond_length_from_difference",
    "coverage_of_islands",
    "difference_from_bond_length",
    "layer_thickness",
    "ratio_of_areas",
    "ratio_with_standard",
]

_DELTA_EV, _DELTA_EV_PER_ANGSTROM = 375.54, 14.6
_DRAWS = 20_000


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


def _draws(value: float, std: float, seed: int) -> Array:
    result: Array = np.random.default_rng(seed).normal(value, std, _DRAWS)
    return result


def _of_ratio(numerator: Array, denominator: Array, *, value: float, method: str, ceiling: float) -> Estimate:
    """A ratio whose interval is that of its draws; a denominator that may be zero leaves it open to ``ceiling``."""
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = np.where(denominator > 0.0, numerator / denominator, np.inf)
    clipped = np.clip(ratio, 0.0, ceiling)
    low, below, above, high = (float(q) for q in np.quantile(clipped, [0.025, 0.1587, 0.8413, 0.975], method="nearest"))
    # The half width of the 68 % interval stands for a standard deviation; the 95 % interval is what counts.
    return Estimate(value=value, std=0.5 * (above - below), unit="1", method=method, interval_95=(low, high))


def ratio_of_areas(
    first: tuple[float, float], second: tuple[float, float], *, factor: float = 1.0, method: str
) -> Estimate:
    """``factor`` x first / second [1]; both are (area, std). The interval is that of normal draws, never below zero.

    Raises
    ------
    ValueError
        When the second area is not positive.
    """
    if second[0] <= 0.0:
        raise ValueError("the area below the bar is not positive")
    value = factor * first[0] / second[0]
    top, bottom = factor * _draws(*first, 1), _draws(*second, 2)
    return _of_ratio(top, bottom, value=value, method=method, ceiling=1e6)


def ratio_with_standard(
    sample: tuple[tuple[float, float], tuple[float, float]],
    standard: tuple[tuple[float, float], tuple[float, float]],
    *,
    known: float,
) -> Estimate:
    """Ratio of atoms in a sample from two areas, calibrated on a standard whose ratio is ``known`` [1].

    ``sample`` and ``standard`` are ((area, std) of the first element, the same of the second). The sensitivity of both elements
    cancels; the errors of all four areas count, by normal draws, and the interval is open upwards (1e6) when the first element is
    not seen in the standard.

    Raises
    ------
    ValueError
        When an area of the standard, or the second of the sample, is not positive.
    """
    if min(sample[1][0], standard[0][0], standard[1][0]) <= 0.0:
        raise ValueError("an area that is divided by is not positive")
    value = known * (sample[0][0] / sample[1][0]) * (standard[1][0] / standard[0][0])
    top = known * np.maximum(_draws(*sample[0], 1), 0.0) * np.maximum(_draws(*standard[1], 4), 0.0)
    bottom = _draws(*sample[1], 2) * np.maximum(_draws(*standard[0], 3), 0.0)
    method = "areas of Li 1s and Zr 4s against those of the pristine pellet"
    return _of_ratio(top, bottom, value=value, method=method, ceiling=1e6)


def layer_thickness(
    *,
    layer: tuple[float, float],
    substrate: tuple[float, float],
    escape_depth_m: float,
    escape_depth_std_m: float | None,
    emission_angle_deg: float,
    density_ratio: float,
) -> Estimate:
    """Thickness [m] of a flat, continuous layer; areas are (value, std). Without a std of the escape depth it counts as exact.

    Raises
    ------
    ValueError
        When the substrate is not seen: then there is only a lower limit.
    """
    if substrate[0] <= 0.0 or layer[0] < 0.0:
        raise ValueError("the substrate has no area")
    cosine = math.cos(math.radians(emission_angle_deg))
    ratio = layer[0] / substrate[0]
    inside = 1.0 + ratio * density_ratio
    thickness = escape_depth_m * cosine * math.log(inside)
    ratio_std = math.hypot(layer[1] / substrate[0], ratio * substrate[1] / substrate[0])
    terms = [escape_depth_m * cosine * density_ratio / inside * ratio_std]
    method = "flat continuous layer; escape depth taken as exact"
    if escape_depth_std_m is not None:
        terms.append(thickness * escape_depth_std_m / escape_depth_m)
        method = "flat continuous layer"
    return Estimate(value=thickness, std=math.hypot(*terms), unit="m", method=method)


def coverage_of_islands(
    *, layer: tuple[float, float], substrate: tuple[float, float], density_ratio: float
) -> Estimate:
    """Share of the surface [1] that thick islands of the layer would cover to give the same two areas.

    Raises
    ------
    ValueError
        When neither has an area.
    """
    top, bottom = layer[0] * density_ratio, substrate[0]
    if top + bottom <= 0.0:
        raise ValueError("neither state has an area")
    share = top / (top + bottom)
    std = math.hypot(bottom * layer[1] * density_ratio, top * substrate[1]) / (top + bottom) ** 2
    return Estimate(value=share, std=std, unit="1", method="thick islands on a bare substrate")


def difference_from_bond_length(bond_length_angstrom: float) -> float:
    """Expected O 1s - P 2p of a phosphate [eV].

    >>> round(difference_from_bond_length(1.53), 1)
    397.9
    """
    return _DELTA_EV + _DELTA_EV_PER_ANGSTROM * bond_length_angstrom


def bond_length_from_difference(difference_eV: float) -> float:
    """The mean P-O bond [angstrom] that a difference O 1s - P 2p stands for."""
    return (difference_eV - _DELTA_EV) / _DELTA_EV_PER_ANGSTROM
