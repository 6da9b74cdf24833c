"""``pelletry report``"""

from __future__ import annotations

import click

from pelletry import api
from pelletry.cli.options import as_json
from pelletry.cli.progress import progress_bar
from pelletry.cli.results import code_of
from pelletry.cli.show import out, print_json, talk

__all__ = ["command"]


@click.command(epilog="Example: pelletry report mystudy --figures pdf")
@click.argument("study", type=click.Path())
@click.option(
    "--figures",
    "formats",
    multiple=True,
    type=click.Choice(["svg", "pdf", "png", "none"]),
    help="Formats of the figure files; repeatable. Without it all three.",
)
@click.option(
    "--all-figures",
    is_flag=True,
    help="Also each spectrum by itself and the tests of the data, not only those for a paper.",
)
@click.option("--jobs", type=click.IntRange(min=1), help="Processes to use.")
@as_json
def command(study: str, formats: tuple[str, ...], all_figures: bool, jobs: int | None, as_json: bool) -> int:
    """Write the report, figures and tables of a STUDY.

    They go into its folder results. The report is one file that opens in a browser without a network. What is not computed yet is computed first.
    """
    loaded = api.load_study(study)
    with progress_bar("computing") as progress:
        result = api.run(loaded, jobs=jobs, progress=progress, say=talk)
    chosen = tuple(f for f in formats if f != "none") if formats else api.FIGURE_FORMATS
    files = api.report(loaded, result, figures=chosen, all_figures=all_figures, jobs=jobs)
    if as_json:
        print_json(api.as_document(result, files))
    else:
        out(files["report"])
        talk(f"{len(files['figures'])} figures and {len(files['tables'])} tables beside it.")
    return code_of(result)
