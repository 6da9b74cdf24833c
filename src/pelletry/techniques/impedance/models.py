"""The same spectra fitted in several ways, each alone and all together: how far the energies depend on that choice."""

from __future__ import annotations

from collections.abc import Sequence

import attrs
import numpy as np

from pelletry.core.arrays import Array
from pelletry.core.finding import Finding
from pelletry.core.quantity import Estimate, Quantity, Unresolved, bracketed
from pelletry.techniques.impedance.model.arrhenius import ArrheniusFit, fit_arrhenius
from pelletry.techniques.impedance.model.circuit import parse_circuit
from pelletry.techniques.impedance.model.fit_result import CircuitFit
from pelletry.techniques.impedance.model.series import (
    COMMON_MODELS,
    SeriesFit,
    fit_series,
    geometric_capacitance,
    model_dependence,
)
from pelletry.techniques.impedance.result import PARTS, ModelEnergy, PartLine, SpectrumResult
from pelletry.techniques.impedance.settings import ImpedanceSettings

__all__ = ["EnergiesByModel", "energies_by_model"]

SEPARATE = "each spectrum alone"
CONVENTION = "ln(sigma T)"
#: The last digit that papers print; a smaller difference between models is told but is no warning.
_RELEVANT_EV = 0.01
#: Permittivities of ionic ceramics, 4 to 100, as middle and factor: only where the grains have no arc in the window.
_PERMITTIVITY, _PERMITTIVITY_FACTOR = 20.0, 5.0


@attrs.frozen(kw_only=True)
class EnergiesByModel:
    """Energies of each way of fitting, their comparison in words, and findings."""

    energies: tuple[ModelEnergy, ...] = ()
    sentence: str = ""
    findings: tuple[Finding, ...] = ()


def energies_by_model(
    spectra: Sequence[SpectrumResult],
    fits: Sequence[CircuitFit | None],
    lines: Sequence[PartLine],
    *,
    sample: str,
    settings: ImpedanceSettings,
    cell_constant_per_m: float | None,
) -> EnergiesByModel:
    """Energies of ln(sigma T) of the separate fits beside those of the common fits.

    Common fits need one circuit, four temperatures that are confirmed, and separate fits that came to rest; otherwise there
    is nothing to compare and the result is empty.
    """
    usable = [
        (spectrum, fit)
        for spectrum, fit in zip(spectra, fits, strict=True)
        if fit is not None and fit.is_converged and spectrum.temperature_is_confirmed and spectrum.temperature_K
    ]
    if len(usable) < 4 or len({fit.circuit_text for _, fit in usable}) != 1:
        return EnergiesByModel()
    has_arcs = len(parse_circuit(usable[0][1].circuit_text).arcs) > 1
    if settings.global_fit == "never" or (settings.global_fit == "auto" and not has_arcs):
        return EnergiesByModel()
    common = _common_fits(usable, cell_constant_per_m)
    if not common:
        return EnergiesByModel()
    energies = _separate(lines)
    for series in common:
        energies.extend(_of_series(series, usable[0][0]))
    findings, sentences = [], []
    for part in PARTS:
        known = {m.model: m.energy for m in energies if m.part == part and isinstance(m.energy, Estimate)}
        if len(known) < 2:
            continue
        values = [energy.value for energy in known.values()]
        finding = model_dependence(part=PARTS[part], energies=known, sample=sample)
        depends = finding is not None and max(values) - min(values) >= _RELEVANT_EV
        if finding is not None and depends:
            findings.append(finding)
        sentences.append(_sentence(part, known, depends=depends))
    return EnergiesByModel(energies=tuple(energies), sentence=" ".join(sentences), findings=tuple(findings))


def _common_fits(
    usable: Sequence[tuple[SpectrumResult, CircuitFit]], cell_constant_per_m: float | None
) -> tuple[SeriesFit, ...]:
    fits = [fit for _, fit in usable]
    temperature_K = np.array([spectrum.temperature_K for spectrum, _ in usable], dtype=float)
    arcs = len(parse_circuit(fits[0].circuit_text).arcs)
    grains = None
    if cell_constant_per_m is not None:
        grains = geometric_capacitance(
            cell_constant_per_m=cell_constant_per_m, permittivity=_PERMITTIVITY, factor=_PERMITTIVITY_FACTOR
        )
    found = []
    # With one arc the models that treat the fast arc apart say nothing of their own.
    for model in COMMON_MODELS if arcs > 1 else COMMON_MODELS[:1]:
        series = fit_series(fits=fits, temperature_K=temperature_K, model=model, grain_capacitance=grains)
        if isinstance(series, SeriesFit) and series.is_converged:
            found.append(series)
    return tuple(found)


def _separate(lines: Sequence[PartLine]) -> list[ModelEnergy]:
    return [
        ModelEnergy(model=SEPARATE, part=line.part, convention=CONVENTION, energy=energy)
        for line in lines
        if (energy := line.energy(CONVENTION)) is not None
    ]


def _of_series(series: SeriesFit, spectrum: SpectrumResult) -> list[ModelEnergy]:
    """Energies of bulk and grain boundary where one resistance stands for each, and of the total."""
    name = f"together: {series.model.name}"
    note = series.sentence.partition(": ")[2]
    found = []
    for part in PARTS:
        elements = [e.name for e in spectrum.path if e.part == part]
        if part == "total":
            energy = _line_energy(series, series.total_ohm, series.total_log_std)
        elif len(elements) == 1:
            resistance = series.resistance(elements[0])
            energy = resistance.energy_eV or _line_energy(series, resistance.resistance_ohm, resistance.log_std)
        else:
            continue
        found.append(ModelEnergy(model=name, part=part, convention=CONVENTION, energy=energy, note=note))
    return found


def _line_energy(series: SeriesFit, resistance_ohm: Array, log_std: Array) -> Quantity:
    line = fit_arrhenius(
        temperature_K=series.temperature_K,
        conductivity_S_per_m=1.0 / resistance_ohm,
        relative_std=log_std,
        convention=CONVENTION,
    )
    return line.energy_eV if isinstance(line, ArrheniusFit) else Unresolved(reason=line.reason, unit="eV")


def _sentence(part: str, known: dict[str, Estimate], *, depends: bool) -> str:
    listed = ", ".join(f"{bracketed(e.value, e.std)} eV ({model})" for model, e in known.items())
    values = [e.value for e in known.values()]
    spread = f"{max(1000 * (max(values) - min(values)), 1):.0f} meV"
    if not depends:
        return f"Ea({PARTS[part]}) is the same within {spread} in every way of fitting: {listed}."
    return (
        f"Ea({PARTS[part]}) depends on the model: {listed}. The spread of {spread} is larger than the errors; quote the energy with "
        "its model."
    )
