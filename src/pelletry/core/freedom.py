r"""Degrees of freedom: how well a standard uncertainty is itself known, and how wide that makes a 95 % interval.

A standard deviation found from few readings is uncertain; the 95 % interval of their mean takes Student's quantile of n - 1
degrees of freedom instead of 1.96. Where several such uncertainties :math:`u_i` with :math:`\nu_i` are combined in
quadrature to u, the effective number is that of Welch and Satterthwaite (JCGM 100:2008, G.4.1),

.. math:: \nu = \frac{u^4}{\sum_i u_i^4/\nu_i},

where a stated (known) uncertainty adds nothing to the sum below. The formula alone has a flaw where few readings meet
another error: of two readings with a known error a third as large it covers 87 %, and the interval becomes narrower when that
error is added. Here an interval is therefore never narrower than that of any of its parts alone; then it covers 94-98 %
for three readings or more, and up to 99 % for two. None stands for "known": infinitely many degrees of freedom.
"""

from __future__ import annotations

import math
from collections.abc import Iterable

__all__ = ["combined_degrees_of_freedom", "student_95"]

_NORMAL_97_5 = 1.959964
#: Student's quantile for 1 to 4 degrees of freedom.
_WHOLE = (12.706205, 4.302653, 3.182446, 2.776445)
#: More degrees of freedom than this make no difference (t is 1.9602).
_MANY = 1e4


def student_95(degrees_of_freedom: float | None) -> float:
    """Half width of a 95 % interval in standard deviations: Student's t, 97.5 %; 1.96 for None. At least 1 freedom.

    To 0.04 % also between whole numbers; from 3 on by the expansions of Hill (Comm. ACM 13 (1970) 619, algorithm 396).

    >>> student_95(None), round(student_95(2), 2), round(student_95(10), 3)
    (1.96, 4.3, 2.228)
    """
    if degrees_of_freedom is None or degrees_of_freedom > _MANY:
        return 1.96
    n = max(degrees_of_freedom, 1.0)
    if n < 3.0:
        return _below_three(n)
    a = 1.0 / (n - 0.5)
    b = 48.0 / a**2
    c = ((20700.0 * a / b - 98.0) * a - 16.0) * a + 96.36
    d = ((94.5 / (b + c) - 3.0) / b + 1.0) * math.sqrt(0.5 * a * math.pi) * n
    y = (0.05 * d) ** (2.0 / n)
    return math.sqrt(n * (_near_normal(n, a, b, c, d) if y > 0.05 + a else _far_tail(n, d, y)))


def _below_three(n: float) -> float:
    """ln t by the cubic in 1/n through n = 1, 2, 3, 4, where Hill's expansions hold for whole numbers only."""
    log_t = 0.0
    for i, t in enumerate(_WHOLE, start=1):
        weight = 1.0
        for j in range(1, len(_WHOLE) + 1):
            if j != i:
                weight *= (1.0 / n - 1.0 / j) / (1.0 / i - 1.0 / j)
        log_t += weight * math.log(t)
    return math.exp(log_t)


def _near_normal(n: float, a: float, b: float, c: float, d: float) -> float:
    """t^2/n by the expansion about the normal quantile."""
    x = -_NORMAL_97_5
    if n < 5.0:
        c += 0.3 * (n - 4.5) * (x + 0.6)
    c += (((0.05 * d * x - 5.0) * x - 7.0) * x - 2.0) * x + b
    y = x * x
    y = (((((0.4 * y + 6.3) * y + 36.0) * y + 94.5) / c - y - 3.0) / b + 1.0) * x
    return math.expm1(a * y * y)


def _far_tail(n: float, d: float, y: float) -> float:
    """t^2/n by the expansion for few degrees of freedom."""
    inner = 1.0 / (((n + 6.0) / (n * y) - 0.089 * d - 0.822) * (n + 2.0) * 3.0) + 0.5 / (n + 4.0)
    return (inner * y - 1.0) * (n + 1.0) / (n + 2.0) + 1.0 / y


def combined_degrees_of_freedom(parts: Iterable[tuple[float, float | None]]) -> float | None:
    """Effective degrees of freedom of uncertainties added in quadrature, each (standard deviation, its freedom).

    None when all are known.

    >>> round(combined_degrees_of_freedom([(1.0, 5), (1.0, 5)]), 6), combined_degrees_of_freedom([(1.0, None), (0.1, None)])
    (10.0, None)
    """
    listed = [(abs(std), freedom) for std, freedom in parts if std]
    largest = max((std for std, _ in listed), default=0.0)
    below = sum((std / largest) ** 4 / freedom for std, freedom in listed if freedom is not None)
    if not below:
        return None
    whole = math.hypot(*(std / largest for std, _ in listed))
    freedom = whole**4 / below
    widest = max(student_95(own) * std / largest for std, own in listed) / whole
    if student_95(freedom) >= widest:
        return freedom
    return _freedom_of(widest, low=min(own for _, own in listed if own is not None), high=freedom)


def _freedom_of(factor: float, *, low: float, high: float) -> float:
    """The degrees of freedom between ``low`` and ``high`` whose 95 % factor is this."""
    for _ in range(20):
        middle = math.sqrt(low * high)
        low, high = (middle, high) if student_95(middle) > factor else (low, middle)
    return low
