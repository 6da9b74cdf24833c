"""What a search gives: phases with what speaks for them, near rivals, and the peaks that nothing explains."""

from __future__ import annotations

from typing import Literal

import attrs

from pelletry.core.quantity import Estimate
from pelletry.techniques.diffraction.model.result import Refinement
from pelletry.techniques.diffraction.model.structure import Structure

__all__ = [
    "Confidence",
    "DisagreeingLine",
    "Evidence",
    "FoundPhase",
    "Identification",
    "Rival",
    "Suggestion",
    "UnexplainedPeak",
]

Confidence = Literal["certain", "probable", "possible"]


@attrs.frozen(kw_only=True)
class Evidence:
    """What speaks for one phase in a refined pattern.

    ``gain`` is what chi^2, divided by the reduced chi^2 without the phase, loses through it, less ln(n) for each parameter it brings: a
    Bayesian information criterion that does not grow with a poor profile. ``own_lines`` of ``expected_lines`` stand alone (the phase gives
    the larger part there) and are found at the predicted strength; ``missing_lines`` are predicted well above noise and are not there.
    ``strain`` is the change, against the table, of the edge that changed most, ``width_ratio`` the width of its lines over the pattern's usual one.
    """

    gain: float
    own_lines: int
    expected_lines: int
    missing_lines: int
    strain: float
    width_ratio: float
    refusal: str = ""


@attrs.frozen(kw_only=True)
class Rival:
    """A phase that the pattern cannot well tell from the one found; ``likeness`` is the cosine of the two patterns, 1: the same."""

    name: str
    formula: str
    likeness: float
    cell_difference: float
    sentence: str


@attrs.frozen(kw_only=True)
class FoundPhase:
    """One phase of the answer, strongest first. ``mass_fraction`` is of the crystalline, modelled part."""

    name: str
    formula: str
    structure: Structure
    confidence: Confidence
    mass_fraction: Estimate | None
    evidence: Evidence
    rivals: tuple[Rival, ...]
    sentence: str


@attrs.frozen(kw_only=True)
class UnexplainedPeak:
    """A peak of the difference curve that no phase accounts for. ``share`` is its height over that of the strongest peak of the pattern."""

    two_theta_deg: float
    d_angstrom: float
    height: float
    significance: float
    share: float
    hint: str = ""


@attrs.frozen(kw_only=True)
class DisagreeingLine:
    """A line of a found phase that is much stronger than calculated: grains that lie in one direction, or a wrong structure."""

    phase: str
    hkl: tuple[int, int, int]
    two_theta_deg: float
    observed_over_calculated: float
    sentence: str


@attrs.frozen(kw_only=True)
class Suggestion:
    """A phase known by its cell only, some of whose lines stand at unexplained peaks: worth a look, not an answer."""

    name: str
    formula: str
    matched: int
    chance: float
    sentence: str


@attrs.frozen(kw_only=True)
class Identification:
    """The answer of one search. ``refinement`` is None when no phase was found. ``sentences`` say how the search went.

    ``extra_lines`` of the tube ("Kb", "W") that the pattern shows; ``refused`` candidates that were refined and not taken, with the reason.
    """

    phases: tuple[FoundPhase, ...]
    unexplained: tuple[UnexplainedPeak, ...]
    disagreeing: tuple[DisagreeingLine, ...]
    extra_lines: tuple[str, ...]
    refused: tuple[tuple[str, str], ...]
    suggestions: tuple[Suggestion, ...]
    refinement: Refinement | None
    candidates: int
    refinements: int
    sentences: tuple[str, ...]
