"""SPECS spectra as XML (``CORBA XML document created by XMLSerializer2``) of SpecsLab2.

Versions seen: no real file in the folder; written from one public file (XMLSerializer2 1.6, SL 2.81, a Phoibos with five channels) and
tested on files made by hand after it. Compact cycles, curves and remote channels are not read.

Schema: ``Kinetic Energy`` eV, ``Binding Energy`` eV, ``counts`` (of all channels, summed over the scans of a cycle), ``transmission`` where the
region has one value a point. One record a region and cycle. Header keys as in ``xps.py``.

**Counts stand by step and channel.** Each scan has (values + mcd_head + mcd_tail) x detectors numbers, the detector running fastest. A
channel sees shift x pass energy more than the middle of the detector, so step i of the spectrum is row i + mcd_head - round(shift x pass
energy / step) of that channel; in the public file the head (8) and tail (7) are just those roundings of the outermost channels. The sum over
the channels keeps counts whole: nothing is interpolated. Gains other than 1 are not applied and make a warning.

Uncertainties: none in the file; counts are Poisson distributed.

Header kept: group, region, and the numbers and texts of the region's definition under their own names.

Notes on structure: nested ``struct``, ``sequence`` with ``name`` attributes; numbers stand one a line. The file begins with a DOCTYPE that declares
elements and attributes: that is allowed, an ENTITY, an external subset or an attribute with a default is not, and the file is then refused.
"""

from __future__ import annotations

import datetime
import re
from collections.abc import Mapping, Sequence
from typing import Any

import attrs
import numpy as np

from pelletry.core.arrays import Array
from pelletry.core.errors import FormatError, quoted
from pelletry.core.record import Column, Record
from pelletry.formats.rawfile import RawFile
from pelletry.formats.registry import Format
from pelletry.formats.xps import Spectrum, record_of_spectrum

__all__ = ["FORMAT"]

NAME = "specs-xml"
_LIMIT_BYTES = 64 * 1024 * 1024
_DEEPEST = 60
_MOST_CHANNELS = 2000
_FARTHEST_STEPS = 1e6
_FEWEST_ELEMENTS, _BYTES_AN_ELEMENT = 2000, 40  # an element takes some 400 bytes of memory


@attrs.define(kw_only=True)
class _Node:
    """An element: its ``name`` attribute, its text and its children in order."""

    tag: str
    name: str
    line: int
    text: list[str] = attrs.field(factory=list)
    children: list[_Node] = attrs.field(factory=list)

    def child(self, name: str) -> _Node | None:
        return next((node for node in self.children if node.name == name), None)

    def value(self, name: str) -> str:
        node = self.child(name)
        return "".join(node.text).strip() if node else ""

    def number(self, name: str) -> float | None:
        try:
            value = float(self.value(name))
        except ValueError:
            return None
        return value if np.isfinite(value) else None

    def numbers(self, raw: RawFile) -> Array:
        """The numbers inside a sequence, which stand in one element or one element each."""
        pieces = ["".join(node.text) for node in self.children] or ["".join(self.text)]
        cells = " ".join(pieces).split()
        try:
            values = np.array(cells, dtype=np.float64)
        except ValueError:
            values = np.array([np.nan])
        if not np.all(np.isfinite(values)):
            raise raw.broken(f"the sequence {quoted(self.name)} holds what is no finite number", line=self.line)
        return values


def can_read(raw: RawFile) -> bool:
    """XML with SPECS' region groups."""
    return re.search(r"<sequence\b[^>]*specs\.de/Serializer/RegionGroupSeq", raw.head_text[:20_000]) is not None


def read(raw: RawFile) -> Sequence[Record]:
    """One record a region and cycle.

    Raises
    ------
    BrokenFileError
        When the XML is not well formed or the counts do not fit the region; names the line.
    RefusedFileError
        When the XML declares entities.
    """
    root = _tree(raw)
    records: list[Record] = []
    for group in _all(root, "RegionGroup"):
        regions = group.child("regions")
        for region in regions.children if regions else ():
            records.extend(_region(raw, group.value("name"), region, len(records)))
    if not records:
        raise raw.broken("the file holds no region with counts", expected="a sequence 'cycles' with scans")
    return records


def _tree(raw: RawFile) -> _Node:
    from xml.parsers import expat

    content = raw.bytes(limit_bytes=_LIMIT_BYTES)
    parser = expat.ParserCreate()
    parser.buffer_text = True
    root = _Node(tag="", name="", line=0)
    open_nodes = [root]
    count, most = [0], max(_FEWEST_ELEMENTS, len(content) // _BYTES_AN_ELEMENT)

    def refuse(what: str) -> FormatError:
        return raw.refused(
            f"the XML declares {what}", line=parser.CurrentLineNumber, expected="elements and attributes only"
        )

    def doctype(name: str, system: str | None, public: str | None, has_subset: int) -> None:
        if system or public:
            raise refuse("an external document type")

    def entity(*_: Any) -> None:
        raise refuse("an entity")

    def attribute(element: str, name: str, kind: str, default: str | None, required: int) -> None:
        if default is not None:
            raise refuse("a default for an attribute")

    def start(tag: str, attributes: Mapping[str, str]) -> None:
        if len(open_nodes) > _DEEPEST:
            raise raw.broken(f"elements are nested more than {_DEEPEST} deep", line=parser.CurrentLineNumber)
        kind = attributes.get("type_name", "")
        name = attributes.get("name") or kind
        count[0] += 1
        if count[0] > most:
            raise raw.refused(f"the XML has more than {most} elements", expected="elements that hold measurements")
        node = _Node(tag=kind or tag, name=name, line=parser.CurrentLineNumber)
        open_nodes[-1].children.append(node)
        open_nodes.append(node)

    def end(tag: str) -> None:
        open_nodes.pop()

    def characters(text: str) -> None:
        open_nodes[-1].text.append(text)

    parser.StartDoctypeDeclHandler = doctype
    parser.EntityDeclHandler = entity
    parser.AttlistDeclHandler = attribute
    parser.StartElementHandler = start
    parser.EndElementHandler = end
    parser.CharacterDataHandler = characters
    try:
        parser.Parse(content, True)
    except expat.ExpatError as error:
        raise raw.broken(
            f"the XML is not well formed ({expat.errors.messages.get(error.code, 'unknown')})", line=error.lineno
        ) from None
    return root


def _all(node: _Node, kind: str) -> list[_Node]:
    found = [node] if node.tag == kind else []
    for child in node.children:
        found.extend(_all(child, kind))
    return found


def _offsets(raw: RawFile, region: _Node, pass_eV: float, step_eV: float) -> tuple[list[int], list[float]]:
    """Rows by which each channel is ahead of the middle, and the gains."""
    detectors = _all(region, "Detector")[:_MOST_CHANNELS]
    if not detectors:
        raise raw.broken("the region names no detector", line=region.line)
    shifts = [detector.number("shift") or 0.0 for detector in detectors]
    gains = [detector.number("gain") for detector in detectors]
    steps = [min(max(shift * pass_eV / step_eV, -_FARTHEST_STEPS), _FARTHEST_STEPS) for shift in shifts]
    return [round(step) for step in steps], [1.0 if gain is None else gain for gain in gains]


def _region(raw: RawFile, group: str, region: _Node, first: int) -> list[Record]:
    definition, cycles = region.child("region"), region.child("cycles")
    if definition is None or cycles is None:
        return []
    pass_eV, step_eV, start_eV = (definition.number(n) for n in ("pass_energy", "scan_delta", "kinetic_energy"))
    points = int(definition.number("values_per_curve") or 0)
    if not pass_eV or not step_eV or start_eV is None or not 0 < points <= raw.size_bytes:
        raise raw.broken(
            "the definition of the region is not complete",
            line=definition.line,
            expected="pass_energy, scan_delta, kinetic_energy and values_per_curve",
        )
    offsets, gains = _offsets(raw, region, pass_eV, step_eV)
    head, tail = (int(region.number(name) or 0) for name in ("mcd_head", "mcd_tail"))
    with np.errstate(over="ignore", invalid="ignore"):  # energies beyond all floats are refused further on
        energy = Column(name="Kinetic Energy", unit="eV", values=start_eV + step_eV * np.arange(points))
    transmission = region.child("transmission")
    curve = transmission.numbers(raw) if transmission else np.zeros(0)
    others = (Column(name="transmission", unit="", values=curve),) if curve.size == points else ()
    warnings = () if all(gain == 1 for gain in gains) else ("the channels have different gains, which are not applied",)
    records: list[Record] = []
    for number, cycle in enumerate(cycles.children):
        scans = [_scan(raw, scan, points, head, tail, offsets) for scan in _all(cycle, "ScanData")]
        if not scans:
            continue
        name = region.value("name") or f"region {first + 1}"
        spectrum = Spectrum(
            name=name if len(cycles.children) == 1 else f"{name}, cycle {number}",
            energy=energy,
            intensity=Column(name="counts", unit="counts", values=np.sum(scans, axis=0)),
            others=others,
            scale="kinetic",
            intensity_unit="counts",
            facts=_facts(group, name, definition, region, len(scans)),
            header={node.name: "".join(node.text).strip() for node in definition.children if not node.children},
            warnings=warnings,
            technique="xps" if definition.value("analysis_method").upper() in ("", "XPS") else "",
        )
        records.append(
            record_of_spectrum(
                raw,
                NAME,
                spectrum,
                index=first + len(records),
                acquired_at=_date(cycle.number("time")),
                line=region.line,
            )
        )
    return records


def _scan(raw: RawFile, scan: _Node, points: int, head: int, tail: int, offsets: Sequence[int]) -> Array:
    counts = scan.child("counts")
    values = counts.numbers(raw) if counts else np.zeros(0)
    rows = points + head + tail
    if values.size != rows * len(offsets):
        raise raw.broken(
            f"the scan has {values.size} counts",
            line=counts.line if counts else scan.line,
            expected=f"{rows * len(offsets)}: {points} points, head {head} and tail {tail} for {len(offsets)} channels",
        )
    table = values.reshape(rows, len(offsets))
    total = np.zeros(points)
    for channel, offset in enumerate(offsets):
        begin = head - offset
        if begin < 0 or begin + points > rows:
            raise raw.broken(
                f"channel {channel + 1} is shifted by {offset} steps", line=scan.line, expected=f"-{tail} to {head}"
            )
        total += table[begin : begin + points, channel]
    return total


def _facts(group: str, name: str, definition: _Node, region: _Node, scans: int) -> dict[str, float | str | None]:
    source = region.child("source_info")
    return {
        "region": name,
        "sample": group,
        "technique": definition.value("analysis_method"),
        "source": source.value("name") if source else None,
        "source energy (eV)": definition.number("excitation_energy"),
        "pass energy (eV)": definition.number("pass_energy"),
        "work function (eV)": definition.number("effective_workfunction"),
        "dwell (s)": definition.number("dwell_time"),
        "sweeps": float(scans),
    }


def _date(seconds: float | None) -> str | None:
    if seconds is None or not 0 < seconds < 4e9:
        return None
    return datetime.datetime.fromtimestamp(seconds, tz=datetime.timezone.utc).isoformat()


FORMAT = Format(name=NAME, title="SPECS spectra (.xml)", extensions=(".xml",), can_read=can_read, read=read)
