"""Which files are of one pellet: names without temperature, date, technique and loop; else the folder's name.

``s04147-140deg.txt`` and ``s04147-150deg.txt`` are of ``s04147``; ``LATP1/25C_EIS.mpt`` is of ``LATP1``; ``pellet_1_25C`` and
``pellet_2_25C`` are two pellets. The draft is to be checked by a person; that is what it is written for.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from pathlib import PurePosixPath

import attrs
import numpy as np

from pelletry.study.samples import folded
from pelletry.study.survey import SurveyedFile, SurveyedSpectrum

__all__ = [
    "ROLES_FOR_ALL",
    "is_same_spectrum",
    "names_of_files",
    "run_of_name",
    "sample_of_stem",
    "with_series_temperatures",
]

#: What a file of one of these roles says holds for every sample that was measured with it.
ROLES_FOR_ALL = frozenset({"standard", "short", "open"})

_DATES = re.compile(r"(?<!\d)(?:20\d\d[-_.]\d\d?[-_.]\d\d?|20\d{6}|\d\d?[-_.]\d\d?[-_.](?:20)?\d\d)(?!\d)")
_PARTS = re.compile(
    r"(?<![A-Za-z0-9])(?:\d\d?[_ -](?=[PGSZ]?EIS))?"
    r"(?:[PGS]?EIS\d?|GEIS|ZIR|impedance|impedanz|spectr(?:um|a)|zview|export(?:ed)?|data|loops?\d*|run\d*|cycle\d*|"
    r"scan\d*|sweep\d*|C\d\d|CA\d\d?|ch\d+|heating|cooling|up|down|copy|abort(?:ed)?|incomplete|repeat(?:ed)?|again|temp(?:erature)?|T\d{0,2})(?![A-Za-z0-9])",
    re.IGNORECASE,
)
_OF_TECHNIQUES = re.compile(
    r"[\s_-]*(?<![A-Za-z0-9])(?:\d\d?[_ -](?=GCPL|CP|CA|MB|OCV))?(?:(?:HT)?P?XRD|XRPD|SEM|EDX|EDS|XPS|PSD|granulo(?:metry)?|mastersizer|TGA?|DSC|STA|DIL|dilato(?:metry)?|"
    r"blank|baseline|correction|cycling|GCPL\d?|CP|CA|MB|OCV|pristine|cycled)(?![A-Za-z0-9])[\s_-]*",
    re.IGNORECASE,
)
_RUN = re.compile(r"(?<![A-Za-z])(heating|cooling|up|down)(?![A-Za-z])", re.IGNORECASE)
_NUMBER_C = re.compile(r"(?<![A-Za-z0-9.,])([-−+]?\d{1,4}(?:[.,]\d)?) ?°?C(?![A-Za-z0-9])")
_SEPARATORS = " _-.,;+@=#()[]"


def sample_of_stem(stem: str, temperature_text: str = "") -> str:
    """What is left of a file name without conditions; empty when nothing is.

    >>> sample_of_stem("s04147-140deg"), sample_of_stem("LATP_Air_700_-40C"), sample_of_stem("25C_EIS"), sample_of_stem("1_4_25C")
    ('s04147', 'LATP_Air_700', '', '1_4')
    """
    from pelletry.formats.hints import temperatures_in

    left = stem.replace(temperature_text, "\x00", 1) if temperature_text else stem
    for _, words, is_treatment in temperatures_in(stem):
        piece = words.partition(" (no unit")[0]
        if not is_treatment:
            left = left.replace(piece, "\x00", 1)
    left = _DATES.sub("\x00", left)
    left = _PARTS.sub("\x00", left)
    left = re.sub(r"[\s_\-.,;+@=#]*\x00[\s_\-.,;+@=#]*", "\x00", left)
    # The separator that stood before what was taken out joins what is left on both sides.
    left = re.sub(r"\x00+", "_", left)
    return left.strip(_SEPARATORS)


def run_of_name(stem: str) -> str:
    """``heating`` or ``cooling`` when the name says so."""
    found = _RUN.search(stem.replace("_", " "))
    return {"up": "heating", "down": "cooling"}.get(found[1].lower(), found[1].lower()) if found else ""


def names_of_files(files: Sequence[SurveyedFile], *, known: Sequence[str] = ()) -> dict[str, str]:
    """Path -> name of the sample, for every file that a technique reads; a standard is of no sample.

    ``known`` are the names of a samples table; then a file belongs to the longest of them that its path holds, or to none
    (the empty name).
    """
    files = [file for file in files if file.is_of_use and file.role not in ROLES_FOR_ALL]
    if known:
        return {file.path: _known_name(file.path, known) for file in files}
    names = {file.path: _drafted_name(file) for file in files}
    return _one_spelling(_told_apart_by_folder(files, names))


def with_series_temperatures(files: Sequence[SurveyedFile]) -> tuple[SurveyedFile, ...]:
    """Temperatures that a name alone leaves open: ``0C`` or ``10C`` (a charging rate?) between ``-20C`` and ``20C`` is one.

    Two neighbours in the same folder, alike but for the number, with temperatures from their names must agree on it.
    """
    templates: Counter[tuple[str, str]] = Counter()
    for file in files:
        found = _NUMBER_C.search(_stem(file.path))
        if found and any(one.temperature_source == "file name" for one in file.spectra):
            templates[_template(file.path, found)] += 1
    return tuple(_in_series(file, templates) for file in files)


def _template(path: str, found: re.Match[str]) -> tuple[str, str]:
    return str(PurePosixPath(path).parent), f"{found.string[: found.start()]}\x00{found.string[found.end() :]}"


def _in_series(file: SurveyedFile, templates: Counter[tuple[str, str]]) -> SurveyedFile:
    found = _NUMBER_C.search(_stem(file.path))
    is_open = len(file.spectra) == 1 and file.spectra[0].temperature_K is None
    if not found or not is_open or templates[_template(file.path, found)] < 2:
        return file
    temperature_K = float(found[1].replace("−", "-").replace(",", ".")) + 273.15
    spectrum = attrs.evolve(file.spectra[0], temperature_K=temperature_K, temperature_source="file name")
    return attrs.evolve(file, spectra=(spectrum,), temperature_text=found[0])


def _stem(path: str) -> str:
    return re.sub(r"(?:\.[A-Za-z][A-Za-z0-9]{0,8}(?:-[a-z]{2}\w)?){1,2}$", "", PurePosixPath(path).name)


def _drafted_name(file: SurveyedFile) -> str:
    path = file.path
    name = sample_of_stem(_stem(path), file.temperature_text)
    if file.technique:
        name = _OF_TECHNIQUES.sub("_", name).strip(_SEPARATORS)
    if file.technique in ("microscopy", "edx"):  # pictures of one sample are numbered
        name = re.sub(r"[\s_-]+\d{1,4}$", "", name)
    if name and not re.fullmatch(r"\d{1,3}", name):
        return name
    folder = next((own for part in reversed(PurePosixPath(path).parent.parts) if (own := _of_folder(part))), "")
    return folder or name or "pellet"


def _of_folder(folder: str) -> str:
    """A folder's own name, without a temperature; empty when it says nothing of a sample (``EIS``, ``25C``, ``data``)."""
    from pelletry.formats.hints import temperatures_in

    left = sample_of_stem(folder)
    return left if not left or temperatures_in(folder) else folder


def _told_apart_by_folder(files: Sequence[SurveyedFile], names: dict[str, str]) -> dict[str, str]:
    """One name at one temperature in two folders is two pellets, unless the spectra are the same."""
    first: dict[tuple[str, float], SurveyedFile] = {}
    twice: set[str] = set()
    for file in files:
        for one in file.spectra:
            if one.temperature_K is None:
                continue
            other = first.setdefault((folded(names[file.path]), round(one.temperature_K, 2)), file)
            is_elsewhere = PurePosixPath(other.path).parent != PurePosixPath(file.path).parent
            if is_elsewhere and not any(is_same_spectrum(one, two) for two in other.spectra):
                twice.add(folded(names[file.path]))
    return {
        path: "_".join((*PurePosixPath(path).parent.parts[-1:], name)) if folded(name) in twice else name
        for path, name in names.items()
    }


def _one_spelling(names: dict[str, str]) -> dict[str, str]:
    spelling: dict[str, str] = {}
    return {path: spelling.setdefault(folded(name), name) for path, name in names.items()}


def _known_name(path: str, known: Sequence[str]) -> str:
    letters = _plain(_stem(path))
    whole = _plain(path)
    for name in sorted(known, key=lambda one: -len(_plain(one))):
        if _plain(name) and _holds(letters, _plain(name)):
            return name
    return next(
        (n for n in sorted(known, key=lambda one: -len(_plain(one))) if _plain(n) and _holds(whole, _plain(n))), ""
    )


def _plain(text: str) -> str:
    return "_".join(re.findall(r"[^\W_]+", text.casefold()))


def _holds(text: str, name: str) -> bool:
    """Whole words only: ``latp_1`` is not in ``latp_10``."""
    return re.search(rf"(?:^|_){re.escape(name)}(?:_|$)", text) is not None


def is_same_spectrum(a: SurveyedSpectrum, b: SurveyedSpectrum) -> bool:
    """Two exports of one run: the same points to five digits (text exports round)."""
    if a.points != b.points:
        return False
    f_a, f_b = a.spectrum.frequency_Hz, b.spectrum.frequency_Hz
    z_a, z_b = a.spectrum.impedance_ohm, b.spectrum.impedance_ohm
    return bool(np.allclose(f_a, f_b, rtol=1e-4, atol=0) and np.all(np.abs(z_a - z_b) <= 1e-4 * np.abs(z_a)))
