"""What the refinements have to say in words."""

from __future__ import annotations

import math
from collections.abc import Sequence

from pelletry.core.finding import Finding
from pelletry.core.quantity import Estimate
from pelletry.core.sample import Sample
from pelletry.techniques.diffraction.measurement import DiffractionScan
from pelletry.techniques.diffraction.microabsorption import linear_absorption_per_m
from pelletry.techniques.diffraction.result import JointSummary, PatternResult, SeriesResult
from pelletry.techniques.diffraction.words import in_brackets

__all__ = ["NOTHING_FOUND", "composition_findings", "pattern_findings", "scan_findings", "series_findings"]

#: Why a scan is not refined when the search took no phase; the search has said it.
NOTHING_FOUND = "no phase was found in it"
_CELL_DIFFERENCE_STD = 0.2
#: Share of its volume that a powder fills at least.
_LOOSEST_POWDER = 0.3
_SAME_BRANCH = "the cells on cooling are those on heating"


def _finding(code: str, severity: str, sentence: str, sample: str, quantities: tuple[str, ...] = ()) -> Finding:
    return Finding(code=code, severity=severity, sentence=sentence, samples=(sample,), quantities=quantities)


def scan_findings(sample: str, scans: Sequence[DiffractionScan]) -> list[Finding]:
    """What reading had to say, once for all scans that share a sentence."""
    found: list[Finding] = []
    said: dict[str, list[str]] = {}
    for scan in scans:
        for warning in scan.warnings:
            said.setdefault(warning, []).append(scan.name)
    for warning, names in said.items():
        found.append(_finding("reader-note", "info", f"{_named(names)}: {warning}.", sample))
    guessed = [s.name for s in scans if s.noise == "scatter"]
    if guessed:
        words = (
            f"{_named(guessed)}: the file gives no counts and no uncertainty: weights follow from the scatter of neighbouring points, and all "
            "uncertainties from the residuals. Export counts with the time per step."
        )
        found.append(_finding("noise-from-scatter", "warning", words, sample))
    names_only = [s.name for s in scans if s.temperature_K is not None and not s.temperature_is_confirmed]
    if names_only:
        words = (
            f"The temperatures of {len(names_only)} scans are only read from names ({names_only[0]}): no expansion is given. Check them and write "
            "temperatures_from_file_names = true under [confirm] in study.toml, or state them in files.csv."
        )
        found.append(_finding("temperature-not-confirmed", "warning", words, sample))
    return found


def _named(names: Sequence[str]) -> str:
    return ", ".join(names[:3]) + (f" and {len(names) - 3} more scans" if len(names) > 3 else "")


def pattern_findings(sample: str, patterns: Sequence[PatternResult]) -> list[Finding]:
    """Scans that could not be refined, and the engine's reasons for doubt, once for all scans that share one."""
    found: list[Finding] = []
    for pattern in patterns:
        if pattern.refinement is None and pattern.reason != NOTHING_FOUND:
            words = f"{pattern.label} is not refined: {pattern.reason}"
            found.append(_finding("not-refined", "error", words if words.endswith(".") else f"{words}.", sample))
    doubts: dict[tuple[str, bool], list[tuple[str, str]]] = {}
    for pattern in patterns:
        for verdict in () if pattern.refinement is None else pattern.refinement.verdicts:
            doubts.setdefault((verdict.code, verdict.is_serious), []).append((pattern.label, verdict.sentence))
    for (_, is_serious), cases in doubts.items():
        label, sentence = cases[0]
        more = f" The same in {len(cases) - 1} more scans." if len(cases) > 1 else ""
        found.append(
            _finding(
                "fit-not-trusted" if is_serious else "fit-doubt",
                "warning" if is_serious else "notice",
                f"{label}: {sentence}{more}",
                sample,
            )
        )
    strange = [words for words in map(_strange_transparency, patterns) if words]
    if strange:
        more = f" The same in {len(strange) - 1} more scans." if len(strange) > 1 else ""
        found.append(_finding("transparency-not-absorption", "notice", f"{strange[0]}{more}", sample, ("lattice_a",)))
    return found


def _strange_transparency(pattern: PatternResult) -> str:
    """What to say when a refined transparency is not what absorption makes of it: 1/(2 mu R), mu of a powder of 30 to 100 % solid."""
    refinement = pattern.refinement
    if refinement is None or "transparency_deg" not in refinement.names or refinement.instrument.radius_m is None:
        return ""
    at = refinement.names.index("transparency_deg")
    value, slack = float(refinement.values[at]), 3.0 * float(refinement.std[at])
    wavelength = refinement.instrument.radiation.lines[0].wavelength_angstrom
    volumes, absorption = 0.0, 0.0
    for phase in refinement.phases:
        if phase.mass_fraction is None or phase.density_kg_per_m3 is None:
            return ""
        volume = phase.mass_fraction.value / phase.density_kg_per_m3.value
        volumes += volume
        absorption += volume * linear_absorption_per_m(phase.structure, wavelength)
    dense = math.degrees(volumes / (2.0 * absorption * refinement.instrument.radius_m))
    loose = dense / _LOOSEST_POWDER
    if dense - slack <= value <= loose + slack:
        return ""
    return (
        f"{pattern.label}: the refined transparency moves peaks by {value:.4f}° × sin 2θ; absorption alone makes {dense:.4f} to {loose:.4f}°. "
        "It takes up something else of the instrument as well, and cells may be off by some 10 ppm."
    )


def composition_findings(sample: Sample, pattern: PatternResult | None) -> list[Finding]:
    """x(Al) of a LATP from its cell, and phases against the elements that were weighed in."""
    from pelletry.techniques.diffraction.identify.composition import aluminium_from_cell, elements_against_phases

    refinement = None if pattern is None else pattern.refinement
    if refinement is None:
        return []
    found: list[Finding] = []
    room_K = 288.0 < (pattern.temperature_K or 298.15) < 308.0 if pattern is not None else False
    for phase in refinement.phases:
        if phase.name in ("latp", "ltp") and room_K:
            hint = aluminium_from_cell(phase.cell[0], phase.cell[2])
            found.append(_finding("aluminium-from-cell", "info", hint.sentence, sample.name, ("lattice_a",)))
    if sample.composition:
        listed_phases = [(p.name, p.structure.formula) for p in refinement.phases]
        for sentence in elements_against_phases(listed_phases, sample.composition).sentences:
            found.append(_finding("elements-against-phases", "notice", sentence, sample.name))
    return found


def _joint_finding(sample: str, fit: JointSummary) -> Finding:
    """How a parametric fit ended."""
    where = f" on {fit.branch}" if fit.branch else ""
    weak = f" Too weak for a law, all scans together: {', '.join(fit.too_weak)}." if fit.too_weak else ""
    if fit.reason:
        words = f"The scans{where} have no parametric fit ({fit.reason}): the laws go through the cells of single scans.{weak}"
        return _finding("parametric-fit-missing", "warning", words, sample, ("expansion_mean",))
    if not fit.is_converged:
        words = f"The parametric fit{where} did not settle in {fit.steps} steps: compare with series_mode = 'separate'.{weak}"
        return _finding("parametric-fit-missing", "warning", words, sample, ("expansion_mean",))
    moved = (
        f" Laws through cells of single scans differ by up to {fit.shift_std:.1f} standard deviations."
        if fit.shift_std > 0
        else ""
    )
    words = f"Cells of {', '.join(fit.phases)} were fitted to {fit.patterns} scans{where} at once.{moved}{weak}"
    return _finding("parametric-fit", "info", words, sample, ("expansion_mean",))


def series_findings(sample: str, series: SeriesResult) -> list[Finding]:
    """Branches, transitions, cold checks, temperatures of a standard."""
    found: list[Finding] = []
    for phase, test in series.branch_tests:
        if test.is_one_curve:
            words = f"{phase}: {_SAME_BRANCH} from {_c(test.temperature_low_K)} to {_c(test.temperature_high_K)} °C (p = {test.p_value:.2g})."
            found.append(_finding("branches-agree", "info", words, sample))
        else:
            words = (
                f"{phase}: the cells on cooling are not those on heating (p = {test.p_value:.2g}); {test.parameter} differs most, by "
                f"{test.largest_score:.1f} standard deviations at {_c(test.at_K)} °C. A hysteresis, or the sample was not at the stated temperature."
            )
            found.append(_finding("hysteresis", "warning", words, sample, ("expansion_mean",)))
    for one in series.transitions:
        if isinstance(one.temperature_K, Estimate):
            value = in_brackets(
                Estimate(value=one.temperature_K.value - 273.15, std=one.temperature_K.std, unit="°C", method="")
            )
            what = f"{one.low} to {one.high}" if one.low != one.high else f"{one.low}: a break in the volume"
            words = f"{what} at {value} °C{f' on {one.branch}' if one.branch else ''} ({one.temperature_K.method})."
            found.append(_finding("transition", "notice", words, sample, ("transition_temperature",)))
    found.extend(_apart(sample, series))
    for law in series.expansions:
        if law.chi2_reduced > 4:
            words = (
                f"{law.phase}{f', {law.branch}' if law.branch else ''}: the cells scatter about their law more than their errors explain (reduced "
                f"chi-square {law.chi2_reduced:.1f}); the errors of the expansion are widened by its root. Temperatures may be off."
            )
            found.append(_finding("expansion-scatter", "notice", words, sample, ("expansion_mean",)))
    for one_fit in series.joint:
        found.append(_joint_finding(sample, one_fit))
    off = [c for c in series.cold_checks if c.difference_std > _CELL_DIFFERENCE_STD]
    if off:
        worst = max(off, key=lambda c: c.difference_std)
        words = (
            f"{len(off)} of {len(series.cold_checks)} scans end elsewhere from a cold start, by up to {worst.difference_std:.1f} standard deviations of a "
            "cell; the better of the two was kept each time."
        )
        found.append(_finding("warm-start-differs", "notice", words, sample))
    check = series.temperature_check
    if check is not None:
        largest = int(abs(check.found_K - check.stated_K).argmax())
        words = (
            f"The cell of {check.phase} puts the sample at {_c(float(check.found_K[largest]))}({check.std_K[largest]:.0f}) °C where "
            f"{_c(float(check.stated_K[largest]))} °C is stated: the temperatures of the laws are those of {check.phase}."
        )
        found.append(_finding("temperature-from-standard", "notice", words, sample))
    return found


def _apart(sample: str, series: SeriesResult) -> list[Finding]:
    """Transitions whose temperature on cooling is not that on heating: by two standard deviations or more."""
    found = []
    up, down = (
        {(t.low, t.high): t.temperature_K for t in series.transitions if t.branch == b} for b in ("heating", "cooling")
    )
    for pair in [p for p in up if p in down]:
        width = up[pair].value - down[pair].value
        std = math.hypot(up[pair].std or 0.0, down[pair].std or 0.0)
        if std > 0 and abs(width) > 2.0 * std:
            shown = in_brackets(Estimate(value=width, std=std, unit="K", method=""))
            words = f"{pair[0]} to {pair[1]}: on heating {shown} K higher than on cooling."
            found.append(_finding("transition-hysteresis", "notice", words, sample, ("transition_temperature",)))
    return found


def _c(kelvin: float) -> str:
    return f"{kelvin - 273.15:.0f}"
