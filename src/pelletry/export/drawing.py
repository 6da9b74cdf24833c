"""Many publication figures, drawn on all cores when they are many; the bytes do not depend on how many cores there are."""

from __future__ import annotations

import multiprocessing
import os
import signal
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool

from pelletry.core.figure import FigureSpec

__all__ = ["drawn_figures"]

#: Below this many figures a second process costs more than it saves (it starts in about a second; a figure takes half).
_WORTH_PROCESSES = 10
_BATCH = 8


def drawn_figures(
    specs: Sequence[FigureSpec], *, formats: Sequence[str], jobs: int | None = None
) -> list[dict[str, bytes]]:
    """The bytes of each figure in each format, in order.

    Figures of one kind are drawn together, since they share the formulas of their axes, which cost most of the time.
    """
    order = sorted(range(len(specs)), key=lambda i: specs[i].key)
    drawn = dict(zip(order, _in_processes([specs[i] for i in order], tuple(formats), jobs or _cores()), strict=True))
    return [drawn[i] for i in range(len(specs))]


def _in_processes(specs: Sequence[FigureSpec], formats: tuple[str, ...], count: int) -> list[dict[str, bytes]]:
    if count < 2 or len(specs) < _WORTH_PROCESSES:
        return _drawn(specs, formats)
    batches = [tuple(specs[i : i + _BATCH]) for i in range(0, len(specs), _BATCH)]
    try:
        context = multiprocessing.get_context("spawn")
        with ProcessPoolExecutor(min(count, len(batches)), mp_context=context, initializer=_leave_interrupts) as pool:
            parts = list(pool.map(_drawn, batches, [formats] * len(batches)))
    except (BrokenProcessPool, OSError):
        # A script without `if __name__ == "__main__":` cannot start processes; a small machine may kill one.
        return _drawn(specs, formats)
    return [figure for part in parts for figure in part]


def _drawn(specs: Sequence[FigureSpec], formats: tuple[str, ...]) -> list[dict[str, bytes]]:
    from pelletry.render.figure import figures_bytes

    return list(figures_bytes(specs, formats=formats))


def _leave_interrupts() -> None:
    """Ctrl-C is the parent's to handle."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)


def _cores() -> int:
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
