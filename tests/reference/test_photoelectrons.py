"""The tables of photoelectrons: every number has a source that can be found, and ratios that physics allows."""

import pytest

from pelletry.reference.photoelectrons import binding_energies, photoelectron_line, photoelectron_lines
from pelletry.reference.sources import source


@pytest.mark.parametrize("entry", binding_energies(), ids=lambda e: f"{e.level} {e.phase}")
def test_every_binding_energy_has_source_and_reference(entry):
    assert source(entry.source)
    assert entry.low_eV <= entry.high_eV
    assert 0 < entry.tolerance_eV <= 0.5
    assert entry.reference_line in ("C 1s", "Au 4f", "Fermi level")
    line = photoelectron_line(entry.level)
    assert line is not None
    assert abs(entry.low_eV - line.energy_eV) < 10


@pytest.mark.parametrize("line", photoelectron_lines(), ids=lambda line: line.level)
def test_ratios_of_doublets_are_near_their_degeneracies(line):
    assert line.scofield_factor > 0
    if line.ratio is None:
        assert line.splitting_eV is None
        return
    statistical = {"p": 1 / 2, "d": 2 / 3, "f": 3 / 4}[line.level[-1]]
    assert line.ratio == pytest.approx(statistical, rel=0.06)
    assert line.splitting_eV > 0
    assert source(line.splitting_source)


def test_carbon_is_the_unit_of_the_sensitivity_factors():
    assert photoelectron_line("C 1s").scofield_factor == 1.0


def test_li_to_zr_from_this_envelope_is_the_ratio_of_the_field_notes():
    lithium, zirconium = photoelectron_line("Li 1s"), photoelectron_line("Zr 4s")
    assert lithium.scofield_factor / zirconium.scofield_factor == pytest.approx(0.155, abs=0.001)


def test_scales_of_one_line_are_bridged_and_of_two_lines_not():
    phosphide = next(e for e in binding_energies() if e.kind == "phosphide")
    assert phosphide.on_scale(line="C 1s", energy_eV=285.0) == pytest.approx((128.2, 129.2))
    assert phosphide.on_scale(line="C 1s", energy_eV=284.8) == pytest.approx((128.0, 129.0))
    assert phosphide.on_scale(line="Au 4f", energy_eV=84.0) is None
