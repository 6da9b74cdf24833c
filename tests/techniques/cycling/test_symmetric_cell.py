"""Symmetric cells: a real Li|Li cell with known soft shorts, planted shorts of five kinds, and the numbers El-Shinawi 2018 prints."""

from __future__ import annotations

import math

import attrs
import numpy as np
import pytest

from pelletry import api
from pelletry.core.facts import IonicConductivity
from pelletry.core.provenance import Origin
from pelletry.core.quantity import Estimate, Unresolved
from pelletry.core.sample import Pellet, Sample
from pelletry.core.technique import Inputs
from pelletry.techniques.cycling import CARD
from pelletry.techniques.cycling.measurement import CellSpectrum, CyclingRun
from pelletry.techniques.cycling.result import StepRow
from pelletry.techniques.cycling.settings import CyclingSettings
from pelletry.techniques.cycling.signs import events_of
from pelletry.techniques.cycling.symmetric_cell import analyse_symmetric
from pelletry.virtual.cell_disturbances import DISTURBANCES, disturbed, some_disturbances
from pelletry.virtual.cycler import SHORTS, Short, SymmetricCellTruth, gcpl_mpt, spectra_mpt, symmetric_cell_run

SETTINGS = CyclingSettings()


def number(value: float, unit: str, std: float | None = None) -> Estimate:
    return Estimate(value=value, std=std, unit=unit, method="as stated")


def measured(run) -> tuple[CyclingRun, list[CellSpectrum]]:
    origin = Origin(path="a.mpt", sha256="", format="x")
    made = CyclingRun(
        name="a", time_s=run.time_s, voltage_V=run.voltage_V, current_A=run.current_A, current_source="measured", origin=origin
    )  # fmt: skip
    spectra = [
        CellSpectrum(
            name="s", time_s=t, resistance_low_ohm=float(z[-1].real), frequency_low_Hz=float(f[-1]),
            phase_low_deg=float(np.degrees(np.angle(z[-1]))), resistance_high_ohm=float(z[0].real), frequency_high_Hz=float(f[0]),
            origin=origin,
        )
        for t, f, z in run.spectra
    ]  # fmt: skip
    return made, spectra


def some_cell(random: np.random.Generator, shorts: tuple[Short, ...] = ()) -> SymmetricCellTruth:
    interface, pellet = 10 ** random.uniform(1.5, 3.5), 10 ** random.uniform(1, 3.2)
    current = 10 ** random.uniform(-5, -3.5)
    return SymmetricCellTruth(
        pellet_resistance_ohm=pellet,
        interface_resistance_ohm=interface,
        interface_time_s=10 ** random.uniform(-2, 1),
        slow_fraction=random.uniform(0, 0.3),
        current_A=current,
        step_s=3600,
        steps=12,
        noise_V=max(5e-5, current * (pellet + interface) * 10 ** random.uniform(-3.5, -2)),
        growth_ohm_per_sqrt_s=random.uniform(0, 0.2) * interface / 200,
        one_way=random.random() < 0.3,
        shorts=shorts,
    )


def rows_of(truth: SymmetricCellTruth, random: np.random.Generator, family: tuple[str, ...] = ()) -> list[StepRow]:
    """The steps of such a cell under disturbances of a family."""
    made = symmetric_cell_run(truth, random)
    if family:
        resistance = truth.pellet_resistance_ohm + truth.interface_resistance_ohm
        by = some_disturbances(family, random, voltage_V=truth.current_A * resistance, step_s=truth.step_s)
        made = disturbed(made, by, random)
    run, spectra = measured(made)
    found = analyse_symmetric([run], spectra, Inputs(sample=Sample(name="a"), settings=SETTINGS), SETTINGS)
    return list(found.steps)


@pytest.mark.parametrize("family", ["", *DISTURBANCES])
def test_sound_cells_raise_no_alarm(family: str) -> None:
    random = np.random.default_rng(11)
    alarms = []
    for _ in range(12):
        rows = rows_of(some_cell(random), random, (family,) if family else ())
        alarms += [(row.step.number, row.flags) for row in rows if row.event or "hard-short" in row.flags]
    assert alarms == []


@pytest.mark.parametrize("kind", SHORTS)
def test_planted_shorts_are_found_where_they_are(kind: str) -> None:
    random = np.random.default_rng(12)
    found = elsewhere = 0
    for _ in range(20):
        step = int(random.integers(3, 11))
        short = Short(kind=kind, step=step, size_fraction=random.uniform(0.25, 0.6))
        rows = rows_of(some_cell(random, (short,)), random)
        found += any(row.event for row in rows if row.step.number == step)
        elsewhere += any(row.event and row.flags for row in rows if abs(row.step.number - step) > 1)
    assert found >= 19
    assert elsewhere == 0


def test_the_real_cell_has_its_shorts_where_they_are_known(raw_data) -> None:
    folder = raw_data("cycling", "datalab-org+datalab-app-plugin-insitu")
    files = sorted(
        p for p in folder.iterdir() if p.name.endswith(("01_GCPL_C05.mpr", "02_GEIS_C05.mpr", "03_GCPL_C05.txt"))
    )
    result = api.analyse("cycling", files, {"current": "0.4 mA", "cell": "symmetric"})
    cell = result.results[0].result
    by_flag: dict[str, list[int]] = {}
    for row in cell.steps:
        for flag in row.flags:
            by_flag.setdefault(flag, []).append(row.step.number)
    # Steps count the first run as step 1, so a step has the number of the spectrum that ends it; 12 lies between 11 and 12.
    assert by_flag["voltage-dips"] == [12]
    assert by_flag["dc-below-ac"] == [26, 28, 43]
    assert by_flag["impedance-drop"] == [2, 25, 27, 29, 44]
    assert sorted(set().union(*by_flag.values())) == [2, 12, 25, 26, 27, 28, 29, 43, 44]
    # At 45 the spectrum fell by 20.5 %: the fall of 44 goes on (183, 125, 99 ohm), which is one event and no new one.
    (last,) = [row for row in cell.steps if row.step.number == 45]
    assert (last.flags, last.event) == ((), 43)
    assert "impedance-drop" in last.continued
    # Sudden falls that no rises match: 12 has twice as many as the next step.
    unmatched = {row.step.number: row.falls - row.rises for row in cell.steps}
    assert unmatched.pop(12) > 300
    assert max(unmatched.values()) < 150
    # One event each: where the voltage was too low for a spectrum that had risen, the fall from that spectrum is the same event.
    events = {event.step: event for event in events_of(cell.steps)}
    assert [(e.step, e.last_step) for e in events.values()] == [
        (2, 2),
        (12, 12),
        (25, 25),
        (26, 27),
        (28, 30),
        (43, 45),
    ]
    assert "both lie below the spectrum between them" in events[26].seen_by
    assert [n for n, event in events.items() if event.kinds < 2] == [12]
    # Steps are looked at closer with their own points, not with those that a figure of two days keeps.
    assert [number for number, _ in cell.close_ups] == [2, 25, 26]
    assert [course.points for _, course in cell.close_ups] == [76807] * 3
    assert all(
        course.time_s.size == row.step.points
        for _, course in cell.close_ups[1:]
        for row in cell.steps
        if row.step.time_start_s == course.time_s[0]
    )
    ratio = next(q for q in result.quantities if q.name == "resistance_dc_over_ac").quantity
    assert isinstance(ratio, Estimate)
    assert ratio.value == pytest.approx(1.23, abs=0.02)
    assert all(run.current_source in ("stated", "charge counter") for run in cell.runs)


def test_the_numbers_of_el_shinawi_2018_meet() -> None:
    """0.18 V at 40 uA/cm2 on 1.45 mm of 1e-4 S/cm: 4,500 in all, 1,450 of it the pellet, 1,525 ohm cm2 an interface; the paper says 750."""
    area = 1e-4
    t = np.arange(0.0, 8 * 3600.0, 10.0)
    current = np.where((t // 3600) % 2 == 0, 40e-6, -40e-6)
    origin = Origin(path="a.mpt", sha256="", format="x")
    run = CyclingRun(
        name="a", time_s=t, voltage_V=np.sign(current) * 0.18, current_A=current, current_source="measured", temperature_K=353.15,
        temperature_is_confirmed=True, origin=origin,
    )  # fmt: skip
    spectrum = CellSpectrum(
        name="s", time_s=3600.0, resistance_low_ohm=2950.0, frequency_low_Hz=0.1, phase_low_deg=-1.0, resistance_high_ohm=1450.0,
        frequency_high_Hz=1e6, temperature_K=353.15, origin=origin,
    )  # fmt: skip
    sigma = IonicConductivity(
        sample="cell",
        given_by="impedance of LZP",
        part="total",
        temperature_K=353.15,
        conductivity_S_per_m=number(1e-2, "S/m", 3e-4),
    )
    pellet = Pellet(thickness_m=number(1.45e-3, "m", 1e-5), electrode_area_m2=number(area, "m2", 1e-6))
    inputs = Inputs(
        sample=Sample(name="cell", pellet=pellet, given=(("cell", "symmetric"),)), facts=(sigma,), settings=SETTINGS
    )
    result = CARD.analyse([run, spectrum], inputs)
    values = {q.name: q.quantity for q in result.quantities}
    assert values["asr_cell_dc"].value * 1e4 == pytest.approx(4500)
    assert values["asr_pellet"].value * 1e4 == pytest.approx(1450)
    assert values["asr_interface_dc"].value * 1e4 == pytest.approx(1525)
    assert values["asr_interface_ac"].value * 1e4 == pytest.approx(750)
    said = next(f for f in result.findings if f.code == "dc-above-ac")
    assert "1.5 times" in said.sentence
    assert {fact.part for fact in result.facts} == {"cell", "interface"}


def test_nothing_is_assumed() -> None:
    t = np.arange(0.0, 7200.0, 10.0)
    origin = Origin(path="a.mpt", sha256="", format="x")
    run = CyclingRun(
        name="a", time_s=t, voltage_V=np.full(t.size, 0.1), current_A=np.full(t.size, 1e-4), current_source="measured", origin=origin
    )  # fmt: skip
    nothing = CARD.analyse([run], Inputs(sample=Sample(name="c"), settings=SETTINGS))
    assert nothing.quantities == ()
    assert [w.missing for w in nothing.withheld] == ["what kind of cell it is"]
    cell = CARD.analyse([run], Inputs(sample=Sample(name="c", given=(("cell", "symmetric"),)), settings=SETTINGS))
    assert {q.name for q in cell.quantities} == {"resistance_dc", "overpotential"}
    assert "the area of one electrode" in [w.missing for w in cell.withheld]
    with_area = attrs.evolve(
        Sample(name="c", given=(("cell", "symmetric"),)), pellet=Pellet(electrode_area_m2=number(1e-4, "m2"))
    )
    cell = CARD.analyse([run], Inputs(sample=with_area, settings=SETTINGS))
    interface = next(q.quantity for q in cell.quantities if q.name == "asr_interface_dc")
    assert isinstance(interface, Unresolved)
    unknown = CARD.analyse([run], Inputs(sample=Sample(name="c", given=(("cell", "pouch"),)), settings=SETTINGS))
    assert "cell-kind-unknown" in {f.code for f in unknown.findings}
    no_current = attrs.evolve(run, current_A=np.full(t.size, math.nan), current_source="")
    cell = CARD.analyse(
        [no_current], Inputs(sample=Sample(name="c", given=(("cell", "symmetric"),)), settings=SETTINGS)
    )
    assert cell.steps == ()
    assert any("a current" in w.missing for w in cell.withheld)


def test_files_of_the_virtual_channel_give_the_truth_back(tmp_path) -> None:
    truth = SymmetricCellTruth(
        pellet_resistance_ohm=100.0, interface_resistance_ohm=400.0, slow_fraction=0.0, interface_time_s=0.01, current_A=4e-5,
        step_s=3600, steps=6, noise_V=1e-5, frequency_low_Hz=0.05,
    )  # fmt: skip
    run = symmetric_cell_run(truth, np.random.default_rng(1))
    (tmp_path / "cell_25C_01.mpt").write_bytes(gcpl_mpt(run, comment="simulated"))
    (tmp_path / "cell_25C_02.mpt").write_bytes(spectra_mpt(run, comment="simulated"))
    result = api.analyse(
        "cycling", sorted(tmp_path.iterdir()), {"cell": "symmetric"}, geometry={"electrode_area": "1 cm2"}
    )
    values = {q.name: q.quantity for q in result.quantities}
    assert values["resistance_dc"].value == pytest.approx(500.0, rel=0.005)
    assert values["resistance_ac"].value == pytest.approx(500.0, rel=0.02)
    assert values["asr_cell_dc"].value * 1e4 == pytest.approx(500.0, rel=0.005)
    assert not any(row.flags for row in result.results[0].result.steps)


def ladder(short_at: int | None) -> tuple[CyclingRun, list[CellSpectrum]]:
    """Four levels of current with two half cycles each; the resistance halves at a step."""
    t, v, i = [], [], []
    now = 0.0
    for number in range(1, 9):
        current = 1e-5 * 2 ** ((number - 1) // 2) * (1 if number % 2 else -1)
        along = np.arange(0.0, 3600.0, 10.0)
        r = np.full(along.size, 500.0)
        if short_at == number:
            r[along > 1500] = 250.0
        t.append(now + along)
        i.append(np.full(along.size, current))
        v.append(current * r)
        now += 3600.0
    origin = Origin(path="a.mpt", sha256="", format="x")
    arrays = {"time_s": np.concatenate(t), "voltage_V": np.concatenate(v), "current_A": np.concatenate(i)}
    return CyclingRun(name="a", current_source="measured", temperature_K=298.15, origin=origin, **arrays), []


@pytest.mark.parametrize(("short_at", "level", "is_limit"), [(7, 4e-5, False), (None, 8e-5, True)])
def test_a_critical_current_density_comes_with_its_protocol(short_at: int | None, level: float, is_limit: bool) -> None:
    run, _ = ladder(short_at)
    given = (("cell", "symmetric"), ("pressure", number(1e7, "Pa")))
    sample = Sample(name="c", given=given, pellet=Pellet(electrode_area_m2=number(1e-4, "m2", 2e-6)))
    result = CARD.analyse([run], Inputs(sample=sample, settings=SETTINGS))
    (found,) = [q for q in result.quantities if q.name == "critical_current_density"]
    assert found.quantity.value == pytest.approx(level / 1e-4)
    assert ("lower limit" in found.quantity.method) is is_limit
    assert dict(found.conditions) == {
        "temperature_K": 298.15,
        "pressure_Pa": 1e7,
        "step_s": 3590.0,
        "steps_per_level": 2.0,
        "half_cycles_end_by": "time",
        "electrode_area_m2": 1e-4,
    }
    shown = next(t for t in CARD.present(result).tables if t.key == "cell")
    (row,) = [r for r in shown.rows if r[0] == "critical current density"]
    assert row[1] == "25 °C, 10 MPa, half cycles of 0.9972 h, 2 a level, ended by time, area 1 cm2"
    without = attrs.evolve(sample, given=(("cell", "symmetric"),))
    result = CARD.analyse([run], Inputs(sample=without, settings=SETTINGS))
    assert not [q for q in result.quantities if q.name == "critical_current_density"]
    assert any("the pressure on the cell" in w.missing for w in result.withheld)


@pytest.mark.parametrize("factor", [1e-3, 1e3, 1.0])
def test_a_slip_between_milli_and_microampere_is_named(factor: float) -> None:
    run, spectra = measured(symmetric_cell_run(some_cell(np.random.default_rng(4)), np.random.default_rng(4)))
    run = attrs.evolve(run, current_A=run.current_A * factor)
    found = analyse_symmetric([run], spectra, Inputs(sample=Sample(name="a"), settings=SETTINGS), SETTINGS)
    assert ("current-unit-doubtful" in {f.code for f in found.findings}) is (factor != 1.0)


def test_a_spectrum_at_another_temperature_is_not_set_beside_the_voltage() -> None:
    run, spectra = measured(symmetric_cell_run(some_cell(np.random.default_rng(4)), np.random.default_rng(4)))
    run = attrs.evolve(run, temperature_K=333.15)
    here = [attrs.evolve(s, temperature_K=333.5) for s in spectra[:-1]]
    there = attrs.evolve(spectra[-1], temperature_K=298.15, resistance_low_ohm=1e5)
    inputs = Inputs(sample=Sample(name="a"), settings=SETTINGS)
    with_it = analyse_symmetric([run], [*here, there], inputs, SETTINGS)
    without = analyse_symmetric([run], here, inputs, SETTINGS)
    assert [q.quantity for q in with_it.quantities] == [q.quantity for q in without.quantities]
    (said,) = [f.sentence for f in with_it.findings if f.code == "spectra-at-other-temperature"]
    assert "1 spectra at 25 °C" in said
