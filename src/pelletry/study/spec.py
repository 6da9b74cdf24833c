"""The study as a person wrote it: study.toml, the samples table, files.csv, decisions.toml and claims.toml, put together.

:func:`load_study` gives a :class:`Study` or raises one StudyError with every mistake of all five files.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import attrs
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from pelletry.core.errors import Mistake, PelletryError, StudyError, quoted
from pelletry.core.facts import Fact, PelletGeometry, TheoreticalDensity
from pelletry.core.sample import Sample
from pelletry.core.units import parse_quantity
from pelletry.study.cells import Instrument
from pelletry.study.claims import read_claims
from pelletry.study.decisions import Decision, read_decisions
from pelletry.study.files import StudyFile, find_files
from pelletry.study.result import Claim
from pelletry.study.samples import SampleRow, all_columns, is_samples_head, samples_of_table, table_of_tables
from pelletry.study.settings import cards, read_settings
from pelletry.study.tables import read_table
from pelletry.study.toml_file import TomlFile, mistakes_of_validation, read_toml, unknown_key

__all__ = ["Study", "StudySpec", "load_study"]


class _Table(BaseModel):
    model_config = ConfigDict(extra="forbid")


class _Samples(_Table):
    file: str | None = Field(
        default=None, description="samples table, CSV or xlsx; without it samples.csv or samples.xlsx"
    )
    sheet: str | None = Field(default=None, description="sheet of the workbook; without it the first")


class _Raw(_Table):
    folder: str = Field(
        min_length=1, description="folder outside of the study that holds raw files; they are only read"
    )


class _Instrument(_Table):
    resolution: str | None = Field(default=None, description="smallest step of the display, as '0.01 mm'")
    std: str | None = Field(default=None, description="standard uncertainty from its certificate, as '0.01 mm'")


class _Density(_Table):
    value: str = Field(description="density without pores, as '2.94 g/cm3' or '2.931(6) g/cm3'")
    source: str = Field(min_length=1, description="where the number comes from")


class _Confirm(_Table):
    temperatures_from_file_names: bool = Field(
        default=False, description="true: the temperatures in file and folder names are those of the pellet"
    )


class StudySpec(_Table):
    """The keys of study.toml besides the tables of the techniques."""

    title: str = Field(min_length=1, description="title of the study")
    author: str = Field(default="", description="who made the study")
    simulated_from: str = Field(
        default="", description="the truth behind simulated raw files; marks every page 'simulated'"
    )
    samples: _Samples = Field(default_factory=_Samples)
    raw: _Raw | None = Field(default=None)
    calliper: _Instrument = Field(default_factory=_Instrument)
    balance: _Instrument = Field(default_factory=_Instrument)
    theoretical_density: dict[str, _Density] = Field(default_factory=dict, description="by composition")
    confirm: _Confirm = Field(default_factory=_Confirm)


@attrs.frozen(kw_only=True)
class Study:
    """A study that can be run. ``folder`` is absolute; all paths of ``files`` are written from it.

    ``set_aside`` are the files that files.csv lists without a sample. ``warnings`` are oddities that stop nothing.
    ``places`` maps the name of a sample to where it is written, as ``samples.csv:4``. ``is_single``: it stands in no folder,
    its one sample was given with the command.
    """

    folder: Path
    title: str
    author: str = ""
    simulated_from: str = ""
    samples: tuple[Sample, ...]
    files: tuple[StudyFile, ...] = ()
    set_aside: tuple[StudyFile, ...] = ()
    settings: Mapping[str, Any] = attrs.field(factory=dict)
    theoretical_densities: tuple[TheoreticalDensity, ...] = ()
    decisions: tuple[Decision, ...] = ()
    claims: tuple[Claim, ...] = ()
    confirms_temperatures: bool = False
    warnings: tuple[str, ...] = ()
    places: Mapping[str, str] = attrs.field(factory=dict)
    is_single: bool = False

    @property
    def is_simulated(self) -> bool:
        return bool(self.simulated_from)

    def sample(self, name: str) -> Sample:
        """The sample of that name; KeyError when there is none."""
        found = next((sample for sample in self.samples if sample.name == name), None)
        if found is None:
            raise KeyError(name)
        return found

    def path_of(self, file: StudyFile) -> Path:
        """Where a file lies on this machine."""
        return Path(os.path.abspath(self.folder / file.path))

    def files_of(self, sample: str) -> tuple[StudyFile, ...]:
        """The files of one sample; those that a decision excludes are among them."""
        return tuple(file for file in self.files if file.sample == sample)

    def decisions_of(self, sample: str) -> tuple[Decision, ...]:
        """The decisions on a sample: those that name it, and those on its files that name no sample."""
        paths = {file.path for file in self.files_of(sample)}
        return tuple(d for d in self.decisions if d.sample == sample or (d.sample is None and d.file in paths))

    def ancestors(self, name: str) -> tuple[str, ...]:
        """What a sample was made of, and what that was made of: the nearest first, each once."""
        found: list[str] = []
        waiting = list(self.sample(name).made_of)
        while waiting:
            one = waiting.pop(0)
            if one not in found:
                found.append(one)
                waiting.extend(self.sample(one).made_of)
        return tuple(found)

    def facts_of(self, sample: str) -> tuple[Fact, ...]:
        """What the study itself knows of a sample: its geometry when both sizes are given, its theoretical density."""
        pellet = self.sample(sample).pellet
        facts: list[Fact] = [fact for fact in self.theoretical_densities if fact.sample == sample]
        if pellet.thickness_m is not None and pellet.electrode_area_m2 is not None:
            given_by = self.places.get(sample, "").partition(":")[0] or "study"
            facts.append(
                PelletGeometry(
                    sample=sample,
                    given_by=given_by,
                    thickness_m=pellet.thickness_m,
                    electrode_area_m2=pellet.electrode_area_m2,
                )
            )
        return tuple(facts)


def load_study(folder: str | Path) -> Study:
    """Read and check the study in a folder (or the folder of the study.toml that is named).

    Raises
    ------
    StudyError
        With every mistake in study.toml, the samples table, files.csv, decisions.toml and claims.toml, each with file and line.
    """
    root = Path(os.path.abspath(folder))
    if root.name == "study.toml":
        root = root.parent
    mistakes: list[Mistake] = []
    if not root.is_dir():
        raise StudyError("there is no such folder", where=str(folder), do="draft a study with 'pelletry new'")
    file = read_toml(root / "study.toml", shown="study.toml", mistakes=mistakes)
    if file is None:
        raise StudyError(mistakes=_in_reading_order(mistakes))
    study = _study(root, file, mistakes)
    if mistakes or study is None:
        raise StudyError(mistakes=_in_reading_order(mistakes))
    return study


def _in_reading_order(mistakes: list[Mistake]) -> list[Mistake]:
    """File by file as they are read, and by line within a file."""
    files: dict[str, int] = {}

    def place(mistake: Mistake) -> tuple[int, int]:
        found = re.match(r"([^:]*)(?::(\d+))?", mistake.where)
        name, line = (found[1], int(found[2] or 0)) if found else ("", 0)
        return files.setdefault(name, len(files)), line

    return sorted((_printable(mistake) for mistake in mistakes), key=place)


def _printable(mistake: Mistake) -> Mistake:
    """Names of keys, columns and files are foreign text: control characters are shown as escapes, not sent to a terminal."""
    parts = {part: _escaped(getattr(mistake, part)) for part in ("what", "where", "expected", "do")}
    return attrs.evolve(mistake, **parts)


def _escaped(text: str) -> str:
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode("ascii") for c in text)


def _study(root: Path, file: TomlFile, mistakes: list[Mistake]) -> Study | None:
    warnings: list[str] = []
    spec = _spec(file, mistakes)
    settings = read_settings(file, mistakes=mistakes)
    # A wrong study.toml does not hide the mistakes of the tables: they are read with what is usable of it.
    usable = spec or StudySpec(title="?")
    instruments = _instruments(usable, file, mistakes)
    rows = _sample_rows(root, usable, file, instruments, mistakes, warnings)
    densities = _densities(usable, file, rows, mistakes)
    raw_folder = None if usable.raw is None else Path(os.path.abspath(root / usable.raw.folder))
    if raw_folder is not None and not raw_folder.is_dir():
        mistakes.append(
            Mistake(
                what=f"the folder {quoted(raw_folder, longest=200)} does not exist", where=file.where(("raw", "folder"))
            )
        )
    confirms = usable.confirm.temperatures_from_file_names
    files, set_aside = find_files(root, raw_folder=raw_folder, samples=rows, confirms_names=confirms, mistakes=mistakes)
    names = [row.sample.name for row in rows]
    decisions = read_decisions(
        root / "decisions.toml",
        shown="decisions.toml",
        samples=names,
        files=[f.path for f in (*files, *set_aside)],
        mistakes=mistakes,
    )
    claims = read_claims(root / "claims.toml", shown="claims.toml", samples=names, mistakes=mistakes)
    if spec is None:
        return None
    return Study(
        folder=root,
        title=spec.title,
        author=spec.author,
        simulated_from=spec.simulated_from,
        samples=tuple(row.sample for row in rows),
        files=files,
        set_aside=set_aside,
        settings=settings,
        theoretical_densities=densities,
        decisions=decisions,
        claims=claims,
        confirms_temperatures=confirms,
        warnings=tuple(warnings),
        places={row.sample.name: row.where for row in rows},
    )


def _spec(file: TomlFile, mistakes: list[Mistake]) -> StudySpec | None:
    own = {key: value for key, value in file.data.items() if key not in cards() and key != "sample"}
    unknown = [key for key in own if key not in StudySpec.model_fields]
    known = {*StudySpec.model_fields, *cards(), "sample"}
    mistakes.extend(unknown_key(key, known, where=file.where((key,))) for key in unknown)
    try:
        return StudySpec.model_validate({key: value for key, value in own.items() if key not in unknown})
    except ValidationError as error:
        mistakes.extend(mistakes_of_validation(error, file=file, model=StudySpec))
        return None


def _instruments(spec: StudySpec, file: TomlFile, mistakes: list[Mistake]) -> dict[str, Instrument]:
    found = {}
    for name, unit in (("calliper", "m"), ("balance", "kg")):
        stated: _Instrument = getattr(spec, name)
        sizes = {
            key: _positive(getattr(stated, key), unit, file, (name, key), mistakes) for key in ("resolution", "std")
        }
        found[name] = Instrument(name=name, **sizes)
    return found


def _positive(
    text: str | None, unit: str, file: TomlFile, path: tuple[str, ...], mistakes: list[Mistake]
) -> float | None:
    if text is None:
        return None
    try:
        value = parse_quantity(text, unit=unit, where=file.where(path)).value
    except PelletryError as error:
        mistakes.extend(error.mistakes)
        return None
    if value <= 0:
        mistakes.append(Mistake(what=f"{quoted(text)} is not above zero", where=file.where(path)))
    return value


def _sample_rows(
    root: Path,
    spec: StudySpec,
    file: TomlFile,
    instruments: Mapping[str, Instrument],
    mistakes: list[Mistake],
    warnings: list[str],
) -> tuple[SampleRow, ...]:
    written = file.data.get("sample")
    if written is not None:
        if not isinstance(written, list) or not all(isinstance(one, dict) for one in written):
            mistakes.append(
                Mistake(what="sample is not a list", where=file.where(("sample",)), expected="heads [[sample]]")
            )
            return ()
        lines = [file.line(("sample", n)) for n in range(len(written))]
        table = table_of_tables(written, lines, shown="study.toml")
    else:
        name = spec.samples.file or _default_table(root, mistakes)
        if name is None:
            return ()
        path = Path(os.path.abspath(root / name))
        found = read_table(path, shown=name, mistakes=mistakes, sheet=spec.samples.sheet, is_head=is_samples_head)
        if found is None:
            return ()
        table = found
    return samples_of_table(
        table, mistakes=mistakes, warnings=warnings, instruments=instruments, is_simulated=bool(spec.simulated_from)
    )


def _default_table(root: Path, mistakes: list[Mistake]) -> str | None:
    there = [name for name in ("samples.csv", "samples.xlsx") if (root / name).exists()]
    if len(there) == 1:
        return there[0]
    what = "there are samples.csv and samples.xlsx" if there else "the study has no samples"
    do = (
        'name one: [samples] file = "samples.csv"'
        if there
        else f"write samples.csv with the columns {', '.join(all_columns())}"
    )
    mistakes.append(Mistake(what=what, where="study.toml", do=do))
    return None


def _densities(
    spec: StudySpec, file: TomlFile, rows: tuple[SampleRow, ...], mistakes: list[Mistake]
) -> tuple[TheoreticalDensity, ...]:
    """One a sample: that of its row, else that of its composition in study.toml."""
    by_composition = {}
    for composition, entry in spec.theoretical_density.items():
        path = ("theoretical_density", composition, "value")
        try:
            value = parse_quantity(entry.value, unit="kg/m3", where=file.where(path))
        except PelletryError as error:
            mistakes.extend(error.mistakes)
            continue
        if not 300 <= value.value <= 25000:
            mistakes.append(
                Mistake(
                    what=f"{value.value * 1e-3:.4g} g/cm3 is not a density of a ceramic",
                    where=file.where(path),
                    expected="between 0.3 and 25 g/cm3",
                )
            )
        by_composition[_spelled(composition)] = (value, entry.source)
    compositions = {_spelled(row.sample.composition or "") for row in rows}
    for composition in spec.theoretical_density:
        if rows and _spelled(composition) not in compositions:
            mistakes.append(
                Mistake(
                    what=f"no sample has the composition {quoted(composition)}",
                    where=file.where(("theoretical_density", composition)),
                    do="write it as in the samples table",
                )
            )
    found = []
    for row in rows:
        stated = by_composition.get(_spelled(row.sample.composition or ""))
        if row.theoretical_density is not None:
            found.append(row.theoretical_density)
        elif stated is not None:
            value, source = stated
            found.append(
                TheoreticalDensity(
                    sample=row.sample.name, given_by="study.toml", density_kg_per_m3=value, source=source
                )
            )
    return tuple(found)


def _spelled(composition: str) -> str:
    """A formula without spaces and with plain digits: ``Li₃PO₄`` is ``Li3PO4``."""
    return "".join(composition.split()).translate(str.maketrans("₀₁₂₃₄₅₆₇₈₉", "0123456789"))
