"""The dictionaries for the report: what Plotly is told, and that nothing from a file can speak HTML to it."""

from __future__ import annotations

import json
import math
from types import ModuleType

import numpy as np
import pytest

from pelletry.core.figure import Axis, FigureSpec, Mark, Panel, Series
from pelletry.render.plotly import plotly_figure, rounded


def spec_of(*series: Series, marks: tuple[Mark, ...] = (), scale: str = "linear") -> FigureSpec:
    panel = Panel(x=Axis(label="x", scale=scale), y=Axis(label="y", scale=scale), series=series, marks=marks)
    return FigureSpec(key="k", title="t", caption="", panels=(panel,))


def test_numbers_keep_six_significant_digits_and_gaps_stay_gaps() -> None:
    assert rounded(np.array([1234567.89, 1.23456789e-9, np.nan, np.inf])) == [1234570.0, 1.23457e-9, None, None]


def test_equal_axes_are_tied(sim: ModuleType) -> None:
    layout = plotly_figure(sim.nyquist(sim.published_pellets()[1]))["layout"]
    assert layout["yaxis"]["scaleanchor"] == "x"
    assert layout["yaxis"]["scaleratio"] == 1
    assert "scaleanchor" not in layout["yaxis2"]


def test_log_axes_give_their_range_and_marks_as_powers_of_ten() -> None:
    series = Series(label="a", x=np.array([10.0, 1000.0]), y=np.array([1.0, 100.0]))
    made = plotly_figure(spec_of(series, marks=(Mark(x=100.0, y=10.0, text="here"),), scale="log"))
    assert made["layout"]["xaxis"]["type"] == "log"
    low, high = made["layout"]["xaxis"]["range"]
    assert low < 1 < 3 < high < 4
    (note,) = [a for a in made["layout"]["annotations"] if a["text"] == "here"]
    assert (note["x"], note["y"]) == (2.0, 1.0)


def test_points_say_frequency_temperature_and_file(sim: ModuleType) -> None:
    data = plotly_figure(sim.nyquist(sim.published_pellets()[1]))["data"]
    assert data[0]["text"][0] == "3 MHz"
    assert data[0]["hovertemplate"].startswith("%{text} · −20 °C · LATP_Air_800.mpt<br>")
    assert len(data[0]["text"]) == len(data[0]["x"])


def test_the_second_scale_says_degrees(sim: ModuleType) -> None:
    layout = plotly_figure(sim.arrhenius(sim.published_pellets()[1]))["layout"]
    top = layout["xaxis2"]
    assert top["ticktext"][0] == "−40"
    assert top["tickvals"][0] == pytest.approx(1000 / 233.15, rel=1e-5)
    assert (top["overlaying"], top["matches"], top["side"]) == ("x", "x", "top")


def test_a_series_is_once_in_the_legend(sim: ModuleType) -> None:
    data = plotly_figure(sim.bode(sim.published_pellets()[1]))["data"]
    shown = [t["name"] for t in data if t["showlegend"]]
    assert shown == ["−40 °C", "−20 °C", "0 °C", "20 °C", "40 °C", "60 °C", "80 °C"]


def test_markup_in_any_text_stays_text() -> None:
    hostile = '<a href="javascript:alert(1)">x</a>'
    series = Series(label=hostile, x=np.arange(3.0), y=np.arange(3.0), point_labels=(hostile,) * 3)
    panel = Panel(
        x=Axis(label=hostile, unit=hostile), y=Axis(label="y"), series=(series,), title=hostile,
        marks=(Mark(x=1.0, y=1.0, text=hostile), Mark(x=1.0, y=1.0, style="vertical", text=hostile)),
        x_top=Axis(label=hostile, top_of=((1.0, hostile),)),
    )  # fmt: skip
    text = json.dumps(plotly_figure(FigureSpec(key="k", title=hostile, caption=hostile, panels=(panel,))))
    assert "<a " not in text
    assert "&lt;a " in text


def test_every_figure_is_plain_json(sim: ModuleType) -> None:
    pellet = sim.published_pellets()[1]
    for spec in (sim.nyquist(pellet), sim.nyquist_series(pellet), sim.bode(pellet), sim.arrhenius(pellet), sim.bars()):
        made = plotly_figure(spec)
        assert json.loads(json.dumps(made, allow_nan=False)) == made
        names = {t["xaxis"] for t in made["data"]}
        assert {"xaxis" + n[1:] for n in names} <= set(made["layout"])


def test_panels_do_not_overlap(sim: ModuleType) -> None:
    layout = plotly_figure(sim.nyquist(sim.published_pellets()[1]))["layout"]
    upper, lower = layout["yaxis"]["domain"], layout["yaxis2"]["domain"]
    assert math.isclose(upper[1], 1.0)
    assert math.isclose(lower[0], 0.0)
    assert lower[1] < upper[0]


def test_a_place_to_be_filled_in_is_no_such_thing_in_a_file_name() -> None:
    labels = ("1 Hz · 25 °C · %{x}.mpt", "2 Hz · 25 °C · %{x}.mpt")
    series = Series(label="%{y}", x=np.arange(2.0), y=np.arange(2.0), point_labels=labels)
    template = plotly_figure(spec_of(series))["data"][0]["hovertemplate"]
    assert template.count("%{x") == template.count("%{y") == 1  # the values; not the names


def test_error_bars_legend_title_and_names_of_points_reach_the_figure() -> None:
    half = np.full(2, 0.1)
    series = Series(label="a", x=np.array([1.0, 2.0]), y=np.array([1.0, 2.0]), x_error=half, y_error=half)
    panel = Panel(
        x=Axis(label="x"), y=Axis(label="y"), series=(series,), legend_title="E_a of ln(σT)",
        marks=(Mark(x=1.0, y=1.0, text="P<1>", style="label"),),
    )  # fmt: skip
    made = plotly_figure(FigureSpec(key="k", title="t", caption="", panels=(panel,)))
    assert made["data"][0]["error_x"]["array"] == made["data"][0]["error_y"]["array"] == [0.1, 0.1]
    assert made["layout"]["legend"]["title"]["text"] == "<i>E</i><sub>a</sub> of ln(<i>σT</i>)"
    (note,) = made["layout"]["annotations"]
    assert (note["text"], note["showarrow"], note["x"], note["y"]) == ("P&lt;1&gt;", False, 1.0, 1.0)
