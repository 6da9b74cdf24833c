"""Mastersizer exports: every class between the right edges, held against what the instrument prints beside it."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from scipy.interpolate import PchipInterpolator
from scipy.optimize import brentq

from pelletry.core.errors import BrokenFileError, RefusedFileError
from pelletry.core.record import Record
from pelletry.formats.inspect import inspect_paths
from pelletry.formats.open_file import read_file

FOLDER = ("granulometry", "paddy-r+PSD-Analyser")
SIZES = ("1", "2", "4", "8", "16")
HEADER = (
    "Sample Name,Measurement date and time,Particle refractive index,Particle absorption index,Dispersant name,Obscuration,"
    'Residual,"D [4, 3] - Volume weighted mean",d (0.5),Result Between User Sizes (Sizes in um),,,,,Operator Notes\n'
)
SIZE_ROW = ",,,,,,,,,1,2,4,8,16,\n"
RECORD = "LATP milled,13/02/2023 09:49,1.9,0.1,Ethanol,12.3,0.8,5.1,4,,10,40,40,10,after 4 h\n"


def percentiles_of(record: Record) -> dict[str, float]:
    """Percentiles and means from the classes alone, as field/techniques has them: PCHIP of the sum on ln d."""
    low, high, share = (np.asarray(column.values) for column in record.columns)
    edges = np.log(np.append(low, high[-1]))
    below = np.concatenate([[0.0], np.cumsum(share)]) * 100.0 / share.sum()
    curve = PchipInterpolator(edges, below)
    middle = np.sqrt(low * high)
    volume = share / share.sum()
    found = {
        f"d{p}": float(np.exp(brentq(lambda x, p=p: float(curve(x)) - p, edges[0], edges[-1]))) for p in (10, 50, 90)
    }
    return {**found, "D[4,3]": float(volume @ middle), "D[3,2]": float(1.0 / (volume @ (1.0 / middle)))}


@pytest.mark.parametrize(("name", "records"), [("example1.csv", 1), ("example3.xlsx", 30)])
def test_the_instruments_own_percentiles_follow_from_the_classes(raw_data, name, records):
    read = read_file(raw_data(*FOLDER, name))
    assert len(read) == records
    for record in read:
        assert (record.technique, record.points) == ("granulometry", 100)
        assert [(c.name, c.unit) for c in record.columns] == [
            ("size lower edge", "µm"), ("size upper edge", "µm"), ("volume in", "%"),
        ]  # fmt: skip
        ours = percentiles_of(record)
        for key in ("d10", "d50", "d90"):
            assert ours[key] == pytest.approx(float(record.header[f"instrument {key} [µm]"]), rel=6e-3), key
        for key in ("D[4,3]", "D[3,2]"):
            assert ours[key] == pytest.approx(float(record.header[f"instrument {key} [µm]"]), rel=1e-3), key
        span = (ours["d90"] - ours["d10"]) / ours["d50"]
        assert span == pytest.approx(float(record.header["instrument span"]), abs=0.01)
        np.testing.assert_allclose(record.values("volume in").sum(), 100.0, atol=1e-4)


def test_the_other_edge_would_be_one_class_wrong(raw_data):
    """The sizes are 14.8 % apart: taken for lower edges, every percentile would be wrong by that much."""
    (record,) = read_file(raw_data(*FOLDER, "example1.csv"))
    low, high, _ = (np.asarray(column.values) for column in record.columns)
    np.testing.assert_allclose(high / low, 10 ** (6 / 100), rtol=1e-4)
    stated = float(record.header["instrument d50 [µm]"])
    assert percentiles_of(record)["d50"] * 10 ** (6 / 100) / stated == pytest.approx(1.148, abs=0.005)


def test_the_optical_model_and_what_the_instrument_says_of_the_run_are_kept(raw_data):
    read = read_file(raw_data(*FOLDER, "example3.xlsx"))
    facts = ("particle refractive index", "particle absorption index", "dispersant", "dispersant refractive index")
    models = [[record.header[key] for key in facts] for record in (read[0], read[12])]
    assert models == [["1.52", "0.1", "Water", "1.33"], ["1.544", "0.1", "Water", "1.33"]]
    header = read[12].header
    assert header["obscuration [%]"] == header["Obscuration"]
    assert header["residual [%]"] == header["Residual"]
    assert {record.name for record in read} == {"Polyamide", "Fuso", "Fuso r2"}
    assert read[0].origin.acquired_at == "2012-09-12T14:41:53"
    assert [record.origin.record for record in read] == list(range(30))


def test_a_hand_made_export_gives_its_classes(reads):
    (record,) = reads("a.csv", HEADER + SIZE_ROW + RECORD)
    assert list(record.values("size lower edge")) == [1, 2, 4, 8]
    assert list(record.values("size upper edge")) == [2, 4, 8, 16]
    assert list(record.values("volume in")) == [10, 40, 40, 10]
    assert (record.name, record.origin.acquired_at, record.origin.line) == ("LATP milled", "2023-02-13T09:49:00", 3)
    assert record.header["instrument d50 [µm]"] == "4"
    assert record.header["Operator Notes"] == "after 4 h"
    assert [(h.value, h.source) for h in record.hints if h.name == "sample"] == [("LATP milled", "header")]
    assert record.warnings == ()


@pytest.mark.parametrize(("separator", "decimal"), [("\t", "."), ("\t", ","), (";", ","), (";", "."), (",", ",")])
def test_every_country_writes_the_same_record(reads, separator, decimal):
    def line(cells):
        return separator.join(f'"{cell}"' if separator in cell else cell for cell in cells) + "\n"

    names = ["Sample Name", "d (0.5)", "D [4, 3] - Volume weighted mean", "Result Between User Sizes (Sizes in um)"]
    numbers = ["", "", "", "0.5", "1.25", "3.5", "7.75"]
    values = ["A", "2.125", "3.5", "", "12.5", "62.25", "25.25"]
    text = line([*names, "", "", ""]) + line([n.replace(".", decimal) for n in numbers])
    text += line([v.replace(".", decimal) for v in values])
    (record,) = reads("a.txt", text, encoding="cp1252", newline="\r\n")
    assert list(record.values("size upper edge")) == [1.25, 3.5, 7.75]
    assert list(record.values("volume in")) == [12.5, 62.25, 25.25]
    assert record.header["instrument d50 [µm]"] == "2.125"


def test_header_rows_in_the_middle_begin_a_table_with_its_own_sizes(reads):
    again = HEADER + SIZE_ROW.replace("16", "32")
    records = reads("a.csv", HEADER + SIZE_ROW + RECORD + again + RECORD.replace("LATP milled", "second"))
    assert [(r.name, r.values("size upper edge")[-1]) for r in records] == [("LATP milled", 16), ("second", 32)]


def test_blank_records_are_left_out_and_counted(reads):
    aborted = "aborted,13/02/2023 10:00,1.9,0.1,Ethanol,0.1,,,,,,,,,\n"
    records = reads("a.csv", HEADER + SIZE_ROW + aborted + RECORD + ",,,,,,,,,,,,,,\n" + RECORD + ",,,\n")
    assert [r.name for r in records] == ["LATP milled", "LATP milled"]
    for record in records:
        assert record.warnings == ("2 of 4 rows hold no distribution and give no record (line 3, 5)",)


def test_dates_of_the_whole_file_decide_whether_the_day_stands_first(reads):
    both = reads("a.csv", HEADER + SIZE_ROW + RECORD.replace("13/02", "03/02") + RECORD)
    assert [r.origin.acquired_at for r in both] == ["2023-02-03T09:49:00", "2023-02-13T09:49:00"]
    (alone,) = reads("b.csv", HEADER + SIZE_ROW + RECORD.replace("13/02", "03/02"))
    assert alone.origin.acquired_at is None


def test_cumulative_results_are_read_as_their_differences(reads):
    text = HEADER.replace("Between", "Below") + SIZE_ROW + RECORD.replace(",,10,40,40,10,", ",0,10,50,90,100,")
    (record,) = reads("a.csv", text)
    assert list(record.values("volume in")) == [10, 40, 40, 10]
    assert "differences" in record.warnings[0]


def test_a_result_by_number_is_not_called_a_volume(reads):
    text = HEADER.replace("Residual", "Result transform type") + SIZE_ROW + RECORD.replace(",0.8,", ",Number,")
    (record,) = reads("a.csv", text)
    assert record.columns[2].name == "number in"
    assert "the result is by number, not by volume" in record.warnings


def test_classes_that_do_not_add_up_are_said(reads):
    (record,) = reads("a.csv", HEADER + SIZE_ROW + RECORD.replace(",40,40,", ",40,20,"))
    assert record.warnings == ("the classes hold 80.00 % of the volume, not 100 %",)


def test_sizes_in_another_unit_are_converted(reads):
    (record,) = reads("a.csv", HEADER.replace("in um", "in mm") + SIZE_ROW + RECORD)
    assert list(record.values("size upper edge")) == [2000, 4000, 8000, 16000]


BROKEN = {
    "no sizes": (HEADER + RECORD, BrokenFileError, "a.csv:2: no row of sizes stands below 'Result Between User Sizes"),
    "falling sizes": (
        HEADER + SIZE_ROW.replace("4,8", "8,4") + RECORD, BrokenFileError, "a.csv:2: the sizes do not rise: 4 follows 8",
    ),
    "a class without value": (
        HEADER + SIZE_ROW + RECORD.replace(",40,40,", ",40,,"), BrokenFileError, "a.csv:3: 1 of 4 classes have no value",
    ),
    "a word": (HEADER + SIZE_ROW + RECORD.replace(",40,40,", ",40,x,"), BrokenFileError, "a.csv:3: 'x' is not a percentage"),
    "destroyed": (
        HEADER + SIZE_ROW + RECORD.replace(",40,40,", ",40,40.026.184,"),
        RefusedFileError,
        "a.csv:3: '40.026.184' has lost its decimal mark",
    ),
    "a value below the first size": (
        HEADER + SIZE_ROW + RECORD.replace(",,10,", ",5,10,"),
        RefusedFileError,
        "a.csv:3: the cell below the first size holds '5': it is not known which edges",
    ),
    "no records": (HEADER + SIZE_ROW, BrokenFileError, "no record stands below the names of the columns"),
    "unknown unit": (HEADER.replace("in um", "in phi") + SIZE_ROW + RECORD, BrokenFileError, "a.csv:3: the sizes are in 'phi'"),
    "only percentiles": (
        "Sample Name,d (0.1),d (0.5),d (0.9)\nA,1,2,3\n",
        RefusedFileError,
        "recognised as Malvern Mastersizer export without size classes",
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", BROKEN)
def test_what_cannot_be_read_is_said(reads, case):
    text, error, message = BROKEN[case]
    with pytest.raises(error) as caught:
        reads("a.csv", text)
    assert message in str(caught.value)


LONG = "Sample Name:\tLLZO\nDx (50):\t{d50}\nParticle RI:\t2.0\nSize Classes (μm)\tVolume Density (%)\n{rows}"


def test_the_long_layout_is_decided_by_its_empty_cell(reads):
    sizes, percent = ("1", "2", "4", "8"), ("20", "60", "20")
    for cells in (("", *percent), (*percent, "")):
        rows = "".join(f"{size}\t{cell}\n" for size, cell in zip(sizes, cells, strict=True))
        (record,) = reads("long.txt", LONG.format(d50="", rows=rows))
        assert list(record.values("size lower edge")) == [1, 2, 4]
        assert list(record.values("volume in")) == [20, 60, 20]


def test_the_long_layout_is_decided_by_the_instruments_median(reads):
    sizes = (1.0, 1.5, 2.25, 3.375, 5.0625, 7.6)
    cells = (0, 20, 60, 20, 0, 0)  # the median lies in the middle of the class of 60 %
    rows = "".join(f"{size}\t{cell}\n" for size, cell in zip(sizes, cells, strict=True))
    (upper,) = reads("long.txt", LONG.format(d50=str((1.5 * 2.25) ** 0.5), rows=rows))
    assert list(upper.values("size lower edge")[:3]) == [1.0, 1.5, 2.25]
    assert list(upper.values("volume in")[:3]) == [20, 60, 20]
    (lower,) = reads("long.txt", LONG.format(d50=str((2.25 * 3.375) ** 0.5), rows=rows))
    assert list(lower.values("volume in")[:3]) == [0, 20, 60]
    assert lower.header["particle refractive index"] == "2.0"


def test_a_long_layout_that_tells_no_edges_gives_none(reads):
    rows = "".join(f"{size}\t{cell}\n" for size, cell in zip((1, 2, 4, 8), (0, 20, 60, 20), strict=True))
    (record,) = reads("long.txt", LONG.format(d50="", rows=rows))
    assert [column.name for column in record.columns] == ["size", "volume in"]
    assert record.warnings == (
        "it is not told whether a size is the lower or the upper edge of its class: only the sizes are given",
    )


def test_a_workbook_is_read_sheet_by_sheet(tmp_path):
    openpyxl = pytest.importorskip("openpyxl")
    book = openpyxl.Workbook()
    for sheet, name in zip((book.active, book.create_sheet("second")), ("A", "B"), strict=True):
        sheet.append(["Sample Name", "d (0.5)", "Result Between User Sizes (Sizes in um)"])
        sheet.append([None, None, *map(float, SIZES)])
        sheet.append([name, 4, None, 10, 40, 40, 10])
    book.create_sheet("empty")
    path = tmp_path / "a.xlsx"
    book.save(path)
    records = read_file(path, root=tmp_path)
    assert [(r.name, r.header["sheet"], r.origin.record) for r in records] == [("A", "Sheet", 0), ("B", "second", 1)]
    assert all(a < b for r in records for a, b in itertools.pairwise(r.values("size upper edge")))


def test_inspect_tells_the_folder(raw_data):
    found = inspect_paths([raw_data(*FOLDER)])
    assert [(one.status, one.technique, one.records, one.points) for one in found] == [
        ("read", "granulometry", 1, 100),
        ("read", "granulometry", 30, 3000),
    ]
