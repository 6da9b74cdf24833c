"""What stands in a study's folder ``results`` and how each file is called: names to bytes, nothing is written here.

The same result gives the same names and the same bytes; a name is made of plain letters whatever the sample is called.
"""

from __future__ import annotations

import hashlib
import importlib.metadata
import json
import re
from collections.abc import Mapping, Sequence
from typing import Protocol

from pelletry.advice.tables import study_tables
from pelletry.core.figure import FigureSpec
from pelletry.core.table import Table
from pelletry.core.technique import Presentation
from pelletry.export.document import whole_document
from pelletry.render.table import table_to_csv
from pelletry.study.compare import quantity_table
from pelletry.study.plan import rooms_digest
from pelletry.study.result import StudyResult
from pelletry.study.serial import encoded

__all__ = ["Keeps", "export_files", "figure_files", "file_name", "result_files", "tables_of"]

Presentations = Mapping[tuple[str, str], Presentation]


def file_name(*parts: str) -> str:
    """A file name from any texts; texts that had to be changed get a short digest, so that two never share a name.

    >>> file_name("LATP-800", "impedance", "nyquist")
    'LATP-800_impedance_nyquist'
    >>> file_name("a/../b", "x")
    'a_.._b_x_9c1a73'
    """
    whole = "_".join(part for part in parts if part)
    plain = re.sub(r"[^A-Za-z0-9.-]+", "_", whole)[:120].lstrip(".") or "unnamed"
    if plain == whole:
        return plain
    return f"{plain}_{hashlib.sha256(whole.encode('utf-8', 'surrogatepass')).hexdigest()[:6]}"


def tables_of(result: StudyResult, presentations: Presentations) -> dict[str, Table]:
    """Every table by file name: the comparison, all quantities, then those of each sample and technique."""
    tables = {"comparison": result.comparison, "quantities": quantity_table(result)}
    for table in study_tables(result):
        tables[_unique(file_name(table.key), tables)] = table
    for (sample, technique), shown in presentations.items():
        for table in shown.tables:
            tables[_unique(file_name(sample, _key(technique, table.key)), tables)] = table
    return tables


def result_files(result: StudyResult, presentations: Presentations) -> dict[str, bytes]:
    """``results.json`` and every table as CSV."""
    tables = tables_of(result, presentations)
    text = json.dumps(whole_document(result, tables), indent=1, ensure_ascii=True, allow_nan=False) + "\n"
    files = {"results.json": text.encode("ascii")}
    for name, table in tables.items():
        # The byte order mark tells Excel that the text is UTF-8.
        files[f"tables/{name}.csv"] = b"\xef\xbb\xbf" + table_to_csv(table).encode("utf-8", "backslashreplace")
    return files


class Keeps(Protocol):
    """Where drawn figures are kept between calls: the study's store."""

    def get(self, key: str) -> bytes | None: ...
    def put(self, key: str, payload: bytes) -> None: ...


def figure_files(
    presentations: Presentations,
    *,
    formats: Sequence[str],
    jobs: int | None = None,
    overview: Sequence[FigureSpec] = (),
    with_details: bool = True,
    kept: Keeps | None = None,
) -> dict[str, bytes]:
    """Every figure in each of the formats (svg, pdf, png); many are drawn on all cores (``jobs``: on so many).

    ``overview`` are figures of the whole study; ``with_details`` False leaves out those for looking closer. A figure that is ``kept`` from an earlier call is not drawn again.
    """
    if not formats:
        return {}
    named: dict[str, FigureSpec] = {file_name(spec.key): spec for spec in overview}
    for (sample, technique), shown in presentations.items():
        for spec in shown.figures:
            if spec.is_detail and not with_details:
                continue
            named[_unique(file_name(sample, _key(technique, spec.key)), named)] = spec
    keys = {name: _figure_key(spec) for name, spec in named.items()} if kept is not None else {}
    found = {name: _found(kept, keys[name], formats) for name in keys}
    missing = {name: spec for name, spec in named.items() if not found.get(name)}
    for name, contents in zip(missing, _drawn(missing, formats, jobs), strict=True):
        found[name] = contents
        for ending, content in contents.items():
            if kept is not None:
                kept.put(f"{keys[name]} {ending}", content)
    return {f"figures/{name}.{ending}": found[name][ending] for name in named for ending in formats}


def _drawn(specs: Mapping[str, FigureSpec], formats: Sequence[str], jobs: int | None) -> list[dict[str, bytes]]:
    if not specs:
        return []
    from pelletry.export.drawing import drawn_figures

    return drawn_figures(tuple(specs.values()), formats=formats, jobs=jobs)


def _figure_key(spec: FigureSpec) -> str:
    """What the bytes of a figure depend on: its data, our drawing, the plotting library."""
    drawing = f"{rooms_digest('core', 'render')} matplotlib {importlib.metadata.version('matplotlib')}"
    return f"figure {drawing} {hashlib.sha256(encoded(spec)).hexdigest()}"


def _found(kept: Keeps | None, key: str, formats: Sequence[str]) -> dict[str, bytes]:
    """All formats of a figure, or nothing."""
    found = {ending: None if kept is None else kept.get(f"{key} {ending}") for ending in formats}
    whole = {ending: content for ending, content in found.items() if content is not None}
    return whole if len(whole) == len(found) else {}


def _key(technique: str, key: str) -> str:
    """The technique stands once in a name, also where the key begins with it."""
    return key if key.startswith(technique) else f"{technique}_{key}"


def _unique(name: str, taken: Mapping[str, object]) -> str:
    count, tried = 1, name
    while tried in taken:
        count += 1
        tried = f"{name}_{count}"
    return tried


def export_files(result: StudyResult, presentations: Presentations, to: str) -> dict[str, bytes]:
    """The files of one export format: ``csv``, ``xlsx``, ``latex`` or ``json``."""
    if to == "xlsx":
        from pelletry.export.excel import workbook_bytes

        return {"tables/study.xlsx": workbook_bytes(result, presentations)}
    if to == "json":
        return {"results.json": result_files(result, presentations)["results.json"]}
    if to == "csv":
        return {n: content for n, content in result_files(result, presentations).items() if n.startswith("tables/")}
    from pelletry.render.table import table_to_latex

    tables = tables_of(result, presentations)
    return {f"tables/{name}.tex": table_to_latex(table).encode("utf-8") for name, table in tables.items()}
