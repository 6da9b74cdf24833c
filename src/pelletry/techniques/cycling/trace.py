"""A run thinned for the page: of each short stretch of time its lowest and highest voltage; and single steps looked at closer."""

from __future__ import annotations

import itertools

import numpy as np

from pelletry.techniques.cycling.measurement import CyclingRun
from pelletry.techniques.cycling.result import RunTrace

__all__ = ["close_up", "traced"]

_STRETCHES = 1500


def traced(run: CyclingRun) -> RunTrace:
    """At most three thousand points, in the order of time, with the extremes of the voltage."""
    rows = _kept(run.time_s, run.voltage_V)
    return _rows_of(run, rows)


def close_up(run: CyclingRun, start: int, stop: int) -> RunTrace:
    """The rows of one step, thinned for themselves."""
    return _rows_of(run, start + _kept(run.time_s[start:stop], run.voltage_V[start:stop]))


def _rows_of(run: CyclingRun, rows: np.ndarray) -> RunTrace:
    return RunTrace(
        name=run.name,
        path=run.origin.path,
        points=run.points,
        time_s=run.time_s[rows],
        voltage_V=run.voltage_V[rows],
        current_A=run.current_A[rows],
        current_source=run.current_source,
    )


def _kept(time_s: np.ndarray, voltage: np.ndarray) -> np.ndarray:
    """By time and not by points: a recorder that writes at every jump would else leave the quiet hours without any."""
    n = voltage.size
    if n <= 2 * _STRETCHES:
        return np.arange(n)
    edges = np.unique(np.searchsorted(time_s, np.linspace(time_s[0], time_s[-1], _STRETCHES + 1)[1:-1]))
    edges = np.concatenate([[0], edges[(edges > 0) & (edges < n)], [n]])
    known = np.nan_to_num(voltage)
    low = [a + int(np.argmin(known[a:b])) for a, b in itertools.pairwise(edges)]
    high = [a + int(np.argmax(known[a:b])) for a, b in itertools.pairwise(edges)]
    return np.unique(np.concatenate([[0], low, high, [n - 1]]))
