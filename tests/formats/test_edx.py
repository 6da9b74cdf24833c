"""EDX spectra: the energy axis of each format, what is not set stays so, and broken ones say where."""

from __future__ import annotations

import numpy as np
import pytest

from pelletry.core.errors import BrokenFileError, FormatError, RefusedFileError
from pelletry.formats.inspect import inspect_paths
from pelletry.formats.open_file import read_file

SPX = """<?xml version="1.0" encoding="WINDOWS-1252" standalone="yes"?>
<TRTSpectrum>
  <ClassInstance Type="TRTSpectrum" Name="pellet µ">
    <TRTHeaderedClass>
      <ClassInstance Type="TRTSpectrumHardwareHeader"><RealTime>40000</RealTime><LifeTime>25000</LifeTime></ClassInstance>
      <ClassInstance Type="TRTDetectorHeader"><Type>XFlash 6|30</Type></ClassInstance>
      <ClassInstance Type="TRTESMAHeader"><PrimaryEnergy>1.5E1</PrimaryEnergy><ElevationAngle>-1</ElevationAngle></ClassInstance>
    </TRTHeaderedClass>
    <ClassInstance Type="TRTSpectrumHeader">
      <Date>4.3.2018</Date><Time>10:6:4</Time><ChannelCount>5</ChannelCount><CalibAbs>-4.7E-1</CalibAbs><CalibLin>1E-2</CalibLin>
    </ClassInstance>
    <Channels>0,3,1,0,7</Channels>
    <ClassInstance Type="TRTResult" Name="Results"><Result><Atom>40</Atom><XLine>L-Serie</XLine></Result></ClassInstance>
    <ChildClassInstances>
      <ClassInstance Type="TRTSpectrum" Name="Background"><Channels>0,0.5,0.25,0,1</Channels></ClassInstance>
    </ChildClassInstances>
  </ClassInstance>
</TRTSpectrum>
"""


def written(tmp_path, text: str, encoding: str = "cp1252", name: str = "a.dat"):
    path = tmp_path / name
    path.write_bytes(text.encode(encoding))
    return path


def test_a_spx_file_gives_the_spectrum_and_its_background(tmp_path):
    measured, background = read_file(written(tmp_path, SPX))
    assert (measured.technique, measured.points, measured.header["spectrum"]) == ("edx", 5, "pellet µ")
    np.testing.assert_allclose(measured.values("Energy"), [-0.47, -0.46, -0.45, -0.44, -0.43], rtol=1e-12)
    np.testing.assert_array_equal(measured.column("Counts").values, [0, 3, 1, 0, 7])
    assert measured.column("Counts").values.dtype == np.int64
    assert (measured.header["real time"], measured.header["live time"]) == ("40 s", "25 s")
    assert measured.header["beam energy"] == "15 keV"
    assert measured.header["Detector Type"] == "XFlash 6|30"
    assert measured.header["result 40"] == "XLine=L-Serie"
    assert measured.not_set == ("ElevationAngle",)
    assert "elevation angle" not in measured.header
    assert measured.origin.acquired_at == "2018-03-04T10:06:04"
    np.testing.assert_array_equal(background.column("Counts").values, [0, 0.5, 0.25, 0, 1])
    assert background.warnings == ("the energy axis is not calibrated",)
    assert background.columns[0].name == "Channel"


@pytest.mark.parametrize(
    ("old", "new", "error", "message"),
    [
        (
            "<TRTSpectrum>\n",
            '<!DOCTYPE a [<!ENTITY b "c">]>\n<TRTSpectrum>\n',
            RefusedFileError,
            "document type or entities",
        ),
        ("0,3,1,0,7", "0,3,x,0,7", BrokenFileError, "channel 2 of the spectrum 'pellet µ' holds 'x'"),
        ("<Channels>0,3,1,0,7</Channels>", "", BrokenFileError, "the spectrum 'pellet µ' has no channels"),
        ("</ClassInstance>\n</TRTSpectrum>", "", BrokenFileError, r"a\.dat:18: the XML is not well formed"),
        ('Type="TRTSpectrum"', 'Type="Other"', BrokenFileError, "the file holds no spectrum"),
        ("0,3,1,0,7", ",".join(["1"] * (2**20 + 1)), RefusedFileError, "1048577 channels"),
        ("<RealTime>", "<a>" * 300, BrokenFileError, "more than 200 deep"),
    ],
)
def test_broken_spx_files_say_what_is_wrong(tmp_path, old, new, error, message):
    with pytest.raises(error, match=message):
        read_file(written(tmp_path, SPX.replace(old, new)))


def test_channels_that_the_header_announces_and_the_file_lacks_are_said(tmp_path):
    record = read_file(written(tmp_path, SPX.replace(">5<", ">6<")))[0]
    assert record.warnings == ("the header announces 6 channels, the file holds 5",)


ESPRIT = """Bruker Nano GmbH Berlin, Germany
Esprit 1.9

Date: 5/21/2013 3:58:49 PM
Real time: 15082
Life time: 14979
Primary energy: 15
Beam current: -1
Take off angle: 35
Calibration, lin.: 5
Calibration, abs.: -475.6
Channels: 4

Energy Counts
-0.4756 0
-0.4706 2
-0.4656 5
-0.4606 1
"""
GERMAN = """Bruker Nano GmbH Berlin, Germany
Esprit 1.9

Primärenergie: 15
Kalibrierung, lin.: 5
Kanäle: 3

Energie Impulse
-0,4756 0
-0,4706 2
-0,4656 5
"""


def test_esprit_text_in_english(tmp_path):
    (record,) = read_file(written(tmp_path, ESPRIT))
    assert (record.technique, record.points) == ("edx", 4)
    assert (record.columns[0].name, record.columns[0].unit) == ("Energy", "keV")  # 5 eV a channel, rows 0.005 apart
    np.testing.assert_array_equal(record.values("Counts"), [0, 2, 5, 1])
    assert (record.header["live time"], record.header["beam energy"]) == ("14.979 s", "15 keV")
    assert record.not_set == ("Beam current",)
    assert record.origin.acquired_at == "2013-05-21T15:58:49"


def test_esprit_text_in_german_latin_1_with_decimal_commas(tmp_path):
    (record,) = read_file(written(tmp_path, GERMAN, "latin-1"))
    assert [(c.name, c.unit) for c in record.columns] == [("Energie", "keV"), ("Impulse", "")]
    np.testing.assert_array_equal(record.values("Energie"), [-0.4756, -0.4706, -0.4656])
    assert record.header["Primärenergie"] == "15"
    assert record.header["beam energy"] == "15 keV"


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("Channels: 4", "Channels: 4096", r"a\.dat:18: the header announces 4096 channels and 4 rows follow"),
        ("-0.4706 2", "-0.4706 two", r"a\.dat:16: the row holds '-0\.4706 two'"),
        ("Energy Counts\n", "", "the line of names is missing"),
    ],
)
def test_broken_esprit_texts_name_the_line(tmp_path, old, new, message):
    with pytest.raises(BrokenFileError, match=message):
        read_file(written(tmp_path, ESPRIT.replace(old, new)))


def test_esprit_units_that_do_not_fit_the_calibration_stay_open(tmp_path):
    (record,) = read_file(written(tmp_path, ESPRIT.replace("lin.: 5", "lin.: 10")))
    assert record.columns[0].unit == ""
    assert record.warnings == ("the rows are 0.005 apart and the calibration says 10 eV: the unit is open",)


EMSA = """#FORMAT      : EMSA/MAS Spectral Data File
#VERSION     : 1.0
#TITLE       : LATP pellet
#DATE        : 01-OCT-1991
#TIME        : 12:00
#NPOINTS     : 5.
#NCOLUMNS    : 2.
#XUNITS      : eV
#YUNITS      : Counts
#DATATYPE    : Y
#XPERCHAN    : 10.0
#OFFSET      : -20.0
#SIGNALTYPE  : EDS
#BEAMKV   -kV: 15.0
#LIVETIME  -s: 100.0
#SPECTRUM    : Spectral Data Starts Here
1., 2.,
3., 4.,
5.,
#ENDOFDATA   : End Of Data and File
"""


def test_emsa_computes_its_axis_from_offset_and_width(tmp_path):
    (record,) = read_file(written(tmp_path, EMSA))
    assert (record.technique, record.name) == ("edx", "LATP pellet")
    np.testing.assert_array_equal(record.values("Energy"), [-20, -10, 0, 10, 20])
    np.testing.assert_array_equal(record.values("Counts"), [1, 2, 3, 4, 5])
    assert record.columns[0].unit == "eV"
    assert (record.header["beam energy"], record.header["live time"]) == ("15 keV", "100 s")
    assert record.origin.acquired_at == "1991-10-01T12:00:00"


def test_emsa_pairs_are_taken_as_they_are(tmp_path):
    text = EMSA.replace("DATATYPE    : Y", "DATATYPE    : XY").replace("NPOINTS     : 5.", "NPOINTS     : 2.")
    text = text.replace("1., 2.,\n3., 4.,\n5.,", "0.5 1\n0.7 2")
    (record,) = read_file(written(tmp_path, text))
    np.testing.assert_array_equal(record.values("Energy"), [0.5, 0.7])
    np.testing.assert_array_equal(record.values("Counts"), [1, 2])


def test_other_emsa_spectra_are_no_edx(tmp_path):
    assert read_file(written(tmp_path, EMSA.replace("EDS", "ELS")))[0].technique == ""


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("5.,\n#ENDOFDATA   : End Of Data and File\n", "", r"a\.dat:18: the file ends after 4 of 5 points"),
        ("3., 4.", "3., four", r"a\.dat:18: 'four' is not a number"),
        ("#SPECTRUM", "#SPECTRE", "the spectrum is missing"),
    ],
)
def test_broken_emsa_files_name_the_line(tmp_path, old, new, message):
    with pytest.raises(BrokenFileError, match=message):
        read_file(written(tmp_path, EMSA.replace(old, new)))


def test_real_spx_files_have_the_counts_that_an_independent_program_finds(raw_data):
    # Channels, sum of counts, first energy, width: read with rosettasciio 0.15.
    expected = {
        "extracted_from_bcf.spx": (1548, 4413, -0.47225, 0.01),
        "bruker_m6_jetstream_file_example.spx": (4096, 1090697, -0.95550444, 0.009999),
    }
    for name, (channels, total, first, width) in expected.items():
        record = read_file(raw_data("edx", "hyperspy+rosettasciio", name))[0]
        energy = record.values("Energy")
        assert (record.points, int(record.column("Counts").values.sum())) == (channels, total)
        assert energy[0] == pytest.approx(first, rel=1e-12)
        np.testing.assert_allclose(np.diff(energy), width, rtol=1e-9)


def test_formats_left_to_plug_ins_are_refused_with_what_to_do(raw_data):
    for one in inspect_paths([raw_data("edx", "hyperspy+rosettasciio")]):
        if one.path.endswith(".spx"):
            assert (one.status, one.technique) == ("read", "edx")
        else:
            assert (one.status, one.technique) == ("refused", "edx")
            assert "nstall the plug-in pelletry-rosettasciio (RosettaSciIO, under the GPL, reads it)" in (
                one.reason or ""
            )


@pytest.mark.parametrize("text", [SPX, ESPRIT, GERMAN, EMSA], ids=["spx", "esprit", "german", "emsa"])
def test_damaged_spectra_raise_nothing_but_format_errors(tmp_path, text):
    content = text.encode("latin-1")
    dice = np.random.default_rng(3)
    for _ in range(80):
        damaged = bytearray(content)
        for place in dice.integers(0, len(content), dice.integers(1, 8)):
            damaged[place] = int(dice.choice([*b"\t\n,.-E09 <>", int(dice.integers(256))]))
        path = tmp_path / "a"
        path.write_bytes(damaged[: int(dice.integers(30, len(content) + 1))])
        try:
            records = read_file(path)
        except FormatError:
            continue
        assert len(records) >= 1
