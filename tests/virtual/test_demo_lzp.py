"""The demo ``lzp``: the same bytes each time, labelled in every file, and without its truth."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from pelletry import api
from pelletry.formats.open_file import read_file
from pelletry.reference.el_shinawi2018 import published_numbers
from pelletry.virtual.demo import DEMOS, build_demo
from pelletry.virtual.demo_lzp import ASSUMED_LZP, SIMULATED_FROM_LZP

pytest.importorskip("gemmi", reason="the scans are made with pelletry[diffraction]")
pytest.importorskip("numba", reason="the scans are made with pelletry[diffraction]")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build_demo("lzp", tmp_path_factory.mktemp("lzp") / "demo")


def _raw(folder: Path) -> list[Path]:
    return sorted(p for p in (folder / "raw").rglob("*") if p.is_file())


def _digest(folder: Path) -> dict[str, str]:
    files = [*_raw(folder), *(p for p in folder.iterdir() if p.is_file())]
    return {str(p.relative_to(folder)): hashlib.sha256(p.read_bytes()).hexdigest() for p in files}


def test_two_builds_give_the_same_bytes(folder: Path, tmp_path: Path) -> None:
    assert _digest(folder) == _digest(build_demo("lzp", tmp_path / "again"))


def test_every_file_says_simulated_within_its_own_text(folder: Path) -> None:
    assert SIMULATED_FROM_LZP in (folder / "study.toml").read_text(encoding="utf-8")
    for path in _raw(folder):
        assert b"simulated" in path.read_bytes()[:4000].lower(), path


def test_every_file_is_read_and_listed_once(folder: Path) -> None:
    listed = [row.split(",")[0] for row in (folder / "files.csv").read_text(encoding="utf-8").splitlines()[1:]]
    measured = [p for p in _raw(folder) if p.name != "READ_ME.txt"]
    assert sorted(listed) == sorted(p.relative_to(folder).as_posix() for p in measured)
    for path in measured:
        assert all(record.technique and record.points for record in read_file(path)), path


def test_the_study_has_no_mistake_and_each_sample_has_files(folder: Path) -> None:
    study = api.load_study(folder)
    assert study.is_simulated
    assert not api.check(study).mistakes
    with_files = {file.sample for file in study.files}
    assert {sample.name for sample in study.samples} <= with_files


def test_no_truth_stands_in_the_folder(folder: Path) -> None:
    """Energies of states are in study.toml, rounded to where a person would start a fit; nothing else that is printed is."""
    text = "\n".join((folder / name).read_text(encoding="utf-8") for name in ("samples.csv", "files.csv", "study.toml"))
    for word in (
        "83",
        "17 wt",
        "1.0e-4",
        "0.34",
        "750",
        "1150",
        "1.6e-7",
        "181.6",
        "133.4",
        "134.2",
        "115",
        "0.18",
        "0.4 V",
    ):
        assert word not in text, word
    scans = b"".join(p.read_bytes()[:3000] for p in _raw(folder) if p.suffix == ".xrdml")
    assert b"wt%" not in scans


def test_one_part_alone_is_a_study_too(tmp_path: Path) -> None:
    folder = build_demo("lzp", tmp_path / "xps", parts=["xps"])
    study = api.load_study(folder)
    assert {file.sample for file in study.files} == {"LZP surface"}
    assert {sample.name for sample in study.samples} == {"LZP", "LZP surface"}


def test_what_the_paper_does_not_print_is_listed(folder: Path) -> None:
    samples = {sample.name for sample in api.load_study(folder).samples}
    assert {number.sample for number in published_numbers()} <= samples
    assert len(ASSUMED_LZP) >= 15
    assert "lzp" in DEMOS
