"""The pieces of study.toml, tables and decisions that the recipes show are taken by the program as they stand."""

from __future__ import annotations

import csv
import io
import re
from pathlib import Path

import pytest
from pages import ROOT, Block, blocks, shown, text_of

RECIPES = sorted((ROOT / "docs" / "how-to").glob("*.md"))

_STUDY = 'title = "recipes"\n'
_SAMPLES = """\
sample,composition,mass,diameter,thickness,electrode_diameter
LATP-800,Li1.4Al0.4Ti1.6(PO4)3,0.0812(1) g,8.70(5) mm,0.465(5) mm,face
LATP-900,Li1.4Al0.4Ti1.6(PO4)3,0.0795(1) g,8.70(5) mm,0.455(5) mm,face
"""
_FILES = "file,record,sample,temperature,temperature_source,run,note\nraw/LATP-800_80C.mpt,,LATP-800,80 °C,column,,\n"


def pieces(language: str) -> list[tuple[str, Block]]:
    return [(shown(page), block) for page in RECIPES for block in blocks(text_of(page)) if block.language == language]


def study_with(folder: Path, **texts: str) -> Path:
    """A study of two pellets, with the given texts in place of its own files."""
    contents = {"study_toml": _STUDY, "samples_csv": _SAMPLES, "files_csv": _FILES, **texts}
    (folder / "raw").mkdir()
    for name in re.findall(r"raw/[\w.-]+", " ".join(contents.values())):
        (folder / name).write_text("", encoding="utf-8")
    for name, text in contents.items():
        (folder / name.replace("_", ".")).write_text(text, encoding="utf-8")
    return folder


@pytest.mark.parametrize(("page", "block"), pieces("toml"), ids=lambda x: x if isinstance(x, str) else str(x.line))
def test_a_piece_of_toml_is_taken(page: str, block: Block, tmp_path: Path) -> None:
    from pelletry import api

    is_decision = block.text.startswith("[[")
    texts = {"decisions_toml": block.text} if is_decision else {"study_toml": _STUDY + block.text}
    study = api.load_study(study_with(tmp_path, **texts))
    assert len(study.decisions) == (1 if is_decision else 0)


@pytest.mark.parametrize(("page", "block"), pieces("csv"), ids=lambda x: x if isinstance(x, str) else str(x.line))
def test_a_piece_of_a_table_is_taken(page: str, block: Block, tmp_path: Path) -> None:
    from pelletry import api

    rows = list(csv.DictReader(io.StringIO(block.text)))
    if "file" in rows[0]:
        study = api.load_study(study_with(tmp_path, files_csv=block.text))
        assert [file.record for file in study.files] == [int(r["record"]) - 1 if r["record"] else None for r in rows]
        assert all(file.temperature_K is not None for file in study.files)
        assert all(file.is_confirmed for file in study.files)
    else:
        study = api.load_study(study_with(tmp_path, samples_csv=block.text, files_csv=_FILES.splitlines()[0] + "\n"))
        assert len(study.samples) == len(rows)


def test_the_table_of_several_pellets_is_taken(tmp_path: Path) -> None:
    from pelletry import api

    lines = [line for line in text_of(ROOT / "docs/how-to/several-pellets.md").splitlines() if line.startswith("|")]
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines if "---" not in line]
    text = io.StringIO()
    csv.writer(text).writerows(rows)
    study = api.load_study(study_with(tmp_path, samples_csv=text.getvalue()))
    assert [sample.name for sample in study.samples] == ["LATP-800", "LATP-850"]
    assert all(sample.pellet.electrode_area_m2 is not None for sample in study.samples)
    assert not study.warnings


def test_there_are_recipes_to_look_at() -> None:
    assert len(RECIPES) == 6
    assert len(pieces("toml")) >= 5
    assert len(pieces("csv")) >= 3
