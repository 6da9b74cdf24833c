"""Figures as data: what is drawn, not how. The render room turns a FigureSpec into SVG, PDF, PNG or interactive HTML."""

from __future__ import annotations

import attrs

from pelletry.core.arrays import Array, array_field

__all__ = ["Axis", "FigureSpec", "Mark", "Panel", "Series"]


@attrs.frozen(kw_only=True)
class Axis:
    """``label`` holds the symbol and words, ``unit`` the display unit of the data given; ``scale`` is linear or log.

    ``top_of`` turns an axis into a second scale of the same data (Arrhenius: temperature over 1000/T): pairs of
    (position on this axis' partner, text).
    """

    label: str
    unit: str = ""
    scale: str = attrs.field(default="linear", validator=attrs.validators.in_(("linear", "log")))
    limits: tuple[float, float] | None = None
    is_reversed: bool = False
    top_of: tuple[tuple[float, str], ...] = ()


@attrs.frozen(kw_only=True)
class Series:
    """One curve or cloud of points.

    ``style`` is points, open_points, line, dashed, band (between y and y_upper), bars or ticks. ``group`` gives series of
    one thing the same colour. ``point_labels`` are the hover texts, one per point (empty: none). ``trace`` names the
    quantity or file behind the series. ``x_error`` and ``y_error`` are half lengths of error bars, in the unit of the axis.
    """

    label: str
    x: Array = array_field()
    y: Array = array_field()
    style: str = attrs.field(
        default="points",
        validator=attrs.validators.in_(("points", "open_points", "line", "dashed", "band", "bars", "ticks")),
    )
    group: str = ""
    x_error: Array | None = array_field(default=None)
    y_error: Array | None = array_field(default=None)
    y_upper: Array | None = array_field(default=None)
    point_labels: tuple[str, ...] = ()
    is_in_legend: bool = True
    trace: str = ""


@attrs.frozen(kw_only=True)
class Mark:
    """A labelled point or line: a decade of frequency on a Nyquist plot, a masked point, a phase transition.

    ``style`` is text (a dot and its words), label (words beside a point that is drawn already), cross, vertical or horizontal.
    """

    x: float
    y: float
    text: str = ""
    style: str = attrs.field(
        default="text", validator=attrs.validators.in_(("text", "label", "cross", "vertical", "horizontal"))
    )


@attrs.frozen(kw_only=True)
class Panel:
    """One pair of axes. ``has_equal_axes`` makes one unit equally long on both (Nyquist). ``height_share`` sets the strip's part.

    ``legend_title`` says what the numbers in the legend are.
    """

    x: Axis
    y: Axis
    series: tuple[Series, ...]
    x_top: Axis | None = None
    marks: tuple[Mark, ...] = ()
    title: str = ""
    legend_title: str = ""
    has_equal_axes: bool = False
    height_share: float = 1.0


@attrs.frozen(kw_only=True)
class FigureSpec:
    """A figure of one or more panels stacked from top to bottom (``shares_x``) or side by side (``arrangement='row'``).

    ``width`` is ``"single"`` (85 mm) or ``"double"`` (178 mm), the column widths of journals. ``is_detail`` marks a figure for
    looking closer (one spectrum of a series, a test of the data); the others are those a paper shows.
    """

    key: str
    title: str
    caption: str
    panels: tuple[Panel, ...]
    sample: str = ""
    technique: str = ""
    width: str = attrs.field(default="single", validator=attrs.validators.in_(("single", "double")))
    arrangement: str = attrs.field(default="column", validator=attrs.validators.in_(("column", "row")))
    shares_x: bool = False
    is_detail: bool = False
    is_simulated: bool = False
