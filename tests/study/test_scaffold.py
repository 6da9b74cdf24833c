"""A folder of raw files becomes the draft of a study that loads as it stands; raw files are not touched."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import numpy as np
import pytest

from pelletry.core.errors import BrokenFileError, StoreError, StudyError, UnknownFormatError
from pelletry.core.provenance import Origin
from pelletry.core.record import Column, Hint, Record
from pelletry.study.check import check_study
from pelletry.study.grouping import names_of_files, run_of_name, sample_of_stem
from pelletry.study.scaffold import draft_study
from pelletry.study.spec import load_study
from pelletry.study.survey import SurveyedFile, SurveyedSpectrum


def reader(path: Path) -> tuple[Record, ...]:
    """A toy format: line 1 the lowest exponent of ten, line 2 a resistance; one record for each further resistance."""
    from pelletry.formats.hints import hints_from_name

    text = path.read_text()
    if text.startswith("broken"):
        raise BrokenFileError("the table ends in the middle", where=path.name, line=2)
    if not text[:1].lstrip("-").isdigit() and not text.startswith("-"):
        raise UnknownFormatError("no reader", where=path.name)
    lowest, *sizes = (float(line) for line in text.split())
    frequency = 10.0 ** np.arange(6, lowest - 0.25, -0.5)
    hints: tuple[Hint, ...] = hints_from_name(path.name)
    records = []
    for number, size in enumerate(sizes):
        if len(sizes) > 1:
            hints = (Hint(name="temperature", value=300.0 + 10 * number, unit="K", source="column"),)
        z = size / (1 + 1j * frequency / 1e3)
        columns = tuple(
            Column(name=name, unit=unit, values=values)
            for name, unit, values in (("freq", "Hz", frequency), ("Re(Z)", "Ohm", z.real), ("Im(Z)", "Ohm", z.imag))
        )
        origin = Origin(path=path.name, sha256=f"{hash(text)}", record=number, format="toy")
        records.append(Record(name=path.stem, technique="impedance", columns=columns, origin=origin, hints=hints))
    return tuple(records)


def raw(tmp_path: Path, files: dict[str, str]) -> Path:
    folder = tmp_path / "raw"
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    return folder


def rows(study: Path, name: str = "files.csv") -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO((study / name).read_text(encoding="utf-8-sig"))))


SERIES = {f"LATP-{t}deg.txt": f"-1 {100 * t}" for t in (140, 150, 160)}


@pytest.mark.parametrize(
    ("stem", "sample"),
    [
        ("s04147-140deg", "s04147"),
        ("LATP_Air_700_-40C", "LATP_Air_700"),
        ("PEIS_LPSCl_IonBlocking_-25C", "LPSCl_IonBlocking"),
        ("pellet_1_25C", "pellet_1"),
        ("1_4_25C_heating", "1_4"),
        ("25C_EIS", ""),
        ("2026-03-01_LATP_02_GEIS_C05", "LATP"),
        ("LATP 25°C", "LATP"),
        ("LATP", "LATP"),
    ],
)
def test_sample_of_a_name_is_what_is_left_of_it(stem, sample):
    assert sample_of_stem(stem) == sample


def test_run_is_read_from_heating_and_cooling():
    assert [run_of_name(name) for name in ("A_25C_up", "A_cooling_25C", "Aupper_25C")] == ["heating", "cooling", ""]


def test_a_series_becomes_a_study_that_loads(tmp_path):
    source = raw(tmp_path, SERIES)
    before = {path: (path.read_bytes(), path.stat().st_mtime_ns) for path in source.rglob("*")}
    drafted = draft_study(tmp_path / "study", source, read=reader, title='A "first" study')
    assert drafted.sentences[0] == (
        "3 spectra, 1 sample, temperatures 140 to 160 °C (3 from file names: confirm them in study.toml)."
    )
    assert {path: (path.read_bytes(), path.stat().st_mtime_ns) for path in source.rglob("*")} == before
    loaded = load_study(tmp_path / "study")
    assert loaded.title == 'A "first" study'
    assert [(f.path, f.sample, f.is_confirmed) for f in loaded.files] == [
        (f"../raw/LATP-{t}deg.txt", "LATP", False) for t in (140, 150, 160)
    ]
    assert [f.temperature_K for f in loaded.files] == pytest.approx([413.15, 423.15, 433.15])
    words = [line.what for line in check_study(loaded).withheld]
    assert "conductivity by temperature and activation energy of LATP" in words


def test_sizes_given_at_the_start_complete_the_study(tmp_path):
    drafted = draft_study(
        tmp_path / "study",
        raw(tmp_path, SERIES),
        read=reader,
        confirm_temperatures=True,
        diameter="8.00(2) mm",
        thickness="2.10(1) mm",
        electrode_diameter="face",
    )
    assert drafted.sentences[0] == "3 spectra, 1 sample, temperatures 140 to 160 °C."
    loaded = load_study(tmp_path / "study")
    pellet = loaded.samples[0].pellet
    assert pellet.thickness_m.value == pytest.approx(2.1e-3)
    assert pellet.electrode_area_m2.value == pytest.approx(np.pi / 4 * 64e-6)
    assert all("conductivity" not in line.what for line in check_study(loaded).withheld)


def test_raw_files_inside_the_study_need_no_raw_folder(tmp_path):
    source = raw(tmp_path, SERIES)
    draft_study(tmp_path, source, read=reader)
    assert "[raw]" not in (tmp_path / "study.toml").read_text(encoding="utf-8")
    assert [row["file"] for row in rows(tmp_path)] == [f"raw/LATP-{t}deg.txt" for t in (140, 150, 160)]
    load_study(tmp_path)


def test_what_is_not_used_is_listed_with_its_reason(tmp_path):
    files = {
        **SERIES,
        "copy of LATP-140deg.txt": SERIES["LATP-140deg.txt"],
        "export/LATP-150deg.csv": "-1 15000.0",
        "LATP-160deg_aborted.txt": "3 16000",
        "LATP-170deg.txt": "broken",
        "readme.md": "words",
    }
    drafted = draft_study(tmp_path / "study", raw(tmp_path, files), read=reader)
    notes = {row["file"].removeprefix("../raw/"): row["note"] for row in rows(tmp_path / "study") if not row["sample"]}
    assert notes["copy of LATP-140deg.txt"] == "set aside: same bytes as ../raw/LATP-140deg.txt"
    assert notes["export/LATP-150deg.csv"] == "set aside: same spectrum as ../raw/LATP-150deg.txt"
    assert notes["LATP-160deg_aborted.txt"].startswith("set aside: aborted; the sweep stops at 1e+03 Hz, others")
    assert notes["LATP-170deg.txt"].startswith("refused: ")
    assert "the table ends in the middle" in notes["LATP-170deg.txt"]
    assert notes["readme.md"] == "not recognised as a measurement"
    assert "2 files are not used; files.csv says why." in drafted.sentences
    load_study(tmp_path / "study")


def test_folders_name_the_samples_where_files_do_not(tmp_path):
    files = {f"{sample}/{t}C.txt": f"-1 {n}{t}" for n, sample in enumerate(("LATP1", "LATP2"), 1) for t in (25, 40)}
    drafted = draft_study(tmp_path / "study", raw(tmp_path, files), read=reader)
    assert [(s.name, s.spectra) for s in drafted.samples] == [("LATP1", 2), ("LATP2", 2)]


def test_one_name_in_two_folders_at_one_temperature_is_two_pellets(tmp_path):
    files = {f"{gas}/S1_25C.txt": f"-1 {size}" for gas, size in (("air", 100), ("argon", 200))}
    drafted = draft_study(tmp_path / "study", raw(tmp_path, files), read=reader)
    assert [s.name for s in drafted.samples] == ["air_S1", "argon_S1"]


def test_records_of_one_file_are_listed_one_by_one(tmp_path):
    draft_study(tmp_path / "study", raw(tmp_path, {"LATP.txt": "-1 100 200 300"}), read=reader)
    listed = rows(tmp_path / "study")
    assert [(row["record"], row["temperature"], row["temperature_source"]) for row in listed] == [
        ("1", "26.85 °C", "column"),
        ("2", "36.85 °C", "column"),
        ("3", "46.85 °C", "column"),
    ]
    assert all(file.is_confirmed for file in load_study(tmp_path / "study").files)


def test_repeated_spectra_are_numbered_so_that_the_draft_loads(tmp_path):
    files = {"A_25C.txt": "-1 100", "A_25C_loop2.txt": "-1 101", "A_30C_up.txt": "-1 90", "A_30C_down.txt": "-1 91"}
    draft_study(tmp_path / "study", raw(tmp_path, files), read=reader)
    runs = {row["file"].removeprefix("../raw/"): row["run"] for row in rows(tmp_path / "study")}
    assert runs == {"A_25C.txt": "1", "A_25C_loop2.txt": "2", "A_30C_up.txt": "heating", "A_30C_down.txt": "cooling"}
    load_study(tmp_path / "study")


def test_a_series_tells_that_0c_is_a_temperature_and_no_charging_rate(tmp_path):
    files = {f"LATP_{t}C.txt": f"-1 {500 - t}" for t in (-20, 0, 10, 40, 60)} | {"cell_10C.txt": "-1 7"}
    drafted = draft_study(tmp_path / "study", raw(tmp_path, files), read=reader)
    found = {s.name: [round(t - 273.15, 6) for t in s.temperatures_K] for s in drafted.samples}
    assert found == {"LATP": [-20, 0, 10, 40, 60], "cell_10C": []}
    assert {row["temperature_source"] for row in rows(tmp_path / "study") if row["sample"] == "LATP"} == {"file name"}


def test_a_samples_table_names_the_samples_and_is_copied(tmp_path):
    table = tmp_path / "our pellets.csv"
    table.write_text("sample,thickness (mm)\nLATP 1,0.4\nLATP 10,0.5\n")
    files = {"latp-1_25C.txt": "-1 100", "LATP_10_25C.txt": "-1 200", "other_25C.txt": "-1 300"}
    drafted = draft_study(tmp_path / "study", raw(tmp_path, files), read=reader, samples_table=table)
    assert [(s.name, s.spectra) for s in drafted.samples] == [("LATP 1", 1), ("LATP 10", 1)]
    assert (tmp_path / "study" / "samples.csv").read_bytes() == table.read_bytes()
    notes = [row["note"] for row in rows(tmp_path / "study") if not row["sample"]]
    assert notes == ["no sample of the table is named in the file's path"]


def test_an_existing_study_is_never_overwritten(tmp_path):
    source = raw(tmp_path, SERIES)
    for name in ("study.toml", "files.csv", "samples.xlsx", "decisions.toml"):
        folder = tmp_path / name.replace(".", "_")
        folder.mkdir()
        (folder / name).write_text("mine")
        with pytest.raises(StudyError, match=r"there is a study already"):
            draft_study(folder, source, read=reader)
        assert [path.name for path in folder.iterdir()] == [name]
        assert (folder / name).read_text() == "mine"


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"thickness": "2.1"}, "has no unit"),
        ({"diameter": "8.7 m"}, "did you mean 8.7 mm?"),
        ({"theoretical_density": "2.9 g/cm3"}, "has no source"),
        ({"tickness": "2.1 mm"}, "cannot be given here"),
        ({"electrode_diameter": "face"}, "the diameter is missing"),
    ],
)
def test_what_is_given_wrongly_stops_before_anything_is_written(tmp_path, given, words):
    with pytest.raises(StudyError) as raised:
        draft_study(tmp_path / "study", raw(tmp_path, SERIES), read=reader, **given)
    assert words.lower() in str(raised.value).lower()
    assert not (tmp_path / "study").exists()


def test_the_thickness_of_one_pellet_is_not_that_of_two(tmp_path):
    files = {"A_25C.txt": "-1 100", "B_25C.txt": "-1 200"}
    with pytest.raises(StudyError, match="given for one pellet, but there are files of 2: A, B"):
        draft_study(tmp_path / "study", raw(tmp_path, files), read=reader, thickness="2 mm")


def test_nothing_found_is_said_with_what_was_refused(tmp_path):
    with pytest.raises(StudyError, match="no measurement was found among 2 files") as raised:
        draft_study(tmp_path / "study", raw(tmp_path, {"a.txt": "broken", "b.md": "words"}), read=reader)
    assert len(raised.value.mistakes) == 2
    with pytest.raises(StudyError, match="no such folder"):
        draft_study(tmp_path / "study", tmp_path / "nowhere", read=reader)


def test_a_disk_that_fills_leaves_nothing_behind(tmp_path, monkeypatch):
    import os

    calls = []

    def full(handle: int) -> None:
        calls.append(handle)
        if len(calls) == 2:
            raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(StoreError, match="No space left on device"):
        draft_study(tmp_path / "study", raw(tmp_path, SERIES), read=reader)
    assert list((tmp_path / "study").iterdir()) == []


def test_names_that_a_spreadsheet_would_run_stay_paths(tmp_path):
    draft_study(tmp_path, raw(tmp_path, {"x.txt": "-1 1"}).rename(tmp_path / "=cmd") and tmp_path / "=cmd", read=reader)
    assert rows(tmp_path)[0]["file"] == "./=cmd/x.txt"
    assert load_study(tmp_path).files[0].path == "=cmd/x.txt"


def test_known_names_are_found_as_whole_words():
    spectrum = SurveyedSpectrum(record=0, points=1, temperature_K=None, temperature_source="", spectrum=None)
    files = [SurveyedFile(path=p, spectra=(spectrum,)) for p in ("latp_10_25C.mpt", "LATP-1/25C.mpt", "latpx.mpt")]
    assert names_of_files(files, known=["LATP 1", "LATP 10"]) == {
        "latp_10_25C.mpt": "LATP 10",
        "LATP-1/25C.mpt": "LATP 1",
        "latpx.mpt": "",
    }


def test_the_real_series_is_drafted_as_one_pellet_at_seven_temperatures(tmp_path, raw_data):
    source = raw_data("eis_temperature_series", "Sheyigold+EISFitpython")
    drafted = draft_study(tmp_path / "study", source)
    assert [(s.name, s.spectra) for s in drafted.samples] == [("s04147", 7)]
    assert [t - 273.15 for t in drafted.samples[0].temperatures_K] == pytest.approx([140, 150, 160, 170, 180, 190, 200])
    assert sum("a calculated curve" in note for _, note in drafted.set_aside) == 14
    assert len(load_study(tmp_path / "study").files) == 7


def workbook(path: Path, sheets: dict[str, list[list[str]]]) -> Path:
    import openpyxl

    book = openpyxl.Workbook()
    book.remove(book.active)
    for title, lines in sheets.items():
        sheet = book.create_sheet(title)
        for line in lines:
            sheet.append(line)
    book.save(path)
    return path


def test_the_samples_are_found_on_whichever_sheet_they_are(tmp_path):
    lines = [["Pellet", "thickness"], ["LATP", "2.1 mm"]]
    table = workbook(tmp_path / "lab.xlsx", {"notes": [["what we did"], ["fired it"]], "pellets": lines})
    draft_study(tmp_path / "study", raw(tmp_path, SERIES), read=reader, samples_table=table)
    (sample,) = load_study(tmp_path / "study").samples
    assert sample.name == "LATP"
    assert sample.pellet.thickness_m.value == pytest.approx(2.1e-3)


def test_a_workbook_without_samples_names_its_sheets(tmp_path):
    table = workbook(tmp_path / "lab.xlsx", {"notes": [["what we did"]], "more": [["x", "y"]]})
    with pytest.raises(StudyError, match=r"no sheet begins with a head line that has a column sample.*notes, more"):
        draft_study(tmp_path / "study", raw(tmp_path, SERIES), read=reader, samples_table=table)


def test_the_records_of_one_unused_file_are_one_file(tmp_path):
    from pelletry.study.listing import FileRow
    from pelletry.study.scaffold import DraftedSample, _sentences

    rows = [FileRow(file="a.z", sample="A"), *(FileRow(file="b.z", record=i, note="no sample") for i in range(4))]
    aside = [(row.file, row.note) for row in rows if not row.sample]
    samples = (DraftedSample(name="A", spectra=1, temperatures_K=()),)
    assert "1 file is not used; files.csv says why." in _sentences(samples, rows, aside, False, ("study.toml",))


@pytest.mark.parametrize(
    ("path", "technique", "name"),
    [
        ("body_DIL.ngb-dla", "dilatometry", "body"),
        ("body_DIL_correction.ngb-cla", "dilatometry", "body"),
        ("PC_03_GCPL.txt", "cycling", "PC"),
        ("jr862_01_GCPL_C05.mpr", "cycling", "jr862"),
        ("LATP_SEM_001.tif", "microscopy", "LATP"),
        ("LATP 800C 2h XRD_25C.xrdml", "diffraction", "LATP 800C 2h"),
        ("LZP cycled XPS.vms", "xps", "LZP"),
    ],
)
def test_names_of_other_techniques_lose_what_is_not_the_sample(path: str, technique: str, name: str) -> None:
    assert names_of_files([SurveyedFile(path=path, technique=technique)]) == {path: name}


def test_a_folder_of_other_techniques_becomes_a_study_that_loads(tmp_path: Path, raw_data) -> None:
    import shutil

    folder = tmp_path / "raw"
    folder.mkdir()
    mixtures = raw_data("xrd_weighed_mixtures", "CederGroupHub+dara")
    shutil.copy(next(mixtures.glob("TiO2_0p4009*8min.xrdml")), folder / "powder_XRD.xrdml")
    shutil.copy(next(mixtures.glob("ZnO*2min.xrdml")), folder / "LaB6_XRD.xrdml")
    shutil.copy(raw_data("granulometry", "paddy-r+PSD-Analyser", "example1.csv"), folder / "powder_PSD.csv")
    drafted = draft_study(tmp_path / "study", folder)
    assert [sample.name for sample in drafted.samples] == ["powder"]
    assert any("1 of granulometry" in sentence for sentence in drafted.sentences)
    loaded = load_study(tmp_path / "study")
    roles = {(file.path.rpartition("/")[2], file.technique, file.role) for file in loaded.files}
    assert ("LaB6_XRD.xrdml", "diffraction", "standard") in roles
    assert ("powder_PSD.csv", "granulometry", "") in roles
    assert check_study(loaded).withheld == ()


@pytest.mark.parametrize(
    ("name", "role"),
    [
        ("holder_short.csv", "short"), ("Short_Circuit.mpr", "short"), ("2024-05-01 cable open 2.z", "open"), ("empty cell.csv", "open"),
        ("open circuit.csv", ""), ("LATP_short.csv", ""), ("short open.csv", ""), ("shortlist.csv", ""), ("P1_25C.csv", ""),
    ],
)  # fmt: skip
def test_only_a_name_that_speaks_of_nothing_but_the_holder_is_one(name: str, role: str) -> None:
    from pelletry.study.survey import _role

    assert _role(f"raw/{name}", "impedance") == role


def test_readings_of_the_holder_are_drafted_for_all_samples(tmp_path: Path) -> None:
    files = {"P1_25C.txt": "0 100", "holder_short.txt": "0 1", "holder_open.txt": "0 90000"}
    draft = draft_study(tmp_path / "study", raw(tmp_path, files), read=reader)
    listed = {Path(row["file"]).name: (row["sample"], row["role"]) for row in rows(tmp_path / "study")}
    assert listed == {"P1_25C.txt": ("P1", ""), "holder_short.txt": ("*", "short"), "holder_open.txt": ("*", "open")}
    assert [row["sample"] for row in rows(tmp_path / "study", "samples.csv")] == ["P1"]
    assert "no temperature" not in str(draft)
