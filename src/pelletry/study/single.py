"""A study that stands in no folder: one sample and its files, given by hand. What ``analyse`` runs."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import attrs
from pydantic import ValidationError

from pelletry.core.errors import FormatError, Mistake, StudyError, quoted
from pelletry.core.technique import Technique
from pelletry.study.files import StudyFile
from pelletry.study.result import DataFile, StudyResult
from pelletry.study.samples import all_columns, samples_of_table, table_of_tables
from pelletry.study.settings import with_units_read
from pelletry.study.spec import Study
from pelletry.study.toml_file import TomlFile, mistakes_of_validation, unknown_key

if sys.version_info >= (3, 11):
    import tomllib
else:  # the same reader under its name before it entered the standard library
    import tomli as tomllib

__all__ = ["in_words_of_options", "refuse_if_nothing_was_read", "settings_of_texts", "single_study"]

_GIVEN = "given values"


def single_study(
    card: Technique,
    files: Sequence[str],
    *,
    folder: Path,
    settings: Mapping[str, Any],
    sample: Mapping[str, str],
    confirms_temperatures: bool = False,
) -> Study:
    """One sample (columns as in samples.csv, ``sample`` its name) with files written from ``folder``.

    Raises
    ------
    StudyError
        With every wrong setting and every size that cannot be read.
    """
    mistakes: list[Mistake] = []
    warnings: list[str] = []
    known = set(all_columns())
    # What a technique needs to know of the sample may be given like a setting: --set green_density="1.9 g/cm3".
    own = {column.key for column in card.sample_columns} - set(card.settings.model_fields)
    sample = {**sample, **{key: str(value) for key, value in settings.items() if key in own}}
    settings = {key: value for key, value in settings.items() if key not in own}
    mistakes.extend(unknown_key(key, known, where=_GIVEN) for key in sample if key not in known)
    given = {key: value for key, value in sample.items() if key in known and value}
    rows = samples_of_table(table_of_tables([given], [None], shown=_GIVEN), mistakes=mistakes, warnings=warnings)
    checked = _settings(card, settings, mistakes)
    if mistakes:
        raise StudyError(mistakes=[_without_line(mistake) for mistake in mistakes])
    row = rows[0]
    return Study(
        folder=folder,
        title=f"{card.title} of {row.sample.name}",
        samples=(row.sample,),
        files=tuple(
            StudyFile(path=path, sample=row.sample.name, is_confirmed=confirms_temperatures)
            for path in dict.fromkeys(files)
        ),
        settings={card.name: checked},
        theoretical_densities=() if row.theoretical_density is None else (row.theoretical_density,),
        confirms_temperatures=confirms_temperatures,
        warnings=tuple(warnings),
        places={row.sample.name: _GIVEN},
        is_single=True,
    )


def _settings(card: Technique, settings: Mapping[str, Any], mistakes: list[Mistake]) -> Any:
    file = TomlFile(shown="settings", data={}, lines={})
    plain, unread = with_units_read(settings, card.settings, file, mistakes)
    try:
        return card.settings.model_validate(plain)
    except ValidationError as error:
        mistakes.extend(mistakes_of_validation(error, file=file, model=card.settings, leave_out=unread))
    return None


#: What a study's files are told to hold -> the option that gives it, where there is no study.
_OPTIONS = (
    (
        "Check them and write temperatures_from_file_names = true under [confirm] in study.toml, or state them in files.csv.",
        "If they are those of the pellet, give --confirm-temperatures.",
    ),
    ("State it in samples.csv.", "Give it: --thickness, --electrode-diameter or --electrode-area."),
    ("state it in files.csv to have energies", "it must stand in the file or its name to have energies"),
    ("state it in files.csv", "write it into the name of the file"),
    (", or have the sign turned by [[sign]] in decisions.toml", ""),
    ("several readings, or state calliper and balance in study.toml", "or several readings"),
    ("say so in the column run of files.csv", "analyse them apart"),
    ("set it aside there", "leave it out"),
    ("Set one of them aside in files.csv", "Leave one of them out"),
    ("set one aside in files.csv", "leave one out"),
    ("split the pellet's files into two samples", "analyse the files in two groups"),
)


def in_words_of_options(sentence: str) -> str:
    """A sentence that tells what to write into a study, for somebody who has none.

    >>> in_words_of_options("The thickness is not given. State it in samples.csv.")
    'The thickness is not given. Give it: --thickness, --electrode-diameter or --electrode-area.'
    """
    for of_study, option in _OPTIONS:
        sentence = sentence.replace(of_study, option)
    return sentence


def _without_line(mistake: Mistake) -> Mistake:
    """Given values have no lines; ``given values:1: thickness`` would mislead."""
    return attrs.evolve(mistake, where=mistake.where.replace(f"{_GIVEN}:1", _GIVEN))


def refuse_if_nothing_was_read(result: StudyResult) -> None:
    """One technique on files of which none is of use is an error, not an empty result.

    Raises
    ------
    FormatError
        Naming every file, why it is of no use and what to do.
    """
    if result.files and all(file.status != "read" for file in result.files):
        raise FormatError(mistakes=[_of_no_use(file) for file in result.files])


def _of_no_use(file: DataFile) -> Mistake:
    if file.path in file.reason:  # a reader's own sentence names file, place and cure
        return Mistake(what=file.reason, where="")
    shown = f"'pelletry inspect {file.path}' shows what it holds"
    return Mistake(what=file.reason or "cannot be used", where=file.path, do=f"{shown}; export it with all its columns")


def settings_of_texts(texts: Sequence[str]) -> dict[str, Any]:
    """``key=value`` texts as settings; a value that TOML understands is taken so, any other is text.

    >>> settings_of_texts(["circuit=R(RQ)Q", "frequency_max_Hz=1e6", "global_fit=false"])
    {'circuit': 'R(RQ)Q', 'frequency_max_Hz': 1000000.0, 'global_fit': False}

    Raises
    ------
    StudyError
        Naming every text that is not ``key=value``.
    """
    wrong = [text for text in texts if not text.partition("=")[1] or not text.partition("=")[0].strip()]
    if wrong:
        raise StudyError(
            mistakes=[Mistake(what=f"{quoted(text)} is no setting", expected="KEY=VALUE") for text in wrong]
        )
    pairs = (text.partition("=") for text in texts)
    return {key.strip(): _value(value.strip()) for key, _, value in pairs}


def _value(text: str) -> Any:
    try:
        return tomllib.loads(f"value = {text}")["value"]
    except tomllib.TOMLDecodeError:
        return text
