"""Where the names of points go in the report's figures: beside their point, over no other point and no other name."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import attrs
import numpy as np

from pelletry.core.arrays import Array
from pelletry.core.figure import Series

__all__ = ["Placed", "bar_places", "placed_names"]

Rectangle = tuple[float, float, float, float]

_LETTER, _HIGH, _AWAY = 0.56, 0.95, 7.0  # width of a letter and height of a line as shares of the font size; [px]
_POINT = 4.0


@attrs.frozen(kw_only=True)
class Placed:
    """A name ``dx`` right of and ``dy`` below its point, held at its start, middle or end; ``dy`` is that of its middle. [px]"""

    dx: float
    dy: float
    anchor: str


_PLACES = tuple(
    Placed(dx=dx * step, dy=dy * step, anchor=anchor)
    for step in (1.0, 2.2)
    for dx, dy, anchor in (
        (_AWAY, 0.0, "start"), (-_AWAY, 0.0, "end"), (0.0, -12.0, "middle"), (0.0, 12.0, "middle"),
        (5.0, -9.0, "start"), (5.0, 9.0, "start"), (-5.0, -9.0, "end"), (-5.0, 9.0, "end"),
    )
)  # fmt: skip


def placed_names(
    points: Sequence[tuple[float, float]],
    names: Sequence[str],
    *,
    box: Rectangle,
    others: Sequence[tuple[float, float]] = (),
    size: float = 11.0,
) -> tuple[Placed | None, ...]:
    """A place for each name, or None where every place would cover something; the point stays, its name is in the hover text.

    ``box`` is (left, top, right, bottom) of the axes, ``others`` are further places with ink. [px]
    """
    taken: list[Rectangle] = [(x - _POINT, y - _POINT, x + _POINT, y + _POINT) for x, y in points]
    taken += [(x - 1, y - 1, x + 1, y + 1) for x, y in others]
    found: list[Placed | None] = []
    for (x, y), name in zip(points, names, strict=True):
        width, half = _LETTER * size * len(name), _HIGH * size / 2
        free = None
        for place in _PLACES:
            left = x + place.dx - {"start": 0.0, "middle": width / 2, "end": width}[place.anchor]
            edges = (left, y + place.dy - half, left + width, y + place.dy + half)
            if _is_inside(edges, box) and not any(_meet(edges, one) for one in taken):
                free = place
                taken.append(edges)
                break
        found.append(free)
    return tuple(found)


def bar_places(series: Iterable[Series]) -> tuple[Array, Array]:
    """Points along all error bars, in data, close enough to one another for a name to meet one of them."""
    x: list[Array] = [np.empty(0)]
    y: list[Array] = [np.empty(0)]
    for one in series:
        for half, along, across, whole in ((one.x_error, x, y, one.x), (one.y_error, y, x, one.y)):
            if half is not None:
                steps = np.linspace(-1, 1, 25)[:, None]
                along.append((whole + steps * half).ravel())
                across.append(np.tile(one.y if along is x else one.x, 25))
    every_x, every_y = np.concatenate(x), np.concatenate(y)
    known = np.isfinite(every_x) & np.isfinite(every_y)
    return every_x[known], every_y[known]


def _is_inside(edges: Rectangle, box: Rectangle) -> bool:
    return edges[0] > box[0] and edges[1] > box[1] and edges[2] < box[2] and edges[3] < box[3]


def _meet(a: Rectangle, b: Rectangle) -> bool:
    return a[0] < b[2] and a[2] > b[0] and a[1] < b[3] and a[3] > b[1]
