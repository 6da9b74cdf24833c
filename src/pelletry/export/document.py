"""``results.json``: the shape of ``run --json`` with what stands behind the numbers and every table, for keeping.

Beside ``quantities``, ``findings`` and ``withheld`` it holds ``provenance`` (one entry a sample and technique: settings with
their sha256, facts, references, version), ``sources`` (the raw files with sha256), and ``tables``. Each quantity names its
entries: ``provenance`` and ``sources`` are places in those lists, counted from 0.
"""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Mapping, Sequence
from typing import Any

from pelletry.core.provenance import Lineage, Origin
from pelletry.core.quantity import Estimate, Reported, Unresolved
from pelletry.core.table import Cell, Table
from pelletry.study.document import result_document
from pelletry.study.result import StudyResult

__all__ = ["origins_of", "whole_document"]


def whole_document(result: StudyResult, tables: Mapping[str, Table]) -> dict[str, Any]:
    """Everything of a result as plain data; ``tables`` by file name. ``files`` stays empty: the document does not move with them."""
    document = result_document(result)
    origins = list(dict.fromkeys(origin for r in result.results for origin in r.result.lineage.origins))
    places = {origin: i for i, origin in enumerate(origins)}
    numbered = [
        (reported, number) for number, found in enumerate(result.results) for reported in found.result.quantities
    ]
    for written, (reported, number) in zip(document["quantities"], numbered, strict=True):
        lineage: Lineage = result.results[number].result.lineage
        written["provenance"] = number
        written["sources"] = [places[origin] for origin in origins_of(reported, lineage.origins)]
    document["provenance"] = [
        {"sample": r.sample, "technique": r.technique, **_lineage(r.result.lineage)} for r in result.results
    ]
    document["sources"] = [_source(origin) for origin in origins]
    document["tables"] = {name: _table(table) for name, table in tables.items()}
    return document


def origins_of(reported: Reported, origins: Sequence[Origin]) -> list[Origin]:
    """The one record a number was measured in, or all of the result's."""
    file, record = reported.condition("file"), reported.condition("record")
    if file is None:
        return list(origins)
    return [o for o in origins if o.path == file and float(o.record) == (0.0 if record is None else record)]


def _lineage(lineage: Lineage) -> dict[str, Any]:
    settings = dict(lineage.settings)
    plain = json.dumps(settings, sort_keys=True, ensure_ascii=True).encode("ascii")
    return {
        "settings": settings,
        "settings_sha256": hashlib.sha256(plain).hexdigest(),
        "facts": [{"name": f.name, "value": f.value, "given_by": f.given_by} for f in lineage.facts],
        "references": list(lineage.references),
        "version": lineage.version,
    }


def _source(origin: Origin) -> dict[str, Any]:
    return {
        "path": origin.path,
        "sha256": origin.sha256,
        "record": origin.record,
        "line": origin.line,
        "format": origin.format,
        "acquired_at": origin.acquired_at,
    }


def _table(table: Table) -> dict[str, Any]:
    return {
        "title": table.title,
        "columns": [{"key": c.key, "title": c.title, "unit": c.unit} for c in table.columns],
        "rows": [[_cell(cell) for cell in row] for row in table.rows],
        "notes": list(table.notes),
    }


def _cell(cell: Cell) -> Any:
    """A text or number as it is; an estimate with its uncertainty and unit; why there is none. JSON has no infinity."""
    if isinstance(cell, Unresolved):
        return {"unresolved": cell.reason, "unit": cell.unit}
    if isinstance(cell, Estimate):
        interval = cell.interval
        is_bounded = interval is not None and all(map(math.isfinite, interval))
        return {
            "value": _finite(cell.value),
            "std": _finite(cell.std),
            "interval_95": list(interval) if interval is not None and is_bounded else None,
            "unit": cell.unit,
        }
    return _finite(cell) if isinstance(cell, float) else cell


def _finite(value: float | None) -> float | None:
    return value if value is not None and math.isfinite(value) else None
