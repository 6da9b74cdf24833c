"""The samples table: sizes with units and uncertainties, and every slip of a table that a laboratory really makes."""

from __future__ import annotations

import math
from pathlib import Path
from statistics import mean, stdev

import pytest

from pelletry.core.errors import Mistake
from pelletry.core.units import UnitError
from pelletry.study.cells import Instrument, read_cell, split_head
from pelletry.study.samples import ALIASES, COLUMNS, SampleRow, samples_of_table
from pelletry.study.tables import read_table


def rows_of(path: Path) -> tuple[tuple[SampleRow, ...], list[str], list[str]]:
    mistakes: list[Mistake] = []
    warnings: list[str] = []
    table = read_table(path, shown=path.name, mistakes=mistakes)
    rows = () if table is None else samples_of_table(table, mistakes=mistakes, warnings=warnings)
    return rows, [str(mistake) for mistake in mistakes], warnings


def table(tmp_path: Path, text: str, encoding: str = "utf-8") -> Path:
    path = tmp_path / "samples.csv"
    path.write_bytes(text.encode(encoding))
    return path


# -- cells -------------------------------------------------------------------------------------------------------------


def test_mean_of_readings_holds_the_truth_in_95_of_100_cases():
    import numpy as np

    random = np.random.default_rng(1)
    hits = 0
    for _ in range(1500):
        texts = "; ".join(f"{v:.9f}" for v in 0.463 + 0.005 * random.standard_normal(3))
        low, high = read_cell(f"{texts} mm", unit="m").estimate.interval
        hits += low <= 0.463e-3 <= high
    # 95 % with the binomial scatter of 1500 draws (0.56 %), three of them
    assert abs(hits / 1500 - 0.95) < 0.017


def test_readings_give_their_mean_its_standard_error_and_students_interval():
    cell = read_cell("0.461; 0.466; 0.463 mm", unit="m")
    values = [0.461e-3, 0.466e-3, 0.463e-3]
    assert cell.estimate.value == pytest.approx(mean(values), rel=1e-12)
    error = stdev(values) / math.sqrt(3)
    assert cell.estimate.std == pytest.approx(error)
    assert cell.estimate.degrees_of_freedom == 2
    low, high = cell.estimate.interval
    assert (low, high) == pytest.approx((mean(values) - 4.302653 * error, mean(values) + 4.302653 * error), rel=1e-6)
    assert cell.readings == pytest.approx(values)


def test_stated_resolution_is_added_in_quadrature():
    calliper = Instrument(name="calliper", resolution=0.01e-3)
    spread = read_cell("8.70; 8.72 mm", unit="m").estimate.std
    both = read_cell("8.70; 8.72 mm", unit="m", instrument=calliper).estimate.std
    assert both == pytest.approx(math.hypot(spread, 0.01e-3 / math.sqrt(12)))


def test_a_stated_resolution_never_makes_the_interval_of_readings_narrower():
    for resolution in (1e-7, 1e-6, 1e-5, 1e-4):
        calliper = Instrument(name="calliper", resolution=resolution)
        low, high = read_cell("8.70; 8.72 mm", unit="m", instrument=calliper).estimate.interval
        alone = read_cell("8.70; 8.72 mm", unit="m").estimate.interval
        assert high - low >= (alone[1] - alone[0]) * (1 - 1e-6)


def test_one_reading_without_uncertainty_has_none_and_the_calliper_gives_it_one():
    assert read_cell("8.70 mm", unit="m").estimate.std is None
    calliper = Instrument(name="calliper", resolution=0.01e-3, std=0.02e-3)
    std = read_cell("8.70 mm", unit="m", instrument=calliper).estimate.std
    assert std == pytest.approx(math.hypot(0.01e-3 / math.sqrt(12), 0.02e-3))


def test_an_uncertainty_in_the_cell_is_the_whole():
    calliper = Instrument(name="calliper", resolution=0.01e-3)
    assert read_cell("0.465(3) mm", unit="m", instrument=calliper).estimate.std == pytest.approx(3e-6)
    assert read_cell("8.70 mm ± 0.05 mm", unit="m").estimate.std == pytest.approx(5e-5)
    assert read_cell("8.70 +/- 0.05", unit="m", head_unit="mm").estimate.std == pytest.approx(5e-5)


def test_equal_readings_do_not_pretend_to_be_exact():
    estimate = read_cell("0.46; 0.46; 0.46 mm", unit="m").estimate
    assert estimate.std == pytest.approx(0.01e-3 / math.sqrt(12))
    assert "equal readings" in estimate.method


@pytest.mark.parametrize(
    ("head", "expected"),
    [
        ("thickness (mm)", ("thickness", "mm")),
        ("Thickness [mm]", ("thickness", "mm")),
        ("thickness / mm", ("thickness", "mm")),
        ("thickness_mm", ("thickness", "mm")),
        ("sintering temperature (°C)", ("sintering_temperature", "°C")),
        ("sintering_temperature_degC", ("sintering_temperature", "°C")),
        ("heating_rate_K_per_min", ("heating_rate", "K/min")),
        ("theoretical_density_g_per_cm3", ("theoretical_density", "g/cm3")),
        ("theoretical_density_source", ("theoretical_density_source", "")),
        ("Formula", ("composition", "")),
        ("mass_before", (None, "")),
    ],
)
def test_head_names_column_and_unit(head, expected):
    assert split_head(head, [column.key for column in COLUMNS], ALIASES) == expected


@pytest.mark.parametrize("text", ["NaN mm", "inf mm", "nan", "abc", "mm", "; ;", "1e999 mm", "0.4.6 mm"])
def test_what_is_no_number_is_refused(text):
    with pytest.raises((UnitError, ValueError)):
        read_cell(text, unit="m", where="samples.csv:2: thickness")


# -- tables ------------------------------------------------------------------------------------------------------------


def test_a_row_becomes_a_sample_in_house_units(tmp_path):
    text = (
        "sample,composition,sintering_temperature,dwell,heating_rate,atmosphere,mass (g),diameter,thickness,electrode_diameter,"
        "theoretical_density,theoretical_density_source,files\n"
        '1_4,Li1.4Al0.4Ti1.6(PO4)3,800 °C,2 h,2.5 °C/min,argon,0.0812(1),8.70(5) mm,"0.461; 0.466 mm",8.0(1) mm,2.94 g/cm3,ICSD,a.z; b.z\n'
    )
    (row,), mistakes, _ = rows_of(table(tmp_path, text))
    assert mistakes == []
    sample, pellet = row.sample, row.sample.pellet
    assert sample.name == "1_4"
    assert sample.sintering.temperature_K == pytest.approx(1073.15)
    assert sample.sintering.dwell_s == pytest.approx(7200)
    assert sample.sintering.heating_rate_K_per_s == pytest.approx(2.5 / 60)
    assert pellet.mass_kg.value == pytest.approx(8.12e-5)
    assert pellet.mass_kg.std == pytest.approx(1e-7)
    assert pellet.electrode_area_m2.value == pytest.approx(math.pi / 4 * 8e-3**2)
    assert pellet.electrode_area_m2.std / pellet.electrode_area_m2.value == pytest.approx(2 * 0.1 / 8)
    assert row.theoretical_density.density_kg_per_m3.value == pytest.approx(2940)
    assert row.theoretical_density.source == "ICSD"
    assert row.patterns == ("a.z", "b.z")


def test_the_electrode_is_not_the_face_unless_somebody_says_so(tmp_path):
    (row,), mistakes, _ = rows_of(table(tmp_path, "sample,diameter,thickness\nA,8.7 mm,0.46 mm\n"))
    assert mistakes == []
    assert row.sample.pellet.electrode_area_m2 is None
    (row,), _, _ = rows_of(table(tmp_path, "sample,diameter,electrode_diameter\nA,8.7 mm,face\n"))
    assert row.sample.pellet.electrode_area_m2.value == pytest.approx(math.pi / 4 * 8.7e-3**2)


def test_a_missing_unit_names_its_cell(tmp_path):
    text = "sample,sintering_temperature\nA,800 °C\nB,750 °C\nC,450\n"
    _, mistakes, _ = rows_of(table(tmp_path, text))
    assert len(mistakes) == 1
    assert mistakes[0].startswith(
        "samples.csv:4: sintering_temperature: '450' has no unit; expected a number with a unit"
    )


def test_every_mistake_comes_at_once_in_reading_order(tmp_path):
    text = (
        "sample,mass,diameter,thickness,theoretical_density\n"
        "A,0.08 g,8.7 m,0.46 mm,\n"
        "B,-0.08 g,8.7 mm,nan,2.9 g/cm3\n"
        "b,0 g,8.7 mm,0.46 mm,\n"
        ",0.08 g,8.7 mm,0.46 mm,\n"
    )
    _, mistakes, _ = rows_of(table(tmp_path, text))
    assert [m.partition(": ")[0] + ": " + m.split(": ")[1] for m in mistakes] == [
        "samples.csv:2: diameter",
        "samples.csv:3: mass",
        "samples.csv:3: thickness",
        "samples.csv:3: theoretical_density",
        "samples.csv:4: sample",
        "samples.csv:5: sample",
    ]
    assert "diameter is 8.7 m; expected between 0.5 mm and 150 mm. Did you mean 8.7 mm?" in mistakes[0]
    assert "not a size" in mistakes[1]
    assert "'b' is taken by samples.csv:3" in mistakes[4]


@pytest.mark.parametrize(
    ("cell", "words"),
    [
        ("thickness,0.46 m", "did you mean 0.46 mm?"),
        ("thickness,460 mm", "did you mean 0.46 mm?"),
        ("mass,81.2 kg", "did you mean"),
        ("diameter,0 mm", "not a size"),
        ("thickness,4.6 °C", "cannot be read as m"),
        ("dwell,-2 h", "not a size"),
        ("sintering_temperature,8000 °C", "expected between"),
    ],
)
def test_slips_of_units_are_caught(tmp_path, cell, words):
    head, _, text = cell.partition(",")
    _, mistakes, _ = rows_of(table(tmp_path, f"sample,{head}\nA,{text}\n"))
    assert len(mistakes) == 1
    assert words.lower() in mistakes[0].lower()


def test_three_numbers_that_make_no_ceramic_are_caught(tmp_path):
    _, mistakes, _ = rows_of(table(tmp_path, "sample,mass,diameter,thickness\nA,0.0812 g,8.7 mm,4.63 µm\n"))
    assert len(mistakes) == 1
    assert "make a density of 295 g/cm3" in mistakes[0]


def test_an_electrode_larger_than_the_face_is_refused(tmp_path):
    _, mistakes, _ = rows_of(table(tmp_path, "sample,diameter,electrode_area\nA,8.7 mm,0.8 cm2\n"))
    assert len(mistakes) == 1
    assert "larger than the pellet's face" in mistakes[0]


def test_decimal_comma_is_refused_with_the_fix_where_commas_separate(tmp_path):
    _, mistakes, _ = rows_of(table(tmp_path, 'sample,thickness\nA,"0,465 mm"\n'))
    assert len(mistakes) == 1
    assert "decimal comma" in mistakes[0]
    assert "0.465 mm" in mistakes[0]
    _, mistakes, _ = rows_of(table(tmp_path, "sample,thickness (mm)\nA,0,465\n"))
    assert len(mistakes) == 1
    assert "samples.csv:2: the row has 3 cells, the head line 2" in mistakes[0]
    assert "decimal comma" in mistakes[0]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252", "utf-16"])
def test_a_german_table_of_excel_is_read_in_every_encoding(tmp_path, encoding):
    text = 'sample;sintering_temperature (°C);thickness (mm);notes\r\nA;800;"0,461; 0,466";Prüfling µ\r\n'
    (row,), mistakes, _ = rows_of(table(tmp_path, text, encoding))
    assert mistakes == []
    assert row.sample.sintering.temperature_K == pytest.approx(1073.15)
    assert row.sample.pellet.thickness_m.value == pytest.approx(0.4635e-3)
    assert row.sample.notes == "Prüfling µ"


def test_first_line_sep_and_blank_rows_keep_the_line_numbers(tmp_path):
    text = 'sep=;\nsample;thickness\n\n"A\nB";0,4 mm\n;;\nC;5\n'
    rows, mistakes, _ = rows_of(table(tmp_path, text))
    assert rows[0].sample.name == "A\nB"
    assert [m[:14] for m in mistakes] == ["samples.csv:7:"] or [m[:14] for m in mistakes] == [
        "samples.csv:6:",
        "samples.csv:7:",
    ]


def test_names_stay_text_even_when_hostile(tmp_path):
    text = 'sample\n<script>alert(1)</script>\n"a\tb"\n=1+1\n01\n1\n'
    rows, mistakes, _ = rows_of(table(tmp_path, text))
    assert mistakes == []
    assert [row.sample.name for row in rows] == ["<script>alert(1)</script>", "a\tb", "=1+1", "01", "1"]


def test_misspelt_columns_are_mistakes_and_foreign_columns_a_remark(tmp_path):
    _, mistakes, warnings = rows_of(table(tmp_path, "sample,thicknes (mm),d (mm),operator\nA,0.4,8,Ann\n"))
    assert len(mistakes) == 2
    assert "did you mean thickness?" in mistakes[0].lower()
    assert "did you mean diameter?" in mistakes[1].lower()
    assert warnings == ["samples.csv: the column 'operator' is not used"]


def test_two_columns_of_one_meaning_are_refused(tmp_path):
    _, mistakes, _ = rows_of(table(tmp_path, "sample,thickness (mm),thickness_mm\nA,0.4,0.5\n"))
    assert len(mistakes) == 1
    assert "both mean thickness" in mistakes[0]


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "the table is empty"),
        (b"thickness\n0.4 mm\n", "no column sample"),
        (b"sample,thickness\n", "no sample"),
        (b"\x00\x01\x02\xff" * 50, "binary"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\x00" * 50, "old Excel"),
        (b"PK\x03\x04 broken", "cannot be read"),
        (b"<html><body>login</body></html>", "no column sample"),
    ],
)
def test_what_is_no_table_is_said_in_one_sentence(tmp_path, content, words):
    path = tmp_path / "samples.csv"
    path.write_bytes(content)
    rows, mistakes, _ = rows_of(path)
    assert rows == ()
    assert any(words in mistake for mistake in mistakes)


# -- xlsx --------------------------------------------------------------------------------------------------------------


def workbook(tmp_path: Path, lines: list[list[object]]) -> Path:
    import openpyxl

    book = openpyxl.Workbook()
    for line in lines:
        book.active.append(line)
    path = tmp_path / "samples.xlsx"
    book.save(path)
    return path


def test_a_workbook_gives_the_same_samples_as_its_csv(tmp_path):
    lines = [
        ["sample", "mass (g)", "diameter (mm)", "thickness"],
        ["1_4", 0.0812, 8.7, "0.461; 0.466 mm"],
        ["14", 0.09, 8.7, "0.5 mm"],
    ]
    from_xlsx, mistakes, _ = rows_of(workbook(tmp_path, lines))
    assert mistakes == []
    text = "\n".join(",".join(f'"{cell}"' for cell in line) for line in lines)
    from_csv, _, _ = rows_of(table(tmp_path, text + "\n"))
    assert [row.sample for row in from_xlsx] == [row.sample for row in from_csv]


def test_a_name_that_became_a_date_is_refused(tmp_path):
    import datetime

    _, mistakes, _ = rows_of(workbook(tmp_path, [["sample"], [datetime.datetime(2026, 4, 1)], ["B"]]))
    assert len(mistakes) == 1
    assert "turned the name into the date 2026-04-01" in mistakes[0]


def test_a_date_like_name_in_a_csv_is_a_remark(tmp_path):
    rows, mistakes, warnings = rows_of(table(tmp_path, "sample\n01. Apr\n4-Jan\nB12\n"))
    assert (len(rows), mistakes) == (3, [])
    assert len(warnings) == 2


def test_formulas_without_result_and_errors_of_the_sheet_are_named(tmp_path):
    lines = [["sample", "thickness (mm)"], ["A", "=0.4+0.06"], ["B", "#DIV/0!"]]
    _, mistakes, _ = rows_of(workbook(tmp_path, lines))
    assert len(mistakes) == 2
    assert mistakes[0].startswith("samples.xlsx:2: thickness (mm): the cell holds a formula without a result")
    assert "#DIV/0!" in mistakes[1]


def test_a_numeric_name_that_may_have_lost_a_zero_is_remarked(tmp_path):
    rows, _, warnings = rows_of(workbook(tmp_path, [["sample"], [1.1], [14]]))
    assert [row.sample.name for row in rows] == ["1.1", "14"]
    assert len(warnings) == 1
