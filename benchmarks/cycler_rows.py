"""How fast tables of battery cyclers are read, and how much memory that takes beside the columns.

Claims, for ten million rows of each text that cyclers export (Battery Data Format, Landt in both layouts, Neware, Arbin of MITS Pro and MITS 10, Maccor text and csv,
Novonix, BaSyTec with points and with commas; 6 to 26 columns with times, dates and words): less than 20 s of processor time where numba is installed, and two cores
kept busy, so that two cores that do nothing else need less than 10 s; memory beside the
columns below 350 MB, Python and its libraries included, however long the file. Printed without a claim: the same files with numpy alone (``--plain``), and real
Neware binary files through fastnda where both are there (see ``readers.py`` for the folder).

A machine that is busy with other things says nothing by its elapsed time. So the threads of the reading process are looked at every 10 ms: how many run or
are ready to run, counted up to two, is how many cores it would keep busy; processor time over that is what two idle cores would take. (Linux only.)

The texts are made here: blocks of 100,000 rows repeated. Each file is read in a process of its own; seconds are of the reading alone, from the
closed file to columns, the sha256 of the file included. On a machine that is busy with other things the elapsed time is longer than the
processor time, so both are printed.

    python benchmarks/cycler_rows.py [ROWS] [--plain] [NAME...]
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
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


def landt_slash_block() -> str:
    """The same by the older program: clock times of the system with the year first."""
    return "".join(
        f"{i},{i // 3600},{i // 1800},{i * 15},{i % 1800 * 15},1.0000,{3.4 + i * 1e-6:.4f},{i * 1e-3:.4f},{i * 1e-3:.2f},{i * 3e-3:.4f},2024-04-{10 + i // 86400} {_clock(i)}\n"
        for i in range(_BLOCK)
    )


def _clock(i: int) -> str:
    return f"{i // 3600 % 24:02d}:{i // 60 % 60:02d}:{i % 60:02d}"


def _half_day(i: int) -> str:
    hour = i // 3600 % 24
    return f"{hour % 12 or 12}:{i // 60 % 60:02d}:{i % 60:02d} {'PM' if hour > 11 else 'AM'}"


def _single(value: float) -> str:
    """A float32 with the fifteen digits that Arbin and Maccor print of it."""
    return f"{float(np.float32(value)):.15g}"


def arbin_block() -> str:
    """MITS Pro: numbers of fifteen digits, small ones with exponents."""
    lines = []
    for i in range(_BLOCK):
        many = ",".join(
            map(
                _single,
                (1.1 + i * 1e-7, 3.4 + i * 1e-6, 0.1 + i * 1e-6, 0.2 + i * 1e-6, 0.3 + i * 3e-6, 0.4 + i * 3e-6),
            )
        )
        slope = f"{(i % 200 - 99.5) * 1.3e-7:.14E}"
        lines.append(
            f"{i},{i * 10.0014:.4f},{1500000000 + i * 10},{i % 1800 * 10.0014:.4f},{i // 1800},{i // 3600},{many},{slope},0.0165,{_single(30.2 + i * 1e-5)}\n"
        )
    return "".join(lines)


def arbin_10_block() -> str:
    """MITS 10: dates in quotes behind a tab, an empty column."""
    return "".join(
        f'{i},"\t09/{20 + i // 86400}/2024 {_clock(i)}.{i % 1000:03d}",{i * 30.0005:.4f},{i % 1800 * 30.0005:.4f},{i // 3600},{i // 1800},{0.5 + i * 1e-9:.9f},'
        f"{3.4 + i * 1e-6:.6f},{1.7 + i * 1e-6:.6f},{i * 1e-6:.6f},0,{i * 3e-6:.6f},0,,{(i % 200 - 99.5) * 1.3e-7:.5E},0\n"
        for i in range(_BLOCK)
    )


def maccor_block() -> str:
    """MIMS text: times as days and a clock with fifteen digits, a unit beside an auxiliary channel."""
    lines = []
    for i in range(_BLOCK):
        clocks = [
            f"{int(t // 86400):3d}d {int(t // 3600 % 24):02d}:{int(t // 60 % 60):02d}:{_single(t % 60)}"
            for t in (i * 1.05 + 0.01, i % 3600 * 1.05 + 0.01)
        ]
        state = "C" if i % 3600 < 1800 else "D"
        lines.append(
            f"{i}\t{i // 3600}\t{i // 1800}\t{clocks[0]}\t{clocks[1]}\t{_single(0.1 + i * 1e-6)}\t{_single(0.3 + i * 3e-6)}\t0.00100000\t{3.4 + i * 1e-6:.8f}\t{state}\t1\t"
            f"05/{11 + i // 86400}/2021 {_clock(i)}\t0.00000\t25.1\t C  \t0.0\t\n"
        )
    return "".join(lines)


def maccor_csv_block() -> str:
    """The csv of 2023: months with names, hours of half a day."""
    return "".join(
        f"{i},{i // 3600},{i // 1800},{i * 1.06:.4f},{i % 1800 * 1.06:.4f},{i * 1e-3:.3f},{i * 3e-3:.3f},28.844,{3.4 + i * 1e-6:.3f},{23 + i // 86400}-Nov-23 {_half_day(i)},22.2591\n"
        for i in range(_BLOCK)
    )


def novonix_block() -> str:
    return "".join(
        f"2025-07-{19 + i // 86400} {_half_day(i)},{i // 3600},7,{i / 3600:.7f},{i % 1800 / 3600:.7f},0.49989602,{3.4 + i * 1e-6:.8f},{i * 1e-6:.8f},24.644,25.1,{i * 3e-6:.8f},"
        f"0.10000000,0.00000000,{i // 1800},1\n"
        for i in range(_BLOCK)
    )


def basytec_block() -> str:
    """Fifteen digits a number, days first."""
    lines = []
    for i in range(_BLOCK):
        numbers = (3.4 + i * 1.2345678912e-6, 0.00195196122033401 * (1 + i * 1e-7), i * 1.2345678e-7, i * 1.234567e-8)
        many = "\t".join(f"{one:.15g}".replace("e", "E") for one in numbers)
        kind = "Charge" if i % 3600 < 1800 else "Discharge"
        lines.append(
            f"{i / 3600:.15g}\t{i}\t{19 + i // 86400}.06.2023 {_clock(i)}\t{i % 1800 / 3600:.15g}\t4\t{kind}\t{many}\t25.47953\t0\t{i // 3600}\t3\n"
        )
    return "".join(lines)


def basytec_comma_block() -> str:
    return basytec_block().replace(".06.2023", "#06#2023").replace(".", ",").replace("#", ".")


_BASYTEC = (
    "~Resultfile from Basytec Battery Test System\n~Name of Test: pellet\n~Start of Test: 19.06.2023 17:56:53\n~\n"
    "~Time[h]\tDataSet\tDateTime\tt-Step[h]\tLine\tCommand\tU[V]\tI[A]\tAh[Ah]\tAh-Cyc-Charge\tT1[deg]\tR-DC\tCyc-Count\tState"
)
LAYOUTS: dict[str, tuple[str, Callable[[], str]]] = {
    "run.bdf.csv": (_BDF, bdf_block),
    "landt.csv": (f"cell id: 1\n{_LANDT}", landt_block),
    "landt-slash.csv": ("Record,Cycle-Index,Step-Index,TestTime/Sec.,StepTime/Sec.,Current/mA,Voltage/V,Capacity/mAh,SpeCapacity/mAh/g,Energy/mWh,SysTime", landt_slash_block),
    "neware.csv": (_NEWARE, neware_block),
    "arbin.csv": (
        "Data_Point,Test_Time(s),Date_Time,Step_Time(s),Step_Index,Cycle_Index,Current(A),Voltage(V),Charge_Capacity(Ah),Discharge_Capacity(Ah),"
        "Charge_Energy(Wh),Discharge_Energy(Wh),dV/dt(V/s),Internal_Resistance(Ohm),Temperature (C)_1",
        arbin_block,
    ),
    "arbin-10.csv": (
        "Data Point,Date Time,Test Time (s),Step Time (s),Cycle Index,Step Index,Current (A),Voltage (V),Power (W),Charge Capacity (Ah),Discharge Capacity (Ah),"
        "Charge Energy (Wh),Discharge Energy (Wh),ACR (Ohm),dV/dt (V/s),Internal Resistance (Ohm)",
        arbin_10_block,
    ),
    "maccor.txt": (
        "Today's Date:\t14 May 2021\tDate of Test:\t11 May 2021, 12:22:12 PM\nFilename:\tpellet_7\tTester Channel:\t1\n"
        "Rec#\tCyc#\tStep\tTestTime\tStepTime\tAmp-hr\tWatt-hr\tAmps\tVolts\tState\tES\tDPt Time\tACImp/Ohms\tAux #1\t Units\tVAR1\t",
        maccor_block,
    ),
    "maccor.csv": (
        "Today's Date ,28-Nov-23\nDate of Test:,23-Nov-23 3:56:08 PM\nRec,Cycle C,Step,Test Time (sec),Step Time (sec),Capacity,Energy,Current,Voltage,DPT Time,Temp 1",
        maccor_csv_block,
    ),
    "novonix.csv": (
        "[Summary]\nNovonix UHPC data file\nNovonix\nMass (g): 1.000\nStarted: 2025-07-19 15:26:20\n[End Summary]\n[Protocol]\n[End Protocol]\n[Data]\n"
        "Date and Time,Cycle Number,Step Type,Run Time (h),Step Time (h),Current (A),Potential (V),Capacity (Ah),Temperature (C),Circuit Temperature (C),"
        "Energy (Wh),dVdt (V/h),dIdt (A/h),Step Number,Step position",
        novonix_block,
    ),
    "basytec.txt": (_BASYTEC, basytec_block),
    "basytec-comma.txt": (_BASYTEC, basytec_comma_block),
}  # fmt: skip


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
        _, rows, took, work, peak, columns = process.stdout.read().split()
    count, seconds, held = int(rows), float(work), float(columns)
    busy = sum(seen) / len(seen) if seen else 1.0
    size = path.stat().st_size / 1e6
    print(
        f"{path.name:<18} {count:>11,} rows {size:>6.0f} MB {' '.join(options):<8} {seconds:6.2f} s worked ({float(took):.1f} s elapsed), {busy:.2f} cores busy: "
        f"{seconds / busy:5.2f} s on two idle cores; {size / max(seconds, 1e-3):4.0f} MB/s a core; peak {float(peak):.0f} MB, columns {held:.0f} MB",
        flush=True,
    )
    return seconds / busy * CLAIMED_ROWS / max(count, 1), float(peak) - held


def main() -> int:
    """Print the table; 0 when the claims hold."""
    options = [word for word in sys.argv[1:] if word.startswith("--")]
    rows = next((int(word) for word in sys.argv[1:] if word.isdigit()), CLAIMED_ROWS)
    wanted = [word for word in sys.argv[1:] if word in LAYOUTS]
    holds = True
    with tempfile.TemporaryDirectory() as scratch:
        for name, (head, make) in LAYOUTS.items():
            if wanted and name not in wanted:
                continue
            path = written(Path(scratch) / name, head, make(), rows)
            seconds, beside = measured(path, *options)
            holds &= seconds < CLAIMED_S and beside < CLAIMED_MB
            path.unlink()
    if wanted:
        print("the claims hold" if holds else "the claims do not hold")
        return 0 if holds else 1
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
