"""Rigaku RASX archives (``.rasx``) of SmartLab Studio II.

Seen: three files (SmartLab, 2020-2025), one of them at 550 °C on a DHS1100 stage.

Schema: as RAS (see ``rigaku_ras.py``): the scanned axis, ``Intensity``, ``attenuation factor``; one record for each ``Data<n>`` in its order.

Temperature: the axis ``Temp`` with ``Position`` and ``EndPosition`` (550 C in the file seen); never ``CW_Temperature1`` and its like, which are
cooling water and have no position anyway.

Uncertainties: none in the file. Powder files were seen whose "counts" are no whole numbers: a warning.

Header kept: general information, X-ray source, distances, scan information, axes at rest, slits.

Structure: a zip archive with ``Data<n>/Profile<n>.txt`` (rows with tabs, a byte order mark before the first number) and
``Data<n>/MesurementConditions<n>.xml`` (spelled so). ``root.xml`` holds checksums.

Refused: archives out of bounds, entities, rows of another width, a profile without its conditions' archive member is read with a warning.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

import attrs

from pelletry.core.record import Record
from pelletry.formats.archive import is_zip, members
from pelletry.formats.brml import member
from pelletry.formats.rawfile import RawFile
from pelletry.formats.registry import Format
from pelletry.formats.rigaku_scan import KEYS, Axis, profile_of, scan_of
from pelletry.formats.scans import Scan, records_of_scans
from pelletry.formats.text import decode
from pelletry.formats.xml_paths import child, descendants, local_name, root_of, text_at

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

__all__ = ["FORMAT"]

NAME = "rigaku-rasx"
_PROFILE = re.compile(r"Data(\d+)/Profile\d+\.txt\Z")


def can_read(raw: RawFile) -> bool:
    """A zip archive with a profile in it."""
    return is_zip(raw) and any(_PROFILE.match(name) for name in members(raw))


def read(raw: RawFile) -> Sequence[Record]:
    """One record a profile; errors as in the module docstring."""
    names = members(raw)
    found = sorted((int(match[1]), name) for name in names if (match := _PROFILE.match(name)) and len(match[1]) < 7)
    if not found:
        raise raw.broken("there is no profile in the archive", expected="Data0/Profile0.txt")
    scans: list[Scan] = []
    for number, name in found:
        conditions = next((one for one in names if one.startswith(f"Data{number}/") and one.endswith(".xml")), None)
        root = root_of(raw, member(raw, conditions), inside=conditions) if conditions else None
        scans.append(_scan(raw, name, root))
    return records_of_scans(raw, NAME, scans)


def _header(root: Element) -> dict[str, str]:
    header: dict[str, str] = {}
    for path in (("GeneralInformation",), ("HWConfigurations", "XrayGenerator"), ("ScanInformation",)):
        section = child(root, *path)
        for one in section if section is not None else ():
            name, text = local_name(one), (one.text or "").strip()
            if text:
                header.setdefault(name, text[:500])
                header.setdefault(KEYS.get(name, name), text[:500])
    for one in descendants(root, "Distance"):
        header[f"distance {one.get('From', '')} to {one.get('To', '')} ({one.get('Unit', '')})"] = one.get("Value", "")
    for one in descendants(root, "Category"):
        header[f"unit {one.get('Name', '')}"] = one.get("SelectedUnit", "")
    header["detector"] = header.get("unit Detector", "")
    monochromator = header.get("unit DetectorMonochromator", "")
    if monochromator:
        header["monochromator"] = monochromator
    radius = header.get("distance XrayGenerator to AttachmentStage (mm)", "")
    header["goniometer radius (mm)"] = radius
    if header.get("Speed"):
        header["speed"] = f"{header['Speed']} {header.get('SpeedUnit', '')}".rstrip()
    return header


def _scan(raw: RawFile, name: str, root: Element | None) -> Scan:
    lines = decode(member(raw, name)).lines
    table = profile_of(raw, lines, first_line=None, inside=name)
    if root is None:
        scan = scan_of(
            table, {}, [], axis="", unit="", intensity_unit="", attachment="", announced="", acquired_at=None
        )
        return attrs.evolve(
            scan, warnings=(*scan.warnings, f"the conditions of {name} are missing: axis and units are not known")
        )
    header = _header(root)
    axes = [
        Axis(
            name=one.get("Name", ""),
            unit=one.get("Unit", ""),
            position=one.get("Position", ""),
            end=one.get("EndPosition", ""),
        )
        for one in descendants(root, "Axis")
        if one.get("State") != "Scan" or one.get("EndPosition")
    ]
    information = child(root, "ScanInformation")
    return scan_of(
        table, header, axes, axis=text_at(information, "AxisName"), unit=text_at(information, "PositionUnit"),
        intensity_unit=text_at(information, "IntensityUnit"), attachment=header.get("unit AttachmentHead", ""),
        announced=text_at(information, "DataCount"), acquired_at=text_at(information, "StartTime") or None,
    )  # fmt: skip


FORMAT = Format(name=NAME, title="Rigaku RASX scan", extensions=(".rasx",), can_read=can_read, read=read)
