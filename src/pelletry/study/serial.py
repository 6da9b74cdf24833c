"""Results to bytes and back, without pickle: JSON that names its classes, and arrays as raw little-endian bytes.

Any attrs class of this package (or of a technique that is installed beside it) can be kept; nothing else is ever built
from stored bytes, so a store that somebody else wrote can hold wrong numbers but cannot run anything.
The same object always gives the same bytes.

Layout: ``PLT1``, eight bytes length of the JSON part, the JSON part, then the arrays one behind the other.
"""

from __future__ import annotations

import datetime
import functools
import importlib
import json
import struct
from collections.abc import Mapping
from typing import Any

import attrs
import numpy as np

__all__ = ["SerialError", "decoded", "encoded"]

_MAGIC = b"PLT1"
_TIMES: dict[str, Any] = {"date": datetime.date, "datetime": datetime.datetime, "time": datetime.time}
_HEAD = struct.Struct("<4sQ")
_ALIGNMENT = 16  # an array that starts anywhere else is summed in another order by some processors
_KINDS = frozenset("biufc")


class SerialError(ValueError):
    """The bytes are not what this module wrote, or an object holds something that cannot be kept."""


def encoded(thing: Any) -> bytes:
    """Bytes of a result. Accepts attrs and pydantic objects, arrays, numbers, text, tuples, lists, sets and mappings.

    Raises
    ------
    SerialError
        When something else is met; the message says where in the object.
    """
    arrays = bytearray()
    tree = _tree(thing, arrays, "result")
    text = json.dumps(tree, separators=(",", ":"), ensure_ascii=True, sort_keys=False).encode("ascii")
    text += b" " * (-(_HEAD.size + len(text)) % _ALIGNMENT)
    return b"".join([_HEAD.pack(_MAGIC, len(text)), text, arrays])


def decoded(payload: bytes, *, packages: tuple[str, ...] = ()) -> Any:
    """The object back. Classes are looked up in ``pelletry`` and in the top-level ``packages`` only.

    Raises
    ------
    SerialError
        When the bytes are damaged, or name a class that does not exist (any more).
    """
    try:
        magic, length = _HEAD.unpack_from(payload)
        if magic != _MAGIC:
            raise SerialError("stored bytes do not begin as expected")
        start = _HEAD.size
        tree = json.loads(payload[start : start + length])
        return _thing(tree, memoryview(payload)[start + length :], ("pelletry", *packages))
    except SerialError:
        raise
    except (ValueError, TypeError, KeyError, IndexError, AttributeError, ImportError, struct.error) as error:
        raise SerialError(f"stored bytes cannot be read: {type(error).__name__}: {error}") from error


def _tree(thing: Any, arrays: bytearray, where: str) -> Any:
    if thing is None or (isinstance(thing, bool | int | float | str) and not isinstance(thing, np.generic)):
        return thing
    if isinstance(thing, np.ndarray):
        return _array_tree(thing, arrays, where)
    if isinstance(thing, np.generic):
        return _tree(thing.item(), arrays, where)
    if isinstance(thing, complex):
        return {"!": "complex", "v": [thing.real, thing.imag]}
    if isinstance(thing, datetime.date | datetime.time):
        return {"!": type(thing).__name__, "v": thing.isoformat()}
    if isinstance(thing, tuple | list):
        items = [_tree(item, arrays, f"{where}[{i}]") for i, item in enumerate(thing)]
        return items if isinstance(thing, list) else {"!": "tuple", "v": items}
    if isinstance(thing, set | frozenset):
        return {"!": "set", "v": [_tree(item, arrays, where) for item in sorted(thing, key=repr)]}
    if isinstance(thing, Mapping):
        pairs = [[_tree(k, arrays, where), _tree(v, arrays, f"{where}[{k!r}]")] for k, v in thing.items()]
        return {"!": "map", "v": pairs}
    if attrs.has(type(thing)):
        return _attrs_tree(thing, arrays, where)
    if hasattr(type(thing), "model_fields"):
        values = {name: _tree(getattr(thing, name), arrays, f"{where}.{name}") for name in type(thing).model_fields}
        return {"!": "model", "c": _class_name(type(thing)), "v": values}
    raise SerialError(f"{where} is a {type(thing).__module__}.{type(thing).__qualname__}, which cannot be kept")


def _array_tree(array: np.ndarray[Any, Any], arrays: bytearray, where: str) -> Any:
    if array.dtype.kind not in _KINDS:
        if array.dtype.kind == "U":
            return {"!": "texts", "v": array.tolist()}
        raise SerialError(f"{where} is an array of {array.dtype}, which cannot be kept")
    little = np.ascontiguousarray(array, dtype=array.dtype.newbyteorder("<"))
    arrays.extend(b"\0" * (-len(arrays) % _ALIGNMENT))
    offset = len(arrays)
    arrays.extend(little.tobytes())
    return {"!": "array", "t": little.dtype.str, "s": list(array.shape), "o": offset}


def _attrs_tree(thing: Any, arrays: bytearray, where: str) -> Any:
    values = {
        field.alias: _tree(getattr(thing, field.name), arrays, f"{where}.{field.name}")
        for field in attrs.fields(type(thing))
        if field.init
    }
    return {"!": "attrs", "c": _class_name(type(thing)), "v": values}


def _class_name(kind: type) -> str:
    return f"{kind.__module__}:{kind.__qualname__}"


@functools.cache
def _class_named(name: str, packages: tuple[str, ...]) -> Any:
    module, _, qualified = name.partition(":")
    if module.partition(".")[0] not in packages:
        raise SerialError(f"stored class {name!r} is not one of ours")
    found: Any = importlib.import_module(module)
    for part in qualified.split("."):
        found = getattr(found, part)
    if not (isinstance(found, type) and (attrs.has(found) or hasattr(found, "model_fields"))):
        raise SerialError(f"stored class {name!r} is not a class of values")
    return found


def _thing(tree: Any, arrays: memoryview, packages: tuple[str, ...]) -> Any:
    if isinstance(tree, list):
        return [_thing(item, arrays, packages) for item in tree]
    if not isinstance(tree, dict):
        return tree
    kind: str = tree["!"]
    value: Any = tree.get("v")
    if kind == "attrs":
        fields = {name: _thing(item, arrays, packages) for name, item in value.items()}
        return _class_named(tree["c"], packages)(**fields)
    if kind == "tuple":
        return tuple(_thing(item, arrays, packages) for item in value)
    if kind == "array":
        return _array(tree, arrays)
    if kind == "map":
        return {_thing(k, arrays, packages): _thing(v, arrays, packages) for k, v in value}
    if kind == "set":
        return frozenset(_thing(item, arrays, packages) for item in value)
    if kind == "complex":
        return complex(*value)
    if kind in _TIMES:
        return _TIMES[kind].fromisoformat(value)
    if kind == "texts":
        texts = np.asarray(value)
        texts.flags.writeable = False
        return texts
    if kind == "model":
        fields = {name: _thing(item, arrays, packages) for name, item in value.items()}
        return _class_named(tree["c"], packages).model_validate(fields)
    raise SerialError(f"stored kind {kind!r} is not known")


def _array(tree: Any, arrays: memoryview) -> np.ndarray[Any, Any]:
    dtype = np.dtype(tree["t"])
    if dtype.kind not in _KINDS:
        raise SerialError(f"stored array of {dtype} is not allowed")
    shape = tuple(int(n) for n in tree["s"])
    count = int(np.prod(shape, dtype=np.int64)) if shape else 1
    if count == 0:
        array = np.empty(shape, dtype=dtype)
    else:
        # frombuffer gives a read-only view of the stored bytes: no copy, and nobody can change it
        array = np.frombuffer(arrays, dtype=dtype, count=count, offset=tree["o"]).reshape(shape)
    array.flags.writeable = False
    return array
