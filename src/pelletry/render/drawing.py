"""One panel on one pair of matplotlib axes: its series, scales and ticks."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import attrs
import numpy as np

from pelletry.core.arrays import Array
from pelletry.core.figure import Axis, Panel, Series
from pelletry.render.limits import Counted, Limits, counted_both
from pelletry.render.picture import colour_bar_label, coloured, value_limits
from pelletry.render.right import RightScale
from pelletry.render.style import INK, MUTED, Look, group_of
from pelletry.render.ticks import log_minor_ticks
from pelletry.render.typography import mathtext_label, mathtext_text

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.axis import XAxis, YAxis

__all__ = [
    "Handles",
    "draw_minor_ticks",
    "draw_picture",
    "draw_right_axis",
    "draw_series",
    "draw_top_axis",
    "set_limits_and_ticks",
    "set_scales",
]

Handles = dict[str, list[Any]]

_POINT_SIZE = 3.1
_LINE_WIDTH = 0.95


def set_scales(ax: Axes, panel: Panel, x: Limits, y: Limits, *, has_right: bool = False) -> None:
    """Linear or log scales, ticks inside on all four sides. The limits are ours, so matplotlib need not look at the data."""
    ax.set_autoscale_on(False)
    ax.set_xlim(*x)
    ax.set_ylim(*y)
    ax.set_xscale(panel.x.scale)
    ax.set_yscale(panel.y.scale)
    ax.tick_params(which="both", top=panel.x_top is None, right=not has_right)
    if panel.title:
        ax.set_title(mathtext_text(panel.title), loc="left", pad=4)


def draw_picture(ax: Axes, panel: Panel) -> None:
    """The pixels behind the curves, and the scale of their colours when it has a label."""
    picture = panel.picture
    if picture is None:
        return
    extent = (*picture.x_limits, *picture.y_limits)
    ax.imshow(coloured(picture), extent=extent, aspect="auto", interpolation="antialiased", zorder=0.5)
    label = colour_bar_label(picture)
    if not label:
        return
    low, high = value_limits(picture)
    ramp = attrs.evolve(
        picture, pixels=np.linspace(1.0, 0.0, 128)[:, None], x_limits=(0.0, 1.0), y_limits=(low, high), value_label=""
    )
    bar = ax.inset_axes((1.025, 0.0, 0.03, 1.0))
    bar.imshow(coloured(ramp), extent=(0.0, 1.0, low, high), aspect="auto")
    bar.set_xticks([])
    bar.yaxis.tick_right()
    bar.yaxis.set_label_position("right")
    bar.set_ylabel(mathtext_text(label))
    bar.tick_params(which="both", direction="out", right=True, left=False)


def draw_right_axis(ax: Axes, scale: RightScale | None) -> None:
    """The numbers of the second vertical scale; its curves were moved to the left one."""
    if scale is None:
        return
    right = ax.secondary_yaxis("right")
    right.set_yticks([place for place, _ in scale.ticks], [text for _, text in scale.ticks])
    right.minorticks_off()
    right.tick_params(which="both", colors=INK)
    right.set_ylabel(mathtext_label(scale.label, scale.unit))


def draw_series(ax: Axes, panel: Panel, looks: dict[str, Look]) -> Handles:
    """Draw every series; returns the artists of each legend entry. Points under a line of their own colour are lightened."""
    handles: Handles = {}
    lined = {group_of(s) for s in panel.series if s.style in ("line", "dashed")}
    for series in panel.series:
        colour, marker = looks[group_of(series)]
        artist = _artist(ax, panel, series, colour, marker, is_under_a_line=group_of(series) in lined)
        if series.is_in_legend and series.label:
            handles.setdefault(series.label, []).append(artist)
    if panel.height_share < 0.5 and _straddles_zero(panel):
        ax.axhline(0.0, color=MUTED, linewidth=0.5, zorder=1.2)
    return handles


def _straddles_zero(panel: Panel) -> bool:
    values = [v for s in panel.series for v in (np.nanmin(s.y, initial=np.inf), np.nanmax(s.y, initial=-np.inf))]
    return panel.y.scale == "linear" and bool(values) and bool(min(values) < 0 < max(values))


def _artist(ax: Axes, panel: Panel, series: Series, colour: str, marker: str, *, is_under_a_line: bool) -> Any:
    x, y = series.x, series.y
    if series.style == "band":
        upper = y if series.y_upper is None else series.y_upper
        return ax.fill_between(x, y, upper, color=colour, alpha=0.18, linewidth=0, zorder=1)
    if series.style == "bars":
        left, right = bar_edges(x, is_log=panel.x.scale == "log")
        return ax.bar(
            left, y, width=right - left, align="edge", color=colour, alpha=0.55, edgecolor=colour, linewidth=0.5
        )
    if series.style in ("line", "dashed"):
        dashes: Any = "-" if series.style == "line" else (0, (4, 2))
        return ax.plot(x, y, color=colour, linewidth=_LINE_WIDTH, linestyle=dashes, zorder=4)[0]
    if series.style == "ticks":
        return ax.plot(x, y, color=colour, linestyle="none", marker="|", markersize=6, markeredgewidth=0.8, zorder=3)[0]
    if series.y_error is not None or series.x_error is not None:
        ax.errorbar(
            x,
            y,
            yerr=series.y_error,
            xerr=series.x_error,
            fmt="none",
            ecolor=colour,
            elinewidth=0.7,
            capsize=1.6,
            capthick=0.7,
            zorder=2.8,
        )
    face = "white" if series.style == "open_points" else _lighter(colour) if is_under_a_line else colour
    size = _POINT_SIZE * (0.78 if panel.height_share < 0.5 else 1.0)
    size *= {"D": 0.88, "^": 1.1, "v": 1.1, "<": 1.1, ">": 1.1, "p": 1.1, "h": 1.1, "P": 1.15}.get(marker, 1.0)
    return ax.plot(
        x, y, linestyle="none", marker=marker, markersize=size, markerfacecolor=face,
        markeredgecolor=colour, markeredgewidth=0.55, zorder=3,
    )[0]  # fmt: skip


def _lighter(colour: str) -> str:
    return "#" + "".join(f"{round(255 - 0.45 * (255 - int(colour[k : k + 2], 16))):02x}" for k in (1, 3, 5))


def bar_edges(x: Array, *, is_log: bool) -> tuple[Array, Array]:
    """Left and right edge of each bar: halfway to its neighbours on the axis' own scale, with a small gap."""
    place = np.log10(x) if is_log else np.asarray(x, dtype=float)
    half = 0.46 * (float(np.min(np.diff(np.sort(place)))) if place.size > 1 else 1.0)
    left, right = place - half, place + half
    return (10**left, 10**right) if is_log else (left, right)


def set_limits_and_ticks(ax: Axes, panel: Panel, x: Limits, y: Limits) -> None:
    """Limits, tick steps and labels; equal axes also get the same tick step."""
    ax.set_xlim(*(reversed(x) if panel.x.is_reversed else x))
    ax.set_ylim(*(reversed(y) if panel.y.is_reversed else y))
    step = _nice_step(max(x[1] - x[0], y[1] - y[0]) / 5.5) if panel.has_equal_axes else None
    counted_x, counted_y = counted_both(panel, x, y)
    _ticks(ax.xaxis, panel.x, x, step, counted_x, most=6)
    _ticks(ax.yaxis, panel.y, y, step, counted_y, most=6 if panel.height_share >= 0.5 else 3)
    ax.set_xlabel(mathtext_label(panel.x.label, counted_x.unit))
    ax.set_ylabel(mathtext_label(panel.y.label, counted_y.unit))


def _ticks(axis: XAxis | YAxis, ours: Axis, limits: Limits, step: float | None, counted: Counted, *, most: int) -> None:
    from matplotlib import ticker

    if ours.scale == "log":
        axis.set_major_locator(ticker.LogLocator(base=10, numticks=most + 4))
        if _has_own_minor_ticks(ours, limits):
            axis.set_minor_locator(ticker.NullLocator())
        else:  # within less than two decades the minor ticks need numbers
            axis.set_minor_locator(ticker.LogLocator(base=10, subs=list(range(2, 10)), numticks=60))
        return
    if step is not None:
        axis.set_major_locator(ticker.MultipleLocator(step))
    else:
        axis.set_major_locator(ticker.MaxNLocator(nbins=most, steps=[1, 2, 2.5, 5, 10], min_n_ticks=2))
    axis.set_minor_locator(ticker.NullLocator())
    if counted.divisor != 1:
        axis.set_major_formatter(ticker.FuncFormatter(lambda value, _: _number(value / counted.divisor)))
    else:
        axis.set_major_formatter(ticker.ScalarFormatter(useOffset=False))


def _has_own_minor_ticks(axis: Axis, limits: Limits) -> bool:
    return axis.scale == "linear" or math.log10(limits[1] / limits[0]) >= 1.5


def draw_minor_ticks(ax: Axes, panel: Panel, x: Limits, y: Limits, *, has_right: bool = False) -> None:
    """All short ticks of a side as one line of markers: matplotlib makes five objects of each tick, and draws them one by one."""
    style: dict[str, Any] = {
        "linestyle": "none", "color": INK, "markersize": 1.6, "markeredgewidth": 0.5, "clip_on": False, "zorder": 2.5
    }  # fmt: skip
    if _has_own_minor_ticks(panel.x, x):
        places = _minor_places(ax.xaxis, panel.x, x)
        across = ax.get_xaxis_transform()
        ax.plot(places, np.zeros(len(places)), marker=2, transform=across, **style)  # 2: a stroke upwards
        if panel.x_top is None:
            ax.plot(places, np.ones(len(places)), marker=3, transform=across, **style)
    if _has_own_minor_ticks(panel.y, y):
        places = _minor_places(ax.yaxis, panel.y, y)
        up = ax.get_yaxis_transform()
        ax.plot(np.zeros(len(places)), places, marker=1, transform=up, **style)  # 1: to the right
        if not has_right:
            ax.plot(np.ones(len(places)), places, marker=0, transform=up, **style)


def _minor_places(axis: XAxis | YAxis, ours: Axis, limits: Limits) -> list[float]:
    """2 to 9 times each power of ten, or halfway between the numbers."""
    if ours.scale == "log":
        return log_minor_ticks(limits)
    major = np.asarray(axis.get_majorticklocs())
    if major.size < 2:
        return []
    step = float(major[1] - major[0])
    halves = np.append(major, major[-1] + step) - step / 2
    return [float(v) for v in halves if limits[0] <= v <= limits[1]]


def _number(value: float) -> str:
    return f"{value:.6g}".replace("-", "\u2212")


def _nice_step(rough: float) -> float:
    power = 10.0 ** math.floor(math.log10(rough))
    return next(k * power for k in (1, 2, 2.5, 5, 10) if k * power >= rough * 0.999)


def draw_top_axis(ax: Axes, panel: Panel, *, box_width_mm: float) -> None:
    """The second scale on top (temperature over 1000/T): a tick at each pair, labels thinned until none touch."""
    if panel.x_top is None or not panel.x_top.top_of:
        return
    low, high = sorted(ax.get_xlim())
    pairs = sorted((p, text) for p, text in panel.x_top.top_of if low <= p <= high)
    top = ax.secondary_xaxis("top")
    top.set_xticks([p for p, _ in pairs], _thinned(pairs, low, high, box_width_mm))
    top.minorticks_off()
    top.tick_params(which="both", colors=INK)
    top.set_xlabel(mathtext_label(panel.x_top.label, panel.x_top.unit), labelpad=3)


def _thinned(pairs: list[tuple[float, str]], low: float, high: float, width_mm: float) -> list[str]:
    shown: list[str] = []
    free_from = -math.inf
    for position, text in pairs:
        middle = (position - low) / (high - low) * width_mm
        half = 0.5 * 1.45 * len(text) + 0.6  # mm: a digit at 7 pt is 1.4 mm wide
        fits = middle - half >= free_from
        shown.append(text.replace("-", "\u2212") if fits else "")
        free_from = middle + half if fits else free_from
    return shown
