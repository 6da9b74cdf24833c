"""The first answer comes at once: help imports nothing heavy, every command has help with an example and --json."""

from __future__ import annotations

import json
import runpy
import subprocess
import sys
from pathlib import Path

import click
import pytest

from pelletry.cli.app import COMMANDS, group

_HEAVY = ("numpy", "scipy", "matplotlib", "pydantic", "rich", "pint", "openpyxl", "jinja2", "attrs", "cattrs")
_REFERENCE = Path(__file__).parents[2] / "docs" / "reference"


def _command(name: str) -> click.Command:
    return group.get_command(click.Context(group), name)


def test_help_imports_nothing_heavy(in_new_process):
    code = (
        "import sys\nfrom pelletry.cli.app import run_app\ncode = run_app(['--help'])\n"
        f"print([m for m in {_HEAVY!r} if m in sys.modules], file=sys.stderr)\nsys.exit(code)"
    )
    ran = in_new_process("-c", code)
    assert ran.code == 0
    assert "Usage: pelletry" in ran.out
    assert ran.err.strip() == "[]"


@pytest.mark.parametrize("name", COMMANDS)
def test_help_of_a_command_imports_no_numbers_and_no_drawing(in_new_process, name):
    code = (
        f"import sys\nfrom pelletry.cli.app import run_app\nrun_app([{name!r}, '--help'])\n"
        "print([m for m in ('numpy', 'scipy', 'matplotlib', 'pydantic', 'rich') if m in sys.modules], file=sys.stderr)"
    )
    ran = in_new_process("-c", code)
    assert ran.err.strip() == "[]"


def test_help_takes_less_than_a_tenth_of_a_second_of_cpu():
    resource = pytest.importorskip("resource")
    subprocess.run([sys.executable, "-m", "pelletry", "--help"], capture_output=True, check=True)  # byte code is made
    spent = []
    for _ in range(5):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        subprocess.run([sys.executable, "-m", "pelletry", "--help"], capture_output=True, check=True)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        spent.append(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
    assert min(spent) < 0.1


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_help_an_example_and_json(name):
    command = _command(name)
    assert command.help
    assert command.epilog
    assert command.epilog.startswith(f"Example: pelletry {name} ")
    assert "--json" in {option for p in command.params for option in p.opts}
    undocumented = [p.name for p in command.params if isinstance(p, click.Option) and not p.help]
    assert undocumented == []


@pytest.mark.parametrize("name", COMMANDS)
def test_the_line_in_the_overview_is_the_first_line_of_the_help(name):
    first = _command(name).help.split("\n")[0]
    assert first.casefold() == COMMANDS[name].casefold()


def test_the_reference_page_is_as_the_help_is():
    made = runpy.run_path(str(_REFERENCE / "make.py"))
    assert (_REFERENCE / "cli.md").read_text(encoding="utf-8") == made["page"](), "run: python docs/reference/make.py"


@pytest.mark.parametrize("name", ["inspect", "run"])
def test_the_schemas_are_schemas(name):
    jsonschema = pytest.importorskip("jsonschema")
    schema = json.loads((_REFERENCE / f"{name}.schema.json").read_text(encoding="utf-8"))
    jsonschema.Draft202012Validator.check_schema(schema)


def test_the_version_is_that_of_the_package(pelletry):
    import pelletry as package

    assert pelletry("--version").out == f"pelletry {package.__version__}\n"
