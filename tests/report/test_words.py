"""The sentences of the report."""

from __future__ import annotations

import pytest

from pelletry.core.quantity import Estimate, Reported
from pelletry.core.sample import Sample
from pelletry.core.table import Table
from pelletry.report.words import _best
from pelletry.study.result import SampleResult, StudyResult


class _Result:
    def __init__(self, *quantities: Reported) -> None:
        self.quantities = quantities


@pytest.mark.parametrize(("names", "begin"), [("A", "The total conductivity of A"), ("AB", "The highest total")])
def test_only_one_of_several_pellets_is_the_highest(names: str, begin: str) -> None:
    quantity = Estimate(value=0.02, std=1e-4, unit="S/m", method="x")
    results = tuple(
        SampleResult(
            sample=n,
            technique="t",
            result=_Result(Reported(sample=n, technique="t", name="conductivity_total_25C", quantity=quantity)),
        )
        for n in names
    )
    study = StudyResult(
        title="t",
        folder="f",
        samples=tuple(Sample(name=n) for n in names),
        results=results,
        comparison=Table(key="c", title="c", columns=(), rows=()),
    )
    assert _best(study).startswith(begin)
