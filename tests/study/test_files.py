"""Which file belongs to which pellet: patterns, files.csv, and what may not be read."""

from __future__ import annotations

from pathlib import Path

import pytest

from pelletry.core.errors import StudyError
from pelletry.study.spec import Study, load_study


def study(
    tmp_path: Path, *, samples: str = "", files: str | None = None, toml: str = "", raw: tuple[str, ...] = ()
) -> Path:
    folder = tmp_path / "study"
    folder.mkdir()
    (folder / "study.toml").write_text(f'title = "t"\n{toml}', encoding="utf-8")
    (folder / "samples.csv").write_text(samples or "sample\nA\nB\n", encoding="utf-8")
    if files is not None:
        (folder / "files.csv").write_text(files, encoding="utf-8")
    for name in raw:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("x")
    return folder


def mistakes(folder: Path) -> list[str]:
    with pytest.raises(StudyError) as raised:
        load_study(folder)
    return [str(mistake) for mistake in raised.value.mistakes]


def paths(loaded: Study, sample: str) -> list[str]:
    return [file.path for file in loaded.files_of(sample)]


def test_patterns_find_files_in_natural_order_and_none_hidden(tmp_path):
    raw = ("raw/A_10C.z", "raw/A_2C.z", "raw/.A_3C.z", "raw/deep/A_4C.z", "raw/B_1C.z")
    folder = study(tmp_path, samples="sample,files\nA,raw/A_*.z\nB,raw/**/B_*.z\n", raw=raw)
    loaded = load_study(folder)
    assert paths(loaded, "A") == ["raw/A_2C.z", "raw/A_10C.z"]
    assert paths(loaded, "B") == ["raw/B_1C.z"]
    deep = (
        study(tmp_path / "2", samples="sample,files\nA,raw/**/A_*.z\n", raw=raw)
        if (tmp_path / "2").mkdir() is None
        else None
    )
    assert paths(load_study(deep), "A") == ["raw/A_2C.z", "raw/A_10C.z", "raw/deep/A_4C.z"]


@pytest.mark.parametrize(
    ("cell", "words"),
    [
        ("raw/C_*.z", "the pattern 'raw/C_*.z' matches no file. There are 1 files, such as A_1C.z"),
        ("row/*.z", "its folder does not exist"),
        ("raw/A_1c.z", "the file 'raw/A_1c.z' does not exist. Did you mean A_1C.z?"),
        ("raw", "is a folder. Name files in it, as raw/*"),
        ("../other.z", "leaves the study folder"),
        ("../*.z", "leaves the study folder"),
        ("raw/../../other.z", "leaves the study folder"),
        ("/etc/hostname", "leaves the study folder"),
        ("/etc/*", "leaves the study folder"),
    ],
)
def test_each_wrong_path_is_one_sentence_at_its_cell(tmp_path, cell, words):
    (tmp_path / "other.z").write_text("x")
    found = mistakes(study(tmp_path, samples=f"sample,files\nA,{cell}\n", raw=("raw/A_1C.z",)))
    assert len(found) == 1
    assert found[0].startswith("samples.csv:2: files: ")
    assert words.lower() in found[0].lower()


def test_a_file_of_two_samples_is_refused(tmp_path):
    found = mistakes(study(tmp_path, samples="sample,files\nA,raw/*.z\nB,raw/B*.z\n", raw=("raw/A.z", "raw/B.z")))
    assert found == [
        "samples.csv:3: files: 'raw/B.z' is claimed by 'A' and by 'B'. Narrow one of the patterns, or list the file in files.csv."
    ]


def test_two_patterns_of_one_sample_may_overlap(tmp_path):
    loaded = load_study(study(tmp_path, samples="sample,files\nA,raw/*.z; raw/A.z\n", raw=("raw/A.z",)))
    assert paths(loaded, "A") == ["raw/A.z"]


def test_files_csv_gives_sample_record_temperature_and_sets_aside(tmp_path):
    files = (
        "file,record,sample,temperature,temperature_source,run,note\n"
        "raw/a.mpt,1,A,25 °C,file name,,\n"
        "raw/a.mpt,2,A,30 °C,header,,\n"
        "raw/b.mpt,,,,,,set aside: aborted\n"
        "raw/gone.mpt,,,,,,refused\n"
        "raw/c.mpt,,B,298.15 K,,,\n"
    )
    raw = ("raw/a.mpt", "raw/b.mpt", "raw/c.mpt")
    loaded = load_study(study(tmp_path, samples="sample,files\nA,\nB,raw/*.mpt\n", files=files, raw=raw))
    assert [(f.path, f.record, f.sample) for f in loaded.files] == [
        ("raw/a.mpt", 0, "A"),
        ("raw/a.mpt", 1, "A"),
        ("raw/c.mpt", None, "B"),
    ]
    assert [f.temperature_K for f in loaded.files] == pytest.approx([298.15, 303.15, 298.15])
    assert [f.is_confirmed for f in loaded.files] == [False, True, True]
    assert [(f.path, f.note) for f in loaded.set_aside] == [
        ("raw/b.mpt", "set aside: aborted"),
        ("raw/gone.mpt", "refused"),
    ]


def test_confirming_the_names_confirms_every_file(tmp_path):
    files = "file,sample,temperature (°C),temperature_source\nraw/a.mpt,A,25,file name\n"
    toml = "[confirm]\ntemperatures_from_file_names = true\n"
    loaded = load_study(study(tmp_path, files=files, toml=toml, raw=("raw/a.mpt",)))
    assert loaded.files[0].is_confirmed
    assert loaded.files[0].temperature_K == pytest.approx(298.15)


def test_two_spectra_of_one_sample_at_one_temperature_are_refused_unless_told_apart(tmp_path):
    files = "file,sample,temperature,run\na.z,A,25 °C,{}\nb.z,A,298.15 K,{}\n"
    found = mistakes(study(tmp_path, files=files.format("", ""), raw=("a.z", "b.z")))
    assert len(found) == 1
    assert found[0].startswith("files.csv:3: a second spectrum of 'A' at 25 °C; the first is files.csv:2")
    (tmp_path / "2").mkdir()
    loaded = load_study(study(tmp_path / "2", files=files.format("heating", "cooling"), raw=("a.z", "b.z")))
    assert [file.run for file in loaded.files] == ["heating", "cooling"]


def test_mistakes_of_files_csv_come_all_at_once(tmp_path):
    files = (
        "file,record,sample,temperature\n"
        "a.z,1,A,25\n"
        "a.z,zero,A,30 °C\n"
        "b.z,,a,-300 °C\n"
        "c.z,,C,40 °C\n"
        ",,A,40 °C\n"
        "a.z,2,A,\n"
        "a.z,,B,\n"
    )
    found = mistakes(study(tmp_path, files=files, raw=("a.z", "b.z")))
    assert [one.split(": ")[0] for one in found] == [f"files.csv:{n}" for n in (2, 3, 4, 5, 5, 6, 8)]
    assert "'25' has no unit" in found[0]
    assert "is not a number of a record" in found[1]
    assert "is not a temperature" in found[2]
    assert "there is no sample 'C'" in found[3]
    assert "does not exist" in found[4]
    assert "names no file" in found[5]
    assert "is listed already by 'A' (files.csv:7)" in found[6]


def test_unknown_columns_of_files_csv_are_mistakes(tmp_path):
    found = mistakes(study(tmp_path, files="file,sampel\na.z,A\n", raw=("a.z",)))
    assert "Did you mean sample?" in found[0]


def test_a_raw_folder_outside_is_allowed_when_the_study_names_it(tmp_path):
    outside = tmp_path / "measured"
    outside.mkdir()
    (outside / "a.z").write_text("x")
    (tmp_path / "elsewhere.z").write_text("x")
    toml = '[raw]\nfolder = "../measured"\n'
    folder = study(tmp_path, samples="sample,files\nA,../measured/*.z\n", toml=toml)
    loaded = load_study(folder)
    assert paths(loaded, "A") == ["../measured/a.z"]
    assert loaded.path_of(loaded.files[0]) == outside / "a.z"
    (folder / "samples.csv").write_text("sample,files\nA,../elsewhere.z\n")
    assert "leaves the study folder" in mistakes(folder)[0]


def test_an_absolute_raw_folder_is_kept_absolute(tmp_path):
    outside = tmp_path / "measured"
    outside.mkdir()
    (outside / "a.z").write_text("x")
    toml = f'[raw]\nfolder = "{outside.as_posix()}"\n'
    loaded = load_study(study(tmp_path, samples=f"sample,files\nA,{outside.as_posix()}/*.z\n", toml=toml))
    assert paths(loaded, "A") == [(outside / "a.z").as_posix()]


def test_paths_of_windows_are_understood(tmp_path):
    loaded = load_study(study(tmp_path, samples="sample,files\nA,raw\\a.z\n", raw=("raw/a.z",)))
    assert paths(loaded, "A") == ["raw/a.z"]


def test_the_study_s_own_files_are_never_raw_files(tmp_path):
    loaded = load_study(study(tmp_path, samples="sample,files\nA,*\n", raw=("a.z",)))
    assert paths(loaded, "A") == ["a.z"]
