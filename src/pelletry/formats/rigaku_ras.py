"""Rigaku RAS text scans (``.ras``) of SmartLab, MiniFlex and Ultima.

Seen: one file of SmartLab Studio (2017, one scan of 3501 points); several scans in a file from public descriptions.

Schema: the scanned axis under the file's name (``TwoThetaTheta``, deg), ``Intensity`` in the file's unit, ``attenuation factor``; one record a scan.
Scans are never joined.

Attenuation: the third column is kept as it is and nothing is applied; whether the program has applied it already: ??? (1 in every file seen).

Temperature: the axis ``Temp`` and its like only; never ``CW_*``, which is cooling water (see ``rigaku_scan.py``).

Uncertainties: none in the file; Poisson, when the intensities are whole counts.

Header kept: every ``*KEY "value"`` line without the star, and the common keys of ``scans.py``.

Structure: ``*RAS_DATA_START``, then for each scan ``*RAS_HEADER_START`` ... ``*RAS_HEADER_END``, ``*RAS_INT_START``, rows with blanks,
``*RAS_INT_END``; ``*RAS_DATA_END``. Dates are month first. Texts typed in Japan are in code page 932 and may come out garbled; keys and numbers do not.
Heat-flow data of a combined instrument (``*DSC_DATA_START``) are not read: a warning.

Refused: rows of another width, a scan without ``*RAS_INT_END`` (cut file).
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from pelletry.core.record import Record
from pelletry.formats.dates import iso_date
from pelletry.formats.rawfile import RawFile
from pelletry.formats.registry import Format
from pelletry.formats.rigaku_scan import KEYS, Axis, profile_of, scan_of
from pelletry.formats.scans import Scan, records_of_scans

__all__ = ["FORMAT"]

NAME = "rigaku-ras"
_ENTRY = re.compile(r'^\*(\S+)\s+"(.*)"\s*$')
_MOST_ENTRIES = 2000


def can_read(raw: RawFile) -> bool:
    """Text that begins with ``*RAS_DATA_START``, which pieces of such files lack."""
    return raw.head_text[:200].lstrip().startswith(("*RAS_DATA_START", "*RAS_HEADER_START"))


def read(raw: RawFile) -> Sequence[Record]:
    """One record a scan; errors as in the module docstring."""
    lines = raw.text().lines
    header: dict[str, str] = {}
    scans: list[Scan] = []
    begin: int | None = None
    has_heat = False
    for i, line in enumerate(lines):
        if begin is not None and not line.startswith("*"):
            continue
        if line.startswith("*RAS_HEADER_START"):
            header = {}
        elif line.startswith("*RAS_INT_START"):
            begin = i + 1
        elif line.startswith("*RAS_INT_END"):
            if begin is None:
                raise raw.broken("a scan ends that has not begun", line=i + 1, expected="*RAS_INT_START before it")
            scans.append(_scan(raw, lines[begin:i], begin + 1, header))
            begin = None
        elif line.startswith("*DSC_DATA_START"):
            has_heat = True
        elif (match := _ENTRY.match(line)) and len(header) < _MOST_ENTRIES:
            header[match[1]] = match[2].strip()[:500]
    if begin is not None:
        raise raw.broken(
            "the file ends inside a scan",
            line=len(lines),
            expected="*RAS_INT_END",
            do="copy the file again from its source",
        )
    if not scans:
        raise raw.broken("there is no scan in it", expected="*RAS_INT_START and rows of numbers")
    if has_heat:
        import attrs

        scans[0] = attrs.evolve(
            scans[0], warnings=(*scans[0].warnings, "the file also holds heat-flow data, which are not read")
        )
    return records_of_scans(raw, NAME, scans)


def _axes(header: dict[str, str]) -> list[Axis]:
    """The numbered entries MEAS_COND_AXIS_NAME-<n>, _UNIT-<n>, _POSITION-<n>."""
    axes = []
    for key, name in header.items():
        stem, dash, number = key.rpartition("-")
        if dash and stem == "MEAS_COND_AXIS_NAME":
            axes.append(
                Axis(
                    name=name,
                    unit=header.get(f"MEAS_COND_AXIS_UNIT-{number}", ""),
                    position=header.get(f"MEAS_COND_AXIS_POSITION-{number}", ""),
                )
            )
    return axes


def _scan(raw: RawFile, rows: Sequence[str], line: int, header: dict[str, str]) -> Scan:
    table = profile_of(raw, rows, first_line=line, inside="the scan")
    common = {name: header[key] for key, name in KEYS.items() if header.get(key)}
    if header.get("MEAS_SCAN_SPEED"):
        common["speed"] = f"{header['MEAS_SCAN_SPEED']} {header.get('MEAS_SCAN_SPEED_UNIT', '')}".rstrip()
    return scan_of(
        table, {**header, **common}, _axes(header), axis=header.get("MEAS_SCAN_AXIS_X", ""), unit=header.get("MEAS_SCAN_UNIT_X", ""),
        intensity_unit=header.get("MEAS_SCAN_UNIT_Y", ""), attachment=header.get("HW_ATTACHMENT_NAME", ""),
        announced=header.get("MEAS_DATA_COUNT", ""), acquired_at=iso_date(header.get("MEAS_SCAN_START_TIME", ""), is_month_first=True), line=line,
    )  # fmt: skip


FORMAT = Format(name=NAME, title="Rigaku RAS scan", extensions=(".ras",), can_read=can_read, read=read)
