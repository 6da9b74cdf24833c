"""The card of a technique: what it is called, what it needs and gives, and its four doors."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol, runtime_checkable

import attrs

from pelletry.core.facts import Fact
from pelletry.core.figure import FigureSpec
from pelletry.core.finding import Finding
from pelletry.core.provenance import Lineage, Origin
from pelletry.core.quantity import Reported
from pelletry.core.record import Record
from pelletry.core.sample import Sample, SampleColumn
from pelletry.core.table import Table

__all__ = ["ComparedQuantity", "Inputs", "Measurement", "Presentation", "Result", "Technique"]


@runtime_checkable
class Measurement(Protocol):
    """A record understood: arrays in house units, and where they come from. Each technique has its own class (attrs, frozen)."""

    @property
    def origin(self) -> Origin: ...


@runtime_checkable
class Result(Protocol):
    """What an analysis gives for one sample: attrs, frozen, made of numbers, arrays, text and other such classes."""

    @property
    def sample(self) -> str: ...
    @property
    def quantities(self) -> tuple[Reported, ...]: ...
    @property
    def findings(self) -> tuple[Finding, ...]: ...
    @property
    def facts(self) -> tuple[Fact, ...]: ...
    @property
    def lineage(self) -> Lineage: ...


@attrs.frozen(kw_only=True)
class Inputs:
    """Everything an analysis may look at besides the measurements: the sample, the facts found so far, the settings.

    ``decisions`` holds this sample's masks and overrides as written in decisions.toml, already validated.
    """

    sample: Sample
    facts: tuple[Fact, ...] = ()
    settings: Any
    decisions: Mapping[str, Any] = attrs.field(factory=dict)

    def fact(self, kind: type[Fact]) -> Any:
        """The fact of that kind for this sample, or None."""
        return next((f for f in self.facts if isinstance(f, kind) and f.sample == self.sample.name), None)

    def all_facts(self, kind: type[Fact]) -> tuple[Any, ...]:
        """Every fact of that kind for this sample, in the study's order."""
        return tuple(f for f in self.facts if isinstance(f, kind) and f.sample == self.sample.name)


@attrs.frozen(kw_only=True)
class Presentation:
    """What a result looks like: figures, tables, the method paragraph and the keys of its references."""

    figures: tuple[FigureSpec, ...] = ()
    tables: tuple[Table, ...] = ()
    method_paragraph: str = ""
    references: tuple[str, ...] = ()


class Reads(Protocol):
    def __call__(self, records: Sequence[Record], /) -> Sequence[Any]: ...


class Analyses(Protocol):
    def __call__(self, measurements: Sequence[Any], inputs: Inputs, /) -> Any: ...


class Presents(Protocol):
    def __call__(self, result: Any, /) -> Presentation: ...


@attrs.frozen(kw_only=True)
class ComparedQuantity:
    """A column of the study's comparison table: the name of a quantity, the head, and the display ``kind`` of its unit.

    ``is_inherited``: a sample that has none shows that of what it was made of (the particle size of its powder).
    """

    name: str
    title: str
    unit: str
    kind: str = ""
    note: str = ""
    is_inherited: bool = False


@attrs.frozen(kw_only=True)
class Technique:
    """A card. ``record_techniques`` lists the values of ``Record.technique`` it reads (empty: it works from facts alone).

    ``read`` raises MeasurementError for a record that makes no measurement. ``analyse`` returns flags, not exceptions, for
    poor data; it raises MissingFactError when nothing at all can be computed for want of a fact. ``also_reads`` are
    values of ``Record.technique`` that it takes in addition from a sample that has some of its own (the spectra between the
    steps of a cycling run); alone they give it nothing to do. ``sample_columns`` are the
    columns it adds to the samples table (``Sample.given``), ``compared`` its columns of the comparison table.
    """

    name: str
    title: str
    record_techniques: tuple[str, ...]
    needs: frozenset[type[Fact]]
    wants: frozenset[type[Fact]] = frozenset()
    gives: frozenset[type[Fact]]
    settings: type[Any]
    result: type[Any]
    read: Reads
    analyse: Analyses
    present: Presents
    version: str = "1"
    also_reads: tuple[str, ...] = ()
    sample_columns: tuple[SampleColumn, ...] = ()
    compared: tuple[ComparedQuantity, ...] = ()
