"""Setaram, Mettler, Baehr, TA, PerkinElmer and Quadstar: real files whole, hand-made ones broken in one place."""

from __future__ import annotations

import numpy as np
import pytest

from pelletry.core.errors import BrokenFileError, RefusedFileError
from pelletry.formats.open_file import read_file

PKYNETICS = ("thermal", "PPeitsch+pkynetics")


def heads_of(record):
    return [(column.name, column.unit) for column in record.columns]


# --- Setaram --------------------------------------------------------------------------------------------------------

CALISTO = (
    "LATP green\nCreation Date : 26/07/2024 06:03:05 p.m.\nUser : admin\n\nTG :\n Initial Mass : 34.04 mg\n"
    " Molar Mass : N/A\n\nHeatFlow :\n Initial Mass : 0 mg\n\n"
)
SEMICOLONS = CALISTO + (
    "Index;Time (s);Furnace Temperature (°C);Sample Temperature (°C);TG (mg);HeatFlow (mW)\n"
    "1;0;50.5;49.25;-0.5;-11.5\n2;0.5;50.75;49.5;-0.75;-11.25\n"
)
FIXED = CALISTO + (
    "Index Time       Furnace                  Sample                  TG         HeatFlow\n"
    "1     0          50.5                     49.25                   -0.5       -11.5      \n"
    "2     0.5        50.75                    49.5                    -0.75      -11.25     \n"
)


def test_both_layouts_of_calisto_open_whole(raw_data):
    (fixed,) = read_file(raw_data(*PKYNETICS, "sample_dsc_setaram.txt"))
    (wide,) = read_file(raw_data(*PKYNETICS, "sapphire.txt"))
    assert (fixed.points, wide.points) == (13002, 22801)
    assert heads_of(fixed) == [(n, "") for n in ("Index", "Time", "Furnace", "Sample", "TG", "HeatFlow")]
    assert heads_of(wide) == [
        ("Index", ""), ("Time", "s"), ("Furnace Temperature", "°C"), ("Sample Temperature", "°C"), ("TG", "mg"), ("HeatFlow", "mW"),
    ]  # fmt: skip
    for record in (fixed, wide):
        np.testing.assert_array_equal(record.values("Index"), np.arange(1, record.points + 1))
        np.testing.assert_allclose(np.diff(record.values("Time")), record.values("Time")[1], rtol=1e-6)
        assert record.technique == "thermal"
        assert any("'TG' has the same value in all" in warning for warning in record.warnings)
    assert fixed.header["initial mass [mg]"] == "34.04"
    assert fixed.origin.acquired_at == "2024-07-26T18:03:05"
    assert wide.origin.acquired_at is None, "08/01/2025 is January or August"
    assert wide.not_set == ("initial mass [mg]",)


@pytest.mark.parametrize("encoding", ["utf-16", "utf-8", "cp1252"])
def test_the_two_layouts_hold_the_same_numbers(reads, encoding):
    (wide,) = reads("a.txt", SEMICOLONS, encoding=encoding, newline="\r\n")
    (fixed,) = reads("b.txt", FIXED, encoding=encoding, newline="\r\n")
    for one, other in zip(wide.columns, fixed.columns, strict=True):
        np.testing.assert_array_equal(one.values, other.values)
    assert fixed.warnings == ("this layout of Calisto prints no units: the columns have none",)
    assert wide.header["TG given as"] == "mass"
    assert fixed.header["TG given as"] == "not stated"
    assert wide.header["TG: Initial Mass"] == "34.04 mg"
    assert wide.header["initial mass [mg]"] == "34.04"


def test_decimal_commas_of_calisto(reads):
    head, rows = SEMICOLONS.split("Index")
    (record,) = reads("a.txt", f"{head}Index{rows.replace('.', ',')}")
    assert list(record.values("HeatFlow")) == [-11.5, -11.25]


@pytest.mark.parametrize(
    ("head", "given"),
    [("Displacement (µm)", "length"), ("TMA (µm)", "length"), ("dL/L0 (%)", "percent"), ("dL/L0", "fraction")],
)
def test_a_dilatometer_of_setaram_is_told_by_its_heads(reads, head, given):
    text = SEMICOLONS.replace("TG :\n Initial Mass : 34.04 mg", "TMA :\n Initial Length : 5.25 mm")
    text = text.replace("TG (mg);HeatFlow (mW)", f"{head};Load (g)")
    (record,) = reads("a.txt", text)
    assert record.technique == "dilatometry"
    assert record.header[f"{record.columns[4].name} given as"] == given
    assert record.header["initial length [mm]"] == "5.25"


def test_a_destroyed_csv_is_refused_by_name(raw_data):
    with pytest.raises(RefusedFileError) as caught:
        read_file(raw_data(*PKYNETICS, "sample_dsc_setaram.csv"))
    assert "sample_dsc_setaram.csv:2: '50.026.184' has lost its decimal mark" in str(caught.value)
    assert "never saved by a spreadsheet" in str(caught.value)


# --- Mettler --------------------------------------------------------------------------------------------------------

METTLER = (
    "FileName:\n  LLZO, 02.03.2024 18:00:00\n  {curve}\nSampleID:\n  LLZO, 4.9292 mg\nMethod:\n  sinter\nRemarks:\n  \nCurve:\n"
    "          Index              t             Ts             Tr          Value\n"
    "                           [s]           [°C]           [°C]           [{unit}]\n"
    "              0              0         45.647         50.000        4.92915\n"
    "              1              1         45.699         50.083         4.9291\n\n\nLastKeyWD:\n  Alumina 150ul\n\n"
)


def test_each_curve_of_a_real_stare_file_is_a_record(raw_data):
    weight, heat = read_file(raw_data("thermal", "MyonicS+pyTGA", "MettlerToledo_example_file.txt"))
    assert (weight.points, heat.points) == (12661, 12661)
    assert (weight.technique, heat.technique) == ("thermogravimetry", "dsc")
    assert heads_of(weight) == [("Index", ""), ("t", "s"), ("Ts", "°C"), ("Tr", "°C"), ("Value", "mg")]
    assert heads_of(heat)[-1] == ("Value", "mW")
    assert (weight.header["curve"], heat.header["curve"]) == ("Sample Weight", "Heat Flow")
    assert float(weight.header["initial mass [mg]"]) == pytest.approx(weight.values("Value")[0], rel=1e-4)
    assert weight.header["crucible"].startswith("Alumina 150ul; Weight : 280.453 mg")
    for name in ("Index", "t", "Ts", "Tr"):
        np.testing.assert_array_equal(weight.values(name), heat.values(name))


def test_german_dates_have_the_day_first(reads):
    (record,) = reads("a.txt", METTLER.format(curve="Sample Weight", unit="mg"), encoding="latin-1")
    assert record.origin.acquired_at == "2024-03-02T18:00:00"
    assert (record.name, record.origin.line) == ("LLZO, Sample Weight", 13)
    assert record.columns[2].unit == "°C"


@pytest.mark.parametrize(
    ("unit", "technique", "given"),
    [("mg", "thermogravimetry", "mass"), ("mW", "dsc", None), ("µm", "dilatometry", "length"), ("%", "", None)],
)
def test_what_value_is_follows_from_its_unit_alone(reads, unit, technique, given):
    (record,) = reads("a.txt", METTLER.format(curve="curve", unit=unit))
    assert (record.technique, record.header.get("Value given as")) == (technique, given)


def test_curve_values_of_other_versions(reads):
    text = METTLER.format(curve="x", unit="mg").replace("Curve:\n", "Performed 02.03.2024 11:36:39\nCurve Values:\n")
    (record,) = reads("a.txt", "Curve Name:\n  !&LLZO\n" + text.replace(".", ",").replace("02,03,2024", "02.03.2024"))
    assert (record.header["curve"], record.origin.acquired_at) == ("!&LLZO", "2024-03-02T11:36:39")
    assert record.values("Ts")[0] == 45.647


# --- Baehr ----------------------------------------------------------------------------------------------------------

BAEHR = (
    "\n C:\\WinTa100\\DIL805.PRO\\Data\\LATP.PAR\n"
    "                Time - Temperature  /  rel. Change in Length  /  dif. Change in Length \n"
    "                  s                °C                    {unit}\n"
    "     1         0,00341797       49,95727539        0,28189650       -0,04102653\n"
    "     2         0,50292969       49,65783691        0,28173348       -0,04709712\n"
)


def test_a_real_dil805_run_opens_whole(raw_data):
    (record,) = read_file(raw_data(*PKYNETICS, "ejemplo_enfriamiento.asc"))
    assert (record.technique, record.points) == ("dilatometry", 4148)
    assert heads_of(record) == [
        ("Index", ""), ("Time", "s"), ("Temperature", "°C"), ("rel. Change in Length", "%"), ("dif. Change in Length", ""),
    ]  # fmt: skip
    assert record.values("Index")[[0, -1]].tolist() == [4762, 8909]
    assert record.values("rel. Change in Length")[-1] == -0.22097382
    assert record.header["rel. Change in Length given as"] == "percent"
    assert record.warnings == ("the export begins with point 4762: the run before it is not in the file",)
    # A cooling at 0.5 °C/s, as its name says, and it contracts.
    assert np.polyfit(record.values("Time")[:1000], record.values("Temperature")[:1000], 1)[0] == pytest.approx(
        -0.5, abs=0.02
    )
    assert record.values("rel. Change in Length")[0] > record.values("rel. Change in Length")[-1]


@pytest.mark.parametrize(("unit", "given"), [("%", "percent"), ("µm", "length")])
def test_the_unit_line_of_dil805_says_what_the_change_is(reads, unit, given):
    (record,) = reads("a.asc", BAEHR.format(unit=unit), encoding="cp1252")
    assert record.header["rel. Change in Length given as"] == given
    assert (record.name, record.warnings) == ("LATP", ())


# --- TA -------------------------------------------------------------------------------------------------------------

TA = (
    "CLOSED\t\nVersion\t7.1\nInstrument\tTGA Q500\nSample\tLATP\nSize\t 5.231\tmg\nNsig\t3\nSig1\tTime (min)\n"
    "Sig2\tTemperature (°C)\nSig3\tWeight (mg)\nDate\t2026-03-09\nTime\t10:48:37\nOrgMethod\t1: Ramp 5.00 °C/min\n"
    "OrgMethod\t2: Isothermal\nStartOfData\n4.99994E-4\t69.41475\t5.2310\n-2.000\t-2.000\t-2.000\n0.0121\t69.418\t5.2290\n"
)


@pytest.mark.parametrize("encoding", ["utf-16", "cp1252"])
def test_universal_analysis(reads, encoding):
    (record,) = reads("a.txt", TA, encoding=encoding, newline="\r\n")
    assert heads_of(record) == [("Time", "min"), ("Temperature", "°C"), ("Weight", "mg")]
    assert list(record.values("Weight")) == [5.231, 5.229]
    assert record.warnings == ("1 row(s) that mark segments of the method were left out",)
    assert (record.technique, record.name, record.origin.acquired_at) == (
        "thermogravimetry",
        "LATP",
        "2026-03-09T10:48:37",
    )
    assert record.header["initial mass [mg]"] == "5.231"
    assert record.header["OrgMethod"] == "1: Ramp 5.00 °C/min; 2: Isothermal"


TRIOS = (
    "Filename\tLATP.tri\nInstrument name\tTGA 5500\nSample name\tLATP\nSample Mass\t5.1 mg\n\n[step]\nRamp 10 °C/min\n"
    "Time\tTemperature\tWeight\nmin\t°C\tmg\n0.0\t30.0\t5.1\n0.1\t31.0\t5.0\n\n[step]\nIsothermal\n"
    "Time\tTemperature\tWeight\nmin\t°C\tmg\n0.2\t31.0\t4.9\n"
)


def test_each_step_of_trios_is_a_record(reads):
    ramp, hold = reads("a.txt", TRIOS)
    assert (ramp.points, hold.points, ramp.header["step"]) == (2, 1, "Ramp 10 °C/min")
    assert heads_of(hold) == [("Time", "min"), ("Temperature", "°C"), ("Weight", "mg")]
    assert (ramp.origin.line, hold.origin.line, hold.origin.record) == (10, 17, 1)


# --- PerkinElmer ----------------------------------------------------------------------------------------------------

PYRIS = (
    "Filename:\tC:\\data\\LATP.tg8d \nOperator ID:\t \nSample ID:\tLATP \nData Collected:\t10/04/2023 08:20:41 \n"
    "Sample Weight:\t7.026 mg \nDisplay Weight:\t7.026 \nValidation \nValidated:\tNo \nBy:\t \nDate:\t \nCalibration Information \n"
    "Filename:\tPW.tg8c \nTotal Points in Run:\t{points} \nMethod Steps: \n1)\tHold for 1.0 min at 50.00°C \n \n"
    "2)\tHeat from 50.00°C to 130.00°C at 5.00°C/min \n \n1) TGA Isothermal \n"
    "\tTime     \tUnsubtracted\tProgram     \tSample      \n\t          \tWeight     \tTemperature\tTemperature \n"
    "\t0.000000\t7.021777\t50.000000\t49.810000 \n\t0.016667\t7.021505\t50.000000\t49.790000 \n2) TGA Temperature Scan \n"
    "\t0.033333\t7.011139\t50.100000\t49.990000 \n"
)


def test_a_pyris_run_is_one_record_with_its_steps(reads):
    (record,) = reads("a.txt", PYRIS.format(points=3), newline="\r\n")
    names = ["Time", "Unsubtracted Weight", "Program Temperature", "Sample Temperature", "step"]
    assert heads_of(record) == [(name, "") for name in names]
    assert list(record.values("step")) == [1, 1, 2]
    assert list(record.values("Unsubtracted Weight")) == [7.021777, 7.021505, 7.011139]
    assert (record.header["step 1"], record.header["step 2"]) == ("TGA Isothermal", "TGA Temperature Scan")
    assert record.header["initial mass [mg]"] == "7.026"
    assert record.header["method"].startswith("1) Hold for 1.0 min at 50.00°C; 2) Heat from")
    assert record.header["Calibration Filename"] == "PW.tg8c"
    assert record.origin.acquired_at is None, "10/04 is April or October"
    assert record.technique == "thermogravimetry"
    assert record.warnings == ("this export prints no units: the columns have none",)


def test_a_pyris_run_cut_short_is_said(reads):
    (record,) = reads("a.txt", PYRIS.format(points=12098))
    assert "the header announces 12098 points, the file holds 3" in record.warnings


# --- Quadstar -------------------------------------------------------------------------------------------------------

QUADSTAR = (
    "Sourcefile\trun.qmp\nExporttime\t28/11/2022 15:24:02\n\nStart Time\t28/11/2022 13:51:12\nEnd Time\t28/11/2022 15:21:44\n\n"
    "\t\t14\t\t\tWater\t\nTime\tTime Relative [s]\tPartial Pressure [mbar]\tTime\tTime Relative [s]\tPartial Pressure [mbar]\t\n"
    "28/11/2022 13:51:12\t0.000\t1.083137e-011\t28/11/2022 13:51:12\t0.222\t-8.5e-013\n"
    "28/11/2022 13:51:16\t4.163\t1.096034e-011\n"
)


def test_each_gas_of_a_real_tga_ms_run_is_a_record(raw_data):
    records = read_file(raw_data("thermal", "datalab-org+datalab", "20221128 134958 TGA MS Megan.asc"))
    assert [(r.name, r.points) for r in records] == [
        ("14", 1366), ("16", 1366), ("Water", 1366), ("Nitrogen/Carbonmonoxide", 1365), ("Oxygen", 1365), ("Argon", 1365),
        ("Carbondioxide", 1365),
    ]  # fmt: skip
    assert heads_of(records[0]) == [("Time Relative", "s"), ("Partial Pressure", "mbar")]
    assert records[2].values("Partial Pressure")[0] == -1.415928e-13
    assert {r.technique for r in records} == {""}
    for record in records:
        assert np.all(np.diff(record.values("Time Relative")) > 0)
        assert record.warnings == ("the run ends within a row: 4 gas(es) have one point less",)


# --- what is refused ------------------------------------------------------------------------------------------------

METTLER_GOOD = METTLER.format(curve="c", unit="mg")
BAEHR_GOOD = BAEHR.format(unit="%")
PYRIS_GOOD = PYRIS.format(points=3)
BROKEN = {
    "calisto without heads": (SEMICOLONS.replace("Index;Time", "Nr;t"), "the line with the column heads is missing"),
    "calisto lost cell": (SEMICOLONS.replace("2;0.5;", "2;") + "3;1;1;1;1;1\n", ":14: the row has 5 cells; expected 6"),
    "calisto word": (FIXED.replace("49.5 ", "xx ") + FIXED.splitlines()[-1] + "\n", ":14: 'xx' is not a number"),
    "calisto without rows": (FIXED.split("1     0")[0], ":12: there are no rows below the column heads"),
    "mettler without rows": (METTLER_GOOD.split("              0")[0], ":11: the curve has no rows"),
    "mettler lost cell": (METTLER_GOOD.replace("  45.647", "  "), ":13: the row has 4 cells; expected 5"),
    "mettler lost unit": (METTLER_GOOD.replace("           [s]", ""), ":12: 3 units stand below 5 column names"),
    "baehr without rows": (BAEHR_GOOD.split("     1  ")[0], ":3: there are no rows below the column names"),
    "baehr columns": (BAEHR_GOOD.replace("  /  dif. Change in Length", ""), ":3: 3 column names stand above 5 numbers"),
    "ta signals": (TA.replace("Nsig\t3", "Nsig\t4"), "'Nsig' is 4, and 3 signals are named"),
    "ta cells": (TA.replace("69.41475\t", ""), ":15: the row has 2 cells; expected 3"),
    "trios no table": (
        TRIOS.replace("min\t°C\tmg\n0.2\t31.0\t4.9\n", ""),
        ":13: the step has no names, units and rows",
    ),
    "pyris cells": (PYRIS_GOOD.replace("7.021505\t", ""), ":23: the row has 3 cells; expected 4"),
    "pyris no rows": (PYRIS_GOOD.split("\t0.000000")[0], "there are no rows below the method"),
    "quadstar cells": (QUADSTAR.replace("\t0.222\t", "\t"), ":9: the row has 5 cells; expected 6"),
    "quadstar word": (QUADSTAR.replace("4.163", "x"), ":10: 'x 1.096034e-011' are not two numbers"),
    "quadstar heads": (QUADSTAR.replace("Time\tTime Relative", "Clock"), "the line with the column heads is missing"),
}


@pytest.mark.parametrize("case", BROKEN)
def test_what_cannot_be_read_is_said_with_its_line(reads, case):
    text, message = BROKEN[case]
    with pytest.raises(BrokenFileError) as caught:
        reads("a.txt", text)
    assert message in str(caught.value)


def test_the_last_gas_may_have_a_row_less(reads):
    first, second = reads("a.asc", QUADSTAR)
    assert (first.points, second.points) == (2, 1)
    assert first.origin.acquired_at == "2022-11-28T13:51:12"
