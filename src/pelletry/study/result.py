"""What a run of a study gives: everything the report, the tables and ``trace`` need, and nothing about how it is drawn."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from typing import Any

import attrs

from pelletry.core.finding import Finding
from pelletry.core.quantity import Estimate, Reported
from pelletry.core.sample import Sample
from pelletry.core.table import Table

__all__ = ["Claim", "DataFile", "SampleResult", "StudyResult", "Withheld"]


@attrs.frozen(kw_only=True)
class Claim:
    """A value that a paper or an earlier report prints of a sample; ``text`` as printed, ``value`` in the house unit.

    ``rounding`` is half a step of the last printed digit. ``conditions`` have the keys of
    :class:`~pelletry.core.quantity.Reported`; ``where`` is the place in claims.toml.
    """

    sample: str
    quantity: str
    value: Estimate
    text: str
    rounding: float = 0.0
    conditions: tuple[tuple[str, float | str], ...] = ()
    source: str = ""
    where: str = ""

    def condition(self, key: str) -> float | str | None:
        return dict(self.conditions).get(key)


@attrs.frozen(kw_only=True)
class DataFile:
    """One raw file of the study. ``status`` is read, refused, unknown or unused; ``reason`` says why when it was not read."""

    path: str
    sha256: str
    size_bytes: int
    format: str = ""
    technique: str = ""
    samples: tuple[str, ...] = ()
    records: int = 0
    points: int = 0
    status: str = "read"
    reason: str = ""
    warnings: tuple[str, ...] = ()
    duplicate_of: str = ""


@attrs.frozen(kw_only=True)
class Withheld:
    """A number that was not given for want of something: one line each of what, what is missing, what to do."""

    what: str
    missing: str
    do: str
    samples: tuple[str, ...] = ()


@attrs.frozen(kw_only=True)
class SampleResult:
    """The result of one technique on one sample; ``result`` is that technique's own Result class."""

    sample: str
    technique: str
    result: Any
    was_cached: bool = False


@attrs.frozen(kw_only=True)
class StudyResult:
    """The whole study. ``comparison`` has one row a sample, one column a fact; ``order`` of samples is the study's own."""

    title: str
    folder: str
    samples: tuple[Sample, ...]
    results: tuple[SampleResult, ...]
    comparison: Table
    findings: tuple[Finding, ...] = ()
    withheld: tuple[Withheld, ...] = ()
    files: tuple[DataFile, ...] = ()
    settings: tuple[tuple[str, str], ...] = ()
    version: str = ""
    is_simulated: bool = False
    simulated_from: str = ""
    claims: tuple[Claim, ...] = ()

    @functools.cached_property
    def quantities(self) -> tuple[Reported, ...]:
        """All numbers of all results; gathered once, since the advice asks for them once a sample and name."""
        return tuple(q for r in self.results for q in r.result.quantities)

    @functools.cached_property
    def _by_name(self) -> Mapping[tuple[str, str], tuple[Reported, ...]]:
        found: dict[tuple[str, str], list[Reported]] = {}
        for one in self.quantities:
            found.setdefault((one.sample, one.name), []).append(one)
        return {key: tuple(values) for key, values in found.items()}

    def reported(self, sample: str, name: str) -> tuple[Reported, ...]:
        """The numbers of that name of a sample, in their order."""
        return self._by_name.get((sample, name), ())

    def of(self, sample: str, technique: str) -> Any:
        """The result of a technique on a sample, or None."""
        return next((r.result for r in self.results if r.sample == sample and r.technique == technique), None)
