"""How fast EC-Lab files are read, against galvani on the same files in the same run.

Claims: ``.mpr`` at 5 million rows a second or more on a file of 40,000 rows or more, and there never slower than galvani (on
small files 0.1 ms of describing the run, which galvani leaves out, decides; they are listed, not claimed);
``.mpt`` at 20 MB/s or more. Times are the best of several runs, from the closed file to columns. Rows and megabytes a second
include the sha256 of the file, which every record of ours carries; galvani computes none, so the comparison with it is made
without ours, and the time with it is printed beside it. Peak memory is what Python and numpy allocate (tracemalloc), in a run of its own.

Files: the real ones of the folder named by ``PELLETRY_RAW_DATA`` (or ``../shared/data/raw`` beside the checkout) where they are
there, and files that this script writes from the description of the format, marked "made here".

    python benchmarks/readers.py
"""

from __future__ import annotations

import os
import struct
import sys
import tempfile
import time
import tracemalloc
import warnings
from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np

from pelletry.formats import biologic_mpr, biologic_mpt
from pelletry.formats.rawfile import RawFile
from pelletry.formats.registry import Format

try:
    from galvani import BioLogic
except ImportError:
    BioLogic = None

CLAIMED_ROWS, ROWS_PER_S, MB_PER_S = 40_000, 5e6, 20.0
_GCPL = ((1, 2, 3, 21, 31, 65), (131, 4, 7, 13, 5, 6, 39, 467, 468))
_GCPL_ROW = [("flags", "u1"), ("Ns", "<u2"), ("time", "<f8"), ("dq", "<f8"), ("Q", "<f8"), ("control", "<f4")]
_GCPL_ROW += [("Ewe", "<f4"), ("range", "<u2"), ("charge", "<f8"), ("half", "<u4")]


def made_mpr(path: Path, rows: int) -> Path:
    """A galvanostatic run of ``rows`` points in the old layout, data version 3."""
    table = np.zeros(rows, dtype=_GCPL_ROW)
    table["time"] = np.arange(rows) * 0.1
    table["Ewe"] = 3.5 + 0.2 * np.sin(np.arange(rows) / 500)
    numbers = [*_GCPL[0], *_GCPL[1]]
    head = struct.pack("<IB", rows, len(numbers)) + np.asarray(numbers, dtype="<u2").tobytes()
    content = head.ljust(406, b"\0") + table.tobytes()
    log = bytearray(1200)
    struct.pack_into("<d", log, 0x249, 45000.5)
    with path.open("wb") as stream:
        stream.write(b"BIO-LOGIC MODULAR FILE\x1a".ljust(48) + b"\0" * 4)
        for name, block, version in (("VMP Set", bytes(4), 0), ("VMP data", content, 3), ("VMP LOG", bytes(log), 0)):
            head = b"MODULE" + name.encode().ljust(10) + name.encode().ljust(25)
            stream.write(head + struct.pack("<2I", len(block), version) + b"03/15/23" + block)
    return path


def made_mpt(path: Path, rows: int) -> Path:
    """An impedance export of ``rows`` points in EC-Lab's manner, CRLF, cp1252."""
    headings = "freq/Hz\tRe(Z)/Ohm\t-Im(Z)/Ohm\t|Z|/Ohm\tPhase(Z)/deg\ttime/s\t<Ewe>/V\t<I>/mA\tcycle number\tI Range\t"
    head = [
        "EC-Lab ASCII FILE",
        "Nb header lines : 6",
        "",
        "Potentio Electrochemical Impedance Spectroscopy",
        "",
        headings,
    ]
    row = "1.9999814E+005\t1.0078821E+001\t-2.1745603E+000\t1.0310740E+001\t1.2175243E+001\t{:.15E}\t3.42E+000\t3.1E-005\t{}\t41"
    lines = [row.format(i * 0.5, i // 60).replace("E+0", "E+00").replace("E-0", "E-00") for i in range(rows)]
    path.write_bytes("\r\n".join([*head, *lines, ""]).encode("cp1252"))
    return path


def ours(path: Path, format: Format, *, is_hashed: bool = True) -> int:
    """Rows read by Pelletry; without hashing, a hash of nothing is put in its place."""
    raw = RawFile.open(path)
    if not is_hashed:
        object.__setattr__(raw, "sha256", "0" * 64)
    assert format.can_read(raw)
    return sum(record.points for record in format.read(raw))


def galvani_mpr(path: Path) -> int:
    """Rows read by galvani."""
    return len(BioLogic.MPRfile(str(path)).data)


def galvani_mpt(path: Path) -> int:
    """Rows read by galvani."""
    return len(BioLogic.MPTfile(str(path), encoding="latin-1")[0])


def best_s(job: Callable[[], int], repeats: int = 7) -> float:
    """The shortest of several runs."""
    times = []
    for _ in range(repeats):
        begin = time.perf_counter()
        job()
        times.append(time.perf_counter() - begin)
    return min(times)


def peak_bytes(job: Callable[[], int]) -> int:
    """Most memory allocated at once."""
    tracemalloc.start()
    job()
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return peak


def compared(label: str, path: Path, format: Format, peer_job: Callable[[], int], *, is_text: bool) -> bool:
    """One line of the table; whether the claims hold for this file."""
    size = path.stat().st_size
    rows = ours(path, format)
    seconds = best_s(lambda: ours(path, format))
    peak = peak_bytes(lambda: ours(path, format)) / size
    line = f"{label:<34} {rows:>8} rows {size / 1e6:>6.1f} MB {rows / seconds / 1e6:>6.2f} M rows/s {size / seconds / 1e6:>5.0f} MB/s"
    line += f", peak {peak:.1f} x file"
    is_slower = False
    if BioLogic is None:
        line += "; galvani is not installed"
    else:
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                found = peer_job()
                theirs = best_s(peer_job, 3 if is_text else 7)
                their_peak = peak_bytes(peer_job) / size
        except Exception as error:  # whatever the peer fails with is part of the finding
            line += f"; galvani cannot read it ({type(error).__name__}: {str(error)[:60]})"
        else:
            bare = best_s(lambda: ours(path, format, is_hashed=False))
            is_slower = bare > theirs
            line += f"; {bare * 1e3:.2f} ms without, {seconds * 1e3:.2f} ms with sha256, galvani {theirs * 1e3:.2f} ms"
            line += f": {theirs / bare:.2f} times as fast as galvani, whose peak is {their_peak:.1f} x file"
            line += "" if found == rows else f" ({found} rows)"
    print(line)
    if is_text:
        return size < 1e6 or size / seconds / 1e6 >= MB_PER_S
    return rows < CLAIMED_ROWS or (not is_slower and rows / seconds >= ROWS_PER_S)


def real_files(pattern: str) -> list[Path]:
    """Files of the folder of real instrument files, largest first."""
    beside = Path(__file__).resolve().parents[2] / "shared" / "data" / "raw"
    folder = Path(os.environ.get("PELLETRY_RAW_DATA", beside))
    return sorted(folder.glob(pattern), key=lambda path: -path.stat().st_size) if folder.is_dir() else []


def main() -> int:
    """Print the table; 0 when every claim holds."""
    holds = []
    with tempfile.TemporaryDirectory() as scratch:
        binaries = [(path.name[-34:], path) for path in real_files("*/*/*.mpr")[:6]]
        binaries.append(("made here, 40,000 rows", made_mpr(Path(scratch) / "a.mpr", 40_000)))
        binaries.append(("made here, 2,000,000 rows", made_mpr(Path(scratch) / "b.mpr", 2_000_000)))
        for label, path in binaries:
            holds.append(compared(label, path, biologic_mpr.FORMAT, partial(galvani_mpr, path), is_text=False))
        texts = [(path.name[-34:], path) for path in real_files("*/*/CP_SSB.txt") + real_files("*/*/*.mpt")[:3]]
        texts.append(("made here, 200,000 rows, CRLF", made_mpt(Path(scratch) / "c.mpt", 200_000)))
        for label, path in texts:
            holds.append(compared(label, path, biologic_mpt.FORMAT, partial(galvani_mpt, path), is_text=True))
        many = real_files("*/*/*.mpr")
        if many:
            seconds = best_s(lambda: sum(ours(path, biologic_mpr.FORMAT) for path in many))
            print(f"{len(many)} real .mpr files one after the other: {seconds:.3f} s")
    print("claims hold" if all(holds) else "A CLAIM DOES NOT HOLD")
    return 0 if all(holds) else 1


if __name__ == "__main__":
    sys.exit(main())
