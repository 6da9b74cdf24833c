"""Calliper and balance: what a person typed comes back a sample at a time, with its units."""

from __future__ import annotations

import pytest

from pelletry.core.errors import BrokenFileError, FormatError, RefusedFileError
from pelletry.formats.open_file import read_file

CALLIPER = (
    "sample;operator;diameter (mm);thickness (mm)\nLATP-1;AB;8,71;0,465\nLATP-2;AB;8,70;0,471\nLATP-1;CD;8,72;0,467\n\n"
)


def test_repeated_readings_of_a_sample_are_one_record(reads):
    first, second = reads("calliper.csv", CALLIPER)
    assert (first.technique, first.name, first.points, second.points) == ("table", "LATP-1", 2, 1)
    assert [(c.name, c.unit, list(c.values)) for c in first.columns] == [
        ("diameter", "mm", [8.71, 8.72]), ("thickness", "mm", [0.465, 0.467]),
    ]  # fmt: skip
    assert first.header == {"sample": "LATP-1", "operator": "AB; CD"}
    assert [(h.name, h.value, h.source) for h in first.hints] == [("sample", "LATP-1", "column")]
    assert (first.origin.line, second.origin.line, second.origin.record) == (2, 3, 1)


@pytest.mark.parametrize(("separator", "decimal"), [("\t", "."), ("\t", ","), (",", "."), (";", ",")])
def test_a_balance_has_one_column_of_numbers(reads, separator, decimal):
    rows = [["pellet", "mass [mg]"], ["A", f"81{decimal}25"], ["B", f"82{decimal}5"]]
    records = reads("balance.txt", "\n".join(separator.join(row) for row in rows) + "\n")
    assert [(r.name, r.columns[0].name, r.columns[0].unit, r.columns[0].values[0]) for r in records] == [
        ("A", "mass", "mg", 81.25), ("B", "mass", "mg", 82.5),
    ]  # fmt: skip


def test_a_workbook_of_readings_is_the_same(tmp_path):
    openpyxl = pytest.importorskip("openpyxl")
    book = openpyxl.Workbook()
    for row in (["sample", "diameter / mm", "mass / g"], ["A", 8.71, 0.0812], ["A", 8.70, None]):
        book.active.append(row)
    book.save(tmp_path / "a.xlsx")
    (record,) = read_file(tmp_path / "a.xlsx", root=tmp_path)
    assert (record.technique, record.header["sheet"]) == ("table", "Sheet")
    assert list(record.values("diameter")) == [8.71, 8.70]
    assert record.values("mass")[0] == 0.0812
    assert record.values("mass")[1] != record.values("mass")[1]


@pytest.mark.parametrize(
    "text",
    [
        "step;Time (s);dL (µm)\nheat;0;1\nheat;1;2\nhold;2;3\n",
        "reading,d1 (mm),d2 (mm)\n1,8.71,8.72\n2,8.70,8.71\n",
        "phase;a;b\nLATP;8.5;20.8\nLLZO;13;13\n",
    ],
)
def test_a_measurement_or_a_table_without_words_or_units_is_no_reading(reads, text):
    assert all(record.technique != "table" for record in reads("a.csv", text))


def test_a_word_among_the_numbers_is_said_with_its_line(reads):
    with pytest.raises(BrokenFileError, match=r"a\.csv:3: '8,7x' is not a number in column 'diameter'"):
        reads("a.csv", CALLIPER.replace("8,70", "8,7x"))


def test_a_destroyed_number_is_refused(reads):
    with pytest.raises(RefusedFileError, match=r"a\.csv:3: '8\.700\.123' has lost its decimal mark"):
        reads("a.csv", CALLIPER.replace("8,70", "8.700.123"))


def test_a_long_list_of_words_is_not_looked_at_twice(reads):
    with pytest.raises(FormatError):
        reads("a.txt", "sample,mass (g)\n" + "a,b\n" * 3000)


def test_a_workbook_of_many_rows_is_not_taken_for_one_of_many_columns(tmp_path):
    """Rows padded to the widest sheet that Excel knows once made 1300 rows five million cells."""
    openpyxl = pytest.importorskip("openpyxl")
    book = openpyxl.Workbook()
    book.active.append(["Temp (°C)", "dL (µm)"])
    for i in range(1500):
        book.active.append([25.0 + i, -0.5 * i] if i % 2 else [25.0 + i, -0.5 * i, None, None])
    book.save(tmp_path / "a.xlsx")
    (record,) = read_file(tmp_path / "a.xlsx", root=tmp_path)
    assert (record.points, [c.name for c in record.columns]) == (1500, ["Temp", "dL"])
