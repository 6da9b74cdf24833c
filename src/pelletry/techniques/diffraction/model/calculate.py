"""The forward model: a pattern and a peak list from structures, for virtual instruments, figures and peak search."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import attrs
import numpy as np
import numpy.typing as npt

from pelletry.core.arrays import Array, array_field
from pelletry.core.errors import MissingFactError
from pelletry.techniques.diffraction.model.instrument import Instrument
from pelletry.techniques.diffraction.model.options import RefineOptions, Texture
from pelletry.techniques.diffraction.model.problem import Problem
from pelletry.techniques.diffraction.model.radiation import Radiation
from pelletry.techniques.diffraction.model.scattering import StructureFactors
from pelletry.techniques.diffraction.model.structure import Cell, Structure, reciprocal_metric, volume_angstrom3
from pelletry.techniques.diffraction.model.symmetry import reflections_of

__all__ = ["PeakList", "calculate", "peak_list", "scales_of_fractions"]


@attrs.frozen(kw_only=True)
class PeakList:
    """Reflections of one structure by rising angle, each of length m: Bragg angle of the first line, d, and integrated intensity.

    ``relative_intensity`` is multiplicity times F^2 times Lorentz-polarisation, the strongest 100; NaN without coordinates.
    """

    hkl: npt.NDArray[np.int64] = array_field(dtype=np.int64)
    multiplicity: npt.NDArray[np.int64] = array_field(dtype=np.int64)
    d_angstrom: Array = array_field(unit="angstrom")
    two_theta_deg: Array = array_field(unit="deg")
    relative_intensity: Array = array_field()


def peak_list(
    structure: Structure, radiation: Radiation, two_theta_max_deg: float, *, cell: Cell | None = None
) -> PeakList:
    """All reflections below an angle, for the structure's own cell or another."""
    cell = cell or structure.cell
    wavelength = radiation.lines[0].wavelength_angstrom
    d_min = wavelength / (2.0 * np.sin(np.radians(0.5 * two_theta_max_deg)))
    found = reflections_of(structure.operations, cell, float(d_min))
    inverse_d2 = np.einsum("mi,ij,mj->m", found.hkl, reciprocal_metric(cell), found.hkl)
    theta = np.arcsin(np.clip(0.5 * wavelength * np.sqrt(inverse_d2), 0.0, 1.0))
    relative = np.full(len(found.hkl), np.nan)
    if structure.sites and len(found.hkl):
        factors = StructureFactors(structure, found.hkl, wavelength)
        thermal = np.array([place.B_iso_angstrom2 for place in factors.places])
        shifts = np.zeros(factors.shift_count)
        f2 = factors.evaluate(0.25 * inverse_d2, shifts, thermal, with_positions=False).f2
        lp = (1.0 + radiation.polarisation * np.cos(2.0 * theta) ** 2) / (np.sin(theta) ** 2 * np.cos(theta))
        strength = found.multiplicity * f2 * lp
        relative = 100.0 * strength / strength.max()
    return PeakList(
        hkl=found.hkl,
        multiplicity=found.multiplicity,
        d_angstrom=1.0 / np.sqrt(inverse_d2),
        two_theta_deg=2.0 * np.degrees(theta),
        relative_intensity=relative,
    )


def scales_of_fractions(structures: Sequence[Structure], fractions: Sequence[float], total: float) -> list[float]:
    """Scales that give mass fractions: S proportional to W / ((ZM) V); ``total`` is the sum of S (ZM) V."""
    scales = []
    for structure, fraction in zip(structures, fractions, strict=True):
        if structure.mass_of_cell_g_per_mol <= 0:
            raise MissingFactError(f"{structure.name}: the contents of the cell are not known")
        scales.append(total * fraction / (structure.mass_of_cell_g_per_mol * volume_angstrom3(structure.cell)))
    return scales


def calculate(
    two_theta_deg: Array,
    structures: Sequence[Structure],
    instrument: Instrument,
    *,
    scales: Sequence[float],
    sizes_m: Mapping[str, float] | None = None,
    strains: Mapping[str, float] | None = None,
    sizes_along_m: Mapping[str, tuple[tuple[int, int, int], float]] | None = None,
    strains_along: Mapping[str, tuple[tuple[int, int, int], float]] | None = None,
    textures: Mapping[str, tuple[tuple[int, int, int], float]] | None = None,
    displacement_m: float = 0.0,
    absorption_mu_t: float | None = None,
    background: Array | float = 0.0,
) -> Array:
    """The pattern of a mixture, shape (n,), without noise.

    Parameters
    ----------
    two_theta_deg:
        Ascending angles, shape (n,), n >= 2.
    structures, scales:
        Phases (with coordinates; cells as they are in them) and the scale of each (see :func:`scales_of_fractions`).
    sizes_m, strains, textures:
        By phase name: Scherrer size (K = 0.9), apparent strain, March-Dollase axis and r.
    sizes_along_m, strains_along:
        Axis (one for all phases, unchanged by symmetry) and the size or strain along it; those above are then across it. Not both.
    displacement_m, absorption_mu_t, background:
        Of the sample; the background is added as it is.
    """
    if any(not structure.sites for structure in structures):
        raise MissingFactError("a pattern needs the coordinates of every phase")
    axes = {axis for axis, _ in (*(sizes_along_m or {}).values(), *(strains_along or {}).values())}
    if len(axes) > 1 or (sizes_along_m and strains_along):
        raise MissingFactError(
            "sizes and strains that depend on the direction share one axis, and are one or the other"
        )
    options = RefineOptions(
        size_strain="direction" if sizes_along_m else "stephens" if strains_along else "isotropic",
        size_axis=next(iter(axes), (0, 0, 1)),
        texture=tuple(Texture(phase=name, axis=axis) for name, (axis, _) in (textures or {}).items()),
        absorption_mu_t=absorption_mu_t,
    )
    problem = Problem(np.asarray(two_theta_deg, dtype=float), structures, instrument, options, background_terms=1)
    p = problem.parameters
    p["displacement_m"] = displacement_m
    for structure, scale in zip(structures, scales, strict=True):
        p[f"{structure.name}:scale"] = scale
    wavelength_m = problem.lines[0].wavelength_angstrom * 1e-10
    for name, size in (sizes_m or {}).items():
        p[f"{name}:X"] = float(np.degrees(0.9 * wavelength_m / size))
    for name, strain in (strains or {}).items():
        p[f"{name}:Y"] = float(np.degrees(4.0 * strain))
    for name, (_, along) in (sizes_along_m or {}).items():
        p[f"{name}:X_along"] = float(np.degrees(0.9 * wavelength_m / along)) - p[f"{name}:X"]
    if strains_along:
        _set_quartics(problem, strains or {}, strains_along)
    for name, (_, r) in (textures or {}).items():
        p[f"{name}:march"] = r
    problem.free(())
    curve, _ = problem.evaluate(np.zeros(0), with_slopes=False)
    pattern: Array = curve + background
    return pattern


def _set_quartics(
    problem: Problem,
    strains: Mapping[str, float],
    strains_along: Mapping[str, tuple[tuple[int, int, int], float]],
) -> None:
    """Strains of all phases as quartics: uniaxial where there is an axis, else the same in all directions."""
    p = problem.parameters
    for phase in problem.phases:
        across = float(np.degrees(4.0 * strains.get(phase.name, 0.0)))
        axis, along = strains_along.get(phase.name, ((0, 0, 1), strains.get(phase.name, 0.0)))
        p[f"{phase.name}:Y"] = 0.0
        if phase.quartic is not None:
            metric = phase.metric(p.values)
            p.values[phase.quartics] = phase.quartic.uniaxial(
                metric, axis, along=float(np.degrees(4.0 * along)), across=across
            )
