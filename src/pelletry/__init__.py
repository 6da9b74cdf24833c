"""Pelletry: from the raw instrument files of a ceramic-electrolyte study to its numbers, figures and report.

The public face is :mod:`pelletry.api`; its functions are reachable from here (``pelletry.run(...)``) and are
imported only when first used, so that ``import pelletry`` costs nothing. ``render``, ``report`` and ``export`` are called as
``pelletry.api.report(...)``: here their names are those of the rooms that do the work.
"""

from __future__ import annotations

import importlib
from typing import Any

__version__ = "0.1.0"

_FACE = (
    "analyse",
    "check",
    "compare",
    "demo",
    "inspect",
    "load_study",
    "open_file",
    "run",
    "scaffold",
    "trace",
)

__all__ = ["__version__", *_FACE]  # noqa: PLE0604 - the names are strings


def __getattr__(name: str) -> Any:
    if name in _FACE:
        # By name: a plain import here would make every room that asks for the version lean on the whole house.
        return getattr(importlib.import_module("pelletry.api"), name)
    raise AttributeError(f"module 'pelletry' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(__all__)
