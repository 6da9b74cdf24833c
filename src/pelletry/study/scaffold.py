"""From a folder of raw files to the draft of a study: study.toml, samples.csv and files.csv, to be confirmed by a person.

Raw files stay where they are and as they are. What the files do not say is left empty in the draft, never guessed; what was
read from names is marked as such and used only after it is confirmed.
"""

from __future__ import annotations

import csv
import io
import json
import os
import tempfile
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import attrs

from pelletry.core.errors import Mistake, PelletryError, StoreError, StudyError, quoted
from pelletry.core.record import Record
from pelletry.study.cells import read_cell
from pelletry.study.files import NAME_SOURCES
from pelletry.study.grouping import with_series_temperatures
from pelletry.study.listing import FileRow, file_lines, file_rows
from pelletry.study.samples import COLUMNS, all_columns, is_samples_head, samples_of_table
from pelletry.study.survey import UNWRITABLE, SurveyedFile, survey
from pelletry.study.tables import Row, TextTable, read_table
from pelletry.techniques import technique_named

__all__ = ["Drafted", "DraftedSample", "draft_study"]

_HEAD_UNITS = {
    "sintering_temperature": "°C",
    "dwell": "h",
    "heating_rate": "K/min",
    "mass": "g",
    "diameter": "mm",
    "thickness": "mm",
    "electrode_diameter": "mm",
    "theoretical_density": "g/cm3",
}
_LEFT_OUT = ("electrode_area", "files")
#: What may be given for the pellets on the command line; the first two only when there is one pellet.
_OF_ONE_PELLET = ("mass", "thickness")
GIVEN = (
    "composition",
    "mass",
    "diameter",
    "thickness",
    "electrode_diameter",
    "theoretical_density",
    "theoretical_density_source",
)
_STUDY_FILES = ("study.toml", "samples.csv", "samples.xlsx", "files.csv", "decisions.toml", "claims.toml")


@attrs.frozen(kw_only=True)
class DraftedSample:
    """One sample of the draft."""

    name: str
    spectra: int
    temperatures_K: tuple[float, ...]


@attrs.frozen(kw_only=True)
class Drafted:
    """What was drafted. ``set_aside`` holds (file, reason); ``sentences`` are for the screen."""

    folder: str
    written: tuple[str, ...]
    samples: tuple[DraftedSample, ...]
    set_aside: tuple[tuple[str, str], ...]
    sentences: tuple[str, ...]


def draft_study(
    folder: str | Path,
    raw_folder: str | Path,
    *,
    title: str | None = None,
    samples_table: str | Path | None = None,
    confirm_temperatures: bool = False,
    read: Callable[[Path], Sequence[Record]] | None = None,
    progress: Callable[[int, int, str], None] | None = None,
    **given: str | None,
) -> Drafted:
    """Look through ``raw_folder`` and write the draft of a study into ``folder``.

    Parameters
    ----------
    folder, raw_folder:
        Where the study is made (new or without a study), and where the raw files lie (inside or outside of it).
    samples_table:
        A table that the laboratory keeps already; it is copied into the study and its names are looked for in the files'.
    confirm_temperatures:
        True: the person says that temperatures in file names are those of the pellet.
    read, progress:
        Another file reader; called after each file with how many are done, how many there are, and which.
    given:
        ``composition``, ``mass``, ``diameter``, ``thickness``, ``electrode_diameter``, ``theoretical_density``,
        ``theoretical_density_source``, as a person writes them (``"8.00 mm"``); mass and thickness only for one pellet.

    Raises
    ------
    StudyError
        When there is a study already, no spectrum is found, or what was given is wrong; nothing is written then.
    StoreError
        When the folder cannot be written; nothing is left behind then.
    """
    root, raw = Path(os.path.abspath(folder)), Path(os.path.abspath(raw_folder))
    stated = _stated(given)
    _refuse_existing(root)
    if not raw.is_dir():
        raise StudyError(
            "there is no such folder", where=str(raw_folder), do="name the folder that holds the raw files"
        )
    own = [root / ".pelletry", root / "results"]
    seen = survey(raw, leave_out=own if raw == root else [*own, root], read=read, progress=progress)
    files = with_series_temperatures(seen)
    table = None if samples_table is None else _kept_table(Path(samples_table))
    known = [] if table is None else table[1]
    rows = file_rows(files, known, _prefix(root, raw))
    found = list(dict.fromkeys(row.sample for row in rows if row.sample not in ("", "*")))
    others = tuple(dict.fromkeys(row.technique for row in rows if row.technique not in ("", "impedance")))
    names = [name for name in known if name in found] or found
    if not names:
        raise _nothing_found(raw_folder, files, table is not None)
    texts: dict[str, bytes] = {}
    if table is None:
        texts["samples.csv"] = _samples_csv(names, stated, others)
    else:
        if stated:
            raise StudyError("sizes are given beside a samples table", do="write them in the table")
        texts[table[0]] = Path(samples_table or "").read_bytes()
    texts["files.csv"] = _csv(file_lines([row for row in rows if row.note != UNWRITABLE]))
    texts["study.toml"] = _study_toml(
        title or root.name, samples_name=next(iter(texts)), raw=_raw_line(root, raw), is_confirmed=confirm_temperatures
    )
    texts[".pelletry/study.schema.json"] = _schema()
    _write_all(root, texts)
    return _drafted(root, tuple(n for n in texts if not n.startswith(".")), names, rows, confirm_temperatures)


def _stated(given: Mapping[str, str | None]) -> dict[str, str]:
    unknown = sorted(set(given) - set(GIVEN))
    if unknown:
        raise StudyError(f"{', '.join(unknown)} cannot be given here", expected=", ".join(GIVEN))
    stated = {key: value for key, value in given.items() if value}
    mistakes: list[Mistake] = []
    for column in COLUMNS:
        text = stated.get(column.key, "")
        if column.unit and text and text.strip().lower() != "face":
            try:
                # The head of the table's column holds a unit; what is typed must bring its own.
                read_cell(text, unit=column.unit, where=column.key)
            except PelletryError as error:
                mistakes.extend(error.mistakes)
    if mistakes:
        raise StudyError(mistakes=mistakes)
    return stated


def _refuse_existing(root: Path) -> None:
    there = [name for name in _STUDY_FILES if (root / name).exists()]
    if there:
        raise StudyError(
            f"there is a study already ({', '.join(there)})",
            where=str(root),
            do="name a new folder; nothing was changed",
        )


def _nothing_found(raw_folder: str | Path, files: Sequence[SurveyedFile], has_table: bool) -> StudyError:
    if has_table and any(file.is_of_use for file in files):
        return StudyError(
            "no file name holds the name of a sample of the table",
            where=str(raw_folder),
            do="rename, or draft without the table",
        )
    reasons = [Mistake(what=file.reason, where=file.path) for file in files if file.reason.startswith("refused")]
    what = f"no measurement was found among {len(files)} files" if files else "the folder holds no files"
    return StudyError(what, where=str(raw_folder), do="name the folder of the raw files", mistakes=reasons[:20])


def _kept_table(path: Path) -> tuple[str, list[str]]:
    """The name a copied samples table gets in the study, and the names of its samples."""
    mistakes: list[Mistake] = []
    table = read_table(path, shown=path.name, mistakes=mistakes, is_head=is_samples_head)
    rows = () if table is None else samples_of_table(table, mistakes=mistakes, warnings=[])
    if mistakes:
        raise StudyError(mistakes=mistakes)
    return ("samples.xlsx" if path.suffix.lower() == ".xlsx" else "samples.csv"), [row.sample.name for row in rows]


def _prefix(root: Path, raw: Path) -> str:
    try:
        common = Path(os.path.commonpath([root, raw]))
    except ValueError:  # two drives of Windows have no common path
        common = Path(raw.anchor)
    if common == Path(raw.anchor):
        return raw.as_posix() + "/"
    relative = os.path.relpath(raw, root).replace(os.sep, "/")
    return "" if relative == "." else relative + "/"


def _raw_line(root: Path, raw: Path) -> str:
    if raw.is_relative_to(root):
        return ""
    return _prefix(root, raw).rstrip("/")


def _csv(lines: Sequence[Sequence[str]]) -> bytes:
    out = io.StringIO()
    csv.writer(out, lineterminator="\n").writerows(lines)
    # The byte order mark tells Excel that the degree signs are UTF-8.
    return out.getvalue().encode("utf-8-sig", errors="surrogateescape")


# -- samples.csv and study.toml ----------------------------------------------------------------------------------------


def _samples_csv(names: Sequence[str], stated: Mapping[str, str], others: Sequence[str]) -> bytes:
    """``others`` are the techniques beside impedance; what they need to know of a sample gets a column too."""
    of_one = [key for key in _OF_ONE_PELLET if key in stated]
    if len(names) > 1 and of_one:
        raise StudyError(
            f"{' and '.join(of_one)} is given for one pellet, but there are files of {len(names)}: {', '.join(names[:5])}",
            do="draft without it and write each pellet's own in samples.csv",
        )
    kept = {key for name in others for key in (column.key for column in technique_named(name).sample_columns)}
    columns = [c for c in all_columns().values() if c.key not in _LEFT_OUT and (c in COLUMNS or c.key in kept)]
    if not others:
        columns = [column for column in columns if column.key != "made_of"]
    heads = [f"{c.key} ({_HEAD_UNITS[c.key]})" if c.key in _HEAD_UNITS else c.key for c in columns]
    rows = [[name if c.key == "sample" else stated.get(c.key, "") for c in columns] for name in names]
    mistakes: list[Mistake] = []
    cells = [{h: t for h, t in zip(heads, row, strict=True) if t} for row in rows]
    table = TextTable(
        shown="samples.csv",
        heads=tuple(heads),
        rows=tuple(Row(line=n, cells=one) for n, one in enumerate(cells, start=2)),
    )
    samples_of_table(table, mistakes=mistakes, warnings=[])
    if mistakes:
        raise StudyError(mistakes=mistakes)
    return _csv([heads, *rows])


def _study_toml(title: str, *, samples_name: str, raw: str, is_confirmed: bool) -> bytes:
    raw_table = (
        f"\n[raw]\n# Raw files outside of this folder; they are only read.\nfolder = {_text(raw)}\n" if raw else ""
    )
    return f"""\
#:schema .pelletry/study.schema.json
# What this study is and how it is analysed. The pellets are in {samples_name}, the raw files in files.csv.

title = {_text(title)}
author = ""

[samples]
file = {_text(samples_name)}
{raw_table}
[confirm]
# true: the temperatures that were read from names of files and folders (files.csv) are those of the pellet.
temperatures_from_file_names = {"true" if is_confirmed else "false"}

# The smallest step of the instruments; enters the uncertainty of every size.
# [calliper]
# resolution = "0.01 mm"
# [balance]
# resolution = "0.1 mg"

# Density without pores, by composition as written in {samples_name}; needed for relative densities.
# [theoretical_density."Li1.4Al0.4Ti1.6(PO4)3"]
# value = "2.94 g/cm3"
# source = "where the number comes from"

[impedance]
# auto: compared by information criterion; or a circuit of your own, as "R(RQ)Q".
circuit = "auto"
# Standard deviation of the pellet's temperature; without it the budget of uncertainty has no such line.
# temperature_std = "1 K"
""".encode()


def _text(text: str) -> str:
    """A TOML text; JSON's escapes are TOML's, but for the delete character."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")


def _schema() -> bytes:
    from pelletry.study.schema import study_schema

    return (json.dumps(study_schema(), indent=1, ensure_ascii=False, sort_keys=True) + "\n").encode()


# -- writing -----------------------------------------------------------------------------------------------------------


def _write_all(root: Path, texts: Mapping[str, bytes]) -> None:
    """All files or none: each whole before it gets its name, study.toml after the tables it names."""
    made: list[Path] = []
    try:
        for name, content in texts.items():
            path = root / name
            path.parent.mkdir(parents=True, exist_ok=True)
            handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=".draft-")
            try:
                with os.fdopen(handle, "wb") as out:
                    out.write(content)
                    out.flush()
                    os.fsync(out.fileno())
                os.chmod(temporary, 0o644)
                # A link, unlike a replacement, fails when a study appeared here in the meantime.
                _into_place(Path(temporary), path, may_replace=name.startswith("."))
            finally:
                Path(temporary).unlink(missing_ok=True)
            made.append(path)
    except (OSError, StudyError) as error:
        for path in made:
            path.unlink(missing_ok=True)
        if isinstance(error, StudyError):
            raise
        reason = error.strerror or type(error).__name__
        raise StoreError(
            f"the study cannot be written ({reason})", where=str(root), do="free space, or name another folder"
        ) from None


def _into_place(temporary: Path, path: Path, *, may_replace: bool) -> None:
    if may_replace:
        os.replace(temporary, path)
        return
    try:
        os.link(temporary, path)
    except FileExistsError:
        raise StudyError(
            "there is a study already", where=str(path), do="name a new folder; nothing was changed"
        ) from None
    except OSError:  # file systems without links
        if path.exists():
            raise StudyError("there is a study already", where=str(path), do="name a new folder") from None
        os.replace(temporary, path)


def _drafted(
    root: Path, written: tuple[str, ...], names: Sequence[str], rows: Sequence[FileRow], is_confirmed: bool
) -> Drafted:
    samples = tuple(
        DraftedSample(
            name=name,
            spectra=sum(row.sample == name and row.technique == "impedance" for row in rows),
            temperatures_K=tuple(
                sorted({r.temperature_K for r in rows if r.sample == name and r.temperature_K is not None})
            ),
        )
        for name in names
    )
    set_aside = tuple((row.file, row.note) for row in rows if not row.sample)
    return Drafted(
        folder=str(root),
        written=written,
        samples=samples,
        set_aside=set_aside,
        sentences=_sentences(samples, rows, set_aside, is_confirmed, written),
    )


def _sentences(
    samples: Sequence[DraftedSample],
    rows: Sequence[FileRow],
    set_aside: Sequence[tuple[str, str]],
    is_confirmed: bool,
    written: Sequence[str],
) -> tuple[str, ...]:
    used = [row for row in rows if row.sample not in ("", "*") and row.technique == "impedance"]
    first = f"{_counted(len(used), 'spectrum', 'spectra')}, {_counted(len(samples), 'sample', 'samples')}"
    known = sorted(row.temperature_K for row in used if row.temperature_K is not None)
    from_names = [row for row in used if row.temperature_K is not None and row.temperature_source in NAME_SOURCES]
    if known:
        low, high = f"{known[0] - 273.15:.4g}", f"{known[-1] - 273.15:.4g}"
        first += f", temperatures {low} °C" if low == high else f", temperatures {low} to {high} °C"
    if from_names and not is_confirmed:
        first += f" ({len(from_names)} from file names: confirm them in study.toml)"
    said = [first + "."]
    others = Counter(row.technique for row in rows if row.sample and row.technique != "impedance")
    if others:
        counted = ", ".join(f"{n} of {name}" for name, n in sorted(others.items()))
        said.append(f"{_counted(others.total(), 'other file', 'other files')}: {counted}.")
    roles = [row for row in rows if row.role]
    if roles:
        told = ", ".join(f"{row.file.rpartition('/')[2]} ({row.role})" for row in roles[:3])
        said.append(f"Told from names, to be looked at in files.csv, column role: {told}.")
    without = [row for row in used if row.temperature_K is None]
    if without:
        spectra = _counted(len(without), "spectrum has", "spectra have")
        said.append(f"{spectra} no temperature, such as {quoted(without[0].file)}: write it in files.csv.")
    said.extend(f"{quoted(path, longest=200)}: not used: {note}." for path, note in set_aside if note == UNWRITABLE)
    set_aside = [(path, note) for path, note in dict.fromkeys(set_aside) if note != UNWRITABLE]
    aside = [(path, note) for path, note in set_aside if note.startswith("set aside")]
    said.extend(f"{path}: {note}." for path, note in aside[:10])
    if len(aside) > 10:
        said.append(f"{len(aside) - 10} more files are set aside; see files.csv.")
    # A file of many spectra has a row for each; it is one file.
    unused = {path for path, _ in set_aside} - {path for path, _ in aside} - {row.file for row in rows if row.sample}
    if unused:
        said.append(f"{_counted(len(unused), 'file is', 'files are')} not used; files.csv says why.")
    said.append(f"Wrote {', '.join(written)}. Look through them, fill in what is missing, then run 'pelletry check'.")
    return tuple(said)


def _counted(count: int, one: str, many: str) -> str:
    return f"{count} {one if count == 1 else many}"
