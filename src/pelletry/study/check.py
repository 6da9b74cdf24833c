"""What a study lacks, before it is run: which numbers cannot be had, for want of what, and what to do."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import attrs

from pelletry.core.errors import Mistake, StudyError
from pelletry.core.facts import TheoreticalDensity
from pelletry.core.quantity import Estimate
from pelletry.core.sample import Sample
from pelletry.study.files import NAME_SOURCES, StudyFile
from pelletry.study.result import Withheld
from pelletry.study.spec import Study, load_study

__all__ = ["Checked", "check_folder", "check_study"]


@attrs.frozen(kw_only=True)
class Checked:
    """``mistakes`` stop a run, ``withheld`` numbers cannot be had, ``warnings`` are oddities."""

    mistakes: tuple[Mistake, ...] = ()
    withheld: tuple[Withheld, ...] = ()
    warnings: tuple[str, ...] = ()

    @property
    def can_run(self) -> bool:
        return not self.mistakes


def check_folder(folder: str | Path) -> Checked:
    """Check the study in a folder: its mistakes, or what it lacks when it has none."""
    try:
        study = load_study(folder)
    except StudyError as error:
        return Checked(mistakes=error.mistakes)
    return check_study(study)


def check_study(study: Study) -> Checked:
    """What cannot be computed, by sample. The raw files are not opened."""
    withheld = [line for sample in study.samples for line in _of_sample(study, sample)]
    return Checked(withheld=tuple(withheld), warnings=study.warnings)


def _of_sample(study: Study, sample: Sample) -> Iterator[Withheld]:
    files = study.files_of(sample.name)
    if files:
        yield from _conductivity(study, sample)
        yield from _temperatures(study, sample, files)
    else:
        yield _withheld(
            sample,
            "conductivity",
            "no raw file",
            f"name its files in {_place(study, sample)}, column files, or in files.csv",
        )
    yield from _density(study, sample)
    yield from _uncertainties(study, sample, has_files=bool(files))


def _withheld(sample: Sample, what: str, missing: str, do: str) -> Withheld:
    return Withheld(what=f"{what} of {sample.name}", missing=missing, do=do, samples=(sample.name,))


def _place(study: Study, sample: Sample) -> str:
    return study.places.get(sample.name, "the samples table")


def _conductivity(study: Study, sample: Sample) -> Iterator[Withheld]:
    pellet = sample.pellet
    place = _place(study, sample)
    if pellet.thickness_m is None:
        yield _withheld(sample, "conductivity", "thickness", f"write it in {place}, column thickness, as '0.463 mm'")
    if pellet.electrode_area_m2 is None:
        do = (
            f"write electrode_diameter or electrode_area in {place}; electrode_diameter is the word face when the electrode "
            "covers the whole face"
        )
        yield _withheld(sample, "conductivity", "size of the electrode", do)


def _temperatures(study: Study, sample: Sample, files: Sequence[StudyFile]) -> Iterator[Withheld]:
    fixed = {d.file for d in study.decisions_of(sample.name) if getattr(d, "temperature_K", None) is not None}
    open_ = [file for file in files if not file.is_confirmed and file.path not in fixed and _is_from_name(file)]
    if open_:
        yield _withheld(
            sample,
            "conductivity by temperature and activation energy",
            f"confirmation of the temperatures read from names ({_counted(len(open_))}, such as {open_[0].path.rpartition('/')[2]})",
            "set temperatures_from_file_names = true under [confirm] in study.toml, or write the temperatures in files.csv",
        )
    known = {file.temperature_K for file in files}
    if None in known or len(known) > 2:
        return
    what = "uncertainty of the activation energy" if len(known) == 2 else "activation energy"
    needed = "three" if len(known) == 2 else "two"
    missing = f"spectra at {needed} temperatures or more ({len(known)} given)"
    yield _withheld(sample, what, missing, "measure at more temperatures")


def _counted(count: int) -> str:
    return "1 file" if count == 1 else f"{count} files"


def _is_from_name(file: StudyFile) -> bool:
    if file.temperature_K is not None:
        return file.temperature_source.lower() in NAME_SOURCES
    from pelletry.formats.hints import hints_from_name

    return any(hint.name == "temperature" for hint in hints_from_name(file.path))


def _density(study: Study, sample: Sample) -> Iterator[Withheld]:
    pellet = sample.pellet
    sizes = {"mass": pellet.mass_kg, "diameter": pellet.diameter_m, "thickness": pellet.thickness_m}
    missing = [name for name, size in sizes.items() if size is None]
    if missing:
        columns = "column " + missing[0] if len(missing) == 1 else "columns " + ", ".join(missing)
        yield _withheld(sample, "density", ", ".join(missing), f"write it in {_place(study, sample)}, {columns}")
    if not any(isinstance(fact, TheoreticalDensity) for fact in study.facts_of(sample.name)):
        do = f"write theoretical_density and theoretical_density_source in {_place(study, sample)}"
        if sample.composition:
            do += f', or value and source under [theoretical_density."{sample.composition}"] in study.toml'
        yield _withheld(sample, "relative density", "theoretical density with its source", do)


def _uncertainties(study: Study, sample: Sample, *, has_files: bool) -> Iterator[Withheld]:
    pellet = sample.pellet
    sizes: dict[str, Estimate | None] = {"diameter": pellet.diameter_m, "thickness": pellet.thickness_m}
    if pellet.mass_kg is not None and pellet.diameter_m is not None and pellet.thickness_m is not None:
        sizes["mass"] = pellet.mass_kg
    if (
        has_files
        and pellet.electrode_area_m2 is not None
        and pellet.electrode_area_source != "covers the whole face, as stated"
    ):
        sizes["electrode"] = pellet.electrode_area_m2
    unstated = [name for name, size in sizes.items() if size is not None and size.std is None]
    if unstated:
        yield _withheld(
            sample,
            "uncertainty from the pellet's size",
            f"uncertainty of {', '.join(unstated)}",
            "write it in brackets, as '0.463(3) mm', give several readings, or state [calliper] and [balance] in study.toml",
        )
