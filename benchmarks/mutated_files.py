"""What readers do with damaged files: bits flipped, numbers made absurd, pieces cut off or repeated, words changed.

Claim: each mutated file is read or refused with a FormatError that names it; none crashes, none takes longer than a second, and none takes more than ten times
its size (of a packed one: what it unpacks to) and 4 MB of memory. Memory is measured on every twentieth file, since measuring makes reading slow.

The files mutated: those below 60 kB of the folder of real instrument files (PELLETRY_RAW_DATA, see ``readers.py``), those that
``tests/formats/long_files.py`` makes, here short, those that the tests of the readers are written with, workbooks of every reader of workbooks, and what lies in the folders given with ``--also``. Arbin's
databases go through a program ``mdb-export`` made here that prints the file, so that its output is mutated. Of a format that has no file as small, the smallest real
one below 400 kB. Of packed files mostly what is packed is damaged, since it hides behind its own checksums otherwise. A file of a kind that is only recognised is not mutated.

    python benchmarks/mutated_files.py [HOW_MANY] [SEED] [--only NAME,NAME] [--also FOLDER] [--keep FOLDER]

Printed is a table; the memory is that beside the 4 MB, in multiples of the file. ``--keep`` holds what did not survive. The last resort is the sentence for content that a reader did not foresee.
"""

from __future__ import annotations

import argparse
import contextlib
import gzip
import io
import os
import random
import runpy
import sys
import tempfile
import time
import tracemalloc
import warnings
import zipfile
from collections.abc import Iterable, Iterator
from pathlib import Path

from pelletry.core.errors import FormatError
from pelletry.formats.open_file import format_of, read_file
from pelletry.formats.rawfile import RawFile

LARGEST_BYTES, LONE_BYTES, SLOWEST_S, ALLOWED_BYTES, EACH = 60_000, 400_000, 1.0, 4_000_000, 20
ABSURD = (b"\xff\xff\xff\xff", b"\0\0\0\0", b"\1\0\0\0", b"\xff\xff\xff\x7f")
WORDS = (b"99999999999", b"-7", b"1e400", b"nan", b"", b"\n\n", b"\t\t", b";", b'"', b"1,5", b"00", b"\xb0C")
LONG_FILES = runpy.run_path(str(Path(__file__).parent.parent / "tests" / "formats" / "long_files.py"))["LONG_FILES"]
SHEETS = {
    "maccor.xlsx": ["Rec#", "Cyc#", "Step", "TestTime", "StepTime", "Amps", "Volts", "State"],
    "arbin.xlsx": ["Data_Point", "Test_Time(s)", "Step_Index", "Cycle_Index", "Current(A)", "Voltage(V)"],
    "neware.xlsx": ["DataPoint", "Cycle Index", "Step Index", "Step Type", "Current(A)", "Voltage(V)", "Capacity(Ah)"],
    "landt.xlsx": ["Record", "Cycle-Index", "Step-Index", "TestTime/Sec", "Current/mA", "Voltage/V"],
    "table.xlsx": ["f (Hz)", "Z' (Ohm)", "Z'' (Ohm)"],
    "avantage.xlsx": [],
}
DATABASE = "Test_ID,Data_Point,Test_Time,Step_Time,DateTime,Step_Index,Cycle_Index,Current,Voltage\n" + "".join(
    f"1,{i},{i}.5,{i}.5,45000.1,1,1,0.001,3.{i}\n" for i in range(1, 40)
)
EC_LAB_LOG = (
    b"EC-LAB LOG FILE\r\nRun on channel : 3\r\nAcquisition started on : 02/09/2015 10:20:30\r\nElectrode surface area : 0,001 cm\xb2\r\n"
    b"Comments : pellet\r\nTechnique : 1\r\nPotentio Electrochemical Impedance Spectroscopy\r\n"
)
EC_LAB_BARE = b"time/s\tEwe/V\t<I>/mA\tcycle number\r\n" + b"".join(
    b"%d.5\t3.%03d\t0.001\t1\r\n" % (i, i) for i in range(60)
)


def thermo_vgd() -> bytes:
    """The spectrum that the tests of its reader write."""
    made = runpy.run_path(str(Path(__file__).parent.parent / "tests" / "formats" / "test_xps_thermo.py"))
    content: bytes = made["vgd"](made["SURVEY"], [made["axis"](700, 136.6, 1.0, 1)], made["known"]())
    return content


def workbook(heads: list[str]) -> bytes:
    import openpyxl

    book = openpyxl.Workbook()
    sheet = book.active
    if heads:
        sheet.append(heads)
        for i in range(12):
            sheet.append([float(i) if head not in ("State", "Step Type") else "Rest" for head in heads])
    else:
        sheet.title = "C1s Scan"
        rows = [
            ["C1s Scan"],
            ["Axis", "Energy", "Elements=", 12],
            [],
            ["Binding Energy (E)", None, "Counts / s"],
            ["eV", None, "Counts / s"],
        ]
        for row in [*rows, *([290.0 - 0.1 * i, None, 100.0 + i] for i in range(12))]:
            sheet.append(row)
    stream = io.BytesIO()
    book.save(stream)
    return stream.getvalue()


def inside(content: bytes, dice: random.Random) -> bytes:
    """A packed file that is damaged before it is packed."""
    if content[:2] == b"\x1f\x8b":
        return gzip.compress(mutated(gzip.decompress(content), dice), compresslevel=1, mtime=0)
    stream = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(content)) as packed,
        zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as repacked,
    ):
        names = packed.namelist()
        sheets = [name for name in names if name.startswith(("xl/work", "xl/shared"))]
        victim = dice.choice(sheets or [name for name in names if packed.getinfo(name).file_size] or names)
        for name in names:
            part = packed.read(name)
            repacked.writestr(name, mutated(part, dice) if name == victim and part else part)
    return stream.getvalue()


def mutated(content: bytes, dice: random.Random) -> bytes:
    """The content damaged in one to many places."""
    damaged = bytearray(content)
    for _ in range(dice.choice([0, 1, 1, 2, 5, 20])):
        place = dice.randrange(len(damaged))
        kind = dice.random()
        if kind < 0.4:
            damaged[place] = dice.choice(b"\t\n\r,.-E0129XN ")
        elif kind < 0.6:
            damaged[place : place + dice.randrange(6)] = dice.choice(WORDS)
        else:
            damaged[place] ^= 1 << dice.randrange(8)
        if not damaged:
            return b""
    kind = dice.random()
    if kind < 0.3 and len(damaged) > 8:
        module = damaged.find(b"VMP data")
        near = module > 0 and dice.random() < 0.6
        place = module + dice.randrange(30, 90) if near else dice.randrange(len(damaged) - 4)
        damaged[place : place + 4] = dice.choice(ABSURD)
    elif kind < 0.5:
        del damaged[dice.randrange(len(damaged)) :]
    elif kind < 0.65:
        first, last = sorted(dice.randrange(len(damaged)) for _ in range(2))
        damaged[first:first] = damaged[first:last]
    return bytes(damaged)


def unpacked_size(path: Path) -> int:
    size = path.stat().st_size
    try:
        with zipfile.ZipFile(path) as archive:
            return max(size, sum(min(info.file_size, 1 << 28) for info in archive.infolist()))
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError):
        return size


def survive(name: str, originals: list[bytes], how_many: int, dice: random.Random, scratch: Path, keep: Path) -> bool:
    """One line of the table; whether the claim holds. What did not survive is written to the folder ``keep``."""
    read = refused = stumbled = crashed = heavy = hung = 0
    slowest = worst = 0.0
    scratch.write_bytes(originals[0])
    with contextlib.suppress(FormatError):
        read_file(scratch)  # what is imported on the way is no memory of the reading
    for number in range(how_many):
        original = dice.choice(originals)
        is_packed = zipfile.is_zipfile(io.BytesIO(original)) or original[:2] == b"\x1f\x8b"
        content = inside(original, dice) if is_packed and dice.random() < 0.7 else mutated(original, dice)
        scratch.write_bytes(content)
        is_weighed = number % EACH == 0
        if is_weighed:
            tracemalloc.start()
        begin = time.process_time()
        try:
            read_file(scratch)
            read += 1
        except FormatError as error:
            refused += 1
            if "could not be understood" in str(error):
                stumbled += 1
                (keep / f"stumble-{name}-{number}").write_bytes(content)
            if scratch.name not in str(error):
                crashed += 1
                print(f"{name}: a refusal does not name the file: {error}")
        except Exception as error:  # counted: it is what this script looks for
            crashed += 1
            (keep / f"crash-{name}-{number}").write_bytes(content)
            print(f"{name}: {type(error).__name__}: {error}")
        if is_weighed:
            peak = tracemalloc.get_traced_memory()[1]
            tracemalloc.stop()
            size = unpacked_size(scratch)
            worst = max(worst, (peak - ALLOWED_BYTES) / max(size, 1))
            if peak > 10 * size + ALLOWED_BYTES:
                heavy += 1
                (keep / f"heavy-{name}-{number}").write_bytes(content)
        else:
            took = time.process_time() - begin
            slowest = max(slowest, took)
            if took > SLOWEST_S:
                hung += 1
                (keep / f"slow-{name}-{number}").write_bytes(content)
    print(
        f"| {name} | {len(originals)} | {how_many:,} | {read:,} | {refused:,} | {stumbled} | {crashed} | {hung} | {slowest * 1e3:.0f} ms | {max(worst, 0.0):.1f} x |",
        flush=True,
    )
    return crashed == 0 and heavy == 0 and hung == 0


def fixtures() -> list[bytes]:
    """The smallest files that the tests of the readers are written with: constants and functions of ``tests/formats``."""
    found: list[bytes] = []
    for path in sorted((Path(__file__).parent.parent / "tests" / "formats").glob("*.py")):
        if path.name == "conftest.py":
            continue
        for name, value in runpy.run_path(str(path)).items():
            for mark in getattr(value, "pytestmark", []):
                if getattr(mark, "name", "") == "parametrize":
                    found.extend(contents_in(mark.args[1:]))
            if (
                callable(value)
                and not name.startswith(("test_", "_"))
                and getattr(value, "__module__", "") == "<run_path>"
            ):
                try:
                    value = value()
                except (KeyboardInterrupt, SystemExit):
                    raise
                except (
                    BaseException
                ):  # a function that wants something, or a fixture, which pytest stops with an error of its own
                    continue
            found.extend(contents_in(value.values() if isinstance(value, dict) and name == "FILES" else [value]))
    return found + [one.encode() for one in texts_made_in_tests()]


def contents_in(values: Iterable[object]) -> Iterator[bytes]:
    """Texts and bytes as long as a file, in lists and tuples too."""
    for one in values:
        if isinstance(one, list | tuple):
            yield from contents_in(one)
        elif isinstance(one, str) and len(one) > 60:
            try:
                yield one.encode("cp1252")
            except UnicodeEncodeError:
                yield one.encode()
        elif isinstance(one, bytes) and len(one) > 60:
            yield one


def texts_made_in_tests() -> Iterator[str]:
    """Files that the tests put together with functions that want to know of what."""
    folder = Path(__file__).parent.parent / "tests" / "formats"
    runs = runpy.run_path(str(folder / "test_cycler_any.py"))
    yield from (
        runs["text_of"](*dialect[:4], "," if "German" in name else ".") for name, dialect in runs["DIALECTS"].items()
    )
    powder = runpy.run_path(str(folder / "test_powder_texts.py"))
    counts = [int(y) for y in powder["Y"]]
    yield powder["RIGAKU"].format(count=len(counts), rows="".join(f"{y}\n" for y in counts))
    yield powder["dat"](f"04/10/13 DIF pellet 7\n10.0 0.02 1.0 CU 1.54059 30.0 {len(counts)}").replace(".00", "")


def originals_of(folders: list[Path], scratch: Path) -> dict[str, list[bytes]]:
    """The files to be mutated, by the name of their format."""
    contents = [
        p.read_bytes()
        for folder in folders
        for p in sorted(folder.rglob("*"))
        if p.is_file() and 0 < p.stat().st_size < LARGEST_BYTES
    ]
    contents += [make(2500) for make in LONG_FILES.values()]
    contents += fixtures()
    contents += [workbook(heads) for heads in SHEETS.values()]
    contents += [thermo_vgd(), EC_LAB_LOG, EC_LAB_BARE]
    contents.append(b"\0\1\0\0Standard Jet DB\0" + DATABASE.encode())
    found: dict[str, list[bytes]] = {}
    for content in contents:
        scratch.write_bytes(content)
        try:
            found.setdefault(format_of(RawFile.open(scratch)).name, []).append(content)
        except FormatError:
            found.setdefault("not ours", []).append(content)
    found.pop("not ours", None)
    larger = [
        p
        for folder in folders
        for p in folder.rglob("*")
        if p.is_file() and LARGEST_BYTES <= p.stat().st_size < LONE_BYTES
    ]
    for path in sorted(larger, key=lambda p: (p.stat().st_size, p)):
        try:
            found.setdefault(format_of(RawFile.open(path)).name, [path.read_bytes()])
        except FormatError:
            continue
    return found


def stub_of_mdbtools(folder: Path) -> None:
    """A program ``mdb-export`` that prints what stands behind the head of a database."""
    program = folder / "mdb-export"
    program.write_text(
        f"#!{sys.executable} -IS\nimport sys\nsys.stdout.buffer.write(open(sys.argv[1], 'rb').read()[20:])\n"
    )
    program.chmod(0o755)
    os.environ["PATH"] = f"{folder}{os.pathsep}{os.environ.get('PATH', '')}"


def main() -> int:
    """Print the table; 0 when the claim holds."""
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("how_many", nargs="?", type=int, default=10_000)
    asked.add_argument("seed", nargs="?", type=int, default=7)
    asked.add_argument("--only", default="")
    asked.add_argument("--also", action="append", default=[], type=Path)
    asked.add_argument("--keep", type=Path)
    given = asked.parse_args()
    beside = Path(__file__).resolve().parents[2] / "shared" / "data" / "raw"
    folder = Path(os.environ.get("PELLETRY_RAW_DATA", beside))
    warnings.simplefilter("error")
    with tempfile.TemporaryDirectory() as scratch:
        keep = given.keep or Path(scratch)
        keep.mkdir(parents=True, exist_ok=True)
        if os.name == "posix":
            stub_of_mdbtools(Path(scratch))
        files = originals_of([folder, *given.also] if folder.is_dir() else given.also, Path(scratch) / "run")
        chosen = given.only.split(",") if given.only else sorted(files)
        print(
            "| reader | originals | mutated files | read | refused | by the last resort | crashed | above 1 s | slowest | most memory |"
        )
        print("|---|---|---|---|---|---|---|---|---|---|")
        holds = [
            survive(
                name, files[name], given.how_many, random.Random(f"{name} {given.seed}"), Path(scratch) / "run", keep
            )
            for name in chosen
            if name in files
        ]
    return 0 if holds and all(holds) else 1


if __name__ == "__main__":
    sys.exit(main())
