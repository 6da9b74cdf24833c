"""The sentences of the report."""

from __future__ import annotations

import re
from types import ModuleType

import attrs
import pytest

from pelletry.core.finding import Finding
from pelletry.core.quantity import Estimate, Reported
from pelletry.core.sample import Sample
from pelletry.core.table import Table
from pelletry.report.html import report_html
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


def test_the_decision_stands_on_top_with_its_pellets_linked(sim: ModuleType) -> None:
    result, presentations = sim.simulated_study(2)
    chosen = Finding(
        code="which-firing",
        severity="notice",
        sentence="Of 2 conditions 900 °C conducts <best>.",
        samples=(result.samples[1].name,),
    )
    page = report_html(attrs.evolve(result, findings=(*result.findings, chosen)), presentations)
    head = page.split('<section id="comparison">')[0]
    shown = re.search(r'<p class="decision">(.*?)</p>', page, re.DOTALL)
    assert shown is not None
    assert shown[0] in head
    assert "900 °C conducts &lt;best&gt;." in shown[1]
    assert re.search(rf'<a href="#[^"]+">{re.escape(result.samples[1].name)}</a>', shown[1])
    assert 'class="decision"' not in report_html(result, presentations)
