"""PHI, SPECS and Scienta spectra: the real PHI files, and files made by hand after public descriptions."""

from __future__ import annotations

import random
import struct

import numpy as np
import pytest

from pelletry.core.errors import BrokenFileError, FormatError, RefusedFileError
from pelletry.formats.open_file import read_file

PHI = ("xps_phi", "FAIRmat-NFDI+pynxtools-xps")


def phi(
    *,
    regions="1 1 C1s 6 3 -0.5000 290.0000 289.0000 289.5 289.1 0.200000 55.00 AREA",
    points=3,
    cycles=2,
    kind=b"f4",
    size=None,
    end="EOFH\r\n",
    count=None,
) -> bytes:
    """A depth profile of one region and its sputter times."""
    values = np.arange(points * cycles, dtype="<f4") * 5 + 100
    times = np.arange(cycles, dtype="<f4") * 30
    head = (
        "SOFH\r\nPlatform: PC\r\nTechnique: XPS\r\nFileDesc: (1, LZP pellet)\r\nAcqFileDate: 2024 1 22\r\nAnalyserWorkFcn: 4.506 eV\r\n"
        f"AnalyserMode: FAT\r\nNoSpectralReg: 1\r\nSpectralRegDef: {regions}\r\nXraySource: Al 1486.6 mono\r\nXrayPower: 25.5 W\r\n{end}"
    )
    begin = 16 + 2 * 96

    def entry(number, region, what, shape, unit, length, offset):
        return struct.pack(
            "<8I4sI4sIII4sIII4s5I",
            number,
            1,
            1,
            region,
            what,
            *shape,
            1,
            b"pnt",
            0,
            b"cyc",
            0,
            0,
            0,
            unit,
            0,
            0,
            0,
            kind,
            length,
            offset,
            0,
            0,
            0,
        )

    entries = entry(1, 1, 1, (points, cycles), b"c/s", values.nbytes if size is None else size, begin)
    entries += entry(2, 0, 8, (cycles, 1), b"s", times.nbytes, begin + values.nbytes)
    number = 2 if count is None else count
    return head.encode() + struct.pack("<4I", 1, number, number * 96, 16) + entries + values.tobytes() + times.tobytes()


def test_the_real_survey_opens_with_all_points(raw_data):
    (record,) = read_file(raw_data(*PHI, "SnO2_10nm.spe"))
    assert (record.name, record.technique, record.points) == ("Su1s", "xps", 1751)
    assert record.values("Binding Energy")[[0, -1]].tolist() == pytest.approx([1400, 0])
    assert record.origin.acquired_at == "2024-01-22"
    expected = {
        "pass energy (eV)": "224",
        "work function (eV)": "4.506",
        "source energy (eV)": "1486.6",
        "sample": "SnO2_10nm",
    }
    assert {key: record.header[key] for key in expected} == expected


def test_the_real_profile_opens_with_all_regions_and_cycles(raw_data):
    *spectra, profile = read_file(raw_data(*PHI, "SnO2_10nm_1.pro"))
    assert [record.points for record in spectra] == [1751] * 21 + [101] * 63
    assert [r.header["sputter time (s)"] for r in spectra[:21]] == [str(30 * i) for i in range(21)]
    assert {r.header["region"] for r in spectra} == {"Su1s", "C1s", "Si2p", "Sn3d5"}
    assert (profile.technique, profile.points, len(profile.columns)) == ("", 21, 8)
    assert profile.values("sputter time, C1s").tolist() == [30.0 * i for i in range(21)]


@pytest.mark.parametrize("name", ["SnO2_10nm.spe", "SnO2_10nm_1.pro"])
def test_rates_by_the_time_per_point_are_whole_counts(raw_data, name):
    """What was counted is whole: the time per point is that of the file for every region and cycle."""
    for record in read_file(raw_data(*PHI, name)):
        if record.technique:
            counts = record.values("Intensity") * float(record.header["time per point (s)"])
            np.testing.assert_allclose(counts, np.rint(counts), rtol=2e-7, atol=1e-4)


def place_of_peak(record, low: float, high: float) -> float:
    """The top of the parabola through the five points about the highest one of a window."""
    energy, rate = record.values("Binding Energy"), record.values("Intensity")
    at = np.flatnonzero((energy >= low) & (energy <= high))
    top = at[np.argmax(rate[at])]
    a, b, _ = np.polyfit(energy[top - 2 : top + 3], rate[top - 2 : top + 3], 2)
    return -b / (2 * a)


def test_distances_of_peaks_are_those_of_tin_oxide(raw_data):
    """Sn 3d3/2 - 3d5/2 is 8.41 eV in the handbooks, Sn 3d5/2 of SnO2 - C 1s 201.9 eV; the file itself is not charge corrected."""
    spectra = {r.name: r for r in read_file(raw_data(*PHI, "SnO2_10nm_1.pro"))}
    tin = spectra["Sn3d5, cycle 1"]
    low, high = place_of_peak(tin, 482, 489), place_of_peak(tin, 490, 498)
    assert high - low == pytest.approx(8.41, abs=0.05)
    assert low - place_of_peak(spectra["C1s, cycle 1"], 279, 297) == pytest.approx(201.9, abs=0.2)


def test_a_profile_made_by_hand(reads):
    first, second, profile = reads("a.pro", phi())
    assert (first.name, second.name) == ("C1s, cycle 1", "C1s, cycle 2")
    assert [c.values.tolist() for c in second.columns] == [[290.0, 289.5, 289.0], [115, 120, 125]]
    assert (second.header["sputter time (s)"], second.header["cycle"], second.header["sample"]) == (
        "30",
        "2",
        "LZP pellet",
    )
    assert (second.header["time per point (s)"], second.header["source power (W)"]) == ("0.2", "25.5")
    assert profile.columns[0].values.tolist() == [0, 30]


BROKEN_PHI = {
    "no end of the header": (phi(end="EOF\r\n"), "the header does not end; expected a line EOFH"),
    "cut in the values": (phi()[:-20], r"3 points in 2 cycles should lie in 24 bytes|2 points in 1 cycles should lie"),
    "cut behind the header": (phi()[: phi().index(b"EOFH") + 10], "the file ends before its values"),
    "absurd count": (phi(count=40_000_000), "40000000 spectra are announced"),
    "another size": (phi(size=20), "3 points in 2 cycles should lie in 20 bytes"),
    "another type": (phi(kind=b"x9"), "the values are of type 'x9'; expected f4 or f8"),
    "a region that is not understood": (phi(regions="1 1 C1s 6 three -0.5"), r"a\.spe:9: the region '1 1 C1s 6 three -0.5' is not understood"),
    "other points in the definition": (phi(points=4), "the spectrum of region 1 has 4 points, the region is defined with 3 points"),
    "nan": (phi().replace(struct.pack("<f", 120), b"\0\0\xc0\x7f"), r"a\.spe: byte \d+: value 5 of 6 is not finite"),
    "no definition": (phi().replace(b"SpectralRegDef: 1", b"SpectralRegDef: 2"), "region 1 has 3 points, the region is not defined"),
}  # fmt: skip


@pytest.mark.parametrize("what", BROKEN_PHI)
def test_broken_phi_files_are_named(reads, what):
    content, message = BROKEN_PHI[what]
    with pytest.raises(BrokenFileError, match=message):
        reads("a.spe", content)


PRODIGY = """# Created by:        SpecsLab Prodigy, Version 4.100.1-r111001
#
# XY-Serializer Export Settings:
#   Comment Prefix:           #
#   Energy Axis:              {axis} Energy
#   Count Rate:               Counts per Second
#   Separate Scan Data:       yes
#   Transmission Function:    yes
#
# Group:                        LZP pellet
#
# Region:                       P 2p
# Acquisition Date:             08/24/23 14:19:47 UTC
# Analysis Method:              XPS
# Values/Curve:                 3
# Dwell Time:                   0.1
# Excitation Energy:            1486.61
# Pass Energy:                  20
# Eff. Workfunction:            4.1082
# Scan Mode:                    FixedAnalyzerTransmission
# Number of Scans:              2

# Cycle: 0, Curve: 0, Scan: 0
#
# ColumnLabels:                 energy counts/s transmission
#
135    100.5  2.5
134.5  200    2.4
134    150    2.3

# Cycle: 0, Curve: 0, Scan: 1
#
# ColumnLabels:                 energy counts/s transmission
#
135    101  2.5
134.5  201  2.4
134    151  2.3
"""
SPECSLAB2 = """# Created by:        SpecsLab2, Version 2.77-r27212
#
#   Counts Per Second:        no
#   Kinetic Energy Axis:      yes
#   Separate Scan Data:       no
#
# Group:             Si_sub
#
# values in kinetic energy
# Region:            survey
# Analysis Method:   XPS
# Number of Scans:   5
# Dwell Time:        0.15
# Excitation Energy: 1400

# Cycle: 0, Curve: 0
#
# ColumnLabels: energy counts scaling
#
100  8974  1
101  8422  1
"""


def test_each_scan_of_prodigy_is_a_record(reads):
    first, second = reads("a.xy", PRODIGY.format(axis="Binding"))
    assert first.name == "P 2p, cycle 0, curve 0, scan 0"
    assert [(c.name, c.unit) for c in first.columns] == [
        ("energy", "eV"),
        ("counts/s", "counts/s"),
        ("transmission", ""),
    ]
    assert second.values("counts/s").tolist() == [101, 201, 151]
    expected = {
        "region": "P 2p", "sample": "LZP pellet", "source energy (eV)": "1486.61", "pass energy (eV)": "20", "dwell (s)": "0.1",
        "sweeps": "1", "time per point (s)": "0.1", "work function (eV)": "4.1082", "binding energy column": "energy", "energy scale": "binding",
        "intensity unit": "counts/s", "transmission column": "transmission",
    }  # fmt: skip
    assert {key: first.header.get(key) for key in expected} == expected
    assert first.origin.acquired_at == "2023-08-24T14:19:47"


def test_the_axis_of_a_specs_export_is_the_one_it_names(reads):
    kinetic, _ = reads("a.xy", PRODIGY.format(axis="Kinetic"))
    np.testing.assert_allclose(kinetic.values("Binding Energy"), 1486.61 - np.array([135, 134.5, 134]))
    (old,) = reads("b.xy", SPECSLAB2)
    assert old.values("Binding Energy").tolist() == [1300, 1299]
    assert (old.header["intensity unit"], old.header["sweeps"], old.header["time per point (s)"]) == (
        "counts",
        "5",
        "0.75",
    )


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (("134    150    2.3\n\n", "\n"), r"a\.xy:27: the region announces 3 values a curve, the table has 2"),
        (("134.5  200    2.4", "134.5  2oo    2.4"), r"a\.xy:28: '134.5  2oo    2.4' is no row of numbers"),
        (("134.5  200    2.4", "134.5  200"), r"a\.xy:28: the row has 2 numbers; expected 3"),
        (("134.5  200    2.4", "134.5  inf    2.4"), r"a\.xy:28: .* holds a number that is not finite"),
    ],
)
def test_broken_specs_exports_are_named_with_their_line(reads, change, message):
    with pytest.raises(BrokenFileError, match=message):
        reads("a.xy", PRODIGY.format(axis="Binding").replace(*change, 1))


def test_a_specs_export_without_a_table_is_broken(reads):
    with pytest.raises(BrokenFileError, match="the export holds no table"):
        reads("a.xy", PRODIGY.partition("# Cycle")[0])


SHIFTS = (-1.0, 0.0, 1.0)  # in steps, at a pass energy of 50 eV and steps of 0.5 eV: shift = steps / 100


def specs_xml(*, points=4, head=1, tail=1, counts=None, doctype="", gain=1) -> str:
    """Three channels that all see the same spectrum, each its shift ahead of the middle one."""
    truth = np.array([[10, 20, 40, 80, 160, 320], [20, 40, 80, 160, 320, 640], [40, 80, 160, 320, 640, 1280]]).T
    numbers = truth.ravel() if counts is None else counts
    detectors = "".join(
        f'<struct type_name="Detector"><double name="shift">{s / 100}</double><double name="gain">{gain}</double></struct>'
        for s in SHIFTS
    )
    return f"""<?xml version="1.0"?>
{doctype or "<!DOCTYPE any [<!ELEMENT any (any)?><!ATTLIST any name NMTOKEN #IMPLIED>]>"}
<any version="1.6"><sequence length="1" type_id="IDL:specs.de/Serializer/RegionGroupSeq:1.0" type_name="RegionGroupSeq">
<struct type_name="RegionGroup"><string name="name">LZP</string><sequence name="regions" type_name="RegionDataSeq">
<struct type_name="RegionData"><string name="name">Zr 3d</string><struct name="region" type_name="RegionDef">
<string name="analysis_method">XPS</string><ulong name="values_per_curve">{points}</ulong><double name="dwell_time">0.1</double>
<double name="scan_delta">0.5</double><double name="excitation_energy">1253.6</double><double name="kinetic_energy">1068</double>
<double name="pass_energy">50</double><double name="effective_workfunction">4.37</double></struct>
<ulong name="mcd_head">{head}</ulong><ulong name="mcd_tail">{tail}</ulong>
<struct name="analyzer_info" type_name="AnalyzerInfo"><sequence name="detectors" type_name="DetectorSeq">{detectors}</sequence></struct>
<sequence name="cycles" type_name="CycleSeq"><struct type_name="Cycle"><ulong name="time">1643415878</ulong>
<sequence name="scans" type_name="ScanSeq"><struct type_name="ScanData"><sequence name="counts" type_name="CountsSeq"><ulong type_name="Counts">
{chr(10).join(map(str, numbers))}
</ulong></sequence></struct></sequence></struct></sequence>
<sequence name="transmission" type_name="DoubleSeq"><double>4 3 2 1</double></sequence></struct></sequence></struct></sequence></any>
"""


def test_channels_of_specs_are_summed_where_they_see_the_same_energy(reads):
    """Channel 3 sees +0.5 eV, so its row 0 belongs to step 0; channel 1 sees -0.5 eV: its row 2 does."""
    (record,) = reads("a.xml", specs_xml())
    assert (record.name, record.technique, record.origin.format) == ("Zr 3d", "xps", "specs-xml")
    assert record.values("counts").tolist() == [3 * 40, 3 * 80, 3 * 160, 3 * 320]
    assert record.values("Kinetic Energy").tolist() == [1068, 1068.5, 1069, 1069.5]
    np.testing.assert_allclose(record.values("Binding Energy"), 1253.6 - record.values("Kinetic Energy"))
    assert record.values("transmission").tolist() == [4, 3, 2, 1]
    assert (record.header["sample"], record.header["sweeps"], record.header["intensity unit"]) == ("LZP", "1", "counts")
    assert record.origin.acquired_at == "2022-01-29T00:24:38+00:00"
    assert record.warnings == ()


def test_gains_are_not_applied_in_silence(reads):
    (record,) = reads("a.xml", specs_xml(gain=1.1))
    assert record.warnings == ("the channels have different gains, which are not applied",)


@pytest.mark.parametrize(
    ("content", "error", "message"),
    [
        (specs_xml(counts=range(17)), BrokenFileError, r"the scan has 17 counts; expected 18: 4 points, head 1 and tail 1 for 3 channels"),
        (specs_xml().replace("160\n", "16o\n"), BrokenFileError, r"a\.xml:12: the sequence 'counts' holds what is no finite number"),
        (specs_xml(head=0, tail=2), BrokenFileError, "channel 3 is shifted by 1 steps; expected -2 to 0"),
        (specs_xml(points=0), BrokenFileError, "the definition of the region is not complete"),
        (specs_xml()[:-30], BrokenFileError, r"a\.xml:\d+: the XML is not well formed"),
        (specs_xml(doctype='<!DOCTYPE any [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]>'), RefusedFileError, r"a\.xml:2: the XML declares an entity"),
        (specs_xml(doctype='<!DOCTYPE any SYSTEM "file:///etc/passwd">'), RefusedFileError, "the XML declares an external document type"),
        (specs_xml(doctype='<!DOCTYPE any [<!ATTLIST any name CDATA "x">]>'), RefusedFileError, "the XML declares a default for an attribute"),
        (specs_xml(doctype='<!DOCTYPE any [<!ENTITY % p SYSTEM "http://a/b">%p;]>'), RefusedFileError, "the XML declares an entity"),
        (specs_xml().replace("<any version", "<a>" * 70 + "<any version"), BrokenFileError, "elements are nested more than 60 deep"),
        (specs_xml().replace("<ulong name=\"mcd_head", "<a/>" * 3000 + "<ulong name=\"mcd_head"), RefusedFileError, "the XML has more than 2000 elements"),
    ],
)  # fmt: skip
def test_broken_and_hostile_specs_xml_is_named(reads, content, error, message):
    with pytest.raises(error, match=message):
        reads("a.xml", content)


SCIENTA = """[Info]
Number of Regions=0001
Version=1.3.1

[Region 1]
Region Name=Ag3d
Dimension 1 name={axis} Energy [eV]
Dimension 1 size=3
Dimension 1 scale=382 381.95 381.9
{more}
[Info 1]
Region Name=Ag3d
Pass Energy=50
Number of Sweeps=2
Excitation Energy=520
Energy Unit=Kinetic
Step Time=203
Sample=Ag
Date=2023-03-08
Time=15:24:35

[Data 1]
 3.82000000000000E+0002  1.5E+0001{tail}
 3.81950000000000E+0002  1.6E+0001{tail}
 3.81900000000000E+0002  1.7E+0001{tail}
"""


def test_a_scienta_export_is_read(reads):
    (record,) = reads("a.txt", SCIENTA.format(axis="Binding", more="", tail=""))
    assert (record.name, record.technique, record.origin.format) == ("Ag3d", "xps", "scienta-text")
    assert [(c.name, c.unit, c.values.tolist()) for c in record.columns] == [
        ("Binding Energy", "eV", [382, 381.95, 381.9]),
        ("Intensity", "", [15, 16, 17]),
    ]
    expected = {
        "pass energy (eV)": "50",
        "sweeps": "2",
        "dwell (s)": "0.203",
        "time per point (s)": "0.406",
        "source energy (eV)": "520",
        "sample": "Ag",
    }
    assert {key: record.header.get(key) for key in expected} == expected
    assert "intensity unit" not in record.header
    assert record.origin.acquired_at == "2023-03-08T15:24:35"


def test_slices_of_a_scienta_export_are_columns(reads):
    more = "Dimension 2 name=Y-Scale [deg]\nDimension 2 size=2\nDimension 2 scale=-1.5 1.5\n"
    (record,) = reads("a.txt", SCIENTA.format(axis="Kinetic", more=more, tail="  7.0"))
    assert [c.name for c in record.columns] == [
        "Kinetic Energy",
        "Binding Energy",
        "Intensity at -1.5 deg",
        "Intensity at 1.5 deg",
    ]
    assert record.values("Binding Energy").tolist() == pytest.approx([138, 138.05, 138.1])


@pytest.mark.parametrize(
    ("content", "error", "message"),
    [
        (SCIENTA.format(axis="Binding", more="", tail="")[:-36], BrokenFileError, r"a\.txt:23: the region announces 3 points, the data have 2 rows"),
        (SCIENTA.format(axis="Binding", more="", tail="").replace("1.6E+0001", "1.6E+0001 3"), BrokenFileError, r"a\.txt:24: the row has 3 numbers; expected 2"),
        (SCIENTA.format(axis="Binding", more="Dimension 2 size=9\n", tail=" 1"), BrokenFileError, r"a\.txt:24: the row has 3 numbers; expected 10"),
        (SCIENTA.format(axis="Binding", more="Dimension 3 size=4\n", tail=" 1"), RefusedFileError, "the region has a third dimension"),
        (SCIENTA.format(axis="Binding", more="Dimension 2 size=99999999\n", tail=""), RefusedFileError, "the region has 99999999 slices"),
        (SCIENTA.partition("[Data 1]")[0], BrokenFileError, r"the file holds no data; expected a section \[Data 1\]"),
    ],
)  # fmt: skip
def test_broken_scienta_exports_are_named(reads, content, error, message):
    with pytest.raises(error, match=message):
        reads("a.txt", content)


FILES = {
    "a.pro": phi(),
    "a.xy": PRODIGY.format(axis="Kinetic").encode(),
    "b.xy": SPECSLAB2.encode(),
    "a.xml": specs_xml().encode(),
    "a.txt": SCIENTA.format(axis="Kinetic", more="Dimension 2 size=2\n", tail=" 1").encode(),
}


@pytest.mark.parametrize("name", FILES)
def test_damaged_files_are_read_or_refused(written, tmp_path, name):
    chance = random.Random(name)
    for _ in range(200):
        content = bytearray(FILES[name])
        for _ in range(chance.randint(1, 6)):
            at, what = chance.randrange(len(content)), chance.randrange(5)
            if what == 0:
                content[at] ^= 1 << chance.randrange(8)
            elif what == 1:
                del content[at : at + chance.randint(1, 40)]
            elif what == 2:
                content[at:at] = content[at : at + chance.randint(1, 60)] * 2
            elif what == 3:
                content[at : at + 1] = chance.choice([b"99999999999", b"-7", b"1e400", b"nan", b"1e308"])
            else:
                content[at : at + 4] = chance.choice([b"\xff\xff\xff\xff", b"\0\0\0\0", b"\xff\xff\xff\x7f"])
        refusal, records = None, ()
        try:
            records = read_file(written(name, bytes(content)), root=tmp_path)
        except FormatError as error:
            refusal = str(error)
        assert refusal is None or name in refusal
        assert all(len({len(column.values) for column in record.columns}) <= 1 for record in records)
