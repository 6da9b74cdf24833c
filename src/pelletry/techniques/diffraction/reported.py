"""Numbers of a result under their names, and the facts that other techniques take."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import attrs
import numpy as np

from pelletry.core.facts import Fact, LatticeParameters, PhaseContent, TheoreticalDensity, ThermalExpansion
from pelletry.core.quantity import Estimate, Quantity, Reported, Unresolved
from pelletry.techniques.diffraction.cell_law import free_parameters
from pelletry.techniques.diffraction.model.quantify import mixture_density
from pelletry.techniques.diffraction.model.result import RefinedPhase, Refinement
from pelletry.techniques.diffraction.result import PatternResult, SeriesResult
from pelletry.techniques.diffraction.words import listed

__all__ = ["TECHNIQUE", "density_of", "facts_of", "quantities_of"]

TECHNIQUE = "diffraction"
_CELL = ("a", "b", "c", "alpha", "beta", "gamma")
Conditions = tuple[tuple[str, float | str], ...]


def density_of(refinement: Refinement) -> Quantity:
    """Theoretical density of the mixture, 1/sum(w/rho) [kg/m3], with fractions and cells in its error."""
    without = [p.name for p in refinement.phases if p.mass_fraction is None or p.density_kg_per_m3 is None]
    if without:
        reason = f"the share of {listed(without)} is not known (no coordinates)"
        return Unresolved(reason=reason, unit="kg/m3")
    fractions = np.array([p.mass_fraction.value for p in refinement.phases if p.mass_fraction is not None])
    densities = [p.density_kg_per_m3 for p in refinement.phases if p.density_kg_per_m3 is not None]
    found = mixture_density(
        fractions,
        refinement.fraction_covariance,
        np.array([q.value for q in densities]),
        np.array([q.std or 0.0 for q in densities]),
    )
    return attrs.evolve(found, unit="kg/m3")


def quantities_of(
    sample: str,
    patterns: Sequence[PatternResult],
    phases: Sequence[str],
    series: SeriesResult | None,
    first: PatternResult | None,
) -> tuple[Reported, ...]:
    """Everything reported: the pattern that stands for the sample first, in it the main phase first."""

    def made(name: str, quantity: Quantity, conditions: Conditions, flags: tuple[str, ...]) -> Reported:
        return Reported(
            sample=sample, technique=TECHNIQUE, name=name, quantity=quantity, conditions=conditions, flags=flags
        )

    found: list[Reported] = []
    ordered = sorted(patterns, key=lambda p: p is not first)
    for pattern in ordered:
        for name, quantity, conditions in _of_pattern(pattern, phases, is_alone=len(patterns) == 1):
            found.append(made(name, quantity, conditions, pattern.flags))
    if series is not None:
        found.extend(made(name, quantity, conditions, ()) for name, quantity, conditions in _of_series(series))
    return tuple(found)


def _where(pattern: PatternResult, *, is_alone: bool) -> Conditions:
    found: list[tuple[str, float | str]] = []
    if pattern.temperature_K is not None:
        found.append(("temperature_K", pattern.temperature_K))
    if pattern.branch:
        found.append(("branch", pattern.branch))
    if pattern.run or (pattern.temperature_K is None and not is_alone):
        found.append(("scan", pattern.run or pattern.label))
    return tuple(found)


def _of_pattern(
    pattern: PatternResult, phases: Sequence[str], *, is_alone: bool
) -> Iterator[tuple[str, Quantity, Conditions]]:
    refinement = pattern.refinement
    where = _where(pattern, is_alone=is_alone)
    if refinement is None:
        yield "lattice_a", Unresolved(reason=pattern.reason, unit="angstrom"), where
        return
    order = sorted(refinement.phases, key=lambda p: list(phases).index(p.name) if p.name in phases else len(phases))
    for phase in order:
        yield from _of_phase(phase, (("phase", phase.name), *where))
    for one in pattern.microabsorption:
        yield "mass_fraction_brindley", one.corrected, (("phase", one.phase), *where)
    if pattern.density_kg_per_m3 is not None:
        yield "density_theoretical", pattern.density_kg_per_m3, where
    if pattern.amorphous_fraction is not None:
        yield "amorphous_fraction", pattern.amorphous_fraction, where
    if pattern.amorphous_fraction_external is not None:
        yield "amorphous_fraction_external", pattern.amorphous_fraction_external, where
    yield "rwp", Estimate(value=refinement.rwp, std=None, unit="1", method="of the fitted points, weighted"), where
    yield "rexp", Estimate(value=refinement.rexp, std=None, unit="1", method="from counting alone"), where
    yield "gof", Estimate(value=refinement.gof, std=None, unit="1", method="Rwp/Rexp"), where
    if refinement.options.refine_displacement:
        std = dict(zip(refinement.names, refinement.std, strict=True)).get("displacement_m")
        yield (
            "displacement",
            Estimate(
                value=refinement.displacement_m,
                std=None if std is None else float(std),
                unit="m",
                method="Rietveld refinement",
            ),
            where,
        )


def _of_phase(phase: RefinedPhase, where: Conditions) -> Iterator[tuple[str, Quantity, Conditions]]:
    values = np.array([q.value for q in phase.cell])
    is_seen = phase.is_seen
    unseen = f"{phase.name} is not seen: its scale is not three standard deviations above zero"
    free = free_parameters(values, phase.cell_covariance)
    for i in free if is_seen else ():
        yield f"lattice_{_CELL[i]}", phase.cell[i], where
    if free and is_seen:
        yield "lattice_volume", phase.volume_angstrom3, where
    else:
        reason = unseen if free else f"the cell of {phase.name} was held: too little of it is in the pattern"
        yield "lattice_volume", Unresolved(reason=reason, unit="angstrom3"), where
    if phase.mass_fraction is not None and (is_seen or phase.mass_fraction.std):
        yield "mass_fraction", phase.mass_fraction, where
    elif phase.mass_fraction is not None:
        yield "mass_fraction", Unresolved(reason=unseen, unit="1"), where
    else:
        reason = (
            f"the coordinates of {phase.name} are not known: its intensities are free and say nothing of its amount"
            if phase.is_le_bail
            else f"no phase with a known amount is seen beside {phase.name}, whose scale is {phase.scale.value:.2g}"
        )
        yield "mass_fraction", Unresolved(reason=reason, unit="1"), where
    if not is_seen:
        return
    if phase.density_kg_per_m3 is not None:
        yield "density_phase", attrs.evolve(phase.density_kg_per_m3, unit="kg/m3"), where
    if phase.size_m is not None:
        yield "crystallite_size", phase.size_m, where
    if phase.strain is not None:
        yield "microstrain", phase.strain, where
    for one in phase.directional:
        name = "crystallite_size" if one.kind == "size" else "microstrain"
        yield name, one.value, (*where, ("direction", one.direction))
    if phase.texture is not None:
        yield "march_dollase", phase.texture, where


def _of_series(series: SeriesResult) -> Iterator[tuple[str, Quantity, Conditions]]:
    for one in series.expansions:
        secant = one.secant
        where: Conditions = (
            ("phase", one.phase),
            *((("branch", one.branch),) if one.branch else ()),
            ("from_K", secant.temperature_low_K),
            ("to_K", secant.temperature_high_K),
        )
        for axis, quantity in secant.along:
            yield f"expansion_{axis}", quantity, where
        yield "expansion_mean", secant.mean_per_K, where
        if secant.anisotropy_per_K is not None:
            yield "expansion_anisotropy", secant.anisotropy_per_K, where
    for found in series.transitions:
        yield (
            "transition_temperature",
            found.temperature_K,
            (
                ("phase", f"{found.low} to {found.high}" if found.low != found.high else found.low),
                *((("branch", found.branch),) if found.branch else ()),
            ),
        )


def facts_of(
    sample: str, pattern: PatternResult | None, phases: Sequence[str], series: SeriesResult | None
) -> tuple[Fact, ...]:
    """Cells, contents, density and expansion of the pattern that stands for the sample; none of a refinement that is not trusted."""
    found: list[Fact] = []
    refinement = None if pattern is None else pattern.refinement
    if pattern is not None and refinement is not None and refinement.is_trusted:
        main = phases[0] if phases else ""
        for phase in refinement.phases:
            a, b, c, alpha, beta, gamma = phase.cell
            if not free_parameters(np.array([q.value for q in phase.cell]), phase.cell_covariance):
                continue
            found.append(
                LatticeParameters(
                    sample=sample, given_by=TECHNIQUE, phase=phase.name, a_angstrom=a, b_angstrom=b, c_angstrom=c,
                    alpha_deg=alpha, beta_deg=beta, gamma_deg=gamma, volume_angstrom3=phase.volume_angstrom3,
                    temperature_K=pattern.temperature_K, is_main=phase.name == main,
                )
            )  # fmt: skip
            if phase.mass_fraction is not None:
                density = phase.density_kg_per_m3
                found.append(
                    PhaseContent(
                        sample=sample, given_by=TECHNIQUE, phase=phase.name, formula=phase.structure.formula,
                        mass_fraction=phase.mass_fraction,
                        density_kg_per_m3=None if density is None else attrs.evolve(density, unit="kg/m3"),
                    )
                )  # fmt: skip
        if isinstance(pattern.density_kg_per_m3, Estimate):
            found.append(
                TheoreticalDensity(
                    sample=sample, given_by=TECHNIQUE, density_kg_per_m3=pattern.density_kg_per_m3,
                    source=_density_source(pattern, refinement),
                )
            )  # fmt: skip
    found.extend(_expansion_facts(sample, series))
    return tuple(found)


def _density_source(pattern: PatternResult, refinement: Refinement) -> str:
    parts = [
        f"{p.name} {100 * p.mass_fraction.value:.1f} wt%" for p in refinement.phases if p.mass_fraction is not None
    ]
    words = "refined cell" if len(parts) == 1 else "refined cells and weight fractions"
    return f"{words} of {', '.join(parts)} in {pattern.origin.path}"


def _expansion_facts(sample: str, series: SeriesResult | None) -> Iterator[Fact]:
    for one in () if series is None else series.expansions:
        if one.secant.anisotropy_per_K is not None and one.branch in ("", "heating"):
            yield ThermalExpansion(
                sample=sample, given_by=TECHNIQUE, phase=one.phase, mean_per_K=one.secant.mean_per_K,
                anisotropy_per_K=one.secant.anisotropy_per_K, temperature_low_K=one.secant.temperature_low_K,
                temperature_high_K=one.secant.temperature_high_K,
            )  # fmt: skip
