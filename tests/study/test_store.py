"""The store keeps what it was given, notices what changed, and never stands in the way."""

from __future__ import annotations

import json
import os
import sqlite3
import time

import pytest

from pelletry.core.errors import StoreError
from pelletry.study.outputs import write_outputs, write_whole
from pelletry.study.store import Store

is_root = hasattr(os, "geteuid") and os.geteuid() == 0


def _age(path, seconds=60):
    """Make a file old enough that its times can be trusted."""
    then = time.time() - seconds
    os.utime(path, (then, then))


def test_a_payload_comes_back_in_the_next_session(tmp_path):
    with Store(tmp_path) as store:
        store.put("k", b"\x00\x01payload")
    with Store(tmp_path) as store:
        assert store.get("k") == b"\x00\x01payload"
        assert store.get("other") is None
        assert store.notes == []


def test_an_untouched_file_is_hashed_once(tmp_path, monkeypatch):
    file = tmp_path / "a.txt"
    file.write_bytes(b"abc")
    _age(file)
    asked = []
    real = __import__("pelletry.study.store", fromlist=["file_sha256"]).file_sha256
    monkeypatch.setattr("pelletry.study.store.file_sha256", lambda path: asked.append(path) or real(path))
    with Store(tmp_path) as store:
        first = store.fingerprint(file, "a.txt")
        assert store.fingerprint(file, "a.txt") == first
    assert first.sha256 == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    assert len(asked) == 1


def test_a_file_changed_within_the_clock_tick_with_the_same_size_is_noticed(tmp_path):
    file = tmp_path / "a.txt"
    file.write_bytes(b"abc")
    with Store(tmp_path) as store:
        first = store.fingerprint(file, "a.txt")
        seen = file.stat()
        file.write_bytes(b"abd")
        os.utime(file, ns=(seen.st_atime_ns, seen.st_mtime_ns))
        assert store.fingerprint(file, "a.txt").sha256 != first.sha256
        assert store.has_changed(file, first)


def test_a_touched_file_with_the_same_bytes_has_not_changed(tmp_path):
    file = tmp_path / "a.txt"
    file.write_bytes(b"abc")
    with Store(tmp_path) as store:
        first = store.fingerprint(file, "a.txt")
        _age(file, 5)
        assert not store.has_changed(file, first)
        file.unlink()
        assert store.has_changed(file, first)


@pytest.mark.parametrize("content", [b"", b"garbage" * 400, b"SQLite format 3\x00" + b"\xff" * 4000])
def test_a_damaged_store_is_set_aside_and_rebuilt(tmp_path, content):
    folder = tmp_path / ".pelletry"
    folder.mkdir()
    (folder / "cache.sqlite").write_bytes(content)
    with Store(tmp_path) as store:
        store.put("k", b"1")
        assert store.get("k") == b"1"
        assert len(store.notes) == (1 if content else 0)
    with Store(tmp_path) as store:
        assert store.get("k") == b"1"
    if content:
        assert (folder / "cache.set-aside.sqlite").read_bytes() == content


@pytest.mark.parametrize(
    ("statement", "sentence"),
    [("PRAGMA user_version = 99", "written by another version"), ("PRAGMA application_id = 7", "another program's")],
)
def test_a_foreign_or_older_store_is_set_aside_with_a_sentence(tmp_path, statement, sentence):
    with Store(tmp_path) as store:
        store.put("k", b"1")
        path = store.path
    connection = sqlite3.connect(path)
    connection.execute(statement)
    connection.commit()
    connection.close()
    with Store(tmp_path) as store:
        assert store.get("k") is None
        assert sentence in store.notes[0]


def test_a_damaged_payload_counts_as_absent(tmp_path):
    with Store(tmp_path) as store:
        store.put("k", b"12345678")
        connection = sqlite3.connect(store.path)
        connection.execute("UPDATE entry SET payload = X'00'")
        connection.commit()
        connection.close()
        assert store.get("k") is None
        assert "damaged" in store.notes[0]


def test_a_locked_store_is_done_without_in_time(tmp_path, monkeypatch):
    monkeypatch.setattr("pelletry.study.store._BUSY_S", 0.2)
    with Store(tmp_path):
        pass
    holder = sqlite3.connect(tmp_path / ".pelletry" / "cache.sqlite", isolation_level=None)
    holder.execute("BEGIN EXCLUSIVE")
    try:
        with Store(tmp_path) as store:
            store.put("k", b"1")
            assert store.get("k") == b"1"
            assert "locked" in store.notes[0]
    finally:
        holder.close()


def test_a_store_where_a_file_stands_in_the_way_is_done_without(tmp_path):
    (tmp_path / ".pelletry").write_text("a file, not a folder")
    with Store(tmp_path) as store:
        store.put("k", b"1")
        assert store.get("k") == b"1"
        assert store.notes[0].startswith("Nothing is kept for the next run:")


@pytest.mark.skipif(is_root, reason="a folder cannot be made read-only for root")
def test_a_read_only_folder_is_done_without(tmp_path):
    tmp_path.chmod(0o500)
    try:
        with Store(tmp_path) as store:
            store.put("k", b"1")
            assert store.get("k") == b"1"
            assert "cannot be written" in store.notes[0]
    finally:
        tmp_path.chmod(0o700)


def test_a_large_store_drops_what_the_run_did_not_use(tmp_path):
    with Store(tmp_path) as store:
        store.put("old", b"x" * 100)
        store.put("new", b"x" * 100)
        store.trim({"new"}, limit_bytes=1000)
        assert store.get("old") is not None
        store.trim({"new"}, limit_bytes=150)
        assert store.get("old") is None
        assert store.get("new") is not None


def test_the_index_lists_every_output_and_equal_bytes_are_not_rewritten(tmp_path):
    write_outputs(tmp_path, {"tables/a.csv": b"1"})
    before = (tmp_path / "tables/a.csv").stat().st_mtime_ns
    write_outputs(tmp_path, {"tables/a.csv": b"1", "b.json": b"{}"})
    assert (tmp_path / "tables/a.csv").stat().st_mtime_ns == before
    assert list(json.loads((tmp_path / "index.json").read_text())["files"]) == ["b.json", "tables/a.csv"]
    assert sorted(p.name for p in tmp_path.rglob("*")) == ["a.csv", "b.json", "index.json", "tables"]


def test_what_an_earlier_call_wrote_and_a_new_one_replaces_is_removed_unless_somebody_changed_it(tmp_path):
    write_outputs(tmp_path, {"figures/a.svg": b"1", "figures/b.svg": b"2", "figures/c.svg": b"3", "x.tex": b"4"})
    (tmp_path / "figures/b.svg").write_bytes(b"changed by hand")
    (tmp_path / "figures/own.svg").write_bytes(b"somebody's own")
    write_outputs(tmp_path, {"figures/c.svg": b"3"}, replaces=["figures/*"])
    assert sorted(p.name for p in (tmp_path / "figures").iterdir()) == ["b.svg", "c.svg", "own.svg"]
    assert list(json.loads((tmp_path / "index.json").read_text())["files"]) == [
        "figures/b.svg",
        "figures/c.svg",
        "x.tex",
    ]


def test_a_full_disk_leaves_the_old_file_and_says_so(tmp_path):
    resource = pytest.importorskip("resource")
    target = tmp_path / "results.json"
    write_whole(target, b"old")
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1000, hard))
    try:
        with pytest.raises(StoreError, match=r"results\.json: cannot be written: .*Make room on the disk"):
            write_whole(target, b"n" * 5000)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert target.read_bytes() == b"old"
    assert [p.name for p in tmp_path.iterdir()] == ["results.json"]
