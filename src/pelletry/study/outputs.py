"""The ``results/`` folder of a study: each file whole or not there, and an index of what belongs together, written last."""

from __future__ import annotations

import fnmatch
import hashlib
import json
import os
import platform
import re
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from pelletry.core.errors import StoreError

__all__ = ["INDEX", "listed_outputs", "write_outputs", "write_whole"]

INDEX = "index.json"


def write_whole(path: Path, content: bytes) -> None:
    """Write a file so that a reader sees the old one or the new one, never a part.

    Raises
    ------
    StoreError
        When the folder cannot be written or the disk is full; the old file is untouched.
    """
    temporary = ""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        prefix = f".{path.name[:40]}.{_machine()}-{os.getpid()}."
        handle, temporary = tempfile.mkstemp(prefix=prefix, suffix=".part", dir=path.parent)
        with os.fdopen(handle, "wb") as stream:
            stream.write(content)
            stream.flush()
            os.fsync(stream.fileno())
        os.chmod(temporary, 0o666 & ~_umask())
        os.replace(temporary, path)
    except OSError as error:
        if temporary:
            Path(temporary).unlink(missing_ok=True)
        raise StoreError(
            f"cannot be written: {error.strerror or error}",
            where=path,
            do="make room on the disk or give write permission, then run again; everything already computed is kept",
        ) from error


def _machine() -> str:
    """A short mark of this computer: process numbers mean nothing on another one that shares the folder."""
    return hashlib.sha256(platform.node().encode("utf-8", "surrogatepass")).hexdigest()[:8]


def _sweep(folder: Path) -> None:
    """Take away the beginnings of files that a killed process left; those of a living one stay."""
    if os.name == "nt":  # there is no harmless way to ask whether a process lives
        return
    for part in folder.rglob(".*.part"):
        found = re.search(rf"\.{_machine()}-(\d+)\.[^.]*\.part$", part.name)
        if found is None or _is_alive(int(found[1])):
            continue
        try:
            part.unlink()
        except OSError:
            continue  # somebody else took it, or the folder cannot be written, which the writing itself will say


def _is_alive(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True  # it is somebody else's
    return True


def _umask() -> int:
    current = os.umask(0)
    os.umask(current)
    return current


def write_outputs(folder: Path, contents: Mapping[str, bytes], *, replaces: Sequence[str] = ()) -> tuple[Path, ...]:
    """Write files under ``folder`` (names with forward slashes) and then the index of everything in it.

    Files of an earlier call whose names match a pattern of ``replaces`` and that are not written again are removed, unless
    somebody changed them since. A file whose bytes are the same is not touched. The index lists each file of this and of earlier calls with its
    sha256; it is written last, so a file that is not in it, or differs from it, stems from a write that was cut short.

    Raises
    ------
    StoreError
        As :func:`write_whole`.
    """
    _sweep(folder)
    listed = listed_outputs(folder)
    for name in [n for n in listed if n not in contents and any(fnmatch.fnmatchcase(n, p) for p in replaces)]:
        if _remove_if_ours(folder / name, listed[name]):
            del listed[name]
    paths = []
    for name, content in sorted(contents.items()):
        path = folder / name
        digest = hashlib.sha256(content).hexdigest()
        if not (path.is_file() and path.stat().st_size == len(content) and path.read_bytes() == content):
            write_whole(path, content)
        listed[name] = digest
        paths.append(path)
    present = {name: digest for name, digest in sorted(listed.items()) if (folder / name).is_file()}
    index = json.dumps({"files": present}, indent=1, ensure_ascii=True) + "\n"
    write_whole(folder / INDEX, index.encode("ascii"))
    return tuple(paths)


def _remove_if_ours(path: Path, digest: str) -> bool:
    try:
        is_ours = hashlib.sha256(path.read_bytes()).hexdigest() == digest
        if is_ours:
            path.unlink()
    except OSError:
        return False  # it is gone, or cannot be removed; the index keeps what is there
    return is_ours


def listed_outputs(folder: Path) -> dict[str, str]:
    """The files that earlier calls wrote, with their sha256; none when there is no index."""
    try:
        found = json.loads((folder / INDEX).read_bytes())["files"]
        return {str(name): str(digest) for name, digest in found.items()}
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return {}  # no index yet, or a damaged one: it is made anew
