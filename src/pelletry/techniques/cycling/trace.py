"""A run thinned for the page: of each short stretch its lowest and highest voltage."""

from __future__ import annotations

import itertools

import numpy as np

from pelletry.techniques.cycling.measurement import CyclingRun
from pelletry.techniques.cycling.result import RunTrace

__all__ = ["traced"]

_STRETCHES = 1500


def traced(run: CyclingRun) -> RunTrace:
    """At most three thousand points, in the order of time, with the extremes of the voltage."""
    rows = _kept(run.voltage_V)
    return RunTrace(
        name=run.name,
        path=run.origin.path,
        points=run.points,
        time_s=run.time_s[rows],
        voltage_V=run.voltage_V[rows],
        current_A=run.current_A[rows],
        current_source=run.current_source,
    )


def _kept(voltage: np.ndarray) -> np.ndarray:
    n = voltage.size
    if n <= 2 * _STRETCHES:
        return np.arange(n)
    edges = np.linspace(0, n, _STRETCHES + 1).astype(int)
    known = np.nan_to_num(voltage)
    low = [a + int(np.argmin(known[a:b])) for a, b in itertools.pairwise(edges)]
    high = [a + int(np.argmax(known[a:b])) for a, b in itertools.pairwise(edges)]
    return np.unique(np.concatenate([[0], low, high, [n - 1]]))
