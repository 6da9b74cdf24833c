"""A study with components in study.toml, and one file on the command line: what a person writes reaches the fit."""

from __future__ import annotations

import json
import re
from typing import Any

import numpy as np
import pytest

from pelletry import api
from pelletry.core.quantity import Estimate, Unresolved
from pelletry.reference.photoelectrons import photoelectron_line
from pelletry.techniques.xps.model.components import layout_of
from pelletry.techniques.xps.propose import component_of_setting
from pelletry.techniques.xps.result import XpsResult
from pelletry.techniques.xps.settings import ComponentSetting
from pelletry.virtual.photoelectron_spectrometer import (
    PhotoelectronSpectrometer,
    lzp_pellet,
    lzp_regions,
    measured_regions,
    vamas_bytes,
)

STUDY = """
title = "A pellet before and after cycling"

[xps]
charge_reference = {line = "C 1s", energy_eV = 285.0, component = "C-C"}
positions = "corrected"
backgrounds = ["active", "shirley", "losses", "linear"]
background = "losses"
tougaard = {C_eV2 = 551, D_eV2 = 436, gap_eV = 3.0}
transmission = "file"
escape_depth_exponent = 0.75
pristine_li_to_zr = 0.5
phosphate_bond_length_angstrom = 1.53

[xps.sensitivity_set]
name = "the set of this test"
source = "Scofield 1976, twice its size"
includes_transmission = false
includes_escape_depth = false
factors = {"C 1s" = 2.0, "O 1s" = 5.86, "P 2p" = 2.384, "Zr 3d" = 14.08, "Li 1s" = 0.1136}

[[xps.window]]
region = "Zr 3d"
low_eV = 176.0
high_eV = 194.5

[[xps.component]]
region = "C 1s"
name = "C-C"
position_eV = 285.0
shape = "la"
alpha = 1.0
beta = 1.0

[[xps.component]]
region = "C 1s"
name = "C-O"
position_eV = 286.6
shape = "la"
alpha = 1.0
beta = 1.0

[[xps.component]]
region = "Zr 3d"
name = "LZP"
position_eV = 184.0
phase = "LiZr2(PO4)3"
splitting_eV = 2.4
ratio = 0.688
has_wide_partner = true

[[xps.component]]
region = "Zr 3d"
name = "reacted Zr"
position_eV = 181.6
width_group = "reacted"

[[xps.component]]
region = "Zr 3d"
name = "P 2s"
level = "P 2s"
position_eV = 191.5
fwhm_eV = 2.2

[[xps.component]]
region = "P 2p"
name = "LZP"
position_eV = 134.2
position_range_eV = 0.5

[[xps.component]]
region = "P 2p"
name = "low P"
position_eV = 133.4
position_range_eV = 0.5
phase = "Li3P"

[[xps.component]]
region = "O 1s"
name = "LZP"
position_eV = 532.4
shape = "sgl"
mixing_percent = 20

[[xps.component]]
region = "O 1s"
name = "oxide"
position_eV = 530.0
shape = "sgl"
mixing_percent = 20

[[xps.component]]
region = "Li 1s"
name = "Zr 4s"
level = "Zr 4s"
position_eV = 52.5
fwhm_eV = 2.6

[[xps.component]]
region = "Li 1s"
name = "Li 1s"
position_eV = 55.7
fwhm_eV = 1.5

[[xps.layer]]
region = "Zr 3d"
layer = ["reacted Zr"]
substrate = ["LZP"]
escape_depth_m = 2.5e-9
escape_depth_source = "stated for this test"
emission_angle_deg = 0.0
density_ratio = 1.067
"""


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> Any:
    folder = tmp_path_factory.mktemp("surface")
    (folder / "raw").mkdir()
    (folder / "study.toml").write_text(STUDY, encoding="utf-8")
    (folder / "samples.csv").write_text("sample\nLZP-1\n", encoding="utf-8")
    (folder / "files.csv").write_text(
        "file,sample,role\nraw/a.vms,LZP-1,pristine\nraw/b.vms,LZP-1,cycled\n", encoding="utf-8"
    )
    for name, is_cycled, shift, seed in (("a", False, 2.4, 3), ("b", True, 3.1, 4)):
        truth, instrument = lzp_pellet(is_cycled=is_cycled, charge_shift_eV=shift), PhotoelectronSpectrometer()
        spectra = measured_regions(truth, instrument, lzp_regions(shift), seed=seed)
        content = vamas_bytes(truth, instrument, spectra, comment="SIMULATED spectra, no measurement")
        (folder / "raw" / f"{name}.vms").write_bytes(content)
    return api.run(folder, jobs=1)


@pytest.fixture(scope="module")
def surface(study: Any) -> XpsResult:
    (result,) = (one.result for one in study.results if isinstance(one.result, XpsResult))
    return result


def quantity(study: Any, name: str, **conditions: str) -> Any:
    return next(
        r.quantity for r in study.quantities if r.name == name and conditions.items() <= dict(r.conditions).items()
    )


def test_shift_and_binding_energies_are_those_put_in(study, surface):
    for role, shift in (("pristine", 2.4), ("cycled", 3.1)):
        assert quantity(study, "charge_shift", role=role).value == pytest.approx(-shift, abs=0.03)
    for region, name, energy in (("Zr 3d", "reacted Zr", 181.6), ("Zr 3d", "LZP", 184.0), ("O 1s", "LZP", 532.37)):
        found = quantity(study, "binding_energy", region=region, state=name, role="cycled")
        assert found.value == pytest.approx(energy, abs=max(0.04, 3 * found.std))
    told = [f.sentence for f in study.findings if f.code == "xps-charge-shift"]
    moved = {
        role: re.search(rf"\({role}\) were moved by (-[0-9.]+)", " ".join(told))[1] for role in ("pristine", "cycled")
    }
    assert [float(text) for text in moved.values()] == pytest.approx([-2.4, -3.1], abs=0.01)


def test_what_the_study_says_of_backgrounds_windows_and_shapes_is_what_was_fitted(surface):
    for region in surface.regions:
        assert {v.background for v in region.variants} == {"active", "shirley", "losses", "linear"}
        can_be_drawn = any(v.background == "losses" and v.weight > 0.0 for v in region.variants)
        assert (region.background_name == "losses") == can_be_drawn
    assert sum(region.background_name == "losses" for region in surface.regions) >= 5
    zirconium = next(r for r in surface.regions if (r.level, r.role) == ("Zr 3d", "cycled"))
    first = zirconium.variants[0]
    assert (first.low_eV, first.high_eV) == pytest.approx((176.0 + 3.1, 194.5 + 3.1), abs=0.11)
    assert {s.shape for r in surface.regions if r.level == "C 1s" for s in r.states} == {"la(1,1)"}
    assert {s.shape for r in surface.regions if r.level == "O 1s" for s in r.states} == {"sgl"}


def test_shares_of_the_cycled_surface_hold_the_truth(surface):
    truth = lzp_pellet(is_cycled=True)
    for level, name in (("Zr 3d", "reacted Zr"), ("P 2p", "low P"), ("O 1s", "oxide")):
        region = next(r for r in surface.regions if (r.level, r.role) == (level, "cycled"))
        state = next(s for s in region.states if s.name == name)
        low, high = state.fraction.interval
        assert low < truth.share(name, level) < high
        assert state.fraction_background_std > 0.0


def test_a_set_of_factors_counts_by_its_ratios_only(surface):
    """Twice Scofield's factors are Scofield's factors; the pristine surface is the one that was put in."""
    truth = lzp_pellet(is_cycled=False)
    atoms = {
        element: sum(s.atoms_relative for s in truth.states if s.level == level)
        for element, level in (("O", "O 1s"), ("P", "P 2p"), ("Zr", "Zr 3d"), ("C", "C 1s"), ("Li", "Li 1s"))
    }
    found = {part.element: part.fraction for part in surface.composition if part.role == "pristine"}
    assert set(found) == set(atoms)
    for element, count in atoms.items():
        assert found[element].value == pytest.approx(count / sum(atoms.values()), abs=max(3 * found[element].std, 0.01))
    assert "the set of this test" in surface.sensitivity


def test_ratio_layer_and_phosphate_have_their_numbers_and_their_assumptions(study, surface):
    truth = lzp_pellet(is_cycled=True)
    atoms = sum(s.atoms_relative for s in truth.states if s.level == "Li 1s") / 2.0
    low, high = quantity(study, "li_to_zr", role="cycled").interval
    assert low < atoms < high
    layer = quantity(study, "surface_layer_thickness", role="cycled")
    assert layer.value == pytest.approx(2.5e-9 * np.log1p(0.45 / 0.55 * 1.067), abs=3 * layer.std)
    assert isinstance(quantity(study, "surface_layer_thickness", role="pristine"), Unresolved)
    assert any(f.code == "xps-layer-assumptions" and "stated for this test" in f.sentence for f in study.findings)
    assert quantity(study, "phosphate_bond_length", role="pristine").value == pytest.approx(1.53, abs=0.005)
    assert "xps-phosphate-difference" not in {f.code for f in study.findings if "(pristine)" in f.sentence}


def test_the_published_phosphide_is_doubted(study):
    told = {f.code: f.sentence for f in study.findings if "low P" in f.sentence and "cycled" in f.sentence}
    assert {"xps-assignment-outside", "xps-partner-missing"} <= set(told)
    assert "phosphate" in told["xps-assignment-outside"]


@pytest.fixture(scope="module")
def iron_oxide(raw_data: Any) -> XpsResult:
    """CasaXPS' own loss function, window and line shapes for its FeO file, as a person would type them."""
    path = raw_data("xps_vamas", "FAIRmat-NFDI+pynxtools-xps", "FeO_analyzed.vms")
    texts = [
        "tougaard={C_eV2=551,D_eV2=436,gap_eV=3,B_eV2=335.44588}",
        "background=tougaard",
        'window=[{region="Fe 2p",low_eV=699.8469,high_eV=749.08919}]',
        'component=[{region="Fe 2p",name="Fe",position_eV=709.0,shape="lf",alpha=0.54,beta=10,damping_eV=19.7,fwhm_eV=3.1,'
        'lorentz_fwhm_eV=2.0},{region="Fe 2p",name="satellite",position_eV=716.0,shape="sgl",mixing_percent=30,fwhm_eV=8,'
        'width_group="satellite"}]',
    ]  # fmt: skip
    result = api.analyse("xps", [path], api.settings_from_texts(texts), jobs=1)
    (found,) = (one.result for one in result.results if isinstance(one.result, XpsResult))
    return found


def test_casaxps_background_comes_out_of_the_front_door(iron_oxide, casaxps_curves):
    (region,) = iron_oxide.regions
    theirs = casaxps_curves["background"] * np.median(region.intensity) / np.median(
        np.interp(region.energy_eV, casaxps_curves["energy"], casaxps_curves["rate"])
    )  # fmt: skip
    on_grid = np.interp(region.energy_eV, casaxps_curves["energy"], theirs)
    inside = (region.energy_eV >= region.window_eV[0]) & (region.energy_eV <= region.window_eV[1])
    error = (region.background - on_grid)[inside]
    assert region.background_name == "tougaard"
    assert np.sqrt(np.mean(error**2)) < 0.005 * on_grid[inside].mean()


def test_casaxps_fit_stands_beside_ours(iron_oxide):
    (region,) = iron_oxide.regions
    assert [one.line_shape for one in region.file_components] == [
        "LF(0.54,10,80,100,6)", "SGL(30)", "LF(0.54,10,80,100,6)", "SGL(30)",
    ]  # fmt: skip
    from pelletry.techniques.xps import CARD

    shown = CARD.present(iron_oxide)
    table = next(one for one in shown.tables if one.key == "xps_file_fits")
    assert [row[3] for row in table.rows] == [one.line_shape for one in region.file_components]
    assert any(figure.key.endswith("_file") for figure in shown.figures)


def test_a_published_fraction_lies_in_the_interval_from_the_front_door(tmp_path, strontium_titanate):
    """Ti3+ of (La,Sr)TiO3: 6.6 % in the fit that the file's author stored."""
    energy, rate = strontium_titanate
    path = tmp_path / "Ti2p.csv"
    rows = "\n".join(f"{e:.2f},{r:.2f}" for e, r in zip(energy, rate, strict=True))
    path.write_text(f"Binding Energy (eV),Intensity (cps)\n{rows}\n", encoding="utf-8")
    texts = [
        'component=[{region="Ti 2p",name="Ti4+",position_eV=459.0},{region="Ti 2p",name="Ti3+",position_eV=456.9}]',
        'window=[{region="Ti 2p",low_eV=452.0,high_eV=468.0}]',
    ]
    result = api.analyse("xps", [path], api.settings_from_texts(texts), jobs=1)
    found = quantity(result, "state_fraction", state="Ti3+")
    assert isinstance(found, Estimate)
    low, high = found.interval
    assert low < 0.066 < high
    assert low > 0.0
    assert high < 0.13
    told = next(f.sentence for f in result.findings if f.code == "xps-background-share")
    assert "% of the variance" in told
    json.dumps(api.as_document(result))


def test_the_table_of_lines_gives_doublets_and_their_exceptions():
    """Splittings and Scofield ratios as printed in two public tables; Ti 2p1/2 is the wider line."""
    for level, splitting, ratio, is_wide in (
        ("Ti 2p", 5.7, 0.496, True), ("Zr 3d", 2.4, 0.688, False), ("P 2p", 0.87, 0.511, False), ("Au 4f", 3.67, 0.787, False),
    ):  # fmt: skip
        line = photoelectron_line(level)
        assert (line.splitting_eV, line.ratio, line.has_wide_partner) == (splitting, ratio, is_wide)


@pytest.mark.parametrize(
    ("level", "stated", "expected"),
    [
        ("Ti 2p", None, True),
        ("Ti 2p", False, False),
        ("Zr 3d", None, False),
        ("Zr 3d", True, True),
        ("O 1s", True, False),
    ],
)
def test_which_doublets_have_a_wider_line_comes_from_the_table_unless_stated(level, stated, expected):
    setting = ComponentSetting(region=level, name="one", position_eV=100.0, has_wide_partner=stated)
    component = component_of_setting(setting)
    names = layout_of((component,)).names
    assert component.has_wide_partner == expected
    assert any(name.startswith("second partner") for name in names) == expected


def test_shapes_of_settings_reach_the_model_with_their_parameters():
    given = {"region": "Fe 2p", "name": "one", "position_eV": 709.0}
    asked = (
        {"shape": "lf", "alpha": 0.54, "beta": 10, "damping_eV": 20},
        {"shape": "ds", "alpha": 0.1},
        {"shape": "la", "alpha": 1.4, "beta": 2},
    )
    made = [component_of_setting(ComponentSetting(**given, **one)).shape for one in asked]
    assert made == ["lf(0.54,10,20)", "ds(0.1)", "la(1.4,2)"]


def test_platinum_is_asymmetric_and_lies_where_another_program_put_it(raw_data):
    """Pt 4f as a Doniach-Sunjic doublet against the fit of KherveFitting: 71.07 eV, areas 5686.07 to 7593.41; a Voigt line does worse."""
    path = raw_data("xps_vamas", "gkerherve+KherveFitting", "Pt4f.vms")
    found = {}
    for shape in ('shape="voigt"', 'shape="ds",alpha=0.2'):
        text = f'component=[{{region="Pt 4f",name="Pt",position_eV=71.3,splitting_eV=3.33,ratio=0.78,is_ratio_free=true,{shape}}}]'
        result = api.analyse("xps", [path], api.settings_from_texts([text]), jobs=1)
        (surface,) = (one.result for one in result.results if isinstance(one.result, XpsResult))
        (state,) = surface.regions[0].states
        found[shape] = float(np.sqrt(np.mean(surface.regions[0].residual ** 2))), state
    (voigt_residual, voigt_state), (residual, state) = found.values()
    assert residual < 0.6 * voigt_residual
    assert state.position_eV.value == pytest.approx(71.07, abs=0.03)
    assert abs(voigt_state.position_eV.value - 71.07) > 0.08
    assert state.partner_ratio.value == pytest.approx(5686.07 / 7593.41, abs=2 * state.partner_ratio.std)
    assert "within 20 eV" in state.assignment.sentence
