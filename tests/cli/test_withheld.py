"""What cannot be had is one list: the same before and after a run, and in words that the person can follow."""

from __future__ import annotations

import json

import pytest

from pelletry.study.single import _OPTIONS, in_words_of_options

OF_STUDY = ("study.toml", "samples.csv", "files.csv", "decisions.toml")


def _lines(document):
    return [(w["what"], w["missing"], w["do"], w["samples"]) for w in document["withheld"]]


def _without(study, *pieces):
    table = study / "samples.csv"
    text = table.read_text(encoding="utf-8")
    for old, new in pieces:
        assert old in text
        text = text.replace(old, new)
    table.write_text(text, encoding="utf-8")


@pytest.mark.parametrize(
    "pieces",
    [
        [("2.94 g/cm3,stated", ",")],
        [("raw/P2_*.z", "")],
        [("0.600(5) mm", ""), ("0.0700(1) g", "")],
        [("8.00(5) mm", "8.00 mm"), ("face", "")],
    ],
)
@pytest.mark.parametrize("is_confirmed", [True, False])
def test_check_and_run_list_the_same(pelletry, study, pieces, is_confirmed):
    _without(study, *pieces)
    if not is_confirmed:
        toml = study / "study.toml"
        toml.write_text(toml.read_text(encoding="utf-8").replace("names = true", "names = false"), encoding="utf-8")
    before = _lines(json.loads(pelletry("check", study, "--json").out))
    after = _lines(json.loads(pelletry("run", study, "--json").out))
    assert before
    assert after == before


def test_what_is_withheld_reads_as_a_sentence(pelletry, study):
    _without(study, ("0.600(5) mm", ""))
    ran = pelletry("run", study)
    assert "conductivity of P2: missing thickness. Write it in samples.csv:3, column thickness" in ran.err
    assert "missing the temperatures are" not in ran.err


def test_analyse_names_options_and_no_file_of_a_study(pelletry, small, tmp_path, monkeypatch):
    raw = small.write_raw(tmp_path / "raw")
    monkeypatch.chdir(tmp_path)
    ran = pelletry("analyse", "impedance", *sorted(f"raw/{p.name}" for p in raw.glob("P1*")), "--set", "circuit=R(RQ)Q")
    assert not [name for name in OF_STUDY if name in ran.err + ran.out], ran.err
    for option in ("--thickness", "--electrode-diameter", "--confirm-temperatures"):
        assert option in ran.err
    ran = pelletry("analyse", "density", "--diameter", "8 mm")
    assert not [name for name in OF_STUDY if name in ran.err + ran.out], ran.err
    assert "give --mass, --thickness" in ran.err.lower()


def test_every_way_of_a_study_has_its_option():
    for of_study, option in _OPTIONS:
        assert in_words_of_options(f"A. {of_study} B.") == f"A. {option} B."
        assert not [name for name in OF_STUDY if name in option]


def test_density_takes_no_file(pelletry, small, tmp_path):
    raw = small.write_raw(tmp_path / "raw")
    ran = pelletry("analyse", "density", raw / "P1_20C.z", "--mass", "0.07 g")
    assert ran.code == 2
    assert "density takes no files" in ran.err
    assert "--mass" in ran.err


def test_the_relative_density_of_analyse_is_percent(pelletry):
    ran = pelletry(
        "analyse", "density", "--mass", "0.1400(1) g", "--thickness", "1.00(1) mm", "--diameter", "8.00(1) mm",
        "--theoretical-density", "2.94(1) g/cm3", "--theoretical-density-source", "stated",
    )  # fmt: skip
    assert "95(1) %" in ran.out or "94.7(10) %" in ran.out
