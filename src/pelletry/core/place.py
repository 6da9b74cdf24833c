"""Where paths inside settings are seen from: the study's folder while one of its analyses runs, else where the program runs."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path

__all__ = ["located", "seen_from"]

_FOLDER: ContextVar[str] = ContextVar("pelletry_folder", default="")


def located(path: str) -> Path:
    """A path that a person wrote in settings, as a place on this machine; absolute ones stay."""
    return Path(_FOLDER.get() or ".") / path


@contextmanager
def seen_from(folder: str | Path) -> Iterator[None]:
    """Within this block paths are seen from ``folder``; an empty one changes nothing."""
    before = _FOLDER.set(str(folder))
    try:
        yield
    finally:
        _FOLDER.reset(before)
