"""What the columns of an impedance file mean: quantity, sign and factor to house units, from the file's own names.

Names seen, before the unit is split off: ``freq``, ``Frequency``, ``f``, ``F``, ``Freq.``, ``omega``; ``Re(Z)``, ``Z'(a)``, ``Z'``, ``Zs'``,
``Zreal``, ``Zre``, ``Z1``; ``-Im(Z)``, ``Z''(b)``, ``Z''``, ``Zs''``, ``Zimag``, ``Zim``, ``-Zim``, ``Z"``; ``|Z|``, ``Zmod``, ``Z``; ``Phase(Z)``,
``Zphz``, ``Theta``, ``-phase``, ``neg. Phase``; admittances ``Re(Y)``, ``Im(Y)``. Parallel quantities (``Zp'``, ``Rp``) and impedances
of one electrode alone (``Re(Zce)``) are left alone.
"""

from __future__ import annotations

import functools
import re

import attrs

from pelletry.core.errors import quoted
from pelletry.core.record import Column

__all__ = ["Meaning", "meaning_of"]

_NAMES: dict[str, str] = {
    "frequency": "f fr freq freqs frequency frequencies frequenz frequence fréquence 频率 周波数 fset fmeas freqset frequencyset",
    "angular_frequency": "omega ω w angularfrequency",
    "real": "z' zs' rez zre zreal zr re real realz realpart realpartofz realimpedance impedancereal zprime zsre zsreal z'a z1 zrealpart",
    "imaginary": "z'' zs'' imz zim zimag zi im imag imaginary zimg img imagz imagpart imaginarypart zsim zsimag imagpartofz imaginarypartofz imagimpedance imaginaryimpedance impedanceimag impedanceimaginary zdoubleprime zdprime z''b z2 zimaginary zbis",
    "modulus": "|z| |zs| z zs zmod mod mag modz betragz magz zmodulus modulus zabs absz magnitude zmag impedance zmagnitude modulusz",
    "phase": "phase phasez zphz zphase phz phi φ θ theta phaseangle argz angle zphi phaseofz",
    "admittance_real": "y' rey yre yreal",
    "admittance_imaginary": "y'' imy yim yimag",
}
_ROLE_OF = {name: role for role, names in _NAMES.items() for name in names.split()}
_UNIT_OF_ROLE = {
    "frequency": "Hz",
    "angular_frequency": "rad/s",
    "real": "ohm",
    "imaginary": "ohm",
    "modulus": "ohm",
    "phase": "deg",
    "admittance_real": "S",
    "admittance_imaginary": "S",
}
_PREFIX = {"": 1.0, "m": 1e-3, "k": 1e3, "K": 1e3, "M": 1e6, "G": 1e9, "µ": 1e-6, "u": 1e-6, "n": 1e-9}
_NEGATIVE = re.compile(r"^(?:[-−–]|neg(?:ative)?[.\s]\s*|minus\s)\s*")
_OHM = re.compile(r"^(?P<prefix>[mkKMG]?)\s?(?:ohms?|Ohms?|OHMS?|Ω|Ω)$")
_SIEMENS = re.compile(r"^(?P<prefix>[mµunkM]?)(?:S|[oO]hm-1|1/[oO]hm|Ω-1)$")
_HERTZ = re.compile(r"^(?P<prefix>[mkKMG]?)(?:Hz|hz|HZ)$")
_DEGREES = frozenset({"deg", "degree", "degrees", "°", "º"})
_RADIANS = frozenset({"rad", "radian", "radians"})


@attrs.frozen(kw_only=True)
class Meaning:
    """``house = factor * column``; ``factor`` carries sign and unit. ``is_unit_assumed``: the file states none."""

    role: str
    factor: float
    is_unit_assumed: bool


@functools.lru_cache(maxsize=1024)
def _role_and_sign(name: str) -> tuple[str, float]:
    text = name.strip().replace("′", "'").replace("’", "'").replace("`", "'").replace("″", "''").replace('"', "''")
    sign = 1.0
    if _NEGATIVE.match(text.lower()):
        sign, text = -1.0, _NEGATIVE.sub("", text.lower())
    plain = re.sub(r"[\s._\-()\[\]]", "", text.lower())
    return _ROLE_OF.get(plain, ""), sign


def meaning_of(column: Column) -> Meaning | str | None:
    """What a column means; a text when its unit does not fit its name, None when it is no part of a spectrum.

    >>> import numpy as np
    >>> meaning_of(Column(name="-Im(Z)", unit="kOhm", values=np.zeros(2)))
    Meaning(role='imaginary', factor=-1000.0, is_unit_assumed=False)
    """
    role, sign = _role_and_sign(column.name)
    if not role:
        return None
    unit = column.unit.strip()
    factor = _factor_of_unit(role, unit)
    if factor is None and role == "frequency" and unit in ("rad/s", "rad s-1", "1/s"):
        role, factor = "angular_frequency", 1.0
    if factor is None:
        return f"column {quoted(column.name)} is in {quoted(unit)}"
    return Meaning(role=role, factor=sign * factor, is_unit_assumed=not unit)


def _factor_of_unit(role: str, unit: str) -> float | None:
    if not unit:
        return 1.0
    wanted = _UNIT_OF_ROLE[role]
    if wanted == "deg":
        if unit in _DEGREES:
            return 1.0
        # radians to degrees
        return 57.29577951308232 if unit.lower() in _RADIANS else None
    if wanted == "rad/s":
        return 1.0 if unit in ("rad/s", "rad s-1", "1/s") else None
    match = {"Hz": _HERTZ, "ohm": _OHM, "S": _SIEMENS}[wanted].match(unit)
    return None if match is None else _PREFIX[match["prefix"]]
