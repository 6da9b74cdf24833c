r"""One pattern's part of a joint fit: its own parameters are fitted and eliminated, what is left speaks of its cells alone.

With the cells of some phases held at :math:`\theta`, all other free parameters :math:`\eta` of the pattern are refined. There the
normal matrix and gradient of all of them are computed again, and the block of :math:`\eta` is eliminated,

.. math:: S = N_{\theta\theta} - N_{\theta\eta} N_{\eta\eta}^{-1} N_{\eta\theta}, \qquad
          h = g_\theta - N_{\theta\eta} N_{\eta\eta}^{-1} g_\eta,

which are the curvature and half the slope of :math:`\min_\eta \chi^2` by :math:`\theta` (Schur complement). Parameters at a bound that they
press against do not move and are left out of :math:`\eta`.
"""

from __future__ import annotations

from collections.abc import Sequence

import attrs
import numpy as np

from pelletry.core.arrays import Array
from pelletry.techniques.diffraction.model.data import Pattern
from pelletry.techniques.diffraction.model.instrument import Instrument
from pelletry.techniques.diffraction.model.levenberg import Fitted, covariance_of
from pelletry.techniques.diffraction.model.peaks import PhaseModel
from pelletry.techniques.diffraction.model.plan import Plan
from pelletry.techniques.diffraction.model.refine import plan_from
from pelletry.techniques.diffraction.model.result import Refinement
from pelletry.techniques.diffraction.model.structure import Structure, reciprocal_metric
from pelletry.techniques.diffraction.model.symmetry import CELL_PARTS

__all__ = ["Eliminated", "PatternTask", "cell_names", "eliminated", "metric_parameters", "separate_chi2"]

_MOST = 12


@attrs.frozen(kw_only=True, eq=False)
class PatternTask:
    """A pattern to visit: its refinement gives the names of what is free and the start; ``cells`` (6,) are held, by phase.

    ``own`` are the values of the pattern's own parameters from the last visit, in the order that visit gave them. Peaks of the phases
    ``broadened`` are widened by ``broadening_deg2`` tan^2, while their cells may be wrong.
    """

    pattern: Pattern
    structures: tuple[Structure, ...]
    instrument: Instrument
    refinement: Refinement
    cells: tuple[tuple[str, Array], ...]
    own: Array | None = None
    broadened: tuple[str, ...] = ()
    broadening_deg2: float = 0.0


@attrs.frozen(kw_only=True, eq=False)
class Eliminated:
    """What a visit gives. ``curvature`` (k, k) and ``slope`` (k,) by the parameters of the cells of all phases of the task, one after another.

    ``response`` (m, k): how the pattern's own parameters follow the cells; ``own`` (m,) are their values; ``chi2`` with them at their minimum.
    ``metric_by_cell`` (k_phase, 6) are the derivatives of those parameters by the cell, a phase each;
    ``signal`` the scale of each phase over its standard deviation, its cell held.
    """

    chi2: float
    curvature: Array
    slope: Array
    own: Array
    response: Array
    metric_by_cell: tuple[Array, ...]
    signal: Array


def cell_names(plan: Plan, phase: str) -> list[str]:
    """Names of the parameters of a phase's cell."""
    model = _model(plan, phase)
    return [plan.parameters.names[i] for i in model.cell]


def _model(plan: Plan, phase: str) -> PhaseModel:
    return next(m for m in plan.problem.phases if m.name == phase)


def metric_parameters(model: PhaseModel, cell: Array) -> tuple[Array, Array]:
    """Parameters of the reciprocal metric (k,) of a cell (6,), and their derivatives by it (k, 6)."""

    def of(values: Array) -> Array:
        metric = reciprocal_metric((values[0], values[1], values[2], values[3], values[4], values[5]))
        return np.array([metric[CELL_PARTS[pivot]] for pivot in model.pivots])

    slopes = np.zeros((len(model.pivots), 6))
    for j in range(6):
        step = np.zeros(6)
        step[j] = 1e-4 * abs(cell[j])
        near, far = of(cell + step) - of(cell - step), of(cell + 2 * step) - of(cell - 2 * step)
        slopes[:, j] = (8 * near - far) / (12 * step[j])
    return of(cell), slopes


def eliminated(task: PatternTask) -> Eliminated:
    """Refine the pattern's own parameters at the task's cells and eliminate them."""
    plan = plan_from(task.pattern, task.structures, task.instrument, task.refinement.options, task.refinement)
    p = plan.parameters
    metrics = [metric_parameters(_model(plan, phase), cell) for phase, cell in task.cells]
    held = [name for phase, _ in task.cells for name in cell_names(plan, phase)]
    for (phase, _), (values, _) in zip(task.cells, metrics, strict=True):
        for name, value in zip(cell_names(plan, phase), values, strict=True):
            p[name] = float(value)
    own = [name for name in task.refinement.names if name not in held]
    if task.own is not None:
        p.set_free(own)
        lower, upper = p.bounds
        p.store(np.clip(task.own, lower, upper))
    plan.problem.broaden([_model(plan, phase) for phase in task.broadened], task.broadening_deg2)
    fitted = plan.stage(own, most=_MOST, expected=1e-4)
    kept = fitted.values
    p.set_free([*own, *held])
    chi2, normal, gradient = plan.equations(p.reduced)
    rows = {name: row for row, name in enumerate(p.free_names)}
    cells_at = np.array([rows[name] for name in held])
    own_at = np.array([rows[name] for name in p.free_names if name not in held])
    made = _schur(
        chi2, normal, gradient, cells_at, own_at, _free_to_move(plan, own_at, gradient), kept, [m[1] for m in metrics]
    )
    return attrs.evolve(made, signal=_signals(plan, fitted, own, [phase for phase, _ in task.cells]))


def _signals(plan: Plan, fitted: Fitted, own: Sequence[str], phases: Sequence[str]) -> Array:
    covariance, _ = covariance_of(fitted.normal)
    order = [name for name in plan.parameters.free_names if name in own]
    found = np.zeros(len(phases))
    for k, phase in enumerate(phases):
        if f"{phase}:scale" in order:
            row = order.index(f"{phase}:scale")
            found[k] = fitted.values[row] / np.sqrt(max(covariance[row, row], 1e-300))
    return found


def _free_to_move(plan: Plan, rows: Array, gradient: Array) -> Array:
    p = plan.parameters
    lower, upper = p.bounds
    values = p.reduced
    blocked = ((values <= lower) & (gradient > 0)) | ((values >= upper) & (gradient < 0))
    return np.asarray(~blocked[rows])


def _schur(
    chi2: float,
    normal: Array,
    gradient: Array,
    cells_at: Array,
    own_at: Array,
    moves: Array,
    own: Array,
    slopes: Sequence[Array],
) -> Eliminated:
    used = own_at[moves]
    inverse, _ = covariance_of(normal[np.ix_(used, used)])
    across = normal[np.ix_(cells_at, used)]
    response = np.zeros((own_at.size, cells_at.size))
    response[moves] = -inverse @ across.T
    curvature = normal[np.ix_(cells_at, cells_at)] + across @ response[moves]
    slope = gradient[cells_at] - across @ (inverse @ gradient[used])
    return Eliminated(
        chi2=chi2, curvature=0.5 * (curvature + curvature.T), slope=slope, own=own, response=response,
        metric_by_cell=tuple(slopes), signal=np.zeros(len(slopes)),
    )  # fmt: skip


def separate_chi2(task: PatternTask) -> float:
    """chi^2 of the pattern refined by itself, as the joint fit counts it."""
    plan = plan_from(task.pattern, task.structures, task.instrument, task.refinement.options, task.refinement)
    plan.parameters.set_free(task.refinement.names)
    chi2, _, _ = plan.equations(plan.parameters.reduced)
    return chi2
