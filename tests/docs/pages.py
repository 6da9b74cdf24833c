"""What the tests of the documentation share: its pages, their fenced blocks and links."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import attrs

ROOT = Path(__file__).resolve().parents[2]

_FENCE = re.compile(r"^```(?P<language>[\w-]*)[^\n]*\n(?P<text>.*?)^```[ \t]*$", re.MULTILINE | re.DOTALL)


@attrs.frozen(kw_only=True)
class Block:
    """A fenced block: ``language``, ``text`` without the fences, the line it begins at, and the prose right before it."""

    language: str
    text: str
    line: int
    before: str


def pages() -> list[Path]:
    """Every Markdown page of the project."""
    folders = [ROOT / name for name in ("docs", "benchmarks", "tests", "src", "changes")]
    found = [*ROOT.glob("*.md"), *(page for folder in folders for page in folder.rglob("*.md"))]
    return sorted(found)


def shown(page: Path) -> str:
    """The page's path as a person says it."""
    return page.relative_to(ROOT).as_posix()


def text_of(page: Path) -> str:
    return page.read_text(encoding="utf-8")


def blocks(text: str) -> Iterator[Block]:
    """The fenced blocks of a page, in order."""
    end = 0
    for found in _FENCE.finditer(text):
        yield Block(
            language=found["language"],
            text=found["text"],
            line=text.count("\n", 0, found.start()) + 1,
            before=text[end : found.start()].strip().rpartition("\n\n")[2],
        )
        end = found.end()


def prose(text: str) -> str:
    """A page without its fenced blocks."""
    return _FENCE.sub("", text)
