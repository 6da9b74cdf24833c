"""Levenberg-Marquardt on scaled normal equations, with bounds. The curve and its derivatives come in one call."""

from __future__ import annotations

from collections.abc import Callable

import attrs
import numpy as np
import numpy.typing as npt

from pelletry.core.arrays import Array

__all__ = ["Fitted", "covariance_of", "fit"]

_Evaluate = Callable[[Array], tuple[float, Array, Array]]
_Measure = Callable[[Array], float]
_LARGEST_DAMPING = 1e8
_IDLE = 20.0


@attrs.frozen(kw_only=True, eq=False)
class Fitted:
    """Where a fit ended: values, chi^2, the normal matrix there, and whether the steps had become small."""

    values: Array
    chi2: float
    normal: Array
    evaluations: int
    is_converged: bool


def fit(
    evaluate: _Evaluate,
    measure: _Measure,
    start: Array,
    lower: Array,
    upper: Array,
    *,
    points: int,
    expected: float,
    most: int,
) -> Fitted:
    """Least squares of residuals whose variance is one.

    ``evaluate(values)`` gives chi^2, the normal matrix J'J (k, k) and the gradient J'r (k,); ``measure(values)`` chi^2
    alone, asked first where the last step failed. Converged when the step promises less
    than ``expected`` times the reduced chi^2, that is shifts below sqrt(expected) standard deviations in total, or when two steps gained
    less than twenty times that; at most ``most`` calls.
    """
    values = np.clip(start, lower, upper)
    chi2, normal, gradient = evaluate(values)
    calls, damping = 1, 1e-4
    is_converged = False
    idle, has_failed = 0, False
    while calls < most:
        step, promise = _step(normal, gradient, values, lower, upper, damping)
        if promise <= expected * max(chi2 / max(points - values.size, 1), 1e-12):
            is_converged = True
            break
        trial = np.clip(values + step, lower, upper)
        calls += 1
        if has_failed and not measure(trial) < chi2:
            damping *= 10.0
            if damping > _LARGEST_DAMPING:
                is_converged = True
                break
            continue
        trial_chi2, trial_normal, trial_gradient = evaluate(trial)
        if np.isfinite(trial_chi2) and trial_chi2 < chi2:
            idle = idle + 1 if chi2 - trial_chi2 <= _IDLE * expected * chi2 / max(points - values.size, 1) else 0
            gain = (chi2 - trial_chi2) / max(promise, 1e-300)
            has_failed = False
            values, chi2, normal, gradient = trial, trial_chi2, trial_normal, trial_gradient
            if idle == 2:  # a flat valley: nothing the data know is gained any more
                is_converged = True
                break
            damping = max(damping * (0.1 if gain > 0.5 else 0.5 if gain > 0.2 else 2.0), 1e-9)
        else:
            has_failed = True
            damping *= 10.0
            if damping > _LARGEST_DAMPING:
                is_converged = True
                break
    return Fitted(values=values, chi2=chi2, normal=normal, evaluations=calls, is_converged=is_converged)


def _step(
    normal: Array, gradient: Array, values: Array, lower: Array, upper: Array, damping: float
) -> tuple[Array, float]:
    """The damped step (the residual falls along minus the gradient) and the fall of chi^2 it promises."""
    blocked = ((values <= lower) & (gradient > 0)) | ((values >= upper) & (gradient < 0))
    size = np.sqrt(np.diag(normal))
    keep = np.flatnonzero(~blocked & (size > 0))
    step = np.zeros_like(values)
    if not keep.size:
        return step, 0.0
    scale = size[keep]
    matrix = normal[np.ix_(keep, keep)] / np.outer(scale, scale)
    right = -gradient[keep] / scale
    damped = matrix + damping * np.eye(keep.size)
    try:
        solved = np.linalg.solve(damped, right)
    except np.linalg.LinAlgError:
        solved = np.linalg.lstsq(damped, right, rcond=None)[0]
    step[keep] = solved / scale
    return step, float(2.0 * solved @ right - solved @ matrix @ solved)


def covariance_of(normal: Array) -> tuple[Array, npt.NDArray[np.bool_]]:
    """Inverse of a normal matrix by its scaled eigenvalues; and for each parameter whether the data determine it at all."""
    size = np.sqrt(np.diag(normal))
    seen = size > 0
    scale = np.where(seen, size, 1.0)
    values, vectors = np.linalg.eigh(normal / np.outer(scale, scale))
    good = values > 1e-11
    inverse = (vectors[:, good] / values[good]) @ vectors[:, good].T
    lost = (vectors[:, ~good] ** 2).sum(axis=1) > 0.1
    return inverse / np.outer(scale, scale), seen & ~lost
