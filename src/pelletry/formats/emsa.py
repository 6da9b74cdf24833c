"""EMSA / MAS spectra (.msa, .emsa), ISO 22029.

Formats: the standard's (versions 1.0 and 2.0), tried on public files of its task force and of HyperSpy. EDX programs (Oxford, EDAX, Thermo, JEOL, Bruker) export it.

Schema: ``Energy`` (``XLABEL`` when the spectrum is none of EDX) in the file's ``XUNITS`` and ``Counts`` (or ``YLABEL``) in ``YUNITS``. With ``DATATYPE`` XY both are in the
file; with Y the axis is ``OFFSET + XPERCHAN x channel``, the first channel 0.

Uncertainties: none; ``YUNITS`` says whether these are counts.

Header: every ``#KEY`` with its text, and the entries of ``edx_spectrum.py`` (``BEAMKV`` keV, ``LIVETIME`` and ``REALTIME`` s, ``ELEVANGLE`` deg). ``BEAMKV``
of 0 is not set. The technique is "edx" for the ``SIGNALTYPE`` EDS, EDX or XEDS, or when there is none and the axis is in eV or keV; electron
energy loss (ELS) and others leave it open.

Structure: lines ``#KEYWORD -unit: value``, ``#SPECTRUM``, numbers between commas or blanks (also at the ends of lines), ``#ENDOFDATA``.
A file that ends early without ``#ENDOFDATA`` is broken; another number of values than ``NPOINTS`` with it is a warning. Dates
``01-OCT-1991``. Keys are matched without their case; a decimal comma is read when the numbers stand between blanks.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np

from pelletry.core.record import Record
from pelletry.formats.dates import iso_date
from pelletry.formats.edx_spectrum import MOST_CHANNELS, edx_record, number, quantity
from pelletry.formats.rawfile import RawFile
from pelletry.formats.registry import Format

__all__ = ["FORMAT"]

NAME = "emsa"
_LINE = re.compile(r"#\s*([A-Za-z0-9_]+)\s*([^:]*?)\s*:\s*(.*)")
_EDX = ("EDS", "EDX", "XEDS", "EDXS")


def _can_read(raw: RawFile) -> bool:
    return re.match(r"\s*#\s*FORMAT\s*:\s*EMSA", raw.head_text[:200], re.IGNORECASE) is not None


def _values(raw: RawFile, lines: Sequence[str], start: int, end: int) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    found: list[float] = []
    for i in range(start, end):
        text = lines[i].strip()
        if not text or text.startswith("#"):
            continue
        has_points = "." in text or re.search(r",\s|,$", text) or text.count(",") != len(text.split())
        cells = re.split(r"[\s,]+" if has_points else r"\s+", text.strip(" ,\t"))
        for cell in cells:
            value = number(cell)
            if value is None:
                raise raw.broken(
                    f"{cell[:20]!r} is not a number", line=i + 1, expected="numbers between commas or blanks"
                )
            found.append(value)
        if len(found) > 2 * MOST_CHANNELS:
            raise raw.refused(f"more than {MOST_CHANNELS} channels", line=i + 1)
    return np.array(found, dtype=np.float64)


def read(raw: RawFile) -> Sequence[Record]:
    """The spectrum.

    Raises
    ------
    BrokenFileError
        When it ends early, has no spectrum, or a value is no number.
    """
    lines = raw.text().lines
    start = next((i for i, line in enumerate(lines) if re.match(r"\s*#\s*SPECTRUM\b", line, re.IGNORECASE)), None)
    if start is None:
        raise raw.broken("the spectrum is missing", line=len(lines), expected="a line #SPECTRUM")
    end = next((i for i in range(start, len(lines)) if re.match(r"\s*#\s*ENDOFDATA", lines[i], re.IGNORECASE)), None)
    header = {m[1].upper(): m[3].strip()[:300] for line in lines[:start] if (m := _LINE.match(line.strip()))}
    values = _values(raw, lines, start + 1, len(lines) if end is None else end)
    if re.fullmatch(r"Y{2,8}", header.get("DATATYPE", "").upper()):
        raise raw.refused(
            f"the file holds {len(header['DATATYPE'])} spectra side by side (DATATYPE {header['DATATYPE']})", line=start + 1, expected="DATATYPE Y or XY",
            do="export one spectrum a file",
        )  # fmt: skip
    is_pairs = header.get("DATATYPE", "Y").upper().startswith("XY")
    points = len(values) // 2 if is_pairs else len(values)
    announced = number(header.get("NPOINTS"))
    notes = []
    if announced is not None and announced != points:
        if end is None and points < announced:
            raise raw.broken(
                f"the file ends after {points} of {announced:.0f} points", line=len(lines), expected="a line #ENDOFDATA"
            )
        notes.append(f"the header announces {announced:.0f} points, the file holds {points}")
    if is_pairs and len(values) % 2:
        raise raw.broken("the last point has no second value", line=(end or len(lines)), expected="pairs of numbers")
    step, offset = number(header.get("XPERCHAN")), number(header.get("OFFSET"))
    if is_pairs:
        energy, counts = values[0::2].copy(), values[1::2].copy()
    else:
        calibrated = step is not None and offset is not None and step != 0
        energy = (offset or 0.0) + (step or 0.0) * np.arange(points) if calibrated else None
        counts = values
    unit = header.get("XUNITS", "")
    signal = header.get("SIGNALTYPE", "").upper()
    is_edx = signal in _EDX or (not signal and unit.lower() in ("ev", "kev"))
    told: dict[str, str] = {}
    for shown, key, wanted in (
        ("real time", "REALTIME", "s"),
        ("live time", "LIVETIME", "s"),
        ("beam energy", "BEAMKV", "keV"),
        ("elevation angle", "ELEVANGLE", "deg"),
    ):
        value = number(header.get(key))
        quantity(told, shown, None if value is None or value <= 0 else value, wanted)
    quantity(told, "energy per channel", step, unit)
    quantity(told, "energy of channel 0", offset, unit)
    record = edx_record(
        raw,
        NAME,
        counts=counts,
        energy=energy,
        energy_unit=unit,
        counts_unit="" if header.get("YUNITS", "").lower() == "counts" else header.get("YUNITS", ""),
        names=("Energy" if is_edx else header.get("XLABEL") or "Energy", header.get("YLABEL") or "Counts"),
        header={**told, **header},
        not_set=[key for key in ("BEAMKV", "LIVETIME", "REALTIME") if number(header.get(key)) == 0.0],
        notes=notes,
        name=header.get("TITLE") or raw.path.name,
        acquired_at=iso_date(f"{header.get('DATE', '')} {header.get('TIME', '')}"),
        line=start + 2,
        technique="edx" if is_edx else "",
    )
    return [record]


FORMAT = Format(name=NAME, title="EMSA spectrum (.msa)", extensions=(".msa", ".emsa"), can_read=_can_read, read=read)
