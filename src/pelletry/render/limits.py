"""Where axes begin and end, and in which power of ten they count: the same for the publication copies and the report."""

from __future__ import annotations

import math

import attrs
import numpy as np

from pelletry.core.arrays import Array
from pelletry.core.figure import Axis, Panel, Series
from pelletry.render.typography import unit_text

__all__ = ["Counted", "counted_both", "counted_in", "equal_window", "panel_limits", "points_outside", "share_along"]

Limits = tuple[float, float]
_PREFIX = {-12: "p", -9: "n", -6: "µ", -3: "m", 3: "k", 6: "M", 9: "G", 12: "T"}
_TAKES_PREFIX = ("Ω", "ohm", "Hz", "F", "H", "V", "A", "S", "W")


def panel_limits(panel: Panel) -> tuple[Limits, Limits]:
    """Limits of x and y: those asked for, else the data with a little air; equal axes begin at zero."""
    picture = panel.picture
    if picture is not None:  # a picture fills its frame; curves beyond its edge are cut there
        return panel.x.limits or _sorted(picture.x_limits), panel.y.limits or _sorted(picture.y_limits)
    x = panel.x.limits or _limits(panel.x, _extent(panel, "x", panel.x), from_zero=panel.has_equal_axes)
    y = panel.y.limits or _limits(panel.y, _extent(panel, "y", panel.y), from_zero=panel.has_equal_axes)
    if panel.y.limits is None and panel.height_share < 0.5:  # in a low strip a point needs a larger share of air
        y = (y[0] - 0.08 * (y[1] - y[0]), y[1] + 0.08 * (y[1] - y[0])) if panel.y.scale == "linear" else y
    return x, y


def _sorted(ends: Limits) -> Limits:
    return min(ends), max(ends)


def _extent(panel: Panel, which: str, axis: Axis) -> Limits:
    is_elsewhere = which == "y" and panel.y_right is not None
    pieces = [_values(s, which) for s in panel.series if not (is_elsewhere and s.is_on_right)]
    pieces += [np.asarray([getattr(m, which)]) for m in panel.marks if m.style in ("text", "label", "cross")]
    if which == "y" and any(s.style == "bars" for s in panel.series) and axis.scale == "linear":
        pieces.append(np.zeros(1))
    values = np.concatenate(pieces) if pieces else np.zeros(0)
    values = values[np.isfinite(values) & ((values > 0) | (axis.scale == "linear"))]
    if values.size == 0:
        return (1.0, 10.0) if axis.scale == "log" else (0.0, 1.0)
    return float(values.min()), float(values.max())


def _values(series: Series, which: str) -> Array:
    if which == "y" and series.y_upper is not None:
        return np.concatenate([series.y, series.y_upper])
    values, half = (series.x, series.x_error) if which == "x" else (series.y, series.y_error)
    if half is None:
        return values
    error = np.nan_to_num(half)
    return np.concatenate([values - error, values + error, values])


def _limits(axis: Axis, extent: Limits, *, from_zero: bool) -> Limits:
    low, high = extent
    if axis.scale == "log":
        decades = math.log10(high / low) if high > low else 1.0
        air = 10 ** max(0.04 * decades, 0.05)
        return low / air, high * air
    span = high - low or abs(high) or 1.0
    if from_zero:
        return (low - 0.04 * span if low < 0 else 0.0), high + 0.05 * max(span, high)
    return low - 0.05 * span, high + 0.05 * span


def equal_window(x: Limits, y: Limits, *, width: float, height: float) -> tuple[Limits, Limits]:
    """Grow the upper ends until one unit is the same length on both axes of a box of ``width`` by ``height``."""
    unit = max((x[1] - x[0]) / width, (y[1] - y[0]) / height)
    return (x[0], x[0] + unit * width), (y[0], y[0] + unit * height)


def share_along(values: Array, limits: Limits, axis: Axis) -> Array:
    """Where values lie between the ends of an axis: 0 at its beginning (left, bottom), 1 at its end."""
    values = np.asarray(values, dtype=float)
    if axis.scale == "log":
        with np.errstate(divide="ignore", invalid="ignore"):
            share = np.log10(values / limits[0]) / math.log10(limits[1] / limits[0])
    else:
        share = (values - limits[0]) / (limits[1] - limits[0])
    return np.asarray(1 - share if axis.is_reversed else share)


def points_outside(panel: Panel, x: Limits, y: Limits) -> int:
    """How many measured points lie outside the frame; a reader is told, nothing vanishes in silence."""
    outside = 0
    for series in panel.series:
        if series.style not in ("points", "open_points"):
            continue
        known = np.isfinite(series.x) & np.isfinite(series.y)
        inside = (series.x >= min(x)) & (series.x <= max(x)) & (series.y >= min(y)) & (series.y <= max(y))
        outside += int(np.count_nonzero(known & ~inside))
    return outside


@attrs.frozen(kw_only=True)
class Counted:
    """An axis counted in a power of ten: tick values are divided by ``divisor``, ``unit`` says so."""

    divisor: float = 1.0
    unit: str = ""


def counted_in(axis: Axis, limits: Limits) -> Counted:
    """``kΩ`` instead of ticks such as 150000; linear axes only.

    >>> counted_in(Axis(label="Z'", unit="ohm"), (0, 150e3))
    Counted(divisor=1000.0, unit='kΩ')
    """
    largest = max(abs(limits[0]), abs(limits[1]))
    if axis.scale == "log" or largest == 0 or 1e-2 <= largest < 2e4:
        return Counted(unit=unit_text(axis.unit))
    power = 3 * math.floor(math.log10(largest) / 3)
    shown = unit_text(axis.unit)
    if axis.unit in _TAKES_PREFIX and power in _PREFIX:
        return Counted(divisor=10.0**power, unit=_PREFIX[power] + shown)
    return Counted(divisor=10.0**power, unit=f"10^{power} {shown}".strip())


def counted_both(panel: Panel, x: Limits, y: Limits) -> tuple[Counted, Counted]:
    """How both axes of a panel count; axes of equal scale count alike, by the longer one."""
    if panel.has_equal_axes and panel.x.unit == panel.y.unit:
        longer = max(x, y, key=lambda limits: max(abs(limits[0]), abs(limits[1])))
        return counted_in(panel.x, longer), counted_in(panel.y, longer)
    return counted_in(panel.x, x), counted_in(panel.y, y)
