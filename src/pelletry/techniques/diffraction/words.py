"""Words that figures, tables and findings share."""

from __future__ import annotations

from pelletry.core.quantity import Estimate, bracketed
from pelletry.techniques.diffraction.model.result import RefinedPhase, Refinement
from pelletry.techniques.diffraction.result import PatternResult

__all__ = ["MODELLED_PART", "axial_words", "in_brackets", "listed", "pattern_label", "phase_title", "temperature_words"]

#: Said wherever a weight fraction stands: the sum is 1 whatever is missing.
MODELLED_PART = "of the crystalline, modelled part"


def phase_title(phase: RefinedPhase) -> str:
    """Name and space group, and that the intensities are free where they are."""
    group = phase.structure.space_group.split(":")[0]
    return f"{phase.name}, {group}" + (" (Le Bail)" if phase.is_le_bail else "")


def axial_words(refinement: Refinement) -> str:
    """Axial divergence and displacement, which belong to every cell that is quoted."""
    words = f"S/L = H/L {refinement.instrument.axial_divergence:.4f}"
    if refinement.instrument.beam_path is not None:
        words = f"axial divergence on both sides, in size as {words}"
    values = dict(zip(refinement.names, refinement.values, strict=True))
    if "transparency_deg" in values:
        words += f", transparency {values['transparency_deg']:.4f}°"
    if refinement.options.refine_displacement:
        words += f", displacement {1e6 * refinement.displacement_m:.0f} µm"
    return words + f", zero {refinement.zero_deg:.4f}°"


def temperature_words(pattern: PatternResult) -> str:
    """`` at 450 °C, cooling`` with a leading blank; empty when not known."""
    if pattern.temperature_K is None:
        return ""
    sure = "" if pattern.temperature_is_confirmed else " (from the name)"
    branch = f", {pattern.branch}" if pattern.branch else ""
    return f" at {pattern.temperature_K - 273.15:.4g} °C{sure}{branch}"


def pattern_label(*, name: str, temperature_K: float | None, branch: str) -> str:
    """What a pattern is called in figures and tables: its temperature in a series, else its file."""
    if temperature_K is None:
        return name
    return f"{temperature_K - 273.15:.4g} °C" + (f" {branch}" if branch else "")


def in_brackets(estimate: Estimate, factor: float = 1.0) -> str:
    """``8.4944(2)`` in a unit ``factor`` times the estimate's."""
    return bracketed(estimate.value * factor, None if estimate.std is None else estimate.std * factor)


def listed(words: list[str] | tuple[str, ...]) -> str:
    """``a, b and c``."""
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"
