"""NETZSCH: text exports held against their own header, binaries against an independent arithmetic."""

from __future__ import annotations

import builtins
import gzip
import zipfile

import numpy as np
import pytest

from pelletry.core.errors import BrokenFileError, FormatError, RefusedFileError
from pelletry.formats.open_file import read_file

TEXT = ("thermal", "MyonicS+pyTGA")
BINARY = ("thermal", "GraysonBellamy+pyngb")
HEADER = (
    "#EXPORTTYPE:DATA ALL\n#FILE:green.ngb-dla\n#FORMAT:NETZSCH5\n#FTYPE:{ftype}\n#IDENTITY:LATP 1\n#DECIMAL:{decimal}\n"
    "#SEPARATOR:{separator}\n#MTYPE:DIL\n#INSTRUMENT:NETZSCH DIL 402C\n#DATE/TIME:02.03.2021 10:53\n#CORR. FILE:blank.ngb-cla\n"
    "#SAMPLE:LATP 1\n#SAMPLE LENGTH /mm:5,25\n#RANGE:30,0{degree}C/5,0(K/min)/1000{degree}C\n\n"
)


def export(heads: str, rows: str, *, decimal="POINT", separator="SEMICOLON", degree="°", ftype="ANSI") -> str:
    head = HEADER.format(decimal=decimal, separator=separator, degree=degree, ftype=ftype)
    return f"{head}##{heads.replace('°', degree)}\n{rows}"


@pytest.mark.parametrize(
    ("name", "mass"), [("netzsch_example_file.txt", "8.91"), ("netzsch2_example_file.txt", "13.10")]
)
def test_real_texts_open_with_all_rows_and_their_mass(raw_data, name, mass):
    (record,) = read_file(raw_data(*TEXT, name))
    assert (record.technique, record.points, record.origin.line) == ("thermogravimetry", 270, 30)
    assert [(c.name, c.unit) for c in record.columns] == [("Temp.", "°C"), ("Time", "min"), ("Mass", "%")]
    assert record.header["initial mass [mg]"] == mass
    assert record.header["Mass given as"] == "percent"
    assert record.header["TYPE OF CRUCIBLE"] == "Al2O3 85 µl, open"
    # The program is 5 K/min from 30 to 700 °C: the rows must show it.
    slope = np.polyfit(record.values("Time")[20:], record.values("Temp.")[20:], 1)[0]
    assert slope == pytest.approx(5.0, rel=2e-3)


@pytest.mark.parametrize(
    ("head", "column", "given"),
    [
        ("dL/Lo", ("dL/Lo", ""), "fraction"),
        ("dL/Lo/%", ("dL/Lo", "%"), "percent"),
        ("dL/Lo/10^-3", ("dL/Lo", "10^-3"), "per mille"),
        ("dL/Lo *10^-3", ("dL/Lo", "10^-3"), "per mille"),
        ("dL/Lo/1E-03", ("dL/Lo", "1E-03"), "per mille"),
        ("dL/Lo/10^-6", ("dL/Lo", "10^-6"), "10^-6"),
        ("dL/Lo/ppm", ("dL/Lo", "ppm"), "ppm"),
        ("dL/µm", ("dL", "µm"), "length"),
    ],
)
def test_what_a_length_change_is_given_in_is_told_by_its_head_not_its_size(reads, head, column, given):
    """The same numbers under different heads are different things."""
    (record,) = reads("a.txt", export(f"Temp./°C;Time/min;{head}", "30.0;0.0;0.0\n31.0;0.2;-0.9\n"), encoding="cp1252")
    assert (record.columns[2].name, record.columns[2].unit) == column
    assert record.header[f"{column[0]} given as"] == given
    assert record.technique == "dilatometry"


def test_header_numbers_have_a_comma_where_the_rows_have_a_point(reads):
    (record,) = reads("a.txt", export("Temp./°C;Time/min;dL/Lo", "30.0;0.0;0.0\n31.0;0.2;-0.001\n"))
    assert record.header["initial length [mm]"] == "5.25"
    assert record.header["SAMPLE LENGTH /mm"] == "5,25"
    assert record.header["correction file"] == "blank.ngb-cla"
    assert record.header["RANGE"] == "30,0°C/5,0(K/min)/1000°C"
    assert record.origin.acquired_at == "2021-03-02T10:53:00"


@pytest.mark.parametrize(
    ("degree", "encoding"), [("°", "cp1252"), ("°", "utf-8"), ("°", "utf-16"), ("›", "cp1252"), ("ø", "cp1252")]
)
def test_the_degree_sign_of_every_code_page_is_one(reads, degree, encoding):
    text = export("Temp./°C;Time/min;Mass/%", "30.0;0.0;100\n31.0;0.2;99.9\n", degree=degree, ftype="ASCII")
    (record,) = reads("a.txt", text, encoding=encoding, newline="\r\n")
    assert record.columns[0].unit == "°C"


def test_decimal_commas_and_tabs_are_read_as_the_header_says(reads):
    rows = "30,5\t0,0\t100,25\n31,5\t0,2\t99,75\n"
    (record,) = reads("a.txt", export("Temp./°C\tTime/min\tMass/%", rows, decimal="COMMA", separator="TAB"))
    assert list(record.values("Mass")) == [100.25, 99.75]


def test_signals_of_an_sta_are_split_at_their_last_slash(reads):
    heads = "Temp./°C;Time/min;DSC/(mW/mg);Mass/%;Gas Flow(purge2)/(ml/min);Sensit./(uV/mW);Segment"
    (record,) = reads("a.txt", export(heads, "30.0;0.0;0.1;100;50;1.2;1\n31.0;0.1;0.2;99;50;1.2;1\n"))
    assert [(c.name, c.unit) for c in record.columns[2:]] == [
        ("DSC", "mW/mg"), ("Mass", "%"), ("Gas Flow(purge2)", "ml/min"), ("Sensit.", "uV/mW"), ("Segment", ""),
    ]  # fmt: skip
    assert record.technique == "thermal"


def test_every_segment_with_its_own_heads_is_a_record(reads):
    text = export("Temp./°C;Time/min;Mass/%", "30.0;0.0;100\n31.0;0.2;99\n")
    text += "#SEGMENT:S2/2\n\n##Temp./°C;Time/min;Mass/%;DSC/(mW/mg)\n31.0;0.2;99;0.1\n"
    first, second = reads("a.txt", text)
    assert (first.points, second.points, len(second.columns)) == (2, 1, 4)
    assert (first.origin.line, second.origin.line, second.header["SEGMENT"]) == (17, 22, "S2/2")


def test_zero_mass_counts_as_not_set(reads):
    text = export("Temp./°C;Time/min;Mass/mg", "30;0;1\n31;1;2\n").replace("LENGTH /mm:5,25", "MASS /mg:0")
    (record,) = reads("a.txt", text)
    assert record.not_set == ("initial mass [mg]",)


def test_a_signal_that_never_moves_is_said(reads):
    rows = "".join(f"{30 + i}.0;{i}.0;240.908\n" for i in range(30))
    (record,) = reads("a.txt", export("Temp./°C;Time/min;Mass/mg", rows))
    assert record.warnings == ("column 'Mass' has the same value in all 30 rows: nothing was recorded in it",)


GOOD = ("Temp./°C;Time/min;Mass/%", "30.0;0.0;100.0\n31.0;0.2;99.5\n32.0;0.4;99.1\n")
BROKEN = {
    "no heads": (export(*GOOD).replace("##", "# "), BrokenFileError, "the line with the column heads is missing"),
    "a lost cell": (export(GOOD[0], GOOD[1].replace("0.2;", "")), BrokenFileError, "a.txt:18: the row has 2 cells; expected 3"),
    "a word": (export(GOOD[0], GOOD[1].replace("99.5", "x")), BrokenFileError, "a.txt:18: 'x' is not a number"),
    "destroyed": (
        export(GOOD[0], GOOD[1].replace("99.5", "99.500.123")), RefusedFileError, "a.txt:18: '99.500.123' has lost its decimal mark",
    ),
    "unknown separator": (export(*GOOD, separator="PIPE"), BrokenFileError, "'#SEPARATOR' is 'PIPE'; expected one of SEMICOLON"),
    "no decimal": (export(*GOOD).replace("#DECIMAL:POINT\n", ""), BrokenFileError, "the line '#DECIMAL' is missing"),
    "comma for both": (
        export(*GOOD, separator="COMMA", decimal="COMMA"), RefusedFileError, "separates the columns and the decimals alike",
    ),
    "undecided": (
        export("Temp./°C;Time/min;Mass/%", "30,5;0,0;1.234\n", decimal="COMMA"), RefusedFileError, "may be a decimal or a thousand",
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", BROKEN)
def test_what_cannot_be_read_is_said(reads, case):
    text, error, message = BROKEN[case]
    with pytest.raises(error) as caught:
        reads("a.txt", text)
    assert message in str(caught.value)


def test_a_last_line_cut_short_is_left_out_and_said(reads):
    (record,) = reads("a.txt", export(GOOD[0], GOOD[1] + "33.0;0."))
    assert record.points == 3
    assert record.warnings == ("line 20 is cut short and was left out",)


# --- binary ---------------------------------------------------------------------------------------------------------


def test_a_binary_dilatometer_run_comes_with_its_correction_run(raw_data):
    pytest.importorskip("pyngb")
    sample, correction = read_file(raw_data(*BINARY, "RO_Para_N2_10K_260910_R1.ngb-dla"))
    assert (sample.technique, sample.points, correction.points) == ("dilatometry", 9251, 9250)
    assert (sample.header["run"], correction.header["run"]) == ("sample", "correction")
    assert correction.name.endswith("correction run")
    assert sample.header["initial length [mm]"] == "15.99"
    assert "initial length [mm]" not in correction.header
    assert sample.header["correction file"].endswith("RO_Para_N2_10K_260910_Correction_R1.ngb-cla")
    assert sample.header["length_change given as"] == "length"
    length = sample.column("length_change")
    assert (length.unit, float(length.values[-1])) == ("µm", pytest.approx(-4480.7, abs=0.05))
    assert float(sample.values("sample_temperature")[-1]) == pytest.approx(900.0, abs=0.1)
    drift = correction.values("length_change")
    assert (drift.min(), drift.max()) == (pytest.approx(-7.6, abs=0.1), pytest.approx(27.9, abs=0.1))


def test_the_embedded_correction_is_the_file_of_the_correction(raw_data):
    pytest.importorskip("pyngb")
    (alone,) = read_file(raw_data(*BINARY, "RO_Para_N2_10K_260910_Correction_R1.ngb-cla"))
    _, embedded = read_file(raw_data(*BINARY, "RO_Para_N2_10K_260910_R1.ngb-dla"))
    assert alone.header["run"] == "correction"
    assert alone.origin.acquired_at == "2026-09-10T13:53:50+00:00"
    assert embedded.origin.acquired_at is None
    for ours, theirs in zip(alone.columns, embedded.columns, strict=True):
        np.testing.assert_array_equal(ours.values, theirs.values)


@pytest.mark.parametrize(
    ("name", "rows", "mass", "left"),
    [
        ("DF_FILED_STA_21O2_10K_220222_R1.ngb-ss3", 8001, "4.06", 0.247),
        ("Red_Oak_STA_10K_250731_R7.ngb-ss3", 9171, "4.044", 0.958),
    ],
)
def test_the_mass_of_a_binary_sta_run_is_the_change_from_its_start(raw_data, name, rows, mass, left):
    """Read as the mass itself the sample would begin with nothing and end below it."""
    pytest.importorskip("pyngb")
    (record,) = read_file(raw_data(*BINARY, name))
    assert (record.technique, record.points, record.header["initial mass [mg]"]) == ("thermal", rows, mass)
    assert record.header["mass given as"] == "mass change"
    change = record.values("mass")
    assert change[0] == 0.0
    assert float(mass) + change[-1] == pytest.approx(left, abs=1e-3)
    assert record.column("dsc_signal").unit == "µV"


def test_a_binary_file_without_the_library_says_how_to_get_it(raw_data, monkeypatch):
    path = raw_data(*BINARY, "RO_Para_N2_10K_260910_Correction_R1.ngb-cla")
    real = builtins.__import__

    def without(name, *args, **kwargs):
        if name == "pyngb":
            raise ImportError(name)
        return real(name, *args, **kwargs)

    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(RefusedFileError) as caught:
        read_file(path)
    assert "read by the library pyngb, which is not installed. Install it with: pip install 'pelletry[netzsch]'" in str(
        caught.value
    )


def test_a_damaged_binary_is_said_to_be_that(raw_data, tmp_path):
    pytest.importorskip("pyngb")
    whole = raw_data(*BINARY, "RO_Para_N2_10K_260910_Correction_R1.ngb-cla").read_bytes()
    path = tmp_path / "cut.ngb-cla"
    path.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(FormatError, match=r"cut\.ngb-cla"):
        read_file(path, root=tmp_path)
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("Streams/stream_1.table", b"\x00" * 100)
    with pytest.raises(BrokenFileError, match="the NETZSCH file is damaged"):
        read_file(path, root=tmp_path)


def test_a_packed_binary_is_asked_for_unpacked(raw_data, tmp_path):
    pytest.importorskip("pyngb")
    whole = raw_data(*BINARY, "RO_Para_N2_10K_260910_Correction_R1.ngb-cla").read_bytes()
    (tmp_path / "a.ngb-cla.gz").write_bytes(gzip.compress(whole, compresslevel=1))
    with pytest.raises(RefusedFileError, match=r"not read through gzip\. Unpack the file and name it"):
        read_file(tmp_path / "a.ngb-cla.gz", root=tmp_path)
