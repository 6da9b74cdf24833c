"""Thermo Avantage spectra (.vgd): OLE2 compound files with counts, axes and a property set.

Versions seen: none at hand. Written from a description that was checked on 15 files of a K-Alpha against Avantage's own export,
and from two axis streams that are public; tested on files made by hand. Pictures, value tables and SnapMaps are refused.

Schema: ``Kinetic Energy`` eV, ``Binding Energy`` eV (photon energy - kinetic energy), ``Counts / s`` and ``Counts``; one record a spectrum,
several for depth profiles and positions. Header keys as in ``xps.py``.

**Counts per second are the stored counts / (dwell x sweeps)**, both from the property set (305 and 306). A survey of 1 sweep and
0.05 s and a level scan of 5 sweeps differ in it by far: a reader that finds the dwell by its size is wrong by 20 on every survey. When
one of the two is missing there are counts only, and a warning.

Uncertainties: none in the file; the counts are Poisson distributed. Numbers of the property set are float32 and taken with their own
digits (1486.68); Avantage's sheets are rounded to 0.01 eV.

Header kept: the properties that are known by their id: instrument (6), original path (16), serial number (20), calibration (981), photon
energy (105), start of the acquisition (303), lens mode (411), pass energy (404), work function (406), dwell (305), sweeps (306), and the
transmission polynomials as ``transmission coefficients`` (100000 and up) and ``transmission coefficients, second set`` (300000 and up).

Notes on structure: ``VGData``: little-endian float64, energy fastest. ``VGSpaceAxes``: version (int32), number of axes (int32), then per
axis three texts (int16 2, int32 length 0 in all that is known), the number of points (int32), start and step (float64), one byte (1: equal
steps; 0: that many float64 follow), the kind of the axis (int32: 1 energy, 2 angle, 3 x, 4 y, 5 level, 6 etch level, 8 etch time, 10 position). One
axis makes 51 bytes. The property set stream has the name in ``_PROPERTIES``; see ``ole_properties.py``.
"""

from __future__ import annotations

import datetime
import math
import struct
from collections.abc import Sequence

import attrs
import numpy as np

from pelletry.core.arrays import Array
from pelletry.core.record import Column, Record
from pelletry.formats.ole_properties import PropertyValue, has_stream, opened_ole, properties, stream_of
from pelletry.formats.rawfile import RawFile
from pelletry.formats.registry import Format
from pelletry.formats.xps import Spectrum, number_text, record_of_spectrum

__all__ = ["FORMAT"]

NAME = "thermo-vgd"
_PROPERTIES = "\x05Q5nw4m3lIjudbfwyAayojlptCa"
_PHOTON_ENERGY, _DWELL, _SWEEPS, _PASS_ENERGY, _WORK_FUNCTION, _START = 105, 305, 306, 404, 406, 303
_TEXTS = {6: "instrument", 16: "original path", 20: "serial number", 411: "lens mode", 981: "calibration"}
_POLYNOMIALS = {100_000: "transmission coefficients", 300_000: "transmission coefficients, second set"}
_KINDS = {1: "energy", 2: "angle", 3: "x", 4: "y", 5: "level", 6: "etch level", 8: "etch time", 10: "position"}
_ENERGY = 1
_MOST_SPECTRA = 4096
_TEXT_BYTES = 6
_SHORTEST_S, _LONGEST_S = 1e-6, 1e7
_LARGEST = 1e30  # counts and energies beyond it are no measurement


@attrs.frozen(kw_only=True)
class _Axis:
    kind: str
    values: Array


def can_read(raw: RawFile) -> bool:
    """A compound file with the streams VGData and VGSpaceAxes."""
    return has_stream(raw, "VGData") and has_stream(raw, "VGSpaceAxes")


def read(raw: RawFile) -> Sequence[Record]:
    """The spectra of the file.

    Raises
    ------
    BrokenFileError
        When a stream is damaged, or the axes and the data do not fit each other.
    RefusedFileError
        When the file holds a picture, a table or a map.
    """
    ole = opened_ole(raw)
    data = stream_of(raw, ole, "VGData")
    if len(data) % 8:
        raise raw.broken(f"the stream VGData has {len(data)} bytes", expected="a multiple of 8")
    counts = np.frombuffer(data, dtype="<f8")
    if not np.all(np.abs(counts) < _LARGEST):
        bad = int(np.flatnonzero(~(np.abs(counts) < _LARGEST))[0])
        raise raw.broken(f"value {bad + 1} of {counts.size} in the stream VGData is {counts[bad]:g}", expected="counts")
    axes = _axes(raw, stream_of(raw, ole, "VGSpaceAxes"))
    known = properties(stream_of(raw, ole, _PROPERTIES)) if ole.exists(_PROPERTIES) else {}
    if not axes or axes[0].kind != "energy":
        kinds = ", ".join(axis.kind for axis in axes) or "no axis"
        raise raw.refused(f"the file holds no spectrum (its axes: {kinds})", expected="energy as the first axis")
    points = len(axes[0].values)
    if not points or counts.size % points:
        raise raw.broken(f"{counts.size} values cannot be shared by spectra of {points} points", expected="a multiple")
    spectra = counts.size // points
    if spectra > _MOST_SPECTRA:
        raise raw.refused(
            f"the file is a map of {spectra} spectra",
            expected=f"at most {_MOST_SPECTRA}",
            do="export the summed spectrum",
        )
    places = _places(axes[1:], spectra)
    blocks = counts.reshape(spectra, points)
    return [_record(raw, axes[0].values, blocks[i], known, places[i], i) for i in range(spectra)]


def _axes(raw: RawFile, stream: bytes) -> list[_Axis]:
    try:
        (count,) = struct.unpack_from("<i", stream, 4)
        at, axes = 8, []
        for _ in range(count):
            axis, at = _axis(raw, stream, at)
            axes.append(axis)
    except struct.error:
        raise raw.broken(f"the axes end inside the stream VGSpaceAxes of {len(stream)} bytes") from None
    return axes


def _axis(raw: RawFile, stream: bytes, at: int) -> tuple[_Axis, int]:
    for _ in range(3):
        (length,) = struct.unpack_from("<i", stream, at + 2)
        if not 0 <= length <= len(stream) - at:
            raise raw.broken(f"a text of an axis has {length} bytes", offset=at, expected="a text inside VGSpaceAxes")
        at += _TEXT_BYTES + length
    points, start, step, is_linear = struct.unpack_from("<iddB", stream, at)
    at += struct.calcsize("<iddB")
    if points < 0 or not (abs(start) < _LARGEST and abs(step) < _LARGEST) or points * 8 > raw.size_bytes:
        raise raw.broken(f"an axis of {points} points from {start:g} in steps of {step:g} does not fit into the file")
    if is_linear:
        values = start + step * np.arange(points)
    else:
        values = np.array(struct.unpack_from(f"<{points}d", stream, at))
        at += 8 * points
    (kind,) = struct.unpack_from("<i", stream, at)
    return _Axis(kind=_KINDS.get(kind, f"axis of kind {kind}"), values=values), at + 4


def _places(axes: Sequence[_Axis], spectra: int) -> list[dict[str, str]]:
    """Where on the other axes each spectrum lies; axes of one length that together would be too many run side by side."""
    product = math.prod(len(axis.values) for axis in axes)
    is_grid = product == spectra
    places: list[dict[str, str]] = []
    for i in range(spectra):
        place, rest = {}, i
        for axis in axes:
            size = len(axis.values)
            index = rest % size if is_grid and size else i
            rest = rest // size if is_grid and size else rest
            if index < size:
                place[axis.kind] = number_text(float(f"{axis.values[index]:.9g}"))
        places.append(place)
    return places


def _number(known: dict[int, PropertyValue], number: int) -> float | None:
    value = known.get(number)
    is_number = isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
    return float(value) if is_number and isinstance(value, int | float) else None


def _header(known: dict[int, PropertyValue]) -> dict[str, str]:
    header = {name: str(known[number]) for number, name in _TEXTS.items() if str(known.get(number, "")).strip()}
    for first, name in _POLYNOMIALS.items():
        values = [_number(known, number) for number in range(first, first + 16) if number in known]
        if values:
            header[name] = " ".join("?" if value is None else number_text(value) for value in values)
    return header


def _record(
    raw: RawFile, energy: Array, counts: Array, known: dict[int, PropertyValue], place: dict[str, str], index: int
) -> Record:
    dwell, sweeps = _number(known, _DWELL), _number(known, _SWEEPS)
    seconds = dwell * sweeps if dwell and sweeps else 0.0
    is_time = _SHORTEST_S <= seconds <= _LONGEST_S
    as_stored = Column(name="Counts", unit="counts", values=counts)
    rate = Column(name="Counts / s", unit="counts/s", values=counts / seconds) if is_time else None
    warnings = []
    if rate is None:
        missing = " and ".join(what for what, value in (("dwell", dwell), ("number of sweeps", sweeps)) if not value)
        said = f"the {missing} is not in the file" if missing else f"a time of {seconds:g} s per point cannot be"
        warnings.append(f"{said}: counts per second are withheld")
    start = known.get(_START)
    region = raw.path.stem
    title = ", ".join([region, *(f"{kind} {value}" for kind, value in place.items())])
    spectrum = Spectrum(
        name=title,
        energy=Column(name="Kinetic Energy", unit="eV", values=energy),
        intensity=rate or as_stored,
        others=(as_stored,) if rate else (),
        scale="kinetic",
        intensity_unit="counts/s" if rate else "counts",
        facts={
            "region": region,
            "source energy (eV)": _number(known, _PHOTON_ENERGY),
            "pass energy (eV)": _number(known, _PASS_ENERGY),
            "work function (eV)": _number(known, _WORK_FUNCTION),
            "dwell (s)": dwell,
            "sweeps": sweeps,
            "counts column": "Counts",
        },
        header={**_header(known), **place},
        warnings=tuple(warnings),
    )
    acquired_at = start.isoformat() if isinstance(start, datetime.datetime) and start.year > 1980 else None
    return record_of_spectrum(raw, NAME, spectrum, index=index, acquired_at=acquired_at)


FORMAT = Format(name=NAME, title="Thermo Avantage spectrum (.vgd)", extensions=(".vgd",), can_read=can_read, read=read)
