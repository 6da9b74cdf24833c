"""Where a number comes from: the file and record it was read from, and the computation that made it."""

from __future__ import annotations

import attrs

__all__ = ["FactUse", "Lineage", "Origin"]


@attrs.frozen(kw_only=True)
class Origin:
    """One record of one raw file.

    ``path`` is relative to the study folder, with forward slashes (a bare path outside a study). ``record`` counts the
    records of the file from 0. ``acquired_at`` is ISO 8601 as the instrument wrote it, None when the file does not say.
    """

    path: str
    sha256: str
    record: int = 0
    format: str
    acquired_at: str | None = None
    line: int | None = None


@attrs.frozen(kw_only=True)
class FactUse:
    """A fact that went into a computation: its name, its value in words, and who gave it."""

    name: str
    value: str
    given_by: str


@attrs.frozen(kw_only=True)
class Lineage:
    """How a result was made: inputs, settings, facts, references and the version of this program."""

    origins: tuple[Origin, ...] = ()
    settings: tuple[tuple[str, str], ...] = ()
    facts: tuple[FactUse, ...] = ()
    references: tuple[str, ...] = ()
    technique: str = ""
    version: str = ""
