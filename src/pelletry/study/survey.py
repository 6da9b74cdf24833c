"""A look at a folder of raw files before there is a study: what each file holds, which spectra, at which temperature.

Impedance spectra are looked at one by one, since one file may hold many temperatures; a file of any other technique that the
installed cards read is one line with its technique.

Files are opened for reading only. A file that cannot be read is a line with its reason, never the end of the survey.
"""

from __future__ import annotations

import os
import re
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import attrs

from pelletry.core.errors import FormatError, PelletryError, UnknownFormatError, quoted
from pelletry.core.record import Hint, Record

__all__ = ["SurveyedFile", "SurveyedSpectrum", "natural", "survey"]

_LIMIT_FILES = 20_000


@attrs.frozen(kw_only=True, eq=False)
class SurveyedSpectrum:
    """One impedance spectrum of a file. ``record`` counts from 0; ``spectrum`` is the technique's measurement."""

    record: int
    points: int
    temperature_K: float | None
    temperature_source: str
    spectrum: Any

    @property
    def lowest_Hz(self) -> float:
        return float(self.spectrum.frequency_Hz.min())


@attrs.frozen(kw_only=True, eq=False)
class SurveyedFile:
    """One file: ``path`` from the raw folder, its spectra, or the reason there are none. ``records``: how many it holds.

    ``temperature_text`` is the piece of the name that only its neighbours show to be a temperature. ``technique`` is what a
    file without spectra holds, ``role`` what its name says it is to that technique (blank, standard), ``temperature`` the
    hint of its first record.
    """

    path: str
    sha256: str = ""
    records: int = 0
    spectra: tuple[SurveyedSpectrum, ...] = ()
    reason: str = ""
    temperature_text: str = ""
    technique: str = ""
    role: str = ""
    temperature: Hint | None = None

    @property
    def is_of_use(self) -> bool:
        """Does it hold something that a technique reads?"""
        return bool(self.spectra) or bool(self.technique)


def survey(
    raw_folder: Path,
    *,
    leave_out: Sequence[Path] = (),
    read: Callable[[Path], Sequence[Record]] | None = None,
    progress: Callable[[int, int, str], None] | None = None,
) -> tuple[SurveyedFile, ...]:
    """All files below ``raw_folder`` in natural order, without hidden ones and without the folders ``leave_out``."""
    paths = sorted(_walk(raw_folder, leave_out), key=lambda p: natural(p.relative_to(raw_folder).as_posix()))
    reader = read or _reader(raw_folder)
    found = []
    for number, path in enumerate(paths, start=1):
        shown = path.relative_to(raw_folder).as_posix()
        found.append(_look(path, shown, reader))
        if progress is not None:
            progress(number, len(paths), shown)
    return tuple(found)


def natural(path: str) -> list[tuple[int, int, str]]:
    """A sorting key that puts ``a_2`` before ``a_10``."""
    pieces = re.split(r"([0-9]+)", path)
    return [(0, int(piece), "") if piece.isascii() and piece.isdigit() else (1, 0, piece) for piece in pieces if piece]


def _walk(raw_folder: Path, leave_out: Sequence[Path]) -> Iterator[Path]:
    count = 0
    for folder, folders, names in os.walk(raw_folder):
        here = Path(folder)
        folders[:] = sorted(f for f in folders if not f.startswith(".") and here / f not in leave_out)
        for name in sorted(names):
            if name.startswith((".", "~$")) or name == "Thumbs.db":
                continue
            count += 1
            if count > _LIMIT_FILES:
                raise FormatError(
                    f"the folder holds more than {_LIMIT_FILES} files",
                    where=raw_folder,
                    do="name the folder of one study",
                )
            yield here / name


def _reader(raw_folder: Path) -> Callable[[Path], Sequence[Record]]:
    from pelletry.formats.open_file import read_file

    return lambda path: read_file(path, root=raw_folder)


#: What a text table cannot hold: control characters, and bytes that are no text at all.
_NO_TEXT = ("Cc", "Cs")
UNWRITABLE = "its name holds characters that no table can hold; rename the file"


def _look(path: Path, shown: str, read: Callable[[Path], Sequence[Record]]) -> SurveyedFile:
    from pelletry.formats.hints import hints_from_name

    if any(unicodedata.category(character) in _NO_TEXT for character in shown):
        return SurveyedFile(path=shown, reason=UNWRITABLE)
    try:
        records = tuple(read(path))
    except UnknownFormatError:
        return SurveyedFile(path=shown, reason="not recognised as a measurement")
    except (PelletryError, OSError) as error:
        return SurveyedFile(path=shown, reason=f"refused: {_first_line(error, shown)}")
    sha256 = records[0].origin.sha256 if records else ""
    others = sorted({record.technique for record in records if record.technique not in ("", "impedance")})
    if others == [] and (words := _calculated(path)):
        return SurveyedFile(path=shown, reason=f"set aside: a calculated curve; its head says {quoted(words)}")
    spectra, reasons = [], []
    for number, record in enumerate(records):
        if record.technique != "impedance":
            continue
        try:
            spectra.append(_spectrum(number, record, shown))
        except PelletryError as error:
            reasons.append(f"refused: {_first_line(error, shown)}")
    technique = "" if spectra else _other_technique(others)
    if technique:
        return SurveyedFile(
            path=shown,
            sha256=sha256,
            records=len(records),
            technique=technique,
            role=_role(shown, technique),
            temperature=_temperature((*records[0].hints, *hints_from_name(shown))) if len(records) == 1 else None,
        )
    reason = ""
    if not spectra:
        reason = (
            reasons[0] if reasons else (f"{', '.join(others)}, not impedance" if others else "no impedance spectrum")
        )
    return SurveyedFile(
        path=shown,
        sha256=sha256,
        records=len(records),
        spectra=tuple(spectra),
        role=_role(shown, "impedance") if spectra else "",
        reason=reason,
    )


_ROLES = {
    "blank": (
        ("dilatometry", "thermogravimetry"),
        re.compile(r"(?<![a-z])(?:blank|baseline|correction|empty)(?![a-z])", re.I),
    ),
    "standard": (
        ("diffraction",),
        re.compile(r"(?<![a-z0-9])(?:LaB6|SRM[ _-]?\d{3}[a-z]?|standard)(?![a-z0-9])", re.I),
    ),
}
#: Words of a name that speaks of the holder and of nothing else: "LATP_short.mpr" may be a short run of a pellet.
_OF_THE_HOLDER = frozenset({
    "holder", "fixture", "rig", "jig", "setup", "cable", "cables", "lead", "leads",
    "cell", "eis", "compensation", "correction", "calibration", "cal", "circuit",
})  # fmt: skip
_RIG_WORDS = {"short": "short", "shorted": "short", "open": "open", "empty": "open"}


def _other_technique(found: Sequence[str]) -> str:
    """The first of the techniques of a file that an installed card reads; empty when none does."""
    from pelletry.techniques import techniques

    known = {name: card.name for card in techniques() for name in card.record_techniques}
    return next((known[name] for name in found if name in known), "")


def _role(shown: str, technique: str) -> str:
    name = shown.rpartition("/")[2]
    if technique == "impedance":
        words = re.findall(r"[a-z]+", name.rpartition(".")[0].lower() or name.lower())
        roles = {_RIG_WORDS[word] for word in words if word in _RIG_WORDS}
        is_of_holder = all(word in _RIG_WORDS or word in _OF_THE_HOLDER for word in words)
        return roles.pop() if is_of_holder and len(roles) == 1 and words != ["open", "circuit"] else ""
    return next((role for role, (of, words) in _ROLES.items() if technique in of and words.search(name)), "")


_FITTED = re.compile(
    r"^.{0,60}\bfitted\b.{0,30}\bdata\b.*$|^.{0,60}\bfit(?:ted)? (?:result|curve)s?\b.*$", re.IGNORECASE | re.MULTILINE
)
_HEAD_CHARACTERS = 1000


def _calculated(path: Path) -> str:
    """The line at the head of a file that calls its numbers a fit; analysed as if measured, they would agree too well."""
    from pelletry.formats.rawfile import RawFile

    found = _FITTED.search(RawFile.open(path).head_text[:_HEAD_CHARACTERS])
    return found[0].strip("#; ") if found else ""


def _first_line(error: BaseException, shown: str) -> str:
    text = " ".join(str(error).split("\n", 1)[0].split())
    return re.sub(r"^:(\d+): ", r"line \1: ", text.removeprefix(shown)).lstrip(": ")[:300]


def _spectrum(number: int, record: Record, shown: str) -> SurveyedSpectrum:
    from pelletry.formats.hints import hints_from_name
    from pelletry.techniques import technique_named

    (spectrum,) = technique_named("impedance").read([record])
    hint = _temperature((*record.hints, *hints_from_name(shown)))
    return SurveyedSpectrum(
        record=number,
        points=int(spectrum.frequency_Hz.size),
        temperature_K=None if hint is None else float(hint.value),
        temperature_source="" if hint is None else hint.source,
        spectrum=spectrum,
    )


def _temperature(hints: Sequence[Hint]) -> Hint | None:
    """A column goes before a header, a header before a name: the nearer to the pellet the better."""
    order = ("column", "header", "file name", "folder name")
    known = [hint for hint in hints if hint.name == "temperature" and hint.unit == "K" and hint.source in order]
    return min(known, key=lambda hint: order.index(hint.source), default=None)
