"""The errors of Pelletry, one tree.

::

    PelletryError                    every error a user may meet; carries one or many Mistakes
    ├── FormatError                  a file could not be read (exit code 3)
    │   ├── UnknownFormatError       no reader recognises the content; lists who was asked
    │   ├── AmbiguousFormatError     two readers claim the content
    │   ├── BrokenFileError          the format is known, the content is truncated, empty or corrupt
    │   └── RefusedFileError         readable, but its numbers cannot be trusted (e.g. destroyed by a spreadsheet)
    ├── MeasurementError             the columns were read but do not make a measurement (missing, wrong sign, NaN)
    ├── StudyError                   study.toml, samples table or decisions are wrong; all mistakes at once (exit code 2)
    ├── MissingFactError             a number cannot be computed because a needed fact was not given
    ├── CircuitError                 a circuit text cannot be parsed
    └── StoreError                   results cannot be written or read (disk full, read-only, changed during the run)

Every mistake says what is wrong, where (file, line, key), what was expected, and what to do.
A poor fit is not an error: it is a value with flags.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import attrs

__all__ = [
    "AmbiguousFormatError",
    "BrokenFileError",
    "CircuitError",
    "FormatError",
    "MeasurementError",
    "MissingFactError",
    "Mistake",
    "PelletryError",
    "RefusedFileError",
    "StoreError",
    "StudyError",
    "UnknownFormatError",
    "quoted",
]


def quoted(text: object, *, longest: int = 60) -> str:
    """A piece of foreign text made safe to print: control characters shown as escapes, cut at ``longest``."""
    shown = "".join(c if c.isprintable() else c.encode("unicode_escape").decode("ascii") for c in str(text))
    return f"'{shown[:longest]}…'" if len(shown) > longest else f"'{shown}'"


@attrs.frozen(kw_only=True)
class Mistake:
    """One thing that is wrong, in the four parts a person needs.

    ``where`` is a place such as ``raw/a.mpt:61`` or ``study.toml: samples[2].mass``; ``line`` counts from 1.
    """

    what: str
    where: str = ""
    expected: str = ""
    do: str = ""

    def __str__(self) -> str:
        sentence = f"{self.where}: {self.what}" if self.where else self.what
        if self.expected:
            sentence += f"; expected {self.expected}"
        if self.do:
            sentence += f". {self.do[0].upper()}{self.do[1:]}"
        return sentence if sentence.endswith((".", "?", "!")) else sentence + "."


class PelletryError(Exception):
    """Base of all errors a user may meet; ``mistakes`` holds every one that was found, in reading order."""

    exit_code = 2

    def __init__(
        self,
        what: str = "",
        *,
        where: str | Path = "",
        line: int | None = None,
        expected: str = "",
        do: str = "",
        mistakes: Iterable[Mistake] = (),
    ) -> None:
        listed = tuple(mistakes)
        if what:
            place = f"{where}:{line}" if line is not None else str(where)
            listed = (Mistake(what=what, where=place, expected=expected, do=do), *listed)
        self.mistakes: tuple[Mistake, ...] = listed
        super().__init__("\n".join(str(mistake) for mistake in listed))

    def __reduce__(self) -> tuple[object, ...]:
        # Exceptions cross process borders by pickling; keyword-only arguments need help to survive it.
        return _rebuild, (type(self), self.mistakes)


def _rebuild(kind: type[PelletryError], mistakes: tuple[Mistake, ...]) -> PelletryError:
    return kind(mistakes=mistakes)


class FormatError(PelletryError):
    """A file could not be read."""

    exit_code = 3


class UnknownFormatError(FormatError):
    """No reader recognises the content."""


class AmbiguousFormatError(FormatError):
    """Two readers claim the same content."""


class BrokenFileError(FormatError):
    """A known format whose content is empty, truncated or corrupt."""


class RefusedFileError(FormatError):
    """A readable file whose numbers cannot be trusted."""


class MeasurementError(PelletryError):
    """Columns that do not make a measurement."""

    exit_code = 3


class StudyError(PelletryError):
    """The study's own files (study.toml, samples, decisions) are wrong."""


class MissingFactError(PelletryError):
    """A fact that a computation needs was not given."""


class CircuitError(PelletryError):
    """A circuit text cannot be parsed."""


class StoreError(PelletryError):
    """Results cannot be written or read."""
