"""Powder scans written in three layouts: PANalytical XRDML (schema 1.5), bare columns (.xy) and Bruker RAW1.01.

Each carries a comment that the scan is simulated. Only what the layouts need is written. The bare columns have no room for a
wavelength, as real ones have not.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from xml.sax.saxutils import escape

import attrs
import numpy as np

from pelletry.core.arrays import Array, array_field

__all__ = ["ScanFile", "raw_bytes", "xrdml_text", "xy_text"]

_NAMESPACE = "http://www.xrdml.com/XRDMeasurement/1.5"


@attrs.frozen(kw_only=True)
class ScanFile:
    """A scan as a goniometer's program has it before it writes: equal steps, whole counts.

    ``temperature_K`` None: no furnace. ``acquired_at`` is ISO 8601. ``alpha2_ratio`` 0 says that K-alpha2 was taken away.
    """

    two_theta_deg: Array = array_field(unit="deg")
    counts: Array = array_field()
    comment: str
    anode: str
    alpha1_angstrom: float
    alpha2_angstrom: float
    beta_angstrom: float
    alpha2_ratio: float
    radius_m: float
    time_per_step_s: float
    temperature_K: float | None = None
    acquired_at: str = "2023-02-01T10:00:00+00:00"


def xy_text(scan: ScanFile) -> bytes:
    """Two columns behind a comment line: 2theta in degrees and counts."""
    lines = [f"# {scan.comment}"]
    lines += [f"{x:.5f} {int(n)}" for x, n in zip(scan.two_theta_deg, scan.counts, strict=True)]
    return ("\n".join(lines) + "\n").encode("ascii")


def xrdml_text(scans: Sequence[ScanFile]) -> bytes:
    """One XRDML file, schema 1.5, with a scan each: counts under ``intensities``, furnace under ``nonAmbientPoints``."""
    first = scans[0]
    radius_mm = f"{first.radius_m * 1e3:.2f}"
    body = "".join(_measurement(scan, radius_mm) for scan in scans)
    text = f"""<?xml version="1.0" encoding="UTF-8"?>
<xrdMeasurements xmlns="{_NAMESPACE}" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" status="Completed">
\t<comment>
\t\t<entry>{escape(first.comment)}</entry>
\t</comment>
\t<sample type="To be analyzed">
\t\t<id></id>
\t\t<name></name>
\t</sample>
{body}</xrdMeasurements>
"""
    return text.encode("utf-8")


def _measurement(scan: ScanFile, radius_mm: str) -> str:
    x = scan.two_theta_deg
    furnace = ""
    if scan.temperature_K is not None:
        kelvin = f"{scan.temperature_K:.2f}"
        furnace = f"""
\t\t\t<nonAmbientPoints type="Temperature">
\t\t\t\t<nonAmbientValues unit="K">{kelvin} {kelvin}</nonAmbientValues>
\t\t\t</nonAmbientPoints>"""
    counts = " ".join(str(int(n)) for n in scan.counts)
    return f"""\t<xrdMeasurement measurementType="Scan" status="Completed" sampleMode="Reflection">
\t\t<comment>
\t\t\t<entry>{escape(scan.comment)}</entry>
\t\t</comment>
\t\t<usedWavelength intended="K-Alpha">
\t\t\t<kAlpha1 unit="Angstrom">{scan.alpha1_angstrom:.7f}</kAlpha1>
\t\t\t<kAlpha2 unit="Angstrom">{scan.alpha2_angstrom:.7f}</kAlpha2>
\t\t\t<kBeta unit="Angstrom">{scan.beta_angstrom:.7f}</kBeta>
\t\t\t<ratioKAlpha2KAlpha1>{scan.alpha2_ratio:.4f}</ratioKAlpha2KAlpha1>
\t\t</usedWavelength>
\t\t<incidentBeamPath>
\t\t\t<radius unit="mm">{radius_mm}</radius>
\t\t\t<xRayTube id="0" name="virtual tube">
\t\t\t\t<tension unit="kV">40</tension>
\t\t\t\t<current unit="mA">40</current>
\t\t\t\t<anodeMaterial>{escape(scan.anode)}</anodeMaterial>
\t\t\t</xRayTube>
\t\t</incidentBeamPath>
\t\t<diffractedBeamPath>
\t\t\t<radius unit="mm">{radius_mm}</radius>
\t\t</diffractedBeamPath>
\t\t<scan appendNumber="0" mode="Continuous" scanAxis="Gonio" status="Completed">
\t\t\t<header>
\t\t\t\t<startTimeStamp>{scan.acquired_at}</startTimeStamp>
\t\t\t\t<source>
\t\t\t\t\t<instrumentControlSoftware version="1">virtual diffractometer</instrumentControlSoftware>
\t\t\t\t</source>
\t\t\t</header>
\t\t\t<dataPoints>
\t\t\t\t<positions axis="2Theta" unit="deg">
\t\t\t\t\t<startPosition>{x[0]:.8f}</startPosition>
\t\t\t\t\t<endPosition>{x[-1]:.8f}</endPosition>
\t\t\t\t</positions>
\t\t\t\t<positions axis="Omega" unit="deg">
\t\t\t\t\t<startPosition>{x[0] / 2:.8f}</startPosition>
\t\t\t\t\t<endPosition>{x[-1] / 2:.8f}</endPosition>
\t\t\t\t</positions>
\t\t\t\t<commonCountingTime unit="seconds">{scan.time_per_step_s:.3f}</commonCountingTime>
\t\t\t\t<intensities unit="counts">{counts}</intensities>
\t\t\t</dataPoints>{furnace}
\t\t</scan>
\t</xrdMeasurement>
"""


def raw_bytes(scans: Sequence[ScanFile]) -> bytes:
    """One Bruker RAW1.01 file with a range each; offsets as in :mod:`pelletry.formats.bruker_raw`."""
    first = scans[0]
    head = bytearray(712)
    head[0:8] = b"RAW1.01\0"
    struct.pack_into("<II", head, 8, 1, len(scans))
    day = first.acquired_at[:10].split("-")
    head[16:26] = f"{day[1]}/{day[2]}/{day[0][2:]}".encode("ascii").ljust(10, b"\0")
    head[26:36] = first.acquired_at[11:19].encode("ascii").ljust(10, b"\0")
    comment = first.comment.encode("cp1252", "replace")[:159]
    head[386 : 386 + len(comment)] = comment
    struct.pack_into("<f", head, 564, first.radius_m * 1e3)
    head[608:612] = first.anode.encode("ascii")[:4].ljust(4, b"\0")
    mean_angstrom = (first.alpha1_angstrom + first.alpha2_ratio * first.alpha2_angstrom) / (1 + first.alpha2_ratio)
    wavelengths = (mean_angstrom, first.alpha1_angstrom, first.alpha2_angstrom, first.beta_angstrom)
    struct.pack_into("<5d", head, 616, *wavelengths, first.alpha2_ratio)
    return bytes(head) + b"".join(_range(scan) for scan in scans)


def _range(scan: ScanFile) -> bytes:
    x = scan.two_theta_deg
    head = bytearray(304)
    struct.pack_into("<II", head, 0, 304, x.size)
    struct.pack_into("<dd", head, 8, x[0] / 2, x[0])
    struct.pack_into("<d", head, 176, (x[-1] - x[0]) / (x.size - 1))
    struct.pack_into("<fI", head, 192, scan.time_per_step_s, 0)
    struct.pack_into("<II", head, 224, 40, 40)
    struct.pack_into("<d", head, 240, scan.alpha1_angstrom)
    struct.pack_into("<III", head, 248, 0, 4, 0)
    return bytes(head) + np.asarray(scan.counts, dtype="<f4").tobytes()
