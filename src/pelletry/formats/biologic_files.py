"""BioLogic EC-Lab's other files: settings (``.mps``), logs (``.mpl``) and loop indexes (``_LOOP.txt``). They hold no measured data.

Each gives one record without columns whose ``technique`` is "settings", so that a folder can be told in full. A settings
file lists its techniques as ``Technique 1``, ``Technique 2``; a loop file gives ``Loop starts`` (first points, counted from 0).
The log repeats the header of the run (built after a public log of EC-Lab 10.33, decimal commas, and descriptions; none of ours); its
``Acquisition started on`` is the start, month first.

Seen: EC-Lab 11.32 (2023), cp1252, CRLF. The comments of a settings file may be those of EC-Lab's example ("Li-ion 18650
1.35 A.h", "GITT") and say nothing about the cell.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Sequence

from pelletry.core.record import Record
from pelletry.formats.biologic_header import read_header
from pelletry.formats.dates import iso_date
from pelletry.formats.rawfile import RawFile
from pelletry.formats.registry import Format

__all__ = ["FORMATS"]

_SETTINGS = re.compile(r"\s*(?:EC|BT)-?LAB SETTINGS? FILE", re.IGNORECASE)
_LOG = re.compile(r"\s*(?:EC|BT)-?LAB LOG FILE", re.IGNORECASE)
_LOOPS = re.compile(r"\s*VMP EXPERIMENT LOOP INDEXES")
_TECHNIQUE = re.compile(r"Technique : (\d+)\s*\Z")


def _starts_with(pattern: re.Pattern[str]) -> Callable[[RawFile], bool]:
    return lambda raw: pattern.match(raw.head_text) is not None


def _record(
    raw: RawFile,
    format: str,
    name: str,
    header: dict[str, str],
    not_set: tuple[str, ...] = (),
    acquired_at: str | None = None,
) -> list[Record]:
    return [
        Record(
            name=name,
            technique="settings",
            columns=(),
            origin=raw.origin(format, line=1, acquired_at=acquired_at),
            header=header,
            not_set=not_set,
            warnings=("the file holds settings, no measured data",),
        )
    ]


def _read_settings(raw: RawFile) -> Sequence[Record]:
    lines = raw.text().lines
    header = read_header(lines[1:])
    entries = {key: value for key, value in header.entries.items() if key != "Technique"}
    for line, following in itertools.pairwise(lines):
        match = _TECHNIQUE.match(line.strip())
        if match:
            entries[f"Technique {match[1]}"] = following.strip()
    return _record(raw, "biologic-mps", "EC-Lab settings", entries, header.not_set)


def _read_log(raw: RawFile) -> Sequence[Record]:
    header = read_header(raw.text().lines[1:])
    began = iso_date(header.entries.get("Acquisition started on", ""), is_month_first=True)
    return _record(raw, "biologic-mpl", "EC-Lab log", header.entries, header.not_set, began)


def _read_loops(raw: RawFile) -> Sequence[Record]:
    starts: list[int] = []
    for number, line in enumerate(raw.text().lines[1:], start=2):
        if not line.strip():
            continue
        if not line.strip().isascii() or not line.strip().isdigit() or len(line.strip()) > 12:
            raise raw.broken("the line is no point number", line=number, expected="one whole number a line")
        starts.append(int(line))
    entries = {"Number of loops": str(max(len(starts) - 1, 0)), "Loop starts": " ".join(map(str, starts[:-1]))}
    return _record(raw, "biologic-loops", "EC-Lab loop indexes", entries)


FORMATS = (
    Format(
        name="biologic-mps",
        title="BioLogic EC-Lab settings (.mps)",
        extensions=(".mps",),
        can_read=_starts_with(_SETTINGS),
        read=_read_settings,
    ),
    Format(
        name="biologic-mpl",
        title="BioLogic EC-Lab log (.mpl)",
        extensions=(".mpl",),
        can_read=_starts_with(_LOG),
        read=_read_log,
    ),
    Format(
        name="biologic-loops",
        title="BioLogic EC-Lab loop indexes (_LOOP.txt)",
        extensions=(".txt",),
        can_read=_starts_with(_LOOPS),
        read=_read_loops,
    ),
)
