"""Numbers as this house gives them: a value with its uncertainty, unit and method, or the reason there is none."""

from __future__ import annotations

import math
from typing import Any

import attrs

from pelletry.core.freedom import student_95

__all__ = ["Estimate", "Quantity", "Reported", "Unresolved", "bracketed"]


def _finite_or_none(_: object, attribute: Any, value: Any) -> None:
    if value is not None and not math.isfinite(value):
        raise ValueError(f"{attribute.name} must be finite or None (not known), not {value}")


def _at_least_one_or_none(_: object, attribute: Any, value: float | None) -> None:
    if value is not None and not value >= 1.0:
        raise ValueError(f"{attribute.name} must be at least 1, or None (std is known), not {value}")


@attrs.frozen(kw_only=True)
class Estimate:
    """A number that was found.

    ``std`` is one standard deviation in the same unit, None when it is not known (never 0 for "not known").
    ``degrees_of_freedom`` say how well ``std`` itself is known, when it comes from a few readings; None: known.
    ``interval_95`` is given where a symmetric ``value ± t std`` would lie (profile likelihood, bootstrap, log scale).
    ``method`` says in a few words how both were obtained.
    """

    value: float = attrs.field(validator=_finite_or_none)
    std: float | None = attrs.field(default=None, validator=_finite_or_none)
    unit: str
    method: str
    interval_95: tuple[float, float] | None = None
    degrees_of_freedom: float | None = attrs.field(default=None, validator=_at_least_one_or_none)

    @property
    def interval(self) -> tuple[float, float] | None:
        """The 95 % interval: the stated one, else ``value ± t std``; None when the uncertainty is not known.

        t is 1.96, or Student's with few :attr:`degrees_of_freedom`.
        """
        if self.interval_95 is not None:
            return self.interval_95
        if self.std is None:
            return None
        half = student_95(self.degrees_of_freedom) * self.std
        return (self.value - half, self.value + half)

    @property
    def is_resolved(self) -> bool:
        return True

    def scaled(self, factor: float, *, unit: str) -> Estimate:
        """The same estimate in another unit (multiplicative units only)."""
        low_high = self.interval_95
        if low_high is not None:
            a, b = low_high[0] * factor, low_high[1] * factor
            low_high = (min(a, b), max(a, b))
        std = None if self.std is None else abs(self.std * factor)
        return attrs.evolve(self, value=self.value * factor, std=std, unit=unit, interval_95=low_high)


@attrs.frozen(kw_only=True)
class Unresolved:
    """A number that cannot be given, and why: one plain sentence that a referee would accept."""

    reason: str
    unit: str = ""

    @property
    def is_resolved(self) -> bool:
        return False


Quantity = Estimate | Unresolved


@attrs.frozen(kw_only=True)
class Reported:
    """One named result of one sample, as it appears in tables, in ``--json`` and in ``trace``.

    ``conditions`` maps words such as ``temperature_K`` to numbers or text; ``flags`` are short codes whose sentences are
    the findings of the same technique.
    """

    sample: str
    technique: str
    name: str
    quantity: Quantity
    conditions: tuple[tuple[str, float | str], ...] = ()
    flags: tuple[str, ...] = ()

    def condition(self, key: str) -> float | str | None:
        return dict(self.conditions).get(key)


def bracketed(value: float, std: float | None) -> str:
    """``8.4944(2)``: the value rounded to its uncertainty, whose last one or two digits stand in brackets.

    Two digits of the uncertainty are kept when its first digit is 1, else one. Without uncertainty: four significant digits.
    Large and small numbers take a power of ten: ``8.77(43)e-4``.

    >>> bracketed(8.49441, 0.0002), bracketed(8.77e-4, 1.4e-5), bracketed(1525.0, None)
    ('8.4944(2)', '8.77(14)e-4', '1525')
    """
    # A value below its own uncertainty is written on the scale of that: 0.0(4), not 3(400)e-3.
    size = max(abs(value), 0.0 if std is None or not math.isfinite(std) else std)
    exponent = 0 if value == 0 or not math.isfinite(value) else math.floor(math.log10(size))
    scientific = exponent >= 5 or exponent <= -3
    scale = 10.0**exponent if scientific else 1.0
    tail = f"e{exponent}" if scientific else ""
    shown = value / scale
    if std is None or not math.isfinite(std) or std <= 0:
        digits = 3 if scientific else max(0, 3 - exponent)
        return f"{shown:.{digits}f}{tail}"
    error = std / scale
    first = math.floor(math.log10(error))
    keep = 2 if round(error / 10.0**first, 6) < 2 else 1
    decimals = keep - 1 - first
    if decimals < 0:
        return f"{shown:.0f}({error:.0f}){tail}"
    return f"{shown:.{decimals}f}({round(error * 10.0**decimals)}){tail}"
