"""Cells of workbooks are those that openpyxl finds; what would take the memory or the time of the machine is refused."""

from __future__ import annotations

import datetime
import io
import random
import zipfile

import openpyxl
import pytest
from openpyxl.cell.rich_text import CellRichText, TextBlock
from openpyxl.cell.text import InlineFont
from openpyxl.chart import BarChart
from openpyxl.utils.datetime import CALENDAR_MAC_1904

from pelletry.core.errors import BrokenFileError, RefusedFileError
from pelletry.formats.rawfile import RawFile
from pelletry.formats.spreadsheet import sheets_of
from pelletry.formats.xlsx_cells import sheets_of_cells

RELATIONS = (
    '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" '
    'Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/worksheet" Target="worksheets/sheet1.xml"/></Relationships>'
)
BOOK = (
    '<x:workbook xmlns:x="http://schemas.openxmlformats.org/spreadsheetml/2006/main" '
    'xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"><x:sheets><x:sheet name="run" sheetId="1" r:id="rId1"/></x:sheets></x:workbook>'
)


def saved(book) -> bytes:
    stream = io.BytesIO()
    book.save(stream)
    return stream.getvalue()


def packed(sheet: str, **others: str) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/_rels/workbook.xml.rels", RELATIONS)
        archive.writestr("xl/workbook.xml", BOOK)
        archive.writestr("xl/worksheets/sheet1.xml", sheet)
        for name, text in others.items():
            archive.writestr(f"xl/{name}.xml", text)
    return stream.getvalue()


def ours(tmp_path, content: bytes):
    path = tmp_path / "book.xlsx"
    path.write_bytes(content)
    return {title: [_bare(row) for row in rows] for title, rows in sheets_of_cells(RawFile.open(path))}


def theirs(content: bytes):
    book = openpyxl.load_workbook(io.BytesIO(content), data_only=True)
    return {sheet.title: [_bare(row) for row in sheet.iter_rows(values_only=True)] for sheet in book.worksheets}


def _bare(row) -> list[object]:
    cells = [cell if cell != "" else None for cell in row]
    while cells and cells[-1] is None:
        cells.pop()
    return cells


def everything():
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.title = "Größe & <Zeit>"
    moment = datetime.datetime(2024, 4, 30, 14, 33, 19, 250_000)
    sheet.append(["a", 1, -2.5, 1e-300, True, False, None, "ä\n\tb", "  "])
    sheet.append([moment, moment.date(), moment.time(), datetime.timedelta(hours=30, minutes=15), "=1/0", "#DIV/0!"])
    sheet["XFD5"] = 12345678901234567890
    sheet["B7"] = CellRichText("so ", TextBlock(InlineFont(b=True), "fett"), " wie")
    sheet["C7"] = 44000.5
    sheet["C7"].number_format = '"day "0.00'
    sheet["D7"] = 0.5
    sheet["D7"].number_format = "[hh]:mm:ss"
    sheet["E7"] = 44000.123456
    sheet["E7"].number_format = 'yyyy\\-mm\\-dd" at "hh:mm:ss.000'
    sheet["F7"] = 7
    sheet["F7"].number_format = "[Red]0.0;[Blue]-0.0"
    book.create_sheet("empty")
    book.create_chartsheet("picture").add_chart(BarChart())
    return book


def test_all_kinds_of_cells_are_those_of_openpyxl(tmp_path):
    content = saved(everything())
    expected = theirs(content)
    assert ours(tmp_path, content) == expected
    assert expected["Größe & <Zeit>"][6][1] == "so fett wie"


def test_dates_since_1904(tmp_path):
    book = openpyxl.Workbook()
    book.epoch = CALENDAR_MAC_1904
    book.active.append([datetime.datetime(2024, 4, 30, 1, 2, 3), 5.0])
    content = saved(book)
    assert ours(tmp_path, content) == {"Sheet": [[datetime.datetime(2024, 4, 30, 1, 2, 3), 5.0]]} == theirs(content)


def test_random_sheets_with_gaps_are_those_of_openpyxl(tmp_path):
    dice = random.Random(4)
    book = openpyxl.Workbook(write_only=True)
    sheet = book.create_sheet("run")
    for _ in range(300):
        sheet.append(
            [
                dice.choice([None, dice.random(), dice.randrange(10**9), "CC Chg", "", dice.random() * 10.0 ** dice.randrange(-30, 30)])
                for _ in range(dice.randrange(12))
            ]
        )  # fmt: skip
    content = saved(book)
    assert ours(tmp_path, content)["run"] == theirs(content)["run"][:300]


def test_strings_without_the_way_they_are_spoken_and_cells_without_places(tmp_path):
    words = "<sst><si><t>東京</t><rPh sb='0' eb='2'><t>とうきょう</t></rPh></si><si><r><t>a</t></r><r><t>b</t></r></si></sst>"
    sheet = (
        "<worksheet><sheetData><row><c t='s'><v>0</v></c><c t='s'><v>1</v></c><c><v>3</v></c><c t='inlineStr'><is><t>x</t></is></c>"
        "<c t='str'><f>A1</f><v>y</v></c><c t='d'><v>2024-04-30T01:02:03</v></c></row></sheetData></worksheet>"
    )
    found = ours(tmp_path, packed(sheet, sharedStrings=words))["run"]
    assert found == [["東京", "ab", 3, "x", "y", datetime.datetime(2024, 4, 30, 1, 2, 3)]]


@pytest.mark.parametrize(
    ("sheet", "reason"),
    [
        ("<worksheet><sheetData><row r='99999999'/></sheetData></worksheet>", "row 99999999 behind row 0"),
        ("<worksheet><sheetData><row r='5'/><row r='5'/></sheetData></worksheet>", "row 5 behind row 5"),
        ("<worksheet><sheetData><row><c r='ZZZ1'/></row></sheetData></worksheet>", "a cell at ZZZ1"),
        ("<worksheet><sheetData><row><c r='B1'/><c r='A1'/></row></sheetData></worksheet>", "a cell at A1"),
        ("<worksheet><sheetData><row><c t='s'><v>0</v></c></row></sheetData></worksheet>", "IndexError"),
        ("<worksheet><sheetData><row><c><v>1,5</v></c></row></sheetData></worksheet>", "ValueError"),
        ("<!DOCTYPE a [<!ENTITY b 'c'>]><worksheet/>", "it holds a document type"),
        ("<worksheet><sheetData>", "no element found"),
    ],
)
def test_damaged_sheets_are_refused(tmp_path, sheet, reason):
    path = tmp_path / "book.xlsx"
    path.write_bytes(packed(sheet))
    with pytest.raises(BrokenFileError, match=rf"the workbook is damaged \(.*{reason}"):
        sheets_of(RawFile.open(path))


def test_a_word_that_repeats_beyond_measure_is_refused(tmp_path):
    words = f"<sst><si><t>{'x' * 30_000}</t></si></sst>"
    rows = "<row>" + "<c t='s'><v>0</v></c>" * 2000 + "</row>"
    path = tmp_path / "book.xlsx"
    path.write_bytes(packed(f"<worksheet><sheetData>{rows}</sheetData></worksheet>", sharedStrings=words))
    with pytest.raises(RefusedFileError, match="the workbook has more than 4 MB of text"):
        sheets_of(RawFile.open(path))


def test_cells_beyond_measure_are_refused(tmp_path):
    path = tmp_path / "book.xlsx"
    row = "<row><c r='XFD{}'><v>1</v></c></row>"
    path.write_bytes(packed(f"<worksheet><sheetData>{''.join(map(row.format, range(1, 400)))}</sheetData></worksheet>"))
    with pytest.raises(RefusedFileError, match="more than 5 million cells"):
        sheets_of(RawFile.open(path))
    far = "<worksheet><sheetData><row r='1'><c><v>1</v></c></row><row r='1048576'><c s='1'/></row></sheetData></worksheet>"
    assert ours(tmp_path, packed(far)) == {"run": [[1]]}
    with pytest.raises(ValueError, match="1048574 rows without cells above row 1048576"):
        ours(tmp_path, packed(far.replace("<c s='1'/>", "<c><v>1</v></c>")))
