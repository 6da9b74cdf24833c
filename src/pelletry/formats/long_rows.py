"""Numbers of many lines, a few thousand lines at a time: the words of a whole file at once would take ten times its size."""

from __future__ import annotations

import itertools
from collections.abc import Iterable

import numpy as np

from pelletry.core.arrays import Array

__all__ = ["floats_of_lines"]

_LINES = 2000


def floats_of_lines(lines: Iterable[str], *, width: int | None = None, marks: str = "") -> Array:
    """The finite numbers of lines in their order; with a ``width`` each line that is not blank has as many, shape (rows, width).

    Numbers stand between blanks; ``marks`` are further separators.

    Raises
    ------
    ValueError
        When something is no finite number, or a line has more or fewer.
    """
    parts: list[Array] = []
    blanks = str.maketrans(marks, " " * len(marks)) if marks else None
    waiting = iter(lines)
    while chunk := list(itertools.islice(waiting, _LINES)):
        text = " \n".join(chunk)
        if "_" in text:
            raise ValueError("'_' in a number")
        if blanks is not None:
            text = text.translate(blanks)
        if width is not None and any(len(line.split()) not in (0, width) for line in text.split("\n")):
            raise ValueError(f"a line has not {width} numbers")
        words = text.split()
        parts.append(np.fromiter(map(float, words), dtype=np.float64, count=len(words)))
    values = np.concatenate(parts) if parts else np.empty(0)
    if not np.all(np.isfinite(values)):
        raise ValueError("a number is not finite")
    return values if width is None else values.reshape(-1, width)
