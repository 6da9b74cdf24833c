"""How results are shown: a table that fits the terminal, then what was found and what was withheld."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from pelletry import api
from pelletry.cli.show import listed, out, talk

if TYPE_CHECKING:
    from pelletry.api import StudyResult, Table

#: More lines than this scroll the table away.
_SCREENFUL = 15

__all__ = ["code_of", "keep", "show_findings", "show_table"]


def show_table(table: Table) -> None:
    """A table on stdout, cut to the width of the terminal (100 characters where there is none)."""
    width = max(shutil.get_terminal_size((100, 24)).columns, 40)
    out(str(api.render(table, "text", width=width)))


def show_findings(result: StudyResult, *, all_of_them: bool = False) -> None:
    """Warnings and what was withheld on stderr; notices and remarks are counted unless all are asked for."""
    shown = [f for f in result.findings if all_of_them or f.severity in ("warning", "error")]
    rest = len(result.findings) - len(shown)
    _show_list([_folded(f) for f in api.folded(shown)], head="Findings")
    _show_list([_withheld(w) for w in result.withheld], head="Not given, for want of something")
    if rest:
        talk(f"{rest} more remarks are in the report and in --json.")


def _show_list(items: list[str], *, head: str) -> None:
    """At most a screenful; the report has all."""
    if not items:
        return
    more = [f"and {len(items) - _SCREENFUL} more, in the report and in --json"] if len(items) > _SCREENFUL else []
    talk(listed([*items[:_SCREENFUL], *more], head=head))


def _folded(folded: Any) -> str:
    first = folded.first
    names = [name for name, _ in first.samples]
    named = names and not any(name in first.sentence for name in names)
    more = ""
    if folded.alike:
        more = f" {len(folded.alike)} more of this kind"
        more += f" ({', '.join(folded.samples_alike)})." if folded.samples_alike else "."
    return f"{first.severity}{' (' + ', '.join(names) + ')' if named else ''}: {first.sentence}{more}"


def _withheld(withheld: Any) -> str:
    ending = f". {withheld.do[0].upper()}{withheld.do[1:]}." if withheld.do else "."
    return f"{withheld.what}: missing {withheld.missing}{ending}"


def code_of(result: StudyResult) -> int:
    """3 when a file of a sample could not be read, 1 when there is a warning or worse, else 0."""
    if any(file.samples and file.status in ("refused", "unknown") for file in result.files):
        return 3
    return 1 if api.is_flagged(result) else 0


def keep(write: Callable[[], dict[str, Any]]) -> tuple[int, dict[str, Any]]:
    """Write files; when the disk does not take them, say so and go on: the numbers are on the screen already."""
    from pelletry.core.errors import StoreError

    try:
        return 0, write()
    except StoreError as error:
        talk(str(error))
        return error.exit_code, {}
