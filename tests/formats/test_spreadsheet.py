"""Workbooks: the same tables, out of cells."""

from __future__ import annotations

import io

import numpy as np
import openpyxl
import pytest

from pelletry.core.errors import BrokenFileError

F = [1e6, 1e5, 1e4, 1e3, 1e2, 10.0, 1.0]
Z = [100.0 + 7.125 * i - 3.0625j * i for i in range(7)]


def workbook(*sheets):
    book = openpyxl.Workbook()
    book.remove(book.active)
    for title, rows in sheets:
        sheet = book.create_sheet(title)
        for row in rows:
            sheet.append(row)
    stream = io.BytesIO()
    book.save(stream)
    return stream.getvalue()


def rows(scale=1.0):
    return [
        ["f (Hz)", "Z' (Ohm)", "Z'' (Ohm)"],
        *[[f, scale * z.real, scale * z.imag] for f, z in zip(F, Z, strict=True)],
    ]


def test_each_sheet_with_a_table_gives_its_records_at_full_precision(reads):
    one, two = reads("a.xlsx", workbook(("25 C", rows()), ("notes", [["only", "words"]]), ("50 C", rows(2.0))))
    assert (one.technique, one.header["sheet"], two.header["sheet"]) == ("impedance", "25 C", "50 C")
    np.testing.assert_array_equal(one.values("Z'"), [z.real for z in Z])
    np.testing.assert_array_equal(two.values("Z''"), [2 * z.imag for z in Z])
    assert [one.origin.record, two.origin.record] == [0, 1]


def test_text_above_the_table_is_its_header(reads):
    (record,) = reads("a.xlsx", workbook(("s", [["Temperature: 60 °C"], ["Thickness (mm)", 0], [], *rows()])))
    assert record.hints[0].value == 333.15
    assert record.not_set == ("Thickness (mm)",)


def test_numbers_stored_as_text_with_a_decimal_comma_are_not_silently_lost(reads):
    table = [[cell.replace(".", ",") if isinstance(cell, str) else cell for cell in row] for row in rows()]
    table[3][1] = "114,25"
    (record,) = reads("a.xlsx", workbook(("s", table)))
    assert np.isnan(record.values("Z'")[2])
    assert "'114,25'" in record.warnings[0]


def test_workbooks_without_a_table_damaged_or_of_another_instrument(reads):
    with pytest.raises(BrokenFileError, match=r"no sheet holds a table of numbers \('empty'\)"):
        reads("a.xlsx", workbook(("empty", [["a", "b"], ["c", "d"]])))
    whole = workbook(("s", rows()))
    with pytest.raises(BrokenFileError, match="damaged"):
        reads("b.xlsx", whole[:-200])
    sheet = [
        ["Axis", "Energy", "Elements=", 2],
        ["Binding Energy (E)", None],
        ["eV", "Counts / s"],
        [290.0, 1.0],
        [289.0, 2.0],
    ]
    (record,) = reads("c.xlsx", workbook(("C1s Scan", sheet)))
    assert (record.origin.format, record.technique) == ("avantage", "xps")
