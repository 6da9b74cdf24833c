"""Siemens and Bruker RAW scans of DIFFRAC-AT and DIFFRACplus: RAW1 (``RAW ``), RAW2, and RAW1.01, which is called version 3.

Seen: no file of ours (the 45 RAW1.01 files with ASCII twins that the layout was checked on elsewhere are not at hand); built from public
descriptions that agree with one another. RAW4.00 has its own reader.

Schema: the scanned drive (``2Theta``, deg) and ``intensity``; one record a range. RAW1.01 with parameters that vary from point to point keeps
them as further columns when their names are known.

Intensity: counts or counts per second: ??? the file does not say, so the unit is left empty. Whole numbers are counts.

Uncertainties: none in the file.

Structure (little-endian; offsets in bytes)
    RAW1: ``RAW `` 0; per range: points u32 +4, time per step (s) f32 +8, step f32 +12, scan mode u32 +16, start 2theta f32 +24, theta, khi, phi f32
    +28 (-1e6: unknown), sample 32 chars +40, K-alpha1 and 2 f32 +72, number of ranges that follow u32 +152, counts f32 +156. Later ranges may lack
    the word ``RAW ``.
    RAW2: ranges u16 4, date 20 chars 168, anode 2 chars 188, K-alpha1, K-alpha2, ratio f32 190; first range 256: header length u16 +0, points u16
    +2, time f32 +8, step f32 +12, start f32 +16, temperature (K) u16 +46, counts f32 at the header length.
    RAW1.01: status u32 8, ranges u32 12, date 10 chars 16, time 10 chars 26, user 36, site 108, sample 326 (60), comment 386 (160), goniometer
    radius (mm) f32 564, divergence slit f32 568, anode 608, wavelengths f64 616 (mean, 1, 2, beta), ratio 648; first range 712: header
    length u32 +0 (304), points u32 +4, start theta f64 +8, start 2theta f64 +16, step f64 +176, time f32 +192, scan type u32 +196, kV u32 +224, mA u32
    +228, wavelength f64 +240, mask of varying parameters u32 +248, bytes a point u32 +252, supplementary header u32 +256.
    A point is a f32 and then one f64 for each varying parameter; bit 0 of the mask is the measured 2theta, others: ???

Temperature: RAW2 gives one in kelvin; 0 means none. RAW1.01: ??? , none is read.

Scan types 0, 1, 2 of RAW1.01 step 2theta (locked coupled, unlocked coupled, detector scan). Others step another drive, ??? by which number, so
the column is ``offset from start`` and a warning says so.

Refused: ranges that run past the end of the file, absurd counts, angles beyond those of a goniometer.

Knowledge from: public readers of the format and their tests; facts only.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from typing import Any

import numpy as np

from pelletry.core.arrays import Array
from pelletry.core.record import Record
from pelletry.formats.dates import iso_date
from pelletry.formats.rawfile import RawFile
from pelletry.formats.registry import Format
from pelletry.formats.scans import Scan, records_of_scans, steps_from, temperature_of

__all__ = ["FORMATS"]

_UNKNOWN = -1.0e6
_STATUS = {1: "done", 2: "active", 3: "aborted", 4: "interrupted"}
#: Scan types of RAW1.01 that step 2theta: locked coupled, unlocked coupled, detector scan. The others move something else.
_TWO_THETA = (0, 1, 2)


def field(raw: RawFile, content: bytes, layout: str, at: int, what: str) -> Any:
    """One number of the content; a BrokenFileError where the file ends before it."""
    try:
        return struct.unpack_from("<" + layout, content, at)[0]
    except struct.error:
        raise raw.broken(f"the file ends inside {what}", offset=at, do="copy the file again from its source") from None


def text_of(content: bytes, at: int, length: int) -> str:
    """A text field up to its first zero byte."""
    return content[at : at + length].split(b"\0")[0].decode("cp1252", errors="replace").strip()


def points_of(raw: RawFile, content: bytes, at: int, points: int, *, size: int, number: int) -> Array:
    """The leading float32 of ``points`` data of ``size`` bytes each."""
    if size < 4 or points < 0 or at + points * size > len(content):
        raise raw.broken(
            f"range {number} announces {points} points of {size} bytes, and {max(0, len(content) - at)} bytes are left",
            offset=at,
            do="copy the file again from its source",
        )
    data = np.frombuffer(content, dtype=np.uint8, count=points * size, offset=at).reshape(points, size)
    with np.errstate(invalid="ignore"):  # NaN is refused below, not warned about
        values = np.ascontiguousarray(data[:, :4]).view("<f4").reshape(points).astype(np.float64)
    if not np.all(np.isfinite(values)):
        raise raw.broken(f"range {number} holds intensities that are no numbers", offset=at)
    return values


def angles_of(raw: RawFile, start: float, step: float, points: int, number: int, at: int) -> Array:
    """The angles of a range, refused when they cannot be those of a goniometer."""
    end = start + step * max(points - 1, 0)
    if not (-400.0 <= start <= 400.0 and -400.0 <= end <= 400.0) or abs(step) < 1e-7:
        raise raw.broken(
            f"range {number} goes from {start:g} in {points} steps of {step:g}",
            offset=at,
            expected="angles of a goniometer",
        )
    return steps_from(start, step, points)


def _angstrom(value: float) -> str:
    return f"{value:.7g}" if 0.01 < value < 100.0 else ""


def _is_raw1(raw: RawFile) -> bool:
    head = raw.head
    if head[:4] != b"RAW " or len(head) < 156:
        return False
    points, time, step = struct.unpack_from("<Iff", head, 4)
    return bool(0 < points <= 1_000_000 and 0.0 <= time < 1e6 and 1e-6 < abs(step) < 10.0)


def _read_raw1(raw: RawFile) -> Sequence[Record]:
    content = raw.bytes()
    scans: list[Scan] = []
    at, following = 0, 1
    while following > 0:
        if content[at : at + 4] != b"RAW ":
            at -= 4  # later ranges may begin with the number of points
        number = len(scans) + 1
        points = field(raw, content, "I", at + 4, f"the header of range {number}")
        time, step, mode = (
            field(raw, content, kind, at + k, f"the header of range {number}")
            for kind, k in (("f", 8), ("f", 12), ("I", 16))
        )
        start, *rest = (field(raw, content, "f", at + k, f"the header of range {number}") for k in (24, 28, 32, 36))
        following = field(raw, content, "I", at + 152, f"the header of range {number}")
        values = points_of(raw, content, at + 156, points, size=4, number=number)
        header = {
            "sample": text_of(content, at + 40, 32),
            "wavelength K-alpha1 (Angstrom)": _angstrom(field(raw, content, "f", at + 72, "a header")),
            "wavelength K-alpha2 (Angstrom)": _angstrom(field(raw, content, "f", at + 76, "a header")),
            "time per step (s)": f"{time:g}",
            "step (deg)": f"{step:.7g}",
            "scan mode": str(mode),
        }
        for axis, value in zip(("Theta", "Khi", "Phi"), rest, strict=True):
            header[f"start {axis} (deg)"] = "" if value == _UNKNOWN else f"{value:.7g}"
        scans.append(scan_of(angles_of(raw, start, step, points, number, at), values, "2Theta", header))
        at += 156 + 4 * points
    return records_of_scans(raw, "bruker-raw1", scans)


def _read_raw2(raw: RawFile) -> Sequence[Record]:
    content = raw.bytes()
    ranges = field(raw, content, "H", 4, "the file header")
    shared = {"anode": text_of(content, 188, 2)}
    for key, at in (("wavelength K-alpha1 (Angstrom)", 190), ("wavelength K-alpha2 (Angstrom)", 194)):
        shared[key] = _angstrom(field(raw, content, "f", at, "the file header"))
    ratio = field(raw, content, "f", 198, "the file header")
    shared["ratio K-alpha2/K-alpha1"] = f"{ratio:.6g}" if 0.0 < ratio < 1.0 else ""
    scans: list[Scan] = []
    at = 256
    for number in range(1, ranges + 1):
        what = f"the header of range {number}"
        length, points = field(raw, content, "H", at, what), field(raw, content, "H", at + 2, what)
        if length < 48:
            raise raw.broken(
                f"the header of range {number} is said to be {length} bytes long", offset=at, expected="48 or more"
            )
        time, step, start = (field(raw, content, "f", at + k, what) for k in (8, 12, 16))
        kelvin = field(raw, content, "H", at + 46, what)
        values = points_of(raw, content, at + length, points, size=4, number=number)
        header = {**shared, "time per step (s)": f"{time:g}", "step (deg)": f"{step:.7g}"}
        temperature = temperature_of(float(kelvin), "K", "header", f"range {number}: {kelvin} K") if kelvin else None
        scans.append(scan_of(angles_of(raw, start, step, points, number, at), values, "2Theta", header, temperature=temperature,
                             acquired_at=iso_date(text_of(content, 168, 20))))  # fmt: skip
        at += length + 4 * points
    if not scans:
        raise raw.broken("the file announces no ranges", offset=4, expected="one range or more")
    return records_of_scans(raw, "bruker-raw2", scans)


def scan_of(
    angles: Array, values: Array, axis: str, header: dict[str, str], *, temperature: tuple[float, str, str] | None = None,
    acquired_at: str | None = None, warnings: Sequence[str] = (), extra: Sequence[tuple[str, str, Array]] = (),
) -> Scan:  # fmt: skip
    """A range as a scan; whether the intensities are counts is told by their being whole numbers."""
    is_whole = bool(np.all(values == np.round(values)))
    words = (
        "whole numbers, so counts; the file does not say"
        if is_whole
        else "counts or counts per second, the file does not say"
    )
    return Scan(
        columns=((axis, "deg", angles), ("intensity", "counts" if is_whole else "", values), *extra), angle=axis, intensity="intensity",
        header={**header, "intensity": words}, temperature_K=temperature, acquired_at=acquired_at, warnings=tuple(warnings),
    )  # fmt: skip


def _file_header_101(raw: RawFile, content: bytes) -> dict[str, str]:
    header = {
        "operator": text_of(content, 36, 72), "site": text_of(content, 108, 218), "sample": text_of(content, 326, 60),
        "comment": text_of(content, 386, 160), "anode": text_of(content, 608, 4),
        "status": _STATUS.get(field(raw, content, "I", 8, "the file header"), ""),
    }  # fmt: skip
    radius, divergence = (field(raw, content, "f", at, "the file header") for at in (564, 568))
    header["goniometer radius (mm)"] = f"{radius:g}" if 10.0 < radius < 5000.0 else ""
    header["divergence slit"] = f"fixed, {divergence:g}" if 0.0 < divergence < 100.0 else ""
    for key, at in (("K-alpha", 616), ("K-alpha1", 624), ("K-alpha2", 632), ("K-beta", 640)):
        header[f"wavelength {key} (Angstrom)"] = _angstrom(field(raw, content, "d", at, "the file header"))
    ratio = field(raw, content, "d", 648, "the file header")
    header["ratio K-alpha2/K-alpha1"] = f"{ratio:.6g}" if 0.0 < ratio < 1.0 else ""
    return header


def _read_raw101(raw: RawFile) -> Sequence[Record]:
    content = raw.bytes()
    ranges = field(raw, content, "I", 12, "the file header")
    shared = _file_header_101(raw, content)
    acquired_at = iso_date(_full_year(text_of(content, 16, 10)) + " " + text_of(content, 26, 10), is_month_first=True)
    scans: list[Scan] = []
    at = 712
    for number in range(1, ranges + 1):
        scan, at = _range_101(raw, content, at, number, shared, acquired_at)
        scans.append(scan)
    if not scans:
        raise raw.broken("the file announces no ranges", offset=12, expected="one range or more")
    return records_of_scans(raw, "bruker-raw1.01", scans)


def _full_year(date: str) -> str:
    """``03/21/07`` with the century the format's own years allow (1990-2089)."""
    head, slash, year = date.rpartition("/")
    return f"{head}/{'19' if int(year) >= 90 else '20'}{year}" if slash and len(year) == 2 and year.isdigit() else date


def _range_101(
    raw: RawFile, content: bytes, at: int, number: int, shared: dict[str, str], acquired_at: str | None
) -> tuple[Scan, int]:
    """One range and where the next begins."""
    what = f"the header of range {number}"

    def value(layout: str, offset: int) -> Any:
        return field(raw, content, layout, at + offset, what)

    length, points = value("I", 0), value("I", 4)
    if not 260 <= length <= 65536:
        raise raw.broken(f"the header of range {number} is said to be {length} bytes long", offset=at, expected="304")
    kind, mask, size, more = value("I", 196), value("I", 248), value("I", 252), value("I", 256)
    varying = bin(mask).count("1")
    if size not in (0, 4 + 8 * varying):
        raise raw.broken(
            f"range {number} has points of {size} bytes",
            offset=at + 252,
            expected=f"{4 + 8 * varying} for {varying} varying parameters",
        )
    size = 4 + 8 * varying
    begin = at + length + more
    values = points_of(raw, content, begin, points, size=size, number=number)
    is_known = kind in _TWO_THETA
    axis = "2Theta" if is_known else "offset from start"
    angles = angles_of(raw, value("d", 16) if is_known else 0.0, value("d", 176), points, number, at)
    warnings: list[str] = []
    if not is_known:
        warnings.append(
            f"scan type {kind} does not step 2theta; which drive it steps is not known, so only the offset is given"
        )
    extra: list[tuple[str, str, Array]] = []
    if mask:
        data = np.frombuffer(content, dtype=np.uint8, count=points * size, offset=begin).reshape(points, size)
        table = np.ascontiguousarray(data[:, 4:]).view("<f8").reshape(points, varying)
        bits = [bit for bit in range(32) if mask >> bit & 1]
        if np.all(np.isfinite(table)):
            extra = [
                ("2Theta measured" if bit == 0 else f"parameter {bit}", "deg" if bit == 0 else "", table[:, k])
                for k, bit in enumerate(bits)
            ]
    header = {
        **shared, "time per step (s)": f"{value('f', 192):g}", "step (deg)": f"{value('d', 176):.10g}", "scan type": str(kind),
        "start Theta (deg)": f"{value('d', 8):.10g}", "start 2Theta (deg)": f"{value('d', 16):.10g}",
        "tube voltage (kV)": str(value("I", 224)), "tube current (mA)": str(value("I", 228)),
        "wavelength (Angstrom)": _angstrom(value("d", 240)),
    }  # fmt: skip
    if shared["status"] in ("aborted", "interrupted", "active"):
        warnings.append(f"the file says the measurement was {shared['status']}")
    return scan_of(
        angles, values, axis, header, warnings=warnings, acquired_at=acquired_at, extra=extra
    ), begin + points * size


FORMATS = (
    Format(name="bruker-raw1", title="Siemens RAW scan, version 1", extensions=(".raw",), can_read=_is_raw1, read=_read_raw1),
    Format(name="bruker-raw2", title="Siemens RAW scan, version 2", extensions=(".raw",),
           can_read=lambda raw: raw.head.startswith(b"RAW2"), read=_read_raw2),
    Format(name="bruker-raw1.01", title="Bruker RAW scan (RAW1.01)", extensions=(".raw",),
           can_read=lambda raw: raw.head.startswith(b"RAW1.01"), read=_read_raw101),
)  # fmt: skip
