"""A study as one .eln file: read by a program nobody here wrote, the same bytes each time, and computed again to the same numbers."""

from __future__ import annotations

import io
import json
import zipfile
from pathlib import Path

import pytest


@pytest.fixture
def bundle(pelletry, study) -> Path:
    assert pelletry("export", study, "--to", "eln").code in (0, 1)
    (path,) = (study / "results").glob("*.eln")
    return path


def rewritten(bundle: Path, change) -> Path:
    """The bundle with each entry as ``change(name, content)`` gives it; None leaves it out."""
    out = io.BytesIO()
    with zipfile.ZipFile(bundle) as source, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as target:
        for entry in source.infolist():
            made = change(entry.filename, source.read(entry))
            if made is not None:
                target.writestr(*made)
    path = bundle.with_name("changed.eln")
    path.write_bytes(out.getvalue())
    return path


def test_an_independent_reader_finds_every_file_and_one_action_for_each_number(
    bundle: Path, study: Path, tmp_path: Path
):
    crate_module = pytest.importorskip("rocrate.rocrate", reason="rocrate is not installed")
    with zipfile.ZipFile(bundle) as archive:
        archive.extractall(tmp_path / "out")
    (root,) = (tmp_path / "out").iterdir()
    crate = crate_module.ROCrate(root)
    assert crate.name
    files = {entity.id for entity in crate.get_entities() if entity.type == "File"}
    assert {"study.toml", "samples.csv", "raw/P1_20C.z", "results/results.json", "results/report.html"} <= files
    actions = [entity for entity in crate.get_entities() if entity.type == "CreateAction"]
    found = json.loads((root / "results" / "results.json").read_bytes())
    known = [q for q in found["quantities"] if q["value"] is not None]
    assert len(actions) == len(known)
    first = next(a for a in actions if "conductivity_total 20" in str(a["name"]) and str(a["name"]).startswith("P1"))
    assert [entity.id for entity in first["object"]] == ["raw/P1_20C.z", "study.toml"]
    value = first["result"]
    wanted = next(
        q for q in known
        if q["sample"] == "P1" and q["name"] == "conductivity_total" and abs(q["conditions"]["temperature_K"] - 293.15) < 0.1
    )  # fmt: skip
    assert float(value["value"]) == wanted["value"]
    assert value["unitText"] == "S/m"


def test_the_same_study_gives_the_same_bytes(bundle: Path, pelletry, study: Path):
    before = bundle.read_bytes()
    bundle.unlink()
    pelletry("export", study, "--to", "eln")
    assert bundle.read_bytes() == before


def test_what_was_packed_computes_to_the_same_numbers(bundle: Path, pelletry):
    ran = pelletry("verify", bundle, "--json")
    said = json.loads(ran.out)
    assert (ran.code, said["holds"], said["moved"], said["mistakes"]) == (0, True, [], [])
    assert said["numbers"] > 50
    assert "all as they were" in pelletry("verify", bundle).out


def test_a_number_that_moved_and_a_file_that_was_changed_are_named(bundle: Path, pelletry):
    def change(name: str, content: bytes):
        if name.endswith("samples.csv"):
            assert b"0.5" in content
            return name, content.replace(b"0.5", b"0.7", 1)
        return name, content

    ran = pelletry("verify", rewritten(bundle, change))
    assert ran.code == 1
    assert "samples.csv is not the file that was described" in ran.out
    assert "P1 conductivity_total_25C" in ran.out
    assert "P2 conductivity_total_25C" not in ran.out


@pytest.mark.parametrize("name", ["../outside.txt", "/outside.txt", "x/../../outside.txt", "c:\\outside.txt"])
def test_a_bundle_cannot_write_elsewhere(bundle: Path, pelletry, name: str, tmp_path: Path):
    path = rewritten(bundle, lambda n, c: (n, c))
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr(name, b"x")
    ran = pelletry("verify", path)
    assert ran.code == 3
    assert "leads out of the bundle" in ran.err
    assert not list(tmp_path.rglob("outside.txt"))


def test_a_zip_bomb_is_refused_before_it_is_opened(bundle: Path, pelletry):
    path = rewritten(bundle, lambda n, c: (n, c))
    with zipfile.ZipFile(path, "a", zipfile.ZIP_DEFLATED) as archive:
        root = archive.namelist()[0].partition("/")[0]
        with archive.open(f"{root}/bomb.bin", "w") as out:
            for _ in range(400):
                out.write(bytes(1 << 20))
    ran = pelletry("verify", path)
    assert ran.code == 3
    assert "would come out of" in ran.err


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 nothing", b"<html></html>", None])
def test_what_is_no_bundle_is_one_sentence(bundle: Path, pelletry, content: bytes | None):
    path = bundle.with_name("no.eln")
    whole = bundle.read_bytes()
    path.write_bytes(whole[: len(whole) // 2] if content is None else content)
    ran = pelletry("verify", path)
    assert ran.code == 3
    assert "Traceback" not in ran.err
    assert "no.eln" in ran.err


def test_absolute_paths_are_refused_with_what_to_do(pelletry, study: Path):
    text = (study / "samples.csv").read_text(encoding="utf-8")
    outside = study.parent / "elsewhere"
    (study / "raw").rename(outside)
    (study / "samples.csv").write_text(text.replace("raw/", f"{outside}/"), encoding="utf-8")
    toml = (study / "study.toml").read_text(encoding="utf-8")
    (study / "study.toml").write_text(toml + f'\n[raw]\nfolder = "{outside}"\n', encoding="utf-8")
    ran = pelletry("export", study, "--to", "eln")
    assert ran.code == 2
    assert "absolute paths" in ran.err
