import numpy as np
import pytest

from pelletry.techniques.impedance.model.arrhenius import fit_arrhenius
from pelletry.techniques.impedance.model.breakpoint import (
    KnownTransition,
    across_transition_findings,
    break_test,
    known_transition_findings,
)

K = 8.617333262e-5
ZIRCONIUM = KnownTransition(
    name="The triclinic to rhombohedral change of LiZr2(PO4)3", temperature_K=323.15, source="x"
)


def series(temperature, *, below=0.35, above=0.35, at=298.15, jump=0.0, noise=0.01, rng):
    energy = np.where(temperature < at, below, above)
    step = np.where(temperature < at, 0.0, jump)
    scatter = noise * rng.standard_normal(temperature.size)
    return np.exp(-energy / K * (1 / temperature - 1 / at) + step + scatter) / temperature


def fitted(temperature, sigma, **stated):
    return fit_arrhenius(temperature_K=temperature, conductivity_S_per_m=sigma, **stated)


@pytest.mark.parametrize("points", [6, 7, 12])
def test_straight_series_raise_few_false_alarms(points):
    rng = np.random.default_rng(points)
    t = np.linspace(233.15, 353.15, points)
    alarms = sum(break_test(fitted(t, series(t, rng=rng))).is_broken for _ in range(500))
    assert alarms / 500 <= 0.05


def test_false_alarms_stay_rare_with_stated_errors_and_a_wrong_thermometer():
    rng = np.random.default_rng(1)
    t = np.linspace(233.15, 353.15, 7)
    alarms = 0
    for _ in range(500):
        sigma = series(t + 0.5 * rng.standard_normal(7), noise=0.003, rng=rng)
        alarms += break_test(fitted(t, sigma, relative_std=np.full(7, 0.003))).is_broken
    assert alarms / 500 <= 0.05


@pytest.mark.parametrize(("below", "above", "jump"), [(0.72, 0.39, 0.0), (0.4, 0.4, 0.8)])
def test_phase_change_near_50_degrees_is_found_and_placed(below, above, jump):
    rng = np.random.default_rng(2)
    t = np.arange(273.15, 383.15, 10.0)
    found = [
        break_test(fitted(t, series(t, below=below, above=above, jump=jump, at=323.0, rng=rng))) for _ in range(50)
    ]
    assert all(f.is_broken for f in found)
    assert sum(f.bracket_K[0] <= 323.0 <= f.bracket_K[1] for f in found) >= 45
    holds = [f.energy_below_eV.interval[0] <= below <= f.energy_below_eV.interval[1] for f in found]
    assert sum(holds) >= 42
    assert "One energy for the whole range would be wrong" in found[0].sentence


def test_crossing_is_where_the_segments_meet():
    rng = np.random.default_rng(3)
    t = np.arange(273.15, 383.15, 10.0)
    found = break_test(fitted(t, series(t, below=0.72, above=0.39, at=323.0, noise=0.002, rng=rng)))
    assert found.crossing_K.value == pytest.approx(323.0, abs=4 * found.crossing_K.std)
    assert found.crossing_K.std < 2


def test_five_temperatures_are_too_few_and_the_test_says_so():
    t = np.linspace(233.15, 353.15, 5)
    found = break_test(fitted(t, series(t, rng=np.random.default_rng(4))))
    assert not found.is_tested
    assert "needs 6 temperatures" in found.sentence


def test_what_would_have_been_missed_is_told_and_true():
    rng = np.random.default_rng(5)
    t = np.linspace(233.15, 353.15, 9)
    quiet = break_test(fitted(t, series(t, rng=rng)))
    change = quiet.detectable_energy_change_eV
    assert not quiet.is_broken
    assert f"{change:.2g} eV" in quiet.sentence
    middle = float(t[4]) - 1.0
    seen = sum(
        break_test(fitted(t, series(t, above=0.35 - 2 * change, at=middle, rng=rng))).is_broken for _ in range(100)
    )
    assert seen >= 80


def test_break_within_the_stated_errors_is_not_claimed():
    rng = np.random.default_rng(6)
    t = np.linspace(233.15, 353.15, 12)
    sigma = series(t, below=0.37, at=298.0, noise=1e-4, rng=rng)
    assert break_test(fitted(t, sigma)).is_broken
    assert not break_test(fitted(t, sigma, relative_std=np.full(12, 0.05))).is_broken


def test_smooth_curvature_is_named_as_such():
    t = np.linspace(233.15, 353.15, 12)
    rng = np.random.default_rng(7)
    sigma = np.exp(-800 / (t - 150)) / t * np.exp(0.003 * rng.standard_normal(12))
    found = break_test(fitted(t, sigma))
    assert found.is_broken
    assert "may be curvature" in found.sentence


def test_known_transition_inside_the_range_is_warned_of():
    inside = known_transition_findings(
        temperature_K=np.array([298.15, 373.15]), transitions=(ZIRCONIUM,), sample="LZP", quantities=("energy",)
    )
    assert [f.code for f in inside] == ["known-transition-in-range"]
    assert "near 50 °C" in inside[0].sentence
    outside = known_transition_findings(
        temperature_K=np.array([333.15, 373.15]), transitions=(ZIRCONIUM,), sample="LZP"
    )
    assert outside == ()


@pytest.mark.parametrize(
    ("reference_K", "codes"), [(298.15, ["reference-across-transition"]), (353.15, []), (330.0, [])]
)
def test_an_extrapolation_across_a_known_transition_is_warned_of(reference_K, codes):
    found = across_transition_findings(
        temperature_K=np.array([333.15, 373.15]), reference_K=reference_K, transitions=(ZIRCONIUM,), sample="LZP"
    )
    assert [f.code for f in found] == codes
    assert all("near 50 °C" in f.sentence and "at 25 °C" in f.sentence for f in found)
