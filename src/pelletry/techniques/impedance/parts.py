"""From fits to the parts of the pellet: which resistance is bulk, which grain boundary, and their sum, with covariance."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import attrs
import numpy as np

from pelletry.core.arrays import Array
from pelletry.core.quantity import Estimate, Quantity, Unresolved
from pelletry.techniques.impedance.model.assignment import (
    REFERENCE_CELL_CONSTANT_PER_M,
    ArcEvidence,
    Assignment,
    assign_path,
    pooled_capacitance,
)
from pelletry.techniques.impedance.model.capacitance import brug_blocking_capacitance
from pelletry.techniques.impedance.model.circuit import Circuit, parse_circuit
from pelletry.techniques.impedance.model.fit_result import ArcFit, CircuitFit
from pelletry.techniques.impedance.result import PathElement

__all__ = ["PartSum", "assigned_paths", "electrode_capacitance", "part_correlation", "part_sum", "path_without_roles"]

#: A resistance known worse than this is not given as a number (the expert's rule for grain resistances).
LARGEST_LOG_STD = 0.2
#: Parts that are no resistance of the pellet.
_OUTSIDE_THE_PELLET = ("electrode", "leads")
NOT_ASSIGNED = "not assigned"


@attrs.frozen(kw_only=True)
class PartSum:
    """The resistance of one part in one spectrum; ``elements`` names the circuit's resistances that it sums."""

    resistance: Quantity
    log_std: float | None
    elements: tuple[str, ...]


# -- what stands for what ----------------------------------------------------------------------------------------------


def assigned_paths(
    fits: Sequence[CircuitFit], *, cell_constant_per_m: float | None
) -> tuple[tuple[PathElement, ...], ...]:
    """The resistances on the way of the current in each fit and what they stand for.

    Spectra of one circuit are judged together: an arc's capacitance is the median over them, since the capacitance of
    grains and boundaries hardly changes with temperature.
    """
    roles = {
        text: _assignments(parse_circuit(text), [f for f in fits if f.circuit_text == text], cell_constant_per_m)
        for text in dict.fromkeys(f.circuit_text for f in fits)
    }
    return tuple(_path(fit, roles[fit.circuit_text], cell_constant_per_m) for fit in fits)


def path_without_roles(fit: CircuitFit, known: Mapping[str, tuple[str, str]]) -> tuple[PathElement, ...]:
    """The path of a cell that is no blocked pellet: each resistance with its arc, assigned only where ``known`` says to what and why."""
    count = len(fit.arcs) + bool(series_resistances(parse_circuit(fit.circuit_text)))
    nobody = Assignment(name="", role="undecided", candidates=(), reason="")
    path = _path(fit, [nobody] * count, None)
    return tuple(_assigned(element, *known.get(element.name, (NOT_ASSIGNED, ""))) for element in path)


def _assigned(element: PathElement, part: str, reason: str) -> PathElement:
    per_cell = None if element.capacitance is None else Unresolved(reason="only for blocked pellets", unit="F")
    return attrs.evolve(element, part=part, reason=reason, capacitance_per_cell=per_cell)


def series_resistances(circuit: Circuit) -> tuple[int, ...]:
    """Indices of the resistors in series on the highest level."""
    return tuple(part.first for part in circuit.parts if part.element is not None and part.element.symbol == "R")


def _assignments(
    circuit: Circuit, fits: Sequence[CircuitFit], cell_constant_per_m: float | None
) -> tuple[Assignment, ...]:
    series = series_resistances(circuit)
    resistance_ohm = None
    if series:
        resistance_ohm = float(np.exp(np.median([math.log(max(f.values[series[0]], 1e-300)) for f in fits])))
    evidence = []
    for i in range(len(circuit.arcs)):
        of_arc = [f.arcs[i] for f in fits]
        known = [a.capacitance for a in of_arc if a.is_resolved] or [
            a.capacitance for a in of_arc if _log_std(a.capacitance) < LARGEST_LOG_STD
        ]
        pooled = pooled_capacitance(known)
        why_not = "" if pooled is not None else _why_not(fits, i)
        middle = float(np.exp(np.median([math.log(a.resistance.value) for a in of_arc])))
        evidence.append(
            ArcEvidence(
                name=f"arc {i + 1}",
                resistance_ohm=middle,
                capacitance=pooled,
                is_resolved=pooled is not None,
                why_not=why_not,
            )
        )
    return assign_path(
        arcs=evidence,
        series_resistance_ohm=resistance_ohm,
        is_blocking=circuit.electrode is not None,
        cell_constant_per_m=cell_constant_per_m,
        highest_frequency_Hz=max(float(f.frequency_Hz.max()) for f in fits),
    )


def _log_std(estimate: Estimate) -> float:
    """The relative standard deviation; infinite where it is not known or the interval has no end."""
    if estimate.interval_95 is not None and not all(map(math.isfinite, estimate.interval_95)):
        return math.inf
    return math.inf if estimate.std is None else estimate.std / abs(estimate.value)


def _why_not(fits: Sequence[CircuitFit], arc: int) -> str:
    for fit in fits:
        for name in fit.arcs[arc].names:
            if not fit.verdict(name).is_resolved:
                return fit.verdict(name).reason
    return "its capacitance is not determined by these spectra"


def _path(fit: CircuitFit, roles: Sequence[Assignment], cell_constant_per_m: float | None) -> tuple[PathElement, ...]:
    circuit = parse_circuit(fit.circuit_text)
    series = series_resistances(circuit)
    found: list[PathElement] = []
    left = list(roles)
    for index, first in enumerate(series):
        # Only the first series resistor is judged; a second one cannot be told from it by any spectrum.
        role = left.pop(0) if index == 0 else roles[0]
        name = circuit.names[first]
        found.append(PathElement(name=name, resistance=_parameter(fit, name), part=_part(role), reason=role.reason))
    for arc, role in zip(fit.arcs, left, strict=True):
        found.append(_arc_element(fit, arc, role, cell_constant_per_m))
    return tuple(found)


def _part(role: Assignment) -> str:
    return role.role.replace(" ", "_")


def _parameter(fit: CircuitFit, name: str) -> Quantity:
    verdict = fit.verdict(name)
    estimate = fit.estimate(name)
    return estimate if verdict.is_resolved else Unresolved(reason=verdict.reason, unit=estimate.unit)


def _arc_element(fit: CircuitFit, arc: ArcFit, role: Assignment, cell_constant_per_m: float | None) -> PathElement:
    capacitance: Quantity = arc.capacitance
    peak: Quantity = arc.peak_frequency
    if _log_std(arc.capacitance) > LARGEST_LOG_STD:
        capacitance = Unresolved(reason=_uncertain("capacitance", arc.capacitance), unit="F")
    if _log_std(arc.peak_frequency) > LARGEST_LOG_STD:
        peak = Unresolved(reason=_uncertain("peak frequency", arc.peak_frequency), unit="Hz")
    per_cell: Quantity = Unresolved(reason="thickness and electrode area are not given", unit="F")
    if isinstance(capacitance, Unresolved):
        per_cell = capacitance
    elif cell_constant_per_m is not None:
        per_cell = capacitance.scaled(cell_constant_per_m / REFERENCE_CELL_CONSTANT_PER_M, unit="F")
    return PathElement(
        name=arc.names[0],
        resistance=_parameter(fit, arc.names[0]),
        q=_parameter(fit, arc.names[1]),
        n=_parameter(fit, arc.names[2]) if len(arc.names) > 2 else None,
        capacitance=capacitance,
        capacitance_per_cell=per_cell,
        peak_frequency=peak,
        part=_part(role),
        reason=role.reason,
    )


def _uncertain(what: str, estimate: Estimate) -> str:
    spread = _log_std(estimate)
    words = "by more than a factor of two" if spread > 0.7 else f"by {100 * spread:.0f} %"
    return f"{what} not resolved: the spectrum leaves it uncertain {words}"


# -- sums --------------------------------------------------------------------------------------------------------------


def part_sum(fit: CircuitFit, path: Sequence[PathElement], part: str) -> PartSum | None:
    """The resistance of ``bulk``, ``grain_boundary`` or ``total``; None when no element stands for it.

    The total is everything between the electrodes; its error knows that resistances of overlapping arcs are anticorrelated.
    """
    inside = [e for e in path if e.part not in _OUTSIDE_THE_PELLET]
    if part == "total":
        if len(inside) == len(path) and fit.resistance_total is not None:
            return _judged(fit, fit.resistance_total, tuple(e.name for e in path), part)
        chosen = inside
    else:
        chosen = [e for e in path if e.part == part]
    if not chosen:
        return None
    for element in chosen:
        if isinstance(element.resistance, Unresolved) and part != "total":
            return PartSum(resistance=element.resistance, log_std=None, elements=tuple(e.name for e in chosen))
    names = tuple(e.name for e in chosen)
    gradient = _share_gradient(fit, names)
    value = float(sum(fit.values[fit.names.index(name)] for name in names))
    log_std = math.sqrt(max(float(gradient @ fit.log_covariance @ gradient), 0.0))
    factor = math.exp(min(1.96 * log_std, 300.0))
    estimate = Estimate(
        value=value,
        std=value * log_std,
        unit="ohm",
        method=f"{' + '.join(names)} of {fit.circuit_text}, covariance of the fit",
        interval_95=(value / factor, value * factor),
    )
    if len(names) == 1:
        estimate = fit.estimate(names[0])
    return _judged(fit, estimate, names, part)


def _judged(fit: CircuitFit, estimate: Estimate, names: tuple[str, ...], part: str) -> PartSum:
    log_std = _log_std(estimate)
    words = part.replace("_", " ")
    if not log_std <= LARGEST_LOG_STD:
        spread = "by more than a factor of two" if log_std > 0.7 else f"by {100 * log_std:.0f} %"
        reason = f"{words} resistance not resolved: the fit of {fit.circuit_text} leaves it uncertain {spread}"
        return PartSum(resistance=Unresolved(reason=reason, unit="ohm"), log_std=None, elements=names)
    return PartSum(resistance=estimate, log_std=log_std, elements=names)


def _share_gradient(fit: CircuitFit, names: Sequence[str]) -> Array:
    """d ln(sum R)/d ln R_i: the share of each resistance in the sum, on the axes of the fit's covariance."""
    gradient = np.zeros(len(fit.names))
    indices = [fit.names.index(name) for name in names]
    gradient[indices] = fit.values[indices] / fit.values[indices].sum()
    return gradient


def part_correlation(fit: CircuitFit, one: Sequence[str], two: Sequence[str]) -> float:
    """Correlation of the logarithms of two sums of resistances; strongly negative for arcs that overlap."""
    a, b = _share_gradient(fit, one), _share_gradient(fit, two)
    variance = float(a @ fit.log_covariance @ a) * float(b @ fit.log_covariance @ b)
    return float(a @ fit.log_covariance @ b) / math.sqrt(variance) if variance > 0 else 0.0


def electrode_capacitance(fit: CircuitFit, path: Sequence[PathElement]) -> Quantity | None:
    """Brug's capacitance of the blocking leg behind the pellet's resistance; None when the circuit has no Q leg."""
    circuit = parse_circuit(fit.circuit_text)
    names = [fit.names[i] for i in circuit.electrode or ()]
    if len(names) != 2 or not names[0].startswith("Q") or not path:
        return None
    for name in names:
        if not fit.verdict(name).is_resolved:
            return Unresolved(reason=fit.verdict(name).reason, unit="F")
    resistances = [e.name for e in path]
    rows = np.zeros((3, len(fit.names)))
    rows[0] = _share_gradient(fit, resistances)
    rows[1, fit.names.index(names[0])] = 1.0
    rows[2, fit.names.index(names[1])] = 1.0
    total_ohm = float(sum(fit.values[fit.names.index(name)] for name in resistances))
    q, n = (float(fit.values[fit.names.index(name)]) for name in names)
    return brug_blocking_capacitance(
        series_resistance_ohm=total_ohm, q=q, n=n, covariance=rows @ fit.log_covariance @ rows.T
    )
