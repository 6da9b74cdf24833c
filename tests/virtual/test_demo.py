"""The demo folder: whole or not at all, the same bytes each time, and labelled."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from pelletry.core.errors import StudyError
from pelletry.reference.raj2023 import published_pellets
from pelletry.virtual.demo import build_demo
from pelletry.virtual.demo_latp import SIMULATED_FROM


def _digest(folder: Path) -> dict[str, str]:
    return {
        str(p.relative_to(folder)): hashlib.sha256(p.read_bytes()).hexdigest()
        for p in sorted(folder.rglob("*"))
        if p.is_file()
    }


def test_two_builds_give_the_same_bytes(tmp_path: Path) -> None:
    assert _digest(build_demo("latp", tmp_path / "a", parts=["impedance"])) == _digest(
        build_demo("latp", tmp_path / "b", parts=["impedance"])
    )


def test_every_spectrum_and_the_study_say_simulated(tmp_path: Path) -> None:
    folder = build_demo("latp", tmp_path / "demo", parts=["impedance"])
    spectra = sorted(p for p in (folder / "raw").iterdir() if p.suffix in {".mpt", ".z"})
    assert len(spectra) == 14 * 7
    assert all(b"SIMULATED" in p.read_bytes()[:2000] for p in spectra)
    assert SIMULATED_FROM in (folder / "study.toml").read_text(encoding="utf-8")


def test_no_published_result_stands_in_the_folder(tmp_path: Path) -> None:
    folder = build_demo("latp", tmp_path / "demo", parts=["impedance"])
    written = b"".join(
        p.read_bytes() for p in folder.rglob("*") if p.is_file() and p.suffix in {".csv", ".toml", ".txt"}
    )
    for pellet in published_pellets():
        shown = f"{pellet.conductivity_25C_S_per_m / 100:.2e}"
        assert shown.encode() not in written
        assert f"{pellet.relative_density_fraction * 100:.1f} %".encode() not in written


def test_a_demo_that_is_there_is_left_alone(tmp_path: Path) -> None:
    folder = build_demo("latp", tmp_path / "demo", parts=["impedance"])
    (folder / "samples.csv").write_text("mine")
    assert build_demo("latp", folder) == folder
    assert (folder / "samples.csv").read_text() == "mine"


def test_a_folder_with_something_else_is_refused(tmp_path: Path) -> None:
    (tmp_path / "thesis.docx").write_text("years of work")
    with pytest.raises(StudyError, match="holds something else"):
        build_demo("latp", tmp_path)
    assert [p.name for p in tmp_path.iterdir()] == ["thesis.docx"]


def test_an_unknown_demo_names_the_known_ones(tmp_path: Path) -> None:
    with pytest.raises(StudyError, match="expected latp"):
        build_demo("llzo", tmp_path / "demo")


def test_an_unknown_part_names_the_known_ones(tmp_path: Path) -> None:
    with pytest.raises(StudyError, match=r"no part 'sem'.*impedance or powders"):
        build_demo("latp", tmp_path / "demo", parts=["sem"])
    assert not (tmp_path / "demo").exists()


def test_a_missing_package_is_named_before_anything_is_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(StudyError, match=r"needs gemmi and numba.*pelletry\[all\]"):
        build_demo("latp", tmp_path / "demo", parts=["impedance", "powders"])
    assert not (tmp_path / "demo").exists()


def test_parts_that_need_no_package_are_built_without(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    folder = build_demo("latp", tmp_path / "demo", parts=["impedance", "dilatometry", "cells"])
    assert {path.name for path in (folder / "raw").iterdir() if path.is_dir()} == {"dil", "cell"}
