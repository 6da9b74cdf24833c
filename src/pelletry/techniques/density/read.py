"""The density works from the samples table; it reads no instrument file."""

from __future__ import annotations

from collections.abc import Sequence

from pelletry.core.errors import MeasurementError
from pelletry.core.record import Record

__all__ = ["read"]


def read(records: Sequence[Record], /) -> tuple[()]:
    """Nothing, from nothing.

    Raises
    ------
    MeasurementError
        When a record is given: no file format holds the mass and size of a pellet.
    """
    if records:
        raise MeasurementError(
            "the density is not read from instrument files",
            where=records[0].origin.path,
            do="write mass, diameter and thickness in the samples table",
        )
    return ()
