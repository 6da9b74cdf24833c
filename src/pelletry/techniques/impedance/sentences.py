"""The method in words, generated from what was done, so that a referee can repeat it."""

from __future__ import annotations

from pelletry.techniques.impedance.result import ImpedanceResult
from pelletry.techniques.impedance.words import frequency_text

__all__ = ["method_paragraph"]

_WEIGHTS = {
    "modulus": "1/|Z|² (modulus weighting)",
    "proportional": "1/Z'² and 1/Z''² (proportional weighting)",
    "unit": "all points alike (unit weighting)",
}


def method_paragraph(result: ImpedanceResult) -> str:
    """One paragraph: data, consistency, window, circuit, fit, capacitances, geometry, Arrhenius, version."""
    sentences = (
        _data(result),
        result.rig_sentence,
        _window(result),
        _fit(result),
        _capacitance(result),
        _geometry(result),
        _arrhenius(result),
        f"Computed with Pelletry {result.lineage.version}.",
    )
    return " ".join(s for s in sentences if s)


def _data(result: ImpedanceResult) -> str:
    count = len(result.spectra)
    words = "One impedance spectrum" if count == 1 else f"{count} impedance spectra"
    lowest = min((float(s.frequency_Hz.min()) for s in result.spectra), default=0.0)
    highest = max((float(s.frequency_Hz.max()) for s in result.spectra), default=0.0)
    known = [s.temperature_K for s in result.spectra if s.temperature_K is not None]
    at = ""
    if known:
        low, high = min(known) - 273.15, max(known) - 273.15
        at = f" at {low:.4g} °C" if len(set(known)) == 1 else f" between {low:.4g} and {high:.4g} °C"
    verb = "was" if count == 1 else "were"
    simulated = " (simulated)" if result.is_simulated else ""
    turned = sum(bool(s.turned) for s in result.spectra)
    sign = f" The sign of the imaginary part of {turned} of them was turned by decision." if turned else ""
    range_text = f"{frequency_text(lowest)} to {frequency_text(highest)}"
    return f"{words}{simulated} of {result.sample}{at}, {range_text}, {verb} analysed.{sign}"


def _window(result: ImpedanceResult) -> str:
    tested = any(s.consistency is not None for s in result.spectra)
    left_out = sum(m.is_left_out for s in result.spectra for m in s.masked)
    total = sum(s.frequency_Hz.size for s in result.spectra)
    out = (
        f"{left_out} of {total} points were left out, each listed with its reason."
        if left_out
        else "All points were fitted."
    )
    test = (
        "Each spectrum was tested for Kramers-Kronig consistency with the linear method (RC elements on a logarithmic grid "
        "with series inductance and capacitance, number of elements by the μ criterion at 0.85)."
    )
    return f"{test} {out}" if tested else out


def _fit(result: ImpedanceResult) -> str:
    circuits = list(dict.fromkeys(s.circuit for s in result.spectra if s.parameters))
    if not circuits:
        return ""
    return (
        f"The equivalent circuit {' or '.join(circuits)} (Boukamp's notation) was fitted by complex non-linear least squares in "
        f"logarithmic parameters from several starting points on a grid of time constants, weights "
        f"{_WEIGHTS.get(result.weighting, result.weighting)}; no starting values were given by hand. Standard deviations are from "
        f"the covariance scaled by the residuals. {result.circuit_reason}"
    ).strip()


def _capacitance(result: ImpedanceResult) -> str:
    if not any(e.capacitance is not None for s in result.spectra for e in s.path):
        return ""
    if result.cell:
        words = "Effective capacitances are C = (Q R^(1-n))^(1/n) (Hsu-Mansfeld)."
        if any(s.role == "control" for s in result.spectra):
            words += (
                " An arc of the cell is assigned by a control cell, fitted by itself: arcs whose time constant and capacitance agree "
                "within a factor of five are the same process."
            )
        return words
    return (
        "Effective capacitances are C = (Q R^(1-n))^(1/n) for arcs (Hsu-Mansfeld) and Brug's formula for electrodes; arcs were "
        "assigned by comparing C, scaled by l/A, with the ranges of Irvine, Sinclair and West."
    )


def _geometry(result: ImpedanceResult) -> str:
    if result.cell:
        return f"{result.cell_sentence} {result.geometry_sentence}"
    if result.cell_constant_per_m is None:
        return "No conductivity is given, since the pellet's thickness and electrode area were not stated."
    return f"Conductivities are σ = l/(R A) with {result.geometry_sentence}"


def _arrhenius(result: ImpedanceResult) -> str:
    if not result.lines:
        return ""
    shown = "ln(σT)" if result.convention == "ln(sigma T)" else "ln σ"
    return (
        f"Activation energies are slopes of weighted straight lines through {shown} against 1/T; those of the other convention are "
        "given beside them. Scatter is added where it contradicts the stated errors (p < 0.1). The error of the pellet's dimensions is common "
        "to all points and enters conductivities, not energies."
    )
