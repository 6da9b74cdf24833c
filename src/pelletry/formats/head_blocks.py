"""The tables at the beginning of a text, cut once for all readers that ask of the same file one after the other."""

from __future__ import annotations

import threading

from pelletry.core.errors import FormatError
from pelletry.formats.rawfile import RawFile
from pelletry.formats.table_text import Block, blocks_of_lines

__all__ = ["head_blocks"]

_LINES = 600
_last = threading.local()


def head_blocks(raw: RawFile) -> list[Block]:
    """The tables among the first 600 lines; none when they cannot be cut, which the reader of plain tables says in words."""
    if getattr(_last, "raw", None) is not raw:
        lines = raw.head_text.split("\n")[:_LINES]
        try:
            _last.blocks = blocks_of_lines(raw, lines[:-1] if len(lines) == _LINES else lines)
        except FormatError:
            _last.blocks = []
        _last.raw = raw
    blocks: list[Block] = _last.blocks
    return blocks
