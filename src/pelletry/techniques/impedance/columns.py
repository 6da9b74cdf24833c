"""What the columns of an impedance file mean: quantity, sign and factor to house units, from the file's own names.

The names are those of :mod:`pelletry.core.impedance_headings`. A unit that does not fit (``Ω cm²``, ``dB``) is told, never converted by a guess.
"""

from __future__ import annotations

import re

import attrs

from pelletry.core.errors import quoted
from pelletry.core.impedance_headings import lacks_unit, role_and_sign
from pelletry.core.record import Column

__all__ = ["Meaning", "meaning_of"]

_UNIT_OF_ROLE = {
    "frequency": "Hz",
    "angular_frequency": "rad/s",
    "real": "ohm",
    "imaginary": "ohm",
    "modulus": "ohm",
    "phase": "deg",
    "admittance_real": "S",
    "admittance_imaginary": "S",
    "parallel_resistance": "ohm",
    "parallel_capacitance": "F",
    "series_capacitance": "F",
    "dissipation": "",
}
_PREFIX = {
    "": 1.0,
    "m": 1e-3,
    "k": 1e3,
    "K": 1e3,
    "M": 1e6,
    "G": 1e9,
    "µ": 1e-6,
    "μ": 1e-6,
    "u": 1e-6,
    "n": 1e-9,
    "p": 1e-12,
}
# A question mark stands where an export has lost the letter omega or the degree sign.
_OHM = re.compile(r"^(?P<prefix>[mkKMG]?)\s?(?:ohms?|Ohms?|OHMS?|Ω|Ω|\\?Omega|Ом|Om|欧姆?|[?\ufffd])$")
_SIEMENS = re.compile(r"^(?P<prefix>[mµμunkM]?)(?:S|[oO]hm-1|1/[oO]hm|Ω-1)$")
_FARAD = re.compile(r"^(?P<prefix>[mµμunp]?)F$")
_HERTZ = re.compile(r"^(?P<prefix>[mkKMG]?)(?:Hz|hz|HZ|Гц)$")
_DEGREES = frozenset({"deg", "degree", "degrees", "°", "º", "grad", "?", "\ufffd"})
_RADIANS = frozenset({"rad", "radian", "radians"})
_RADIANS_PER_SECOND = frozenset({"rad/s", "rad s-1", "rad s^-1", "rad s⁻¹", "rad·s-1", "rad*s-1", "1/s", "s-1"})
_LOST = ("?", "\ufffd")


@attrs.frozen(kw_only=True)
class Meaning:
    """``house = factor * column``; ``factor`` carries sign and unit. ``is_unit_assumed``: the file states none."""

    role: str
    factor: float
    is_unit_assumed: bool


def meaning_of(column: Column) -> Meaning | str | None:
    """What a column means; a text when its unit does not fit its name, None when it is no part of a spectrum.

    >>> import numpy as np
    >>> meaning_of(Column(name="-Im(Z)", unit="kOhm", values=np.zeros(2)))
    Meaning(role='imaginary', factor=-1000.0, is_unit_assumed=False)
    """
    role, sign = role_and_sign(column.name)
    unit = column.unit.strip()
    if not role or lacks_unit(column.name, unit):
        return None
    if role in ("parallel_real", "parallel_imaginary"):
        return f"column {quoted(column.name)} is a parallel quantity, which is not the series one"
    if unit == "MOHM":
        return f"column {quoted(column.name)} is in 'MOHM', which may be milliohm or megohm"
    factor = _factor_of_unit(role, unit)
    if factor is None and role == "frequency" and unit in _RADIANS_PER_SECOND:
        role, factor = "angular_frequency", 1.0
    if factor is None:
        return f"column {quoted(column.name)} is in {quoted(unit)}, a unit that does not fit"
    return Meaning(
        role=role,
        factor=sign * factor,
        is_unit_assumed=(not unit and bool(_UNIT_OF_ROLE[role])) or unit.endswith(_LOST),
    )


def _factor_of_unit(role: str, unit: str) -> float | None:
    if not unit:
        return 1.0
    wanted = _UNIT_OF_ROLE[role]
    if not wanted:
        return 1.0
    if wanted == "deg":
        if unit.lower() in _DEGREES:
            return 1.0
        # radians to degrees
        return 57.29577951308232 if unit.lower() in _RADIANS else None
    if wanted == "rad/s":
        return 1.0 if unit in _RADIANS_PER_SECOND else None
    match = {"Hz": _HERTZ, "ohm": _OHM, "S": _SIEMENS, "F": _FARAD}[wanted].match(unit)
    return None if match is None else _PREFIX[match["prefix"]]
