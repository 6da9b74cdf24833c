"""The tables that the advice adds to a study, for report and exports."""

from __future__ import annotations

from pelletry.advice.checklist import checklist_table
from pelletry.advice.decision import decision_table
from pelletry.advice.printed import printed_table
from pelletry.core.table import Table
from pelletry.study.result import StudyResult

__all__ = ["CHECKLIST", "study_tables"]

#: Key of the table that lists what a paper would still lack.
CHECKLIST = "checklist"


def study_tables(result: StudyResult) -> tuple[Table, ...]:
    """The decision table, the printed values beside the found ones, and the checklist; each only where it has rows."""
    found = (decision_table(result), printed_table(result), checklist_table(result))
    return tuple(table for table in found if table is not None)
