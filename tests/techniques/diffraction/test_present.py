"""Figures as data, tables and the method in words, on a result made by hand."""

from __future__ import annotations

import attrs
import numpy as np

from pelletry.core.quantity import Estimate
from pelletry.core.technique import Presentation
from pelletry.techniques.diffraction.cell_law import fitted_law
from pelletry.techniques.diffraction.expansion import expansion_between, expansions_at
from pelletry.techniques.diffraction.figures import pattern_figures
from pelletry.techniques.diffraction.identify.found import Identification, UnexplainedPeak
from pelletry.techniques.diffraction.present import present
from pelletry.techniques.diffraction.result import (
    DiffractionResult,
    ExpansionOfPhase,
    PatternResult,
    SeriesPicture,
    SeriesResult,
)


def shown(result: DiffractionResult) -> Presentation:
    made = present(result)
    assert isinstance(made, Presentation)
    return made


def test_the_difference_is_observed_less_calculated_under_the_pattern(by_hand: DiffractionResult) -> None:
    figure = pattern_figures(by_hand)[0]
    by_label = {s.label: s for s in figure.panels[0].series}
    pattern = by_hand.patterns[0]
    assert pattern.refinement is not None
    moved = by_label["difference"].y - (pattern.intensity - pattern.refinement.calculated)
    assert np.ptp(moved) < 1e-9
    lowest_tick = min(s.y.min() for s in figure.panels[0].series if s.style == "ticks")
    assert by_label["difference"].y.max() <= lowest_tick
    np.testing.assert_array_equal(by_label["observed"].y, pattern.intensity)


def test_each_phase_has_its_row_of_ticks_with_indices(by_hand: DiffractionResult) -> None:
    rows = [s for s in pattern_figures(by_hand)[0].panels[0].series if s.style == "ticks"]
    assert [s.group for s in rows] == ["latp", "corundum"]
    assert len({float(s.y[0]) for s in rows}) == 2
    assert rows[0].point_labels[0] == "latp 0 0 2"
    assert rows[0].x.size == 8


def test_the_strip_below_shows_weighted_residuals(by_hand: DiffractionResult) -> None:
    strip = pattern_figures(by_hand)[0].panels[1]
    pattern = by_hand.patterns[0]
    assert pattern.refinement is not None
    np.testing.assert_allclose(strip.series[0].y, (pattern.intensity - pattern.refinement.calculated) / pattern.std)
    assert np.std(strip.series[0].y) < 1.1


def test_points_that_are_not_fitted_have_no_residual_and_are_counted(by_hand: DiffractionResult) -> None:
    use = np.ones(by_hand.patterns[0].use.size, dtype=bool)
    use[100:150] = False
    result = attrs.evolve(by_hand, patterns=(attrs.evolve(by_hand.patterns[0], use=use),))
    figure = pattern_figures(result)[0]
    assert np.isnan(figure.panels[1].series[0].y[100:150]).all()
    assert "50 points are not fitted" in figure.caption


def test_every_cell_comes_with_axial_divergence_and_displacement(by_hand: DiffractionResult) -> None:
    made = shown(by_hand)
    assert "S/L = H/L 0.0310, displacement -45 µm, zero 0.0120°" in made.method_paragraph
    assert "S/L = H/L 0.0310" in made.figures[0].caption
    agreement = next(t for t in made.tables if t.key == "agreement")
    keys = [c.key for c in agreement.columns]
    assert agreement.rows[0][keys.index("axial")] == 0.031


def test_weight_fractions_say_of_what_they_are(by_hand: DiffractionResult) -> None:
    made = shown(by_hand)
    table = next(t for t in made.tables if t.key == "phases")
    assert any("of the crystalline, modelled part" in note for note in table.notes)
    assert "of the crystalline, modelled part" in made.method_paragraph
    column = [c.key for c in table.columns].index("mass_fraction")
    fractions = [row[column] for row in table.rows]
    assert all(isinstance(f, Estimate) for f in fractions)
    assert table.rows[0][1] == "latp"


def test_peaks_that_nothing_explains_are_marked(by_hand: DiffractionResult) -> None:
    peak = UnexplainedPeak(two_theta_deg=30.38, d_angstrom=2.94, height=40.0, significance=8.0, share=0.005)
    search = Identification(
        phases=(),
        unexplained=(peak,),
        suggestions=(),
        disagreeing=(),
        extra_lines=(),
        refused=(),
        refinement=None,
        candidates=3,
        refinements=4,
        sentences=("3 candidates.",),
    )
    result = attrs.evolve(by_hand, identification=search)
    (mark,) = pattern_figures(result)[0].panels[0].marks
    assert (mark.x, mark.text) == (30.38, "?")
    table = next(t for t in shown(result).tables if t.key == "search")
    assert table.rows[0][:2] == ("unexplained peak", "30.380°")


def test_simulated_results_say_so_in_figures_and_tables(by_hand: DiffractionResult) -> None:
    made = shown(attrs.evolve(by_hand, is_simulated=True))
    assert all(f.is_simulated for f in made.figures)
    assert all(t.is_simulated for t in made.tables)


def _with_series(result: DiffractionResult) -> DiffractionResult:
    patterns: list[PatternResult] = []
    for p in result.patterns:
        assert p.refinement is not None
        factor = 1 + 2e-5 * ((p.temperature_K or 0) - 300)
        phases = tuple(
            attrs.evolve(
                q, cell=(q.cell[0], q.cell[1], attrs.evolve(q.cell[2], value=q.cell[2].value * factor), *q.cell[3:])
            )
            for q in p.refinement.phases
        )
        patterns.append(attrs.evolve(p, refinement=attrs.evolve(p.refinement, phases=phases)))
    expansions = []
    for branch in ("heating", "cooling"):
        chosen = [p for p in patterns if p.branch == branch]
        t = np.array([p.temperature_K for p in chosen], dtype=float)
        latp = [p.refinement.phase("latp") for p in chosen if p.refinement is not None]
        law = fitted_law(
            temperature_K=t, cells=np.array([[q.value for q in x.cell] for x in latp]),
            covariances=np.array([x.cell_covariance[:6, :6] for x in latp]), degree=1,
        )  # fmt: skip
        line = np.linspace(300.0, 700.0, 9)
        expansions.append(
            ExpansionOfPhase(
                phase="latp", branch=branch, degree=1, chi2_reduced=1.0, patterns=t.size, secant=expansion_between(law, 300.0, 700.0),
                at_ends=(expansions_at(law, 300.0), expansions_at(law, 700.0)), law_temperature_K=line,
                law_cell=np.array([law.cell(float(x)) for x in line]),
            )
        )  # fmt: skip
    picture = SeriesPicture(
        two_theta_deg=patterns[0].two_theta_deg[::5], rows=np.array([np.sqrt(p.intensity[::5]) for p in patterns])
    )
    series = SeriesResult(
        pattern_indices=tuple(range(len(patterns))), method="m", expansions=tuple(expansions), branch_tests=(), transitions=(),
        cold_checks=(), temperature_check=None, picture=picture,
    )  # fmt: skip
    return attrs.evolve(result, patterns=tuple(patterns), series=series)


def test_cells_show_both_branches_and_their_laws(series_by_hand: DiffractionResult) -> None:
    figure = next(f for f in shown(_with_series(series_by_hand)).figures if f.key == "cells_latp")
    assert [p.y.label for p in figure.panels] == ["a", "c", "V"]
    c = figure.panels[1]
    points = {s.label: s for s in c.series if s.style != "line"}
    assert (points["heating"].style, points["cooling"].style) == ("points", "open_points")
    line = next(s for s in c.series if s.style == "line" and s.group == "heating")
    np.testing.assert_allclose(np.interp(points["heating"].x, line.x, line.y), points["heating"].y, atol=1e-6)


def test_the_contour_has_the_coldest_scan_at_the_bottom(series_by_hand: DiffractionResult) -> None:
    result = _with_series(series_by_hand)
    figure = next(f for f in shown(result).figures if f.key == "contour")
    assert [p.title for p in figure.panels] == ["heating", "cooling"]
    picture = figure.panels[0].picture
    assert picture is not None
    assert result.series is not None
    assert result.series.picture is not None
    np.testing.assert_array_equal(picture.pixels[-1], result.series.picture.rows[0])
    np.testing.assert_array_equal(picture.pixels[0], result.series.picture.rows[8])
    assert picture.y_limits[0] < picture.y_limits[1]


def test_the_waterfall_keeps_the_order_of_measurement(series_by_hand: DiffractionResult) -> None:
    figure = next(f for f in shown(_with_series(series_by_hand)).figures if f.key == "waterfall")
    means = [float(np.mean(s.y)) for s in figure.panels[0].series]
    assert means == sorted(means)
    assert len(means) == 18


def test_expansion_stands_in_parts_per_million(series_by_hand: DiffractionResult) -> None:
    table = next(t for t in shown(_with_series(series_by_hand)).tables if t.key == "expansion")
    keys = [c.key for c in table.columns]
    secant = table.rows[0]
    along_c = secant[keys.index("c")]
    assert isinstance(along_c, Estimate)
    assert abs(along_c.value - 20.0) < 1e-6
    assert secant[keys.index("b")] is None
