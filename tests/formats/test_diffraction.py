"""Diffraction readers on the smallest files of each kind: what comes out, what is said, and how broken ones are refused."""

from __future__ import annotations

import bz2
import gzip
import runpy
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from pelletry.core.errors import BrokenFileError, RefusedFileError
from pelletry.formats.open_file import format_of, read_file
from pelletry.formats.rawfile import RawFile

make = SimpleNamespace(**runpy.run_path(str(Path(__file__).with_name("diffraction_files.py"))))
COUNTS = np.array(make.COUNTS, dtype=float)


def _of(record):
    return record.values(record.header["angle column"]), record.values(record.header["intensity column"])


def _temperatures(records):
    return [hint.value for record in records for hint in record.hints if hint.name == "temperature"]


@pytest.mark.parametrize("name", make.FILES)
def test_each_smallest_file_is_read_by_its_own_reader(written, name):
    path = written("scan", make.FILES[name])
    assert format_of(RawFile.open(path)).name == name
    for record in read_file(path):
        angle, intensity = _of(record)
        assert record.technique == "diffraction"
        assert record.header["intensity"]
        assert np.all(np.diff(angle) > 0)
        if name not in ("bruker-eva-xy", "powder-xy", "powder-dat", "bruker-brml"):
            np.testing.assert_array_equal(intensity, COUNTS)


# --- XRDML


def test_schema_1_intensities_and_schema_2_counts_say_what_they_are(reads):
    factors = "<beamAttenuationFactors>1.00 1.00 1.00 188.0 1.00 1.00</beamAttenuationFactors>"
    (new,) = reads("a.xrdml", make.xrdml(extra=factors))
    (old,) = reads("a.xrdml", make.xrdml(version="1.5", extra=factors))
    assert [column.name for column in new.columns] == ["2Theta", "Omega", "counts", "beamAttenuationFactors"]
    assert [column.name for column in old.columns] == ["2Theta", "Omega", "intensities", "beamAttenuationFactors"]
    for record in (new, old):  # nothing is applied in either
        np.testing.assert_array_equal(_of(record)[1], COUNTS)
    assert new.warnings == (
        "points were measured behind an attenuator of factor 188, which is not applied to the counts",
    )
    assert old.warnings == (
        "points were measured behind an attenuator of factor 188, which is already in the intensities",
    )
    assert old.header["intensity"].startswith("counts, already multiplied")
    assert new.header["time per step (s)"] == "2.50"
    assert new.header["wavelength K-alpha1 (Angstrom)"] == "1.5405980"
    assert new.header["position Phi (deg)"] == "30.0"
    assert new.header["divergence slit"] == "Fixed slit 1/4; height 0.38 mm"
    assert new.header["goniometer radius (mm)"] == "240.00"


def test_an_attenuation_factor_for_all_points_is_in_the_header(reads):
    extra = "<commonBeamAttenuationFactor>12.5</commonBeamAttenuationFactor>"
    (record,) = reads("a.xrdml", make.xrdml(extra=extra))
    assert record.header["beam attenuation factor"] == "12.5"
    assert "factor 12.5" in record.warnings[0]


def test_listed_positions_and_equal_steps(reads):
    listed = (
        '<positions axis="2Theta" unit="deg"><listPositions>10 10.1 10.3 10.4 10.5 10.9</listPositions></positions>'
    )
    (record,) = reads("a.xrdml", make.xrdml(points=listed))
    np.testing.assert_array_equal(_of(record)[0], [10, 10.1, 10.3, 10.4, 10.5, 10.9])
    (record,) = reads("a.xrdml", make.xrdml())
    np.testing.assert_allclose(_of(record)[0], 10 + 0.2 * np.arange(6), rtol=0, atol=1e-14)


@pytest.mark.parametrize("pack", [gzip.compress, bz2.compress])
def test_packed_scans_are_the_same(reads, pack):
    (plain,), (packed,) = reads("a.xrdml", make.xrdml()), reads("b.xrdml.x", pack(make.xrdml().encode()))
    np.testing.assert_array_equal(np.array(_of(plain)), np.array(_of(packed)))


def test_a_temperature_series_keeps_its_order_and_its_temperatures(reads):
    text = make.xrdml(scans=0)
    head, tail = text.split("</xrdMeasurement>", 1)
    for celsius in (30, 500, 950, 25):
        values = " ".join(str(celsius + 273.15 + k) for k in (-1, 0, 1))
        points = f'<nonAmbientPoints type="Temperature"><nonAmbientValues unit="Kelvin">{values}</nonAmbientValues></nonAmbientPoints>'
        head += (
            make.xrdml(before=points)
            .partition('<diffractedBeamPath><radius unit="mm">240.00</radius></diffractedBeamPath>\n')[2]
            .partition("</xrdMeasurement>")[0]
        )
    records = reads("a.xrdml", head + "</xrdMeasurement>" + tail)
    assert _temperatures(records) == [303.15, 773.15, 1223.15, 298.15]
    assert [record.header["scan"] for record in records] == ["1 of 4", "2 of 4", "3 of 4", "4 of 4"]
    assert records[1].header["sample temperature (K)"] == "773.15"


def test_an_aborted_scan_is_said_and_one_without_intensities_has_no_points(reads):
    (record,) = reads("a.xrdml", make.xrdml(status="Aborted"))
    assert record.warnings == ("the scan's status is 'Aborted'",)
    (empty,) = reads("a.xrdml", make.xrdml(counts=""))
    assert empty.points == 0


@pytest.mark.parametrize(
    ("text", "error", "message"),
    [
        (make.xrdml()[:900], BrokenFileError, "not well formed"),
        (make.xrdml(scans=0), BrokenFileError, "there is no scan in it"),
        (make.xrdml(counts="1 2 x 4"), BrokenFileError, "scan 1: counts holds something that is no number"),
        (make.xrdml(counts="1 2 nan 4 5 6"), BrokenFileError, "a number is not finite"),
        (
            make.xrdml(extra="<beamAttenuationFactors>1 1</beamAttenuationFactors>"),
            BrokenFileError,
            "2 beamAttenuationFactors for 6 intensities",
        ),
        (
            make.xrdml(points='<positions axis="2Theta" unit="deg"><listPositions>1 2</listPositions></positions>'),
            BrokenFileError,
            "2 positions of '2Theta' for 6 intensities",
        ),
        (
            make.xrdml().replace("<xrdMeasurements", '<!DOCTYPE x [<!ENTITY a "b">]>\n<xrdMeasurements', 1),
            RefusedFileError,
            "declares a document type or entities",
        ),
    ],
    ids=["cut", "no scan", "word", "nan", "factors", "positions", "entity"],
)
def test_a_broken_xrdml_is_refused_in_words(reads, text, error, message):
    with pytest.raises(error, match=message):
        reads("a.xrdml", text)


# --- UDF


def test_udf_values_may_hold_commas_and_be_empty(reads):
    (record,) = reads("a.udf", make.udf())
    np.testing.assert_allclose(_of(record)[0], 10 + 0.02 * np.arange(6))
    assert record.header["divergence slit"] == "Fixed, 1/2"
    assert record.header["Title1"] == "a, b"
    assert record.origin.acquired_at == "2025-06-03T15:55:00"


def test_udf_says_what_is_missing(reads):
    (record,) = reads("a.udf", make.udf(end="20.0", closing=""))
    assert record.warnings == (
        "the closing '/' is missing: the file may be cut",
        "the header announces 501 points to 20 deg, the file holds 6",
    )
    with pytest.raises(BrokenFileError, match=r"6 counts where the range 10 to 10\.04 has room for 3"):
        reads("a.udf", make.udf(end="10.0400"))
    with pytest.raises(BrokenFileError, match="DataAngleRange is missing"):
        reads("a.udf", make.udf().replace("DataAngleRange", "Range"))
    with pytest.raises(BrokenFileError, match=r"a\.udf:12: the counts after RawScan hold something that is no number"):
        reads("a.udf", make.udf().replace(" 100,", " 1oo,"))


# --- Bruker RAW


@pytest.mark.parametrize("with_word", [True, False])
def test_raw1_with_and_without_the_word_before_later_ranges(reads, with_word):
    records = reads("a.raw", make.raw1(3, with_word=with_word))
    assert [_of(record)[0][0] for record in records] == [10.0, 11.0, 12.0]
    assert records[0].header["sample"] == "LATP"
    assert records[0].header["time per step (s)"] == "2"


def test_raw2_is_a_temperature_series(reads):
    records = reads("a.raw", make.raw2(3))
    assert _temperatures(records) == [300.0, 400.0, 500.0]
    assert records[2].header["anode"] == "Cu"


def test_raw101_with_several_ranges_and_supplementary_headers(reads):
    records = reads("a.raw", make.raw101(3))
    assert [_of(record)[0][0] for record in records] == [10.0, 12.0, 14.0]
    header = records[0].header
    assert header["wavelength K-alpha2 (Angstrom)"] == "1.54439"
    assert (header["time per step (s)"], header["goniometer radius (mm)"], header["status"]) == ("1.5", "217.5", "done")


def test_raw101_with_measured_angles_keeps_them(reads):
    (record,) = reads("a.raw", make.raw101(1, mask=1))
    np.testing.assert_allclose(record.values("2Theta measured"), _of(record)[0])
    np.testing.assert_array_equal(_of(record)[1], COUNTS)


def test_raw101_scan_of_another_drive_is_not_called_2theta(reads):
    (record,) = reads("a.raw", make.raw101(1, kind=5))
    assert record.header["angle column"] == "offset from start"
    assert "scan type 5 does not step 2theta" in record.warnings[0]


def test_raw4_reads_the_drive_that_is_stepped(reads):
    records = reads("a.raw", make.raw4(2))
    assert [(r.header["angle column"], _of(r)[0][0]) for r in records] == [("2Theta", 10.0), ("2Theta", 11.0)]
    (rocking,) = reads("a.raw", make.raw4(drive=b"Theta", scan_type=b"Rocking Curve"))
    assert rocking.header["angle column"] == "Theta"
    (longer,) = reads("a.raw", make.raw4(size=8))
    np.testing.assert_array_equal(_of(longer)[1], COUNTS)
    assert longer.warnings == ("each point holds 4 further bytes of unknown meaning, which were left out",)


@pytest.mark.parametrize(
    ("content", "error", "message"),
    [
        (make.raw101()[:-3], BrokenFileError, r"range 2 announces 6 points of 4 bytes, and 21 bytes are left"),
        (make.raw101()[:730], BrokenFileError, "the file ends inside the header of range 1"),
        (make.raw101(points=2_000_000_000), BrokenFileError, "announces 2000000000 points"),
        (make.raw101(0), BrokenFileError, "the file announces no ranges"),
        (make.raw1()[:-1], BrokenFileError, "range 1 announces 6 points"),
        (make.raw2()[:-1], BrokenFileError, "range 2 announces 6 points"),
        (make.raw4()[:-2], BrokenFileError, "range 1 announces 6 points of 4 bytes, and 22 bytes are left"),
        (make.raw4()[:200], BrokenFileError, "a segment of kind 30 is said to be 136 bytes long, 99 are left"),
        (make.raw4(0), BrokenFileError, "there is no range in it"),
        (make.raw4(size=4 * 477), RefusedFileError, "holds detector frames of 1908 bytes a point"),
        (b"RAW4.00\0" + b"garbage!" * 40, BrokenFileError, "a segment of kind .* is said to be .* bytes long"),
        (
            b"RAW1.02" + bytes(2000),
            RefusedFileError,
            "recognised as Siemens or Bruker RAW scan of a version that is not known",
        ),
        (
            b"FI\0\0" + bytes(60) + b"PI\0\0" + bytes(40) + b"DA\0\0" + bytes(40),
            RefusedFileError,
            "old Rigaku binary scan",
        ),
    ],
)
def test_a_broken_raw_is_refused_in_words(reads, content, error, message):
    with pytest.raises(error, match=message):
        reads("a.raw", content)


# --- archives


def test_brml_with_a_temperature_column(reads):
    (record,) = reads("a.brml", make.brml(temperature="°C"))
    assert _temperatures([record]) == [723.15]
    assert "already multiplied" in record.header["intensity"] or "cannot be told" in record.header["intensity"]
    np.testing.assert_array_equal(_of(record)[1], 2.5 * COUNTS)


def test_brml_detector_frames_become_a_picture(reads):
    (record,) = reads("a.brml", make.brml(length=3))
    assert record.image.shape == (6, 3)
    np.testing.assert_array_equal(record.image[:, 1], 2.5 * COUNTS)
    assert record.points == 6


@pytest.mark.parametrize(
    ("content", "error", "message"),
    [
        (make.brml(views=False), RefusedFileError, "does not say what its columns are"),
        (make.brml(rows=["1,1,10,5,3", "1,1,10"]), BrokenFileError, "hold 3 to 5 values"),
        (make.brml(rows=["1,1,10,5,x"]), BrokenFileError, "is not made of numbers"),
        (make.brml(rows=["1,1,10,5"]), BrokenFileError, "covers values 4 to 4 of 4"),
        (
            make.brml(declared='<!DOCTYPE a [<!ENTITY b "c">]>'),
            RefusedFileError,
            "entities.* in Experiment0/RawData0.xml",
        ),
        (make.brml(routes=0), BrokenFileError, "no member holds a data route"),
        (make.rasx(rows="10 1 1\n10.02 2\n"), BrokenFileError, "a row of Data0/Profile0.txt has 2 numbers"),
        (
            make.rasx(rows="10 1 1\n10.02 b 1\n"),
            BrokenFileError,
            "Data0/Profile0.txt holds something that is no number",
        ),
        (make.rasx()[:-30], BrokenFileError, "the zip archive is damaged"),
    ],
)
def test_a_broken_archive_is_refused_in_words(reads, content, error, message):
    with pytest.raises(error, match=message):
        reads("a.zip", content)


def test_rasx_is_a_temperature_series_of_its_sample(reads):
    records = reads("a.rasx", make.rasx(temperatures=("30", "500", "950")))
    assert _temperatures(records) == [303.15, 773.15, 1223.15]
    assert records[0].header["divergence slit"] == "1/6deg"


@pytest.mark.parametrize("axis", ["CW_Temperature2", "RE_CabinetTemp", "RE_RPTemp"])
def test_water_and_cabinet_are_no_sample(reads, axis):
    assert _temperatures(reads("a.rasx", make.rasx(axis=axis))) == []
    assert _temperatures(reads("a.ras", make.ras(axis=axis))) == []


def test_rasx_without_its_conditions_says_so(reads):
    (record,) = reads("a.rasx", make.rasx(conditions=False))
    assert record.warnings == ("the conditions of Data0/Profile0.txt are missing: axis and units are not known",)
    assert record.column("Intensity").unit == ""


# --- Rigaku text


def test_ras_scans_are_never_joined(reads):
    records = reads("a.ras", make.ras(scans=3))
    assert _temperatures(records) == [373.15, 473.15, 573.15]
    assert [record.points for record in records] == [6, 6, 6]
    assert records[0].origin.acquired_at == "2017-11-21T08:32:31"


def test_ras_attenuation_is_kept_apart(reads):
    (record,) = reads("a.ras", make.ras(factors=(1, 1, 1, 70.5, 1, 1)))
    np.testing.assert_array_equal(_of(record)[1], COUNTS)
    assert "factor 70.5; it was not applied" in record.warnings[0]


def test_ras_cut_short_is_refused(reads):
    with pytest.raises(BrokenFileError, match="the file ends inside a scan"):
        reads("a.ras", make.ras(end="").replace("*RAS_DATA_END\n", ""))
    with pytest.raises(BrokenFileError, match=r"a\.ras:21: a row of the scan has 1 numbers"):
        reads("a.ras", make.ras().replace("10.0400 8.0000 1.0000", "10.0400"))


# --- GSAS


@pytest.mark.parametrize("kind", ["STD", "ESD", "FXYE", "FXY"])
def test_gsas_types_hold_the_same_counts(reads, kind):
    first, second = reads("a.gsa", make.gsas(kind, banks=2))
    for record in (first, second):
        np.testing.assert_allclose(_of(record)[0], 15 + 0.02 * np.arange(6))
        np.testing.assert_array_equal(_of(record)[1], COUNTS)
    assert (first.column("esd") is not None) == (kind in ("ESD", "FXYE"))
    assert first.header["title"] == "LATP at 300 K"


def test_gsas_counters_and_filling_zeros_are_told(reads):
    (record,) = reads("a.gsa", make.gsas(points=8))
    np.testing.assert_array_equal(record.values("counters"), [2, 1, 1, 1, 1, 1, 1, 1])
    assert record.warnings == (
        "the last 2 point(s) are zero, as the filling of a record is: they may be no measurement",
    )


@pytest.mark.parametrize(
    ("text", "error", "message"),
    [
        (make.gsas(binning="SLOG"), RefusedFileError, "the binning 'SLOG' is not one of equal steps of angle"),
        (make.gsas("ALT"), RefusedFileError, "data of type ALT are not read"),
        (make.gsas(points=60), BrokenFileError, "announces 60 points and holds 10"),
        (make.gsas("FXYE", points=900_000_000), BrokenFileError, "goes from 15 in 900000000 steps"),
        (make.gsas().replace("   100", "   1x0"), BrokenFileError, "'     1x0' is no value of type STD"),
        (
            make.gsas("FXY").replace("1502 5", "1502 5 7"),
            BrokenFileError,
            "the row '1502 5 7' is not made of 2 numbers",
        ),
    ],
)
def test_gsas_refusals(reads, text, error, message):
    with pytest.raises(error, match=message):
        reads("a.gsa", text)


# --- CIF


def test_pdcif_numbers_missing_values_and_uncertainties(reads):
    (record,) = reads("a.cif", make.pdcif())
    np.testing.assert_array_equal(_of(record)[1], COUNTS)
    assert np.isnan(record.values("pd_proc_ls_weight")[0])
    assert record.header["sample"] == "LATP it''s one"
    assert record.header["text"].startswith("words loop_")
    assert _temperatures([record]) == [294.0]
    assert "wavelength (Angstrom)" not in record.header


def test_pdcif_calculated_pattern_is_said_to_be_one(reads):
    (record,) = reads("a.cif", make.pdcif(name="calc"))
    assert any("is calculated, not measured" in warning for warning in record.warnings)


def test_pdcif_refusals(reads):
    with pytest.raises(BrokenFileError, match="has 17 values for 3 names"):
        reads("a.cif", make.pdcif(first="10.00 3"))
    with pytest.raises(BrokenFileError, match="the column _pd_meas_counts_total of 'latp_meas' holds words"):
        reads("a.cif", make.pdcif(first="10.00 many 1"))
    with pytest.raises(RefusedFileError, match="a crystal structure or a list, and no powder pattern"):
        reads("a.cif", "data_x\nloop_\n_pd_proc_d_spacing\n_refln_index_h\n3.5 1\n2.4 2\n")


# --- other texts


def test_uxd_markers_and_drives(reads):
    for marker, unit in (
        ("_COUNTS", "counts"),
        ("_CPS", "counts/s"),
        ("_2THETACOUNTS", "counts"),
        ("_2THETACPS", "counts/s"),
    ):
        (record,) = reads("a.uxd", make.uxd(marker=marker))
        np.testing.assert_allclose(_of(record)[0], 10 + 0.02 * np.arange(6))
        assert record.columns[1].unit == unit
    (rocking,) = reads("a.uxd", make.uxd(marker="_2THETACOUNTS", drive="THETA"))
    assert rocking.header["angle column"] == "THETA"
    assert rocking.warnings == ("the scan steps 'THETA', not 2theta",)
    (warm,) = reads("a.uxd", make.uxd(extra="_TEMPERATURE=25\n"))
    assert _temperatures([warm]) == []
    assert "has no unit and was not used" in warm.warnings[0]


def test_uxd_and_cpi_refusals(reads):
    with pytest.raises(BrokenFileError, match="start and step of a range are missing"):
        reads("a.uxd", make.uxd().replace("_START=10.0\n", ""))
    with pytest.raises(BrokenFileError, match=r"a\.uxd:11: '3 5 x' is no row of intensities"):
        reads("a.uxd", make.uxd().replace("3   5   8   100", "3 5 x\n"))
    with pytest.raises(BrokenFileError, match="20 intensities where the range has room for 6"):
        reads("a.cpi", make.cpi(range(20)))


def test_eva_keeps_what_it_says_and_does_not_guess_the_intensity(reads):
    first, second = reads("a.xy", make.eva() + make.eva())
    assert first.header["effective time per step (s)"] == "96"
    assert first.column("intensity").unit == ""
    assert "a background was subtracted" in second.warnings[0]
    with pytest.raises(BrokenFileError, match=r"a\.xy:3: '10.02 x' is no row of angle and intensity"):
        reads("a.xy", make.eva("10.0 4.8\n10.02 x\n"))


def test_bare_columns_are_a_pattern_only_when_the_numbers_say_so(reads):
    (record,) = reads("a.xy", make.xy())
    assert (record.technique, record.column("intensity").unit) == ("diffraction", "counts")
    (with_esd,) = reads("a.xye", make.xy(third="esd"))
    assert with_esd.columns[2].name == "esd"
    (with_curve,) = reads("a.xy", make.xy(third="background"))
    assert with_curve.columns[2].name == "column 3"
    assert "it is no counting uncertainty" in with_curve.warnings[1]
    flat = "\n".join(f"{10 + 0.02 * k:.2f} {100 + k % 7} {99 + k % 5}" for k in range(400))
    assert reads("a.txt", flat)[0].technique == ""
    edx_like, too_short, coarse = make.xy(1000, step=0.01, start=0.0), make.xy(99), make.xy(step=0.9)
    for text in (edx_like, too_short, coarse):
        assert reads("a.txt", text)[0].technique == ""


def test_rows_that_go_wrong_later_are_left_to_the_reader_of_tables(reads):
    text = make.xy(6000, step=0.02).replace("\n129.980 ", "\n129.980 x ")
    with pytest.raises(BrokenFileError, match=r"a\.xy:6000"):
        reads("a.xy", text)


def test_start_step_end_above_bare_counts(reads):
    (record,) = reads("a.dat", make.dat())
    angle, counts = _of(record)
    assert (record.origin.format, angle[0], counts.size, record.header["title"]) == ("powder-dat", 10.0, 251, "LATP")
    assert angle[-1] == pytest.approx(15.0)
