"""Where the columns of a record lie when some column numbers are not known.

The length of a record and the widths of the known columns leave so many bytes for the unknown ones. One unknown column takes
them all. Of several, each way to share the bytes out is tried, and the one that makes the known and unknown columns behind
look like measured numbers is taken, if it is clearly the best. Otherwise the columns between the first and the last unknown
one are withheld; those before the first and behind the last lie at certain places in any case. Nothing is guessed in silence:
each unknown column gives a warning.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence

import attrs
import numpy as np
import numpy.typing as npt

from pelletry.formats.biologic_columns import OTHER_MEANINGS, Stored

__all__ = ["Field", "Slot", "fields_of", "plausible_share"]

#: A known column, or the bare number of one that is not.
Slot = Stored | int
_WIDTHS = (4, 8, 2, 1)
_WIDTH = {"|u1": 1, "<u2": 2, "<u4": 4, "<f4": 4, "<f8": 8}
_UNKNOWN_AT_MOST = 6
_CLEARLY = 0.05
_SAMPLE = 256


@attrs.frozen(kw_only=True)
class Field:
    """A column at its place in the record."""

    name: str
    unit: str
    dtype: str
    offset: int


def fields_of(
    slots: Sequence[Slot], numbers: Sequence[int], size: int, records: npt.NDArray[np.void]
) -> tuple[tuple[Field, ...], tuple[str, ...]] | str:
    """The columns that can be read and the warnings about the rest, or a sentence saying why nothing fits.

    ``numbers[i]`` is the column number of ``slots[i]``; ``size`` is the length of a record, of which ``records`` holds all.
    """
    unknown = [i for i, slot in enumerate(slots) if isinstance(slot, int)]
    room = size - sum(_WIDTH[slot.dtype] for slot in slots if isinstance(slot, Stored))
    if not unknown and room == 0:
        return _placed(slots, {}), ()
    if not unknown:
        other = _other_meanings(slots, numbers, room)
        if other is not None:
            return _placed(other, {}), ()
    if room < len(unknown) or not unknown:
        return f"a point has {size} bytes, but its columns need {size - room + len(unknown)}"
    shared = _shared_out(slots, unknown, room, records)
    if shared is None:
        return _certain_only(slots, unknown, size)
    fields = _placed(slots, shared)
    named: list[Field] = []
    warnings: list[str] = []
    for i, slot, field in zip(range(len(slots)), slots, fields, strict=True):
        if i not in shared:
            named.append(field)
            continue
        dtype = _type_of(_bytes_at(records, field.offset, shared[i]))
        if dtype is None:
            warnings.append(f"column number {slot} is not known; its {shared[i]} bytes a point were not read")
            continue
        named.append(Field(name=field.name, unit="", dtype=dtype, offset=field.offset))
        warnings.append(
            f"column number {slot} is not known; read as {np.dtype(dtype).name} from the length of a point, without a unit"
        )
    return tuple(named), tuple(warnings)


def plausible_share(values: npt.NDArray[np.floating]) -> float:
    """The share of floats that look measured: zero, or finite with a size between 1e-25 and 1e15."""
    if not values.size:
        return 1.0
    with np.errstate(all="ignore"):
        size = np.abs(values)
        return float(np.mean((size == 0) | ((size > 1e-25) & (size < 1e15))))


def _placed(slots: Sequence[Slot], widths: dict[int, int]) -> tuple[Field, ...]:
    fields, at = [], 0
    for i, slot in enumerate(slots):
        if isinstance(slot, Stored):
            fields.append(Field(name=slot.name, unit=slot.unit, dtype=slot.dtype, offset=at))
            at += _WIDTH[slot.dtype]
        else:
            fields.append(Field(name=f"column {slot}", unit="", dtype="|u1", offset=at))
            at += widths[i]
    return tuple(fields)


def _other_meanings(slots: Sequence[Slot], numbers: Sequence[int], room: int) -> list[Slot] | None:
    """The slots with all doubtful numbers read the other way, if that fills the record."""
    turned = [OTHER_MEANINGS.get(number, slot) for number, slot in zip(numbers, slots, strict=True)]
    gained = sum(
        _WIDTH[new.dtype] - _WIDTH[old.dtype]
        for new, old in zip(turned, slots, strict=True)
        if isinstance(new, Stored) and isinstance(old, Stored)
    )
    return turned if gained == room and gained else None


def _shared_out(
    slots: Sequence[Slot], unknown: Sequence[int], room: int, records: npt.NDArray[np.void]
) -> dict[int, int] | None:
    """Bytes of each unknown column, or None when no sharing stands out."""
    if len(unknown) == 1:
        return {unknown[0]: room}
    if len(unknown) > _UNKNOWN_AT_MOST:
        return None
    ways = [way for way in itertools.product(_WIDTHS, repeat=len(unknown)) if sum(way) == room]
    if len(ways) == 1:
        return dict(zip(unknown, ways[0], strict=True))
    step = max(1, len(records) // _SAMPLE)
    sample = records[::step][:_SAMPLE]
    scored = sorted(((_score(slots, dict(zip(unknown, way, strict=True)), sample), way) for way in ways), reverse=True)
    if not scored or (len(scored) > 1 and scored[0][0] - scored[1][0] < _CLEARLY):
        return None
    return dict(zip(unknown, scored[0][1], strict=True))


def _score(slots: Sequence[Slot], widths: dict[int, int], sample: npt.NDArray[np.void]) -> float:
    """How much the columns behind the first unknown one look like measured numbers; rare widths count a little less."""
    total, weights = 0.0, 0
    for i, field in enumerate(_placed(slots, widths)):
        if i < min(widths):
            continue
        width = widths.get(i)
        if width is None:
            if field.dtype not in ("<f4", "<f8"):
                continue
            total += plausible_share(_view(sample, field.offset, field.dtype))
        else:
            dtype = _type_of(_bytes_at(sample, field.offset, width))
            total += 0.0 if dtype is None else 1.0 if width in (4, 8) else 0.9
        weights += 1
    return total / max(weights, 1)


def _type_of(cells: npt.NDArray[np.uint8]) -> str | None:
    """The likeliest numpy type of a column given its bytes (n, width), or None when no type has that width."""
    width = cells.shape[1]
    if width in (1, 2):
        return {1: "|u1", 2: "<u2"}[width]
    if width not in (4, 8):
        return None
    packed = np.ascontiguousarray(cells)
    floats = packed.view(f"<f{width}").ravel()
    if plausible_share(floats) >= 0.9:
        return f"<f{width}"
    if width == 4 and float(np.mean(packed.view("<u4") < 10_000_000)) >= 0.9:
        return "<u4"
    return None


def _certain_only(
    slots: Sequence[Slot], unknown: Sequence[int], size: int
) -> tuple[tuple[Field, ...], tuple[str, ...]]:
    front = _placed(slots[: unknown[0]], {})
    behind = slots[unknown[-1] + 1 :]
    start = size - sum(_WIDTH[slot.dtype] for slot in behind if isinstance(slot, Stored))
    back = tuple(attrs.evolve(field, offset=field.offset + start) for field in _placed(behind, {}))
    between = [slot.name for slot in slots[unknown[0] : unknown[-1]] if isinstance(slot, Stored)]
    names = ", ".join(str(slots[i]) for i in unknown)
    lost = f"; so were the columns between them: {', '.join(between)}" if between else ""
    return (*front, *back), (f"the column numbers {names} are not known and were not read{lost}",)


def _bytes_at(records: npt.NDArray[np.void], offset: int, width: int) -> npt.NDArray[np.uint8]:
    size = records.dtype.itemsize
    step = max(1, len(records) // _SAMPLE)
    rows = records[::step].copy().view(np.uint8).reshape(-1, size)
    cells: npt.NDArray[np.uint8] = rows[:, offset : offset + width]
    return cells


def _view(records: npt.NDArray[np.void], offset: int, dtype: str) -> npt.NDArray[np.floating]:
    width = np.dtype(dtype).itemsize
    values: npt.NDArray[np.floating] = np.ascontiguousarray(_bytes_at(records, offset, width)).view(dtype).ravel()
    return values
