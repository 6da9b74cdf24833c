r"""Log-normal law nearest to a distribution, :math:`Q(d) = \Phi\big((\ln d - \ln d_g)/\ln\sigma_g\big)`.

Fitted by least squares to the cumulative shares at the edges of the classes, each edge weighted by the logarithmic width
beside it. ``distance`` is the largest difference of the two cumulative curves (as in the test of Kolmogorov and Smirnov, whose
probabilities do not apply to a curve that an instrument has smoothed).
"""

from __future__ import annotations

import attrs
import numpy as np
import numpy.typing as npt

from pelletry.core.arrays import Array
from pelletry.fitting.least_squares import damped_least_squares
from pelletry.techniques.granulometry.model.sizes import cumulative, percentile_m

__all__ = ["LogNormal", "lognormal_fit", "lognormal_share_below"]


@attrs.frozen(kw_only=True)
class LogNormal:
    """``median_m`` d_g, ``spread_factor`` sigma_g (68 % lie between d_g/sigma_g and d_g sigma_g), largest difference of Q."""

    median_m: float
    spread_factor: float
    distance: float


def lognormal_share_below(*, size_m: Array, median_m: float, spread_factor: float) -> Array:
    """Cumulative share of the law, shape of ``size_m``."""
    from scipy.special import ndtr

    return np.asarray(ndtr(np.log(size_m / median_m) / np.log(spread_factor)))


def lognormal_fit(*, edges_m: Array, share_fraction: Array) -> LogNormal | None:
    """The nearest log-normal; None when fewer than three classes hold anything.

    Parameters
    ----------
    edges_m, share_fraction:
        Edges (n + 1,) and shares (n,). [m, 1]
    """
    if np.count_nonzero(share_fraction) < 3:
        return None
    from scipy.special import ndtr

    below = cumulative(share_fraction)
    x = np.log(edges_m)
    weight = np.sqrt(np.gradient(x))
    start = np.array([np.log(percentile_m(edges_m=edges_m, share_fraction=share_fraction, fraction=f)) for f in (0.16, 0.5, 0.84)])  # fmt: skip
    centre = start[1]

    def residuals(theta: Array, _: npt.NDArray[np.intp]) -> tuple[Array, Array]:
        z = (x - centre - theta[:, :1]) / np.exp(theta[:, 1:])
        slope = np.exp(-0.5 * z * z) / np.sqrt(2 * np.pi)
        residual = weight * (ndtr(z) - below)
        jacobian = np.stack([-weight * slope / np.exp(theta[:, 1:]), -weight * slope * z], axis=1)
        return residual, jacobian

    guess = np.array([[0.0, np.log(max(0.5 * (start[2] - start[0]), 1e-3))]])
    bounds = np.array([[20.0, 5.0]])
    found = damped_least_squares(residuals, guess, lower=-bounds, upper=bounds)
    median_m, factor = float(np.exp(centre + found.theta[0, 0])), float(np.exp(np.exp(found.theta[0, 1])))
    law = lognormal_share_below(size_m=edges_m, median_m=median_m, spread_factor=factor)
    return LogNormal(median_m=median_m, spread_factor=factor, distance=float(np.abs(law - below).max()))
