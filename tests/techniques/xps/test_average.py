"""Averages over backgrounds and windows: a real Ti3+ share with the background's part, what is withheld, closed sums."""

from __future__ import annotations

import numpy as np
import pytest

from pelletry.techniques.xps.model.average import (
    average_ratio,
    fit_region,
    noise_of_scatter,
    ratios_of_variants,
    standard_deviations,
)
from pelletry.techniques.xps.model.backgrounds import LossFunction, cumulative_integral
from pelletry.techniques.xps.model.components import Component
from pelletry.techniques.xps.model.shapes import voigt

STATES = tuple(
    Component(
        name=name,
        level="Ti 2p",
        position_eV=position,
        position_range_eV=1.0,
        splitting_eV=5.7,
        ratio=0.496,
        has_wide_partner=True,
        width_group="Ti 2p",
    )
    for name, position in (("Ti4+", 459.0), ("Ti3+", 456.9))
)


@pytest.mark.parametrize("window", [(450.0, 472.0), (451.0, 469.0), (452.0, 468.0), (453.0, 470.0), (454.0, 467.0)])
def test_the_interval_of_ti3_holds_the_published_share_in_every_window(strontium_titanate, window):
    """6.6 % is the share of the fit that the file's author stored; linear and Shirley backgrounds give 3 to 11 %."""
    energy, rate = strontium_titanate
    sigma = np.full(len(rate), noise_of_scatter(rate))
    found = fit_region(STATES, energy, rate, sigma, window_eV=window, is_counting=False)
    low = found.fraction[1] - 1.96 * found.fraction_std[1]
    high = found.fraction[1] + 1.96 * found.fraction_std[1]
    assert low < 0.066 < high
    assert low > 0.0
    assert high < 0.13  # an interval that says something
    assert found.fraction_background_std[1] > found.fraction_fit_std[1]


def test_no_single_background_gives_an_interval_that_agrees_with_the_others(strontium_titanate):
    energy, rate = strontium_titanate
    sigma = np.full(len(rate), noise_of_scatter(rate))
    found = fit_region(STATES, energy, rate, sigma, window_eV=(453.0, 470.0), is_counting=False)
    base = {
        v.background: v
        for v in found.variants
        if (v.low_eV, v.high_eV) == (found.variants[0].low_eV, found.variants[0].high_eV)
    }
    linear, shirley = base["linear"], base["shirley"]
    gap = shirley.fraction[1] - linear.fraction[1]
    assert gap > 3 * np.hypot(linear.fraction_std[1], shirley.fraction_std[1])


def test_shares_of_one_level_sum_to_one_and_weights_too(strontium_titanate):
    energy, rate = strontium_titanate
    sigma = np.full(len(rate), noise_of_scatter(rate))
    found = fit_region(STATES, energy, rate, sigma, window_eV=(452.0, 468.0), is_counting=False)
    assert found.fraction.sum() == pytest.approx(1.0, abs=1e-12)
    assert sum(v.weight for v in found.variants) == pytest.approx(1.0, abs=1e-12)
    assert len(found.variants) == 30
    assert found.fraction[1] == pytest.approx(sum(v.weight * v.fraction[1] for v in found.variants))
    assert all(v.chi2_reduced is None for v in found.variants)  # no counts, no chi2


def test_a_ratio_of_areas_knows_that_both_share_their_background(strontium_titanate):
    energy, rate = strontium_titanate
    sigma = np.full(len(rate), noise_of_scatter(rate))
    found = fit_region(STATES, energy, rate, sigma, window_eV=(452.0, 468.0), is_counting=False)
    value, std = average_ratio(ratios_of_variants(found.variants, [1], [0]))
    assert value == pytest.approx(found.fraction[1] / found.fraction[0], rel=0.05)
    assert std == pytest.approx(found.fraction_std[1] / found.fraction[0] ** 2, rel=0.1)  # d(f/(1-f)) = df/(1-f)^2


def test_tougaard_is_withheld_where_the_losses_were_not_measured(strontium_titanate):
    energy, rate = strontium_titanate
    sigma = np.full(len(rate), noise_of_scatter(rate))
    found = fit_region(STATES, energy, rate, sigma, window_eV=(450.0, 472.0), is_counting=False)
    assert {v.background for v in found.variants} == {
        "active",
        "active_own",
        "losses",
        "losses_gap",
        "shirley",
        "linear",
    }
    assert "needs 30 eV beyond the last peak; the window ends 7.3 eV beyond it" in found.withheld[0]


def test_tougaard_takes_part_where_the_window_reaches_far_enough():
    energy = np.arange(445.0, 505.0, 0.1)
    rng = np.random.default_rng(2)
    line = 8000.0 * np.exp(-4 * np.log(2) * ((energy - 459.0) / 1.3) ** 2)
    counts = rng.poisson(line + 900.0).astype(float)
    one = Component(name="Ti4+", level="Ti 2p", position_eV=459.0)
    found = fit_region([one], energy, counts, standard_deviations(counts), window_eV=(446.0, 504.0), is_counting=True)
    assert "tougaard" in {v.background for v in found.variants}
    assert found.withheld == ()


def test_weights_of_counts_are_poissons():
    rng = np.random.default_rng(5)
    counts = rng.poisson(np.full(4000, 900.0)).astype(float)
    assert standard_deviations(counts).mean() == pytest.approx(30.0, rel=0.01)
    assert noise_of_scatter(counts) == pytest.approx(30.0, rel=0.05)


def test_a_window_with_too_few_points_is_refused(strontium_titanate):
    energy, rate = strontium_titanate
    with pytest.raises(ValueError, match="holds 20 points, fewer than 30"):
        fit_region(STATES, energy, rate, np.ones(len(rate)), window_eV=(458.0, 460.0), is_counting=False)
    fine = np.arange(458.0, 460.0, 0.01)
    with pytest.raises(ValueError, match="narrower than 3 eV"):
        fit_region(STATES, fine, fine, np.ones(len(fine)), window_eV=(458.0, 459.9), is_counting=False)


def test_each_state_can_have_a_step_of_its_own():
    """Two states, the step behind the second three times as high: only the background with own steps finds both areas."""
    energy = np.arange(520.0, 545.0, 0.1)
    lines = [voigt(energy, np.array([at]), np.array([1.2]), np.array([0.3]))[0][0] for at in (531.0, 533.5)]
    first, second = 20_000.0 * lines[0], 10_000.0 * lines[1]
    under = 500.0 + cumulative_integral(energy, 0.01 * first + 0.03 * second)
    components = [Component(name=str(at), level="O 1s", position_eV=at, width_group="O 1s") for at in (531.0, 533.5)]
    data = first + second + under
    found = fit_region(components, energy, data, np.sqrt(data), window_eV=(521.0, 544.0), is_counting=True)
    areas = {v.background: v.strength for v in found.variants[:6]}
    assert areas["active_own"] == pytest.approx([20_000.0, 10_000.0], rel=1e-5)
    assert abs(areas["active"][1] - 10_000.0) > 30.0


def test_losses_that_were_put_in_are_found_with_the_areas():
    energy = np.arange(445.0, 505.0, 0.1)
    line = 20_000.0 * voigt(energy, np.array([459.0]), np.array([1.2]), np.array([0.3]))[0][0]
    kernel = LossFunction(gap_eV=3.0).for_scale_one(energy[:, None] - energy[None, :])
    data = 400.0 + line + 2.0 * 2866.0 * kernel @ line * 0.1
    one = Component(name="Ti4+", level="Ti 2p", position_eV=459.0)
    found = fit_region([one], energy, data, np.sqrt(data), window_eV=(446.0, 504.0), is_counting=True)
    areas = {v.background: float(v.strength[0]) for v in reversed(found.variants)}
    assert areas["losses_gap"] == pytest.approx(20_000.0, rel=2e-3)
    assert all(
        abs(areas[name] - 20_000.0) > 4 * abs(areas["losses_gap"] - 20_000.0)
        for name in ("active", "linear", "shirley")
    )
