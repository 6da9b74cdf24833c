"""Which circuit each spectrum is fitted with: a person's decision on a file, the settings, or the comparison of a library."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import attrs

from pelletry.core.errors import MeasurementError
from pelletry.core.finding import Finding
from pelletry.techniques.impedance.fits import fit_in_batches, fittable, with_bootstrap
from pelletry.techniques.impedance.masks import Prepared, decisions_for
from pelletry.techniques.impedance.measurement import ImpedanceSpectrum
from pelletry.techniques.impedance.model.circuit import parse_circuit
from pelletry.techniques.impedance.model.fit_result import CircuitFit
from pelletry.techniques.impedance.model.selection import (
    BLOCKED_PELLET,
    CircuitChoice,
    CircuitLibrary,
    select_circuit,
    selection_findings,
)
from pelletry.techniques.impedance.result import CircuitCompared
from pelletry.techniques.impedance.settings import ImpedanceSettings

__all__ = ["Choice", "chosen_circuits", "circuit_has_inductance"]

#: Spectra with fewer points take the circuit of the others but do not vote.
_FEWEST_TO_VOTE = 10


@attrs.frozen(kw_only=True, eq=False)
class Choice:
    """The circuit and the fit of each spectrum, what was compared, and why."""

    circuits: tuple[str, ...]
    fits: tuple[CircuitFit | None, ...]
    compared: tuple[CircuitCompared, ...]
    reason: str
    findings: tuple[Finding, ...]


def _decided_circuit(spectrum: ImpedanceSpectrum, decisions: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """The last decision on a spectrum's circuit; one that names its file goes before one for the whole sample."""
    found = sorted(decisions_for(spectrum, decisions, "circuit"), key=lambda d: d.get("file") is not None)
    return found[-1] if found else None


def circuit_has_inductance(
    spectrum: ImpedanceSpectrum, settings: ImpedanceSettings, decisions: Mapping[str, Any]
) -> bool:
    """Whether the circuit of a spectrum may hold an L, so that its inductive points are kept for it."""
    decided = _decided_circuit(spectrum, decisions)
    text = settings.circuit if decided is None else str(decided["circuit"])
    if text == "auto":
        return settings.inductance != "never"
    return "L" in parse_circuit(text).text or (settings.inductance == "always" and decided is None)


def chosen_circuits(
    items: Sequence[Prepared],
    *,
    settings: ImpedanceSettings,
    decisions: Mapping[str, Any],
    sample: str,
    library: CircuitLibrary = BLOCKED_PELLET,
) -> Choice:
    """Choose and fit. Spectra with a circuit of their own (a decision) take no part in the comparison."""
    decided = [_decided_circuit(item.spectrum, decisions) for item in items]
    free = [i for i, decision in enumerate(decided) if decision is None]
    common = _common_choice([items[i] for i in free], settings, library)
    circuits = [
        parse_circuit(str(d["circuit"])).text if d is not None else (common.circuit if common is not None else "")
        for d in decided
    ]
    if common is None and free:
        fallback = _given(settings) or "RQ"
        circuits = [fallback if i in free else text for i, text in enumerate(circuits)]
    fits = fit_in_batches(
        [item.spectrum for item in items], [item.use for item in items], circuits, weighting=settings.weighting
    )
    if settings.bootstrap_draws:
        fits = tuple(None if fit is None else with_bootstrap(fit, settings.bootstrap_draws) for fit in fits)
    findings = _findings(items, free, common, decided, sample)
    return Choice(
        circuits=tuple(circuits),
        fits=fits,
        compared=() if common is None else _compared(common),
        reason=_reason(common, decided),
        findings=findings,
    )


def _given(settings: ImpedanceSettings) -> str | None:
    return None if settings.circuit == "auto" else parse_circuit(settings.circuit).text


def _voters(items: Sequence[Prepared], free: Sequence[int]) -> list[int]:
    """Spectra that take part in the comparison; all of them when none has enough points."""
    many = [i for i in free if int(items[i].use.sum()) >= _FEWEST_TO_VOTE]
    return many or list(free)


def _common_choice(
    items: Sequence[Prepared], settings: ImpedanceSettings, library: CircuitLibrary
) -> CircuitChoice | None:
    voters = [items[i] for i in _voters(items, range(len(items)))]
    if not voters:
        return None
    spectra, use = [v.spectrum for v in voters], [v.use for v in voters]

    def fit_all(circuit: str) -> tuple[CircuitFit, ...]:
        short = [v.spectrum.origin.path for v in voters if not fittable(circuit, v.use)]
        if short:
            raise MeasurementError(f"{short[0]} has too few points for {circuit}", do="use a smaller circuit")
        fits = fit_in_batches(
            spectra, use, [circuit] * len(spectra), weighting=settings.weighting, intervals="covariance"
        )
        return tuple(fit for fit in fits if fit is not None)

    noise = [math.inf if v.consistency is None else v.consistency.rms_fraction for v in voters]
    try:
        return select_circuit(
            fit_all=fit_all,
            noise_fraction=noise,
            user_circuit=_given(settings),
            inductance=settings.inductance,
            library=library,
        )
    except MeasurementError:
        return None  # too few points for every circuit: each spectrum says so itself


def _compared(choice: CircuitChoice) -> tuple[CircuitCompared, ...]:
    best = min(c.aicc for c in choice.candidates)
    return tuple(
        CircuitCompared(
            circuit=c.circuit,
            aicc=c.aicc,
            aicc_difference=c.aicc - best if math.isfinite(best) else 0.0,
            rms_fraction=c.rms_fraction,
            unresolved=c.unresolved,
            is_chosen=c.circuit == choice.circuit,
            reason=c.reason,
        )
        for c in choice.candidates
    )


def _reason(common: CircuitChoice | None, decided: Sequence[Mapping[str, Any] | None]) -> str:
    parts = [] if common is None else [f"Choice of circuit: {common.reason}."]
    own = [d for d in decided if d is not None]
    if own:
        count = f"{len(own)} {'spectrum' if len(own) == 1 else 'spectra'}"
        parts.append(f"For {count} a person chose {own[0]['circuit']}: {own[0]['reason']}.")
    return " ".join(parts)


def _findings(
    items: Sequence[Prepared],
    free: Sequence[int],
    common: CircuitChoice | None,
    decided: Sequence[Mapping[str, Any] | None],
    sample: str,
) -> tuple[Finding, ...]:
    found: list[Finding] = []
    if common is not None:
        names = [_label(items[i].spectrum) for i in _voters(items, free)]
        found.extend(selection_findings(common, names=names, sample=sample))
    for item, decision in zip(items, decided, strict=True):
        if decision is not None:
            sentence = (
                f"{item.spectrum.origin.path}: circuit {decision['circuit']} by decision of {decision['author']} "
                f"({decision['date']}): {decision['reason']}."
            )
            found.append(Finding(code="decision", severity="notice", sentence=sentence, samples=(sample,)))
    return tuple(found)


def _label(spectrum: ImpedanceSpectrum) -> str:
    if spectrum.temperature_K is None:
        return spectrum.name
    return f"{spectrum.temperature_K - 273.15:.4g} °C"
