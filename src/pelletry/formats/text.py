"""Bytes to text: which encoding, which lines.

Instruments write what their Windows does: UTF-8 with or without a byte order mark, UTF-16 (Setaram Calisto, PalmSens, Excel's
"Unicode text"), cp1252 (EC-Lab's micro sign 0xB5, the degree sign 0xB0) and, in old programs, the OEM code page 850 (the degree
sign is 0xF8, the micro sign 0xE6); Chinese ones GB 2312, Japanese ones Shift JIS, Russian ones cp1251, told by what no western text holds:
nothing but pairs of common ideographs, or words of four letters that are all accented. Lines end in CRLF, LF or CR; nothing else ends a line, so that line numbers in messages
are those of an editor.
"""

from __future__ import annotations

import codecs
import functools
import re
from array import array
from collections.abc import Iterator, Sequence
from typing import overload

import attrs

__all__ = ["Lines", "Text", "decode", "looks_like_text"]

_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
# Characters of code page 850 where cp1252 would have to be a quotation mark inside a word, or a stroked o before C or K.
_OEM = re.compile(rb"[A-Za-z][\x80-\x84\x86-\x90\x93-\x95\x98-\x9a][A-Za-z]|\xf8[CK]\b|\xe6[mAVFlsg]\b")
_HIGH = re.compile(rb"[\x80-\xff]+")
_COMMON_PAIRS = re.compile(
    rb"(?:[\xa1-\xa9\xb0-\xd7][\xa1-\xfe])+"
)  # punctuation, letters and the frequent ideographs of GB 2312
_CYRILLIC = re.compile(rb"[\xc0-\xff]{4}")
_JAPANESE = re.compile("[\u3040-\u30ff\u4e00-\u9fff]{2}")
_FOREIGN_BYTES = 1 << 16
_PIECE = 1 << 20
_LONG_TEXT = 1 << 18  # shorter ones are split at once, which is faster
_NOT_TEXT = re.compile(rb"[\x00-\x06\x0e-\x19\x1c-\x1f\x7f]")


class Lines(Sequence[str]):
    """The lines of a text, cut out when they are asked for: as objects of their own they would take five times the text."""

    __slots__ = ("_ends", "_starts", "_text")

    def __init__(self, text: str, starts: array[int], ends: array[int]) -> None:
        self._text, self._starts, self._ends = text, starts, ends

    @classmethod
    def of(cls, text: str) -> Lines:
        """The lines between line feeds; none after the last one."""
        import numpy as np  # only long texts come here

        starts, ends = array("I", [0]), array("I")
        for at in range(0, len(text), _PIECE):
            piece = text[at : at + _PIECE]
            # One number a character, whatever the character.
            content, kind = (
                (piece.encode("ascii"), "u1")
                if piece.isascii()
                else (piece.encode("utf-32-le", "surrogatepass"), "<u4")
            )
            places = (np.flatnonzero(np.frombuffer(content, dtype=kind) == 10) + at).astype(np.uintc)
            ends.frombytes(places.tobytes())
            starts.frombytes((places + np.uintc(1)).tobytes())
        if starts[-1] == len(text):
            starts.pop()
        else:
            ends.append(len(text))
        return cls(text, starts, ends)

    def longest(self) -> tuple[int, int]:
        """Characters of the longest line, and which it is, from 0."""
        import numpy as np

        lengths = np.frombuffer(self._ends, dtype=np.uintc) - np.frombuffer(self._starts, dtype=np.uintc)
        at = int(np.argmax(lengths))
        return int(lengths[at]), at

    def __len__(self) -> int:
        return len(self._starts)

    @overload
    def __getitem__(self, place: int) -> str: ...

    @overload
    def __getitem__(self, place: slice) -> Lines: ...

    def __getitem__(self, place: int | slice) -> str | Lines:
        if isinstance(place, slice):
            return Lines(self._text, self._starts[place], self._ends[place])
        return self._text[self._starts[place] : self._ends[place]]

    def __iter__(self) -> Iterator[str]:
        text = self._text
        return (text[start:end] for start, end in zip(self._starts, self._ends, strict=True))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Sequence) and list(self) == list(other)

    def __hash__(self) -> int:
        return hash((self._text, len(self)))


@attrs.frozen(kw_only=True)
class Text:
    """A decoded file. ``encoding`` is Python's name of the code that was found."""

    text: str
    encoding: str

    @functools.cached_property
    def lines(self) -> Sequence[str]:
        """The lines without their ends; ``lines[0]`` is line 1 of the messages. No empty line after the last line end."""
        text = self.text
        if "\r" in text:
            text = text.replace("\r\r\n", "\n").replace("\r\n", "\n").replace("\r", "\n")
        if len(text) > _LONG_TEXT:
            return Lines.of(text)
        lines = text.split("\n")
        return tuple(lines[:-1] if lines[-1] == "" else lines)


def _utf16_without_mark(head: bytes) -> str | None:
    sample = head[: 4096 - 4096 % 2]
    if len(sample) < 4:
        return None
    even, odd = sample[0::2], sample[1::2]
    half = len(odd)
    if odd.count(0) > 0.7 * half and even.count(0) < 0.02 * half:
        return "utf-16-le"
    if even.count(0) > 0.7 * half and odd.count(0) < 0.02 * half:
        return "utf-16-be"
    return None


def _encoding(head: bytes) -> str | None:
    """The encoding that the first bytes announce, or None when only the whole content can tell."""
    return next((name for mark, name in _MARKS if head.startswith(mark)), None) or _utf16_without_mark(head)


def looks_like_text(head: bytes) -> bool:
    """Whether the first bytes are text: announced as such, or free of the control bytes that binary files are full of."""
    if _encoding(head) is not None:
        return True
    return len(_NOT_TEXT.findall(head)) <= len(head) // 1000


def _eastern(content: bytes) -> str | None:
    """The code of a Chinese, Russian or Japanese text among its first 64 KiB, None for western ones."""
    head = content[:_FOREIGN_BYTES]
    head = head[: head.rfind(b"\n") + 1] if len(head) == _FOREIGN_BYTES and b"\n" in head else head
    runs = _HIGH.findall(head)
    if sum(map(len, runs)) >= 4 and all(_COMMON_PAIRS.fullmatch(run) for run in runs):
        return "gb18030"
    if sum(len(run) for run in runs if _CYRILLIC.match(run)) * 2 > sum(map(len, runs)):
        return "cp1251"
    try:
        return "shift_jis" if _JAPANESE.search(head.decode("shift_jis")) and _gaps(head) else None
    except UnicodeDecodeError:
        return None


def _gaps(head: bytes) -> bool:
    """Whether bytes occur that cp1252 has no character for: western programs write none of them."""
    return any(head.count(byte) for byte in (b"\x81", b"\x8d", b"\x8f", b"\x90", b"\x9d"))


def decode(content: bytes) -> Text:
    """The text of a file; never fails, since cp1252 with latin-1 for its five gaps has a character for every byte."""
    announced = _encoding(content[:4096])
    if announced is not None:
        text = content.decode(announced, errors="replace")
        return Text(text=text.removeprefix("\ufeff"), encoding=announced)
    try:
        return Text(text=content.decode("utf-8"), encoding="utf-8")
    except UnicodeDecodeError as error:
        # A cut last character (a head, a truncated file) does not make a UTF-8 file a cp1252 file.
        if error.start >= len(content) - 3 and error.reason == "unexpected end of data":
            return Text(text=content.decode("utf-8", errors="replace"), encoding="utf-8")
    foreign = _eastern(content)
    if foreign is not None:
        return Text(text=content.decode(foreign, errors="replace"), encoding=foreign)
    if _OEM.search(content, 0, 1 << 20):
        return Text(text=content.decode("cp850"), encoding="cp850")
    try:
        return Text(text=content.decode("cp1252"), encoding="cp1252")
    except UnicodeDecodeError:
        return Text(text=content.decode("latin-1"), encoding="latin-1")
