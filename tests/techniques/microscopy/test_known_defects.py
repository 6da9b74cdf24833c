"""Pores, cracks, giants, elongated and tilted grains of simulated sections, and several pictures of one sample."""

from __future__ import annotations

import numpy as np
import pytest

pytest.importorskip("skimage")

from pelletry.techniques.microscopy.model.cracks import line_length_per_area, open_boundary_fraction
from pelletry.virtual.microscope import MicroscopeTruth
from pelletry.virtual.polycrystal import PolycrystalTruth

PIXEL_M = 50e-9


@pytest.mark.parametrize("pores", [0.02, 0.06, 0.15])
def test_true_porosity_lies_in_the_band(seen, analysed, pores) -> None:  # type: ignore[no-untyped-def]
    """The band carries half a pixel along the rims of the pores, which no threshold can place."""
    cut, pixels = seen(PolycrystalTruth(rows=400, columns=500, grains=90, pores_fraction=pores, pore_size=16), seed=3)
    result = analysed(pixels)
    truth = cut.porosity_fraction
    assert result.porosity_low_fraction <= truth <= result.porosity_high_fraction
    assert result.estimate("porosity").value == pytest.approx(truth, abs=0.01)
    band = result.porosity_high_fraction - result.porosity_low_fraction
    assert result.estimate("porosity").std == pytest.approx(band / np.sqrt(12))


def test_open_boundaries_are_found_as_length_and_share(seen, analysed) -> None:  # type: ignore[no-untyped-def]
    cut, pixels = seen(
        PolycrystalTruth(grains=200, pores_fraction=0.04, open_boundaries_fraction=0.15, crack_width=4.0), seed=5
    )
    result = analysed(pixels)
    length = line_length_per_area(cut.cracks) / PIXEL_M
    assert result.estimate("crack_length_density").value == pytest.approx(length, rel=0.15)
    share = open_boundary_fraction(cut.labels, cut.cracks)
    assert share is not None
    assert result.estimate("open_boundary_fraction").value == pytest.approx(share, abs=0.04)


def test_length_of_a_drawn_line_follows_from_its_crossings() -> None:
    """Lines in many directions of known length per area; Underwood's relation is exact for directions that are alike."""
    lines = np.zeros((1000, 1000), dtype=bool)
    random = np.random.default_rng(0)
    total = 0.0
    for _ in range(60):
        angle, row, column = random.uniform(0, np.pi), *random.uniform(200, 800, 2)
        t = np.linspace(-150, 150, 1200)
        lines[(row + t * np.sin(angle)).astype(int), (column + t * np.cos(angle)).astype(int)] = True
        total += 300.0
    assert line_length_per_area(lines) == pytest.approx(total / 1e6, rel=0.08)


def test_giants_are_reported_as_abnormal_growth(seen, analysed) -> None:  # type: ignore[no-untyped-def]
    _, pixels = seen(PolycrystalTruth(grains=500, large_grains_count=8, large_grain_factor=5.0), seed=2)
    _, even = seen(PolycrystalTruth(rows=400, columns=500, grains=130), seed=2)
    assert "abnormal-grain-growth" in {f.code for f in analysed(pixels).findings}
    assert "abnormal-grain-growth" not in {f.code for f in analysed(even).findings}


def test_elongated_grains_show_in_the_directions(seen, analysed) -> None:  # type: ignore[no-untyped-def]
    _, pixels = seen(PolycrystalTruth(rows=400, columns=500, grains=130, stretch_factor=2.0), seed=4)
    result = analysed(pixels)
    along, across = result.estimate("intercept_0"), result.estimate("intercept_90")
    assert across.value / along.value == pytest.approx(2.0, rel=0.1)
    assert "grains-anisotropic" in {f.code for f in result.findings}


def test_a_tilted_plane_is_stretched_back(seen, analysed) -> None:  # type: ignore[no-untyped-def]
    """Every second row of a picture left out is a tilt of 60 degrees."""
    _, pixels = seen(PolycrystalTruth(grains=120), MicroscopeTruth(boundary_width=3), seed=4)
    upright = analysed(pixels).estimate("intercept_mean")
    half = pixels[::2]
    told = analysed(half, tilt_deg=60.0, tilt="plane")
    assert told.estimate("intercept_mean").value == pytest.approx(upright.value, rel=0.04)
    assert "tilt-corrected" in {f.code for f in told.findings}
    left = analysed(half, tilt_deg=60.0)
    assert "tilt-not-corrected" in {f.code for f in left.findings}
    flagged = next(q for q in left.quantities if q.name == "intercept_90")
    assert "tilt-not-corrected" in flagged.flags


def test_several_pictures_are_pooled(seen, analysed) -> None:  # type: ignore[no-untyped-def]
    pictures = [seen(PolycrystalTruth(rows=300, columns=400, grains=90), seed=s)[1] for s in range(3)]
    one, three = analysed(pictures[0]), analysed(*pictures)
    assert three.grain_count == sum(len(m.sizes_px) for m in three.micrographs)
    assert three.estimate("intercept_mean").std < one.estimate("intercept_mean").std
    assert "few-fields" in {f.code for f in one.findings}
    assert "few-fields" not in {f.code for f in three.findings}
    mean = np.mean([m.intercept_px for m in three.micrographs]) * PIXEL_M
    assert three.estimate("intercept_mean").value == pytest.approx(mean, rel=0.01)
