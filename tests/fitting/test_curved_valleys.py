"""Two amplitudes that trade off, fitted as logarithms: the minimum at the end of a narrow curved valley is known exactly."""

from __future__ import annotations

import numpy as np

from pelletry.fitting.least_squares import Solution, damped_least_squares

LARGE, SMALL = 100.0, 1.0


def valley(theta: np.ndarray, _: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Stiff in the sum (10), soft in the first amplitude (3); the second is then 7."""
    first, second = np.exp(theta).T
    nothing = np.zeros_like(first)
    residual = np.stack([LARGE * (first + second - 10.0), SMALL * (first - 3.0)], axis=1)
    jacobian = np.stack(
        [np.stack([LARGE * first, SMALL * first], axis=1), np.stack([LARGE * second, nothing], axis=1)], axis=1
    )
    return residual, jacobian


def along_amplitudes(step: np.ndarray) -> np.ndarray:
    return np.log1p(np.maximum(step, -0.5))


def solved(**how: object) -> Solution:
    start = np.log([[0.05, 9.95], [9.5, 0.5], [1.0, 1.0]])
    return damped_least_squares(valley, start, tolerance=1e-10, max_iterations=300, **how)  # type: ignore[arg-type]


def test_straight_steps_crawl_and_curved_ones_arrive():
    straight, curved = solved(), solved(curve=along_amplitudes)
    assert curved.is_converged.all()
    np.testing.assert_allclose(np.exp(curved.theta), [[3.0, 7.0]] * 3, rtol=1e-6)
    assert curved.iterations.max() * 3 < straight.iterations.max()


def test_acceleration_arrives_without_knowing_the_curve():
    straight = solved()
    accelerated = solved(residuals=lambda theta, problem: valley(theta, problem)[0])
    assert accelerated.is_converged.all()
    np.testing.assert_allclose(np.exp(accelerated.theta), [[3.0, 7.0]] * 3, rtol=1e-6)
    assert accelerated.iterations.max() * 2 < straight.iterations.max()


def test_bounds_hold_on_a_curved_step():
    upper = np.log([20.0, 5.0])
    found = solved(curve=along_amplitudes, residuals=lambda theta, problem: valley(theta, problem)[0], upper=upper)
    assert (found.theta <= upper + 1e-12).all()
    # The second is held at 5: the first minimises 100^2 (x - 5)^2 + (x - 3)^2.
    np.testing.assert_allclose(np.exp(found.theta), [[50_003.0 / 10_001.0, 5.0]] * 3, rtol=1e-6)
