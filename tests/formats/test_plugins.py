"""Readers of other packages: asked like ours, and nothing they do wrong makes other files unreadable."""

from __future__ import annotations

import functools
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from pelletry.core.errors import BrokenFileError, RefusedFileError
from pelletry.formats import registry
from pelletry.formats.inspect import inspect_paths
from pelletry.formats.open_file import read_file

PLUG_IN = Path(__file__).resolve().parents[2] / "plugins" / "pelletry-rosettasciio"
BCF = b"AAMVHFSS" + bytes(200)

STUB = """
from pelletry.core.record import Column, Record
from pelletry.formats.registry import Format
import numpy as np

def read(raw):
    if len(raw.bytes()) < 100:
        raise ZeroDivisionError("nothing in it")
    counts = np.frombuffer(raw.bytes()[8:], dtype=np.uint8)
    return [Record(name="map", technique="edx", columns=(Column(name="Counts", unit="", values=counts),), origin=raw.origin("stub-bcf"))]

def can_read(raw):
    if raw.head.startswith(b"worse"):
        raise KeyError("worse")
    return raw.head.startswith(b"AAMVHFSS")

STUB = Format(name="stub-bcf", title="a stub", extensions=(".bcf",), can_read=can_read, read=read)
NO_FORMAT = 7
"""


def installed(folder: Path, module: str, entries: dict[str, str]) -> None:
    """A package in a folder, with its entry points, as an installer leaves it."""
    (folder / "pelletry_stub.py").write_text(module)
    told = folder / "pelletry_stub-1.0.dist-info"
    told.mkdir()
    (told / "METADATA").write_text("Metadata-Version: 2.1\nName: pelletry-stub\nVersion: 1.0\n")
    lines = "".join(f"{name} = {value}\n" for name, value in entries.items())
    (told / "entry_points.txt").write_text(f"[pelletry.formats]\n{lines}")


@pytest.fixture
def plugged(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[functools.partial[None]]:
    folder = tmp_path / "site"
    folder.mkdir()
    monkeypatch.syspath_prepend(str(folder))
    registry._plugged_in.cache_clear()
    sys.modules.pop("pelletry_stub", None)
    yield functools.partial(installed, folder)
    registry._plugged_in.cache_clear()
    sys.modules.pop("pelletry_stub", None)


def test_without_a_plug_in_one_sentence_says_what_to_install(tmp_path):
    path = tmp_path / "map.bcf"
    path.write_bytes(BCF)
    with pytest.raises(RefusedFileError, match=r"Bruker composite file.*[Ii]nstall the plug-in pelletry-rosettasciio"):
        read_file(path)


def test_an_installed_plug_in_is_asked(tmp_path, plugged):
    plugged(STUB, {"stub-bcf": "pelletry_stub:STUB"})
    path = tmp_path / "map.dat"
    path.write_bytes(BCF)
    (record,) = read_file(path)
    assert (record.technique, record.points, record.origin.format) == ("edx", 200, "stub-bcf")
    (one,) = inspect_paths([path])
    assert (one.status, one.format, one.title) == ("read", "stub-bcf", "a stub")


def test_what_a_plug_in_raises_names_the_file_and_the_plug_in(tmp_path, plugged):
    plugged(STUB, {"stub-bcf": "pelletry_stub:STUB"})
    path = tmp_path / "short.bcf"
    path.write_bytes(BCF[:50])
    with pytest.raises(BrokenFileError, match=r"short\.bcf: the plug-in stub-bcf could not read.*nothing in it"):
        read_file(path)
    path.write_text("worse\n1,2\n3,4\n5,6\n")
    assert read_file(path)[0].origin.format == "table-text"


def test_plug_ins_that_do_not_load_are_told_and_left_out(tmp_path, plugged):
    plugged(STUB, {"a": "pelletry_stub:STUB", "b": "pelletry_stub:NO_FORMAT", "c": "pelletry_stub:MISSING"})
    path = tmp_path / "map.bcf"
    path.write_bytes(BCF)
    with pytest.warns(UserWarning, match="plug-in [bc]") as told:
        (record,) = read_file(path)
    assert record.origin.format == "stub-bcf"
    assert len(told) == 2
    assert str(told[0].message) == "the plug-in b (pelletry_stub:NO_FORMAT) is a int, expected a Format"
    assert str(told[1].message).startswith("the plug-in c (pelletry_stub:MISSING) does not load: AttributeError")


ASK = """
import json, sys
from pelletry.formats.open_file import read_file
from pelletry.core.errors import FormatError
for path in sys.argv[1:]:
    try:
        found = [[r.technique, r.points, None if r.image is None else list(r.image.shape), dict(r.header), list(r.warnings),
                  float(r.columns[1].values.sum()) if r.columns else None, r.origin.format] for r in read_file(path)]
    except FormatError as error:
        found = str(error)
    print(json.dumps(found))
"""
MAKE_EMD = """
import sys, numpy as np
from rsciio.emd import file_writer
axes = [dict(name=n, scale=s, offset=0.0, units="nm", size=k, navigate=False, index_in_array=i) for i, (n, s, k) in enumerate([("y", 2.5, 4), ("x", 2.5, 6)])]
file_writer(sys.argv[1], dict(data=np.arange(24, dtype=np.uint16).reshape(4, 6), axes=axes, metadata={"General": {"title": "pores"}, "Signal": {}}, original_metadata={}))
"""


@pytest.fixture(scope="session")
def with_rosettasciio(tmp_path_factory):
    """Runs a program with RosettaSciIO and the plug-in, as installed by its own list of entry points."""
    python = os.environ.get("PELLETRY_PEERS_PYTHON", "")
    if (
        not python
        or subprocess.run([python, "-c", "import rsciio, h5py, attrs"], check=False, capture_output=True).returncode
    ):
        pytest.skip("PELLETRY_PEERS_PYTHON names no interpreter with RosettaSciIO and h5py")
    entries = (
        (PLUG_IN / "pyproject.toml").read_text().partition('entry-points."pelletry.formats"]\n')[2].partition("\n\n")[0]
    )
    site = tmp_path_factory.mktemp("site")
    told = site / "pelletry_rosettasciio-0.1.0.dist-info"
    told.mkdir()
    (told / "METADATA").write_text("Metadata-Version: 2.1\nName: pelletry-rosettasciio\nVersion: 0.1.0\n")
    (told / "entry_points.txt").write_text(f"[pelletry.formats]\n{entries.replace(chr(34), '')}\n")
    folders = [site, PLUG_IN / "src", Path(registry.__file__).resolve().parents[2]]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(map(str, folders))}

    def run(program: str, *arguments: object) -> list[object]:
        done = subprocess.run(
            [python, "-c", program, *map(str, arguments)],
            check=False,
            env=environment,
            capture_output=True,
            text=True,
            timeout=120,
        )
        assert done.returncode == 0, done.stderr
        return [json.loads(line) for line in done.stdout.splitlines()]

    return run


def test_an_emd_is_read_with_its_scale(tmp_path, with_rosettasciio):
    path = tmp_path / "picture.emd"
    with_rosettasciio(MAKE_EMD, path)
    (((technique, _, shape, header, _, _, name),),) = with_rosettasciio(ASK, path)
    assert (technique, shape, name, header["pixel size"]) == ("microscopy", [4, 6], "emd", "2.5e-09 m")
    path.rename(path.with_name("other.h5"))
    (((_, _, shape, *_),),) = with_rosettasciio(ASK, tmp_path / "other.h5")
    assert shape == [4, 6]


def test_real_composite_files_and_a_spectrum(raw_data, with_rosettasciio):
    folder = raw_data("edx", "hyperspy+rosettasciio")
    names = ("over16bit.bcf", "16x16_12bit_packed_8bit.bcf", "bcf-edx-ebsd.bcf", "met03.EDS")
    small, square, tilted, jeol = with_rosettasciio(ASK, *(folder / name for name in names))
    assert [one[0] for one in small] == ["microscopy", "edx"]
    assert small[1][3]["summed"] == "3 x 4 spectra"
    assert small[1][3]["pixel size"] == "0.0005158871769 m"
    assert next(one[2] for one in square if one[2]) == [16, 16]
    assert square[-1][3]["pixel size"] == "9.664975729e-07 m"
    assert (square[-1][1], square[-1][3]["beam energy"]) == (2048, "20 keV")
    assert tilted[0][3]["pixel size"] == "not set"
    assert "not square" in tilted[0][4][0]
    assert [one[0] for one in jeol] == ["edx"]
    assert (jeol[0][1], jeol[0][3]["live time"], jeol[0][6]) == (2048, "30 s", "jeol-eds")


def test_a_damaged_composite_file_is_refused_with_a_sentence(tmp_path, with_rosettasciio):
    path = tmp_path / "broken.bcf"
    path.write_bytes(BCF)
    (said,) = with_rosettasciio(ASK, path)
    assert said.startswith(f"{path.as_posix()}: the plug-in bruker-bcf could not read the file (")
