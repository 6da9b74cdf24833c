"""The list of all parameters of a problem: names, values, bounds; which are free and which move together."""

from __future__ import annotations

import math
from collections.abc import Iterable

import numpy as np
import numpy.typing as npt

from pelletry.core.arrays import Array
from pelletry.core.errors import MissingFactError

__all__ = ["Parameters"]


class Parameters:
    """Values of every parameter, and the reduced vector of those that are free.

    A free parameter has a row in the reduced vector; tied ones share a row, each with its own factor to the row's value.
    """

    def __init__(self) -> None:
        self.names: list[str] = []
        self._index: dict[str, int] = {}
        self.values: Array = np.zeros(0)
        self.lower: Array = np.zeros(0)
        self.upper: Array = np.zeros(0)
        self.row: npt.NDArray[np.int64] = np.zeros(0, dtype=np.int64)
        self.factor: Array = np.zeros(0)
        self._master: list[int] = []
        self._rows: list[int] = []

    def add(self, name: str, value: float, *, lower: float = -math.inf, upper: float = math.inf) -> int:
        """Append a parameter; returns its index."""
        self._index[name] = len(self.names)
        self.names.append(name)
        self.values = np.append(self.values, value)
        self.lower = np.append(self.lower, lower)
        self.upper = np.append(self.upper, upper)
        self.row = np.append(self.row, -1)
        self.factor = np.append(self.factor, 1.0)
        self._master.append(len(self._master))
        return len(self.names) - 1

    def index(self, name: str) -> int:
        """Index of a name; MissingFactError for an unknown one."""
        if name not in self._index:
            raise MissingFactError(
                f"there is no parameter '{name}' in this refinement", expected=", ".join(self.names[:40])
            )
        return self._index[name]

    def __contains__(self, name: str) -> bool:
        return name in self._index

    def __getitem__(self, name: str) -> float:
        return float(self.values[self.index(name)])

    def __setitem__(self, name: str, value: float) -> None:
        self.values[self.index(name)] = value

    def tie(self, names: Iterable[str], *, is_equal: bool = False) -> None:
        """Let ``names`` move with the first; each keeps its ratio to it (or becomes equal)."""
        first, *others = [self.index(name) for name in names]
        for other in others:
            start = self.values[first]
            ratio = 1.0 if is_equal or start == 0.0 else self.values[other] / start
            self.values[other] = ratio * start
            self._master[other], self.factor[other] = first, ratio

    def set_free(self, names: Iterable[str]) -> None:
        """Free exactly these (and all tied to them)."""
        self.row[:] = -1
        self._rows = sorted({self._master[self.index(name)] for name in names})
        place = {index: row for row, index in enumerate(self._rows)}
        for index, master in enumerate(self._master):
            self.row[index] = place.get(master, -1)
        for index in np.flatnonzero(self.row >= 0).tolist():
            self.values[index] = self.factor[index] * self.values[self._master[index]]

    @property
    def free_names(self) -> tuple[str, ...]:
        """Names of the rows of the reduced vector."""
        return tuple(self.names[i] for i in self._rows)

    @property
    def reduced(self) -> Array:
        """The free values."""
        kept: Array = self.values[self._rows].copy()
        return kept

    @property
    def bounds(self) -> tuple[Array, Array]:
        """Lower and upper bounds of the free values."""
        return self.lower[self._rows], self.upper[self._rows]

    def full(self, reduced: Array) -> Array:
        """All values with the free ones replaced."""
        values: Array = self.values.copy()
        moved = self.row >= 0
        values[moved] = self.factor[moved] * reduced[self.row[moved]]
        return values

    def store(self, reduced: Array) -> None:
        """Keep the free values."""
        self.values = self.full(reduced)
