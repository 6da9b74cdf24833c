"""What a study hands on beside its own tables: refined models for other programs, cycling runs, and exports that follow a new run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from pelletry.core.errors import MissingFactError, StudyError
from pelletry.export.folder import export_files
from pelletry.study.outputs import listed_outputs, write_outputs
from pelletry.study.result import StudyResult
from pelletry.study.spec import Study

__all__ = ["cycling_files", "diffraction_files", "exported_again", "is_of_other_results", "written_paths"]


def diffraction_files(result: StudyResult, program: str) -> dict[str, bytes]:
    """The refined models of a study's samples for another program; StudyError when none was refined."""
    from pelletry.techniques.diffraction.exchange.files import exchange_files

    contents: dict[str, bytes] = {}
    for one in result.results:
        if one.technique != "diffraction":
            continue
        try:
            files = exchange_files(one.result, program)
        except MissingFactError:
            continue  # its findings say why nothing was refined
        contents.update({f"diffraction/{program}/{name}": text.encode("utf-8") for name, text in files.items()})
    if not contents:
        raise StudyError("no diffraction pattern of this study was refined", do="see the findings of its samples")
    return contents


def cycling_files(study: Study, result: StudyResult) -> dict[str, bytes]:
    """All points of all cycling runs; StudyError when there are none with a current."""
    from pelletry.export.bdf import bdf_files
    from pelletry.formats.open_file import read_file
    from pelletry.techniques import technique_named
    from pelletry.techniques.cycling.measurement import CyclingRun

    contents: dict[str, bytes] = {}
    card = technique_named("cycling")
    cycled = [r for r in result.results if r.technique == "cycling"]
    for one in cycled:
        paths = dict.fromkeys(origin.path for origin in one.result.lineage.origins)
        records = [
            r for path in paths for r in read_file(study.folder / path, root=study.folder) if r.technique == "cycling"
        ]
        runs = [run for run in (card.read(records) if records else ()) if isinstance(run, CyclingRun)]
        for number, run in enumerate(runs, start=1):
            contents.update(bdf_files(one.sample, number, run, is_simulated=result.is_simulated))
    if not contents:
        raise StudyError("no cycling run of this study has a current", do="see the findings of its samples")
    return contents


def is_of_other_results(folder: Path, contents: Mapping[str, bytes]) -> bool:
    """Does the folder hold results, and are they others than these?"""
    try:
        return (folder / "results" / "results.json").read_bytes() != contents["results.json"]
    except OSError:
        return False


def exported_again(folder: Path, result: StudyResult, presentations: Any) -> dict[str, bytes]:
    """The exports that were asked for earlier, of the results as they are now."""
    names = listed_outputs(folder / "results")
    contents: dict[str, bytes] = {}
    for to, ending in (("latex", ".tex"), ("xlsx", ".xlsx")):
        if any(name.startswith("tables/") and name.endswith(ending) for name in names):
            contents.update(export_files(result, presentations, to))
    return contents


def written_paths(folder: Path, contents: Mapping[str, bytes], *, replaces: Sequence[str] = ()) -> dict[str, Any]:
    """Write files of results; the report's path, and those of tables and figures."""
    written = write_outputs(folder / "results", contents, replaces=replaces)
    paths = [path.relative_to(folder).as_posix() for path in written]
    return {
        "report": next((str(folder / p) for p in paths if p.endswith("report.html")), None),
        "tables": [str(folder / p) for p in paths if "/tables/" in p],
        "figures": [str(folder / p) for p in paths if "/figures/" in p],
    }
