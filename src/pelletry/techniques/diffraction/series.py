"""A series of scans: refined in order with warm starts, checked against cold ones, on several processes when asked.

The scans are cut into runs of a fixed length, whatever the number of processes, so that the numbers do not depend on it. The first
scan of each run is refined from a cold start and each next one starts from its neighbour; the last scan of each run is refined
cold as well and compared. A scan whose warm start ends worse than its neighbours by a fifth of the goodness of fit is refined cold, and
the better of the two is kept.
"""

from __future__ import annotations

import multiprocessing
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool

import attrs
import numpy as np

from pelletry.techniques.diffraction.model.data import Pattern
from pelletry.techniques.diffraction.model.instrument import Instrument
from pelletry.techniques.diffraction.model.options import RefineOptions
from pelletry.techniques.diffraction.model.result import Refinement
from pelletry.techniques.diffraction.model.structure import Structure
from pelletry.techniques.diffraction.refining import Attempt, settled, thinned
from pelletry.techniques.diffraction.result import ColdCheck

__all__ = ["KEPT_CURVES", "RefinedSeries", "largest_move", "refined_series"]

#: Curves of at most so many scans are kept; of a longer series those of evenly chosen ones.
KEPT_CURVES = 24
_RUN_LENGTH = 32
_WORSE_GOF = 1.2


@attrs.frozen(kw_only=True, eq=False)
class _Run:
    patterns: tuple[Pattern, ...]
    structures: tuple[Structure, ...]
    instruments: tuple[Instrument, ...]
    options: RefineOptions
    first: int
    kept: frozenset[int]


@attrs.frozen(kw_only=True)
class RefinedSeries:
    """An attempt a scan, in their order, and the comparisons with cold starts."""

    attempts: tuple[Attempt, ...]
    checks: tuple[ColdCheck, ...]


def refined_series(
    patterns: Sequence[Pattern],
    structures: Sequence[Structure],
    instruments: Sequence[Instrument],
    options: RefineOptions,
    *,
    jobs: int = 1,
) -> RefinedSeries:
    """Refine the scans in the order given; one instrument a scan. ``jobs`` processes share the runs."""
    count = len(patterns)
    kept = frozenset(
        range(count) if count <= KEPT_CURVES else np.unique(np.linspace(0, count - 1, KEPT_CURVES).round().astype(int))
    )
    runs = [
        _Run(
            patterns=tuple(patterns[i : i + _RUN_LENGTH]), structures=tuple(structures),
            instruments=tuple(instruments[i : i + _RUN_LENGTH]), options=options, first=i, kept=kept,
        )
        for i in range(0, count, _RUN_LENGTH)
    ]  # fmt: skip
    outcomes = _all_runs(runs, jobs)
    return RefinedSeries(
        attempts=tuple(a for attempts, _ in outcomes for a in attempts),
        checks=tuple(c for _, checks in outcomes for c in checks),
    )


def _all_runs(runs: Sequence[_Run], jobs: int) -> list[tuple[list[Attempt], list[ColdCheck]]]:
    workers = min(jobs, len(runs))
    if workers > 1:
        try:
            with ProcessPoolExecutor(max_workers=workers, mp_context=multiprocessing.get_context("spawn")) as pool:
                return list(pool.map(_one_run, runs))
        except (BrokenProcessPool, OSError):  # a script without a main guard, a small machine: this process does it
            pass
    return [_one_run(run) for run in runs]


def _one_run(run: _Run) -> tuple[list[Attempt], list[ColdCheck]]:
    attempts: list[Attempt] = []
    checks: list[ColdCheck] = []
    start: Refinement | None = None
    last = len(run.patterns) - 1
    for i, pattern in enumerate(run.patterns):
        made = settled(pattern, run.structures, run.instruments[i], run.options, start=start)
        if start is not None:
            needs_cold = made.refinement is None or made.refinement.gof > _WORSE_GOF * start.gof
            if needs_cold or (i == last and i > 0):
                made, check = _checked(made, pattern, run, i)
                checks.extend([] if check is None else [check])
        if made.refinement is not None:
            start = made.refinement
            if run.first + i not in run.kept:
                made = attrs.evolve(made, refinement=thinned(made.refinement))
        attempts.append(made)
    return attempts, checks


def _checked(warm: Attempt, pattern: Pattern, run: _Run, i: int) -> tuple[Attempt, ColdCheck | None]:
    cold = settled(pattern, run.structures, run.instruments[i], run.options)
    if cold.refinement is None or warm.refinement is None:
        return (cold if warm.refinement is None else warm), None
    is_cold_better = cold.refinement.gof < warm.refinement.gof * (1 - 1e-3)
    check = ColdCheck(
        pattern_index=run.first + i,
        difference_std=largest_move(warm.refinement, cold.refinement),
        gof_warm=warm.refinement.gof,
        gof_cold=cold.refinement.gof,
        kept="cold" if is_cold_better else "warm",
    )
    return (cold if is_cold_better else warm), check


def largest_move(one: Refinement, other: Refinement) -> float:
    """The largest difference of a cell parameter of the phases that matter (over 5 %), in standard deviations."""
    largest = 0.0
    for phase in one.phases:
        if phase.mass_fraction is not None and phase.mass_fraction.value < 0.05:
            continue
        for a, b in zip(phase.cell, other.phase(phase.name).cell, strict=True):
            if a.std:
                largest = max(largest, abs(a.value - b.value) / a.std)
    return largest
