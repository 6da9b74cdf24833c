"""PANalytical (Malvern Panalytical) XRDML scans (``.xrdml``, also packed with gzip or bzip2).

Schemas seen
------------
1.3, 1.5, 1.6 (X'Pert and Empyrean, Data Collector 2.2-5.4), 2.1 and 2.2 (Data Collector 6.1-7.4), Aeris; one record a scan.

Schema of the records
---------------------
``2Theta`` (deg) and every other axis that moves, under the file's names. ``counts`` (schema 2.x) or ``intensities`` (schema 1.x), unit of the
file. ``beamAttenuationFactors``, ``countingTimes`` (s), ``divergenceCorrections`` where they are given point by point; a factor or a time
common to all points stands in the header instead. Nothing is multiplied or divided here.

Attenuation
    ``counts`` of schema 2.x are what the detector received: multiply by the factor to compare points. ``intensities`` of schema 1.x are defined
    as already multiplied by it: the measured counts, whose square root is the uncertainty, are ``intensities`` / factor. ``intensity`` in
    the header says which; a warning names the largest factor when one differs from 1.

Positions
    ``startPosition``/``endPosition``: equal steps, (end - start) / (points - 1). ``listPositions``: one number a point.
    ``commonPosition``: the axis is at rest (header ``position Omega (deg)``). ``scanAxis="Gonio"`` steps 2Theta and Omega together.

Maps, pole figures, repeated scans: one record each in the order of the file; ``map step axis`` and the resting position tell them apart.

Temperature: ``nonAmbientPoints type="Temperature"`` of a scan: a time series of its own, in kelvin unless it says another unit. The mean is
the hint, its range is in the words; as many values as points become the column ``Temperature``. No real file with it was at hand.

Uncertainties: none in the file; Poisson of the measured counts.

Header kept: see ``scans.py``; comments of the program, optics with their slits, sample, instrument, fine calibration offsets.

Refused: DOCTYPE and entities, positions or factors whose number differs from that of the intensities, a file that ends early.

Knowledge from: the real files, and the annotations of the published schemas 1.5 and 2.1 as quoted in public readers.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import numpy as np

from pelletry.core.arrays import Array
from pelletry.core.errors import quoted
from pelletry.core.record import Record
from pelletry.formats.rawfile import TEXT_LIMIT_BYTES, RawFile
from pelletry.formats.registry import Format
from pelletry.formats.scans import Scan, floats_of_text, records_of_scans, temperature_of
from pelletry.formats.xml_paths import child, local_name, root_of, text_at, written

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

__all__ = ["FORMAT"]

NAME = "xrdml"
_ROOT = re.compile(r"<(?:\w+:)?xrdMeasurements\b")
_LISTS = ("beamAttenuationFactors", "countingTimes", "divergenceCorrections")
_COMMON = {
    "commonBeamAttenuationFactor": "beam attenuation factor",
    "commonCountingTime": "time per step (s)",
    "commonDivergenceCorrection": "divergence correction",
}
_WAVES = {
    "kAlpha1": "wavelength K-alpha1 (Angstrom)",
    "kAlpha2": "wavelength K-alpha2 (Angstrom)",
    "kBeta": "wavelength K-beta (Angstrom)",
    "ratioKAlpha2KAlpha1": "ratio K-alpha2/K-alpha1",
}
_PLAIN = {"incident divergence slit": "divergence slit", "diffracted anti scatter slit": "antiscatter slit",
          "diffracted receiving slit": "receiving slit", "diffracted monochromator": "monochromator",
          "diffracted detector": "detector", "diffracted filter": "filter"}  # fmt: skip


def can_read(raw: RawFile) -> bool:
    """Text whose root element is ``xrdMeasurements``."""
    return _ROOT.search(raw.head_text[:4000]) is not None


def read(raw: RawFile) -> Sequence[Record]:
    """One record a scan.

    Raises
    ------
    BrokenFileError
        When the XML ends early or a list has not as many values as there are intensities.
    RefusedFileError
        When it declares entities.
    """
    root = root_of(raw, raw.bytes(limit_bytes=TEXT_LIMIT_BYTES))
    if local_name(root) != "xrdMeasurements":
        raise raw.broken(f"the root element is {quoted(local_name(root))}", expected="xrdMeasurements")
    shared = _file_header(root)
    scans: list[Scan] = []
    for measurement in _all(root, "xrdMeasurement"):
        header = {**shared, **_measurement_header(measurement)}
        for element in _all(measurement, "scan"):
            scans.append(_scan(raw, element, len(scans) + 1, header))
    if not scans:
        raise raw.broken(
            "there is no scan in it", expected="xrdMeasurement with scan", do="export the measurement again"
        )
    return records_of_scans(raw, NAME, scans)


def _all(element: Element, name: str) -> Iterator[Element]:
    return (one for one in element if local_name(one) == name)


def _file_header(root: Element) -> dict[str, str]:
    namespace = root.tag.rpartition("}")[0]
    header = {"schema": namespace.rpartition("/")[2]}
    for key in ("id", "name", "preparedBy"):
        header["sample" if key == "name" else f"sample {key}"] = text_at(root, "sample", key)
    header["comment"] = _comment(root)
    return header


def _comment(element: Element) -> str:
    comment = child(element, "comment")
    return "" if comment is None else "; ".join(filter(None, (text.strip() for text in comment.itertext())))[:2000]


def _measurement_header(measurement: Element) -> dict[str, str]:
    header = {
        "measurement type": measurement.get("measurementType", ""),
        "map step axis": measurement.get("measurementStepAxis", ""),
        "sample mode": measurement.get("sampleMode", ""),
        "measurement comment": _comment(measurement),
    }
    wavelength = child(measurement, "usedWavelength")
    if wavelength is not None:
        header["wavelength intended"] = wavelength.get("intended", "")
        header.update({key: text_at(wavelength, tag) for tag, key in _WAVES.items()})
    tube = child(measurement, "incidentBeamPath", "xRayTube")
    header["anode"] = text_at(tube, "anodeMaterial")
    header["tube voltage (kV)"], header["tube current (mA)"] = text_at(tube, "tension"), text_at(tube, "current")
    for side in ("incident", "diffracted"):
        path = child(measurement, f"{side}BeamPath")
        for optic in path if path is not None else ():
            words = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", local_name(optic)).lower()
            if words == "radius":
                header[f"{side} radius (mm)"] = (optic.text or "").strip()
                continue
            key = _PLAIN.get(f"{side} {words}", f"{side} {words}")
            header[key] = "; ".join(filter(None, (header.get(key, ""), written(optic))))
    if header.get("incident radius (mm)") == header.get("diffracted radius (mm)"):
        header["goniometer radius (mm)"] = header.get("incident radius (mm)", "")
    offset = child(measurement, "sampleOffset")
    for position in offset if offset is not None else ():
        header[f"sample offset {position.get('axis', '')} ({position.get('unit', '')})"] = (position.text or "").strip()
    return header


def _numbers(raw: RawFile, element: Element, number: int) -> Array:
    try:
        return floats_of_text(element.text or "")
    except ValueError as error:
        raise raw.broken(
            f"scan {number}: {local_name(element)} holds something that is no number ({error})"[:200],
            expected="numbers separated by blanks",
        ) from None


def _intensities(raw: RawFile, data: Element, number: int) -> tuple[str, str, Array, str]:
    """Name, unit, values, and what was done to them."""
    for name in ("counts", "intensities"):
        element = child(data, name)
        if element is None:
            continue
        unit = element.get("unit", "counts")
        if name == "counts":
            words = "counts as the detector received them; no attenuation factor is applied"
        elif unit == "counts":
            words = "counts, already multiplied by the beam attenuation factors (schema 1.x)"
        else:
            words = f"{unit}, as computed by the measuring program"
        return name, unit, _numbers(raw, element, number), words
    return "counts", "counts", np.empty(0), "the scan holds no intensities"


def _axis_values(raw: RawFile, element: Element, points: int, number: int) -> Array | None:
    """Positions of a moving axis, None for one at rest."""
    axis = element.get("axis", "?")
    listed, start, end = child(element, "listPositions"), child(element, "startPosition"), child(element, "endPosition")
    if listed is not None:
        values = _numbers(raw, listed, number)
        if values.size != points:
            raise raw.broken(
                f"scan {number}: {values.size} positions of {quoted(axis)} for {points} intensities",
                expected="as many positions as intensities",
            )
        return values
    if start is not None and end is not None:
        ends = [_numbers(raw, one, number) for one in (start, end)]
        if any(one.size != 1 for one in ends):
            raise raw.broken(f"scan {number}: start or end of {quoted(axis)} is not one number")
        return np.linspace(float(ends[0][0]), float(ends[1][0]), points)
    return None


def _scan(raw: RawFile, element: Element, number: int, shared: dict[str, str]) -> Scan:
    data = child(element, "dataPoints")
    if data is None:
        raise raw.broken(f"scan {number} has no dataPoints", expected="positions and intensities")
    name, unit, values, words = _intensities(raw, data, number)
    header = {
        **shared,
        "intensity": words,
        "scan axis": element.get("scanAxis", ""),
        "scan mode": element.get("mode", ""),
    }
    columns: list[tuple[str, str, Array]] = []
    for position in _all(data, "positions"):
        axis, axis_unit = position.get("axis", "?"), position.get("unit", "")
        moving = _axis_values(raw, position, values.size, number)
        if moving is None:
            header[f"position {axis} ({axis_unit})"] = text_at(position, "commonPosition")
        else:
            columns.append((axis, axis_unit, moving))
    wanted = {"Gonio": "2Theta", "2Theta-Omega": "2Theta", "Omega-2Theta": "2Theta"}.get(
        header["scan axis"], header["scan axis"]
    )
    columns.sort(key=lambda column: (column[0] != wanted, column[0] != "2Theta"))
    angle = columns[0][0] if columns else ""
    columns.append((name, unit, values))
    warnings = _lists(raw, data, number, values.size, columns, header)
    temperature = _temperature(raw, element, number, values.size, columns, warnings)
    status = element.get("status", "Completed")
    if status != "Completed":
        warnings.append(f"the scan's status is {quoted(status)}")
    times = child(element, "header")
    header["ended"] = text_at(times, "endTimeStamp")
    header["operator"] = text_at(times, "author", "name")
    header["instrument"] = " ".join(
        filter(None, (text_at(times, "source", "instrumentControlSoftware"), text_at(times, "source", "instrumentID")))
    )
    step_axis = shared.get("map step axis", "")
    rest = next((text for key, text in header.items() if step_axis and key.startswith(f"position {step_axis} (")), "")
    return Scan(
        columns=tuple(columns), angle=angle, intensity=name, header=header, temperature_K=temperature, warnings=tuple(warnings),
        acquired_at=text_at(times, "startTimeStamp") or None, title=f"{step_axis} {rest}" if rest else "",
    )  # fmt: skip


def _lists(
    raw: RawFile, data: Element, number: int, points: int, columns: list[tuple[str, str, Array]], header: dict[str, str]
) -> list[str]:
    """Adds factors and times to the columns or to the header; what must be said of them."""
    for tag, key in _COMMON.items():
        header[key] = text_at(data, tag)
    largest = 1.0
    if header["beam attenuation factor"]:
        try:
            largest = float(header["beam attenuation factor"])
        except ValueError:
            raise raw.broken(
                f"scan {number}: the attenuation factor {quoted(header['beam attenuation factor'])} is no number"
            ) from None
    for tag in _LISTS:
        element = child(data, tag)
        if element is None:
            continue
        values = _numbers(raw, element, number)
        if values.size != points:
            raise raw.broken(f"scan {number}: {values.size} {tag} for {points} intensities", expected="one a point")
        columns.append((tag, "s" if tag == "countingTimes" else "", values))
        if tag == "beamAttenuationFactors" and values.size:
            largest = float(values[np.argmax(np.abs(values - 1.0))])
    if largest == 1.0:
        return []
    what = "is not applied to the counts" if child(data, "counts") is not None else "is already in the intensities"
    return [f"points were measured behind an attenuator of factor {largest:g}, which {what}"]


def _temperature(
    raw: RawFile, element: Element, number: int, points: int, columns: list[tuple[str, str, Array]], warnings: list[str]
) -> tuple[float, str, str] | None:
    for one in _all(element, "nonAmbientPoints"):
        listed = child(one, "nonAmbientValues")
        if one.get("type", "").lower() != "temperature" or listed is None:
            continue
        values = _numbers(raw, listed, number)
        unit = listed.get("unit") or one.get("unit") or ""
        if not values.size:
            continue
        if not unit:
            warnings.append("the temperatures of nonAmbientPoints have no unit and were taken as kelvin")
        if values.size == points > 1:
            columns.append(("Temperature", unit or "K", values))
        words = f"nonAmbientPoints: {values.size} values, {values.min():g} to {values.max():g} {unit or 'K'}"
        found = temperature_of(float(values.mean()), unit or "K", "header", words)
        if found is None:
            warnings.append(
                f"the temperatures of nonAmbientPoints ({values.min():g} to {values.max():g} {quoted(unit)}) are none of a sample"
            )
        return found
    return None


FORMAT = Format(
    name=NAME,
    title="PANalytical XRDML scan",
    extensions=(".xrdml", ".xrdml.gz", ".xrdml.bz2"),
    can_read=can_read,
    read=read,
)
