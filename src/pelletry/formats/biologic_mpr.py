"""BioLogic EC-Lab and BT-Lab binary files (``.mpr``), all techniques.

Seen: EC-Lab 11.10 to 11.62 and BT-Lab 1.79, from 2017 to 2026, instruments VMP3, VSP, SP-150e, SP-240, SP-300 and BCS; PEIS, GEIS,
ZIR, GCPL, CP and Modulo Bat. Files of EC-Lab 9 and 10 (data versions 0 and 2) are read by the same rules.

Schema
    One record a spectrum (``technique`` "impedance"; columns ``freq`` [Hz], ``Re(Z)``, ``-Im(Z)`` [Ohm], ``|Z|``, ``Phase(Z)``
    [deg] and what else was recorded), and one for all points without a frequency ("cycling" when they have a time and a
    potential or current). Columns are views on the content: float32, float64 and integers as stored, sign as stored
    (``-Im(Z)`` is positive for a capacitor). ``control`` [V/mA] is a potential or a current, which may change from row to
    row with ``mode``.
Uncertainties
    None in the file. float32 columns carry 7 digits.
Header
    Technique, channel, serial number, start, file, host, program version, electrode material, electrolyte, reference
    electrode, comments, area, characteristic mass. Area and mass of 0 or 0.001 are EC-Lab's defaults: ``not_set``.
    ``acquisition key`` is the same for the binary file, its exports and its ``_loopN`` parts; ``acquisition part`` says which
    points this file holds. Loops: number and first points.
File structure
    :mod:`pelletry.formats.biologic_modules` (modules), :mod:`pelletry.formats.biologic_layout` (data),
    :mod:`pelletry.formats.biologic_settings` (settings, log, loops). Only the data module is needed. Modules of external
    devices and others are listed in ``Other modules`` and not read (??? their inside is not known).
Source
    The numbers of columns and the places of settings were found by comparing binary files with EC-Lab's text exports of the
    same runs; the meaning of numbers that occur in no such pair is public knowledge about the format, marked in
    :data:`pelletry.formats.biologic_columns.CHECKED`.
"""

from __future__ import annotations

from collections.abc import Sequence

from pelletry.core.record import Record
from pelletry.formats.biologic_layout import columns_of, layout_of
from pelletry.formats.biologic_modules import MAGIC, Module, modules_of
from pelletry.formats.biologic_records import Run, acquisition_key, acquisition_part, records_of
from pelletry.formats.biologic_settings import notes_of
from pelletry.formats.rawfile import RawFile
from pelletry.formats.registry import Format

__all__ = ["FORMAT"]

_NAME = "biologic-mpr"
_READ_MODULES = frozenset({"VMP Set", "VMP data", "VMP LOG", "VMP loop"})


def can_read(raw: RawFile) -> bool:
    """Whether the file opens with the words of EC-Lab's modular files."""
    return raw.head.startswith(MAGIC)


def read(raw: RawFile) -> Sequence[Record]:
    """The records of the file; see the module's docstring.

    Raises
    ------
    BrokenFileError
        When the data module is missing, cut short or contradicts itself; says at which byte and how many points are there.
    """
    content = raw.bytes()
    modules, trouble = modules_of(content, raw)
    data = next((module for module in modules if module.name == "VMP data"), None)
    if data is None:
        raise raw.broken(
            f"there is no data module ({trouble or 'the file holds ' + _listed(modules)})",
            offset=len(content),
            expected="a module 'VMP data'",
            do="the run may not have started; otherwise copy the file from the instrument again",
        )
    layout = layout_of(content, data, raw)
    columns = columns_of(content, layout)
    notes = notes_of(content, modules)
    header = dict(notes.header)
    others = [module.name for module in modules if module.name not in _READ_MODULES]
    if others:
        header["Other modules"] = ", ".join(others)
    if notes.loops:
        header["Number of loops"] = str(len(notes.loops))
        header["Loop starts"] = " ".join(map(str, notes.loops))
    key = acquisition_key(header, notes.acquired_at)
    if key:
        header["acquisition key"] = key
        header["acquisition part"] = acquisition_part(columns)
    warnings = layout.warnings + ((f"{trouble}; the measured data are whole",) if trouble else ())
    run = Run(
        columns=columns,
        cut=lambda rows: columns_of(content, layout, rows),
        technique=notes.technique,
        header=header,
        not_set=notes.not_set,
        warnings=warnings,
        acquired_at=notes.acquired_at,
        loops=notes.loops,
        format=_NAME,
    )
    return records_of(run, raw)


def _listed(modules: Sequence[Module]) -> str:
    return ", ".join(f"'{module.name}'" for module in modules)


FORMAT = Format(
    name=_NAME,
    title="BioLogic EC-Lab binary (.mpr)",
    extensions=(".mpr",),
    can_read=can_read,
    read=read,
)
