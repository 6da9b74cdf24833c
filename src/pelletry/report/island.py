"""Data inside the document: figures and traces as JSON that no browser can mistake for markup, each array written once."""

from __future__ import annotations

import base64
import json
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

__all__ = ["data_island", "safe_json"]

_SHORTEST_ARRAY = 8
_SHORTEST_SHARED = 24


def safe_json(tree: Any) -> str:
    r"""JSON for a ``<script type="application/json">``: ``<``, ``>``, ``&`` and line separators are written as ``\u003c`` ...

    So neither ``</script>`` nor ``<!--`` in a sample's name can end the element.
    """
    text = json.dumps(tree, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    for mark in "<>&\u2028\u2029":
        text = text.replace(mark, f"\\u{ord(mark):04x}")
    return text


def data_island(
    figures: Mapping[str, dict[str, Any]], traces: Mapping[str, Sequence[tuple[str, Sequence[str]]]]
) -> str:
    """The JSON of all figures and traces. What occurs twice stands once in ``pool``; ``{"$": n}`` points to it.

    Rows of numbers become base64 of the upper three bytes of each float32: 1.5e-5 of the number, finer than the eye and
    the four digits of the hover texts. In ``traces``, which are texts, a bare number is a pointer.
    """
    chains = {key: [[head, *lines] for head, lines in steps] for key, steps in traces.items()}
    tree = {"figures": {key: _compact(figure) for key, figure in figures.items()}, "traces": chains}
    seen: Counter[str] = Counter()
    _count(tree, seen)
    pool = _Pool(repeated={text for text, times in seen.items() if times > 1})
    shared = {"figures": pool.shared(tree["figures"]), "traces": _bare(pool.shared(tree["traces"]))}
    return safe_json({"pool": pool.things, **shared})


def _compact(tree: Any) -> Any:
    """Long lists of numbers as base64."""
    if isinstance(tree, dict):
        return {key: _compact(value) for key, value in tree.items()}
    if not isinstance(tree, list):
        return tree
    is_long = len(tree) >= _SHORTEST_ARRAY
    if is_long and all(v is None or isinstance(v, float) for v in tree):
        return {"f24": base64.b64encode(_float24(tree)).decode("ascii")}
    return [_compact(value) for value in tree]


def _float24(values: Sequence[float | None]) -> bytes:
    """Sign, exponent and fifteen bits of each number, rounded; little-endian."""
    numbers = np.array([np.nan if v is None else v for v in values], dtype="<f4")
    bits = numbers.view("<u4")
    rounded = np.where(np.isfinite(numbers), bits + np.uint32(0x80), bits).astype("<u4")
    return rounded.view("u1").reshape(-1, 4)[:, 1:].tobytes()


def _bare(tree: Any) -> Any:
    """Pointers of a tree that holds only texts, as the numbers they are."""
    if isinstance(tree, dict):
        return tree["$"] if "$" in tree else {key: _bare(value) for key, value in tree.items()}
    return [_bare(part) for part in tree] if isinstance(tree, list) else tree


def _count(tree: Any, seen: Counter[str]) -> None:
    """How often each piece worth sharing occurs; what is inside a repeated piece is not counted again."""
    text = _text(tree)
    if len(text) >= _SHORTEST_SHARED:
        seen[text] += 1
        if seen[text] > 1:
            return
    for part in tree.values() if isinstance(tree, dict) else tree if isinstance(tree, list) else ():
        _count(part, seen)


def _text(tree: Any) -> str:
    return json.dumps(tree, ensure_ascii=False, separators=(",", ":"))


class _Pool:
    """The repeated pieces, each once, in order of appearance; a piece may point to pieces before it."""

    def __init__(self, *, repeated: set[str]) -> None:
        self.things: list[Any] = []
        self._repeated = repeated
        self._places: dict[str, int] = {}

    def shared(self, tree: Any) -> Any:
        text = _text(tree)
        if text in self._places:
            return {"$": self._places[text]}
        if isinstance(tree, dict):
            made: Any = {key: self.shared(value) for key, value in tree.items()}
        elif isinstance(tree, list):
            made = [self.shared(value) for value in tree]
        else:
            made = tree
        if text not in self._repeated:
            return made
        self.things.append(made)
        self._places[text] = len(self.things) - 1
        return {"$": self._places[text]}
