"""What every EDX spectrum has in common: an energy axis, counts, and the header entries that later steps look for.

Header, besides the file's own entries: ``live time`` and ``real time`` (``"28.046 s"``), ``beam energy`` (``"15 keV"``), ``elevation angle``
(``"35 deg"``, the take-off angle), ``energy per channel`` and ``energy of channel 0``. An entry that the program fills with 0 or -1 when it
does not know stands in ``not_set``, under the file's own key.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from pelletry.core.record import Column, Record
from pelletry.formats.hints import hints_from_name
from pelletry.formats.rawfile import RawFile

__all__ = ["MOST_CHANNELS", "edx_record", "number", "quantity"]

MOST_CHANNELS = 1 << 20


def number(text: str | None) -> float | None:
    """A finite number in any national spelling, or None."""
    try:
        value = float((text or "").strip().replace(",", "."))
    except ValueError:
        return None
    return value if math.isfinite(value) else None


def quantity(header: dict[str, str], name: str, value: float | None, unit: str) -> None:
    """Set ``name`` to ``"<value> <unit>"`` when the value is known."""
    if value is not None:
        header[name] = f"{value:.10g} {unit}"


def edx_record(
    raw: RawFile,
    format_name: str,
    *,
    counts: npt.NDArray[Any],
    energy: npt.NDArray[np.float64] | None,
    energy_unit: str = "keV",
    counts_unit: str = "",
    names: tuple[str, str] = ("Energy", "Counts"),
    header: Mapping[str, str],
    not_set: Sequence[str] = (),
    notes: Sequence[str] = (),
    name: str = "",
    number: int = 0,
    acquired_at: str | None = None,
    line: int | None = None,
    technique: str = "edx",
) -> Record:
    """The record of a spectrum; without a calibration its first column is the channel."""
    if energy is None:
        axis = Column(name="Channel", unit="", values=np.arange(len(counts), dtype=np.int64))
        notes = (*notes, "the energy axis is not calibrated")
    else:
        axis = Column(name=names[0], unit=energy_unit, values=energy)
    return Record(
        name=name or raw.path.name,
        technique=technique,
        columns=(axis, Column(name=names[1], unit=counts_unit, values=counts)),
        origin=raw.origin(format_name, record=number, acquired_at=acquired_at, line=line),
        header=dict(header),
        not_set=tuple(not_set),
        hints=hints_from_name(raw.shown),
        warnings=tuple(notes),
    )
