"""The model in other programs' words says what the refinement said."""

from __future__ import annotations

import ast
import math
import re
from pathlib import Path

import numpy as np
import pytest

from pelletry.core.errors import PelletryError
from pelletry.formats.open_file import read_file
from pelletry.techniques.diffraction.exchange.files import EXCHANGES, exchange_files
from pelletry.techniques.diffraction.exchange.instrument_files import read_instrument_file
from pelletry.techniques.diffraction.exchange.model import applied, expanded_sites, widths_of
from pelletry.techniques.diffraction.model.structure import structure_from_cif
from pelletry.techniques.diffraction.phases import named_phases
from pelletry.techniques.diffraction.read import read
from pelletry.techniques.diffraction.result import DiffractionResult


def test_the_refined_structure_is_read_back_from_its_cif(by_hand: DiffractionResult) -> None:
    pytest.importorskip("gemmi")
    files = exchange_files(by_hand, "cif")
    text = files["A_latp.cif"]
    assert "_cell_length_a 8.4944(2)" in text
    assert "_cell_volume 1298.39(7)" in text  # follows from a and c; the paper prints 1298.405(3)
    back = structure_from_cif(text.replace("'x,y,z'", "'x,y,z'"))
    assert back.cell == pytest.approx((8.4944, 8.4944, 20.7783, 90, 90, 120))


def test_the_pattern_is_read_back_from_its_pdcif(by_hand: DiffractionResult, tmp_path: Path) -> None:
    files = exchange_files(by_hand, "cif")
    (tmp_path / "a.cif").write_text(files["A_pd.cif"])
    scan = read(read_file(tmp_path / "a.cif"))[0]
    pattern = by_hand.patterns[0]
    np.testing.assert_allclose(scan.two_theta_deg, pattern.two_theta_deg, atol=1e-6)
    np.testing.assert_allclose(scan.intensity, pattern.intensity)
    np.testing.assert_allclose(scan.std, pattern.std, rtol=1e-4)
    assert scan.stated.other_wavelength_angstrom is None or scan.stated.other_wavelength_angstrom > 1.54


def test_calculated_curve_and_background_stand_beside_the_points(by_hand: DiffractionResult) -> None:
    gemmi = pytest.importorskip("gemmi")
    document = gemmi.cif.read_string(exchange_files(by_hand, "cif")["A_pd.cif"])
    block = document[0]
    refinement = by_hand.patterns[0].refinement
    assert refinement is not None
    calculated = np.array([float(v) for v in block.find_loop("_pd_calc_intensity_total")])
    np.testing.assert_allclose(calculated, refinement.calculated, rtol=1e-6)
    assert float(block.find_value("_pd_proc_ls_prof_wR_factor")) == pytest.approx(0.052)
    assert [b.name for b in document][1:] == ["A_latp", "A_corundum"]


def test_gsas2_gets_the_same_instrument_and_a_script_that_is_python(by_hand: DiffractionResult) -> None:
    files = exchange_files(by_hand, "gsas2")
    refinement = by_hand.patterns[0].refinement
    assert refinement is not None
    back = read_instrument_file(files["A.instprm"])
    assert pytest.approx(refinement.instrument.W) == back.W
    assert back.axial_divergence == pytest.approx(0.031)
    tree = ast.parse(files["A_gsas2.py"])
    assert any(isinstance(node, ast.Import) for node in tree.body)
    assert set(re.findall(r"'(\w+)', ", files["A_gsas2.py"].split("in [")[1])) == {"latp", "corundum"}
    assert files["A.xye"].count("\n") == by_hand.patterns[0].two_theta_deg.size


def test_fullprof_reads_the_same_numbers_in_its_own_places(by_hand: DiffractionResult) -> None:
    text = exchange_files(by_hand, "fullprof")["A.pcr"]
    lines = text.splitlines()
    refinement = by_hand.patterns[0].refinement
    assert refinement is not None
    zero = lines[next(i for i, line in enumerate(lines) if line.startswith("!  Zero")) + 1].split()
    assert float(zero[0]) == pytest.approx(0.012)
    assert float(zero[2]) == pytest.approx(math.degrees(2 * 45e-6 / 0.24), abs=1e-6)
    width = widths_of(refinement, refinement.phases[0])
    u, v, w, x, y = (
        float(n) for n in lines[next(i for i, line in enumerate(lines) if line.startswith("!       U")) + 1].split()[:5]
    )
    assert (u, v, w) == pytest.approx((width.U, width.V, width.W), abs=1e-6)
    assert (x, y) == pytest.approx((width.Y, width.X), abs=1e-6)  # FullProf's X stands before tan
    occupation = next(line for line in lines if line.startswith("Al ")).split()[6]
    assert float(occupation) == pytest.approx(12 / 1)  # one operation in this hand-made group
    nba = int(lines[2].split()[3])
    start = next(i for i, line in enumerate(lines) if line.startswith("!2Theta/TOF")) + 1
    assert all(len(line.split()) == 3 for line in lines[start : start + nba])


def test_sizes_and_strains_are_in_the_widths(by_hand: DiffractionResult) -> None:
    refinement = by_hand.patterns[0].refinement
    assert refinement is not None
    width = widths_of(refinement, refinement.phases[0])
    added = width.X - refinement.instrument.X
    assert added == pytest.approx(math.degrees(0.9 * 1.5405929e-10 / 1.2e-7))


def test_topas_and_bgmn_hold_every_phase(by_hand: DiffractionResult) -> None:
    topas = exchange_files(by_hand, "topas")["A.inp"]
    assert topas.count('phase_name "') == 2
    assert "lo 1.5405929" in topas
    assert "Specimen_Displacement(, -0.045000)" in topas
    bgmn = exchange_files(by_hand, "bgmn")
    assert {"A.sav", "A.xy", "latp.str", "corundum.str"} == set(bgmn)
    assert "PARAM=A=0.8494400" in bgmn["latp.str"]
    assert "B=A //" in bgmn["latp.str"]


def test_operations_are_applied_as_they_are_written() -> None:
    np.testing.assert_allclose(applied("-y,x-y,z+1/3", (0.1, 0.3, 0.2)), [-0.3, -0.2, 0.2 + 1 / 3])
    np.testing.assert_allclose(applied("1/2+x,-z,y", (0.1, 0.3, 0.2)), [0.6, -0.2, 0.3])


def test_a_whole_cell_has_as_many_atoms_as_the_sites_say(by_hand: DiffractionResult) -> None:
    pytest.importorskip("gemmi")
    import attrs

    (structure,) = named_phases(["corundum"]).structures
    refinement = by_hand.patterns[0].refinement
    assert refinement is not None
    phase = attrs.evolve(refinement.phases[0], structure=structure)
    atoms = expanded_sites(phase)
    assert len(atoms) == sum(s.multiplicity for s in structure.sites) == 30
    assert sum(a[1] == "Al" for a in atoms) == 12


@pytest.mark.parametrize("program", list(EXCHANGES))
def test_simulated_data_say_so_everywhere(by_hand: DiffractionResult, program: str) -> None:
    import attrs

    files = exchange_files(attrs.evolve(by_hand, is_simulated=True), program)
    assert any("simulated data" in text for text in files.values())


def test_an_unknown_program_is_named(by_hand: DiffractionResult) -> None:
    with pytest.raises(PelletryError, match="no export 'maud'"):
        exchange_files(by_hand, "maud")
