"""What SEM programs write beside their pictures: JEOL and Hitachi ``.txt``, TESCAN ``.hdr`` and its TIFF tag, Phenom XML, Gatan tags.

Sidecars have the name of the picture: ``a.txt`` or ``a.hdr`` beside ``a.tif``, ``a-png.hdr`` beside ``a.png``. Built from public descriptions and readers;
**no file of ours**. What a sidecar says holds only when the picture has the columns it states.

JEOL (``.txt``)
    Lines ``$CM_MAG 5000``, ``$$SM_MICRON_BAR 111`` (pixels), ``$$SM_MICRON_MARKER 1um``, ``$CM_FULL_SIZE 1280 960``. The pixel is marker / bar, good to half a pixel of
    the bar; rows below the full size are the databar.
Hitachi (``.txt``)
    ``[SemImageFile]``, then ``PixelSize=9.92`` in nm, ``DataSize=1280x960``. Rows below the data size are the databar. ASCII or UTF-16.
TESCAN (``.hdr``, TIFF tag 50431)
    ``[MAIN]`` and ``[SEM]`` with ``key=value`` in SI units: ``PixelSizeX``, ``PixelSizeY``, ``StageTilt`` (degrees), ``ImageStripSize`` (rows of the databar). The tag holds the same
    lines between binary blocks.
Phenom and other FEI pictures (TIFF tag 34683)
    XML with ``<pixelWidth unit="nm">`` and ``<cropHint>``, whose bottom is the first row of the databar.
Gatan DigitalMicrograph (TIFF tags 65003, 65009)
    Unit and size of a pixel. Olympus (tags 33471, 33560): ``pixelsizex`` in m.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from pelletry.formats.sem_tags import Scale, metres
from pelletry.formats.text import decode

__all__ = ["TESCAN_TAG", "entries_of_sidecar", "is_sidecar", "scale_beside", "scale_of_entries", "scale_of_other_tags"]

TESCAN_TAG = 50431
_PHENOM_TAG = 34683
_LARGEST = 1_000_000
_MOST_ENTRIES = 500
_LONGEST = 300
_AGREEMENT = 0.02
_ENTRY = re.compile(r"^([A-Za-z][A-Za-z0-9_]{1,60})=([^\r\n\0]{0,400})", re.MULTILINE)
_JEOL_ENTRY = re.compile(r"^\$+((?:CM|SM)_[A-Z0-9_]+)[ \t]+(\S[^\r\n]*)$", re.MULTILINE)


def is_sidecar(text: str) -> bool:
    """Whether a text is one of those beside a picture.

    >>> is_sidecar("[SemImageFile]\\nPixelSize=9.9\\n"), is_sidecar("a,b\\n1,2\\n")
    (True, False)
    """
    start = text[:4000].lstrip("\ufeff \r\n")
    if start.startswith(("[SemImageFile]", "[TemImageFile]", "$CM_")):
        return True
    return start.startswith("[MAIN]") and "PixelSizeX=" in text[:20_000]


def entries_of_sidecar(text: str) -> dict[str, str]:
    """The entries of a sidecar under their own keys."""
    pattern = _JEOL_ENTRY if text.lstrip("\ufeff \r\n").startswith("$") else _ENTRY
    found: dict[str, str] = {}
    for match in pattern.finditer(text):
        if len(found) < _MOST_ENTRIES:
            found.setdefault(match[1], match[2].strip()[:_LONGEST])
    return found


def scale_of_entries(entries: Mapping[str, str], *, rows: int, columns: int) -> tuple[Scale, str]:
    """The scale of a picture of ``rows`` x ``columns`` by the entries beside it, and the name of the program; empty when they have none."""
    for of, program in ((_jeol, "JEOL"), (_hitachi, "Hitachi"), (_tescan, "TESCAN")):
        scale = of(entries, rows, columns)
        if scale is not None:
            return scale, program
    return Scale(), ""


def _pair(text: str) -> tuple[int, int] | None:
    match = re.match(r"\s*(\d{2,6})\s*[x* ]\s*(\d{2,6})", text)
    return (int(match[1]), int(match[2])) if match else None


def _number(text: str | None) -> float | None:
    try:
        value = float((text or "").strip().replace(",", "."))
    except ValueError:
        return None
    return value if 0.0 < value < 1e12 else None


def _scaled(pixel_m: float, source: str, size: tuple[int, int] | None, rows: int, columns: int) -> Scale:
    """The scale, unless the picture has other columns than were stored."""
    if size is not None and size[0] != columns:
        note = f"the pixel size is not set: the picture has {columns} columns and was stored with {size[0]}, so it was resized"
        return Scale(columns=size[0], notes=(note,))
    return Scale(pixel_m=pixel_m, pixel_from=source, rows=size[1] if size else None, columns=columns)


def _jeol(entries: Mapping[str, str], rows: int, columns: int) -> Scale | None:
    bar, marker = _number(entries.get("SM_MICRON_BAR")), entries.get("SM_MICRON_MARKER", "")
    length = metres(re.sub(r"(?<=\d)(?=[a-zµμ])", " ", marker.replace("\xb5", "µ"), count=1))
    if bar is None or not length:
        return None
    size = _pair(entries.get("CM_FULL_SIZE", "")) or _pair(entries.get("CM_IMAGE_RES", ""))
    return _scaled(length / bar, f"the scale bar of the .txt beside it: {marker} / {bar:g} pixels", size, rows, columns)


def _hitachi(entries: Mapping[str, str], rows: int, columns: int) -> Scale | None:
    nanometres = _number(entries.get("PixelSize"))
    if nanometres is None:
        return None
    size = _pair(entries.get("DataSize", ""))
    return _scaled(nanometres * 1e-9, f"the .txt beside it: PixelSize={entries['PixelSize']} nm", size, rows, columns)


def _tescan(entries: Mapping[str, str], rows: int, columns: int) -> Scale | None:
    pixel, height = _number(entries.get("PixelSizeX")), _number(entries.get("PixelSizeY"))
    if pixel is None or not 1e-12 < pixel < 1e-2:
        return None
    notes: tuple[str, ...] = ()
    if height and abs(pixel - height) > _AGREEMENT * pixel:
        notes = (f"PixelSizeY is {height:.4g} m: the pixels are not square",)
    strip = int(_number(entries.get("ImageStripSize")) or 0)
    try:
        tilt: float | None = float(entries["StageTilt"])
    except (KeyError, ValueError):
        tilt = None
    return Scale(
        pixel_m=pixel, pixel_from=f"PixelSizeX={entries['PixelSizeX']} m", rows=rows - strip if 0 < strip < rows // 2 else None,
        columns=columns, tilt_deg=tilt, notes=notes,
    )  # fmt: skip


def _candidates(picture: Path) -> list[Path]:
    kind = picture.suffix.lower().lstrip(".")
    names = [
        f"{picture.stem}{ending}" for ending in (".txt", ".TXT", ".hdr", ".HDR", f"-{kind}.hdr", f"-{kind.upper()}.HDR")
    ]
    return [picture.with_name(name) for name in names]


def scale_beside(picture: Path, *, rows: int, columns: int) -> tuple[Scale, dict[str, str], str]:
    """Scale, entries and program by the sidecar of a picture; nothing when there is none."""
    for path in _candidates(picture):
        try:
            if not path.is_file() or path.stat().st_size > _LARGEST:
                continue
            text = decode(path.read_bytes()).text
        except OSError:
            continue
        if is_sidecar(text):
            entries = entries_of_sidecar(text)
            scale, program = scale_of_entries(entries, rows=rows, columns=columns)
            return scale, entries, program
    return Scale(), {}, ""


def scale_of_other_tags(
    page: Any, tag_bytes: Callable[[Any, int], bytes], *, rows: int, columns: int
) -> tuple[Scale, dict[str, str], str]:
    """Scale, entries and program by the TIFF tags of TESCAN, Phenom, Gatan and Olympus."""
    entries = dict(_ENTRY.findall(tag_bytes(page, TESCAN_TAG).decode("latin-1").replace("\r", "\n")))
    if "PixelSizeX" in entries:
        scale, program = scale_of_entries(entries, rows=rows, columns=columns)
        return scale, {key: value.strip()[:_LONGEST] for key, value in list(entries.items())[:_MOST_ENTRIES]}, program
    xml = tag_bytes(page, _PHENOM_TAG).decode("utf-8", errors="replace")
    width = re.search(r'<pixelWidth\s+unit="([a-zµμ]{1,3})"\s*>\s*([0-9.eE+-]+)\s*<', xml)
    size = metres(f"{width[2]} {width[1]}") if width else None
    if width and size:
        bottom = re.search(r"<bottom>\s*(\d+)\s*</bottom>", xml)
        kept = int(bottom[1]) if bottom and rows // 2 < int(bottom[1]) < rows else None
        return (
            Scale(pixel_m=size, pixel_from=f"pixelWidth = {width[2]} {width[1]}", rows=kept, columns=columns),
            {},
            "Phenom",
        )
    unit, each = page.tags.get(65003), page.tags.get(65009)
    size = metres(f"{each.value} {unit.value}") if unit and each and isinstance(each.value, float) else None
    if size:
        return (
            Scale(pixel_m=size, pixel_from=f"tags 65003 and 65009: {each.value:.6g} {unit.value}"),
            {},
            "Gatan DigitalMicrograph",
        )
    for code in (33471, 33560):
        tag = page.tags.get(code)
        stated = tag.value.get("pixelsizex") if tag is not None and isinstance(tag.value, dict) else None
        if isinstance(stated, float) and 1e-12 < stated < 1e-2:
            return Scale(pixel_m=stated, pixel_from=f"pixelsizex = {stated:.6g} m", columns=columns), {}, "Olympus"
    return Scale(), {}, ""
