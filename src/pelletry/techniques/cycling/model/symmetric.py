r"""Symmetric cells: resistance of each step from its voltage, beside the impedance, and the evidence of soft shorts.

The whole voltage of a symmetric cell drops at the current, so :math:`R = V/I` and never :math:`V/2I`. Two consecutive half cycles
of opposite sign cancel an offset,

.. math:: R_\mathrm{dc} = \frac{|V_+ - V_-|}{|I_+| + |I_-|};

a step that runs one way needs the voltage at rest before it. Per area of one electrode the cell has
:math:`\mathrm{ASR} = R A`, each of its two interfaces :math:`(R_\mathrm{cell} - R_\mathrm{pellet}) A / 2` with the pellet's
resistance at the same temperature.

Evidence of a short is collected, not decided by one sign: a voltage that falls at constant current and stays down, more noise than the
other steps, an overpotential that fades within the step, a resistance from voltage below that from impedance, an impedance that fell
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
_DIP_STDS = 6.0
_ZERO_V = 1e-5


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
    """What a step's voltage alone says. ``drop_V`` is the largest fall that did not come back within ten minutes (0: none),
    ``fade_fraction`` how much of its overpotential it lost at constant current, ``noise_V`` the scatter about its own course,
    ``dip_fraction`` the share of time in which it lies far below that course.
    """

    step: int
    drop_V: float
    fade_fraction: float
    noise_V: float
    dip_fraction: float
    is_flat_zero: bool


def signs_of_step(step: HalfCycle, time_s: Array, voltage_V: Array) -> StepSigns:
    """Signs in the voltage of one step (arrays of the whole run). Voltages are taken in the direction of the current."""
    t = time_s[step.start : step.stop]
    v = step.sign * voltage_V[step.start : step.stop]
    good = np.isfinite(v)
    t, v = t[good], v[good]
    if v.size < 8:
        return StepSigns(
            step=step.number, drop_V=0.0, fade_fraction=0.0, noise_V=math.nan, dip_fraction=0.0, is_flat_zero=False
        )
    grid, on_grid, course, noise = _course(t, v)
    start = float(np.median(course[: max(1, course.size // 10)]))
    end = float(np.median(course[-max(1, course.size // 10) :]))
    top = float(course.max())
    return StepSigns(
        step=step.number,
        drop_V=_lasting_drop(grid, course, noise),
        fade_fraction=(top - end) / top if top > 0 and top > start * 0.5 else 0.0,
        noise_V=noise,
        dip_fraction=float(np.mean(on_grid < course - np.maximum(_DIP_STDS * noise, _DROP_FRACTION * np.abs(course)))),
        is_flat_zero=max(abs(end), abs(start)) < max(3 * noise, _ZERO_V),
    )


def _course(t: Array, v: Array) -> tuple[Array, Array, Array, float]:
    """The step on a uniform grid: times, voltages, their running median, and the scatter about that (as a standard deviation)."""
    from scipy.ndimage import median_filter

    points = int(min(max(200, t.size), 4000))
    grid = np.linspace(t[0], t[-1], points)
    on_grid = np.interp(grid, t, v)
    course = median_filter(on_grid, size=max(3, points // 60) | 1, mode="nearest")
    noise = 1.4826 * float(np.median(np.abs(on_grid - course)))
    return grid, on_grid, course, noise


def _lasting_drop(grid: Array, course: Array, noise: float) -> float:
    """The largest fall of the course within a fiftieth of the step that the next ten minutes do not win back."""
    stride = max(1, course.size // 50)
    falls = course[:-stride] - course[stride:]
    limit = max(_DROP_STDS * noise, _DROP_FRACTION * float(np.median(np.abs(course))))
    largest = 0.0
    for place in np.flatnonzero(falls > limit):
        after = (grid > grid[place + stride]) & (grid <= grid[place + stride] + _RECOVERY_S)
        if not after.any():
            continue
        stays = course[place] - float(course[after].max())
        if stays > 0.5 * falls[place]:
            largest = max(largest, float(falls[place]))
    return largest
