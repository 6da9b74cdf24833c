"""Several scans that are no series of temperatures: cells and phase content against time, or in the order of measurement."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import attrs
import numpy as np

from pelletry.core.arrays import Array
from pelletry.core.figure import Axis, FigureSpec, Panel, Series
from pelletry.core.quantity import Estimate
from pelletry.techniques.diffraction.cell_law import free_parameters
from pelletry.techniques.diffraction.model.result import RefinedPhase
from pelletry.techniques.diffraction.result import DiffractionResult, PatternResult
from pelletry.techniques.diffraction.thermal import is_there

__all__ = ["order_figures"]

_FEWEST = 3
_NAMES = ("a", "b", "c")


def order_figures(result: DiffractionResult) -> tuple[FigureSpec, ...]:
    """Cells of each phase and contents of all, for three refined scans or more; none where a series of temperatures says more."""
    refined = [p for p in result.patterns if p.refinement is not None]
    if result.series is not None or len(refined) < _FEWEST:
        return ()
    axis, places = _places(refined)
    found = [_cells(result, refined, axis, places, name) for name in result.phases]
    found.append(_contents(result, refined, axis, places))
    return tuple(attrs.evolve(f, is_simulated=result.is_simulated) for f in found if f is not None)


def _places(patterns: Sequence[PatternResult]) -> tuple[Axis, Array]:
    """Hours since the first scan where all are dated, else their numbers."""
    try:
        times = [datetime.fromisoformat((p.origin.acquired_at or "").replace("Z", "+00:00")) for p in patterns]
        hours = np.array([(t - min(times)).total_seconds() / 3600.0 for t in times])
    except (ValueError, TypeError):  # not dated, or dated with and without a time zone
        return Axis(label="Scan"), np.arange(1.0, len(patterns) + 1.0)
    return Axis(label="Time", unit="h"), hours


def _points(
    patterns: Sequence[PatternResult], places: Array, name: str
) -> list[tuple[float, PatternResult, RefinedPhase]]:
    found: list[tuple[float, PatternResult, RefinedPhase]] = []
    for place, pattern in zip(places, patterns, strict=True):
        phases = () if pattern.refinement is None else pattern.refinement.phases
        found.extend((float(place), pattern, phase) for phase in phases if phase.name == name and is_there(phase))
    return found


def _series(
    points: Sequence[tuple[float, PatternResult, RefinedPhase]],
    values: Sequence[Estimate],
    label: str,
    factor: float = 1.0,
) -> Series:
    return Series(
        label=label,
        x=np.array([place for place, _, _ in points]),
        y=factor * np.array([q.value for q in values]),
        y_error=factor * np.array([q.std or 0.0 for q in values]),
        point_labels=tuple(pattern.label for _, pattern, _ in points),
    )


def _cells(
    result: DiffractionResult, patterns: Sequence[PatternResult], axis: Axis, places: Array, name: str
) -> FigureSpec | None:
    points = _points(patterns, places, name)
    if len(points) < _FEWEST:
        return None
    middle = points[len(points) // 2][2]
    free = [i for i in free_parameters(np.array([q.value for q in middle.cell]), middle.cell_covariance) if i < 3]
    panels = [
        Panel(
            x=axis,
            y=Axis(label=_NAMES[i], unit="angstrom"),
            series=(_series(points, [p.cell[i] for _, _, p in points], name),),
        )
        for i in free
    ]
    volumes = _series(points, [p.volume_angstrom3 for _, _, p in points], name)
    panels.append(Panel(x=axis, y=Axis(label="V", unit="angstrom3"), series=(volumes,)))
    return FigureSpec(
        key=f"cells_in_order_{''.join(c if c.isalnum() else '_' for c in name)}",
        title=f"Cell of {name} in {result.sample}, scan after scan",
        caption=f"Cell of {name} in the order of measurement; bars are one standard deviation (statistical, times GoF).",
        panels=tuple(panels),
        sample=result.sample,
        technique="diffraction",
        shares_x=True,
    )


def _contents(
    result: DiffractionResult, patterns: Sequence[PatternResult], axis: Axis, places: Array
) -> FigureSpec | None:
    curves = []
    for name in result.phases:
        points = [
            (float(place), pattern, phase)
            for place, pattern in zip(places, patterns, strict=True)
            for phase in (() if pattern.refinement is None else pattern.refinement.phases)
            if phase.name == name
        ]
        shares = [phase.mass_fraction for _, _, phase in points if phase.mass_fraction is not None]
        if points and len(shares) == len(points):
            curves.append(_series(points, shares, name, 100.0))
    if len(curves) < 2:
        return None
    return FigureSpec(
        key="phase_content_in_order",
        title=f"Phases of {result.sample}, scan after scan",
        caption="Weight fractions of the crystalline, modelled part in the order of measurement; bars are one standard deviation.",
        panels=(Panel(x=axis, y=Axis(label="Weight fraction", unit="wt%"), series=tuple(curves)),),
        sample=result.sample,
        technique="diffraction",
    )
