"""Runs of one sample to shrinkage, temperatures, densities and the master curve, with what is to be said about them."""

from __future__ import annotations

import math
from collections.abc import Sequence

import attrs

import pelletry
from pelletry.core.errors import MeasurementError, MissingFactError
from pelletry.core.facts import MassLoss, RelativeDensity, TheoreticalDensity, ThermalExpansion
from pelletry.core.finding import Finding
from pelletry.core.provenance import FactUse, Lineage
from pelletry.core.quantity import Estimate, Quantity, Unresolved, bracketed
from pelletry.core.sample import Sample
from pelletry.core.technique import Inputs
from pelletry.core.units import displayed
from pelletry.techniques.dilatometry.body import Body
from pelletry.techniques.dilatometry.curves import run_result
from pelletry.techniques.dilatometry.findings import findings_of, green_findings
from pelletry.techniques.dilatometry.master import master_result
from pelletry.techniques.dilatometry.measurement import DilatometerRun
from pelletry.techniques.dilatometry.result import DilatometryResult, RunResult
from pelletry.techniques.dilatometry.settings import DilatometrySettings

__all__ = ["REFERENCES", "analyse"]

REFERENCES = ("SavitzkyGolay1964", "SuJohnson1996", "WangRaj1990", "ClevelandBradt1978", "CODATA2018")


def analyse(measurements: Sequence[DilatometerRun], inputs: Inputs, /) -> DilatometryResult:
    """All runs of one sample; blank runs are taken off the others and give no result of their own.

    Raises
    ------
    MeasurementError
        When there is no run of the sample itself.
    MissingFactError
        When no run has a length to refer its shrinkage to.
    """
    sample = inputs.sample.name
    settings: DilatometrySettings = inputs.settings
    blanks = [run for run in measurements if run.role == "blank"]
    own = [run for run in measurements if run.role != "blank"]
    if not own:
        what = "only blank runs" if blanks else "no run of a dilatometer"
        raise MeasurementError(f"there is {what} of {sample}", do="name the run of the sample in samples.csv")
    green, green_said = green_fraction(inputs)
    body = Body(
        sample=sample,
        length_m=inputs.sample.quantity("dilatometer_length"),
        green_fraction=green,
        mass_loss=_mass_loss(inputs),
        radial_per_axial=_anisotropy(inputs.sample),
        expansion=inputs.fact(ThermalExpansion),
    )
    runs: list[RunResult] = []
    found: list[Finding] = [*_of_files(sample, own), *green_said]
    for run in own:
        result, said = run_result(run, blanks, body, settings)
        found += said
        if result is not None:
            runs.append(result)
    if not runs:
        raise MissingFactError(
            f"no shrinkage of {sample}: length of the body in the dilatometer missing",
            where=sample,
            do="write it in the samples table, column dilatometer_length, as '10.02(1) mm'",
        )
    runs.sort(key=lambda r: math.inf if r.rate_K_per_s is None else r.rate_K_per_s)
    master = master_result(sample, runs, inputs, green) if settings.master_curve == "auto" else None
    pellet: RelativeDensity | None = inputs.fact(RelativeDensity)
    main = _main_run(runs, inputs.sample)
    found += findings_of(inputs, runs, main, master, body)
    return DilatometryResult(
        sample=sample,
        runs=tuple(runs),
        master=master,
        green_fraction=green,
        mass_loss=body.mass_loss,
        radial_per_axial=body.radial_per_axial,
        pellet_density=None if pellet is None else pellet.relative_density,
        main_run=main,
        findings=tuple(dict.fromkeys(found)),
        lineage=_lineage(measurements, inputs, body, runs),
        is_simulated=inputs.sample.is_simulated,
    )


def _of_files(sample: str, runs: Sequence[DilatometerRun]) -> list[Finding]:
    said = dict.fromkeys(f"{run.origin.path}: {warning}." for run in runs for warning in run.warnings)
    return [Finding(code="reader-note", severity="info", sentence=sentence, samples=(sample,)) for sentence in said]


def _main_run(runs: Sequence[RunResult], sample: Sample) -> int:
    """The run that is most like the firing of the pellet: nearest in heating rate, else the first."""
    wanted = sample.sintering.heating_rate_K_per_s
    if wanted is None or len(runs) == 1:
        return 0
    away = [math.inf if run.rate_K_per_s is None else abs(math.log(run.rate_K_per_s / wanted)) for run in runs]
    return away.index(min(away))


# -- the green body ----------------------------------------------------------------------------------------------------


def green_fraction(inputs: Inputs) -> tuple[Quantity, list[Finding]]:
    """Relative green density: stated as such, else as a density or as mass and size of the green pellet, over the theoretical one."""
    sample = inputs.sample
    stated = sample.quantity("green_relative_density")
    density = sample.quantity("green_density")
    every: tuple[TheoreticalDensity, ...] = inputs.all_facts(TheoreticalDensity)
    theoretical = next((fact for fact in every if not fact.is_computed), next(iter(every), None))
    weighed = _weighed(sample)
    full = None if theoretical is None else theoretical.density_kg_per_m3
    ways: list[tuple[str, Estimate]] = []
    if stated is not None:
        ways.append(("stated relative green density", stated))
    if full is not None and density is not None:
        ways.append(("stated green density over theoretical density", _ratio(density, full)))
    if full is not None and weighed is not None:
        ways.append(("mass and size of the green pellet over theoretical density", _ratio(weighed, full)))
    if ways:
        chosen = attrs.evolve(ways[0][1], method=ways[0][0])
        return chosen, green_findings(sample.name, ways)
    if density is not None or weighed is not None:
        reason = "a green density is there, and no theoretical density to compare it with"
    else:
        reason = "no green density (columns green_density, green_relative_density, or green_mass, green_diameter and green_thickness)"
    return Unresolved(reason=reason, unit="1"), []


def _weighed(sample: Sample) -> Estimate | None:
    mass, diameter, thickness = (sample.quantity(f"green_{word}") for word in ("mass", "diameter", "thickness"))
    if mass is None or diameter is None or thickness is None:
        return None
    value = 4 * mass.value / (math.pi * diameter.value**2 * thickness.value)
    parts = ((mass, 1), (diameter, 2), (thickness, 1))
    known = [power * one.std / one.value for one, power in parts if one.std is not None]
    std = value * math.hypot(*known) if len(known) == len(parts) else None
    return Estimate(value=value, std=std, unit="kg/m3", method="green mass and size")


def _ratio(a: Estimate, b: Estimate) -> Estimate:
    value = a.value / b.value
    parts = [one.std / one.value for one in (a, b) if one.std is not None]
    return Estimate(value=value, std=value * math.hypot(*parts) if a.std is not None else None, unit="1", method="")


def _anisotropy(sample: Sample) -> float:
    """e_r/e_z: stated, else from green and fired size of the pellet, else 1."""
    stated = sample.quantity("shrinkage_anisotropy")
    if stated is not None:
        return stated.value
    green = sample.quantity("green_diameter"), sample.quantity("green_thickness")
    fired = sample.pellet.diameter_m, sample.pellet.thickness_m
    if None in green or None in fired:
        return 1.0
    radial, axial = (
        f.value / g.value - 1 for f, g in zip(fired, green, strict=True) if f is not None and g is not None
    )
    # Ground pellets and sizes within their error of the green ones say nothing about the shape.
    return radial / axial if axial < -0.02 and radial < -0.02 else 1.0


def _mass_loss(inputs: Inputs) -> Estimate | None:
    fact: MassLoss | None = inputs.fact(MassLoss)
    return None if fact is None else fact.mass_loss_fraction


# -- lineage -----------------------------------------------------------------------------------------------------------


def _in_words(estimate: Estimate, kind: str = "") -> str:
    shown = displayed(estimate, kind)
    return f"{bracketed(shown.value, shown.std)} {shown.unit}"


def _lineage(measurements: Sequence[DilatometerRun], inputs: Inputs, body: Body, runs: Sequence[RunResult]) -> Lineage:
    facts = []
    if isinstance(body.green_fraction, Estimate):
        facts.append(
            FactUse(
                name="relative green density",
                value=_in_words(body.green_fraction, "relative_density"),
                given_by=f"samples table, {body.green_fraction.method}",
            )
        )
    if body.mass_loss is not None:
        facts.append(
            FactUse(name="loss of mass", value=_in_words(body.mass_loss, "percent"), given_by="thermogravimetry")
        )
    for run in runs:
        if run.expansion_per_K is not None:
            value = f"{run.expansion_per_K * 1e6:.4g}e-6 1/K"
            facts.append(FactUse(name="thermal expansion", value=value, given_by=run.expansion_source))
        if run.blank:
            facts.append(FactUse(name="blank run", value=run.blank, given_by=f"taken off {run.origin.path}"))
    return Lineage(
        origins=tuple(run.origin for run in measurements),
        settings=tuple((key, str(value)) for key, value in inputs.settings.model_dump().items()),
        facts=tuple(dict.fromkeys(facts)),
        references=REFERENCES,
        technique="dilatometry",
        version=pelletry.__version__,
    )
