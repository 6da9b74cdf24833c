"""Runs of one cell to its result: which kind of cell it is decides what is computed, and only a person says which it is."""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np

import pelletry
from pelletry.core.errors import MeasurementError
from pelletry.core.facts import ActivationEnergy, IonicConductivity
from pelletry.core.finding import Finding
from pelletry.core.provenance import FactUse, Lineage
from pelletry.core.quantity import Estimate, Reported, bracketed
from pelletry.core.technique import Inputs
from pelletry.core.units import displayed
from pelletry.techniques.cycling.full_cell import FullCell, analyse_full
from pelletry.techniques.cycling.measurement import CellSpectrum, CyclingRun
from pelletry.techniques.cycling.model.growth import GrowthComparison, compare_growth
from pelletry.techniques.cycling.polarised_cell import (
    Polarised,
    analyse_blocking,
    analyse_hebb_wagner,
    analyse_transference,
)
from pelletry.techniques.cycling.result import CyclingResult, RunTrace, WithheldNumber
from pelletry.techniques.cycling.settings import CyclingSettings
from pelletry.techniques.cycling.symmetric_cell import Symmetric, analyse_symmetric
from pelletry.techniques.cycling.trace import close_up, traced

__all__ = ["KINDS", "REFERENCES", "analyse"]

#: What a person may write in the column ``cell``, and what is computed for it.
KINDS = {
    "symmetric": "two alike reversible electrodes: resistances and signs of shorts",
    "full": "a full cell: capacities, efficiency, fade",
    "half": "a half cell against lithium: capacities, efficiency, fade",
    "blocking": "two electrodes that block ions, under direct voltage: electronic conductivity",
    "hebb-wagner": "one reversible electrode and one that blocks ions, at several voltages: electrons and holes",
    "polarised": "two alike reversible electrodes under a small direct voltage, with spectra before and after: transference number",
}
REFERENCES = ("BenjaminiHochberg1995", "HurvichTsai1989", "CODATA2018", "Prohaska2022")
TECHNIQUE = "cycling"
_FEWEST_FOR_GROWTH = 5
_CLOSE_UPS = 3
_HELD = ("blocking", "hebb-wagner", "polarised")


def analyse(measurements: Sequence[CyclingRun | CellSpectrum], inputs: Inputs, /) -> CyclingResult:
    """All runs of one cell.

    Raises
    ------
    MeasurementError
        When there is no run among the measurements.
    """
    runs = sorted((m for m in measurements if isinstance(m, CyclingRun)), key=_in_order)
    spectra = sorted((m for m in measurements if isinstance(m, CellSpectrum)), key=_spectrum_order)
    if not runs:
        raise MeasurementError(f"there is no cycling run of {inputs.sample.name}", do="name its files in samples.csv")
    settings: CyclingSettings = inputs.settings
    kind, said = _kind_of(inputs)
    runs, twice = _once(inputs.sample.name, runs)
    findings: list[Finding] = [*said, *twice, *_warnings(inputs.sample.name, runs)]
    withheld: list[WithheldNumber] = []
    cycled, held = _told_apart(runs, kind)
    symmetric = analyse_symmetric(cycled, spectra, inputs, settings) if kind == "symmetric" and cycled else None
    full = analyse_full(runs, inputs, settings) if kind in ("full", "half") else None
    polarised = _polarised(kind, held, spectra, inputs)
    if not kind:
        withheld.append(
            WithheldNumber(
                what=f"everything from the cycling of {inputs.sample.name}",
                missing="what kind of cell it is",
                do=f"write one of {', '.join(KINDS)} in the column cell of the samples table",
            )
        )
    growth, time_s, resistance = _growth(spectra)
    findings += _growth_findings(inputs.sample.name, growth)
    for part in (symmetric, full, polarised):
        if part is not None:
            findings += part.findings
            withheld += part.withheld
    return CyclingResult(
        sample=inputs.sample.name,
        kind=kind,
        quantities=tuple(_quantities(inputs.sample.name, symmetric, full, polarised, growth)),
        findings=tuple(dict.fromkeys(findings)),
        facts=() if symmetric is None else symmetric.facts,
        lineage=_lineage(runs, spectra, inputs, settings),
        withheld=tuple(dict.fromkeys(withheld)),
        runs=tuple(traced(run) for run in ((*symmetric.runs, *held) if symmetric else runs)),
        spectra=tuple(spectra),
        steps=() if symmetric is None else symmetric.steps,
        close_ups=() if symmetric is None else _close_ups(symmetric),
        cycles=() if full is None else full.cycles,
        differential=() if full is None else full.differential,
        growth=growth,
        growth_time_s=time_s,
        growth_resistance_ohm=resistance,
        levels=polarised.levels,
        hebb_wagner=polarised.hebb_wagner,
        electrode_area_m2=None
        if inputs.sample.pellet.electrode_area_m2 is None
        else inputs.sample.pellet.electrode_area_m2.value,
        active_mass=None if full is None else full.active_mass,
        theoretical_capacity_C_per_kg=None if full is None else full.theoretical_C_per_kg,
        capacity_convention="" if full is None else full.convention,
        is_simulated=inputs.sample.is_simulated,
    )


def _close_ups(symmetric: Symmetric) -> tuple[tuple[int, RunTrace], ...]:
    """The steps that carry most signs, in their order."""
    flagged = sorted((row for row in symmetric.steps if row.event and row.flags), key=lambda row: -len(row.flags))
    chosen = sorted(flagged[:_CLOSE_UPS], key=lambda row: row.step.number)
    return tuple(
        (row.step.number, close_up(symmetric.runs[row.run - 1], row.step.start, row.step.stop)) for row in chosen
    )


def _once(sample: str, runs: Sequence[CyclingRun]) -> tuple[list[CyclingRun], list[Finding]]:
    """The runs without those that are another one again: the same times and voltages in another file or format."""
    kept: list[CyclingRun] = []
    found: list[Finding] = []
    for run in runs:
        twin = next((other for other in kept if _is_same(run, other)), None)
        if twin is None:
            kept.append(run)
            continue
        if twin.current_source != "measured" and run.current_source == "measured":
            kept[kept.index(twin)], run, twin = run, twin, run
        sentence = (
            f"{sample}: {run.origin.path} holds the same run as {twin.origin.path} and is left out; its cycles would count twice. Name one of "
            "them only."
        )
        found.append(Finding(code="run-twice", severity="notice", sentence=sentence, samples=(sample,)))
    return kept, found


def _is_same(one: CyclingRun, other: CyclingRun) -> bool:
    """Text exports round, so five digits of the time and a tenth of a millivolt are enough."""
    return (
        one.points == other.points
        and bool(np.allclose(np.diff(one.time_s), np.diff(other.time_s), rtol=1e-4, atol=2e-3))
        and bool(np.allclose(one.voltage_V, other.voltage_V, rtol=0.0, atol=1e-4, equal_nan=True))
    )


def _told_apart(runs: Sequence[CyclingRun], kind: str) -> tuple[list[CyclingRun], list[CyclingRun]]:
    """Runs under current, and those that hold a voltage: all of a polarised cell, of a symmetric one those with the role."""
    if kind in _HELD:
        return [], list(runs)
    is_held = [kind == "symmetric" and run.role.startswith("polari") for run in runs]
    return (
        [run for run, held in zip(runs, is_held, strict=True) if not held],
        [run for run, held in zip(runs, is_held, strict=True) if held],
    )


def _polarised(kind: str, held: Sequence[CyclingRun], spectra: Sequence[CellSpectrum], inputs: Inputs) -> Polarised:
    if not held:
        return Polarised()
    if kind == "blocking":
        return analyse_blocking(held, inputs)
    if kind == "hebb-wagner":
        return analyse_hebb_wagner(held, inputs)
    return analyse_transference(held, spectra, inputs)


def _in_order(run: CyclingRun) -> tuple[list[tuple[int, int, str]], int]:
    # Clocks of different files begin anew; programs number their files in the order of the work.
    pieces = re.split(r"(\d+)", run.origin.path)
    return [(0, int(p), "") if p.isdigit() else (1, 0, p) for p in pieces], run.origin.record


def _spectrum_order(spectrum: CellSpectrum) -> tuple[float, str, int]:
    return (
        spectrum.time_s if spectrum.time_s is not None else float("inf"),
        spectrum.origin.path,
        spectrum.origin.record,
    )


def _kind_of(inputs: Inputs) -> tuple[str, list[Finding]]:
    stated = inputs.sample.text("cell").strip().lower()
    if not stated:
        return "", []
    word = next((kind for kind in KINDS if stated.startswith(kind)), "")
    if word:
        return word, []
    sentence = f"{inputs.sample.name}: the cell {stated!r} is not known; it is one of {', '.join(KINDS)}."
    return "", [Finding(code="cell-kind-unknown", severity="error", sentence=sentence, samples=(inputs.sample.name,))]


def _warnings(sample: str, runs: Sequence[CyclingRun]) -> list[Finding]:
    return [
        Finding(code="run-warning", severity="notice", sentence=f"{run.origin.path}: {warning}.", samples=(sample,))
        for run in runs
        for warning in run.warnings
    ]


# -- growth ------------------------------------------------------------------------------------------------------------


def _growth(spectra: Sequence[CellSpectrum]) -> tuple[GrowthComparison | None, np.ndarray | None, np.ndarray | None]:
    """How the low-frequency resistance of the spectra of one acquisition grows in time."""
    timed = [s for s in spectra if s.time_s is not None]
    if len(timed) < _FEWEST_FOR_GROWTH or len({s.acquisition for s in timed}) != 1:
        return None, None, None
    time_s = np.array([s.time_s for s in timed], dtype=float)
    resistance = np.array([s.resistance_low_ohm for s in timed], dtype=float)
    if float(np.ptp(time_s)) <= 0:
        return None, None, None
    return compare_growth(time_s, resistance), time_s, resistance


def _growth_findings(sample: str, growth: GrowthComparison | None) -> list[Finding]:
    if growth is None:
        return []
    head = f"{sample}: the resistance of the cell in time"
    sentence = f"{head} follows the {growth.law} law: {growth.reason}." if growth.law else f"{head}: {growth.reason}."
    return [Finding(code="growth-law", severity="info", sentence=sentence, samples=(sample,))]


# -- the whole ---------------------------------------------------------------------------------------------------------


def _quantities(
    sample: str,
    symmetric: Symmetric | None,
    full: FullCell | None,
    polarised: Polarised,
    growth: GrowthComparison | None,
) -> list[Reported]:
    made = [*(symmetric.quantities if symmetric else ()), *(full.quantities if full else ()), *polarised.quantities]
    if growth is not None and growth.law:
        best = growth.fits[0]
        estimate = Estimate(
            value=best.start_ohm,
            std=best.start_std_ohm or None,
            unit="ohm",
            method=f"{best.law} law at the first spectrum",
        )
        made.append(Reported(sample=sample, technique=TECHNIQUE, name="resistance_at_start", quantity=estimate))
    return made


def _lineage(
    runs: Sequence[CyclingRun], spectra: Sequence[CellSpectrum], inputs: Inputs, settings: CyclingSettings
) -> Lineage:
    facts = [
        FactUse(name=type(fact).__name__, value=_in_words(fact), given_by=fact.given_by)
        for fact in inputs.facts
        if isinstance(fact, IonicConductivity | ActivationEnergy)
    ]
    area = inputs.sample.pellet.electrode_area_m2
    if area is not None:
        shown = displayed(area)
        facts.append(
            FactUse(
                name="electrode area",
                value=f"{bracketed(shown.value, shown.std)} {shown.unit}",
                given_by="samples table",
            )
        )
    for key, value in inputs.sample.given:
        text = (
            value
            if isinstance(value, str)
            else f"{bracketed(displayed(value).value, displayed(value).std)} {displayed(value).unit}"
        )
        facts.append(FactUse(name=key, value=text, given_by="samples table"))
    return Lineage(
        origins=tuple(dict.fromkeys((*(r.origin for r in runs), *(s.origin for s in spectra)))),
        settings=tuple((key, str(value)) for key, value in settings.model_dump(mode="json").items()),
        facts=tuple(facts),
        references=REFERENCES,
        technique=TECHNIQUE,
        version=pelletry.__version__,
    )


def _in_words(fact: IonicConductivity | ActivationEnergy) -> str:
    if isinstance(fact, IonicConductivity):
        shown = displayed(fact.conductivity_S_per_m)
        return f"{fact.part} {bracketed(shown.value, shown.std)} {shown.unit} at {fact.temperature_K - 273.15:.4g} °C"
    return f"{fact.part} {bracketed(fact.energy_eV.value, fact.energy_eV.std)} eV of {fact.convention}"
