"""Numbers in the cells of a large text table, a whole column at once and to the last bit.

A cell is known by where it starts and ends in the text. Its last 8, 16 or 24 bytes are fetched as words of eight characters; sign, decimal point
and exponent are found with operations on whole words, and eight digits become a number in three multiplications. The digits are an exact whole
number below 2^53 and are multiplied or divided once by an exact power of ten up to 10^22, which rounds once: the result is the double that
``float(cell)`` gives. Every other cell (more digits, words, blanks inside) is left to :func:`pelletry.formats.cycler_cells.numbers_of`.

Method: Clinger, PLDI 1990 (exact fast path); the digit trick is common knowledge (Lemire, 2022, "Quickly checking that a string is digits").
"""

from __future__ import annotations

from typing import Any

import attrs
import numpy as np
import numpy.typing as npt

__all__ = ["PAD_BYTES", "Cells", "cells_as_bytes", "clock_of_cells", "fast_floats", "padded", "runs_of_cells"]

#: Bytes that must lie before the first cell and behind the last one.
PAD_BYTES = 32

Array = npt.NDArray[np.float64]
_Words = npt.NDArray[np.uint64]
_Places = npt.NDArray[np.int64]
_Flags = npt.NDArray[np.bool_]


def _every(byte: int) -> Any:
    return np.uint64(byte * 0x0101010101010101)


_ZEROS, _DOTS, _TOPS, _SEVENS, _SMALL_E, _SMALL = (_every(b) for b in (0x30, 0x2E, 0x80, 0x7F, 0x65, 0x20))
_LETTERS = _every(0x40)  # set in letters and in no digit, sign or point
_OVER_NINE = _every(0x76)  # added to a byte above 9 it reaches the top bit
_ONE, _SEVEN, _EIGHT, _16, _32, _56 = (np.uint64(k) for k in (1, 7, 8, 16, 32, 56))
#: The last k of eight bytes, little-endian: the byte at the highest address is the highest.
_LAST = np.array([0] + [(2**64 - 1) << (8 * (8 - k)) & (2**64 - 1) for k in range(1, 9)], dtype=np.uint64)
_TENS = 10.0 ** np.arange(23)
_LARGEST = np.uint64(2**53)
_LONGEST = 24


@attrs.frozen(kw_only=True, eq=False)
class Cells:
    """Cells of one column: ``text`` (bytes, padded), where each starts and where it ends (the byte behind it), shape (n,)."""

    text: npt.NDArray[np.uint8]
    words: _Words
    starts: _Places
    ends: _Places

    def at(self, rows: Any) -> Cells:
        """Some of the rows."""
        return Cells(text=self.text, words=self.words, starts=self.starts[rows], ends=self.ends[rows])


def padded(*parts: bytes) -> tuple[npt.NDArray[np.uint8], _Words]:
    """The bytes with room on both sides, and their view as words that begin at every byte."""
    room = bytes(PAD_BYTES)
    text = np.frombuffer(b"".join((room, *parts, room)), dtype=np.uint8)
    words = np.ndarray(shape=(len(text) - 7,), dtype="<u8", buffer=text, strides=(1,))
    return text, words


def trimmed(cells: Cells) -> Cells:
    """Without blanks and tabs at either end."""
    starts, ends = cells.starts, cells.ends
    for _ in range(16):
        blank = (cells.text[starts] == 32) | (cells.text[starts] == 9)
        blank &= starts < ends
        if not blank.any():
            break
        starts = starts + blank
    for _ in range(16):
        blank = (cells.text[ends - 1] == 32) | (cells.text[ends - 1] == 9)
        blank &= starts < ends
        if not blank.any():
            break
        ends = ends - blank
    return Cells(text=cells.text, words=cells.words, starts=starts, ends=ends)


def cells_as_bytes(cells: Cells, *, longest: int = 256) -> npt.NDArray[np.bytes_]:
    """The cells as an array of bytes of one width; what is longer than ``longest`` is cut."""
    lengths = cells.ends - cells.starts
    width = int(min(max(int(lengths.max(initial=1)), 1), longest))
    if not len(lengths):
        return np.empty(0, dtype=f"S{width}")
    places = np.arange(width)
    matrix = cells.text.take(cells.starts[:, None] + places, mode="clip")
    matrix[places >= lengths[:, None]] = 0
    return matrix.view(f"S{width}").reshape(len(lengths))


def _hits(words: _Words, wanted: np.uint64) -> _Words:
    """The top bit of every byte that is the wanted one."""
    differ = words ^ wanted
    found: _Words = ~(((differ & _SEVENS) + _SEVENS) | differ | _SEVENS)
    return found


def _place(hit: _Words) -> npt.NDArray[np.int64]:
    """Which byte (0 to 7) the one set top bit belongs to: from the exponent of the number as a double."""
    exponents = (hit >> _ONE).view(np.int64).astype(np.float64).view(np.int64) >> 52
    places: npt.NDArray[np.int64] = (exponents - 1029) >> 3
    return places


def _digits(words: _Words) -> tuple[_Words, _Flags]:
    """Eight characters as a number, and whether all of them are digits."""
    value = words ^ _ZEROS
    is_whole = (((value + _OVER_NINE) | value) & _TOPS) == 0
    value = (value * np.uint64(2561)) >> _EIGHT
    value = ((value & np.uint64(0x00FF00FF00FF00FF)) * np.uint64(6553601)) >> _16
    value = ((value & np.uint64(0x0000FFFF0000FFFF)) * np.uint64(42949672960001)) >> _32
    return value, is_whole


def _masked(words: _Words, lengths: _Places, number: int) -> _Words:
    """Words of which the characters before the cell are set to ``0``; ``number`` counts the words from the end of the cell."""
    held = lengths - 8 * number if number else lengths
    least = int(held.min())
    if least >= 8:
        return words
    if least == int(held.max()):
        mask: Any = _LAST[max(least, 0)]
    else:
        mask = _LAST.take(np.maximum(held, 0) if number else held, mode="clip")
    masked: _Words = (words & mask) | (_ZEROS & ~mask)
    return masked


def _loaded(cells: Cells, lengths: _Places, number: int) -> _Words:
    """The word ``number`` (0: the last) of every cell, masked."""
    return _masked(cells.words[cells.ends - 8 * (number + 1)], lengths, number)


def _exponents(
    cells: Cells, lengths: _Places, last: _Words
) -> tuple[Cells, npt.NDArray[np.int64] | None, _Flags | None]:
    """Cells without their exponents, the exponents, and which are not what an exponent may be; None when there are none."""
    if not bool(np.any(last & _LETTERS)):
        return cells, None, None
    hit = _hits(last | _SMALL, _SMALL_E)
    if not hit.any():
        return cells, None, None
    rows: Any = np.flatnonzero(hit)
    if rows.size == len(hit):
        rows = slice(None)
    hit, last = hit[rows], last[rows]
    place = _place(hit)
    is_wrong = (hit & (hit - _ONE)) != 0
    at = cells.ends[rows] - 7 + place
    sign = cells.text[at]
    is_minus = sign == 45
    count = 7 - place - (is_minus | (sign == 43))
    is_wrong |= (count < 1) | (count > 4)
    mask = _LAST.take(np.maximum(count, 0), mode="clip")
    value, is_whole = _digits((last & mask) | (_ZEROS & ~mask))
    power = value.view(np.int64)
    np.negative(power, out=power, where=is_minus)
    exponents = np.zeros(len(lengths), dtype=np.int64)
    exponents[rows] = power
    wrong = np.zeros(len(lengths), dtype=np.bool_)
    wrong[rows] = is_wrong | ~is_whole
    ends = cells.ends.copy()
    ends[rows] = np.maximum(at - 1, cells.starts[rows])
    return Cells(text=cells.text, words=cells.words, starts=cells.starts, ends=ends), exponents, wrong


def _same_dot(
    loaded: list[_Words],
) -> tuple[list[_Words], int, np.bool_, np.bool_] | None:
    """The same where the point lies as many digits from the end in all cells, as instruments print; a second one is left in as no digit."""
    for number, word in enumerate(loaded):
        found = int(word[0]).to_bytes(8, "little").rfind(b".")
        if found < 0:
            continue
        at = np.uint64(8 * found)
        if bool(np.any((word >> at) & np.uint64(0xFF) != np.uint64(0x2E))):
            return None
        below = np.uint64((1 << (8 * found)) - 1)
        above = np.uint64((0xFFFFFFFFFFFFFFFF << (8 * found + 8)) & 0xFFFFFFFFFFFFFFFF)
        carry = [one >> _56 for one in loaded[number + 1 :]] + [np.uint64(0x30)]
        parted = (word & above) | ((word & below) << _EIGHT) | carry[0]
        further = [(one << _EIGHT) | rest for one, rest in zip(loaded[number + 1 :], carry[1:], strict=True)]
        return [*loaded[:number], parted, *further], 8 * number + 7 - found, np.True_, np.False_
    return None


def _without_dot(
    loaded: list[_Words],
) -> tuple[list[_Words], npt.NDArray[np.int64] | int, _Flags | np.bool_, _Flags | np.bool_]:
    """The words with the decimal point taken out, digits behind it, where there is one, and where there are several."""
    same = _same_dot(loaded)
    if same is not None:
        return same
    dots = [_hits(word, _DOTS) for word in loaded]
    seen = [dot != 0 for dot in dots]
    has = seen[0].copy()
    many = (dots[0] & (dots[0] - _ONE)) != 0
    for dot, one in zip(dots[1:], seen[1:], strict=True):
        many |= (dot & (dot - _ONE)) != 0
        many |= has & one
        has |= one
    if not has.any():
        return loaded, 0, has, many
    behind = np.zeros(len(has), dtype=np.int64)
    result: list[_Words] = []
    before: _Flags | None = None  # the point lies in a word nearer to the end
    for number, (word, dot, one) in enumerate(zip(loaded, dots, seen, strict=True)):
        carry = loaded[number + 1] >> _56 if number + 1 < len(loaded) else np.uint64(0x30)
        whole = (word << _EIGHT) | carry
        if one.any():
            at = _place(dot)
            parted = (word & ~((dot << _ONE) - _ONE)) | ((word & ((dot >> _SEVEN) - _ONE)) << _EIGHT) | carry
            behind += 8 * number + 7 - at if one.all() else np.where(one, 8 * number + 7 - at, 0)
            kept = word if before is None else np.where(before, whole, word)
            result.append(parted if one.all() else np.where(one, parted, kept))
        else:
            result.append(word if before is None else np.where(before, whole, word))
        before = one if before is None else before | one
    return result, behind, has, many


def fast_floats(cells: Cells) -> tuple[Array, _Flags]:
    """The numbers of the cells, shape (n,), NaN for empty ones; and for which cells that did not work.

    >>> text, words = padded(b"-1.25,3e-3,,x")
    >>> found = fast_floats(Cells(text=text, words=words, starts=np.array([32, 38, 43, 44]), ends=np.array([37, 42, 43, 45])))
    >>> found[0][:3].tolist(), found[1].tolist()
    ([-1.25, 0.003, nan], [False, False, False, True])
    """
    if not len(cells.starts):
        return np.empty(0), np.empty(0, dtype=np.bool_)
    first = cells.text[cells.starts]
    last = cells.words[cells.ends - 8]
    lengths = cells.ends - cells.starts
    if bool(np.any(first <= 32)) or bool(np.any(last >> _56 <= _32)):
        cells = trimmed(cells)
        first = cells.text[cells.starts]
        last = cells.words[cells.ends - 8]
        lengths = cells.ends - cells.starts
    is_empty = lengths == 0
    is_negative = first == 45
    has_sign = is_negative | (first == 43)
    if has_sign.any():
        has_sign &= ~is_empty
        cells = Cells(text=cells.text, words=cells.words, starts=cells.starts + has_sign, ends=cells.ends)
        lengths = lengths - has_sign
    last = _masked(last, lengths, 0)
    if len(last) > 1 and bool(np.all(lengths == lengths[0])) and lengths[0] <= 8 and bool(np.all(last == last[0])):
        # Where nothing was measured a column repeats one cell.
        one, is_strange = fast_floats(
            Cells(text=cells.text, words=cells.words, starts=cells.starts[:1], ends=cells.ends[:1])
        )
        values = np.full(len(last), one[0])
        return np.where(is_negative, -values, values), np.full(len(last), is_strange[0])
    cells, exponents, wrong = _exponents(cells, lengths, last)
    if exponents is not None:
        lengths = cells.ends - cells.starts
        last = _loaded(cells, lengths, 0)
    count = min(-(-int(lengths.max()) // 8), 3) or 1
    loaded = [last, *(_loaded(cells, lengths, k) for k in range(1, count))]
    parts, behind, has_dot, strange = _without_dot(loaded)
    digits, is_whole = _digits(parts[0])
    strange = strange | ~is_whole | (lengths - has_dot < 1)
    if count > 1:
        more, is_whole = _digits(parts[1])
        digits = digits + more * np.uint64(100_000_000)
        strange |= ~is_whole
    if count > 2:
        more, is_whole = _digits(parts[2])
        strange |= ~is_whole | (more != 0) | (lengths > _LONGEST)
    strange |= digits > _LARGEST
    if wrong is not None:
        strange |= wrong
    values = digits.view(np.int64).astype(np.float64)
    values, strange = _scaled(values, strange, behind, exponents)
    if is_negative.any():
        np.negative(values, out=values, where=is_negative)
    if is_empty.any():
        values[is_empty] = np.nan
        strange &= ~is_empty
    return values, strange


def _scaled(
    values: Array, strange: _Flags, behind: npt.NDArray[np.int64] | int, exponents: npt.NDArray[np.int64] | None
) -> tuple[Array, _Flags]:
    """The whole numbers times their power of ten; powers beyond 10^22 are not exact and are left out."""
    if exponents is None:
        if isinstance(behind, int):
            if behind >= len(_TENS):
                return values, np.ones(len(values), dtype=np.bool_)
            return (values / _TENS[behind] if behind else values), strange
        least = int(behind[0])
        if least < len(_TENS) and bool(np.all(behind == least)):
            return values / _TENS[least], strange
        strange = strange | (behind >= len(_TENS))
        return values / _TENS.take(behind, mode="clip"), strange
    power = exponents - behind
    strange = strange | (np.abs(power) >= len(_TENS))
    up, down = np.maximum(power, 0), np.maximum(-power, 0)
    return values * _TENS.take(up, mode="clip") / _TENS.take(down, mode="clip"), strange


def runs_of_cells(cells: Cells) -> npt.NDArray[np.int64]:
    """The rows at which a cell differs from the one above, the first row among them; cells of up to 24 characters."""
    lengths = cells.ends - cells.starts
    longest = int(lengths.max(initial=0))
    if longest > _LONGEST:
        raise ValueError("cells are too long")
    differs = np.empty(len(lengths), dtype=np.bool_)
    differs[:1] = True
    differs[1:] = lengths[1:] != lengths[:-1]
    for number in range(max(1, -(-longest // 8))):
        word = _loaded(cells, lengths, number)
        differs[1:] |= word[1:] != word[:-1]
    return np.flatnonzero(differs)


_CLOCK = np.uint64(int.from_bytes(b"\x00\x00:\x00\x00:\x00\x00", "little"))
_CLOCK_MARKS = np.uint64(int.from_bytes(b"\x00\x00\xff\x00\x00\xff\x00\x00", "little"))


def clock_of_cells(cells: Cells) -> tuple[Array, _Places] | None:
    """Seconds of clock times that end all cells as ``12:34:56`` or with as many decimals in each (``12:34:56.789``), and where they begin.

    None when one of the cells ends otherwise.
    """
    ends = cells.ends
    fraction: Array | float = 0.0
    decimals = 0
    if not len(ends) or int((ends - cells.starts).min()) < 8:
        return None
    tail = bytes(cells.text[int(ends[0]) - 8 : int(ends[0])])
    if b"." in tail:
        decimals = 7 - tail.rindex(b".")
        if decimals < 1 or not bool(np.all(cells.text[ends - decimals - 1] == 46)):
            return None
        places = Cells(text=cells.text, words=cells.words, starts=ends - decimals, ends=ends)
        fraction, strange = fast_floats(places)
        if strange.any():
            return None
        ends = ends - decimals - 1
    word = cells.words[ends - 8]
    if bool(np.any((word & _CLOCK_MARKS) != (_CLOCK & _CLOCK_MARKS))) or bool(np.any(cells.starts > ends - 8)):
        return None
    value = (word & ~_CLOCK_MARKS) | (_ZEROS & _CLOCK_MARKS)
    value ^= _ZEROS
    if bool(np.any(((value + _OVER_NINE) | value) & _TOPS)):
        return None
    byte = np.uint64(0xFF)
    pair = [
        ((value >> np.uint64(8 * k)) & byte) * np.uint64(10) + ((value >> np.uint64(8 * k + 8)) & byte)
        for k in (0, 3, 6)
    ]
    seconds = (pair[0] * np.uint64(3600) + pair[1] * np.uint64(60) + pair[2]).view(np.int64).astype(np.float64)
    # One division of whole numbers rounds once, as float() does where the seconds are written out.
    return ((seconds * _TENS[decimals] + fraction) / _TENS[decimals] if decimals else seconds), ends - 8
