"""Tables: brackets, units, reasons, and no way for a text to become markup, a command or a formula."""

from __future__ import annotations

import csv
import io
import re
from html.parser import HTMLParser

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pelletry.core.quantity import Estimate, Unresolved
from pelletry.core.table import Cell, Table, TableColumn
from pelletry.render.table import safe_text, table_to_csv, table_to_html, table_to_latex, table_to_text

REASON = "the arc peaks at 18 MHz, the window ends at 1 MHz"
SIGMA = Estimate(value=8.77e-2, std=1.4e-3, unit="S/m", method="fit R(RQ)Q")
COLUMNS = (
    TableColumn(key="sample", title="Sample"),
    TableColumn(key="t", title="T", unit="K"),
    TableColumn(key="sigma", title="σ", unit="S/m"),
    TableColumn(key="cell", title="a", unit="angstrom"),
)


def table_of(*rows: tuple[Cell, ...], columns: tuple[TableColumn, ...] = COLUMNS) -> Table:
    traces = tuple(("", "", f"{row[0]} conductivity_total", "") for row in rows) if columns is COLUMNS else ()
    return Table(key="main", title="Results", columns=columns, rows=rows, traces=traces, notes=("All in air.",))


CELL = Estimate(value=8.49441, std=0.0002, unit="angstrom", method="Rietveld")
MAIN = table_of(("A", 298.15, SIGMA, CELL), ("B", None, Unresolved(reason=REASON, unit="S/m"), None))


def test_text_shows_brackets_units_and_reasons() -> None:
    lines = table_to_text(MAIN).splitlines()
    assert lines[0] == "Results"
    assert re.search(r"\(°C\)\s+\(S cm⁻¹\)\s+\(Å\)", lines[3])
    assert re.search(r"^A\s+25\s+8.77\(14\)e-4\s+8.4944\(2\)$", lines[5])
    assert re.search(r"^B\s+–\s+not resolved \[a\]\s+–$", lines[6])
    assert f"[a] {REASON}" in lines
    assert lines[-1] == "All in air."


def test_numbers_stand_under_one_another_at_their_right_end() -> None:
    rows = [("A", 1.0, SIGMA, None), ("B", 273.15, Estimate(value=1e-6, std=None, unit="S/m", method="m"), None)]
    lines = table_to_text(table_of(*rows)).splitlines()[5:7]
    assert len({line.index("e-") for line in lines}) == 1


@given(width=st.integers(min_value=44, max_value=200), name=st.text(max_size=90))
@settings(max_examples=60, deadline=None)
def test_text_keeps_to_the_width_and_cuts_no_number(width: int, name: str) -> None:
    text = table_to_text(table_of((name, 298.15, SIGMA, CELL)), width=width)
    body = text.splitlines()[1:-1]
    assert all(len(line) <= width for line in body)
    assert "8.77(14)e-4" in text
    assert all(c.isprintable() for c in text.replace("\n", ""))


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.traces: list[str] = []
        self.texts: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.traces += [value or "" for key, value in attrs if key == "data-trace"]

    def handle_data(self, data: str) -> None:
        self.texts.append(data)


def test_html_carries_the_trace_and_the_reason() -> None:
    reader = _Reader()
    markup = table_to_html(MAIN)
    reader.feed(markup)
    assert reader.traces == ["A conductivity_total"]
    assert "8.77(14) × 10⁻⁴" in reader.texts
    assert '<a href="#main-note-a"' in markup
    assert f'<li id="main-note-a"><sup>a</sup> {REASON}</li>' in markup
    assert 'title="95 %: ' in markup
    assert reader.texts.count("not resolved") == 1


def test_a_gap_stands_where_its_column_of_numbers_does() -> None:
    markup = table_to_html(MAIN)
    assert markup.count('<td class="number">–</td>') == 2
    words = (TableColumn(key="sample", title="Sample"), TableColumn(key="note", title="Note"))
    assert "<td>–</td>" in table_to_html(table_of(("A", "fine"), ("B", None), columns=words))


@given(text=st.text(min_size=1, max_size=60))
@settings(max_examples=150, deadline=None)
def test_no_text_becomes_an_element(text: str) -> None:
    plain, foreign = _Reader(), _Reader()
    plain.feed(table_to_html(table_of(("A", None, Unresolved(reason="x"), "z"))))
    foreign.feed(table_to_html(table_of((text, None, Unresolved(reason=text), text))))
    assert foreign.tags == plain.tags


def test_latex_needs_booktabs_only_and_escapes_everything() -> None:
    hostile = r"50% of_$x$ \input{/etc/passwd} #1 & ~^ {}"
    text = table_to_latex(table_of((hostile, 233.15, SIGMA, CELL)))
    assert (
        r"50\% of\_\$x\$ \textbackslash{}input\{/etc/passwd\} \#1 \& \textasciitilde{}\textasciicircum{} \{\}" in text
    )
    assert r"$8.77(14) \times 10^{-4}$" in text
    assert r"$-40$" in text
    assert r"(S\,cm$^{-1}$)" in text
    assert [r for r in (r"\toprule", r"\midrule", r"\bottomrule") if r in text] == [
        r"\toprule",
        r"\midrule",
        r"\bottomrule",
    ]
    row = next(line for line in text.splitlines() if "8.77" in line)
    assert len(re.findall(r"(?<!\\)&", row)) == len(COLUMNS) - 1


def test_csv_has_a_column_for_each_part_of_a_number() -> None:
    rows = list(csv.DictReader(io.StringIO(table_to_csv(MAIN))))
    assert list(rows[0])[:3] == ["sample", "t (°C)", "sigma"]
    assert float(rows[0]["t (°C)"]) == 25.0
    assert float(rows[0]["sigma"]) == 8.77e-4
    assert float(rows[0]["sigma_std"]) == 1.4e-5
    assert (rows[0]["sigma_unit"], rows[0]["sigma_method"]) == ("S/cm", "fit R(RQ)Q")
    assert float(rows[0]["sigma_low_95"]) == pytest.approx(8.77e-4 - 1.96 * 1.4e-5)
    assert (rows[1]["sigma"], rows[1]["sigma_reason"]) == ("", REASON)
    assert rows[1]["cell"] == ""


@pytest.mark.parametrize("text", ["=1+1", "+cmd|' /C calc'!A0", "-2+3+cmd", "@SUM(A1)", "\t=1", "\r=1", " =1", "|x"])
def test_no_text_becomes_a_formula(text: str) -> None:
    (row,) = list(csv.reader(io.StringIO(table_to_csv(table_of((text, None, None, None))))))[1:]
    assert row[0].startswith("'")


@pytest.mark.parametrize("text", ["-5", "+1.5e3", "LATP-800", "a=b"])
def test_a_harmless_text_is_left_alone(text: str) -> None:
    assert safe_text(text) == text


@given(text=st.text(max_size=60))
@settings(max_examples=150, deadline=None)
def test_csv_keeps_its_shape_whatever_the_text(text: str) -> None:
    rows = list(csv.reader(io.StringIO(table_to_csv(table_of((text, 298.15, SIGMA, CELL))))))
    assert len(rows) == 2
    assert len({len(row) for row in rows}) == 1


def test_a_column_of_mixed_units_says_the_unit_of_each() -> None:
    column = (TableColumn(key="q", title="quantity"), TableColumn(key="v", title="value"))
    rows = (("σ", SIGMA), ("E", Estimate(value=0.36, std=0.004, unit="eV", method="m")))
    table = table_of(*rows, columns=column)
    assert "8.77(14)e-4 S cm⁻¹" in table_to_text(table)
    assert "8.77(14) × 10⁻⁴ S cm⁻¹" in table_to_html(table)
    assert r"$8.77(14) \times 10^{-4}$\,S cm$^{-1}$" in table_to_latex(table)


def test_no_name_is_cut_in_a_narrow_terminal_and_long_texts_go_on_below():
    table = Table(
        key="q",
        title="Quantities",
        columns=tuple(TableColumn(key=k, title=k) for k in ("sample", "quantity", "flags")),
        rows=(("LATP-800", "conductivity_grain_boundary_brick_layer", "circuit-misfit, temperature-not-confirmed"),),
    )
    text = table_to_text(table, width=80)
    assert "…" not in text
    for name in ("LATP-800", "conductivity_grain_boundary_brick_layer", "circuit-misfit,", "temperature-not-confirmed"):
        assert name in text
    rows = text.splitlines()[4:6]
    assert rows[1].strip() == "temperature-not-confirmed"
    assert rows[0].index("circuit-misfit,") == rows[1].index("temperature-not-confirmed")
