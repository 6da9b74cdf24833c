"""Current and charge of a record: which columns they are, over which interval a current counts, gaps, and counters that begin anew.

A mean current (``<I>``) is that since the point before, so its charge is exact whatever the interval; a current at the points is
summed by trapezoids; the slope of a counter holds until the next point. Where a record of points has a gap that the counter does not
fill (a program that went on to other work), the counter is believed, and it is said.

Counters begin anew: EC-Lab's ``(Q-Qo)`` with a sequence, charge and discharge of other cyclers with a cycle, Neware's ``capacity`` with
every step. They are taken on from where they were.
"""

from __future__ import annotations

import math

import attrs
import numpy as np

from pelletry.core.arrays import Array
from pelletry.core.errors import quoted
from pelletry.core.record import Record
from pelletry.techniques.cycling.columns import counters, find, step_capacity, unitless
from pelletry.techniques.cycling.direction import current_with_signs

__all__ = ["ChargeOfRecord", "charge_of_record", "running_charge_C", "written_step"]

_GAP_TIMES = 20.0
_UNFILLED = 0.5
#: A counter that goes on where its current says, up to this share of its largest value, has not begun anew.
_SLACK = 1e-6
_NEAR_ZERO = 1e-3
_JUMP_TIMES = 10.0
_FLOWS = 0.02
_WORTH_SAYING = 1e-3


@attrs.frozen(kw_only=True, eq=False)
class ChargeOfRecord:
    """What a record says about current and charge, as :class:`~pelletry.techniques.cycling.measurement.CyclingRun` has it."""

    current_A: Array
    source: str
    holds: str
    charge_C: Array
    counter_C: Array | None
    resets: int
    current_step_A: float
    counter_step_C: float
    notes: tuple[str, ...] = ()


def charge_of_record(record: Record, time_s: Array) -> ChargeOfRecord:
    """Current, its running integral, and the counter of a record."""
    found = find(record, "current")
    measured, signs = (None, ()) if found is None else current_with_signs(record, found.values)
    running, up, down = counters(record)
    counter: Array | None = None
    resets, step_C = 0, 0.0
    if running is not None:
        counter, resets = _going_on(running.values, measured, time_s)
        step_C = written_step(running.values)
    elif up is not None and down is not None:
        (more, resets_up), (less, resets_down) = (_without_resets(c.values) for c in (up, down))
        counter, resets = more - less, resets_up + resets_down
        step_C = max(written_step(c.values) for c in (up, down))
    elif measured is not None and (of_step := step_capacity(record)) is not None:
        grown, _ = _without_resets(np.abs(of_step.values))
        counter = np.concatenate([[0.0], np.cumsum(np.diff(grown) * np.sign(measured[1:]))])
        step_C = written_step(of_step.values)
    notes: list[str] = []
    if found is not None and measured is not None:
        current, source, notes = measured, "measured", list(signs)
        holds = "before" if found.name.strip().startswith("<") else "points"
    elif counter is not None and counter.size > 1:
        current, source, holds = _slope(time_s, counter), "charge counter", "after"
        notes = ["the file holds no current; it is the slope of its charge counter"]
    else:
        current, source, holds = np.full(time_s.size, math.nan), "", "points"
        bare = unitless(record, "current")
        notes = ["the file holds neither a current nor a charge counter"]
        if bare:
            notes = [f"the file states no unit of {quoted(bare)}: no current was read"]
    if source == "measured" and not np.any(np.nan_to_num(current)):
        notes.append("its current is 0 throughout; written with more digits, or in mA, it may not be")
    charge, said = running_charge_C(time_s, current, holds=holds, counter_C=counter)
    return ChargeOfRecord(
        current_A=current,
        source=source,
        holds=holds,
        charge_C=charge,
        counter_C=counter,
        resets=resets,
        current_step_A=0.0 if found is None else written_step(found.values),
        counter_step_C=step_C,
        notes=(*notes, *said),
    )


def running_charge_C(
    time_s: Array, current_A: Array, *, holds: str, counter_C: Array | None = None
) -> tuple[Array, tuple[str, ...]]:
    """The integral of the current up to each point, shape (n,) [C], and what is to be said about gaps."""
    if time_s.size < 2:
        return np.zeros(time_s.size), ()
    current, step_s = np.nan_to_num(current_A), np.diff(time_s)
    if holds == "before":
        charge = current[1:] * step_s
    elif holds == "after":
        charge = current[:-1] * step_s
    else:
        charge = 0.5 * (current[1:] + current[:-1]) * step_s
    said: tuple[str, ...] = ()
    if holds == "points" and counter_C is not None:
        charge, said = _with_gaps(charge, step_s, np.diff(counter_C))
    return np.concatenate([[0.0], np.cumsum(charge)]), said


def _with_gaps(charge_C: Array, step_s: Array, counted_C: Array) -> tuple[Array, tuple[str, ...]]:
    """Charges between points, by the counter in gaps that it does not fill."""
    is_gap = step_s > _GAP_TIMES * max(float(np.median(step_s)), 1e-9)
    open_gaps = is_gap & np.isfinite(counted_C) & (np.abs(counted_C) < _UNFILLED * np.abs(charge_C))
    if not open_gaps.any():
        return charge_C, ()
    lost = float(np.sum(np.abs(charge_C[open_gaps]) - np.abs(counted_C[open_gaps])))
    taken = np.where(open_gaps, counted_C, charge_C)
    if lost < _WORTH_SAYING * float(np.sum(np.abs(taken))):
        return taken, ()
    words = (
        f"the record has {int(np.count_nonzero(open_gaps))} gaps of up to {float(step_s[open_gaps].max()):.4g} s in which the counter does not "
        f"grow as the current says; there the counter is taken ({lost / 3.6:.3g} mAh less)"
    )
    return taken, (words,)


def _going_on(counter_C: Array, current_A: Array | None, time_s: Array) -> tuple[Array, int]:
    """A signed running counter that begins anew goes on from where it was.

    It has begun anew when it goes against the current on both sides of the interval, or falls to zero by more than any current of the
    record would carry.
    """
    known = np.nan_to_num(counter_C)
    if known.size < 3:
        return counter_C, 0
    change, step_s = np.diff(known), np.diff(time_s)
    with np.errstate(divide="ignore", invalid="ignore"):
        slope = np.where(step_s > 0, change / step_s, 0.0)
    if current_A is None:
        moving = np.abs(slope[slope != 0])
        most = 2.0 * _JUMP_TIMES * (float(np.median(moving)) if moving.size else 0.0)
        against = np.zeros(change.size, dtype=bool)
    else:
        current = np.nan_to_num(current_A)
        most = _JUMP_TIMES * float(np.max(np.abs(current)))
        sign = np.where(np.abs(current) > _FLOWS * float(np.max(np.abs(current))), np.sign(current), 0.0)
        against = (sign[1:] == sign[:-1]) & (change * sign[1:] < -_SLACK * float(np.max(np.abs(known))))
        if np.count_nonzero(against) > _UNFILLED * np.count_nonzero(sign):
            against[:] = False  # the counter has the other sign throughout
    to_zero = (np.abs(known[1:]) <= np.maximum(_NEAR_ZERO * np.abs(known[:-1]), most / _JUMP_TIMES * step_s)) & (
        np.abs(change) > most * np.maximum(step_s, 1e-3)
    )
    anew = against | to_zero
    change = np.where(anew, known[1:], change)
    return np.concatenate([known[:1], known[0] + np.cumsum(change)]), int(np.count_nonzero(anew))


def _without_resets(values: Array) -> tuple[Array, int]:
    """A counter that only grows and falls back to zero goes on from where it was."""
    known = np.nan_to_num(values)
    falls = np.diff(known) < -1e-9 * max(1.0, float(np.max(np.abs(known), initial=0.0)))
    lost = np.where(falls, -np.diff(known) + np.append(known[1:], 0.0)[: falls.size], 0.0)
    return np.append(known[:1], known[1:] + np.cumsum(lost)), int(np.count_nonzero(falls))


def _slope(time_s: Array, counter_C: Array) -> Array:
    """Charge over time to the next point; the last point keeps the current before it. [A]"""
    step_s = np.diff(time_s)
    with np.errstate(divide="ignore", invalid="ignore"):
        slope = np.diff(counter_C) / step_s
    slope[step_s <= 0] = 0.0
    return np.append(slope, slope[-1])


def written_step(values: Array) -> float:
    """The smallest difference between two written values: what a file of few digits cannot show. 0 with fewer than two values.

    >>> written_step(np.array([0.0, 0.0002, -0.0002, 0.0001]))
    0.0001
    """
    known = np.unique(values[np.isfinite(values)])
    if known.size < 2:
        return 0.0
    return float(f"{float(np.min(np.diff(known))):.6g}")
