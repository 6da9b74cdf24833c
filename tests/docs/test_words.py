"""What no page says: paths of one machine, package hosts, how the work is done, praise."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from pages import ROOT, pages, shown, text_of

FORBIDDEN = {
    "a path of one machine": r"(?<![\w.])/(?:home|root|work|tmp|opt|mnt|Users)/\w|\b[A-Z]:\\",
    "a package host": r"pypi\.org|pythonhosted|anaconda\.(?:org|com)|conda-forge|artifactory|npmjs|proxy\.golang",
    "how the work is done": r"\bAI\b|\bLLMs?\b|\bGPT\b|language model|chatbot|co-?pilot|\bengineer [A-Z]\b",
    "praise": r"state[- ]of[- ]the[- ]art|cutting[- ]edge|blazing|world[- ]class|effortless|seamless|revolution",
    "an unfinished thought": r"\bTODO\b|\bFIXME\b|\bXXX\b(?!`)|lorem ipsum",
}


def texts() -> list[Path]:
    return [*pages(), *sorted((ROOT / "docs").rglob("*.json")), *sorted((ROOT / "docs").rglob("*.py"))]


@pytest.mark.parametrize("page", texts(), ids=shown)
def test_no_page_says_what_does_not_belong_there(page: Path) -> None:
    text = text_of(page)
    found = [
        f"{shown(page)}:{text.count(chr(10), 0, hit.start()) + 1}: {what}: {hit.group()}"
        for what, pattern in FORBIDDEN.items()
        for hit in re.finditer(pattern, text)
    ]
    assert not found, "\n".join(found)


@pytest.mark.parametrize(
    ("what", "text"),
    [
        ("a path of one machine", "see /home/anna/data"),
        ("a path of one machine", r"C:\Users"),
        ("a package host", "from https://pypi.org/simple"),
        ("how the work is done", "drafted by a language model"),
        ("praise", "state-of-the-art fits"),
    ],
)
def test_each_pattern_finds_what_it_is_for(what: str, text: str) -> None:
    assert re.search(FORBIDDEN[what], text)
