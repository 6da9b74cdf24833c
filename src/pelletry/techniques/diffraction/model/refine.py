"""Rietveld refinement of one pattern: structures in, cells, fractions and reasons for doubt out.

``refine`` runs the staged plan of :mod:`plan`, then computes covariance, agreement, quantities and verdicts. With
``start`` (an earlier refinement of a neighbouring pattern with the same phases) it begins there and takes only the last stage.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from pelletry.core.errors import MeasurementError, MissingFactError
from pelletry.techniques.diffraction.model.data import Pattern
from pelletry.techniques.diffraction.model.instrument import Instrument
from pelletry.techniques.diffraction.model.options import RefineOptions, Texture
from pelletry.techniques.diffraction.model.plan import Plan
from pelletry.techniques.diffraction.model.problem import Problem
from pelletry.techniques.diffraction.model.report import refinement_of
from pelletry.techniques.diffraction.model.result import RefinedPhase, Refinement, Verdict
from pelletry.techniques.diffraction.model.structure import Structure
from pelletry.techniques.diffraction.model.verdicts import pattern_verdicts

__all__ = ["RefineOptions", "RefinedPhase", "Refinement", "Texture", "Verdict", "plan_from", "refine"]

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
        A refinement of a neighbouring pattern with the same phases and options: its parameters are the start. A cold start follows
        when the fit is much poorer than that one.

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
    cold = _refined(pattern, structures, instrument, options, used, None)
    return cold if cold.gof < found.gof else found


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
    problem = Problem(x, structures, instrument, options, background_terms=terms)
    plan = Plan(problem, pattern.intensity[used], pattern.std[used], options)
    plan.prepare()
    is_cold = start is None or not _take_start(plan, start)
    for tie in options.ties:
        problem.parameters.tie(tie.names)
    return plan, is_cold


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
    for name, value in values.items():
        if name in p:
            index = p.index(name)
            p.values[index] = np.clip(value, p.lower[index], p.upper[index])
    for phase in plan.problem.phases:
        earlier = start.phase(phase.name)
        if phase.is_le_bail and earlier.le_bail_intensity.size == len(phase.intensities):
            phase.le_bail_intensity = np.array(earlier.le_bail_intensity)
    own = {phase.name for phase in start.phases if f"{phase.name}:X" in start.names}
    if own and len(start.phases) > 1:
        areas = {phase.name: float(phase.contribution.sum()) for phase in start.phases}
        total = sum(areas.values())  # without curves (a thinned refinement) it is nothing
        shares = {name: area / total for name, area in areas.items()} if total > 0 else plan.shares()
        plan.share_widths(shares, set(shares) - own)
    return True
