"""``pelletry new``"""

from __future__ import annotations

from typing import Any

import click

from pelletry import api
from pelletry.cli.options import as_json, given_sizes
from pelletry.cli.progress import progress_bar
from pelletry.cli.show import out, print_json

__all__ = ["command"]


@click.command(epilog="Example: pelletry new mystudy --from raw/ --diameter '8.70(5) mm' --electrode-diameter face")
@click.argument("study", type=click.Path())
@click.option("--from", "raw_folder", required=True, metavar="FOLDER", type=click.Path(), help="The raw files.")
@click.option("--title", help="Title of the study; without it the name of its folder.")
@click.option("--samples", "samples_table", metavar="FILE", type=click.Path(), help="A samples table you keep already.")
@click.option("--composition", metavar="TEXT", help="Formula of the material.")
@click.option("--mass", metavar="TEXT", help="Mass, such as '0.0812(1) g'; only for one pellet.")
@click.option("--diameter", metavar="TEXT", help="Diameter of every pellet, such as '8.70(5) mm'.")
@click.option("--thickness", metavar="TEXT", help="Thickness, such as '0.461; 0.466 mm'; only for one pellet.")
@click.option(
    "--electrode-diameter", metavar="TEXT", help="Diameter of the electrode, or 'face' when it covers the pellet."
)
@click.option("--theoretical-density", metavar="TEXT", help="Density without pores, such as '2.94 g/cm3'.")
@click.option("--theoretical-density-source", metavar="TEXT", help="Where that density comes from.")
@click.option("--confirm-temperatures", is_flag=True, help="Temperatures in file names are those of the pellet.")
@as_json
def command(
    study: str,
    raw_folder: str,
    title: str | None,
    samples_table: str | None,
    confirm_temperatures: bool,
    as_json: bool,
    **values: Any,
) -> int:
    """Draft a STUDY from a folder of raw files.

    Writes study.toml, samples.csv and files.csv. Samples and temperatures are read from file names and headers; look through the draft and confirm it. The raw files
    stay where they are and are only read.
    """
    with progress_bar("reading") as progress:
        drafted = api.scaffold(
            study,
            raw_folder,
            title=title,
            samples_table=samples_table,
            confirm_temperatures=confirm_temperatures,
            progress=progress,
            given=given_sizes(values),
        )
    if as_json:
        print_json(api.drafted_document(drafted))
    else:
        for sentence in drafted.sentences:
            out(sentence)
    return 0
