"""A study as one ``.eln`` file: raw files, settings and results with a description that other programs read.

The file is a ZIP archive with one folder (The ELN Consortium's file format) that is an RO-Crate 1.1: ``ro-crate-metadata.json``
lists every file with its sha256, and one ``CreateAction`` for each derived number, from the raw files it was made of to its value.
Nothing in it depends on the machine or the moment: the same study gives the same bytes.
"""

from __future__ import annotations

import datetime
import hashlib
import json
import mimetypes
import os
import tempfile
import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import attrs

from pelletry.core.errors import StoreError, StudyError
from pelletry.core.quantity import Estimate, Reported
from pelletry.export.document import origins_of
from pelletry.export.folder import file_name
from pelletry.study.compare import conditions_in_words
from pelletry.study.result import DataFile, StudyResult
from pelletry.study.spec import Study

__all__ = ["METADATA", "bundle_name", "write_bundle"]

METADATA = "ro-crate-metadata.json"
_CONTEXT = "https://w3id.org/ro/crate/1.1/context"
_STUDY_FILES = ("study.toml", "samples.csv", "samples.xlsx", "files.csv", "decisions.toml", "claims.toml")
_PIECE = 1 << 20
_EPOCH = (1980, 1, 1, 0, 0, 0)  # the earliest moment that a ZIP archive can say
_STORED = (".zip", ".gz", ".xlsx", ".rasx", ".brml", ".png", ".jpg", ".jpeg", ".ndax", ".pdf")


@attrs.frozen(kw_only=True, eq=False)
class _Entry:
    """One file of the bundle: ``name`` in it, and its bytes or the place they are read from."""

    name: str
    content: bytes | None = None
    path: Path | None = None
    sha256: str
    size_bytes: int
    description: str = ""


def bundle_name(result: StudyResult) -> str:
    """The name of the bundle, and of the one folder in it."""
    return file_name(result.folder or result.title or "study")


def write_bundle(path: Path, study: Study, result: StudyResult, results: Mapping[str, bytes]) -> None:
    """Write the bundle of a study that was run; ``results`` are files of its results folder by name.

    Raises
    ------
    StudyError
        When the study names its raw folder by an absolute path, which means nothing elsewhere, or a raw file changed since the run.
    StoreError
        When the bundle cannot be written; an older one is untouched then.
    """
    base = _base(study)
    entries = [*_own_files(study, base), *_raw_files(study, result, base), *_result_files(study, base, results)]
    text = json.dumps(_metadata(study, result, entries, base), indent=1, ensure_ascii=False, sort_keys=True) + "\n"
    head = _of_bytes(METADATA, text.encode("utf-8"))
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, temporary = tempfile.mkstemp(prefix=f".{path.name[:40]}.", suffix=".part", dir=path.parent)
        try:
            with os.fdopen(handle, "wb") as out, zipfile.ZipFile(out, "w", allowZip64=True) as archive:
                for entry in (head, *entries):
                    _add(archive, bundle_name(result), entry)
            os.chmod(temporary, 0o644)
            os.replace(temporary, path)
        finally:
            Path(temporary).unlink(missing_ok=True)
    except OSError as error:
        raise StoreError(
            f"cannot be written: {error.strerror or error}",
            where=path,
            do="make room on the disk, or give write permission",
        ) from error


def _base(study: Study) -> Path:
    """The folder that holds the study and all of its raw files; it becomes the root of the bundle."""
    folder = Path(study.folder)
    paths = [study.path_of(file) for file in (*study.files, *study.set_aside)]
    absolute = [file.path for file in study.files if Path(file.path).is_absolute()]
    if absolute or any(os.path.splitdrive(p)[0] != os.path.splitdrive(folder)[0] for p in paths):
        raise StudyError(
            "the raw files are named by absolute paths, which mean nothing on another computer",
            where="study.toml: raw.folder",
            expected="a path from the study folder, as ../measurements",
            do="write it so, or put the raw files into the study",
        )
    return Path(os.path.commonpath([str(folder), *(str(p.parent) for p in paths)]))


def _own_files(study: Study, base: Path) -> list[_Entry]:
    folder = Path(study.folder)
    return [
        _of_bytes(_inside(folder / name, base), (folder / name).read_bytes(), "how the study was analysed")
        for name in _STUDY_FILES
        if (folder / name).is_file()
    ]


def _raw_files(study: Study, result: StudyResult, base: Path) -> list[_Entry]:
    found = []
    for file in sorted(result.files, key=lambda f: f.path):
        path = Path(os.path.abspath(Path(study.folder) / file.path))
        if not path.is_file():
            continue  # the report says that it could not be opened
        digest, size_bytes = _digest(path)
        if digest != file.sha256:
            raise StudyError("the file changed since the run", where=file.path, do="run the study again")
        words = " · ".join(word for word in (file.technique, ", ".join(file.samples), file.status) if word)
        found.append(
            _Entry(
                name=_inside(path, base),
                path=path,
                sha256=digest,
                size_bytes=size_bytes,
                description=f"raw file: {words}",
            )
        )
    return list({entry.name: entry for entry in found}.values())


def _result_files(study: Study, base: Path, results: Mapping[str, bytes]) -> list[_Entry]:
    folder = Path(study.folder) / "results"
    return [
        _of_bytes(_inside(folder / name, base), content, "derived by pelletry")
        for name, content in sorted(results.items())
    ]


def _inside(path: Path, base: Path) -> str:
    return path.relative_to(base).as_posix()


def _of_bytes(name: str, content: bytes, description: str = "") -> _Entry:
    digest = hashlib.sha256(content).hexdigest()
    return _Entry(name=name, content=content, sha256=digest, size_bytes=len(content), description=description)


def _digest(path: Path) -> tuple[str, int]:
    digest, size = hashlib.sha256(), 0
    with path.open("rb") as handle:
        while piece := handle.read(_PIECE):
            digest.update(piece)
            size += len(piece)
    return digest.hexdigest(), size


def _add(archive: zipfile.ZipFile, root: str, entry: _Entry) -> None:
    info = zipfile.ZipInfo(f"{root}/{entry.name}", date_time=_EPOCH)
    info.external_attr = 0o644 << 16
    info.create_system = 3  # the same bytes on every system
    is_packed = entry.name.lower().endswith(_STORED)
    info.compress_type = zipfile.ZIP_STORED if is_packed else zipfile.ZIP_DEFLATED
    info.file_size = entry.size_bytes
    with archive.open(info, "w", force_zip64=entry.size_bytes >= 1 << 31) as out:
        if entry.content is not None:
            out.write(entry.content)
        elif entry.path is not None:
            with entry.path.open("rb") as handle:
                while piece := handle.read(_PIECE):
                    out.write(piece)


# -- the description ---------------------------------------------------------------------------------------------------


def _metadata(study: Study, result: StudyResult, entries: Sequence[_Entry], base: Path) -> dict[str, Any]:
    files = [_file(entry) for entry in entries]
    actions, values = _actions(study, result, base, {entry.name for entry in entries})
    date = _date(result, study)
    simulated = f" Simulated from published values: {result.simulated_from}." if result.is_simulated else ""
    root = {
        "@id": "./",
        "@type": "Dataset",
        "name": result.title,
        "description": f"A study of {len(result.samples)} samples with raw files, settings, results and their provenance.{simulated}",
        "datePublished": date,
        "license": "not stated by the authors of the study",
        "author": {"@id": "#author"} if study.author else "not stated",
        "hasPart": [{"@id": entry["@id"]} for entry in files],
        "mentions": [{"@id": action["@id"]} for action in actions],
    }
    graph: list[dict[str, Any]] = [
        {
            "@id": METADATA,
            "@type": "CreativeWork",
            "about": {"@id": "./"},
            "conformsTo": {"@id": "https://w3id.org/ro/crate/1.1"},
            "dateCreated": date,
            "sdPublisher": {"@id": "#pelletry"},
        },
        root,
        {"@id": "#pelletry", "@type": "SoftwareApplication", "name": "Pelletry", "version": result.version, "softwareVersion": result.version},
        *([{"@id": "#author", "@type": "Person", "name": study.author}] if study.author else []),
        *files,
        *actions,
        *values,
    ]  # fmt: skip
    return {"@context": _CONTEXT, "@graph": graph}


def _date(result: StudyResult, study: Study) -> str:
    """When the youngest raw file was measured; no clock of this machine, or the same study would give other bytes each day."""
    stated = [o.acquired_at for r in result.results for o in r.result.lineage.origins if o.acquired_at]
    days = sorted(day for text in stated if (day := _day(text)))
    days += sorted(str(decision.date) for decision in study.decisions)[-1:]
    return max(days, default="1980-01-01")


def _day(text: str) -> str:
    try:
        return datetime.date.fromisoformat(text[:10]).isoformat()
    except ValueError:
        return ""


def _file(entry: _Entry) -> dict[str, Any]:
    kind = mimetypes.guess_type(entry.name)[0] or "application/octet-stream"
    return {
        "@id": f"./{entry.name}",
        "@type": "File",
        "name": entry.name.rpartition("/")[2],
        "description": entry.description,
        "encodingFormat": kind,
        "contentSize": str(entry.size_bytes),
        "sha256": entry.sha256,
    }


def _actions(
    study: Study, result: StudyResult, base: Path, present: set[str]
) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """One action and one value for each number that was found."""
    folder = Path(study.folder)
    known = {file.path: file for file in result.files}
    toml = _inside(folder / "study.toml", base)
    actions: list[dict[str, Any]] = []
    values: list[dict[str, Any]] = []
    for found in result.results:
        lineage = found.result.lineage
        for reported in found.result.quantities:
            if not isinstance(reported.quantity, Estimate):
                continue
            number = len(actions) + 1
            paths = dict.fromkeys(origin.path for origin in origins_of(reported, lineage.origins))
            inputs = [_place(folder, known.get(path), path, base) for path in paths]
            used = [name for name in (*inputs, toml) if name in present]
            actions.append(
                {
                    "@id": f"#action-{number}",
                    "@type": "CreateAction",
                    "name": f"{reported.sample}: {reported.name} {conditions_in_words(reported)}".strip(),
                    "description": f"{found.technique}: {reported.quantity.method}",
                    "instrument": {"@id": "#pelletry"},
                    "object": [{"@id": f"./{name}"} for name in used],
                    "result": {"@id": f"#value-{number}"},
                }
            )
            values.append(_value(number, reported, reported.quantity))
    return actions, values


def _place(folder: Path, file: DataFile | None, path: str, base: Path) -> str:
    shown = path if file is None else file.path
    return _inside(Path(os.path.abspath(folder / shown)), base)


def _value(number: int, reported: Reported, estimate: Estimate) -> dict[str, Any]:
    made: dict[str, Any] = {
        "@id": f"#value-{number}",
        "@type": "PropertyValue",
        "name": f"{reported.sample}: {reported.name}",
        "propertyID": reported.name,
        "value": estimate.value,
        "unitText": estimate.unit,
        "measurementTechnique": estimate.method,
        "description": ", ".join(f"{key} {value}" for key, value in reported.conditions),
    }
    interval = estimate.interval
    if interval is not None:
        made |= {"minValue": interval[0], "maxValue": interval[1]}
    return made
