"""VAMAS: real files against CasaXPS' own exports and an independent reader; hand-made files in each broken variant."""

from __future__ import annotations

import json
import random

import numpy as np
import pytest

from pelletry.core.errors import BrokenFileError, FormatError, RefusedFileError
from pelletry.formats.casaxps import casaxps_of_comment
from pelletry.formats.open_file import read_file

FAIRMAT, LG4X, CHEMINFO = "FAIRmat-NFDI+pynxtools-xps", "Julian-Hochhaus+LG4X-V2", "cheminfo+xps-analysis"
REAL = {
    (FAIRMAT, "FeO_analyzed.vms"): [1121],
    (FAIRMAT, "regular.vms"): [1351],
    (FAIRMAT, "irregular.vms"): [1351],
    (LG4X, "0-150W.vms"): [1206, 601, 251, 301, 251],
    ("hidecode221b+LG4X", "0-150W.vms"): [1206, 601, 251, 301, 251],
    (CHEMINFO, "cellulose_fitted_following_briggs.vms"): [1151, 241, 201, 801],
    (CHEMINFO, "multiplex.vms"): [1206, 91, 91],
    ("gkerherve+KherveFitting", "Pt4f.vms"): [281],
}


def block(
    *, values="7\n1\n8\n2\n9\n1\n", count=6, comment="", date="2020\n9\n3\n16\n20\n21\n2", regular=True, extra="0\n"
) -> str:
    """One block of an XPS survey with a transmission column, every entry in its place."""
    lines = comment.count("\n")
    abscissa = "Kinetic energy\neV\n1000\n0.5\n" if regular else ""
    return (
        f"C 1s\nLZP pellet\n{date}\n{lines}\n{comment}XPS\n12.5\nAl (mono)\n1486.69\n225\n1E+37\n1E+37\n1E+37\n1E+37\nFAT\n20\n"
        f"1E+37\n4.5\n0\n1E+37\n1E+37\n1E+37\n1E+37\nC\n1s\n-1\n{abscissa}2\nIntensity\nd\nTransmission\nd\npulse counting\n0.2\n5\n0\n"
        f"1E+37\n1E+37\n1E+37\n{extra}{count}\n0\n1\n0\n1\n{values}"
    )


def vamas(
    *blocks: str, scan="REGULAR", mode="NORM\n", inclusion="0\n", regions="1\n", before="", announced=None
) -> str:
    return (
        f"{before}VAMAS Surface Chemical Analysis Standard Data Transfer Format 1988 May 4\nlab\nspectrometer\nme\nrun 7\n1\na comment\n"
        f"{mode}{scan}\n{regions}1\nEtch time\ns\n{inclusion}0\n0\n0\n{announced or len(blocks)}\n{''.join(blocks)}end of experiment\n"
    )


@pytest.mark.parametrize("where", REAL)
def test_real_files_open_with_all_points(raw_data, where):
    records = read_file(raw_data("xps_vamas", *where))
    assert [record.points for record in records] == REAL[where]
    assert all(record.technique == "xps" and record.warnings == () for record in records)
    for record in records:
        binding = record.values(record.header["binding energy column"])
        assert -20 < binding.min() < binding.max() < 1400
        assert record.column(record.header["intensity column"]) is not None
        assert float(record.header["source energy (eV)"]) == pytest.approx(1486.6, abs=0.2)


def test_a_file_of_54_blocks_opens_whole(raw_data):
    records = read_file(raw_data("xps_vamas", CHEMINFO, "assigned.vms"))
    assert (len(records), sum(record.points for record in records)) == (54, 13872)
    fitted = [json.loads(r.header["casaxps"]) for r in records if "casaxps" in r.header]
    text = raw_data("xps_vamas", CHEMINFO, "assigned.vms").read_text()
    assert sum(len(info["regions"]) for info in fitted) == text.count("CASA region ") > 10
    assert sum(len(info["components"]) for info in fitted) == text.count("CASA comp ") > 50
    assert not any(record.warnings for record in records)


@pytest.mark.parametrize(
    ("index", "name"),
    [(1, "NiWNi2p_Ni2p"), (2, "NiWO1s_O1s"), (3, "NiWC1s_C1s"), (4, "NiWW4f_W4f")],
)
def test_each_block_is_the_export_of_that_region(raw_data, index, name):
    """The text exports hold binding energies and counts; the work function of -4.5 eV of the file plays no part in them."""
    record = read_file(raw_data("xps_vamas", LG4X, "0-150W.vms"))[index]
    export = np.loadtxt(raw_data("xps_vamas", LG4X, f"0-150W_{name}.txt"), skiprows=1)
    np.testing.assert_allclose(record.values("Binding Energy"), export[:, 0], atol=1e-9)
    np.testing.assert_array_equal(record.values("Intensity"), export[:, 1])
    assert (record.header["whole counts"], record.header["work function (eV)"]) == ("yes", "-4.5")


def test_counts_and_energies_are_those_casaxps_exports(raw_data):
    (record,) = read_file(raw_data("xps_vamas", FAIRMAT, "FeO_analyzed.vms"))
    lines = raw_data("xps_vamas", FAIRMAT, "FeO_analyzed_lineshapes_cols.txt").read_text().splitlines()
    table = np.array([[float(cell) for cell in line.split("\t") if cell.strip()] for line in lines[8:]])
    np.testing.assert_allclose(record.values("Kinetic Energy"), table[:, 0], rtol=1e-6)
    np.testing.assert_allclose(record.values("Intensity"), table[:, 1], rtol=1e-6)
    np.testing.assert_allclose(record.values("Binding Energy"), table[:, 8], atol=1e-4)
    seconds = float(record.header["time per point (s)"])
    np.testing.assert_allclose(record.values("Intensity") / seconds, table[:, 9], rtol=1e-6)


def test_components_are_those_casaxps_prints_above_its_columns(raw_data):
    (record,) = read_file(raw_data("xps_vamas", FAIRMAT, "FeO_analyzed.vms"))
    info = json.loads(record.header["casaxps"])
    lines = raw_data("xps_vamas", FAIRMAT, "FeO_analyzed_lineshapes_cols.txt").read_text().splitlines()
    printed = {line.split("\t")[0]: [c for c in line.split("\t")[1:] if c] for line in lines[2:7]}
    components = info["components"]
    assert [c["line_shape"] for c in components] == printed["Lineshape"]
    assert [f"{c['position']['binding_eV']:.2f}" for c in components] == printed["Position"]
    assert [f"{c['fwhm']['value']:.2f}" for c in components] == printed["FWHM"]
    assert [c["area"]["value"] for c in components] == pytest.approx([float(a) for a in printed["Area"]], abs=0.0051)
    (region,) = info["regions"]
    assert (region["background"], region["background_parameters"]) == ("U 3 Tougaard", [335.44588, 551, 436, 3])
    assert (region["start_binding_eV"], region["end_binding_eV"], region["rsf"]) == (749.08919, 699.8468, 16.42)
    assert components[2]["position"]["tied_to"] is None  # "-1 -13": the offset is a leftover


def test_constraints_hold_among_the_values_they_tie(raw_data):
    """What is written as factor x another component, or another component + offset, is so in the numbers of the file."""
    tied = {"area": 0, "fwhm": 0, "position": 0}
    for record in read_file(raw_data("xps_vamas", CHEMINFO, "assigned.vms")):
        components = json.loads(record.header.get("casaxps", '{"components": []}'))["components"]
        for one in components:
            for key in tied:
                entry = one[key]
                if entry["tied_to"] is None:
                    continue
                other = components[entry["tied_to"]][key]["value"]
                expected = other + entry["offset_eV"] if key == "position" else other * entry["factor"]
                assert entry["value"] == pytest.approx(expected, rel=1e-6)
                tied[key] += 1
    assert min(tied.values()) >= 10


def test_positions_are_on_the_calibrated_scale(raw_data):
    """The highest point of S 2p, plus the shift, is where the main component lies; without the shift it is 3.6 eV away."""
    seen = 0
    for record in read_file(raw_data("xps_vamas", CHEMINFO, "assigned.vms")):
        info = json.loads(record.header.get("casaxps", "{}"))
        if "S 2p" not in record.header["region"] or not info.get("components"):
            continue
        highest = record.values("Binding Energy")[np.argmax(record.values("Intensity"))]
        main = max(info["components"], key=lambda one: one["area"]["value"])
        assert main["position"]["binding_eV"] == pytest.approx(highest + info["calibration_shift_eV"], abs=0.2)
        assert abs(info["calibration_shift_eV"]) > 3
        seen += 1
    assert seen == 6


def test_regular_and_irregular_are_the_same_spectrum(raw_data):
    """One file holds counts of 0.1 s, the other calls its values counts per second."""
    (counts,) = read_file(raw_data("xps_vamas", FAIRMAT, "regular.vms"))
    (rate,) = read_file(raw_data("xps_vamas", FAIRMAT, "irregular.vms"))
    assert (counts.header["intensity unit"], rate.header["intensity unit"]) == ("counts", "counts/s")
    np.testing.assert_allclose(counts.values("Binding Energy"), rate.values("Binding Energy"), atol=1e-9)
    np.testing.assert_allclose(counts.values("counts") / 0.1, rate.values("Intensity"), rtol=1e-5)
    np.testing.assert_array_equal(counts.values("Transmission"), rate.values("transmission"))


def test_an_independent_reader_sees_the_same_blocks(raw_data):
    oracle = pytest.importorskip("vamas")
    for owner, name in [(FAIRMAT, "regular.vms"), (CHEMINFO, "multiplex.vms"), (CHEMINFO, "assigned.vms")]:
        path = raw_data("xps_vamas", owner, name)
        records, theirs = read_file(path), oracle.Vamas(str(path)).blocks
        assert len(records) == len(theirs)
        for record, one in zip(records, theirs, strict=True):
            values = one.corresponding_variables
            energy = one.x_start + one.x_step * np.arange(len(values[0].y_values))
            np.testing.assert_allclose(record.columns[0].values, energy, rtol=1e-12)
            for variable in values:
                np.testing.assert_array_equal(record.values(variable.label), variable.y_values)
            assert float(record.header["sweeps"]) == one.num_scans_to_compile_block
            assert float(record.header["dwell (s)"]) == one.signal_collection_time
            assert float(record.header["pass energy (eV)"]) == one.analyzer_pass_energy_or_retard_ratio_or_mass_res
            assert (record.header["region"], record.header["sample"]) == (one.block_identifier, one.sample_identifier)


def test_a_block_says_everything_it_knows(reads):
    (record,) = reads("a.npl", vamas(block(), before="\n\n"))
    assert (record.name, record.technique, record.points) == ("C 1s, LZP pellet", "xps", 3)
    assert [(c.name, c.unit, c.values.tolist()) for c in record.columns] == [
        ("Kinetic energy", "eV", [1000, 1000.5, 1001]),
        ("Binding Energy", "eV", [1486.69 - 1000, 1486.69 - 1000.5, 1486.69 - 1001]),
        ("Intensity", "", [7, 8, 9]),
        ("Transmission", "", [1, 2, 1]),
    ]
    assert record.origin.acquired_at == "2020-09-03T16:20:21+02:00"
    expected = {
        "source": "Al (mono)", "source energy (eV)": "1486.69", "source power (W)": "225", "pass energy (eV)": "20",
        "work function (eV)": "4.5", "dwell (s)": "0.2", "sweeps": "5", "time per point (s)": "1", "Etch time": "12.5 s",
        "energy scale": "kinetic", "intensity unit": "counts", "transmission column": "Transmission", "whole counts": "yes",
        "comment": "a comment", "operator": "me",
    }  # fmt: skip
    assert {key: record.header.get(key) for key in expected} == expected
    assert "source azimuth (deg)" not in record.header  # 1E+37 is "not given"


def test_without_a_source_energy_there_are_no_binding_energies(reads):
    (record,) = reads("a.vms", vamas(block().replace("1486.69", "1E+37")))
    assert [c.name for c in record.columns] == ["Kinetic energy", "Intensity", "Transmission"]
    assert record.warnings == ("the file does not state the energy of its source: binding energies are withheld",)


def test_entries_left_out_of_later_blocks_come_from_the_first(reads):
    """An exclusion list of the date (1 to 7), the source (12, 14) and the pass energy (22), and the same as an inclusion list."""
    second = (
        block(date="")
        .replace("LZP pellet\n\n", "LZP pellet\n")
        .replace("Al (mono)\n1486.69\n", "")
        .replace("FAT\n20\n", "FAT\n")
    )
    left_out = (1, 2, 3, 4, 5, 6, 7, 12, 14, 22)
    exclusion = f"-{len(left_out)}\n" + "".join(f"{n}\n" for n in left_out)
    kept = [n for n in range(1, 41) if n not in left_out]
    inclusion = f"{len(kept)}\n" + "".join(f"{n}\n" for n in kept)
    for listed in (exclusion, inclusion):
        first, other = reads("a.vms", vamas(block(), second, inclusion=listed))
        assert other.header == first.header
        assert other.origin.acquired_at == first.origin.acquired_at
        assert other.values("Intensity").tolist() == [7, 8, 9]


def test_an_irregular_block_carries_its_own_energies(reads):
    text = block(regular=False, count=6, values="10\n7\n11\n8\n13\n9\n").replace(
        "Intensity\nd\nTransmission", "Kinetic Energy\neV\nIntensity"
    )
    (record,) = reads("a.vms", vamas(text, scan="IRREGULAR"))
    assert record.columns[0].values.tolist() == [10, 11, 13]
    assert record.values("Intensity").tolist() == [7, 8, 9]
    assert record.values("Binding Energy").tolist() == [1476.69, 1475.69, 1473.69]


def test_values_with_decimal_commas_or_in_one_line_are_read(reads):
    (commas,) = reads("a.vms", vamas(block(values="7,5\n1\n8\n2\n9\n1\n")))
    (line,) = reads("b.vms", vamas(block(values="7.5 1 8\n2 9 1\n")))
    assert commas.values("Intensity").tolist() == line.values("Intensity").tolist() == [7.5, 8, 9]


def test_other_techniques_are_not_called_xps(reads):
    (record,) = reads("a.vms", vamas(block().replace("XPS\n", "UPS\n")))
    assert (record.technique, record.header["technique"]) == ("", "UPS")


BROKEN = {
    "cut in the values": (vamas(block()).rpartition("9\n1\nend")[0], r"a\.vms:\d+: 6 values are announced, the file ends after 4"),
    "cut in the header": (vamas(block())[:200], r"a\.vms:\d+: the file ends where "),
    "a word among the values": (vamas(block(values="7\n1\nx\n2\n9\n1\n")), r"a\.vms:\d+: 'x' stands among the values"),
    "nan": (vamas(block(values="7\n1\nnan\n2\n9\n1\n")), r"a\.vms:\d+: value 3 of 6 is not finite"),
    "too many announced": (vamas(block(count=600)), r"a\.vms:\d+: 'end' stands among the values"),
    "odd values for two variables": (vamas(block(count=5)), r"5 values cannot be shared by 2 variables"),
    "no experiment mode": (vamas(block(), mode="NORMAL\n"), r"a\.vms:8: 'NORMAL' is no experiment mode; expected one of MAP"),
    "no scan mode": (vamas(block(), scan="FAST"), r"a\.vms:9: 'FAST' is no scan mode"),
    "a missing line": (vamas(block().replace("FAT\n", "")), r"a\.vms:\d+: 'C' stands where the take-off azimuth should be; expected a number"),
    "absurd blocks": (vamas(block(), announced=10**8), r"a\.vms:18: the number of blocks is 100000000, but \d+ lines are left"),
    "absurd comment": (vamas(block()).replace("run 7\n1\n", "run 7\n99999\n"), r"a\.vms:6: the number of comment lines is 99999"),
    "a list beyond the entries": (vamas(block(), inclusion="1\n41\n"), r"a\.vms:15: 41 is no entry of a block"),
    "blocks missing": (vamas(block(), announced=2), r"a\.vms:\d+: '' stands|a\.vms:\d+: the file ends where"),
}  # fmt: skip


@pytest.mark.parametrize("what", BROKEN)
def test_broken_files_are_named_with_their_line(reads, what):
    text, message = BROKEN[what]
    with pytest.raises(BrokenFileError, match=message):
        reads("a.vms", text)


def test_maps_without_an_abscissa_are_refused(reads):
    with pytest.raises(RefusedFileError, match="the scan mode is 'MAPPING': images without an abscissa are not read"):
        reads("a.vms", vamas(block(regular=False), scan="MAPPING"))


CASA = [
    "Casa Info Follows", "3", "Calib M = 282.4 A = 286.8 BE ADD", "Calib M = 285.1 A = 284 BE ADD", "Sm SG D(2) P(5)", "1",
    "annot comps v2315 Display 0.05 0.2  RGB(0,0,0)", "", "1",
    "CASA region (*C 1s*) (*Shirley*) 1188.25 1203.5 1 4 0 0 79.7 -1450 0 0 (*NoTag*) 12.011 0 1", "2",
    "CASA comp (*C-C*) (*GL(30)*) Area 100 1e-020 7e5 -1 1 MFWHM 1.5 0.26 6.5 -1 1 Position 1198 1189 1199 -1 1 RSF 1 MASS 12.011 INDEX -1 (*C 1s*) CONST (*x*) UNCORRECTEDRSF 2",
    "CASA comp (*C=O*) (*LA(1,2,3)*) Area 50 0 1 0 0.5 MFWHM 1.5 0 1 0 1 Position 1194 0 0 0 -4 RSF 1 MASS 12.011 INDEX -1 (*C 1s*) CONST (**) UNCORRECTEDRSF 1",
    "the instrument's own words", "CASA comp is not for us",
]  # fmt: skip


def test_the_json_of_casaxps_is_what_the_docstring_says():
    info, warnings = casaxps_of_comment(CASA, source_eV=1486.6)
    assert warnings == ()
    assert info["calibration_shift_eV"] == pytest.approx(4.4 - 1.1)
    assert info["calibrations"][1] == {
        "measured_eV": 285.1, "actual_eV": 284, "scale": "BE", "mode": "ADD", "text": "Calib M = 285.1 A = 284 BE ADD",
    }  # fmt: skip
    assert info["other"] == ["Sm SG D(2) P(5)", "annot comps v2315 Display 0.05 0.2  RGB(0,0,0)"]
    assert info["regions"] == [
        {
            "name": "C 1s", "background": "Shirley", "start_eV": 1188.25, "end_eV": 1203.5, "rsf": 1, "average_width": 4,
            "start_offset": 0, "end_offset": 0, "background_parameters": [79.7, -1450, 0, 0], "tag": "NoTag", "atomic_mass": 12.011,
            "uncorrected_rsf": 1, "start_binding_eV": pytest.approx(298.35), "end_binding_eV": pytest.approx(283.1),
        }
    ]  # fmt: skip
    assert info["components"] == [
        {
            "name": "C-C", "line_shape": "GL(30)", "area": {"value": 100, "minimum": 1e-20, "maximum": 7e5, "tied_to": None},
            "fwhm": {"value": 1.5, "minimum": 0.26, "maximum": 6.5, "tied_to": None},
            "position": {"value": 1198, "minimum": 1189, "maximum": 1199, "tied_to": None, "binding_eV": pytest.approx(288.6)},
            "rsf": 1, "atomic_mass": 12.011, "index": -1, "uncorrected_rsf": 2, "tag": "C 1s", "constraint": "x",
        },
        {
            "name": "C=O", "line_shape": "LA(1,2,3)", "area": {"value": 50, "minimum": 0, "maximum": 1, "tied_to": 0, "factor": 0.5},
            "fwhm": {"value": 1.5, "minimum": 0, "maximum": 1, "tied_to": 0, "factor": 1},
            "position": {"value": 1194, "minimum": 0, "maximum": 0, "tied_to": 0, "offset_eV": -4, "binding_eV": pytest.approx(292.6)},
            "rsf": 1, "atomic_mass": 12.011, "index": -1, "uncorrected_rsf": 1, "tag": "C 1s", "constraint": "",
        },
    ]  # fmt: skip


def test_a_calibration_over_a_range_has_no_known_shift():
    comment = [line.replace("M = 282.4 A", "M = 282.4,283.5 A") for line in CASA]
    info, _ = casaxps_of_comment(comment, source_eV=None)
    assert info["calibration_shift_eV"] is None
    assert "Calib M = 282.4,283.5 A = 286.8 BE ADD" in info["other"]
    assert "binding_eV" not in info["components"][0]["position"]


def test_a_component_that_is_not_understood_is_missed_aloud(reads):
    comment = "\n".join(CASA).replace("MFWHM 1.5 0 1", "MFWHM wide") + "\n"
    (record,) = reads("a.vms", vamas(block(comment=comment)))
    assert record.warnings == ("CasaXPS announces 1 regions and 2 components in this block, 1 and 1 were understood",)
    (cut,) = reads("b.vms", vamas(block(comment="Casa Info Follows\n0\n0\n")))
    assert cut.warnings == ("the comment of CasaXPS ends before its regions and components",)


def test_damaged_files_are_read_or_refused(written, tmp_path):
    text = vamas(block(comment="\n".join(CASA) + "\n"), block(regular=True), inclusion="-1\n3\n").replace(
        "LZP pellet\n2020\n9\n3\n", "LZP pellet\n2020\n9\n3\n", 1
    )
    chance = random.Random(11)
    for _ in range(400):
        content = bytearray(text.encode())
        for _ in range(chance.randint(1, 6)):
            at = chance.randrange(len(content))
            what = chance.randrange(4)
            if what == 0:
                content[at] ^= 1 << chance.randrange(8)
            elif what == 1:
                del content[at : at + chance.randint(1, 40)]
            elif what == 2:
                content[at:at] = content[at : at + chance.randint(1, 40)] * 3
            else:
                content[at : at + 1] = chance.choice([b"99999999999", b"-7", b"1e400", b"nan", b"\n"])
        refusal, records = None, ()
        try:
            records = read_file(written("a.vms", bytes(content)), root=tmp_path)
        except FormatError as error:
            refusal = str(error)
        assert refusal is None or "a.vms" in refusal
        assert all(len({len(column.values) for column in record.columns}) <= 1 for record in records)


def test_experiments_one_behind_the_other_and_no_last_line(reads):
    one = vamas(block())
    (alone,) = reads("a.vms", one)
    records = reads("b.vms", one + one)
    assert [record.origin.record for record in records] == [0, 1]
    np.testing.assert_array_equal(records[1].columns[-1].values, alone.columns[-1].values)
    assert len(reads("c.vms", one.replace("end of experiment\n", ""))) == 1
