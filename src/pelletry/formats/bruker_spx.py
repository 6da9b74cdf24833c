"""Bruker Esprit spectra (.spx): XML with one measured spectrum and, after an evaluation, its background.

Instruments seen: XFlash 6|30 on a SEM (2018), M6 Jetstream X-ray fluorescence (2021).

Schema: one record a spectrum: the measured one first, then those it contains (``Background``, ...). ``Energy`` keV is
``CalibAbs + CalibLin x channel`` with the first channel 0; ``Counts`` as stored (int64; a computed
background has fractions, float64).

Uncertainties: none in the file; counts of Poisson statistics. The energy calibration has ``SigmaAbs`` and ``SigmaLin``, which describe the
peak width and not its uncertainty.

Header: the entries of hardware, detector, excitation and spectrum under their own names (``DeadTime`` in %, ``Amplification``, ``Type`` of the
detector as ``Detector Type``), those of ``edx_spectrum.py``, and the program's own quantification as ``result <Z>``
(``XLine=K-Serie; MassPercent=...``). ``PrimaryEnergy`` and the angles that are 0 or -1 are not set.

Structure: ``TRTSpectrum/ClassInstance[Type=TRTSpectrum]`` with ``TRTHeaderedClass`` (headers), ``ClassInstance[Type=TRTSpectrumHeader]``
(date d.m.yyyy, ``ChannelCount``, calibration) and ``Channels`` (comma-separated). ``RealTime`` and ``LifeTime`` are in ms. The encoding is
declared (WINDOWS-1252). Response functions and layers are left out.

Refused: a document type or entities in the XML (no instrument writes them), more than 2^20 channels.

Knowledge from: the two files of ``edx/hyperspy+rosettasciio`` in the real data.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any
from xml.etree import ElementTree

import numpy as np
import numpy.typing as npt

from pelletry.core.record import Record
from pelletry.formats.edx_spectrum import MOST_CHANNELS, edx_record, number, quantity
from pelletry.formats.rawfile import TEXT_LIMIT_BYTES, RawFile
from pelletry.formats.registry import Format
from pelletry.formats.xml_text import parsed_xml

__all__ = ["FORMAT"]

NAME = "bruker-spx"
_LONGEST = 120
_MOST_SPECTRA = 100
_MOST_RESULTS = 120
_UNKNOWN = ("PrimaryEnergy", "ElevationAngle", "AzimutAngle", "RealTime", "LifeTime")


def _can_read(raw: RawFile) -> bool:
    return re.search(r"<TRTSpectrum\b", raw.head_text[:2000]) is not None


def _spectra(element: ElementTree.Element) -> Iterator[ElementTree.Element]:
    """The spectra in the order of the file, those inside a spectrum after it."""
    return (one for one in element.iter("ClassInstance") if one.get("Type") == "TRTSpectrum")


def _entries(spectrum: ElementTree.Element) -> dict[str, str]:
    """The plain entries of the spectrum's headers; an entry that two headers share has the header's name before it."""
    found: dict[str, str] = {}
    headers = [one for group in spectrum.findall("TRTHeaderedClass") for one in group.findall("ClassInstance")]
    headers += [one for one in spectrum.findall("ClassInstance") if one.get("Type") == "TRTSpectrumHeader"]
    for header in headers:
        kind = (header.get("Type") or "").removeprefix("TRT").removesuffix("Header")
        for entry in header:
            text = (entry.text or "").strip()
            if len(entry) or not text or len(text) > _LONGEST or entry.tag == "ResponseFunction":
                continue
            own = entry.tag not in found and entry.tag not in ("Type", "Serial", "Size", "Version")
            found.setdefault(entry.tag if own else f"{kind} {entry.tag}", text)
    return found


def _results(spectrum: ElementTree.Element) -> dict[str, str]:
    found: dict[str, str] = {}
    for result in spectrum.findall("ClassInstance[@Type='TRTResult']/Result")[:_MOST_RESULTS]:
        parts = {entry.tag: (entry.text or "").strip() for entry in result if not len(entry)}
        atom = parts.pop("Atom", "?")
        found.setdefault(f"result {atom}"[:40], "; ".join(f"{k}={v}" for k, v in parts.items())[:300])
    return found


def _counts(raw: RawFile, spectrum: ElementTree.Element, name: str) -> npt.NDArray[Any]:
    element = spectrum.find("Channels")
    text = (element.text or "").strip() if element is not None else ""
    if not text:
        raise raw.broken(f"the spectrum {name} has no channels", expected="an element <Channels>")
    cells = text.split(",")
    if len(cells) > MOST_CHANNELS:
        raise raw.refused(f"the spectrum {name} has {len(cells)} channels", expected=f"at most {MOST_CHANNELS}")
    try:
        if all(cell.isdigit() for cell in cells):
            return np.array(cells).astype(np.int64)
        values = np.array(cells).astype(np.float64)  # a computed background has fractions of a count
    except (ValueError, OverflowError):
        bad = next((i for i, cell in enumerate(cells) if number(cell) is None), 0)
        raise raw.broken(
            f"channel {bad} of the spectrum {name} holds {cells[bad][:20]!r}", expected="a number of counts"
        ) from None
    return values


def _acquired_at(entries: dict[str, str]) -> str | None:
    """``4.3.2018`` and ``10:6:4`` in ISO 8601."""
    day = re.fullmatch(r"(\d{1,2})\.(\d{1,2})\.(\d{4})", entries.get("Date", ""))
    clock = re.fullmatch(r"(\d{1,2}):(\d{1,2}):(\d{1,2})", entries.get("Time", ""))
    if day is None or not (1 <= int(day[2]) <= 12 and 1 <= int(day[1]) <= 31):
        return None
    shown = f"{day[3]}-{int(day[2]):02d}-{int(day[1]):02d}"
    return f"{shown}T{int(clock[1]):02d}:{int(clock[2]):02d}:{int(clock[3]):02d}" if clock else shown


def _record(raw: RawFile, spectrum: ElementTree.Element, index: int) -> Record:
    name = (spectrum.get("Name") or "").strip()[:80]
    counts = _counts(raw, spectrum, repr(name))
    entries = _entries(spectrum)
    notes = []
    announced = entries.get("ChannelCount", "")
    if announced.isdigit() and int(announced) != len(counts):
        notes.append(f"the header announces {announced} channels, the file holds {len(counts)}")
    offset, step = number(entries.get("CalibAbs")), number(entries.get("CalibLin"))
    energy = None
    if offset is not None and step is not None and step > 0:
        energy = offset + step * np.arange(len(counts), dtype=np.float64)
    header: dict[str, str] = {"spectrum": name}
    for shown, key in (("real time", "RealTime"), ("live time", "LifeTime")):
        value = number(entries.get(key))
        quantity(header, shown, None if value is None or value <= 0 else value / 1000.0, "s")
    for shown, key, unit in (("beam energy", "PrimaryEnergy", "keV"), ("elevation angle", "ElevationAngle", "deg")):
        value = number(entries.get(key))
        quantity(header, shown, None if value is None or value <= 0 else value, unit)
    quantity(header, "energy per channel", step, "keV")
    quantity(header, "energy of channel 0", offset, "keV")
    not_set = [key for key in _UNKNOWN if key in entries and number(entries[key]) in (0.0, -1.0)]
    return edx_record(
        raw,
        NAME,
        counts=counts,
        energy=energy,
        header={**header, **entries, **_results(spectrum)},
        not_set=not_set,
        notes=notes,
        name=raw.path.name if index == 0 else f"{raw.path.name}, {name or index + 1}",
        number=index,
        acquired_at=_acquired_at(entries),
    )


def read(raw: RawFile) -> Sequence[Record]:
    """The measured spectrum and those derived from it.

    Raises
    ------
    BrokenFileError
        When the XML or the channels are damaged.
    RefusedFileError
        When the XML declares entities or the spectrum is out of bounds.
    """
    root = parsed_xml(raw, raw.bytes(limit_bytes=TEXT_LIMIT_BYTES))
    spectra = list(_spectra(root))
    if not spectra:
        raise raw.broken("the file holds no spectrum", expected="a ClassInstance of the Type TRTSpectrum")
    if len(spectra) > _MOST_SPECTRA:
        raise raw.refused(f"the file holds {len(spectra)} spectra", expected=f"at most {_MOST_SPECTRA}")
    return [_record(raw, spectrum, index) for index, spectrum in enumerate(spectra)]


FORMAT = Format(name=NAME, title="Bruker EDX spectrum (.spx)", extensions=(".spx",), can_read=_can_read, read=read)
