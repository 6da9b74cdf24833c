"""FigureSpec to the plain dictionaries that Plotly draws in the report: data and layout, nothing imported, nothing executed.

Texts from files are escaped (Plotly reads a small HTML); numbers are rounded to six significant digits to keep the report
small. Equal axes are tied with ``scaleanchor``, so one ohm stays one ohm while zooming.
"""

from __future__ import annotations

import html
import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from pelletry.core.arrays import Array
from pelletry.core.figure import Axis, FigureSpec, Mark, Panel, Series
from pelletry.render.labels import bar_places, placed_names
from pelletry.render.limits import Limits, panel_limits, share_along
from pelletry.render.picture import colour_bar_label, picture_address, value_limits
from pelletry.render.right import right_limits
from pelletry.render.style import FONT_STACK, INK, MUTED, Look, group_of, looks_of, sequence_colour
from pelletry.render.typography import html_label, plain_text, unit_text

__all__ = ["plotly_figure", "rounded"]

_SYMBOLS = {
    "o": "circle", "s": "square", "^": "triangle-up", "D": "diamond", "v": "triangle-down", "p": "pentagon",
    "h": "hexagon", "<": "triangle-left", ">": "triangle-right", "P": "cross",
}  # fmt: skip
_MASKED = "#b91c1c"
_TALL_PX, _STRIP_PX, _GAP_PX, _SHARED_GAP_PX = 340.0, 100.0, 62.0, 14.0
_USUAL_PX = {"single": 330.0, "double": 850.0}
_MARGIN = {"l": 68, "r": 16, "t": 16, "b": 58}


#: What all figures have in common; the report keeps it once.
_TEMPLATE: dict[str, Any] = {
    "layout": {
        "font": {"family": FONT_STACK, "size": 12.5, "color": INK},
        "paper_bgcolor": "rgba(0,0,0,0)",
        "plot_bgcolor": "#ffffff",
        "hovermode": "closest",
        "hoverlabel": {"bgcolor": "#ffffff", "bordercolor": "#9ca3af", "font": {"color": INK}, "align": "left"},
        "legend": {
            "orientation": "h", "xref": "container", "x": 0, "xanchor": "left",
            "yref": "container", "y": 0, "yanchor": "bottom",
            "font": {"size": 12}, "itemsizing": "constant",
        },
        "modebar": {"bgcolor": "rgba(255,255,255,0)", "color": "#b6bdc6", "activecolor": INK},
        "showlegend": True,
        "annotationdefaults": {
            "font": {"size": 11, "color": INK}, "arrowhead": 0, "arrowwidth": 0.8, "arrowcolor": MUTED,
            "ax": 14, "ay": -20, "standoff": 3,
        },
        **{
            f"{letter}axis": {
                "ticks": "inside", "ticklen": 5, "tickcolor": INK, "linecolor": INK, "linewidth": 1, "showline": True,
                "showgrid": False, "zeroline": False, "title": {"standoff": 10},
                "minor": {"ticks": "inside", "ticklen": 2.5, "tickcolor": INK, "showgrid": False},
            }
            for letter in "xy"
        },
    }
}  # fmt: skip


def plotly_figure(spec: FigureSpec) -> dict[str, Any]:
    """``{"data": [...], "layout": {...}}`` made of lists, numbers and text only; the same figure gives the same dictionary."""
    looks = looks_of(spec)
    domains, height = _domains(spec)
    data: list[dict[str, Any]] = []
    layout = _layout(spec, height)
    shown: set[str] = set()
    shared = _shared_limits(spec) if spec.shares_x else None
    for number, panel in enumerate(spec.panels):
        names = (_name("x", number), _name("y", number))
        _add_axes(layout, spec, number, domains[number], shared)
        for series in panel.series:
            data.append(_trace(panel, series, looks[group_of(series)], names, shown, panel.series))
            if panel.y_right is not None and series.is_on_right:
                data[-1]["yaxis"] = _right_name(number, len(spec.panels))
        if panel.y_right is not None:
            layout[_key(_right_name(number, len(spec.panels)))] = _right_axis(panel, panel.y_right, names)
        _add_picture(layout, data, panel, names)
        if panel.x_top is not None and panel.x_top.top_of:
            _add_top_axis(layout, data, panel, number, len(spec.panels))
        _add_marks(layout, data, panel, names, shown)
        layout["annotations"] += _names(panel, names, _USUAL_PX[spec.width])
        if panel.legend_title:
            layout["legend"]["title"] = {"text": html_label(panel.legend_title), "font": {"size": 12}}
    if spec.is_simulated:
        layout["annotations"].append(
            {"text": "<i>simulated data</i>", "xref": "paper", "yref": "paper", "x": 0, "y": 1, "yshift": layout["margin"]["t"] - 4,
             "xanchor": "left", "yanchor": "top", "showarrow": False, "font": {"size": 11, "color": MUTED}}
        )  # fmt: skip
    return {"data": data, "layout": layout}


def rounded(values: Array) -> list[float | None]:
    """Six significant digits; not-a-number becomes None, which JSON can hold."""
    found: list[float | None] = []
    for value in np.asarray(values, dtype=float).tolist():
        found.append(float(f"{value:.6g}") if math.isfinite(value) else None)
    return found


def _safe(text: str) -> str:
    """Plotly reads a small HTML in its texts; a text from a file must stay a text."""
    return html.escape(plain_text(text), quote=False)


def _name(letter: str, number: int) -> str:
    return letter if number == 0 else f"{letter}{number + 1}"


def _key(name: str) -> str:
    return name[0] + "axis" + name[1:]


def _layout(spec: FigureSpec, height: float) -> dict[str, Any]:
    has_top = any(p.x_top is not None for p in spec.panels)
    margin = dict(_MARGIN)
    if any(p.y_right is not None for p in spec.panels):
        margin["r"] += 56
    margin["t"] += (
        (24 if spec.is_simulated else 0) + (44 if has_top else 0) + (22 if any(p.title for p in spec.panels) else 0)
    )
    return {
        "height": round(height + margin["t"] + margin["b"]),
        "margin": margin,
        "template": _TEMPLATE,
        "legend": {},
        "annotations": [],
        "shapes": [],
    }


def _domains(spec: FigureSpec) -> tuple[list[tuple[tuple[float, float], tuple[float, float]]], float]:
    """For each panel its share of the width and of the height, and the height of all. [px]"""
    count = len(spec.panels)
    if spec.arrangement == "row":
        gap = 0.12 if count > 1 else 0.0
        width = (1 - gap * (count - 1)) / count
        return [((i * (width + gap), i * (width + gap) + width), (0.0, 1.0)) for i in range(count)], _TALL_PX
    tall = sum(p.height_share >= 0.5 for p in spec.panels)
    heights = [
        max((_TALL_PX if tall < 2 else 0.72 * _TALL_PX) * min(p.height_share, 1), _STRIP_PX) for p in spec.panels
    ]
    gap = _SHARED_GAP_PX if spec.shares_x else _GAP_PX
    whole = sum(heights) + gap * (count - 1)
    tops = [whole - sum(heights[:i]) - gap * i for i in range(count)]
    return [((0.0, 1.0), ((t - h) / whole, t / whole)) for t, h in zip(tops, heights, strict=True)], whole


def _shared_limits(spec: FigureSpec) -> Limits:
    all_limits = [panel_limits(p)[0] for p in spec.panels]
    return min(low for low, _ in all_limits), max(high for _, high in all_limits)


def _add_axes(
    layout: dict[str, Any], spec: FigureSpec, number: int, domain: tuple[Limits, Limits], shared: Limits | None
) -> None:
    panel = spec.panels[number]
    x, y = panel_limits(panel)
    x_name, y_name = _name("x", number), _name("y", number)
    x_axis = _axis(panel.x, shared or x, domain[0], anchor=y_name, mirrors=panel.x_top is None)
    y_axis = _axis(panel.y, y, domain[1], anchor=x_name, mirrors=panel.y_right is None)
    if spec.shares_x and number < len(spec.panels) - 1:
        x_axis |= {"showticklabels": False, "title": {"text": ""}}
    if spec.shares_x and number > 0:
        x_axis["matches"] = "x"
    if panel.has_equal_axes:
        y_axis |= {"scaleanchor": x_name, "scaleratio": 1, "constrain": "range", "constraintoward": "bottom"}
        x_axis |= {"constrain": "range", "constraintoward": "left"}
    if panel.height_share < 0.5:
        y_axis["nticks"] = 4
    layout[_key(x_name)], layout[_key(y_name)] = x_axis, y_axis
    if panel.title:
        layout["annotations"].append(
            {"text": _safe(panel.title), "xref": f"{x_name} domain", "yref": f"{y_name} domain", "x": 0, "y": 1,
             "xanchor": "left", "yanchor": "bottom", "showarrow": False, "font": {"size": 13}}
        )  # fmt: skip


def _axis(axis: Axis, limits: Limits, domain: Limits, *, anchor: str, mirrors: bool) -> dict[str, Any]:
    is_log = axis.scale == "log"
    ends = [math.log10(v) for v in limits] if is_log else list(limits)
    made: dict[str, Any] = {
        "title": {"text": html_label(axis.label, axis.unit)},
        "type": axis.scale,
        "range": [float(f"{v:.6g}") for v in (reversed(ends) if axis.is_reversed else ends)],
        "domain": [round(v, 5) for v in domain],
        "anchor": anchor,
        "mirror": "ticks" if mirrors else False,
        "exponentformat": "power" if is_log else "SI",
    }
    if is_log:
        decades = abs(ends[1] - ends[0])
        made["dtick"] = 1 if decades <= 8 else 2
        if decades < 1.5:
            del made["dtick"]
        made["minor"] = {"dtick": "D1" if decades <= 8 else 1}
    return made


def _right_name(number: int, panels: int) -> str:
    return _name("y", 2 * panels + number)


def _right_axis(panel: Panel, axis: Axis, names: tuple[str, str]) -> dict[str, Any]:
    made = _axis(axis, right_limits(panel), (0.0, 1.0), anchor=names[0], mirrors=False)
    del made["domain"]
    return made | {"overlaying": names[1], "side": "right"}


def _add_picture(layout: dict[str, Any], data: list[dict[str, Any]], panel: Panel, names: tuple[str, str]) -> None:
    """The pixels under the curves; an invisible point carries the scale of their colours."""
    picture = panel.picture
    if picture is None:
        return
    (x0, x1), (y0, y1) = picture.x_limits, picture.y_limits
    layout.setdefault("images", []).append(
        {"source": picture_address(picture), "xref": names[0], "yref": names[1], "x": x0, "y": y1, "sizex": x1 - x0,
         "sizey": y1 - y0, "sizing": "stretch", "layer": "below"}
    )  # fmt: skip
    low, high = value_limits(picture)
    point: dict[str, Any] = {
        "x": [x0], "y": [y0], "xaxis": names[0], "yaxis": names[1], "mode": "markers", "hoverinfo": "skip", "showlegend": False,
        "marker": {"opacity": 0},
    }  # fmt: skip
    label = colour_bar_label(picture)
    if label:
        stops = [[k / 8, sequence_colour(k / 8)] for k in range(9)]
        if picture.colours == "grey":
            stops = [[0, "#000000"], [1, "#ffffff"]]
        bar = {"title": {"text": _safe(label), "side": "right"}, "thickness": 12, "outlinewidth": 0.8}
        point["marker"] |= {
            "color": [low],
            "cmin": low,
            "cmax": high,
            "colorscale": stops,
            "showscale": True,
            "colorbar": bar,
        }
        layout["margin"]["r"] = 84
    data.append(point)


def _trace(
    panel: Panel, series: Series, look: Look, names: tuple[str, str], shown: set[str], beside: tuple[Series, ...]
) -> dict[str, Any]:
    colour, marker = look
    label = _safe(series.label)
    trace: dict[str, Any] = {
        "x": rounded(series.x), "y": rounded(series.y), "xaxis": names[0], "yaxis": names[1],
        "name": label, "legendgroup": label if series.is_in_legend and label else _safe(group_of(series)),
        "showlegend": bool(series.is_in_legend and series.label and series.label not in shown),
    }  # fmt: skip
    if series.is_in_legend:
        shown.add(series.label)
    if series.style not in ("line", "dashed", "band"):
        trace |= _hover(panel, series, label)
    if series.style == "band":
        return trace | _band(series, colour)
    if series.style == "bars":
        return trace | {"type": "bar", "marker": {"color": colour, "opacity": 0.6}}
    if series.style in ("line", "dashed"):
        dash = "solid" if series.style == "line" else "dash"
        return trace | {
            "mode": "lines",
            "line": {"color": colour, "width": 1.6, "dash": dash},
            "hoverinfo": "skip",
        }
    for key, half in (("error_x", series.x_error), ("error_y", series.y_error)):
        if half is not None:
            trace[key] = {"type": "data", "array": rounded(half), "color": colour, "thickness": 1.1, "width": 3}
    return trace | {"mode": "markers", "marker": _marker(series, colour, marker, beside, panel)}


def _hover(panel: Panel, series: Series, label: str) -> dict[str, Any]:
    up = panel.y_right if panel.y_right is not None and series.is_on_right else panel.y
    values = (
        f"{html_label(panel.x.label)} = %{{x:.4~g}}{_unit(panel.x)}<br>{html_label(up.label)} = %{{y:.4~g}}{_unit(up)}"
        f"<extra>{_literal(label)}</extra>"
    )
    if not series.point_labels:
        return {"hovertemplate": values}
    own, shared = _split_labels(series.point_labels)
    return {"text": [_safe(text) for text in own], "hovertemplate": f"%{{text}}{_literal(_safe(shared))}<br>{values}"}


def _split_labels(labels: Sequence[str]) -> tuple[Sequence[str], str]:
    """What is each point's own, and the end that all labels share (temperature and file), so that it is written once."""
    parts = [label.split(" · ", 1) for label in labels]
    shared = {part[1] for part in parts if len(part) == 2}
    if len(shared) != 1 or any(len(part) != 2 for part in parts):
        return labels, ""
    return [part[0] for part in parts], f" · {shared.pop()}"


def _literal(text: str) -> str:
    """A text inside a template: nothing in it is a place to be filled in."""
    return text.replace("%{", "%&#123;")


def _unit(axis: Axis) -> str:
    shown = _safe(unit_text(axis.unit))
    return f" {shown}" if shown else ""


def _marker(series: Series, colour: str, marker: str, beside: tuple[Series, ...], panel: Panel) -> dict[str, Any]:
    if series.style == "ticks":
        return {"symbol": "line-ns-open", "size": 9, "color": colour}
    is_lined = any(group_of(s) == group_of(series) and s.style in ("line", "dashed") for s in beside)
    fill = "#ffffff" if series.style == "open_points" else _faded(colour) if is_lined else colour
    size = 6.5 if panel.height_share >= 0.5 else 5
    return {"symbol": _SYMBOLS[marker], "size": size, "color": fill, "line": {"color": colour, "width": 1}}


def _faded(colour: str) -> str:
    r, g, b = (int(colour[k : k + 2], 16) for k in (1, 3, 5))
    return f"rgba({r},{g},{b},0.45)"


def _band(series: Series, colour: str) -> dict[str, Any]:
    upper = series.y if series.y_upper is None else series.y_upper
    r, g, b = (int(colour[k : k + 2], 16) for k in (1, 3, 5))
    return {
        "x": rounded(np.concatenate([series.x, series.x[::-1]])), "y": rounded(np.concatenate([series.y, upper[::-1]])),
        "mode": "lines", "line": {"width": 0}, "fill": "toself", "fillcolor": f"rgba({r},{g},{b},0.16)",
        "hoverinfo": "skip",
    }  # fmt: skip


def _add_top_axis(layout: dict[str, Any], data: list[dict[str, Any]], panel: Panel, number: int, panels: int) -> None:
    """A second x axis over the panel; an invisible trace makes Plotly draw it, ``matches`` keeps it in step while zooming."""
    if panel.x_top is None:
        return
    below, name = _name("x", number), _name("x", panels + number)
    layout[_key(name)] = {
        "overlaying": below, "matches": below, "side": "top", "anchor": _name("y", number), "type": panel.x.scale,
        "tickmode": "array", "tickvals": [float(f"{p:.6g}") for p, _ in panel.x_top.top_of],
        "ticktext": [_safe(t) for _, t in panel.x_top.top_of],
        "title": {"text": html_label(panel.x_top.label, panel.x_top.unit), "standoff": 6}, "range": layout[_key(below)]["range"], "minor": {"ticks": ""},
    }  # fmt: skip
    anchor = next((s for s in panel.series if s.x.size), None)
    if anchor is not None:
        data.append(
            {"x": rounded(anchor.x[:1]), "y": rounded(anchor.y[:1]), "xaxis": name, "yaxis": _name("y", number),
             "mode": "markers", "marker": {"opacity": 0}, "hoverinfo": "skip", "showlegend": False}
        )  # fmt: skip


def _add_marks(
    layout: dict[str, Any], data: list[dict[str, Any]], panel: Panel, names: tuple[str, str], shown: set[str]
) -> None:
    for style, label in (("text", ""), ("cross", "masked")):
        marks = [m for m in panel.marks if m.style == style]
        if marks:
            data.append(_mark_points(marks, names, label, show=bool(label) and label not in shown))
            shown.add(label)
    for mark in panel.marks:
        if mark.style in ("vertical", "horizontal"):
            layout["shapes"].append(_line(mark, names))
        if mark.text and mark.style != "label":
            layout["annotations"].append(_mark_text(mark, panel, names))


def _names(panel: Panel, names: tuple[str, str], width: float) -> list[dict[str, Any]]:
    """Names beside points that are drawn already, placed for a figure of usual width; those without room are left to the hover."""
    marks = [m for m in panel.marks if m.style == "label"]
    if not marks:
        return []
    x, y = panel_limits(panel)

    def pixels(over: Array, up: Array) -> list[tuple[float, float]]:
        across, down = width * share_along(over, x, panel.x), _TALL_PX * (1 - share_along(up, y, panel.y))
        return list(zip(across.tolist(), down.tolist(), strict=True))

    places = placed_names(
        pixels(np.array([m.x for m in marks]), np.array([m.y for m in marks])),
        [m.text for m in marks],
        others=pixels(*bar_places(panel.series)),
        box=(0.0, 0.0, width, _TALL_PX),
    )
    anchors = {"start": "left", "middle": "center", "end": "right"}
    return [
        {"text": _safe(mark.text), **_position(mark, panel), "xref": names[0], "yref": names[1], "showarrow": False, "name": "point",
         "xanchor": anchors[place.anchor], "yanchor": "middle", "xshift": round(place.dx), "yshift": round(-place.dy)}
        for mark, place in zip(marks, places, strict=True) if place is not None
    ]  # fmt: skip


def _position(mark: Mark, panel: Panel) -> dict[str, float]:
    """Annotations on a logarithmic axis are placed by the logarithm."""
    x = math.log10(mark.x) if panel.x.scale == "log" and mark.x > 0 else mark.x
    y = math.log10(mark.y) if panel.y.scale == "log" and mark.y > 0 else mark.y
    return {"x": float(f"{x:.6g}"), "y": float(f"{y:.6g}")}


def _mark_points(marks: list[Mark], names: tuple[str, str], label: str, *, show: bool) -> dict[str, Any]:
    marker = (
        {"symbol": "x-thin", "size": 8, "line": {"color": _MASKED, "width": 1.8}}
        if label
        else {"size": 4.5, "color": INK}
    )
    return {
        "mode": "markers", "x": rounded(np.array([m.x for m in marks])), "y": rounded(np.array([m.y for m in marks])),
        "xaxis": names[0], "yaxis": names[1], "marker": marker, "name": label or "marks", "showlegend": show,
        "text": [_safe(m.text) for m in marks], "hovertemplate": f"{label} %{{text}}<extra></extra>".lstrip(),
    }  # fmt: skip


def _line(mark: Mark, names: tuple[str, str]) -> dict[str, Any]:
    line = {"color": MUTED, "width": 1, "dash": "dash"}
    if mark.style == "vertical":
        return {
            "type": "line",
            "xref": names[0],
            "yref": f"{names[1]} domain",
            "x0": mark.x,
            "x1": mark.x,
            "y0": 0,
            "y1": 1,
            "line": line,
        }
    return {
        "type": "line",
        "xref": f"{names[0]} domain",
        "yref": names[1],
        "x0": 0,
        "x1": 1,
        "y0": mark.y,
        "y1": mark.y,
        "line": line,
    }


def _mark_text(mark: Mark, panel: Panel, names: tuple[str, str]) -> dict[str, Any]:
    at = _position(mark, panel)
    made: dict[str, Any] = {"text": _safe(mark.text)}
    if mark.style == "vertical":
        place = {
            "x": at["x"],
            "y": 0.98,
            "xref": names[0],
            "yref": f"{names[1]} domain",
            "textangle": -90,
            "showarrow": False,
        }
        return made | place | {"xanchor": "right", "yanchor": "top"}
    if mark.style == "horizontal":
        place = {"x": 0.98, "y": at["y"], "xref": f"{names[0]} domain", "yref": names[1], "showarrow": False}
        return made | place | {"xanchor": "right", "yanchor": "bottom"}
    return made | at | {"xref": names[0], "yref": names[1], "showarrow": True}
