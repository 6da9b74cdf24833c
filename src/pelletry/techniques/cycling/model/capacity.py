r"""Full and half cells: charge of each branch and cycle, efficiency, fade, and the differential capacity with its check.

A branch is all that runs one way: half cycles of one sign that follow each other, rests and steps of current within. It is a
**discharge** where the voltage of the cell falls and a **charge** where it rises, whatever sign the cycler gives the current; a cell
whose sign and voltage disagree is told so. The theoretical capacity is

.. math:: C = \frac{n F}{M}

with n electrons per formula of molar mass M [C/kg]; LiTi2(PO4)3 with two electrons has 138.3 mAh/g.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import attrs
import numpy as np

from pelletry.core.arrays import Array
from pelletry.techniques.cycling.model.half_cycles import HalfCycle

__all__ = [
    "Branch",
    "Cycle",
    "DifferentialCapacity",
    "branches_of",
    "counter_charge_C",
    "cycles_of",
    "differential_capacity",
    "mean_voltage_V",
    "theoretical_capacity_C_per_kg",
]

_FARADAY_C_PER_MOL = 96485.33212


def theoretical_capacity_C_per_kg(electrons: float, molar_mass_g_per_mol: float) -> float:
    """Charge per mass of formula units that take up ``electrons`` each.

    >>> round(theoretical_capacity_C_per_kg(2, 387.58) / 3600, 1)
    138.3
    """
    return electrons * _FARADAY_C_PER_MOL / (molar_mass_g_per_mol * 1e-3)


def mean_voltage_V(voltage_V: Array, charge_C: Array) -> float | None:
    """Energy over charge of one branch, the integral of V dQ over that of dQ; both shape (m,), points without a voltage left out. [V]

    None where no charge passed.
    """
    known = np.isfinite(voltage_V) & np.isfinite(charge_C)
    voltage, charge = voltage_V[known], charge_C[known]
    if voltage.size < 2 or charge[-1] == charge[0]:
        return None
    energy_J = float(0.5 * (voltage[1:] + voltage[:-1]) @ np.diff(charge))
    return energy_J / float(charge[-1] - charge[0])


@attrs.frozen(kw_only=True)
class Branch:
    """Half cycles of one sign in a row. ``kind`` is charge or discharge by the voltage, empty when it stayed where it was.

    ``charge_C`` has the sign of the current; ``counter_C`` is the same by the instrument's own counter, None without one.
    """

    number: int
    kind: str
    start: int
    stop: int
    time_start_s: float
    time_stop_s: float
    charge_C: float
    counter_C: float | None
    current_A: float
    voltage_start_V: float
    voltage_end_V: float


@attrs.frozen(kw_only=True)
class Cycle:
    """Two branches of opposite kind; ``first`` is the one that came first. The last cycle may have none to follow."""

    number: int
    first: Branch
    second: Branch | None

    @property
    def efficiency(self) -> float | None:
        """Charge of the second branch over that of the first; None when there is no second."""
        if self.second is None or self.first.charge_C == 0:
            return None
        return abs(self.second.charge_C / self.first.charge_C)

    def of_kind(self, kind: str) -> Branch | None:
        """The charge or discharge of the cycle."""
        return next((b for b in (self.first, self.second) if b is not None and b.kind == kind), None)


def branches_of(steps: Sequence[HalfCycle], voltage_V: Array, counter_C: Array | None = None) -> tuple[Branch, ...]:
    """Branches of a run in their order."""
    groups: list[list[HalfCycle]] = []
    for step in steps:
        if groups and groups[-1][-1].sign == step.sign:
            groups[-1].append(step)
        else:
            groups.append([step])
    return tuple(_branch(number, group, voltage_V, counter_C) for number, group in enumerate(groups, start=1))


def _branch(number: int, group: Sequence[HalfCycle], voltage_V: Array, counter_C: Array | None) -> Branch:
    first, last = group[0], group[-1]
    charge = math.fsum(step.charge_C for step in group)
    # The largest steps carry the charge; their current is the branch's.
    main = max(group, key=lambda step: abs(step.charge_C))
    return Branch(
        number=number,
        kind=_kind(group),
        start=first.start,
        stop=last.stop,
        time_start_s=first.time_start_s,
        time_stop_s=last.time_stop_s,
        charge_C=charge,
        counter_C=None if counter_C is None else counter_charge_C(counter_C, first.start, last.stop),
        current_A=main.current_A,
        voltage_start_V=first.voltage_first_V,
        voltage_end_V=last.voltage_last_V,
    )


def _kind(group: Sequence[HalfCycle]) -> str:
    """By the voltage within the steps, since between two branches it jumps by the polarisation."""
    change = math.fsum(step.voltage_last_V - step.voltage_first_V for step in group)
    if not math.isfinite(change) or change == 0:
        return ""
    return "charge" if change > 0 else "discharge"


def counter_charge_C(counter_C: Array, start: int, stop: int) -> float:
    """Charge by the counter between the point before a branch and its last one."""
    known = counter_C[max(0, start - 1) : stop]
    known = known[np.isfinite(known)]
    return float(known[-1] - known[0]) if known.size else math.nan


def cycles_of(branches: Sequence[Branch]) -> tuple[Cycle, ...]:
    """Cycles by alternation: the first branch begins the first cycle, whichever it is."""
    found = []
    for number, index in enumerate(range(0, len(branches), 2), start=1):
        second = branches[index + 1] if index + 1 < len(branches) else None
        found.append(Cycle(number=number, first=branches[index], second=second))
    return tuple(found)


@attrs.frozen(kw_only=True)
class DifferentialCapacity:
    """dQ/dV of one branch at ``voltage_V``, shape (k,) [C/V]; ``closure`` is its integral over the charge of the branch (1 is perfect)."""

    voltage_V: Array
    differential_C_per_V: Array
    step_V: float
    closure: float


def differential_capacity(
    voltage_V: Array, charge_C: Array, *, step_V: float | None = None, smooth_V: float = 0.0
) -> DifferentialCapacity | None:
    """Differential capacity on a uniform grid of voltages.

    The charge is made a monotone function of voltage by following the running extreme of the voltage: where noise brings it back, the
    charge counts for the voltage already reached, so that nothing is counted twice. ``step_V`` None: the wider of 5 mV and three
    times the median step of the file, since a finer grid only differentiates the noise. ``smooth_V`` is the width of a
    Savitzky-Golay filter of third order, 0: none.

    Returns None when the voltage moves by fewer than eight steps.
    """
    good = np.isfinite(voltage_V) & np.isfinite(charge_C)
    v, q = voltage_V[good], np.abs(charge_C[good] - charge_C[good][0]) if good.any() else charge_C[good]
    if v.size < 8:
        return None
    rises = v[-1] > v[0]
    reached = np.maximum.accumulate(v) if rises else -np.maximum.accumulate(-v)
    moves = np.abs(np.diff(v))
    moves = moves[moves > 0]
    own = 3.0 * float(np.median(moves)) if moves.size else 0.0
    step = max(5e-3, own) if step_V is None else step_V
    low, high = float(reached.min()), float(reached.max())
    count = int((high - low) / step)
    if count < 8:
        return None
    grid = low + step * np.arange(count + 1)
    at = reached if rises else reached[::-1]
    counted = q if rises else q[::-1]
    # Of points at one voltage the last carries the charge that passed there.
    keep = np.append(np.diff(at) > 0, True)
    on_grid = np.interp(grid, at[keep], counted[keep])
    slope = np.abs(np.diff(on_grid)) / step
    window = round(smooth_V / step) | 1
    if smooth_V > 0 and window >= 5 and slope.size > window:
        import scipy.signal

        slope = np.asarray(scipy.signal.savgol_filter(slope, window, 3), dtype=np.float64)
    whole = abs(float(q[-1] - q[0]))
    closure = float(np.sum(slope) * step) / whole if whole > 0 else math.nan
    return DifferentialCapacity(
        voltage_V=np.asarray(grid[:-1] + 0.5 * step, dtype=np.float64),
        differential_C_per_V=slope,
        step_V=step,
        closure=closure,
    )
