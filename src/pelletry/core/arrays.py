"""Read-only float arrays as attrs fields."""

from __future__ import annotations

from typing import Any

import attrs
import numpy as np
import numpy.typing as npt

__all__ = ["Array", "ComplexArray", "array_field", "frozen_array"]

Array = npt.NDArray[np.float64]
ComplexArray = npt.NDArray[np.complex128]


def frozen_array(values: Any, dtype: Any = np.float64) -> npt.NDArray[Any]:
    """A read-only array of ``dtype``; copies only when it must."""
    array = np.asarray(values, dtype=dtype)
    if array.flags.writeable:
        array = array.view() if not array.flags.owndata else array.copy()
        array.flags.writeable = False
    return array


def _equal(a: Any, b: Any) -> bool:
    return a is b or (a is not None and b is not None and bool(np.array_equal(a, b, equal_nan=True)))


def array_field(*, dtype: Any = np.float64, unit: str = "", doc: str = "", default: Any = attrs.NOTHING) -> Any:
    """An attrs field that holds a read-only array and knows its unit."""
    return attrs.field(
        converter=lambda values: None if values is None else frozen_array(values, dtype),
        eq=attrs.cmp_using(eq=_equal),
        repr=lambda a: "None" if a is None else f"array{a.shape}",
        metadata={"unit": unit, "doc": doc},
        default=default,
    )
