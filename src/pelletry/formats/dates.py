"""Dates as instruments write them, to ISO 8601; a date that may be two days is none."""

from __future__ import annotations

import re

__all__ = ["iso_date"]

_MONTHS = {
    name: i + 1
    for i, name in enumerate(["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"])
}
_CLOCK = re.compile(r"(?<!\d)(\d{1,2}):(\d{2})(?::(\d{2}))?(?:[.,]\d+)?\s*([AaPp])?\.?[Mm]?")


def iso_date(text: str, *, is_month_first: bool | None = None) -> str | None:
    """The date (and time) in a text, or None when there is none or its day and month cannot be told apart.

    ``is_month_first`` says what is known of the program; None: only a number above 12 decides.

    >>> iso_date("4/23/2018 4:05:06 PM"), iso_date("02/03/2018"), iso_date("Feb. 20, 2020   15:55:08")
    ('2018-04-23T16:05:06', None, '2020-02-20T15:55:08')
    """
    text = text[:200]
    if match := re.search(r"(?<!\d)((?:19|20)\d\d)[-/.](\d{1,2})[-/.](\d{1,2})(?!\d)", text):
        year, month, day = int(match[1]), int(match[2]), int(match[3])
    elif match := re.search(r"(?<!\d)(\d{1,2})[-/.](\d{1,2})[-/.]((?:19|20)\d\d)(?!\d)", text):
        a, b, year = int(match[1]), int(match[2]), int(match[3])
        if is_month_first is None:
            if a <= 12 and b <= 12 and a != b:
                return None
            is_month_first = b > 12 or a == b
        month, day = (a, b) if is_month_first else (b, a)
    elif match := re.search(r"\b([A-Za-z]{3})[a-z]*\.? (\d{1,2}),? ((?:19|20)\d\d)\b", text):
        month, day, year = _MONTHS.get(match[1].lower(), 0), int(match[2]), int(match[3])
    elif match := re.search(r"\b(\d{1,2})[. -]{1,2}([A-Za-z]{3})[a-z]*\.?[ -]((?:19|20)\d\d)\b", text):
        month, day, year = _MONTHS.get(match[2].lower(), 0), int(match[1]), int(match[3])
    elif match := re.search(r"(?<!\d)(\d{1,2})-([A-Za-z]{3})-(\d\d)(?!\d)", text):  # 23-Nov-23, as Maccor writes it
        month, day = _MONTHS.get(match[2].lower(), 0), int(match[1])
        year = int(match[3]) + (1900 if int(match[3]) >= 70 else 2000)
    else:
        return None
    if not (1 <= month <= 12 and 1 <= day <= 31):
        return None
    shown = f"{year:04d}-{month:02d}-{day:02d}"
    clock = _CLOCK.search(text, match.end()) or _CLOCK.search(text[: match.start()])
    if clock is None:
        return shown
    hour = int(clock[1]) % 12 + (12 if clock[4].lower() == "p" else 0) if clock[4] else int(clock[1])
    if hour > 23 or int(clock[2]) > 59:
        return shown
    return f"{shown}T{hour:02d}:{clock[2]}:{clock[3] or '00'}"
