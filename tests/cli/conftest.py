"""The command line as a person meets it: exit code, stdout, stderr."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import attrs
import pytest


@attrs.frozen
class Ran:
    code: int
    out: str
    err: str


@pytest.fixture
def pelletry(capsys, monkeypatch):
    """Run a command inside this process."""
    from pelletry.cli.app import run_app

    def run(*arguments: str) -> Ran:
        capsys.readouterr()
        code = run_app([str(a) for a in arguments])
        captured = capsys.readouterr()
        return Ran(code, captured.out, captured.err)

    for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
        monkeypatch.setenv(name, "1")
    return run


@pytest.fixture
def in_new_process():
    """Run Python code or ``-m pelletry`` in a fresh interpreter, as a shell would."""

    def run(*arguments: str, cwd: Path | None = None, env: dict | None = None, timeout: float = 60) -> Ran:
        done = subprocess.run(
            [sys.executable, *map(str, arguments)],
            capture_output=True,
            text=True,
            encoding="utf-8",
            errors="surrogateescape",
            cwd=cwd,
            env={**os.environ, "COLUMNS": "100", **(env or {})},
            timeout=timeout,
            check=False,
        )
        return Ran(done.returncode, done.stdout, done.stderr)

    return run


@pytest.fixture(scope="session")
def small():
    """The module that writes the small virtual study."""
    import importlib.util

    spec = importlib.util.spec_from_file_location("small_study", Path(__file__).with_name("small_study.py"))
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def study(small, tmp_path) -> Path:
    """A small virtual study of two pellets at three temperatures."""
    return small.write_study(tmp_path / "study")
