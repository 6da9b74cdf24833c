"""Particle sizes: closed forms of the log-normal law, laws, the instrument's own rows, and what is refused by name."""

from __future__ import annotations

import math

import attrs
import numpy as np
import pytest

from pelletry.core.errors import MeasurementError
from pelletry.core.provenance import Origin
from pelletry.core.quantity import Estimate, Unresolved
from pelletry.core.record import Column, Hint, Record
from pelletry.core.sample import Sample
from pelletry.core.technique import Inputs
from pelletry.formats.open_file import read_file
from pelletry.techniques.granulometry import CARD
from pelletry.techniques.granulometry.model.lognormal import lognormal_fit
from pelletry.techniques.granulometry.model.modes import modes_of
from pelletry.techniques.granulometry.model.sizes import converted, monotone_slopes, percentile_m, share_below, sizes_of
from pelletry.virtual.granulometer import (
    GranulometerTruth,
    Population,
    class_edges_m,
    mastersizer_csv,
    measured_shares,
)

MILLED = GranulometerTruth(name="LATP milled", populations=(Population(median_m=0.31e-6, spread_factor=1.8),))
COARSE = GranulometerTruth(name="LATP calcined", populations=(Population(median_m=3.10e-6, spread_factor=1.8),))
DENSITY = Estimate(value=2931.0, unit="kg/m3", method="as stated")


def shares_of(truth: GranulometerTruth) -> tuple[np.ndarray, np.ndarray]:
    edges_m = class_edges_m()
    return edges_m, measured_shares(truth, edges_m=edges_m) / 100.0


def records(tmp_path, truth: GranulometerTruth, *, runs: int = 3, seed: int = 1) -> tuple[Record, ...]:
    path = tmp_path / f"{truth.name}.csv"
    path.write_bytes(mastersizer_csv(truth, runs=runs, random=np.random.default_rng(seed)))
    return read_file(path)


def inputs(*, density: Estimate | None = None, **settings) -> Inputs:
    given = () if density is None else (("powder_density", density),)
    return Inputs(sample=Sample(name="P", given=given), settings=CARD.settings(**settings))


def result_of(*found: Record, **given):
    return CARD.analyse(CARD.read(found), inputs(**given))


def codes(result) -> list[str]:
    return [finding.code for finding in result.findings]


# -- model -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("fraction", "z"), [(0.1, -1.2815516), (0.5, 0.0), (0.9, 1.2815516)])
def test_percentiles_of_a_log_normal_are_those_of_its_law(fraction, z):
    edges_m, share = shares_of(COARSE)
    law = 3.10e-6 * 1.8**z
    assert percentile_m(edges_m=edges_m, share_fraction=share, fraction=fraction) == pytest.approx(law, rel=1.5e-3)


def test_means_of_a_log_normal_are_those_of_its_law():
    edges_m, share = shares_of(COARSE)
    sizes = sizes_of(edges_m=edges_m, volume_fraction=share)
    s2 = math.log(1.8) ** 2
    # classes 14.8 % wide, each taken at one size: 1/24 of the squared width (0.0008) of the variance
    assert sizes.volume_mean_m == pytest.approx(3.10e-6 * math.exp(s2 / 2), rel=1e-3)
    assert sizes.surface_mean_m == pytest.approx(3.10e-6 * math.exp(-s2 / 2), rel=1e-3)


def test_number_basis_of_a_log_normal_is_moved_by_the_law_of_hatch_and_choate():
    edges_m, share = shares_of(COARSE)
    number = converted(edges_m=edges_m, share_fraction=share, basis="volume", to="number")
    law = 3.10e-6 * math.exp(-3 * math.log(1.8) ** 2)
    # a class 14.8 % wide counts as one size, and the cube of the sizes in it differs by half
    assert percentile_m(edges_m=edges_m, share_fraction=number, fraction=0.5) == pytest.approx(law, rel=5e-3)
    back = converted(edges_m=edges_m, share_fraction=number, basis="number", to="volume")
    assert back == pytest.approx(share, abs=1e-12)


def test_the_monotone_cubic_is_that_of_scipy():
    interpolate = pytest.importorskip("scipy.interpolate")
    edges_m, share = shares_of(MILLED)
    below = np.concatenate([[0.0], np.cumsum(share)])
    held = slice(np.flatnonzero(below <= 0)[-1], np.flatnonzero(below >= below[-1])[0] + 1)
    x, y = np.log(edges_m[held]), below[held] / below[-1]
    theirs = interpolate.PchipInterpolator(x, y)
    assert monotone_slopes(x, y) == pytest.approx(theirs.derivative()(x), abs=1e-12)
    size = np.exp(np.linspace(x[0], x[-1], 77))
    assert share_below(edges_m=edges_m, share_fraction=share, size_m=size) == pytest.approx(
        theirs(np.log(size)), abs=1e-12
    )


def test_all_sizes_scale_with_the_size_of_the_classes():
    edges_m, share = shares_of(COARSE)
    one, ten = (sizes_of(edges_m=f * edges_m, volume_fraction=share) for f in (1.0, 10.0))
    assert attrs.astuple(ten) == pytest.approx([10 * value for value in attrs.astuple(one)], rel=1e-12)
    assert one.span == pytest.approx(ten.span, rel=1e-12)


def test_the_log_normal_fit_gives_back_its_law():
    edges_m, share = shares_of(COARSE)
    fit = lognormal_fit(edges_m=edges_m, share_fraction=share)
    assert fit.median_m == pytest.approx(3.10e-6, rel=1e-4)
    assert fit.spread_factor == pytest.approx(1.8, rel=1e-4)
    assert fit.distance < 1e-4


def test_two_populations_are_two_modes_with_their_shares():
    both = attrs.evolve(
        MILLED, populations=(*MILLED.populations, Population(median_m=5e-6, spread_factor=1.5, volume_share=0.25))
    )
    edges_m, share = shares_of(both)
    fine, coarse = modes_of(edges_m=edges_m, share_fraction=share, prominence=0.03)
    assert fine.size_m == pytest.approx(0.31e-6, rel=0.02)
    assert coarse.size_m == pytest.approx(5e-6, rel=0.02)
    # 0.25 of 1.25; the tails that reach over the valley are below 1 %
    assert coarse.share_fraction == pytest.approx(0.2, abs=0.01)


# -- real files --------------------------------------------------------------------------------------------------------


def test_every_real_record_agrees_with_the_row_of_its_instrument(raw_data):
    base = raw_data("granulometry", "paddy-r+PSD-Analyser")
    checked = 0
    for name in ("example1.csv", "example3.xlsx"):
        for one in CARD.read(read_file(base / name)):
            sizes, row = sizes_of(edges_m=one.edges_m, volume_fraction=one.share_fraction), one.instrument
            for key in ("d10_m", "d50_m", "d90_m"):
                assert getattr(sizes, key) == pytest.approx(getattr(row, key), rel=0.006), (one.name, key)
            for key in ("volume_mean_m", "surface_mean_m"):
                assert getattr(sizes, key) == pytest.approx(getattr(row, key), rel=0.001), (one.name, key)
            checked += 1
    assert checked == 31


def test_the_density_behind_a_printed_surface_is_recovered(raw_data):
    """The glass beads of the real file were evaluated with 2.45 g/cm3; their operator typed it."""
    (one,) = read_file(raw_data("granulometry", "paddy-r+PSD-Analyser", "example1.csv"))
    result = result_of(one, density=attrs.evolve(DENSITY, value=2931.0))
    (said,) = [f for f in result.findings if f.code == "specific-surface-of-another-density"]
    assert "2.45 g/cm3" in said.sentence
    assert "specific-surface-of-another-density" not in codes(
        result_of(one, density=attrs.evolve(DENSITY, value=2450.0))
    )


def test_a_real_series_that_disperses_while_it_is_measured_is_not_taken_for_repeats(raw_data):
    found = read_file(raw_data("granulometry", "paddy-r+PSD-Analyser", "example3.xlsx"))
    fuso = [r for r in found if r.name == "Fuso"]
    assert {"size-runs-drift", "size-runs-scatter", "agglomerates"} <= set(codes(result_of(*fuso)))
    assert "size-runs-of-several-names" in codes(result_of(*found))
    beads = [r for r in found if r.name == "Polyamide"]
    assert not {"size-runs-drift", "size-runs-scatter"} & set(codes(result_of(*beads)))


# -- analysis ----------------------------------------------------------------------------------------------------------


def test_a_simulated_powder_comes_back_with_its_truth_and_says_that_it_is_simulated(tmp_path):
    truth = attrs.evolve(COARSE, repeatability_relative=0.01)
    found = records(tmp_path, truth, runs=5)
    assert found[0].header["Comments"].startswith("SIMULATED")
    result = result_of(*found, density=DENSITY)
    (state,) = result.states
    low, high = state.d50_m.interval
    assert low < 3.10e-6 < high
    assert state.d50_m.degrees_of_freedom == 4
    assert state.scatter_relative == pytest.approx([0.01] * 3, rel=0.8)
    assert "size-differs-from-instrument" not in codes(result)


def test_the_mean_of_runs_and_its_uncertainty_are_those_of_the_runs(tmp_path):
    found = records(tmp_path, attrs.evolve(COARSE, repeatability_relative=0.02), runs=4, seed=7)
    result = result_of(*found)
    d50 = [run.sizes.d50_m for run in result.states[0].runs]
    assert result.states[0].d50_m.value == pytest.approx(np.mean(d50), rel=1e-12)
    assert result.states[0].d50_m.std == pytest.approx(np.std(d50, ddof=1) / 2, rel=1e-12)


def test_specific_surface_needs_a_stated_density(tmp_path):
    found = records(tmp_path, COARSE, runs=1)
    missing = result_of(*found).states[0].specific_surface_m2_per_kg
    assert isinstance(missing, Unresolved)
    assert "powder_density" in missing.reason
    given = result_of(*found, density=DENSITY).states[0]
    # 6/(rho D32), rho 2931 kg/m3, D32 = 3.10 µm exp(-s2/2): 785 m2/kg
    assert given.specific_surface_m2_per_kg.value == pytest.approx(6 / (2931 * given.surface_mean_m.value), rel=1e-9)


def test_a_d50_below_a_micrometre_stands_beside_its_optical_model(tmp_path):
    said = result_of(*records(tmp_path, MILLED))
    assert "optical-model" in codes(said)
    assert said.facts[0].optical_model == "n 1.69 + 0.01i in Water (n 1.33), General purpose"
    silent = attrs.evolve(MILLED, name="silent", particle_index="", absorption_index="")
    result = result_of(*records(tmp_path, silent))
    (finding,) = [f for f in result.findings if f.code == "optical-model-missing"]
    assert finding.severity == "warning"
    assert "0.31" in finding.sentence
    assert all("optical-model-missing" in quantity.flags for quantity in result.quantities)
    coarse = attrs.evolve(COARSE, name="coarse", particle_index="")
    assert "optical-model-missing" not in codes(result_of(*records(tmp_path, coarse)))


def test_before_and_after_milling_are_compared(tmp_path):
    before = [
        attrs.evolve(r, hints=(Hint(name="role", value="before", unit="", source="files.csv"),))
        for r in records(tmp_path, COARSE)
    ]
    result = CARD.analyse((*CARD.read(before), *CARD.read(records(tmp_path, MILLED))), inputs())
    assert [state.state for state in result.states] == ["before", ""]
    (said,) = [f for f in result.findings if f.code == "size-before-and-after"]
    assert "factor of 10" in said.sentence
    assert result.facts[0].d50_m.value == pytest.approx(0.31e-6, rel=2e-3)
    first = next(q for q in result.quantities if q.name == "d50")
    assert first.condition("state") is None
    assert first.quantity.value == result.states[1].d50_m.value


def test_an_average_of_the_instrument_does_not_count_beside_its_runs(tmp_path):
    found = records(tmp_path, attrs.evolve(COARSE, repeatability_relative=0.02))
    averaged = attrs.evolve(found[0], name="LATP calcined - Average")
    result = CARD.analyse(CARD.read((*found[1:], averaged)), inputs())
    assert [run.is_used for run in result.states[0].runs] == [True, True, False]
    assert "size-average-left-out" in codes(result)


def test_a_distribution_cut_by_the_range_is_named(tmp_path):
    huge = attrs.evolve(COARSE, populations=(Population(median_m=9e-3, spread_factor=1.5),))
    assert "size-range-cut" in codes(result_of(*records(tmp_path, huge, runs=1)))


# -- bad input ---------------------------------------------------------------------------------------------------------


def changed(record: Record, **values) -> Record:
    columns = [
        attrs.evolve(c, values=np.asarray(values.get(c.name.replace(" ", "_"), c.values))) for c in record.columns
    ]
    return attrs.evolve(record, columns=tuple(columns))


def test_what_does_not_add_up_to_a_hundred_is_refused(tmp_path):
    (record,) = records(tmp_path, COARSE, runs=1)
    percent = record.values("volume in")
    with pytest.raises(MeasurementError, match=r"the classes hold 99\.40 % of the volume; expected 100 % within 0\.5"):
        CARD.read((changed(record, volume_in=0.994 * percent),))
    (one,) = CARD.read((changed(record, volume_in=0.996 * percent),))
    assert one.share_fraction.sum() == pytest.approx(1.0)


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ({"volume_in": "negative"}, "hold less than nothing"),
        ({"volume_in": "missing"}, "a class has no value"),
        ({"volume_in": "single"}, "only 1 classes hold anything"),
        ({"size_lower_edge": "falling"}, "the sizes are not positive and rising"),
    ],
)
def test_broken_classes_are_named(tmp_path, values, sentence):
    (record,) = records(tmp_path, COARSE, runs=1)
    percent, low = record.values("volume in"), record.values("size lower edge")
    made = {
        "negative": np.where(np.arange(100) == 50, -1.0, percent),
        "missing": np.where(np.arange(100) == 50, np.nan, percent),
        "single": np.where(np.arange(100) == 50, 100.0, 0.0),
        "falling": low[::-1],
    }
    with pytest.raises(MeasurementError, match=sentence):
        CARD.read((changed(record, **{key: made[word] for key, word in values.items()}),))


def test_edges_that_are_not_known_and_foreign_columns_are_refused():
    origin = Origin(path="raw/a.csv", sha256="", format="mastersizer")
    size = Column(name="size", unit="µm", values=np.arange(1.0, 11.0))
    share = Column(name="volume in", unit="%", values=np.full(10, 10.0))
    with pytest.raises(MeasurementError, match="which edges the classes have"):
        CARD.read((Record(name="a", technique="granulometry", columns=(size, share), origin=origin),))
    with pytest.raises(MeasurementError, match="no column of shares"):
        CARD.read((Record(name="a", technique="granulometry", columns=(size,), origin=origin),))


def test_one_bad_record_does_not_stop_the_others(tmp_path):
    good, bad = records(tmp_path, COARSE, runs=2)
    found = CARD.read((changed(bad, volume_in=0.5 * bad.values("volume in")), good))
    assert len(found) == 1
    assert "another record of this file was left out" in found[0].warnings[-1]


def test_a_number_basis_is_converted_and_said(tmp_path):
    (record,) = records(tmp_path, COARSE, runs=1)
    number = attrs.evolve(
        record, columns=tuple(attrs.evolve(c, name=c.name.replace("volume", "number")) for c in record.columns)
    )
    assert "size-basis-converted" in codes(result_of(number))
    kept = result_of(number, basis="number")
    assert "size-basis-converted" not in codes(kept)
    assert kept.basis == "number"
    assert kept.states[0].d50_m.value == pytest.approx(3.10e-6, rel=2e-3)


# -- presentation ------------------------------------------------------------------------------------------------------


def test_the_figure_has_bars_on_the_left_and_the_sum_on_the_right(tmp_path):
    result = result_of(*records(tmp_path, COARSE))
    shown = CARD.present(result)
    (panel,) = shown.figures[0].panels
    bars, curve, points = panel.series
    assert (bars.style, bars.is_on_right) == ("bars", False)
    assert curve.is_on_right
    assert curve.y[0] == 0
    assert curve.y[-1] == pytest.approx(100)
    assert points.x[1] == pytest.approx(result.states[0].d50_m.value * 1e6)
    assert panel.x.scale == "log"
    assert "n 1.69" in shown.figures[0].caption
    assert [table.key for table in shown.tables] == ["sizes", "size_modes", "size_runs"]
    assert "n 1.69 + 0.01i" in shown.method_paragraph


def test_result_survives_the_store(tmp_path):
    from pelletry.study.serial import decoded, encoded

    result = result_of(*records(tmp_path, COARSE), density=DENSITY)
    assert decoded(encoded(result)) == result


def test_settings_refuse_what_they_do_not_know():
    with pytest.raises(ValueError, match="extra"):
        CARD.settings.model_validate({"mode": 1})
