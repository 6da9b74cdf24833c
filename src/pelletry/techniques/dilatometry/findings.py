"""What is said about shrinkage, density and master curve, each with its number and what to do."""

from __future__ import annotations

import math
from collections.abc import Sequence

from pelletry.core.facts import MassLoss, RelativeDensity
from pelletry.core.finding import Finding
from pelletry.core.quantity import Estimate, Unresolved, bracketed
from pelletry.core.technique import Inputs
from pelletry.core.units import displayed
from pelletry.techniques.dilatometry.body import Body
from pelletry.techniques.dilatometry.model.density import green_density_that_fits
from pelletry.techniques.dilatometry.result import MasterResult, RunResult
from pelletry.techniques.thermal_program import rate_in_words

__all__ = ["findings_of", "green_findings"]

#: No pressed powder is looser or tighter than this.
_GREEN = (0.30, 0.80)
_GREEN_AGREES = 0.02
_GROWN = 0.02
_DENSITIES = ("density_by_shrinkage", "density_by_shrinkage_hot")
_FIRED_ALIKE_K = 30.0
_LAG_STDS = 3.0
_ENERGIES_DIFFER = 0.10


def _finding(code: str, severity: str, sample: str, sentence: str, *quantities: str) -> Finding:
    return Finding(code=code, severity=severity, sentence=sentence, samples=(sample,), quantities=quantities)


def _percent(estimate: Estimate) -> str:
    shown = displayed(estimate, "relative_density")
    return f"{bracketed(shown.value, shown.std)} %"


def _degrees(temperature_K: float) -> str:
    return f"{temperature_K - 273.15:.0f} °C"


def green_findings(sample: str, ways: Sequence[tuple[str, Estimate]]) -> list[Finding]:
    """The green density itself: impossible values, and ways to it that contradict each other."""
    found = []
    name, first = ways[0]
    if not _GREEN[0] <= first.value <= _GREEN[1]:
        sentence = (
            f"The relative green density of {sample} is {_percent(first)} ({name}); pressed powders have 30 to 80 %. Look at mass, size "
            "and theoretical density; the density by shrinkage cannot be better than it."
        )
        found.append(_finding("green-density-unlikely", "warning", sample, sentence, *_DENSITIES))
    for other, value in ways[1:]:
        if abs(value.value / first.value - 1) > _GREEN_AGREES:
            sentence = (
                f"Two green densities of {sample} do not agree: {_percent(first)} ({name}) and {_percent(value)} ({other}). The first is "
                "used; correct the wrong one."
            )
            found.append(_finding("green-densities-differ", "warning", sample, sentence, *_DENSITIES))
    return found


def findings_of(
    inputs: Inputs, runs: Sequence[RunResult], main: int, master: MasterResult | None, body: Body
) -> list[Finding]:
    """Findings of the results, in the order of reading: runs, densities, pellet, master curve."""
    sample = inputs.sample.name
    found: list[Finding] = []
    for run in runs:
        found += [*_of_run(sample, run), *_of_density(sample, run, body)]
    if isinstance(body.green_fraction, Unresolved):
        sentence = f"No density of {sample} is computed from its shrinkage: {body.green_fraction.reason}."
        found.append(_finding("green-density-missing", "notice", sample, sentence, *_DENSITIES))
    found += _of_mass_loss(sample, inputs, runs[main])
    found += _of_pellet(sample, inputs, runs[main], body)
    found += _of_master(sample, master)
    return found


def _of_run(sample: str, run: RunResult) -> list[Finding]:
    found = []
    shown = run.origin.path
    if run.rate_K_per_s is None:
        sentence = f"{shown} of {sample} holds no heating: onset, end and density during heating are not given."
        found.append(_finding("dilatometer-no-heating", "notice", sample, sentence))
    last = run.shrinkage
    if isinstance(last, Estimate) and last.value > _GROWN and run.rate_K_per_s is not None:
        sentence = (
            f"{sample} grows by {100 * last.value:.1f} % in {shown}. If its column holds shrinkage as a positive number, export it "
            "with its sign; nothing is turned here."
        )
        found.append(_finding("length-grows", "warning", sample, sentence, "shrinkage", "shrinkage_cold", *_DENSITIES))
    swelling = run.swelling
    if swelling is not None and isinstance(run.swelling_K, Estimate):
        stated = (
            "" if run.expansion_per_K is not None else " Its thermal expansion is not known and may be a part of this."
        )
        sentence = (
            f"{sample} swells again from {_degrees(run.swelling_K.value)} on in {shown}: {100 * swelling.strain_fraction:.2g} % "
            f"longer after its shortest length at {100 * swelling.strain_at_turn_fraction:.2g} %. Gas in closed pores or a "
            f"reaction opens the ceramic; fire below that temperature.{stated}"
        )
        found.append(_finding("swelling", "warning", sample, sentence, "swelling_onset", "shrinkage", "shrinkage_cold"))
    end = run.tangents.end_K
    if isinstance(end, Unresolved) and "still shrinks" in end.reason and run.dwell_s < 60.0:
        sentence = f"The shrinkage of {sample} in {shown} had not ended: {end.reason}."
        found.append(_finding("shrinkage-not-ended", "notice", sample, sentence, "sintering_end", "shrinkage"))
    return found


def _of_density(sample: str, run: RunResult, body: Body) -> list[Finding]:
    density = run.density_cold if isinstance(run.density_cold, Estimate) else run.density_hot
    if not isinstance(density, Estimate) or density.value <= 1 or not isinstance(body.green_fraction, Estimate):
        return []
    strain = run.shrinkage_cold if isinstance(run.shrinkage_cold, Estimate) else run.shrinkage
    loss = 0.0 if body.mass_loss is None else body.mass_loss.value
    most = green_density_that_fits(
        density=1.0,
        strain=strain.value if isinstance(strain, Estimate) else 0.0,
        mass_loss=loss,
        radial_per_axial=body.radial_per_axial,
    )
    sentence = (
        f"The density of {sample} by its shrinkage is {_percent(density)} ({run.origin.path}), above 100 %: green density, "
        f"shrinkage and loss of mass do not agree. With this shrinkage the green density can be {100 * most:.1f} % at most, and "
        f"{_percent(body.green_fraction)} is given. The value is given as it is."
    )
    return [_finding("shrinkage-density-above-100", "warning", sample, sentence, *_DENSITIES)]


def _of_mass_loss(sample: str, inputs: Inputs, run: RunResult) -> list[Finding]:
    fact: MassLoss | None = inputs.fact(MassLoss)
    onset = run.tangents.onset_K
    if fact is None or fact.mass_loss_fraction.value < 1e-3:
        return []
    if isinstance(onset, Estimate) and (fact.end_temperature_K is None or fact.end_temperature_K > onset.value):
        ends = "does not end" if fact.end_temperature_K is None else f"ends at {_degrees(fact.end_temperature_K)}"
        sentence = (
            f"{sample} loses {_percent(fact.mass_loss_fraction)} of its mass, and that {ends}, while it shrinks from {_degrees(onset.value)} "
            "on: the density during heating is right only where the loss is over."
        )
        return [_finding("mass-loss-during-sintering", "notice", sample, sentence, *_DENSITIES)]
    return []


def _of_pellet(sample: str, inputs: Inputs, run: RunResult, body: Body) -> list[Finding]:
    """The density by shrinkage against that of the pellet, and the green density that would bring them together."""
    pellet: RelativeDensity | None = inputs.fact(RelativeDensity)
    ours = run.density_cold if isinstance(run.density_cold, Estimate) else run.density_hot
    if pellet is None or not isinstance(ours, Estimate) or not isinstance(body.green_fraction, Estimate):
        return []
    theirs = pellet.relative_density
    off = ours.value - theirs.value
    known = [one.std for one in (ours, theirs) if one.std is not None]
    limit = max(inputs.settings.density_agreement, 2 * math.hypot(*known) if known else 0.0)
    if abs(off) <= limit:
        return []
    fired = inputs.sample.sintering.temperature_K
    if fired is not None and abs(fired - run.top_K) > _FIRED_ALIKE_K:
        sentence = (
            f"The run of {sample} ended at {_degrees(run.top_K)} and its pellet was fired at {_degrees(fired)}: their densities, "
            f"{_percent(ours)} and {_percent(theirs)}, cannot be compared."
        )
        return [_finding("shrinkage-of-another-firing", "info", sample, sentence, *_DENSITIES)]
    strain = run.shrinkage_cold if isinstance(run.shrinkage_cold, Estimate) else run.shrinkage
    if not isinstance(strain, Estimate):
        return []
    loss = 0.0 if body.mass_loss is None else body.mass_loss.value
    fits = green_density_that_fits(
        density=theirs.value, strain=strain.value, mass_loss=loss, radial_per_axial=body.radial_per_axial
    )
    sentence = (
        f"Shrinkage and pellet of {sample} contradict each other: {100 * strain.value:.2f} % from a green density of "
        f"{_percent(body.green_fraction)} gives {_percent(ours)}, and the pellet has {_percent(theirs)}. A green density of {100 * fits:.1f} % "
        "would fit; check it, the length of the sample and the blank, or the pellet was fired otherwise."
    )
    return [_finding("shrinkage-contradicts-pellet", "warning", sample, sentence, *_DENSITIES)]


def _of_master(sample: str, master: MasterResult | None) -> list[Finding]:
    if master is None:
        return []
    energy = master.energy_J_per_mol
    if not isinstance(energy, Estimate) or master.curve is None:
        reason = energy.reason if isinstance(energy, Unresolved) else ""
        sentence = f"No energy of sintering of {sample}: {reason}."
        severity = "info" if len(master.rates_K_per_s) < 2 else "notice"
        return [_finding("master-curve-not-identifiable", severity, sample, sentence, "sintering_energy")]
    found = []
    low, high = energy.interval_95 or (energy.value, energy.value)
    curve, lag = master.curve, master.lag_s
    outside = [
        f"{out / 1e3:.0f} kJ/mol without the run at {rate_in_words(rate)}"
        for out, rate in zip(curve.left_out_J_per_mol, master.rates_K_per_s, strict=True)
        if not low <= out <= high and abs(out / energy.value - 1) > 0.03
    ]
    if outside:
        sentence = (
            f"The energy of sintering of {sample}, {energy.value / 1e3:.0f} kJ/mol ({low / 1e3:.0f} to {high / 1e3:.0f}), depends on single runs: "
            f"{'; '.join(outside)}. The interval is too narrow; one run may have another mechanism, lag or green density."
        )
        found.append(_finding("energy-depends-on-one-run", "warning", sample, sentence, "sintering_energy"))
    if (
        isinstance(lag, Estimate)
        and lag.std is not None
        and abs(lag.value) > _LAG_STDS * lag.std
        and abs(lag.value) > 15.0
    ):
        per_min = lag.value / 60
        sentence = (
            f"The runs of {sample} say that the body lags {per_min:.2g} K behind the thermocouple for each K/min. The energy of "
            f"{energy.value / 1e3:.0f} kJ/mol holds with it; without it another one would come out. Calibrate the thermocouple with a melting standard."
        )
        if lag.value < 0:
            sentence = (
                f"The runs of {sample} fit one master curve best with a body that runs ahead of its thermocouple by {-per_min:.2g} K for each K/min, which "
                f"cannot be: their differences are not only those of the heating rate. Do not trust the energy of {energy.value / 1e3:.0f} kJ/mol; "
                "look for another mechanism, green density or blank among the runs."
            )
        severity = "notice" if lag.value > 0 else "warning"
        found.append(_finding("thermocouple-lag", severity, sample, sentence, "thermocouple_lag", "sintering_energy"))
    second = master.second_opinion_J_per_mol
    if isinstance(second, Estimate) and abs(second.value / energy.value - 1) > _ENERGIES_DIFFER:
        sentence = (
            f"Two ways to the energy of sintering of {sample} differ: {energy.value / 1e3:.0f} kJ/mol by the master curve and "
            f"{second.value / 1e3:.0f} kJ/mol at constant density. Quote the range."
        )
        found.append(_finding("sintering-energies-differ", "warning", sample, sentence, "sintering_energy"))
    if not master.has_green_density:
        sentence = f"The energy of {sample} needs no green density, the firing map does: give green_density to have it."
        found.append(_finding("firing-map-missing", "notice", sample, sentence))
    return found
