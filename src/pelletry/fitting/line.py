r"""Straight line :math:`y = a + b x` through points with errors in y and, on request, in x.

Source: York, Evensen, López Martínez & De Basabe Delgado, Am. J. Phys. 72 (2004) 367 (errors in both coordinates,
uncorrelated here); without errors in x the iteration is ordinary weighted least squares and ends after one round.
"""

from __future__ import annotations

import attrs
import numpy as np
import numpy.typing as npt

from pelletry.core.arrays import Array
from pelletry.core.errors import MeasurementError

__all__ = ["StraightLine", "straight_line"]

_MOST_ROUNDS = 100


@attrs.frozen(kw_only=True)
class StraightLine:
    """The line, with standard deviations from the stated errors and from the scatter of the points.

    ``intercept_std``, ``slope_std`` and ``covariance`` follow from the stated errors alone. ``chi2_reduced`` is the
    weighted scatter per degree of freedom: above 1 when the points scatter more than stated. Multiply the standard
    deviations by :attr:`scatter_factor` to let the scatter speak (the usual choice where errors are not known absolutely).
    ``residuals`` are y - (a + b x).
    """

    intercept: float
    slope: float
    intercept_std: float
    slope_std: float
    covariance: float
    chi2: float
    degrees_of_freedom: int
    residuals: tuple[float, ...]

    @property
    def chi2_reduced(self) -> float:
        """Weighted sum of squares per degree of freedom; nan when there are two points."""
        return self.chi2 / self.degrees_of_freedom if self.degrees_of_freedom else float("nan")

    @property
    def scatter_factor(self) -> float:
        """sqrt(chi2_reduced), the factor by which the points scatter more than their stated errors; nan for two points."""
        return float(np.sqrt(self.chi2_reduced))

    def at(self, x: float) -> tuple[float, float]:
        """y at x and its standard deviation from the stated errors."""
        variance = self.intercept_std**2 + 2.0 * x * self.covariance + (x * self.slope_std) ** 2
        return self.intercept + self.slope * x, float(np.sqrt(max(variance, 0.0)))


def _checked(x: Array, y: Array, y_std: Array, x_std: Array) -> None:
    if x.ndim != 1 or y.shape != x.shape or len(x) < 2:
        raise MeasurementError(
            f"a straight line cannot be drawn through x of shape {x.shape} and y of shape {y.shape}",
            expected="at least two points with one x and one y each",
        )
    if not (np.isfinite(x).all() and np.isfinite(y).all()):
        raise MeasurementError(
            "a point of the straight line is not finite", expected="finite numbers", do="leave it out"
        )
    if not ((y_std > 0.0).all() and (x_std >= 0.0).all() and np.isfinite(y_std).all() and np.isfinite(x_std).all()):
        raise MeasurementError("a standard deviation is not positive", expected="finite errors, above zero in y")
    if np.ptp(x) == 0.0:
        raise MeasurementError("all points of the straight line have the same x", expected="at least two different x")


def straight_line(
    x: npt.ArrayLike, y: npt.ArrayLike, *, y_std: npt.ArrayLike = 1.0, x_std: npt.ArrayLike = 0.0
) -> StraightLine:
    """Fit a line to points x, y (n,) with independent errors.

    Parameters
    ----------
    y_std, x_std:
        Standard deviations, broadcast to (n,). With both left at their defaults the fit is unweighted; then only
        standard deviations multiplied by ``scatter_factor`` mean anything.

    Raises
    ------
    MeasurementError
        When there are fewer than two points, all x are equal, or an error is not positive.
    """
    xs, ys = np.asarray(x, dtype=float), np.asarray(y, dtype=float)
    sy = np.broadcast_to(np.asarray(y_std, dtype=float), xs.shape)
    sx = np.broadcast_to(np.asarray(x_std, dtype=float), xs.shape)
    _checked(xs, ys, sy, sx)
    slope = _weighted_slope(xs, ys, sy**-2.0)
    for _ in range(_MOST_ROUNDS):
        weight = 1.0 / (sy**2 + (slope * sx) ** 2)
        x_mean, y_mean = np.average(xs, weights=weight), np.average(ys, weights=weight)
        u, v = xs - x_mean, ys - y_mean
        adjusted = weight * (u * sy**2 + slope * v * sx**2)
        before, slope = slope, float(np.sum(weight * adjusted * v) / np.sum(weight * adjusted * u))
        if abs(slope - before) <= 1e-15 * abs(slope):
            break
    intercept = float(y_mean - slope * x_mean)
    fitted_x = x_mean + adjusted
    fitted_mean = np.average(fitted_x, weights=weight)
    slope_variance = 1.0 / float(np.sum(weight * (fitted_x - fitted_mean) ** 2))
    residual = ys - intercept - slope * xs
    return StraightLine(
        intercept=intercept,
        slope=slope,
        intercept_std=float(np.sqrt(1.0 / weight.sum() + fitted_mean**2 * slope_variance)),
        slope_std=float(np.sqrt(slope_variance)),
        covariance=float(-fitted_mean * slope_variance),
        chi2=float(np.sum(weight * residual**2)),
        degrees_of_freedom=len(xs) - 2,
        residuals=tuple(residual.tolist()),
    )


def _weighted_slope(x: Array, y: Array, weight: Array) -> float:
    u = x - np.average(x, weights=weight)
    return float(np.sum(weight * u * y) / np.sum(weight * u * u))
