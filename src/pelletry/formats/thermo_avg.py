"""Thermo Avantage spectra dumped as text (.avg): the properties, axes and values of a data space.

Versions seen: none at hand; built from public readers and descriptions of such dumps (``$FORMAT=3``), tested on files made by hand.

Schema: ``Kinetic Energy`` eV (``DS_ACPROPID_EV_SCALE`` 2: ``Binding Energy``), ``Binding Energy`` eV (source energy - kinetic energy), ``Counts``, and ``Counts / s`` where dwell and
sweeps are stated; one record a ``$DATA`` block. Header keys as in ``xps.py``.

Counts per second are counts / (dwell x sweeps), as in ``thermo_vgd.py``: ``DS_ACPROPID_ACQ_TIME`` is the dwell (s). The name of the sweeps is not known for certain (``???``):
``..._SCANS``, ``..._SWEEPS``, ``..._REPEATS``. When one of the two is missing there are counts only, and a warning. Values whose label is not ``Counts`` are left as they are.

Uncertainties: none in the file; the counts are Poisson distributed.

Header kept: every ``DS_`` property under its own name; position, level or etch time of a block of several (``$AXISVALUE``).

Notes on structure: ``;`` comments, the first ``;Dump of DataSpace '<path>'``. ``NAME : VT_<type> = value``, some with a label between. ``$DATAAXES=n``; ``$SPACEAXES=n`` and a line an axis:
start, step, points, kind, ``LINEAR``, symbol, unit, label. ``$DATA=*,<index>`` and ``LIST@ <place>= values``; ``#empty#`` is a value that was never measured.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

import attrs
import numpy as np

from pelletry.core.arrays import Array
from pelletry.core.errors import quoted
from pelletry.core.record import Column, Record
from pelletry.formats.dates import iso_date
from pelletry.formats.rawfile import RawFile
from pelletry.formats.registry import Format
from pelletry.formats.scans import steps_from
from pelletry.formats.xps import BINDING, Spectrum, record_of_spectrum

__all__ = ["FORMAT"]

NAME = "thermo-avg"
_PROPERTY = re.compile(r"^(DS_\w+(?:\[\d+\])?)\s*:\s*(?:[^:=]{0,80}:\s*)?VT_\w+\s*=\s*(.*?)\s*$")
_AXIS = re.compile(r"^\s*\d+\s*=\s*([^,]+),\s*([^,]+),\s*(\d{1,7}),\s*(\w+),\s*(\w+)")
_VALUES = re.compile(r"^LIST@\s*(\d{1,9})\s*=\s*(.*)$")
_PLACE = re.compile(r"LABEL='([^']*)'\s+POINT=(\d+)\s+VALUE='?([^;']*)")
_SWEEPS = re.compile(r"DS_ACPROPID_\w*(?:SCANS|SWEEPS|REPEATS)$")
_MOST_BLOCKS, _MOST_VALUES = 4096, 20_000_000


@attrs.define(kw_only=True)
class _Block:
    """One spectrum: its values with NaN where there are none, what ``$AXISVALUE`` said of it, and its line."""

    values: Array
    places: dict[str, str]
    line: int


def can_read(raw: RawFile) -> bool:
    """A dump of a data space with properties of the family ``DS_``."""
    text = raw.head_text
    return (
        "$SPACEAXES=" in text
        and "DS_" in text
        and re.search(r"^DS_\w+(?:\[\d+\])?\s*:", text, re.MULTILINE) is not None
    )


def read(raw: RawFile) -> Sequence[Record]:
    """One record a block; errors as in the module docstring."""
    known: dict[str, str] = {}
    axes: list[tuple[float, float, int, str]] = []
    blocks: list[_Block] = []
    places: dict[str, str] = {}
    mode = ""
    for number, line in enumerate(raw.text().lines, start=1):
        text = line.strip()
        if text.startswith("$"):
            mode = text.split("=")[0]
        if match := _PROPERTY.match(text):
            known[match[1]] = match[2].strip("'")
        elif mode == "$SPACEAXES" and (match := _AXIS.match(text)):
            axes.append(_axis(raw, match, number))
        elif mode == "$AXISVALUE" and (match := _PLACE.search(text)):
            places[match[1].strip() or "point"] = match[3].strip()
        elif text.startswith("$DATA="):
            blocks.append(_new_block(raw, axes, blocks, places, number))
            places = {}
        elif mode == "$DATA" and blocks and (match := _VALUES.match(text)):
            _fill(raw, blocks[-1], int(match[1]), match[2], number)
    if not blocks:
        raise raw.broken("there is no $DATA block", expected="$DATA=* and LIST@ rows")
    measured = [block for block in blocks if np.isfinite(block.values).any()]
    return [_record(raw, known, axes[0], block, k, len(measured)) for k, block in enumerate(measured)]


def _axis(raw: RawFile, match: re.Match[str], line: int) -> tuple[float, float, int, str]:
    try:
        return float(match[1]), float(match[2]), int(match[3]), match[4].upper()
    except ValueError:
        raise raw.broken(
            f"{quoted(match[0].strip(), longest=60)} is no axis", line=line, expected="start, step, points"
        ) from None


def _new_block(
    raw: RawFile,
    axes: Sequence[tuple[float, float, int, str]],
    blocks: Sequence[_Block],
    places: dict[str, str],
    line: int,
) -> _Block:
    if not axes or axes[0][3] != "ENERGY":
        kinds = ", ".join(axis[3].lower() for axis in axes) or "no axis"
        raise raw.refused(
            f"the file holds no spectrum (its axes: {kinds})", line=line, expected="energy as the first axis"
        )
    if len(blocks) >= _MOST_BLOCKS or axes[0][2] * (len(blocks) + 1) > _MOST_VALUES or axes[0][2] > 16 * raw.size_bytes:
        raise raw.refused(
            f"the file is a map of more than {len(blocks)} spectra", line=line, do="export the summed spectrum"
        )
    return _Block(values=np.full(axes[0][2], np.nan), places=places, line=line)


def _fill(raw: RawFile, block: _Block, place: int, text: str, line: int) -> None:
    cells = [cell.strip() for cell in text.rstrip(" ;,").split(",")]
    if place + len(cells) > block.values.size:
        raise raw.broken(
            f"the values {place} to {place + len(cells) - 1} are more than the {block.values.size} points of the axis",
            line=line,
        )
    for k, cell in enumerate(cells):
        if cell in ("", "#empty#"):
            continue
        try:
            value = float(cell)
        except ValueError:
            raise raw.broken(f"{quoted(cell, longest=30)} is no value", line=line, expected="a number") from None
        if not abs(value) < 1e30:
            raise raw.broken(f"{quoted(cell, longest=30)} is no intensity", line=line, expected="a finite number")
        block.values[place + k] = value


def _number(known: dict[str, str], name: str) -> float | None:
    try:
        return float(known[name])
    except (KeyError, ValueError):
        return None


def _record(
    raw: RawFile, known: dict[str, str], axis: tuple[float, float, int, str], block: _Block, index: int, count: int
) -> Record:
    start, step, points, _ = axis
    try:
        energy = steps_from(start, step, points)
    except ValueError as error:
        raise raw.broken(f"the energies are {error}", line=block.line) from None
    there = np.isfinite(block.values)
    warnings = (
        [f"{int(np.sum(~there))} of {points} points were never measured and are left out"] if not there.all() else []
    )
    is_binding = known.get("DS_ACPROPID_EV_SCALE") == "2"
    dwell = _number(known, "DS_ACPROPID_ACQ_TIME")
    sweeps = next((value for name in known if _SWEEPS.match(name) and (value := _number(known, name))), None)
    is_counts = known.get("DS_GEPROPID_VALUE_LABEL", "Counts").strip().lower() in ("counts", "")
    stored = Column(
        name="Counts" if is_counts else "Intensity", unit="", values=np.ascontiguousarray(block.values[there])
    )
    rate = None
    if is_counts and dwell and sweeps and dwell > 0 and sweeps > 0:
        rate = Column(name="Counts / s", unit="", values=stored.values / (dwell * sweeps))
    elif is_counts:
        warnings.append("dwell or sweeps are not stated: the intensities stay counts")
    title = known.get("DS_EXT_SUPROPID_TITLE", "").strip() or raw.path.stem
    place = ", ".join(f"{key} {value}" for key, value in block.places.items())
    spectrum = Spectrum(
        name=f"{title} [{place or index + 1}]" if count > 1 else title,
        energy=Column(name=BINDING if is_binding else "Kinetic Energy", unit="eV", values=np.ascontiguousarray(energy[there])),
        intensity=rate or stored,
        others=(stored,) if rate else (),
        scale="binding" if is_binding else "kinetic",
        intensity_unit="counts/s" if rate else "counts" if is_counts else "",
        facts={
            "region": re.sub(r"\s*(?:Scan|Snap)\b.*$", "", title), "sample": known.get("DS_EXT_SUPROPID_SUBJECT"),
            "source energy (eV)": _number(known, "DS_SOPROPID_ENERGY"), "pass energy (eV)": _number(known, "DS_ANPROPID_PASS"),
            "work function (eV)": _number(known, "DS_ANPROPID_WORK_FTN"), "dwell (s)": dwell, "sweeps": sweeps, "counts column": stored.name if is_counts else None,
        },
        header={**{key: value[:300] for key, value in known.items() if value}, **block.places},
        warnings=tuple(warnings),
    )  # fmt: skip
    began = known.get("DS_ACPROPID_START_TIME") or known.get("DS_EXT_SUPROPID_CREATED") or ""
    return record_of_spectrum(
        raw,
        NAME,
        spectrum,
        index=index,
        acquired_at=iso_date(" ".join(began.split()), is_month_first=False),
        line=block.line,
    )


FORMAT = Format(name=NAME, title="Thermo Avantage dump (.avg)", extensions=(".avg",), can_read=can_read, read=read)
