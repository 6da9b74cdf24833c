"""The workbook: numbers are numbers, texts are never formulas, names are legal, bytes stay the same."""

from __future__ import annotations

import io
import zipfile
from types import ModuleType
from typing import Any

import attrs
import openpyxl
import pytest

from pelletry.core.technique import Presentation
from pelletry.export.excel import workbook_bytes
from pelletry.export.folder import export_files


def book_of(*study: Any) -> Any:
    return openpyxl.load_workbook(io.BytesIO(workbook_bytes(*study)))


def test_a_number_stands_with_its_uncertainty_unit_and_method(sim: ModuleType) -> None:
    sheet = book_of(*sim.simulated_study(2))["comparison"]
    head, first = ([c.value for c in row] for row in sheet.iter_rows(max_row=2))
    row = dict(zip(head, first, strict=True))
    assert (row["sample"], row["sigma"], row["sigma_unit"]) == ("LATP_Air_700", 3.43e-5, "S/cm")
    assert row["sigma_std"] == pytest.approx(0.05 * 3.43e-5)
    assert row["sigma_method"] == "interpolated along ln(sigma T)"
    assert row["sintering (°C)"] == 700


def test_the_same_table_of_all_samples_is_one_sheet(sim: ModuleType) -> None:
    sheet = book_of(*sim.simulated_study(3))["by hand conductivity"]
    assert [c.value for c in sheet["A"]] == [
        "of sample",
        *("LATP_Air_700",) * 7,
        *("LATP_Air_800",) * 7,
        *("LATP_Air_900",) * 7,
    ]


@pytest.mark.parametrize("name", ["=1+1", "@x", "+1+cmd", "a\x00b\x1fc", "[]:*?/\\'" * 9, "\ud800"])
def test_a_name_is_a_text_whatever_it_looks_like(sim: ModuleType, name: str) -> None:
    book = book_of(*sim.simulated_study(1, name_of_first=name))
    for sheet in book.worksheets:
        for row in sheet.iter_rows():
            assert all(cell.data_type != "f" for cell in row)


def test_sheet_names_fit_excel_and_never_collide(sim: ModuleType) -> None:
    result, shown = sim.simulated_study(1)
    (key, presentation) = next(iter(shown.items()))
    table = presentation.tables[0]
    long = [
        attrs.evolve(table, key="a/very:long*name?of[a]table_" + end) for end in ("one_kind", "ONE_KIND", "another")
    ]
    names = book_of(result, {key: Presentation(tables=tuple(long))}).sheetnames
    assert all(len(n) <= 31 and not set(n) & set("[]:*?/\\") for n in names)
    assert len({n.casefold() for n in names}) == len(names)


def test_no_clock_is_in_the_bytes(sim: ModuleType) -> None:
    study = sim.simulated_study(1)
    content = workbook_bytes(*study)
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        assert {m.date_time for m in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}
        properties = archive.read("docProps/core.xml").decode()
    assert properties.count("1980-01-01T00:00:00Z") == 2
    assert workbook_bytes(*study) == content


def test_simulated_data_say_so(sim: ModuleType) -> None:
    assert book_of(*sim.simulated_study(1)).sheetnames[0] == "simulated"


def test_the_export_is_one_file(sim: ModuleType) -> None:
    files = export_files(*sim.simulated_study(1), "xlsx")
    assert list(files) == ["tables/study.xlsx"]
    assert files["tables/study.xlsx"][:2] == b"PK"
