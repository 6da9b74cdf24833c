"""Fractions, amorphous content, density of mixtures, microabsorption: closed forms and random draws."""

from __future__ import annotations

import numpy as np
import pytest

from pelletry.core.quantity import Estimate
from pelletry.techniques.diffraction.model.quantify import (
    amorphous_from_spike,
    brindley_factor,
    fractions_from_scales,
    mixture_density,
)


def test_covariance_of_fractions_is_that_of_random_draws() -> None:
    products = np.array([5.0, 2.0, 1.0])
    covariance = np.array([[0.010, 0.004, 0.0], [0.004, 0.006, -0.001], [0.0, -0.001, 0.002]])
    fractions, spread = fractions_from_scales(products, covariance)
    assert fractions == pytest.approx(products / 8.0)
    assert spread.sum() == pytest.approx(0.0, abs=1e-15)  # the sum is one whatever the scales
    draws = np.random.default_rng(1).multivariate_normal(products, covariance, 200_000)
    drawn = np.cov((draws / draws.sum(axis=1, keepdims=True)).T)
    assert spread == pytest.approx(drawn, abs=0.02 * drawn.max())


def test_a_spike_gives_the_amorphous_part() -> None:
    # 100 g of a sample with 30 g glass, 50 g A, 20 g B, and 25 g spike: crystalline part 95 g.
    fractions = np.array([50.0, 20.0, 25.0]) / 95.0
    weighed = Estimate(value=0.2, std=0.001, unit="1", method="balance")
    found = amorphous_from_spike(["A", "B", "S"], fractions, np.diag([1e-5, 1e-5, 1e-5]), spike="S", weighed=weighed)
    assert found.amorphous_fraction.value == pytest.approx(0.30)
    assert {name: e.value for name, e in found.crystalline} == pytest.approx({"A": 0.5, "B": 0.2})
    # Closed form: A = (1 - w/W)/(1 - w).
    by_refined = 0.2 / fractions[2] ** 2 / 0.8
    by_weighed = (-(1 / fractions[2]) * 0.8 + (1 - 0.2 / fractions[2])) / 0.8**2
    expected = np.sqrt((by_refined**2) * 1e-5 + (by_weighed * 0.001) ** 2)
    assert found.amorphous_fraction.std == pytest.approx(float(expected), rel=1e-3)


def test_density_of_a_mixture_is_mass_over_volume() -> None:
    found = mixture_density(np.array([0.25, 0.75]), np.zeros((2, 2)), np.array([2000.0, 3000.0]), np.array([0.0, 30.0]))
    assert found.value == pytest.approx(1.0 / (0.25 / 2000 + 0.75 / 3000))
    assert found.std == pytest.approx(found.value**2 * 0.75 / 3000**2 * 30.0)


def test_equal_absorption_needs_no_correction() -> None:
    assert brindley_factor(absorption_per_m=1e5, mean_absorption_per_m=1e5, particle_radius_m=5e-6) == pytest.approx(
        1.0
    )


@pytest.mark.parametrize(("contrast", "tabled"), [(0.1, 0.861), (-0.1, 1.165), (0.02, 0.970), (0.3, 0.651)])
def test_tau_is_near_brindleys_table(contrast: float, tabled: float) -> None:
    """Brindley (1945), table of tau against (mu - mean mu) R, at 2theta = 90 deg."""
    found = brindley_factor(absorption_per_m=1e5 * (1 + contrast), mean_absorption_per_m=1e5, particle_radius_m=1e-5)
    assert found == pytest.approx(tabled, rel=0.02)
