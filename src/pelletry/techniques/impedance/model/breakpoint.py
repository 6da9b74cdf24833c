r"""Does an Arrhenius line break? Two segments against one line, with a threshold made for the very temperatures measured.

A phase change (LiZr2(PO4)3 near 50 °C) shows as a jump or a change of slope. Every split with at least three points on
each side is tried, and the largest F ratio kept (Andrews1993). Because the best of several splits was picked, the
tabulated F distribution does not apply; the distribution of the largest F for straight data with independent errors is
free of unknowns and is drawn here for the same temperatures and weights, from a fixed seed.
"""

from __future__ import annotations

import bisect
import functools
import math

import attrs
import numpy as np

from pelletry.core.arrays import Array
from pelletry.core.finding import Finding
from pelletry.core.quantity import Estimate
from pelletry.reference.constants import BOLTZMANN_EV_PER_K, ICE_POINT_K
from pelletry.techniques.impedance.model.arrhenius import ArrheniusFit, weighted_line

__all__ = ["BreakTest", "KnownTransition", "across_transition_findings", "break_test", "known_transition_findings"]

SOURCES = ("Andrews1993", "HurvichTsai1989")
MIN_POINTS_A_SIDE = 3
SIGNIFICANCE = 0.02
DRAWS = 2000


@attrs.frozen(kw_only=True)
class KnownTransition:
    """A phase change that is known for the composition, as given in the settings."""

    name: str
    temperature_K: float
    source: str


@attrs.frozen(kw_only=True)
class BreakTest:
    """Verdict on one Arrhenius line.

    ``bracket_K`` are the two measured temperatures between which the line breaks, widened to every split that the data
    cannot tell from the best one; ``crossing_K`` is where the two segments meet, when they meet inside the bracket.
    ``detectable_energy_change_eV`` is the kink in mid range that this series would have shown four times out of five.
    """

    is_tested: bool
    is_broken: bool
    reason: str
    statistic: float | None = None
    threshold: float | None = None
    p_value: float | None = None
    significance: float = SIGNIFICANCE
    energy_below_eV: Estimate | None = None
    energy_above_eV: Estimate | None = None
    bracket_K: tuple[float, float] | None = None
    crossing_K: Estimate | None = None
    detectable_energy_change_eV: float | None = None
    aicc_line: float | None = None
    aicc_curve: float | None = None
    aicc_segments: float | None = None

    @property
    def sentence(self) -> str:
        """What the test says, with its power when it found nothing."""
        if not self.is_tested:
            return f"No break-point test: {self.reason}."
        if self.is_broken and self.bracket_K and self.energy_below_eV and self.energy_above_eV:
            low, high = (t - ICE_POINT_K for t in self.bracket_K)
            return (
                f"The Arrhenius line breaks between {low:.0f} and {high:.0f} °C (p = {self.p_value:.2g}): "
                f"{self.energy_below_eV.value:.3f} eV below, {self.energy_above_eV.value:.3f} eV above. One energy for the "
                f"whole range would be wrong{self._curve_words()}."
            )
        missed = self.detectable_energy_change_eV
        power = (
            "" if missed is None else f"; a change of {missed:.2g} eV in mid range would have been seen 4 times in 5"
        )
        return f"No break in the Arrhenius line (p = {self.p_value:.2g}){power}."

    def _curve_words(self) -> str:
        if self.aicc_curve is None or self.aicc_segments is None or self.aicc_curve >= self.aicc_segments:
            return ""
        return "; a smooth curve describes the points as well, so this may be curvature and not a phase change"


@attrs.frozen(kw_only=True, eq=False)
class _Design:
    """Orthonormal bases of the models for one set of temperatures and weights."""

    x: Array
    root_weight: Array
    line: Array
    splits: tuple[int, ...]
    segments: tuple[Array, ...]


def _basis(columns: list[Array], root_weight: Array) -> Array:
    matrix = np.column_stack(columns) * root_weight[:, None]
    return np.asarray(np.linalg.qr(matrix)[0])


def _design(x: Array, root_weight: Array) -> _Design:
    n = x.size
    centred = x - x.mean()
    one = np.ones(n)
    splits = tuple(k for k in range(MIN_POINTS_A_SIDE, n - MIN_POINTS_A_SIDE + 1) if _has_range(x, k))
    segments = []
    for k in splits:
        below = (np.arange(n) < k).astype(float)
        above = 1.0 - below
        segments.append(_basis([below, below * centred, above, above * centred], root_weight))
    line = _basis([one, centred], root_weight)
    return _Design(x=x, root_weight=root_weight, line=line, splits=splits, segments=tuple(segments))


def _has_range(x: Array, k: int) -> bool:
    """Both sides of a split hold at least three distinct temperatures, and the split is between two of them."""
    distinct = [np.unique(np.round(side, 6)).size for side in (x[:k], x[k:])]
    return min(distinct) >= MIN_POINTS_A_SIDE and x[k] > x[k - 1] + 1e-9


def _remainder(basis: Array, y: Array) -> Array:
    """Sum of squares that a model leaves, for every row of ``y`` (draws, n)."""
    inside = y @ basis
    return np.asarray(np.maximum(np.sum(y * y, axis=1) - np.sum(inside * inside, axis=1), 0.0))


def _largest_f(design: _Design, y: Array) -> tuple[Array, Array]:
    """Largest F ratio over the splits and its index, for every row of ``y``."""
    line = _remainder(design.line, y)
    segments = np.stack([_remainder(basis, y) for basis in design.segments])
    dof = design.x.size - 4
    ratio = (line - segments) / 2.0 / np.maximum(segments / dof, 1e-300)
    return ratio.max(axis=0), ratio.argmax(axis=0)


@functools.lru_cache(maxsize=256)
def _null_distribution(x: tuple[float, ...], root_weight: tuple[float, ...]) -> tuple[Array, Array]:
    """Largest F, and largest fall of chi2, of straight series with these temperatures and weights, ascending."""
    design = _design(np.array(x), np.array(root_weight))
    y = np.random.default_rng(20230101).standard_normal((DRAWS, len(x)))
    falls = _remainder(design.line, y) - np.min([_remainder(basis, y) for basis in design.segments], axis=0)
    return np.sort(_largest_f(design, y)[0]), np.sort(falls)


def break_test(fit: ArrheniusFit, *, significance: float = SIGNIFICANCE) -> BreakTest:
    """Test one Arrhenius line for a break.

    With stated errors, a break must also be larger than those errors explain: thermometer errors that the caller has
    stated are not taken for a phase change.
    """
    n = fit.temperature_K.size
    x = -1.0 / (BOLTZMANN_EV_PER_K * fit.temperature_K)
    std = np.ones(n) if fit.weighting == "equal" else _stated_std(fit)
    design = _design(x, 1.0 / std)
    if not design.splits:
        reason = f"it needs {2 * MIN_POINTS_A_SIDE} temperatures, three on each side, and there are {np.unique(x).size}"
        return BreakTest(is_tested=False, is_broken=False, reason=reason, significance=significance)
    y = (fit.residual * design.root_weight)[None, :]
    ratio, which = _largest_f(design, y)
    null_f, null_fall = _null_distribution(tuple(x), tuple(design.root_weight))
    p_value = _tail(null_f, float(ratio[0]))
    if fit.weighting != "equal":
        fall = float((_remainder(design.line, y) - min(_remainder(b, y) for b in design.segments))[0])
        p_value = max(p_value, _tail(null_fall, fall))
    found = BreakTest(
        is_tested=True,
        is_broken=p_value <= significance,
        reason="",
        statistic=float(ratio[0]),
        threshold=float(np.quantile(null_f, 1.0 - significance)),
        p_value=p_value,
        significance=significance,
    )
    found = _with_information(found, design, y)
    if found.is_broken:
        return _with_segments(found, fit, design, y, int(which[0]))
    return attrs.evolve(found, detectable_energy_change_eV=_detectable(fit, design, float(found.threshold or math.inf)))


def _stated_std(fit: ArrheniusFit) -> Array:
    """The errors as stated, without the scatter that the line fit added: that scatter may be the break itself."""
    return np.sqrt(np.maximum(fit.relative_std**2 - fit.scatter_relative**2, 1e-16))


def _tail(ascending: Array, value: float) -> float:
    above = ascending.size - int(np.searchsorted(ascending, value, side="left"))
    return (1 + above) / (1 + ascending.size)


def _with_information(found: BreakTest, design: _Design, y: Array) -> BreakTest:
    """AICc of line, parabola and two segments; None where the points are too few for the correction."""
    n = design.x.size
    centred = design.x - design.x.mean()
    curve = _basis([np.ones(n), centred, centred**2], design.root_weight)
    return attrs.evolve(
        found,
        aicc_line=_aicc(n, float(_remainder(design.line, y)[0]), 3),
        aicc_curve=_aicc(n, float(_remainder(curve, y)[0]), 4),
        aicc_segments=_aicc(n, min(float(_remainder(b, y)[0]) for b in design.segments), 6),
    )


def _aicc(n: int, squares: float, k: int) -> float | None:
    """AIC with Hurvich and Tsai's correction; k counts the variance too. None when n <= k + 1 or nothing is left over."""
    if n <= k + 1 or squares <= 0:
        return None
    return n * math.log(squares / n) + 2.0 * k + 2.0 * k * (k + 1) / (n - k - 1)


def _with_segments(found: BreakTest, fit: ArrheniusFit, design: _Design, y: Array, best: int) -> BreakTest:
    from scipy.special import fdtri

    k = design.splits[best]
    left = np.array([float(_remainder(basis, y)[0]) for basis in design.segments])
    dof = design.x.size - 4
    allowed = left[best] * (1.0 + float(fdtri(1, dof, 0.95)) / dof)
    alike = [design.splits[i] for i in range(len(left)) if left[i] <= allowed]
    bracket = (float(fit.temperature_K[min(alike) - 1]), float(fit.temperature_K[max(alike)]))
    log_y = fit.residual + fit.log_prefactor + fit.energy_eV.value * design.x
    variance = left[best] / dof / design.root_weight**2
    cuts = {j: [_segment(design.x[s], log_y[s], variance[s]) for s in (slice(None, j), slice(j, None))] for j in alike}
    below, above = cuts[k]
    return attrs.evolve(
        found,
        energy_below_eV=_segment_energy(below, [pair[0] for pair in cuts.values()], dof),
        energy_above_eV=_segment_energy(above, [pair[1] for pair in cuts.values()], dof),
        bracket_K=bracket,
        crossing_K=_crossing(below, above, bracket),
    )


_Segment = tuple[Array, Array]


def _segment(x: Array, y: Array, variance: Array) -> _Segment:
    """Intercept (at x = 0) and slope of a segment, and their covariance."""
    intercept, slope, covariance = weighted_line(x, y, variance)
    return np.array([intercept, slope]), covariance


def _segment_energy(best: _Segment, alike: list[_Segment], dof: int) -> Estimate:
    """Energy of a segment; its interval spans every split that the data cannot tell from the best."""
    from scipy.special import stdtrit

    factor = float(stdtrit(dof, 0.975))
    stds = [math.sqrt(max(float(covariance[1, 1]), 0.0)) for _, covariance in alike]
    slopes = [float(line[1]) for line, _ in alike]
    return Estimate(
        value=float(best[0][1]),
        std=math.sqrt(max(float(best[1][1, 1]), 0.0)),
        unit="eV",
        method="one of two segments, scatter of both, over all splits alike",
        interval_95=(
            min(m - factor * s for m, s in zip(slopes, stds, strict=True)),
            max(m + factor * s for m, s in zip(slopes, stds, strict=True)),
        ),
    )


def _crossing(below: tuple[Array, Array], above: tuple[Array, Array], bracket: tuple[float, float]) -> Estimate | None:
    difference, covariance = below[0] - above[0], below[1] + above[1]
    if difference[1] == 0:
        return None
    x = -difference[0] / difference[1]
    if x >= 0:
        return None
    temperature = -1.0 / (BOLTZMANN_EV_PER_K * x)
    if not bracket[0] <= temperature <= bracket[1]:
        return None
    gradient = np.array([1.0, x]) / difference[1]
    std_x = math.sqrt(max(float(gradient @ covariance @ gradient), 0.0))
    return Estimate(
        value=float(temperature),
        std=float(std_x * abs(temperature / x)),
        unit="K",
        method="crossing of the two segments",
    )


def _detectable(fit: ArrheniusFit, design: _Design, threshold: float) -> float | None:
    """Smallest change of energy at mid range that four of five such series would show, from 400 drawn series."""
    scatter = fit.residual_std
    if not scatter:
        return None
    middle = design.x[design.splits[len(design.splits) // 2]]
    kink = np.maximum(design.x - middle, 0.0) * design.root_weight
    noise = np.random.default_rng(20230102).standard_normal((400, design.x.size))
    if fit.weighting == "equal":
        noise = noise * scatter
    changes = np.geomspace(1e-4, 2.0, 48)

    def is_seen(change: float) -> bool:
        return bool(np.mean(_largest_f(design, noise + change * kink)[0] > threshold) >= 0.8)

    # The larger the change, the more series show it.
    place = bisect.bisect_left(changes.tolist(), True, key=is_seen)
    return float(changes[place]) if place < changes.size else None


def known_transition_findings(
    *, temperature_K: Array, transitions: tuple[KnownTransition, ...], sample: str, quantities: tuple[str, ...] = ()
) -> tuple[Finding, ...]:
    """A warning for each known phase change inside the measured range."""
    low, high = float(np.min(temperature_K)), float(np.max(temperature_K))
    found = []
    for transition in transitions:
        if low <= transition.temperature_K <= high:
            celsius = transition.temperature_K - ICE_POINT_K
            found.append(
                Finding(
                    code="known-transition-in-range",
                    severity="warning",
                    sentence=(
                        f"{transition.name} near {celsius:.0f} °C ({transition.source}) lies inside the measured range "
                        f"{low - ICE_POINT_K:.0f} to {high - ICE_POINT_K:.0f} °C: one activation energy across it mixes two "
                        "phases; quote those of the ranges, which are fitted apart."
                    ),
                    samples=(sample,) if sample else (),
                    quantities=quantities,
                )
            )
    return tuple(found)


def across_transition_findings(
    *,
    temperature_K: Array,
    reference_K: float,
    transitions: tuple[KnownTransition, ...],
    sample: str,
    quantities: tuple[str, ...] = (),
) -> tuple[Finding, ...]:
    """A warning for each known phase change between the measured range and the temperature a line is extrapolated to."""
    low, high = float(np.min(temperature_K)), float(np.max(temperature_K))
    found = []
    for transition in transitions:
        at = transition.temperature_K
        if reference_K <= at < low or high < at <= reference_K:
            reference = f"{reference_K - ICE_POINT_K:.4g} °C"
            sentence = (
                f"{transition.name} near {at - ICE_POINT_K:.0f} °C ({transition.source}) lies between the measured range "
                f"{low - ICE_POINT_K:.0f} to {high - ICE_POINT_K:.0f} °C and {reference}: the conductivity at {reference} is that of a phase which "
                "is not the one there. Measure there, or state a reference_temperature inside the range."
            )
            found.append(
                Finding(
                    code="reference-across-transition",
                    severity="warning",
                    sentence=sentence,
                    samples=(sample,) if sample else (),
                    quantities=quantities,
                )
            )
    return tuple(found)
