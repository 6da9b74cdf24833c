"""Quantiles and information criteria of least-squares fits."""

from __future__ import annotations

import math

import numpy as np

from pelletry.core.arrays import Array

__all__ = ["aicc_from_chi2", "f_probability", "f_quantile", "student_quantile"]


def student_quantile(degrees_of_freedom: float, *, level: float = 0.95) -> float:
    """Half width, in standard deviations, of the two-sided interval of Student's t; 1.96 for many degrees of freedom."""
    from scipy.special import stdtrit

    return float(stdtrit(max(degrees_of_freedom, 1.0), 0.5 + 0.5 * level))


def f_quantile(numerator: float, denominator: float, *, level: float = 0.95) -> float:
    """Value that Fisher's F with these degrees of freedom stays below with probability ``level``."""
    from scipy.special import fdtri

    return float(fdtri(numerator, max(denominator, 1.0), level))


def f_probability(
    *, chi2_small: float, parameters_small: int, chi2_large: float, parameters_large: int, count: float
) -> float:
    """Probability that the larger of two nested models gains so much by chance (the p-value of the F test).

    Small values speak for the larger model. 1 when the larger model gains nothing; ``count`` is the number of data.
    """
    from scipy.special import fdtrc

    extra, left = parameters_large - parameters_small, count - parameters_large
    if extra < 1 or left < 1 or chi2_small <= chi2_large:
        return 1.0
    if chi2_large <= 0.0:
        return 0.0
    return float(fdtrc(extra, left, (chi2_small - chi2_large) / extra / (chi2_large / left)))


def aicc_from_chi2(chi2: float | Array, *, count: float | Array, parameters: int) -> Array:
    r"""Corrected Akaike criterion, :math:`N\ln(\chi^2/N) + 2K + 2K(K+1)/(N-K-1)` with :math:`K` = parameters + 1 (noise).

    Inf where there are too few data. Lower is better; only differences on the same data and weights mean something.
    Source: Burnham & Anderson, *Model Selection and Multimodel Inference* (2002), chapters 2 and 7.
    """
    k = parameters + 1
    number = np.asarray(count, dtype=float)
    left = number - k - 1.0
    with np.errstate(divide="ignore", invalid="ignore"):
        value = number * np.log(np.asarray(chi2) / number) + 2.0 * k + 2.0 * k * (k + 1) / left
    result: Array = np.where(left > 0.0, value, math.inf)
    return result
