"""Runs of a dilatometer from files to densities: real files, simulated truth, and each bad input with its sentence."""

from __future__ import annotations

import itertools

import attrs
import numpy as np
import pytest

from pelletry.core.errors import MeasurementError, MissingFactError
from pelletry.core.facts import MassLoss, RelativeDensity, TheoreticalDensity
from pelletry.core.provenance import Origin
from pelletry.core.quantity import Estimate, Unresolved
from pelletry.core.record import Column, Hint, Record
from pelletry.core.sample import Pellet, Sample, Sintering
from pelletry.core.technique import Inputs
from pelletry.formats.open_file import read_file
from pelletry.techniques.dilatometry import CARD
from pelletry.virtual.dilatometer import (
    DilatometerTruth,
    GreenBody,
    measured_trace,
    netzsch_text,
    program,
    setaram_text,
)

BODY = GreenBody(name="LATP")
DRIFT = DilatometerTruth(drift_m_per_K=40e-9)


def estimate(value, unit="1", std=None):
    return Estimate(value=value, std=std, unit=unit, method="as stated")


GREEN = ("green_relative_density", estimate(0.64, std=0.005))


def trace(body=BODY, instrument=None, *, rate=2.5, top_K=1223.15, dwell_s=1800.0, cooling=None, seed=1, is_blank=False):
    instrument = instrument or DilatometerTruth()
    t, T = program(
        rate_K_per_s=rate / 60, top_K=top_K, dwell_s=dwell_s, cooling_K_per_s=None if cooling is None else cooling / 60
    )
    random = np.random.default_rng(seed)
    return measured_trace(body, instrument, time_s=t, temperature_K=T, random=random, is_blank=is_blank)


def as_blank(record: Record) -> Record:
    return attrs.evolve(record, hints=(*record.hints, Hint(name="role", value="blank", unit="", source="files.csv")))


def record(tmp_path, made, *, name="LATP", length_m=10e-3, maker=netzsch_text, **given) -> Record:
    path = tmp_path / f"{name}_{len(list(tmp_path.iterdir()))}.txt"
    path.write_bytes(maker(made, name=name, length_m=length_m, **given))
    (found,) = read_file(path)
    return found


def result_of(*records: Record, given=(), facts=(), sample=None, **settings):
    sample = attrs.evolve(sample or Sample(name="P"), given=tuple(given))
    return CARD.analyse(
        CARD.read(records), Inputs(sample=sample, settings=CARD.settings(**settings), facts=tuple(facts))
    )


def codes(result) -> list[str]:
    return [finding.code for finding in result.findings]


def sentence(result, code: str) -> str:
    return next(f.sentence for f in result.findings if f.code == code)


def pellet(value, std=0.005):
    return RelativeDensity(sample="P", given_by="density", relative_density=estimate(value, std=std))


# -- real files --------------------------------------------------------------------------------------------------------


def test_the_real_dil_402_with_its_correction_run(raw_data):
    pytest.importorskip("pyngb")
    path = raw_data("thermal", "GraysonBellamy+pyngb", "RO_Para_N2_10K_260910_R1.ngb-dla")
    own, correction = CARD.read(read_file(path))
    assert own.role == "sample"
    assert correction.role == "blank"
    assert own.initial_length_m == pytest.approx(15.99e-3)
    assert own.displacement_m[-1] == pytest.approx(-4480.7e-6, abs=0.1e-6)
    result = CARD.analyse((own, correction), Inputs(sample=Sample(name="P"), settings=CARD.settings()))
    (run,) = result.runs
    # drift taken off by hand: -4480.65 - 27.44 = -4508.1 um of 15.99 mm
    assert run.shrinkage.value == pytest.approx(-4508.1e-6 / 15.99e-3, abs=2e-4)
    assert "record 2" in run.blank
    assert 60 * run.rate_K_per_s == pytest.approx(10.0, abs=0.05)
    assert "standard-expansion-not-added" in codes(result)
    assert "FUSED SILICA" in sentence(result, "standard-expansion-not-added")
    added = CARD.analyse(
        (own, correction), Inputs(sample=Sample(name="P"), settings=CARD.settings(standard_expansion_per_K=5.5e-7))
    )
    assert added.runs[0].shrinkage.value - run.shrinkage.value == pytest.approx(5.5e-7 * 875, rel=0.02)
    assert "standard-expansion-not-added" not in codes(added)


def test_the_real_cooling_run_of_a_zirconium_alloy_turns_where_its_phase_changes(raw_data):
    """Zircaloy-4 on slow cooling: beta to alpha, an expansion between 930 and 820 °C (its transus are 980 and 810 °C)."""
    (record_,) = read_file(raw_data("thermal", "PPeitsch+pkynetics", "ejemplo_enfriamiento.asc"))
    result = result_of(record_)
    (run,) = result.runs
    turns = [(t.to, t.temperature_K - 273.15) for t in run.turns if t.stage == "cooling"]
    assert turns[0][0] == "expansion"
    assert 900 < turns[0][1] < 980
    assert turns[1][0] == "contraction"
    assert 790 < turns[1][1] < 850
    assert "dilatometer-no-heating" in codes(result)
    assert not run.tangents.onset_K.is_resolved
    assert run.expansion_per_K == pytest.approx(5e-6, rel=0.2)


# -- simulated truth ---------------------------------------------------------------------------------------------------


def test_density_and_temperatures_of_a_simulated_run_are_its_truth(tmp_path):
    made = trace(cooling=10.0)
    result = result_of(record(tmp_path, made), given=(GREEN,))
    (run,) = result.runs
    assert run.density_cold.value == pytest.approx(made.density_relative[-1], abs=0.002)
    assert run.density_cold.std == pytest.approx(0.005 * made.density_relative[-1] / 0.64, rel=0.05)
    assert run.expansion_per_K == pytest.approx(9e-6, rel=0.02)
    # the densification itself: fastest where d rho/dT is largest, but for the cube of the length
    T, rho = made.temperature_K, made.density_relative
    heating = slice(0, int(np.argmax(T)))
    fastest = T[heating][np.argmax(np.gradient(rho[heating] ** (-1 / 3), T[heating]) * -1)]
    assert run.tangents.max_rate_K.value == pytest.approx(fastest, abs=3.0)
    assert run.tangents.onset_K.value < fastest < run.tangents.end_K.value
    assert run.dwell_s == pytest.approx(1800, rel=0.05)


def test_hot_and_cold_densities_are_both_given(tmp_path):
    made = trace()
    (run,) = result_of(record(tmp_path, made), given=(GREEN,), expansion_per_K=9e-6).runs
    hot = 0.64 / (1 + made.displacement_m[-5:].mean() / 10e-3) ** 3
    assert run.density_hot.value == pytest.approx(hot, rel=1e-3)
    assert run.density_cold.value == pytest.approx(made.density_relative[-1], abs=1e-3)
    assert run.density_cold.value > run.density_hot.value + 0.015


def test_blank_from_another_maker_is_taken_off(tmp_path):
    sample, blank = trace(instrument=DRIFT), trace(instrument=DRIFT, seed=9, is_blank=True)
    kept = result_of(record(tmp_path, sample), given=(GREEN,), expansion_per_K=9e-6)
    assert "blank-missing" in codes(kept)
    done = result_of(
        record(tmp_path, sample),
        as_blank(record(tmp_path, blank, maker=setaram_text)),
        given=(GREEN,),
        expansion_per_K=9e-6,
    )
    # 40 nm/K over 925 K of 10 mm: 0.37 % of the length, 1.2 % of the density
    assert kept.runs[0].density_cold.value == pytest.approx(done.runs[0].density_cold.value - 0.0125, abs=0.002)
    assert done.runs[0].density_cold.value == pytest.approx(sample.density_relative[-1], abs=0.001)
    assert "blank-missing" not in codes(done)


def test_swelling_is_found_within_five_kelvin(tmp_path):
    """As LATP in argon above 930 °C."""
    body = attrs.evolve(BODY, swelling_K=1203.15, swelling_per_K=1e-4)
    result = result_of(record(tmp_path, trace(body, top_K=1273.15)), given=(GREEN,))
    (run,) = result.runs
    assert run.swelling_K.value == pytest.approx(1203.15, abs=5.0)
    # 70 K at 1e-4/K, of the shrunken length
    assert run.swelling.strain_fraction == pytest.approx(70 * 1e-4, rel=0.1)
    assert "930 °C" in sentence(result, "swelling") or "92" in sentence(result, "swelling")
    assert result.facts[0].expansion_temperature_K == run.swelling_K
    plain = result_of(record(tmp_path, trace(top_K=1273.15)), given=(GREEN,))
    assert "swelling" not in codes(plain)
    assert isinstance(plain.runs[0].swelling_K, Unresolved)


def test_a_fraction_and_micrometres_give_the_same(tmp_path):
    made = trace()
    one = result_of(record(tmp_path, made)).runs[0]
    other = result_of(record(tmp_path, made, as_fraction=True)).runs[0]
    assert other.shrinkage.value == pytest.approx(one.shrinkage.value, abs=1e-7)


def test_loss_of_mass_moves_the_density_and_is_named_when_it_goes_on(tmp_path):
    made = record(tmp_path, trace())
    loss = MassLoss(
        sample="P", given_by="thermogravimetry", mass_loss_fraction=estimate(0.02), end_temperature_K=1200.0
    )
    with_loss = result_of(made, given=(GREEN,), facts=(loss,))
    without = result_of(made, given=(GREEN,))
    ratio = with_loss.runs[0].density_cold.value / without.runs[0].density_cold.value
    assert ratio == pytest.approx(0.98, rel=1e-9)
    assert "mass-loss-during-sintering" in codes(with_loss)
    early = attrs.evolve(loss, end_temperature_K=700.0)
    assert "mass-loss-during-sintering" not in codes(result_of(made, given=(GREEN,), facts=(early,)))


# -- the green density -------------------------------------------------------------------------------------------------


def test_green_density_is_stated_or_weighed_over_the_theoretical_one(tmp_path):
    made = record(tmp_path, trace())
    full = TheoreticalDensity(
        sample="P", given_by="study.toml", density_kg_per_m3=estimate(2931.0, "kg/m3"), source="refined cell"
    )
    stated = result_of(made, given=(("green_density", estimate(0.64 * 2931.0, "kg/m3")),), facts=(full,))
    assert stated.green_fraction.value == pytest.approx(0.64)
    sizes = (
        ("green_mass", estimate(0.3e-3, "kg")),
        ("green_diameter", estimate(10e-3, "m")),
        ("green_thickness", estimate(2e-3, "m")),
    )
    weighed = result_of(made, given=sizes, facts=(full,))
    assert weighed.green_fraction.value == pytest.approx(0.3e-3 / (np.pi / 4 * 1e-4 * 2e-3) / 2931.0)
    both = result_of(made, given=(GREEN, *sizes), facts=(full,))
    assert both.green_fraction.value == 0.64
    # 0.3 g in 157 mm3 are 65.2 %: 1.8 % more than 64
    assert "green-densities-differ" not in codes(both)
    heavy = (("green_mass", estimate(0.33e-3, "kg")), *sizes[1:])
    assert "green-densities-differ" in codes(result_of(made, given=(GREEN, *heavy), facts=(full,)))
    bare = result_of(made, given=(("green_density", estimate(1880.0, "kg/m3")),))
    assert "no theoretical density" in bare.runs[0].density_cold.reason


def test_without_a_green_density_the_shrinkage_is_still_given(tmp_path):
    result = result_of(record(tmp_path, trace()))
    (run,) = result.runs
    assert isinstance(run.shrinkage, Estimate)
    assert isinstance(run.density_cold, Unresolved)
    assert "green_density" in sentence(result, "green-density-missing")


@pytest.mark.parametrize(("green", "code"), [(0.88, "green-density-unlikely"), (0.72, "shrinkage-density-above-100")])
def test_a_wrong_green_density_is_reported_and_never_clipped(tmp_path, green, code):
    result = result_of(record(tmp_path, trace()), given=(("green_relative_density", estimate(green, std=0.005)),))
    assert code in codes(result)
    assert result.runs[0].density_cold.value > 1.1
    assert "64.0 % at most" in sentence(result, "shrinkage-density-above-100")


def test_a_shrinkage_that_contradicts_the_pellet_is_named_with_what_would_fit(tmp_path):
    made = record(tmp_path, trace())
    wrong = result_of(made, given=(GREEN,), facts=(pellet(0.90),))
    said = sentence(wrong, "shrinkage-contradicts-pellet")
    assert "90.0(5) %" in said
    assert "57.6 % would fit" in said
    flagged = [q.name for q in wrong.quantities if "shrinkage-contradicts-pellet" in q.flags]
    assert set(flagged) == {"density_by_shrinkage", "density_by_shrinkage_hot"}
    assert "shrinkage-contradicts-pellet" not in codes(result_of(made, given=(GREEN,), facts=(pellet(0.995),)))
    elsewhere = Sample(name="P", sintering=Sintering(temperature_K=1073.15))
    assert "shrinkage-of-another-firing" in codes(
        result_of(made, given=(GREEN,), facts=(pellet(0.90),), sample=elsewhere)
    )


def test_anisotropy_is_that_of_the_pellet_when_its_sizes_are_known(tmp_path):
    made = record(tmp_path, trace())
    sizes = (("green_diameter", estimate(10e-3, "m")), ("green_thickness", estimate(2e-3, "m")))
    fired = Sample(name="P", pellet=Pellet(diameter_m=estimate(8.8e-3, "m"), thickness_m=estimate(1.72e-3, "m")))
    result = result_of(made, given=(GREEN, *sizes), sample=fired)
    assert result.radial_per_axial == pytest.approx(0.12 / 0.14)
    stated = result_of(made, given=(GREEN, *sizes, ("shrinkage_anisotropy", estimate(1.1))), sample=fired)
    assert stated.radial_per_axial == 1.1


# -- master curve ------------------------------------------------------------------------------------------------------


def three(tmp_path, *, lag_s=0.0, rates=(1.0, 2.5, 5.0), top_K=1223.15):
    instrument = DilatometerTruth(lag_s=lag_s)
    return [
        record(tmp_path, trace(instrument=instrument, rate=rate, seed=i, top_K=top_K), name=f"at {rate}")
        for i, rate in enumerate(rates)
    ]


def test_three_rates_give_energy_lag_and_a_firing_map(tmp_path):
    result = result_of(*three(tmp_path, lag_s=120.0), given=(GREEN,))
    master = result.master
    assert master.energy_J_per_mol.value == pytest.approx(420e3, rel=0.05)
    assert master.lag_s.value == pytest.approx(120.0, abs=15.0)
    assert master.second_opinion_J_per_mol.value == pytest.approx(420e3, rel=0.05)
    assert "thermocouple-lag" in codes(result)
    held = next(one for one in master.advice if one.dwell_to_target_s)
    # a firing that was not among the runs: the virtual furnace agrees with the map
    t, T = program(rate_K_per_s=2.5 / 60, top_K=held.temperature_K, dwell_s=held.dwell_to_target_s)
    fired = measured_trace(BODY, DilatometerTruth(), time_s=t, temperature_K=T, random=np.random.default_rng(0))
    assert fired.density_relative[-1] == pytest.approx(0.95, abs=0.01)


def test_one_or_two_rates_are_refused_and_the_missing_run_is_named(tmp_path):
    found = three(tmp_path)
    one = result_of(found[1], given=(GREEN,)).master
    assert isinstance(one.energy_J_per_mol, Unresolved)
    assert "two more runs of the same powder, e.g. at 1 and 6.25 K/min" in one.energy_J_per_mol.reason
    two = result_of(found[0], found[2], given=(GREEN,))
    assert "one more run of the same powder, e.g. at 2.24 K/min" in two.master.energy_J_per_mol.reason
    assert "master-curve-not-identifiable" in codes(two)
    same = result_of(*(attrs.evolve(r, name=f"{i}") for i, r in enumerate([found[1]] * 3)), given=(GREEN,))
    assert "two more runs" in same.master.energy_J_per_mol.reason


def test_runs_that_share_no_density_are_refused_and_named(tmp_path):
    short = record(tmp_path, trace(rate=5.0, top_K=973.15, dwell_s=0.0))
    result = result_of(*three(tmp_path)[:2], short, given=(GREEN,))
    assert "the run at 5 K/min ends at 700 °C" in result.master.energy_J_per_mol.reason
    assert all(run.shrinkage.is_resolved for run in result.runs)


def test_energy_needs_no_green_density_and_the_map_does(tmp_path):
    result = result_of(*three(tmp_path))
    assert result.master.energy_J_per_mol.value == pytest.approx(420e3, rel=0.03)
    assert result.master.firing is None
    assert "firing-map-missing" in codes(result)


def test_grain_sizes_and_fracture_give_a_line_to_stop_before(tmp_path):
    grains = [
        {"temperature_K": T, "dwell_s": 7200.0, "grain_size_m": size}
        for T, size in ((1073.15, 0.6e-6), (1123.15, 1.0e-6), (1173.15, 1.8e-6))
    ]
    given = {"fracture_energy_J_per_m2": (5.0, 7.5), "modulus_Pa": (81e9, 115e9), "anisotropy_per_K": (25e-6, 30e-6)}
    result = result_of(*three(tmp_path), given=(GREEN,), grain_sizes=grains, initial_grain_size_m=0.3e-6, **given)
    low, high = result.master.critical_size_m
    assert 0.5e-6 < low < high < 4e-6
    assert len(result.master.growth) == 3
    dwells = [one.crack_dwell_low_s for one in result.master.advice]
    assert all(a > b for a, b in itertools.pairwise(dwells))
    drawn = next(f for f in CARD.present(result).figures if f.key == "firing_map")
    assert "stop before: grains may crack" in [s.label for s in drawn.panels[0].series]
    bare = result_of(*three(tmp_path), given=(GREEN,), grain_sizes=grains)
    assert bare.master.critical_size_m is None


# -- bad input ---------------------------------------------------------------------------------------------------------


def test_a_blank_with_another_ramp_is_refused_by_name(tmp_path):
    sample, blank = trace(instrument=DRIFT), trace(instrument=DRIFT, rate=5.0, is_blank=True)
    result = result_of(record(tmp_path, sample), as_blank(record(tmp_path, blank, name="blank")))
    said = sentence(result, "blank-of-another-program")
    assert "heated at 5 K/min and the sample at 2.5 K/min" in said
    assert result.runs[0].blank == ""
    raw = result_of(record(tmp_path, sample)).runs[0]
    assert result.runs[0].shrinkage.value == raw.shrinkage.value
    colder = trace(instrument=DRIFT, top_K=1100.0, is_blank=True)
    result = result_of(record(tmp_path, sample), as_blank(record(tmp_path, colder, name="cold")))
    assert "it ends at 827 °C and the sample was heated to 950 °C" in sentence(result, "blank-of-another-program")


def test_a_blank_that_ends_too_early_shortens_the_run(tmp_path):
    sample, blank = trace(instrument=DRIFT, dwell_s=7200.0), trace(instrument=DRIFT, dwell_s=600.0, is_blank=True)
    result = result_of(record(tmp_path, sample), as_blank(record(tmp_path, blank, name="blank")))
    assert "blank-too-short" in codes(result)
    assert result.runs[0].dwell_s < 1500


def test_micrometres_without_a_length_give_no_strain(tmp_path):
    made = record(tmp_path, trace(), length_m=0.0)
    assert "initial length [mm]" in made.not_set
    with pytest.raises(MissingFactError, match="length of the body in the dilatometer missing"):
        result_of(made)
    given = ("dilatometer_length", estimate(10e-3, "m", 0.01e-3))
    (run,) = result_of(made, given=(given,)).runs
    assert run.shrinkage.std == pytest.approx(abs(run.shrinkage.value) * 1e-3, rel=0.1)


def test_a_length_that_differs_from_the_typed_one_is_named(tmp_path):
    result = result_of(record(tmp_path, trace()), given=(("dilatometer_length", estimate(12e-3, "m")),))
    assert "dilatometer-length-differs" in codes(result)


def test_a_column_of_shrinkage_is_turned_and_one_that_grows_is_reported(tmp_path):
    made = trace()
    turned = attrs.evolve(made, displacement_m=-made.displacement_m)
    grown = result_of(record(tmp_path, turned))
    assert "length-grows" in codes(grown)
    assert grown.runs[0].shrinkage.value > 0.1
    t, T, e = made.time_s, made.temperature_K - 273.15, -made.displacement_m * 1e4
    columns = (
        Column(name="Time", unit="s", values=t),
        Column(name="Temp.", unit="°C", values=T),
        Column(name="Shrinkage", unit="%", values=e),
    )
    origin = Origin(path="raw/a.txt", sha256="", format="x")
    named = Record(
        name="a", technique="dilatometry", columns=columns, origin=origin, header={"Shrinkage given as": "percent"}
    )
    (run,) = CARD.read((named,))
    assert run.strain_fraction[-1] < -0.1
    assert any("was turned" in warning for warning in run.warnings)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"Temp.": None}, "no column of temperature"),
        ({"Time": None}, "no column of time"),
        ({"dL": None}, "no column of a change of length"),
        ({"Temp.": ("", 1.0)}, "the column 'Temp.' has no unit"),
        ({"dL": ("%", 100.0)}, "reaches a strain of"),
        ({"Time": ("s", -1.0)}, "the time falls"),
    ],
)
def test_columns_that_make_no_run_are_named(change, message):
    made = trace()
    table = {
        "Time": ("s", made.time_s),
        "Temp.": ("°C", made.temperature_K - 273.15),
        "dL": ("%", made.displacement_m * 1e4),
    }
    columns = []
    for name, (unit, values) in table.items():
        if name in change:
            if change[name] is None:
                continue
            unit, factor = change[name]
            values = values * factor
        columns.append(Column(name=name, unit=unit, values=np.asarray(values)))
    header = {"dL given as": "percent"} if any(c.name == "dL" for c in columns) else {}
    origin = Origin(path="raw/a.txt", sha256="", format="x")
    with pytest.raises(MeasurementError, match=message):
        CARD.read((Record(name="a", technique="dilatometry", columns=tuple(columns), origin=origin, header=header),))


def test_pure_noise_gives_no_temperatures(tmp_path):
    t, T = program(rate_K_per_s=2.5 / 60, top_K=1223.15)
    noise = attrs.evolve(
        trace(), time_s=t, temperature_K=T, displacement_m=1e-6 * np.random.default_rng(0).standard_normal(len(t))
    )
    result = result_of(record(tmp_path, noise))
    (run,) = result.runs
    assert not run.tangents.onset_K.is_resolved
    assert not run.swelling_K.is_resolved


def test_only_blank_runs_are_no_measurement(tmp_path):
    with pytest.raises(MeasurementError, match="only blank runs"):
        result_of(as_blank(record(tmp_path, trace(is_blank=True))))


# -- presentation ------------------------------------------------------------------------------------------------------


def test_figures_show_strain_rate_tangents_and_the_pellet(tmp_path):
    result = result_of(record(tmp_path, trace()), given=(GREEN,), facts=(pellet(0.99),))
    shown = CARD.present(result)
    keys = [figure.key for figure in shown.figures]
    assert keys == ["shrinkage", "density_by_shrinkage", "shrinkage_over_time_1"]
    (panel,) = shown.figures[0].panels
    assert {s.label for s in panel.series} == {"shrinkage", "rate", "tangents"}
    assert [s.is_on_right for s in panel.series if s.label == "rate"] == [True]
    assert [m.text.partition(" ")[0] for m in panel.marks] == ["onset", "end"]
    points = next(s for s in shown.figures[1].panels[0].series if s.label == "pellet")
    assert points.y[0] == pytest.approx(99.0)
    assert "tangent_windows" in [table.key for table in shown.tables]
    assert "Thermal expansion was taken off" in shown.method_paragraph


def test_result_with_a_master_curve_survives_the_store(tmp_path):
    from pelletry.study.serial import decoded, encoded

    result = result_of(*three(tmp_path), given=(GREEN,))
    assert decoded(encoded(result)) == result


def test_settings_refuse_what_they_do_not_know():
    with pytest.raises(ValueError, match="extra"):
        CARD.settings.model_validate({"smoothing": 3})
    with pytest.raises(ValueError, match="belong together"):
        CARD.settings.model_validate({"baseline_low_K": 500.0})
