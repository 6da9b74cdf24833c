"""Crystal structures: cell, symmetry operations, sites; from CIF text or from a cell alone. gemmi is imported late."""

from __future__ import annotations

import math

import attrs
import numpy as np

from pelletry.core.arrays import Array
from pelletry.core.errors import BrokenFileError, MissingFactError

__all__ = [
    "Cell",
    "Site",
    "Structure",
    "density_kg_per_m3",
    "reciprocal_metric",
    "structure_from_cell",
    "structure_from_cif",
    "volume_angstrom3",
]

Cell = tuple[float, float, float, float, float, float]
_DALTON_KG = 1.66053906660e-27


@attrs.frozen(kw_only=True)
class Site:
    """One atom of the asymmetric unit. ``multiplicity``: atoms per cell that symmetry makes of it (at full occupancy)."""

    label: str
    element: str
    x: float
    y: float
    z: float
    occupancy: float = attrs.field(default=1.0, validator=[attrs.validators.ge(0.0), attrs.validators.le(1.0001)])
    B_iso_angstrom2: float = 0.5
    multiplicity: int


@attrs.frozen(kw_only=True)
class Structure:
    """A crystal structure, facts only.

    ``operations`` are x,y,z triplets of the whole group, centring included. ``sites`` empty: coordinates are not known, only
    Le Bail fits are possible. ``formula_units`` is Z, 0 unknown. ``mass_of_cell_g_per_mol`` 0 unknown. ``reliability``: "S" read in
    a public copy, "T" coordinates of the type, "D" coordinates derived, "cell" no coordinates, "user" the user's own file.
    ``warnings`` are sentences of what was odd in the file it came from.
    """

    name: str
    formula: str
    space_group: str
    operations: tuple[str, ...]
    cell: Cell
    sites: tuple[Site, ...] = ()
    formula_units: int = 0
    mass_of_cell_g_per_mol: float = 0.0
    source: str = ""
    reliability: str = "user"
    warnings: tuple[str, ...] = ()


def volume_angstrom3(cell: Cell) -> float:
    """Volume of a cell given as a, b, c [angstrom], alpha, beta, gamma [deg]."""
    a, b, c = cell[:3]
    ca, cb, cg = (math.cos(math.radians(angle)) for angle in cell[3:])
    return a * b * c * math.sqrt(max(0.0, 1.0 - ca * ca - cb * cb - cg * cg + 2.0 * ca * cb * cg))


def direct_metric(cell: Cell) -> Array:
    """Metric tensor of the direct lattice, shape (3, 3). [angstrom^2]"""
    lengths: Array = np.array(cell[:3], dtype=np.float64)
    ca, cb, cg = (math.cos(math.radians(angle)) for angle in cell[3:])
    cosines: Array = np.array([[1.0, cg, cb], [cg, 1.0, ca], [cb, ca, 1.0]])
    metric: Array = np.outer(lengths, lengths) * cosines
    return metric


def reciprocal_metric(cell: Cell) -> Array:
    """Metric tensor of the reciprocal lattice, shape (3, 3): 1/d^2 = h G* h. [1/angstrom^2]"""
    inverse: Array = np.asarray(np.linalg.inv(direct_metric(cell)), dtype=np.float64)
    return inverse


def density_kg_per_m3(structure: Structure, cell: Cell | None = None) -> float:
    """Density from the cell's contents and volume; MissingFactError when the contents are not known."""
    if structure.mass_of_cell_g_per_mol <= 0:
        raise MissingFactError(
            "the density needs the contents of the cell",
            where=structure.name,
            do="give a structure with coordinates, or a formula with Z",
        )
    volume = volume_angstrom3(cell or structure.cell)
    return structure.mass_of_cell_g_per_mol * _DALTON_KG / (volume * 1e-30)


def structure_from_cif(text: str, *, name: str = "", source: str = "", reliability: str = "user") -> Structure:
    """The first structure of a CIF text.

    Raises
    ------
    BrokenFileError
        If the text is no CIF, or has no cell, no symmetry, or sites that cannot be read.
    """
    from pelletry.techniques.diffraction.model.cif import read_structure

    return read_structure(text, name=name, source=source, reliability=reliability)


def structure_from_cell(
    *, name: str, formula: str, space_group: str, cell: Cell, formula_units: int = 0, source: str = ""
) -> Structure:
    """A structure of which only the cell and the space group are known; with Z the density follows from the formula.

    Raises
    ------
    BrokenFileError
        If the space group's symbol is not known.
    """
    from pelletry.techniques.diffraction.model.cif import formula_mass_g_per_mol
    from pelletry.techniques.diffraction.model.gemmi_door import load_gemmi

    group = load_gemmi().find_spacegroup_by_name(space_group)
    if group is None:
        raise BrokenFileError(
            f"'{space_group}' is no space group symbol", where=name, do="write it as in 'R -3 c:H' or 'P 1 21/n 1'"
        )
    mass = formula_mass_g_per_mol(formula) if formula_units else 0.0
    return Structure(
        name=name,
        formula=formula,
        space_group=space_group,
        operations=tuple(operation.triplet() for operation in group.operations()),
        cell=cell,
        formula_units=formula_units,
        mass_of_cell_g_per_mol=mass * formula_units,
        source=source,
        reliability="cell",
    )
