"""The small pictures of the report: well-formed, to scale, free of foreign markup."""

from __future__ import annotations

import re
from types import ModuleType
from xml.etree import ElementTree

import numpy as np
import pytest

from pelletry.core.figure import Axis, FigureSpec, Panel, Series
from pelletry.render import static_svg as static_svg_module
from pelletry.render.static_svg import static_svg
from pelletry.render.ticks import linear_ticks, log_ticks, tick_text


def test_every_kind_is_well_formed_and_small(sim: ModuleType) -> None:
    pellet = sim.published_pellets()[1]
    for spec in (sim.nyquist(pellet), sim.nyquist_series(pellet), sim.bode(pellet), sim.arrhenius(pellet), sim.bars()):
        svg = static_svg(spec, identifier="f1")
        root = ElementTree.fromstring(svg)
        assert root.get("aria-label") == spec.title
        assert len(svg) < 60_000
        identifiers = [e.get("id") for e in root.iter() if e.get("id")]
        assert len(set(identifiers)) == len(identifiers)
        assert all(i is not None and i.startswith("f1-") for i in identifiers)


def test_one_ohm_is_one_length(sim: ModuleType) -> None:
    spec = sim.nyquist(sim.published_pellets()[1], window_ohm=9000.0)
    measured = re.search(r'<polyline points="([^"]+)" fill="none" marker', static_svg(spec, identifier="f"))
    assert measured is not None
    drawn = np.array([[float(v) for v in p.split(",")] for p in measured[1].split()])
    z = spec.panels[0].series[0]
    n = len(drawn)  # from high frequency on; the blocking leg leaves the frame
    assert 30 < n < z.x.size
    per_ohm_x = np.ptp(drawn[:, 0]) / np.ptp(z.x[:n])
    per_ohm_y = np.ptp(drawn[:, 1]) / np.ptp(z.y[:n])
    assert per_ohm_x == pytest.approx(per_ohm_y, rel=2e-3)


def test_a_line_keeps_its_shape_to_a_fifth_of_a_pixel() -> None:
    angle = np.linspace(0, np.pi, 500)
    x, y = 200 + 150 * np.cos(angle), 200 - 150 * np.sin(angle)
    kept_x, kept_y = static_svg_module._simplified(x, y)
    assert 20 < kept_x.size < 120
    middle_x, middle_y = (kept_x[1:] + kept_x[:-1]) / 2, (kept_y[1:] + kept_y[:-1]) / 2
    radius = np.hypot(middle_x - 200, middle_y - 200)
    assert np.abs(radius - 150).max() < 0.21


def test_every_point_in_the_frame_is_there() -> None:
    series = Series(label="a", x=np.linspace(0, 1, 33), y=np.linspace(0, 1, 33))
    spec = FigureSpec(
        key="k", title="t", caption="", panels=(Panel(x=Axis(label="x"), y=Axis(label="y"), series=(series,)),)
    )
    points = re.search(r'<polyline points="([^"]+)" fill="none" marker-start', static_svg(spec, identifier="f"))
    assert points is not None
    assert len(points[1].split()) == 33


def test_markup_in_any_text_stays_text() -> None:
    hostile = "<script>alert(1)</script>"
    series = Series(label=hostile, x=np.arange(3.0), y=np.arange(3.0))
    panel = Panel(x=Axis(label=hostile, unit=hostile), y=Axis(label=hostile), series=(series,), title=hostile)
    svg = static_svg(FigureSpec(key="k", title=hostile, caption="", panels=(panel,)), identifier="f")
    assert "<script" not in svg
    ElementTree.fromstring(svg)


def test_ticks_are_round_numbers_inside_the_limits() -> None:
    assert linear_ticks((0.0, 143.0), most=6) == [0.0, 25.0, 50.0, 75.0, 100.0, 125.0]
    assert linear_ticks((-0.72, 0.81), most=3) == [-0.5, 0.0, 0.5]
    assert log_ticks((0.3, 4e6), most=9) == [1.0, 10.0, 100.0, 1e3, 1e4, 1e5, 1e6]
    assert log_ticks((0.011, 0.3), most=9) == [0.02, 0.05, 0.1, 0.2]
    assert (tick_text(1e-4, "log"), tick_text(-0.5, "linear")) == ("10⁻⁴", "−0.5")
