"""The raw files of a study: fingerprinted, looked at, and turned into measurements. Opened for reading only.

A file that cannot be read is a value here (its status and reason), so that it never stops the others.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import attrs

from pelletry.core.errors import FormatError, PelletryError, UnknownFormatError
from pelletry.core.record import Hint, Record
from pelletry.core.technique import Technique
from pelletry.study.decisions import ExcludeDecision
from pelletry.study.files import NAME_SOURCES
from pelletry.study.plan import program_digest
from pelletry.study.result import DataFile
from pelletry.study.serial import SerialError, decoded, encoded
from pelletry.study.store import Fingerprint, Store

__all__ = ["FileLook", "RawFiles", "RecordLook", "SeenFile", "as_the_study_says", "is_exclusion", "technique_of"]

Reader = Callable[[Path], Sequence[Record]]


@attrs.frozen(kw_only=True)
class RecordLook:
    """What is known of a record without holding its columns."""

    technique: str
    points: int
    warnings: tuple[str, ...] = ()


@attrs.frozen(kw_only=True)
class FileLook:
    """What one look into a file gave; ``status`` is read, refused or unknown."""

    status: str
    reason: str = ""
    format: str = ""
    records: tuple[RecordLook, ...] = ()


@attrs.frozen(kw_only=True)
class SeenFile:
    """A file as this run sees it. ``fingerprint`` is None when it could not be opened at all."""

    path: Path
    shown: str
    fingerprint: Fingerprint | None
    look: FileLook
    duplicate_of: str = ""


class RawFiles:
    """The files of one run: each looked at once, its records held only while they are needed."""

    def __init__(self, folder: Path, store: Store, read: Reader) -> None:
        self._folder = folder
        self._store = store
        self._read = read
        self._records: dict[str, tuple[Record, ...]] = {}
        self.seen: dict[str, SeenFile] = {}
        self.used_keys: set[str] = set()
        self.refused: dict[str, str] = {}

    def look_at(self, shown: str) -> SeenFile:
        """Fingerprint a file and see what is in it; from the store when its content was seen before."""
        if shown not in self.seen:
            self.seen[shown] = self._looked(shown)
        return self.seen[shown]

    def _looked(self, shown: str) -> SeenFile:
        path = self._folder / shown
        try:
            fingerprint = self._store.fingerprint(path, shown)
        except OSError as error:
            look = FileLook(status="refused", reason=f"{shown}: cannot be opened ({error.strerror or error})")
            return SeenFile(path=path, shown=shown, fingerprint=None, look=look)
        twin = next((f.shown for f in self.seen.values() if _sha(f) == fingerprint.sha256), "")
        look = self._look_from_store(shown, fingerprint)
        return SeenFile(path=path, shown=shown, fingerprint=fingerprint, look=look, duplicate_of=twin)

    def _look_from_store(self, shown: str, fingerprint: Fingerprint) -> FileLook:
        # The name is part of the key: messages and hints speak of it.
        key = f"look {program_digest()} {fingerprint.sha256} {shown}"
        self.used_keys.add(key)
        payload = self._store.get(key)
        if payload is not None:
            try:
                return _as_look(decoded(payload))
            except SerialError:
                self._store.notes.append(f"What was kept about {shown} could not be used; the file is read again.")
        look, keep = self._look_inside(shown)
        if keep:
            self._store.put(key, encoded(look))
        return look

    def _look_inside(self, shown: str) -> tuple[FileLook, bool]:
        try:
            records = self.records(shown)
        except FormatError as error:
            status = "unknown" if isinstance(error, UnknownFormatError) else "refused"
            return FileLook(status=status, reason=str(error)), True
        except (PelletryError, OSError) as error:
            return FileLook(status="refused", reason=str(error)), False
        except MemoryError:
            return FileLook(status="refused", reason=f"{shown}: does not fit into the memory of this computer"), False
        except Exception as error:  # one file must not stop the others, whatever its reader does
            reason = f"{shown}: its reader failed ({type(error).__name__}: {error}); please report this file"
            return FileLook(status="refused", reason=reason), False
        looks = tuple(RecordLook(technique=r.technique, points=r.points, warnings=r.warnings) for r in records)
        return FileLook(status="read", format=records[0].origin.format if records else "", records=looks), True

    def records(self, shown: str) -> tuple[Record, ...]:
        """The records of a file; raises what its reader raises."""
        if shown not in self._records:
            # One spelling of the path everywhere: decisions, messages and traces name a file as the study does.
            self._records[shown] = tuple(
                attrs.evolve(record, origin=attrs.evolve(record.origin, path=shown))
                for record in self._read(self._folder / shown)
            )
        return self._records[shown]

    def forget_records(self, *, above_bytes: int = 256 << 20) -> None:
        """Let go of the columns when the files they stem from are large; small ones are not read twice in a run."""
        held = (self.seen[shown].fingerprint for shown in self._records if shown in self.seen)
        if sum(fingerprint.size_bytes for fingerprint in held if fingerprint is not None) > above_bytes:
            self._records.clear()

    def measurements(
        self, files: Sequence[Any], card: Technique, decisions: Sequence[Any] = ()
    ) -> tuple[list[Any], list[tuple[str, str]]]:
        """What a technique can make of a sample's files, and (file, reason) for each one it cannot use."""
        made: list[Any] = []
        refused: list[tuple[str, str]] = []
        for file in files:
            try:
                made.extend(
                    card.read([as_the_study_says(r, file, decisions) for r in self._chosen(file, card, decisions)])
                )
            except (PelletryError, OSError) as error:
                refused.append((str(file.path), str(error)))
            except Exception as error:  # one file must not stop the others, whatever is in it
                reason = f"{file.path}: not understood ({type(error).__name__}: {error}); please report this file"
                refused.append((str(file.path), reason))
        return made, refused

    def _chosen(self, file: Any, card: Technique, decisions: Sequence[Any]) -> list[Record]:
        records = self.records(str(file.path))
        return [
            record
            for i, record in enumerate(records)
            if technique_of(record, file) in (*card.record_techniques, *card.also_reads)
            and file.record in (None, i)
            and not any(is_exclusion(d) and _concerns(d, file, record) for d in decisions)
        ]

    def was_read_as_fingerprinted(self, files: Sequence[Any]) -> bool:
        """Did the readers see the bytes that the fingerprint was taken of?"""
        for file in files:
            seen = self.look_at(str(file.path))
            if any(r.origin.sha256 != _sha(seen) for r in self._records.get(seen.shown, ())):
                return False
        return True

    def changed(self) -> list[str]:
        """Files whose content is another one than when this run began."""
        return [
            f.shown
            for f in self.seen.values()
            if f.fingerprint is not None and self._store.has_changed(f.path, f.fingerprint)
        ]

    def described(
        self, samples: dict[str, tuple[str, ...]], used: set[str], unused: dict[str, str]
    ) -> tuple[DataFile, ...]:
        """The data file list of the report, in the order the files were looked at; ``unused`` says why by path."""
        return tuple(
            _described(
                file,
                samples=samples.get(file.shown, ()),
                refused=self.refused.get(file.shown, ""),
                unused="" if file.shown in used else unused.get(file.shown, "no technique reads it"),
            )
            for file in self.seen.values()
        )


def is_exclusion(decision: Any) -> bool:
    """Does a decision take a file or record out?"""
    return isinstance(decision, ExcludeDecision)


def technique_of(held: Record | RecordLook, file: Any) -> str:
    """The technique of a record as the study sees it: a picture with the role ``map Ti`` is a map of EDX."""
    return "edx" if held.technique == "microscopy" and getattr(file, "is_map", False) else held.technique


def _as_look(thing: Any) -> FileLook:
    if not isinstance(thing, FileLook):
        raise SerialError("stored bytes are not a look into a file")
    return thing


def _sha(file: SeenFile) -> str:
    return file.fingerprint.sha256 if file.fingerprint else ""


def _described(file: SeenFile, *, samples: tuple[str, ...], refused: str, unused: str) -> DataFile:
    look = file.look
    status, reason = look.status, look.reason
    if refused:
        status, reason = "refused", refused
    elif status == "read" and unused:
        status, reason = "unused", unused
    return DataFile(
        path=file.shown,
        sha256=_sha(file),
        size_bytes=file.fingerprint.size_bytes if file.fingerprint else 0,
        format=look.format,
        technique=", ".join(sorted({r.technique for r in look.records if r.technique})),
        samples=samples,
        records=len(look.records),
        points=sum(r.points for r in look.records),
        status=status,
        reason=reason,
        warnings=tuple(dict.fromkeys(w for r in look.records for w in r.warnings)),
        duplicate_of=file.duplicate_of,
    )


def as_the_study_says(record: Record, file: Any, decisions: Sequence[Any] = ()) -> Record:
    """The record with what the study says of it in place of what the file or its name suggests.

    A temperature of files.csv goes before the file's own, a temperature decision before both; an offset is added to
    whichever is used. The hint ``run`` tells repeated spectra apart, ``role`` says what a file is to its technique (blank, standard). A picture
    with the role ``map Ti`` becomes a record of EDX.
    """
    hints = [*record.hints, *_of_name(record, file.path)]
    if file.temperature_K is not None:
        confirmed = "confirmed" if file.is_confirmed else ""
        hints = _with_temperature(hints, file.temperature_K, file.temperature_source or "study", confirmed)
    elif file.is_confirmed:
        hints = [attrs.evolve(hint, text="confirmed") if hint.source in NAME_SOURCES else hint for hint in hints]
    for decision in decisions:
        if not _concerns(decision, file, record):
            continue
        if getattr(decision, "temperature_K", None) is not None:
            hints = _with_temperature(hints, decision.temperature_K, f"decision of {decision.author}", "confirmed")
        elif getattr(decision, "offset_K", None) is not None:
            hints = [_moved(hint, decision.offset_K) for hint in hints]
    for name in ("run", "role"):
        if getattr(file, name, ""):
            told = getattr(file, name)
            if name == "role" and getattr(file, "is_map", False):
                told = f"map {told[4:].strip().capitalize()}"  # roles come in small letters, elements do not
            hints.append(Hint(name=name, value=told, unit="", source="files.csv"))
    if hints == list(record.hints):
        return record
    return attrs.evolve(record, hints=tuple(hints), technique=technique_of(record, file))


def _of_name(record: Record, shown: str) -> list[Hint]:
    """What the file's name suggests and its reader did not say: a format knows content, the study knows names."""
    from pelletry.formats.hints import hints_from_name

    known = {hint.name for hint in record.hints}
    return [hint for hint in hints_from_name(shown) if hint.name not in known]


def _concerns(decision: Any, file: Any, record: Record) -> bool:
    return decision.file in (None, str(file.path)) and decision.record in (None, record.origin.record)


def _with_temperature(hints: Sequence[Hint], temperature_K: float, source: str, text: str) -> list[Hint]:
    stated = Hint(name="temperature", value=float(temperature_K), unit="K", source=source, text=text)
    return [stated, *(hint for hint in hints if hint.name != "temperature")]


def _moved(hint: Hint, offset_K: float) -> Hint:
    if hint.name != "temperature" or isinstance(hint.value, str):
        return hint
    return attrs.evolve(hint, value=hint.value + offset_K)
