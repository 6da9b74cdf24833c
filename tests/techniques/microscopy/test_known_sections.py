"""Simulated micrographs of sections whose grains, pores and cracks are known."""

from __future__ import annotations

import numpy as np
import pytest

pytest.importorskip("skimage")

from pelletry.techniques.microscopy.model.grains import equivalent_diameters, weighted_mean, whole_grains
from pelletry.virtual.microscope import MicroscopeTruth
from pelletry.virtual.polycrystal import Polycrystal, PolycrystalTruth

PIXEL_M = 50e-9


def true_intercept(section: Polycrystal) -> float:
    """Length in grains over boundaries crossed, in pixels: counted another way than in the technique.

    Every step between two pixels of different grains is a boundary, a step into a pore half a one for the grain it ends.
    """
    labels = np.where(section.pores, 0, section.labels)
    means = []
    for turned in (labels, labels.T):
        one, two = turned[:, :-1], turned[:, 1:]
        boundaries = np.count_nonzero((one != two) & (one > 0) & (two > 0))
        ends = np.count_nonzero((one > 0) != (two > 0))
        means.append(np.count_nonzero(turned) / (boundaries + ends / 2))
    for flip in (labels, labels[::-1]):
        one, two = flip[:-1, :-1], flip[1:, 1:]
        boundaries = np.count_nonzero((one != two) & (one > 0) & (two > 0))
        ends = np.count_nonzero((one > 0) != (two > 0))
        inside = 0.5 * (np.count_nonzero(one) + np.count_nonzero(two))
        means.append(np.sqrt(2) * inside / (boundaries + ends / 2))
    return float(np.mean(means))


@pytest.mark.parametrize(
    ("section", "microscope"),
    [
        (PolycrystalTruth(grains=200, size_spread=0.2), MicroscopeTruth()),
        (
            PolycrystalTruth(
                grains=800, size_spread=0.2, pores_fraction=0.04, pore_size=9, open_boundaries_fraction=0.05
            ),
            MicroscopeTruth(),
        ),
        (PolycrystalTruth(grains=250, pores_fraction=0.06), MicroscopeTruth(noise_std=20, blur=1.2)),
        (PolycrystalTruth(grains=300, size_spread=0.2), MicroscopeTruth(boundary_grey=60, grain_grey=120)),
    ],
    ids=["clean", "small grains, pores, cracks", "noise", "bright boundaries"],
)
def test_grain_sizes_of_known_sections_come_back(seen, analysed, section, microscope) -> None:  # type: ignore[no-untyped-def]
    """Intercept within 2 %, mean equivalent-circle diameter within 5 %, no setting but the scale."""
    cut, pixels = seen(section, microscope, seed=11)
    result = analysed(pixels)
    intercept = result.estimate("intercept_mean")
    assert intercept.value / PIXEL_M == pytest.approx(true_intercept(cut), rel=0.02)
    whole = whole_grains(np.where(cut.pores, 0, cut.labels).astype(np.int32))
    diameter, _ = weighted_mean(equivalent_diameters(whole.squares), whole.weights)
    assert result.estimate("ecd_mean_number").value / PIXEL_M == pytest.approx(diameter, rel=0.05)
    assert intercept.std is not None
    assert 0.003 < intercept.std / intercept.value < 0.05
