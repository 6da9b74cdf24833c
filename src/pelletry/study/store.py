"""What a study keeps between runs: ``.pelletry/cache.sqlite``, a cache that may be deleted at any time.

Three tables: ``file`` (path -> sha256, so that an untouched file is not read again), ``entry`` (key -> payload, where the
key is the sha256 of everything the payload depends on) and ``task`` (the parts of the last key of each task, so that the
run log can say *why* something was computed again).

Nothing here ever stops a run: a store that is damaged, foreign, of an older program, locked or on a read-only folder is
set aside or done without, and :attr:`Store.notes` says so in a sentence. SQLite's own journal makes an interruption at
any moment harmless: a payload is there whole or not at all.
"""

from __future__ import annotations

import contextlib
import errno
import hashlib
import json
import os
import sqlite3
import time
from collections.abc import Iterator
from pathlib import Path

import attrs

__all__ = ["Fingerprint", "Store", "file_sha256"]

#: Written into the file's header ("PLTR"), so that another program's database is recognised as foreign.
_APPLICATION_ID = 0x504C5452
_LAYOUT = 1
_TABLES = """
CREATE TABLE file (path TEXT PRIMARY KEY, stat TEXT NOT NULL, hashed_ns INTEGER NOT NULL, sha256 TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE entry (key TEXT PRIMARY KEY, digest TEXT NOT NULL, payload BLOB NOT NULL);
CREATE TABLE task (name TEXT PRIMARY KEY, parts TEXT NOT NULL) WITHOUT ROWID;
"""
#: A file changed less than this before it was hashed may change again within the clock tick of its file system.
_RACY_NS = 2_000_000_000
_BUSY_S = 10.0


@attrs.frozen(kw_only=True)
class Fingerprint:
    """A file as it was seen: its content (sha256) and what the file system says of it."""

    sha256: str
    size_bytes: int
    stat: str


def file_sha256(path: Path) -> str:
    """Hex sha256 of a file, read in pieces of 1 MiB."""
    digest = hashlib.sha256()
    if not path.is_file() and path.exists():
        # To open a pipe would wait for somebody to write into it.
        raise OSError(errno.EINVAL, "not a regular file", str(path))
    with path.open("rb") as stream:
        while piece := stream.read(1 << 20):
            digest.update(piece)
    return digest.hexdigest()


def _stat_text(path: Path) -> tuple[str, int, int]:
    seen = path.stat()
    return f"{seen.st_size}:{seen.st_mtime_ns}:{seen.st_ctime_ns}:{seen.st_ino}", seen.st_size, seen.st_mtime_ns


class Store:
    """The cache of one study folder. Use as a context manager; ``notes`` are sentences for the person at the terminal.

    With ``is_kept`` False nothing is written anywhere.
    """

    def __init__(self, folder: Path, *, is_kept: bool = True) -> None:
        self.folder = folder
        self.path = folder / ".pelletry" / "cache.sqlite"
        self.notes: list[str] = []
        self._connection = self._opened() if is_kept else self._unkept()

    def __enter__(self) -> Store:
        return self

    def __exit__(self, *_: object) -> None:
        self._connection.close()

    # -- files ---------------------------------------------------------------------------------------------------------

    def fingerprint(self, path: Path, shown: str) -> Fingerprint:
        """sha256 of a file; not read again when size, times and inode are as they were when it was last hashed.

        Raises
        ------
        OSError
            When the file cannot be read.
        """
        stat, size, mtime_ns = _stat_text(path)
        with self._safely("the list of files"):
            row = self._connection.execute(
                "SELECT sha256, hashed_ns FROM file WHERE path = ? AND stat = ?", (shown, stat)
            ).fetchone()
            if row is not None and mtime_ns < row[1] - _RACY_NS:
                return Fingerprint(sha256=row[0], size_bytes=size, stat=stat)
        hashed_ns = time.time_ns()
        sha256 = file_sha256(path)
        with self._safely("the list of files"):
            self._connection.execute(
                "INSERT OR REPLACE INTO file VALUES (?, ?, ?, ?)", (shown, stat, hashed_ns, sha256)
            )
        return Fingerprint(sha256=sha256, size_bytes=size, stat=stat)

    @staticmethod
    def has_changed(path: Path, earlier: Fingerprint) -> bool:
        """Is the file's content another one than it was? (Its times alone do not count.)"""
        try:
            stat, _, _ = _stat_text(path)
            return stat != earlier.stat and file_sha256(path) != earlier.sha256
        except OSError:
            return True

    # -- payloads ------------------------------------------------------------------------------------------------------

    def get(self, key: str) -> bytes | None:
        """The payload kept under a key, or None. A payload that does not match its digest counts as absent."""
        with self._safely("a kept result"):
            row = self._connection.execute("SELECT digest, payload FROM entry WHERE key = ?", (key,)).fetchone()
            if row is None:
                return None
            payload = bytes(row[1])
            if hashlib.sha256(payload).hexdigest() == row[0]:
                return payload
            self.notes.append("A kept result was damaged; it is computed again.")
        return None

    def put(self, key: str, payload: bytes) -> None:
        """Keep a payload; on a full disk the run goes on without."""
        digest = hashlib.sha256(payload).hexdigest()
        with self._safely("a result"):
            self._connection.execute("INSERT OR REPLACE INTO entry VALUES (?, ?, ?)", (key, digest, payload))

    def trim(self, used: set[str], *, limit_bytes: int = 512 << 20) -> None:
        """Drop what this run did not use once the payloads exceed a limit; a smaller store keeps its whole past."""
        with self._safely("the list of results"):
            total = self._connection.execute("SELECT COALESCE(SUM(LENGTH(payload)), 0) FROM entry").fetchone()[0]
            if total > limit_bytes:
                keys = [row[0] for row in self._connection.execute("SELECT key FROM entry")]
                self._connection.executemany("DELETE FROM entry WHERE key = ?", [(k,) for k in keys if k not in used])

    # -- why -----------------------------------------------------------------------------------------------------------

    def last_parts(self, task: str) -> dict[str, str] | None:
        """What the task's key was made of when it was last computed or found, or None when it never was."""
        with self._safely("the list of tasks"):
            row = self._connection.execute("SELECT parts FROM task WHERE name = ?", (task,)).fetchone()
            if row is not None:
                return {str(k): str(v) for k, v in json.loads(row[0]).items()}
        return None

    def set_parts(self, task: str, parts: dict[str, str]) -> None:
        """Remember what a task's key was made of."""
        if self.last_parts(task) == parts:
            return
        with self._safely("the list of tasks"):
            self._connection.execute("INSERT OR REPLACE INTO task VALUES (?, ?)", (task, json.dumps(parts)))

    # -- opening -------------------------------------------------------------------------------------------------------

    def _opened(self) -> sqlite3.Connection:
        try:
            self.path.parent.mkdir(exist_ok=True)
        except OSError as error:
            return self._in_memory(f"{self.folder} cannot be written ({error.strerror})")
        try:
            return self._connected_in_time()
        except sqlite3.OperationalError as error:
            return self._in_memory(f"{self.path} cannot be used ({error})")
        except sqlite3.DatabaseError as error:
            return self._set_aside(str(error))

    def _connected_in_time(self) -> sqlite3.Connection:
        # SQLite's own waiting does not cover the switch to WAL, which two first runs may do at the same moment.
        deadline = time.monotonic() + _BUSY_S
        while True:
            try:
                return self._connected()
            except sqlite3.OperationalError as error:
                if "locked" not in str(error) or time.monotonic() > deadline:
                    raise
                time.sleep(0.05)

    def _connected(self) -> sqlite3.Connection:
        connection = sqlite3.connect(self.path, timeout=_BUSY_S, isolation_level=None)
        with contextlib.ExitStack() as undo:
            undo.callback(connection.close)
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute("PRAGMA synchronous = NORMAL")
            connection.execute("BEGIN IMMEDIATE")  # proves that it can be written; two runs make the tables only once
            application = connection.execute("PRAGMA application_id").fetchone()[0]
            layout = connection.execute("PRAGMA user_version").fetchone()[0]
            tables = {row[0] for row in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
            if not tables and application == 0:
                for statement in _TABLES.strip().split(";\n"):
                    connection.execute(statement)
                connection.execute(f"PRAGMA application_id = {_APPLICATION_ID}")
                connection.execute(f"PRAGMA user_version = {_LAYOUT}")
            elif application != _APPLICATION_ID:
                raise sqlite3.DatabaseError("it is another program's database")
            elif layout != _LAYOUT or not {"file", "entry", "task"} <= tables:
                raise sqlite3.DatabaseError("it was written by another version")
            connection.execute("COMMIT")
            undo.pop_all()  # it stands: from here on whoever asked for it closes it
        return connection

    def _set_aside(self, why: str) -> sqlite3.Connection:
        aside = self.path.with_name("cache.set-aside.sqlite")
        try:
            os.replace(self.path, aside)
            for ending in ("-wal", "-shm"):
                Path(f"{self.path}{ending}").unlink(missing_ok=True)
            connection = self._connected()
        except (OSError, sqlite3.Error) as error:
            return self._in_memory(f"{self.path} cannot be used ({why}; {error})")
        self.notes.append(
            f"The kept results could not be used ({why}); set aside as {aside.name}, all is computed again."
        )
        return connection

    def _in_memory(self, why: str) -> sqlite3.Connection:
        self.notes.append(f"Nothing is kept for the next run: {why}.")
        return self._unkept()

    @staticmethod
    def _unkept() -> sqlite3.Connection:
        connection = sqlite3.connect(":memory:", isolation_level=None)
        connection.executescript(_TABLES)
        return connection

    @contextlib.contextmanager
    def _safely(self, what: str) -> Iterator[None]:
        """Errors of the store become one note; the run goes on without what could not be read or written."""
        try:
            yield
        except sqlite3.Error as error:
            note = f"{what[0].upper()}{what[1:]} could not be kept or read in {self.path.name} ({error})."
            if note not in self.notes:
                self.notes.append(note)
            if isinstance(error, sqlite3.DatabaseError) and "malformed" in str(error):
                self._connection.close()
                self._connection = self._set_aside(str(error))
