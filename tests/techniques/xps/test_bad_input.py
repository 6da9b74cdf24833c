"""What is missing or wrong: one sentence each, nothing guessed, and the rest goes on."""

from __future__ import annotations

import attrs
import numpy as np
import pytest
from pydantic import ValidationError

from pelletry.core.errors import MeasurementError
from pelletry.core.quantity import Estimate, Unresolved
from pelletry.core.record import Column
from pelletry.techniques.xps.model.shapes import voigt
from pelletry.techniques.xps.read import read
from pelletry.techniques.xps.settings import XpsSettings

RNG = np.random.default_rng(11)


def spectrum(position, *, low, high, height=6000.0, splitting=None, ratio=0.5, width=1.2, seed=1):
    energy = np.arange(low, high, 0.1)
    lines = voigt(energy, np.array([position]), np.array([width]), np.array([0.3]))[0][0]
    if splitting:
        lines = (
            lines + ratio * voigt(energy, np.array([position + splitting]), np.array([width]), np.array([0.3]))[0][0]
        )
    rate = 500.0 + height * lines / lines.max()
    return energy, np.random.default_rng(seed).poisson(rate).astype(float)


CARBON = spectrum(285.0, low=279.0, high=294.0)
OXYGEN = spectrum(531.0, low=523.0, high=540.0)
PHOSPHORUS = spectrum(133.4, low=126.0, high=142.0, splitting=0.87, ratio=0.511)
TIME = {"time per point (s)": "2"}


def sentences(result, code):
    return [finding.sentence for finding in result.findings if finding.code == code]


def test_no_charge_reference_withholds_assignments_and_keeps_the_rest(make_record, analysed):
    found = analysed([make_record("O 1s", *OXYGEN), make_record("P 2p", *PHOSPHORUS)])
    assert "no charge reference is stated" in sentences(found, "xps-no-charge-reference")[0]
    assert isinstance(found.shifts[0][1], Unresolved)
    assert {s.assignment.verdict for r in found.regions for s in r.states} == {"withheld"}
    delta = found.differences[0].difference_eV
    assert delta.value == pytest.approx(531.0 - 133.4 - 0.87 * 0.511 / 1.511, abs=0.03)


def test_a_reference_line_that_was_not_measured_is_named(make_record, analysed):
    found = analysed([make_record("O 1s", *OXYGEN)], charge_reference={"line": "C 1s", "energy_eV": 285.0})
    assert "the region C 1s of the charge reference was not measured" in sentences(found, "xps-no-charge-reference")[0]
    assert len(found.regions) == 1


def test_a_reference_component_that_does_not_exist_is_named(make_record, analysed):
    reference = {"line": "C 1s", "energy_eV": 285.0, "component": "graphite"}
    found = analysed([make_record("C 1s", *CARBON)], charge_reference=reference)
    assert "no component 'graphite'" in sentences(found, "xps-no-charge-reference")[0]


def test_a_shift_of_more_than_five_electronvolts_is_flagged(make_record, analysed):
    far = spectrum(292.1, low=286.0, high=301.0)
    found = analysed([make_record("C 1s", *far)], charge_reference={"line": "C 1s", "energy_eV": 285.0})
    assert "more than 5 eV" in sentences(found, "xps-shift-large")[0]
    assert found.shifts[0][1].value == pytest.approx(-7.1, abs=0.05)
    assert next(r.flags for r in found.quantities if r.name == "charge_shift") == ("xps-shift-large",)


def test_a_window_that_is_too_short_is_withheld_with_its_numbers(make_record, analysed):
    window = [{"region": "O 1s", "low_eV": 530.5, "high_eV": 531.5}]
    found = analysed([make_record("O 1s", *OXYGEN), make_record("P 2p", *PHOSPHORUS)], window=window)
    assert "the window 530.5 to 531.5 eV holds 1" in sentences(found, "xps-window-short")[0]
    assert [r.level for r in found.regions] == ["P 2p"]


def test_rates_without_a_dwell_lose_their_counting_statistics(make_record, analysed):
    found = analysed([make_record("O 1s", OXYGEN[0], OXYGEN[1] / 2, unit="counts/s")])
    assert "neither dwell nor sweeps" in sentences(found, "xps-no-counting-statistics")[0]
    assert found.regions[0].chi2_reduced is None
    assert found.regions[0].states[0].area.std > 0
    timed = analysed([make_record("O 1s", OXYGEN[0], OXYGEN[1] / 2, unit="counts/s", **TIME)])
    assert timed.regions[0].chi2_reduced == pytest.approx(1.0, abs=0.35)


def test_atomic_fractions_say_what_is_missing(make_record, analysed):
    records = [make_record("O 1s", *OXYGEN, **TIME), make_record("P 2p", *PHOSPHORUS, **TIME)]
    for settings, reason in (
        ({}, "no set of sensitivity factors is named"),
        ({"sensitivity": "scofield"}, "transmission is not stated"),
        ({"sensitivity": "scofield", "transmission": "constant"}, "escape_depth_exponent"),
        (
            {"sensitivity": "scofield", "transmission": "file", "escape_depth_exponent": 0.75},
            "has no transmission column",
        ),
    ):
        found = analysed(records, **settings)
        assert found.composition == ()
        assert reason in sentences(found, "xps-no-composition")[0]
    whole = analysed(records, sensitivity="scofield", transmission="constant", escape_depth_exponent=0.75)
    assert sum(part.fraction.value for part in whole.composition) == pytest.approx(1.0)


def test_areas_in_counts_without_a_time_are_not_compared(make_record, analysed):
    records = [make_record("O 1s", *OXYGEN), make_record("P 2p", *PHOSPHORUS)]
    found = analysed(records, sensitivity="scofield", transmission="constant", escape_depth_exponent=0.75)
    assert "dwell and sweeps" in sentences(found, "xps-no-composition")[0]


@pytest.mark.parametrize(
    ("own", "beside"),
    [
        (
            {"includes_transmission": True, "includes_escape_depth": False},
            {"transmission": "file", "escape_depth_exponent": 0.75},
        ),
        ({"includes_transmission": True, "includes_escape_depth": True}, {"escape_depth_exponent": 0.75}),
    ],
)
def test_a_correction_that_would_count_twice_is_refused(make_record, analysed, own, beside):
    factors = {"name": "maker's set", "source": "its program", "factors": {"O 1s": 0.78, "P 2p": 0.486}, **own}
    records = [make_record("O 1s", *OXYGEN, **TIME), make_record("P 2p", *PHOSPHORUS, **TIME)]
    found = analysed(records, sensitivity_set=factors, **beside)
    assert found.composition == ()
    assert "count twice" in sentences(found, "xps-no-composition")[0]


def test_a_set_that_includes_both_needs_nothing_beside_it(make_record, analysed):
    factors = {
        "name": "maker's set", "source": "its program", "factors": {"O 1s": 0.78, "P 2p": 0.486},
        "includes_transmission": True, "includes_escape_depth": True,
    }  # fmt: skip
    records = [make_record("O 1s", *OXYGEN, **TIME), make_record("P 2p", *PHOSPHORUS, **TIME)]
    found = analysed(records, sensitivity_set=factors)
    areas = {r.level: r.area_per_s.value for r in found.regions}
    expected = (areas["O 1s"] / 0.78) / (areas["O 1s"] / 0.78 + areas["P 2p"] / 0.486)
    assert found.composition[0].fraction.value == pytest.approx(expected)


def test_unlike_pass_energies_are_flagged(make_record, analysed):
    records = [
        make_record("O 1s", *OXYGEN, **TIME, **{"pass energy (eV)": "20"}),
        make_record("P 2p", *PHOSPHORUS, **TIME, **{"pass energy (eV)": "40"}),
    ]
    found = analysed(records, sensitivity="scofield", transmission="constant", escape_depth_exponent=0.75)
    assert "20 and 40 eV" in sentences(found, "xps-pass-energies-differ")[0]


def test_kinetic_energies_without_a_source_are_withheld_until_it_is_stated(make_record, analysed):
    record = make_record("O 1s", *OXYGEN)
    kinetic = attrs.evolve(
        record,
        columns=(Column(name="Kinetic Energy", unit="eV", values=1486.6 - OXYGEN[0]), record.columns[1]),
        header={
            "region": "O 1s",
            "energy scale": "kinetic",
            "intensity column": "Intensity",
            "intensity unit": "counts",
        },
    )
    found = analysed([kinetic, make_record("P 2p", *PHOSPHORUS)])
    assert "state source_energy_eV" in sentences(found, "xps-source-energy-missing")[0]
    stated = analysed([kinetic], source_energy_eV=1486.6)
    assert stated.regions[0].states[0].position_eV.value == pytest.approx(531.0, abs=0.02)


def test_a_doublet_whose_free_ratio_is_off_is_flagged(make_record, analysed):
    energy, counts = spectrum(184.0, low=176.0, high=195.0, splitting=2.4, ratio=0.95)
    found = analysed(
        [make_record("Zr 3d", energy, counts)], component=[{"region": "Zr 3d", "name": "Zr", "position_eV": 184.0}]
    )
    assert "area ratio is 0.9" in sentences(found, "xps-doublet-ratio")[0]
    assert "+3" in sentences(found, "xps-doublet-ratio")[0]
    right = spectrum(184.0, low=176.0, high=195.0, splitting=2.4, ratio=0.688)
    calm = analysed([make_record("Zr 3d", *right)], component=[{"region": "Zr 3d", "name": "Zr", "position_eV": 184.0}])
    assert sentences(calm, "xps-doublet-ratio") == []


def test_widths_that_differ_without_reason_are_flagged(make_record, analysed):
    narrow, wide = (
        spectrum(531.0, low=523.0, high=540.0, width=1.0),
        spectrum(534.0, low=523.0, high=540.0, width=2.2, seed=5),
    )
    states = [
        {"region": "O 1s", "name": "a", "position_eV": 531.0, "width_group": "a"},
        {"region": "O 1s", "name": "b", "position_eV": 534.0, "width_group": "b", "fwhm_eV": 2.0},
    ]
    found = analysed([make_record("O 1s", narrow[0], narrow[1] + wide[1])], component=states)
    assert "differ by more than 0.4 eV" in sentences(found, "xps-widths-differ")[0]


def test_a_survey_and_a_region_without_a_level_are_passed_over_by_name(make_record, analysed):
    wide = np.arange(0.0, 1200.0, 0.5)
    records = [
        make_record("wide", wide, RNG.poisson(900.0, len(wide))),
        make_record("region 3", *OXYGEN),
        make_record("O 1s", *OXYGEN),
    ]
    found = analysed(records)
    assert found.surveys == ("wide",)
    assert len(sentences(found, "xps-survey")) == len(sentences(found, "xps-level-unknown")) == 1


@pytest.mark.parametrize("level", [0.0, 700.0])
def test_a_spectrum_without_any_line_ends_in_words_and_not_in_a_fault(make_record, analysed, level):
    energy = np.arange(523.0, 540.0, 0.1)
    found = analysed([make_record("O 1s", energy, np.full(len(energy), level)), make_record("P 2p", *PHOSPHORUS)])
    states = [s for r in found.regions if r.level == "O 1s" for s in r.states]
    assert all(s.significance_ratio < 3 for s in states)
    assert any(r.level == "P 2p" for r in found.regions)


def test_noise_alone_is_no_state(make_record, analysed):
    energy = np.arange(523.0, 540.0, 0.1)
    seen = 0
    for seed in range(6):
        counts = np.random.default_rng(seed).poisson(800.0, len(energy)).astype(float)
        found = analysed([make_record("O 1s", energy, counts)])
        seen += any(s.significance_ratio >= 3 for s in found.regions[0].states)
    assert seen <= 1


def test_the_same_level_twice_is_told(make_record, analysed):
    found = analysed([make_record("O 1s", *OXYGEN), make_record("O 1s", *OXYGEN)])
    assert "measured more than once" in sentences(found, "xps-level-twice")[0]
    assert len(found.regions) == 2


def test_calibrations_in_the_file_are_used_only_when_asked(make_record, analysed):
    casa = (
        '{"calibration_shift_eV": 1.25, "calibrations": [{"measured_eV": 283.75, "actual_eV": 285.0, "scale": "BE", '
        '"mode": "ADD", "text": "Calib M = 283.75 A = 285 BE ADD"}], "regions": [], "components": [], "other": []}'
    )
    record = make_record("O 1s", *OXYGEN, casaxps=casa)
    assert isinstance(analysed([record]).shifts[0][1], Unresolved)
    asked = {"line": "C 1s", "energy_eV": 285.0, "from_file": True}
    shift = analysed([record], charge_reference=asked).shifts[0][1]
    assert isinstance(shift, Estimate)
    assert shift.value == 1.25
    other = analysed([record], charge_reference={**asked, "energy_eV": 284.8})
    assert "the study says 284.8 eV" in sentences(other, "xps-no-charge-reference")[0]


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"charge_reference": {"line": "C 1s"}}, "energy_eV"),
        ({"component": [{"region": "O 1s", "name": "a", "position_eV": 531.0, "shape": "sgl"}]}, "needs mixing_percent"),
        ({"component": [{"region": "O 1s", "name": "a", "position_eV": 531.0, "mixing_percent": 30.0}]}, "take 'sgl' or 'gl'"),
        ({"component": [{"region": "O 1s", "name": "a", "position_eV": 531.0, "shape": "lf", "alpha": 0.5}]}, "needs beta and damping_eV"),
        ({"component": [{"region": "O 1s", "name": "a", "position_eV": 531.0, "shape": "ds", "alpha": 0.7}]}, "has 0 to 0.5"),
        ({"component": [{"region": "O 1s", "name": "a", "position_eV": 531.0, "shape": "la", "alpha": 0, "beta": 1}]}, "never falls"),
        ({"component": [{"region": "O 1s", "name": "a", "position_eV": 531.0, "alpha": 1, "beta": 1}]}, "take 'la' or 'lf'"),
        ({"backgrounds": ["linear"], "background": "active"}, "active is drawn but is none of backgrounds"),
        ({"component": [{"region": "O 1s", "name": "a", "position_eV": 531.0}] * 2}, "named twice"),
        ({"window": [{"region": "O 1s", "low_eV": 540.0, "high_eV": 530.0}]}, "is not below"),
        ({"end_points": 4}, "greater than or equal to 5"),
        ({"charge_refrence": None}, "Extra inputs"),
    ],
)  # fmt: skip
def test_settings_that_make_no_sense_are_refused(settings, message):
    with pytest.raises(ValidationError, match=message):
        XpsSettings.model_validate(settings)


@pytest.mark.parametrize("unit", ["counts", "counts/s", ""])
@pytest.mark.parametrize(
    "make",
    [
        lambda e, n: np.where(np.arange(len(e)) == 40, 1e9, n),  # a spark
        lambda e, n: np.linspace(10.0, 1e5, len(e)),  # a slope
        lambda e, n: np.where(n % 7 == 0, np.nan, n),  # holes
        lambda e, n: -n,
        lambda e, n: n * 1e-6,  # scaled to its highest point
        lambda e, n: 1e7 * np.exp(-(((e - e[60]) / 0.02) ** 2)),  # a line of one point
    ],
)
def test_strange_intensities_end_in_words_and_not_in_a_fault(make_record, analysed, make, unit):
    energy = np.arange(175.0, 190.0, 0.1)
    noise = np.random.default_rng(8).poisson(500.0, len(energy)).astype(float)
    found = analysed([make_record("Zr 3d", energy, make(energy, noise), unit=unit)])
    assert len(found.regions) + len(sentences(found, "xps-window-short")) == 1
    for quantity in (r.quantity for r in found.quantities if isinstance(r.quantity, Estimate)):
        assert np.isfinite(quantity.value)
        assert quantity.std is None or np.isfinite(quantity.std)


@pytest.mark.parametrize("factor", [1e290, 1e-200])
def test_intensities_that_no_detector_gives_are_refused(make_record, factor):
    with pytest.raises(MeasurementError, match="largest intensity"):
        read([make_record("O 1s", OXYGEN[0], OXYGEN[1] * factor)])
