"""Peaks of the difference curve that no phase accounts for, and what else they may come from."""

from __future__ import annotations

from collections.abc import Sequence
from math import gcd

import numpy as np

from pelletry.core.arrays import Array
from pelletry.reference.xray_lines import TUNGSTEN_LINES, lines_of
from pelletry.techniques.diffraction.identify.found import DisagreeingLine, Suggestion, UnexplainedPeak
from pelletry.techniques.diffraction.identify.lines import line_table
from pelletry.techniques.diffraction.identify.peaks import WidthLaw, significance_through
from pelletry.techniques.diffraction.model.data import Pattern
from pelletry.techniques.diffraction.model.radiation import Radiation
from pelletry.techniques.diffraction.model.result import RefinedPhase, Refinement
from pelletry.techniques.diffraction.model.structure import Structure

__all__ = ["likely_textures", "suggestions_for", "unexplained_peaks"]

LEAST_SIGNIFICANCE = 6.0
#: Share of the calculated height nearby that the profile of a known peak may be wrong by.
_PROFILE_SHARE = 0.10
_BACKGROUND_SHARE = 0.006
_LEAST_MATCHED = 3
#: Lines of a phase above this share of its strongest are strong.
_STRONG_LINE = 0.12
_SLOW_WIDTHS, _SLOW_DEG = 12.0, 1.5
_TEXTURE_EXCESS = 0.3
_LARGEST_CHANCE = 1e-3
#: Least share of the height it should have that the image of the strongest peak shows (intensities of textured powders are off).
_IMAGE_LEAST = 0.4


def _d(two_theta_deg: float | Array, radiation: Radiation) -> float | Array:
    return radiation.lines[0].wavelength_angstrom / (2.0 * np.sin(np.radians(two_theta_deg) / 2.0))


def _nearby_maximum(values: Array, points: int) -> Array:
    from scipy.ndimage import maximum_filter1d

    highest: Array = maximum_filter1d(values, size=2 * points + 1)
    return highest


def _slow_part(values: Array, points: int) -> Array:
    """Running median: what a background that is not quite right leaves."""
    from scipy.ndimage import median_filter

    median: Array = median_filter(values, size=points, mode="nearest")
    return median


def unexplained_peaks(
    pattern: Pattern,
    calculated: Array,
    background: Array,
    radiation: Radiation,
    width: WidthLaw,
    refinement: Refinement | None = None,
) -> tuple[tuple[UnexplainedPeak, ...], tuple[DisagreeingLine, ...]]:
    """Peaks of observed minus calculated that stand out of noise and of what a known peak's shape may be wrong by, by angle.

    Those that stand at a strong line of a found phase are no unknown peaks: the line is stronger than calculated; they come second.
    """
    x = pattern.two_theta_deg[pattern.use]
    if x.size < 20:
        return (), ()
    y, std = pattern.intensity[pattern.use], pattern.std[pattern.use]
    net, base = (calculated - background)[pattern.use], background[pattern.use]
    step = float(np.median(np.diff(x)))
    fwhm = max(float(np.median(width.fwhm_deg(x))), 2.5 * step)
    shape = _PROFILE_SHARE * _nearby_maximum(np.maximum(net, 0.0), max(1, round(1.5 * fwhm / step)))
    left = y - base - net
    left = left - _slow_part(left, max(3, round(max(_SLOW_WIDTHS * fwhm, _SLOW_DEG) / step)))
    height, counting = significance_through(left, std, step, fwhm)
    smooth_std = np.abs(height) / np.maximum(np.abs(counting), 1e-12)
    significance = height / np.sqrt(smooth_std**2 + shape**2 + (_BACKGROUND_SHARE * base) ** 2)
    top = np.flatnonzero((significance[1:-1] >= significance[:-2]) & (significance[1:-1] > significance[2:])) + 1
    top = top[significance[top] > LEAST_SIGNIFICANCE]
    highest = float(np.max(y - base))
    found: list[UnexplainedPeak] = []
    wrong: list[DisagreeingLine] = []
    for i in sorted(top, key=lambda k: -height[k]):
        known = None if refinement is None else _known_line(float(x[i]), float(height[i]), refinement, pattern, fwhm)
        if known is not None:
            if all((known.phase, known.hkl) != (other.phase, other.hkl) for other in wrong):
                wrong.append(known)
        elif all(abs(x[i] - other.two_theta_deg) > fwhm for other in found):
            found.append(
                UnexplainedPeak(
                    two_theta_deg=float(x[i]),
                    d_angstrom=float(_d(float(x[i]), radiation)),
                    height=float(height[i]),
                    significance=float(significance[i]),
                    share=min(1.0, float(height[i] / highest)) if highest > 0 else 0.0,
                    hint=_line_of_the_tube(float(x[i]), x, net, y - base, radiation, fwhm, float(height[i])),
                )
            )
    return tuple(sorted(found, key=lambda peak: peak.two_theta_deg)), tuple(wrong)


def _known_line(
    two_theta_deg: float, height: float, refinement: Refinement, pattern: Pattern, fwhm: float
) -> DisagreeingLine | None:
    """The strong line of a found phase that a difference peak belongs to, if any."""
    best: tuple[float, RefinedPhase, int] | None = None
    for phase in refinement.phases:
        near = np.flatnonzero(np.abs(phase.tick_two_theta_deg - two_theta_deg) < 1.2 * fwhm)
        for k in near.tolist():
            strength = float(phase.tick_intensity[k] / phase.tick_intensity.max())
            if strength > _STRONG_LINE and (best is None or phase.tick_intensity[k] > best[1].tick_intensity[best[2]]):
                best = (strength, phase, k)
    if best is None:
        return None
    _, phase, line = best
    window = np.abs(pattern.two_theta_deg - two_theta_deg) < 1.2 * fwhm
    calculated = float(np.max(phase.contribution[window], initial=0.0))
    if calculated <= 0:
        return None
    ratio = 1.0 + height / calculated
    hkl = (int(phase.tick_hkl[line][0]), int(phase.tick_hkl[line][1]), int(phase.tick_hkl[line][2]))
    sentence = (
        f"{phase.name}: the line {hkl[0]} {hkl[1]} {hkl[2]} at {two_theta_deg:.2f}° is {ratio:.1f} times as strong as calculated: grains lie "
        "in one direction (texture), or the structure is not quite this one; its mass fraction is uncertain."
    )
    return DisagreeingLine(
        phase=phase.name, hkl=hkl, two_theta_deg=two_theta_deg, observed_over_calculated=ratio, sentence=sentence
    )


def likely_textures(pattern: Pattern, refinement: Refinement) -> tuple[tuple[str, tuple[int, int, int]], ...]:
    """Phase and plane of each phase whose own strong line is at least 1.3 times as strong as calculated, the worst first."""
    left = pattern.intensity - refinement.calculated
    net = refinement.calculated - refinement.background
    found: dict[str, tuple[float, tuple[int, int, int]]] = {}
    x = pattern.two_theta_deg
    for phase in refinement.phases:
        if phase.is_le_bail or not phase.tick_intensity.size:
            continue
        strong = np.flatnonzero(phase.tick_intensity > _STRONG_LINE * phase.tick_intensity.max())
        for k in strong:
            peak = np.abs(x - phase.tick_two_theta_deg[k]) < 0.25
            own, whole = float(phase.contribution[peak].sum()), float(net[peak].sum())
            if own <= 0 or own < 0.7 * whole:
                continue
            excess = float(left[peak & pattern.use].sum()) / own
            if excess > _TEXTURE_EXCESS and excess * own > found.get(phase.name, (0.0, (0, 0, 1)))[0]:
                h, k_, l_ = phase.tick_hkl[k].tolist()
                divisor = max(1, gcd(gcd(h, k_), l_))
                found[phase.name] = (excess * own, (h // divisor, k_ // divisor, l_ // divisor))
    return tuple((name, axis) for name, (_, axis) in sorted(found.items(), key=lambda entry: -entry[1][0]))


def _line_of_the_tube(
    two_theta_deg: float, x: Array, net: Array, seen: Array, radiation: Radiation, fwhm: float, height: float
) -> str:
    """Is this the K-beta or tungsten image of a strong known peak? Then the strongest peak has one as well."""
    anode = radiation.name.partition(" ")[0]
    try:
        extra = (
            ("K-beta", lines_of(anode)[2].wavelength_angstrom),
            ("tungsten L", TUNGSTEN_LINES[0].wavelength_angstrom),
        )
    except KeyError:
        return ""
    for name, wavelength in extra:
        shorter = wavelength / radiation.lines[0].wavelength_angstrom
        parent = _seen_with(two_theta_deg, 1.0 / shorter)
        near = np.abs(x - parent) < fwhm
        calculated = float(net[near].max(initial=0.0))
        if calculated <= 8.0 * height:
            continue
        strongest = int(np.argmax(net))
        image = np.abs(x - _seen_with(float(x[strongest]), shorter)) < fwhm
        expected = height / calculated * float(net[strongest])
        if not image.any() or float(seen[image].max()) > _IMAGE_LEAST * expected:
            return f"perhaps the {name} line of the peak at {parent:.2f}°"
    return ""


def _seen_with(two_theta_deg: float, times: float) -> float:
    """Angle of the same planes with a wavelength so many times as long; not a number where there is none. [deg]"""
    sine = times * np.sin(np.radians(two_theta_deg) / 2.0)
    return float(2.0 * np.degrees(np.arcsin(sine))) if sine < 1.0 else float("nan")


def suggestions_for(
    peaks: Sequence[UnexplainedPeak], structures: Sequence[Structure], radiation: Radiation, *, tolerance_deg: float
) -> tuple[Suggestion, ...]:
    """Phases known by their cell only whose lines meet more unexplained peaks than chance would."""
    places = np.array([peak.two_theta_deg for peak in peaks if not peak.hint])
    if places.size < _LEAST_MATCHED:
        return ()
    found = []
    for structure in structures:
        if structure.sites:
            continue
        lines = line_table(structure, radiation, float(places.max()) + 1.0).two_theta_deg
        lines = lines[lines > places.min() - 1.0]
        if not lines.size:
            continue
        matched = int(sum(np.min(np.abs(lines - place)) < tolerance_deg for place in places))
        covered = min(1.0, lines.size * 2.0 * tolerance_deg / (places.max() - places.min() + 2.0))
        chance = _at_least(matched, places.size, covered)
        if matched >= _LEAST_MATCHED and chance < _LARGEST_CHANCE:
            sentence = (
                f"{structure.name}: {matched} of {places.size} unexplained peaks stand where its cell has lines (by chance: {chance:.1g}); "
                "its intensities are not known here, so this is a suggestion only."
            )
            found.append(
                Suggestion(
                    name=structure.name, formula=structure.formula, matched=matched, chance=chance, sentence=sentence
                )
            )
    return tuple(sorted(found, key=lambda s: s.chance))


def _at_least(hits: int, trials: int, probability: float) -> float:
    """Chance of at least that many hits."""
    from math import comb

    return float(
        sum(comb(trials, k) * probability**k * (1 - probability) ** (trials - k) for k in range(hits, trials + 1))
    )
