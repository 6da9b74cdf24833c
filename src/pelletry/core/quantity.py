"""Numbers as this house gives them: a value with its uncertainty, unit and method, or the reason there is none."""

from __future__ import annotations

import math
from typing import Any

import attrs

__all__ = ["Estimate", "Quantity", "Reported", "Unresolved", "bracketed"]


def _finite_or_none(_: object, attribute: Any, value: Any) -> None:
    if value is not None and not math.isfinite(value):
        raise ValueError(f"{attribute.name} must be finite or None (not known), not {value}")


@attrs.frozen(kw_only=True)
class Estimate:
    """A number that was found.

    ``std`` is one standard deviation in the same unit, None when it is not known (never 0 for "not known").
    ``interval_95`` is given where a symmetric ``value ± 1.96 std`` would lie (profile likelihood, bootstrap, log scale).
    ``method`` says in a few words how both were obtained.
    """

    value: float = attrs.field(validator=_finite_or_none)
    std: float | None = attrs.field(default=None, validator=_finite_or_none)
    unit: str
    method: str
    interval_95: tuple[float, float] | None = None

    @property
    def interval(self) -> tuple[float, float] | None:
        """The 95 % interval: the stated one, else ``value ± 1.96 std``; None when the uncertainty is not known."""
        if self.interval_95 is not None:
            return self.interval_95
        if self.std is None:
            return None
        return (self.value - 1.96 * self.std, self.value + 1.96 * self.std)

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
    if value == 0 or not math.isfinite(value):
        exponent = 0
    else:
        exponent = math.floor(math.log10(abs(value)))
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
