"""What a file or its name holds never commands the terminal; what goes wrong is a sentence and an exit code."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from pelletry.cli import app
from pelletry.cli.show import listed, safe
from pelletry.core.errors import BrokenFileError, Mistake, PelletryError, StoreError, StudyError


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain µ Ω °C\n\ttab", "plain µ Ω °C\n\ttab"),
        ("\x1b[2Jgone", "\\x1b[2Jgone"),
        ("\x1b]0;title\x07", "\\x1b]0;title\\x07"),
        ("\x9b31m", "\\x9b31m"),
        ("\r\x08\x7f", "\\r\\x08\\x7f"),
        ("cod\u202etxt.exe", "cod\\u202etxt.exe"),
        ("lone \udcff", "lone \\udcff"),
    ],
)
def test_control_characters_are_shown_and_not_obeyed(text, shown):
    assert safe(text) == shown


def test_lists_keep_the_lines_of_an_item_together():
    assert listed(["a\nb", "c"], head="Mistakes") == "Mistakes\n  - a\n    b\n  - c"
    assert listed([], head="Mistakes") == ""


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (StudyError("wrong", where="study.toml", line=3), 2),
        (StoreError("cannot be written"), 2),
        (BrokenFileError("cut short", where="a.z"), 3),
        (PelletryError(mistakes=[Mistake(what="one"), Mistake(what="two\x1b[31m")]), 2),
    ],
)
def test_an_error_is_its_sentences_without_a_traceback(pelletry, monkeypatch, error, code):
    def fail(*_, **__):
        raise error

    monkeypatch.setattr("pelletry.api.check", fail)
    ran = pelletry("check", "x")
    assert ran.code == code
    assert ran.err == safe(str(error)) + "\n"
    assert ran.out == ""


def test_a_fault_of_the_program_is_one_sentence_and_a_traceback_only_when_asked(pelletry, monkeypatch):
    def fail(*_, **__):
        raise RuntimeError("inside")

    monkeypatch.setattr("pelletry.api.check", fail)
    ran = pelletry("check", "x")
    assert ran.code == 70
    assert "RuntimeError: inside" in ran.err
    assert "Traceback" not in ran.err
    monkeypatch.setenv("PELLETRY_DEBUG", "1")
    assert "Traceback" in pelletry("check", "x").err


def test_the_keyboard_stops_with_a_sentence(pelletry, monkeypatch):
    def stop(*_, **__):
        raise KeyboardInterrupt

    monkeypatch.setattr("pelletry.api.check", stop)
    ran = pelletry("check", "x")
    assert ran.code == 130
    assert "What was finished is kept" in ran.err


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["chek"], "Did you mean check?"),
        (["\x1b[31m"], "\\x1b[31m"),
        (["check"], "Missing argument 'STUDY'"),
        (["run", "x", "--jobs", "0"], "--jobs"),
        (["run", "no-such-folder"], "there is no such folder"),
        (["export", "x", "--to", "doc"], "doc"),
    ],
)
def test_wrong_arguments_are_exit_code_2_and_nothing_on_stdout(pelletry, arguments, sentence):
    ran = pelletry(*arguments)
    assert (ran.code, ran.out) == (2, "")
    assert sentence in ran.err
    assert "\x1b" not in ran.err


def test_a_reader_that_goes_away_is_no_error():
    code = (
        "import sys\nfrom pelletry.cli import app, show\nimport pelletry.api\n"
        "import pelletry.cli.commands.check as c\n"
        "def much(study):\n    [show.out('x' * 1000) for _ in range(1000)]\n"
        "pelletry.api.check = much\n"
        "code = app.run_app(['check', 'x'])\nsys.stderr.write(f'code {code}')\n"
    )
    reading, writing = os.pipe()
    process = subprocess.Popen([sys.executable, "-c", code], stdout=writing, stderr=subprocess.PIPE, text=True)
    os.close(writing)
    os.close(reading)
    _, err = process.communicate(timeout=60)
    assert err == "code 0"


def test_an_output_that_knows_only_ascii_gets_escapes(in_new_process):
    code = "from pelletry.cli.app import run_app\nfrom pelletry.cli import show\nrun_app(['--version'])\nshow.out('Ω')"
    ran = in_new_process("-c", code, env={"PYTHONIOENCODING": "ascii", "PYTHONUTF8": "0"})
    assert ran.code == 0
    assert ran.out.endswith("\\u03a9\n")


def test_the_commands_are_those_of_the_design():
    wanted = {"inspect", "analyse", "new", "check", "run", "report", "export", "trace", "demo"}
    assert wanted <= set(app.COMMANDS)
