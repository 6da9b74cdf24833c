"""Killed, crowded, read-only or full: the next run ends in the same bytes, and nothing that was there is lost."""

from __future__ import annotations

import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time

import pytest


def _results(study):
    return {p.relative_to(study).as_posix(): p.read_bytes() for p in (study / "results").rglob("*") if p.is_file()}


def _start(study, **options):
    return subprocess.Popen(
        [sys.executable, "-m", "pelletry", "run", study],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        **options,
    )


@pytest.fixture
def reference(study, in_new_process):
    """Bytes of an undisturbed run, and how long it took."""
    began = time.monotonic()
    ran = in_new_process("-m", "pelletry", "run", study)
    took = time.monotonic() - began
    assert ran.code in (0, 1), ran.err
    whole = _results(study)
    shutil.rmtree(study / "results")
    shutil.rmtree(study / ".pelletry")
    return whole, took


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="this system has no SIGKILL")
def test_a_run_killed_at_random_points_ends_in_the_same_bytes(study, reference, in_new_process):
    whole, took = reference
    draw = random.Random(2023)
    for _ in range(3):
        process = _start(study)
        time.sleep(draw.uniform(0.2, 1.0) * took)
        process.kill()
        process.wait()
    ran = in_new_process("-m", "pelletry", "run", study)
    assert ran.code in (0, 1), ran.err
    assert _results(study) == whole


def test_two_runs_at_once_end_in_the_same_bytes(study, reference):
    whole, _ = reference
    processes = [_start(study) for _ in range(2)]
    assert all(process.wait() in (0, 1) for process in processes)
    assert _results(study) == whole


def test_processes_and_one_process_give_the_same_bytes(study, reference, in_new_process):
    whole, _ = reference
    ran = in_new_process("-m", "pelletry", "run", study, "--jobs", "2")
    assert ran.code in (0, 1), ran.err
    assert _results(study) == whole


def test_a_full_disk_still_shows_the_numbers_and_keeps_the_earlier_results(study, in_new_process):
    pytest.importorskip("resource")
    in_new_process("-m", "pelletry", "run", study)
    before = _results(study)
    samples = study / "samples.csv"
    samples.write_text(samples.read_text().replace("0.500(5)", "0.550(5)"))
    code = (
        "import resource, sys\nresource.setrlimit(resource.RLIMIT_FSIZE, (300, 300))\n"
        f"from pelletry.cli.app import run_app\nsys.exit(run_app(['run', {str(study)!r}]))"
    )
    ran = in_new_process("-c", code)
    assert ran.code == 2
    assert "P1" in ran.out
    assert "S cm⁻¹" in ran.out
    assert "cannot be written" in ran.err
    assert "Traceback" not in ran.err
    assert _results(study) == before


def test_a_results_folder_that_cannot_be_written_still_shows_the_numbers(study, in_new_process):
    (study / "results").write_text("a file stands in the way")
    (study / ".pelletry").write_text("here too")
    ran = in_new_process("-m", "pelletry", "run", study, "--json")
    assert ran.code == 2
    assert json.loads(ran.out)["quantities"]
    assert "cannot be written" in ran.err
    assert "Nothing is kept for the next run" in ran.err


@pytest.mark.skipif(hasattr(os, "geteuid") and os.geteuid() == 0, reason="root may write everywhere")
def test_a_read_only_study_still_shows_the_numbers(study, in_new_process):
    study.chmod(0o500)
    try:
        ran = in_new_process("-m", "pelletry", "run", study)
    finally:
        study.chmod(0o700)
    assert ran.code == 2
    assert "S cm⁻¹" in ran.out
    assert "cannot be written" in ran.err
