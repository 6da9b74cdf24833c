"""How fast a folder is inspected: hundreds of small files, and files of a gigabyte.

Claims: below 10 ms of processor time a file for 450 small files of 29 formats, copies and twins looked for; two files of 1 GB each with nothing in them below 3 s.

    python benchmarks/inspect_speed.py
"""

from __future__ import annotations

import runpy
import sys
import tempfile
import time
import tracemalloc
from pathlib import Path

from pelletry.formats.inspect import inspect_paths

FILES, CLAIMED_MS, GIGABYTE, CLAIMED_S = 450, 10.0, 1 << 30, 3.0
LONG_FILES = runpy.run_path(str(Path(__file__).parent.parent / "tests" / "formats" / "long_files.py"))["LONG_FILES"]


def main() -> int:
    """Print the figures; 0 when the claims hold."""
    with tempfile.TemporaryDirectory() as scratch:
        small, huge = Path(scratch) / "small", Path(scratch) / "huge"
        small.mkdir()
        huge.mkdir()
        makers = list(LONG_FILES.items())
        for number in range(FILES):
            name, make = makers[number % len(makers)]
            (small / f"{number}_{name}.dat").write_bytes(make(3000 + 7 * number))
        inspect_paths([small / f"0_{makers[0][0]}.dat"])  # the modules are loaded before the clock runs
        begin, worked = time.perf_counter(), time.process_time()
        found = inspect_paths([small])
        took, work = time.perf_counter() - begin, time.process_time() - worked
        each = work / len(found) * 1e3
        was_read = sum(one.status == "read" for one in found)
        print(
            f"{len(found)} small files of {len(makers)} formats, {was_read} read: {took:.2f} s elapsed, {work:.2f} s worked, {each:.1f} ms a file"
        )
        for name in ("a.bin", "b.bin"):
            with (huge / name).open("wb") as stream:
                stream.truncate(GIGABYTE)
        tracemalloc.start()
        begin = time.process_time()
        inspect_paths([huge])
        large, peak = time.process_time() - begin, tracemalloc.get_traced_memory()[1] / 1e6
        print(f"two files of 1 GB: {large:.2f} s worked, {peak:.1f} MB at most")
    holds = each < CLAIMED_MS and large < CLAIMED_S and was_read >= 0.99 * len(found)
    print("the claims hold" if holds else "the claims do not hold")
    return 0 if holds else 1


if __name__ == "__main__":
    sys.exit(main())
