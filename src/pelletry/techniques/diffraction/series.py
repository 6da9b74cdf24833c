"""A series of scans: refined in order with warm starts, checked against cold ones, on several processes when asked.

The scans are cut into runs of a fixed length, whatever the number of processes, so that the numbers do not depend on it. In each run the
scan nearest to room temperature (the first, where no temperatures are known), to which the library's cells belong, is refined from a cold
start; from there each scan starts from its neighbour, its cells moved on along the line through the two scans before (:mod:`starts`).
Cells are bound within 2 % of that start, not of the library's, so that they may walk any distance. A run that does not begin well, or
whose first scan fits better from the end of the run beside it, is done again from there.

The last scan of each run, one after a jump of temperature whose direction is not known yet, and one whose warm start ends worse than
its neighbour by a fifth of the goodness of fit are refined cold as well and compared; the better of the two is kept. The cold start is that
of the library's cells where these are near, else that of the neighbour's.
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
from pelletry.techniques.diffraction.model.refine import at_cells_of
from pelletry.techniques.diffraction.model.result import Refinement
from pelletry.techniques.diffraction.model.structure import Structure
from pelletry.techniques.diffraction.refining import Attempt, settled, thinned
from pelletry.techniques.diffraction.result import ColdCheck
from pelletry.techniques.diffraction.starts import LEAST_K, cold_start, extrapolated, is_near

__all__ = ["KEPT_CURVES", "RefinedSeries", "largest_move", "refined_series"]

#: Curves of at most so many scans are kept; of a longer series those of evenly chosen ones.
KEPT_CURVES = 24
_RUN_LENGTH = 32
_WORSE_GOF = 1.2
_BETTER_GOF = 1e-3
_ROOM_K = 298.15
_JUMP_K = 20.0


@attrs.frozen(kw_only=True, eq=False)
class _Run:
    """Neighbouring scans; ``first`` is the number of the first of them in the series."""

    patterns: tuple[Pattern, ...]
    structures: tuple[Structure, ...]
    instruments: tuple[Instrument, ...]
    temperatures_K: tuple[float | None, ...]
    options: RefineOptions
    first: int
    kept: frozenset[int]

    @property
    def nearest(self) -> int:
        """The scan nearest to room temperature."""
        return _nearest(self.temperatures_K)


@attrs.frozen(kw_only=True)
class _Outcome:
    attempts: tuple[Attempt, ...]
    checks: tuple[ColdCheck, ...]


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
    temperatures_K: Sequence[float | None] | None = None,
    jobs: int = 1,
) -> RefinedSeries:
    """Refine the scans, given in the order of measurement; one instrument a scan. ``jobs`` processes share the runs."""
    count = len(patterns)
    kelvin = tuple(temperatures_K or [None] * count)
    kept = frozenset(
        range(count) if count <= KEPT_CURVES else np.unique(np.linspace(0, count - 1, KEPT_CURVES).round().astype(int))
    )
    runs = [
        _Run(
            patterns=tuple(patterns[i : i + _RUN_LENGTH]), structures=tuple(structures),
            instruments=tuple(instruments[i : i + _RUN_LENGTH]), temperatures_K=kelvin[i : i + _RUN_LENGTH],
            options=options, first=i, kept=kept,
        )
        for i in range(0, count, _RUN_LENGTH)
    ]  # fmt: skip
    outcomes = _joined(runs, _all_runs(runs, jobs), _nearest(kelvin) // _RUN_LENGTH if runs else 0)
    return RefinedSeries(
        attempts=tuple(a for one in outcomes for a in one.attempts),
        checks=tuple(c for one in outcomes for c in one.checks),
    )


def _nearest(temperatures_K: Sequence[float | None]) -> int:
    away = [abs(t - _ROOM_K) if t is not None else np.inf for t in temperatures_K]
    return int(np.argmin(away)) if away else 0


def _all_runs(runs: Sequence[_Run], jobs: int) -> list[_Outcome]:
    workers = min(jobs, len(runs))
    if workers > 1:
        try:
            with ProcessPoolExecutor(max_workers=workers, mp_context=multiprocessing.get_context("spawn")) as pool:
                return list(pool.map(_one_run, runs))
        except (BrokenProcessPool, OSError):  # a script without a main guard, a small machine: this process does it
            pass
    return [_one_run(run) for run in runs]


def _joined(runs: Sequence[_Run], outcomes: list[_Outcome], middle: int) -> list[_Outcome]:
    """Each run tried from the end of the one beside it, outwards from the ``middle`` one; done again from there where that is better."""
    for k in [*range(middle + 1, len(runs)), *range(middle - 1, -1, -1)]:
        beside, at = (k - 1, -1) if k > middle else (k + 1, 0)
        end = 0 if k > middle else len(runs[k].patterns) - 1
        start = outcomes[beside].attempts[at].refinement
        if start is None or not start.is_trusted:
            continue
        own = outcomes[k].attempts[end]
        warm = settled(
            runs[k].patterns[end], runs[k].structures, runs[k].instruments[end], runs[k].options, start=start
        )
        if warm.refinement is not None and _is_better(warm, own):
            outcomes[k] = _walked(runs[k], end, warm)
    return outcomes


def _is_better(one: Attempt, other: Attempt) -> bool:
    """Whether a fit is better by more than its noise; one that is trusted is better than one that is not."""
    if one.refinement is None or other.refinement is None:
        return one.refinement is not None
    if one.refinement.is_trusted != other.refinement.is_trusted:
        return one.refinement.is_trusted
    return one.refinement.gof < other.refinement.gof * (1 - _BETTER_GOF)


def _one_run(run: _Run) -> _Outcome:
    at = run.nearest
    begun = cold_start(
        run.patterns[at], run.structures, run.instruments[at], run.options, temperature_K=run.temperatures_K[at]
    )
    return _walked(run, at, begun)


def _walked(run: _Run, begin: int, begun: Attempt) -> _Outcome:
    """All scans of a run, from one that is refined to both sides."""
    count = len(run.patterns)
    attempts: dict[int, Attempt] = {begin: begun}
    checks: list[ColdCheck] = []
    for walk in (list(range(begin, count)), list(range(begin, -1, -1))):
        for step, i in enumerate(walk[1:], start=1):
            before = walk[step - 1 :: -1]
            if walk[-1] < begin and begin + 1 < count:
                before.append(begin + 1)  # the line through the two scans before goes on to the other side
            is_last = i == count - 1 or (i == 0 and begin == count - 1)
            attempts[i], check = _from_neighbour(run, i, attempts, before, is_checked=is_last)
            checks.extend([] if check is None else [check])
    _gone_back(run, begin, attempts)
    made = [
        a if a.refinement is None or run.first + i in run.kept else attrs.evolve(a, refinement=thinned(a.refinement))
        for i, a in sorted(attempts.items())
    ]
    return _Outcome(attempts=tuple(made), checks=tuple(sorted(checks, key=lambda c: c.pattern_index)))


def _gone_back(run: _Run, begin: int, attempts: dict[int, Attempt]) -> None:
    """Scans that ended badly are tried once more from the other side, where the walk found its way after them."""
    count = len(run.patterns)
    for back in (range(count - 2, begin - 1, -1), range(1, begin + 1)):
        for i in back:
            ahead = [j for j in (range(i + 1, count) if back.step < 0 else range(i - 1, -1, -1))][:3]
            near = attempts[ahead[0]].refinement
            if near is None or not near.is_trusted or not _is_poor(attempts[i], near):
                continue
            pattern, instrument, kelvin = run.patterns[i], run.instruments[i], run.temperatures_K[i]
            start = _ahead(run, ahead, attempts, kelvin)
            tried = settled(pattern, run.structures, instrument, run.options, start=start)
            if _is_better(tried, attempts[i]):
                attempts[i] = tried


def _is_poor(made: Attempt, near: Refinement) -> bool:
    """Whether a fit is poorer than its neighbour's, or not trusted where that is."""
    if made.refinement is None:
        return True
    return made.refinement.gof > _WORSE_GOF * near.gof or (near.is_trusted and not made.refinement.is_trusted)


def _ahead(run: _Run, before: Sequence[int], attempts: dict[int, Attempt], kelvin: float | None) -> Refinement | None:
    """The nearest refinement among those of the scans ``before``, its cells moved on to a temperature; None if there is none."""
    earlier = [(run.temperatures_K[j], r) for j in before if (r := attempts[j].refinement) is not None]
    if not earlier:
        return None
    near_K, near = earlier[0]
    line_K, line = _line(earlier)
    return extrapolated(near, near_K, line, line_K, kelvin)


def _line(earlier: Sequence[tuple[float | None, Refinement]]) -> tuple[float | None, Refinement | None]:
    """The refinement that makes a line with the first: the next at another temperature."""
    near_K = earlier[0][0]
    if near_K is None:
        return None, None
    return next(((t, r) for t, r in earlier[1:] if t is not None and abs(t - near_K) > LEAST_K), (None, None))


def _from_neighbour(
    run: _Run, i: int, attempts: dict[int, Attempt], before: Sequence[int], *, is_checked: bool
) -> tuple[Attempt, ColdCheck | None]:
    """Scan i from the nearest refined one among those ``before`` it, and its cold check where one is due."""
    pattern, instrument, kelvin = run.patterns[i], run.instruments[i], run.temperatures_K[i]
    earlier = [(run.temperatures_K[j], r) for j in before if (r := attempts[j].refinement) is not None]
    start = _ahead(run, before, attempts, kelvin)
    if start is None:
        return cold_start(pattern, run.structures, instrument, run.options, temperature_K=kelvin), None
    made = settled(pattern, run.structures, instrument, run.options, start=start)
    near_K = earlier[0][0]
    is_far = len(earlier) == 1 if kelvin is None or near_K is None else abs(kelvin - near_K) > _JUMP_K
    is_leap = is_far and _line(earlier)[1] is None
    if is_checked or is_leap or _is_poor(made, earlier[0][1]):
        return _checked(made, run, i, start)
    return made, None


def _checked(warm: Attempt, run: _Run, i: int, start: Refinement) -> tuple[Attempt, ColdCheck | None]:
    near = all(is_near(s, start) for s in run.structures)
    structures = run.structures if near else at_cells_of(run.structures, start)
    cold = cold_start(run.patterns[i], structures, run.instruments[i], run.options, temperature_K=None)
    if cold.refinement is None or warm.refinement is None:
        return (cold if warm.refinement is None else warm), None
    is_cold_better = _is_better(cold, warm)
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
