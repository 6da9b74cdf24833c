"""Numbers in words and tables as people read them."""

from __future__ import annotations

import pytest

from pelletry.core.quantity import Estimate, Reported
from pelletry.core.sample import Sample
from pelletry.core.table import Table
from pelletry.render.table import table_to_text
from pelletry.study.compare import comparison_table, conditions_in_words, quantity_table
from pelletry.study.result import SampleResult, StudyResult


class _Result:
    def __init__(self, *quantities):
        self.quantities = quantities
        self.lineage = type("Lineage", (), {"settings": ()})()


def _reported(name, value, std, unit, conditions=()):
    quantity = Estimate(value=value, std=std, unit=unit, method="x")
    return Reported(sample="A", technique="t", name=name, quantity=quantity, conditions=conditions)


def _results(*quantities):
    return (SampleResult(sample="A", technique="t", result=_Result(*quantities)),)


@pytest.mark.parametrize(
    ("conditions", "words"),
    [
        ((("temperature_K", 298.15), ("file", "a.z"), ("record", 1.0), ("run", "heating")), "25 °C, record 2, heating"),
        ((("temperature_K", 298.15), ("run", "2")), "25 °C, run 2"),
        ((("convention", "ln(sigma)"),), "slope of ln σ"),
    ],
)
def test_people_count_from_one(conditions, words):
    assert conditions_in_words(_reported("x", 1.0, None, "1", conditions)) == words


def test_a_relative_density_is_percent_in_every_table():
    results = _results(_reported("relative_density", 0.948, 0.005, "1"), _reported("parameter_n1", 0.948, 0.005, "1"))
    samples = (Sample(name="A"),)
    comparison = comparison_table(samples, results)
    study = StudyResult(title="t", folder="f", samples=samples, results=results, comparison=comparison)
    assert "94.8(5)" in table_to_text(comparison)
    rows = table_to_text(quantity_table(study)).splitlines()
    assert any("relative_density" in row and "94.8(5) %" in row for row in rows)
    assert any("parameter_n1" in row and "0.948(5)" in row for row in rows)


@pytest.mark.parametrize(("name", "unit"), [("relative_density", "1"), ("activation_energy_total", "eV")])
def test_the_note_on_energies_stands_where_there_is_one(name, unit):
    table: Table = comparison_table((Sample(name="A"),), _results(_reported(name, 0.9, 0.01, unit)))
    assert any("Energies" in note for note in table.notes) is (unit == "eV")
