"""The import rules hold, and each of them can fail: a planted sin is found by the contract that forbids it."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

#: contract name -> (file to sin in, the sin)
SINS = {
    "Floors of the house": ("core/units.py", "import pelletry.formats"),
    "Techniques never import one another": (
        "techniques/density/model.py",
        "import pelletry.techniques.impedance.measurement",
    ),
    "Only render draws": ("techniques/impedance/present.py", "import matplotlib"),
    "Only the doors know the CLI library": ("study/compare.py", "import click"),
    "Doors import only the api": ("cli/__init__.py", "import pelletry.study.run"),
}


def _lint(folder: Path) -> subprocess.CompletedProcess[str]:
    program = Path(sys.executable).with_name("lint-imports")
    if not program.exists():
        pytest.skip("import-linter is not installed beside this Python")
    environment = {**os.environ, "PYTHONPATH": str(folder / "src")}
    return subprocess.run(
        [str(program), "--no-cache"],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("house")
    shutil.copy(ROOT / "pyproject.toml", folder)
    shutil.copytree(
        ROOT / "src",
        folder / "src",
        ignore=lambda _, names: [n for n in names if n == "__pycache__" or n.endswith(".js")],
    )
    return folder


def test_the_house_keeps_its_rules() -> None:
    done = _lint(ROOT)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("contract", SINS)
def test_each_rule_can_fail(copy: Path, contract: str) -> None:
    name, sin = SINS[contract]
    victim = copy / "src/pelletry" / name
    innocent = victim.read_text()
    try:
        victim.write_text(innocent + f"\n{sin}\n")
        done = _lint(copy)
    finally:
        victim.write_text(innocent)
    assert done.returncode == 1, done.stdout + done.stderr
    assert f"{contract} BROKEN" in done.stdout


def test_a_room_that_nobody_named_breaks_the_build(copy: Path) -> None:
    room = copy / "src/pelletry/cellar"
    room.mkdir()
    (room / "__init__.py").write_text("")
    try:
        done = _lint(copy)
    finally:
        shutil.rmtree(room)
    assert done.returncode == 1, done.stdout + done.stderr
    assert "cellar" in done.stdout + done.stderr


def test_every_rule_of_the_project_is_proved_here() -> None:
    text = (ROOT / "pyproject.toml").read_text()
    named = {
        line.split('"')[1] for line in text.split("[tool.importlinter]")[1].splitlines() if line.startswith("name = ")
    }
    assert named == set(SINS)
