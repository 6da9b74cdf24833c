r"""Symmetric cells: resistance of each step from its voltage, beside the impedance, and the evidence of soft shorts.

The whole voltage of a symmetric cell drops at the current, so :math:`R = V/I` and never :math:`V/2I`. Two consecutive half cycles
of opposite sign cancel an offset,

.. math:: R_\mathrm{dc} = \frac{|V_+ - V_-|}{|I_+| + |I_-|};

a step that runs one way needs the voltage at rest before it. Per area of one electrode the cell has
:math:`\mathrm{ASR} = R A`, each of its two interfaces :math:`(R_\mathrm{cell} - R_\mathrm{pellet}) A / 2` with the pellet's
resistance at the same temperature.

Evidence of a short is collected, not decided by one sign: a voltage that falls at constant current and stays down, sudden falls that no
rises match, an overpotential that fades within the step, a resistance from voltage below that from impedance, an impedance that fell
between equal steps, a cell at zero volts.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import attrs
import numpy as np

from pelletry.core.arrays import Array
from pelletry.techniques.cycling.model.half_cycles import HalfCycle

__all__ = [
    "LITHIUM_M_PER_C_PER_M2",
    "StepResistance",
    "StepSigns",
    "lithium_thickness_m",
    "signs_of_step",
    "step_resistances",
]

#: Thickness of lithium per charge and area, M/(F rho) [m/(C/m2)]: 6.94 g/mol, 534 kg/m3; 4.85 um per mAh/cm2.
LITHIUM_M_PER_C_PER_M2 = 6.94e-3 / (96485.33212 * 534.0)

_RECOVERY_S = 600.0
_DROP_STDS = 8.0
_DROP_FRACTION = 0.05
#: From the median of sizes to the standard deviation, of a normal distribution.
_MEDIAN_TO_STD = 1.4826
#: From the 5th to the 95th percentile of a normal distribution, in standard deviations.
_NINE_TENTHS = 3.2897
_ZERO_V = 1e-5
#: Levels in a burst of noise differ by chance up to this many of their standard deviations, over some fifty places of a run.
_LEVEL_STDS = 4.0
#: Standard deviation of a median over that of a mean, of many normal deviates.
_STD_OF_MEDIAN = 1.2533


def lithium_thickness_m(charge_C: float, area_m2: float) -> float:
    """Thickness of the lithium that a charge moves [m].

    >>> round(lithium_thickness_m(3.6, 1e-4) * 1e6, 2)
    4.85
    """
    return abs(charge_C) / area_m2 * LITHIUM_M_PER_C_PER_M2


@attrs.frozen(kw_only=True)
class StepResistance:
    """Resistance of one step [ohm]. ``way`` is opposite (two half cycles), rest (voltage before it) or voltage (nothing taken off)."""

    step: int
    resistance_ohm: float
    way: str
    partner: int | None = None


def step_resistances(steps: Sequence[HalfCycle]) -> tuple[StepResistance, ...]:
    """A resistance for each step: with its opposite neighbour where there is one of like current, else by its own rest."""
    found = []
    for index, step in enumerate(steps):
        partner = _partner(steps, index)
        if partner is not None:
            value = abs(step.voltage_plateau_V - partner.voltage_plateau_V) / (
                abs(step.current_A) + abs(partner.current_A)
            )
            found.append(StepResistance(step=step.number, resistance_ohm=value, way="opposite", partner=partner.number))
        elif step.rest_voltage_V is not None:
            value = (step.voltage_plateau_V - step.rest_voltage_V) / step.current_A
            found.append(StepResistance(step=step.number, resistance_ohm=value, way="rest"))
        else:
            value = step.voltage_plateau_V / step.current_A
            found.append(StepResistance(step=step.number, resistance_ohm=value, way="voltage"))
    return tuple(found)


def _partner(steps: Sequence[HalfCycle], index: int) -> HalfCycle | None:
    """The next step when it runs the other way with nearly the same current, else the one before."""
    step = steps[index]
    for other in (index + 1, index - 1):
        if 0 <= other < len(steps) and steps[other].sign == -step.sign:
            ratio = abs(steps[other].current_A / step.current_A)
            if 0.8 < ratio < 1.25:
                return steps[other]
    return None


@attrs.frozen(kw_only=True)
class StepSigns:
    """What a step's voltage alone says. ``fall_V`` is the largest fall of its course over ten minutes, ``drop_V`` the largest that lasts and
    is more than noise and 5 % (0: none), ``fade_fraction`` how much of its
    overpotential it lost at constant current once it had settled, ``noise_V`` the spread about its own course as a standard
    deviation, ``falls`` and ``rises`` the numbers of sudden changes from one point to the next that leave the course downwards and
    upwards, ``change_V`` the median change from one to the next: the noise, or what the voltage has to move by before the recorder
    writes.
    """

    step: int
    fall_V: float
    drop_V: float
    fade_fraction: float
    noise_V: float
    falls: int
    rises: int
    change_V: float
    is_flat_zero: bool


def signs_of_step(step: HalfCycle, time_s: Array, voltage_V: Array) -> StepSigns:
    """Signs in the voltage of one step (arrays of the whole run). Voltages are taken in the direction of the current."""
    t = time_s[step.start : step.stop]
    v = step.sign * voltage_V[step.start : step.stop]
    good = np.isfinite(v)
    t, v = t[good], v[good]
    if v.size < 8:
        return StepSigns(
            step=step.number,
            fall_V=0.0,
            drop_V=0.0,
            fade_fraction=0.0,
            noise_V=math.nan,
            falls=0,
            rises=0,
            change_V=math.nan,
            is_flat_zero=False,
        )
    grid, on_grid, course = _course(t, v)
    apart = on_grid - course
    falls, rises = _sudden(v, np.interp(t, grid, course))
    fall, drop = _lasting_drop(grid, course, apart)
    lost, top_V = _lost(course, apart)
    middle = float(np.median(v))
    return StepSigns(
        step=step.number,
        fall_V=fall,
        drop_V=drop,
        fade_fraction=max(0.0, lost / top_V) if top_V > 0 else 0.0,
        noise_V=_spread(apart),
        falls=falls,
        rises=rises,
        change_V=float(np.median(np.abs(np.diff(v)))),
        is_flat_zero=abs(middle) < max(_ZERO_V, _LEVEL_STDS * _level_std(v - middle)),
    )


def _lost(course: Array, apart: Array) -> tuple[float, float]:
    """What the overpotential loses between its highest tenth after the first and its last one, beyond noise, and the highest. [V]"""
    length = course.size // 10
    tenths = course[: 10 * length].reshape(10, length)
    levels = np.median(tenths, axis=1)
    low, high = np.percentile(apart[: 10 * length].reshape(10, length), (5.0, 95.0), axis=1)
    stds = _STD_OF_MEDIAN * (high - low) / _NINE_TENTHS / math.sqrt(length)
    top = 1 + int(np.argmax(levels[1:]))
    lost = levels[top] - levels[-1] - _LEVEL_STDS * math.hypot(stds[top], stds[-1])
    return float(lost), float(levels[top])


def _spread(apart: Array) -> float:
    """The middle nine tenths as a standard deviation: bursts count, single points do not."""
    low, high = np.percentile(apart, (5.0, 95.0))
    return float(high - low) / _NINE_TENTHS


def _level_std(apart: Array) -> float:
    """Standard deviation of the median of points with this scatter."""
    return _STD_OF_MEDIAN * _spread(apart) / math.sqrt(max(apart.size, 1))


def _course(t: Array, v: Array) -> tuple[Array, Array, Array]:
    """The step on a uniform grid: times, voltages, and their running median."""
    from scipy.ndimage import median_filter

    points = int(min(max(200, t.size), 4000))
    grid = np.linspace(t[0], t[-1], points)
    on_grid = np.interp(grid, t, v)
    return grid, on_grid, median_filter(on_grid, size=max(3, points // 60) | 1, mode="nearest")


def _sudden(v: Array, course: Array) -> tuple[int, int]:
    """How often the voltage falls below its course, and rises above it, at once.

    A change from one point to the next counts when it is larger than one standard deviation of the step's changes and 5 %, and ends
    beyond the course by half of that. Noise of the instrument does both alike, also where its recorder writes only what has moved; a
    contact that forms and burns through falls and comes back.
    """
    change, apart = np.diff(v), (v - course)[1:]
    usual = _MEDIAN_TO_STD * float(np.median(np.abs(change)))
    limit = max(usual, _DROP_FRACTION * abs(float(np.median(v))))
    falls = np.count_nonzero((change < -limit) & (apart < -0.5 * limit))
    return int(falls), int(np.count_nonzero((change > limit) & (apart > 0.5 * limit)))


def _lasting_drop(grid: Array, course: Array, apart: Array) -> tuple[float, float]:
    """The largest fall that lasts, and the same where it is more than noise and 5 % (else 0).

    Ten minutes after it the course is still below what it was in the ten minutes before it, and below where it was heading then. (A
    shorter step is looked at in sixths.) The peak at the start of a step that dies away is none, nor is what a burst of noise in these
    minutes would make of their levels.
    """
    interval = float(grid[1] - grid[0])
    window = round(min(_RECOVERY_S, (grid[-1] - grid[0]) / 6.0) / interval)
    stride = max(1, course.size // 50)
    if window < 4:
        return 0.0, 0.0
    noise = _MEDIAN_TO_STD * float(np.median(np.abs(apart)))
    limit = max(_DROP_STDS * noise, _DROP_FRACTION * abs(float(np.median(course))))
    places = np.arange(window, course.size - stride - window, max(1, window // 10))
    if not places.size:
        return 0.0, 0.0
    windows = np.lib.stride_tricks.sliding_window_view(course, window)
    before, half = windows[places - window], window // 2
    slope = (np.median(before[:, half:], axis=1) - np.median(before[:, :half], axis=1)) / (window / 2)
    heading = np.median(before, axis=1) + np.minimum(0.0, slope) * (stride + window)
    falls = heading - windows[places + stride].max(axis=1)
    for one in np.argsort(-falls):
        if falls[one] <= limit:
            break
        rows, later = (slice(start, start + window) for start in (places[one] - window, places[one] + stride))
        if falls[one] > _LEVEL_STDS * math.hypot(_level_std(apart[rows]), _level_std(apart[later])):
            return max(0.0, float(falls.max())), float(falls[one])
    return max(0.0, float(falls.max())), 0.0
