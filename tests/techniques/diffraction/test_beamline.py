"""Radiation and instrument: what is said goes before what is not, and nothing is assumed in silence."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from pelletry.core.errors import MissingFactError
from pelletry.core.provenance import Origin
from pelletry.techniques.diffraction.beam import stated_beam
from pelletry.techniques.diffraction.beamline import Beamline, beamline_of
from pelletry.techniques.diffraction.measurement import DiffractionScan, StatedBeam
from pelletry.techniques.diffraction.model.instrument import Instrument
from pelletry.techniques.diffraction.model.radiation import radiation_of
from pelletry.techniques.diffraction.settings import DiffractionSettings

NOTHING = StatedBeam()


def line(stated: StatedBeam = NOTHING, profile: Instrument | None = None, **settings: Any) -> Beamline:
    scan = DiffractionScan(
        name="a.xy", origin=Origin(path="raw/a.xy", sha256="", format="powder-xy"), two_theta_deg=np.linspace(10, 20, 60),
        intensity=np.ones(60), std=np.ones(60), use=np.ones(60, dtype=bool), stated=stated,
    )  # fmt: skip
    return beamline_of(scan, DiffractionSettings(**settings), sample="A", profile=profile)


def codes(found: Beamline) -> set[str]:
    return {f.code for f in found.findings}


PANALYTICAL = StatedBeam(
    anode="Cu", alpha1_angstrom=1.540598, alpha2_angstrom=1.544426, alpha2_ratio=0.5, radius_m=0.24, beta_filter="Ni"
)


def test_a_printed_line_takes_the_measured_wavelength_of_that_line() -> None:
    radiation = line(PANALYTICAL).instrument.radiation
    assert [x.wavelength_angstrom for x in radiation.lines] == [1.5405929, 1.5444274]
    assert [x.weight for x in radiation.lines] == [1.0, 0.5]
    assert "wavelength-replaced" not in codes(line(PANALYTICAL))  # 3 ppm


def test_a_ratio_of_zero_is_one_line() -> None:
    import attrs

    assert len(line(attrs.evolve(PANALYTICAL, alpha2_ratio=0.0)).instrument.radiation.lines) == 1


def test_a_monochromator_polarises() -> None:
    import attrs

    stated = attrs.evolve(PANALYTICAL, monochromator="graphite", monochromator_two_theta_deg=26.6)
    assert line(stated).instrument.radiation.polarisation == pytest.approx(np.cos(np.radians(26.6)) ** 2)
    assert line(stated, monochromator_two_theta_deg=0).instrument.radiation.polarisation == 1.0


def test_a_beam_path_of_the_settings_makes_both_sides_count_and_the_lines_natural() -> None:
    lengths = {
        "source_length_m": 0.012,
        "sample_length_m": 0.015,
        "soller_incident_deg": 4.58,
        "soller_diffracted_deg": 4.58,
    }
    found = line(PANALYTICAL, beam_path=lengths)
    path = found.instrument.beam_path
    assert path is not None
    assert (path.radius_m, path.soller_incident_deg, path.divergence_deg) == (0.24, 4.58, None)
    assert [x.name for x in found.instrument.radiation.lines] == ["Ka1", "Ka2", "Ka12", "Ka22"]
    assert any(fact.name == "beam path" and "slit not stated" in fact.value for fact in found.facts)
    assert "wavelength-replaced" not in codes(found)
    with pytest.raises(MissingFactError, match="needs the radius"):
        line(radiation="Cu Ka", beam_path=lengths)


def test_a_profile_keeps_the_kind_of_divergence_that_it_was_found_with() -> None:
    import attrs

    lengths = {"source_length_m": 0.012, "sample_length_m": 0.015}
    known = line(PANALYTICAL, beam_path=lengths).instrument
    one_sided = Instrument(
        radiation=radiation_of("Cu"), radius_m=0.24, axial_divergence=0.02, is_frozen=True, source="LaB6"
    )
    assert line(PANALYTICAL, attrs.evolve(one_sided, beam_path=known.beam_path)).instrument.beam_path == known.beam_path
    stated = attrs.evolve(PANALYTICAL, path=known.beam_path)
    assert line(stated).instrument.beam_path == known.beam_path
    assert line(stated, one_sided).instrument.beam_path is None
    assert line(stated, one_sided, beam_path=lengths).instrument.beam_path == known.beam_path


@pytest.mark.parametrize(
    ("text", "wavelengths"),
    [
        ("Cu Ka", [1.5405929, 1.5444274]), ("CuKa", [1.5405929, 1.5444274]), ("Cu Ka1", [1.5405929]), ("Co Kα", [1.788996, 1.792835]),
        ("1.5406 angstrom", [1.5406]), ("0.7", [0.7]),
    ],
)  # fmt: skip
def test_radiation_is_written_as_people_write_it(text: str, wavelengths: list[float]) -> None:
    assert [x.wavelength_angstrom for x in line(radiation=text).instrument.radiation.lines] == pytest.approx(
        wavelengths
    )


@pytest.mark.parametrize("text", ["Xx Ka", "copper", "Ka", "Cu Kb"])
def test_an_unknown_radiation_is_refused_with_those_there_are(text: str) -> None:
    with pytest.raises(MissingFactError, match="is not known; expected Cu Ka, Co Ka"):
        line(radiation=text)


def test_an_anode_alone_is_no_wavelength() -> None:
    with pytest.raises(MissingFactError, match=r"its anode is Mo.*radiation = 'Mo Ka'"):
        line(StatedBeam(anode="Mo"))


def test_a_held_profile_keeps_the_scans_own_radiation_and_radius() -> None:
    profile = Instrument(radiation=radiation_of("Co"), radius_m=0.1, W=0.003, zero_deg=0.02, source="LaB6")
    made = line(PANALYTICAL, profile).instrument
    assert (made.W, made.zero_deg, made.is_frozen, made.radius_m) == (0.003, 0.02, True, 0.24)
    assert made.radiation.name == "Cu Ka"


def test_what_is_not_stated_is_said() -> None:
    found = line(StatedBeam(alpha1_angstrom=1.5406))
    assert {"alpha2-not-stated", "radius-missing", "monochromator-not-stated", "profile-not-calibrated"} <= codes(found)


def test_crystals_are_turned_into_angles_by_bragg() -> None:
    header = {"wavelength K-alpha1 (Angstrom)": "1.5406", "incident monochromator": "Inc. beam Johansson 1xGe111 Cu/Co"}
    assert stated_beam(header).monochromator_two_theta_deg == pytest.approx(27.28, abs=0.01)
    header["incident monochromator"] = "26.6 degree graphite mosaic"
    assert stated_beam(header).monochromator_two_theta_deg == 26.6
    header["incident monochromator"] = "IPS_adaptor"
    assert stated_beam(header).monochromator == ""


def test_a_wavelength_of_zero_is_none() -> None:
    assert stated_beam({"wavelength K-alpha1 (Angstrom)": "0.0"}).alpha1_angstrom is None


def test_settings_refuse_what_cannot_be() -> None:
    for wrong in (
        {"excluded_deg": ((30.0, 20.0),)}, {"two_theta_min_deg": 50.0, "two_theta_max_deg": 40.0}, {"elements": ("Lithium",)},
        {"phases": ("latp", "latp")}, {"phases": ("identify", "latp")}, {"spike": {"phase": "si", "mass_fraction": 1.2}},
        {"instrument": {"W": 0.01, "source": "x"}, "instrument_file": "a.prm"}, {"instrument": {"W": 0.01}},
    ):  # fmt: skip
        with pytest.raises(ValueError):
            DiffractionSettings(**wrong)


def test_a_text_on_the_command_line_is_a_list_of_phases() -> None:
    assert DiffractionSettings(phases="latp, alpo4-berlinite").phases == ("latp", "alpo4-berlinite")
    assert DiffractionSettings(phases="data_x\n_cell_length_a 5, 6").phases == ("data_x\n_cell_length_a 5, 6",)
    assert DiffractionSettings().is_search
