"""Printed values against each other and against a study; the papers' own numbers are in tests/papers/test_printed_numbers.py."""

from __future__ import annotations

import attrs
import pytest

from pelletry.advice.audit import audit
from pelletry.advice.printed import compared_claims, printed_findings, printed_table
from pelletry.core.quantity import Estimate, Reported, Unresolved
from pelletry.core.sample import Sample
from pelletry.core.table import Table
from pelletry.core.units import parse_quantity
from pelletry.study.claim_names import unit_of_claim
from pelletry.study.result import Claim, SampleResult, StudyResult


@attrs.frozen(kw_only=True)
class _Result:
    sample: str
    quantities: tuple
    findings: tuple = ()
    facts: tuple = ()


def printed(sample, quantity, text, *, rounding=0.0, **conditions):
    value = parse_quantity(text, unit=unit_of_claim(quantity))
    return Claim(
        sample=sample,
        quantity=quantity,
        value=value,
        text=text,
        rounding=rounding,
        conditions=tuple(conditions.items()),
        source="a paper",
        where=f"{sample} {quantity} {text}",
    )


def found(sample, name, value, std, *, unit="eV", **conditions):
    quantity = (
        Unresolved(reason=value) if isinstance(value, str) else Estimate(value=value, std=std, unit=unit, method="")
    )
    return Reported(sample=sample, technique="t", name=name, quantity=quantity, conditions=tuple(conditions.items()))


def study(claims, *, reported=(), samples=()):
    names = dict.fromkeys([*(c.sample for c in claims), *(q.sample for q in reported)])
    results = tuple(
        SampleResult(
            sample=name,
            technique="t",
            result=_Result(sample=name, quantities=tuple(q for q in reported if q.sample == name)),
        )
        for name in names
    )
    return StudyResult(
        title="t",
        folder="f",
        samples=tuple(samples) or tuple(Sample(name=name) for name in names),
        results=results,
        comparison=Table(key="c", title="c", columns=(), rows=()),
        claims=tuple(claims),
    )


def said(result):
    return {f.code: f.sentence for f in printed_findings(result)}


def cell(a, c, volume):
    return [
        printed("A", "lattice_a", a),
        *([printed("A", "lattice_c", c)] if c else []),
        printed("A", "lattice_volume", volume, rounding=0.005),
    ]


def test_nothing_is_said_without_claims():
    result = study([], reported=[found("A", "activation_energy_total", 0.35, 0.01)])
    assert printed_findings(result) == ()
    assert printed_table(result) is None


@pytest.mark.parametrize(
    ("a", "c", "volume", "codes"),
    [
        ("8.4944(2) Å", "20.7783(4) Å", "1298.39(7) Å3", {"printed-values-agree"}),  # hexagonal
        ("4.0(1) Å", "5.0(1) Å", "80(4) Å3", {"printed-values-agree"}),  # tetragonal fits better
        ("4.0000(2) Å", None, "64.00(1) Å3", {"printed-values-agree"}),  # cubic
        ("8.4944(2) Å", "20.7783(4) Å", "1300.39(7) Å3", {"printed-volume-differs", "printed-values-agree"}),
        ("8.4944(2) Å", "20.7783(4) Å", "1298.39(70) Å3", {"printed-volume-esd", "printed-values-agree"}),
        ("8.4944(2) Å", "20.7783(4) Å", "1298.390(3) Å3", {"printed-volume-esd", "printed-values-agree"}),
        ("8.4944 Å", "20.7783 Å", "1298.390(3) Å3", {"printed-values-agree"}),  # no errors of axes: the value only
    ],
)
def test_a_volume_follows_from_its_axes_or_not(a, c, volume, codes):
    assert set(said(study(cell(a, c, volume)))) == codes


def test_the_triclinic_volume_takes_all_angles():
    claims = [
        printed("A", f"lattice_{name}", text)
        for name, text in (
            ("a", "5.000(1) Å"),
            ("b", "6.000(1) Å"),
            ("c", "7.000(1) Å"),
            ("alpha", "80.00(1) deg"),
            ("beta", "95.00(1) deg"),
            ("gamma", "100.00(1) deg"),
        )
    ]
    # abc sqrt(1 - cos2 - cos2 - cos2 + 2 cos cos cos) = 210 x sqrt(0.93736), worked out by hand.
    right = printed("A", "lattice_volume", "203.32(6) Å3", rounding=0.005)
    assert "printed-volume-differs" not in said(study([*claims, right]))
    wrong = printed("A", "lattice_volume", "205.2(1) Å3", rounding=0.05)
    assert "printed-volume-differs" in said(study([*claims, wrong]))


def test_a_density_is_left_alone_where_no_whole_number_of_formulas_fits():
    samples = [Sample(name="A", composition="LiZr2(PO4)3")]
    claims = [*cell("8.4944(2) Å", "20.7783(4) Å", "1298.39(7) Å3"), printed("A", "density_theoretical", "2.70 g/cm3")]
    assert "printed-theoretical-density" not in said(study(claims, samples=samples))
    stated = [*claims, printed("A", "formula_units", "6")]
    assert "has 3.63" in said(study(stated, samples=samples))["printed-theoretical-density"]


def test_impossible_printed_values_are_passed_over():
    claims = [
        printed("A", "lattice_a", "8.5 Å"),
        *(printed("A", f"lattice_{angle}", "130 deg") for angle in ("alpha", "beta", "gamma")),
        printed("A", "lattice_b", "8.5 Å"),
        printed("A", "lattice_c", "8.5 Å"),
        printed("A", "lattice_volume", "600(1) Å3"),
        printed("A", "density_theoretical", "2.9 g/cm3", formula="LiZr2(PO4)3"),
        printed("A", "green_relative_density", "64 %"),
        printed("A", "shrinkage", "100 %"),
        printed("A", "relative_density", "98 %"),
        printed(
            "A", "binding_energy", "999 eV", region="Xx 9s", assignment="foo", reference_line="C 1s", reference_eV=285.0
        ),
    ]
    assert not {"printed-volume-differs", "printed-density-against-shrinkage"} & set(said(study(claims)))


def test_shrinkage_and_green_density_that_make_another_density_are_named():
    claims = [
        printed("A", "green_relative_density", "64 %", rounding=0.005),
        printed("A", "shrinkage", "-8.5 %", rounding=0.0005),
        printed("A", "relative_density", "97.8 %", rounding=0.0005),
    ]
    assert "make 83.5 ± 0.4 %" in said(study(claims))["printed-density-against-shrinkage"]


def test_the_pellet_may_be_that_of_the_study_and_temperatures_must_meet():
    claims = [
        printed("A", "overpotential", "0.18 V", temperature_K=353.15, current_density_A_per_m2=0.4),
        printed("A", "asr_interface_ac", "750 ohm cm2", temperature_K=353.15),
        printed("A", "conductivity_total", "1e-4 S/cm", temperature_K=298.15),
        printed("A", "thickness", "1.45 mm"),
    ]
    assert "printed-dc-against-ac" not in said(study(claims))
    hot = [*claims, printed("A", "conductivity_total", "1.0e-4 S/cm", temperature_K=353.15)]
    assert "1,525 Ω cm2" in said(study(hot))["printed-dc-against-ac"]
    low = [
        attrs.evolve(c, value=attrs.evolve(c.value, value=0.3)) if c.quantity == "asr_interface_ac" else c for c in hot
    ]
    assert "look for a soft short" in said(study(low))["printed-dc-against-ac"]


def test_a_capacity_above_theory_is_named_and_the_electrolyte_is_no_active_material():
    claim = printed("A", "specific_capacity_best", "150 mAh/g", rounding=1800.0)
    samples = [Sample(name="A", composition="LiTi2(PO4)3")]
    assert "printed-capacity-above-theory" not in said(study([claim], samples=samples))
    told = attrs.evolve(claim, conditions=(("formula", "LiTi2(PO4)3"), ("electrons", 2.0)))
    assert "above the 138.3 mA h/g that LiTi2(PO4)3 can hold" in said(study([told]))["printed-capacity-above-theory"]


def test_an_assignment_needs_a_charge_reference():
    claim = printed("A", "binding_energy", "133.4 eV", region="P 2p", assignment="Li3P")
    assert set(said(study([claim]))) == {"printed-charge-reference-missing"}


def test_an_energy_with_its_convention_is_left_alone():
    claim = printed("A", "activation_energy_total", "0.34 eV", convention="ln(sigma T)")
    assert "printed-energy-without-convention" not in said(study([claim]))
    assert (
        "One activation energy is printed"
        in said(study([attrs.evolve(claim, conditions=())]))["printed-energy-without-convention"]
    )


def test_of_several_printed_values_those_below_their_uncertainty_are_counted():
    claims = [printed(n, "d50", t) for n, t in (("A", "3.1(2) um"), ("B", "3.0(2) um"), ("C", "0.31(2) um"))]
    assert (
        "1 of 3 differences are below their uncertainty (95 %), as A and B"
        in said(study(claims))["printed-not-different"]
    )


# -- against what was found --------------------------------------------------------------------------------------------


def test_a_printed_value_is_inside_or_outside_with_its_rounding():
    reported = [
        found("A", "activation_energy_total", 0.352, 0.003),
        found("B", "activation_energy_total", 0.352, 0.003),
        found("C", "activation_energy_total", 0.352, None),
    ]
    claims = [
        printed("A", "activation_energy_total", "0.36 eV", rounding=0.005, convention="ln(sigma T)"),
        printed("B", "activation_energy_total", "0.370 eV", rounding=0.0005, convention="ln(sigma T)"),
        printed("C", "activation_energy_total", "0.37 eV", rounding=0.005, convention="ln(sigma T)"),
        printed("A", "d50", "3 um"),
    ]
    result = study(claims, reported=reported)
    assert [c.verdict for c in compared_claims(result)] == ["inside", "outside", "no interval", "not measured"]
    assert compared_claims(result)[1].z == pytest.approx(6.0, abs=0.05)
    sentences = said(result)
    assert sentences["printed-and-found"].startswith("1 of 2 printed values")
    assert (
        "activation_energy_total of B (0.370 eV printed, 0.352(3) eV found, 6.0 standard deviations)"
        in sentences["printed-outside"]
    )


def test_the_temperature_of_a_conductivity_decides_which_number_it_stands_for():
    reported = [
        found("A", "conductivity_total", 0.01, 0.001, unit="S/m", temperature_K=298.15),
        found("A", "conductivity_total", 0.10, 0.01, unit="S/m", temperature_K=353.15),
        found("A", "conductivity_total_25C", 0.011, 0.001, unit="S/m", temperature_K=298.15),
    ]
    claims = [
        printed("A", "conductivity_total", "1e-3 S/cm", temperature_K=353.15),
        printed("A", "conductivity_total", "1e-4 S/cm"),
        printed("A", "conductivity_total_25C", "1.1e-4 S/cm"),
    ]
    compared = compared_claims(study(claims, reported=reported))
    values = [None if c.found is None else c.found.quantity.value for c in compared]
    assert values == [0.10, None, 0.011]


def test_phases_are_told_apart_and_a_pellet_has_the_particles_of_its_powder():
    reported = [
        found("A", "mass_fraction", 0.17, 0.01, unit="1", phase="lzp triclinic"),
        found("A", "mass_fraction", 0.83, 0.01, unit="1", phase="LZP"),
        found("powder", "d50", 3e-6, 1e-7, unit="m"),
    ]
    claims = [printed("A", "mass_fraction", "83 %", phase="lzp"), printed("A", "d50", "3.05 um")]
    samples = [Sample(name="powder"), Sample(name="A", made_of=("powder",))]
    assert [c.verdict for c in compared_claims(study(claims, reported=reported, samples=samples))] == ["inside"] * 2


def test_an_energy_that_fits_the_other_convention_says_so():
    reported = [
        found("A", "activation_energy_total", 0.352, 0.003),
        found("A", "activation_energy_total_ln_sigma", 0.326, 0.003),
    ]
    (one,) = compared_claims(study([printed("A", "activation_energy_total", "0.325 eV")], reported=reported))
    assert (one.verdict, one.note) == ("outside", "inside that of ln σ")
    told = printed("A", "activation_energy_total", "0.325 eV", convention="ln(sigma)")
    (one,) = compared_claims(study([told], reported=reported))
    assert (one.verdict, one.found.name) == ("inside", "activation_energy_total_ln_sigma")


def test_a_printed_value_that_the_data_do_not_determine_is_named():
    reported = [found("A", "conductivity_bulk_25C", "the bulk arc lies beyond the window", None)]
    sentence = said(study([printed("A", "conductivity_bulk_25C", "3e-3 S/cm")], reported=reported))[
        "printed-not-resolved"
    ]
    assert "conductivity_bulk_25C of A (3e-3 S/cm): the bulk arc lies beyond the window" in sentence


def test_the_table_has_a_row_a_claim_and_leads_back_to_the_number():
    reported = [found("A", "shrinkage_cold", -0.131, 0.001, unit="1")]
    claims = [printed("A", "shrinkage", "13.2 %", rounding=0.0005), printed("A", "lattice_a", "8.5 Å", phase="latp")]
    table = printed_table(study(claims, reported=reported))
    assert [column.key for column in table.columns][:5] == ["sample", "quantity", "at", "printed", "found"]
    first, second = table.rows
    assert first[3] == "13.2 %"
    assert first[4].unit == "%"
    assert first[5:7] == ("-1.0", "inside")
    assert table.traces[0][4] == "A shrinkage_cold"
    assert (second[2], second[4], second[6]) == ("phase latp", None, "not measured")


def test_the_audit_says_it():
    assert "printed-volume-esd" in {f.code for f in audit(study(cell("8.4944(2) Å", "20.7783(4) Å", "1298.390(3) Å3")))}
