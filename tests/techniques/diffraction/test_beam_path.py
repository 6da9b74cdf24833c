"""Two-sided axial divergence and the flat sample: against closed forms, against rays counted one by one, against another program."""

from __future__ import annotations

import attrs
import numpy as np
import pytest

from pelletry.core.provenance import Origin
from pelletry.core.sample import Sample
from pelletry.core.technique import Inputs
from pelletry.study.serial import decoded, encoded
from pelletry.techniques.diffraction import CARD
from pelletry.techniques.diffraction.beam import stated_beam
from pelletry.techniques.diffraction.measurement import DiffractionScan, StatedBeam
from pelletry.techniques.diffraction.model.beam_path import BeamPath, rays_of
from pelletry.techniques.diffraction.model.data import Pattern
from pelletry.techniques.diffraction.model.gemmi_door import load_kernels
from pelletry.techniques.diffraction.model.instrument import Instrument
from pelletry.techniques.diffraction.model.options import RefineOptions
from pelletry.techniques.diffraction.model.problem import Problem
from pelletry.techniques.diffraction.model.radiation import radiation_of
from pelletry.techniques.diffraction.model.refine import refine
from pelletry.techniques.diffraction.model.structure import Structure, structure_from_cif
from pelletry.techniques.diffraction.result import DiffractionResult
from pelletry.techniques.diffraction.settings import DiffractionSettings
from pelletry.techniques.diffraction.standards import settings_text

pytest.importorskip("gemmi")
pytest.importorskip("numba")

#: A laboratory diffractometer with Soller slits on both sides.
PATH = BeamPath(
    radius_m=0.2175, source_length_m=0.012, sample_length_m=0.015, slit_length_m=0.012, soller_incident_deg=6.776,
    soller_diffracted_deg=6.776, divergence_deg=1.05,
)  # fmt: skip
BARE = attrs.evolve(PATH, soller_incident_deg=None, soller_diffracted_deg=None)
LABORATORY = Instrument(
    radiation=radiation_of("Cu", has_line_shapes=True), radius_m=0.2175, W=0.002, X=0.01, Y=0.0, beam_path=PATH
)


def lab6() -> Structure:
    return structure_from_cif(
        "data_x\n_cell_length_a 4.15678\n_cell_length_b 4.15678\n_cell_length_c 4.15678\n_cell_angle_alpha 90\n_cell_angle_beta 90\n"
        "_cell_angle_gamma 90\n_symmetry_space_group_name_H-M 'P m -3 m'\nloop_\n_atom_site_label\n_atom_site_type_symbol\n"
        "_atom_site_fract_x\n_atom_site_fract_y\n_atom_site_fract_z\n_atom_site_B_iso_or_equiv\nLa La 0 0 0 0.4\n"
        "B B 0.1975 0.5 0.5 0.4\n",
        name="lab6",
    )


def profile(x: np.ndarray, two_theta: float, width: float, path: BeamPath) -> np.ndarray:
    kernels = load_kernels()
    table = kernels.legendre_table()
    return kernels.profile_area(x, two_theta, width**2, 1e-9, path.axial_divergence, *table, rays_of(path))


def middles(count: int) -> np.ndarray:
    return (np.arange(count) + 0.5) / count - 0.5


def by_rays(x: np.ndarray, two_theta: float, width: float, path: BeamPath) -> np.ndarray:
    """The profile by its definition: points of source, sample and slit, each ray's cone cut by the goniometer's plane."""
    count = 60
    node, share = np.polynomial.legendre.leggauss(6)
    y, z, s, g = np.meshgrid(
        middles(count) * path.source_length_m,
        middles(count) * path.sample_length_m,
        middles(count) * (path.slit_length_m or path.sample_length_m),
        node * np.radians(path.divergence_deg or 0.0) / 2,
        indexing="ij",
    )
    beta, alpha = np.arctan((z - y) / path.radius_m), np.arctan((s - z) / path.radius_m)
    weight = np.ones_like(y) * share
    for angle, opening in ((beta, path.soller_incident_deg), (alpha, path.soller_diffracted_deg)):
        if opening is not None:
            weight *= np.clip(1.0 - np.abs(angle) / np.radians(opening / 2), 0.0, 1.0)
    cosine = (np.cos(np.radians(two_theta)) - np.sin(alpha) * np.sin(beta)) / (np.cos(alpha) * np.cos(beta))
    seen = np.degrees(np.arccos(cosine)) - np.degrees(2 * g**2 / np.tan(np.radians(two_theta / 2)))
    edges = np.arange(two_theta - 6.0, two_theta + 6.0, 0.002)
    found, _ = np.histogram(seen, bins=edges, weights=weight / weight.sum())
    kept = found > 0
    centres = 0.5 * (edges[1:] + edges[:-1])[kept]
    top = 2 * np.sqrt(np.log(2) / np.pi) / width
    return top * np.exp(-4 * np.log(2) * ((x[:, None] - centres) / width) ** 2) @ found[kept]


def test_mean_squares_without_soller_slits_are_those_of_three_uniform_lengths() -> None:
    """u = (slit - source)/2R and v = (slit + source - 2 sample)/2R of independent uniform heights."""
    u2, v2 = BARE.mean_squares
    source2, sample2, slit2 = 0.012**2 / 12, 0.015**2 / 12, 0.012**2 / 12
    assert u2 == pytest.approx((source2 + slit2) / (2 * 0.2175) ** 2, rel=2e-4)
    assert v2 == pytest.approx((source2 + slit2 + 4 * sample2) / (2 * 0.2175) ** 2, rel=2e-4)


@pytest.mark.parametrize("two_theta", [21.36, 34.0, 76.0, 119.0, 141.8])
def test_the_profile_is_that_of_rays_counted_one_by_one(two_theta: float) -> None:
    x = np.arange(two_theta - 1.5, two_theta + 1.2, 0.01)
    counted = by_rays(x, two_theta, 0.06, PATH)
    assert profile(x, two_theta, 0.06, PATH) == pytest.approx(counted, abs=5e-3 * counted.max())


@pytest.mark.parametrize("two_theta", [30.0, 70.0, 110.0, 150.0])
def test_the_area_is_one_and_the_centroid_that_of_the_closed_forms(two_theta: float) -> None:
    """<u^2> tan - <v^2> cot, and Wilson's -divergence^2 cot / 6 of a flat sample."""
    x = np.arange(two_theta - 8.0, two_theta + 8.0, 0.002)
    y = profile(x, two_theta, 0.08, PATH)
    assert y.sum() * 0.002 == pytest.approx(1.0, abs=1e-6)
    u2, v2 = PATH.mean_squares
    tangent = np.tan(np.radians(two_theta / 2))
    expected = u2 * tangent - v2 / tangent - np.radians(1.05) ** 2 / 6 / tangent
    assert (x * y).sum() / y.sum() - two_theta == pytest.approx(np.degrees(expected), abs=2e-4)


def test_centroids_agree_with_the_fundamental_parameters_of_nist() -> None:
    """The axial convolver of NIST's FPA code, as in xrayutilities 1.8: source 12, sample 15, slit 12 mm, Soller slits of 6.776 deg."""
    theirs = {21.36: -0.073699, 43.5: -0.033000, 75.8: -0.013510, 103.66: -0.0035495, 141.8: 0.0122286}
    axial = attrs.evolve(PATH, divergence_deg=None)
    for two_theta, centroid in theirs.items():
        x = np.arange(two_theta - 8.0, two_theta + 8.0, 0.002)
        y = profile(x, two_theta, 0.1, axial)
        assert (x * y).sum() / y.sum() - two_theta == pytest.approx(centroid, rel=6e-3, abs=4e-5)


def test_the_size_of_the_divergence_scales_its_shift_with_the_square() -> None:
    assert rays_of(None).shape[0] == 0
    x = np.arange(32.0, 48.0, 0.002)
    kernels, table, rays = (
        load_kernels(),
        load_kernels().legendre_table(),
        rays_of(attrs.evolve(PATH, divergence_deg=None)),
    )
    shifts = []
    for scale in (1.0, 0.5):
        y = kernels.profile_area(x, 40.0, 0.01, 1e-9, scale * PATH.axial_divergence, *table, rays)
        shifts.append((x * y).sum() / y.sum() - 40.0)
    assert shifts[1] / shifts[0] == pytest.approx(0.25, rel=0.01)


def test_natural_lines_have_their_tops_where_the_sharp_ones_are() -> None:
    """K-alpha1 by construction; the published parts of K-alpha2 together have theirs 6 ppm below the published top."""
    lines = {line.name: line for line in radiation_of("Cu", has_line_shapes=True).lines}
    wave = np.arange(1.5395, 1.5460, 1e-7)
    for parts, top in ((("Ka1", "Ka12"), 1.5405929), (("Ka2", "Ka22"), 1.5444274 * (1 - 5.8e-6))):
        curve = sum(
            lines[p].weight
            / lines[p].width_angstrom
            / (1 + (2 * (wave - lines[p].wavelength_angstrom) / lines[p].width_angstrom) ** 2)
            for p in parts
        )
        assert wave[np.argmax(curve)] == pytest.approx(top, abs=1e-6)
    assert (lines["Ka2"].weight + lines["Ka22"].weight) / (1 + lines["Ka12"].weight) == pytest.approx(0.5)
    sharp = radiation_of("Cu", has_line_shapes=True).sharp_lines
    assert [line.wavelength_angstrom for line in sharp] == [1.5405929, 1.5444274]
    assert radiation_of("Cu").sharp_lines == radiation_of("Cu").lines
    assert sharp[1].weight == pytest.approx(0.5)
    assert radiation_of("Mo", has_line_shapes=True).lines == radiation_of("Mo").lines
    assert [line.name for line in radiation_of("Cu", has_line_shapes=True, is_ka1_only=True).lines] == ["Ka1", "Ka12"]


def test_the_fast_sum_keeps_every_tail_of_every_ray() -> None:
    x = np.arange(18.0, 150.0, 0.02)
    problem = Problem(x, [lab6()], LABORATORY, RefineOptions(), background_terms=1)
    problem.free(())
    fast, _ = problem.evaluate(np.zeros(0), with_slopes=False)
    values, kernels = problem.parameters.values, problem.kernels
    table = problem.peak_table(problem.phases[0], values)
    slow = np.zeros_like(x)
    for k in range(table.centre.size):
        slow += table.intensity[k] * kernels.profile_area(
            x + table.two_theta[k] - table.centre[k], table.two_theta[k], table.hg2[k], table.hl[k],
            values[problem.globals_at["axial"]], problem.nodes, problem.weights, problem.rays,
        )  # fmt: skip
    assert np.abs(fast - slow).max() < 5e-5 * slow.max()


def test_what_the_two_sides_do_cannot_be_said_by_one() -> None:
    """A noise-free pattern with a known beam: the path gives the cell back, one-sided divergence and sharp lines do not."""
    x = np.arange(18.0, 150.0, 0.02)
    problem = Problem(x, [lab6()], LABORATORY, RefineOptions(), background_terms=1)
    problem.parameters["displacement_m"] = -8e-5
    problem.parameters["transparency_deg"] = 0.004
    problem.free(())
    curve, _ = problem.evaluate(np.zeros(0), with_slopes=False)
    curve = curve * (1e5 / curve.max()) + 50.0
    pattern = Pattern(two_theta_deg=x, intensity=curve, std=np.sqrt(curve), use=np.ones(x.size, dtype=bool))
    options = RefineOptions(size_strain="none", background_terms=2)
    known = refine(pattern, [lab6()], attrs.evolve(LABORATORY, W=0.004, X=0.02), options=options)
    assert "transparency_deg" in known.names  # a known beam and angles beyond 120 deg
    assert known.phases[0].cell[0].value == pytest.approx(4.15678, rel=1e-6)
    assert dict(zip(known.names, known.values, strict=True))["transparency_deg"] == pytest.approx(0.004, abs=2e-4)
    one_sided = attrs.evolve(LABORATORY, radiation=radiation_of("Cu"), beam_path=None, W=0.004, X=0.02)
    plain = refine(pattern, [lab6()], one_sided, options=options)
    assert "transparency_deg" not in plain.names
    assert abs(plain.phases[0].cell[0].value / 4.15678 - 1) > 5e-6


@pytest.mark.parametrize(("transparency_deg", "is_strange"), [(0.002, False), (0.012, True)])
def test_a_transparency_that_absorption_does_not_make_is_said(transparency_deg: float, is_strange: bool) -> None:
    """LaB6 absorbs 1.1e5 per metre: 0.0012 deg when dense, 0.004 deg at 30 % of its volume."""
    x = np.arange(18.0, 150.0, 0.02)
    problem = Problem(x, [lab6()], LABORATORY, RefineOptions(), background_terms=1)
    problem.parameters["transparency_deg"] = transparency_deg
    problem.free(())
    curve, _ = problem.evaluate(np.zeros(0), with_slopes=False)
    counts = np.random.default_rng(2).poisson(curve * (5e4 / curve.max()) + 50.0).astype(float)
    scan = DiffractionScan(
        name="simulated", origin=Origin(path="simulated", sha256="", format=""), two_theta_deg=x, intensity=counts, std=np.sqrt(counts),
        use=np.ones(x.size, dtype=bool), stated=StatedBeam(path=PATH, radius_m=PATH.radius_m),
    )  # fmt: skip
    settings = DiffractionSettings(phases=("lab6",), radiation="Cu Ka", size_strain="none")
    result = CARD.analyse((scan,), Inputs(sample=Sample(name="A"), settings=settings))
    assert isinstance(result, DiffractionResult)
    said = [finding for finding in result.findings if finding.code == "transparency-not-absorption"]
    assert bool(said) is is_strange
    assert any(fact.name == "beam path" and "Soller before 6.776°" in fact.value for fact in result.lineage.facts)
    assert decoded(encoded(result)).patterns[0].refinement.instrument.beam_path == PATH


def test_a_profile_as_settings_keeps_its_beam_path() -> None:
    tomllib = pytest.importorskip("tomllib", reason="Python 3.11 reads TOML by itself")
    found = attrs.evolve(LABORATORY, axial_divergence=0.02, source="lab6 in a.xrdml")
    written = tomllib.loads(settings_text(found))["diffraction"]
    settings = DiffractionSettings(**written, goniometer_radius_m=0.2175)
    assert settings.instrument is not None
    assert settings.instrument.axial_divergence == 0.02
    assert settings.beam_path is not None
    assert BeamPath(radius_m=0.2175, **settings.beam_path.model_dump()) == PATH
    assert "beam_path" not in settings_text(attrs.evolve(found, beam_path=None))


def test_a_header_that_states_all_lengths_gives_the_path_and_one_that_does_not_gives_none() -> None:
    header = {
        "pd_instr_dist_spec/detc": "217.5", "pd_instr_source_size_ax": "12", "pd_instr_beam_size_ax": "15",
        "pd_instr_divg_ax_src/spec": "6.776", "pd_instr_divg_ax_spec/detc": "6.776", "pd_instr_divg_eq_mono/spec": "1.05",
    }  # fmt: skip
    stated = stated_beam(header)
    assert stated.radius_m == pytest.approx(0.2175)
    assert stated.path == attrs.evolve(PATH, slit_length_m=None, source="the file")
    assert stated_beam({**header, "pd_instr_slit_ax_spec/detc": "12"}).path == attrs.evolve(PATH, source="the file")
    for left_out in list(header)[:-1]:
        assert stated_beam({k: v for k, v in header.items() if k != left_out}).path is None
    no_divergence = stated_beam({k: v for k, v in header.items() if "divg_eq" not in k}).path
    assert no_divergence is not None
    assert no_divergence.divergence_deg is None


def test_a_slit_that_is_not_stated_is_as_long_as_the_sample() -> None:
    assert attrs.evolve(PATH, slit_length_m=None).mean_squares == attrs.evolve(PATH, slit_length_m=0.015).mean_squares


@pytest.mark.parametrize("wrong", [{"radius_m": 0.0}, {"source_length_m": -1e-3}, {"soller_incident_deg": 0.0}])
def test_lengths_and_openings_are_positive(wrong: dict[str, float]) -> None:
    with pytest.raises(ValueError, match="> 0"):
        attrs.evolve(PATH, **wrong)
