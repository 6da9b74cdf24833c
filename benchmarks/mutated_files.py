"""What readers do with damaged files: bits flipped, numbers made absurd, pieces cut off or repeated.

Claim: each mutated file is read or refused with a FormatError; none crashes, and none takes longer than a second. The files
mutated are the small BioLogic files (below 60 kB) of the folder of real instrument files, see ``readers.py``.

    python benchmarks/mutated_files.py [HOW_MANY] [SEED]
"""

from __future__ import annotations

import os
import random
import sys
import tempfile
import time
import warnings
from pathlib import Path

from pelletry.core.errors import FormatError
from pelletry.formats import biologic_files, biologic_mpr, biologic_mpt
from pelletry.formats.rawfile import RawFile
from pelletry.formats.registry import Format

LARGEST_BYTES, SLOWEST_S = 60_000, 1.0
ABSURD = (b"\xff\xff\xff\xff", b"\0\0\0\0", b"\1\0\0\0", b"\xff\xff\xff\x7f")


def mutated(content: bytes, dice: random.Random, *, is_text: bool) -> bytes:
    """The content damaged in one to many places."""
    damaged = bytearray(content)
    for _ in range(dice.choice([0, 1, 1, 2, 5, 20])):
        place = dice.randrange(len(damaged))
        if is_text and dice.random() < 0.5:
            damaged[place] = dice.choice(b"\t\n\r,.-E0129XN ")
        else:
            damaged[place] ^= 1 << dice.randrange(8)
    kind = dice.random()
    if kind < 0.4 and not is_text:
        module = damaged.find(b"VMP data")
        near = module > 0 and dice.random() < 0.6
        place = module + dice.randrange(30, 90) if near else dice.randrange(len(damaged) - 4)
        damaged[place : place + 4] = dice.choice(ABSURD)
    elif kind < 0.6:
        del damaged[dice.randrange(min(60, len(damaged)), len(damaged)) :]
    elif kind < 0.7:
        first, last = sorted(dice.randrange(len(damaged)) for _ in range(2))
        damaged[first:first] = damaged[first:last]
    return bytes(damaged)


def survive(format: Format, originals: list[bytes], how_many: int, dice: random.Random, scratch: Path) -> bool:
    """One line of the table; whether the claim holds."""
    is_text = format.name != "biologic-mpr"
    read = refused = crashed = 0
    slowest = 0.0
    for _ in range(how_many):
        scratch.write_bytes(mutated(dice.choice(originals), dice, is_text=is_text))
        begin = time.perf_counter()
        try:
            format.read(RawFile.open(scratch))
            read += 1
        except FormatError:
            refused += 1
        except Exception as error:  # counted: it is what this script looks for
            crashed += 1
            print(f"{format.name}: {type(error).__name__}: {error}")
        slowest = max(slowest, time.perf_counter() - begin)
    print(
        f"{format.name:<16} {how_many} mutated: {read} read, {refused} refused, {crashed} crashed, slowest {slowest * 1e3:.0f} ms"
    )
    return crashed == 0 and slowest < SLOWEST_S


def main() -> int:
    """Print the table; 0 when the claim holds."""
    how_many = int(sys.argv[1]) if len(sys.argv) > 1 else 10_000
    dice = random.Random(int(sys.argv[2]) if len(sys.argv) > 2 else 7)
    beside = Path(__file__).resolve().parents[2] / "shared" / "data" / "raw"
    folder = Path(os.environ.get("PELLETRY_RAW_DATA", beside))
    warnings.simplefilter("error")
    holds = []
    with tempfile.TemporaryDirectory() as scratch:
        for format in (biologic_mpr.FORMAT, biologic_mpt.FORMAT, *biologic_files.FORMATS[:1]):
            small = [p for p in sorted(folder.glob(f"*/*/*{format.extensions[0]}")) if p.stat().st_size < LARGEST_BYTES]
            originals = [path.read_bytes() for path in small]
            if originals:
                holds.append(survive(format, originals, how_many, dice, Path(scratch) / "run"))
    if not holds:
        print("the folder of real instrument files is not here; set PELLETRY_RAW_DATA to its path")
    return 0 if all(holds) else 1


if __name__ == "__main__":
    sys.exit(main())
