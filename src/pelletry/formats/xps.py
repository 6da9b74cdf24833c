"""What all readers of photoelectron spectra say in the same words.

Columns of a spectrum: the energy as the file has it; ``Binding Energy`` [eV], added when the file counts kinetic energy and states
the energy of its source (binding = source energy - kinetic; the analyser's work function is inside the kinetic energy of every
instrument seen and is not subtracted again); the intensity as the file has it; then whatever stands beside it.

Header keys, each only where the file states it (no default is ever put in):

* ``energy scale``: ``kinetic`` or ``binding``, of the file's own energies.
* ``binding energy column``, ``intensity column``, ``transmission column``: the names of the columns to use.
* ``intensity unit``: ``counts`` or ``counts/s``. Counting statistics hold for counts only: counts = counts/s x time per point.
* ``source``, ``source energy (eV)``, ``source power (W)``, ``analyser mode``, ``pass energy (eV)``, ``work function (eV)``.
* ``dwell (s)``: time at one point in one sweep; ``sweeps``; ``time per point (s)``: their product, or as stated.
* ``region``: the level or survey; ``sample``; ``technique``.
"""

from __future__ import annotations

import math
from array import array
from collections.abc import Mapping, Sequence

import attrs
import numpy as np

from pelletry.core.arrays import Array
from pelletry.core.errors import quoted
from pelletry.core.record import Column, Hint, Record
from pelletry.formats.hints import hints_from_name
from pelletry.formats.long_rows import floats_of_lines
from pelletry.formats.rawfile import RawFile

__all__ = ["BINDING", "Spectrum", "number_text", "record_of_spectrum", "rows_of_numbers"]

BINDING = "Binding Energy"
_LARGEST_EV = 1e9


def number_text(value: float) -> str:
    """A number as a person writes it: ``2``, ``1486.68``; of a float32 only its own digits."""
    if isinstance(value, np.float32):
        value = float(str(value))
    value = float(value)
    return str(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)


@attrs.frozen(kw_only=True, eq=False)
class Spectrum:
    """One region as read: the parts of a record before they are put together.

    ``scale`` is ``kinetic``, ``binding`` or empty when the file does not say. ``facts`` are the header keys of the module
    docstring; numbers are written out, None is left out. ``others`` stand behind the intensity.
    """

    name: str
    energy: Column
    intensity: Column
    scale: str
    intensity_unit: str
    others: tuple[Column, ...] = ()
    facts: Mapping[str, float | str | None] = attrs.field(factory=dict)
    header: Mapping[str, str] = attrs.field(factory=dict)
    warnings: tuple[str, ...] = ()
    technique: str = "xps"


def _stated(facts: Mapping[str, float | str | None]) -> dict[str, str]:
    said: dict[str, str] = {}
    for key, value in facts.items():
        text = value if isinstance(value, str) else "" if value is None else number_text(value)
        if text.strip():
            said[key] = text.strip()
    return said


def _binding(spectrum: Spectrum) -> tuple[str, Column | None, str]:
    """The name of the column of binding energies, that column where it is made here, and a warning."""
    if spectrum.scale == "binding":
        return spectrum.energy.name, None, ""
    if spectrum.scale != "kinetic":
        return "", None, "the file does not say whether its energies are kinetic or binding energies"
    source = spectrum.facts.get("source energy (eV)")
    if not isinstance(source, float | int) or not 0 < source < _LARGEST_EV:
        return "", None, "the file does not state the energy of its source: binding energies are withheld"
    values: Array = float(source) - np.asarray(spectrum.energy.values, dtype=np.float64)
    return BINDING, Column(name=BINDING, unit=spectrum.energy.unit, values=values), ""


def record_of_spectrum(
    raw: RawFile,
    format: str,
    spectrum: Spectrum,
    *,
    index: int,
    acquired_at: str | None = None,
    line: int | None = None,
) -> Record:
    """The record of a region, with the columns and header keys all readers share.

    Raises
    ------
    BrokenFileError
        When an energy is not finite.
    """
    if not np.all(np.abs(np.asarray(spectrum.energy.values)) < _LARGEST_EV):
        raise raw.broken(
            f"an energy of {quoted(spectrum.name)} is no energy", line=line, expected="finite numbers of eV"
        )
    facts = dict(spectrum.facts)
    dwell, sweeps = facts.get("dwell (s)"), facts.get("sweeps")
    if "time per point (s)" not in facts and isinstance(dwell, float | int) and isinstance(sweeps, float | int):
        facts["time per point (s)"] = float(f"{dwell * sweeps:.12g}")
    named, added, warning = _binding(spectrum)
    transmission = next((c.name for c in spectrum.others if c.name.strip().lower().startswith("transmission")), None)
    facts |= {
        "energy scale": spectrum.scale,
        "binding energy column": named,
        "intensity column": spectrum.intensity.name,
        "intensity unit": spectrum.intensity_unit,
        "transmission column": transmission,
    }
    columns: Sequence[Column | None] = (spectrum.energy, added, spectrum.intensity, *spectrum.others)
    return Record(
        name=spectrum.name,
        technique=spectrum.technique,
        columns=tuple(column for column in columns if column is not None),
        origin=raw.origin(format, record=index, acquired_at=acquired_at, line=line),
        header={**spectrum.header, **_stated(facts)},
        hints=(*hints_from_name(raw.shown), *_sample_hint(facts.get("sample"))),
        warnings=(*spectrum.warnings, *([warning] if warning and spectrum.technique == "xps" else [])),
    )


def _sample_hint(sample: float | str | None) -> tuple[Hint, ...]:
    said = isinstance(sample, str) and sample.strip().lower() not in ("", "not specified")
    return (Hint(name="sample", value=str(sample), unit="", source="header", text=str(sample)[:80]),) if said else ()


def rows_of_numbers(raw: RawFile, rows: Sequence[str], *, line: int, width: int | None = None) -> Array:
    """The numbers of rows separated by blanks, shape (rows, columns); a comma in a cell without a point divides decimals.

    ``line`` is the number of the first row, ``width`` the columns it must have (None: those of the first row, two or more).

    Raises
    ------
    BrokenFileError
        When a row is no row of numbers or has more or fewer than the others; names its line.
    """
    first = next((row for row in rows if row.strip()), None)
    if first is None:
        return np.zeros((0, width or 2))
    wanted = width or max(len(first.split()), 2)
    try:
        return floats_of_lines(rows, width=wanted)
    except ValueError:
        values = array("d")  # looked at one by one; a list of numbers takes four times as much
    for at, row in enumerate(rows, start=line):
        cells = row.split()
        if not cells:
            continue
        if len(cells) != wanted:
            raise raw.broken(f"the row has {len(cells)} numbers", line=at, expected=str(wanted))
        try:
            numbers = [float(cell if "." in cell else cell.replace(",", ".")) for cell in cells]
        except ValueError:
            raise raw.broken(f"{quoted(row)} is no row of numbers", line=at) from None
        if not all(map(math.isfinite, numbers)):
            raise raw.broken(f"{quoted(row)} holds a number that is not finite", line=at)
        values.extend(numbers)
    table: Array = np.array(values, dtype=np.float64).reshape(-1, wanted)
    return table
