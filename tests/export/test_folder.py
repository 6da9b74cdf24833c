"""What stands in the results folder, and that the number of cores cannot be seen in it."""

from __future__ import annotations

import json
from types import ModuleType

import attrs
import numpy as np
import pytest

from pelletry.core.figure import Axis, FigureSpec, Panel, Series
from pelletry.core.technique import Presentation
from pelletry.export.drawing import drawn_figures
from pelletry.export.folder import export_files, figure_files, file_name, result_files


def test_every_figure_is_there_in_every_format(sim: ModuleType) -> None:
    spec = sim.arrhenius(sim.published_pellets()[0])
    shown = {("LATP_Air_700", "impedance"): Presentation(figures=(spec, spec))}
    files = figure_files(shown, formats=("svg", "png"))
    stem = "figures/LATP_Air_700_impedance_arrhenius"
    assert list(files) == [f"{stem}.svg", f"{stem}.png", f"{stem}_2.svg", f"{stem}_2.png"]
    assert files[f"{stem}.svg"] == files[f"{stem}_2.svg"]


def test_the_bytes_do_not_depend_on_the_number_of_cores() -> None:
    line = Series(label="a", x=np.arange(3.0), y=np.arange(3.0))
    panel = Panel(x=Axis(label="x"), y=Axis(label="y"), series=(line,))
    specs = [
        FigureSpec(key=f"k{i}", title="", caption="", panels=(attrs.evolve(panel, title=f"{i}"),)) for i in range(10)
    ]
    assert drawn_figures(specs, formats=("svg",), jobs=2) == drawn_figures(specs, formats=("svg",), jobs=1)


def test_results_json_has_every_quantity_in_house_units(sim: ModuleType) -> None:
    result, shown = sim.simulated_study(2)
    document = json.loads(result_files(result, shown)["results.json"])
    assert len(document["quantities"]) == len(result.quantities)
    first = document["quantities"][0]
    assert (first["name"], first["unit"]) == ("conductivity_total", "S/m")
    assert {"findings", "withheld", "files"} <= set(document)


@pytest.mark.parametrize("to", ["csv", "latex", "json", "xlsx"])
def test_the_same_study_gives_the_same_files(sim: ModuleType, to: str) -> None:
    study = sim.simulated_study(2)
    assert export_files(*study, to) == export_files(*study, to)


def test_names_that_differ_by_forbidden_letters_do_not_share_a_file() -> None:
    assert file_name("a/b") != file_name("a:b")
    assert "/" not in file_name("../../etc/passwd")
