"""A scan as the engine takes it, the choices of a person as its options, and one refinement that never stops the others."""

from __future__ import annotations

from collections.abc import Sequence

import attrs
import numpy as np

from pelletry.core.errors import PelletryError
from pelletry.techniques.diffraction.measurement import DiffractionScan
from pelletry.techniques.diffraction.model.data import Pattern
from pelletry.techniques.diffraction.model.instrument import Instrument
from pelletry.techniques.diffraction.model.options import AngleRestraint, DistanceRestraint, RefineOptions, Texture
from pelletry.techniques.diffraction.model.result import Refinement
from pelletry.techniques.diffraction.model.structure import Structure
from pelletry.techniques.diffraction.settings import DiffractionSettings

__all__ = ["Attempt", "attempt", "options_of", "pattern_of", "settled", "thinned"]

_PHOSPHATE_STD_ANGSTROM = 0.005
_TETRAHEDRAL_DEG = 109.4712


@attrs.frozen(kw_only=True)
class Attempt:
    """A refinement, or the reason why there is none."""

    refinement: Refinement | None
    reason: str = ""


def pattern_of(scan: DiffractionScan, settings: DiffractionSettings) -> Pattern:
    """The scan with the excluded regions taken out of use."""
    x = scan.two_theta_deg
    use = scan.use & np.isfinite(scan.intensity) & np.isfinite(scan.std)
    for low, high in settings.excluded_deg:
        use = use & ~((x >= low) & (x <= high))
    if settings.two_theta_min_deg is not None:
        use = use & (x >= settings.two_theta_min_deg)
    if settings.two_theta_max_deg is not None:
        use = use & (x <= settings.two_theta_max_deg)
    std = np.where(np.isfinite(scan.std) & (scan.std > 0), scan.std, 1.0)
    return Pattern(two_theta_deg=x, intensity=scan.intensity, std=std, use=use, name=scan.name)


def options_of(settings: DiffractionSettings, names: Sequence[str]) -> RefineOptions:
    """The engine's options for phases of these names; choices about other phases are left out."""
    return RefineOptions(
        background_terms=settings.background_terms,
        background=settings.background,
        background_nodes_deg=settings.background_nodes_deg,
        restraints=_phosphates(settings, names),
        has_air_term=settings.has_air_term,
        refine_displacement=settings.refine_displacement,
        refine_zero=settings.refine_zero,
        refine_transparency=settings.refine_transparency,
        size_strain=settings.size_strain,
        size_axis=settings.size_axis,
        refine_atoms=settings.refine_atoms,
        refine_B=settings.refine_B,
        texture=tuple(Texture(phase=name, axis=axis) for name, axis in settings.texture.items() if name in names),
        extra_lines=frozenset(settings.extra_lines),
        le_bail=frozenset(settings.le_bail) & frozenset(names),
    )


def _phosphates(settings: DiffractionSettings, names: Sequence[str]) -> tuple[DistanceRestraint | AngleRestraint, ...]:
    """Tetrahedra of PO4 as strong restraints."""
    found: list[DistanceRestraint | AngleRestraint] = []
    for name, distance in settings.rigid_phosphates.items():
        if name in names:
            found.append(
                DistanceRestraint(
                    phase=name, first="P", second="O", distance_angstrom=distance, std_angstrom=_PHOSPHATE_STD_ANGSTROM
                )
            )
            found.append(AngleRestraint(phase=name, centre="P", outer="O", angle_deg=_TETRAHEDRAL_DEG, std_deg=1.0))
    return tuple(found)


def attempt(
    pattern: Pattern,
    structures: Sequence[Structure],
    instrument: Instrument,
    options: RefineOptions,
    *,
    start: Refinement | None = None,
) -> Attempt:
    """Refine; what the engine refuses is a reason, not an exception. Missing packages are an exception."""
    from pelletry.techniques.diffraction.model.gemmi_door import load_gemmi, load_kernels
    from pelletry.techniques.diffraction.model.refine import refine

    load_gemmi()
    load_kernels()
    try:
        return Attempt(refinement=refine(pattern, structures, instrument, options=options, start=start))
    except PelletryError as error:
        return Attempt(refinement=None, reason="; ".join(str(mistake) for mistake in error.mistakes))
    except (np.linalg.LinAlgError, FloatingPointError) as error:
        return Attempt(refinement=None, reason=f"the equations of the refinement could not be solved ({error})")


def settled(
    pattern: Pattern,
    structures: Sequence[Structure],
    instrument: Instrument,
    options: RefineOptions,
    *,
    start: Refinement | None = None,
) -> Attempt:
    """Refine; phases that are not seen keep the cell they came with, in a second refinement, so that it does not wander.

    What ``start`` did not see is held from the beginning, and set free when it is seen.
    """
    before = frozenset() if start is None else start.options.fixed_cells & {s.name for s in structures}
    if before - options.fixed_cells:
        made = _held(pattern, structures, instrument, options, before, start)
        if made.refinement is not None and not before - _unseen(made.refinement) - options.fixed_cells:
            return made
    made = attempt(pattern, structures, instrument, options, start=start)
    unseen = frozenset() if made.refinement is None else _unseen(made.refinement)
    if not unseen or len(unseen) == len(structures):
        return made
    again = _held(pattern, structures, instrument, options, unseen, start)
    return made if again.refinement is None else again


def _held(
    pattern: Pattern,
    structures: Sequence[Structure],
    instrument: Instrument,
    options: RefineOptions,
    names: frozenset[str],
    start: Refinement | None,
) -> Attempt:
    """Refine with the cells of some phases held; all may not be."""
    if len(names) == len(structures):
        return Attempt(refinement=None)
    held = attrs.evolve(options, fixed_cells=options.fixed_cells | names)
    return attempt(pattern, structures, instrument, held, start=start)


def _unseen(refinement: Refinement) -> frozenset[str]:
    """Phases whose weight fraction is not three standard deviations above nothing."""
    return frozenset(
        phase.name
        for phase in refinement.phases
        if phase.mass_fraction is not None and phase.mass_fraction.value < 3.0 * (phase.mass_fraction.std or 0.0) + 1e-4
    )


def thinned(refinement: Refinement) -> Refinement:
    """Without curves and covariance, for patterns of a long series: what tables and laws need stays."""
    none = np.zeros(0)
    return attrs.evolve(
        refinement,
        calculated=none,
        background=none,
        covariance=np.zeros((0, 0)),
        phases=tuple(
            attrs.evolve(
                phase,
                contribution=none,
                tick_two_theta_deg=none,
                tick_hkl=np.zeros((0, 3), dtype=np.int64),
                tick_intensity=none,
            )
            for phase in refinement.phases
        ),
    )
