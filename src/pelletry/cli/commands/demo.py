"""``pelletry demo``"""

from __future__ import annotations

from pathlib import Path

import click

from pelletry import api
from pelletry.cli.options import as_json
from pelletry.cli.progress import progress_bar
from pelletry.cli.results import code_of, show_findings, show_table
from pelletry.cli.show import out, print_json, talk

__all__ = ["command"]


@click.command(epilog="Example: pelletry demo latp demo-latp")
@click.argument("name", default="latp", metavar="[NAME]")
@click.argument("folder", default=None, required=False, metavar="[FOLDER]", type=click.Path())
@click.option("--jobs", type=click.IntRange(min=1), help="Processes to use.")
@as_json
def command(name: str, folder: str | None, jobs: int | None, as_json: bool) -> int:
    """Build a simulated reference study, run it and write its report.

    NAME is the study (latp: the fourteen pellets of Raj 2023; lzp: LiZr2(PO4)3 and its cells of El-Shinawi 2018); FOLDER is
    where it is made (demo-NAME). The raw files are simulated from published values and every page says so.
    """
    target = Path(folder or f"demo-{name}")
    with progress_bar("simulating") as progress:
        built = api.demo(name, target)
    with progress_bar("computing") as progress:
        result = api.run(built, jobs=jobs, progress=progress, say=talk)
    files = api.report(built, result, figures=())
    if as_json:
        print_json(api.as_document(result, files))
    else:
        for table in api.compare_parts(result):
            show_table(table)
        show_findings(result)
        out(f"Report: {files['report']}")
        talk(f"Its figures as SVG, PDF and PNG files: pelletry report {target}")
    return code_of(result)
