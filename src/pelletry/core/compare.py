r"""Do two numbers differ? In words, with the part of their uncertainty that they share taken out.

Two pellets measured with one calliper and divided by one theoretical density share that error: it moves both alike and does
not make them different. With a common relative standard deviation :math:`c` inside both standard deviations the variance of
the difference is

.. math:: s^2 = s_a^2 + s_b^2 - 2 c^2 a b,

since the covariance of two numbers that carry one common factor is :math:`c^2 a b` (JCGM 100:2008, F.1.2.3). Where the
standard deviations come from few readings, the limit is not 1.96 but Student's t for the effective degrees of freedom of s,
the common part counting as known.
"""

from __future__ import annotations

import math

import attrs

from pelletry.core.freedom import combined_degrees_of_freedom, student_95
from pelletry.core.quantity import Estimate, bracketed
from pelletry.core.units import displayed

__all__ = ["Difference", "difference", "difference_in_words"]


@attrs.frozen(kw_only=True)
class Difference:
    """``value`` = a - b with its standard deviation, and ``z`` = value/std. ``is_significant``: \\|z\\| > 1.96, or Student's t."""

    value: float
    std: float
    z: float
    degrees_of_freedom: float | None = None

    @property
    def is_significant(self) -> bool:
        return abs(self.z) > student_95(self.degrees_of_freedom)


def difference(a: Estimate, b: Estimate, *, common_relative_std: float = 0.0) -> Difference | None:
    """The difference a - b of two estimates in the same unit, or None when an uncertainty is not known.

    Parameters
    ----------
    a, b:
        Two estimates whose ``std`` includes the common part.
    common_relative_std:
        Relative standard deviation of what both share (theoretical density, calliper). 0: independent.

    Raises
    ------
    ValueError
        If the units differ, or the common part is larger than the whole of a standard deviation.
    """
    if a.unit != b.unit:
        raise ValueError(f"a difference of {a.unit} and {b.unit}")
    if a.std is None or b.std is None:
        return None
    c = common_relative_std
    for one, std in ((a, a.std), (b, b.std)):
        if c * abs(one.value) > std * (1 + 1e-9):
            raise ValueError(f"the common part {c:.3g} is larger than the relative std of {one.value:.6g} ± {std:.3g}")
    variance = a.std**2 + b.std**2 - 2 * c * c * a.value * b.value
    value = a.value - b.value
    std = math.sqrt(max(variance, 0.0))
    if std == 0:
        z = 0.0 if value == 0 else math.copysign(math.inf, value)
    else:
        z = value / std
    own = [_own_part(one, c) for one in (a, b)]
    return Difference(
        value=value, std=std, z=z, degrees_of_freedom=combined_degrees_of_freedom([*own, (c * value, None)])
    )


def _own_part(estimate: Estimate, common_relative_std: float) -> tuple[float, float | None]:
    """Standard deviation without the common part, which is known, and the degrees of freedom of what is left."""
    std, freedom = estimate.std or 0.0, estimate.degrees_of_freedom
    own = math.sqrt(max(std**2 - (common_relative_std * estimate.value) ** 2, 0.0))
    return own, None if freedom is None else max(1.0, freedom * (own / std) ** 4)


def difference_in_words(
    name_a: str, a: Estimate, name_b: str, b: Estimate, *, common_relative_std: float = 0.0, kind: str = ""
) -> str:
    """One sentence that says whether two samples differ, with the numbers it rests on.

    ``kind`` is the name of the quantity, as ``relative_density``; it picks the unit people read.

    >>> a, b = (Estimate(value=v, std=0.0108, unit="1", method="") for v in (0.981, 0.978))
    >>> difference_in_words("A", a, "B", b, kind="relative_density")
    'A (98.1(11) %) and B (97.8(11) %) are not different: 0.3(15) percentage points, 0.2 standard deviations.'
    """
    shown_a, shown_b = displayed(a, kind), displayed(b, kind)
    texts = [_text(name, shown) for name, shown in ((name_a, shown_a), (name_b, shown_b))]
    found = difference(a, b, common_relative_std=common_relative_std)
    if found is None:
        unknown = [name for name, one in ((name_a, a), (name_b, b)) if one.std is None]
        return (
            f"{texts[0]} and {texts[1]} cannot be compared: the uncertainty of {' and '.join(unknown)} is not stated."
        )
    # A difference of temperatures has no offset: the scale is that of the display, the zero is not.
    scale = _scale(a, kind)
    unit = "percentage points" if shown_a.unit == "%" else ("K" if shown_a.unit == "°C" else shown_a.unit)
    gap = f"{bracketed(abs(found.value) * scale, found.std * scale)} {unit}".strip()
    count = f"{abs(found.z):.1f} standard deviations"
    if not found.is_significant:
        return f"{texts[0]} and {texts[1]} are not different: {gap}, {count}."
    higher, lower = (texts[0], texts[1]) if found.value > 0 else (texts[1], texts[0])
    return f"{higher} is higher than {lower} by {gap}, {count}."


def _text(name: str, shown: Estimate) -> str:
    unit = "" if shown.unit == "1" else f" {shown.unit}"
    return f"{name} ({bracketed(shown.value, shown.std)}{unit})"


def _scale(estimate: Estimate, kind: str) -> float:
    one, two = (displayed(attrs.evolve(estimate, value=v, std=None, interval_95=None), kind).value for v in (0.0, 1.0))
    return two - one
