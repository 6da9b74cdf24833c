"""Every card is whole, and every dimensional field says its unit in its name."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
import typing
from collections.abc import Iterator
from typing import Any

import attrs
import pytest

import pelletry
from pelletry.core.facts import Fact
from pelletry.core.technique import Technique
from pelletry.core.units import unit_of_field
from pelletry.techniques import TECHNIQUES

#: Numbers without a dimension, or whose unit stands in another field of the same class. Endings or whole names.
DIMENSIONLESS_ENDINGS = (
    "_count", "_index", "_exponent", "_ratio", "_factor", "_share", "_fraction", "_percent", "_relative", "_per_decade",
    "_critical", "_probability", "_statistic", "_score",
)  # fmt: skip


def modules() -> Iterator[Any]:
    for found in pkgutil.walk_packages(pelletry.__path__, "pelletry."):
        yield importlib.import_module(found.name)


def attrs_classes() -> list[type]:
    found = {
        value
        for module in modules()
        for _, value in inspect.getmembers(module, inspect.isclass)
        if attrs.has(value) and value.__module__.startswith("pelletry.")
    }
    return sorted(found, key=lambda c: (c.__module__, c.__qualname__))


def fields_with_unit_metadata(kind: type) -> Iterator[tuple[str, str]]:
    for field in attrs.fields(kind):
        unit = field.metadata.get("unit")
        if unit:
            yield field.name, unit


@pytest.mark.parametrize("kind", attrs_classes(), ids=lambda c: f"{c.__module__[9:]}.{c.__name__}")
def test_the_unit_of_a_field_agrees_with_its_name(kind: type) -> None:
    for name, unit in fields_with_unit_metadata(kind):
        assert unit == "1" or unit_of_field(name) == unit, f"{kind.__name__}.{name} says {unit} in its metadata"


#: Filled while one file is read and gone with the reader; nothing outside the formats room sees them.
FILLED_WHILE_READING = {"formats.cycler_cells.Dates", "formats.cycler_cells.Words", "formats.vamas_layout.Lines"}


@pytest.mark.parametrize("kind", attrs_classes(), ids=lambda c: f"{c.__module__[9:]}.{c.__name__}")
def test_every_inside_type_is_frozen_and_keyword_only(kind: type) -> None:
    if kind.__name__.startswith("_") or f"{kind.__module__[9:]}.{kind.__name__}" in FILLED_WHILE_READING:
        pytest.skip("a helper inside one room")
    assert kind.__setattr__ is not object.__setattr__, f"{kind.__name__} can be changed after it was made"
    positional = [field.name for field in attrs.fields(kind) if field.init and not field.kw_only]
    assert len(positional) <= 2, f"{kind.__name__} takes {positional} by position"


#: Words that name a physical quantity: a float field that bears one must say its unit.
PHYSICAL_WORDS = (
    "temperature", "frequency", "resistance", "conductivity", "capacitance", "inductance", "impedance", "thickness",
    "diameter", "area", "mass", "density", "energy", "pressure", "volume", "angle", "wavelength", "current", "voltage",
)  # fmt: skip


@pytest.mark.parametrize("kind", attrs_classes(), ids=lambda c: f"{c.__module__[9:]}.{c.__name__}")
def test_a_float_named_after_a_physical_quantity_says_its_unit(kind: type) -> None:
    hints = typing.get_type_hints(kind)
    for field in attrs.fields(kind):
        annotation = str(hints.get(field.name, ""))
        is_number = "float" in annotation and "Estimate" not in annotation and "Callable" not in annotation
        is_physical = any(word in field.name.lower() for word in PHYSICAL_WORDS)
        is_bare = field.name.endswith(DIMENSIONLESS_ENDINGS) or field.name.startswith("log_")
        if is_number and is_physical and not is_bare:
            assert unit_of_field(field.name), f"{kind.__module__}.{kind.__name__}.{field.name} does not say its unit"


@pytest.mark.parametrize("card", TECHNIQUES, ids=lambda c: c.name)
def test_every_card_is_whole(card: Technique) -> None:
    assert card.name.isidentifier()
    assert card.title
    assert card.version
    assert attrs.has(card.result)
    assert all(issubclass(fact, Fact) for fact in card.needs | card.wants | card.gives)
    schema = card.settings.model_json_schema()
    assert schema.get("additionalProperties") is False, "settings must refuse unknown keys"
    undescribed = [name for name, entry in schema["properties"].items() if not entry.get("description")]
    assert not undescribed, f"settings without a description: {undescribed}"
    for door in (card.read, card.analyse, card.present):
        assert callable(door)
        assert inspect.getdoc(door)


def test_every_needed_fact_is_given_by_a_technique_or_the_study() -> None:
    from pelletry.core.facts import PelletGeometry, TheoreticalDensity

    given = {PelletGeometry, TheoreticalDensity}.union(*(card.gives for card in TECHNIQUES))
    for card in TECHNIQUES:
        assert card.needs <= given, f"{card.name} needs {card.needs - given}"


@pytest.mark.parametrize("card", TECHNIQUES, ids=lambda c: c.name)
def test_every_technique_has_its_method_page_and_tests(card: Technique) -> None:
    from pathlib import Path

    root = Path(__file__).parents[2]
    assert (root / "docs/methods" / f"{card.name}.md").is_file()
    assert any((root / "tests/techniques" / card.name).glob("test_*.py"))
