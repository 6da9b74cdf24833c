"""Every pelletry command that the docs show is one that the program takes."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import click
import pytest
from pages import blocks, pages, prose, shown, text_of

_BEGINNINGS = ("$ ", "")
_WAYS = ("pelletry ", "python3 do.py pelletry ")
_TO_A_SHELL = {"", "console", "shell", "sh", "bash", "text"}


def command_of(line: str) -> str | None:
    """The arguments of a pelletry command in a line of a block, else None."""
    for beginning in _BEGINNINGS:
        for way in _WAYS:
            if line.startswith(beginning + way):
                return line[len(beginning + way) :]
    return None


def commands_in_blocks(text: str) -> Iterator[str]:
    for block in blocks(text):
        if block.language in _TO_A_SHELL:
            for line in re.sub(r"\\\n\s*", "", block.text).splitlines():
                command = command_of(line)
                # The overview of the help says so itself.
                if command is not None and not command.startswith("[OPTIONS]"):
                    yield command


def commands_in_prose(text: str) -> Iterator[str]:
    """Commands in running text: `pelletry run STUDY`; those with an ellipsis only speak of a command."""
    for span in re.findall(r"`((?:pelletry|python3 do\.py pelletry) [^`]+)`", prose(text)):
        command = command_of(span)
        is_only_a_name = command is not None and len(command.split()) == 1
        if command and not is_only_a_name and "…" not in command:
            yield command.replace("...", "")


def parsed(arguments: str) -> None:
    """Let click parse the command as it would from a shell; raises UsageError where it does not."""
    from pelletry.cli.app import group

    words = shlex.split(arguments, comments=True)
    if words[:1] in (["--version"], ["--help"]):
        return
    with click.Context(group, info_name="pelletry") as parent:
        name, command, rest = group.resolve_command(parent, words)
        assert command is not None
        assert name is not None
        if not {"--help", "-h"} & set(rest):
            command.make_context(name, list(rest), parent=parent)


@pytest.mark.parametrize("page", pages(), ids=shown)
def test_every_command_is_one_the_program_takes(page: Path) -> None:
    wrong = []
    text = text_of(page)
    for command in [*commands_in_blocks(text), *commands_in_prose(text)]:
        try:
            parsed(command)
        except click.ClickException as error:
            wrong.append(f"pelletry {command}: {error.format_message()}")
    assert not wrong, f"{shown(page)}: " + "\n".join(wrong)


@pytest.mark.parametrize("wrong", ["runn study", "run study --fast", "new study", "export study --to pdf", "run"])
def test_a_command_that_does_not_exist_would_be_seen(wrong: str) -> None:
    with pytest.raises(click.ClickException):
        parsed(wrong)


def test_the_tutorial_shows_every_command() -> None:
    from pelletry.cli.app import COMMANDS

    tutorial = next(page for page in pages() if page.name == "tutorial.md")
    used = {shlex.split(command)[0] for command in commands_in_blocks(text_of(tutorial))}
    assert used == set(COMMANDS)
