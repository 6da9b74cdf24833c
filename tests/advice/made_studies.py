"""Finished studies made of stated numbers, for the tests of the advice."""

from __future__ import annotations

import attrs

from pelletry.core.provenance import Lineage
from pelletry.core.quantity import Estimate, Reported, Unresolved
from pelletry.core.sample import Sample
from pelletry.core.table import Table
from pelletry.study.result import SampleResult, StudyResult


@attrs.frozen(kw_only=True)
class MadeResult:
    """What any technique's result has; ``theoretical`` and ``relative_density`` as density and microscopy have them."""

    sample: str
    quantities: tuple = ()
    findings: tuple = ()
    facts: tuple = ()
    lineage: Lineage = Lineage()
    theoretical: object = None
    relative_density: object = None


def number(sample, name, value, std=None, *, unit="1", technique="t", **conditions):
    """One reported number; a text as its value is the reason why there is none."""
    quantity = (
        Unresolved(reason=value) if isinstance(value, str) else Estimate(value=value, std=std, unit=unit, method="")
    )
    return Reported(
        sample=sample, technique=technique, name=name, quantity=quantity, conditions=tuple(conditions.items())
    )


def made_study(reported, *, samples=(), extra=(), findings=(), files=(), claims=(), withheld=()):
    """``extra`` are results besides those of ``reported``: (technique, result)."""
    named = tuple(samples) or tuple(Sample(name=n) for n in dict.fromkeys(q.sample for q in reported))
    groups: dict[tuple[str, str], list[Reported]] = {}
    for one in reported:
        groups.setdefault((one.sample, one.technique), []).append(one)
    results = tuple(
        SampleResult(sample=sample, technique=technique, result=MadeResult(sample=sample, quantities=tuple(own)))
        for (sample, technique), own in groups.items()
    )
    more = tuple(SampleResult(sample=r.sample, technique=technique, result=r) for technique, r in extra)
    return StudyResult(
        title="t",
        folder="f",
        samples=named,
        results=(*results, *more),
        comparison=Table(key="c", title="c", columns=(), rows=()),
        findings=tuple(findings),
        files=tuple(files),
        claims=tuple(claims),
        withheld=tuple(withheld),
    )
