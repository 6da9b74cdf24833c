"""Pictures under curves, and a second vertical scale: the same in all three kinds of drawing."""

from __future__ import annotations

import base64
import io
import re

import numpy as np
import pytest
from PIL import Image

from pelletry.core.figure import Axis, FigureSpec, Panel, Picture, Series
from pelletry.render.figure import build_figure, render_figure
from pelletry.render.picture import coloured, picture_address
from pelletry.render.plotly import plotly_figure
from pelletry.render.right import on_one_scale
from pelletry.render.static_svg import static_svg


def two_scales(scale: str = "linear") -> FigureSpec:
    x = np.linspace(0.0, 10.0, 11)
    panel = Panel(
        x=Axis(label="temperature", unit="°C"),
        y=Axis(label="shrinkage", unit="%", limits=(-10.0, 0.0)),
        y_right=Axis(label="rate", unit="%/K", limits=(1.0, 100.0), scale=scale),
        series=(
            Series(label="shrinkage", x=x, y=-x, style="line"),
            Series(label="rate", x=x, y=np.full(11, 10.0), style="points", is_on_right=True, y_error=np.full(11, 1.0)),
        ),
    )
    return FigureSpec(key="d", title="D", caption="", panels=(panel,))


def heat_map() -> FigureSpec:
    pixels = np.arange(12.0).reshape(3, 4)
    pixels[0, 0] = np.nan
    picture = Picture(
        pixels=pixels,
        x_limits=(10.0, 90.0),
        y_limits=(25.0, 600.0),
        colours="heat",
        value_label="<b>",
        value_unit="counts",
    )
    panel = Panel(x=Axis(label="x"), y=Axis(label="y"), picture=picture, series=())
    return FigureSpec(key="h", title="H", caption="", panels=(panel,))


@pytest.mark.parametrize(("scale", "share"), [("linear", 9 / 99), ("log", 0.5)])
def test_a_curve_of_the_right_scale_lies_where_its_numbers_say(scale: str, share: float) -> None:
    flat, right = on_one_scale(two_scales(scale).panels[0])
    assert right is not None
    assert flat.series[1].y == pytest.approx(-10 + 10 * share)
    by_text = {text: place for place, text in right.ticks}
    assert by_text["100" if scale == "linear" else "10²"] == pytest.approx(0.0)


def test_both_scales_are_written_in_every_drawing() -> None:
    spec = two_scales()
    figure = build_figure(spec)
    (ax,) = figure.axes
    (right,) = ax.child_axes
    assert "rate" in right.get_ylabel()
    assert "rate" in static_svg(spec, identifier="f")
    made = plotly_figure(spec)
    assert made["data"][1]["yaxis"] == "y3"
    assert made["layout"]["yaxis3"]["side"] == "right"
    assert made["data"][1]["y"] == [10.0] * 11


def test_the_largest_value_is_on_top_where_row_zero_is() -> None:
    pixels = coloured(heat_map().panels[0].picture)  # type: ignore[arg-type]
    assert pixels.shape == (3, 4, 3)
    assert (pixels[0, 0] == 255).all()  # not a number: white
    assert tuple(pixels[2, 3]) == (0xD9, 0xA2, 0x13)
    grey = Picture(pixels=np.array([[0, 255], [128, 7]], dtype=np.uint8), x_limits=(0, 2), y_limits=(0, 2))
    assert coloured(grey)[..., 1].tolist() == [[0, 255], [128, 7]]


def test_a_picture_is_embedded_and_fetched_from_nowhere() -> None:
    spec = heat_map()
    svg = static_svg(spec, identifier="f")
    (address,) = re.findall(r'href="([^"]+)"', svg)
    assert address.startswith("data:image/png;base64,")
    image = Image.open(io.BytesIO(base64.b64decode(address.partition(",")[2])))
    assert image.size == (4, 3)
    assert "<b>" not in svg
    made = plotly_figure(spec)
    assert made["layout"]["images"][0]["source"] == address
    assert made["layout"]["xaxis"]["range"] == [10.0, 90.0]
    assert "&lt;b&gt;" in str(made["data"])


def test_a_large_micrograph_is_thinned_for_the_page_and_whole_in_print() -> None:
    pixels = np.full((1500, 2048), 100, dtype=np.uint8)
    picture = Picture(pixels=pixels, x_limits=(0, 20), y_limits=(0, 15))
    address = picture_address(picture)
    image = Image.open(io.BytesIO(base64.b64decode(address.partition(",")[2])))
    assert image.format == "JPEG"
    assert image.size == (1024, 750)
    panel = Panel(
        x=Axis(label="x", unit="µm"), y=Axis(label="y", unit="µm"), picture=picture, series=(), has_equal_axes=True
    )
    spec = FigureSpec(key="m", title="M", caption="", panels=(panel,))
    assert render_figure(spec, format="png") == render_figure(spec, format="png")
