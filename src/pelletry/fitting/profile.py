r"""Profile-likelihood intervals of any function of the parameters, for many cases at once.

One case is one end of the interval of one scalar :math:`g(\theta)` of one problem. The minimum of chi2 under the
constraint :math:`g = c` is found by adding the residual :math:`\kappa(g(\theta) - c)`: whatever value :math:`g^*` the
augmented minimum settles at, it is the constrained minimum for that :math:`g^*`. The end of the interval is where

.. math:: \chi^2(g^*) - \chi^2_{min} = t^2 s^2, \qquad s^2 = \chi^2_{min}/\nu,

with Student's t at 95 %. The root is found by regula falsi in :math:`\sqrt{\Delta\chi^2}`, which is linear in g for a
linear model. An end that is not reached within the bounds or within ``farthest`` is infinite: the data put no limit there.

Source: Venzon & Moolgavkar, Appl. Statist. 37 (1988) 87; Bates & Watts, *Nonlinear Regression Analysis* (1988), 6.1.
"""

from __future__ import annotations

from typing import Protocol

import attrs
import numpy as np
import numpy.typing as npt

from pelletry.core.arrays import Array
from pelletry.fitting.least_squares import Curve, ResidualFunction, ResidualsAlone, damped_least_squares

__all__ = ["ProfileCases", "ScalarFunction", "profile_ends"]


class ScalarFunction(Protocol):
    """g (b,) and its gradient (b, p) at theta (b, p), for the cases numbered ``case`` (b,)."""

    def __call__(self, theta: Array, case: npt.NDArray[np.intp], /) -> tuple[Array, Array]: ...


@attrs.frozen(kw_only=True)
class ProfileCases:
    """c ends to find. ``problem`` numbers the problem of each case; ``side`` is -1 (lower end) or +1 (upper end).

    ``centre`` and ``std`` are g at the minimum and its standard deviation by covariance; ``theta``, ``chi2``, ``variance``
    describe the minimum; ``threshold`` is t.
    """

    problem: npt.NDArray[np.intp]
    side: Array
    centre: Array
    std: Array
    theta: Array
    chi2: Array
    variance: Array
    threshold: Array
    lower: Array
    upper: Array


#: kappa in units of s/std: the augmented minimum lies within about 1/KAPPA^2 of the wanted value.
_KAPPA = 20.0
_ROUNDS = 8
_CLOSE_ENOUGH = 0.02


def profile_ends(
    function: ResidualFunction,
    scalar: ScalarFunction,
    cases: ProfileCases,
    *,
    farthest: float = 12.0,
    curve: Curve | None = None,
    residuals: ResidualsAlone | None = None,
) -> Array:
    """The end of each case on the scale of g, shape (c,); +-inf where chi2 never rises far enough.

    ``function`` gives residuals by problem number, ``scalar`` the quantity by case number. ``farthest`` limits the search,
    in half widths of the covariance interval, at least 3 in units of g (a factor of 20 for a logarithm).
    """
    count = len(cases.problem)
    half = cases.threshold * np.maximum(cases.std, 1e-12)
    limit = np.maximum(farthest * half, 3.0)
    inner, outer = np.zeros(count), np.full(count, np.inf)
    inner_root, outer_root = np.zeros(count), np.full(count, np.inf)
    offset = np.minimum(half, limit)
    theta = cases.theta.copy()
    end = np.full(count, np.nan)
    for _ in range(_ROUNDS):
        open_ = np.flatnonzero(np.isnan(end))
        if not len(open_):
            break
        theta[open_], reached, root = _constrained(
            function, scalar, cases, open_, offset[open_], theta[open_], curve, residuals
        )
        target = cases.threshold[open_]
        is_close = np.abs(root - target) <= _CLOSE_ENOUGH * target
        is_inside = root < target
        is_stuck = is_inside & ((reached < 0.9 * offset[open_]) | (offset[open_] >= limit[open_]))
        with np.errstate(divide="ignore", invalid="ignore"):
            scaled = reached * target / root
        end[open_] = np.where(is_close, scaled, np.where(is_stuck, np.inf, np.nan))
        inner[open_] = np.where(is_inside & (reached > inner[open_]), reached, inner[open_])
        inner_root[open_] = np.where(is_inside & (reached >= inner[open_]), root, inner_root[open_])
        outer[open_] = np.where(is_inside, outer[open_], reached)
        outer_root[open_] = np.where(is_inside, outer_root[open_], root)
        offset[open_] = _next_offset(
            target, inner[open_], inner_root[open_], outer[open_], outer_root[open_], half[open_], limit[open_]
        )
    # Not closed in the rounds given: the outer bracket, which errs towards a wider interval.
    end = np.where(np.isnan(end), outer, end)
    result: Array = cases.centre + cases.side * end
    return result


def _next_offset(
    target: Array, inner: Array, inner_root: Array, outer: Array, outer_root: Array, half: Array, limit: Array
) -> Array:
    with np.errstate(divide="ignore", invalid="ignore"):
        between = inner + (outer - inner) * (target - inner_root) / (outer_root - inner_root)
        margin = 0.1 * (outer - inner)
        between = np.clip(between, inner + margin, outer - margin)
        growth = np.where(inner_root > 0.0, inner * target / inner_root, 2.0 * half)
    beyond = np.clip(growth, 1.5 * np.maximum(inner, 0.5 * half), 4.0 * np.maximum(inner, half))
    result: Array = np.where(np.isfinite(outer), between, np.minimum(beyond, limit))
    return result


def _constrained(
    function: ResidualFunction,
    scalar: ScalarFunction,
    cases: ProfileCases,
    chosen: npt.NDArray[np.intp],
    offset: Array,
    start: Array,
    curve: Curve | None,
    residuals: ResidualsAlone | None,
) -> tuple[Array, Array, Array]:
    """Constrained minima near the wanted offsets: theta, the offsets reached, and sqrt(delta chi2)/s there."""
    side = cases.side[chosen]
    wanted = cases.centre[chosen] + side * offset
    kappa = _KAPPA * np.sqrt(cases.variance[chosen]) / np.maximum(cases.std[chosen], 1e-12)

    def augmented(theta: Array, running: npt.NDArray[np.intp]) -> tuple[Array, Array]:
        residual, jacobian = function(theta, cases.problem[chosen[running]])
        value, gradient = scalar(theta, chosen[running])
        pull = kappa[running] * (value - wanted[running])
        return (
            np.concatenate([residual, pull[:, None]], axis=1),
            np.concatenate([jacobian, (kappa[running, None] * gradient)[:, None, :].transpose(0, 2, 1)], axis=2),
        )

    def alone(theta: Array, running: npt.NDArray[np.intp]) -> Array:
        value, _ = scalar(theta, chosen[running])
        pull = kappa[running] * (value - wanted[running])
        problem = cases.problem[chosen[running]]
        of_data = function(theta, problem)[0] if residuals is None else residuals(theta, problem)
        return np.concatenate([of_data, pull[:, None]], axis=1)

    solved = damped_least_squares(
        augmented,
        start,
        lower=cases.lower[chosen],
        upper=cases.upper[chosen],
        longest_step=2.0,
        tolerance=1e-5,
        stall=1e-5,
        max_iterations=40,
        curve=curve,
        residuals=None if residuals is None else alone,
    )
    value, _ = scalar(solved.theta, chosen)
    chi2 = solved.chi2 - (kappa * (value - wanted)) ** 2
    rise = np.maximum(chi2 - cases.chi2[chosen], 0.0)
    return solved.theta, side * (value - cases.centre[chosen]), np.sqrt(rise / cases.variance[chosen])
