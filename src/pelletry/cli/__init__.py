"""The command line: takes arguments, calls the api, shows. No logic, and nothing heavy is imported before it is needed."""

from __future__ import annotations

import sys

__all__ = ["main"]


def main() -> None:
    """Entry point of the ``pelletry`` command."""
    from pelletry.cli.app import run_app

    sys.exit(run_app(sys.argv[1:]))
