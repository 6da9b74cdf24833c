r"""Fit of the components of a region under several backgrounds and windows at once.

Every variant (a background, a window) is one problem of a batch: the same grid of energies, weights of zero outside its window, a
static background already taken off or an active one fitted with the peaks S:

.. math:: b_0 + b_1 (E-E_0) + b_2 (E-E_0)^2 + k \int_{E_0}^{E} S + \sum_j t_j \int_{E' < E} K_j(E-E')\, S(E')\, dE'

a level, a slope, a bend, a step behind the peaks, and their inelastic losses by loss functions :math:`K_j`, each where the variant has it; the step
can be one a component, :math:`\sum_i k_i \int S_i`. The loss
functions are straight between their knots, so that their integrals are the second antiderivative of S shifted by the knots: no kernel has to be
multiplied with. The Jacobian is analytic; areas start from a linear solution, so no guess of them is needed.
"""

from __future__ import annotations

import attrs
import numpy as np
import numpy.typing as npt

from pelletry.core.arrays import Array, array_field
from pelletry.fitting.covariance import covariance_from_normal
from pelletry.fitting.least_squares import damped_least_squares
from pelletry.techniques.xps.model.backgrounds import cumulative_integral
from pelletry.techniques.xps.model.components import Layout
from pelletry.techniques.xps.model.shapes import fwhm_of_shape, shape_function

__all__ = ["BEND", "LEVEL", "SLOPE", "STEP", "LossBasis", "RegionFit", "active_terms", "fit_variants"]

#: Columns of ``terms``; the loss functions follow.
LEVEL, SLOPE, BEND, STEP = 0, 1, 2, 3
_PLAIN = 4


@attrs.frozen(kw_only=True)
class LossBasis:
    """Loss functions on common knots, straight between them and constant behind the last; the first knot is 0.

    ``values`` [1/eV] are those at the knots, one row a function.
    """

    knots_eV: Array = array_field(doc="shape (n,), ascending from 0")
    values: Array = array_field(doc="shape (m, n)")

    @property
    def ramps(self) -> Array:
        """Change of slope at every knot, (m, n)."""
        slopes = np.diff(self.values, axis=1) / np.diff(self.knots_eV)
        edge = np.zeros((len(self.values), 1))
        return np.diff(np.hstack([edge, slopes, edge]), axis=1)


_NO_LOSSES = LossBasis(knots_eV=np.array([0.0, 1.0]), values=np.empty((0, 2)))


@attrs.frozen(kw_only=True)
class RegionFit:
    """One variant as fitted; arrays over components unless said otherwise.

    ``strength`` is the area of all lines of a component [intensity x eV], ``strength_covariance`` already holds the scatter of the residuals where it
    is larger than the weights promise. ``chi2_reduced`` is None where the weights are not those of counting.
    ``lines`` are (area, position, first, second) of every line, (n, 4); ``line_std`` their standard deviations.
    ``curves`` are the components on the grid (n components, k), ``background`` what lies under them.
    ``active`` are the coefficients of level, slope, bend, step, the loss functions and the steps of components, ``theta`` the free parameters of the lines.
    """

    is_converged: bool
    chi2: float
    points: int
    free_count: int
    chi2_reduced: float | None
    scale_factor: float
    strength: Array = array_field()
    strength_covariance: Array = array_field(doc="shape (n, n)")
    position_eV: Array = array_field()
    position_std_eV: Array = array_field()
    fwhm_eV: Array = array_field()
    partner_ratio: Array = array_field(doc="NaN where there is no partner")
    partner_ratio_std: Array = array_field()
    is_at_bound: npt.NDArray[np.bool_] = array_field(dtype=bool, doc="the position ran to its limit")
    lines: Array = array_field(doc="shape (lines, 4)")
    curves: Array = array_field(doc="shape (n, k)")
    background: Array = array_field(doc="shape (k,)")
    active: Array = array_field(doc="shape (4 + m,)")
    theta: Array = array_field(doc="shape (p,)")


@attrs.define
class _Problem:
    """What the residual function needs; ``data`` and ``weight`` are (b, k)."""

    layout: Layout
    energy_eV: Array
    data: Array
    weight: Array
    losses: LossBasis
    has_own_steps: bool = False
    own: Array = attrs.field(init=False)
    is_of: Array = attrs.field(init=False)
    shifts: list[tuple[npt.NDArray[np.intp], Array]] = attrs.field(init=False)

    def __attrs_post_init__(self) -> None:
        from_start = self.energy_eV - self.energy_eV[0]
        self.own = np.stack([np.ones_like(from_start), from_start, from_start**2])
        self.is_of = (np.arange(len(self.layout.main_line))[:, None] == np.array(self.layout.component)).astype(float)
        self.shifts = [_shift(self.energy_eV, knot) for knot in self.losses.knots_eV]

    @property
    def common(self) -> int:
        """How many coefficients are those of all lines together; one step a component follows where ``has_own_steps``."""
        return _PLAIN + len(self.losses.values)

    def lines(self, theta: Array) -> Array:
        """Line parameters (b, n, 4)."""
        count = self.layout.mixing.shape[1]
        values: Array = (theta[:, :count] @ self.layout.mixing.T + self.layout.offset).reshape(len(theta), -1, 4)
        return values

    def profiles(self, lines: Array) -> tuple[Array, Array]:
        """Unit profiles (b, n, k) and their derivatives by position, first and second (b, n, 3, k)."""
        count, n = lines.shape[:2]
        k = len(self.energy_eV)
        profile, slopes = np.empty((count, n, k)), np.empty((count, n, 3, k))
        for shape in dict.fromkeys(self.layout.shapes):
            at = [i for i, name in enumerate(self.layout.shapes) if name == shape]
            chosen = lines[:, at, :].reshape(-1, 4)
            values, derivatives = shape_function(shape)(self.energy_eV, chosen[:, 1], chosen[:, 2], chosen[:, 3])
            profile[:, at] = values.reshape(count, len(at), k)
            slopes[:, at] = derivatives.reshape(3, count, len(at), k).transpose(1, 2, 0, 3)
        return profile, slopes

    def behind(self, peaks: Array) -> Array:
        """Step and losses (b, 1 + m, k) of peaks (b, k) for coefficients of one."""
        once = cumulative_integral(self.energy_eV, peaks)
        parts = [once]
        if len(self.losses.values):
            twice = cumulative_integral(self.energy_eV, once)
            shifted = np.stack([_shifted(twice, *shift) for shift in self.shifts])
            parts += [first * once + np.tensordot(ramps, shifted, 1)
                      for first, ramps in zip(self.losses.values[:, 0], self.losses.ramps, strict=True)]  # fmt: skip
        return np.stack(parts, axis=1)

    def behind_all(self, values: Array, coefficients: Array) -> Array:
        """Step and losses of ``values`` (b, p, k) with the coefficients (b, 1 + m) of each problem, summed; (b, p, k)."""
        once = cumulative_integral(self.energy_eV, values)
        strength = coefficients[:, 1:]
        at_once = coefficients[:, 0] + strength @ self.losses.values[:, 0]
        result = at_once[:, None, None] * once
        if np.any(strength != 0.0):
            twice = cumulative_integral(self.energy_eV, once)
            for factor, shift in zip((strength @ self.losses.ramps).T, self.shifts, strict=True):
                if np.any(factor != 0.0):
                    result += factor[:, None, None] * _shifted(twice, *shift)
        return result

    def __call__(self, theta: Array, problem: npt.NDArray[np.intp]) -> tuple[Array, Array]:
        lines = self.lines(theta)
        profile, slopes = self.profiles(lines)
        count, n, k = profile.shape
        by_line = np.empty((count, n, 4, k))
        by_line[:, :, 0] = profile
        by_line[:, :, 1:] = slopes * lines[:, :, :1, None]
        by_layout = self.layout.mixing.T @ by_line.reshape(count, 4 * n, k)
        peaks = np.einsum("bn,bnk->bk", lines[:, :, 0], profile)
        under = theta[:, self.layout.mixing.shape[1] :][:, : self.common]
        behind = self.behind(peaks)
        model = peaks + under[:, :STEP] @ self.own + np.einsum("bi,bik->bk", under[:, STEP:], behind)
        parts = [np.broadcast_to(self.own, (count, *self.own.shape)), behind]
        if self.has_own_steps:
            steps = theta[:, self.layout.mixing.shape[1] + self.common :]
            curves = self.is_of @ (lines[:, :, :1] * profile)
            each = cumulative_integral(self.energy_eV, curves)
            model = model + np.einsum("bi,bik->bk", steps, each)
            stepping = by_line * (steps @ self.is_of)[:, :, None, None]
            by_steps = self.layout.mixing.T @ stepping.reshape(count, 4 * n, k)
            parts.append(each)
        if np.any(under[:, STEP:] != 0.0):
            by_layout = by_layout + self.behind_all(by_layout, under[:, STEP:])
        if self.has_own_steps:
            by_layout = by_layout + cumulative_integral(self.energy_eV, by_steps)
        by_theta = np.concatenate([by_layout, *parts], axis=1)
        weight = self.weight[problem]
        return (model - self.data[problem]) * weight, by_theta * weight[:, None, :]


def _shift(energy_eV: Array, by_eV: float) -> tuple[npt.NDArray[np.intp], Array]:
    """Index and weight by which a curve is read ``by_eV`` below every energy; weight -1: below the first one."""
    wanted = energy_eV - by_eV
    index = np.clip(np.searchsorted(energy_eV, wanted, side="right") - 1, 0, len(energy_eV) - 2)
    weight = (wanted - energy_eV[index]) / (energy_eV[index + 1] - energy_eV[index])
    return index, np.where(wanted < energy_eV[0], -1.0, weight)


def _shifted(values: Array, index: npt.NDArray[np.intp], weight: Array) -> Array:
    """The curves (..., k) read where :func:`_shift` says, zero below the first energy."""
    first = int(np.count_nonzero(weight < 0.0))
    result = np.zeros_like(values)
    at, share = index[first:], weight[first:]
    result[..., first:] = values[..., at] * (1.0 - share) + values[..., at + 1] * share
    return result


def _start(problem: _Problem, terms: npt.NDArray[np.bool_], given: Array) -> Array:
    """Areas and what is linear beside them by least squares at the starting positions and widths; negative areas become small."""
    layout = problem.layout
    count = len(layout.start)
    theta = np.hstack([np.tile(layout.start, (len(problem.data), 1)), given])
    profile, _ = problem.profiles(problem.lines(theta[:1]))
    areas = np.flatnonzero(layout.is_area)
    columns = layout.mixing[0::4, areas].T @ profile[0]
    under = np.vstack([problem.own, problem.behind(columns.sum(axis=0)[None, :])[0]])
    for i, weight in enumerate(problem.weight):
        asked = terms[i, : problem.common].copy()
        asked[STEP] |= problem.has_own_steps
        design = np.vstack([columns, under[asked]]) * weight
        solution = np.linalg.lstsq(design.T, problem.data[i] * weight, rcond=None)[0]
        found = solution[: len(areas)]
        theta[i, areas] = np.maximum(found, 0.02 * max(float(np.max(np.abs(found))), 1e-12))
        beside = np.zeros(terms.shape[1])
        beside[: problem.common][asked] = solution[len(areas) :]
        beside[STEP:] /= max(float(theta[i, areas].mean()), 1e-300)
        beside[problem.common :] = max(float(beside[STEP]), 0.0)
        theta[i, count:] = np.where(terms[i], beside, given[i])
    return theta


def active_terms(
    names: tuple[int, ...], *, loss_functions: int = 0, fitted: tuple[int, ...] = (), own_steps: int = 0
) -> npt.NDArray[np.bool_]:
    """One row of ``terms``: a level, the terms named, those loss functions that are ``fitted``, and a step for each of so many components."""
    row = np.zeros(_PLAIN + loss_functions + own_steps, dtype=bool)
    row[[LEVEL, *names]] = True
    row[_PLAIN + loss_functions :] = True
    row[[_PLAIN + number for number in fitted]] = True
    return row


def fit_variants(
    layout: Layout,
    energy_eV: Array,
    intensity: Array,
    *,
    static_backgrounds: Array,
    terms: npt.NDArray[np.bool_],
    weight: Array,
    is_counting: bool,
    losses: LossBasis | None = None,
    given: Array | None = None,
    start: Array | None = None,
    max_iterations: int = 80,
) -> tuple[RegionFit, ...]:
    """Fit all variants of one region.

    Parameters
    ----------
    layout:
        Components as lines with their ties.
    energy_eV, intensity:
        The widest window, ascending binding energies, shape (k,).
    static_backgrounds:
        Taken off before the fit, zero where the background is active; shape (b, k).
    terms:
        Which of level, slope, bend, step and the m loss functions are fitted with the peaks, shape (b, 4 + m); nothing where a static
        background was taken off. With one column a component more, each has a step of its own, which does not become negative.
    weight:
        One over the standard deviation of each point, zero outside a variant's window; shape (b, k).
    is_counting:
        Whether the weights are those of counting; if not, the scatter of the residuals sets the scale of all errors.
    losses:
        The loss functions; their coefficients do not become negative.
    given:
        Coefficients of what is not fitted, shape (b, 4 + m), such as a loss function of known strength; None: zero.
    start:
        Theta to start from, without the background (p,) or (b, p), such as the solutions of neighbours.

    Returns
    -------
    :
        One fit a variant; one that did not converge is flagged.
    """
    basis = _NO_LOSSES if losses is None else losses
    shape = terms.shape
    problem = _Problem(
        layout,
        energy_eV,
        intensity[None, :] - static_backgrounds,
        weight,
        basis,
        has_own_steps=shape[1] > _PLAIN + len(basis.values),
    )
    theta = _start(problem, terms, np.zeros(shape) if given is None else given)
    if start is not None:
        theta[:, : len(layout.start)] = start
    beside = np.zeros(shape[1])
    lower = np.concatenate([layout.lower, np.where(np.arange(shape[1]) < _PLAIN, -np.inf, beside)])
    upper = np.concatenate([layout.upper, np.full(shape[1], np.inf)])
    is_held = np.hstack([np.tile(layout.is_held, (shape[0], 1)), ~terms])
    solution = damped_least_squares(
        problem,
        theta,
        lower=lower,
        upper=upper,
        is_held=is_held,
        tolerance=1e-9,
        stall=1e-10,
        max_iterations=max_iterations,
    )
    is_low = (solution.theta <= lower) & np.isfinite(lower)
    is_high = (solution.theta >= upper) & np.isfinite(upper)
    fixed = is_held | ((is_low | is_high) & ~np.concatenate([layout.is_area, np.zeros(shape[1], dtype=bool)]))
    covariance = covariance_from_normal(solution.normal, is_held=fixed)
    lines = problem.lines(solution.theta)
    profile, _ = problem.profiles(lines)
    return tuple(
        _fit(problem, solution.theta[i], lines[i], profile[i], covariance[i], fixed[i],
             chi2=float(solution.chi2[i]), is_converged=bool(solution.is_converged[i]),
             background=static_backgrounds[i], weight=weight[i], is_counting=is_counting)
        for i in range(len(weight))
    )  # fmt: skip


def _fit(
    problem: _Problem,
    theta: Array,
    lines: Array,
    profile: Array,
    covariance: Array,
    fixed: npt.NDArray[np.bool_],
    *,
    chi2: float,
    is_converged: bool,
    background: Array,
    weight: Array,
    is_counting: bool,
) -> RegionFit:
    layout = problem.layout
    points = int(np.count_nonzero(weight))
    free_count = int(np.count_nonzero(~fixed))
    reduced = chi2 / max(points - free_count, 1)
    factor = max(reduced, 1.0) if is_counting else reduced
    covariance = covariance * factor
    own = layout.mixing.shape[1]
    line_covariance = layout.mixing @ covariance[:own, :own] @ layout.mixing.T
    n = len(layout.main_line)
    to_area = np.zeros((n, 4 * layout.lines))
    for line, owner in enumerate(layout.component):
        to_area[owner, 4 * line] = 1.0
    component_area = to_area @ lines.reshape(-1)
    curves = np.zeros((n, len(problem.energy_eV)))
    for line, owner in enumerate(layout.component):
        curves[owner] += lines[line, 0] * profile[line]
    active = theta[own:]
    under = background + active[:STEP] @ problem.own
    under = under + active[STEP : problem.common] @ problem.behind(curves.sum(axis=0)[None, :])[0]
    under = (
        under
        + active[problem.common :] @ cumulative_integral(problem.energy_eV, curves)[: len(active) - problem.common]
    )
    main = list(layout.main_line)
    ratio, ratio_std = _partner_ratios(layout, lines, line_covariance)
    at_bound = np.array([bool(fixed[layout.names.index(f"position {i}")]) for i in range(n)])
    return RegionFit(
        is_converged=is_converged,
        chi2=chi2,
        points=points,
        free_count=free_count,
        chi2_reduced=reduced if is_counting else None,
        scale_factor=factor,
        strength=component_area,
        strength_covariance=to_area @ line_covariance @ to_area.T,
        position_eV=lines[main, 1],
        position_std_eV=np.sqrt(np.maximum(np.diag(line_covariance)[[4 * i + 1 for i in main]], 0.0)),
        fwhm_eV=np.array([fwhm_of_shape(layout.shapes[i], lines[i, 2], lines[i, 3]) for i in main]),
        partner_ratio=ratio,
        partner_ratio_std=ratio_std,
        is_at_bound=at_bound,
        lines=lines,
        curves=curves,
        background=under,
        active=active,
        theta=theta[:own],
    )


def _partner_ratios(layout: Layout, lines: Array, covariance: Array) -> tuple[Array, Array]:
    ratios, stds = [], []
    for main, partner in zip(layout.main_line, layout.partner_line, strict=True):
        if partner < 0 or lines[main, 0] <= 0.0:
            ratios.append(np.nan)
            stds.append(np.nan)
            continue
        ratio = lines[partner, 0] / lines[main, 0]
        pick = [4 * partner, 4 * main]
        with np.errstate(over="ignore", invalid="ignore"):  # a line without area leaves its ratio open
            gradient = np.array([1.0, -ratio]) / lines[main, 0]
            variance = float(gradient @ covariance[np.ix_(pick, pick)] @ gradient)
        ratios.append(ratio)
        stds.append(float(np.sqrt(max(variance, 0.0))))
    return np.asarray(ratios), np.asarray(stds)
