"""Runs of one cell to its result: which kind of cell it is decides what is computed, and only a person says which it is."""

from __future__ import annotations

import math
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
from pelletry.techniques.cycling.model.polarisation import (
    SteadyCurrent,
    electronic_conductivity_S_per_m,
    steady_current,
)
from pelletry.techniques.cycling.result import CyclingResult, WithheldNumber
from pelletry.techniques.cycling.settings import CyclingSettings
from pelletry.techniques.cycling.symmetric_cell import Symmetric, analyse_symmetric
from pelletry.techniques.cycling.trace import traced

__all__ = ["KINDS", "REFERENCES", "analyse"]

#: What a person may write in the column ``cell``, and what is computed for it.
KINDS = {
    "symmetric": "two alike reversible electrodes: resistances and signs of shorts",
    "full": "a full cell: capacities, efficiency, fade",
    "half": "a half cell against lithium: capacities, efficiency, fade",
    "blocking": "two blocking electrodes under direct voltage: electronic conductivity",
}
REFERENCES = ("BenjaminiHochberg1995", "HurvichTsai1989", "CODATA2018", "Prohaska2022")
TECHNIQUE = "cycling"
_FEWEST_FOR_GROWTH = 5


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
    findings: list[Finding] = [*said, *_warnings(inputs.sample.name, runs)]
    withheld: list[WithheldNumber] = []
    symmetric = analyse_symmetric(runs, spectra, inputs, settings) if kind == "symmetric" else None
    full = analyse_full(runs, inputs, settings) if kind in ("full", "half") else None
    steady, electronic = _electronic(runs, inputs, withheld) if kind == "blocking" else (None, ())
    if not kind:
        withheld.append(
            WithheldNumber(
                what=f"everything from the cycling of {inputs.sample.name}",
                missing="what kind of cell it is",
                do="write symmetric, full, half or blocking in the column cell of the samples table",
            )
        )
    if steady is not None and not steady.is_steady:
        sentence = (
            f"{inputs.sample.name}: the current of the polarisation still changes by {100 * steady.drift_per_h:.2g} % an hour; the electronic "
            "conductivity is an upper limit. Polarise longer."
        )
        findings.append(
            Finding(code="current-not-steady", severity="warning", sentence=sentence, samples=(inputs.sample.name,))
        )
    growth, time_s, resistance = _growth(spectra)
    findings += _growth_findings(inputs.sample.name, growth)
    for part in (symmetric, full):
        if part is not None:
            findings += part.findings
            withheld += part.withheld
    return CyclingResult(
        sample=inputs.sample.name,
        kind=kind,
        quantities=tuple(_quantities(inputs.sample.name, symmetric, full, electronic, growth)),
        findings=tuple(dict.fromkeys(findings)),
        facts=() if symmetric is None else symmetric.facts,
        lineage=_lineage(runs, spectra, inputs, settings),
        withheld=tuple(dict.fromkeys(withheld)),
        runs=tuple(traced(run) for run in (symmetric.runs if symmetric else runs)),
        spectra=tuple(spectra),
        steps=() if symmetric is None else symmetric.steps,
        cycles=() if full is None else full.cycles,
        differential=() if full is None else full.differential,
        growth=growth,
        growth_time_s=time_s,
        growth_resistance_ohm=resistance,
        steady=steady,
        electrode_area_m2=None
        if inputs.sample.pellet.electrode_area_m2 is None
        else inputs.sample.pellet.electrode_area_m2.value,
        active_mass=None if full is None else full.active_mass,
        theoretical_capacity_C_per_kg=None if full is None else full.theoretical_C_per_kg,
        capacity_convention="" if full is None else full.convention,
        is_simulated=inputs.sample.is_simulated,
    )


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


# -- direct voltage ----------------------------------------------------------------------------------------------------


def _electronic(
    runs: Sequence[CyclingRun], inputs: Inputs, withheld: list[WithheldNumber]
) -> tuple[SteadyCurrent | None, tuple[Reported, ...]]:
    sample, pellet = inputs.sample.name, inputs.sample.pellet
    missing = [
        name
        for name, size in (("thickness", pellet.thickness_m), ("area of the electrode", pellet.electrode_area_m2))
        if size is None
    ]
    run = runs[-1]
    if run.current_source != "measured":
        missing.append("a measured current")
    if missing or pellet.thickness_m is None or pellet.electrode_area_m2 is None:
        withheld.append(
            WithheldNumber(
                what=f"electronic conductivity of {sample}",
                missing=" and ".join(missing),
                do="write it in the samples table",
            )
        )
        return None, ()
    voltage = float(np.nanmedian(run.voltage_V))
    try:
        steady = steady_current(run.time_s, run.current_A)
    except ValueError as error:
        withheld.append(
            WithheldNumber(what=f"electronic conductivity of {sample}", missing=str(error), do="measure longer")
        )
        return None, ()
    area, thickness = pellet.electrode_area_m2, pellet.thickness_m
    value = electronic_conductivity_S_per_m(steady.current_A, voltage, thickness.value, area.value)
    relative = [None if e.std is None else e.std / e.value for e in (thickness, area)]
    noise = steady.std_A / abs(steady.current_A) if steady.current_A else 1.0
    known = [r for r in relative if r is not None]
    std = value * math.hypot(noise, *known) if len(known) == len(relative) else None
    words = (
        "upper limit: the current is below three standard deviations of its mean"
        if abs(steady.current_A) < 3.0 * steady.std_A
        else "steady current of the last fifth"
        if steady.is_steady
        else f"upper limit: the current still changes by {100 * steady.drift_per_h:.2g} % an hour"
    )
    flags = () if steady.is_steady else ("current-not-steady",)
    conditions = (("voltage_V", round(voltage, 4)),)
    estimate = Estimate(value=value, std=std, unit="S/m", method=words)
    made = [
        Reported(
            sample=sample,
            technique=TECHNIQUE,
            name="electronic_conductivity",
            quantity=estimate,
            conditions=conditions,
            flags=flags,
        )
    ]
    limit = electronic_conductivity_S_per_m(3.0 * steady.std_A, voltage, thickness.value, area.value)
    words_of_limit = "three standard deviations of the mean current at the end"
    made.append(
        Reported(
            sample=sample,
            technique=TECHNIQUE,
            name="electronic_detection_limit",
            quantity=Estimate(value=limit, unit="S/m", method=words_of_limit),
            conditions=conditions,
        )
    )
    total = next(
        (f for f in inputs.all_facts(IonicConductivity) if f.part == "total" and _near(f.temperature_K, run)), None
    )
    if total is not None:
        share = value / total.conductivity_S_per_m.value
        made.append(
            Reported(
                sample=sample,
                technique=TECHNIQUE,
                name="transference_number_ion",
                quantity=Estimate(value=1 - share, unit="1", method="1 - electronic over total conductivity"),
                flags=flags,
            )
        )
    return steady, tuple(made)


def _near(temperature_K: float, run: CyclingRun) -> bool:
    return run.temperature_K is not None and abs(run.temperature_K - temperature_K) < 1.5


# -- the whole ---------------------------------------------------------------------------------------------------------


def _quantities(
    sample: str,
    symmetric: Symmetric | None,
    full: FullCell | None,
    electronic: Sequence[Reported],
    growth: GrowthComparison | None,
) -> list[Reported]:
    made = [*(symmetric.quantities if symmetric else ()), *(full.quantities if full else ()), *electronic]
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
