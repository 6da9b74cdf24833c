"""Raw files: bounded, unchanged, and refused for what they are."""

from __future__ import annotations

import bz2
import gzip
import hashlib
import os
import sys
import time
from pathlib import Path

import pytest

from pelletry.core.errors import BrokenFileError, FormatError, RefusedFileError
from pelletry.formats.inspect import inspect_paths
from pelletry.formats.rawfile import TEXT_LIMIT_BYTES, RawFile, shown_path


def test_content_hash_and_place_are_those_of_the_file(written):
    path = written("raw/a.txt", "one\ntwo\n")
    raw = RawFile.open(path, root=path.parent.parent)
    assert raw.shown == "raw/a.txt"
    assert raw.sha256 == hashlib.sha256(b"one\ntwo\n").hexdigest()
    assert raw.bytes() == b"one\ntwo\n"
    assert raw.text().lines == ("one", "two")
    assert raw.origin("x", record=2).path == "raw/a.txt"


def test_a_path_outside_the_root_stays_as_typed():
    assert shown_path("/somewhere/a.z", root="/elsewhere") == "/somewhere/a.z"
    assert shown_path("a/../b.z") == "a/../b.z"


@pytest.mark.parametrize("pack", [gzip.compress, bz2.compress], ids=["gzip", "bzip2"])
def test_packed_files_are_read_through_and_hashed_as_they_lie(written, pack):
    content = b"1 2 3\n" * 40_000
    path = written("a.txt.packed", pack(content))
    raw = RawFile.open(path)
    assert raw.head == content[: 64 * 1024]
    assert raw.bytes() == content
    assert raw.sha256 == hashlib.sha256(path.read_bytes()).hexdigest()


def test_several_gzip_members_are_one_file(written):
    assert RawFile.open(written("a.gz", gzip.compress(b"abc") + gzip.compress(b"def"))).bytes() == b"abcdef"


@pytest.mark.parametrize("pack", [gzip.compress, bz2.compress], ids=["gzip", "bzip2"])
def test_a_truncated_archive_is_broken_not_empty(written, pack):
    packed = pack(bytes(range(256)) * 3000)
    path = written("a.packed", packed[: len(packed) // 2])
    with pytest.raises(BrokenFileError, match="cannot be unpacked"):
        RawFile.open(path).bytes()


def test_an_archive_that_grows_without_end_is_refused_within_bounds(written, monkeypatch):
    monkeypatch.setattr("pelletry.formats.rawfile.TEXT_LIMIT_BYTES", 1_000_000)
    bomb = written("a.gz", gzip.compress(b"\0" * 20_000_000))
    assert bomb.stat().st_size < 100_000
    with pytest.raises(RefusedFileError, match="more than that unpacked"):
        RawFile.open(bomb).bytes()


def test_a_text_of_one_gigabyte_is_refused_at_once_and_without_memory(tmp_path):
    resource = pytest.importorskip("resource")
    path = tmp_path / "huge.csv"
    with path.open("wb") as stream:
        stream.write(b"freq/Hz,Re(Z)/Ohm,-Im(Z)/Ohm\n" + b"1000.0,12.5,3.25\n" * 5000)
        stream.truncate(1_000_000_000)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    started = time.process_time()
    (one,) = inspect_paths([path])
    assert time.process_time() - started < 1.0
    scale = 1 if sys.platform == "darwin" else 1024
    assert (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) * scale < 50_000_000
    assert one.status == "refused"
    assert one.reason is not None
    assert "too large to be read at once (1000 MB)" in one.reason
    assert "at most 268 MB" in one.reason


def test_the_limit_of_a_text_is_stated_in_the_message(written):
    raw = RawFile.open(written("a.txt", "x" * 100))
    with pytest.raises(RefusedFileError, match=r"too large.*expected at most 10 bytes"):
        raw.text(limit_bytes=10)
    assert TEXT_LIMIT_BYTES == 256 * 1024 * 1024


def test_a_file_that_changes_while_it_is_read_is_named(written):
    path = written("a.txt", "1 2\n3 4\n")
    raw = RawFile.open(path)
    with path.open("a") as stream:
        stream.write("5 6\n")
    with pytest.raises(BrokenFileError, match=r"a\.txt: the file changed while it was read"):
        raw.bytes()


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes in the file system here")
def test_missing_folder_pipe_device_and_circular_link_are_said_to_be_what_they_are(tmp_path):
    with pytest.raises(FormatError, match="there is no such file"):
        RawFile.open(tmp_path / "absent.z")
    with pytest.raises(FormatError, match="this is a folder"):
        RawFile.open(tmp_path)
    os.mkfifo(tmp_path / "pipe.z")
    with pytest.raises(FormatError, match="a device, a pipe or a socket"):
        RawFile.open(tmp_path / "pipe.z")
    with pytest.raises(FormatError, match="a device, a pipe or a socket"):
        RawFile.open(Path(os.devnull))
    (tmp_path / "loop").symlink_to(tmp_path / "loop")
    with pytest.raises(FormatError, match="cannot be read"):
        RawFile.open(tmp_path / "loop")


@pytest.mark.skipif(getattr(os, "geteuid", lambda: 0)() == 0, reason="root may read everything")
def test_a_file_without_permission_is_said_to_be_so(written):
    path = written("a.txt", "1 2\n")
    path.chmod(0)
    with pytest.raises(FormatError, match="permission denied"):
        RawFile.open(path)


def test_reading_leaves_the_file_as_it_was(written):
    path = written("a.txt", "1 2\n3 4\n")
    path.chmod(0o444)
    before = path.stat()
    RawFile.open(path).text()
    after = path.stat()
    assert (before.st_mtime_ns, before.st_size, before.st_mode) == (after.st_mtime_ns, after.st_size, after.st_mode)
