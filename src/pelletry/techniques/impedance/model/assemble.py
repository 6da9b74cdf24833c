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
from pelletry.techniques.impedance.model.elements import LOWEST_N
from pelletry.techniques.impedance.model.fit_result import ArcFit, CircuitFit
from pelletry.techniques.impedance.model.identifiability import Evidence, needless_parts, verdicts_from_evidence
from pelletry.techniques.impedance.model.problem import Problem
from pelletry.techniques.impedance.model.quantities import quantities_at, quantity_names
from pelletry.techniques.impedance.model.search import Minima

__all__ = ["Spread", "fits_from_minima"]


@attrs.frozen(kw_only=True)
class Spread:
    """Of all reported quantities of n spectra: value, standard deviation and 95 % interval on the natural scale, (n, d)."""

    value: Array
    std: Array
    low: Array
    high: Array
    methods: tuple[tuple[str, ...], ...]
    log_covariance: Array


def _is_exponent(circuit: Circuit, size: int) -> npt.NDArray[np.bool_]:
    is_n = np.zeros(size, dtype=bool)
    is_n[list(circuit.n_indices)] = True
    return is_n


def natural_from_coordinate(circuit: Circuit, coordinate: Array) -> Array:
    """Natural values of quantity coordinates (..., d): exponents stay, inside their limits; the rest is exponentiated."""
    is_n = _is_exponent(circuit, coordinate.shape[-1])
    limited = np.clip(coordinate, -700.0, 700.0)
    result: Array = np.where(is_n, np.clip(coordinate, LOWEST_N, 1.0), np.exp(np.where(is_n, 0.0, limited)))
    return result


def _spread(circuit: Circuit, theta: Array, covariance: Array, quantile: Array) -> Spread:
    """Intervals from the covariance, on the scale of each quantity's coordinate."""
    reported = quantities_at(circuit, theta)
    spread = reported.gradient @ covariance @ reported.gradient.transpose(0, 2, 1)
    std = np.sqrt(np.maximum(np.einsum("bii->bi", spread), 0.0))
    half = quantile[:, None] * std
    value = natural_from_coordinate(circuit, reported.coordinate)
    size = len(circuit.parameters)
    return Spread(
        value=value,
        std=np.where(_is_exponent(circuit, std.shape[1]), std, np.minimum(std, 1e6) * value),
        low=natural_from_coordinate(circuit, reported.coordinate - half),
        high=natural_from_coordinate(circuit, reported.coordinate + half),
        methods=(("covariance",) * std.shape[1],) * len(theta),
        log_covariance=spread[:, :size, :size],
    )


def _arcs(
    circuit: Circuit, spread: Spread, row: int, theta: Array, window_Hz: tuple[float, float], is_good: list[bool]
) -> tuple[ArcFit, ...]:
    def estimate(index: int, unit: str) -> Estimate:
        return Estimate(
            value=float(spread.value[row, index]),
            std=float(spread.std[row, index]),
            unit=unit,
            interval_95=(float(spread.low[row, index]), float(spread.high[row, index])),
            method=f"circuit fit {circuit.text}, {spread.methods[row][index]} interval",
        )

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


def _total(circuit: Circuit, spread: Spread, row: int) -> Estimate | None:
    if not any(p.kind in ("R", "Ws") for p in circuit.parameters) or spread.std[row, -1] == 0.0:
        return None
    return Estimate(
        value=float(spread.value[row, -1]),
        std=float(spread.std[row, -1]),
        unit="ohm",
        interval_95=(float(spread.low[row, -1]), float(spread.high[row, -1])),
        method=f"sum of resistances of the circuit fit {circuit.text}, {spread.methods[row][-1]} interval",
    )


def fits_from_minima(
    problem: Problem,
    minima: Minima,
    frequency_Hz: Array,
    impedance_ohm: ComplexArray,
    use: npt.NDArray[np.bool_],
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
    spread = _spread(circuit, minima.theta, covariance, quantile)
    aicc = aicc_from_chi2(minima.chi2, count=counts, parameters=size)
    fitted = circuit.root.evaluate(problem.ln_omega, minima.theta, None)
    with np.errstate(divide="ignore", invalid="ignore"):
        residuals = (impedance_ohm - fitted) / np.abs(impedance_ohm)
    rms = np.sqrt(np.sum(np.abs(np.where(use, residuals, 0.0)) ** 2, axis=1) / use.sum(axis=1))
    log_std = np.sqrt(np.einsum("bii->bi", spread.log_covariance))
    everyone = np.arange(len(variance))
    needless = needless_parts(problem, minima.theta, minima.chi2, log_std, spectra=everyone)
    rival_values = circuit.values_from_theta(minima.rival_theta)
    fits = []
    for i in everyone.tolist():
        used = frequency_Hz[use[i]]
        window_Hz = (float(used.min()), float(used.max()))
        interval = np.stack([spread.low[i, :size], spread.high[i, :size]], axis=1)
        verdicts = verdicts_from_evidence(
            Evidence(
                circuit=circuit,
                theta=minima.theta[i],
                values=spread.value[i, :size],
                interval_95=interval,
                log_covariance=spread.log_covariance[i],
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
                values=spread.value[i, :size],
                std=spread.std[i, :size],
                interval_95=interval,
                log_covariance=spread.log_covariance[i],
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
                arcs=_arcs(circuit, spread, i, minima.theta[i], window_Hz, [v.is_resolved for v in verdicts]),
                resistance_total=_total(circuit, spread, i),
                quantity_names=quantity_names(circuit),
                interval_methods=spread.methods[i],
            )
        )
    return tuple(fits)
