"""What lies in the folder ``results`` belongs together: no file of an earlier run beside the numbers of this one."""

from __future__ import annotations

import hashlib
import json

import pytest


def _files(study):
    return {p.relative_to(study / "results").as_posix() for p in (study / "results").rglob("*") if p.is_file()}


def _thicker(study, small):
    small.write_samples(study, {**small.THICKNESS_MM, "P1": 2 * small.THICKNESS_MM["P1"]})


def test_run_writes_the_report_and_names_it(pelletry, study):
    document = json.loads(pelletry("run", study, "--json").out)
    assert document["files"]["report"] == str(study / "results" / "report.html")
    assert "report.html" in _files(study)
    assert "tables/P1_impedance_arcs.csv" in _files(study)


def test_after_a_change_nothing_of_the_old_run_is_left(pelletry, study, small):
    pelletry("report", study, "--figures", "svg")
    pelletry("export", study, "--to", "latex", "--to", "xlsx")
    results = study / "results"
    before = {name: (results / name).read_bytes() for name in _files(study)}
    figures = {name for name in before if name.startswith("figures/")}
    assert figures
    assert {"tables/comparison.tex", "tables/study.xlsx"} <= set(before)
    _thicker(study, small)
    pelletry("run", study)
    assert not {name for name in _files(study) if name.startswith("figures/")}
    for name in ("report.html", "results.json", "tables/comparison.csv", "tables/comparison.tex", "tables/study.xlsx"):
        assert (results / name).read_bytes() != before[name], name
    for name in ("tables/P1_impedance_conductivities.csv", "tables/P1_impedance_conductivities.tex"):
        assert (results / name).read_bytes() != before[name], name
    listed = json.loads((results / "index.json").read_bytes())["files"]
    assert set(listed) == _files(study) - {"index.json"}
    for name, digest in listed.items():
        assert hashlib.sha256((results / name).read_bytes()).hexdigest() == digest


def test_figures_of_the_same_numbers_stay(pelletry, study):
    pelletry("report", study, "--figures", "svg")
    before = _files(study)
    pelletry("run", study)
    pelletry("run", study, "--no-report")
    assert _files(study) == before


def test_without_a_report_an_old_one_does_not_stay_beside_new_numbers(pelletry, study, small):
    pelletry("run", study)
    _thicker(study, small)
    document = json.loads(pelletry("run", study, "--no-report", "--json").out)
    assert document["files"]["report"] is None
    assert "report.html" not in _files(study)
    assert "tables/P1_impedance_arcs.csv" in _files(study)


def test_an_export_after_a_change_takes_the_rest_along(pelletry, study, small):
    pelletry("run", study)
    before = (study / "results" / "report.html").read_bytes()
    _thicker(study, small)
    pelletry("export", study, "--to", "latex")
    assert (study / "results" / "report.html").read_bytes() != before


def test_a_file_that_somebody_changed_is_not_removed(pelletry, study, small):
    pelletry("report", study, "--figures", "svg")
    figure = next((study / "results" / "figures").glob("*.svg"))
    figure.write_bytes(b"mine")
    _thicker(study, small)
    pelletry("run", study)
    assert figure.read_bytes() == b"mine"


def test_results_json_holds_provenance_and_tables(pelletry, study):
    pelletry("export", study, "--to", "json")
    document = json.loads((study / "results" / "results.json").read_text())
    name = ("P1", "conductivity_total")
    quantity = next(q for q in document["quantities"] if (q["sample"], q["name"]) == name)
    (place,) = quantity["sources"]
    source = document["sources"][place]
    assert source["path"] == quantity["conditions"]["file"]
    assert source["sha256"] == hashlib.sha256((study / source["path"]).read_bytes()).hexdigest()
    behind = document["provenance"][quantity["provenance"]]
    assert (behind["sample"], behind["technique"]) == ("P1", "impedance")
    assert behind["settings"]["circuit"] == "R(RQ)Q"
    assert len(behind["settings_sha256"]) == 64
    line = next(q for q in document["quantities"] if (q["sample"], q["name"]) == ("P2", "activation_energy_total"))
    assert {document["sources"][i]["path"] for i in line["sources"]} == {f"raw/P2_{t}C.z" for t in (-20, 20, 60)}
    table = document["tables"]["comparison"]
    column = [c["key"] for c in table["columns"]].index("conductivity_total_25C")
    cell = table["rows"][0][column]
    assert cell["unit"] == "S/m"
    assert cell["value"] == pytest.approx(0.02, rel=0.1)
