"""What is made of several regions of one role: differences, atomic fractions, the Li to Zr ratio, layers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from pelletry.core.quantity import Estimate, Quantity, Unresolved
from pelletry.reference.photoelectrons import photoelectron_line
from pelletry.techniques.xps.model.average import Ratio, average_ratio, ratios_of_variants
from pelletry.techniques.xps.model.quantify import (
    OPEN_RATIO,
    Signal,
    atomic_fractions,
    bond_length_from_difference,
    coverage_of_islands,
    layer_thickness,
    ratio_with_standard,
    scaled_ratio,
)
from pelletry.techniques.xps.reported import PRISTINE
from pelletry.techniques.xps.result import (
    SEEN,
    Composition,
    Difference,
    LayerResult,
    LithiumRatio,
    RegionResult,
    State,
)
from pelletry.techniques.xps.settings import LayerSetting, XpsSettings

__all__ = ["bond_length", "composition_of", "differences_of", "layers_of", "lithium_ratio", "sensitivity_in_words"]

_PAIRS = (("O 1s", "P 2p"), ("O 1s", "Zr 3d"), ("O 1s", "Ti 2p"), ("O 1s", "Li 1s"))


def _main(regions: Sequence[RegionResult], level: str) -> State | None:
    """The state of the level with the largest area, of the first region that has the level."""
    for region in regions:
        own = [state for state in region.states if state.level == level]
        if own:
            return max(own, key=_area)
    return None


def _area(state: State) -> float:
    return state.area.value if isinstance(state.area, Estimate) else 0.0


def _centre_of_doublet_eV(state: State) -> float:
    """What is added to the stronger line's position to get the mean of an unresolved doublet."""
    line = photoelectron_line(state.level)
    if not state.is_doublet or line is None or line.splitting_eV is None or state.stated_ratio is None:
        return 0.0
    return line.splitting_eV * state.stated_ratio / (1.0 + state.stated_ratio)


def differences_of(regions: Sequence[RegionResult], role: str) -> tuple[Difference, ...]:
    """Differences between the largest states of two levels; P 2p is the mean of its doublet, the others their stronger line."""
    found = []
    for first_level, second_level in _PAIRS:
        first, second = _main(regions, first_level), _main(regions, second_level)
        if first is None or second is None:
            continue
        if not isinstance(first.position_eV, Estimate) or not isinstance(second.position_eV, Estimate):
            continue
        centre = _centre_of_doublet_eV(second) if second_level == "P 2p" else 0.0
        value = first.position_eV.value - second.position_eV.value - centre
        std = float(np.hypot(first.position_eV.std or 0.0, second.position_eV.std or 0.0))
        method = "largest state of either level, no charge reference needed"
        if centre:
            method += "; P 2p is the mean of its doublet"
        found.append(
            Difference(
                first=first_level,
                second=second_level,
                role=role,
                difference_eV=Estimate(value=value, std=std, unit="eV", method=method),
            )
        )
    return tuple(found)


def bond_length(differences: Sequence[Difference]) -> Quantity | None:
    """The P-O bond that O 1s - P 2p stands for [angstrom]; None without both lines."""
    found = next((d.difference_eV for d in differences if (d.first, d.second) == ("O 1s", "P 2p")), None)
    if not isinstance(found, Estimate):
        return None
    std = None if found.std is None else found.std / 14.6
    method = "Atuchin2008, from O 1s - P 2p"
    return Estimate(value=bond_length_from_difference(found.value), std=std, unit="angstrom", method=method)


def sensitivity_in_words(settings: XpsSettings) -> str:
    """The set of factors and what was applied beside it, once each; empty when no set is stated."""
    own = settings.sensitivity_set
    if own is None and settings.sensitivity is None:
        return ""
    name = f"{own.name} ({own.source})" if own else "Scofield 1976, Al K alpha, C 1s = 1"
    has_transmission = own is not None and own.includes_transmission
    has_escape = own is not None and own.includes_escape_depth
    transmission = (
        "transmission inside the factors"
        if has_transmission
        else {"file": "transmission of the file", "constant": "transmission stated as constant", None: ""}[
            settings.transmission
        ]
    )
    escape = (
        "escape depth inside the factors"
        if has_escape
        else f"escape depth ~ E^{settings.escape_depth_exponent:g}"
        if settings.escape_depth_exponent is not None
        else ""
    )
    return "; ".join(part for part in (name, transmission, escape) if part)


def _lacking(settings: XpsSettings) -> str:
    """Why there are no atomic fractions, in one line; empty when nothing is missing or applied twice."""
    own = settings.sensitivity_set
    if own is None and settings.sensitivity is None:
        return "no set of sensitivity factors is named: state sensitivity or [xps.sensitivity_set]"
    has_transmission = own is not None and own.includes_transmission
    has_escape = own is not None and own.includes_escape_depth
    if has_transmission and settings.transmission is not None:
        return "the set of factors includes the transmission and transmission is stated as well: it would count twice"
    if has_escape and settings.escape_depth_exponent is not None:
        return "the set of factors includes the escape depth and an exponent is stated as well: it would count twice"
    if not has_transmission and settings.transmission is None:
        return "the analyser's transmission is not stated: transmission = 'file' or 'constant'"
    if not has_escape and settings.escape_depth_exponent is None:
        return "how the escape depth follows the kinetic energy is not stated: escape_depth_exponent, such as 0.75"
    return ""


def composition_of(
    regions: Sequence[RegionResult], role: str, settings: XpsSettings
) -> tuple[tuple[Composition, ...], str]:
    """Atomic fractions of the elements, one level each, or why there are none."""
    lacking = _lacking(settings)
    if lacking:
        return (), lacking
    chosen = _one_region_an_element(regions, settings)
    signals: list[Signal] = []
    for region in chosen.values():
        signal, reason = _signal(region, settings)
        if signal is None:
            return (), reason
        signals.append(signal)
    if len(signals) < 2:
        return (), "fewer than two elements have a level in the set of sensitivity factors"
    fractions = atomic_fractions(signals)
    parts = tuple(
        Composition(element=element, level=signal.level, role=role, fraction=fraction)
        for element, signal, fraction in zip(chosen, signals, fractions, strict=True)
    )
    return parts, ""


def _factor(level: str, settings: XpsSettings) -> float | None:
    if settings.sensitivity_set is not None:
        return settings.sensitivity_set.factors.get(level)
    line = photoelectron_line(level)
    return line.scofield_factor if line else None


def _one_region_an_element(regions: Sequence[RegionResult], settings: XpsSettings) -> Mapping[str, RegionResult]:
    """The region of the most sensitive level of each element."""
    chosen: dict[str, RegionResult] = {}
    for region in regions:
        factor = _factor(region.level, settings)
        if factor is None:
            continue
        element = region.level.partition(" ")[0]
        other = chosen.get(element)
        if other is None or factor > (_factor(other.level, settings) or 0.0):
            chosen[element] = region
    return chosen


def _signal(region: RegionResult, settings: XpsSettings) -> tuple[Signal | None, str]:
    if not isinstance(region.area_per_s, Estimate):
        return None, region.area_per_s.reason
    transmission = 1.0
    if settings.transmission == "file":
        if region.transmission_relative is None:
            return None, f"the file of {region.level} has no transmission column; state 'constant' if that holds"
        transmission = region.transmission_relative
    escape = 1.0
    if settings.escape_depth_exponent is not None:
        if region.kinetic_energy_eV is None:
            return None, f"the source energy of {region.level} is not stated, so its kinetic energy is not known"
        escape = region.kinetic_energy_eV**settings.escape_depth_exponent
    factor = _factor(region.level, settings)
    assert factor is not None
    return (
        Signal(
            level=region.level,
            strength=region.area_per_s.value,
            strength_std=region.area_per_s.std or 0.0,
            sensitivity_factor=factor,
            transmission_relative=transmission,
            escape_depth_relative=escape,
        ),
        "",
    )


def _ratios(region: RegionResult, top: Sequence[str], bottom: Sequence[str]) -> tuple[Ratio, ...]:
    """Areas of the states named first over those named second, by variant; empty where a state is not there."""
    names = [state.name for state in region.states]
    if not set(top) | set(bottom) <= set(names):
        return ()
    return ratios_of_variants(region.variants, [names.index(n) for n in top], [names.index(n) for n in bottom])


def _envelope(regions: Sequence[RegionResult]) -> tuple[Ratio, ...]:
    """Li 1s over Zr 4s of the first region that holds both."""
    for region in regions:
        named = {level: [s.name for s in region.states if s.level == level] for level in ("Li 1s", "Zr 4s")}
        if named["Li 1s"] and named["Zr 4s"]:
            return _ratios(region, named["Li 1s"], named["Zr 4s"])
    return ()


def lithium_ratio(
    by_role: Mapping[str, Sequence[RegionResult]], role: str, *, known: float | None
) -> LithiumRatio | None:
    """Li per Zr of one role; None when it has no Li 1s and Zr 4s in one region."""
    ratios = _envelope(by_role[role])
    found = average_ratio(ratios)
    li, zr = photoelectron_line("Li 1s"), photoelectron_line("Zr 4s")
    if found is None or li is None or zr is None:
        return None
    scofield = scaled_ratio(
        found,
        factor=zr.scofield_factor / li.scofield_factor,
        method="Scofield cross sections; transmission and escape depth cancel, 4 eV apart. Empirical factors differ "
        "from these by up to 2.6 times",
    )
    return LithiumRatio(role=role, with_standard=_with_standard(by_role, role, ratios, known), with_scofield=scofield)


def _with_standard(
    by_role: Mapping[str, Sequence[RegionResult]], role: str, found: Sequence[Ratio], known: float | None
) -> Quantity:
    if role == PRISTINE:
        return Unresolved(reason="the pristine pellet is the standard itself", unit="1")
    if PRISTINE not in by_role:
        return Unresolved(reason="no file has the role pristine, so there is no internal standard", unit="1")
    if known is None:
        return Unresolved(
            reason="pristine_li_to_zr, the Li to Zr ratio of the pristine pellet, is not stated", unit="1"
        )
    standard = _envelope(by_role[PRISTINE])
    if not standard:
        return Unresolved(reason="the pristine pellet has no Li 1s and Zr 4s in one region", unit="1")
    try:
        ratio = ratio_with_standard(found, standard, known=known)
    except ValueError as error:
        return Unresolved(reason=f"the ratio cannot be formed: {error}", unit="1")
    low, high = ratio.interval_95 or (0.0, OPEN_RATIO)
    if high >= OPEN_RATIO:
        reason = (
            f"Li 1s of the pristine pellet is not resolved from zero, so only a lower limit is had: Li/Zr > {low:.2g} "
            f"(point estimate {ratio.value:.2g})"
        )
        return Unresolved(reason=reason, unit="1")
    return ratio


def layers_of(regions: Sequence[RegionResult], role: str, settings: XpsSettings) -> tuple[LayerResult, ...]:
    """Every layer of the settings whose states this role has."""
    found = []
    for layer in settings.layer:
        region = next((one for one in regions if one.level == layer.region), None)
        if region is not None:
            found.append(_layer(region, role, layer))
    return tuple(found)


def _layer(region: RegionResult, role: str, layer: LayerSetting) -> LayerResult:
    ratio = average_ratio(_ratios(region, layer.layer, layer.substrate))
    assumptions = (
        f"escape depth {layer.escape_depth_m * 1e9:.3g} nm ({layer.escape_depth_source}), emission at "
        f"{layer.emission_angle_deg:g} deg from the normal, {layer.density_ratio:g} times the atoms per volume in the "
        "substrate; flat, continuous layer of one thickness, elastic scattering neglected"
    )
    thickness: Quantity
    coverage: Quantity
    if ratio is None:
        named = [name for name in (*layer.layer, *layer.substrate) if name not in {s.name for s in region.states}]
        reason = (
            f"{region.level} has no state {', '.join(named)}, which the layer names"
            if named
            else "the substrate is not seen: the layer is thicker than this method sees"
        )
        thickness, coverage = Unresolved(reason=reason, unit="m"), Unresolved(reason=reason, unit="1")
    else:
        thickness = _thickness_or_limit(layer, ratio)
        coverage = coverage_of_islands(ratio=ratio, density_ratio=layer.density_ratio)
    return LayerResult(
        region=region.level,
        role=role,
        layer=layer.layer,
        substrate=layer.substrate,
        thickness_m=thickness,
        coverage_fraction=coverage,
        assumptions=assumptions,
    )


def _thickness_or_limit(layer: LayerSetting, ratio: tuple[float, float]) -> Quantity:
    """The thickness, or the most it can be where the layer's states are not seen."""
    is_seen = ratio[0] >= SEEN * ratio[1]
    found = layer_thickness(
        ratio=ratio if is_seen else (ratio[0] + 1.645 * ratio[1], 0.0),
        escape_depth_m=layer.escape_depth_m,
        escape_depth_std_m=layer.escape_depth_std_m,
        emission_angle_deg=layer.emission_angle_deg,
        density_ratio=layer.density_ratio,
    )
    if is_seen:
        return found
    reason = f"the states of the layer are not seen; it is thinner than {found.value * 1e9:.2g} nm (95 %)"
    return Unresolved(reason=reason, unit="m")
