"""From raw files to the report through the command line, on a small virtual study whose truth is known."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

_REFERENCE = Path(__file__).parents[2] / "docs" / "reference"


def _valid(document, name):
    jsonschema = pytest.importorskip("jsonschema")
    schema = json.loads((_REFERENCE / f"{name}.schema.json").read_text(encoding="utf-8"))
    jsonschema.Draft202012Validator(schema).validate(document)
    return document


def _log(study):
    return [json.loads(line) for line in (study / ".pelletry" / "run.log").read_text().splitlines()]


def _computed(study):
    return sorted(f"{e['sample']} {e['technique']}" for e in _log(study) if e["state"] == "computed")


def _results(study):
    return {p.relative_to(study).as_posix(): p.read_bytes() for p in (study / "results").rglob("*") if p.is_file()}


def test_run_gives_the_known_conductivities_inside_their_intervals(pelletry, study, small):
    ran = pelletry("run", study, "--json")
    assert ran.code in (0, 1), ran.err
    document = _valid(json.loads(ran.out), "run")
    for name, truth in small.CONDUCTIVITY_25C_S_PER_M.items():
        found = next(q for q in document["quantities"] if (q["sample"], q["name"]) == (name, "conductivity_total_25C"))
        low, high = found["interval_95"]
        assert low < truth < high, (name, found)
        assert found["unit"] == "S/m"
    assert {"comparison.csv", "quantities.csv"} < {Path(p).name for p in document["files"]["tables"]}


def test_the_table_and_the_talk_are_kept_apart(pelletry, study):
    ran = pelletry("run", study)
    assert "P1" in ran.out
    assert "S cm⁻¹" in ran.out
    assert "Kept in" in ran.err
    assert "Kept in" not in ran.out


def test_a_second_run_computes_nothing_and_changes_no_byte(pelletry, study):
    pelletry("run", study)
    first = _results(study)
    again = pelletry("run", study)
    assert _computed(study) == []
    assert _results(study) == first
    assert again.out == pelletry("run", study).out


def test_one_changed_thickness_computes_one_pellet_only(pelletry, study, small):
    before = json.loads(pelletry("run", study, "--json").out)
    small.write_samples(study, {**small.THICKNESS_MM, "P1": 2 * small.THICKNESS_MM["P1"]})
    after = json.loads(pelletry("run", study, "--json").out)
    assert _computed(study) == ["P1 density", "P1 impedance"]

    def sigma(document, name):
        return next(
            q["value"] for q in document["quantities"] if (q["sample"], q["name"]) == (name, "conductivity_total_25C")
        )

    assert sigma(after, "P1") == pytest.approx(2 * sigma(before, "P1"), rel=1e-9)
    assert sigma(after, "P2") == sigma(before, "P2")


def test_one_changed_file_computes_what_depends_on_it_only(pelletry, study):
    pelletry("run", study)
    file = study / "raw" / "P2_20C.z"
    file.write_bytes(file.read_bytes().replace(b"simulated", b"Simulated"))
    pelletry("run", study)
    changed = [e for e in _log(study) if e["state"] == "computed"]
    assert [(e["sample"], e["technique"], e["why"]) for e in changed] == [
        ("P2", "impedance", "file changed: raw/P2_20C.z")
    ]


def test_a_broken_file_is_exit_code_3_and_the_others_still_come_out(pelletry, study):
    (study / "raw" / "P1_20C.z").write_bytes(b"\x00\x01\x02 garbage \x1b[31m")
    ran = pelletry("run", study, "--json")
    assert ran.code == 3
    document = _valid(json.loads(ran.out), "run")
    assert any("P1_20C.z" in f["sentence"] and f["severity"] == "error" for f in document["findings"])
    assert {q["sample"] for q in document["quantities"]} == {"P1", "P2"}


def test_report_and_exports_are_written_whole_and_listed(pelletry, study):
    ran = pelletry("report", study, "--figures", "none", "--json")
    assert ran.code in (0, 1), ran.err
    files = _valid(json.loads(ran.out), "run")["files"]
    page = Path(files["report"]).read_text(encoding="utf-8")
    assert "<html" in page
    assert "simulated" in page.casefold()
    for format in ("csv", "xlsx", "latex", "json"):
        written = pelletry("export", study, "--to", format)
        assert written.code in (0, 1), written.err
        assert all(Path(line).is_file() for line in written.out.splitlines())
    listed = json.loads((study / "results" / "index.json").read_text())["files"]
    assert {f"results/{name}" for name in listed} | {"results/index.json"} == set(_results(study))


def test_the_report_is_the_same_bytes_every_time(pelletry, study):
    pelletry("report", study, "--figures", "none")
    first = _results(study)
    shutil.rmtree(study / ".pelletry")
    shutil.rmtree(study / "results")
    pelletry("report", study, "--figures", "none")
    assert _results(study) == first


def test_trace_walks_to_the_file(pelletry, study):
    ran = pelletry("trace", study, "P1 conductivity_total_25C")
    assert ran.code == 0
    for piece in ("raw/P1_20C.z", "sha256", "circuit R(RQ)Q", "points used", "thickness", "Arrhenius", "pelletry "):
        assert piece in ran.out, piece
    steps = json.loads(pelletry("trace", study, "P1 conductivity_total at 20 °C", "--json").out)
    assert len(steps) == 1
    assert steps[0]["quantity"]["conditions"]["temperature_K"] == pytest.approx(293.15)


@pytest.mark.parametrize(
    ("asked", "sentence"),
    [
        ("P1 conductivity", "did you mean conductivity_"),
        ("P9 conductivity_total_25C", "the samples are P1, P2"),
        ("P1", "names a sample but no quantity"),
        ("P1 conductivity_total at 99 °C", "has no conductivity_total at 99 °C; expected -20 °C, 20 °C, 60 °C"),
    ],
)
def test_trace_of_what_is_not_there_says_what_is(pelletry, study, asked, sentence):
    ran = pelletry("trace", study, asked)
    assert ran.code == 2
    assert sentence.casefold() in ran.err.casefold()


def test_every_cell_that_offers_a_trace_can_be_traced(study):
    from pelletry import api

    result = api.run(study)
    asked = {key for row in api.compare(result).traces for key in row if key}
    assert len(asked) == 8
    for key in asked:
        (trace,) = api.trace(result, key)
        assert any(step.head == "raw files" for step in trace.steps)


def test_new_check_run_from_raw_files_alone(pelletry, small, tmp_path):
    small.write_raw(tmp_path / "raw")
    drafted = pelletry(
        "new", tmp_path / "s", "--from", tmp_path / "raw", "--diameter", "8.00(5) mm", "--electrode-diameter", "face",
        "--confirm-temperatures", "--json",
    )  # fmt: skip
    assert drafted.code == 0, drafted.err
    assert [s["name"] for s in json.loads(drafted.out)["samples"]] == ["P1", "P2"]
    checked = pelletry("check", tmp_path / "s", "--json")
    assert checked.code == 0
    assert any(w["missing"] == "thickness" for w in json.loads(checked.out)["withheld"])
    ran = pelletry("run", tmp_path / "s", "--json")
    assert ran.code == 1, ran.err
    document = _valid(json.loads(ran.out), "run")
    names = {q["name"] for q in document["quantities"] if q["unresolved"] is None}
    assert "activation_energy_total" in names
    assert "conductivity_total_25C" not in names


def test_analyse_needs_no_study_and_writes_nothing(pelletry, small, tmp_path, monkeypatch):
    raw = small.write_raw(tmp_path / "raw")
    monkeypatch.chdir(tmp_path)
    ran = pelletry(
        "analyse", "impedance", *sorted(f"raw/{p.name}" for p in raw.glob("P1*")), "--set", "circuit=R(RQ)Q", "--set", "temperature_std_K=0.2",
        "--diameter", "8.00(5) mm", "--thickness", "0.500(5) mm", "--electrode-diameter", "face", "--confirm-temperatures",
        "--name", "P1", "--json",
    )  # fmt: skip
    assert ran.code in (0, 1), ran.err
    document = _valid(json.loads(ran.out), "run")
    found = next(q for q in document["quantities"] if q["name"] == "conductivity_total_25C")
    assert found["interval_95"][0] < small.CONDUCTIVITY_25C_S_PER_M["P1"] < found["interval_95"][1]
    assert [p.name for p in tmp_path.iterdir()] == ["raw"]


@pytest.mark.parametrize(
    ("arguments", "code", "sentence"),
    [
        (["--set", "circut=R"], 2, "Did you mean circuit?"),
        (["--set", "circuit"], 2, "is no setting"),
        (["--thickness", "450"], 2, "has no unit"),
        (["--set", "circuit=R(RQ"], 2, "circuit"),
    ],
)
def test_analyse_says_what_is_wrong_with_what_was_given(pelletry, small, tmp_path, arguments, code, sentence):
    raw = small.write_raw(tmp_path / "raw")
    ran = pelletry("analyse", "impedance", raw / "P1_20C.z", *arguments)
    assert ran.code == code
    assert sentence in ran.err
    assert ":1:" not in ran.err


def test_analyse_of_garbage_is_exit_code_3(pelletry, tmp_path):
    (tmp_path / "x.z").write_bytes(b"\x00\xff" * 100)
    ran = pelletry("analyse", "impedance", tmp_path / "x.z")
    assert ran.code == 3
    assert ran.out == ""
    assert "x.z" in ran.err


def test_inspect_says_what_files_are(pelletry, small, tmp_path):
    raw = small.write_raw(tmp_path / "raw")
    (raw / "note\x1b[31m.bin").write_bytes(b"\x00\xff\x00")
    shutil.copy(raw / "P1_20C.z", raw / "twin.z")
    ran = pelletry("inspect", raw, "--json")
    assert ran.code == 0
    document = _valid(json.loads(ran.out), "inspect")
    by_name = {Path(entry["path"]).name: entry for entry in document}
    assert by_name["P1_20C.z"]["technique"] == "impedance"
    assert by_name["P1_20C.z"]["points"] > 20
    assert by_name["twin.z"]["duplicate_of"].endswith("P1_20C.z")
    assert by_name["note\x1b[31m.bin"]["status"] == "unknown"
    shown = pelletry("inspect", raw)
    assert "\x1b" not in shown.out + shown.err
    assert "note\\x1b[31m.bin" in shown.out


def test_inspect_of_one_file_that_nobody_can_read_is_exit_code_3(pelletry, tmp_path):
    (tmp_path / "x.bin").write_bytes(b"\x00\xff\x00")
    ran = pelletry("inspect", tmp_path / "x.bin")
    assert ran.code == 3


def test_the_report_draws_figures_for_a_paper_and_all_of_them_when_asked(pelletry, study):
    def figures(*more):
        ran = pelletry("report", study, "--figures", "svg", *more, "--json")
        assert ran.code in (0, 1), ran.err
        return {Path(path).name for path in json.loads(ran.out)["files"]["figures"]}

    some, every = figures(), figures("--all-figures")
    assert some < every
    assert any("arrhenius" in name for name in some)
    assert all("kramers_kronig" not in name for name in some)
    assert any("nyquist_20C" in name for name in every - some)
