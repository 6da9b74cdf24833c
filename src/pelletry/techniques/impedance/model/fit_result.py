"""What the fit of one circuit to one spectrum gives: numbers with intervals, residuals, and which parameters to trust."""

from __future__ import annotations

import attrs
import numpy as np

from pelletry.core.arrays import Array, ComplexArray, array_field
from pelletry.core.quantity import Estimate

__all__ = ["ArcFit", "CircuitFit", "ParameterVerdict"]


@attrs.frozen(kw_only=True)
class ParameterVerdict:
    """Whether the data determine a parameter; ``reason`` is one plain sentence when they do not, else empty."""

    name: str
    is_resolved: bool
    reason: str = ""


@attrs.frozen(kw_only=True)
class ArcFit:
    """One parallel R-Q (or R-C) pair; the arcs of a fit are ordered by time constant, fastest first.

    ``number`` counts from 1. ``capacitance`` is the effective one (Hsu-Mansfeld, tau/R), never Q.
    """

    number: int
    names: tuple[str, ...]
    resistance: Estimate
    pseudo_capacitance: Estimate
    exponent: Estimate
    capacitance: Estimate
    peak_frequency: Estimate
    tau_s: float
    peak_frequency_Hz: float
    is_peak_inside_window: bool
    is_resolved: bool


@attrs.frozen(kw_only=True)
class CircuitFit:
    """The fit of one circuit to one spectrum. A poor fit is a fit with a large ``rms_relative_residual``, never an error.

    ``values``, ``std``, ``interval_95`` are natural parameters in the order of ``names`` (units in ``units``); an interval
    belongs to the scale on which it was computed (logarithm, except n) and may reach to the bound of a parameter.
    ``log_covariance`` (p, p) is the covariance of ln(value), for exponents and a series L of the value itself.
    ``chi2`` is the weighted sum of squares over real and imaginary parts, ``chi2_reduced`` per degree of freedom.
    ``residuals`` are (measured - fitted)/|measured|, complex; also given for points that were not used.
    ``agreeing`` of the ``starts`` that were followed to their end found this same minimum.
    ``interval_methods`` says per quantity how its interval was obtained: "covariance" or "profile-likelihood".
    ``quantities`` extends the parameters with C_arc, f_arc and R_total, see :mod:`.quantities`.
    """

    circuit_text: str
    names: tuple[str, ...]
    units: tuple[str, ...]
    values: Array = array_field()
    std: Array = array_field()
    interval_95: Array = array_field()
    log_covariance: Array = array_field()
    theta: Array = array_field()
    theta_covariance: Array = array_field()
    chi2: float
    chi2_reduced: float
    degrees_of_freedom: float
    rms_relative_residual: float
    aicc: float
    frequency_Hz: Array = array_field(unit="Hz")
    impedance_ohm: ComplexArray = array_field(dtype=np.complex128, unit="ohm")
    fitted_ohm: ComplexArray = array_field(dtype=np.complex128, unit="ohm")
    residuals: ComplexArray = array_field(dtype=np.complex128)
    weight: Array = array_field()
    starts: int
    agreeing: int
    is_converged: bool
    verdicts: tuple[ParameterVerdict, ...] = ()
    arcs: tuple[ArcFit, ...] = ()
    resistance_total: Estimate | None = None
    quantity_names: tuple[str, ...] = ()
    interval_methods: tuple[str, ...] = ()

    @property
    def is_resolved(self) -> bool:
        """Whether every parameter is resolved."""
        return all(verdict.is_resolved for verdict in self.verdicts)

    def verdict(self, name: str) -> ParameterVerdict:
        return self.verdicts[self.names.index(name)]

    def estimate(self, name: str) -> Estimate:
        """A parameter with its uncertainty."""
        i = self.names.index(name)
        return Estimate(
            value=float(self.values[i]),
            std=float(self.std[i]),
            unit=self.units[i],
            interval_95=(float(self.interval_95[i, 0]), float(self.interval_95[i, 1])),
            method=f"circuit fit {self.circuit_text}, {self.interval_methods[i]} interval",
        )
