"""ASTM numbers against the table of the standard."""

from __future__ import annotations

import math

import pytest

from pelletry.techniques.microscopy.model.conventions import (
    MENDELSON_FACTOR,
    astm_number_from_density,
    astm_number_from_intercept,
)


@pytest.mark.parametrize(
    ("number", "intercept_um", "grains_per_mm2"),
    # ASTM E112-13, table 4: mean intercept and grains per area by number.
    [
        (0.0, 320.0, 7.75),
        (1.0, 226.3, 15.5),
        (4.0, 80.0, 124.0),
        (8.0, 20.0, 1984.0),
        (10.0, 10.0, 7936.0),
        (14.0, 2.5, 126976.0),
    ],
)
def test_astm_numbers_are_those_of_the_standards_table(
    number: float, intercept_um: float, grains_per_mm2: float
) -> None:
    assert astm_number_from_intercept(intercept_um * 1e-6) == pytest.approx(number, abs=0.005)
    assert astm_number_from_density(grains_per_mm2 * 1e6) == pytest.approx(number, abs=0.005)


def test_half_the_intercept_is_two_numbers_more() -> None:
    one, half = astm_number_from_intercept(30e-6), astm_number_from_intercept(15e-6)
    assert half - one == pytest.approx(2.0, abs=1e-5)


def test_the_form_that_circulates_is_another_one() -> None:
    wrong = -6.754 * math.log10(0.1) + 3.036
    assert wrong - astm_number_from_intercept(0.1e-3) > 6


def test_mendelsons_factor() -> None:
    assert MENDELSON_FACTOR == 1.558
