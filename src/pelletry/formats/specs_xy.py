"""SPECS text exports (.xy) of SpecsLab2 and SpecsLab Prodigy, and the settings that stand before each region.

Versions seen: no real file in the folder; written from two public exports: SpecsLab2 2.77 (kinetic energies, a scaling column) and
Prodigy 4.100 (binding energies, separate scans). Tested on files made by hand after them.

Schema: the columns that ``ColumnLabels`` names: ``energy`` eV, ``counts/s`` or ``counts``, then ``transmission``, ``scaling``, ``errorbar``... as the
export was set; for kinetic energies also ``Binding Energy`` eV. One record a table: a region's cycle, curve, scan and channel. Header
keys as in ``xps.py``.

Uncertainties: none, unless the export has an error bar column.

Header kept: the ``# Key: value`` lines of the export settings, the group and the region, with the numbers of cycle, curve and scan.
``sweeps`` is ``Number of Scans`` where scans are summed, 1 where each stands for itself (``Separate Scan Data``).

Notes on structure: lines that begin with the comment prefix ``#`` hold settings; the energy axis is named by ``Energy Axis:`` (Prodigy), by
``Kinetic Energy Axis: yes|no`` or ``# values in kinetic energy`` (SpecsLab2). ``# Region:`` begins a region, ``# Cycle: 0, Curve: 0, Scan: 0`` a
table. ``Values/Curve`` is checked against the rows of each table.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

import attrs

from pelletry.core.arrays import Array
from pelletry.core.record import Column, Record
from pelletry.formats.dates import iso_date
from pelletry.formats.rawfile import RawFile
from pelletry.formats.registry import Format
from pelletry.formats.xps import Spectrum, record_of_spectrum, rows_of_numbers

__all__ = ["FORMAT"]

NAME = "specs-xy"
_FIRST = re.compile(r"^#\s*Created by:\s+SpecsLab", re.MULTILINE)
_SETTING = re.compile(r"^#\s*([A-Za-z][^:]{0,60}?):\s*(.*?)\s*$")
_PLACE = re.compile(r"(Cycle|Curve|Scan|Channel): *(\d+)")
_MOST_TABLES = 100_000
_NUMBERS = {
    "source energy (eV)": ("Excitation Energy",),
    "pass energy (eV)": ("Pass Energy",),
    "work function (eV)": ("Eff. Workfunction",),
    "dwell (s)": ("Dwell Time",),
}
_WORDS = {
    "region": "Region",
    "technique": "Analysis Method",
    "source": "Source",
    "analyser mode": "Scan Mode",
    "sample": "Group",
}


@attrs.define(kw_only=True)
class _Table:
    """The rows of one table and the settings above them; ``line`` is that of the first row."""

    settings: dict[str, str]
    line: int
    rows: list[str]


def can_read(raw: RawFile) -> bool:
    """A comment line near the top says that SpecsLab created the file."""
    return _FIRST.search(raw.head_text[:500]) is not None


def read(raw: RawFile) -> Sequence[Record]:
    """One record a table.

    Raises
    ------
    BrokenFileError
        When a table has too few rows or a row is no row of numbers; names the line.
    """
    tables = _tables(raw)
    if not tables:
        raise raw.broken("the export holds no table", expected="rows of energy and counts below '# ColumnLabels:'")
    return [_record(raw, table, index) for index, table in enumerate(tables)]


def _tables(raw: RawFile) -> list[_Table]:
    export: dict[str, str] = {}
    region: dict[str, str] = {}
    place: dict[str, str] = {}
    tables: list[_Table] = []
    is_open = False
    for number, line in enumerate(raw.text().lines, start=1):
        if not line.startswith("#"):
            if line.strip() and is_open:
                tables[-1].rows.append(line)
            elif line[:1].strip() and (line.lstrip()[:1] in "+-.0123456789"):
                is_open = True
                tables.append(_Table(settings={**export, **region, **place}, line=number, rows=[line]))
                if len(tables) > _MOST_TABLES:
                    raise raw.refused(f"the export holds more than {_MOST_TABLES} tables")
            continue
        is_open = False
        if "values in kinetic energy" in line or "values in binding energy" in line:
            region["Energy Axis"] = "Kinetic Energy" if "kinetic" in line else "Binding Energy"
        if line.startswith("# Cycle:"):
            place = {key: value for key, value in _PLACE.findall(line)}
            continue
        match = _SETTING.match(line)
        if match is None or not match[2]:
            continue
        key, value = match[1].strip(), match[2]
        if key == "Region":
            region, place = {k: region[k] for k in ("Energy Axis",) if k in region}, {}
        if line.startswith("#  ") or key in ("Created by", "Group"):
            export[key] = value
        elif key not in ("Parameter", "RemoteInfo"):
            region[key] = value
    return tables


def _number(text: str) -> float | None:
    match = re.match(r"[-+]?\d+(?:[.,]\d+)?(?:[eE][-+]?\d+)?", text.strip())
    return float(match[0].replace(",", ".")) if match else None


def _scale(settings: Mapping[str, str]) -> str:
    said = settings.get("Energy Axis", "").lower()
    if not said and "Kinetic Energy Axis" in settings:
        said = "kinetic" if settings["Kinetic Energy Axis"].lower() == "yes" else "binding"
    return "kinetic" if "kinetic" in said else "binding" if "binding" in said else ""


def _columns(raw: RawFile, table: _Table) -> list[Column]:
    labels = table.settings.get("ColumnLabels", "").split()
    values = _values(raw, table)
    columns = []
    for i in range(values.shape[1]):
        label = labels[i] if i < len(labels) else ("energy", "intensity")[i] if i < 2 else f"column {i + 1}"
        unit = "eV" if label.lower() == "energy" else label if label.lower() in ("counts/s", "counts") else ""
        columns.append(Column(name=label, unit=unit, values=values[:, i]))
    return columns


def _values(raw: RawFile, table: _Table) -> Array:
    values = rows_of_numbers(raw, table.rows, line=table.line)
    announced = _number(table.settings.get("Values/Curve", ""))
    if announced is not None and announced != len(values):
        raise raw.broken(
            f"the region announces {announced:.0f} values a curve, the table has {len(values)}",
            line=table.line,
            do="export the region again",
        )
    return values


def _record(raw: RawFile, table: _Table, index: int) -> Record:
    settings = table.settings
    energy, intensity, *others = _columns(raw, table)
    unit = intensity.unit
    said = settings.get("Count Rate", settings.get("Counts Per Second", "")).lower()
    if not unit and said:
        unit = "counts/s" if said in ("yes", "counts per second") else "counts"
    facts: dict[str, float | str | None] = {key: settings.get(name) for key, name in _WORDS.items()}
    facts |= {
        key: next((_number(settings[n]) for n in names if n in settings), None) for key, names in _NUMBERS.items()
    }
    is_single = settings.get("Separate Scan Data", "").lower() == "yes" and "Scan" in settings
    facts["sweeps"] = 1.0 if is_single else _number(settings.get("Number of Scans", ""))
    method = settings.get("Analysis Method", "XPS").upper()
    place = ", ".join(
        f"{key.lower()} {settings[key]}" for key in ("Cycle", "Curve", "Scan", "Channel") if key in settings
    )
    spectrum = Spectrum(
        name=", ".join(part for part in (settings.get("Region", "region"), place) if part),
        energy=energy,
        intensity=intensity,
        others=tuple(others),
        scale=_scale(settings),
        intensity_unit=unit,
        facts=facts,
        header=settings,
        technique="xps" if method == "XPS" else "",
    )
    acquired_at = iso_date(_full_year(settings.get("Acquisition Date", "")), is_month_first=True)
    return record_of_spectrum(raw, NAME, spectrum, index=index, acquired_at=acquired_at, line=table.line)


def _full_year(text: str) -> str:
    """``08/24/23 14:19:47 UTC``: month, day and two digits of the year."""
    return re.sub(r"^(\d\d/\d\d/)(\d\d)(?!\d)", r"\g<1>20\2", text)


FORMAT = Format(name=NAME, title="SPECS text export (.xy)", extensions=(".xy",), can_read=can_read, read=read)
