"""The face of Pelletry: everything the command line does, as functions with types. Doors import only this.

>>> from pelletry import api
>>> result = api.run("mystudy")                                                # doctest: +SKIP
>>> print(api.render(api.compare(result), "text"))                             # doctest: +SKIP

Each function imports what it needs when it is called, so that importing this module costs nothing.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pelletry.advice.merged import FoldedFindings
    from pelletry.core.figure import FigureSpec
    from pelletry.core.finding import Finding
    from pelletry.core.record import Record
    from pelletry.core.table import Table as Table
    from pelletry.core.technique import Presentation
    from pelletry.formats.inspect import Inspected as Inspected
    from pelletry.study.bundle import Verified
    from pelletry.study.check import Checked
    from pelletry.study.result import StudyResult as StudyResult
    from pelletry.study.run import Progress
    from pelletry.study.scaffold import Drafted
    from pelletry.study.spec import Study
    from pelletry.study.trace import Trace

    StudyLike = Study | str | os.PathLike[str]

__all__ = [
    "EXPORTS",
    "FIGURE_FORMATS",
    "analyse",
    "as_document",
    "check",
    "checked_document",
    "compare",
    "compare_parts",
    "demo",
    "drafted_document",
    "export",
    "folded",
    "inspect",
    "inspected_document",
    "is_flagged",
    "load_study",
    "open_file",
    "present",
    "quantities",
    "render",
    "report",
    "run",
    "save_results",
    "scaffold",
    "settings_from_texts",
    "trace",
    "trace_text",
    "traced_document",
    "verified_document",
    "verify",
    "write_figures",
]

#: What ``export`` can write, and what each is.
EXPORTS: dict[str, str] = {
    "csv": "every table as CSV with machine columns (value, std, limits, unit, method)",
    "xlsx": "one Excel workbook with every table and the data file list",
    "latex": "every table as a LaTeX booktabs file",
    "cif": "a CIF of each refined structure and pdCIF of its pattern",
    "gsas2": "the diffraction model for GSAS-II",
    "fullprof": "the diffraction model for FullProf",
    "topas": "the diffraction model for TOPAS",
    "bgmn": "the diffraction model for BGMN",
    "bdf": "every cycling run in the Battery Data Format",
    "eln": "one .eln file (RO-Crate): raw files, settings, results, one action for each number; see verify",
    "json": "all quantities, findings, tables and provenance (files, settings) as one JSON document",
}

#: Figure formats that ``report`` writes beside the report.
FIGURE_FORMATS = ("svg", "pdf", "png")


# -- files -------------------------------------------------------------------------------------------------------------


def open_file(path: str | os.PathLike[str]) -> tuple[Record, ...]:
    """The records of one raw file, recognised by its content.

    Raises
    ------
    FormatError
        When no reader, or more than one, knows the content, or the file is broken.
    """
    from pelletry.formats.open_file import read_file

    return tuple(read_file(Path(path)))


def inspect(*paths: str | os.PathLike[str], progress: Progress | None = None) -> tuple[Inspected, ...]:
    """What files, and all files in folders, are: one entry a file, also for those that cannot be read.

    ``progress`` is told before each file: how many are done, how many there are, and its path.
    """
    from pelletry.formats.inspect import inspect_paths

    return tuple(inspect_paths([Path(path) for path in paths], progress=progress))


# -- one technique -----------------------------------------------------------------------------------------------------


def analyse(
    technique: str,
    files: Sequence[str | os.PathLike[str]] = (),
    settings: Mapping[str, Any] | None = None,
    *,
    geometry: Mapping[str, str] | None = None,
    name: str = "sample",
    confirm_temperatures: bool = False,
    jobs: int | None = None,
    progress: Progress | None = None,
) -> StudyResult:
    """One technique on the files of one sample, without a study; nothing is written.

    Parameters
    ----------
    technique:
        ``"impedance"``, ``"density"``, ...
    settings:
        Keys of that technique's table in study.toml.
    geometry:
        What is known of the pellet, as the columns of samples.csv with units in the text:
        ``{"diameter": "8.0 mm", "thickness": "2.1 mm", "electrode_diameter": "face", "mass": "0.52 g"}``.
    name:
        Name of the sample.
    confirm_temperatures:
        True: temperatures in file names are those of the pellet.

    Raises
    ------
    StudyError
        When settings or sizes are wrong.
    FormatError
        When none of the files can be read.
    """
    import attrs

    from pelletry.core.errors import StudyError
    from pelletry.study.run import run_study
    from pelletry.study.single import in_words_of_options, refuse_if_nothing_was_read, single_study
    from pelletry.techniques import technique_named

    card = technique_named(technique)
    if files and not card.record_techniques:
        raise StudyError(
            f"{technique} takes no files ({os.fspath(files[0])})",
            do="leave them out, and give what is known of the pellet, such as --mass, --diameter, --thickness",
        )
    study = single_study(
        card,
        [os.fspath(file) for file in files],
        folder=Path.cwd(),
        settings=settings or {},
        sample={"sample": name, **(geometry or {})},
        confirms_temperatures=confirm_temperatures,
    )
    result = run_study(study, jobs=jobs, progress=progress, is_kept=False, cards=[card])
    refuse_if_nothing_was_read(result)
    findings = tuple(attrs.evolve(f, sentence=in_words_of_options(f.sentence)) for f in result.findings)
    withheld = tuple(attrs.evolve(w, do=in_words_of_options(w.do)) for w in result.withheld)
    return attrs.evolve(result, findings=findings, withheld=withheld)


# -- studies -----------------------------------------------------------------------------------------------------------


def scaffold(
    folder: str | os.PathLike[str],
    raw_folder: str | os.PathLike[str],
    *,
    title: str | None = None,
    samples_table: str | os.PathLike[str] | None = None,
    confirm_temperatures: bool = False,
    progress: Progress | None = None,
    given: Mapping[str, str] | None = None,
) -> Drafted:
    """Draft a study (study.toml, samples.csv, files.csv) from a folder of raw files, which are only read.

    ``samples_table`` is a table the laboratory keeps already. ``given`` are columns of samples.csv, with units in the
    text, such as ``{"diameter": "8.0 mm"}``; mass and thickness only where there is one pellet.

    Raises
    ------
    StudyError
        When the folder holds a study already, no spectrum is found, or what was given is wrong; nothing is written then.
    StoreError
        When the folder cannot be written.
    """
    from pelletry.study.scaffold import draft_study

    return draft_study(
        Path(folder),
        Path(raw_folder),
        title=title,
        samples_table=None if samples_table is None else Path(samples_table),
        confirm_temperatures=confirm_temperatures,
        progress=progress,
        read=None,
        **(given or {}),
    )


def load_study(folder: str | os.PathLike[str]) -> Study:
    """Read a study folder.

    Raises
    ------
    StudyError
        With every mistake in study.toml, the samples table, files.csv and decisions.toml, each with file and line.
    """
    from pelletry.study.spec import load_study as load

    return load(Path(folder))


def check(study: StudyLike) -> Checked:
    """Every mistake of a study, and which numbers cannot be had for want of what. Raises nothing for a wrong study."""
    from pelletry.study.check import check_folder, check_study

    return check_folder(Path(study)) if isinstance(study, str | os.PathLike) else check_study(study)


def run(
    study: StudyLike,
    *,
    jobs: int | None = None,
    progress: Progress | None = None,
    cluster: str | None = None,
    say: Callable[[str], None] | None = None,
) -> StudyResult:
    """Compute a study; only what changed is computed again. Writes nothing but the study's ``.pelletry/``.

    Parameters
    ----------
    jobs:
        Processes to use. None: all cores if the work is worth it. A script that lets this start processes needs
        ``if __name__ == "__main__":``.
    progress, say:
        Called after each task with (done, total, what), and with sentences about the run itself.
    cluster:
        Address of a Dask scheduler to compute on; needs ``pip install 'pelletry[cluster]'``.

    Raises
    ------
    StudyError
        When the study is wrong. A file or sample that fails is a finding in the result and stops nothing else.
    """
    from pelletry.advice.audit import audited
    from pelletry.study.run import run_study

    return audited(run_study(_loaded(study), jobs=jobs, progress=progress, cluster=cluster, say=say))


def _loaded(study: StudyLike) -> Study:
    if isinstance(study, str | os.PathLike):
        return load_study(study)
    return study


# -- results -----------------------------------------------------------------------------------------------------------


def compare(result: StudyResult, *, is_brief: bool = False) -> Table:
    """The comparison table: one row a pellet, one column a fact.

    ``is_brief`` leaves out what is the same for every pellet and says it in a note.
    """
    from pelletry.study.compare import brief

    return brief(result.comparison) if is_brief else result.comparison


def compare_parts(result: StudyResult) -> tuple[Table, ...]:
    """The comparison in tables that a page holds: of the pellets, then of each further technique; one when it is small."""
    from pelletry.study.compare import comparison_parts

    return comparison_parts(result.comparison)


def quantities(result: StudyResult) -> Table:
    """Every number of a result in one table."""
    from pelletry.study.compare import quantity_table

    return quantity_table(result)


def as_document(result: StudyResult, files: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """A result in the shape of ``run --json`` (``docs/reference/run.schema.json``)."""
    from pelletry.study.document import result_document

    return result_document(result, files)


def is_flagged(result: StudyResult) -> bool:
    """Does anything in a result call for a second look?"""
    from pelletry.study.document import is_flagged as flagged

    return flagged(result)


def folded(findings: Iterable[Finding]) -> tuple[FoldedFindings, ...]:
    """Findings as a person reads them: what is said of many samples once, with what is of one kind under its first line."""
    from pelletry.advice.merged import folded_findings

    return folded_findings(findings)


def trace(study: StudyLike | StudyResult, asked: str) -> tuple[Trace, ...]:
    """How the number ``"SAMPLE QUANTITY"`` was made, from the table back to file and line; one for each condition.

    Raises
    ------
    StudyError
        When there is no such sample or quantity; the message lists what there is.
    """
    from pelletry.study.result import StudyResult
    from pelletry.study.trace import trace_quantity

    result = study if isinstance(study, StudyResult) else run(study)
    return trace_quantity(result, asked)


def trace_text(traces: Sequence[Trace]) -> str:
    """Traces as indented text."""
    from pelletry.study.trace import trace_text as text

    return text(traces)


def present(result: StudyResult) -> dict[tuple[str, str], Presentation]:
    """Figures, tables and method paragraph of each result, by (sample, technique); of a sample in the order of the work."""
    from pelletry.techniques import technique_named, techniques

    order = {card.name: place for place, card in enumerate(techniques())}
    samples = {sample.name: place for place, sample in enumerate(result.samples)}
    results = sorted(result.results, key=lambda r: (samples.get(r.sample, 0), order.get(r.technique, len(order))))
    return {(r.sample, r.technique): technique_named(r.technique).present(r.result) for r in results}


def render(what: FigureSpec | Table, format: str, *, width: int = 100) -> bytes | str:
    """A figure as ``svg``, ``pdf`` or ``png`` (bytes), a table as ``text``, ``html``, ``latex`` or ``csv`` (str).

    ``width`` is the number of characters of a text table.
    """
    from pelletry.core.figure import FigureSpec
    from pelletry.core.table import Table

    if isinstance(what, FigureSpec):
        from pelletry.render.figure import render_figure

        return render_figure(what, format=format)
    if not isinstance(what, Table):
        raise TypeError(f"a figure or a table is rendered, not a {type(what).__name__}")
    from pelletry.render import table as tables

    if format == "text":
        return tables.table_to_text(what, width=width)
    writers = {"html": tables.table_to_html, "latex": tables.table_to_latex, "csv": tables.table_to_csv}
    if format not in writers:
        raise ValueError(f"a table is rendered as text, {', '.join(writers)}, not {format!r}")
    return writers[format](what)


# -- written results ---------------------------------------------------------------------------------------------------


def save_results(study: StudyLike, result: StudyResult) -> dict[str, Any]:
    """Write ``results/results.json`` and the tables of a study without a report; what ``run --no-report`` leaves behind.

    A report and figures of other results than these are removed, so that nothing in the folder contradicts the rest.

    Returns the paths written under ``report``, ``tables`` and ``figures``, as in ``run --json``.

    Raises
    ------
    StoreError
        When the folder cannot be written; files of an earlier run are untouched then.
    """
    from pelletry.export.folder import result_files
    from pelletry.export.handed_on import exported_again, is_of_other_results, written_paths

    loaded = _loaded(study)
    presentations = present(result)
    contents = result_files(result, presentations)
    is_stale = is_of_other_results(loaded.folder, contents)
    if is_stale:
        contents.update(exported_again(loaded.folder, result, presentations))
    return written_paths(loaded.folder, contents, replaces=_ALL_OF_ONE_RUN if is_stale else ())


def report(
    study: StudyLike,
    result: StudyResult | None = None,
    *,
    figures: Sequence[str] | None = FIGURE_FORMATS,
    all_figures: bool = False,
    jobs: int | None = None,
) -> dict[str, Any]:
    """Write the report (one HTML file), the figures and the tables of a study into its folder ``results``.

    ``figures`` are the formats of the figure files; an empty list: only those inside the report; None: no file is drawn, and
    those of an earlier report stay where they show these same results. The files are those a paper shows;
    ``all_figures`` adds each spectrum by itself and the tests of the data. ``jobs`` processes draw (None: all cores). Without
    a ``result`` the study is run first. Returns the paths under ``report``, ``tables`` and ``figures``.

    Raises
    ------
    StoreError
        When the folder cannot be written.
    """
    from pelletry.advice.figures import study_figures
    from pelletry.export.folder import figure_files, result_files
    from pelletry.export.handed_on import exported_again, is_of_other_results, written_paths
    from pelletry.report.html import report_html
    from pelletry.study.store import Store

    loaded = _loaded(study)
    found = run(loaded) if result is None else result
    presentations = present(found)
    contents = result_files(found, presentations)
    with Store(loaded.folder) as store:
        drawn = figure_files(
            presentations,
            formats=figures or (),
            jobs=jobs,
            overview=study_figures(found),
            with_details=all_figures,
            kept=store,
        )
    is_stale = is_of_other_results(loaded.folder, contents)
    contents.update(drawn)
    contents["report.html"] = report_html(found, presentations).encode("utf-8")
    if is_stale:
        contents.update(exported_again(loaded.folder, found, presentations))
        return written_paths(loaded.folder, contents, replaces=_ALL_OF_ONE_RUN)
    return written_paths(loaded.folder, contents, replaces=() if figures is None else _OWN_TABLES_AND_FIGURES)


def export(study: StudyLike, to: str, result: StudyResult | None = None) -> tuple[Path, ...]:
    """Write a study's results in one of the formats of :data:`EXPORTS`; returns the paths.

    Raises
    ------
    StudyError
        When there is no such format.
    StoreError
        When the folder cannot be written.
    """
    from pelletry.core.errors import StudyError, quoted
    from pelletry.export.folder import export_files, result_files
    from pelletry.export.handed_on import cycling_files, diffraction_files, is_of_other_results
    from pelletry.study.outputs import write_outputs

    if to not in EXPORTS:
        raise StudyError(f"nothing can be exported to {quoted(to)}", expected=" or ".join(EXPORTS))
    loaded = _loaded(study)
    found = run(loaded) if result is None else result
    presentations = present(found)
    files = result_files(found, presentations)
    if is_of_other_results(loaded.folder, files):
        report(loaded, found, figures=None)
    if to == "eln":
        from pelletry.export.crate import bundle_name, write_bundle
        from pelletry.report.html import report_html

        path = loaded.folder / "results" / f"{bundle_name(found)}.eln"
        write_bundle(path, loaded, found, {**files, "report.html": report_html(found, presentations).encode("utf-8")})
        return (path,)
    if to == "bdf":
        return write_outputs(loaded.folder / "results", cycling_files(loaded, found))
    if to in ("cif", "gsas2", "fullprof", "topas", "bgmn"):
        return write_outputs(loaded.folder / "results", diffraction_files(found, to))
    return write_outputs(loaded.folder / "results", export_files(found, presentations, to))


def verify(bundle: str | os.PathLike[str], *, progress: Progress | None = None) -> Verified:
    """Unpack a bundle of :func:`export` (``eln``) into a temporary folder, compute it again, and compare every number and file.

    Raises
    ------
    BrokenFileError
        When it is no bundle, or a damaged or hostile one; nothing is left behind.
    StudyError
        When the study in it is wrong.
    """
    import tempfile

    from pelletry.study.bundle import Verified, moved_numbers, opened_bundle

    with tempfile.TemporaryDirectory(prefix="pelletry-verify-") as folder:
        opened = opened_bundle(Path(bundle), Path(folder))
        result = run(load_study(opened.folder), progress=progress)
        numbers, moved = moved_numbers(opened.document, result)
    return Verified(files=opened.files, numbers=numbers, moved=moved, mistakes=opened.mistakes)


def verified_document(verified: Verified) -> dict[str, Any]:
    """A verification in the shape of ``verify --json``."""
    import attrs

    return {**attrs.asdict(verified), "holds": verified.holds}


def write_figures(
    result: StudyResult, folder: str | os.PathLike[str], *, formats: Sequence[str] = FIGURE_FORMATS
) -> tuple[Path, ...]:
    """Write all figures of a result into a folder; returns the paths."""
    from pelletry.export.folder import figure_files
    from pelletry.study.outputs import write_whole

    paths = []
    for name, content in figure_files(present(result), formats=formats).items():
        path = Path(folder) / name.rpartition("/")[2]
        write_whole(path, content)
        paths.append(path)
    return tuple(paths)


#: What a new report takes the place of: figures and tables of a pellet that is no longer in the study must not stay.
_OWN_TABLES_AND_FIGURES = ("figures/*", "tables/*.csv")
#: What belongs to one run, and would contradict another one.
_ALL_OF_ONE_RUN = ("report.html", "figures/*", "tables/*")


# -- demo --------------------------------------------------------------------------------------------------------------


def demo(name: str = "latp", folder: str | os.PathLike[str] | None = None) -> Study:
    """Build a simulated reference study (``latp``: the fourteen pellets of Raj 2023) and load it.

    Raises
    ------
    StudyError
        When there is no such study, or the folder holds another one.
    """
    from pelletry.virtual.demo import build_demo

    target = Path(folder) if folder is not None else Path(f"demo-{name}")
    build_demo(name, target)
    return load_study(target)


# -- plain data for other programs -------------------------------------------------------------------------------------


def inspected_document(file: Inspected) -> dict[str, Any]:
    """One entry of ``inspect --json`` (``docs/reference/inspect.schema.json``)."""
    return file.as_dict()


def drafted_document(drafted: Drafted) -> dict[str, Any]:
    """A draft in the shape of ``new --json``."""
    from pelletry.study import document

    return document.drafted_document(drafted)


def checked_document(checked: Checked) -> dict[str, Any]:
    """A check in the shape of ``check --json``."""
    from pelletry.study import document

    return document.checked_document(checked)


def traced_document(traces: Sequence[Trace]) -> list[dict[str, Any]]:
    """Traces in the shape of ``trace --json``."""
    from pelletry.study import document

    return document.traced_document(traces)


def settings_from_texts(texts: Sequence[str]) -> dict[str, Any]:
    """``["circuit=R(RQ)Q", "trim=off", "frequency_max_Hz=1e6"]`` as settings; values are read as in TOML, else as text.

    Raises
    ------
    StudyError
        When a text is not ``key=value``.
    """
    from pelletry.study.single import settings_of_texts

    return settings_of_texts(texts)
