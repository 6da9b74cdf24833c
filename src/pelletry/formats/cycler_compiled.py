"""Cells of whole lines in one pass over their bytes, compiled where numba is installed, for files of hundreds of megabytes.

The same rule as in :mod:`pelletry.formats.cell_floats`: up to 19 digits that make a whole number below 2^53, times or over a power of ten up to 10^22,
round once and give the double of ``float(cell)``. What is no such cell is marked and left to numpy. The loops do not hold the interpreter, so
two threads keep two cores busy.

Imported only when such a file is read: loading numba takes longer than reading a short one.
"""

from __future__ import annotations

import numba
import numpy as np

__all__ = ["DATE", "NUMBER", "OTHER", "TIME", "WORD", "scan_lines"]

NUMBER, TIME, DATE, WORD, OTHER = 0, 1, 2, 3, 4
_BLANK, _LF, _CR, _ZERO = 32, 10, 13, 48
_PLUS, _MINUS, _POINT, _COLON = 43, 45, 46, 58
_TENS = 10.0 ** np.arange(23)
_LARGEST = np.uint64(2**53)
_TEN = np.uint64(10)
# Places are unsigned: numba then asks at no byte whether a place is counted from the end.
_0, _1, _2, _3, _6, _7, _11, _13, _19 = (np.uint64(k) for k in (0, 1, 2, 3, 6, 7, 11, 13, 19))


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
def _clock(text, at, end, tens):  # type: ignore[no-untyped-def]
    """Seconds of ``12:34:56`` and ``123:04:05.25`` that fill the places up to ``end``: (seconds, whether it is one)."""
    whole = 0
    first = at
    digit = np.uint8(text[at] - _ZERO)
    while digit < 10:
        whole = whole * 10 + digit
        at += _1
        digit = np.uint8(text[at] - _ZERO)
    if at == first or at - first > _6 or at + _6 > end:
        return 0.0, False
    for _ in range(2):
        tenth, one = np.uint8(text[at + _1] - _ZERO), np.uint8(text[at + _2] - _ZERO)
        if text[at] != _COLON or tenth > 9 or one > 9:
            return 0.0, False
        whole = whole * 60 + tenth * 10 + one
        at += _3
    if at == end:
        return np.float64(whole), True
    if text[at] != _POINT or end - at > _7:
        return 0.0, False
    at += _1
    first = at
    digit = np.uint8(text[at] - _ZERO)
    while digit < 10:
        whole = whole * 10 + digit
        at += _1
        digit = np.uint8(text[at] - _ZERO)
    return np.float64(whole) / tens[at - first], at == end and at > first


@numba.njit(nogil=True, cache=True)
def _differs(text, one, two, length):  # type: ignore[no-untyped-def]
    for k in range(length):  # noqa: SIM110  numba compiles no generators
        if text[one + k] != text[two + k]:
            return True
    return False


@numba.njit(nogil=True, cache=True)
def scan_lines(text, separator, kinds, values, starts, ends, marks, is_left):  # type: ignore[no-untyped-def]
    """The cells of all lines; whether every line has as many as ``kinds``.

    Parameters
    ----------
    text:
        Bytes, shape (m,), of whole lines, the last one ended by a line feed as well.
    kinds:
        Of each column, shape (c,): NUMBER, TIME, DATE, WORD or OTHER.
    values:
        Filled, shape (c, n) for n lines: numbers, times in s, of dates the seconds since midnight.
    starts, ends:
        Filled, shape (c, n): where each cell starts, and the place behind it.
    marks:
        Filled, shape (c, n), zero before: numbers that are left to numpy; words, and days of dates, that differ from those above.
    is_left:
        Filled, shape (c,), zero before: times and dates of another layout, which are left to numpy as a column.
    """
    at = _0
    width, lines = values.shape
    tens = _TENS
    for row in range(lines):
        for j in range(width):
            start = at
            kind = kinds[j]
            if kind == NUMBER:
                value, at, is_one = _number(text, at, separator, tens)
                values[j, row] = value
                if not is_one:
                    marks[j, row] = 1
            while text[at] != separator and text[at] != _LF:
                at += _1
            end = at
            at += _1
            if (text[end] == _LF) != (j == width - 1):
                return False
            if j == width - 1 and end > start and text[end - _1] == _CR:
                end -= _1
            starts[j, row] = start
            ends[j, row] = end
            if kind == WORD:
                above = row - 1 if row else 0
                is_as_long = np.uint64(ends[j, above] - starts[j, above]) == end - start
                if row == 0 or not is_as_long or _differs(text, start, np.uint64(starts[j, above]), end - start):
                    marks[j, row] = 1
            elif kind == TIME and not is_left[j]:
                value, is_one = _clock(text, start, end, tens)
                values[j, row] = value
                is_left[j] = not is_one
            elif kind == DATE and not is_left[j]:
                is_one = end - start >= _19 and text[start + _13] == _COLON
                if is_one:
                    value, is_one = _clock(text, start + _11, end, tens)
                    values[j, row] = value
                is_left[j] = not is_one
                if is_one and (row == 0 or _differs(text, start, np.uint64(starts[j, row - 1]), _11)):
                    marks[j, row] = 1
    return at == text.size
