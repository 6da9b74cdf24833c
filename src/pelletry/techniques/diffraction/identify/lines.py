"""Lines of a structure with their strengths, as a table; the same physics as the refinement, without a profile."""

from __future__ import annotations

from functools import lru_cache

import attrs
import numpy as np
import numpy.typing as npt

from pelletry.core.arrays import Array
from pelletry.techniques.diffraction.model.radiation import Radiation
from pelletry.techniques.diffraction.model.scattering import StructureFactors
from pelletry.techniques.diffraction.model.structure import Structure, reciprocal_metric
from pelletry.techniques.diffraction.model.symmetry import reflections_of

__all__ = ["LineTable", "line_table", "strongest"]


@attrs.frozen(kw_only=True, eq=False)
class LineTable:
    """Reflections of one phase for the first line of the tube, by rising angle, shape (m,).

    ``strength`` is multiplicity times F2 times Lorentz-polarisation, the area of the peak at a Rietveld scale of 1; all zero for a
    structure without coordinates.
    """

    two_theta_deg: Array
    d_angstrom: Array
    strength: Array
    hkl: npt.NDArray[np.int64]


@lru_cache(maxsize=512)
def line_table(structure: Structure, radiation: Radiation, two_theta_max_deg: float) -> LineTable:
    """All lines of a structure up to an angle."""
    wavelength = radiation.lines[0].wavelength_angstrom
    d_min = wavelength / (2.0 * np.sin(np.radians(min(two_theta_max_deg, 179.0)) / 2.0))
    reflections = reflections_of(structure.operations, structure.cell, float(d_min))
    hkl = reflections.hkl
    inverse_d2 = np.einsum("ij,jk,ik->i", hkl, reciprocal_metric(structure.cell), hkl)
    d = 1.0 / np.sqrt(inverse_d2)
    theta = np.arcsin(np.clip(wavelength / (2.0 * d), 0.0, 1.0))
    strength = np.zeros(len(hkl))
    if structure.sites and len(hkl):
        factors = StructureFactors(structure, hkl, wavelength)
        B = np.array([place.B_iso_angstrom2 for place in factors.places])
        f2 = factors.evaluate(inverse_d2 / 4.0, np.zeros(factors.shift_count), B, with_positions=False).f2
        polarised = (1.0 + radiation.polarisation * np.cos(2.0 * theta) ** 2) / (np.sin(theta) ** 2 * np.cos(theta))
        strength = reflections.multiplicity * f2 * polarised
    return LineTable(two_theta_deg=np.degrees(2.0 * theta), d_angstrom=d, strength=strength, hkl=hkl)


def strongest(table: LineTable, count: int, *, two_theta_min_deg: float = 0.0) -> npt.NDArray[np.int64]:
    """Indices of the strongest lines above an angle, strongest first."""
    seen = np.flatnonzero(table.two_theta_deg >= two_theta_min_deg)
    order: npt.NDArray[np.int64] = seen[np.argsort(-table.strength[seen], kind="stable")][:count]
    return order
