"""``pelletry verify``"""

from __future__ import annotations

import click

from pelletry import api
from pelletry.cli.options import as_json
from pelletry.cli.progress import progress_bar
from pelletry.cli.show import out, print_json, safe

__all__ = ["command"]


@click.command(epilog="Example: pelletry verify latp-study.eln")
@click.argument("bundle", type=click.Path())
@as_json
def command(bundle: str, as_json: bool) -> int:
    """Compute every number of an exported BUNDLE again and say which moved.

    The bundle is unpacked into a folder of its own, which is removed afterwards. Exit code 1 when a number moved or a file is not
    the one that was described.
    """
    with progress_bar("computing") as progress:
        verified = api.verify(bundle, progress=progress)
    if as_json:
        print_json(api.verified_document(verified))
        return 0 if verified.holds else 1
    for sentence in verified.mistakes:
        out(f"{safe(sentence)}.")
    for moved in verified.moved:
        before, now = (("none" if v is None else f"{v:.6g}") for v in (moved.before, moved.now))
        place = f" ({safe(moved.conditions)})" if moved.conditions else ""
        out(f"{safe(moved.sample)} {moved.name}{place}: {before} in the bundle, {now} now, {moved.unit}.")
    state = "all as they were" if not verified.moved else f"{len(verified.moved)} moved"
    out(f"{verified.numbers} numbers from {verified.files} files computed again: {state}.")
    return 0 if verified.holds else 1
