"""Data inside the document: figures and traces as JSON that no browser can mistake for markup, each array written once."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

__all__ = ["data_island", "safe_json"]

_SHORTEST_ARRAY = 8


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
    """The JSON of all figures and traces. Long arrays and repeated lines stand once in ``pool``; ``{"$": n}`` points to them.

    Numbers become base64 float32 (seven digits), which Plotly reads as it is.
    """
    pool = _Pool()
    shown = {key: _pooled(figure, pool) for key, figure in figures.items()}
    chains = {
        key: [[pool.index_of(head), [pool.index_of(line) for line in lines]] for head, lines in steps]
        for key, steps in traces.items()
    }
    return safe_json({"pool": pool.things, "figures": shown, "traces": chains})


class _Pool:
    """Things by their JSON text, each once, in order of appearance."""

    def __init__(self) -> None:
        self.things: list[Any] = []
        self._places: dict[str, int] = {}

    def index_of(self, thing: Any) -> int:
        key = json.dumps(thing, ensure_ascii=False)
        if key not in self._places:
            self._places[key] = len(self.things)
            self.things.append(thing)
        return self._places[key]


def _pooled(tree: Any, pool: _Pool) -> Any:
    if isinstance(tree, dict):
        return {key: _pooled(value, pool) for key, value in tree.items()}
    if not isinstance(tree, list):
        return tree
    if len(tree) < _SHORTEST_ARRAY or not all(isinstance(v, float | str) or v is None for v in tree):
        return [_pooled(value, pool) for value in tree]
    if any(isinstance(v, str) for v in tree):
        return {"$": pool.index_of(tree)}
    numbers = np.array([np.nan if v is None else v for v in tree], dtype="<f4")
    return {"$": pool.index_of({"dtype": "f4", "bdata": base64.b64encode(numbers.tobytes()).decode("ascii")})}
