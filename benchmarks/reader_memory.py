"""How much memory reading takes, in multiples of the file's size.

Claim: at most 10 times the file (columns included), of packed files 10 times what they unpack to, and 4 MB that no size changes; for every format whose files can be
long (made here, ``tests/formats/long_files.py``), and for every real file of more than 60 kB where the folder is there (PELLETRY_RAW_DATA).
Of a packed file the multiple of its size on the disk is printed as well, without a claim: it is bounded by what is refused, files that unpack to more than 400 times
their size or 256 MB. Files read by libraries of others (Neware binaries by fastnda, NETZSCH binaries by pyngb) are measured by the memory of the whole process, since
their arrays are not Python's, and carry no claim.

Measured with tracemalloc on the second reading, so that imports do not count. numpy's arrays are seen by it. The memory of the process is its highest on the
second reading above what it had before (Linux only).

    python benchmarks/reader_memory.py [BYTES]
"""

from __future__ import annotations

import bz2
import contextlib
import gzip
import os
import runpy
import sys
import tempfile
import tracemalloc
import zipfile
from pathlib import Path

from pelletry.core.errors import FormatError
from pelletry.formats.open_file import read_file

LONG_FILES = runpy.run_path(str(Path(__file__).parent.parent / "tests" / "formats" / "long_files.py"))["LONG_FILES"]
LIMIT, ALLOWED_BYTES = 10.0, 4_000_000
FOREIGN = ("neware-nda", "neware-ndax", "netzsch-binary")


def unpacked_size(path: Path) -> int:
    content = path.read_bytes()
    if zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as archive:
            return max(len(content), sum(info.file_size for info in archive.infolist()))
    packing = {b"\x1f\x8b": gzip, b"BZ": bz2}.get(content[:2])
    return len(packing.decompress(content)) if packing else len(content)


def measured(path: Path, shown: str) -> bool:
    """Prints a line; whether the claim holds."""

    def read() -> str:
        try:
            return read_file(path)[0].origin.format
        except FormatError:
            return "refused"

    found = read()
    if found in FOREIGN:
        before = of_process("VmRSS")
        reset_highest()
        read()
        peak = of_process("VmHWM") - before
    else:
        tracemalloc.start()
        read()
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
    size, stored = unpacked_size(path), path.stat().st_size
    holds = peak <= LIMIT * size + ALLOWED_BYTES
    note = "  (library of others, whole process)" if found in FOREIGN else "" if holds else "  NOT HELD"
    packed = f" ({peak / stored:.1f} x the packed {stored / 1e6:.2f} MB)" if size > stored else ""
    print(f"{peak / size:6.1f} x  {size / 1e6:7.2f} MB  {found:18s} {shown[:60]}{packed}{note}")
    return holds or found in FOREIGN


def of_process(key: str) -> int:
    """Bytes of an entry of this process's status, 0 where the system does not tell."""
    try:
        lines = Path("/proc/self/status").read_text().splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) * 1024 for line in lines if line.startswith(f"{key}:")), 0)


def reset_highest() -> None:
    """The highest memory counts from now on."""
    with contextlib.suppress(OSError):
        Path("/proc/self/clear_refs").write_text("5")


def main() -> int:
    size = int(sys.argv[1]) if len(sys.argv) > 1 else 3_000_000
    holds = []
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "long.dat"
        for name, make in LONG_FILES.items():
            path.write_bytes(make(size // 10 if name.endswith("xlsx") else size))
            holds.append(measured(path, name))
    real = os.environ.get("PELLETRY_RAW_DATA", "")
    files = sorted(p for p in Path(real).rglob("*") if p.is_file() and p.stat().st_size > 60_000) if real else []
    holds.extend(measured(path, path.name) for path in files)
    return 0 if all(holds) else 1


if __name__ == "__main__":
    sys.exit(main())
