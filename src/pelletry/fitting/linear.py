"""Small linear least-squares problems in large numbers: non-negative amplitudes from normal equations.

Arrays have the number of the problem as their *last* axis, so that every elementary step is one long vector operation;
for matrices of a few rows this is several times faster than one library call per matrix.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from pelletry.core.arrays import Array

__all__ = ["nonnegative_amplitudes", "solve_positive_definite"]

#: Added to the unit diagonal of the normal matrices, so that equal columns share their amplitude.
_RIDGE = 1e-9


def solve_positive_definite(matrix: Array, right: Array) -> Array:
    """Solve b symmetric positive definite systems by Gaussian elimination; shapes (k, k, b) and (k, b). Destroys both."""
    size = len(right)
    for pivot in range(size - 1):
        reciprocal = 1.0 / matrix[pivot, pivot]
        for row in range(pivot + 1, size):
            factor = matrix[pivot, row] * reciprocal
            matrix[row, row:] -= factor * matrix[pivot, row:]
            right[row] -= factor * right[pivot]
    for row in range(size - 1, -1, -1):
        for column in range(row + 1, size):
            right[row] -= matrix[row, column] * right[column]
        right[row] /= matrix[row, row]
    return right


def nonnegative_amplitudes(gram: Array, projection: Array) -> tuple[Array, Array]:
    r"""Amplitudes :math:`x \ge 0` that (nearly) minimise :math:`x^T G x - 2 h^T x`, for many problems at once.

    Amplitudes that come out negative are dropped, the most negative first, and the rest solved again. This finds the
    exact non-negative solution except where a dropped column should have come back, which is good enough to rank
    starting points; it never gives a negative amplitude.

    Parameters
    ----------
    gram:
        Normal matrices :math:`G = A^T A` of columns scaled to unit length, shape (k, k, b).
    projection:
        :math:`h = A^T y`, shape (k, b).

    Returns
    -------
    :
        The amplitudes (k, b), and the decrease of chi2 they give (b,), :math:`h^T x \ge 0`.
    """
    size = len(projection)
    amplitude = solve_positive_definite(_ridged(gram), projection.copy())
    again = np.flatnonzero((amplitude < 0.0).any(axis=0))
    used = np.ones((size, len(again)))
    for _ in range(size):
        if not len(again):
            break
        used[np.argmin(amplitude[:, again], axis=0), np.arange(len(again))] = 0.0
        amplitude[:, again] = _solve_used(gram, projection, again, used)
        is_left = (amplitude[:, again] < 0.0).any(axis=0)
        again, used = again[is_left], used[:, is_left]
    return amplitude, np.einsum("ib,ib->b", amplitude, projection)


def _ridged(gram: Array) -> Array:
    matrix: Array = gram.copy()
    for i in range(len(matrix)):
        matrix[i, i] += _RIDGE
    return matrix


def _solve_used(gram: Array, projection: Array, chosen: npt.NDArray[np.intp], used: Array) -> Array:
    """Solve the chosen problems with the unused amplitudes (where ``used`` (k, c) is zero) held at zero."""
    part: Array = np.take(gram, chosen, axis=2)
    matrix = _ridged(part)
    matrix *= used[:, None, :]
    matrix *= used[None, :, :]
    for i in range(len(matrix)):
        matrix[i, i] += 1.0 - used[i]
    right: Array = np.take(projection, chosen, axis=1)
    right *= used
    return solve_positive_definite(matrix, right)
