"""Plain tables: every separator, decimal mark, header and way of putting several spectra in one file."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pelletry.core.errors import BrokenFileError, FormatError, RefusedFileError, UnknownFormatError

F = np.logspace(6, 0, 13)
Z = 100 + 1000 / (1 + 1j * F / 300)


def table(separator="\t", decimal=".", names=("f (Hz)", "Zre (Ohm)", "-Zim (Ohm)"), f=F, z=Z, end="\n"):
    rows = [
        f"{a!r}{separator}{b.real!r}{separator}{-b.imag!r}".replace("np.float64(", "").replace(")", "")
        for a, b in zip(f, z, strict=True)
    ]
    if decimal == ",":
        rows = [row.replace(".", ",") for row in rows]
    head = [separator.join(names)] if names else []
    return end.join([*head, *rows]) + end


@pytest.mark.parametrize(
    ("separator", "decimal"),
    [("\t", "."), ("\t", ","), (";", "."), (";", ","), (",", "."), (", ", "."), ("  ", "."), ("  ", ",")],
)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
def test_the_same_spectrum_in_every_spelling(reads, separator, decimal, encoding):
    (record,) = reads("a.txt", table(separator, decimal), encoding=encoding)
    assert record.technique == "impedance"
    assert [(c.name, c.unit) for c in record.columns] == [("f", "Hz"), ("Zre", "Ohm"), ("-Zim", "Ohm")]
    np.testing.assert_array_equal(record.values("f"), F)
    np.testing.assert_array_equal(record.values("Zre"), Z.real)
    np.testing.assert_array_equal(record.values("-Zim"), -Z.imag)


@pytest.mark.parametrize("newline", ["\r\n", "\r"])
def test_line_ends_of_other_systems(reads, newline):
    (record,) = reads("a.csv", table(","), newline=newline)
    assert record.points == 13


def test_the_extension_does_not_matter(reads):
    assert reads("a.mpr", table())[0].technique == "impedance"
    assert reads("noextension", table())[0].points == 13


def test_header_entries_comments_and_units_on_their_own_line(reads):
    text = "# Sample: LATP 7\n# Temperature: 140 °C\nThickness (mm)\t0,000\n\nf\tZ'\tZ''\nHz\tkOhm\tkOhm\n" + table(
        names=()
    )
    (record,) = reads("a.txt", text)
    assert record.header["Sample"] == "LATP 7"
    assert [(c.name, c.unit) for c in record.columns] == [("f", "Hz"), ("Z'", "kOhm"), ("Z''", "kOhm")]
    assert record.not_set == ("Thickness (mm)",)
    assert (record.hints[0].name, record.hints[0].value, record.hints[0].source) == ("temperature", 413.15, "header")


def test_three_columns_without_header_are_a_spectrum_only_when_swept_in_ratios(reads):
    (spectrum,) = reads("a.txt", table(names=()))
    assert spectrum.technique == "impedance"
    # The third column of the fixture is positive while |Z| falls with frequency, which no passive sample does as Z''.
    assert [c.name for c in spectrum.columns] == ["frequency", "Z'", "-Z''"]
    assert "no header" in spectrum.warnings[0]
    (conjugate,) = reads("c.txt", table(names=(), z=Z.conj()))
    assert [c.name for c in conjugate.columns] == ["frequency", "Z'", "Z''"]
    scan = "\n".join(f"{10 + 0.02 * i:.2f}\t{100 + i % 7}\t{99 + i % 5}" for i in range(400))
    (diffraction,) = reads("b.xy", scan)
    assert diffraction.technique == ""
    assert [c.name for c in diffraction.columns] == ["column 1", "column 2", "column 3"]


def test_a_frequency_that_begins_again_begins_another_spectrum(reads):
    text = table() + table(names=(), z=2 * Z) + table(names=(), z=3 * Z)
    records = reads("a.txt", text)
    assert [r.points for r in records] == [13, 13, 13]
    for k, record in enumerate(records):
        np.testing.assert_array_equal(record.values("Zre"), (k + 1) * Z.real)
        assert record.origin.record == k
    assert [r.origin.line for r in records] == [2, 15, 28]


def test_an_aborted_first_sweep_is_told_from_the_second(reads):
    records = reads("a.txt", table(f=F[:6], z=Z[:6]) + table(names=()))
    assert [r.points for r in records] == [6, 13]


def test_points_out_of_order_or_twice_or_turning_round_stay_one_spectrum(reads):
    order = [0, 1, 3, 2, 4, 5, 5, 6, 7, 8, 9, 10, 11, 12]
    (swapped,) = reads("a.txt", table(f=F[order], z=Z[order]))
    assert swapped.points == 14
    there_and_back = [*range(13), *range(11, -1, -1)]
    (turning,) = reads("b.txt", table(f=F[there_and_back], z=Z[there_and_back]))
    assert turning.points == 25


def test_a_blank_line_between_points_does_not_split_a_sweep(reads):
    lines = table().split("\n")
    (record,) = reads("a.txt", "\n".join([*lines[:5], "", *lines[5:]]))
    assert record.points == 13


def test_blocks_with_their_own_header_and_temperature(reads):
    text = "".join(f"T = {t} °C\n" + table(z=Z * (1 + t / 100)) + "\n" for t in (25, 50, 75))
    records = reads("a.txt", text)
    assert [r.hints[0].value for r in records] == [298.15, 323.15, 348.15]
    assert {r.hints[0].source for r in records} == {"header"}


def test_a_header_repeated_at_a_page_break_does_not_split_a_sweep(reads):
    (record,) = reads("a.txt", table(f=F[:7], z=Z[:7]) + table(f=F[7:], z=Z[7:]))
    assert record.points == 13
    np.testing.assert_array_equal(record.values("f"), F)


def test_a_temperature_column_makes_one_record_each_with_its_temperature(reads):
    rows = [
        f"{t}\t{f!r}\t{z.real!r}\t{z.imag!r}" for t in (25, 50, 75) for f, z in zip(F.tolist(), Z.tolist(), strict=True)
    ]
    records = reads("a.txt", "Temp. [°C]\tf [Hz]\tZ' [ohm]\tZ'' [ohm]\n" + "\n".join(rows))
    assert [r.hints[0].value for r in records] == [298.15, 323.15, 348.15]
    assert {r.hints[0].source for r in records} == {"column"}
    assert all(r.points == 13 for r in records)


def test_the_temperature_may_vary_fastest(reads):
    rows = [
        f"{t}\t{f!r}\t{z.real!r}\t{z.imag!r}" for f, z in zip(F.tolist(), Z.tolist(), strict=True) for t in (298, 323)
    ]
    records = reads("a.txt", "T (K)\tf [Hz]\tZ' [ohm]\tZ'' [ohm]\n" + "\n".join(rows))
    assert [r.hints[0].value for r in records] == [298.0, 323.0]
    np.testing.assert_array_equal(records[0].values("f"), F)


def test_a_temperature_column_without_unit_is_not_used_and_this_is_said(reads):
    rows = [f"25\t{f!r}\t{z.real!r}\t{z.imag!r}" for f, z in zip(F.tolist(), Z.tolist(), strict=True)]
    (record,) = reads("a.txt", "Temperature\tf\tZ'\tZ''\n" + "\n".join(rows))
    assert not [h for h in record.hints if h.name == "temperature"]
    assert "has no unit" in record.warnings[0]


def test_spectra_side_by_side(reads):
    rows = [
        "\t".join(map(repr, (f, z.real, z.imag, f, 2 * z.real, 2 * z.imag)))
        for f, z in zip(F.tolist(), Z.tolist(), strict=True)
    ]
    records = reads("a.txt", "f\tZ'\tZ''\tf\tZ'\tZ''\n" + "\n".join(rows))
    assert len(records) == 2
    np.testing.assert_array_equal(records[1].values("Z'"), 2 * Z.real)


def test_columns_of_words_are_left_out_and_named(reads):
    rows = [f"ok\t{f!r}\t{z.real!r}\t{z.imag!r}" for f, z in zip(F.tolist(), Z.tolist(), strict=True)]
    (record,) = reads("a.txt", "Status\tf\tZ'\tZ''\n" + "\n".join(rows))
    assert [c.name for c in record.columns] == ["f", "Z'", "Z''"]
    assert record.header["columns of words, left out"] == "Status"


def test_empty_cells_and_overloads_become_nan_and_overloads_are_counted(reads):
    text = "f;Z';Z''\n1000;1,5;-2,5\n100;;-3,5\n10;overrange!;-4,5\n1;4,5;-5,5\n"
    (record,) = reads("a.csv", text)
    np.testing.assert_array_equal(record.values("Z'"), [1.5, np.nan, np.nan, 4.5])
    assert record.warnings == ("1 cell(s) of column 2 are not numbers and became NaN, first 'overrange!' in line 4",)


def test_a_fit_saved_like_a_measurement_says_so(reads):
    (record,) = reads("a.txt", "# Fitted impedance data\n" + table())
    assert "not a measurement" in record.warnings[-1]
    assert any(h.name == "kind" for h in record.hints)


# -- what is refused ------------------------------------------------------------------------------------------------------


def test_numbers_destroyed_by_a_spreadsheet_are_refused_with_reason_and_line(reads):
    text = "Time (s);Sample Temperature (°C);TG (mg)\n0;45.793.053;54.190.552\n0,2;45.793.053;54.190.521\n0,4;45.797.291;5.419.046\n"
    with pytest.raises(RefusedFileError, match=r"a\.csv:2: '45\.793\.053' has lost its decimal mark"):
        reads("a.csv", text)


def test_a_point_in_a_table_with_decimal_commas_is_not_guessed(reads):
    with pytest.raises(RefusedFileError, match=r"a\.csv:3: '1\.234' may be a decimal or a thousand"):
        reads("a.csv", "f;Z';Z''\n1000,5;1,5;2,5\n100,5;1.234;2,5\n10,5;1,5;2,5\n")
    (fine,) = reads("b.csv", "f;Z';Z''\n1000,5;1.234,5;2,5\n100,5;1.234;2,5\n10,5;1,5;2,5\n")
    assert fine.values("Z'").tolist() == [1234.5, 1234.0, 1.5]


def test_a_comma_for_columns_and_decimals_alike_is_refused(reads):
    with pytest.raises(RefusedFileError, match=r"separates the columns and the decimals alike.*expected 3 columns"):
        reads("a.csv", "f,Z',Z''\n10000,0,109,009,-26,555\n7196,8,112,057,-35,166\n5179,4,116,906,-46,466\n")


def test_a_row_with_too_few_cells_is_named_and_a_last_one_cut_short_is_left_out(reads):
    lines = table().split("\n")
    lines[5] = lines[5].rsplit("\t", 1)[0]
    with pytest.raises(BrokenFileError, match=r"a\.txt:6: the row has 2 cells; expected 3 cells"):
        reads("a.txt", "\n".join(lines))
    whole = table().rstrip("\n")
    (record,) = reads("b.txt", whole[: whole.rindex("\t")])
    assert record.points == 12
    assert record.warnings == ("line 14 is cut short and was left out",)


@pytest.mark.parametrize(
    ("content", "error", "words"),
    [
        (b"", BrokenFileError, "the file is empty"),
        (b"just words\nand more words\n", UnknownFormatError, "no table of numbers"),
        (b"<!DOCTYPE html><html><body><table><tr><td>1<td>2</table></html>", RefusedFileError, "a web page"),
        (bytes(range(256)) * 50, UnknownFormatError, "binary content"),
        (b"version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 12\n", RefusedFileError, "git lfs pull"),
        (b"%PDF-1.7\n1 0 obj\n", RefusedFileError, "PDF document"),
    ],
    ids=["empty", "words", "html", "binary", "lfs", "pdf"],
)
def test_what_is_no_table_gets_one_plain_sentence_with_its_name(reads, content, error, words):
    with pytest.raises(error) as caught:
        reads("raw/a.csv", content)
    assert str(caught.value).startswith("raw/a.csv: ")
    assert words in str(caught.value)
    assert str(caught.value).count("\n") == 0


def test_unknown_content_lists_who_was_asked(reads):
    with pytest.raises(UnknownFormatError, match=r"ZPlot text file.*plain table"):
        reads("a.bin", b"\x01\x02\x03" * 100)


def read_or_refused(reads, name, content):
    """The records, or None when a FormatError names the file; anything else is a failure."""
    refusal = None
    records = None
    try:
        records = reads(name, content)
    except FormatError as error:
        refusal = str(error)
    assert refusal is None or name in refusal
    assert records is None or all(len({len(c.values) for c in r.columns}) <= 1 for r in records)
    return records


# -- properties -----------------------------------------------------------------------------------------------------------


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.text(alphabet="0123456789.,;-+eE\t \nabZ'\"/[]()#:°\r", max_size=400))
def test_text_soup_gives_records_or_a_format_error(reads, text):
    read_or_refused(reads, "soup.txt", text)


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(
    st.lists(st.tuples(*[st.floats(-1e12, 1e12, allow_subnormal=False) for _ in range(2)]), min_size=5, max_size=30),
    st.sampled_from([("\t", "."), (";", ","), (",", "."), ("\t", ",")]),
)
def test_whatever_numbers_are_written_come_back_exactly(reads, pairs, convention):
    separator, decimal = convention
    rows = [
        separator.join([repr(float(i + 1)), repr(a), repr(b)]).replace(".", decimal) for i, (a, b) in enumerate(pairs)
    ]
    (record,) = reads("a.txt", separator.join(["index", "alpha", "beta"]) + "\n" + "\n".join(rows) + "\n")
    np.testing.assert_array_equal(record.values("alpha"), [a for a, _ in pairs])
    np.testing.assert_array_equal(record.values("beta"), [b for _, b in pairs])
