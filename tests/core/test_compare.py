"""Two numbers that differ by less than their uncertainty are not different, and shared errors do not count."""

from __future__ import annotations

import math

import numpy as np
import pytest

from pelletry.core.compare import difference, difference_in_words
from pelletry.core.quantity import Estimate


def density(value: float, std: float | None) -> Estimate:
    return Estimate(value=value, std=std, unit="1", method="")


def test_98_1_and_97_8_percent_at_1_percent_are_not_different():
    """Raj 2023, table 2: the pellets LATPBM-Ar-800 and LATPBM-Air-800; 1.1 % from 8.7(0.01) mm x 0.465(0.005) mm."""
    a, b = density(0.981, 0.011), density(0.978, 0.011)
    found = difference(a, b)
    assert found.std == pytest.approx(0.011 * math.sqrt(2))
    assert found.z == pytest.approx(0.003 / (0.011 * math.sqrt(2)))
    assert not found.is_significant
    sentence = difference_in_words("LATPBM_Ar_800", a, "LATPBM_Air_800", b, kind="relative_density")
    assert sentence == (
        "LATPBM_Ar_800 (98.1(11) %) and LATPBM_Air_800 (97.8(11) %) are not different: "
        "0.3(16) percentage points, 0.2 standard deviations."
    )


def test_89_3_and_98_1_percent_are_different_and_the_higher_is_named_first():
    sentence = difference_in_words("A", density(0.893, 0.01), "B", density(0.981, 0.01), kind="relative_density")
    assert (
        sentence
        == "B (98.1(10) %) is higher than A (89.3(10) %) by 8.8(14) percentage points, 6.2 standard deviations."
    )


def test_a_common_theoretical_density_moves_both_and_separates_none():
    own, common = 0.002, 0.01
    stds = [v * math.hypot(own, common) for v in (0.95, 0.96)]
    a, b = density(0.95, stds[0]), density(0.96, stds[1])
    assert not difference(a, b).is_significant
    shared = difference(a, b, common_relative_std=common)
    # exact: (a - b) times one common factor, plus the two own parts
    assert shared.std == pytest.approx(math.sqrt((0.95 * own) ** 2 + (0.96 * own) ** 2 + (common * 0.01) ** 2))
    assert shared.is_significant


def test_formula_holds_against_a_million_draws():
    random = np.random.default_rng(7)
    a, b, own_a, own_b, common = 3.0, 2.0, 0.02, 0.03, 0.05
    factor = 1 + common * random.standard_normal(1_000_000)
    drawn = (a + own_a * random.standard_normal(1_000_000)) * factor - (
        b + own_b * random.standard_normal(1_000_000)
    ) * factor
    stated = [density(v, math.hypot(own, common * v)) for v, own in ((a, own_a), (b, own_b))]
    # second-order products of the two errors are below 1e-3 of the variance here
    assert difference(*stated, common_relative_std=common).std == pytest.approx(float(drawn.std()), rel=4e-3)


def test_significance_is_symmetric_and_antisymmetric_in_sign():
    a, b = density(1.0, 0.1), density(1.3, 0.05)
    assert difference(a, b).z == -difference(b, a).z


def test_what_has_no_uncertainty_is_not_compared():
    assert difference(density(0.9, None), density(0.8, 0.1)) is None
    sentence = difference_in_words("A", density(0.9, None), "B", density(0.8, 0.1), kind="relative_density")
    assert sentence.endswith("cannot be compared: the uncertainty of A is not stated.")


def test_impossible_questions_are_refused():
    with pytest.raises(ValueError, match="larger than the relative std"):
        difference(density(0.9, 0.001), density(0.8, 0.1), common_relative_std=0.01)
    with pytest.raises(ValueError, match="a difference of"):
        difference(density(0.9, 0.1), Estimate(value=1.0, std=0.1, unit="m", method=""))


def test_temperatures_differ_in_kelvin():
    a, b = (Estimate(value=v, std=1.0, unit="K", method="") for v in (300.15, 310.15))
    assert (
        difference_in_words("A", a, "B", b)
        == "B (37.0(10) °C) is higher than A (27.0(10) °C) by 10.0(14) K, 7.1 standard deviations."
    )
