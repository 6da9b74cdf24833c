"""A figure is drawn once: again only when its data, a format or the drawing itself changed."""

from __future__ import annotations

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pelletry.core.figure import Axis, FigureSpec, Panel, Series
from pelletry.core.technique import Presentation
from pelletry.export.drawing import drawn_figures
from pelletry.export.folder import figure_files, file_name


class _Kept(dict):
    put = dict.__setitem__


def _shown(*keys, y=1.0):
    axis = Axis(label="x")
    specs = tuple(
        FigureSpec(
            key=key,
            title="t",
            caption="c",
            panels=(Panel(x=axis, y=axis, series=(Series(label="s", x=[0.0, 1.0], y=[0.0, y]),)),),
        )
        for key in keys
    )
    return {("A", "impedance"): Presentation(figures=specs)}


@pytest.fixture
def drawn(monkeypatch):
    """The keys of the figures that were drawn."""
    asked = []

    def draw(specs, *, formats, jobs=None):
        asked.extend(spec.key for spec in specs)
        return [{ending: f"{spec.key} {ending}".encode() for ending in formats} for spec in specs]

    monkeypatch.setattr("pelletry.export.drawing.drawn_figures", draw)
    return asked


def test_a_kept_figure_is_not_drawn_again(drawn):
    kept = _Kept()
    first = figure_files(_shown("nyquist", "bode"), formats=("svg", "pdf"), kept=kept)
    assert drawn == ["nyquist", "bode"]
    assert figure_files(_shown("nyquist", "bode"), formats=("svg", "pdf"), kept=kept) == first
    assert drawn == ["nyquist", "bode"]


def test_changed_data_and_another_format_are_drawn(drawn):
    kept = _Kept()
    figure_files(_shown("nyquist"), formats=("svg",), kept=kept)
    figure_files(_shown("nyquist", y=2.0), formats=("svg",), kept=kept)
    figure_files(_shown("nyquist"), formats=("svg", "png"), kept=kept)
    assert len(drawn) == 3


def test_figures_of_the_whole_study_come_first_and_stand_beside_the_others(drawn):
    overview = _shown("overview")["A", "impedance"].figures
    files = figure_files(_shown("nyquist"), formats=("svg",), overview=overview)
    assert list(files) == ["figures/overview.svg", "figures/A_impedance_nyquist.svg"]


def test_details_are_left_out_when_they_are_not_wanted(drawn):
    (spec,) = _shown("nyquist_20C")["A", "impedance"].figures
    shown = {
        ("A", "impedance"): Presentation(
            figures=(*_shown("bode")["A", "impedance"].figures, attrs.evolve(spec, is_detail=True))
        )
    }
    assert list(figure_files(shown, formats=("svg",), with_details=False)) == ["figures/A_impedance_bode.svg"]
    assert len(figure_files(shown, formats=("svg",))) == 2


def test_figures_of_one_kind_are_drawn_together_and_come_back_in_order(monkeypatch):
    asked = []

    def draw(specs, formats):
        asked.extend(spec.key for spec in specs)
        return [{"svg": spec.key.encode()} for spec in specs]

    monkeypatch.setattr("pelletry.export.drawing._drawn", draw)
    specs = [_shown(key)["A", "impedance"].figures[0] for key in ("bode", "arrhenius", "bode", "arrhenius")]
    found = drawn_figures(specs, formats=("svg",))
    assert asked == ["arrhenius", "arrhenius", "bode", "bode"]
    assert [figure["svg"] for figure in found] == [b"bode", b"arrhenius", b"bode", b"arrhenius"]


def test_no_format_is_no_figure(drawn):
    assert figure_files(_shown("nyquist"), formats=()) == {}
    assert drawn == []


@given(st.text(), st.text())
def test_a_file_name_is_plain_and_never_hidden_or_elsewhere(one, two):
    name = file_name(one, two)
    assert name
    assert name[0] != "."
    assert not set(name) - set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-")
    assert len(name) < 140
