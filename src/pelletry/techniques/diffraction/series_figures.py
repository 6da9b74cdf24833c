"""A series of scans: waterfall, contour, cells and phase content against temperature with both branches."""

from __future__ import annotations

from collections.abc import Sequence

import attrs
import numpy as np

from pelletry.core.arrays import Array
from pelletry.core.figure import Axis, FigureSpec, Mark, Panel, Picture, Series
from pelletry.core.quantity import Estimate
from pelletry.techniques.diffraction.cell_law import free_parameters
from pelletry.techniques.diffraction.model.result import RefinedPhase
from pelletry.techniques.diffraction.result import DiffractionResult, ExpansionOfPhase, PatternResult, SeriesResult
from pelletry.techniques.diffraction.thermal import is_there

__all__ = ["series_figures"]

_NAMES = ("a", "b", "c", "α", "β", "γ")
_MOST_IN_WATERFALL = 18
_PICTURE_ROWS = 240
_ZERO_C_K = 273.15


def series_figures(result: DiffractionResult) -> tuple[FigureSpec, ...]:
    """Cells of each phase first, then phase content, contour and waterfall; none without a series."""
    series = result.series
    if series is None:
        return ()
    patterns = [result.patterns[i] for i in series.pattern_indices]
    found: list[FigureSpec | None] = [
        *(figure for name in result.phases for figure in _cells(result, series, patterns, name)),
        _contents(result, series, patterns),
        _contour(result, series, patterns),
        _waterfall(result, patterns),
    ]
    return tuple(attrs.evolve(f, is_simulated=result.is_simulated) for f in found if f is not None)


def _of_phase(patterns: Sequence[PatternResult], name: str) -> list[tuple[PatternResult, RefinedPhase]]:
    found: list[tuple[PatternResult, RefinedPhase]] = []
    for pattern in patterns:
        phases = () if pattern.refinement is None else pattern.refinement.phases
        found.extend((pattern, phase) for phase in phases if phase.name == name)
    return found


def _celsius(patterns: Sequence[PatternResult]) -> Array:
    return np.array([(p.temperature_K or np.nan) - _ZERO_C_K for p in patterns])


def _branches(patterns: Sequence[PatternResult]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(p.branch for p in patterns))


def _temperature_axis() -> Axis:
    return Axis(label="T", unit="°C")


# -- cells -------------------------------------------------------------------------------------------------------------


def _cells(
    result: DiffractionResult, series: SeriesResult, patterns: Sequence[PatternResult], name: str
) -> tuple[FigureSpec, ...]:
    points = [(pattern, phase) for pattern, phase in _of_phase(patterns, name) if is_there(phase)]
    if len(points) < 2:
        return ()
    middle = points[len(points) // 2][1]
    values = np.array([q.value for q in middle.cell])
    free = free_parameters(values, middle.cell_covariance)
    laws = [e for e in series.expansions if e.phase == name]
    marks = tuple(
        Mark(x=t.temperature_K.value - _ZERO_C_K, y=0.0, text="transition", style="vertical")
        for t in series.transitions
        if name in (t.low, t.high)
    )
    edges = [_cell_panel(points, laws, i, marks if i == free[0] else _bare(marks)) for i in free if i < 3]
    angles = [_cell_panel(points, laws, i, _bare(marks)) for i in free if i >= 3]
    figure = FigureSpec(
        key=f"cells_{_key(name)}",
        title=f"Cell of {name} in {result.sample} against temperature",
        caption=f"Cell of {name} against temperature; bars are one standard deviation (statistical, times GoF). {_law_words(laws)}",
        panels=(*edges, _volume_panel(points, laws, _bare(marks))),
        sample=result.sample,
        technique="diffraction",
        shares_x=True,
    )
    if not angles:
        return (figure,)
    of_angles = attrs.evolve(
        figure, key=f"{figure.key}_angles", title=f"{figure.title}, angles", panels=tuple(angles), is_detail=True
    )
    return figure, of_angles


def _key(name: str) -> str:
    return "".join(c if c.isalnum() else "_" for c in name)


def _bare(marks: tuple[Mark, ...]) -> tuple[Mark, ...]:
    return tuple(attrs.evolve(mark, text="") for mark in marks)


def _law_words(laws: Sequence[ExpansionOfPhase]) -> str:
    if not laws:
        return ""
    degrees = sorted({law.degree for law in laws})
    words = {1: "straight lines", 2: "parabolas", 3: "cubics"}
    return f"Lines: {' and '.join(words.get(d, f'polynomials of degree {d}') for d in degrees)} through all cells of a branch at once."


def _points_of(points: Sequence[tuple[PatternResult, RefinedPhase]], branch: str, values: Sequence[Estimate]) -> Series:
    chosen = [(p, q) for (p, _), q in zip(points, values, strict=True) if p.branch == branch]
    return Series(
        label=branch or "measured",
        x=_celsius([p for p, _ in chosen]),
        y=np.array([q.value for _, q in chosen]),
        y_error=np.array([q.std or 0.0 for _, q in chosen]),
        style="open_points" if branch == "cooling" else "points",
        group=branch or "measured",
        point_labels=tuple(p.label for p, _ in chosen),
    )


def _cell_panel(
    points: Sequence[tuple[PatternResult, RefinedPhase]],
    laws: Sequence[ExpansionOfPhase],
    place: int,
    marks: tuple[Mark, ...],
) -> Panel:
    values = [phase.cell[place] for _, phase in points]
    curves = [_points_of(points, branch, values) for branch in _branches([p for p, _ in points])]
    curves += [
        Series(
            label="law", x=law.law_temperature_K - _ZERO_C_K, y=law.law_cell[:, place], style="line",
            group=law.branch or "measured", is_in_legend=False,
        )
        for law in laws
    ]  # fmt: skip
    unit = "angstrom" if place < 3 else "deg"
    return Panel(x=_temperature_axis(), y=Axis(label=_NAMES[place], unit=unit), series=tuple(curves), marks=marks)


def _volume_panel(
    points: Sequence[tuple[PatternResult, RefinedPhase]], laws: Sequence[ExpansionOfPhase], marks: tuple[Mark, ...]
) -> Panel:
    from pelletry.techniques.diffraction.model.structure import volume_angstrom3

    values = [phase.volume_angstrom3 for _, phase in points]
    curves = [_points_of(points, branch, values) for branch in _branches([p for p, _ in points])]
    for law in laws:
        volumes = [volume_angstrom3((c[0], c[1], c[2], c[3], c[4], c[5])) for c in law.law_cell.tolist()]
        curves.append(
            Series(
                label="law", x=law.law_temperature_K - _ZERO_C_K, y=np.array(volumes), style="line",
                group=law.branch or "measured", is_in_legend=False,
            )
        )  # fmt: skip
    return Panel(x=_temperature_axis(), y=Axis(label="V", unit="angstrom3"), series=tuple(curves), marks=marks)


# -- contents ----------------------------------------------------------------------------------------------------------


def _contents(result: DiffractionResult, series: SeriesResult, patterns: Sequence[PatternResult]) -> FigureSpec | None:
    if len(result.phases) < 2:
        return None
    curves: list[Series] = []
    for name in result.phases:
        points = [(p, q) for p, q in _of_phase(patterns, name) if q.mass_fraction is not None]
        for branch in _branches([p for p, _ in points]):
            chosen = [(p, q.mass_fraction) for p, q in points if p.branch == branch and q.mass_fraction is not None]
            curves.append(
                Series(
                    label=f"{name}, {branch}" if branch else name,
                    x=_celsius([p for p, _ in chosen]),
                    y=np.array([100 * q.value for _, q in chosen]),
                    y_error=np.array([100 * (q.std or 0.0) for _, q in chosen]),
                    style="open_points" if branch == "cooling" else "points",
                    group=name,
                )
            )
    if not curves:
        return None
    marks = tuple(
        Mark(x=t.temperature_K.value - _ZERO_C_K, y=0.0, text="transition", style="vertical")
        for t in series.transitions
        if t.low != t.high
    )
    return FigureSpec(
        key="phase_content",
        title=f"Phases of {result.sample} against temperature",
        caption="Weight fractions of the crystalline, modelled part; bars are one standard deviation.",
        panels=(
            Panel(
                x=_temperature_axis(), y=Axis(label="Weight fraction", unit="wt%"), series=tuple(curves), marks=marks
            ),
        ),
        sample=result.sample,
        technique="diffraction",
    )


# -- all patterns ------------------------------------------------------------------------------------------------------


def _contour(result: DiffractionResult, series: SeriesResult, patterns: Sequence[PatternResult]) -> FigureSpec | None:
    picture = series.picture
    if picture is None or len(patterns) < 3:
        return None
    panels: list[Panel] = []
    for branch in _branches(patterns):
        rows = [i for i, p in enumerate(patterns) if p.branch == branch and p.temperature_K is not None]
        if len(rows) < 3:
            continue
        celsius = _celsius([patterns[i] for i in rows])
        order = np.argsort(celsius, kind="stable")
        levels = np.linspace(celsius[order[-1]], celsius[order[0]], min(_PICTURE_ROWS, 12 * len(rows)))
        nearest = np.argmin(np.abs(celsius[None, :] - levels[:, None]), axis=1)
        pixels = picture.rows[np.array(rows)[nearest]]
        x = picture.two_theta_deg
        panels.append(
            Panel(
                x=Axis(label="2θ", unit="deg"),
                y=_temperature_axis(),
                series=(),
                picture=Picture(
                    pixels=pixels, x_limits=(float(x[0]), float(x[-1])), y_limits=(float(levels[-1]), float(levels[0])),
                    colours="heat", value_label="√intensity" if not panels else "",
                ),
                title=branch,
            )
        )  # fmt: skip
    if not panels:
        return None
    return FigureSpec(
        key="contour",
        title=f"All scans of {result.sample} against temperature",
        caption="Square root of the intensity over angle and temperature; each level shows the scan nearest to it.",
        panels=tuple(panels),
        sample=result.sample,
        technique="diffraction",
        width="double",
        arrangement="row",
    )


def _waterfall(result: DiffractionResult, patterns: Sequence[PatternResult]) -> FigureSpec | None:
    shown = [p for p in patterns if p.has_curves and p.temperature_K is not None]
    if len(shown) < 3:
        return None
    step = max(1, -(-len(shown) // _MOST_IN_WATERFALL))
    shown = shown[::step]
    highest = max(float(np.max(np.sqrt(np.maximum(p.intensity, 0)))) for p in shown)
    curves = tuple(
        Series(
            label=p.label,
            x=p.two_theta_deg,
            y=np.sqrt(np.maximum(p.intensity, 0)) + 0.35 * highest * i,
            style="line",
            group=f"{(p.temperature_K or 0) - _ZERO_C_K:.5g} °C",
            trace=p.origin.path,
        )
        for i, p in enumerate(shown)
    )
    return FigureSpec(
        key="waterfall",
        title=f"Scans of {result.sample}, one above the other",
        caption="Square root of the measured intensity, each scan moved up by the same step, in the order of measurement from below.",
        panels=(
            Panel(
                x=Axis(
                    label="2θ", unit="deg", limits=(float(shown[0].two_theta_deg[0]), float(shown[0].two_theta_deg[-1]))
                ),
                y=Axis(label="√intensity, moved", unit="arb. units"),
                series=curves,
            ),
        ),
        sample=result.sample,
        technique="diffraction",
        width="double",
        is_detail=True,
    )
