"""Whole grains, their border correction and the law of their sizes."""

from __future__ import annotations

import numpy as np
import pytest

from pelletry.techniques.microscopy.model.distribution import size_law
from pelletry.techniques.microscopy.model.grains import (
    equivalent_diameters,
    weighted_mean,
    weighted_quantile,
    whole_grains,
)


def test_border_correction_brings_the_large_grains_back() -> None:
    """Discs of radius 30 and 8 on a square of 200: without weights the share of large ones is far too small."""
    random = np.random.default_rng(5)
    plain, corrected = np.zeros(2), np.zeros(2)
    for _ in range(200):
        # Single discs far apart, seen through a window of 200: place each by itself.
        large = random.random(60) < 0.2
        radius = np.where(large, 30, 8)
        centre = random.uniform(-30, 230, (60, 2))
        inside = np.all((centre - radius[:, None] > 0) & (centre + radius[:, None] < 200), axis=1)
        width = 2 * radius / 200
        weight = 1 / (1 - width) ** 2
        plain += [(large & inside).sum(), inside.sum()]
        corrected += [(weight * (large & inside)).sum(), (weight * inside).sum()]
    assert plain[0] / plain[1] < 0.16
    assert corrected[0] / corrected[1] == pytest.approx(0.2, abs=0.03)
    # The same weights come out of a label image with two discs in it.
    labels = np.zeros((200, 200), dtype=np.int32)
    y, x = np.mgrid[0:200, 0:200]
    labels[(y - 100) ** 2 + (x - 60) ** 2 <= 30**2] = 1
    labels[(y - 50) ** 2 + (x - 150) ** 2 <= 8**2] = 2
    labels[:10, :10] = 3  # touches the edge
    found = whole_grains(labels)
    assert found.cut_count == 1
    assert found.weights == pytest.approx([1 / (1 - 62 / 200) ** 2, 1 / (1 - 18 / 200) ** 2])
    assert equivalent_diameters(found.squares) == pytest.approx([60, 16], rel=0.03)


def test_density_of_grains_is_that_of_the_grid() -> None:
    labels = np.kron(np.arange(1, 101).reshape(10, 10), np.ones((20, 20))).astype(np.int32)
    random = np.random.default_rng(0)
    found = []
    for _ in range(200):
        row, column = random.integers(0, 100, 2)
        found.append(whole_grains(_renumbered(labels[row : row + 87, column : column + 87])).density)
    assert np.mean(found) == pytest.approx(1 / 400, rel=0.03)


def _renumbered(
    labels: np.ndarray[tuple[int, int], np.dtype[np.int32]],
) -> np.ndarray[tuple[int, int], np.dtype[np.int32]]:
    return np.unique(labels, return_inverse=True)[1].reshape(labels.shape).astype(np.int32) + 1


def test_quantiles_without_weights_are_those_of_numpy() -> None:
    values = np.random.default_rng(1).random(501)
    for share in (0.1, 0.5, 0.9):
        expected = np.quantile(values, share, method="hazen")
        assert weighted_quantile(values, np.ones(501), share) == pytest.approx(expected)


def test_mean_by_area_is_the_ratio_of_moments() -> None:
    d = np.array([1.0, 2.0, 4.0])
    mean, std = weighted_mean(d, d**2)
    assert mean == pytest.approx((1 + 8 + 64) / (1 + 4 + 16))
    assert std > 0


def test_log_normal_sizes_give_their_law_back() -> None:
    sizes = np.exp(np.random.default_rng(2).normal(np.log(3e-6), 0.4, 4000))
    law = size_law(sizes, np.ones(4000))
    assert law.median == pytest.approx(3e-6, rel=0.02)
    assert law.sigma_ratio == pytest.approx(0.4, rel=0.04)
    assert law.is_abnormal is False
    assert law.d90_over_d50_number_ratio == pytest.approx(law.law_d90_over_d50_ratio, rel=0.04)
    assert law.d50_area_over_number_ratio == pytest.approx(law.law_d50_area_over_number_ratio, rel=0.06)


def test_distance_from_the_law_is_scipys() -> None:
    stats = pytest.importorskip("scipy.stats")
    sizes = np.random.default_rng(3).gamma(4.0, 1.0, 300)
    law = size_law(sizes, np.ones(300))
    expected = stats.kstest(np.log(sizes), "norm", args=(np.log(law.median), law.sigma_ratio)).statistic
    from pelletry.techniques.microscopy.model.distribution import _ks

    statistic, critical = _ks(np.log(sizes), np.ones(300), np.log(law.median), law.sigma_ratio)
    assert statistic == pytest.approx(expected)
    assert critical == pytest.approx(1.36 / np.sqrt(300))


@pytest.mark.parametrize("giants", [8, 30, 80])
def test_giants_among_normal_grains_are_abnormal_growth(giants: int) -> None:
    random = np.random.default_rng(4)
    sizes = np.concatenate([np.exp(random.normal(0, 0.3, 500)), 8 * np.exp(random.normal(0, 0.1, giants))])
    assert size_law(sizes, np.ones(len(sizes))).is_abnormal is True


def test_too_few_grains_do_not_tell() -> None:
    assert size_law(np.exp(np.random.default_rng(5).normal(size=20)), np.ones(20)).is_abnormal is None
