"""Rietveld refinement of one pattern: structures in, cells, fractions and reasons for doubt out.

``refine`` runs the staged plan of :mod:`plan`, then computes covariance, agreement, quantities and verdicts. With
``start`` (an earlier refinement of a neighbouring pattern with the same phases) it begins there and takes only the last stage. Cells
then move within 2 % of those of ``start``, so that a series may walk any distance from the cells of its structures.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import attrs
import numpy as np
import numpy.typing as npt

from pelletry.core.errors import MeasurementError, MissingFactError
from pelletry.techniques.diffraction.model.data import Pattern
from pelletry.techniques.diffraction.model.instrument import Instrument
from pelletry.techniques.diffraction.model.options import RefineOptions, Texture
from pelletry.techniques.diffraction.model.peaks import PhaseModel
from pelletry.techniques.diffraction.model.plan import Plan
from pelletry.techniques.diffraction.model.problem import Problem
from pelletry.techniques.diffraction.model.report import refinement_of
from pelletry.techniques.diffraction.model.result import RefinedPhase, Refinement, Verdict
from pelletry.techniques.diffraction.model.structure import Structure, reciprocal_metric
from pelletry.techniques.diffraction.model.symmetry import CELL_PARTS
from pelletry.techniques.diffraction.model.verdicts import pattern_verdicts

__all__ = ["RefineOptions", "RefinedPhase", "Refinement", "Texture", "Verdict", "at_cells_of", "plan_from", "refine"]

_LEAST_POINTS = 100
_MUCH_WORSE = 1.3


def refine(
    pattern: Pattern,
    structures: Sequence[Structure],
    instrument: Instrument,
    *,
    options: RefineOptions | None = None,
    start: Refinement | None = None,
) -> Refinement:
    """Refine ``structures`` against one pattern.

    Parameters
    ----------
    pattern, structures, instrument:
        The scan; the phases (each name once; without sites: Le Bail); the instrument with its radiation.
    options:
        What to refine; the defaults need no expert.
    start:
        A refinement of a neighbouring pattern with the same phases and options: its parameters are the start, its cells those of
        ``start.phases[...].structure``. Cold starts follow when the fit is much poorer than that one: at those cells, then at those of
        ``structures``.

    Raises
    ------
    MeasurementError
        If fewer than 100 points are left or there is nothing above the background's noise to fit.
    MissingFactError
        If there is no phase, a name twice, a phase without reflections in range, or an unknown parameter in a tie.
    """
    options = options or RefineOptions()
    _check_structures(structures)
    used = _used_points(pattern, options)
    found = _refined(pattern, structures, instrument, options, used, start)
    if start is None or found.started_cold or not _is_worse(found, start):
        return found
    for tried in (at_cells_of(structures, start), structures):
        cold = _refined(pattern, tried, instrument, options, used, None)
        found = min(found, cold, key=_rank)
        if not _is_worse(found, start):
            break
    return found


def _rank(found: Refinement) -> tuple[bool, float]:
    return not found.is_trusted, found.gof


def at_cells_of(structures: Sequence[Structure], start: Refinement) -> list[Structure]:
    """The structures with the cells that they have in ``start``."""
    cells = {phase.name: phase.structure.cell for phase in start.phases}
    return [attrs.evolve(s, cell=cells.get(s.name, s.cell)) for s in structures]


def _is_worse(found: Refinement, start: Refinement) -> bool:
    """Whether a warm start seems to have led astray: a much poorer fit than the neighbour's, or one that is not trusted."""
    return found.gof > _MUCH_WORSE * max(start.gof, 1.0) or (start.is_trusted and not found.is_trusted)


def _refined(
    pattern: Pattern,
    structures: Sequence[Structure],
    instrument: Instrument,
    options: RefineOptions,
    used: npt.NDArray[np.bool_],
    start: Refinement | None,
) -> Refinement:
    plan, is_cold = _planned(pattern, structures, instrument, options, used, start)
    fitted = plan.run(is_cold=is_cold)
    return refinement_of(
        plan, fitted, pattern=pattern, used=used, verdicts=pattern_verdicts(pattern), started_cold=is_cold
    )


def plan_from(
    pattern: Pattern, structures: Sequence[Structure], instrument: Instrument, options: RefineOptions, start: Refinement
) -> Plan:
    """The plan of a pattern with the parameters of an earlier refinement of the same phases, nothing refined yet.

    Raises
    ------
    MissingFactError
        If ``start`` belongs to other phases.
    """
    plan, is_cold = _planned(pattern, structures, instrument, options, _used_points(pattern, options), start)
    if is_cold:
        raise MissingFactError("the earlier refinement belongs to other phases", where=pattern.name)
    return plan


def _planned(
    pattern: Pattern,
    structures: Sequence[Structure],
    instrument: Instrument,
    options: RefineOptions,
    used: npt.NDArray[np.bool_],
    start: Refinement | None,
) -> tuple[Plan, bool]:
    """A plan ready to run, and whether it starts cold."""
    x = pattern.two_theta_deg[used]
    terms = options.background_terms or _background_terms(float(x[-1] - x[0]))
    listed = structures if start is None else [_listed(s, start) for s in structures]
    problem = Problem(x, listed, instrument, options, background_terms=terms)
    plan = Plan(problem, pattern.intensity[used], pattern.std[used], options)
    plan.prepare()
    is_cold = start is None or not _take_start(plan, start)
    for tie in options.ties:
        problem.parameters.tie(tie.names)
    return plan, is_cold


def _listed(structure: Structure, start: Refinement) -> Structure:
    """The structure with lengths that its reflections are listed for: its own, in steps of 1 % towards those of the start."""
    cell = next((phase.structure.cell for phase in start.phases if phase.name == structure.name), structure.cell)
    a, b, c = (own * round(now / own, 2) for own, now in zip(structure.cell[:3], cell[:3], strict=True))
    return attrs.evolve(structure, cell=(a, b, c, *structure.cell[3:]))


def _check_structures(structures: Sequence[Structure]) -> None:
    if not structures:
        raise MissingFactError("there is no phase to refine", do="name at least one structure")
    twice = [name for name, count in Counter(s.name for s in structures).items() if count > 1]
    if twice:
        raise MissingFactError(f"the phase {twice[0]} is given twice", do="give each phase its own name")


def _used_points(pattern: Pattern, options: RefineOptions) -> npt.NDArray[np.bool_]:
    x = pattern.two_theta_deg
    used: npt.NDArray[np.bool_] = pattern.use.copy()
    if options.two_theta_min_deg is not None:
        used &= x >= options.two_theta_min_deg
    if options.two_theta_max_deg is not None:
        used &= x <= options.two_theta_max_deg
    count = int(np.count_nonzero(used))
    if count < _LEAST_POINTS:
        raise MeasurementError(
            f"{count} usable points are too few to refine a pattern",
            where=pattern.name,
            expected=f"at least {_LEAST_POINTS}",
            do="check the range, the excluded regions and the file",
        )
    if not np.any(pattern.intensity[used] > 0):
        raise MeasurementError("all intensities are zero", where=pattern.name, do="check the file")
    return used


def _background_terms(range_deg: float) -> int:
    return int(np.clip(round(4 + range_deg / 12.0), 5, 14))


def _take_start(plan: Plan, start: Refinement) -> bool:
    """Copy an earlier refinement's parameters; False when it belongs to other phases."""
    p = plan.parameters
    values = dict(start.held)
    values.update(zip(start.names, (float(v) for v in start.values), strict=True))
    if {phase.name for phase in plan.problem.phases} != {phase.name for phase in start.phases}:
        return False
    for phase in plan.problem.phases:
        metric = reciprocal_metric(start.phase(phase.name).structure.cell)
        for index, pivot in zip(phase.cell, phase.pivots, strict=True):
            p.values[index] = metric[CELL_PARTS[pivot]]
    plan.bound_cells()
    for name, value in values.items():
        if name in p and ":cell" not in name:
            index = p.index(name)
            p.values[index] = np.clip(value, p.lower[index], p.upper[index])
    for phase in plan.problem.phases:
        if phase.is_le_bail:
            _take_intensities(phase, start.phase(phase.name))
    own = {phase.name for phase in start.phases if f"{phase.name}:X" in start.names}
    if own and len(start.phases) > 1:
        areas = {phase.name: float(phase.contribution.sum()) for phase in start.phases}
        total = sum(areas.values())  # without curves (a thinned refinement) it is nothing
        shares = {name: area / total for name, area in areas.items()} if total > 0 else plan.shares()
        plan.share_widths(shares, set(shares) - own)
    return True


def _take_intensities(phase: PhaseModel, earlier: RefinedPhase) -> None:
    """Free intensities of an earlier pattern, whose list may hold other reflections where the cell has moved."""
    known = {
        tuple(hkl): value for hkl, value in zip(earlier.le_bail_hkl.tolist(), earlier.le_bail_intensity, strict=True)
    }
    if known:
        mean = float(np.mean(earlier.le_bail_intensity))
        phase.le_bail_intensity = np.array([known.get(tuple(hkl), mean) for hkl in phase.reflections.hkl.tolist()])
