"""Half cycles, resistances, capacities, growth and polarisation against closed forms and printed values."""

from __future__ import annotations

import math

import numpy as np
import pytest

from pelletry.reference.elements import molar_mass_g_per_mol
from pelletry.techniques.cycling.model.capacity import (
    branches_of,
    cycles_of,
    differential_capacity,
    mean_voltage_V,
    theoretical_capacity_C_per_kg,
)
from pelletry.techniques.cycling.model.growth import compare_growth
from pelletry.techniques.cycling.model.half_cycles import half_cycles
from pelletry.techniques.cycling.model.polarisation import hebb_wagner, steady_current
from pelletry.techniques.cycling.model.symmetric import signs_of_step, step_resistances


def square_wave(resistance_ohm: float, current_A: float, *, offset_V: float = 0.0, steps: int = 6, rest_s: float = 0.0):
    """Time, voltage and current of a symmetric cell of one resistance."""
    step_s, dt = 3600.0, 10.0
    t, i = [], []
    now = 0.0
    for number in range(steps):
        for duration, current in ((rest_s, 0.0), (step_s, current_A * (-1) ** number)):
            count = int(duration / dt)
            t.append(now + dt * np.arange(count))
            i.append(np.full(count, current))
            now += duration
    time, current = np.concatenate(t), np.concatenate(i)
    return time, resistance_ohm * current + offset_V, current


@pytest.mark.parametrize("offset_V", [0.0, 0.02])
def test_opposite_half_cycles_cancel_an_offset(offset_V: float) -> None:
    t, v, i = square_wave(4500.0, 40e-6, offset_V=offset_V)
    steps = half_cycles(t, v, i)
    assert [step.sign for step in steps] == [1, -1, 1, -1, 1, -1]
    for found in step_resistances(steps):
        assert found.way == "opposite"
        assert found.resistance_ohm == pytest.approx(4500.0, rel=1e-12)
    assert steps[0].charge_C == pytest.approx(40e-6 * 3590.0)


def test_one_way_steps_take_off_the_rest_before_them() -> None:
    t, v, i = square_wave(200.0, 4e-4, offset_V=0.02, rest_s=600.0)
    i = np.abs(i)
    v = 200.0 * i + 0.02
    steps = half_cycles(t, v, i)
    assert [r.way for r in step_resistances(steps)] == ["rest"] * 6
    assert [r.resistance_ohm for r in step_resistances(steps)] == pytest.approx([200.0] * 6)


def test_a_loop_of_the_program_is_a_step_though_the_current_goes_on() -> None:
    t = np.arange(100.0)
    steps = half_cycles(t, np.ones(100), np.ones(100), cuts=(30, 60, 200))
    assert [(s.start, s.stop) for s in steps] == [(0, 30), (30, 60), (60, 100)]


def test_a_plateau_is_a_median_over_time_and_not_over_points() -> None:
    # A recorder that writes at every jump: 900 points within one second of noise, ten points over the rest of the hour.
    t = np.concatenate([np.linspace(0, 3600, 11), np.linspace(3000, 3001, 900)])
    v = np.concatenate([np.full(11, 0.1), np.full(900, 0.5)])
    order = np.argsort(t)
    (step,) = half_cycles(t[order], v[order], np.ones(911))
    assert step.voltage_plateau_V == pytest.approx(0.1)


def test_a_drop_that_stays_is_told_from_one_that_comes_back() -> None:
    t = np.arange(0.0, 7200.0, 5.0)
    random = np.random.default_rng(3)
    noise = random.normal(0, 2e-4, t.size)
    for shape, wanted in (
        (np.where(t > 3000, 0.06, 0.1), 0.04),
        (np.where((t > 3000) & (t < 3100), 0.06, 0.1), 0.0),
        (np.full(t.size, 0.1), 0.0),
    ):
        voltage = shape + noise
        (step,) = half_cycles(t, voltage, np.full(t.size, 1e-4))
        assert signs_of_step(step, t, voltage).drop_V == pytest.approx(wanted, abs=2e-3)


def test_the_capacity_of_ltp_is_that_of_the_field_and_not_the_often_used_one() -> None:
    capacity = theoretical_capacity_C_per_kg(2, molar_mass_g_per_mol("LiTi2(PO4)3")) / 3600
    assert capacity == pytest.approx(138.3, abs=0.05)
    latp = theoretical_capacity_C_per_kg(1.6, molar_mass_g_per_mol("Li1.4Al0.4Ti1.6(PO4)3")) / 3600
    assert latp == pytest.approx(112.3, abs=0.05)


def test_discharge_is_where_the_voltage_falls_whatever_the_sign() -> None:
    t = np.arange(0.0, 7200.0, 10.0)
    for sign in (1, -1):
        i = np.where(t < 3600, -1e-3, 1e-3) * sign
        v = np.where(t < 3600, 3.0 - t / 3600, 2.0 + (t - 3600) / 3600 * 0.98)
        branches = branches_of(half_cycles(t, v, i), v)
        assert [b.kind for b in branches] == ["discharge", "charge"]
        (cycle,) = cycles_of(branches)
        assert cycle.efficiency == pytest.approx(1.0, abs=0.01)


def test_the_differential_capacity_sums_to_the_charge_also_where_the_voltage_runs_back() -> None:
    random = np.random.default_rng(1)
    charge = np.linspace(0, 3.6, 4000)
    voltage = 2.0 + charge / 3.6 + 0.1 * np.tanh((charge - 1.8) / 0.1) + random.normal(0, 2e-3, 4000)
    found = differential_capacity(voltage, charge)
    assert found is not None
    assert found.closure == pytest.approx(1.0, abs=0.01)
    assert found.step_V >= 5e-3
    wrong = np.abs(np.diff(charge) / np.where(np.abs(np.diff(voltage)) < 1e-6, 1e-6, np.diff(voltage)))
    assert np.sum(wrong * np.abs(np.diff(voltage))) == pytest.approx(3.6, abs=0.01)  # the truth it is held against


@pytest.mark.parametrize("law", ["square root", "linear"])
def test_a_law_is_named_when_the_data_tell_it(law: str) -> None:
    random = np.random.default_rng(5)
    t = np.linspace(0, 100 * 3600, 40)
    shape = np.sqrt(t / t[-1]) if law == "square root" else t / t[-1]
    found = compare_growth(t, 100 + 300 * shape + random.normal(0, 2, t.size))
    assert found.law == law
    best = found.fits[0]
    assert best.start_ohm == pytest.approx(100, abs=4 * best.start_std_ohm)


def test_the_mean_voltage_is_energy_over_charge() -> None:
    charge = np.linspace(0.0, -7.2, 50) ** 3  # unevenly spaced
    assert mean_voltage_V(3.0 + 0.01 * charge, charge) == pytest.approx(3.0 + 0.005 * charge[-1])
    resting = np.r_[charge, np.full(5, charge[-1])]
    assert mean_voltage_V(np.r_[np.full(50, 2.5), np.linspace(2.5, 3, 5)], resting) == pytest.approx(2.5)
    assert mean_voltage_V(np.array([1.0, 2.0]), np.array([4.0, 4.0])) is None


def test_noise_is_no_growth_and_too_little_data_name_no_law() -> None:
    random = np.random.default_rng(2)
    t = np.linspace(0, 3600, 20)
    reason = compare_growth(t, 100 + random.normal(0, 5, 20)).reason
    assert "no growth" in reason
    assert "by -" not in reason
    hidden = compare_growth(t, 100 + 10 * t / 3600 + random.normal(0, 3.5, 20))
    assert hidden.law == ""
    assert "alike" in hidden.reason
    with pytest.raises(ValueError, match="5 points"):
        compare_growth(t[:3], t[:3])


def test_a_current_that_still_falls_is_not_steady() -> None:
    t = np.arange(0.0, 10 * 3600, 30.0)
    assert steady_current(t, np.full(t.size, 1e-9)).is_steady
    assert not steady_current(t, 1e-9 * (1 + np.exp(-t / 20000))).is_steady


def test_hebb_wagner_gives_both_conductivities_back() -> None:
    kt = 8.314462618 * 333.15 / 96485.33212
    voltage = np.linspace(0.05, 0.5, 10)
    area, length, electrons, holes = 0.5e-4, 1e-3, 2e-7, 3e-13
    current = area * kt / length * (electrons * (1 - np.exp(-voltage / kt)) + holes * np.expm1(voltage / kt))
    found = hebb_wagner(voltage, current, temperature_K=333.15, thickness_m=length, area_m2=area)
    assert found.electrons_S_per_m == pytest.approx(electrons, rel=1e-6)
    assert found.holes_S_per_m == pytest.approx(holes, rel=1e-6)
    assert math.isfinite(found.rms_fraction)


@pytest.mark.parametrize(("current_A", "is_limit"), [(1.2e-9, False), (1e-13, True)])
def test_an_electronic_conductivity_has_its_detection_limit(current_A: float, is_limit: bool) -> None:
    from pelletry.core.provenance import Origin
    from pelletry.core.quantity import Estimate
    from pelletry.core.sample import Pellet, Sample
    from pelletry.core.technique import Inputs
    from pelletry.techniques.cycling import CARD
    from pelletry.techniques.cycling.measurement import CyclingRun
    from pelletry.techniques.cycling.settings import CyclingSettings

    t = np.arange(0.0, 36000.0, 30.0)
    noise = np.random.default_rng(1).normal(0, 2e-12, t.size)
    run = CyclingRun(
        name="a", time_s=t, voltage_V=np.full(t.size, 0.1), current_A=current_A + noise, current_source="measured",
        origin=Origin(path="a", sha256="", format="x"),
    )  # fmt: skip
    pellet = Pellet(
        thickness_m=Estimate(value=0.5e-3, unit="m", method=""),
        electrode_area_m2=Estimate(value=0.6e-4, unit="m2", method=""),
    )
    sample = Sample(name="dc", pellet=pellet, given=(("cell", "blocking"),))
    result = CARD.analyse([run], Inputs(sample=sample, settings=CyclingSettings()))
    values = {q.name: q.quantity for q in result.quantities}
    # 1.2 nA through 0.5 mm at 0.1 V and 0.6 cm2 are 1e-9 S/cm.
    if not is_limit:
        assert values["electronic_conductivity"].value * 1e-2 == pytest.approx(1e-9, rel=1e-3)
    assert ("upper limit" in values["electronic_conductivity"].method) is is_limit
    assert 0 < values["electronic_detection_limit"].value * 1e-2 < 1e-11
