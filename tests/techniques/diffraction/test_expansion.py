"""Cells against temperature: laws, coefficients with their errors, branches, transitions; each against a closed form."""

from __future__ import annotations

import math

import numpy as np
import pytest

from pelletry.core.quantity import Estimate
from pelletry.techniques.diffraction.cell_law import fitted_law, free_parameters
from pelletry.techniques.diffraction.expansion import branches_differ, expansion_between, expansions_at
from pelletry.techniques.diffraction.transition import transition_from_shares, transition_from_volume

A0, C0 = 8.4944, 20.7783
ALPHA_A, ALPHA_C = -2.0e-7, 2.85e-5
STD_A, STD_C, CORRELATION = 4e-5, 2e-4, 0.4
TEMPERATURES = np.linspace(298.15, 1073.15, 17)


def hexagonal(a: np.ndarray, c: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Cells (n, 6) and their covariances with b tied to a."""
    cells = np.stack([a, a, c, np.full_like(a, 90.0), np.full_like(a, 90.0), np.full_like(a, 120.0)], axis=1)
    covariance = np.zeros((6, 6))
    covariance[:2, :2] = STD_A**2
    covariance[2, 2] = STD_C**2
    covariance[:2, 2] = covariance[2, :2] = CORRELATION * STD_A * STD_C
    return cells, np.repeat(covariance[None], a.size, axis=0)


def drawn(random: np.random.Generator, t: np.ndarray, shift: float = 0.0) -> tuple[np.ndarray, np.ndarray]:
    block = np.array([[STD_A**2, CORRELATION * STD_A * STD_C], [CORRELATION * STD_A * STD_C, STD_C**2]])
    noise = random.multivariate_normal([0.0, 0.0], block, t.size)
    a = A0 * (1 + ALPHA_A * (t - 298.15)) + shift + noise[:, 0]
    c = C0 * (1 + ALPHA_C * (t - 298.15)) + noise[:, 1]
    return hexagonal(a, c)


def test_free_parameters_follow_from_the_covariance() -> None:
    cells, covariances = hexagonal(np.array([A0]), np.array([C0]))
    assert free_parameters(cells[0], covariances[0]) == (0, 2)
    assert free_parameters(np.array([8.69, 8.94, 14.98, 93.0, 112.9, 82.6]), np.eye(6) * 1e-6) == (0, 1, 2, 3, 4, 5)
    cubic = np.zeros((6, 6))
    cubic[:3, :3] = 1e-10
    assert free_parameters(np.array([4.1568] * 3 + [90.0] * 3), cubic) == (0,)


def test_a_straight_expansion_comes_back_exactly() -> None:
    cells, covariances = hexagonal(
        A0 * (1 + ALPHA_A * (TEMPERATURES - 298.15)), C0 * (1 + ALPHA_C * (TEMPERATURES - 298.15))
    )
    law = fitted_law(temperature_K=TEMPERATURES, cells=cells, covariances=covariances, degree=1)
    found = expansion_between(law, 298.15, 1073.15)
    along = dict(found.along)
    assert along["a"].value == pytest.approx(ALPHA_A, rel=1e-6)
    assert along["c"].value == pytest.approx(ALPHA_C, rel=1e-6)
    assert found.anisotropy_per_K is not None
    assert found.anisotropy_per_K.value == pytest.approx(ALPHA_C - ALPHA_A, rel=1e-6)
    at = expansions_at(law, 298.15)
    assert at.volume_per_K.value == pytest.approx(2 * ALPHA_A + ALPHA_C, rel=1e-5)
    assert at.mean_per_K.value == pytest.approx((2 * ALPHA_A + ALPHA_C) / 3, rel=1e-5)


def test_stds_are_those_of_many_repetitions() -> None:
    random = np.random.default_rng(11)
    pulls = []
    for _ in range(150):
        cells, covariances = drawn(random, TEMPERATURES)
        law = fitted_law(temperature_K=TEMPERATURES, cells=cells, covariances=covariances, degree=1)
        found = expansion_between(law, 298.15, 1073.15)
        assert found.anisotropy_per_K is not None
        along = dict(found.along)
        pulls.append(
            [
                (q.value - truth) / (q.std or math.nan)
                for q, truth in (
                    (along["a"], ALPHA_A),
                    (along["c"], ALPHA_C),
                    (found.volume_per_K, ((1 + 775 * ALPHA_A) ** 2 * (1 + 775 * ALPHA_C) - 1) / 775),
                    (found.anisotropy_per_K, ALPHA_C - ALPHA_A),
                )
            ]
        )
    inside = np.mean(np.abs(np.array(pulls)) < 1, axis=0)
    assert np.all((inside > 0.58) & (inside < 0.82)), inside


def test_a_curved_law_needs_and_gets_a_higher_degree() -> None:
    random = np.random.default_rng(5)
    cells, covariances = drawn(random, TEMPERATURES)
    assert fitted_law(temperature_K=TEMPERATURES, cells=cells, covariances=covariances).degree == 1
    bent = cells.copy()
    bent[:, 2] += C0 * 1e-8 * (TEMPERATURES - 298.15) ** 2
    law = fitted_law(temperature_K=TEMPERATURES, cells=bent, covariances=covariances)
    assert law.degree == 2
    at = dict(expansions_at(law, 700.0).along)["c"]
    assert at.std is not None
    expected = (C0 * ALPHA_C + 2 * C0 * 1e-8 * (700.0 - 298.15)) / law.cell(700.0)[2]
    assert abs(at.value - expected) < 4 * at.std


def test_an_error_of_the_temperature_widens_what_expands() -> None:
    random = np.random.default_rng(3)
    cells, covariances = drawn(random, TEMPERATURES)
    sharp = fitted_law(temperature_K=TEMPERATURES, cells=cells, covariances=covariances, degree=1)
    blurred = fitted_law(
        temperature_K=TEMPERATURES, cells=cells, covariances=covariances, degree=1, temperature_std_K=5.0
    )
    assert blurred.covariance[3, 3] > 4 * sharp.covariance[3, 3]  # 5 K are 3 mÅ of c
    assert blurred.covariance[1, 1] < 2 * sharp.covariance[1, 1]  # a does not


def test_a_triclinic_tensor_has_the_principal_values_of_its_axes() -> None:
    cell = np.array([8.0, 9.0, 15.0, 90.0, 90.0, 90.0])
    t = np.linspace(300.0, 330.0, 7)
    cells = np.repeat(cell[None], 7, axis=0)
    cells[:, :3] *= 1 + np.outer(t - 300.0, [5e-6, 1.2e-5, -3e-6])
    law = fitted_law(temperature_K=t, cells=cells, covariances=np.repeat(np.eye(6)[None] * 1e-10, 7, axis=0), degree=1)
    found = expansions_at(law, 300.0)
    np.testing.assert_allclose([q.value for q in found.principal_per_K], [-3e-6, 5e-6, 1.2e-5], atol=2e-9)
    assert found.anisotropy_per_K is not None
    assert found.anisotropy_per_K.value == pytest.approx(1.5e-5, rel=1e-3)


def test_a_shear_alone_expands_along_a_diagonal() -> None:
    t = np.linspace(300.0, 360.0, 7)
    cells = np.repeat(np.array([10.0, 10.0, 10.0, 90.0, 90.0, 90.0])[None], 7, axis=0)
    cells[:, 5] -= np.degrees(2e-6 * (t - 300.0))
    law = fitted_law(temperature_K=t, cells=cells, covariances=np.repeat(np.eye(6)[None] * 1e-12, 7, axis=0), degree=1)
    values = [q.value for q in expansions_at(law, 300.0).principal_per_K]
    np.testing.assert_allclose(values, [-1e-6, 0.0, 1e-6], atol=5e-9)


def test_p_values_of_one_curve_are_even_and_a_hysteresis_is_seen() -> None:
    random = np.random.default_rng(8)
    p_values = []
    for _ in range(60):
        up, down = (drawn(random, TEMPERATURES) for _ in range(2))
        found = branches_differ(heating=(TEMPERATURES, *up), cooling=(TEMPERATURES, *down), degree=1)
        assert found is not None
        p_values.append(found.p_value)
    assert 0.3 < np.mean(p_values) < 0.7
    assert np.mean(np.array(p_values) < 0.05) < 0.2
    up, down = drawn(random, TEMPERATURES), drawn(random, TEMPERATURES, shift=3 * STD_A)
    seen = branches_differ(heating=(TEMPERATURES, *up), cooling=(TEMPERATURES, *down), degree=1)
    assert seen is not None
    assert seen.p_value < 1e-4
    assert not seen.is_one_curve
    assert seen.parameter == "a"


def test_branches_that_hardly_overlap_are_not_tested() -> None:
    random = np.random.default_rng(8)
    up, down = drawn(random, TEMPERATURES[:9]), drawn(random, TEMPERATURES[8:])
    assert branches_differ(heating=(TEMPERATURES[:9], *up), cooling=(TEMPERATURES[8:], *down)) is None


def test_a_logistic_change_of_shares_gives_its_temperature() -> None:
    random = np.random.default_rng(2)
    t = np.arange(298.0, 349.0, 5.0)
    share = 1 / (1 + np.exp((t - 323.4) / 4.0))
    noisy = np.clip(share + 0.01 * random.standard_normal(t.size), 0, 1)
    found = transition_from_shares(low="t", high="r", temperature_K=t, share=noisy, std=np.full(t.size, 0.01))
    assert found is not None
    assert found.how == "shares"
    assert found.temperature_K.std is not None
    assert 0.02 < found.temperature_K.std < 0.6
    assert abs(found.temperature_K.value - 323.4) < 4 * found.temperature_K.std


def test_a_sharp_change_is_bracketed_by_its_neighbours() -> None:
    t = np.array([298.0, 308.0, 318.0, 328.0, 338.0])
    share = np.array([1.0, 1.0, 0.99, 0.01, 0.0])
    found = transition_from_shares(low="t", high="r", temperature_K=t, share=share, std=np.full(5, 0.005))
    assert found is not None
    assert found.how == "bracket"
    assert found.temperature_K.value == 323.0
    assert found.temperature_K.std == pytest.approx(10 / math.sqrt(12))
    assert found.temperature_K.interval == (318.25, 327.75)


def test_shares_that_do_not_cross_give_no_transition() -> None:
    t = np.array([298.0, 308.0, 318.0])
    assert (
        transition_from_shares(low="t", high="r", temperature_K=t, share=np.array([0.9, 0.8, 0.7]), std=np.ones(3))
        is None
    )


def test_a_break_of_the_volume_is_placed_and_a_parabola_is_none() -> None:
    random = np.random.default_rng(4)
    t = np.linspace(300.0, 700.0, 33)
    std = np.full(t.size, 0.01)
    broken = 1000 + 0.01 * (t - 300) + 0.02 * np.maximum(t - 512.0, 0) + 0.01 * random.standard_normal(t.size)
    found = transition_from_volume(phase="x", temperature_K=t, volume=broken, std=std)
    assert found is not None
    interval = found.temperature_K.interval
    assert interval is not None
    assert interval[0] <= 512.0 <= interval[1]
    assert interval[1] - interval[0] < 12
    smooth = 1000 + 0.01 * (t - 300) + 2e-5 * (t - 300) ** 2 + 0.01 * random.standard_normal(t.size)
    assert transition_from_volume(phase="x", temperature_K=t, volume=smooth, std=std) is None


def test_an_estimate_of_a_transition_is_an_estimate() -> None:
    t = np.array([298.0, 308.0, 318.0, 328.0])
    found = transition_from_shares(
        low="t", high="r", temperature_K=t, share=np.array([1.0, 1.0, 0.0, 0.0]), std=np.ones(4)
    )
    assert found is not None
    assert isinstance(found.temperature_K, Estimate)
    assert found.temperature_K.unit == "K"
