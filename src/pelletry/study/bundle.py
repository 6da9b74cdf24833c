"""A bundle made by ``export --to eln``, opened and computed again: which numbers moved, and which files are not those described.

The archive is data from elsewhere: names that leave its folder, more bytes than it says, and absurd sizes are refused before
anything is written.
"""

from __future__ import annotations

import hashlib
import json
import math
import zipfile
import zlib
from collections.abc import Mapping, Sequence
from pathlib import Path, PurePosixPath
from typing import Any

import attrs

from pelletry.core.errors import BrokenFileError, Mistake, StudyError
from pelletry.study.document import result_document
from pelletry.study.result import StudyResult

__all__ = ["MovedNumber", "OpenedBundle", "Verified", "moved_numbers", "opened_bundle"]

_METADATA = "ro-crate-metadata.json"
_MOST_FILES, _MOST_BYTES, _MOST_METADATA = 100_000, 20 << 30, 1 << 28
_MOST_RATIO, _FREE_BYTES = 300, 1 << 28
_PIECE = 1 << 20
#: Two computations on other libraries or processors differ in the last digits.
_SAME = 1e-6


@attrs.frozen(kw_only=True)
class OpenedBundle:
    """``folder`` is the study as it was packed, ``document`` its results.json, ``mistakes`` what is not as described."""

    folder: Path
    document: Mapping[str, Any]
    files: int
    mistakes: tuple[str, ...] = ()


@attrs.frozen(kw_only=True)
class MovedNumber:
    """A number that came out otherwise; None where there is none."""

    sample: str
    name: str
    conditions: str
    before: float | None
    now: float | None
    unit: str


@attrs.frozen(kw_only=True)
class Verified:
    """What a bundle gave when it was computed again."""

    files: int
    numbers: int
    moved: tuple[MovedNumber, ...] = ()
    mistakes: tuple[str, ...] = ()

    @property
    def holds(self) -> bool:
        return not self.moved and not self.mistakes


def opened_bundle(path: Path, into: Path) -> OpenedBundle:
    """Unpack a bundle into an empty folder and compare every file with its description.

    Raises
    ------
    BrokenFileError
        When it is no bundle, or its archive would write elsewhere or more than it says.
    StudyError
        When no study is in it.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            names = _checked_names(archive, path)
            root = _root(names, path)
            described = _described(archive, root, path)
            mistakes = list(_unpacked(archive, names, root, described, into))
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError) as error:
        raise BrokenFileError(
            f"the archive is damaged ({error})", where=str(path), do="export the study again"
        ) from error
    except OSError as error:
        raise BrokenFileError(f"cannot be opened ({error.strerror or error})", where=str(path)) from error
    mistakes += [
        f"{name} is described but not there" for name in sorted(set(described) - {_short(n, root) for n in names})
    ]
    studies = sorted(into.rglob("study.toml"), key=lambda p: len(p.parts))
    if not studies:
        raise StudyError(
            "the bundle holds no study.toml", where=str(path), do="export the study again with this program"
        )
    folder = studies[0].parent
    try:
        document = json.loads((folder / "results" / "results.json").read_bytes())
    except (OSError, ValueError) as error:
        raise BrokenFileError("the bundle holds no results.json that can be read", where=str(path)) from error
    return OpenedBundle(folder=folder, document=document, files=len(names), mistakes=tuple(mistakes))


def _checked_names(archive: zipfile.ZipFile, path: Path) -> list[zipfile.ZipInfo]:
    entries = [entry for entry in archive.infolist() if not entry.is_dir()]
    wrong = []
    for entry in entries:
        name = PurePosixPath(entry.filename)
        is_link = (entry.external_attr >> 16) & 0o170000 == 0o120000
        if name.is_absolute() or ".." in name.parts or "\\" in entry.filename or ":" in entry.filename or is_link:
            wrong.append(Mistake(what=f"the name {entry.filename!r} leads out of the bundle", where=str(path)))
    total = sum(entry.file_size for entry in entries)
    packed = sum(entry.compress_size for entry in entries)
    if len(entries) > _MOST_FILES or total > _MOST_BYTES or total > max(_FREE_BYTES, _MOST_RATIO * packed):
        wrong.append(Mistake(what=f"{len(entries)} files of {total} bytes would come out of {packed}", where=str(path)))
    if len({entry.filename for entry in entries}) != len(entries):
        wrong.append(Mistake(what="two files have one name", where=str(path)))
    if wrong:
        raise BrokenFileError(mistakes=wrong[:10])
    return entries


def _root(entries: Sequence[zipfile.ZipInfo], path: Path) -> str:
    tops = {PurePosixPath(entry.filename).parts[0] for entry in entries}
    if len(tops) != 1 or not any(entry.filename == f"{next(iter(tops))}/{_METADATA}" for entry in entries):
        raise BrokenFileError(
            "this is no bundle", where=str(path), expected=f"a ZIP archive with one folder that holds {_METADATA}"
        )
    return next(iter(tops))


def _short(entry: zipfile.ZipInfo, root: str) -> str:
    return entry.filename[len(root) + 1 :]


def _described(archive: zipfile.ZipFile, root: str, path: Path) -> dict[str, str]:
    """Name -> sha256 as the description says."""
    name = f"{root}/{_METADATA}"
    if archive.getinfo(name).file_size > _MOST_METADATA:
        raise BrokenFileError("the description is too large", where=f"{path}: {_METADATA}")
    try:
        graph = json.loads(archive.read(name))["@graph"]
        return {
            str(one["@id"]).removeprefix("./"): str(one["sha256"])
            for one in graph
            if isinstance(one, dict) and one.get("@type") == "File" and "sha256" in one
        }
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise BrokenFileError("the description cannot be read", where=f"{path}: {_METADATA}") from error


def _unpacked(
    archive: zipfile.ZipFile, entries: Sequence[zipfile.ZipInfo], root: str, described: Mapping[str, str], into: Path
) -> list[str]:
    mistakes = []
    for entry in entries:
        name = _short(entry, root)
        target = into / name
        target.parent.mkdir(parents=True, exist_ok=True)
        digest, left = hashlib.sha256(), entry.file_size
        with archive.open(entry) as source, target.open("xb") as out:
            while piece := source.read(_PIECE):
                left -= len(piece)
                if left < 0:
                    raise zipfile.BadZipFile(f"{name} is longer than it says")
                digest.update(piece)
                out.write(piece)
        if name == _METADATA:
            continue
        if name not in described:
            mistakes.append(f"{name} is not described")
        elif described[name] != digest.hexdigest():
            mistakes.append(f"{name} is not the file that was described (its sha256 differs)")
    return mistakes


def moved_numbers(document: Mapping[str, Any], result: StudyResult) -> tuple[int, tuple[MovedNumber, ...]]:
    """How many numbers were compared, and those that differ by more than a millionth of their value or of their uncertainty."""
    before = _by_key(document.get("quantities", []))
    now = _by_key(result_document(result)["quantities"])
    moved = []
    for key in dict.fromkeys((*before, *now)):
        old, new = before.get(key, {}), now.get(key, {})
        if any(not _is_same(old.get(part), new.get(part), old.get("value")) for part in ("value", "std")):
            sample, name, conditions = key
            unit = str(new.get("unit") or old.get("unit") or "")
            moved.append(
                MovedNumber(
                    sample=sample,
                    name=name,
                    conditions=conditions,
                    before=old.get("value"),
                    now=new.get("value"),
                    unit=unit,
                )
            )
    return len(before.keys() | now.keys()), tuple(moved)


def _by_key(quantities: Sequence[Mapping[str, Any]]) -> dict[tuple[str, str, str], Mapping[str, Any]]:
    found: dict[tuple[str, str, str], Mapping[str, Any]] = {}
    for one in quantities:
        conditions = ", ".join(f"{k} {v}" for k, v in sorted(dict(one.get("conditions", {})).items()))
        key = (str(one["sample"]), str(one["name"]), conditions)
        while key in found:  # repeated records of one file
            key = (key[0], key[1], key[2] + "'")
        found[key] = one
    return found


def _is_same(a: Any, b: Any, scale: Any) -> bool:
    if a is None or b is None:
        return a is None and b is None
    size = max(abs(float(a)), abs(float(b)), 1e-3 * abs(float(scale or 0.0)))
    return math.isclose(float(a), float(b), rel_tol=0.0, abs_tol=_SAME * size)
