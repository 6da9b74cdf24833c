import math

import numpy as np
import pytest

from pelletry.core.quantity import Estimate
from pelletry.techniques.impedance.model import capacitance as c

R, Q, N = 1.5e4, 6e-9, 0.88
COVARIANCE = np.array([[4e-4, -5e-4, 1e-4], [-5e-4, 2.5e-3, -4e-4], [1e-4, -4e-4, 1e-4]])


def test_pure_capacitor_keeps_its_capacitance_in_every_formula():
    assert c.capacitance_hsu_mansfeld(resistance_ohm=R, q=2e-9, n=1.0) == pytest.approx(2e-9, rel=1e-12)
    assert c.capacitance_brug(series_resistance_ohm=50, resistance_ohm=R, q=2e-9, n=1.0) == pytest.approx(2e-9)
    assert c.capacitance_brug_blocking(series_resistance_ohm=50, q=2e-9, n=1.0) == pytest.approx(2e-9)


def test_top_of_the_arc_lies_where_minus_imaginary_part_is_largest():
    peak = c.arc_peak_frequency(resistance_ohm=R, q=Q, n=N, covariance=None).value
    frequency = peak * np.geomspace(0.5, 2, 4001)
    z = R / (1 + R * Q * (2j * np.pi * frequency) ** N)
    assert frequency[np.argmax(-z.imag)] == pytest.approx(peak, rel=1e-3)


def test_hsu_mansfeld_capacitance_is_one_over_r_omega_peak():
    peak = c.arc_peak_frequency(resistance_ohm=R, q=Q, n=N, covariance=None).value
    assert c.capacitance_hsu_mansfeld(resistance_ohm=R, q=Q, n=N) == pytest.approx(
        1 / (R * 2 * np.pi * peak), rel=1e-12
    )


def test_brug_tends_to_its_blocking_form_for_large_resistance():
    open_ = c.capacitance_brug(series_resistance_ohm=100, resistance_ohm=1e15, q=3e-6, n=0.85)
    assert open_ == pytest.approx(c.capacitance_brug_blocking(series_resistance_ohm=100, q=3e-6, n=0.85), rel=1e-9)


def test_three_readings_of_one_element_are_as_far_apart_as_in_the_literature():
    # Rs 100, R 1e4 ohm, n 0.9, Q chosen so that Hsu-Mansfeld gives 2.00 nF: Q is 3 times, Brug 0.6 times that.
    tau = 1e4 * 2e-9
    q = tau**0.9 / 1e4
    assert c.capacitance_hsu_mansfeld(resistance_ohm=1e4, q=q, n=0.9) == pytest.approx(2e-9, rel=1e-12)
    assert q / 2e-9 == pytest.approx(2.95, abs=0.05)
    assert c.capacitance_brug(series_resistance_ohm=100, resistance_ohm=1e4, q=q, n=0.9) / 2e-9 == pytest.approx(
        0.6, abs=0.02
    )


@pytest.mark.parametrize("function", [c.arc_time_constant, c.arc_peak_frequency, c.arc_capacitance])
def test_delta_method_agrees_with_a_drawn_cloud(function):
    rng = np.random.default_rng(1)
    draws = rng.multivariate_normal([math.log(R), math.log(Q), N], COVARIANCE / 25, size=4000)
    values = [function(resistance_ohm=math.exp(a), q=math.exp(b), n=n, covariance=None).value for a, b, n in draws]
    estimate = function(resistance_ohm=R, q=Q, n=N, covariance=COVARIANCE / 25)
    assert estimate.std == pytest.approx(estimate.value * np.std(np.log(values)), rel=0.05)


def test_brug_delta_method_agrees_with_a_drawn_cloud():
    rng = np.random.default_rng(2)
    covariance = np.diag([1e-4, 4e-4, 1e-3, 4e-5]) / 10
    draws = rng.multivariate_normal([math.log(200), math.log(900), math.log(2e-6), 0.8], covariance, size=4000)
    values = [
        c.capacitance_brug(series_resistance_ohm=math.exp(s), resistance_ohm=math.exp(r), q=math.exp(q), n=n)
        for s, r, q, n in draws
    ]
    estimate = c.brug_capacitance(series_resistance_ohm=200, resistance_ohm=900, q=2e-6, n=0.8, covariance=covariance)
    assert estimate.std == pytest.approx(estimate.value * np.std(np.log(values)), rel=0.05)
    blocking = c.brug_blocking_capacitance(series_resistance_ohm=200, q=2e-6, n=0.8, covariance=covariance[1:, 1:])
    draws = rng.multivariate_normal([math.log(200), math.log(2e-6), 0.8], covariance[1:, 1:], size=4000)
    values = [c.capacitance_brug_blocking(series_resistance_ohm=math.exp(s), q=math.exp(q), n=n) for s, q, n in draws]
    assert blocking.std == pytest.approx(blocking.value * np.std(np.log(values)), rel=0.05)


def test_interval_is_symmetric_in_the_log_and_positive():
    estimate = c.arc_capacitance(resistance_ohm=R, q=Q, n=N, covariance=COVARIANCE * 400)
    low, high = estimate.interval_95
    assert low > 0
    assert low * high == pytest.approx(estimate.value**2)


def test_without_covariance_the_uncertainty_is_not_known():
    assert c.arc_capacitance(resistance_ohm=R, q=Q, n=N, covariance=None).std is None


def test_undetermined_parameters_give_no_uncertainty_but_words():
    wild = c.arc_capacitance(resistance_ohm=R, q=Q, n=N, covariance=COVARIANCE * 1e9)
    assert wild.std is None
    assert "four powers of ten" in wild.method
    lost = c.arc_capacitance(resistance_ohm=R, q=Q, n=N, covariance=np.full((3, 3), np.nan))
    assert lost.std is None
    assert "not determined" in lost.method


def test_permittivity_of_ten_picofarad_per_centimetre_is_113():
    k = 100.0  # 1 cm^-1
    given = Estimate(value=1e-11, std=1e-12, unit="F", method="x")
    epsilon = c.relative_permittivity(capacitance=given, cell_constant_per_m=k, cell_constant_relative_std=0.02)
    assert epsilon.value == pytest.approx(112.94, abs=0.01)
    assert epsilon.std / epsilon.value == pytest.approx(math.hypot(0.1, 0.02))
    unknown = c.relative_permittivity(capacitance=given, cell_constant_per_m=k, cell_constant_relative_std=None)
    assert unknown.std is None
