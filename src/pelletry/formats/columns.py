"""Column heads: the name, the unit behind the file's own separator, and what an impedance column is called in the wild.

Spellings seen: ``freq/Hz``, ``Freq.[Hz]``, ``Frequency (Hz)``, ``f in Hz``, ``Frequency_Hz``, ``|Z|(Ohm)-data``, ``Z' / Ohm``, ``Z"/ohm``, ``Zre (ohms)``,
``-Im(Z)/Ohm``, ``-Z'' (Ω)``, ``Z''(b)`` (ZPlot's letters a and b are no units), ``Zmod``, ``|Z|``, ``Phase(Z)/deg``, ``Theta``,
``neg. Phase / °``. The name keeps the file's words, sign included; :func:`role_of` says what it means.
"""

from __future__ import annotations

import functools
import re

from pelletry.core.cycling_headings import is_of_time, quantity_of
from pelletry.core.impedance_headings import HAS_SPECTRUM, lacks_unit, role_and_sign

__all__ = [
    "ROLES",
    "has_impedance",
    "has_run",
    "is_line_scan",
    "is_unit",
    "role_of",
    "role_of_column",
    "split_head",
    "technique_of",
    "temperature_unit",
]

_PREFIX = r"(?:[pnuµμmkKMGT]|da|d|c)?"
_BASE = (
    r"(?:Hz|hz|HZ|[Oo]hms?|OHMS?|Ω|Ω|\\?Omega|Ом|Om|欧姆?|Гц|V|A|W|F|H|S|C|s|K|g|m|l|L|Pa|bar|eV|J|N|rad|cps|Vrms|Arms|Volts?|Amps?|"
    r"sec|Sec|[Ss]ec\.|[Ss]econds?|min|[Mm]inutes?|h|hrs?|[Hh]ours?|°C|℃|Cel|deg ?C|degC|degree C|°F|°|º|deg|Deg|DEG|[Dd]egrees?|DEGREES|grad|%|Å|ppm|counts?|a\.?u\.?|arb\. ?units?|Ah|Wh)"
)
_UNIT = re.compile(
    rf"{_PREFIX}{_BASE}(?:[\^*·. /]*(?:-?\d|[²³⁻¹]+|\*\*-?\d|{_PREFIX}{_BASE}))*(?: ?vs\.? ?\w+\.?)?|1/{_PREFIX}{_BASE}|#|"
    r"[A-Za-zµμΩ]{1,5}/[A-Za-zµμΩ]{1,4}(?:\^?-?\d|²)?|V vs\. ?Ref\.?|bits|[kMmGµu]?[?\ufffd]",
)
_NOT_UNITS = frozenset({"a", "b", "Z", "Y", "z", "re", "im", "real", "imag", "abs", "mod"})
_BRACKETS = re.compile(r"^(?P<name>.*?\S)\s*[\[{](?P<unit>[^\[\]{}]*)[\]}]\s*$")
_PARENTHESES = re.compile(r"^(?P<name>.*?\S)\s*\((?P<unit>[^()]*)\)\s*$")
_SLASH = re.compile(r"^(?P<name>.*?\S)\s*/\s*(?P<unit>[^/]+(?:/[^/]+)?)$")
_WORDY = re.compile(r"^(?P<name>.*\S)(?:\s*,\s*|\s+in\s+|_+)(?P<unit>\S[^,]*)$")
_TRAILING_BLANK = re.compile(r"^(?P<name>.*\S)\s+(?P<unit>\S+)$")

_QUOTIENT = re.compile(r"[dΔ]?([LlMm])\s*/\s*\1[o0]$")  # a share, whose L0 is no unit
_LOGARITHM = re.compile(r"\W*(?:log(?:_?10)?|lg|ln)\b", re.IGNORECASE)
_TRACE = re.compile(r"(?<=[)\]])[- ]data$", re.IGNORECASE)  # Keysight's analysers: ``|Z|(Ohm)-data``

_WEAK = (_WORDY, _TRAILING_BLANK)  # separators that also stand inside names: the unit behind them must be a plain one


@functools.lru_cache(maxsize=4096)
def is_unit(text: str) -> bool:
    """Whether a text is a unit such as ``Ohm``, ``µA``, ``mA/cm^2`` or ``°C``."""
    text = text.strip()
    return bool(text) and len(text) <= 24 and text not in _NOT_UNITS and _UNIT.fullmatch(text) is not None


@functools.lru_cache(maxsize=4096)
def split_head(head: str) -> tuple[str, str]:
    """Name and unit of a column head; the unit is empty when the head has none.

    >>> split_head("Zs''[ohm]"), split_head("-Im(Z)/Ohm"), split_head("Re(Z)"), split_head("Z' (Ω)")
    (("Zs''", 'ohm'), ('-Im(Z)', 'Ohm'), ('Re(Z)', ''), ("Z'", 'Ω'))
    """
    head = head.strip()
    if head.startswith('"'):  # a mark at the end alone is the second stroke of Z"
        head = head.strip('"').strip()
    if not head or len(head) > 200:
        return head[:200], ""
    if _LOGARITHM.match(head) or _QUOTIENT.match(head):
        return head, ""  # its unit is that of the number below the logarithm
    head = _TRACE.sub("", head)
    match = _BRACKETS.match(head)
    if match and not is_unit(head) and (head[-1] == "]" or is_unit(match["unit"])):
        return match["name"].rstrip("/ "), match["unit"].strip()
    for pattern in (_PARENTHESES, _SLASH, _WORDY, _TRAILING_BLANK):
        match = pattern.match(head)
        if (
            match
            and is_unit(match["unit"].strip("$ "))
            and (pattern not in _WEAK or re.fullmatch(r"[^\d#]+", match["unit"]))
        ):
            return match["name"].rstrip("/ ").strip() or match["name"], match["unit"].strip("$ ")
    return head, ""


#: What a column means for a spectrum.
ROLES = (
    "frequency",
    "angular_frequency",
    "real",
    "imaginary",
    "modulus",
    "phase",
    "admittance_real",
    "admittance_imaginary",
    "parallel_real",
    "parallel_imaginary",
    "parallel_capacitance",
    "parallel_resistance",
    "series_capacitance",
    "dissipation",
    "temperature",
    "time",
)

_WORDS: tuple[tuple[str, str], ...] = (
    (
        "temperature",
        r"(?:temp(?:erature)?\.?(?:set|act(?:ual)?|sample|meas(?:ured)?|setpoint)?|t(?:emp)?(?:k|c|°c)|sampletemp(?:erature)?|temperatur|tsample|"
        r"t(?:cell|chamber|oven)|(?:cell|chamber|oven)temp(?:erature)?|温度|температура|température)",
    ),
    ("time", r"(?:time|elapsedtime|t|zeit|timesec|时间|temps)"),
)
_PATTERNS = tuple((role, re.compile(rf"(?:{words})\Z")) for role, words in _WORDS)


@functools.lru_cache(maxsize=4096)
def role_of(name: str) -> tuple[str, int]:
    """The role of a column, and -1 when the column holds its negative (``-Z''``, ``neg. Phase``), else +1; ("", 1) if unknown.

    >>> role_of("-Im(Z)"), role_of("Zs''"), role_of("Freq."), role_of("Ewe")
    (('imaginary', -1), ('imaginary', 1), ('frequency', 1), ('', 1))
    """
    role, sign = role_and_sign(name)
    if role:
        return role, sign
    text = re.sub(r"[\s._\-()\[\]]", "", name.lower())
    return next((role for role, pattern in _PATTERNS if pattern.match(text)), ""), 1


def role_of_column(name: str, unit: str) -> tuple[str, int]:
    """The role by name and unit: ``T`` is a temperature when its unit is one, a frequency in rad/s is an angular one, R needs ohms."""
    role, sign = role_of(name)
    if name.strip() in ("T", "t") and temperature_unit(unit):
        return "temperature", 1
    if role == "frequency" and "rad" in unit.lower():
        return "angular_frequency", 1
    if lacks_unit(name, unit):
        return "", 1
    return role, sign


def temperature_unit(unit: str) -> str:
    """``"K"`` or ``"°C"`` for a unit of temperature in any spelling, empty for any other unit."""
    plain = re.sub(r"[\s.]", "", unit).lower()
    if plain in ("k", "kelvin"):
        return "K"
    return (
        "°C"
        if plain in ("°c", "℃", "degc", "deg", "c", "degreec", "degreesc", "celsius", "cel", "ºc", "oc", "grdc")
        else ""
    )


_TECHNIQUES = (
    ("diffraction", re.compile(r"2\s?-?theta|two\s?theta|2θ|°2th", re.IGNORECASE)),
    ("xps", re.compile(r"\bbinding energy\b|^B\.?E\.?$|^K\.E\.$", re.IGNORECASE)),
)
_VOLTAGE = re.compile(r"volt|^e$|ewe|ecell|potential|^u$", re.IGNORECASE)
_CURRENT = re.compile(r"curr|^<?i>?$", re.IGNORECASE)
_CYCLE = re.compile(r"cycle|step|capacity|charge", re.IGNORECASE)


def technique_of(heads: tuple[tuple[str, str], ...]) -> str:
    """The technique that (name, unit) pairs of columns tell, empty when they do not.

    >>> technique_of((("Freq", "Hz"), ("Zreal", ""), ("Zimag", ""))), technique_of((("2Theta", "deg"), ("Intensity", "")))
    ('impedance', 'diffraction')
    """
    if has_impedance({role_of_column(name, unit)[0] for name, unit in heads}):
        return "impedance"
    names = [name for name, _ in heads]
    for technique, pattern in _TECHNIQUES:
        if any(pattern.search(name) for name in names):
            return technique
    if is_line_scan(heads):
        return "edx"
    found = [any(pattern.search(name) for name in names) for pattern in (_VOLTAGE, _CURRENT, _CYCLE)]
    return "cycling" if all(found) else ""


_VOLTS = frozenset({"v", "mv", "volt", "volts"})
_AMPERES = frozenset({"a", "ma", "µa", "μa", "ua", "na", "amp", "amps"})


def has_run(heads: tuple[tuple[str, str], ...]) -> tuple[int, int, int] | None:
    """The places of time, voltage and current of a table of time, voltage and current, each with its unit; None when it is no such table.

    >>> has_run((("t", "s"), ("E", "V"), ("I", "mA"))), has_run((("Time", ""), ("Voltage", "V"), ("Current", "A")))
    ((0, 1, 2), None)
    """
    found: dict[str, int] = {}
    for i, (name, unit) in enumerate(heads):
        quantity, plain = quantity_of(name, unit), unit.strip().lower()
        fits = {"time": is_of_time(unit), "voltage": plain in _VOLTS, "current": plain in _AMPERES}
        if fits.get(quantity):
            found.setdefault(quantity, i)
    return (found["time"], found["voltage"], found["current"]) if len(found) == 3 else None


_DISTANCE = re.compile(r"(?:distance|position|abstand|strecke|x|y)\b", re.IGNORECASE)
_LENGTH_UNIT = re.compile(r"(?:n|µ|μ|u|m)?m|microns?|Å")
_ELEMENT_LINE = re.compile(
    r"(?:C|N|O|F|Na|Mg|Al|Si|P|S|Cl|K|Ca|Sc|Ti|V|Cr|Mn|Fe|Co|Ni|Cu|Zn|Ga|Ge|Sr|Y|Zr|Nb|Mo|Ag|In|Sn|Ba|La|Hf|Ta|W|Pt|Au|Bi)"
    r"(?:[ _-]?[KLM](?:[ _-]?(?:series|lines?|[abαβ]\d?))?)?"
)


def is_line_scan(heads: tuple[tuple[str, str], ...]) -> bool:
    """Whether all columns are distances with a unit of length and elements: a line scan or map of EDX.

    One name must be more than a single letter, since ``V`` and ``C`` are voltages and capacities more often than elements;
    ``Ti K`` was split into name and unit by then.

    >>> is_line_scan((("Distance", "µm"), ("Ti", "K"), ("O", ""))), is_line_scan((("Position", "mm"), ("V", "")))
    (True, False)
    """
    places = [name for name, unit in heads if _DISTANCE.match(name) and _LENGTH_UNIT.fullmatch(unit.strip())]
    elements = [name for name, _ in heads if name not in places and _ELEMENT_LINE.fullmatch(name.strip())]
    is_plain = all(len(name.strip()) == 1 for name in elements)
    return bool(places) and bool(elements) and not is_plain and len(places) + len(elements) == len(heads)


def has_impedance(roles: set[str]) -> bool:
    """Whether columns of these roles hold a spectrum."""
    return bool(roles & {"frequency", "angular_frequency"}) and any(set(pair) <= roles for pair in HAS_SPECTRUM)
