r"""Smoothing and derivatives of a curve on an even grid, and how noisy a curve is.

A polynomial is laid through the 2 h + 1 points around each one by least squares; its value, or derivative, there is taken
(Savitzky and Golay 1964). At both ends the polynomial of the first and last full window is used, evaluated off its middle.
"""

from __future__ import annotations

import math

import numpy as np

from pelletry.core.arrays import Array

__all__ = ["block_means", "even_curve", "noise_std", "savitzky_golay"]

_MAD_OF_NORMAL = 1.4826


def savitzky_golay(y: Array, *, half_width: int, step: float = 1.0, derivative: int = 0, order: int = 3) -> Array:
    """Smoothed curve or its derivative, shape of ``y``, in units of y over ``step`` to the power of the derivative.

    ``half_width`` points on each side are used; it is reduced where the curve is too short, and the order with it.

    >>> x = np.linspace(0.0, 3.0, 31)
    >>> bool(np.allclose(savitzky_golay(x**3, half_width=4, step=0.1, derivative=1), 3 * x**2))
    True
    """
    h = max(1, min(half_width, (len(y) - 1) // 2))
    order = min(order, 2 * h)
    if len(y) < 3 or derivative > order:
        return np.asarray(y if derivative == 0 else np.zeros_like(y), dtype=np.float64)
    x = np.arange(-h, h + 1, dtype=np.float64)
    # Rows: coefficients of 1, x, x2, ... as sums over the points of a window.
    solve = np.linalg.pinv(np.vander(x, order + 1, increasing=True))
    scale = math.factorial(derivative) / step**derivative
    result = np.empty(len(y), dtype=np.float64)
    result[h : len(y) - h] = np.convolve(y, (solve[derivative] * scale)[::-1], mode="valid")
    for window, places, at in (
        (y[: 2 * h + 1], slice(0, h), x[:h]),
        (y[-2 * h - 1 :], slice(len(y) - h, None), x[h + 1 :]),
    ):
        coefficients = solve @ window
        result[places] = (
            sum(
                coefficients[k] * math.perm(k, derivative) * at ** (k - derivative)
                for k in range(derivative, order + 1)
            )
            / step**derivative
        )
    return result


def noise_std(y: Array, *, half_width: int = 6, order: int = 3) -> float:
    """Standard deviation of the scatter of a curve from point to point; drifts and slow structure do not count.

    From the median absolute deviation of the residuals of a smoothing, so that single jumps do not count either; where the
    curve is written in so few digits that most residuals vanish, their root mean square.
    """
    if len(y) < 2 * half_width + 3:
        return 0.0
    residual = y - savitzky_golay(y, half_width=half_width, order=order)
    inner = residual[half_width:-half_width]
    x = np.arange(-half_width, half_width + 1, dtype=np.float64)
    own = float(np.linalg.pinv(np.vander(x, order + 1, increasing=True))[0, half_width])
    free = math.sqrt(max(1.0 - own, 1e-6))
    robust = _MAD_OF_NORMAL * float(np.median(np.abs(inner - np.median(inner))))
    if robust == 0.0:
        robust = float(np.sqrt(np.mean(inner**2)))
    return robust / free


def even_curve(x: Array, y: Array, *, step: float) -> tuple[Array, Array]:
    """The curve on an even grid of x: means of the points of each cell, empty cells bridged by straight lines.

    ``x`` need not be sorted. The grid lies within the data.

    Returns
    -------
    :
        Grid (m,) and values (m,).
    """
    order = np.argsort(x, kind="stable")
    xs, ys = x[order], y[order]
    cell = np.floor((xs - xs[0]) / step).astype(np.intp)
    count = np.bincount(cell)
    held = count > 0
    x_mean = np.bincount(cell, weights=xs)[held] / count[held]
    y_mean = np.bincount(cell, weights=ys)[held] / count[held]
    grid = np.arange(math.ceil(x_mean[0] / step), math.floor(x_mean[-1] / step) + 1) * step
    return grid, np.asarray(np.interp(grid, x_mean, y_mean))


def block_means(columns: tuple[Array, ...], *, most: int) -> tuple[Array, ...]:
    """Columns of one length brought to at most ``most`` rows by means over neighbouring rows."""
    length = len(columns[0])
    size = -(-length // most)
    if size <= 1:
        return columns
    starts = np.arange(0, length, size)
    count = np.diff(np.append(starts, length))
    return tuple(np.asarray(np.add.reduceat(column, starts) / count) for column in columns)
