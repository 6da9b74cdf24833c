"""One step on the way from a number to its file."""

from __future__ import annotations

import attrs

__all__ = ["TraceStep"]


@attrs.frozen(kw_only=True)
class TraceStep:
    """``head`` says what the step is, ``lines`` are its facts in reading order."""

    head: str
    lines: tuple[str, ...] = ()
