r"""What the scatter of neighbouring points says about how intensities were counted.

For counts, var(y) = y. The second difference :math:`d_i = y_{i-1} - 2 y_i + y_{i+1}` of a smooth stretch has the variance
:math:`6 k y`, where k is 1 for counts, the factor for scaled counts, and 1/t for a rate counted over t seconds. The median of
:math:`d_i^2/(6 y_i)` over :math:`\chi^2_1`'s median (0.4549) estimates k; peaks, where the curvature is real, are kept out by the
median and by taking the flatter half of the scan. A smoothed or interpolated scan gives k far below 1.
"""

from __future__ import annotations

import numpy as np

from pelletry.core.arrays import Array

__all__ = ["variance_per_intensity"]

_MEDIAN_OF_CHI2 = 0.454936
_FEWEST = 40


def variance_per_intensity(intensity: Array) -> float | None:
    """k in var(y) = k y, from the scatter of a scan in its order; None when too few points say anything.

    >>> counts = np.random.default_rng(1).poisson(400.0, 4000).astype(float)
    >>> 0.9 < variance_per_intensity(counts) < 1.1, 0.0225 < variance_per_intensity(counts / 40.0) < 0.0275
    (True, True)
    """
    y = np.asarray(intensity, dtype=np.float64)
    if y.size < _FEWEST:
        return None
    second = y[:-2] - 2.0 * y[1:-1] + y[2:]
    mean = (y[:-2] + y[1:-1] + y[2:]) / 3.0
    slope = np.abs(y[2:] - y[:-2])
    usable = mean > 0
    if np.count_nonzero(usable) < _FEWEST:
        return None
    steepness = slope[usable] / np.sqrt(mean[usable])
    flat = steepness <= np.median(steepness) * 2.0
    ratio = second[usable][flat] ** 2 / (6.0 * mean[usable][flat])
    k = float(np.median(ratio)) / _MEDIAN_OF_CHI2
    return k if np.isfinite(k) and k > 0 else None
