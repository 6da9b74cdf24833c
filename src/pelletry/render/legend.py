"""Where a legend goes: into a corner that no data and no mark touches, else above the panel. It never hides a point."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from pelletry.core.figure import Panel
from pelletry.render.drawing import Handles
from pelletry.render.typography import mathtext_label, mathtext_text

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["data_pixels", "is_above", "place_legend"]

Pixels = npt.NDArray[np.float64]

_CORNERS = ("upper right", "upper left", "lower right", "lower left", "center right", "center left", "upper center")
_PAD_PX = 3.0


def place_legend(ax: Axes, panel: Panel, handles: Handles) -> Any:
    """Put the legend on the axes and return it; None when there is nothing to say."""
    labels = [mathtext_text(label) for label in handles]
    artists: list[Any] = [found[0] if len(found) == 1 else tuple(found) for found in handles.values()]
    if not labels:
        return None
    taken = data_pixels(ax, panel)
    title = mathtext_label(panel.legend_title)
    for columns in (1, 2) if len(labels) > 3 else (1,):
        width, height, pad = _size(ax, artists, labels, columns, title)
        for corner in _CORNERS:
            if _is_free(_rectangle(ax, corner, width, height, pad), taken):
                return _made(ax, artists, labels, columns, title, loc=corner)
    width, _, _ = _size(ax, artists, labels, 1, title)
    columns = max(1, min(len(labels), int(ax.get_window_extent().width // (width + 2))))
    above = _room_above(ax)
    return _made(
        ax, artists, labels, columns, title, loc="lower left", bbox_to_anchor=(0.0, 1.0 + above), borderaxespad=0.25
    )


def is_above(legend: Any) -> bool:
    """True for a legend outside its axes, which needs room of its own on the page."""
    return bool(legend.get_bbox_to_anchor().height == 0)


def _room_above(ax: Axes) -> float:
    """What a title or second scale already takes above the axes, as a share of their height."""
    renderer = ax.figure.canvas.get_renderer()  # type: ignore[attr-defined]
    inner = ax.get_window_extent(renderer)
    outer = ax.get_tightbbox(renderer)
    return 0.0 if outer is None else float(max(0.0, outer.y1 - inner.y1) / inner.height)


def _made(ax: Axes, artists: list[Any], labels: list[str], columns: int, title: str, **where: Any) -> Any:
    legend = ax.legend(
        artists, labels, ncols=columns, frameon=False, handlelength=1.5, handletextpad=0.5, columnspacing=1.0,
        labelspacing=0.32, borderpad=0.2, title=title or None, alignment="left", **{"borderaxespad": 0.5, **where},
    )  # fmt: skip
    legend.set_zorder(6)
    return legend


def _size(ax: Axes, artists: list[Any], labels: list[str], columns: int, title: str) -> tuple[float, float, float]:
    legend = _made(ax, artists, labels, columns, title, loc="upper left")
    box = legend.get_window_extent(ax.figure.canvas.get_renderer())  # type: ignore[attr-defined]
    outer = ax.get_window_extent()
    legend.remove()
    return float(box.width), float(box.height), float(box.x0 - outer.x0)


def _rectangle(ax: Axes, corner: str, width: float, height: float, pad: float) -> tuple[float, float, float, float]:
    box = ax.get_window_extent()
    x = {"right": box.x1 - pad - width, "left": box.x0 + pad}.get(corner.split()[1], (box.x0 + box.x1 - width) / 2)
    y = {"upper": box.y1 - pad - height, "lower": box.y0 + pad}.get(corner.split()[0], (box.y0 + box.y1 - height) / 2)
    return x, y, x + width, y + height


def _is_free(rectangle: tuple[float, float, float, float], taken: Pixels) -> bool:
    x0, y0, x1, y1 = rectangle
    hit = (taken[:, 0] > x0 - _PAD_PX) & (taken[:, 0] < x1 + _PAD_PX)
    hit &= (taken[:, 1] > y0 - _PAD_PX) & (taken[:, 1] < y1 + _PAD_PX)
    return not bool(hit.any())


def data_pixels(ax: Axes, panel: Panel) -> Pixels:
    """Every place on the page where ink of a series or mark lies, densely sampled along lines, shape (n, 2). [px]"""
    pieces: list[Pixels] = [np.empty((0, 2))]
    for series in panel.series:
        curves = [series.y] if series.y_upper is None else [series.y, series.y_upper, (series.y + series.y_upper) / 2]
        if series.y_error is not None:
            curves += [series.y - series.y_error, series.y + series.y_error]
        if series.style == "bars":
            curves += [series.y * share for share in (0.0, 0.25, 0.5, 0.75)]
        if series.x_error is not None:
            pieces += [_pixels(ax, series.x + share * series.x_error, series.y) for share in np.linspace(-1, 1, 41)]
        for curve in curves:
            pixels = _pixels(ax, series.x, curve)
            pieces.append(pixels if series.style in ("points", "open_points", "ticks") else _dense(pixels))
    box = ax.get_window_extent()
    if panel.picture is not None:  # no words over a picture
        across, up = np.meshgrid(np.linspace(box.x0, box.x1, 60), np.linspace(box.y0, box.y1, 60))
        pieces.append(np.column_stack([across.ravel(), up.ravel()]))
    for mark in panel.marks:
        if mark.style == "vertical":
            x = _pixels(ax, np.array([mark.x]), np.array([ax.get_ylim()[0]]))[:, 0]
            pieces += [np.column_stack([np.full(60, x0), np.linspace(box.y0, box.y1, 60)]) for x0 in x]
        elif mark.style == "horizontal":
            y = _pixels(ax, np.array([ax.get_xlim()[0]]), np.array([mark.y]))[:, 1]
            pieces += [np.column_stack([np.linspace(box.x0, box.x1, 60), np.full(60, y0)]) for y0 in y]
        else:
            pieces.append(_pixels(ax, np.array([mark.x]), np.array([mark.y])))
    return np.concatenate(pieces)


def _pixels(ax: Axes, x: Pixels, y: Pixels) -> Pixels:
    good = np.isfinite(x) & np.isfinite(y)
    good &= (x > 0) | (ax.get_xscale() == "linear")
    good &= (y > 0) | (ax.get_yscale() == "linear")
    return np.asarray(ax.transData.transform(np.column_stack([x[good], y[good]])))


def _dense(pixels: Pixels) -> Pixels:
    if len(pixels) < 2:
        return pixels
    share = np.linspace(0.0, 1.0, 12)[:, None, None]
    return np.asarray((pixels[None, :-1] * (1 - share) + pixels[None, 1:] * share).reshape(-1, 2))
