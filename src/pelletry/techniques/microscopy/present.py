"""Micrographs as tables, figures and words."""

from __future__ import annotations

from pelletry.core.technique import Presentation
from pelletry.techniques.microscopy.analyse import REFERENCES
from pelletry.techniques.microscopy.figures import figures
from pelletry.techniques.microscopy.result import MicroscopyResult
from pelletry.techniques.microscopy.tables import tables

__all__ = ["present"]


def present(result: MicroscopyResult, /) -> Presentation:
    """Segmented pictures with the histogram of sizes, thresholds, directions; tables with their conventions; the method."""
    return Presentation(
        figures=figures(result), tables=tables(result), method_paragraph=_method(result), references=REFERENCES
    )


def _method(result: MicroscopyResult) -> str:
    pictures = len(result.micrographs)
    grains = sum(1 for one in result.micrographs if one.convention == "label image")
    text = (
        f"Grain sizes were measured on {pictures} picture{'s' if pictures > 1 else ''}. Boundaries were found with a filter for lines (Hessian), Otsu's "
        "threshold of it and a watershed of the distance from them; regions without a line between them were joined. "
        if grains
        else f"{pictures} picture{'s' if pictures > 1 else ''} were measured. "
    )
    text += (
        "Mean linear intercepts are those of all lines in four directions (ASTM E112), end pieces left out and the larger loss of long ones corrected for, "
        "pores left out; their uncertainty comes from resampled tiles. Equivalent-circle diameters are those of whole grains, weighted with the inverse of the "
        "probability to lie inside the picture."
    )
    if any(one.porosity is not None for one in result.micrographs):
        text += (
            " The porosity is an areal share; the band is that of the thresholds after Otsu, Li, Yen, the triangle and the half level, of which those that cut "
            "through the grey of the grains were left out."
        )
    return text
