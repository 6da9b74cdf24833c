"""PHI spectra (.spe) and depth profiles (.pro) of MultiPak and SmartSoft.

Versions seen: SmartSoft SS 3.3.3.2 of a VersaProbe 4, one survey and one depth profile of four regions and 21 cycles. Several areas in one
file were not at hand: their spectra are told by the number of the area that the file gives (``???``).

Schema: ``Binding Energy`` eV (start and step of the region's definition), ``Intensity`` c/s; of a depth profile one record a region and
cycle, and one record ``depth profile`` with the sputter time [s] and the intensity [c/s] of each region by cycle. Header keys as in ``xps.py``;
``sputter time (s)`` and ``cycle`` where there are cycles.

Uncertainties: none in the file. The intensities are counts divided by the time per point (all sweeps) that closes the region's
definition: times that time they are whole numbers, in all spectra of both real files. So counts = c/s x ``time per point (s)``.

Header kept: all ``Key: value`` lines; of repeated keys (definitions of regions and areas) those of the region, and the channel table not.

Notes on structure: text from ``SOFH`` to ``EOFH`` (CR LF or LF), then little-endian binary; offsets count from the end of the EOFH line. Four
uint32: 1, number of spectra n, 96 n, 16. Per spectrum 24 words: number, ?, ?, region (0: a table), kind (1 spectrum, 2 intensities of a
profile, 8 sputter times), points, cycles, 1, then short texts for both axes (``pnt``, ``cyc``; of tables ``cyc``, ``reg``), the unit (``c/s``, ``s``), the
type of number (``f4``; ``f8`` is expected, not seen) and, as words 19 and 20, bytes and offset of the values, points fastest.
``SpectralRegDef: number ? name atom points step start end start end time pass-energy AREA``.

Knowledge from: the two real files; a public reader's field names.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Mapping, Sequence

import attrs
import numpy as np

from pelletry.core.arrays import Array, array_field
from pelletry.core.errors import quoted
from pelletry.core.record import Column, Record
from pelletry.formats.dates import iso_date
from pelletry.formats.hints import hints_from_name
from pelletry.formats.rawfile import RawFile
from pelletry.formats.registry import Format
from pelletry.formats.xps import Spectrum, number_text, record_of_spectrum

__all__ = ["FORMAT"]

NAME = "phi"
_END = re.compile(rb"EOFH\r?\n")
_LINE = re.compile(r"^([A-Za-z][^:\n]{0,60}):[ \t]*(.*?)[ \t]*$")
_PER_REGION = re.compile(r"(?:SpectralReg|Spatial|Channel Info|DepthCal)")
_SPECTRUM, _INTENSITIES, _SPUTTER_TIMES = 1, 2, 8
_HEAD_BYTES, _ENTRY_BYTES, _MOST_SPECTRA = 16, 96, 10_000
_TYPES = {"f4": "<f4", "f8": "<f8"}


@attrs.frozen(kw_only=True)
class _Region:
    """One ``SpectralRegDef``."""

    name: str
    points: int
    start_eV: float
    step_eV: float
    time_s: float
    pass_energy_eV: float


@attrs.frozen(kw_only=True)
class _Part:
    """One entry of the binary directory with its values, shape (cycles, points)."""

    region: int
    area: int
    kind: int
    unit: str
    values: Array = array_field(doc="shape (cycles, points)")


def can_read(raw: RawFile) -> bool:
    """The text begins with SOFH on a line of its own."""
    return re.match(rb"SOFH\r?\n", raw.head) is not None


def read(raw: RawFile) -> Sequence[Record]:
    """One record a region and cycle, then one of the profile.

    Raises
    ------
    BrokenFileError
        When the header does not end, a region is not defined, or the values do not lie in the file.
    """
    content = raw.bytes()
    end = _END.search(content)
    if end is None:
        raise raw.broken("the header does not end", expected="a line EOFH before the values")
    header, regions = _header(raw, content[: end.start()].decode("cp1252", errors="replace"))
    parts = _parts(raw, content, end.end())
    times = next((part.values for part in parts if part.kind == _SPUTTER_TIMES), None)
    records: list[Record] = []
    for part in parts:
        if part.kind == _SPECTRUM:
            records.extend(_spectra(raw, part, header, regions, times, len(records)))
    if profile := _profile(raw, parts, regions, len(records)):
        records.append(profile)
    if not records:
        raise raw.broken("the file names no spectrum", expected="at least one entry behind the header")
    return records


def _header(raw: RawFile, text: str) -> tuple[dict[str, str], dict[int, _Region]]:
    header: dict[str, str] = {}
    regions: dict[int, _Region] = {}
    for number, line in enumerate(text.replace("\r\n", "\n").replace("\r", "\n").split("\n"), start=1):
        match = _LINE.match(line)
        if match is None:
            continue
        key, value = match.groups()
        if key == "SpectralRegDef":
            index, region = _region(raw, value, number)
            regions[index] = region
        elif value and not _PER_REGION.match(key):
            header.setdefault(key, value)
    return header, regions


def _region(raw: RawFile, text: str, line: int) -> tuple[int, _Region]:
    cells = text.split()
    try:
        region = _Region(
            name=" ".join(cells[2:-10]),
            points=int(cells[-9]),
            step_eV=float(cells[-8]),
            start_eV=float(cells[-7]),
            time_s=float(cells[-3]),
            pass_energy_eV=float(cells[-2]),
        )
        return int(cells[0]), region
    except (ValueError, IndexError):
        raise raw.broken(
            f"the region {quoted(text)} is not understood",
            line=line,
            expected="number, ?, name, atom, points, step, start, end, start, end, time, pass energy, word",
        ) from None


def _word(entry: bytes, number: int) -> str:
    return entry[4 * number : 4 * number + 4].partition(b"\0")[0].decode("ascii", errors="replace").strip()


def _parts(raw: RawFile, content: bytes, begin: int) -> list[_Part]:
    if len(content) < begin + _HEAD_BYTES:
        raise raw.broken("the file ends before its values", offset=begin)
    _, count, size, _ = struct.unpack_from("<4I", content, begin)
    if count > _MOST_SPECTRA or size != count * _ENTRY_BYTES or begin + _HEAD_BYTES + size > len(content):
        raise raw.broken(
            f"{count} spectra are announced in {size} bytes",
            offset=begin,
            expected=f"{_ENTRY_BYTES} bytes each, in the file",
        )
    starts = range(begin + _HEAD_BYTES, begin + _HEAD_BYTES + size, _ENTRY_BYTES)
    return [_part(raw, content, begin, start) for start in starts]


def _part(raw: RawFile, content: bytes, begin: int, start: int) -> _Part:
    entry = content[start : start + _ENTRY_BYTES]
    words = struct.unpack("<24I", entry)
    points, cycles, size, offset = words[5], words[6], words[19], words[20]
    kind = _TYPES.get(_word(entry, 18))
    if kind is None:
        raise raw.broken(f"the values are of type {quoted(_word(entry, 18))}", offset=start, expected="f4 or f8")
    width = int(kind[-1])
    if size != points * cycles * width or begin + offset + size > len(content):
        raise raw.broken(
            f"{points} points in {cycles} cycles should lie in {size} bytes from byte {begin + offset}",
            offset=start,
            expected=f"{points * cycles * width} bytes inside the file of {len(content)} bytes",
        )
    values = np.frombuffer(content, dtype=kind, count=points * cycles, offset=begin + offset).reshape(cycles, points)
    if not np.all(np.isfinite(values)):
        bad = int(np.flatnonzero(~np.isfinite(values))[0])
        raise raw.broken(f"value {bad + 1} of {values.size} is not finite", offset=begin + offset + width * bad)
    return _Part(region=words[3], area=words[2], kind=words[4], unit=_word(entry, 14), values=values)


def _facts(header: Mapping[str, str], region: _Region) -> dict[str, float | str | None]:
    source = re.match(r"(\S+)\s+(\d+(?:\.\d+)?)", header.get("XraySource", ""))
    work = re.match(r"-?\d+(?:\.\d+)?", header.get("AnalyserWorkFcn", ""))
    power = re.match(r"\d+(?:\.\d+)?", header.get("XrayPower", ""))
    return {
        "region": region.name,
        "sample": header.get("FileDesc", "").partition(",")[2].strip(" )") or header.get("FileDesc"),
        "technique": header.get("Technique"),
        "source": header.get("XraySource"),
        "source energy (eV)": float(source[2]) if source else None,
        "source power (W)": float(power[0]) if power else None,
        "analyser mode": header.get("AnalyserMode"),
        "pass energy (eV)": region.pass_energy_eV,
        "work function (eV)": float(work[0]) if work else None,
        "time per point (s)": region.time_s or None,
    }


def _spectra(
    raw: RawFile,
    part: _Part,
    header: Mapping[str, str],
    regions: Mapping[int, _Region],
    times: Array | None,
    first: int,
) -> list[Record]:
    region = regions.get(part.region)
    cycles, points = part.values.shape
    if region is None or region.points != points:
        said = "is not defined" if region is None else f"is defined with {region.points} points"
        raise raw.broken(f"the spectrum of region {part.region} has {points} points, the region {said}")
    with np.errstate(over="ignore", invalid="ignore"):  # energies beyond all floats are refused further on
        energies = region.start_eV + region.step_eV * np.arange(points)
    energy = Column(name="Binding Energy", unit="eV", values=energies)
    acquired_at = iso_date(re.sub(r"^(\d{4}) (\d+) (\d+)$", r"\1-\2-\3", header.get("AcqFileDate", "")))
    records = []
    for cycle in range(cycles):
        own = dict(header)
        if cycles > 1:
            own["cycle"] = str(cycle + 1)
            if times is not None and times.shape[1] == cycles and 0 < part.region <= len(times):
                own["sputter time (s)"] = number_text(float(times[part.region - 1, cycle]) + 0.0)
        spectrum = Spectrum(
            name=region.name
            + (f", area {part.area}" if part.area > 1 else "")
            + (f", cycle {cycle + 1}" if cycles > 1 else ""),
            energy=energy,
            intensity=Column(name="Intensity", unit=part.unit, values=part.values[cycle]),
            scale="binding",
            intensity_unit="counts/s" if part.unit == "c/s" else "",
            facts=_facts(header, region),
            header=own,
        )
        records.append(record_of_spectrum(raw, NAME, spectrum, index=first + cycle, acquired_at=acquired_at))
    return records


def _profile(raw: RawFile, parts: Sequence[_Part], regions: Mapping[int, _Region], index: int) -> Record | None:
    """Sputter times and intensities by cycle; the tables hold one row a region."""
    columns: list[Column] = []
    for part in parts:
        what = {_SPUTTER_TIMES: "sputter time", _INTENSITIES: "intensity"}.get(part.kind)
        if what is None or (columns and len(columns[0].values) != part.values.shape[1]):
            continue
        for row, values in enumerate(part.values, start=1):
            name = regions[row].name if row in regions else f"region {row}"
            columns.append(Column(name=f"{what}, {name}", unit=part.unit, values=values))
    if not columns:
        return None
    return Record(
        name="depth profile",
        technique="",
        columns=tuple(columns),
        origin=raw.origin(NAME, record=index),
        hints=hints_from_name(raw.shown),
    )


FORMAT = Format(name=NAME, title="PHI spectra (.spe, .pro)", extensions=(".spe", ".pro"), can_read=can_read, read=read)
