"""Line shapes: unit area, half height, derivatives, and CasaXPS' own curves point by point."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.integrate import quad
from scipy.special import voigt_profile

from pelletry.techniques.xps.model.shapes import (
    SHAPES,
    doniach_sunjic,
    fwhm_of_shape,
    gl,
    gl_height,
    sgl,
    sgl_height,
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


@pytest.mark.parametrize("name", SHAPES)
@pytest.mark.parametrize("parameter", [0, 1, 2])
def test_derivatives_are_those_of_the_profile(name, parameter):
    shape = SHAPES[name]
    values = [POSITION, FIRST, np.array([0.7]) if name == "voigt" else SECOND]
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


@pytest.mark.parametrize(
    ("text", "shape", "percent"),
    [("SGL(30)", "sgl", 30.0), ("GL(70)", "gl", 70.0), ("LA(1.4,1.7,100)", "", None), ("GL(130)", "", None)],
)
def test_only_shapes_that_can_be_reproduced_are_recognised(text, shape, percent):
    found = shape_of_text(text)
    assert (found.shape, found.mixing_percent, found.text) == (shape, percent, text)
