"""What all writers need of a refined pattern: total widths of each phase, a few points of the background, safe names."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable

import attrs
import numpy as np

from pelletry.core.arrays import Array
from pelletry.core.errors import MissingFactError
from pelletry.techniques.diffraction.model.result import RefinedPhase, Refinement
from pelletry.techniques.diffraction.result import PatternResult

__all__ = [
    "PhaseWidths",
    "background_points",
    "columns_text",
    "expanded_sites",
    "refinement_of",
    "safe_names",
    "widths_of",
]

_SCHERRER = 0.9


@attrs.frozen(kw_only=True)
class PhaseWidths:
    """Widths of one phase's peaks, instrument and sample together: FWHM, U V W in deg², X (1/cos) and Y (tan) in deg."""

    U: float
    V: float
    W: float
    X: float
    Y: float


def refinement_of(pattern: PatternResult) -> Refinement:
    """The refinement of a pattern.

    Raises
    ------
    MissingFactError
        When there is none, or its curves were dropped in a long series.
    """
    if pattern.refinement is None or not pattern.has_curves:
        raise MissingFactError(
            "there is no model to write" + (f": {pattern.reason}" if pattern.reason else ""), where=pattern.label,
            do="analyse this scan by itself",
        )  # fmt: skip
    return pattern.refinement


def widths_of(refinement: Refinement, phase: RefinedPhase) -> PhaseWidths:
    """Size (Scherrer, K = 0.9) adds 0.9 λ/(D cos θ) to X, strain adds 4 ε tan θ to Y."""
    instrument = refinement.instrument
    wavelength_m = instrument.radiation.lines[0].wavelength_angstrom * 1e-10
    size = 0.0 if phase.size_m is None else math.degrees(_SCHERRER * wavelength_m / phase.size_m.value)
    strain = 0.0 if phase.strain is None else math.degrees(4.0 * phase.strain.value)
    return PhaseWidths(U=instrument.U, V=instrument.V, W=instrument.W, X=instrument.X + size, Y=instrument.Y + strain)


def background_points(pattern: PatternResult, count: int = 36) -> tuple[Array, Array]:
    """Angles and background at ``count`` points from end to end."""
    refinement = refinement_of(pattern)
    x = pattern.two_theta_deg
    places = np.unique(np.linspace(0, x.size - 1, min(count, x.size)).round().astype(int))
    return x[places], refinement.background[places]


def safe_names(names: Iterable[str]) -> tuple[str, ...]:
    """Unique names of letters, digits and ``_``, for files and for programs that know no others."""
    found: list[str] = []
    for name in names:
        plain = re.sub(r"[^A-Za-z0-9]+", "_", name).strip("_")[:40] or "phase"
        unique, number = plain, 2
        while unique in found:
            unique, number = f"{plain}_{number}", number + 1
        found.append(unique)
    return tuple(found)


def columns_text(pattern: PatternResult) -> str:
    """2theta, intensity, standard deviation of the fitted points: what most programs take as .xye."""
    use = pattern.use
    rows = zip(pattern.two_theta_deg[use], pattern.intensity[use], pattern.std[use], strict=True)
    return "".join(f"{x:.6f} {y:.6g} {s:.6g}\n" for x, y, s in rows)


def expanded_sites(phase: RefinedPhase) -> list[tuple[str, str, float, float, float, float, float]]:
    """All atoms of the cell: label, element, x, y, z, occupancy, B. Positions within 1e-3 are one."""
    found: list[tuple[str, str, float, float, float, float, float]] = []
    for site in phase.structure.sites:
        places: list[Array] = []
        for operation in phase.structure.operations:
            place = np.mod(applied(operation, (site.x, site.y, site.z)), 1.0)
            if not any(np.all(np.abs((place - other + 0.5) % 1.0 - 0.5) < 1e-3) for other in places):
                places.append(place)
        found.extend(
            (
                f"{site.label}_{k}",
                site.element,
                float(p[0]),
                float(p[1]),
                float(p[2]),
                site.occupancy,
                site.B_iso_angstrom2,
            )
            for k, p in enumerate(places, start=1)
        )
    return found


_TERM = re.compile(r"([+-]?)(?:(\d+)(?:/(\d+))?|([xyz]))", re.IGNORECASE)


def applied(operation: str, xyz: tuple[float, float, float]) -> Array:
    """An operation such as ``-y,x-y,z+1/3`` on a point."""
    values = {"x": xyz[0], "y": xyz[1], "z": xyz[2]}
    found = []
    for part in operation.replace(" ", "").split(","):
        total = 0.0
        for sign, number, divisor, letter in _TERM.findall(part):
            value = values[letter.lower()] if letter else float(number) / float(divisor or 1)
            total += -value if sign == "-" else value
        found.append(total)
    return np.array(found)
