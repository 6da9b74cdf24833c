"""``pelletry inspect``"""

from __future__ import annotations

from typing import Any

import click

from pelletry import api
from pelletry.cli.options import as_json
from pelletry.cli.progress import progress_bar
from pelletry.cli.show import out, print_json, talk

__all__ = ["command"]


@click.command(epilog="Example: pelletry inspect raw/")
@click.argument("paths", nargs=-1, required=True, metavar="FILE_OR_FOLDER...", type=click.Path())
@as_json
def command(paths: tuple[str, ...], as_json: bool) -> int:
    """Say what raw files are: format, technique, points, columns, warnings.

    Folders are searched through. Nothing is changed and nothing is analysed.
    """
    with progress_bar("looking", after_s=1.0) as progress:
        found = api.inspect(*paths, progress=progress)
    if as_json:
        print_json([api.inspected_document(file) for file in found])
    else:
        for file in found:
            out(_described(file))
        talk(_counted(found))
    return 3 if any(file.status == "refused" for file in found) or _named_unknown(found, paths) else 0


def _named_unknown(found: Any, paths: tuple[str, ...]) -> bool:
    """A file that was named itself must be readable; one that merely lies in a folder need not be ours."""
    return any(file.status == "unknown" and file.path in paths for file in found)


def _described(file: Any) -> str:
    document = api.inspected_document(file)
    if document["status"] != "read":
        return f"{document['path']}\n  {document['status']}: {document['reason']}"
    records = f"{document['records']} records, " if document["records"] > 1 else ""
    technique = document["technique"] or "technique not known"
    lines = [document["path"], f"  {document['format']}, {technique}, {records}{document['points']} points"]
    if document["columns"]:
        lines.append("  columns: " + ", ".join(_column(column) for column in document["columns"]))
    lines.extend(f"  {name}: {_hints(hints)}" for name, hints in document["hints"].items())
    if document["duplicate_of"]:
        lines.append(f"  same content as {document['duplicate_of']}")
    lines.extend(f"  warning: {warning}" for warning in document["warnings"])
    return "\n".join(lines)


def _hints(hints: list[dict[str, Any]]) -> str:
    shown = [f"{_shown(hint)} ({hint['source']})" for hint in hints[:8]]
    return ", ".join(shown) + (f" and {len(hints) - 8} more" if len(hints) > 8 else "")


def _shown(hint: dict[str, Any]) -> str:
    """A hint in the unit people read: a temperature in degrees, as everywhere else on the screen."""
    value, unit = hint["value"], hint["unit"]
    if unit == "K" and isinstance(value, int | float):
        value, unit = round(float(value) - 273.15, 6), "°C"
    return f"{_number(value)} {unit}".strip()


def _number(value: object) -> str:
    return f"{value:.6g}" if isinstance(value, float) else str(value)


def _column(column: dict[str, str]) -> str:
    return f"{column['name']} / {column['unit']}" if column["unit"] else column["name"]


def _counted(found: Any) -> str:
    counts = {status: sum(file.status == status for file in found) for status in ("read", "refused", "unknown")}
    return f"{len(found)} files: " + ", ".join(f"{count} {status}" for status, count in counts.items() if count)
