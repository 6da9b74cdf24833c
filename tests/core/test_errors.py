"""Errors say what, where, what was expected and what to do."""

from __future__ import annotations

import pickle

from pelletry.core.errors import BrokenFileError, FormatError, Mistake, PelletryError, quoted


def test_a_message_has_its_four_parts() -> None:
    error = BrokenFileError(
        "the file ends inside a row", where="raw/a.mpt", line=61, expected="9 columns", do="copy it again"
    )
    assert str(error) == "raw/a.mpt:61: the file ends inside a row; expected 9 columns. Copy it again."
    assert error.exit_code == 3


def test_all_mistakes_are_kept_and_survive_a_process_border() -> None:
    error = FormatError(mistakes=[Mistake(what="a"), Mistake(what="b", where="x.csv:2")])
    again = pickle.loads(pickle.dumps(error))
    assert type(again) is FormatError
    assert again.mistakes == error.mistakes
    assert isinstance(again, PelletryError)


def test_foreign_text_is_cut_and_cannot_steer_a_terminal() -> None:
    shown = quoted("\x1b]0;evil\x07" + "a" * 500)
    assert "\x1b" not in shown
    assert len(shown) < 70
