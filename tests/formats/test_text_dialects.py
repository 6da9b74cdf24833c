"""Dialects of text exports as public files and descriptions show them, with numbers made up here: scans, thermal runs, spectra, logs."""

from __future__ import annotations

import math

import numpy as np
import pytest

from pelletry.core.errors import BrokenFileError, RefusedFileError
from pelletry.formats.open_file import read_file

ANGLES = [10.0131 + 0.0262606 * i for i in range(60)]
COUNTS = [100 + round(80 * math.sin(i / 5) ** 2) for i in range(60)]
ROWS = list(zip(ANGLES, COUNTS, strict=True))


def read_one(tmp_path, text: str, encoding: str = "utf-8"):
    path = tmp_path / "run.dat"
    path.write_bytes(text.encode(encoding))
    (record,) = read_file(path)
    return record


def test_panalytical_csv_keeps_its_measurement_conditions(tmp_path):
    record = read_one(
        tmp_path,
        "[Measurement conditions]\nSample identification,pellet 7\nAnode material,Cu\nK-Alpha1 wavelength,1.5405980\nK-Alpha2 wavelength,1.5444260\n"
        "Ratio K-Alpha2/K-Alpha1,0.5000000\nMeasurement date and time,2016-06-21 13:25:26\nStep size,0.0262606\nTime per step,148.92\n\n"
        "[Scan points]\nAngle,Intensity\n" + "".join(f"{x:.4f},{y}\n" for x, y in ROWS),
    )
    assert (record.origin.format, record.technique, record.points) == ("powder-table", "diffraction", 60)
    assert record.origin.acquired_at == "2016-06-21T13:25:26"
    header = record.header
    assert (header["angle column"], header["intensity column"]) == ("2Theta", "Intensity")
    assert header["angle head"] == "Angle"
    assert (header["wavelength K-alpha1 (Angstrom)"], header["anode"], header["time per step (s)"]) == (
        "1.5405980",
        "Cu",
        "148.92",
    )
    np.testing.assert_array_equal(record.values("Intensity"), COUNTS)


@pytest.mark.parametrize(
    ("text", "angle", "unit"),
    [
        ("pellet 7\n2-Theta\tIntensity\n" + "".join(f"{x:.4f}\t{y}\n" for x, y in ROWS), "2-Theta", "counts"),
        ("2theta (deg);Iobs (cps)\n" + "".join(f"{x:.4f};{y}\n".replace(".", ",") for x, y in ROWS), "2theta", "counts/s"),
        ("file.tif\n2-Theta Angle (Degrees)\nIntensity\n 60\n" + "".join(f" {x:.6E}  {y:.6E}\n" for x, y in ROWS), "2-Theta Angle", "counts"),
    ],
)  # fmt: skip
def test_tables_that_call_their_columns_angle_and_intensity(tmp_path, text, angle, unit):
    record = read_one(tmp_path, text)
    assert (record.origin.format, record.technique, record.points) == ("powder-table", "diffraction", 60)
    assert record.header["angle column"] == angle
    column = record.column(record.header["intensity column"])
    assert column.unit == unit
    np.testing.assert_array_equal(column.values, COUNTS)


def test_a_list_of_reflections_is_no_pattern(tmp_path):
    rows = "".join(f"{10 + i**1.5:.3f},{4.5 / (i + 1):.4f},{100 - i}\n" for i in range(30))
    assert read_one(tmp_path, "2Theta,d,Intensity\n" + rows).origin.format == "table-text"


def test_an_esd_that_is_the_root_of_a_flat_pattern_is_one(tmp_path):
    flat = [(10 + 0.02 * i, 100 + i % 7 * 5) for i in range(200)]
    record = read_one(tmp_path, "# title\n" + "".join(f"{x:.4f} {y} {math.sqrt(y):.4f}\n" for x, y in flat))
    assert record.column("esd") is not None
    assert not any("column 3" in warning for warning in record.warnings)


TA = (
    "CLOSED\nVersion\t0.4\nRun\t8873\nInstrument\t2920 MDSC      V2.6A\nModule\tDSC Standard Cell\nSample\tpellet\nSize\t9.00000\tmg\nText\n"
    "Exotherm\tUp\nTempCal\t1\tpts\t157.87\t156.60\nNsig\t3\nSig1\tTime (min)\nSig2\tTemperature (°C)\nSig3\tHeat Flow (mW)\n"
    "Date\t25-Jan-17\nTime\t17:45\nOrgFile\tH:\\DSC\\pellet 1°Cmin cycle 2.001\nStartOfData\n"
    "-1.000000\t69.19148\t0.0000000\n-1.000000\t-20.74876\t0.0000000\n187.9960\t-21.18184\t-10.46185\n188.0027\t-21.18186\t-10.46181\n"
    "188.0128\t-21.18309\t-10.46180\n"
)


def test_marks_of_segments_in_a_ta_text_are_no_points(tmp_path):
    record = read_one(tmp_path, TA, "cp850")
    assert (record.origin.format, record.technique, record.points) == ("ta-universal-text", "dsc", 3)
    assert record.values("Time").min() > 0
    assert record.column("Temperature").unit == "°C"
    assert record.origin.acquired_at == "2017-01-25T17:45:00"
    assert any("2 row(s) that mark segments" in warning for warning in record.warnings)


def test_netzsch_text_of_an_sta_with_gas_flows_and_padded_numbers(tmp_path):
    record = read_one(
        tmp_path,
        "#EXPORTTYPE:DATA ALL\n#FILE:x.ngb-ds3\n#FORMAT:NETZSCH5\n#FTYPE:ASCII\n#IDENTITY:x\n#DECIMAL:POINT\n#SEPARATOR:SEMICOLON\n#MTYPE:TG\n"
        "#INSTRUMENT:NETZSCH STA 449F3\n#DATE/TIME:08.10.2024 15:04\n#CORR. FILE:b.ngb-bs3\n#SAMPLE:x\n#SAMPLE MASS /mg:4.28\n"
        "#SAMPLE CRUCIBLE MASS /mg:0\n#RANGE:37›C/15,0(K/min)/1000›C\n\n"
        "##Temp./›C;Time/min;Mass/%;Gas Flow(purge2)/(ml/min);Segment\n"
        "  31.06100; 0.00000;100.00000;50.00000;1\n  31.04500; 0.01000; 99.95327;50.00000;1\n  31.07300; 0.02000; 99.95327;50.00000;1\n",
        "cp1252",
    )
    assert (record.origin.format, record.technique, record.points) == ("netzsch-text", "thermogravimetry", 3)
    assert record.header["initial mass [mg]"] == "4.28"
    assert record.header["correction file"] == "b.ngb-bs3"
    assert [c.unit for c in record.columns] == ["°C", "min", "%", "ml/min", ""]


def curve(*, turn: float = 0.0) -> str:
    rows = "".join(
        f"{1e4 / 1.39**i:.5E}\t{math.hypot(100 + i, 20 + i):.5E}\t{-math.degrees(math.atan2(20 + i, 100 + i)) + turn:.5E}\t0.0\t0.0\t0.0\t"
        f"{100 + i:.5E}\t{20 + i:.5E}\t0.0\n"
        for i in range(9)
    )
    return f"þ«Z11\nFZPTEIYXC\nPot. Dynamic EIS (Impedance)\n11|free|0|20\n  1.000\n0|1.000\n/2026/8/6/2/21/32/15/153\n9      \n{rows}"


def test_an_impedance_curve_file_is_checked_by_its_own_modulus_and_phase(tmp_path):
    record = read_one(tmp_path, curve(), "latin-1")
    assert (record.origin.format, record.technique, record.points) == ("curve-text", "impedance", 9)
    assert record.origin.acquired_at == "2026-08-06T21:32:15"
    np.testing.assert_array_equal(record.values("-Z''"), np.arange(20, 29))
    with pytest.raises(RefusedFileError, match="modulus and phase do not agree"):
        read_one(tmp_path, curve(turn=5.0), "latin-1")
    with pytest.raises(BrokenFileError, match="the number of points and the rows do not agree"):
        read_one(tmp_path, curve().replace("\n9      \n", "\n12     \n"), "latin-1")


def test_the_log_of_ec_lab_tells_when_the_run_began(tmp_path):
    record = read_one(
        tmp_path,
        "EC-Lab LOG FILE\n\nGalvanostatic Cycling with Potential Limitation\n\nRun on channel : 1 (SN 6985)\nUser : \n"
        "Ewe ctrl range : min = 0,00 V, max = 5,00 V\nAcquisition started on : 04/05/2015 16:16:38\nSaved on :\n\tFile : pellet_01_GCPL_C01.mpr\n"
        "Device : VMP3 (SN 0324)\nMass of active material : 0,001 mg\nElectrode surface area : 0,001 cm²\nCharacteristic mass : 0,001 g\n"
        "Ns                  0                   1                   \n",
        "cp1252",
    )
    assert (record.origin.format, record.technique, record.origin.acquired_at) == (
        "biologic-mpl",
        "settings",
        "2015-04-05T16:16:38",
    )
    assert "Electrode surface area" in record.not_set
