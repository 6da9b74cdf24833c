"""Laws of the batched fitter: each problem by itself, bounds, held parameters, honest flags."""

from __future__ import annotations

import numpy as np
import pytest

from pelletry.fitting.least_squares import damped_least_squares

X = np.linspace(0.0, 4.0, 25)
TRUE = np.array([[2.0, 0.7], [5.0, 1.9], [0.3, 0.1], [9.0, 0.4]])
DATA = TRUE[:, :1] * np.exp(-TRUE[:, 1:] * X)


def residual(theta: np.ndarray, problem: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    decay = np.exp(-theta[:, 1:] * X)
    return theta[:, :1] * decay - DATA[problem], np.stack([decay, -theta[:, :1] * X * decay], axis=1)


def test_every_problem_of_a_batch_ends_where_it_ends_alone() -> None:
    start = np.array([[1.0, 1.0], [2.0, 3.0], [1.0, 0.5], [5.0, 1.0]])
    together = damped_least_squares(residual, start)
    np.testing.assert_allclose(together.theta, TRUE, rtol=1e-7)
    assert together.is_converged.all()
    for i in range(4):
        alone = damped_least_squares(lambda t, _, i=i: residual(t, np.full(len(t), i)), start[i : i + 1])
        np.testing.assert_allclose(alone.theta[0], together.theta[i], rtol=1e-12)
        assert alone.iterations[0] == together.iterations[i]


def test_an_optimum_outside_the_bounds_is_replaced_by_the_best_point_on_the_bound() -> None:
    found = damped_least_squares(residual, np.full((4, 2), 0.2), lower=[0.0, 0.0], upper=[np.inf, 0.5])
    assert found.theta[1, 1] == 0.5
    decay = np.exp(-0.5 * X)
    assert found.theta[1, 0] == pytest.approx(decay @ DATA[1] / (decay @ decay), rel=1e-7)
    np.testing.assert_allclose(found.theta[3], TRUE[3], rtol=1e-7)


def test_a_parameter_leaves_the_bound_it_started_at() -> None:
    found = damped_least_squares(residual, np.full((4, 2), 3.0), lower=0.0, upper=[np.inf, 3.0])
    np.testing.assert_allclose(found.theta, TRUE, rtol=1e-7)


def test_a_held_parameter_does_not_move_and_the_others_are_best_for_it() -> None:
    start = np.array([[1.0, 1.0]] * 4)
    found = damped_least_squares(residual, start, is_held=[False, True])
    decay = np.exp(-X)
    assert (found.theta[:, 1] == 1.0).all()
    np.testing.assert_allclose(found.theta[:, 0], DATA @ decay / (decay @ decay), rtol=1e-10)


def test_weights_of_zero_take_points_out() -> None:
    weight = np.where(np.arange(len(X)) < 15, 1.0, 0.0)
    spoiled = DATA[:1] + np.where(np.arange(len(X)) < 15, 0.0, 50.0)

    def masked(theta: np.ndarray, _: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        decay = np.exp(-theta[:, 1:] * X)
        jacobian = np.stack([decay, -theta[:, :1] * X * decay], axis=1)
        return weight * (theta[:, :1] * decay - spoiled), weight * jacobian

    np.testing.assert_allclose(damped_least_squares(masked, np.array([[1.0, 1.0]])).theta[0], TRUE[0], rtol=1e-7)


def test_too_few_iterations_are_flagged_not_raised() -> None:
    found = damped_least_squares(residual, np.array([[1.0, 1.0]] * 4), max_iterations=1)
    assert not found.is_converged.any()
    assert np.isfinite(found.chi2).all()


def test_a_start_that_cannot_be_evaluated_is_given_back_unconverged() -> None:
    def broken(theta: np.ndarray, problem: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        value, jacobian = residual(theta, problem)
        value[problem == 2] = np.nan
        return value, jacobian

    found = damped_least_squares(broken, np.array([[1.0, 1.0]] * 4))
    assert found.is_converged.tolist() == [True, True, False, True]
    assert found.chi2[2] == np.inf
