"""Measurements of one sample to its result: windows, circuits, fits, parts, lines, and what is to be said about them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

import pelletry
from pelletry.core.errors import MeasurementError
from pelletry.core.facts import PelletGeometry
from pelletry.core.provenance import FactUse, Lineage
from pelletry.core.quantity import Quantity, Unresolved, bracketed
from pelletry.core.technique import Inputs
from pelletry.core.units import displayed
from pelletry.techniques.impedance.choice import Choice, chosen_circuits, circuit_has_inductance
from pelletry.techniques.impedance.conductivities import budget_of_total, grain_extras, part_points
from pelletry.techniques.impedance.findings import (
    inductance_findings,
    line_findings,
    part_findings,
    spectrum_findings,
    spectrum_flags,
)
from pelletry.techniques.impedance.lines import NO_GEOMETRY, part_lines
from pelletry.techniques.impedance.masks import Prepared, prepared, turned
from pelletry.techniques.impedance.measurement import ImpedanceSpectrum
from pelletry.techniques.impedance.model.fit_result import CircuitFit
from pelletry.techniques.impedance.models import energies_by_model
from pelletry.techniques.impedance.parts import assigned_paths, electrode_capacitance, part_sum
from pelletry.techniques.impedance.reported import facts_of, quantities_of
from pelletry.techniques.impedance.result import ImpedanceResult, ParameterResult, PathElement, SpectrumResult
from pelletry.techniques.impedance.sample_findings import (
    budget_findings,
    geometry_findings,
    repetition_findings,
    resistance_findings,
    sample_flags,
    spectrum_doubts,
    transition_findings,
    withheld_numbers,
)
from pelletry.techniques.impedance.settings import ImpedanceSettings
from pelletry.techniques.impedance.twins import without_twins

__all__ = ["REFERENCES", "analyse"]

REFERENCES = (
    "Boukamp1986",
    "Boukamp1995",
    "Schoenleber2014",
    "HurvichTsai1989",
    "HsuMansfeld2001",
    "Brug1984",
    "Hirschorn2010",
    "IrvineSinclairWest1990",
    "Orear1982",
    "PauleMandel1982",
    "Andrews1993",
    "CODATA2018",
)


def analyse(measurements: Sequence[ImpedanceSpectrum], inputs: Inputs, /) -> ImpedanceResult:
    """All spectra of one sample.

    Poor data give flags; a missing geometry withholds conductivities, unconfirmed temperatures withhold energies.

    Raises
    ------
    MeasurementError
        When there is no spectrum at all.
    """
    if not measurements:
        raise MeasurementError(
            f"there is no impedance spectrum of {inputs.sample.name}", do="name its files in samples.csv"
        )
    settings: ImpedanceSettings = inputs.settings
    sample = inputs.sample.name
    different, twins = without_twins([turned(m, inputs.decisions) for m in measurements], sample)
    spectra = sorted(different, key=_by_temperature)
    sorted_points = _prepared(spectra, inputs, settings)
    choice = chosen_circuits(sorted_points, settings=settings, decisions=inputs.decisions, sample=sample)
    fits = choice.fits
    geometry: PelletGeometry | None = inputs.fact(PelletGeometry)
    results = _spectrum_results(sorted_points, choice, fits, geometry)
    points = part_points(results, fits, geometry=geometry, settings=settings)
    lines = part_lines(points, results, geometry=geometry, settings=settings)
    points = part_points(results, fits, geometry=geometry, settings=settings, lines=lines)
    models = energies_by_model(
        results,
        fits,
        lines,
        sample=sample,
        settings=settings,
        cell_constant_per_m=None if geometry is None else geometry.cell_constant_per_m,
    )
    extras = grain_extras(results, fits, geometry=geometry)
    budget, budget_temperature_K = budget_of_total(points, lines, geometry=geometry, settings=settings, inputs=inputs)
    findings = (
        *twins,
        *spectrum_doubts(sorted_points, sample),
        *choice.findings,
        *spectrum_findings(sample, results),
        *inductance_findings(sample, results),
        *resistance_findings(points, results, sample),
        *repetition_findings(points, results, sample),
        *part_findings(sample, results, points, choice.compared),
        *transition_findings(results, settings, sample),
        *line_findings(sample, lines),
        *models.findings,
        *geometry_findings(inputs, geometry),
        *budget_findings(sample, budget),
    )
    flags = sample_flags(findings)
    return ImpedanceResult(
        sample=sample,
        quantities=quantities_of(sample, results, points, lines, extras.quantities, flags),
        findings=tuple(dict.fromkeys(findings)),
        facts=facts_of(sample, results, points, lines),
        lineage=_lineage(spectra, settings, choice, geometry),
        spectra=results,
        points=points,
        lines=lines,
        models=models.energies,
        model_sentence=models.sentence,
        circuits=choice.compared,
        circuit_reason=choice.reason,
        budget=budget,
        budget_temperature_K=budget_temperature_K,
        blocking_sentence=extras.blocking_sentence,
        brick_layer_sentence=extras.brick_layer_sentence,
        withheld=withheld_numbers(inputs, geometry, lines),
        convention=settings.convention,
        weighting=settings.weighting,
        cell_constant_per_m=None if geometry is None else geometry.cell_constant_per_m,
        geometry_sentence=_geometry_sentence(geometry),
        is_simulated=inputs.sample.is_simulated,
    )


def _by_temperature(spectrum: ImpedanceSpectrum) -> tuple[float, str, int]:
    temperature = float("inf") if spectrum.temperature_K is None else spectrum.temperature_K
    return temperature, spectrum.origin.path, spectrum.origin.record


def _prepared(
    spectra: Sequence[ImpedanceSpectrum], inputs: Inputs, settings: ImpedanceSettings
) -> tuple[Prepared, ...]:
    return tuple(
        prepared(
            spectrum,
            settings=settings,
            decisions=inputs.decisions,
            has_inductance=circuit_has_inductance(spectrum, settings, inputs.decisions),
            sample=inputs.sample.name,
        )
        for spectrum in spectra
    )


# -- spectra -----------------------------------------------------------------------------------------------------------


def _spectrum_results(
    items: Sequence[Prepared], choice: Choice, fits: Sequence[CircuitFit | None], geometry: PelletGeometry | None
) -> tuple[SpectrumResult, ...]:
    made = [fit for fit in fits if fit is not None]
    paths = iter(assigned_paths(made, cell_constant_per_m=None if geometry is None else geometry.cell_constant_per_m))
    return tuple(
        _spectrum_result(item, circuit, fit, () if fit is None else next(paths))
        for item, circuit, fit in zip(items, choice.circuits, fits, strict=True)
    )


def _spectrum_result(
    item: Prepared, circuit: str, fit: CircuitFit | None, path: tuple[PathElement, ...]
) -> SpectrumResult:
    spectrum = item.spectrum
    nothing = np.full(spectrum.points, np.nan + 0j)
    total = None if fit is None else part_sum(fit, path, "total")
    flags = spectrum_flags(
        is_fitted=fit is not None,
        is_converged=fit is not None and fit.is_converged,
        rms_fraction=0.0 if fit is None else fit.rms_relative_residual,
        agreeing=0 if fit is None else fit.agreeing,
        starts=0 if fit is None else fit.starts,
        consistency=item.consistency,
        is_confirmed=spectrum.temperature_is_confirmed,
        temperature_K=spectrum.temperature_K,
    )
    return SpectrumResult(
        name=spectrum.name,
        run=spectrum.run,
        turned=spectrum.turned,
        origin=spectrum.origin,
        temperature_K=spectrum.temperature_K,
        temperature_source=spectrum.temperature_source,
        temperature_is_confirmed=spectrum.temperature_is_confirmed,
        frequency_Hz=spectrum.frequency_Hz,
        impedance_ohm=spectrum.impedance_ohm,
        is_used=item.use,
        fitted_ohm=nothing if fit is None else fit.fitted_ohm,
        residual=nothing if fit is None else fit.residuals,
        circuit=circuit if fit is None else fit.circuit_text,
        parameters=() if fit is None else _parameters(fit),
        path=path,
        electrode_capacitance=None if fit is None else electrode_capacitance(fit, path),
        resistance_total=Unresolved(reason=_no_total(fit), unit="ohm") if total is None else total.resistance,
        consistency=item.consistency,
        masked=item.masked,
        rms_fraction=0.0 if fit is None else fit.rms_relative_residual,
        chi2_reduced=0.0 if fit is None else fit.chi2_reduced,
        starts_count=0 if fit is None else fit.starts,
        agreeing_count=0 if fit is None else fit.agreeing,
        is_converged=fit is not None and fit.is_converged,
        flags=(*flags, *item.doubts),
        warnings=spectrum.warnings,
    )


def _no_total(fit: CircuitFit | None) -> str:
    if fit is None:
        return "the spectrum has too few points for its circuit"
    return f"{fit.circuit_text} has no resistance between the electrodes"


def _parameters(fit: CircuitFit) -> tuple[ParameterResult, ...]:
    found = []
    for i, (name, unit) in enumerate(zip(fit.names, fit.units, strict=True)):
        verdict = fit.verdict(name)
        quantity: Quantity = fit.estimate(name)
        if not verdict.is_resolved:
            quantity = Unresolved(reason=verdict.reason, unit=unit)
        kind = "n" if name.startswith("n") else name.rstrip("0123456789").partition("_")[0]
        found.append(ParameterResult(name=name, kind=kind, unit=unit, quantity=quantity, fitted=float(fit.values[i])))
    return tuple(found)


# -- lineage -----------------------------------------------------------------------------------------------------------


def _geometry_sentence(geometry: PelletGeometry | None) -> str:
    if geometry is None:
        return f"{NO_GEOMETRY}."
    thickness, area = displayed(geometry.thickness_m), displayed(geometry.electrode_area_m2)
    return (
        f"l = {bracketed(thickness.value, thickness.std)} {thickness.unit}, A = {bracketed(area.value, area.std)} {area.unit} "
        f"(given by {geometry.given_by})."
    )


def _lineage(
    spectra: Sequence[ImpedanceSpectrum], settings: ImpedanceSettings, choice: Choice, geometry: PelletGeometry | None
) -> Lineage:
    chosen = ("circuit", " or ".join(dict.fromkeys(choice.circuits)))
    asked = tuple(
        (k if k != "circuit" else "circuit asked for", str(v)) for k, v in settings.model_dump(mode="json").items()
    )
    facts: tuple[FactUse, ...] = ()
    if geometry is not None:
        facts = (FactUse(name="PelletGeometry", value=_geometry_sentence(geometry), given_by=geometry.given_by),)
    return Lineage(
        origins=tuple(spectrum.origin for spectrum in spectra),
        settings=(chosen, *asked),
        facts=facts,
        references=REFERENCES,
        technique="impedance",
        version=pelletry.__version__,
    )
