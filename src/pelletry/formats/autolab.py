"""Autolab (Eco Chemie / Metrohm) FRA files: .dfr and the ASCII export .P00. NOVA's text exports are plain tables.

``.dfr`` (seen: ``VERSION8.0``)
    Line 1 the version, line 2 the number of points, line 3 a flag ???, then nine lines a point: frequency, Z', -Z'' and six numbers
    that were zero in the file seen (???). Settings follow the last point; among them two dates ``dd.mm.yyyy`` (German PC; ???).
    Schema: ``frequency`` Hz, ``Z'`` ohm, ``-Z''`` ohm.
``.P00``
    ``Procedure :`` title, a line of times and currents, description, ``t = ...``, names ``f/Hz``, ``Z'/Ohm``, ``-Z''/Ohm``, ``time/s``,
    ``Edc/V``, ``Idc/A`` with tabs, the number of points on a line of its own, rows. Three to five digits are printed.

Uncertainties: none in the files.

Knowledge from: ``eis_other/vyrjana+pyimpspec/data.dfr`` in the real data and a public .P00 file of the same spectrum.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

import attrs
import numpy as np

from pelletry.core.record import Column, Record
from pelletry.formats.hints import hints_from_name
from pelletry.formats.rawfile import RawFile
from pelletry.formats.registry import Format
from pelletry.formats.spectra import records_from_blocks
from pelletry.formats.table_text import read_blocks

__all__ = ["FORMATS"]

_LINES_PER_POINT = 9
_DFR = re.compile(r"VERSION\d+(?:\.\d+)?\s*\n\s*\d+\s*\n")
_P00 = re.compile(r"^Procedure\s*:", re.IGNORECASE)
_P00_NAMES = re.compile(r"^[ \t]*f/Hz *\t *Z'/Ohm *\t *-Z''/Ohm", re.MULTILINE)


def _is_dfr(raw: RawFile) -> bool:
    return _DFR.match(raw.head_text.replace("\r\n", "\n")) is not None


def _is_p00(raw: RawFile) -> bool:
    return _P00.match(raw.head_text) is not None and _P00_NAMES.search(raw.head_text) is not None


def _read_dfr(raw: RawFile) -> Sequence[Record]:
    lines = raw.text().lines
    announced = re.fullmatch(r"\s*(\d{1,18})\s*", lines[1])
    if announced is None:
        raise raw.broken("the number of points is missing", line=2, expected="a whole number")
    count = int(announced[1])
    end = 3 + count * _LINES_PER_POINT
    if end > len(lines):
        held = max(0, (len(lines) - 3) // _LINES_PER_POINT)
        raise raw.broken(
            f"the file announces {count} points and holds {held}",
            line=len(lines),
            do="copy the file again from its source",
        )
    values = np.empty((count, 3))
    for i in range(count):
        for j in range(3):
            at = 3 + i * _LINES_PER_POINT + j
            try:
                values[i, j] = float(lines[at].replace(",", "."))
            except ValueError:
                raise raw.broken("a number is missing", line=at + 1, expected="frequency, Z' or -Z''") from None
    columns = tuple(
        Column(name=name, unit=unit, values=values[:, j].copy())
        for j, (name, unit) in enumerate((("frequency", "Hz"), ("Z'", "ohm"), ("-Z''", "ohm")))
    )
    header = {"version": lines[0].strip()}
    return [
        Record(
            name=raw.path.name,
            technique="impedance",
            columns=columns,
            origin=raw.origin("autolab-dfr", line=4),
            header=header,
            hints=hints_from_name(raw.shown),
        )
    ]


def _read_p00(raw: RawFile) -> Sequence[Record]:
    lines = raw.text().lines
    names_at = next((i for i, line in enumerate(lines) if _P00_NAMES.match(line)), None)
    if names_at is None:
        raise raw.broken("the line of names is missing", expected="f/Hz, Z'/Ohm, -Z''/Ohm")
    blocks = [block for block in read_blocks(raw) if block.first_line > names_at + 1]
    announced = lines[names_at + 1].strip() if names_at + 1 < len(lines) else ""
    if not blocks or not announced.isdigit():
        raise raw.broken("no points follow the names", line=names_at + 1, expected="the number of points and the rows")
    if int(announced) != len(blocks[0].values) or len(blocks) > 1:
        raise raw.broken(
            f"the file announces {announced} points and holds {len(blocks[0].values)}",
            line=names_at + 2,
            do="copy the file again from its source",
        )
    title = lines[0].partition(":")[2].strip()
    return [
        attrs.evolve(record, name=title or record.name) for record in records_from_blocks(raw, "autolab-p00", blocks)
    ]


FORMATS = (
    Format(name="autolab-dfr", title="Autolab FRA file (.dfr)", extensions=(".dfr",), can_read=_is_dfr, read=_read_dfr),
    Format(name="autolab-p00", title="Autolab FRA text (.P00)", extensions=(".P00",), can_read=_is_p00, read=_read_p00),
)
