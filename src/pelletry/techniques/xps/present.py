"""Photoelectron spectra as figures, tables and words."""

from __future__ import annotations

from pelletry.core.quantity import Estimate
from pelletry.core.technique import Presentation
from pelletry.techniques.xps.figures import xps_figures
from pelletry.techniques.xps.model.average import BACKGROUNDS
from pelletry.techniques.xps.result import XpsResult
from pelletry.techniques.xps.tables import xps_tables

__all__ = ["present"]

_WORDS = {
    "active": "active Shirley",
    "active_own": "the same with a step for each state",
    "losses": "Tougaard losses fitted with the lines",
    "losses_gap": "such losses behind a gap of 3 eV",
    "shirley": "static Shirley",
    "linear": "linear",
    "tougaard": "static Tougaard",
}


def present(result: XpsResult, /) -> Presentation:
    """Everything of one sample, the overlay of roles first."""
    return Presentation(
        figures=xps_figures(result),
        tables=xps_tables(result),
        method_paragraph=_method(result),
        references=_references(result),
    )


def _references(result: XpsResult) -> tuple[str, ...]:
    assigned = [key for region in result.regions for state in region.states for key in state.assignment.references]
    extra = ["Atuchin2008"] if result.bond_lengths_angstrom else []
    extra += ["Strohmeier1990"] if result.layers else []
    return tuple(dict.fromkeys([*result.lineage.references, *extra, *assigned]))


def _method(result: XpsResult) -> str:
    if not result.regions:
        return "No region of a photoelectron spectrum could be fitted."
    levels = ", ".join(dict.fromkeys(region.level for region in result.regions))
    shapes = ", ".join(dict.fromkeys(state.shape for region in result.regions for state in region.states))
    used = {v.background for region in result.regions for v in region.variants if v.weight > 0.0}
    names = ", ".join(_WORDS[name] for name in BACKGROUNDS if name in used)
    ends = max((region.end_points for region in result.regions), default=0)
    return (
        f"{levels} were fitted with {shapes} lines; doublets kept the splitting and the area ratio of their level. Every region was fitted "
        f"under these backgrounds: {names}; in its window and with either end moved; end levels are means of {ends} points. The active "
        "background is fitted together with the lines. Shares are averages over these fits with weights chi2^-1.5, and their errors "
        f"combine that of the fits with the spread between backgrounds and windows. {_scale(result)}{_sensitivity(result)}"
    )


def _scale(result: XpsResult) -> str:
    moved = [(role, shift) for role, shift in result.shifts if isinstance(shift, Estimate)]
    if not moved or not result.reference:
        return "Binding energies were not corrected for charging."
    listed = ", ".join(f"{shift.value:+.2f} eV{f' ({role})' if role else ''}" for role, shift in moved)
    return f"Binding energies refer to {result.reference}; added to those measured: {listed}."


def _sensitivity(result: XpsResult) -> str:
    return f" Atomic fractions: {result.sensitivity}." if result.composition else ""
