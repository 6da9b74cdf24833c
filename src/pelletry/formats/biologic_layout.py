"""The data module of an EC-Lab binary file: how its records are laid out, also where a column number is not known.

The module opens with the number of points (uint32), the number of columns, the column numbers, zeros up to a fixed place, and
then one packed record a point. All flags share the first byte of the record.
"""

from __future__ import annotations

import struct

import attrs
import numpy as np
import numpy.typing as npt

from pelletry.core.record import Column
from pelletry.formats.biologic_columns import COLUMNS, FLAGS, Stored
from pelletry.formats.biologic_modules import Module
from pelletry.formats.biologic_unknown import Field, Slot, fields_of
from pelletry.formats.rawfile import RawFile

__all__ = ["Layout", "columns_of", "layout_of"]


@attrs.frozen
class _Opening:
    """Where things stand at the start of a data module, by its version."""

    count: str  # struct code of the number of columns, at byte 4
    number: str  # numpy type of a column number
    records: int  # first byte of the records


_OPENINGS: dict[int, _Opening] = {
    0: _Opening("<B", "|u1", 100),
    2: _Opening("<B", "<u2", 405),
    3: _Opening("<B", "<u2", 406),
    10: _Opening("<H", "<u2", 1007),
    11: _Opening("<H", "<u2", 1007),
}
_FLAGS_NAME = "flags"


@attrs.frozen(kw_only=True)
class Layout:
    """How to read the records: their place, their number, and the fields of each. The shared byte of flags is a field."""

    begin: int
    points: int
    numbers: tuple[int, ...]
    fields: tuple[Field, ...]
    dtype: np.dtype[np.void]
    warnings: tuple[str, ...] = ()


def layout_of(content: bytes, module: Module, raw: RawFile) -> Layout:
    """Read the opening of the data module and settle what each byte of a record means.

    Raises
    ------
    BrokenFileError
        When points, columns and module length contradict one another, or the file ends before the last record.
    """
    available = max(0, min(len(content) - module.begin, module.length))
    opening = _opening_of(content, module, available, raw)
    points = struct.unpack_from("<I", content, module.begin)[0]
    numbers = _numbers(content, module, opening)
    if not numbers:
        raise raw.broken("the data module names no columns", offset=module.begin + 4, do="copy the file again")
    size = _record_bytes(content, module, opening, points, raw) if points else 0
    fields, warnings = _fields(content, module, opening, points, size, numbers, raw)
    begin = module.begin + opening.records
    dtype = np.dtype(
        {
            "names": [f"c{i}" for i in range(len(fields))],
            "formats": [field.dtype for field in fields],
            "offsets": [field.offset for field in fields],
            "itemsize": size or 1 + max((field.offset + 8 for field in fields), default=0),
        }
    )
    return Layout(begin=begin, points=points, numbers=numbers, fields=fields, dtype=dtype, warnings=warnings)


def columns_of(content: bytes, layout: Layout, rows: slice | npt.NDArray[np.intp] | None = None) -> tuple[Column, ...]:
    """The columns, of all points or some, as read-only views on the content (on one copy for scattered points).

    Only flags, which share a byte, are unpacked.
    """
    # Taken as opaque records, scattered points are copied whole instead of field by field.
    opaque = np.dtype((np.void, layout.dtype.itemsize))
    records = np.frombuffer(content, dtype=opaque, count=layout.points, offset=layout.begin if layout.points else 0)
    table = (records if rows is None else records[rows]).view(layout.dtype)
    columns: list[Column] = []
    for i, field in enumerate(layout.fields):
        values = table[f"c{i}"]
        if field.name == _FLAGS_NAME:
            together = np.ascontiguousarray(values)
            for flag in (FLAGS[number] for number in layout.numbers if number in FLAGS):
                columns.append(Column(name=flag.name, unit="", values=(together & flag.mask) >> flag.shift))
        else:
            columns.append(Column(name=field.name, unit=field.unit, values=values))
    return tuple(columns)


def _record_bytes(content: bytes, module: Module, opening: _Opening, points: int, raw: RawFile) -> int:
    """Bytes of one record; the file must hold all of them."""
    room = module.length - opening.records
    size, rest = divmod(room, points)
    if rest or size < 1:
        raise raw.broken(
            f"{points} points of equal length do not fill the {max(room, 0)} bytes of the data module",
            offset=module.begin,
            expected="a whole number of bytes a point",
            do="copy the file from the instrument again; its head is damaged",
        )
    complete = (len(content) - module.begin - opening.records) // size
    if complete < points:
        raise raw.broken(
            f"the file ends inside the measured data: {complete} of {points} points are complete",
            offset=len(content),
            expected=f"{points * size} bytes of data",
            do="copy the file from the instrument again, or export the run as text",
        )
    return size


def _fields(
    content: bytes, module: Module, opening: _Opening, points: int, size: int, numbers: tuple[int, ...], raw: RawFile
) -> tuple[tuple[Field, ...], tuple[str, ...]]:
    slots = _slots(numbers)
    if not points:
        room = module.length - opening.records
        left = (f"the file says 0 points, yet {room} bytes follow; they were not read",) if room > 0 else ()
        return tuple(
            Field(name=slot.name, unit=slot.unit, dtype=slot.dtype, offset=0)
            if isinstance(slot, Stored)
            else Field(name=f"column {slot}", unit="", dtype="<f4", offset=0)
            for _, slot in slots
        ), left
    records = np.frombuffer(content, dtype=f"V{size}", count=points, offset=module.begin + opening.records)
    settled = fields_of([slot for _, slot in slots], [number for number, _ in slots], size, records)
    if isinstance(settled, str):
        raise raw.broken(
            settled,
            offset=module.begin,
            expected="known columns that fill a point",
            do="export the run as text (.mpt); the binary layout is not known",
        )
    return settled


def _opening_of(content: bytes, module: Module, available: int, raw: RawFile) -> _Opening:
    opening = _OPENINGS.get(module.version)
    if opening is None:
        fitting = [known for known in _OPENINGS.values() if _fits(content, module, known, available)]
        if not fitting:
            raise raw.broken(
                f"the data module has the unknown version {module.version}",
                offset=module.begin,
                expected=f"version {', '.join(map(str, _OPENINGS))}, or a layout like one of them",
                do="export the run as text (.mpt) and report the EC-Lab version",
            )
        opening = fitting[-1]
    if available < opening.records:
        raise raw.broken(
            "the file ends inside the head of the measured data: no point is complete",
            offset=len(content),
            expected=f"{opening.records} bytes before the first point",
            do="copy the file from the instrument again",
        )
    return opening


def _fits(content: bytes, module: Module, opening: _Opening, available: int) -> bool:
    if available < opening.records:
        return False
    points = struct.unpack_from("<I", content, module.begin)[0]
    numbers = _numbers(content, module, opening)
    room = module.length - opening.records
    known = all(number in COLUMNS or number in FLAGS for number in numbers)
    return bool(numbers) and known and (room == 0 if points == 0 else room % points == 0 and room >= points)


def _numbers(content: bytes, module: Module, opening: _Opening) -> tuple[int, ...]:
    count = struct.unpack_from(opening.count, content, module.begin + 4)[0]
    first = 4 + struct.calcsize(opening.count)
    count = min(count, (opening.records - first) // np.dtype(opening.number).itemsize)
    return tuple(np.frombuffer(content, dtype=opening.number, count=count, offset=module.begin + first).tolist())


def _slots(numbers: tuple[int, ...]) -> list[tuple[int, Slot]]:
    """What stands in a record, in order, with its number: known columns, and the bare number of one that is not."""
    slots: list[tuple[int, Slot]] = []
    has_flags = False
    for number in numbers:
        if number in FLAGS:
            if not has_flags:
                slots.append((number, Stored(name=_FLAGS_NAME, unit="", dtype="|u1")))
            has_flags = True
        else:
            slots.append((number, COLUMNS.get(number, number)))
    return slots
