"""Names of phases to structures; what is wrong is named, all at once."""

from __future__ import annotations

from pathlib import Path

import pytest

from pelletry.core.errors import StudyError
from pelletry.techniques.diffraction.phases import library_structures, named_phases

pytest.importorskip("gemmi")

ROCK_SALT = """data_own
_cell_length_a 5.6402
_cell_length_b 5.6402
_cell_length_c 5.6402
_cell_angle_alpha 90
_cell_angle_beta 90
_cell_angle_gamma 90
_space_group_name_H-M_alt 'F m -3 m'
_cell_formula_units_Z 4
_chemical_formula_sum 'Cl Na'
loop_
_atom_site_label
_atom_site_type_symbol
_atom_site_fract_x
_atom_site_fract_y
_atom_site_fract_z
_atom_site_occupancy
Na Na 0 0 0 1
Cl Cl 0.5 0.5 0.5 1
"""


def test_a_key_a_path_and_a_text_all_give_structures(tmp_path: Path) -> None:
    (tmp_path / "salt.cif").write_text(ROCK_SALT)
    found = named_phases(["corundum", "salt.cif", ROCK_SALT], folder=tmp_path)
    assert [s.name for s in found.structures][:2] == ["corundum", "salt"]
    assert len({s.name for s in found.structures}) == 3
    assert found.structures[1].mass_of_cell_g_per_mol == pytest.approx(4 * 58.443, abs=0.01)


def test_every_wrong_name_is_told_with_its_neighbours(tmp_path: Path) -> None:
    (tmp_path / "bare.cif").write_text("data_x\n_cell_length_a 5.0\n")
    with pytest.raises(StudyError) as told:
        named_phases(["corumdum", "missing.cif", "bare.cif"], folder=tmp_path)
    text = str(told.value)
    assert len(told.value.mistakes) == 3
    assert "corundum" in text
    assert "cannot be opened" in text


def test_a_cif_without_symmetry_is_refused(tmp_path: Path) -> None:
    (tmp_path / "p.cif").write_text(ROCK_SALT.replace("_space_group_name_H-M_alt 'F m -3 m'\n", ""))
    with pytest.raises(StudyError, match="symmetry"):
        named_phases(["p.cif"], folder=tmp_path)


def test_partial_sites_are_told(tmp_path: Path) -> None:
    (tmp_path / "half.cif").write_text(ROCK_SALT.replace("Na Na 0 0 0 1", "Na Na 0 0 0 0.5"))
    assert any("occup" in note for note in named_phases(["half.cif"], folder=tmp_path).notes)


def test_the_whole_library_becomes_structures() -> None:
    found = library_structures()
    assert len(found) >= 40
    assert len({s.name for s in found}) == len(found)


def test_how_far_a_structure_may_be_believed_is_said() -> None:
    notes = " ".join(named_phases(["lzp-c1", "litiopo4"]).notes)
    assert "intensities and weight fractions rough" in notes
