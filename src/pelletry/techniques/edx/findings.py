"""What lines, maps and spectra of a sample have to say in words."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import attrs
import numpy as np

from pelletry.core.finding import Finding
from pelletry.core.quantity import Quantity, Unresolved
from pelletry.reference.emission_lines import LINES, NOT_SEEN, detector_width_keV, lines_of_element, overlaps
from pelletry.techniques.edx.layers import thickness_of_profile
from pelletry.techniques.edx.measurement import ElementMap, LineScan
from pelletry.techniques.edx.read import EdxMeasurement
from pelletry.techniques.edx.result import MapLayer, ProfileLayer, SpectrumResult
from pelletry.techniques.edx.settings import EdxSettings

__all__ = ["findings_of"]

_NAMES = ("layer_thickness", "layer_roughness", "layer_edge_width_start", "layer_edge_width_end")
_POOR_CHI2 = 3.0
_TILT_LIMIT_DEG = 5.0


def _finding(code: str, severity: str, sentence: str, quantities: Sequence[str] = ()) -> Finding:
    return Finding(code=code, severity=severity, sentence=sentence, quantities=tuple(quantities))


def findings_of(
    sample: str,
    *,
    measurements: Sequence[EdxMeasurement],
    settings: EdxSettings,
    profiles: Sequence[ProfileLayer],
    maps: Sequence[MapLayer],
    without_scale: Sequence[str],
    element: str,
    thickness: Quantity | None,
    floor_source: str,
    spectra: Sequence[SpectrumResult],
    expected: Sequence[str],
) -> tuple[Finding, ...]:
    """All findings, those that withhold numbers first."""
    found = [
        *_of_thickness(sample, thickness, profiles, floor_source),
        *_of_fits(sample, element, profiles, maps, settings),
        *_of_maps(measurements, without_scale, maps),
        *_of_lines(sample, measurements, expected),
        *_of_spectra(sample, spectra, expected, settings),
    ]
    order = {"error": 0, "warning": 1, "notice": 2, "info": 3}
    named = (attrs.evolve(one, samples=(sample,)) for one in found)
    return tuple(sorted(named, key=lambda one: order[one.severity]))


def _of_thickness(
    sample: str, thickness: Quantity | None, profiles: Sequence[ProfileLayer], floor_source: str
) -> Iterator[Finding]:
    if isinstance(thickness, Unresolved) and profiles:
        if "X-rays come" in thickness.reason:
            yield _finding(
                "layer-below-interaction-volume",
                "error",
                f"The layer of {sample} is not measured: {thickness.reason}. Use a lower voltage, or a section in a transmission microscope.",
                _NAMES,
            )
        else:
            yield _finding("edx-no-layer", "error", f"{sample}: {thickness.reason}.", _NAMES)
    elif thickness is not None and not isinstance(thickness, Unresolved) and not floor_source:
        yield _finding(
            "interaction-volume-assumed",
            "notice",
            f"Layers of {sample} are refused below 1 µm, since the beam's spread is not known; state beam_keV, layer and layer_density_kg_per_m3, or interaction_width_m.",
        )


def _of_fits(
    sample: str, element: str, profiles: Sequence[ProfileLayer], maps: Sequence[MapLayer], settings: EdxSettings
) -> Iterator[Finding]:
    fitted = [one for one in profiles if not one.fit.refusal]
    mine = [one for one in fitted if one.element == element]
    poor = [one for one in mine if one.fit.is_poisson and one.fit.chi2_reduced > _POOR_CHI2]
    if poor:
        listed = ", ".join(f"{one.name} {one.fit.chi2_reduced:.1f}" for one in poor)
        yield _finding(
            "layer-fit-poor",
            "warning",
            f"The {element} profile of {sample} is not two blurred edges on a flat ground (reduced chi-square {listed}): a gradient, a second layer or a crack. The uncertainty was widened.",
            _NAMES,
        )
    if mine and mine[0].fit.is_poisson and settings.counts == "auto":
        yield _finding(
            "profile-taken-as-counts",
            "notice",
            f"The profiles of {sample} are whole numbers without another unit and were taken as counts (Poisson weights). Set counts = 'no' if they are not.",
        )
    disagreeing = _disagreeing(element, fitted)
    if disagreeing:
        yield _finding(
            "layer-elements-disagree",
            "warning",
            f"The layer of {sample} is not equally thick in all its elements: {disagreeing}. Interdiffusion, overlapping lines, or an element that is in the substrate too.",
            ("layer_thickness",),
        )
    if settings.line_tilt_deg:
        yield _finding(
            "line-tilt-corrected",
            "notice",
            f"Lengths along the line of {sample} were multiplied by cos({settings.line_tilt_deg:g}°), the stated angle between line and normal of the layer.",
        )
    for one in maps:
        lost = len(one.thickness_m) - one.fitted_count
        if one.element == element and lost > 0.2 * len(one.thickness_m):
            yield _finding(
                "map-strips-lost",
                "warning",
                f"{one.name}: {lost} of {len(one.thickness_m)} strips show no layer; the mean is that of the others. Use fewer strips (profiles_per_map) or a longer measurement.",
                _NAMES,
            )


def _disagreeing(element: str, fitted: Sequence[ProfileLayer]) -> str:
    """Elements whose thickness on the same line differs by more than three standard deviations and 5 %."""
    words = []
    for reference in (one for one in fitted if one.element == element):
        own = thickness_of_profile(reference)
        for other in fitted:
            if other.element == element or other.name != reference.name:
                continue
            value = thickness_of_profile(other)
            limit = 3 * float(np.hypot(own.std or 0.0, value.std or 0.0))
            if abs(value.value - own.value) > max(limit, 0.05 * own.value):
                words.append(f"{element} {own.value * 1e6:.2f} µm and {other.element} {value.value * 1e6:.2f} µm")
    return ", ".join(words[:4])


def _of_maps(
    measurements: Sequence[EdxMeasurement], without_scale: Sequence[str], maps: Sequence[MapLayer]
) -> Iterator[Finding]:
    for name in without_scale:
        yield _finding(
            "map-without-scale",
            "error",
            f"{name} does not say how large a pixel is: no thickness from it. State pixel_size_m.",
            _NAMES,
        )
    for one in measurements:
        if isinstance(one, ElementMap) and one.tilt_deg is not None and abs(one.tilt_deg) > _TILT_LIMIT_DEG:
            yield _finding(
                "map-tilted",
                "warning",
                f"{one.name} was taken at a stage tilt of {one.tilt_deg:.1f}°: lengths across the rows are shortened by its cosine, and nothing was corrected.",
                _NAMES,
            )
    for layer in maps:
        if abs(layer.slope_deg) > 1.0:
            yield _finding(
                "layer-sloped",
                "notice",
                f"{layer.name}: the layer runs at {layer.slope_deg:.1f}° to the edges of the map; its thickness was multiplied by the cosine.",
            )


def _of_lines(sample: str, measurements: Sequence[EdxMeasurement], expected: Sequence[str]) -> Iterator[Finding]:
    measured = {p.element for one in measurements if isinstance(one, LineScan) for p in one.profiles}
    measured |= {one.element for one in measurements if isinstance(one, ElementMap)}
    pairs = [(a, b) for a, b in overlaps({*measured, *expected}) if a.element in measured or b.element in measured]
    if pairs:
        listed = ", ".join(
            f"{a.element} {a.shown_name} and {b.element} {b.shown_name} ({1e3 * (b.energy_keV - a.energy_keV):.0f} eV apart)"
            for a, b in pairs
        )
        yield _finding(
            "edx-lines-overlap",
            "warning",
            f"{sample}: lines closer than the detector parts them: {listed}. A profile of one of them holds the other, unless the program separated them with standards.",
        )


def _of_spectra(
    sample: str, spectra: Sequence[SpectrumResult], expected: Sequence[str], settings: EdxSettings
) -> Iterator[Finding]:
    for one in spectra:
        seen = {line.element for line in one.lines if line.is_seen}
        if not expected:
            listed = _grouped(one) or "none"
            yield _finding(
                "edx-elements-seen",
                "info",
                f"{one.name}: lines of {listed} stand out; no composition was stated to hold them against.",
            )
            continue
        foreign = sorted(seen - set(expected) - set(settings.coating))
        if foreign:
            yield _finding(
                "edx-foreign-element",
                "warning",
                f"{one.name} shows {', '.join(foreign)}, not in the stated composition: a contamination, the holder, or a sum or escape peak. Look at the spectrum.",
            )
        missing = sorted(
            e
            for e in expected
            if e in LINES and lines_of_element(e, beam_keV=one.beam_keV) and e not in seen and _was_looked_for(one, e)
        )
        if missing:
            yield _finding(
                "edx-element-missing",
                "warning",
                f"{one.name} does not show {', '.join(missing)} of the stated composition: too few counts, or it is not there.",
            )
    blind = [element for element in expected if element in NOT_SEEN]
    if spectra and blind:
        yield _finding(
            "edx-elements-not-visible",
            "info",
            f"{sample}: {', '.join(blind)} cannot be seen by EDX; that says nothing about them.",
        )


def _grouped(one: SpectrumResult) -> str:
    """Elements seen, those whose lines the detector does not part joined by "or"."""
    lines = sorted((line for line in one.lines if line.is_seen), key=lambda line: line.energy_keV)
    groups: list[list[str]] = []
    last = -1.0
    for line in lines:
        if line.energy_keV - last < 0.6 * detector_width_keV(line.energy_keV) and groups:
            groups[-1].append(line.element)
        else:
            groups.append([line.element])
        last = line.energy_keV
    return ", ".join(dict.fromkeys(" or ".join(dict.fromkeys(group)) for group in groups))


def _was_looked_for(one: SpectrumResult, element: str) -> bool:
    return any(line.element == element for line in one.lines)
