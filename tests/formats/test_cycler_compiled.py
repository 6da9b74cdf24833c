"""The compiled pass over cells and the columns of numpy give the same, and both what ``float`` gives."""

from __future__ import annotations

import math
import random
import struct

import attrs
import numpy as np
import pytest

from pelletry.formats import cycler_rows, cycler_table
from pelletry.formats.cycler_rows import Layout, parsed
from pelletry.formats.open_file import read_file
from pelletry.formats.rawfile import RawFile

pytest.importorskip("numba")

_LAYOUT = Layout(separator=",", decimal=".", width=4, kinds=("n", "w", "t", "d"))
_HEADS = "DataPoint,Cycle Index,Step Index,Step Type,Time,Current(A),Voltage(V),Date"


def _both(text: str, layout: Layout, encoding: str = "utf-8"):
    return [
        parsed(text.encode(encoding), attrs.evolve(layout, is_compiled=is_compiled)) for is_compiled in (True, False)
    ]


def _bits(value: float) -> bytes:
    return b"nan" if math.isnan(value) else struct.pack("<d", value)


def _number(dice: random.Random) -> str:
    kind = dice.randrange(9)
    if kind == 0:
        return repr(dice.uniform(-1, 1) * 10 ** dice.randint(-30, 30))
    if kind == 1:
        return f"{dice.uniform(-1e4, 1e4):.{dice.randint(0, 12)}f}"
    if kind == 2:
        return f"{dice.uniform(-1, 1):.{dice.randint(0, 17)}e}"
    if kind == 3:
        return dice.choice(
            ["", " ", "  ", "-0.0", "+5", ".5", "5.", "-.25", "0", "00012", "1e22", "1E+05", "1e-05", "1e300", "nan"]
        )
    if kind == 4:
        return str(dice.randint(-(2**54), 2**54))
    if kind == 5:
        return f" {dice.uniform(-5, 5):.5f} "
    if kind == 6:
        return f"{dice.randint(0, 99)}.{'0' * dice.randint(0, 25)}{dice.randint(0, 9)}"
    if kind == 7:
        return f"{dice.randint(0, 10**12)}e-{dice.randint(0, 25)}"
    return f"{2**53 + dice.randint(-2, 2)}"


def _expected(cell: str) -> float:
    return float(cell) if cell.strip() else math.nan


@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_numbers_are_those_of_float_to_the_last_bit(end):
    dice = random.Random(3)
    cells = [[_number(dice) for _ in range(3)] for _ in range(7000)]
    text = "".join(",".join(row) + end for row in cells)
    layout = Layout(separator=",", decimal=".", width=3, kinds=("n", "n", "n"), is_compiled=True)
    found = parsed(text.encode(), layout)
    assert found.is_regular
    for j in range(3):
        assert [_bits(v) for v in found.columns[j].tolist()] == [_bits(_expected(row[j])) for row in cells]


def test_fixed_point_cells_of_all_lengths_are_those_of_float():
    dice = random.Random(8)
    cells = [
        f"{dice.choice(['', '-'])}{dice.randrange(10**whole):0{whole}d}{dice.choice(['', '.'])}{(places and f'{dice.randrange(10**places):0{places}d}') or ''}"
        for whole in range(1, 12)
        for places in range(20)
        for _ in range(4)
    ]
    cells += ["9007199254740992", "9007199254740993", "9007199.254740992", "9007199.254740993", "9999999.99999999999"]
    cells += [
        "1.23456789012345",
        "1.234567890123456",
        "0.00000000",
        "0.0000000000000000",
        "-0",
        "-0.000",
        "7.",
        "99999999",
    ]
    layout = Layout(separator=",", decimal=".", width=2, kinds=("n", "n"), is_compiled=True)
    found = parsed("".join(f"{one},{one}\r\n" for one in cells).encode(), layout)
    for column in found.columns:
        assert [_bits(v) for v in column.tolist()] == [_bits(float(cell)) for cell in cells]


@pytest.mark.parametrize(
    "cell", ["1.2.3", ".", "-.", "1-2", "--1", "1.2x", "1:2", "/", "1\r2", "12345678x", "1.12345678x"]
)
def test_cells_like_numbers_are_none_both_ways(cell):
    layout = Layout(separator=",", decimal=".", width=2, kinds=("n", "n"))
    text = f"{cell},1\n" + "2,1\n" * 40
    one, two = _both(text, layout)
    assert one.wrong == two.wrong == {0: (1, 0)}
    np.testing.assert_array_equal(one.columns[0], two.columns[0])


def test_decimal_commas_and_quotes():
    layout = Layout(separator=";", decimal=",", width=3, kinds=("n", "n", "w"), is_compiled=True)
    found = parsed(b'1,5;"-2,25";"Rest"\n"3,125e-3";4;"CC; Chg"\n', layout)
    assert [list(column) for column in found.columns[:2]] == [[1.5, 0.003125], [-2.25, 4.0]]
    assert found.columns[2].words.tolist() == [b"Rest", b"CC  Chg"]


def _rows(dice: random.Random, count: int) -> str:
    lines = []
    for i in range(count):
        clock = f"{i // 40}:{i % 60:02d}:{i * 7 % 60:02d}" + (f".{i % 1000:03d}" if i % 3 else "")
        moment = f"2022-05-{18 + i // 50} {i // 3600 % 24:02d}:{i // 60 % 60:02d}:{i % 60:02d}.{i % 10}"
        lines.append(f"{_number(dice)},{dice.choice(['Rest', 'CC Chg', 'CC DChg'])},{clock},{moment}\n")
    return "".join(lines)


def test_words_times_and_dates_are_the_same_both_ways():
    one, two = _both(_rows(random.Random(5), 600), _LAYOUT)
    assert (one.rows, one.wrong, one.failed) == (two.rows, two.wrong, two.failed) == (600, {}, {})
    np.testing.assert_array_equal(one.columns[0], two.columns[0])
    np.testing.assert_array_equal(one.columns[2], two.columns[2])
    expected = [
        float(f"{i // 40 * 3600 + i % 60 * 60 + i * 7 % 60}" + (f".{i % 1000:03d}" if i % 3 else ""))
        for i in range(600)
    ]
    np.testing.assert_array_equal(one.columns[2], expected)
    np.testing.assert_array_equal(one.columns[3].seconds(), two.columns[3].seconds())
    for words in (one.columns[1], two.columns[1]):
        assert words.counts.sum() == 600
    np.testing.assert_array_equal(
        *(np.repeat(part.columns[1].words, part.columns[1].counts) for part in (one, two)),
    )


@pytest.mark.parametrize(
    ("times", "expected"),
    [
        ("0d 00:00:5.05000019073486", 5.05000019073486),
        ("  12d 03:04:05.0500000007450581", 12 * 86400 + 11045.0500000007450581),
        ("3 d 0:0:1", 3 * 86400 + 1.0),
        ("0d 00:00:0.00999999977648258", 0.00999999977648258),
        ("12:34:56.1234567", 45296.1234567),
        ("", math.nan),
        (" 100:00:00 ", 360000.0),
    ],
)
def test_times_of_maccor_and_others_are_taken_in_the_compiled_pass(monkeypatch, times, expected):
    monkeypatch.setitem(cycler_rows._CONVERTERS, "t", None)  # what is left to numpy fails
    found = parsed(f"1,a,{times},2022-05-18 00:00:00\n".encode() * 3, attrs.evolve(_LAYOUT, is_compiled=True))
    np.testing.assert_array_equal(found.columns[2], [expected] * 3)


@pytest.mark.parametrize(
    ("moments", "expected"),
    [
        (("05/18/2022 01:02:03", "05/18/2022 01:02:04.5"), (3723.0, 3724.5)),
        (("5/18/2022 1:02:03 AM", "5/18/2022 1:02:04 PM"), (3723.0, 46924.0)),
        (("18-May-22 12:02:03 AM", "18-May-22 12:02:03 PM"), (123.0, 43323.0)),
        (("18.05.2022 01:02:03", "18.05.2022 11:02:03"), (3723.0, 39723.0)),
        (("2022-05-18T01:02:03", "2022-05-18T01:02:03.25"), (3723.0, 3723.25)),
        (("\t2022-05-18 01:02:03 ", " 2022-05-18 01:02:03"), (3723.0, 3723.0)),
    ],
)
def test_dates_of_all_cyclers_are_taken_in_the_compiled_pass(monkeypatch, moments, expected):
    monkeypatch.setattr(cycler_rows, "_dates", None)
    monkeypatch.setitem(cycler_rows._CONVERTERS, "d", None)
    text = "".join(f"1,a,00:00:01,{moment}\n" for moment in moments * 20)
    found = parsed(text.encode(), attrs.evolve(_LAYOUT, is_compiled=True))
    day = (np.datetime64("2022-05-18") - np.datetime64("1970-01-01")).astype(int) * 86400.0
    np.testing.assert_array_equal(found.columns[3].seconds(), day + np.array(expected * 20))
    assert len(found.columns[3].first[0]) == 1  # one run of a day


def _moments(dice: random.Random, style: int, count: int) -> str:
    lines = []
    for i in range(count):
        hour, clock = (
            i // 7 % 24,
            f"{i % 60:02d}:{i * 7 % 60:02d}" + (f".{i % 1000:03d}" if dice.random() < 0.3 else ""),
        )
        half = f"{hour % 12 or 12}:{clock} {'PM' if hour > 11 else 'AM'}"
        whole = f"{hour:02d}:{clock}"
        day = i // 30
        moment = (
            f"2022-05-{18 + day} {whole}", f"05/{11 + day}/2021 {whole}", f"{1 + day}-Nov-23 {half}",
            f"{11 + day}.06.2023 {whole}", f"\t2024-04-{10 + day} {whole}", f"2024-4-{1 + day}T{half}",
        )[style]  # fmt: skip
        long = f"{i // 20}d 00:{i % 60:02d}:{i % 60}.{dice.randrange(10 ** dice.randrange(1, 17))}"
        lines.append(f"{i},a,{(whole, f'  {long}', '')[style % 2 + dice.randrange(2)]},{moment}\n")
    return "".join(lines)


@pytest.mark.parametrize("style", range(6))
def test_times_and_dates_are_the_same_both_ways_damaged_or_not(style):
    dice = random.Random(style)
    for _ in range(60):
        damaged = bytearray(_moments(dice, style, 40).encode())
        for _ in range(dice.choice([0, 1, 2, 4])):
            damaged[dice.randrange(len(damaged) - 1)] = dice.choice(b'\t\n\r,.-E01:9 x"\0\xffTPMAd/')
        one, two = _both(bytes(damaged).decode("latin-1"), _LAYOUT, "latin-1")
        assert (one.is_regular, one.rows, one.wrong, one.failed) == (two.is_regular, two.rows, two.wrong, two.failed)
        if not one.is_regular:
            continue
        if 2 not in one.failed:
            np.testing.assert_array_equal(one.columns[2], two.columns[2])
        if 3 not in one.failed:
            for clock, other in zip(one.columns[3].clock, two.columns[3].clock, strict=True):
                np.testing.assert_array_equal(clock, other)
            np.testing.assert_array_equal(one.columns[3].seconds(), two.columns[3].seconds())


def test_a_zero_byte_in_a_date_is_no_date():
    for found in _both("1,a,00:00:01,202\0-4-1 01:02:03\n" * 2, _LAYOUT):
        assert found.failed == {3: "a cell holds a byte of zero"}


@pytest.mark.parametrize("year", ["99999999999026", "32768", "1" + "0" * 400])
def test_a_year_that_no_calendar_has_is_no_date(year):
    for found in _both(f"1,a,00:00:01,{year}-04-01 01:02:03\n" * 2, _LAYOUT):
        assert 3 in found.failed


@pytest.mark.parametrize("times", ["12:30", "1d 00:00:01", "", "12:34:56.1234567"])
def test_other_clock_times_are_the_same(times):
    one, two = _both(f"1,a,{times},2022-05-18 00:00:00\n" * 3 + "1,a,00:00:09,2022-05-18 00:00:00\n", _LAYOUT)
    np.testing.assert_array_equal(one.columns[2], two.columns[2])
    assert one.columns[2][3] == 9.0


@pytest.mark.parametrize("moment", ["18.05.2022 1:02:03", "5/18/2022 1:02:03 PM", "2022-05-18", "x"])
def test_other_dates_are_left_to_numpy(moment):
    one, two = _both(f"1,a,00:00:01,{moment}\n" * 3, _LAYOUT)
    assert one.failed == two.failed
    if not one.failed:
        np.testing.assert_array_equal(one.columns[3].seconds(), two.columns[3].seconds())


@pytest.mark.parametrize("text", ["1,2,3\n", "1,2,3,4,5\n", "1,a,00:00:01,x\n\n", "1,2,3,4", "1,2,3\r\n,4\n", "\n", ""])
def test_lines_that_differ_are_not_converted(text):
    one, two = _both(text, _LAYOUT)
    assert (one.is_regular, one.columns, one.lines) == (two.is_regular, two.columns, two.lines)
    assert not one.is_regular


def test_words_among_numbers_are_counted_with_their_row():
    one, two = _both("1,a,00:00:01,2022-05-18\n-,a,00:00:01,2022-05-18\nOVL,a,00:00:01,2022-05-18\n", _LAYOUT)
    assert one.wrong == two.wrong == {0: (1, 2)}
    np.testing.assert_array_equal(one.columns[0], [1.0, np.nan, np.nan])


def test_damaged_lines_give_the_same_both_ways():
    dice = random.Random(11)
    text = _rows(dice, 40)
    for _ in range(400):
        damaged = bytearray(text.encode())
        for _ in range(dice.randint(1, 4)):
            damaged[dice.randrange(len(damaged))] = dice.choice(b'\t\n\r,.-E01:9 x"\0\xff')
        results = []
        for is_compiled in (True, False):
            found = parsed(bytes(damaged), attrs.evolve(_LAYOUT, is_compiled=is_compiled))
            numbers = b"" if not found.is_regular else found.columns[0].tobytes()
            results.append((found.is_regular, found.rows, found.wrong, found.failed, numbers))
        assert results[0] == results[1]


def test_a_long_file_is_read_the_same_with_and_without(tmp_path, monkeypatch):
    lines = [
        f"{i},1,2,{'Rest' if i % 90 < 9 else 'CC Chg'},{i // 3600}:{i // 60 % 60:02d}:{i % 60:02d},{i * 1e-7:.8f},3.{i % 1000:04d},"
        f"2022-05-{18 + i // 9000} 00:{i // 60 % 60:02d}:{i % 60:02d}\n"
        for i in range(30_000)
    ]
    path = tmp_path / "run.csv"
    path.write_text(f"{_HEADS}\n{''.join(lines)}")
    (plain,) = read_file(path)
    monkeypatch.setattr(cycler_table, "_COMPILED_BYTES", 1)
    monkeypatch.setattr(cycler_table, "_PARALLEL_BYTES", 1)
    (compiled,) = read_file(path)
    assert cycler_rows.can_compile()
    assert compiled.header == plain.header
    assert compiled.origin == plain.origin
    for one, two in zip(compiled.columns, plain.columns, strict=True):
        assert (one.name, one.unit) == (two.name, two.unit)
        np.testing.assert_array_equal(one.values, two.values)


def test_pieces_that_are_hashed_on_the_way_give_the_hash_of_the_file(tmp_path):
    path = tmp_path / "run.csv"
    path.write_bytes(bytes(range(256)) * 5000)
    expected = RawFile.open(path).sha256
    raw = RawFile.open(path)
    assert b"".join(raw.hashed_pieces(size=100_000, start=777)) == path.read_bytes()[777:]
    assert raw.sha256 == expected
