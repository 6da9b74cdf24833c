"""The virtual microscope writes what it says, in a layout that the reader takes for a Zeiss."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from pelletry.formats.open_file import read_file
from pelletry.virtual.microscope import MicroscopeTruth, micrograph, zeiss_tiff
from pelletry.virtual.polycrystal import PolycrystalTruth, polycrystal


def test_the_reader_finds_scale_tilt_and_the_word_simulated(tmp_path: Path) -> None:
    random = np.random.default_rng(0)
    picture = random.integers(0, 255, (90, 120)).astype(np.uint8)
    path = tmp_path / "a.tif"
    path.write_bytes(zeiss_tiff(picture, pixel_size_m=48.83e-9, comment="simulated section", tilt_deg=12.5))
    (record,) = read_file(path)
    hints = {hint.name: hint.value for hint in record.hints}
    assert hints["pixel_size"] == pytest.approx(48.83e-9)
    assert hints["tilt"] == pytest.approx(12.5)
    assert record.header["SV_USER_NOTE"] == "simulated section"
    assert record.image is not None
    assert np.array_equal(record.image, picture)
    # The entry that misleads in real files does so here.
    assert record.header["AP_PIXEL_SIZE"] == "97.66 nm"


def test_the_databar_stands_below_the_picture(tmp_path: Path) -> None:
    picture = np.full((90, 120), 128, dtype=np.uint8)
    path = tmp_path / "a.tif"
    path.write_bytes(zeiss_tiff(picture, pixel_size_m=1e-7, comment="simulated", databar_rows=20))
    (record,) = read_file(path)
    assert record.image is not None
    assert record.image.shape == (110, 120)
    assert np.array_equal(record.image[:90], picture)


def test_a_section_has_the_grains_and_pores_that_were_asked_for() -> None:
    truth = PolycrystalTruth(grains=300, pores_fraction=0.08)
    section = polycrystal(truth, random=np.random.default_rng(1))
    seen = np.unique(section.labels)
    # Cells that the edge cuts count too, so there are somewhat more than 300.
    assert 300 <= len(seen) <= 400
    assert section.porosity_fraction == pytest.approx(0.08, abs=0.003)


def test_a_section_without_weights_is_the_voronoi_diagram_of_its_sites() -> None:
    """Every pixel belongs to the nearest site: cells are convex, so a row of one label is never interrupted."""
    section = polycrystal(PolycrystalTruth(rows=200, columns=250, grains=60), random=np.random.default_rng(2))
    for row in section.labels:
        runs = 1 + np.count_nonzero(row[1:] != row[:-1])
        assert runs == len(np.unique(row))


def test_distance_from_the_boundary_is_zero_on_it_and_grows_inwards() -> None:
    from scipy import ndimage

    section = polycrystal(PolycrystalTruth(rows=200, columns=250, grains=40), random=np.random.default_rng(3))
    edges = np.zeros(section.labels.shape, dtype=bool)
    edges[:, 1:] |= section.labels[:, 1:] != section.labels[:, :-1]
    edges[1:] |= section.labels[1:] != section.labels[:-1]
    inside = ndimage.distance_transform_edt(~edges)
    deep = inside > 4
    # Near a corner the second site is not always that of the nearest boundary.
    assert np.median(section.boundary_distance[deep] - inside[deep]) == pytest.approx(0.0, abs=0.7)
    assert np.quantile(section.boundary_distance[edges], 0.98) < 1.2


def test_same_seed_same_picture() -> None:
    truth, microscope = PolycrystalTruth(rows=100, columns=120, grains=30, pores_fraction=0.05), MicroscopeTruth()
    pictures = []
    for _ in range(2):
        random = np.random.default_rng(4)
        pictures.append(micrograph(polycrystal(truth, random=random), microscope, random=random))
    assert np.array_equal(*pictures)
