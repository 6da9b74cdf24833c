"""How long does a whole study take, files to table? Ten pellets at seven temperatures, from nothing.

Measured in CPU time of one process after the first use of every module (a study of one pellet before the clock starts):
the impedance of the LATP demonstration cut to ten pellets (70 spectra in BioLogic ``.mpt`` and ZPlot ``.z`` files), no cache,
`load_study`, `run` with one job and the comparison table. Peak memory is that of the whole process.

Claim held: < 2 s CPU.

Run: python benchmarks/study_speed.py [--profile]
"""

from __future__ import annotations

import cProfile
import csv
import pstats
import resource
import shutil
import sys
import tempfile
import time
from pathlib import Path

import pelletry.api as pelletry
from pelletry.core.quantity import Unresolved
from pelletry.virtual.demo import build_demo

PELLETS = 10
CLAIMED_S = 2.0


def study_of(count: int, whole: Path, folder: Path) -> Path:
    """The first ``count`` pellets of the demonstration study ``whole``, copied to ``folder``."""
    shutil.copytree(whole, folder)
    path = folder / "samples.csv"
    with path.open(encoding="utf-8", newline="") as text:
        reader = csv.DictReader(text)
        rows, names = list(reader), reader.fieldnames or []
    with path.open("w", encoding="utf-8", newline="") as text:
        writer = csv.DictWriter(text, fieldnames=names)
        writer.writeheader()
        writer.writerows(rows[:count])
    kept = {sample["sample"] for sample in rows[:count]}
    for raw in (folder / "raw").iterdir():
        if raw.stem.rpartition("_")[0] not in kept:
            raw.unlink()
    return folder


def files_to_table(folder: Path) -> int:
    """The number of rows of the comparison table; a study that did not come out is no measurement."""
    study = pelletry.load_study(folder)
    result = pelletry.run(study, jobs=1)
    wrong = [finding.sentence for finding in result.findings if finding.severity == "error"]
    energies = [q for q in result.quantities if q.name == "activation_energy_total"]
    if wrong or len(energies) != len(study.samples) or any(isinstance(q.quantity, Unresolved) for q in energies):
        raise RuntimeError("; ".join(wrong) or "an energy is missing")
    return len(pelletry.compare(result).rows)


def main() -> int:
    with tempfile.TemporaryDirectory() as temporary:
        whole = Path(temporary, "whole")
        build_demo("latp", whole, parts=("impedance",))
        files_to_table(study_of(1, whole, Path(temporary, "first")))
        folder = study_of(PELLETS, whole, Path(temporary, "study"))
        spectra = sum(1 for path in (folder / "raw").rglob("*.*") if path.is_file())
        profile = cProfile.Profile() if "--profile" in sys.argv else None
        if profile is not None:
            profile.enable()
        began, began_wall = time.process_time(), time.perf_counter()
        rows = files_to_table(folder)
        cpu, wall = time.process_time() - began, time.perf_counter() - began_wall
        if profile is not None:
            profile.disable()
            pstats.Stats(profile).sort_stats("tottime").print_stats(45)
            pstats.Stats(profile).sort_stats("cumulative").print_stats(110)
        began = time.process_time()
        files_to_table(folder)
        again = time.process_time() - began
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (2**20 if sys.platform == "darwin" else 2**10)
    held = cpu < CLAIMED_S
    print(f"{rows} pellets, {spectra} files, to the table: {cpu:.2f} s CPU, {wall:.2f} s by the clock")
    print(f"the same again, nothing changed: {again:.2f} s CPU; peak memory of the process {peak:.0f} MiB")
    print(f"claim < {CLAIMED_S:g} s CPU: {'held' if held else 'NOT HELD'}")
    return 0 if held else 1


if __name__ == "__main__":
    raise SystemExit(main())
