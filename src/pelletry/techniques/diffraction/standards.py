"""A scan of a standard to the instrument's profile: its cell is held at the certified one, widths, asymmetry, zero and displacement refined.

With the cell held, zero (a shift) and displacement (a shift times cos theta) can be told apart; in a sample, whose cell is not
known, they cannot. The standard's own broadening is taken as none: it goes into the instrument.
"""

from __future__ import annotations

from collections.abc import Sequence

import attrs

from pelletry.core.errors import MissingFactError
from pelletry.core.finding import Finding
from pelletry.reference.phases import library
from pelletry.techniques.diffraction.beamline import beamline_of
from pelletry.techniques.diffraction.measurement import DiffractionScan
from pelletry.techniques.diffraction.model.instrument import Instrument
from pelletry.techniques.diffraction.model.options import RefineOptions
from pelletry.techniques.diffraction.model.result import Refinement
from pelletry.techniques.diffraction.model.structure import Structure
from pelletry.techniques.diffraction.phases import named_phases, structure_of_entry
from pelletry.techniques.diffraction.refining import attempt, pattern_of
from pelletry.techniques.diffraction.result import PatternResult, StandardResult
from pelletry.techniques.diffraction.settings import DiffractionSettings, StatedPath

__all__ = ["CalibratedBy", "calibrated", "settings_text"]

#: Standards that are looked for when none is named.
_USUAL = ("lab6", "si", "corundum", "ceo2", "y2o3", "zno")
_POOR_GOF = 3.0
#: A fit this good, less background, ends the search for the standard.
_GOOD_NET_RWP = 0.25
#: Certified cells [angstrom], at which the cell of the library's entry is held: (a, c), and which powder that is.
_CERTIFIED = {
    "lab6": ((4.156826, 4.156826), "SRM 660c, 22.5 °C"),
    "corundum": ((4.759355, 12.99231), "SRM 676a, 22.5 °C"),
}


@attrs.frozen(kw_only=True)
class CalibratedBy:
    """What the standards gave: each one refined, the instrument of the best, and what must be said."""

    standards: tuple[StandardResult, ...] = ()
    instrument: Instrument | None = None
    findings: tuple[Finding, ...] = ()


def calibrated(scans: Sequence[DiffractionScan], settings: DiffractionSettings, *, sample: str) -> CalibratedBy:
    """The instrument from scans of standards; with several the one whose fit is best."""
    found: list[StandardResult] = []
    findings: list[Finding] = []
    for scan in scans:
        try:
            found.append(_standard(scan, settings, sample))
        except MissingFactError as error:
            findings.append(
                Finding(
                    code="standard-not-usable", severity="warning", samples=(sample,),
                    sentence=f"{scan.name}: the standard gives no instrument: {'; '.join(map(str, error.mistakes))}",
                )
            )  # fmt: skip
    if not found:
        return CalibratedBy(findings=tuple(findings))
    best = min(found, key=lambda s: s.pattern.refinement.gof if s.pattern.refinement is not None else 1e9)
    refinement = best.pattern.refinement
    if refinement is not None and refinement.gof > _POOR_GOF:
        findings.append(
            Finding(
                code="standard-poorly-fitted", severity="warning", samples=(sample,),
                sentence=f"{best.pattern.label}: the standard {best.phase} is fitted to GoF {refinement.gof:.2f} only: look at its figure "
                "before trusting widths and zero.",
            )
        )  # fmt: skip
    return CalibratedBy(standards=tuple(found), instrument=best.instrument, findings=tuple(findings))


def _standard(scan: DiffractionScan, settings: DiffractionSettings, sample: str) -> StandardResult:
    line = beamline_of(scan, settings, sample=sample)
    pattern = pattern_of(scan, settings)
    best: tuple[Structure, Refinement] | None = None
    reason = ""
    for structure in _candidates(settings):
        if best is not None and best[1].rwp_background_corrected < _GOOD_NET_RWP:
            break
        held = RefineOptions(
            refine_displacement=True, refine_profile=True, refine_axial=True, size_strain="none", refine_B="overall",
            fixed_cells=frozenset({structure.name}), background_terms=settings.background_terms,
        )  # fmt: skip
        tried = attempt(pattern, [structure], attrs.evolve(line.instrument, is_frozen=False), held)
        reason = tried.reason
        if tried.refinement is not None and (best is None or tried.refinement.rwp < best[1].rwp):
            best = (structure, tried.refinement)
    if best is None:
        raise MissingFactError(
            f"no standard fits it{f' ({reason})' if reason else ''}", do="name it with standard_phase"
        )
    structure, refinement = best
    if refinement.rwp_background_corrected > 0.5:
        raise MissingFactError(
            f"{structure.name} is the best of the known standards and does not fit (Rwp {100 * refinement.rwp:.0f} %)",
            do="name it with standard_phase",
        )
    with_zero = attempt(
        pattern, [structure], attrs.evolve(line.instrument, is_frozen=False),
        attrs.evolve(refinement.options, refine_zero=True), start=refinement,
    ).refinement  # fmt: skip
    # An asymmetry that went to nothing has been taken over by zero and displacement.
    if with_zero is not None and with_zero.is_trusted and with_zero.instrument.axial_divergence > 1e-3:
        refinement, zero_words = with_zero, "zero refined"
    else:
        zero_words = "zero not determined by this scan and held at 0"
    source = f"{structure.name} in {scan.origin.path}, cell held at {structure.cell[0]:.6f} Å ({structure.source}); {zero_words}"
    instrument = attrs.evolve(refinement.instrument, zero_deg=refinement.zero_deg, is_frozen=True, source=source)
    return StandardResult(
        phase=structure.name,
        instrument=instrument,
        pattern=PatternResult(
            label=scan.name, origin=scan.origin, temperature_K=scan.temperature_K,
            temperature_is_confirmed=scan.temperature_is_confirmed, branch="", run=scan.run, noise=scan.noise,
            intensity_unit=scan.intensity_unit, two_theta_deg=pattern.two_theta_deg, intensity=pattern.intensity,
            std=pattern.std, use=pattern.use, refinement=refinement,
        ),
    )  # fmt: skip


def _candidates(settings: DiffractionSettings) -> tuple[Structure, ...]:
    if settings.standard_phase:
        return tuple(_as_certified(s) for s in named_phases([settings.standard_phase]).structures)
    known = {entry.key: entry for entry in library() if entry.has_coordinates}
    return tuple(_as_certified(structure_of_entry(known[key])) for key in _USUAL if key in known)


def _as_certified(structure: Structure) -> Structure:
    """The structure with the certified cell, where there is one."""
    if structure.name not in _CERTIFIED:
        return structure
    (a, c), powder = _CERTIFIED[structure.name]
    return attrs.evolve(structure, cell=(a, a, c, *structure.cell[3:]), source=f"certificate of {powder}")


def settings_text(instrument: Instrument) -> str:
    """The profile as study.toml takes it."""
    rows = [f"{key} = {getattr(instrument, key):.6g}" for key in ("U", "V", "W", "X", "Y")]
    rows.append(f"axial_divergence = {instrument.axial_divergence:.5g}")
    rows.append(f"zero_deg = {instrument.zero_deg:.5g}")
    source = instrument.source.replace("\\", "/").replace('"', "'")
    rows = ["[diffraction.instrument]", *rows, f'source = "{source}"']
    if instrument.beam_path is not None:
        stated = attrs.asdict(
            instrument.beam_path, filter=lambda field, value: field.name in StatedPath.model_fields and value
        )
        rows += ["[diffraction.beam_path]", *(f"{key} = {number:.6g}" for key, number in stated.items())]
    return "\n".join(rows)
