"""Structures from CIF text, by gemmi's parser and our own checks."""

from __future__ import annotations

import re
from typing import Any

import numpy as np

from pelletry.core.errors import BrokenFileError
from pelletry.techniques.diffraction.model.gemmi_door import load_gemmi
from pelletry.techniques.diffraction.model.structure import Cell, Site, Structure

__all__ = ["formula_mass_g_per_mol", "read_structure"]

_CELL_TAGS = (
    "_cell_length_a",
    "_cell_length_b",
    "_cell_length_c",
    "_cell_angle_alpha",
    "_cell_angle_beta",
    "_cell_angle_gamma",
)
_OPERATION_TAGS = ("_space_group_symop_operation_xyz", "_symmetry_equiv_pos_as_xyz")
_NAME_TAGS = ("_space_group_name_H-M_alt", "_symmetry_space_group_name_H-M")


def formula_mass_g_per_mol(formula: str) -> float:
    """Molar mass of a formula such as ``Li1.3Al0.3Ti1.7(PO4)3``; BrokenFileError for an unknown element or odd brackets."""
    gemmi = load_gemmi()
    stack: list[float] = [0.0]
    for token in re.finditer(r"([A-Z][a-z]?)(\d*\.?\d*)|(\()|(\))(\d*\.?\d*)|([^\s])", formula):
        element, count, opened, closed, times, odd = token.groups()
        if element:
            weight = float(gemmi.Element(element).weight)
            if gemmi.Element(element).atomic_number == 0:
                raise BrokenFileError(f"'{element}' in the formula {formula} is no element")
            stack[-1] += weight * float(count or 1)
        elif opened:
            stack.append(0.0)
        elif closed and len(stack) > 1:
            inner = stack.pop()
            stack[-1] += inner * float(times or 1)
        else:
            raise BrokenFileError(f"the formula {formula} cannot be read at '{odd or closed}'")
    if len(stack) != 1:
        raise BrokenFileError(f"the formula {formula} has an open bracket")
    return stack[0]


def _number(block: Any, tag: str, where: str) -> float:
    gemmi = load_gemmi()
    text = block.find_value(tag)
    value = float(gemmi.cif.as_number(text)) if text is not None else float("nan")
    if not np.isfinite(value):
        raise BrokenFileError(f"{tag} is missing or no number", where=where, do="complete the CIF")
    return value


def _operations(block: Any, where: str) -> tuple[tuple[str, ...], str]:
    gemmi = load_gemmi()
    name = ""
    for tag in (*_NAME_TAGS, "_space_group_name_Hall", "_symmetry_space_group_name_Hall"):
        text = block.find_value(tag)
        if text is not None and gemmi.cif.as_string(text).strip() not in ("", "?", "."):
            name = name or gemmi.cif.as_string(text).strip()
    for tag in _OPERATION_TAGS:
        column = list(block.find_values(tag))
        if column:
            try:
                listed = [gemmi.Op(gemmi.cif.as_string(text).replace(" ", "")) for text in column]
            except (RuntimeError, ValueError) as error:
                raise BrokenFileError(
                    "a symmetry operation cannot be read", where=where, do="correct the CIF"
                ) from error
            group = gemmi.GroupOps(listed)
            return tuple(operation.triplet() for operation in group), name or "as listed"
    number = block.find_value("_space_group_IT_number") or block.find_value("_symmetry_Int_Tables_number")
    found = gemmi.find_spacegroup_by_name(name) if name else None
    if found is None and number is not None and number.strip("'\" ").isdigit():
        found = gemmi.find_spacegroup_by_number(int(number.strip("'\" ")))
    if found is None:
        raise BrokenFileError(
            "the CIF states no symmetry (no operations and no known space group)",
            where=where,
            do="add _space_group_symop_operation_xyz; nothing is guessed",
        )
    return tuple(operation.triplet() for operation in found.operations()), name or str(found.hm)


def _multiplicity(place: Any, operations: tuple[str, ...], cell: Cell) -> int:
    from pelletry.techniques.diffraction.model.symmetry import orbit

    return len(orbit(np.asarray(place), operations, cell))


def read_structure(text: str, *, name: str, source: str, reliability: str) -> Structure:
    """See :func:`pelletry.techniques.diffraction.model.structure.structure_from_cif`."""
    gemmi = load_gemmi()
    where = name or source or "CIF"
    try:
        document = gemmi.cif.read_string(text)
    except (ValueError, RuntimeError) as error:
        raise BrokenFileError(f"this is no CIF: {str(error)[:120]}", where=where) from error
    blocks = [block for block in document if block.find_value(_CELL_TAGS[0]) is not None]
    if not blocks:
        raise BrokenFileError("no block of the CIF has a cell", where=where, do="export the structure, not the data")
    block = blocks[0]
    values = [_number(block, tag, where) for tag in _CELL_TAGS]
    cell: Cell = (values[0], values[1], values[2], values[3], values[4], values[5])
    if min(cell[:3]) <= 0 or not all(0 < angle < 180 for angle in cell[3:]):
        raise BrokenFileError("the cell is impossible", where=where)
    operations, symbol = _operations(block, where)
    sites, warnings = _sites(block, operations, cell, where)
    mass = sum(float(gemmi.Element(s.element).weight) * s.occupancy * s.multiplicity for s in sites)
    formula, units = _formula(block)
    return Structure(
        name=name or block.name,
        formula=formula,
        space_group=symbol,
        operations=operations,
        cell=cell,
        sites=sites,
        formula_units=units,
        mass_of_cell_g_per_mol=mass,
        source=source,
        reliability=reliability,
        warnings=warnings,
    )


def _formula(block: Any) -> tuple[str, int]:
    gemmi = load_gemmi()
    found = ""
    for tag in ("_chemical_formula_sum", "_chemical_formula_structural", "_chemical_name_common"):
        text = block.find_value(tag)
        if text is not None and text not in ("?", "."):
            found = found or gemmi.cif.as_string(text).replace("\n", " ").strip()
    units = block.find_value("_cell_formula_units_Z")
    return found, int(units) if units is not None and units.isdigit() else 0


def _sites(block: Any, operations: tuple[str, ...], cell: Cell, where: str) -> tuple[tuple[Site, ...], tuple[str, ...]]:
    gemmi = load_gemmi()
    tags = [
        "_atom_site_label",
        "_atom_site_fract_x",
        "_atom_site_fract_y",
        "_atom_site_fract_z",
        "?_atom_site_type_symbol",
        "?_atom_site_occupancy",
        "?_atom_site_B_iso_or_equiv",
        "?_atom_site_U_iso_or_equiv",
    ]
    sites: list[Site] = []
    warnings: list[str] = []
    for row in block.find(tags):
        label = gemmi.cif.as_string(row[0])
        symbol = gemmi.cif.as_string(row[4]) if row.has(4) else label
        letters = re.match(r"[A-Za-z]{1,2}", symbol)
        element = _element(letters.group(0) if letters else "", where, label)
        place = [float(gemmi.cif.as_number(row[i])) for i in (1, 2, 3)]
        if not np.all(np.isfinite(place)):
            raise BrokenFileError(f"site {label} has no coordinates", where=where, do="remove it or complete it")
        occupancy = float(gemmi.cif.as_number(row[5])) if row.has(5) else 1.0
        if not np.isfinite(occupancy):
            warnings.append(f"{where}: site {label} states no occupancy; taken as full")
            occupancy = 1.0
        if not 0.0 <= occupancy <= 1.0001:
            raise BrokenFileError(f"site {label} has the occupancy {occupancy:g}", where=where, expected="0 to 1")
        thermal = float(gemmi.cif.as_number(row[6])) if row.has(6) else float("nan")
        if not np.isfinite(thermal) and row.has(7):
            thermal = float(gemmi.cif.as_number(row[7])) * 8.0 * np.pi**2
        sites.append(
            Site(
                label=label,
                element=element,
                x=place[0],
                y=place[1],
                z=place[2],
                occupancy=min(occupancy, 1.0),
                B_iso_angstrom2=thermal if np.isfinite(thermal) else 0.5,
                multiplicity=_multiplicity(place, operations, cell),
            )
        )
    partial = [s.label for s in sites if s.occupancy < 0.999 and _shared_occupancy(s, sites) < 0.999]
    if partial:
        warnings.append(
            f"{where}: partly occupied sites {', '.join(partial)}; mass and intensities follow the occupancies"
        )
    return tuple(sites), tuple(warnings)


def _element(letters: str, where: str, label: str) -> str:
    gemmi = load_gemmi()
    for candidate in (letters[:1].upper() + letters[1:].lower(), letters[:1].upper()):
        if candidate and gemmi.Element(candidate).atomic_number > 0:
            return "H" if candidate == "D" else candidate
    raise BrokenFileError(f"site {label} names no element", where=where, do="add _atom_site_type_symbol")


def _shared_occupancy(site: Site, sites: list[Site]) -> float:
    here = np.array([site.x, site.y, site.z])
    return sum(s.occupancy for s in sites if np.abs(here - [s.x, s.y, s.z]).max() < 1e-3)
