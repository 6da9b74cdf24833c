"""Quantities by name and the facts other techniques may use, from what the analysis found."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from pelletry.core.facts import ActivationEnergy, Fact, IonicConductivity
from pelletry.core.quantity import Estimate, Quantity, Reported, Unresolved
from pelletry.techniques.impedance.result import PartAtTemperature, PartLine, SpectrumResult, parameter_quantity

__all__ = ["REFERENCE_K", "facts_of", "quantities_of", "reference_name"]

TECHNIQUE = "impedance"
#: The temperature whose conductivity is called ``..._25C``.
REFERENCE_K = 298.15
_SUFFIX = {"ln(sigma T)": "", "ln(sigma)": "_ln_sigma"}

Conditions = tuple[tuple[str, float | str], ...]


def reference_name(part: str, temperature_K: float) -> str:
    """``conductivity_total_25C``, or ``conductivity_total_reference`` at another temperature."""
    return f"conductivity_{part}_25C" if temperature_K == REFERENCE_K else f"conductivity_{part}_reference"


def quantities_of(
    sample: str,
    spectra: Sequence[SpectrumResult],
    points: Sequence[PartAtTemperature],
    lines: Sequence[PartLine],
    extra: Sequence[tuple[str, int, Quantity]],
    flags: Sequence[tuple[str, tuple[str, ...]]],
) -> tuple[Reported, ...]:
    """Everything reported, conclusions first.

    ``extra`` are (name, spectrum, value) of blocking and brick layer; ``flags`` are (code, names of the conclusions that it
    concerns, none: all).
    """

    def made(name: str, quantity: Quantity, conditions: Conditions, own_flags: tuple[str, ...]) -> Reported:
        return Reported(
            sample=sample,
            technique=TECHNIQUE,
            name=name,
            quantity=quantity,
            conditions=conditions,
            flags=tuple(dict.fromkeys(own_flags)),
        )

    found = []
    for line in lines:
        for name, quantity, conditions, own in _of_line(line):
            doubts = tuple(code for code, names in flags if not names or name.removesuffix("_ln_sigma") in names)
            found.append(made(name, quantity, conditions, (*own, *doubts)))
    for point in points:
        spectrum = spectra[point.spectrum_index]
        for kind, quantity in (("conductivity", point.conductivity), ("resistance", point.resistance)):
            found.append(made(f"{kind}_{point.part}", quantity, spectrum.conditions, spectrum.flags))
    for name, index, quantity in extra:
        found.append(made(name, quantity, spectra[index].conditions, spectra[index].flags))
    for spectrum in spectra:
        found.extend(made(name, q, spectrum.conditions, spectrum.flags) for name, q in _of_spectrum(spectrum))
    return tuple(found)


def _of_line(line: PartLine) -> Iterator[tuple[str, Quantity, Conditions, tuple[str, ...]]]:
    extrapolated = ("reference-extrapolated",) if line.reference_is_extrapolated else ()
    broken = ("arrhenius-break",) if line.break_test is not None and line.break_test.is_broken else ()
    at: Conditions = (("temperature_K", line.reference_temperature_K),)
    name = reference_name(line.part, line.reference_temperature_K)
    yield name, line.reference_conductivity, at, (*extrapolated, *(() if line.range_of_reference else broken))
    for convention, energy in line.energies:
        conditions: Conditions = (("convention", convention),)
        yield f"activation_energy_{line.part}{_SUFFIX[convention]}", energy, conditions, broken
    for number, one in enumerate(line.ranges, start=1):
        for convention, energy in one.energies:
            low_K, high_K = one.measured_K
            yield (
                f"activation_energy_{line.part}_range{number}{_SUFFIX[convention]}",
                energy,
                (("convention", convention), ("temperature_low_K", low_K), ("temperature_high_K", high_K)),
                (),
            )


def _of_spectrum(spectrum: SpectrumResult) -> Iterator[tuple[str, Quantity]]:
    for parameter in spectrum.parameters:
        yield parameter_quantity(parameter.name), parameter.quantity
    arcs = [e for e in spectrum.path if e.capacitance is not None]
    for number, arc in enumerate(arcs, start=1):
        if arc.capacitance is not None:
            yield f"capacitance_arc{number}", arc.capacitance
        if arc.peak_frequency is not None:
            yield f"peak_frequency_arc{number}", arc.peak_frequency
    if spectrum.electrode_capacitance is not None:
        yield "capacitance_electrode", spectrum.electrode_capacitance


def facts_of(
    sample: str,
    spectra: Sequence[SpectrumResult],
    points: Sequence[PartAtTemperature],
    lines: Sequence[PartLine],
) -> tuple[Fact, ...]:
    """Conductivities at confirmed temperatures and energies, as facts for other techniques and the comparison."""
    found: list[Fact] = []
    for point in points:
        confirmed = spectra[point.spectrum_index].temperature_is_confirmed
        if isinstance(point.conductivity, Estimate) and point.temperature_K is not None and confirmed:
            found.append(_conductivity(sample, point.part, point.temperature_K, point.conductivity))
    for line in lines:
        if isinstance(line.reference_conductivity, Estimate):
            found.append(_conductivity(sample, line.part, line.reference_temperature_K, line.reference_conductivity))
        for convention, energy in line.energies:
            if not isinstance(energy, Unresolved):
                found.append(
                    ActivationEnergy(
                        sample=sample, given_by=TECHNIQUE, part=line.part, convention=convention, energy_eV=energy
                    )
                )
    return tuple(found)


def _conductivity(sample: str, part: str, temperature_K: float, value: Estimate) -> IonicConductivity:
    return IonicConductivity(
        sample=sample, given_by=TECHNIQUE, part=part, temperature_K=temperature_K, conductivity_S_per_m=value
    )
