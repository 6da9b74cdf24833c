"""Real micrographs, against what others measured on them."""

from __future__ import annotations

import csv
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from pelletry.core.sample import Sample
from pelletry.core.technique import Inputs
from pelletry.formats.open_file import read_file
from pelletry.techniques.microscopy import CARD
from pelletry.techniques.microscopy.result import MicroscopyResult

RawData = Callable[..., Path]
NIST = ("sem_grains", "usnistgov+grain-size-analysis-tools")
YAMAMOTO = ("sem_grains", "YamamotoLaboratory+3D-SEM-Segmentation")


def result_of(path: Path, **settings: object) -> MicroscopyResult:
    measured = CARD.read(read_file(path))
    result: MicroscopyResult = CARD.analyse(
        measured, Inputs(sample=Sample(name="p1"), settings=CARD.settings(**settings))
    )
    return result


def published(path: Path) -> float:
    rows = list(csv.reader(path.read_text().splitlines()))[1:]
    return float(np.mean([float(row[1]) for row in rows]))


def test_the_line_grid_of_nist_is_met_within_4_percent(raw_data: RawData) -> None:
    """Etched steel, boundaries inked by hand: 871 intercepts of a line grid and 127 of lines and circles after E112."""
    pytest.importorskip("skimage")
    result = result_of(raw_data(*NIST, "grains_steel_highlighted.tif"))
    grid = published(raw_data(*NIST, "grains_steel_highlighted_distances_line_grid.csv"))
    e112 = published(raw_data(*NIST, "grains_steel_highlighted_distances_e112.csv"))
    assert (grid, e112) == (pytest.approx(37.18, abs=0.01), pytest.approx(39.52, abs=0.01))
    assert result.micrographs[0].intercept_px == pytest.approx(grid, rel=0.04)
    assert result.micrographs[0].intercept_px == pytest.approx(e112, rel=0.04)
    # The published pieces are not corrected for those that the edge cut; black spots counted as boundaries there.
    inked = result_of(raw_data(*NIST, "grains_steel_highlighted.tif"), pores="none").micrographs[0]
    plain = np.mean([direction.plain_px for direction in inked.intercepts])
    assert plain == pytest.approx(grid, rel=0.03)


def test_a_mask_of_boundaries_gives_the_line_grid_within_1_percent(raw_data: RawData) -> None:
    pytest.importorskip("skimage")
    result = result_of(raw_data(*NIST, "grains_steel_highlighted_segmented.tif"))
    grid = published(raw_data(*NIST, "grains_steel_highlighted_distances_line_grid.csv"))
    picture = result.micrographs[0]
    assert picture.kind == "boundary-mask"
    assert picture.within_lines_px == pytest.approx(grid, rel=0.01)


def test_a_mask_of_pores_gives_its_share(raw_data: RawData) -> None:
    result = result_of(raw_data(*YAMAMOTO, "sample_001_th.bmp"))
    assert result.micrographs[0].kind == "pore-mask"
    assert result.estimate("porosity").value == pytest.approx(0.174, abs=0.0005)  # type: ignore[union-attr]


def test_pores_of_overlapping_grey_are_said_to_be_a_guess(raw_data: RawData) -> None:
    """A person marked 17.4 %; no threshold of the noisy picture gives more than 12 %, and the result says so."""
    result = result_of(raw_data(*YAMAMOTO, "sample_001_sem.bmp"))
    porosity = result.estimate("porosity")
    assert porosity is not None
    assert porosity.value < 0.13
    assert porosity.std is None
    assert "porosity-greys-overlap" in {finding.code for finding in result.findings}


def test_scale_and_databar_of_a_zeiss_picture(raw_data: RawData) -> None:
    """20 µm over 2048 columns; the databar is in the picture and is found."""
    path = raw_data("sem_zeiss_tif", "dvtxc+fibresem", "sample.01_img08.tif")
    (micrograph,) = CARD.read(read_file(path))
    assert micrograph.pixel_m == pytest.approx(9.765625e-9)
    from pelletry.techniques.microscopy.model.picture import databar_rows

    assert databar_rows(micrograph.pixels) == pytest.approx(166, abs=3)


def test_tilt_of_a_dual_beam_picture_is_flagged(raw_data: RawData) -> None:
    path = raw_data("sem_fei_tif", "kit-data-manager+tomo_mapper", "SEM_Image-SliceImage-001.tif")
    result = result_of(path, boundaries="none")
    finding = next(f for f in result.findings if f.code == "tilt-not-corrected")
    assert "19.3°" in finding.sentence


def test_a_rough_surface_has_no_porosity(raw_data: RawData) -> None:
    """Unpolished faceted grains: dark is shadow, not pore."""
    path = raw_data("sem_fei_tif", "Harsh9005+sem-pore-analysis", "sample_1.tif")
    result = result_of(path, boundaries="none")
    assert result.estimate("porosity") is None
    assert result.micrographs[0].pixel_m == pytest.approx(1.34896e-7)
