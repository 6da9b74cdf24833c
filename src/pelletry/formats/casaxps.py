"""What CasaXPS leaves in the comments of a VAMAS block: calibrations, regions and components, as one JSON text.

Versions seen: 2.3.22PR1.0, 2.3.25PR1.0, 2.3.26PR1.0, 2.3.27PR1.7 (real files), one public comment of 2.3.15 annotations.

Schema of the JSON text (header key ``casaxps`` of the record; keys without a value are left out or null)::

    {"calibration_shift_eV": 3.6301,         sum of the shifts below, to be ADDED to the binding energies of the data;
                                             null when a calibration is not of the form measured -> actual
     "calibrations": [{"measured_eV": 281.17, "actual_eV": 284.8, "scale": "BE", "mode": "ADD", "text": "..."}],
     "regions": [{"name", "background": "U 3 Tougaard", "start_eV", "end_eV", "start_binding_eV", "end_binding_eV",
                  "rsf", "average_width", "start_offset", "end_offset", "background_parameters": [B, C, D, T0],
                  "tag", "atomic_mass", "uncorrected_rsf"}],
     "components": [{"name", "line_shape": "LF(0.54,10,80,100,6)",
                     "area": {"value", "minimum", "maximum", "tied_to", "factor"},
                     "fwhm": {the same}, "position": {the same with "offset_eV" for "factor", and "binding_eV"},
                     "rsf", "atomic_mass", "index", "tag", "constraint", "uncorrected_rsf"}],
     "other": ["annot comps v2315 ...", "KECalib 10", ...]}

``tied_to`` counts the components of the block from 0, null when the value is free between its limits; then value = factor x that
component's (area, fwhm) or that component's + offset (position). A factor or offset beside a null is a leftover and is left out.
Areas are counts/s x eV. ``fwhm`` is CasaXPS' "MFWHM": of LA and LF lines it is the width of the Lorentzian inside and not the width
of the curve, and ``position`` is not where the curve is highest.

Positions, ``start_eV`` and ``end_eV`` are kinetic energies on the CALIBRATED scale, also in blocks that count binding energies
(``cellulose_fitted_following_briggs.vms``): binding_eV = source energy - position. Where calibration_shift_eV is not 0,
the points of the block lie calibration_shift_eV below that in binding energy. Checked on ``assigned.vms``: its S 2p block has its
maximum at 158.175 eV, a shift of 3.6301 eV, and the main component at 161.758 eV.

Notes on structure: the first line is ``Casa Info Follows``; then four counts, each followed by its lines: processing (``Calib M = a
A = b BE ADD`` and others), annotations (a line and its text, maybe empty), regions, components. Lines are recognised by their
first words; the counts are checked against them and a difference is a warning. ``M = 282.4,283.5`` is a range whose maximum
was taken; its shift is not in the file.

Knowledge from: the real files named above and a public comment with ``KECalib``, ``Sm SG`` and ``InCalib`` lines. ``???``: the fourth
number of annotations, the number after atomic_mass in a region (0 in all).
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from typing import Any

__all__ = ["casaxps_of_comment", "is_casaxps_comment"]

_NUMBER = r"[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?"
_CALIBRATION = re.compile(rf"Calib M = ({_NUMBER}) A = ({_NUMBER}) (\w+) (\w+)")
_REGION = re.compile(r"CASA region \(\*(?P<name>.*?)\*\) \(\*(?P<background>.*?)\*\) (?P<numbers>[^(]*?)(?: ?\(\*(?P<tag>.*?)\*\)(?P<rest>.*))?$")  # fmt: skip
_LIMITED = rf"({_NUMBER}) ({_NUMBER}) ({_NUMBER}) (-?\d+) ({_NUMBER})"
_COMPONENT = re.compile(
    rf"CASA comp \(\*(.*?)\*\) \(\*(.*?)\*\) Area {_LIMITED} MFWHM {_LIMITED} Position {_LIMITED}(.*)$"
)
_MOST_LINES = 10_000
_LONGEST_LINE = 2_000
_LARGEST_SHIFT_EV = 1e5


def is_casaxps_comment(comment: Sequence[str]) -> bool:
    """Whether the lines of a block's comment begin with what CasaXPS writes."""
    return bool(comment) and comment[0].strip().lower().startswith("casa info follows")


def _numbers(text: str) -> list[float]:
    return [value for value in map(float, re.findall(_NUMBER, text)) if math.isfinite(value)]


def _finite(text: str) -> float | None:
    """The number, or None for one beyond all floats: the text must stay plain JSON."""
    value = float(text)
    return value if math.isfinite(value) else None


def _limited(parts: Sequence[str], *, factor_key: str) -> dict[str, Any]:
    value, minimum, maximum = map(_finite, parts[:3])
    tied = int(parts[3])
    entry: dict[str, Any] = {"value": value, "minimum": minimum, "maximum": maximum, "tied_to": None}
    if tied >= 0:
        entry |= {"tied_to": tied, factor_key: _finite(parts[4])}
    return entry


def _keyed(text: str) -> dict[str, Any]:
    """The tail of a component: ``RSF 16.42 MASS 55.8 INDEX 0 (*Fe 2p*) CONST (**) UNCORRECTEDRSF 16.42``."""
    found: dict[str, Any] = {}
    for word, key in (
        ("RSF", "rsf"),
        ("MASS", "atomic_mass"),
        ("INDEX", "index"),
        ("UNCORRECTEDRSF", "uncorrected_rsf"),
    ):
        if match := re.search(rf"(?<!\w){word} ({_NUMBER})", text):
            found[key] = _finite(match[1])
    if match := re.search(r"INDEX \S+ \(\*(.*?)\*\)", text):
        found["tag"] = match[1]
    if match := re.search(r"CONST \(\*(.*?)\*\)", text):
        found["constraint"] = match[1]
    return found


def _region(line: str) -> dict[str, Any] | None:
    match = _REGION.match(line)
    numbers = _numbers(match["numbers"]) if match else []
    if match is None or len(numbers) < 2:
        return None
    region: dict[str, Any] = {"name": match["name"], "background": match["background"]}
    keys = ("start_eV", "end_eV", "rsf", "average_width", "start_offset", "end_offset")
    region |= dict(zip(keys, numbers, strict=False))
    region["background_parameters"] = numbers[len(keys) :]
    if match["tag"] is not None:
        region["tag"] = match["tag"]
        rest = _numbers(match["rest"])
        region |= {key: rest[i] for i, key in ((0, "atomic_mass"), (2, "uncorrected_rsf")) if i < len(rest)}
    return region


def _component(line: str) -> dict[str, Any] | None:
    match = _COMPONENT.match(line)
    if match is None:
        return None
    parts = match.groups()
    return {
        "name": parts[0],
        "line_shape": parts[1],
        "area": _limited(parts[2:7], factor_key="factor"),
        "fwhm": _limited(parts[7:12], factor_key="factor"),
        "position": _limited(parts[12:17], factor_key="offset_eV"),
        **_keyed(parts[17]),
    }


def _shift(calibrations: Sequence[dict[str, Any]], ranges: int) -> float | None:
    if ranges or any(c["scale"] != "BE" or c["mode"] != "ADD" for c in calibrations):
        return None
    shift = round(math.fsum(c["actual_eV"] - c["measured_eV"] for c in calibrations), 9)
    return shift if abs(shift) < _LARGEST_SHIFT_EV else None


def _with_binding(info: dict[str, Any], source_eV: float | None) -> None:
    if source_eV is None:
        return
    for region in info["regions"]:
        region["start_binding_eV"] = round(source_eV - region["start_eV"], 9)
        region["end_binding_eV"] = round(source_eV - region["end_eV"], 9)
    for component in info["components"]:
        position = component["position"]
        position["binding_eV"] = None if position["value"] is None else round(source_eV - position["value"], 9)


def _lines_of_casa(comment: Sequence[str]) -> tuple[list[int], list[str]]:
    """The four counts and the lines that belong to them; what follows is the instrument's own comment."""
    counts: list[int] = []
    lines: list[str] = []
    at = 1
    for section in range(4):
        while at < len(comment) and not comment[at].strip():
            at += 1
        if at >= len(comment) or not re.fullmatch(r"\d{1,5}", comment[at].strip()):
            break
        counts.append(int(comment[at]))
        at += 1
        for _ in range(counts[-1]):
            lines.extend(comment[at : at + 1])
            at += 1
            if section == 1 and at < len(comment) and not comment[at].startswith("annot"):
                at += 1  # the text of an annotation, empty for tables of components
    return counts, [line[:_LONGEST_LINE].strip() for line in lines[:_MOST_LINES]]


def casaxps_of_comment(comment: Sequence[str], *, source_eV: float | None) -> tuple[dict[str, Any], tuple[str, ...]]:
    """What CasaXPS wrote into the comment of a block, as in the module docstring, and warnings.

    ``source_eV`` is the energy of the source; without it no ``binding_eV`` is given.
    """
    counts, lines = _lines_of_casa(comment)
    info: dict[str, Any] = {
        "calibration_shift_eV": 0.0,
        "calibrations": [],
        "regions": [],
        "components": [],
        "other": [],
    }
    ranges = 0
    for line in lines:
        if match := _CALIBRATION.fullmatch(line):
            measured, actual = (min(max(float(match[i]), -1e9), 1e9) for i in (1, 2))
            info["calibrations"].append(
                {"measured_eV": measured, "actual_eV": actual, "scale": match[3], "mode": match[4], "text": line}
            )
        elif region := _region(line):
            info["regions"].append(region)
        elif component := _component(line):
            info["components"].append(component)
        else:
            ranges += line.startswith(("Calib", "KECalib"))
            info["other"].append(line)
    info["calibration_shift_eV"] = _shift(info["calibrations"], ranges)
    _with_binding(info, source_eV)
    found = (len(info["regions"]), len(info["components"]))
    warnings = []
    if len(counts) == 4 and found != (counts[2], counts[3]):
        warnings.append(
            f"CasaXPS announces {counts[2]} regions and {counts[3]} components in this block, {found[0]} and {found[1]} were understood"
        )
    elif len(counts) < 4:
        warnings.append("the comment of CasaXPS ends before its regions and components")
    return info, tuple(warnings)
