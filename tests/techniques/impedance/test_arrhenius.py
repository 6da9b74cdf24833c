import math
import re

import numpy as np
import pytest

from pelletry.core.quantity import Unresolved
from pelletry.techniques.impedance.model.arrhenius import (
    conductivity_at,
    fit_arrhenius,
    fit_both_conventions,
    leave_one_out,
)

K = 8.617333262e-5
TRUE_EV = 0.35


def series(temperature, *, energy=TRUE_EV, noise=None, rng=None):
    temperature = np.asarray(temperature, dtype=float)
    scatter = 0.0 if noise is None else noise * rng.standard_normal(temperature.size)
    return 1e7 / temperature * np.exp(-energy / (K * temperature) + scatter)


@pytest.fixture
def published(raw_data):
    """Temperatures, conductivities [S/m], relative errors and the line of results, by part, as the authors printed them."""
    path = raw_data(
        "eis_temperature_series", "Sheyigold+EISFitpython", "published_fit_separate", "Arrhenius_Analysis_Report.txt"
    )
    text = path.read_text(encoding="utf-8")
    found = {}
    for part in ("Bulk", "Gb", "Total"):
        block = text.partition(f"{part} Analysis:")[2].partition("Analysis:")[0]
        rows = [line.split() for line in block.splitlines() if re.match(r"\s+4\d\d\.0 ", line)]
        energy = re.search(r"\(EA\): ([\d.]+) ± ([\d.]+)", block)
        found[part] = (np.array(rows, dtype=float), energy.group(1), energy.group(2))
    return found


@pytest.mark.parametrize("part", ["Bulk", "Gb", "Total"])
def test_published_energies_come_out_of_the_published_conductivities(published, part):
    rows, energy, std = published[part]
    fit = fit_arrhenius(temperature_K=rows[:, 0], conductivity_S_per_m=rows[:, 1] * 100, weighting="equal")
    assert f"{fit.energy_eV.std:.4f}" == std
    # The conductivities are printed with four digits: the energy cannot be known better than their rounding allows.
    x = -1 / (K * rows[:, 0])
    influence = (x - x.mean()) / np.sum((x - x.mean()) ** 2)
    half_digit = 0.5 * 10.0 ** (np.floor(np.log10(rows[:, 1])) - 3) / rows[:, 1]
    rounding = float(np.abs(influence) @ half_digit)
    assert rounding < 2e-4
    assert abs(fit.energy_eV.value - float(energy)) <= 0.5e-4 + rounding
    if part != "Total":
        assert f"{fit.energy_eV.value:.4f}" == energy


def test_their_other_convention_reads_38_meV_less_on_the_same_points(published):
    rows, _, _ = published["Total"]
    both = fit_both_conventions(temperature_K=rows[:, 0], conductivity_S_per_m=rows[:, 1] * 100, weighting="equal")
    difference = both["ln(sigma T)"].energy_eV.value - both["ln(sigma)"].energy_eV.value
    assert difference == pytest.approx(K * 443, rel=0.01)
    assert min(fit.r_squared for fit in both.values()) > 0.9999  # the data do not tell which is right


def test_exact_line_gives_back_energy_and_prefactor():
    t = np.linspace(233.15, 353.15, 7)
    fit = fit_arrhenius(temperature_K=t, conductivity_S_per_m=series(t))
    assert fit.energy_eV.value == pytest.approx(TRUE_EV, rel=1e-10)
    assert math.exp(fit.log_prefactor) == pytest.approx(1e7, rel=1e-9)


def test_weighted_line_agrees_with_numpy():
    rng = np.random.default_rng(4)
    t = np.linspace(233.15, 353.15, 9)
    std = rng.uniform(0.05, 0.1, 9)  # large enough that no scatter is added
    sigma = series(t, noise=0.01, rng=rng)
    fit = fit_arrhenius(temperature_K=t, conductivity_S_per_m=sigma, relative_std=std)
    coefficients, covariance = np.polyfit(-1 / (K * t), np.log(sigma * t), 1, w=1 / std, cov="unscaled")
    assert fit.energy_eV.value == pytest.approx(coefficients[0], rel=1e-10)
    assert fit.energy_eV.std == pytest.approx(math.sqrt(covariance[0, 0]), rel=1e-8)
    assert fit.scatter_relative == 0.0
    assert "not reduced" in " ".join(fit.note.split())


def test_order_of_the_points_does_not_matter():
    rng = np.random.default_rng(5)
    t = np.linspace(233.15, 353.15, 7)
    sigma, std = series(t, noise=0.02, rng=rng), rng.uniform(0.001, 0.02, 7)
    mixed = rng.permutation(7)
    one = fit_arrhenius(temperature_K=t, conductivity_S_per_m=sigma, relative_std=std, temperature_std_K=0.5)
    two = fit_arrhenius(
        temperature_K=t[mixed], conductivity_S_per_m=sigma[mixed], relative_std=std[mixed], temperature_std_K=0.5
    )
    assert one.energy_eV == two.energy_eV


def test_geometry_moves_conductivity_but_not_the_energy():
    t = np.linspace(233.15, 353.15, 7)
    one = fit_arrhenius(temperature_K=t, conductivity_S_per_m=series(t))
    two = fit_arrhenius(temperature_K=t, conductivity_S_per_m=2 * series(t))
    assert one.energy_eV.value == pytest.approx(two.energy_eV.value, rel=1e-12)
    assert two.log_prefactor - one.log_prefactor == pytest.approx(math.log(2))


def test_scatter_beyond_the_stated_errors_widens_the_uncertainty_and_says_so():
    rng = np.random.default_rng(6)
    t = np.linspace(233.15, 353.15, 7)
    sigma = series(t, noise=0.03, rng=rng)
    fit = fit_arrhenius(temperature_K=t, conductivity_S_per_m=sigma, relative_std=np.full(7, 0.002))
    equal = fit_arrhenius(temperature_K=t, conductivity_S_per_m=sigma, weighting="equal")
    assert fit.chi2_reduced > 10
    assert fit.energy_eV.std == pytest.approx(equal.energy_eV.std, rel=0.02)
    assert "widens the uncertainty" in fit.note


def test_scatter_that_chance_explains_is_not_added():
    rng = np.random.default_rng(12)
    t = np.linspace(233.15, 353.15, 7)
    stated = np.full(7, 0.02)
    fits = [
        fit_arrhenius(temperature_K=t, conductivity_S_per_m=series(t, noise=0.02, rng=rng), relative_std=stated)
        for _ in range(400)
    ]
    widened = [fit.scatter_relative > 0 for fit in fits]
    # p < 0.1 of the chi2 test, which holds for 10 % of right errors: chi2 above 9.24 of 5 degrees of freedom.
    assert widened == [fit.chi2_reduced * 5 > 9.236 for fit in fits]
    assert 0.06 < np.mean(widened) < 0.14
    alone = {fit.energy_eV.std for fit, is_wide in zip(fits, widened, strict=True) if not is_wide}
    assert max(alone) == pytest.approx(min(alone), rel=1e-9)


def test_temperature_error_enters_through_the_slope():
    t = np.linspace(293.15, 303.15, 5)
    fit = fit_arrhenius(
        temperature_K=t, conductivity_S_per_m=series(t), relative_std=np.full(5, 1e-4), temperature_std_K=1.0
    )
    # ln(sigma T) is formed with the temperature that was read: only sigma moves with the true one, 4.2 % for one kelvin.
    assert fit.relative_std[2] == pytest.approx(TRUE_EV / (K * 298.15**2) - 1 / 298.15, rel=1e-3)


def test_number_of_temperatures_decides_what_is_given():
    three = fit_arrhenius(temperature_K=[273.15, 298.15, 323.15], conductivity_S_per_m=series([273.15, 298.15, 323.15]))
    two = fit_arrhenius(temperature_K=[273.15, 323.15], conductivity_S_per_m=series([273.15, 323.15]))
    one = fit_arrhenius(temperature_K=[273.15], conductivity_S_per_m=[1e-3])
    assert three.energy_eV.std is not None
    assert two.energy_eV.value == pytest.approx(TRUE_EV)
    assert two.energy_eV.std is None
    assert two.energy_eV.interval is None
    assert "no uncertainty" in two.note
    assert isinstance(one, Unresolved)
    assert "at least two temperatures" in one.reason
    repeated = fit_arrhenius(temperature_K=[273.15, 273.15, 323.15], conductivity_S_per_m=[1e-3, 1.01e-3, 1e-2])
    assert repeated.energy_eV.std is None


def test_conductivity_at_25_is_interpolated_and_says_between_what():
    t = np.array([233.15, 273.15, 293.15, 313.15, 353.15])
    at = conductivity_at(fit_arrhenius(temperature_K=t, conductivity_S_per_m=series(t)), temperature_K=298.15)
    assert at.conductivity_S_per_m.value == pytest.approx(series([298.15])[0], rel=1e-10)
    assert not at.is_extrapolated
    assert at.distance_K == 0
    assert at.sentence == "interpolated at 25 °C between 20 and 40 °C"


def test_extrapolation_is_marked_and_its_uncertainty_grows_with_distance():
    rng = np.random.default_rng(7)
    t = np.linspace(413.15, 473.15, 7)
    fit = fit_arrhenius(temperature_K=t, conductivity_S_per_m=series(t, energy=0.86, noise=0.01, rng=rng))
    at = conductivity_at(fit, temperature_K=298.15)
    assert at.is_extrapolated
    assert at.distance_K == pytest.approx(115)
    assert "115 K below the measured range 140 to 200 °C" in at.sentence
    far, near = (conductivity_at(fit, temperature_K=x).conductivity_S_per_m for x in (298.15, 443.15))
    assert far.std / far.value > near.std / near.value
    assert fit.log_std(298.15) > 10 * fit.log_std(443.15)
    low, high = at.prediction_interval_95
    assert low < at.conductivity_S_per_m.interval[0] < at.conductivity_S_per_m.interval[1] < high


def test_geometry_and_thermometer_offset_are_added_once():
    t = np.linspace(233.15, 353.15, 7)
    fit = fit_arrhenius(temperature_K=t, conductivity_S_per_m=series(t), relative_std=np.full(7, 1e-6))
    at = conductivity_at(fit, temperature_K=298.15, geometry_relative_std=0.025, temperature_offset_std_K=1.0)
    per_kelvin = TRUE_EV / (K * 298.15**2) - 1 / 298.15
    estimate = at.conductivity_S_per_m
    assert estimate.std / estimate.value == pytest.approx(math.hypot(0.025, per_kelvin), rel=1e-4)
    assert "geometry" in estimate.method


def test_wrong_point_is_found_by_leaving_it_out():
    rng = np.random.default_rng(8)
    t = np.linspace(233.15, 353.15, 9)
    sigma = series(t, noise=0.005, rng=rng)
    sigma[7] *= 1.3
    influence = leave_one_out(fit_arrhenius(temperature_K=t, conductivity_S_per_m=sigma))
    assert [i.is_outlier for i in influence] == [False] * 7 + [True, False]
    without = influence[7]
    assert without.energy_without_eV == pytest.approx(TRUE_EV, abs=0.002)
    assert abs(without.shift_eV) > 0.005


def test_straight_series_rarely_show_an_outlier():
    rng = np.random.default_rng(9)
    t = np.linspace(233.15, 353.15, 7)
    alarms = sum(
        any(
            i.is_outlier
            for i in leave_one_out(fit_arrhenius(temperature_K=t, conductivity_S_per_m=series(t, noise=0.01, rng=rng)))
        )
        for _ in range(300)
    )
    assert alarms / 300 < 0.08


@pytest.mark.parametrize(
    ("points", "noise", "stated", "thermometer_K", "stated_thermometer_K"),
    [
        (4, 0.005, None, 0.0, None),
        (5, 0.005, 0.005, 0.5, 0.5),
        (7, 0.02, 0.005, 0.0, None),
        (7, 0.001, 0.001, 0.5, 0.5),
    ],
)
def test_intervals_hold_the_truth_as_often_as_they_say(points, noise, stated, thermometer_K, stated_thermometer_K):
    rng = np.random.default_rng(10)
    t = np.linspace(233.15, 353.15, points)
    hits, hits_25 = 0, 0
    for _ in range(500):
        fit = fit_arrhenius(
            temperature_K=t + thermometer_K * rng.standard_normal(points),
            conductivity_S_per_m=series(t, noise=noise, rng=rng),
            relative_std=None if stated is None else np.full(points, stated),
            temperature_std_K=stated_thermometer_K,
        )
        low, high = fit.energy_eV.interval
        hits += low <= TRUE_EV <= high
        low, high = conductivity_at(fit, temperature_K=298.15).conductivity_S_per_m.interval
        hits_25 += low <= series([298.15])[0] <= high
    assert 0.90 <= hits / 500 <= 0.985
    assert 0.90 <= hits_25 / 500 <= 0.99


def test_sum_of_two_laws_lies_inside_the_interval_read_from_one_line():
    """Grains of 0.28 eV and boundaries of 0.36 eV in series: their sum is bent too little to be seen, not to matter."""
    temperature = np.arange(233.15, 354.0, 20.0)

    def resistance(t):
        return t * (np.exp(0.28 / K * (1 / t - 1 / 298.15)) + 2.0 * np.exp(0.36 / K * (1 / t - 1 / 298.15))) / 298.15

    rng = np.random.default_rng(5)
    pulls = []
    for _ in range(200):
        scatter = 0.012 * rng.standard_normal(temperature.size)
        fit = fit_arrhenius(
            temperature_K=temperature,
            conductivity_S_per_m=np.exp(scatter) / resistance(temperature),
            relative_std=np.full(temperature.size, 0.012),
        )
        at = conductivity_at(fit, temperature_K=298.15).conductivity_S_per_m
        low, high = at.interval_95
        pulls.append(low <= 1.0 / resistance(298.15) <= high)
    assert 0.9 <= np.mean(pulls) <= 0.99
