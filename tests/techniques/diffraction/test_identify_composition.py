import pytest

from pelletry.core.quantity import Estimate
from pelletry.reference.nasicon_cells import nasicon_cells
from pelletry.reference.sources import source
from pelletry.techniques.diffraction.identify import composition
from pelletry.techniques.diffraction.identify.composition import (
    aluminium_from_cell,
    amounts_of,
    element_shares,
    elements_against_phases,
)


def angstrom(value, std=0.0002):
    return Estimate(value=value, std=std, unit="angstrom", method="refined")


def test_the_cell_of_raj_2023_gives_0_46_on_one_line_and_0_40_over_all_laboratories():
    hint = aluminium_from_cell(angstrom(8.4944), angstrom(20.7783, 0.0004))
    assert hint.one_laboratory.value == pytest.approx(0.455, abs=0.005)
    assert hint.one_laboratory.std == pytest.approx(0.016, abs=0.002)
    assert hint.all_laboratories.value == pytest.approx(0.40, abs=0.01)
    assert hint.all_laboratories.std == pytest.approx(0.095, abs=0.01)


def test_a_c_that_is_too_short_for_its_a_is_said():
    hint = aluminium_from_cell(angstrom(8.4944), angstrom(20.7783, 0.0004))
    assert hint.c_off_in_std < -1.2
    assert "c says nothing of x" in hint.sentence
    usual = aluminium_from_cell(angstrom(8.5004), angstrom(20.84))
    assert abs(usual.c_off_in_std) < 1.0


def test_five_powders_of_one_laboratory_lie_on_its_line():
    powders = [c for c in nasicon_cells("LATP") if c.doi == "10.1149/1.2086597"]
    assert len(powders) == 5
    for powder in powders:
        hint = aluminium_from_cell(angstrom(powder.a_angstrom))
        assert hint.one_laboratory.value == pytest.approx(powder.x, abs=2.2 * 0.015)


def test_two_thirds_of_all_powders_lie_within_one_standard_deviation_of_all_laboratories():
    inside = 0
    for powder in nasicon_cells("LATP"):
        hint = aluminium_from_cell(angstrom(powder.a_angstrom))
        inside += abs(hint.all_laboratories.value - powder.x) < hint.all_laboratories.std
    assert 12 <= inside <= 20


def test_a_cell_of_something_else_gives_no_aluminium():
    hint = aluminium_from_cell(angstrom(8.8271))
    assert hint.one_laboratory is None
    assert hint.all_laboratories is None
    assert "outside the range" in hint.sentence


def test_sources_are_in_the_list():
    for key in composition.SOURCES:
        assert source(key)


def test_phases_with_elements_that_nobody_weighed_in_are_named():
    hint = elements_against_phases(
        [("LATP", "Li1.3Al0.3Ti1.7(PO4)3"), ("WC", "WC"), ("Li2CO3", "Li2CO3")], "Li1.3Al0.3Ti1.7(PO4)3"
    )
    assert hint.not_weighed_in == (("WC", ("W",)),)
    assert hint.not_found == ()
    assert "jar" in hint.sentences[0]


def test_an_element_in_no_phase_is_named():
    hint = elements_against_phases([("LTP", "LiTi2(PO4)3")], "Li1.3Al0.3Ti1.7(PO4)3")
    assert hint.not_found == ("Al",)
    assert elements_against_phases([], "LiTi2(PO4)3").not_found == ()


def test_element_shares_of_a_mixture_by_hand():
    pytest.importorskip("gemmi")
    shares = element_shares({"Al2O3": 0.5, "ZnO": 0.5})
    assert shares["Al"] == pytest.approx(0.5 * 2 * 26.982 / 101.961, rel=1e-4)
    assert sum(shares.values()) == pytest.approx(1.0)
    assert amounts_of("Ca5(PO4)3F") == {"Ca": 5.0, "P": 3.0, "O": 12.0, "F": 1.0}
