"""Records to regions: which column is the binding energy, whether counts can be had, and the fits that other programs stored."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping, Sequence
from typing import Any

import attrs
import numpy as np

from pelletry.core.arrays import Array
from pelletry.core.errors import MeasurementError, Mistake, quoted
from pelletry.core.record import Column, Record
from pelletry.techniques.xps.measurement import FileCalibration, FileComponent, Region

__all__ = ["FEWEST_POINTS", "SURVEY_SPAN_EV", "level_of_name", "read"]

FEWEST_POINTS = 30
#: Regions wider than this are surveys: they tell which elements there are, not in which state.
SURVEY_SPAN_EV = 200.0
_LEVEL = re.compile(r"(?<![A-Za-z])([A-Z][a-z]?)[ _-]?([1-6][spdf])(?![a-z])")
#: No detector counts more, and no export is scaled to less.
_LARGEST_INTENSITY, _SMALLEST_INTENSITY = 1e15, 1e-9
_SURVEY = re.compile(r"survey|wide|\bSu1s\b|valence|\bVB\b", re.IGNORECASE)
_BINDING_NAMES = ("Binding Energy", "Binding energy", "BE", "B.E.", "Binding Energy (E)", "Binding Energy (eV)")
_AVANTAGE_OTHERS = ("Backgnd.", "Envelope", "Residuals")


def level_of_name(name: str) -> str:
    """``Ti 2p`` from ``Ti2p Scan``, ``1: S 2p`` or ``Zr 3d, LZP``; empty when the name holds none.

    >>> level_of_name("1: S 2p"), level_of_name("Zn2p Scan"), level_of_name("Pt4f PE20"), level_of_name("wide")
    ('S 2p', 'Zn 2p', 'Pt 4f', '')
    """
    if _SURVEY.search(name):
        return ""
    match = _LEVEL.search(name)
    return f"{match[1]} {match[2]}" if match else ""


def read(records: Sequence[Record], /) -> tuple[Region, ...]:
    """Regions of the records, in their order; tables of peaks are no regions and are passed over.

    Raises
    ------
    MeasurementError
        When no record makes a region: no energies, no intensities, too few points; names each.
    """
    regions: list[Region] = []
    refused: list[Mistake] = []
    for record in records:
        if record.technique != "xps":
            continue
        try:
            regions.append(_region(record))
        except MeasurementError as error:
            refused.extend(error.mistakes)
    if not regions:
        where = records[0].origin.path if records else ""
        raise MeasurementError(
            mistakes=refused
            or [Mistake(what="no record holds a photoelectron spectrum", where=where, expected="energy and intensity")]
        )
    if refused:
        sentences = tuple(f"another record was left out: {mistake}" for mistake in refused)
        regions[0] = attrs.evolve(regions[0], warnings=(*regions[0].warnings, *sentences))
    return tuple(regions)


def _region(record: Record) -> Region:
    header = record.header
    energy, is_kinetic = _energy(record)
    intensity = _intensity(record, energy)
    order = np.argsort(energy.values, kind="stable")
    e = np.asarray(energy.values, dtype=float)[order]
    y = np.asarray(intensity.values, dtype=float)[order]
    kept = np.isfinite(e) & np.isfinite(y)
    kept[1:] &= np.diff(e) > 0.0
    warnings = list(record.warnings)
    if not kept.all():
        warnings.append(
            f"{int((~kept).sum())} points without a number or at an energy that was there already were left out"
        )
    if np.count_nonzero(kept) < FEWEST_POINTS:
        raise MeasurementError(
            f"the spectrum {quoted(record.name)} has {int(kept.sum())} points",
            where=record.origin.path,
            expected=f"{FEWEST_POINTS} or more",
        )
    e, y = e[kept], y[kept]
    highest = float(np.abs(y).max())
    if highest > _LARGEST_INTENSITY or 0.0 < highest < _SMALLEST_INTENSITY:
        raise MeasurementError(
            f"the largest intensity of {quoted(record.name)} is {highest:g}",
            where=record.origin.path,
            expected=f"{_SMALLEST_INTENSITY:g} to {_LARGEST_INTENSITY:g} counts, counts per second or parts of the highest",
        )
    named = header.get("region", "") or record.name
    unit = header.get("intensity unit", "")
    factor, reason = _counting(unit, header, y)
    is_survey = bool(_SURVEY.search(named)) or (not is_kinetic and e[-1] - e[0] > SURVEY_SPAN_EV)
    transmission = record.column(header.get("transmission column", ""))
    calibration, components = _casaxps(header)
    role = next((str(hint.value) for hint in reversed(record.hints) if hint.name == "role"), "")
    return Region(
        name=record.name,
        level="" if is_survey else level_of_name(named) or level_of_name(record.name),
        energy_eV=e,
        intensity=y,
        is_kinetic=is_kinetic,
        unit=unit,
        counts_per_unit=factor,
        counts_reason=reason,
        time_per_point_s=_number(header, "time per point (s)"),
        pass_energy_eV=_number(header, "pass energy (eV)"),
        source_energy_eV=_number(header, "source energy (eV)"),
        transmission=_on_grid(transmission, order, kept),
        role=role,
        is_survey=is_survey,
        file_components=(*components, *_avantage(record, order, kept)),
        file_calibration=calibration,
        origin=record.origin,
        warnings=tuple(warnings),
    )


def _energy(record: Record) -> tuple[Column, bool]:
    """The column of binding energies, or that of kinetic ones when there is no other."""
    named = record.header.get("binding energy column", "")
    found = record.column(named) if named else record.column(*_BINDING_NAMES)
    if found is not None:
        return found, False
    if record.header.get("energy scale") == "kinetic" and record.columns:
        return record.columns[0], True
    raise MeasurementError(
        f"{quoted(record.name)} has no binding energies and does not say that its energies are kinetic",
        where=record.origin.path,
        expected="a column Binding Energy, or kinetic energies and the energy of the source",
        do="export the spectrum with its energy scale",
    )


def _intensity(record: Record, energy: Column) -> Column:
    named = record.header.get("intensity column", "")
    found = record.column(named) if named else None
    if found is None:
        found = next((c for c in record.columns if c.name != energy.name and c.values.dtype.kind in "iuf"), None)
    if found is None:
        raise MeasurementError(f"{quoted(record.name)} has no intensities", where=record.origin.path)
    return found


def _number(header: Mapping[str, str], key: str) -> float | None:
    try:
        value = float(header.get(key, ""))
    except ValueError:
        return None
    return value if math.isfinite(value) and value > 0.0 else None


def _on_grid(column: Column | None, order: Any, kept: Any) -> Array | None:
    if column is None:
        return None
    values: Array = np.asarray(column.values, dtype=float)[order][kept]
    return values if np.all(np.isfinite(values)) and np.all(values > 0.0) else None


def _counting(unit: str, header: Mapping[str, str], y: Array) -> tuple[float | None, str]:
    """Counts per unit of intensity, or why counts cannot be had."""
    if np.any(y < 0.0):
        return None, "there are negative intensities, so a background or an offset was taken off before"
    if unit == "counts":
        if np.all(y == np.rint(y)):
            return 1.0, ""
        return None, "the file calls them counts, but they are not whole numbers"
    if unit == "counts/s":
        time = _number(header, "time per point (s)")
        if time is None:
            return None, "the file gives counts per second and neither dwell nor sweeps"
        return time, ""
    return None, "the file does not say whether the intensities are counts"


def _casaxps(header: Mapping[str, str]) -> tuple[FileCalibration | None, tuple[FileComponent, ...]]:
    text = header.get("casaxps", "")
    if not text:
        return None, ()
    info = json.loads(text)
    calibrations = info.get("calibrations", [])
    calibration = None
    if calibrations:
        calibration = FileCalibration(
            program="CasaXPS",
            shift_eV=info.get("calibration_shift_eV"),
            actual_eV=calibrations[-1].get("actual_eV"),
            text="; ".join(one.get("text", "") for one in calibrations),
        )
    background = "; ".join(dict.fromkeys(str(one.get("background", "")) for one in info.get("regions", [])))
    components = tuple(
        FileComponent(
            program="CasaXPS",
            name=str(one.get("name", "")),
            line_shape=str(one.get("line_shape", "")),
            binding_energy_eV=one.get("position", {}).get("binding_eV"),
            fwhm_eV=one.get("fwhm", {}).get("value"),
            strength=one.get("area", {}).get("value"),
            background=background,
        )
        for one in info.get("components", [])
    )
    return calibration, components


def _avantage(record: Record, order: Any, kept: Any) -> tuple[FileComponent, ...]:
    """Avantage's drawn components; energies and widths are those of the curves, its own table is summed over both lines of a doublet."""
    background = record.column("Backgnd.")
    if background is None or record.column("Envelope") is None:
        return ()
    under = np.asarray(background.values, dtype=float)[order][kept]
    skip = {record.header.get("binding energy column"), record.header.get("intensity column"), *_AVANTAGE_OTHERS}
    energy = np.asarray(record.values(str(record.header.get("binding energy column"))))[order][kept]
    found = []
    for column in record.columns:
        if column.name in skip:
            continue
        curve = np.asarray(column.values, dtype=float)[order][kept]
        above = np.where(np.isfinite(curve) & (curve != 0.0), curve - under, 0.0)
        if not np.any(above > 0.0):
            continue
        found.append(
            FileComponent(
                program="Avantage",
                name=column.name,
                binding_energy_eV=float(energy[int(np.argmax(above))]),
                fwhm_eV=_full_width(energy, above),
                strength=float(np.sum(0.5 * (above[1:] + above[:-1]) * np.diff(energy))),
                background="as exported",
                curve=above,
            )
        )
    return tuple(found)


def _full_width(energy_eV: Array, curve: Array) -> float:
    """Width of a drawn curve at half its height, by straight lines between the points [eV]."""
    half = 0.5 * float(curve.max())
    above = np.flatnonzero(curve >= half)
    first, last = int(above[0]), int(above[-1])
    low = high = 0.0
    if first > 0:
        low = (curve[first] - half) / (curve[first] - curve[first - 1]) * (energy_eV[first] - energy_eV[first - 1])
    if last < len(curve) - 1:
        high = (curve[last] - half) / (curve[last] - curve[last + 1]) * (energy_eV[last + 1] - energy_eV[last])
    return float(energy_eV[last] - energy_eV[first] + low + high)
