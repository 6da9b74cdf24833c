"""``pelletry check``"""

from __future__ import annotations

import click

from pelletry import api
from pelletry.cli.options import as_json
from pelletry.cli.show import listed, out, print_json

__all__ = ["command"]


@click.command(epilog="Example: pelletry check mystudy")
@click.argument("study", type=click.Path())
@as_json
def command(study: str, as_json: bool) -> int:
    """List every mistake in a STUDY, and what cannot be had for want of what.

    The raw files are not opened.
    """
    checked = api.check(study)
    if as_json:
        print_json(api.checked_document(checked))
        return 0 if checked.can_run else 2
    if checked.mistakes:
        out(listed([str(mistake) for mistake in checked.mistakes], head="Mistakes"))
    if checked.withheld:
        head = "Cannot be given, for want of something"
        out(listed([f"{w.what}: missing {w.missing}. To have it, {w.do}." for w in checked.withheld], head=head))
    if checked.warnings:
        out(listed(list(checked.warnings), head="Odd"))
    if not (checked.mistakes or checked.withheld or checked.warnings):
        out("Nothing is wrong and nothing is missing.")
    elif checked.can_run:
        out("The study can be run.")
    return 0 if checked.can_run else 2
