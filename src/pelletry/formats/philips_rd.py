"""Philips PC-APD binary scans: ``.rd`` (V3RD) and ``.sd`` (V5RD).

Offsets from public descriptions and readers; **no real file seen**.

Schema: ``2Theta`` deg (start + i x step) and ``counts``; one record.

Counts: each point is two bytes p, and the counts are the whole part of p² / 100: the file keeps the first digits of large counts only, in steps of up to one per cent of
their uncertainty. A warning says so.

Uncertainties: none in the file; Poisson of counts.

Header kept: goniometer, anode, focus, wavelengths and their ratio, sample, as in ``scans.py``. Anodes beyond Cu, Mo, Fe and Cr are not named by the file.

Structure, little-endian: ``V3RD`` or ``V5RD``; at 84 three bytes for diffractometer, anode and focus; at 94 three doubles K-alpha1, K-alpha2 (Å) and their ratio; at 138 eight
characters of the file's name, at 146 twenty of the sample; at 214 three doubles step, start, end (deg); the points from 250 (V3) or 810 (V5) on.

Refused: a range that no goniometer has; a file shorter than its range is kept as far as it goes, with a warning.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence

import numpy as np

from pelletry.core.record import Record
from pelletry.formats.rawfile import RawFile
from pelletry.formats.registry import Format
from pelletry.formats.scans import Scan, records_of_scans, steps_from

__all__ = ["FORMAT"]

NAME = "philips-rd"
_FIRST_POINT = {b"V3RD": 250, b"V5RD": 810}
_ANODES = {0: "Cu", 1: "Mo", 2: "Fe", 3: "Cr"}
_GONIOMETERS = {0: "PW1800", 1: "PW1710", 2: "PW1840", 3: "PW3710", 5: "X'Pert MPD"}
_FOCI = {0: "broad focus", 1: "normal focus", 2: "fine focus", 3: "long fine focus"}
_MOST_POINTS = 1_000_000


def can_read(raw: RawFile) -> bool:
    """The first four bytes name the version."""
    return raw.head[:4] in _FIRST_POINT and len(raw.head) > 250


def read(raw: RawFile) -> Sequence[Record]:
    """The scan; errors as in the module docstring."""
    content = raw.bytes()
    first = _FIRST_POINT[content[:4]]
    alpha1, alpha2, ratio = struct.unpack_from("<3d", content, 94)
    step, start, end = struct.unpack_from("<3d", content, 214)
    if not (0 < step <= 10 and -200 <= start < end <= 200 and (end - start) / step < _MOST_POINTS):
        raise raw.broken(
            f"a range from {start:g} to {end:g} in steps of {step:g}", offset=214, expected="degrees 2theta"
        )
    announced = round((end - start) / step) + 1
    packed = np.frombuffer(
        content[first : first + 2 * announced], dtype="<u2", count=max(0, min(announced, (len(content) - first) // 2))
    )
    if packed.size == 0:
        raise raw.broken(
            "the file ends before its first point", offset=first, expected=f"{announced} points of two bytes"
        )
    counts = (packed.astype(np.int64) ** 2 // 100).astype(np.float64)
    warnings = ["the counts are packed: above 2500 their last digits are lost"] if counts.max() > 2500 else []
    if packed.size < announced:
        warnings.append(f"the range has room for {announced} points, the file holds {packed.size}")
    diffractometer, anode, focus = content[84:87]
    header = {
        "goniometer": _GONIOMETERS.get(diffractometer, ""), "anode": _ANODES.get(anode, ""), "tube focus": _FOCI.get(focus, ""),
        "sample": _text(content[146:166]), "step (deg)": f"{step:.10g}", "intensity": "counts, unpacked from two bytes a point",
    }  # fmt: skip
    if 0.1 < alpha1 < 5 and 0.1 < alpha2 < 5:
        header |= {
            "wavelength K-alpha1 (Angstrom)": f"{alpha1:.10g}",
            "wavelength K-alpha2 (Angstrom)": f"{alpha2:.10g}",
        }
    if 0 <= ratio <= 1:
        header["ratio K-alpha2/K-alpha1"] = f"{ratio:.10g}"
    columns = (("2Theta", "deg", steps_from(start, step, packed.size)), ("counts", "counts", counts))
    return records_of_scans(
        raw, NAME, [Scan(columns=columns, angle="2Theta", intensity="counts", header=header, warnings=tuple(warnings))]
    )


def _text(content: bytes) -> str:
    return content.split(b"\0")[0].decode("cp1252", errors="replace").strip()


FORMAT = Format(
    name=NAME, title="Philips PC-APD scan (.rd, .sd)", extensions=(".rd", ".sd"), can_read=can_read, read=read
)
