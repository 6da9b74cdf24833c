"""Zip-based files looked into within bounds: nothing is unpacked that the directory says, or turns out, to be too large."""

from __future__ import annotations

import io
import weakref
import zipfile

from pelletry.formats.rawfile import RawFile

__all__ = ["ZIP_LIMIT_BYTES", "is_zip", "member_head", "members", "opened_zip"]

ZIP_LIMIT_BYTES = 256 * 1024 * 1024
_MOST_MEMBERS = 20_000
_MOST_RATIO = 400


# Every reader of packed files asks for the same names and beginnings of the same file.
_NAMES: weakref.WeakKeyDictionary[RawFile, tuple[str, ...]] = weakref.WeakKeyDictionary()
_HEADS: weakref.WeakKeyDictionary[RawFile, dict[tuple[str, int], bytes]] = weakref.WeakKeyDictionary()


def is_zip(raw: RawFile) -> bool:
    return raw.head[:4] == b"PK\x03\x04"


def opened_zip(raw: RawFile) -> zipfile.ZipFile:
    """The archive, after its directory was found to be within bounds.

    Raises
    ------
    BrokenFileError, RefusedFileError
        When the archive is damaged, or would unpack to more than 256 MB or more than 400 times its size.
    """
    try:
        archive = zipfile.ZipFile(io.BytesIO(raw.bytes(limit_bytes=ZIP_LIMIT_BYTES)))
        infos = archive.infolist()
    except (zipfile.BadZipFile, ValueError, OSError, NotImplementedError, OverflowError) as error:
        raise raw.broken(f"the zip archive is damaged ({error})", do="copy the file again from its source") from None
    size = sum(info.file_size for info in infos)
    if len(infos) > _MOST_MEMBERS or size > ZIP_LIMIT_BYTES or size > _MOST_RATIO * max(raw.size_bytes, 50_000):
        raise raw.refused(
            f"the archive would unpack to {size / 1e6:.0f} MB in {len(infos)} files",
            expected=f"at most {ZIP_LIMIT_BYTES / 1e6:.0f} MB and {_MOST_RATIO} times its packed size",
        )
    return archive


def members(raw: RawFile) -> tuple[str, ...]:
    """The names in the archive; empty when it is damaged or out of bounds."""
    from pelletry.core.errors import FormatError

    found = _NAMES.get(raw)
    if found is None:
        try:
            found = tuple(opened_zip(raw).namelist())
        except FormatError:
            found = ()
        _NAMES[raw] = found
    return found


def member_head(raw: RawFile, name: str, limit_bytes: int = 200_000) -> bytes:
    """The first bytes of a member, empty when it is missing or does not unpack."""
    heads = _HEADS.setdefault(raw, {})
    found = heads.get((name, limit_bytes))
    if found is None:
        found = _unpacked_head(raw, name, limit_bytes)
        if len(heads) < 10:
            heads[name, limit_bytes] = found
    return found


def _unpacked_head(raw: RawFile, name: str, limit_bytes: int) -> bytes:
    import zlib

    from pelletry.core.errors import FormatError

    try:
        with opened_zip(raw).open(name) as stream:
            return stream.read(limit_bytes)
    except (
        FormatError,
        KeyError,
        OSError,
        ValueError,
        RuntimeError,
        NotImplementedError,
        EOFError,
        zlib.error,
        zipfile.BadZipFile,
    ):
        return b""
