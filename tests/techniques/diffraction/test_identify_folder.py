"""A folder of CIF files, indexed into one SQLite file."""

import numpy as np
import pytest

pytest.importorskip("gemmi")
pytest.importorskip("numba")

from pelletry.core.errors import BrokenFileError
from pelletry.reference.phases import library, phase
from pelletry.techniques.diffraction.identify.folder import CifFolder
from pelletry.techniques.diffraction.identify.lines import line_table
from pelletry.techniques.diffraction.model.radiation import radiation_of


@pytest.fixture
def folder(tmp_path):
    """The library's own texts as somebody's files, two levels deep, and some that are no use."""
    place = tmp_path / "cod"
    for number, entry in enumerate(e for e in library() if e.has_coordinates):
        below = place / f"{number % 3}"
        below.mkdir(parents=True, exist_ok=True)
        (below / f"{entry.key}.cif").write_text(entry.cif, encoding="utf-8")
    (place / "empty.cif").write_text("")
    (place / "torn.cif").write_bytes(b"data_x\nloop_\n_atom_site_label\n'unclosed")
    (place / "no_cell.cif").write_text("data_x\n_chemical_formula_sum 'Al2 O3'\n")
    (place / "no_symmetry.cif").write_text(
        "data_x\n"
        + "".join(
            f"_cell_length_{a} 5\n_cell_angle_{b} 90\n" for a, b in zip("abc", ("alpha", "beta", "gamma"), strict=True)
        )
        + "loop_\n_atom_site_label\n_atom_site_fract_x\n_atom_site_fract_y\n_atom_site_fract_z\nAl1 0 0 0\n"
    )
    (place / "picture.cif").write_bytes(bytes(range(256)) * 20)
    (place / "readme.txt").write_text("not a CIF")
    return place


def test_all_good_files_are_indexed_and_the_broken_ones_listed_with_reasons(folder, tmp_path):
    cifs = CifFolder(folder, tmp_path / "index.sqlite")
    done = cifs.update()
    assert done.is_complete
    assert len(cifs) == sum(e.has_coordinates for e in library())
    broken = dict(cifs.broken())
    assert set(broken) == {"empty.cif", "torn.cif", "no_cell.cif", "no_symmetry.cif", "picture.cif"}
    assert "no symmetry" in broken["no_symmetry.cif"]
    assert "no block of the CIF has a cell" in broken["no_cell.cif"]
    assert done.broken == 5


def test_a_stopped_pass_goes_on_and_nothing_is_read_twice(folder, tmp_path):
    cifs = CifFolder(folder, tmp_path / "index.sqlite")
    first = cifs.update(most_files=10)
    assert (first.read, first.is_complete) == (10, False)
    again = CifFolder(folder, tmp_path / "index.sqlite")
    second = again.update()
    assert second.unchanged == 10
    assert second.is_complete
    third = again.update()
    assert (third.read, third.removed) == (0, 0)


def test_changed_and_removed_files_are_noticed(folder, tmp_path):
    cifs = CifFolder(folder, tmp_path / "index.sqlite")
    cifs.update()
    before = len(cifs)
    removed = next(folder.glob("*/corundum.cif"))
    removed.unlink()
    changed = folder / "no_cell.cif"
    changed.write_text(phase("si").cif)
    done = cifs.update()
    assert (done.read, done.removed) == (1, 1)
    assert len(cifs) == before


def test_elements_filter_knows_every_element(folder, tmp_path):
    cifs = CifFolder(folder, tmp_path / "index.sqlite")
    cifs.update()
    wanted = {"Al", "O", "Zn", "Ca", "F"}
    expected = {e.key for e in library() if e.has_coordinates and e.elements <= wanted}
    assert {p.path.rpartition("/")[2][:-4] for p in cifs.made_of(wanted)} == expected
    assert {"corundum", "zno", "caf2"} <= expected
    heavy = {p.path.rpartition("/")[2] for p in cifs.made_of({"Au", "La", "B"})}
    assert heavy == {"au.cif", "lab6.cif"}


def test_strong_lines_are_kept_and_find_the_phases_of_a_list_of_peaks(folder, tmp_path):
    cifs = CifFolder(folder, tmp_path / "index.sqlite")
    cifs.update()
    (corundum,) = [p for p in cifs.made_of({"Al", "O"}) if p.path.endswith("corundum.cif")]
    (first,), (second,) = cifs.strong_lines([corundum]), cifs.strong_lines([corundum])
    assert np.array_equal(first, second)
    table = line_table(cifs.structure(corundum), radiation_of("Cu", is_ka1_only=True), 100.0)
    assert first[0, 0] == pytest.approx(table.d_angstrom[np.argmax(table.strength)])
    d = table.d_angstrom[table.strength > 0.02 * table.strength.max()] * 1.002
    found = cifs.candidates(d, elements={"Al", "O", "Ti", "Zn"})
    assert found[0].name.startswith("Al2O3")
    assert "TiO2 anatase" not in [s.name for s in found]


def test_many_entries_of_one_phase_count_once(folder, tmp_path):
    for number in range(5):
        (folder / f"again{number}.cif").write_text(phase("corundum").cif.replace("4.7605", f"4.76{number}5"))
    cifs = CifFolder(folder, tmp_path / "index.sqlite")
    cifs.update()
    found = cifs.candidates(np.array([3.48, 2.55, 2.38, 2.085, 1.74, 1.60]), elements={"Al", "O"})
    assert [s.name for s in found].count("Al2O3 corundum") == 1


def test_an_index_of_another_folder_or_no_index_is_refused(folder, tmp_path):
    CifFolder(folder, tmp_path / "index.sqlite")
    other = tmp_path / "other"
    other.mkdir()
    with pytest.raises(BrokenFileError, match="belongs to the folder"):
        CifFolder(other, tmp_path / "index.sqlite")
    (tmp_path / "text.sqlite").write_text("this is a letter, and a long one " * 100)
    with pytest.raises(BrokenFileError, match="no index of CIF files"):
        CifFolder(folder, tmp_path / "text.sqlite")
    with pytest.raises(BrokenFileError, match="no folder"):
        CifFolder(tmp_path / "nowhere", tmp_path / "index.sqlite")
