r"""Do two numbers of the pellets go together? Pearson's coefficient with the interval that so few pellets allow.

With :math:`z = \operatorname{artanh} r`, which is nearly normal with the standard deviation :math:`1/\sqrt{n-3}`
(R. A. Fisher, Metron 1 (1921) 3), the 95 % interval of r is :math:`\tanh(z \pm 1.96/\sqrt{n-3})`. Errors of the single
numbers only weaken a correlation; they cannot make one.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from statistics import fmean

import attrs

__all__ = ["Correlation", "correlation", "correlation_in_words"]

_Z_95 = 1.959964


@attrs.frozen(kw_only=True)
class Correlation:
    """``coefficient`` of ``count`` pairs, with its 95 % interval; None with fewer than four pairs, which say nothing."""

    coefficient: float
    count: int
    interval_95: tuple[float, float] | None

    @property
    def is_resolved(self) -> bool:
        return self.interval_95 is not None and (self.interval_95[0] > 0 or self.interval_95[1] < 0)


def correlation(x: Sequence[float], y: Sequence[float]) -> Correlation | None:
    """Pearson's correlation of pairs; None when one side does not vary or there are fewer than three pairs.

    >>> found = correlation([1, 2, 3, 4, 5], [1.1, 1.9, 3.2, 3.9, 5.1])
    >>> round(found.coefficient, 4), found.is_resolved
    (0.9964, True)
    """
    if len(x) != len(y):
        raise ValueError(f"{len(x)} and {len(y)} values are no pairs")
    if len(x) < 3 or len(set(x)) < 2 or len(set(y)) < 2:
        return None
    dx, dy = [v - fmean(x) for v in x], [v - fmean(y) for v in y]
    norm = math.sqrt(math.fsum(a * a for a in dx) * math.fsum(b * b for b in dy))
    r = max(-1.0, min(1.0, math.fsum(a * b for a, b in zip(dx, dy, strict=True)) / norm))
    if len(x) < 4 or abs(r) == 1.0:
        return Correlation(coefficient=r, count=len(x), interval_95=None if len(x) < 4 else (r, r))
    half = _Z_95 / math.sqrt(len(x) - 3)
    return Correlation(
        coefficient=r, count=len(x), interval_95=(math.tanh(math.atanh(r) - half), math.tanh(math.atanh(r) + half))
    )


def correlation_in_words(found: Correlation | None, what: str) -> str:
    """One sentence with the number of pairs; a coefficient whose interval holds zero is called not resolved.

    >>> correlation_in_words(correlation([1, 2, 3], [1, 2, 4]), "ln σ with the density")
    'A correlation of ln σ with the density is not resolved (n = 3).'
    """
    if found is None or found.interval_95 is None:
        return f"A correlation of {what} is not resolved{'' if found is None else f' (n = {found.count})'}."
    low, high = found.interval_95
    numbers = f"r = {found.coefficient:.2f}, 95 %: {low:.2f} to {high:.2f}, n = {found.count}"
    if not found.is_resolved:
        return f"A correlation of {what} is not resolved ({numbers})."
    return f"Correlation of {what}: {numbers}."
