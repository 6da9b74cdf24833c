"""Figures as data: what is drawn, not how. The render room turns a FigureSpec into SVG, PDF, PNG or interactive HTML."""

from __future__ import annotations

from typing import Any

import attrs
import numpy.typing as npt

from pelletry.core.arrays import Array, array_field

__all__ = ["Axis", "FigureSpec", "Mark", "Panel", "Picture", "Series"]


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
    ``is_on_right``: drawn against the panel's right axis.
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
    is_on_right: bool = False
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
class Picture:
    """Pixels behind the curves of a panel: a micrograph, an element map, intensities over angle and temperature.

    ``pixels`` has the shape (rows, columns) for values that ``colours`` maps (grey, heat), or (rows, columns, 3) of uint8 for
    a coloured picture; row 0 lies at ``y_limits[1]``, the top. ``value_label`` and ``value_unit`` head the colour bar (empty:
    no bar).
    """

    pixels: npt.NDArray[Any] = array_field(dtype=None)
    x_limits: tuple[float, float]
    y_limits: tuple[float, float]
    colours: str = attrs.field(default="grey", validator=attrs.validators.in_(("grey", "heat")))
    value_label: str = ""
    value_unit: str = ""


@attrs.frozen(kw_only=True)
class Panel:
    """One pair of axes. ``has_equal_axes`` makes one unit equally long on both (Nyquist). ``height_share`` sets the strip's part.

    ``legend_title`` says what the numbers in the legend are. ``y_right`` is the axis of the series that are ``is_on_right``.
    """

    x: Axis
    y: Axis
    series: tuple[Series, ...]
    x_top: Axis | None = None
    y_right: Axis | None = None
    picture: Picture | None = None
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
