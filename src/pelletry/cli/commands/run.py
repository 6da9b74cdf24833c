"""``pelletry run``"""

from __future__ import annotations

import click

from pelletry import api
from pelletry.cli.options import as_json
from pelletry.cli.progress import progress_bar
from pelletry.cli.results import code_of, keep, show_findings, show_table
from pelletry.cli.show import print_json, safe, talk

__all__ = ["command"]


@click.command(epilog="Example: pelletry run mystudy --jobs 4")
@click.argument("study", type=click.Path())
@click.option("--jobs", type=click.IntRange(min=1), help="Processes to use; without it all cores when it is worth it.")
@click.option("--cluster", metavar="ADDRESS", help="Address of a Dask scheduler to compute on.")
@click.option("--no-report", is_flag=True, help="Leave out the report: numbers and tables only.")
@as_json
def command(study: str, jobs: int | None, cluster: str | None, no_report: bool, as_json: bool) -> int:
    """Compute a STUDY; only what changed is computed again.

    Stopping at any moment loses nothing. The report, the tables and all numbers are kept in the study's folder results;
    figure files of other numbers are removed from it (the command report writes them again).
    """
    loaded = api.load_study(study)
    with progress_bar("computing") as progress:
        result = api.run(loaded, jobs=jobs, cluster=cluster, progress=progress, say=talk)
    if not as_json:
        for table in api.compare_parts(result):
            show_table(table)
        show_findings(result)
    code, files = keep(
        lambda: api.save_results(loaded, result) if no_report else api.report(loaded, result, figures=None)
    )
    if as_json:
        print_json(api.as_document(result, files))
    elif files:
        talk(f"Kept in {loaded.folder / 'results'}. Figures as files: pelletry report {safe(study)}")
        if files["report"]:
            talk(f"Report: {files['report']}")
    return code or code_of(result)
