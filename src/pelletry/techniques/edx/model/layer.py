r"""A layer seen across its thickness: two blurred edges.

.. math:: I(x) = b + \frac{h}{2}\left[\mathrm{erf}\frac{x - x_1}{\sqrt2 s_1} - \mathrm{erf}\frac{x - x_2}{\sqrt2 s_2}\right]

:math:`x_2 - x_1` is the thickness along the line; :math:`s_1, s_2` hold the beam's spread, interdiffusion and roughness together and are not told apart. When the
profile holds counts, points are weighted with the Poisson variance of the fitted curve itself (of the data it would favour low points); otherwise alike,
and the scatter gives the uncertainty.
"""

from __future__ import annotations

import itertools
import math

import attrs
import numpy as np

from pelletry.core.arrays import Array, array_field

__all__ = ["LayerFit", "fit_layer", "layer_profile"]

_SQRT2 = math.sqrt(2.0)
#: By so much must the two edges lower the sum of squares of a flat line, in units of its noise: noise alone gives 5 to 30.
_LEAST_GAIN = 50.0


@attrs.frozen(kw_only=True)
class LayerFit:
    """``refusal`` says why there is no thickness; the other numbers are then those of the last attempt or NaN.

    ``start_m`` and ``end_m`` are x1 and x2, ``spread_start_m`` and ``spread_end_m`` s1 and s2; ``base`` and ``height`` have the unit of the profile.
    """

    refusal: str = ""
    start_m: float = math.nan
    end_m: float = math.nan
    spread_start_m: float = math.nan
    spread_end_m: float = math.nan
    base: float = math.nan
    height: float = math.nan
    thickness_std_m: float = math.nan
    height_std: float = math.nan
    chi2_reduced: float = math.nan
    is_poisson: bool = False
    fitted: Array = array_field(default=np.empty(0))

    @property
    def thickness_m(self) -> float:
        return self.end_m - self.start_m


def layer_profile(
    position_m: Array,
    *,
    start_m: float,
    end_m: float,
    spread_start_m: float,
    spread_end_m: float,
    base: float,
    height: float,
) -> Array:
    """The profile of the module's formula at ``position_m``, in the unit of ``base``."""
    from scipy.special import erf

    rise = erf((position_m - start_m) / (_SQRT2 * spread_start_m))
    fall = erf((position_m - end_m) / (_SQRT2 * spread_end_m))
    return np.asarray(base + 0.5 * height * (rise - fall))


def fit_layer(position_m: Array, values: Array, *, is_counts: bool, start: LayerFit | None = None) -> LayerFit:
    """Fit the two edges; ``position_m`` increases, shape (n,), n >= 8. ``start`` begins from another fit (neighbouring columns)."""
    begin = _first_guess(position_m, values) if start is None else _from_fit(start, total=float(values.sum()))
    if begin is None:
        return LayerFit(refusal="the profile does not rise and fall again: both edges of the layer must be on the line")
    step = float(np.median(np.diff(position_m)))
    solved, weights = _solve(position_m, values, begin, np.ones_like(values), step), np.ones_like(values)
    if is_counts and solved is not None:
        for _ in range(2):
            weights = 1.0 / np.sqrt(np.maximum(_curve(position_m, solved[0]), 1.0))
            again = _solve(position_m, values, solved[0], weights, step)
            if again is None:
                break
            solved = again
    if solved is None:
        return LayerFit(refusal="the fit of the two edges did not settle")
    return _judged(position_m, values, weights, *solved, step=step, is_counts=is_counts)


def _first_guess(position_m: Array, values: Array) -> Array | None:
    """Centre, ln thickness, ln spreads, base, height from where the smoothed profile crosses half its height."""
    count = max(3, len(values) // 25) | 1
    padded = np.pad(values, count // 2, mode="edge")
    smooth = np.convolve(padded, np.ones(count) / count, mode="valid")
    low, high = np.percentile(smooth, [5, 95])
    half = 0.5 * (low + high)
    above = smooth > half
    if not above.any() or above.all() or high - low <= 0:
        return None
    edges = np.flatnonzero(np.diff(above.astype(np.int8)))
    runs = [(a, b) for a, b in itertools.pairwise(edges) if not above[a] and above[b]]
    if not runs:
        return None
    first, last = max(runs, key=lambda run: float(np.sum(smooth[run[0] : run[1] + 1] - half)))
    x1, x2 = position_m[first], position_m[min(last + 1, len(position_m) - 1)]
    thickness = max(float(x2 - x1), 2 * float(np.median(np.diff(position_m))))
    spread = math.log(0.1 * thickness)
    return np.array([0.5 * (x1 + x2), math.log(thickness), spread, spread, low, high - low])


def _from_fit(fit: LayerFit, *, total: float) -> Array:
    """The parameters of another fit, base and height scaled to a profile with this sum."""
    share = total / max(float(fit.fitted.sum()), 1e-30)
    return np.array(
        [
            0.5 * (fit.start_m + fit.end_m),
            math.log(fit.thickness_m),
            math.log(fit.spread_start_m),
            math.log(fit.spread_end_m),
            share * fit.base,
            share * fit.height,
        ]
    )


def _curve(position_m: Array, theta: Array) -> Array:
    thickness = math.exp(float(theta[1]))
    return layer_profile(
        position_m,
        start_m=float(theta[0]) - 0.5 * thickness,
        end_m=float(theta[0]) + 0.5 * thickness,
        spread_start_m=math.exp(float(theta[2])),
        spread_end_m=math.exp(float(theta[3])),
        base=float(theta[4]),
        height=float(theta[5]),
    )


def _solve(position_m: Array, values: Array, begin: Array, weights: Array, step: float) -> tuple[Array, Array] | None:
    """Parameters and the inverse of the normal matrix, or None."""
    import scipy.optimize

    length = float(position_m[-1] - position_m[0])
    scale = max(float(np.ptp(values)), 1e-30)
    narrow, wide = math.log(0.05 * step), math.log(length)
    lower = np.array([position_m[0] - length, math.log(0.5 * step), narrow, narrow, -np.inf, 1e-6 * scale])
    upper = np.array([position_m[-1] + length, math.log(3 * length), wide, wide, np.inf, 20 * scale])
    try:
        solution = scipy.optimize.least_squares(  # type: ignore[operator]
            lambda theta: weights * (_curve(position_m, theta) - values),
            np.clip(begin, lower + 1e-9, upper - 1e-9),
            bounds=(lower, upper),
            x_scale=np.array([0.1 * length, 0.3, 1.0, 1.0, scale, scale]),
            max_nfev=200,
        )
    except (ValueError, np.linalg.LinAlgError):
        return None
    if not solution.success:
        return None
    return solution.x, np.linalg.pinv(solution.jac.T @ solution.jac)


def _judged(
    position_m: Array, values: Array, weights: Array, theta: Array, inverse: Array, *, step: float, is_counts: bool
) -> LayerFit:
    fitted = _curve(position_m, theta)
    freedom = max(1, len(values) - len(theta))
    chi2 = float(np.sum((weights * (values - fitted)) ** 2)) / freedom
    covariance = inverse * (max(1.0, chi2) if is_counts else chi2)
    thickness = math.exp(float(theta[1]))
    centre = float(theta[0])
    found = LayerFit(
        start_m=centre - 0.5 * thickness,
        end_m=centre + 0.5 * thickness,
        spread_start_m=math.exp(float(theta[2])),
        spread_end_m=math.exp(float(theta[3])),
        base=float(theta[4]),
        height=float(theta[5]),
        thickness_std_m=thickness * math.sqrt(max(0.0, float(covariance[1, 1]))),
        height_std=math.sqrt(max(0.0, float(covariance[5, 5]))),
        chi2_reduced=chi2 if is_counts else math.nan,
        is_poisson=is_counts,
        fitted=fitted,
    )
    flat = float(np.average(values, weights=weights**2))
    gain = float(np.sum((weights * (values - flat)) ** 2)) / max(chi2, 1e-30) - freedom
    return attrs.evolve(found, refusal=_refusal(found, position_m, step, gain=gain))


def _refusal(fit: LayerFit, position_m: Array, step: float, *, gain: float) -> str:
    if fit.height < 5 * fit.height_std or gain < _LEAST_GAIN:
        return "the layer does not stand out of the scatter of the profile"
    outside_low, outside_high = fit.start_m - position_m[0], position_m[-1] - fit.end_m
    if min(outside_low, outside_high) < max(fit.spread_start_m, fit.spread_end_m, step):
        return "the line ends before the profile has come down: both edges of the layer must be on it"
    if fit.thickness_m < 3 * step:
        return f"the layer is {fit.thickness_m / step:.1f} points thick: fewer than three"
    return ""
