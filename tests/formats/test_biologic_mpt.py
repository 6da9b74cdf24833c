"""The EC-Lab text reader, held against small files written here in EC-Lab's manner."""

from __future__ import annotations

import tempfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pelletry.core.errors import BrokenFileError, FormatError
from pelletry.core.record import Record
from pelletry.formats.biologic_columns import split_heading
from pelletry.formats.biologic_files import FORMATS as OTHER_FORMATS
from pelletry.formats.biologic_header import iso_date
from pelletry.formats.biologic_mpt import FORMATS as TEXT_FORMATS
from pelletry.formats.rawfile import RawFile

HEADINGS = ("freq/Hz", "Re(Z)/Ohm", "-Im(Z)/Ohm", "time/s", "Cs/µF", "cycle number")
HEAD = (
    "",
    "Potentio Electrochemical Impedance Spectroscopy",
    "",
    "Run on channel : 3 (SN 4711)",
    "User : ",
    "Acquisition started on : 03/15/2023 12:00:00.250",
    "Saved on :",
    "\tFile : pellet.mpr",
    "Comments : first line",
    "Comments : second line",
    "Electrode surface area : 0.001 cm²",
    "Characteristic mass : 8.500 mg",
    "Mode                Single sine         ",
    "vs.                 Eoc                 Ref                 ",
)


def _number(value: float) -> str:
    """A float as EC-Lab prints it: seven decimals and an exponent of three digits."""
    mantissa, exponent = f"{value:.7E}".split("E")
    return f"{mantissa}E{int(exponent):+04d}"


def _rows(points: int = 5, *, cycle: float = 1.0) -> list[list[float]]:
    frequency = np.geomspace(1e6, 1.0, points)
    z = 20 + 500 / (1 + 2j * np.pi * frequency * 500 * 1e-8)
    return [[f, v.real, -v.imag, i * 0.5, 1e-3, cycle] for i, (f, v) in enumerate(zip(frequency, z, strict=True))]


def _text(
    rows: list[list[float]],
    *,
    headings: tuple[str, ...] = HEADINGS,
    head: tuple[str, ...] = HEAD,
    decimal: str = ".",
    end: str = "\r\n",
    count: int | None = None,
) -> str:
    lines = ["EC-Lab ASCII FILE", "", *head, "", "\t".join(headings) + "\t"]
    lines[1] = f"Nb header lines : {len(lines) if count is None else count}"
    table = ["\t".join(_number(value).replace(".", decimal) for value in row) for row in rows]
    return end.join([*lines, *table])


def _read(content: bytes, name: str = "run.mpt", *, is_damaged: bool = False) -> tuple[Record, ...]:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / name
        path.write_bytes(content)
        raw = RawFile.open(path, root=folder)
        claims = [f for f in (*TEXT_FORMATS, *OTHER_FORMATS) if f.can_read(raw)]
        assert len(claims) == 1 or is_damaged
        return tuple((claims or TEXT_FORMATS)[0].read(raw))


@pytest.mark.parametrize("encoding", ["cp1252", "utf-8", "utf-8-sig", "utf-16"])
@pytest.mark.parametrize("end", ["\r\n", "\n", "\r"])
@pytest.mark.parametrize("decimal", [".", ","])
def test_every_encoding_line_end_and_decimal_mark_gives_the_same_numbers(encoding: str, end: str, decimal: str) -> None:
    rows = _rows()
    (record,) = _read(_text(rows, decimal=decimal, end=end).encode(encoding))
    assert record.technique == "impedance"
    assert [(c.name, c.unit) for c in record.columns][2:5] == [("-Im(Z)", "Ohm"), ("time", "s"), ("Cs", "µF")]
    for column, written in zip(record.columns, zip(*rows, strict=True), strict=True):
        np.testing.assert_allclose(column.values, written, rtol=1e-7)
    assert record.header["Electrode surface area"] == "0.001 cm²"
    assert record.warnings == ()


def test_the_header_keeps_the_words_of_the_file() -> None:
    (record,) = _read(_text(_rows()).encode("cp1252"))
    assert record.name == "PEIS"
    assert record.origin.acquired_at == "2023-03-15T12:00:00.250"
    assert record.header["acquisition key"] == "SN 4711, channel 3, 2023-03-15T12:00:00"
    assert record.header["Comments"] == "first line\nsecond line"
    assert record.header["vs."] == "Eoc; Ref"
    assert record.header["File"] == "pellet.mpr"
    assert record.not_set == ("Electrode surface area",)
    assert record.origin.line == 19


@pytest.mark.parametrize("count", [3, 40, 999_999_999, 0])
def test_a_wrong_number_of_header_lines_does_not_matter(count: int) -> None:
    (record,) = _read(_text(_rows(), count=count).encode("cp1252"))
    assert record.points == 5
    assert record.header["Run on channel"] == "3"


def test_blank_lines_between_header_and_table_and_in_the_table_are_skipped() -> None:
    text = _text(_rows(6), end="\n")
    assert _read(text.replace("\t\n", "\t\n\n\n", 1).encode())[0].points == 6
    lines = text.split("\n")
    assert _read("\n".join([*lines[:-2], "", *lines[-2:], ""]).encode())[0].points == 6


def test_a_table_without_points_stays_empty() -> None:
    (record,) = _read(_text([]).encode("cp1252"))
    assert record.points == 0
    assert record.columns[0].name == "freq"
    assert "holds no points" in record.warnings[0]


def test_loops_of_the_header_make_spectra() -> None:
    loops = ("", "Number of loops : 2", "Loop 0 from point number 0 to 4", "Loop 1 from point number 5 to 9")
    records = _read(_text(_rows() + _rows(), head=HEAD + loops).encode("cp1252"))
    assert [r.points for r in records] == [5, 5]
    assert [r.name for r in records] == ["PEIS 1 of 2", "PEIS 2 of 2"]


def test_a_file_with_fewer_points_than_its_loops_announce_is_cut() -> None:
    loops = ("Number of loops : 1", "Loop 0 from point number 0 to 9")
    with pytest.raises(BrokenFileError, match="the header announces 10 points, the file has 5"):
        _read(_text(_rows(), head=HEAD + loops).encode("cp1252"))


def test_impedances_without_frequencies_are_no_spectrum_and_say_so() -> None:
    rows = [row[1:] for row in _rows()]
    (record,) = _read(_text(rows, headings=HEADINGS[1:]).encode("cp1252"))
    assert (record.technique, record.points) == ("", 5)
    assert "no frequency column" in record.warnings[0]


def test_a_lost_heading_is_refused_because_the_columns_cannot_be_told() -> None:
    with pytest.raises(BrokenFileError) as caught:
        _read(_text(_rows(), headings=HEADINGS[1:]).encode("cp1252"))
    assert str(caught.value) == (
        "run.mpt:19: the line has 6 cells, but there are 5 headings; which column has lost its heading or its cells cannot "
        "be told; expected one cell under each heading. Export the run again with all its columns."
    )


def test_headings_behind_an_empty_one_without_cells_are_left_out() -> None:
    (record,) = _read(_text(_rows(), headings=(*HEADINGS, " ", "Ewe-Ece/V")).encode("cp1252"))
    assert len(record.columns) == 6
    assert record.warnings == ("the heading 'Ewe-Ece/V' has no cells in any line and was left out",)


def test_an_empty_heading_with_cells_is_named_by_its_place() -> None:
    (record,) = _read(_text(_rows(), headings=(*HEADINGS[:4], "", HEADINGS[5])).encode("cp1252"))
    assert [c.name for c in record.columns][4:] == ["unnamed 5", "cycle number"]


def test_cells_without_a_value_are_nan_and_reported() -> None:
    text = _text(_rows(), end="\n").replace(_number(1e-3), "XXX", 1)
    (record,) = _read(text.encode("cp1252"))
    assert np.isnan(record.values("Cs")).tolist() == [True, False, False, False, False]
    assert record.warnings == ("1 lines have cells without a value, the first is line 19",)


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        (_number(1e-3), "1.2.3", "run.mpt:19: '1.2.3' is not a number; expected 6 numbers"),
        (_number(1e-3), "<script>", "run.mpt:19: '<script>' is not a number"),
        ("\t" + _number(1e-3), "", "run.mpt:19: the line has 5 cells, but there are 6 headings"),
    ],
)
def test_a_broken_line_is_named(old: str, new: str, sentence: str) -> None:
    with pytest.raises(BrokenFileError) as caught:
        _read(_text(_rows()).replace(old, new, 1).encode("cp1252"))
    assert str(caught.value).startswith(sentence)


def test_a_line_with_surplus_or_missing_cells_is_named() -> None:
    lines = _text(_rows(), end="\n").split("\n")
    for cell, told in (("\t7", "7 cells"), (None, "5 cells")):
        wrong = list(lines)
        wrong[-2] = wrong[-2] + cell if cell else wrong[-2].rpartition("\t")[0]
        with pytest.raises(BrokenFileError, match=rf"run.mpt:22: the line has {told}; expected 6 cells"):
            _read("\n".join(wrong).encode())


@pytest.mark.parametrize(("cut", "sentence"), [(2, "ends inside the number"), (40, "ends inside this line")])
def test_a_cut_last_line_is_seen(cut: int, sentence: str) -> None:
    with pytest.raises(BrokenFileError, match=rf"run.mpt:23: .*{sentence}.*4 complete lines"):
        _read(_text(_rows()).encode("cp1252")[:-cut])


def test_a_header_without_a_table_is_broken() -> None:
    with pytest.raises(BrokenFileError, match="there is no line of headings"):
        _read("\r\n".join(["EC-Lab ASCII FILE", "Nb header lines : 60", *HEAD]).encode("cp1252"))


def test_a_bare_table_with_the_headings_of_ec_lab_is_recognised() -> None:
    (record,) = _read(b"time/s\tEwe/V\t\r\n1.0E+000\t3.1E+000\r\n2.0E+000\t3.2E+000", "run.txt")
    assert (record.technique, record.points, record.origin.format) == ("cycling", 2, "biologic-table")
    assert record.values("Ewe").tolist() == [3.1, 3.2]


def test_a_table_of_another_program_is_left_to_others() -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "run.txt"
        path.write_bytes(b"time/s\tSignal/pA\n1\t2\n")
        assert not any(f.can_read(RawFile.open(path)) for f in (*TEXT_FORMATS, *OTHER_FORMATS))


def test_settings_and_loop_files_are_recognised_and_hold_no_points() -> None:
    (record,) = _read(
        b"EC-LAB SETTING FILE\r\n\r\nNumber of linked techniques : 1\r\n\r\nDevice : VSP\r\n\r\nTechnique : 1\r\nModulo Bat\r\n",
        "a.mps",
    )
    assert (record.technique, record.points) == ("settings", 0)
    assert (record.header["Technique 1"], record.header["Device"]) == ("Modulo Bat", "VSP")
    (loops,) = _read(b"VMP EXPERIMENT LOOP INDEXES\r\n0\r\n9\r\n18\r\n", "a_LOOP.txt")
    assert (loops.header["Number of loops"], loops.header["Loop starts"]) == ("2", "0 9")
    with pytest.raises(BrokenFileError, match=r"a_LOOP\.txt:3: the line is no point number"):
        _read(b"VMP EXPERIMENT LOOP INDEXES\r\n0\r\nnine\r\n", "a_LOOP.txt")


@pytest.mark.parametrize(
    ("text", "iso"),
    [
        ("03/26/2018 12:10:53", "2018-03-26T12:10:53"),
        ("26.03.2018 12:10:53.5", "2018-03-26T12:10:53.5"),
        ("2018-03-26 00:10", "2018-03-26T00:10:00"),
        ("3/6/2018 12:10:53 AM", "2018-03-06T00:10:53"),
        ("03/06/18", "2018-03-06"),
        ("99/99/2018", None),
        ("yesterday", None),
    ],
)
def test_dates_are_read_month_first_unless_that_is_impossible(text: str, iso: str | None) -> None:
    assert iso_date(text) == iso


@pytest.mark.parametrize(
    ("heading", "name", "unit"),
    [
        ("control/V/mA", "control", "V/mA"),
        ("Q charge/discharge/mA.h", "Q charge/discharge", "mA.h"),
        ("Re(Conductivity)/mS/cm", "Re(Conductivity)", "mS/cm"),
        ("Capacitance charge/μF", "Capacitance charge", "µF"),
        ("ox/red", "ox/red", ""),
        ("Tan(Delta)", "Tan(Delta)", ""),
    ],
)
def test_headings_are_split_at_the_slash_before_the_unit(heading: str, name: str, unit: str) -> None:
    assert split_heading(heading) == (name, unit)


_WHOLE = _text(_rows(12), head=(*HEAD, "Number of loops : 1", "Loop 0 from point number 0 to 11")).encode("cp1252")


@settings(max_examples=200, deadline=None)
@given(
    flips=st.lists(st.tuples(st.integers(17, len(_WHOLE) - 1), st.integers(0, 255)), max_size=6),
    keep=st.one_of(st.just(len(_WHOLE)), st.integers(17, len(_WHOLE))),
    twice=st.booleans(),
)
def test_damaged_files_are_read_or_refused_and_never_crash(
    flips: list[tuple[int, int]], keep: int, twice: bool
) -> None:
    damaged = bytearray(_WHOLE)
    for place, value in flips:
        damaged[place] = value
    content = bytes(damaged[:keep]) * (2 if twice else 1)
    refusal, points = "run.mpt", 0
    try:
        points = sum(record.points for record in _read(content, is_damaged=True))
    except FormatError as error:
        refusal = str(error)
    assert refusal.startswith("run.mpt")
    assert points <= 26


@settings(max_examples=100, deadline=None)
@given(
    values=st.lists(
        st.lists(st.floats(allow_nan=False, allow_infinity=False, width=32), min_size=6, max_size=6),
        min_size=1,
        max_size=20,
    ),
    decimal=st.sampled_from([".", ","]),
)
def test_any_finite_numbers_come_back_as_printed(values: list[list[float]], decimal: str) -> None:
    headings = ("time/s", "Ewe/V", "I/mA", "(Q-Qo)/mA.h", "P/W", "R/Ohm")
    (record,) = _read(_text(values, headings=headings, decimal=decimal).encode("cp1252"))
    for column, written in zip(record.columns, zip(*values, strict=True), strict=True):
        np.testing.assert_array_equal(column.values, [float(f"{value:.7E}") for value in written])
