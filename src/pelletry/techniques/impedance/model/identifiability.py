"""Which parameters the data determine, and in one sentence why the others are not.

A parameter is resolved when the half width of its 95 % interval corresponds to a standard deviation of at most 20 %
(exponents: 0.1; Q: 50 %), it does not stand at a limit of the search, the circuit piece it belongs to is needed by the data, and
no other minimum of equal quality has it elsewhere. An inductance is judged otherwise: by its standard error in henry, that of
10 cm of wire (or 5 % of itself), wherever its value lies, also at zero or below. Were it given only when it comes out large against its
error, or significantly above zero, those that noise made large would be chosen and their intervals would be off. The reasons name, in this order: no convergence, a limit of the search, an arc whose
peak lies outside the window, a piece that is not needed, another solution, a correlated partner, the wide interval.
"""

from __future__ import annotations

import attrs
import numpy as np
import numpy.typing as npt

from pelletry.core.arrays import Array
from pelletry.fitting.covariance import correlation_from_covariance
from pelletry.fitting.least_squares import damped_least_squares
from pelletry.fitting.statistics import f_probability
from pelletry.techniques.impedance.model.circuit import Circuit, Node
from pelletry.techniques.impedance.model.elements import LOWEST_N
from pelletry.techniques.impedance.model.fit_result import ParameterVerdict
from pelletry.techniques.impedance.model.problem import Problem

__all__ = ["Evidence", "needless_parts", "verdicts_from_evidence"]

#: Largest standard deviation of a resolved parameter: of its logarithm, and of an exponent.
LARGEST_LOG_STD = 0.2
LARGEST_N_STD = 0.1
#: Q and n go together (its unit changes with n), so Q is naturally less certain than the capacitance it stands for.
LARGEST_LOG_STD_OF_Q = 0.5
#: A cable counts as known when its inductance is known to that of 10 cm of wire, at about 1 uH/m; a larger one to 5 %.
LARGEST_STD_OF_L_H = 1e-7
LARGEST_RELATIVE_STD_OF_L = 0.05
HIGH_CORRELATION = 0.98
#: Pieces whose amplitude is less certain than this are tested by leaving them out.
_SUSPICIOUS_LOG_STD = 0.12
_SIGNIFICANCE = 0.05


@attrs.frozen(kw_only=True)
class Evidence:
    """What is known about one fit when its parameters are judged. ``interval_95`` (p, 2) and ``values`` are natural."""

    circuit: Circuit
    theta: Array
    values: Array
    interval_95: Array
    log_covariance: Array
    lower: Array
    upper: Array
    quantile: float
    window_Hz: tuple[float, float]
    is_converged: bool
    chi2: float
    degrees_of_freedom: float
    rival_values: Array
    rival_chi2: float
    needless: dict[int, float]


def frequency_text(frequency_Hz: float, digits: int = 2) -> str:
    """A frequency as one would say it: 18 MHz, 1.2 kHz, 0.3 Hz.

    >>> frequency_text(1.8e7), frequency_text(1234.0), frequency_text(0.031)
    ('18 MHz', '1.2 kHz', '0.031 Hz')
    """
    for factor, unit in ((1e9, "GHz"), (1e6, "MHz"), (1e3, "kHz"), (1.0, "Hz")):
        if frequency_Hz >= factor or unit == "Hz":
            shown = frequency_Hz / factor
            return f"{float(f'{shown:.{max(digits, 3) if shown >= 100.0 else digits}g}'):g} {unit}"
    raise ValueError(f"{frequency_Hz} is not a frequency")


def needless_parts(
    problem: Problem, theta: Array, chi2: Array, log_std: Array, *, spectra: npt.NDArray[np.intp]
) -> list[dict[int, float]]:
    """Per spectrum: index of the amplitude parameter of each piece the data do not need -> rise of chi2 without it.

    Only pieces in series whose amplitude is uncertain are tested, by fitting again with their impedance held at
    (practically) zero and comparing by the F test at 5 %.
    """
    circuit = problem.circuit
    found: list[dict[int, float]] = [{} for _ in spectra]
    if len(circuit.parts) < 2:
        return found
    cases = [
        (row, part)
        for part in circuit.parts
        if part.element is not None
        for row in np.flatnonzero(log_std[:, part.first] > _SUSPICIOUS_LOG_STD).tolist()
    ]
    if not cases:
        return found
    rows = np.array([row for row, _ in cases])
    start = theta[rows].copy()
    is_held = np.zeros(start.shape, dtype=bool)
    low, high = problem.lower[spectra[rows]].copy(), problem.upper[spectra[rows]].copy()
    for case, (_, part) in enumerate(cases):
        is_held[case, part.first : part.first + part.count] = True
        is_down = circuit.scaling[part.first] > 0
        held = low[case, part.first] if is_down else high[case, part.first]
        start[case, part.first] = 0.0 if part.first in circuit.signed_indices else held
    solved = damped_least_squares(
        lambda t, running: problem.residual_and_jacobian(t, spectra[rows[running]]),
        start,
        lower=low,
        upper=high,
        is_held=is_held,
        longest_step=3.0,
        tolerance=1e-7,
        stall=1e-5,
        max_iterations=50,
        curve=problem.curve,
    )
    counts = problem.point_counts()[spectra]
    size = len(circuit.parameters)
    for (row, part), without in zip(cases, solved.chi2.tolist(), strict=True):
        chance = f_probability(
            chi2_small=without,
            parameters_small=size - part.count,
            chi2_large=float(chi2[row]),
            parameters_large=size,
            count=float(counts[row]),
        )
        if chance > _SIGNIFICANCE:
            found[row][part.first] = without / float(chi2[row]) - 1.0
    return found


def _part_of(circuit: Circuit, index: int) -> Node:
    return next(part for part in circuit.parts if part.first <= index < part.first + part.count)


def _log_width(evidence: Evidence, index: int) -> float:
    """Half width of the interval as a number of standard deviations' worth of ln(value), or of n itself."""
    low, high = evidence.interval_95[index]
    if index in evidence.circuit.n_indices:
        return float(high - low) / (2.0 * evidence.quantile)
    if low <= 0.0 or not np.isfinite(high):
        return float("inf")
    return float(np.log(high) - np.log(low)) / (2.0 * evidence.quantile)


def _is_inductance(evidence: Evidence, index: int) -> bool:
    return evidence.circuit.parameters[index].kind == "L"


def _is_wide(evidence: Evidence, index: int) -> bool:
    if _is_inductance(evidence, index):
        std_H = float(np.sqrt(evidence.log_covariance[index, index]))
        if index not in evidence.circuit.signed_indices:
            std_H *= float(evidence.values[index])
        is_open = not np.isfinite(evidence.interval_95[index]).all()
        return is_open or std_H > max(
            LARGEST_STD_OF_L_H, LARGEST_RELATIVE_STD_OF_L * abs(float(evidence.values[index]))
        )
    largest = {"n": LARGEST_N_STD, "Q": LARGEST_LOG_STD_OF_Q}.get(
        evidence.circuit.parameters[index].kind, LARGEST_LOG_STD
    )
    return _log_width(evidence, index) > largest


def _limit_reason(evidence: Evidence, index: int, name: str) -> str:
    parameter = evidence.circuit.parameters[index]
    if parameter.kind == "n":
        return f"its exponent ran to the limit {LOWEST_N:g}" if evidence.theta[index] <= LOWEST_N + 1e-9 else ""
    slack = 1e-6 * (1.0 + abs(evidence.theta[index]))
    if evidence.lower[index] + slack < evidence.theta[index] < evidence.upper[index] - slack:
        return ""
    return f"{name} ran to the limit of the search, {evidence.values[index]:.3g} {parameter.unit}"


def _window_reason(evidence: Evidence, index: int) -> str:
    part = _part_of(evidence.circuit, index)
    if part.element is None or part.element.symbol not in ("RQ", "RC"):
        return ""
    peak = float(np.exp(-evidence.theta[part.first + 1])) / (2.0 * np.pi)
    low, high = evidence.window_Hz
    if low <= peak <= high:
        return ""
    edge = high if peak > high else low
    digits = 2 if frequency_text(peak) != frequency_text(edge) else 4
    shown = f"its arc peaks at {frequency_text(peak, digits)}, your window ends at {frequency_text(edge, digits)}"
    return shown if peak > high else shown.replace("ends", "begins")


def _needless_reason(evidence: Evidence, index: int) -> str:
    rise = evidence.needless.get(_part_of(evidence.circuit, index).first)
    if rise is None:
        return ""
    return f"the data do not need it: without it chi2 rises by only {100.0 * max(rise, 0.0):.1f} %"


def _needless_at_limit_reason(evidence: Evidence, index: int, name: str) -> str:
    """A piece that ran to zero is needless rather than at a limit, when the test says so; an inductance may be zero."""
    if _is_inductance(evidence, index):
        return ""
    limit = _limit_reason(evidence, index, name)
    return (_needless_reason(evidence, index) or limit) if limit else ""


def _rival_reason(evidence: Evidence, index: int) -> str:
    """Another minimum inside the 95 % contour of chi2, with the parameter outside this one's interval."""
    if not np.isfinite(evidence.rival_chi2) or evidence.chi2 <= 0.0:
        return ""
    ratio = 1.0 + evidence.quantile**2 / evidence.degrees_of_freedom
    value, other = evidence.values[index], evidence.rival_values[index]
    low, high = evidence.interval_95[index]
    is_same = low <= other <= high or abs(other / value - 1.0) < 0.1
    if evidence.rival_chi2 > ratio * evidence.chi2 or is_same:
        return ""
    rise = 100.0 * (evidence.rival_chi2 / evidence.chi2 - 1.0)
    return f"another solution fits nearly as well (chi2 {rise:.1f} % higher) with {other:.3g} instead of {value:.3g}"


def _partner_reason(evidence: Evidence, index: int, correlation: Array) -> str:
    row = np.abs(correlation[index]).copy()
    row[index] = 0.0
    partner = int(np.argmax(row))
    if row[partner] < HIGH_CORRELATION:
        return ""
    other = evidence.circuit.names[partner]
    return f"it cannot be told from {other} (correlation {correlation[index, partner]:+.3f})"


def _wide_reason(evidence: Evidence, index: int) -> str:
    low, high = evidence.interval_95[index]
    unit = evidence.circuit.parameters[index].unit
    shown = "" if unit == "1" else f" {unit}"
    if not np.isfinite(low) and not np.isfinite(high):
        return "the data put no limit on it"
    if (low <= 0.0 and not _is_inductance(evidence, index)) or not np.isfinite(high - low):
        bound = f"below {high:.3g}" if np.isfinite(high) else f"above {low:.3g}"
        return f"the data say only that it is {bound}{shown}"
    return f"its 95 % interval reaches from {low:.3g} to {high:.3g}{shown}"


def verdicts_from_evidence(evidence: Evidence) -> tuple[ParameterVerdict, ...]:
    """One verdict per parameter, in the order of the circuit's names."""
    correlation = correlation_from_covariance(evidence.log_covariance)
    verdicts = []
    for index, name in enumerate(evidence.circuit.names):
        reason = "" if evidence.is_converged else "the fit did not converge"
        reason = reason or _needless_at_limit_reason(evidence, index, name)
        if not reason and _is_wide(evidence, index):
            reason = (
                _window_reason(evidence, index)
                or _needless_reason(evidence, index)
                or _rival_reason(evidence, index)
                or _partner_reason(evidence, index, correlation)
                or _wide_reason(evidence, index)
            )
        if not _is_inductance(evidence, index):
            reason = reason or _needless_reason(evidence, index)
        reason = reason or _rival_reason(evidence, index)
        sentence = f"{name} not resolved: {reason}" if reason else ""
        verdicts.append(ParameterVerdict(name=name, is_resolved=not reason, reason=sentence))
    return tuple(verdicts)
