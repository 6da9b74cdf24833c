"""What Rigaku's RAS text and RASX archive have in common: the words of SmartLab Studio for axes, and which of them is a sample temperature.

The axes called ``CW_*`` (cooling water), ``RE_*`` (enclosure, cabinet, pump), ``Target_*`` and ``HVPS_*`` (X-ray source) belong to the instrument:
``CW_Temperature1`` is never a sample temperature. The sample's is the axis ``Temp`` (``Temperature``, ``SampleTemp``) that a
heating attachment such as ``DHS1100`` adds.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

import attrs
import numpy as np

from pelletry.core.arrays import Array
from pelletry.core.errors import quoted
from pelletry.formats.rawfile import RawFile
from pelletry.formats.scans import Scan, floats_of_text, temperature_of

__all__ = ["KEYS", "Axis", "profile_of", "scan_of", "temperature_of_axes"]

_SAMPLE = re.compile(r"(?:sample[ _-]?)?temp(?:erature)?(?:[ _-]?\d)?\Z", re.IGNORECASE)
_OPTICS = {"IS": "divergence slit", "SlitDS": "divergence slit", "RS1": "antiscatter slit", "SlitSS": "antiscatter slit",
           "RS2": "receiving slit", "SlitRS": "receiving slit", "ISS": "incident soller slit", "IncidentSollerSlit": "incident soller slit",
           "RSS": "soller slit", "ReceivingSollerSlit": "soller slit", "Filter": "filter", "Filter1": "filter",
           "IncidentMonochromator": "incident monochromator", "CounterMonochromatorKind": "monochromator",
           "DetectorMonochromator": "monochromator", "Attenuator": "attenuator"}  # fmt: skip
#: The file's own keys (of RAS, and of the elements of RASX) and the keys of ``scans.py``.
KEYS = {
    "HW_XG_TARGET_NAME": "anode", "HW_XG_WAVE_LENGTH_ALPHA1": "wavelength K-alpha1 (Angstrom)",
    "HW_XG_WAVE_LENGTH_ALPHA2": "wavelength K-alpha2 (Angstrom)", "HW_XG_WAVE_LENGTH_BETA": "wavelength K-beta (Angstrom)",
    "MEAS_COND_XG_WAVE_TYPE": "wavelength intended", "MEAS_COND_XG_VOLTAGE": "tube voltage (kV)", "MEAS_COND_XG_CURRENT": "tube current (mA)",
    "MEAS_SCAN_AXIS_X": "scan axis", "MEAS_SCAN_MODE": "scan mode", "MEAS_SCAN_STEP": "step (deg)", "FILE_SAMPLE": "sample",
    "FILE_OPERATOR": "operator", "FILE_COMMENT": "comment", "HW_COUNTER_SELECT_NAME": "detector", "MEAS_SCAN_END_TIME": "ended",
    "TargetName": "anode", "WavelengthKalpha1": "wavelength K-alpha1 (Angstrom)", "WavelengthKalpha2": "wavelength K-alpha2 (Angstrom)",
    "WavelengthKbeta": "wavelength K-beta (Angstrom)", "WaveType": "wavelength intended", "Voltage": "tube voltage (kV)",
    "Current": "tube current (mA)", "AxisName": "scan axis", "Mode": "scan mode", "Step": "step (deg)", "SampleName": "sample",
    "Operator": "operator", "Comment": "comment", "EndTime": "ended", "SystemName": "instrument",
}  # fmt: skip


@attrs.frozen(kw_only=True)
class Axis:
    """An axis of the instrument at the time of the scan; empty texts where the file says nothing."""

    name: str
    unit: str
    position: str
    end: str = ""


def temperature_of_axes(axes: Sequence[Axis], attachment: str) -> tuple[tuple[float, str, str] | None, list[str]]:
    """The sample temperature for :attr:`Scan.temperature_K`, and what must be said of it."""
    for axis in axes:
        if not _SAMPLE.match(axis.name) or not axis.position:
            continue
        try:
            begin, end = float(axis.position), float(axis.end or axis.position)
        except ValueError:
            return None, [f"the axis {quoted(axis.name)} stands at {quoted(axis.position)}, which is no temperature"]
        words = f"axis {axis.name} {axis.position} {axis.unit}" + (f" ({attachment})" if attachment else "")
        found = temperature_of((begin + end) / 2, axis.unit, "header", words)
        if found is None:
            return None, [
                f"the axis {quoted(axis.name)} ({quoted(axis.position)} {quoted(axis.unit)}) gives no temperature of a sample"
            ]
        notes = (
            [f"the sample went from {begin:g} to {end:g} {axis.unit} during the scan; the mean is given"]
            if begin != end
            else []
        )
        return found, notes
    return None, []


def optics_of(axes: Sequence[Axis]) -> dict[str, str]:
    """Slits, filters and monochromators among the axes, and where the other axes stood."""
    header: dict[str, str] = {}
    for axis in axes:
        if not axis.position:
            continue
        if axis.name in _OPTICS:
            words = f"{axis.position} {axis.unit}".rstrip()
            old = header.get(_OPTICS[axis.name], "")
            if words not in old.split("; "):
                header[_OPTICS[axis.name]] = f"{old}; {words}".removeprefix("; ")
        elif re.fullmatch(r"[-+\d.]+", axis.position) and axis.unit in ("deg", "mm"):
            header.setdefault(f"position {axis.name} ({axis.unit})", axis.position)
    return header


def profile_of(raw: RawFile, lines: Sequence[str], *, first_line: int | None, inside: str) -> Array:
    """The rows angle, intensity, attenuation factor, shape (points, 2 or 3)."""
    rows = [line for line in lines if line.strip()]
    widths = {len(line.split()) for line in rows}
    if rows and (len(widths) > 1 or not widths <= {2, 3}):
        number = next((i for i, line in enumerate(lines) if line.strip() and len(line.split()) not in (2, 3)), None)
        number = (
            number
            if number is not None
            else next(i for i, line in enumerate(lines) if line.strip() and len(line.split()) != max(widths))
        )
        raise raw.broken(
            f"a row of {inside} has {len(lines[number].split())} numbers", line=None if first_line is None else first_line + number,
            expected="angle, intensity and attenuation factor", do="copy the file again from its source",
        )  # fmt: skip
    try:
        values = floats_of_text(" ".join(rows))
    except ValueError as error:
        raise raw.broken(f"{inside} holds something that is no number ({str(error)[:80]})", line=first_line) from None
    return values.reshape(len(rows), -1) if rows else np.empty((0, 3))


def scan_of(
    table: Array, header: Mapping[str, str], axes: Sequence[Axis], *, axis: str, unit: str, intensity_unit: str, attachment: str,
    announced: str, acquired_at: str | None, line: int | None = None,
) -> Scan:  # fmt: skip
    """One scan of either format."""
    axis = axis or "angle"
    columns = [
        (axis, unit, np.ascontiguousarray(table[:, 0])),
        ("Intensity", intensity_unit, np.ascontiguousarray(table[:, 1])),
    ]
    words = f"{intensity_unit or 'unit not said'}, as the file has them"
    temperature, warnings = temperature_of_axes(axes, attachment)
    if table.shape[1] > 2:
        factors = np.ascontiguousarray(table[:, 2])
        columns.append(("attenuation factor", "", factors))
        if factors.size and np.any(factors != 1.0):
            largest = float(factors[np.argmax(np.abs(factors - 1.0))])
            warnings.append(
                f"points were measured behind an attenuator of factor {largest:g}; it was not applied, and whether the file did is not said"
            )
    y = columns[1][2]
    if y.size and intensity_unit == "counts" and np.any(y != np.round(y)):
        words += "; no whole numbers, so corrected or scaled by the measuring program"
        warnings.append(
            "the intensities are called counts and are no whole numbers: the square root is not their uncertainty"
        )
    if announced.isdigit() and int(announced) != len(table):
        warnings.append(f"the header announces {announced} points, the file holds {len(table)}")
    return Scan(columns=tuple(columns), angle=axis, intensity="Intensity", header={**optics_of(axes), **header, "intensity": words},
                temperature_K=temperature, warnings=tuple(warnings), acquired_at=acquired_at, line=line)  # fmt: skip
