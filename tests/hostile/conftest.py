"""Bad input as a laboratory produces it, and worse; the command line in this process or in a new one."""

from __future__ import annotations

import importlib.util
import json
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

    @property
    def document(self) -> dict:
        """The JSON on stdout; nothing else may stand there."""
        return json.loads(self.out)

    def sentences(self, sample: str = "") -> list[str]:
        """The sentences of the findings, of one sample where it is named."""
        return [f["sentence"] for f in self.document["findings"] if not sample or sample in f["samples"]]

    def value(self, sample: str, name: str = "resistance_total") -> float | None:
        return next(q["value"] for q in self.document["quantities"] if (q["sample"], q["name"]) == (sample, name))


@pytest.fixture(scope="session")
def spectra():
    """The module that makes good and spoilt spectra and the studies around them."""
    spec = importlib.util.spec_from_file_location("hostile_spectra", Path(__file__).with_name("spectra.py"))
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="session")
def pelletry():
    """Run a command in a new process, as a shell would: a hang, a warning or a traceback shows."""

    def run(*arguments, cwd=None, timeout: float = 60) -> Ran:
        done = subprocess.run(
            [sys.executable, "-m", "pelletry", *map(str, arguments)],
            capture_output=True,
            text=True,
            encoding="utf-8",
            errors="surrogateescape",
            cwd=cwd,
            env={**os.environ, "COLUMNS": "100", "OMP_NUM_THREADS": "1"},
            timeout=timeout,
            check=False,
        )
        assert "Traceback" not in done.stderr, done.stderr
        assert "Warning" not in done.stderr, done.stderr
        assert done.returncode != 70, done.stderr
        return Ran(done.returncode, done.stdout, done.stderr)

    return run
