"""Which powder, atmosphere, rate and temperature: what the table and the sentences say, and what they do not."""

from __future__ import annotations

import attrs
import pytest
from made_studies import made_study, number

from pelletry.advice.audit import audit
from pelletry.advice.decision import decision_table
from pelletry.advice.decision_words import decision_findings
from pelletry.advice.firing import mean_of
from pelletry.core.quantity import Estimate
from pelletry.core.sample import Sample, Sintering
from pelletry.reference.raj2023 import published_pellets


def pellet(name, powder="raw", atmosphere="air", rate=1.0, temperature=800.0):
    firing = Sintering(
        temperature_K=temperature + 273.15, dwell_s=7200.0, heating_rate_K_per_s=rate / 60, atmosphere=atmosphere
    )
    return Sample(name=name, composition="LATP", powder=powder, sintering=firing)


def sigma(name, value, std):
    return number(name, "conductivity_total_25C", value, std, unit="S/m")


def density(name, value, std=0.01):
    return number(name, "relative_density", value, std)


@pytest.fixture
def raj():
    """The fourteen pellets as printed, with 5 % of σ, a point of density and 0.01 eV as their uncertainties."""
    samples, numbers = [], []
    for one in published_pellets():
        powder = "milled" if one.is_milled else "as received"
        firing = Sintering(
            temperature_K=one.sintering_temperature_K,
            dwell_s=one.dwell_s,
            heating_rate_K_per_s=one.heating_rate_K_per_s,
            atmosphere=one.atmosphere,
        )
        samples.append(Sample(name=one.sample, composition="LATP", powder=powder, sintering=firing))
        numbers += [
            density(one.sample, one.relative_density_fraction),
            sigma(one.sample, one.conductivity_25C_S_per_m, 0.05 * one.conductivity_25C_S_per_m),
            number(one.sample, "activation_energy_total", one.activation_energy_eV, 0.01, unit="eV"),
        ]
    return made_study(numbers, samples=samples)


def said(result):
    return {f.code: f for f in decision_findings(result)}


def test_the_fourteen_pellets_lead_to_milled_powder_in_argon_at_800(raj):
    found = said(raj)["which-firing"]
    assert found.sentence.startswith(
        "Of 14 firing conditions LATPBM_Ar_800 (milled, Ar, 1 K/min, 800 °C) conducts best at 25 °C (8.8(4)e-4 S/cm); "
        "the next that is lower is LATPBM_Air_800 (milled, air, 2.5 K/min, 800 °C) (6.7(3)e-4 S/cm), by 3.8 standard deviations."
    )
    assert "It is also the densest (98.1(10) %), not different from LATPBM_Ar_850" in found.sentence
    assert "Choose milled, Ar, 1 K/min, 800 °C." in found.sentence
    assert "Each condition is one pellet" in found.sentence
    assert found.quantities == ("conductivity_total_25C", "relative_density", "activation_energy_total")


def test_a_factor_is_judged_by_pairs_that_differ_in_nothing_else(raj):
    sentence = said(raj)["which-factor"].sentence
    assert "Atmosphere: σ(25 °C) is different in 4 of 4 pairs, higher with Ar in 2 and air in 2" in sentence
    assert "Powder: σ(25 °C) is different in 2 of 2 pairs, higher with milled in 2" in sentence
    assert "No two conditions differ in the heating rate alone: its effect cannot be told" in sentence


def test_correlations_are_stated_with_their_number(raj):
    sentence = said(raj)["correlations"].sentence
    assert "n = 14" in sentence
    assert "ln σ(25 °C) with the relative density: r = 0." in sentence


def test_the_table_marks_what_is_not_different(raj):
    table = decision_table(raj)
    assert [c.key for c in table.columns] == [
        "powder", "atmosphere", "heating_rate", "sintering_temperature", "pellets", "relative_density",
        "relative_density_mark", "conductivity_total_25C", "conductivity_total_25C_mark", "activation_energy_total",
    ]  # fmt: skip
    rows = {row[4]: row for row in table.rows}
    assert rows["LATPBM_Ar_800"][6] == rows["LATPBM_Ar_800"][8] == "best"
    assert rows["LATPBM_Air_800"][6] == "not different"
    assert rows["LATPBM_Air_800"][8] == "lower by 3.8 std"
    assert table.traces[0][7] == "LATP_Air_700 conductivity_total_25C"
    assert "The same for all: LATP, 2 h." in table.notes


def test_what_is_not_different_is_not_ranked():
    samples = [pellet("A", temperature=800.0), pellet("B", temperature=850.0), pellet("C", temperature=900.0)]
    numbers = [sigma("A", 0.050, 0.003), sigma("B", 0.052, 0.003), sigma("C", 0.010, 0.001)]
    sentence = said(made_study(numbers, samples=samples))["which-firing"].sentence
    assert "Of 3 firing conditions B (850 °C) conducts best" in sentence
    assert "not different from it (95 %): A." in sentence
    assert "Choose 850 °C or, as the numbers do not tell them apart, what is easier of A." in sentence


def test_density_alone_decides_where_nothing_else_was_measured():
    samples = [pellet("A", temperature=800.0), pellet("B", temperature=900.0)]
    result = made_study([density("A", 0.98), density("B", 0.92)], samples=samples)
    assert "A (800 °C) is the densest (98.0(10) %)" in said(result)["which-firing"].sentence
    assert [c.key for c in decision_table(result).columns][-1] == "relative_density_mark"


def test_an_unknown_uncertainty_decides_nothing():
    samples = [pellet("A", temperature=800.0), pellet("B", temperature=900.0)]
    result = made_study([sigma("A", 0.05, None), sigma("B", 0.01, None)], samples=samples)
    sentence = said(result)["which-firing"].sentence
    assert "1 cannot be compared, an uncertainty is not known" in sentence
    assert "with the reservation" in sentence
    assert [row[-1] for row in decision_table(result).rows] == ["best", "uncertainty not known"]


def test_pellets_made_alike_are_one_row_with_the_scatter_between_them():
    samples = [pellet("A1"), pellet("A2"), pellet("A3"), pellet("B", temperature=900.0)]
    numbers = [sigma(n, v, 0.0005) for n, v in (("A1", 0.050), ("A2", 0.040), ("A3", 0.060), ("B", 0.045))]
    result = made_study(numbers, samples=samples)
    table = decision_table(result)
    assert [row[1] for row in table.rows] == ["A1, A2, A3", "B"]
    mean = table.rows[0][2]
    assert mean.value == pytest.approx(0.05)
    assert mean.std == pytest.approx(0.01 / 3**0.5)
    assert mean.degrees_of_freedom == 2
    assert table.rows[1][3] == "not different"
    assert table.traces[0][2] == ""
    assert "Each condition is one pellet" not in said(result)["which-firing"].sentence


def test_the_mean_keeps_the_errors_of_the_pellets_where_they_are_larger():
    values = [Estimate(value=v, std=0.1, unit="1", method="") for v in (1.0, 1.01)]
    assert mean_of(values).std == pytest.approx(0.1 / 2**0.5)
    assert mean_of(values).degrees_of_freedom is None
    assert mean_of([attrs.evolve(v, std=None) for v in values]).std == pytest.approx(0.005)


def test_one_condition_is_no_choice():
    result = made_study([sigma("A", 0.05, 0.001), sigma("B", 0.04, 0.001)], samples=[pellet("A"), pellet("B")])
    assert decision_table(result) is None
    assert decision_findings(result) == ()


def test_the_audit_says_it(raj):
    assert {"which-firing", "which-factor", "correlations"} <= {f.code for f in audit(raj)}
