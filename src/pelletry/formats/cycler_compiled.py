"""Cells of whole lines in one pass over their bytes, compiled where numba is installed, for files of hundreds of megabytes.

The same rule as in :mod:`pelletry.formats.cell_floats`: up to 19 digits that make a whole number below 2^53, times or over a power of ten up to 10^22,
round once and give the double of ``float(cell)``. What is no such cell is marked and left to numpy. The loops do not hold the interpreter, so
two threads keep two cores busy. Digits are taken eight at a time, as one word of the text; cells with more than a sign, digits and a point
(blanks, exponents) and those of the last bytes, behind which there is no word, go byte by byte.

Imported only when such a file is read: loading numba takes longer than reading a short one.
"""

from __future__ import annotations

from typing import Any

import numba
import numpy as np
from numba.core import types
from numba.extending import intrinsic

__all__ = ["DATE", "NUMBER", "OTHER", "TIME", "WORD", "scan_lines"]

NUMBER, TIME, DATE, WORD, OTHER = 0, 1, 2, 3, 4
_BLANK, _LF, _CR, _ZERO = 32, 10, 13, 48
_PLUS, _MINUS, _POINT, _COLON = 43, 45, 46, 58
_TENS = 10.0 ** np.arange(23)
_LARGEST = np.uint64(2**53)
_TEN = np.uint64(10)
# Places are unsigned: numba then asks at no byte whether a place is counted from the end.
_0, _1, _2, _3, _6, _19, _20 = (np.uint64(k) for k in (0, 1, 2, 3, 6, 19, 20))
_TAB, _DAYS, _LETTER_A, _LETTER_M, _LETTER_P, _LETTER_T = 9, 100, 65, 77, 80, 84
_EXACT, _LONGEST_CLOCK = 2.0**53, np.uint64(48)
_ZEROS, _OVER_NINE, _TOPS = (np.uint64(byte * 0x0101010101010101) for byte in (0x30, 0x76, 0x80))
_PAIRS, _FOURS = np.uint64(0x00FF00FF00FF00FF), np.uint64(0x0000FFFF0000FFFF)
_BY_2, _BY_4, _BY_8 = (np.uint64(k) for k in (2561, 6553601, 42949672960001))
_4, _8, _16, _32 = (np.uint64(k) for k in (4, 8, 16, 32))
_WHOLE_TENS = np.array([10**k for k in range(9)], dtype=np.uint64)
_WORD_ROOM = 64  # bytes behind a cell that is read by words: sign, 8 digits, point, 16 digits, and a word more


@intrinsic
def _zeros_below(typing: Any, word: Any) -> Any:
    """How many bits below the lowest set one are zero; 64 when none is set."""

    def made(context: Any, builder: Any, signature: Any, values: Any) -> Any:
        return builder.cttz(values[0], context.get_constant(types.boolean, False))

    return types.uint64(types.uint64), made


@numba.njit(nogil=True, cache=True, forceinline=True, error_model="numpy")
def _leading_digits(word):  # type: ignore[no-untyped-def]
    """How many of eight bytes, from which ``0`` was taken by exclusive or, are digits before the first that is none."""
    return _zeros_below(((word + _OVER_NINE) | word) & _TOPS) >> _3  # type: ignore[call-arg]  # numba gives the context


@numba.njit(nogil=True, cache=True, forceinline=True, error_model="numpy")
def _of_digits(word, count):  # type: ignore[no-untyped-def]
    """The number that the first ``count`` of them are."""
    shift = _32 - _4 * count
    word = (word << shift) << shift  # twice, since no word is shifted by 64
    word = (word * _BY_2) >> _8
    word = ((word & _PAIRS) * _BY_4) >> _16
    return ((word & _FOURS) * _BY_8) >> _32


@numba.njit(nogil=True, cache=True)
def _number(text, at, separator, tens):  # type: ignore[no-untyped-def]
    """The number at a place: (value, place behind it, whether it is one). A line feed ends every text, so no loop runs over its end."""
    start = at
    while text[at] == _BLANK:
        at += _1
    is_negative = text[at] == _MINUS
    if is_negative or text[at] == _PLUS:
        at += _1
    first = at
    digits = _0
    digit = np.uint8(text[at] - _ZERO)
    while digit < 10:
        digits = digits * _TEN + np.uint64(digit)
        at += _1
        digit = np.uint8(text[at] - _ZERO)
    count = np.int64(at - first)
    power = 0
    if text[at] == _POINT:
        at += _1
        first = at
        digit = np.uint8(text[at] - _ZERO)
        while digit < 10:
            digits = digits * _TEN + np.uint64(digit)
            at += _1
            digit = np.uint8(text[at] - _ZERO)
        power = -np.int64(at - first)
        count -= power
    if (text[at] | 32) == 101 and count:
        at += _1
        is_below = text[at] == _MINUS
        if is_below or text[at] == _PLUS:
            at += _1
        exponent = 0
        first = at
        digit = np.uint8(text[at] - _ZERO)
        while digit < 10:
            exponent = exponent * 10 + digit
            at += _1
            digit = np.uint8(text[at] - _ZERO)
        if at == first or at - first > _3:
            count = 0
        power += -exponent if is_below else exponent
    while text[at] == _BLANK:
        at += _1
    if text[at] != separator and text[at] != _LF and not (text[at] == _CR and text[at + _1] == _LF):
        return 0.0, at, False
    if not (0 < count < 20 and digits <= _LARGEST and -23 < power < 23):
        for k in range(start, at):
            if text[k] != _BLANK:
                return 0.0, at, False
        return np.nan, at, True
    value = np.float64(digits)
    if power > 0:
        value *= tens[power]
    elif power < 0:
        value /= tens[-power]
    return (-value if is_negative else value), at, True


@numba.njit(nogil=True, cache=True)
def _clock(text, at, end, tens, is_of_day):  # type: ignore[no-untyped-def]
    """Seconds of ``12:34:56``, ``123:4:5.25``, ``0d 00:00:05.05000019073486``, and of a day ``3:04:05 PM``, that fill the places up to ``end``: (seconds, whether it is one).

    More than 19 decimals, or decimals that are no exact whole number, are left to numpy.
    """
    days = 0
    whole = 0
    first = at
    digit = np.uint8(text[at] - _ZERO)
    while digit < 10:
        whole = whole * 10 + digit
        at += _1
        digit = np.uint8(text[at] - _ZERO)
    if at == first or at - first > _6:
        return 0.0, False
    if not is_of_day and (text[at] == _BLANK or text[at] == _DAYS):
        while at < end and text[at] == _BLANK:
            at += _1
        if text[at] != _DAYS:
            return 0.0, False
        at += _1
        while at < end and text[at] == _BLANK:
            at += _1
        days, whole = whole, 0
        first = at
        digit = np.uint8(text[at] - _ZERO)
        while digit < 10:
            whole = whole * 10 + digit
            at += _1
            digit = np.uint8(text[at] - _ZERO)
        if at == first or at - first > _6:
            return 0.0, False
    hours = whole
    whole = 0
    for _ in range(2):
        if text[at] != _COLON:
            return 0.0, False
        tenth = np.uint8(text[at + _1] - _ZERO)
        if tenth > 9:
            return 0.0, False
        at += _2
        one = np.uint8(text[at] - _ZERO)
        if one < 10:
            whole = whole * 60 + tenth * 10 + one
            at += _1
        else:
            whole = whole * 60 + tenth
    decimals = _0
    power = _0
    if at < end and text[at] == _POINT:
        at += _1
        first = at
        digit = np.uint8(text[at] - _ZERO)
        while digit < 10 and at - first < _19:
            decimals = decimals * _TEN + np.uint64(digit)
            at += _1
            digit = np.uint8(text[at] - _ZERO)
        power = at - first
        if not (power and decimals < _LARGEST):
            return 0.0, False
    if is_of_day and at + _3 == end and text[at] == _BLANK and text[at + _2] == _LETTER_M:
        is_afternoon = text[at + _1] == _LETTER_P
        if text[at + _1] == _LETTER_A or is_afternoon:
            hours = hours % 12 + 12 * is_afternoon
            at = end
    seconds = np.float64(whole + (days * 24 + hours) * 3600)
    if power:
        # Rounded once as long as all of the digits are an exact number.
        together = seconds * tens[power] + np.float64(decimals)
        if together < _EXACT:
            seconds = together / tens[power]
        else:
            seconds += np.float64(decimals) / tens[power]
    return seconds, at == end


@numba.njit(nogil=True, cache=True)
def _behind_day(text, at, end):  # type: ignore[no-untyped-def]
    """The place behind the day of ``05/11/2021 12:22:12``, ``2024-04-30T14:33:19``; ``end`` where there is none."""
    if np.uint8(text[at] - _ZERO) > 9:
        return end
    while at < end and text[at] != _BLANK:
        is_mark = text[at] == _LETTER_T and np.uint8(text[at - _1] - _ZERO) < 10
        if is_mark and np.uint8(text[at + _1] - _ZERO) < 10:
            return at
        at += _1
    return at if text[at - _1] >= _ZERO else end  # what is no digit or letter there is for numpy to say


@numba.njit(nogil=True, cache=True)
def _differs(text, one, two, length):  # type: ignore[no-untyped-def]
    for k in range(length):  # noqa: SIM110  numba compiles no generators
        if text[one + k] != text[two + k]:
            return True
    return False


@numba.njit(nogil=True, cache=True, error_model="numpy")
def scan_lines(text, words, separator, kinds, values, starts, ends, marks, marked, is_left):  # type: ignore[no-untyped-def]
    """The cells of all lines; whether every line has as many as ``kinds``.

    Parameters
    ----------
    text:
        Bytes, shape (m,), of whole lines, the last one ended by a line feed as well.
    words:
        The words of eight bytes that begin at each byte of the text, shape (m - 7,).
    kinds:
        Of each column, shape (c,): NUMBER, TIME, DATE, WORD or OTHER.
    values:
        Filled, shape (c, n) for n lines: numbers, times in s, of dates the seconds since midnight.
    starts, ends:
        Filled where it is needed, of marked cells and those of times and dates, shape (c, n): where a cell starts, and the place behind it.
    marks, marked:
        The rows of the marked cells of a column in their order, shape (c, n), and how many, shape (c,), zero before: numbers that are left to
        numpy; words, and days of dates, that differ from those above.
    is_left:
        Filled, shape (c,), zero before: times and dates of another layout, which are left to numpy as a column.
    """
    at = _0
    width, lines = values.shape
    tens = _TENS
    whole_tens = _WHOLE_TENS
    by_words = np.uint64(max(text.size - _WORD_ROOM, 0))
    above_start = np.zeros(width, dtype=np.uint64)
    above_end = np.zeros(width, dtype=np.uint64)
    for row in range(lines):
        for j in range(width):
            start = at
            kind = kinds[j]
            is_marked = False
            if kind == NUMBER:
                # Not a function of its own: handing it the arrays counts their references, which takes longer than the number.
                is_one = False
                value = 0.0
                if start < by_words:
                    is_negative = text[at] == _MINUS
                    at += np.uint64(is_negative)
                    word = words[at] ^ _ZEROS
                    whole = _leading_digits(word)
                    digits = _of_digits(word, whole)
                    at += whole
                    power = _0
                    if text[at] == _POINT:
                        at += _1
                        word = words[at] ^ _ZEROS
                        power = _leading_digits(word)
                        digits = digits * whole_tens[power] + _of_digits(word, power)
                        at += power
                        if power == _8:
                            word = words[at] ^ _ZEROS
                            more = _leading_digits(word)
                            digits = digits * whole_tens[more] + _of_digits(word, more)
                            at += more
                            power += more
                    is_end = text[at] == separator or text[at] == _LF or (text[at] == _CR and text[at + _1] == _LF)
                    is_short = _0 < whole < _8 and power < _16 and whole + power < _20
                    if is_end and is_short and digits <= _LARGEST:
                        value = np.float64(digits)
                        if power:
                            value /= tens[power]
                        value = -value if is_negative else value
                        is_one = True
                if not is_one:
                    value, at, is_one = _number(text, start, separator, tens)
                values[j, row] = value
                is_marked = not is_one
            while text[at] != separator and text[at] != _LF:
                at += _1
            end = at
            at += _1
            if (text[end] == _LF) != (j == width - 1):
                return False
            if j == width - 1 and end > start and text[end - _1] == _CR:
                end -= _1
            if kind == WORD:
                is_as_long = above_end[j] - above_start[j] == end - start
                is_marked = row == 0 or not is_as_long or _differs(text, start, above_start[j], end - start)
                above_start[j] = start
                above_end[j] = end
            elif kind in (TIME, DATE):
                starts[j, row] = start
                ends[j, row] = end
                if not is_left[j]:
                    is_one = False
                    first = start
                    last = end
                    while first < last and (text[first] == _BLANK or text[first] == _TAB):
                        first += _1
                    while first < last and (text[last - _1] == _BLANK or text[last - _1] == _TAB):
                        last -= _1
                    if kind == TIME:
                        if first == last:
                            values[j, row] = np.nan
                            is_one = True
                        elif last - first <= _LONGEST_CLOCK:
                            values[j, row], is_one = _clock(text, first, last, tens, False)
                    elif last - first <= _LONGEST_CLOCK:
                        behind = _behind_day(text, first, last)
                        if behind < last and (row == 0 or text[behind] == text[above_end[j]]):
                            values[j, row], is_one = _clock(text, behind + _1, last, tens, True)
                            is_as_long = above_end[j] - above_start[j] == behind - first
                            is_same = is_as_long and not _differs(text, first, above_start[j], behind - first)
                            is_marked = is_one and (row == 0 or not is_same)
                            above_start[j] = first
                            above_end[j] = behind
                    is_left[j] = not is_one
            if is_marked:
                starts[j, row] = start
                ends[j, row] = end
                marks[j, marked[j]] = row
                marked[j] += 1
    return at == text.size
