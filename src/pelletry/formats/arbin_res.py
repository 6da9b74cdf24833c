"""Arbin .res files: Access (Jet) databases, read through the program ``mdb-export`` of mdbtools when it is installed.

Formats seen: Jet 4 databases of MITS Pro (2016 and later), ``full_cell_cycling`` in the real data.

Schema: the table ``Channel_Normal_Table`` through ``mdb-export`` as csv, then as ``arbin.py``; rows in the order of ``Data_Point``. One record a ``Test_ID``.
``DateTime`` is a day count since 1899-12-30 as Access has it, left as it is. The database names no units: those of MITS Pro (s, A, V, Ah, Wh, ohm)
are given.

Without ``mdb-export`` on the PATH the file is refused with what to do. The program is started without a shell, reads only the file, and
is ended after ten minutes; its output is read in pieces.

Refused: Access databases that are not of Arbin (no such table).
"""

from __future__ import annotations

import shutil
import subprocess
import tempfile
import threading
from collections.abc import Iterator, Sequence

import attrs
import numpy as np

from pelletry.core.record import Column, Record
from pelletry.formats.cycler_table import lines_of_pieces, read_cycler_pieces
from pelletry.formats.rawfile import RawFile
from pelletry.formats.registry import Format

__all__ = ["FORMAT"]

NAME = "arbin-res"
_PROGRAM = "mdb-export"
_TABLE = "Channel_Normal_Table"
_LONGEST_S = 600
_PIECE_BYTES = 1 << 20
#: The database names no units; these are the program's by definition.
_UNITS = {
    "Test_Time": "s", "Step_Time": "s", "DateTime": "d", "Current": "A", "Voltage": "V", "Charge_Capacity": "Ah", "Discharge_Capacity": "Ah",
    "Charge_Energy": "Wh", "Discharge_Energy": "Wh", "dV/dt": "V/s", "Internal_Resistance": "ohm", "AC_Impedance": "ohm", "ACI_Phase_Angle": "deg",
}  # fmt: skip


def _can_read(raw: RawFile) -> bool:
    return raw.head[4:19] in (b"Standard Jet DB", b"Standard ACE DB")


def _printed(raw: RawFile, program: str) -> Iterator[bytes]:
    """What the program prints, in pieces."""
    with tempfile.TemporaryFile() as said:
        process = subprocess.Popen(
            [program, str(raw.path), _TABLE], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=said
        )
        watch = threading.Timer(_LONGEST_S, process.kill)
        watch.start()
        try:
            if process.stdout is not None:
                with process.stdout as stream:
                    while piece := stream.read(_PIECE_BYTES):
                        yield piece
            status = process.wait()
        finally:
            watch.cancel()
            if process.poll() is None:
                process.kill()
                process.wait()
        if status != 0:
            said.seek(0)
            words = said.read(300).decode("utf-8", "replace").strip().replace("\n", " ")
            raise raw.broken(f"{_PROGRAM} cannot read the database ({words or f'status {status}'})")


def read(raw: RawFile) -> Sequence[Record]:
    """One record a test.

    Raises
    ------
    RefusedFileError
        When ``mdb-export`` is not installed, or the database is not of Arbin.
    BrokenFileError
        When the program cannot read the file.
    """
    if raw.packing:
        raise raw.refused(
            f"an Access database packed with {raw.packing} cannot be given to {_PROGRAM}", do="unpack it first"
        )
    program = shutil.which(_PROGRAM)
    if program is None:
        raise raw.refused(
            "an Arbin .res file is an Access database, which only other programs read",
            do="convert it first: export the run as csv or xlsx from MITS Pro, or install mdbtools, whose program "
            "mdb-export is used when it is found",
        )
    pieces = lines_of_pieces(raw, _printed(raw, program))
    first = next(pieces, b"")
    names, _, rest = first.partition(b"\n")
    heads = tuple(head.strip().strip('"') for head in names.decode("utf-8", "replace").split(","))
    if "Test_ID" not in heads or "Data_Point" not in heads:
        raise raw.refused(
            f"the Access database has no table {_TABLE}, so it is not of Arbin", do="export the table as csv"
        )

    def rows() -> Iterator[bytes]:
        yield rest
        yield from pieces

    return _tests(read_cycler_pieces(raw, NAME, heads, rows(), header={"table": _TABLE}))


def _tests(record: Record) -> list[Record]:
    """A record a test, its rows in the order of their numbers: a database keeps no order."""
    tests, points = record.column("Test_ID"), record.column("Data_Point")
    if tests is None or points is None or not record.points:
        return [record]
    order = np.lexsort((points.values, tests.values))
    groups = np.split(order, np.flatnonzero(np.diff(tests.values[order])) + 1)
    return [
        attrs.evolve(
            record,
            name=record.name if len(groups) == 1 else f"{record.name}, test {tests.values[rows[0]]:.0f}",
            columns=tuple(
                Column(name=c.name, unit=_UNITS.get(c.name, c.unit), values=c.values[rows]) for c in record.columns
            ),
            origin=attrs.evolve(record.origin, record=number, line=None),
        )
        for number, rows in enumerate(groups)
    ]


FORMAT = Format(
    name=NAME, title="Arbin database (.res)", extensions=(".res",), can_read=_can_read, read=read, technique="cycling"
)
