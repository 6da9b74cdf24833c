r"""Where a refinement of a series begins: cells that follow the temperature from neighbours, and a wide search for a hot first scan.

Cells of the library are those of room temperature. Expansion of 30-45e-6 1/K (c of some NaSICON phosphates) moves them by over 2 %
at 800 °C, beyond the reach of a cold start. A neighbour's cell, moved on along the line through the two scans before, stays near at any
distance; for the first scan, when it is hot, the cells of one phase after the other are tried on a grid of factors.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence

import attrs

from pelletry.core.quantity import Estimate
from pelletry.techniques.diffraction.model.data import Pattern
from pelletry.techniques.diffraction.model.instrument import Instrument
from pelletry.techniques.diffraction.model.options import RefineOptions
from pelletry.techniques.diffraction.model.result import RefinedPhase, Refinement
from pelletry.techniques.diffraction.model.structure import Cell, Structure
from pelletry.techniques.diffraction.refining import Attempt, settled

__all__ = ["LEAST_K", "cold_start", "extrapolated", "is_near"]

_ROOM_K, _FAR_K = 298.15, 120.0
#: Lengths over those of the library that are tried; each reaches 1.5 % to either side.
_FACTORS = (1.0, 1.025, 0.98, 1.05)
_MOST_TRIES, _MOST_PHASES = 15, 3
_DOUBTS = {"high-gof", "wrong-model", "left-its-range", "not-converged"}
#: Temperatures nearer than this make no line.
LEAST_K = 5.0
_LONGEST = 3.0  # times the distance of the two scans before
_LARGEST_MOVE = 0.015
_LARGEST_TURN_DEG = 0.3
_REACH = 0.012


def is_near(structure: Structure, refinement: Refinement) -> bool:
    """Whether the cell of a structure lies within the reach of a cold start from that in a refinement."""
    found = refinement.phase(structure.name).cell
    return all(abs(q.value / own - 1) < _REACH for q, own in zip(found[:3], structure.cell[:3], strict=True))


def extrapolated(
    near: Refinement, near_K: float | None, before: Refinement | None, before_K: float | None, kelvin: float | None
) -> Refinement:
    """``near`` with its cells on the line from ``before`` through it, at ``kelvin``; cells that did not move surely stay."""
    if before is None or near_K is None or before_K is None or kelvin is None or abs(near_K - before_K) < LEAST_K:
        return near
    ratio = max(-_LONGEST, min(_LONGEST, (kelvin - near_K) / (near_K - before_K)))
    known = {phase.name: phase for phase in before.phases}
    phases = tuple(_moved(p, known[p.name], ratio) if p.name in known else p for p in near.phases)
    return attrs.evolve(near, phases=phases)


def _moved(phase: RefinedPhase, before: RefinedPhase, ratio: float) -> RefinedPhase:
    a, b, c, alpha, beta, gamma = (_ahead(q, p, ratio) for q, p in zip(phase.cell, before.cell, strict=True))
    return attrs.evolve(phase, structure=attrs.evolve(phase.structure, cell=(a, b, c, alpha, beta, gamma)))


def _ahead(now: Estimate, before: Estimate, ratio: float) -> float:
    move = now.value - before.value
    if now.std is None or before.std is None or abs(move) < 3.0 * math.hypot(now.std, before.std):
        return now.value
    most = _LARGEST_TURN_DEG if now.unit == "deg" else _LARGEST_MOVE * now.value
    return now.value + max(-most, min(most, ratio * move))


def cold_start(
    pattern: Pattern,
    structures: Sequence[Structure],
    instrument: Instrument,
    options: RefineOptions,
    *,
    temperature_K: float | None,
) -> Attempt:
    """Refine from nothing. What is not described well is tried without broadened peaks, and far from room temperature with other cells.

    Broad peaks of a nearly monoclinic cell look alike for alpha and 180 deg - alpha, so that a start with sharp ones may be the better.
    """
    made = settled(pattern, structures, instrument, options)
    if not _is_doubtful(made) or options.start_broadening is not None:
        return made
    sharp = settled(pattern, structures, instrument, attrs.evolve(options, start_broadening=False))
    if sharp.refinement is not None:
        sharp = Attempt(
            refinement=attrs.evolve(
                sharp.refinement, options=attrs.evolve(sharp.refinement.options, start_broadening=None)
            )
        )
    made = min(made, sharp, key=_rank)
    if not _is_doubtful(made) or temperature_K is None or abs(temperature_K - _ROOM_K) < _FAR_K:
        return made
    kept = list(structures)
    for k in _by_share(structures, made)[:_MOST_PHASES]:
        others = [(made, kept)]
        for cell in _cells(structures[k]):
            tried = [*kept[:k], attrs.evolve(kept[k], cell=cell), *kept[k + 1 :]]
            others.append((settled(pattern, tried, instrument, options), tried))
            if not _is_doubtful(others[-1][0]):
                return others[-1][0]
        made, kept = min(others, key=lambda one: _rank(one[0]))
    return made


def _is_doubtful(made: Attempt) -> bool:
    return made.refinement is None or any(v.code in _DOUBTS for v in made.refinement.verdicts)


def _rank(made: Attempt) -> tuple[bool, float]:
    if made.refinement is None:
        return True, math.inf
    return not made.refinement.is_trusted, made.refinement.gof


def _by_share(structures: Sequence[Structure], made: Attempt) -> list[int]:
    """Phases by falling share, as far as it is known; those with free intensities first."""
    if made.refinement is None:
        return list(range(len(structures)))
    fractions = {p.name: 1.0 if p.mass_fraction is None else p.mass_fraction.value for p in made.refinement.phases}
    return sorted(range(len(structures)), key=lambda k: -fractions[structures[k].name])


def _cells(structure: Structure) -> list[Cell]:
    """Cells with other lengths, equal ones kept equal, the least changed first."""
    lengths, angles = structure.cell[:3], structure.cell[3:]
    distinct = sorted(set(lengths), key=lengths.index)
    choices = itertools.product(_FACTORS, repeat=len(distinct))
    ordered = sorted(choices, key=lambda f: sum(abs(math.log(x)) for x in f))[1 : _MOST_TRIES + 1]
    cells: list[Cell] = []
    for chosen in ordered:
        factor = dict(zip(distinct, chosen, strict=True))
        a, b, c = (x * factor[x] for x in lengths)
        cells.append((a, b, c, angles[0], angles[1], angles[2]))
    return cells
