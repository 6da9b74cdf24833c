"""Backgrounds against closed forms and against CasaXPS' Tougaard background of a real file."""

from __future__ import annotations

import numpy as np
import pytest

from pelletry.techniques.xps.model.backgrounds import (
    LossFunction,
    cumulative_integral,
    linear_background,
    shirley_background,
    tougaard_background,
)

ENERGY = np.arange(450.0, 472.001, 0.1)


def peak(position=459.0, width=1.2):
    return 1000.0 * np.exp(-4 * np.log(2) * ((ENERGY - position) / width) ** 2)


def test_a_shirley_background_that_was_put_in_comes_out_again():
    under = 300.0 + 0.15 * cumulative_integral(ENERGY, peak())
    found = shirley_background(ENERGY, under + peak(), end_points=5)
    assert found.is_converged
    assert 1 < found.iterations < 60
    assert found.background == pytest.approx(under, abs=2e-5 * np.ptp(under))


def test_shirley_iterates_until_no_point_changes_by_a_millionth_of_the_step():
    intensity = 300.0 + 0.15 * cumulative_integral(ENERGY, peak()) + peak()
    settled = shirley_background(ENERGY, intensity, tolerance=1e-6)
    more = shirley_background(ENERGY, intensity, tolerance=1e-12)
    assert np.abs(settled.background - more.background).max() < 2e-6 * np.ptp(more.background)
    assert more.iterations > settled.iterations


def test_turning_the_step_round_turns_the_background_round():
    intensity = 500.0 - 0.1 * cumulative_integral(ENERGY, peak()) + peak()
    found = shirley_background(ENERGY, intensity)
    assert found.background[0] > found.background[-1]
    assert found.background == pytest.approx(500.0 - 0.1 * cumulative_integral(ENERGY, peak()), abs=1e-3)


@pytest.mark.parametrize("make", [linear_background, shirley_background, tougaard_background])
def test_fewer_than_five_end_points_are_refused(make):
    with pytest.raises(ValueError, match="5 or more"):
        make(ENERGY, peak(), end_points=4)


def test_end_levels_are_means_and_their_number_is_told():
    rng = np.random.default_rng(1)
    noisy = rng.normal(100.0, 10.0, len(ENERGY))
    found = linear_background(ENERGY, noisy, end_points=9)
    assert found.end_points == 9
    assert found.end_levels == pytest.approx((noisy[:9].mean(), noisy[-9:].mean()))


def test_a_straight_line_is_its_own_linear_background():
    line = 3.0 + 2.0 * ENERGY
    assert linear_background(ENERGY, line).background == pytest.approx(line, rel=1e-12)


def test_the_tougaard_background_of_a_narrow_line_is_the_loss_curve_itself():
    energy = np.arange(0.0, 60.0, 0.05)
    line = np.exp(-4 * np.log(2) * ((energy - 10.0) / 0.3) ** 2)
    area = 0.3 * np.sqrt(np.pi / (4 * np.log(2)))
    found = tougaard_background(energy, 5.0 + line, function=LossFunction(scale_eV2=2866.0))
    loss = energy - 10.0
    expected = 5.0 + np.where(loss > 1.0, 2866.0 * area * loss / (1643.0 + loss**2) ** 2, np.nan)
    far = loss > 1.0
    assert found.background[far] == pytest.approx(expected[far], rel=1e-3, abs=2e-5)


def test_an_unstated_tougaard_scale_meets_the_data_at_the_far_end():
    energy = np.arange(440.0, 510.0, 0.1)
    line = 1000.0 * np.exp(-4 * np.log(2) * ((energy - 459.0) / 1.2) ** 2)
    data = 200.0 + line + 0.05 * cumulative_integral(energy, line)
    found = tougaard_background(energy, data, end_points=7)
    assert found.background[-7:].mean() == pytest.approx(data[-7:].mean(), rel=1e-9)


def test_casaxps_three_parameter_tougaard_background_comes_back(casaxps_curves):
    energy, rate, theirs = (casaxps_curves[key] for key in ("energy", "rate", "background"))
    inside = (energy >= 699.8469 - 1e-6) & (energy <= 749.08919 + 1e-6)  # the window that CasaXPS stored in the file
    found = tougaard_background(
        energy[inside],
        rate[inside],
        end_points=7,
        function=LossFunction(scale_eV2=335.44588, c_eV2=551.0, d_eV2=436.0, gap_eV=3.0),
    )
    error = found.background - theirs[inside]
    assert np.sqrt(np.mean(error**2)) < 0.005 * theirs[inside].mean()
    assert np.abs(error).max() < 0.005 * theirs[inside].max()
    without_gap = tougaard_background(
        energy[inside], rate[inside], end_points=7, function=LossFunction(scale_eV2=335.44588, c_eV2=551.0, d_eV2=436.0)
    )
    assert np.sqrt(np.mean((without_gap.background - theirs[inside]) ** 2)) > 3 * np.sqrt(np.mean(error**2))
