"""Peaks, widths and the fast screen, on patterns made here by hand (Gaussian doublets) and on real scans."""

import numpy as np
import pytest

pytest.importorskip("gemmi")
pytest.importorskip("numba")

from pelletry.formats.open_file import read_file
from pelletry.reference.phases import library
from pelletry.reference.phases.entries import elements_of
from pelletry.reference.xray_lines import lines_of
from pelletry.techniques.diffraction.identify.background import background_under_peaks
from pelletry.techniques.diffraction.identify.lines import line_table, strongest
from pelletry.techniques.diffraction.identify.peaks import find_peaks, width_law
from pelletry.techniques.diffraction.identify.screen import likeness
from pelletry.techniques.diffraction.identify.shortlist import screen_of, shortlist
from pelletry.techniques.diffraction.model.data import Pattern
from pelletry.techniques.diffraction.model.radiation import radiation_of
from pelletry.techniques.diffraction.model.structure import structure_from_cif
from pelletry.techniques.diffraction.read import read

COPPER = radiation_of("Cu")
X = np.arange(15.0, 90.0, 0.02)


def doublets(positions, heights, *, fwhm_deg=0.1, background=100.0, seed=1):
    """Counts of Gaussian K-alpha doublets over a sloping background."""
    mean = background * (1.0 + 0.5 * (X - X[0]) / (X[-1] - X[0]))
    for place, height in zip(positions, heights, strict=True):
        d = COPPER.lines[0].wavelength_angstrom / (2.0 * np.sin(np.radians(place) / 2.0))
        for line in COPPER.lines:
            centre = 2.0 * np.degrees(np.arcsin(line.wavelength_angstrom / (2.0 * d)))
            mean = mean + height * line.weight * np.exp(-4.0 * np.log(2.0) * ((X - centre) / fwhm_deg) ** 2)
    return Pattern.from_counts(X, np.random.default_rng(seed).poisson(mean).astype(float))


def structures(*keys):
    chosen = [p for p in library() if not keys or p.key in keys]
    return [structure_from_cif(p.cif, name=p.key, source=p.source, reliability=p.reliability) for p in chosen]


def test_each_reflection_is_one_peak_although_its_second_line_is_resolved():
    places, heights = [21.3, 35.0, 48.2, 62.0, 78.5, 86.0], [3000.0, 800.0, 1500.0, 2500.0, 4000.0, 900.0]
    peaks = find_peaks(doublets(places, heights), COPPER)
    assert len(peaks) == len(places)
    for peak, place, height in zip(peaks, places, heights, strict=True):
        assert peak.two_theta_deg == pytest.approx(place, abs=0.03)
        # Where the two lines are not resolved the peak is both.
        assert 0.85 * height < peak.height < 1.55 * height


def test_noise_alone_has_no_peaks():
    found = [len(find_peaks(doublets([], [], seed=seed), COPPER)) for seed in range(5)]
    assert sum(found) == 0


def test_area_and_width_of_a_lone_peak():
    pattern = doublets([30.0], [5000.0], fwhm_deg=0.14)
    (peak,) = find_peaks(pattern, radiation_of("Cu", is_ka1_only=True), fwhm_deg=0.12)[:1]
    assert peak.fwhm_deg == pytest.approx(0.14, rel=0.35)
    assert peak.strength == pytest.approx(1.0645 * 5000.0 * 0.14 * 1.5, rel=0.35)


def test_background_stays_under_the_peaks_and_keeps_a_hump():
    hump = 300.0 * np.exp(-(((X - 25.0) / 6.0) ** 2))
    pattern = doublets([21.3, 35.0, 62.0], [3000.0, 800.0, 2500.0])
    found = background_under_peaks(X, pattern.intensity + hump)
    truth = 100.0 * (1.0 + 0.5 * (X - X[0]) / (X[-1] - X[0])) + hump
    assert np.median(np.abs(found / truth - 1.0)) < 0.05
    assert np.max(found - truth) < 60.0


def test_widths_follow_the_peaks():
    law = width_law(find_peaks(doublets(np.arange(20.0, 88.0, 6.0), [3000.0] * 12, fwhm_deg=0.12), COPPER))
    assert float(law.fwhm_deg(np.array([30.0]))[0]) == pytest.approx(0.12, rel=0.3)


def test_lines_of_silicon_are_those_of_the_card():
    """Five lines of Si for Cu K-alpha1 as in PDF 27-1402: 28.44 (100), 47.30 (55), 56.12 (30), 69.13 (6), 76.37 (11)."""
    (silicon,) = structures("si")
    table = line_table(silicon, radiation_of("Cu", is_ka1_only=True), 80.0)
    assert table.two_theta_deg[table.strength > 1.0] == pytest.approx(
        [28.443, 47.303, 56.123, 69.131, 76.377], abs=0.01
    )
    relative = 100.0 * table.strength[table.strength > 1.0] / table.strength.max()
    assert relative == pytest.approx([100.0, 64.0, 35.0, 8.0, 11.0], abs=6.0)
    assert strongest(table, 2).tolist() == [0, 1]


def scan_of(path, **stated):
    (scan, *_) = read(read_file(path))
    pattern = Pattern(two_theta_deg=scan.two_theta_deg, intensity=scan.intensity, std=scan.std, use=scan.use)
    return pattern, radiation_of("Cu", **stated)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("Li2CO3_0p9001-ZrO2_0p1000--2min", ["li2co3", "zro2-monoclinic"]),
        ("NiO_0p1031-La(OH)3_0p2025-TiO2_0p7014--2min", ["tio2-anatase", "laoh3", "nio"]),
        ("V2O5_0p8011-ZrO2_0p2012--2min", ["v2o5", "zro2-monoclinic"]),
        ("ZnO_0p4006-In2O3_0p6008--8min", ["in2o3", "zno"]),
    ],
)
def test_weighed_phases_come_first_out_of_the_whole_library(raw_data, name, expected):
    path = raw_data("xrd_weighed_mixtures", "CederGroupHub+dara", f"{name}.xrdml")
    pattern, radiation = scan_of(path)
    found = shortlist(pattern, radiation, structures(), most=len(expected))
    assert [entry.structure.name for entry in found] == expected


def test_fast_fractions_of_a_round_robin_mixture_are_near(raw_data):
    pattern, radiation = scan_of(
        raw_data("xrd_round_robin", "IUCr-CPD-QPA", "cpd-1d.prn"), monochromator_two_theta_deg=26.6
    )
    candidates = [s for s in structures() if elements_of(s.formula) <= {"Al", "O", "Zn", "Ca", "F"}]
    found = {entry.structure.name: entry.mass_fraction for entry in shortlist(pattern, radiation, candidates, most=3)}
    assert found == pytest.approx({"corundum": 0.1353, "zno": 0.3289, "caf2": 0.5358}, abs=0.04)


def test_isostructural_phases_are_alike_and_others_are_not():
    pattern = doublets([21.3, 35.0], [3000.0, 800.0])
    screen = screen_of(pattern, COPPER, structures("ltp", "latp", "corundum"))
    names = [s.name for s in screen.candidates]
    latp, ltp, corundum = (names.index(name) for name in ("latp", "ltp", "corundum"))
    assert likeness(screen, latp, ltp) > 0.97
    assert likeness(screen, latp, corundum) < 0.5


@pytest.mark.parametrize("anode", ["Cu", "Co", "Fe", "Cr", "Mo", "Ag"])
def test_the_engine_has_the_wavelengths_of_the_reference_table(anode):
    known = [line.wavelength_angstrom for line in lines_of(anode)[:2]]
    assert [line.wavelength_angstrom for line in radiation_of(anode).lines] == pytest.approx(known, rel=1e-6)
