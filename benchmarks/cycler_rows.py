"""How fast tables of battery cyclers are read, and how much memory that takes beside the columns.

Claims, for ten million rows: a Battery Data Format text of six columns, a Landt csv of seventeen and a Neware csv of twenty-six with times, dates and words take less
than 20 s of processor time where numba is installed, and keep two cores busy, so that two cores that do nothing else need less than 10 s; memory beside the
columns below 350 MB, Python and its libraries included, however long the file. Printed without a claim: the same files with numpy alone (``--plain``), and real
Neware binary files through fastnda where both are there (see ``readers.py`` for the folder).

A machine that is busy with other things says nothing by its elapsed time. So the threads of the reading process are looked at every 10 ms: how many run or
are ready to run, counted up to two, is how many cores it would keep busy; processor time over that is what two idle cores would take. (Linux only.)

The texts are made here: blocks of 100,000 rows repeated. Each file is read in a process of its own; seconds are of the reading alone, from the
closed file to columns, the sha256 of the file included. On a machine that is busy with other things the elapsed time is longer than the
processor time, so both are printed.

    python benchmarks/cycler_rows.py [ROWS] [--plain]
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

CLAIMED_ROWS, CLAIMED_S, CLAIMED_MB = 10_000_000, 10.0, 350.0
_BLOCK = 100_000
_BDF = "Test Time / s,Voltage / V,Current / A,Cycle Count / 1,Step Index / 1,Ambient Temperature / degC"
_LANDT = (
    "channel_index,cycle_index,step_index,date_time_iso_string,test_time_s,step_time_s,current_A,voltage_V,capacity_Ah,energy_Wh,power_W,"
    "temperature_1_C,temperature_2_C,temperature_3_C,temperature_4_C,Pressure_Psi,step_name"
)
_NEWARE = (
    "DataPoint,Cycle Index,Step Index,Step Type,Time,Cumulative Time,Current(A),Voltage(V),Capacity(Ah),Spec. Cap.(mAh/g),Chg. Cap.(Ah),"
    "Chg. Spec. Cap.(mAh/g),DChg. Cap.(Ah),DChg. Spec. Cap.(mAh/g),Energy(Wh),Spec. Energy(mWh/g),Chg. Energy(Wh),Chg. Spec. Energy(mWh/g),"
    "DChg. Energy(Wh),DChg. Spec. Energy(mWh/g),Date,Power(W),dQ/dV(mAh/V),dQm/dV(mAh/V.g),Contact resistance(mO),Module start-stop switch"
)


def bdf_block() -> str:
    """Rows of a symmetric cell at a current that changes its sign each hour."""
    t = np.arange(_BLOCK) * 1.0
    volts, amps = 0.05 + 0.01 * np.sin(t / 3000), np.where((t // 3600) % 2 == 0, 1e-3, -1e-3)
    rows = zip(t, volts, amps, t // 7200, t // 3600, strict=True)
    return "".join(f"{a:.3f},{b:.6f},{c:.8f},{d:.0f},{e:.0f},25.00\n" for a, b, c, d, e in rows)


def landt_block() -> str:
    """Rows of a full cell as Landt's program writes them, temperatures of sensors that are not there included."""
    lines = []
    for i in range(_BLOCK):
        clock = f"04/{10 + i // 86400:02d}/2024 {i // 3600 % 24:02d}:{i // 60 % 60:02d}:{i % 60:02d}"
        kind, amps, volts = ("CC charge", 1e-3, 3.4 + i * 1e-6) if i % 5000 < 2500 else ("CC discharge", -1e-3, 3.9)
        charge = f"{i * 1e-6:.6f},{i * 3e-6:.6f},{amps * volts:.5f}"
        lines.append(
            f"{i},{i // 5000},{i // 2500},{clock},{i * 15.02:.3f},{i % 2500 * 15.02:.3f},{amps:.4f},{volts:.4f},{charge},0,0,0,0,0,{kind}\n"
        )
    return "".join(lines)


def neware_block() -> str:
    """Rows of a full cell as BTSDA writes them: clock times, dates and the kind of the step."""
    lines = []
    for i in range(_BLOCK):
        clock = f"{i // 3600:02d}:{i // 60 % 60:02d}:{i % 60:02d}"
        date = f"2022-05-{18 + i // 86400} {clock[:2] if i < 86400 else '01'}:{clock[3:]}"
        kind, amps, volts = ("CC Chg", 1e-3, 3.4 + i * 1e-6) if i % 7200 < 3600 else ("CC DChg", -1e-3, 3.9 - i * 1e-6)
        many = f"{i * 1e-8:.8f},{i * 1e-3:.2f}," * 3 + f"{i * 3e-8:.8f},{i * 3e-3:.2f}," * 3
        lines.append(
            f"{i},1,2,{kind},{clock},{clock},{amps:.8f},{volts:.4f},{many}{date},{amps * volts:.8f},6.1217,2943.1307,0,Close\n"
        )
    return "".join(lines)


def written(path: Path, head: str, block: str, rows: int) -> Path:
    """A file of at least ``rows`` rows."""
    content = block.encode()
    with path.open("wb") as stream:
        stream.write(f"{head}\n".encode())
        for _ in range(-(-rows // _BLOCK)):
            stream.write(content)
    return path


def read_one(path: str, *, is_plain: bool = False) -> None:
    """In a process of its own: read and print rows, seconds and megabytes; ``is_plain`` as if numba were not installed."""
    import resource  # not on Windows, where only this measurement is missing

    from pelletry.formats import cycler_table
    from pelletry.formats.open_file import format_of, read_as
    from pelletry.formats.rawfile import RawFile

    if is_plain:
        cycler_table.can_compile = lambda: False
    raw = RawFile.open(path)
    chosen = format_of(raw)
    if path.endswith((".nda", ".ndax")):
        import fastnda  # noqa: F401  its import of a third of a second is not part of reading
    begin, worked = time.perf_counter(), time.process_time()
    (record,) = read_as(raw, chosen)
    took, work = time.perf_counter() - begin, time.process_time() - worked
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1 << 20 if sys.platform == "darwin" else 1 << 10)
    columns = sum(column.values.nbytes for column in record.columns) / 1e6
    print(chosen.name, record.points, f"{took:.3f}", f"{work:.3f}", f"{peak:.0f}", f"{columns:.0f}")


def ready_threads(pid: int) -> int | None:
    """Threads of a process that run or could run; None where the system does not tell."""
    count = 0
    try:
        for task in Path(f"/proc/{pid}/task").iterdir():
            count += (task / "stat").read_text().rpartition(")")[2].split()[0] == "R"
    except OSError:
        return None
    return count


def measured(path: Path, *options: str) -> tuple[float, float]:
    """Seconds that two idle cores take for the claimed rows, MB at most beside the columns; prints a line."""
    seen = []
    with subprocess.Popen(
        [sys.executable, __file__, "--read", str(path), *options], stdout=subprocess.PIPE, text=True
    ) as process:
        while process.poll() is None:
            ready = ready_threads(process.pid)
            if ready:
                seen.append(min(ready, 2))
            time.sleep(0.01)
        assert process.stdout is not None
        name, rows, took, work, peak, columns = process.stdout.read().split()
    count, seconds, held = int(rows), float(work), float(columns)
    busy = sum(seen) / len(seen) if seen else 1.0
    size = path.stat().st_size / 1e6
    print(
        f"{name:<12} {count:>11,} rows {size:>6.0f} MB {' '.join(options):<8} {seconds:6.2f} s worked ({float(took):.1f} s elapsed), {busy:.2f} cores busy: "
        f"{seconds / busy:5.2f} s on two idle cores; {size / max(seconds, 1e-3):4.0f} MB/s a core; peak {float(peak):.0f} MB, columns {held:.0f} MB",
        flush=True,
    )
    return seconds / busy * CLAIMED_ROWS / max(count, 1), float(peak) - held


def main() -> int:
    """Print the table; 0 when the claims hold."""
    options = [word for word in sys.argv[1:] if word.startswith("--")]
    given = [int(word) for word in sys.argv[1:] if not word.startswith("--")]
    rows = given[0] if given else CLAIMED_ROWS
    holds = True
    with tempfile.TemporaryDirectory() as scratch:
        for name, head, make in (
            ("run.bdf.csv", _BDF, bdf_block),
            ("landt.csv", f"cell id: 1\n{_LANDT}", landt_block),
            ("neware.csv", _NEWARE, neware_block),
        ):
            path = written(Path(scratch) / name, head, make(), rows)
            seconds, beside = measured(path, *options)
            holds &= seconds < CLAIMED_S and beside < CLAIMED_MB
            path.unlink()
    folder = Path(os.environ.get("PELLETRY_RAW_DATA", Path(__file__).resolve().parents[2] / "shared" / "data" / "raw"))
    try:
        import fastnda  # noqa: F401
    except ImportError:
        print("fastnda is not installed: Neware's binary files were not read")
    else:
        for path in sorted(folder.glob("full_cell_cycling/*/*.nda*")):
            measured(path)
    print("the claims hold" if holds else "the claims do not hold")
    return 0 if holds else 1


if __name__ == "__main__":
    if sys.argv[1:2] == ["--read"]:
        read_one(sys.argv[2], is_plain="--plain" in sys.argv)
    else:
        sys.exit(main())
