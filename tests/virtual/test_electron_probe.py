"""Files of the virtual electron probe, read back."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from pelletry.formats.open_file import read_file
from pelletry.virtual.electron_probe import LayerTruth, layer_counts, line_scan_csv, map_csv, spectrum_text

POSITION_M = np.arange(0, 24e-6, 0.25e-6)


def test_a_line_scan_is_read_as_one(tmp_path: Path) -> None:
    counts = layer_counts(POSITION_M, LayerTruth(), inside=100, before=2, behind=3, random=np.random.default_rng(0))
    path = tmp_path / "line.csv"
    path.write_bytes(line_scan_csv(POSITION_M, {"Ti K": counts}, comment="simulated", beam_keV=15))
    (record,) = read_file(path)
    assert record.technique == "edx"
    assert record.values("Distance") == pytest.approx(POSITION_M * 1e6)
    assert record.values("Ti") == pytest.approx(counts)
    assert path.read_text(encoding="utf-8").startswith("# simulated")


def test_a_map_is_read_with_its_places(tmp_path: Path) -> None:
    values = np.arange(12.0).reshape(3, 4)
    path = tmp_path / "map.csv"
    path.write_bytes(map_csv({"Ti K": values}, pixel_m=0.5e-6, comment="simulated"))
    (record,) = read_file(path)
    assert record.technique == "edx"
    assert sorted(set(record.values("X"))) == pytest.approx([0.25, 0.75, 1.25, 1.75])
    assert record.values("Ti").reshape(3, 4) == pytest.approx(values)


def test_a_spectrum_is_read_with_its_beam(tmp_path: Path) -> None:
    path = tmp_path / "spectrum.txt"
    random = np.random.default_rng(1)
    path.write_bytes(spectrum_text([(4.511, 5000)], comment="simulated", beam_keV=15, random=random))
    (record,) = read_file(path)
    assert record.technique == "edx"
    assert record.header["beam energy"] == "15 keV"
    energy, counts = record.values("Energy"), record.values("Counts")
    assert energy[np.argmax(counts * (energy > 3))] == pytest.approx(4.51, abs=0.03)


def test_expected_counts_are_half_way_at_the_edges() -> None:
    layer = LayerTruth(start_m=5e-6, thickness_m=10e-6)
    counts = layer_counts(np.array([5e-6, 15e-6, 10e-6]), layer, inside=100, before=0, behind=20)
    assert counts == pytest.approx([50.0, 60.0, 100.0], rel=1e-6)
