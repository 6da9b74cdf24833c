"""Dialects of cyclers' exports as public files show them, with numbers made up here: each head and each date of theirs is read."""

from __future__ import annotations

from datetime import datetime

import numpy as np
import openpyxl
import pytest

from pelletry.core.errors import BrokenFileError
from pelletry.formats.open_file import read_file


def seconds(text: str) -> float:
    """Seconds since 1970 by the standard library."""
    return (datetime.fromisoformat(text) - datetime(1970, 1, 1)).total_seconds()


def read_one(tmp_path, text: str, encoding: str = "utf-8"):
    path = tmp_path / "run.dat"
    path.write_bytes(text.encode(encoding))
    (record,) = read_file(path)
    return record


def units_of(record):
    return {column.name: column.unit for column in record.columns}


MACCOR_TEXT = (
    "Today's Date:\t14 May 2021\tDate of Test:\t11 May 2021, 12:22:12 PM\nFilename:\tpellet_7\tTester Channel:\t1\n"
    "Rec#\tCyc#\tStep\tTestTime\tStepTime\tAmp-hr\tAmps\tVolts\tState\tES\tDPt Time\tACImp/Ohms\tAux #1\t Units\tAux #2\t Units\tVAR1\t\n"
    "1\t0\t1\t  0d 00:00:0\t  0d 00:00:0\t0.00000\t0.0\t3.40\tR\t0\t05/11/2021 12:22:12\t0.0\t25.1\t C  \t-5.5\t V  \t0.0\t\n"
    "2\t0\t2\t  0d 00:00:5.05000019073486\t  0d 00:00:0.0500000007450581\t0.1\t0.5\t3.41\tD\t5\t05/11/2021 12:22:17\t0.0\t25.2\t C  \t-5.4\t V  \t0.0\t\n"
)


def test_maccor_text_of_2020(tmp_path):
    record = read_one(tmp_path, MACCOR_TEXT)
    assert (record.origin.format, record.points, record.origin.acquired_at) == ("maccor-text", 2, "2021-05-11T12:22:12")
    np.testing.assert_array_equal(record.values("TestTime"), [0.0, 5.05000019073486])
    np.testing.assert_allclose(record.values("StepTime"), [0.0, 0.0500000007450581], rtol=1e-14)
    units = units_of(record)
    assert (units["ACImp"], units["Aux #1"], units["Aux #2"]) == ("Ohms", "C", "V")
    assert "Aux #1 Units" not in units
    assert record.header["Tester Channel"] == "1"


def test_a_date_of_the_header_tells_day_from_month(tmp_path):
    expected = [seconds("2021-05-11 12:22:12"), seconds("2021-05-11 12:22:17")]
    np.testing.assert_array_equal(read_one(tmp_path, MACCOR_TEXT).values("DPt Time"), expected)
    european = MACCOR_TEXT.replace("05/11/2021", "11/05/2021")
    np.testing.assert_array_equal(read_one(tmp_path, european).values("DPt Time"), expected)
    silent = MACCOR_TEXT.replace("11 May 2021, 12:22:12 PM", "").replace("14 May 2021", "")
    record = read_one(tmp_path, silent)
    assert record.column("DPt Time") is None
    assert any("day or the month first" in warning for warning in record.warnings)


def test_maccor_csv_with_named_months_and_without_units(tmp_path):
    record = read_one(
        tmp_path,
        "Today's Date ,28-Nov-23\nDate of Test:,23-Nov-23 3:56:08 PM\n"
        "Rec,Cycle C,Step,Test Time (sec),Step Time (sec),Capacity,Energy,Current,Voltage,DPT Time,Temp 1\n"
        "1,1,1,0.0000,0.0000,0,0,0,3.668,23-Nov-23 3:56:11 PM,22.2591\n"
        "2,1,2,1.0600,0.0600,0.000,0.002,28.844,3.709,1-Dec-23 12:00:01 AM,22.2592\n",
    )
    assert (record.origin.format, record.origin.acquired_at) == ("maccor-text", "2023-11-23T15:56:08")
    units = units_of(record)
    assert units["Cycle C"] == units["Current"] == units["Temp 1"] == ""  # C is no coulomb
    np.testing.assert_array_equal(
        record.values("DPT Time"), [seconds("2023-11-23 15:56:11"), seconds("2023-12-01 00:00:01")]
    )


def test_arbin_csv_of_mits_10_with_dates_in_quotes_behind_a_tab(tmp_path):
    record = read_one(
        tmp_path,
        "Data Point,Date Time,Test Time (s),Step Time (s),Cycle Index,Step Index,Current (A),Voltage (V),mAh/g,ACR (Ohm),dV/dt (V/s)\n"
        '1,"\t09/20/2024 08:32:34.558",30.0005,30.0005,1,1,0,3.534595,0,,1.98217E-05\n'
        '2,"\t09/20/2024 08:33:04.559",60.0008,60.0008,1,1,0,3.534597,0,,-2.71962E-05\n',
    )
    assert (record.origin.format, record.points, record.warnings) == ("arbin-csv", 2, ())
    assert units_of(record)["mAh/g"] == ""
    np.testing.assert_allclose(record.values("Date Time")[0], seconds("2024-09-20 08:32:34.558"), atol=1e-5)
    np.testing.assert_array_equal(record.values("dV/dt"), [1.98217e-05, -2.71962e-05])
    assert np.all(np.isnan(record.values("ACR")))


def test_arbin_names_of_the_database_get_the_units_of_the_database(tmp_path):
    record = read_one(
        tmp_path,
        "Data_Point,Test_Time,DateTime,Step_Time,Step_Index,Cycle_Index,Current,Voltage,Charge_Capacity,Temperature\n"
        "1,0,2026-01-01 00:00:00,0,1,1,1.0,3.4,0.0,25\n2,1,2026-01-01 00:00:01,1,1,1,-0.5,3.5,0.1,25\n",
    )
    units = units_of(record)
    assert record.origin.format == "arbin-csv"
    assert (units["Test_Time"], units["Current"], units["Charge_Capacity"], units["Temperature"]) == (
        "s",
        "A",
        "Ah",
        "",
    )


def test_landt_heads_with_slashes_are_no_battery_data_format(tmp_path):
    record = read_one(
        tmp_path,
        "Record,Cycle-Index,Step-Index,TestTime/Sec.,StepTime/Sec.,Current/mA,Voltage/V,Capacity/mAh,SysTime\n"
        "1,1,1,0,0,0.5,3.4,0.0,2024-04-10 00:00:00\n2,1,1,15,15,0.5,3.41,0.002,2024-04-10 00:00:15\n",
    )
    assert (record.origin.format, units_of(record)["Current"]) == ("landt-csv", "mA")


LAYERS_NEW = (
    "Cycle Index,Chg. Cap.(Ah),DChg. Cap.(Ah)\n,Step Index,Step Number,Step Type,Step Time,Capacity(Ah)\n"
    ",,DataPoint,Time,Total Time,Current(A),Voltage(V),Date,T1(?)\n"
    "1,0.02,0.33,1,1,Rest,00:00:20,0.0\n"
    ",,1,00:00:00,00:00:00,0.00000,4.3185,2026-03-06 12:37:25,26.6\n"
    ",,2,00:00:02,00:00:02,0.00000,4.3186,2026-03-06 12:37:27,26.6\n"
    ",2,2,CC Chg,00:02:51,0.02\n"
    ",,3,00:00:00,00:00:20,0.50000,4.3734,2026-03-06 12:37:45,26.7\n"
    "2,0.02,0.33,1,1,Rest,00:00:20,0.0\n"
    ",,4,00:00:00,00:00:50,0.00000,4.4,2026-03-06 12:38:25,26.7\n"
)
LAYERS_OLD = (
    "Cycle ID,,,,,,\n,Step ID,,,,,DCIR(O)\n,,Record ID,Time(h:min:s.ms),Voltage(V),Current(mA),Realtime\n1,,,,,,\n,1,,,,,0.015\n"
    ",,1,0:00:01.0,3.20,1000,2026-04-02 00:00:01\n,,2,0:00:02.0,3.22,1000,2026-04-02 00:00:02\n2,,,,,,\n,4,,,,,0.020\n"
    ",,1,0:00:01.0,3.15,-500,2026-04-02 00:10:01\n"
)


def test_the_layered_report_of_neware_gives_its_records_with_cycle_and_step(tmp_path):
    record = read_one(tmp_path, LAYERS_NEW)
    assert (record.origin.format, record.points, record.origin.acquired_at) == (
        "neware-layers",
        4,
        "2026-03-06T12:37:25",
    )
    np.testing.assert_array_equal(record.values("Voltage"), [4.3185, 4.3186, 4.3734, 4.4])
    np.testing.assert_array_equal(record.values("Cycle Index"), [1, 1, 1, 2])
    np.testing.assert_array_equal(record.values("Step Index"), [1, 1, 2, 1])
    np.testing.assert_array_equal(record.values("Step Type"), [0, 0, 1, 0])
    assert record.header["codes of Step Type"] == "0 = Rest; 1 = CC Chg"


def test_the_older_layered_report_too(tmp_path):
    record = read_one(tmp_path, LAYERS_OLD)
    assert (record.origin.format, record.points) == ("neware-layers", 3)
    np.testing.assert_array_equal(record.values("Current"), [1000, 1000, -500])
    np.testing.assert_array_equal(record.values("Cycle ID"), [1, 1, 2])
    np.testing.assert_array_equal(record.values("Step ID"), [1, 1, 4])
    np.testing.assert_array_equal(record.values("Time"), [1, 2, 1])


def test_a_record_with_more_cells_than_names_is_named_with_its_line(tmp_path):
    with pytest.raises(BrokenFileError, match=r"run\.dat:6: the record has 6 cells"):
        read_one(tmp_path, LAYERS_OLD.replace("3.20,1000,", "3.20,1000,7,"))


def test_a_novonix_protocol_may_be_longer_than_the_head_of_a_file(tmp_path):
    record = read_one(
        tmp_path,
        "[Summary]\nNovonix UHPC data file\nNovonix\nMass (g): 1.000\nArea (cm2): 0.785\nStarted: 2025-07-19 15:26:20\n[End Summary]\n[Protocol]\n"
        + '{"Steps":[{"x":"ΔV"}' + ',{"StepType":0}' * 8000 + "]}\n[End Protocol]\n[Data]\n"
        "Date and Time,Cycle Number,Step Type,Run Time (h),Step Time (h),Current (A),Potential (V),Capacity (Ah),Temperature (°C),dVdt (V/h),Power(W)\n"
        "2025-07-19 15:26:20,1,7,0.0000000,0.0000000,0.00000000,3.84318331,0.0,24.644,0.0,0.0\n"
        "2025-07-19 15:26:21,1,7,0.0003556,0.0003556,0.49989602,3.85240349,0.00013502,24.648,0.0,1.9\n",
    )  # fmt: skip
    assert (record.origin.format, record.points, record.not_set) == ("novonix-csv", 2, ("Mass (g)",))
    assert units_of(record)["dVdt"] == "V/h"
    np.testing.assert_array_equal(record.values("Potential"), [3.84318331, 3.85240349])


def test_basytec_in_seconds_without_dates(tmp_path):
    record = read_one(
        tmp_path,
        "~Resultfile from Basytec Battery Test System\n~Name of Test: pellet\n~Start of Test: 19.06.2023 17:56:53\n~\n"
        "~Time[s]\tDataSet\tt-Step[s]\tLine\tCommand\tU[V]\tI[A]\tAh[Ah]\tAh-Cyc-Charge\tT1[°C]\tR-AC\tState\n"
        "0\t1\t0\t3\tPause\t3.52575489148741\t0\t0\t0\t25.47953\t0\t3\n"
        "60.2322676666668\t2\t0\t4\tCharge\t3.52575489148741\t0.00195196122033401\t1.259385498273E-7\t1E-7\t25.47953\t0\t3\n",
        "latin-1",
    )
    assert (record.origin.format, record.origin.acquired_at) == ("basytec-text", "2023-06-19T17:56:53")
    np.testing.assert_array_equal(record.values("Time"), [0, 60.2322676666668])
    np.testing.assert_array_equal(record.values("I"), [0, 0.00195196122033401])
    assert units_of(record)["Ah"] == "Ah"
    assert record.header["Name of Test"] == "pellet"
    assert not any(key.startswith("~") for key in record.header)


def test_battery_data_format_in_hours_says_hours(tmp_path):
    record = read_one(
        tmp_path,
        "Test Time / h,Current / A,Voltage / V,Step Type / 1\n0.138888888888889,0.00605515800906498,3.31121478737747,discharge\n0.27,0,3.31,rest\n",
    )
    assert (record.origin.format, units_of(record)["Test Time"]) == ("bdf-csv", "h")
    assert record.values("Voltage")[0] == 3.31121478737747


@pytest.mark.parametrize(
    ("name", "heads", "row"),
    [
        ("neware-xlsx", ["Record number", "State", "Cycle", "Steps", "Current(mA)", "Voltage(V)", "Capacity(mAh)", "Relative Time(h:min:s.ms)", "Date"],
         [1, "Rest", 1, 1, 0.5, 3.2, 0.0, "0:00:01.0", "2021-04-20 10:00:01"]),
        ("neware-xlsx", ["DataPoint", "Cycle Index", "Step Index", "Step Type", "Time", "Current(A)", "Voltage(V)", "Capacity(Ah)", "Date"],
         [1, 1, 1, "Rest", "00:00:01", 0.5, 3.2, 0.0, datetime(2021, 4, 20, 10, 0, 1)]),
        ("landt-xlsx", ["Record", "Cycle-Index", "Step-Index", "TestTime/Sec", "StepTime/Sec", "Current/mA", "Voltage/V", "Capacity/mAh", "Date"],
         [1, 1, 1, 1.0, 1.0, 0.5, 3.2, 0.0, "2021-04-20 10:00:01"]),
    ],
)  # fmt: skip
def test_workbooks_of_neware_and_landt(tmp_path, name, heads, row):
    book = openpyxl.Workbook()
    book.active.title = "Info"
    book.active.append(["Start time", "2021-04-20"])
    sheet = book.create_sheet("record")
    for cells in (heads, row, row):
        sheet.append(cells)
    path = tmp_path / "run.xlsx"
    book.save(path)
    (record,) = read_file(path)
    assert (record.origin.format, record.points, record.header["sheet"]) == (name, 2, "record")
    volts = next(c for c in record.columns if c.name == "Voltage")
    np.testing.assert_array_equal(volts.values, [3.2, 3.2])
    np.testing.assert_array_equal(record.values("Date"), [seconds("2021-04-20 10:00:01")] * 2)
