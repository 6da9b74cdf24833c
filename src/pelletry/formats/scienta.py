"""Scienta text exports of SES (``[Info]``, ``[Region 1]``, ``[Info 1]``, ``[Data 1]``).

Versions seen: no real file in the folder; written from one public export (SES 1.3.1 of an R3000, one slice) and tested on files made by
hand after it. Angle-resolved exports (several slices) follow the same sections by all descriptions; none was at hand.

Schema: the first dimension by its own name (``Binding Energy`` or ``Kinetic Energy``, eV), then one column a slice: ``Intensity``, or
``Intensity at <value>`` with the values of the second dimension. ``Binding Energy`` is added to kinetic energies. Header keys as in ``xps.py``.
The file does not say whether intensities are counts or counts per second (``???``; in ADC mode they are neither): ``intensity unit`` is left out.

Uncertainties: none in the file.

Header kept: all ``Key=value`` lines of the region and its info. ``Step Time`` is in milliseconds: ``dwell (s)`` is a thousandth of it.
``Energy Unit=Kinetic`` and ``Center Energy`` speak of the analyser, not of the first dimension.

Notes on structure: sections in brackets, numbered by region. ``Dimension 1 scale`` repeats the energies of ``[Data n]``: their number is checked.
A third dimension is refused.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from pelletry.core.record import Column, Record
from pelletry.formats.columns import split_head
from pelletry.formats.dates import iso_date
from pelletry.formats.rawfile import RawFile
from pelletry.formats.registry import Format
from pelletry.formats.xps import Spectrum, record_of_spectrum, rows_of_numbers

__all__ = ["FORMAT"]

NAME = "scienta-text"
_FIRST = re.compile(r"\A\s*\[Info\]\s*\n\s*Number of Regions\s*=")
_SECTION = re.compile(r"^\[(Info|Region|Data|Run Mode Information|User Interface Information)(?: (\d+))?\]\s*$")
_LONGEST_VALUE = 2000
_MOST_SLICES = 4096


def can_read(raw: RawFile) -> bool:
    """The file begins with the section [Info] and the number of regions."""
    return _FIRST.match(raw.head_text[:500]) is not None


def read(raw: RawFile) -> Sequence[Record]:
    """One record a region.

    Raises
    ------
    BrokenFileError
        When a region has no data or its rows do not fit its dimensions; names the line.
    RefusedFileError
        When a region has a third dimension.
    """
    settings, data = _sections(raw)
    if not data:
        raise raw.broken("the file holds no data", expected="a section [Data 1]")
    return [
        _record(raw, settings.get(number, {}), rows, line, index)
        for index, (number, (line, rows)) in enumerate(data.items())
    ]


def _sections(raw: RawFile) -> tuple[dict[str, dict[str, str]], dict[str, tuple[int, list[str]]]]:
    settings: dict[str, dict[str, str]] = {}
    data: dict[str, tuple[int, list[str]]] = {}
    kind, number = "", ""
    for at, line in enumerate(raw.text().lines, start=1):
        if match := _SECTION.match(line):
            kind, number = match[1], match[2] or ""
            if kind == "Data":
                data[number] = (at + 1, [])
        elif kind == "Data":
            data[number][1].append(line)
        elif kind in ("Region", "Info") and "=" in line:
            key, _, value = line.partition("=")
            settings.setdefault(number, {})[key.strip()] = value.strip()
    return settings, data


def _whole(settings: Mapping[str, str], key: str) -> int | None:
    return int(settings[key]) if re.fullmatch(r"\d{1,9}", settings.get(key, "")) else None


def _number(settings: Mapping[str, str], key: str) -> float | None:
    match = re.match(r"[-+]?\d+(?:[.,]\d+)?(?:[eE][-+]?\d+)?", settings.get(key, ""))
    return float(match[0].replace(",", ".")) if match else None


def _record(raw: RawFile, settings: Mapping[str, str], rows: Sequence[str], line: int, index: int) -> Record:
    if "Dimension 3 size" in settings and _whole(settings, "Dimension 3 size") != 1:
        raise raw.refused(
            "the region has a third dimension", line=line, expected="energy and slices", do="export one cut"
        )
    slices, points = _whole(settings, "Dimension 2 size"), _whole(settings, "Dimension 1 size")
    if slices is not None and not 1 <= slices <= _MOST_SLICES:
        raise raw.refused(f"the region has {slices} slices", line=line, expected=f"1 to {_MOST_SLICES}")
    values = rows_of_numbers(raw, rows, line=line, width=None if slices is None else slices + 1)
    if not len(values) or (points is not None and points != len(values)):
        raise raw.broken(
            f"the region announces {points or 'some'} points, the data have {len(values)} rows",
            line=line,
            do="export it again",
        )
    name, unit = split_head(settings.get("Dimension 1 name", "energy"))
    heads = _heads(settings, values.shape[1] - 1)
    columns = [Column(name=head, unit="", values=values[:, i + 1]) for i, head in enumerate(heads)]
    lowered = name.lower()
    step_time = _number(settings, "Step Time")
    spectrum = Spectrum(
        name=settings.get("Region Name", f"region {index + 1}"),
        energy=Column(name=name, unit=unit, values=values[:, 0]),
        intensity=columns[0],
        others=tuple(columns[1:]),
        scale="kinetic" if "kinetic" in lowered else "binding" if "binding" in lowered else "",
        intensity_unit="",
        facts={
            "region": settings.get("Region Name"),
            "sample": settings.get("Sample"),
            "source energy (eV)": _number(settings, "Excitation Energy"),
            "analyser mode": settings.get("Acquisition Mode"),
            "pass energy (eV)": _number(settings, "Pass Energy"),
            "dwell (s)": None if step_time is None else step_time / 1000,
            "sweeps": _number(settings, "Number of Sweeps"),
        },
        header={
            key: value
            for key, value in settings.items()
            if value and len(value) < _LONGEST_VALUE and " scale" not in key
        },
    )
    acquired_at = iso_date(f"{settings.get('Date', '')} {settings.get('Time', '')}")
    return record_of_spectrum(raw, NAME, spectrum, index=index, acquired_at=acquired_at, line=line)


def _heads(settings: Mapping[str, str], slices: int) -> list[str]:
    scale = settings.get("Dimension 2 scale", "").split()
    if slices == 1 or len(scale) != slices:
        return ["Intensity", *(f"Intensity, slice {i + 1}" for i in range(1, slices))]
    unit = split_head(settings.get("Dimension 2 name", ""))[1]
    return [f"Intensity at {value} {unit}".strip() for value in scale]


FORMAT = Format(name=NAME, title="Scienta text export (SES)", extensions=(".txt",), can_read=can_read, read=read)
