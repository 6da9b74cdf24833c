"""What is in this folder: content first, one answer a file, safe on everything a folder may hold."""

from __future__ import annotations

import gzip
import io
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from pelletry.core.errors import AmbiguousFormatError, BrokenFileError, FormatError
from pelletry.core.record import Record
from pelletry.formats import open_file, registry
from pelletry.formats.inspect import inspect_paths
from pelletry.formats.open_file import read_file
from pelletry.formats.registry import Format, formats

SPECTRUM = "f (Hz)\tZ' (Ohm)\t-Z'' (Ohm)\n" + "".join(
    f"{10.0**-i * 1e6!r}\t{100.5 + i!r}\t{3.25 * i!r}\n" for i in range(7)
)
TWIN = "freq;Zre;Zim\n" + "".join(f"{10.0**-i * 1e6!r};{100.5 + i!r};{-3.25 * i!r}\n" for i in range(7)).replace(
    ".", ","
)


@pytest.fixture
def folder(written, tmp_path):
    written("raw/LATP_25C.txt", SPECTRUM)
    written("raw/copy of LATP.csv", SPECTRUM)
    written("raw/twin.csv", TWIN)
    written("raw/b/notes.md", "some words\nabout the pellet\n")
    written("raw/b/scan.xrdml", '<?xml version="1.0"?>\n<xrdMeasurements xmlns="x">\n</xrdMeasurements>\n')
    written("raw/b/stoe.raw", b"RAW_1.06" + bytes(200))
    written("raw/b/empty.z", b"")
    written("raw/b/page.csv", "<html><body>404</body></html>")
    return tmp_path / "raw"


def test_each_file_gets_one_answer_sorted_by_path(folder, tmp_path):
    found = inspect_paths([folder], root=tmp_path)
    assert [(one.path, one.status, one.format) for one in found] == [
        ("raw/LATP_25C.txt", "read", "table-text"),
        ("raw/b/empty.z", "refused", None),
        ("raw/b/notes.md", "unknown", None),
        ("raw/b/page.csv", "refused", "web-page"),
        ("raw/b/scan.xrdml", "refused", "xrdml"),
        ("raw/b/stoe.raw", "refused", "stoe-raw"),
        ("raw/copy of LATP.csv", "read", "table-text"),
        ("raw/twin.csv", "read", "table-text"),
    ]
    assert inspect_paths([folder], root=tmp_path) == found


def test_the_answer_names_technique_points_columns_hints_and_reasons(folder, tmp_path):
    by_name = {one.path.rpartition("/")[2]: one for one in inspect_paths([folder], root=tmp_path)}
    spectrum = by_name["LATP_25C.txt"].as_dict()
    assert set(spectrum) == {
        "path",
        "status",
        "format",
        "technique",
        "records",
        "points",
        "columns",
        "hints",
        "duplicate_of",
        "warnings",
        "reason",
    }
    assert (spectrum["technique"], spectrum["records"], spectrum["points"]) == ("impedance", 1, 7)
    assert spectrum["columns"][0] == {"name": "f", "unit": "Hz"}
    assert spectrum["hints"]["temperature"] == [{"value": 298.15, "unit": "K", "source": "file name", "text": "25C"}]
    assert by_name["stoe.raw"].technique == "diffraction"
    assert by_name["stoe.raw"].reason.startswith(
        "recognised as STOE WinXPOW raw scan; not read by this version. Export it"
    )
    assert by_name["scan.xrdml"].reason.startswith("there is no scan in it")
    assert by_name["empty.z"].reason == "the file is empty. Copy it again from the instrument."
    assert "web page" in by_name["page.csv"].reason


def test_copies_and_twins_in_another_format_are_found(folder, tmp_path):
    by_name = {one.path.rpartition("/")[2]: one for one in inspect_paths([folder], root=tmp_path)}
    assert by_name["LATP_25C.txt"].duplicate_of is None
    assert by_name["copy of LATP.csv"].duplicate_of == "raw/LATP_25C.txt"
    assert by_name["copy of LATP.csv"].warnings[-1] == "the same content as raw/LATP_25C.txt"
    assert by_name["twin.csv"].duplicate_of == "raw/LATP_25C.txt"
    assert by_name["twin.csv"].warnings[-1].startswith("the same data as raw/LATP_25C.txt (largest relative difference")


def test_two_runs_of_one_pellet_are_not_twins(written, tmp_path):
    written("a.txt", SPECTRUM)
    written("b.txt", SPECTRUM.replace("103.5", "103.6"))
    assert [one.duplicate_of for one in inspect_paths([tmp_path])] == [None, None]


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes in the file system here")
def test_links_in_a_circle_pipes_and_unreadable_folders_do_not_stop_it(folder, tmp_path):
    (folder / "circle").symlink_to(folder, target_is_directory=True)
    (folder / "self").symlink_to(folder / "self")
    (folder / "gone").symlink_to(folder / "nowhere")
    os.mkfifo(folder / "pipe")
    locked = folder / "locked"
    locked.mkdir(mode=0)
    try:
        found = {one.path: one for one in inspect_paths([folder], root=tmp_path)}
    finally:
        locked.chmod(0o700)
    assert "raw/circle" not in found
    assert found["raw/self"].status == found["raw/gone"].status == found["raw/pipe"].status == "refused"
    assert "a device, a pipe or a socket" in found["raw/pipe"].reason
    assert "no such file" in found["raw/gone"].reason


def test_a_path_that_is_not_there_is_an_error_that_names_all_of_them(tmp_path):
    with pytest.raises(FormatError) as caught:
        inspect_paths([tmp_path / "one", tmp_path / "two"])
    assert len(caught.value.mistakes) == 2


def test_archives_are_recognised_and_never_unpacked_without_bound(written, tmp_path):
    def zipped(**members):
        stream = io.BytesIO()
        with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
            for name, content in members.items():
                archive.writestr(name.replace("__", "/"), content)
        return stream.getvalue()

    written("plain.zip", zipped(a="1 2 3"))
    written("bomb.xlsx", zipped(**{"xl/workbook.xml": b"0" * 30_000_000}))
    written("packed.txt.gz", gzip.compress(SPECTRUM.encode()))
    written("damaged.zip", b"PK\x03\x04" + b"\0" * 100)
    found = {one.path.rpartition("/")[2]: one for one in inspect_paths([tmp_path])}
    assert (
        found["plain.zip"].reason
        == "recognised as zip archive; not read by this version. Unpack the archive and name the files in it."
    )
    assert found["bomb.xlsx"].status == "refused"
    assert found["damaged.zip"].status == "refused"
    assert (found["packed.txt.gz"].status, found["packed.txt.gz"].points) == ("read", 7)


def test_control_characters_in_names_and_content_do_not_reach_the_messages(written, tmp_path):
    written("a.csv", "f;Z';Z''\n1,5;\x1b[31m50.026.184;2,5\n2,5;50.026.184;2,5\n3,5;50.026.184;2,5\n")
    (one,) = inspect_paths([tmp_path])
    assert one.status == "refused"
    assert "\x1b" not in one.reason


def test_two_claims_are_an_error_that_names_both(written, monkeypatch):
    def claims(raw):
        return True

    def read(raw):
        return ()

    both = tuple(Format(name=n, title=f"format {n}", extensions=(), can_read=claims, read=read) for n in "ab")
    monkeypatch.setattr(open_file, "formats_for", lambda raw: both)
    path = written("a.x", "x")
    with pytest.raises(AmbiguousFormatError, match=r"a\.x: 2 readers claim this file: format a, format b"):
        read_file(path, root=path.parent)


def test_a_reader_that_stumbles_is_reported_with_the_files_name(written, monkeypatch):
    def stumble(raw):
        raise IndexError("list index out of range")

    wrong = (Format(name="w", title="odd format", extensions=(), can_read=lambda raw: True, read=stumble),)
    monkeypatch.setattr(open_file, "formats_for", lambda raw: wrong)
    path = written("a.x", "x")
    with pytest.raises(BrokenFileError, match=r"a\.x: the odd format could not be understood \(IndexError"):
        read_file(path, root=path.parent)


def test_an_outside_format_is_found_through_its_entry_point(monkeypatch):
    mine = Format(name="mine", title="my format", extensions=(".my",), can_read=lambda raw: False, read=lambda raw: ())

    class Entry:
        name = "mine"

        def load(self):
            return mine

    monkeypatch.setattr(
        "importlib.metadata.entry_points", lambda group: [Entry()] if group == "pelletry.formats" else []
    )
    registry._plugged_in.cache_clear()
    try:
        assert formats()[-1].name == "mine"
    finally:
        registry._plugged_in.cache_clear()


def test_every_format_has_a_name_a_title_and_its_specification():
    import importlib

    names = [one.name for one in formats()]
    assert len(set(names)) == len(names)
    for one in formats():
        assert one.title
        module = importlib.import_module(one.read.__module__)
        assert module.__doc__ is not None
        assert len(module.__doc__) > 300, one.read.__module__


def test_records_name_their_file_hash_and_format(reads):
    (record,) = reads("raw/a.txt", SPECTRUM)
    assert isinstance(record, Record)
    assert record.origin.path == "raw/a.txt"
    assert len(record.origin.sha256) == 64
    assert record.origin.format == "table-text"


def test_inspecting_one_file_starts_fast_and_leaves_scipy_alone(written):
    path = written("a.txt", SPECTRUM)
    code = (
        "import sys, time\n"
        "from pelletry.formats.inspect import inspect_paths\n"
        f"assert inspect_paths([{str(path)!r}])[0].status == 'read'\n"
        "heavy = {'scipy', 'matplotlib', 'pint', 'openpyxl', 'pydantic', 'pandas'} & set(sys.modules)\n"
        "print(time.process_time(), *heavy)\n"
    )
    seconds, *heavy = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    ).stdout.split()
    assert heavy == []
    assert float(seconds) < 0.6  # measured 0.22 s; twice the promised 0.3 s, since a test machine may be busy


def test_licences_and_pages_are_not_data(written, tmp_path):
    written("LICENSE", "MIT License\n\nCopyright (c) 2024\n")
    written(
        "INDEX.md",
        "# Pellets\n\nThese pellets were pressed in April and sintered in May.\n\n| a | b |\n|---|---|\n| 1 | 2 |\n",
    )
    written("scan.txt", "# Pellet 7\n\nA table of numbers that was measured on a long afternoon\n" + SPECTRUM)
    found = {Path(one.path).name: one for one in inspect_paths([tmp_path])}
    told = {name: (one.status, one.format, one.reason) for name, one in found.items() if name != "scan.txt"}
    assert told == {
        "LICENSE": ("unknown", None, "this is a licence text, no measurement."),
        "INDEX.md": ("unknown", None, "this is a text page (Markdown), no measurement."),
    }
    assert found["scan.txt"].status == "read"
