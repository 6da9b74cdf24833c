r"""Direct current through a pellet between blocking electrodes: what is left when the ions have stopped is electronic.

.. math:: \sigma_e = \frac{I_\infty\, l}{A\, V}, \qquad t_\mathrm{ion} = 1 - \frac{\sigma_e}{\sigma}

for electrodes that both block ions (Au|SE|Au) and a voltage inside the window of the electrolyte. With one reversible electrode
(Li|SE|Au; Hebb 1952, Wagner 1957) the steady current is that of electrons and holes,

.. math:: I = \frac{A R T}{l F} \left[\sigma_n\left(1 - e^{-EF/RT}\right) + \sigma_p\left(e^{EF/RT} - 1\right)\right],
          \qquad \sigma_e(E) = \frac{l}{A} \frac{dI}{dE}.

The transference number of a symmetric cell of reversible electrodes after Bruce, Vincent (1987) and Evans et al. (1987) is

.. math:: t_+ = \frac{I_\infty (V - I_0 R_0)}{I_0 (V - I_\infty R_\infty)}.

A current that still falls is not steady: its value is an upper limit and is called one.
"""

from __future__ import annotations

import math

import attrs
import numpy as np

from pelletry.core.arrays import Array

__all__ = [
    "HebbWagner",
    "SteadyCurrent",
    "bruce_vincent_evans",
    "electronic_conductivity_S_per_m",
    "hebb_wagner",
    "steady_current",
]

_R_J_PER_MOL_K, _F_C_PER_MOL = 8.314462618, 96485.33212
_LATE_FRACTION = 0.2
_STEADY_PER_HOUR = 0.01


@attrs.frozen(kw_only=True)
class SteadyCurrent:
    """The current at the end of a polarisation. ``drift_per_h`` is its relative change an hour; ``is_steady``: below 1 % an hour."""

    current_A: float
    std_A: float
    drift_per_h: float
    is_steady: bool
    points: int


def steady_current(time_s: Array, current_A: Array) -> SteadyCurrent:
    """Mean, scatter and drift of the last fifth in time of a run at constant voltage.

    The drift counts as none when it is smaller than twice its own standard deviation and that is below the limit too.

    Raises
    ------
    ValueError
        When that part has fewer than eight points.
    """
    late = (time_s >= time_s[-1] - _LATE_FRACTION * (time_s[-1] - time_s[0])) & np.isfinite(current_A)
    t, i = time_s[late], current_A[late]
    if t.size < 8 or t[-1] <= t[0]:
        raise ValueError(f"the end of the run has {t.size} points, eight are needed")
    x = (t - t.mean()) / 3600.0
    slope = float(x @ (i - i.mean()) / (x @ x))
    scatter = float(np.std(i - i.mean() - slope * x, ddof=2))
    slope_std = scatter / math.sqrt(float(x @ x))
    mean = float(i.mean())
    size = abs(mean) if mean != 0 else math.inf
    drift, drift_std = slope / size, slope_std / size
    is_steady = abs(drift) + 2 * drift_std < _STEADY_PER_HOUR or (abs(drift) < 2 * drift_std < _STEADY_PER_HOUR)
    return SteadyCurrent(
        current_A=mean, std_A=scatter / math.sqrt(t.size), drift_per_h=drift, is_steady=is_steady, points=int(t.size)
    )


def electronic_conductivity_S_per_m(current_A: float, voltage_V: float, thickness_m: float, area_m2: float) -> float:
    """Steady current through a pellet between blocking electrodes as a conductivity [S/m].

    >>> round(electronic_conductivity_S_per_m(1.2e-9, 0.1, 0.5e-3, 0.6e-4) * 1e-2 / 1e-9, 6)
    1.0
    """
    return abs(current_A) * thickness_m / (area_m2 * abs(voltage_V))


@attrs.frozen(kw_only=True)
class HebbWagner:
    """Conductivities of electrons and holes at the reversible electrode's activity [S/m], and at each voltage."""

    electrons_S_per_m: float
    holes_S_per_m: float
    rms_fraction: float


def hebb_wagner(
    voltage_V: Array, current_A: Array, *, temperature_K: float, thickness_m: float, area_m2: float
) -> HebbWagner:
    """Least squares of the two exponentials on steady currents, both conductivities not negative.

    Raises
    ------
    ValueError
        With fewer than three voltages.
    """
    from scipy.optimize import nnls  # type: ignore[attr-defined]

    if voltage_V.size < 3:
        raise ValueError(f"{voltage_V.size} voltages, three are needed")
    x = voltage_V * _F_C_PER_MOL / (_R_J_PER_MOL_K * temperature_K)
    scale = area_m2 * _R_J_PER_MOL_K * temperature_K / (thickness_m * _F_C_PER_MOL)
    design = scale * np.column_stack([1.0 - np.exp(-x), np.expm1(x)])
    # Relative weights: the currents span decades.
    size = np.maximum(np.abs(current_A), 1e-3 * float(np.abs(current_A).max()))
    solution, rest = nnls(design / size[:, None], current_A / size)
    return HebbWagner(
        electrons_S_per_m=float(solution[0]),
        holes_S_per_m=float(solution[1]),
        rms_fraction=float(rest) / math.sqrt(voltage_V.size),
    )


def bruce_vincent_evans(
    *,
    voltage_V: float,
    current_start_A: float,
    current_steady_A: float,
    resistance_start_ohm: float,
    resistance_end_ohm: float,
) -> float:
    """Transference number of the mobile cation.

    >>> bruce_vincent_evans(
    ...     voltage_V=0.01, current_start_A=1e-4, current_steady_A=1e-4, resistance_start_ohm=20.0, resistance_end_ohm=20.0
    ... )
    1.0
    """
    return (current_steady_A * (voltage_V - current_start_A * resistance_start_ohm)) / (
        current_start_A * (voltage_V - current_steady_A * resistance_end_ohm)
    )
