#!/usr/bin/env python3
"""Pelletry on a bare machine: ``python3 do.py demo`` and ``python3 do.py test``.

Needs Python 3.10 or later and nothing else. Makes ``.venv`` beside this file (once), installs what the command needs,
and runs it; the next call starts at once. Nothing outside this folder is written except by pip's own cache.

    python3 do.py demo [latp FOLDER]   build the demo study of simulated LATP pellets, run it, print the table
    python3 do.py test [PYTEST ...]    the test suite
    python3 do.py check                lint, types and import rules
    python3 do.py pelletry ARGUMENTS   any pelletry command, e.g. python3 do.py pelletry inspect FOLDER

Only the standard library is used, in a syntax that older Pythons can parse, so that they can say what is wrong.
"""

import contextlib
import hashlib
import os
import re
import shutil
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
VENV = os.path.join(HERE, ".venv")
OLDEST = (3, 10)
EXTRAS = {"demo": "[all]", "pelletry": "[all]", "test": "[test]", "check": "[test]"}


def say(text):
    sys.stderr.write(text + "\n")
    sys.stderr.flush()


def stop(text):
    say(text)
    raise SystemExit(2)


def venv_program(name):
    folder, suffix = ("Scripts", ".exe") if os.name == "nt" else ("bin", "")
    return os.path.join(VENV, folder, name + suffix)


def stamp_wanted(extras):
    """What the environment depends on: this Python, the project's dependencies and where the project lies."""
    with open(os.path.join(HERE, "pyproject.toml"), "rb") as handle:
        content = handle.read()
    return hashlib.sha256(content + repr((sys.version_info[:3], HERE, extras)).encode()).hexdigest()


def stamp_path(extras):
    return os.path.join(VENV, "stamp-" + (extras.strip("[]") or "base"))


def is_ready(extras):
    """An environment with the test extra serves every command."""
    for candidate in {extras, "[test]"}:
        try:
            with open(stamp_path(candidate)) as handle:
                if handle.read() == stamp_wanted(candidate):
                    return True
        except OSError:
            continue
    return False


@contextlib.contextmanager
def only_one():
    """Two calls at once wait for each other (where the system has file locks)."""
    with open(os.path.join(HERE, ".venv.lock"), "w") as handle:
        try:
            import fcntl

            fcntl.flock(handle, fcntl.LOCK_EX)
        except ImportError:
            pass
        yield


def run(command, **more):
    return subprocess.run(command, cwd=HERE, **more).returncode


def install_commands(extras):
    """Ways to install into .venv, best first; each is a list of commands that must all succeed."""
    target = "." + extras
    python = venv_program("python")
    quiet = ["--quiet", "--disable-pip-version-check"]
    pip_install = ["-m", "pip", "install"] + quiet + ["--editable", target]
    uv = shutil.which("uv")
    if uv:
        yield "uv", [[uv, "pip", "install", "--quiet", "--compile-bytecode", "--python", python, "--editable", target]]
    if has_module("ensurepip"):
        yield "ensurepip", [[python, "-m", "ensurepip", "--default-pip"], [python] + pip_install]
    if has_module("pip"):
        yield (
            "the system's pip",
            [[sys.executable, "-m", "pip", "--python", python, "install"] + quiet + ["--editable", target]],
        )
    wheel = pip_wheel()
    if wheel:
        yield "a pip wheel", [[python, os.path.join(wheel, "pip"), "install"] + quiet + ["--editable", target]]


def has_module(name):
    code = "import %s" % name
    return (
        subprocess.run([sys.executable, "-c", code], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL).returncode
        == 0
    )


def pip_wheel():
    """A pip wheel that lies on this machine, or one from the package index that the user has configured; else None."""
    for folder in ("/usr/share/python-wheels", "/usr/lib/python-wheels"):
        if os.path.isdir(folder):
            for name in sorted(os.listdir(folder), reverse=True):
                if name.startswith("pip-") and name.endswith(".whl"):
                    return os.path.join(folder, name)
    index = configured_index()
    return download_pip(index) if index else None


def configured_index():
    """The simple index named by PIP_INDEX_URL, UV_INDEX_URL or pip's own configuration files; None when there is none."""
    for variable in ("PIP_INDEX_URL", "UV_DEFAULT_INDEX", "UV_INDEX_URL"):
        if os.environ.get(variable):
            return os.environ[variable]
    import configparser

    home = os.path.expanduser("~")
    places = [
        os.environ.get("PIP_CONFIG_FILE", ""),
        os.path.join(home, ".config/pip/pip.conf"),
        os.path.join(home, ".pip/pip.conf"),
        "/etc/pip.conf",
    ]
    for place in filter(None, places):
        reader = configparser.RawConfigParser()
        try:
            reader.read(place)
        except configparser.Error:
            continue
        if reader.has_option("global", "index-url"):
            return reader.get("global", "index-url")
    return None


def download_pip(index):
    """The newest pip wheel of a simple index, its sha256 checked against the index page."""
    import urllib.error
    import urllib.parse
    import urllib.request

    page_address = index.rstrip("/") + "/pip/"
    try:
        with urllib.request.urlopen(page_address, timeout=60) as answer:
            page = answer.read(20000000).decode("utf-8", "replace")
        found = re.findall(
            r'href="([^"]*/)?(pip-(\d+)\.(\d+)(?:\.(\d+))?-py3-none-any\.whl)#sha256=([0-9a-f]{64})"', page
        )
        if not found:
            return None
        folder, name, _, _, _, sha256 = max(found, key=lambda hit: (int(hit[2]), int(hit[3]), int(hit[4] or 0)))
        with urllib.request.urlopen(urllib.parse.urljoin(page_address, folder + name), timeout=120) as answer:
            content = answer.read(20000000)
    except (urllib.error.URLError, OSError, ValueError) as problem:
        say("pip could not be fetched from the configured index: %s" % problem)
        return None
    if hashlib.sha256(content).hexdigest() != sha256:
        say("the pip wheel of the configured index does not have the sha256 that the index states; it was not used")
        return None
    place = os.path.join(tempfile.mkdtemp(prefix="pelletry-pip-"), name)
    with open(place, "wb") as handle:
        handle.write(content)
    return place


def make_environment(extras):
    say("Preparing .venv (once; about a minute) ...")
    if run([sys.executable, "-m", "venv", "--without-pip", "--clear", VENV]) != 0:
        stop(
            "Python's venv module is missing. Install it (Debian, Ubuntu: sudo apt install python3-venv) and call again."
        )
    tried = []
    for name, commands in install_commands(extras):
        if all(run(command, stdout=sys.stderr) == 0 for command in commands):
            run(
                [venv_program("python"), "-m", "compileall", "-q", os.path.join(HERE, "src")], stdout=subprocess.DEVNULL
            )
            with open(stamp_path(extras), "w") as handle:
                handle.write(stamp_wanted(extras))
            return
        tried.append(name)
    if tried:
        stop(
            "Installing with %s failed; its message stands above. A network or a package index is needed once."
            % " and ".join(tried)
        )
    stop("No installer was found. Install one (Debian, Ubuntu: sudo apt install python3-venv) and call again.")


def main(arguments):
    if sys.version_info < OLDEST:
        stop(
            "Pelletry needs Python %d.%d or later; this is %d.%d. Install a newer one (macOS: brew install python; "
            "Debian, Ubuntu: sudo apt install python3) and call it by name, e.g. python3.12 do.py demo."
            % (OLDEST + sys.version_info[:2])
        )
    if not arguments or arguments[0] not in EXTRAS:
        stop(__doc__.strip())
    command, rest = arguments[0], arguments[1:]
    extras = EXTRAS[command]
    if not is_ready(extras):
        with only_one():
            if not is_ready(extras):
                make_environment(extras)
    python = venv_program("python")
    if command == "test":
        return run([python, "-m", "pytest"] + (rest or ["-n", "auto"]))
    if command == "check":
        steps = [
            ["ruff", "check", "src", "tests", "benchmarks", "do.py"],
            ["ruff", "format", "--check", "src", "tests", "benchmarks"],
            ["mypy"],
            ["lint-imports"],
        ]
        # Every step runs, so that one call shows all that is wrong.
        results = [run([venv_program(step[0])] + step[1:] + rest) for step in steps]
        return max(results)
    words = ["demo"] + rest if command == "demo" else rest
    return subprocess.run([venv_program("pelletry")] + words).returncode


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
