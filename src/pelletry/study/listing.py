"""The rows of a drafted files.csv: one a spectrum, with its sample and temperature, and one for each file that is not used, with why.

Set aside are: a file with the bytes of another, a spectrum that another file holds too (exports of one run), and a sweep that
was broken off when a whole one exists at the same temperature.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import attrs

from pelletry.study.files import FILE_COLUMNS
from pelletry.study.grouping import ROLES_FOR_ALL, is_same_spectrum, names_of_files, run_of_name
from pelletry.study.survey import SurveyedFile, SurveyedSpectrum

__all__ = ["FileRow", "file_lines", "file_rows"]


@attrs.frozen(kw_only=True)
class FileRow:
    """One row; ``record`` counts from 0, None: the only one of its file."""

    file: str
    record: int | None = None
    sample: str = ""
    temperature_K: float | None = None
    temperature_source: str = ""
    technique: str = ""
    role: str = ""
    run: str = ""
    note: str = ""


def file_rows(files: Sequence[SurveyedFile], known: Sequence[str], prefix: str) -> list[FileRow]:
    """The rows for all files in their order; ``known`` are the names of a samples table, ``prefix`` leads to the raw folder."""
    names = names_of_files(files, known=known)
    first_of: dict[str, str] = {}
    kept: list[tuple[str, SurveyedSpectrum, str]] = []
    rows: list[FileRow] = []
    for file in files:
        path = _safe(prefix + file.path)
        twin = first_of.setdefault(file.sha256, path) if file.sha256 else path
        if file.technique and twin == path:
            rows.append(_of_another_technique(file, path, names))
            continue
        if not file.spectra or twin != path:
            rows.append(
                FileRow(file=path, note=file.reason if not file.is_of_use else f"set aside: same bytes as {twin}")
            )
            continue
        for one in file.spectra:
            record = one.record if file.records > 1 else None
            name = "*" if file.role in ROLES_FOR_ALL else names[file.path]
            same = next((p for n, other, p in kept if n == name and is_same_spectrum(one, other)), None)
            if same is not None:
                rows.append(FileRow(file=path, record=record, note=f"set aside: same spectrum as {same}"))
                continue
            note = "" if name else "no sample of the table is named in the file's path"
            if name:
                kept.append((name, one, path))
            rows.append(
                FileRow(
                    file=path,
                    record=record,
                    sample=name,
                    temperature_K=one.temperature_K,
                    temperature_source=one.temperature_source,
                    technique="impedance",
                    role=file.role,
                    run=run_of_name(file.path),
                    note=note,
                )
            )
    spectra = {(path, one.record): one for _, one, path in kept}
    return _with_runs(_without_aborted(rows, spectra))


def _of_another_technique(file: SurveyedFile, path: str, names: Mapping[str, str]) -> FileRow:
    """One row for the whole file. A standard is for every sample."""
    is_standard = file.role in ROLES_FOR_ALL
    name = "*" if is_standard else names[file.path]
    hint = file.temperature
    return FileRow(
        file=path,
        sample=name,
        temperature_K=None if hint is None or is_standard else float(hint.value),
        temperature_source="" if hint is None or is_standard else hint.source,
        technique=file.technique,
        role=file.role,
        run=run_of_name(file.path),
        note="" if name else "no sample of the table is named in the file's path",
    )


def _safe(path: str) -> str:
    """A path that a spreadsheet would take for a formula gets ``./`` before it, which changes nothing else."""
    return f"./{path}" if path[:1] in "=+-@" else path


def _spectrum_of(row: FileRow, spectra: Mapping[tuple[str, int], SurveyedSpectrum]) -> SurveyedSpectrum:
    found = spectra.get((row.file, row.record or 0))
    return found if found is not None else next(one for (path, _), one in spectra.items() if path == row.file)


def _without_aborted(rows: list[FileRow], spectra: Mapping[tuple[str, int], SurveyedSpectrum]) -> list[FileRow]:
    """A sweep that ends early is noted; it is set aside when a whole one exists at the same temperature."""
    used = [(row, _spectrum_of(row, spectra)) for row in rows if row.sample and row.technique == "impedance"]
    usual: dict[str, float] = {}
    for sample in {row.sample for row, _ in used}:
        lowest = sorted(one.lowest_Hz for row, one in used if row.sample == sample)
        usual[sample] = lowest[len(lowest) // 2] if len(lowest) >= 3 else lowest[0]
    ends_early = {id(row): one.lowest_Hz > 3 * usual[row.sample] for row, one in used}
    out = []
    for row in rows:
        if ends_early.get(id(row), False):
            stop_Hz = _spectrum_of(row, spectra).lowest_Hz
            note = f"the sweep stops at {stop_Hz:.3g} Hz, others of the sample reach {usual[row.sample]:.3g} Hz"
            has_whole = row.temperature_K is not None and any(
                other.sample == row.sample and other.temperature_K == row.temperature_K and not ends_early[id(other)]
                for other, _ in used
            )
            if has_whole:
                row = attrs.evolve(row, sample="", note=f"set aside: aborted; {note}")
            else:
                row = attrs.evolve(row, note=note)
        out.append(row)
    return out


def _with_runs(rows: list[FileRow]) -> list[FileRow]:
    """Repeated spectra of one sample and temperature are numbered where their names do not tell them apart."""
    groups: dict[tuple[str, float, str, str, str], int] = {}
    keys = [
        (row.sample, round(row.temperature_K, 3), row.run, row.technique, row.role)
        if row.sample and row.temperature_K is not None
        else None
        for row in rows
    ]
    out = []
    for row, key in zip(rows, keys, strict=True):
        if key is not None and keys.count(key) > 1:
            groups[key] = groups.get(key, 0) + 1
            row = attrs.evolve(row, run=f"{row.run} {groups[key]}".strip())
        out.append(row)
    return out


def file_lines(rows: Sequence[FileRow]) -> list[list[str]]:
    """The cells of files.csv, its head line first."""
    lines = [
        [
            row.file,
            "" if row.record is None else str(row.record + 1),
            row.sample,
            "" if row.temperature_K is None else f"{row.temperature_K - 273.15:.6g} °C",
            row.temperature_source,
            row.technique,
            row.role,
            row.run,
            row.note,
        ]
        for row in rows
    ]
    return [list(FILE_COLUMNS), *lines]
