"""What a reader gives: the columns of a file with their names and units as the file has them, and no physics."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import attrs
import numpy as np
import numpy.typing as npt

from pelletry.core.provenance import Origin

__all__ = ["Column", "Hint", "Record"]


@attrs.frozen(kw_only=True, eq=False)
class Column:
    """One column. ``name`` and ``unit`` are the file's own words, split at its own separator: ``-Im(Z)`` and ``Ohm``.

    ``values`` is one-dimensional and read-only, float32/float64/integer as stored; missing cells are NaN.
    """

    name: str
    unit: str
    values: npt.NDArray[Any]

    def __attrs_post_init__(self) -> None:
        if self.values.ndim != 1:
            raise ValueError(f"column {self.name!r} has {self.values.ndim} dimensions, expected 1")
        if self.values.flags.writeable:
            shared = self.values.view()
            shared.flags.writeable = False
            object.__setattr__(self, "values", shared)


@attrs.frozen(kw_only=True)
class Hint:
    """A condition that a name or header suggests and a person must confirm (temperature from the file name, say).

    ``source`` is ``"file name"``, ``"folder name"``, ``"header"`` or ``"column"``; ``text`` is the piece it was read from.
    """

    name: str
    value: float | str
    unit: str
    source: str
    text: str = ""


@attrs.frozen(kw_only=True, eq=False)
class Record:
    """One run in a file: one spectrum, one sweep, one scan.

    ``technique`` is the format's own verdict (``"impedance"``, ``"cycling"``, ...; empty when the columns do not tell).
    ``header`` keeps the file's own keys and texts. ``not_set`` names header entries that hold a program's default and are
    not measurements (EC-Lab's area 0.001 cm2). ``warnings`` are sentences about this record.
    ``image`` is the picture of a microscopy record or the map of one element, shape (rows, columns), read-only, as stored;
    such a record may have no columns.
    """

    name: str
    technique: str
    columns: tuple[Column, ...]
    origin: Origin
    header: Mapping[str, str] = attrs.field(factory=dict)
    not_set: tuple[str, ...] = ()
    hints: tuple[Hint, ...] = ()
    warnings: tuple[str, ...] = ()
    image: npt.NDArray[Any] | None = None

    def __attrs_post_init__(self) -> None:
        if self.image is not None:
            if self.image.ndim != 2:
                raise ValueError(f"the image has {self.image.ndim} dimensions, expected 2")
            if self.image.flags.writeable:
                shared = self.image.view()
                shared.flags.writeable = False
                object.__setattr__(self, "image", shared)
        lengths = {column.name: len(column.values) for column in self.columns}
        if len(set(lengths.values())) > 1:
            raise ValueError(f"columns differ in length: {lengths}")

    @property
    def points(self) -> int:
        """Rows of the columns; of a record without columns the pixels of its image, else 0."""
        if self.columns:
            return len(self.columns[0].values)
        return 0 if self.image is None else int(self.image.size)

    def column(self, *names: str) -> Column | None:
        """The first column whose name is one of ``names`` (exact match, in the order asked), or None."""
        by_name = {column.name: column for column in reversed(self.columns)}
        return next((by_name[name] for name in names if name in by_name), None)

    def values(self, name: str) -> npt.NDArray[np.float64]:
        """The values of a column as float64; KeyError when there is none."""
        found = self.column(name)
        if found is None:
            raise KeyError(f"no column {name!r}; there are {[c.name for c in self.columns]}")
        return np.asarray(found.values, dtype=np.float64)
