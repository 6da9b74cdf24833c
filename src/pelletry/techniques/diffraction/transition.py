r"""Where a phase turns into another: from the shares of two phases, or from a break in the volume of one.

Shares: between the last temperature at which the low phase is the larger part and the first at which it is not lies the
transition. With patterns inside the change, a logistic :math:`f = 1/(1 + e^{(T - T_t)/w})` is fitted with the errors of the
shares; a change sharper than the steps of temperature only has its bracket, whose standard deviation is the step over
:math:`\sqrt{12}`.

Break: two straight lines of the volume that meet at :math:`T_b` against one parabola with as many parameters less one; the
interval is that of :math:`\Delta\chi^2 < 3.84` on the scaled chi-square.
"""

from __future__ import annotations

import math

import attrs
import numpy as np

from pelletry.core.arrays import Array
from pelletry.core.quantity import Estimate
from pelletry.fitting.statistics import f_probability

__all__ = ["Transition", "transition_from_shares", "transition_from_volume"]

_INSIDE = (0.03, 0.97)


@attrs.frozen(kw_only=True)
class Transition:
    """A transition between two phases (``low`` below, ``high`` above), or within one (both the same); ``p_value`` of no break.

    ``branch`` is that of the scans it was seen in, "" where heating and cooling are not told apart.
    """

    low: str
    high: str
    temperature_K: Estimate
    how: str
    branch: str = ""
    p_value: float | None = None


def transition_from_shares(*, low: str, high: str, temperature_K: Array, share: Array, std: Array) -> Transition | None:
    """From the share of the low phase among the two, each shape (n,); None when it does not go from above to below a half."""
    order = np.argsort(temperature_K, kind="stable")
    t, f, u = temperature_K[order], share[order], np.maximum(std[order], 0.005)
    above = f > 0.5
    if not above[0] or above[-1]:
        return None
    last = int(np.flatnonzero(above)[-1])
    t1, t2 = float(t[last]), float(t[last + 1])
    inside = (f > _INSIDE[0]) & (f < _INSIDE[1])
    step = max(t2 - t1, 1e-6)
    if np.count_nonzero(inside) >= 2:
        fitted = _logistic(t, f, u, (t1 + t2) / 2, step)
        if fitted is not None:
            value, sigma, width = fitted
            words = f"logistic change of the shares, from 27 to 73 % within {2 * abs(width):.3g} K"
            return Transition(
                low=low, high=high, how="shares",
                temperature_K=Estimate(value=value, std=sigma, unit="K", method=words),
            )  # fmt: skip
    method = f"between the patterns at {t1:.5g} and {t2:.5g} K; sharper than their distance"
    middle = (t1 + t2) / 2
    return Transition(
        low=low, high=high, how="bracket",
        temperature_K=Estimate(
            value=middle, std=step / math.sqrt(12), unit="K", method=method,
            interval_95=(middle - 0.475 * step, middle + 0.475 * step),
        ),
    )  # fmt: skip


def _logistic(t: Array, f: Array, u: Array, start_K: float, step_K: float) -> tuple[float, float, float] | None:
    """Temperature, its standard deviation and the width, by Gauss-Newton from the bracket; None when it does not come to rest."""
    from scipy import optimize

    def model(x: Array, centre: float, log_width: float) -> Array:
        return np.asarray(1.0 / (1.0 + np.exp(np.clip((x - centre) / math.exp(log_width), -60, 60))))

    def residual(p: Array) -> Array:
        return np.asarray((model(t, float(p[0]), float(p[1])) - f) / u)

    found = optimize.least_squares(residual, (start_K, math.log(step_K / 2)), max_nfev=400)  # type: ignore[operator]
    if not found.success:
        return None
    values = found.x
    covariance = np.linalg.pinv(found.jac.T @ found.jac)
    misfit = float(np.sum(((model(t, *values) - f) / u) ** 2)) / max(1, t.size - 2)
    sigma = math.sqrt(max(covariance[0, 0], 0.0) * max(1.0, misfit))
    width = math.exp(values[1])
    if not (t[0] <= values[0] <= t[-1] and math.isfinite(sigma) and 0.05 * step_K < width < np.ptp(t)):
        return None
    return float(values[0]), sigma, width


def transition_from_volume(*, phase: str, temperature_K: Array, volume: Array, std: Array) -> Transition | None:
    """A break in the volume of one phase, shape (n,) each; None when a parabola does as well (p >= 0.01) or n < 8."""
    order = np.argsort(temperature_K, kind="stable")
    t, v, w = temperature_K[order], volume[order], 1.0 / std[order]
    n = t.size
    if n < 8:
        return None
    candidates = np.linspace(t[2], t[-3], 161)
    chi2 = np.array([_chi2(np.stack([np.ones(n), t - b, np.maximum(t - b, 0)]), v, w) for b in candidates])
    smooth = _chi2(np.stack([np.ones(n), t - t.mean(), (t - t.mean()) ** 2]), v, w)
    best = int(np.argmin(chi2))
    reduced = max(1.0, chi2[best] / (n - 4))
    p_value = f_probability(
        chi2_small=smooth, parameters_small=3, chi2_large=float(chi2[best]), parameters_large=4, count=n
    )
    if p_value >= 0.01:
        return None
    inside = candidates[(chi2 - chi2[best]) / reduced < 3.84]
    low, high = float(inside.min()), float(inside.max())
    return Transition(
        low=phase, high=phase, how="break", p_value=p_value,
        temperature_K=Estimate(
            value=float(candidates[best]), std=(high - low) / 3.92, unit="K", interval_95=(low, high),
            method="two straight lines of the volume that meet, profile of chi-square",
        ),
    )  # fmt: skip


def _chi2(design: Array, v: Array, w: Array) -> float:
    a = (design * w).T
    scales = np.linalg.norm(a, axis=0)
    solution, *_ = np.linalg.lstsq(a / scales, v * w, rcond=None)
    return float(np.sum((v * w - a / scales @ solution) ** 2))
