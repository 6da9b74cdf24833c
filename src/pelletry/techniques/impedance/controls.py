"""Arcs of a cell assigned by a control cell among its files, in words with both numbers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import attrs

from pelletry.core.quantity import Estimate, bracketed
from pelletry.core.units import displayed
from pelletry.techniques.impedance.measurement import ImpedanceSpectrum
from pelletry.techniques.impedance.model.control import LARGEST_FACTOR, ArcAgainstControl, arcs_against_control
from pelletry.techniques.impedance.model.fit_result import ArcFit, CircuitFit

__all__ = ["Compared", "compared_with_control"]

#: A control at another temperature than this has other time constants.
_SAME_TEMPERATURE_K = 2.0
LACKING, SHARED = "lacking in control", "also in control"


@attrs.frozen(kw_only=True)
class Compared:
    """``parts`` maps a spectrum to what its resistances stand for and why, by their names; ``sentences`` say it in words."""

    parts: Mapping[int, Mapping[str, tuple[str, str]]]
    sentences: tuple[str, ...]


def compared_with_control(
    spectra: Sequence[ImpedanceSpectrum],
    fits: Sequence[CircuitFit | None],
    is_control: Sequence[bool],
    *,
    area_m2: Estimate | None,
) -> Compared:
    """Each spectrum of the cell against the control at its temperature; nothing without a control."""
    controls = [i for i, flag in enumerate(is_control) if flag and fits[i] is not None]
    if not controls:
        return Compared(parts={}, sentences=())
    parts: dict[int, dict[str, tuple[str, str]]] = {}
    sentences: list[str] = []
    told: set[float | None] = set()
    for i, fit in enumerate(fits):
        if fit is None or is_control[i]:
            continue
        other = _control_of(spectra[i], [spectra[j] for j in controls])
        control = None if other is None else fits[controls[other]]
        if control is None:
            words = f"{_label(spectra[i])}: there is no control cell within {_SAME_TEMPERATURE_K:g} K, so no arc is assigned by one"
        else:
            parts[i], words = _against(fit, control, _label(spectra[i]), area_m2)
        # A series in time would say the same for each of its spectra.
        if spectra[i].temperature_K not in told:
            sentences.append(f"{words}.")
        told.add(spectra[i].temperature_K)
    return Compared(parts=parts, sentences=tuple(sentences))


def _control_of(spectrum: ImpedanceSpectrum, controls: Sequence[ImpedanceSpectrum]) -> int | None:
    """The control nearest in temperature; where a temperature is not known the first."""
    at = spectrum.temperature_K
    known = [
        (abs(c.temperature_K - at), j) for j, c in enumerate(controls) if at is not None and c.temperature_K is not None
    ]
    if not known:
        return 0
    apart, nearest = min(known)
    return nearest if apart <= _SAME_TEMPERATURE_K else None


def _label(spectrum: ImpedanceSpectrum) -> str:
    return spectrum.name if spectrum.temperature_K is None else f"{spectrum.temperature_K - 273.15:.4g} °C"


def _against(
    fit: CircuitFit, control: CircuitFit, label: str, area_m2: Estimate | None
) -> tuple[dict[str, tuple[str, str]], str]:
    open_ = [
        f"{arc.names[0]} of the {which}"
        for which, arcs in (("cell", fit.arcs), ("control", control.arcs))
        for arc in arcs
        if not arc.is_resolved
    ]
    if open_:
        return (
            {},
            f"{label}: no arc is assigned by the control cell, since {' and '.join(open_)} {'is' if len(open_) == 1 else 'are'} not resolved",
        )
    found = arcs_against_control(fit.arcs, control.arcs)
    parts = {fit.arcs[f.arc].names[0]: _part(f, control) for f in found}
    lacking = [f for f in found if f.is_lacking_in_control]
    if not lacking:
        return (
            parts,
            f"{label}: every arc has a counterpart in the control cell (time constant and capacitance within a factor of {LARGEST_FACTOR:g}), so none belongs to what the control lacks",
        )
    words = "; ".join(_told(f, fit, control, area_m2) for f in lacking)
    return parts, f"{label}: {words}"


def _part(found: ArcAgainstControl, control: CircuitFit) -> tuple[str, str]:
    if found.counterpart is None:
        return (
            LACKING,
            f"no arc of the control cell has its time constant and capacitance within a factor of {LARGEST_FACTOR:g}",
        )
    name = control.arcs[found.counterpart].names[0]
    return (
        SHARED,
        f"{name} of the control cell has {found.tau_factor:.2g} times its time constant, {found.capacitance_factor:.2g} times its C",
    )


def _told(found: ArcAgainstControl, fit: CircuitFit, control: CircuitFit, area_m2: Estimate | None) -> str:
    arc = fit.arcs[found.arc]
    words = f"the arc {arc.names[0]} ({_numbers(arc, area_m2)}) has no counterpart in the control cell"
    if found.nearest is not None:
        nearest = control.arcs[found.nearest]
        words += (
            f" (the nearest there, {nearest.names[0]}, {_numbers(nearest, area_m2)}, has {found.tau_factor:.2g} times its time constant "
            f"and {found.capacitance_factor:.2g} times its capacitance)"
        )
    return f"{words}: it belongs to what the control lacks"


def _numbers(arc: ArcFit, area_m2: Estimate | None) -> str:
    """Resistance, times the area where it is known, and capacitance."""
    resistance = arc.resistance
    if area_m2 is not None:
        resistance = resistance.scaled(area_m2.value, unit="ohm m2")
    shown = displayed(resistance)
    return (
        f"{bracketed(shown.value, shown.std)} {shown.unit}, {bracketed(arc.capacitance.value, arc.capacitance.std)} F"
    )
