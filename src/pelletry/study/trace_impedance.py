"""The impedance part of a trace: spectra, points used and masked, circuit, resistance, l and A, conductivity, budget."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pelletry.core.quantity import Estimate, Quantity, Reported, bracketed
from pelletry.core.units import displayed
from pelletry.study.trace_step import TraceStep

if TYPE_CHECKING:
    from pelletry.techniques.impedance.result import ImpedanceResult, PartAtTemperature, PartLine, SpectrumResult

__all__ = ["impedance_steps"]


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
    if result.budget is not None:
        steps.append(TraceStep(head="budget of the uncertainty", lines=(result.budget.sentence,)))
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


def _line_step(line: PartLine) -> TraceStep:
    lines = [f"E of {convention} = {_value(energy)}" for convention, energy in line.energies]
    lines.append(line.reference_sentence)
    lines.extend(fit.note for fit in line.fits if fit.note)
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
    ]
    source = f", temperature from {spectrum.temperature_source}" if spectrum.temperature_source else ""
    place = spectrum.origin.path + (f":{spectrum.origin.line}" if spectrum.origin.line else "")
    return TraceStep(head=f"spectrum {spectrum.label} ({place}{source})", lines=tuple(lines))


def _value(quantity: Quantity) -> str:
    if not isinstance(quantity, Estimate):
        return f"not resolved ({quantity.reason})"
    shown = displayed(quantity)
    return bracketed(shown.value, shown.std) + ("" if shown.unit == "1" else f" {shown.unit}")
