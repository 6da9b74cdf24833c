"""What a paper made of this study would still lack: a reporting checklist filled in from the results.

The items follow the interlaboratory study of Ohno et al. 2020, the 2020 proposal for impedance of Li-ion conductive ceramics and
the benchmark of Randau et al. 2020, in our words; those without a source are good practice. Each item is present, absent or not
applicable, and says why.
"""

from __future__ import annotations

from collections.abc import Callable

import attrs

from pelletry.advice.checklist_cells import CELL_ITEMS
from pelletry.advice.checklist_items import ABSENT, NOT_APPLICABLE, PRESENT, Group, State, Subjects, subjects_of
from pelletry.advice.checklist_pellets import PELLET_ITEMS
from pelletry.advice.words import finding as _finding
from pelletry.advice.words import listed
from pelletry.core.finding import Finding
from pelletry.core.table import Table, TableColumn
from pelletry.study.result import StudyResult

__all__ = ["Checked", "checklist", "checklist_finding", "checklist_table"]

_REFERENCES = {
    "O": "Ohno et al., ACS Energy Lett. 5 (2020) 910 (interlaboratory study of conductivities)",
    "S": "Toward Standardization of Electrochemical Impedance Spectroscopy Studies of Li-Ion Conductive Ceramics (2020)",
    "R": "Randau et al., Nat. Energy 5 (2020) 259 (benchmark of solid-state cells)",
}


@attrs.frozen(kw_only=True)
class Checked:
    """One item as it stands: ``state`` is present, absent or not applicable; ``detail`` what is there or what is lacking."""

    group: str
    what: str
    state: str
    detail: str
    sources: tuple[str, ...]


def checklist(result: StudyResult) -> tuple[Checked, ...]:
    """Every item of the list, in its order; empty for a study without conductivities and cells."""
    subjects = subjects_of(result)
    if not subjects.pellets and not subjects.cells:
        return ()
    items: tuple[tuple[str, Group], ...] = (*PELLET_ITEMS, *CELL_ITEMS, ("data", _DATA))
    return tuple(
        Checked(group=group, what=what, state=state, detail=detail, sources=tuple(sources))
        for group, rows in items
        for what, sources, check in rows
        for state, detail in [check(subjects)]
    )


def checklist_table(result: StudyResult) -> Table | None:
    """The list as a table; None where it has no items."""
    checked = checklist(result)
    if not checked:
        return None
    used = [letter for letter in _REFERENCES if any(letter in one.sources for one in checked)]
    return Table(
        key="checklist",
        title="Reporting checklist",
        columns=(
            TableColumn(key="group", title="of"),
            TableColumn(key="item", title="item"),
            TableColumn(key="state", title="state"),
            TableColumn(key="detail", title="what is there, or lacking"),
            TableColumn(key="asked_by", title="asked by"),
        ),
        rows=tuple((c.group, c.what, c.state, c.detail, ", ".join(c.sources)) for c in checked),
        notes=tuple(f"{letter}: {_REFERENCES[letter]}." for letter in used),
        is_simulated=result.is_simulated,
    )


def checklist_finding(result: StudyResult) -> tuple[Finding, ...]:
    """How much of the list is there, and what is lacking, in one sentence."""
    checked = [one for one in checklist(result) if one.state != NOT_APPLICABLE]
    lacking = [f"{one.group}: {one.what}" for one in checked if one.state == ABSENT]
    if not checked:
        return ()
    present = sum(one.state == PRESENT for one in checked)
    sentence = f"Reporting checklist: {present} of {len(checked)} items that apply are there"
    sentence += f"; a paper would still lack {listed(lacking, most=12)}." if lacking else "."
    return (_finding("reporting-checklist", "info", sentence),)


def _raw_data(subjects: Subjects) -> State:
    files = [f for f in subjects.result.files if f.status == "read"]
    if not files:
        return ABSENT, "no raw file is listed"
    without = [f.path for f in files if not f.sha256]
    return (ABSENT, f"no sha256 of {listed(without, most=3)}") if without else (PRESENT, f"sha256 of {len(files)}")


def _version(subjects: Subjects) -> State:
    version = subjects.result.version
    return (PRESENT, f"Pelletry {version}, settings listed") if version else (ABSENT, "no version of the program")


_DATA: list[tuple[str, str, Callable[[Subjects], State]]] = [
    ("raw data listed", "S", _raw_data),
    ("program and settings", "", _version),
]
