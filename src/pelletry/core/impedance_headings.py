"""What a column of an impedance table is called in the wild, and whether it holds the negative of what it names.

Reading a file (is this a spectrum?) and analysing it (which column is Z''?) must not disagree about a heading, so that both ask here.

Languages and habits seen: ``freq``, ``Frequency``, ``f``, ``Frequenz``, ``Fréquence``, ``频率``; ``Re(Z)``, ``Z'``, ``Zs'``, ``Z_real``, ``Re{Z}``, ``Realteil``,
``Partie réelle``, ``阻抗实部``, ``R``; ``-Im(Z)``, ``Z"``, ``neg_Z_imag``, ``minus Z''``, ``(-)Z''``, ``Z''(-)``, ``-1*Z''``, ``X``; ``|Z|``, ``Zmod``, ``Impedance Magnitude``,
``Betrag``, ``阻抗模值``; ``Phase(Z)``, ``-Phase``, ``theta-z``, ``相位角``; admittances ``Re(Y)``, ``Y'``. ``$Z'$`` and ``-Z''`` of a typeset heading are the same.

LCR meters: ``Cp``, ``Rp``, ``G``, ``B``, ``Cs``, ``Rs``, ``D``, ``tan δ``, each only with its unit (``D`` and ``tan δ`` with none).

Left alone: logarithms (``log(freq)``), the impedance of one electrode (``Re(Zce)``), products such as ``Z' x10^4``. Parallel quantities (``Zp'``) have roles
of their own, so that they are named in a refusal and never taken for the series ones.
"""

from __future__ import annotations

import functools
import re

__all__ = ["HAS_SPECTRUM", "lacks_unit", "role_and_sign"]

_FREQUENCY = """f fr freq freqs frequency frequencies frequenz frequence fréquence frecuencia frequência frequencia frequenza 频率 頻率 周波数
    частота fset fmeas freqset freqmeas frequencyset hz freqhz frequencyhz measfreq measuredfrequency setfrequency"""
_ANGULAR = "omega ω w angularfrequency angularfreq angfreq radialfrequency kreisfrequenz 角频率"
_REAL = """re real realpart realteil reell partieréelle partereal partereale réel 实部 実部 實部 действительнаячасть"""
_IMAGINARY = """im imag imaginary img imagpart imaginarypart imaginärteil imaginaerteil imaginär partieimaginaire parteimaginaria
    parteimaginária parteimmaginaria imaginaire 虚部 虛部 мнимаячасть"""
_MODULUS = """mod modulus abs absolute mag magn magnitude amplitude betrag module módulo modulo absolutevalue absolut 模 模值 模量 幅值 绝对值"""
_PHASE = """phase phi φ ϕ θ theta angle phaseangle arg phas phasenwinkel 相位 相位角 相角 位相 位相角 phaseshift ang winkel"""
#: Words that name too much to stand alone: the amplitude of the signal, the arm of a module.
_NOT_ALONE = frozenset(
    ("amplitude", "abs", "absolute", "absolutevalue", "absolut", "module", "módulo", "modulo", "ang", "winkel")
)
#: What the quantity itself is called, in front of these words or behind them.
_IMPEDANCE = (
    "z",
    "zs",
    "impedance",
    "impedances",
    "impedanz",
    "impédance",
    "impedancia",
    "阻抗",
    "インピーダンス",
    "ofz",
    "ofimpedance",
)
_ADMITTANCE = ("y", "ys", "admittance", "admittanz", "导纳")
_WORDS_OF_ROLE = {
    "real": "z' zs' |z'| zr zprime zdash z'a z1 zre zreal zreel",
    "imaginary": "z'' zs'' zi zdoubleprime zdprime zprimeprime zdoubledash z''b z2 zbis",
    "modulus": "|z| |zs| z zs zmod modz magz impedance impedanz impédance impedancia 阻抗 インピーダンス",
    "phase": "zphz phz deg thetaz θz phiz φz phasez zphase zphi ztheta argz zarg 阻抗相位",
    "admittance_real": "y' ys'",
    "admittance_imaginary": "y'' ys''",
    "parallel_real": "zp' zpre zpreal",
    "parallel_imaginary": "zp'' zpim zpimag",
}  # fmt: skip
#: Names too short or too general without their unit: (role, what the unit must be one of).
_NEEDS_UNIT = {
    **{name: ("real", "ohm") for name in ("r", "rs", "esr", "rz", "resistance", "seriesresistance", "电阻")},
    **{name: ("imaginary", "ohm") for name in ("x", "xs", "xz", "reactance", "seriesreactance", "电抗")},
    **{name: ("parallel_resistance", "ohm") for name in ("rp", "parallelresistance")},
    **{name: ("admittance_real", "siemens") for name in ("g", "gp", "conductance", "电导")},
    **{name: ("admittance_imaginary", "siemens") for name in ("b", "bp", "susceptance", "电纳")},
    **{name: ("parallel_capacitance", "farad") for name in ("cp", "parallelcapacitance")},
    **{name: ("series_capacitance", "farad") for name in ("cs", "seriescapacitance")},
    **{name: ("dissipation", "") for name in ("d", "tanδ", "tanδelta", "tandelta", "tand", "losstangent", "lossfactor", "dissipation", "dissipationfactor")},
}  # fmt: skip
_UNITS = {
    "ohm": re.compile(r"[mkKMG]?\s?(?:[oO]hms?|OHMS?|Ω|Ω|\\?[oO]mega|Ом|Om|欧姆?)"),
    "siemens": re.compile(r"[nuµμmkM]?(?:S|[oO]hm-1|1/[oO]hm|Ω-1)"),
    "farad": re.compile(r"[pnuµμm]?F"),
    "": re.compile(r"1?|-"),
}

#: Pairs of roles of which one, beside a frequency, makes a spectrum, best first (the last one can only be refused by its name).
HAS_SPECTRUM = (
    ("real", "imaginary"),
    ("modulus", "phase"),
    ("admittance_real", "admittance_imaginary"),
    ("parallel_capacitance", "parallel_resistance"),
    ("parallel_capacitance", "admittance_real"),
    ("parallel_capacitance", "dissipation"),
    ("series_capacitance", "real"),
    ("series_capacitance", "dissipation"),
    ("parallel_real", "parallel_imaginary"),
)


def _names() -> dict[str, str]:
    names = dict.fromkeys(_FREQUENCY.split(), "frequency") | dict.fromkeys(_ANGULAR.split(), "angular_frequency")
    parts = (("real", _REAL), ("imaginary", _IMAGINARY), ("modulus", _MODULUS), ("phase", _PHASE))
    for role, words in parts:
        for word in words.split():
            if word not in _NOT_ALONE:
                names.setdefault(word, role)
            for quantity in _IMPEDANCE:
                names.setdefault(quantity + word, role)
                names.setdefault(word + quantity, role)
            if role in ("real", "imaginary"):
                for quantity in _ADMITTANCE:
                    names.setdefault(quantity + word, f"admittance_{role}")
                    names.setdefault(word + quantity, f"admittance_{role}")
    for role, words in _WORDS_OF_ROLE.items():
        names.update(dict.fromkeys(words.split(), role))
    return names


_ROLE_OF = _names()
_SAME = str.maketrans(
    {"′": "'", "’": "'", "‘": "'", "`": "'", "´": "'", "ʹ": "'", "$": "", "\\": "", "{": "(", "}": ")"}
)
_DOUBLE = re.compile('[″”“„"ʺ]')
_NEGATIVE = re.compile(
    r"^(?:[-−–—‐‑]\s*1\s*[*·×x]\s*|\(\s*[-−–—‐‑]\s*\)|[-−–—‐‑]|neg(?:ative)?(?:[.\s_]+(?:of[\s_]+)?|(?=[zipr(]))|minus[\s_]*)\s*"
)
_NEGATIVE_END = re.compile(r"[\s_]*\(\s*(?:[-−–—]|neg(?:ative)?\.?|minus)\s*\)$")


@functools.lru_cache(maxsize=4096)
def role_and_sign(name: str) -> tuple[str, int]:
    """The role of a heading without its unit, and -1 when it says that its column holds the negative; ("", 1) if unknown.

    >>> role_and_sign("-Im(Z)"), role_and_sign("neg_Z_imag"), role_and_sign("(-)Z''"), role_and_sign("Ewe")
    (('imaginary', -1), ('imaginary', -1), ('imaginary', -1), ('', 1))
    """
    if len(name) > 60:
        return "", 1
    plain, sign = _plain(name)
    role = _ROLE_OF.get(plain) or _NEEDS_UNIT.get(plain, ("", ""))[0]
    return (role, sign) if role else ("", 1)


def lacks_unit(name: str, unit: str) -> bool:
    """Whether a heading such as ``R``, ``Reactance`` or ``Cp`` is part of a spectrum only with a unit, and this is none of those.

    >>> lacks_unit("R", "Ohm"), lacks_unit("R", ""), lacks_unit("Cp", "pF"), lacks_unit("D", ""), lacks_unit("Z'", "")
    (False, True, False, False, False)
    """
    plain = _plain(name)[0]
    return plain in _NEEDS_UNIT and plain not in _ROLE_OF and not _UNITS[_NEEDS_UNIT[plain][1]].fullmatch(unit.strip())


def _plain(name: str) -> tuple[str, int]:
    text = _DOUBLE.sub("''", name.strip().translate(_SAME)).lower()
    sign = 1
    for pattern in (_NEGATIVE, _NEGATIVE_END):
        text, found = pattern.subn("", text, count=1)
        if found:
            sign = -sign
    return re.sub(r"[\s._\-()\[\]^:,]", "", text), sign
