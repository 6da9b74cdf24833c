"""OLE2 compound files within bounds: streams by name, and property sets by id and type.

A property set (after the public description of the OLE property set format): byte order mark 0xFFFE, version, system, class, the number
of sections; per section a format id and an offset (the first at byte 44). A section holds its size, a count, then pairs of id and
offset; each value begins with its type: 2 int16, 3/22 int32, 4 float32, 5 float64, 7 date (days since 1899-12-30), 8/30 text, 11 truth,
19/23 uint32, 31 UTF-16 text, 64 time (100 ns since 1601). Type 4 is what common helpers skip, and where Avantage keeps its numbers.
Property 1 is the code page of the texts.
"""

from __future__ import annotations

import datetime
import io
import struct
from collections.abc import Callable
from typing import Any

import numpy as np

from pelletry.formats.rawfile import RawFile

__all__ = ["OLE2_MAGIC", "PropertyValue", "has_stream", "opened_ole", "properties", "stream_of"]

OLE2_MAGIC = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
PropertyValue = int | float | str | bool | datetime.datetime
_LIMIT_BYTES = 256 * 1024 * 1024
_SEARCHED_BYTES = 64 * 1024 * 1024
_MOST_PROPERTIES = 20_000
_UNICODE = 1200


def has_stream(raw: RawFile, name: str) -> bool:
    """Whether the file is an OLE2 compound file in which a stream of that name is entered."""
    if not raw.head.startswith(OLE2_MAGIC):
        return False
    content = raw.head if raw.size_bytes > _SEARCHED_BYTES else raw.bytes()
    return f"{name}\0".encode("utf-16-le") in content


def opened_ole(raw: RawFile) -> Any:
    """The compound file, an ``olefile.OleFileIO``.

    Raises
    ------
    BrokenFileError
        When its tables are damaged.
    """
    import olefile

    opener: Any = olefile.OleFileIO
    try:
        return opener(io.BytesIO(raw.bytes(limit_bytes=_LIMIT_BYTES)))
    except Exception as error:  # the library lets struct, index and its own errors through on damaged tables
        raise raw.broken(
            f"the compound file is damaged ({type(error).__name__}: {error})"[:300],
            do="copy the file again from its source",
        ) from None


def stream_of(raw: RawFile, ole: Any, name: str) -> bytes:
    """The bytes of a stream, as many as its entry says.

    Raises
    ------
    BrokenFileError
        When the stream is missing, or shorter or longer than the file can hold.
    """
    try:
        size = ole.get_size(name)
        if size > raw.size_bytes:
            raise raw.broken(f"the stream {name} is said to hold {size} bytes, the file has {raw.size_bytes}")
        content: bytes = ole.openstream(name).read()
    except (OSError, IndexError, KeyError, ValueError, struct.error, OverflowError, AttributeError, TypeError) as error:
        raise raw.broken(f"the stream {name.strip(chr(5))} cannot be read ({error})"[:300]) from None
    if len(content) != size:
        raise raw.broken(f"the stream {name} should hold {size} bytes and holds {len(content)}")
    return content


def _text(content: bytes, at: int, *, is_wide: bool, counts_characters: bool = False) -> str:
    (length,) = struct.unpack_from("<I", content, at)
    size = 2 * length if counts_characters else length
    piece = content[at + 4 : at + 4 + min(size, len(content))]
    return piece.decode("utf-16-le" if is_wide else "cp1252", errors="replace").partition("\0")[0]


def _number(layout: str) -> Callable[[bytes, int], PropertyValue]:
    def unpack(content: bytes, at: int) -> PropertyValue:
        value: PropertyValue = struct.unpack_from(layout, content, at)[0]
        return value

    return unpack


def _float32(content: bytes, at: int) -> PropertyValue:
    return float(str(np.float32(struct.unpack_from("<f", content, at)[0])))  # 1486.68, not 1486.6800537109375


def _date(content: bytes, at: int) -> PropertyValue:
    (days,) = struct.unpack_from("<d", content, at)
    return datetime.datetime(1899, 12, 30) + datetime.timedelta(seconds=round(days * 86400))


def _time(content: bytes, at: int) -> PropertyValue:
    (ticks,) = struct.unpack_from("<Q", content, at)
    return datetime.datetime(1601, 1, 1) + datetime.timedelta(microseconds=ticks // 10)


_READERS: dict[int, Callable[[bytes, int], PropertyValue]] = {
    2: _number("<h"),
    3: _number("<i"),
    4: _float32,
    5: _number("<d"),
    7: _date,
    11: lambda content, at: bool(struct.unpack_from("<h", content, at)[0]),
    19: _number("<I"),
    22: _number("<i"),
    23: _number("<I"),
    31: lambda content, at: _text(content, at, is_wide=True, counts_characters=True),
    64: _time,
}


def _value(content: bytes, at: int, code_page: int) -> PropertyValue | None:
    kind = struct.unpack_from("<I", content, at)[0] & 0xFFFF
    if kind in (8, 30):
        is_wide = code_page == _UNICODE or (kind == 8 and content[at + 9 : at + 10] == b"\0")
        return _text(content, at + 4, is_wide=is_wide)
    reader = _READERS.get(kind)
    return None if reader is None else reader(content, at + 4)


def properties(content: bytes) -> dict[int, PropertyValue]:
    """The properties of the first section by their ids; values of other types and values out of bounds are left out."""
    try:
        (section,) = struct.unpack_from("<I", content, 44)
        (count,) = struct.unpack_from("<I", content, section + 4)
        places = [struct.unpack_from("<II", content, section + 8 + 8 * i) for i in range(min(count, _MOST_PROPERTIES))]
    except struct.error:
        return {}
    found: dict[int, PropertyValue] = {}
    code_page = 0
    for number, offset in sorted(places):
        try:
            if number == 1:
                code_page = struct.unpack_from("<H", content, section + offset + 4)[0]
            elif number > 1 and (value := _value(content, section + offset, code_page)) is not None:
                found[number] = value
        except (struct.error, OverflowError, ValueError):
            continue
    return found
