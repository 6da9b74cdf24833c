"""Measurements of one sample to its result: windows, circuits, fits, parts, lines, and what is to be said about them."""

from __future__ import annotations

from collections.abc import Sequence

import attrs

import pelletry
from pelletry.core.errors import MeasurementError
from pelletry.core.facts import PelletGeometry
from pelletry.core.finding import Finding
from pelletry.core.provenance import FactUse, Lineage
from pelletry.core.quantity import bracketed
from pelletry.core.technique import Inputs
from pelletry.core.units import displayed
from pelletry.techniques.impedance.cells import analyse_cell, cell_of
from pelletry.techniques.impedance.choice import Choice, chosen_circuits, circuit_has_inductance
from pelletry.techniques.impedance.conductivities import budget_of_total, grain_extras, part_points
from pelletry.techniques.impedance.findings import (
    inductance_findings,
    line_findings,
    part_findings,
    spectrum_findings,
)
from pelletry.techniques.impedance.lines import NO_GEOMETRY, part_lines
from pelletry.techniques.impedance.masks import Prepared, prepared, turned
from pelletry.techniques.impedance.measurement import ImpedanceSpectrum
from pelletry.techniques.impedance.models import energies_by_model
from pelletry.techniques.impedance.parts import assigned_paths
from pelletry.techniques.impedance.reported import facts_of, quantities_of
from pelletry.techniques.impedance.result import ImpedanceResult
from pelletry.techniques.impedance.rig import Corrected, without_the_rig
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
from pelletry.techniques.impedance.spectrum_results import spectrum_results
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


#: Added where readings of the shorted or open holder were taken off.
RIG_REFERENCE = "Agilent2009"

#: Without assignment by ranges and without Arrhenius lines.
REFERENCES_OF_CELLS = (
    "Boukamp1986",
    "Boukamp1995",
    "Schoenleber2014",
    "HurvichTsai1989",
    "HsuMansfeld2001",
    "ElShinawi2018",
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
    rig = without_the_rig([turned(m, inputs.decisions) for m in measurements], sample)
    different, twins = without_twins(rig.spectra, sample)
    spectra = sorted(different, key=_by_temperature)
    sorted_points = _prepared(spectra, inputs, settings)
    geometry: PelletGeometry | None = inputs.fact(PelletGeometry)
    if cell := cell_of(inputs):
        return _of_cell(cell, sorted_points, inputs, geometry, twins, rig)
    choice = chosen_circuits(sorted_points, settings=settings, decisions=inputs.decisions, sample=sample)
    fits = choice.fits
    made = [fit for fit in fits if fit is not None]
    paths = assigned_paths(made, cell_constant_per_m=None if geometry is None else geometry.cell_constant_per_m)
    results = spectrum_results(sorted_points, choice.circuits, fits, paths)
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
        *rig.findings,
        *spectrum_doubts(sorted_points, sample),
        *choice.findings,
        *spectrum_findings(sample, results),
        *inductance_findings(sample, results),
        *resistance_findings(points, results, sample),
        *repetition_findings(points, results, sample),
        *part_findings(sample, results, points, choice.compared),
        *transition_findings(results, lines, settings, sample),
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
        lineage=_lineage(spectra, settings, choice, geometry, rig),
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
        rig_sentence=rig.sentence,
        is_simulated=inputs.sample.is_simulated,
    )


def _of_cell(
    kind: str,
    items: Sequence[Prepared],
    inputs: Inputs,
    geometry: PelletGeometry | None,
    twins: tuple[Finding, ...],
    rig: Corrected,
) -> ImpedanceResult:
    """The result of a cell that lets a current through; there are no parts, lines and conductivities in it."""
    cell = analyse_cell(kind, items, inputs, geometry)
    settings: ImpedanceSettings = inputs.settings
    sample = inputs.sample.name
    spectra = [item.spectrum for item in items]
    findings = (*twins, *rig.findings, *spectrum_doubts(items, sample), *cell.findings)
    lineage = _lineage(spectra, settings, cell.choice, None, rig)
    of_rig = (RIG_REFERENCE,) if rig.origins else ()
    return ImpedanceResult(
        sample=sample,
        quantities=cell.quantities,
        findings=tuple(dict.fromkeys(findings)),
        facts=cell.facts,
        lineage=attrs.evolve(lineage, references=(*REFERENCES_OF_CELLS, *of_rig), facts=cell.facts_used),
        spectra=cell.spectra,
        points=(),
        lines=(),
        models=(),
        model_sentence="",
        circuits=cell.choice.compared,
        circuit_reason=cell.choice.reason,
        budget=None,
        budget_temperature_K=None,
        blocking_sentence="",
        brick_layer_sentence="",
        withheld=cell.withheld,
        convention=settings.convention,
        weighting=settings.weighting,
        cell_constant_per_m=None,
        geometry_sentence=cell.area_sentence,
        cell=kind,
        cell_sentence=cell.sentence,
        areal=cell.areal,
        control_sentences=cell.control_sentences,
        rig_sentence=rig.sentence,
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
    spectra: Sequence[ImpedanceSpectrum],
    settings: ImpedanceSettings,
    choice: Choice,
    geometry: PelletGeometry | None,
    rig: Corrected,
) -> Lineage:
    chosen = ("circuit", " or ".join(dict.fromkeys(choice.circuits)))
    asked = tuple(
        (k if k != "circuit" else "circuit asked for", str(v)) for k, v in settings.model_dump(mode="json").items()
    )
    facts: tuple[FactUse, ...] = ()
    if geometry is not None:
        facts = (FactUse(name="PelletGeometry", value=_geometry_sentence(geometry), given_by=geometry.given_by),)
    return Lineage(
        origins=(*(spectrum.origin for spectrum in spectra), *rig.origins),
        settings=(chosen, *asked),
        facts=facts,
        references=(*REFERENCES, RIG_REFERENCE) if rig.origins else REFERENCES,
        technique="impedance",
        version=pelletry.__version__,
    )
