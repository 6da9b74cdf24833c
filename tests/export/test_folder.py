"""Names of files are plain whatever a sample is called, and no two things share one."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pelletry.core.figure import Axis, FigureSpec, Panel, Series
from pelletry.core.table import Table, TableColumn
from pelletry.core.technique import Presentation
from pelletry.export.folder import export_files, figure_files, file_name, result_files
from pelletry.study.result import StudyResult


def _table(key):
    return Table(key=key, title="t", columns=(TableColumn(key="a", title="a"),), rows=(("=1+1",),))


_RESULT = StudyResult(title="t", folder="f", samples=(), results=(), comparison=_table("comparison"))
_SHOWN = {
    ("A/B", "impedance"): Presentation(tables=(_table("impedance_arcs"),)),
    ("A_B", "impedance"): Presentation(tables=(_table("impedance_arcs"),)),
}


@given(st.text(), st.text())
def test_a_file_name_is_plain_and_never_hidden_or_elsewhere(one, two):
    name = file_name(one, two)
    assert name
    assert name[0] != "."
    assert not set(name) - set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-")
    assert len(name) < 140


def test_names_that_look_alike_stay_apart():
    assert file_name("A/B") != file_name("A_B")
    tables = [n for n in result_files(_RESULT, _SHOWN) if "arcs" in n]
    assert len(tables) == 2
    assert tables[1] == "tables/A_B_impedance_arcs.csv"


def test_results_are_a_json_document_and_tables_with_a_byte_order_mark():
    files = result_files(_RESULT)
    assert set(files) == {"results.json", "tables/comparison.csv", "tables/quantities.csv"}
    assert json.loads(files["results.json"])["quantities"] == []
    assert files["tables/comparison.csv"].startswith(b"\xef\xbb\xbf")
    assert b"'=1+1" in files["tables/comparison.csv"]


@pytest.mark.parametrize(("to", "ending"), [("csv", ".csv"), ("latex", ".tex"), ("json", ".json")])
def test_each_format_gives_its_own_files(to, ending):
    files = export_files(_RESULT, _SHOWN, to)
    assert files
    assert all(name.endswith(ending) for name in files)


def test_two_figures_of_one_name_both_come_out():
    axis = Axis(label="x")
    panel = Panel(x=axis, y=axis, series=(Series(label="s", x=[0.0, 1.0], y=[0.0, 1.0]),))
    spec = FigureSpec(key="nyquist", title="t", caption="c", panels=(panel,))
    files = figure_files({("A", "impedance"): Presentation(figures=(spec, spec))}, formats=("svg",))
    assert list(files) == ["figures/A_impedance_nyquist.svg", "figures/A_impedance_nyquist_2.svg"]
    assert figure_files({("A", "impedance"): Presentation(figures=(spec,))}, formats=()) == {}
