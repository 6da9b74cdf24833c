"""Assignments held against sourced binding energies, and whether the other lines of a phase are where they should be.

The audit compares on one scale: entries are moved to the study's charge reference by the difference of both reference energies, and only when
both use the same line. Nothing is assigned here: a range says where a kind of compound was seen, and kinds overlap.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

import attrs

from pelletry.reference.photoelectrons import BindingEnergy, binding_energies
from pelletry.techniques.xps.result import Assignment

__all__ = ["Missing", "Seen", "assignment_of", "kind_of_phase", "missing_partners"]

_ELEMENT = re.compile(r"[A-Z][a-z]?")
#: Levels by which the kinds of the table are looked for, strongest first.
_LEVEL_OF_ELEMENT = {"Li": "Li 1s", "C": "C 1s", "O": "O 1s", "P": "P 2p", "Zr": "Zr 3d", "Ti": "Ti 2p"}


@attrs.frozen(kw_only=True)
class Seen:
    """A state that was fitted: its level, where it lies on the corrected scale, its name."""

    name: str
    level: str
    corrected_eV: float


@attrs.frozen(kw_only=True)
class Missing:
    """A line that the stated phase should show. ``is_measured`` False: no region of that level was measured."""

    state: str
    phase: str
    level: str
    range_eV: tuple[float, float] | None
    is_measured: bool


def kind_of_phase(phase: str) -> str:
    """The kind of compound of a formula or of a word that already names one; empty when it is neither.

    >>> kind_of_phase("Li3P"), kind_of_phase("LiZr2(PO4)3"), kind_of_phase("Li2CO3"), kind_of_phase("phosphide")
    ('phosphide', 'phosphate', 'carbonate', 'phosphide')
    """
    text = phase.strip()
    words = {entry.kind for entry in binding_energies()}
    if text.lower() in words:
        return text.lower()
    if not re.fullmatch(r"(?:[A-Z][a-z]?[0-9.]*|[()\[\]][0-9.]*)+", text):
        return ""
    elements = set(_ELEMENT.findall(text))
    others = elements - {"H", "Li", "Na", "K", "Al", "Ti", "Zr", "Ge", "La", "Fe", "Au", "Zn"}
    for needed, kind in (
        ({"P", "O"}, "phosphate"),
        ({"C", "O"}, "carbonate"),
        ({"Si", "O"}, "silicate"),
        ({"P"}, "phosphide"),
        ({"N"}, "nitride"),
        ({"C"}, "carbide"),
    ):
        if others == needed:
            return kind
    if others == {"O"}:
        return "hydroxide" if "H" in elements else "oxide"
    return "metal" if elements and not others and len(elements) == 1 else ""


def _matching(phase: str, level: str) -> list[BindingEnergy]:
    """Entries of the phase itself where there are any, else of its kind."""
    entries = [entry for entry in binding_energies() if entry.level == level]
    same = [entry for entry in entries if entry.phase.lower() == phase.strip().lower()]
    kind = kind_of_phase(phase)
    return same or [entry for entry in entries if kind and entry.kind == kind]


def _within(entry: BindingEnergy, energy_eV: float, line: str, reference_eV: float) -> bool:
    found = entry.on_scale(line=line, energy_eV=reference_eV)
    return found is not None and found[0] <= energy_eV <= found[1]


def assignment_of(
    *, level: str, corrected_eV: float | None, stated: str, reference_line: str, reference_eV: float
) -> Assignment:
    """How a binding energy on a stated scale stands against the table, with and without a stated phase.

    >>> assignment_of(level="P 2p", corrected_eV=133.4, stated="Li3P", reference_line="C 1s", reference_eV=285.0).verdict
    'outside'
    """
    if corrected_eV is None:
        sentence = "no charge reference is stated, so it is not assigned"
        return Assignment(stated=stated, verdict="withheld", sentence=sentence)
    entries = [entry for entry in binding_energies() if entry.level == level]
    here = [entry for entry in entries if _within(entry, corrected_eV, reference_line, reference_eV)]
    nearest = tuple(dict.fromkeys(entry.phase for entry in here))
    sources = tuple(dict.fromkeys(entry.source for entry in here))
    if not stated:
        verdict = "inside" if here else "none"
        sentence = f"lies where {_listed(nearest)} was seen" if here else "lies in no range of the table"
        return Assignment(stated="", verdict=verdict, nearest=nearest, references=sources, sentence=sentence)
    wanted = [
        (entry, found)
        for entry in _matching(stated, level)
        if (found := entry.on_scale(line=reference_line, energy_eV=reference_eV)) is not None
    ]
    if not wanted:
        sentence = (
            f"the table has no {level} of {stated} on the scale of {reference_line}, so it is not held against one"
        )
        return Assignment(stated=stated, verdict="none", nearest=nearest, references=sources, sentence=sentence)
    if any(found[0] <= corrected_eV <= found[1] for _, found in wanted):
        sentence = f"lies in the range of {stated}"
        references = tuple(dict.fromkeys(entry.source for entry, _ in wanted))
        return Assignment(stated=stated, verdict="inside", nearest=nearest, references=references, sentence=sentence)
    low = min(found[0] for _, found in wanted)
    high = max(found[1] for _, found in wanted)
    kinds = _listed(tuple(dict.fromkeys(f"{entry.phase}" for entry, _ in wanted)))
    sentence = f"is called {stated}, but {kinds} has {level} at {low:.1f} to {high:.1f} eV on this scale" + (
        f"; {corrected_eV:.1f} eV is where {_listed(nearest)} lies" if nearest else ""
    )
    references = tuple(dict.fromkeys([*(entry.source for entry, _ in wanted), *sources]))
    return Assignment(stated=stated, verdict="outside", nearest=nearest, references=references, sentence=sentence)


def _listed(words: Sequence[str]) -> str:
    unique = list(dict.fromkeys(words))
    if len(unique) < 2:
        return "".join(unique)
    return f"{', '.join(unique[:-1])} or {unique[-1]}"


def missing_partners(
    state: Seen,
    phase: str,
    *,
    seen: Sequence[Seen],
    measured_levels: Sequence[str],
    reference_line: str,
    reference_eV: float,
) -> tuple[Missing, ...]:
    """The lines of a stated phase that are not where its kind has them; the line of the state itself counts as well."""
    kind = kind_of_phase(phase)
    elements = _ELEMENT.findall(phase) if kind and phase.strip().lower() != kind else []
    levels = {_LEVEL_OF_ELEMENT[e] for e in elements if e in _LEVEL_OF_ELEMENT} | {state.level}
    found: list[Missing] = []
    for level in sorted(levels):
        ranges = [
            on_scale
            for entry in _matching(phase, level)
            if (on_scale := entry.on_scale(line=reference_line, energy_eV=reference_eV)) is not None
        ]
        if level not in measured_levels:
            found.append(Missing(state=state.name, phase=phase, level=level, range_eV=None, is_measured=False))
            continue
        if not ranges:
            continue
        if any(low <= other.corrected_eV <= high for other in seen if other.level == level for low, high in ranges):
            continue
        span = (min(low for low, _ in ranges), max(high for _, high in ranges))
        found.append(Missing(state=state.name, phase=phase, level=level, range_eV=span, is_measured=True))
    return tuple(found)
