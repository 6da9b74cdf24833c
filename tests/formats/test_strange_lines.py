"""Texts of one line, of nothing but line ends, and of short lines: refused or read, never the memory of the machine."""

from __future__ import annotations

import tracemalloc

import pytest

from pelletry.core.errors import BrokenFileError, FormatError
from pelletry.formats.open_file import read_file
from pelletry.formats.rawfile import LONGEST_LINE, RawFile
from pelletry.formats.text import Lines, decode

SCIENTA = b"[Info]\nNumber of Regions=1\nVersion=1.3.1\n\n[Region 1]\nRegion Name=Zr\nDimension 1 name=Kinetic Energy [eV]\nDimension 1 size=5\n\n[Data 1]\n"


def test_lines_of_a_long_text_are_those_of_split():
    for letter in ("a", "é", "中", "\U0001d70e"):
        text = "".join(letter * (i % 50) + "\n" for i in range(60_000)) + "end"
        assert list(Lines.of(text)) == text.split("\n")
        assert Lines.of(text).longest() == (49, 49)
        assert list(Lines.of(text + "\n")) == text.split("\n")


def test_a_line_longer_than_4_MB_is_named(tmp_path):
    path = tmp_path / "run.txt"
    path.write_bytes(b"f (Hz),Z' (Ohm),Z'' (Ohm)\n1,2,3\n2,3,4\n" + b"1,2," * (LONGEST_LINE // 3))
    with pytest.raises(BrokenFileError, match=r"run\.txt:4: a line is longer than 4 MB"):
        RawFile.open(path).text()
    assert len(RawFile.open(path).text(has_lines=False).text) > LONGEST_LINE


def test_a_text_of_line_ends_is_refused_and_a_digit_a_line_is_not(tmp_path):
    path = tmp_path / "run.txt"
    for end in (b"\n", b"\r\n"):
        path.write_bytes(b"1,2,3\n" * 30 + end * (LONGEST_LINE + 1))
        with pytest.raises(BrokenFileError, match="hardly anything but line ends"):
            RawFile.open(path).text()
        path.write_bytes((b"7" + end) * (LONGEST_LINE // 2))
        assert len(RawFile.open(path).text().lines) == LONGEST_LINE // 2


def test_short_rows_under_the_heads_of_a_long_export_take_no_more_than_ten_times_the_file(tmp_path):
    path = tmp_path / "run.txt"
    path.write_bytes(SCIENTA + b"1 2\n" * 200 + b"1\n" * 1_500_000)
    tracemalloc.start()
    with pytest.raises(FormatError, match=r"run\.txt:211: the row has 1 numbers"):
        read_file(path)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 10 * path.stat().st_size + 4_000_000


def test_decoded_texts_have_their_longest_line():
    text = decode(b"ab\n" * 200_000 + b"x" * 1000 + b"\n").lines
    assert isinstance(text, Lines)
    assert text.longest() == (1000, 200_000)
