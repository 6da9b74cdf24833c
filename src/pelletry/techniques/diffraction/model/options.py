"""What is refined and what is held: plain values without physics."""

from __future__ import annotations

from typing import Literal

import attrs

__all__ = ["AngleRestraint", "DistanceRestraint", "Hump", "RefineOptions", "Texture", "Tie"]


@attrs.frozen(kw_only=True)
class Texture:
    """March-Dollase texture of one phase about the reciprocal axis ``axis`` (hkl of the plane that lies flat)."""

    phase: str
    axis: tuple[int, int, int]


@attrs.frozen(kw_only=True)
class Hump:
    """A broad Gaussian of something amorphous: where it starts and how wide (FWHM) it is at the start, in degrees."""

    two_theta_deg: float
    width_deg: float


@attrs.frozen(kw_only=True)
class Tie:
    """Parameters that move together: each keeps its start ratio to the first. Names as in ``Refinement.names``."""

    names: tuple[str, ...]


@attrs.frozen(kw_only=True)
class DistanceRestraint:
    """Every ``first``-``second`` bond of a phase (element symbols) is drawn to a distance with a standard deviation."""

    phase: str
    first: str
    second: str
    distance_angstrom: float
    std_angstrom: float = 0.02
    longest_angstrom: float = 2.0


@attrs.frozen(kw_only=True)
class AngleRestraint:
    """Every angle ``outer``-``centre``-``outer`` of a phase (element symbols) is drawn to a value with a standard deviation."""

    phase: str
    centre: str
    outer: str
    angle_deg: float
    std_deg: float = 1.0
    longest_angstrom: float = 2.0


@attrs.frozen(kw_only=True)
class RefineOptions:
    """Choices of one refinement; the defaults need no expert. ``None`` leaves the choice to the plan (stated in the result).

    ``background_terms`` Chebyshev terms, or nodes in equal steps of a ``background`` that is interpolated ("linear", or "spline": natural cubic);
    None: as many as the data support; ``background_nodes_deg`` places the nodes instead. ``size_strain`` "isotropic" gives each phase a
    Lorentzian size and strain on top of the instrument, "stephens" adds the anisotropic strain terms of the Laue class,
    "direction" a size that differs along and across ``size_axis``; ``is_broadening_shared``: one size and strain for all phases.
    ``refine_B``: "overall" one shift of all B of a phase, "atoms" one per site. ``absorption_mu_t``: linear absorption times
    thickness of a thin layer; None: infinitely thick. ``start_broadening``: begin with broadened peaks (cells wrong by up to 1.5 %);
    None: yes, except with a warm start. ``le_bail``: names of phases whose intensities are free (phases without coordinates
    always are). ``refine_transparency`` None: where the path of the beam is known and the scan goes beyond 120 deg; else the shift
    cannot be told from the displacement. ``extra_lines``: of "Kb", "W" (residual lines, their weight is refined). ``minor_fraction``: phases below it get
    fewer parameters (no own width, no own B).
    """

    background_terms: int | None = None
    background: Literal["chebyshev", "linear", "spline"] = "chebyshev"
    background_nodes_deg: tuple[float, ...] = ()
    has_air_term: bool = False
    humps: tuple[Hump, ...] = ()
    refine_displacement: bool = True
    refine_zero: bool = False
    refine_transparency: bool | None = None
    refine_profile: bool | None = None
    refine_axial: bool | None = None
    refine_line_ratio: bool = False
    size_strain: Literal["none", "isotropic", "stephens", "direction"] = "isotropic"
    size_axis: tuple[int, int, int] = (0, 0, 1)
    is_broadening_shared: bool = False
    refine_atoms: Literal["none", "positions", "all"] = "none"
    refine_B: Literal["none", "overall", "atoms"] = "none"
    texture: tuple[Texture, ...] = ()
    ties: tuple[Tie, ...] = ()
    restraints: tuple[DistanceRestraint | AngleRestraint, ...] = ()
    extra_lines: frozenset[str] = frozenset()
    absorption_mu_t: float | None = None
    refine_absorption: bool = False
    fixed_cells: frozenset[str] = frozenset()
    le_bail: frozenset[str] = frozenset()
    two_theta_min_deg: float | None = None
    two_theta_max_deg: float | None = None
    start_broadening: bool | None = None
    minor_fraction: float = 0.02
    most_evaluations: int = 200
    tolerance: float = 1e-5
