"""Run a study: read, analyse, compare. Only what changed is computed; what one file spoils stays with that file.

The same input gives the same result, byte for byte, whether it was computed now, found in the store, computed by eight
processes or after ten interruptions: every outcome passes through the same stored form before it is used.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, Protocol

import attrs

import pelletry
from pelletry.core.errors import quoted
from pelletry.core.facts import Fact
from pelletry.core.finding import Finding
from pelletry.core.record import Record
from pelletry.core.technique import Inputs, Technique
from pelletry.study.check import is_of_pellet, withheld_of_run
from pelletry.study.compare import comparison_table
from pelletry.study.gather import RawFiles, is_exclusion, technique_of
from pelletry.study.plan import (
    Task,
    estimated_seconds,
    facts_for,
    key_of,
    ordered_techniques,
    outside_files,
    parts_of,
    why_computed,
)
from pelletry.study.result import SampleResult, StudyResult, Withheld
from pelletry.study.serial import SerialError, decoded
from pelletry.study.spec import Study
from pelletry.study.store import Store
from pelletry.study.workers import Outcome, Work, computed

__all__ = ["Progress", "run_study"]


class Progress(Protocol):
    """Called after each task with how many are done, how many there are, and which one it was."""

    def __call__(self, done: int, total: int, what: str, /) -> None: ...


def _silent(*_: object) -> None:
    return None


def run_study(
    study: Study,
    *,
    jobs: int | None = None,
    progress: Progress | None = None,
    cluster: str | None = None,
    say: Callable[[str], None] | None = None,
    is_kept: bool = True,
    cards: Sequence[Technique] | None = None,
    read: Callable[[Path], Sequence[Record]] | None = None,
) -> StudyResult:
    """Everything a study asks for, as far as it can be had.

    Parameters
    ----------
    study:
        A :class:`~pelletry.study.spec.Study`.
    jobs:
        Processes to use. None: all cores if the work is worth it, else this one; 1: this one.
    progress, say:
        Called after each task, and with each sentence about the run itself (a store that cannot be used, say).
    cluster:
        Address of a Dask scheduler (``tcp://host:8786``) to compute on instead; needs the extra ``cluster``.
    is_kept:
        False: no ``.pelletry/`` is read or written.
    cards, read:
        Techniques and file reader to use in place of the installed ones.

    Returns
    -------
    :
        The results; failed files and samples are findings in it. Nothing is written but ``.pelletry/``.

    Raises
    ------
    StudyError
        When the cluster cannot be reached. Nothing else stops a run but an interruption.
    """
    folder = Path(study.folder)
    with Store(folder, is_kept=is_kept) as store:
        run = _Run(
            study=study,
            store=store,
            files=RawFiles(folder, store, read or _reader(folder)),
            cards=ordered_techniques(cards if cards is not None else _installed()),
            progress=progress or _silent,
            say=say or _silent,
        )
        with _RunLog(folder / ".pelletry" / "run.log" if is_kept else None) as log:
            run.log = log
            result = run.everything(jobs=jobs, cluster=cluster)
        store.trim(run.used_keys | run.files.used_keys)
        for note in store.notes:
            run.say(note)
    return result


def _reader(folder: Path) -> Callable[[Path], Sequence[Record]]:
    from pelletry.formats.open_file import read_file

    return lambda path: read_file(path, root=folder)


def _installed() -> Sequence[Technique]:
    from pelletry.techniques import techniques

    return techniques()


class _RunLog:
    """``.pelletry/run.log``: one JSON line a task: computed or cached, and why. Written as it happens."""

    def __init__(self, path: Path | None) -> None:
        self._handle: int | None = None
        if path is None:
            return
        try:
            self._handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_APPEND, 0o666)
        except OSError:
            self._handle = None  # the store has already said that the folder cannot be written

    def __enter__(self) -> _RunLog:
        return self

    def __exit__(self, *_: object) -> None:
        if self._handle is not None:
            os.close(self._handle)

    def line(self, **entry: str) -> None:
        if self._handle is None:
            return
        try:
            # one write a line, so that two runs at once mix lines but never tear one
            os.write(self._handle, (json.dumps(entry, ensure_ascii=True) + "\n").encode("ascii"))
        except OSError:
            os.close(self._handle)
            self._handle = None


class _Run:
    """The state of one run; lives as long as :func:`run_study`."""

    log: _RunLog

    def __init__(
        self,
        *,
        study: Study,
        store: Store,
        files: RawFiles,
        cards: tuple[Technique, ...],
        progress: Callable[[int, int, str], None],
        say: Callable[[str], None],
    ) -> None:
        self.study, self.store, self.files, self.cards = study, store, files, cards
        self.progress, self.say = progress, say
        self.used_keys: set[str] = set()
        self.used_files: set[str] = set()
        self.unused: dict[str, str] = {}
        self.facts: list[Fact] = []
        self.findings: list[Finding] = [
            Finding(code="study-oddity", severity="notice", sentence=sentence) for sentence in study.warnings
        ]
        self.withheld: list[tuple[str, Withheld]] = []
        self.outcomes: dict[tuple[str, str], tuple[Outcome, bool]] = {}
        self.done, self.total = 0, 0

    def everything(self, *, jobs: int | None, cluster: str | None) -> StudyResult:
        self._look_at_files()
        asked = {card.name: self._asked(card) for card in self.cards}
        self.total = sum(len(samples) for samples in asked.values())
        for card in self.cards:
            self._compute(card, asked[card.name], jobs=jobs, cluster=cluster)
        self._notice_changed_files()
        return self._result()

    # -- files ---------------------------------------------------------------------------------------------------------

    def _look_at_files(self) -> None:
        for file in self.study.files:
            seen = self.files.look_at(file.path)
            if seen.look.status != "read":
                severity = "error" if file.sample else "notice"
                self.findings.append(
                    Finding(
                        code=f"file-{seen.look.status}",
                        severity=severity,
                        sentence=seen.look.reason,
                        samples=(file.sample,) if file.sample else (),
                    )
                )
            elif file.sample:
                self._say_what_has_no_use(file, seen)
        self._compare_samples()
        for file in self.study.set_aside:
            self.files.look_at(file.path)
            self.unused[file.path] = "set aside in files.csv" + (f": {file.note}" if file.note else "")
        for sample in self.study.samples:
            mine = [self.files.look_at(f.path) for f in self.study.files if f.sample == sample.name]
            if mine and all(seen.look.status != "read" for seen in mine):
                unread = Withheld(
                    what=f"everything measured on {sample.name}",
                    missing="a file that can be read; " + ", ".join(seen.shown for seen in mine) + " cannot",
                    do="export the measurement again, or correct the names of the files in the study",
                    samples=(sample.name,),
                )
                self.withheld.append(("", unread))

    def _say_what_has_no_use(self, file: Any, seen: Any) -> None:
        """A file of a sample that no technique takes: lost columns are a mistake, another technique's data are not."""
        techniques = {technique_of(record, file) for record in seen.look.records}
        if not techniques or any(techniques & {*card.record_techniques, *card.also_reads} for card in self.cards):
            return
        known = sorted(techniques - {""})
        if known:
            sentence = f"{file.path} holds {' and '.join(known)}, which this version does not analyse: not used."
        else:
            names = dict.fromkeys(c.name for record in self.files.records(file.path) for c in record.columns)
            shown = ", ".join(quoted(name) for name in list(names)[:8]) or "none"
            sentence = (
                f"{file.path}: no technique knows what its columns mean ({shown}); expected for a spectrum a frequency with "
                "Re(Z) and Im(Z), or with |Z| and the phase. Export it again with all its columns."
            )
        severity = "notice" if known else "error"
        self.findings.append(
            Finding(code="file-not-used", severity=severity, sentence=sentence, samples=(file.sample,))
        )

    def _compare_samples(self) -> None:
        """The same bytes under two samples: most likely a copy under a wrong name."""
        first: dict[str, Any] = {}
        for file in self.study.files:
            seen = self.files.look_at(file.path)
            if not file.sample or seen.fingerprint is None or not any(record.points for record in seen.look.records):
                continue
            other = first.setdefault(seen.fingerprint.sha256, file)
            if other.sample != file.sample and other.path != file.path:
                sentence = (
                    f"{file.path} of {file.sample} has the same bytes as {other.path} of {other.sample}: one of them is a copy. "
                    "Look which pellet was measured, and set the other file aside in files.csv."
                )
                samples = (other.sample, file.sample)
                self.findings.append(
                    Finding(code="file-of-two-samples", severity="warning", sentence=sentence, samples=samples)
                )

    def _files_of(self, sample: str, card: Technique) -> list[Any]:
        """The sample's files that hold something for this technique; the same bytes twice count once."""
        taken: list[Any] = []
        contents: set[tuple[str, Any]] = set()
        for file in self.study.files:
            seen = self.files.look_at(file.path)
            if file.sample != sample or seen.fingerprint is None or self._is_excluded(file):
                continue
            read = (*card.record_techniques, *card.also_reads)
            of_use = [technique_of(r, file) in read for r in seen.look.records]
            wanted = any(of_use) if file.record is None else (file.record < len(of_use) and of_use[file.record])
            content = (seen.fingerprint.sha256, file.record)
            if wanted and content not in contents:
                taken.append(file)
            elif wanted:
                self._say_duplicate(seen, sample)
            contents.add(content)
        return taken

    def _is_excluded(self, file: Any) -> bool:
        """Taken out as a whole by a decision; single records are left out where the file is read."""
        for decision in self.study.decisions_of(file.sample):
            if is_exclusion(decision) and decision.file == file.path and decision.record in (None, file.record):
                self.unused[file.path] = f"excluded by {decision.author}, {decision.date}: {decision.reason}"
                return True
        return False

    def _say_duplicate(self, seen: Any, sample: str) -> None:
        self.unused[seen.shown] = f"same bytes as {seen.duplicate_of}"
        sentence = f"{seen.shown} has the same bytes as {seen.duplicate_of}: used once."
        self.findings.append(Finding(code="file-duplicate", severity="notice", sentence=sentence, samples=(sample,)))

    def _notice_changed_files(self) -> None:
        for shown in self.files.changed():
            sentence = f"{shown} changed during the run: the numbers are those of its earlier content. Run again when it is at rest."
            samples = tuple(dict.fromkeys(f.sample for f in self.study.files if f.path == shown and f.sample))
            self.findings.append(Finding(code="file-changed", severity="error", sentence=sentence, samples=samples))

    # -- tasks ---------------------------------------------------------------------------------------------------------

    def _asked(self, card: Technique) -> dict[str, list[Any]]:
        """The samples this technique has something to work on, with their files (none: it works from facts)."""
        files = {sample.name: self._files_of(sample.name, card) for sample in self.study.samples}
        if not card.record_techniques:
            return {s.name: files[s.name] for s in self.study.samples if is_of_pellet(s, self._kinds_of(s.name))}
        # A file that every sample has (the scan of a standard) gives a sample nothing to analyse.
        return {name: taken for name, taken in files.items() if any(self._is_measurement(file, card) for file in taken)}

    def _is_measurement(self, file: Any, card: Technique) -> bool:
        """Is a file one that this technique is about, and the sample's own?"""
        records = self.files.look_at(file.path).look.records
        return not file.is_shared and any(technique_of(r, file) in card.record_techniques for r in records)

    def _kinds_of(self, sample: str) -> frozenset[str] | None:
        """The techniques of what was measured on a sample; None: no file, or one that could not be told."""
        own = [(f, self.files.look_at(f.path).look) for f in self.study.files if f.sample == sample and not f.is_shared]
        mine = [look for _, look in own]
        found = {technique_of(record, file) for file, look in own for record in look.records}
        return None if not mine or "" in found or any(look.status != "read" for look in mine) else frozenset(found)

    def _task(self, card: Technique, sample: Any, files: Sequence[Any]) -> Task:
        described = tuple(
            (
                f.path,
                self._sha256(f),
                json.dumps([f.record, f.temperature_K, f.temperature_source, f.is_confirmed, f.run, f.role]),
            )
            for f in files
        )
        inputs = Inputs(
            sample=sample,
            facts=facts_for(card, self._known_facts(), sample.name, ancestors=self.study.ancestors(sample.name)),
            settings=self._settings(card),
            decisions=self._decisions(sample.name),
        )
        named = outside_files(inputs.settings, Path(self.study.folder))
        return Task(sample=sample.name, technique=card.name, inputs=inputs, files=described, named_files=named)

    def _known_facts(self) -> list[Fact]:
        return [*(fact for sample in self.study.samples for fact in self.study.facts_of(sample.name)), *self.facts]

    def _sha256(self, file: Any) -> str:
        fingerprint = self.files.look_at(file.path).fingerprint
        return fingerprint.sha256 if fingerprint else ""

    def _settings(self, card: Technique) -> Any:
        return self.study.settings.get(card.name) or card.settings()

    def _decisions(self, sample: str) -> dict[str, Any]:
        """``{"mask": ({"file": ..., "low_Hz": ..., "reason": ...}, ...), "circuit": (...), ...}``: plain values only.

        The line in decisions.toml is left out: a new decision above would otherwise make all below it look new.
        """
        found: dict[str, tuple[dict[str, Any], ...]] = {}
        for decision in self.study.decisions_of(sample):
            kind = type(decision).__name__.removesuffix("Decision").lower()
            found[kind] = (*found.get(kind, ()), attrs.asdict(decision, filter=lambda field, _: field.name != "where"))
        return found

    def _compute(self, card: Technique, asked: dict[str, list[Any]], *, jobs: int | None, cluster: str | None) -> None:
        missing: list[tuple[Task, dict[str, str], str]] = []
        for sample in self.study.samples:
            if sample.name not in asked:
                continue
            task = self._task(card, sample, asked[sample.name])
            parts = parts_of(task, card)
            key = key_of(parts)
            self.used_keys.add(key)
            outcome = self._kept(key, card)
            if outcome is None:
                missing.append((task, parts, key))
            else:
                self.store.set_parts(task.name, parts)
                self._finish(card, task, outcome, "cached", "nothing it depends on changed")
        for (task, parts, key), payload in self._computed(card, missing, asked, jobs=jobs, cluster=cluster):
            why = why_computed(self.store.last_parts(task.name), parts)
            outcome = decoded(payload, packages=_packages(card))
            if outcome.is_final and self.files.was_read_as_fingerprinted(asked[task.sample]):
                self.store.put(key, payload)
                self.store.set_parts(task.name, parts)
            self._finish(card, task, outcome, "computed", why)
        for name in asked:
            self._take(card, name, asked[name])
        self.files.forget_records()

    def _kept(self, key: str, card: Technique) -> Outcome | None:
        payload = self.store.get(key)
        if payload is None:
            return None
        try:
            outcome = decoded(payload, packages=_packages(card))
        except SerialError:
            self.store.notes.append("A kept result could not be used; it is computed again.")
            return None
        return outcome if isinstance(outcome, Outcome) else None

    def _computed(
        self,
        card: Technique,
        missing: Sequence[tuple[Task, dict[str, str], str]],
        asked: dict[str, list[Any]],
        *,
        jobs: int | None,
        cluster: str | None,
    ) -> Iterator[tuple[tuple[Task, dict[str, str], str], bytes]]:
        work = []
        for task, _, _ in missing:
            measurements, refused = self.files.measurements(
                asked[task.sample], card, self.study.decisions_of(task.sample)
            )
            work.append(
                Work(
                    sample=task.sample,
                    card=card,
                    measurements=tuple(measurements),
                    inputs=task.inputs,
                    refused=tuple(refused),
                    folder=str(self.study.folder),
                )
            )
        estimated = estimated_seconds([(card.name, len(item.measurements)) for item in work])
        for i, payload in computed(work, estimated_s=estimated, jobs=jobs, cluster=cluster, say=self.say):
            yield missing[i], payload

    def _finish(self, card: Technique, task: Task, outcome: Outcome, state: str, why: str) -> None:
        self.outcomes[task.sample, card.name] = (outcome, state == "cached")
        self.log.line(sample=task.sample, technique=card.name, state=state, why=why)
        self.done += 1
        self.progress(self.done, self.total, task.name)

    def _take(self, card: Technique, sample: str, files: Sequence[Any]) -> None:
        """Add an outcome to the study, in the study's own order and not in that of the processes."""
        outcome, _ = self.outcomes[sample, card.name]
        for path, reason in outcome.refused:
            self.files.refused[path] = reason
            self.findings.append(Finding(code="file-refused", severity="error", sentence=reason, samples=(sample,)))
        self.findings.extend(outcome.findings)
        self.withheld.extend((card.name, withheld) for withheld in outcome.withheld)
        self.used_files.update(f.path for f in files)
        if outcome.result is not None:
            self.facts.extend(outcome.result.facts)
            self.findings.extend(outcome.result.findings)
            self.withheld.extend(
                (card.name, Withheld(what=w.what, missing=w.missing, do=w.do, samples=(sample,)))
                for w in getattr(outcome.result, "withheld", ())
            )

    # -- the whole -----------------------------------------------------------------------------------------------------

    def _result(self) -> StudyResult:
        results = tuple(
            SampleResult(sample=sample.name, technique=card.name, result=outcome.result, was_cached=cached)
            for sample in self.study.samples
            for card in self.cards
            for outcome, cached in [self.outcomes.get((sample.name, card.name), (Outcome(), False))]
            if outcome.result is not None
        )
        owners: dict[str, tuple[str, ...]] = {}
        for file in self.study.files:
            if file.sample:
                owners[file.path] = tuple(dict.fromkeys((*owners.get(file.path, ()), file.sample)))
        return StudyResult(
            title=self.study.title,
            folder=Path(self.study.folder).name,
            samples=tuple(self.study.samples),
            results=results,
            comparison=comparison_table(self.study.samples, results, is_simulated=self.study.is_simulated),
            findings=tuple(dict.fromkeys(self.findings)),
            withheld=withheld_of_run(
                self.study,
                [card.name for card in self.cards],
                self.withheld,
                {r.sample: r.result for r in results if r.technique == "impedance"},
                {sample.name: self._kinds_of(sample.name) for sample in self.study.samples},
                {
                    q.sample
                    for r in results
                    for q in r.result.quantities
                    if q.name == "relative_density" and q.quantity.is_resolved
                },
            ),
            files=self.files.described(owners, self.used_files, self.unused),
            settings=_settings_in_words(self.study.settings),
            version=pelletry.__version__,
            is_simulated=self.study.is_simulated,
            simulated_from=self.study.simulated_from,
            claims=self.study.claims,
        )


def _packages(card: Technique) -> tuple[str, ...]:
    return (str(card.result.__module__).partition(".")[0],)


def _settings_in_words(settings: Any) -> tuple[tuple[str, str], ...]:
    return tuple(
        (f"{technique}.{name}", str(value))
        for technique, model in sorted(settings.items())
        for name, value in model.model_dump(mode="json").items()
    )
