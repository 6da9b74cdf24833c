"""Write the page of the cited works from ``sources.bib``. ``--check`` only says whether the page is as it would be.

Usage: python docs/reference/make_sources.py [--check]
"""

from __future__ import annotations

import sys
from pathlib import Path

from pelletry.reference.sources import Source, sources

PAGE = Path(__file__).with_name("sources.md")
NOT_SEEN = "DOI not seen in a second place"

_HEAD = """\
# Cited works

Made by `python docs/reference/make_sources.py` from `src/pelletry/reference/data/sources.bib`; edit that file, not this page.

Formulas, tables and findings name works by these keys; `pelletry.reference.sources.bibtex` gives their entries. A DOI counts as seen when a
second public text prints it for the same work.
"""


def _row(entry: Source) -> str:
    note = entry.note.replace("|", "/") if entry.note != NOT_SEEN else ""
    return f"| `{entry.key}` | {entry.citation.replace('|', '/')} | {note} |"


def page() -> str:
    """The text of the page."""
    entries = sources().values()
    unseen = [entry for entry in entries if NOT_SEEN in entry.note]
    with_doi = sum(bool(entry.doi) for entry in entries)
    lines = [
        _HEAD,
        f"{len(entries)} works, {with_doi} with a DOI; {with_doi - len(unseen)} of these were seen in a second place.\n",
        "## DOIs not seen in a second place\n",
        "Check these before you cite them: " + ", ".join(f"`{entry.key}`" for entry in unseen) + ".\n",
        "## All works\n",
        "| key | work | note |\n| --- | --- | --- |",
        *(_row(entry) for entry in entries),
    ]
    return "\n".join(lines) + "\n"


def main() -> int:
    """Write or check the page."""
    text = page()
    if "--check" in sys.argv[1:]:
        if not PAGE.is_file() or PAGE.read_text(encoding="utf-8") != text:
            print(f"{PAGE} is not as the list is; run: python docs/reference/make_sources.py", file=sys.stderr)
            return 1
        return 0
    PAGE.write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
