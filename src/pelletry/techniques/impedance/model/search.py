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
_FIRST_ROUND = (4, 6, 12, 24)
_SECOND_ROUND = (4, 6, 8, 8)
_FIRST_ROUND_STEPS = 6
_AGREEMENT = 1e-3
_LONGEST_STEP = 3.0
_SPECTRA_AT_ONCE = 128


@attrs.frozen(kw_only=True)
class Minima:
    """The best minimum of each of n spectra, and the second best one that is really another (NaN where there is none)."""

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
    found = [
        _search(problem, frequency_Hz, np.arange(first, min(first + _SPECTRA_AT_ONCE, len(problem.weight))))
        for first in range(0, len(problem.weight), _SPECTRA_AT_ONCE)
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
    problem: Problem, start: Array, spectrum: npt.NDArray[np.intp], *, tolerance: float, max_iterations: int = 100
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
        max_iterations=max_iterations,
    )


def _search(problem: Problem, frequency_Hz: Array, spectrum: npt.NDArray[np.intp]) -> Minima:
    circuit, count = problem.circuit, len(spectrum)
    kind = min(time_constants(circuit), len(_FIRST_ROUND) - 1)
    start = starting_points(
        circuit, frequency_Hz, problem.weighted_data[spectrum], problem.weight[spectrum], count=_FIRST_ROUND[kind]
    )
    if start.shape[1] > _SECOND_ROUND[kind]:
        tried = _solve(problem, start, spectrum, max_iterations=_FIRST_ROUND_STEPS, tolerance=1e-6)
        order = np.argsort(tried.chi2.reshape(count, -1), axis=1)[:, : _SECOND_ROUND[kind]]
        start = np.take_along_axis(tried.theta.reshape(start.shape), order[:, :, None], axis=1)
    starts, size = start.shape[1:]
    solution = _solve(problem, start, spectrum, tolerance=1e-10)
    chi2 = solution.chi2.reshape(count, starts)
    theta = ordered_arcs(circuit, solution.theta.reshape(count, starts, size))
    best = np.argmin(chi2, axis=1)
    everyone = np.arange(count)
    lowest = chi2[everyone, best]
    is_same = chi2 <= (lowest * (1.0 + _AGREEMENT))[:, None]
    rival = np.where(is_same, np.inf, chi2)
    second = np.argmin(rival, axis=1)
    chosen = everyone * starts + best
    # A swap of arcs permutes the normal matrix, so it is taken again where the order changed.
    final = theta[everyone, best]
    residual, jacobian = problem.residual_and_jacobian(final, spectrum)
    return Minima(
        theta=final,
        chi2=np.einsum("bk,bk->b", residual, residual),
        normal=jacobian @ jacobian.transpose(0, 2, 1),
        is_converged=solution.is_converged[chosen],
        starts=starts,
        agreeing=is_same.sum(axis=1),
        rival_theta=theta[everyone, second],
        rival_chi2=rival[everyone, second],
    )
