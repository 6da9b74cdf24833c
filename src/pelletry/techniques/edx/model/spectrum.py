r"""Which lines of a table stand in a spectrum. Counts only: without standards there are no concentrations.

At each line the counts in a window of one width (full width at half maximum) are compared with a straight background under it from windows on both sides; the excess over its
Poisson standard deviation is the significance. The width is that of a silicon detector (Goldstein2018).
"""

from __future__ import annotations

import math

import attrs
import numpy as np

from pelletry.core.arrays import Array
from pelletry.reference.emission_lines import detector_width_keV

__all__ = ["LineCount", "line_count"]


@attrs.frozen(kw_only=True)
class LineCount:
    """Excess counts at one energy, their standard deviation, and the ratio of both."""

    counts: float
    std: float

    @property
    def significance(self) -> float:
        return self.counts / self.std if self.std > 0 else 0.0


def line_count(energy_keV: Array, counts: Array, at_keV: float) -> LineCount | None:
    """Excess in one width around ``at_keV``; None when the spectrum does not reach that far to both sides."""
    width = detector_width_keV(at_keV)
    if energy_keV[0] > at_keV - 1.8 * width or energy_keV[-1] < at_keV + 1.8 * width:
        return None
    distance = energy_keV - at_keV
    inside = np.abs(distance) <= 0.5 * width
    left = (distance < -1.0 * width) & (distance >= -1.8 * width)
    right = (distance > 1.0 * width) & (distance <= 1.8 * width)
    if min(inside.sum(), left.sum(), right.sum()) < 2:
        return None
    n, a, b = int(inside.sum()), int(left.sum()), int(right.sum())
    background = 0.5 * n * (float(counts[left].mean()) + float(counts[right].mean()))
    total = float(counts[inside].sum())
    variance = total + (0.5 * n) ** 2 * (float(counts[left].sum()) / a**2 + float(counts[right].sum()) / b**2)
    return LineCount(counts=total - background, std=math.sqrt(max(variance, 1.0)))
