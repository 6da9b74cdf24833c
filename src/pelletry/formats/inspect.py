"""What is in this file, this folder: one answer a file, never an exception for what a file holds."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import attrs

from pelletry.core.errors import FormatError, RefusedFileError, UnknownFormatError
from pelletry.core.record import Hint, Record
from pelletry.formats.hints import hints_from_name
from pelletry.formats.open_file import format_of, read_as
from pelletry.formats.rawfile import RawFile, shown_path
from pelletry.formats.recognised import recognised
from pelletry.formats.twins import Twin, find_twins, twin_of

__all__ = ["Inspected", "files_below", "inspect_paths"]

_SKIPPED_FOLDERS = frozenset({".git", ".pelletry", "__pycache__", ".venv", "node_modules"})
_MOST_FILES = 200_000


@attrs.frozen(kw_only=True)
class Inspected:
    """One file.

    ``status`` is ``read`` (records came out), ``refused`` (known, but broken, not trusted or not read by this version; see
    ``reason``) or ``unknown`` (no reader recognises it). ``points`` counts the rows of all records. ``columns`` are those of the
    first record of ``technique``. ``duplicate_of`` names an earlier file with the same content, or the same data.
    """

    path: str
    status: str = attrs.field(validator=attrs.validators.in_(("read", "refused", "unknown")))
    format: str | None = None
    title: str = ""
    technique: str = ""
    records: int = 0
    points: int = 0
    columns: tuple[tuple[str, str], ...] = ()
    hints: tuple[Hint, ...] = ()
    duplicate_of: str | None = None
    warnings: tuple[str, ...] = ()
    reason: str | None = None
    size_bytes: int = 0

    def as_dict(self) -> dict[str, Any]:
        """The shape of ``pelletry inspect --json``."""
        hints: dict[str, list[dict[str, Any]]] = {}
        for hint in self.hints:
            entry = {"value": hint.value, "unit": hint.unit, "source": hint.source, "text": hint.text}
            hints.setdefault(hint.name, []).append(entry)
        return {
            "path": self.path,
            "status": self.status,
            "format": self.format,
            "technique": self.technique or None,
            "records": self.records,
            "points": self.points,
            "columns": [{"name": name, "unit": unit} for name, unit in self.columns],
            "hints": hints,
            "duplicate_of": self.duplicate_of,
            "warnings": list(self.warnings),
            "reason": self.reason,
        }


def files_below(path: str | os.PathLike[str]) -> Iterator[Path]:
    """The files of a folder and its folders in the order of their names; a file itself when the path is one.

    Links to folders are not followed (a link in a circle would never end); links to files are. Hidden folders of tools are
    left out. Folders that cannot be listed are given back as they are, so that the caller reports them.
    """
    top = Path(path)
    if not top.is_dir():
        yield top
        return
    waiting = [top]
    while waiting:
        folder = waiting.pop()
        try:
            with os.scandir(folder) as found:
                entries = sorted(found, key=lambda entry: entry.name)
        except OSError:
            yield folder
            continue
        below = []
        for entry in entries:
            try:
                is_folder = entry.is_dir(follow_symlinks=False)
                is_linked_folder = not is_folder and entry.is_symlink() and entry.is_dir()
            except OSError:
                is_folder = is_linked_folder = False
            if is_folder and entry.name not in _SKIPPED_FOLDERS:
                below.append(Path(entry.path))
            elif not is_folder and not is_linked_folder:
                yield Path(entry.path)
        waiting.extend(reversed(below))


def inspect_paths(
    paths: Iterable[str | os.PathLike[str]],
    *,
    root: str | os.PathLike[str] | None = None,
    progress: Callable[[int, int, str], None] | None = None,
) -> tuple[Inspected, ...]:
    """Look at files and folders; one :class:`Inspected` a file, sorted by path.

    Nothing that a file holds raises; a path that does not exist does. ``progress`` is told before each file: how many are done, how many there are,
    and its path. One file at a time is held, and of each some hundred points to find those that say the same.

    Raises
    ------
    FormatError
        When a path that was asked for does not exist; names all of them.
    """
    asked = [Path(path) for path in paths]
    missing = [path for path in asked if not os.path.lexists(path)]
    if missing:
        raise FormatError(mistakes=[m for path in missing for m in _missing(path, root).mistakes])
    unique: dict[str, Path] = {}
    for path in asked:
        for file in files_below(path):
            unique.setdefault(os.path.abspath(file), file)
            if len(unique) > _MOST_FILES:
                raise RefusedFileError(
                    f"more than {_MOST_FILES} files", where=shown_path(path, root), do="inspect a folder further down"
                )
    ordered = sorted(unique.values(), key=lambda path: shown_path(path, root))
    inspected: list[Inspected] = []
    twins: list[Twin] = []
    for number, path in enumerate(ordered):
        if progress is not None:
            progress(number, len(ordered), shown_path(path, root))
        one, twin = _inspect(path, root)
        inspected.append(one)
        twins.append(twin)
    found = find_twins(twins)
    return tuple(
        attrs.evolve(one, duplicate_of=found[i][0], warnings=(*one.warnings, found[i][1])) if i in found else one
        for i, one in enumerate(inspected)
    )


def _missing(path: Path, root: str | os.PathLike[str] | None) -> FormatError:
    return FormatError("there is no such file or folder", where=shown_path(path, root), do="check the path")


def _inspect(path: Path, root: str | os.PathLike[str] | None) -> tuple[Inspected, Twin]:
    shown = shown_path(path, root)
    try:
        raw = RawFile.open(path, root=root)
    except FormatError as error:
        return Inspected(path=shown, status="refused", reason=_reason(error, shown)), Twin(path=shown)
    names = hints_from_name(shown)
    format_name: str | None = None
    title = technique = ""
    try:
        chosen = format_of(raw)
        format_name, title, technique = chosen.name, chosen.title, chosen.technique
        records = read_as(raw, chosen)
    except UnknownFormatError as error:
        one = Inspected(
            path=shown, status="unknown", hints=names, reason=_reason(error, shown), size_bytes=raw.size_bytes
        )
        return one, twin_of(raw)
    except FormatError as error:
        kind = recognised(raw) if format_name is None and raw.size_bytes else None
        one = Inspected(
            path=shown,
            status="refused",
            format=format_name if kind is None else kind.name,
            title=title if kind is None else kind.title,
            technique=technique if kind is None else kind.technique,
            hints=names,
            reason=_reason(error, shown),
            size_bytes=raw.size_bytes,
        )
        return one, twin_of(raw)
    return _read(raw, format_name, title, records), twin_of(raw, records)


def _reason(error: FormatError, shown: str) -> str:
    """The sentences without the path, which stands beside them anyway; a line number stays."""
    sentences = []
    for mistake in error.mistakes:
        place = mistake.where.removeprefix(shown).lstrip(": ")
        # Who was asked is the same long list for every unknown file.
        is_unknown = isinstance(error, UnknownFormatError)
        words = str(attrs.evolve(mistake, where="", expected="" if is_unknown else mistake.expected))
        sentences.append(f"{'line ' if place.isdigit() else ''}{place}: {words}" if place else words)
    return " ".join(sentences)


def _read(raw: RawFile, format_name: str, title: str, records: Sequence[Record]) -> Inspected:
    techniques = [record.technique for record in records]
    technique = "impedance" if "impedance" in techniques else next((t for t in techniques if t), "")
    first = next((record for record in records if record.technique == technique), None)
    hints: dict[tuple[object, ...], Hint] = {}
    warnings: dict[str, None] = {}
    for record in records:
        for hint in record.hints:
            hints.setdefault((hint.name, hint.value, hint.source), hint)
        for warning in record.warnings:
            warnings.setdefault(warning)
        for key in record.not_set:
            is_named = record.header.get(key) == "not set"  # by a reader, of what the file does not say at all
            warnings.setdefault(
                f"the file does not say the {key}"
                if is_named
                else f"'{key}' holds the program's default and counts as not set"
            )
    if records and technique != "settings" and not any(record.points for record in records):
        warnings.setdefault("the file holds no points: an aborted or never started run")
    return Inspected(
        path=raw.shown,
        status="read",
        format=format_name,
        title=title,
        technique=technique,
        records=len(records),
        points=sum(record.points for record in records),
        columns=tuple((column.name, column.unit) for column in first.columns) if first else (),
        hints=tuple(hints.values()) or hints_from_name(raw.shown),
        warnings=tuple(warnings),
        size_bytes=raw.size_bytes,
    )
