"""Archimedes beside the calliper: closed forms, made-up porous bodies, theoretical densities that disagree, impossible weighings."""

from __future__ import annotations

import math

import attrs
import numpy as np
import pytest

from pelletry.core.errors import MissingFactError
from pelletry.core.facts import TheoreticalDensity
from pelletry.core.quantity import Estimate, Unresolved
from pelletry.core.sample import Pellet, Sample
from pelletry.core.technique import Inputs
from pelletry.techniques.density import CARD
from pelletry.techniques.density.archimedes import Weighings, archimedes_of, closed_porosity


def estimate(value, unit, std=None, freedom=None) -> Estimate:
    return Estimate(value=value, std=std, unit=unit, method="as stated", degrees_of_freedom=freedom)


WATER = 997.05
SOLID = 2931.0


def weighed(*, open_share=0.02, closed_share=0.03, volume_m3=1e-7, liquid=WATER, std=1e-8) -> dict[str, Estimate]:
    """A body of known pores: what a balance shows of it dry, hanging and soaked."""
    dry = SOLID * (1 - open_share - closed_share) * volume_m3
    soaked = dry + liquid * open_share * volume_m3
    hanging = soaked - liquid * volume_m3
    return {
        "dry_mass": estimate(dry, "kg", std),
        "suspended_mass": estimate(hanging, "kg", std),
        "saturated_mass": estimate(soaked, "kg", std),
        "liquid_density": estimate(liquid, "kg/m3", 0.1),
    }


def theoretical(value=SOLID, given_by="study.toml", source="refined cell", std=3.0) -> TheoreticalDensity:
    return TheoreticalDensity(
        sample="A", given_by=given_by, density_kg_per_m3=estimate(value, "kg/m3", std), source=source
    )


def inputs(given, *, pellet=None, facts=None, **settings) -> Inputs:
    facts = (theoretical(),) if facts is None else facts
    sample = Sample(name="A", pellet=pellet or Pellet(), given=tuple(given.items()))
    return Inputs(sample=sample, facts=tuple(facts), settings=CARD.settings(**settings))


def pellet_of(density, *, volume_m3=1e-7) -> Pellet:
    diameter = 10e-3
    return Pellet(
        mass_kg=estimate(density * volume_m3, "kg", 1e-8),
        diameter_m=estimate(diameter, "m", 5e-6),
        thickness_m=estimate(volume_m3 / (math.pi / 4 * diameter**2), "m", 5e-6),
    )


def codes(result) -> list[str]:
    return [finding.code for finding in result.findings]


@pytest.mark.parametrize("liquid", [WATER, 785.1])
def test_pores_of_a_made_body_come_back_in_any_liquid(liquid):
    result = CARD.analyse((), inputs(weighed(liquid=liquid)))
    assert result.method == "archimedes"
    assert result.density_kg_per_m3.value == pytest.approx(0.95 * SOLID, rel=1e-9)
    assert result.archimedes.apparent_kg_per_m3.value == pytest.approx(0.95 / 0.98 * SOLID, rel=1e-9)
    assert result.open_porosity.value == pytest.approx(0.02, abs=1e-9)
    assert result.closed_porosity.value == pytest.approx(0.03, abs=1e-9)
    assert result.relative_density.value == pytest.approx(0.95, rel=1e-9)
    assert "Archimedes over theoretical density" in result.relative_density.method
    assert result.facts[0].relative_density == result.relative_density


def test_the_factors_of_density_are_those_of_water_and_crown():
    """A crown of 1 kg that seems 52 g lighter in water has 19.2 times its density: gold."""
    w = Weighings(
        dry_kg=estimate(1.0, "kg"),
        suspended_kg=estimate(0.948, "kg"),
        saturated_kg=None,
        liquid_kg_per_m3=estimate(1000.0, "kg/m3"),
    )
    found = archimedes_of(w)
    assert found.apparent_kg_per_m3.value == pytest.approx(19231, abs=1)
    assert isinstance(found.bulk_kg_per_m3, Unresolved)
    assert "saturated_mass" in found.open_porosity.reason


def test_uncertainties_agree_with_a_monte_carlo():
    given = weighed(std=2e-7)
    random = np.random.default_rng(4)
    D, S, W, rho = (one.value + one.std * random.standard_normal(400_000) for one in given.values())
    found = archimedes_of(
        Weighings(
            dry_kg=given["dry_mass"], suspended_kg=given["suspended_mass"], saturated_kg=given["saturated_mass"],
            liquid_kg_per_m3=given["liquid_density"],
        )
    )  # fmt: skip
    assert found.bulk_kg_per_m3.std == pytest.approx(float((D * rho / (W - S)).std()), rel=0.01)
    assert found.open_porosity.std == pytest.approx(float(((W - D) / (W - S)).std()), rel=0.01)
    assert found.apparent_kg_per_m3.std == pytest.approx(
        float((D * rho / (D - S)).std()), rel=0.25
    )  # D counts in both, which the two terms do not know


def test_buoyancy_in_air_moves_the_density_by_its_share():
    plain = CARD.analyse((), inputs(weighed()))
    aired = CARD.analyse((), inputs(weighed(), air_density_kg_per_m3=1.2))
    shift = aired.density_kg_per_m3.value - plain.density_kg_per_m3.value
    assert shift == pytest.approx(1.2 * (1 - plain.density_kg_per_m3.value / WATER), rel=1e-9)


def test_geometric_density_stays_the_first_and_a_difference_is_named():
    chipped = pellet_of(0.90 * SOLID)
    result = CARD.analyse((), inputs(weighed(), pellet=chipped))
    assert result.method == "geometric"
    assert result.relative_density.value == pytest.approx(0.90, rel=1e-9)
    # closed pores are those of the weighings, not of the chipped cylinder
    assert result.closed_porosity.value == pytest.approx(0.03, abs=1e-6)
    assert "density-methods-differ" in codes(result)
    assert "dry-mass-differs" in codes(result)
    turned = CARD.analyse((), inputs(weighed(), pellet=chipped, method="archimedes"))
    assert turned.relative_density.value == pytest.approx(0.95, rel=1e-9)
    whole = CARD.analyse((), inputs(weighed(), pellet=pellet_of(0.95 * SOLID)))
    assert not {"density-methods-differ", "dry-mass-differs"} & set(codes(whole))


def test_the_mass_of_the_pellet_is_the_dry_mass_when_no_other_is_given():
    given = {key: value for key, value in weighed().items() if key != "dry_mass"}
    result = CARD.analyse((), inputs(given, pellet=pellet_of(0.95 * SOLID)))
    assert result.archimedes.bulk_kg_per_m3.value == pytest.approx(0.95 * SOLID, rel=1e-9)


# -- theoretical density -----------------------------------------------------------------------------------------------


def test_a_stated_and_a_computed_theoretical_density_that_disagree_are_named():
    """Raj 2023 used 2.94; its own refined cell gives 2.931."""
    stated = theoretical(2940.0, source="literature", std=None)
    computed = theoretical(2931.0, given_by="diffraction", source="refined cell of LATP", std=0.3)
    result = CARD.analyse((), inputs({}, pellet=pellet_of(0.95 * SOLID), facts=(computed, stated)))
    assert result.theoretical == stated
    assert result.other_theoretical == computed
    (said,) = [f for f in result.findings if f.code == "theoretical-densities-differ"]
    assert "2.940 g/cm3 (literature, used) and 2.9310(3) g/cm3 (refined cell of LATP)" in said.sentence
    assert "0.31 %" in said.sentence
    assert "higher" in said.sentence
    notes = CARD.present(result).tables[0].notes
    assert notes[0] == "Theoretical density: literature (study.toml)."
    assert notes[1] == "Not used: 2.9310(3) g/cm3, refined cell of LATP (diffraction)."


def test_the_computed_theoretical_density_is_used_when_asked_for_or_alone():
    stated, computed = theoretical(2940.0), theoretical(2931.0, given_by="diffraction of powder", std=0.3)
    pellet = pellet_of(0.95 * SOLID)
    asked = CARD.analyse((), inputs({}, pellet=pellet, facts=(stated, computed), theoretical="diffraction"))
    assert asked.theoretical == computed
    alone = CARD.analyse((), inputs({}, pellet=pellet, facts=(computed,)))
    assert alone.theoretical == computed
    assert alone.other_theoretical is None
    agree = CARD.analyse((), inputs({}, pellet=pellet, facts=(theoretical(2931.5), computed)))
    assert "theoretical-densities-differ" not in codes(agree)


# -- bad input ---------------------------------------------------------------------------------------------------------


def test_weighings_that_cannot_be_are_refused_and_the_calliper_stands():
    given = weighed()
    swapped = {**given, "suspended_mass": given["dry_mass"], "dry_mass": given["suspended_mass"]}
    result = CARD.analyse((), inputs(swapped, pellet=pellet_of(0.95 * SOLID)))
    assert "archimedes-impossible" in codes(result)
    assert result.archimedes is None
    assert result.relative_density.value == pytest.approx(0.95, rel=1e-9)
    dried_out = {**given, "saturated_mass": attrs.evolve(given["dry_mass"], value=0.99 * given["dry_mass"].value)}
    assert "archimedes-impossible" in codes(CARD.analyse((), inputs(dried_out, pellet=pellet_of(0.95 * SOLID))))


def test_incomplete_weighings_are_named_and_the_calliper_stands():
    given = {key: value for key, value in weighed().items() if key != "liquid_density"}
    result = CARD.analyse((), inputs(given, pellet=pellet_of(0.95 * SOLID)))
    (said,) = [f for f in result.findings if f.code == "archimedes-incomplete"]
    assert "lack liquid_density" in said.sentence
    with pytest.raises(MissingFactError, match="mass missing"):
        CARD.analyse((), inputs(given))
    with pytest.raises(MissingFactError, match="no density of A: dry, suspended"):
        CARD.analyse((), inputs({}, pellet=pellet_of(0.95 * SOLID), method="archimedes"))


def test_closed_pores_below_zero_are_flagged():
    result = CARD.analyse((), inputs(weighed(closed_share=0.0), facts=(theoretical(2900.0, std=1.0),)))
    assert "closed-porosity-negative" in codes(result)
    assert result.closed_porosity.value < 0
    assert isinstance(closed_porosity(Unresolved(reason="x", unit="1"), result.open_porosity), Unresolved)


def test_without_a_theoretical_density_open_pores_are_still_given():
    result = CARD.analyse((), inputs(weighed(), facts=()))
    assert result.open_porosity.value == pytest.approx(0.02, abs=1e-9)
    assert isinstance(result.closed_porosity, Unresolved)
    assert isinstance(result.total_porosity, Unresolved)


def test_tables_and_store_hold_both_methods():
    from pelletry.study.serial import decoded, encoded

    given = {**weighed(), "immersion_liquid": "water"}
    result = CARD.analyse((), inputs(given, pellet=pellet_of(0.95 * SOLID)))
    shown = CARD.present(result)
    assert [table.key for table in shown.tables] == ["density", "density_budget", "density_archimedes"]
    assert shown.tables[2].notes == ("Liquid: water.",)
    assert "ASTMC20" in shown.references
    assert "after Archimedes" in shown.method_paragraph
    assert decoded(encoded(result)) == result
    alone = CARD.present(CARD.analyse((), inputs(weighed())))
    assert [row[0] for row in alone.tables[1].rows][:2] == ["dry mass", "displaced liquid"]
