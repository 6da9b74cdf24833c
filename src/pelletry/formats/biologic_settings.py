"""What the settings, log and loop modules of an EC-Lab binary file say. Nothing here is needed to read the data.

Each text and number is looked up at the place where it was seen and believed only when it looks right there; what does not is left
out. Places were checked against the headers of EC-Lab's text exports of the same runs (EC-Lab 11.18, 11.33, 11.50, 11.61).

Settings: technique number (byte 0), comments (7), electrode material (0x11E), electrolyte (0x1C0), electrode area (0x211,
float32), reference electrode (0x215), characteristic mass (0x24C, float32), area unit (0x250: 2 cm², 3 mm²), mass unit (0x251:
1 g, 2 mg). Log: channel (byte 9, from 0), serial number of the channel (0xAB, uint16), start (0x249, days since 30 December 1899,
float64), file (0x251), host (0x351), EC-Lab version (0x3B7). Texts are a length byte and cp1252. Loops: count (uint32), then the
first point of each loop (uint32), the last entry being the number of points; the rest is zero.
"""

from __future__ import annotations

import datetime
import itertools
import math
import re
import struct

import attrs

from pelletry.formats.biologic_modules import Module

__all__ = ["TECHNIQUES", "RunNotes", "loop_starts", "notes_of"]

#: Technique number -> (short name, EC-Lab's title). Only those seen in a real file or certain from EC-Lab's documentation.
TECHNIQUES: dict[int, tuple[str, str]] = {
    0x04: ("GCPL", "Galvanostatic Cycling with Potential Limitation"),
    0x06: ("CV", "Cyclic Voltammetry"),
    0x0B: ("OCV", "Open Circuit Voltage"),
    0x18: ("CA", "Chronoamperometry / Chronocoulometry"),
    0x19: ("CP", "Chronopotentiometry"),
    0x1D: ("PEIS", "Potentio Electrochemical Impedance Spectroscopy"),
    0x1E: ("GEIS", "Galvano Electrochemical Impedance Spectroscopy"),
    0x32: ("ZIR", "IR compensation (PEIS)"),
    0x7F: ("MB", "Modulo Bat"),
}
_AREA_UNITS = {2: "cm²", 3: "mm²"}
_MASS_UNITS = {1: "g", 2: "mg"}
_DEFAULTS = (0.0, 0.001)
_OLE_EPOCH = datetime.datetime(1899, 12, 30)
_OLE_DAYS = (32874.0, 73050.0)  # 1990 to 2099


@attrs.frozen(kw_only=True)
class RunNotes:
    """Header entries in EC-Lab's own words, those that are program defaults, and the start of the run."""

    technique: str = ""
    header: dict[str, str] = attrs.field(factory=dict)
    not_set: tuple[str, ...] = ()
    acquired_at: str | None = None
    loops: tuple[int, ...] = ()


def notes_of(content: bytes, modules: tuple[Module, ...]) -> RunNotes:
    """Everything known about the run besides its data; missing or damaged modules give less, never an error."""
    by_name = {module.name: module for module in reversed(modules)}
    header: dict[str, str] = {}
    technique, not_set = _settings(_content_of(content, by_name.get("VMP Set")), header)
    acquired_at = _log(_content_of(content, by_name.get("VMP LOG")), header)
    if acquired_at is None:
        dates = [_date(by_name[name].date) for name in ("VMP data", "VMP Set") if name in by_name]
        acquired_at = next((date for date in dates if date), None)
    if acquired_at:
        header["Acquisition started on"] = acquired_at
    return RunNotes(
        technique=technique,
        header=header,
        not_set=not_set,
        acquired_at=acquired_at,
        loops=loop_starts(_content_of(content, by_name.get("VMP loop"))),
    )


def loop_starts(loops: bytes) -> tuple[int, ...]:
    """The first point of each loop, ascending; the closing number of points is left out."""
    if len(loops) < 8:
        return ()
    count = min(struct.unpack_from("<I", loops, 0)[0], (len(loops) - 4) // 4)
    starts = struct.unpack_from(f"<{count}I", loops, 4)
    ascending = all(a < b for a, b in itertools.pairwise(starts))
    return starts[:-1] if ascending else ()


def _content_of(content: bytes, module: Module | None) -> bytes:
    return b"" if module is None else content[module.begin : module.begin + min(module.length, 1 << 20)]


def _settings(settings: bytes, header: dict[str, str]) -> tuple[str, tuple[str, ...]]:
    if not settings:
        return "", ()
    short, title = TECHNIQUES.get(settings[0], ("", f"technique number {settings[0]}"))
    header["Technique"] = title
    for key, place in (
        ("Electrode material", 0x11E),
        ("Electrolyte", 0x1C0),
        ("Reference electrode", 0x215),
        ("Comments", 7),
    ):
        text = _text(settings, place)
        if text and text != "(unspecified)":
            header[key] = text
    not_set: list[str] = []
    for key, place, units, unit_place in (
        ("Electrode surface area", 0x211, _AREA_UNITS, 0x250),
        ("Characteristic mass", 0x24C, _MASS_UNITS, 0x251),
    ):
        value = _float(settings, place)
        unit = units.get(settings[unit_place]) if len(settings) > unit_place else None
        if value is None or unit is None:
            continue
        header[key] = f"{value:.7g} {unit}"
        if any(math.isclose(value, default, rel_tol=1e-5, abs_tol=1e-12) for default in _DEFAULTS):
            not_set.append(key)
    return short, tuple(not_set)


def _log(log: bytes, header: dict[str, str]) -> str | None:
    if len(log) < 0x251:
        return None
    header["Run on channel"] = str(log[9] + 1)
    header["Channel SN"] = str(struct.unpack_from("<H", log, 0xAB)[0])
    for key, place in (("File", 0x251), ("Host", 0x351), ("EC-Lab version", 0x3B7)):
        text = _text(log, place)
        if text:
            header[key] = text
    days = struct.unpack_from("<d", log, 0x249)[0]
    if not _OLE_DAYS[0] < days < _OLE_DAYS[1]:
        return None
    milliseconds = round(days * 86_400_000)
    return (_OLE_EPOCH + datetime.timedelta(milliseconds=milliseconds)).isoformat(timespec="milliseconds")


def _text(block: bytes, place: int) -> str:
    """The text with its length byte at ``place``, or nothing when control characters show that there is none."""
    if len(block) <= place:
        return ""
    found = block[place + 1 : place + 1 + block[place]].decode("cp1252", errors="replace").strip("\0 \r\n")
    return "" if re.search(r"[\x00-\x08\x0e-\x1f]", found) else found.replace("\r\n", "\n")


def _float(block: bytes, place: int) -> float | None:
    if len(block) < place + 4:
        return None
    value = struct.unpack_from("<f", block, place)[0]
    return value if math.isfinite(value) and 0 <= value < 1e9 else None


def _date(text: str) -> str | None:
    """A module's month, day and two-digit year as an ISO date."""
    match = re.fullmatch(r"(\d\d)[/.\-](\d\d)[/.\-](\d\d)", text)
    if not match:
        return None
    month, day, year = (int(part) for part in match.groups())
    try:
        return datetime.date(2000 + year, month, day).isoformat()
    except ValueError:
        return None
