"""What is said about the density of a pellet, each with its number and what to do."""

from __future__ import annotations

import math
from collections.abc import Sequence

from pelletry.core.facts import TheoreticalDensity
from pelletry.core.finding import Finding
from pelletry.core.freedom import student_95
from pelletry.core.quantity import Estimate, Quantity, bracketed
from pelletry.core.technique import Inputs
from pelletry.core.units import displayed
from pelletry.techniques.density.archimedes import Archimedes, Weighings
from pelletry.techniques.density.measurement import missing_weighings
from pelletry.techniques.density.model import BudgetTerm
from pelletry.techniques.density.settings import DensitySettings

__all__ = ["findings_of"]

_DRY_AGREES = 0.005
_OF_ARCHIMEDES = ("density_archimedes", "porosity_open", "porosity_closed")


def findings_of(
    inputs: Inputs,
    *,
    relative: Quantity,
    budget: Sequence[BudgetTerm],
    geometric: Estimate | None,
    archimedes: Archimedes | None,
    weighings: Weighings | None,
    closed: Quantity,
    theoretical: TheoreticalDensity | None,
    other: TheoreticalDensity | None,
) -> tuple[Finding, ...]:
    """All findings of a pellet, in the order of reading."""
    name = inputs.sample.name
    settings: DensitySettings = inputs.settings
    unstated = [term.name for term in budget if term.contribution is None]
    return (
        *_above_full(name, relative, settings),
        *_not_stated(name, unstated),
        *_theoretical_differ(name, theoretical, other, settings),
        *_of_weighings(inputs, weighings),
        *_methods_differ(name, geometric, archimedes, settings),
        *_negative_pores(name, closed),
    )


def _above_full(name: str, relative: Quantity, settings: DensitySettings) -> tuple[Finding, ...]:
    if not isinstance(relative, Estimate) or relative.value <= 1:
        return ()
    shown = displayed(relative, "relative_density")
    text = f"The relative density of {name} is {bracketed(shown.value, shown.std)} %, above 100 %"
    # A std from few readings is itself uncertain: as many of them as make the same interval.
    widened = student_95(relative.degrees_of_freedom) / student_95(None)
    is_compatible = relative.std is not None and relative.value - 1 <= settings.tolerance_stds * widened * relative.std
    if is_compatible:
        sentence = f"{text} but within its uncertainty: compatible with a dense pellet."
    else:
        sentence = (
            f"{text}: mass, size and theoretical density do not agree. Weigh and measure again, and check the theoretical "
            "density and its composition; the value is given as it is."
        )
    severity = "notice" if is_compatible else "warning"
    code = "density-above-100-within-uncertainty" if is_compatible else "density-above-100"
    return (
        Finding(code=code, severity=severity, sentence=sentence, samples=(name,), quantities=("relative_density",)),
    )


def _not_stated(name: str, unstated: Sequence[str]) -> tuple[Finding, ...]:
    sizes = [word for word in unstated if word != "theoretical density"]
    found = []
    if sizes:
        sentence = (
            f"The density of {name} has no uncertainty: that of {_listed(sizes)} is not stated. Write it in brackets behind "
            "the number, give several readings, or state calliper and balance in study.toml."
        )
        found.append(_notice("density-uncertainty-not-stated", name, sentence, "density"))
    if "theoretical density" in unstated:
        sentence = (
            f"The theoretical density of {name} is stated without uncertainty and counts as exact; its error would move "
            "all pellets of this material together."
        )
        found.append(_notice("theoretical-density-taken-as-exact", name, sentence, "relative_density"))
    return tuple(found)


def _notice(code: str, name: str, sentence: str, quantity: str) -> Finding:
    return Finding(code=code, severity="info", sentence=sentence, samples=(name,), quantities=(quantity,))


def _listed(words: Sequence[str]) -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"


def _text(estimate: Estimate) -> str:
    shown = displayed(estimate)
    return f"{bracketed(shown.value, shown.std)} {shown.unit}"


def _relative_std(a: Estimate, b: Estimate) -> float:
    return math.hypot((a.std or 0.0) / a.value, (b.std or 0.0) / b.value)


def _theoretical_differ(
    name: str, used: TheoreticalDensity | None, other: TheoreticalDensity | None, settings: DensitySettings
) -> tuple[Finding, ...]:
    if used is None or other is None:
        return ()
    a, b = used.density_kg_per_m3, other.density_kg_per_m3
    off = a.value / b.value - 1
    if abs(off) <= max(settings.theoretical_agreement, 2 * _relative_std(a, b)):
        return ()
    sentence = (
        f"Two theoretical densities of {name} differ by {100 * abs(off):.2g} %: {_text(a)} ({used.source}, used) and {_text(b)} "
        f"({other.source}). Its relative density would be {'higher' if off > 0 else 'lower'} by that share with the other; say which is right, or "
        f"set theoretical = '{'diffraction' if other.is_computed else 'stated'}' under [density]."
    )
    return (
        Finding(
            code="theoretical-densities-differ",
            severity="warning",
            sentence=sentence,
            samples=(name,),
            quantities=("relative_density", "porosity_closed", "porosity_total"),
        ),
    )


def _of_weighings(inputs: Inputs, weighings: Weighings | None) -> tuple[Finding, ...]:
    sample = inputs.sample
    missing = missing_weighings(sample)
    if missing:
        sentence = (
            f"The weighings of {sample.name} in a liquid lack {_listed(missing)}: no density after Archimedes. Write "
            f"{'it' if len(missing) == 1 else 'them'} in the samples table."
        )
        return (_weighing("archimedes-incomplete", "notice", sample.name, sentence),)
    if weighings is None:
        return ()
    if not weighings.is_possible:
        soaked = weighings.saturated_kg
        masses = f"{_text(weighings.dry_kg)} dry, {_text(weighings.suspended_kg)} in the liquid"
        masses += "" if soaked is None else f", {_text(soaked)} soaked"
        sentence = (
            f"The weighings of {sample.name} cannot be ({masses}): a body is lighter in a liquid than dry, and heavier soaked than dry. "
            "Look whether columns were exchanged."
        )
        return (_weighing("archimedes-impossible", "error", sample.name, sentence),)
    found = []
    own, mass = sample.quantity("dry_mass"), sample.pellet.mass_kg
    if own is not None and mass is not None and abs(own.value / mass.value - 1) > _DRY_AGREES:
        sentence = f"{sample.name} weighs {_text(mass)} with the calliper's readings and {_text(own)} dry before Archimedes: it was chipped, or not dry."
        found.append(_weighing("dry-mass-differs", "warning", sample.name, sentence))
    return tuple(found)


def _weighing(code: str, severity: str, name: str, sentence: str) -> Finding:
    return Finding(code=code, severity=severity, sentence=sentence, samples=(name,), quantities=_OF_ARCHIMEDES)


def _methods_differ(
    name: str, geometric: Estimate | None, archimedes: Archimedes | None, settings: DensitySettings
) -> tuple[Finding, ...]:
    bulk = None if archimedes is None else archimedes.bulk_kg_per_m3
    if geometric is None or not isinstance(bulk, Estimate):
        return ()
    off = geometric.value / bulk.value - 1
    if abs(off) <= max(settings.methods_agreement, 2 * _relative_std(geometric, bulk)):
        return ()
    why = (
        "chips, chamfers and a bulge make the cylinder too large"
        if off < 0
        else "the pores were not filled, or a size is too small"
    )
    sentence = f"The geometric density of {name} ({_text(geometric)}) and that of Archimedes ({_text(bulk)}) differ by {100 * abs(off):.2g} %: {why}."
    return (
        Finding(
            code="density-methods-differ",
            severity="warning",
            sentence=sentence,
            samples=(name,),
            quantities=("density", "density_archimedes", "relative_density"),
        ),
    )


def _negative_pores(name: str, closed: Quantity) -> tuple[Finding, ...]:
    if not isinstance(closed, Estimate) or closed.value >= -2 * (closed.std or 0.0) or closed.value >= -0.002:
        return ()
    sentence = (
        f"The closed porosity of {name} comes out as {100 * closed.value:.2g} %, below zero: the theoretical density is too low, or the "
        "soaked body was not wiped."
    )
    return (_weighing("closed-porosity-negative", "warning", name, sentence),)
