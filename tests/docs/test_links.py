"""Every relative link of every page leads somewhere, to a heading too where it names one."""

from __future__ import annotations

import re
from pathlib import Path
from urllib.parse import unquote

import pytest
from pages import ROOT, pages, prose, shown, text_of

_LINK = re.compile(r"!?\[[^\]]*\]\(\s*<?([^)>\s]+)>?(?:\s+\"[^\"]*\")?\s*\)|<img[^>]*\bsrc=\"([^\"]+)\"")
_SCHEME = re.compile(r"[a-z][a-z0-9+.-]*:", re.IGNORECASE)


def targets(text: str) -> list[str]:
    """What the links and pictures of a page point at, code left out."""
    plain = re.sub(r"`[^`\n]*`", "", prose(text))
    return [one or two for one, two in _LINK.findall(plain)]


def anchors(text: str) -> set[str]:
    """Names that the headings of a page have where it is shown."""
    found: set[str] = set()
    for heading in re.findall(r"^#+ +(.*)$", prose(text), flags=re.MULTILINE):
        kept = re.sub(r"[^\w\- ]", "", heading.strip().lower())
        found.add(kept.replace(" ", "-"))
    return found


@pytest.mark.parametrize("page", pages(), ids=shown)
def test_relative_links_lead_somewhere(page: Path) -> None:
    wrong = []
    for target in targets(text_of(page)):
        if _SCHEME.match(target):
            continue
        path, _, anchor = unquote(target).partition("#")
        there = (page.parent / path).resolve() if path else page
        if not there.exists() or ROOT not in there.parents:
            wrong.append(f"{target}: there is no such file")
        elif anchor and there.suffix == ".md" and anchor not in anchors(text_of(there)):
            wrong.append(f"{target}: that page has no such heading")
    assert not wrong, f"{shown(page)}: " + "; ".join(wrong)


def test_every_page_of_the_docs_can_be_reached_from_the_readme() -> None:
    reached, waiting = set(), [ROOT / "README.md"]
    while waiting:
        page = waiting.pop()
        if page in reached:
            continue
        reached.add(page)
        for target in targets(text_of(page)):
            there = (page.parent / unquote(target).partition("#")[0]).resolve()
            if there.suffix == ".md" and there.is_file() and not _SCHEME.match(target):
                waiting.append(there)
    lost = [shown(page) for page in pages() if page.is_relative_to(ROOT / "docs") and page not in reached]
    assert not lost, f"no link leads to {lost}"


def test_a_link_that_leads_nowhere_would_be_seen() -> None:
    assert targets("see [a](b.md#c), `[not](this)` and ![p](p.png)") == ["b.md#c", "p.png"]
    assert anchors("# Files, and more!\n```\n# no heading\n```\n") == {"files-and-more"}
