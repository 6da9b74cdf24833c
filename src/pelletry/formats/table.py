"""Plain tables in text files: csv, tab-separated, semicolon, blanks; with or without header.

Seen: exports of EC-Lab ("as text"), NOVA (``Index;Frequency (Hz);Z' (Ω);-Z'' (Ω);...``), PSTrace (UTF-16 csv), PowerSuite
(``Frequency<tab> Zre<tab> Zimg``), Origin, Excel in several countries, and what scripts write.

Schema: the columns of the file, names and units split at the file's own separator (``-Im(Z)`` and ``Ohm``), float64, NaN for
empty cells. Columns of words are left out and named in the header entry ``columns of words, left out``.

Rows of a sample's name and numbers with units of length or mass are readings (:mod:`pelletry.formats.readings`): one record a sample.

Technique: "impedance" when a column is a frequency and others are Z' and Z'' (or modulus and phase, or admittance), by their
names; else the technique is left open. Three columns without header are a spectrum only when the first falls or rises in
steps of equal ratio; a diffraction scan (equal steps) is not. The order Z', Z'' is then an assumption and a warning says so.

Uncertainties: none in the file.

Structure: separator and decimal mark are sniffed (``numbers.py``); header lines above the rows may be comments; a line with one whole
number between header and rows is the number of points. See ``table_text.py`` for blocks, ``spectra.py`` for several spectra.

Refused: numbers that lost their decimal mark in a spreadsheet (``50.026.184``), a comma for columns and decimals alike, HTML.
"""

from __future__ import annotations

from collections.abc import Sequence

from pelletry.core.record import Record
from pelletry.formats.numbers import convention_of
from pelletry.formats.rawfile import RawFile
from pelletry.formats.readings import readings_of, records_of_readings
from pelletry.formats.registry import Format
from pelletry.formats.spectra import records_from_blocks
from pelletry.formats.table_text import read_blocks
from pelletry.formats.thermal_table import as_thermal_run

__all__ = ["FORMAT"]

NAME = "table-text"


def can_read(raw: RawFile) -> bool:
    """Text in which rows of numbers make up a good part of the lines."""
    if not raw.head_text:
        return False
    lines = raw.head_text.split("\n")[: 4000 if raw.size_bytes == len(raw.head) else -1]
    convention = convention_of(lines)
    if convention is None:
        return _are_readings(raw)
    sample = [line for line in lines if line.strip()]
    sample = sample[:100] + sample[-100:]
    rows = sum(1 for line in sample if (row := convention.row(line))[1] >= 2 and row[1] >= row[2])
    return (rows >= 2 and rows * 4 >= len(sample)) or _are_readings(raw)


def _are_readings(raw: RawFile) -> bool:
    """Readings are short tables: the head is the whole file."""
    return raw.size_bytes == len(raw.head) and readings_of(raw.text().lines) is not None


def read(raw: RawFile) -> Sequence[Record]:
    """The records of a plain table.

    Raises
    ------
    BrokenFileError
        When no table is found or a row in it has the wrong number of cells.
    RefusedFileError
        When its numbers cannot be trusted.
    """
    readings = readings_of(raw.text().lines)
    if readings is not None:
        return records_of_readings(raw, NAME, readings)
    blocks = read_blocks(raw)
    if not blocks:
        raise raw.broken("no table of numbers was found", expected="rows of two or more numbers")
    return [as_thermal_run(record) for record in records_from_blocks(raw, NAME, blocks)]


FORMAT = Format(
    name=NAME,
    title="plain table (csv or text)",
    extensions=(".csv", ".txt", ".dat", ".tsv"),
    can_read=can_read,
    read=read,
    is_fallback=True,
)
