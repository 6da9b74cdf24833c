"""Figures, tables and words hold what the result holds, in the units they name."""

from __future__ import annotations

from typing import Any

import attrs
import numpy as np
import pytest

from pelletry.core.facts import PelletGeometry
from pelletry.core.figure import FigureSpec, Panel, Series
from pelletry.core.provenance import Origin
from pelletry.core.quantity import Estimate, Unresolved
from pelletry.core.sample import Sample
from pelletry.core.table import Table
from pelletry.core.technique import Inputs, Presentation
from pelletry.render.figure import render_figure
from pelletry.techniques.impedance.analyse import analyse
from pelletry.techniques.impedance.measurement import ImpedanceSpectrum
from pelletry.techniques.impedance.nyquist import nyquist_all_figures, nyquist_figures
from pelletry.techniques.impedance.present import present
from pelletry.techniques.impedance.result import ImpedanceResult
from pelletry.techniques.impedance.settings import ImpedanceSettings

F = np.logspace(6, -1, 57)


def spectrum(temperature_K: float, resistance_ohm: float) -> ImpedanceSpectrum:
    """A small fast arc, a slow one twelve times as large, a blocking leg; 0.1 % noise and one damaged point."""
    s = 2j * np.pi * F
    small, large = resistance_ohm / 13, 12 * resistance_ohm / 13
    z = small / (1 + s * small * 20e-12) + large / (1 + s * large * 2e-9) + 1 / (1e-6 * s**0.9)
    random = np.random.default_rng(int(temperature_K))
    z = z * (1 + 0.001 * (random.standard_normal(F.size) + 1j * random.standard_normal(F.size)))
    z[30] *= 1.3
    return ImpedanceSpectrum(
        name="s",
        origin=Origin(path=f"raw/{temperature_K:g}K.z", sha256="0" * 64, format="zplot"),
        frequency_Hz=F,
        impedance_ohm=z,
        file_row=np.arange(F.size),
        temperature_K=temperature_K,
        temperature_source="header",
        temperature_is_confirmed=True,
    )


GEOMETRY = PelletGeometry(
    sample="P",
    given_by="calliper",
    thickness_m=Estimate(value=1e-3, std=1e-5, unit="m", method="as stated"),
    electrode_area_m2=Estimate(value=1e-4, std=1e-6, unit="m2", method="as stated"),
)


def analysed(
    *, geometry: PelletGeometry | None = GEOMETRY, is_simulated: bool = False, **settings: Any
) -> ImpedanceResult:
    spectra = [
        spectrum(t, r) for t, r in ((253.15, 2e6), (273.15, 5.2e5), (293.15, 1.6e5), (313.15, 5.6e4), (333.15, 2.2e4))
    ]
    inputs = Inputs(
        sample=Sample(name="P", is_simulated=is_simulated),
        facts=() if geometry is None else (geometry,),
        settings=ImpedanceSettings.model_validate({"circuit": "(RQ)(RQ)Q", "global_fit": "never", **settings}),
    )
    return analyse(spectra, inputs)


@pytest.fixture(scope="module")
def result() -> ImpedanceResult:
    return analysed()


@pytest.fixture(scope="module")
def shown(result: ImpedanceResult) -> Presentation:
    return present(result)


def figure(shown: Presentation, key: str) -> FigureSpec:
    return next(f for f in shown.figures if f.key == key)


def table(shown: Presentation, key: str) -> Table:
    return next(t for t in shown.tables if t.key == key)


def series(panel: Panel, label: str) -> Series:
    return next(s for s in panel.series if s.label == label)


def test_every_key_of_figures_and_tables_is_unique(shown: Presentation) -> None:
    for things in (shown.figures, shown.tables):
        keys = [thing.key for thing in things]
        assert len(keys) == len(set(keys))


def test_a_nyquist_plot_has_equal_axes_and_capacitive_arcs_point_up(
    shown: Presentation, result: ImpedanceResult
) -> None:
    panel = figure(shown, "nyquist_20C").panels[0]
    assert panel.has_equal_axes
    measured = series(panel, "measured")
    np.testing.assert_array_equal(measured.y, -result.spectra[2].impedance_ohm.imag)
    assert (measured.y > 0).all()


def test_decades_are_marked_where_they_were_measured(shown: Presentation, result: ImpedanceResult) -> None:
    panel = figure(shown, "nyquist_20C").panels[0]
    marks = {m.text: m for m in panel.marks if m.style == "text"}
    assert set(marks) == {f"10^{k} Hz" for k in range(-1, 7)}
    at = int(np.argmin(abs(F - 1e3)))
    assert marks["10^3 Hz"].x == result.spectra[2].impedance_ohm[at].real


def test_left_out_points_are_crossed_counted_and_listed(shown: Presentation) -> None:
    spec = figure(shown, "nyquist_20C")
    crosses = [m for m in spec.panels[0].marks if m.style == "cross"]
    assert len(crosses) == 1
    assert "1 point left out" in spec.caption
    rows = [row for row in table(shown, "impedance_left_out").rows if row[0] == "20 °C"]
    assert [row[1] for row in rows] == [pytest.approx(F[30])]
    assert "Kramers-Kronig" in str(rows[0][4])


def test_the_residual_strip_holds_only_fitted_points(shown: Presentation) -> None:
    strip = figure(shown, "nyquist_20C").panels[1]
    assert strip.x.scale == "log"
    assert all(s.x.size == F.size - 1 for s in strip.series)
    assert all(np.abs(s.y).max() < 1.0 for s in strip.series)


def test_a_fast_arc_drowned_by_a_slow_one_gets_its_own_frame(shown: Presentation, result: ImpedanceResult) -> None:
    keys = [f.key for f in shown.figures]
    assert "nyquist_m20C_high_frequency" in keys
    limits = figure(shown, "nyquist_m20C_high_frequency").panels[0].x.limits
    assert limits is not None
    assert limits[1] == pytest.approx(3 * 2e6 / 13, rel=0.05)


def test_spectra_of_very_different_size_get_closer_frames(shown: Presentation) -> None:
    keys = [f.key for f in shown.figures]
    assert {"nyquist_all", "nyquist_all_zoom"} <= set(keys)


def test_single_spectra_and_tests_of_the_data_are_detail_where_they_are_seen_together(shown: Presentation) -> None:
    for spec in shown.figures:
        alone = spec.key.startswith("nyquist_") and not spec.key.startswith("nyquist_all")
        assert spec.is_detail == (alone or spec.key == "kramers_kronig"), spec.key


def test_a_fast_arc_above_the_measured_frequencies_gets_no_frame(result: ImpedanceResult) -> None:
    cold = result.spectra[0]
    slow = cold.frequency_Hz < 3e3  # the fast arc peaks at 50 kHz
    arrays = ("frequency_Hz", "impedance_ohm", "is_used", "residual")
    cut = attrs.evolve(cold, **{name: getattr(cold, name)[slow] for name in arrays})
    alone = attrs.evolve(result, spectra=(cut,), points=(), lines=(), budget=None)
    assert [f.key for f in nyquist_figures(alone)] == ["nyquist_m20C"]
    assert [f.key for f in nyquist_figures(attrs.evolve(alone, spectra=(cold,)))][1:] == ["nyquist_m20C_high_frequency"]


def test_a_closer_frame_shows_two_arcs_or_is_not_drawn(result: ImpedanceResult) -> None:
    warm = attrs.evolve(result, spectra=(result.spectra[0], result.spectra[4]))  # only one is small
    assert [f.key for f in nyquist_all_figures(warm)] == ["nyquist_all"]
    both = attrs.evolve(result, spectra=(result.spectra[0], *result.spectra[3:]))
    assert [f.key for f in nyquist_all_figures(both)] == ["nyquist_all", "nyquist_all_zoom"]


def test_the_legend_of_the_arrhenius_plot_names_the_convention(shown: Presentation) -> None:
    assert figure(shown, "arrhenius").panels[0].legend_title == "E_a of ln(σT)"
    drawn = render_figure(figure(shown, "arrhenius"), format="svg")
    assert b"ln(" in drawn
    other = figure(present(analysed(convention="ln(sigma)")), "arrhenius")
    assert other.panels[0].legend_title == "E_a of ln(σ)"


def test_the_arrhenius_plot_shows_the_convention_it_names(shown: Presentation, result: ImpedanceResult) -> None:
    panel = figure(shown, "arrhenius").panels[0]
    total = next(s for s in panel.series if s.group == "total" and s.style == "points")
    point = result.of_part("total")[0]
    assert isinstance(point.conductivity, Estimate)
    at = int(np.argmax(total.x))
    assert total.x[at] == pytest.approx(1000 / 253.15)
    assert total.y[at] == pytest.approx(point.conductivity.value * 1e-2 * 253.15, rel=1e-9)
    assert panel.y.unit == "S K/cm"
    assert panel.x_top is not None
    assert [text for _, text in panel.x_top.top_of][:1] == ["60"]
    assert {s.style for s in panel.series} == {"points", "line", "band"}


def test_the_other_convention_changes_axis_and_caption() -> None:
    spec = figure(present(analysed(convention="ln(sigma)")), "arrhenius")
    assert spec.panels[0].y.unit == "S/cm"
    assert "ln(σ)" in spec.caption


def test_energies_are_shown_in_both_conventions(shown: Presentation, result: ImpedanceResult) -> None:
    energies = table(shown, "impedance_energies")
    assert [c.title for c in energies.columns[1:3]] == ["Eₐ of ln(σT)", "Eₐ of ln σ"]
    line = result.line("total")
    assert line is not None
    row = next(row for row in energies.rows if row[0] == "total")
    assert row[1] == line.energy("ln(sigma T)")
    assert row[2] == line.energy("ln(sigma)")


def test_the_conductivity_table_traces_each_number(shown: Presentation) -> None:
    found = table(shown, "impedance_conductivities")
    column = [c.key for c in found.columns].index("sigma_total")
    assert found.traces[0][column] == "P conductivity_total at -20 °C"


def test_unresolved_numbers_keep_their_reason_in_the_table() -> None:
    found = table(present(analysed(geometry=None)), "impedance_conductivities")
    column = [c.key for c in found.columns].index("sigma_total")
    cell = found.rows[0][column]
    assert isinstance(cell, Unresolved)
    assert "thickness" in cell.reason


def test_without_conductivities_there_is_no_arrhenius_plot() -> None:
    assert "arrhenius" not in [f.key for f in present(analysed(geometry=None)).figures]


def test_the_method_paragraph_says_what_was_done(shown: Presentation, result: ImpedanceResult) -> None:
    text = shown.method_paragraph
    for words in (
        "5 impedance spectra of P between -20 and 60 °C",
        "(RQ)(RQ)Q",
        "modulus",
        "l = 1.000(10) mm",
        "ln(σT)",
        "Pelletry 0.",
    ):
        assert words in text
    left_out = sum(m.is_left_out for s in result.spectra for m in s.masked)
    assert left_out >= 4
    assert f"{left_out} of 285 points were left out" in text
    assert "0.1 Hz to 1 MHz" in text


def test_simulated_data_say_so_everywhere() -> None:
    shown = present(analysed(is_simulated=True))
    assert all(f.is_simulated for f in shown.figures)
    assert all(t.is_simulated for t in shown.tables if t.key != "impedance_budget")
    assert "(simulated)" in shown.method_paragraph


def test_every_figure_can_be_drawn_at_column_width(shown: Presentation) -> None:
    for spec in shown.figures:
        assert spec.width == "single"
        drawn = render_figure(spec, format="svg")
        assert b"<svg" in drawn


def test_one_spectrum_alone_can_be_presented(result: ImpedanceResult) -> None:
    alone = attrs.evolve(result, spectra=result.spectra[:1], points=(), lines=(), budget=None)
    keys = [f.key for f in present(alone).figures]
    assert "nyquist_all" not in keys
    assert "nyquist_m20C" in keys
    assert not next(f for f in present(alone).figures if f.key == "nyquist_m20C").is_detail
