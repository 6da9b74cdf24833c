"""Reading takes at most ten times the file's size in memory, columns included; of packed files, of what they unpack to."""

from __future__ import annotations

import gzip
import runpy
import tracemalloc
import zipfile
from pathlib import Path

import pytest

from pelletry.formats.open_file import read_file

LONG_FILES = runpy.run_path(str(Path(__file__).with_name("long_files.py")))["LONG_FILES"]
SIZE = 500_000
#: What a reader takes whatever the size of the file: patterns, tables of names, what was imported late.
ALLOWED_BYTES = 1_500_000


def unpacked_size(path) -> int:
    if zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as archive:
            return sum(info.file_size for info in archive.infolist())
    content = path.read_bytes()
    return len(gzip.decompress(content)) if content[:2] == b"\x1f\x8b" else len(content)


@pytest.mark.parametrize("name", sorted(LONG_FILES))
def test_ten_times_the_size_of_the_file_is_enough(tmp_path, name):
    size = SIZE // 10 if name in ("neware-xlsx", "mastersizer") else SIZE
    path = tmp_path / "long.dat"
    path.write_bytes(LONG_FILES[name](20_000))
    read_file(path)  # what is imported stays
    path.write_bytes(LONG_FILES[name](size))
    tracemalloc.start()
    try:
        records = read_file(path)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert records[0].origin.format == name.partition(",")[0]
    assert sum(record.points for record in records) > 100
    assert peak <= 10 * unpacked_size(path) + ALLOWED_BYTES
