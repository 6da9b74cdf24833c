"""A second vertical scale: its series are moved to the left one, and its numbers stand on the right where they belong."""

from __future__ import annotations

import attrs
import numpy as np

from pelletry.core.arrays import Array
from pelletry.core.figure import Panel, Series
from pelletry.render.limits import Limits, counted_in, panel_limits, share_along
from pelletry.render.ticks import linear_ticks, log_ticks, tick_text

__all__ = ["RightScale", "on_one_scale", "right_limits"]


@attrs.frozen(kw_only=True)
class RightScale:
    """``ticks`` are (place on the left scale, text); ``label`` and ``unit`` those of the right axis."""

    label: str
    unit: str
    ticks: tuple[tuple[float, str], ...]


def right_limits(panel: Panel) -> Limits:
    """The ends of the right axis: those asked for, else its own series with a little air."""
    if panel.y_right is None:
        raise ValueError("the panel has no right axis")
    own = attrs.evolve(
        panel,
        y=panel.y_right,
        y_right=None,
        picture=None,
        marks=(),
        series=tuple(s for s in panel.series if s.is_on_right),
    )
    return panel_limits(own)[1]


def on_one_scale(panel: Panel) -> tuple[Panel, RightScale | None]:
    """The panel with every series on its left scale, and what to write on the right (None: nothing)."""
    axis = panel.y_right
    if axis is None:
        return panel, None
    low_high = right_limits(panel)
    left = panel_limits(panel)[1]

    def moved(values: Array) -> Array:
        return _at(share_along(values, low_high, axis), left, panel)

    made: list[Series] = []
    for series in panel.series:
        if not series.is_on_right:
            made.append(series)
            continue
        y = moved(series.y)
        error = None if series.y_error is None else np.abs(moved(series.y + series.y_error) - y)
        upper = None if series.y_upper is None else moved(series.y_upper)
        made.append(attrs.evolve(series, y=y, y_error=error, y_upper=upper, is_on_right=False))
    counted = counted_in(axis, low_high)
    values = log_ticks(low_high, most=8) if axis.scale == "log" else linear_ticks(low_high, most=6)
    places = moved(np.array(values)).tolist() if values else []
    ticks = tuple((p, tick_text(v / counted.divisor, axis.scale)) for p, v in zip(places, values, strict=True))
    flat = attrs.evolve(panel, series=tuple(made), y=attrs.evolve(panel.y, limits=left), y_right=None)
    return flat, RightScale(label=axis.label, unit=counted.unit, ticks=ticks)


def _at(share: Array, left: Limits, panel: Panel) -> Array:
    share = 1 - share if panel.y.is_reversed else share
    if panel.y.scale == "log":
        return np.asarray(left[0] * (left[1] / left[0]) ** share)
    return np.asarray(left[0] + share * (left[1] - left[0]))
