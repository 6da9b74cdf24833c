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

import itertools
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
    "voltage_levels",
]

_R_J_PER_MOL_K, _F_C_PER_MOL = 8.314462618, 96485.33212
_LATE_FRACTION = 0.2
_STEADY_PER_HOUR = 0.01
#: Steps of a staircase: a jump is larger than this share of the largest voltage and than so many usual changes.
_JUMP_FRACTION, _JUMP_TIMES = 0.02, 20.0
_FEWEST_OF_LEVEL = 16


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


def voltage_levels(voltage_V: Array) -> tuple[tuple[int, int], ...]:
    """Rows (start, stop) of the stretches of one voltage in a run, those at rest (below 2 % of the largest) left out.

    >>> voltage_levels(np.repeat([0.0, 0.1, 0.2], 20))
    ((20, 40), (40, 60))
    """
    known = np.nan_to_num(voltage_V)
    if known.size < _FEWEST_OF_LEVEL:
        return ()
    largest = float(np.max(np.abs(known)))
    change = np.abs(np.diff(known))
    limit = max(_JUMP_FRACTION * largest, _JUMP_TIMES * float(np.median(change)))
    jumps = np.flatnonzero(change > limit) + 1
    edges = [0, *jumps.tolist(), known.size]
    return tuple(
        (start, stop)
        for start, stop in itertools.pairwise(edges)
        if stop - start >= _FEWEST_OF_LEVEL and abs(float(np.median(known[start:stop]))) > _JUMP_FRACTION * largest
    )


def electronic_conductivity_S_per_m(current_A: float, voltage_V: float, thickness_m: float, area_m2: float) -> float:
    """Steady current through a pellet between blocking electrodes as a conductivity [S/m].

    >>> round(electronic_conductivity_S_per_m(1.2e-9, 0.1, 0.5e-3, 0.6e-4) * 1e-2 / 1e-9, 6)
    1.0
    """
    return abs(current_A) * thickness_m / (area_m2 * abs(voltage_V))


@attrs.frozen(kw_only=True)
class HebbWagner:
    """Conductivities of electrons and holes at the reversible electrode's activity [S/m] with their standard deviations.

    ``rms_fraction`` is the relative misfit of the steady currents, ``thermal_V`` is R T/F and ``scale_A`` the current of one S/m.
    """

    electrons_S_per_m: float
    electrons_std: float
    holes_S_per_m: float
    holes_std: float
    rms_fraction: float
    thermal_V: float
    scale_A: float

    def current_A(self, voltage_V: Array) -> Array:
        """Steady current at voltages of any shape. [A]"""
        x = voltage_V / self.thermal_V
        share = self.electrons_S_per_m * (1.0 - np.exp(-x)) + self.holes_S_per_m * np.expm1(x)
        return np.asarray(self.scale_A * share)

    def conductivity_S_per_m(self, voltage_V: Array) -> Array:
        """(l/A) dI/dE at voltages of any shape. [S/m]"""
        x = voltage_V / self.thermal_V
        return np.asarray(self.electrons_S_per_m * np.exp(-x) + self.holes_S_per_m * np.exp(x))


def hebb_wagner(
    voltage_V: Array,
    current_A: Array,
    *,
    temperature_K: float,
    thickness_m: float,
    area_m2: float,
    std_A: Array | None = None,
) -> HebbWagner:
    """Least squares of the two exponentials on steady currents, shape (n,), both conductivities not negative.

    The misfit gives the standard deviations, relative to each current, or the currents' own ``std_A`` where these are larger.

    Raises
    ------
    ValueError
        With fewer than three voltages.
    """
    from scipy.optimize import nnls  # type: ignore[attr-defined]

    if voltage_V.size < 3:
        raise ValueError(f"{voltage_V.size} voltages, three are needed")
    thermal = _R_J_PER_MOL_K * temperature_K / _F_C_PER_MOL
    x, scale = voltage_V / thermal, area_m2 * thermal / thickness_m
    design = scale * np.column_stack([1.0 - np.exp(-x), np.expm1(x)])
    # Relative weights: the currents span decades.
    size = np.maximum(np.abs(current_A), 1e-3 * float(np.abs(current_A).max()))
    weighted = design / size[:, None]
    # The columns span decades as well; each is brought to one for the sake of the solver.
    columns = np.linalg.norm(weighted, axis=0)
    scaled, rest = nnls(weighted / columns, current_A / size)
    electrons, holes = (float(value) for value in scaled / columns)
    own = 0.0 if std_A is None else float(np.sqrt(np.mean(np.square(std_A / size))))
    misfit = max(float(rest) / math.sqrt(max(voltage_V.size - 2, 1)), own)
    covariance = np.linalg.pinv((weighted / columns).T @ (weighted / columns)) * misfit**2
    stds = np.sqrt(np.diag(covariance)) / columns
    return HebbWagner(
        electrons_S_per_m=electrons,
        electrons_std=float(stds[0]),
        holes_S_per_m=holes,
        holes_std=float(stds[1]),
        rms_fraction=float(rest) / math.sqrt(voltage_V.size),
        thermal_V=thermal,
        scale_A=scale,
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
