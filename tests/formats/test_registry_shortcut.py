"""Formats that are left out without being imported would not have claimed the file."""

from __future__ import annotations

import contextlib
import runpy
from collections.abc import Callable
from pathlib import Path

import pytest

from pelletry.core.errors import FormatError
from pelletry.formats.open_file import format_of
from pelletry.formats.rawfile import RawFile
from pelletry.formats.registry import _BINARY, _MODULES, _WORDS, formats, formats_for


def test_the_shortcut_names_modules_that_exist() -> None:
    assert set(_BINARY) | set(_WORDS) <= set(_MODULES)


def test_no_real_file_loses_a_claim_by_the_shortcut(raw_data: Callable[..., Path]) -> None:
    shortcuts = 0
    for path in sorted(p for p in raw_data().rglob("*") if p.is_file()):
        with contextlib.suppress(FormatError):  # a file that cannot be opened at all has no claims to lose
            raw = RawFile.open(path)
            asked = formats_for(raw)
            left_out = [one for one in formats() if one not in asked]
            shortcuts += len(left_out)
            assert not [one.name for one in left_out if one.can_read(raw)], path
    assert shortcuts > 1000


@pytest.mark.parametrize(
    "content", [b"plain text", b"\xff\xfe<\0a\0", b"\0\1\2\3" * 100, b"VAMAS Surface Chemical Analysis\n"]
)
def test_nothing_that_could_claim_is_left_out(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "file"
    path.write_bytes(content)
    raw = RawFile.open(path)
    asked = formats_for(raw)
    assert not [one.name for one in formats() if one not in asked and one.can_read(raw)]


@pytest.mark.parametrize("name", ["bruker-uxd", "rigaku-ras", "pdcif", "netzsch-text", "specs-xy", "powder-dat"])
@pytest.mark.parametrize("size", [30_000, 300_000])
def test_a_reader_that_knows_the_words_of_a_file_goes_before_one_that_knows_numbers(tmp_path, name, size):
    made = runpy.run_path(str(Path(__file__).with_name("long_files.py")))["LONG_FILES"][name]
    path = tmp_path / "file"
    path.write_bytes(made(size))
    assert format_of(RawFile.open(path)).name == name
