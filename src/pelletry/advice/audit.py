"""What does not add up across the samples of a study, and which differences are none, in sentences with their numbers.

Each check looks at a finished :class:`~pelletry.study.result.StudyResult` and gives findings; it changes no number.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import attrs

from pelletry.advice.checklist import checklist_finding
from pelletry.advice.cross import cross_findings
from pelletry.advice.decision_words import decision_findings
from pelletry.advice.printed import printed_findings
from pelletry.advice.relatives import common_density_std
from pelletry.advice.same_data import same_data_twice
from pelletry.core.compare import difference, difference_in_words
from pelletry.core.finding import Finding
from pelletry.core.quantity import Estimate, bracketed
from pelletry.core.units import displayed
from pelletry.study.result import StudyResult

__all__ = ["audit", "audited"]

_CONDUCTIVITY = "conductivity_total_25C"
_ENERGY, _ENERGY_LN_SIGMA = "activation_energy_total", "activation_energy_total_ln_sigma"


#: What the audit says once for all samples, in place of what each analysis says of its own.
_SAID_ONCE = frozenset({"geometry-missing", "temperature-not-confirmed"})


def audited(result: StudyResult) -> StudyResult:
    """The result with the findings of :func:`audit` behind its own."""
    found = audit(result)
    said = {(f.code, sample) for f in found if f.code in _SAID_ONCE for sample in f.samples}
    own = [f for f in result.findings if not f.samples or any((f.code, sample) not in said for sample in f.samples)]
    return attrs.evolve(result, findings=tuple(dict.fromkeys((*own, *found))))


def audit(result: StudyResult) -> tuple[Finding, ...]:
    """All findings across samples, in a fixed order."""
    checks: tuple[Callable[[StudyResult], tuple[Finding, ...]], ...] = (
        _geometry_missing,
        _temperature_not_confirmed,
        same_data_twice,
        _density_above_full,
        _densities_alike,
        _best_conductor,
        _interfaces,
        _energies_alike,
        _energy_convention,
        decision_findings,
        cross_findings,
        printed_findings,
        checklist_finding,
    )
    return tuple(finding for check in checks for finding in check(result))


def _estimates(result: StudyResult, name: str) -> list[tuple[str, Estimate]]:
    """(sample, value) of a quantity that each sample has at most once, in the study's order."""
    return [(q.sample, q.quantity) for q in result.quantities if q.name == name and isinstance(q.quantity, Estimate)]


def _listed(names: Sequence[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"


def _shown(estimate: Estimate, kind: str = "") -> str:
    shown = displayed(estimate, kind)
    return bracketed(shown.value, shown.std) + ("" if shown.unit == "1" else f" {shown.unit}")


# -- what is missing ---------------------------------------------------------------------------------------------------


def _geometry_missing(result: StudyResult) -> tuple[Finding, ...]:
    with_files = {sample for file in result.files for sample in file.samples if "impedance" in file.technique}
    lacking = []
    for sample in result.samples:
        pellet = sample.pellet
        missing = [
            word
            for word, size in (("thickness", pellet.thickness_m), ("electrode area", pellet.electrode_area_m2))
            if size is None
        ]
        if missing and sample.name in with_files:
            lacking.append((sample.name, " and ".join(missing)))
    if not lacking:
        return ()
    words = "; ".join(f"{name}: no {missing}" for name, missing in lacking)
    sentence = (
        f"No conductivity can be given without the pellet's geometry ({words}); resistances and energies do not need it. "
        "State it in the samples table."
    )
    return (_finding("geometry-missing", "error", sentence, [name for name, _ in lacking], [_CONDUCTIVITY]),)


def _temperature_not_confirmed(result: StudyResult) -> tuple[Finding, ...]:
    waiting = [q.sample for q in result.quantities if q.condition("temperature") == "not confirmed"]
    samples = list(dict.fromkeys(waiting))
    if not samples:
        return ()
    sentence = (
        f"The temperatures of {_listed(samples)} are only read from file or folder names: energies are withheld. If they are "
        "the pellet's, write temperatures_from_file_names = true under [confirm] in study.toml; else give them in files.csv."
    )
    return (_finding("temperature-not-confirmed", "warning", sentence, samples, []),)


# -- density -----------------------------------------------------------------------------------------------------------


def _density_above_full(result: StudyResult) -> tuple[Finding, ...]:
    """One sentence when several pellets of one composition are above 100 %: then the theoretical density is the suspect.

    Only those count that are above it beyond their uncertainty, as the analysis of each has found.
    """
    above = {name for f in result.findings if f.code == "density-above-100" for name in f.samples}
    by_composition: dict[str, list[str]] = {}
    for sample in result.samples:
        if sample.name in above:
            by_composition.setdefault(sample.composition or "", []).append(sample.name)
    return tuple(
        _finding(
            "theoretical-density-doubtful",
            "warning",
            f"{_listed(names)} {'of ' + composition + ' ' if composition else ''}are all denser than their theoretical "
            "density, beyond their uncertainty: rather that density or its composition is wrong than each weighing.",
            names,
            ["relative_density"],
        )
        for composition, names in by_composition.items()
        if len(names) > 1
    )


def _densities_alike(result: StudyResult) -> tuple[Finding, ...]:
    return _highest(
        result,
        "relative_density",
        code="density-differences",
        words="the densest pellet",
        common=lambda a, b: common_density_std(result, a, b),
    )


# -- conductivity and energy -------------------------------------------------------------------------------------------


def _best_conductor(result: StudyResult) -> tuple[Finding, ...]:
    return _highest(result, _CONDUCTIVITY, code="best-conductor", words="the best conductor at 25 °C")


def _interfaces(result: StudyResult) -> tuple[Finding, ...]:
    """Cells made of one pellet, with and without a layer between it and the electrode: do their interfaces differ?"""
    found = []
    made_of = {sample.name: sample.made_of for sample in result.samples}
    for name, words in (("asr_interface_ac", "from the impedance"), ("asr_interface_dc", "from the voltage")):
        values = _estimates(result, name)
        for place, (a, one) in enumerate(values):
            for b, other in values[place + 1 :]:
                if not made_of.get(a) or made_of[a] != made_of.get(b):
                    continue
                sentence = f"Resistance of an interface {words}: {difference_in_words(a, one, b, other, kind=name)}"
                found.append(_finding("interfaces-compared", "info", sentence, [a, b], [name]))
    return tuple(found)


def _highest(
    result: StudyResult,
    name: str,
    *,
    code: str,
    words: str,
    common: Callable[[str, str], float] = lambda _a, _b: 0.0,
) -> tuple[Finding, ...]:
    """Who has the highest value, and which others are not different from it within their uncertainty."""
    values = _estimates(result, name)
    if len(values) < 2:
        return ()
    ranked = sorted(values, key=lambda pair: (-pair[1].value, pair[0]))
    (best, top), others = ranked[0], ranked[1:]
    if len(values) == 2:
        pair = difference_in_words(
            best, top, others[0][0], others[0][1], common_relative_std=common(best, others[0][0]), kind=name
        )
        return (_finding(code, "info", pair, [best, others[0][0]], [name]),)
    alike, unknown, next_lower = [], [], None
    for other, value in others:
        found = difference(top, value, common_relative_std=common(best, other))
        if found is None:
            unknown.append(other)
        elif not found.is_significant:
            alike.append(f"{other} ({_shown(value, name)})")
        elif next_lower is None:
            next_lower = (other, value, found)
    sentence = f"{best} ({_shown(top, name)}) is {words}"
    if unknown:
        sentence += f"; whether {_listed(unknown)} differ from it cannot be said, an uncertainty is not known"
    if alike:
        sentence += f"; {_listed(alike)} {'is' if len(alike) == 1 else 'are'} not different from it (95 %)"
    if next_lower is not None:
        other, value, found = next_lower
        sentence += f"; {other} ({_shown(value, name)}) is lower by {abs(found.z):.1f} standard deviations"
    return (_finding(code, "info", sentence + ".", [n for n, _ in ranked], [name]),)


def _energies_alike(result: StudyResult) -> tuple[Finding, ...]:
    """Are any two activation energies different? The widest pair decides; all others lie between."""
    values = _estimates(result, _ENERGY)
    known = [(name, value) for name, value in values if value.std is not None]
    if len(known) < 2:
        return ()
    ranked = sorted(known, key=lambda pair: (pair[1].value, pair[0]))
    pairs = [
        (found, a, b)
        for i, a in enumerate(ranked)
        for b in ranked[i + 1 :]
        if (found := difference(b[1], a[1])) is not None
    ]
    found, low, high = max(pairs, key=lambda item: abs(item[0].z))
    names = [name for name, _ in ranked]
    if not found.is_significant:
        sentence = (
            f"The activation energies of ln(σT) of {_listed(names)} lie between {_shown(ranked[0][1])} and "
            f"{_shown(ranked[-1][1])} and are not different: the clearest pair is {abs(found.z):.1f} standard deviations apart."
        )
        return (_finding("energies-not-different", "info", sentence, names, [_ENERGY]),)
    if len(known) == 2:
        sentence = difference_in_words(high[0], high[1], low[0], low[1])
    else:
        sentence = (
            f"The clearest difference of activation energies of ln(σT) is {high[0]} ({_shown(high[1])}) against "
            f"{low[0]} ({_shown(low[1])}), {abs(found.z):.1f} standard deviations, out of {len(pairs)} pairs compared."
        )
    return (_finding("energies-different", "info", sentence, names, [_ENERGY]),)


def _energy_convention(result: StudyResult) -> tuple[Finding, ...]:
    """Always said where an energy is given: which of the two slopes it is, and how far the other one lies."""
    with_t, without_t = dict(_estimates(result, _ENERGY)), dict(_estimates(result, _ENERGY_LN_SIGMA))
    shifts = [with_t[name].value - without_t[name].value for name in with_t if name in without_t]
    if not with_t and not without_t:
        return ()
    sentence = (
        "Activation energies are slopes of ln(σT) against 1/T; those of ln σ stand beside them under their own name"
    )
    if shifts:
        low, high = min(shifts), max(shifts)
        width = f"{low:.3f} eV" if high - low < 5e-4 else f"{low:.3f} to {high:.3f} eV"
        sentence += f" and are lower by {width}"
    sentence += ". Compare energies only within one convention."
    samples = list(dict.fromkeys((*with_t, *without_t)))
    return (_finding("energy-convention", "info", sentence, samples, [_ENERGY, _ENERGY_LN_SIGMA]),)


def _finding(code: str, severity: str, sentence: str, samples: Sequence[str], quantities: Sequence[str]) -> Finding:
    return Finding(
        code=code, severity=severity, sentence=sentence, samples=tuple(samples), quantities=tuple(quantities)
    )
