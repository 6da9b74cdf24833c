"""Result to figures, tables, method paragraph and references; draws nothing itself."""

from __future__ import annotations

from pelletry.core.technique import Presentation
from pelletry.techniques.diffraction.figures import pattern_figures, standard_figures
from pelletry.techniques.diffraction.measurement import NOISE_WORDS
from pelletry.techniques.diffraction.order_figures import order_figures
from pelletry.techniques.diffraction.result import DiffractionResult
from pelletry.techniques.diffraction.series_figures import series_figures
from pelletry.techniques.diffraction.tables import diffraction_tables
from pelletry.techniques.diffraction.words import MODELLED_PART, axial_words, listed

__all__ = ["present"]


def present(result: DiffractionResult, /) -> Presentation:
    """Cells of a series first, then patterns; tables with phases first; the method in words."""
    return Presentation(
        figures=(*series_figures(result), *order_figures(result), *pattern_figures(result), *standard_figures(result)),
        tables=diffraction_tables(result),
        method_paragraph=_method(result),
        references=result.lineage.references,
    )


def _method(result: DiffractionResult) -> str:
    pattern = result.reference_pattern
    if pattern is None or pattern.refinement is None:
        return "Powder patterns were read; none was refined."
    refinement = pattern.refinement
    radiation = refinement.instrument.radiation
    names = [f"{p.name} ({p.structure.source})" for p in refinement.phases]
    waves = ", ".join(f"{line.wavelength_angstrom:.7g} Å" for line in radiation.lines)
    how = "found by a search through whole profiles" if result.identification is not None else "named"
    sentences = [
        f"Phases were {how} and refined together by the Rietveld method: {listed(names)}.",
        f"Radiation {radiation.name} ({waves}; {radiation.source}), "
        + (
            f"polarisation for a monochromator at 2θ = {radiation.monochromator_two_theta_deg:.4g}°"
            if radiation.monochromator_two_theta_deg is not None
            else "polarisation without a monochromator"
        )
        + ", dispersion included.",
        "Peaks are Thompson-Cox-Hastings pseudo-Voigts with the axial divergence of "
        + (
            "Finger, Cox and Jephcoat; "
            if refinement.instrument.beam_path is None
            else "both sides of the stated beam path (Cheary and Coelho), that of a flat sample, and the natural lines; "
        )
        + (
            f"the instrument was held as {result.instrument_words}."
            if result.instrument_words
            else "no standard gave the instrument, so widths are those of instrument and sample together and the zero is 0."
        ),
        f"In {pattern.label}: {axial_words(refinement)}, Rwp {100 * refinement.rwp:.2f} %, Rexp {100 * refinement.rexp:.2f} %, GoF "
        f"{refinement.gof:.2f}. Uncertainties of the intensities: {NOISE_WORDS[pattern.noise]}.",
        f"Weight fractions follow Hill and Howard and are {MODELLED_PART}. Standard deviations are statistical, from the whole covariance, times "
        f"the goodness of fit where that exceeds 1; the factor for serial correlation (Bérar and Lelann) is {refinement.berar_lelann:.1f}.",
    ]
    if result.series is not None:
        sentences.append(
            f"The series was refined scan after scan ({len(result.series.cold_checks)} checked from a cold start); expansion: {result.series.method}."
        )
    return " ".join(sentences)
