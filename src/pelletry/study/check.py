"""What a study lacks, before it is run: which numbers cannot be had, for want of what, and what to do."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence, Set
from pathlib import Path
from typing import Any

import attrs

from pelletry.core.errors import Mistake, StudyError
from pelletry.core.facts import TheoreticalDensity
from pelletry.core.quantity import Estimate
from pelletry.core.sample import Sample
from pelletry.study.files import NAME_SOURCES, StudyFile
from pelletry.study.kinds import kinds_of_files
from pelletry.study.result import Withheld
from pelletry.study.spec import Study, load_study

__all__ = ["Checked", "check_folder", "check_study", "is_of_pellet", "withheld_of_run"]

#: Techniques whose wants can be told from what the study says.
_TECHNIQUES = ("impedance", "density")
_UNCONFIRMED = "conductivity by temperature and activation energy of "


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
    """What cannot be computed, by sample. Of the raw files only the beginning is looked at, to tell what they hold."""
    kinds = {sample.name: kinds_of_files(study, sample.name) for sample in study.samples}
    may_come = {name for name in kinds if _has_diffraction(study, name, kinds)}
    lines = (line for line in _lacking(study, _TECHNIQUES, kinds) if not _is_relative_density(line, may_come))
    return Checked(withheld=tuple(lines), warnings=study.warnings)


def _has_diffraction(study: Study, name: str, kinds: Mapping[str, frozenset[str] | None]) -> bool:
    """May a refined cell give the theoretical density of a sample, its own or that of what it was made of?"""
    return any("diffraction" in (kinds.get(one) or ()) for one in (name, *study.ancestors(name)))


def _is_relative_density(line: Withheld, samples: Set[str]) -> bool:
    return line.what.startswith("relative density of ") and set(line.samples) <= samples


def is_of_pellet(sample: Sample, kinds: frozenset[str] | None) -> bool:
    """Are numbers of a pellet (density, conductivity) to be expected of a sample whose files hold these techniques?

    Not of a powder or a cell: it is called a cell, or nothing of its size is given, and its files hold other things or it was made of a pellet.
    """
    pellet = sample.pellet
    if sample.text("cell"):
        return pellet.mass_kg is not None
    if any(size is not None for size in (pellet.mass_kg, pellet.diameter_m)):
        return True
    if sample.made_of and pellet.thickness_m is None:
        return False
    return kinds is None or "impedance" in kinds or pellet.thickness_m is not None


def withheld_of_run(
    study: Study,
    techniques: Sequence[str],
    own: Sequence[tuple[str, Withheld]],
    results: Mapping[str, Any],
    kinds: Mapping[str, frozenset[str] | None],
    with_relative_density: Set[str] = frozenset(),
) -> tuple[Withheld, ...]:
    """What a run could not give: the same lines as :func:`check_study`, and what only the files could show.

    Parameters
    ----------
    techniques:
        Those that were run.
    own:
        (technique, line) as the techniques and the reading of files found them; what the check says already is left out.
    results:
        Sample -> its impedance result, for temperatures that a file's own header or column has confirmed.
    kinds:
        Sample -> the techniques its files hold, None where that is not known.
    with_relative_density:
        Samples that have one all the same, from a theoretical density that was computed.
    """
    said = [line for line in _lacking(study, techniques, kinds) if not _is_settled(line, results)]
    said = [line for line in said if not _is_relative_density(line, with_relative_density)]
    kept = [line for technique, line in own if not _is_said(technique, line, said)]
    return tuple(dict.fromkeys((*said, *kept)))


def _lacking(study: Study, techniques: Sequence[str], kinds: Mapping[str, frozenset[str] | None]) -> Iterator[Withheld]:
    for sample in study.samples:
        mine = kinds.get(sample.name)
        asked = [
            t for t in techniques if is_of_pellet(sample, mine) and (t != "impedance" or mine is None or t in mine)
        ]
        yield from _of_sample(study, sample, asked)


def _is_settled(line: Withheld, results: Mapping[str, Any]) -> bool:
    """Is the confirmation that the check asks for not needed, since the files hold temperatures of their own?"""
    found = results.get(line.samples[0])
    return (
        line.what.startswith(_UNCONFIRMED)
        and found is not None
        and all(spectrum.temperature_is_confirmed for spectrum in found.spectra)
    )


def _is_said(technique: str, line: Withheld, said: Sequence[Withheld]) -> bool:
    """Does a line of the check say what a technique found missing?"""
    of_sample = [w.what for w in said if w.samples == line.samples]
    if technique == "density":
        return any(what.startswith("density of ") for what in of_sample)
    if technique != "impedance":
        return False
    if line.what.startswith("conductivities of "):
        return any(what.startswith("conductivity of ") for what in of_sample)
    if line.missing.startswith("confirmation of"):
        return any(what.startswith(_UNCONFIRMED) for what in of_sample)
    return line.missing.startswith("spectra at two") and any(w.startswith("activation energy of ") for w in of_sample)


def _of_sample(study: Study, sample: Sample, techniques: Sequence[str]) -> Iterator[Withheld]:
    files = study.files_of(sample.name)
    if "impedance" in techniques:
        yield from _impedance(study, sample, files)
    if "density" in techniques:
        yield from _density(study, sample)
    if "impedance" in techniques or "density" in techniques:
        yield from _uncertainties(study, sample, has_files=bool(files), has_density="density" in techniques)


def _impedance(study: Study, sample: Sample, files: Sequence[StudyFile]) -> Iterator[Withheld]:
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


def _withheld(sample: Sample, what: str, missing: str, do: str) -> Withheld:
    return Withheld(what=f"{what} of {sample.name}", missing=missing, do=do, samples=(sample.name,))


def _place(study: Study, sample: Sample) -> str:
    return study.places.get(sample.name, "the samples table")


def _conductivity(study: Study, sample: Sample) -> Iterator[Withheld]:
    pellet = sample.pellet
    place = _place(study, sample)
    if pellet.thickness_m is None:
        do = f"write it in {place}, column thickness, as '0.463 mm'"
        yield _withheld(
            sample, "conductivity", "thickness", "give --thickness, as '0.463 mm'" if study.is_single else do
        )
    if pellet.electrode_area_m2 is None:
        where = "give --electrode-diameter or --electrode-area"
        if not study.is_single:
            where = f"write electrode_diameter or electrode_area in {place}"
        word = "--electrode-diameter" if study.is_single else "electrode_diameter"
        do = f"{where}; {word} is the word face when the electrode covers the whole face"
        yield _withheld(sample, "conductivity", "size of the electrode", do)


def _temperatures(study: Study, sample: Sample, files: Sequence[StudyFile]) -> Iterator[Withheld]:
    fixed = {d.file for d in study.decisions_of(sample.name) if getattr(d, "temperature_K", None) is not None}
    open_ = [file for file in files if not file.is_confirmed and file.path not in fixed and _is_from_name(file)]
    if open_:
        do = "set temperatures_from_file_names = true under [confirm] in study.toml, or write the temperatures in files.csv"
        yield _withheld(
            sample,
            _UNCONFIRMED.removesuffix(" of "),
            f"confirmation of the temperatures read from names ({_counted(len(open_))}, such as {open_[0].path.rpartition('/')[2]})",
            "give --confirm-temperatures if they are those of the pellet" if study.is_single else do,
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
        do = f"write it in {_place(study, sample)}, {columns}"
        if study.is_single:
            do = "give " + ", ".join(f"--{name}" for name in missing)
        yield _withheld(sample, "density", ", ".join(missing), do)
    if not any(isinstance(fact, TheoreticalDensity) for fact in study.facts_of(sample.name)):
        do = f"write theoretical_density and theoretical_density_source in {_place(study, sample)}"
        if sample.composition:
            do += f', or value and source under [theoretical_density."{sample.composition}"] in study.toml'
        if study.is_single:
            do = "give --theoretical-density and --theoretical-density-source"
        yield _withheld(sample, "relative density", "theoretical density with its source", do)


def _uncertainties(study: Study, sample: Sample, *, has_files: bool, has_density: bool) -> Iterator[Withheld]:
    pellet = sample.pellet
    sizes: dict[str, Estimate | None] = {"diameter": pellet.diameter_m, "thickness": pellet.thickness_m}
    if has_density and pellet.mass_kg is not None and pellet.diameter_m is not None and pellet.thickness_m is not None:
        sizes["mass"] = pellet.mass_kg
    if (
        has_files
        and pellet.electrode_area_m2 is not None
        and pellet.electrode_area_source != "covers the whole face, as stated"
    ):
        sizes["electrode"] = pellet.electrode_area_m2
    unstated = [name for name, size in sizes.items() if size is not None and size.std is None]
    if unstated:
        ways = "write it in brackets, as '0.463(3) mm', "
        ways += (
            "or give several readings"
            if study.is_single
            else "give several readings, or state [calliper] and [balance] in study.toml"
        )
        yield _withheld(sample, "uncertainty from the pellet's size", f"uncertainty of {', '.join(unstated)}", ways)
