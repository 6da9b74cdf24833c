"""Pictures without an instrument's metadata: PNG, JPEG, BMP, GIF, with what stands in a text beside them (``sem_beside.py``); and what every picture has in common.

Formats seen: bitmaps (8 bit with a palette) of a ceramic, PNG and JPEG as exported by image programs.

Schema: no columns. :attr:`Record.image` holds the grey levels, shape (rows, columns), row 0 at the top, as stored (uint8, uint16, float32).
A colour picture whose channels are all equal is reduced to one of them without loss; any other to its luminance
0.299 R + 0.587 G + 0.114 B (float32), and a warning says so. Transparency is left out.

Header: ``pixel size`` is ``"<number> m"`` or ``"not set"``; ``pixel size from`` says which entry gave it; ``image`` is ``rows x columns``;
``program`` as far as the file names one. Without a scale in the file ``pixel size`` stands in ``not_set``: it is never guessed, not from the
dots per inch (a property of paper) either. A typed scale belongs to the study.

The technique is left open for pictures without a scale and with fewer than 32 pixels on a side: these are icons.

Uncertainties: none. JPEG is lossy: a warning says that its grey levels are not those of the detector.

Refused: more than 120 million pixels (a small file can unpack to any size), several frames (the first is read, a warning says so).

Structure: decoded by Pillow, imported when a picture is read.
"""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from pathlib import PurePosixPath
from typing import Any

import numpy as np
import numpy.typing as npt

from pelletry.core.record import Hint, Record
from pelletry.formats.hints import hints_from_name
from pelletry.formats.rawfile import RawFile
from pelletry.formats.registry import Format

__all__ = [
    "FORMATS",
    "LEAST_SIDE",
    "MOST_PIXELS",
    "NOT_SET",
    "PIXEL_SIZE",
    "grey_levels",
    "picture_record",
    "refuse_size",
]

MOST_PIXELS = 120_000_000
LEAST_SIDE = 32
_MOST_PIXELS_A_BYTE = 8300  # one bit a pixel in deflate at its limit of 1032 to 1
PIXEL_SIZE = "pixel size"
NOT_SET = "not set"
_LUMINANCE = (0.299, 0.587, 0.114)
Image = npt.NDArray[Any]


def refuse_size(raw: RawFile, rows: int, columns: int) -> None:
    """Refuse a picture out of bounds before any of it is unpacked."""
    if rows < 1 or columns < 1:
        raise raw.broken(f"the picture has {rows} x {columns} pixels", do="copy the file again from its source")
    if rows * columns > MOST_PIXELS:
        raise raw.refused(
            f"the picture has {rows} x {columns} pixels",
            expected=f"at most {MOST_PIXELS // 1_000_000} million",
            do="cut the region of interest out and save it as tif",
        )
    if rows * columns > _MOST_PIXELS_A_BYTE * raw.size_bytes:
        raise raw.broken(
            f"the picture has {rows} x {columns} pixels, more than {raw.size_bytes} bytes can hold",
            do="copy the file again from its source",
        )


def grey_levels(pixels: Image) -> tuple[Image, tuple[str, ...]]:
    """Grey levels of shape (rows, columns) and what was done to get them; ``pixels`` is (rows, columns) or (rows, columns, 1-4)."""
    if pixels.ndim == 2:
        return pixels, ()
    notes: list[str] = []
    if pixels.shape[2] in (2, 4):
        pixels = pixels[:, :, :-1]
    first = pixels[:, :, 0]
    if pixels.shape[2] < 3 or all(np.array_equal(first, pixels[:, :, k]) for k in (1, 2)):
        return np.ascontiguousarray(first), tuple(notes)
    luminance = np.zeros(first.shape, dtype=np.float32)
    for k, weight in enumerate(_LUMINANCE):
        luminance += np.float32(weight) * pixels[:, :, k]
    notes.append("a colour picture: the grey levels are its luminance, 0.299 R + 0.587 G + 0.114 B")
    return luminance, tuple(notes)


def picture_record(
    raw: RawFile,
    format_name: str,
    image: Image,
    *,
    pixel_size_m: float | None = None,
    pixel_size_from: str = "",
    header: Mapping[str, str] | None = None,
    hints: Sequence[Hint] = (),
    notes: Sequence[str] = (),
    acquired_at: str | None = None,
    number: int = 0,
    name: str = "",
) -> Record:
    """The record of one picture; without a pixel size it is named as not set."""
    entries = {PIXEL_SIZE: NOT_SET if pixel_size_m is None else f"{pixel_size_m:.10g} m"}
    found: list[Hint] = []
    if pixel_size_m is not None:
        entries["pixel size from"] = pixel_size_from
        found.append(Hint(name="pixel_size", value=pixel_size_m, unit="m", source="header", text=pixel_size_from))
    entries["image"] = f"{image.shape[0]} x {image.shape[1]}"
    return Record(
        name=name or PurePosixPath(raw.shown).name,
        technique="microscopy" if pixel_size_m is not None or min(image.shape[:2]) >= LEAST_SIDE else "",
        columns=(),
        origin=raw.origin(format_name, record=number, acquired_at=acquired_at),
        header={**entries, **(header or {})},
        not_set=() if pixel_size_m is not None else (PIXEL_SIZE,),
        hints=(*found, *hints, *hints_from_name(raw.shown)),
        warnings=tuple(notes),
        image=image,
    )


_KINDS = {b"\x89PNG\r\n\x1a\n": "PNG", b"\xff\xd8\xff": "JPEG", b"GIF8": "GIF", b"BM": "BMP"}


def _kind(raw: RawFile) -> str:
    """Pillow's name of the kind; a bitmap has only two letters, so its stated size must be that of the file."""
    kind = next((kind for magic, kind in _KINDS.items() if raw.head.startswith(magic)), "")
    if kind == "BMP":
        stated = int.from_bytes(raw.head[2:6], "little")
        header = int.from_bytes(raw.head[14:18], "little")
        return kind if header in (12, 40, 52, 56, 64, 108, 124) and stated in (0, raw.size_bytes) else ""
    return kind


def opened_with_pillow(raw: RawFile, kind: str) -> tuple[Image, tuple[str, ...]]:
    """Grey levels of the first frame as Pillow decodes it, and notes."""
    import io

    from PIL import Image as Pillow

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # its own bound and its remarks on metadata; ours is checked below
        try:
            with Pillow.open(io.BytesIO(raw.bytes()), formats=[kind]) as picture:
                refuse_size(raw, picture.height, picture.width)
                frames = int(getattr(picture, "n_frames", 1))
                picture.load()
                if picture.mode == "1":
                    picture = picture.convert("L")  # type: ignore[assignment]
                elif picture.mode not in ("L", "LA", "I;16", "I", "F", "RGB", "RGBA"):
                    picture = picture.convert("RGB")  # type: ignore[assignment]
                pixels = np.array(picture)
        except Pillow.DecompressionBombError as error:
            raise raw.refused(
                f"the picture is out of bounds ({str(error)[:80]})",
                expected=f"at most {MOST_PIXELS // 1_000_000} million pixels",
            ) from None
        except (
            OSError,
            SyntaxError,
            ValueError,
            EOFError,
            TypeError,
            IndexError,
            KeyError,
            OverflowError,
        ) as error:
            raise raw.broken(
                f"the picture does not decode ({type(error).__name__}: {str(error)[:120]})",
                do="copy the file again from its source",
            ) from None
    image, notes = grey_levels(pixels)
    if frames > 1:
        notes = (*notes, f"the first of {frames} frames was read")
    return image, notes


def _read(raw: RawFile) -> Sequence[Record]:
    kind = _kind(raw)
    image, notes = opened_with_pillow(raw, kind)
    if kind == "JPEG":
        notes = (*notes, "a JPEG: its lossy compression has changed the grey levels, near edges above all")
    from pelletry.formats.sem_beside import scale_beside

    rows, columns = image.shape
    scale, entries, program = scale_beside(raw.path, rows=rows, columns=columns)
    header = {"kind": kind, **({"program": program} if program else {})}
    if scale.rows is not None and scale.rows < rows:
        header["databar"] = f"{rows - scale.rows} rows cut off"
        notes = (*notes, f"the last {rows - scale.rows} of {rows} rows are the databar and were cut off")
        image = np.ascontiguousarray(image[: scale.rows])
    hints = []
    if scale.tilt_deg is not None:
        header["tilt"] = f"{scale.tilt_deg:.6g} deg"
        hints.append(
            Hint(name="tilt", value=round(scale.tilt_deg, 6), unit="deg", source="header", text=header["tilt"])
        )
    return [
        picture_record(
            raw, "picture", image, pixel_size_m=scale.pixel_m, pixel_size_from=scale.pixel_from, header={**header, **entries},
            hints=hints, notes=(*notes, *scale.notes),
        )
    ]  # fmt: skip


FORMATS = (
    Format(
        name="picture",
        title="picture without a scale (PNG, JPEG, BMP, GIF)",
        extensions=(".png", ".jpg", ".jpeg", ".bmp", ".gif"),
        can_read=lambda raw: bool(_kind(raw)),
        read=_read,
    ),
)
