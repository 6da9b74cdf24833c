"""The group of commands, and the one place where errors become sentences and exit codes.

Exit codes: 0 done; 1 done, with flagged results; 2 the study or the arguments are wrong; 3 a file is unreadable;
70 a fault of the program; 130 stopped from the keyboard.
"""

from __future__ import annotations

import importlib
import os
import sys
from collections.abc import Sequence
from typing import Any

import click

from pelletry.cli.show import is_debugging, safe, talk

__all__ = ["COMMANDS", "group", "run_app"]

#: Command -> its line in ``pelletry --help``; the module of the command is ``pelletry.cli.commands.<name>``.
COMMANDS: dict[str, str] = {
    "inspect": "Say what raw files are: format, technique, points, columns, warnings.",
    "analyse": "Analyse files with one technique, without a study.",
    "new": "Draft a study from a folder of raw files.",
    "check": "List every mistake in a study, and what cannot be had for want of what.",
    "run": "Compute a study; only what changed is computed again.",
    "report": "Write the report, figures and tables of a study.",
    "export": "Write the results of a study for other programs.",
    "verify": "Compute every number of an exported bundle again and say which moved.",
    "trace": "Show how a number was made, from the table back to the file.",
    "demo": "Build a simulated reference study, run it and write its report.",
}
_FAULT, _STOPPED = 70, 130


class _LazyGroup(click.Group):
    """A group that imports a command's module only when that command is used."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        command: click.Command = importlib.import_module(f"pelletry.cli.commands.{cmd_name}").command
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if args and args[0] not in COMMANDS and not args[0].startswith("-"):
            import difflib

            close = difflib.get_close_matches(args[0], COMMANDS, n=1)
            hint = f" Did you mean {close[0]}?" if close else f" There are: {', '.join(COMMANDS)}."
            ctx.fail(f"There is no command {safe(args[0])!r}.{hint}")
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))


def _version(ctx: click.Context, _: click.Parameter, value: bool) -> None:
    if value:
        import pelletry

        click.echo(f"pelletry {pelletry.__version__}")
        ctx.exit()


@click.group(
    name="pelletry",
    cls=_LazyGroup,
    invoke_without_command=False,
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog="Example: pelletry new mystudy --from raw/  then  pelletry run mystudy",
)
@click.option("--version", is_flag=True, expose_value=False, is_eager=True, callback=_version, help="Show the version.")
def group() -> None:
    """From the raw files of a ceramic-electrolyte study to its numbers, figures and report.

    Exit codes: 0 done, 1 done with flagged results, 2 the study or the arguments are wrong, 3 a file is unreadable.
    """


def run_app(arguments: Sequence[str]) -> int:
    """Run the command line; returns the exit code. Results go to stdout, everything else to stderr."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")
    # The matrices here are small: threads inside numpy cost time, and their number would change the last bits.
    for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
        os.environ.setdefault(name, "1")
    try:
        code = _guarded(arguments)
        sys.stdout.flush()
    except BrokenPipeError:
        # The reader of our output has gone (``| head``); the rest has nowhere to go, and that is no error.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    return code


def _guarded(arguments: Sequence[str]) -> int:
    try:
        # Not group.main: that turns a broken pipe into exit code 1, which means flagged results here.
        with group.make_context("pelletry", list(arguments)) as context:
            code: Any = group.invoke(context)
    except click.exceptions.Exit as stop:
        return int(stop.exit_code)
    except click.ClickException as error:
        talk(_usage_text(error))
        return 2
    except (KeyboardInterrupt, click.Abort):
        talk("Stopped. What was finished is kept; the same command continues from there.")
        return _STOPPED
    except BrokenPipeError:
        raise
    except Exception as error:
        return _explained(error)
    return code if isinstance(code, int) else 0


def _usage_text(error: click.ClickException) -> str:
    message = error.format_message()
    context = getattr(error, "ctx", None)
    if context is None:
        return message
    return f"{message}\nSee: {context.command_path} --help"


def _explained(error: Exception) -> int:
    if is_debugging():
        import traceback

        talk(traceback.format_exc())
    from pelletry.core.errors import PelletryError

    if isinstance(error, PelletryError):
        talk(str(error))
        return error.exit_code
    talk(
        f"Pelletry stopped on a fault of its own ({type(error).__name__}: {error}). Nothing of yours was changed. "
        "Please report it; PELLETRY_DEBUG=1 shows where it happened."
    )
    return _FAULT
