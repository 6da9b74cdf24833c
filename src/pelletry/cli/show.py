"""Everything that reaches the terminal goes through here: results to stdout, talk to stderr, foreign text made harmless."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Sequence
from typing import Any

__all__ = ["is_debugging", "listed", "out", "print_json", "safe", "talk"]

#: Characters that turn the direction of text and so can make a name look like another one.
_TURNING = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


def is_debugging() -> bool:
    """Was a traceback asked for (PELLETRY_DEBUG=1)?"""
    return os.environ.get("PELLETRY_DEBUG", "") not in ("", "0")


def safe(text: object) -> str:
    """Text from files and names with every control character shown as an escape, so that a terminal never obeys it.

    Line ends and tabs stay.

    >>> safe("a\\x1b[31mred")
    'a\\\\x1b[31mred'
    """
    return "".join(c if _is_harmless(c) else c.encode("unicode_escape").decode("ascii") for c in str(text))


def _is_harmless(character: str) -> bool:
    if character in "\n\t":
        return True
    code = ord(character)
    return code >= 32 and not 127 <= code < 160 and character not in _TURNING and not 0xD800 <= code < 0xE000


def out(text: str) -> None:
    """A result, to stdout."""
    sys.stdout.write(safe(text).rstrip("\n") + "\n")


def talk(text: str) -> None:
    """Anything that is not a result, to stderr."""
    sys.stdout.flush()
    sys.stderr.write(safe(text).rstrip("\n") + "\n")
    sys.stderr.flush()


def print_json(document: Any) -> None:
    """A document for other programs, to stdout; pure ASCII, and no number that JSON does not know."""
    sys.stdout.write(json.dumps(document, indent=1, ensure_ascii=True, allow_nan=False) + "\n")


def listed(items: Sequence[str], *, head: str) -> str:
    """A head and one indented line an item; lines of one item stay together."""
    if not items:
        return ""
    return "\n".join([head, *("  - " + item.replace("\n", "\n    ") for item in items)])
