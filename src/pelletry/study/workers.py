"""Where tasks are computed: here, in other processes of this machine, or on a Dask cluster. The outcome is the same bytes.

A task carries its measurements, so a worker needs no file of the study.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Executor, ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from typing import Any

import attrs

from pelletry.core.errors import MissingFactError, PelletryError, StudyError
from pelletry.core.finding import Finding
from pelletry.core.place import seen_from
from pelletry.core.technique import Inputs, Technique
from pelletry.study.result import Withheld
from pelletry.study.serial import SerialError, encoded

__all__ = ["Outcome", "Work", "computed", "outcome_of"]

#: Below this many estimated CPU seconds a second process costs more than it saves (a start takes about 0.7 s).
WORTH_PROCESSES_S = 3.0
#: Below this the way to a cluster and back takes longer than the work.
WORTH_CLUSTER_S = 0.3


@attrs.frozen(kw_only=True)
class Outcome:
    """What one technique gave for one sample.

    ``refused`` are (file, reason) of files it could not use; ``is_final`` is False for a failure that another run may not
    have, which is therefore not kept.
    """

    result: Any = None
    findings: tuple[Finding, ...] = ()
    withheld: tuple[Withheld, ...] = ()
    refused: tuple[tuple[str, str], ...] = ()
    is_final: bool = True


@attrs.frozen(kw_only=True, eq=False)
class Work:
    """A task ready to be computed anywhere."""

    sample: str
    card: Technique
    measurements: tuple[Any, ...]
    inputs: Inputs
    folder: str = ""
    refused: tuple[tuple[str, str], ...] = ()


def outcome_of(work: Work) -> bytes:
    """Compute one task. Whatever goes wrong is in the outcome; only a broken program raises, and only when debugging."""
    try:
        return encoded(attrs.evolve(_outcome(work), refused=work.refused))
    except SerialError as error:
        return encoded(_failed(work, f"its result cannot be kept: {error}"))
    except Exception as error:  # one sample must not stop the others
        if os.environ.get("PELLETRY_DEBUG"):
            raise
        return encoded(_failed(work, f"{type(error).__name__}: {error}"))


def _outcome(work: Work) -> Outcome:
    card = work.card
    if card.record_techniques and not work.measurements:
        return Outcome(withheld=(_nothing_to_read(work),))
    try:
        with seen_from(work.folder):
            return Outcome(result=card.analyse(work.measurements, work.inputs))
    except MissingFactError as error:
        withheld = tuple(
            Withheld(what=f"{card.title} of {work.sample}", missing=_lacking(m.what), do=m.do, samples=(work.sample,))
            for m in error.mistakes
        )
        return Outcome(withheld=withheld)
    except PelletryError as error:
        sentence = f"{card.title} of {work.sample} could not be computed: {error}"
        return Outcome(findings=(_finding(work, "analysis-failed", sentence),))


def _lacking(what: str) -> str:
    """``no density of A: mass missing`` is ``mass`` where a list says already what of which sample is missing."""
    return (what.partition(": ")[2] or what).removesuffix(" missing")


def _failed(work: Work, why: str) -> Outcome:
    sentence = (
        f"{work.card.title} of {work.sample} stopped on a fault of the program ({why}). "
        "The other samples are not affected. Please report it with the file; PELLETRY_DEBUG=1 shows where."
    )
    return Outcome(findings=(_finding(work, "program-fault", sentence),), refused=work.refused, is_final=False)


def _nothing_to_read(work: Work) -> Withheld:
    return Withheld(
        what=f"{work.card.title} of {work.sample}",
        missing="a file that can be used; " + ", ".join(path for path, _ in work.refused) + " cannot",
        do="export the measurement again, or take the file out of the study",
        samples=(work.sample,),
    )


def _finding(work: Work, code: str, sentence: str) -> Finding:
    return Finding(code=code, severity="error", sentence=sentence, samples=(work.sample,))


def computed(
    work: Sequence[Work],
    *,
    estimated_s: float,
    jobs: int | None = None,
    cluster: str | None = None,
    say: Callable[[str], None] = lambda _: None,
) -> Iterator[tuple[int, bytes]]:
    """Pairs (index, payload) as the tasks end. ``jobs`` None: all cores when the work is worth it; 1: no other process."""
    if cluster is not None and estimated_s > WORTH_CLUSTER_S:
        yield from _on_cluster(work, cluster)
        return
    count = min(jobs or _cores(), len(work))
    if count < 2 or (jobs is None and estimated_s < WORTH_PROCESSES_S):
        yield from ((i, outcome_of(item)) for i, item in enumerate(work))
        return
    done: set[int] = set()
    try:
        for i, payload in _in_processes(work, count):
            done.add(i)
            yield i, payload
    except (BrokenProcessPool, OSError) as error:
        # A script without `if __name__ == "__main__":` cannot start processes; a small machine may kill one.
        say(f"Other processes could not be used ({type(error).__name__}); continuing in this one.")
        yield from ((i, outcome_of(item)) for i, item in enumerate(work) if i not in done)


def _cores() -> int:
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _in_processes(work: Sequence[Work], count: int) -> Iterator[tuple[int, bytes]]:
    spawning = multiprocessing.get_context("spawn")
    pool = ProcessPoolExecutor(max_workers=count, mp_context=spawning, initializer=_prepare_worker)
    try:
        yield from _gathered(pool, work)
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


def _gathered(pool: Executor, work: Sequence[Work]) -> Iterator[tuple[int, bytes]]:
    waiting = {pool.submit(_outcome_by_name, item.card.name, _portable(item)): i for i, item in enumerate(work)}
    for future in as_completed(waiting):
        yield waiting[future], future.result()


def _portable(work: Work) -> dict[str, Any]:
    """A card holds functions that may not cross to another process; its name does."""
    inputs = attrs.evolve(work.inputs, decisions=dict(work.inputs.decisions))
    return {"sample": work.sample, "measurements": work.measurements, "inputs": inputs, "refused": work.refused}


def _outcome_by_name(technique: str, parts: dict[str, Any]) -> bytes:
    from pelletry.techniques import technique_named

    return outcome_of(Work(card=technique_named(technique), **parts))


def _prepare_worker() -> None:
    """Ctrl-C is the parent's to handle, and a worker ends with its parent even when that was killed."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    parent = multiprocessing.parent_process()
    if parent is not None:
        threading.Thread(target=_end_with, args=(parent,), daemon=True).start()


def _end_with(parent: Any) -> None:
    parent.join()
    os._exit(1)


def _on_cluster(work: Sequence[Work], address: str) -> Iterator[tuple[int, bytes]]:
    try:
        from distributed import Client
    except ImportError:
        raise StudyError(
            "a cluster was asked for, but dask.distributed is not installed",
            do="install it with: pip install 'pelletry[cluster]'",
        ) from None
    try:
        client = Client(address, timeout="10s")
    except (OSError, ValueError) as error:
        raise StudyError(
            f"no Dask scheduler answers at {address!r} ({error})",
            do="start one with: dask scheduler; or leave --cluster out",
        ) from error
    with client:
        from distributed import as_completed as completed_on_cluster

        waiting = {
            client.submit(_outcome_by_name, w.card.name, _portable(w), pure=False): i for i, w in enumerate(work)
        }
        for future in completed_on_cluster(waiting):
            yield waiting[future], future.result()
