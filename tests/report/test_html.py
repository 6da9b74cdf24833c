"""The report as text: one file, nothing fetched, nothing from a file taken for markup, every section in its place."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from html.parser import HTMLParser
from pathlib import Path
from types import ModuleType
from typing import Any

import attrs
import numpy as np
import pytest

from pelletry.core.errors import StoreError
from pelletry.core.table import TableColumn
from pelletry.core.technique import Presentation
from pelletry.report.html import report_html, write_report
from pelletry.report.island import data_island, safe_json

HOSTILE = "</script><script>window.pwned=1</script><img src=x onerror=window.pwned=2><!--"


class Page(HTMLParser):
    """What a browser would see: elements with attributes, scripts, and the text of headings."""

    def __init__(self, document: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str]]] = []
        self.scripts: list[str] = []
        self.headings: list[str] = []
        self._inside = ""
        self.feed(document)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, {k: v or "" for k, v in attrs}))
        self._inside = tag
        if tag == "script":
            self.scripts.append("")
        if tag in ("h1", "h2"):
            self.headings.append("")

    def handle_endtag(self, tag: str) -> None:
        self._inside = ""

    def handle_data(self, data: str) -> None:
        if self._inside == "script":
            self.scripts[-1] += data
        if self._inside in ("h1", "h2"):
            self.headings[-1] += data

    def island(self) -> Any:
        return json.loads(self.scripts[0])


def revived(island: Any, tree: Any) -> Any:
    """The tree with every pointer into the pool followed, as the page's own script does."""
    if isinstance(tree, list):
        return [revived(island, part) for part in tree]
    if not isinstance(tree, dict):
        return tree
    if "$" in tree:
        return revived(island, island["pool"][tree["$"]])
    return {key: revived(island, part) for key, part in tree.items()}


def said(island: Any, tree: Any) -> Any:
    """A trace, in which a bare number points into the pool."""
    if isinstance(tree, int):
        return said(island, revived(island, island["pool"][tree]))
    return [said(island, part) for part in tree] if isinstance(tree, list) else tree


def read_float24(text: str) -> list[float]:
    upper = base64.b64decode(text)
    whole = b"".join(b"\0" + upper[k : k + 3] for k in range(0, len(upper), 3))
    return list(memoryview(whole).cast("f"))


@pytest.fixture(scope="module")
def document(sim: ModuleType) -> str:
    return report_html(*sim.simulated_study(3))


@pytest.fixture(scope="module")
def page(document: str) -> Page:
    return Page(document)


def test_the_sections_come_in_the_order_of_reading(page: Page) -> None:
    assert page.headings == [
        "LATP pellets", "Comparison", "Findings", "Not given, and why", "Samples", "Methods", "References", "Data files",
        "Settings and program", "How this number was made",
    ]  # fmt: skip


def test_nothing_points_out_of_the_file(page: Page) -> None:
    for tag, given in page.elements:
        assert tag not in ("link", "iframe", "object", "embed", "base", "video", "audio"), tag
        for name in ("src", "href", "xlink:href", "action", "poster", "srcset"):
            assert given.get(name, "#").startswith("#"), (tag, name, given[name])


def test_the_policy_names_exactly_the_scripts_that_are_there(page: Page) -> None:
    (policy,) = [a["content"] for t, a in page.elements if a.get("http-equiv") == "Content-Security-Policy"]
    assert policy.startswith("default-src 'none';")
    allowed = set(re.findall(r"'sha256-([^']+)'", policy))
    running = [
        s for s, (_, a) in zip(page.scripts, [e for e in page.elements if e[0] == "script"], strict=True) if not a
    ]
    assert {base64.b64encode(hashlib.sha256(s.encode()).digest()).decode() for s in running} == allowed
    assert "unsafe-eval" not in policy
    assert "'unsafe-inline'" not in policy.partition("script-src")[2].partition(";")[0]


def test_a_script_in_a_sample_name_stays_a_name(sim: ModuleType) -> None:
    result, shown = sim.simulated_study(2, name_of_first=HOSTILE)
    result = attrs.evolve(result, title=HOSTILE, simulated_from=HOSTILE, folder=HOSTILE)
    hostile, harmless = Page(report_html(result, shown)), Page(report_html(*sim.simulated_study(2)))
    assert [t for t, _ in hostile.elements] == [t for t, _ in harmless.elements]
    assert HOSTILE in hostile.headings[0]
    assert any(HOSTILE in key for key in hostile.island()["traces"])
    assert not any(name.startswith("on") for _, given in hostile.elements for name in given)


def test_json_cannot_end_its_element() -> None:
    text = safe_json({"a": "</script><!-- & \u2028\u2029"})
    assert not re.search("[<>&\u2028\u2029]", text)
    assert json.loads(text) == {"a": "</script><!-- & \u2028\u2029"}


def test_long_arrays_stand_once_in_the_document() -> None:
    numbers, words = [float(i) for i in range(50)], [f"p{i}" for i in range(50)]
    figures = {f"f{k}": {"data": [{"x": numbers, "y": numbers, "text": words}]} for k in range(4)}
    text = data_island(figures, {"a": [("head", words)], "b": [("head", words)]})
    assert text.count('"f24"') == 1
    assert text.count('"p49"') == 2  # among the hover texts, and in the trace that both numbers share
    tree = json.loads(text)
    drawn = revived(tree, tree["figures"]["f3"])["data"][0]
    assert read_float24(drawn["y"]["f24"]) == numbers
    assert drawn["text"] == words
    assert said(tree, tree["traces"]["b"]) == [["head", *words]]


@pytest.mark.parametrize("scale", [1e-30, 1e-9, 1.0, 1e6, 1e30])
def test_numbers_in_the_document_are_finer_than_the_hover_texts(scale: float) -> None:
    random = np.random.default_rng(5)
    numbers = [float(v) for v in scale * random.standard_normal(200)]
    tree = json.loads(data_island({"f": {"x": [*numbers, None, 0.0]}}, {}))
    found = read_float24(tree["figures"]["f"]["x"]["f24"])
    assert np.allclose(found[:200], numbers, rtol=2**-16, atol=0.0)
    assert np.isnan(found[200])
    assert found[201] == 0.0


def test_every_figure_is_drawn_twice_once_as_a_picture(page: Page, sim: ModuleType) -> None:
    _, shown = sim.simulated_study(3)
    count = sum(len(p.figures) for p in shown.values()) + 3  # and those of the study: Arrhenius, density, sintering
    assert len(page.island()["figures"]) == count
    pictures = [a for t, a in page.elements if t == "svg"]
    assert len(pictures) == count
    assert all(a["role"] == "img" and a["aria-label"] for a in pictures)
    assert {a["data-figure"] for _, a in page.elements if "data-figure" in a} == set(page.island()["figures"])


def test_a_figure_for_looking_closer_has_no_picture_and_waits_folded_away(sim: ModuleType) -> None:
    result, shown = sim.simulated_study(2)
    spec = next(iter(shown.values())).figures[0]
    key = next(iter(shown))
    detail = attrs.evolve(spec, is_detail=True)
    shown[key] = attrs.evolve(shown[key], figures=(detail, *shown[key].figures[1:]))
    page = Page(report_html(result, shown))
    assert len([t for t, _ in page.elements if t == "svg"]) == len(page.island()["figures"]) - 1
    assert [a["class"] for t, a in page.elements if t == "details" and "class" in a] == ["closer"]
    assert "pelletry report --all-figures" in report_html(result, shown)


def test_what_is_said_of_many_pellets_is_said_once(document: str) -> None:
    findings = document.partition('<section id="findings">')[2].partition("</section>\n\n<section")[0]
    assert findings.count("the grain arc lies above the window") == 1
    assert "Each of these 3 samples: the grain arc" in findings


def test_columns_that_are_the_same_for_all_are_said_below_the_table(sim: ModuleType) -> None:
    result, shown = sim.simulated_study(3)
    table = result.comparison
    columns = (*table.columns, TableColumn(key="powder", title="powder"), TableColumn(key="circuit", title="circuit"))
    rows = tuple((*row, "as made", "R(RQ)Q") for row in table.rows)
    traces = tuple((*row, "", "") for row in table.traces)
    result = attrs.evolve(result, comparison=attrs.evolve(table, columns=columns, rows=rows, traces=traces))
    text = report_html(result, shown)
    assert "The same for all:" in text
    assert "powder as made, circuit R(RQ)Q." in text
    assert '<th scope="col">powder</th>' not in text


def test_ids_are_given_once_and_inner_links_lead_somewhere(page: Page) -> None:
    identifiers = [a["id"] for _, a in page.elements if "id" in a]
    assert len(set(identifiers)) == len(identifiers)
    links = {a["href"][1:] for t, a in page.elements if t == "a"}
    assert links <= set(identifiers)


def test_every_traced_number_opens_its_way_to_the_file(page: Page, sim: ModuleType) -> None:
    island = page.island()
    keys = {a["data-trace"] for _, a in page.elements if "data-trace" in a}
    assert keys
    result, _ = sim.simulated_study(3)
    for key in keys:
        lines = [line for step in said(island, island["traces"][key]) for line in step]
        sample = next(s.name for s in result.samples if key.startswith(s.name + " "))
        origin = next(r.result.lineage.origins[0] for r in result.results if r.sample == sample)
        assert any(origin.path in line and origin.sha256 in line for line in lines), key


def test_given_traces_take_the_place_of_the_studys_own(sim: ModuleType) -> None:
    result, shown = sim.simulated_study(1)
    key = result.comparison.traces[0][3]
    island = Page(report_html(result, shown, traces={key: ["from file x", "line 3"]})).island()
    assert said(island, island["traces"][key]) == [[key, "from file x", "line 3"]]
    assert list(island["traces"]) == [key]


def test_simulated_data_say_so_on_top_and_at_every_figure(document: str, page: Page, sim: ModuleType) -> None:
    assert "No instrument measured these data." in document
    island = page.island()
    assert all("simulated data" in json.dumps(revived(island, f)) for f in island["figures"].values())
    result, shown = sim.simulated_study(1)
    real = {
        key: attrs.evolve(
            p,
            figures=tuple(attrs.evolve(f, is_simulated=False) for f in p.figures),
            tables=tuple(attrs.evolve(t, is_simulated=False) for t in p.tables),
        )
        for key, p in shown.items()
    }
    comparison = attrs.evolve(result.comparison, is_simulated=False)
    text = report_html(attrs.evolve(result, is_simulated=False, simulated_from="", comparison=comparison), real)
    assert "simulated data" not in text
    assert "No instrument measured" not in text


def test_the_summary_counts_and_names_the_best(document: str, sim: ModuleType) -> None:
    result, _ = sim.simulated_study(3)
    best = max((q for q in result.quantities if q.name == "conductivity_total_25C"), key=lambda q: q.quantity.value)
    summary = re.search(r'class="lead">([^<]+)<', document)
    assert summary is not None
    assert "3 samples, 21 impedance spectra from 3 files." in summary[1]
    assert f"({best.sample})" in summary[1]
    assert "1.93(10) × 10⁻⁴ S cm⁻¹" in summary[1]
    assert "1 finding on 3 samples asks for care." in summary[1]  # said of each, read once
    assert "1 number could not be given" in summary[1]


def test_files_are_listed_with_their_whole_sha256_and_reason(document: str, sim: ModuleType) -> None:
    result, _ = sim.simulated_study(3)
    for file in result.files:
        assert file.sha256 in document
    assert "no reader knows this content" in document


def test_references_are_written_out(document: str) -> None:
    assert "10.1021/acsaem.2c02464" in document


def test_methods_name_samples_only_where_they_differ(sim: ModuleType) -> None:
    result, shown = sim.simulated_study(2)
    same = report_html(result, shown)
    assert same.count("Spectra were fitted with R(RQ)Q") == 1
    first = next(iter(shown))
    other = {**shown, first: attrs.evolve(shown[first], method_paragraph="Another way.")}
    text = report_html(result, other)
    assert f"<strong>{first[0]}.</strong> Another way." in text


def test_the_same_study_gives_the_same_bytes(document: str, sim: ModuleType) -> None:
    assert report_html(*sim.simulated_study(3)) == document


def test_a_study_without_results_still_makes_a_page(sim: ModuleType) -> None:
    result, _ = sim.simulated_study(1)
    empty = attrs.evolve(result, results=(), findings=(), withheld=(), files=(), samples=result.samples)
    page = Page(report_html(empty, {}))
    assert page.island()["figures"] == {}
    assert "Nothing" not in page.headings


def test_a_presentation_without_figures_or_references_is_no_fault(sim: ModuleType) -> None:
    result, shown = sim.simulated_study(1)
    assert (
        report_html(result, {key: Presentation(references=("Unknown2099",)) for key in shown}).count("Unknown2099") == 2
    )


def test_fourteen_pellets_at_seven_temperatures_stay_below_four_megabytes(sim: ModuleType, tmp_path: Path) -> None:
    path = write_report(*sim.simulated_study(14), tmp_path / "report.html")
    assert path.stat().st_size < 4_000_000
    assert [p.name for p in tmp_path.iterdir()] == ["report.html"]


def test_a_folder_that_cannot_be_written_is_named(sim: ModuleType, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreError, match="cannot be written"):
        write_report(*sim.simulated_study(1), tmp_path / "file" / "report.html")


@pytest.mark.parametrize("name", ["\ud800 half a letter", "a\x00b\x1b[2J", "\u202eright to left", "x" * 500])
def test_a_strange_name_still_makes_a_page(sim: ModuleType, name: str, tmp_path: Path) -> None:
    path = write_report(*sim.simulated_study(1, name_of_first=name), tmp_path / "report.html")
    assert Page(path.read_text(encoding="utf-8")).headings[0] == "LATP pellets"
