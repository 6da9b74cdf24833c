"""From minima to fits as people read them: values, intervals, arcs, verdicts."""

from __future__ import annotations

import attrs
import numpy as np
import numpy.typing as npt

from pelletry.core.arrays import Array, ComplexArray
from pelletry.core.quantity import Estimate
from pelletry.fitting.covariance import covariance_from_normal
from pelletry.fitting.statistics import aicc_from_chi2, student_quantile
from pelletry.techniques.impedance.model.circuit import Circuit
from pelletry.techniques.impedance.model.fit_result import ArcFit, CircuitFit
from pelletry.techniques.impedance.model.identifiability import Evidence, needless_parts, verdicts_from_evidence
from pelletry.techniques.impedance.model.problem import Problem
from pelletry.techniques.impedance.model.quantities import quantity_names
from pelletry.techniques.impedance.model.search import Minima
from pelletry.techniques.impedance.model.spread import (
    Spread,
    is_exponent,
    natural_from_coordinate,
    spread_from_covariance,
    with_profiles,
)

__all__ = ["fits_from_minima"]


@attrs.frozen(kw_only=True)
class _Natural:
    """Reported quantities of n spectra on their natural scale, (n, d)."""

    value: Array
    std: Array
    low: Array
    high: Array
    is_profile: npt.NDArray[np.bool_]

    def method(self, row: int, index: int) -> str:
        return "profile-likelihood" if self.is_profile[row, index] else "covariance"

    def estimate(self, row: int, index: int, unit: str, what: str) -> Estimate:
        low, high = float(self.low[row, index]), float(self.high[row, index])
        return Estimate(
            value=float(self.value[row, index]),
            std=float(self.std[row, index]),
            unit=unit,
            interval_95=(low, high),
            method=f"{what}, {self.method(row, index)} interval",
        )


def _natural(circuit: Circuit, spread: Spread) -> _Natural:
    value = natural_from_coordinate(circuit, spread.centre)
    is_n = is_exponent(circuit, spread.std.shape[1])
    return _Natural(
        value=value,
        std=np.where(is_n, spread.std, np.minimum(spread.std, 1e6) * value),
        low=natural_from_coordinate(circuit, spread.low),
        high=natural_from_coordinate(circuit, spread.high),
        is_profile=spread.is_profile,
    )


def _arcs(
    circuit: Circuit, natural: _Natural, row: int, theta: Array, window_Hz: tuple[float, float], is_good: list[bool]
) -> tuple[ArcFit, ...]:
    what = f"circuit fit {circuit.text}"

    def estimate(index: int, unit: str) -> Estimate:
        return natural.estimate(row, index, unit, what)

    found = []
    for i, arc in enumerate(circuit.arcs):
        derived = len(circuit.parameters) + 2 * i
        ideal = Estimate(value=1.0, unit="1", method="ideal capacitor of the circuit")
        tau = float(np.exp(theta[arc.pseudo_capacitance]))
        peak = 1.0 / (2.0 * np.pi * tau)
        found.append(
            ArcFit(
                number=i + 1,
                names=tuple(circuit.names[j] for j in arc.indices),
                resistance=estimate(arc.resistance, "ohm"),
                pseudo_capacitance=estimate(arc.pseudo_capacitance, circuit.parameters[arc.pseudo_capacitance].unit),
                exponent=ideal if arc.n is None else estimate(arc.n, "1"),
                capacitance=estimate(derived, "F"),
                peak_frequency=estimate(derived + 1, "Hz"),
                tau_s=tau,
                peak_frequency_Hz=peak,
                is_peak_inside_window=window_Hz[0] <= peak <= window_Hz[1],
                is_resolved=all(is_good[j] for j in arc.indices),
            )
        )
    return tuple(found)


def _total(circuit: Circuit, natural: _Natural, row: int) -> Estimate | None:
    if natural.std[row, -1] == 0.0:
        return None
    return natural.estimate(
        row, natural.std.shape[1] - 1, "ohm", f"sum of resistances of the circuit fit {circuit.text}"
    )


def fits_from_minima(
    problem: Problem,
    minima: Minima,
    frequency_Hz: Array,
    impedance_ohm: ComplexArray,
    use: npt.NDArray[np.bool_],
    *,
    is_profiled: bool,
) -> tuple[CircuitFit, ...]:
    """One fit per spectrum of the problem, in their order."""
    circuit = problem.circuit
    size = len(circuit.parameters)
    counts = problem.point_counts()
    freedom = counts - size
    variance = minima.chi2 / freedom
    covariance = covariance_from_normal(minima.normal) * variance[:, None, None]
    known = {left: student_quantile(left) for left in set(freedom.tolist())}
    quantile = np.array([known[left] for left in freedom.tolist()])
    spread = spread_from_covariance(circuit, minima.theta, covariance, quantile)
    if is_profiled:
        spread = with_profiles(problem, spread, minima.theta, minima.chi2, freedom, quantile)
    natural = _natural(circuit, spread)
    aicc = aicc_from_chi2(minima.chi2, count=counts, parameters=size)
    fitted = circuit.root.evaluate(problem.ln_omega, minima.theta, None)
    with np.errstate(divide="ignore", invalid="ignore"):
        residuals = (impedance_ohm - fitted) / np.abs(impedance_ohm)
    rms = np.sqrt(np.sum(np.abs(np.where(use, residuals, 0.0)) ** 2, axis=1) / use.sum(axis=1))
    log_std = np.sqrt(np.einsum("bii->bi", spread.covariance[:, :size, :size]))
    everyone = np.arange(len(variance))
    needless = needless_parts(problem, minima.theta, minima.chi2, log_std, spectra=everyone)
    rival_values = circuit.values_from_theta(minima.rival_theta)
    fits = []
    for i in everyone.tolist():
        used = frequency_Hz[use[i]]
        window_Hz = (float(used.min()), float(used.max()))
        interval = np.stack([natural.low[i, :size], natural.high[i, :size]], axis=1)
        verdicts = verdicts_from_evidence(
            Evidence(
                circuit=circuit,
                theta=minima.theta[i],
                values=natural.value[i, :size],
                interval_95=interval,
                log_covariance=spread.covariance[i, :size, :size],
                lower=problem.lower[i],
                upper=problem.upper[i],
                quantile=float(quantile[i]),
                window_Hz=window_Hz,
                is_converged=bool(minima.is_converged[i]),
                chi2=float(minima.chi2[i]),
                degrees_of_freedom=float(freedom[i]),
                rival_values=rival_values[i],
                rival_chi2=float(minima.rival_chi2[i]),
                needless=needless[i],
            )
        )
        fits.append(
            CircuitFit(
                circuit_text=circuit.text,
                names=circuit.names,
                units=tuple(parameter.unit for parameter in circuit.parameters),
                values=natural.value[i, :size],
                std=natural.std[i, :size],
                interval_95=interval,
                log_covariance=spread.covariance[i, :size, :size],
                theta=minima.theta[i],
                theta_covariance=covariance[i],
                chi2=float(minima.chi2[i]),
                chi2_reduced=float(variance[i]),
                degrees_of_freedom=float(freedom[i]),
                rms_relative_residual=float(rms[i]),
                aicc=float(aicc[i]),
                frequency_Hz=frequency_Hz,
                impedance_ohm=impedance_ohm[i],
                fitted_ohm=fitted[i],
                residuals=residuals[i],
                weight=problem.weight[i],
                starts=minima.starts,
                agreeing=int(minima.agreeing[i]),
                is_converged=bool(minima.is_converged[i]),
                verdicts=verdicts,
                arcs=_arcs(circuit, natural, i, minima.theta[i], window_Hz, [v.is_resolved for v in verdicts]),
                resistance_total=_total(circuit, natural, i),
                quantity_names=quantity_names(circuit),
                interval_methods=tuple(natural.method(i, k) for k in range(natural.std.shape[1])),
            )
        )
    return tuple(fits)
