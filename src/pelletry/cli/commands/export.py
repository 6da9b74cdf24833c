"""``pelletry export``"""

from __future__ import annotations

import click

from pelletry import api
from pelletry.cli.options import as_json
from pelletry.cli.progress import progress_bar
from pelletry.cli.results import code_of
from pelletry.cli.show import out, print_json, talk

__all__ = ["command"]


@click.command(epilog="Example: pelletry export mystudy --to xlsx --to latex")
@click.argument("study", type=click.Path())
@click.option(
    "--to",
    "formats",
    multiple=True,
    required=True,
    type=click.Choice(list(api.EXPORTS)),
    help="; ".join(f"{name}: {what}" for name, what in api.EXPORTS.items()) + ". Repeatable.",
)
@as_json
def command(study: str, formats: tuple[str, ...], as_json: bool) -> int:
    """Write the results of a STUDY for other programs.

    The files go into its folder results.
    """
    loaded = api.load_study(study)
    with progress_bar("computing") as progress:
        result = api.run(loaded, progress=progress, say=talk)
    paths = [path for format in dict.fromkeys(formats) for path in api.export(loaded, format, result)]
    if as_json:
        print_json(api.as_document(result, {"tables": [str(path) for path in paths]}))
    else:
        for path in paths:
            out(str(path))
    return code_of(result)
