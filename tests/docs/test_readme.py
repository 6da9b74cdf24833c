"""The first page: its two commands, its picture, its tone."""

from __future__ import annotations

import importlib.util
import re
import struct
import sys
from types import ModuleType

import pytest
from pages import ROOT, blocks, text_of

README = ROOT / "README.md"
PICTURES = ROOT / "docs" / "pictures"


def test_the_first_block_is_exactly_the_two_commands() -> None:
    first = next(blocks(text_of(README)))
    lines = [line.split("#")[0].strip() for line in first.text.splitlines() if line.strip()]
    assert lines == ["python3 do.py demo", "python3 do.py test"]


def test_do_py_knows_the_two_commands() -> None:
    spec = importlib.util.spec_from_file_location("do_of_readme", ROOT / "do.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    assert {"demo", "test", "pelletry"} <= set(module.EXTRAS)


def test_what_it_is_stands_in_three_lines_on_top() -> None:
    lines = text_of(README).splitlines()
    assert lines[0] == "# Pelletry"
    first = [line for line in lines[1:8] if line.strip()]
    assert all(not line.startswith(("#", "!", "<", "[")) for line in first[:3])


def test_there_are_no_badges_and_no_foreign_pictures() -> None:
    pictures = re.findall(r"!\[[^\]]*\]\(([^)]+)\)|<img[^>]*src=\"([^\"]+)\"", text_of(README))
    assert pictures
    assert not any("://" in one + two for one, two in pictures)


@pytest.mark.parametrize("name", ["nyquist.png", "arrhenius.png"])
def test_pictures_are_small_and_in_the_readme(name: str) -> None:
    content = (PICTURES / name).read_bytes()
    assert content.startswith(b"\x89PNG\r\n\x1a\n")
    assert len(content) < 200_000
    width, height = struct.unpack(">II", content[16:24])
    assert 600 < width < 2500
    assert height > 400
    assert f"docs/pictures/{name}" in text_of(README)


def test_the_caption_says_where_the_data_come_from() -> None:
    text = text_of(README)
    assert "Sheyigold/EISFitpython" in text
    assert "MIT" in text


def _script() -> ModuleType:
    spec = importlib.util.spec_from_file_location("pictures_make", PICTURES / "make.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_script_draws_the_pictures_from_the_real_series(raw_data, tmp_path, capsys, monkeypatch) -> None:
    """Not byte by byte: other versions of the drawing library draw other bytes."""
    script = _script()
    monkeypatch.setenv("PELLETRY_RAW_DATA", str(raw_data(*script.SERIES).parents[2]))
    monkeypatch.setattr(sys, "argv", ["make.py", str(tmp_path)])
    assert script.main() == 0
    for name in script.PICTURES.values():
        drawn = (tmp_path / name).read_bytes()
        assert drawn[16:20] == (PICTURES / name).read_bytes()[16:20], f"{name} has another width than the kept one"


def test_without_the_raw_data_the_script_says_what_it_needs(capsys, monkeypatch) -> None:
    monkeypatch.delenv("PELLETRY_RAW_DATA", raising=False)
    assert _script().main() == 2
    assert "PELLETRY_RAW_DATA" in capsys.readouterr().err
