"""What disturbs a sound symmetric cell and its recorder: drift, a day's swing of temperature, wandering, nucleation, glitches.

Applied to a run of :mod:`pelletry.virtual.cycler`, they make cells that have nothing of a short and yet are not quiet; the recorder
may write a point only when the voltage has moved, as many do. Everything is deterministic by the generator that is handed in.
"""

from __future__ import annotations

import attrs
import numpy as np

from pelletry.core.arrays import Array
from pelletry.virtual.cycler import CellRun

__all__ = ["CellDisturbances", "disturbed"]

_DAY_S = 86400.0


@attrs.frozen(kw_only=True)
class CellDisturbances:
    """All shares are of the cell's resistance, in voltage and spectra alike. ``wander_s`` is the time in which wandering forgets itself.

    ``nucleation_fraction`` is the height of the peak at the start of each step. Glitches are single points, up or down, of
    ``glitch_fraction`` of the voltage. ``trigger_V``: the recorder writes when the voltage has moved by so much, and at least every
    ``longest_s``; None: it writes all points.
    """

    drift_per_h: float = 0.0
    swing_fraction: float = 0.0
    wander_fraction: float = 0.0
    wander_s: float = 1800.0
    nucleation_fraction: float = 0.0
    nucleation_s: float = 120.0
    glitches_per_h: float = 0.0
    glitch_fraction: float = 0.5
    spectrum_scatter_fraction: float = 0.0
    trigger_V: float | None = None
    longest_s: float = 30.0


def disturbed(run: CellRun, by: CellDisturbances, random: np.random.Generator) -> CellRun:
    """The run as it would have been with these disturbances."""
    t, flows = run.time_s, run.current_A != 0
    start_of_day = random.uniform(0, 2 * np.pi)

    def slow(at: Array) -> Array:
        return 1.0 + by.drift_per_h * at / 3600.0 + by.swing_fraction * np.sin(2 * np.pi * at / _DAY_S + start_of_day)

    wander = by.wander_fraction * _wandering(t, by.wander_s, random)
    since = _since_start(t, run.current_A)
    factor = slow(t) + wander + by.nucleation_fraction * np.exp(-since / by.nucleation_s)
    glitch = random.random(t.size) < by.glitches_per_h * np.gradient(t) / 3600.0
    factor = factor + np.where(glitch, by.glitch_fraction * random.choice((-1.0, 1.0), t.size), 0.0)
    voltage = np.where(flows, run.voltage_V * factor, run.voltage_V)
    spectra = []
    for at, frequency, z in run.spectra:
        share = float(slow(np.array([at]))[0] + np.interp(at, t, wander))
        spectra.append((at, frequency, np.asarray(z * share * (1 + by.spectrum_scatter_fraction * random.normal()))))
    kept = _written(t, voltage, run.current_A, by)
    return CellRun(time_s=t[kept], voltage_V=voltage[kept], current_A=run.current_A[kept], spectra=tuple(spectra))


def _wandering(t: Array, forgets_s: float, random: np.random.Generator) -> Array:
    """A random walk that is drawn back to zero (Ornstein and Uhlenbeck), standard deviation 1."""
    keeps = np.exp(-np.diff(t, prepend=t[0]) / forgets_s)
    kicks = np.sqrt(1 - keeps**2) * random.standard_normal(t.size)
    walk = np.empty(t.size)
    now = random.standard_normal()
    for n in range(t.size):
        now = keeps[n] * now + kicks[n]
        walk[n] = now
    return walk


def _since_start(t: Array, current_A: Array) -> Array:
    """Time since the current last changed. [s]"""
    begins = np.concatenate([[0], np.flatnonzero(np.diff(current_A)) + 1])
    return np.asarray(t - t[begins[np.searchsorted(begins, np.arange(t.size), side="right") - 1]])


def _written(t: Array, voltage: Array, current_A: Array, by: CellDisturbances) -> Array:
    """Which points the recorder writes."""
    if by.trigger_V is None:
        return np.ones(t.size, dtype=bool)
    kept = np.zeros(t.size, dtype=bool)
    last = -1
    for n in range(t.size):
        is_new = last < 0 or current_A[n] != current_A[last] or abs(voltage[n] - voltage[last]) >= by.trigger_V
        if is_new or t[n] - t[last] >= by.longest_s:
            kept[n], last = True, n
    return kept
