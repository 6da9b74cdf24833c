"""Units at the doors."""

from __future__ import annotations

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pelletry.core.quantity import Estimate
from pelletry.core.units import DISPLAY, UNIT_OF_SUFFIX, UnitError, displayed, parse_quantity, unit_of_field


@pytest.mark.parametrize(
    ("text", "unit", "value", "std"),
    [
        ("0.465(3) mm", "m", 0.465e-3, 3e-6),
        ("8.70 ± 0.05 mm", "m", 8.70e-3, 5e-5),
        ("8.70 +/- 0.05 mm", "m", 8.70e-3, 5e-5),
        ("450 °C", "K", 723.15, None),
        ("25 ± 1 °C", "K", 298.15, 1.0),
        ("-40 °C", "K", 233.15, None),
        ("2.931 g/cm3", "kg/m3", 2931.0, None),
        ("2.931 g cm-3", "kg/m3", 2931.0, None),
        ("2.931 g/cm^3", "kg/m3", 2931.0, None),
        ("0.594 cm2", "m2", 0.594e-4, None),
        ("2 h", "s", 7200.0, None),
        ("2.5 K/min", "K/s", 2.5 / 60, None),
        ("81.2(1) mg", "kg", 81.2e-6, 0.1e-6),
        ("460 µm", "m", 460e-6, None),
        ("4.60(2)e-4 m", "m", 4.60e-4, 2e-6),
    ],
)
def test_what_people_write_becomes_house_units(text: str, unit: str, value: float, std: float | None) -> None:
    read = parse_quantity(text, unit=unit)
    assert read.unit == unit
    assert read.value == pytest.approx(value, rel=1e-12)
    assert read.std == (None if std is None else pytest.approx(std, rel=1e-9))


@pytest.mark.parametrize(
    ("text", "unit", "says"),
    [
        ("450", "K", "has no unit"),
        ("0,465 mm", "m", "decimal comma"),
        ("0.465 g", "m", "cannot be read as m"),
        ("about 5 mm", "m", "is not a number with a unit"),
        ("5 furlongz", "m", "cannot be read as m"),
        ("", "m", "is not a number with a unit"),
        ("5 __import__('os')", "m", "unit"),
        ("0.2802 g1", "kg", "a digit too many"),
        ("0.2802 g^1", "kg", "a digit too many"),
        ("10 mm 1", "m", "a digit too many"),
        ("5 \x1b[31mmm", "m", r"\\x1b"),
    ],
)
def test_what_cannot_be_read_is_refused_with_place_and_example(text: str, unit: str, says: str) -> None:
    with pytest.raises(UnitError, match=says) as caught:
        parse_quantity(text, unit=unit, where="samples.csv:3: thickness")
    assert "samples.csv:3: thickness" in str(caught.value)
    assert "expected a number with a unit" in str(caught.value)
    assert "\x1b" not in str(caught.value)


@given(st.text(max_size=40))
def test_no_text_raises_anything_but_a_unit_error(text: str) -> None:
    with contextlib.suppress(UnitError):
        parse_quantity(text, unit="m")


def test_every_display_entry_starts_from_a_house_unit() -> None:
    assert {unit for unit, _ in DISPLAY} <= set(UNIT_OF_SUFFIX.values())


def test_the_longest_ending_names_the_unit() -> None:
    assert unit_of_field("density_kg_per_m3") == "kg/m3"
    assert unit_of_field("resistance_ohm_m2") == "ohm m2"
    assert unit_of_field("label") is None


def test_conductivity_is_shown_in_siemens_per_centimetre() -> None:
    shown = displayed(Estimate(value=0.0877, std=0.001, unit="S/m", method="fit"))
    assert (shown.unit, shown.value, shown.std) == ("S/cm", pytest.approx(8.77e-4), pytest.approx(1e-5))


def test_a_temperature_is_shown_in_degrees_and_its_uncertainty_stays() -> None:
    shown = displayed(Estimate(value=298.15, std=1.0, unit="K", method="read"))
    assert (shown.unit, shown.value, shown.std) == ("°C", pytest.approx(25.0), 1.0)
