"""FigureSpec to a small SVG for the report: what is seen before scripts run, without scripts, and on paper.

A few kilobytes and milliseconds a figure, without a plotting library; the publication copies come from ``figure``.
Coordinates are pixels of a 480-pixel (85 mm) or 960-pixel wide picture that scales with the page.
"""

from __future__ import annotations

import html
import math

import attrs
import numpy as np

from pelletry.core.arrays import Array
from pelletry.core.figure import FigureSpec, Panel, Series
from pelletry.render.labels import bar_places, placed_names
from pelletry.render.limits import Limits, counted_both, equal_window, panel_limits, points_outside, share_along
from pelletry.render.picture import colour_bar_label, picture_address, value_limits
from pelletry.render.right import RightScale, on_one_scale
from pelletry.render.style import INK, MUTED, Look, group_of, looks_of, sequence_colour
from pelletry.render.ticks import linear_ticks, log_minor_ticks, log_ticks, tick_text
from pelletry.render.typography import html_label, plain_text

__all__ = ["static_svg"]

_LEFT, _RIGHT, _BOTTOM, _GAP, _SHARED_GAP = 70.0, 14.0, 50.0, 18.0, 10.0
_LEGEND_ROW, _FONT, _SMALL = 19.0, 13.0, 12.0
_MASKED = "#b91c1c"
_SHAPES = {
    "o": '<circle r="3"/>', "s": '<path d="M-2.7-2.7h5.4v5.4h-5.4z"/>', "^": '<path d="M0-3.6 3.3 2.4h-6.6z"/>',
    "v": '<path d="M0 3.6 3.3-2.4h-6.6z"/>', "D": '<path d="M0-3.6 3.6 0 0 3.6-3.6 0z"/>',
    "p": '<path d="M0-3.4 3.2-1 2 2.8h-4l-1.2-3.8z"/>', "h": '<path d="M-1.7-3h3.4l1.7 3-1.7 3h-3.4l-1.7-3z"/>',
    "<": '<path d="M-3.6 0 2.4-3.3v6.6z"/>', ">": '<path d="M3.6 0-2.4-3.3v6.6z"/>', "P": '<path d="M-1-3h2v2h2v2h-2v2h-2v-2h-2v-2h2z"/>',
}  # fmt: skip


@attrs.frozen(kw_only=True)
class _Frame:
    """A panel on the picture: its box in pixels and the window of the data."""

    panel: Panel
    left: float
    top: float
    width: float
    height: float
    x: Limits
    y: Limits
    right_scale: RightScale | None = None

    def across(self, values: Array) -> Array:
        return self.left + self.width * share_along(values, self.x, self.panel.x)

    def down(self, values: Array) -> Array:
        return self.top + self.height * (1 - share_along(values, self.y, self.panel.y))


def static_svg(spec: FigureSpec, *, identifier: str) -> str:
    """The picture as an ``<svg>`` element. ``identifier`` must be unique in its document: it begins every id inside.

    Texts are escaped; nothing is fetched; the same figure gives the same text.
    """
    looks = looks_of(spec)
    page = 480.0 if spec.width == "single" else 960.0
    entries, legend_height = _legend(spec, looks, page, identifier)
    frames, height = _frames(spec, page, legend_height + (18.0 if spec.is_simulated else 2.0))
    parts = [_markers(spec, looks, identifier)]
    for number, frame in enumerate(frames):
        is_inner = spec.shares_x and spec.arrangement == "column" and number < len(frames) - 1
        parts.append(_drawn(frame, looks, f"{identifier}-{number}", identifier, has_x_labels=not is_inner))
    parts += entries
    if spec.is_simulated:
        parts.append(
            f'<text x="{page - _RIGHT:g}" y="12" text-anchor="end" font-style="italic" fill="{MUTED}">simulated data</text>'
        )
    return (
        f'<svg class="static" viewBox="0 0 {page:g} {height:g}" role="img" aria-label="{html.escape(spec.title)}" '
        f'font-size="{_SMALL:g}" fill="{INK}">{"".join(parts)}</svg>'
    )


def _markers(spec: FigureSpec, looks: dict[str, Look], identifier: str) -> str:
    kinds = {"points": "f", "open_points": "o"}
    used = {(group_of(s), kinds.get(s.style, "")) for p in spec.panels for s in p.series}
    made = []
    for number, (group, (colour, marker)) in enumerate(looks.items()):
        for kind, fill in (("f", f'fill="{colour}" fill-opacity=".45"'), ("o", 'fill="#fff"')):
            if (group, kind) not in used:
                continue
            made.append(
                f'<marker id="{identifier}-{kind}{number}" markerUnits="userSpaceOnUse" overflow="visible">'
                f'<g {fill} stroke="{colour}" stroke-width=".9">{_SHAPES[marker]}</g></marker>'
            )
    return f"<defs>{''.join(made)}</defs>"


def _legend(spec: FigureSpec, looks: dict[str, Look], page: float, identifier: str) -> tuple[list[str], float]:
    """Entries in rows above the panels. [px]"""
    order = {group: i for i, group in enumerate(looks)}
    entries: dict[str, Series] = {}
    for panel in spec.panels:
        for series in panel.series:
            if series.is_in_legend and series.label:
                entries.setdefault(series.label, series)
    x, y = _LEFT, 32.0 if spec.is_simulated else 14.0
    made = []
    title = next((p.legend_title for p in spec.panels if p.legend_title), "")
    if title and entries:
        made.append(f'<text x="{x:g}" y="{y:g}">{_spans(html_label(title))}</text>')
        x += 12.0 + 0.52 * _SMALL * len(title)
    for label, series in entries.items():
        width = 30.0 + 0.56 * _SMALL * len(label)
        if x + width > page and x > _LEFT:
            x, y = _LEFT, y + _LEGEND_ROW
        made.append(
            _legend_sample(series, looks[group_of(series)], f"{identifier}-", order[group_of(series)], x, y - 4)
        )
        made.append(f'<text x="{x + 24:g}" y="{y:g}">{_safe(label)}</text>')
        x += width
    return made, (y - 14.0 + _LEGEND_ROW + 6 if entries else 6.0) - (18.0 if spec.is_simulated else 0.0)


def _legend_sample(series: Series, look: Look, identifier: str, number: int, x: float, y: float) -> str:
    if series.style in ("line", "dashed"):
        dashes = ' stroke-dasharray="5 3"' if series.style == "dashed" else ""
        return f'<path d="M{x:g} {y:g}h18" stroke="{look[0]}" stroke-width="1.6"{dashes}/>'
    if series.style in ("band", "bars"):
        return f'<rect x="{x:g}" y="{y - 4:g}" width="18" height="8" fill="{look[0]}" fill-opacity=".4"/>'
    kind = "o" if series.style == "open_points" else "f"
    return f'<path d="M{x + 9:g} {y:g}h0" marker-start="url(#{identifier}{kind}{number})"/>'


def _frames(spec: FigureSpec, page: float, top: float) -> tuple[list[_Frame], float]:
    count = len(spec.panels)
    extra = 40.0 if any(p.x_top is not None for p in spec.panels) else 0.0
    titles = 18.0 if any(p.title for p in spec.panels) else 0.0
    shared = _shared_x(spec)
    has_bar = any(p.picture is not None and p.picture.value_label for p in spec.panels)
    beside = 72.0 if has_bar or any(p.y_right is not None for p in spec.panels) else _RIGHT
    frames = []
    if spec.arrangement == "row":
        width = (page - count * (_LEFT + beside)) / count
        for i, panel in enumerate(spec.panels):
            frames.append(
                _frame(panel, _LEFT + i * (width + _LEFT + beside), top + extra + titles, width, 0.72 * width, shared)
            )
        return frames, top + extra + titles + 0.72 * width + _BOTTOM
    width = page - _LEFT - beside
    tall = sum(p.height_share >= 0.5 for p in spec.panels)
    y = top
    for panel in spec.panels:
        y += (40.0 if panel.x_top is not None else 0.0) + (18.0 if panel.title else 0.0)
        height = max(_height(panel, width, tall), 60.0) * (0.62 if spec.width == "double" else 1.0)
        frames.append(_frame(panel, _LEFT, y, width, height, shared))
        y += height + (_SHARED_GAP if spec.shares_x else _BOTTOM + _GAP)
    return frames, y - (_SHARED_GAP - _BOTTOM if spec.shares_x else _GAP)


def _shared_x(spec: FigureSpec) -> Limits | None:
    if not spec.shares_x:
        return None
    found = [panel_limits(p)[0] for p in spec.panels]
    return min(low for low, _ in found), max(high for _, high in found)


def _height(panel: Panel, width: float, tall: int) -> float:
    if panel.has_equal_axes:
        x, y = panel_limits(panel)
        return width * min(max((y[1] - y[0]) / (x[1] - x[0]), 0.55), 1.0)
    return width * (0.72 if tall <= 1 else 0.52) * min(panel.height_share, 1.0)


def _frame(panel: Panel, left: float, top: float, width: float, height: float, shared: Limits | None) -> _Frame:
    flat, right = on_one_scale(panel)
    x, y = panel_limits(flat)
    if panel.has_equal_axes:
        x, y = equal_window(x, y, width=width, height=height)
    return _Frame(panel=flat, left=left, top=top, width=width, height=height, x=shared or x, y=y, right_scale=right)


def _drawn(frame: _Frame, looks: dict[str, Look], clip: str, identifier: str, *, has_x_labels: bool) -> str:
    box = f'x="{frame.left:g}" y="{frame.top:g}" width="{frame.width:g}" height="{frame.height:g}"'
    order = {group: i for i, group in enumerate(looks)}
    lined = {group_of(s) for s in frame.panel.series if s.style in ("line", "dashed")}
    inside = [
        _series(frame, s, looks[group_of(s)], f"{identifier}-", order[group_of(s)], group_of(s) in lined)
        for s in frame.panel.series
    ]
    parts = [
        f'<clipPath id="{clip}"><rect {box}/></clipPath>',
        f'<g clip-path="url(#{clip})">{_picture(frame)}{_zero_line(frame)}{"".join(inside)}</g>',
        f'<rect {box} fill="none" stroke="{INK}"/>',
        _axes(frame, has_x_labels=has_x_labels),
        _marks(frame),
        _right_axis(frame),
        _colour_bar(frame),
    ]
    outside = points_outside(frame.panel, frame.x, frame.y)
    if outside:
        note = f"{outside} point{'s' if outside > 1 else ''} outside the frame"
        parts.append(
            f'<text x="{frame.left + frame.width - 6:g}" y="{frame.top + frame.height - 7:g}" text-anchor="end" '
            f'font-size="11" font-style="italic" fill="{MUTED}">{note}</text>'
        )
    return "".join(parts)


def _picture(frame: _Frame) -> str:
    picture = frame.panel.picture
    if picture is None:
        return ""
    x = frame.across(np.array(picture.x_limits)).tolist()
    y = frame.down(np.array(picture.y_limits)).tolist()
    return (
        f'<image x="{min(x):.1f}" y="{min(y):.1f}" width="{abs(x[1] - x[0]):.1f}" height="{abs(y[1] - y[0]):.1f}" '
        f'preserveAspectRatio="none" href="{picture_address(picture)}"/>'
    )


def _colour_bar(frame: _Frame) -> str:
    """The scale of a picture's colours, right of its frame."""
    picture = frame.panel.picture
    label = "" if picture is None else colour_bar_label(picture)
    if picture is None or not label:
        return ""
    left, height, steps = frame.left + frame.width + 8, frame.height, 32
    stops = "".join(
        f'<rect x="{left:g}" y="{frame.top + height * (1 - (k + 1) / steps):.1f}" width="10" height="{height / steps + 0.5:.1f}" '
        f'fill="{_bar_colour(picture.colours, k / (steps - 1))}"/>'
        for k in range(steps)
    )
    low, high = value_limits(picture)
    ends = "".join(
        f'<text x="{left + 13:g}" y="{y:.1f}">{tick_text(v, "linear")}</text>'
        for v, y in ((float(f"{high:.3g}"), frame.top + 9), (float(f"{low:.3g}"), frame.top + height))
    )
    return stops + ends + _label(left + 26, frame.top + height / 2, html.escape(label, quote=False), 0.0)


def _bar_colour(colours: str, share: float) -> str:
    return (
        sequence_colour(share)
        if colours == "heat"
        else f"rgb({round(255 * share)},{round(255 * share)},{round(255 * share)})"
    )


def _right_axis(frame: _Frame) -> str:
    scale = frame.right_scale
    if scale is None:
        return ""
    right = frame.left + frame.width
    parts = []
    for b, (_, text) in zip(frame.down(np.array([p for p, _ in scale.ticks])).tolist(), scale.ticks, strict=True):
        parts.append(f'<path d="M{right:g} {b:.1f}h-5" stroke="{INK}" stroke-width=".9"/>')
        parts.append(f'<text x="{right + 6:g}" y="{b + 4:.1f}">{_safe(text)}</text>')
    parts.append(_label(right + 54, frame.top + frame.height / 2, html_label(scale.label, _math_free(scale.unit)), 0.0))
    return "".join(parts)


def _zero_line(frame: _Frame) -> str:
    if frame.panel.height_share >= 0.5 or frame.panel.y.scale == "log" or not frame.y[0] < 0 < frame.y[1]:
        return ""
    y = float(frame.down(np.zeros(1))[0])
    return f'<path d="M{frame.left:g} {y:.1f}h{frame.width:g}" stroke="{MUTED}" stroke-width=".8"/>'


def _path(x: Array, y: Array) -> str:
    """A path through points in steps from each to the next, in tenths of a pixel that do not add up to more."""
    if not x.size:
        return ""
    at = np.round(np.column_stack([x, y]), 1)
    steps = " ".join(f"{_short(dx)} {_short(dy)}" for dx, dy in np.diff(at, axis=0).tolist())
    start = f"M{_short(at[0, 0])} {_short(at[0, 1])}"
    return start + (f"l{steps.replace(' -', '-')}" if steps else "h0")


def _kept_points(frame: _Frame, x: Array, y: Array) -> str:
    """The points in or at the edge of the frame; the others would be clipped anyway."""
    air = 6.0
    kept = (x > frame.left - air) & (x < frame.left + frame.width + air)
    kept &= (y > frame.top - air) & (y < frame.top + frame.height + air)
    return _path(x[kept], y[kept])


def _kept_line(frame: _Frame, x: Array, y: Array) -> str:
    """A line without the points that a straight stroke passes within a fifth of a pixel, and cut well outside the frame."""
    good = np.isfinite(x) & np.isfinite(y)
    x = np.clip(x[good], frame.left - frame.width, frame.left + 2 * frame.width)
    y = np.clip(y[good], frame.top - frame.height, frame.top + 2 * frame.height)
    return _path(*_simplified(x, y)) if x.size > 2 else _path(x, y)


def _simplified(x: Array, y: Array, tolerance: float = 0.2) -> tuple[Array, Array]:
    """Ramer-Douglas-Peucker with a stack. [px]"""
    kept = np.zeros(x.size, dtype=bool)
    kept[[0, -1]] = True
    waiting = [(0, x.size - 1)]
    while waiting:
        first, last = waiting.pop()
        if last - first < 2:
            continue
        dx, dy = x[last] - x[first], y[last] - y[first]
        away_x, away_y = x[first + 1 : last] - x[first], y[first + 1 : last] - y[first]
        length = math.hypot(dx, dy)
        off = np.abs(dx * away_y - dy * away_x) / length if length > 0 else np.hypot(away_x, away_y)
        worst = int(np.argmax(off))
        if off[worst] > tolerance:
            middle = first + 1 + worst
            kept[middle] = True
            waiting += [(first, middle), (middle, last)]
    return x[kept], y[kept]


def _short(value: float) -> str:
    text = f"{value:.1f}".removesuffix(".0")
    return "0" if text == "-0" else text.replace("0.", ".", 1) if text.startswith(("0.", "-0.")) else text


def _series(frame: _Frame, series: Series, look: Look, identifier: str, number: int, is_lined: bool) -> str:
    colour, _ = look
    x, y = frame.across(series.x), frame.down(series.y)
    if series.style == "band":
        upper = frame.down(series.y if series.y_upper is None else series.y_upper)
        outline = _kept_line(frame, np.concatenate([x, x[::-1]]), np.concatenate([y, upper[::-1]]))
        return f'<path d="{outline}z" fill="{colour}" fill-opacity=".18"/>'
    if series.style in ("line", "dashed"):
        dashes = ' stroke-dasharray="6 4"' if series.style == "dashed" else ""
        return f'<path d="{_kept_line(frame, x, y)}" fill="none" stroke="{colour}" stroke-width="1.5"{dashes}/>'
    if series.style == "bars":
        return _bars(frame, x, y, colour)
    if series.style == "ticks":
        marks = "".join(f"M{_short(a)} {b - 5:.1f}v10" for a, b in zip(x.tolist(), y.tolist(), strict=True))
        return f'<path d="{marks}" stroke="{colour}"/>'
    # The middle points alone would leave the ends bare; a path draws start, middle and end markers.
    kind = "o" if series.style == "open_points" else "f"
    fill = f"url(#{identifier}{kind}{number})"
    dots = f'<path d="{_kept_points(frame, x, y)}" fill="none" marker-start="{fill}" marker-mid="{fill}" marker-end="{fill}"/>'
    return _error_bars(frame, series, colour) + dots


def _bars(frame: _Frame, x: Array, y: Array, colour: str) -> str:
    half = 0.46 * float(np.min(np.diff(np.sort(x)))) if x.size > 1 else 8.0
    floor = frame.top + frame.height if frame.panel.y.scale == "log" else float(frame.down(np.zeros(1))[0])
    boxes = "".join(
        f"M{a - half:.1f} {floor:.1f}V{b:.1f}h{2 * half:.1f}V{floor:.1f}z"
        for a, b in zip(x.tolist(), y.tolist(), strict=True)
    )
    return f'<path d="{boxes}" fill="{colour}" fill-opacity=".55" stroke="{colour}" stroke-width=".6"/>'


def _error_bars(frame: _Frame, series: Series, colour: str) -> str:
    lines = ""
    x, y = frame.across(series.x), frame.down(series.y)
    if series.x_error is not None:
        left, right = frame.across(series.x - series.x_error), frame.across(series.x + series.x_error)
        lines = "".join(
            f"M{a:.1f} {b:.1f}H{c:.1f}"
            for a, b, c in zip(left.tolist(), y.tolist(), right.tolist(), strict=True)
            if math.isfinite(a + c)
        )
    if series.y_error is None:
        return f'<path d="{lines}" stroke="{colour}"/>' if lines else ""
    low, high = frame.down(series.y - series.y_error), frame.down(series.y + series.y_error)
    low = np.where(np.isfinite(low), low, frame.top + frame.height)
    lines += "".join(
        f"M{a:.1f} {b:.1f}V{c:.1f}"
        for a, b, c in zip(x.tolist(), low.tolist(), high.tolist(), strict=True)
        if math.isfinite(c)
    )
    return f'<path d="{lines}" stroke="{colour}"/>'


def _axes(frame: _Frame, *, has_x_labels: bool) -> str:
    panel = frame.panel
    x_ticks, x_minor = _ticks(panel.x.scale, frame.x, 6)
    y_ticks, y_minor = _ticks(panel.y.scale, frame.y, 6 if panel.height_share >= 0.5 else 3)
    counted_x, counted_y = counted_both(panel, frame.x, frame.y)
    left, top, right, bottom = frame.left, frame.top, frame.left + frame.width, frame.top + frame.height
    path, texts = [], []
    for length, values in ((5, x_ticks), (2.5, x_minor)):
        across = frame.across(np.array(values))
        path.append(_strokes(across, np.full(across.size, bottom), f"v-{length}", 0, length))
        if panel.x_top is None:
            path.append(_strokes(across, np.full(across.size, top), f"v{length}", 0, -length))
    for length, values in ((5, y_ticks), (2.5, y_minor)):
        down = frame.down(np.array(values))
        path.append(_strokes(np.full(down.size, left), down, f"h{length}", -length, 0))
        if frame.right_scale is None:
            path.append(_strokes(np.full(down.size, right), down, f"h-{length}", length, 0))
    if has_x_labels:
        for a, value in zip(frame.across(np.array(x_ticks)).tolist(), x_ticks, strict=True):
            texts.append(
                f'<text x="{a:.1f}" y="{bottom + 17:g}" text-anchor="middle">{tick_text(value / counted_x.divisor, panel.x.scale)}</text>'
            )
        texts.append(_label(left + frame.width / 2, bottom + 38, html_label(panel.x.label, _math_free(counted_x.unit))))
    for b, value in zip(frame.down(np.array(y_ticks)).tolist(), y_ticks, strict=True):
        texts.append(
            f'<text x="{left - 7:g}" y="{b + 4:.1f}" text-anchor="end">{tick_text(value / counted_y.divisor, panel.y.scale)}</text>'
        )
    texts.append(
        _label(18, top + frame.height / 2, html_label(panel.y.label, _math_free(counted_y.unit)), left - _LEFT)
    )
    if panel.title:
        y = top - (46 if panel.x_top else 7)
        texts.append(f'<text x="{left:g}" y="{y:g}" font-size="{_FONT:g}">{_safe(panel.title)}</text>')
    return f'<path d="{"".join(path)}" stroke="{INK}" stroke-width=".9"/>{"".join(texts)}{_top_axis(frame)}'


def _strokes(x: Array, y: Array, stroke: str, back_x: float, back_y: float) -> str:
    """The same short stroke at each place; ``back`` leads from its end to its beginning."""
    if not x.size:
        return ""
    at = np.round(np.column_stack([x, y]), 1)
    moves = [
        f"m{_short(dx + back_x)} {_short(dy + back_y)}{stroke}".replace(" -", "-")
        for dx, dy in np.diff(at, axis=0).tolist()
    ]
    return f"M{_short(at[0, 0])} {_short(at[0, 1])}{stroke}{''.join(moves)}"


def _safe(text: str) -> str:
    return html.escape(plain_text(text), quote=False)


def _math_free(unit: str) -> str:
    return plain_text(unit)


def _ticks(scale: str, limits: Limits, most: int) -> tuple[list[float], list[float]]:
    if scale == "log":
        return log_ticks(limits, most=most + 3), log_minor_ticks(limits)
    major = linear_ticks(limits, most=most)
    step = major[1] - major[0] if len(major) > 1 else limits[1] - limits[0]
    halves = (
        [v - step / 2 for v in [*major, major[-1] + step] if limits[0] <= v - step / 2 <= limits[1]] if major else []
    )
    return major, halves


def _top_axis(frame: _Frame) -> str:
    top_axis = frame.panel.x_top
    if top_axis is None:
        return ""
    parts, free_from = [], -math.inf
    for position, text in sorted(top_axis.top_of):
        if not frame.x[0] <= position <= frame.x[1]:
            continue
        a = float(frame.across(np.array([position]))[0])
        parts.append(f'<path d="M{a:.1f} {frame.top:g}v5" stroke="{INK}"/>')
        half = 0.3 * _SMALL * len(text) + 2
        if a - half > free_from:
            parts.append(f'<text x="{a:.1f}" y="{frame.top - 6:g}" text-anchor="middle">{_safe(text)}</text>')
            free_from = a + half
    parts.append(_label(frame.left + frame.width / 2, frame.top - 24, html_label(top_axis.label, top_axis.unit)))
    return "".join(parts)


def _label(x: float, y: float, markup: str, shift: float | None = None) -> str:
    """An axis label; turned by a quarter when ``shift`` (the left edge of its panel) is given."""
    turn = "" if shift is None else f' transform="rotate(-90 {x + shift:g} {y:g})"'
    return f'<text x="{x + (shift or 0.0):g}" y="{y:g}" text-anchor="middle" font-size="{_FONT:g}"{turn}>{_spans(markup)}</text>'


def _spans(markup: str) -> str:
    """The small HTML of labels in the words of SVG."""
    for tag, open_span in (("i", '<tspan font-style="italic">'), ("sub", '<tspan font-size="9" baseline-shift="sub">')):
        markup = markup.replace(f"<{tag}>", open_span).replace(f"</{tag}>", "</tspan>")
    return markup


def _marks(frame: _Frame) -> str:
    parts: list[str] = []
    taken: list[tuple[float, float]] = []
    parts += _names(frame)
    for mark in frame.panel.marks:
        if mark.style == "label":
            continue
        x, y = float(frame.across(np.array([mark.x]))[0]), float(frame.down(np.array([mark.y]))[0])
        text = _safe(mark.text)
        if mark.style == "vertical" and frame.left <= x <= frame.left + frame.width:
            parts.append(f'<path d="M{x:.1f} {frame.top:g}v{frame.height:g}" stroke="{MUTED}" stroke-dasharray="4 3"/>')
            parts.append(
                f'<text transform="translate({x - 4:.1f} {frame.top + 6:g}) rotate(-90)" text-anchor="end" font-size="11" fill="{MUTED}">{text}</text>'
            )
        elif mark.style == "horizontal" and frame.top <= y <= frame.top + frame.height:
            parts.append(f'<path d="M{frame.left:g} {y:.1f}h{frame.width:g}" stroke="{MUTED}" stroke-dasharray="4 3"/>')
            parts.append(
                f'<text x="{frame.left + frame.width - 5:g}" y="{y - 4:.1f}" text-anchor="end" font-size="11" fill="{MUTED}">{text}</text>'
            )
        elif frame.left <= x <= frame.left + frame.width and frame.top <= y <= frame.top + frame.height:
            parts.append(_point_mark(x, y, text, mark.style == "cross", taken))
    return "".join(parts)


def _names(frame: _Frame) -> list[str]:
    """Names beside points that are drawn already."""
    marks = [m for m in frame.panel.marks if m.style == "label"]
    if not marks:
        return []
    x = frame.across(np.array([m.x for m in marks])).tolist()
    y = frame.down(np.array([m.y for m in marks])).tolist()
    bar_x, bar_y = bar_places(frame.panel.series)
    places = placed_names(
        list(zip(x, y, strict=True)),
        [m.text for m in marks],
        others=list(zip(frame.across(bar_x).tolist(), frame.down(bar_y).tolist(), strict=True)),
        box=(frame.left, frame.top, frame.left + frame.width, frame.top + frame.height),
    )
    return [
        f'<text x="{a + place.dx:.1f}" y="{b + place.dy + 4:.1f}" text-anchor="{place.anchor}" font-size="11">{_safe(mark.text)}</text>'
        for a, b, place, mark in zip(x, y, places, marks, strict=True)
        if place is not None
    ]


def _point_mark(x: float, y: float, text: str, is_cross: bool, taken: list[tuple[float, float]]) -> str:
    dot = (
        f'<path d="M{x - 4:.1f} {y - 4:.1f}l8 8m0-8l-8 8" stroke="{_MASKED}" stroke-width="1.6"/>'
        if is_cross
        else f'<circle cx="{x:.1f}" cy="{y:.1f}" r="2.4"/>'
    )
    if not text or any(abs(x - a) < 52 and abs(y - b) < 14 for a, b in taken):
        return dot
    taken.append((x, y))
    return (
        f'{dot}<path d="M{x + 2:.1f} {y - 2:.1f}l7-9" stroke="{MUTED}" stroke-width=".7"/>'
        f'<text x="{x + 9:.1f}" y="{y - 13:.1f}" font-size="11">{text}</text>'
    )
