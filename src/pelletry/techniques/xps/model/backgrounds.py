r"""Backgrounds under photoelectron peaks; the energy is a binding energy and ascends.

* ``linear``: the straight line between the mean levels at both ends of the window.
* ``shirley``, static (Shirley1972): :math:`B(E) = I_0 + (I_1 - I_0) \int_{E_0}^{E} (I - B) / \int_{E_0}^{E_1} (I - B)`, repeated until no point
  changes by more than 1e-6 of the step. The end levels are means of n >= 5 points; n and the iterations are given back.
* ``active`` (HerreraGomez2014): no array at all; the fit adds :math:`b_0 + b_1 (E - E_0) + k \int_{E_0}^{E} peaks` and nothing is pinned.
* ``tougaard`` (Tougaard1989): :math:`B(E) = b + \int_{E' < E} K(E - E') [J(E') - b]\,dE'`, with b the level on the side of low binding energy;
  :math:`K = B T/(C + T^2)^2` (U2; C = 1643 eV^2) or :math:`B T/((C - T^2)^2 + D T^2)` with :math:`K = 0` below a gap :math:`T_0` (U3).
  B = 2866 eV^2 is the universal value; ``scale=None`` fits B so that the background meets the data at the far end.
* ``losses``: no array either; the fit adds a level, a slope and :math:`t \int K(E - E') peaks(E')\,dE'` with :math:`t \ge 0` fitted. What is not a
  peak then does not lose energy here, and nothing has to meet the data at an end.
"""

from __future__ import annotations

import attrs
import numpy as np

from pelletry.core.arrays import Array, array_field

__all__ = [
    "FEWEST_END_POINTS",
    "TOUGAARD_REACH_EV",
    "TOUGAARD_U2_B_EV2",
    "LossFunction",
    "StaticBackground",
    "cumulative_integral",
    "linear_background",
    "shirley_background",
    "tougaard_background",
]

#: The level at an end of the window is the mean of at least this many points.
FEWEST_END_POINTS = 5
#: A Tougaard background needs the losses: this many eV of data beyond the peak, towards high binding energy.
TOUGAARD_REACH_EV = 30.0
TOUGAARD_U2_C_EV2 = 1643.0
TOUGAARD_U2_B_EV2 = 2866.0


@attrs.frozen(kw_only=True)
class StaticBackground:
    """A background computed from the data alone. ``end_std`` is the standard deviation of the mean level at each end."""

    name: str
    background: Array = array_field(doc="shape (k,)")
    end_points: int
    iterations: int = 0
    is_converged: bool = True
    end_levels: tuple[float, float] = (0.0, 0.0)


@attrs.frozen(kw_only=True)
class LossFunction:
    """K(T) of U2 (``d_eV2`` None) or U3, zero below the gap. ``scale_eV2`` is B, None where it is fitted or meets the far end."""

    c_eV2: float = TOUGAARD_U2_C_EV2
    d_eV2: float | None = None
    gap_eV: float = 0.0
    scale_eV2: float | None = None

    def for_scale_one(self, loss_eV: Array) -> Array:
        """K/B [1/eV^3] of losses of any shape [eV]."""
        t2 = loss_eV**2
        below = (self.c_eV2 + t2) ** 2 if self.d_eV2 is None else (self.c_eV2 - t2) ** 2 + self.d_eV2 * t2
        result: Array = np.where((loss_eV > 0.0) & (loss_eV >= self.gap_eV), loss_eV / below, 0.0)
        return result


def cumulative_integral(energy_eV: Array, values: Array) -> Array:
    """Integral from the first energy to each, trapezia, along the last axis; shape of ``values``."""
    result = np.zeros_like(values)
    step = np.diff(energy_eV)
    np.cumsum(0.5 * (values[..., 1:] + values[..., :-1]) * step, axis=-1, out=result[..., 1:])
    return result


def _ends(intensity: Array, end_points: int) -> tuple[float, float]:
    if end_points < FEWEST_END_POINTS:
        raise ValueError(f"{end_points} end points; the level at an end is the mean of {FEWEST_END_POINTS} or more")
    if len(intensity) < 4 * end_points:
        raise ValueError(f"{len(intensity)} points are too few for {end_points} end points on each side")
    return float(intensity[:end_points].mean()), float(intensity[-end_points:].mean())


def _centres(energy_eV: Array, end_points: int) -> tuple[float, float]:
    return float(energy_eV[:end_points].mean()), float(energy_eV[-end_points:].mean())


def linear_background(energy_eV: Array, intensity: Array, *, end_points: int = 7) -> StaticBackground:
    """Straight line through the mean levels at both ends; shape (k,)."""
    low, high = _ends(intensity, end_points)
    e0, e1 = _centres(energy_eV, end_points)
    line = low + (high - low) * (energy_eV - e0) / (e1 - e0)
    return StaticBackground(name="linear", background=line, end_points=end_points, end_levels=(low, high))


def shirley_background(
    energy_eV: Array, intensity: Array, *, end_points: int = 7, tolerance: float = 1e-6, max_iterations: int = 200
) -> StaticBackground:
    """Iterated Shirley background; shape (k,). Not converged is a flag, not an error."""
    low, high = _ends(intensity, end_points)
    step = high - low
    background = np.full_like(intensity, low)
    is_converged = False
    iterations = 0
    while not is_converged and iterations < max_iterations:
        iterations += 1
        area = cumulative_integral(energy_eV, intensity - background)
        if area[-1] == 0.0 or not np.isfinite(area[-1]):
            break
        new = low + step * area / area[-1]
        change = float(np.max(np.abs(new - background)))
        background = new
        is_converged = change <= tolerance * max(abs(step), np.finfo(float).tiny)
    return StaticBackground(
        name="shirley",
        background=background,
        end_points=end_points,
        iterations=iterations,
        is_converged=is_converged,
        end_levels=(low, high),
    )


def _losses(energy_eV: Array, signal: Array, function: LossFunction) -> Array:
    """The loss integral for B = 1, shape (k,); trapezia on the spectrum's own grid."""
    weight = np.gradient(energy_eV)
    weight[[0, -1]] *= 0.5 if len(weight) > 1 else 1.0
    result: Array = function.for_scale_one(energy_eV[:, None] - energy_eV[None, :]) @ (signal * weight)
    return result


def tougaard_background(
    energy_eV: Array, intensity: Array, *, end_points: int = 7, function: LossFunction | None = None
) -> StaticBackground:
    """Tougaard background; shape (k,). Without a ``function`` the universal U2; a function without B: it meets the data at the far end."""
    known = LossFunction() if function is None else function
    low, high = _ends(intensity, end_points)
    losses = _losses(energy_eV, intensity - low, known)
    scale = known.scale_eV2
    if scale is None:
        reached = float(losses[-end_points:].mean())
        scale = (high - low) / reached if reached > 0.0 else 0.0
    name = "tougaard_u2" if known.d_eV2 is None else "tougaard_u3"
    return StaticBackground(name=name, background=low + scale * losses, end_points=end_points, end_levels=(low, high))
