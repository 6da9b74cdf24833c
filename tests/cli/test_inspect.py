"""What ``inspect`` shows on the screen."""

from __future__ import annotations

import contextlib

from pelletry.cli.progress import progress_bar


def test_temperatures_are_in_degrees_as_everywhere(pelletry, small, tmp_path):
    small.write_raw(tmp_path / "raw")
    ran = pelletry("inspect", tmp_path / "raw" / "P1_-20C.z")
    assert "temperature: -20 °C (file name)" in ran.out
    assert " K (" not in ran.out


def test_a_bar_shows_on_stderr_only_when_looking_takes_long(monkeypatch, capsys):
    moments = iter((0.0, 0.5, 2.0, 2.5))
    monkeypatch.setattr("pelletry.cli.progress.time.monotonic", lambda: next(moments))
    monkeypatch.setattr("sys.stderr.isatty", lambda: True)
    monkeypatch.setenv("TERM", "xterm")
    shown = []

    @contextlib.contextmanager
    def bar(title):
        yield lambda done, total, what: shown.append((title, done, total, what))

    monkeypatch.setattr("pelletry.cli.progress._bar", bar)
    with progress_bar("looking", after_s=1.0) as tell:
        tell(0, 3, "a")
        assert shown == []
        tell(1, 3, "b")
        tell(2, 3, "c")
    assert shown == [("looking", 1, 3, "b"), ("looking", 2, 3, "c")]
    assert capsys.readouterr().out == ""


def test_nobody_watching_means_no_bar():
    with progress_bar("looking", after_s=1.0) as tell:
        assert tell is None
