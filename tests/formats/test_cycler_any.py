"""Runs of cells under the headings of many programs and languages, with numbers made up here: one and the same run comes out of each."""

from __future__ import annotations

import numpy as np
import openpyxl
import pytest

from pelletry.core.errors import FormatError
from pelletry.formats.open_file import read_file
from pelletry.techniques.cycling.read import read

K = np.arange(40)
T_S = 30.0 * K
HALF = K // 10
CURRENT_A = np.array([0.0, 1e-3, 0.0, -1e-3])[HALF]
VOLTAGE_V = np.choose(HALF, [3.0 + 0 * K, 3.0 + 0.05 * (K % 10), 3.4 + 0 * K, 3.4 - 0.05 * (K % 10)])
STEP_S = 30.0 * (K % 10)
ENGLISH, CHINESE, GERMAN, LETTERS = (
    ("Rest", "CC Chg", "Rest", "CC DChg"),
    ("搁置", "恒流充电", "搁置", "恒流放电"),
    ("PAU", "CHA", "PAU", "DCH"),
    ("R", "C", "P", "D"),
)


def clock(seconds, decimals=0):
    whole = f"{int(seconds // 3600):02d}:{int(seconds % 3600 // 60):02d}:{int(seconds % 60):02d}"
    return whole + ("." + "0" * decimals if decimals else "")


def value(word, k, states):
    """A cell by the word of a dialect below."""
    table = {
        "k": f"{k + 1}",
        "t": f"{T_S[k]:g}",
        "tm": f"{T_S[k] / 60:g}",
        "th": f"{T_S[k] / 3600:.9f}",
        "T": clock(T_S[k]),
        "T3": clock(T_S[k], 3),
        "s": f"{STEP_S[k]:g}",
        "S": clock(STEP_S[k]),
        "S3": clock(STEP_S[k], 3),
        "v": f"{VOLTAGE_V[k]:.4f}",
        "mv": f"{VOLTAGE_V[k] * 1e3:.1f}",
        "a": f"{CURRENT_A[k]:.6f}",
        "ma": f"{CURRENT_A[k] * 1e3:.4f}",
        "ua": f"{CURRENT_A[k] * 1e6:.1f}",
        "|a|": f"{abs(CURRENT_A[k]):.6f}",
        "q": f"{STEP_S[k] / 3600 * abs(CURRENT_A[k]):.9f}",
        "n": f"{HALF[k] + 1}",
        "c": "1",
        "w": states[HALF[k]],
        "d": f"2031-03-14 {clock(3600 + T_S[k])}",
        "dd": f"14.03.2031 {clock(3600 + T_S[k])}",
        "x": "",
    }
    return table.get(word, word)


DIALECTS = {
    "Neware in Chinese": ("数据序号,循环号,工步号,工步类型,时间,总时间,电流(A),电压(V),容量(Ah),绝对时间", "k c n w S T a v q d", ",", CHINESE, "gb18030"),
    "Neware in Chinese, mA": ("记录序号\t工步号\t循环号\t状态\t步次时间\t电流(mA)\t电压(V)\t绝对时间", "k n c w S ma v d", "\t", CHINESE, "gb18030"),
    "LAND in Chinese": ("记录序号,测试时间/Sec,步骤时间/Sec,电压/V,电流/mA,循环序号,状态", "k t s v ma c w", ",", CHINESE, "utf-8-sig"),
    "LAND clock": ("Record\tTestTime\tStepTime\tVoltage/V\tCurrent/uA\tCapacity/Ah", "k T S v ua q", "\t", ENGLISH, "utf-8"),
    "LAND seconds": ("Index,TestTime/Sec.,StepTime/Sec.,Voltage/V,Current/mA,Cycle-Index,Step-Index,Step-State", "k t s v ma c n w", ",", ENGLISH, "utf-8"),
    "Digatron in German": ("Zeitstempel;Schritt;Zustand;Programmdauer;Zyklus;AhStep;Spannung;Strom\n;;;;;Ah;V;A", "dd n w T3 c q v a", ";", GERMAN, "cp1252"),
    "Digatron in English": ("Time Stamp,Step,Status,Prog Time,Cycle,Voltage,Current,Capacity,Cnt,\n,,,,,[V],[A],[Ah],[Cnt],", "d n w T3 c v a q k x", ",", GERMAN, "utf-8"),
    "PEC": ("Test,Cell,Step,Instruction Name,Cycle,Total Time (Hours in hh:mm:ss.xxx),Step Time (Seconds),Voltage (mV),Current (A),ReasonCode,", "77 1 n Idle c T3 s mv a 30 x", ",", ENGLISH, "utf-8"),
    "Maccor, seconds": ("Rec#\tCyc#\tStep\tTest (Sec)\tStep (Sec)\tAmp-hr\tAmps\tVolts\tState\tES", "k c n t s q |a| v w 1", "\t", LETTERS, "utf-8"),
    "Maccor, minutes": ("Rec#\tCyc#\tStep\tTest (Min)\tStep (Min)\tAmp-hr\tAmps\tVolts\tState\tES", "k c n tm tm q |a| v w 1", "\t", LETTERS, "utf-8"),
    "Maccor without numbers": ("Cyc#,Step,TestTime(s),StepTime(s),Capacity(Ah),Watt-hr,Current(A),Voltage(V),DPt Time", "c n t s q 0 a v d", ",", ENGLISH, "utf-8"),
    "Squidstat": ('"Step number","Step name","Elapsed Time (s)","Working Electrode (V)","Current (mA)"', "n w t v ma", ",", ENGLISH, "utf-8"),
    "Battery Archive": ("Date_Time,Test_Time (s),Cycle_Index,Current (A),Voltage (V),Charge_Capacity (Ah)", "d t c a v q", ",", ENGLISH, "utf-8"),
    "Neware, unsigned": ("Record number,Status,Jump,Cycle,Steps,Current(A),Voltage(V),Capacity(Ah),Relative Time(h:min:s.ms),Absolute Time", "k w n c n |a| v q S3 d", ",", ENGLISH, "utf-8"),
    "in German": ("Zeit [h];Spannung [V];Strom [mA];Zyklus", "th v ma c", ";", ENGLISH, "cp1252"),
    "bare": ("t/s\tE/V\tI/A", "t v a", "\t", ENGLISH, "utf-8"),
    "Digatron with hashes": ("Step,Status,Timestamp,Program Duration#s,Voltage#V,Current#A,AhStep#Ah\nV\tV\tV\tV", "n w d t v a q", ",", GERMAN, "utf-8"),
    "small letters": ("test_time_s,voltage_v,current_ma,step_time_s,cycle_index", "t v ma s c", ",", ENGLISH, "utf-8"),
    "Neware of Total Time": ("Total Time(s),Voltage(V),Current(A),Time(s),Cycle,Step,Record", "t v a s c n k", ",", ENGLISH, "utf-8"),
    "pandas": (",time_s,voltage_V,current_A,cycle", "k t v a c", ",", ENGLISH, "utf-8"),
}  # fmt: skip


def text_of(head, words, separator, states, decimal="."):
    rows = [separator.join(value(word, k, states).replace(".", decimal) if word not in ("dd", "T3") else value(word, k, states) for word in words.split()) for k in K]  # fmt: skip
    return "\n".join([head, *rows, ""])


@pytest.mark.parametrize("name", DIALECTS)
def test_the_same_run_comes_out_of_every_dialect(tmp_path, name):
    head, words, separator, states, encoding = DIALECTS[name]
    path = tmp_path / "pellet.txt"
    path.write_bytes(text_of(head, words, separator, states, "," if "German" in name else ".").encode(encoding))
    (record,) = read_file(path)
    assert (record.technique, record.points) == ("cycling", 40)
    (run,) = read([record])
    np.testing.assert_allclose(run.time_s - run.time_s[0], T_S, atol=1e-3)
    np.testing.assert_allclose(run.voltage_V, VOLTAGE_V, atol=1e-6)
    np.testing.assert_allclose(run.current_A, CURRENT_A, atol=1e-12)


def test_a_current_without_signs_is_told_and_turned_by_the_state(tmp_path):
    path = tmp_path / "pellet.txt"
    path.write_text(text_of(*[DIALECTS["Maccor, seconds"][i] for i in (0, 1, 2, 3)]))
    (run,) = read(read_file(path))
    assert run.warnings[-1] == "the current has no signs: taken as negative where 'State' is D"


def test_times_of_steps_are_added_up_where_there_is_no_other(tmp_path):
    path = tmp_path / "pellet.csv"
    head = "Record number,Status,Cycle,Steps,Current(A),Voltage(V),Capacity(Ah),Relative Time(h:min:s.ms)"
    path.write_text(text_of(head, "k w c n a v q S3", ",", ENGLISH))
    (run,) = read(read_file(path))
    # A step of ten rows ends nine intervals after its begin; the one to the next step is not in the file.
    np.testing.assert_allclose(run.time_s, 270.0 * HALF + STEP_S)
    assert "the times of the steps (Relative Time) were added up" in run.warnings[0]


def test_a_current_without_a_unit_is_not_read_and_named(tmp_path):
    path = tmp_path / "pellet.csv"
    path.write_text(
        text_of("Rec,Cycle C,Step,Test Time (sec),Step Time (sec),Current,Voltage", "k c n t s a v", ",", ENGLISH)
    )
    (run,) = read(read_file(path))
    assert run.warnings[-1] == "the file states no unit of 'Current': no current was read"
    assert np.all(np.isnan(run.current_A))


def test_words_of_steps_are_those_of_the_file(tmp_path):
    head, words, separator, states, encoding = DIALECTS["Neware in Chinese"]
    path = tmp_path / "pellet.csv"
    path.write_bytes(text_of(head, words, separator, states).encode(encoding))
    (record,) = read_file(path)
    assert record.header["codes of 工步类型"] == "0 = 搁置; 1 = 恒流充电; 2 = 恒流放电"


@pytest.mark.parametrize(
    "text",
    [
        "time,voltage,current\n" + "".join(f"{i},230.{i},{i}\n" for i in range(20)),
        "time (s),voltage (V),current (A)\n" + "".join(f"{i},230.{i},{i}\n" for i in range(20)),
        "date,site,rain (mm),step\n" + "".join(f"2031-01-{i + 1:02d},A,{i}.5,1\n" for i in range(20)),
        "Potential (V)\tCurrent (A)\n" + "".join(f"{i / 10}\t{i}e-6\n" for i in range(20)),
        "t/s\tE/V\tI/mA\n" + "".join(f"{i}\t{abs(i % 80 - 40) / 40:.3f}\t{np.sin(i / 9):.5f}\n" for i in range(200)),
        "Step number,Elapsed Time (s),Working Electrode (V),Current (A)\n"
        + "".join(f"1,{i},{abs(i % 80 - 40) / 40:.3f},{np.sin(i / 9):.5f}\n" for i in range(200)),
    ],
    ids=["no units", "of the mains", "of the weather", "a sweep", "a voltammogram", "steps of a voltammogram"],
)
def test_other_tables_are_no_runs_of_a_cell(tmp_path, text):
    path = tmp_path / "table.csv"
    path.write_text(text)
    assert "cycling" not in {record.technique for record in read_file(path)}


def test_a_workbook_in_chinese(tmp_path):
    book = openpyxl.Workbook()
    book.active.append(["循环号", "充电容量(Ah)"])
    sheet = book.create_sheet("record")
    sheet.append(["数据序号", "循环号", "工步号", "工步类型", "时间", "总时间", "电流(A)", "电压(V)", "容量(Ah)"])
    for k in K:
        row = (
            k + 1,
            1,
            HALF[k] + 1,
            CHINESE[HALF[k]],
            clock(STEP_S[k]),
            clock(T_S[k]),
            CURRENT_A[k],
            VOLTAGE_V[k],
            0.0,
        )
        sheet.append([cell if isinstance(cell, str) else float(cell) for cell in row])
    book.save(tmp_path / "pellet.xlsx")
    (record,) = read_file(tmp_path / "pellet.xlsx")
    (run,) = read([record])
    assert record.origin.format == "neware-xlsx"
    np.testing.assert_allclose(run.time_s, T_S)
    np.testing.assert_allclose(run.current_A, CURRENT_A, atol=1e-12)


GAMRY = (
    "EXPLAIN\nTAG\t{tag}\nTITLE\tLABEL\tx\tTest\nAREA\tQUANT\t2.5\tSample Area (cm^2)\nCURVE\tTABLE\t3\n\tPt\tT\tVf\tIm\tOver\n\t#\ts\tV vs. Ref.\tA\tbits\n"
    "\t0\t1.5\t3.1\t1E-3\t...\n\t1\t3.0\t3.2\t1E-3\t...\n\t2\t4.5\t3.3\t1E-3\t...\n"
)


@pytest.mark.parametrize(("tag", "technique"), [("CHRONOP", "cycling"), ("PWR800_CHARGE", "cycling"), ("CV", "")])
def test_gamry_says_by_its_tag_what_a_curve_is(tmp_path, tag, technique):
    path = tmp_path / "pellet.DTA"
    path.write_text(GAMRY.format(tag=tag))
    (record,) = read_file(path)
    assert record.technique == technique
    if technique:
        (run,) = read([record])
        assert (run.time_s[-1], run.voltage_V[0], run.current_A[1]) == (4.5, 3.1, 1e-3)


@pytest.mark.parametrize("name", ["Digatron in German", "Neware in Chinese", "PEC", "LAND clock"])
def test_damaged_tables_are_read_or_refused_by_name(tmp_path, name):
    head, words, separator, states, encoding = DIALECTS[name]
    whole = bytearray(text_of(head, words, separator, states, "," if "German" in name else ".").encode(encoding))
    random = np.random.default_rng(7)
    path = tmp_path / "pellet.txt"
    for trial in range(60):
        damaged = bytearray(whole[: random.integers(1, len(whole))] if trial % 3 == 0 else whole)
        for place in random.integers(0, len(damaged), size=trial % 5):
            damaged[place] ^= 1 << int(random.integers(0, 8))
        path.write_bytes(damaged)
        records, refusal = (), ""
        try:
            records = read_file(path)
        except FormatError as error:
            refusal = str(error)
        assert records or "pellet.txt" in refusal
        assert all(len(column.values) == record.points for record in records for column in record.columns)
