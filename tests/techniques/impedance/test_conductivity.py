import math

import numpy as np
import pytest

from pelletry.core.errors import MeasurementError
from pelletry.core.quantity import Estimate
from pelletry.techniques.impedance.model import conductivity as c


def mm(value, std):
    return Estimate(value=value * 1e-3, std=None if std is None else std * 1e-3, unit="m", method="calliper")


def test_conductivity_by_hand():
    # 145 ohm, 0.46 mm, 8.7 mm electrodes: 5.34e-4 S/cm
    area = math.pi * 4.35e-3**2
    sigma = c.conductivity_from_resistance(resistance_ohm=145.0, thickness_m=0.46e-3, area_m2=area)
    assert sigma == pytest.approx(5.337e-2, rel=1e-3)


def test_twice_the_thickness_at_equal_resistance_doubles_the_conductivity():
    one = c.conductivity_from_resistance(resistance_ohm=145.0, thickness_m=0.46e-3, area_m2=6e-5)
    two = c.conductivity_from_resistance(resistance_ohm=145.0, thickness_m=0.92e-3, area_m2=6e-5)
    assert two == pytest.approx(2 * one)


def test_zero_thickness_is_refused_in_words():
    with pytest.raises(MeasurementError, match="positive resistance, thickness and area"):
        c.conductivity_from_resistance(resistance_ohm=145.0, thickness_m=0.0, area_m2=6e-5)


@pytest.mark.parametrize("convention", ["ln(sigma T)", "ln(sigma)"])
def test_change_per_kelvin_is_the_derivative_of_the_law(convention):
    def log_sigma(t):
        return -0.35 / (8.617333262e-5 * t) - (math.log(t) if convention == "ln(sigma T)" else 0.0)

    numeric = (log_sigma(298.65) - log_sigma(297.65)) / 1.0
    exact = c.relative_change_per_kelvin(activation_energy_eV=0.35, temperature_K=298.15, convention=convention)
    assert exact == pytest.approx(numeric, rel=1e-4)


def budget(**changed):
    given = {
        "fit_relative_std": 0.005,
        "diameter": mm(8.7, 0.05),
        "area": None,
        "thickness": mm(0.46, 0.01),
        "temperature_std_K": 1.0,
        "change_per_K": 0.042,
    }
    return c.conductivity_budget(**{**given, **changed})


def test_budget_of_a_thin_pellet_is_ruled_by_the_thermometer():
    found = budget()
    assert found.sentence == "fit 0.5 %, diameter 1.1 %, thickness 2.2 %, temperature 4.2 %; together 4.9 %"
    assert found.relative_std == pytest.approx(math.sqrt(0.005**2 + (0.1 / 8.7) ** 2 + (1 / 46) ** 2 + 0.042**2))
    assert found.common_relative_std == pytest.approx(math.hypot(0.1 / 8.7, 1 / 46))


def test_what_is_not_given_is_not_known_and_named():
    found = budget(diameter=None, temperature_std_K=None)
    assert found.relative_std is None
    assert found.common_relative_std is None
    assert found.unknown == ("area", "temperature")
    assert "at least 2.2 %" in found.sentence
    assert found.sentence.endswith("the uncertainty of area and temperature is not known")


def test_budget_table_shares_sum_to_the_whole():
    table = budget().table(key="budget", title="Budget")
    shares = [int(row[3].split()[0]) for row in table.rows[:-1]]
    assert sum(shares) == pytest.approx(100, abs=2)
    assert table.rows[-1][0] == "together"
    assert "8.7 ± 0.05 mm" in table.rows[1]


def test_thermometer_offset_is_common_to_the_pellet():
    assert budget(temperature_is_common=True).common_relative_std > budget().common_relative_std


def test_blocking_factor_carries_the_correlation_of_the_arcs():
    rng = np.random.default_rng(3)
    covariance = np.array([[4e-4, -2.85e-4], [-2.85e-4, 2.25e-4]])
    draws = np.exp(rng.multivariate_normal([math.log(42), math.log(103)], covariance, size=20000))
    alpha = draws[:, 1] / draws.sum(axis=1)
    found = c.blocking_factor(bulk_ohm=42, blocked_ohm=103, bulk_log_std=0.02, blocked_log_std=0.015, correlation=-0.95)
    assert found.value == pytest.approx(103 / 145)
    assert found.std == pytest.approx(alpha.std(), rel=0.03)


def test_brick_layer_gives_the_conductivity_of_the_boundary_itself():
    # Bricks of side d with boundaries delta: R_gb = delta l / (d sigma A), C_gb = eps d A / (delta l), C_g = eps A / l.
    delta_over_d, sigma, eps, length, area = 0.004, 3e-6, 1e-10, 5e-4, 6e-5
    found = c.grain_boundary_conductivity_brick_layer(
        boundary_resistance_ohm=delta_over_d * length / (sigma * area),
        thickness_m=length,
        area_m2=area,
        bulk_capacitance_F=eps * area / length,
        boundary_capacitance_F=eps * area / (delta_over_d * length),
    )
    assert found == pytest.approx(sigma)
    assert c.brick_layer_thickness_ratio(bulk_capacitance_F=7.9e-12, boundary_capacitance_F=2e-9) == pytest.approx(
        0.004, rel=0.02
    )


def test_interface_of_a_symmetric_cell_is_half_the_difference():
    cell = Estimate(value=5000, std=30, unit="ohm", method="fit")
    pellet = Estimate(value=2000, std=40, unit="ohm", method="fit")
    area = Estimate(value=5e-5, std=1e-6, unit="m2", method="calliper")
    found = c.area_specific_resistance(cell=cell, pellet=pellet, area=area)
    assert found.value == pytest.approx(0.075)  # 750 ohm cm2
    assert found.std == pytest.approx(math.hypot(50 * 5e-5 / 2, 3000 * 1e-6 / 2))
    single = c.interface_resistance_single(resistance=cell, area=area)
    assert single.value == pytest.approx(0.25)
    assert single.std / single.value == pytest.approx(math.hypot(30 / 5000, 0.02))
