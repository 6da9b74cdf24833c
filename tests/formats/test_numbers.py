"""Separators, decimal marks, and what cannot be decided."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pelletry.formats.numbers import Convention, convention_of, is_destroyed


@pytest.mark.parametrize(
    ("line", "separator", "decimal"),
    [
        ("1.5\t2.5\t3.5", "\t", "."),
        ("1,5\t2,5\t-3,5", "\t", ","),
        ("1.5;2.5;3.5", ";", "."),
        ("1,5;2,5;3,5", ";", ","),
        ("1.5,2.5,3.5", ",", "."),
        ("1.5, 2.5, 3.5", ",", "."),
        (" 1.5   2.5  3.5", " ", "."),
        (" 1,5   2,5  3,5", " ", ","),
        ("1.234,5;2.345,6", ";", ","),
        ("1,234.5\t2,345.6", "\t", "."),
        ("1e3 2.5E-4", " ", "."),
    ],
)
def test_the_convention_is_found(line, separator, decimal):
    assert convention_of([line] * 5) == Convention(separator, decimal)


def test_a_long_header_does_not_hide_the_data():
    lines = [f"setting {i}: on, off; 3" for i in range(300)] + [f"{i},5\t{i},25" for i in range(60)]
    assert convention_of(lines) == Convention("\t", ",")


def test_text_without_numbers_has_no_convention():
    assert convention_of(["a line", "of words, and more; words", ""]) is None


@pytest.mark.parametrize(
    ("cell", "decimal", "value"),
    [
        ("1.5", ".", 1.5),
        ("-1.5E-03", ".", -1.5e-3),
        ("1.5D+03", ".", 1500.0),
        ("1.234500E+0004", ".", 12345.0),
        ("−2.5", ".", -2.5),
        ("1,5", ",", 1.5),
        ("1.234,5", ",", 1234.5),
        ("1,234.5", ".", 1234.5),
        (" 3 ", ",", 3.0),
        (".5", ".", 0.5),
    ],
)
def test_numbers_are_read(cell, decimal, value):
    assert Convention("\t", decimal).number(cell) == value


@pytest.mark.parametrize("cell", ["", "nan", "NaN", "-", "---", "n/a", "1.#IND", "-1.#QNAN", "OL", "#N/A", "****"])
def test_missing_values_are_nan_and_never_zero(cell):
    assert math.isnan(Convention("\t", ".").number(cell))


@pytest.mark.parametrize(("cell", "value"), [("inf", math.inf), ("-Infinity", -math.inf), ("1.#INF", math.inf)])
def test_infinities_are_kept(cell, value):
    assert Convention("\t", ".").number(cell) == value


@pytest.mark.parametrize("cell", ["1_000", "0x1F", "12:30", "1.2.3", "1e", "abc", "1,5", "٣", "01/02/2020"])
def test_texts_that_python_or_a_person_might_take_for_numbers_are_not(cell):
    assert Convention("\t", ".").number(cell) is None


def test_numbers_that_a_spreadsheet_destroyed_are_seen_and_dates_are_not():
    assert is_destroyed(["0,2", "50.026.184"]) == "50.026.184"
    assert is_destroyed(["02.12.2015", "1.234,5", "1.234", "10.0.0.1"]) is None


@given(st.lists(st.floats(allow_nan=False, allow_infinity=False, width=64), min_size=2, max_size=6))
def test_every_printed_number_comes_back_exactly(values):
    for separator, decimal in (("\t", "."), (";", ","), (";", ".")):
        line = separator.join(repr(v).replace(".", decimal) for v in values)
        convention = Convention(separator, decimal)
        assert [convention.number(cell) for cell in convention.cells(line)] == values


@given(st.text(max_size=60))
def test_no_text_breaks_the_sniffing(text):
    convention = convention_of([text] * 3)
    if convention is not None:
        assert convention.row(text)[1] >= 0
