"""The one door to gemmi and numba, with one sentence when they are not installed."""

from __future__ import annotations

import importlib
from typing import Any

from pelletry.core.errors import MissingFactError

__all__ = ["load_gemmi", "load_kernels"]

_DO = "install them with: pip install 'pelletry[diffraction]'"


def load_gemmi() -> Any:
    """The module gemmi (space groups, CIF, scattering factors)."""
    try:
        import gemmi
    except ImportError as error:
        raise MissingFactError(
            "diffraction needs the packages gemmi and numba, and gemmi is not here", do=_DO
        ) from error
    return gemmi


def load_kernels() -> Any:
    """Our compiled loops; importing them imports numba."""
    try:
        import numba  # noqa: F401
    except ImportError as error:
        raise MissingFactError(
            "diffraction needs the packages gemmi and numba, and numba is not here", do=_DO
        ) from error
    return importlib.import_module("pelletry.techniques.diffraction.model.kernels")
