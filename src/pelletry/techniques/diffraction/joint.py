r"""Cells as smooth functions of temperature fitted to all patterns at once (parametric refinement, StinsonEvans2007).

The coefficients :math:`c` of the polynomials of all phases are shared by the patterns; scales, background, widths, displacement and the
rest stay each pattern's own. With the own parameters of pattern i eliminated (:mod:`model.elimination`) its part of
:math:`\chi^2` is, near the cells :math:`\theta_i = \theta(p(T_i; c))`, a parabola of curvature :math:`S_i` and slope :math:`h_i`. A
Gauss-Newton step solves

.. math:: \Bigl(\sum_i w_i M_i^T S_i M_i\Bigr)\,\delta c = -\sum_i w_i M_i^T h_i, \qquad M_i = \partial\theta_i/\partial c,

after which every pattern is visited again at its new cells; a step that does not lower the sum is shortened. :math:`w_i = 1/\max(1, GoF_i)^2`
as in the errors of single refinements. An error :math:`u_T` of the temperature of single patterns adds a shift of each temperature
with the prior :math:`N(0, u_T^2)`, eliminated in the same way. The covariance is the inverse of the matrix above, times the
reduced chi-square where that exceeds 1 (Birge1932): the rise of :math:`\chi^2` from refinements with cells of their own, over the parameters
that the laws save.

Where each pattern fixes its cells well this equals the two-step form of :mod:`cell_law`; where it does not, cells of single patterns are
not normally distributed and the two-step form is biased, this one is not.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import attrs
import numpy as np

from pelletry.core.arrays import Array
from pelletry.techniques.diffraction.cell_law import CellLaw, fitted_law
from pelletry.techniques.diffraction.model.data import Pattern
from pelletry.techniques.diffraction.model.elimination import Eliminated, PatternTask, eliminated, separate_chi2
from pelletry.techniques.diffraction.model.instrument import Instrument
from pelletry.techniques.diffraction.model.result import RefinedPhase, Refinement
from pelletry.techniques.diffraction.model.structure import Structure

__all__ = ["JointFit", "JointPattern", "joint_fit"]

_MOST_STEPS = 12
_MOST_HALVINGS = 5
#: A step that promises less than this much of chi^2 is the last one: shifts below 0.03 standard deviations in total.
_SMALL = 1e-3
_CAUCHY = 3.0
_REWEIGHTED = 12
Map = Callable[[Callable[[PatternTask], Eliminated], Sequence[PatternTask]], list[Eliminated]]


@attrs.frozen(kw_only=True, eq=False)
class JointPattern:
    """A pattern of the series with its own refinement, which gives the start and what is free."""

    pattern: Pattern
    structures: tuple[Structure, ...]
    instrument: Instrument
    refinement: Refinement
    temperature_K: float


@attrs.frozen(kw_only=True)
class JointFit:
    """Laws of the phases, in the order asked for, and how the fit ended.

    ``shift_std`` is the largest change of a coefficient from the two-step law, in standard deviations of the latter (nan: another
    degree). ``chi2_reduced`` is the rise of chi^2 over separate cells per parameter saved. ``temperature_shift_K`` are those of the patterns, empty without an
    error of the temperature.
    """

    laws: tuple[tuple[str, CellLaw], ...]
    two_step: tuple[tuple[str, CellLaw], ...]
    chi2_reduced: float
    steps: int
    is_converged: bool
    shift_std: float
    temperature_shift_K: tuple[float, ...] = ()


@attrs.frozen(kw_only=True, eq=False)
class _State:
    """Where the fit stands: laws, shifts of the temperatures, the visits there and their sum."""

    laws: dict[str, CellLaw]
    shifts_K: Array
    visits: list[Eliminated]
    total: float


def joint_fit(
    patterns: Sequence[JointPattern],
    phases: Sequence[str],
    *,
    degree: int | None = None,
    temperature_std_K: float | None = None,
    visit_all: Map | None = None,
) -> JointFit | None:
    """Fit the laws of ``phases`` to all patterns at once.

    Parameters
    ----------
    patterns:
        At least three temperatures; a phase takes part in those patterns in which its cell was refined.
    phases:
        Names; one whose cell was refined at fewer than three temperatures, or without coordinates, is left out.
    degree, temperature_std_K:
        As for :func:`cell_law.fitted_law`, which gives the start and, with ``degree`` None, the degree.
    visit_all:
        Maps a function over tasks (a pool's); None: one after another.

    Returns
    -------
    :
        None when no phase is left.
    """
    if any(phase.is_le_bail for p in patterns for phase in p.refinement.phases):
        return None
    two_step, starts = {}, {}
    for name in phases:
        laws = _starts(patterns, name, degree, temperature_std_K)
        if laws is not None:
            two_step[name], starts[name] = laws
    if not two_step:
        return None
    run = _Run(patterns, tuple(two_step), temperature_std_K or 0.0, visit_all or _one_by_one)
    state = run.at(two_step, np.zeros(len(patterns)), None)
    if any(not np.array_equal(starts[n].coefficients, two_step[n].coefficients) for n in two_step):
        other = run.at(starts, np.zeros(len(patterns)), None)
        state = other if other.total < state.total else state
    return run.finished(*run.descended(state), two_step)


def _one_by_one(function: Callable[[PatternTask], Eliminated], tasks: Sequence[PatternTask]) -> list[Eliminated]:
    return [function(task) for task in tasks]


def _with_cell(refinement: Refinement, name: str) -> RefinedPhase | None:
    """The phase, where its cell was refined and has errors."""
    phase = next((p for p in refinement.phases if p.name == name), None)
    if phase is None or not any(n.startswith(f"{name}:cell") for n in refinement.names):
        return None
    return phase if phase.cell[0].std else None


def _starts(
    patterns: Sequence[JointPattern], name: str, degree: int | None, std_K: float | None
) -> tuple[CellLaw, CellLaw] | None:
    """The two-step law, and one that cells far off do not pull (Cauchy weights)."""
    rows = [(p.temperature_K, phase) for p in patterns if (phase := _with_cell(p.refinement, name)) is not None]
    if len({round(t, 2) for t, _ in rows}) < 3:
        return None
    t = np.array([r[0] for r in rows])
    cells = np.array([[q.value for q in r[1].cell] for r in rows])
    covariances = np.array([r[1].cell_covariance[:6, :6] for r in rows])
    law = fitted_law(temperature_K=t, cells=cells, covariances=covariances, degree=degree, temperature_std_K=std_K)
    robust, factor = law, np.ones(t.size)
    for _ in range(_REWEIGHTED):
        free = list(robust.free)
        away = cells[:, free] - np.array([robust.free_values(float(x)) for x in t])
        blocks = covariances[:, free][:, :, free]
        far = np.einsum("ij,ij->i", away, np.linalg.solve(blocks, away[..., None])[..., 0])
        factor = 1.0 + far / (_CAUCHY * max(1.0, float(np.median(far))))
        robust = fitted_law(
            temperature_K=t, cells=cells, covariances=covariances * factor[:, None, None], degree=law.degree,
            temperature_std_K=std_K,
        )  # fmt: skip
    return law, robust


class _Run:
    """One joint fit: which phases take part in which pattern, and the sums over the patterns."""

    def __init__(self, patterns: Sequence[JointPattern], phases: tuple[str, ...], std_K: float, visit_all: Map) -> None:
        self.patterns, self.std_K, self.visit_all = patterns, std_K, visit_all
        self.present = [tuple(n for n in phases if _with_cell(p.refinement, n) is not None) for p in patterns]
        self.weights = np.array([1.0 / max(1.0, p.refinement.gof) ** 2 for p in patterns])

    def task(self, i: int, laws: dict[str, CellLaw], kelvin: float, own: Array | None) -> PatternTask:
        p = self.patterns[i]
        return PatternTask(
            pattern=p.pattern, structures=p.structures, instrument=p.instrument, refinement=p.refinement,
            cells=tuple((n, laws[n].cell(kelvin)) for n in self.present[i]), own=own,
        )  # fmt: skip

    def at(self, laws: dict[str, CellLaw], shifts_K: Array, owns: Sequence[Array] | None) -> _State:
        """Visit every pattern at these laws."""
        tasks = [
            self.task(i, laws, p.temperature_K + float(shifts_K[i]), None if owns is None else owns[i])
            for i, p in enumerate(self.patterns)
        ]
        visits = self.visit_all(eliminated, tasks)
        total = float(self.weights @ np.array([v.chi2 for v in visits]))
        if self.std_K > 0:
            total += float(np.sum((shifts_K / self.std_K) ** 2))
        return _State(laws=laws, shifts_K=shifts_K, visits=visits, total=total)

    def _blocks(self, state: _State, i: int) -> tuple[Array, Array, Array, Array]:
        """Of pattern i: M (k, coefficients), derivative by temperature (k,), weighted curvature and slope."""
        sizes = {n: law.coefficients.size for n, law in state.laws.items()}
        at = dict(zip(sizes, np.cumsum([0, *sizes.values()])[:-1], strict=True))
        visit, kelvin = state.visits[i], self.patterns[i].temperature_K + float(state.shifts_K[i])
        k = visit.slope.size
        design, by_kelvin, row = np.zeros((k, sum(sizes.values()))), np.zeros(k), 0
        for name, by_cell in zip(self.present[i], visit.metric_by_cell, strict=True):
            law = state.laws[name]
            by_free = by_cell @ law.expansion_of
            powers = ((kelvin - law.origin_K) / law.scale_K) ** np.arange(law.degree + 1)
            rows = slice(row, row + len(by_cell))
            design[rows, at[name] : at[name] + sizes[name]] = np.kron(by_free, powers[None, :])
            by_kelvin[rows] = by_free @ law.free_slopes(kelvin)
            row += len(by_cell)
        return design, by_kelvin, self.weights[i] * visit.curvature, self.weights[i] * visit.slope

    def equations(self, state: _State) -> tuple[Array, Array, list[tuple[float, Array]]]:
        """Normal matrix and gradient of the coefficients; for each pattern how its temperature follows them: at no change, and by each."""
        normal: Array = np.zeros((0, 0))
        gradient: Array = np.zeros(0)
        follow: list[tuple[float, Array]] = []
        for i in range(len(self.patterns)):
            design, d, s, h = self._blocks(state, i)
            if not normal.size:
                normal, gradient = np.zeros((design.shape[1],) * 2), np.zeros(design.shape[1])
            if self.std_K > 0:
                pull = s @ d
                stiff = float(d @ pull) + 1.0 / self.std_K**2
                rest = float(d @ h) + float(state.shifts_K[i]) / self.std_K**2
                follow.append((-rest / stiff, -(pull @ design) / stiff))
                s, h = s - np.outer(pull, pull) / stiff, h - pull * rest / stiff
            else:
                follow.append((0.0, np.zeros(design.shape[1])))
            normal += design.T @ s @ design
            gradient += design.T @ h
        return normal, gradient, follow

    def moved(
        self, state: _State, step: Array, follow: Sequence[tuple[float, Array]], part: float
    ) -> tuple[dict[str, CellLaw], Array, list[Array]]:
        """Laws, temperatures and own parameters after part of a step."""
        laws, row = {}, 0
        for name, law in state.laws.items():
            size = law.coefficients.size
            change = part * step[row : row + size].reshape(law.coefficients.shape)
            laws[name] = attrs.evolve(law, coefficients=law.coefficients + change)
            row += size
        shifts = np.array([part * (fixed + float(by @ step)) for fixed, by in follow])
        owns = []
        for i, visit in enumerate(state.visits):
            design, d, _, _ = self._blocks(state, i)
            owns.append(visit.own + visit.response @ (part * (design @ step) + d * shifts[i]))
        return laws, state.shifts_K + shifts, owns

    def descended(self, state: _State) -> tuple[_State, int, bool]:
        """Gauss-Newton steps until they promise nothing; where it stands, how many, and whether it ended well."""
        for steps in range(_MOST_STEPS):
            normal, gradient, follow = self.equations(state)
            step = _solved(normal, -gradient)
            rest = [fixed for fixed, _ in follow]
            promise = float(-gradient @ step) + (sum(r * r for r in rest) / self.std_K**2 if self.std_K > 0 else 0.0)
            if promise < _SMALL:
                return state, steps, True
            better = self._lower(state, step, follow)
            if better is None:
                return state, steps, promise < 1.0
            gained, state = state.total - better.total, better
            if gained < _SMALL:
                return state, steps + 1, True
        return state, _MOST_STEPS, False

    def _lower(self, state: _State, step: Array, follow: Sequence[tuple[float, Array]]) -> _State | None:
        """The first of shorter and shorter steps that lowers the sum."""
        for halving in range(_MOST_HALVINGS):
            tried = self.at(*self.moved(state, step, follow, 0.5**halving))
            if tried.total < state.total:
                return tried
        return None

    def finished(self, state: _State, steps: int, is_converged: bool, two_step: dict[str, CellLaw]) -> JointFit:
        """Covariance and the rise of chi^2."""
        normal, _, _ = self.equations(state)
        covariance = _inverse(normal)
        apart = sum(
            w * separate_chi2(self.task(i, state.laws, self.patterns[i].temperature_K, None))
            for i, w in enumerate(self.weights)
        )
        freedom = sum(v.slope.size for v in state.visits) - len(normal)
        rise = max(0.0, state.total - float(apart))
        reduced = rise / freedom if freedom > 0 else math.nan
        birge = max(1.0, reduced) if freedom > 0 else 1.0
        laws, row, largest = [], 0, 0.0
        for name, law in state.laws.items():
            size = law.coefficients.size
            block = covariance[row : row + size, row : row + size] * birge
            row += size
            laws.append((name, attrs.evolve(law, covariance=block, chi2_reduced=reduced, chi2=rise)))
            largest = max(largest, _shift(law, two_step[name]))
        return JointFit(
            laws=tuple(laws), two_step=tuple(two_step.items()), chi2_reduced=reduced, steps=steps,
            is_converged=is_converged, shift_std=largest,
            temperature_shift_K=tuple(float(x) for x in state.shifts_K) if self.std_K > 0 else (),
        )  # fmt: skip


def _shift(law: CellLaw, other: CellLaw) -> float:
    if law.degree != other.degree:
        return math.nan
    std = np.sqrt(np.maximum(np.diag(other.covariance), 1e-300))
    return float(np.max(np.abs(law.coefficients - other.coefficients).ravel() / std))


def _solved(normal: Array, right: Array) -> Array:
    return np.asarray(_inverse(normal) @ right)


def _inverse(normal: Array) -> Array:
    size = np.sqrt(np.maximum(np.diag(normal), 1e-300))
    inverse = np.linalg.pinv(normal / np.outer(size, size), rcond=1e-13, hermitian=True)
    return np.asarray(inverse / np.outer(size, size))
