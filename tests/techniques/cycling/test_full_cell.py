"""Full and half cells: real twins, counters, and a virtual cell whose truth is stated."""

from __future__ import annotations

import numpy as np
import pytest

from pelletry import api
from pelletry.core.quantity import Estimate
from pelletry.virtual.cycler import CellRun, FullCellTruth, full_cell_run, gcpl_mpt
from pelletry.virtual.cycler_tables import landt_csv, neware_csv

GCPL = ("cycling", "be-smith+navani", "jdb11-1_c3_gcpl_5cycles_2V-3p8V_C-24_data_C09.mpr")


def quantities(result, name: str) -> list:
    return [q for q in result.quantities if q.name == name]


def test_a_real_cell_by_the_integral_and_by_its_own_counter(raw_data) -> None:
    result = api.analyse("cycling", [raw_data(*GCPL)], {"cell": "half", "active_mass": "10 mg"})
    discharges = [q.quantity.value / 3.6 for q in quantities(result, "capacity_discharge")]
    # Q charge/discharge of the file itself, mAh, at the end of each discharge.
    (record,) = [r for r in api.open_file(raw_data(*GCPL)) if r.technique == "cycling"]
    counter, half = record.values("Q charge/discharge"), record.values("half cycle")
    ends = [counter[half == h][-1] for h in np.unique(half)]
    own = [-end for end in ends if end < -1e-6]
    assert discharges == pytest.approx(own, rel=5e-3)
    assert quantities(result, "specific_capacity_discharge")[1].quantity.value == pytest.approx(
        discharges[1] * 3.6 / 10e-6
    )


def test_charges_of_a_cycler_are_those_of_its_own_columns(raw_data) -> None:
    path = raw_data("full_cell_cycling", "jepegit+cellpy", "neware_uio.csv")
    result = api.analyse("cycling", [path], {"cell": "half"})
    (record,) = api.open_file(path)
    own = [record.values("DChg. Cap.")[record.values("Cycle Index") == n].max() * 1e3 for n in (1, 2, 3)]
    found = [q.quantity.value / 3.6 for q in quantities(result, "capacity_discharge")][:3]
    # The instrument counts its steps of falling current one by one; the branch holds them all.
    assert found[0] >= own[0]
    fractions = [c.counter_fraction for c in result.results[0].result.cycles]
    assert all(abs(f) < 5e-3 for f in fractions if f is not None)
    assert "counter-disagrees" not in {f.code for f in result.findings}


def test_mean_voltages_are_the_energies_of_the_cycler_over_its_charges(raw_data) -> None:
    path = raw_data("full_cell_cycling", "jepegit+cellpy", "neware_uio.csv")
    (record,) = api.open_file(path)
    cycle, step = record.values("Cycle Index"), record.values("Step Index")

    def own(kind: str, number: int) -> tuple[float, float]:
        parts = [(cycle == number) & (step == s) for s in np.unique(step[cycle == number])]
        energy, charge = (sum(record.values(f"{kind} {what}")[k].max() for k in parts) for what in ("Energy", "Cap."))
        return energy, energy / charge

    for one in api.analyse("cycling", [path], {"cell": "half"}).results[0].result.cycles[:2]:
        (discharge, low), (charge, high) = (own(kind, one.cycle.number) for kind in ("DChg.", "Chg."))
        assert one.discharge_voltage_V == pytest.approx(low, rel=1e-4)
        assert one.charge_voltage_V == pytest.approx(high, rel=1e-4)
        assert one.energy_efficiency == pytest.approx(discharge / charge, rel=1e-3)


def test_a_counter_of_few_digits_is_named(raw_data) -> None:
    path = raw_data(
        "full_cell_cycling",
        "battery-data-alliance+battery-data-format",
        "SINTEF__LiGrR2032__2024-04-30__25degC__Landt.csv",
    )
    result = api.analyse("cycling", [path], {"cell": "half"})
    assert "counter-disagrees" in {f.code for f in result.findings}


@pytest.fixture
def ltp(tmp_path):
    """A Li|LZP|LTP cell: 0.4 mg of LiTi2(PO4)3 at 80 % of theory, fading by half a percent a cycle."""
    truth = FullCellTruth(
        capacity_C=0.8 * 138.3 * 3.6e-3 * 0.4, current_A=6e-6, efficiency=0.97, fade_fraction=0.005, cycles=12
    )
    path = tmp_path / "cell.mpt"
    path.write_bytes(gcpl_mpt(full_cell_run(truth, np.random.default_rng(3)), comment="simulated"))
    return path


def test_capacity_rate_efficiency_and_fade_of_a_known_cell(ltp) -> None:
    known = {
        "cell": "full",
        "active_mass": "0.400(8) mg",
        "active_material": "LiTi2(PO4)3",
        "electrons_per_formula": "2",
    }
    result = api.analyse("cycling", [ltp], known)
    best = quantities(result, "specific_capacity_best")[0].quantity
    assert best.value / 3600 == pytest.approx(0.8 * 138.3, rel=5e-3)
    assert best.std == pytest.approx(0.02 * best.value, rel=1e-6)
    assert quantities(result, "utilisation")[0].quantity.value == pytest.approx(0.8, rel=5e-3)
    assert quantities(result, "c_rate")[0].quantity.value == pytest.approx(6e-3 / (0.4 * 0.1383), rel=1e-3)
    assert quantities(result, "coulombic_efficiency")[3].quantity.value == pytest.approx(0.97, rel=2e-3)
    fade = quantities(result, "fade_per_cycle")[0].quantity
    low, _ = fade.interval
    assert low <= 0.005 * (1 + 0.02) + 1e-4
    assert fade.value == pytest.approx(0.005, rel=0.05)
    assert result.results[0].result.capacity_convention == "charge over the discharge before it"


def test_a_mass_from_thickness_says_so_and_carries_its_error(ltp) -> None:
    known = {"cell": "full", "active_thickness": "10(1) um", "active_density": "2.95 g/cm3", "active_porosity": "0"}
    result = api.analyse("cycling", [ltp], known, geometry={"electrode_area": "0.136 cm2"})
    best = quantities(result, "specific_capacity_best")[0].quantity
    assert "thickness x density x area" in best.method
    assert best.std is None  # the area was given without its uncertainty


def test_above_theory_and_without_mass(ltp) -> None:
    too_light = {
        "cell": "full",
        "active_mass": "0.2 mg",
        "active_material": "LiTi2(PO4)3",
        "electrons_per_formula": "2",
    }
    assert "capacity-above-theory" in {f.code for f in api.analyse("cycling", [ltp], too_light).findings}
    bare = api.analyse("cycling", [ltp], {"cell": "full"})
    assert not quantities(bare, "specific_capacity_discharge")
    assert quantities(bare, "capacity_discharge")
    assert {"capacities per mass of sample", "C-rate and utilisation of sample"} <= {w.what for w in bare.withheld}


def test_a_cycle_may_begin_with_the_charge(ltp) -> None:
    result = api.analyse("cycling", [ltp], {"cell": "full", "cycle_begins_with": "charge"})
    assert "branch-before-cycles" in {f.code for f in result.findings}
    efficiency = quantities(result, "coulombic_efficiency")[0].quantity
    assert isinstance(efficiency, Estimate)
    assert "discharge over the charge before it" in efficiency.method
    assert efficiency.value == pytest.approx(0.995 / 0.97, rel=5e-3)


@pytest.mark.parametrize(
    ("folder", "names"),
    [(("dgbowl+yadg",), ("cp.mpr", "cp.mpt")), (("jdhuang-csm+hybrid-drt",), ("CP_SSB.mpr", "CP_SSB.txt"))],
)
def test_binary_and_text_of_one_run_give_the_same_charges(raw_data, folder, names) -> None:
    charges = []
    for name in names:
        result = api.analyse("cycling", [raw_data("mpr_gcpl", *folder, name)], {"cell": "half"})
        charges.append([q.quantity.value for q in result.quantities if q.name.startswith("capacity_")])
    assert charges[0]
    assert charges[0] == pytest.approx(charges[1], rel=1e-5)


#: 100 mg of LiTi2(PO4)3 at 80 % of theory, 1.5 mA: a current that four decimals in A can write.
TRUTH = FullCellTruth(
    capacity_C=0.8 * 138.3 * 3.6e-3 * 100,
    current_A=1.5e-3,
    efficiency=0.97,
    fade_fraction=0.005,
    cycles=12,
    resistance_ohm=20.0,
)
KNOWN = {"cell": "full", "active_mass": "100(1) mg", "active_material": "LiTi2(PO4)3", "electrons_per_formula": "2"}


def in_layout(layout: str, run: CellRun) -> bytes:
    if layout == "neware":
        return neware_csv(run)
    return landt_csv(run, comment="simulated") if layout == "landt" else gcpl_mpt(run, comment="simulated")


@pytest.mark.parametrize("layout", ["neware", "landt", "ec-lab"])
def test_every_line_of_a_full_cell_in_each_layout(tmp_path, layout: str) -> None:
    path = tmp_path / f"simulated.{'mpt' if layout == 'ec-lab' else 'csv'}"
    path.write_bytes(in_layout(layout, full_cell_run(TRUTH, np.random.default_rng(3))))
    result = api.analyse("cycling", [path], KNOWN)
    discharges = [q.quantity.value for q in quantities(result, "capacity_discharge")]
    # Neware's clock has whole seconds, Landt's counter steps of 0.1 mAh.
    assert discharges == pytest.approx([TRUTH.capacity_C * 0.995**n for n in range(12)], rel=5e-3)
    assert quantities(result, "specific_capacity_best")[0].quantity.value / 3600 == pytest.approx(0.8 * 138.3, rel=5e-3)
    assert quantities(result, "utilisation")[0].quantity.value == pytest.approx(0.8, rel=5e-3)
    assert quantities(result, "c_rate")[0].quantity.value == pytest.approx(1.5 / (100 * 0.1383), rel=2e-3)
    assert quantities(result, "coulombic_efficiency")[3].quantity.value == pytest.approx(0.97, rel=5e-3)
    fade = quantities(result, "fade_per_cycle")[0].quantity
    assert fade.value == pytest.approx(0.005, rel=0.05)
    low, high = fade.interval
    assert 0 < low < fade.value < high < 0.01
    cell = result.results[0].result
    assert cell.capacity_convention == "charge over the discharge before it"
    assert cell.theoretical_capacity_C_per_kg / 3600 == pytest.approx(138.3, abs=0.05)
    assert all(abs(curve.closure - 1) < 0.01 for _, curve in cell.differential)
    fractions = [c.counter_fraction for c in cell.cycles]
    assert all(f is not None and abs(f) < 5e-3 for f in fractions)
    assert not {"counter-disagrees", "dqdv-not-whole", "run-twice"} & {f.code for f in result.findings}
    assert ("counter-reset" in {f.code for f in result.findings}) is (layout != "ec-lab")


def test_a_counter_that_is_finer_than_the_current_is_used(tmp_path) -> None:
    from attrs import evolve

    truth = evolve(TRUTH, capacity_C=36.0, current_A=1.76e-4, cycles=2, fade_fraction=0.0, efficiency=1.0)
    path = tmp_path / "simulated.csv"
    path.write_bytes(landt_csv(full_cell_run(truth, np.random.default_rng(3)), comment="simulated"))
    result = api.analyse("cycling", [path], {"cell": "full"})
    found = quantities(result, "capacity_discharge")[0].quantity
    # 0.176 mA is written as 0.0002 A: the integral would be 11.4 mAh, the counter has the 10.0 that passed.
    assert found.value / 3.6 == pytest.approx(10.0, abs=0.1)
    assert found.method == "counter of the instrument"
    (said,) = [f.sentence for f in result.findings if f.code == "counter-disagrees"]
    assert "leaves as much open; the counter (0.1 mAh) is used" in said


def test_a_current_too_small_for_its_digits_is_named(tmp_path) -> None:
    from attrs import evolve

    truth = evolve(TRUTH, capacity_C=0.1, current_A=6e-6, cycles=2)
    path = tmp_path / "simulated.csv"
    path.write_bytes(landt_csv(full_cell_run(truth, np.random.default_rng(3)), comment="simulated"))
    result = api.analyse("cycling", [path], {"cell": "full"})
    assert not quantities(result, "capacity_discharge")
    assert any("0 throughout" in f.sentence for f in result.findings)


def test_one_run_in_two_files_counts_once(tmp_path, raw_data) -> None:
    folder = raw_data("mpr_gcpl", "dgbowl+yadg")
    alone = api.analyse("cycling", [folder / "cp.mpr"], {"cell": "half"})
    both = api.analyse("cycling", [folder / "cp.mpr", folder / "cp.mpt"], {"cell": "half"})
    (said,) = [f.sentence for f in both.findings if f.code == "run-twice"]
    assert "cp.mpt" in said
    assert [q.quantity.value for q in quantities(both, "capacity_charge")] == pytest.approx(
        [q.quantity.value for q in quantities(alone, "capacity_charge")], rel=1e-6
    )


def test_a_mean_current_is_that_of_the_interval_before(raw_data) -> None:
    """Sixteen points in two minutes: by trapezoids the first ten seconds of each branch count half, and the efficiency is 114 %."""
    result = api.analyse("cycling", [raw_data("mpr_gcpl", "dgbowl+yadg", "gcpl.issue_226.I.mpt")], {"cell": "half"})
    (cycle,) = result.results[0].result.cycles
    # (Q-Qo) of the file itself: 0.00199922 mAh up and 0.000037 mAh left.
    assert abs(cycle.counter_fraction) < 1e-3
    assert cycle.charge_capacity_C / 3.6 == pytest.approx(2.0e-3, rel=2e-3)
    assert cycle.efficiency == pytest.approx(0.9814, abs=1e-3)


def test_gaps_and_a_counter_that_begins_anew(raw_data) -> None:
    """Four pulses of ten seconds and 20 uA with three minutes between them that the file does not hold; its counter begins anew with each."""
    result = api.analyse("cycling", [raw_data("mpr_gcpl", "dgbowl+yadg", "cp.issue_149.mpr")], {"cell": "half"})
    (cycle,) = result.results[0].result.cycles
    assert cycle.charge_capacity_C == pytest.approx(4 * 2.0e-4, rel=0.05)
    assert {"counter-reset", "run-warning"} <= {f.code for f in result.findings}


@pytest.mark.parametrize(
    "parts",
    [
        ("d-cogswell+NewareNDA", "TestFile.nda"),
        ("d-cogswell+NewareNDA", "TESTCELL0001-B2-2025-M50T_NewareNDA_Investigation.ndax"),
        ("be-smith+navani", "test.ndax"),
    ],
)
def test_the_integral_of_binary_neware_files_is_their_own_capacity(raw_data, parts: tuple[str, ...]) -> None:
    result = api.analyse("cycling", [raw_data("full_cell_cycling", *parts)], {"cell": "half"})
    fractions = [c.counter_fraction for c in result.results[0].result.cycles]
    assert fractions
    assert all(f is not None and abs(f) < 5e-3 for f in fractions)


def test_pulses_that_the_points_do_not_resolve_are_counted(raw_data) -> None:
    """A telephone's pulses of 1.7 A with two points each: trapezoids give 900 mAh, the instrument 299.9 (its last value)."""
    path = raw_data("full_cell_cycling", "d-cogswell+NewareNDA", "2-1-6_61[07005012].nda")
    result = api.analyse("cycling", [path], {"cell": "half"})
    (discharge,) = quantities(result, "capacity_discharge")
    assert discharge.quantity.value / 3.6 == pytest.approx(299.86, abs=0.1)
    assert discharge.quantity.method == "counter of the instrument"
