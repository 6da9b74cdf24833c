"""Ivium data files (.ids, .idf) of IviumSoft: text between binary length fields.

Versions seen: one .ids file with two data sets (51 measured cycles of a method with 29 frequencies each).

Schema: each data set ends in a block ``primary_data``, then the number of columns, the number of points, and fixed-width rows of
that many numbers. For impedance the three columns are Z', Z'' and frequency, in this order; they get the names ``Z'`` ohm,
``Z''`` ohm, ``frequency`` Hz. For other methods the columns are kept as ``column 1``.. with the technique open.

Uncertainties: none. Six digits are printed (relative 5e-6).

Header kept: the lines ``key=value`` above the data, those of the data set (``Method``, ``Title``, ``Technique``...). A block that holds
fewer rows than announced is broken, since the next length field would be read as data.

Structure: length fields are little-endian words between the texts (seen as control characters); what they count: ???. The raw
scope traces of each frequency (``PD`` blocks) follow the primary data and are not read.

Knowledge from: ``eis_other/vyrjana+pyimpspec/data.ids`` in the real data, whose spectrum is known from its twins.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np

from pelletry.core.record import Column, Record
from pelletry.formats.hints import hints_from_name
from pelletry.formats.rawfile import BINARY_LIMIT_BYTES, RawFile
from pelletry.formats.registry import Format
from pelletry.formats.spectra import header_of, not_set_keys

__all__ = ["FORMAT"]

NAME = "ivium"
_BLOCK = re.compile(rb"^primary_data\s*$", re.MULTILINE)
_MOST_COLUMNS = 64


def can_read(raw: RawFile) -> bool:
    """IviumSoft's switches near the beginning, in a file that is not plain text of another program."""
    head = raw.head
    return b"ECN=" in head[:4096] and b"Corrosion=" in head[:4096] and (b"Method=" in head or b"primary_data" in head)


def read(raw: RawFile) -> Sequence[Record]:
    """One record a data set.

    Raises
    ------
    BrokenFileError
        When a block ``primary_data`` is cut short or its counts are absurd; names the line.
    """
    content = raw.bytes(limit_bytes=BINARY_LIMIT_BYTES // 4).replace(b"\r\n", b"\n")
    starts = list(_BLOCK.finditer(content))
    if not starts:
        raise raw.broken(
            "the file holds no data set", expected="a block 'primary_data'", do="check that the run was saved"
        )
    records: list[Record] = []
    previous = 0
    for number, match in enumerate(starts):
        header = _header(content[previous : match.start()])
        line = content.count(b"\n", 0, match.start()) + 1
        values = _rows(raw, content, match.end(), line)
        previous = match.end()
        is_impedance = header.get("Method", "").strip().lower() == "impedance" and values.shape[1] == 3
        heads = (("Z'", "ohm"), ("Z''", "ohm"), ("frequency", "Hz")) if is_impedance else ()
        columns = tuple(
            Column(
                name=heads[j][0] if heads else f"column {j + 1}",
                unit=heads[j][1] if heads else "",
                values=values[:, j].copy(),
            )
            for j in range(values.shape[1])
        )
        records.append(
            Record(
                name=raw.path.name if len(starts) == 1 else f"{raw.path.name} [{number + 1}]",
                technique="impedance" if is_impedance else "",
                columns=columns,
                origin=raw.origin(NAME, record=number, line=line),
                header=header,
                not_set=not_set_keys(header),
                hints=hints_from_name(raw.shown),
            )
        )
    return records


def _header(content: bytes) -> dict[str, str]:
    text = content[:200_000].decode("cp1252", errors="replace")
    lines = [line for line in text.split("\n") if "=" in line and line.isprintable() and not line.startswith("timing.")]
    return header_of([line for line in lines if not re.match(r"\w+\.\w+\[\d+\]=", line)])


def _rows(raw: RawFile, content: bytes, at: int, line: int) -> np.ndarray:
    head = content[at : at + 200].lstrip(b"\n").split(b"\n", 2)
    try:
        width, count = int(head[0]), int(head[1])
    except (ValueError, IndexError):
        raise raw.broken(
            "the counts behind 'primary_data' are missing", line=line, expected="a number of columns and of points"
        ) from None
    if not (1 <= width <= _MOST_COLUMNS and 0 <= count <= len(content) // 2):
        raise raw.broken(f"{width} columns and {count} points are announced, which cannot be", line=line + 1)
    start = content.index(head[2], at) if len(head) > 2 else len(content)
    lines = content[start : start + (count + 1) * width * 32].split(b"\n")[:count]
    try:
        values = [[float(cell) for cell in one.split()] for one in lines]
    except ValueError:
        values = []
    if len(values) != count or any(len(one) != width for one in values):
        good = next((i for i, one in enumerate(values) if len(one) != width), len(values))
        raise raw.broken(
            f"the data set is cut short: {count} rows of {width} numbers are announced",
            line=line + 3 + good,
            do="copy the file again from its source",
        )
    return np.array(values, dtype=np.float64).reshape(count, width)


FORMAT = Format(
    name=NAME, title="Ivium data file (.ids, .idf)", extensions=(".ids", ".idf"), can_read=can_read, read=read
)
