"""Mass, size and theoretical density of a pellet to its density, with flags."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pelletry
from pelletry.core.facts import TheoreticalDensity
from pelletry.core.finding import Finding
from pelletry.core.freedom import student_95
from pelletry.core.provenance import FactUse, Lineage
from pelletry.core.quantity import Estimate, Quantity, Unresolved, bracketed
from pelletry.core.technique import Inputs
from pelletry.core.units import displayed
from pelletry.techniques.density.measurement import SizedPellet, pellet_of_sample
from pelletry.techniques.density.model import budget_of_density, density_from_size, relative_density, volume_of_cylinder
from pelletry.techniques.density.result import DensityResult
from pelletry.techniques.density.settings import DensitySettings

__all__ = ["REFERENCES", "analyse"]

REFERENCES = ("JCGM100",)


def analyse(measurements: Sequence[Any], inputs: Inputs, /) -> DensityResult:
    """Density of the sample in ``inputs``; ``measurements`` is empty, see :mod:`~pelletry.techniques.density.read`.

    Raises
    ------
    MissingFactError
        When mass, diameter or thickness is missing; every missing one is named.
    """
    sample = inputs.sample
    settings: DensitySettings = inputs.settings
    pellet = pellet_of_sample(sample)
    theoretical: TheoreticalDensity | None = inputs.fact(TheoreticalDensity)
    rho = density_from_size(mass_kg=pellet.mass_kg, diameter_m=pellet.diameter_m, thickness_m=pellet.thickness_m)
    relative = _relative(sample.name, rho, theoretical)
    budget = budget_of_density(
        mass_kg=pellet.mass_kg,
        diameter_m=pellet.diameter_m,
        thickness_m=pellet.thickness_m,
        theoretical_kg_per_m3=None if theoretical is None else theoretical.density_kg_per_m3,
    )
    unstated = [term.name for term in budget if term.contribution is None]
    return DensityResult(
        sample=sample.name,
        volume_m3=volume_of_cylinder(diameter_m=pellet.diameter_m, thickness_m=pellet.thickness_m),
        density_kg_per_m3=rho,
        relative_density=relative,
        theoretical=theoretical,
        budget=budget,
        readings=sample.pellet.readings,
        findings=(*_above_full(sample.name, relative, settings), *_not_stated(sample.name, unstated)),
        lineage=_lineage(pellet, theoretical, settings),
        is_simulated=sample.is_simulated,
    )


def _relative(name: str, rho: Estimate, theoretical: TheoreticalDensity | None) -> Quantity:
    if theoretical is None:
        reason = f"no theoretical density was stated for {name}, with its source"
        return Unresolved(reason=reason, unit="1")
    return relative_density(density_kg_per_m3=rho, theoretical_kg_per_m3=theoretical.density_kg_per_m3)


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


def _lineage(pellet: SizedPellet, theoretical: TheoreticalDensity | None, settings: DensitySettings) -> Lineage:
    sizes = (("mass", pellet.mass_kg), ("diameter", pellet.diameter_m), ("thickness", pellet.thickness_m))
    facts = [
        FactUse(name=name, value=_in_words(size), given_by=f"samples table, {size.method}") for name, size in sizes
    ]
    if theoretical is not None:
        value = _in_words(theoretical.density_kg_per_m3)
        given_by = f"{theoretical.given_by}: {theoretical.source}"
        facts.append(FactUse(name="theoretical density", value=value, given_by=given_by))
    return Lineage(
        settings=tuple((key, str(value)) for key, value in settings.model_dump().items()),
        facts=tuple(facts),
        references=REFERENCES,
        technique="density",
        version=pelletry.__version__,
    )


def _in_words(estimate: Estimate) -> str:
    shown = displayed(estimate)
    return f"{bracketed(shown.value, shown.std)} {shown.unit}"
