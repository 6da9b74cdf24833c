"""Marks: decade labels with leaders on a Nyquist plot, masked points, lines; labels go where the least ink is."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from pelletry.core.figure import Mark, Panel
from pelletry.render.legend import Pixels, data_pixels
from pelletry.render.style import INK, MUTED
from pelletry.render.typography import mathtext_text

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["place_marks"]

_MASKED = "#b91c1c"
_SIZE = 6.5
_DISTANCES_PT = (7.0, 10.5, 15.0, 20.0, 27.0)
_ANGLES_DEG = (90, 60, 120, 30, 150, 0, 180, -30, -150, -60, -120, -90)


def place_marks(ax: Axes, panel: Panel, legend: Any) -> None:
    """Draw every mark of a panel; text marks outside the frame are left out with their point."""
    ink = data_pixels(ax, panel)
    blocked: list[tuple[float, float, float, float]] = []
    if legend is not None:
        blocked.append(legend.get_window_extent(ax.figure.canvas.get_renderer()).extents)  # type: ignore[attr-defined]
    for mark in panel.marks:
        if mark.style == "vertical":
            ax.axvline(mark.x, color=MUTED, linewidth=0.7, linestyle=(0, (3, 2)), zorder=1.5)
            _line_text(ax, mark, ink, blocked)
        elif mark.style == "horizontal":
            ax.axhline(mark.y, color=MUTED, linewidth=0.7, linestyle=(0, (3, 2)), zorder=1.5)
            _line_text(ax, mark, ink, blocked)
    for mark in panel.marks:
        if mark.style in ("text", "label", "cross") and _is_inside(ax, mark):
            if mark.style == "cross":
                ax.plot([mark.x], [mark.y], "x", color=_MASKED, markersize=4.2, markeredgewidth=0.9, zorder=5)
            elif mark.style == "text":
                ax.plot([mark.x], [mark.y], "o", color=INK, markersize=2.4, markeredgewidth=0, zorder=5)
            if mark.text:
                _label(ax, mark, ink, blocked)


def _is_inside(ax: Axes, mark: Mark) -> bool:
    (x0, x1), (y0, y1) = sorted(ax.get_xlim()), sorted(ax.get_ylim())
    return x0 <= mark.x <= x1 and y0 <= mark.y <= y1


def _line_text(ax: Axes, mark: Mark, ink: Pixels, blocked: list[tuple[float, float, float, float]]) -> None:
    """The words of a line beside it, at that end and on that side where they cover the least."""
    if not mark.text:
        return
    if mark.style == "vertical":
        frame = {"xycoords": ax.get_xaxis_transform(), "rotation": 90}
        places = [
            {"xy": (mark.x, y), "xytext": (dx, 0), "ha": ha, "va": va}
            for y, va in ((0.97, "top"), (0.03, "bottom"), (0.5, "center"))
            for dx, ha in ((-2.0, "right"), (2.0, "left"))
        ]
    else:
        frame = {"xycoords": ax.get_yaxis_transform()}
        places = [
            {"xy": (x, mark.y), "xytext": (0, dy), "ha": ha, "va": va}
            for x, ha in ((0.985, "right"), (0.015, "left"))
            for dy, va in ((1.5, "bottom"), (-1.5, "top"))
        ]
    renderer = ax.figure.canvas.get_renderer()  # type: ignore[attr-defined]
    tried: list[tuple[float, Any]] = []
    for place in places:
        settings: dict[str, Any] = {**frame, **place}
        text = ax.annotate(
            mathtext_text(mark.text), textcoords="offset points", fontsize=_SIZE, color=MUTED, zorder=5, **settings
        )
        x0, y0, x1, y1 = text.get_window_extent(renderer).extents
        covered = np.count_nonzero((ink[:, 0] > x0) & (ink[:, 0] < x1) & (ink[:, 1] > y0) & (ink[:, 1] < y1))
        meets = sum(x0 < b[2] and x1 > b[0] and y0 < b[3] and y1 > b[1] for b in blocked)
        tried.append((float(covered + 300 * meets), text))
    best = min(tried, key=lambda pair: pair[0])[1]
    for _, text in tried:
        if text is not best:
            text.remove()
    blocked.append(best.get_window_extent(renderer).extents)


def _label(ax: Axes, mark: Mark, ink: Pixels, blocked: list[tuple[float, float, float, float]]) -> None:
    figure = ax.figure
    point = ax.transData.transform((mark.x, mark.y))
    colour = _MASKED if mark.style == "cross" else INK
    text = ax.annotate(
        mathtext_text(mark.text), (mark.x, mark.y), xytext=(0, 0), textcoords="offset points", ha="center", va="center",
        fontsize=_SIZE, color=colour, zorder=5.5,
        arrowprops={"arrowstyle": "-", "linewidth": 0.4, "color": MUTED, "shrinkA": 0.5, "shrinkB": 1.6},
    )  # fmt: skip
    renderer = figure.canvas.get_renderer()  # type: ignore[attr-defined]
    extent = text.get_window_extent(renderer)
    box = ax.get_window_extent(renderer)
    best = min(
        _candidates(point, extent.width, extent.height, figure.dpi / 72.0),
        key=lambda c: _cost(c, ink, blocked, box.extents) + 60.0 * _leader_meets(c, point, blocked),
    )
    if _meets(best, blocked):  # no free place: the point stays marked, its label would be unreadable
        text.remove()
        return
    text.set_position((best[4], best[5]))
    blocked.append((best[0], best[1], best[2], best[3]))


_Candidate = tuple[float, float, float, float, float, float]


def _candidates(point: Any, width: float, height: float, px_per_pt: float) -> list[_Candidate]:
    """Rectangles around a point, nearest and most upright first: edges [px], offset of the centre [pt]."""
    found = []
    for distance in _DISTANCES_PT:
        for angle in _ANGLES_DEG:
            cos, sin = math.cos(math.radians(angle)), math.sin(math.radians(angle))
            dx = cos * (distance * px_per_pt + width / 2)
            dy = sin * (distance * px_per_pt + height / 2)
            x, y = point[0] + dx, point[1] + dy
            edges = (x - width / 2, y - height / 2, x + width / 2, y + height / 2)
            found.append((*edges, dx / px_per_pt, dy / px_per_pt))
    return found


def _cost(c: _Candidate, ink: Pixels, blocked: list[tuple[float, float, float, float]], box: Any) -> float:
    x0, y0, x1, y1, dx, dy = c
    covered = int(
        np.count_nonzero((ink[:, 0] > x0 - 1) & (ink[:, 0] < x1 + 1) & (ink[:, 1] > y0 - 1) & (ink[:, 1] < y1 + 1))
    )
    is_out = x0 < box[0] + 1 or x1 > box[2] - 1 or y0 < box[1] + 1 or y1 > box[3] - 1
    meets = _meets(c, blocked)
    return float(1000.0 * is_out + 300.0 * meets + 10.0 * covered + 0.3 * math.hypot(dx, dy) + (2.0 if dy < 0 else 0.0))


def _leader_meets(c: _Candidate, point: Any, blocked: list[tuple[float, float, float, float]]) -> int:
    """How many texts the stroke from a point to its label would run through."""
    x, y = (c[0] + c[2]) / 2, (c[1] + c[3]) / 2
    strokes = [(point[0] + k * (x - point[0]) / 8, point[1] + k * (y - point[1]) / 8) for k in range(1, 8)]
    return sum(any(b[0] < x < b[2] and b[1] < y < b[3] for x, y in strokes) for b in blocked)


def _meets(c: _Candidate, blocked: list[tuple[float, float, float, float]]) -> int:
    return sum(c[0] < b[2] + 1 and c[2] > b[0] - 1 and c[1] < b[3] + 1 and c[3] > b[1] - 1 for b in blocked)
