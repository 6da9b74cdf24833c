"""What SEM programs write into their TIFF tags: Zeiss SmartSEM (34118) and FEI / Thermo xT (34680, 34682).

Zeiss SmartSEM (tag 34118, "CZ_SEM")
    Text, CRLF, cp1252 (the micro sign is 0xB5) or UTF-8: some numbers without names, then pairs of lines: a key (``AP_WIDTH``), and
    ``Width = 20.00 µm``. Dates have a colon instead: ``Time :10:23:37``. Tag 34119 holds the same again in other words; not read.
    The pixel is ``AP_WIDTH`` / columns. ``AP_IMAGE_PIXEL_SIZE`` is the same with fewer digits; it is missing in old files. When the two
    differ by more than 2 % the pixel size is not set. ``AP_PIXEL_SIZE`` is that of the screen, twice as large in images of 2048 columns:
    never used. Units seen: pm, nm, µm, mm.
    Tilt of the stage: ``AP_STAGE_AT_T`` (degrees); ``AP_TILT_ANGLE`` is the angle typed for the tilt correction, used only when
    ``DP_TILT_CORRECTION`` is On.

FEI / Thermo (tags 34680 and 34682, "SFEG", "HELIOS")
    Text as of an ini file: ``[Section]`` and ``key=value``; SI units, angles in radians. One of the tags may be blank. The section
    ``[Beam]`` names the sections of the beam used (``Beam=EBeam``, ``Scan=EScan``). The pixel is ``PixelWidth`` of the scan; else ``HFW`` of the
    beam divided by ``ResolutionX`` of ``[Image]``. When the two differ by more than 2 %, or the picture has other columns than
    ``ResolutionX`` (it was resized later), the pixel size is not set. Rows below ``ResolutionY`` are the databar
    (``[PrivateFei] DatabarHeight``): not part of the image. Tilt: ``StageT`` (radians) of ``[Stage]``.

Knowledge from: one Zeiss and two FEI files of the real data (``sem_zeiss_tif``, ``sem_fei_tif``), and descriptions of hyperspy's issue 2056.
"""

from __future__ import annotations

import itertools
import math
import re
from collections.abc import Mapping

import attrs

__all__ = [
    "FEI_TAGS",
    "ZEISS_TAG",
    "Scale",
    "entries_of_fei",
    "entries_of_zeiss",
    "metres",
    "scale_of_fei",
    "scale_of_zeiss",
]

ZEISS_TAG = 34118
FEI_TAGS = (34682, 34680)
_AGREEMENT = 0.02
_LONGEST = 300
_MOST_ENTRIES = 4000
_METRES = {"pm": 1e-12, "nm": 1e-9, "µm": 1e-6, "um": 1e-6, "mm": 1e-3, "cm": 1e-2, "m": 1.0, "Å": 1e-10}
_LENGTH = re.compile(r"([-+]?\d+(?:[.,]\d+)?(?:[eE][-+]?\d+)?)\s*(pm|nm|µm|μm|um|mm|cm|Å|m)\b")


@attrs.frozen(kw_only=True)
class Scale:
    """What the tags say of the geometry; lengths in m, the tilt in degrees, None where they do not say.

    ``rows`` and ``columns`` are those of the image as scanned, without databar; ``notes`` are sentences for the record.
    """

    pixel_m: float | None = None
    pixel_from: str = ""
    rows: int | None = None
    columns: int | None = None
    tilt_deg: float | None = None
    notes: tuple[str, ...] = ()


def decoded(content: bytes) -> str:
    """The text of a tag: UTF-8 when it is that, else cp1252; ends at the first zero byte after the text."""
    content = content.rstrip(b"\0")
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError:
        return content.decode("cp1252", errors="replace")


def metres(text: str) -> float | None:
    """A length such as ``48.83 nm`` in m; None when there is no number with a unit of length.

    >>> metres("20.00 µm"), metres("953.7 pm"), metres("5.00 kV")
    (2e-05, 9.537e-10, None)
    """
    match = _LENGTH.search(text)
    if match is None:
        return None
    value = float(match[1].replace(",", "."))
    # Rounded to the digits a double holds for certain, so that 20 µm is 2e-05 and not 1.9999999999999998e-05.
    return float(f"{value * _METRES[match[2].replace('μ', 'µ')]:.15g}")


def entries_of_zeiss(content: bytes) -> dict[str, str]:
    """The entries ``AP_WIDTH`` -> ``20.00 µm``; the name of the entry in words is left out."""
    lines = decoded(content).replace("\r\n", "\n").split("\n")
    found: dict[str, str] = {}
    for key, line in itertools.pairwise(lines):
        if re.fullmatch(r"(?:AP|DP|SV)_\w+", key.strip()) and len(found) < _MOST_ENTRIES:
            value = re.split(r"\s=\s?|\s:", line, maxsplit=1)
            found.setdefault(key.strip(), value[-1].strip()[:_LONGEST] if len(value) == 2 else "")
    return found


def entries_of_fei(content: bytes) -> dict[str, str]:
    """The entries ``[EScan] PixelWidth`` -> ``1.34896e-007``."""
    found: dict[str, str] = {}
    section = ""
    for line in decoded(content).replace("\r", "\n").split("\n"):
        text = line.strip()
        if text.startswith("[") and text.endswith("]"):
            section = text
        elif "=" in text and section and len(found) < _MOST_ENTRIES:
            key, _, value = text.partition("=")
            found.setdefault(f"{section} {key.strip()}", value.strip()[:_LONGEST])
    return found


def _number(text: str | None) -> float | None:
    try:
        value = float((text or "").replace(",", "."))
    except ValueError:
        return None
    return value if math.isfinite(value) else None


def _whole(text: str | None) -> int | None:
    value = _number(text)
    return int(value) if value is not None and 0 < value < 1e6 and value == int(value) else None


def _differ(one: float, two: float) -> bool:
    return abs(one - two) > _AGREEMENT * max(one, two)


def scale_of_zeiss(entries: Mapping[str, str], *, rows: int, columns: int) -> Scale:
    """The scale of a Zeiss image of ``rows`` x ``columns``, see the module's text for the rules."""
    stored = re.match(r"(\d{2,6})\s*[*xX]\s*(\d{2,6})", entries.get("DP_IMAGE_STORE", ""))
    stored_rows = int(stored[2]) if stored and int(stored[1]) == columns else None
    notes: list[str] = []
    width, stated = metres(entries.get("AP_WIDTH", "")), metres(entries.get("AP_IMAGE_PIXEL_SIZE", ""))
    pixel: float | None = None
    source = ""
    if width is not None and width > 0:
        pixel, source = width / columns, f"AP_WIDTH = {entries['AP_WIDTH']} / {columns} columns"
        if stated is not None and stated > 0 and _differ(pixel, stated):
            notes.append(
                f"the pixel size is not set: AP_WIDTH / columns gives {pixel:.4g} m and AP_IMAGE_PIXEL_SIZE says {stated:.4g} m "
                "(the picture was cut or resized later)"
            )
            pixel, source = None, ""
    elif stated is not None and stated > 0:
        pixel, source = stated, f"AP_IMAGE_PIXEL_SIZE = {entries['AP_IMAGE_PIXEL_SIZE']}"
        notes.append("there is no AP_WIDTH: the pixel size is AP_IMAGE_PIXEL_SIZE, not cross-checked")
    elif "AP_PIXEL_SIZE" in entries:
        notes.append(
            "there is only AP_PIXEL_SIZE, which is the pixel of the screen and may be wrong by a factor of two"
        )
    height = metres(entries.get("AP_HEIGHT", ""))
    if pixel and height and _differ(pixel, height / (stored_rows or rows)):
        notes.append(f"AP_HEIGHT / rows gives {height / (stored_rows or rows):.4g} m: the pixels may not be square")
    tilt = _degrees(entries.get("AP_STAGE_AT_T", ""))
    if entries.get("DP_TILT_CORRECTION", "").startswith("On"):
        notes.append(f"the microscope corrected for a tilt of {entries.get('AP_TILT_ANGLE', 'unknown angle')}")
    return Scale(pixel_m=pixel, pixel_from=source, rows=stored_rows, columns=columns, tilt_deg=tilt, notes=tuple(notes))


def _degrees(text: str) -> float | None:
    match = re.match(r"\s*([-+]?\d+(?:[.,]\d+)?)\s*°", text)
    return None if match is None else float(match[1].replace(",", "."))


def scale_of_fei(entries: Mapping[str, str], *, rows: int, columns: int) -> Scale:
    """The scale of an FEI or Thermo image of ``rows`` x ``columns``, see the module's text for the rules."""
    beam = entries.get("[Beam] Beam") or "EBeam"
    scan = entries.get("[Beam] Scan") or "EScan"
    scanned = _whole(entries.get("[Image] ResolutionX")), _whole(entries.get("[Image] ResolutionY"))
    notes: list[str] = []
    pixel = _number(entries.get(f"[{scan}] PixelWidth")) or _number(entries.get("[Scan] PixelWidth"))
    source = f"PixelWidth = {pixel:.6g} m" if pixel else ""
    field = _number(entries.get(f"[{beam}] HFW")) or _number(entries.get("[Scan] HorFieldsize"))
    from_field = field / (scanned[0] or columns) if field and field > 0 else None
    if pixel and from_field and _differ(pixel, from_field):
        notes.append(
            f"the pixel size is not set: PixelWidth is {pixel:.4g} m and HFW / columns gives {from_field:.4g} m"
        )
        pixel = from_field = None
    elif not pixel and from_field:
        pixel, source = from_field, f"HFW = {field:.6g} m / {scanned[0] or columns} columns"
    if pixel and scanned[0] and scanned[0] != columns:
        notes.append(
            f"the pixel size is not set: the picture has {columns} columns and was scanned with {scanned[0]}, so it was resized"
        )
        pixel = None
    height = _number(entries.get(f"[{scan}] PixelHeight"))
    if pixel and height and height > 0 and _differ(pixel, height):
        notes.append(f"PixelHeight is {height:.4g} m: the pixels are not square")
    radians = _number(entries.get("[Stage] StageT"))
    return Scale(
        pixel_m=pixel if pixel and pixel > 0 else None,
        pixel_from=source,
        rows=scanned[1] if scanned[0] in (None, columns) else None,
        columns=scanned[0],
        tilt_deg=None if radians is None else math.degrees(radians),
        notes=tuple(notes),
    )
