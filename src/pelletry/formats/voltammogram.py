"""Whether a table of time, voltage and current is a voltammogram: the voltage was swept at one rate and the current answered."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

__all__ = ["is_swept"]

Array = npt.NDArray[np.float64]
_FEWEST = 20
#: Share of the steps that must have the sweep rate, and how far they may lie from it.
_SHARE, _SPREAD = 0.9, 0.05
#: A galvanostatic run holds few currents; that of a voltammogram is another at nearly every point.
_MOST_KINDS = 0.5


def is_swept(time: Array, voltage: Array, current: Array) -> bool:
    """True when the voltage changes at one rate up or down throughout while the current is another at most points.

    >>> t = np.arange(100.0); e = np.abs(t % 40 - 20) / 20
    >>> is_swept(t, e, np.sin(t / 5)), is_swept(t, e, np.sign(t % 40 - 20))
    (True, False)
    """
    good = np.isfinite(time) & np.isfinite(voltage) & np.isfinite(current)
    t, e, i = time[good], voltage[good], current[good]
    steps = np.diff(t) > 0
    if np.count_nonzero(steps) < _FEWEST:
        return False
    rate = np.abs(np.diff(e)[steps] / np.diff(t)[steps])
    middle = float(np.median(rate))
    if middle <= 0 or float(np.mean(np.abs(rate - middle) <= _SPREAD * middle)) < _SHARE:
        return False
    scale = float(np.max(np.abs(i))) or 1.0
    return np.unique(np.round(i / scale, 3)).size > _MOST_KINDS * min(i.size, 1000)
