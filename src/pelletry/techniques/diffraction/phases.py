"""Names of phases to structures: keys of the library, the user's own CIF files, or the text of a CIF."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from pathlib import Path

import attrs

from pelletry.core.errors import FormatError, Mistake, PelletryError, StudyError, quoted
from pelletry.core.place import located
from pelletry.reference.phases import LibraryPhase, library, phase
from pelletry.techniques.diffraction.model.structure import Structure, structure_from_cif

__all__ = ["NamedPhases", "library_structures", "named_phases", "structure_of_entry"]

_LARGEST_CIF_BYTES = 5_000_000


@attrs.frozen(kw_only=True)
class NamedPhases:
    """Structures in the order asked, their names unique; ``notes`` are sentences about them (warnings of a CIF, reliability)."""

    structures: tuple[Structure, ...]
    notes: tuple[str, ...] = ()


def structure_of_entry(entry: LibraryPhase) -> Structure:
    """A phase of the library as a structure, named by its key."""
    return structure_from_cif(entry.cif, name=entry.key, source=entry.source, reliability=entry.reliability)


@functools.cache
def library_structures() -> tuple[Structure, ...]:
    """The whole library; read once."""
    return tuple(structure_of_entry(entry) for entry in library())


def named_phases(names: Sequence[str], *, folder: Path | None = None) -> NamedPhases:
    """The structures of ``names``; paths are seen from ``folder`` (None: the study, or where the program runs).

    Raises
    ------
    StudyError
        With every name that is neither in the library nor a CIF that can be read.
    """
    structures: list[Structure] = []
    notes: list[str] = []
    mistakes: list[Mistake] = []
    for name in names:
        try:
            structure = _structure(name, folder)
        except PelletryError as error:
            mistakes.extend(error.mistakes)
            continue
        if any(structure.name == other.name for other in structures):
            structure = attrs.evolve(structure, name=f"{structure.name} {len(structures) + 1}")
        structures.append(structure)
        notes.extend(f"{structure.name}: {warning}" for warning in structure.warnings)
        notes.extend(_reliability(structure))
    if mistakes:
        raise StudyError(mistakes=mistakes)
    return NamedPhases(structures=tuple(structures), notes=tuple(notes))


def _structure(name: str, folder: Path | None) -> Structure:
    text = name.strip()
    if "\n" in text or text.lower().startswith("data_"):
        return structure_from_cif(name, source="text under phases")
    try:
        return structure_of_entry(phase(text))
    except KeyError as error:
        path = folder / text if folder is not None else located(text)
        if path.suffix.lower() == ".cif" or path.is_file():
            return _of_file(path, text)
        raise StudyError(
            f"the phase {quoted(text)} is not in the library and is no file",
            where="phases under [diffraction]",
            expected="a key of the library, the path of a CIF file, or 'identify'",
            do=str(error.args[0]).partition("; ")[2] or "see the list of phases in the docs",
        ) from None


def _of_file(path: Path, shown: str) -> Structure:
    try:
        if path.stat().st_size > _LARGEST_CIF_BYTES:
            raise FormatError("the CIF is larger than 5 MB", where=shown, do="give the file of one structure")
        content = path.read_text(encoding="utf-8", errors="replace")
    except OSError as error:
        raise FormatError(
            f"the CIF cannot be opened ({error.strerror or error})", where=shown, do="check its path"
        ) from None
    return structure_from_cif(content, name=path.stem, source=shown)


def _reliability(structure: Structure) -> list[str]:
    words = {
        "T": "its coordinates were read for another structure of the type, or its cell is recalled: refine the cell before it is quoted",
        "D": "its coordinates are derived from distances: positions of lines are right, intensities and weight fractions rough",
        "cell": "no coordinates are known: intensities are free (Le Bail) and there is no weight fraction",
    }
    found = words.get(structure.reliability)
    return [] if found is None else [f"{structure.name}: {found}"]
