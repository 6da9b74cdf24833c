"""Correlation of few pellets, held against scipy's coefficient and interval."""

from __future__ import annotations

import numpy as np
import pytest

from pelletry.advice.correlation import correlation, correlation_in_words


@pytest.mark.parametrize("count", [4, 7, 14, 60])
@pytest.mark.parametrize("slope", [-2.0, 0.0, 0.4, 3.0])
def test_coefficient_and_interval_are_those_of_scipy(count: int, slope: float) -> None:
    from scipy import stats

    random = np.random.default_rng([count, int(10 * slope) + 100])
    x = random.uniform(60, 100, count)
    y = slope * (x - 80) / 10 + random.standard_normal(count)
    found, theirs = correlation(x.tolist(), y.tolist()), stats.pearsonr(x, y)
    assert found is not None
    assert found.interval_95 is not None
    interval = theirs.confidence_interval(0.95)
    assert found.coefficient == pytest.approx(theirs.statistic, abs=1e-12)
    assert found.interval_95 == pytest.approx((interval.low, interval.high), abs=1e-6)
    assert found.is_resolved == (interval.low > 0 or interval.high < 0)


def test_three_pellets_resolve_nothing_and_two_are_no_question() -> None:
    found = correlation([1.0, 2.0, 3.0], [1.0, 2.0, 3.1])
    assert found is not None
    assert not found.is_resolved
    assert correlation([1.0, 2.0], [1.0, 2.0]) is None
    assert correlation([5.0, 5.0, 5.0], [1.0, 2.0, 3.0]) is None


def test_the_sentence_has_the_number_of_pellets_and_says_when_nothing_is_resolved() -> None:
    clear = correlation_in_words(correlation([1, 2, 3, 4, 5, 6], [1, 2.2, 2.9, 4.1, 5, 6]), "a with b")
    assert clear.startswith("Correlation of a with b: r = 1.00, 95 %: 0.9")
    assert clear.endswith("n = 6.")
    vague = correlation_in_words(correlation([1, 2, 3, 4], [1, 3, 1, 2]), "a with b")
    assert "is not resolved (r = 0.13, 95 %: -0.95 to 0.97, n = 4)." in vague


def test_unequal_rows_are_no_pairs() -> None:
    with pytest.raises(ValueError, match="2 and 3 values are no pairs"):
        correlation([1, 2], [1, 2, 3])
