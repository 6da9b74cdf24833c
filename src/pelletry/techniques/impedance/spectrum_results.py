"""From fits to the results of single spectra: parameters or the reason why not, resistances on the way, flags."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from pelletry.core.quantity import Quantity, Unresolved
from pelletry.techniques.impedance.findings import spectrum_flags
from pelletry.techniques.impedance.masks import Prepared
from pelletry.techniques.impedance.model.fit_result import CircuitFit
from pelletry.techniques.impedance.parts import electrode_capacitance, part_sum
from pelletry.techniques.impedance.result import ParameterResult, PathElement, SpectrumResult

__all__ = ["spectrum_results"]


def spectrum_results(
    items: Sequence[Prepared],
    circuits: Sequence[str],
    fits: Sequence[CircuitFit | None],
    paths: Sequence[tuple[PathElement, ...]],
    *,
    is_blocked: bool = True,
) -> tuple[SpectrumResult, ...]:
    """One result per spectrum. ``paths`` are those of the fits that were made; without blocking electrodes no leg is judged."""
    left = iter(paths)
    return tuple(
        _spectrum_result(item, circuit, fit, () if fit is None else next(left), is_blocked)
        for item, circuit, fit in zip(items, circuits, fits, strict=True)
    )


def _spectrum_result(
    item: Prepared, circuit: str, fit: CircuitFit | None, path: tuple[PathElement, ...], is_blocked: bool
) -> SpectrumResult:
    spectrum = item.spectrum
    nothing = np.full(spectrum.points, np.nan + 0j)
    total = None if fit is None else part_sum(fit, path, "total")
    flags = spectrum_flags(
        is_fitted=fit is not None,
        is_converged=fit is not None and fit.is_converged,
        rms_fraction=0.0 if fit is None else fit.rms_relative_residual,
        agreeing=0 if fit is None else fit.agreeing,
        starts=0 if fit is None else fit.starts,
        consistency=item.consistency,
        is_confirmed=spectrum.temperature_is_confirmed,
        temperature_K=spectrum.temperature_K,
    )
    return SpectrumResult(
        name=spectrum.name,
        run=spectrum.run,
        role=spectrum.role,
        time_s=spectrum.time_s,
        acquisition=spectrum.acquisition,
        turned=spectrum.turned,
        origin=spectrum.origin,
        temperature_K=spectrum.temperature_K,
        temperature_source=spectrum.temperature_source,
        temperature_is_confirmed=spectrum.temperature_is_confirmed,
        frequency_Hz=spectrum.frequency_Hz,
        impedance_ohm=spectrum.impedance_ohm,
        is_used=item.use,
        fitted_ohm=nothing if fit is None else fit.fitted_ohm,
        residual=nothing if fit is None else fit.residuals,
        circuit=circuit if fit is None else fit.circuit_text,
        parameters=() if fit is None else _parameters(fit),
        path=path,
        electrode_capacitance=electrode_capacitance(fit, path) if fit is not None and is_blocked else None,
        resistance_total=Unresolved(reason=_no_total(fit), unit="ohm") if total is None else total.resistance,
        consistency=item.consistency,
        masked=item.masked,
        rms_fraction=0.0 if fit is None else fit.rms_relative_residual,
        chi2_reduced=0.0 if fit is None else fit.chi2_reduced,
        starts_count=0 if fit is None else fit.starts,
        agreeing_count=0 if fit is None else fit.agreeing,
        is_converged=fit is not None and fit.is_converged,
        flags=(*flags, *item.doubts),
        warnings=spectrum.warnings,
    )


def _no_total(fit: CircuitFit | None) -> str:
    if fit is None:
        return "the spectrum has too few points for its circuit"
    return f"{fit.circuit_text} has no resistance between the electrodes"


def _parameters(fit: CircuitFit) -> tuple[ParameterResult, ...]:
    found = []
    for i, (name, unit) in enumerate(zip(fit.names, fit.units, strict=True)):
        verdict = fit.verdict(name)
        quantity: Quantity = fit.estimate(name)
        if not verdict.is_resolved:
            quantity = Unresolved(reason=verdict.reason, unit=unit)
        kind = "n" if name.startswith("n") else name.rstrip("0123456789").partition("_")[0]
        found.append(ParameterResult(name=name, kind=kind, unit=unit, quantity=quantity, fitted=float(fit.values[i])))
    return tuple(found)
