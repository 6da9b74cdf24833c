"""Files made by hand for the format tests."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from pelletry.core.record import Record
from pelletry.formats.open_file import read_file

Written = Callable[..., Path]
Reads = Callable[..., tuple[Record, ...]]


@pytest.fixture
def written(tmp_path: Path) -> Written:
    """``written("a.z", text, encoding=..., newline=...)`` -> the path of a new file."""

    def write(name: str, content: str | bytes, *, encoding: str = "utf-8", newline: str = "\n") -> Path:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if isinstance(content, str):
            content = content.replace("\n", newline).encode(encoding)
        path.write_bytes(content)
        return path

    return write


@pytest.fixture
def reads(written: Written, tmp_path: Path) -> Reads:
    """``reads("a.z", text)`` -> the records of a file with that content."""

    def read(name: str, content: str | bytes, **how: str) -> tuple[Record, ...]:
        return read_file(written(name, content, **how), root=tmp_path)

    return read
