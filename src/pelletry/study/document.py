"""A result as plain data for other programs: the shape that ``run --json`` and ``analyse --json`` print.

The shape is described by ``docs/reference/run.schema.json`` and is never broken silently.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import attrs

from pelletry.core.finding import Finding
from pelletry.core.quantity import Estimate, Reported
from pelletry.study.result import StudyResult, Withheld

if TYPE_CHECKING:
    from pelletry.study.check import Checked
    from pelletry.study.scaffold import Drafted
    from pelletry.study.trace import Trace

__all__ = [
    "checked_document",
    "drafted_document",
    "is_flagged",
    "result_document",
    "traced_document",
]


def result_document(result: StudyResult, files: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """Quantities in house units (SI, eV), findings, what was withheld, and the written files (report, tables, figures)."""
    written = dict(files or {})
    return {
        "quantities": [_quantity(q) for q in result.quantities],
        "findings": [_finding(f) for f in result.findings],
        "withheld": [_withheld(w) for w in result.withheld],
        "files": {
            "report": written.get("report"),
            "tables": list(written.get("tables", ())),
            "figures": list(written.get("figures", ())),
        },
    }


def is_flagged(result: StudyResult) -> bool:
    """Is there a finding that warns, or worse? (Exit code 1.)

    Remarks and choices that were made are no warning, nor is a number that cannot be had for want of what nobody gave.
    """
    return any(f.severity in ("warning", "error") for f in result.findings)


def _quantity(reported: Reported) -> dict[str, Any]:
    found = reported.quantity
    shared = {"sample": reported.sample, "technique": reported.technique, "name": reported.name}
    rest = {"conditions": dict(reported.conditions), "flags": list(reported.flags)}
    if isinstance(found, Estimate):
        interval = found.interval
        if interval is not None and not all(map(math.isfinite, interval)):
            # JSON has no infinity; an interval without an end is none.
            interval = None
        return {
            **shared,
            "value": found.value,
            "std": found.std,
            "interval_95": None if interval is None else list(interval),
            "unit": found.unit,
            "method": found.method,
            **rest,
            "unresolved": None,
        }
    empty = {"value": None, "std": None, "interval_95": None, "unit": found.unit, "method": ""}
    return {**shared, **empty, **rest, "unresolved": found.reason}


def _finding(finding: Finding) -> dict[str, Any]:
    return {
        "code": finding.code,
        "severity": finding.severity,
        "sentence": finding.sentence,
        "samples": list(finding.samples),
        "quantities": list(finding.quantities),
    }


def _withheld(withheld: Withheld) -> dict[str, Any]:
    return {
        "what": withheld.what,
        "missing": withheld.missing,
        "do": withheld.do,
        "samples": list(withheld.samples),
    }


def drafted_document(drafted: Drafted) -> dict[str, Any]:
    """What ``new --json`` prints."""
    return {
        "folder": drafted.folder,
        "written": list(drafted.written),
        "samples": [
            {"name": s.name, "spectra": s.spectra, "temperatures_K": list(s.temperatures_K)} for s in drafted.samples
        ],
        "set_aside": [{"file": file, "reason": reason} for file, reason in drafted.set_aside],
        "sentences": list(drafted.sentences),
    }


def checked_document(checked: Checked) -> dict[str, Any]:
    """What ``check --json`` prints."""
    return {
        "can_run": checked.can_run,
        "mistakes": [attrs.asdict(mistake) for mistake in checked.mistakes],
        "withheld": [_withheld(w) for w in checked.withheld],
        "warnings": list(checked.warnings),
    }


def traced_document(traces: Sequence[Trace]) -> list[dict[str, Any]]:
    """What ``trace --json`` prints: each number with its steps."""
    return [
        {
            "quantity": _quantity(trace.reported),
            "steps": [{"head": step.head, "lines": list(step.lines)} for step in trace.steps if step.lines],
        }
        for trace in traces
    ]
