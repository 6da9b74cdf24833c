"""Covariance of least-squares parameters, also where the data hardly determine some of them."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from pelletry.core.arrays import Array

__all__ = ["correlation_from_covariance", "covariance_from_normal"]


def covariance_from_normal(normal: Array, *, is_held: npt.NDArray[np.bool_] | None = None) -> Array:
    """Inverse of the normal matrices J J^T (b, p, p), scaled first so that units do not matter.

    Directions the data do not determine at all (relative eigenvalue below 1e-14) keep a huge but finite variance.
    Held parameters get variance zero. Multiply with the variance of one residual to get a covariance.
    """
    diagonal = np.einsum("bii->bi", normal)
    scale = 1.0 / np.sqrt(np.where(diagonal > 0.0, diagonal, 1.0))
    scaled = normal * scale[:, :, None] * scale[:, None, :]
    if is_held is not None:
        scaled = np.where(is_held[:, :, None] | is_held[:, None, :], np.eye(normal.shape[1]), scaled)
    values, vectors = np.linalg.eigh(scaled)
    inverse = (vectors / np.maximum(values, 1e-14)[:, None, :]) @ vectors.transpose(0, 2, 1)
    covariance: Array = inverse * scale[:, :, None] * scale[:, None, :]
    if is_held is not None:
        covariance = np.where(is_held[:, :, None] | is_held[:, None, :], 0.0, covariance)
    return covariance


def correlation_from_covariance(covariance: Array) -> Array:
    """Correlation matrices (..., p, p); zero where a parameter has no variance."""
    std = np.sqrt(np.einsum("...ii->...i", covariance))
    safe = np.where(std > 0.0, std, 1.0)
    result: Array = covariance / (safe[..., :, None] * safe[..., None, :])
    return result
