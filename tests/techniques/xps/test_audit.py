"""The audit of assignments: what a published paper states, without being told what is wrong with it."""

from __future__ import annotations

import pytest

from pelletry.techniques.xps.audit import Seen, assignment_of, kind_of_phase, missing_partners

ON_C1S = {"reference_line": "C 1s", "reference_eV": 285.0}


def test_the_li3p_of_el_shinawi_lies_where_phosphates_lie():
    found = assignment_of(level="P 2p", corrected_eV=133.4, stated="Li3P", **ON_C1S)
    assert found.verdict == "outside"
    assert found.nearest == ("metal phosphate", "Li3PO4")
    assert "128.2 to 129.2 eV" in found.sentence
    assert "133.4 eV is where metal phosphate or Li3PO4 lies" in found.sentence


@pytest.mark.parametrize(
    ("level", "energy", "phase"),
    [
        ("P 2p", 134.2, "LiZr2(PO4)3"),
        ("Zr 3d", 184.0, "LiZr2(PO4)3"),
        ("P 2p", 128.6, "Li3P"),
        ("Ti 2p", 458.7, "TiO2"),
    ],
)
def test_assignments_that_hold_are_left_alone(level, energy, phase):
    assert assignment_of(level=level, corrected_eV=energy, stated=phase, **ON_C1S).verdict == "inside"


def test_a_phosphide_needs_its_own_line():
    low = Seen(name="low P", level="P 2p", corrected_eV=133.4)
    high = Seen(name="LZP", level="P 2p", corrected_eV=134.2)
    missing = missing_partners(low, "Li3P", seen=[low, high], measured_levels=["P 2p", "Li 1s"], **ON_C1S)
    assert [(one.level, one.is_measured) for one in missing] == [("P 2p", True)]
    assert missing[0].range_eV == pytest.approx((128.2, 129.2))
    there = Seen(name="phosphide", level="P 2p", corrected_eV=128.6)
    assert missing_partners(there, "Li3P", seen=[there], measured_levels=["P 2p", "Li 1s"], **ON_C1S) == ()


def test_a_level_that_was_not_measured_is_no_missing_line():
    one = Seen(name="carbonate", level="C 1s", corrected_eV=289.9)
    missing = missing_partners(one, "Li2CO3", seen=[one], measured_levels=["C 1s"], **ON_C1S)
    assert {found.level: found.is_measured for found in missing} == {"Li 1s": False, "O 1s": False}


def test_a_carbonate_without_its_oxygen_is_told():
    carbon = Seen(name="carbonate", level="C 1s", corrected_eV=289.9)
    oxide = Seen(name="oxide", level="O 1s", corrected_eV=529.6)
    lithium = Seen(name="Li", level="Li 1s", corrected_eV=55.6)
    measured = ["C 1s", "O 1s", "Li 1s"]
    missing = missing_partners(carbon, "Li2CO3", seen=[carbon, oxide, lithium], measured_levels=measured, **ON_C1S)
    assert [(one.level, one.is_measured) for one in missing] == [("O 1s", True)]
    without = missing_partners(carbon, "Li2CO3", seen=[carbon, oxide], measured_levels=measured, **ON_C1S)
    assert [one.level for one in without] == ["Li 1s", "O 1s"]


def test_the_reference_moves_the_ranges_with_it():
    at_284_8 = assignment_of(
        level="P 2p", corrected_eV=133.2, stated="phosphate", reference_line="C 1s", reference_eV=284.8
    )
    assert at_284_8.verdict == "inside"
    moved = assignment_of(
        level="P 2p", corrected_eV=135.2, stated="metal phosphate", reference_line="C 1s", reference_eV=286.8
    )
    assert moved.verdict == "inside"


def test_references_of_different_lines_are_not_bridged():
    found = assignment_of(level="Li 1s", corrected_eV=54.8, stated="Li2O", **ON_C1S)
    assert found.verdict == "none"
    assert "no Li 1s of Li2O on the scale of C 1s" in found.sentence
    gold = assignment_of(level="Li 1s", corrected_eV=55.8, stated="Li2O", reference_line="Au 4f", reference_eV=83.8)
    assert gold.verdict == "inside"


def test_without_a_charge_reference_nothing_is_assigned():
    found = assignment_of(level="P 2p", corrected_eV=None, stated="Li3P", reference_line="", reference_eV=0.0)
    assert found.verdict == "withheld"


@pytest.mark.parametrize(
    ("phase", "kind"),
    [
        ("Li3P", "phosphide"), ("LiZr2(PO4)3", "phosphate"), ("Li2CO3", "carbonate"), ("LiOH", "hydroxide"), ("ZrO2", "oxide"),
        ("Zr", "metal"), ("phosphate", "phosphate"), ("C-C", ""), ("something", ""),
    ],
)  # fmt: skip
def test_kinds_follow_from_formulas(phase, kind):
    assert kind_of_phase(phase) == kind
