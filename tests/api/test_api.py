"""The face: every name is there, documented and typed, costs nothing to import, and does what the command line does."""

from __future__ import annotations

import importlib
import inspect as python_inspect
import subprocess
import sys
from pathlib import Path

import pytest

import pelletry
from pelletry import api
from pelletry.core.errors import FormatError, PelletryError
from pelletry.core.figure import Axis, FigureSpec, Panel, Series
from pelletry.core.table import Table, TableColumn


def test_every_name_of_the_package_is_a_function_of_the_face():
    names = [name for name in pelletry.__all__ if name != "__version__"]
    assert set(names) <= set(api.__all__)
    for room in ("export", "render", "report"):
        importlib.import_module(f"pelletry.{room}")  # a room that is imported must not take the place of a function
    assert all(callable(getattr(pelletry, name)) for name in names)
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        pelletry.nothing  # noqa: B018


@pytest.mark.parametrize("name", [n for n in api.__all__ if n.islower()])
def test_every_function_says_what_it_does_and_of_which_type(name):
    function = getattr(api, name)
    assert function.__doc__
    annotations = python_inspect.get_annotations(function)
    assert set(python_inspect.signature(function).parameters) <= set(annotations)
    assert "return" in annotations


def test_importing_the_face_imports_no_numbers():
    code = "import sys, pelletry.api; print([m for m in ('numpy', 'scipy', 'pydantic', 'click', 'attrs') if m in sys.modules])"
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == "[]"


def test_a_table_and_a_figure_are_rendered_by_name():
    table = Table(key="t", title="Title", columns=(TableColumn(key="a", title="A"),), rows=(("x",),))
    assert "Title" in api.render(table, "text")
    assert api.render(table, "csv").startswith("a")
    with pytest.raises(ValueError, match="not 'doc'"):
        api.render(table, "doc")
    axis = Axis(label="x")
    panel = Panel(x=axis, y=axis, series=(Series(label="s", x=[0.0, 1.0], y=[0.0, 1.0]),))
    spec = FigureSpec(key="k", title="t", caption="c", panels=(panel,))
    assert b"<svg" in api.render(spec, "svg")
    with pytest.raises(TypeError, match="not a int"):
        api.render(3, "svg")


def test_density_needs_no_file():
    size = {"diameter": "10.00(2) mm", "thickness": "1.000(5) mm", "mass": "0.2000(1) g"}
    result = api.analyse("density", geometry=size, name="P")
    (density,) = [q for q in result.quantities if q.name == "density"]
    assert density.quantity.value == pytest.approx(0.2e-3 / (3.141592653589793 * 25e-6 * 1e-3))
    assert density.sample == "P"


@pytest.mark.parametrize(
    ("call", "sentence"),
    [
        (lambda: api.analyse("alchemy"), "there is no technique 'alchemy'"),
        (lambda: api.analyse("density", geometry={"thicknes": "1 mm"}), "Did you mean thickness?"),
        (lambda: api.analyse("density", geometry={"thickness": "1"}), "has no unit"),
        (lambda: api.analyse("density", settings={"tolerance": 1}), "tolerance"),
        (lambda: api.export("x", "doc"), "nothing can be exported to 'doc'"),
        (lambda: api.load_study("no-such-folder"), "there is no such folder"),
        (lambda: api.settings_from_texts(["a=1", "b", "=c"]), "'b' is no setting"),
    ],
)
def test_what_is_wrong_is_said(call, sentence):
    with pytest.raises(PelletryError) as caught:
        call()
    assert sentence in str(caught.value)


def test_one_technique_on_files_nobody_can_read_is_an_error(tmp_path: Path):
    (tmp_path / "x.z").write_bytes(b"\x00\xff\x00")
    with pytest.raises(FormatError, match=r"x\.z"):
        api.analyse("impedance", [tmp_path / "x.z"])


def test_settings_from_texts_are_numbers_truths_or_texts():
    found = api.settings_from_texts(["circuit=R(RQ)Q", "frequency_max_Hz=1e6", "global_fit=false", "trim = off"])
    assert found == {"circuit": "R(RQ)Q", "frequency_max_Hz": 1e6, "global_fit": False, "trim": "off"}


def test_a_file_that_no_technique_reads_is_named_with_what_to_do(tmp_path: Path):
    broken = tmp_path / "broken.csv"
    broken.write_text("Frequency/Hz,Re(Z)/Ohm,-Im(Z)/Ohm\n1000,5,<script>\n", encoding="utf-8")
    with pytest.raises(FormatError) as caught:
        api.analyse("impedance", [broken])
    (mistake,) = caught.value.mistakes
    assert mistake.where.endswith("broken.csv")
    assert mistake.what == "no technique reads it"
    assert "pelletry inspect" in str(caught.value)
