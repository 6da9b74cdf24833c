"""Uncertainty of every reported quantity: from the covariance where it is trustworthy, else by profile likelihood.

The covariance describes a parabola of chi2 around the minimum. That is enough while an interval is narrow on its own
scale (logarithm; exponents as they are). Where an interval is wide, touches the limit of an exponent, or belongs to a
quantity correlated with such a one, chi2 is followed to its 95 % contour instead.
"""

from __future__ import annotations

import attrs
import numpy as np
import numpy.typing as npt

from pelletry.core.arrays import Array
from pelletry.fitting.profile import ProfileCases, profile_ends
from pelletry.techniques.impedance.model.circuit import Circuit
from pelletry.techniques.impedance.model.elements import LOWEST_N, SERIES_INDUCTANCE_UNIT_H
from pelletry.techniques.impedance.model.problem import Problem
from pelletry.techniques.impedance.model.quantities import quantities_at

__all__ = ["Spread", "natural_from_coordinate", "spread_from_covariance", "with_profiles"]

#: Half width of an interval (of ln(value), or of n) beyond which the covariance is not trusted.
_WIDE_LOG, _WIDE_N = 0.3, 0.1
#: Quantities correlated with an untrusted one by more than this are not trusted either.
_LINKED = 0.3
#: Below this standard deviation (of L in microhenry) nothing curves any more, and round-off would stop a profile before its end.
_SHARP = 1e-5


@attrs.frozen(kw_only=True)
class Spread:
    """Of all reported quantities of n spectra, on the scale of each one's coordinate, (n, d).

    ``low`` and ``high`` are the ends of the 95 % interval; ``covariance`` is (n, d, d).
    """

    centre: Array
    std: Array
    low: Array
    high: Array
    covariance: Array
    is_profile: npt.NDArray[np.bool_]


def is_linear(circuit: Circuit, size: int) -> npt.NDArray[np.bool_]:
    """Which of ``size`` quantities are their own coordinate: exponents n and inductances in series with the whole."""
    found = np.zeros(size, dtype=bool)
    found[[*circuit.n_indices, *circuit.signed_indices]] = True
    return found


def natural_from_coordinate(circuit: Circuit, coordinate: Array) -> Array:
    """Natural values of quantity coordinates (..., d): exponents stay, inside their limits, and a series L as it is.

    The rest is exponentiated.
    """
    stays = is_linear(circuit, coordinate.shape[-1])
    power = np.exp(np.clip(np.where(stays, 0.0, coordinate), -700.0, 700.0))
    power = np.where(np.isposinf(coordinate), np.inf, np.where(np.isneginf(coordinate), 0.0, power))
    result: Array = np.where(stays, coordinate, power)
    exponents = list(circuit.n_indices)
    result[..., exponents] = np.clip(result[..., exponents], LOWEST_N, 1.0)
    return result


def spread_from_covariance(circuit: Circuit, theta: Array, covariance: Array, quantile: Array) -> Spread:
    """Symmetric intervals on the scale of each quantity's coordinate. ``covariance`` is that of theta, (n, p, p)."""
    reported = quantities_at(circuit, theta)
    spread = reported.gradient @ covariance @ reported.gradient.transpose(0, 2, 1)
    std = np.sqrt(np.maximum(np.einsum("bii->bi", spread), 0.0))
    half = quantile[:, None] * std
    return Spread(
        centre=reported.coordinate,
        std=std,
        low=reported.coordinate - half,
        high=reported.coordinate + half,
        covariance=spread,
        is_profile=np.zeros(std.shape, dtype=bool),
    )


def _untrusted(circuit: Circuit, spread: Spread) -> npt.NDArray[np.bool_]:
    """Which intervals (n, d) the covariance may describe badly."""
    is_n = np.zeros(spread.std.shape[1], dtype=bool)
    is_n[list(circuit.n_indices)] = True
    half = 0.5 * (spread.high - spread.low)
    is_wide = half > np.where(is_n, _WIDE_N, _WIDE_LOG)
    is_wide[:, list(circuit.signed_indices)] = False  # the impedance is linear in it
    is_wide |= is_n & ((spread.high > 1.0) | (spread.low < LOWEST_N))
    safe = np.where(spread.std > 0.0, spread.std, 1.0)
    correlation = np.abs(spread.covariance) / (safe[:, :, None] * safe[:, None, :])
    is_linked = ((correlation > _LINKED) & is_wide[:, None, :]).any(axis=2)
    result: npt.NDArray[np.bool_] = (is_wide | is_linked) & (spread.std > _SHARP * _unit(circuit, is_n.size))
    return result


def _unit(circuit: Circuit, size: int) -> Array:
    """What counts as one on the scale of each coordinate (d,): 1 for logarithms and exponents, 1 uH for a series L."""
    unit = np.ones(size)
    unit[list(circuit.signed_indices)] = SERIES_INDUCTANCE_UNIT_H
    return unit


def with_profiles(
    problem: Problem, spread: Spread, theta: Array, chi2: Array, freedom: Array, quantile: Array
) -> Spread:
    """The same spread with untrusted intervals replaced by profile-likelihood intervals."""
    circuit = problem.circuit
    chosen = np.argwhere(_untrusted(circuit, spread))
    if not len(chosen):
        return spread
    row, column = np.repeat(chosen[:, 0], 2), np.repeat(chosen[:, 1], 2)
    side = np.tile([-1.0, 1.0], len(chosen))
    unit = _unit(circuit, spread.std.shape[1])[column]

    def scalar(trial: Array, case: npt.NDArray[np.intp]) -> tuple[Array, Array]:
        reported = quantities_at(circuit, trial)
        here = np.arange(len(case))
        size = unit[case]
        return reported.coordinate[here, column[case]] / size, reported.gradient[here, column[case]] / size[:, None]

    ends = profile_ends(
        problem.residual_and_jacobian,
        scalar,
        ProfileCases(
            problem=row,
            side=side,
            centre=spread.centre[row, column] / unit,
            # A covariance beyond any factor of ten is no scale to step by.
            std=np.minimum(spread.std[row, column] / unit, 1.0),
            theta=theta[row],
            chi2=chi2[row],
            variance=(chi2 / freedom)[row],
            threshold=quantile[row],
            lower=problem.lower[row],
            upper=problem.upper[row],
        ),
        curve=problem.curve,
        residuals=problem.residuals,
    )
    ends = (ends * unit).reshape(-1, 2)
    low, high, is_profile = spread.low.copy(), spread.high.copy(), spread.is_profile.copy()
    low[chosen[:, 0], chosen[:, 1]] = ends[:, 0]
    high[chosen[:, 0], chosen[:, 1]] = ends[:, 1]
    is_profile[chosen[:, 0], chosen[:, 1]] = True
    return attrs.evolve(spread, low=low, high=high, is_profile=is_profile)
