"""Sheets of a workbook that hold a pattern, a spectrum or a size distribution are what the same table in a text file is."""

from __future__ import annotations

import io
import math

import numpy as np
import openpyxl
import pytest

X = [10 + 0.02 * i for i in range(301)]
Y = [100 + round(400 * math.exp(-(((i - 150) / 9) ** 2))) + i % 7 for i in range(301)]
EDGES = [0.2 * 1.1482**i for i in range(60)]


def under(x: float) -> float:
    return 50.0 * (1.0 + math.erf(math.log(x / 5.0) / 0.7 / math.sqrt(2.0)))


def workbook(*sheets) -> bytes:
    book = openpyxl.Workbook()
    book.remove(book.active)
    for title, rows in sheets:
        sheet = book.create_sheet(title)
        for row in rows:
            sheet.append(list(row))
    content = io.BytesIO()
    book.save(content)
    return content.getvalue()


PATTERN = [
    ("Anode material", "Cu"),
    ("K-Alpha1 wavelength", 1.540598),
    (),
    ("2Theta (deg)", "Counts"),
    *zip(X, Y, strict=True),
]
SERIES = [("2theta", "25 °C", "100 °C"), *((x, y, y + 3) for x, y in zip(X, Y, strict=True))]
XPS = [("Binding Energy (eV)", "Counts / s"), *((298 - 0.1 * i, y) for i, y in enumerate(Y))]
SIZES = [("Diameter (µm)", "Volume UnderSize (%)"), *((x, under(x)) for x in EDGES)]
EDX = [("Energy (keV)", "Counts"), *((0.02 * i, y) for i, y in enumerate(Y))]


@pytest.mark.parametrize(
    ("rows", "technique", "columns"),
    [
        (PATTERN, "diffraction", [("2Theta", "deg"), ("Counts", "counts")]),
        (XPS, "xps", [("Binding Energy", "eV"), ("Counts", "counts/s")]),
        (SIZES, "granulometry", [("size lower edge", "µm"), ("size upper edge", "µm"), ("volume in", "%")]),
        (EDX, "edx", [("Energy", "keV"), ("Counts", "")]),
    ],
    ids=["pattern", "xps", "sizes", "edx"],
)
def test_a_sheet_is_told_by_its_heads_and_numbers(reads, rows, technique, columns):
    (record,) = reads("a.xlsx", workbook(("run 7", rows)))
    assert (record.technique, record.origin.format, record.header["sheet"]) == (technique, "table-xlsx", "run 7")
    assert [(column.name, column.unit) for column in record.columns] == columns


def test_patterns_keep_their_wavelength_and_series_their_temperatures(reads):
    records = reads("a.xlsx", workbook(("one", PATTERN), ("hot", SERIES)))
    assert records[0].header["wavelength K-alpha1 (Angstrom)"] == "1.540598"
    np.testing.assert_array_equal(records[0].values("Counts"), Y)
    assert [hint.value for record in records for hint in record.hints if hint.name == "temperature"] == [298.15, 373.15]
    assert [record.origin.record for record in records] == [0, 1, 2]


def test_any_other_sheet_stays_a_table(reads):
    (record,) = reads("a.xlsx", workbook(("costs", [("item", "price"), *((i, 2 * i) for i in range(30))])))
    assert record.technique == ""
