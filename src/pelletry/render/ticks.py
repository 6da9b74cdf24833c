"""Where ticks go when no plotting library is at hand, and how their numbers are written."""

from __future__ import annotations

import math

__all__ = ["linear_ticks", "log_minor_ticks", "log_ticks", "tick_text"]


def linear_ticks(limits: tuple[float, float], *, most: int) -> list[float]:
    """At most ``most`` round values inside the limits.

    >>> linear_ticks((0.0, 9.3), most=6)
    [0.0, 2.0, 4.0, 6.0, 8.0]
    """
    low, high = limits
    span = high - low
    if not (math.isfinite(span) and span > 0):
        return []
    power = 10.0 ** math.floor(math.log10(span / most))
    for factor in (1.0, 2.0, 2.5, 5.0, 10.0, 20.0):
        step = factor * power
        first, last = math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9)
        if last - first + 1 <= most:
            return [round(k * step, 12) if abs(k * step) > 1e-9 else k * step for k in range(first, last + 1)]
    return []


def log_ticks(limits: tuple[float, float], *, most: int) -> list[float]:
    """Whole powers of ten, every second or third when there are many; 1-2-5 steps within less than two of them."""
    first, last = math.ceil(math.log10(limits[0]) - 1e-9), math.floor(math.log10(limits[1]) + 1e-9)
    if last - first < 1:
        around = range(first - 1, last + 2)
        return [m * 10.0**k for k in around for m in (1, 2, 5) if limits[0] <= m * 10.0**k <= limits[1]]
    step = max(1, math.ceil((last - first + 1) / most))
    return [10.0**k for k in range(first, last + 1) if (k - first) % step == 0]


def log_minor_ticks(limits: tuple[float, float]) -> list[float]:
    """2, 3, ... 9 times every power of ten inside the limits."""
    first, last = math.floor(math.log10(limits[0])), math.ceil(math.log10(limits[1]))
    return [m * 10.0**k for k in range(first, last + 1) for m in range(2, 10) if limits[0] <= m * 10.0**k <= limits[1]]


def tick_text(value: float, scale: str) -> str:
    """``10⁴`` on a logarithmic axis, plain digits on a linear one."""
    power = math.log10(value) if scale == "log" and value > 0 else 0.5
    if scale == "log" and abs(power - round(power)) < 1e-9:
        return "10" + str(round(power)).translate(str.maketrans("0123456789-", "⁰¹²³⁴⁵⁶⁷⁸⁹⁻"))
    return f"{value:.6g}".replace("-", "−")
