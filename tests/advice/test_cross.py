"""Numbers of different techniques against each other; what an analysis has said is not said twice."""

from __future__ import annotations

import types

import numpy as np
import pytest
from made_studies import MadeResult, made_study, number

from pelletry.advice.audit import audit
from pelletry.advice.cross import cross_findings
from pelletry.core.facts import PhaseContent, TheoreticalDensity
from pelletry.core.finding import Finding
from pelletry.core.quantity import Estimate
from pelletry.core.sample import Sample, Sintering
from pelletry.reference.raj2023 import published_pellets

LATP = "Li1.4Al0.4Ti1.6(PO4)3"


def said(result):
    return {f.code: f.sentence for f in cross_findings(result)}


def a_finding(code, *samples):
    return Finding(code=code, severity="warning", sentence="x", samples=samples)


def stated_density(sample, value=2940.0, std=None):
    density = Estimate(value=value, std=std, unit="kg/m3", method="as stated")
    return "density", MadeResult(
        sample=sample,
        theoretical=TheoreticalDensity(sample=sample, given_by="study.toml", density_kg_per_m3=density, source="x"),
    )


def test_a_stated_theoretical_density_is_held_against_the_cell_of_the_powder_of_that_composition():
    samples = [Sample(name=n, composition=LATP) for n in ("P1", "P2", "powder")]
    cell = number("powder", "density_theoretical", 2931.0, 1.0, unit="kg/m3")
    extra = [stated_density("P1"), stated_density("P2")]
    sentence = said(made_study([cell], samples=samples, extra=extra))["theoretical-density-against-cell"]
    assert (
        "2.94 g/cm3 that is stated for P1 and P2 is not that of the refined phases of powder, 2.9310(10) g/cm3"
        in sentence
    )
    assert "0.3 % of their value too low" in sentence
    known = made_study(
        [cell], samples=samples, extra=extra, findings=[a_finding("theoretical-densities-differ", "P1", "P2")]
    )
    assert said(known) == {}
    right = made_study([cell], samples=samples, extra=[stated_density("P1", 2932.0)])
    assert said(right) == {}


def test_pores_of_a_section_are_held_against_the_pellet_it_was_cut_from():
    samples = [Sample(name="P"), Sample(name="P-section", made_of=("P",)), Sample(name="Q")]
    numbers = [
        number("P", "relative_density", 0.90, 0.01),
        number("Q", "relative_density", 0.70, 0.01),
        number("P-section", "porosity", 0.02, 0.005),
    ]
    sentence = said(made_study(numbers, samples=samples))["porosity-against-density"]
    assert "P-section shows 2.0(5) % pores where the density of P leaves 10.0(10) %" in sentence
    assert "Q" not in sentence
    known = made_study(numbers, samples=samples, findings=[a_finding("porosity-disagrees-with-density", "P-section")])
    assert said(known) == {}


def test_a_body_and_a_pellet_of_one_powder_and_firing_should_be_as_dense():
    fired = Sintering(temperature_K=1073.0, atmosphere="air")
    hotter = Sintering(temperature_K=1173.0, atmosphere="air")
    samples = [
        Sample(name="body", powder="BM", sintering=fired),
        Sample(name="P", powder="BM", sintering=fired),
        Sample(name="Q", powder="BM", sintering=hotter),
    ]
    numbers = [
        number("body", "density_by_shrinkage", 0.88, 0.01),
        number("P", "relative_density", 0.97, 0.01),
        number("Q", "relative_density", 0.97, 0.01),
    ]
    sentence = said(made_study(numbers, samples=samples))["shrinkage-density-against-pellets"]
    assert "body ends at 88.0(10) %, P has 97.0(10) %" in sentence
    assert "Q" not in sentence


def content(sample, phase, formula, share, std=0.005):
    fraction = Estimate(value=share, std=std, unit="1", method="")
    return PhaseContent(sample=sample, given_by="diffraction", phase=phase, formula=formula, mass_fraction=fraction)


@pytest.mark.parametrize(("share", "is_off"), [(0.02, False), (0.25, True)])
def test_much_aluminium_phosphate_beside_latp_is_more_aluminium_than_was_weighed_in(share, is_off):
    facts = (content("A", "latp", LATP, 1 - share), content("A", "alpo4", "AlPO4", share))
    extra = [("diffraction", MadeResult(sample="A", facts=facts))]
    found = said(made_study([], samples=[Sample(name="A", composition=LATP)], extra=extra))
    assert ("elements-off-balance" in found) == is_off
    if is_off:
        # 0.75 g of LATP (383.2 g/mol) and 0.25 g of AlPO4 (122.0 g/mol): Al 2.83, Ti 3.13, P 7.92 mmol.
        assert "Al 20.4 instead of 8.0 at%" in found["elements-off-balance"]


def test_a_cell_without_aluminium_contradicts_the_composition():
    samples = [Sample(name="A", composition=LATP), Sample(name="B", composition=LATP)]
    numbers = [
        number("A", "lattice_a", 8.5125, 0.0002, unit="angstrom", phase="latp"),
        number("B", "lattice_a", 8.4944, 0.0002, unit="angstrom", phase="latp"),
    ]
    sentence = said(made_study(numbers, samples=samples))["aluminium-against-composition"]
    assert "A has x = " in sentence
    assert "B has" not in sentence


def test_interfaces_by_dc_and_ac_are_compared_unless_the_cell_has_said_it():
    numbers = [
        number("cell", "asr_interface_dc", 0.1525, 0.005, unit="ohm m2"),
        number("cell", "asr_interface_ac", 0.0750, 0.005, unit="ohm m2"),
    ]
    assert (
        "1525(50) Ω cm2 under current and 750(50) Ω cm2 by impedance"
        in said(made_study(numbers))["interface-dc-against-ac"]
    )
    assert said(made_study(numbers, findings=[a_finding("dc-above-ac", "cell")])) == {}


def test_of_the_fourteen_pellets_of_raj_one_conducts_though_it_is_porous():
    numbers, samples = [], []
    for pellet in published_pellets():
        samples.append(Sample(name=pellet.sample, composition=LATP))
        density, sigma = pellet.relative_density_fraction, pellet.conductivity_25C_S_per_m
        numbers += [
            number(pellet.sample, "relative_density", density, 0.01),
            number(pellet.sample, "conductivity_total_25C", sigma, 0.04 * sigma, unit="S/m"),
            number(pellet.sample, "activation_energy_total", pellet.activation_energy_eV, 0.01, unit="eV"),
        ]
    found = [f for f in cross_findings(made_study(numbers, samples=samples)) if f.code == "conducts-though-porous"]
    assert [f.samples[0] for f in found] == ["LATP_Ar_1000"]
    assert "LATP_Ar_800" in found[0].samples
    assert "65.8(10) %" in found[0].sentence


def test_a_conductivity_of_an_arc_whose_apex_is_not_measured_is_named():
    element = types.SimpleNamespace(part="bulk", peak_frequency=Estimate(value=3e7, unit="Hz", method=""))
    seen = types.SimpleNamespace(part="bulk", peak_frequency=Estimate(value=3e5, unit="Hz", method=""))
    spectra = [
        types.SimpleNamespace(
            path=(one,), frequency_Hz=np.array([1.0, 1e6]), is_used=np.array([True, True]), impedance_ohm=np.ones(2)
        )
        for one in (element, seen)
    ]
    sigma = Estimate(value=0.1, unit="S/m", method="")
    points = [
        types.SimpleNamespace(spectrum_index=i, conductivity=sigma, temperature_K=273.15 + 25 * i) for i in (0, 1)
    ]
    impedance = types.SimpleNamespace(
        sample="A",
        quantities=(),
        findings=(),
        facts=(),
        spectra=spectra,
        of_part=lambda part: points if part == "bulk" else [],
    )
    result = made_study([], samples=[Sample(name="A")], extra=[("impedance", impedance)])
    assert "A at 0 °C): it is an intercept" in said(result)["conductivity-of-unseen-arc"]


def test_the_audit_says_it():
    numbers = [number("A", "asr_interface_dc", 0.2, 0.005), number("A", "asr_interface_ac", 0.1, 0.005)]
    assert "interface-dc-against-ac" in {f.code for f in audit(made_study(numbers))}
