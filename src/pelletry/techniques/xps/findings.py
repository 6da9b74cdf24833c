"""The sentences of the photoelectron technique, each with its numbers and what to do."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from pelletry.core.finding import Finding
from pelletry.core.quantity import Estimate, Quantity, Unresolved, bracketed
from pelletry.reference.photoelectrons import photoelectron_line
from pelletry.techniques.xps.audit import Missing, Seen, missing_partners
from pelletry.techniques.xps.model.average import BACKGROUND_WORDS
from pelletry.techniques.xps.model.quantify import difference_from_bond_length
from pelletry.techniques.xps.result import (
    SEEN,
    SMALLEST_SPREAD,
    Difference,
    LayerResult,
    LithiumRatio,
    RegionResult,
    State,
)
from pelletry.techniques.xps.settings import XpsSettings

__all__ = [
    "calibration_of_some",
    "layers",
    "level_twice",
    "lithium",
    "no_composition",
    "no_level",
    "no_source_energy",
    "not_fitted",
    "note",
    "of_regions",
    "phosphate",
    "survey",
    "unlike_pass_energies",
]

_LARGEST_SHIFT_EV = 5.0
_RATIO_OFF = 0.15
_WIDTHS_EV = 0.4
_POOR_CHI2 = 3.0
_POOR_RESIDUAL = 3.0
_BOND_ANGSTROM = (1.48, 1.60)
_DELTA_TOLERANCE_EV = 0.5


def _finding(code: str, severity: str, sample: str, sentence: str, *quantities: str) -> Finding:
    return Finding(code=code, severity=severity, sentence=sentence, samples=(sample,), quantities=quantities)


def _of(sample: str, role: str) -> str:
    return f"{sample} ({role})" if role else sample


def note(sample: str, text: str) -> Finding:
    return _finding("reader-note", "notice", sample, f"{sample}: {text}.".replace("..", "."))


def survey(sample: str, name: str) -> Finding:
    sentence = f"The survey {name} of {sample} is not fitted: it tells which elements there are, not in which state."
    return _finding("xps-survey", "info", sample, sentence)


def no_level(sample: str, name: str) -> Finding:
    sentence = f"The spectrum {name} of {sample} names no level such as Ti 2p, so it is not fitted. Name the region in the file."
    return _finding("xps-level-unknown", "notice", sample, sentence)


def no_source_energy(sample: str, level: str) -> Finding:
    sentence = (
        f"{level} of {sample} counts kinetic energies and the file does not state its source, so it has no binding energies: "
        "state source_energy_eV."
    )
    return _finding("xps-source-energy-missing", "error", sample, sentence, "binding_energy")


def level_twice(sample: str, role: str, level: str) -> Finding:
    sentence = (
        f"{level} of {_of(sample, role)} was measured more than once. Each spectrum is fitted; what is made of several lines "
        "uses the first. Give the files roles, or set all but one aside."
    )
    return _finding("xps-level-twice", "notice", sample, sentence)


def not_fitted(sample: str, level: str, reason: str) -> Finding:
    sentence = f"{level} of {sample} is not fitted: {reason}. Widen its window."
    return _finding("xps-window-short", "error", sample, sentence, "state_fraction")


def calibration_of_some(sample: str, stored: int, all_regions: int) -> Finding:
    sentence = (
        f"CasaXPS calibrated {stored} of {all_regions} regions of {sample}; its shift was applied to all of them, since they "
        "were measured on one sample."
    )
    return _finding("xps-calibration-partial", "notice", sample, sentence, "binding_energy")


def no_composition(sample: str, reason: str) -> list[Finding]:
    sentence = f"No atomic fractions of {sample}: {reason}."
    return [_finding("xps-no-composition", "info", sample, sentence, "atomic_fraction")]


def unlike_pass_energies(sample: str, regions: Sequence[RegionResult], settings: XpsSettings) -> list[Finding]:
    energies = sorted({r.pass_energy_eV for r in regions if r.pass_energy_eV is not None})
    if len(energies) < 2 or settings.transmission == "file":
        return []
    listed = " and ".join(f"{energy:g}" for energy in energies)
    sentence = (
        f"Regions of {sample} were measured with pass energies of {listed} eV: their intensities differ by the analyser's "
        "transmission, which is not corrected. Read no composition from them, or state transmission = 'file'."
    )
    return [_finding("xps-pass-energies-differ", "warning", sample, sentence, "atomic_fraction")]


def of_regions(
    sample: str, role: str, regions: Sequence[RegionResult], shift: Quantity, settings: XpsSettings
) -> list[Finding]:
    """Everything there is to say about the fits of one role."""
    found = _of_shift(sample, role, shift)
    elements = {region.level.partition(" ")[0] for region in regions}
    for region in regions:
        found += _of_region(sample, role, region, elements)
        for state in region.states:
            found += _of_state(sample, role, region, state)
    found += _partners(sample, role, regions, settings) if isinstance(shift, Estimate) else []
    return found


def _of_shift(sample: str, role: str, shift: Quantity) -> list[Finding]:
    if isinstance(shift, Unresolved):
        sentence = (
            f"Binding energies of {_of(sample, role)} are not corrected for charging: {shift.reason}. Positions as measured and "
            "differences between lines are given."
        )
        return [_finding("xps-no-charge-reference", "notice", sample, sentence, "binding_energy", "charge_shift")]
    value = bracketed(shift.value, shift.std)
    if abs(shift.value) > _LARGEST_SHIFT_EV:
        sentence = (
            f"The charge shift of {_of(sample, role)} is {value} eV, more than {_LARGEST_SHIFT_EV:g} eV: check that the reference line "
            "is the one meant, and the neutraliser."
        )
        return [_finding("xps-shift-large", "warning", sample, sentence, "charge_shift", "binding_energy")]
    sentence = (
        f"Binding energies of {_of(sample, role)} were moved by {value} eV ({shift.method}). Where lithium metal is on the "
        "surface, such a reference can be wrong by volts (Oswald2018): compare the differences between lines as well."
    )
    return [_finding("xps-charge-shift", "info", sample, sentence, "charge_shift")]


def _of_region(sample: str, role: str, region: RegionResult, elements: set[str]) -> list[Finding]:
    found: list[Finding] = []
    of = f"{region.level} of {_of(sample, role)}"
    if region.is_proposed:
        names = ", ".join(state.name for state in region.states)
        sentence = (
            f"No components are stated for {of}; {len(region.states)} were proposed from the data ({names}). A proposal is "
            f"no chemical model: state the components you can argue for under [[xps.component]].{_unknown_doublet(region)}"
        )
        found.append(_finding("xps-components-proposed", "notice", sample, sentence, "state_fraction"))
    if "scatter" in region.noise:
        reason = region.noise.partition("since ")[2]
        sentence = (
            f"Counting statistics of {of} are withheld: {reason}. Weights and errors come from the scatter of the points, and "
            "there is no reduced chi2."
        )
        found.append(_finding("xps-no-counting-statistics", "notice", sample, sentence, "state_fraction"))
    if region.chi2_reduced is not None and region.chi2_reduced > _POOR_CHI2:
        sentence = (
            f"The fit of {of} under the {BACKGROUND_WORDS.get(region.background_name, region.background_name)} background has a reduced chi2 of {region.chi2_reduced:.1f}: "
            "shapes or number of states do not describe it. Its errors were widened by the root of that."
        )
        found.append(_finding("xps-fit-poor", "warning", sample, sentence, "state_fraction"))
    elif region.chi2_reduced is None and (rms := float(np.sqrt(np.mean(region.residual**2)))) > _POOR_RESIDUAL:
        sentence = (
            f"The residuals of {of} under the {BACKGROUND_WORDS.get(region.background_name, region.background_name)} background are {rms:.1f} times the scatter of the points: "
            "shapes or number of states do not describe it. Its errors were widened by that."
        )
        found.append(_finding("xps-fit-poor", "warning", sample, sentence, "state_fraction"))
    found += _widths(sample, of, region)
    found += _shares(sample, of, region)
    found += _overlaps(sample, of, region, elements)
    return found


def _unknown_doublet(region: RegionResult) -> str:
    if photoelectron_line(region.level) is not None or region.level.endswith("s"):
        return ""
    return f" The doublet of {region.level} is not in the table of lines, so every line stands alone: state splitting_eV and ratio."


def _widths(sample: str, of: str, region: RegionResult) -> list[Finding]:
    for level in dict.fromkeys(state.level for state in region.states):
        own = [s for s in region.states if s.level == level and isinstance(s.fwhm_eV, Estimate)]
        values = [s.fwhm_eV.value for s in own if isinstance(s.fwhm_eV, Estimate)]
        if len(values) < 2 or max(values) - min(values) <= _WIDTHS_EV:
            continue
        narrow, wide = own[values.index(min(values))].name, own[values.index(max(values))].name
        sentence = (
            f"In {of} the widths of {narrow} ({min(values):.2f} eV) and {wide} ({max(values):.2f} eV) differ by more than "
            f"{_WIDTHS_EV:g} eV. One level in one sample has one width unless there is a reason: tie them, or give it."
        )
        return [_finding("xps-widths-differ", "warning", sample, sentence, "state_fraction", "peak_width")]
    return []


def _shares(sample: str, of: str, region: RegionResult) -> list[Finding]:
    """How much of the uncertainty of the least certain fraction comes from the background."""
    mixed = [state for state in region.states if state.is_seen and state.fraction_background_std > SMALLEST_SPREAD]
    if not mixed:
        return []
    state = max(mixed, key=lambda one: one.fraction_background_std)
    fit, background = state.fraction_fit_std, state.fraction_background_std
    if not isinstance(state.fraction, Estimate):
        return []
    share = background**2 / max(background**2 + fit**2, 1e-300)
    low = min(float(v.fraction[region.states.index(state)]) for v in region.variants if v.weight > 0.0)
    high = max(float(v.fraction[region.states.index(state)]) for v in region.variants if v.weight > 0.0)
    used = dict.fromkeys(v.background for v in region.variants if v.weight > 0.0)
    names = "; ".join(BACKGROUND_WORDS.get(name, name) for name in used)
    sentence = (
        f"{state.name} is {100 * state.fraction.value:.1f} % of {of}: the fits alone give an error of {100 * fit:.1f} %, the choice of "
        f"background and window moves it by {100 * background:.1f} % ({100 * low:.1f} to {100 * high:.1f} % over {names}), "
        f"{100 * share:.0f} % of the variance. Quote both."
    )
    severity = "notice" if background > 2.0 * fit and background > 0.005 else "info"
    return [_finding("xps-background-share", severity, sample, sentence, "state_fraction")]


def _overlaps(sample: str, of: str, region: RegionResult, elements: set[str]) -> list[Finding]:
    """Lines of elements that were measured as well, or of a buffer layer under Li 1s, which nobody fitted."""
    line = photoelectron_line(region.level)
    fitted = {state.level for state in region.states}
    low, high = region.window_eV
    others = []
    for name in line.overlaps if line else ():
        element = name.partition(" ")[0]
        known = photoelectron_line(name)
        is_outside = known is not None and not low - 2.0 <= known.energy_eV <= high + 2.0
        if name not in fitted and not is_outside and (element in elements or region.level == "Li 1s"):
            others.append(name)
    if not others:
        return []
    sentence = (
        f"{of} can hold {', '.join(others)} as well, which is not fitted here. Where those elements are in the sample or in a "
        "buffer layer, their area is inside these states: fit them, or end the window before them."
    )
    return [_finding("xps-lines-overlap", "notice", sample, sentence, "state_fraction")]


def _of_state(sample: str, role: str, region: RegionResult, state: State) -> list[Finding]:
    found: list[Finding] = []
    where = f"{region.level} of {_of(sample, role)}"
    name = state.name
    if state.significance_ratio < SEEN:
        sentence = (
            f"{name}, {where}: its area is {state.significance_ratio:.1f} standard deviations from zero (fit and background), fewer "
            f"than {SEEN:g}. Do not claim this state from these data."
        )
        found.append(_finding("xps-state-not-seen", "warning", sample, sentence, "state_fraction", "binding_energy"))
    if isinstance(state.partner_ratio, Estimate) and state.stated_ratio is not None:
        found += _ratio(sample, name, where, state.partner_ratio, state.stated_ratio)
    if state.assignment.verdict == "outside":
        sentence = f"{name}, {where}, {state.assignment.sentence} ({', '.join(state.assignment.references)}). Check the assignment."
        found.append(_finding("xps-assignment-outside", "warning", sample, sentence, "binding_energy"))
    return found


def _ratio(sample: str, name: str, where: str, freed: Estimate, stated: float) -> list[Finding]:
    off = freed.value / stated - 1.0
    is_sure = freed.std is None or abs(freed.value - stated) > 2.0 * freed.std
    if abs(off) <= _RATIO_OFF or not is_sure:
        return []
    sentence = (
        f"{name}, {where}: with its doublet let free, the area ratio is {bracketed(freed.value, freed.std)} and not {stated:.3f}, "
        f"{100 * off:+.0f} %. A state, a satellite or an overlapping line is missing, or the background is wrong."
    )
    return [_finding("xps-doublet-ratio", "warning", sample, sentence, "state_fraction")]


def _partners(sample: str, role: str, regions: Sequence[RegionResult], settings: XpsSettings) -> list[Finding]:
    reference = settings.charge_reference
    if reference is None:
        return []
    states = [state for region in regions for state in region.states]
    seen = [
        Seen(name=s.name, level=s.level, corrected_eV=s.corrected_eV.value)
        for s in states
        if isinstance(s.corrected_eV, Estimate) and s.significance_ratio >= SEEN
    ]
    measured = list(dict.fromkeys(s.level for s in states))
    found: list[Finding] = []
    for state in states:
        if not state.phase or not state.is_seen or not isinstance(state.corrected_eV, Estimate):
            continue
        one = Seen(name=state.name, level=state.level, corrected_eV=state.corrected_eV.value)
        missing = missing_partners(
            one, state.phase, seen=seen, measured_levels=measured,
            reference_line=reference.line, reference_eV=reference.energy_eV,
        )  # fmt: skip
        found += _missing(sample, role, state, missing)
    return found


def _missing(sample: str, role: str, state: State, missing: Sequence[Missing]) -> list[Finding]:
    found = []
    name = f"{state.name} in {state.level}"
    for one in missing:
        if one.is_measured and one.range_eV is not None:
            low, high = one.range_eV
            sentence = (
                f"{name} of {_of(sample, role)} is taken for {one.phase}, which needs {one.level} at {low:.1f} to {high:.1f} eV; "
                "no state that is seen lies there."
            )
            found.append(_finding("xps-partner-missing", "warning", sample, sentence, "binding_energy"))
    absent = [one.level for one in missing if not one.is_measured]
    if absent:
        sentence = (
            f"{name} of {_of(sample, role)} is taken for {state.phase}; {' and '.join(absent)} was not measured, so that cannot be "
            "checked there."
        )
        found.append(_finding("xps-partner-not-measured", "info", sample, sentence, "binding_energy"))
    return found


def phosphate(
    sample: str, role: str, differences: Sequence[Difference], bond: Quantity | None, settings: XpsSettings
) -> list[Finding]:
    """Whether O 1s - P 2p is one that phosphates have."""
    delta = next((d.difference_eV for d in differences if (d.first, d.second) == ("O 1s", "P 2p")), None)
    if not isinstance(delta, Estimate) or not isinstance(bond, Estimate):
        return []
    length = settings.phosphate_bond_length_angstrom
    value = bracketed(delta.value, delta.std)
    if length is not None:
        expected = difference_from_bond_length(length)
        if abs(delta.value - expected) <= _DELTA_TOLERANCE_EV + 2.0 * (delta.std or 0.0):
            return []
        sentence = (
            f"O 1s - P 2p of {_of(sample, role)} is {value} eV; a phosphate with bonds of {length:.3f} Å has {expected:.1f} eV "
            "(Atuchin2008). The largest states of the two lines do not belong to one phosphate."
        )
    elif _BOND_ANGSTROM[0] <= bond.value <= _BOND_ANGSTROM[1]:
        return []
    else:
        sentence = (
            f"O 1s - P 2p of {_of(sample, role)} is {value} eV, which a phosphate has at a P-O bond of {bond.value:.2f} Å "
            f"(Atuchin2008), outside {_BOND_ANGSTROM[0]:.2f} to {_BOND_ANGSTROM[1]:.2f} Å. The largest states of the two lines do not "
            "belong to one phosphate."
        )
    return [
        _finding("xps-phosphate-difference", "warning", sample, sentence, "energy_difference", "phosphate_bond_length")
    ]


def lithium(sample: str, ratios: Sequence[LithiumRatio]) -> list[Finding]:
    found = []
    for ratio in ratios:
        if not isinstance(ratio.with_scofield, Estimate) or ratio.with_scofield.interval_95 is None:
            continue
        low, high = ratio.with_scofield.interval_95
        standard = ratio.with_standard
        beside = (
            f"{standard.value:.2g} with the pristine pellet as standard"
            if isinstance(standard, Estimate)
            else f"not given with a standard: {standard.reason}"
        )
        sentence = (
            f"Li per Zr of {_of(sample, ratio.role)} from Li 1s and Zr 4s: {beside}; {ratio.with_scofield.value:.2g} "
            f"({low:.2g} to {high:.2g}) from Scofield's cross sections. Empirical factors of one maker give 2.6 times less or more, "
            "which is not in that interval."
        )
        found.append(_finding("xps-li-to-zr", "notice", sample, sentence, "li_to_zr_scofield"))
    return found


def layers(sample: str, found: Sequence[LayerResult]) -> list[Finding]:
    notes = []
    for layer in found:
        if not isinstance(layer.thickness_m, Estimate):
            continue
        names = " and ".join(layer.layer)
        coverage = (
            f"; islands of it would cover {100 * layer.coverage_fraction.value:.0f} % of the surface instead"
            if isinstance(layer.coverage_fraction, Estimate)
            else ""
        )
        sentence = (
            f"The layer {names} on {_of(sample, layer.role)} is {layer.thickness_m.value * 1e9:.2g} nm thick if it is flat and continuous "
            f"({layer.assumptions}){coverage}. XPS at one angle cannot tell the two apart."
        )
        notes.append(_finding("xps-layer-assumptions", "notice", sample, sentence, "surface_layer_thickness"))
    return notes
