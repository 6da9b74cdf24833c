"""The modules of an EC-Lab binary file: where each begins, how long it is, and whether the file holds all of it.

The file opens with 52 bytes (the words ``BIO-LOGIC MODULAR FILE``, 0x1A, spaces, four zero bytes). Each module follows with a
header and its content. Numbers are little-endian. Header: ``MODULE``, short name (10 bytes), long name (25 bytes), and then

========  ==============================================  ==========================================================
layout    from byte 41                                    seen
========  ==============================================  ==========================================================
old       uint32 length, uint32 version, 8 bytes of date  EC-Lab 10 to 11.4, BT-Lab 1.79; data versions 2 and 3
new       uint32 0xFFFFFFFF, uint32 length, uint32 ???    EC-Lab 11.5 and later; data version 11
          (always 0), uint32 version, 8 bytes of date
========  ==============================================  ==========================================================

The date is month, day, two-digit year with ``/``, ``.`` or ``-`` between them, whatever the language of the computer.
"""

from __future__ import annotations

import struct

import attrs

from pelletry.formats.rawfile import RawFile

__all__ = ["MAGIC", "Module", "modules_of"]

MAGIC = b"BIO-LOGIC MODULAR FILE\x1a"
_START_BYTES = 52
_MARK = b"MODULE"
_NEW_LAYOUT = 0xFFFFFFFF
_OLD_HEADER_BYTES, _NEW_HEADER_BYTES = 57, 65
_MODULES_AT_MOST = 1000


@attrs.frozen(kw_only=True)
class Module:
    """One module: its short name (``VMP data``), version, date text and the place of its content in the file."""

    name: str
    version: int
    date: str
    begin: int
    length: int

    def is_whole_in(self, size: int) -> bool:
        return self.begin + self.length <= size


def modules_of(content: bytes, raw: RawFile) -> tuple[tuple[Module, ...], str]:
    """The modules in the order of the file, and a sentence about what follows the last one that could be read.

    A damaged file gives the modules before the damage; the caller decides whether that is enough.
    """
    found: list[Module] = []
    at = _START_BYTES
    while at < len(content):
        if len(found) >= _MODULES_AT_MOST:
            return tuple(found), f"more than {_MODULES_AT_MOST} modules; the rest was not read"
        module = _module_at(content, at)
        if module is None:
            return tuple(found), f"the {len(content) - at} bytes from byte {at} on are no module and were not read"
        found.append(module)
        at = module.begin + module.length
    if not found:
        raise raw.broken(
            "the file ends behind its first line", offset=len(content), expected="modules", do="copy the file again"
        )
    if at > len(content):
        last = found[-1]
        return tuple(found), (
            f"the file ends at byte {len(content)} inside the module '{last.name}', {at - len(content)} bytes too early"
        )
    return tuple(found), ""


def _module_at(content: bytes, at: int) -> Module | None:
    header = content[at : at + _NEW_HEADER_BYTES]
    if len(header) < _OLD_HEADER_BYTES or not header.startswith(_MARK):
        return None
    first, second = struct.unpack_from("<II", header, 41)
    if first == _NEW_LAYOUT:
        if len(header) < _NEW_HEADER_BYTES:
            return None
        length, version, date, size = second, struct.unpack_from("<I", header, 53)[0], header[57:65], _NEW_HEADER_BYTES
    else:
        length, version, date, size = first, second, header[49:57], _OLD_HEADER_BYTES
    return Module(
        name=header[6:16].decode("latin-1").strip(),
        version=version,
        date=date.decode("latin-1").strip("\0 "),
        begin=at + size,
        length=length,
    )
