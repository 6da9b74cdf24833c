"""Write the reference page of the command line from its own help. ``--check`` only says whether the page is as it would be.

Usage: python docs/reference/make.py [--check]
"""

from __future__ import annotations

import sys
from pathlib import Path

import click

from pelletry.cli.app import COMMANDS, group

PAGE = Path(__file__).with_name("cli.md")

_HEAD = """\
# The command line

Made by `python docs/reference/make.py` from the commands' own help; edit the help, not this page.

Results go to stdout, talk and progress to stderr. `--json` prints results in the shapes of
[inspect.schema.json](inspect.schema.json) and [run.schema.json](run.schema.json) (`analyse`, `run`, `report`, `export`, `demo`).

| exit code | meaning |
| --- | --- |
| 0 | done |
| 1 | done, with flagged results: a warning or worse among the findings; remarks, choices that were made, and numbers that nobody gave the data for do not count |
| 2 | the study or the arguments are wrong, or results cannot be written |
| 3 | a file is unreadable (what the other files give is still shown) |
| 70 | a fault of the program; `PELLETRY_DEBUG=1` shows where |
| 130 | stopped from the keyboard; nothing finished is lost |
"""


def page() -> str:
    """The text of the page."""
    parent = click.Context(group, info_name="pelletry", **group.context_settings)
    parts = [_HEAD, _section("pelletry", group, parent)]
    for name in COMMANDS:
        command = group.get_command(parent, name)
        if command is None:
            raise SystemExit(f"no command {name}")
        parts.append(_section(f"pelletry {name}", command, click.Context(command, info_name=name, parent=parent)))
    return "\n".join(parts)


def _section(title: str, command: click.Command, context: click.Context) -> str:
    context.terminal_width = 88
    context.max_content_width = 88
    return f"## {title}\n\n```text\n{command.get_help(context)}\n```\n"


def main() -> int:
    """Write or check the page."""
    text = page()
    if "--check" in sys.argv[1:]:
        if not PAGE.is_file() or PAGE.read_text(encoding="utf-8") != text:
            print(f"{PAGE} is not as the commands' help is; run: python docs/reference/make.py", file=sys.stderr)
            return 1
        return 0
    PAGE.write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
