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
from pelletry.techniques.impedance.model.fit_result import ArcFit, CircuitFit, ParameterVerdict
from pelletry.techniques.impedance.model.identifiability import Evidence, needless_parts, verdicts_from_evidence
from pelletry.techniques.impedance.model.problem import Problem
from pelletry.techniques.impedance.model.quantities import quantity_names
from pelletry.techniques.impedance.model.search import Minima
from pelletry.techniques.impedance.model.spread import (
    Spread,
    is_linear,
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
    stays = is_linear(circuit, spread.std.shape[1])
    return _Natural(
        value=value,
        std=np.where(stays, spread.std, np.minimum(spread.std, 1e6) * value),
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


@attrs.frozen(kw_only=True)
class _Batch:
    """Everything known about n fits of one circuit, as arrays over the spectra."""

    problem: Problem
    minima: Minima
    frequency_Hz: Array
    impedance_ohm: ComplexArray
    use: npt.NDArray[np.bool_]
    freedom: Array
    quantile: Array
    covariance: Array
    spread: Spread
    natural: _Natural
    aicc: Array
    fitted_ohm: ComplexArray
    residuals: ComplexArray
    rms: Array
    rival_values: Array
    needless: list[dict[int, float]]

    def window_Hz(self, row: int) -> tuple[float, float]:
        used = self.frequency_Hz[self.use[row]]
        return float(used.min()), float(used.max())


def _batch(
    problem: Problem,
    minima: Minima,
    frequency_Hz: Array,
    impedance_ohm: ComplexArray,
    use: npt.NDArray[np.bool_],
    is_profiled: bool,
) -> _Batch:
    circuit, size = problem.circuit, len(problem.circuit.parameters)
    counts = problem.point_counts()
    freedom = counts - size
    covariance = covariance_from_normal(minima.normal) * (minima.chi2 / freedom)[:, None, None]
    known = {left: student_quantile(left) for left in set(freedom.tolist())}
    quantile = np.array([known[left] for left in freedom.tolist()])
    spread = spread_from_covariance(circuit, minima.theta, covariance, quantile)
    log_std = spread.std[:, :size].copy()
    signed = list(circuit.signed_indices)
    log_std[:, signed] /= np.maximum(np.abs(spread.centre[:, signed]), 1e-300)
    if is_profiled:
        spread = with_profiles(problem, spread, minima.theta, minima.chi2, freedom, quantile)
    fitted = circuit.root.evaluate(problem.ln_omega, minima.theta, None)
    with np.errstate(divide="ignore", invalid="ignore"):
        residuals = (impedance_ohm - fitted) / np.abs(impedance_ohm)
    everyone = np.arange(len(counts))
    return _Batch(
        problem=problem,
        minima=minima,
        frequency_Hz=frequency_Hz,
        impedance_ohm=impedance_ohm,
        use=use,
        freedom=freedom,
        quantile=quantile,
        covariance=covariance,
        spread=spread,
        natural=_natural(circuit, spread),
        aicc=aicc_from_chi2(minima.chi2, count=counts, parameters=size),
        fitted_ohm=fitted,
        residuals=residuals,
        rms=np.sqrt(np.sum(np.abs(np.where(use, residuals, 0.0)) ** 2, axis=1) / use.sum(axis=1)),
        rival_values=circuit.values_from_theta(minima.rival_theta),
        needless=needless_parts(problem, minima.theta, minima.chi2, log_std, spectra=everyone),
    )


def _verdicts(batch: _Batch, row: int, interval_95: Array) -> tuple[ParameterVerdict, ...]:
    size = len(batch.problem.circuit.parameters)
    return verdicts_from_evidence(
        Evidence(
            circuit=batch.problem.circuit,
            theta=batch.minima.theta[row],
            values=batch.natural.value[row, :size],
            interval_95=interval_95,
            log_covariance=batch.spread.covariance[row, :size, :size],
            lower=batch.problem.lower[row],
            upper=batch.problem.upper[row],
            quantile=float(batch.quantile[row]),
            window_Hz=batch.window_Hz(row),
            is_converged=bool(batch.minima.is_converged[row]),
            chi2=float(batch.minima.chi2[row]),
            degrees_of_freedom=float(batch.freedom[row]),
            rival_values=batch.rival_values[row],
            rival_chi2=float(batch.minima.rival_chi2[row]),
            needless=batch.needless[row],
        )
    )


def _fit(batch: _Batch, row: int) -> CircuitFit:
    circuit, minima, natural = batch.problem.circuit, batch.minima, batch.natural
    size = len(circuit.parameters)
    interval = np.stack([natural.low[row, :size], natural.high[row, :size]], axis=1)
    verdicts = _verdicts(batch, row, interval)
    is_good = [verdict.is_resolved for verdict in verdicts]
    return CircuitFit(
        circuit_text=circuit.text,
        names=circuit.names,
        units=tuple(parameter.unit for parameter in circuit.parameters),
        values=natural.value[row, :size],
        std=natural.std[row, :size],
        interval_95=interval,
        log_covariance=batch.spread.covariance[row, :size, :size],
        theta=minima.theta[row],
        theta_covariance=batch.covariance[row],
        chi2=float(minima.chi2[row]),
        chi2_reduced=float(minima.chi2[row] / batch.freedom[row]),
        degrees_of_freedom=float(batch.freedom[row]),
        rms_relative_residual=float(batch.rms[row]),
        aicc=float(batch.aicc[row]),
        frequency_Hz=batch.frequency_Hz,
        impedance_ohm=batch.impedance_ohm[row],
        fitted_ohm=batch.fitted_ohm[row],
        residuals=batch.residuals[row],
        weight=batch.problem.weight[row],
        starts=minima.starts,
        agreeing=int(minima.agreeing[row]),
        is_converged=bool(minima.is_converged[row]),
        verdicts=verdicts,
        arcs=_arcs(circuit, natural, row, minima.theta[row], batch.window_Hz(row), is_good),
        resistance_total=_total(circuit, natural, row),
        quantity_names=quantity_names(circuit),
        interval_methods=tuple(natural.method(row, k) for k in range(natural.std.shape[1])),
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
    """One fit per spectrum of the problem, in their order.

    ``impedance_ohm`` (n, m) holds what was measured, ``use`` (n, m) which points counted; ``is_profiled`` asks for
    profile-likelihood intervals where the covariance is not to be trusted.
    """
    batch = _batch(problem, minima, frequency_Hz, impedance_ohm, use, is_profiled)
    return tuple(_fit(batch, row) for row in range(len(minima.chi2)))
