"""Gamry, Novocontrol, AMETEK, Ivium, PalmSens, Autolab, CH Instruments, Elins and LCR meters: smallest true file and broken ones."""

from __future__ import annotations

import json

import numpy as np
import pytest

from pelletry.core.errors import BrokenFileError, RefusedFileError

ROWS = (
    (100000.0, 125.0, -25.0),
    (10000.0, 250.0, -50.0),
    (1000.0, 500.0, -100.0),
    (100.0, 1000.0, -200.0),
    (10.0, 1100.0, -900.0),
)
F, RE, IM = (np.array(column) for column in zip(*ROWS, strict=True))


def check(record, frequency, real, imaginary, sign=1):
    assert record.technique == "impedance"
    np.testing.assert_array_equal(record.values(frequency), F)
    np.testing.assert_array_equal(record.values(real), RE)
    np.testing.assert_array_equal(record.values(imaginary), sign * IM)


# -- Gamry ----------------------------------------------------------------------------------------------------------------


def gamry(decimal=".", area="1.00000E+000", rows=ROWS, more=""):
    z = "".join(f"\t{i}\t{i}\t{f}\t{a}\t{b}\t1\t9\t-9\t0.5\t0.25\t9\n" for i, (f, a, b) in enumerate(rows))
    text = (
        "EXPLAIN\nTAG\tEISPOT\nTITLE\tLABEL\tPotentiostatic EIS\tTest &Identifier\n"
        f"AREA\tQUANT\t{area}\t&Area (cm^2)\n{more}"
        "OCVCURVE\tTABLE\t3\n\tPt\tT\tVf\tOver\tTemp\n\t#\ts\tV vs. Ref.\tbits\tdeg C\n"
        + "".join(f"\t{i}\t0.25\t0.5\t..........a\t-327.67\n" for i in range(3))
        + "EOC\tQUANT\t0.369159\tOpen Circuit (V)\nZCURVE\tTABLE\n"
        "\tPt\tTime\tFreq\tZreal\tZimag\tZsig\tZmod\tZphz\tIdc\tVdc\tIERange\n\t#\ts\tHz\tohm\tohm\tV\tohm\t°\tA\tV\t#\n"
        + z
    )
    return text if decimal == "." else text.replace(".", ",").replace("vs,", "vs.").replace(",,,,", "....")


@pytest.mark.parametrize("decimal", [".", ","])
def test_gamry(reads, decimal):
    ocv, z = reads("a.DTA", gamry(decimal), encoding="cp1252", newline="\r\n")
    assert (ocv.name, ocv.technique, ocv.points) == ("OCVCURVE", "", 3)
    check(z, "Freq", "Zreal", "Zimag")
    assert [(c.name, c.unit) for c in z.columns][2:4] == [("Freq", "Hz"), ("Zreal", "ohm")]
    assert z.values("Vdc").tolist() == [0.25] * 5
    assert z.not_set == ("AREA",)
    assert not [h for h in (*ocv.hints, *z.hints) if h.name == "temperature"]
    assert [ocv.origin.record, z.origin.record] == [0, 1]


def test_gamry_area_that_was_entered_counts(reads):
    assert reads("a.DTA", gamry(area="5.03000E-001"))[1].not_set == ()


def test_gamry_aborted_and_empty(reads):
    *_, z = reads("a.DTA", gamry(more="EXPERIMENTABORTED\tTOGGLE\tT\tExperiment Aborted\n"))
    assert z.warnings == ("the run was aborted",)
    *_, z = reads("b.DTA", gamry(rows=()))
    assert (z.technique, z.points) == ("impedance", 0)
    with pytest.raises(BrokenFileError, match="holds no curve"):
        reads("c.DTA", "EXPLAIN\nTAG\tEISPOT\n")


# -- Novocontrol ----------------------------------------------------------------------------------------------------------


def novocontrol(temperatures=(None,)):
    text = "pellet 7 \n"
    for t in temperatures:
        fixed = "" if t is None else f"Temp. [°C]={t:.4e}  "
        text += f"Fixed value(s) :  {fixed}AC Volt  [Vrms]=3.5000e-02  \n   Freq.[Hz]   \tZs'[ohm]  \tZs''[ohm]\n"
        text += "".join(f" {f:.5e}\t {a:.5e}\t{b:.5e}\n" for f, a, b in ROWS)
    return text


def test_novocontrol_without_temperature(reads):
    (record,) = reads("s1-140deg.txt", novocontrol())
    check(record, "Freq.", "Zs'", "Zs''")
    assert record.name == "pellet 7"
    assert [(h.value, h.source) for h in record.hints if h.name == "temperature"] == [(413.15, "file name")]


def test_novocontrol_with_several_temperatures(reads):
    records = reads("s1.txt", novocontrol((25.0, -10.0, 100.5)), encoding="cp1252")
    assert [r.hints[0].value for r in records] == [298.15, 263.15, 373.65]
    assert {r.hints[0].source for r in records} == {"header"}
    for record in records:
        check(record, "Freq.", "Zs'", "Zs''")


def test_novocontrol_title_is_no_measured_temperature(reads):
    (record,) = reads("s1.txt", novocontrol().replace("pellet 7", "pellet 7 at 300 °C"))
    assert not [h for h in record.hints if h.name == "temperature"]
    assert [h.value for h in record.hints if h.name == "temperature_in_title"] == [573.15]


# -- AMETEK ---------------------------------------------------------------------------------------------------------------


def versastudio(cut=False):
    text = "<Application>\nName=VersaStudio\nVersion=2.52.3.0\n</Application>\n\n<Action1>\nAmplitude (mV RMS)=20\n</Action1>\n\n<Segment1>\nType=2\n"
    text += "Definition=Segment #, Point #, E(V), Frequency(Hz), Z Real, Z Imag, Z2 Real, Z2 Imag, AC Amplitude, 0\n"
    text += "".join(f"0,{i},0.5,{f},{a},{b},0,0,0.02\n" for i, (f, a, b) in enumerate(ROWS))
    return text[:-8] if cut else text + "</Segment1>\n\n<Graph1>\nTitle=x\n</Graph1>\n"


def test_versastudio(reads):
    (record,) = reads("a.par", versastudio())
    check(record, "Frequency", "Z Real", "Z Imag")
    assert record.header["Amplitude (mV RMS)"] == "20"
    assert record.column("E").unit == "V"


def test_versastudio_cut_in_its_last_row_keeps_the_others_and_a_bad_row_is_named(reads):
    (record,) = reads("a.par", versastudio(cut=True))
    assert record.points == 4
    with pytest.raises(BrokenFileError, match=r"b\.par:14: the row has 3 cells"):
        reads("b.par", versastudio().replace("0,1,0.5,10000.0,250.0,-50.0,0,0,0.02", "0,1,0.5"))


def test_parstat_rows_of_the_dc_part_are_no_spectrum(reads):
    text = (
        "Potential (V)\tCurrent (A)\tElapsed Time (s)\tFrequency (Hz)\tZre (ohms)\tZim (ohms)\t|Vac| (V)\t|Iac| (A)\t\n"
    )
    text += "".join(f"3.5\t-0.25\t{10 * i}\t0\t0\t0\t0\t0\t\n" for i in range(20))
    text += "".join(f"3.5\t0.125\t{300 + i}\t{f}\t{a}\t{b}\t0.5\t0.5\t\n" for i, (f, a, b) in enumerate(ROWS))
    ac, dc = reads("a.txt", text)
    check(ac, "Frequency", "Zre", "Zim")
    assert (dc.technique, dc.points) == ("", 20)
    assert ac.origin.line == 22


# -- Ivium ----------------------------------------------------------------------------------------------------------------


def ivium(announced=5):
    head = b"\0" * 16 + b"H\0\0\0\nPeaks=false\nCorrosion=false\nLevels=false\nECN=false\nSolarcell=false\n<\x07\0\0\n"
    method = b"Method=Impedance\nTechnique=Constant E\nTitle=Test\nFrequencies=5\n"
    data = b"2         \nData Objects    \n0         \nprimary_data    \n3         \n%-10d\n" % announced
    rows = b"".join(b"%.5E  %.5E\t%.5E \n" % (a, b, f) for f, a, b in ROWS)
    return head + method + data + rows + b"Report.Process\x1c\x1d more\n"


def test_ivium(reads):
    (record,) = reads("a.ids", ivium())
    check(record, "frequency", "Z'", "Z''")
    assert record.header["Technique"] == "Constant E"


@pytest.mark.parametrize(("announced", "words"), [(6, "cut short"), (10**9, "cut short|cannot be"), (-3, "cannot be")])
def test_ivium_with_an_absurd_count_is_broken_and_the_line_is_named(reads, announced, words):
    with pytest.raises(BrokenFileError, match=rf"a\.ids:\d+: .*({words})"):
        reads("a.ids", ivium(announced))


# -- PalmSens -------------------------------------------------------------------------------------------------------------


def palmsens(small=False, spectra=1):
    def column(quantity, symbol, values):
        return {
            "Type": "PalmSens.Data.DataArray",
            "Unit": {"Q": quantity, "S": symbol},
            "DataValues": [{"V": v, "S": 1} for v in values],
        }

    columns = [
        column("Frequency", "Hz", F.tolist()),
        column("Z'", "Ohm", RE.tolist()),
        column("-Z''", "Ohm", (-IM).tolist()),
    ]
    measurement = {
        "Title": "pellet",
        "TimeStamp": 637500000000000000,
        "Method": "METHOD_ID=eis\r\nE_AC=0.01\r\n",
        "EISDataList": [{"DataSet": {"Values": columns}}] * spectra,
    }
    session = {
        "Type": "PalmSens.DataFiles.SessionFile",
        "Measurements": [measurement, {"Title": "a cyclic voltammogram", "EISDataList": []}],
    }
    text = json.dumps(session)
    for key in (
        (
            "Type",
            "Unit",
            "DataValues",
            "Measurements",
            "EISDataList",
            "DataSet",
            "Values",
            "Title",
            "Method",
            "TimeStamp",
        )
        if small
        else ()
    ):
        text = text.replace(f'"{key}"', f'"{key.lower()}"')
    return text + "\ufeff"


@pytest.mark.parametrize("small", [False, True], ids=["capitals", "small"])
@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le"])
def test_palmsens(reads, small, encoding):
    (record,) = reads("a.pssession", palmsens(small), encoding=encoding)
    check(record, "Frequency", "Z'", "-Z''", sign=-1)
    assert record.header["METHOD_ID"] == "eis"
    # 637450560000000000 ticks of 100 ns are 2021-01-01; 4 944 000 s later is day 58 of the year, 05:20.
    assert record.origin.acquired_at == "2021-02-27T05:20:00"
    assert "a cyclic voltammogram" in record.warnings[0]


def test_palmsens_without_impedance_is_refused_and_a_cut_one_is_broken(reads):
    with pytest.raises(RefusedFileError, match="none is impedance"):
        reads("a.pssession", palmsens(spectra=0), encoding="utf-16")
    with pytest.raises(BrokenFileError, match="cut short"):
        reads("b.pssession", palmsens()[:-100], encoding="utf-16")


def test_pstrace_csv_is_a_plain_table(reads):
    text = (
        "Date and time:,2024-05-03 12:00:00\nPS:Title,EIS\n"
        + "freq / Hz,neg. Phase / °,Idc / uA,Z / Ohm,Z' / Ohm,-Z'' / Ohm,Cs / F\n"
    )
    text += "".join(f"{f},11.25,0.5,{abs(a + 1j * b)!r},{a},{-b},1e-06\n" for f, a, b in ROWS)
    (record,) = reads("a.csv", text, encoding="utf-16")
    check(record, "freq", "Z'", "-Z''", sign=-1)


# -- Autolab --------------------------------------------------------------------------------------------------------------


def dfr(rows=ROWS, count=None):
    points = "".join(f" {f}\n {a}\n {-b}\n" + " 0.0\n" * 6 for f, a, b in rows)
    return f"VERSION8.0\n {len(rows) if count is None else count}\n 1\n{points} 1.0\n13.07.2022 22:32:00\n"


def test_autolab_dfr(reads):
    (record,) = reads("a.dfr", dfr())
    check(record, "frequency", "Z'", "-Z''", sign=-1)


def test_autolab_dfr_cut_short_or_absurd_is_broken(reads):
    with pytest.raises(BrokenFileError, match=r"announces 7 points and holds 5"):
        reads("a.dfr", dfr(count=7))
    with pytest.raises(BrokenFileError, match=r"announces 9000000000000 points"):
        reads("b.dfr", dfr(count=9_000_000_000_000))
    with pytest.raises(BrokenFileError, match=r"c\.dfr:2: the number of points is missing"):
        reads("c.dfr", dfr().replace("\n", "\n\n", 1))


def test_autolab_p00(reads):
    text = "Procedure : pellet\nDD.MM.YYYY HH:MM:SS i(init)= 183.1nA\nnotes\nt =  736.4 s\n f/Hz       \t Z'/Ohm     \t -Z''/Ohm   \t time/s    \t Edc/V     \t Idc/A     \t\n {n} \n"
    rows = "".join(f" {f:.3e}\t {a:.3e}\t {-b:.3e}\t 59.300e+00\t 30.981e-02\t 18.311e-08\t\n" for f, a, b in ROWS)
    (record,) = reads("a.P00", text.format(n=5) + rows)
    check(record, "f", "Z'", "-Z''", sign=-1)
    assert record.name == "pellet"
    with pytest.raises(BrokenFileError, match=r"b\.P00:6: the file announces 9 points and holds 5"):
        reads("b.P00", text.format(n=9) + rows)


def test_nova_text_is_a_plain_table(reads):
    text = "Index;Frequency (Hz);Z' (Ω);-Z'' (Ω);Z (Ω);-Phase (°);Time (s)\n"
    text += "".join(f"{i};{f};{a};{-b};9;9;{i}\n" for i, (f, a, b) in enumerate(ROWS)).replace(".", ",")
    (record,) = reads("a.txt", text)
    check(record, "Frequency", "Z'", "-Z''", sign=-1)
    assert record.column("Z'").unit == "Ω"


# -- CH Instruments, Elins, LCR -------------------------------------------------------------------------------------------


def test_ch_instruments(reads):
    text = "Feb. 20, 2020   15:55:08\nA.C. Impedance\nFile: c:\\x.bin\nInstrument Model:  CHI660E\n\nInit E (V) = 0\nAmplitude (V) = 0.025\n\nFreq/Hz, Z'/ohm, Z\"/ohm, Z/ohm, Phase/deg\n\n"
    text += "".join(f"{f:.3e}, {a:.3e}, {b:.3e}, 9.9e+1, -1.6\n" for f, a, b in ROWS)
    (record,) = reads("a.txt", text, newline="\r\n")
    check(record, "Freq", "Z'", 'Z"')
    assert record.origin.acquired_at == "2020-02-20T15:55:08"
    assert record.header["Amplitude (V)"] == "0.025"


def test_elins_i2b(reads):
    text = "Some notes\nof 3 lines\n\n5\n" + "".join(f"{f} {a} {b}\n" for f, a, b in ROWS)
    (record,) = reads("a.i2b", text)
    check(record, "frequency", "Z'", "Z''")
    assert record.origin.format == "elins-i2b"
    assert record.header["notes"] == "Some notes | of 3 lines"


def test_lcr_meter_with_decimal_commas_and_unset_geometry(reads):
    text = "Sample Area\t0,000\nThickness\t0,000\nF[Hz]\tZ[Ohm]\tTheta\n" + "".join(
        f"{f}\t{a}\t{b}\n" for f, a, b in ROWS
    ).replace(".", ",")
    (record,) = reads("LZP_25C.txt", text)
    check(record, "F", "Z", "Theta")
    assert record.not_set == ("Sample Area", "Thickness")
    assert [(h.value, h.source) for h in record.hints if h.name == "temperature"] == [(298.15, "file name")]


def test_powersuite_is_a_plain_table(reads):
    (record,) = reads("a.txt", "Frequency\t Zre\t Zimg\n" + "".join(f"{f}\t {a}\t {b}\n" for f, a, b in ROWS[::-1]))
    assert record.technique == "impedance"
    np.testing.assert_array_equal(record.values("Zimg"), IM[::-1])
