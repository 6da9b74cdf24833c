"""Bruker Esprit spectra saved as text, English and German.

Formats: built from public descriptions of Esprit 1.x and 2.x; **no real file seen**.

Schema: ``Energy`` and ``Counts`` under the names of the file's own line (``Energy Counts``, ``Energie Impulse``). The unit of the energy is
decided by the calibration in the header: keV when a step of the table is ``Calibration, lin.`` (eV a channel) / 1000, eV when they
are equal; without a calibration the unit is left open and a warning says so.

Uncertainties: none in the file.

Header: the entries ``key: value`` under their own words (``Primary energy`` or ``Primärenergie``), and those of ``edx_spectrum.py``. Real and life
time are in ms. ``Beam current`` -1 and angles or energies of 0 or -1 are not set.

Structure: line 1 ``Bruker Nano GmbH Berlin, Germany``, line 2 ``Esprit 1.9``, entries, the line of names, then rows of two numbers between
blanks; latin-1, decimal point or comma. Files whose first lines were removed are known by ``Primary energy`` and ``Calibration, lin.`` or
``Channels``. A file with fewer rows than ``Channels`` is broken. The German words for calibration and times are ??? beyond
``Primärenergie``; several spellings are accepted.
"""

from __future__ import annotations

import re
from array import array
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from pelletry.core.record import Record
from pelletry.formats.dates import iso_date
from pelletry.formats.edx_spectrum import MOST_CHANNELS, edx_record, number, quantity
from pelletry.formats.rawfile import RawFile
from pelletry.formats.registry import Format

__all__ = ["FORMAT"]

NAME = "esprit-text"
_NAMES = re.compile(
    r"\s*(Energy|Energie)(?:\s*[\[(/]\s*(k?eV)\s*[\])]?)?[\s;,]+(Counts|Impulse|Ereignisse)\b.*", re.IGNORECASE
)
_KEYS = {
    "real": r"real ?time|realzeit|echtzeit",
    "live": r"li[fv]e ?time|li[fv]e ?zeit|lebend?s?zeit|lebensdauer",
    "beam": r"primary energy|primärenergie",
    "angle": r"take ?off angle|abnahmewinkel",
    "current": r"beam current|strahlstrom",
    "step": r"(?:calibration|kalibr(?:ierung|ation)),? lin\.?",
    "offset": r"(?:calibration|kalibr(?:ierung|ation)),? abs\.?",
    "channels": r"channels|kanäle|kanalzahl",
    "date": r"date|datum",
}
_PATTERNS = {name: re.compile(rf"\s*(?:{words})\s*", re.IGNORECASE) for name, words in _KEYS.items()}


def _can_read(raw: RawFile) -> bool:
    head = raw.head_text[:4000]
    if re.match(r"\s*Bruker Nano GmbH[^\n]*\n\s*Esprit", head):
        return True
    entries = _entries(head.split("\n"))
    return (
        "beam" in entries and bool({"step", "channels"} & entries.keys()) and _names_line(head.split("\n")) is not None
    )


def _entries(lines: Sequence[str]) -> dict[str, tuple[str, str]]:
    """The known entries as name -> (the file's key, its text)."""
    found: dict[str, tuple[str, str]] = {}
    for line in lines:
        key, colon, text = line.partition(":")
        if not colon:
            continue
        for name, pattern in _PATTERNS.items():
            if name not in found and pattern.fullmatch(key):
                found[name] = (key.strip(), text.strip())
    return found


def _names_line(lines: Sequence[str]) -> int | None:
    return next((i for i, line in enumerate(lines[:500]) if _NAMES.fullmatch(line)), None)


def _rows(raw: RawFile, lines: Sequence[str], names_at: int) -> npt.NDArray[np.float64]:
    """The rows of two numbers, shape (n, 2)."""
    rows = array("d")  # a pair of Python's numbers takes eight times as much
    for i in range(names_at + 1, len(lines)):
        cells = re.split(r"[\s;]+", lines[i].strip())
        if cells == [""]:
            continue
        pair = [number(cell) for cell in cells[:2]]
        if len(cells) < 2 or None in pair:
            raise raw.broken(
                f"the row holds {lines[i].strip()[:40]!r}", line=i + 1, expected="an energy and a number of counts"
            )
        rows.extend((float(pair[0] or 0.0), float(pair[1] or 0.0)))
        if len(rows) > 2 * MOST_CHANNELS:
            raise raw.refused(f"more than {MOST_CHANNELS} channels", line=i + 1)
    return np.array(rows, dtype=np.float64).reshape(-1, 2)


def _energy_unit(stated: str, values: npt.NDArray[np.float64], step_eV: float | None) -> tuple[str, list[str]]:
    if stated:
        return stated, []
    step = float(np.median(np.diff(values))) if len(values) > 1 else None
    if step_eV and step:
        for unit, factor in (("keV", 1000.0), ("eV", 1.0)):
            if abs(step * factor - step_eV) < 0.02 * abs(step_eV):
                return unit, []
        return "", [f"the rows are {step:.6g} apart and the calibration says {step_eV:.6g} eV: the unit is open"]
    return "", ["the unit of the energy is not in the file"]


def read(raw: RawFile) -> Sequence[Record]:
    """The spectrum.

    Raises
    ------
    BrokenFileError
        When the line of names is missing, a row is no pair of numbers or rows are missing.
    """
    lines = raw.text().lines
    names_at = _names_line(lines)
    if names_at is None:
        raise raw.broken("the line of names is missing", expected="'Energy Counts' or 'Energie Impulse'")
    rows = _rows(raw, lines, names_at)
    entries = _entries(lines[:names_at])
    values = {name: number(text.split()[0] if text.split() else "") for name, (_, text) in entries.items()}
    announced = values.get("channels")
    if announced is not None and len(rows) < announced:
        raise raw.broken(
            f"the header announces {announced:.0f} channels and {len(rows)} rows follow",
            line=len(lines),
            do="copy the file again from its source",
        )
    match = _NAMES.fullmatch(lines[names_at])
    names, stated = (match[1], match[3]) if match else ("Energy", "Counts"), (match[2] or "") if match else ""
    unit, notes = _energy_unit(stated, rows[:, 0], values.get("step"))
    header: dict[str, str] = {}
    for shown, name, factor, wanted in (
        ("real time", "real", 1e-3, "s"),
        ("live time", "live", 1e-3, "s"),
        ("beam energy", "beam", 1.0, "keV"),
        ("elevation angle", "angle", 1.0, "deg"),
    ):
        value = values.get(name)
        quantity(header, shown, None if value is None or value <= 0 else value * factor, wanted)
    quantity(header, "energy per channel", values.get("step"), "eV")
    quantity(header, "energy of channel 0", values.get("offset"), "eV")
    own = {
        key.strip(): text.strip()[:200]
        for key, colon, text in (line.partition(":") for line in lines[:names_at])
        if colon
    }
    doubtful = ("real", "live", "beam", "angle", "current")
    not_set = [entries[name][0] for name in doubtful if values.get(name) in (0.0, -1.0)]
    record = edx_record(
        raw,
        NAME,
        counts=rows[:, 1].copy(),
        energy=rows[:, 0].copy(),
        energy_unit=unit,
        names=names,
        header={**header, **own},
        not_set=not_set,
        notes=notes,
        acquired_at=iso_date(entries["date"][1]) if "date" in entries else None,
        line=names_at + 2,
    )
    return [record]


FORMAT = Format(name=NAME, title="Bruker Esprit spectrum (text)", extensions=(".txt",), can_read=_can_read, read=read)
