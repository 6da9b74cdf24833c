"""The impedance part of a trace: spectra, points used and masked, circuit, resistance, l and A, conductivity, budget."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import attrs

from pelletry.core.quantity import Estimate, Quantity, Reported, bracketed
from pelletry.core.units import displayed
from pelletry.study.trace_step import TraceStep

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pelletry.core.finding import Finding
    from pelletry.techniques.impedance.model.conductivity import Budget, BudgetItem
    from pelletry.techniques.impedance.result import ImpedanceResult, PartAtTemperature, PartLine, SpectrumResult

__all__ = ["impedance_flag", "impedance_steps"]

_CONVENTIONS = {"ln(sigma T)": "ln(σT)", "ln(sigma)": "ln σ"}


def impedance_steps(result: ImpedanceResult, reported: Reported) -> tuple[TraceStep, ...]:
    """From the Arrhenius line (when the number stems from one) through conductivities and resistances to the points."""
    spectra = _spectra_of(result, reported)
    part = next((p for p in ("grain_boundary", "bulk", "total") if p in reported.name), "total")
    line = result.line(part)
    steps = []
    if line is not None and len(spectra) == len(result.spectra) and len(spectra) > 1:
        steps.append(_line_step(line))
    steps.append(_points_step(result, part, spectra))
    steps.append(TraceStep(head="pellet", lines=(result.geometry_sentence,) if result.geometry_sentence else ()))
    budget = _budget_of(result, reported, part, spectra)
    if budget is not None:
        steps.append(TraceStep(head="budget of the uncertainty", lines=(budget.sentence,)))
    steps.append(TraceStep(head="circuit", lines=(result.circuit_reason,) if result.circuit_reason else ()))
    steps.extend(_spectrum_step(spectrum) for spectrum in spectra)
    return tuple(steps)


def _spectra_of(result: ImpedanceResult, reported: Reported) -> tuple[SpectrumResult, ...]:
    """The one spectrum the number belongs to, or all when it rests on all."""
    file, record = reported.condition("file"), reported.condition("record")
    if file is None:
        return result.spectra
    mine = [s for s in result.spectra if s.origin.path == file and record in (None, float(s.origin.record))]
    return tuple(mine) or result.spectra


def impedance_flag(
    result: ImpedanceResult, reported: Reported, flag: str, findings: Sequence[Finding]
) -> tuple[str, ...]:
    """What a flag says of this number: of a number of one spectrum nothing that is said of the other spectra.

    ``findings`` are those of the sample with the flag's code.
    """
    from pelletry.techniques.impedance.findings import OF_SPECTRA

    spectra = _spectra_of(result, reported)
    if len(result.spectra) < 2 or len(spectra) != 1:
        return tuple(f.sentence for f in findings)
    spectrum = spectra[0]
    if flag in OF_SPECTRA:
        return (f"{spectrum.label}: {OF_SPECTRA[flag][1]}.",)
    own = [f.sentence for f in findings if _speaks_of(f.sentence, spectrum)]
    others = [s for s in result.spectra if s is not spectrum]
    # A sentence that names no spectrum is about the sample, and so about this number too.
    return tuple(own) or tuple(f.sentence for f in findings if not any(_speaks_of(f.sentence, s) for s in others))


def _speaks_of(sentence: str, spectrum: SpectrumResult) -> bool:
    return sentence.startswith(f"{spectrum.label}:") or spectrum.origin.path in sentence


def _budget_of(
    result: ImpedanceResult, reported: Reported, part: str, spectra: tuple[SpectrumResult, ...]
) -> Budget | None:
    """The budget of the number itself: only conductivities have one.

    The pellet's share is that of all temperatures; the fit's and the temperature's are those of this one. What stems from
    the Arrhenius line has the line's share in their place.
    """
    if result.budget is not None and reported.name in (f"conductivity_{part}_25C", f"conductivity_{part}_reference"):
        return _budget_of_line(result.budget, result.line(part))
    if result.budget is None or len(spectra) != 1 or reported.name != f"conductivity_{part}":
        return None
    point = next((p for p in result.of_part(part) if result.spectra[p.spectrum_index] is spectra[0]), None)
    if point is None or not isinstance(point.resistance, Estimate):
        return None
    shares = {"fit": point.log_std}
    items = [attrs.evolve(i, relative_std=shares[i.cause]) if i.cause in shares else i for i in result.budget.items]
    temperature = next((i for i in items if i.cause == "temperature"), None)
    if temperature is not None and temperature.relative_std is not None:
        items[items.index(temperature)] = _temperature_share(result, temperature, part, point)
    return attrs.evolve(result.budget, items=tuple(items))


def _budget_of_line(budget: Budget, line: PartLine | None) -> Budget | None:
    if line is None or not isinstance(line.reference_conductivity, Estimate):
        return None
    whole = line.reference_conductivity.std
    share = None
    if whole is not None:
        common = line.geometry_relative_std or 0.0
        share = math.sqrt(max((whole / line.reference_conductivity.value) ** 2 - common**2, 0.0))
    pellet = [item for item in budget.items if item.cause not in ("fit", "temperature")]
    first = attrs.evolve(budget.items[0], cause="Arrhenius line", stated="", relative_std=share, is_common=False)
    return attrs.evolve(budget, items=(first, *pellet))


def _temperature_share(result: ImpedanceResult, item: BudgetItem, part: str, point: PartAtTemperature) -> BudgetItem:
    from pelletry.techniques.impedance.model.conductivity import relative_change_per_kelvin

    std_K = float(dict(result.lineage.settings)["temperature_std_K"])
    line = result.line(part)
    known = () if line is None else tuple((c, e) for c, e in line.energies if isinstance(e, Estimate))
    if not known or point.temperature_K is None:
        return attrs.evolve(item, relative_std=None, stated=f"±{std_K:g} K")
    convention, energy = known[0]
    change = relative_change_per_kelvin(
        activation_energy_eV=energy.value, temperature_K=point.temperature_K, convention=convention
    )
    return attrs.evolve(item, relative_std=abs(change) * std_K, stated=f"±{std_K:g} K, {100 * change:.1f} %/K")


def _line_step(line: PartLine) -> TraceStep:
    lines = [f"E of {_CONVENTIONS.get(name, name)} = {_value(energy)}" for name, energy in line.energies]
    lines.append(line.reference_sentence)
    lines.extend(f"line of {_CONVENTIONS.get(f.convention, f.convention)}: {f.note}" for f in line.fits if f.note)
    return TraceStep(
        head=f"Arrhenius line, {line.part.replace('_', ' ')}",
        lines=tuple(dict.fromkeys(text for text in lines if text)),
    )


def _points_step(result: ImpedanceResult, part: str, spectra: tuple[SpectrumResult, ...]) -> TraceStep:
    wanted = {id(s) for s in spectra}
    points = [p for p in result.of_part(part) if id(result.spectra[p.spectrum_index]) in wanted]
    return TraceStep(head=f"σ = l/(R A), {part.replace('_', ' ')}", lines=tuple(_point(result, p) for p in points))


def _point(result: ImpedanceResult, point: PartAtTemperature) -> str:
    spectrum = result.spectra[point.spectrum_index]
    return f"{spectrum.label}: R = {_value(point.resistance)}, σ = {_value(point.conductivity)}"


def _spectrum_step(spectrum: SpectrumResult) -> TraceStep:
    used, total = int(spectrum.is_used.sum()), int(spectrum.is_used.size)
    f = spectrum.frequency_Hz[spectrum.is_used]
    window = f", {f.min():.4g} to {f.max():.4g} Hz" if used else ""
    lines = [
        f"{used} of {total} points used{window}",
        *(
            f"{'left out' if m.is_left_out else 'doubtful'}: {m.frequency_Hz:.6g} Hz, {m.reason} ({m.source})"
            for m in spectrum.masked
        ),
        f"circuit {spectrum.circuit}: " + ", ".join(f"{p.name} = {_value(p.quantity)}" for p in spectrum.parameters),
        f"fit: residual {100 * spectrum.rms_fraction:.2g} % rms, {spectrum.agreeing_count} of {spectrum.starts_count} "
        f"starts agree{'' if spectrum.is_converged else ', not converged'}",
        *((spectrum.consistency.sentence,) if spectrum.consistency is not None else ()),
        *spectrum.warnings,
        *([f"the sign of Z'' was turned: {spectrum.turned}"] if spectrum.turned else []),
    ]
    source = f", temperature from {spectrum.temperature_source}" if spectrum.temperature_source else ""
    place = spectrum.origin.path + (f":{spectrum.origin.line}" if spectrum.origin.line else "")
    return TraceStep(head=f"spectrum {spectrum.label} ({place}{source})", lines=tuple(lines))


def _value(quantity: Quantity) -> str:
    if not isinstance(quantity, Estimate):
        return f"not resolved ({quantity.reason})"
    shown = displayed(quantity)
    return bracketed(shown.value, shown.std) + ("" if shown.unit == "1" else f" {shown.unit}")
