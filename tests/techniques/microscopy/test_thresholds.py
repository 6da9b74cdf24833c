"""Thresholds against scikit-image's, and the half level against its definition."""

from __future__ import annotations

import numpy as np
import pytest

from pelletry.techniques.microscopy.model import thresholds
from pelletry.techniques.microscopy.model.thresholds import histogram


def greys(seed: int, *, dark: float, apart: float) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    random = np.random.default_rng(seed)
    n = 40_000
    is_dark = random.random(n) < dark
    return np.where(is_dark, random.normal(150 - apart, 12, n), random.normal(150, 10, n))


@pytest.mark.parametrize("name", ["otsu", "li", "yen", "triangle"])
@pytest.mark.parametrize(("dark", "apart"), [(0.2, 90.0), (0.05, 110.0), (0.4, 60.0)])
def test_thresholds_are_those_of_scikit_image(name: str, dark: float, apart: float) -> None:
    filters = pytest.importorskip("skimage.filters")
    values = greys(3, dark=dark, apart=apart)
    counts, levels = histogram(values)
    ours = getattr(thresholds, f"threshold_{name}")(counts, levels)
    theirs = getattr(filters, f"threshold_{name}")(values)
    # One bin of the histogram; Li is iterated on the values there and on the bins here.
    assert ours == pytest.approx(theirs, abs=1.5 * (levels[1] - levels[0]))


def test_half_level_lies_midway_between_the_classes_however_few_the_dark_ones() -> None:
    for dark in (0.3, 0.03, 0.005):
        counts, levels = histogram(greys(1, dark=dark, apart=100.0))
        assert thresholds.threshold_half_level(counts, levels) == pytest.approx(100.0, abs=3.0)


def test_otsu_cuts_through_the_grains_where_the_half_level_does_not() -> None:
    counts, levels = histogram(greys(1, dark=0.005, apart=100.0))
    assert thresholds.threshold_otsu(counts, levels) > 120
