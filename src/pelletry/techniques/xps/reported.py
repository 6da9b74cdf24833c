"""The numbers of a result by their stable names, each with the conditions that tell it from its like."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from pelletry.core.quantity import Quantity, Reported

if TYPE_CHECKING:
    from pelletry.techniques.xps.result import RegionResult, XpsResult

__all__ = ["PRISTINE", "reported"]

#: The role of the file that is the internal standard.
PRISTINE = "pristine"

#: Findings that flag single numbers, by the names of quantities they flag.
_WARNED = ("warning", "error")


def reported(result: XpsResult) -> tuple[Reported, ...]:
    """Every number, region by region, then what is made of several."""
    return tuple(_all(result))


def _all(result: XpsResult) -> Iterator[Reported]:
    for role, shift in result.shifts:
        yield _one(result, "charge_shift", shift, role)
    for region in result.regions:
        yield from _of_region(result, region)
    for difference in result.differences:
        yield _one(
            result, "energy_difference", difference.difference_eV, difference.role,
            first=difference.first, second=difference.second,
        )  # fmt: skip
    for part in result.composition:
        yield _one(result, "atomic_fraction", part.fraction, part.role, element=part.element, level=part.level)
    for ratio in result.lithium:
        if ratio.role != PRISTINE:  # that one is the standard itself
            yield _one(result, "li_to_zr", ratio.with_standard, ratio.role)
        yield _one(result, "li_to_zr_scofield", ratio.with_scofield, ratio.role)
    for layer in result.layers:
        name = "+".join(layer.layer)
        yield _one(result, "surface_layer_thickness", layer.thickness_m, layer.role, region=layer.region, layer=name)
        yield _one(
            result, "surface_layer_coverage", layer.coverage_fraction, layer.role, region=layer.region, layer=name
        )
    for role, bond in result.bond_lengths_angstrom:
        yield _one(result, "phosphate_bond_length", bond, role)


def _of_region(result: XpsResult, region: RegionResult) -> Iterator[Reported]:
    for state in region.states:
        at = {"region": region.level, "state": state.name}
        yield _one(result, "state_fraction", state.fraction, region.role, **at)
        yield _one(result, "binding_energy", state.corrected_eV, region.role, **at)
        yield _one(result, "binding_energy_measured", state.position_eV, region.role, **at)
        yield _one(result, "peak_width", state.fwhm_eV, region.role, **at)


def _one(result: XpsResult, name: str, quantity: Quantity, role: str, **conditions: str) -> Reported:
    said = {**({"role": role} if role else {}), **conditions}
    names = {conditions.get("state", ""), conditions.get("region", ""), f"({role})" if role else ""} - {""}
    flags = tuple(
        finding.code
        for finding in result.findings
        if finding.severity in _WARNED
        and name in finding.quantities
        # The name of the sample can hold that of a state.
        and all(n in finding.sentence.replace(result.sample, "") for n in names)
    )
    return Reported(
        sample=result.sample,
        technique="xps",
        name=name,
        quantity=quantity,
        conditions=tuple(said.items()),
        flags=tuple(dict.fromkeys(flags)),
    )
