"""Bruker RAW4.00 scans of DIFFRAC.SUITE and of its V5Converter.

Seen: one file (V5Converter 1.1.0.7, 1647 points, locked coupled), walked to its last byte.

Schema: the scanned drive under the file's name (``2Theta``, deg) and ``intensity``; one record a range.

Intensity: counts or counts per second: ??? the file does not say; whole numbers are counts.

Uncertainties: none in the file.

Structure (little-endian)
    ``RAW4.00`` and a zero byte; date 12 chars 12, time 10 chars 24; from byte 61 a chain of segments (kind u32, length u32 of the whole segment).
    Kind 10: name 24 chars +12, text from +36 to the end. Kind 30: goniometer radius (mm) f32 +24 (???, one file), wavelengths f64 +72 (mean, 1,
    2, beta), ratio +104, anode 4 chars +116. Kind 60: alignment of a drive. Kind 0 or 160 is no segment but the header of a range, 160 bytes: scan type 24
    chars +32, start f64 +72, step f64 +80, points u32 +88, time per step f32 +92, kV f32 +100, mA f32 +104, wavelength f64 +112, bytes a point u32
    +136, length of the range's own segments u32 +140. They follow at +160: kind 50 is a drive (name 24 chars +12, position f64 +56).
    Then the points: a leading f32 intensity each; what follows in longer points: ??? , left out with a warning.
    Chain and points must end exactly where the lengths say; that is what tells this format from a file that only begins like it.

Which drive is scanned: the one whose position is the start of the range; ``2Theta`` when two are. Coupled and detector scans without such a
drive step 2theta. Everything else is given as ``offset from start`` with a warning.

Time per step: as stored. For a line detector it is the time that all its channels together spent on a step (77.9 in the file seen), in
seconds as far as the counts tell: ???

Temperature: ??? , none is read.

Refused: segments or points that run past the end of the file; ranges of detector frames (more than 64 bytes a point).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from pelletry.core.errors import quoted
from pelletry.core.record import Record
from pelletry.formats.bruker_raw import angles_of, field, points_of, scan_of, text_of
from pelletry.formats.dates import iso_date
from pelletry.formats.rawfile import RawFile
from pelletry.formats.registry import Format
from pelletry.formats.scans import Scan, records_of_scans

__all__ = ["FORMAT"]

NAME = "bruker-raw4"
_FIRST = 61
_RANGE = 160
_MOST_BYTES = 64
_KEYS = {"USER": "operator", "SAMPLEID": "sample", "COMMENT": "comment", "SITE": "site"}
_TWO_THETA_SCANS = ("locked coupled", "unlocked coupled", "detector scan", "coupled twotheta/theta")


def _segments(raw: RawFile, content: bytes, at: int, end: int, *, to_range: bool) -> Iterator[tuple[int, int, int]]:
    """Kind, place and length of the segments between two places, ``to_range`` only up to the header of a range."""
    while at + 8 <= end:
        kind, length = field(raw, content, "I", at, "a segment"), field(raw, content, "I", at + 4, "a segment")
        if to_range and kind in (0, 160):
            return
        if length < 8 or at + length > end:
            raise raw.broken(
                f"a segment of kind {kind} is said to be {length} bytes long, {end - at} are left",
                offset=at,
                do="copy the file again from its source; if it is whole, it is no RAW4.00 of Bruker",
            )
        yield kind, at, length
        at += length
    if at != end:
        raise raw.broken("the segments do not end where their lengths say", offset=at)


def read(raw: RawFile) -> Sequence[Record]:
    """One record a range.

    Raises
    ------
    BrokenFileError
        When a segment or the points run past the end of the file, or there is no range.
    RefusedFileError
        When the points are detector frames.
    """
    content = raw.bytes()
    shared: dict[str, str] = {}
    scans: list[Scan] = []
    acquired_at = iso_date(text_of(content, 12, 12) + " " + text_of(content, 24, 10), is_month_first=True)
    at = _FIRST
    while at + 8 <= len(content):
        for kind, place, length in _segments(raw, content, at, len(content), to_range=True):
            at = place + length
            if kind == 10 and length >= 36:
                name = text_of(content, place + 12, 24)
                shared[_KEYS.get(name, name)] = text_of(content, place + 36, length - 36)[:500]
            elif kind == 30 and length >= 120:
                shared.update(_hardware(raw, content, place))
        if at + 8 > len(content):
            break
        scan, at = _range(raw, content, at, len(scans) + 1, shared, acquired_at)
        scans.append(scan)
    if not scans:
        raise raw.broken("there is no range in it", offset=at, expected="one range or more", do="copy the file again")
    return records_of_scans(raw, NAME, scans)


def _hardware(raw: RawFile, content: bytes, at: int) -> dict[str, str]:
    found = {"anode": text_of(content, at + 116, 4)}
    for key, offset in (("K-alpha", 72), ("K-alpha1", 80), ("K-alpha2", 88), ("K-beta", 96)):
        value = field(raw, content, "d", at + offset, "the wavelengths")
        found[f"wavelength {key} (Angstrom)"] = f"{value:.7g}" if 0.01 < value < 100.0 else ""
    ratio = field(raw, content, "d", at + 104, "the wavelengths")
    found["ratio K-alpha2/K-alpha1"] = f"{ratio:.6g}" if 0.0 < ratio < 1.0 else ""
    radius = field(raw, content, "f", at + 24, "the hardware")
    found["goniometer radius (mm)"] = f"{radius:g}" if 10.0 < radius < 5000.0 else ""
    return found


def _axis(scan_type: str, start: float, drives: dict[str, float]) -> str:
    """The drive that is stepped, empty when the file does not tell."""
    there = [name for name, position in drives.items() if abs(position - start) < 1e-6]
    if "2Theta" in there or (scan_type.lower() in _TWO_THETA_SCANS and "2Theta" not in drives):
        return "2Theta"
    return there[0] if len(there) == 1 else ""


def _range(
    raw: RawFile, content: bytes, at: int, number: int, shared: dict[str, str], acquired_at: str | None
) -> tuple[Scan, int]:
    """One range and where it ends."""
    what = f"the header of range {number}"
    scan_type = text_of(content, at + 32, 24)
    start, step = field(raw, content, "d", at + 72, what), field(raw, content, "d", at + 80, what)
    points, time = field(raw, content, "I", at + 88, what), field(raw, content, "f", at + 92, what)
    voltage, current = field(raw, content, "f", at + 100, what), field(raw, content, "f", at + 104, what)
    wavelength = field(raw, content, "d", at + 112, what)
    size, more = field(raw, content, "I", at + 136, what), field(raw, content, "I", at + 140, what)
    begin = at + _RANGE + more
    if begin > len(content):
        raise raw.broken(
            f"range {number} announces {more} bytes of segments, past the end of the file", offset=at + 140
        )
    if size > _MOST_BYTES:
        raise raw.refused(
            f"range {number} ({quoted(scan_type)}) holds detector frames of {size} bytes a point, not a scan",
            do="export the integrated scan from DIFFRAC.EVA",
        )
    drives: dict[str, float] = {}
    for kind, place, length in _segments(raw, content, at + _RANGE, begin, to_range=False):
        if kind == 50 and length >= 64:
            drives[text_of(content, place + 12, 24)] = field(raw, content, "d", place + 56, "a drive")
    values = points_of(raw, content, begin, points, size=size, number=number)
    axis = _axis(scan_type, start, drives)
    angles = angles_of(raw, start if axis else 0.0, step, points, number, at)
    warnings = []
    if not axis:
        warnings.append(f"which drive the scan {quoted(scan_type)} steps is not known, so only the offset is given")
    if size > 4:
        warnings.append(f"each point holds {size - 4} further bytes of unknown meaning, which were left out")
    header = {
        **shared, "scan axis": scan_type, "time per step (s)": f"{time:g}", "step (deg)": f"{step:.10g}",
        "tube voltage (kV)": f"{voltage:g}", "tube current (mA)": f"{current:g}",
        "wavelength (Angstrom)": f"{wavelength:.7g}" if 0.01 < wavelength < 100.0 else "",
        **{f"start {name}": f"{position:.10g}" for name, position in drives.items()},
    }  # fmt: skip
    scan = scan_of(angles, values, axis or "offset from start", header, warnings=warnings, acquired_at=acquired_at)
    return scan, begin + points * size


FORMAT = Format(
    name=NAME,
    title="Bruker RAW4.00 scan",
    extensions=(".raw",),
    can_read=lambda raw: raw.head.startswith(b"RAW4.00"),
    read=read,
)
