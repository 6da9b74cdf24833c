"""Spectra of cells that let a current through: arcs and resistances times area, and no conductivity.

In a symmetric, full or half cell ions cross the interfaces, so that the resistances between the contacts are those of
electrolyte, interfaces and electrode reactions together. Nothing here says which of them is the pellet's: that takes a pellet
between blocking electrodes, or a control cell that lacks one part.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import attrs

from pelletry.core.facts import CellResistance, Fact, PelletGeometry
from pelletry.core.finding import Finding
from pelletry.core.provenance import FactUse
from pelletry.core.quantity import Estimate, Quantity, Reported, Unresolved, bracketed
from pelletry.core.technique import Inputs
from pelletry.core.units import displayed
from pelletry.techniques.impedance.choice import Choice, chosen_circuits
from pelletry.techniques.impedance.controls import Compared, compared_with_control
from pelletry.techniques.impedance.findings import inductance_findings, spectrum_findings
from pelletry.techniques.impedance.masks import Prepared
from pelletry.techniques.impedance.model.selection import CELL
from pelletry.techniques.impedance.parts import path_without_roles
from pelletry.techniques.impedance.reported import TECHNIQUE, quantities_of
from pelletry.techniques.impedance.result import ArealResistance, SpectrumResult, WithheldNumber
from pelletry.techniques.impedance.settings import ImpedanceSettings
from pelletry.techniques.impedance.spectrum_results import spectrum_results

__all__ = ["CellAnalysis", "analyse_cell", "cell_of"]

CONTROL = "control"
_KINDS = ("symmetric", "full", "half")
_BLOCKED = "blocking"


@attrs.frozen(kw_only=True)
class CellAnalysis:
    """What takes the place of parts, lines and conductivities."""

    choice: Choice
    spectra: tuple[SpectrumResult, ...]
    sentence: str
    areal: tuple[ArealResistance, ...]
    area_sentence: str
    control_sentences: tuple[str, ...]
    quantities: tuple[Reported, ...]
    findings: tuple[Finding, ...]
    facts: tuple[Fact, ...]
    withheld: tuple[WithheldNumber, ...]
    facts_used: tuple[FactUse, ...]


def cell_of(inputs: Inputs) -> str:
    """``symmetric``, ``full``, ``half`` or the word as it was stated when it is none of these; empty: a blocked pellet."""
    stated = inputs.sample.text("cell").strip().lower()
    if stated.startswith(_BLOCKED):
        return ""
    return next((kind for kind in _KINDS if stated.startswith(kind)), stated)


def analyse_cell(kind: str, items: Sequence[Prepared], inputs: Inputs, geometry: PelletGeometry | None) -> CellAnalysis:
    """Spectra of one cell, and of a control cell where the sample has one; both are fitted by themselves."""
    settings: ImpedanceSettings = inputs.settings
    sample = inputs.sample.name
    area = _area(inputs, geometry)
    is_control = [item.spectrum.role == CONTROL for item in items]
    choices = [
        chosen_circuits(
            [item for item, flag in zip(items, is_control, strict=True) if flag is wanted],
            settings=settings, decisions=inputs.decisions, sample=sample, library=CELL,
        )
        for wanted in (False, True)
    ]  # fmt: skip
    choice = _together(choices, is_control)
    compared = compared_with_control([item.spectrum for item in items], choice.fits, is_control, area_m2=area)
    paths = [path_without_roles(fit, compared.parts.get(i, {})) for i, fit in enumerate(choice.fits) if fit is not None]
    spectra = spectrum_results(items, choice.circuits, choice.fits, paths, is_blocked=False)
    areal = _areal(spectra, area)
    return CellAnalysis(
        choice=choice,
        spectra=spectra,
        sentence=_why_no_conductivity(kind),
        areal=areal,
        area_sentence=_area_sentence(area),
        control_sentences=compared.sentences,
        quantities=_quantities(sample, spectra, areal),
        findings=_findings(kind, inputs, spectra, choice, area, compared),
        facts=_facts(sample, spectra),
        withheld=_withheld(sample, area),
        facts_used=_facts_used(kind, area, inputs, geometry),
    )


def _together(choices: Sequence[Choice], is_control: Sequence[bool]) -> Choice:
    """Both choices as one, spectra in their order; what was compared is that of the cell itself."""
    own, control = choices
    places = [sum(is_control[:i]) if flag else i - sum(is_control[:i]) for i, flag in enumerate(is_control)]
    sides = [(control if flag else own, place) for flag, place in zip(is_control, places, strict=True)]
    reason = own.reason or control.reason
    if own.reason and control.reason:
        reason = f"{own.reason} Control cell: {control.reason.removeprefix('Choice of circuit: ')}"
    return Choice(
        circuits=tuple(choice.circuits[place] for choice, place in sides),
        fits=tuple(choice.fits[place] for choice, place in sides),
        compared=own.compared or control.compared,
        reason=reason,
        findings=(*own.findings, *control.findings),
    )


# -- words -------------------------------------------------------------------------------------------------------------


def _why_no_conductivity(kind: str) -> str:
    if kind in _KINDS:
        return (
            f"This is a {kind} cell: its electrodes let ions through, so its resistances are those of electrolyte, interfaces and "
            "electrodes together, and no ionic conductivity, activation energy or grain boundary is read from them; that takes the "
            "pellet between blocking electrodes."
        )
    return (
        f"The cell is stated as {kind!r}, which is none of symmetric, full, half and blocking: no ionic conductivity is read from its "
        "spectra. Write one of these in the column cell of samples.csv."
    )


def _area(inputs: Inputs, geometry: PelletGeometry | None) -> Estimate | None:
    """The electrode's area as it was given; that of the pellet's geometry otherwise."""
    stated = inputs.sample.pellet.electrode_area_m2
    return stated if stated is not None or geometry is None else geometry.electrode_area_m2


def _area_sentence(area: Estimate | None) -> str:
    if area is None:
        return "The area of the electrode is not given."
    shown = displayed(area)
    return f"A = {bracketed(shown.value, shown.std)} {shown.unit}, the area of one electrode."


def _facts_used(
    kind: str, area: Estimate | None, inputs: Inputs, geometry: PelletGeometry | None
) -> tuple[FactUse, ...]:
    cell = FactUse(name="cell", value=kind, given_by="samples table")
    if area is None:
        return (cell,)
    is_stated = inputs.sample.pellet.electrode_area_m2 is not None
    by = "samples table" if is_stated or geometry is None else geometry.given_by
    return cell, FactUse(name="electrode area", value=_area_sentence(area), given_by=by)


# -- numbers -----------------------------------------------------------------------------------------------------------


def _areal(spectra: Sequence[SpectrumResult], area: Estimate | None) -> tuple[ArealResistance, ...]:
    found: list[ArealResistance] = []
    for index, spectrum in enumerate(spectra):
        resistances = [("total", spectrum.resistance_total), *((e.name, e.resistance) for e in spectrum.path)]
        found.extend(
            ArealResistance(spectrum_index=index, element=name, resistance_ohm_m2=_times_area(name, quantity, area))
            for name, quantity in resistances
        )
    return tuple(found)


def _times_area(name: str, resistance: Quantity, area: Estimate | None) -> Quantity:
    """R A; the errors of both in the interval, those that are not known named."""
    if isinstance(resistance, Unresolved):
        return Unresolved(reason=resistance.reason, unit="ohm m2")
    if area is None:
        return Unresolved(reason="the area of the electrode is not given", unit="ohm m2")
    shown = displayed(area)
    method = f"{'R' if name == 'total' else name} x A, A = {shown.value:.4g} {shown.unit} (area of one electrode)"
    product = resistance.scaled(area.value, unit="ohm m2")
    if resistance.std is None or area.std is None:
        return attrs.evolve(product, method=f"{method}; error of the area not known")
    spread = math.hypot(resistance.std / resistance.value, area.std / area.value)
    return Estimate(value=product.value, std=product.value * spread, unit="ohm m2", method=method)


def _quantities(
    sample: str, spectra: Sequence[SpectrumResult], areal: Sequence[ArealResistance]
) -> tuple[Reported, ...]:
    """Totals first, then resistances times area, then every parameter and arc."""

    def made(name: str, quantity: Quantity, spectrum: SpectrumResult) -> Reported:
        return Reported(
            sample=sample, technique=TECHNIQUE, name=name, quantity=quantity, conditions=spectrum.conditions,
            flags=spectrum.flags,
        )  # fmt: skip

    totals = [made("resistance_total", s.resistance_total, s) for s in spectra]
    per_area = [
        made(f"area_specific_resistance_{a.element}", a.resistance_ohm_m2, spectra[a.spectrum_index]) for a in areal
    ]
    return (*totals, *per_area, *quantities_of(sample, spectra, (), (), (), ()))


def _facts(sample: str, spectra: Sequence[SpectrumResult]) -> tuple[Fact, ...]:
    """The resistance of the cell in each spectrum; times count from the first spectrum of one and the same acquisition."""
    own = [s for s in spectra if s.role != CONTROL]
    clocks = {s.acquisition for s in own if s.time_s is not None}
    start_s = None
    if len(clocks) == 1 and "" not in clocks:
        start_s = min(s.time_s for s in own if s.time_s is not None)
    return tuple(
        CellResistance(
            sample=sample,
            given_by=TECHNIQUE,
            temperature_K=s.temperature_K if s.temperature_is_confirmed else None,
            resistance_ohm=s.resistance_total,
            time_s=None if s.time_s is None or start_s is None else s.time_s - start_s,
        )
        for s in own
        if isinstance(s.resistance_total, Estimate)
    )


# -- findings ----------------------------------------------------------------------------------------------------------


def _findings(
    kind: str,
    inputs: Inputs,
    spectra: Sequence[SpectrumResult],
    choice: Choice,
    area: Estimate | None,
    compared: Compared,
) -> tuple[Finding, ...]:
    sample = inputs.sample.name
    severity = "info" if kind in _KINDS else "error"
    words = f"{sample}: {_why_no_conductivity(kind)}"
    found = [Finding(code="cell-not-blocked", severity=severity, sentence=words, samples=(sample,))]
    found += [
        Finding(code="compared-with-control", severity="notice", sentence=text, samples=(sample,))
        for text in compared.sentences
    ]
    if area is None:
        words = f"{sample}: the electrode area of the cell is not given: resistances are shown, those times area are withheld."
        found.append(Finding(code="geometry-missing", severity="error", sentence=words, samples=(sample,)))
    found += [*choice.findings, *inductance_findings(sample, spectra)]
    # Of temperatures only energies hang, and there are none here.
    about_energies = ("temperature-not-confirmed", "temperature-missing")
    found += [f for f in spectrum_findings(sample, spectra) if f.code not in about_energies]
    return tuple(found)


def _withheld(sample: str, area: Estimate | None) -> tuple[WithheldNumber, ...]:
    if area is not None:
        return ()
    return (
        WithheldNumber(
            what=f"resistances times area of {sample}", missing="electrode area", do="state it in samples.csv"
        ),
    )
