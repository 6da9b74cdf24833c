"""Figures, tables and words of photoelectron spectra."""

from __future__ import annotations

import numpy as np
import pytest

from pelletry.techniques.xps import CARD


@pytest.fixture(scope="module")
def shown(lzp_result):
    return CARD.present(lzp_result)


def figure(shown, key):
    return next(f for f in shown.figures if f.key == key)


def table(shown, key):
    return next(t for t in shown.tables if t.key == key)


def test_every_region_has_a_stack_with_background_states_sum_and_residual(shown, lzp_result):
    spec = figure(shown, "xps_Zr3d_cycled")
    main, below = spec.panels
    styles = {series.label.partition(" (")[0]: series.style for series in main.series}
    assert styles == {
        "measured": "open_points", "active background": "dashed", "LZP": "band", "reacted Zr": "band", "P 2s": "band", "sum": "line",
    }  # fmt: skip
    assert main.x.is_reversed
    assert "C 1s at 285 eV" in main.x.label
    assert spec.shares_x
    assert below.height_share < 0.5
    region = next(r for r in lzp_result.regions if (r.level, r.role) == ("Zr 3d", "cycled"))
    total = region.background + sum(state.curve for state in region.states)
    assert next(s for s in main.series if s.label == "sum").y == pytest.approx(total)
    assert np.abs(below.series[0].y).max() < 6


def test_the_axis_is_moved_by_the_charge_shift_and_the_caption_says_by_how_much(shown):
    spec = figure(shown, "xps_Zr3d_cycled")
    highest = spec.panels[0].series[0]
    assert highest.x[int(np.argmax(highest.y))] == pytest.approx(184.0, abs=0.1)
    assert "moved by -3.10 eV" in spec.caption
    assert "(fit)" in spec.caption
    assert "(background)" in spec.caption
    assert spec.is_simulated


def test_pristine_and_cycled_lie_over_one_another(shown):
    spec = figure(shown, "xps_overlay_Zr3d")
    assert [series.label for series in spec.panels[0].series] == ["pristine", "cycled"]
    assert max(series.y.max() for series in spec.panels[0].series) == pytest.approx(1.0, abs=0.1)


def test_the_spread_over_backgrounds_is_drawn_with_the_average(shown):
    spec = figure(shown, "xps_P2p_cycled_spread")
    assert spec.is_detail
    labels = [series.label for series in spec.panels[0].series]
    assert labels[0] == "average, 95 %"
    assert {"active", "active, own steps", "shirley", "linear"} <= set(labels)


def test_states_carry_both_errors_and_both_scales(shown):
    states = table(shown, "xps_states")
    keys = [column.key for column in states.columns]
    assert {"measured", "corrected", "fit_error", "background_error", "assignment"} <= set(keys)
    low = next(row for row in states.rows if row[0] == "cycled" and row[2] == "low P")
    assert "133.4 eV is where metal phosphate or Li3PO4 lies" in low[keys.index("assignment")]
    assert low[keys.index("measured")].value - low[keys.index("corrected")].value == pytest.approx(3.1, abs=0.03)


def test_ratios_show_their_intervals(shown):
    lithium = table(shown, "xps_li_to_zr")
    cycled = next(row for row in lithium.rows if row[0] == "cycled")
    assert " to " in cycled[2]
    assert " to " in cycled[4]


def test_a_fit_that_the_file_holds_stands_beside_ours(raw_data, analysed):
    from pelletry.formats.open_file import read_file

    records = read_file(raw_data("xps_thermo", "gkerherve+AvantageToPlot", "CC-A.xlsx"))
    result = analysed(records, regions=["N 1s"])
    rows = table(CARD.present(result), "xps_file_fits").rows
    assert [row[1:3] for row in rows] == [("Avantage", "N1s N-C"), ("Avantage", "N1s N-SiO$_2$")]
    for row in rows:
        assert row[8].value == pytest.approx(
            float(row[4]), abs=0.2
        )  # both programs see the two lines at the same place


def test_the_method_says_how_and_by_what_it_was_moved(shown):
    text = shown.method_paragraph
    for words in (
        "active Shirley, the same with a step for each state",
        "Tougaard losses fitted with the lines",
        "static Shirley, linear;",
    ):
        assert words in text
    assert "C 1s at 285 eV, component C-C" in text
    assert "Scofield 1976" in text
    assert {"ElShinawi2018", "Atuchin2008", "Strohmeier1990"} <= set(shown.references)


def test_figures_can_be_drawn(shown):
    from pelletry.render.figure import render_figure

    for key in ("xps_P2p_cycled", "xps_overlay_P2p", "xps_P2p_cycled_spread"):
        assert render_figure(figure(shown, key), format="svg").startswith(b"<?xml")
