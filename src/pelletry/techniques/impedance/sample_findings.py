"""What is to be said about a sample as a whole: doubts about its spectra, missing dimensions, an incomplete budget."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from pelletry.core.facts import PelletGeometry
from pelletry.core.finding import Finding
from pelletry.core.quantity import Estimate, Unresolved
from pelletry.core.technique import Inputs
from pelletry.techniques.impedance.masks import Prepared
from pelletry.techniques.impedance.model.breakpoint import (
    KnownTransition,
    across_transition_findings,
    known_transition_findings,
)
from pelletry.techniques.impedance.model.conductivity import Budget
from pelletry.techniques.impedance.model.plausibility import check_resistance_falls
from pelletry.techniques.impedance.reported import reference_name
from pelletry.techniques.impedance.result import PARTS, PartAtTemperature, PartLine, SpectrumResult, WithheldNumber
from pelletry.techniques.impedance.settings import ImpedanceSettings

__all__ = [
    "budget_findings",
    "geometry_findings",
    "repetition_findings",
    "resistance_findings",
    "sample_flags",
    "spectrum_doubts",
    "transition_findings",
    "withheld_numbers",
]


def spectrum_doubts(items: Sequence[Prepared], sample: str) -> tuple[Finding, ...]:
    """Plausibility, window and a person's masks, spectrum by spectrum."""
    found: list[Finding] = []
    for item in items:
        spectrum = item.spectrum
        found.extend(item.findings)
        if spectrum.turned:
            sentence = f"{spectrum.origin.path}: the sign of Z'' was turned by a person: {spectrum.turned}."
            found.append(Finding(code="decision", severity="notice", sentence=sentence, samples=(sample,)))
        for reason in dict.fromkeys(m.reason for m in item.masked if m.source == "decision"):
            count = sum(m.reason == reason and m.source == "decision" for m in item.masked)
            points = "1 point" if count == 1 else f"{count} points"
            sentence = f"{spectrum.origin.path}: {points} left out by a person: {reason}."
            found.append(Finding(code="decision", severity="notice", sentence=sentence, samples=(sample,)))
    return tuple(found)


def resistance_findings(
    points: Sequence[PartAtTemperature], spectra: Sequence[SpectrumResult], sample: str
) -> tuple[Finding, ...]:
    """Total resistances that rise on heating."""
    known = [
        (p.temperature_K, p.resistance.value, p.log_std or 0.0, spectra[p.spectrum_index].origin.path)
        for p in points
        if p.part == "total" and isinstance(p.resistance, Estimate) and p.temperature_K is not None
    ]
    if len(known) < 2:
        return ()
    temperature, resistance, std, names = zip(*known, strict=True)
    return check_resistance_falls(
        temperature_K=np.array(temperature),
        resistance_ohm=np.array(resistance),
        relative_std=np.array(std),
        names=names,
        sample=sample,
    )


#: Spectra at one temperature may differ by this: about what one kelvin makes.
_REPEATABLE = 0.05


def repetition_findings(
    points: Sequence[PartAtTemperature], spectra: Sequence[SpectrumResult], sample: str
) -> tuple[Finding, ...]:
    """Spectra at one temperature whose total resistances differ by more than a kelvin and their errors explain."""
    groups: dict[float, list[PartAtTemperature]] = {}
    for point in points:
        if point.part == "total" and isinstance(point.resistance, Estimate) and point.temperature_K is not None:
            groups.setdefault(round(point.temperature_K, 2), []).append(point)
    found = []
    for temperature_K, group in groups.items():
        ordered = sorted(group, key=lambda p: p.resistance.value if isinstance(p.resistance, Estimate) else 0.0)
        low, high = ordered[0].resistance, ordered[-1].resistance
        if len(group) < 2 or not isinstance(low, Estimate) or not isinstance(high, Estimate):
            continue
        apart = high.value / low.value - 1.0
        if apart <= _REPEATABLE + 2.0 * ((ordered[0].log_std or 0.0) + (ordered[-1].log_std or 0.0)):
            continue
        ends = " and ".join(spectra[p.spectrum_index].origin.path for p in (ordered[0], ordered[-1]))
        sentence = (
            f"{len(group)} spectra at {temperature_K - 273.15:.4g} °C give total resistances that differ by {100 * apart:.2g} % "
            f"({ends}). All are used. If they are different runs, say so in the column run of files.csv; if one is wrong, "
            "set it aside there."
        )
        found.append(Finding(code="repeated-temperature", severity="warning", sentence=sentence, samples=(sample,)))
    return tuple(found)


def transition_findings(
    spectra: Sequence[SpectrumResult], lines: Sequence[PartLine], settings: ImpedanceSettings, sample: str
) -> tuple[Finding, ...]:
    """Known phase changes inside the measured range, and between it and the reference temperature."""
    temperatures = [s.temperature_K for s in spectra if s.temperature_K is not None]
    if not settings.transitions or not temperatures:
        return ()
    measured_K, reference_K = np.array(temperatures), settings.reference_temperature_K
    transitions = tuple(KnownTransition(**t.model_dump()) for t in settings.transitions)
    inside = known_transition_findings(
        temperature_K=measured_K, transitions=transitions, sample=sample, quantities=("activation_energy_total",)
    )
    across = across_transition_findings(
        temperature_K=measured_K,
        reference_K=reference_K,
        transitions=transitions,
        sample=sample,
        quantities=tuple(reference_name(part, reference_K) for part in PARTS),
    )
    return (*inside, *across, *_without_own_side(lines, sample))


def _without_own_side(lines: Sequence[PartLine], sample: str) -> Iterator[Finding]:
    """The reference temperature lies on a side of a transition that has no line of its own."""
    for line in lines:
        if not line.ranges or line.range_of_reference is not None:
            continue
        if isinstance(line.reference_conductivity, Estimate):
            at = f"{line.reference_temperature_K - 273.15:.4g} °C"
            sentence = (
                f"On the side of {at} of a known transition fewer than three temperatures were measured: the {PARTS[line.part]} conductivity at "
                f"{at} is read from a line across it. Measure more temperatures on that side."
            )
            yield Finding(
                code="reference-across-transition",
                severity="warning",
                sentence=sentence,
                samples=(sample,),
                quantities=(reference_name(line.part, line.reference_temperature_K),),
            )


#: Findings about the whole sample that become flags of its energies and reference conductivities.
_FLAGGED = frozenset(
    {
        "phase-beyond-90", "negative-real-part", "inductive-throughout", "saturated", "jump", "kramers-kronig-fails",
        "resistance-rises-with-temperature", "repeated-temperature", "poor-fit", "known-transition-in-range", "reference-across-transition",
        "energy-depends-on-model",
    }
)  # fmt: skip


def sample_flags(findings: Sequence[Finding]) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """Codes of findings that cast a doubt on conclusions, each with the names of those it concerns (empty: on all)."""
    return tuple(dict.fromkeys((f.code, f.quantities) for f in findings if f.code in _FLAGGED))


def _missing_fields(inputs: Inputs) -> str:
    pellet = inputs.sample.pellet
    missing = [
        words
        for words, value in (
            ("thickness", pellet.thickness_m),
            ("electrode area or diameter", pellet.electrode_area_m2 or pellet.diameter_m),
        )
        if value is None
    ]
    return " and ".join(missing) or "thickness and electrode area"


def geometry_findings(inputs: Inputs, geometry: PelletGeometry | None) -> tuple[Finding, ...]:
    """Which dimension is missing and what it costs."""
    if geometry is not None:
        return ()
    sentence = (
        f"{inputs.sample.name}: the {_missing_fields(inputs)} of the pellet is not given: resistances and energies are shown, "
        "conductivities are withheld. State it in samples.csv."
    )
    return (Finding(code="geometry-missing", severity="error", sentence=sentence, samples=(inputs.sample.name,)),)


def budget_findings(sample: str, budget: Budget | None) -> tuple[Finding, ...]:
    """Causes of uncertainty whose size nobody stated."""
    unknown = () if budget is None else budget.unknown
    if not unknown:
        return ()
    sentence = (
        f"The uncertainty of {' and '.join(unknown)} is not stated: the errors of the conductivities of {sample} hold only the "
        "causes that are known and are too small."
    )
    return (Finding(code="budget-incomplete", severity="notice", sentence=sentence, samples=(sample,)),)


def withheld_numbers(
    inputs: Inputs, geometry: PelletGeometry | None, lines: Sequence[PartLine]
) -> tuple[WithheldNumber, ...]:
    """Numbers that are not given for want of something, one line each."""
    found = []
    if geometry is None:
        found.append(
            WithheldNumber(
                what=f"conductivities of {inputs.sample.name}",
                missing=_missing_fields(inputs),
                do="state it in samples.csv",
            )
        )
    parts: dict[str, list[str]] = {}
    for line in lines:
        for reason in sorted({q.reason for _, q in line.energies if isinstance(q, Unresolved)}):
            parts.setdefault(reason, []).append(line.part.replace("_", " "))
    for reason, names in parts.items():
        missing, do = _wanted(reason)
        what = f"activation energy ({', '.join(names)}) of {inputs.sample.name}"
        found.append(WithheldNumber(what=what, missing=missing, do=do))
    return tuple(found)


def _wanted(reason: str) -> tuple[str, str]:
    """What is missing, and what to do, for the reason that an energy is not given."""
    if "not confirmed" in reason:
        do = "write temperatures_from_file_names = true under [confirm] in study.toml, or state them in files.csv"
        return "confirmation of the temperatures read from names", do
    if reason == "no temperature is known":
        return "the temperature of its spectra", "state it in files.csv"
    if "at least two temperatures" in reason:
        return "spectra at two temperatures or more", "measure at more temperatures"
    return f"a resistance that these spectra determine ({reason})", ""
