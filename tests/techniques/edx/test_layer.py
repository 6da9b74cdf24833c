"""The two-edge fit against profiles whose layer is known, and the beam's range against published values."""

from __future__ import annotations

import math

import numpy as np
import pytest

from pelletry.techniques.edx.model.interaction import electron_range_m, mean_atomic
from pelletry.techniques.edx.model.layer import fit_layer, layer_profile
from pelletry.virtual.electron_probe import LayerTruth, layer_counts

POSITION_M = np.arange(0, 24e-6, 0.2e-6)


def test_the_profile_is_the_formula() -> None:
    """At the edges of a thick layer half the height; far inside all of it; far outside the base."""
    values = layer_profile(
        np.array([0.0, 5e-6, 10e-6, 15e-6, 30e-6]),
        start_m=5e-6, end_m=15e-6, spread_start_m=0.5e-6, spread_end_m=1e-6, base=3.0, height=100.0,
    )  # fmt: skip
    assert values == pytest.approx([3.0, 53.0, 103.0, 53.0, 3.0], abs=1e-4)
    one_sigma = layer_profile(
        np.array([5.5e-6]), start_m=5e-6, end_m=1.0, spread_start_m=0.5e-6, spread_end_m=1e-6, base=0.0, height=1.0
    )
    assert one_sigma[0] == pytest.approx(0.5 * (1 + math.erf(1 / math.sqrt(2))))


def test_an_exact_profile_is_given_back() -> None:
    values = layer_profile(
        POSITION_M, start_m=6e-6, end_m=16.3e-6, spread_start_m=0.4e-6, spread_end_m=0.9e-6, base=5.0, height=80.0
    )
    fit = fit_layer(POSITION_M, values, is_counts=False)
    assert fit.refusal == ""
    assert fit.thickness_m == pytest.approx(10.3e-6, rel=1e-5)
    assert (fit.spread_start_m, fit.spread_end_m) == pytest.approx((0.4e-6, 0.9e-6), rel=1e-3)


def test_intervals_hold_the_thickness_as_often_as_they_say() -> None:
    random = np.random.default_rng(0)
    layer = LayerTruth(start_m=6e-6, thickness_m=10e-6, spread_m=0.6e-6)
    pulls = []
    for _ in range(60):
        counts = layer_counts(POSITION_M, layer, inside=60, before=2, behind=2, random=random)
        fit = fit_layer(POSITION_M, counts, is_counts=True)
        assert fit.refusal == ""
        pulls.append((fit.thickness_m - 10e-6) / fit.thickness_std_m)
    assert np.mean(np.abs(pulls) < 1.96) > 0.85
    assert abs(np.mean(pulls)) < 0.45
    assert np.std(pulls) == pytest.approx(1.0, abs=0.3)


def test_poisson_weights_are_better_than_none_where_the_ground_is_dark() -> None:
    random = np.random.default_rng(1)
    layer = LayerTruth()
    errors = {True: [], False: []}
    for _ in range(30):
        counts = layer_counts(POSITION_M, layer, inside=15, before=0.2, behind=0.2, random=random)
        for is_counts, found in errors.items():
            found.append(fit_layer(POSITION_M, counts, is_counts=is_counts).thickness_m - 10e-6)
    assert np.std(errors[True]) < np.std(errors[False])


@pytest.mark.parametrize(
    ("layer", "word"),
    [
        (LayerTruth(start_m=-3e-6, thickness_m=10e-6), "both edges"),
        (LayerTruth(start_m=18e-6, thickness_m=10e-6), "both edges"),
    ],
)
def test_a_line_that_begins_or_ends_in_the_layer_is_refused(layer: LayerTruth, word: str) -> None:
    counts = layer_counts(POSITION_M, layer, inside=100, before=2, behind=2, random=np.random.default_rng(2))
    assert word in fit_layer(POSITION_M, counts, is_counts=True).refusal


def test_noise_without_a_layer_is_refused() -> None:
    random = np.random.default_rng(3)
    refused = [
        fit_layer(POSITION_M, random.poisson(20.0, len(POSITION_M)).astype(float), is_counts=True).refusal
        for _ in range(20)
    ]
    assert all(refused)


@pytest.mark.parametrize(
    ("weight", "number", "density", "beam", "published_um"),
    # Goldstein and others, Scanning Electron Microscopy and X-Ray Microanalysis: Kanaya-Okayama ranges in µm.
    [(26.98, 13, 2.70, 10, 1.3), (26.98, 13, 2.70, 20, 4.2), (26.98, 13, 2.70, 30, 8.3), (63.55, 29, 8.96, 10, 0.46), (63.55, 29, 8.96, 20, 1.5), (196.97, 79, 19.3, 20, 0.86), (12.01, 6, 2.26, 10, 1.4)],
)  # fmt: skip
def test_ranges_are_the_published_ones(
    weight: float, number: float, density: float, beam: float, published_um: float
) -> None:
    found = electron_range_m(
        atomic_weight_g_per_mol=weight, atomic_number=number, density_kg_per_m3=density * 1e3, beam_keV=beam
    )
    assert found * 1e6 == pytest.approx(published_um, rel=0.05)


def test_a_compound_of_one_element_is_that_element() -> None:
    assert mean_atomic({"Cu": 3.0}, {"Cu": 63.546}) == (pytest.approx(63.546), pytest.approx(29.0))
