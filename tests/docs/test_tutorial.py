"""The tutorial, followed line by line on the real series: what it prints is what the program prints.

A line of output must come in the shown order with the same words; numbers may differ by two percent, since processors and
numerical libraries differ in the last digits. ``…`` on a line of its own stands for any lines, at the end of a line for its rest.
"""

from __future__ import annotations

import re
import shlex
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import attrs
import pytest
from pages import ROOT, Block, blocks, text_of

TUTORIAL = ROOT / "docs" / "tutorial.md"
SERIES = ("eis_temperature_series", "Sheyigold+EISFitpython", "spectra")

_NUMBER = re.compile(r"(?<![\w.])[-+]?\d+(?:\.\d+)?(?:\(\d+\))?(?:e[-+]?\d+)?(?![\w.])")
_TOLERANCE = 0.02
#: Seconds of drawing that the tests of the report spend once already; the demo runs in tests/papers.
_CUT_SHORT = {"report": ["--figures", "none"]}
_LEFT_OUT = {"demo"}


def value(text: str) -> float:
    return float(re.sub(r"\(\d+\)", "", text))


def is_line_shown(shown: str, printed: str) -> bool:
    """Do words agree, and numbers to two percent? Runs of blanks count as one."""
    shown, printed = " ".join(shown.split()), " ".join(printed.split())
    if shown.endswith("…") and not shown.endswith("-mod…"):
        shown = shown[:-1]
        words = _NUMBER.sub("#", shown)
        return _NUMBER.sub("#", printed).startswith(words) and _are_close(shown, printed, is_cut=True)
    return _NUMBER.sub("#", shown) == _NUMBER.sub("#", printed) and _are_close(shown, printed)


def _are_close(shown: str, printed: str, *, is_cut: bool = False) -> bool:
    pairs = zip(_NUMBER.findall(shown), _NUMBER.findall(printed), strict=False) if is_cut else None
    pairs = pairs or zip(_NUMBER.findall(shown), _NUMBER.findall(printed), strict=True)
    return all(abs(value(a) - value(b)) <= _TOLERANCE * abs(value(a)) + 1e-30 for a, b in pairs)


def first_line_missing(shown: list[str], printed: list[str]) -> str | None:
    """The first shown line that the output does not have, in order; None when all are there."""
    rest = iter(printed)
    for line in shown:
        if line.strip() in ("…", ""):
            continue
        if not any(is_line_shown(line, candidate) for candidate in rest):
            return line
    return None


@attrs.frozen(kw_only=True)
class Step:
    command: str
    shown: list[str]
    line: int


def steps_of(block: Block) -> Iterator[Step]:
    """Commands of a console block with the lines shown under each."""
    command, shown = "", []
    for line in block.text.splitlines():
        if line.startswith("$ "):
            if command:
                yield Step(command=command, shown=shown, line=block.line)
            command, shown = line[2:], []
        else:
            shown.append(line)
    if command:
        yield Step(command=command, shown=shown, line=block.line)


def edit(block: Block, folder: Path) -> None:
    """Do to ``study/...`` what the text before a toml block says: set keys of study.toml, add to decisions.toml."""
    named = re.findall(r"`(study/[\w.]+)`:$", block.before)
    assert named, f"tutorial.md:{block.line}: the text before this block does not name its file"
    path = folder / named[-1]
    if path.name == "decisions.toml":
        before = path.read_text(encoding="utf-8") if path.exists() else ""
        path.write_text(before + "\n" + block.text, encoding="utf-8")
        return
    text = path.read_text(encoding="utf-8")
    for line in block.text.splitlines():
        key = line.partition(" = ")[0]
        text, count = re.subn(rf"^(# )?{key} = .*$", line, text, flags=re.MULTILINE)
        assert count == 1, f"tutorial.md:{block.line}: {named[-1]} has no line {key}"
    path.write_text(text, encoding="utf-8")


@pytest.fixture
def in_folder(raw_data: Callable[..., Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    shutil.copytree(raw_data(*SERIES), tmp_path / "raw")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "100")
    for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
        monkeypatch.setenv(name, "1")
    return tmp_path


def test_what_the_tutorial_shows_is_what_comes_out(in_folder: Path, capfd: pytest.CaptureFixture[str]) -> None:
    from pelletry.cli.app import run_app

    wrong, done = [], 0
    text = text_of(TUTORIAL)
    for block in blocks(text):
        if block.language == "toml":
            edit(block, in_folder)
        if block.line > text.count("\n", 0, text.index("## 7.")) and (in_folder / "study/decisions.toml").exists():
            (in_folder / "study/decisions.toml").unlink()  # as the text says
        for step in steps_of(block) if block.language == "console" else ():
            words = [w for word in shlex.split(step.command)[1:] for w in sorted(map(str, Path().glob(word))) or [word]]
            if words[0] in _LEFT_OUT:
                continue
            capfd.readouterr()
            code = run_app([*words, *_CUT_SHORT.get(words[0], [])])
            printed = capfd.readouterr()
            missing = first_line_missing(step.shown, (printed.out + printed.err).splitlines())
            done += 1
            if code not in (0, 1):
                wrong.append(f"line {step.line}: {step.command}: exit code {code}: {printed.err}")
            elif missing is not None:
                wrong.append(f"line {step.line}: {step.command}: does not print: {missing}")
    assert done > 8
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize(
    ("shown", "printed", "agrees"),
    [
        ("a 1.00(2) eV", "a   1.01(3) eV", True),
        ("a 1.00(2) eV", "a 1.05(2) eV", False),
        ("a 1.00(2) eV", "b 1.00(2) eV", False),
        ("flag: 3 of …", "flag: 3 of 7 points", True),
        ("flag: 3 of …", "flag: 4 of 7 points", False),
        ("2.52(3)e-11", "2.52(3)e-10", False),
    ],
)
def test_a_line_that_differs_would_be_seen(shown: str, printed: str, agrees: bool) -> None:
    assert is_line_shown(shown, printed) is agrees
