"""A refined pattern as papers show it: points, calculated curve, background, ticks of each phase, difference, weighted residuals."""

from __future__ import annotations

import attrs
import numpy as np

from pelletry.core.arrays import Array
from pelletry.core.figure import Axis, FigureSpec, Mark, Panel, Series
from pelletry.core.quantity import bracketed
from pelletry.techniques.diffraction.identify.found import Identification
from pelletry.techniques.diffraction.model.result import RefinedPhase, Refinement
from pelletry.techniques.diffraction.result import DiffractionResult, PatternResult
from pelletry.techniques.diffraction.words import axial_words, phase_title, temperature_words

__all__ = ["pattern_figures", "pattern_keys", "standard_figures"]

#: Ticks of lines weaker than this share of the strongest would fill the row; the table of lines has them.
_WEAKEST_TICK = 1e-4
_MOST_TICKS = 400
_NARROW_DEG = 12.0


def pattern_keys(result: DiffractionResult) -> tuple[str, ...]:
    """A short, unique name for each pattern's figures."""
    keys: list[str] = []
    for number, pattern in enumerate(result.patterns, start=1):
        key = str(number)
        if pattern.temperature_K is not None:
            degrees = round(pattern.temperature_K - 273.15, 1)
            key = f"{degrees:g}C".replace("-", "m").replace(".", "p") + (f"_{pattern.branch}" if pattern.branch else "")
        keys.append(key if key not in keys else f"{key}_{number}")
    return tuple(keys)


def pattern_figures(result: DiffractionResult) -> tuple[FigureSpec, ...]:
    """The reference pattern as a figure for a paper with a closer one of its strongest region; the others as detail."""
    figures: list[FigureSpec] = []
    reference = result.reference_pattern
    for pattern, key in zip(result.patterns, pattern_keys(result), strict=True):
        if not pattern.has_curves:
            continue
        is_main = pattern is reference
        whole = _figure(
            pattern,
            key=f"pattern_{key}",
            sample=result.sample,
            identification=result.identification if is_main else None,
        )
        figures.append(attrs.evolve(whole, is_detail=not is_main, is_simulated=result.is_simulated))
        if is_main and pattern.refinement is not None:
            figures.append(attrs.evolve(_closer(whole, pattern), is_simulated=result.is_simulated))
    return tuple(sorted(figures, key=lambda f: f.is_detail))


def standard_figures(result: DiffractionResult) -> tuple[FigureSpec, ...]:
    """The scans of standards, as detail."""
    found = []
    for number, standard in enumerate(result.standards, start=1):
        if standard.pattern.has_curves:
            spec = _figure(standard.pattern, key=f"standard_{number}", sample=result.sample, identification=None)
            title = f"Standard {standard.phase}: {standard.pattern.label}"
            found.append(attrs.evolve(spec, title=title, is_detail=True, is_simulated=result.is_simulated))
    return tuple(found)


def _figure(pattern: PatternResult, *, key: str, sample: str, identification: Identification | None) -> FigureSpec:
    refinement = pattern.refinement
    panels = [_pattern_panel(pattern, identification)]
    if refinement is not None:
        panels.append(_residual_panel(pattern, refinement))
    return FigureSpec(
        key=key,
        title=f"Powder pattern of {sample}, {pattern.label}",
        caption=_caption(pattern),
        panels=tuple(panels),
        sample=sample,
        technique="diffraction",
        width="double",
        shares_x=True,
    )


def _pattern_panel(pattern: PatternResult, identification: Identification | None) -> Panel:
    x, y = pattern.two_theta_deg, pattern.intensity
    refinement = pattern.refinement
    series = [Series(label="observed", x=x, y=y, style="points", trace=pattern.origin.path)]
    marks: list[Mark] = []
    if refinement is not None:
        low, high = float(np.min(y)), float(np.max(y))
        series.append(Series(label="calculated", x=x, y=refinement.calculated, style="line"))
        series.append(Series(label="background", x=x, y=refinement.background, style="dashed"))
        series.extend(_below(pattern, refinement, low=low, high=high))
        marks.extend(_unexplained(pattern, identification))
    unit = pattern.intensity_unit or "arb. units"
    return Panel(
        x=Axis(label="2θ", unit="deg", limits=(float(x[0]), float(x[-1]))),
        y=Axis(label="Intensity", unit=unit),
        series=tuple(series),
        marks=tuple(marks),
    )


def _below(pattern: PatternResult, refinement: Refinement, *, low: float, high: float) -> list[Series]:
    """Rows of ticks under the pattern, a phase each, and the difference curve under them."""
    row = 0.045 * (high - low)
    rows = []
    for number, phase in enumerate(refinement.phases):
        seen, hkl = _ticks(phase, pattern.two_theta_deg)
        y = np.full(seen.size, low - row * (number + 1))
        rows.append(Series(label=phase_title(phase), x=seen, y=y, style="ticks", group=phase.name, point_labels=hkl))
    difference = np.where(pattern.use, pattern.intensity - refinement.calculated, np.nan)
    top = np.nanmax(difference) if np.any(np.isfinite(difference)) else 0.0
    offset = low - row * (len(refinement.phases) + 1) - float(top)
    return [*rows, Series(label="difference", x=pattern.two_theta_deg, y=difference + offset, style="line")]


def _ticks(phase: RefinedPhase, two_theta_deg: Array) -> tuple[Array, tuple[str, ...]]:
    """Bragg angles inside the scan with their hkl; the strongest when there are very many."""
    at = phase.tick_two_theta_deg
    inside = np.flatnonzero((at >= two_theta_deg[0]) & (at <= two_theta_deg[-1]))
    strength = phase.tick_intensity
    if strength.size == at.size and strength.size and float(strength.max()) > 0 and not phase.is_le_bail:
        inside = inside[strength[inside] >= _WEAKEST_TICK * strength.max()]
        if inside.size > _MOST_TICKS:
            inside = np.sort(inside[np.argsort(-strength[inside], kind="stable")[:_MOST_TICKS]])
    labels = tuple(f"{phase.name} " + " ".join(str(int(n)) for n in phase.tick_hkl[i]) for i in inside)
    return np.asarray(at[inside]), labels


def _unexplained(pattern: PatternResult, identification: Identification | None) -> list[Mark]:
    if identification is None:
        return []
    marks = []
    for peak in identification.unexplained[:12]:
        nearest = int(np.argmin(np.abs(pattern.two_theta_deg - peak.two_theta_deg)))
        window = slice(max(0, nearest - 3), nearest + 4)
        top = float(np.max(pattern.intensity[window]))
        marks.append(Mark(x=peak.two_theta_deg, y=top, text="?", style="label"))
    return marks


def _residual_panel(pattern: PatternResult, refinement: Refinement) -> Panel:
    use = pattern.use
    weighted = np.full(pattern.two_theta_deg.size, np.nan)
    weighted[use] = (pattern.intensity[use] - refinement.calculated[use]) / pattern.std[use]
    reach = max(4.0, float(np.nanpercentile(np.abs(weighted), 99.5))) if np.any(use) else 4.0
    return Panel(
        x=Axis(label="2θ", unit="deg", limits=(float(pattern.two_theta_deg[0]), float(pattern.two_theta_deg[-1]))),
        y=Axis(label="Δ/σ", limits=(-1.1 * reach, 1.1 * reach)),
        series=(
            Series(label="weighted residual", x=pattern.two_theta_deg, y=weighted, style="line", is_in_legend=False),
        ),
        height_share=0.22,
    )


def _caption(pattern: PatternResult) -> str:
    refinement = pattern.refinement
    if refinement is None:
        return f"{pattern.origin.path}. Not refined: {pattern.reason}"
    left_out = int(np.count_nonzero(~pattern.use))
    fitted = f"{left_out} points are not fitted. " if left_out else ""
    weights = ", ".join(
        f"{phase.name} {bracketed(100 * phase.mass_fraction.value, _percent(phase.mass_fraction.std))} wt%"
        for phase in refinement.phases
        if phase.mass_fraction is not None and len(refinement.phases) > 1
    )
    return (
        f"Points: measured{temperature_words(pattern)}; line: calculated; dashed: background; ticks: Bragg angles of each phase for the first line of "
        f"the tube; below: difference, and the difference over its standard deviation. Rwp {100 * refinement.rwp:.2f} %, "
        f"Rexp {100 * refinement.rexp:.2f} %, GoF {refinement.gof:.2f}, {axial_words(refinement)}. {fitted}"
        + (f"Of the crystalline, modelled part: {weights}." if weights else "")
    ).strip()


def _percent(std: float | None) -> float | None:
    return None if std is None else 100 * std


def _closer(whole: FigureSpec, pattern: PatternResult) -> FigureSpec:
    """The region of the strongest peaks of the minor phases, where a fit is judged."""
    x, y = pattern.two_theta_deg, pattern.intensity
    width = min(_NARROW_DEG, (x[-1] - x[0]) / 3)
    half = max(1, int(width / 2 / float(np.median(np.diff(x)))))
    told = _told_apart(pattern)
    sums = np.convolve(told, np.ones(2 * half), mode="same")
    sums[:half] = sums[-half:] = 0
    centre = float(x[int(np.argmax(sums))])
    limits = (max(float(x[0]), centre - width / 2), min(float(x[-1]), centre + width / 2))
    panels = tuple(
        attrs.evolve(p, x=attrs.evolve(p.x, limits=limits), series=_cut(p.series, limits)) for p in whole.panels
    )
    inside = (x >= limits[0]) & (x <= limits[1])
    top = float(np.max(y[inside]))
    bottom = min(float(np.nanmin(s.y)) for s in panels[0].series if s.y.size and np.any(np.isfinite(s.y)))
    panels = (
        attrs.evolve(panels[0], y=attrs.evolve(panels[0].y, limits=(bottom - 0.05 * top, 1.06 * top))),
        *panels[1:],
    )
    return attrs.evolve(
        whole, key=f"{whole.key}_closer", title=f"{whole.title}, {limits[0]:.0f} to {limits[1]:.0f}°", panels=panels,
        caption=f"The same pattern from {limits[0]:.1f} to {limits[1]:.1f}°.",
    )  # fmt: skip


def _told_apart(pattern: PatternResult) -> Array:
    """Where most phases show: the sum of their curves, each over its own highest point."""
    refinement = pattern.refinement
    total = np.zeros(pattern.two_theta_deg.size)
    for phase in () if refinement is None else refinement.phases:
        top = float(np.max(phase.contribution, initial=0.0))
        if top > 0:
            total += np.sqrt(np.maximum(phase.contribution, 0.0) / top)
    return total


def _cut(series: tuple[Series, ...], limits: tuple[float, float]) -> tuple[Series, ...]:
    found = []
    for one in series:
        inside = (one.x >= limits[0]) & (one.x <= limits[1])
        labels = tuple(t for t, keep in zip(one.point_labels, inside, strict=True) if keep) if one.point_labels else ()
        found.append(attrs.evolve(one, x=one.x[inside], y=one.y[inside], point_labels=labels))
    return tuple(found)
