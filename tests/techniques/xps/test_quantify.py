"""Numbers made of areas: closed forms, laws, and the worked examples of the field."""

from __future__ import annotations

import math

import pytest

from pelletry.techniques.xps.model.average import Ratio
from pelletry.techniques.xps.model.quantify import (
    OPEN_RATIO,
    Signal,
    atomic_fractions,
    bond_length_from_difference,
    coverage_of_islands,
    difference_from_bond_length,
    layer_thickness,
    ratio_with_standard,
    scaled_ratio,
)


@pytest.mark.parametrize(("intensities", "thickness"), [(1.0, 0.73), (3.0, 1.44), (10.0, 2.46)])
def test_thickness_of_a_layer_in_escape_depths(intensities, thickness):
    found = layer_thickness(
        ratio=(intensities, 0.0), escape_depth_m=1.0, escape_depth_std_m=None,
        emission_angle_deg=0.0, density_ratio=1.067,
    )  # fmt: skip
    assert found.value == pytest.approx(thickness, abs=0.005)
    assert "escape depth taken as exact" in found.method


def test_a_layer_that_was_put_on_by_beers_law_comes_back_at_every_angle():
    depth, thickness, density = 2.5e-9, 1.8e-9, 1.3
    for angle in (0.0, 30.0, 60.0):
        reach = depth * math.cos(math.radians(angle))
        top = (1 - math.exp(-thickness / reach)) / density
        bottom = math.exp(-thickness / reach)
        found = layer_thickness(
            ratio=(top / bottom, 0.0), escape_depth_m=depth, escape_depth_std_m=0.25e-9,
            emission_angle_deg=angle, density_ratio=density,
        )  # fmt: skip
        assert found.value == pytest.approx(thickness, rel=1e-12)
        assert found.std == pytest.approx(0.1 * thickness, rel=1e-9)  # ten percent of the escape depth


def test_error_of_a_thickness_follows_from_the_areas():
    def at(layer):
        return layer_thickness(
            ratio=(layer, 0.2), escape_depth_m=1.0, escape_depth_std_m=None,
            emission_angle_deg=0.0, density_ratio=1.0,
        )  # fmt: skip

    slope = (at(3.001).value - at(2.999).value) / 0.002
    assert at(3.0).std == pytest.approx(0.2 * slope, rel=1e-5)


def test_islands_give_the_coverage_that_was_put_in():
    found = coverage_of_islands(ratio=(0.3 / 1.2 / 0.7, 0.01), density_ratio=1.2)
    assert found.value == pytest.approx(0.3)


def test_the_phosphate_line_is_the_published_one():
    assert difference_from_bond_length(1.53) == pytest.approx(397.9, abs=0.05)
    assert bond_length_from_difference(difference_from_bond_length(1.54)) == pytest.approx(1.54, rel=1e-12)


def test_atomic_fractions_divide_by_each_factor_once():
    oxygen = Signal(
        level="O 1s", strength=12.0 * 2.93 * 0.9 * 0.8, strength_std=0.0, sensitivity_factor=2.93,
        transmission_relative=0.9, escape_depth_relative=0.8,
    )  # fmt: skip
    phosphorus = Signal(level="P 2p", strength=3.0 * 1.192, strength_std=0.0, sensitivity_factor=1.192)
    zirconium = Signal(level="Zr 3d", strength=2.0 * 7.04, strength_std=0.0, sensitivity_factor=7.04)
    values = [x.value for x in atomic_fractions([oxygen, phosphorus, zirconium])]
    assert values == pytest.approx([12 / 17, 3 / 17, 2 / 17])


def test_errors_of_fractions_follow_from_those_of_the_areas():
    first = Signal(level="O 1s", strength=1.0, strength_std=0.1, sensitivity_factor=1.0)
    second = Signal(level="P 2p", strength=1.0, strength_std=0.0, sensitivity_factor=1.0)
    assert [x.std for x in atomic_fractions([first, second])] == pytest.approx([0.025, 0.025])


def one(ratio, std, weight=1.0):
    return (Ratio(weight=weight, ratio=ratio, ratio_std=std),)


def test_a_standard_gives_its_own_ratio_back():
    found = ratio_with_standard(one(0.03, 0.001), one(0.03, 0.001), known=0.5)
    assert found.value == pytest.approx(0.5, rel=2e-3)
    assert found.interval_95[0] < 0.5 < found.interval_95[1]


def test_the_sensitivity_cancels_in_a_ratio_with_a_standard():
    true, sensitivity = 4.0, 0.155 / 2.6
    found = ratio_with_standard(one(true * sensitivity, 1e-6), one(0.5 * sensitivity, 1e-6), known=0.5)
    assert found.value == pytest.approx(true, rel=1e-3)


def test_what_a_background_does_to_both_spectra_cancels():
    sample = (*one(0.30, 1e-4), *one(0.60, 1e-4))
    standard = (*one(0.03, 1e-5), *one(0.06, 1e-5))
    found = ratio_with_standard(sample, standard, known=0.5)
    assert found.value == pytest.approx(5.0, rel=1e-3)
    assert found.interval_95 == pytest.approx((5.0, 5.0), rel=2e-3)


def test_interval_of_a_ratio_is_that_of_fieller():
    """Independent closed form for a ratio of two normal variables (Fieller's theorem)."""
    (a, sa), (b, sb) = (3.0, 0.2), (10.0, 0.9)
    g = (1.959964 * sb / b) ** 2
    middle = a / b / (1 - g)
    half = 1.959964 / b / (1 - g) * math.sqrt(sa**2 + (a / b) ** 2 * sb**2 - g * sa**2)
    found = ratio_with_standard(one(a, sa), one(b, sb), known=1.0)
    assert found.interval_95 == pytest.approx((middle - half, middle + half), rel=0.02)


def test_a_standard_without_lithium_leaves_the_ratio_open_upwards():
    found = ratio_with_standard(one(1.0, 0.1), one(0.05, 0.08), known=0.5)
    assert found.interval_95[1] == OPEN_RATIO


def test_spectra_that_no_background_fits_give_no_ratio():
    with pytest.raises(ValueError, match="no background and window"):
        ratio_with_standard(one(1.0, 0.1, weight=0.0), one(1.0, 0.1), known=0.5)


def test_a_scaled_ratio_is_never_negative():
    found = scaled_ratio((0.1, 0.2), factor=6.46, method="")
    assert found.interval_95 == pytest.approx((0.0, 6.46 * (0.1 + 1.96 * 0.2)))
