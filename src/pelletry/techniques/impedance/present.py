"""Result to figures, tables, method paragraph and references; draws nothing itself."""

from __future__ import annotations

from pelletry.core.technique import Presentation
from pelletry.techniques.impedance.arrhenius_figure import arrhenius_figure
from pelletry.techniques.impedance.figures import bode_figure, consistency_figure
from pelletry.techniques.impedance.nyquist import nyquist_all_figures, nyquist_figures
from pelletry.techniques.impedance.result import ImpedanceResult
from pelletry.techniques.impedance.sentences import method_paragraph
from pelletry.techniques.impedance.tables import impedance_tables

__all__ = ["present"]


def present(result: ImpedanceResult, /) -> Presentation:
    """Figures (Arrhenius first, then all spectra, then each alone), tables (conclusions first), the method in words, keys of the references."""
    figures = (
        arrhenius_figure(result),
        *nyquist_all_figures(result),
        bode_figure(result) if result.spectra else None,
        *nyquist_figures(result),
        consistency_figure(result),
    )
    return Presentation(
        figures=tuple(figure for figure in figures if figure is not None),
        tables=impedance_tables(result),
        method_paragraph=method_paragraph(result),
        references=result.lineage.references,
    )
