"""Arrhenius lines of the parts of one sample, and the conductivity they give at the reference temperature."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise

import attrs
import numpy as np

from pelletry.core.facts import PelletGeometry
from pelletry.core.quantity import Estimate, Quantity, Unresolved
from pelletry.techniques.impedance.model.arrhenius import (
    CONVENTIONS,
    ArrheniusFit,
    ConductivityAt,
    conductivity_at,
    fit_both_conventions,
)
from pelletry.techniques.impedance.model.breakpoint import break_test
from pelletry.techniques.impedance.result import PARTS, PartAtTemperature, PartLine, RangeLine, SpectrumResult
from pelletry.techniques.impedance.settings import ImpedanceSettings

__all__ = ["NOT_CONFIRMED", "NO_GEOMETRY", "part_lines"]

NO_GEOMETRY = "the pellet's thickness and electrode area are not given"
NOT_CONFIRMED = "the temperatures are only read from names and not confirmed"

#: A temperature this close to the reference temperature is that temperature.
_AT_REFERENCE_K = 0.05


def part_lines(
    points: Sequence[PartAtTemperature],
    spectra: Sequence[SpectrumResult],
    *,
    geometry: PelletGeometry | None,
    settings: ImpedanceSettings,
) -> tuple[PartLine, ...]:
    """One line for each part that was looked for, with values or with the reason why there are none.

    Energies need no geometry (it is one factor of all points), so they come out without it.
    """
    found = []
    for part in PARTS:
        of_part = [p for p in points if p.part == part]
        if of_part:
            found.append(_line(part, of_part, spectra, geometry=geometry, settings=settings))
    return tuple(found)


def _line(
    part: str,
    points: Sequence[PartAtTemperature],
    spectra: Sequence[SpectrumResult],
    *,
    geometry: PelletGeometry | None,
    settings: ImpedanceSettings,
) -> PartLine:
    usable = [
        p for p in points if isinstance(p.resistance, Estimate) and spectra[p.spectrum_index].temperature_is_confirmed
    ]
    empty = _no_line(part, points, spectra, settings=settings, geometry=geometry)
    if not usable:
        return empty
    order = sorted(CONVENTIONS, key=lambda c: c != settings.convention)
    fits = _fits(usable, spectra, geometry=geometry, settings=settings)
    energies, made = _sorted(fits, order)
    if not made:
        at_reference = _measured_at_reference(usable, settings) or _unresolved_like(fits[order[0]])
        return attrs.evolve(empty, energies=energies, reference_conductivity=at_reference)
    ranges = _ranges(part, usable, spectra, order, geometry=geometry, settings=settings)
    reference = _reference(_of_reference(made, ranges, settings), geometry, settings)
    return PartLine(
        part=part,
        energies=energies,
        fits=made if geometry is not None else (),
        break_test=break_test(made[0]),
        reference_temperature_K=settings.reference_temperature_K,
        reference_conductivity=Unresolved(reason=NO_GEOMETRY, unit="S/m")
        if geometry is None
        else reference.conductivity_S_per_m,
        reference_is_extrapolated=reference.is_extrapolated,
        reference_sentence=reference.sentence,
        geometry_relative_std=None if geometry is None else geometry.relative_std,
        ranges=ranges if geometry is not None else tuple(attrs.evolve(one, fits=()) for one in ranges),
    )


_Fits = dict[str, ArrheniusFit | Unresolved]


def _fits(
    points: Sequence[PartAtTemperature],
    spectra: Sequence[SpectrumResult],
    *,
    geometry: PelletGeometry | None,
    settings: ImpedanceSettings,
) -> _Fits:
    constant_per_m = 1.0 if geometry is None else geometry.cell_constant_per_m
    return fit_both_conventions(
        temperature_K=np.array([spectra[p.spectrum_index].temperature_K for p in points], dtype=float),
        conductivity_S_per_m=constant_per_m / np.array([_value(p.resistance) for p in points]),
        relative_std=np.array([np.nan if p.log_std is None else p.log_std for p in points]),
        temperature_std_K=None if settings.temperature_error_is_common else settings.temperature_std_K,
        weighting=settings.arrhenius_weighting,
    )


def _sorted(fits: _Fits, order: Sequence[str]) -> tuple[tuple[tuple[str, Quantity], ...], tuple[ArrheniusFit, ...]]:
    """Energies and lines, the convention of the settings first."""
    made = tuple(fit for fit in (fits[c] for c in order) if isinstance(fit, ArrheniusFit))
    return tuple((c, _energy(fits[c])) for c in order), made


def _ranges(
    part: str,
    points: Sequence[PartAtTemperature],
    spectra: Sequence[SpectrumResult],
    order: Sequence[str],
    *,
    geometry: PelletGeometry | None,
    settings: ImpedanceSettings,
) -> tuple[RangeLine, ...]:
    """A line on each side of the known transitions; none where no transition lies inside the measured range."""
    at = {id(p): spectra[p.spectrum_index].temperature_K or math.nan for p in points}
    low, high = min(at.values()), max(at.values())
    cuts = sorted({t.temperature_K for t in settings.transitions if low < t.temperature_K < high})
    if not cuts:
        return ()
    found = []
    for below, above in pairwise((-math.inf, *cuts, math.inf)):
        own = [p for p in points if below <= at[id(p)] < above]
        if not own:
            continue
        energies, made = _sorted(_fits(own, spectra, geometry=geometry, settings=settings), order)
        measured = [at[id(p)] for p in own]
        found.append(
            RangeLine(
                part=part,
                low_K=below,
                high_K=above,
                energies=energies,
                fits=made,
                measured_K=(min(measured), max(measured)),
            )
        )
    return tuple(found)


def _of_reference(
    whole: Sequence[ArrheniusFit], ranges: Sequence[RangeLine], settings: ImpedanceSettings
) -> ArrheniusFit:
    """The line on the reference temperature's own side of the transitions, where that side has one with an uncertainty."""
    for one in ranges:
        if one.low_K <= settings.reference_temperature_K < one.high_K and one.is_determined and one.fits:
            return one.fits[0]
    return whole[0]


def _value(quantity: Quantity) -> float:
    return quantity.value if isinstance(quantity, Estimate) else float("nan")


def _energy(fit: ArrheniusFit | Unresolved) -> Quantity:
    return fit if isinstance(fit, Unresolved) else fit.energy_eV


def _measured_at_reference(points: Sequence[PartAtTemperature], settings: ImpedanceSettings) -> Quantity | None:
    """The conductivity of the only point, when it was measured at the reference temperature: that needs no line."""
    (first, *more) = points
    temperature_K = first.temperature_K
    if more or temperature_K is None or abs(temperature_K - settings.reference_temperature_K) > _AT_REFERENCE_K:
        return None
    measured = first.conductivity
    if not isinstance(measured, Estimate):
        return measured
    return attrs.evolve(measured, method=f"measured at {temperature_K - 273.15:.4g} °C; {measured.method}")


def _unresolved_like(fit: ArrheniusFit | Unresolved) -> Quantity:
    reason = fit.reason if isinstance(fit, Unresolved) else ""
    return Unresolved(
        reason=reason.replace("an activation energy", "a conductivity at another temperature"), unit="S/m"
    )


def _reference(fit: ArrheniusFit, geometry: PelletGeometry | None, settings: ImpedanceSettings) -> ConductivityAt:
    return conductivity_at(
        fit,
        temperature_K=settings.reference_temperature_K,
        geometry_relative_std=None if geometry is None else geometry.relative_std,
        geometry_degrees_of_freedom=None if geometry is None else geometry.degrees_of_freedom,
        temperature_offset_std_K=settings.temperature_std_K if settings.temperature_error_is_common else None,
    )


def _no_line(
    part: str,
    points: Sequence[PartAtTemperature],
    spectra: Sequence[SpectrumResult],
    *,
    settings: ImpedanceSettings,
    geometry: PelletGeometry | None,
) -> PartLine:
    reason = _why_none(part, points, spectra)
    return PartLine(
        part=part,
        energies=tuple((c, Unresolved(reason=reason, unit="eV")) for c in CONVENTIONS),
        fits=(),
        break_test=None,
        reference_temperature_K=settings.reference_temperature_K,
        reference_conductivity=Unresolved(reason=reason, unit="S/m"),
        reference_is_extrapolated=False,
        reference_sentence="",
        geometry_relative_std=None if geometry is None else geometry.relative_std,
    )


def _why_none(part: str, points: Sequence[PartAtTemperature], spectra: Sequence[SpectrumResult]) -> str:
    if all(spectra[p.spectrum_index].temperature_K is None for p in points):
        return "no temperature is known"
    if not any(spectra[p.spectrum_index].temperature_is_confirmed for p in points):
        return NOT_CONFIRMED
    for point in points:
        if isinstance(point.resistance, Unresolved):
            return point.resistance.reason
    return f"no {PARTS[part]} resistance at a confirmed temperature"
