"""What the head of a column of a powder pattern means, in the languages and spellings that are seen.

Angles: ``2Theta``, ``2-Theta``, ``Two Theta``, ``2th_deg``, ``tth``, ``2θ (°)``, ``Pos. [°2Th.]``, ``Ángulo 2θ``, ``2Thêta``, ``2θ(度)``; ``Angle`` and ``x`` alone are weak.
Intensities: ``Intensity``, ``Counts``, ``cps``, ``PSD``, ``Iobs``, ``Yobs``, ``Intensität``, ``Intensité (coups)``, ``Intensidad``, ``强度``, ``強度``. Other axes: ``Q (1/Å)``,
``q_nm^-1``, ``d (Å)``.
"""

from __future__ import annotations

import re
import unicodedata

import numpy as np

from pelletry.core.arrays import Array

__all__ = ["axis_of", "intensity_unit", "is_esd", "is_intensity", "is_scan_axis", "is_side_column", "is_weak_angle"]

_THETA = str.maketrans(
    {"θ": "theta", "ϑ": "theta", "Θ": "theta", "ϴ": "theta", "ɵ": "theta", "Ɵ": "theta", "ө": "theta"}
)
_ANGLE = re.compile(
    r"(?:pos(?:ition)?|angle|angulo|winkel|degrees?|deg|°|衍射角|角度)*(?:2theta|twotheta|2teta|2th|tth|ttheta)(?:theta|omega|deg(?:rees?)?|grad|grd|angle|scale|gonio)*"
    r"(?:°|度|deg|o)*"
)
_WEAK = re.compile(r"(?:angle|angulo|angolo|winkel|pos(?:ition)?|x|角度|衍射角)(?:deg(?:rees?)?|°|度)*")
_Q = re.compile(r"q(?:space|vector)?(?:\(?(?:1|inverse)?(?:å|a|angstroms?|nm)(?:\^?-?1)?\)?)?|scatteringvector.*")
_D = re.compile(r"d(?:spacing|value|hkl)?\(?(?:å|a|angstroms?|nm)\)?|dspacing")
_INTENSITY = re.compile(
    r"(?:i|y|int|iobs|yobs|yo|obs|observed|counts?|cts|cps|countrate|countspersecond|countspers|countss|psd|detector|zahler|zahlrate|impulse|imp|ereignisse|coups|"
    r"cuentas|conteggi|contagens|强度|強度|计数|計数|カウント|интенсивность|имп|(?:rel(?:ative)?|norm(?:ali[sz]ed)?|xrd|raw)?intens\w*)(?:raw|au|arbunits?|cts|counts?|cps|coups|ua|obs|1|计数|計数)*"
)
_COUNTS = frozenset(
    [
        "counts",
        "count",
        "cts",
        "zahler",
        "impulse",
        "imp",
        "ereignisse",
        "coups",
        "cuentas",
        "conteggi",
        "contagens",
        "计数",
        "計数",
        "カウント",
    ]
)
_RATES = frozenset(["cps", "countss", "countssec", "ctss", "cs", "impulses", "zahlers", "coupss"])
_ARBITRARY = frozenset(
    [
        "au",
        "arbunits",
        "arbunit",
        "arbitraryunits",
        "ua",
        "unidadesarbitrarias",
        "uniteesarbitraires",
        "willkeinh",
        "we",
        "отнед",
        "任意单位",
        "任意単位",
    ]
)
_ESD = re.compile(r"(?:esd|su|sigma|error|err|std|stdev|sd|uncertainty|e|sigi|sigmai|sigy|fehler)")
_SIDE = re.compile(
    r"(?:i|y)?(?:calc\w*|cal|c|bkg\w*|back\w*|bg)|diff\w*|yobsycal\w*|obscalc\w*|residual\w*|weights?|w|q\w{0,5}|d|dspacing|h|k|l|hkl|posr|timeperstep|time|index|no|nr|"
    r"step|points?|theta\w*|omega\w*|monitor|energy|wavelength|mult\w*|fwhm|phase"
)
_FEWEST, _SMALLEST_SPAN = 20, 0.3
_LOWEST, _HIGHEST = -180.0, 360.0


def _folded(head: str) -> str:
    """Small letters without accents, brackets and marks; Greek theta spelled out."""
    text = unicodedata.normalize("NFKD", head.translate(_THETA)).translate(_THETA).lower()
    text = "".join(c for c in text if not unicodedata.combining(c) or c == "\u030a")
    return re.sub(r"[\s_\-*./\[\](){}\"']", "", unicodedata.normalize("NFC", text))


def axis_of(head: str) -> str:
    """``"2Theta"``, ``"Q"``, ``"d"`` or empty."""
    raw = head.strip().strip('"').strip()
    if len(raw) > 60:
        return ""
    plain = _folded(raw)
    if _ANGLE.fullmatch(plain):
        return "2Theta"
    if (_Q.fullmatch(plain) and len(plain) > 1) or raw in ("Q", "q"):
        return "Q"
    return "d" if _D.fullmatch(plain) else ""


def is_weak_angle(head: str) -> bool:
    """``Angle``, ``Pos``, ``x``: an angle only beside other evidence."""
    return _WEAK.fullmatch(_folded(head)) is not None


def is_intensity(name: str) -> bool:
    """Whether a head (or its name without the unit) is that of a measured intensity."""
    plain = _folded(name)
    return _INTENSITY.fullmatch(plain) is not None


def intensity_unit(head: str, unit: str) -> str:
    """``counts``, ``counts/s`` or ``a.u.`` for their many spellings, else the unit as it is."""
    plain = _folded(unit) or next((_folded(group) for group in re.findall(r"[(\[](.*?)[)\]]", head)), "")
    if plain in _COUNTS:
        return "counts"
    if plain in _RATES:
        return "counts/s"
    return "a.u." if plain in _ARBITRARY else unit


def is_esd(name: str) -> bool:
    """Whether a column calls itself the uncertainty of the intensity."""
    return _ESD.fullmatch(_folded(name)) is not None


def is_side_column(name: str) -> bool:
    """Calculated curves, backgrounds, weights, indices: never a pattern of their own."""
    return not name.strip() or is_esd(name) or _SIDE.fullmatch(_folded(name).lstrip("#")) is not None


def is_scan_axis(x: Array) -> bool:
    """Angles that rise, most of them in equal steps to the last place printed; a list of reflections does not."""
    if x.size < _FEWEST or not np.all(np.isfinite(x)):
        return False
    steps = np.diff(x)
    middle = float(np.median(steps))
    if not (1e-4 <= middle <= 5.0 and _LOWEST <= x[0] < x[-1] <= _HIGHEST and x[-1] - x[0] >= _SMALLEST_SPAN):
        return False
    if np.any(steps <= 0):
        return False
    near = np.abs(steps - middle) <= max(0.05 * middle, 1.05 * _printed_to(x))
    return bool(np.all(near) or (np.mean(near) >= 0.5 and x.size >= 200 and steps.max() <= 20.0 * middle))


def _printed_to(x: Array) -> float:
    """The unit of the last decimal place that the numbers show: 0.01, 0.001 or 0.0001."""
    for unit in (1e-2, 1e-3):
        if np.all(np.abs(x / unit - np.round(x / unit)) < 1e-6 / unit * 1e-1):
            return unit
    return 1e-4
