"""Degrees of freedom: Student's quantile against scipy, their combination against its formula and against drawn readings."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from pelletry.core.compare import difference
from pelletry.core.freedom import combined_degrees_of_freedom, student_95
from pelletry.core.quantity import Estimate


@pytest.mark.parametrize("freedom", [1, 2, 3, 4, 5, 10, 29, 199, 5000])
def test_student_is_that_of_scipy_at_whole_numbers(freedom: int) -> None:
    assert student_95(freedom) == pytest.approx(stats.t.ppf(0.975, freedom), rel=1e-6)


def test_student_is_that_of_scipy_between_whole_numbers_and_always_falls() -> None:
    freedom = np.geomspace(1.0, 1000.0, 700)
    ours = np.array([student_95(x) for x in freedom])
    assert ours == pytest.approx(stats.t.ppf(0.975, freedom), rel=4e-4)
    assert (np.diff(ours) < 0).all()


def test_known_uncertainties_stay_known() -> None:
    assert combined_degrees_of_freedom([(1.0, None), (2.0, None)]) is None
    assert combined_degrees_of_freedom([(1.0, None), (0.0, 2)]) is None
    assert combined_degrees_of_freedom([]) is None


def test_welch_and_satterthwaite_by_hand() -> None:
    # JCGM 100:2008, G.4.1 with u = 1, 2, 2 and nu = 4, 8, known: 9^2/(1/4 + 16/8)
    assert combined_degrees_of_freedom([(1.0, 4), (2.0, 8), (2.0, None)]) == pytest.approx(81 / 2.25)
    # The scale does not matter, nor does how it is grouped.
    inner = combined_degrees_of_freedom([(1.0, 4), (2.0, 8)])
    assert combined_degrees_of_freedom([(5**0.5 * 1e-9, inner), (2e-9, None)]) == pytest.approx(81 / 2.25)


def test_a_further_error_never_makes_an_interval_narrower() -> None:
    for freedom in (1, 2, 3, 5):
        for other in np.geomspace(0.01, 100.0, 41):
            both = combined_degrees_of_freedom([(1.0, freedom), (float(other), None)])
            half = student_95(both) * np.hypot(1.0, other)
            assert half >= max(student_95(freedom), 1.96 * other) * (1 - 1e-5)


@pytest.mark.parametrize("sizes", [(1.0, 1.0), (1.0, 0.3), (0.1, 1.0)])
@pytest.mark.parametrize("known", [0.0, 0.3, 1.0])
def test_sum_of_two_means_of_three_readings_is_held_by_94_to_98_percent(
    sizes: tuple[float, float], known: float
) -> None:
    random = np.random.default_rng(5)
    hits, draws = 0, 3000
    for _ in range(draws):
        readings = random.standard_normal((2, 3)) * np.array(sizes)[:, None]
        errors = readings.std(axis=1, ddof=1) / 3**0.5
        parts = [(float(errors[0]), 2), (float(errors[1]), 2), (known, None)]
        off = readings.mean(axis=1).sum() + known * random.standard_normal()
        half = student_95(combined_degrees_of_freedom(parts)) * np.hypot(np.hypot(*errors), known)
        hits += abs(off) <= half
    scatter = 3 * (0.04 * 0.96 / draws) ** 0.5
    assert 0.94 - scatter < hits / draws < 0.98 + scatter


def test_an_estimate_from_few_readings_has_students_interval_also_in_other_units() -> None:
    found = Estimate(value=10.0, std=0.1, unit="m", method="", degrees_of_freedom=2)
    assert found.interval == pytest.approx((10 - 0.4302653, 10 + 0.4302653))
    assert found.scaled(1e3, unit="mm").interval == pytest.approx((10000 - 430.2653, 10000 + 430.2653))
    with pytest.raises(ValueError, match="degrees_of_freedom must be at least 1"):
        Estimate(value=1.0, std=0.1, unit="m", method="", degrees_of_freedom=0.5)


def test_two_means_of_six_readings_differ_only_beyond_students_t() -> None:
    a, b = (Estimate(value=v, std=0.1, unit="m", method="", degrees_of_freedom=5) for v in (1.0, 1.29))
    found = difference(a, b)
    assert found is not None
    assert found.z == pytest.approx(-0.29 / (0.1 * 2**0.5))  # 2.05: more than 1.96, less than t(10) = 2.23
    assert found.degrees_of_freedom == pytest.approx(10.0)
    assert not found.is_significant


def test_a_common_known_part_leaves_the_freedom_to_the_own_parts() -> None:
    # Own part 0.03 of 2 readings' freedom, common part 0.04 of the value 1: the whole is 0.05.
    freedom = combined_degrees_of_freedom([(0.03, 3), (0.04, None)])
    a, b = (Estimate(value=1.0, std=0.05, unit="1", method="", degrees_of_freedom=freedom) for _ in range(2))
    found = difference(a, b, common_relative_std=0.04)
    assert found is not None
    assert found.std == pytest.approx(0.03 * 2**0.5)
    assert found.degrees_of_freedom == pytest.approx(6.0)
