"""Covariance, profile likelihood and bootstrap against closed forms and tables."""

from __future__ import annotations

import numpy as np
import pytest

from pelletry.fitting.bootstrap import drawn_residuals, one_step_draws, refitted_draws
from pelletry.fitting.covariance import correlation_from_covariance, covariance_from_normal
from pelletry.fitting.least_squares import damped_least_squares
from pelletry.fitting.profile import ProfileCases, profile_ends
from pelletry.fitting.statistics import aicc_from_chi2, f_probability, f_quantile, student_quantile

RANDOM = np.random.default_rng(7)
X = np.linspace(0.0, 5.0, 40)
ROWS = np.stack([np.ones_like(X), X])
Y = 1.0 + 0.5 * X + 0.2 * RANDOM.normal(size=len(X))


def line(theta: np.ndarray, problem: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    return theta @ ROWS - Y, np.repeat(ROWS[None], len(theta), axis=0)


FIT = damped_least_squares(line, np.array([[0.0, 0.0]]))
VARIANCE = FIT.chi2[0] / (len(X) - 2)
COVARIANCE = covariance_from_normal(FIT.normal)[0] * VARIANCE


def ends_of(g, std: float, *, lower: float = -np.inf, upper: float | np.ndarray = np.inf) -> np.ndarray:
    centre = float(g(FIT.theta)[0][0])
    cases = ProfileCases(
        problem=np.array([0, 0]),
        side=np.array([-1.0, 1.0]),
        centre=np.full(2, centre),
        std=np.full(2, std),
        theta=np.repeat(FIT.theta, 2, axis=0),
        chi2=np.repeat(FIT.chi2, 2),
        variance=np.full(2, VARIANCE),
        threshold=np.full(2, student_quantile(len(X) - 2)),
        lower=np.full((2, 2), lower),
        upper=np.full((2, 2), upper, dtype=float),
    )
    return profile_ends(line, lambda theta, _: g(theta), cases)


def test_covariance_of_a_line_is_the_textbook_one() -> None:
    spread = np.sum((X - X.mean()) ** 2)
    assert COVARIANCE[1, 1] == pytest.approx(VARIANCE / spread, rel=1e-10)
    assert COVARIANCE[0, 0] == pytest.approx(VARIANCE * (1 / len(X) + X.mean() ** 2 / spread), rel=1e-10)
    assert correlation_from_covariance(COVARIANCE)[0, 1] == pytest.approx(-X.mean() / np.sqrt(np.mean(X**2)), rel=1e-10)


def test_units_of_the_parameters_do_not_matter_to_the_covariance() -> None:
    scale = np.array([1e-9, 1e7])
    scaled = covariance_from_normal(FIT.normal * scale[:, None] * scale[None, :])[0]
    np.testing.assert_allclose(scaled * scale[:, None] * scale[None, :] * VARIANCE, COVARIANCE, rtol=1e-9)


def test_profile_of_a_linear_model_is_the_students_t_interval() -> None:
    def slope(theta: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        return theta[:, 1], np.repeat([[0.0, 1.0]], len(theta), axis=0)

    half = student_quantile(len(X) - 2) * np.sqrt(COVARIANCE[1, 1])
    found = ends_of(slope, float(np.sqrt(COVARIANCE[1, 1])))
    np.testing.assert_allclose(found, FIT.theta[0, 1] + half * np.array([-1.0, 1.0]), rtol=2e-3)


def test_profile_of_a_function_is_the_function_of_the_profile() -> None:
    def exponential(theta: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        value = np.exp(3.0 * theta[:, 1])
        return value, np.stack([np.zeros(len(theta)), 3.0 * value], axis=1)

    std = float(np.sqrt(COVARIANCE[1, 1]))
    half = student_quantile(len(X) - 2) * std
    expected = np.exp(3.0 * (FIT.theta[0, 1] + half * np.array([-1.0, 1.0])))
    found = ends_of(exponential, 3.0 * std * float(np.exp(3.0 * FIT.theta[0, 1])))
    np.testing.assert_allclose(np.log(found), np.log(expected), rtol=5e-3)


def test_an_end_beyond_the_bounds_is_infinite() -> None:
    def slope(theta: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        return theta[:, 1], np.repeat([[0.0, 1.0]], len(theta), axis=0)

    std = float(np.sqrt(COVARIANCE[1, 1]))
    low, high = ends_of(slope, std, upper=np.array([np.inf, FIT.theta[0, 1] + 0.5 * std]))
    assert np.isfinite(low)
    assert high == np.inf


def test_bootstrap_of_a_line_has_the_spread_of_its_covariance() -> None:
    residual, jacobian = line(FIT.theta, np.zeros(1, dtype=int))
    groups = np.arange(len(X))[:, None]
    drawn = drawn_residuals(residual[0], groups=groups, parameters=2, draws=4000, seed=3)
    bounds = {"lower": np.full(2, -np.inf), "upper": np.full(2, np.inf)}
    one = one_step_draws(FIT.theta[0], jacobian[0], drawn, **bounds)
    np.testing.assert_allclose(one.std(axis=0), np.sqrt(np.diag(COVARIANCE)), rtol=0.05)
    full = refitted_draws(FIT.theta[0], residual[0], lambda t: line(t, np.zeros(len(t))), drawn[:50], **bounds)
    np.testing.assert_allclose(full, one[:50], rtol=1e-5)
    again = drawn_residuals(residual[0], groups=groups, parameters=2, draws=4000, seed=3)
    assert np.array_equal(drawn, again)


def test_quantiles_are_those_of_the_tables() -> None:
    assert student_quantile(10) == pytest.approx(2.2281, abs=5e-5)
    assert student_quantile(1e9) == pytest.approx(1.95996, abs=5e-6)
    assert f_quantile(3, 20) == pytest.approx(3.0984, abs=5e-5)
    chance = f_probability(chi2_small=20 + 3 * 3.0984, parameters_small=2, chi2_large=20, parameters_large=5, count=25)
    assert chance == pytest.approx(0.05, abs=1e-5)


def test_a_larger_model_that_gains_nothing_is_pure_chance() -> None:
    assert f_probability(chi2_small=1.0, parameters_small=2, chi2_large=1.0, parameters_large=5, count=25) == 1.0


def test_aicc_of_the_textbook_formula() -> None:
    expected = 20 * np.log(4.0 / 20) + 2 * 4 + 2 * 4 * 5 / (20 - 4 - 1)
    assert float(aicc_from_chi2(4.0, count=20, parameters=3)) == pytest.approx(expected, rel=1e-12)
    assert float(aicc_from_chi2(4.0, count=5, parameters=3)) == np.inf
