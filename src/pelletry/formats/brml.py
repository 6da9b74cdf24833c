"""Bruker DIFFRAC.SUITE measurements (``.brml``): a zip archive of XML.

Seen: one file (DIFFRAC.SUITE 6.5.0.0, 2Theta-Omega scan, 2001 points, automatic absorber).

Schema: the scanned axes under the file's names (``TwoTheta``, ``Theta``), further varying values (``RecSpX``), ``MeasuredTime`` (s),
``AbsorptionFactor``, and what the detector recorded (``ScanCounter1``, counts), one record a data route of a ``RawData<n>.xml``. A line or area detector
that records many channels a point gives them as ``image``, shape (points, channels), beside the columns.

Attenuation: the counts are those of the file. Whether they are already multiplied by ``AbsorptionFactor`` is tested, not assumed: in the file
seen they are, since counts / factor are whole numbers where the counts are not. ``intensity`` in the header says what was found.

Temperature: a recorded or resting axis that is called a temperature (not of cooling, water, detector or cabinet) with a unit; no file seen.

Structure: ``Experiment0/DataContainer.xml`` lists the raw data; each has ``DataRoutes/DataRoute`` (``RouteFlag="Measured"``) with ``ScanInformation``,
one ``Datum`` of comma numbers a point, and ``DataViews`` that say which position holds what. Positions are never guessed: a file
without ``DataViews`` is refused. ``-9999`` is the blanking value and becomes NaN.

Uncertainties: none in the file; Poisson of the measured counts.

Refused: archives out of bounds, entities, points of different lengths, views beyond the ends of the points.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from pelletry.core.arrays import Array
from pelletry.core.errors import quoted
from pelletry.core.record import Record
from pelletry.formats.archive import is_zip, members, opened_zip
from pelletry.formats.rawfile import RawFile
from pelletry.formats.registry import Format
from pelletry.formats.scans import Scan, floats_of_text, records_of_scans, temperature_of
from pelletry.formats.xml_paths import child, descendants, local_name, root_of, text_at

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

__all__ = ["FORMAT", "member"]

NAME = "bruker-brml"
_RAW_DATA = re.compile(r"Experiment\d+/RawData(\d+)\.xml\Z")
_TEMPERATURE = re.compile(r"temp", re.IGNORECASE)
_NOT_SAMPLE = re.compile(r"cool|water|detector|cabinet|enclos|room|ambient|tube|chiller", re.IGNORECASE)
_BLANK = -9999.0
_WAVES = {
    "WaveLengthAlpha1": "wavelength K-alpha1 (Angstrom)", "WaveLengthAlpha2": "wavelength K-alpha2 (Angstrom)",
    "WaveLengthBeta": "wavelength K-beta (Angstrom)", "WaveLengthAverage": "wavelength K-alpha (Angstrom)",
    "WaveLengthRatio": "ratio K-alpha2/K-alpha1", "Voltage": "tube voltage (kV)", "Current": "tube current (mA)",
}  # fmt: skip


def can_read(raw: RawFile) -> bool:
    """A zip archive with the raw data of an experiment in it."""
    return is_zip(raw) and any(_RAW_DATA.match(name) for name in members(raw))


def member(raw: RawFile, name: str) -> bytes:
    """A member of the archive; BrokenFileError when it is missing or does not unpack."""
    import zipfile

    try:
        return opened_zip(raw).read(name)
    except (
        KeyError,
        OSError,
        ValueError,
        RuntimeError,
        NotImplementedError,
        EOFError,
        zlib.error,
        zipfile.BadZipFile,
    ) as error:
        raise raw.broken(
            f"{quoted(name)} cannot be unpacked from the archive ({str(error)[:100]})",
            do="copy the file again from its source",
        ) from None


def read(raw: RawFile) -> Sequence[Record]:
    """One record a measured data route; errors as in the module docstring."""
    names = sorted((name for name in members(raw) if _RAW_DATA.match(name)), key=lambda name: (len(name), name))
    scans: list[Scan] = []
    for name in names:
        root = root_of(raw, member(raw, name), inside=name)
        routes = list(descendants(root, "DataRoute"))
        measured = [route for route in routes if route.get("RouteFlag") == "Measured"] or routes
        header = _header(root)
        scans.extend(_scan(raw, route, name, header, text_at(root, "TimeStampStarted")) for route in measured)
    if not scans:
        raise raw.broken("no member holds a data route", expected="RawData0.xml with DataRoute")
    return records_of_scans(raw, NAME, scans)


def _header(root: Element) -> dict[str, str]:
    header = {"status": text_at(root, "MeasurementStatus"), "ended": text_at(root, "TimeStampFinished")}
    fixed = child(root, "FixedInformation")
    if fixed is None:
        return header
    for one in fixed.iter():
        name, value = local_name(one), one.get("Value", "")
        key = _WAVES.get(name)
        if key and value and header.get(key) in (None, value):
            header[key] = value
        elif name == "TubeMaterial" and one.text:
            header["anode"] = one.text.strip()
        elif name == "InfoItem" and value:
            header[
                {"SampleName": "sample", "User": "operator", "Comment": "comment"}.get(
                    one.get("Name", ""), one.get("Name", "item")
                )
            ] = value[:500]
        elif name == "InfoData":
            _optic(one, header)
    return header


def _optic(element: Element, header: dict[str, str]) -> None:
    """Slits and drives at rest."""
    name = element.get("VisibleName") or element.get("LogicName", "")
    kind = next((text for key, text in element.attrib.items() if key.endswith("type")), "")
    width, position = child(element, "SlitWidth"), child(element, "Position")
    if width is not None and name:
        header[f"slit {name}"] = f"{width.get('Value', '')} {width.get('Unit', '')}".strip()
    elif "Slit" in kind and name:
        header[f"slit {name}"] = text_at(element, "SlitID") or "mounted"
    elif position is not None and "Drive" in kind and name:
        header[f"position {name} ({position.get('Unit', '')})"] = position.get("Value", "")


def _table(raw: RawFile, route: Element, name: str) -> Array:
    """The points, shape (points, values)."""
    texts = [one.text or "" for one in descendants(route, "Datum")]
    widths = {text.count(",") for text in texts}
    if len(widths) > 1:
        raise raw.broken(
            f"the points of {name} hold {min(widths) + 1} to {max(widths) + 1} values", expected="one number of values"
        )
    try:
        values = floats_of_text(" ".join(texts).replace(",", " "))
        return values.reshape(len(texts), -1) if texts else np.empty((0, 0))
    except ValueError as error:
        raise raw.broken(f"a point of {name} is not made of numbers ({str(error)[:80]})") from None


def _views(raw: RawFile, route: Element, table: Array, name: str) -> list[tuple[str, str, str, Array]]:
    """Kind, name, unit and values, shape (points, channels), of everything a point holds."""
    found: list[tuple[str, str, str, Array]] = []
    views = list(descendants(route, "RawDataView"))
    starts = sorted(int(text) for view in views if (text := view.get("Start", "")).isdigit())
    for view in views:
        kind = next((text for key, text in view.attrib.items() if key.endswith("type")), "")
        try:
            start, length = int(view.get("Start", "")), int(view.get("Length", ""))
        except ValueError:
            raise raw.broken(
                f"a view of {name} has no start or length", expected="Start and Length in whole numbers"
            ) from None
        # Reciprocal space is announced for each channel and stored once: the next view begins before it would end.
        length = min([length, *(other - start for other in starts if other > start)])
        if start < 0 or length < 1 or (table.size and start + length > table.shape[1]):
            raise raw.broken(f"a view of {name} covers values {start} to {start + length - 1} of {table.shape[1]}")
        block = table[:, start : start + length] if table.size else np.empty((0, length))
        fields = list(descendants(view, "FieldDefinitions"))
        if kind.startswith("Varying") and len(fields) == length:
            for k, one in enumerate(fields):
                restriction = child(one, "Restriction")
                unit = restriction.get("Unit", "") if restriction is not None else ""
                found.append(
                    ("axis", one.get("FieldName", f"axis {k + 1}"), "deg" if unit == "°" else unit, block[:, k : k + 1])
                )
        elif kind.startswith("Recorded"):
            recording = child(view, "Recording")
            unit_element = child(recording, "Unit")
            title = recording.get("LogicName", "recorded") if recording is not None else "recorded"
            unit = unit_element.get("Base", "") if unit_element is not None else ""
            found.append(("recorded", title, {"Counts": "counts", "None": ""}.get(unit, unit), block))
        else:
            found.append(("fixed", view.get("LogicName", f"values {start}"), view.get("Unit", ""), block))
    return found


def _words(counts: Array, factors: Array) -> tuple[str, str]:
    """What was done to the counts, and a warning."""
    behind = factors != 1.0
    if not behind.any():
        return "as recorded; no absorber was in the beam", ""
    largest = float(factors[np.argmax(np.abs(factors - 1.0))])
    with np.errstate(divide="ignore", invalid="ignore"):
        measured = counts[behind] / factors[behind]
    is_whole = bool(np.all(np.abs(measured - np.round(measured)) < 1e-3))
    if is_whole and np.any(np.abs(counts[behind] - np.round(counts[behind])) > 1e-3):
        words = "counts, already multiplied by AbsorptionFactor (counts / factor are whole numbers)"
        return words, f"points were measured behind an absorber of factor {largest:g}, which is already in the counts"
    return (
        "as recorded; whether AbsorptionFactor is applied cannot be told",
        f"points were measured behind an absorber of factor {largest:g}; whether it is in the counts cannot be told",
    )


def _scan(raw: RawFile, route: Element, name: str, shared: dict[str, str], started: str) -> Scan:
    table = _table(raw, route, name)
    views = _views(raw, route, table, name)
    if not views:
        raise raw.refused(
            f"{name} does not say what its columns are (no DataViews)",
            do="save it with a newer DIFFRAC.SUITE, or export it as .xy",
        )
    information = child(route, "ScanInformation")
    header = {
        **shared, "scan axis": information.get("ScanName", "") if information is not None else "",
        "scan mode": text_at(information, "ScanMode"), "time per step (s)": text_at(information, "TimePerStep"),
        "effective time per step (s)": text_at(information, "TimePerStepEffective"),
    }  # fmt: skip
    columns: list[tuple[str, str, Array]] = []
    image: Array | None = None
    warnings: list[str] = []
    angle = intensity = ""
    temperature: tuple[float, str, str] | None = None
    for kind, title, unit, block in sorted(views, key=lambda view: ("axis", "recorded", "fixed").index(view[0])):
        values = np.where(block == _BLANK, np.nan, block)
        if kind == "recorded" and values.shape[1] > 1 and image is None:
            image = np.ascontiguousarray(values)
            continue
        for k in range(values.shape[1]):
            columns.append(
                (title if values.shape[1] == 1 else f"{title} {k + 1}", unit, np.ascontiguousarray(values[:, k]))
            )
        angle = angle or (title if kind == "axis" else "")
        is_hot = kind != "fixed" and _TEMPERATURE.search(title) and not _NOT_SAMPLE.search(title)
        if is_hot and np.isfinite(values).any():
            temperature = temperature_of(float(np.nanmean(values)), unit, "column", f"mean of the column {title}")
        elif kind == "recorded":
            intensity = intensity or title
    by_name = {column[0]: column[2] for column in columns}
    if intensity and "AbsorptionFactor" in by_name:
        header["intensity"], warning = _words(by_name[intensity], by_name["AbsorptionFactor"])
        warnings.extend([warning] if warning else [])
    announced = text_at(information, "MeasurementPoints")
    if announced.isdigit() and int(announced) != len(table):
        warnings.append(f"{announced} points were planned, the file holds {len(table)}: an aborted measurement")
    return Scan(columns=tuple(columns), angle=angle, intensity=intensity, header=header, temperature_K=temperature,
                warnings=tuple(warnings), acquired_at=started or None, image=image)  # fmt: skip


FORMAT = Format(name=NAME, title="Bruker BRML measurement", extensions=(".brml",), can_read=can_read, read=read)
