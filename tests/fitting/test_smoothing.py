"""Smoothing, derivatives and noise: scipy's filter, exact polynomials, known noise."""

from __future__ import annotations

import numpy as np
import pytest

from pelletry.fitting.smoothing import block_means, even_curve, noise_std, savitzky_golay


def test_smoothing_is_that_of_scipy_and_exact_for_its_polynomials():
    signal = pytest.importorskip("scipy.signal")
    y = np.random.default_rng(0).standard_normal(200).cumsum()
    for derivative in (0, 1):
        theirs = signal.savgol_filter(y, 21, 3, deriv=derivative, delta=0.5, mode="interp")
        assert savitzky_golay(y, half_width=10, step=0.5, derivative=derivative) == pytest.approx(theirs, abs=1e-9)


def test_noise_is_found_under_a_curve():
    x = np.linspace(0, 10, 4000)
    noise = 0.01 * np.random.default_rng(5).standard_normal(len(x))
    assert noise_std(np.sin(x) + noise) == pytest.approx(0.01, rel=0.06)


def test_an_even_grid_keeps_a_straight_line_straight():
    x = np.sort(np.random.default_rng(1).uniform(0, 100, 500))
    grid, y = even_curve(x, 3 * x + 2, step=1.0)
    assert y == pytest.approx(3 * grid + 2, abs=1e-9)


def test_means_over_blocks_keep_the_mean_of_whole_blocks():
    column = np.arange(12.0)
    (made,) = block_means((column,), most=4)
    assert made.tolist() == [1.0, 4.0, 7.0, 10.0]
    assert block_means((column,), most=12)[0] is column
