"""Which phases: the person's own list, or a search in the library and in the person's CIF folder."""

from __future__ import annotations

import contextlib
import os
import re
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import attrs

from pelletry.core.errors import StudyError
from pelletry.core.finding import Finding
from pelletry.core.place import located
from pelletry.core.sample import Sample
from pelletry.reference.phases import library
from pelletry.techniques.diffraction.identify.found import FoundPhase, Identification
from pelletry.techniques.diffraction.model.data import Pattern
from pelletry.techniques.diffraction.model.instrument import Instrument
from pelletry.techniques.diffraction.model.options import Texture
from pelletry.techniques.diffraction.model.structure import Structure
from pelletry.techniques.diffraction.phases import library_structures, named_phases
from pelletry.techniques.diffraction.settings import DiffractionSettings

if TYPE_CHECKING:
    from pelletry.techniques.diffraction.identify.folder import CifFolder

__all__ = ["ChosenPhases", "chosen_phases", "elements_of_sample"]

#: Tools leave traces of what they are made of, whatever was weighed in.
_OF_TOOLS = ("crucible", "jar")


@attrs.frozen(kw_only=True)
class ChosenPhases:
    """The structures to refine, where they were found, and what must be said.

    ``extra_lines`` of the tube and ``texture`` are what a search saw beside the phases.
    """

    structures: tuple[Structure, ...]
    identification: Identification | None = None
    findings: tuple[Finding, ...] = ()
    extra_lines: frozenset[str] = frozenset()
    texture: tuple[Texture, ...] = ()


def elements_of_sample(settings: DiffractionSettings, sample: Sample) -> tuple[frozenset[str] | None, str]:
    """Elements that a phase may hold, and who said so; None: any."""
    from pelletry.reference.phases.entries import elements_of

    if settings.elements:
        return frozenset(settings.elements), "settings"
    weighed = elements_of(sample.composition or "")
    if len(weighed) < 2 or not _is_formula(sample.composition or ""):
        return None, ""
    tools = frozenset().union(*(entry.elements for entry in library() if entry.group in _OF_TOOLS))
    return weighed | tools, f"the composition {sample.composition} and what crucibles and jars are made of"


def _is_formula(text: str) -> bool:
    return re.fullmatch(r"(?:[A-Z][a-z]?\d*\.?\d*|[()\s]|\)\d*\.?\d*)+", text) is not None


def chosen_phases(
    patterns: Sequence[tuple[Pattern, Instrument]], settings: DiffractionSettings, sample: Sample
) -> ChosenPhases:
    """The phases of a sample; a search looks at each of ``patterns`` and takes what any of them holds.

    Raises
    ------
    StudyError
        When a named phase is not known, or the CIF folder does not exist.
    """
    if not settings.is_search:
        named = named_phases(settings.phases)
        return ChosenPhases(
            structures=named.structures,
            findings=tuple(_finding("phase-note", "info", f"{note}.", sample.name) for note in named.notes),
        )
    from pelletry.techniques.diffraction.identify.search import identify

    elements, said_by = elements_of_sample(settings, sample)
    candidates = library_structures()
    with _own_folder(settings) as folder:
        found = [
            identify(pattern, instrument, candidates, elements=elements, folder=folder)
            for pattern, instrument in patterns
        ]
    structures: dict[str, Structure] = {}
    for one in found:
        known_by_another_name = _stand_ins(found[0].phases, one.phases)
        for phase in one.phases:
            if phase.name not in known_by_another_name:
                structures.setdefault(phase.name, phase.structure)
    first = attrs.evolve(found[0], refinement=None)
    refined = [one.refinement.options for one in found if one.refinement is not None]
    findings = [*_search_findings(first, settings, sample.name, said_by)]
    later = [name for name in structures if name not in {p.name for p in first.phases}]
    if later:
        words = f"{', '.join(later)} shows only in the scans at the other end of the series."
        findings.append(_finding("phases-found", "notice", words, sample.name))
    return ChosenPhases(
        structures=tuple(structures.values()),
        identification=first,
        findings=tuple(findings),
        extra_lines=frozenset(line for one in refined for line in one.extra_lines),
        texture=tuple({t.phase: t for one in refined for t in one.texture}.values()),
    )


def _stand_ins(first: Sequence[FoundPhase], later: Sequence[FoundPhase]) -> set[str]:
    """Phases of a later search that stand for one of the first: its near twin, taken in its place since heat has moved the cell."""
    names = {phase.name for phase in later}
    gone = [phase for phase in first if phase.name not in names]
    return {rival.name for phase in gone for rival in phase.rivals}


@contextlib.contextmanager
def _own_folder(settings: DiffractionSettings) -> Iterator[CifFolder | None]:
    """The person's CIF files, indexed; the index is kept beside the files, or for this run where nothing can be written."""
    if not settings.cif_folder:
        yield None
        return
    from pelletry.techniques.diffraction.identify.folder import CifFolder

    folder = located(settings.cif_folder)
    if not folder.is_dir():
        raise StudyError(
            f"there is no folder {settings.cif_folder}", where="cif_folder under [diffraction]", do="check its path"
        )
    with tempfile.TemporaryDirectory() as spare:
        place = folder if os.access(folder, os.W_OK) else Path(spare)
        index = CifFolder(folder, place / ".pelletry-cif-index.sqlite")
        index.update()
        yield index


def _search_findings(found: Identification, settings: DiffractionSettings, sample: str, said_by: str) -> list[Finding]:
    findings: list[Finding] = []
    room = f" Elements from {said_by}." if said_by else " Any elements were allowed: write elements to be surer."
    if not found.phases:
        words = f"No phase was found in the pattern. {' '.join(found.sentences)}{room} Name the phases, or give a cif_folder."
        findings.append(_finding("no-phase-found", "error", words, sample))
    else:
        lines = {"Kb": "residual K-beta", "W": "tungsten L"}
        seen = (
            [f"Lines of the tube that show: {', '.join(lines.get(x, x) for x in found.extra_lines)}."]
            if found.extra_lines
            else []
        )
        words = " ".join([*(phase.sentence for phase in found.phases), *found.sentences[:1], *seen])
        findings.append(_finding("phases-found", "notice", f"{words}{room}", sample))
        keys = ", ".join(f'"{p.name}"' for p in found.phases)
        findings.append(
            _finding(
                "phases-as-settings",
                "info",
                f"To hold these phases write phases = [{keys}] under [diffraction].",
                sample,
            )
        )
    doubtful = [p.name for p in found.phases if p.confidence == "possible"]
    if doubtful:
        words = f"{', '.join(doubtful)}: possible only; look at the figure before believing it."
        findings.append(_finding("phase-doubtful", "warning", words, sample))
    for phase in found.phases:
        findings.extend(
            _finding("phase-rival", "notice", f"{phase.name}: {rival.sentence}.", sample) for rival in phase.rivals[:3]
        )
    if found.unexplained:
        peaks = ", ".join(f"{p.two_theta_deg:.2f}° ({100 * p.share:.1f} %)" for p in found.unexplained[:6])
        more = f" and {len(found.unexplained) - 6} more" if len(found.unexplained) > 6 else ""
        words = f"No phase explains the peaks at {peaks}{more} (share of the strongest peak)."
        if found.suggestions:
            names = ", ".join(f"{s.name} ({s.matched} of them)" for s in found.suggestions[:3])
            words += f" Known by the cell only, with lines there: {names}."
        findings.append(_finding("unexplained-peaks", "warning", words, sample))
    for line in found.disagreeing[:3]:
        findings.append(_finding("line-disagrees", "notice", line.sentence, sample))
    findings.extend(_finding("phase-suggested", "info", s.sentence, sample) for s in found.suggestions[:3])
    return findings


def _finding(code: str, severity: str, sentence: str, sample: str) -> Finding:
    return Finding(code=code, severity=severity, sentence=sentence, samples=(sample,))
