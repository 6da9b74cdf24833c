"""The short list of units agrees with pint, entry by entry."""

from __future__ import annotations

import pytest

from pelletry.core.units import COMMON_UNITS, UnitError, parse_quantity

_AS_PINT_SPELLS = {
    "m2": "m**2",
    "cm2": "cm**2",
    "mm2": "mm**2",
    "g/cm3": "g/cm**3",
    "kg/m3": "kg/m**3",
}


@pytest.mark.parametrize(("written", "house"), COMMON_UNITS)
def test_a_common_unit_converts_as_pint_does(written, house):
    import pint

    registry = pint.UnitRegistry()
    source = registry.Unit(_AS_PINT_SPELLS.get(written, written))
    goal = registry.Unit(_AS_PINT_SPELLS.get(house, house))
    for value in (0.0, 0.465, 2.94, 25.4, 1200.0):
        found = parse_quantity(f"{value}(3) {written}", unit=house)
        assert found.value == pytest.approx(registry.Quantity(value, source).to(goal).magnitude, rel=1e-14, abs=1e-300)
    factor, _ = COMMON_UNITS[written, house]
    assert parse_quantity(f"2.00(5) {written}", unit=house).std == pytest.approx(0.05 * factor, rel=1e-14)


@pytest.mark.parametrize("text", ["450 °C", "450 ℃", "450 degC"])
def test_degrees_are_kelvin_in_every_spelling(text):
    assert parse_quantity(text, unit="K").value == 723.15


@pytest.mark.parametrize(("text", "unit"), [("2 mm", "kg"), ("2 h", "m"), ("2 furlongs per fortnight", "K")])
def test_a_unit_of_another_dimension_is_still_refused(text, unit):
    with pytest.raises(UnitError, match=r"cannot be read as|not understood"):
        parse_quantity(text, unit=unit)
