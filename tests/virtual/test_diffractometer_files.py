"""Scans that the virtual diffractometer writes are those that the readers of the real layouts give back."""

from __future__ import annotations

from pathlib import Path

import attrs
import numpy as np
import pytest

from pelletry.formats.open_file import read_file
from pelletry.techniques.diffraction.read import read
from pelletry.virtual.diffractometer_files import ScanFile, raw_bytes, xrdml_text, xy_text

ANGLES = np.round(np.arange(10.0, 30.0, 0.02), 6)
SCAN = ScanFile(
    two_theta_deg=ANGLES,
    counts=np.random.default_rng(7).poisson(400 + 4000 * np.exp(-0.5 * ((ANGLES - 20.1) / 0.05) ** 2)),
    comment="simulated: a line at 20.1 deg",
    anode="Cu",
    alpha1_angstrom=1.5405929,
    alpha2_angstrom=1.5444274,
    beta_angstrom=1.3922340,
    alpha2_ratio=0.5,
    radius_m=0.24,
    time_per_step_s=12.5,
)
HOT = attrs.evolve(SCAN, temperature_K=373.15)


@pytest.mark.parametrize(
    ("name", "content", "reader"),
    [
        ("a.xrdml", xrdml_text([SCAN]), "xrdml"),
        ("a.raw", raw_bytes([SCAN]), "bruker-raw1.01"),
        ("a.xy", xy_text(SCAN), "powder-xy"),
    ],
)
def test_a_written_scan_comes_back(tmp_path: Path, name: str, content: bytes, reader: str) -> None:
    (tmp_path / name).write_bytes(content)
    (record,) = read_file(tmp_path / name)
    assert record.origin.format == reader
    assert "simulated" in record.header["comment"]
    (scan,) = read([record])
    np.testing.assert_allclose(scan.two_theta_deg, ANGLES, atol=2e-6)
    np.testing.assert_array_equal(scan.intensity, SCAN.counts)
    assert scan.is_simulated
    if reader == "powder-xy":
        assert not scan.stated.has_wavelength
    else:
        assert scan.stated.alpha1_angstrom == pytest.approx(1.5405929, abs=2e-7)  # the reader of RAW keeps seven digits
        assert scan.stated.alpha2_ratio == pytest.approx(0.5)
        assert scan.stated.radius_m == pytest.approx(0.24)
        assert scan.time_per_step_s == pytest.approx(12.5)
        assert scan.origin.acquired_at is not None


def test_the_furnace_is_written_where_the_layout_has_room(tmp_path: Path) -> None:
    (tmp_path / "hot.xrdml").write_bytes(xrdml_text([SCAN, HOT]))
    cold, hot = read(read_file(tmp_path / "hot.xrdml"))
    assert cold.temperature_K is None
    assert hot.temperature_K == pytest.approx(373.15)
    assert hot.temperature_is_confirmed


def test_two_ranges_of_a_raw_file_are_two_scans(tmp_path: Path) -> None:
    (tmp_path / "two.raw").write_bytes(raw_bytes([SCAN, SCAN]))
    assert len(read(read_file(tmp_path / "two.raw"))) == 2
