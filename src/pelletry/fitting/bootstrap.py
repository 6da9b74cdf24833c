"""Residual bootstrap: the fit repeated on data made from its own curve and its own residuals, drawn with replacement.

What the covariance assumes of the noise (the same size everywhere on the weighted scale, Gaussian) is not assumed here,
only that weighted residuals may be exchanged between points.

Source: Efron & Tibshirani, *An Introduction to the Bootstrap* (1993), chapters 9 and 13.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from pelletry.core.arrays import Array
from pelletry.fitting.covariance import covariance_from_normal
from pelletry.fitting.least_squares import damped_least_squares

JacobianAt = Callable[[Array], tuple[Array, Array]]

__all__ = ["drawn_residuals", "one_step_draws", "refitted_draws"]


def drawn_residuals(residual: Array, *, groups: npt.NDArray[np.intp], parameters: int, draws: int, seed: int) -> Array:
    """Residuals (draws, k) drawn with replacement from ``residual`` (k,), centred and widened for the fitted parameters.

    ``groups`` (g, s) lists the residuals that are drawn together, e.g. real and imaginary part of a point; residuals that
    are in no group (unused points) stay zero. The same seed gives the same draws.
    """
    random = np.random.default_rng(seed)
    used = residual[groups]
    widened = (used - used.mean(axis=0)) * np.sqrt(used.size / max(used.size - parameters, 1))
    picked = widened[random.integers(0, len(groups), size=(draws, len(groups)))]
    drawn = np.zeros((draws, len(residual)))
    drawn[:, groups.reshape(-1)] = picked.reshape(draws, -1)
    return drawn


def one_step_draws(theta: Array, jacobian: Array, drawn: Array, *, lower: Array, upper: Array) -> Array:
    """Parameters (draws, p) after one Gauss-Newton step from theta (p,) towards each set of drawn noise.

    ``jacobian`` (p, k) is that of model minus data. A thousand draws cost about as much as one fit; good while the model
    is nearly linear over the uncertainty of its parameters.
    """
    inverse = covariance_from_normal((jacobian @ jacobian.T)[None])[0]
    result: Array = np.clip(theta + drawn @ jacobian.T @ inverse, lower, upper)
    return result


def refitted_draws(
    theta: Array, residual: Array, jacobian_at: JacobianAt, drawn: Array, *, lower: Array, upper: Array
) -> Array:
    """Parameters (draws, p) fitted again to each set of drawn noise, all draws at once.

    ``jacobian_at`` gives residuals (model minus measured data, (b, k)) and Jacobian (b, p, k) at theta (b, p);
    ``residual`` (k,) is the one at the best fit.
    """

    def function(trial: Array, draw: npt.NDArray[np.intp]) -> tuple[Array, Array]:
        value, jacobian = jacobian_at(trial)
        return value - residual - drawn[draw], jacobian

    start = np.repeat(theta[None], len(drawn), axis=0)
    return damped_least_squares(function, start, lower=lower, upper=upper, tolerance=1e-6, max_iterations=40).theta
