"""What disturbs a sound symmetric cell and its recorder: drift, changes of temperature, wandering, nucleation, noise bursts, glitches.

Applied to a run of :mod:`pelletry.virtual.cycler`, they make cells that have nothing of a short and yet are not quiet; the recorder
may write a point only when the voltage has moved, as many do. Everything is deterministic by the generator that is handed in.
"""

from __future__ import annotations

import attrs
import numpy as np

from pelletry.core.arrays import Array
from pelletry.virtual.cycler import CellRun

__all__ = ["DISTURBANCES", "CellDisturbances", "disturbed", "some_disturbances"]

_DAY_S = 86400.0
_BOLTZMANN_EV_PER_K = 8.617333262e-5
_ROOM_K = 298.15

#: Families of disturbances that can be drawn, and what each does.
DISTURBANCES = {
    "drift": "the overpotential rises or falls slowly, by up to 2 % an hour",
    "nucleation": "each step begins with a peak of up to the whole plateau, which dies away",
    "temperature": "the cell warms or cools by up to 5 K in half an hour to two hours, and swings by up to 2 K in a day",
    "bursts": "the potentiostat is noisy for half a minute to an hour, up and down alike, also at rest",
    "glitches": "single points lie far off, up or down",
    "wandering": "voltage and spectra wander by up to 3 %",
    "triggered": "the recorder writes a point when the voltage has moved, so that only noise that is large is written",
}


@attrs.frozen(kw_only=True)
class CellDisturbances:
    """Shares are of the cell's resistance, in voltage and spectra alike. ``wander_s`` is the time in which wandering forgets itself.

    ``change_K`` is a change of temperature with the time constant ``change_s`` that begins at ``change_at_fraction`` of the run, ``swing_K``
    the amplitude of a day's swing; all resistances follow with ``activation_energy_eV``. ``nucleation_fraction`` is the height of the peak
    at the start of each step. Each of ``bursts`` lasts ``burst_s`` and adds noise of ``burst_fraction`` of the median voltage. Glitches
    are single points, up or down, of ``glitch_fraction`` of the voltage. ``trigger_V``: the recorder writes when the voltage has moved
    by so much, and at least every ``longest_s``; None: it writes all points.
    """

    drift_per_h: float = 0.0
    change_K: float = 0.0
    change_s: float = 3600.0
    change_at_fraction: float = 0.5
    swing_K: float = 0.0
    activation_energy_eV: float = 0.35
    wander_fraction: float = 0.0
    wander_s: float = 1800.0
    nucleation_fraction: float = 0.0
    nucleation_s: float = 120.0
    bursts: int = 0
    burst_s: float = 300.0
    burst_fraction: float = 0.1
    glitches_per_h: float = 0.0
    glitch_fraction: float = 0.5
    spectrum_scatter_fraction: float = 0.0
    trigger_V: float | None = None
    longest_s: float = 30.0


def some_disturbances(
    families: tuple[str, ...], random: np.random.Generator, *, voltage_V: float, step_s: float
) -> CellDisturbances:
    """Disturbances of the named families, drawn in the ranges of :data:`DISTURBANCES`, for a cell of about this voltage."""
    drawn: dict[str, float | int] = {}
    if "drift" in families:
        drawn |= {"drift_per_h": random.uniform(-0.02, 0.02)}
    if "nucleation" in families:
        drawn |= {"nucleation_fraction": random.uniform(0.1, 1.0), "nucleation_s": random.uniform(0.005, 0.1) * step_s}
    if "temperature" in families:
        drawn |= {"change_K": random.uniform(-5.0, 5.0), "change_s": random.uniform(1800.0, 7200.0)}
        drawn |= {"change_at_fraction": random.uniform(0.1, 0.9), "swing_K": random.uniform(0.0, 2.0)}
        drawn |= {"activation_energy_eV": random.uniform(0.25, 0.4)}
    if "bursts" in families:
        drawn |= {"bursts": int(random.integers(1, 6)), "burst_s": 10 ** random.uniform(1.5, 3.55)}
        drawn |= {"burst_fraction": 10 ** random.uniform(-2, -0.3)}
    if "glitches" in families:
        drawn |= {"glitches_per_h": random.uniform(0.1, 3.0), "glitch_fraction": random.uniform(0.1, 2.0)}
    if "wandering" in families:
        drawn |= {"wander_fraction": random.uniform(0.002, 0.03), "wander_s": 10 ** random.uniform(2.5, 4)}
        drawn |= {"spectrum_scatter_fraction": random.uniform(0.0, 0.02)}
    if "triggered" in families:
        drawn |= {"trigger_V": voltage_V * 10 ** random.uniform(-2.5, -0.8)}
    return CellDisturbances(**drawn)  # type: ignore[arg-type]


def disturbed(run: CellRun, by: CellDisturbances, random: np.random.Generator) -> CellRun:
    """The run as it would have been with these disturbances."""
    t, flows = run.time_s, run.current_A != 0
    start_of_day = random.uniform(0, 2 * np.pi)
    change_at_s = t[0] + by.change_at_fraction * (t[-1] - t[0])

    def slow(at: Array) -> Array:
        since = np.maximum(at - change_at_s, 0.0)
        warmer_K = by.change_K * (1 - np.exp(-since / by.change_s))
        warmer_K = warmer_K + by.swing_K * np.sin(2 * np.pi * at / _DAY_S + start_of_day)
        inverse = 1 / (_ROOM_K + warmer_K) - 1 / _ROOM_K
        thermal = np.exp(by.activation_energy_eV / _BOLTZMANN_EV_PER_K * inverse)
        return np.asarray((1.0 + by.drift_per_h * at / 3600.0) * thermal)

    wander = by.wander_fraction * _wandering(t, by.wander_s, random)
    since = _since_start(t, run.current_A)
    factor = slow(t) + wander + by.nucleation_fraction * np.exp(-since / by.nucleation_s)
    glitch = random.random(t.size) < by.glitches_per_h * np.gradient(t) / 3600.0
    factor = factor + np.where(glitch, by.glitch_fraction * random.choice((-1.0, 1.0), t.size), 0.0)
    voltage = np.where(flows, run.voltage_V * factor, run.voltage_V) + _bursts(run, by, random)
    spectra = []
    for at, frequency, z in run.spectra:
        share = float(slow(np.array([at]))[0] + np.interp(at, t, wander))
        spectra.append((at, frequency, np.asarray(z * share * (1 + by.spectrum_scatter_fraction * random.normal()))))
    kept = _written(t, voltage, run.current_A, by)
    return CellRun(time_s=t[kept], voltage_V=voltage[kept], current_A=run.current_A[kept], spectra=tuple(spectra))


def _bursts(run: CellRun, by: CellDisturbances, random: np.random.Generator) -> Array:
    """White noise of the instrument in some stretches. [V]"""
    t = run.time_s
    noise = np.zeros(t.size)
    size_V = by.burst_fraction * float(np.median(np.abs(run.voltage_V[run.current_A != 0])))
    for start in random.uniform(t[0], t[-1], by.bursts):
        inside = (t >= start) & (t < start + by.burst_s)
        noise[inside] += size_V * random.standard_normal(int(np.count_nonzero(inside)))
    return noise


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
