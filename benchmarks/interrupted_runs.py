"""Does a run that is killed twenty times end in the same bytes? Both demonstration studies whole, `pelletry run` in a process of its own.

Each study is run once without a break. Then it is run from nothing and killed (SIGKILL) after a random time, started again, killed again, and so on;
where a run comes to its end before the kill, its results are compared with the unbroken ones, removed, and the next starts from nothing.
After the twentieth kill the run is let to its end. All files of `results` and the raw files must be the same bytes; one more run, with one mass
changed in samples.csv, shows that the comparison sees a difference that is there.

Claim held: no difference in any file.

Run: python benchmarks/interrupted_runs.py [latp] [lzp]
"""

from __future__ import annotations

import hashlib
import random
import re
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from pelletry.virtual.demo import build_demo

KILLS = 20
SEED = 20231197


def bytes_of(folder: Path) -> dict[str, str]:
    """The sha256 of every file of a folder, by its name."""
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def started(study: Path) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "pelletry", "run", str(study)]
    return subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def unbroken(study: Path) -> float:
    """Seconds of a run from nothing to its end."""
    began = time.perf_counter()
    code = started(study).wait()
    if code not in (0, 1):  # 1 says that something calls for a second look
        raise RuntimeError(f"the run of {study.name} ended with {code}")
    return time.perf_counter() - began


def cleared(study: Path) -> None:
    """Nothing is left of earlier runs, the cache included."""
    for name in ("results", ".pelletry"):
        shutil.rmtree(study / name, ignore_errors=True)


def differing(one: dict[str, str], other: dict[str, str]) -> list[str]:
    return sorted(name for name in one.keys() | other.keys() if one.get(name) != other.get(name))


def held(name: str, place: Path) -> bool:
    chance = random.Random(SEED)
    study = place / name
    build_demo(name, study)
    raw = bytes_of(study / "raw")
    whole_s = unbroken(study)
    expected = bytes_of(study / "results")
    cleared(study)
    kills, ends, wrong = 0, 0, []
    while kills < KILLS:
        process = started(study)
        try:
            process.wait(chance.uniform(0.0, 0.4 * whole_s))
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
            kills += 1
        else:
            ends += 1
            wrong += differing(expected, bytes_of(study / "results"))
            cleared(study)
    unbroken(study)
    wrong += differing(expected, bytes_of(study / "results"))
    wrong += [f"raw/{n}" for n in differing(raw, bytes_of(study / "raw"))]
    table = study / "samples.csv"
    text = table.read_text(encoding="utf-8")
    table.write_text(re.sub(r"\b0\.\d+(?= g\b)", lambda mass: mass[0] + "9", text, count=1), encoding="utf-8")
    unbroken(study)
    sees = bool(differing(expected, bytes_of(study / "results")))
    print(
        f"{name}: {len(expected)} files of results; a run takes {whole_s:.1f} s; {kills} kills, {ends + 1} runs to the end, "
        f"{len(wrong)} differing files{': ' + ', '.join(wrong[:5]) if wrong else ''}; a changed number is {'seen' if sees else 'NOT seen'}",
        flush=True,
    )
    return not wrong and sees


def main() -> int:
    names = sys.argv[1:] or ["latp", "lzp"]
    with tempfile.TemporaryDirectory() as temporary:
        results = [held(name, Path(temporary)) for name in names]
    print("claim (no difference in any file):", "held" if all(results) else "NOT held")
    return 0 if all(results) else 1


if __name__ == "__main__":
    raise SystemExit(main())
