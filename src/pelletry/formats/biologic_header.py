"""The header of EC-Lab's text files: ``key : value`` lines, the table of settings in columns of 20 characters, dates, loops.

Settings that were never entered keep the program's defaults. They are kept as written and listed as "not set": areas, masses
and volumes of 0 or 0.001, and the mass of active material of 7000 mg with 90.93 g/mol, EC-Lab's example cell.
"""

from __future__ import annotations

import datetime
import re
from collections.abc import Sequence

import attrs

from pelletry.formats.biologic_settings import TECHNIQUES

__all__ = ["TextHeader", "iso_date", "read_header"]

_SETTING_WIDTH = 20
_LINES_AT_MOST = 20_000
_CHANNEL = re.compile(r"(\S+)\s*(?:\(SN (\w+)\))?")
_LOOP = re.compile(r"Loop \d+ from point number (\d+) to (\d+)")
_NUMBER = re.compile(r"[+-]?\d+(?:[.,]\d+)?")
_MAY_BE_DEFAULT = (
    "Electrode surface area",
    "Characteristic mass",
    "Mass of active material",
    "Equivalent Weight",
    "Density",
    "Volume (V)",
    "Battery capacity",
)
_EXAMPLE_CELL = ("7000", "90.93")
_DATE = re.compile(
    r"(\d{1,4})[./\-](\d{1,2})[./\-](\d{2,4})(?:\s+(\d{1,2}):(\d\d)(?::(\d\d)(?:[.,](\d{1,6}))?)?\s*([AaPp][Mm])?)?"
)
_SHORT = {title.lower(): short for short, title in TECHNIQUES.values()}


@attrs.frozen(kw_only=True)
class TextHeader:
    """``loops`` are the first points of the loops, ``points`` what the loops add up to (None without loops)."""

    technique: str
    entries: dict[str, str]
    not_set: tuple[str, ...]
    acquired_at: str | None
    loops: tuple[int, ...]
    points: int | None


def read_header(lines: Sequence[str]) -> TextHeader:
    """What the lines before the table say; a line that fits no pattern is left out."""
    entries: dict[str, str] = {}
    loops: list[tuple[int, int]] = []
    title = ""
    for line in lines[:_LINES_AT_MOST]:
        bare = line.strip()
        loop = _LOOP.match(bare)
        if loop:
            loops.append((int(loop[1]), int(loop[2])))
        elif " : " in line or bare.endswith(" :"):
            key, _, value = line.strip().partition(" :")
            _add(entries, key.strip(), value.strip())
        elif len(line.rstrip()) > _SETTING_WIDTH and line[:1].strip() and "\t" not in line and title:
            steps = [line[i : i + _SETTING_WIDTH].strip() for i in range(_SETTING_WIDTH, len(line), _SETTING_WIDTH)]
            _add(entries, line[:_SETTING_WIDTH].strip(), "; ".join(step for step in steps if step))
        if (
            not title
            and bare
            and not entries.keys() - {"Nb header lines"}
            and "ASCII FILE" not in bare
            and ":" not in bare
        ):
            title = bare
    if title:
        entries["Technique"] = title
    channel = _CHANNEL.match(entries.get("Run on channel", ""))
    if channel:
        entries["Run on channel"] = channel[1]
        if channel[2]:
            entries["Channel SN"] = channel[2]
    started = entries.get("Acquisition started on")
    starts = tuple(first for first, _ in loops)
    if loops:
        entries["Loop starts"] = " ".join(map(str, starts))
    return TextHeader(
        technique=_SHORT.get(title.lower(), title[:60]),
        entries=entries,
        not_set=_defaults(entries),
        acquired_at=iso_date(started) if started else None,
        loops=starts,
        points=1 + max(last for _, last in loops) if loops else None,
    )


def iso_date(text: str) -> str | None:
    """EC-Lab's date in ISO 8601, or None when it is none.

    EC-Lab writes month, day, year, whatever the language of the computer: in every binary file whose exact start is known,
    the printed date is in this order. A first number above 12 is taken for the day, one above 31 for the year.

    >>> iso_date("05/15/2025 01:18:45.867"), iso_date("15.05.2025 1:18:45 PM"), iso_date("2025-05-15")
    ('2025-05-15T01:18:45.867', '2025-05-15T13:18:45', '2025-05-15')
    """
    match = _DATE.search(text)
    if match is None:
        return None
    first, second, third = int(match[1]), int(match[2]), int(match[3])
    if first > 31:
        year, month, day = first, second, third
    elif first > 12:
        day, month, year = first, second, third
    else:
        month, day, year = first, second, third
    if year < 100:
        year += 2000
    try:
        date = datetime.date(year, month, day).isoformat()
        if match[4] is None:
            return date
        hour = int(match[4]) % 12 + 12 * (match[8].lower() == "pm") if match[8] else int(match[4])
        clock = datetime.time(hour, int(match[5]), int(match[6] or 0)).isoformat()
    except ValueError:
        return None
    return f"{date}T{clock}" + (f".{match[7]}" if match[7] else "")


def _add(entries: dict[str, str], key: str, value: str) -> None:
    """Keep the first of equal keys, except comments, whose lines belong together."""
    if not key:
        return
    if key == "Comments" and entries.get(key):
        entries[key] += f"\n{value}"
    else:
        entries.setdefault(key, value)


def _defaults(entries: dict[str, str]) -> tuple[str, ...]:
    found: list[str] = []
    for key in _MAY_BE_DEFAULT:
        number = _NUMBER.match(entries.get(key, ""))
        if number and float(number[0].replace(",", ".")) in (0.0, 0.001):
            found.append(key)
    mass = entries.get("Mass of active material", "").replace(",", ".")
    molar = entries.get("Molecular weight of active material (at x = 0)", "").replace(",", ".")
    if mass.startswith(_EXAMPLE_CELL[0]) and molar.startswith(_EXAMPLE_CELL[1]):
        found.append("Mass of active material")
    return tuple(found)
