"""The page of a figure in millimetres: boxes, legends, marks, so that nothing covers data and every box keeps its size."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import attrs

from pelletry.core.figure import FigureSpec, Panel
from pelletry.render.drawing import (
    Handles,
    draw_minor_ticks,
    draw_picture,
    draw_right_axis,
    draw_series,
    draw_top_axis,
    set_limits_and_ticks,
    set_scales,
)
from pelletry.render.legend import is_above, place_legend
from pelletry.render.limits import Limits, equal_window, panel_limits, points_outside
from pelletry.render.marks import place_marks
from pelletry.render.right import RightScale, on_one_scale
from pelletry.render.style import MUTED, WIDTH_MM, looks_of

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["lay_out"]

_EDGE_MM = 0.8
_GAP_MM = 2.2
_SHARED_GAP_MM = 1.4
_SIMULATED_MM = 3.2
_MM_PER_INCH = 25.4


@attrs.define
class _Box:
    """One pair of axes and the room its labels take on each side. [mm]"""

    panel: Panel
    axes: Any
    x: Limits
    y: Limits
    right_scale: RightScale | None = None
    left: float = 12.0
    right: float = 2.0
    top: float = 1.0
    bottom: float = 9.0
    width: float = 70.0
    height: float = 50.0


def lay_out(spec: FigureSpec) -> Figure:
    """Draw a figure: boxes first, then their labels are measured and the page is set around them."""
    from matplotlib.figure import Figure

    from pelletry.render.canvas import Canvas

    figure = Figure(figsize=(WIDTH_MM[spec.width] / _MM_PER_INCH, 3.0))
    Canvas(figure)
    flat = [on_one_scale(panel) for panel in spec.panels]
    boxes = [_Box(p, figure.add_axes((0.2, 0.2, 0.6, 0.6)), *panel_limits(p), right) for p, right in flat]
    if spec.shares_x:
        _share_x(boxes)
    looks = looks_of(spec)
    handles: list[Handles] = []
    for number, box in enumerate(boxes):
        set_scales(box.axes, box.panel, box.x, box.y, has_right=box.right_scale is not None)
        draw_picture(box.axes, box.panel)
        handles.append(draw_series(box.axes, box.panel, looks))
        is_inner = spec.shares_x and spec.arrangement == "column" and number < len(boxes) - 1
        _place(figure, spec, boxes)
        set_limits_and_ticks(box.axes, box.panel, box.x, box.y)
        if is_inner:
            box.axes.tick_params(axis="x", labelbottom=False)
            box.axes.set_xlabel("")
    for box in boxes:
        draw_top_axis(box.axes, box.panel, box_width_mm=_typical_width(spec, boxes))
        draw_right_axis(box.axes, box.right_scale)
    # Equal axes get new limits with a new width, and with them new tick labels: measured again.
    for _ in range(2 if any(b.panel.has_equal_axes for b in boxes) else 1):
        _measure(figure, boxes)
        _place(figure, spec, boxes)
    _finish(figure, spec, boxes, handles)
    return figure


def _typical_width(spec: FigureSpec, boxes: list[_Box]) -> float:
    return (WIDTH_MM[spec.width] - 14) / (len(boxes) if spec.arrangement == "row" else 1)


def _share_x(boxes: list[_Box]) -> None:
    low, high = min(b.x[0] for b in boxes), max(b.x[1] for b in boxes)
    for box in boxes:
        box.x = (low, high)


def _finish(figure: Figure, spec: FigureSpec, boxes: list[_Box], handles: list[Handles]) -> None:
    """Legends and marks go where the page is already known; a legend above its panel pushes the page, not the box."""
    shown: set[str] = set()
    legends = []
    for box, entries in zip(boxes, handles, strict=True):
        fresh = {label: artists for label, artists in entries.items() if label not in shown}
        shown |= set(fresh)
        outside = points_outside(box.panel, box.x, box.y)
        if outside:
            note = f"{outside} point{'s' if outside > 1 else ''} outside the frame"
            box.axes.set_title(note, loc="right", pad=2.5, fontsize=6.5, fontstyle="italic", color=MUTED)
        legends.append(place_legend(box.axes, box.panel, fresh))
    if any(legend is not None and is_above(legend) for legend in legends) or any(
        b.axes.get_title("right") for b in boxes
    ):
        _measure(figure, boxes)
        _place(figure, spec, boxes)
    for box, legend in zip(boxes, legends, strict=True):
        draw_minor_ticks(box.axes, box.panel, box.x, box.y, has_right=box.right_scale is not None)
        place_marks(box.axes, box.panel, legend)
    if spec.is_simulated:
        x1 = max(b.axes.get_position().x1 for b in boxes)
        figure.text(
            x1, 1 - _EDGE_MM / _page_mm(figure)[1], "simulated data", ha="right", va="top", fontsize=6.5,
            fontstyle="italic", color=MUTED,
        )  # fmt: skip


def _page_mm(figure: Figure) -> tuple[float, float]:
    width, height = figure.get_size_inches()
    return float(width) * _MM_PER_INCH, float(height) * _MM_PER_INCH


def _measure(figure: Figure, boxes: list[_Box]) -> None:
    """How far the labels of each box reach beyond it."""
    renderer = figure.canvas.get_renderer()  # type: ignore[attr-defined]
    mm = _MM_PER_INCH / figure.dpi
    for box in boxes:
        inner = box.axes.get_window_extent(renderer)
        # Series and marks stay inside the frame; only what surrounds it need be asked.
        around = [*box.axes.child_axes, *filter(None, [box.axes.get_legend()])]
        outer = box.axes.get_tightbbox(renderer, bbox_extra_artists=around)
        box.left = max(0.0, (inner.x0 - outer.x0) * mm)
        box.right = max(0.0, (outer.x1 - inner.x1) * mm)
        box.bottom = max(0.0, (inner.y0 - outer.y0) * mm)
        box.top = max(0.0, (outer.y1 - inner.y1) * mm)


def _place(figure: Figure, spec: FigureSpec, boxes: list[_Box]) -> None:
    """Set the page's height and every box's place on it."""
    page_width = WIDTH_MM[spec.width]
    head = _SIMULATED_MM if spec.is_simulated else 0.0
    if spec.arrangement == "row":
        height = _place_row(page_width, head, boxes)
    else:
        height = _place_column(spec, page_width, head, boxes)
    figure.set_size_inches(page_width / _MM_PER_INCH, height / _MM_PER_INCH)
    y = height - _EDGE_MM - head
    x = _EDGE_MM
    for number, box in enumerate(boxes):
        if spec.arrangement == "row":
            x += box.left + (_GAP_MM if number else 0.0)
            bottom = _EDGE_MM + max(b.bottom for b in boxes)
        else:
            x = _EDGE_MM + max(b.left for b in boxes)
            y -= box.top + box.height
            bottom = y
            y -= box.bottom + (_SHARED_GAP_MM if spec.shares_x else _GAP_MM)
        box.axes.set_position((x / page_width, bottom / height, box.width / page_width, box.height / height))
        if spec.arrangement == "row":
            x += box.width + box.right
        if box.panel.has_equal_axes:
            asked = panel_limits(box.panel)
            box.x, box.y = equal_window(*asked, width=box.width, height=box.height)
            set_limits_and_ticks(box.axes, box.panel, box.x, box.y)


def _place_row(page_width: float, head: float, boxes: list[_Box]) -> float:
    taken = sum(b.left + b.right for b in boxes) + _GAP_MM * (len(boxes) - 1) + 2 * _EDGE_MM
    width = (page_width - taken) / len(boxes)
    height = max(width * _shape(b.panel, 1) for b in boxes)
    for box in boxes:
        box.width, box.height = width, height
    return height + max(b.top for b in boxes) + max(b.bottom for b in boxes) + head + 2 * _EDGE_MM


def _place_column(spec: FigureSpec, page_width: float, head: float, boxes: list[_Box]) -> float:
    width = page_width - max(b.left for b in boxes) - max(b.right for b in boxes) - 2 * _EDGE_MM
    tall = sum(1 for b in boxes if b.panel.height_share >= 0.5)
    for box in boxes:
        flat = 0.62 if spec.width == "double" else 1.0
        box.width = width
        box.height = width * flat * _shape(box.panel, tall)
        if not box.panel.has_equal_axes:
            box.height = max(box.height * min(box.panel.height_share, 1.0), 10.0)
    gaps = (_SHARED_GAP_MM if spec.shares_x else _GAP_MM) * (len(boxes) - 1)
    return sum(b.height + b.top + b.bottom for b in boxes) + gaps + head + 2 * _EDGE_MM


def _shape(panel: Panel, tall: int) -> float:
    """Height over width of a box: that of the data for equal axes, within what fits a column; else a landscape."""
    if panel.has_equal_axes:
        x, y = panel_limits(panel)
        return min(max((y[1] - y[0]) / (x[1] - x[0]), 0.55), 1.0)
    return 0.74 if tall <= 1 else 0.56
