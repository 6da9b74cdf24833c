"""A raw file as the readers see it: bounded, read-only, hashed, and known to be the same from the first byte to the last.

Readers never open files themselves. They look at :attr:`RawFile.head` to recognise a format and ask for :meth:`RawFile.bytes`
or :meth:`RawFile.text`, which refuse a file that is larger than a stated limit before a byte of it is read. Gzip and bzip2
files are unpacked on the way, up to the same limit, so that a small archive cannot fill the memory; their hash is that of
the file as it lies on the disk. Zip-based formats stay packed (see :mod:`pelletry.formats.archive`).
"""

from __future__ import annotations

import functools
import hashlib
import os
import stat
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO

import attrs

from pelletry.core.errors import BrokenFileError, FormatError, RefusedFileError
from pelletry.core.provenance import Origin
from pelletry.formats.text import Lines, Text, decode, looks_like_text

__all__ = ["BINARY_LIMIT_BYTES", "HEAD_BYTES", "STREAM_LIMIT_BYTES", "TEXT_LIMIT_BYTES", "RawFile"]

Bytes = bytes  # the class below has a method of that name

HEAD_BYTES = 64 * 1024
TEXT_LIMIT_BYTES = 256 * 1024 * 1024
BINARY_LIMIT_BYTES = 1024 * 1024 * 1024
STREAM_LIMIT_BYTES = 8 * 1024 * 1024 * 1024
LONGEST_LINE = 1 << 22
_MOST_LINE_ENDS = 0.9  # CR LF behind one digit are two of three
_CHUNK_BYTES = 1 << 20
_TIFF = (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")  # a small picture may look like UTF-16
_KEPT_BYTES = 64 * 1024 * 1024  # up to here hashing reads the content that the reader needs anyway


def _packing(start: Bytes) -> str:
    if start[:3] == b"\x1f\x8b\x08":
        return "gzip"
    if start[:3] == b"BZh" and start[4:10] in (b"1AY&SY", b"\x17rE8P\x90"):
        return "bzip2"
    return ""


class _PackedError(Exception):
    """Packed data that end early or do not unpack."""


def _read_up_to(stream: Any, limit: int) -> Bytes:
    """Piece by piece: asked for all at once, Python's buffers take the whole limit before a byte is there."""
    parts: list[Bytes] = []
    left = limit
    while left > 0 and (part := stream.read(min(left, _CHUNK_BYTES))):
        parts.append(part)
        left -= len(part)
    return b"".join(parts)


def _unpacked(stream: BinaryIO, packing: str, limit: int) -> Bytes:
    """The first ``limit`` bytes of a packed stream, at most."""
    try:
        if packing == "gzip":
            import gzip

            return _read_up_to(gzip.GzipFile(fileobj=stream, mode="rb"), limit)
        import bz2

        with bz2.BZ2File(stream, "rb") as unpacked:
            return _read_up_to(unpacked, limit)
    except (EOFError, OSError, zlib.error) as error:
        if isinstance(error, OSError) and error.errno:
            raise
        raise _PackedError(str(error)) from None


def _opened(path: Path) -> BinaryIO:
    """Open without ever waiting: a FIFO that took the file's place since it was looked at does not block."""
    flags = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0) | getattr(os, "O_CLOEXEC", 0)
    return os.fdopen(os.open(path, flags), "rb")


def _seen(status: os.stat_result) -> tuple[int, int, int]:
    return (status.st_ino, status.st_size, status.st_mtime_ns)


def _megabytes(size: int) -> str:
    return f"{size / 1e6:.0f} MB" if size >= 1e6 else f"{size} bytes"


@attrs.frozen(kw_only=True, eq=False)
class RawFile:
    """One file of the study, opened with :meth:`open`.

    ``shown`` is the path relative to the study (or as typed): it goes into :class:`Origin` and into every message. ``head``
    is the first 64 KiB of the content, unpacked when ``packing`` is ``"gzip"`` or ``"bzip2"``. ``size_bytes`` is the size
    on the disk.
    """

    path: Path
    shown: str
    head: Bytes
    size_bytes: int
    packing: str = ""
    _identity: tuple[int, int, int] | None = None

    @classmethod
    def open(cls, path: str | os.PathLike[str], *, root: str | os.PathLike[str] | None = None) -> RawFile:
        """Look at a file.

        Raises
        ------
        FormatError
            When the path is missing, unreadable, a folder, a device or a link in a circle.
        """
        typed = Path(path)
        absolute = Path(os.path.abspath(typed))
        shown = shown_path(typed, root)
        try:
            status = os.stat(absolute)
            _refuse_strange_kinds(status, shown)
            with _opened(absolute) as stream:
                status = os.fstat(stream.fileno())
                _refuse_strange_kinds(status, shown)
                head = stream.read(HEAD_BYTES)
                packing = _packing(head)
                if packing:
                    stream.seek(0)
                    head = _unpacked(stream, packing, HEAD_BYTES)
        except _PackedError as error:
            raise _not_unpacked(error, shown) from None
        except OSError as error:
            raise _unreadable(error, shown) from None
        return cls(
            path=absolute,
            shown=shown,
            head=head,
            size_bytes=status.st_size,
            packing=packing,
            identity=_seen(status),
        )

    @functools.cached_property
    def is_text(self) -> bool:
        """Whether the head looks like text in any encoding."""
        return not self.head.startswith(_TIFF) and looks_like_text(self.head)

    @functools.cached_property
    def head_text(self) -> str:
        """The head decoded, with one kind of line end; empty for a binary file. Its last line may be cut."""
        return "\n".join(decode(self.head).lines) if self.is_text else ""

    @functools.cached_property
    def sha256(self) -> str:
        """Hash of the file as it lies on the disk, lower-case hexadecimal."""
        if self.size_bytes <= _KEPT_BYTES and not self.packing:
            return hashlib.sha256(self._content).hexdigest()
        digest = hashlib.sha256()
        with self._stream() as stream:
            while chunk := stream.read(_CHUNK_BYTES):
                digest.update(chunk)
            self._refuse_change(stream)
        return digest.hexdigest()

    def bytes(self, *, limit_bytes: int = BINARY_LIMIT_BYTES) -> Bytes:
        """The whole content, unpacked; refused before reading when it is larger than ``limit_bytes``."""
        if self.size_bytes > limit_bytes:
            raise self._too_large(limit_bytes)
        content = self._content
        if len(content) > limit_bytes:
            raise self._too_large(limit_bytes)
        return content

    def pieces(self, *, size: int = 1 << 22, start: int = 0, limit_bytes: int = STREAM_LIMIT_BYTES) -> Iterator[Bytes]:
        """The content from the byte ``start`` on, piece by piece, for files too long to be held at once."""
        if self.size_bytes > limit_bytes:
            raise self._too_large(limit_bytes)
        if self.packing:
            content = self.bytes()
            yield from (content[at : at + size] for at in range(start, len(content), size))
            return
        with self._stream() as stream:
            stream.seek(start)
            left = self.size_bytes - start
            while left > 0 and (piece := stream.read(min(size, left))):
                left -= len(piece)
                yield piece
            self._refuse_change(stream)

    def hashed_pieces(self, *, size: int = 1 << 22, start: int = 0) -> Iterator[Bytes]:
        """The same as :meth:`pieces`; once all are taken ``sha256`` is known, hashed beside the caller's work without reading the file again."""
        if self.packing or start > len(self.head):
            yield from self.pieces(size=size, start=start)
            return
        from concurrent.futures import ThreadPoolExecutor  # only long files need it

        digest = hashlib.sha256(self.head[:start])
        with ThreadPoolExecutor(1) as beside:
            hashed = None
            for piece in self.pieces(size=size, start=start):
                if hashed is not None:
                    hashed.result()  # at most one piece waits
                hashed = beside.submit(digest.update, piece)
                yield piece
        object.__setattr__(self, "sha256", digest.hexdigest())

    def text(self, *, limit_bytes: int = TEXT_LIMIT_BYTES, has_lines: bool = True) -> Text:
        """The whole content decoded; a text of more than ``limit_bytes`` is refused before it is read.

        ``has_lines`` False: a format that puts everything into one line; otherwise lines of more than 4 MB are refused, and texts of hardly
        anything but line ends: the smallest of readers would take an age and the memory of the machine for them.
        """
        if self.size_bytes > limit_bytes:
            raise self._too_large(limit_bytes)
        if not self.is_text:
            raise self.broken("the file is binary where text was expected")
        if has_lines and len(self._text.text) > LONGEST_LINE:
            self._refuse_strange_lines(self._text)
        return self._text

    def _refuse_strange_lines(self, text: Text) -> None:
        if text.text.count("\n") + text.text.count("\r") > _MOST_LINE_ENDS * len(text.text):
            raise self.broken("the text is hardly anything but line ends", do="copy it again from the instrument")
        if isinstance(text.lines, Lines):
            length, at = text.lines.longest()
            if length > LONGEST_LINE:
                raise self.broken(
                    f"a line is longer than {LONGEST_LINE >> 20} MB", line=at + 1, expected="rows of numbers"
                )

    def origin(
        self, format: str, *, record: int = 0, acquired_at: str | None = None, line: int | None = None
    ) -> Origin:
        """Where a record of this file comes from; ``line`` is its first line, counted from 1."""
        return Origin(
            path=self.shown, sha256=self.sha256, record=record, format=format, acquired_at=acquired_at, line=line
        )

    def broken(
        self, what: str, *, line: int | None = None, offset: int | None = None, expected: str = "", do: str = ""
    ) -> BrokenFileError:
        """The error for a known format that is truncated or corrupt, at a line (from 1) or a byte offset (from 0)."""
        where = self.shown if offset is None else f"{self.shown}: byte {offset}"
        return BrokenFileError(what, where=where, line=line, expected=expected, do=do)

    def refused(self, what: str, *, line: int | None = None, expected: str = "", do: str = "") -> RefusedFileError:
        """The error for a file whose numbers cannot be trusted."""
        return RefusedFileError(what, where=self.shown, line=line, expected=expected, do=do)

    @functools.cached_property
    def _content(self) -> Bytes:
        return self._read()

    def _read(self) -> Bytes:
        with self._stream() as stream:
            if self.packing:
                try:
                    content = _unpacked(stream, self.packing, TEXT_LIMIT_BYTES + 1)
                except _PackedError as error:
                    raise _not_unpacked(error, self.shown) from None
                if len(content) > TEXT_LIMIT_BYTES:
                    raise self._too_large(TEXT_LIMIT_BYTES, unpacked=True)
            else:
                # Reading one byte more than expected shows a file that grew, without reading on for ever.
                content = stream.read(self.size_bytes + 1)
            self._refuse_change(stream)
        return content

    @functools.cached_property
    def _text(self) -> Text:
        # The bytes are not kept beside their text; the hash is taken while they are here.
        content = self._read()
        if not self.packing:
            object.__setattr__(self, "sha256", hashlib.sha256(content).hexdigest())
        return decode(content)

    def _stream(self) -> BinaryIO:
        try:
            stream = _opened(self.path)
        except OSError as error:
            raise _unreadable(error, self.shown) from None
        try:
            self._refuse_change(stream)
        except FormatError:
            stream.close()
            raise
        return stream

    def _refuse_change(self, stream: BinaryIO) -> None:
        if self._identity is not None and _seen(os.fstat(stream.fileno())) != self._identity:
            raise BrokenFileError(
                "the file changed while it was read",
                where=self.shown,
                do="wait until the instrument has finished writing, or read a copy",
            )

    def _too_large(self, limit_bytes: int, *, unpacked: bool = False) -> RefusedFileError:
        size = "more than that unpacked" if unpacked else _megabytes(self.size_bytes)
        return RefusedFileError(
            f"the file is too large to be read at once ({size})",
            where=self.shown,
            expected=f"at most {_megabytes(limit_bytes)} for this kind of file",
            do="split the export, or export fewer columns",
        )


def shown_path(path: str | os.PathLike[str], root: str | os.PathLike[str] | None = None) -> str:
    """The path as it goes into messages and provenance: relative to ``root`` when it lies below it, with forward slashes."""
    typed = Path(path)
    if root is not None:
        try:
            return Path(os.path.abspath(typed)).relative_to(os.path.abspath(root)).as_posix()
        except ValueError:
            return typed.as_posix()
    return typed.as_posix()


def _refuse_strange_kinds(status: os.stat_result, shown: str) -> None:
    if stat.S_ISREG(status.st_mode):
        return
    if stat.S_ISDIR(status.st_mode):
        raise FormatError("this is a folder, not a file", where=shown, do="name a file in it, or inspect the folder")
    raise FormatError("this is a device, a pipe or a socket, not a file", where=shown, do="name a regular file")


def _not_unpacked(error: Exception, shown: str) -> BrokenFileError:
    return BrokenFileError(
        f"the packed file cannot be unpacked ({error})", where=shown, do="copy the file again from its source"
    )


def _unreadable(error: OSError, shown: str) -> FormatError:
    if isinstance(error, FileNotFoundError):
        return FormatError("there is no such file", where=shown, do="check the path")
    if isinstance(error, PermissionError):
        return FormatError("the file may not be read (permission denied)", where=shown, do="allow reading it")
    return FormatError(f"the file cannot be read ({error.strerror or type(error).__name__})", where=shown)
