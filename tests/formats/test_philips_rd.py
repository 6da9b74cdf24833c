"""Philips binary scans built byte by byte."""

from __future__ import annotations

import struct

import numpy as np
import pytest

from pelletry.core.errors import BrokenFileError

PACKED = [100 + 3 * i for i in range(251)]


def rd(version: bytes = b"V3RD", *, start: float = 10.0, end: float = 15.0, step: float = 0.02, packed=PACKED) -> bytes:
    content = bytearray(810 if version == b"V5RD" else 250)
    content[:4] = version
    content[84:87] = bytes([3, 0, 3])
    struct.pack_into("<3d", content, 94, 1.5406, 1.54439, 0.5)
    content[146:152] = b"pellet"
    struct.pack_into("<3d", content, 214, step, start, end)
    return bytes(content) + struct.pack(f"<{len(packed)}H", *packed)


@pytest.mark.parametrize("version", [b"V3RD", b"V5RD"])
def test_angles_counts_and_wavelengths(reads, version):
    (record,) = reads("a.rd", rd(version))
    np.testing.assert_allclose(record.values("2Theta"), 10 + 0.02 * np.arange(251))
    np.testing.assert_array_equal(record.values("counts"), [p * p // 100 for p in PACKED])
    header = record.header
    assert (record.technique, header["anode"], header["goniometer"], header["sample"]) == (
        "diffraction",
        "Cu",
        "PW3710",
        "pellet",
    )
    assert header["wavelength K-alpha1 (Angstrom)"] == "1.5406"
    assert any("packed" in warning for warning in record.warnings)


def test_an_aborted_scan_and_broken_ranges(reads):
    (record,) = reads("a.rd", rd(packed=PACKED[:100]))
    assert record.points == 100
    assert "the range has room for 251 points, the file holds 100" in record.warnings
    for content, message in (
        (rd(step=0.0), "in steps of 0"),
        (rd(end=5.0), "a range from 10 to 5"),
        (rd(step=float("nan")), "in steps of nan"),
        (rd(b"V5RD")[:600], "ends before its first point"),
    ):
        with pytest.raises(BrokenFileError, match=message):
            reads("b.rd", content)
