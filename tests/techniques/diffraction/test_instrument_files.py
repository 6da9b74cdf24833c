"""Instrument files of other programs mean here what they mean there."""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path

import pytest

from pelletry.core.errors import BrokenFileError
from pelletry.techniques.diffraction.exchange.instrument_files import instprm_text, read_instrument_file
from pelletry.techniques.diffraction.model.instrument import Instrument
from pelletry.techniques.diffraction.model.radiation import radiation_of

INSTPRM = """#GSAS-II instrument parameter file; do not add/delete items!
Type:PXC
Bank:1.0
Lam1:1.5405
Lam2:1.5443
Zero:0.012
Polariz.:0.7
Azimuth:0.0
I(L2)/I(L1):0.5
U:2.0
V:-2.0
W:5.0
X:1.5
Y:3.0
Z:0.0
SH/L:0.02
"""
IRF = """! To be used with NPROF=7 (Res=1)
 Laboratory diffractometer, LaB6
 0.004804 -0.005174 0.004672 0.015500 0.035500 0.0 0.025 0.027
 0.004804 -0.005174 0.004672 0.015500 0.035500 0.0 0.025 0.027
"""


def test_the_real_gsas_file_has_the_widths_it_says(raw_data: Callable[..., Path]) -> None:
    text = raw_data("xrd_standard", "AdvancedPhotonSource+GSAS-II-tutorials", "INST_XRY.PRM").read_text()
    found = read_instrument_file(text)
    assert (found.alpha1_angstrom, found.alpha2_angstrom, found.alpha2_ratio) == (1.5405, 1.5443, 0.5)
    # sigma^2 = GW = 5 centidegrees^2 at 2theta = 0: a FWHM of 2.3548 sqrt(5)/100 degrees
    assert math.sqrt(found.W) == pytest.approx(2.354820 * math.sqrt(5) / 100, rel=1e-5)
    assert pytest.approx(2 / 5 * found.W) == found.U
    assert pytest.approx(-found.U) == found.V
    assert (found.X, found.Y, found.axial_divergence, found.zero_deg) == (0.0, 0.0, 0.01, 0.0)
    assert any("POLA = 0.7" in note for note in found.notes)


def test_gsas_and_gsas2_say_the_same_in_their_own_words(raw_data: Callable[..., Path]) -> None:
    text = raw_data("xrd_standard", "AdvancedPhotonSource+GSAS-II-tutorials", "INST_XRY.PRM").read_text()
    old, new = read_instrument_file(text), read_instrument_file(INSTPRM)
    assert pytest.approx((old.U, old.V, old.W)) == (new.U, new.V, new.W)
    assert new.axial_divergence == pytest.approx(old.axial_divergence)
    assert (new.X, new.Y, new.zero_deg) == pytest.approx((0.015, 0.03, 0.012))


def test_fullprof_names_its_lorentzian_terms_the_other_way_round() -> None:
    found = read_instrument_file(IRF)
    assert (found.U, found.V, found.W) == (0.004804, -0.005174, 0.004672)
    assert (found.X, found.Y) == (0.0355, 0.0155)
    assert found.axial_divergence == pytest.approx(0.026)


def test_a_table_of_widths_is_refused() -> None:
    table = "! Res=4 NPROF=7\nWAVE 1.54056 1.54431 0.5\n10.0 0.05 0.02\n20.0 0.05 0.02\n"
    with pytest.raises(BrokenFileError, match="holds no U, V, W"):
        read_instrument_file(table)


def test_something_else_is_refused() -> None:
    with pytest.raises(BrokenFileError, match="no instrument file"):
        read_instrument_file("10.0 400\n10.02 398\n")


def test_a_written_file_is_read_back() -> None:
    instrument = Instrument(
        radiation=radiation_of("Cu", monochromator_two_theta_deg=26.6), U=0.004, V=-0.005, W=0.006, X=0.02, Y=0.03,
        axial_divergence=0.025, zero_deg=-0.013,
    )  # fmt: skip
    text = instprm_text(instrument)
    found = read_instrument_file(text)
    for name in ("U", "V", "W", "X", "Y", "axial_divergence", "zero_deg"):
        assert getattr(found, name) == pytest.approx(getattr(instrument, name), rel=1e-6)
    assert found.alpha1_angstrom == pytest.approx(1.5405929)
    assert "Polariz.:0.5557" in text  # 1/(1 + cos^2 26.6)
