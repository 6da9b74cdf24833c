"""From starting points to the best minimum: many starts per spectrum, the hopeless ones dropped early."""

from __future__ import annotations

import attrs
import numpy as np
import numpy.typing as npt

from pelletry.core.arrays import Array
from pelletry.fitting.least_squares import Solution, damped_least_squares
from pelletry.techniques.impedance.model.circuit import Circuit
from pelletry.techniques.impedance.model.problem import Problem
from pelletry.techniques.impedance.model.starts import starting_points

__all__ = ["Minima", "best_minima"]

#: Starts in the first round and in the second, by the number of time constants a circuit has.
_FIRST_ROUND = (4, 6, 12, 48)
_SECOND_ROUND = (4, 6, 6, 12)
_FIRST_ROUND_STEPS = 8
_SECOND_ROUND_STEPS = 12
_LAST_ROUND_STEPS = 100
#: Relative gains of chi2 per step not worth following: 1e-5 is a hundredth of a standard deviation of one parameter.
_STALL, _LAST_ROUND_STALL = 1e-5, 1e-7
#: Two starts agree when chi2 differs by less than this, relative to the lower one.
_AGREEMENT = 1e-3
#: A start is followed to its end when chi2 is within this factor of the best.
_CLOSE = 1.05
#: Another minimum is one where some coordinate (a logarithm or an exponent) differs by more than this.
_ELSEWHERE = 0.2
_LONGEST_STEP = 3.0
_PROBLEMS_AT_ONCE = 1024


@attrs.frozen(kw_only=True)
class Minima:
    """The best minimum of each of n spectra, and the best one elsewhere (chi2 inf where there is none)."""

    theta: Array
    chi2: Array
    normal: Array
    is_converged: npt.NDArray[np.bool_]
    starts: int
    agreeing: npt.NDArray[np.intp]
    rival_theta: Array
    rival_chi2: Array


def time_constants(circuit: Circuit) -> int:
    """How many shapes with a time constant the search has to place."""
    placed = sum(part.element is not None and part.element.symbol in ("RQ", "RC", "Ws", "Wo") for part in circuit.parts)
    return placed + sum(2 for part in circuit.parts if part.element is None)


def ordered_arcs(circuit: Circuit, theta: Array) -> Array:
    """Theta (..., p) with equal arcs in the order of their time constants, fastest first."""
    ordered = np.array(theta)
    for length in (2, 3):
        arcs = [arc for arc in circuit.arcs if len(arc.indices) == length]
        if len(arcs) < 2:
            continue
        index = np.array([arc.indices for arc in arcs])
        blocks = ordered[..., index]
        order = np.argsort(blocks[..., 1], axis=-1, kind="stable")
        ordered[..., index] = np.take_along_axis(blocks, order[..., None], axis=-2)
    return ordered


def best_minima(problem: Problem, frequency_Hz: Array) -> Minima:
    """Search every spectrum of the problem from its own starting points."""
    kind = min(time_constants(problem.circuit), len(_FIRST_ROUND) - 1)
    at_once = _PROBLEMS_AT_ONCE // _FIRST_ROUND[kind]
    found = [
        _search(problem, frequency_Hz, np.arange(first, min(first + at_once, len(problem.weight))), kind)
        for first in range(0, len(problem.weight), at_once)
    ]
    return Minima(
        starts=found[0].starts,
        **{
            field.name: np.concatenate([getattr(piece, field.name) for piece in found])
            for field in attrs.fields(Minima)
            if field.name != "starts"
        },
    )


def _solve(
    problem: Problem, start: Array, spectrum: npt.NDArray[np.intp], *, tolerance: float, max_iterations: int
) -> Solution:
    """Run starts (n, k, p) of the spectra numbered (n,)."""
    index = np.repeat(spectrum, start.shape[1])
    return damped_least_squares(
        lambda theta, running: problem.residual_and_jacobian(theta, index[running]),
        start.reshape(-1, start.shape[2]),
        lower=problem.lower[index],
        upper=problem.upper[index],
        longest_step=_LONGEST_STEP,
        tolerance=tolerance,
        stall=_STALL,
        max_iterations=max_iterations,
        curve=problem.curve,
    )


def _search(problem: Problem, frequency_Hz: Array, spectrum: npt.NDArray[np.intp], kind: int) -> Minima:
    circuit, count = problem.circuit, len(spectrum)
    start = starting_points(
        circuit, frequency_Hz, problem.weighted_data[spectrum], problem.weight[spectrum], count=_FIRST_ROUND[kind]
    )
    if start.shape[1] > _SECOND_ROUND[kind]:
        first = _solve(problem, start, spectrum, max_iterations=_FIRST_ROUND_STEPS, tolerance=1e-6)
        order = np.argsort(first.chi2.reshape(count, -1), axis=1)[:, : _SECOND_ROUND[kind]]
        start = np.take_along_axis(first.theta.reshape(start.shape), order[:, :, None], axis=1)
    starts = start.shape[1]
    second = _solve(problem, start, spectrum, max_iterations=_SECOND_ROUND_STEPS, tolerance=1e-8)
    theta, chi2, is_converged = _finished(problem, second, np.repeat(spectrum, starts), starts)
    theta = ordered_arcs(circuit, theta)
    everyone = np.arange(count)
    best = np.argmin(chi2, axis=1)
    final, lowest = theta[everyone, best], chi2[everyone, best]
    is_elsewhere = np.abs(theta - final[:, None, :]).max(axis=2) > _ELSEWHERE
    rival = np.where(is_elsewhere, chi2, np.inf)
    other = np.argmin(rival, axis=1)
    residual, jacobian = problem.residual_and_jacobian(final, spectrum)
    return Minima(
        theta=final,
        chi2=np.einsum("bk,bk->b", residual, residual),
        normal=jacobian @ jacobian.transpose(0, 2, 1),
        is_converged=is_converged[everyone, best],
        starts=starts,
        agreeing=np.count_nonzero(chi2 <= (lowest * (1.0 + _AGREEMENT))[:, None], axis=1),
        rival_theta=theta[everyone, other],
        rival_chi2=rival[everyone, other],
    )


def _finished(
    problem: Problem, solution: Solution, index: npt.NDArray[np.intp], starts: int
) -> tuple[Array, Array, npt.NDArray[np.bool_]]:
    """Follow the promising starts to their very end: theta (n, k, p), chi2 (n, k) and whether each converged.

    Promising are the best start of each spectrum and those not yet converged that come close to it.
    """
    chi2 = solution.chi2.reshape(-1, starts)
    lowest = chi2.min(axis=1, keepdims=True)
    is_best = np.arange(starts) == np.argmin(chi2, axis=1)[:, None]
    is_open = ~solution.is_converged.reshape(-1, starts) & (chi2 <= _CLOSE * lowest)
    again = np.flatnonzero((is_best | is_open).reshape(-1))
    last = damped_least_squares(
        lambda theta, running: problem.residual_and_jacobian(theta, index[again[running]]),
        solution.theta[again],
        lower=problem.lower[index[again]],
        upper=problem.upper[index[again]],
        longest_step=_LONGEST_STEP,
        tolerance=1e-9,
        stall=_LAST_ROUND_STALL,
        max_iterations=_LAST_ROUND_STEPS,
        curve=problem.curve,
        residuals=lambda theta, running: problem.residuals(theta, index[again[running]]),
    )
    theta, values, is_converged = solution.theta.copy(), solution.chi2.copy(), solution.is_converged.copy()
    theta[again], values[again], is_converged[again] = last.theta, last.chi2, last.is_converged
    shape = chi2.shape
    return theta.reshape(*shape, -1), values.reshape(shape), is_converged.reshape(shape)
