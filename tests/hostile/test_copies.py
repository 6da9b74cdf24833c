"""The same study gives the same bytes: killed and begun again, with one process or two, and in a folder of that name copied elsewhere."""

from __future__ import annotations

import random
import shutil
import signal
import subprocess
import sys
import time

import pytest


@pytest.fixture
def study(spectra, tmp_path):
    folder = spectra.study(
        tmp_path / "here" / "study",
        {name: f"raw/{name}_*.csv" for name in ("A", "B", "C")},
        extra="[confirm]\ntemperatures_from_file_names = true\n",
    )
    (folder / "raw").mkdir()
    for number, name in enumerate("ABC", start=1):
        for degc, factor in ((20, 1.0), (40, 0.45), (60, 0.22)):
            total_ohm = 2000.0 * number * factor
            (folder / "raw" / f"{name}_{degc}C.csv").write_text(spectra.text(spectra.points(total_ohm)))
    return folder


def _results(folder):
    return {p.relative_to(folder).as_posix(): p.read_bytes() for p in (folder / "results").rglob("*") if p.is_file()}


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="this system has no SIGKILL")
def test_killed_interrupted_copied_or_shared_out_the_bytes_are_the_same(study, pelletry, tmp_path):
    copied = tmp_path / "somewhere else µ" / "study"
    shutil.copytree(study, copied)
    began = time.monotonic()
    assert pelletry("run", study, "--jobs", "1").code in (0, 1)
    took = time.monotonic() - began
    whole = _results(study)
    assert whole
    draw = random.Random(11)
    for stop in (signal.SIGKILL, signal.SIGINT, signal.SIGKILL, signal.SIGTERM):
        process = subprocess.Popen(
            [sys.executable, "-m", "pelletry", "run", copied, "--jobs", "2"],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        time.sleep(draw.uniform(0.2, 1.0) * took)
        process.send_signal(stop)
        process.wait(timeout=30)
    assert pelletry("run", copied, "--jobs", "2").code in (0, 1)
    assert _results(copied) == whole
