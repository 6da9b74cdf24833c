"""What the numbers that two papers print say against each other, typed in as claims with their place and nothing else.

Raj et al., ACS Appl. Energy Mater. 6 (2023) 1197; El-Shinawi et al., J. Mater. Chem. A 6 (2018) 5296.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from pelletry.advice.printed import printed_findings
from pelletry.core.table import Table
from pelletry.study.result import StudyResult
from pelletry.study.spec import load_study

RAJ = """
source = "Raj 2023, table 1"
[[claim]]
sample = "LATP"
quantity = "lattice_a"
value = "8.4944(2) Å"
[[claim]]
sample = "LATP"
quantity = "lattice_c"
value = "20.7783(4) Å"
[[claim]]
sample = "LATP"
quantity = "lattice_volume"
value = "1298.405(3) Å3"
[[claim]]
sample = "LATPBM"
quantity = "lattice_volume"
value = "1298.315(5) Å3"
[[claim]]
sample = "LATP"
quantity = "density_theoretical"
value = "2.94 g/cm3"
source = "Raj 2023, text"
[[claim]]
sample = "LATPBM"
quantity = "green_relative_density"
value = "64 %"
source = "Raj 2023, text"
[[claim]]
sample = "LATPBM"
quantity = "shrinkage"
value = "13.2 %"
source = "Raj 2023, text"
[[claim]]
sample = "LATPBM"
quantity = "relative_density"
value = "97.8 %"
source = "Raj 2023, table 3"
[[claim]]
sample = "LATP"
quantity = "activation_energy_total"
value = "0.40 eV"
source = "Raj 2023, table 2"
[[claim]]
sample = "LATPBM"
quantity = "activation_energy_total"
value = "0.34 eV"
source = "Raj 2023, table 3"
"""

EL_SHINAWI = """
source = "El-Shinawi 2018"
[[claim]]
sample = "Li|Au|LZP"
quantity = "overpotential"
value = "0.18 V"
current_density = "40 uA/cm2"
temperature = "80 °C"
[[claim]]
sample = "Li|Au|LZP"
quantity = "thickness"
value = "1.45 mm"
[[claim]]
sample = "Li|Au|LZP"
quantity = "conductivity_total"
value = "1.0e-4 S/cm"
temperature = "80 °C"
[[claim]]
sample = "Li|Au|LZP"
quantity = "asr_interface_ac"
value = "750 ohm cm2"
temperature = "80 °C"
[[claim]]
sample = "Li|Au|LZP"
quantity = "binding_energy"
value = "133.4 eV"
line = "P 2p"
assignment = "Li3P"
reference = "C 1s 285.0 eV"
[[claim]]
sample = "Li|Au|LZP"
quantity = "binding_energy"
value = "134.2 eV"
line = "P 2p"
assignment = "LiZr2(PO4)3"
reference = "C 1s 285.0 eV"
[[claim]]
sample = "LTP cell"
quantity = "specific_capacity_best"
value = "115 mAh/g"
formula = "LiTi2(PO4)3"
electrons = 2
"""


def findings(folder: Path, samples: str, claims: str) -> dict[str, str]:
    """Code -> sentence, of a study that holds nothing but these claims."""
    (folder / "study.toml").write_text('title = "printed"\n')
    (folder / "samples.csv").write_text(samples, encoding="utf-8")
    (folder / "claims.toml").write_text(claims, encoding="utf-8")
    study = load_study(folder)
    empty = Table(key="c", title="c", columns=(), rows=())
    result = StudyResult(
        title="t", folder="f", samples=study.samples, results=(), comparison=empty, claims=study.claims
    )
    found = printed_findings(result)
    assert len({f.code for f in found}) == len(found), [f.sentence for f in found]
    return {f.code: f.sentence for f in found}


@pytest.fixture
def raj(tmp_path: Path) -> dict[str, str]:
    return findings(tmp_path, "sample,composition\nLATP,Li1.4Al0.4Ti1.6(PO4)3\nLATPBM,Li1.4Al0.4Ti1.6(PO4)3\n", RAJ)


@pytest.fixture
def el_shinawi(tmp_path: Path) -> dict[str, str]:
    return findings(tmp_path, "sample,composition\nLi|Au|LZP,LiZr2(PO4)3\nLTP cell,LiZr2(PO4)3\n", EL_SHINAWI)


def test_the_volume_of_raj_has_an_uncertainty_twenty_times_too_small(raj):
    sentence = raj["printed-volume-esd"]
    assert "1298.405(3) Å3, but a = 8.4944(2) Å, c = 20.7783(4) Å give 1298.39(7) Å3" in sentence
    assert "22 times too small" in sentence
    assert "even if their errors were fully correlated it would be 0.036 Å3 or more" in sentence
    assert "printed-volume-differs" not in raj  # 1298.405 is within the uncertainty that the axes give


def test_with_the_right_uncertainty_milling_changes_no_volume(raj):
    assert "LATP (1298.40(7) Å3) and LATPBM (1298.315(5) Å3) are not different" in raj["printed-not-different"]


def test_the_theoretical_density_of_raj_is_that_of_no_cell_of_his(raj):
    sentence = raj["printed-theoretical-density"]
    assert "printed as 2.94 g/cm3, but the printed cell with Z = 6 of Li1.4Al0.4Ti1.6(PO4)3 has 2.931" in sentence
    assert "0.3 % of their value too low" in sentence


def test_green_density_and_shrinkage_of_raj_make_the_density_of_the_pellet(raj):
    assert "relative density of LATPBM against green density and shrinkage" in raj["printed-values-agree"]


def test_energies_of_raj_have_no_convention_and_no_uncertainty(raj):
    assert raj["printed-energy-without-convention"].startswith("2 activation energies are printed without")
    assert "0.34 eV to 0.40 eV" in raj["printed-energy-without-convention"]
    assert "activation_energy_total of 2 samples (0.34 eV to 0.4 eV)" in raj["printed-without-uncertainty"]


def test_the_interfaces_of_el_shinawi_have_twice_the_resistance_under_current(el_shinawi):
    sentence = el_shinawi["printed-dc-against-ac"]
    assert "0.18 V at 0.04 mA/cm2 is 4,500 Ω cm2; less 1,450 Ω cm2 of the pellet" in sentence
    assert (
        "each interface has 1,525 Ω cm2 under current. 750 ohm cm2 is printed from the impedance, 2 times less"
        in sentence
    )


def test_only_the_phosphide_of_el_shinawi_lies_elsewhere(el_shinawi):
    sentence = el_shinawi["printed-assignment"]
    assert "P 2p at 133.4 eV is called Li3P" in sentence
    assert "phosphate" in sentence
    assert "P 2p of LiZr2(PO4)3 in Li|Au|LZP against the table" in el_shinawi["printed-values-agree"]


def test_the_capacity_of_el_shinawi_is_possible(el_shinawi):
    assert "capacity of LTP cell against LiTi2(PO4)3" in el_shinawi["printed-values-agree"]
    assert "printed-capacity-above-theory" not in el_shinawi
