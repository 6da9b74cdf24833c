"""Real EC-Lab files: right number of points, twins of one run agree, and galvani (where it can read) sees the same columns."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from pelletry.core.errors import FormatError
from pelletry.core.record import Record
from pelletry.formats import biologic_files, biologic_mpr, biologic_mpt
from pelletry.formats.rawfile import RawFile

FORMATS = (biologic_mpr.FORMAT, *biologic_mpt.FORMATS, *biologic_files.FORMATS)

#: File -> (records, points, technique of the first record). Points counted from the headers of the files themselves.
EXPECTED = {
    "cycling/be-smith+navani/jdb11-1_c3_gcpl_5cycles_2V-3p8V_C-24_data_C09.mpr": (1, 46102, "cycling"),
    "cycling/datalab-org+datalab-app-plugin-insitu/*prerun_C05.mpr": (1, 15, "impedance"),
    "cycling/datalab-org+datalab-app-plugin-insitu/*_01_GCPL_C05.mpr": (1, 109, "cycling"),
    "cycling/datalab-org+datalab-app-plugin-insitu/*_02_GEIS_C05.mpr": (45, 405, "impedance"),
    "cycling/datalab-org+datalab-app-plugin-insitu/*_03_GCPL_C05.txt": (1, 76807, "cycling"),
    "mpr_eis/battery-data-alliance+battery-data-format/PEIS-0.mpr": (1, 60, "impedance"),
    "mpr_eis/dgbowl+yadg/geis.issue_149.mpr": (4, 84, "impedance"),
    "mpr_eis/dgbowl+yadg/peis.issue_149.mpr": (4, 84, "impedance"),
    "mpr_eis/dgbowl+yadg/peis.issue_225.no_ece.mpr": (1, 32, "impedance"),
    "mpr_eis/dgbowl+yadg/peis.mpr": (1, 32, "impedance"),
    "mpr_eis/dgbowl+yadg/zir.mpr": (1, 1, "impedance"),
    "mpr_eis/jdhuang-csm+hybrid-drt/PEIS_LPSCl_IonBlocking_-25C.mpr": (1, 79, "impedance"),
    "mpr_eis/jdhuang-csm+hybrid-drt/Sample1_PEIS_EndOfDischarge.mpr": (1, 86, "impedance"),
    "mpr_gcpl/battery-data-alliance+battery-data-format/GCPL-0.mpr": (1, 4, "cycling"),
    "mpr_gcpl/battery-data-alliance+battery-data-format/MB-0.mpr": (1, 2, "cycling"),
    "mpr_gcpl/battery-data-alliance+battery-data-format/MB-1.mpr": (1, 13, "cycling"),
    "mpr_gcpl/cheminfo+biologic-converter/cp.mpt": (1, 121, "cycling"),
    "mpr_gcpl/dgbowl+yadg/cp.issue_149.mpr": (1, 44, "cycling"),
    "mpr_gcpl/dgbowl+yadg/cp.issue_61.mpr": (1, 312, "cycling"),
    "mpr_gcpl/dgbowl+yadg/cp.mpr": (1, 121, "cycling"),
    "mpr_gcpl/dgbowl+yadg/cp.mpt": (1, 121, "cycling"),
    "mpr_gcpl/dgbowl+yadg/gcpl.issue_149.mpt": (1, 132, "cycling"),
    "mpr_gcpl/dgbowl+yadg/gcpl.issue_211.mpr": (1, 2767, "cycling"),
    "mpr_gcpl/dgbowl+yadg/gcpl.issue_226.CxN.mpt": (1, 15, "cycling"),
    "mpr_gcpl/dgbowl+yadg/gcpl.issue_226.I.mpt": (1, 15, "cycling"),
    "mpr_gcpl/dgbowl+yadg/gcpl.issue_230.mpr": (1, 19025, "cycling"),
    "mpr_gcpl/dgbowl+yadg/gcpl.pr_182.1.mpr": (1, 2533, "cycling"),
    "mpr_gcpl/jdhuang-csm+hybrid-drt/CP_SSB.mpr": (1, 30208, "cycling"),
    "mpr_gcpl/jdhuang-csm+hybrid-drt/CP_SSB.txt": (1, 30208, "cycling"),
    "mpr_gcpl/jepegit+cellpy/biol.mpr": (6, 23561, "impedance"),
    "mpt_eis/cheminfo+biologic-converter/geis.mpt": (62, 2528, "impedance"),
    "mpt_eis/cheminfo+biologic-converter/zir.mpt": (1, 1, "impedance"),
    "mpt_eis/dgbowl+yadg/geis.issue_149.mpt": (4, 84, "impedance"),
    "mpt_eis/dgbowl+yadg/peis.issue_225.ewe_ece.mpt": (1, 32, "impedance"),
    "mpt_eis/dgbowl+yadg/peis.issue_225.with_ece.mpt": (1, 32, "impedance"),
    "mpt_eis/dgbowl+yadg/zir.mpt": (1, 1, "impedance"),
    "mpt_eis/jdhuang-csm+hybrid-drt/PEIS_LPSCl_IonBlocking_-25C.txt": (1, 79, "impedance"),
}
REFUSED = {
    "eis_other/ECSHackWeek+impedance_py/exampleDataBioLogic_MissingFreq.mpt": "the line has 18 cells, but there are 17 headings",
}
#: Binary file and text export of one run, found by start, channel and serial number.
TWINS = (
    ("mpr_eis/dgbowl+yadg/geis.issue_149.mpr", "mpt_eis/dgbowl+yadg/geis.issue_149.mpt"),
    ("mpr_eis/dgbowl+yadg/zir.mpr", "mpt_eis/dgbowl+yadg/zir.mpt"),
    ("mpr_eis/dgbowl+yadg/zir.mpr", "mpt_eis/cheminfo+biologic-converter/zir.mpt"),
    (
        "mpr_eis/jdhuang-csm+hybrid-drt/PEIS_LPSCl_IonBlocking_-25C.mpr",
        "mpt_eis/jdhuang-csm+hybrid-drt/PEIS_LPSCl_IonBlocking_-25C.txt",
    ),
    ("mpr_gcpl/dgbowl+yadg/cp.mpr", "mpr_gcpl/dgbowl+yadg/cp.mpt"),
    ("mpr_gcpl/dgbowl+yadg/cp.mpr", "mpr_gcpl/cheminfo+biologic-converter/cp.mpt"),
    ("mpr_gcpl/jdhuang-csm+hybrid-drt/CP_SSB.mpr", "mpr_gcpl/jdhuang-csm+hybrid-drt/CP_SSB.txt"),
)
#: Cells that an export blanks and the binary file does not: EC-Lab prints -1 (distortion, noise) and 0 (harmonics) where it
#: thinks little of the quality of a point, and one export of a public collection has zeros for most potentials.
BLANKED = {
    "geis.issue_149.mpt": {"THD ": -1.0, "NSD ": -1.0, "NSR ": -1.0, "|Ewe h": 0.0, "|I h": 0.0},
    "biologic-converter/cp.mpt": {"<Ewe>": 0.0},
}
#: The same quantity under another heading in the export.
SAME = {"R": "Rwe", "P": "Pwe", "dQ": "dq"}


def _path(raw_data: Callable[..., Path], pattern: str) -> Path:
    folder, _, name = pattern.rpartition("/")
    found = sorted(raw_data(*folder.split("/")).glob(name))
    if not found:
        pytest.skip(f"{pattern} is not in the folder of real instrument files")
    return found[0]


def _read(path: Path) -> tuple[Record, ...]:
    raw = RawFile.open(path)
    (claim,) = [format for format in FORMATS if format.can_read(raw)]
    return tuple(claim.read(raw))


def _joined(records: tuple[Record, ...], name: str) -> np.ndarray:
    return np.concatenate([record.values(name) for record in records])


@pytest.mark.parametrize("pattern", EXPECTED)
def test_the_file_opens_with_the_right_number_of_records_and_points(
    raw_data: Callable[..., Path], pattern: str
) -> None:
    records = _read(_path(raw_data, pattern))
    assert (len(records), sum(r.points for r in records), records[0].technique) == EXPECTED[pattern]
    assert not [w for r in records for w in r.warnings if "differs" in w or "not known" in w]


@pytest.mark.parametrize("pattern", REFUSED)
def test_a_file_that_cannot_be_trusted_is_refused_with_a_sentence(raw_data: Callable[..., Path], pattern: str) -> None:
    with pytest.raises(FormatError, match=REFUSED[pattern]):
        _read(_path(raw_data, pattern))


@pytest.mark.parametrize(("binary", "text"), TWINS)
def test_binary_file_and_export_of_one_run_agree(raw_data: Callable[..., Path], binary: str, text: str) -> None:
    ours, exported = _read(_path(raw_data, binary)), _read(_path(raw_data, text))
    assert [r.points for r in ours] == [r.points for r in exported]
    assert ours[0].header["acquisition key"] == exported[0].header["acquisition key"]
    assert ours[0].header["acquisition part"] == exported[0].header["acquisition part"]
    names = {c.name for c in exported[0].columns}
    compared = 0
    for column in ours[0].columns:
        twin = column.name if column.name in names else SAME.get(column.name, "")
        if twin not in names:
            continue
        a, b = _joined(ours, column.name), _joined(exported, twin)
        shown = _not_blanked(text, column.name, b)
        np.testing.assert_allclose(a[shown], b[shown], rtol=1e-6, atol=1e-300, err_msg=column.name)
        compared += bool(shown.any())
    assert compared >= 5


def _not_blanked(text: str, name: str, exported: np.ndarray) -> np.ndarray:
    for file, marks in BLANKED.items():
        for start, mark in marks.items():
            if text.endswith(file) and name.startswith(start):
                return exported != mark
    return np.ones(len(exported), dtype=bool)


def test_the_loops_of_45_galvanostatic_spectra_are_found_without_the_loop_module(raw_data: Callable[..., Path]) -> None:
    path = _path(raw_data, "cycling/datalab-org+datalab-app-plugin-insitu/*_02_GEIS_C05.mpr")
    records = _read(path)
    assert [r.points for r in records] == [9] * 45
    content = path.read_bytes()
    cut = content[: content.rindex(b"MODULEVMP loop")]
    raw = RawFile(path=path, shown="cut.mpr", head=cut[:65536], size_bytes=len(cut))
    object.__setattr__(raw, "_content", cut)
    assert [r.points for r in biologic_mpr.FORMAT.read(raw)] == [9] * 45


def test_sizes_and_parts_of_the_counter_electrode_impedance_fit_together(raw_data: Callable[..., Path]) -> None:
    (record,) = _read(_path(raw_data, "mpr_eis/dgbowl+yadg/peis.mpr"))
    for part in ("Z", "Zce", "Zwe-ce"):
        re, im = record.values(f"Re({part})"), record.values(f"-Im({part})")
        np.testing.assert_allclose(np.hypot(re, im), record.values(f"|{part}|"), rtol=1e-5)
        np.testing.assert_allclose(-np.degrees(np.arctan2(im, re)), record.values(f"Phase({part})"), atol=1e-3)
    total = record.values("Re(Z)") + record.values("Re(Zce)")
    np.testing.assert_allclose(total, record.values("Re(Zwe-ce)"), rtol=1e-4)


def test_charge_power_and_energy_of_cycling_runs_obey_their_definitions(raw_data: Callable[..., Path]) -> None:
    (run,) = _read(_path(raw_data, "cycling/be-smith+navani/jdb11-1_c3_gcpl_5cycles_2V-3p8V_C-24_data_C09.mpr"))
    charge, potential = run.values("(Q-Qo)"), run.values("Ewe")
    np.testing.assert_allclose(np.diff(charge), run.values("dq")[1:], atol=1e-6 * np.ptp(charge))
    with np.errstate(all="ignore"):
        milliwatts = potential * np.gradient(charge, run.values("time")) * 3600
        assert np.nanmedian(run.values("P") / milliwatts) == pytest.approx(1e-3, rel=1e-4)
    rest = _read(_path(raw_data, "mpr_gcpl/jepegit+cellpy/biol.mpr"))[-1]
    charged = np.sum(np.clip(np.diff(rest.values("(Q-Qo)")) * rest.values("Ewe")[1:], 0, None)) / 1000
    assert rest.values("Energy charge").max() == pytest.approx(charged, rel=1e-6)
    assert rest.values("|Energy|").max() == pytest.approx(charged, rel=1e-6)


def test_z_cycle_counts_the_spectra_of_a_modulo_bat_run(raw_data: Callable[..., Path]) -> None:
    spectra = [r for r in _read(_path(raw_data, "mpr_gcpl/jepegit+cellpy/biol.mpr")) if r.technique == "impedance"]
    assert [len(set(r.values("z cycle"))) for r in spectra] == [1] * 5
    assert len({r.values("z cycle")[0] for r in spectra}) == 5


@pytest.mark.parametrize("pattern", [p for p in EXPECTED if p.endswith(".mpr")])
def test_galvani_sees_the_same_columns_where_it_can_read(raw_data: Callable[..., Path], pattern: str) -> None:
    galvani = pytest.importorskip("galvani.BioLogic", reason="galvani, the oracle, is not installed")
    path = _path(raw_data, pattern)
    with warnings.catch_warnings(), path.open("rb") as stream:
        warnings.simplefilter("ignore")
        try:
            theirs = galvani.MPRfile(stream).data
        except (NotImplementedError, ValueError, AssertionError) as error:
            pytest.skip(f"galvani cannot read it: {error}")
    records = _read(path)
    assert sum(r.points for r in records) == len(theirs)
    ours = [c for c in records[0].columns if c.name not in {f.name for f in _flags()}]
    stored = [name for name in theirs.dtype.names if name != "flags"]
    assert len(ours) == len(stored)
    # Points without a frequency come last in ours and in the order of time in theirs.
    order = np.argsort(_joined(records, "time"), kind="stable")
    for column, name in zip(ours, stored, strict=True):
        np.testing.assert_array_equal(_joined(records, column.name)[order], theirs[name].astype(float), err_msg=name)


def _flags() -> tuple[object, ...]:
    from pelletry.formats.biologic_columns import FLAGS

    return tuple(FLAGS.values())
