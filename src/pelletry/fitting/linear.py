"""Small linear least-squares problems in large numbers: non-negative amplitudes from normal equations."""

from __future__ import annotations

import numpy as np

from pelletry.core.arrays import Array

__all__ = ["nonnegative_amplitudes"]

#: Added to the unit diagonal of the scaled normal matrix, so that equal columns share their amplitude.
_RIDGE = 1e-9


def nonnegative_amplitudes(gram: Array, projection: Array) -> tuple[Array, Array]:
    r"""Amplitudes :math:`x \ge 0` that (nearly) minimise :math:`x^T G x - 2 h^T x`, for many problems at once.

    Amplitudes that come out negative are dropped, the most negative first, and the rest solved again. This finds the
    exact non-negative solution except where a dropped column should have come back, which is good enough to rank
    starting points; it never gives a negative amplitude.

    Parameters
    ----------
    gram:
        Normal matrices :math:`G = A^T A`, shape (b, k, k), diagonal > 0.
    projection:
        :math:`h = A^T y`, shape (b, k).

    Returns
    -------
    :
        The amplitudes (b, k), and the decrease of chi2 they give (b,), :math:`h^T x \ge 0`.
    """
    scale = 1.0 / np.sqrt(np.einsum("bii->bi", gram))
    scaled = gram * scale[:, :, None] * scale[:, None, :]
    np.einsum("bii->bi", scaled)[...] += _RIDGE
    target = projection * scale
    amplitude = np.linalg.solve(scaled, target[:, :, None])[:, :, 0]
    is_used = np.ones(target.shape, dtype=bool)
    for _ in range(target.shape[1]):
        again = np.flatnonzero((amplitude < 0.0).any(axis=1))
        if not len(again):
            break
        is_used[again, np.argmin(amplitude[again], axis=1)] = False
        used = is_used[again]
        matrix = np.where(used[:, :, None] & used[:, None, :], scaled[again], np.eye(target.shape[1]))
        amplitude[again] = np.linalg.solve(matrix, np.where(used, target[again], 0.0)[:, :, None])[:, :, 0]
    return amplitude * scale, np.einsum("bi,bi->b", amplitude, target)
