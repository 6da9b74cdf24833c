"""From the refined scans of a series to expansion, branches and transitions."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence

import attrs
import numpy as np

from pelletry.core.arrays import Array
from pelletry.core.quantity import Estimate
from pelletry.techniques.diffraction.cell_law import CellLaw, fitted_law
from pelletry.techniques.diffraction.expansion import BranchTest, branches_differ, expansion_between, expansions_at
from pelletry.techniques.diffraction.joint import JointPattern
from pelletry.techniques.diffraction.measurement import DiffractionScan
from pelletry.techniques.diffraction.model.result import RefinedPhase
from pelletry.techniques.diffraction.parametric import BranchFit, SeriesInput, branch_fit
from pelletry.techniques.diffraction.result import (
    ColdCheck,
    ExpansionOfPhase,
    PatternResult,
    SeriesPicture,
    SeriesResult,
    TemperatureCheck,
)
from pelletry.techniques.diffraction.settings import DiffractionSettings
from pelletry.techniques.diffraction.temperatures import temperatures_from_standard
from pelletry.techniques.diffraction.transition import Transition, transition_from_shares, transition_from_volume

__all__ = ["METHOD", "branched", "is_there", "picture_of", "thermal_series"]

METHOD = (
    "each scan refined by itself, then polynomials of the free cell parameters through all scans at once by generalized least squares with "
    "the covariance of each cell"
)
JOINT_METHOD = (
    "polynomials of the free cell parameters fitted to all patterns of a branch at once, the other parameters of each pattern its own (parametric "
    "refinement); points are cells of scans refined by themselves"
)
#: A phase with less than this share, or than three of its detection limits, has no cell worth a law.
_LEAST_SHARE = 0.05
_PICTURE_COLUMNS = 900
_FEWEST_TEMPERATURES = 3
_FEWEST_FOR_BREAK = 8
_Branch = tuple[Array, Array, Array, Array]


@attrs.frozen(kw_only=True, eq=False)
class _Point:
    """A scan of the series; its temperature and the error of it, by the standard where there is one."""

    pattern: PatternResult
    temperature_K: float | None
    std_K: float


def branched(scans: Sequence[DiffractionScan]) -> list[DiffractionScan]:
    """The scans in the order of measurement, each with its branch: as stated, else heating up to the hottest scan and cooling after it."""
    if any(scan.branch for scan in scans):
        return list(scans)
    dated = all(scan.origin.acquired_at for scan in scans)
    order = sorted(scans, key=lambda s: s.origin.acquired_at or "") if dated else list(scans)
    temperatures = [s.temperature_K or 0.0 for s in order]
    hottest = int(np.argmax(temperatures))
    if hottest == len(order) - 1 and all(a <= b for a, b in itertools.pairwise(temperatures)):
        return [attrs.evolve(s, branch="heating") for s in order]
    if hottest == 0 and all(a >= b for a, b in itertools.pairwise(temperatures)):
        return [attrs.evolve(s, branch="cooling") for s in order]
    up = all(a <= b for a, b in itertools.pairwise(temperatures[: hottest + 1]))
    down = all(a >= b for a, b in itertools.pairwise(temperatures[hottest:]))
    if not (up and down):
        return order
    return [attrs.evolve(s, branch="heating" if i <= hottest else "cooling") for i, s in enumerate(order)]


def picture_of(scans: Sequence[DiffractionScan]) -> SeriesPicture | None:
    """All scans of a common range, thinned to bins of 2theta by their highest point."""
    low = max(float(s.two_theta_deg[0]) for s in scans)
    high = min(float(s.two_theta_deg[-1]) for s in scans)
    if high - low < 1.0:
        return None
    edges = np.linspace(low, high, _PICTURE_COLUMNS + 1)
    centres = (edges[1:] + edges[:-1]) / 2
    rows = np.zeros((len(scans), _PICTURE_COLUMNS), dtype=np.float32)
    for i, scan in enumerate(scans):
        place = np.clip(np.searchsorted(edges, scan.two_theta_deg, side="right") - 1, 0, _PICTURE_COLUMNS - 1)
        inside = (scan.two_theta_deg >= low) & (scan.two_theta_deg <= high)
        highest = np.full(_PICTURE_COLUMNS, -np.inf)
        np.maximum.at(highest, place[inside], scan.intensity[inside])
        missing = ~np.isfinite(highest)
        if missing.any():
            highest[missing] = np.interp(centres[missing], scan.two_theta_deg, scan.intensity)
        rows[i] = np.sqrt(np.maximum(highest, 0.0))
    return SeriesPicture(two_theta_deg=centres, rows=rows)


def thermal_series(
    patterns: Sequence[PatternResult],
    indices: Sequence[int],
    phases: Sequence[str],
    settings: DiffractionSettings,
    *,
    checks: Sequence[ColdCheck],
    picture: SeriesPicture | None,
    refined: SeriesInput | None = None,
) -> SeriesResult:
    """Everything that follows from the cells and shares of a series; ``indices`` are its places among ``patterns``.

    ``refined`` are the scans as the engine took them, needed for the parametric mode only.
    """
    chosen = [patterns[i] for i in indices]
    check: TemperatureCheck | None = None
    if settings.temperature_standard:
        check = temperatures_from_standard(chosen, settings.temperature_standard)
    points = _points(chosen, settings, check)
    expansions: list[ExpansionOfPhase] = []
    tests: list[tuple[str, BranchTest]] = []
    joint = _joint(points, indices, phases, settings, refined)
    laws = {(b, name): law for b, one in joint.items() if one.fit is not None for name, law in one.fit.laws}
    for name in phases:
        if name == settings.temperature_standard:
            continue
        branches = {b: _cells(points, name, b) for b in dict.fromkeys(p.branch for p in chosen)}
        for branch, cells in branches.items():
            if (branch, name) in laws:
                expansions.append(_expansion(name, branch, laws[branch, name]))
            elif cells is not None and _is_enough(cells):
                expansions.append(_expansion(name, branch, _two_step(cells, settings)))
        up, down = branches.get("heating"), branches.get("cooling")
        if up is not None and down is not None:
            test = branches_differ(heating=up, cooling=down, degree=settings.expansion_degree)
            if test is not None:
                tests.append((name, test))
    return SeriesResult(
        pattern_indices=tuple(indices),
        method=JOINT_METHOD if laws else METHOD,
        expansions=tuple(expansions),
        branch_tests=tuple(tests),
        transitions=tuple(_transitions(points, phases)),
        cold_checks=tuple(checks),
        temperature_check=check,
        picture=picture,
        joint=tuple(one.summary for one in joint.values()),
    )


def _points(
    patterns: Sequence[PatternResult], settings: DiffractionSettings, check: TemperatureCheck | None
) -> list[_Point]:
    """The scans with their temperatures. Where the standard is not seen its correction is that between the scans where it is."""
    own = settings.temperature_std_K or 0.0
    if check is None:
        return [_Point(pattern=p, temperature_K=p.temperature_K, std_K=own) for p in patterns]
    row = {place: k for k, place in enumerate(check.places)}
    order = np.argsort(check.stated_K, kind="stable")
    stated, off, std = check.stated_K[order], (check.found_K - check.stated_K)[order], check.std_K[order]
    points = []
    for place, p in enumerate(patterns):
        kelvin, spread = p.temperature_K, own
        if place in row:
            kelvin, spread = float(check.found_K[row[place]]), float(check.std_K[row[place]])
        elif kelvin is not None:
            spread = float(np.interp(kelvin, stated, std))
            kelvin += float(np.interp(kelvin, stated, off))
        points.append(_Point(pattern=p, temperature_K=kelvin, std_K=spread))
    return points


def _is_enough(cells: _Branch) -> bool:
    return np.unique(np.round(cells[0], 2)).size >= _FEWEST_TEMPERATURES


def _joint(
    points: Sequence[_Point],
    indices: Sequence[int],
    phases: Sequence[str],
    settings: DiffractionSettings,
    refined: SeriesInput | None,
) -> dict[str, BranchFit]:
    """The joint fit of each branch with three temperatures or more; nothing where it is not asked for."""
    if settings.series_mode != "parametric" or refined is None:
        return {}
    found = {}
    names = [n for n in phases if n != settings.temperature_standard]
    for branch in dict.fromkeys(p.pattern.branch for p in points):
        chosen = [(p, i) for p, i in zip(points, indices, strict=True) if p.pattern.branch == branch]
        members = _members(chosen, names, branch, refined)
        if len({round(m.temperature_K, 2) for m in members}) >= _FEWEST_TEMPERATURES:
            found[branch] = branch_fit(members, settings, branch=branch)
    return found


def _members(
    chosen: Sequence[tuple[_Point, int]], names: Sequence[str], branch: str, refined: SeriesInput
) -> list[JointPattern]:
    """The scans of a branch. A phase strong enough for cells of its own takes part where it is there, a weaker one everywhere."""
    cells = {n: _cells([p for p, _ in chosen], n, branch) for n in names}
    strong = {n for n, own in cells.items() if own is not None and _is_enough(own)}
    members = []
    for point, i in chosen:
        refinement = point.pattern.refinement
        if refinement is None or point.temperature_K is None:
            continue
        there = [(n, _phase_in(point.pattern, n)) for n in names]
        members.append(
            JointPattern(
                pattern=refined.patterns[i], structures=refined.structures, instrument=refined.instruments[i],
                refinement=refinement, temperature_K=point.temperature_K, temperature_std_K=point.std_K,
                phases=tuple(n for n, p in there if p is not None and (n not in strong or is_there(p))),
            )
        )  # fmt: skip
    return members


def _phase_in(pattern: PatternResult, name: str) -> RefinedPhase | None:
    if pattern.refinement is None:
        return None
    return next((p for p in pattern.refinement.phases if p.name == name), None)


def is_there(phase: RefinedPhase) -> bool:
    """Is there enough of a phase in a scan for its cell to be worth a point?"""
    if phase.mass_fraction is None:
        return True
    limit = phase.detection_limit_fraction or 0.0
    return phase.mass_fraction.value >= max(_LEAST_SHARE, min(3.0 * limit, 0.5)) and bool(phase.cell[0].std)


def _cells(points: Sequence[_Point], name: str, branch: str) -> _Branch | None:
    """Temperatures, cells, their covariances and errors of the temperatures of a phase along a branch; None for fewer than three."""
    rows = []
    for point in points:
        phase = _phase_in(point.pattern, name)
        if point.pattern.branch != branch or point.temperature_K is None or phase is None or not is_there(phase):
            continue
        rows.append((point.temperature_K, [q.value for q in phase.cell], phase.cell_covariance[:6, :6], point.std_K))
    if len(rows) < _FEWEST_TEMPERATURES:
        return None
    t, cells, covariances, std_K = (np.array(column) for column in zip(*rows, strict=True))
    return t, cells, covariances, std_K


def _two_step(cells: _Branch, settings: DiffractionSettings) -> CellLaw:
    return fitted_law(
        temperature_K=cells[0], cells=cells[1], covariances=cells[2], degree=settings.expansion_degree,
        temperature_std_K=cells[3],
    )  # fmt: skip


def _expansion(name: str, branch: str, law: CellLaw) -> ExpansionOfPhase:
    low, high = law.temperature_low_K, law.temperature_high_K
    line = np.linspace(low, high, 60)
    return ExpansionOfPhase(
        phase=name, branch=branch, degree=law.degree, chi2_reduced=law.chi2_reduced, patterns=law.points,
        secant=expansion_between(law, low, high), at_ends=(expansions_at(law, low), expansions_at(law, high)),
        law_temperature_K=line, law_cell=np.array([law.cell(float(x)) for x in line]),
    )  # fmt: skip


def _transitions(points: Sequence[_Point], phases: Sequence[str]) -> list[Transition]:
    """Those of each branch, heating and cooling apart; between two phases, then breaks of phases that take part in none."""
    found: list[Transition] = []
    for branch in dict.fromkeys(p.pattern.branch for p in points):
        chosen = [p for p in points if p.pattern.branch == branch]
        between = _between_phases(chosen, phases)
        moved = {name for t in between for name in (t.low, t.high)}
        made = [*between, *_breaks(chosen, [n for n in phases if n not in moved])]
        found.extend(_widened(attrs.evolve(t, branch=branch), chosen) for t in made)
    return found


def _between_phases(points: Sequence[_Point], phases: Sequence[str]) -> list[Transition]:
    found: list[Transition] = []
    for one, other in itertools.combinations(phases, 2):
        both = [(p.temperature_K, _phase_in(p.pattern, one), _phase_in(p.pattern, other)) for p in points]
        shares = [
            (t, a.mass_fraction, b.mass_fraction)
            for t, a, b in both
            if t is not None and a is not None and b is not None and a.mass_fraction and b.mass_fraction
        ]
        shares = [s for s in shares if s[1].value + s[2].value > 0.1]
        if len(shares) < _FEWEST_TEMPERATURES:
            continue
        t = np.array([s[0] for s in shares], dtype=float)
        total = np.array([s[1].value + s[2].value for s in shares])
        share = np.array([s[1].value for s in shares]) / total
        std = np.array([s[1].std or 0.0 for s in shares]) / total
        made = transition_from_shares(low=one, high=other, temperature_K=t, share=share, std=std)
        if made is None:
            made = transition_from_shares(low=other, high=one, temperature_K=t, share=1 - share, std=std)
        found.extend([] if made is None else [made])
    return found


def _breaks(points: Sequence[_Point], names: Sequence[str]) -> list[Transition]:
    found: list[Transition] = []
    for name in names:
        rows = [
            (p.temperature_K, q.volume_angstrom3)
            for p in points
            for q in [_phase_in(p.pattern, name)]
            if q is not None and is_there(q)
        ]
        usable = [(t, v.value, v.std) for t, v in rows if t is not None and v.std]
        if len(usable) >= _FEWEST_FOR_BREAK:
            t, v, s = (np.array(column, dtype=float) for column in zip(*usable, strict=True))
            broken = transition_from_volume(phase=name, temperature_K=t, volume=v, std=s)
            found.extend([] if broken is None else [broken])
    return found


def _widened(found: Transition, points: Sequence[_Point]) -> Transition:
    """With the error of the temperatures, which all scans near the transition may share, in quadrature."""
    value = found.temperature_K
    near = min(points, key=lambda p: abs((p.temperature_K or math.inf) - value.value))
    if near.std_K <= 0 or value.std is None:
        return found
    words = f"{value.method}; with {near.std_K:.2g} K of the temperatures themselves"
    wide = Estimate(value=value.value, std=math.hypot(value.std, near.std_K), unit="K", method=words)
    return attrs.evolve(found, temperature_K=wide)
