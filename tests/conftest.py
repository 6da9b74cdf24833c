"""Fixtures that every test may use."""

from __future__ import annotations

import importlib.util
import os
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import hypothesis
import pytest

# The same examples in every CI run, so that a red run can be repeated; elsewhere new ones each time.
hypothesis.settings.register_profile("ci", derandomize=True, deadline=None)
if os.environ.get("CI"):
    hypothesis.settings.load_profile("ci")

# Small matrices: threads of the linear algebra cost more than they bring, above all when tests run side by side.
for _name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(_name, "1")

_CHECKOUT = Path(__file__).resolve().parents[1]


def _raw_data_folder() -> Path | None:
    stated = os.environ.get("PELLETRY_RAW_DATA")
    if stated:
        return Path(stated)
    beside = _CHECKOUT.parent / "shared" / "data" / "raw"
    return beside if beside.is_dir() else None


@pytest.fixture(scope="session")
def raw_data() -> Callable[..., Path]:
    """``raw_data("mpr_eis", "x.mpr")``: a path in the folder of real instrument files; skips where it is absent.

    The folder is named by the environment variable ``PELLETRY_RAW_DATA``, else it is ``../shared/data/raw`` beside the
    checkout. The files are not part of this repository.
    """

    def path_of(*parts: str) -> Path:
        folder = _raw_data_folder()
        if folder is None:
            pytest.skip("the folder of real instrument files is not here; set PELLETRY_RAW_DATA to its path")
        path = folder.joinpath(*parts)
        if not path.exists():
            pytest.skip(f"{'/'.join(parts)} is not in the folder of real instrument files")
        return path

    return path_of


@pytest.fixture(scope="session")
def sim() -> ModuleType:
    """The hand-made simulated study of ``tests/render/simulated_study.py``, for all that draws, reports and exports."""
    spec = importlib.util.spec_from_file_location("simulated_study", _CHECKOUT / "tests/render/simulated_study.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["simulated_study"] = module
    spec.loader.exec_module(module)
    return module
