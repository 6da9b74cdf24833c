"""Line shapes: unit area, half height, derivatives, and CasaXPS' own curves point by point."""

from __future__ import annotations

import json

import numpy as np
import pytest
from scipy.integrate import quad
from scipy.optimize import least_squares
from scipy.special import voigt_profile

from pelletry.techniques.xps.model.asymmetric import height_before_broadening
from pelletry.techniques.xps.model.shapes import (
    SHAPES,
    doniach_sunjic,
    fwhm_of_shape,
    gl,
    gl_height,
    sgl,
    sgl_height,
    shape_function,
    shape_of_text,
    voigt,
    voigt_fwhm,
)

POSITION, FIRST, SECOND = np.array([0.3]), np.array([1.1]), np.array([30.0])
ENERGY = np.linspace(-6.0, 6.0, 121)


@pytest.mark.parametrize("percent", [0.0, 5.0, 30.0, 99.0, 100.0])
@pytest.mark.parametrize("shape", [sgl, gl])
def test_areas_of_both_mixed_shapes_are_one(shape, percent):
    def profile(x):
        return float(shape(np.array([x]), POSITION, FIRST, np.array([percent]))[0][0, 0])

    reach = 4000.0
    area = (
        quad(profile, -reach, 0.3, limit=400, points=[-5, -1])[0]
        + quad(profile, 0.3, reach, limit=400, points=[1, 5])[0]
    )
    tail = percent / 100.0 * FIRST[0] / (np.pi * reach) if shape is sgl else 0.0
    assert area == pytest.approx(1.0, abs=2e-3 if percent else 1e-7)
    assert area <= 1.0 + 1e-6
    assert tail < 1e-3


def test_the_voigt_line_is_scipys_with_half_the_lorentzian_width():
    ours = voigt(ENERGY, POSITION, FIRST, np.array([0.7]))[0][0]
    theirs = voigt_profile(ENERGY - 0.3, 1.1 / np.sqrt(8 * np.log(2)), 0.35)
    assert ours == pytest.approx(theirs, rel=1e-12)


def test_the_width_of_a_voigt_line_is_that_of_its_curve():
    x = np.linspace(-4, 4, 80001)
    curve = voigt_profile(x, 1.1 / np.sqrt(8 * np.log(2)), 0.35)
    measured = np.ptp(x[curve >= curve.max() / 2])
    assert voigt_fwhm(1.1, 0.7) == pytest.approx(measured, rel=3e-4)


@pytest.mark.parametrize("name", [*SHAPES, "la(1.4,2.5)", "lf(0.54,10,18)", "ds(0.1)"])
@pytest.mark.parametrize("parameter", [0, 1, 2])
def test_derivatives_are_those_of_the_profile(name, parameter):
    shape = shape_function(name)
    values = [POSITION, FIRST, np.array([0.7]) if name == "voigt" or "(" in name else SECOND]
    step = 1e-5
    up, down = list(values), list(values)
    up[parameter], down[parameter] = values[parameter] + step, values[parameter] - step
    numeric = (shape(ENERGY, *up)[0] - shape(ENERGY, *down)[0]) / (2 * step)
    analytic = shape(ENERGY, *values)[1][parameter]
    assert analytic == pytest.approx(numeric, abs=2e-4 * np.abs(numeric).max())


def test_sum_and_product_agree_only_at_their_ends():
    x = np.linspace(-3, 3, 61)
    for percent, largest in ((0.0, 1e-12), (100.0, 1e-12)):
        difference = sgl_height(x, fwhm_eV=1.0, mixing_percent=percent) - gl_height(
            x, fwhm_eV=1.0, mixing_percent=percent
        )
        assert np.abs(difference).max() < largest
    middle = sgl_height(x, fwhm_eV=1.0, mixing_percent=30.0) - gl_height(x, fwhm_eV=1.0, mixing_percent=30.0)
    assert np.abs(middle).max() > 0.01


def test_half_height_of_a_sum_lies_at_half_its_width_and_that_of_a_product_does_not():
    assert sgl_height(np.array([0.5]), fwhm_eV=1.0, mixing_percent=30.0)[0] == pytest.approx(0.5, abs=1e-15)
    assert abs(gl_height(np.array([0.5]), fwhm_eV=1.0, mixing_percent=30.0)[0] - 0.5) > 0.01
    assert fwhm_of_shape("gl", 1.0, 0.0) == pytest.approx(1.0, abs=2e-3)


@pytest.mark.parametrize(("position", "fwhm"), [(716.0, 8.0), (729.88788, 7.8295407)])
def test_casaxps_sum_components_come_back_and_its_product_does_not(casaxps_curves, position, fwhm):
    """CasaXPS draws a component through points F/40 apart with straight lines between; at those points it is the formula."""
    curve = casaxps_curves["sgl"][position]
    x = casaxps_curves["energy"] - position
    drawn_at = np.arange(-1600, 1601) * fwhm / 40.0

    def error(height, points):
        shape = height(x, fwhm_eV=fwhm, mixing_percent=30.0)
        if points is not None:
            shape = np.interp(x, points, height(points, fwhm_eV=fwhm, mixing_percent=30.0))
        return np.abs(curve - (shape @ curve) / (shape @ shape) * shape).max() / curve.max()

    assert error(sgl_height, drawn_at) < 1e-5
    assert error(sgl_height, None) < 5e-4  # the straight pieces cut the top
    assert error(gl_height, drawn_at) > 2e-2


def test_an_asymmetric_line_has_its_tail_at_higher_binding_energy():
    energy = np.linspace(-10, 10, 2001)
    curve = doniach_sunjic(energy, np.array([0.0]), np.array([1.0]), np.array([15.0]))[0][0]
    assert curve[energy > 4].sum() > 2 * curve[energy < -4].sum()
    symmetric = doniach_sunjic(energy, np.array([0.0]), np.array([1.0]), np.array([0.0]))[0][0]
    lorentz = 1 / (1 + 4 * energy**2)
    assert symmetric / symmetric.max() == pytest.approx(lorentz, abs=1e-9)


def test_an_asymmetric_line_of_two_equal_powers_of_one_is_a_voigt_line():
    ours = shape_function("la(1,1)")(ENERGY, POSITION, FIRST, np.array([0.7]))[0][0]
    theirs = voigt_profile(ENERGY - 0.3, 1.1 / np.sqrt(8 * np.log(2)), 0.35)
    within = quad(lambda x: voigt_profile(x, 1.1 / np.sqrt(8 * np.log(2)), 0.35), -20, 20, limit=400, points=[-1, 1])[0]
    assert ours == pytest.approx(theirs / within, rel=2e-4)


def test_an_undamped_line_is_a_damped_one_whose_tail_never_ends():
    values = (ENERGY, POSITION, FIRST, np.array([0.7]))
    undamped, damped = shape_function("la(1.4,2.5)")(*values)[0], shape_function("lf(1.4,2.5,1e6)")(*values)[0]
    assert damped == pytest.approx(undamped, rel=1e-9)


@pytest.mark.parametrize("name", ["la(0.7,2.5)", "lf(0.54,10,6)", "ds(0.15)"])
def test_asymmetric_lines_are_the_integral_of_their_formula_with_the_gaussian(name):
    """By adaptive quadrature, which shares nothing with the Fourier space of the program."""
    gauss, lorentz = 0.9, 0.6
    sigma = gauss / np.sqrt(8 * np.log(2))

    def height(x):
        if name.startswith("ds"):
            a, half = 0.15, lorentz / 2
            return np.cos(np.pi * a / 2 - (1 - a) * np.arctan(x / half)) / (half**2 + x**2) ** ((1 - a) / 2)
        above, below, damped = (0.7, 2.5, 1e9) if name.startswith("la") else (0.54, 10.0, 6.0)
        line = 1 / (1 + (2 * x / lorentz) ** 2)
        return line**above * np.exp(-((x / damped) ** 2)) if x > 0 else line**below

    def broadened(at):
        def inside(t):
            return height(at - t) * np.exp(-0.5 * (t / sigma) ** 2)

        return quad(inside, -6 * sigma, 6 * sigma, points=[at], limit=200)[0] if abs(at) < 6 * sigma else quad(
            inside, -6 * sigma, 6 * sigma, limit=200
        )[0]  # fmt: skip

    energies = np.array([-1.2, -0.4, 0.0, 0.3, 1.0, 3.0, 8.0])
    ours = shape_function(name)(energies, np.array([0.0]), np.array([gauss]), np.array([lorentz]))[0][0]
    theirs = np.array([broadened(at) for at in energies])
    assert ours / ours[2] == pytest.approx(theirs / theirs[2], rel=3e-4)


@pytest.mark.parametrize("alpha", [0.05, 0.2, 0.4])
def test_an_unbroadened_line_of_doniach_and_sunjic_is_highest_where_its_formula_says(alpha):
    """The derivative of the formula is zero at (F/2) cot(pi/(2 - alpha)) on the scale that grows to lower binding energy."""
    energy = np.linspace(-2, 2, 40001)
    width = 1.0
    curve = doniach_sunjic(energy, np.array([0.0]), np.array([width]), np.array([100 * alpha]))[0][0]
    assert energy[np.argmax(curve)] == pytest.approx(-0.5 * width / np.tan(np.pi / (2 - alpha)), abs=2e-4)


@pytest.mark.parametrize(("position", "fwhm"), [(709.04687, 3.8576238), (722.12766, 4.8730051)])
def test_casaxps_lf_lines_come_within_a_quarter_of_a_percent(casaxps_curves, position, fwhm):
    """LF(0.54,10,80,100,6): both powers are CasaXPS'; Gaussian, Lorentzian, damping and a small move were fitted once and hold for both lines."""
    energy, curve = casaxps_curves["energy"], casaxps_curves["lf"][position]
    inside = (energy > 699.9) & (energy < 749.0) & np.isfinite(curve)
    at = np.array([position - 0.0036 * fwhm])
    shape = shape_function(f"lf(0.54,10,{5.11 * fwhm:.4f})")
    line = shape(energy[inside], at, np.array([0.8052 * fwhm]), np.array([0.5177 * fwhm]))[0][0]
    wanted = curve[inside]
    error = np.abs(wanted - (line @ wanted) / (line @ line) * line).max() / wanted.max()
    assert error < 2.5e-3
    other = shape_function("la(0.54,10)")(energy[inside], at, np.array([0.8052 * fwhm]), np.array([0.5177 * fwhm]))[0][
        0
    ]
    assert np.abs(wanted - (other @ wanted) / (other @ other) * other).max() / wanted.max() > 1e-2


@pytest.mark.parametrize("name", ["Pt4f7/2 p1", "Pt4f5/2 p2"])
def test_la_lines_that_another_program_drew_are_our_formula(raw_data, name):
    """KherveFitting stored its LA curves point by point, without a Gaussian; it rounds both powers to a hundredth."""
    path = raw_data("xps_vamas", "gkerherve+KherveFitting", "Pt4f.json")
    level = json.loads(path.read_text(encoding="utf-8"))["Core levels"]["Pt4f"]
    peak = level["Fitting"]["Peaks"][name]
    energy, theirs = np.array(level["B.E."]), np.array(peak["y_values"])
    powers = peak["Sigma"], peak["Gamma"]

    def off(above, below):
        height = height_before_broadening(f"la({above},{below})")
        found = least_squares(
            lambda at: at[2] * height(energy - at[0], np.array([[at[1]]]))[0] - theirs / theirs.max(),
            [peak["Position"], 1.0, 1.0],
        )
        return float(np.abs(found.fun).max()), float(found.x[1]), float(found.x[0])

    error, width, position = off(*powers)
    assert error < 1e-3
    assert position == pytest.approx(peak["Position"], abs=0.006)
    halves = [0.5 * width * np.sqrt(2 ** (1 / power) - 1) for power in powers]
    assert sum(halves) == pytest.approx(peak["FWHM"], abs=0.006)
    assert off(*reversed(powers))[0] > 0.2


@pytest.mark.parametrize("name", ["la(1.4)", "lf(1,2)", "ds()", "pearson(2)"])
def test_names_of_shapes_that_do_not_exist_are_refused(name):
    with pytest.raises(ValueError, match="is no line shape"):
        shape_function(name)


@pytest.mark.parametrize(
    ("text", "shape", "percent"),
    [("SGL(30)", "sgl", 30.0), ("GL(70)", "gl", 70.0), ("LA(1.4,1.7,100)", "", None), ("GL(130)", "", None)],
)
def test_only_shapes_that_can_be_reproduced_are_recognised(text, shape, percent):
    found = shape_of_text(text)
    assert (found.shape, found.mixing_percent, found.text) == (shape, percent, text)
