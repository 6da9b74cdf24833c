"""Regions of one sample to states, shifts, fractions with their background spread, and what follows from several lines."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import attrs

import pelletry
from pelletry.core.finding import Finding
from pelletry.core.provenance import FactUse, Lineage
from pelletry.core.quantity import Estimate, Quantity, Unresolved
from pelletry.core.technique import Inputs
from pelletry.techniques.xps import findings as say
from pelletry.techniques.xps.combined import (
    bond_length,
    composition_of,
    differences_of,
    layers_of,
    lithium_ratio,
    sensitivity_in_words,
)
from pelletry.techniques.xps.measurement import Region
from pelletry.techniques.xps.propose import rough_position
from pelletry.techniques.xps.regions import FittedRegion, fitted_region, region_result
from pelletry.techniques.xps.reported import PRISTINE
from pelletry.techniques.xps.result import (
    Composition,
    Difference,
    LayerResult,
    LithiumRatio,
    RegionResult,
    XpsResult,
)
from pelletry.techniques.xps.settings import ChargeReference, XpsSettings

__all__ = ["REFERENCES", "analyse"]

REFERENCES = ("Shirley1972", "HerreraGomez2014", "Tougaard1989", "Fairley2009", "Scofield1976", "Oswald2018")


def analyse(measurements: Sequence[Region], inputs: Inputs, /) -> XpsResult:
    """Everything that the regions of one sample give; poor data become flags.

    Roles (pristine, cycled) are analysed apart: each has its own charge shift.
    """
    settings: XpsSettings = inputs.settings
    name = inputs.sample.name
    notes: list[Finding] = []
    regions = _usable(measurements, settings, name, notes)
    by_role: dict[str, tuple[RegionResult, ...]] = {}
    shifts: list[tuple[str, Quantity]] = []
    differences: list[Difference] = []
    composition: list[Composition] = []
    layers: list[LayerResult] = []
    bonds: list[tuple[str, Quantity]] = []
    for role in dict.fromkeys(region.role for region in regions):
        own = [region for region in regions if region.role == role]
        fitted, shift = _fits(own, settings, name, notes)
        shifts.append((role, shift))
        results = _results(fitted, shift, settings)
        by_role[role] = results
        found = differences_of(results, role)
        differences += found
        bond = bond_length(found)
        bonds += [] if bond is None else [(role, bond)]
        parts, lacking = composition_of(results, role, settings)
        composition += parts
        notes += say.no_composition(name, lacking) if results and lacking else []
        notes += say.unlike_pass_energies(name, results, settings) if parts else []
        layers += layers_of(results, role, settings)
        notes += say.of_regions(name, role, results, shift, settings)
        notes += say.phosphate(name, role, found, bond, settings)
    lithium = _lithium(by_role, settings)
    notes += say.lithium(name, lithium)
    notes += say.layers(name, layers)
    return XpsResult(
        sample=name,
        regions=tuple(region for results in by_role.values() for region in results),
        surveys=tuple(region.name for region in measurements if region.is_survey),
        reference=_reference_in_words(settings.charge_reference),
        shifts=tuple(shifts),
        differences=tuple(differences),
        composition=tuple(composition),
        sensitivity=sensitivity_in_words(settings),
        lithium=lithium,
        layers=tuple(layers),
        bond_lengths_angstrom=tuple(bonds),
        findings=tuple(dict.fromkeys(notes)),
        lineage=_lineage(regions, settings),
        is_simulated=inputs.sample.is_simulated,
    )


def _usable(measurements: Sequence[Region], settings: XpsSettings, name: str, notes: list[Finding]) -> list[Region]:
    """The regions that can be fitted, in binding energies; the others are named."""
    usable = []
    for region in measurements:
        notes += [say.note(name, text) for text in region.warnings]
        if region.is_survey:
            notes.append(say.survey(name, region.name))
            continue
        if not region.level:
            notes.append(say.no_level(name, region.name))
            continue
        if settings.regions and region.level not in settings.regions:
            continue
        turned = _in_binding_energy(region, settings)
        if turned is None:
            notes.append(say.no_source_energy(name, region.level))
            continue
        usable.append(turned)
    levels = [(region.role, region.level) for region in usable]
    twice = dict.fromkeys(key for key in levels if levels.count(key) > 1)
    notes += [say.level_twice(name, role, level) for role, level in twice]
    return usable


def _in_binding_energy(region: Region, settings: XpsSettings) -> Region | None:
    if not region.is_kinetic:
        return region
    if settings.source_energy_eV is None:
        return None
    return attrs.evolve(
        region,
        energy_eV=(settings.source_energy_eV - region.energy_eV)[::-1],
        intensity=region.intensity[::-1],
        transmission=None if region.transmission is None else region.transmission[::-1],
        is_kinetic=False,
        source_energy_eV=settings.source_energy_eV,
    )


def _fits(
    regions: Sequence[Region], settings: XpsSettings, name: str, notes: list[Finding]
) -> tuple[tuple[FittedRegion, ...], Quantity]:
    """The fits of one role and the shift to be added to its binding energies. The reference line is fitted first."""
    reference = settings.charge_reference
    elements = frozenset(region.level.partition(" ")[0] for region in regions)
    first = next((r for r in regions if reference is not None and r.level == reference.line), None)
    move = 0.0
    done: dict[int, FittedRegion] = {}
    shift: Quantity = Unresolved(
        reason="no charge reference is stated (charge_reference), so nothing is assigned", unit="eV"
    )
    if reference is not None and reference.from_file:
        shift = _shift_of_file(regions, reference, name, notes)
    elif reference is not None and first is None:
        reason = f"the region {reference.line} of the charge reference was not measured"
        shift = Unresolved(reason=reason, unit="eV")
    elif reference is not None and first is not None:
        start = _provisional(first, reference, settings) if settings.positions == "corrected" else 0.0
        fitted = _tried(first, settings, move_eV=start, elements=elements, name=name, notes=notes)
        if fitted is None:
            shift = Unresolved(
                reason=f"the region {reference.line} of the charge reference cannot be fitted", unit="eV"
            )
        else:
            done[id(first)] = fitted
            shift = _shift(fitted, reference)
    if settings.positions == "corrected" and isinstance(shift, Estimate):
        move = -shift.value
    results = []
    for region in regions:
        fitted = done.get(id(region)) or _tried(
            region, settings, move_eV=move, elements=elements, name=name, notes=notes
        )
        results += [] if fitted is None else [fitted]
    return tuple(results), shift


def _tried(
    region: Region, settings: XpsSettings, *, move_eV: float, elements: frozenset[str], name: str, notes: list[Finding]
) -> FittedRegion | None:
    try:
        return fitted_region(region, settings, move_eV=move_eV, elements=elements)
    except ValueError as error:
        notes.append(say.not_fitted(name, region.level, str(error)))
        return None


def _provisional(region: Region, reference: ChargeReference, settings: XpsSettings) -> float:
    """How far the reference line lies from its energy, by its highest point: where to start looking."""
    return rough_position(region.energy_eV, region.intensity, end_points=settings.end_points) - reference.energy_eV


def _shift(fitted: FittedRegion, reference: ChargeReference) -> Quantity:
    averaged = fitted.averaged
    named = [i for i, one in enumerate(averaged.components) if one.name == reference.component]
    if reference.component and not named:
        reason = f"{reference.line} has no component {reference.component!r}, which the charge reference names"
        return Unresolved(reason=reason, unit="eV")
    largest = fitted.largest(reference.line)
    at = named[0] if named else largest
    if at is None:
        return Unresolved(reason=f"no component of {reference.line} was fitted", unit="eV")
    return Estimate(
        value=reference.energy_eV - float(averaged.position_eV[at]),
        std=float(averaged.position_std_eV[at]),
        unit="eV",
        method=f"{averaged.components[at].name} put at {reference.energy_eV:g} eV",
    )


def _shift_of_file(regions: Sequence[Region], reference: ChargeReference, name: str, notes: list[Finding]) -> Quantity:
    """The one shift that CasaXPS stored for all regions; several or none, or another energy, and it is withheld."""
    stored = [region.file_calibration for region in regions if region.file_calibration is not None]
    values = {one.shift_eV for one in stored}
    if not stored or None in values:
        return Unresolved(reason="the file holds no calibration that can be read as one shift", unit="eV")
    if len(values) > 1:
        return Unresolved(reason="the regions of the file hold different calibrations", unit="eV")
    if stored[0].actual_eV is not None and abs(stored[0].actual_eV - reference.energy_eV) > 0.005:
        reason = f"the calibration in the file puts its line at {stored[0].actual_eV:g} eV, the study says {reference.energy_eV:g} eV"
        return Unresolved(reason=reason, unit="eV")
    if len(stored) < len(regions):
        notes.append(say.calibration_of_some(name, len(stored), len(regions)))
    value = next(iter(values))
    assert value is not None
    return Estimate(value=value, std=None, unit="eV", method=f"stored by CasaXPS: {stored[0].text}")


def _results(fitted: Sequence[FittedRegion], shift: Quantity, settings: XpsSettings) -> tuple[RegionResult, ...]:
    reference = settings.charge_reference
    line, energy = (reference.line, reference.energy_eV) if reference else ("", 0.0)
    return tuple(region_result(one, shift=shift, reference_line=line, reference_eV=energy) for one in fitted)


def _lithium(by_role: Mapping[str, tuple[RegionResult, ...]], settings: XpsSettings) -> tuple[LithiumRatio, ...]:
    roles = sorted(by_role, key=lambda role: role != PRISTINE)
    found = (lithium_ratio(by_role, role, known=settings.pristine_li_to_zr) for role in roles)
    return tuple(one for one in found if one is not None)


def _reference_in_words(reference: ChargeReference | None) -> str:
    if reference is None:
        return ""
    where = f", component {reference.component}" if reference.component else ""
    return (
        f"{reference.line} at {reference.energy_eV:g} eV{where}{' (shift of the file)' if reference.from_file else ''}"
    )


def _lineage(regions: Sequence[Region], settings: XpsSettings) -> Lineage:
    given = [
        FactUse(name="charge reference", value=_reference_in_words(settings.charge_reference), given_by="settings")
    ]
    said = {key: value for key, value in settings.model_dump().items() if value not in (None, (), [])}
    return Lineage(
        origins=tuple(dict.fromkeys(region.origin for region in regions)),
        settings=tuple((key, str(value)) for key, value in said.items()),
        facts=tuple(given) if settings.charge_reference else (),
        references=REFERENCES,
        technique="xps",
        version=pelletry.__version__,
    )
