"""``pelletry trace``"""

from __future__ import annotations

import click

from pelletry import api
from pelletry.cli.options import as_json
from pelletry.cli.progress import progress_bar
from pelletry.cli.show import out, print_json, talk

__all__ = ["command"]


@click.command(epilog="Example: pelletry trace mystudy 'LATP-800 conductivity_total_25C'")
@click.argument("study", type=click.Path())
@click.argument("quantity", metavar="'SAMPLE QUANTITY'")
@as_json
def command(study: str, quantity: str, as_json: bool) -> int:
    """Show how a number was made, from the table back to the file.

    A quantity with a value for each temperature is traced for all, or for one: 'LATP-800 conductivity_total at 25 °C'.
    """
    loaded = api.load_study(study)
    with progress_bar("computing") as progress:
        result = api.run(loaded, progress=progress, say=talk)
    traces = api.trace(result, quantity)
    if as_json:
        print_json(api.traced_document(traces))
    else:
        out(api.trace_text(traces))
    return 0
