"""Publication figures: what is measured here is the drawn page, not the intention."""

from __future__ import annotations

import hashlib
import os
import re
import struct
import subprocess
import sys
from itertools import combinations
from pathlib import Path
from types import ModuleType
from typing import Any

import attrs
import numpy as np
import pytest

from pelletry.core.figure import Axis, FigureSpec, Mark, Panel, Series
from pelletry.render.figure import FORMATS, build_figure, figure_bytes, figures_bytes, render_figure, save_figure

MM_PER_INCH = 25.4


def every_kind(sim: ModuleType) -> dict[str, FigureSpec]:
    pellet = sim.published_pellets()[1]
    return {
        "nyquist": sim.nyquist(pellet, window_ohm=9000.0),
        "nyquist uncut": sim.nyquist(pellet),
        "nyquist series": sim.nyquist_series(pellet),
        "bode": sim.bode(pellet),
        "arrhenius": sim.arrhenius(pellet),
        "bars": sim.bars(),
    }


def one_panel(*series: Series, marks: tuple[Mark, ...] = (), label: str = "x", **panel: Any) -> FigureSpec:
    x, y = Axis(label=label), Axis(label="y")
    return FigureSpec(key="k", title="t", caption="", panels=(Panel(x=x, y=y, series=series, marks=marks, **panel),))


def points(label: str = "a", n: int = 20, **more: Any) -> Series:
    return Series(label=label, x=np.linspace(0, 1, n), y=np.linspace(0, 1, n) ** 2, **more)


def test_one_ohm_is_the_same_length_on_both_axes_of_a_nyquist_plot(sim: ModuleType) -> None:
    for name, spec in every_kind(sim).items():
        if not spec.panels[0].has_equal_axes:
            continue
        axes = build_figure(spec).axes[0]
        origin, right, up = axes.transData.transform([(0, 0), (1000, 0), (0, 1000)])
        assert np.hypot(*(right - origin)) == pytest.approx(np.hypot(*(up - origin)), rel=1e-9), name


def test_a_nyquist_plot_begins_at_zero_ohm(sim: ModuleType) -> None:
    axes = build_figure(sim.nyquist(sim.published_pellets()[1])).axes[0]
    assert axes.get_xlim()[0] == 0.0


def test_the_page_is_as_wide_as_a_column(sim: ModuleType) -> None:
    for spec, millimetres in ((sim.arrhenius(sim.published_pellets()[1]), 85.0), (sim.bars(), 178.0)):
        drawn = figure_bytes(spec)
        svg_width = re.search(rb'<svg[^>]* width="([\d.]+)pt"', drawn["svg"])
        box = re.search(rb"/MediaBox \[ ?0 0 ([\d.]+)", drawn["pdf"])
        assert svg_width is not None
        assert box is not None
        assert float(svg_width[1]) * MM_PER_INCH / 72 == pytest.approx(millimetres, abs=0.02)
        assert float(box[1]) * MM_PER_INCH / 72 == pytest.approx(millimetres, abs=0.02)
        pixels = struct.unpack(">I", drawn["png"][16:20])[0]
        assert pixels * MM_PER_INCH / 300 == pytest.approx(millimetres, abs=0.1)


def test_the_same_figure_gives_the_same_bytes_in_another_process(sim: ModuleType) -> None:
    here = {
        k: hashlib.sha256(v).hexdigest() for k, v in figure_bytes(sim.arrhenius(sim.published_pellets()[1])).items()
    }
    program = f"""
import hashlib, importlib.util
spec = importlib.util.spec_from_file_location("sim", {str(Path(sim.__file__))!r})
sim = importlib.util.module_from_spec(spec); spec.loader.exec_module(sim)
from pelletry.render.figure import figure_bytes
for k, v in figure_bytes(sim.arrhenius(sim.published_pellets()[1])).items():
    print(k, hashlib.sha256(v).hexdigest())
"""
    environment = {**os.environ, "PYTHONHASHSEED": "12345", "TZ": "Asia/Tokyo", "SOURCE_DATE_EPOCH": "99"}
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, env=environment, check=True)
    assert dict(line.split() for line in done.stdout.splitlines()) == here


def test_drawing_many_gives_the_bytes_of_drawing_one(sim: ModuleType) -> None:
    specs = [sim.arrhenius(p) for p in sim.published_pellets()[:3]]
    together = list(figures_bytes(specs, formats=("svg",)))
    assert [d["svg"] for d in together] == [render_figure(s, format="svg") for s in specs]


def test_no_settings_of_matplotlib_are_changed_and_pyplot_stays_away() -> None:
    program = """
import matplotlib, sys
before = matplotlib.rcParams.copy()
import numpy as np
from pelletry.core.figure import Axis, FigureSpec, Panel, Series
from pelletry.render.figure import figure_bytes
s = Series(label="a", x=np.arange(3.0), y=np.arange(3.0))
figure_bytes(FigureSpec(key="k", title="t", caption="", panels=(Panel(x=Axis(label="x"), y=Axis(label="y"), series=(s,)),)))
assert matplotlib.rcParams.copy() == before
assert "matplotlib.pyplot" not in sys.modules
print("as before")
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert done.stdout == "as before\n", done.stderr


def test_labels_carry_symbol_and_unit(sim: ModuleType) -> None:
    figure = build_figure(sim.nyquist(sim.published_pellets()[1], window_ohm=9000.0))
    assert figure.axes[0].get_xlabel() == r"$\mathit{Z}$′ (Ω)"
    assert figure.axes[0].get_ylabel() == r"−$\mathit{Z}$″ (Ω)"
    arrhenius = build_figure(sim.arrhenius(sim.published_pellets()[1])).axes[0]
    assert arrhenius.get_xlabel() == r"1000/$\mathit{T}$ (K$^{−1}$)"
    assert arrhenius.get_ylabel() == r"$\mathit{σT}$ (S K cm$^{−1}$)"


def test_large_numbers_are_counted_in_kilo_ohm(sim: ModuleType) -> None:
    axes = build_figure(sim.nyquist(sim.published_pellets()[1])).axes[0]
    assert axes.get_xlabel().endswith("(kΩ)")
    assert axes.get_ylabel().endswith("(kΩ)")
    axes.figure.canvas.draw()
    texts = [t.get_text().replace("−", "-") for t in axes.get_xticklabels()]
    assert 10 < max(float(text) for text in texts if text) < 1000


def test_decades_are_marked_on_the_nyquist_plot_where_they_can_be_read(sim: ModuleType) -> None:
    axes = build_figure(sim.nyquist(sim.published_pellets()[1], window_ohm=9000.0)).axes[0]
    renderer = axes.figure.canvas.get_renderer()
    labels = {t.get_text(): t.get_window_extent(renderer) for t in axes.texts if "Hz" in t.get_text()}
    assert {"10$^{3}$ Hz", "10$^{4}$ Hz", "10$^{5}$ Hz", "10$^{6}$ Hz"} <= set(labels)
    for a, b in combinations(labels.values(), 2):
        assert not a.overlaps(b)
    frame = axes.get_window_extent(renderer)
    assert all(frame.x0 <= b.x0 and b.x1 <= frame.x1 and frame.y0 <= b.y0 and b.y1 <= frame.y1 for b in labels.values())


def test_no_legend_covers_a_point_or_a_line(sim: ModuleType) -> None:
    for name, spec in every_kind(sim).items():
        figure = build_figure(spec)
        renderer = figure.canvas.get_renderer()  # type: ignore[attr-defined]
        for axes in figure.axes:
            legend = axes.get_legend()
            if legend is None:
                continue
            box = legend.get_window_extent(renderer)
            for line in axes.get_lines():
                # Lines and points of series are in data coordinates; guide lines have a transform of their own.
                xy = line.get_transform().transform(line.get_xydata())
                inside = (xy[:, 0] > box.x0) & (xy[:, 0] < box.x1) & (xy[:, 1] > box.y0) & (xy[:, 1] < box.y1)
                in_frame = axes.get_window_extent().contains
                assert not any(in_frame(*p) for p in xy[inside]), name


def test_a_crowded_frame_sends_the_legend_above_it() -> None:
    x, y = np.meshgrid(np.linspace(0, 1, 40), np.linspace(0, 1, 40))
    axes = build_figure(one_panel(Series(label="everywhere", x=x.ravel(), y=y.ravel()))).axes[0]
    renderer = axes.figure.canvas.get_renderer()  # type: ignore[union-attr]
    legend = axes.get_legend()
    assert legend is not None
    assert legend.get_window_extent(renderer).y0 >= axes.get_window_extent(renderer).y1


def test_points_outside_the_frame_are_counted_on_the_page(sim: ModuleType) -> None:
    spec = sim.nyquist(sim.published_pellets()[1], window_ohm=9000.0)
    axes = build_figure(spec).axes[0]
    measured = spec.panels[0].series[0]
    x1, y1 = axes.get_xlim()[1], axes.get_ylim()[1]
    y0 = axes.get_ylim()[0]
    outside = int(np.sum((measured.x < 0) | (measured.x > x1) | (measured.y > y1) | (measured.y < y0)))
    assert outside > 0
    assert axes.get_title("right") == f"{outside} points outside the frame"


def test_simulated_data_say_so_on_the_page(sim: ModuleType) -> None:
    spec = sim.arrhenius(sim.published_pellets()[1])
    assert b"simulated data" in render_figure(spec, format="svg")
    assert b"simulated" not in render_figure(attrs.evolve(spec, is_simulated=False), format="svg")


def test_the_second_scale_stands_where_its_pairs_say(sim: ModuleType) -> None:
    spec = sim.arrhenius(sim.published_pellets()[1])
    axes = build_figure(spec).axes[0]
    (top,) = axes.child_axes
    assert list(top.get_xticks()) == pytest.approx(sorted(p for p, _ in spec.panels[0].x_top.top_of))
    shown = [t.get_text() for t in top.get_xticklabels()]
    assert shown[0] == "80"
    assert shown[-1] == "−40"


def test_panels_that_share_x_have_the_same_limits_and_one_label(sim: ModuleType) -> None:
    top, bottom = build_figure(sim.bode(sim.published_pellets()[1])).axes
    assert top.get_xlim() == bottom.get_xlim()
    assert top.get_position().x0 == bottom.get_position().x0
    assert top.get_xlabel() == ""
    assert bottom.get_xlabel() == r"$\mathit{f}$ (Hz)"


def test_each_group_has_its_own_colour_and_its_own_marker(sim: ModuleType) -> None:
    axes = build_figure(sim.nyquist_series(sim.published_pellets()[1])).axes[0]
    looks = [
        (line.get_markeredgecolor(), line.get_marker())
        for line in axes.get_lines()
        if isinstance(line.get_marker(), str) and line.get_marker() not in ("None", "")  # ticks have numbers
    ]
    assert len(looks) == 7
    assert len({c for c, _ in looks}) == len({m for _, m in looks}) == 7


def test_fonts_are_embedded_as_true_type(sim: ModuleType) -> None:
    pdf = render_figure(sim.arrhenius(sim.published_pellets()[1]), format="pdf")
    assert b"/FontFile2" in pdf
    assert b"/Type3" not in pdf
    assert b"CreationDate" not in pdf


def test_text_from_a_file_is_drawn_literally() -> None:
    hostile = "$\\frac{1}{0}$ <script>alert(1)</script> & 100 % \\n \x00 \ud800"
    spec = one_panel(points(hostile), points("b"), marks=(Mark(x=0.5, y=0.2, text=hostile),), title=hostile)
    svg = render_figure(spec, format="svg")
    assert b"<script>" not in svg
    assert b"&lt;script&gt;" in svg


@pytest.mark.parametrize("style", ["points", "open_points", "line", "dashed", "band", "bars", "ticks"])
def test_every_style_is_drawn(style: str) -> None:
    empty = render_figure(one_panel(points("a", style="line", is_in_legend=False)), format="svg")
    more = {"y_upper": np.linspace(0.2, 1.2, 20)} if style == "band" else {}
    both = render_figure(
        one_panel(points("a", style="line", is_in_legend=False), points("b", style=style, **more)), format="svg"
    )
    assert len(both) > len(empty)


@pytest.mark.parametrize(
    "series",
    [
        Series(label="none", x=np.empty(0), y=np.empty(0)),
        Series(label="one", x=np.ones(1), y=np.ones(1)),
        Series(label="nan", x=np.full(3, np.nan), y=np.full(3, np.nan)),
        Series(label="flat", x=np.arange(3.0), y=np.zeros(3)),
        Series(label="errors", x=np.arange(3.0), y=np.ones(3), y_error=np.array([0.1, np.nan, 0.3])),
    ],
    ids=lambda s: s.label,
)
@pytest.mark.parametrize("scale", ["linear", "log"])
def test_poor_data_make_a_poor_figure_and_no_error(series: Series, scale: str) -> None:
    panel = Panel(x=Axis(label="x", scale=scale), y=Axis(label="y", scale=scale), series=(series,))
    assert render_figure(FigureSpec(key="k", title="t", caption="", panels=(panel,)), format="svg")


def test_an_unknown_format_is_named() -> None:
    with pytest.raises(ValueError, match="'gif' is not one of svg, pdf, png"):
        render_figure(one_panel(points()), format="gif")


def test_files_are_written_beside_one_another(tmp_path: Path) -> None:
    written = save_figure(one_panel(points()), tmp_path / "a" / "x.y")
    assert [p.name for p in written] == ["x.y.svg", "x.y.pdf", "x.y.png"]
    assert {p.read_bytes()[:4] for p in written} == {b"<?xm", b"%PDF", b"\x89PNG"}
    assert len(FORMATS) == len(list((tmp_path / "a").iterdir()))


def test_the_words_of_a_line_keep_off_the_data() -> None:
    x = np.linspace(0, 1, 200)
    spec = one_panel(
        Series(label="a", x=x, y=1 - 0.1 * x, style="line"), Series(label="b", x=x, y=0 * x, style="line"),
        marks=(Mark(x=0.5, y=0.0, style="vertical", text="transition at 50 °C"),),
    )  # fmt: skip
    axes = build_figure(spec).axes[0]
    renderer = axes.figure.canvas.get_renderer()  # type: ignore[union-attr]
    (text,) = [t for t in axes.texts if "transition" in t.get_text()]
    box = text.get_window_extent(renderer)
    for line in axes.get_lines()[:2]:
        pixels = axes.transData.transform(line.get_xydata())
        assert not any(box.contains(*p) for p in pixels)
