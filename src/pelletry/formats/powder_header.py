"""What the lines above a powder pattern say in free words: wavelength, anode, temperature, tube.

Programs and people write these lines in many ways (``# Wavelength: 4.13000e-11 m``, ``Calibrated wavelength = 0.413906``, ``lambda=  1.49400``,
``Anode=Cu``, ``*HW_XG_TARGET_NAME "Cu"``, ``Temp (K) = 295.00``); they come out under the keys of ``scans.py``. A wavelength without a
unit is in Å, except numbers that are characteristic lines in nm: those are left out and named in a warning. A temperature needs its unit.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

import attrs

from pelletry.formats.scans import temperature_of

__all__ = ["HeaderFacts", "facts_of_entries", "facts_of_lines"]

_NUMBER = r"[-+]?\d*[.,]?\d+(?:[eE][-+]?\d+)?"
_WAVELENGTH = re.compile(
    rf"(?P<key>[\w -]*?(?:wave[ _-]?length|lambda|λ)[\w -]*?)\s*(?P<bracket>[(\[]\s*[^)\]]{{1,12}}[)\]])?\"?\s*[=:,;\t ]\s*\"?\s*(?P<value>{_NUMBER})"
    r"\s*\"?\s*[(\[]?(?P<unit>Å|Å|Angstroms?|A|nm|pm|m)?(?![\w])",
    re.IGNORECASE,
)
_ANODE = re.compile(
    r"(?:anode(?:[ _]material)?|target(?:_name)?|x-?ray[ _](?:tube|target|source)|radiation)\s*[=:,;\t ]+\"?\s*(Cu|Co|Cr|Fe|Mo|Ag|W)\b",
    re.IGNORECASE,
)
_TEMPERATURE = re.compile(
    rf"(?<![A-Za-z_])(?:sample[ _])?T(?:emp(?:erature)?)?(?:\s*[(\[]\s*(?P<before>K|°?C|degC)\s*[)\]]\s*[=:,;\t ]|\s*[=:])\s*(?P<value>{_NUMBER})"
    r"\s*(?P<after>K|°C|degC|C)?(?![\w])",
    re.IGNORECASE,
)
_FULLPROF_TEMPERATURE = re.compile(rf"^\s*TEMP\s+({_NUMBER})\s*$")
_PER_ANGSTROM = {"m": 1e10, "nm": 10.0, "pm": 0.01}
_SHORTEST, _LONGEST = 0.05, 10.0
#: K-alpha lines in nm; read as angstroms they would be high energies of a synchrotron.
_LINES_NM = (0.1540, 0.1541, 0.1542, 0.1544, 0.0709, 0.0710, 0.0711, 0.1789, 0.1790, 0.1936, 0.2290, 0.2291)
_ENTRIES = {
    "anode material": "anode", "k-alpha1 wavelength": "wavelength K-alpha1 (Angstrom)", "k-alpha2 wavelength": "wavelength K-alpha2 (Angstrom)",
    "ratio k-alpha2/k-alpha1": "ratio K-alpha2/K-alpha1", "k-beta wavelength": "wavelength K-beta (Angstrom)", "scan axis": "scan axis",
    "scan type": "scan mode", "step size": "step (deg)", "scan step size": "step (deg)", "time per step": "time per step (s)",
    "scan step time": "time per step (s)", "generator voltage": "tube voltage (kV)", "tube current": "tube current (mA)",
    "goniometer radius": "goniometer radius (mm)", "sample identification": "sample", "anode": "anode",
    "wl1": "wavelength K-alpha1 (Angstrom)", "wl2": "wavelength K-alpha2 (Angstrom)", "wlratio": "ratio K-alpha2/K-alpha1",
    "steptime": "time per step (s)", "stepsize": "step (deg)", "drive": "scan axis",
    "hw_xg_wave_length_alpha1": "wavelength K-alpha1 (Angstrom)", "hw_xg_wave_length_alpha2": "wavelength K-alpha2 (Angstrom)",
    "hw_xg_wave_length_beta": "wavelength K-beta (Angstrom)", "hw_xg_target_name": "anode", "meas_scan_axis_x": "scan axis",
    "meas_scan_mode": "scan mode", "meas_scan_step": "step (deg)", "meas_scan_unit_y": "intensity unit in the header",
}  # fmt: skip
_ENTRY = re.compile(r"\s*[#;'*!/]*\s*\"?([^,;:=\t\"]{2,60}?)\"?\s*(?:[,;:=\t]|\s+(?=\"))\s*\"?(.*?)\"?[\s,;]*$")


@attrs.frozen(kw_only=True)
class HeaderFacts:
    """``header`` under the keys of ``scans.py``; ``temperature_K`` as :attr:`Scan.temperature_K`."""

    header: dict[str, str]
    temperature_K: tuple[float, str, str] | None = None
    warnings: tuple[str, ...] = ()


def facts_of_lines(lines: Iterable[str]) -> HeaderFacts:
    """The entries ``key: value`` of some lines as they are, and what is known of them under the common keys."""
    lines = [line for line in lines if line.strip()][:400]
    entries: dict[str, str] = {}
    for line in lines:
        match = _ENTRY.match(line)
        if match and match[2]:
            entries.setdefault(match[1].strip(), match[2].strip()[:500])
    return facts_of_entries(entries, "\n".join(lines)[:40_000])


def facts_of_entries(entries: Mapping[str, str], text: str) -> HeaderFacts:
    """The same when the entries are at hand; ``text`` is searched for what stands inside sentences."""
    header = dict(entries)
    for key, value in entries.items():
        known = _ENTRIES.get(key.lower())
        if known and value:
            header.setdefault(known, value)
    warnings: list[str] = []
    if not any(key.startswith("wavelength ") and key.endswith("(Angstrom)") for key in header):
        header.update(_wavelengths(text, warnings))
    if "anode" not in header and (anode := _ANODE.search(text)):
        header["anode"] = anode[1].capitalize()
    return HeaderFacts(header=header, temperature_K=_temperature(text), warnings=tuple(warnings))


def _wavelengths(text: str, warnings: list[str]) -> dict[str, str]:
    found: dict[str, str] = {}
    for match in _WAVELENGTH.finditer(text):
        unit = (match["unit"] or (match["bracket"] or "").strip("()[] ")).lower()
        printed = match["value"].replace(",", ".")
        value = float(printed) * _PER_ANGSTROM.get(unit, 1.0)
        if not unit and any(abs(value - line) < 1.5e-4 for line in _LINES_NM):
            warnings.append(
                f"the wavelength {printed} has no unit and is a characteristic line in nm, not in Å: it was not taken; state it"
            )
            continue
        if _SHORTEST <= value <= _LONGEST:
            found.setdefault(_wavelength_key(match["key"]), printed if unit not in _PER_ANGSTROM else f"{value:.10g}")
    return found


def _wavelength_key(words: str) -> str:
    plain = re.sub(r"[\s_-]", "", words.lower())
    for mark, key in (
        ("alpha1", "K-alpha1"),
        ("alpha2", "K-alpha2"),
        ("beta", "K-beta"),
        ("length1", "K-alpha1"),
        ("length2", "K-alpha2"),
        ("lambda1", "K-alpha1"),
        ("lambda2", "K-alpha2"),
    ):
        if mark in plain:
            return f"wavelength {key} (Angstrom)"
    return "wavelength (Angstrom)"


def _temperature(text: str) -> tuple[float, str, str] | None:
    for line in text.split("\n"):
        fullprof = _FULLPROF_TEMPERATURE.match(line)
        if fullprof:
            return temperature_of(float(fullprof[1]), "K", "header", line.strip())
        match = _TEMPERATURE.search(line)
        unit = match and (match["before"] or match["after"])
        if match and unit:
            return temperature_of(float(match["value"].replace(",", ".")), unit, "header", match[0].strip())
    return None
