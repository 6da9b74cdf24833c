"""The profile has area one, its tails are whole, and no cut moves a cell."""

from __future__ import annotations

import numpy as np
import pytest

from pelletry.techniques.diffraction.model.beam_path import NO_RAYS
from pelletry.techniques.diffraction.model.data import Pattern
from pelletry.techniques.diffraction.model.gemmi_door import load_kernels
from pelletry.techniques.diffraction.model.instrument import Instrument
from pelletry.techniques.diffraction.model.options import RefineOptions
from pelletry.techniques.diffraction.model.problem import Problem
from pelletry.techniques.diffraction.model.radiation import radiation_of
from pelletry.techniques.diffraction.model.refine import refine
from pelletry.techniques.diffraction.model.structure import Structure, structure_from_cif

pytest.importorskip("gemmi")
pytest.importorskip("numba")

INSTRUMENT = Instrument(
    radiation=radiation_of("Cu"), radius_m=0.2, U=0.01, V=-0.005, W=0.006, X=0.03, Y=0.05, axial_divergence=0.025
)


def fluorite() -> Structure:
    return structure_from_cif(
        "data_x\n_cell_length_a 5.4631\n_cell_length_b 5.4631\n_cell_length_c 5.4631\n_cell_angle_alpha 90\n_cell_angle_beta 90\n"
        "_cell_angle_gamma 90\n_symmetry_space_group_name_H-M 'F m -3 m'\nloop_\n_atom_site_label\n_atom_site_type_symbol\n"
        "_atom_site_fract_x\n_atom_site_fract_y\n_atom_site_fract_z\n_atom_site_B_iso_or_equiv\nCa Ca 0 0 0 0.5\n"
        "F F 0.25 0.25 0.25 0.7\n",
        name="fluorite",
    )


def profile(x: np.ndarray, two_theta: float, hg2: float, hl: float, s: float) -> np.ndarray:
    kernels = load_kernels()
    return kernels.profile_area(x, two_theta, hg2, hl, s, *kernels.legendre_table(), NO_RAYS)


@pytest.mark.parametrize("two_theta", [8.0, 20.0, 60.0, 90.0, 140.0])
@pytest.mark.parametrize("axial", [0.0, 0.01, 0.04])
def test_area_is_one(two_theta: float, axial: float) -> None:
    # Gaussian only, so that all of the area lies within the window.
    x = np.arange(two_theta - 4.0, two_theta + 4.0, 0.002)
    assert np.sum(profile(x, two_theta, 0.08**2, 1e-9, axial)) * 0.002 == pytest.approx(1.0, abs=1e-6)


def test_without_asymmetry_it_is_thompson_cox_hastings() -> None:
    x = np.linspace(39.0, 41.0, 401)
    hg, hl = 0.08, 0.05
    h = (
        hg**5 + 2.69269 * hg**4 * hl + 2.42843 * hg**3 * hl**2 + 4.47163 * hg**2 * hl**3 + 0.07842 * hg * hl**4 + hl**5
    ) ** 0.2
    q = hl / h
    eta = 1.36603 * q - 0.47719 * q**2 + 0.11116 * q**3
    lorentz = h / (2 * np.pi) / ((x - 40) ** 2 + h**2 / 4)
    gauss = np.sqrt(4 * np.log(2) / np.pi) / h * np.exp(-4 * np.log(2) * ((x - 40) / h) ** 2)
    assert profile(x, 40.0, hg**2, hl, 0.0) == pytest.approx(eta * lorentz + (1 - eta) * gauss, rel=1e-12)


def test_asymmetry_is_the_integral_of_finger_cox_and_jephcoat() -> None:
    """Against brute force over the detector angle with the published weights, S/L = H/L."""
    two_theta, s, hg = 12.0, 0.03, 0.06
    x = np.linspace(11.2, 12.4, 200)
    theta = np.radians(two_theta)
    # Midpoints in h/L, uniform and fine: dphi = h cos^2(2theta) / (cos sin) dh carries the Jacobian.
    t = (np.arange(20000) + 0.5) / 20000 * 2 * s
    phi = np.arccos(np.cos(theta) * np.sqrt(1 + t**2))
    density = (2 * s - t) / (t * np.cos(phi))  # D(2phi) with W = H + S - h, up to a factor
    weight = density * t * np.cos(theta) ** 2 / (np.cos(phi) * np.sin(phi))
    weight /= weight.sum()
    gauss = np.sqrt(4 * np.log(2) / np.pi) / hg
    brute = [np.sum(weight * gauss * np.exp(-4 * np.log(2) * ((v - np.degrees(phi)) / hg) ** 2)) for v in x]
    assert profile(x, two_theta, hg**2, 1e-9, s) == pytest.approx(brute, abs=2e-5 * max(brute))


def direct_sum(problem: Problem) -> np.ndarray:
    """Every peak on every point, by the definition."""
    values = problem.parameters.values
    total = np.zeros_like(problem.x)
    axial = values[problem.globals_at["axial"]]
    for phase in problem.phases:
        table = problem.peak_table(phase, values)
        for k in range(table.centre.size):
            shift = table.two_theta[k] - table.centre[k]
            total += table.intensity[k] * profile(
                problem.x + shift, table.two_theta[k], table.hg2[k], table.hl[k], axial
            )
    return total


def test_the_fast_sum_keeps_every_tail() -> None:
    x = np.arange(10.0, 130.0, 0.02)
    problem = Problem(x, [fluorite()], INSTRUMENT, RefineOptions(), background_terms=1)
    problem.parameters["displacement_m"] = 1e-4
    problem.free(())
    fast, _ = problem.evaluate(np.zeros(0), with_slopes=False)
    slow = direct_sum(problem)
    assert np.abs(fast - slow).max() < 2e-5 * slow.max()
    # Far from all peaks only tails are left; three nodes in a cell four cells away err by (1/8)^3 of a tail.
    far = slow < 3e-3 * slow.max()
    assert np.count_nonzero(far) > 1000
    assert np.abs(fast[far] / slow[far] - 1.0).max() < 2 / 8**3


def test_nothing_is_cut_so_no_cell_moves() -> None:
    """Truth by direct summation, without noise, strong peaks on a low background: the fast fit returns the cell."""
    x = np.arange(15.0, 125.0, 0.02)
    problem = Problem(x, [fluorite()], INSTRUMENT, RefineOptions(), background_terms=1)
    slow = direct_sum(problem)
    curve = slow * (1e5 / slow.max()) + 50.0
    pattern = Pattern(two_theta_deg=x, intensity=curve, std=np.sqrt(curve), use=np.ones(x.size, dtype=bool))
    found = refine(pattern, [fluorite()], INSTRUMENT, options=RefineOptions(size_strain="none", background_terms=3))
    cell = found.phases[0].cell[0]
    assert cell.std is not None
    assert abs(cell.value - 5.4631) < 0.1 * cell.std
    assert found.rwp < 2e-4


def test_gaps_between_ranges_change_nothing_elsewhere() -> None:
    x = np.arange(20.0, 120.0, 0.02)
    kept = (x < 40.0) | (x > 55.0)
    whole = Problem(x, [fluorite()], INSTRUMENT, RefineOptions(), background_terms=1)
    parts = Problem(x[kept], [fluorite()], INSTRUMENT, RefineOptions(), background_terms=1)
    for problem in (whole, parts):
        problem.free(())
    one = whole.evaluate(np.zeros(0), with_slopes=False)[0][kept]
    other = parts.evaluate(np.zeros(0), with_slopes=False)[0]
    assert other == pytest.approx(one, abs=1e-5 * one.max())
