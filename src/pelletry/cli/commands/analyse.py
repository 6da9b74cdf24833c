"""``pelletry analyse``"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from pelletry import api
from pelletry.cli.options import as_json, given_sizes, sizes
from pelletry.cli.progress import progress_bar
from pelletry.cli.results import code_of, show_findings, show_table
from pelletry.cli.show import print_json, talk

__all__ = ["command"]


@click.command(
    epilog="Example: pelletry analyse impedance raw/*.z --thickness '2.1 mm' --diameter '8 mm' --electrode-diameter face"
)
@click.argument("technique")
@click.argument("files", nargs=-1, metavar="[FILE]...", type=click.Path())
@click.option(
    "--set",
    "settings",
    multiple=True,
    metavar="KEY=VALUE",
    help="A setting of the technique, or a column that it adds to the samples table; repeatable.",
)
@sizes
@click.option("--name", default="sample", show_default=True, help="Name of the sample.")
@click.option("--confirm-temperatures", is_flag=True, help="Temperatures in file names are those of the pellet.")
@click.option(
    "--figures", "figure_folder", metavar="FOLDER", type=click.Path(), help="Write the figures there, as SVG."
)
@click.option("--jobs", type=click.IntRange(min=1), help="Processes to use.")
@as_json
def command(
    technique: str,
    files: tuple[str, ...],
    settings: tuple[str, ...],
    name: str,
    confirm_temperatures: bool,
    figure_folder: str | None,
    jobs: int | None,
    as_json: bool,
    **values: Any,
) -> int:
    """Analyse files with one TECHNIQUE, without a study.

    TECHNIQUE is diffraction, granulometry, dilatometry, thermogravimetry, microscopy, edx, impedance, cycling or xps, with the files of
    one sample, or density, which takes no file but the mass and size of the pellet.

    Numbers need units: '2.1 mm'. What is not given is not guessed; what needs it is withheld. With --set go the settings of the technique
    and what it needs to know of the sample, as green_density='1.9 g/cm3'; the method pages list them.
    """
    with progress_bar(technique) as progress:
        result = api.analyse(
            technique,
            files,
            api.settings_from_texts(settings),
            geometry=given_sizes(values),
            name=name,
            confirm_temperatures=confirm_temperatures,
            jobs=jobs,
            progress=progress,
        )
    figures: list[str] = []
    if figure_folder is not None:
        figures = [str(path) for path in api.write_figures(result, Path(figure_folder), formats=("svg",))]
    if as_json:
        print_json(api.as_document(result, {"figures": figures}))
        return code_of(result)
    show_table(api.quantities(result))
    show_findings(result, all_of_them=True)
    if figures:
        talk(f"{len(figures)} figures in {figure_folder}")
    return code_of(result)
