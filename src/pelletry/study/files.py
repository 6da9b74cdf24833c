"""Which raw file belongs to which sample, at which temperature: ``files.csv`` and the patterns of the samples table.

``files.csv`` (optional; ``new`` drafts it) has one row a spectrum: file, record, sample, temperature, temperature_source,
technique, role, run, note. A row without a sample sets its file aside; the sample ``*`` gives a file with a role (the scan of a
standard, a blank run) to every sample that has measurements of the same technique. Patterns in the samples table's column ``files`` add what files.csv does not
list. Paths are written from the study folder. They may leave it only into the folder that study.toml names under
``[raw] folder``, so that a copied study cannot read anything else of the machine. Raw files are only ever read.
"""

from __future__ import annotations

import fnmatch
import os
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path, PurePosixPath

import attrs

from pelletry.core.errors import Mistake, PelletryError, quoted
from pelletry.study.cells import NOT_KNOWN, read_cell, split_head
from pelletry.study.samples import SampleRow, folded
from pelletry.study.survey import natural
from pelletry.study.tables import Row, TextTable, read_table
from pelletry.study.toml_file import did_you_mean

__all__ = ["FILE_COLUMNS", "NAME_SOURCES", "StudyFile", "find_files"]

#: Column of files.csv -> what it holds.
FILE_COLUMNS: dict[str, str] = {
    "file": "path from the study folder, with forward slashes",
    "record": "which spectrum of the file, counted from 1; empty: all of them",
    "sample": "name of the sample; empty: the file is set aside",
    "temperature": "temperature of the pellet, with its unit",
    "temperature_source": "where it comes from: file name, folder name, header, column, or any text for a value you state",
    "technique": "what the file holds: impedance, diffraction, cycling, ...; for the reader, the content decides",
    "role": "what the file is to its technique: blank, standard, control, short, open, pristine, cycled, map Ti; empty: the measurement itself",
    "run": "tells repeated spectra of one sample and temperature apart: heating, cooling, 2",
    "note": "free text",
}
#: Sources that a person must confirm in study.toml, ``[confirm] temperatures_from_file_names = true``.
NAME_SOURCES = ("file name", "folder name")
_NEVER = frozenset({"study.toml", "decisions.toml", "claims.toml", "files.csv", "samples.csv", "samples.xlsx"})
_LIMIT_FILES = 100_000
_EVERY = "*"


@attrs.frozen(kw_only=True)
class StudyFile:
    """One raw file, or one record of it, and what the study says of it.

    ``path`` is written from the study folder, with forward slashes; ``record`` counts from 0, None means all records.
    ``is_shared``: the file was given to every sample. ``temperature_K`` None: not stated here, the file's own column, header or name decides. ``is_confirmed`` says whether a
    temperature read from a file or folder name may be used.
    """

    path: str
    record: int | None = None
    sample: str
    temperature_K: float | None = None
    temperature_source: str = ""
    is_confirmed: bool
    technique: str = ""
    role: str = ""
    run: str = ""
    note: str = ""
    where: str = ""
    is_shared: bool = False

    @property
    def is_map(self) -> bool:
        """Does the study call the file the map of an element (role ``map Ti``)?"""
        return self.role.startswith("map ")


@attrs.frozen(kw_only=True)
class _Room:
    """Where files may lie: the study folder and the raw folder of study.toml (absolute, None when there is none)."""

    folder: Path
    raw_folder: Path | None

    def located(self, path: str) -> tuple[Path, str] | None:
        """The absolute place of a written path and its one spelling, or None when it leaves both folders.

        Links are followed by the system, not here: a link in the study was put there by its owner.
        """
        absolute = Path(os.path.abspath(self.folder / path.replace("\\", "/")))
        if absolute.is_relative_to(self.folder):
            return absolute, absolute.relative_to(self.folder).as_posix()
        if self.raw_folder is not None and absolute.is_relative_to(self.raw_folder):
            if Path(path).is_absolute():
                return absolute, absolute.as_posix()
            return absolute, PurePosixPath(os.path.relpath(absolute, self.folder).replace(os.sep, "/")).as_posix()
        return None


def find_files(
    folder: Path,
    *,
    raw_folder: Path | None,
    samples: Sequence[SampleRow],
    confirms_names: bool,
    mistakes: list[Mistake],
) -> tuple[tuple[StudyFile, ...], tuple[StudyFile, ...]]:
    """The files of the samples, in the order they are written, and those set aside (their ``sample`` is empty)."""
    room = _Room(folder=folder, raw_folder=raw_folder)
    listed = _listed(room, samples, confirms_names, mistakes)
    _refuse_double_claims(listed, mistakes)
    known = {file.path for file in listed}
    matched = _matched(room, samples, known, confirms_names, mistakes)
    used = tuple(file for file in (*listed, *matched) if file.sample)
    return used, tuple(file for file in listed if not file.sample)


def _listed(
    room: _Room, samples: Sequence[SampleRow], confirms_names: bool, mistakes: list[Mistake]
) -> list[StudyFile]:
    path = room.folder / "files.csv"
    if not path.exists():
        return []
    table = read_table(path, shown="files.csv", mistakes=mistakes)
    if table is None:
        return []
    columns = _columns(table, mistakes)
    if "file" not in columns:
        mistakes.append(Mistake(what="there is no column file", where="files.csv", expected=", ".join(FILE_COLUMNS)))
        return []
    names = {folded(row.sample.name): row.sample.name for row in samples}
    found = [_listed_file(room, table, columns, row, names, confirms_names, mistakes) for row in table.rows]
    return [one for file in found if file is not None for one in _for_each(file, list(names.values()))]


def _for_each(file: StudyFile, samples: Sequence[str]) -> list[StudyFile]:
    """A file of the sample ``*`` once for each sample."""
    if file.sample != _EVERY:
        return [file]
    return [attrs.evolve(file, sample=sample, is_shared=True) for sample in samples]


def _columns(table: TextTable, mistakes: list[Mistake]) -> dict[str, tuple[str, str]]:
    columns: dict[str, tuple[str, str]] = {}
    for head in table.heads:
        key, unit = split_head(head, list(FILE_COLUMNS))
        if key is None and head:
            do = did_you_mean(head, FILE_COLUMNS)
            mistakes.append(
                Mistake(what="unknown column", where=f"files.csv: {head}", expected=", ".join(FILE_COLUMNS), do=do)
            )
        elif key is not None:
            columns[key] = (head, unit)
    return columns


def _listed_file(
    room: _Room,
    table: TextTable,
    columns: Mapping[str, tuple[str, str]],
    row: Row,
    names: Mapping[str, str],
    confirms_names: bool,
    mistakes: list[Mistake],
) -> StudyFile | None:
    def text(key: str) -> str:
        return row.cells.get(columns[key][0], "").strip() if key in columns else ""

    def wrong(key: str, what: str, *, expected: str = "", do: str = "") -> None:
        mistakes.append(Mistake(what=what, where=table.where(row, key), expected=expected, do=do))

    before = len(mistakes)
    sample = ""
    if text("sample") == _EVERY:
        sample = _EVERY
        if not text("role"):
            wrong("role", "a file of every sample has no role", expected="blank, standard, ... in the column role")
    elif text("sample"):
        sample = names.get(folded(text("sample")), "")
        if not sample:
            wrong(
                "sample",
                f"there is no sample {quoted(text('sample'))}",
                do=did_you_mean(text("sample"), list(names.values())) or "add it to the samples table",
            )
    path = _existing(room, text("file"), table.where(row, "file"), mistakes, must_exist=bool(text("sample")))
    record: int | None = None
    if text("record"):
        if text("record").isdigit() and int(text("record")) >= 1:
            record = int(text("record")) - 1
        else:
            wrong(
                "record", f"{quoted(text('record'))} is not a number of a record", expected="1, 2, … or an empty cell"
            )
    temperature = _temperature(table, columns, row, text("temperature"), mistakes)
    if len(mistakes) > before or path is None:
        return None
    source = text("temperature_source") or ("files.csv" if temperature is not None else "")
    return StudyFile(
        path=path,
        record=record,
        sample=sample,
        temperature_K=temperature,
        temperature_source=source,
        is_confirmed=confirms_names or (temperature is not None and source.lower() not in NAME_SOURCES),
        technique=text("technique").lower(),
        role=text("role").lower(),
        run=text("run"),
        note=text("note"),
        where=table.where(row),
    )


def _temperature(
    table: TextTable, columns: Mapping[str, tuple[str, str]], row: Row, text: str, mistakes: list[Mistake]
) -> float | None:
    if text.lower() in NOT_KNOWN:
        return None
    head, unit = columns["temperature"]
    where = table.where(row, head)
    try:
        cell = read_cell(text, unit="K", head_unit=unit, where=where, has_decimal_comma=table.has_decimal_comma)
    except PelletryError as error:
        mistakes.extend(error.mistakes)
        return None
    if not 0 < cell.estimate.value < 4000:
        mistakes.append(
            Mistake(what=f"{quoted(text)} is not a temperature of a pellet", where=where, do="check the unit")
        )
        return None
    return cell.estimate.value


def _existing(room: _Room, text: str, where: str, mistakes: list[Mistake], *, must_exist: bool) -> str | None:
    if not text:
        mistakes.append(Mistake(what="the row names no file", where=where, do="write its path, or empty the row"))
        return None
    located = _located(room, text, where, mistakes)
    if located is None:
        return None
    absolute, path = located
    if must_exist and not absolute.is_file():
        what = "is a folder" if absolute.is_dir() else "does not exist"
        do = f"name files in it, as {path}/*" if absolute.is_dir() else _nearby(absolute)
        mistakes.append(Mistake(what=f"the file {quoted(path, longest=200)} {what}", where=where, do=do))
        return None
    return path


def _located(room: _Room, text: str, where: str, mistakes: list[Mistake]) -> tuple[Path, str] | None:
    if "\x00" in text:
        mistakes.append(Mistake(what=f"{quoted(text)} is not a path", where=where))
        return None
    located = room.located(text)
    if located is None:
        mistakes.append(
            Mistake(
                what=f"the path {quoted(text, longest=200)} leaves the study folder",
                where=where,
                do='put the files into the study, or name their folder in study.toml: [raw] folder = "…"',
            )
        )
    return located


def _nearby(absolute: Path) -> str:
    if not absolute.parent.is_dir():
        return "check the path; its folder does not exist either"
    names = [entry.name for entry in absolute.parent.iterdir()]
    same = next((name for name in names if name.lower() == absolute.name.lower()), None)
    return f"did you mean {same}?" if same else did_you_mean(absolute.name, names) or "check the path"


def _refuse_double_claims(files: Sequence[StudyFile], mistakes: list[Mistake]) -> None:
    """One record, one sample; and one spectrum for each sample, temperature and run."""
    owners: dict[tuple[str, int | None], StudyFile] = {}
    spectra: dict[tuple[str, float, str, str, str], StudyFile] = {}
    for file in files:
        same = [
            owners[key]
            for key in owners
            if key[0] == file.path
            and (None in (key[1], file.record) or key[1] == file.record)
            and not (owners[key].is_shared and file.is_shared)
        ]
        if same:
            first = same[0]
            who = f"by {quoted(first.sample)}" if first.sample else "as set aside"
            mistakes.append(
                Mistake(
                    what=f"{quoted(file.path, longest=200)} is listed already {who} ({first.where})",
                    where=file.where,
                    do="keep one row, or give each its record",
                )
            )
        owners.setdefault((file.path, file.record), file)
        if not file.sample or file.temperature_K is None:
            continue
        key = (file.sample, round(file.temperature_K, 3), file.run, file.technique, file.role)
        if key in spectra and not same:
            mistakes.append(
                Mistake(
                    what=f"a second spectrum of {quoted(file.sample)} at {file.temperature_K - 273.15:.6g} °C; the first is {spectra[key].where}",
                    where=file.where,
                    do="empty the sample of one to set it aside, or tell them apart in the column run",
                )
            )
        spectra.setdefault(key, file)


def _matched(
    room: _Room, samples: Sequence[SampleRow], known: set[str], confirms_names: bool, mistakes: list[Mistake]
) -> list[StudyFile]:
    owners: dict[str, SampleRow] = {}
    found: list[StudyFile] = []
    for row in samples:
        where = f"{row.where}: files"
        for pattern in row.patterns:
            paths = _paths(room, pattern, where, mistakes)
            for path in paths:
                if path in known:
                    continue
                owner = owners.setdefault(path, row)
                if owner is not row:
                    what = f"{quoted(path, longest=200)} is claimed by {quoted(owner.sample.name)} and by {quoted(row.sample.name)}"
                    mistakes.append(
                        Mistake(what=what, where=where, do="narrow one of the patterns, or list the file in files.csv")
                    )
                elif all(file.path != path for file in found if file.sample == row.sample.name):
                    found.append(StudyFile(path=path, sample=row.sample.name, is_confirmed=confirms_names, where=where))
    return found


def _paths(room: _Room, pattern: str, where: str, mistakes: list[Mistake]) -> list[str]:
    pattern = pattern.replace("\\", "/")
    if not any(c in pattern for c in "*?["):
        path = _existing(room, pattern, where, mistakes, must_exist=True)
        return [] if path is None else [path]
    head = [part for part in _fixed_parts(pattern)]
    fixed = "/".join(head) or ("/" if pattern.startswith("/") else ".")
    located = _located(room, fixed, where, mistakes)
    if located is None:
        return []
    base, _ = located
    rest = pattern[len("/".join(head)) :].lstrip("/")
    prefix = "" if fixed == "." else fixed.rstrip("/") + "/"
    found = sorted((p for p in _glob(base, rest)), key=natural)
    paths = [place[1] for p in found if (place := room.located(prefix + p)) is not None and place[1] not in _NEVER]
    if not paths:
        mistakes.append(
            Mistake(what=f"the pattern {quoted(pattern, longest=200)} matches no file", where=where, do=_hint(base))
        )
    return paths


def _fixed_parts(pattern: str) -> Iterator[str]:
    for part in pattern.split("/"):
        if any(c in part for c in "*?["):
            return
        yield part


def _glob(base: Path, rest: str) -> Iterator[str]:
    """Files below ``base`` whose path matches; hidden files and folders and ``results`` of a study are left out."""
    parts = rest.split("/")
    deep = "**" in parts
    count = 0
    for folder, folders, names in os.walk(base):
        relative = Path(folder).relative_to(base)
        depth = len(relative.parts)
        folders[:] = sorted(f for f in folders if not f.startswith(".")) if deep or depth < len(parts) - 1 else []
        for name in sorted(names):
            count += 1
            if count > _LIMIT_FILES:
                return
            path = (relative / name).as_posix()
            if not name.startswith(".") and _fits(path.split("/"), parts):
                yield path


def _fits(path: Sequence[str], parts: Sequence[str]) -> bool:
    if not parts:
        return not path
    if parts[0] == "**":
        return any(_fits(path[n:], parts[1:]) for n in range(len(path) + 1))
    return bool(path) and fnmatch.fnmatchcase(path[0], parts[0]) and _fits(path[1:], parts[1:])


def _hint(base: Path) -> str:
    if not base.is_dir():
        return "its folder does not exist; check the path"
    names = sorted(entry.name for entry in base.iterdir() if entry.is_file() and not entry.name.startswith("."))
    return f"there are {len(names)} files, such as {', '.join(names[:3])}" if names else "the folder holds no files"
