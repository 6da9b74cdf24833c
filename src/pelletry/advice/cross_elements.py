r"""Weight fractions of phases against the elements that were weighed in: moles of each element, :math:`\sum_i w_i n_{ij}/M_i`."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence

from pelletry.advice.words import finding as _finding
from pelletry.core.errors import PelletryError
from pelletry.core.facts import PhaseContent
from pelletry.core.finding import Finding
from pelletry.reference.elements import elements_of, molar_mass_g_per_mol
from pelletry.study.result import StudyResult

__all__ = ["elements_of_phases"]

#: X-rays hardly see lithium; the others come and go with air, so none of these is balanced.
_NOT_BALANCED = frozenset({"H", "Li", "C", "N", "O"})
#: An element's share is spoken of when it is off by more than this, besides its uncertainty: formulas of phases are nominal, and
#: a few per cent of a second phase may have taken what the main phase lacks.
_LEAST = 0.02


def elements_of_phases(result: StudyResult) -> Iterator[Finding]:
    """Elements whose share in the phases found is not that of the composition; one finding for all samples."""
    parts, names = [], []
    for sample in result.samples:
        facts = getattr(result.of(sample.name, "diffraction"), "facts", ())
        phases = [f for f in facts if isinstance(f, PhaseContent) and f.sample == sample.name]
        words = _off(phases, sample.composition) if sample.composition and len(phases) > 1 else []
        if words:
            parts.append(f"{sample.name}: {', '.join(words)}")
            names.append(sample.name)
    if parts:
        sentence = (
            f"The phases found hold the elements in other proportions than weighed in ({'; '.join(parts)}): a phase or a glass is missed, "
            "something was lost in firing, or a formula of a phase is not the real one."
        )
        yield _finding("elements-off-balance", "notice", sentence, names, ["mass_fraction"])


def _off(phases: Sequence[PhaseContent], composition: str) -> list[str]:
    try:
        weighed = _shares(elements_of(composition))
        moles = [(f, _per_gram(f.formula)) for f in phases]
    except PelletryError:  # a composition with x in it, or a phase of unknown formula, cannot be balanced
        return []
    found = _shares(_mixed([(f.mass_fraction.value, m) for f, m in moles]))
    words = []
    for element, share in weighed.items():
        slopes = []
        for i, (phase, _) in enumerate(moles):
            moved = [(f.mass_fraction.value + (1e-6 if i == j else 0.0), m) for j, (f, m) in enumerate(moles)]
            slopes.append(
                (_shares(_mixed(moved)).get(element, 0.0) - found.get(element, 0.0))
                / 1e-6
                * (phase.mass_fraction.std or 0.0)
            )
        off = found.get(element, 0.0) - share
        if abs(off) > max(_LEAST, 1.96 * math.hypot(*slopes)):
            words.append(
                f"{element} {100 * found.get(element, 0.0):.1f} instead of {100 * share:.1f} at%, Li and O left out"
            )
    return words


def _per_gram(formula: str) -> dict[str, float]:
    molar = molar_mass_g_per_mol(formula)
    return {element: count / molar for element, count in elements_of(formula).items()}


def _mixed(parts: Sequence[tuple[float, Mapping[str, float]]]) -> dict[str, float]:
    total: dict[str, float] = {}
    for weight, moles in parts:
        for element, count in moles.items():
            total[element] = total.get(element, 0.0) + weight * count
    return total


def _shares(moles: Mapping[str, float]) -> dict[str, float]:
    kept = {element: count for element, count in moles.items() if element not in _NOT_BALANCED}
    whole = sum(kept.values())
    return {element: count / whole for element, count in kept.items()} if whole else {}
