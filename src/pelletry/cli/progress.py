"""A progress bar on stderr, only where a person watches."""

from __future__ import annotations

import contextlib
import sys
import time
from collections.abc import Callable, Iterator

from pelletry.cli.show import safe

__all__ = ["progress_bar"]


@contextlib.contextmanager
def progress_bar(title: str, *, after_s: float = 0.0) -> Iterator[Callable[[int, int, str], None] | None]:
    """A callback (done, total, what) for the api, or None when stderr is not a terminal; what is done within ``after_s`` shows no bar."""
    if not sys.stderr.isatty():
        yield None
        return
    if not after_s:
        with _bar(title) as told:
            yield told
        return
    begin = time.monotonic()
    with contextlib.ExitStack() as stack:
        shown: list[Callable[[int, int, str], None]] = []

        def tell(done: int, total: int, what: str) -> None:
            if not shown and time.monotonic() - begin >= after_s:
                shown.append(stack.enter_context(_bar(title)))
            for bar in shown:
                bar(done, total, what)

        yield tell


@contextlib.contextmanager
def _bar(title: str) -> Iterator[Callable[[int, int, str], None]]:
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (
        TextColumn("{task.description}", markup=False),
        BarColumn(bar_width=30),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
    )
    console = Console(stderr=True)
    with Progress(*columns, console=console, transient=True) as bar:
        task = bar.add_task(title, total=None)
        yield lambda done, total, what: bar.update(task, completed=done, total=total, description=safe(what)[:40])
