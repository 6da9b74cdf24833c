"""Numbers of different techniques held against each other, where no single technique could: across samples that belong together.

What an analysis has said of a sample already (see ``docs/reference/findings.md``) is not said again.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator
from itertools import product

from pelletry.advice.cross_arcs import arcs_beyond_the_window
from pelletry.advice.cross_elements import elements_of_phases
from pelletry.advice.relatives import estimate_of, has_said, is_kin, reported_of
from pelletry.advice.words import finding as _finding
from pelletry.advice.words import listed, shown
from pelletry.core.compare import difference
from pelletry.core.finding import Finding
from pelletry.core.quantity import Estimate
from pelletry.core.sample import Sample
from pelletry.study.result import StudyResult

__all__ = ["cross_findings"]

#: Least difference that is spoken of, besides its uncertainty: theoretical densities (relative), porosity and densities (points).
_THEORETICAL, _POROSITY, _DENSITY = 0.002, 0.02, 0.02
#: dc and ac resistances of one interface are called different beyond this factor.
_DC_OVER_AC = 1.4
#: A pellet that conducts better though it is more porous by this, with an energy lower by this [eV], is looked at.
_MORE_POROUS, _LOWER_ENERGY_eV = 0.10, 0.04
_SAME_FIRING_K = 5.0


def cross_findings(result: StudyResult) -> tuple[Finding, ...]:
    """All findings across techniques, in a fixed order."""
    checks: tuple[Callable[[StudyResult], Iterator[Finding]], ...] = (
        _theoretical_density,
        _porosity,
        _shrinkage,
        elements_of_phases,
        _aluminium,
        arcs_beyond_the_window,
        _dc_against_ac,
        _conducts_though_porous,
    )
    return tuple(found for check in checks for found in check(result))


# -- densities ---------------------------------------------------------------------------------------------------------


def _theoretical_density(result: StudyResult) -> Iterator[Finding]:
    """Stated densities against those of refined cells of the same composition, one finding a pair of numbers."""
    groups: dict[tuple[float, float, float | None, str], list[str]] = {}
    for sample in result.samples:
        stated = getattr(result.of(sample.name, "density"), "theoretical", None)
        if stated is None or stated.is_computed or has_said(result, "theoretical-densities-differ", sample.name):
            continue
        cell = _density_of_cell(result, sample)
        if cell is None:
            continue
        who, computed = cell
        key = (stated.density_kg_per_m3.value, computed.value, computed.std, who)
        if _differ(stated.density_kg_per_m3, computed, least=_THEORETICAL * computed.value):
            groups.setdefault(key, []).append(sample.name)
    for (value, found, std, who), names in groups.items():
        off = value / found - 1.0
        cell_words = shown(Estimate(value=found, std=std, unit="kg/m3", method=""))
        sentence = (
            f"The theoretical density {value * 1e-3:.4g} g/cm3 that is stated for {listed(names, most=4)} is not that of the refined "
            f"phases of {who}, {cell_words}: relative densities are {100 * abs(off):.1f} % of their value too {'low' if off > 0 else 'high'}."
        )
        yield _finding("theoretical-density-against-cell", "notice", sentence, names, ["relative_density"])


def _density_of_cell(result: StudyResult, sample: Sample) -> tuple[str, Estimate] | None:
    """That of the sample or its kin, else of any sample of the same composition."""
    with_cell = [
        (s, e) for s in result.samples if (e := estimate_of(result, s.name, "density_theoretical")) is not None
    ]
    kin = [(s.name, e) for s, e in with_cell if is_kin(result, sample.name, s.name)]
    alike = [(s.name, e) for s, e in with_cell if sample.composition and s.composition == sample.composition]
    return next(iter([*kin, *alike]), None)


def _differ(a: Estimate, b: Estimate, *, least: float) -> bool:
    return abs(a.value - b.value) > max(least, 1.96 * math.hypot(a.std or 0.0, b.std or 0.0))


def _porosity(result: StudyResult) -> Iterator[Finding]:
    """Porosity of micrographs against the density of a pellet that is another sample of the study."""
    parts, names = [], []
    for section, pellet in product(result.samples, result.samples):
        seen, density = (
            estimate_of(result, section.name, "porosity"),
            estimate_of(result, pellet.name, "relative_density"),
        )
        if seen is None or density is None or not is_kin(result, section.name, pellet.name):
            continue
        if has_said(result, "porosity-disagrees-with-density", section.name) or _was_reconciled(result, section.name):
            continue
        left = Estimate(value=1.0 - density.value, std=density.std, unit="1", method="")
        if _differ(seen, left, least=_POROSITY):
            parts.append(
                f"{section.name} shows {shown(seen, 'percent')} pores where the density of {pellet.name} leaves {shown(left, 'percent')}"
            )
            names += [section.name, pellet.name]
    if parts:
        sentence = (
            f"Porosity on micrographs against density: {'; '.join(parts)}. Grains pulled out in polishing, closed pores too small for "
            "the picture, or a wrong theoretical density."
        )
        yield _finding("porosity-against-density", "warning", sentence, names, ["porosity", "relative_density"])


def _was_reconciled(result: StudyResult, name: str) -> bool:
    """The micrographs were held against a density by their own analysis."""
    return getattr(result.of(name, "microscopy"), "relative_density", None) is not None


def _shrinkage(result: StudyResult) -> Iterator[Finding]:
    """Density at the end of a dilatometer run against pellets of the same powder, fired at the same temperature."""
    parts, names = [], []
    for body, pellet in product(result.samples, result.samples):
        at_end, density = (
            estimate_of(result, body.name, "density_by_shrinkage"),
            estimate_of(result, pellet.name, "relative_density"),
        )
        if at_end is None or density is None or body.name == pellet.name or not _are_fired_alike(body, pellet):
            continue
        if has_said(result, "shrinkage-contradicts-pellet", body.name):
            continue
        if _differ(at_end, density, least=_DENSITY):
            parts.append(
                f"{body.name} ends at {shown(at_end, 'density_by_shrinkage')}, {pellet.name} has {shown(density, 'relative_density')}"
            )
            names += [body.name, pellet.name]
    if parts:
        sentence = (
            f"Density by shrinkage against pellets of the same powder and firing: {'; '.join(parts)}. Check the green densities; a "
            "dilatometer's body is often pressed differently."
        )
        yield _finding(
            "shrinkage-density-against-pellets", "notice", sentence, names, ["density_by_shrinkage", "relative_density"]
        )


def _are_fired_alike(a: Sample, b: Sample) -> bool:
    one, two = a.sintering, b.sintering
    if (
        one.temperature_K is None
        or two.temperature_K is None
        or abs(one.temperature_K - two.temperature_K) > _SAME_FIRING_K
    ):
        return False
    same_powder = bool(a.powder and a.powder == b.powder) or bool(set(a.made_of) & set(b.made_of))
    return same_powder and one.atmosphere == two.atmosphere


# -- composition -------------------------------------------------------------------------------------------------------

_LATP = re.compile(r"Li\d[\d.]*Al(\d[\d.]*)Ti\d[\d.]*\(PO4\)3")


def _aluminium(result: StudyResult) -> Iterator[Finding]:
    """x(Al) from the cell against the composition, where all published powders together contradict it."""
    from pelletry.techniques.diffraction.identify.composition import aluminium_from_cell

    parts, names = [], []
    for sample in result.samples:
        written = _LATP.fullmatch((sample.composition or "").replace(" ", ""))
        a = [q for q in reported_of(result, sample.name, "lattice_a") if q.condition("phase") in ("latp", "ltp")]
        if written is None or not a or not isinstance(a[0].quantity, Estimate):
            continue
        hint = aluminium_from_cell(a[0].quantity)
        x = hint.all_laboratories
        if x is None or x.std is None or abs(x.value - float(written[1])) <= 1.96 * x.std:
            continue
        parts.append(f"{sample.name} has x = {x.value:.2f} ± {x.std:.2f} by its a, {written[1]} by its composition")
        names.append(sample.name)
    if parts:
        sentence = (
            f"Aluminium in the cell against the composition: {'; '.join(parts)}. Some of it is in another phase, or the zero of the "
            "diffractometer is off."
        )
        yield _finding("aluminium-against-composition", "warning", sentence, names, ["lattice_a"])


# -- transport ---------------------------------------------------------------------------------------------------------


def _dc_against_ac(result: StudyResult) -> Iterator[Finding]:
    """Interfaces by dc and by ac, of kin cells, where the analysis of neither has said it."""
    for cell, other in product(result.samples, result.samples):
        dc, ac = estimate_of(result, cell.name, "asr_interface_dc"), estimate_of(result, other.name, "asr_interface_ac")
        if dc is None or ac is None or not is_kin(result, cell.name, other.name):
            continue
        if any(
            has_said(result, code, name)
            for code in ("dc-above-ac", "dc-against-ac")
            for name in (cell.name, other.name)
        ):
            continue
        ratio = dc.value / ac.value if ac.value > 0 else math.inf
        if 1 / _DC_OVER_AC <= ratio <= _DC_OVER_AC or not _differ(dc, ac, least=0.0):
            continue
        sentence = (
            f"The interfaces of {cell.name} have {shown(dc)} under current and {shown(ac)} by impedance"
            f"{'' if cell is other else f' ({other.name})'}: quote both, and look for "
            f"{'lost contact or a slow process' if ratio > 1 else 'a soft short'}."
        )
        yield _finding(
            "interface-dc-against-ac",
            "warning",
            sentence,
            [cell.name, other.name],
            ["asr_interface_dc", "asr_interface_ac"],
        )


def _conducts_though_porous(result: StudyResult) -> Iterator[Finding]:
    """A pellet that is far more porous than another, yet conducts better with a lower energy: do electrons help?"""
    for sample in result.samples:
        denser = [other for other in result.samples if _beats_denser(result, sample, other)]
        if not denser:
            continue
        own = {name: estimate_of(result, sample.name, name) for name in _TRANSPORT}
        sigma, density, energy = own[_TRANSPORT[0]], own[_TRANSPORT[1]], own[_TRANSPORT[2]]
        if sigma is None or density is None or energy is None:
            continue
        sentence = (
            f"{sample.name} conducts better ({shown(sigma)} at 25 °C) than {listed([s.name for s in denser], most=4)}, though it is far more "
            f"porous ({shown(density, 'relative_density')} dense) and with a lower energy ({shown(energy)}): pores cannot do that. Measure the "
            "electronic conductivity (dc between blocking electrodes), look for a short through the pores and for reduced titanium."
        )
        yield _finding(
            "conducts-though-porous", "warning", sentence, [sample.name, *(s.name for s in denser)], _TRANSPORT
        )


_TRANSPORT = ("conductivity_total_25C", "relative_density", "activation_energy_total")


def _beats_denser(result: StudyResult, sample: Sample, other: Sample) -> bool:
    """Significantly better than ``other`` in conductivity and energy while far more porous; of one composition."""
    if other is sample or sample.composition != other.composition:
        return False
    found = []
    for name in _TRANSPORT:
        a, b = estimate_of(result, sample.name, name), estimate_of(result, other.name, name)
        apart = None if a is None or b is None else difference(a, b)
        if apart is None or not apart.is_significant:
            return False
        found.append(apart.value)
    return found[0] > 0 and found[1] < -_MORE_POROUS and found[2] < -_LOWER_ENERGY_eV
