"""Records of spectra, line scans and maps to measurements."""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np

from pelletry.core.arrays import Array
from pelletry.core.errors import MeasurementError
from pelletry.core.record import Column, Record
from pelletry.techniques.edx.measurement import EdxSpectrum, ElementMap, ElementProfile, LineScan

__all__ = ["EdxMeasurement", "element_of_head", "read"]

EdxMeasurement = LineScan | ElementMap | EdxSpectrum

_METRES = {
    "m": 1.0,
    "cm": 1e-2,
    "mm": 1e-3,
    "µm": 1e-6,
    "μm": 1e-6,
    "um": 1e-6,
    "micron": 1e-6,
    "microns": 1e-6,
    "nm": 1e-9,
    "å": 1e-10,
}
_POSITION = re.compile(r"(?:distance|position|length|abstand|strecke|point distance|x|y)\b", re.IGNORECASE)
_ENERGY_KEV = {"kev": 1.0, "ev": 1e-3}
_LEAST_POINTS = 8


def read(records: Sequence[Record], /) -> tuple[EdxMeasurement, ...]:
    """One measurement a record, several maps of a table with x, y and elements. Derived spectra (backgrounds) are left out.

    Raises
    ------
    MeasurementError
        When a record holds neither energies with counts, nor distances with elements, nor a map of a named element.
    """
    found: list[EdxMeasurement] = []
    for record in records:
        if record.image is not None:
            found.append(_map_of_image(record))
        elif record.column("Energy", "Energie", "Channel") is not None:
            if not _is_derived(record):
                found.append(_spectrum(record))
        else:
            found.extend(_of_table(record))
    return tuple(found)


def element_of_head(head: str) -> str | None:
    """The element that a column or file is of: ``Ti``, ``Ti Ka1``, ``Ti_K``, ``Ti-Kα``, ``Zr L series``; None when there is none.

    >>> element_of_head("Ti Kα1"), element_of_head("Zr_L"), element_of_head("O K (at.%)"), element_of_head("Distance")
    ('Ti', 'Zr', 'O', None)
    """
    from pelletry.reference.elements import atomic_weights

    match = re.match(
        r"\s*([A-Z][a-z]?)(?:[\s_\-]*(?:[KLM](?:[\s_\-]*(?:series|serie|lines?|[abαβ]\d?))?)?)?\s*(?:[\[(/].*)?$", head
    )
    return match[1] if match and match[1] in atomic_weights() else None


def _is_derived(record: Record) -> bool:
    return record.origin.record > 0 and "background" in record.name.lower()


def _spectrum(record: Record) -> EdxSpectrum:
    axis = record.column("Energy", "Energie")
    counts = next((c for c in record.columns if c is not axis and c.name != "Channel"), None)
    factor = _ENERGY_KEV.get(axis.unit.lower()) if axis is not None else None
    if axis is None or counts is None or factor is None:
        raise MeasurementError(
            "the spectrum has no energy axis in eV or keV",
            where=record.origin.path,
            expected="a calibrated spectrum",
            do="export it with its calibration",
        )
    return EdxSpectrum(
        name=record.name,
        energy_keV=np.asarray(axis.values, dtype=np.float64) * factor,
        counts=np.asarray(counts.values, dtype=np.float64),
        beam_keV=_header_number(record, "beam energy"),
        live_time_s=_header_number(record, "live time"),
        warnings=record.warnings,
        origin=record.origin,
    )


def _header_number(record: Record, key: str) -> float | None:
    match = re.match(r"\s*([-+]?\d+(?:\.\d+)?(?:[eE][-+]?\d+)?)", record.header.get(key, ""))
    return float(match[1]) if match else None


def _hint(record: Record, name: str) -> float | None:
    return next((float(h.value) for h in record.hints if h.name == name and not isinstance(h.value, str)), None)


def _map_of_image(record: Record) -> ElementMap:
    assert record.image is not None
    told = [record.header.get("element", ""), *(str(h.value) for h in record.hints if h.name in ("role", "element"))]
    words = (word for text in told for word in re.split(r"[\s,;:]+", text))
    element = next((e for word in words if (e := element_of_head(word)) is not None), None)
    if element is None:
        raise MeasurementError(
            "the map does not say of which element it is",
            where=record.origin.path,
            do="name it in the column role of files.csv, such as 'map Ti'",
        )
    values = np.asarray(record.image)
    return ElementMap(
        name=record.name,
        element=element,
        values=values,
        looks_like_counts=bool(values.dtype.kind in "iu"),
        pixel_m=_hint(record, "pixel_size"),
        tilt_deg=_hint(record, "tilt"),
        beam_keV=_header_number(record, "beam energy"),
        warnings=record.warnings,
        origin=record.origin,
    )


def _of_table(record: Record) -> list[EdxMeasurement]:
    positions = [c for c in record.columns if _POSITION.match(c.name) and element_of_head(c.name) in (None, "Y")]
    positions = [c for c in positions if c.name != "Y" or c.unit.lower() in _METRES]
    elements = [(c, e) for c in record.columns if c not in positions and (e := element_of_head(c.name)) is not None]
    if not positions or not elements:
        raise MeasurementError(
            "the table is no line scan",
            where=record.origin.path,
            expected="a column of distances and columns named by elements",
            do="export the profiles with their distances",
        )
    if len(positions) >= 2 and {positions[0].name.lower()[0], positions[1].name.lower()[0]} == {"x", "y"}:
        return list(_maps_of_table(record, positions[:2], elements))
    return [_line_scan(record, positions[0], elements)]


def _in_metres(record: Record, column: Column) -> Array:
    factor = _METRES.get(column.unit.strip().lower())
    if factor is None:
        raise MeasurementError(
            f"the column {column.name!r} has no unit of length",
            where=record.origin.path,
            expected="m, mm, µm or nm in the head, as 'Distance (µm)'",
            do="write the unit into the head of the column",
        )
    return np.asarray(column.values, dtype=np.float64) * factor


def _profile(column: Column, element: str, values: Array) -> ElementProfile:
    unit = _unit(column)
    return ElementProfile(
        element=element,
        name=column.name,
        unit=unit,
        values=values,
        looks_like_counts=_looks_like_counts(unit, values),
    )


def _unit(column: Column) -> str:
    """The unit; ``Ti K`` is the K line of titanium and no temperature."""
    return "" if re.fullmatch(r"[KLM]", column.unit) else column.unit


def _looks_like_counts(unit: str, values: Array) -> bool:
    is_plain = unit.strip().lower() in ("", "counts", "count", "cts", "impulse", "#")
    return bool(is_plain and np.all(values >= 0) and np.all(values == np.round(values)) and np.max(values) >= 5)


def _line_scan(record: Record, position: Column, elements: Sequence[tuple[Column, str]]) -> LineScan:
    x = _in_metres(record, position)
    columns = [np.asarray(c.values, dtype=np.float64) for c, _ in elements]
    use = np.isfinite(x) & np.all([np.isfinite(c) for c in columns], axis=0)
    if use.sum() < _LEAST_POINTS:
        raise MeasurementError(
            f"the line scan has {int(use.sum())} whole points",
            where=record.origin.path,
            expected=f"at least {_LEAST_POINTS}",
        )
    order = np.argsort(x[use], kind="stable")
    sorted_x = x[use][order]
    if np.any(np.diff(sorted_x) <= 0):
        raise MeasurementError(
            "the line scan has two points at one distance",
            where=record.origin.path,
            do="export one line a file; several lines below one another cannot be told apart",
        )
    return LineScan(
        name=record.name,
        position_m=sorted_x,
        profiles=tuple(_profile(c, e, v[use][order]) for (c, e), v in zip(elements, columns, strict=True)),
        beam_keV=_header_number(record, "beam energy"),
        warnings=record.warnings,
        origin=record.origin,
    )


def _maps_of_table(
    record: Record, positions: Sequence[Column], elements: Sequence[tuple[Column, str]]
) -> list[ElementMap]:
    """Rows of x, y and counts as maps; the points must fill a grid of square pixels."""
    across = next(c for c in positions if c.name.lower().startswith("x"))
    down = next(c for c in positions if c.name.lower().startswith("y"))
    x, y = _in_metres(record, across), _in_metres(record, down)
    xs, column = np.unique(np.round(x, 12), return_inverse=True)
    ys, row = np.unique(np.round(y, 12), return_inverse=True)
    steps = np.concatenate([np.diff(xs), np.diff(ys)])
    if len(xs) * len(ys) != len(x) or len(steps) < 2 or np.ptp(steps) > 0.02 * float(np.median(steps)):
        raise MeasurementError(
            "the points do not fill a grid of square pixels",
            where=record.origin.path,
            expected=f"{len(xs)} x {len(ys)} points in equal steps",
            do="export the whole map",
        )
    found = []
    for one, element in elements:
        values = np.zeros((len(ys), len(xs)))
        values[row.ravel(), column.ravel()] = np.asarray(one.values, dtype=np.float64)
        found.append(
            ElementMap(
                name=f"{record.name}, {element}",
                element=element,
                values=values,
                unit=_unit(one),
                looks_like_counts=_looks_like_counts(_unit(one), values),
                pixel_m=float(np.median(steps)),
                beam_keV=_header_number(record, "beam energy"),
                warnings=record.warnings,
                origin=record.origin,
            )
        )
    return found
