"""Real files as other programs read them: xrayutilities, yadg, rosettasciio, pyimpspec, in an interpreter of their own.

Their licences forbid importing them here, so PELLETRY_PEERS_PYTHON names an interpreter that has them; it is started once and writes what it
reads as arrays. Without it, and for files that a program cannot read, there is nothing to compare. galvani, fairmat-readers-xrd and vamas are in the tests of
their formats.
"""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import numpy as np
import pytest

from pelletry.core.errors import FormatError
from pelletry.formats.open_file import read_file
from pelletry.formats.twins import spectrum_of

SCRIPT = """
import sys, warnings, logging
from pathlib import Path
import numpy as np
warnings.simplefilter("ignore"); logging.disable(logging.CRITICAL)
root, out = Path(sys.argv[1]), Path(sys.argv[2])
found = []
def keep(program, path, index, **arrays):
    name = f"{len(found)}.npz"
    np.savez(out / name, **{key: np.asarray(value) for key, value in arrays.items()})
    found.append("\\t".join((name, program, str(path), str(index))))
def each(program, patterns, read):
    for path in sorted({p for pattern in patterns for p in root.rglob(pattern)}):
        try:
            for index, arrays in enumerate(read(path)):
                keep(program, path, index, **arrays)
        except BaseException as error:
            found.append("\\t".join(("", program, str(path), type(error).__name__)))
def xrdml(path):
    import xrayutilities as xu
    for scan in xu.io.XRDMLFile(str(path)).scans:
        d = scan.ddict
        yield dict(counts=d["counts"], rate=d["detector"], time=d["countTime"], angle=d.get("2Theta", []))
def spx(path):
    import rsciio.bruker
    for one in rsciio.bruker.file_reader(str(path)):
        axis = one["axes"][0]
        yield dict(counts=one["data"], energy=axis["offset"] + axis["scale"] * np.arange(axis["size"]))
def eclab(path):
    import yadg
    tree = yadg.extractors.extract("eclab" + path.suffix, path)
    data = tree.ds if "uts" in tree.ds.coords or tree.ds.data_vars else None
    yield {k.replace("/", "|"): v.values for k, v in data.data_vars.items() if v.ndim == 1 and v.dtype.kind in "iuf" and "std_err" not in k}
def spectra(path):
    import pyimpspec
    for one in pyimpspec.parse_data(str(path)):
        yield dict(f=one.get_frequencies(), z=one.get_impedances())
each("xrayutilities", ["*.xrdml", "*.xrdml.gz", "*.xrdml.bz2"], xrdml)
each("rosettasciio", ["*.spx"], spx)
each("yadg", ["*.mpr", "*.mpt"], eclab)
each("pyimpspec", ["*.z", "*.DTA", "*.dfr", "*.i2b", "*.ids", "*.mpt", "data*.csv"], spectra)
(out / "index.txt").write_text("\\n".join(found), encoding="utf-8")
"""


@pytest.fixture(scope="module")
def read_by_others(tmp_path_factory):
    """(program, path, index in the file) -> the arrays that the program reads."""
    python = os.environ.get("PELLETRY_PEERS_PYTHON", "")
    root = os.environ.get("PELLETRY_RAW_DATA", "")
    beside = Path(__file__).resolve().parents[3] / "shared" / "data" / "raw"
    root = root or (str(beside) if beside.is_dir() else "")
    if not python or not root:
        pytest.skip(
            "PELLETRY_PEERS_PYTHON names no interpreter with the other programs, or the real files are not here"
        )
    folder = tmp_path_factory.mktemp("peers")
    subprocess.run([python, "-c", SCRIPT, root, str(folder)], check=True, capture_output=True, timeout=300)
    lines = [line.split("\t") for line in (folder / "index.txt").read_text(encoding="utf-8").splitlines()]
    return {
        (program, Path(path), int(index)): dict(np.load(folder / name)) for name, program, path, index in lines if name
    }


def of(read_by_others, program):
    return [(path, index, arrays) for (one, path, index), arrays in read_by_others.items() if one == program]


def test_xrayutilities_reads_the_same_counts_and_angles(read_by_others):
    compared = 0
    for path, index, theirs in of(read_by_others, "xrayutilities"):
        records = read_file(path)
        record = records[index]
        ours = record.values(record.header["intensity column"])
        if theirs["rate"].ndim == 2:  # it stacks the lines of a mesh, which are records here
            ours = np.stack([one.values(one.header["intensity column"]) for one in records])
        if record.column("counts") is not None and theirs["counts"].size:
            np.testing.assert_array_equal(ours, theirs["counts"], err_msg=path.name)
        else:  # it divides by the time per step
            seconds = theirs["time"][:, None] if theirs["rate"].ndim == 2 and theirs["time"].ndim else theirs["time"]
            np.testing.assert_allclose(ours, theirs["rate"] * seconds, rtol=1e-9, atol=1e-9, err_msg=path.name)
        if theirs["angle"].size == record.points and record.column("2Theta") is not None:
            np.testing.assert_allclose(record.values("2Theta"), theirs["angle"], rtol=1e-9, err_msg=path.name)
        compared += 1
    assert compared >= 20


def test_rosettasciio_reads_the_same_spectra(read_by_others):
    compared = 0
    for path, index, theirs in of(read_by_others, "rosettasciio"):
        record = read_file(path)[index]
        np.testing.assert_array_equal(record.columns[-1].values, theirs["counts"])
        factor = {"keV": 1.0, "eV": 1e-3}[record.columns[0].unit]
        np.testing.assert_allclose(record.columns[0].values * factor, theirs["energy"], rtol=1e-6, atol=1e-9)
        compared += 1
    assert compared >= 2


def test_yadg_reads_the_same_columns(read_by_others):
    files = columns = 0
    for path, _, theirs in of(read_by_others, "yadg"):
        if path.name == "gcpl.issue_149.mpt":
            continue  # it drops the decimal comma of 6,09E-010
        try:
            records = read_file(path)
        except FormatError:
            continue
        shared = (
            {c.name for r in records for c in r.columns} & {name.replace("|", "/") for name in theirs}
            if records
            else set()
        )
        for name in sorted(shared):
            ours = np.concatenate([r.values(name) for r in records if r.column(name) is not None])
            other = theirs.get(name, theirs.get(name.replace("/", "|")))
            if len(ours) != len(other) or name in ("I Range", "x"):
                continue  # it makes one row where there is none, orders spectra in its own way, and cuts x to whole numbers
            if len(records) > 1:  # spectra and the rows between them are records of their own
                ours, other = np.sort(ours), np.sort(other)
            usable = np.isfinite(ours) & np.isfinite(other)
            np.testing.assert_allclose(
                ours[usable], other[usable], rtol=2e-6, atol=1e-12, err_msg=f"{path.name}: {name}"
            )
            columns += 1
        files += bool(shared)
    assert files >= 20
    assert columns >= 200


def test_pyimpspec_reads_the_same_spectra(read_by_others):
    compared = 0
    for path, index, theirs in of(read_by_others, "pyimpspec"):
        try:
            records = [r for r in read_file(path) if r.technique == "impedance"]
        except FormatError:
            continue
        order = np.argsort(-theirs["f"], kind="stable")
        spectra = [s for r in records if (s := spectrum_of(r)) is not None and s[0].size == order.size]
        if not spectra:
            continue  # it leaves points out, or joins what we keep apart
        f, z = spectra[min(index, len(spectra) - 1)]
        if np.allclose(f, theirs["f"][order], rtol=1e-6):
            np.testing.assert_allclose(z, theirs["z"][order], rtol=1e-6, err_msg=path.name)
            compared += 1
    assert compared >= 12
