"""The examples in the docstrings of the package hold."""

from __future__ import annotations

import doctest
import importlib
import pkgutil
from pathlib import Path

import pytest

import pelletry

ROOM = Path(pelletry.__file__).parent


def modules_with_examples() -> list[str]:
    found = []
    for module in pkgutil.walk_packages([str(ROOM)], "pelletry."):
        path = ROOM.parent / Path(*module.name.split("."))
        source = path / "__init__.py" if module.ispkg else path.with_suffix(".py")
        if ">>>" in source.read_text(encoding="utf-8"):
            found.append(module.name)
    return found


@pytest.mark.parametrize("name", modules_with_examples())
def test_examples_hold(name: str) -> None:
    found = doctest.testmod(importlib.import_module(name))
    assert found.attempted > 0
    assert found.failed == 0


def test_there_are_examples_in_the_core() -> None:
    assert {"pelletry.core.units", "pelletry.core.quantity"} <= set(modules_with_examples())
