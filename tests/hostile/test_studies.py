"""Studies as people fill them in: what is missing, doubled, renamed or mixed up is said, and nothing is counted twice."""

from __future__ import annotations

import os
import shutil
import sys

import pytest

CONFIRMED = "[confirm]\ntemperatures_from_file_names = true\n"
HEAD = "sample,diameter,thickness,electrode_diameter,files"


@pytest.fixture
def made(spectra, tmp_path):
    """``made({"A": "raw/A*.csv"}, {"A_25C.csv": 3000.0})``: a study of spectra with these total resistances."""

    def make(samples, files, *, extra=CONFIRMED, table=None):
        folder = spectra.study(tmp_path / "study", samples, extra=extra)
        (folder / "raw").mkdir()
        for name, total_ohm in files.items():
            (folder / "raw" / name).write_text(spectra.text(spectra.points(total_ohm)))
        if table is not None:
            (folder / "samples.csv").write_text(table, encoding="utf-8")
        return folder

    return make


def test_two_spectra_under_one_name_are_said(made, pelletry):
    folder = made({"A": "raw/A*.csv"}, {"A_25C.csv": 3000.0, "A_25C_b.csv": 4000.0, "A_60C.csv": 1000.0})
    ran = pelletry("run", folder, "--json")
    assert ran.code == 1
    (said,) = [f for f in ran.document["findings"] if f["code"] == "repeated-temperature"]
    assert said["sentence"].startswith(
        "2 spectra at 25 °C give total resistances that differ by 33 % (raw/A_25C.csv and raw/A_25C_b.csv). All are used."
    )


def test_the_same_bytes_under_two_samples_are_said(made, pelletry):
    folder = made({"A": "raw/A*.csv", "B": "raw/B*.csv"}, {"A_25C.csv": 3000.0, "B_25C.csv": 3000.0})
    ran = pelletry("run", folder, "--json")
    assert "raw/B_25C.csv of B has the same bytes as raw/A_25C.csv of A: one of them is a copy." in str(
        ran.sentences("B")
    )


def test_a_text_export_beside_its_binary_counts_once(pelletry, raw_data, tmp_path):
    folder = tmp_path / "study"
    (folder / "raw").mkdir(parents=True)
    for parts in (
        ("mpr_eis", "jdhuang-csm+hybrid-drt", "PEIS_LPSCl_IonBlocking_-25C.mpr"),
        ("mpt_eis", "jdhuang-csm+hybrid-drt", "PEIS_LPSCl_IonBlocking_-25C.txt"),
    ):
        shutil.copy(raw_data(*parts), folder / "raw")
    (folder / "study.toml").write_text('title = "twins"\n' + CONFIRMED)
    (folder / "samples.csv").write_text(f"{HEAD}\nLPSCl,10 mm,0.9 mm,face,raw/PEIS*\n")
    ran = pelletry("run", folder, "--json")
    assert [q["sample"] for q in ran.document["quantities"] if q["name"] == "resistance_total"] == ["LPSCl"]
    assert "holds the same spectrum as raw/PEIS_LPSCl_IonBlocking_-25C.mpr: used once." in str(ran.sentences("LPSCl"))
    drafted = pelletry("new", tmp_path / "drafted", "--from", folder / "raw")
    assert "PEIS_LPSCl_IonBlocking_-25C.txt: set aside: same spectrum as" in drafted.err + drafted.out


def test_one_temperature_at_25_degrees_gives_that_conductivity(made, pelletry):
    folder = made({"A": "raw/A*.csv"}, {"A_25C.csv": 3000.0})
    ran = pelletry("run", folder, "--json")
    # l/(R A) of a pellet 1 mm thick and 8 mm wide, by hand.
    assert ran.value("A", "conductivity_total_25C") == pytest.approx(1e-3 / (3000.0 * 5.02655e-5), rel=3e-3)
    missing = [w for w in ran.document["withheld"] if "energy" in w["what"]]
    assert [(w["missing"], w["do"]) for w in missing] == [
        ("spectra at two temperatures or more", "measure at more temperatures")
    ]


@pytest.mark.parametrize(
    ("table", "sentence"),
    [
        (f"{HEAD}\nA,8 mm,450,face,raw/A*.csv\n", "samples.csv:2: thickness: '450' has no unit"),
        (f'{HEAD}\nA,8 mm,"0,463 mm",face,raw/A*.csv\n', "samples.csv:2: thickness: '0,463 mm' has a decimal comma"),
        (f"{HEAD}\nA,8 mm,-1 mm,face,raw/A*.csv\n", "samples.csv:2: thickness"),
        (f"{HEAD}\nA,8 mm,1 mm,face,raw/B*.csv\n", "the pattern 'raw/B*.csv' matches no file"),
        (f"{HEAD}\nA,8 mm,1 mm,face,/etc/passwd\n", "leaves the study folder"),
        (f"{HEAD}\nA,8 mm,1 mm,face,raw/A*.csv\na,8 mm,1 mm,face,\n", "samples.csv:3: sample"),
    ],
)
def test_a_mistake_in_the_samples_table_names_its_cell(made, pelletry, table, sentence):
    folder = made({"A": "raw/A*.csv"}, {"A_25C.csv": 3000.0}, table=table)
    checked, ran = pelletry("check", folder), pelletry("run", folder)
    assert (checked.code, ran.code) == (2, 2)
    assert sentence in checked.out + checked.err
    assert sentence in ran.err
    assert not (folder / "results").exists()


def test_a_german_excel_table_and_a_workbook_give_the_numbers_of_the_plain_one(made, pelletry, spectra):
    openpyxl = pytest.importorskip("openpyxl")
    folder = made({"A": "raw/A*.csv"}, {"A_25C.csv": 3000.0}, table=f"{HEAD}\nA,8.02 mm,0.463 mm,face,raw/A*.csv\n")
    plain = pelletry("run", folder, "--json").value("A", "conductivity_total_25C")
    (folder / "samples.csv").write_bytes(
        "sep=;\r\nsample;diameter;thickness (µm);electrode_diameter;files\r\nA;8,02 mm;463;face;raw/A*.csv\r\n".encode(
            "cp1252"
        )
    )
    german = pelletry("run", folder, "--json").value("A", "conductivity_total_25C")
    (folder / "samples.csv").unlink()
    book = openpyxl.Workbook()
    book.active.append(["sample", "diameter (mm)", "thickness (mm)", "electrode_diameter", "files"])
    book.active.append(["A", 8.02, 0.463, "face", "raw/A*.csv"])
    book.save(folder / "samples.xlsx")
    workbook = pelletry("run", folder, "--json").value("A", "conductivity_total_25C")
    assert german == pytest.approx(plain, rel=1e-12)
    assert workbook == pytest.approx(plain, rel=1e-12)


def test_a_missing_thickness_withholds_the_conductivity_of_that_pellet_alone(made, pelletry):
    table = f"{HEAD}\nA,8 mm,,face,raw/A*.csv\nB,8 mm,1 mm,face,raw/B*.csv\n"
    folder = made({}, {"A_25C.csv": 3000.0, "B_25C.csv": 2000.0}, table=table)
    ran = pelletry("run", folder, "--json")
    assert ran.value("A", "conductivity_total") is None
    assert ran.value("A") == pytest.approx(3000.0, rel=3e-3)
    assert ran.value("B", "conductivity_total") is not None


def test_names_that_try_something_are_only_names(made, pelletry):
    evil = "<script>alert(1)</script>"
    files = {"e_25C.csv": 1000.0, "u_25C.csv": 1100.0, "x_25C.csv": 1200.0, "d_25C.csv": 1300.0}
    folder = made(
        {evil: "raw/e*.csv", "Ω µ 漢字": "raw/u*.csv", "x" * 300: "raw/x*.csv", "../../up": "raw/d*.csv"}, files
    )
    ran = pelletry("report", folder, "--figures", "none")
    assert ran.code in (0, 1), ran.err
    page = (folder / "results" / "report.html").read_text(encoding="utf-8")
    assert "<script>alert(1)" not in page
    inside = {p.resolve() for p in (folder / "results").rglob("*")}
    assert all(str(p).startswith(str(folder.resolve())) for p in inside)
    assert not (folder.parent / "up").exists()


@pytest.mark.skipif(sys.platform != "linux", reason="needs names that are no text, and pipes")
def test_a_draft_survives_every_name_that_a_file_can_have(spectra, pelletry, tmp_path):
    raw = tmp_path / "raw"
    raw.mkdir()
    names = ["A_25C.csv", "sp ace µ 漢_40C.csv", "<script>_45C.csv", "[x]_50C.csv", "a;b,c_55C.csv", "'q\"_60C.csv"]
    unwritable = ["new\nline_65C.csv", "esc\x1b[31m_70C.csv", os.fsdecode(b"bad\xff_75C.csv")]
    for number, name in enumerate([*names, *unwritable]):
        (raw / name).write_text(spectra.text(spectra.points(1000.0 + 100 * number)))
    (raw / "loop").symlink_to(".")
    (raw / "dangling_80C.csv").symlink_to("nowhere")
    (raw / "folder_85C.csv").mkdir()
    os.mkfifo(raw / "pipe_90C.csv")
    study = tmp_path / "study"
    drafted = pelletry("new", study, "--from", raw, "--diameter", "8 mm", "--confirm-temperatures")
    assert drafted.code == 0, drafted.err
    said = drafted.out + drafted.err
    assert said.count("its name holds characters that no table can hold; rename the file") == len(unwritable)
    assert "\x1b" not in said
    assert pelletry("check", study).code == 0
    ran = pelletry("run", study, "--json")
    assert ran.code == 1, ran.err
    assert len([q for q in ran.document["quantities"] if q["name"] == "resistance_total"]) == len(names)
    assert "\x1b" not in (study / "files.csv").read_text(encoding="utf-8")
