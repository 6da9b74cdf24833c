r"""The distribution of grain sizes: a log-normal law, and whether some grains have grown beyond the others.

The law is fitted to the middle half of the grains (median and quartiles of :math:`\ln d`), so that a few giants do not widen it. Abnormal
growth is said when two tests agree: the Kolmogorov-Smirnov distance of the distribution by number or by area from that law is larger than
1.36/sqrt(n) (5 %, n the effective number of grains), and a ratio of percentiles is more than 1.3 times that of the law, one of

- d90/d50 by number, law :math:`e^{1.2816 \sigma}`,
- d90/d50 by area, the same law (weighting with the area moves the median and keeps the spread),
- d50 by area over d50 by number, law :math:`e^{2 \sigma^2}`.

By area, because a few giants are few by number and much of the section.
"""

from __future__ import annotations

import math

import attrs
import numpy as np

from pelletry.core.arrays import Array
from pelletry.techniques.microscopy.model.grains import weighted_quantile

__all__ = ["SizeLaw", "size_law"]

_QUARTILE = 0.6744897501960817
_TENTH = 1.2815515655446004
_EXCESS = 1.3
_LEAST_GRAINS = 50


@attrs.frozen(kw_only=True)
class SizeLaw:
    """``median`` in the unit of the sizes, ``sigma_ratio`` is the standard deviation of ln d; ``ks_statistic`` against ``ks_critical``, by
    number or by area, whichever is the farther beyond.

    The three ratios are those found; the three ``law`` values what the log-normal law has. ``is_abnormal`` None: too few grains to say.
    """

    median: float
    sigma_ratio: float
    ks_statistic: float
    ks_critical: float
    d90_over_d50_number_ratio: float
    d90_over_d50_area_ratio: float
    d50_area_over_number_ratio: float
    law_d90_over_d50_ratio: float
    law_d50_area_over_number_ratio: float
    is_abnormal: bool | None


def size_law(sizes: Array, weights: Array) -> SizeLaw:
    """The law and the tests for sizes with weights by number (at least three sizes)."""
    logs = np.log(sizes)
    low, middle, high = (weighted_quantile(logs, weights, share) for share in (0.25, 0.5, 0.75))
    sigma = max((high - low) / (2 * _QUARTILE), 1e-9)
    by_area = weights * sizes**2
    # Weighting a log-normal law with the area shifts it by 2 sigma^2 and keeps its width.
    tests = [_ks(logs, weights, middle, sigma), _ks(logs, by_area, middle + 2 * sigma**2, sigma)]
    statistic, critical = max(tests, key=lambda test: test[0] / test[1])
    d50, d90 = (weighted_quantile(sizes, weights, share) for share in (0.5, 0.9))
    a50, a90 = (weighted_quantile(sizes, by_area, share) for share in (0.5, 0.9))
    law_spread, law_shift = math.exp(_TENTH * sigma), math.exp(2 * sigma**2)
    exceeds = max(d90 / d50 / law_spread, a90 / a50 / law_spread, a50 / d50 / law_shift) > _EXCESS
    return SizeLaw(
        median=math.exp(middle),
        sigma_ratio=sigma,
        ks_statistic=statistic,
        ks_critical=critical,
        d90_over_d50_number_ratio=d90 / d50,
        d90_over_d50_area_ratio=a90 / a50,
        d50_area_over_number_ratio=a50 / d50,
        law_d90_over_d50_ratio=law_spread,
        law_d50_area_over_number_ratio=law_shift,
        is_abnormal=None if len(sizes) < _LEAST_GRAINS else bool(exceeds and statistic > critical),
    )


def _ks(logs: Array, weights: Array, middle: float, sigma: float) -> tuple[float, float]:
    """The largest distance from the law and what is exceeded once in twenty."""
    from scipy.special import ndtr

    order = np.argsort(logs)
    share = np.cumsum(weights[order]) / weights.sum()
    law = ndtr((logs[order] - middle) / sigma)
    before = np.concatenate([[0.0], share[:-1]])
    statistic = float(max(np.max(np.abs(share - law)), np.max(np.abs(before - law))))
    effective = float(weights.sum() ** 2 / np.sum(weights**2))
    return statistic, 1.36 / math.sqrt(effective)
