r"""Capacitances behind constant phase elements, with their uncertainty. Q itself is never a capacitance.

Constant phase element: :math:`Z = 1/(Q (j\omega)^n)`, Q in S s^n. Which capacitance it stands for depends on where the
spread of time constants lies (Hirschorn2010): along the normal of the electrode, as in grains and grain boundaries
(Hsu-Mansfeld), or along the surface, as on an electrode (Brug).

All uncertainties follow from the covariance of the logs by the delta method. Capacitances and time constants are
positive and their errors multiply, so the 95 % interval is symmetric in the log: value * exp(±1.96 std of the log).
"""

from __future__ import annotations

import math

import numpy as np

from pelletry.core.arrays import Array
from pelletry.core.quantity import Estimate
from pelletry.reference.constants import ELECTRIC_CONSTANT_F_PER_M

__all__ = [
    "arc_capacitance",
    "arc_peak_frequency",
    "arc_time_constant",
    "brug_blocking_capacitance",
    "brug_capacitance",
    "capacitance_brug",
    "capacitance_brug_blocking",
    "capacitance_hsu_mansfeld",
    "peak_frequency_from_time_constant",
    "permittivity_from_capacitance",
    "relative_permittivity",
    "time_constant_from_arc",
]

SOURCES = ("HsuMansfeld2001", "Brug1984", "Hirschorn2010")


def time_constant_from_arc(*, resistance_ohm: float, q: float, n: float) -> float:
    r"""Time constant of a resistance parallel to a constant phase element, :math:`\tau = (R Q)^{1/n}`. [s]"""
    return math.exp((math.log(resistance_ohm) + math.log(q)) / n)


def peak_frequency_from_time_constant(*, time_constant_s: float) -> float:
    r"""Frequency at the top of the arc, :math:`f = 1/(2 \pi \tau)`. [Hz]"""
    return 1.0 / (2.0 * math.pi * time_constant_s)


def capacitance_hsu_mansfeld(*, resistance_ohm: float, q: float, n: float) -> float:
    r"""Effective capacitance of an arc, :math:`C = (Q R^{1-n})^{1/n}`, which is :math:`1/(R\,\omega_{peak})`. [F]

    For bulk and grain-boundary arcs (time constants spread along the current). Source: HsuMansfeld2001, Hirschorn2010.
    """
    return math.exp((math.log(q) + (1.0 - n) * math.log(resistance_ohm)) / n)


def capacitance_brug(*, series_resistance_ohm: float, resistance_ohm: float, q: float, n: float) -> float:
    r"""Effective capacitance of an electrode, :math:`C = [Q (1/R_s + 1/R)^{n-1}]^{1/n}`. [F]

    ``series_resistance_ohm`` is everything in series before the electrode: the whole pellet. Source: Brug1984.
    """
    conductance = 1.0 / series_resistance_ohm + 1.0 / resistance_ohm
    return math.exp((math.log(q) + (n - 1.0) * math.log(conductance)) / n)


def capacitance_brug_blocking(*, series_resistance_ohm: float, q: float, n: float) -> float:
    r"""Brug's capacitance for an electrode that blocks (R to infinity), :math:`C = (Q R_s^{1-n})^{1/n}`. [F]"""
    return math.exp((math.log(q) + (1.0 - n) * math.log(series_resistance_ohm)) / n)


def permittivity_from_capacitance(*, capacitance_F: float, cell_constant_per_m: float) -> float:
    r"""Relative permittivity of a plate capacitor, :math:`\varepsilon_r = C k / \varepsilon_0` with k = l/A. [1]"""
    return capacitance_F * cell_constant_per_m / ELECTRIC_CONSTANT_F_PER_M


def _log_estimate(*, value: float, gradient: list[float], covariance: Array | None, unit: str, method: str) -> Estimate:
    """An estimate whose error is symmetric in the log; ``gradient`` is d ln(value) / d(parameters of the covariance)."""
    if covariance is None:
        return Estimate(value=value, unit=unit, method=method)
    g = np.asarray(gradient)
    variance = float(g @ np.asarray(covariance) @ g)
    if not math.isfinite(variance) or variance < 0:
        return Estimate(value=value, unit=unit, method=f"{method}; uncertainty not determined by the fit")
    spread = math.sqrt(variance)
    if spread > 10.0:  # a factor e^10 either way: the fit does not determine it
        return Estimate(value=value, unit=unit, method=f"{method}; uncertain by more than four powers of ten")
    factor = math.exp(1.96 * spread)
    return Estimate(
        value=value, std=value * spread, unit=unit, method=method, interval_95=(value / factor, value * factor)
    )


def arc_time_constant(*, resistance_ohm: float, q: float, n: float, covariance: Array | None) -> Estimate:
    """Time constant of an arc with its uncertainty; ``covariance`` (3, 3) is that of (ln R, ln Q, n), None if not known."""
    value = time_constant_from_arc(resistance_ohm=resistance_ohm, q=q, n=n)
    gradient = [1.0 / n, 1.0 / n, -math.log(value) / n]
    return _log_estimate(value=value, gradient=gradient, covariance=covariance, unit="s", method="(R Q)^(1/n)")


def arc_peak_frequency(*, resistance_ohm: float, q: float, n: float, covariance: Array | None) -> Estimate:
    """Frequency at the top of an arc with its uncertainty; ``covariance`` (3, 3) is that of (ln R, ln Q, n)."""
    tau = time_constant_from_arc(resistance_ohm=resistance_ohm, q=q, n=n)
    value = peak_frequency_from_time_constant(time_constant_s=tau)
    gradient = [-1.0 / n, -1.0 / n, math.log(tau) / n]
    return _log_estimate(value=value, gradient=gradient, covariance=covariance, unit="Hz", method="1/(2 pi tau)")


def arc_capacitance(*, resistance_ohm: float, q: float, n: float, covariance: Array | None) -> Estimate:
    """Hsu-Mansfeld capacitance of an arc with its uncertainty; ``covariance`` (3, 3) is that of (ln R, ln Q, n)."""
    value = capacitance_hsu_mansfeld(resistance_ohm=resistance_ohm, q=q, n=n)
    gradient = [(1.0 - n) / n, 1.0 / n, -(math.log(resistance_ohm) + math.log(q)) / n**2]
    method = "Hsu-Mansfeld, (Q R^(1-n))^(1/n)"
    return _log_estimate(value=value, gradient=gradient, covariance=covariance, unit="F", method=method)


def brug_capacitance(
    *, series_resistance_ohm: float, resistance_ohm: float, q: float, n: float, covariance: Array | None
) -> Estimate:
    """Brug capacitance of an electrode with its uncertainty; ``covariance`` (4, 4) is that of (ln Rs, ln R, ln Q, n)."""
    value = capacitance_brug(series_resistance_ohm=series_resistance_ohm, resistance_ohm=resistance_ohm, q=q, n=n)
    series, parallel = 1.0 / series_resistance_ohm, 1.0 / resistance_ohm
    conductance = series + parallel
    by_log_g = (n - 1.0) / n
    gradient = [
        -by_log_g * series / conductance,
        -by_log_g * parallel / conductance,
        1.0 / n,
        (math.log(conductance) - math.log(q)) / n**2,
    ]
    method = "Brug, (Q (1/Rs + 1/R)^(n-1))^(1/n)"
    return _log_estimate(value=value, gradient=gradient, covariance=covariance, unit="F", method=method)


def brug_blocking_capacitance(
    *, series_resistance_ohm: float, q: float, n: float, covariance: Array | None
) -> Estimate:
    """Brug capacitance of a blocking electrode; ``covariance`` (3, 3) is that of (ln Rs, ln Q, n), Rs the whole pellet."""
    value = capacitance_brug_blocking(series_resistance_ohm=series_resistance_ohm, q=q, n=n)
    gradient = [(1.0 - n) / n, 1.0 / n, -(math.log(series_resistance_ohm) + math.log(q)) / n**2]
    method = "Brug, blocking electrode, (Q Rs^(1-n))^(1/n)"
    return _log_estimate(value=value, gradient=gradient, covariance=covariance, unit="F", method=method)


def relative_permittivity(
    *, capacitance: Estimate, cell_constant_per_m: float, cell_constant_relative_std: float | None
) -> Estimate:
    """Relative permittivity with the errors of capacitance and geometry; std None when either is not known."""
    value = permittivity_from_capacitance(capacitance_F=capacitance.value, cell_constant_per_m=cell_constant_per_m)
    covariance = None
    if capacitance.std is not None and cell_constant_relative_std is not None:
        variances = [(capacitance.std / capacitance.value) ** 2, cell_constant_relative_std**2]
        covariance = np.diag(variances)
    return _log_estimate(
        value=value,
        gradient=[1.0, 1.0],
        covariance=covariance,
        unit="1",
        method=f"C k / eps0, C by {capacitance.method}",
    )
