"""The search by whole profiles, on patterns whose phases are known because they were calculated here."""

import attrs
import numpy as np
import pytest

pytest.importorskip("gemmi")
pytest.importorskip("numba")

from pelletry.reference.phases import library, phase
from pelletry.reference.phases.entries import elements_of
from pelletry.techniques.diffraction.identify.evidence import gain_of, refusal_of
from pelletry.techniques.diffraction.identify.folder import CifFolder
from pelletry.techniques.diffraction.identify.found import Evidence
from pelletry.techniques.diffraction.identify.search import identify
from pelletry.techniques.diffraction.model.calculate import calculate, scales_of_fractions
from pelletry.techniques.diffraction.model.data import Pattern
from pelletry.techniques.diffraction.model.instrument import Instrument
from pelletry.techniques.diffraction.model.radiation import radiation_of
from pelletry.techniques.diffraction.model.structure import structure_from_cif

X = np.arange(12.0, 80.0, 0.02)
TRUE = Instrument(
    radiation=radiation_of("Cu"), radius_m=0.2, U=0.01, V=-0.006, W=0.006, X=0.01, Y=0.02, axial_divergence=0.02
)
KNOWN = Instrument(radiation=radiation_of("Cu"), radius_m=0.2)
STRUCTURES = {
    entry.key: structure_from_cif(entry.cif, name=entry.key, source=entry.source, reliability=entry.reliability)
    for entry in library()
}


def pattern_of(fractions, *, counts=8000.0, seed=3):
    """A mixture with cells off by up to 0.1 %, displaced by 30 um, with the noise of counting."""
    rng = np.random.default_rng(seed)
    mixed = []
    for key in fractions:
        factor = 1.0 + 0.001 * rng.uniform(-1, 1)
        a, b, c, *angles = STRUCTURES[key].cell
        mixed.append(attrs.evolve(STRUCTURES[key], cell=(a * factor, b * factor, c * factor, *angles)))
    curve = calculate(
        X, mixed, TRUE, scales=scales_of_fractions(mixed, list(fractions.values()), 1.0),
        sizes_m=dict.fromkeys(fractions, 80e-9), displacement_m=30e-6,
    )  # fmt: skip
    mean = counts * curve / curve.max() + 120.0 * (1.0 + np.exp(-(X - 10.0) / 8.0))
    return Pattern.from_counts(X, rng.poisson(mean).astype(float))


def fractions_of(found):
    return {entry.name: entry.mass_fraction.value for entry in found.phases}


def test_latp_with_one_and_a_half_percent_of_two_others():
    truth = {"latp": 0.985, "alpo4-berlinite": 0.008, "tio2-rutile": 0.007}
    found = identify(pattern_of(truth), KNOWN, list(STRUCTURES.values()), elements={"Li", "Al", "Ti", "P", "O"})
    assert fractions_of(found) == pytest.approx(truth, abs=0.002)
    assert found.phases[0].confidence == "certain"
    assert "ltp" in [rival.name for rival in found.phases[0].rivals]
    assert found.unexplained == ()
    assert found.refinement.gof < 1.1


def test_pure_latp_out_of_the_whole_library_is_alone():
    found = identify(pattern_of({"latp": 1.0}), KNOWN, list(STRUCTURES.values()))
    assert list(fractions_of(found)) == ["latp"]
    assert found.candidates == len(STRUCTURES)


def test_a_phase_that_is_not_in_the_library_is_a_list_of_peaks_and_no_phase():
    pattern = pattern_of({"latp": 0.90, "corundum": 0.10})
    without = [s for s in STRUCTURES.values() if s.name not in ("corundum", "fe2o3", "ti2o3")]
    found = identify(pattern, KNOWN, without, elements={"Li", "Al", "Ti", "P", "O"})
    assert list(fractions_of(found)) == ["latp"]
    listed = [peak.two_theta_deg for peak in found.unexplained]
    for line in (35.15, 43.36, 52.55):
        assert np.min(np.abs(np.array(listed) - line)) < 0.1
    assert "stay unexplained" in found.sentences[1]
    assert all(0 < peak.share < 0.3 and peak.significance > 6 for peak in found.unexplained)


def test_a_phase_with_a_cell_only_is_suggested_for_what_is_left():
    """LiTiOPO4 has no coordinates here: its lines are made by hand at the angles of its cell."""
    from pelletry.techniques.diffraction.identify.lines import line_table

    pattern = pattern_of({"latp": 1.0})
    extra = np.zeros_like(X)
    table = line_table(STRUCTURES["litiopo4"], KNOWN.radiation, 60.0)
    for line in table.two_theta_deg[(table.two_theta_deg > 17) & (table.two_theta_deg < 60)][::2]:
        extra += 600.0 * np.exp(-4.0 * np.log(2.0) * ((X - line) / 0.12) ** 2)
    with_it = Pattern.from_counts(X, pattern.intensity + np.round(extra))
    chosen = [STRUCTURES[k] for k in ("latp", "litiopo4", "li4p2o7", "alpo4-berlinite")]
    found = identify(with_it, KNOWN, chosen)
    assert list(fractions_of(found)) == ["latp"]
    assert [s.name for s in found.suggestions][:1] == ["litiopo4"]
    assert found.suggestions[0].chance < 1e-3


def test_nothing_but_background_gives_no_phase():
    counts = np.random.default_rng(5).poisson(200.0, X.size).astype(float)
    found = identify(Pattern.from_counts(X, counts), KNOWN, list(STRUCTURES.values()), elements={"Li", "Ti", "P", "O"})
    assert found.phases == ()
    assert found.refinement is None
    assert found.unexplained == ()


def test_no_candidate_of_these_elements_is_no_error():
    found = identify(pattern_of({"latp": 1.0}), KNOWN, [STRUCTURES["au"]], elements={"Li", "Ti", "P"})
    assert found.phases == ()
    assert found.candidates == 0
    assert len(found.unexplained) > 10


def test_phases_of_a_users_own_folder_take_part(tmp_path):
    folder = tmp_path / "cif"
    folder.mkdir()
    (folder / "mine.cif").write_text(phase("corundum").cif, encoding="utf-8")
    (folder / "torn.cif").write_text("data_x\nloop_\n")
    cifs = CifFolder(folder, tmp_path / "index.sqlite")
    assert cifs.update().broken == 1
    pattern = pattern_of({"zno": 0.7, "corundum": 0.3})
    found = identify(pattern, KNOWN, [STRUCTURES["zno"]], elements={"Zn", "Al", "O"}, folder=cifs)
    assert fractions_of(found) == pytest.approx({"zno": 0.7, "Al2O3 corundum": 0.3}, abs=0.01)


def test_gain_is_scaled_by_a_poor_fit():
    good = gain_of(1200.0, 1000.0, points=1000, parameters_before=10, parameters_after=12)
    poor = gain_of(120_000.0, 119_800.0, points=1000, parameters_before=10, parameters_after=12)
    assert good == pytest.approx(200.0 / (1200.0 / 990.0) - 2 * np.log(1000.0))
    assert poor < 0 < good


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"gain": 5.0}, "hardly better"),
        ({"strain": 0.03}, "off by 3.0 %"),
        ({"width_ratio": 20.0}, "20.0 times as wide"),
        ({"own_lines": 0}, "stands alone"),
        ({"own_lines": 1, "gain": 60.0}, "one line alone"),
        ({"gain": 100.0, "strain": 0.006}, "weak"),
        ({"missing_lines": 4}, "are missing"),
    ],
)
def test_each_reason_to_refuse_a_phase(changed, words):
    sound = Evidence(gain=2000.0, own_lines=6, expected_lines=8, missing_lines=0, strain=0.001, width_ratio=1.2)
    assert refusal_of(sound, least_gain=30.0) == ""
    assert words in refusal_of(attrs.evolve(sound, **changed), least_gain=30.0)


def test_elements_of_the_library_are_those_of_the_filter():
    assert elements_of(STRUCTURES["latp"].formula) == {"Li", "Al", "Ti", "P", "O"}
