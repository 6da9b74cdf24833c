"""TIFF images: Zeiss SmartSEM, FEI / Thermo, TESCAN, JEOL, Hitachi and others (``sem_beside.py``), ImageJ with a typed scale, and plain ones.

Formats and instruments seen: Zeiss Auriga (SmartSEM V06), FEI Quanta FEG (xT 6.2) and Helios G4 (14.5), ImageJ 1.54.

Schema: one record a page (thumbnails left out), no columns, :attr:`Record.image` with the grey levels as stored, shape (rows, columns),
row 0 at the top. A palette that is a grey ramp (Zeiss) is the identity; colours are reduced as ``pictures.py`` says; pages whose white
is zero are inverted and a warning says so.

Header: ``pixel size`` (``"<number> m"`` or ``"not set"``), ``pixel size from``, ``tilt`` (``"<number> deg"``), ``databar`` (rows that were cut off),
``image`` (rows x columns), and every entry of the instrument's tag under its own key (``AP_WIDTH``, ``[EBeam] HFW``), see ``sem_tags.py``.
Hints: ``pixel_size`` [m], ``tilt`` [deg]. The tilt is kept and nothing is corrected for it.

ImageJ: ``unit=micron`` in the description with XResolution (pixels a unit) is a scale that a person typed; it is used and named as such.
XResolution without that is dots per inch of paper and never used.

Uncertainties: a pixel size has the digits of the entry it comes from (Zeiss: four).

Refused: more than 120 million pixels; more than 500 pages. Compressed pages need what tifffile or Pillow can decode.

Structure: the tags are read as bytes, so that neither their encoding nor the library's opinion of them matters.

Knowledge from: the files of ``sem_zeiss_tif``, ``sem_fei_tif``, ``sem_grains`` in the real data; TIFF 6.0.
"""

from __future__ import annotations

import io
import logging
import math
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from pelletry.core.errors import FormatError
from pelletry.core.record import Hint, Record
from pelletry.formats.dates import iso_date
from pelletry.formats.pictures import MOST_PIXELS, grey_levels, opened_with_pillow, picture_record, refuse_size
from pelletry.formats.rawfile import RawFile
from pelletry.formats.registry import Format
from pelletry.formats.sem_beside import scale_beside, scale_of_other_tags
from pelletry.formats.sem_tags import (
    FEI_TAGS,
    ZEISS_TAG,
    Scale,
    entries_of_fei,
    entries_of_zeiss,
    metres,
    scale_of_fei,
    scale_of_zeiss,
)

__all__ = ["FORMAT"]

NAME = "tiff"
_MOST_PAGES = 500
_LARGEST_TAG_BYTES = 4_000_000
_UNITS = {"micron": "µm", "microns": "µm", "um": "µm", "\\u00b5m": "µm", "µm": "µm", "nm": "nm", "mm": "mm", "cm": "cm"}


def _is_tiff(raw: RawFile) -> bool:
    return raw.head.startswith((b"II*\x00", b"MM\x00*", b"II+\x00", b"MM\x00+"))


def _tag_bytes(page: Any, code: int) -> bytes:
    """The bytes of a text tag as they lie in the file; empty when there is none."""
    tag = page.tags.get(code)
    if tag is None or tag.valuebytecount > _LARGEST_TAG_BYTES:
        return b""
    handle = page.parent.filehandle
    handle.seek(tag.valueoffset)
    return bytes(handle.read(tag.valuebytecount))


def _scale_of_imagej(page: Any) -> Scale:
    description = str(page.description or "")
    match = re.search(r"^unit=(\S+)", description, re.MULTILINE)
    tag = page.tags.get(282)
    if not description.startswith("ImageJ=") or match is None or tag is None:
        return Scale()
    unit = _UNITS.get(match[1].lower())
    over, under = tag.value
    if unit is None or not over or not under:
        return Scale()
    size = metres(f"1 {unit}")
    return Scale(
        pixel_m=None if size is None else size * under / over,
        pixel_from=f"ImageJ, unit={match[1]}, {over / under:.6g} pixels a unit (typed by a person)",
    )


def _told(page: Any, picture: Path, rows: int, columns: int) -> tuple[Scale, dict[str, str], str]:
    """Scale, header entries and the name of the program that wrote them."""
    content = _tag_bytes(page, ZEISS_TAG)
    entries = entries_of_zeiss(content)
    if entries:
        return scale_of_zeiss(entries, rows=rows, columns=columns), entries, "Zeiss SmartSEM"
    for code in FEI_TAGS:
        entries = entries_of_fei(_tag_bytes(page, code))
        if entries:
            return scale_of_fei(entries, rows=rows, columns=columns), entries, "FEI / Thermo"
    other = scale_of_other_tags(page, _tag_bytes, rows=rows, columns=columns)
    if other[2]:
        return other
    scale = _scale_of_imagej(page)
    if scale.pixel_m is None and (beside := scale_beside(picture, rows=rows, columns=columns))[2]:
        return beside
    text = str(page.description or "").strip()[:300]
    return scale, {"description": text} if text else {}, str(page.software or "").strip()[:100]


def _pixels(raw: RawFile, page: Any) -> tuple[npt.NDArray[Any], tuple[str, ...]]:
    """Grey levels of a page and what was done to get them."""
    shape = tuple(int(n) for n in page.shape)
    rows, columns = int(page.imagelength), int(page.imagewidth)
    if math.prod(shape) > 4 * rows * columns:
        raise raw.refused(f"the image has the shape {shape}", expected="one plane of grey levels or three of colour")
    try:
        pixels = np.asarray(page.asarray())
    except (ValueError, RuntimeError, ImportError) as error:
        if int(page.compression) == 1 or page.index != 0 or "imagecodecs" not in str(error):
            raise
        return opened_with_pillow(raw, "TIFF")  # tifffile leaves LZW and others to a library that is not ours
    if pixels.ndim == 3 and pixels.shape[0] in (3, 4) and pixels.shape[1:] == (rows, columns):
        pixels = np.moveaxis(pixels, 0, -1)
    if pixels.ndim not in (2, 3) or pixels.shape[:2] != (rows, columns):
        raise raw.refused(f"the image has the shape {pixels.shape}", expected="rows, columns and at most 4 channels")
    if pixels.dtype.kind == "c":
        raise raw.refused("the image holds complex numbers", expected="grey levels")
    photometric = int(page.photometric)
    if photometric == 3 and page.colormap is not None and pixels.ndim == 2:
        return _through_palette(pixels, np.asarray(page.colormap))
    image, notes = grey_levels(pixels)
    if photometric == 0 and image.dtype.kind in "ub":
        top = 2 ** min(int(page.bitspersample), 8 * image.dtype.itemsize) - 1
        if image.dtype.kind == "b":
            return (~image).astype(np.uint8), (*notes, "white is zero in the file: the grey levels were inverted")
        image, notes = (
            (top - image).astype(image.dtype),
            (*notes, "white is zero in the file: the grey levels were inverted"),
        )
    return (image.astype(np.uint8) if image.dtype.kind == "b" else image), notes


def _through_palette(index: npt.NDArray[Any], colormap: npt.NDArray[Any]) -> tuple[npt.NDArray[Any], tuple[str, ...]]:
    """Indices into a palette of shape (3, n): themselves when the palette is the grey ramp of that many levels."""
    levels = colormap.shape[1]
    ramp = np.round(np.arange(levels) * 65535.0 / max(levels - 1, 1))
    if all(np.max(np.abs(channel.astype(np.float64) - ramp)) <= 256 for channel in colormap):
        return index, ()
    colours = (colormap[:, np.minimum(index, levels - 1)] >> 8).astype(np.uint8)
    return grey_levels(np.moveaxis(colours, 0, -1))


def _acquired_at(entries: dict[str, str]) -> str | None:
    if "AP_DATE" in entries:
        return iso_date(f"{entries['AP_DATE']} {entries.get('AP_TIME', '')}")
    # The date of FEI is month first, as the time with AM and PM beside it.
    return iso_date(f"{entries.get('[User] Date', '')} {entries.get('[User] Time', '')}", is_month_first=True)


def _record(raw: RawFile, page: Any, number: int) -> Record:
    image, done = _pixels(raw, page)
    rows, columns = image.shape
    scale, entries, program = _told(page, raw.path, rows, columns)
    notes = [*done, *scale.notes]
    header = {"program": program} if program else {}
    if scale.rows is not None and scale.rows < rows:
        header["databar"] = f"{rows - scale.rows} rows cut off"
        notes.append(f"the last {rows - scale.rows} of {rows} rows are the databar and were cut off")
        image = image[: scale.rows]
    elif scale.rows is not None and scale.rows > rows:
        notes.append(f"the picture has {rows} rows and was scanned with {scale.rows}: it was cut later")
    hints = []
    if scale.tilt_deg is not None:
        header["tilt"] = f"{scale.tilt_deg:.6g} deg"
        hints.append(
            Hint(name="tilt", value=round(scale.tilt_deg, 6), unit="deg", source="header", text=header["tilt"])
        )
    return picture_record(
        raw,
        NAME,
        np.ascontiguousarray(image),
        pixel_size_m=scale.pixel_m,
        pixel_size_from=scale.pixel_from,
        header={**header, **entries},
        hints=hints,
        notes=notes,
        acquired_at=_acquired_at(entries),
        number=number,
        name=f"{raw.path.name} [{number + 1}]" if number else raw.path.name,
    )


def read(raw: RawFile) -> Sequence[Record]:
    """One record a page of full size.

    Raises
    ------
    BrokenFileError
        When the file is truncated or does not decode.
    RefusedFileError
        When a page is out of bounds or holds no image.
    """
    import tifffile

    logging.getLogger("tifffile").addHandler(logging.NullHandler())
    logging.getLogger("tifffile").propagate = False
    try:
        with tifffile.TiffFile(io.BytesIO(raw.bytes())) as tiff:
            pages = [page for page in tiff.pages[: _MOST_PAGES + 1] if not getattr(page, "is_reduced", False)]
            if len(pages) > _MOST_PAGES:
                raise raw.refused(f"more than {_MOST_PAGES} pages", do="save the images one by one")
            for page in pages:
                refuse_size(raw, int(page.imagelength), int(page.imagewidth))
            total = sum(int(page.imagelength) * int(page.imagewidth) for page in pages)
            if total > 4 * MOST_PIXELS:
                raise raw.refused(f"{len(pages)} pages with {total} pixels", do="save the images one by one")
            records = [_record(raw, page, number) for number, page in enumerate(pages)]
    except FormatError:
        raise
    except Exception as error:  # of damaged files the library lets struct, zlib, memory and its own errors through
        raise raw.broken(
            f"the TIFF does not decode ({type(error).__name__}: {str(error)[:120]})",
            do="copy the file again from its source",
        ) from None
    if not records:
        raise raw.broken("the TIFF holds no image", do="copy the file again from its source")
    return records


FORMAT = Format(
    name=NAME,
    title="TIFF image (Zeiss, FEI / Thermo, plain)",
    extensions=(".tif", ".tiff"),
    can_read=_is_tiff,
    read=read,
)
