"""Open a raw file of any known format: content first, extension never."""

from __future__ import annotations

import os

from pelletry.core.errors import (
    AmbiguousFormatError,
    BrokenFileError,
    FormatError,
    RefusedFileError,
    UnknownFormatError,
)
from pelletry.core.record import Record
from pelletry.formats.archive import is_zip, opened_zip
from pelletry.formats.rawfile import RawFile
from pelletry.formats.recognised import Kind, recognised
from pelletry.formats.registry import BY_NUMBERS, Format, formats_for

__all__ = ["format_of", "read_as", "read_file", "read_raw"]


def read_file(path: str | os.PathLike[str], *, root: str | os.PathLike[str] | None = None) -> tuple[Record, ...]:
    """The records of a file; paths in messages and provenance are relative to ``root``.

    Raises
    ------
    UnknownFormatError
        When no reader recognises the content; lists who was asked. Also for a licence or a text page.
    AmbiguousFormatError
        When two readers claim it.
    BrokenFileError
        When it is empty, truncated or corrupt; names line or offset.
    RefusedFileError
        When its numbers cannot be trusted, it is too large, or its format is known and not read by this version.
    FormatError
        When it is missing, unreadable or no file.
    """
    return read_raw(RawFile.open(path, root=root))


def read_raw(raw: RawFile) -> tuple[Record, ...]:
    """The same for a file that was opened already."""
    return read_as(raw, format_of(raw))


def read_as(raw: RawFile, chosen: Format) -> tuple[Record, ...]:
    """The records of a file whose format was found already."""
    try:
        return tuple(chosen.read(raw))
    except FormatError:
        raise
    except (
        ValueError,
        IndexError,
        KeyError,
        OverflowError,
        ArithmeticError,
        TypeError,
        AttributeError,
        RecursionError,
        StopIteration,
    ) as error:
        # A reader that stumbles over content nobody foresaw: the file is named, the cause stays attached.
        raise BrokenFileError(
            f"the {chosen.title} could not be understood ({type(error).__name__}: {str(error)[:120]})",
            where=raw.shown,
            do="send the file to the authors, so that its layout can be learned",
        ) from error


def format_of(raw: RawFile) -> Format:
    """The one format that claims the content; plain tables are asked last."""
    if raw.size_bytes == 0 or not raw.head:
        raise BrokenFileError("the file is empty", where=raw.shown, do="copy it again from the instrument")
    every = formats_for(raw)
    claims = [one for one in every if not one.is_fallback and one.can_read(raw)]
    if len(claims) > 1:
        claims = [one for one in claims if one.name not in BY_NUMBERS]
    if len(claims) > 1:
        raise AmbiguousFormatError(
            f"{len(claims)} readers claim this file: {', '.join(one.title for one in claims)}",
            where=raw.shown,
            do="tell the authors; until then export it in another format",
        )
    if claims:
        return claims[0]
    if is_zip(raw):
        opened_zip(raw)  # a damaged or boundless archive is said to be that
    kind = recognised(raw)
    if kind is not None:
        raise not_read(raw, kind)
    fallback = next((one for one in every if one.is_fallback and one.can_read(raw)), None)
    if fallback is not None:
        return fallback
    raise UnknownFormatError(
        f"no reader recognises {'this text: it holds no table of numbers' if raw.is_text else 'this binary content'}",
        where=raw.shown,
        expected=f"one of {', '.join(one.title for one in every)}",
    )


def not_read(raw: RawFile, kind: Kind) -> FormatError:
    """The refusal of a kind that is known and not read; a text that is no measurement at all is unknown to all readers."""
    if not kind.is_about_data:
        return UnknownFormatError(f"this is {kind.title}, no measurement", where=raw.shown)
    return RefusedFileError(f"recognised as {kind.title}; not read by this version", where=raw.shown, do=kind.do)
