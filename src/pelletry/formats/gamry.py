"""Gamry text files (.DTA) of the Framework program: all curves of a file, impedance first of all.

Versions seen: Framework 7.05, 7.9 (``EXPLAIN`` files), US and continental number format (decimal comma throughout).

Schema: each ``<NAME>CURVE TABLE [rows]`` is followed by a line of names and a line of units, both beginning with a tab, then rows
that begin with a tab. ``ZCURVE``: ``Pt`` #, ``Time`` s, ``Freq`` Hz, ``Zreal`` ohm, ``Zimag`` ohm, ``Zsig`` V, ``Zmod`` ohm, ``Zphz`` deg, ``Idc`` A,
``Vdc`` V, ``IERange`` #; with drift correction also ``ZrealDrCor`` and so on (kept as columns; the uncorrected ones are used).
Curves of galvanostatic, potentiostatic and charging experiments (``TAG`` ``CHRONOP``, ``CHRONOA``, ``GALVANOSTATIC``, ``POTENTIOSTATIC``, ``PWR800_...``) are "cycling"; all other
curves (``OCVCURVE``, the sweeps ``CURVE``, ``CURVE1``...) keep their columns, their technique is left open.

Uncertainties: none in the file. Seven digits are printed.

Header kept: the lines ``TAG<tab>TYPE<tab>value<tab>label``. ``AREA`` 1 is the program's default: not set. The temperature channel of the
open-circuit curve reads -327.67 when nothing is plugged in: never a hint.

Structure: latin-1 (degree sign 0xB0). ``EXPERIMENTABORTED<tab>TOGGLE<tab>T`` marks an aborted run, whose curve is kept and flagged. The
announced number of rows of a curve may exceed those written. ``#`` columns are counters.

Knowledge from: ``eis_other/.../exampleDataGamry.DTA`` in the real data and public files with decimal commas and drift correction.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

import attrs

from pelletry.core.record import Record
from pelletry.formats.numbers import Convention
from pelletry.formats.rawfile import RawFile
from pelletry.formats.registry import Format
from pelletry.formats.spectra import records_from_blocks
from pelletry.formats.table_text import Block, read_blocks

__all__ = ["FORMAT"]

NAME = "gamry-dta"
_TABLE = re.compile(r"^(?P<name>[A-Z0-9_]*CURVE[0-9]*)\tTABLE(?:\t(?P<rows>\d+))?", re.IGNORECASE)
_RUN = re.compile(r"CHRONO[PA]|GALVANOSTATIC|POTENTIOSTATIC|PWR|CHARGE|DISCHARGE|RCB|CYCLE", re.IGNORECASE)
_ENTRY = re.compile(r"^(?P<tag>[A-Z0-9_]+)\t(?P<type>[A-Z0-9]+)\t(?P<value>[^\t]*)", re.IGNORECASE)


def can_read(raw: RawFile) -> bool:
    """The first line is the word EXPLAIN, the second an entry ``TAG``."""
    return re.match(r"EXPLAIN\s*[\r\n]+TAG\t", raw.head_text[:200]) is not None


def _decimal(lines: Sequence[str]) -> str:
    """The decimal mark of the file, from the settings and rows that have one."""
    votes = [match[1] for line in lines if (match := re.search(r"\t[+-]?\d+([.,])\d+(?:E[+-]?\d+)?(?:\t|$)", line))]
    return "," if votes.count(",") > votes.count(".") else "."


def read(raw: RawFile) -> Sequence[Record]:
    """One record a curve; a sweep that begins again within a curve makes another.

    Raises
    ------
    BrokenFileError
        When the file ends before its first curve.
    """
    lines = raw.text().lines
    header = {m["tag"]: m["value"].strip() for line in lines if (m := _ENTRY.match(line)) and "TABLE" not in line[:40]}
    header.setdefault("TAG", lines[1].partition("\t")[2].strip())
    tables = [(i, m["name"].upper(), m["rows"]) for i, line in enumerate(lines) if (m := _TABLE.match(line))]
    if not tables:
        raise raw.broken(
            "the file holds no curve", expected="a line such as 'ZCURVE<tab>TABLE'", do="check that the run ended"
        )
    aborted = header.get("EXPERIMENTABORTED", "").upper() == "T"
    blocks = read_blocks(raw, convention=Convention("\t", _decimal(lines)))
    records: list[Record] = []
    for number, (at, name, announced) in enumerate(tables):
        end = tables[number + 1][0] if number + 1 < len(tables) else len(lines)
        inside = [block for block in blocks if at + 1 < block.first_line <= end]
        notes = ["the run was aborted"] if aborted and name == "ZCURVE" else []
        if announced and inside and int(announced) != len(inside[0].values):
            notes.append(f"{name} announces {announced} rows and holds {len(inside[0].values)}")
        records.extend(_curve(raw, name, lines[at + 1 : at + 3], inside[:1], {**header, "curve": name}, notes))
    return [attrs.evolve(r, origin=attrs.evolve(r.origin, record=i)) for i, r in enumerate(records)]


def _curve(
    raw: RawFile, name: str, heads: Sequence[str], blocks: list[Block], header: dict[str, str], notes: list[str]
) -> list[Record]:
    technique = "impedance" if name == "ZCURVE" else ""
    if not blocks:
        empty = Record(
            name=name, technique=technique, columns=(), origin=raw.origin(NAME), header=header, warnings=tuple(notes)
        )
        return [empty]
    cells = [head.split("\t") for head in heads] + [[], []]
    width = blocks[0].values.shape[1]
    block = attrs.evolve(
        blocks[0],
        names=tuple(cell.strip() for cell in cells[0][:width]),
        units=tuple(cell.strip() for cell in cells[1][:width]),
        before=(),
        warnings=(*blocks[0].warnings, *notes),
    )
    not_set = ("AREA",) if re.fullmatch(r"1[.,]0*(?:E[+-]?0+)?|1", header.get("AREA", "")) else ()
    made = records_from_blocks(raw, NAME, [block], header=header, title=name, acquired_at=None, not_set=not_set)
    if name == "ZCURVE":
        return list(made)
    is_run = _RUN.match(header.get("TAG", "")) is not None and name.startswith("CURVE")
    return [attrs.evolve(record, technique="cycling" if is_run else "") for record in made]


FORMAT = Format(name=NAME, title="Gamry data file (.DTA)", extensions=(".dta",), can_read=can_read, read=read)
