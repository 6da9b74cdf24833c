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

With a weak phase (signal below 30) :math:`\chi^2` is no parabola over the size of its errors: the principal axes of the covariance are then given
the lengths at which :math:`\chi^2`, all else refined again, rises by 1 (in the mean of both sides).

Where each pattern fixes its cells well this equals the two-step form of :mod:`cell_law`; where it does not, cells of single patterns are
not normally distributed and the two-step form is biased, this one is not.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence

import attrs
import numpy as np

from pelletry.core.arrays import Array
from pelletry.techniques.diffraction.cell_law import CellLaw, fitted_law
from pelletry.techniques.diffraction.model.data import Pattern
from pelletry.techniques.diffraction.model.elimination import Eliminated, PatternTask, eliminated, separate_chi2
from pelletry.techniques.diffraction.model.instrument import Instrument
from pelletry.techniques.diffraction.model.result import RefinedPhase, Refinement
from pelletry.techniques.diffraction.model.structure import Structure, reciprocal_metric
from pelletry.techniques.diffraction.model.symmetry import CELL_PARTS, cell_basis, cell_from_reciprocal_metric

__all__ = ["JointFit", "JointPattern", "joint_fit"]

_MOST_STEPS = 12
_MOST_HALVINGS = 5
#: A step that promises less than this much of chi^2 is the last one: shifts below 0.03 standard deviations in total.
_SMALL = 1e-3
_CAUCHY = 3.0
_FEWEST = 3
_BROADENINGS = (0.2, 0.04)  # deg^2 per tan^2
_REWEIGHTED = 12
#: Below this signal the parabola of the last step is checked against chi^2 itself; above, both agree within 3 %.
_PARABOLIC_SIGNAL = 30.0
_LEAST_RISE, _MOST_RISE = 0.2, 2.0
_FALLS, _MOST_RESTARTS = 0.05, 4
Map = Callable[[Callable[[PatternTask], Eliminated], Sequence[PatternTask]], list[Eliminated]]


@attrs.frozen(kw_only=True, eq=False)
class JointPattern:
    """A pattern of the series with its own refinement, which gives the start and what is free; ``phases`` are those whose laws it takes part in.

    ``temperature_std_K`` is an error of its temperature independent of the others, 0: none is known.
    """

    pattern: Pattern
    structures: tuple[Structure, ...]
    instrument: Instrument
    refinement: Refinement
    temperature_K: float
    phases: tuple[str, ...]
    temperature_std_K: float = 0.0


@attrs.frozen(kw_only=True)
class JointFit:
    """Laws of the phases, and how the fit ended.

    ``signal`` of each phase: the root of the summed squares of its scales over their standard deviations, all patterns together.

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
    signal: tuple[float, ...]
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
    *,
    degree: int | None = None,
    visit_all: Map | None = None,
) -> JointFit | None:
    """Fit the laws of all phases that take part to all patterns at once.

    A phase whose own cells were refined at fewer than three temperatures starts from the cell of its structure, as a straight line (or
    ``degree``), with peaks broadened and sharpened in steps as in a cold start.

    Parameters
    ----------
    patterns:
        A phase has a law when it takes part at three temperatures or more.
    degree:
        As for :func:`cell_law.fitted_law`, which gives the start and, with ``degree`` None, the degree.
    visit_all:
        Maps a function over tasks (a pool's); None: one after another.

    Returns
    -------
    :
        None when no phase has a law, or one has free intensities (Le Bail): their overlap with the cell is not a parabola.
    """
    if any(phase.is_le_bail for p in patterns for phase in p.refinement.phases):
        return None
    two_step: dict[str, CellLaw] = {}
    starts: dict[str, CellLaw] = {}
    weak: dict[str, CellLaw] = {}
    for name in dict.fromkeys(n for p in patterns for n in p.phases):
        members = [p for p in patterns if name in p.phases]
        if len({round(p.temperature_K, 2) for p in members}) < _FEWEST:
            continue
        laws = _starts(members, name, degree)
        if laws is not None:
            two_step[name], starts[name] = laws
        if laws is None or any(_with_cell(p.refinement, name) is None for p in members):
            weak[name] = _law_of_structure(members, name, degree or (1 if laws is None else laws[0].degree))
    starts = {**weak, **starts}
    if not starts:
        return None
    run = _Run(patterns, tuple(starts), visit_all or _one_by_one)
    state = run.started([starts, {**starts, **two_step}, {**starts, **weak}], weak)
    return run.finished(*run.descended(state), two_step)


def _different(candidates: Sequence[dict[str, CellLaw]]) -> list[dict[str, CellLaw]]:
    kept: list[dict[str, CellLaw]] = []
    for one in candidates:
        if not any(all(np.array_equal(one[n].coefficients, k[n].coefficients) for n in one) for k in kept):
            kept.append(one)
    return kept


def _one_by_one(function: Callable[[PatternTask], Eliminated], tasks: Sequence[PatternTask]) -> list[Eliminated]:
    return [function(task) for task in tasks]


def _with_cell(refinement: Refinement, name: str) -> RefinedPhase | None:
    """The phase, where its cell was refined and has errors."""
    is_free = any(n.startswith(f"{name}:cell") for n in refinement.names)
    phase = refinement.phase(name)
    return phase if is_free and phase.cell[0].std else None


def _law_of_structure(members: Sequence[JointPattern], name: str, degree: int) -> CellLaw:
    """The cell of the structure at all temperatures."""
    structure = next(s for s in members[0].structures if s.name == name)
    basis, pivots = cell_basis(structure.operations)
    metric = reciprocal_metric(structure.cell)
    parts = np.array([metric[CELL_PARTS[k]] for k in pivots])
    steps = 1e-6 * float(np.max(np.abs(parts))) * np.eye(parts.size)
    moved = [np.array(cell_from_reciprocal_metric(np.einsum("k,kij->ij", parts + s, basis))) for s in steps]
    cell = np.array(structure.cell)
    slopes = np.where(np.abs(np.array(moved) - cell) < 1e-9, 0.0, np.array(moved) - cell)
    t = np.array([p.temperature_K for p in members])
    flat = fitted_law(
        temperature_K=t, cells=np.tile(cell, (t.size, 1)),
        covariances=np.tile(slopes.T @ slopes, (t.size, 1, 1)), degree=degree,
    )  # fmt: skip
    return attrs.evolve(flat, covariance=np.zeros_like(flat.covariance))


def _starts(patterns: Sequence[JointPattern], name: str, degree: int | None) -> tuple[CellLaw, CellLaw] | None:
    """The two-step law, and one that cells far off do not pull (Cauchy weights)."""
    rows = [
        (p.temperature_K, phase, p.temperature_std_K)
        for p in patterns
        if (phase := _with_cell(p.refinement, name)) is not None
    ]
    if len({round(r[0], 2) for r in rows}) < 3:
        return None
    t, std_K = np.array([r[0] for r in rows]), np.array([r[2] for r in rows])
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

    def __init__(self, patterns: Sequence[JointPattern], phases: tuple[str, ...], visit_all: Map) -> None:
        self.patterns, self.visit_all = patterns, visit_all
        std_K = np.array([p.temperature_std_K for p in patterns])
        self.moves = std_K > 0
        self.stiffness = np.where(
            self.moves, 1.0 / np.where(self.moves, std_K, 1.0) ** 2, 0.0
        )  # of a shift of the temperature
        self.present = [tuple(n for n in phases if n in p.phases) for p in patterns]
        self.broadened: tuple[str, ...] = ()
        self.broadening_deg2 = 0.0
        self.weights = np.array([1.0 / max(1.0, p.refinement.gof) ** 2 for p in patterns])

    def task(self, i: int, laws: dict[str, CellLaw], kelvin: float, own: Array | None) -> PatternTask:
        p = self.patterns[i]
        return PatternTask(
            pattern=p.pattern, structures=p.structures, instrument=p.instrument, refinement=p.refinement,
            cells=tuple((n, laws[n].cell(kelvin)) for n in self.present[i]), own=own,
            broadened=tuple(n for n in self.broadened if n in self.present[i]), broadening_deg2=self.broadening_deg2,
        )  # fmt: skip

    def at(self, laws: dict[str, CellLaw], shifts_K: Array, owns: Sequence[Array] | None) -> _State:
        """Visit every pattern at these laws."""
        tasks = [
            self.task(i, laws, p.temperature_K + float(shifts_K[i]), None if owns is None else owns[i])
            for i, p in enumerate(self.patterns)
        ]
        visits = self.visit_all(eliminated, tasks)
        total = float(self.weights @ np.array([v.chi2 for v in visits]))
        total += float(self.stiffness @ shifts_K**2)
        return _State(laws=laws, shifts_K=shifts_K, visits=visits, total=total)

    def started(self, candidates: Sequence[dict[str, CellLaw]], weak: Mapping[str, CellLaw]) -> _State:
        """Where to begin: the best of the candidates; where there are weak phases, their peaks broad first and the fit taken to its end from each."""
        still = np.zeros(len(self.patterns))
        tried: list[_State] = []
        for laws in _different(candidates):
            if not weak:
                tried.append(self.at(laws, still, None))
                continue
            begun, self.broadened = laws, tuple(weak)
            for self.broadening_deg2 in _BROADENINGS:
                begun = self.descended(self.at(begun, still, None), most=4)[0].laws
            self.broadened, self.broadening_deg2 = (), 0.0
            tried.append(self.descended(self.at(begun, still, None))[0])
            tried.append(self.at(laws, still, None))
        return min(tried, key=lambda state: state.total)

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
            if self.moves[i]:
                pull = s @ d
                stiff = float(d @ pull) + self.stiffness[i]
                rest = float(d @ h) + float(state.shifts_K[i]) * self.stiffness[i]
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

    def descended(self, state: _State, most: int = _MOST_STEPS) -> tuple[_State, int, bool]:
        """Gauss-Newton steps until they promise nothing; where it stands, how many, and whether it ended well."""
        for steps in range(most):
            normal, gradient, follow = self.equations(state)
            step = _solved(normal, -gradient)
            rest = [fixed for fixed, _ in follow]
            promise = float(-gradient @ step) + float(self.stiffness @ np.array(rest) ** 2)
            if promise < _SMALL:
                return state, steps, True
            better = self._lower(state, step, follow)
            if better is None:
                return state, steps, promise < 1.0
            gained, state = state.total - better.total, better
            if gained < _SMALL:
                return state, steps + 1, True
        return state, most, False

    def _lower(self, state: _State, step: Array, follow: Sequence[tuple[float, Array]]) -> _State | None:
        """The first of shorter and shorter steps that lowers the sum."""
        for halving in range(_MOST_HALVINGS):
            tried = self.at(*self.moved(state, step, follow, 0.5**halving))
            if tried.total < state.total:
                return tried
        return None

    def finished(self, state: _State, steps: int, is_converged: bool, two_step: dict[str, CellLaw]) -> JointFit:
        """Covariance and the rise of chi^2."""
        covariance = self._covariance(state)
        for _ in range(_MOST_RESTARTS if self._is_weak(state) else 0):
            covariance, lower = self._by_rise(state, covariance)
            if lower is None:
                break
            state, more, is_converged = self.descended(lower)
            steps, covariance = steps + more, self._covariance(state)
        apart = sum(
            w * separate_chi2(self.task(i, state.laws, self.patterns[i].temperature_K, None))
            for i, w in enumerate(self.weights)
        )
        freedom = sum(v.slope.size for v in state.visits) - len(covariance)
        rise = max(0.0, state.total - float(apart))
        reduced = rise / freedom if freedom > 0 else math.nan
        birge = max(1.0, reduced) if freedom > 0 else 1.0
        laws, row, largest = [], 0, 0.0
        for name, law in state.laws.items():
            size = law.coefficients.size
            block = covariance[row : row + size, row : row + size] * birge
            row += size
            laws.append((name, attrs.evolve(law, covariance=block, chi2_reduced=reduced, chi2=rise)))
            largest = max(largest, _shift(law, two_step[name])) if name in two_step else largest
        return JointFit(
            laws=tuple(laws), two_step=tuple(two_step.items()), chi2_reduced=reduced, steps=steps,
            is_converged=is_converged, shift_std=largest, signal=tuple(self._signal(state, n) for n in state.laws),
            temperature_shift_K=tuple(float(x) for x in state.shifts_K) if self.moves.any() else (),
        )  # fmt: skip

    def _covariance(self, state: _State) -> Array:
        normal, _, _ = self.equations(state)
        return _inverse(normal)

    def _is_weak(self, state: _State) -> bool:
        return any(self._signal(state, name) < _PARABOLIC_SIGNAL for name in state.laws)

    def _by_rise(self, state: _State, covariance: Array) -> tuple[Array, _State | None]:
        """The covariance whose principal axes have the lengths at which chi^2 rises by 1, found one standard deviation to both sides.

        And, where chi^2 falls instead, the place where it does.
        """
        _, _, follow = self.equations(state)
        size = np.sqrt(np.maximum(np.diag(covariance), 1e-300))
        lengths2, axes = np.linalg.eigh(covariance / np.outer(size, size))
        lengths2 = np.maximum(lengths2, 0.0)
        for k, length in enumerate(np.sqrt(lengths2)):
            sides = [self.at(*self.moved(state, s * length * size * axes[:, k], follow, 1.0)) for s in (-1.0, 1.0)]
            lowest = min(sides, key=lambda one: one.total)
            if lowest.total < state.total - _FALLS:
                return covariance, lowest
            rise = 0.5 * sum(one.total for one in sides) - state.total
            lengths2[k] /= min(max(rise, _LEAST_RISE), _MOST_RISE)
        return (axes * lengths2) @ axes.T * np.outer(size, size), None

    def _signal(self, state: _State, name: str) -> float:
        found = [
            v.signal[names.index(name)] for v, names in zip(state.visits, self.present, strict=True) if name in names
        ]
        return math.sqrt(sum(float(x) ** 2 for x in found))


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
