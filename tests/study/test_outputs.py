"""Files of results: whole or not there, and nothing left of a process that was killed."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from pelletry.study.outputs import _machine, write_outputs


@pytest.mark.skipif(os.name == "nt", reason="processes are not asked there")
def test_the_beginnings_of_a_killed_process_are_swept_and_those_of_a_living_one_stay(tmp_path):
    dead = subprocess.Popen([sys.executable, "-c", ""])
    dead.wait()
    folder = tmp_path / "tables"
    folder.mkdir()
    left = folder / f".a.csv.{_machine()}-{dead.pid}.abc.part"
    living = folder / f".a.csv.{_machine()}-{os.getpid()}.abc.part"
    elsewhere = folder / f".a.csv.00000000-{dead.pid}.abc.part"
    for path in (left, living, elsewhere):
        path.write_bytes(b"half")
    write_outputs(tmp_path, {"tables/a.csv": b"whole"})
    assert not left.exists()
    assert living.exists()
    assert elsewhere.exists()
    assert (folder / "a.csv").read_bytes() == b"whole"
