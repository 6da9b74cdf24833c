"""Losses of mass: closed forms of logistic steps, the test for no loss, real files of several makers, and bad input by name."""

from __future__ import annotations

import attrs
import numpy as np
import pytest

from pelletry.core.errors import MeasurementError
from pelletry.core.facts import MassLoss
from pelletry.core.provenance import Origin
from pelletry.core.quantity import Estimate, Unresolved
from pelletry.core.record import Column, Hint, Record
from pelletry.core.sample import Sample
from pelletry.core.technique import Inputs
from pelletry.formats.open_file import read_file
from pelletry.techniques.thermogravimetry import CARD
from pelletry.techniques.thermogravimetry.model.steps import quiet_from, steps_of
from pelletry.virtual.thermobalance import Loss, ThermobalanceTruth, measured_mass_kg, netzsch_text, ramp

GREEN = ThermobalanceTruth(
    losses=(Loss(share=0.012, middle_K=383.15), Loss(share=0.030, middle_K=573.15, width_K=12.0)), noise_kg=0.5e-9
)


def record(tmp_path, truth=GREEN, *, seed=1, is_blank=False, rate=5.0, top_K=1173.15, **given) -> Record:
    t, T = ramp(rate_K_per_s=rate / 60, top_K=top_K)
    mass = measured_mass_kg(truth, T, random=np.random.default_rng(seed), is_blank=is_blank)
    path = tmp_path / f"run_{len(list(tmp_path.iterdir()))}.txt"
    path.write_bytes(netzsch_text(t, T, mass, name=truth.name, sample_mass_kg=truth.mass_kg, **given))
    (found,) = read_file(path)
    if is_blank:
        found = attrs.evolve(found, hints=(*found.hints, Hint(name="role", value="blank", unit="", source="files.csv")))
    return found


def result_of(*records: Record, **settings):
    return CARD.analyse(CARD.read(records), Inputs(sample=Sample(name="P"), settings=CARD.settings(**settings)))


def codes(result) -> list[str]:
    return [finding.code for finding in result.findings]


def sentence(result, code: str) -> str:
    return next(f.sentence for f in result.findings if f.code == code)


# -- closed forms ------------------------------------------------------------------------------------------------------


def test_logistic_steps_come_back_with_their_tangents(tmp_path):
    """The tangent in the middle of a logistic meets its levels two widths before and after."""
    (run,) = result_of(record(tmp_path)).runs
    drying, burn_out = run.steps
    assert drying.is_drying
    dry = 1 - 0.012
    assert drying.change.value == pytest.approx(-0.012 / dry, abs=1e-4)
    assert burn_out.change.value == pytest.approx(-0.030 / dry, abs=2e-4)
    for step, middle, width in ((drying, 383.15, 8.0), (burn_out, 573.15, 12.0)):
        assert step.peak_K.value == pytest.approx(middle, abs=2.0)
        assert step.onset_K.value == pytest.approx(middle - 2 * width, abs=2.0)
        assert step.end_K.value == pytest.approx(middle + 2 * width, abs=2.0)


def test_losses_are_of_the_dry_mass_and_of_the_initial_mass(tmp_path):
    result = result_of(record(tmp_path))
    (run,) = result.runs
    assert run.loss_of_initial.value == pytest.approx(0.042, abs=1e-4)
    assert run.loss_of_dry.value == pytest.approx(0.030 / 0.988, abs=2e-4)
    assert run.drying_loss.value == pytest.approx(0.012, abs=1e-4)
    (fact,) = result.facts
    assert isinstance(fact, MassLoss)
    assert fact.mass_loss_fraction == run.loss_of_dry
    # 3 standard deviations of noise are 3e-5 of the mass: the logistic is that close to its level 6.9 widths after its middle
    assert fact.end_temperature_K == pytest.approx(573.15 + 6.9 * 12, abs=20)


def test_two_close_losses_are_parted_and_said_to_overlap(tmp_path):
    both = attrs.evolve(
        GREEN, losses=(Loss(share=0.02, middle_K=600.0, width_K=10.0), Loss(share=0.03, middle_K=665.0, width_K=10.0))
    )
    result = result_of(record(tmp_path, both))
    first, second = result.runs[0].steps
    assert first.change.value + second.change.value == pytest.approx(-0.05, abs=5e-4)
    assert first.change.value == pytest.approx(-0.02, rel=0.1)
    assert "steps-overlap" in codes(result)


def test_a_curve_without_steps_has_none():
    noise = 1e-5 * np.random.default_rng(0).standard_normal(2000)
    from pelletry.fitting.smoothing import savitzky_golay

    smooth = savitzky_golay(1.0 + noise, half_width=12)
    rate = savitzky_golay(1.0 + noise, half_width=12, derivative=1)
    assert steps_of(smooth, rate, smallest=1e-3, noise=1e-5) == ()


def test_rest_begins_where_the_curve_stays_within_the_noise():
    mass = np.interp(np.arange(1000), [0, 400, 1000], [1.0, 0.9, 0.9])
    # within 3e-3 of 0.9: 12 rows before the corner
    assert quiet_from(mass, noise=1e-3, multiple=3.0) == pytest.approx(388, abs=1)
    assert quiet_from(np.linspace(1.0, 0.9, 1000), noise=1e-6, multiple=3.0) is None


# -- no loss after X ---------------------------------------------------------------------------------------------------


def test_no_loss_above_450_is_told_from_a_loss_of_three_noises(tmp_path):
    quiet = result_of(record(tmp_path), no_loss_above_K=(723.15,))
    (test,) = quiet.runs[0].tests
    assert test.is_quiet
    assert abs(test.change.value) < test.limit_fraction
    assert "450 °C" in sentence(quiet, "no-loss-above")
    late = attrs.evolve(GREEN, losses=(*GREEN.losses, Loss(share=5e-4, middle_K=1000.0, width_K=20.0)))
    loses = result_of(record(tmp_path, late), no_loss_above_K=(723.15,))
    (test,) = loses.runs[0].tests
    assert test.is_quiet is False
    assert test.change.value == pytest.approx(-5e-4 / 0.988, rel=0.1)
    assert "loss-above" in codes(loses)
    assert {q.name for q in loses.quantities if "loss-above" in q.flags} == {"change_above"}
    beyond = result_of(record(tmp_path), no_loss_above_K=(1300.0,))
    assert beyond.runs[0].tests[0].is_quiet is None
    assert "the run ends at 900 °C" in sentence(beyond, "no-loss-not-tested")


def test_buoyancy_hides_in_a_run_without_blank_and_goes_with_one(tmp_path):
    heavy = attrs.evolve(GREEN, buoyancy_kg_per_K=0.05e-9)
    raw = result_of(record(tmp_path, heavy), no_loss_above_K=(723.15,))
    assert raw.runs[0].tests[0].is_quiet is False
    assert "buoyancy-not-corrected" in codes(raw)
    assert raw.runs[0].loss_of_dry.std is None
    blank = record(tmp_path, heavy, is_blank=True, seed=5, in_percent=False)
    done = result_of(record(tmp_path, heavy), blank, no_loss_above_K=(723.15,))
    assert done.runs[0].tests[0].is_quiet
    assert done.runs[0].blank
    assert done.runs[0].loss_of_initial.value == pytest.approx(0.042, abs=1e-4)
    assert done.runs[0].loss_of_dry.std > 0


def test_a_sample_that_loses_to_the_end_has_no_end(tmp_path):
    going = attrs.evolve(GREEN, losses=(Loss(share=0.05, middle_K=1200.0, width_K=60.0),))
    result = result_of(record(tmp_path, going))
    assert "loss-goes-on" in codes(result)
    assert result.facts[0].end_temperature_K is None


def test_the_dry_mass_can_be_set_by_a_person(tmp_path):
    (run,) = result_of(record(tmp_path), dry_at_K=480.0).runs
    assert run.dry_source == "mass at 207 °C"
    assert run.dry_share == pytest.approx(0.988, abs=2e-4)


# -- real files --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("parts", "loss_percent", "steps"),
    [
        # read off by hand: the last rows of the file
        (("MyonicS+pyTGA", "netzsch2_example_file.txt"), 100 - 25.541, 1),
        (("MyonicS+pyTGA", "MettlerToledo_example_file.txt"), 100 * (1 - 0.0286858 / 4.92915), None),
        (("MyonicS+pyTGA", "netzsch_example_file.txt"), 100 - 19.391, None),
    ],
)
def test_real_texts_lose_what_their_last_row_says(raw_data, parts, loss_percent, steps):
    found = [r for r in read_file(raw_data("thermal", *parts)) if r.technique in CARD.record_techniques]
    result = result_of(*found)
    (run,) = result.runs
    assert 100 * run.loss_of_initial.value == pytest.approx(loss_percent, abs=0.3)
    assert steps is None or len(run.steps) == steps
    assert run.steps


def test_polypropylene_of_the_mettler_file_decomposes_in_one_large_step(raw_data):
    found = read_file(raw_data("thermal", "MyonicS+pyTGA", "MettlerToledo_example_file.txt"))
    (run,) = result_of(*(r for r in found if r.technique == "thermogravimetry")).runs
    largest = min(run.steps, key=lambda step: step.change.value)
    assert largest.change.value < -0.95
    # PP in nitrogen at 5 K/min: fastest near 450 °C
    assert 440 < largest.peak_K.value - 273.15 < 470


def test_an_sta_stores_the_change_and_its_mass_is_added(raw_data):
    pytest.importorskip("pyngb")
    (one,) = CARD.read(read_file(raw_data("thermal", "GraysonBellamy+pyngb", "Red_Oak_STA_10K_250731_R7.ngb-ss3")))
    assert one.mass_kg[0] == pytest.approx(4.044e-6, rel=1e-3)
    assert one.mass_kg[-1] == pytest.approx((4.044 - 3.086) * 1e-6, rel=1e-3)


def test_a_balance_that_recorded_nothing_is_refused(raw_data):
    path = raw_data("thermal", "PPeitsch+pkynetics", "sapphire.txt")
    with pytest.raises(MeasurementError, match="the balance recorded nothing"):
        CARD.read(read_file(path))


# -- units and bad input -----------------------------------------------------------------------------------------------


def made_by_hand(
    name="Mass", unit="mg", values=None, given_as="mass", *, format="x", header=None, heads=("s", "°C")
) -> Record:
    T = np.linspace(25.0, 900.0, 400)
    values = 10.0 - 0.001 * T if values is None else values
    columns = (
        Column(name="Time", unit=heads[0], values=(T - 25) * 12),
        Column(name="Sample Temperature", unit=heads[1], values=T),
        Column(name=name, unit=unit, values=np.asarray(values, dtype=float)),
    )
    origin = Origin(path="raw/a.txt", sha256="", format=format)
    return Record(
        name="a",
        technique="thermogravimetry",
        columns=columns,
        origin=origin,
        header={f"{name} given as": given_as, **(header or {})},
    )


def test_pyris_prints_no_units_and_has_fixed_ones_when_the_mass_agrees():
    bare = {"unit": "", "given_as": "not stated", "format": "perkinelmer-text", "heads": ("", "")}
    name = "Unsubtracted Weight"
    (one,) = CARD.read((made_by_hand(name, header={"initial mass [mg]": "9.98"}, **bare),))
    assert one.mass_kg[0] == pytest.approx(9.975e-6)
    assert one.time_s[1] == pytest.approx(60 * 12 * 875 / 399)
    assert any("prints no unit for Unsubtracted Weight: mg" in warning for warning in one.warnings)
    with pytest.raises(MeasurementError, match="its first value is not the mass in the header"):
        CARD.read((made_by_hand(name, header={"initial mass [mg]": "4.0"}, **bare),))
    with pytest.raises(MeasurementError, match="has no unit"):
        CARD.read((made_by_hand(name, header={"initial mass [mg]": "9.98"}, **{**bare, "format": "table"}),))


def test_per_cent_near_a_hundred_are_mass_and_near_zero_its_change():
    T = np.linspace(25.0, 900.0, 400)
    (mass,) = CARD.read((made_by_hand(unit="%", given_as="percent", values=100 - 0.01 * T),))
    (change,) = CARD.read((made_by_hand(unit="%", given_as="percent", values=-0.01 * T),))
    assert change.share_fraction == pytest.approx(mass.share_fraction)
    assert any("taken for the change of mass" in warning for warning in change.warnings)
    with pytest.raises(MeasurementError, match=r"begins at 49\.7 %"):
        CARD.read((made_by_hand(unit="%", given_as="percent", values=50 - 0.01 * T),))


def test_a_change_of_mass_without_a_mass_is_refused():
    T = np.linspace(25.0, 900.0, 400)
    with pytest.raises(MeasurementError, match="the mass of the sample is not in the file"):
        CARD.read((made_by_hand(given_as="mass change", values=-0.001 * T),))


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"name": "HeatFlow", "unit": "mW", "given_as": "heat"}, "no column of mass"),
        ({"heads": ("s", "")}, "the column 'Sample Temperature' has no unit"),
        ({"heads": ("fortnight", "°C")}, "the time is in 'fortnight'"),
        ({"values": np.full(400, 3.0)}, "the balance recorded nothing"),
        ({"values": np.full(400, np.nan)}, "only 0 usable rows"),
    ],
)
def test_columns_that_make_no_run_are_named(given, message):
    with pytest.raises(MeasurementError, match=message):
        CARD.read((made_by_hand(**given),))


def test_a_blank_with_another_ramp_is_refused_by_name(tmp_path):
    blank = record(tmp_path, is_blank=True, rate=10.0, in_percent=False)
    result = result_of(record(tmp_path), blank)
    assert "heated at 10 K/min and the sample at 5 K/min" in sentence(result, "blank-of-another-program")
    assert result.runs[0].blank == ""
    with pytest.raises(MeasurementError, match="only blank runs"):
        result_of(blank)


def test_a_tared_crucible_and_a_negative_mass_are_named(tmp_path):
    made = record(tmp_path, in_percent=False)
    typed = attrs.evolve(made, header={**made.header, "initial mass [mg]": "75.0"})
    assert "initial-mass-differs" in codes(result_of(typed))
    gone = attrs.evolve(GREEN, losses=(Loss(share=1.05, middle_K=600.0),))
    assert "mass-below-zero" in codes(result_of(record(tmp_path, gone)))


def test_pure_noise_has_no_steps_and_is_at_rest(tmp_path):
    flat = attrs.evolve(GREEN, losses=(), noise_kg=5e-9)
    result = result_of(record(tmp_path, flat), no_loss_above_K=(400.0,))
    (run,) = result.runs
    assert run.steps == ()
    assert run.tests[0].is_quiet
    assert isinstance(run.drying_loss, Unresolved)
    assert "mass-not-dried" in codes(result)


# -- presentation ------------------------------------------------------------------------------------------------------


def test_the_figure_has_mass_left_rate_right_and_a_mark_a_step(tmp_path):
    result = result_of(record(tmp_path), no_loss_above_K=(723.15,))
    shown = CARD.present(result)
    assert [figure.key for figure in shown.figures] == ["mass", "mass_over_time_1"]
    (panel,) = shown.figures[0].panels
    assert [s.is_on_right for s in panel.series] == [False, True]
    assert len(panel.marks) == 2
    assert [table.key for table in shown.tables] == ["mass_loss", "mass_steps", "no_loss_tests"]
    quantity = next(q for q in result.quantities if q.name == "mass_loss")
    assert isinstance(quantity.quantity, Estimate)


def test_result_survives_the_store(tmp_path):
    from pelletry.study.serial import decoded, encoded

    result = result_of(record(tmp_path), no_loss_above_K=(723.15,))
    assert decoded(encoded(result)) == result


def test_settings_refuse_what_they_do_not_know():
    with pytest.raises(ValueError, match="extra"):
        CARD.settings.model_validate({"dry": 3})
