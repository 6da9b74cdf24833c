"""Symmetry, structure factors and CIF reading against gemmi's own calculator, multiplicities by hand, and refusals."""

from __future__ import annotations

from pathlib import Path

import attrs
import numpy as np
import pytest

from pelletry.core.errors import BrokenFileError, MissingFactError
from pelletry.techniques.diffraction.model.calculate import calculate, peak_list
from pelletry.techniques.diffraction.model.instrument import Instrument
from pelletry.techniques.diffraction.model.radiation import radiation_of
from pelletry.techniques.diffraction.model.scattering import StructureFactors, places_of
from pelletry.techniques.diffraction.model.structure import (
    Structure,
    density_kg_per_m3,
    reciprocal_metric,
    structure_from_cell,
    structure_from_cif,
)
from pelletry.techniques.diffraction.model.symmetry import cell_basis, group_of, reflections_of

gemmi = pytest.importorskip("gemmi")
pytest.importorskip("numba")

# Lutterotti & Scardi (1990).
CORUNDUM = """data_corundum
_cell_length_a 4.7605
_cell_length_b 4.7605
_cell_length_c 12.9956
_cell_angle_alpha 90
_cell_angle_beta 90
_cell_angle_gamma 120
_symmetry_space_group_name_H-M 'R -3 c:H'
loop_
_atom_site_label
_atom_site_type_symbol
_atom_site_fract_x
_atom_site_fract_y
_atom_site_fract_z
_atom_site_occupancy
_atom_site_B_iso_or_equiv
Al1 Al3+ 0 0 0.35216 1 0.25
O1 O2- 0.30668 0 0.25 1 0.3
"""
# Keffer et al. (1967): polar, acentric.
PHOSPHATE = """data_x
_cell_length_a 6.1150
_cell_length_b 5.2340
_cell_length_c 4.8550
_cell_angle_alpha 90
_cell_angle_beta 90
_cell_angle_gamma 90
_symmetry_space_group_name_H-M 'P m n 21'
loop_
_atom_site_label
_atom_site_type_symbol
_atom_site_fract_x
_atom_site_fract_y
_atom_site_fract_z
_atom_site_B_iso_or_equiv
Li1 Li 0.248 0.328 0.986 1.0
Li2 Li 0.5 0.843 0.989 1.0
P1 P 0 0.8243 0 0.5
O1 O 0.2083 0.686 0.8935 0.8
O2 O 0 0.1055 0.9 0.8
O3 O 0.5 0.185 0.82 0.8
"""


ELEMENTS = ("Al", "O", "Li", "P")


def corundum() -> Structure:
    return structure_from_cif(CORUNDUM, name="corundum")


def test_multiplicities_of_corundum_are_those_of_the_tables() -> None:
    found = reflections_of(corundum().operations, corundum().cell, 1.0)
    by_index = {tuple(int(i) for i in h): int(m) for h, m in zip(found.hkl, found.multiplicity, strict=True)}
    families = {(0, 1, 2): 6, (1, 0, 4): 6, (1, 1, 0): 6, (0, 0, 6): 2, (1, 1, 3): 12, (0, 2, 4): 6, (1, 1, 6): 12}
    metric = reciprocal_metric(corundum().cell)
    for hkl, expected in families.items():
        length = np.array(hkl) @ metric @ np.array(hkl)
        same = [m for h, m in by_index.items() if abs(np.array(h) @ metric @ np.array(h) - length) < 1e-9]
        assert same == [expected], hkl
    assert (0, 0, 3) not in by_index


@pytest.mark.parametrize("text", [CORUNDUM, PHOSPHATE])
def test_structure_factors_are_gemmis(text: str) -> None:
    structure = structure_from_cif(text, name="x")
    small = gemmi.make_small_structure_from_block(gemmi.cif.read_string(text).sole_block())
    small.change_occupancies_to_crystallographic()
    found = reflections_of(structure.operations, structure.cell, 0.9)
    wavelength = 1.5405929
    factors = StructureFactors(structure, found.hkl, wavelength)
    inverse_d2 = np.einsum("mi,ij,mj->m", found.hkl, reciprocal_metric(structure.cell), found.hkl)
    thermal = np.array([place.B_iso_angstrom2 for place in factors.places])
    f2 = factors.evaluate(0.25 * inverse_d2, np.zeros(factors.shift_count), thermal, with_positions=False).f2
    pairs = {
        e: gemmi.cromer_liberman(gemmi.Element(e).atomic_number, 12398.419843320026 / wavelength) for e in ELEMENTS
    }
    plain, both = gemmi.StructureFactorCalculatorX(small.cell), gemmi.StructureFactorCalculatorX(small.cell)
    for element, (real, imag) in pairs.items():
        plain.addends.set(gemmi.Element(element), real)
        both.addends.set(gemmi.Element(element), real + imag)
    expected = []
    for h in found.hkl.tolist():
        real_part = plain.calculate_sf_from_small_structure(small, h)
        imag_part = both.calculate_sf_from_small_structure(small, h) - real_part
        expected.append(abs(real_part) ** 2 + abs(imag_part) ** 2)
    assert f2 == pytest.approx(expected, rel=1e-6, abs=1e-6 * max(expected))


def test_a_cell_without_symmetry_gives_the_same_pattern() -> None:
    structure = corundum()
    sites = []
    for site in structure.sites:
        group = group_of(structure.operations)
        images = (group.rotations @ np.array([site.x, site.y, site.z]) + group.translations)[
            :, None, :
        ] + group.centring
        unique: list[np.ndarray] = []
        for image in images.reshape(-1, 3) % 1.0:
            if not any(np.abs((image - other + 0.5) % 1.0 - 0.5).max() < 1e-6 for other in unique):
                unique.append(image)
        sites += [
            attrs.evolve(site, label=f"{site.label}{k}", x=p[0], y=p[1], z=p[2], multiplicity=1)
            for k, p in enumerate(unique)
        ]
    plain = attrs.evolve(structure, operations=("x,y,z",), sites=tuple(sites))
    x = np.arange(20.0, 60.0, 0.02)
    instrument = Instrument(radiation=radiation_of("Cu"))
    one = calculate(x, [structure], instrument, scales=[1.0])
    other = calculate(x, [plain], instrument, scales=[1.0])
    assert other == pytest.approx(one, rel=1e-9, abs=1e-9 * one.max())


def test_turning_the_axes_changes_nothing() -> None:
    text = PHOSPHATE
    structure = structure_from_cif(text, name="x")
    a, b, c = structure.cell[:3]
    turned_operations = []
    for triplet in structure.operations:
        x, y, z = triplet.replace("x", "X").replace("y", "Y").replace("z", "Z").split(",")
        turned_operations.append(",".join(p.replace("X", "z").replace("Y", "x").replace("Z", "y") for p in (y, z, x)))
    turned = attrs.evolve(
        structure,
        operations=tuple(turned_operations),
        cell=(b, c, a, 90.0, 90.0, 90.0),
        sites=tuple(attrs.evolve(s, x=s.y, y=s.z, z=s.x) for s in structure.sites),
    )
    x = np.arange(15.0, 70.0, 0.02)
    instrument = Instrument(radiation=radiation_of("Cu"))
    one = calculate(x, [structure], instrument, scales=[1.0])
    assert calculate(x, [turned], instrument, scales=[1.0]) == pytest.approx(one, rel=1e-8, abs=1e-8 * one.max())


def test_density_of_corundum() -> None:
    assert density_kg_per_m3(corundum()) == pytest.approx(3983, abs=1)


def test_strong_lines_of_corundum_lie_where_bragg_puts_them() -> None:
    found = peak_list(corundum(), radiation_of("Cu"), 60.0)
    # 2 asin(lambda / 2d) with d of 104: 2.5517 angstrom.
    at = int(np.argmin(np.abs(found.d_angstrom - 2.5517)))
    assert found.two_theta_deg[at] == pytest.approx(
        2 * np.degrees(np.arcsin(1.5405929 / (2 * found.d_angstrom[at]))), abs=1e-9
    )
    assert found.relative_intensity[at] > 90
    assert found.two_theta_deg[0] == pytest.approx(25.57, abs=0.01)


@pytest.mark.parametrize(
    ("system", "count"),
    [
        ("F m -3 m", 1),
        ("R -3 c:H", 2),
        ("R -3 c:R", 2),
        ("P 42/m n m", 2),
        ("P n m a", 3),
        ("P 1 21/c 1", 4),
        ("P -1", 6),
    ],
)
def test_symmetry_leaves_this_many_cell_parameters(system: str, count: int) -> None:
    operations = tuple(op.triplet() for op in gemmi.find_spacegroup_by_name(system).operations())
    assert len(cell_basis(operations)[0]) == count


def test_special_positions_are_made_exact_and_leave_what_symmetry_allows() -> None:
    places = places_of(corundum())
    assert [len(place.shifts) for place in places] == [1, 1]
    moved = structure_from_cif(CORUNDUM.replace("0.30668 0 0.25", "0.30668 0.0004 0.2502"), name="x")
    assert places_of(moved)[1].position[1:] == pytest.approx((0.0, 0.25), abs=1e-4)


def test_a_polar_group_keeps_its_origin() -> None:
    free = sum(len(place.shifts) for place in places_of(structure_from_cif(PHOSPHATE, name="x")))
    # Li1 and O1 general (3 each), four sites on the mirror (y and z), less the z of the heaviest.
    assert free == 3 + 3 + 4 * 2 - 1


def test_atoms_on_one_site_are_one_place() -> None:
    text = CORUNDUM.replace("Al1 Al3+ 0 0 0.35216 1 0.25", "Al1 Al 0 0 0.35216 0.8 0.25\nCr1 Cr 0 0 0.35216 0.2 0.25")
    places = places_of(structure_from_cif(text, name="ruby"))
    assert [place.labels for place in places] == [("Al1", "Cr1"), ("O1",)]


def test_a_cif_without_symmetry_is_refused() -> None:
    with pytest.raises(BrokenFileError, match=r"states no symmetry.*nothing is guessed") as caught:
        structure_from_cif(CORUNDUM.replace("_symmetry_space_group_name_H-M 'R -3 c:H'\n", ""), name="bare")
    assert "bare" in str(caught.value)


def test_partial_sites_are_said() -> None:
    structure = structure_from_cif(CORUNDUM.replace("0.35216 1 0.25", "0.35216 0.9 0.25"), name="defect")
    assert "partly occupied sites Al1" in structure.warnings[0]


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("_cell_length_a 4.7605", "_cell_length_a ?", "_cell_length_a is missing"),
        ("0.35216 1 0.25", "0.35216 1.4 0.25", "occupancy 1.4"),
        ("Al1 Al3+", "Al1 Qq", "names no element"),
        ("Al1 Al3+ 0 0", "Al1 Al3+ ? 0", "has no coordinates"),
    ],
)
def test_broken_cif_is_named(old: str, new: str, said: str) -> None:
    with pytest.raises(BrokenFileError, match=said):
        structure_from_cif(CORUNDUM.replace(old, new), name="x")


def test_no_cif_at_all_is_named() -> None:
    with pytest.raises(BrokenFileError, match="x: "):
        structure_from_cif("10.0 200\n10.1 201\n", name="x")


def test_a_cell_alone_has_a_density_only_with_its_contents() -> None:
    cell = (7.4, 6.3752, 7.2347, 90.0, 90.0, 90.0)
    bare = structure_from_cell(name="LiTiOPO4", formula="LiTiOPO4", space_group="P n m a", cell=cell)
    with pytest.raises(MissingFactError, match="contents of the cell"):
        density_kg_per_m3(bare)
    full = structure_from_cell(name="LiTiOPO4", formula="LiTiO(PO4)", space_group="P n m a", cell=cell, formula_units=4)
    assert density_kg_per_m3(full) == pytest.approx(4 * 165.78 * 1.66053907 / (7.4 * 6.3752 * 7.2347) * 1e3, rel=1e-3)


def test_structures_of_the_shared_folder_have_the_tabled_density() -> None:
    folder = Path(__file__).resolve().parents[4] / "shared" / "data" / "structures"
    if not folder.is_dir():
        pytest.skip("the folder of structures is not here")
    tabled = {
        "Si_Fd-3m": 2329,
        "LATP_x0.4_R-3c": 2931,
        "ZrO2_monoclinic_P21c": 5810,
        "Li3PO4_gamma_Pmnb": 2445,
        "LZP_alphaprime_C-1": 3118,
    }
    for stem, density in tabled.items():
        structure = structure_from_cif((folder / f"{stem}.cif").read_text(), name=stem)
        assert density_kg_per_m3(structure) == pytest.approx(density, abs=1.0)
