"""The straight line against certified and published values."""

from __future__ import annotations

import numpy as np
import pytest

from pelletry.core.errors import MeasurementError
from pelletry.fitting.line import straight_line

# NIST StRD, linear regression, dataset Norris (public domain): y, x in turn.
NORRIS = np.array(
    [
        "0.1",
        "0.2",
        "338.8",
        "337.4",
        "118.1",
        "118.2",
        "888.0",
        "884.6",
        "9.2",
        "10.1",
        "228.1",
        "226.5",
        "668.5",
        "666.3",
        "998.5",
        "996.3",
        "449.1",
        "448.6",
        "778.9",
        "777.0",
        "559.2",
        "558.2",
        "0.3",
        "0.4",
        "0.1",
        "0.6",
        "778.1",
        "775.5",
        "668.8",
        "666.9",
        "339.3",
        "338.0",
        "448.9",
        "447.5",
        "10.8",
        "11.6",
        "557.7",
        "556.0",
        "228.3",
        "228.1",
        "998.0",
        "995.8",
        "888.8",
        "887.6",
        "119.6",
        "120.2",
        "0.3",
        "0.3",
        "0.6",
        "0.3",
        "557.6",
        "556.8",
        "339.3",
        "339.1",
        "888.0",
        "887.2",
        "998.5",
        "999.0",
        "778.9",
        "779.0",
        "10.2",
        "11.1",
        "117.6",
        "118.3",
        "228.9",
        "229.2",
        "668.4",
        "669.1",
        "449.2",
        "448.9",
        "0.2",
        "0.5",
    ],
    dtype=float,
).reshape(-1, 2)

# Pearson's data with York's weights; York et al., Am. J. Phys. 72 (2004) 367.
PEARSON_X = np.array([0.0, 0.9, 1.8, 2.6, 3.3, 4.4, 5.2, 6.1, 6.5, 7.4])
PEARSON_Y = np.array([5.9, 5.4, 4.4, 4.6, 3.5, 3.7, 2.8, 2.8, 2.4, 1.5])
YORK_X_WEIGHT = np.array([1000, 1000, 500, 800, 200, 80, 60, 20, 1.8, 1])
YORK_Y_WEIGHT = np.array([1, 1.8, 4, 8, 20, 20, 70, 70, 100, 500])


def test_norris_is_reproduced_to_ten_digits() -> None:
    line = straight_line(NORRIS[:, 1], NORRIS[:, 0])
    assert line.intercept == pytest.approx(-0.262323073774029, rel=1e-9)
    assert line.slope == pytest.approx(1.00211681802045, rel=1e-12)
    assert line.intercept_std * line.scatter_factor == pytest.approx(0.232818234301152, rel=1e-9)
    assert line.slope_std * line.scatter_factor == pytest.approx(0.429796848199937e-03, rel=1e-9)
    assert line.scatter_factor == pytest.approx(0.884796396144373, rel=1e-10)


def test_pearson_with_york_weights_gives_the_published_line() -> None:
    line = straight_line(PEARSON_X, PEARSON_Y, x_std=YORK_X_WEIGHT**-0.5, y_std=YORK_Y_WEIGHT**-0.5)
    assert line.intercept == pytest.approx(5.47991022, abs=5e-9)
    assert line.slope == pytest.approx(-0.480533407, abs=5e-10)
    assert line.chi2 == pytest.approx(11.8663531941, rel=1e-9)


def test_uncertainty_at_a_point_is_smallest_at_the_weighted_mean() -> None:
    line = straight_line([0.0, 1.0, 2.0, 3.0], [0.1, 0.9, 2.2, 2.8], y_std=0.1)
    assert line.at(1.5)[1] == pytest.approx(0.1 / 2.0, rel=1e-12)
    assert line.at(1.5)[1] < min(line.at(1.4)[1], line.at(1.6)[1])


def test_a_shift_of_x_moves_only_the_intercept() -> None:
    here = straight_line(PEARSON_X, PEARSON_Y, y_std=YORK_Y_WEIGHT**-0.5)
    there = straight_line(PEARSON_X + 100.0, PEARSON_Y, y_std=YORK_Y_WEIGHT**-0.5)
    assert there.slope == pytest.approx(here.slope, rel=1e-11)
    assert there.intercept == pytest.approx(here.intercept - 100.0 * here.slope, rel=1e-10)
    assert there.slope_std == pytest.approx(here.slope_std, rel=1e-10)


@pytest.mark.parametrize(
    ("x", "y", "y_std", "message"),
    [
        ([1.0], [1.0], 1.0, "at least two points"),
        ([1.0, 1.0], [1.0, 2.0], 1.0, "the same x"),
        ([1.0, 2.0], [1.0, np.nan], 1.0, "not finite"),
        ([1.0, 2.0], [1.0, 2.0], 0.0, "not positive"),
    ],
)
def test_what_cannot_be_a_line_is_refused(x: list[float], y: list[float], y_std: float, message: str) -> None:
    with pytest.raises(MeasurementError, match=message):
        straight_line(x, y, y_std=y_std)
