"""What a run has to do: the order of the techniques, one task a sample and technique, and what a task's key is made of.

A task's key is the sha256 of everything its outcome depends on, in named parts: the program (with the source of the
rooms that compute), the numeric libraries, the raw files with their sha256, the sample, the settings, the facts and the
decisions. When a part changed since the last run, the run log names it.
"""

from __future__ import annotations

import functools
import graphlib
import hashlib
import importlib
import importlib.metadata
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import attrs

import pelletry
from pelletry.core.errors import PelletryError
from pelletry.core.facts import Fact, PelletGeometry
from pelletry.core.technique import Inputs, Technique
from pelletry.study.serial import encoded

__all__ = [
    "Task",
    "estimated_seconds",
    "facts_for",
    "key_of",
    "ordered_techniques",
    "outside_files",
    "parts_of",
    "program_digest",
    "rooms_digest",
    "why_computed",
]

#: Rooms whose source decides numbers or how they are kept; a change in one of them makes every kept result old.
_COMPUTING_ROOMS = ("core", "fitting", "reference", "formats", "techniques", "study")

#: CPU seconds one measurement of a technique takes, measured on two cores of 2026 with the default settings.
_SECONDS_PER_MEASUREMENT = {"impedance": 0.027, "density": 0.001, "diffraction": 1.0, "microscopy": 5.0, "xps": 1.0}
_SECONDS_PER_UNKNOWN_MEASUREMENT = 0.05


@attrs.frozen(kw_only=True, eq=False)
class Task:
    """One technique on one sample. ``files`` are (path as shown, sha256, what was taken of it and how), sorted.

    ``named_files`` are (path, digest) of files that the settings name: a CIF, an instrument file, a folder of CIFs.
    """

    sample: str
    technique: str
    inputs: Inputs
    files: tuple[tuple[str, str, str], ...] = ()
    named_files: tuple[tuple[str, str], ...] = ()

    @property
    def name(self) -> str:
        return f"{self.sample} · {self.technique}"


def ordered_techniques(cards: Sequence[Technique]) -> tuple[Technique, ...]:
    """The cards so ordered that whoever gives a fact comes before whoever needs or wants it; ties by name.

    Raises
    ------
    PelletryError
        When techniques need one another in a circle; the message names them.
    """
    by_name = {card.name: card for card in sorted(cards, key=lambda card: card.name)}
    before = {
        name: {
            other.name for other in by_name.values() if other.name != name and other.gives & (card.needs | card.wants)
        }
        for name, card in by_name.items()
    }
    sorter = graphlib.TopologicalSorter(before)
    try:
        sorter.prepare()
    except graphlib.CycleError as error:
        circle = " -> ".join(error.args[1])
        raise PelletryError(f"techniques need one another in a circle: {circle}", do="break the circle") from error
    ordered: list[Technique] = []
    while sorter.is_active():
        ready = sorted(sorter.get_ready())
        ordered.extend(by_name[name] for name in ready)
        sorter.done(*ready)
    return tuple(ordered)


def facts_for(
    card: Technique, facts: Sequence[Fact], sample: str, *, ancestors: Sequence[str] = ()
) -> tuple[Fact, ...]:
    """The facts a card may look at: of this sample, and of a kind it needs or wants. In a fixed order.

    A kind that the sample has none of is taken from what it was made of, the nearest first; ``given_by`` says so. The size of
    a pellet is its own: it is not inherited.
    """
    kinds = tuple(card.needs | card.wants)
    mine = [fact for fact in facts if fact.sample == sample and isinstance(fact, kinds)] if kinds else []
    for ancestor in ancestors:
        known = {type(fact) for fact in mine} | {PelletGeometry}
        mine += [
            attrs.evolve(fact, sample=sample, given_by=f"{fact.given_by} of {ancestor}")
            for fact in facts
            if fact.sample == ancestor and kinds and isinstance(fact, kinds) and type(fact) not in known
        ]
    return tuple(sorted(mine, key=lambda fact: (type(fact).__name__, fact.given_by, encoded(fact))))


def parts_of(task: Task, card: Technique) -> dict[str, str]:
    """What a task's outcome depends on, by name. Files stay readable, the rest are digests."""
    inputs = task.inputs
    return {
        "program": f"{card.name} {card.version}, pelletry {pelletry.__version__}, {program_digest(_package_of(card))}",
        "libraries": _libraries(),
        "files": json.dumps(task.files),
        "sample": _digest(inputs.sample),
        "settings": _digest(inputs.settings) + (" " + json.dumps(task.named_files) if task.named_files else ""),
        "facts": _digest(inputs.facts),
        "decisions": _digest(_plain(inputs.decisions)),
    }


def outside_files(settings: Any, folder: Path) -> tuple[tuple[str, str], ...]:
    """(path, digest) of what the settings name by its path, seen from the study; a model says so by ``outside_files()``."""
    named = getattr(settings, "outside_files", None)
    if named is None:
        return ()
    return tuple((path, _content_digest(folder / path)) for path in named())


def _content_digest(path: Path) -> str:
    """Of a file its content, of a folder the names, sizes and times of its files; empty when there is none."""
    digest = hashlib.sha256()
    try:
        if path.is_file():
            digest.update(path.read_bytes())
        else:
            for one in sorted(path.rglob("*.cif")):
                facts = one.stat()
                digest.update(f"{one.relative_to(path).as_posix()}\0{facts.st_size}\0{facts.st_mtime_ns}\0".encode())
    except OSError:
        return ""
    return digest.hexdigest()


def key_of(parts: Mapping[str, str]) -> str:
    """The key: sha256 over the named parts."""
    return hashlib.sha256(json.dumps(sorted(parts.items())).encode()).hexdigest()


def why_computed(before: Mapping[str, str] | None, now: Mapping[str, str]) -> str:
    """In words, why a task is computed: what changed since its last run, or that there was none.

    >>> why_computed({"sample": "a", "files": "[]"}, {"sample": "b", "files": "[]"})
    'the sample as described changed'
    """
    if before is None:
        return "never computed before"
    words = {
        "program": "the program changed",
        "libraries": "numpy, scipy or another numeric library changed",
        "sample": "the sample as described changed",
        "settings": "the settings changed",
        "facts": "a fact it builds on changed",
        "decisions": "a decision changed",
    }
    reasons = [words[name] for name in words if before.get(name) != now.get(name)]
    if before.get("files") != now.get("files"):
        reasons.append(_changed_files(before.get("files", "[]"), now.get("files", "[]")))
    return "; ".join(reasons) or "its kept result is gone"


def _changed_files(before: str, now: str) -> str:
    earlier = {(path, what): sha256 for path, sha256, what in json.loads(before)}
    later = {(path, what): sha256 for path, sha256, what in json.loads(now)}
    changed = sorted(
        {path for path, what in earlier.keys() | later.keys() if earlier.get((path, what)) != later.get((path, what))}
    )
    return "file changed: " + ", ".join(changed)


def estimated_seconds(tasks: Sequence[tuple[str, int]]) -> float:
    """CPU seconds that tasks, given as (technique, measurements), will take on one core."""
    return sum(max(n, 1) * _SECONDS_PER_MEASUREMENT.get(name, _SECONDS_PER_UNKNOWN_MEASUREMENT) for name, n in tasks)


def _plain(decisions: Mapping[str, Any]) -> Any:
    return sorted((str(key), value) for key, value in decisions.items())


def _digest(thing: Any) -> str:
    return hashlib.sha256(encoded(thing)).hexdigest()


@functools.cache
def _libraries() -> str:
    found = []
    for name in ("numpy", "scipy", "numba", "gemmi", "scikit-image"):
        try:
            found.append(f"{name} {importlib.metadata.version(name)}")
        except importlib.metadata.PackageNotFoundError:
            continue  # an extra that is not installed decides no number
    return ", ".join(found)


def _package_of(card: Technique) -> str:
    return str(card.result.__module__).partition(".")[0]


@functools.cache
def program_digest(package: str = "pelletry") -> str:
    """sha256 over the source of the computing rooms, and of the package a technique from outside lives in."""
    if package == "pelletry":
        return rooms_digest(*_COMPUTING_ROOMS)
    outside = getattr(importlib.import_module(package), "__file__", None)
    folder = Path(outside).parent if outside and Path(outside).name == "__init__.py" else None
    return f"{rooms_digest(*_COMPUTING_ROOMS)} {_source_digest([folder] if folder else [])}"


@functools.cache
def rooms_digest(*rooms: str) -> str:
    """sha256 over the source of some rooms of this package, shortened."""
    root = Path(pelletry.__file__).parent
    return _source_digest([root / room for room in rooms])


def _source_digest(folders: Sequence[Path]) -> str:
    digest = hashlib.sha256()
    for folder in folders:
        for path in sorted(folder.rglob("*.py")):
            digest.update(path.relative_to(folder.parent).as_posix().encode() + b"\0")
            digest.update(path.read_bytes())
    return digest.hexdigest()[:16]
