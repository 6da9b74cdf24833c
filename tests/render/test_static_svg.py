"""The small pictures of the report: well-formed, to scale, free of foreign markup."""

from __future__ import annotations

import re
from types import ModuleType
from xml.etree import ElementTree

import numpy as np
import pytest

from pelletry.core.figure import Axis, FigureSpec, Panel, Series
from pelletry.render import static_svg as static_svg_module
from pelletry.render.labels import placed_names
from pelletry.render.static_svg import static_svg
from pelletry.render.ticks import linear_ticks, log_ticks, tick_text


def places(path: str) -> list[list[float]]:
    """The points of a path made of one M and one row of relative steps, as a browser reads it."""
    numbers = [float(v) for v in re.findall(r"-?(?:\d+\.?\d*|\.\d+)", path)]
    return np.cumsum(np.array(numbers).reshape(-1, 2), axis=0).tolist()


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
    measured = re.search(r'<path d="([^"]+)" fill="none" marker', static_svg(spec, identifier="f"))
    assert measured is not None
    drawn = np.array(places(measured[1]))
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
    points = re.search(r'<path d="([^"]+)" fill="none" marker-start', static_svg(spec, identifier="f"))
    assert points is not None
    drawn = np.array(places(points[1]))
    assert len(drawn) == 33
    assert np.ptp(np.diff(drawn, axis=0), axis=0) == pytest.approx([0, 0], abs=0.21)  # steps of a tenth do not add up


def test_a_row_of_steps_never_strays_from_its_points() -> None:
    random = np.random.default_rng(3)
    x, y = random.uniform(-50, 500, 400), random.uniform(-50, 500, 400)
    found = np.array(places(static_svg_module._path(x, y)))
    assert np.abs(found - np.column_stack([x, y])).max() <= 0.0501


def test_names_of_points_stand_apart_from_points_bars_and_each_other() -> None:
    points = [(100.0, 100.0), (104.0, 101.0), (300.0, 100.0)]
    names = ("LATP_Air_700", "LATP_Air_800", "LATP_Ar_900")
    box = (0.0, 0.0, 400.0, 200.0)
    found = placed_names(points, names, box=box, others=[(300.0 + k, 100.0) for k in range(-60, 61)])
    edges = []
    for (x, y), name, place in zip(points, names, found, strict=True):
        assert place is not None
        width = 0.5 * 11 * len(name)
        left = x + place.dx - {"start": 0.0, "middle": width / 2, "end": width}[place.anchor]
        edges.append((left, y + place.dy - 5, left + width, y + place.dy + 5))
    for i, a in enumerate(edges):
        assert not any(a[0] < x < a[2] and a[1] < y < a[3] for x, y in points)
        assert not any(a[0] < b[2] and b[0] < a[2] and a[1] < b[3] and b[1] < a[3] for b in edges[i + 1 :])
    assert not edges[2][1] < 100.0 < edges[2][3]  # not across its error bar
    assert placed_names([(5.0, 5.0)], ["far too long for this box"], box=(0, 0, 20, 10)) == (None,)


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
