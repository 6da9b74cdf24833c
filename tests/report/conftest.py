"""The hand-made simulated study for these tests."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import pytest


@pytest.fixture(scope="session")
def sim() -> ModuleType:
    """The module ``tests/render/simulated_study.py``."""
    path = Path(__file__).parents[1] / "render" / "simulated_study.py"
    spec = importlib.util.spec_from_file_location("simulated_study", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["simulated_study"] = module
    spec.loader.exec_module(module)
    return module
