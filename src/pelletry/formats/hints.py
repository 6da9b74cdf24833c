"""Conditions that names and headers suggest: temperature, current density, atmosphere, pressure, date, sample.

A hint is never a measurement: it carries the piece of text it was read from and where that stood, and a person confirms it in
the study. The same letters mean many things, so the rules refuse more than they take:

* ``s04147-140deg`` is +140 °C (the hyphen joins words), ``IonBlocking_-25C`` is -25 °C (nothing to join before the hyphen).
* A bare ``C`` above 0 and below 20 is a charging rate (``10C``, ``0.5C``), not a temperature; ``0C`` can be no rate; ``C05`` is a channel, ``Circuit1`` a name.
* A bare ``K`` counts between 100 and 2000: ``10K`` is a heating rate, a resistance or a file number. Small ``k`` is kilo.
* A temperature beside "sint", "fired", "calcined", "annealed" is a treatment. Two different temperatures in one name: no hint.
* ``02.12.2015`` is February in one laboratory and December in the next: both readings are given.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Mapping
from pathlib import PurePosixPath

from pelletry.core.record import Hint

__all__ = ["ZERO_CELSIUS_K", "hints_from_header", "hints_from_name", "sample_of_name", "temperatures_in"]

ZERO_CELSIUS_K = 273.15

_NUMBER = r"(?P<number>(?<![\d.,])\d{1,4}(?:[.,p]\d{1,3})?)"
_TEMPERATURE = re.compile(
    rf"(?P<sign>(?:(?<![A-Za-z0-9)])[-−+]|\bminus[ _]?|\bneg[ _]?)?){_NUMBER}[ _]?"
    r"(?P<unit>°\s?C|º\s?C|℃|deg(?:rees?)?[ _]?C(?![a-z])|deg(?:rees?)?(?![A-Za-z])|grad(?![A-Za-z])|C(?![A-Za-z0-9'])|K(?![A-Za-z0-9'/]))"
)
_BARE = re.compile(
    r"(?<![A-Za-z0-9])(?:T|Temp|temp|temperature|Temperature)\s?[=_ :]\s?(?P<number>[-−+]?\d{1,4}(?:[.,]\d{1,2})?)(?![\d.,]*\s?[A-Za-z°%/])"
)
_TREATED = re.compile(
    r"(?:sint|calc|fire|firing|anneal|dwell|hot.?press|SPS|FAST|synth|melt|quench)[A-Za-z]*[ _\-=@]*$", re.IGNORECASE
)
_TREATED_AFTER = re.compile(
    r"^[ _\-]*(?:\d+(?:[.,p]\d+)?[ _]?(?:h|hr|hrs|min)(?![A-Za-z])|sint|calc|anneal)", re.IGNORECASE
)
_ANGLE = re.compile(r"theta|omega|2th|phi|step|scan|tilt", re.IGNORECASE)
_CURRENT = re.compile(
    r"(?<![A-Za-z0-9.,])(?P<number>\d+(?:[.,p]\d+)?)[ _]?(?P<unit>mA|uA|µA|μA|A)[ _]?(?:/|per|p)?[ _]?(?:cm)(?:\^?-?2|²|-2)(?![0-9])"
)
_PRESSURE = re.compile(r"(?<![A-Za-z0-9.,])(?P<number>\d+(?:[.,p]\d+)?)[ _]?(?P<unit>MPa|GPa|kPa|bar)(?![A-Za-z])")
_PER_M2 = {"A": 1e4, "mA": 10.0, "uA": 1e-2, "µA": 1e-2, "μA": 1e-2}
_PASCAL = {"MPa": 1e6, "GPa": 1e9, "kPa": 1e3, "bar": 1e5}
_GASES = {
    "Ar": "argon", "argon": "argon", "Argon": "argon", "N2": "nitrogen", "nitrogen": "nitrogen", "O2": "oxygen", "oxygen": "oxygen",
    "air": "air", "Air": "air", "AIR": "air", "vacuum": "vacuum", "Vacuum": "vacuum", "vac": "vacuum", "CO2": "carbon dioxide",
    "dryair": "dry air", "H2": "hydrogen", "He": "helium", "ArH2": "argon with hydrogen",
}  # fmt: skip
_DATES = (
    re.compile(r"(?<!\d)(?P<y>(?:19|20)\d\d)[-_.](?P<m>\d\d?)[-_.](?P<d>\d\d?)(?!\d)"),
    re.compile(r"(?<!\d)(?P<y>20\d\d)(?P<m>0[1-9]|1[0-2])(?P<d>0[1-9]|[12]\d|3[01])(?!\d)"),
    re.compile(r"(?<!\d)(?P<a>\d\d?)[./-](?P<b>\d\d?)[./-](?P<y>(?:19|20)\d\d)(?!\d)"),
)
_NOISE = re.compile(
    r"(?<![A-Za-z0-9])(?:[GSP]?EIS\d?|PEIS|GEIS|EIS|IS|impedance|imp|spectr(?:um|a)|data|raw|meas(?:urement)?|run\d*|loop\d*|CA\d\d?|"
    r"C\d\d|ch\d+|#\d+|cycle\d*|TSeq\d+|Zview|export|copy|up|down|heating|cooling|T|\d{1,2})(?![A-Za-z0-9])",
    re.IGNORECASE,
)


def _float(text: str) -> float:
    return float(text.replace("−", "-").replace(",", ".").replace("p", "."))


def temperatures_in(text: str) -> list[tuple[float, str, bool]]:
    """Temperatures in a text as (kelvin, the words, whether it is a treatment such as sintering), in reading order."""
    found: list[tuple[float, str, bool]] = []
    for match in _TEMPERATURE.finditer(text):
        start = match.start("number")
        before = text[:start]
        if not match["sign"] and before[-1:].isalpha() and before[-1] != "T" and not _TREATED.search(before):
            continue  # digits that belong to a word, such as x140C
        if match["unit"].startswith(("deg", "grad")) and _ANGLE.search(text):
            continue
        value = _float(match["number"]) * (-1.0 if match["sign"].strip("_ +") else 1.0)
        unit = match["unit"]
        if unit == "K":
            kelvin = value
            if not 100.0 <= value <= 2000.0:
                continue
        else:
            kelvin = value + ZERO_CELSIUS_K
            if unit == "C" and 0 < value < 20:
                continue
        if not 1.0 <= kelvin <= 2300.0:
            continue
        treated = bool(_TREATED.search(text[: match.start()]) or _TREATED_AFTER.match(text[match.end() :]))
        found.append((kelvin, match[0].strip(" _"), treated))
    if not found:
        for match in _BARE.finditer(text):
            value = _float(match["number"])
            if -150.0 <= value < 200.0:
                found.append((value + ZERO_CELSIUS_K, f"{match[0]} (no unit, taken as °C)", False))
    return found


def _temperature_hints(text: str, source: str) -> list[Hint]:
    found = temperatures_in(text)
    hints: list[Hint] = []
    for name, wanted in (("temperature", False), ("treatment_temperature", True)):
        of_kind = [(round(kelvin, 4), words) for kelvin, words, treated in found if treated is wanted]
        if len({kelvin for kelvin, _ in of_kind}) == 1:
            hints.append(Hint(name=name, value=of_kind[0][0], unit="K", source=source, text=of_kind[0][1]))
    return hints


def _amount_hints(text: str, source: str) -> list[Hint]:
    hints: list[Hint] = []
    for name, pattern, factors, unit in (
        ("current_density", _CURRENT, _PER_M2, "A/m2"),
        ("pressure", _PRESSURE, _PASCAL, "Pa"),
    ):
        match = pattern.search(text)
        if match:
            value = _float(match["number"]) * factors[match["unit"]]
            hints.append(Hint(name=name, value=value, unit=unit, source=source, text=match[0]))
    return hints


def _gas_hints(text: str, source: str) -> list[Hint]:
    for token in re.split(r"[^A-Za-z0-9]+", text):
        if token in _GASES:
            return [Hint(name="atmosphere", value=_GASES[token], unit="", source=source, text=token)]
    return []


def _date_hints(text: str, source: str) -> list[Hint]:
    for pattern in _DATES:
        match = pattern.search(text)
        if not match:
            continue
        parts = match.groupdict()
        if "m" in parts:
            readings = [(int(parts["m"]), int(parts["d"]))]
        else:
            a, b = int(parts["a"]), int(parts["b"])
            readings = [(month, day) for month, day in ((b, a), (a, b)) if 1 <= month <= 12 and 1 <= day <= 31]
        dates = sorted({f"{parts['y']}-{m:02d}-{d:02d}" for m, d in readings if 1 <= m <= 12 and 1 <= d <= 31})
        if dates:
            return [Hint(name="date", value=" or ".join(dates), unit="", source=source, text=match[0])]
    return []


def sample_of_name(stem: str) -> str:
    """A file name without conditions, channel, technique, dates and numbers: what is left names the sample."""
    text = stem
    for pattern in (_TEMPERATURE, _BARE, _CURRENT, _PRESSURE, *_DATES):
        text = pattern.sub(" ", text)
    text = _NOISE.sub(" ", text.replace("_", " ").replace("-", " - "))
    words = [word for word in re.split(r"\s+", text) if word.strip("-.,()+")]
    return re.sub(r"\s*-\s*", "-", " ".join(words)).strip(" -_.,") or stem


@functools.lru_cache(maxsize=256)
def hints_from_name(shown: str) -> tuple[Hint, ...]:
    """Hints of a path: the file name first, then up to three folders, the nearest first."""
    path = PurePosixPath(shown)
    stem = path.name
    for suffix in reversed(path.suffixes[-2:]):
        if re.fullmatch(r"\.[A-Za-z][A-Za-z0-9]{0,8}", suffix):
            stem = stem.removesuffix(suffix)
    hints = _all_hints(stem, "file name")
    for folder in list(reversed(path.parts[:-1]))[:3]:
        names = {hint.name for hint in hints}
        hints.extend(hint for hint in _of_folder(folder) if hint.name not in names)
    hints.append(Hint(name="sample", value=sample_of_name(stem), unit="", source="file name", text=stem))
    return tuple(hints)


@functools.lru_cache(maxsize=256)
def _of_folder(name: str) -> tuple[Hint, ...]:
    return tuple(_all_hints(name, "folder name"))


def _all_hints(text: str, source: str) -> list[Hint]:
    return [
        *_temperature_hints(text, source),
        *_amount_hints(text, source),
        *_gas_hints(text, source),
        *_date_hints(text, source),
    ]


_TEMPERATURE_KEY = re.compile(
    r"(?:sample |cell |set ?point )?temp(?:erature|eratur)?\.?\b|T(?= ?[\[(]|$)", re.IGNORECASE
)
_NOT_MEASUREMENT = re.compile(
    r"sensor|limit|ambient|fuse|thermo|coeff|control|cooling|room|unit|source|offset|program", re.IGNORECASE
)


def hints_from_header(header: Mapping[str, str]) -> tuple[Hint, ...]:
    """Hints of a header of keys and texts: entries that are called a temperature and give one with its unit."""
    from pelletry.formats.columns import split_head, temperature_unit

    hints: list[Hint] = []
    for key, text in header.items():
        name, unit = split_head(key)
        if not _TEMPERATURE_KEY.match(name) or _NOT_MEASUREMENT.search(name):
            continue
        match = re.match(r"\s*([-−+]?\d+(?:[.,]\d+)?)\s*(\S*)", text)
        spelled = temperature_unit(unit or (match[2] if match else ""))
        if not match or not spelled:
            continue
        kelvin = _float(match[1]) + (0.0 if spelled == "K" else ZERO_CELSIUS_K)
        if 1.0 <= kelvin <= 2300.0:
            piece = f"{key}: {text}"[:80]
            hints.append(Hint(name="temperature", value=round(kelvin, 4), unit="K", source="header", text=piece))
    return tuple(hints[:1])
