"""A study's result as one HTML file: opens from a folder without a network, on a phone, on paper, and without scripts.

Everything that came from a file is escaped (jinja2 autoescape, and JSON that cannot end its element). The page may run only
its own two scripts, named by their sha256 in its content security policy, and may fetch nothing.
"""

from __future__ import annotations

import base64
import functools
import hashlib
import os
import re
from collections.abc import Mapping, Sequence
from importlib import resources
from pathlib import Path
from typing import Any

import attrs

from pelletry.advice.figures import study_figures
from pelletry.advice.tables import CHECKLIST, study_tables
from pelletry.core.errors import StudyError
from pelletry.core.figure import FigureSpec
from pelletry.core.finding import Finding
from pelletry.core.table import Table
from pelletry.core.technique import Presentation
from pelletry.render.plotly import plotly_figure
from pelletry.render.static_svg import static_svg
from pelletry.render.table import table_to_html
from pelletry.report import words
from pelletry.report.island import data_island
from pelletry.study.compare import comparison_parts
from pelletry.study.outputs import write_whole
from pelletry.study.result import StudyResult
from pelletry.study.trace import trace_quantity

__all__ = ["report_html", "write_report"]

Presentations = Mapping[tuple[str, str], Presentation]
Steps = Sequence[tuple[str, Sequence[str]]]


def write_report(
    result: StudyResult,
    presentations: Presentations,
    path: str | os.PathLike[str],
    *,
    traces: Mapping[str, Sequence[str]] | None = None,
    citations: Mapping[str, str] | None = None,
) -> Path:
    """Write the report, whole or not at all; the same result gives the same bytes.

    Parameters
    ----------
    result, presentations:
        The study, and what each (sample, technique) looks like.
    traces:
        Lines of the way of a number by the text in ``Table.traces``; where None, the study's own trace is used.
    citations:
        Full references by key, beside those of ``reference/data/sources.bib``.

    Raises
    ------
    StoreError
        When the file cannot be written.
    """
    written = Path(path)
    write_whole(written, report_html(result, presentations, traces=traces, citations=citations).encode("utf-8"))
    return written


def report_html(
    result: StudyResult,
    presentations: Presentations,
    *,
    traces: Mapping[str, Sequence[str]] | None = None,
    citations: Mapping[str, str] | None = None,
) -> str:
    """The document as text."""
    builder = _Builder(result)
    overview = [builder.figure(spec) for spec in study_figures(result)]
    samples = [builder.sample(number, presentations) for number in range(len(result.samples))]
    comparison = "\n".join(builder.table(table) for table in comparison_parts(result.comparison))
    advised = study_tables(result)
    beside = "\n".join(builder.table(table) for table in advised if table.key != CHECKLIST)
    lacking = "\n".join(builder.table(table) for table in advised if table.key == CHECKLIST)
    island = data_island(builder.figures, _traces(result, builder.trace_keys, traces))
    plotly, script = _asset("plotly-basic.min.js"), _asset("report.js")
    text = str(
        _template().render(
            result=result,
            summary=words.summary(result),
            decision=words.decision(result),
            comparison=comparison,
            beside=beside,
            lacking=lacking,
            overview=overview,
            findings=words.findings_by_severity(result),
            samples=samples,
            anchors={s["name"]: s["anchor"] for s in samples},
            methods=words.methods(presentations),
            references=words.references(presentations, citations or {}),
            island=island,
            style=_asset("report.css"),
            plotly=plotly,
            script=script,
            policy=_policy(plotly, script),
        )
    )
    # A file name may hold bytes that are no letters; they are shown by their number.
    return text.encode("utf-8", "backslashreplace").decode("utf-8")


@attrs.define
class _Builder:
    """Gathers figures and trace keys while the parts of the page are made; every id on the page is given out here."""

    result: StudyResult
    figures: dict[str, dict[str, Any]] = attrs.field(factory=dict)
    trace_keys: dict[str, None] = attrs.field(factory=dict)
    tables: int = 0

    def figure(self, spec: FigureSpec) -> dict[str, Any]:
        identifier = f"f{len(self.figures)}"
        figure = plotly_figure(spec)
        self.figures[identifier] = figure
        return {
            "id": identifier,
            "spec": spec,
            "svg": "" if spec.is_detail else static_svg(spec, identifier=identifier),
            "height": figure["layout"]["height"],
        }

    def table(self, table: Table) -> str:
        self.tables += 1
        for row in table.traces:
            self.trace_keys |= dict.fromkeys(key for key in row if key)
        return table_to_html(table, identifier=f"t{self.tables}-{re.sub(r'[^A-Za-z0-9]+', '-', table.key)}")

    def sample(self, number: int, presentations: Presentations) -> dict[str, Any]:
        sample = self.result.samples[number]
        mine = [shown for (name, _), shown in presentations.items() if name == sample.name]
        figures = [self.figure(spec) for shown in mine for spec in shown.figures]
        return {
            "name": sample.name,
            "anchor": f"sample-{number + 1}",
            "facts": words.facts_of(sample),
            "figures": [f for f in figures if not f["spec"].is_detail],
            "details": [f for f in figures if f["spec"].is_detail],
            "tables": [self.table(table) for shown in mine for table in shown.tables],
            "findings": [f for f in self.result.findings if _is_about(f, sample.name, len(self.result.samples))],
            "withheld": [w for w in self.result.withheld if sample.name in w.samples],
        }


def _is_about(finding: Finding, name: str, samples: int) -> bool:
    """What is said of all samples at once stands among the findings of the study, not under each of them again."""
    return name in finding.samples and (len(finding.samples) == 1 or len(finding.samples) < samples)


def _traces(
    result: StudyResult, keys: Mapping[str, None], given: Mapping[str, Sequence[str]] | None
) -> dict[str, Steps]:
    """The way of every number that a table offers to trace; a key that leads nowhere opens nothing."""
    found: dict[str, Steps] = {}
    for key in keys:
        if given is not None:
            if key in given:
                found[key] = [(key, list(given[key]))]
            continue
        try:
            traced = trace_quantity(result, key)
        except StudyError:  # a table of a technique may name what the study does not keep as a quantity
            continue
        found[key] = [(step.head, step.lines) for trace in traced for step in trace.steps if step.lines]
    return found


@functools.cache
def _asset(name: str) -> str:
    return (resources.files("pelletry.report") / "assets" / name).read_text(encoding="utf-8")


@functools.cache
def _template() -> Any:
    import jinja2

    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("pelletry.report", "templates"),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=jinja2.StrictUndefined,
    )
    return environment.get_template("report.html.j2")


def _policy(*scripts: str) -> str:
    """Nothing may be fetched; only these scripts may run. Plotly sets inline styles and draws images of its own."""
    hashes = " ".join(f"'sha256-{base64.b64encode(hashlib.sha256(s.encode()).digest()).decode()}'" for s in scripts)
    return (
        f"default-src 'none'; script-src {hashes}; style-src 'unsafe-inline'; img-src data: blob:; "
        "base-uri 'none'; form-action 'none'"
    )
