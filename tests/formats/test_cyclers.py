"""Battery cyclers: every column of every export, times and dates as numbers, words as codes, and the line of what does not fit."""

from __future__ import annotations

import gzip
import os
import sys
import zlib
from datetime import datetime

import numpy as np
import pytest

from pelletry.core.errors import BrokenFileError, FormatError, RefusedFileError
from pelletry.formats import cycler_cells, neware
from pelletry.formats.inspect import inspect_paths
from pelletry.formats.open_file import read_file

RES = b"\0\1\0\0Standard Jet DB\0" + bytes(100)


def written(tmp_path, text: str, encoding: str = "utf-8", name: str = "run.dat"):
    path = tmp_path / name
    path.write_bytes(text.encode(encoding))
    return path


NEWARE = """DataPoint,Cycle Index,Step Index,Step Type,Time,Cumulative Time,Current(A),Voltage(V),Capacity(Ah),Date,dQ/dV(mAh/V)
1,1,1,Rest,00:00:00,00:00:00,0.00000000,2.9170,0,2022-05-18 16:27:52,
2,1,1,Rest,00:01:00,00:01:00,0.00000000,2.9176,0,2022-05-18 16:28:52,0.5
3,1,2,CC Chg,00:00:00,123:04:05,0.00100000,3.0176,0.000001,2022-05-23 19:31:57,1e-3
"""
LANDT = """cell model:,,,,,,,,
cell id: pellet 7,,,,,,,,
channel_index,cycle_index,step_index,date_time_iso_string,test_time_s,current_A,voltage_V,temperature_1_C,step_name
1,1,1,04/30/2024 14:33:19,0.020,0.0000,2.9215,0,rest,
2,1,1,04/30/2024 14:33:34,15.020,-0.0010,2.9215,0,discharge CC,
"""
MACCOR = """Today''s Date\t03/28/2022 12:50:27 PM

Date of Test:\t08/23/2021 6:04:18 PM

Rec#\tCyc#\tStep\tTestTime\tStepTime\tmAmp-hr\tmWatt-hr\tmAmps\tVolts\tState\tES\tDPt Time\t
1\t0\t1\t  0d 00:00:00.00\t  0d 00:00:00.00\t0,0\t0,0\t0,0\t1,8538\tR\t0\t08/23/2021 6:04:18 PM
2\t0\t1\t  1d 00:01:00.50\t  0d 00:01:00.00\t0,0\t0,0\t0,5\t1,8530\tC\t1\t08/24/2021 6:05:18 PM
"""
ARBIN = """Data_Point,Test_Time(s),Date_Time,Step_Time(s),Step_Index,Cycle_Index,Current(A),Voltage(V),Charge_Capacity(Ah)
1,30.000509866513465,2011-01-03 10:38:25,30.0005104579876,1,1,0.0,4.138783931732178,0.0
2,60.01584111747741,2011-01-03 10:38:55,60.01584169391407,1,1,-1.5E-05,4.138946056365967,0.0
"""
ARBIN_8 = """Data Point,Date Time,Test Time (s),Step Time (s),Cycle Index,Step Index,Current (A),Voltage (V),Aux_Temperature_1 (C)
1,10/10/2023 16:09:14.661,0.5,0.5,1,1,0.1,3.2,25.5
2,\t10/13/2023 16:09:14.661,1.5,1.5,1,1,0.1,3.3,25.6
"""
NOVONIX = """[Summary]
Novonix HPC data file
Started: 2023-06-14 5:22:45 PM
[End Summary]
[Data]
Date and Time,Cycle Number,Step Type,Run Time (h),Step Time (h),Current (A),Potential (V),Temperature (°C),Step Number
2023-06-14 5:22:45 PM,1,0,0.0,0.0,0.0,3.0,25.0,1
2023-06-15 12:00:00 AM,1,7,6.6208,0.0,-0.001,2.9,25.1,2
"""
BASYTEC = """~Resultfile from Basytec Battery Test System
~Name of Test: pellet cell
~Start of Test: 05.06.2025 14:35:43
~
~Time[h]\tDataSet\tDateTime\tt-Step[h]\tLine\tCommand\tU[V]\tI[A]\tT1[°C]\tState
0,000000\t1\t05.06.2025 14:36:06\t0,000000\t2\tPause\t2,875\t0\t25,1\t0
0,001000\t2\t05.06.2025 14:36:10\t0,001000\t3\tCharge\t2,876\t0,005\t25,2\t0
"""
BDF = """Test Time / s,Voltage / V,Current / A,Cycle Count / 1,Ambient Temperature / degC
0.0,3.4,0.1,1,25.0
1.0,3.5,0.1,1,25.1
"""


def columns_of(record):
    return {column.name: column.unit for column in record.columns}


def seconds(text: str) -> float:
    """Seconds since 1970 by the standard library."""
    return (datetime.fromisoformat(text) - datetime(1970, 1, 1)).total_seconds()


def test_neware_csv(tmp_path):
    (record,) = read_file(written(tmp_path, NEWARE))
    assert (record.origin.format, record.technique, record.points) == ("neware-csv", "cycling", 3)
    assert columns_of(record)["Current"] == "A"
    np.testing.assert_array_equal(record.values("Voltage"), [2.9170, 2.9176, 3.0176])
    np.testing.assert_array_equal(record.values("Cumulative Time"), [0, 60, 123 * 3600 + 4 * 60 + 5])
    np.testing.assert_array_equal(record.values("Step Type"), [0, 0, 1])
    assert record.header["codes of Step Type"] == "0 = Rest; 1 = CC Chg"
    expected = [seconds(t) for t in ("2022-05-18 16:27:52", "2022-05-18 16:28:52", "2022-05-23 19:31:57")]
    np.testing.assert_array_equal(record.values("Date"), expected)
    np.testing.assert_array_equal(record.values("dQ/dV"), [np.nan, 0.5, 1e-3])
    assert record.origin.acquired_at == "2022-05-18T16:27:52"
    assert record.origin.line == 2


def test_landt_csv_with_a_comma_more_than_names_and_sensors_that_are_not_there(tmp_path):
    (record,) = read_file(written(tmp_path, LANDT))
    assert (record.origin.format, record.points) == ("landt-csv", 2)
    assert columns_of(record)["test_time"] == "s"
    np.testing.assert_array_equal(record.values("current"), [0, -0.001])
    np.testing.assert_array_equal(
        record.values("date_time_iso_string"), [seconds("2024-04-30 14:33:19"), seconds("2024-04-30 14:33:34")]
    )
    assert record.header["codes of step_name"] == "0 = rest; 1 = discharge CC"
    assert record.header["cell id"] == "pellet 7"
    assert record.not_set == ("temperature_1",)
    assert "no sensor was connected: temperature_1" in record.warnings[0]


def test_maccor_text_with_days_decimal_commas_and_unsigned_currents(tmp_path):
    (record,) = read_file(written(tmp_path, MACCOR, "cp1252"))
    assert (record.origin.format, record.points) == ("maccor-text", 2)
    assert columns_of(record)["Volts"] == "V"
    assert columns_of(record)["mAmp-hr"] == "mAh"
    np.testing.assert_array_equal(record.values("Volts"), [1.8538, 1.8530])
    np.testing.assert_array_equal(record.values("TestTime"), [0, 86460.5])
    np.testing.assert_array_equal(
        record.values("DPt Time"), [seconds("2021-08-23 18:04:18"), seconds("2021-08-24 18:05:18")]
    )
    assert "'mAmps' has no signs" in record.warnings[0]
    assert record.header["Date of Test"] == "08/23/2021 6:04:18 PM"


@pytest.mark.parametrize("text", [ARBIN, ARBIN_8])
def test_arbin_csv_of_both_generations(tmp_path, text):
    (record,) = read_file(written(tmp_path, text))
    assert (record.origin.format, record.points) == ("arbin-csv", 2)
    current = record.column("Current")
    assert current.unit == "A"
    if text is ARBIN:
        np.testing.assert_array_equal(current.values, [0.0, -1.5e-05])
        np.testing.assert_array_equal(record.values("Test_Time"), [30.000509866513465, 60.01584111747741])
    else:
        assert record.values("Date Time")[1] == pytest.approx(seconds("2023-10-13 16:09:14.661000"), abs=1e-5)
        assert columns_of(record)["Aux_Temperature_1"] == "C"


def test_arbin_workbook_gives_its_channel_sheets(tmp_path):
    openpyxl = pytest.importorskip("openpyxl")
    book = openpyxl.Workbook()
    book.active.title = "Info"
    book.active.append(["Test Name", "pellet 7"])
    for sheet in ("Channel_1-008", "Statistics_1-008"):
        rows = [line.split(",") for line in ARBIN.splitlines()]
        if sheet.startswith("Stat"):
            rows = [[cell for j, cell in enumerate(row) if j != 4] for row in rows]
        page = book.create_sheet(sheet)
        page.append(rows[0])
        for row in rows[1:]:
            page.append([cell if "-" in cell[1:] and "E" not in cell else float(cell) for cell in row])
    book.save(tmp_path / "run.xlsx")
    (record,) = read_file(tmp_path / "run.xlsx")
    assert (record.origin.format, record.technique, record.points) == ("arbin-xlsx", "cycling", 2)
    np.testing.assert_array_equal(record.values("Voltage"), [4.138783931732178, 4.138946056365967])
    assert record.values("Date_Time")[0] == seconds("2011-01-03 10:38:25")
    assert (record.header["sheet"], record.header["Test Name"]) == ("Channel_1-008", "pellet 7")


def test_novonix_csv_below_its_protocol(tmp_path):
    (record,) = read_file(written(tmp_path, NOVONIX))
    assert (record.origin.format, record.points, columns_of(record)["Run Time"]) == ("novonix-csv", 2, "h")
    np.testing.assert_array_equal(record.values("Potential"), [3.0, 2.9])
    np.testing.assert_array_equal(
        record.values("Date and Time"), [seconds("2023-06-14 17:22:45"), seconds("2023-06-15 00:00:00")]
    )
    assert record.header["Started"] == "2023-06-14 5:22:45 PM"


def test_basytec_text_with_decimal_commas_and_the_day_first(tmp_path):
    (record,) = read_file(written(tmp_path, BASYTEC, "latin-1"))
    assert (record.origin.format, record.points, columns_of(record)["Time"]) == ("basytec-text", 2, "h")
    np.testing.assert_array_equal(record.values("U"), [2.875, 2.876])
    np.testing.assert_array_equal(
        record.values("DateTime"), [seconds("2025-06-05 14:36:06"), seconds("2025-06-05 14:36:10")]
    )
    assert record.header["codes of Command"] == "0 = Pause; 1 = Charge"
    assert record.header["Name of Test"] == "pellet cell"
    assert record.origin.acquired_at == "2025-06-05T14:35:43"


@pytest.mark.parametrize(
    "heads", ["Test Time / s,Voltage / V,Current / A", "test_time_second,voltage_volt,current_ampere"]
)
def test_bdf_csv(tmp_path, heads):
    text = BDF.replace("Test Time / s,Voltage / V,Current / A", heads)
    (record,) = read_file(written(tmp_path, text))
    assert (record.origin.format, record.technique, record.points) == ("bdf-csv", "cycling", 2)
    assert [column.unit for column in record.columns] == ["s", "V", "A", "", "degC"]
    np.testing.assert_array_equal(record.columns[1].values, [3.4, 3.5])


def test_every_format_claims_its_own_files_only(tmp_path):
    texts = {
        "neware-csv": NEWARE, "landt-csv": LANDT, "maccor-text": MACCOR, "arbin-csv": ARBIN, "novonix-csv": NOVONIX, "basytec-text": BASYTEC,
        "bdf-csv": BDF,
    }  # fmt: skip
    for name, text in texts.items():  # two claims would be an AmbiguousFormatError
        assert read_file(written(tmp_path, text))[0].origin.format == name


def test_dates_that_may_have_the_day_first_are_left_out_and_said(tmp_path):
    (record,) = read_file(written(tmp_path, LANDT.replace("04/30/2024", "04/05/2024")))
    assert record.column("date_time_iso_string") is None
    assert "its dates may have the day or the month first" in record.warnings[0]
    assert record.origin.acquired_at is None


def test_a_day_above_twelve_far_below_decides_for_all_rows(tmp_path):
    rows = [f"{i},1,1,{5 + (i > 5000):02d}/0{4 + (i > 3000)}/2024 00:00:00,{i},0,3.0,1,rest," for i in range(6000)]
    rows[5999] = rows[5999].replace("06/05", "13/05")
    (record,) = read_file(written(tmp_path, "\n".join([*LANDT.splitlines()[:3], *rows, ""])))
    assert record.values("date_time_iso_string")[0] == seconds("2024-04-05 00:00:00")
    assert record.values("date_time_iso_string")[-1] == seconds("2024-05-13 00:00:00")


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("2,1,1,Rest,", "2,1,", r"run\.dat:3: the row has 9 cells: '2,1,00:01:00"),
        ("2,1,1,Rest,", "2,1,1,7,Rest,", r"run\.dat:3: the row has 12 cells"),
        (
            "1,1,1,Rest,00:00:00,00:00:00,0.00000000,2.9170,0,2022-05-18 16:27:52,",
            "1,1,1",
            r"run\.dat:2: the row has 3 cells",
        ),
    ],
)
def test_rows_that_do_not_fit_name_their_line(tmp_path, old, new, message):
    with pytest.raises(BrokenFileError, match=message):
        read_file(written(tmp_path, NEWARE.replace(old, new)))


def test_a_last_row_cut_short_is_left_out_and_said(tmp_path):
    (record,) = read_file(written(tmp_path, NEWARE[:-30]))
    assert record.points == 2
    assert record.warnings == ("line 4 is cut short and was left out",)


def test_cells_that_are_no_numbers_become_nan_and_are_counted(tmp_path):
    rows = [f"{i},3.{i % 10},0.1,1,25" for i in range(400_000)]
    rows[399_990] = "399990,broken,0.1,1,25"
    (record,) = read_file(written(tmp_path, "\n".join([BDF.splitlines()[0], *rows, ""])))
    assert record.points == 400_000
    assert np.flatnonzero(np.isnan(record.values("Voltage"))).tolist() == [399_990]
    assert record.values("Voltage")[399_991] == 3.1
    assert record.warnings == (
        "1 cell(s) of the column 'Voltage' are not numbers and became NaN, first in line 399992",
    )


def test_names_without_rows_are_an_empty_run(tmp_path):
    (record,) = read_file(written(tmp_path, BDF.splitlines()[0] + "\n"))
    assert (record.points, record.technique) == (0, "cycling")
    assert "no rows" in record.warnings[0]


@pytest.mark.parametrize("change", ["crlf", "utf-16", "cr", "blank lines", "quotes", "bom", "no last line end"])
def test_line_ends_encodings_and_quotes_do_not_change_the_numbers(tmp_path, change):
    text, encoding = NEWARE, "utf-8"
    if change in ("crlf", "cr"):
        text = text.replace("\n", "\r\n" if change == "crlf" else "\r")
    elif change == "utf-16":
        encoding = "utf-16"
    elif change == "bom":
        encoding = "utf-8-sig"
    elif change == "blank lines":
        text = text.replace("\n3,", "\n\n\n3,") + "\n\n"
    elif change == "quotes":
        text = text.replace("CC Chg", '"CC, Chg"').replace("Rest", '"Rest"')
    else:
        text = text[:-1]
    path = tmp_path / "run.csv"
    path.write_bytes(text.encode(encoding))
    (record,) = read_file(path)
    np.testing.assert_array_equal(record.values("Voltage"), [2.9170, 2.9176, 3.0176])
    np.testing.assert_array_equal(record.values("Step Type"), [0, 0, 1])


def test_times_and_dates_agree_with_the_standard_library():
    dice = np.random.default_rng(1)
    moments = [datetime.fromtimestamp(int(s)) for s in dice.integers(0, 4_000_000_000, 300)]
    layouts = ("%Y-%m-%d %H:%M:%S", "%m/%d/%Y %I:%M:%S %p", "%d.%m.%Y %H:%M:%S")
    for layout in layouts:
        dates = cycler_cells.Dates()
        dates.add(np.array([moment.strftime(layout).encode() for moment in moments]))
        expected = [(moment - datetime(1970, 1, 1)).total_seconds() for moment in moments]
        np.testing.assert_array_equal(dates.seconds(), expected)
    clock = np.array([f"{s // 3600}:{s // 60 % 60:02d}:{s % 60:02d}.{s % 7}".encode() for s in range(0, 400_000, 77)])
    expected = [s + (s % 7) / 10 for s in range(0, 400_000, 77)]
    np.testing.assert_allclose(cycler_cells.seconds_of(clock), expected, rtol=1e-15)


# Neware's binary files ------------------------------------------------------------------------------------------------


REAL_NEWARE = {
    ("cycling", "be-smith+navani", "test.nda"): 439,
    ("cycling", "be-smith+navani", "test.ndax"): 1464,
    ("full_cell_cycling", "d-cogswell+NewareNDA", "2-1-6_61[07005012].nda"): 15567,
    ("full_cell_cycling", "d-cogswell+NewareNDA", "TestFile.nda"): 6670,
    ("full_cell_cycling", "d-cogswell+NewareNDA", "46_1_5_60_ZZZZZZZZTEST_20250924092922.ndax"): 84,
    ("full_cell_cycling", "d-cogswell+NewareNDA", "TESTCELL0001-B2-2025-M50T_NewareNDA_Investigation.ndax"): 77745,
    ("full_cell_cycling", "d-cogswell+NewareNDA", "test_2.ndax"): 108563,
}


@pytest.mark.parametrize("where", REAL_NEWARE, ids=lambda where: where[-1])
def test_real_neware_files_open_with_their_rows(raw_data, where):
    pytest.importorskip("fastnda")
    (record,) = read_file(raw_data(*where))
    assert (record.technique, record.points) == ("cycling", REAL_NEWARE[where])
    assert columns_of(record)["voltage"] == "V"
    assert columns_of(record)["current"] == "mA"
    # The charge is the current over the time: within each step of constant current, dQ = I dt.
    assert np.all(np.diff(record.values("total_time")) >= 0)


@pytest.mark.parametrize("name", ["test.nda", "test.ndax"])
def test_the_name_of_a_neware_file_does_not_matter(tmp_path, raw_data, name):
    pytest.importorskip("fastnda")
    original = raw_data("cycling", "be-smith+navani", name)
    (tmp_path / "renamed.DAT").write_bytes(original.read_bytes())
    (ours,), (theirs,) = read_file(tmp_path / "renamed.DAT"), read_file(original)
    np.testing.assert_array_equal(ours.values("voltage"), theirs.values("voltage"))


def test_the_library_leaves_the_decompression_of_python_alone(raw_data):
    pytest.importorskip("fastnda")
    read_file(raw_data("cycling", "be-smith+navani", "test.ndax"))
    assert type(zlib.decompressobj()).__module__ == "zlib"
    with pytest.raises(zlib.error):
        zlib.decompress(b"no zlib stream")


def test_neware_charge_is_the_current_over_the_time(raw_data):
    pytest.importorskip("fastnda")
    (record,) = read_file(raw_data("full_cell_cycling", "d-cogswell+NewareNDA", "TestFile.nda"))
    step = record.values("step_count") == 2
    time, current, capacity = (record.values(name)[step] for name in ("step_time", "current", "capacity"))
    charge = np.concatenate([[0.0], np.cumsum(0.5 * (current[1:] + current[:-1]) * np.diff(time))]) / 3600
    assert capacity[-1] - capacity[0] == pytest.approx(charge[-1], rel=2e-3)


def test_the_nda_and_the_ndax_of_one_name_are_two_runs(raw_data):
    pytest.importorskip("fastnda")
    folder = raw_data("cycling", "be-smith+navani")
    nda, ndax = (read_file(folder / name)[0] for name in ("test.nda", "test.ndax"))
    assert (nda.origin.acquired_at, ndax.origin.acquired_at) == ("2020-03-25T11:16:21", "2024-02-01T20:24:23")
    assert nda.points != ndax.points
    assert nda.not_set == ("active_mass_mg",)


def test_without_the_library_neware_files_say_how_to_get_it(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "fastnda", None)
    (tmp_path / "a.nda").write_bytes(b"NEWARE" + bytes(100))
    with pytest.raises(
        RefusedFileError, match=r"Install it with 'pip install pelletry\[neware\]', or export the run as csv"
    ):
        read_file(tmp_path / "a.nda")
    (one,) = inspect_paths([tmp_path / "a.nda"])
    assert (one.status, one.technique, one.format) == ("refused", "cycling", "neware-nda")


@pytest.mark.parametrize("content", [b"NEWARE" + bytes(100), RES], ids=["nda", "res"])
def test_packed_files_of_other_programs_are_asked_for_unpacked(tmp_path, content):
    (tmp_path / "a.gz").write_bytes(gzip.compress(content))
    with pytest.raises(RefusedFileError, match=r"packed with gzip cannot be given to .* Unpack it first"):
        read_file(tmp_path / "a.gz")


def test_damaged_neware_files_are_broken_and_nothing_is_printed(tmp_path, raw_data, capfd):
    pytest.importorskip("fastnda")
    content = raw_data("full_cell_cycling", "d-cogswell+NewareNDA", "TestFile.nda").read_bytes()
    (tmp_path / "cut.nda").write_bytes(b"NEWARE" + bytes(50))
    with pytest.raises(BrokenFileError, match="fastnda cannot read it"):
        read_file(tmp_path / "cut.nda")
    dice = np.random.default_rng(2)
    for _ in range(15):
        damaged = bytearray(content[: int(dice.integers(100, 60_000))])
        for place in dice.integers(6, len(damaged), 8):
            damaged[place] = int(dice.integers(256))
        (tmp_path / "a.nda").write_bytes(damaged)
        try:
            records = read_file(tmp_path / "a.nda")
        except FormatError:
            continue
        assert len(records) == 1
    assert capfd.readouterr().err == ""
    assert neware.FORMATS[0].technique == "cycling"


# Arbin's database -----------------------------------------------------------------------------------------------------


@pytest.fixture
def mdb_export(tmp_path, monkeypatch):
    """A stand-in for the program on an otherwise empty PATH; its text is what it prints."""

    def install(text: str, status: int = 0):
        folder = tmp_path / "bin"
        folder.mkdir()
        (folder / "out.txt").write_text(text)
        program = folder / "mdb-export"
        program.write_text(
            f"#!{sys.executable}\nimport sys\nassert sys.argv[2:] == ['Channel_Normal_Table']\n"
            f"open(sys.argv[1], 'rb').close()\nprint(open({str(folder / 'out.txt')!r}).read(), end='')\n"
            f"if {status}:\n    sys.exit('Couldn\\'t open database.')\n"
        )
        program.chmod(0o755)
        monkeypatch.setenv("PATH", str(folder))

    return install


def test_arbin_databases_say_convert_first_without_the_program(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    (tmp_path / "a.res").write_bytes(RES)
    with pytest.raises(
        RefusedFileError,
        match=r"Convert it first: export the run as csv or xlsx from MITS Pro, or install mdbtools".replace(
            "convert", "Convert"
        ),
    ):
        read_file(tmp_path / "a.res")
    (one,) = inspect_paths([tmp_path / "a.res"])
    assert (one.status, one.technique) == ("refused", "cycling")


@pytest.mark.skipif(os.name == "nt", reason="the stand-in is a script with a first line that names its interpreter")
def test_arbin_databases_are_read_through_the_program(tmp_path, mdb_export):
    text = '"Test_ID","Data_Point","Test_Time","Current","Voltage"\n2,1,0.5,0,3.1\n1,2,60.5,1e-3,3.3\n1,1,30.5,0,3.2\n'
    mdb_export(text.replace('"', ""))
    (tmp_path / "a.res").write_bytes(RES)
    first, second = read_file(tmp_path / "a.res")
    np.testing.assert_array_equal(
        first.values("Voltage"), [3.2, 3.3]
    )  # in the order of the points, a database has none
    np.testing.assert_array_equal(second.values("Voltage"), [3.1])
    assert [column.unit for column in first.columns] == ["", "", "s", "A", "V"]
    assert (first.technique, first.name) == ("cycling", "a.res, test 1")


@pytest.mark.skipif(os.name == "nt", reason="the stand-in is a script with a first line that names its interpreter")
@pytest.mark.parametrize(
    ("text", "status", "error", "message"),
    [
        ("", 1, BrokenFileError, "mdb-export cannot read the database .*Couldn't open database"),
        ("a,b\n1,2\n", 0, RefusedFileError, "no table Channel_Normal_Table, so it is not of Arbin"),
        ("Test_ID,Data_Point,Voltage\n1,1,3\n1,2\n1,3,4\n", 0, BrokenFileError, "the row has 2 cells"),
    ],
)
def test_databases_of_others_and_broken_ones_are_told(tmp_path, mdb_export, text, status, error, message):
    mdb_export(text, status)
    (tmp_path / "a.res").write_bytes(RES)
    with pytest.raises(error, match=message):
        read_file(tmp_path / "a.res")


def test_real_arbin_databases_are_read_or_refused_with_what_to_do(raw_data):
    # Rows of Channel_Normal_Table as mdb-count of mdbtools 1.0 tells them.
    rows = {("be-smith+navani", "arbin_example.res"): 2150, ("jepegit+cellpy", "20160805_test001_45_cc_01.res"): 10261}
    for where, points in rows.items():
        (one,) = inspect_paths([raw_data("full_cell_cycling", *where)])
        assert one.technique == "cycling"
        assert (one.status, one.points) in (("read", points), ("refused", 0))


# The real csv files ---------------------------------------------------------------------------------------------------


def test_the_real_neware_csv_agrees_with_itself(raw_data):
    (record,) = read_file(raw_data("full_cell_cycling", "jepegit+cellpy", "neware_uio.csv"))
    assert (record.origin.format, record.points, record.warnings) == ("neware-csv", 9065, ())
    np.testing.assert_array_equal(record.values("DataPoint"), np.arange(1, 9066))
    # Date and Cumulative Time are written by two clocks with whole seconds.
    assert np.max(np.abs(np.diff(record.values("Date")) - np.diff(record.values("Cumulative Time")))) <= 2
    power = record.values("Current") * record.values("Voltage")
    np.testing.assert_allclose(power, record.values("Power"), atol=1.2e-8 + 5e-5 * 0.0011)


def test_the_real_landt_csv_agrees_with_itself(raw_data):
    name = "SINTEF__LiGrR2032__2024-04-30__25degC__Landt.csv"
    (record,) = read_file(raw_data("full_cell_cycling", "battery-data-alliance+battery-data-format", name))
    assert (record.origin.format, record.points) == ("landt-csv", 25162)
    elapsed = record.values("date_time_iso_string") - record.values("date_time_iso_string")[0]
    assert np.max(np.abs(elapsed - record.values("test_time"))) < 2
    assert record.not_set == ("Pressure_Psi", "temperature_1", "temperature_2", "temperature_3")


@pytest.mark.parametrize(
    "text", [NEWARE, LANDT, MACCOR, ARBIN_8, NOVONIX, BASYTEC, BDF], ids=lambda text: text.split(",")[0][:12]
)
def test_damaged_tables_raise_nothing_but_format_errors(tmp_path, text):
    content = text.encode("latin-1")
    dice = np.random.default_rng(4)
    for _ in range(80):
        damaged = bytearray(content)
        for place in dice.integers(0, len(content), dice.integers(1, 8)):
            damaged[place] = int(dice.choice([*b'\t\n\r,;."-E09 :/', int(dice.integers(256))]))
        path = tmp_path / "a"
        path.write_bytes(damaged[: int(dice.integers(30, len(content) + 1))])
        try:
            records = read_file(path)
        except FormatError:
            continue
        assert len(records) >= 1
