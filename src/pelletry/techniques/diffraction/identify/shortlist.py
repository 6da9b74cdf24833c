"""A fast order of candidates without refinement: the best one by the screen, its part taken away, the next one, and so on.

Scales are fitted together by non-negative least squares at each step; cells move only by a strain. It takes well under a second for a
hundred candidates and is what the full-profile search begins with; its mass fractions are rough (no own widths, no texture).
"""

from __future__ import annotations

from collections.abc import Sequence

import attrs
import numpy as np

from pelletry.core.arrays import Array
from pelletry.techniques.diffraction.identify.background import background_under_peaks
from pelletry.techniques.diffraction.identify.peaks import find_peaks, width_law
from pelletry.techniques.diffraction.identify.screen import Screen, Screened
from pelletry.techniques.diffraction.model.data import Pattern
from pelletry.techniques.diffraction.model.radiation import Radiation
from pelletry.techniques.diffraction.model.structure import Structure, volume_angstrom3

__all__ = ["Shortlisted", "screen_of", "shortlist"]

_LEAST_GAIN = 40.0
_LEAST_LINES = 0.55


@attrs.frozen(kw_only=True)
class Shortlisted:
    """One phase of the fast search, in the order it was found. ``mass_fraction`` is rough, of what was found."""

    structure: Structure
    strain: float
    gain: float
    lines_there: float
    mass_fraction: float


def screen_of(pattern: Pattern, radiation: Radiation, candidates: Sequence[Structure]) -> Screen:
    """The screen of a pattern with the width of its own peaks."""
    width = width_law(find_peaks(pattern, radiation))
    return Screen(pattern, radiation, candidates, width)


def _fitted(columns: Array, net: Array, weight: Array) -> Array:
    from scipy.optimize import nnls  # type: ignore[attr-defined]

    root = np.sqrt(weight)
    scales: Array = nnls(columns * root[:, None], net * root)[0]
    return scales


def shortlist(
    pattern: Pattern,
    radiation: Radiation,
    candidates: Sequence[Structure],
    *,
    most: int = 8,
    screen: Screen | None = None,
) -> tuple[Shortlisted, ...]:
    """Up to ``most`` phases, in the order in which they explain the pattern."""
    screen = screen or screen_of(pattern, radiation, candidates)
    x, y, std = (values[pattern.use] for values in (pattern.two_theta_deg, pattern.intensity, pattern.std))
    background = background_under_peaks(x, y)
    net = y - background
    weight = 1.0 / (std**2 + (0.02 * background) ** 2)
    chosen: list[Screened] = []
    columns = np.zeros((x.size, 0))
    scales = np.zeros(0)
    explained = np.zeros(x.size)
    while len(chosen) < most:
        taken = {c.number for c in chosen}
        ranked = [c for c in screen.rank(net - explained, explained, background) if c.number not in taken]
        best = next((c for c in ranked if c.gain > _LEAST_GAIN and c.lines_there > _LEAST_LINES), None)
        if best is None:
            break
        chosen.append(best)
        columns = np.column_stack([columns, screen.moved(best.number, best.strain)])
        scales = _fitted(columns, net, weight)
        explained = columns @ scales
    masses = np.array(
        [
            s * screen.candidates[c.number].mass_of_cell_g_per_mol * volume_angstrom3(screen.candidates[c.number].cell)
            for s, c in zip(scales, chosen, strict=True)
        ]
    )
    return tuple(
        Shortlisted(
            structure=screen.candidates[c.number],
            strain=c.strain,
            gain=c.gain,
            lines_there=c.lines_there,
            mass_fraction=float(m / masses.sum()) if masses.sum() > 0 else 0.0,
        )
        for c, m in zip(chosen, masses, strict=True)
    )
