r"""Damped least squares (Levenberg-Marquardt) for many small problems at once.

Each problem minimises :math:`\chi^2 = \sum_i r_i(\theta)^2` with an analytic Jacobian, in its own box
:math:`l \le \theta \le u`. All problems share the number of parameters and residuals (unused residuals are given as
zeros), so that every step is a few array operations; problems that are finished leave the arrays.

A parameter that stands at its bound with the gradient pointing outwards is held there for that step (projected step);
it is free again as soon as the gradient turns. Damping follows the gain ratio with Marquardt's scaling by the diagonal.

Where two parameters trade off, the minimum lies at the bottom of a narrow, curved valley, and straight steps crawl along
it. Two means against that: a ``curve`` along which a step is taken (a resistance that is fitted as a logarithm is still
added to another one), and the second-order correction of the step from one more set of residuals (geodesic acceleration).

Sources: Marquardt, J. SIAM 11 (1963) 431; Nielsen, IMM-REP-1999-05 (damping); Moré, LNM 630 (1978) 105 (scaling);
Transtrum, Machta & Sethna, Phys. Rev. E 83 (2011) 036701 (geodesic acceleration).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

import attrs
import numpy as np
import numpy.typing as npt

from pelletry.core.arrays import Array

__all__ = ["Curve", "ResidualFunction", "ResidualsAlone", "Solution", "damped_least_squares"]

#: Where a step (b, p) of the linear model leads: the change of theta (b, p), the step itself to first order.
Curve = Callable[[Array], Array]
#: Residuals (b, k) at theta (b, p) of the problems numbered (b,).
ResidualsAlone = Callable[[Array, npt.NDArray[np.intp]], Array]


class ResidualFunction(Protocol):
    """Residuals (b, k) and their derivatives (b, p, k) at theta (b, p) of the problems numbered ``problem`` (b,)."""

    def __call__(self, theta: Array, problem: npt.NDArray[np.intp], /) -> tuple[Array, Array]: ...


@attrs.frozen(kw_only=True)
class Solution:
    """Where each of the b problems ended. ``chi2`` is the plain sum of squares; ``normal`` is J J^T there, (b, p, p)."""

    theta: Array
    chi2: Array
    normal: Array
    iterations: npt.NDArray[np.intp]
    is_converged: npt.NDArray[np.bool_]


@attrs.define
class _State:
    """The problems still running; every array has them along its first axis."""

    problem: npt.NDArray[np.intp]
    theta: Array
    chi2: Array
    normal: Array
    gradient: Array
    steepest: Array
    damping: Array
    growth: Array
    lower: Array
    upper: Array
    is_held: npt.NDArray[np.bool_]
    residual: Array
    jacobian: Array

    def kept(self, is_running: npt.NDArray[np.bool_]) -> _State:
        return _State(*(getattr(self, field.name)[is_running] for field in attrs.fields(_State)))


_SMALLEST_DAMPING = 1e-15
_LARGEST_DAMPING = 1e12
#: The second derivative along a step is taken over this part of it (Transtrum et al.).
_PROBE = 0.1
#: A second-order correction longer than this share of the step is not believed.
_LARGEST_CORRECTION = 0.375


def _normal_equations(residual: Array, jacobian: Array) -> tuple[Array, Array, Array]:
    chi2 = np.einsum("bk,bk->b", residual, residual)
    gradient = (jacobian @ residual[:, :, None])[:, :, 0]
    return np.where(np.isfinite(chi2), chi2, np.inf), jacobian @ jacobian.transpose(0, 2, 1), gradient


def _solved(
    state: _State, gradient: Array, is_fixed: npt.NDArray[np.bool_], rows: slice | npt.NDArray[np.intp]
) -> Array:
    """The damped step (r, p) of the given problems, zero in fixed parameters."""
    normal = state.normal[rows]
    # In units of its own curvature every parameter has a diagonal of one, whatever its size.
    diagonal = np.einsum("bii->bi", normal)
    scale = 1.0 / np.sqrt(np.where(diagonal > 0.0, diagonal, 1.0))
    matrix = normal * scale[:, :, None] * scale[:, None, :]
    if is_fixed.any():
        matrix[is_fixed] = 0.0
        matrix.transpose(0, 2, 1)[is_fixed] = 0.0
    # Damping counts in the largest curvature met so far (Moré), or a parameter that lost its effect would run away.
    damped = np.einsum("bii->bi", matrix)
    damped += state.damping[rows, None] * state.steepest[rows] * scale * scale
    damped[is_fixed | (diagonal <= 0.0)] = 1.0
    right = np.where(is_fixed, 0.0, scale * gradient)
    result: Array = -scale * np.linalg.solve(matrix, right[:, :, None])[:, :, 0]
    return result


def _is_fixed(state: _State) -> npt.NDArray[np.bool_]:
    at_lower = (state.theta <= state.lower) & (state.gradient > 0.0)
    at_upper = (state.theta >= state.upper) & (state.gradient < 0.0)
    is_fixed: npt.NDArray[np.bool_] = state.is_held | at_lower | at_upper
    return is_fixed


def _step(state: _State) -> tuple[Array, Array]:
    """The damped step (b, p) inside the bounds, and the decrease of chi2 a linear model promises for it (b,)."""
    np.maximum(state.steepest, np.einsum("bii->bi", state.normal), out=state.steepest)
    is_fixed = _is_fixed(state)
    step = _solved(state, state.gradient, is_fixed, slice(None))
    cut = np.clip(state.theta + step, state.lower, state.upper) - state.theta
    is_cut = cut != step
    is_cut &= np.abs(cut - step) > 1e-9 * np.abs(step)
    rows = np.flatnonzero(is_cut.any(axis=1))
    if len(rows):
        # What ran into a bound stays there; the others take the step that is best with it.
        fixed_part = np.where(is_cut[rows], cut[rows], 0.0)
        gradient = state.gradient[rows] + (state.normal[rows] @ fixed_part[:, :, None])[:, :, 0]
        rest = _solved(state, gradient, is_fixed[rows] | is_cut[rows], rows)
        low, high = state.lower[rows] - state.theta[rows], state.upper[rows] - state.theta[rows]
        cut[rows] = np.clip(fixed_part + rest, low, high)
    bent = (state.normal @ cut[:, :, None])[:, :, 0]
    promised = -np.einsum("bi,bi->b", cut, 2.0 * state.gradient + bent)
    return cut, promised


def _accelerated(residuals: ResidualsAlone, state: _State, step: Array, curve: Curve) -> Array:
    """The step with its second-order correction where that is small enough to be believed, inside the bounds."""
    probed = residuals(state.theta + curve(_PROBE * step), state.problem)
    with np.errstate(invalid="ignore", over="ignore"):
        linear = (step[:, None, :] @ state.jacobian)[:, 0, :]
        bending = (2.0 / _PROBE) * ((probed - state.residual) / _PROBE - linear)
        pull = (state.jacobian @ bending[:, :, None])[:, :, 0]
    is_finite = np.isfinite(pull).all(axis=1, keepdims=True)
    correction: Array = 0.5 * _solved(state, np.where(is_finite, pull, 0.0), _is_fixed(state), slice(None))
    scale = np.sqrt(np.einsum("bii->bi", state.normal))
    length = np.linalg.norm(step * scale, axis=1)
    is_long = np.linalg.norm(correction * scale, axis=1) > _LARGEST_CORRECTION * length
    correction[is_long] = 0.0
    result: Array = step + correction
    return result


def _adapt(state: _State, gain: Array, is_better: npt.NDArray[np.bool_]) -> None:
    """Less damping after steps that kept their promise, more after steps that failed."""
    shrink = np.where(gain > 0.75, 0.1, np.where(gain > 0.25, 0.4, 1.5))
    state.damping = np.where(is_better, state.damping * shrink, state.damping * state.growth)
    state.growth = np.where(is_better, 3.0, state.growth * 2.0)
    np.clip(state.damping, _SMALLEST_DAMPING, _LARGEST_DAMPING, out=state.damping)


def damped_least_squares(
    function: ResidualFunction,
    start: Array,
    *,
    lower: npt.ArrayLike = -np.inf,
    upper: npt.ArrayLike = np.inf,
    is_held: npt.ArrayLike = False,
    tolerance: float = 1e-12,
    stall: float = 0.0,
    damping: float = 1e-3,
    longest_step: float = np.inf,
    max_iterations: int = 100,
    curve: Curve | None = None,
    residuals: ResidualsAlone | None = None,
) -> Solution:
    """Minimise b sums of squares at once.

    Parameters
    ----------
    function:
        Residuals and Jacobian; called with shrinking subsets of the problems.
    start:
        Starting points, shape (b, p).
    lower, upper:
        Bounds, broadcast to (b, p).
    is_held:
        Parameters that keep their starting value, broadcast to (b, p).
    tolerance:
        A problem is converged when the decrease of chi2 that a further undisturbed step promises is below
        ``tolerance * chi2``, or when the step no longer changes theta in double precision.
    stall:
        A problem also counts as converged when a step lowered chi2 by less than ``stall * chi2``: narrow curved valleys can
        be followed for ever at no gain.
    damping:
        First damping, relative to the diagonal of the normal matrix.
    longest_step:
        Largest change of one parameter in one step, in units of theta.
    max_iterations:
        Steps tried before a problem is given back unconverged.
    curve:
        Where a step leads; straight by default.
    residuals:
        Residuals without derivatives; when given, every step is corrected to second order. Worth its cost in the last
        stretch, and where valleys are curved.

    Returns
    -------
    :
        One solution per problem; a problem that did not converge is flagged, never an error.
    """
    shape = np.shape(start)
    low, high = np.broadcast_to(lower, shape), np.broadcast_to(upper, shape)
    theta = np.clip(np.asarray(start, dtype=float), low, high)
    everyone = np.arange(shape[0])
    residual, jacobian = function(theta, everyone)
    chi2, normal, gradient = _normal_equations(residual, jacobian)
    nothing = np.empty((shape[0], 0))
    solution = Solution(
        theta=theta.copy(),
        chi2=chi2.copy(),
        normal=normal.copy(),
        iterations=np.zeros(shape[0], dtype=np.intp),
        is_converged=np.zeros(shape[0], dtype=bool),
    )
    state = _State(
        problem=everyone,
        theta=theta,
        chi2=chi2,
        normal=normal,
        gradient=gradient,
        steepest=np.zeros(shape),
        damping=np.full(shape[0], damping),
        growth=np.full(shape[0], 3.0),
        lower=low,
        upper=high,
        is_held=np.broadcast_to(is_held, shape),
        residual=nothing if residuals is None else residual,
        jacobian=nothing if residuals is None else jacobian,
    ).kept(np.isfinite(chi2) & np.isfinite(normal).all(axis=(1, 2)))
    for _ in range(max_iterations):
        if not len(state.problem):
            break
        tried, promised = _trial(state, curve or _straight, residuals, longest_step)
        is_done = _iterate(function, state, tried, promised, tolerance=tolerance, stall=stall)
        solution.iterations[state.problem] += 1
        if is_done.any():
            _record(solution, state, is_done, is_converged=True)
            state = state.kept(~is_done)
    _record(solution, state, np.ones(len(state.problem), dtype=bool), is_converged=False)
    return solution


def _straight(step: Array) -> Array:
    return step


def _trial(state: _State, curve: Curve, residuals: ResidualsAlone | None, longest_step: float) -> tuple[Array, Array]:
    """Where to try next (b, p), and the decrease of chi2 promised there (b,)."""
    step, promised = _step(state)
    if np.isfinite(longest_step):
        longest = np.abs(step).max(axis=1)
        is_long = longest > longest_step
        if is_long.any():
            step[is_long] *= (longest_step / longest[is_long])[:, None]
    if residuals is not None:
        step = _accelerated(residuals, state, step, curve)
    return np.clip(state.theta + curve(step), state.lower, state.upper), promised


def _iterate(
    function: ResidualFunction, state: _State, tried: Array, promised: Array, *, tolerance: float, stall: float
) -> npt.NDArray[np.bool_]:
    """Try one step of every running problem; True where nothing more is to be gained."""
    residual, jacobian = function(tried, state.problem)
    chi2, normal, gradient = _normal_equations(residual, jacobian)
    is_better = (chi2 < state.chi2) & np.isfinite(normal).all(axis=(1, 2))
    with np.errstate(invalid="ignore", over="ignore"):
        gain = (state.chi2 - chi2) / np.maximum(promised, np.finfo(float).tiny)
        is_still = np.abs(tried - state.theta).max(axis=1) <= 4e-16 * (1.0 + np.abs(state.theta).max(axis=1))
    # A promise made under heavy damping says nothing about the minimum, so such steps cannot end the search.
    is_done: npt.NDArray[np.bool_] = is_still | ((np.abs(promised) <= tolerance * state.chi2) & (state.damping <= 1.0))
    is_done |= state.damping >= _LARGEST_DAMPING
    is_done |= is_better & (state.chi2 - chi2 <= stall * state.chi2) & (state.damping <= 1.0)
    state.theta = np.where(is_better[:, None], tried, state.theta)
    state.chi2 = np.where(is_better, chi2, state.chi2)
    state.normal = np.where(is_better[:, None, None], normal, state.normal)
    state.gradient = np.where(is_better[:, None], gradient, state.gradient)
    if state.jacobian.size:
        state.residual[is_better] = residual[is_better]
        state.jacobian[is_better] = jacobian[is_better]
    _adapt(state, gain, is_better)
    return is_done


def _record(solution: Solution, state: _State, chosen: npt.NDArray[np.bool_], *, is_converged: bool) -> None:
    """Write where the chosen running problems stand."""
    problem = state.problem[chosen]
    solution.theta[problem] = state.theta[chosen]
    solution.chi2[problem] = state.chi2[chosen]
    solution.normal[problem] = state.normal[chosen]
    solution.is_converged[problem] = is_converged
