r"""Fit of the components of a region under several backgrounds and windows at once.

Every variant (a background, a window) is one problem of a batch: the same grid of energies, weights of zero outside its window, a
static background already taken off or, for the active one, :math:`b_0 + b_1 (E-E_0) + k \int_{E_0}^{E} S` fitted with the peaks S.
The Jacobian is analytic; areas start from a linear solution, so no guess of them is needed.
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
from pelletry.techniques.xps.model.shapes import SHAPES, fwhm_of_shape

__all__ = ["RegionFit", "fit_variants"]


@attrs.frozen(kw_only=True)
class RegionFit:
    """One variant as fitted; arrays over components unless said otherwise.

    ``strength`` is the area of all lines of a component [intensity x eV], ``strength_covariance`` already holds the scatter of the residuals where it
    is larger than the weights promise. ``chi2_reduced`` is None where the weights are not those of counting.
    ``lines`` are (area, position, first, second) of every line, (n, 4); ``line_std`` their standard deviations.
    ``curves`` are the components on the grid (n components, k), ``background`` what lies under them.
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
    active: tuple[float, float, float] = (0.0, 0.0, 0.0)


@attrs.define
class _Problem:
    """What the residual function needs; ``data`` and ``weight`` are (b, k)."""

    layout: Layout
    energy_eV: Array
    data: Array
    weight: Array

    def lines(self, theta: Array) -> Array:
        """Line parameters (b, n, 4)."""
        values: Array = (theta @ self.layout.mixing.T + self.layout.offset).reshape(len(theta), -1, 4)
        return values

    def profiles(self, lines: Array) -> tuple[Array, Array]:
        """Unit profiles (b, n, k) and their derivatives by position, first and second (b, n, 3, k)."""
        count, n = lines.shape[:2]
        k = len(self.energy_eV)
        profile, slopes = np.empty((count, n, k)), np.empty((count, n, 3, k))
        for shape in dict.fromkeys(self.layout.shapes):
            at = [i for i, name in enumerate(self.layout.shapes) if name == shape]
            chosen = lines[:, at, :].reshape(-1, 4)
            values, derivatives = SHAPES[shape](self.energy_eV, chosen[:, 1], chosen[:, 2], chosen[:, 3])
            profile[:, at] = values.reshape(count, len(at), k)
            slopes[:, at] = derivatives.reshape(3, count, len(at), k).transpose(1, 2, 0, 3)
        return profile, slopes

    def __call__(self, theta: Array, problem: npt.NDArray[np.intp]) -> tuple[Array, Array]:
        lines = self.lines(theta)
        profile, slopes = self.profiles(lines)
        count, n, k = profile.shape
        by_line = np.empty((count, n, 4, k))
        by_line[:, :, 0] = profile
        by_line[:, :, 1:] = slopes * lines[:, :, :1, None]
        by_theta = self.layout.mixing.T @ by_line.reshape(count, 4 * n, k)
        peaks = np.einsum("bn,bnk->bk", lines[:, :, 0], profile)
        running = cumulative_integral(self.energy_eV, peaks)
        from_start = self.energy_eV - self.energy_eV[0]
        b0, b1, step = theta[:, -3], theta[:, -2], theta[:, -1]
        model = peaks + b0[:, None] + b1[:, None] * from_start + step[:, None] * running
        if np.any(step != 0.0):
            by_theta += step[:, None, None] * cumulative_integral(self.energy_eV, by_theta)
        by_theta[:, -3], by_theta[:, -2], by_theta[:, -1] = 1.0, from_start, running
        weight = self.weight[problem]
        return (model - self.data[problem]) * weight, by_theta * weight[:, None, :]


def _start(problem: _Problem, is_active: npt.NDArray[np.bool_]) -> Array:
    """Areas by linear least squares at the starting positions and widths, for every variant; negative ones become small."""
    layout = problem.layout
    theta = np.tile(layout.start, (len(problem.data), 1))
    profile, _ = problem.profiles(problem.lines(theta[:1]))
    areas = np.flatnonzero(layout.is_area)
    columns = layout.mixing[0::4, areas].T @ profile[0]
    from_start = problem.energy_eV - problem.energy_eV[0]
    for i, weight in enumerate(problem.weight):
        extra: list[Array] = []
        if is_active[i]:
            extra = [np.ones_like(from_start), cumulative_integral(problem.energy_eV, columns.sum(axis=0))]
        design = np.vstack([columns, *extra]) * weight
        solution = np.linalg.lstsq(design.T, problem.data[i] * weight, rcond=None)[0]
        found = solution[: len(areas)]
        theta[i, areas] = np.maximum(found, 0.02 * max(float(np.max(np.abs(found))), 1e-12))
        if is_active[i]:
            theta[i, -3] = solution[-2]
            theta[i, -1] = solution[-1] / max(float(theta[i, areas].sum()), 1e-300)
    return theta


def fit_variants(
    layout: Layout,
    energy_eV: Array,
    intensity: Array,
    *,
    static_backgrounds: Array,
    is_active: npt.NDArray[np.bool_],
    weight: Array,
    is_counting: bool,
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
    is_active:
        Whether b0, b1 and k are fitted with the peaks, shape (b,).
    weight:
        One over the standard deviation of each point, zero outside a variant's window; shape (b, k).
    is_counting:
        Whether the weights are those of counting; if not, the scatter of the residuals sets the scale of all errors.
    start:
        Theta to start from (p,), such as the solution of a neighbour.

    Returns
    -------
    :
        One fit a variant; one that did not converge is flagged.
    """
    problem = _Problem(layout, energy_eV, intensity[None, :] - static_backgrounds, weight)
    theta = _start(problem, is_active) if start is None else np.tile(start, (len(weight), 1))
    is_held = np.tile(layout.is_held, (len(weight), 1))
    is_held[~is_active, -3:] = True
    theta[~is_active, -3:] = 0.0
    solution = damped_least_squares(
        problem,
        theta,
        lower=layout.lower,
        upper=layout.upper,
        is_held=is_held,
        tolerance=1e-9,
        stall=1e-10,
        max_iterations=max_iterations,
    )
    is_low = (solution.theta <= layout.lower) & np.isfinite(layout.lower)
    is_high = (solution.theta >= layout.upper) & np.isfinite(layout.upper)
    fixed = is_held | ((is_low | is_high) & ~layout.is_area)
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
    line_covariance = layout.mixing @ covariance @ layout.mixing.T
    n = len(layout.main_line)
    to_area = np.zeros((n, 4 * layout.lines))
    for line, owner in enumerate(layout.component):
        to_area[owner, 4 * line] = 1.0
    component_area = to_area @ lines.reshape(-1)
    curves = np.zeros((n, len(problem.energy_eV)))
    for line, owner in enumerate(layout.component):
        curves[owner] += lines[line, 0] * profile[line]
    b0, b1, step = (float(v) for v in theta[-3:])
    under = background + b0 + b1 * (problem.energy_eV - problem.energy_eV[0])
    under = under + step * cumulative_integral(problem.energy_eV, curves.sum(axis=0))
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
        active=(b0, b1, step),
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
