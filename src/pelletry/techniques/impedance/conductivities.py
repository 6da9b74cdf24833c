"""Conductivities of the parts with what is known of their errors, the printed budget, blocking factor and brick layer."""

from __future__ import annotations

import math
from collections.abc import Sequence

import attrs

from pelletry.core.facts import PelletGeometry
from pelletry.core.freedom import combined_degrees_of_freedom, student_95
from pelletry.core.quantity import Estimate, Quantity, Unresolved
from pelletry.core.technique import Inputs
from pelletry.techniques.impedance.lines import NO_GEOMETRY
from pelletry.techniques.impedance.model.conductivity import (
    Budget,
    blocking_factor,
    brick_layer_thickness_ratio,
    conductivity_budget,
    conductivity_from_resistance,
    grain_boundary_conductivity_brick_layer,
    relative_change_per_kelvin,
)
from pelletry.techniques.impedance.model.fit_result import CircuitFit
from pelletry.techniques.impedance.parts import part_correlation, part_sum
from pelletry.techniques.impedance.result import PARTS, PartAtTemperature, PartLine, SpectrumResult
from pelletry.techniques.impedance.settings import ImpedanceSettings

__all__ = ["GrainExtras", "budget_of_total", "grain_extras", "part_points"]


def part_points(
    spectra: Sequence[SpectrumResult],
    fits: Sequence[CircuitFit | None],
    *,
    geometry: PelletGeometry | None,
    settings: ImpedanceSettings,
    lines: Sequence[PartLine] = (),
) -> tuple[PartAtTemperature, ...]:
    """Resistance and conductivity of every part in every spectrum that has it.

    With ``lines`` the error of the temperature enters the conductivities through the slope.
    """
    found = []
    for part in PARTS:
        line = next((x for x in lines if x.part == part), None)
        for index, (spectrum, fit) in enumerate(zip(spectra, fits, strict=True)):
            summed = None if fit is None else part_sum(fit, spectrum.path, part)
            if summed is None:
                continue
            change = _change_per_kelvin(line, spectrum.temperature_K)
            found.append(
                PartAtTemperature(
                    part=part,
                    spectrum_index=index,
                    temperature_K=spectrum.temperature_K,
                    resistance=summed.resistance,
                    conductivity=_conductivity(summed.resistance, summed.log_std, geometry, settings, change),
                    log_std=summed.log_std,
                )
            )
    return tuple(found)


def _change_per_kelvin(line: PartLine | None, temperature_K: float | None) -> float | None:
    if line is None or temperature_K is None:
        return None
    for convention, energy in line.energies:
        if isinstance(energy, Estimate):
            return relative_change_per_kelvin(
                activation_energy_eV=energy.value, temperature_K=temperature_K, convention=convention
            )
    return None


def _conductivity(
    resistance: Quantity,
    log_std: float | None,
    geometry: PelletGeometry | None,
    settings: ImpedanceSettings,
    change_per_K: float | None,
) -> Quantity:
    """sigma = l/(R A); the method names which errors are in the number and which are not known."""
    if isinstance(resistance, Unresolved):
        return Unresolved(reason=resistance.reason, unit="S/m")
    if geometry is None:
        return Unresolved(reason=NO_GEOMETRY, unit="S/m")
    value = conductivity_from_resistance(
        resistance_ohm=resistance.value,
        thickness_m=geometry.thickness_m.value,
        area_m2=geometry.electrode_area_m2.value,
    )
    by_temperature = None
    if settings.temperature_std_K is not None and change_per_K is not None:
        by_temperature = abs(change_per_K) * settings.temperature_std_K
    causes = {"fit": log_std, "geometry": geometry.relative_std, "temperature": by_temperature}
    known = {name: std for name, std in causes.items() if std is not None}
    method = f"l/(R A); error of {' and '.join(known) or 'nothing'}"
    if len(known) < len(causes):
        method += f", that of {' and '.join(n for n in causes if n not in known)} not known"
    if not known:
        return Estimate(value=value, unit="S/m", method=method)
    spread = math.sqrt(sum(std**2 for std in known.values()))
    freedom = combined_degrees_of_freedom(
        [(std, geometry.degrees_of_freedom if name == "geometry" else None) for name, std in known.items()]
    )
    factor = math.exp(student_95(freedom) * spread)
    return Estimate(
        value=value,
        std=value * spread,
        unit="S/m",
        method=method,
        interval_95=(value / factor, value * factor),
        degrees_of_freedom=freedom,
    )


def budget_of_total(
    points: Sequence[PartAtTemperature],
    lines: Sequence[PartLine],
    *,
    geometry: PelletGeometry | None,
    settings: ImpedanceSettings,
    inputs: Inputs,
) -> tuple[Budget | None, float | None]:
    """The budget of the total conductivity at the measured temperature nearest to the reference one, and that temperature."""
    usable = [p for p in points if p.part == "total" and isinstance(p.resistance, Estimate)]
    if not usable or geometry is None:
        return None, None
    reference_K = settings.reference_temperature_K
    point = min(usable, key=lambda p: math.inf if p.temperature_K is None else abs(p.temperature_K - reference_K))
    line = next((x for x in lines if x.part == "total"), None)
    pellet = inputs.sample.pellet
    area = geometry.electrode_area_m2
    # The area counts through a diameter only when it is the area of that very circle.
    is_round = pellet.diameter_m is not None and math.isclose(
        area.value, math.pi / 4 * pellet.diameter_m.value**2, rel_tol=1e-6
    )
    budget = conductivity_budget(
        fit_relative_std=point.log_std,
        thickness=geometry.thickness_m,
        area=area,
        diameter=pellet.diameter_m if is_round else None,
        temperature_std_K=settings.temperature_std_K,
        change_per_K=_change_per_kelvin(line, point.temperature_K),
        temperature_is_common=settings.temperature_error_is_common,
    )
    return budget, point.temperature_K


@attrs.frozen(kw_only=True)
class GrainExtras:
    """Blocking factor and brick layer: (name, spectrum, value) and a sentence for each."""

    quantities: tuple[tuple[str, int, Quantity], ...]
    blocking_sentence: str
    brick_layer_sentence: str


def grain_extras(
    spectra: Sequence[SpectrumResult], fits: Sequence[CircuitFit | None], *, geometry: PelletGeometry | None
) -> GrainExtras:
    """Where bulk and grain boundary are both resolved: blocking factor, and brick layer where both capacitances are."""
    blocked: list[tuple[str, int, Quantity]] = []
    layered: list[tuple[str, int, Quantity]] = []
    ratios = []
    for index, (spectrum, fit) in enumerate(zip(spectra, fits, strict=True)):
        if fit is None:
            continue
        bulk, boundary = (part_sum(fit, spectrum.path, part) for part in ("bulk", "grain_boundary"))
        if bulk is None or boundary is None:
            continue
        if not isinstance(bulk.resistance, Estimate) or not isinstance(boundary.resistance, Estimate):
            continue
        factor = blocking_factor(
            bulk_ohm=bulk.resistance.value,
            blocked_ohm=boundary.resistance.value,
            bulk_log_std=bulk.log_std,
            blocked_log_std=boundary.log_std,
            correlation=part_correlation(fit, bulk.elements, boundary.elements),
        )
        blocked.append(("blocking_factor", index, factor))
        bulk_F, boundary_F = _capacitance(spectrum, "bulk"), _capacitance(spectrum, "grain_boundary")
        if bulk_F is None or boundary_F is None:
            continue
        ratios.append(brick_layer_thickness_ratio(bulk_capacitance_F=bulk_F, boundary_capacitance_F=boundary_F))
        if geometry is not None:
            value = grain_boundary_conductivity_brick_layer(
                boundary_resistance_ohm=boundary.resistance.value,
                thickness_m=geometry.thickness_m.value,
                area_m2=geometry.electrode_area_m2.value,
                bulk_capacitance_F=bulk_F,
                boundary_capacitance_F=boundary_F,
            )
            estimate = Estimate(
                value=value, unit="S/m", method="brick layer, equal permittivities assumed; an estimate"
            )
            layered.append(("conductivity_grain_boundary_brick_layer", index, estimate))
    return GrainExtras(
        quantities=(*blocked, *layered),
        blocking_sentence=_blocking_sentence(spectra, blocked),
        brick_layer_sentence=_brick_layer_sentence(ratios),
    )


def _capacitance(spectrum: SpectrumResult, part: str) -> float | None:
    """The capacitance of the only arc of a part; None when it has none, several, or an unresolved one."""
    found = [e.capacitance for e in spectrum.path if e.part == part and e.capacitance is not None]
    if len(found) != 1 or not isinstance(found[0], Estimate):
        return None
    return found[0].value


def _blocking_sentence(spectra: Sequence[SpectrumResult], blocked: Sequence[tuple[str, int, Quantity]]) -> str:
    values = [(spectra[i].label, q.value) for _, i, q in blocked if isinstance(q, Estimate)]
    if not values:
        return ""
    if len(values) == 1:
        return f"Blocking factor R_gb/(R_b + R_gb) = {values[0][1]:.2f} at {values[0][0]}."
    (first, low), (last, high) = values[0], values[-1]
    change = abs(high - low)
    trend = (
        "it hardly changes with temperature, as geometric blocking does"
        if change < 0.03
        else "it changes with temperature: the boundary has an activation energy of its own"
    )
    return f"Blocking factor R_gb/(R_b + R_gb) = {low:.2f} at {first} and {high:.2f} at {last}; {trend}."


def _brick_layer_sentence(ratios: Sequence[float]) -> str:
    if not ratios:
        return ""
    middle = sorted(ratios)[len(ratios) // 2]
    words = f"Brick layer: boundary thickness over grain size C_b/C_gb = {middle:.2g} (median of {len(ratios)} spectra)"
    if middle > 0.1:
        return f"{words}; too thick for a clean grain boundary, so the model does not describe this pellet well."
    return f"{words}, for equal permittivities."
