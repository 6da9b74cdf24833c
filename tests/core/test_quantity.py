"""Estimates, their intervals and their printed form."""

from __future__ import annotations

import math
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pelletry.core.quantity import Estimate, bracketed


@pytest.mark.parametrize(
    ("value", "std", "printed"),
    [
        # As crystallography prints them: Raj 2023 table 1, and the rule of the Guide to the Expression of Uncertainty.
        (8.4944, 0.0002, "8.4944(2)"),
        (1298.39, 0.07, "1298.39(7)"),
        (100.02147, 0.00035, "100.0215(4)"),
        (8.77e-4, 1.4e-5, "8.77(14)e-4"),
        (0.5869, 0.0163, "0.587(16)"),
        (9.996, 0.05, "10.00(5)"),
        (12345.0, 120.0, "12345(120)"),
        (98.1, 0.96, "98.1(10)"),
        (0.0, 0.001, "0.0000(10)"),
    ],
)
def test_bracket_notation_of_known_values(value: float, std: float, printed: str) -> None:
    assert bracketed(value, std) == printed


@given(st.floats(1e-12, 1e9), st.floats(1e-4, 0.9))
def test_bracket_notation_reads_back_within_the_last_digit(value: float, share: float) -> None:
    std = value * share
    match = re.fullmatch(r"(-?\d+)(?:\.(\d+))?\((\d+)\)(?:e(-?\d+))?", bracketed(value, std))
    assert match is not None
    whole, decimals, digits, exponent = match.groups()
    scale = 10.0 ** int(exponent or 0)
    last = scale * 10.0 ** -len(decimals or "")
    assert float(f"{whole}.{decimals or 0}") * scale == pytest.approx(value, abs=0.51 * last)
    assert int(digits) * last == pytest.approx(std, abs=0.51 * last)


def test_unknown_uncertainty_gives_no_interval() -> None:
    assert Estimate(value=1.0, std=None, unit="m", method="typed").interval is None


def test_a_stated_interval_wins_over_the_symmetric_one() -> None:
    estimate = Estimate(value=1.0, std=0.5, unit="m", method="profile", interval_95=(0.9, 4.0))
    assert estimate.interval == (0.9, 4.0)
    assert estimate.scaled(-2.0, unit="mm").interval == (-8.0, -1.8)


@pytest.mark.parametrize("wrong", [math.nan, math.inf])
def test_a_number_that_is_none_is_refused(wrong: float) -> None:
    with pytest.raises(ValueError, match="must be finite"):
        Estimate(value=wrong, unit="m", method="typed")
