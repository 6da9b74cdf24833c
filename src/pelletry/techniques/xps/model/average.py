r"""One region under every background and window that is allowed, and the average of its fractions.

A fraction from one background carries only the error of that fit, and on simulated regions whose background follows no model its 95 %
interval holds the truth in 50 to 75 of 100 cases (benchmarks/xps_coverage.py). So each region is fitted under linear, static Shirley,
active Shirley with one step and with one a component, and losses behind the peaks (Tougaard's universal curve fitted with them, without a gap and behind one of 3 eV), where the window
reaches 30 eV beyond the peaks also the static Tougaard background, in the window as given and with either end
moved by 1 eV; the variants count with the weight :math:`(\chi^2_r)^{-3/2}`, and the variance of a fraction is

.. math:: \sum w_i s_i^2 + \sum w_i (f_i - \bar f)^2 ,

the fit's share and the background's share, reported apart. The weight is a choice of this program and not a likelihood: every variant is
wrong somewhere, with likelihood weights one takes all, and the coverage falls below 80 %.
"""

from __future__ import annotations

from collections.abc import Sequence

import attrs
import numpy as np
import numpy.typing as npt

from pelletry.core.arrays import Array, array_field
from pelletry.techniques.xps.model.backgrounds import (
    TOUGAARD_REACH_EV,
    TOUGAARD_U2_B_EV2,
    LossFunction,
    StaticBackground,
    linear_background,
    shirley_background,
    tougaard_background,
)
from pelletry.techniques.xps.model.components import Component, Layout, layout_of
from pelletry.techniques.xps.model.fit import SLOPE, STEP, LossBasis, RegionFit, active_terms, fit_variants

__all__ = [
    "BACKGROUNDS",
    "BACKGROUND_WORDS",
    "LOSS_GAPS_EV",
    "AveragedRegion",
    "Variant",
    "average_ratio",
    "fit_region",
    "noise_of_scatter",
    "standard_deviations",
]

#: In the order of reports; the first is the one that is drawn unless settings say otherwise.
BACKGROUNDS = ("active", "active_own", "losses", "losses_gap", "shirley", "linear", "tougaard")
#: What they are called in tables and figures where that is not their name.
BACKGROUND_WORDS = {"active_own": "active, own steps", "losses_gap": "losses behind a gap"}
#: Loss functions that are fitted with the peaks, by their names: gap in eV.
LOSS_GAPS_EV = {"losses": 0.0, "losses_gap": 3.0}
#: A loss function is straight between these losses.
_KNOTS_EV = np.array(
    [0.0, 1, 2, 3, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24, 27, 30, 34, 39, 45, 52, 60, 80, 110, 150, 200]
)
_EDGE_EV = 0.05
#: The standard deviation of a share nobody knows anything about, anywhere from 0 to 1: a fit that claims more has not found the states.
_UNDETERMINED = 12.0**-0.5
#: Weight of a variant: its reduced chi2 to minus this power.
_WEIGHT_POWER = 1.5
_FEWEST_POINTS = 30
#: A line and the background on both of its sides need this much.
_NARROWEST_EV = 3.0


@attrs.frozen(kw_only=True)
class Variant:
    """One background in one window. ``weight`` is its share of the average.

    It is 0 for a fit that failed or leaves the shares open, and where ``has_no_losses``: losses were fitted and came out zero, so that this is a straight line once more,
    which would count twice.
    """

    background: str
    low_eV: float
    high_eV: float
    weight: float
    chi2_reduced: float | None
    scale_factor: float
    is_converged: bool
    has_no_losses: bool = False
    iterations: int
    end_points: int
    fraction: Array = array_field(doc="of each component, shape (n,)")
    fraction_std: Array = array_field(doc="of the fit alone, shape (n,)")
    strength: Array = array_field(doc="areas of the components, shape (n,)")
    strength_covariance: Array = array_field(doc="shape (n, n)")


@attrs.frozen(kw_only=True)
class Ratio:
    """A ratio of areas under one variant, and the error of that fit."""

    weight: float
    ratio: float
    ratio_std: float


@attrs.frozen(kw_only=True)
class AveragedRegion:
    """``fit`` is the variant that is drawn (``shown``), on ``energy_eV``; the other arrays are averages over variants, shape (n,).

    ``fraction`` is the share of each component in all components of its level, ``strength`` its area [intensity x eV].
    """

    components: tuple[Component, ...]
    variants: tuple[Variant, ...]
    shown: int
    fit: RegionFit
    energy_eV: Array = array_field()
    intensity: Array = array_field()
    sigma: Array = array_field()
    fraction: Array = array_field()
    fraction_fit_std: Array = array_field()
    fraction_background_std: Array = array_field()
    strength: Array = array_field()
    strength_std: Array = array_field()
    position_eV: Array = array_field()
    position_std_eV: Array = array_field()
    fwhm_eV: Array = array_field()
    fwhm_std_eV: Array = array_field()
    withheld: tuple[str, ...] = ()

    @property
    def fraction_std(self) -> Array:
        return np.hypot(self.fraction_fit_std, self.fraction_background_std)


def ratios_of_variants(variants: Sequence[Variant], top: Sequence[int], bottom: Sequence[int]) -> tuple[Ratio, ...]:
    """Area of some components over that of others under every variant; those without weight or area below keep weight 0.

    What a background does to both areas alike cancels here, which it would not in a quotient of two averages.
    """
    found = []
    for variant in variants:
        above, below = float(variant.strength[list(top)].sum()), float(variant.strength[list(bottom)].sum())
        if variant.weight <= 0.0 or below <= 0.0:
            found.append(Ratio(weight=0.0, ratio=0.0, ratio_std=0.0))
            continue
        gradient = np.zeros(len(variant.strength))
        gradient[list(top)] += 1.0 / below
        gradient[list(bottom)] -= above / below**2
        variance = float(gradient @ variant.strength_covariance @ gradient)
        found.append(Ratio(weight=variant.weight, ratio=above / below, ratio_std=float(np.sqrt(max(variance, 0.0)))))
    return tuple(found)


def average_ratio(ratios: Sequence[Ratio]) -> tuple[float, float] | None:
    """Average and standard deviation of ratios under several variants, like that of a fraction; None without any."""
    weights = np.array([one.weight for one in ratios])
    if weights.sum() <= 0.0:
        return None
    share = weights / weights.sum()
    values, stds = np.array([one.ratio for one in ratios]), np.array([one.ratio_std for one in ratios])
    mean = float(share @ values)
    return mean, float(np.sqrt(share @ stds**2 + share @ (values - mean) ** 2))


def noise_of_scatter(intensity: Array) -> float:
    """Standard deviation of one point from the third differences, which peaks hardly reach; robust against a few spikes."""
    differences = np.diff(intensity, 3) / np.sqrt(20.0)
    noise = 1.4826 * float(np.median(np.abs(differences)))
    return noise if noise > 0.0 else float(np.std(differences)) or 1.0


def standard_deviations(counts: Array) -> Array:
    """Of raw counts: root of the mean of five points, so that a point's own noise does not set its weight."""
    padded = np.pad(counts, 2, mode="edge")
    mean = np.convolve(padded, np.full(5, 0.2), mode="valid")
    result: Array = np.sqrt(np.maximum(mean, 1.0))
    return result


def fit_region(
    components: Sequence[Component],
    energy_eV: Array,
    intensity: Array,
    sigma: Array,
    *,
    window_eV: tuple[float, float],
    is_counting: bool,
    end_points: int = 7,
    window_shift_eV: float = 1.0,
    shown: str = "active",
    backgrounds: Sequence[str] = BACKGROUNDS,
    loss_function: LossFunction | None = None,
) -> AveragedRegion:
    """Fit a region under all backgrounds and windows and average.

    Parameters
    ----------
    components:
        The states to look for, at least one.
    energy_eV, intensity, sigma:
        All points of the region, ascending binding energies, shape (k,). ``sigma``: standard deviation of each point.
    window_eV:
        The part that is fitted; either end is moved by ``window_shift_eV`` both ways as far as there are points.
    is_counting:
        Whether ``sigma`` comes from counts; else the residuals set the scale of errors and no reduced chi2 is given.
    shown:
        The background that is drawn and whose curves are kept.
    backgrounds:
        Those that take part, of :data:`BACKGROUNDS`.
    loss_function:
        Of ``tougaard`` and ``losses`` in place of the universal one; there is no ``losses_gap`` then. Its B is that of ``tougaard``.

    Raises
    ------
    ValueError
        When the window holds fewer than 30 points or is narrower than 3 eV.
    """
    layout = layout_of(tuple(components))
    fewest = max(_FEWEST_POINTS, 4 * end_points)
    count = int(np.count_nonzero((energy_eV >= window_eV[0] - 1e-9) & (energy_eV <= window_eV[1] + 1e-9)))
    if count < fewest:
        raise ValueError(
            f"the window {window_eV[0]:g} to {window_eV[1]:g} eV holds {count} points, fewer than {fewest}"
        )
    if window_eV[1] - window_eV[0] < _NARROWEST_EV:
        raise ValueError(
            f"the window {window_eV[0]:g} to {window_eV[1]:g} eV is narrower than {_NARROWEST_EV:g} eV, too narrow for a line "
            "and its background"
        )
    windows = _windows(energy_eV, window_eV, window_shift_eV, fewest=fewest)
    widest = (min(low for low, _ in windows), max(high for _, high in windows))
    inside = (energy_eV >= widest[0] - 1e-9) & (energy_eV <= widest[1] + 1e-9)
    e, y, s = energy_eV[inside], intensity[inside], sigma[inside]
    if loss_function is not None:
        backgrounds = [name for name in backgrounds if name != "losses_gap"] or ["losses"]
    plans, withheld = _plans(
        e, y, windows, components, end_points=end_points, names=backgrounds, loss_function=loss_function
    )
    fits = _fits(layout, plans, e, y, s, is_counting=is_counting, loss_function=loss_function)
    chosen = next((i for i, plan in enumerate(plans) if plan.name == shown), 0)
    return _averaged(layout, tuple(components), plans, fits, chosen, e, y, s, withheld)


def _fits(
    layout: Layout,
    plans: Sequence[_Plan],
    e: Array,
    y: Array,
    s: Array,
    *,
    is_counting: bool,
    loss_function: LossFunction | None,
) -> list[RegionFit]:
    """Every plan's fit in its place. The active ones come first and the others start from theirs in the same window, so that all look at one minimum."""
    result: dict[int, RegionFit] = {}
    active, nothing = active_terms((SLOPE, STEP)), np.zeros(4, dtype=bool)
    for kind in ("active", "active_own", "static", "losses"):
        own = [i for i, plan in enumerate(plans) if _kind(plan.name) == kind]
        if not own:
            continue
        names = list(dict.fromkeys(plans[i].name for i in own))
        behind = {
            name: active_terms((SLOPE,), loss_functions=len(names), fitted=(at,)) for at, name in enumerate(names)
        }
        own_steps = active_terms((SLOPE,), own_steps=len(layout.main_line))
        rows = {"active": active, "active_own": own_steps, "static": nothing}
        settled = {(plans[i].low, plans[i].high): fit.theta for i, fit in result.items() if plans[i].name == "active"}
        starts = [settled.get((plans[i].low, plans[i].high), layout.start) for i in own]
        fits = fit_variants(
            layout,
            e,
            y,
            static_backgrounds=np.array([plans[i].background for i in own]),
            terms=np.array([behind[plans[i].name] if kind == "losses" else rows[kind] for i in own]),
            weight=np.array([np.where(plans[i].inside, 1.0 / s, 0.0) for i in own]),
            is_counting=is_counting,
            losses=_loss_basis(names, float(e[-1] - e[0]), loss_function) if kind == "losses" else None,
            start=np.array(starts) if settled else None,
        )
        result.update(zip(own, fits, strict=True))
    return [result[i] for i in range(len(plans))]


def _kind(name: str) -> str:
    return "losses" if name in LOSS_GAPS_EV else name if name in ("active", "active_own") else "static"


def _loss_basis(names: Sequence[str], span_eV: float, stated: LossFunction | None) -> LossBasis:
    """The loss functions by their names, straight between knots as far as the window reaches; a gap ends within 0.1 eV."""
    functions = [stated or LossFunction(gap_eV=LOSS_GAPS_EV[name]) for name in names]
    farthest = max(span_eV, 1.0)
    knots = {float(knot) for knot in _KNOTS_EV if knot < farthest} | {farthest}
    for gap in {one.gap_eV for one in functions if one.gap_eV > _EDGE_EV}:
        knots |= {gap - _EDGE_EV, gap + _EDGE_EV}
    at = np.array(sorted(knots))
    return LossBasis(knots_eV=at, values=np.array([TOUGAARD_U2_B_EV2 * one.for_scale_one(at) for one in functions]))


def _windows(
    energy_eV: Array, window_eV: tuple[float, float], shift_eV: float, *, fewest: int
) -> list[tuple[float, float]]:
    """The window as given first, then with one end moved; an end without points beyond it is not moved outwards."""
    low, high = window_eV
    first, last = float(energy_eV[0]), float(energy_eV[-1])
    moved = [
        (low, high),
        (low - shift_eV, high),
        (low + shift_eV, high),
        (low, high - shift_eV),
        (low, high + shift_eV),
    ]
    tolerance = 0.25 * shift_eV
    inside = [(a, b) for a, b in moved if a >= first - tolerance and b <= last + tolerance]
    long_enough = [
        pair for pair in inside if np.count_nonzero((energy_eV >= pair[0]) & (energy_eV <= pair[1])) >= fewest
    ]
    return list(dict.fromkeys(long_enough)) or [(max(low, first), min(high, last))]


@attrs.frozen(kw_only=True)
class _Plan:
    name: str
    low: float
    high: float
    inside: npt.NDArray[np.bool_]
    background: Array
    iterations: int = 0
    end_points: int = 0
    is_converged: bool = True


def _plans(
    e: Array,
    y: Array,
    windows: Sequence[tuple[float, float]],
    components: Sequence[Component],
    *,
    end_points: int,
    names: Sequence[str],
    loss_function: LossFunction | None,
) -> tuple[list[_Plan], tuple[str, ...]]:
    plans: list[_Plan] = []
    withheld: list[str] = []
    farthest = max(one.position_eV + (one.splitting_eV or 0.0) for one in components)
    for low, high in windows:
        inside = (e >= low - 1e-9) & (e <= high + 1e-9)
        low, high = float(e[inside][0]), float(e[inside][-1])
        for name in names:
            if name == "active_own" and len(components) < 2:
                continue
            under = np.zeros_like(e)
            made: StaticBackground | None = None
            if name == "tougaard":
                is_scale_known = loss_function is not None and loss_function.scale_eV2 is not None
                if high - farthest < TOUGAARD_REACH_EV and not is_scale_known:
                    sentence = (
                        f"a Tougaard background needs {TOUGAARD_REACH_EV:g} eV beyond the last peak; the window ends "
                        f"{high - farthest:.1f} eV beyond it"
                    )
                    withheld += [] if withheld else [sentence]
                    continue
                made = tougaard_background(e[inside], y[inside], end_points=end_points, function=loss_function)
            elif name == "linear":
                made = linear_background(e[inside], y[inside], end_points=end_points)
            elif name == "shirley":
                made = shirley_background(e[inside], y[inside], end_points=end_points)
            if made is not None:
                under[inside] = made.background
            plans.append(
                _Plan(
                    name=name,
                    low=low,
                    high=high,
                    inside=inside,
                    background=under,
                    iterations=made.iterations if made else 0,
                    end_points=made.end_points if made else 0,
                    is_converged=made.is_converged if made else True,
                )
            )
    return plans, tuple(withheld)


def _fractions(fit: RegionFit, level: npt.NDArray[np.intp]) -> tuple[Array, Array]:
    """Share of each component in its level and its standard deviation, both (n,); NaN where a level has no area."""
    same = (level[:, None] == level[None, :]).astype(float)
    total = same @ fit.strength
    with np.errstate(invalid="ignore", divide="ignore"):
        fraction = fit.strength / total
        gradient = (np.eye(len(level)) - fraction[:, None] * same) / total[:, None]
        variance = np.einsum("ij,jk,ik->i", gradient, fit.strength_covariance, gradient)
        return fraction, np.sqrt(np.maximum(variance, 0.0))


def _averaged(
    layout: Layout,
    components: tuple[Component, ...],
    plans: Sequence[_Plan],
    fits: Sequence[RegionFit],
    chosen: int,
    e: Array,
    y: Array,
    s: Array,
    withheld: tuple[str, ...],
) -> AveragedRegion:
    names = [one.level for one in components]
    level = np.array([names.index(name) for name in names])
    parts = [_fractions(fit, level) for fit in fits]
    fraction = np.array([part[0] for part in parts])
    fraction_std = np.array([part[1] for part in parts])
    usable = np.isfinite(fraction).all(axis=1) & np.isfinite(fraction_std).all(axis=1)
    usable &= np.array([fit.is_converged and plan.is_converged for fit, plan in zip(fits, plans, strict=True)])
    empty = np.array(
        [
            plan.name in LOSS_GAPS_EV and not np.any(fit.active[STEP + 1 :] > 0.0)
            for plan, fit in zip(plans, fits, strict=True)
        ]
    )
    usable &= ~empty & (fraction_std <= _UNDETERMINED).all(axis=1)
    if not usable.any():
        usable[chosen] = True
        fraction, fraction_std = np.nan_to_num(fraction), np.nan_to_num(fraction_std)
    reduced = np.array([fit.chi2 / max(fit.points - fit.free_count, 1) for fit in fits])
    weight = np.where(usable, np.maximum(reduced, 1e-12) ** -_WEIGHT_POWER, 0.0)
    weight = weight / weight.sum()

    def mean_of(values: Array) -> tuple[Array, Array]:
        clean = np.where(usable[:, None], values, 0.0)
        mean = weight @ clean
        spread = np.sqrt(np.maximum(weight @ np.where(usable[:, None], (values - mean) ** 2, 0.0), 0.0))
        return mean, spread

    mean, spread = mean_of(fraction)
    inner = np.sqrt(weight @ np.where(usable[:, None], fraction_std**2, 0.0))
    area, area_spread = mean_of(np.array([fit.strength for fit in fits]))
    area_variance = np.array([np.diag(fit.strength_covariance) for fit in fits])
    area_inner = weight @ np.where(usable[:, None], area_variance, 0.0)
    position, position_spread = mean_of(np.array([fit.position_eV for fit in fits]))
    position_inner = weight @ np.where(usable[:, None], np.array([fit.position_std_eV for fit in fits]) ** 2, 0.0)
    width, width_spread = mean_of(np.array([fit.fwhm_eV for fit in fits]))
    if not usable[chosen]:
        same = np.array([plan.name == plans[chosen].name for plan in plans])
        chosen = int(np.argmax(np.where(same, 1.0 + weight, weight) if np.any(same & usable) else weight))
    return AveragedRegion(
        components=components,
        variants=tuple(
            Variant(
                background=plan.name,
                low_eV=plan.low,
                high_eV=plan.high,
                weight=float(weight[i]),
                chi2_reduced=fit.chi2_reduced,
                scale_factor=fit.scale_factor,
                is_converged=fit.is_converged and plan.is_converged,
                has_no_losses=bool(empty[i]),
                iterations=plan.iterations,
                end_points=plan.end_points,
                fraction=fraction[i],
                fraction_std=fraction_std[i],
                strength=fit.strength,
                strength_covariance=fit.strength_covariance,
            )
            for i, (plan, fit) in enumerate(zip(plans, fits, strict=True))
        ),
        shown=chosen,
        fit=fits[chosen],
        energy_eV=e,
        intensity=y,
        sigma=s,
        fraction=mean,
        fraction_fit_std=inner,
        fraction_background_std=spread,
        strength=area,
        strength_std=np.sqrt(area_spread**2 + area_inner),
        position_eV=position,
        position_std_eV=np.sqrt(position_spread**2 + position_inner),
        fwhm_eV=width,
        fwhm_std_eV=width_spread,
        withheld=withheld,
    )
