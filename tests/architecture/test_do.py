"""The one script of the README: what it does where tools are missing."""

from __future__ import annotations

import functools
import hashlib
import importlib.util
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture
def do(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location("do_script", ROOT / "do.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    monkeypatch.setattr(module, "VENV", str(tmp_path / "venv"))
    return module


def test_only_the_standard_library_is_used() -> None:
    code = "import sys, runpy; runpy.run_path('do.py'); print(*sorted({m.partition('.')[0] for m in sys.modules}))"
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    outside = set(done.stdout.split()) - set(sys.stdlib_module_names) - {"__main__", "sitecustomize"}
    assert not outside


def test_without_a_command_it_says_what_there_is() -> None:
    done = subprocess.run([sys.executable, "do.py"], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "do.py demo" in done.stderr
    assert "do.py test" in done.stderr


def test_an_old_python_is_told_what_to_do(
    do: ModuleType, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(do.sys, "version_info", (3, 9, 1))
    with pytest.raises(SystemExit) as caught:
        do.main(["demo"])
    assert caught.value.code == 2
    said = capsys.readouterr().err
    assert "needs Python 3.10 or later; this is 3.9" in said
    assert said.count("\n") == 1


def test_without_any_installer_one_sentence_says_what_to_install(
    do: ModuleType, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(do, "has_module", lambda name: False)
    monkeypatch.setattr(do, "pip_wheel", lambda: None)
    monkeypatch.setattr(do.shutil, "which", lambda name: None)
    with pytest.raises(SystemExit):
        do.make_environment("")
    assert capsys.readouterr().err.splitlines()[-1] == (
        "No installer was found. Install one (Debian, Ubuntu: sudo apt install python3-venv) and call again."
    )


def test_without_ensurepip_the_other_ways_are_tried_in_order(do: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(do, "has_module", lambda name: name == "pip")
    monkeypatch.setattr(do, "pip_wheel", lambda: "/usr/share/python-wheels/pip-23.0.1-py3-none-any.whl")
    monkeypatch.setattr(do.shutil, "which", lambda name: None)
    assert [name for name, _ in do.install_commands("[test]")] == ["the system's pip", "a pip wheel"]


def test_an_interrupted_installation_is_done_again(do: ModuleType, tmp_path: Path) -> None:
    (tmp_path / "venv").mkdir()
    assert not do.is_ready("")
    Path(do.stamp_path("")).write_text(do.stamp_wanted("")[:10])
    assert not do.is_ready("")
    Path(do.stamp_path("[test]")).write_text(do.stamp_wanted("[test]"))
    assert do.is_ready(""), "the larger environment serves the smaller command"


class _Index(BaseHTTPRequestHandler):
    wheel = b"not really a wheel"
    stated_sha256 = hashlib.sha256(wheel).hexdigest()

    def do_GET(self) -> None:
        name = "pip-99.1-py3-none-any.whl"
        page = f'<a href="../files/pip-9.0-py3-none-any.whl#sha256={"0" * 64}">x</a><a href="../files/{name}#sha256={self.stated_sha256}">y</a>'
        body = self.wheel if self.path == f"/simple/files/{name}" else page.encode()
        self.send_response(200)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Silence: the test reads the answers."""


@pytest.mark.parametrize("is_honest", [True, False])
def test_pip_from_the_configured_index_is_checked_against_its_sha256(
    do: ModuleType, monkeypatch: pytest.MonkeyPatch, is_honest: bool
) -> None:
    if not is_honest:
        monkeypatch.setattr(_Index, "stated_sha256", "f" * 64)
    server = ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(_Index))
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        monkeypatch.setenv("no_proxy", "127.0.0.1")
        place = do.download_pip(f"http://127.0.0.1:{server.server_port}/simple")
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
    assert (place is not None) is is_honest
    if place is not None:
        assert Path(place).read_bytes() == _Index.wheel
