"""Scans of a sample to phases, cells, weight fractions and expansion, with flags; what one scan lacks stays with that scan."""

from __future__ import annotations

from collections.abc import Sequence
from fnmatch import fnmatch
from pathlib import PurePosixPath

import attrs
import numpy as np

import pelletry
from pelletry.core.errors import FormatError, MissingFactError, Mistake
from pelletry.core.finding import Finding
from pelletry.core.place import located
from pelletry.core.provenance import FactUse, Lineage
from pelletry.core.quantity import Estimate, Quantity, Unresolved
from pelletry.core.technique import Inputs
from pelletry.techniques.diffraction.accuracy import with_accuracy
from pelletry.techniques.diffraction.beamline import Beamline, beamline_of
from pelletry.techniques.diffraction.exchange.instrument_files import read_instrument_file
from pelletry.techniques.diffraction.external_standard import MeasuredStandard, amorphous_from_external
from pelletry.techniques.diffraction.findings import (
    NOTHING_FOUND,
    composition_findings,
    pattern_findings,
    scan_findings,
    series_findings,
)
from pelletry.techniques.diffraction.measurement import DiffractionScan
from pelletry.techniques.diffraction.microabsorption import Microabsorption, microabsorption
from pelletry.techniques.diffraction.model.data import Pattern
from pelletry.techniques.diffraction.model.instrument import Instrument
from pelletry.techniques.diffraction.model.quantify import amorphous_from_spike
from pelletry.techniques.diffraction.model.radiation import Line, Radiation
from pelletry.techniques.diffraction.model.result import Refinement
from pelletry.techniques.diffraction.parametric import SeriesInput
from pelletry.techniques.diffraction.refining import Attempt, options_of, pattern_of
from pelletry.techniques.diffraction.reported import density_of, facts_of, quantities_of
from pelletry.techniques.diffraction.result import (
    ColdCheck,
    DiffractionResult,
    PatternResult,
    SeriesResult,
    StandardResult,
    WithheldNumber,
)
from pelletry.techniques.diffraction.searching import ChosenPhases, chosen_phases
from pelletry.techniques.diffraction.series import KEPT_CURVES, refined_series
from pelletry.techniques.diffraction.settings import DiffractionSettings, ExternalStandard
from pelletry.techniques.diffraction.standards import calibrated, settings_text
from pelletry.techniques.diffraction.starts import cold_start
from pelletry.techniques.diffraction.thermal import branched, picture_of, thermal_series
from pelletry.techniques.diffraction.words import pattern_label

__all__ = ["REFERENCES", "analyse"]

REFERENCES = (
    "Rietveld1969", "ThompsonCoxHastings1987", "FingerCoxJephcoat1994", "Hoelzer1997", "HillHoward1987", "BerarLelann1991",
    "Toby2006",
)  # fmt: skip
_FEWEST_TEMPERATURES = 3
_ROOM_K = 298.15


@attrs.frozen(kw_only=True, eq=False)
class _Ready:
    """A scan with its pattern and instrument."""

    scan: DiffractionScan
    pattern: Pattern
    line: Beamline


def analyse(measurements: Sequence[DiffractionScan], inputs: Inputs, /) -> DiffractionResult:
    """Everything the scans of one sample give.

    Raises
    ------
    MissingFactError
        When no scan has a known wavelength, or gemmi or numba are not installed.
    StudyError
        When a named phase is not known.
    """
    sample, settings = inputs.sample, inputs.settings
    standards, scans = _by_role(measurements, settings)
    by_standard = calibrated(standards, settings, sample=sample.name)
    profile, found = _profile(by_standard.instrument, settings, sample.name)
    findings: list[Finding] = [*scan_findings(sample.name, measurements), *by_standard.findings, *found]
    findings.extend(_told(by_standard.standards, sample.name))
    is_series = _is_series(scans, settings)
    ready, refused = _ready(branched(scans) if is_series else _in_order(scans), settings, sample.name, profile)
    if refused and not ready:
        raise MissingFactError(mistakes=[m for _, mistakes in refused for m in mistakes])
    withheld = [_withheld(scan, mistakes) for scan, mistakes in refused]
    findings.extend(_once(ready))
    patterns, chosen, checks = _refined(ready, settings, inputs, is_series=is_series)
    if settings.external_standard is not None:
        measured = _measured(by_standard.standards, standards)
        patterns = [
            _with_external(p, r.scan, measured, settings.external_standard, sample.composition)
            for p, r in zip(patterns, ready, strict=True)
        ]
    findings.extend(chosen.findings)
    findings.extend(pattern_findings(sample.name, patterns))
    names = _main_first(patterns, [s.name for s in chosen.structures])
    series: SeriesResult | None = None
    if is_series and any(p.refinement is not None for p in patterns):
        series = thermal_series(
            patterns, range(len(patterns)), names, settings, checks=checks, picture=picture_of([r.scan for r in ready]),
            refined=SeriesInput(
                patterns=tuple(r.pattern for r in ready), structures=chosen.structures,
                instruments=tuple(r.line.instrument for r in ready),
            ),
        )  # fmt: skip
        findings.extend(series_findings(sample.name, series))
        if settings.temperature_standard and series.temperature_check is None:
            withheld.append(_no_thermometer(settings.temperature_standard))
    result = DiffractionResult(
        sample=sample.name,
        patterns=tuple(patterns),
        phases=tuple(names),
        standards=by_standard.standards,
        identification=chosen.identification,
        series=series,
        instrument_words="" if profile is None else profile.source,
        findings=tuple(dict.fromkeys(findings)),
        withheld=tuple(withheld),
        lineage=_lineage(measurements, ready, settings),
        is_simulated=sample.is_simulated or any(scan.is_simulated for scan in measurements),
    )
    first = result.reference_pattern
    return attrs.evolve(
        result,
        findings=tuple(dict.fromkeys([*result.findings, *composition_findings(sample, first)])),
        quantities=quantities_of(sample.name, patterns, names, series, first),
        facts=facts_of(sample.name, first, names, series),
    )


# -- what is there -----------------------------------------------------------------------------------------------------


def _by_role(
    measurements: Sequence[DiffractionScan], settings: DiffractionSettings
) -> tuple[list[DiffractionScan], list[DiffractionScan]]:
    """Scans of standards, and those of the sample."""

    def is_standard(scan: DiffractionScan) -> bool:
        path = PurePosixPath(scan.origin.path)
        named = any(fnmatch(path.name, p) or fnmatch(str(path), p) for p in settings.standard_files)
        return scan.role == "standard" or named

    standards = [scan for scan in measurements if is_standard(scan)]
    return standards, [scan for scan in measurements if not is_standard(scan)]


def _profile(
    of_standard: Instrument | None, settings: DiffractionSettings, sample: str
) -> tuple[Instrument | None, list[Finding]]:
    """The instrument's profile: of a standard among the files, of the settings, or of an instrument file."""
    unknown = Radiation(
        name="", lines=(Line(name="", wavelength_angstrom=1.0, weight=1.0),)
    )  # the scan's own replaces it
    if settings.instrument is not None:
        given = settings.instrument
        numbers = {key: getattr(given, key) for key in ("U", "V", "W", "X", "Y", "axial_divergence", "zero_deg")}
        stated = Instrument(radiation=unknown, is_frozen=True, source=given.source, **numbers)
        if of_standard is None:
            return stated, []
        words = (
            "A standard among the files and the instrument in the settings both give a profile: that of the settings is used. "
            "Take one of them away."
        )
        return stated, [Finding(code="two-instruments", severity="warning", sentence=words, samples=(sample,))]
    if of_standard is not None or not settings.instrument_file:
        return of_standard, []
    try:
        text = located(settings.instrument_file).read_text(encoding="utf-8", errors="replace")
    except OSError as error:
        raise FormatError(
            f"the instrument file cannot be opened ({error.strerror or error})", where=settings.instrument_file
        ) from None
    read = read_instrument_file(text, where=settings.instrument_file)
    findings = [
        Finding(
            code="instrument-file-note",
            severity="notice",
            sentence=f"{settings.instrument_file}: {note}.",
            samples=(sample,),
        )
        for note in read.notes
    ]
    return read.instrument(unknown, source=f"{read.program} file {settings.instrument_file}"), findings


def _told(standards: Sequence[StandardResult], sample: str) -> list[Finding]:
    """The profile in the form in which study.toml takes it."""
    return [
        Finding(
            code="instrument-as-settings", severity="info", samples=(sample,),
            sentence=f"{one.pattern.label}, {one.phase}: to use this profile without the scan write "
            + settings_text(one.instrument).replace("\n", "; ") + ".",
        )
        for one in standards
    ]  # fmt: skip


def _is_series(scans: Sequence[DiffractionScan], settings: DiffractionSettings) -> bool:
    known = [round(s.temperature_K, 1) for s in scans if s.temperature_K is not None and s.temperature_is_confirmed]
    return settings.series == "auto" and len(set(known)) >= _FEWEST_TEMPERATURES and len(known) == len(scans)


def _in_order(scans: Sequence[DiffractionScan]) -> list[DiffractionScan]:
    """As measured where all are dated, else as given."""
    dated = all(scan.origin.acquired_at for scan in scans)
    return sorted(scans, key=lambda s: s.origin.acquired_at or "") if dated else list(scans)


def _ready(
    scans: Sequence[DiffractionScan], settings: DiffractionSettings, sample: str, profile: Instrument | None
) -> tuple[list[_Ready], list[tuple[DiffractionScan, tuple[Mistake, ...]]]]:
    ready: list[_Ready] = []
    refused: list[tuple[DiffractionScan, tuple[Mistake, ...]]] = []
    for scan in scans:
        try:
            line = beamline_of(scan, settings, sample=sample, profile=profile)
        except MissingFactError as error:
            refused.append((scan, error.mistakes))
            continue
        ready.append(_Ready(scan=scan, pattern=pattern_of(scan, settings), line=line))
    return ready, refused


def _once(ready: Sequence[_Ready]) -> list[Finding]:
    """What was said of the beam, once for all scans of which the same was said."""
    said: dict[tuple[str, str], list[tuple[str, Finding]]] = {}
    for one in ready:
        for finding in one.line.findings:
            words = finding.sentence.removeprefix(f"{one.scan.name}: ")
            said.setdefault((finding.code, words), []).append((one.scan.name, finding))
    found = []
    for (_, words), cases in said.items():
        more = f" and {len(cases) - 1} more scans" if len(cases) > 1 else ""
        found.append(attrs.evolve(cases[0][1], sentence=f"{cases[0][0]}{more}: {words}"))
    return found


def _withheld(scan: DiffractionScan, mistakes: Sequence[Mistake]) -> WithheldNumber:
    return WithheldNumber(
        what=f"everything from {scan.name}",
        missing="; ".join(m.what for m in mistakes),
        do="; ".join(dict.fromkeys(m.do for m in mistakes if m.do)),
    )


def _no_thermometer(phase: str) -> WithheldNumber:
    return WithheldNumber(
        what="the temperature of the sample from a standard",
        missing=f"the expansion law of {phase}, or scans that hold it with one near 20 °C",
        do="use corundum, whose law is known here, and measure one scan at room temperature",
    )


# -- refinement --------------------------------------------------------------------------------------------------------


def _refined(
    ready: Sequence[_Ready], settings: DiffractionSettings, inputs: Inputs, *, is_series: bool
) -> tuple[list[PatternResult], ChosenPhases, tuple[ColdCheck, ...]]:
    if not ready:
        return [], ChosenPhases(structures=()), ()
    chosen = chosen_phases(
        [(r.pattern, r.line.instrument) for r in _searched(ready, is_series)], settings, inputs.sample
    )
    if not chosen.structures:
        none = Attempt(refinement=None, reason=NOTHING_FOUND)
        return [_pattern(r, none, settings, keeps_curves=True) for r in ready], chosen, ()
    options = options_of(settings, [s.name for s in chosen.structures])
    options = attrs.evolve(
        options, extra_lines=options.extra_lines | chosen.extra_lines, texture=options.texture or chosen.texture
    )
    checks: tuple[ColdCheck, ...] = ()
    if is_series or settings.series == "order":
        made = refined_series(
            [r.pattern for r in ready],
            chosen.structures,
            [r.line.instrument for r in ready],
            options,
            temperatures_K=[_confirmed_K(r.scan) for r in ready],
            jobs=settings.jobs,
        )
        attempts, checks = made.attempts, made.checks
    else:
        attempts = tuple(
            cold_start(r.pattern, chosen.structures, r.line.instrument, options, temperature_K=_confirmed_K(r.scan))
            for r in ready
        )
    patterns = [
        _pattern(r, a, settings, keeps_curves=_keeps(a, len(ready))) for r, a in zip(ready, attempts, strict=True)
    ]
    return patterns, chosen, checks


def _confirmed_K(scan: DiffractionScan) -> float | None:
    return scan.temperature_K if scan.temperature_is_confirmed else None


def _keeps(made: Attempt, count: int) -> bool:
    return count <= KEPT_CURVES or (made.refinement is not None and made.refinement.calculated.size > 0)


def _searched(ready: Sequence[_Ready], is_series: bool) -> list[_Ready]:
    """The scan nearest to room temperature; of a series the hottest as well, since a phase may turn into another."""
    nearest = min(ready, key=lambda r: abs((r.scan.temperature_K or _ROOM_K) - _ROOM_K))
    if not is_series:
        return [nearest]
    hottest = max(ready, key=lambda r: r.scan.temperature_K or 0.0)
    return [nearest] if hottest is nearest else [nearest, hottest]


def _pattern(ready: _Ready, made: Attempt, settings: DiffractionSettings, *, keeps_curves: bool) -> PatternResult:
    scan = ready.scan
    refinement = None if made.refinement is None else with_accuracy(made.refinement)
    none = np.zeros(0)
    pattern = ready.pattern
    flags: tuple[str, ...] = ()
    if refinement is not None:
        codes = ["fit-not-trusted"] if not refinement.is_trusted else []
        codes += ["noise-from-scatter"] if scan.noise == "scatter" else []
        flags = tuple(codes)
    return PatternResult(
        label=pattern_label(name=scan.name, temperature_K=scan.temperature_K, branch=scan.branch),
        origin=scan.origin,
        temperature_K=scan.temperature_K,
        temperature_is_confirmed=scan.temperature_is_confirmed,
        branch=scan.branch,
        run=scan.run,
        noise=scan.noise,
        intensity_unit=scan.intensity_unit,
        two_theta_deg=pattern.two_theta_deg if keeps_curves else none,
        intensity=pattern.intensity if keeps_curves else none,
        std=pattern.std if keeps_curves else none,
        use=pattern.use if keeps_curves else none.astype(bool),
        refinement=refinement,
        reason=made.reason,
        amorphous_fraction=None if refinement is None else _amorphous(refinement, settings),
        density_kg_per_m3=None if refinement is None else density_of(refinement),
        microabsorption=_microabsorption(refinement, settings),
        flags=flags,
    )


def _microabsorption(refinement: Refinement | None, settings: DiffractionSettings) -> tuple[Microabsorption, ...]:
    """Brindley's correction, where diameters are given."""
    if refinement is None or not settings.particle_diameter_m:
        return ()
    return microabsorption(refinement, settings.particle_diameter_m)


def _amorphous(refinement: Refinement, settings: DiffractionSettings) -> Quantity | None:
    """The part that does not diffract, by a phase that was weighed in."""
    spike = settings.spike
    if spike is None:
        return None
    known = [p for p in refinement.phases if p.mass_fraction is not None]
    if spike.phase not in [p.name for p in known] or len(known) < len(refinement.phases):
        return Unresolved(reason=f"the spike {spike.phase} is not among the phases with a weight fraction", unit="1")
    weighed = Estimate(value=spike.mass_fraction, std=spike.std or None, unit="1", method="weighed")
    found = amorphous_from_spike(
        [p.name for p in known],
        np.array([p.mass_fraction.value for p in known if p.mass_fraction is not None]),
        refinement.fraction_covariance,
        spike=spike.phase,
        weighed=weighed,
    )
    return found.amorphous_fraction


def _measured(standards: Sequence[StandardResult], scans: Sequence[DiffractionScan]) -> MeasuredStandard | None:
    """The standard whose fit is best, with its scan."""
    found = [
        MeasuredStandard(scan=scan, refinement=one.pattern.refinement)
        for one in standards
        for scan in scans
        if one.pattern.refinement is not None and (scan.name, scan.origin) == (one.pattern.label, one.pattern.origin)
    ]
    return min(found, key=lambda m: m.refinement.gof) if found else None


def _with_external(
    pattern: PatternResult,
    scan: DiffractionScan,
    standard: MeasuredStandard | None,
    given: ExternalStandard,
    composition: str | None,
) -> PatternResult:
    """The pattern with the part that does not diffract, by the scan of a standard."""
    if pattern.refinement is None:
        return pattern
    found = amorphous_from_external(scan, pattern.refinement, standard, given, composition=composition)
    return attrs.evolve(pattern, amorphous_fraction_external=found)


def _main_first(patterns: Sequence[PatternResult], names: Sequence[str]) -> list[str]:
    """Names by falling share in the pattern nearest to room temperature; phases without a share last."""
    refined = [p for p in patterns if p.refinement is not None]
    if not refined:
        return list(names)
    nearest = min(refined, key=lambda p: abs((p.temperature_K or _ROOM_K) - _ROOM_K))
    shares = {
        p.name: p.mass_fraction.value
        for p in (nearest.refinement.phases if nearest.refinement is not None else ())
        if p.mass_fraction is not None
    }
    return sorted(names, key=lambda name: -shares.get(name, -1.0))


def _lineage(
    measurements: Sequence[DiffractionScan], ready: Sequence[_Ready], settings: DiffractionSettings
) -> Lineage:
    facts: dict[tuple[str, str, str], FactUse] = {}
    for one in ready:
        for fact in one.line.facts:
            facts.setdefault((fact.name, fact.value, fact.given_by), fact)
    extra: tuple[str, ...] = ("Touloukian1977",) if settings.temperature_standard else ()
    extra += ("StinsonEvans2007",) if settings.series_mode == "parametric" else ()
    return Lineage(
        origins=tuple(m.origin for m in measurements),
        settings=tuple((key, _in_words(value)) for key, value in settings.model_dump().items()),
        facts=tuple(facts.values())[:12],
        references=(
            *REFERENCES,
            *(("OConnorRaven1988",) if settings.external_standard else ()),
            *(("ChearyCoelho1998",) if settings.beam_path or any(m.stated.path for m in measurements) else ()),
            *(("Dollase1986",) if settings.texture else ()),
            *(("Stephens1999",) if settings.size_strain == "stephens" else ()),
            *extra,
            *(("Brindley1945",) if settings.particle_diameter_m else ()),
        ),
        technique="diffraction",
        version=pelletry.__version__,
    )


def _in_words(value: object) -> str:
    text = str(value)
    return text if len(text) <= 300 else f"{text[:300]}…"
